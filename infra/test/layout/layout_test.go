// Package layout_test holds the floor plan, which is the tree itself: a package's floor is the folder that it is in.
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

// floors are the folders of shared/, from the ground up. An import points down, or stays on its floor where the floor
// allows it.
var floors = []struct {
	folder   string
	sideways bool // its packages may import each other
	why      string
}{
	{"shared/domain", true, "values and their rules"},
	{"shared/view", true, "how a page, a mail and a contract read"},
	{"shared/usecase", false, "what people do; no use case imports another"},
	{"shared/adapter", true, "what speaks to the outside"},
	{"shared/frontend", false, "the HTTP API and the pages"},
	{"shared/wire", true, "each part, made once"},
}

// together are the packages that may be imported by their own floor all the same.
var together = []string{"shared/frontend/cookie"}

// outside says who alone may import what from outside of the module.
var outside = []struct {
	prefix string
	by     []string
	why    string
}{
	{"github.com/aws/aws-lambda-go", []string{"shared/adapter/event"}, "only the event adapter knows Lambda"},
	{"github.com/aws/aws-sdk-go-v2", []string{"shared/adapter/", "infra/"}, "only adapters know AWS"},
	{"github.com/aws/smithy-go", []string{"shared/adapter/", "infra/"}, "only adapters know AWS"},
	{"github.com/stripe/stripe-go", []string{"shared/adapter/stripe"}, "only the adapter knows Stripe"},
	{"net/smtp", []string{"shared/adapter/smtp"}, "only the adapter knows SMTP"},
	{"github.com/danielgtaylor/huma", []string{"shared/frontend/api"}, "only the operations know huma"},
}

// technology is what the domain may know of it: what Unicode, IDNA, public suffixes and ULIDs are.
var technology = []string{"github.com/oklog/ulid/v2", "golang.org/x/net/idna", "golang.org/x/net/publicsuffix",
	"golang.org/x/text/unicode/norm"}

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

// floor is the number of the floor that the package is on; -1 for none.
func floor(pkg string) int {
	for n, f := range floors {
		if pkg == f.folder || strings.HasPrefix(pkg, f.folder+"/") {
			return n
		}
	}
	return -1
}

func TestImportsPointDown(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		from := floor(p.ImportPath)
		shared := strings.HasPrefix(p.ImportPath, "shared/")
		if shared && from < 0 {
			t.Errorf("%s stands on no floor: put it into one of the folders", p.ImportPath)
		}
		for _, i := range p.Imports {
			i, within := strings.CutPrefix(i, module)
			if !within {
				continue
			}
			to := floor(i)
			switch {
			case shared && !strings.HasPrefix(i, "shared/"):
				t.Errorf("%s imports %s: shared imports only shared", p.ImportPath, i)
			case strings.HasPrefix(p.ImportPath, "functions/") && !strings.HasPrefix(i, "shared/"):
				t.Errorf("%s imports %s: functions import only shared", p.ImportPath, i)
			case !shared, inside(p.ImportPath, i):
			case to > from:
				t.Errorf("%s imports %s, which is above it", p.ImportPath, i)
			case to == from && !floors[from].sideways && !slices.Contains(together, i):
				t.Errorf("%s imports %s, which is beside it: %s", p.ImportPath, i, floors[from].why)
			}
		}
	}
}

// inside tells whether one of the packages is in the other's folder.
func inside(a, b string) bool {
	return strings.HasPrefix(a+"/", b+"/") || strings.HasPrefix(b+"/", a+"/")
}

func TestOnlyAdaptersKnowTheOutside(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		for _, i := range p.Imports {
			for _, o := range outside {
				if strings.HasPrefix(i, o.prefix) &&
					!slices.ContainsFunc(o.by, func(who string) bool { return strings.HasPrefix(p.ImportPath, who) }) {
					t.Errorf("%s imports %s: %s", p.ImportPath, i, o.why)
				}
			}
		}
	}
}

func TestTheDomainKnowsNoTechnology(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		if floor(p.ImportPath) != 0 {
			continue
		}
		for _, i := range p.Imports {
			if strings.Contains(i, ".") && !strings.HasPrefix(i, module) && !slices.Contains(technology, i) {
				t.Errorf("%s imports %s", p.ImportPath, i)
			}
		}
	}
}
