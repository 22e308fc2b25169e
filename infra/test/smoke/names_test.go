package smoke

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"latchkey.dev/infra/run/local"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/frontend/api"
	"latchkey.dev/shared/frontend/web"

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

// hosted are the functions in this process, by their logical ids.
func hosted(t *testing.T) map[string]event.Function {
	t.Helper()
	l, err := local.Start(t.Context(), local.Options{InProcess: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	all, err := l.Functions()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// events are the names of a function's sample events: that of each operation or page which it serves, and else its own.
func events(f *template.Function, hosted event.Function) []string {
	var all []string
	switch h := event.HandlerOf(hosted).(type) {
	case *api.Resource:
		for _, o := range h.Operations {
			all = append(all, kebab(o.ID))
		}
	case *web.Page:
		all = append(all, kebab(h.ID))
	case *web.Redirect:
		all = append(all, kebab(h.ID))
	default:
		all = append(all, filepath.Base(f.Directory))
	}
	return all
}

var words = regexp.MustCompile(`([a-z])([A-Z])`)

// kebab is an id as files are named: listAPIKeys is list-api-keys.
func kebab(id string) string {
	return strings.ToLower(words.ReplaceAllString(strings.ReplaceAll(id, "API", "Api"), "$1-$2"))
}

func sample(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, "events", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestDirectoriesLogicalIDsAndEventsAreTheSame(t *testing.T) {
	t.Parallel()
	there, err := directories()
	if err != nil {
		t.Fatal(err)
	}
	functions := hosted(t)
	var want []string
	leaves, expected := map[string]string{}, map[string]string{}
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
		for _, event := range events(f, functions[f.ID]) {
			expected[event] = f.ID
		}
	}
	for _, d := range want {
		if !slices.Contains(there, d) {
			t.Errorf("the templates' function %s has no directory", d)
		}
	}
	for _, d := range there {
		if !slices.Contains(want, d) {
			t.Errorf("the directory %s has no function in the templates", d)
		}
	}
	files, err := filepath.Glob(filepath.Join(root, "events", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		if expected[name] == "" {
			t.Errorf("events/%s belongs to no operation, page or worker", filepath.Base(file))
		}
		delete(expected, name)
	}
	for name, id := range expected {
		t.Errorf("%s has no event events/%s.json", id, name)
	}
}

// What a function is made of stands in wire, where the local run and the suites find it too.
func TestMainsStartTheirFunctionAndDoNothingElse(t *testing.T) {
	t.Parallel()
	started := regexp.MustCompile(`\A// Command ([a-z0-9-]+) (?:.*\n(?://.*\n)*)package main\n\n` +
		`import "latchkey\.dev/shared/(?:wire|wire/\w+)"\n\nfunc main\(\) \{ (\w+)\.Start\((\w+)\.Functions\.(\w+)\) \}\n\z`)
	for _, f := range declared(t).Functions {
		source, err := os.ReadFile(filepath.Join(root, f.Directory, "main.go"))
		if err != nil {
			t.Error(err)
			continue
		}
		found := started.FindStringSubmatch(string(source))
		switch {
		case found == nil:
			t.Errorf("%s/main.go is not a comment on Command, one import of wire, and a main that starts one of its Functions", f.Directory)
		case found[1] != filepath.Base(f.Directory) || !strings.EqualFold(found[4], f.ID): // Go writes APIKey what is ApiKey there
			t.Errorf("%s/main.go is about %s and starts %s; it should start %s", f.Directory, found[1], found[4], f.ID)
		}
		if files, err := filepath.Glob(filepath.Join(root, f.Directory, "*")); err != nil || len(files) != 1 {
			t.Errorf("%s has %v besides its main: %v", f.Directory, files, err)
		}
	}
}

func TestEventsAreOfTheirFunctionsTrigger(t *testing.T) {
	t.Parallel()
	functions := hosted(t)
	for _, f := range declared(t).Functions {
		for _, name := range events(f, functions[f.ID]) {
			triggered(t, f, name)
		}
	}
}

func triggered(t *testing.T, f *template.Function, name string) {
	t.Helper()
	var e struct {
		RouteKey       string            `json:"routeKey"`
		PathParameters map[string]string `json:"pathParameters"`
		RawPath        string            `json:"rawPath"`
		Records        []struct {
			Source string `json:"eventSourceARN"`
		} `json:"Records"`
		Source string `json:"source"`
	}
	if err := json.Unmarshal(sample(t, name), &e); err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	switch {
	case len(f.Routes) > 0:
		if e.RouteKey != f.Routes[0].Key() {
			t.Errorf("%s: the event is of %q, the route of %s is %q", name, e.RouteKey, f.ID, f.Routes[0].Key())
		}
		path := f.Routes[0].Path
		for name, value := range e.PathParameters {
			path = strings.Replace(path, "{"+name+"}", value, 1)
		}
		if path != e.RawPath && path != "$default" {
			t.Errorf("%s: the event's path is %s, its parameters make %s", name, e.RawPath, path)
		}
	case len(f.Sources) > 0:
		if len(e.Records) == 0 || e.Records[0].Source != f.Sources[0].Queue {
			t.Errorf("%s: the event has %d messages, of %+v", name, len(e.Records), e.Records)
		}
	default:
		if e.Source != "aws.scheduler" {
			t.Errorf("%s: the event is of %q", name, e.Source)
		}
	}
}
