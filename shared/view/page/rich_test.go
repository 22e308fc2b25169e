package page

import (
	"html/template"
	"testing"

	"latchkey.dev/shared/domain/words"
)

func TestRichEscapesWhatPeopleTyped(t *testing.T) {
	t.Parallel()
	got, err := RichIn(words.English, "general.problems", "n", "<i>2</i>")
	if err != nil || got != "There are &lt;i&gt;2&lt;/i&gt; problems" {
		t.Errorf("%q, %v", got, err)
	}
	got, err = RichIn(words.English, "general.problems", "n", template.HTML("<b>2</b>"))
	if err != nil || got != "There are <b>2</b> problems" {
		t.Errorf("%q, %v", got, err)
	}
	for _, bad := range []string{"javascript:alert(1)", "//evil.example", "http://evil.example", "data:text/html,x", ""} {
		if got, err := RichIn(words.English, "general.problems", "n", 2, "url", bad); err == nil {
			t.Errorf("a link to %q is %q, want an error", bad, got)
		}
	}
}

func TestSenderL2AValueKeepsItsOrderInASentenceFromRightToLeft(t *testing.T) {
	t.Parallel()
	for l, want := range map[words.Language]string{words.Hebrew: "\u2068192.0.2.x\u2069", words.German: "192.0.2.x"} {
		said, err := funcs(l)["say"].(func(string, ...any) (string, error))("account.from", "network", "192.0.2.x")
		if plain := l.Say("account.from", "network", want); err != nil || said != plain {
			t.Errorf("%s: %q, %v, want %q", l, said, err, plain)
		}
	}
}
