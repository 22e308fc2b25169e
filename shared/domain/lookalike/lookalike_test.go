package lookalike_test

import (
	"testing"

	"latchkey.dev/shared/domain/lookalike"
)

func TestFD6NamesThatLookLikeAWellKnownOne(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"PayPal": "PayPal", "PAYPAL": "PayPal", "paypal support": "PayPal", "PayPalSupport": "PayPal", "Pay Pal": "PayPal",
		"P a y P a l": "PayPal", "P.A.Y.P.A.L": "PayPal", "Pay-Pal Security": "PayPal", "The Pay Pal-Support": "PayPal",
		"PayPa1": "PayPal", "PaypaI": "PayPal", "Рaypal": "PayPal", "Раураl": "PayPal", "ＰａｙＰａｌ": "PayPal", "Páypàl": "PayPal",
		"PayPaⅼ": "PayPal", "𝐏𝐚𝐲𝐏𝐚𝐥": "PayPal", "p4yp4l": "PayPal", "pay\u200dpal": "PayPal",
		"Micros0ft": "Microsoft", "Rnicrosoft": "Microsoft", "Microsoft 365 Team": "Microsoft", "Μicrosoft": "Microsoft",
		"G00gle": "Google", "Amaz0n": "Amazon", "Deutsche  Bank": "Deutsche Bank", "DeutscheBank": "Deutsche Bank",
		"Deut5che Bank AG": "Deutsche Bank", "Wеlls Fargo": "Wells Fargo", "VVells Fargo": "Wells Fargo",
		"Sparkasse Musterstadt": "Sparkasse", "AWS Billing": "AWS", "aws": "AWS", "ИRS": "", "IRS": "IRS", "1RS refund": "IRS",
		"D.H.L": "DHL", "DHL Paket": "DHL", "Finanzamt Berlin": "Finanzamt", "HM Revenue & Customs": "HM Revenue",
		"Let’s Encrypt": "Let's Encrypt", "Stripe": "Stripe", "Str1pe payments": "Stripe", "App1e": "Apple", "Apple": "Apple",
		"Société Générale": "Societe Generale", "Latchkey Support": "Latchkey", "Latchk3y": "Latchkey", "N26": "N26",
		"AT&T": "AT&T", "WhatsApp": "WhatsApp", "Facebook Ads": "Facebook",
	} {
		if got := lookalike.Of(name, "Latchkey"); got != want {
			t.Errorf("%q looks like %q, want %q", name, got, want)
		}
	}
}

func TestFD6NamesThatAreNobodyElses(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"Northwind Automations", "Fresh Flows GmbH & Co. KG", "Bolt GmbH", "شركة النور", "Acme Ltd", "Purchase Partners", "Pineapple Studio",
		"Pinstripe Media", "Cups & Co", "Startups Club", "Visage", "Laws and Flows", "Metallbau Huber", "Wisent Digital", "Otherwise Ltd",
		"Marketing Heroes", "Housing Help", "Zürich Automations", "日本オートメーション", "Добрый день", "Groups", "Solo", "Lighthouse",
		"Clever Robots", "Polaris", "Boxer Media", "Singing Bowl", "Upstream", "Zollstock Verlag", "Bright Ideas", "", "🚀", "A", "4 8 15",
	} {
		if got := lookalike.Of(name, "Latchkey"); got != "" {
			t.Errorf("%q looks like %q", name, got)
		}
	}
}

// TestFD6EveryEntryIsFoundAsItIsWritten walks the list: an entry that could not be found would be of no use.
func TestFD6EveryEntryIsFoundAsItIsWritten(t *testing.T) {
	t.Parallel()
	names := lookalike.Names()
	if len(names) < 300 {
		t.Errorf("the list has %d names", len(names))
	}
	for _, name := range names {
		if lookalike.Of(name) == "" || lookalike.Of(name+" Support") == "" {
			t.Errorf("%q is not found", name)
		}
	}
}

func FuzzOf(f *testing.F) {
	f.Add("PayPal")
	f.Add("\xff\u202e")
	f.Fuzz(func(t *testing.T, s string) {
		if found := lookalike.Of(s); found != lookalike.Of(s+" ") {
			t.Errorf("a space changes what %q looks like", s)
		}
	})
}
