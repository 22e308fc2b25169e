package link_test

import (
	"errors"
	"testing"

	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/link"
	"latchkey.dev/shared/domain/secret"
)

const agency id.Agency = "ag_01KAM5Q0Z8W3RN6T0V4K2M9QXB"

func TestALinkLeadsToItsRelationship(t *testing.T) {
	t.Parallel()
	ref := id.RefOf(agency, "ops@acme.example")
	token := link.New(agency, ref)
	a, r, err := link.Locate(token)
	if err != nil || a != agency || r != ref {
		t.Errorf("Locate(%q) = %s, %s, %v", token, a, r, err)
	}
	if link.New(agency, ref) == token {
		t.Error("two links of one relationship are the same")
	}
}

func TestOtherSecretsAreNoLinks(t *testing.T) {
	t.Parallel()
	token := link.New(agency, id.RefOf(agency, "ops@acme.example"))
	for _, s := range []string{"", "lki_", token[:len(token)-1], token + "0", " " + token, secret.New(secret.APIKey, make([]byte, 26)),
		secret.New(secret.Invite, make([]byte, 16))} {
		if a, r, err := link.Locate(s); !errors.Is(err, secret.ErrMalformed) || a != "" || r != "" {
			t.Errorf("Locate(%q) = %s, %s, %v", s, a, r, err)
		}
	}
}

func FuzzLocate(f *testing.F) {
	f.Add(link.New(agency, id.RefOf(agency, "ops@acme.example")))
	f.Add("lki_0")
	f.Fuzz(func(t *testing.T, token string) {
		a, r, err := link.Locate(token)
		if err != nil {
			if a != "" || r != "" {
				t.Errorf("Locate(%q) = %s, %s, %v", token, a, r, err)
			}
			return
		}
		if !id.Valid(id.AgencyPrefix, string(a)) || len(r) != 16 {
			t.Errorf("Locate(%q) = %s, %s", token, a, r)
		}
	})
}

func TestARecordsLinkLeadsToItsClaimAlone(t *testing.T) {
	t.Parallel()
	const claim id.SenderDomain = "dom_01KAM5Q0Z8W3RN6T0V4K2M9QXB"
	token := link.ForRecords(agency, claim)
	if a, c, err := link.LocateRecords(token); err != nil || a != agency || c != claim {
		t.Errorf("LocateRecords(%q) = %s, %s, %v", token, a, c, err)
	}
	for _, s := range []string{"", "lkr_", token[:len(token)-1], link.New(agency, id.RefOf(agency, "ops@acme.example"))} {
		if a, c, err := link.LocateRecords(s); !errors.Is(err, secret.ErrMalformed) || a != "" || c != "" {
			t.Errorf("LocateRecords(%q) = %s, %s, %v", s, a, c, err)
		}
	}
	if _, _, err := link.Locate(token); !errors.Is(err, secret.ErrMalformed) {
		t.Errorf("it opens an invitation: %v", err)
	}
}
