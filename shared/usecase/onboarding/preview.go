package onboarding

import (
	"context"
	"strings"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/invite"
)

// Preview is what an invite would offer, before it is sent.
type Preview struct {
	Agency    *agency.Agency
	Offer     client.Offer // without an Email where none was typed yet
	Resources map[id.Resource]instance.Resource
}

// nobody stands for the address while none is typed.
const nobody = "nobody@example.com"

// Preview checks a draft as Send does, and changes nothing: one read, and one more of the prices for a client that pays. Faults: [fault.Invalid] with the field,
// [fault.PaymentsOff].
func (s *Inviter) Preview(ctx context.Context, caller identity.Caller, d Draft) (*Preview, error) {
	blank := strings.TrimSpace(d.Email) == ""
	if blank {
		d.Email = nobody
	}
	offer, err := d.check()
	if err != nil {
		return nil, err
	}
	if blank {
		offer.Email = ""
	}
	if offer.Contract, err = s.contract(ctx, d.Order); err != nil {
		return nil, err
	}
	desk, err := s.Store.Desk(ctx, caller.Agency, Wanted{Resources: resources(d.Grants)})
	if err != nil {
		return nil, err
	}
	if desk.Agency == nil {
		return nil, errNoClient
	}
	if offer.Grants, err = granted(d.Grants, desk); err != nil {
		return nil, err
	}
	offer.From = invite.Sender{AgencyName: desk.Agency.Name, Color: desk.Agency.Color, LogoURL: desk.Agency.LogoURL, Member: caller.Member}
	return &Preview{desk.Agency, offer, desk.Resources}, nil
}
