// Pack compresses the catalogue, file by file, from the folders in which it is written to packed, from where package words embeds it:
// go generate ./shared/domain/words. Languages other than English are packed without their keys, in the order of those that English has.
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"log"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
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
	sources, err := filepath.Glob("*/*.json")
	if err != nil {
		return err
	}
	for _, source := range sources {
		language, file := filepath.Split(source)
		b, err := packed(source, filepath.Join("en", file), language == "en/")
		if err != nil {
			return fmt.Errorf("%s: %w", source, err)
		}
		if err := os.MkdirAll(filepath.Join("packed", language), 0o755); err != nil { //nolint:gosec // sources
			return err
		}
		to := filepath.Join("packed", strings.TrimSuffix(source, ".json")+".gz")
		if language == "en/" {
			to = filepath.Join("packed", strings.TrimSuffix(source, ".json")+".en.gz") // by a name that no area's files have
		}
		if err := os.WriteFile(to, b, 0o644); err != nil { //nolint:gosec // sources
			return err
		}
	}
	return nil
}

// packed is a file compressed: English as it is without its spaces, another language as the list of its sentences.
func packed(source, english string, keyed bool) ([]byte, error) {
	own, err := sentences(source)
	if err != nil {
		return nil, err
	}
	if keyed {
		return pack(own)
	}
	keys, err := sentences(english)
	if err != nil {
		return nil, err
	}
	var all []json.RawMessage
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		m, ok := own[key]
		if !ok {
			m = keys[key] // a test says what is missing
		}
		all = append(all, m)
	}
	return pack(all)
}

func sentences(path string) (map[string]json.RawMessage, error) {
	b, err := os.ReadFile(path) //nolint:gosec // of this repository
	if err != nil {
		return nil, err
	}
	var m map[string]json.RawMessage
	return m, json.Unmarshal(b, &m)
}

func pack(v any) ([]byte, error) {
	var tight, out bytes.Buffer
	e := json.NewEncoder(&tight)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
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
