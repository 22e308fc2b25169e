package stripe

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/stripe/stripe-go/v85"

	"latchkey.dev/shared/domain/payment"
)

// Prices finds active prices by their lookup keys, at most ten in one call (https://docs.stripe.com/api/prices/list). A
// key without an active price is not in the answer. Prices are made by hand, so that each is read as it is, also what stripe-go
// has no room for: see [payment.Price.Flaw].
func (c *Client) Prices(ctx context.Context, lookupKeys []string) (map[string]payment.Price, error) {
	found := map[string]payment.Price{}
	for len(lookupKeys) > 0 {
		n := min(len(lookupKeys), 10)
		q := url.Values{"active": {"true"}, "limit": {"100"}, "expand[]": {"data.product"}}
		for _, key := range lookupKeys[:n] {
			q.Add("lookup_keys[]", key)
		}
		var list struct {
			stripe.APIResource
			Data []json.RawMessage `json:"data"`
		}
		err := c.backend.CallRaw(http.MethodGet, "/v1/prices", c.key, []byte(q.Encode()), &stripe.Params{Context: ctx}, &list)
		if err != nil {
			return nil, explain(err)
		}
		for _, raw := range list.Data[:min(len(list.Data), mostPrices)] {
			p, err := price(raw)
			if err != nil {
				return nil, &payment.Error{Kind: payment.Passing, Err: err}
			}
			_, p.Twice = found[p.LookupKey]
			found[p.LookupKey] = p
		}
		lookupKeys = lookupKeys[n:]
	}
	return found, nil
}

// mostPrices is more than ten lookup keys have prices.
const mostPrices = 100

// Price reads one price (https://docs.stripe.com/api/prices/retrieve), active or not: what was locked into a contract
// may have been archived since.
func (c *Client) Price(ctx context.Context, id string) (payment.Price, error) {
	var one struct {
		stripe.APIResource
		json.RawMessage
	}
	err := c.backend.CallRaw(http.MethodGet, "/v1/prices/"+url.PathEscape(id), c.key, []byte("expand[]=product"),
		&stripe.Params{Context: ctx}, &one)
	if err != nil {
		return payment.Price{}, explain(err)
	}
	p, err := price(one.RawMessage)
	if err != nil {
		return payment.Price{}, &payment.Error{Kind: payment.Passing, Err: err}
	}
	return p, nil
}

// given tells whether a member is there and not null.
func given(raw json.RawMessage) bool { return len(raw) > 0 && !bytes.Equal(raw, []byte("null")) }

// price reads a price. Amounts are read as they are written: they may be null, fractions, or beyond what is counted here.
func price(raw json.RawMessage) (payment.Price, error) {
	var p struct {
		ID        string          `json:"id"`
		Active    bool            `json:"active"`
		Scheme    string          `json:"billing_scheme"`
		Currency  stripe.Currency `json:"currency"`
		Custom    json.RawMessage `json:"custom_unit_amount"`
		LookupKey string          `json:"lookup_key"`
		Product   json.RawMessage `json:"product"`
		Recurring *struct {
			Interval string      `json:"interval"`
			Count    json.Number `json:"interval_count"`
			Usage    string      `json:"usage_type"`
		} `json:"recurring"`
		Tax       string          `json:"tax_behavior"`
		Tiers     string          `json:"tiers_mode"`
		Transform json.RawMessage `json:"transform_quantity"`
		Amount    json.RawMessage `json:"unit_amount"`
		Decimal   json.RawMessage `json:"unit_amount_decimal"`
	}
	if err := json.Unmarshal(raw, &p); err != nil {
		return payment.Price{}, fmt.Errorf("stripe: a price that cannot be read: %w", err)
	}
	minor, err := strconv.ParseInt(string(p.Amount), 10, 64)
	out := payment.Price{ID: known(p.ID), LookupKey: p.LookupKey, Amount: amount(minor, p.Currency), Whole: given(p.Amount) && err == nil,
		TaxBehavior: payment.TaxBehavior(p.Tax), Active: p.Active, Scheme: p.Scheme, Tiered: p.Tiers != "", Custom: given(p.Custom),
		Transformed: given(p.Transform)}
	if text := strings.Trim(string(p.Decimal), `"`); given(p.Decimal) {
		decimal, fraction, _ := strings.Cut(text, ".")
		out.Whole = out.Whole && strings.Trim(fraction, "0") == "" && decimal == string(p.Amount)
	}
	if r := p.Recurring; r != nil {
		out.Interval, out.Usage = payment.Interval(r.Interval), r.Usage
		if out.Count, err = r.Count.Int64(); err != nil {
			out.Count = 0
		}
	}
	var product struct {
		ID     string `json:"id"`
		Name   string `json:"name"`
		Active *bool  `json:"active"`
	}
	switch {
	case json.Unmarshal(p.Product, &product) == nil && product.ID != "":
		out.ProductID, out.Product, out.Archived = known(product.ID), product.Name, product.Active != nil && !*product.Active
	case given(p.Product):
		out.ProductID = known(strings.Trim(string(p.Product), `"`))
	}
	return out, nil
}
