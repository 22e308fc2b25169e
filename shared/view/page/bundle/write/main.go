// Command write brings the committed script and style sheet up to date with their sources.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"latchkey.dev/shared/view/page/bundle"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: write <sources> <output>")
		os.Exit(2)
	}
	if err := write(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func write(sources, output string) error {
	files, err := bundle.Build(sources)
	if err != nil {
		return err
	}
	old, err := filepath.Glob(filepath.Join(output, "*.*"))
	if err != nil {
		return err
	}
	for _, f := range old {
		if err := os.Remove(f); err != nil {
			return err
		}
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(output, name), content, 0o644); err != nil { //nolint:gosec // read by everybody
			return err
		}
	}
	return nil
}
