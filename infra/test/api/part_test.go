package apitest_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"latchkey.dev/infra/run/binaries"
	"latchkey.dev/infra/run/local"
)

// taken is the part that TestAFunctionWithoutAPartFails takes away: of which function, where in the source, and what stands
// there then. All functions are made of that source; one is built of it, so that the test is quick.
var taken = struct{ function, file, part, left string }{
	"functions/invites/invites", "shared/wire/invites.go",
	`&onboarding.Inviter{Store: dynamo.NewRelationships(p.Table()), Queue: p.MailQueue(), `,
	`&onboarding.Inviter{Store: dynamo.NewRelationships(p.Table()), `,
}

// TestAFunctionWithoutAPartFails builds one function without a part that it needs, and asks it what takes that part: what
// answers here is what the function was built of, and not the wiring of the test's own process.
func TestAFunctionWithoutAPartFails(t *testing.T) {
	if asBuilt == "" {
		t.Skip("this is about binaries: LATCHKEY_BINARIES names their folder")
	}
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(filepath.Join(root, taken.file))
	if err != nil || !bytes.Contains(whole, []byte(taken.part)) {
		t.Fatalf("%s does not say %q, which is to be taken away; say another part: %v", taken.file, taken.part, err)
	}
	dir := t.TempDir()
	write := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	without := write("without.go", bytes.Replace(whole, []byte(taken.part), []byte(taken.left), 1))
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(root, taken.file): without}})
	if err != nil {
		t.Fatal(err)
	}
	built := filepath.Join(dir, "built")
	all, err := filepath.Glob(filepath.Join(asBuilt, "*"))
	if err != nil || os.Mkdir(built, 0o700) != nil {
		t.Fatal(err)
	}
	for _, path := range all {
		if path, err = filepath.Abs(path); err != nil {
			t.Fatal(err)
		}
		if filepath.Base(path) == filepath.Base(taken.function) {
			continue
		}
		if err := os.Symlink(path, filepath.Join(built, filepath.Base(path))); err != nil {
			t.Fatal(err)
		}
	}
	args := append([]string{"build", "-overlay", write("overlay.json", overlay)}, binaries.Here.Flags()...)
	cmd := exec.CommandContext(t.Context(), "go",
		append(args, "-o", built+string(filepath.Separator), "./"+taken.function)...) //nolint:gosec // our own
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	p := own(t, local.Options{Binaries: built})
	p.signIn(owner).post("/v1/invites", m{"email": p.address("ada")}).is(500)
}
