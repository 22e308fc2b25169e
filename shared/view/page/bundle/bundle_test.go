package bundle_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"latchkey.dev/shared/view/page/bundle"
)

func TestCommittedAssetsAreThoseOfTheSources(t *testing.T) {
	t.Parallel()
	want, err := bundle.Build("../source")
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir("../static")
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != len(want) {
		t.Errorf("static holds %d files, the sources give %d; run go generate ./shared/view/page", len(entries), len(want))
	}
	for name, content := range want {
		got, err := os.ReadFile(filepath.Join("../static", name))
		if err != nil || !bytes.Equal(got, content) {
			t.Errorf("static/%s is not what the sources give; run go generate ./shared/view/page", name)
		}
	}
}

func TestAMistakeInTheSourcesIsAnError(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, content := range map[string]string{"app.ts": "let x: = 1", "guest.ts": "", "app.css": "a{}"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := bundle.Build(dir); err == nil {
		t.Error("Build succeeded")
	}
}
