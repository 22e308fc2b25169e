package local_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"

	"latchkey.dev/infra/run/engine/roundtrip"
	"latchkey.dev/infra/run/local"
)

// claimant is a run in which somebody claims a domain.
type claimant struct {
	t *testing.T
	l *local.Local
	c *sesv2.Client
}

const claimedDomain = "mail.agency.example"

func claimIn(t *testing.T, dir string) claimant {
	t.Helper()
	l, err := local.Start(t.Context(), local.Options{InProcess: true, Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return claimant{t, l, sesv2.NewFromConfig(l.Engine.Config())}
}

// stands is how the domain stands after some minutes.
func (x claimant) stands(problem types.VerificationError) types.VerificationStatus {
	x.t.Helper()
	if err := x.l.Advance(x.t.Context(), 2*time.Minute); err != nil {
		x.t.Fatal(err)
	}
	got, err := x.c.GetEmailIdentity(x.t.Context(), &sesv2.GetEmailIdentityInput{EmailIdentity: aws.String(claimedDomain)})
	if err != nil {
		x.t.Fatal(err)
	}
	if got.VerificationInfo.ErrorType != problem {
		x.t.Errorf("SES says %q, want %q", got.VerificationInfo.ErrorType, problem)
	}
	return got.VerificationStatus
}

// post sends a form to a page of the run.
func (x claimant) post(path string, form url.Values, want int) string {
	x.t.Helper()
	r, err := http.NewRequestWithContext(x.t.Context(), http.MethodPost, "http://localhost:8080"+path, strings.NewReader(form.Encode()))
	if err != nil {
		x.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	res, err := roundtrip.Transport(x.l.Handler()).RoundTrip(r)
	if err != nil {
		x.t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // it is read to its end
	b, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != want {
		x.t.Fatalf("POST %s answers %d, %v: %s", path, res.StatusCode, err, b)
	}
	return string(b)
}

func TestADomainIsVerifiedByWhatIsPublishedOnThePage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	t.Run("published", func(t *testing.T) {
		x := claimIn(t, dir)
		_, err := x.c.CreateEmailIdentity(t.Context(), &sesv2.CreateEmailIdentityInput{EmailIdentity: aws.String(claimedDomain)})
		if err != nil {
			t.Fatal(err)
		}
		_, err = x.c.PutEmailIdentityMailFromAttributes(t.Context(), &sesv2.PutEmailIdentityMailFromAttributesInput{
			EmailIdentity: aws.String(claimedDomain), MailFromDomain: aws.String("bounce." + claimedDomain)})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			way     string
			status  types.VerificationStatus
			problem types.VerificationError
		}{
			{"delete", types.VerificationStatusPending, types.VerificationErrorHostNotFound},
			{"doubled", types.VerificationStatusPending, types.VerificationErrorHostNotFound},
			{"text", types.VerificationStatusPending, types.VerificationErrorTypeNotFound},
			{"proxied", types.VerificationStatusPending, types.VerificationErrorTypeNotFound},
			{"missing", types.VerificationStatusPending, types.VerificationErrorHostNotFound},
			{"asked", types.VerificationStatusSuccess, ""},
		} {
			x.post("/_local/dns/"+claimedDomain, url.Values{"do": {c.way}}, http.StatusSeeOther)
			if status := x.stands(c.problem); status != c.status {
				t.Errorf("%s: it is %s", c.way, status)
			}
		}
		x.post("/_local/dns", url.Values{"lines": {`hello.agency.example. 60 IN TXT "<b>hi</b>"`}}, http.StatusSeeOther)
		page := x.post("/_local/dns", url.Values{"lines": {"hello.agency.example. IN NONE x"}}, http.StatusBadRequest)
		if !strings.Contains(page, "no type of record") {
			t.Errorf("what is no record is answered with %s", page)
		}
		x.post("/_local/dns/other.example", url.Values{"do": {"asked"}}, http.StatusNotFound)
		x.post("/_local/dns/"+claimedDomain, url.Values{"do": {"nothing"}}, http.StatusBadRequest)
	})
	t.Run("kept", func(t *testing.T) { // by the next run, with its own name server
		x := claimIn(t, dir)
		if status := x.stands(""); status != types.VerificationStatusSuccess {
			t.Errorf("after a restart it is %s", status)
		}
		client := http.Client{Transport: roundtrip.Transport(x.l.Handler())}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost:8080/_local/dns", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept", "application/json")
		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close() //nolint:errcheck // it is read to its end
		var got struct{ Server string }
		if err := json.NewDecoder(res.Body).Decode(&got); err != nil {
			t.Fatal(err)
		}
		ask := net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, network, got.Server)
		}}
		if text, err := ask.LookupTXT(t.Context(), "hello.agency.example."); err != nil || len(text) != 1 || text[0] != "<b>hi</b>" {
			t.Errorf("it has %q, %v", text, err)
		}
	})
}
