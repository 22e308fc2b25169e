package smoke

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write functions/*/*/deps.txt anew")

// TestEachBinaryLinksWhatItsListSays compares what each function links, of packages that are not Go's own, with the
// committed list: a heavy import is seen where it is reviewed, and not first in a cold start.
func TestEachBinaryLinksWhatItsListSays(t *testing.T) {
	t.Parallel()
	imports := graph(t)
	there, err := directories()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range there {
		linked := map[string]bool{}
		var follow func(string)
		follow = func(path string) {
			for _, next := range imports[path] {
				if _, ours := imports[next]; ours && !linked[next] {
					linked[next] = true
					follow(next)
				}
			}
		}
		follow("latchkey.dev/" + d)
		want := strings.Join(slices.Sorted(maps.Keys(linked)), "\n") + "\n"
		file := filepath.Join(root, d, "deps.txt")
		if *update {
			if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
				t.Error(err)
			}
			continue
		}
		got, err := os.ReadFile(file)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Error(err)
		}
		if diff := cmp.Diff(strings.Split(string(got), "\n"), strings.Split(want, "\n")); diff != "" {
			t.Errorf("%s/deps.txt is not what is linked now; if that is meant: go test ./infra/test/smoke -run Links -update\n%s", d, diff)
		}
	}
}

// graph is what every package that the functions need imports, Go's own left out.
func graph(t *testing.T) map[string][]string {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", "-tags=lambda.norpc", "-json=ImportPath,Standard,Imports", "./functions/...")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=arm64", "CGO_ENABLED=0", "GOFLAGS=-mod=readonly")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &stderr)
	}
	imports := map[string][]string{}
	decoder := json.NewDecoder(bytes.NewReader(out))
	for {
		var p struct {
			ImportPath string
			Standard   bool
			Imports    []string
		}
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return imports
		} else if err != nil {
			t.Fatal(err)
		}
		if !p.Standard {
			imports[p.ImportPath] = p.Imports
		}
	}
}
