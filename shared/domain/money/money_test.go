package money_test

import (
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"latchkey.dev/shared/domain/money"
)

func TestAmountsAreWrittenForPeople(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		minor    int64
		currency string
		want     string
	}{
		{2900, "EUR", "€29.00"},
		{129000, "USD", "$1,290.00"},
		{3000, "JPY", "¥3,000"},
		{1234567, "KWD", "KWD\u00a01,234.567"},
		{2900, "CHF", "CHF\u00a029.00"},
		{2900, "CAD", "CA$29.00"},
		{5, "EUR", "€0.05"},
		{5, "KWD", "KWD\u00a00.005"},
		{0, "EUR", "€0.00"},
		{0, "JPY", "¥0"},
		{-500, "EUR", "-€5.00"},
		{100000000, "GBP", "£1,000,000.00"},
		{math.MinInt64, "EUR", "-€92,233,720,368,547,758.08"},
		{0, "", "0.00"},
	} {
		if got := (money.Amount{Minor: c.minor, Currency: c.currency}).String(); got != c.want {
			t.Errorf("%d %s is written %q, not %q", c.minor, c.currency, got, c.want)
		}
	}
}

func TestACurrencyIsThreeLetters(t *testing.T) {
	t.Parallel()
	if a, err := money.Of(100, "eur"); err != nil || a != (money.Amount{Minor: 100, Currency: "EUR"}) {
		t.Errorf("eur: %v, %v", a, err)
	}
	for _, bad := range []string{"", "eu", "euro", "e1r", "ÉUR", "\x00\x00\x00"} {
		if a, err := money.Of(100, bad); !errors.Is(err, money.ErrCurrency) {
			t.Errorf("%q makes %v, %v", bad, a, err)
		}
	}
}

func TestOnlyOneCurrencyIsAdded(t *testing.T) {
	t.Parallel()
	eur, usd := money.Amount{Minor: 100, Currency: "EUR"}, money.Amount{Minor: 100, Currency: "USD"}
	if sum, err := eur.Plus(eur); err != nil || sum.String() != "€2.00" {
		t.Errorf("twice a euro: %v, %v", sum, err)
	}
	if sum, err := eur.Plus(money.Amount{}); err != nil || sum != eur {
		t.Errorf("a euro and nothing: %v, %v", sum, err)
	}
	if _, err := eur.Plus(usd); !errors.Is(err, money.ErrCurrency) {
		t.Errorf("euros and dollars: %v", err)
	}
	if _, err := eur.Minus(usd); !errors.Is(err, money.ErrCurrency) {
		t.Errorf("euros less dollars: %v", err)
	}
	if _, err := eur.Plus(money.Amount{Currency: "USD"}); !errors.Is(err, money.ErrCurrency) {
		t.Errorf("no dollars are dollars all the same: %v", err)
	}
}

// TestArithmeticIsExactOrRefused compares with numbers of any size.
func TestArithmeticIsExactOrRefused(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Int64().Draw(t, "a"), rapid.Int64().Draw(t, "b")
		of := func(n int64) money.Amount { return money.Amount{Minor: n, Currency: "EUR"} }
		check := func(what string, got money.Amount, err error, want *big.Int) {
			switch {
			case !want.IsInt64():
				if !errors.Is(err, money.ErrRange) {
					t.Fatalf("%s of %d and %d: %v, %v", what, a, b, got, err)
				}
			case err != nil && (what != "difference" || b != math.MinInt64):
				t.Fatalf("%s of %d and %d: %v", what, a, b, err)
			case err == nil && got.Minor != want.Int64():
				t.Fatalf("%s of %d and %d is %d", what, a, b, got.Minor)
			}
		}
		x, y := big.NewInt(a), big.NewInt(b)
		sum, err := of(a).Plus(of(b))
		check("sum", sum, err, new(big.Int).Add(x, y))
		diff, err := of(a).Minus(of(b))
		check("difference", diff, err, new(big.Int).Sub(x, y))
		product, err := of(a).Times(b)
		check("product", product, err, new(big.Int).Mul(x, y))
	})
}

func TestAYearSavesAgainstTwelveMonths(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		month, year int64
		saved       string
		percent     int
	}{
		{2900, 29000, "€58.00", 16}, // 16.67 %: rounded down
		{1000, 12000, "0.00", 0},
		{1000, 13000, "0.00", 0}, // dearer by the year: no saving is claimed
		{1000, 0, "€120.00", 100},
		{1000, 11999, "€0.01", 0},
	} {
		s, err := money.YearlySaving(money.Amount{Minor: c.month, Currency: "EUR"}, money.Amount{Minor: c.year, Currency: "EUR"})
		if err != nil || s.Amount.String() != c.saved || s.Percent != c.percent {
			t.Errorf("%d a month, %d a year: %v, %d %%, %v", c.month, c.year, s.Amount, s.Percent, err)
		}
	}
	if _, err := money.YearlySaving(money.Amount{Minor: 1, Currency: "EUR"}, money.Amount{Minor: 1, Currency: "USD"}); !errors.Is(err,
		money.ErrCurrency) {
		t.Errorf("two currencies: %v", err)
	}
}

// TestTheSavingIsNeverOverstated holds the percentage against exact fractions.
func TestTheSavingIsNeverOverstated(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		month := rapid.Int64Range(1, math.MaxInt64/12).Draw(t, "month")
		year := rapid.Int64Range(0, math.MaxInt64).Draw(t, "year")
		s, err := money.YearlySaving(money.Amount{Minor: month, Currency: "EUR"}, money.Amount{Minor: year, Currency: "EUR"})
		if err != nil {
			t.Fatal(err)
		}
		saved := max(0, month*12-year)
		want := new(big.Int).Div(new(big.Int).Mul(big.NewInt(saved), big.NewInt(100)), big.NewInt(month*12)).Int64()
		if s.Amount.Minor != saved || int64(s.Percent) != want {
			t.Fatalf("%d a month, %d a year: %d and %d %%, not %d and %d %%", month, year, s.Amount.Minor, s.Percent, saved, want)
		}
	})
}

// FuzzAmountIsWritten holds what is written against the number: the digits are its digits, and nothing is lost.
func FuzzAmountIsWritten(f *testing.F) {
	f.Add(int64(129000), "usd")
	f.Add(int64(-1), "KWD")
	f.Add(int64(math.MinInt64), "jpy")
	f.Fuzz(func(t *testing.T, minor int64, currency string) {
		a, err := money.Of(minor, currency)
		if err != nil {
			return
		}
		text := a.String()
		digits := strings.TrimLeft(strings.Map(func(r rune) rune {
			if '0' <= r && r <= '9' {
				return r
			}
			return -1
		}, text), "0")
		if want := new(big.Int).Abs(big.NewInt(minor)).String(); digits != strings.TrimLeft(want, "0") {
			t.Errorf("%d %s is written %q", minor, a.Currency, text)
		}
		if strings.HasPrefix(text, "-") != (minor < 0) {
			t.Errorf("%d %s is written %q", minor, a.Currency, text)
		}
	})
}
