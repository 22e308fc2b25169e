// Package smoke drives every binary as Lambda would: through the Runtime API, with its events from events/ and the
// variables that the templates give it, against the embedded engine. It also keeps the names in step, the sizes, and the
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

// shared is the folder that has the binaries for this machine already, which the suites of one run share; empty for none.
var shared = os.Getenv("LATCHKEY_BINARIES")

// made is a folder with all functions that is filled when it is first needed.
type made struct {
	use  binaries.Use
	once sync.Once
	dir  string
	err  error
}

var (
	// here are the functions as they run on this machine.
	here = made{use: binaries.Here}
	// deployed are the functions as they are deployed, which this machine need not be able to run.
	deployed = made{use: binaries.Deployed}
)

func (m *made) folder() (string, error) {
	m.once.Do(func() {
		if m.use == binaries.Here && shared != "" {
			m.dir = shared
			return
		}
		if m.dir, m.err = os.MkdirTemp("", "latchkey-smoke-"); m.err == nil {
			m.err = binaries.Build(context.Background(), root, m.dir, m.use)
		}
	})
	return m.dir, m.err
}

func (m *made) remove() {
	if m.dir != "" && m.dir != shared {
		_ = os.RemoveAll(m.dir)
	}
}

// logicalID is the name in the template of a function's directory: invite-resend is InviteResend.
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

// directories are the functions' directories that there are, such as "functions/invites/invite-resend".
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
