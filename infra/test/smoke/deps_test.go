package smoke

import (
	"cmp"
	"debug/buildinfo"
	"debug/elf"
	"debug/gosym"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write functions/deps.txt anew")

// list is the file that says what each function links.
var list = filepath.Join(root, "functions", "deps.txt")

// TestEachBinaryLinksWhatTheListSays compares what is in each binary with the committed list: what a function drags
// along is seen where it is reviewed, and not first in a cold start. An import is not enough to be in a binary; the
// linker leaves out what nothing reaches.
func TestEachBinaryLinksWhatTheListSays(t *testing.T) {
	t.Parallel()
	dir := folder(t, &deployed)
	there, err := directories()
	if err != nil {
		t.Fatal(err)
	}
	links := map[string]map[string]bool{}
	for _, d := range there {
		name := filepath.Base(d)
		if links[name], err = linked(filepath.Join(dir, name)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	want := describe(links)
	if *update {
		if err := os.WriteFile(list, []byte(want), 0o644); err != nil {
			t.Error(err)
		}
		return
	}
	got, err := os.ReadFile(list)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	if diff := gocmp.Diff(strings.Split(string(got), "\n"), strings.Split(want, "\n")); diff != "" {
		t.Errorf("functions/deps.txt is not what is linked now; if that is meant: make deps\n%s", diff)
	}
}

// heavy are the packages of Go's own library that the list names, since a binary pays for them in size or at its start.
var heavy = map[string]bool{"html/template": true, "encoding/xml": true, "image": true, "net/http": true}

// code are the functions that are in the binary, and what it was built of. A binary without symbols still has the table of
// its functions, which stack traces are made from.
func code(binary string) ([]gosym.Func, *buildinfo.BuildInfo, error) {
	file, err := elf.Open(binary)
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	section, text := file.Section(".gopclntab"), file.Section(".text")
	if section == nil || text == nil {
		return nil, nil, errors.New("it has no table of functions: is it a Go binary?")
	}
	data, err := section.Data()
	if err != nil {
		return nil, nil, err
	}
	table, err := gosym.NewTable(nil, gosym.NewLineTable(data, text.Addr))
	if err != nil {
		return nil, nil, err
	}
	if len(table.Funcs) == 0 {
		return nil, nil, errors.New("its table of functions is empty")
	}
	info, err := buildinfo.ReadFile(binary)
	return table.Funcs, info, err
}

// linked are the packages that have code in the binary: ours and those of golang.org/x by package, the others by their
// module, and those of Go's own library that are heavy.
func linked(binary string) (map[string]bool, error) {
	functions, info, err := code(binary)
	if err != nil {
		return nil, err
	}
	all := map[string]bool{}
	for i := range functions {
		if name := entry(functions[i].PackageName(), info); name != "" {
			all[name] = true
		}
	}
	return all, nil
}

// entry is how the list names a package, or "" where it does not.
func entry(path string, info *buildinfo.BuildInfo) string {
	path = strings.ReplaceAll(path, "%2e", ".") // a symbol has no dot in the last part of its package
	first, _, _ := strings.Cut(path, "/")
	switch {
	case strings.HasPrefix(path, "vendor/") || !strings.Contains(first, "."):
		if heavy[path] {
			return path
		}
		return ""
	case strings.HasPrefix(path, info.Main.Path+"/"), strings.HasPrefix(path, "golang.org/x/"):
		return path
	}
	module := ""
	for _, m := range info.Deps {
		if (path == m.Path || strings.HasPrefix(path, m.Path+"/")) && len(m.Path) > len(module) {
			module = m.Path
		}
	}
	return module
}

// kinds are what functions are, by what they link. Bare ones have no table.
var kinds = []string{"page", "api", "worker", "bare"}

func kind(links map[string]bool) string {
	switch {
	case !links["latchkey.dev/shared/adapter/dynamo"]:
		return "bare"
	case links["latchkey.dev/shared/frontend/web"]:
		return "page"
	case links["latchkey.dev/shared/frontend/api"]:
		return "api"
	}
	return "worker"
}

// describe writes the list. Packages that exactly the same functions link are one set, which has the name of one of them.
// What all functions of a kind link is said once; a function's line has what it links more.
func describe(links map[string]map[string]bool) string {
	functions := slices.Sorted(maps.Keys(links))
	by := map[string]string{} // package: the functions that link it
	for _, f := range functions {
		for p := range links[f] {
			by[p] += f + " "
		}
	}
	together := map[string][]string{}
	for _, p := range slices.Sorted(maps.Keys(by)) {
		together[by[p]] = append(together[by[p]], p)
	}
	sets := map[string][]string{} // by name
	for _, packages := range together {
		sets[short(slices.MinFunc(packages, func(a, b string) int {
			return cmp.Or(rank(a)-rank(b), len(a)-len(b), cmp.Compare(a, b))
		}))] = packages
	}
	names := slices.Sorted(maps.Keys(sets))
	has := func(f, set string) bool { return links[f][sets[set][0]] }
	of := map[string][]string{} // the functions of a kind
	for _, f := range functions {
		of[kind(links[f])] = append(of[kind(links[f])], f)
	}
	usual := map[string]map[string]bool{}
	var b strings.Builder
	b.WriteString("# What each function links, as far as it is not Go's own. Written by make deps, held by infra/test/smoke.\n" +
		"# Ours without latchkey.dev/shared/, those of others by module.\n\n# What all of a kind link.\n\n")
	for _, k := range kinds {
		usual[k] = map[string]bool{}
		var all []string
		for _, set := range names {
			if usual[k][set] = !slices.ContainsFunc(of[k], func(f string) bool { return !has(f, set) }); usual[k][set] {
				all = append(all, set)
			}
		}
		wrap(&b, k+":", all)
	}
	b.WriteString("\n# What is always linked together, under the name of one.\n\n")
	for _, set := range names {
		if len(sets[set]) > 1 {
			var others []string
			for _, p := range sets[set] {
				if short(p) != set {
					others = append(others, short(p))
				}
			}
			wrap(&b, set+":", others)
		}
	}
	b.WriteString("\n# What a function links more than all of its kind.\n\n")
	for _, f := range functions {
		k := kind(links[f])
		fmt.Fprintf(&b, "%s: %s", f, k)
		for _, set := range names {
			if has(f, set) && !usual[k][set] {
				b.WriteString(" " + set)
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}

// wrap writes words in lines of at most 120 columns, those after the first behind a tab.
func wrap(b *strings.Builder, first string, words []string) {
	line := first
	for _, word := range words {
		if len(line)+1+len(word) > 120 {
			b.WriteString(line + "\n")
			line = "\t" + word
			continue
		}
		line += " " + word
	}
	b.WriteString(line + "\n")
}

// rank orders packages by how well they name a set: our own adapters first, since they say what for.
func rank(path string) int {
	switch {
	case path == "latchkey.dev/shared/adapter/dynamo":
		return -1
	case strings.HasPrefix(path, "latchkey.dev/shared/adapter/"):
		return 0
	case strings.HasPrefix(path, "latchkey.dev/"):
		return 1
	}
	return 2
}

func short(path string) string { return strings.TrimPrefix(path, "latchkey.dev/shared/") }

func TestTheListSaysWhatFunctionsLinkMore(t *testing.T) {
	t.Parallel()
	set := func(packages ...string) map[string]bool {
		all := map[string]bool{"latchkey.dev/shared/frontend/api": true, "latchkey.dev/shared/domain/id": true}
		for _, p := range packages {
			all[p] = true
		}
		return all
	}
	got := describe(map[string]map[string]bool{
		"a": set("latchkey.dev/shared/adapter/dynamo"),
		"b": set("latchkey.dev/shared/adapter/dynamo", "example.com/sdk"),
		"c": set("golang.org/x/net/html"),
	})
	for _, want := range []string{
		"\napi: adapter/dynamo domain/id\n", "\nbare: domain/id golang.org/x/net/html\n", "\ndomain/id: frontend/api\n",
		"\na: api\nb: api example.com/sdk\nc: bare\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
}
