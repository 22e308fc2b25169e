package main

import (
	"bytes"
	"net"
	"os"
	"regexp"
	"strings"
	"testing"
)

// A port that is taken is told before anything is built. Not parallel: the run reads the process's environment.
func TestFH15ATakenPortIsToldBeforeTheBuild(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close() //nolint:errcheck // a test's
	_, port, _ := net.SplitHostPort(taken.Addr().String())
	for variable, other := range map[string]string{"PORT": "AWS_PORT", "AWS_PORT": "PORT"} {
		t.Setenv(variable, port)
		t.Setenv(other, "0")
		t.Setenv("BINARIES", "1")
		var out bytes.Buffer
		err := run("", &out)
		if err == nil || !strings.Contains(err.Error(), "set "+variable+" to another port") ||
			strings.Contains(err.Error(), "set "+other+" to") || strings.Contains(out.String(), "Building") {
			t.Errorf("%s is taken: %v, said %q", variable, err, out.String())
		}
	}
}

// What builds for minutes on a fresh machine says so before.
func TestFH15EveryTargetThatStartsSomethingSaysThatItBuilds(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{"run", "aws", "admin", "gallery"} {
		if !regexp.MustCompile(`(?m)^` + target + `:.*\n\t\$\(BUILDING\)\n\t@go run `).Match(text) {
			t.Errorf("make %s is silent while it builds", target)
		}
	}
	if !regexp.MustCompile(`(?m)^BUILDING = @echo "Building, .*" >&2$`).Match(text) {
		t.Error("what is said does not go to the terminal alone")
	}
}
