package smoke

import (
	"cmp"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"latchkey.dev/infra/run/binaries"
)

// TestNoFunctionLinksAStoreThatItsPartsDoNotName compares the methods of the store that are in each deployed binary with the
// parts that wire makes its function of: what reads invites cannot delete an agency, whatever is wrong in it.
func TestNoFunctionLinksAStoreThatItsPartsDoNotName(t *testing.T) {
	t.Parallel()
	dir := folder(t, &deployed)
	w, within := readWiring(t), embedded(t)
	for _, f := range declared(t).Functions {
		functions, _, err := code(binaries.Path(dir, f))
		if err != nil {
			t.Fatalf("%s: %v", f.ID, err)
		}
		linked := map[string][]string{} // methods by type
		for i := range functions {
			if m := storeMethod.FindStringSubmatch(functions[i].Name); m != nil {
				of := cmp.Or(m[1], m[2])
				linked[of] = append(linked[of], m[3])
			}
		}
		named := w.stores(t, f.ID)
		for of := range maps.Clone(named) { // a store that has another within it is made of both
			for of = within[of]; of != ""; of = within[of] {
				named[of] = true
			}
		}
		for of, methods := range linked {
			switch {
			case of == "Table":
				t.Errorf("%s links %v of the table itself, which should have no method that others can call", f.ID, methods)
			case !named[of]:
				t.Errorf("%s links %v of dynamo.%s, which none of its parts is made of: they are made of %v",
					f.ID, methods, of, slices.Sorted(maps.Keys(named)))
			}
		}
		if len(named) > 0 && len(linked) == 0 {
			t.Errorf("%s is made of %v, and no method of them was found in it", f.ID, slices.Sorted(maps.Keys(named)))
		}
	}
}

// storeMethod is the symbol of a method that others can call of a type that they can name: of its values, or of pointers to them.
var storeMethod = regexp.MustCompile(`^latchkey\.dev/shared/adapter/dynamo\.(?:\(\*([A-Z]\w*)\)|([A-Z]\w*))\.([A-Z]\w*)`)

// wiring is what the methods of Functions and Parts speak of in wire and below it, by receiver and name in small letters.
type wiring map[string]map[string]*spoken

type spoken struct {
	parts  []string // of Parts
	stores []string // types of the package dynamo
}

func readWiring(t *testing.T) wiring {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "shared", "wire", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	below, err := filepath.Glob(filepath.Join(root, "shared", "wire", "*", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	w := wiring{"Functions": {}, "Parts": {}}
	for _, path := range append(files, below...) {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv != nil {
				of := f.Recv.List[0].Type
				if pointer, ok := of.(*ast.StarExpr); ok {
					of = pointer.X
				}
				if all := w[of.(*ast.Ident).Name]; all != nil {
					all[strings.ToLower(f.Name.Name)] = speaks(f.Body)
				}
			}
		}
	}
	return w
}

// embedded are the stores that have another one within them, whose methods are theirs, too.
func embedded(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "shared", "adapter", "dynamo", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			of, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			if s, ok := of.Type.(*ast.StructType); ok && len(s.Fields.List) > 0 && len(s.Fields.List[0].Names) == 0 {
				if in, ok := s.Fields.List[0].Type.(*ast.Ident); ok && ast.IsExported(of.Name.Name) && in.Name != "Table" {
					all[of.Name.Name] = in.Name
				}
			}
			return true
		})
	}
	return all
}

// speaks is what a body names by selectors: dynamo.NewKeys is the store Keys, and p.Keys or f.p.Keys is the part.
func speaks(body *ast.BlockStmt) *spoken {
	var s spoken
	ast.Inspect(body, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		switch x := sel.X.(type) {
		case *ast.Ident:
			if store, ok := strings.CutPrefix(sel.Sel.Name, "New"); ok && x.Name == "dynamo" {
				s.stores = append(s.stores, store)
			}
			if x.Name == "p" {
				s.parts = append(s.parts, strings.ToLower(sel.Sel.Name))
			}
		case *ast.SelectorExpr:
			if x.Sel.Name == "p" {
				s.parts = append(s.parts, strings.ToLower(sel.Sel.Name))
			}
		}
		return true
	})
	return &s
}

// stores are the types that the function is made of, through all parts that it and they ask for.
func (w wiring) stores(t *testing.T, id string) map[string]bool {
	t.Helper()
	begin := w["Functions"][strings.ToLower(id)]
	if begin == nil {
		t.Fatalf("no Functions of wire have a method %s", id)
	}
	all, seen := map[string]bool{}, map[string]bool{}
	var add func(*spoken)
	add = func(s *spoken) {
		for _, store := range s.stores {
			all[store] = true
		}
		for _, part := range s.parts {
			if next := w["Parts"][part]; next != nil && !seen[part] {
				seen[part] = true
				add(next)
			}
		}
	}
	add(begin)
	return all
}
