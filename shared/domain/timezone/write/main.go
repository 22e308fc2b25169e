// Command write packs the data of Go's own time zones, which come with its sources, into the file that its argument names.
package main

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: write <output>")
		os.Exit(2)
	}
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func write(output string) error {
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return err
	}
	zones, err := zip.OpenReader(filepath.Join(strings.TrimSpace(string(goroot)), "lib", "time", "zoneinfo.zip"))
	if err != nil {
		return err
	}
	defer zones.Close() //nolint:errcheck // it was read
	names := map[string][]string{}
	for _, f := range zones.File {
		if !strings.Contains(f.Name, "/") || strings.HasSuffix(f.Name, "/") {
			continue // "Japan", "EST5EDT" and other names of old, or a folder
		}
		r, err := f.Open()
		if err != nil {
			return err
		}
		data, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		names[string(data)] = append(names[string(data)], f.Name)
	}
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		return err
	}
	for _, data := range slices.Sorted(maps.Keys(names)) { // those that are alike stand beside each other
		slices.Sort(names[data])
		if _, err := fmt.Fprintf(w, "%d %s\n%s", len(data), strings.Join(names[data], " "), data); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	return os.WriteFile(output, b.Bytes(), 0o644) //nolint:gosec // read by everybody
}
