package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestATestCountsOnceWithItsFirstReason(t *testing.T) {
	t.Parallel()
	r := read([]byte(`{"Action":"output","Test":"TestA/one","Output":"    a_test.go:1: first\n"}
{"Action":"output","Test":"TestA","Output":"    a_test.go:2: second\n"}
{"Action":"fail","Test":"TestA/one"}
{"Action":"fail","Test":"TestA"}
{"Action":"pass","Test":"TestB/one"}
{"Action":"pass","Test":"TestB"}
{"Action":"skip","Test":"TestC"}
not JSON
{"Action":"fail","Package":"p"}
`))
	if len(r.failed) != 1 || r.failed["TestA"] != "a_test.go:1: first" || len(r.passed) != 1 || len(r.skipped) != 1 {
		t.Errorf("%+v", r)
	}
}

func TestANewFailureIsToldFromAKnownOne(t *testing.T) {
	t.Parallel()
	r := result{passed: []string{"TestMended"}, failed: map[string]string{"TestKnown": "x", "TestNew": "y"}}
	worse, better := r.judge(map[string]string{"TestKnown": "so it is", "TestMended": "was so", "TestGone": "?"})
	if len(worse) != 1 || worse[0] != "TestNew  y" || len(better) != 1 || better[0] != "TestMended  was so" {
		t.Errorf("worse %q, better %q", worse, better)
	}
}

// TestTheListsNameTestsThatThereAre keeps a renamed test from being expected to fail for ever.
func TestTheListsNameTestsThatThereAre(t *testing.T) {
	t.Parallel()
	source := map[string]string{}
	for _, s := range []suite{table, queues, mail, product, walk} {
		files, err := filepath.Glob(filepath.Join("../../..", s.path, "*_test.go"))
		if err != nil || len(files) == 0 {
			t.Fatal(s.path, err)
		}
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			source[s.name] += string(b)
		}
	}
	for _, s := range sets {
		known, err := expected(filepath.Join("expected", s.name+".txt"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range slices.Concat(s.tests, s.not) {
			if !strings.Contains(source[product.name], "func "+name+"(") {
				t.Errorf("%s: there is no %s", s.name, name)
			}
		}
		for suite, tests := range known {
			for name := range tests {
				if !strings.Contains(source[suite], "func "+name+"(") {
					t.Errorf("%s: there is no %s %s", s.name, suite, name)
				}
			}
		}
	}
}
