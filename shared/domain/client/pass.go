package client

import (
	"context"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/role"
)

// Gatekeeper reads what a client's rights are computed of. What is not there is a fault with code [fault.NotFound].
type Gatekeeper interface {
	// Client reads one relationship; fresh asks for the state as it is now.
	Client(ctx context.Context, agency id.Agency, ref id.Ref, fresh bool) (*Client, error)
	// Standing reads the agency and some of its roles in one request, as they are now; roles that do not exist are left out.
	Standing(ctx context.Context, agency id.Agency, which []id.Role) (*agency.Agency, []role.Role, error)
}

// Pass is a client at its agency's portal, with what it may see and do there at a moment.
type Pass struct {
	Agency *agency.Agency
	Client *Client
	Rights role.Rights
}

// Enter reads what the person with the address is to the agency, and what is open to it there: its own item, and the agency with its
// roles in one request. It is done anew with every request: what was taken a moment ago is closed, and no session knows anything of it.
//
// Faults: [fault.NotFound] for who is nothing to the agency, and for an agency that is not there.
func Enter(ctx context.Context, by Gatekeeper, which id.Agency, who email.Address, now time.Time) (*Pass, error) {
	c, err := by.Client(ctx, which, id.RefOf(which, who), true)
	if err != nil {
		return nil, err
	}
	if c.Email != who { // it has been erased, or two addresses are at one ref, see [id.Ref]
		return nil, fault.New(fault.NotFound, "errors.there_is_no_such_client")
	}
	a, roles, err := by.Standing(ctx, which, c.Roles)
	if err != nil {
		return nil, err
	}
	return &Pass{Agency: a, Client: c, Rights: role.Effective(c.Subject(a), roles, now)}, nil
}

// Outlook is what is open to a client at a moment, or will be once it accepts.
func (c *Client) Outlook(at *agency.Agency, roles []role.Role, now time.Time) role.Rights {
	s := c.Subject(at)
	if c.At(now) == Pending {
		s.Ended, s.ExpiresAt = false, c.Invite.AccessUntil
	}
	return role.Effective(s, roles, now)
}

// OutlookRoles are the roles that it has, or will have once it accepts.
func (c *Client) OutlookRoles() []id.Role {
	if c.Joined() {
		return c.Roles
	}
	return c.Invite.Roles
}
