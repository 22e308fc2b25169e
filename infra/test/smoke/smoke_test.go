package smoke

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"latchkey.dev/infra/run/local"
	"latchkey.dev/infra/run/template"
)

// budget is the most that a stripped binary may have, in bytes. The design's 12 MiB are those of arm64, which is what is
// deployed; for the machine of the test, which may be another, the same program has up to a tenth more.
const budget = 12 << 20 * 11 / 10

// patience is what may be done with one function before it counts as hung: some ten starts, of 10 ms each on a quiet machine.
const patience = 5 * time.Minute

// bench is the binaries, and the engine that they run against.
type bench struct {
	dir      string
	template *template.Template // resolved for that engine
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
	b := &bench{dir: binaries(t)}
	b.template, err = l.Stack.Template.With(func(in *template.Inputs) {
		in.Parameters = maps.Clone(in.Parameters)
		in.Parameters["AwsEndpointUrl"], in.Parameters["Origin"] = l.AWSEndpoint(), "https://portal.example.com"
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// binaries is the folder that has every function, which is built at the first call.
func binaries(t testing.TB) string {
	t.Helper()
	if testing.Short() {
		t.Skip("builds every function")
	}
	if err := built(); err != nil {
		t.Fatal(err)
	}
	return outcome
}

func TestMain(m *testing.M) {
	code := m.Run()
	if outcome != "" {
		_ = os.RemoveAll(outcome)
	}
	os.Exit(code)
}

// variables are those that the template gives to the function, and Lambda's own.
func (b *bench) variables(f *template.Function) map[string]string {
	all := maps.Clone(f.Environment)
	maps.Copy(all, map[string]string{
		"AWS_REGION": b.template.Inputs.Region, "AWS_DEFAULT_REGION": b.template.Inputs.Region, "AWS_ACCESS_KEY_ID": "test",
		"AWS_SECRET_ACCESS_KEY": "test", "AWS_SESSION_TOKEN": "test", "AWS_LAMBDA_FUNCTION_NAME": f.Name,
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": fmt.Sprint(f.MemoryMB), "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST", "TZ": ":UTC",
	})
	return all
}

func (b *bench) launch(ctx context.Context, f *template.Function, variables map[string]string) (*process, error) {
	in := b.template.Inputs
	arn := "arn:" + in.Partition + ":lambda:" + in.Region + ":" + in.Account + ":function:" + f.Name
	return launch(ctx, filepath.Join(b.dir, filepath.Base(f.Directory)), arn, f.Timeout, variables)
}

func TestEveryBinary(t *testing.T) {
	t.Parallel()
	b := prepare(t)
	for _, f := range b.template.Functions {
		t.Run(f.ID, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			info, err := os.Stat(filepath.Join(b.dir, filepath.Base(f.Directory)))
			if err != nil {
				t.Fatal(err)
			}
			if info.Size() > budget {
				t.Errorf("the binary has %.1f MB", float64(info.Size())/(1<<20))
			}
			b.answers(ctx, t, f)
			b.needs(ctx, t, f)
		})
	}
}

// answers starts the binary and tries it with its sample event.
func (b *bench) answers(ctx context.Context, t *testing.T, f *template.Function) {
	t.Helper()
	p, err := b.launch(ctx, f, b.variables(f))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.ready(ctx); err != nil {
		t.Errorf("no first poll: %v\n%s", err, p.stop())
		return
	}
	answer, _, err := p.invoke(ctx, event(t, f))
	output := p.stop()
	if err != nil {
		t.Errorf("%v\n%s", err, output)
		return
	}
	var got struct {
		StatusCode        int    `json:"statusCode"`
		Body              string `json:"body"`
		BatchItemFailures *[]struct{}
	}
	if err := json.Unmarshal(answer, &got); err != nil {
		t.Errorf("answered %s", answer)
	}
	if len(f.Routes) > 0 && (got.StatusCode < 200 || got.StatusCode > 499) {
		t.Errorf("answered %s\n%s", answer, output)
	}
	if len(f.Sources) > 0 && (got.BatchItemFailures == nil || len(*got.BatchItemFailures) > 0) {
		t.Errorf("answered %s\n%s", answer, output)
	}
}

// optional are the variables that may be empty.
var optional = map[string]bool{"AWS_ENDPOINT_URL": true, "CHECK_MX": true, "SUPPORT_EMAIL": true,
	"PROVISIONER_URL": true, "PROVISIONER_SECRET_PARAMETER": true, "STRIPE_SECRET_PARAMETER": true, "STRIPE_WEBHOOK_SECRET_PARAMETER": true, "STRIPE_API_BASE": true,
	"STAGE": true, "INSTANCE_TEMPLATE_URL": true, "INSTANCE_ROLE": true, "INSTANCE_PARAMETERS": true}

// needs starts the binary once without each of its variables. It must end and name the variable: one that starts
// nevertheless was given what it does not use, and one that says nothing cannot be mended.
func (b *bench) needs(ctx context.Context, t *testing.T, f *template.Function) {
	t.Helper()
	for name := range f.Environment {
		if optional[name] {
			continue
		}
		variables := b.variables(f)
		delete(variables, name)
		p, err := b.launch(ctx, f, variables)
		if err != nil {
			t.Fatal(err)
		}
		_, err = p.ready(ctx)
		output := p.stop()
		switch {
		case err == nil:
			t.Errorf("it starts without %s: does it need it?", name)
		case !errors.Is(err, errExited) || !strings.Contains(output, name):
			t.Errorf("without %s: %v", name, err)
		}
	}
	if f.Environment["SECRET_PARAMETER"] == "" {
		return
	}
	variables := b.variables(f)
	variables["SECRET_PARAMETER"] = "/latchkey/nobody-made-it"
	p, err := b.launch(ctx, f, variables)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.ready(ctx); !errors.Is(err, errExited) || !strings.Contains(err.Error(), "/latchkey/nobody-made-it") {
		t.Errorf("with a secret that is missing: %v", err)
	}
	p.stop()
}
