package layout_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	remark  = regexp.MustCompile(`(?m)(^|\s)//.*$|(?s)/\*.*?\*/`)
	inQuote = regexp.MustCompile("\"[^\"\n]*\"|'[^'\n]*'|`[^`]*`")
	hole    = regexp.MustCompile(`\$\{[^}]*\}`)
	phrase  = regexp.MustCompile(`[A-Za-z]{2,}[,;:.!?]? [A-Za-z]|^[A-Za-z]{2,} | [A-Za-z]{1,} ?$`)
	shown   = regexp.MustCompile(`(textContent|title|placeholder|ariaLabel|"aria-label")\b\s*[=,]|\b(tell|alert)\(|return "`)
	capital = regexp.MustCompile(`^[A-Z][a-z]+[.!?]?$`)
)

// TestScriptsHoldNoSentences: what a script says stands in the page that it runs on, which has it from the catalogue.
func TestScriptsHoldNoSentences(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../../shared/view/page/source/*.ts")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d scripts: %v", len(files), err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range scripted(string(b)) {
			t.Errorf("%s says %s by itself; hand it a data-say- attribute", f, s)
		}
	}
}

// scripted are the strings of a script that read as words for people: several words, or one with a capital where it is shown.
func scripted(source string) []string {
	var out []string
	for line := range strings.Lines(remark.ReplaceAllString(source, "")) {
		if strings.Contains(line, "querySelector") || strings.Contains(line, ".closest") || strings.Contains(line, "className") {
			continue // selectors and classes
		}
		for _, q := range inQuote.FindAllString(line, -1) {
			s := hole.ReplaceAllString(q[1:len(q)-1], "7")
			if phrase.MatchString(s) || capital.MatchString(s) && shown.MatchString(line) {
				out = append(out, q)
			}
		}
	}
	return out
}

// TestWhatAScriptSays tries what finds sentences on a script that says some.
func TestWhatAScriptSays(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]int{
		`tell(told, "That did not work.");`:                     1,
		"words.textContent = is ? \"On\" : \"Off\";":            2,
		"button.textContent = `${words} in ${left} s`;":         1,
		`return "just now";`:                                    1,
		`list.setAttribute("aria-label", "Who pays");`:          1,
		`if (e.key === "Escape") return; // Shut the dialog`:    0,
		`all.querySelector("form button.link");`:                0,
		`headers: { "Content-Type": "application/json" },`:      0,
		"fetch(`/v1/clients/${id}/grants`, { method: \"PUT\" }": 0,
	} {
		if got := scripted(source); len(got) != want {
			t.Errorf("%s: %q, want %d", source, got, want)
		}
	}
}
