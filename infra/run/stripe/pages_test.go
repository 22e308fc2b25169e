package stripe_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"latchkey.dev/infra/run/engine/roundtrip"
	standin "latchkey.dev/infra/run/stripe"
	"latchkey.dev/shared/domain/payment"
)

// page asks the pages for a path below /_local/stripe, as a browser or, with JSON, as a program.
func (w *world) page(method, path, accept, body string) (int, http.Header, string) {
	w.t.Helper()
	path = strings.TrimPrefix(path, "http://localhost:8080/_local/stripe")
	r, _ := http.NewRequestWithContext(w.t.Context(), method, "http://localhost:8080"+path, strings.NewReader(body))
	r.Header.Set("Accept", accept)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if strings.HasPrefix(body, "{") {
		r.Header.Set("Content-Type", "application/json")
	}
	res, err := roundtrip.Transport(w.Pages()).RoundTrip(r)
	if err != nil {
		w.t.Fatal(err)
	}
	text, _ := io.ReadAll(res.Body)
	return res.StatusCode, res.Header, string(text)
}

const html = "text/html"

func (w *world) sees(path string, words ...string) string {
	w.t.Helper()
	status, _, text := w.page("GET", path, html, "")
	for _, word := range append(words, "stand-in") {
		if status != 200 || !strings.Contains(text, word) {
			w.t.Errorf("%s: %d, without %q: %s", path, status, word, text)
		}
	}
	if strings.Contains(text, " style=") || strings.Contains(text, "<script") {
		w.t.Errorf("%s has what the CSP refuses", path)
	}
	return text
}

func (w *world) submits(path string, fields url.Values) string {
	w.t.Helper()
	status, header, text := w.page("POST", path, html, fields.Encode())
	if status != http.StatusSeeOther {
		w.t.Errorf("%s: %d %s", path, status, text)
	}
	return header.Get("Location")
}

func TestACustomerPaysOnThePage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.checkout(func(r *payment.CheckoutRequest) { r.AutomaticTax, r.PromotionCodes = true, true })
	w.sees(c.URL, "n8n hosting, 10 GB", "WhatsApp service", "€48.00", "Tax (20%)", "€9.60", "€57.60", "per month", "ada@example.com",
		"Abandon", "Promotion code", "Country")
	if next := w.submits(c.URL, url.Values{"card": {"decline"}}); next != c.URL {
		t.Errorf("a decline leads to %s", next)
	}
	w.sees(c.URL, "Your card was declined.", `role="alert"`)
	next := w.submits(c.URL, url.Values{"card": {"3ds"}})
	w.sees(next, "Your bank asks", "€57.60")
	if back := w.submits(next, url.Values{"confirm": {"no"}}); back != c.URL {
		t.Errorf("a failed confirmation leads to %s", back)
	}
	w.sees(c.URL, "could not be confirmed")
	next = w.submits(c.URL, url.Values{"number": {standin.Card3DS}, "promo": {"wrong"}})
	w.sees(next, "This promotion code is invalid.")
	next = w.submits(c.URL, url.Values{"number": {standin.Card3DS}, "promo": {"latchkey20"}, "country": {"DE"}})
	if end := w.submits(next, url.Values{"confirm": {"yes"}}); end != "https://portal.example.com/paid?checkout="+c.ID {
		t.Errorf("it ends at %s", end)
	}
	w.sees(c.URL, "This is paid")
	c = must(w.till.Checkout(t.Context(), c.ID))(t)
	if c.Discount.String() != "€9.60" || c.Tax.String() != "€7.68" || c.Total.String() != "€46.08" {
		t.Errorf("%+v", c)
	}
	old := w.checkout()
	must(w.till.ExpireCheckout(t.Context(), old.ID))(t)
	w.sees(old.URL, "has expired", "https://portal.example.com/back")
	if status, _, _ := w.page("POST", old.URL, html, "card=pay"); status != http.StatusConflict {
		t.Errorf("an expired checkout is paid: %d", status)
	}
}

// TestACustomerIsLedStraightToCancelling one subscription: the page does nothing else, leads back, and is not opened for what ends.
func TestACustomerIsLedStraightToCancelling(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s, other := w.subscribed(standin.CardGood), w.subscribed(standin.CardGood)
	visit := payment.CancelVisit{Customer: s.Customer, Subscription: s.ID, Back: "https://portal.example.com/",
		Done: "https://portal.example.com/?ending=1"}
	page := must(w.till.CancelPage(t.Context(), visit))(t)
	w.sees(page, "Cancel subscription", "n8n hosting, 10 GB, WhatsApp service", "It renews on 28 February 2026", visit.Back)
	for _, form := range []url.Values{{"do": {"cancel"}, "subscription": {other.ID}}, {"do": {"card"}, "number": {standin.CardGood}}} {
		if status, _, _ := w.page("POST", page, html, form.Encode()); status != http.StatusNotFound {
			t.Errorf("%v: %d", form, status)
		}
	}
	if end := w.submits(page, url.Values{"do": {"cancel"}, "subscription": {s.ID}}); end != visit.Done {
		t.Errorf("cancelling leads to %s", end)
	}
	if got := w.subscription(s.ID); got.Ends().IsZero() {
		t.Errorf("%+v does not end", got)
	}
	if _, err := w.till.CancelPage(t.Context(), visit); !payment.Is(err, payment.Refused) {
		t.Errorf("what ends already: %v", err)
	}
	visit.Subscription = other.ID
	if _, err := w.till.CancelPage(t.Context(), visit); !payment.Is(err, payment.Missing) {
		t.Errorf("somebody else's: %v", err)
	}
}

func TestACustomerLooksAfterThemselves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.subscribed(standin.CardGood)
	portal := must(w.till.BillingPortal(t.Context(), s.Customer, "https://portal.example.com/", ""))(t)
	w.sees(portal, "n8n hosting, 10 GB, WhatsApp service", "It renews on 28 February 2026", "visa 4242", "https://portal.example.com/")
	w.submits(portal, url.Values{"do": {"cancel"}, "subscription": {s.ID}})
	w.sees(portal, "It ends on 28 February 2026", "Go on after all")
	w.submits(portal, url.Values{"do": {"resume"}, "subscription": {s.ID}})
	w.submits(portal, url.Values{"do": {"card"}, "number": {"5555 5555 5555 4444"}})
	w.sees(portal, "mastercard 4444")
	other := w.subscribed(standin.CardGood)
	if status, _, _ := w.page("POST", portal, html,
		url.Values{"do": {"cancel"}, "subscription": {other.ID}}.Encode()); status != http.StatusNotFound {
		t.Errorf("somebody else's subscription: %d", status)
	}

	w.FailRenewals(s.ID, true)
	w.pass(28*24*time.Hour + time.Hour)
	i := must(w.till.Invoice(t.Context(), w.subscription(s.ID).LatestInvoice))(t)
	w.sees(i.HostedURL, i.Number, "open", "Your card was declined.", "Pay €48.00")
	w.submits(portal, url.Values{"do": {"card"}, "number": {standin.CardGood}})
	w.submits(i.HostedURL, nil)
	w.sees(i.HostedURL, "paid")
	status, header, pdf := w.page("GET", i.PDF, html, "")
	if status != 200 || header.Get("Content-Type") != "application/pdf" || !strings.HasPrefix(pdf, "%PDF-1.4\n") ||
		!bytes.Contains([]byte(pdf), []byte(i.Number)) {
		t.Errorf("%d %.40q", status, pdf)
	}
}

func TestWhoeverDevelopsSeesWhatHappened(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sees("/", "No subscriptions yet", "Nothing has happened yet", "http://product.example/stripe")
	w.submits("/plan", url.Values{"hold": {"on"}})
	c := w.buy()
	w.sees("/", "checkout.session.completed", "waiting", "Fail the next renewal")
	var seen struct {
		Events        []standin.Sent
		Subscriptions []standin.Subscription
		Plan          standin.Plan
	}
	_, _, text := w.page("GET", "/", "application/json", "")
	if err := json.Unmarshal([]byte(text), &seen); err != nil || !seen.Plan.Hold || len(seen.Subscriptions) != 1 ||
		seen.Subscriptions[0].Status != "active" || seen.Events[0].Type != "checkout.session.completed" {
		t.Fatalf("%v: %s", err, text)
	}
	w.submits("/events/"+seen.Events[0].ID, nil)
	w.sees("/events/"+seen.Events[0].ID, "taken", "answered 200", "client_reference_id")
	if got := w.types(); len(got) != 1 || got[0] != "checkout.session.completed" {
		t.Errorf("%v", got)
	}
	act := func(do string) {
		t.Helper()
		w.submits("/subscriptions/"+c.Subscription, url.Values{"do": {do}})
	}
	act("fail")
	w.sees("/", "renewals fail", "Let renewals succeed")
	act("mend")
	act("dispute")
	w.sees("/", "disputed", "Win the dispute")
	act("win")
	act("cancel")
	w.sees("/", "canceled")
	act("delete")
	if u := must(w.till.Customer(t.Context(), c.Customer))(t); !u.Deleted {
		t.Errorf("%+v", u)
	}
	if status, _, text := w.page("POST", "/plan", "application/json", `{"lose":1,"types":["invoice.paid"]}`); status != 200 ||
		w.PlanNow().Lose != 1 {
		t.Errorf("%d %s", status, text)
	}
	for _, path := range []string{"/checkout/cs_none", "/checkout/cs_none/confirm", "/portal/bps_none", "/invoice/in_none",
		"/events/evt_none"} {
		if status, _, _ := w.page("GET", path, html, ""); status != http.StatusNotFound {
			t.Errorf("%s: %d", path, status)
		}
	}
}

// TestAProgramPaysToo: tests of the product go through the pages in JSON.
func TestAProgramPaysToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.checkout()
	status, _, text := w.page("POST", c.URL, "application/json", `{"card":"3ds"}`)
	var r standin.Result
	if err := json.Unmarshal([]byte(text), &r); err != nil || status != 200 || r.Status != "authenticate" {
		t.Fatalf("%d %s", status, text)
	}
	if _, _, text = w.page("POST", r.URL, "application/json", `{"confirm":"yes"}`); !strings.Contains(text, `"complete"`) {
		t.Error(text)
	}
}
