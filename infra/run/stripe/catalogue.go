package stripe

import (
	"fmt"
	"strconv"
)

// Product is something of the catalogue, with a price for a month and one for a year, in cents.
type Product struct {
	Key, Name, Description string
	Month, Year            int64
	Currency               string
}

// Catalogue is what the demo operator sells. The lookup keys of the prices are the product's with "_month" and "_year":
// "hosting_10_month", "max_year".
var Catalogue = []Product{
	{"hosting_10", "n8n hosting, 10 GB", "Your own n8n instance with 10 GB of storage", 2900, 29000, "eur"},
	{"hosting_30", "n8n hosting, 30 GB", "Your own n8n instance with 30 GB of storage", 4900, 49000, "eur"},
	{"hosting_50", "n8n hosting, 50 GB", "Your own n8n instance with 50 GB of storage", 7900, 79000, "eur"},
	{"whatsapp", "WhatsApp service", "A WhatsApp number that answers", 1900, 19000, "eur"},
	{"max", "Latchkey Max", "The plan with the client portal", 9900, 99000, "eur"},
}

// stock puts the catalogue in, where it is not there already. The caller holds the lock.
func (e *Engine) stock() {
	for _, p := range e.options.Catalogue {
		id := "prod_" + p.Key
		if e.state.products.get(id) != nil {
			continue
		}
		put(e, e.state.products, "prod", id,
			&product{ID: id, Active: true, Created: e.at, Updated: e.at, Name: p.Name, Description: optional(p.Description)})
		e.addPrice(p, "month", p.Month)
		e.addPrice(p, "year", p.Year)
	}
}

func (e *Engine) addPrice(p Product, interval string, amount int64) {
	key := p.Key + "_" + interval
	id := "price_" + key
	if e.state.prices.get(id) != nil {
		id = e.id("price_")
	}
	put(e, e.state.prices, "price", id, &price{
		ID: id, Active: true, Created: e.at, Currency: p.Currency, LookupKey: &key, Product: "prod_" + p.Key, TaxBehavior: "exclusive",
		UnitAmount:  amount,
		UnitDecimal: fmt.Sprint(amount), Recurring: recurring{Interval: interval, IntervalCount: 1, UsageType: "licensed"},
	})
}

// Distort has the active price of a lookup key answered with other members than it has, such as "unit_amount": nil, for tests of
// what is sold of a catalogue that somebody has made by hand. A nil map ends it.
func (e *Engine) Distort(lookupKey string, members map[string]any) error {
	return e.do(func() error {
		for _, p := range e.state.prices.all() {
			if p.Active && value(p.LookupKey) == lookupKey {
				p.Odd = members
				put(e, e.state.prices, "price", p.ID, p)
				return nil
			}
		}
		return ErrNone
	})
}

// Amend has a price charge another amount under the id that it has, which Stripe never does: for whoever wants to see that no
// page is paid on which something else is asked for than was shown.
func (e *Engine) Amend(lookupKey string, minor int64) error {
	return e.do(func() error {
		for _, p := range e.state.prices.all() {
			if p.Active && value(p.LookupKey) == lookupKey {
				p.UnitAmount, p.UnitDecimal = minor, strconv.FormatInt(minor, 10)
				put(e, e.state.prices, "price", p.ID, p)
				return nil
			}
		}
		return ErrNone
	})
}

// Double adds another active price under a lookup key that has one, and returns its id.
func (e *Engine) Double(lookupKey string) (id string, err error) {
	err = e.do(func() error {
		for _, p := range e.state.prices.all() {
			if p.Active && value(p.LookupKey) == lookupKey {
				again := *p
				again.ID = e.id("price_")
				id = again.ID
				put(e, e.state.prices, "price", id, &again)
				return nil
			}
		}
		return ErrNone
	})
	return id, err
}

// Reprice sells a product of the catalogue for other amounts from now on, as an operator does it: new prices take over
// the lookup keys, and the old ones are archived. Who subscribed before goes on paying what was agreed.
func (e *Engine) Reprice(key string, month, year int64) error {
	return e.reprice(key, month, year, true)
}

// Transfer is Reprice without archiving: the new prices take over the lookup keys (transfer_lookup_key), and the old ones
// can still be bought by whoever was promised them.
func (e *Engine) Transfer(key string, month, year int64) error {
	return e.reprice(key, month, year, false)
}

func (e *Engine) reprice(key string, month, year int64, archive bool) error {
	e.lock()
	var found *Product
	for i := range e.options.Catalogue {
		if e.options.Catalogue[i].Key == key {
			found = &e.options.Catalogue[i]
		}
	}
	if found == nil {
		e.mu.Unlock()
		return fmt.Errorf("stripe: no product %q", key)
	}
	for _, p := range e.state.prices.all() {
		if p.Product == "prod_"+key && p.LookupKey != nil {
			p.Active, p.LookupKey = !archive, nil
			put(e, e.state.prices, "price", p.ID, p)
		}
	}
	e.addPrice(*found, "month", month)
	e.addPrice(*found, "year", year)
	return e.unlockAndKeep()
}
