package layout_test

import (
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// columns is how wide a line of Go may be; a tab counts four.
const columns = 140

// TestNoLineIsTooWide looks at every line of Go. Rows of a test's table may be wider, and so may what is inside
// backquotes, which cannot be broken.
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
		for n, line := range strings.Split(breakable(source), "\n") {
			row := strings.HasSuffix(path, "_test.go") && strings.HasSuffix(line, ",")
			if w := width(line); w > columns && !row {
				t.Errorf("%s:%d has %d columns of at most %d", strings.TrimPrefix(path, "../../../"), n+1, w, columns)
			}
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

func width(line string) int { return utf8.RuneCountInString(line) + 3*strings.Count(line, "\t") }

// breakable is the source without what is inside backquotes, on as many lines.
func breakable(source []byte) string {
	var s scanner.Scanner
	file := token.NewFileSet().AddFile("", -1, len(source))
	s.Init(file, source, nil, 0)
	var b strings.Builder
	from := 0
	for {
		at, what, _ := s.Scan()
		if what == token.EOF {
			b.Write(source[from:])
			return b.String()
		}
		if begin := file.Offset(at); what == token.STRING && source[begin] == '`' {
			end := begin + 2 + strings.IndexByte(string(source[begin+1:]), '`')
			b.Write(source[from:begin])
			b.WriteString(strings.Repeat("\n", strings.Count(string(source[begin:end]), "\n")))
			from = end
		}
	}
}

func TestWhatIsInBackquotesMayBeWide(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", columns)
	for source, want := range map[string]int{
		"package p\n\nconst a = `" + long + "\n" + long + "`\n":    10,
		"package p\n\nconst a = \"" + long + "\"\n":                12 + columns,
		"package p\n\nvar a = f(`" + long + "`, \"" + long + "\")": 15 + columns,
	} {
		got := 0
		for line := range strings.SplitSeq(breakable([]byte(source)), "\n") {
			got = max(got, width(line))
		}
		if got != want {
			t.Errorf("%q is %d columns wide, want %d", source[:40], got, want)
		}
	}
}
