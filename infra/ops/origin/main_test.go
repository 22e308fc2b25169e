package main

import (
	"os"
	"strings"
	"testing"
)

func TestSenderP1AnotherHostIsWarnedOfBeforeItIsDeployed(t *testing.T) {
	t.Parallel()
	settings, err := os.ReadFile("../../../samconfig.toml")
	if err != nil {
		t.Fatal(err)
	}
	for deployed, warned := range map[string]bool{
		"": false, "https://portal.example.com": false, "https://portal.example.com:8443\n": false, "https://PORTAL.example.net": true,
		"https://d1.execute-api.eu-central-1.amazonaws.com": true,
	} {
		got, err := warn(string(settings), "production", deployed)
		if err != nil || (got != "") != warned || warned && !strings.Contains(got, "to portal.example.com") {
			t.Errorf("over %q: %q, %v", deployed, got, err)
		}
	}
	if _, err := warn(string(settings), "nowhere", ""); err == nil {
		t.Error("a section that is not there")
	}
}
