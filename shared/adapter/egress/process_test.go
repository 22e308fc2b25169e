package egress_test

import (
	"io/fs"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"latchkey.dev/shared/adapter/egress"
)

// What is deployed is built without the switch: no variable, and so no template, loosens it.
func TestTheVariableCountsOnlyWhereTheLinkerSaysSo(t *testing.T) {
	at := netip.MustParseAddrPort("127.0.0.1:8080")
	get := func(name string) string {
		if name == egress.Variable {
			return "127.0.0.1:8080"
		}
		return ""
	}
	for built, allowed := range map[string]bool{"": false, "env": true, "localhost:8080": true, "127.0.0.1:8081": false} {
		restore := egress.Built(built)
		p, err := egress.FromProcess(get)
		restore()
		if err != nil {
			t.Errorf("built with %q: %v", built, err)
		}
		if err := p.Judge("http", "localhost", at); (err == nil) != allowed {
			t.Errorf("built with %q: %v", built, err)
		}
	}
	// Built as this test is, which is as everything is that nobody gives the switch to.
	p, err := egress.FromProcess(func(string) string { return "no list" })
	if err != nil || p.Judge("http", "localhost", at) == nil {
		t.Errorf("without the switch the variable is read: %v", err)
	}
	defer egress.Built("env")()
	if p, err := egress.FromProcess(func(string) string { return "" }); err != nil || p.Judge("http", "localhost", at) == nil {
		t.Errorf("with the switch and no list: %v", err)
	}
}

// The name that the linker is given is that of the package's variable, and the flags of what is deployed don't have it.
func TestAProgramIsStrictUnlessItIsLinkedForTheLocalRun(t *testing.T) {
	t.Parallel()
	for flags, want := range map[string]string{
		"-s -w": "egress: 127.0.0.1:8080 may not be called, by its address: Loopback, RFC 1122",
		"-s -w -X latchkey.dev/shared/adapter/egress.standIns=env":            "<nil>",
		"-s -w -X latchkey.dev/shared/adapter/egress.standIns=localhost:8080": "<nil>",
	} {
		program := filepath.Join(t.TempDir(), "judge")
		if out, err := exec.Command("go", "build", "-ldflags="+flags, "-o", program, "./testdata/judge").CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		c := exec.Command(program, "127.0.0.1:8080")
		c.Env = append(os.Environ(), egress.Variable+"=127.0.0.1:8080,host.docker.internal:8108")
		out, err := c.CombinedOutput()
		if got := strings.TrimSpace(string(out)); err != nil || got != want {
			t.Errorf("linked with %q it says %q, %v; want %q", flags, got, err, want)
		}
	}
}

func TestAListOfStandInsAllowsWhatItNames(t *testing.T) {
	t.Parallel()
	p, err := egress.StandIns(" 127.0.0.1:8080, [::1]:8081,Host.Docker.Internal:8108 ,localhost:9000,")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		host, to string
		passes   bool
	}{
		{"localhost", "127.0.0.1:8080", true}, {"localhost", "[::1]:8081", true}, {"localhost", "[::1]:9000", true}, {"localhost", "127.0.0.1:9000", true},
		{"host.docker.internal", "172.17.0.1:8108", true}, {"HOST.docker.internal.", "192.168.65.254:8108", true}, {"host.docker.internal", "[fdc4:f303:9324::254]:8108", true},
		{"host.docker.internal", "127.0.0.1:8108", true},
		{"localhost", "127.0.0.1:8081", false}, {"host.docker.internal", "172.17.0.1:8109", false}, {"evil.example", "172.17.0.1:8108", false},
		{"host.docker.internal", "169.254.169.254:8108", false}, {"host.docker.internal", "[fd00:ec2::254]:8108", false}, {"host.docker.internal", "100.100.100.200:8108", false},
		{"host.docker.internal", "8.8.8.8:8108", false}, {"host.docker.internal", "[fe80::1%eth0]:8108", false}, {"host.docker.internal", "0.0.0.0:8108", false},
	} {
		if err := p.Judge("http", c.host, netip.MustParseAddrPort(c.to)); (err == nil) != c.passes {
			t.Errorf("%s at %s: %v", c.host, c.to, err)
		}
	}
	for _, typed := range []struct {
		host   string
		port   uint16
		passes bool
	}{
		{"host.docker.internal", 8108, true}, {"localhost", 8080, true}, {"localhost", 8081, true}, {"localhost", 9000, true}, {"Localhost.", 9000, true},
		{"host.docker.internal", 8109, false}, {"localhost", 8108, false}, {"evil.example", 8108, false},
	} {
		if err := p.JudgeName("http", typed.host, typed.port); (err == nil) != typed.passes {
			t.Errorf("typed in, %s:%d: %v", typed.host, typed.port, err)
		}
	}
	for _, list := range []string{
		"localhost", "localhost:0", "localhost:65536", "localhost:http", ":8080", "10.0.0.1:8080", "0.0.0.0:8080", "127.0.0.1:8080;localhost:1",
		"http://localhost:8080",
	} {
		p, err := egress.StandIns("127.0.0.1:8080," + list)
		if err == nil || !strings.Contains(err.Error(), "list of stand-ins") {
			t.Errorf("%q: %v", list, err)
		}
		if p.Judge("http", "localhost", netip.MustParseAddrPort("127.0.0.1:8080")) == nil {
			t.Errorf("%q: what is wrong with it still allows the rest", list)
		}
	}
}

// Nothing that is deployed widens the policy: those are words of the local run and of tests.
func TestNothingDeployedWidensThePolicy(t *testing.T) {
	t.Parallel()
	wider := regexp.MustCompile(`\.(Allowing|AllowingWhere)\(|egress\.StandIns\(`)
	read := 0
	for _, folder := range []string{"shared", "functions"} {
		err := filepath.WalkDir(filepath.Join("..", "..", "..", folder), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") ||
				strings.Contains(path, "adapter/egress/") {
				return err
			}
			text, err := os.ReadFile(path)
			if read++; wider.Match(text) {
				t.Errorf("%s allows more than the strict policy does", path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if read < 100 {
		t.Errorf("%d files were read, which cannot be all", read)
	}
}
