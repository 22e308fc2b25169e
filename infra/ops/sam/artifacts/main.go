// Command artifacts looks at what sam build has made: that there is a binary for each function of the template, that
// each is its own function's main and no other's, built for the processor, statically, without the RPC server, and by a Go
// that is no older than go.mod asks for.
package main

import (
	"debug/buildinfo"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"latchkey.dev/infra/run/binaries"
	"latchkey.dev/infra/run/template"
)

func main() {
	dir := flag.String("dir", ".aws-sam/build", "the `folder` of the build")
	architecture := flag.String("architecture", "arm64", "arm64 or x86_64")
	flag.Parse()
	t, err := template.Read("template.yaml", template.Inputs{Parameters: map[string]string{
		"Architecture": *architecture, "Origin": "https://portal.example.com", "MailFrom": "invites@mail.example.com",
	}})
	if err == nil {
		err = check(t, *dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "artifacts:", err)
		os.Exit(1)
	}
	fmt.Printf("%d functions, each its own main, for %s\n", len(t.Functions), *architecture)
}

// check answers everything that is wrong with the build in dir.
func check(t *template.Template, dir string) error {
	var errs []error
	for _, f := range t.Functions {
		file := filepath.Join(dir, f.Stack, f.ID, "bootstrap")
		info, err := buildinfo.ReadFile(file)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", f.ID, err))
			continue
		}
		if err := binaries.Older(".", file); err != nil {
			errs = append(errs, err)
		}
		settings := map[string]string{}
		for _, s := range info.Settings {
			settings[s.Key] = s.Value
		}
		want := map[string]string{"GOOS": "linux", "GOARCH": map[string]string{"arm64": "arm64", "x86_64": "amd64"}[f.Architecture],
			"CGO_ENABLED": "0"}
		for key, v := range want {
			if settings[key] != v {
				errs = append(errs, fmt.Errorf("%s is built with %s=%s, not %s", f.ID, key, settings[key], v))
			}
		}
		if !strings.Contains(settings["-tags"], "lambda.norpc") {
			errs = append(errs, fmt.Errorf("%s is built without lambda.norpc", f.ID))
		}
		if main := "latchkey.dev/" + f.Directory; info.Path != main {
			errs = append(errs, fmt.Errorf("%s is %s, not %s", f.ID, info.Path, main))
		}
	}
	return errors.Join(errs...)
}
