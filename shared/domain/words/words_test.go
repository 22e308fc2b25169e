package words

import (
	"fmt"
	"html"
	"testing"
)

func TestASentenceHasItsValues(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		form   string
		values []any
		want   string
	}{
		{"Sent to {email}.", []any{"email", "a@b.example"}, "Sent to a@b.example."},
		{"{n} of {all}", []any{"n", 3, "all", 10}, "3 of 10"},
		{"Nothing to fill", nil, "Nothing to fill"},
		{"{name}", []any{"name", "{other}"}, "{other}"}, // what a value holds is never filled again
	} {
		got, err := place("key", c.form, func(v any) string { return fmt.Sprint(v) }, c.values)
		if err != nil || got != c.want {
			t.Errorf("%q is %q, %v; want %q", c.form, got, err, c.want)
		}
	}
	for _, form := range []string{"{missing}", "{open"} {
		if got, err := place("key", form, func(v any) string { return "" }, nil); err == nil {
			t.Errorf("%q is %q, want an error", form, got)
		}
	}
}

func TestANumberPicksTheForm(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{1: "There is a problem", 2: "There are 2 problems", 0: "There are 0 problems"} {
		if got := Say("general.problems", "n", n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}

func TestWhatIsNotThereIsAnError(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"general.nothing", "nowhere.at_all", "", "general"} {
		if got, err := English.Find(key); err == nil {
			t.Errorf("%q is %q, want an error", key, got)
		}
		if got := Say(key); got != key {
			t.Errorf("%q shows %q, want the key", key, got)
		}
	}
	if _, err := English.Find("general.skip", "name"); err == nil {
		t.Error("a name without a value is taken")
	}
}

func TestValuesAreWrittenAsAsked(t *testing.T) {
	t.Parallel()
	got, err := Fill("general.problems", func(v any) string { return html.EscapeString(fmt.Sprint(v)) }, "n", "<2>")
	if err != nil || got != "There are &lt;2&gt; problems" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestWhatWasKeptInEnglishIsSaidInTheLanguage(t *testing.T) {
	t.Parallel()
	Speak(Provisioning)
	for kept, want := range map[string]string{
		Say("provisioning.not_ready"):                       German.Say("provisioning.not_ready"),
		Say("provisioning.no_resource", "resource", "Disk"): German.Say("provisioning.no_resource", "resource", "Disk"),
		Say("provisioning.no_resources"):                    German.Say("provisioning.no_resources"), "The region is full.": "The region is full.", "": "",
	} {
		if got := German.Again("provisioning", kept); got != want {
			t.Errorf("%q is said %q, want %q", kept, got, want)
		}
	}
	if kept := Say("provisioning.not_ready"); English.Again("provisioning", kept) != kept || German.Say("provisioning.not_ready") == kept {
		t.Error("German is English, or English is not")
	}
}
