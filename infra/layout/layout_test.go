// Package layout_test holds the floor plan: which package may import which.
package layout_test

import (
	"bytes"
	"encoding/json"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "latchkey.dev/"

// floors are the packages of shared/, from the ground up. An import points to a lower floor, never to a higher one or
// along the same.
var floors = [][]string{
	{"fault", "secret", "cookie", "money", "seal"},
	{"email", "conflict", "text", "idempotency", "problem", "payment"},
	{"id", "contract", "subscription"},
	{"agency", "instance", "identity", "audit", "job", "link"}, // values and their rules
	{"invite", "provision"},                                    // the grant and contract, the making of what was bought
	{"client"},                                                 // the relationship
	{"environment", "page", "picture", "receipt"},              // what surrounds a function, how a page looks, what becomes of an uploaded logo, a contract in words
	{"letter"}, // how a mail reads
	{"signin", "onboarding", "portal", "account", "office", "delivery", "sweep", "care", "billing", "provisioning", "activity", "connection"}, // use cases
	{"dynamo", "sqs", "ses", "ssm", "mx", "event", "stripe", "n8n", "provisioner", "cloudformation"},                                          // adapters
	{"api", "web"}, // operations and pages
}

// outside says who alone may import what from outside of the module.
var outside = []struct {
	prefix string
	by     []string
	why    string
}{
	{"github.com/aws/aws-lambda-go", []string{"shared/event"}, "only the event adapter knows Lambda"},
	{"github.com/aws/aws-sdk-go-v2", []string{"shared/dynamo", "shared/sqs", "shared/ses", "shared/ssm", "shared/cloudformation", "shared/environment", "infra/"}, "only adapters know AWS"},
	{"github.com/aws/smithy-go", []string{"shared/dynamo", "shared/sqs", "shared/ses", "shared/ssm", "shared/cloudformation", "infra/"}, "only adapters know AWS"},
	{"github.com/stripe/stripe-go", []string{"shared/stripe"}, "only the adapter knows Stripe"},
	{"github.com/danielgtaylor/huma", []string{"shared/api"}, "only the operations know huma"},
}

type listed struct {
	ImportPath string
	Imports    []string
}

func packages(t *testing.T) []listed {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", module+"...").Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []listed
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := d.Decode(&p); err == io.EOF {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		p.ImportPath = strings.TrimPrefix(p.ImportPath, module)
		all = append(all, p)
	}
}

func TestImportsPointDown(t *testing.T) {
	t.Parallel()
	floor := map[string]int{}
	for n, rooms := range floors {
		for _, r := range rooms {
			floor["shared/"+r] = n
		}
	}
	for _, p := range packages(t) {
		from, ours := floor[p.ImportPath]
		if strings.HasPrefix(p.ImportPath, "shared/") && strings.Count(p.ImportPath, "/") == 1 && !ours {
			t.Errorf("%s stands on no floor: add it to the plan", p.ImportPath)
		}
		for _, i := range p.Imports {
			to, within := strings.CutPrefix(i, module)
			switch {
			case !within:
			case strings.HasPrefix(p.ImportPath, "shared/") && !strings.HasPrefix(to, "shared/"):
				t.Errorf("%s imports %s: shared imports only shared", p.ImportPath, to)
			case strings.HasPrefix(p.ImportPath, "functions/") && !strings.HasPrefix(to, "shared/"):
				t.Errorf("%s imports %s: functions import only shared", p.ImportPath, to)
			case ours && floor[to] >= from:
				t.Errorf("%s imports %s, which is not below it", p.ImportPath, to)
			}
		}
	}
}

func TestOnlyAdaptersKnowTheOutside(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		for _, i := range p.Imports {
			for _, o := range outside {
				if strings.HasPrefix(i, o.prefix) && !slices.ContainsFunc(o.by, func(who string) bool { return strings.HasPrefix(p.ImportPath, who) }) {
					t.Errorf("%s imports %s: %s", p.ImportPath, i, o.why)
				}
			}
		}
	}
}

// TestTheDomainKnowsNoTechnology keeps the ground floors to the standard library, and to the few modules that know
// what Unicode, IDNA and ULIDs are.
func TestTheDomainKnowsNoTechnology(t *testing.T) {
	t.Parallel()
	allowed := []string{"github.com/oklog/ulid/v2", "golang.org/x/net/idna", "golang.org/x/text/unicode/norm"}
	domain := map[string]bool{}
	for _, rooms := range floors[:6] {
		for _, r := range rooms {
			domain["shared/"+r] = true
		}
	}
	for _, p := range packages(t) {
		if !domain[p.ImportPath] {
			continue
		}
		for _, i := range p.Imports {
			if strings.Contains(i, ".") && !strings.HasPrefix(i, module) && !slices.Contains(allowed, i) {
				t.Errorf("%s imports %s", p.ImportPath, i)
			}
		}
	}
}
