// Package smoke drives every deployed binary as Lambda would: through the Runtime API, with its event from events/ and
// the variables that template.yaml gives it, against the embedded engine. It also keeps the names in step, and the
// list of what each binary links.
package smoke

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"unicode"

	"latchkey.dev/infra/run/binaries"
)

// root is the repository's top level, from this package.
const root = "../../.."

// built compiles all functions for this machine, once for all tests of the package, into the folder outcome.
var (
	outcome string
	built   = sync.OnceValue(func() (err error) {
		if outcome, err = os.MkdirTemp("", "latchkey-smoke-"); err != nil {
			return err
		}
		return binaries.Build(context.Background(), root, outcome, "")
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
