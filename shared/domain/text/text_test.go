package text_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/text"
)

func TestLineTidiesWhatIsAName(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, typed, want string }{
		{"as it is", "Acme Ltd", "Acme Ltd"},
		{"nothing", "  ", ""},
		{"only a space that does not break", "\u00a0", ""},
		{"only joiners", "\u200d \u200c", ""},
		{"only what draws nothing", "\u3164\ufe0f\u2800", ""},
		{"a sign alone", "&", "&"},
		{"space", "  Acme \t  Ltd ", "Acme Ltd"},
		{"composed", "Cafe\u0301", "Café"},
		{"dots and slashes that are no links", "Acme e.V. / Zoo", "Acme e.V. / Zoo"},
		{"signs of commerce", "Smith & Sons (Holdings), No. 1 – “A/S”", "Smith & Sons (Holdings), No. 1 – “A/S”"},
		{"a family of emoji keeps its joiners", "👩\u200d👩\u200d👧", "👩\u200d👩\u200d👧"},
		{"Persian keeps its non-joiners", "می\u200cخواهم", "می\u200cخواهم"},
		{"Arabic", "شركة", "شركة"},
		{"the longest", strings.Repeat("ü", 20), strings.Repeat("ü", 20)},
		{"counted when composed", strings.Repeat("u\u0308", 20), strings.Repeat("ü", 20)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got, err := text.Line("name", c.typed, max(20, utf8.RuneCountInString(c.want))); err != nil || got != c.want {
				t.Errorf("Line(%q) = %q, %v; want %q", c.typed, got, err, c.want)
			}
		})
	}
}

func TestWhatMayNotBeShownIsRefusedWithWhatToDo(t *testing.T) {
	t.Parallel()
	const control, markup = "Leave out control characters.", "Leave out < and >."
	for _, c := range []struct{ typed, want string }{
		{"<b>Acme</b>", markup},
		{"1 > 0", markup},
		{"Acme\x00", control},
		{"Acme\x1b[31m", control},
		{"Acme\xff", "Use plain text (UTF-8)."},
		{strings.Repeat("a", 31), "Use up to 30 characters."},
	} {
		for _, read := range []func(string, string, int) (string, error){text.Line, text.Paragraph} {
			got, err := read("note", c.typed, 30)
			e := fault.As(err)
			if got != "" || e == nil || e.Code != fault.Invalid || e.Message != c.want || len(e.Fields) != 1 ||
				e.Fields[0].Location != "note" {
				t.Errorf("%q gives %q, %v; want %q", c.typed, got, err, c.want)
			}
		}
	}
}

// TestWhatIsTooLongIsNotLookedAtAnyCloser holds that looking for links, which takes longest, comes after the length.
func TestWhatIsTooLongIsNotLookedAtAnyCloser(t *testing.T) {
	t.Parallel()
	want := fault.As(second(text.Line("name", strings.Repeat("n", 201), text.MaxName))).Message
	for _, typed := range []string{strings.Repeat("acme.com ", 100_000), strings.Repeat("<b>", 100),
		"https://x.example/" + strings.Repeat("a", 300)} {
		if f := fault.As(second(text.Line("name", typed, text.MaxName))); f == nil || f.Message != want {
			t.Errorf("%.20q: %v", typed, f)
		}
	}
}

func second(_ string, err error) error { return err }

func TestALineHasNoLineBreaks(t *testing.T) {
	t.Parallel()
	for _, br := range []string{"\n", "\r", "\r\n", "\u2028", "\u2029"} {
		if got, err := text.Line("name", "Acme"+br+"Bcc: all", 100); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q is taken: %q", br, got)
		}
	}
}

func TestAParagraphKeepsItsLines(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"Hello\r\n  dear   Ann\rbye\n": "Hello\ndear Ann\nbye",
		"\n\nHello":                    "Hello",
		"Hello\n\nAnn":                 "Hello\n\nAnn",
	} {
		if got, err := text.Paragraph("message", typed, 20); err != nil || got != want {
			t.Errorf("Paragraph(%q) = %q, %v; want %q", typed, got, err, want)
		}
	}
	if _, err := text.Paragraph("message", "aaaaa\nbbbbb", 10); !fault.Is(err, fault.Invalid) {
		t.Error("the limit is not of all lines together")
	}
	if _, err := text.Paragraph("message", "aaaaa\nbbbb", 10); err != nil {
		t.Error(err)
	}
}

func TestMixedScriptsFindsWordsThatPassForOthers(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		"Paypal": false, "P\u0430ypal": true, "\u0391cme": true, "\u0391\u0430": true, "Acme Москва": false,
		"Москва": false, "Café 24": false, "東京Tower": false, "": false, "Acme P\u0430ypal": true,
	} {
		if got := text.MixedScripts(s); got != want {
			t.Errorf("MixedScripts(%q) = %v", s, got)
		}
	}
}

func FuzzText(f *testing.F) {
	for _, s := range []string{"Acme Ltd", "a\r\nb", "e\u0301", "http\n://x", "www\n.evil", "<", "a\u00a0b", "\u2028", "👩\u200d👧", "ｗｗｗ.x",
		"evil.\u00e9.com", "\u212a.com"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		for name, read := range map[string]func(string, string, int) (string, error){"Line": text.Line, "Paragraph": text.Paragraph} {
			got, err := read("f", typed, 60)
			if err != nil {
				if got != "" || !fault.Is(err, fault.Invalid) {
					t.Errorf("%s(%q) = %q, %v", name, typed, got, err)
				}
				continue
			}
			if again, err := read("f", got, 60); err != nil || again != got {
				t.Errorf("%s(%q) = %q, and of that %q, %v", name, typed, got, again, err)
			}
			if !utf8.ValidString(got) || !norm.NFC.IsNormalString(got) || utf8.RuneCountInString(got) > 60 ||
				strings.ContainsAny(got, "<>\r\u2028\u2029") {
				t.Errorf("%s(%q) = %q", name, typed, got)
			}
			for _, r := range got {
				if unicode.IsControl(r) && (name == "Line" || r != '\n') || unicode.Is(unicode.Bidi_Control, r) {
					t.Errorf("%s(%q) = %q", name, typed, got)
				}
			}
			if found, _ := text.Link(got); found != "" && name == "Line" {
				t.Errorf("%s(%q) = %q, with the link %q", name, typed, got, found)
			}
		}
	})
}

func TestWordsAreFoundInAnyCaseAndForm(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{"  ACME Ltd ": "acme ltd", "A\u0308rzte": "ärzte", "ÄRZTE": "ärzte", "": "",
		"Ünïcode 🚀": "ünïcode 🚀"} {
		if got := text.Fold(s); got != want {
			t.Errorf("Fold(%q) = %q, want %q", s, got, want)
		}
	}
}
