package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stripe/stripe-mock/embedded"
	"github.com/stripe/stripe-mock/server"

	"latchkey.dev/shared/domain/payment"
)

// till is stripe-mock, which refuses what is not in Stripe's OpenAPI document, with a memory of what was made. hides
// answers requests that stripe-mock would answer with things that nobody made.
func till(t *testing.T, hides func(r *http.Request) (status int, body any)) (s shop, calls *[]string, forms map[string]url.Values) {
	t.Helper()
	spec, err := server.LoadSpec(embedded.OpenAPISpec, "")
	if err != nil {
		t.Fatal(err)
	}
	fixtures, err := server.LoadFixtures(embedded.OpenAPIFixtures, "")
	if err != nil {
		t.Fatal(err)
	}
	mock, err := server.NewStubServer(fixtures, spec, false, false)
	if err != nil {
		t.Fatal(err)
	}
	calls, forms = &[]string{}, map[string]url.Values{}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*calls = append(*calls, r.Method+" "+r.URL.Path)
		took := httptest.NewRecorder()
		copied := r.Clone(r.Context())
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		copied.Body = http.NoBody
		if r.Method == http.MethodPost {
			forms[r.URL.Path+" "+r.Form.Get("lookup_key")+r.Form.Get("id")] = r.PostForm
			again := httptest.NewRequest(r.Method, r.URL.Path, strings.NewReader(r.PostForm.Encode()))
			again.Header = r.Header
			copied = again
		}
		mock.HandleRequest(took, copied)
		if status, body := hides(r); status != 0 && took.Code == http.StatusOK { // only what Stripe would take
			w.WriteHeader(status)
			if err := json.NewEncoder(w).Encode(body); err != nil {
				t.Error(err)
			}
			return
		}
		w.WriteHeader(took.Code)
		w.Write(took.Body.Bytes()) //nolint:errcheck // to the test
	}))
	t.Cleanup(web.Close)
	return shop{key: "sk_test_123", base: web.URL, client: web.Client(), log: t.Output(), origin: "https://portal.example.com",
		currency: "eur", tax: "exclusive", amounts: map[string][2]int64{}}, calls, forms
}

type m = map[string]any

func TestAnEmptyAccountGetsEverythingThatIsSold(t *testing.T) {
	t.Parallel()
	s, _, forms := till(t, func(r *http.Request) (int, any) {
		switch {
		case r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, "/v1/products/"):
			return 404, m{"error": m{"message": "No such product"}}
		case r.Method == http.MethodGet && !strings.HasPrefix(r.URL.Path, "/v1/billing_portal"):
			return 200, m{"data": []m{}}
		case r.URL.Path == "/v1/webhook_endpoints":
			return 200, m{"id": "we_1", "secret": "whsec_told_once"}
		}
		return 0, nil
	})
	for _, given := range []string{"hosting_10=2900,29000", "hosting_30=4900,49000", "hosting_50=7900,79000", "whatsapp=1900,19000",
		"max=9900,99000"} {
		if err := s.sell(given); err != nil {
			t.Fatal(err)
		}
	}
	secret, err := s.setUp(t.Context())
	if err != nil || secret != "whsec_told_once" {
		t.Fatalf("%q, %v", secret, err)
	}
	for _, key := range []string{"hosting_10_month", "hosting_50_year", "whatsapp_month", "max_year"} {
		if f := forms["/v1/prices "+key]; f.Get("lookup_key") != key || f.Get("transfer_lookup_key") != "true" ||
			!strings.HasSuffix(key, f.Get("recurring[interval]")) {
			t.Errorf("the price %s was made as %v", key, f)
		}
	}
	if f := forms["/v1/prices max_year"]; f.Get("unit_amount") != "99000" || f.Get("currency") != "eur" ||
		f.Get("product") != "latchkey_max" {
		t.Errorf("Max for a year: %v", f)
	}
	if f := forms["/v1/webhook_endpoints "]; f.Get("url") != "https://portal.example.com/stripe/webhook" ||
		!slices.Equal(f["enabled_events[]"], payment.EventTypes) {
		t.Errorf("the endpoint: %v", f)
	}
}

func TestASecondRunMakesNothingAnew(t *testing.T) {
	t.Parallel()
	s, calls, _ := till(t, func(r *http.Request) (int, any) {
		switch {
		case r.Method == http.MethodGet && r.URL.Path == "/v1/prices":
			amount := map[string]int{"max_month": 9900, "max_year": 99000}[r.Form.Get("lookup_keys[]")]
			return 200, m{"data": []m{{"id": "price_1", "unit_amount": amount, "currency": "eur"}}}
		case r.Method == http.MethodGet && r.URL.Path == "/v1/webhook_endpoints":
			return 200, m{"data": []m{{"id": "we_1", "url": "https://portal.example.com/stripe/webhook"}}}
		}
		return 0, nil
	})
	if err := s.sell("max=9900,99000"); err != nil {
		t.Fatal(err)
	}
	if secret, err := s.setUp(t.Context()); err != nil || secret != "" {
		t.Fatalf("%q, %v", secret, err)
	}
	for _, c := range *calls {
		if c == "POST /v1/products" || c == "POST /v1/prices" || c == "POST /v1/webhook_endpoints" {
			t.Errorf("%s, which was there", c)
		}
	}
}

func TestWhatCannotBeSoldIsRefused(t *testing.T) {
	t.Parallel()
	s := shop{amounts: map[string][2]int64{}}
	for _, given := range []string{"hosting_20=1,2", "max", "max=1", "max=0,1", "max=1,x", ""} {
		if err := s.sell(given); err == nil {
			t.Errorf("%q is taken", given)
		}
	}
	if _, err := s.setUp(t.Context()); err == nil {
		t.Error("nothing is set up without a key")
	}
}

// Whoever sells reads how to deploy: it has the setup program sell everything that can be sold.
func TestDeployingSellsEveryArticle(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../DEPLOY.md")
	if err != nil {
		t.Fatal(err)
	}
	for key := range articles() {
		if !strings.Contains(string(text), "-sell "+key+"=") {
			t.Errorf("DEPLOY.md does not sell %s", key)
		}
	}
}
