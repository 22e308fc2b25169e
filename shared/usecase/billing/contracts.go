package billing

import (
	"cmp"
	"context"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/words"
)

// ContractStore reads relationships.
type ContractStore interface {
	// Client reads one relationship; fresh asks for the state as it is now. Code [fault.NotFound] when there is none.
	Client(ctx context.Context, agency id.Agency, ref id.Ref, fresh bool) (*client.Client, error)
	// Agency reads the agency as it is now. Code [fault.NotFound] when there is none.
	Agency(ctx context.Context, agency id.Agency) (*agency.Agency, error)
}

// Contracts shows people what they buy, without asking the payment service.
type Contracts struct{ Store ContractStore }

// Relationship is the caller's own at the agency, with contract and payment. Faults: [fault.Unauthenticated];
// [fault.NotFound] for an agency that the caller has nothing with.
func (s *Contracts) Relationship(ctx context.Context, caller identity.Caller, agency id.Agency) (*client.Client, error) {
	if err := caller.MustSignInTo("errors.sign_in_to_see_what_you"); err != nil {
		return nil, err
	}
	c, err := s.Store.Client(ctx, agency, id.RefOf(agency, caller.Email), true)
	if fault.Is(err, fault.NotFound) || err == nil && !c.Listed {
		return nil, fault.New(fault.NotFound, "errors.you_have_nothing_with_such_an")
	}
	return c, err
}

// Reads is the language in which the client of a relationship is written to, as [client.Client.Reads] has it. The agency is read only
// where it is for its language to decide.
func (s *Contracts) Reads(ctx context.Context, c *client.Client) (words.Language, error) {
	if l := cmp.Or(c.Language, c.Invite.Language); l != "" {
		return l, nil
	}
	a, err := s.Store.Agency(ctx, c.Agency)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return "", err
	}
	return c.Reads(a), nil
}

// Branded tells whether a contract is shown under the agency's brand: one that is suspended, or gone, shows none.
func (s *Contracts) Branded(ctx context.Context, which id.Agency) (bool, error) {
	a, err := s.Store.Agency(ctx, which)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	return err == nil && !a.Suspended, err
}
