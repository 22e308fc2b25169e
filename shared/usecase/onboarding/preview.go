package onboarding

import (
	"context"
	"strings"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/instance"
)

// Preview is what an invite would offer, before it is sent.
type Preview struct {
	Agency    *agency.Agency
	Offer     client.Offer // without an Email where none was typed yet
	Resources map[id.Resource]instance.Resource
}

// nobody stands for the address while none is typed.
const nobody = "nobody@example.com"

// Previewer shows what an invite would offer, before it is sent.
type Previewer struct {
	Store  PreviewStore
	Prices Quoter
}

// Preview checks a draft as Send does, and changes nothing: one read, and one more of the prices for a client that pays.
// Faults: [fault.Invalid] with the field, [fault.PaymentsOff].
func (s *Previewer) Preview(ctx context.Context, caller identity.Caller, d Draft) (*Preview, error) {
	if err := caller.MayPortal(identity.InvitesRead, identity.See); err != nil {
		return nil, err
	}
	blank := strings.TrimSpace(d.Email) == ""
	if blank {
		d.Email = nobody
	}
	offer, form := d.check()
	if fault.As(form) == nil && form != nil {
		return nil, form
	}
	if blank {
		offer.Email = ""
	}
	seen, err := s.Store.Snapshot(ctx, caller.Agency, Query{Member: caller.Member, Resources: resources(d.Grants)})
	if err != nil {
		return nil, err
	}
	if seen.Agency == nil {
		return nil, errNoClient
	}
	offer.Grants, err = granted(d.Grants, seen)
	if err := fault.Together(form, oneself(seen.Member, caller, offer.Email), err); err != nil {
		return nil, err
	}
	if offer.Contract, err = quote(ctx, s.Prices, d.Order); err != nil {
		return nil, err
	}
	offer.From = sender(seen, caller)
	return &Preview{seen.Agency, offer, seen.Resources}, nil
}
