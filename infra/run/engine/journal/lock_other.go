//go:build !unix

package journal

import (
	"fmt"
	"os"
)

// lockFile cannot hold a file everywhere: where there is no flock, two processes on one log are the operator's fault.
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // the path is the operator's own
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	return f, nil
}

// unlockFile gives the path free.
func unlockFile(f *os.File) error { return f.Close() }
