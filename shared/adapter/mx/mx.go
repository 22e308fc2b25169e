// Package mx finds out from DNS whether a domain takes mail.
package mx

import (
	"context"
	"errors"
	"net"

	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/domain/sender"
	"latchkey.dev/shared/domain/words"
)

// Domains looks up where mail for a domain goes.
type Domains interface {
	// TakesMail returns a *sender.Refusal when the domain does not exist or says that it takes no mail; any other error means that it
	// could not be found out.
	TakesMail(ctx context.Context, domain string) error
}

// Open is a resolver where the variable CHECK_MX is "true", and Unasked otherwise.
func Open(env *environment.Environment) Domains {
	if env.Optional("CHECK_MX") != "true" {
		return Unasked{}
	}
	return Resolver{net.DefaultResolver}
}

// Unasked takes every domain for one that takes mail, and asks nobody.
type Unasked struct{}

// TakesMail returns nil.
func (Unasked) TakesMail(context.Context, string) error { return nil }

// Resolver asks DNS.
type Resolver struct{ DNS *net.Resolver }

// TakesMail looks the domain's mail servers up: MX records, else its address (RFC 5321 section 5.1). It returns a
// *sender.Refusal when the domain does not exist, or publishes a null MX (RFC 7505); any other error means that it
// could not be found out.
func (r Resolver) TakesMail(ctx context.Context, domain string) error {
	records, err := r.DNS.LookupMX(ctx, domain+".")
	if len(records) == 1 && (records[0].Host == "." || records[0].Host == "") {
		return &sender.Refusal{Reason: words.Say("delivery.no_email", "domain", domain)}
	}
	if len(records) > 0 {
		return nil
	}
	var dns *net.DNSError
	if !errors.As(err, &dns) || !dns.IsNotFound {
		return err
	}
	if _, err := r.DNS.LookupHost(ctx, domain+"."); err != nil {
		if errors.As(err, &dns) && dns.IsNotFound {
			return &sender.Refusal{Reason: words.Say("delivery.no_domain", "domain", domain)}
		}
		return err
	}
	return nil
}
