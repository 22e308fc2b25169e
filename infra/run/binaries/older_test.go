package binaries

import (
	"os"
	"regexp"
	"testing"
)

// Whoever builds with a Go of their own, as SAM does, is told the same one everywhere.
func TestFS10EveryPlaceNamesTheGoOfTheModule(t *testing.T) {
	t.Parallel()
	const root = "../../../"
	want, err := Go(root)
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`\b(?:GOTOOLCHAIN(?: := |=)go|Go )(1\.2[6-9](?:\.\d+)?)`)
	for file, least := range map[string]int{"Makefile": 1, ".ci/run": 1, "README.md": 1, "infra/DEPLOY.md": 2, "infra/ops/sam/check.sh": 1, "samconfig.toml": 1,
		"infra/README.md": 0, "infra/ops/RUNBOOK.md": 0} {
		text, err := os.ReadFile(root + file)
		if err != nil {
			t.Fatal(err)
		}
		found := named.FindAllStringSubmatch(string(text), -1)
		if len(found) < least {
			t.Errorf("%s names the Go to build with %d times, not %d", file, len(found), least)
		}
		for _, f := range found {
			if "go"+f[1] != want {
				t.Errorf("%s says %q, and go.mod asks for %s", file, f[0], want)
			}
		}
	}
}

func TestFS10ABinaryOfAnOlderGoIsFound(t *testing.T) {
	t.Parallel()
	for built, old := range map[string]bool{"go1.26.8": true, "go1.26.9": true, "go1.26.10": false, "go1.26.11": false, "go1.27rc1": false,
		"go1.27.0": false, "go1.26rc2": true, "go1.9.7": true, "devel +abc": true, "": true} {
		if err := older("bin/health", built, "go1.26.10"); (err != nil) != old {
			t.Errorf("built by %q: %v", built, err)
		}
	}
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := Older("../../..", own); err != nil {
		t.Errorf("the test's own binary: %v", err)
	}
	if err := Older(t.TempDir(), own); err == nil {
		t.Error("a folder without a go.mod is no module")
	}
}
