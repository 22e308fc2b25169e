// Package bundle makes the script and the style sheet that pages are served with out of their sources. It runs
// when the product is built by a person, never in it: the output is committed, and a test compares.
package bundle

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// Build bundles app.ts, guest.ts and app.css in the directory and returns the outputs by file name. A name carries a hash of
// the content, so that a browser may keep the file for ever.
func Build(sources string) (map[string][]byte, error) {
	dir, err := filepath.Abs(sources)
	if err != nil {
		return nil, fmt.Errorf("bundle: %w", err)
	}
	out := api.Build(api.BuildOptions{
		AbsWorkingDir:     dir,
		EntryPoints:       []string{"app.ts", "guest.ts", "app.css"},
		Outdir:            dir,
		Bundle:            true,
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		MinifySyntax:      true,
		Charset:           api.CharsetUTF8,
		Format:            api.FormatIIFE,
		Target:            api.ES2022,
		// light-dark() and nesting stay as they are written: what they would be lowered to is larger and does not
		// follow a scheme that is set on a part of the page.
		Supported:     map[string]bool{"nesting": true},
		LegalComments: api.LegalCommentsNone,
		LogLevel:      api.LogLevelSilent,
	})
	var errs []error
	for _, m := range append(out.Errors, out.Warnings...) {
		where := ""
		if m.Location != nil {
			where = fmt.Sprintf("%s:%d: ", m.Location.File, m.Location.Line)
		}
		errs = append(errs, fmt.Errorf("bundle: %s%s", where, m.Text))
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	files := map[string][]byte{}
	for _, f := range out.OutputFiles {
		base := filepath.Base(f.Path)
		ext := filepath.Ext(base)
		sum := sha256.Sum256(f.Contents)
		files[strings.TrimSuffix(base, ext)+"."+hex.EncodeToString(sum[:6])+ext] = f.Contents
	}
	return files, nil
}
