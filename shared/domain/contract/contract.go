// Package contract holds what a client is asked to buy, at the prices of the moment in which it was asked. A contract
// stands on its invite and never changes: when prices change later, what was sent stays what it was.
package contract

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/money"
	"latchkey.dev/shared/domain/payment"
	"latchkey.dev/shared/domain/words"
)

// Product is something that is sold.
type Product string

// The products. Hosting and WhatsApp are for clients, Max is an agency's plan.
const (
	Hosting  Product = "hosting"
	WhatsApp Product = "whatsapp"
	Max      Product = "max"
)

// Sizes are the sizes of n8n Hosting, in GB.
func Sizes() []int { return []int{10, 30, 50} }

// Article is one thing to buy, without its price.
type Article struct {
	Product   Product
	StorageGB int // of Hosting, else 0
}

// Name is what people read: "n8n Hosting, 30 GB".
func (a Article) Name() string { return a.In(words.English) }

// In is the name in a language.
func (a Article) In(l words.Language) string {
	switch a.Product {
	case Hosting:
		return l.Say("money.article_hosting", "n", a.StorageGB)
	case WhatsApp:
		return l.Say("money.article_whatsapp")
	case Max:
		return l.Say("money.article_max")
	}
	return string(a.Product)
}

// Intervals are how often can be paid. The client picks one when it accepts; the inviter cannot.
func Intervals() []payment.Interval { return []payment.Interval{payment.Month, payment.Year} }

// LookupKey is the name under which the operator keeps the article's price at the payment provider (Stripe, "Lookup
// keys"): hosting_30_month, whatsapp_year, max_month.
func (a Article) LookupKey(i payment.Interval) string {
	if a.Product == Hosting {
		return fmt.Sprintf("%s_%d_%s", a.Product, a.StorageGB, i)
	}
	return fmt.Sprintf("%s_%s", a.Product, i)
}

// Articles are all that a client can be asked to buy.
func Articles() []Article {
	var all []Article
	for _, gb := range Sizes() {
		all = append(all, Article{Hosting, gb})
	}
	return append(all, Article{Product: WhatsApp})
}

// Order is what an inviter asks a client to buy. The zero Order buys nothing.
type Order struct {
	StorageGB int // of n8n Hosting: 10, 30 or 50; 0 for none
	WhatsApp  bool
}

// Articles are what the order buys, in the order in which they are shown. Faults: [fault.Invalid] for a size that is
// not sold.
func (o Order) Articles() ([]Article, error) {
	var out []Article
	if o.StorageGB != 0 {
		if !slices.Contains(Sizes(), o.StorageGB) {
			return nil, fault.InField("order.hosting.storageGb", "errors.choose_10_30_or_50_gb")
		}
		out = append(out, Article{Hosting, o.StorageGB})
	}
	if o.WhatsApp {
		out = append(out, Article{Product: WhatsApp})
	}
	return out, nil
}

// Price is what an article costs for one interval. ID is the payment provider's id of exactly this price, which never
// changes there: a new price is a new id under the same lookup key.
type Price struct {
	ID     string
	Amount money.Amount
}

// Line is one line of a contract.
type Line struct {
	Article
	Month, Year Price
}

// Price is the line's price for the interval.
func (l Line) Price(i payment.Interval) Price {
	if i == payment.Year {
		return l.Year
	}
	return l.Month
}

// Taxation is how tax comes to a price.
type Taxation string

// The ways. The operator picks one for the whole platform.
const (
	Untaxed  Taxation = "none"      // no tax is added or shown
	Included Taxation = "inclusive" // in the price already, at Rate
	Added    Taxation = "exclusive" // on top of the price, at Rate
	Worked   Taxation = "automatic" // on top, worked out from the client's address when it pays (Stripe Tax)
)

// Tax is how a contract is taxed. Rate is in hundredths of a percent, so that 1,900 is 19 %; it is 0 where the tax
// depends on the client's address.
type Tax struct {
	Way  Taxation
	Rate int
	ID   string // the payment provider's id of the rate, where there is one
}

// ParseTax reads how the operator has chosen that tax comes to the prices: "none"; "included:19", which is in the prices
// at 19 %, at most two decimals; or "plus", which the checkout adds by the payer's address. The error says these three.
func ParseTax(s string) (Tax, error) {
	wrong := fmt.Errorf("the tax is %q: choose none, plus, or included: with the rate in percent, such as included:19 or included:8.1", s)
	switch s {
	case "none":
		return Tax{Way: Untaxed}, nil
	case "plus":
		return Tax{Way: Worked}, nil
	}
	rate, ok := strings.CutPrefix(s, "included:")
	whole, part, decimal := strings.Cut(rate, ".")
	if !ok || !digits(whole, 2) || decimal && !digits(part, 2) {
		return Tax{}, wrong
	}
	n, _ := strconv.Atoi(whole + (part + "00")[:2]) //nolint:errcheck // at most four digits
	if n == 0 {
		return Tax{}, wrong
	}
	return Tax{Way: Included, Rate: n}, nil
}

// digits tells whether s is one to most ASCII digits.
func digits(s string, most int) bool {
	return s != "" && len(s) <= most && strings.Trim(s, "0123456789") == ""
}

// Note is what stands beside every price: "incl. 19 % VAT", "plus VAT" or "no tax is charged"; "" where nobody has chosen.
func (t Tax) Note() string { return t.In(words.English) }

// In is the note in a language.
func (t Tax) In(l words.Language) string {
	switch t.Way {
	case Included:
		if t.Rate > 0 {
			return l.Say("money.included_rate", "rate", t.Percent(l))
		}
		return l.Say("money.included")
	case Added, Worked:
		if t.Rate > 0 {
			return l.Say("money.added_rate", "rate", t.Percent(l))
		}
		return l.Say("money.added")
	case Untaxed:
		return l.Say("money.untaxed")
	}
	return ""
}

// Percent is how a language writes the rate: "19", "8.1".
func (t Tax) Percent(l words.Language) string {
	n, decimals := int64(t.Rate), 2
	for decimals > 0 && n%10 == 0 {
		n, decimals = n/10, decimals-1
	}
	return l.Decimal(n, decimals)
}

// Contract is what a client is asked to buy.
type Contract struct {
	Lines []Line
	Tax   Tax
	At    time.Time // when the prices were read

	// Language is the one in which it was shown to whoever agreed to it; "" while nobody has, and English where that was before
	// there were others.
	Language words.Language
}

// Sum is what is paid each interval. Tax is what of Total is tax, and zero for the ways in which nobody knows yet.
type Sum struct {
	Net, Tax, Total money.Amount
}

// Sum adds the lines up for the interval. Tax is rounded half up on the whole, as on an invoice. It returns the zero Sum
// for a contract without lines. Lines of two currencies are an error, which Write has kept out.
func (c *Contract) Sum(i payment.Interval) (Sum, error) {
	if len(c.Lines) == 0 {
		return Sum{}, nil
	}
	total := c.Lines[0].Price(i).Amount
	for _, l := range c.Lines[1:] {
		var err error
		if total, err = total.Plus(l.Price(i).Amount); err != nil {
			return Sum{}, fmt.Errorf("contract: %w", err)
		}
	}
	s := Sum{Net: total, Total: total, Tax: money.Amount{Currency: total.Currency}}
	switch c.Tax.Way {
	case Added:
		s.Tax.Minor = share(total.Minor, int64(c.Tax.Rate), 10_000)
		s.Total.Minor = total.Minor + s.Tax.Minor
	case Included:
		s.Tax.Minor = share(total.Minor, int64(c.Tax.Rate), 10_000+int64(c.Tax.Rate))
		s.Net.Minor = total.Minor - s.Tax.Minor
	}
	return s, nil
}

// Price is what the lines come to for the interval, as the payment provider adds them up: before a tax that is added.
func (c *Contract) Price(i payment.Interval) (money.Amount, error) {
	s, err := c.Sum(i)
	if c.Tax.Way == Added {
		return s.Net, err
	}
	return s.Total, err
}

// share is n·of/whole, rounded half up, for amounts of 0 and more.
func share(n, of, whole int64) int64 { return (n*of + whole/2) / whole }

// Saving is how much less a year costs when it is paid at once than in twelve months, as it is paid, tax included where
// it is known.
func (c *Contract) Saving() (money.Saving, error) {
	month, err := c.Sum(payment.Month)
	if err != nil {
		return money.Saving{}, err
	}
	year, err := c.Sum(payment.Year)
	if err != nil {
		return money.Saving{}, err
	}
	return money.YearlySaving(month.Total, year.Total)
}

// Prices are the operator's prices of now, by lookup key.
type Prices map[string]Price

// Tariff is what is kept of the operator's price list: what contracts are written from.
type Tariff struct {
	Prices Prices
	Tax    Tax
	At     time.Time // when it was read at the payment provider; zero where nothing is sold
	// Flaws say why a price is not sold, by lookup key: for the operator.
	Flaws map[string]string
}

// NoPrice is the flaw of a lookup key without a price. It is none where the article is not sold at all.
const NoPrice = "there is no active price with this lookup key"

// Sell takes into a tariff those of the operator's prices that can be sold for what they are, and notes of the others why they
// are not. All are of one currency: of several, the one that most prices have.
func Sell(found map[string]payment.Price, tax Tax, now time.Time) Tariff {
	t := Tariff{Prices: Prices{}, Tax: tax, At: now, Flaws: map[string]string{}}
	counts := map[string]int{}
	each := func(do func(key string, a Article, i payment.Interval)) {
		for _, a := range append(Articles(), Article{Product: Max}) {
			for _, i := range Intervals() {
				do(a.LookupKey(i), a, i)
			}
		}
	}
	each(func(key string, _ Article, i payment.Interval) {
		p, ok := found[key]
		flaw := NoPrice
		if ok {
			flaw = p.Flaw(i)
		}
		if flaw == "" && tax.Way == Worked && p.TaxBehavior == payment.TaxInclusive {
			flaw = "its tax_behavior is inclusive, and Tax is plus"
		}
		if flaw != "" {
			t.Flaws[key] = flaw
			return
		}
		t.Prices[key] = Price{ID: p.ID, Amount: p.Amount}
		counts[p.Amount.Currency]++
	})
	common := ""
	for currency, n := range counts {
		if n > counts[common] || n == counts[common] && currency < common {
			common = currency
		}
	}
	for key, p := range t.Prices {
		if p.Amount.Currency != common {
			t.Flaws[key] = fmt.Sprintf("it is in %s, and the others are in %s", p.Amount.Currency, common)
			delete(t.Prices, key)
		}
	}
	each(func(key string, a Article, i payment.Interval) { // one interval alone is not sold
		for _, other := range Intervals() {
			if _, ok := t.Prices[key]; ok && t.Prices[a.LookupKey(other)].ID == "" && i != other {
				t.Flaws[key] = "there is no price that can be sold for the other interval, " + a.LookupKey(other)
			}
		}
	})
	return t
}

// Open tells whether anything is sold.
func (t Tariff) Open() bool { return len(t.Prices) > 0 }

// Write makes the contract of an order at the prices of now. It returns nil for an order that buys nothing. Faults:
// [fault.Invalid] for a size that is not sold, [fault.PaymentsOff] for an article without a price for both intervals in
// one currency.
func Write(o Order, prices Prices, tax Tax, now time.Time) (*Contract, error) {
	articles, err := o.Articles()
	if err != nil || len(articles) == 0 {
		return nil, err
	}
	c := &Contract{Tax: tax, At: now}
	for _, a := range articles {
		l := Line{Article: a, Month: prices[a.LookupKey(payment.Month)], Year: prices[a.LookupKey(payment.Year)]}
		if l.Month.ID == "" || l.Year.ID == "" {
			return nil, fault.New(fault.PaymentsOff, "errors.has_no_price_on_this_platform", "name", a.Name())
		}
		c.Lines = append(c.Lines, l)
	}
	for _, i := range Intervals() {
		if _, err := c.Sum(i); err != nil {
			return nil, fault.New(fault.PaymentsOff, "errors.the_prices_on_this_platform_are")
		}
	}
	return c, nil
}
