// Package localstack_test reads the compose file as Docker Compose would, where there is no Docker to read it.
package localstack_test

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// compose is the part of the Compose specification that the file uses; anything else in it is an error.
type compose struct {
	Services map[string]struct {
		Image       string            `yaml:"image"`
		Ports       []string          `yaml:"ports"`
		Environment map[string]string `yaml:"environment"`
	} `yaml:"services"`
}

func TestTheComposeFileIsOne(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("compose.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var c compose
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(&c); err != nil {
		t.Fatal(err)
	}
	s, ok := c.Services["localstack"]
	if !ok || len(c.Services) != 1 {
		t.Fatalf("the services are %v", c.Services)
	}
	script, err := os.ReadFile("host.sh")
	if err != nil {
		t.Fatal(err)
	}
	version := regexp.MustCompile(`(?m)^version=(\S+)$`).FindSubmatch(script)
	if version == nil || s.Image != "localstack/localstack:"+string(version[1]) {
		t.Errorf("compose.yaml has %s, host.sh the version %s", s.Image, version)
	}
	for _, p := range s.Ports { // host address, port there, port in the container
		if parts := strings.Split(p, ":"); len(parts) != 3 || parts[0] != "127.0.0.1" {
			t.Errorf("the port %s is not on loopback alone", p)
		}
	}
	for _, service := range []string{"dynamodb", "sqs"} {
		if !strings.Contains(","+s.Environment["SERVICES"]+",", ","+service+",") {
			t.Errorf("%s is not among the services %q", service, s.Environment["SERVICES"])
		}
	}
}
