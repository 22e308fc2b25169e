package layout_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// catalogue is where the product's sentences are, a file for each area.
const catalogue = "../../../shared/domain/words/en/"

// unwritten are the files whose sentences are not in the catalogue yet.
var unwritten []string

// sentence is a message of the catalogue, as it stands in its file.
type sentence struct{ forms []string }

func (s *sentence) UnmarshalJSON(b []byte) error {
	if b[0] == '"' {
		s.forms = make([]string, 1)
		return json.Unmarshal(b, &s.forms[0])
	}
	var forms map[string]string
	if err := json.Unmarshal(b, &forms); err != nil {
		return err
	}
	for _, form := range forms {
		s.forms = append(s.forms, form)
	}
	return nil
}

// sentences reads the whole catalogue.
func sentences(t *testing.T) map[string]sentence {
	t.Helper()
	all := map[string]sentence{}
	files, err := filepath.Glob(catalogue + "*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no catalogue: %v", err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var m map[string]sentence
		if err := json.Unmarshal(b, &m); err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		for name, s := range m {
			all[strings.TrimSuffix(filepath.Base(f), ".json")+"."+name] = s
		}
	}
	return all
}

// used is a place where a key stands, with the names of the values that are given to it.
type used struct {
	at, key string
	values  []string
	open    bool // values are handed through, and are not known here
}

var (
	inTemplate = regexp.MustCompile(`\b(?:say|rich)\s+"([^"]*)"((?:[^{}"]|"[^"]*")*)`)
	quoted     = regexp.MustCompile(`"([a-z][A-Za-z0-9_]*)"\s`)
)

// uses finds every key that templates and Go's sources name.
func uses(t *testing.T) []used {
	t.Helper()
	var all []used
	for _, pattern := range []string{"../../../shared/view/*/*.html", "../../../shared/view/*/*/*.html", "../../../shared/view/*/*.txt"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range inTemplate.FindAllStringSubmatch(string(b), -1) {
				u := used{at: f, key: m[1]}
				for _, v := range quoted.FindAllStringSubmatch(m[2]+" ", -1) {
					u.values = append(u.values, v[1])
				}
				all = append(all, u)
			}
		}
	}
	for _, f := range sources(t) {
		set := token.NewFileSet()
		tree, err := parser.ParseFile(set, f, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				if first := keyOf(n.Fun); first >= 0 && first < len(n.Args) {
					all = append(all, called(t, set, n, first)...)
				}
			case *ast.BasicLit: // a key that stands by itself, such as a constant's
				if key := literal(n); keyForm.MatchString(key) {
					all = append(all, used{at: set.Position(n.Pos()).String(), key: key, open: true})
				}
			}
			return true
		})
	}
	return all
}

// keyForm is the form of a key of an error, or of an entry of the rights' catalogue, which constants and tables hold too.
var keyForm = regexp.MustCompile(`^(errors|rights)\.[a-z0-9_]+$`)

// keyOf is which argument of the function is a key; -1 for functions that take none.
func keyOf(f ast.Expr) int {
	s, ok := f.(*ast.SelectorExpr)
	if !ok {
		if i, ok := f.(*ast.Ident); ok && i.Name == "Rich" {
			return 0
		}
		return -1
	}
	pkg, ok := s.X.(*ast.Ident)
	switch {
	case s.Sel.Name == "Say": // of package words, or of a language
		return 0
	case !ok:
	case pkg.Name == "words" && slices.Contains([]string{"Find", "PhraseOf"}, s.Sel.Name), pkg.Name == "page" && s.Sel.Name == "Rich":
		return 0
	case pkg.Name == "fault" && slices.Contains([]string{"New", "InField"}, s.Sel.Name):
		return 1
	}
	return -1
}

func called(t *testing.T, set *token.FileSet, call *ast.CallExpr, first int) []used {
	t.Helper()
	at := set.Position(call.Pos()).String()
	key := literal(call.Args[first])
	if key == "" {
		if first == 0 {
			t.Errorf("%s: the key is no constant, so that nothing can hold it against the catalogue", at)
		}
		return nil // an error's, which a constant or a parameter holds: see keyForm
	}
	u := used{at: at, key: key, open: call.Ellipsis.IsValid()}
	for i := first + 1; i < len(call.Args); i += 2 {
		u.values = append(u.values, literal(call.Args[i]))
	}
	return []used{u}
}

func literal(e ast.Expr) string {
	l, ok := e.(*ast.BasicLit)
	if !ok || l.Kind != token.STRING {
		return ""
	}
	s, err := strconv.Unquote(l.Value)
	if err != nil {
		return ""
	}
	return s
}

// sources lists the Go files of shared/, without tests and without the catalogue's own package.
func sources(t *testing.T) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir("../../../shared", func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") &&
			!strings.Contains(path, "domain/words") && !strings.HasSuffix(path, "domain/fault/fault.go") &&
			!strings.HasSuffix(path, "view/page/rich.go") {
			all = append(all, path)
		}
		return err
	})
	if err != nil || len(all) < 100 {
		t.Fatalf("%d sources: %v", len(all), err)
	}
	return all
}

var placeholder = regexp.MustCompile(`\{([^{}]*)\}`)

// TestEveryKeyIsInTheCatalogueAndUsed holds the sources against the catalogue, both ways, with the values.
func TestEveryKeyIsInTheCatalogueAndUsed(t *testing.T) {
	t.Parallel()
	// What package fault says by itself is used from the start.
	all, seen := sentences(t), map[string]bool{"errors.some_fields_need_another_look": true}
	for _, u := range uses(t) {
		s, ok := all[u.key]
		if !ok {
			t.Errorf("%s: %q is not in the catalogue", u.at, u.key)
			continue
		}
		seen[u.key] = true
		if u.open {
			continue
		}
		var wanted []string
		for _, form := range s.forms {
			for _, p := range placeholder.FindAllStringSubmatch(form, -1) {
				wanted = append(wanted, p[1])
				if !slices.Contains(u.values, p[1]) {
					t.Errorf("%s: %q wants a value for %q", u.at, u.key, p[1])
				}
			}
		}
		for _, v := range u.values {
			if v != "n" && !slices.Contains(wanted, v) {
				t.Errorf("%s: %q has no place for %q", u.at, u.key, v)
			}
		}
		if len(s.forms) > 1 && !slices.Contains(u.values, "n") {
			t.Errorf("%s: %q counts, and wants a value for %q", u.at, u.key, "n")
		}
	}
	for key := range all {
		if !seen[key] {
			t.Errorf("%q is in the catalogue, and nobody says it", key)
		}
	}
}

var (
	action    = regexp.MustCompile(`(?s)\{\{.*?\}\}`)
	drawing   = regexp.MustCompile(`(?s)<(svg|style|script)\b.*?</(svg|style|script)>|<!--.*?-->|<code translate="no">.*?</code>`)
	attribute = regexp.MustCompile(`\s(?:title|aria-label|placeholder|alt|label|data-busy|data-copied|data-say-[a-z-]+)="([^"]*)"`)
	tag       = regexp.MustCompile(`(?s)<[^>]*>`)
	letters   = regexp.MustCompile(`[A-Za-z]{2,}`)
	entity    = regexp.MustCompile(`&[a-z]+;|&#\d+;`)
)

// TestTemplatesHoldNoSentences: what people read comes from the catalogue, also in attributes.
func TestTemplatesHoldNoSentences(t *testing.T) {
	t.Parallel()
	found := map[string]bool{}
	for _, pattern := range []string{"page/template/*.html", "letter/*.html", "letter/*.txt"} {
		files, err := filepath.Glob("../../../shared/view/" + pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", pattern, len(files), err)
		}
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			said := saysItself(string(b))
			if slices.Contains(unwritten, filepath.Base(f)) {
				found[filepath.Base(f)] = true
				continue
			}
			for _, s := range said {
				t.Errorf("%s says %q by itself; give it a key in the catalogue", f, s)
			}
		}
	}
	for _, f := range unwritten {
		if !found[f] {
			t.Errorf("%s is not there any more", f)
		}
	}
}

// saysItself is what a template says without the catalogue.
func saysItself(source string) []string {
	source = drawing.ReplaceAllString(action.ReplaceAllString(source, ""), "")
	var said []string
	for _, m := range attribute.FindAllStringSubmatch(source, -1) {
		if letters.MatchString(m[1]) {
			said = append(said, m[1])
		}
	}
	for line := range strings.SplitSeq(entity.ReplaceAllString(tag.ReplaceAllString(source, "\n"), ""), "\n") {
		if letters.MatchString(line) {
			said = append(said, strings.TrimSpace(line))
		}
	}
	return said
}
