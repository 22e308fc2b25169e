package binaries

import (
	"debug/buildinfo"
	"fmt"
	"go/version"
	"os"
	"path/filepath"
	"regexp"
)

// asked is the line of a go.mod that says which Go the module needs at least.
var asked = regexp.MustCompile(`(?m)^go (\d+\.\d+\.\d+)$`)

// Go is the oldest Go that the module at root may be built by, such as "go1.26.10". Releases of Go mend vulnerabilities of its
// library, so that what is built by an older one has them.
func Go(root string) (string, error) {
	text, err := os.ReadFile(filepath.Join(root, "go.mod")) //nolint:gosec // our own file
	if err != nil {
		return "", fmt.Errorf("binaries: %w", err)
	}
	line := asked.FindSubmatch(text)
	if line == nil {
		return "", fmt.Errorf("binaries: %s has no line such as \"go 1.26.10\", with all three numbers", filepath.Join(root, "go.mod"))
	}
	return "go" + string(line[1]), nil
}

// Older answers an error where the binary was built by an older Go than the module at root asks for, or by one that it doesn't
// say.
func Older(root, binary string) error {
	least, err := Go(root)
	if err != nil {
		return err
	}
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return fmt.Errorf("binaries: %w", err)
	}
	return older(binary, info.GoVersion, least)
}

func older(binary, built, least string) error {
	if !version.IsValid(built) || version.Compare(built, least) < 0 {
		return fmt.Errorf("binaries: %s is built by %s, and go.mod asks for %s: build it anew", binary, built, least)
	}
	return nil
}
