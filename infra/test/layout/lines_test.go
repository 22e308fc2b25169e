package layout_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// columns is how wide a line of Go may be; a tab counts four.
const columns = 140

// TestNoLineIsTooWide looks at every line of Go. Only rows of a test's table may be wider.
func TestNoLineIsTooWide(t *testing.T) {
	t.Parallel()
	files := 0
	err := filepath.WalkDir("../../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := d.Name(); d.IsDir() && path != "../../.." && (strings.HasPrefix(name, ".") && name != ".." || name == "node_modules") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") {
			return nil
		}
		files++
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		wide, err := tooWide(path, string(source))
		if err != nil {
			return err
		}
		for _, n := range wide {
			t.Errorf("%s:%d has more than %d columns; break it", strings.TrimPrefix(path, "../../../"), n, columns)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 100 {
		t.Fatalf("only %d files of Go were found", files)
	}
}

// tooWide is the numbers of the lines of a file that have to be broken.
func tooWide(path, source string) ([]int, error) {
	var wide []int
	for n, line := range strings.Split(source, "\n") {
		if width(line) > columns {
			wide = append(wide, n+1)
		}
	}
	if wide == nil || !strings.HasSuffix(path, "_test.go") {
		return wide, nil
	}
	rows, err := rowsOf(path, source)
	return slices.DeleteFunc(wide, func(n int) bool { return rows[n] }), err
}

// rowsOf is the lines of a file on which an element of a composite literal ends with its comma.
func rowsOf(path, source string) (map[int]bool, error) {
	positions := token.NewFileSet()
	file, err := parser.ParseFile(positions, path, source, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	lines := strings.Split(source, "\n")
	rows := map[int]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		if literal, ok := n.(*ast.CompositeLit); ok {
			for _, e := range literal.Elts {
				if end := positions.Position(e.End()); lines[end.Line-1][end.Column-1:] == "," {
					rows[end.Line] = true
				}
			}
		}
		return true
	})
	return rows, nil
}

func width(line string) int { return utf8.RuneCountInString(line) + 3*strings.Count(line, "\t") }

func TestOnlyRowsOfATestsTableMayBeWide(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", columns)
	for name, c := range map[string]struct {
		path, source string
		want         []int
	}{
		"a row of a test's table":        {"a_test.go", "package p\n\nvar a = []string{\n\t\"" + long + "\",\n}\n", nil},
		"a row elsewhere":                {"a.go", "package p\n\nvar a = []string{\n\t\"" + long + "\",\n}\n", []int{4}},
		"an argument in a test":          {"a_test.go", "package p\n\nvar a = f(\n\t\"" + long + "\",\n)\n", []int{4}},
		"a line within a test's row":     {"a_test.go", "package p\n\nvar a = []string{\n\t`" + long + ",\n`,\n}\n", []int{4}},
		"backquotes":                     {"a.go", "package p\n\nconst a = `" + long + "\n" + long + "x`\n", []int{3, 4}},
		"a tag":                          {"a.go", "package p\n\ntype a struct {\n\tB int `" + long + "`\n}\n", []int{4}},
		"as wide as may be":              {"a.go", "package p\n\n//" + long[2:] + "\n", nil},
		"a tab, which counts four":       {"a.go", "package p\n\n\t//" + long[5:] + "\n", []int{3}},
		"letters of more than one octet": {"a.go", "package p\n\n//" + strings.Repeat("é", columns-2) + "\n", nil},
	} {
		got, err := tooWide(c.path, c.source)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v and %v, want %v", name, got, err, c.want)
		}
	}
}
