package money_test

import (
	"strings"
	"testing"

	"latchkey.dev/shared/domain/money"
	"latchkey.dev/shared/domain/words"
)

// The samples are what Chromium says of Unicode CLDR, without the marks in Hebrew that keep the sign of the currency in its place. The
// dollar is the United States' in English, and the yen Japan's.
func TestSenderL2AmountsAreWrittenAsTheLanguageDoes(t *testing.T) {
	t.Parallel()
	amounts := []money.Amount{{Minor: 129000, Currency: "EUR"}, {Minor: -500, Currency: "EUR"}, {Minor: -1290050, Currency: "USD"},
		{Minor: 3000, Currency: "JPY"}, {Minor: 0, Currency: "CHF"}, {Minor: 500, Currency: "GBP"}}
	for l, want := range map[words.Language]string{
		words.English:    "€1,290.00|-€5.00|-$12,900.50|¥3,000|CHF_0.00|£5.00",
		words.German:     "1.290,00_€|-5,00_€|-12.900,50_$|3.000_¥|0,00_CHF|5,00_£",
		words.French:     "1\u202f290,00_€|-5,00_€|-12\u202f900,50_$US|3\u202f000_JPY|0,00_CHF|5,00_£GB",
		words.Spanish:    "1290,00_€|-5,00_€|-12.900,50_US$|3000_JPY|0,00_CHF|5,00_GBP",
		words.Italian:    "1290,00_€|-5,00_€|-12.900,50_USD|3000_JPY|0,00_CHF|5,00_£",
		words.Dutch:      "€_1.290,00|€_-5,00|US$_-12.900,50|JP¥_3.000|CHF_0,00|£_5,00",
		words.Portuguese: "€_1.290,00|-€_5,00|-US$_12.900,50|JP¥_3.000|CHF_0,00|£_5,00",
		words.Polish:     "1290,00_€|-5,00_€|-12_900,50_USD|3000_JPY|0,00_CHF|5,00_GBP",
		words.Hebrew: "\u200f1,290.00_€|\u200f\u200e-5.00_€|\u200f\u200e-12,900.50_$|\u200f3,000_¥|\u200f0.00_CHF|" +
			"\u200f5.00_£",
	} {
		var all []string
		for _, a := range amounts {
			all = append(all, a.In(l))
		}
		if got := strings.Join(all, "|"); got != strings.ReplaceAll(want, "_", "\u00a0") {
			t.Errorf("%s writes %q, want %q", l, got, want)
		}
	}
}
