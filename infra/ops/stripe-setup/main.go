// Command setup makes at Stripe what the product sells by: a product and two prices for each article, under the lookup
// keys that the product asks for, the webhook endpoint with exactly the events that billing listens to, and what
// customers may do in the billing portal. It may be run again: what is there already stays, and what differs is said
// and brought up to date.
//
//	STRIPE_SECRET_KEY=sk_… go run ./infra/ops/stripe-setup -origin https://portal.example.com -currency eur \
//	  -sell hosting_10=2900,29000 -sell hosting_30=4900,49000 -sell hosting_50=7900,79000 -sell whatsapp=1900,19000 -sell max=9900,99000
//
// Amounts are in the currency's smallest unit, for a month and for a year. What it does goes to standard error; a new
// endpoint's signing secret, which Stripe tells only once, is all that goes to standard output.
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"latchkey.dev/shared/adapter/stripe"
	"latchkey.dev/shared/domain/contract"
	"latchkey.dev/shared/domain/payment"
)

func main() {
	s := shop{key: os.Getenv("STRIPE_SECRET_KEY"), base: cmp.Or(os.Getenv("STRIPE_API_BASE"), "https://api.stripe.com"),
		client: &http.Client{Timeout: 30 * time.Second}, log: os.Stderr, amounts: map[string][2]int64{}}
	flag.StringVar(&s.origin, "origin", "", "the product's `origin`, such as https://portal.example.com")
	flag.StringVar(&s.currency, "currency", "eur", "the `currency` of all prices")
	flag.StringVar(&s.tax, "tax", "exclusive", "how tax comes to the prices: exclusive or inclusive")
	flag.Func("sell", "`article=month,year`: hosting_10, hosting_30, hosting_50, whatsapp or max, and its prices in the smallest unit; "+
		"once for each", s.sell)
	flag.Parse()
	secret, err := s.setUp(context.Background())
	if err != nil {
		fmt.Fprintln(os.Stderr, "setup:", err)
		os.Exit(1)
	}
	if secret != "" {
		fmt.Println(secret)
	}
}

// shop is what is to be set up, and where.
type shop struct {
	key, base             string
	client                *http.Client
	log                   io.Writer
	origin, currency, tax string
	amounts               map[string][2]int64 // by the article's key: a month's and a year's
}

// articles are what can be sold, by the lookup key without its interval.
func articles() map[string]contract.Article {
	all := map[string]contract.Article{}
	for _, a := range append(contract.Articles(), contract.Article{Product: contract.Max}) {
		all[strings.TrimSuffix(a.LookupKey(payment.Month), "_"+string(payment.Month))] = a
	}
	return all
}

func (s *shop) sell(given string) error {
	key, prices, _ := strings.Cut(given, "=")
	if _, ok := articles()[key]; !ok {
		return fmt.Errorf("there is no article %q", key)
	}
	month, year, _ := strings.Cut(prices, ",")
	m, err := strconv.ParseInt(month, 10, 64)
	y, more := strconv.ParseInt(year, 10, 64)
	if err = errors.Join(err, more); err != nil || m <= 0 || y <= 0 {
		return errors.New("write the article, the month's price and the year's in the smallest unit: max=9900,99000")
	}
	s.amounts[key] = [2]int64{m, y}
	return nil
}

// setUp makes everything and answers the secret of an endpoint that is new.
func (s *shop) setUp(ctx context.Context) (secret string, err error) {
	if s.key == "" || !strings.HasPrefix(s.origin, "https://") || strings.HasSuffix(s.origin, "/") || len(s.amounts) == 0 {
		return "", errors.New("set STRIPE_SECRET_KEY, -origin (https, without a slash at its end) and at least one -sell")
	}
	all := articles()
	for _, key := range slices.Sorted(maps.Keys(s.amounts)) {
		if err := s.article(ctx, key, all[key]); err != nil {
			return "", err
		}
	}
	if secret, err = s.endpoint(ctx); err != nil {
		return "", err
	}
	return secret, s.portal(ctx)
}

// article makes the article's product and prices (https://docs.stripe.com/api/prices/create).
func (s *shop) article(ctx context.Context, key string, a contract.Article) error {
	product := "latchkey_" + key
	var e *refusal
	if err := s.call(ctx, http.MethodGet, "/v1/products/"+product, nil, nil); errors.As(err, &e) && e.status == http.StatusNotFound {
		if err := s.call(ctx, http.MethodPost, "/v1/products", url.Values{"id": {product}, "name": {a.Name()}}, nil); err != nil {
			return err
		}
		s.say("product %s: %s", product, a.Name())
	} else if err != nil {
		return err
	}
	for n, i := range contract.Intervals() {
		amount := s.amounts[key][n]
		var there struct {
			Data []struct {
				ID       string
				Amount   int64 `json:"unit_amount"`
				Currency string
			}
		}
		lookup := a.LookupKey(i)
		if err := s.call(ctx, http.MethodGet, "/v1/prices", url.Values{"lookup_keys[]": {lookup}, "active": {"true"}}, &there); err != nil {
			return err
		}
		if len(there.Data) > 0 && there.Data[0].Amount == amount && there.Data[0].Currency == s.currency {
			s.say("price %s: as it should be", lookup)
			continue
		}
		// A new price takes the key over. Who subscribed before goes on paying the old one, which stays active for those
		// who were promised it.
		form := url.Values{"product": {product}, "currency": {s.currency}, "unit_amount": {strconv.FormatInt(amount, 10)},
			"recurring[interval]": {string(i)},
			"lookup_key":          {lookup}, "transfer_lookup_key": {"true"}, "tax_behavior": {s.tax}}
		if err := s.call(ctx, http.MethodPost, "/v1/prices", form, nil); err != nil {
			return err
		}
		s.say("price %s: %d %s", lookup, amount, s.currency)
	}
	return nil
}

// endpoint has Stripe tell the product what happens (https://docs.stripe.com/api/webhook_endpoints/create).
func (s *shop) endpoint(ctx context.Context) (secret string, err error) {
	at := s.origin + "/stripe/webhook"
	var there struct{ Data []struct{ ID, URL string } }
	if err := s.call(ctx, http.MethodGet, "/v1/webhook_endpoints", url.Values{"limit": {"100"}}, &there); err != nil {
		return "", err
	}
	form := url.Values{"enabled_events[]": payment.EventTypes, "description": {"Latchkey"}}
	for _, e := range there.Data {
		if e.URL == at {
			s.say("webhook endpoint %s: there already", e.ID)
			return "", s.call(ctx, http.MethodPost, "/v1/webhook_endpoints/"+e.ID, form, nil)
		}
	}
	form.Set("url", at)
	form.Set("api_version", stripe.APIVersion)
	var made struct{ ID, Secret string }
	if err := s.call(ctx, http.MethodPost, "/v1/webhook_endpoints", form, &made); err != nil {
		return "", err
	}
	s.say("webhook endpoint %s: %s", made.ID, at)
	return made.Secret, nil
}

// portal says what customers may do in the billing portal: read invoices, change card and address, cancel at the end of
// what is paid. The address is who somebody is, and which price is paid was agreed in the invite: neither is changed
// there (https://docs.stripe.com/api/customer_portal/configurations/update).
func (s *shop) portal(ctx context.Context) error {
	var there struct{ Data []struct{ ID string } }
	if err := s.call(ctx, http.MethodGet, "/v1/billing_portal/configurations", url.Values{"is_default": {"true"}, "active": {"true"}},
		&there); err != nil {
		return err
	}
	if len(there.Data) == 0 {
		return errors.New("everything is there but the billing portal, whose first settings Stripe takes by hand: save " +
			"https://dashboard.stripe.com/settings/billing/portal once, and run this again")
	}
	form := url.Values{"default_return_url": {s.origin + "/portal"}, "features[invoice_history][enabled]": {"true"},
		"features[payment_method_update][enabled]": {"true"},
		"features[customer_update][enabled]":       {"true"}, "features[customer_update][allowed_updates][]": {"name", "address", "tax_id"},
		"features[subscription_cancel][enabled]": {"true"}, "features[subscription_cancel][mode]": {"at_period_end"},
		"features[subscription_update][enabled]": {"false"}}
	if err := s.call(ctx, http.MethodPost, "/v1/billing_portal/configurations/"+there.Data[0].ID, form, nil); err != nil {
		return err
	}
	s.say("billing portal %s: invoices, card, address and cancelling", there.Data[0].ID)
	return nil
}

func (s *shop) say(format string, a ...any) { fmt.Fprintf(s.log, format+"\n", a...) }

// refusal is an answer of Stripe's that is no success.
type refusal struct {
	call, message string
	status        int
}

func (e *refusal) Error() string {
	return fmt.Sprintf("%s: Stripe answers %d: %s", e.call, e.status, e.message)
}

// call asks Stripe, in the form encoding that it takes, and reads the answer into into unless that is nil.
func (s *shop) call(ctx context.Context, method, path string, form url.Values, into any) error {
	target, body := s.base+path, io.Reader(nil)
	if method == http.MethodGet {
		target += "?" + form.Encode()
	} else {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(ctx, method, target, body)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+s.key)
	r.Header.Set("Stripe-Version", stripe.APIVersion)
	if body != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := s.client.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close() //nolint:errcheck // read here
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		var said struct{ Error struct{ Message string } }
		_ = json.Unmarshal(text, &said) //nolint:errcheck // then there is no message
		return &refusal{method + " " + path, said.Error.Message, res.StatusCode}
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(text, into)
}
