// Pack compresses the catalogue's languages, file by file, from the folders in which they are written to packed, from where package words
// embeds them: go generate ./shared/domain/words.
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"log"
	"os"
	"path/filepath"

	"latchkey.dev/shared/domain/words"
)

func main() {
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	if err := os.RemoveAll("packed"); err != nil {
		return err
	}
	for _, l := range words.Languages() {
		if err := os.MkdirAll(filepath.Join("packed", string(l)), 0o755); err != nil { //nolint:gosec // sources
			return err
		}
		sources, err := filepath.Glob(filepath.Join(string(l), "*.json"))
		if err != nil {
			return err
		}
		for _, source := range sources {
			b, err := os.ReadFile(source)
			if err != nil {
				return err
			}
			packed, err := pack(b)
			if err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join("packed", source+".gz"), packed, 0o644); err != nil { //nolint:gosec // sources
				return err
			}
		}
	}
	return nil
}

// pack compresses a file's JSON without its spaces.
func pack(b []byte) ([]byte, error) {
	var tight, out bytes.Buffer
	if err := json.Compact(&tight, b); err != nil {
		return nil, err
	}
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(tight.Bytes()); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
