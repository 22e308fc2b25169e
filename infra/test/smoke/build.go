package smoke

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"unicode"
)

// root is the repository's top level, from this package.
const root = "../../.."

// goFlags are the flags of every deployed binary: no RPC server of the former Go runtime, no paths, no symbols.
var goFlags = []string{"-tags=lambda.norpc", "-trimpath", "-ldflags=-s", "-buildvcs=false"}

// build compiles all functions into dir with one command. Each binary has its directory's name.
func build(dir, goarch string) error {
	args := append(append([]string{"build"}, goFlags...), "-o", dir+string(filepath.Separator), "./functions/...")
	cmd := exec.Command("go", args...) //nolint:gosec // our own arguments
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-mod=readonly")
	if goarch != "" {
		cmd.Env = append(cmd.Env, "GOOS=linux", "GOARCH="+goarch)
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}

// built compiles all functions for this machine, once for all tests of the package, into the folder outcome.
var (
	outcome string
	built   = sync.OnceValue(func() (err error) {
		if outcome, err = os.MkdirTemp("", "latchkey-smoke-"); err != nil {
			return err
		}
		return build(outcome, "")
	})
)

// logicalID is the name in the template of a function's directory: send-invite is SendInvite.
func logicalID(directory string) string {
	var b strings.Builder
	for word := range strings.SplitSeq(filepath.Base(directory), "-") {
		runes := []rune(word)
		if len(runes) > 0 {
			runes[0] = unicode.ToUpper(runes[0])
		}
		b.WriteString(string(runes))
	}
	return b.String()
}

// directories are the functions' directories that there are, such as "functions/api/send-invite".
func directories() ([]string, error) {
	found, err := filepath.Glob(filepath.Join(root, "functions", "*", "*"))
	if err != nil {
		return nil, err
	}
	var all []string
	for _, path := range found {
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			relative, err := filepath.Rel(root, path)
			if err != nil {
				return nil, err
			}
			all = append(all, filepath.ToSlash(relative))
		}
	}
	return all, nil
}
