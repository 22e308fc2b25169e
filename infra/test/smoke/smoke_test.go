package smoke

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"strings"
	"testing"
	"time"

	"latchkey.dev/shared/adapter/event"

	"latchkey.dev/infra/run/binaries"
	"latchkey.dev/infra/run/local"
	"latchkey.dev/infra/run/template"
)

// budget is the most that a deployed binary may have, in bytes.
const budget = 12 << 20

// patience is what may be done with one function before it counts as hung: some ten starts, of 10 ms each on a quiet machine.
const patience = 5 * time.Minute

// bench is the binaries, and the engine that they run against.
type bench struct {
	dir       string
	template  *template.Template // resolved for that engine
	functions map[string]event.Function
}

func prepare(t testing.TB) *bench {
	t.Helper()
	l, err := local.Start(context.Background(), local.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	b := &bench{dir: folder(t, &here)}
	if b.functions, err = l.Functions(); err != nil {
		t.Fatal(err)
	}
	b.template, err = l.Stack.Template.With(func(in *template.Inputs) {
		in.Parameters = maps.Clone(in.Parameters)
		in.Parameters["AwsEndpointUrl"], in.Parameters["Origin"] = l.AWSEndpoint(), "https://portal.example.com"
		in.Parameters["ProvisionerUrl"] = "https://provisioner.example.com" // what stands in is on this machine, and not told here
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// folder is the folder that has every function, which is filled at the first call.
func folder(t testing.TB, m *made) string {
	t.Helper()
	if testing.Short() {
		t.Skip("builds every function")
	}
	dir, err := m.folder()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestMain(m *testing.M) {
	code := m.Run()
	here.remove()
	deployed.remove()
	os.Exit(code)
}

func (b *bench) start(t testing.TB, f *template.Function, variables map[string]string) *binaries.Process {
	t.Helper()
	p, err := binaries.Start(b.dir, b.template, f, variables)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestEveryBinary(t *testing.T) {
	t.Parallel()
	b := prepare(t)
	for _, f := range b.template.Functions {
		t.Run(f.ID, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			b.answers(ctx, t, f)
			b.needs(ctx, t, f)
		})
	}
}

// answers starts the binary and tries it with its sample events, one after the other.
func (b *bench) answers(ctx context.Context, t *testing.T, f *template.Function) {
	t.Helper()
	p := b.start(t, f, binaries.Variables(b.template, f))
	defer p.Stop()
	if _, err := p.Ready(ctx); err != nil {
		t.Errorf("no first poll: %v", err)
		return
	}
	for _, name := range events(f, b.functions[f.ID]) {
		answer, err := p.Invoke(ctx, sample(t, name))
		if err != nil {
			t.Errorf("%s: %v\n%s", name, err, p.Stop())
			return
		}
		var got struct {
			StatusCode        int    `json:"statusCode"`
			Body              string `json:"body"`
			BatchItemFailures *[]struct{}
		}
		if err := json.Unmarshal(answer, &got); err != nil {
			t.Errorf("%s: answered %s", name, answer)
		}
		if len(f.Routes) > 0 && (got.StatusCode < 200 || got.StatusCode > 499) {
			t.Errorf("%s: answered %s", name, answer)
		}
		if len(f.Sources) > 0 && (got.BatchItemFailures == nil || len(*got.BatchItemFailures) > 0) {
			t.Errorf("%s: answered %s", name, answer)
		}
	}
}

// TestEveryDeployedBinaryIsSmall holds what a cold start has to fetch.
func TestEveryDeployedBinaryIsSmall(t *testing.T) {
	t.Parallel()
	dir := folder(t, &deployed)
	for _, f := range declared(t).Functions {
		info, err := os.Stat(binaries.Path(dir, f))
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() > budget {
			t.Errorf("%s has %d bytes, %d are allowed: go tool nm -size -sort size says of what", f.ID, info.Size(), budget)
		}
	}
}

// A binary that lay there from before, or that an older Go has built, has the vulnerabilities that the newer one mends.
func TestFS10NoBinaryIsBuiltByAGoOlderThanTheModuleAsksFor(t *testing.T) {
	t.Parallel()
	for _, m := range []*made{&here, &deployed} {
		dir := folder(t, m)
		for _, f := range declared(t).Functions {
			if err := binaries.Older(root, binaries.Path(dir, f)); err != nil {
				t.Error(err)
			}
		}
	}
}

// optional are the variables that may be empty.
var optional = map[string]bool{"AWS_ENDPOINT_URL": true, "CHECK_MX": true, "SUPPORT_EMAIL": true,
	"PROVISIONER_URL": true, "PROVISIONER_SECRET_PARAMETER": true, "STRIPE_SECRET_PARAMETER": true, "STRIPE_WEBHOOK_SECRET_PARAMETER": true, "STRIPE_API_BASE": true,
	"SES_TENANTS": true, "SES_ACCOUNT": true,
	"STAGE": true, "INSTANCE_TEMPLATE_URL": true, "INSTANCE_ROLE": true, "INSTANCE_PARAMETERS": true}

// needs starts the binary once without each of its variables. It must end and name the variable: one that starts
// nevertheless was given what it does not use, and one that says nothing cannot be mended.
func (b *bench) needs(ctx context.Context, t *testing.T, f *template.Function) {
	t.Helper()
	for name := range f.Environment {
		if optional[name] {
			continue
		}
		variables := binaries.Variables(b.template, f)
		delete(variables, name)
		p := b.start(t, f, variables)
		_, err := p.Ready(ctx)
		output := p.Stop()
		switch {
		case err == nil:
			t.Errorf("it starts without %s: does it need it?", name)
		case !errors.Is(err, binaries.ErrExited) || !strings.Contains(output, name):
			t.Errorf("without %s: %v", name, err)
		}
	}
	if f.Environment["SECRET_PARAMETER"] == "" {
		return
	}
	variables := binaries.Variables(b.template, f)
	variables["SECRET_PARAMETER"] = "/latchkey/nobody-made-it"
	p := b.start(t, f, variables)
	if _, err := p.Ready(ctx); !errors.Is(err, binaries.ErrExited) || !strings.Contains(err.Error(), "/latchkey/nobody-made-it") {
		t.Errorf("with a secret that is missing: %v", err)
	}
	p.Stop()
}
