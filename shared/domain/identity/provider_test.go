package identity_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/identity"
)

// TestSenderO4WhoseWordIsEnough says for every kind of provider when its word for an address needs no code.
func TestSenderO4WhoseWordIsEnough(t *testing.T) {
	t.Parallel()
	google := func(verified bool, hd string) identity.Assertion {
		return identity.Assertion{Provider: identity.OpenIDProvider{ID: identity.Google}, Verified: verified, Hosted: hd}
	}
	own := func(verified bool, domains ...string) identity.Assertion {
		return identity.Assertion{Provider: identity.OpenIDProvider{ID: identity.OwnIssuer}, Verified: verified, Domains: domains,
			Hosted: "acme.example", Edov: true}
	}
	for _, c := range []struct {
		said identity.Assertion
		to   email.Address
		ok   bool
	}{
		{google(true, ""), "a@gmail.com", true},
		{google(false, ""), "a@gmail.com", false},
		{google(true, ""), "a@googlemail.com", false},
		{google(true, ""), "a@gmail.com.evil.example", false},
		{google(true, ""), "a@acme.example", false}, // once verified, long ago, by whoever had it then
		{google(true, "acme.example"), "a@acme.example", true},
		{google(true, "ACME.example."), "a@acme.example", true},
		{google(true, "bücher.example"), "a@xn--bcher-kva.example", true},
		{google(false, "acme.example"), "a@acme.example", false},
		{google(true, "example"), "a@acme.example", false},
		{google(true, "acme.example"), "a@sub.acme.example", false},
		{google(true, "evil@acme.example"), "a@acme.example", false},
		{identity.Assertion{Provider: identity.OpenIDProvider{ID: identity.Microsoft}, Verified: true}, "a@acme.example", false},
		{identity.Assertion{Provider: identity.OpenIDProvider{ID: identity.Microsoft}, Edov: true}, "a@acme.example", true},
		{own(true), "a@acme.example", false},
		{own(true, "acme.example"), "a@acme.example", true},
		{own(false, "acme.example"), "a@acme.example", false},
		{own(true, "other.example", "Acme.Example"), "a@acme.example", true},
		{own(true, ""), "a@acme.example", false},
	} {
		if got := c.said.Vouches(c.to); got != c.ok {
			t.Errorf("%+v vouches for %s: %t", c.said, c.to, got)
		}
	}
}

func TestSenderO1LinksAreOneForEachIssuer(t *testing.T) {
	t.Parallel()
	l := &identity.Links{}
	for n := range identity.MaxLinks {
		gone, changed, err := l.Put(identity.Link{Issuer: fmt.Sprint("https://", n), Subject: "s"})
		if gone != nil || !changed || err != nil {
			t.Fatalf("%d: %v, %t, %v", n, gone, changed, err)
		}
	}
	if _, changed, err := l.Put(identity.Link{Issuer: "https://one.more", Subject: "s"}); !fault.Is(err, fault.Full) || changed {
		t.Errorf("one more: %t, %v", changed, err)
	}
	if gone, changed, err := l.Put(identity.Link{Issuer: "https://3", Subject: "s"}); gone != nil || changed || err != nil {
		t.Errorf("the same: %v, %t, %v", gone, changed, err)
	}
	gone, changed, err := l.Put(identity.Link{Issuer: "https://3", Subject: "t"})
	if gone == nil || gone.Subject != "s" || !changed || err != nil {
		t.Errorf("another subject: %v, %t, %v", gone, changed, err)
	}
	if len(l.All) != identity.MaxLinks || l.Of("https://3").Subject != "t" {
		t.Errorf("%+v", l.All)
	}
	if gone := l.Drop("https://3"); gone == nil || l.Of("https://3") != nil || l.Drop("https://3") != nil {
		t.Errorf("dropped %v", gone)
	}
	// What names an account keeps issuer and subject apart, and their case.
	names := map[string]bool{}
	for _, x := range [][2]string{{"https://a", "b"}, {"https://ab", ""}, {"https://a", "B"}, {"https://A", "b"}, {"https://a/", "b"}} {
		names[identity.NamesOf(x[0], x[1])] = true
	}
	if len(names) != 5 {
		t.Errorf("%d names of 5 accounts", len(names))
	}
}

func TestSenderO2AnErrandIsOfOneProviderAndTenMinutes(t *testing.T) {
	t.Parallel()
	s, err := identity.NewSeals([]byte(strings.Repeat("k", 32)))
	if err != nil {
		t.Fatal(err)
	}
	other, err := identity.NewSeals([]byte(strings.Repeat("o", 32)))
	if err != nil {
		t.Fatal(err)
	}
	e := identity.NewErrand(identity.Google, "/upgrade", "", begin)
	sealed := s.SealErrand(e)
	opens := func(s identity.Seals, sealed string, from identity.ProviderID, state string, after time.Duration) bool {
		_, ok := s.OpenErrand(sealed, from, state, begin.Add(after))
		return ok
	}
	if !opens(s, sealed, identity.Google, e.State, identity.ErrandFor) {
		t.Error("it does not open")
	}
	for what, ok := range map[string]bool{
		"too late":         opens(s, sealed, identity.Google, e.State, identity.ErrandFor+1),
		"before":           opens(s, sealed, identity.Google, e.State, -1),
		"another provider": opens(s, sealed, identity.Microsoft, e.State, 0),
		"another state":    opens(s, sealed, identity.Google, e.Nonce, 0),
		"no state":         opens(s, sealed, identity.Google, "", 0),
		"another key":      opens(other, sealed, identity.Google, e.State, 0),
		"changed":          opens(s, sealed+"A", identity.Google, e.State, 0),
		"nothing":          opens(s, "", identity.Google, "", 0),
	} {
		if ok {
			t.Errorf("%s: it opens", what)
		}
	}
	if len(sealed) > 1000 {
		t.Errorf("it takes %d bytes of a cookie", len(sealed))
	}
}

func TestSenderO8WhenAProviderProves(t *testing.T) {
	t.Parallel()
	for at, want := range map[time.Time]time.Time{{}: begin.Add(-identity.SessionLifetime), begin.Add(-time.Hour): begin.Add(-time.Hour),
		begin: begin, begin.Add(time.Hour): begin} {
		if got := (&identity.Assertion{AuthTime: at}).Proves(begin); !got.Equal(want) {
			t.Errorf("auth_time %v proves at %v, want %v", at, got, want)
		}
	}
}

// TestAMailThatTellsIsNoCode: it never signs in, and is tried for longer than a code, which is of no use late.
func TestAMailThatTellsIsNoCode(t *testing.T) {
	t.Parallel()
	c := identity.Tell("u", "a@b.example", identity.LinkAdded, identity.Told{}, begin, "j")
	now := begin
	for tries := 0; ; tries++ {
		if c.Nudge(now) == "" {
			if tries < 10 {
				t.Errorf("given up after %d tries", tries)
			}
			break
		}
		if !c.Claim(now, "j", []byte("digest")) || len(c.Digests) != 0 {
			t.Fatalf("try %d: %+v", tries, c)
		}
		now = now.Add(time.Hour)
	}
	if err := c.Guess(now, []byte("digest")); err == nil {
		t.Error("it signs in")
	}
}

func FuzzOpenErrand(f *testing.F) {
	s, err := identity.NewSeals([]byte(strings.Repeat("k", 32)))
	if err != nil {
		f.Fatal(err)
	}
	e := identity.NewErrand(identity.Google, "/", "", begin)
	f.Add(s.SealErrand(e), e.State)
	f.Add("s1.x.y", "")
	f.Fuzz(func(t *testing.T, sealed, state string) {
		if got, ok := s.OpenErrand(sealed, identity.Google, state, begin); ok && got.State != state {
			t.Errorf("%+v opens with %q", got, state)
		}
	})
}
