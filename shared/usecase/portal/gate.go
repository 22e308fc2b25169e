package portal

import (
	"context"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/role"
)

// GateStore reads what a client's rights are computed of: its own item, and then the agency with its roles in one request.
type GateStore interface {
	// Portals lists the agencies that the person is a client of.
	Portals(ctx context.Context, user id.User) ([]id.Agency, error)
	// Client reads one relationship; fresh asks for the state as it is now.
	Client(ctx context.Context, agency id.Agency, ref id.Ref, fresh bool) (*client.Client, error)
	// Standing reads the agency and some of its roles in one request, as they are now; roles that do not exist are left out.
	Standing(ctx context.Context, agency id.Agency, which []id.Role) (*agency.Agency, []role.Role, error)
}

// Gate lets clients into the modules of Client Portal. It reads what they have on every request: what was taken a moment ago is
// closed, and no session knows anything of it.
type Gate struct {
	Store GateStore
	Now   func() time.Time
}

// Pass is a client at its agency's portal, with what it may see and do there now.
type Pass struct {
	Agency *agency.Agency
	Client *client.Client
	Rights role.Rights
}

// Enter lets the caller into a module at an agency, "" for the only one that it has. What is not open to the caller, what the agency
// does not have, and an agency that it is no client of, are one and the same fault with code [fault.NotFound].
func (g *Gate) Enter(ctx context.Context, caller identity.Caller, which id.Agency, m role.Module) (*Pass, error) {
	if err := caller.MustSignIn(); err != nil {
		return nil, err
	}
	closed := fault.New(fault.NotFound, "errors.module_closed")
	if which == "" {
		mine, err := g.Store.Portals(ctx, caller.User)
		if err != nil {
			return nil, err
		}
		if len(mine) != 1 {
			return nil, closed
		}
		which = mine[0]
	}
	c, err := g.Store.Client(ctx, which, id.RefOf(which, caller.Email), true)
	if fault.Is(err, fault.NotFound) {
		return nil, closed
	}
	if err != nil {
		return nil, err
	}
	a, roles, err := g.Store.Standing(ctx, which, c.Roles)
	if fault.Is(err, fault.NotFound) {
		return nil, closed
	}
	if err != nil {
		return nil, err
	}
	p := &Pass{Agency: a, Client: c, Rights: role.Effective(c.Subject(a), roles, g.Now())}
	if c.Email != caller.Email || !p.Rights.Has(m) {
		return nil, closed
	}
	return p, nil
}

// May returns nil when the client may do the action; else the fault of [Gate.Enter]: what is not there for it cannot be told from what
// is not there.
func (p *Pass) May(m role.Module, action string) error {
	if !p.Rights.May(m, action) {
		return fault.New(fault.NotFound, "errors.module_closed")
	}
	return nil
}
