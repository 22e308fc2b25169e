package words

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/language"
)

func TestABrowserIsAnsweredInTheLanguageThatItLikesBest(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]Language{
		"de-CH,de;q=0.9,en;q=0.8": German, "en-US,en;q=0.9": English, "pt-PT,pt;q=0.9,en;q=0.1": Portuguese, "pt": Portuguese,
		"iw-IL": Hebrew, "HE": Hebrew, "ja,fr;q=0.3,pl;q=0.7": Polish, "en;q=0.2, nl;q=0.3": Dutch, "es-419": Spanish, "IT": Italian,
		"en;q=0,fr;q=0.1": French, "de;level=1,fr": French,
	} {
		if got, ok := Accepted(header); !ok || got != want {
			t.Errorf("%q is answered in %q, %v; want %q", header, got, ok, want)
		}
	}
	for _, header := range []string{"", "*", "ja", "xx;q=abc", "de;q=abc", "de;q=2", "de;q=0", ";;;", "-", strings.Repeat("de,", 67)} {
		if got, ok := Accepted(header); ok {
			t.Errorf("%q is answered in %q, want none", header, got)
		}
	}
}

// The matcher of x/text, which links a table of all languages, agrees about what browsers send.
func TestTheMatcherOfAllLanguagesAgrees(t *testing.T) {
	t.Parallel()
	var tags []language.Tag
	for _, l := range Languages() {
		tags = append(tags, language.Make(string(l)))
	}
	matcher := language.NewMatcher(tags)
	for _, first := range []string{"de", "de-AT", "fr-CA", "es-MX", "it-IT", "nl-BE", "pt-BR", "pt-PT", "pl-PL", "he-IL", "en-GB"} {
		for _, second := range []string{"en", "fr", "he", "pl-PL"} {
			for _, q := range []string{"0.1", "0.9", "1"} {
				header := second + ";q=" + q + "," + first + ";q=0.5"
				_, at := language.MatchStrings(matcher, header)
				if got, ok := Accepted(header); !ok || got != Languages()[at] {
					t.Errorf("%q is answered in %q, %v; want %q", header, got, ok, Languages()[at])
				}
			}
		}
	}
}

// The samples are those of Unicode CLDR 48, Language Plural Rules.
func TestANumberTakesTheFormThatCLDRSays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in      []Language
		numbers string
		want    string
	}{
		{[]Language{English, German, Dutch}, "1", "one"},
		{[]Language{English, German, Dutch}, "0 2 16 100 1000 1000000", "other"},
		{[]Language{French, Portuguese}, "0 1", "one"},
		{[]Language{French, Portuguese, Spanish, Italian}, "1000000 2000000", "many"},
		{[]Language{French, Portuguese, Spanish, Italian}, "2 17 100 1000 10000 100000", "other"},
		{[]Language{Spanish, Italian}, "1", "one"},
		{[]Language{Spanish, Italian}, "0", "other"},
		{[]Language{Polish}, "1", "one"},
		{[]Language{Polish}, "2 3 4 22 23 24 32 102 1002", "few"},
		{[]Language{Polish}, "0 5 11 12 13 14 19 21 25 100 111 112 1000000", "many"},
		{[]Language{Hebrew}, "1", "one"},
		{[]Language{Hebrew}, "2", "two"},
		{[]Language{Hebrew}, "0 3 10 17 20 100 1000000", "other"},
	} {
		for _, l := range c.in {
			for _, written := range strings.Fields(c.numbers) {
				n, _ := strconv.ParseInt(written, 10, 64)
				if got := l.form(n); got != c.want {
					t.Errorf("%s: %d takes the form %q, want %q", l, n, got, c.want)
				}
			}
		}
	}
}

func TestNumbersAreWrittenAsTheLanguageDoes(t *testing.T) {
	t.Parallel()
	for l, want := range map[Language]string{
		English: "1,234 -12,345,678", German: "1.234 -12.345.678", French: "1\u202f234 -12\u202f345\u202f678", Spanish: "1234 -12.345.678",
		Italian: "1234 -12.345.678", Dutch: "1.234 -12.345.678", Portuguese: "1.234 -12.345.678", Polish: "1234 -12\u00a0345\u00a0678",
		Hebrew: "1,234 \u200e-12,345,678",
	} {
		if got := l.Number(1234) + " " + l.Number(-12345678); got != want {
			t.Errorf("%s writes %q, want %q", l, got, want)
		}
		if got := l.Number(999); got != "999" {
			t.Errorf("%s writes %q, want 999", l, got)
		}
	}
}

func TestALanguageSpeaksForItself(t *testing.T) {
	t.Parallel()
	for _, l := range Languages() {
		if got, ok := ParseLanguage(strings.ToUpper(string(l))); !ok || got != l || l.Name() == string(l) {
			t.Errorf("%q is %q, %v, and called %q", l, got, ok, l.Name())
		}
		if got := l.Say("stepup.title"); got == "stepup.title" {
			t.Errorf("%s says nothing for stepup.title", l)
		}
		// What only an agency reads stands in English.
		if got := l.Say("settings.title"); got != Say("settings.title") {
			t.Errorf("%s says %q for a title of the agency's", l, got)
		}
	}
	if _, ok := ParseLanguage("xx"); ok || Hebrew.Direction() != "rtl" || German.Direction() != "ltr" {
		t.Error("a language that we don't have is taken, or one is written in another direction")
	}
}

func TestADeadlineIsNamedWithItsZone(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 12, 8, 17, 0, 0, 0, time.UTC)
	for want, zone := range map[string]*time.Location{"Tuesday 8 December 2026, 18:00 CET": time.FixedZone("CET", 3600),
		"Tuesday 8 December 2026, 17:00 UTC": time.UTC, "Tuesday 8 December 2026, 14:00 UTC-03": time.FixedZone("-03", -3*3600)} {
		if got := English.Deadline(at.In(zone)); got != want {
			t.Errorf("in %s it is %q, want %q", zone, got, want)
		}
	}
}
