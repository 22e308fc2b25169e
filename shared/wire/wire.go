// Package wire makes the product's parts out of what a function is told by its environment; the packages below make its
// functions out of the parts. It is the only wiring of the code: a main starts one of the functions, and the local run and the
// suites host the same ones. What the functions are invoked by is in the templates.
//
// A program initializes every package that it imports, used or not, so that what a function does not need must not be
// imported by the package that makes it. Operations, pages and workers are apart for that; so are those that need less than the
// parts here (health, site, intake), and those whose adapters weigh (mail, relay, provision,
// settings, upload).
package wire

import (
	"context"
	"crypto/x509"
	"net/http"

	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/egress"
	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/usecase/billing"
	"latchkey.dev/shared/wire/intake"
)

// Parts makes each part when it is first asked for, from the environment. It must never be put into an interface: then the
// linker drops what a function does not ask for.
type Parts struct {
	*intake.Parts
	Outside

	table  *dynamo.Table
	secret []byte
}

// From makes the parts of an environment.
func From(env *environment.Environment, o Outside) *Parts {
	return &Parts{Parts: intake.From(env), Outside: o}
}

// Outside takes the place of what is outside of the deployment, for the local run and the suites. What is nil is the real one.
type Outside struct {
	// Payments is asked in the place of Stripe, where a key of Stripe's is given at all.
	Payments billing.Provider
	// Egress judges which addresses may be called. Nil is the strict one: no template can set another.
	Egress *egress.Policy
	// N8N and Program carry the calls to n8n instances and to the operator's program in the place of the network.
	N8N, Program http.RoundTripper
	// Hooks carries events to agencies' webhook endpoints.
	Hooks http.RoundTripper
	// Accounts carries the calls to those by whose accounts people sign in.
	Accounts http.RoundTripper
	// MailRoots are whom certificates of agencies' own mail servers are signed by, in the place of those that this machine trusts.
	MailRoots *x509.CertPool
	// Domains is asked in the place of DNS whether a domain takes mail.
	Domains Domains
}

// Domains is delivery.Domains, without the letters that come with that package.
type Domains interface {
	TakesMail(ctx context.Context, domain string) error
}

// Table is the deployment's table.
func (p *Parts) Table() *dynamo.Table {
	if p.table == nil {
		p.table = dynamo.Open(p.AWS("dynamodb"), p.String("TABLE_NAME"), p.Now)
	}
	return p.table
}

// Egress judges which addresses outside may be called.
func (p *Parts) Egress() egress.Policy {
	if p.Outside.Egress != nil {
		return *p.Outside.Egress
	}
	policy, err := egress.FromProcess(p.Optional)
	if err != nil {
		p.Fail(err)
	}
	return policy
}
