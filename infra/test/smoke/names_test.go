package smoke

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"latchkey.dev/infra/run/template"
)

// declared is the template as it is deployed.
func declared(t testing.TB) *template.Template {
	t.Helper()
	got, err := template.Read(filepath.Join(root, "template.yaml"), template.Inputs{
		Account: "123456789012", Parameters: map[string]string{"Origin": "https://portal.example.com", "MailFrom": "invites@mail.example.com"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestDirectoriesLogicalIDsAndEventsAreTheSame(t *testing.T) {
	t.Parallel()
	there, err := directories()
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	leaves := map[string]string{}
	for _, f := range declared(t).Functions {
		want = append(want, f.Directory)
		name := filepath.Base(f.Directory)
		if other := leaves[name]; other != "" {
			t.Errorf("%s and %s have the same last part, and one go build keeps one of them", other, f.Directory)
		}
		leaves[name] = f.Directory
		if logicalID(f.Directory) != f.ID {
			t.Errorf("%s has the logical id %s, its directory says %s", f.Directory, f.ID, logicalID(f.Directory))
		}
		if f.Name != "latchkey-"+name {
			t.Errorf("%s is named %s", f.ID, f.Name)
		}
		if _, err := os.Stat(filepath.Join(root, "events", name+".json")); err != nil {
			t.Errorf("%s has no event: %v", f.ID, err)
		}
	}
	for _, d := range want {
		if !slices.Contains(there, d) {
			t.Errorf("the template's function %s has no directory", d)
		}
	}
	for _, d := range there {
		if !slices.Contains(want, d) {
			t.Errorf("the directory %s has no function in the template", d)
		}
	}
	files, err := filepath.Glob(filepath.Join(root, "events", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if name := strings.TrimSuffix(filepath.Base(file), ".json"); leaves[name] == "" {
			t.Errorf("events/%s belongs to no function", filepath.Base(file))
		}
	}
}

func TestMainsAreShort(t *testing.T) {
	t.Parallel()
	there, err := directories()
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range there {
		source, err := os.ReadFile(filepath.Join(root, d, "main.go"))
		if err != nil {
			t.Error(err)
			continue
		}
		lines := 0
		for line := range strings.Lines(string(source)) {
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "//") {
				lines++
			}
		}
		if lines < 10 || lines > 25 {
			t.Errorf("%s/main.go has %d lines, it should have 10 to 25: read the environment, make the adapters, serve one handler", d, lines)
		}
	}
}

func TestEventsAreOfTheirFunctionsTrigger(t *testing.T) {
	t.Parallel()
	for _, f := range declared(t).Functions {
		var e struct {
			RouteKey       string            `json:"routeKey"`
			PathParameters map[string]string `json:"pathParameters"`
			RawPath        string            `json:"rawPath"`
			Records        []struct {
				Source string `json:"eventSourceARN"`
			} `json:"Records"`
			Source string `json:"source"`
		}
		if err := json.Unmarshal(event(t, f), &e); err != nil {
			t.Errorf("%s: %v", f.ID, err)
			continue
		}
		switch {
		case len(f.Routes) > 0:
			if e.RouteKey != f.Routes[0].Key() {
				t.Errorf("%s: the event is of %q, the route is %q", f.ID, e.RouteKey, f.Routes[0].Key())
			}
			path := f.Routes[0].Path
			for name, value := range e.PathParameters {
				path = strings.Replace(path, "{"+name+"}", value, 1)
			}
			if path != e.RawPath && path != "$default" {
				t.Errorf("%s: the event's path is %s, its parameters make %s", f.ID, e.RawPath, path)
			}
		case len(f.Sources) > 0:
			if len(e.Records) == 0 || e.Records[0].Source != f.Sources[0].Queue {
				t.Errorf("%s: the event has %d messages, of %+v", f.ID, len(e.Records), e.Records)
			}
		default:
			if e.Source != "aws.scheduler" {
				t.Errorf("%s: the event is of %q", f.ID, e.Source)
			}
		}
	}
}

// event is the function's sample event.
func event(t testing.TB, f *template.Function) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, "events", filepath.Base(f.Directory)+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}
