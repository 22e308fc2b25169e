package local

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"latchkey.dev/shared/adapter/dns"
	"latchkey.dev/shared/adapter/egress"
	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/adapter/smtp"
	"latchkey.dev/shared/wire"
)

// choices are the operator's: what is asked for next depends on whether they are made.
var choices = [][]string{nil, {"INSTANCE_TEMPLATE_URL"}, {"INSTANCE_TEMPLATE_URL", "PROVISIONER_URL"}, {"STRIPE_SECRET_PARAMETER"}}

// TestTemplatesGiveEachFunctionWhatItAsksFor makes each function and notes which variables are looked up: those and no others
// stand in the templates.
func TestTemplatesGiveEachFunctionWhatItAsksFor(t *testing.T) {
	t.Parallel()
	l, err := Start(t.Context(), Options{InProcess: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, f := range l.Stack.Template.Functions {
		asked := map[string]bool{}
		for _, unmade := range choices {
			env := environment.New(func(name string) string {
				asked[name] = true
				switch {
				case slices.Contains(unmade, name):
					return ""
				case name == "INSTANCE_TEMPLATE_URL" || name == "PROVISIONER_URL":
					return "https://example.com/it"
				case name == "INSTANCE_PARAMETERS":
					return ""
				case name == "GOOGLE_CLIENT_ID" || name == "MICROSOFT_CLIENT_ID": // set up, besides the run's own provider
					return "client"
				case name == "GOOGLE_SECRET_PARAMETER" || name == "MICROSOFT_SECRET_PARAMETER":
					return l.env.Optional("ISSUER_SECRET_PARAMETER")
				}
				return l.env.Optional(name)
			})
			env.HTTPClient = l.env.HTTPClient
			methods, err := made(wire.From(env, wire.Outside{}))
			if err != nil {
				t.Fatal(err)
			}
			methods[strings.ToLower(f.ID)]()
		}
		maps.DeleteFunc(asked, func(name string, _ bool) bool {
			standIns := []string{egress.Variable, dns.Variable, smtp.Variable}
			return slices.Contains(standIns, name) || strings.HasPrefix(name, "AWS_")
		})
		// every function has it
		given := slices.DeleteFunc(slices.Sorted(maps.Keys(f.Environment)), func(name string) bool { return name == "AWS_ENDPOINT_URL" })
		asks := slices.Sorted(maps.Keys(asked))
		if !slices.Equal(asks, given) {
			t.Errorf("%s asks for %v and is given %v", f.ID, asks, given)
		}
	}
}
