// Command origin warns before a deployment whose origin has another host than what is deployed: passkeys belong to the host for good.
//
//	go run ./infra/ops/origin -config production -deployed "$(output Origin)"
package main

import (
	"flag"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"strings"
)

func main() {
	file := flag.String("file", "samconfig.toml", "the SAM CLI's settings")
	config := flag.String("config", "production", "the section that is deployed")
	deployed := flag.String("deployed", "", "the origin that is deployed; empty for the first deployment")
	flag.Parse()
	settings, err := os.ReadFile(*file)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	warning, err := warn(string(settings), *config, *deployed)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if warning != "" {
		fmt.Fprintln(os.Stderr, warning)
		os.Exit(1)
	}
}

var parameter = regexp.MustCompile(`"Origin=([^"]+)"`)

// warn is what to know before the section's origin takes the place of the one that is deployed; "" for nothing.
func warn(settings, config, deployed string) (string, error) {
	_, section, ok := strings.Cut(settings, "["+config+".deploy.parameters]")
	if !ok {
		return "", fmt.Errorf("the settings have no section [%s.deploy.parameters]", config)
	}
	section, _, _ = strings.Cut(section, "\n[")
	found := parameter.FindStringSubmatch(section)
	if found == nil {
		return "", fmt.Errorf("the section [%s.deploy.parameters] names no Origin", config)
	}
	was, is := host(deployed), host(found[1])
	if was == "" || was == is {
		return "", nil
	}
	return fmt.Sprintf("Warning: the origin's host changes from %s to %s. No passkey that was made at %s signs in after that. People "+
		"sign in with codes, and create new ones.", was, is, was), nil
}

func host(origin string) string {
	u, err := url.Parse(strings.TrimSpace(origin))
	if err != nil {
		return ""
	}
	return u.Hostname()
}
