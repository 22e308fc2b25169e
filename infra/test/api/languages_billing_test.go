package apitest_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// atStripe is an object as the payment service has it.
func (p *product) atStripe(path string) (object struct {
	Customer, Locale string
	PreferredLocales []string `json:"preferred_locales"`
}) {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.controls+"/_local/stripe/api/v1/"+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+p.inside().Stripe.Key())
	res, err := p.client.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // read here
	if err := json.NewDecoder(res.Body).Decode(&object); err != nil || res.StatusCode != http.StatusOK {
		p.t.Fatalf("%s: %s %v", path, res.Status, err)
	}
	return object
}

func TestSenderL2ThePaymentServiceSpeaksTheClientsLanguage(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	_, _, c := o.paying(p.address("pays-de"))
	mine, _ := o.agency()
	at := mine.ID
	till := func(language string) string {
		t.Helper()
		form := url.Values{"agency": {at}, "interval": {"month"}, "language": {language}}
		to := c.post("/checkout/start", form).is(303).header.Get("Location")
		if !strings.Contains(to, "/checkout/cs_") {
			t.Fatalf("in %s one pays at %s", language, to)
		}
		return to
	}
	german := till("de")
	if again := till("de"); again != german {
		t.Error("two pages in one language")
	}
	if got := p.atStripe("checkout/sessions/" + session(german)).Locale; got != "de" {
		t.Errorf("a page for a German is in %q", got)
	}
	// Stripe has no Hebrew; a page in another language is another page, and the first one takes no money any more.
	hebrew := till("he")
	if got := p.atStripe("checkout/sessions/" + session(hebrew)).Locale; got != "auto" || !p.closed(german) {
		t.Errorf("a page in Hebrew is in %q; the one in German is closed: %v", got, p.closed(german))
	}
	polish := till("pl")
	p.pay(polish, "pay")
	c.joins(at)
	who := p.atStripe("checkout/sessions/" + session(polish)).Customer
	p.until("the customer to be written to in Polish", func() bool {
		l := p.atStripe("customers/" + who).PreferredLocales
		return len(l) == 1 && l[0] == "pl"
	})
}
