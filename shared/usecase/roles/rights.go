package roles

import (
	"context"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/role"
)

// RightsStore reads what rights are computed of. It writes nothing, so that whoever looks as somebody leaves no trace of a visit.
type RightsStore interface {
	client.Gatekeeper
	// ResourcesByID reads some of the agency's resources; those that do not exist are left out.
	ResourcesByID(ctx context.Context, agency id.Agency, ids []id.Resource) (map[id.Resource]instance.Resource, error)
}

// Rights says what external users may see and do, and why.
type Rights struct {
	Store RightsStore
	Now   func() time.Time
}

// Held is what somebody has of the portal at a moment. Of roles that nobody has, Client is nil.
type Held struct {
	Agency    *agency.Agency
	Client    *client.Client
	Roles     []role.Role // those that are asked about and exist
	Rights    role.Rights
	Resources map[id.Resource]instance.Resource // what is granted, beside the modules
	Now       time.Time
}

// Why is an entry of a module that exists, open or not, with all that there is to say about it.
type Why struct {
	Part  *role.Part
	Kind  role.Kind
	Entry role.Entry
	Open  bool
	By    []role.Origin // the rules by which it is open
	Would []role.Idle   // the roles that would open it, and are off or over
	Until time.Time     // when it closes; zero for never, or closed already
}

// All lists every entry of the modules that exist.
func (h *Held) All() []Why {
	var out []Why
	for _, p := range role.Open() {
		for _, k := range role.Kinds() {
			for _, e := range p.List(k) {
				out = append(out, Why{p, k, e, h.Rights.Opens(p.Module, k, e.Key), h.Rights.Why(p.Module, k, e.Key),
					h.Rights.Would(p.Module, k, e.Key), h.Rights.Until(p.Module, k, e.Key)})
			}
		}
	}
	return out
}

// Of says what a client may see and do now. Faults: [fault.Unauthenticated], [fault.Forbidden]; [fault.NotFound] also where the agency
// does not have Client Portal.
func (r *Rights) Of(ctx context.Context, caller identity.Caller, which id.Client) (*Held, error) {
	if err := caller.MayPortal(identity.ClientsRead, identity.See); err != nil {
		return nil, err
	}
	return r.of(ctx, caller.Agency, which)
}

func (r *Rights) of(ctx context.Context, at id.Agency, which id.Client) (*Held, error) {
	c, err := r.Store.Client(ctx, at, which.Ref(), true)
	if err != nil {
		return nil, err
	}
	if c.ID != which || c.Erased() || !c.Listed {
		return nil, fault.New(fault.NotFound, "errors.there_is_no_such_client")
	}
	h, err := r.standing(ctx, at, c.OutlookRoles())
	if err != nil {
		return nil, err
	}
	h.Client, h.Rights = c, c.Outlook(h.Agency, h.Roles, h.Now)
	return h, nil
}

func (r *Rights) standing(ctx context.Context, at id.Agency, wanted []id.Role) (*Held, error) {
	a, roles, err := r.Store.Standing(ctx, at, wanted)
	if err != nil {
		return nil, err
	}
	if err := a.MayPortal(); err != nil {
		return nil, err
	}
	return &Held{Agency: a, Roles: roles, Now: r.Now()}, nil
}

// Look is whom somebody wants to see the portal as: a client, or somebody with roles, as a line of an invite has them.
type Look struct {
	Client id.Client
	Roles  []id.Role
}

// Preview is what the portal of the agency shows to a client, or to somebody with roles. It is no visit: nothing is marked as seen.
// A role that is off is looked at as if it were on, when it is looked at by itself. Faults: those of Of; [fault.Invalid] for a
// look at nobody, or at both.
func (r *Rights) Preview(ctx context.Context, caller identity.Caller, l Look) (*Held, error) {
	if err := caller.MayPortal(identity.ClientsRead, identity.See); err != nil {
		return nil, err
	}
	switch {
	case (l.Client == "") == (len(l.Roles) == 0):
		return nil, fault.InField("client", "errors.look_at_one")
	case len(l.Roles) > client.MaxRoles:
		return nil, fault.InField("role", "errors.look_at_fewer", "most", client.MaxRoles)
	case l.Client == "":
		h, err := r.standing(ctx, caller.Agency, l.Roles)
		if err != nil {
			return nil, err
		}
		for _, want := range l.Roles {
			if find(h.Roles, want) == nil {
				return nil, fault.New(fault.NotFound, "errors.there_is_no_such_role")
			}
		}
		shown := h.Roles
		if len(l.Roles) == 1 && !shown[0].Active {
			one := shown[0]
			one.Active = true
			shown = []role.Role{one}
		}
		h.Rights = role.Effective(role.Subject{Suspended: h.Agency.Suspended, Installed: true}, shown, h.Now)
		return h, nil
	}
	h, err := r.of(ctx, caller.Agency, l.Client)
	if err != nil {
		return nil, err
	}
	var ids []id.Resource
	for _, g := range h.Client.Open() {
		ids = append(ids, g.Resource)
	}
	if len(ids) > 0 {
		h.Resources, err = r.Store.ResourcesByID(ctx, caller.Agency, ids)
	}
	return h, err
}

func find(all []role.Role, which id.Role) *role.Role {
	for i := range all {
		if all[i].ID == which {
			return &all[i]
		}
	}
	return nil
}
