package apitest_test

import (
	"net/http"
	"strings"

	standin "latchkey.dev/infra/run/stripe"
)

// webhooks says what becomes of the payment service's webhooks from now on.
func (p *product) webhooks(plan standin.Plan) {
	p.t.Helper()
	p.control(http.MethodPost, "stripe/plan", plan, nil)
}

// closed tells whether nobody can pay at the address any more; trying to is what tells.
func (p *product) closed(at string) bool {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.controls+"/_local/stripe/checkout/"+session(at),
		strings.NewReader(`{"card":"pay"}`))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	res, err := p.client.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // only its status is read
	return res.StatusCode == http.StatusConflict
}

// subscriptions are all that the payment service has, newest first.
func (p *product) subscriptions() []standin.Subscription {
	p.t.Helper()
	var v struct{ Subscriptions []standin.Subscription }
	p.control(http.MethodGet, "stripe/", nil, &v)
	return v.Subscriptions
}

// lapse ends the newest subscription, as the payment service does when nothing is paid.
func (p *product) lapse() {
	p.t.Helper()
	p.control(http.MethodPost, "stripe/subscriptions/"+p.subscriptions()[0].ID, m{"do": "cancel"}, nil)
}
