// Package money counts amounts in a currency's smallest unit and writes them for people.
package money

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strings"

	"latchkey.dev/shared/domain/words"
)

// Amount is an amount of money. The zero value is no money in no currency, which can be added to any.
type Amount struct {
	// Minor counts the currency's smallest unit: cents for EUR, yen for JPY, fils for KWD.
	Minor int64
	// Currency is the code of ISO 4217 in capitals: "EUR".
	Currency string
}

var (
	// ErrCurrency is returned for two currencies where one is needed, and for what is no currency's code.
	ErrCurrency = errors.New("money: not the same currency, or none")
	// ErrRange is returned for amounts beyond what an int64 counts.
	ErrRange = errors.New("money: too much to count")
)

// Of makes an amount from minor units and a code in letters of either case, as payment services write it ("eur"). The
// error is ErrCurrency for what is not three ASCII letters.
func Of(minor int64, currency string) (Amount, error) {
	if len(currency) != 3 || strings.Trim(strings.ToUpper(currency), "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return Amount{}, fmt.Errorf("%w: %q", ErrCurrency, currency)
	}
	return Amount{minor, strings.ToUpper(currency)}, nil
}

// IsZero tells whether it is no money, in whatever currency.
func (a Amount) IsZero() bool { return a.Minor == 0 }

// Plus is the sum. The error is ErrCurrency unless both are of one currency or one of them is the zero value, and
// ErrRange for a sum that cannot be counted.
func (a Amount) Plus(b Amount) (Amount, error) {
	switch {
	case a == Amount{}:
		return b, nil
	case b == Amount{}:
		return a, nil
	case a.Currency != b.Currency:
		return Amount{}, fmt.Errorf("%w: %s and %s", ErrCurrency, a.Currency, b.Currency)
	}
	sum := a.Minor + b.Minor
	if (sum > a.Minor) != (b.Minor > 0) && b.Minor != 0 {
		return Amount{}, ErrRange
	}
	return Amount{sum, a.Currency}, nil
}

// Minus is the difference, with the errors of Plus.
func (a Amount) Minus(b Amount) (Amount, error) {
	if b.Minor == math.MinInt64 {
		return Amount{}, ErrRange
	}
	return a.Plus(Amount{-b.Minor, b.Currency})
}

// Times is the amount n times. The error is ErrRange for a product that cannot be counted.
func (a Amount) Times(n int64) (Amount, error) {
	if n == 0 || a.Minor == 0 {
		return Amount{0, a.Currency}, nil
	}
	product := a.Minor * n
	if product/n != a.Minor || (n == -1 && a.Minor == math.MinInt64) {
		return Amount{}, ErrRange
	}
	return Amount{product, a.Currency}, nil
}

// Saving is what paying for a year saves against twelve months.
type Saving struct {
	Amount Amount
	// Percent of the twelve months' price, rounded down: what is promised is never more than what is given.
	Percent int
}

// YearlySaving compares a year's price with twelve times the month's. A year that costs as much or more saves nothing:
// the zero Saving. The errors are those of Plus and Times.
func YearlySaving(month, year Amount) (Saving, error) {
	months, err := month.Times(12)
	if err != nil {
		return Saving{}, err
	}
	saved, err := months.Minus(year)
	if err != nil {
		return Saving{}, err
	}
	if saved.Minor <= 0 || months.Minor <= 0 || year.Minor < 0 {
		return Saving{}, nil
	}
	return Saving{saved, percent(saved.Minor, months.Minor)}, nil
}

// percent is floor(100*part/whole) for 0 < part <= whole.
func percent(part, whole int64) int {
	high, low := bits.Mul64(uint64(part), 100)   //nolint:gosec // neither is negative
	n, _ := bits.Div64(high, low, uint64(whole)) //nolint:gosec // neither is negative
	return int(n)                                //nolint:gosec // at most 100
}

// String writes the amount for people, in the manner of English: "€29.00", "$1,290.00", "¥3,000", "CHF 29.00" (with a
// space that does not break), "-€5.00".
func (a Amount) String() string { return a.In(words.English) }

// In writes the amount for people in the manner of a language (Unicode CLDR 48, numbers, currency formats): "29,00 €" in German,
// "€ 29,00" in Dutch. No space in it breaks.
func (a Amount) In(l words.Language) string {
	number := l.Decimal(a.Minor, Decimals(a.Currency))
	before := symbol(l, a.Currency)
	after := strings.TrimSuffix(before, space)
	if after == "" {
		return number
	}
	switch l {
	case words.English:
		if size, negative := strings.CutPrefix(number, "-"); negative {
			return "-" + before + size
		}
		return before + number
	case words.Dutch:
		return after + space + number
	case words.Portuguese:
		if size, negative := strings.CutPrefix(number, "-"); negative {
			return "-" + after + space + size
		}
		return after + space + number
	case words.Hebrew: // the mark keeps number and sign in this order
		return "\u200f" + number + space + after
	}
	return number + space + after
}

// signs are those of languages that write other ones than German, Hebrew and English do (Unicode CLDR 48, currencies); what is not among
// them is written with its code. The euro has one sign everywhere.
var signs = map[words.Language]map[string]string{
	words.French:     {"USD": "$US", "GBP": "£GB", "INR": "₹", "KRW": "₩", "AUD": "$AU", "CAD": "$CA", "NZD": "$NZ"},
	words.Spanish:    {"USD": "US$"},
	words.Italian:    {"GBP": "£", "AUD": "A$", "CAD": "CA$", "NZD": "NZ$"},
	words.Dutch:      {"USD": "US$", "GBP": "£", "JPY": "JP¥", "INR": "₹", "KRW": "₩", "AUD": "AU$", "CAD": "C$", "NZD": "NZ$"},
	words.Portuguese: {"USD": "US$", "GBP": "£", "JPY": "JP¥", "INR": "₹", "KRW": "₩", "AUD": "AU$", "CAD": "CA$", "NZD": "NZ$"},
	words.Polish:     {},
}

// space is one that does not break.
const space = "\u00a0"

// Decimals is how many digits of an amount stand after the point: 2 but for the currencies that Stripe counts without
// decimals or with three (https://docs.stripe.com/currencies#zero-decimal and #three-decimal). Where Stripe and ISO
// 4217 differ (ISK, UGX and MGA), Stripe is followed, because the amounts are Stripe's.
func Decimals(currency string) int {
	switch currency {
	case "BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF":
		return 0
	case "BHD", "JOD", "KWD", "OMR", "TND":
		return 3
	}
	return 2
}

// symbol is what stands beside the number: the sign where everybody who reads the language knows it and it belongs to one currency, with
// the dollar as the United States', else the code.
func symbol(l words.Language, currency string) string {
	if own, has := signs[l]; has && currency != "EUR" && currency != "" {
		if s := own[currency]; s != "" {
			return s
		}
		return currency + space
	}
	switch currency {
	case "EUR":
		return "€"
	case "USD":
		return "$"
	case "GBP":
		return "£"
	case "JPY":
		return "¥"
	case "INR":
		return "₹"
	case "KRW":
		return "₩"
	case "AUD":
		return "A$"
	case "CAD":
		return "CA$"
	case "NZD":
		return "NZ$"
	case "":
		return ""
	}
	return currency + space
}
