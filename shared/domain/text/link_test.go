package text_test

import (
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/text"
)

func TestFD7WhatLooksLikeALinkIsRefusedAndQuoted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ typed, found, instead string }{
		{"evil.de", "evil.de", "evil. de"}, {"Acme login.shop", "login.shop", "login. shop"}, {"evil.ru?id=1", "evil.ru?id=1", ""},
		{"see bit.ly?x now", "bit.ly?x", ""}, {"evil。com", "evil.com", "evil. com"}, {"evil｡com", "evil.com", "evil. com"},
		{"203.0.113.9/login", "203.0.113.9/login", ""}, {"at 203.0.113.9", "203.0.113.9", ""}, {"２０３.０.113.9", "203.0.113.9", ""},
		{"ｅｖｉｌ．ｃｏｍ", "evil.com", "evil. com"}, {"Evil.COM.", "Evil.COM", "Evil. COM"}, {"evil.com#x", "evil.com#x", ""}, {"evil.com:8080", "evil.com:8080", ""},
		{"a.b.evil.co.uk/x", "a.b.evil.co.uk/x", ""}, {"(evil.com)", "evil.com", "evil. com"}, {"bücher.рф", "bücher.рф", "bücher. рф"}, {"x.xn--p1ai", "x.xn--p1ai", "x. xn--p1ai"},
		{"Hello then.Best wishes", "then.Best", "then. Best"}, {"ASP.NET", "ASP.NET", "ASP. NET"}, {"n8n.io", "n8n.io", "n8n. io"}, {"ev\u200bil.com", "evil.com", "evil. com"}, {"evil\u00ad.com", "evil.com", "evil. com"},
		{"evil.co\u0301m.de", "evil.cóm.de", "evil.cóm. de"}, {"www.evil", "www.evil", ""}, {"[2001:db8::1]/login", "[2001:db8::1]", ""},
		{"evil.com\\x", "evil.com\\x", ""}, {"évil.e\u0301u.org", "évil.éu.org", "évil.éu. org"},
		{"data:text/html,x", "data:text/html,x", ""}, {"javascript:alert(1)", "javascript:alert(1)", ""}, {"mailto:x", "mailto:x", "mailto: x"}, {"Data:Insights", "Data:Insights", "Data: Insights"},
		{"HTTPS : //evil", "HTTPS : //evil", ""}, {"x://y", "x://y", ""}, {"ｈｔｔｐｓ：//evil", "https://evil", ""}, {"a@evil.net", "a@evil.net", ""},
	} {
		found, instead := text.Link(text.Seen(c.typed))
		if found != c.found || instead != c.instead {
			t.Errorf("%q: %q, %q; want %q, %q", c.typed, found, instead, c.found, c.instead)
		}
		for _, read := range []func(string, string, int) (string, error){text.Line, text.Paragraph} {
			got, err := read("note", c.typed, 200)
			f := fault.As(err)
			if got != "" || f == nil || !strings.Contains(f.Message, "“"+c.found+"”") ||
				c.instead != "" && !strings.Contains(f.Message, "“"+c.instead+"”") {
				t.Errorf("%q is read as %q, %v", c.typed, got, err)
			}
			if c.instead == "" {
				continue
			}
			if _, err := read("note", strings.TrimSuffix(c.instead, "."), 200); err != nil {
				t.Errorf("what is proposed for %q is refused: %v", c.typed, err)
			}
		}
	}
	_, err := text.Line("name", "evil.com/"+strings.Repeat("x", 150), 200)
	if f := fault.As(err); f == nil || len([]rune(f.Message)) > 120 || !strings.Contains(f.Message, "evil.com/xxx") {
		t.Errorf("a long one is quoted as %v", err)
	}
}

func TestFT1FD7WhatIsNoLinkIsTaken(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"Here is your data: leads and orders.", "Big Data: Insights GmbH", "JavaScript:", "JavaScript: The Good Parts", "data:", "Mailto: the office", "e.g. this", "i.e. that", "3.5", "v2.0",
		"1.2.3", "Version 1.2.3.400", "Node.js", "Node.js/React", "Meier GmbH.", "Dr.Meier", "Dr. Meier", "Acme e.V. / Zoo", "z.B. so", "a.m. or p.m.", "U.S. Steel", "St.Gallen", "No.1", "S.A.",
		"Hello... and so on", "…", "10:30", "3:2", "A/S", "24/7", "Ends with a word.", "Two sentences. Best wishes", "50.000 €", "1.000.000", "J.R.R. Tolkien", "Yahoo!", "R&D @ Acme", "#1", "C++/C#",
		"こんにちは。株式会社です", "Note: see below", "Betreff: Daten", "and/or", "a.b", "x_y", "10.0.0", "Ph.D.",
	} {
		if got, err := text.Line("name", s, 200); err != nil || got != s {
			t.Errorf("%q is read as %q, %v", s, got, err)
		}
	}
}

// The list is known to be one of domains, and to hold those that matter.
func TestFD7TheListOfTopLevelDomainsIsOne(t *testing.T) {
	t.Parallel()
	n := 0
	for _, tld := range strings.Fields("com de shop ru ly io app dev org net eu uk fr at ch link click top xyz zip mov best online site " +
		"рф 中国 онлайн भारत") {
		if _, icann := publicsuffix.PublicSuffix("label." + ascii(t, tld)); !icann {
			t.Errorf("%s is no public suffix", tld)
		}
		if found, _ := text.Link("label." + tld); found == "" {
			t.Errorf("%s is missing", tld)
		}
		n++
	}
	if n < 25 {
		t.Error("nothing was looked at")
	}
}

func TestFT2WhatCannotBeSeenIsLeftOutAndWhatIsNeededStays(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ typed, want string }{
		"a Hebrew name with its mark": {"\u200fאקמי\u200e", "אקמי"}, "an Arabic one": {"\u061cشركة\u200f", "شركة"}, "a space without width": {"Ac\u200bme", "Acme"},
		"a soft hyphen": {"Ac\u00adme", "Acme"}, "a byte order mark": {"\ufeffAcme", "Acme"}, "a word joiner": {"Ac\u2060me", "Acme"}, "operators that are not seen": {"f\u2061(x)\u2062", "f(x)"},
		"a joiner in Latin": {"Pay\u200dPal\u200c", "PayPal"}, "Persian": {"می\u200cخواهم", "می\u200cخواهم"}, "Devanagari": {"क्\u200dष", "क्\u200dष"}, "a family": {"👩\u200d👩\u200d👧", "👩\u200d👩\u200d👧"},
		"a skin tone and a selector": {"👩🏽\u200d💻 ❤\ufe0f\u200d🔥", "👩🏽\u200d💻 ❤\ufe0f\u200d🔥"}, "a flag of tags": {"🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"},
		"tags that hide words": {"Acme\U000e0067\U000e0062", "Acme"}, "selectors that hide words": {"Acme\U000e0101\U000e0102", "Acme"}, "the form of an ideograph": {"葛\U000e0100城", "葛\U000e0100城"},
		"a grapheme joiner": {"a\u034fb", "ab"}, "an Arabic number sign": {"\u0600٣", "\u0600٣"}, "nothing else": {"\u200b\u200e\u2060\ufeff", ""}, "composed over it": {"e\u200b\u0301", "é"},
	} {
		if got, err := text.Line("name", c.typed, 100); err != nil || got != c.want {
			t.Errorf("%s: %q is read as %q, %v; want %q", name, c.typed, got, err, c.want)
		}
	}
}

func TestFT2WhatTurnsTheDirectionAroundIsRefusedByName(t *testing.T) {
	t.Parallel()
	for _, r := range []rune{'\u202a', '\u202b', '\u202c', '\u202d', '\u202e', '\u2066', '\u2067', '\u2068', '\u2069'} {
		_, err := text.Line("name", "Acme "+string(r)+"gnp.exe", 100)
		f := fault.As(err)
		if f == nil || !strings.Contains(f.Message, strings.ToUpper(strings.TrimPrefix(escape(r), "\\u"))) ||
			!strings.Contains(f.Message, "invisible character") {
			t.Errorf("%U: %v", r, err)
		}
	}
	if _, err := text.Line("name", "Acme \u202egnp.exe", 100); err == nil || !strings.Contains(err.Error(), "right-to-left override") {
		t.Error(err)
	}
}

func TestFT2FT3SearchAndOneFormTextLeaveOutWhatCannotBeSeen(t *testing.T) {
	t.Parallel()
	if got := text.Fold("\u200f אק\u200bמי\u200e"); got != "אקמי" {
		t.Errorf("%q", got)
	}
	for _, c := range []string{"\u200b", "\ufeff", "\u2060", "\u200e", "\u202a", "\u00a0", "\u00ad\t"} {
		if got := text.Trim(c + "x\u200by" + c); got != "x\u200by" {
			t.Errorf("%q: %q", c, got)
		}
	}
}

func escape(r rune) string { return strings.Trim(strconv.QuoteRuneToASCII(r), "'") }

func ascii(t *testing.T, name string) string {
	t.Helper()
	a, err := idna.ToASCII(name)
	if err != nil {
		t.Fatal(err)
	}
	return a
}
