package api

import (
	"context"
	"net/http"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/role"
	"latchkey.dev/shared/usecase/portal"
	"latchkey.dev/shared/usecase/roles"
	"latchkey.dev/shared/usecase/signin"
)

// OriginBody is a rule by which something is open.
type OriginBody struct {
	Role    string `json:"role,omitempty" doc:"Left out for the user's own rules." example:"rol_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	Name    string `json:"name,omitempty" doc:"The role's name." example:"Client"`
	Through string `json:"through,omitempty" doc:"The action that shows the field, if no rule names the field itself." example:"comment"`
	Until   *Time  `json:"until" doc:"When this rule ends. null if it doesn't."`
}

// IdleBody is a role that somebody has and that gives nothing now.
type IdleBody struct {
	Role      string `json:"role" example:"rol_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	Name      string `json:"name" example:"Contractor"`
	Reason    string `json:"reason" enum:"off,expired"`
	ExpiredAt *Time  `json:"expiredAt" doc:"null for one that is off."`
}

func idleBodies(all []role.Idle) []IdleBody {
	out := []IdleBody{}
	for _, i := range all {
		b := IdleBody{Role: string(i.Role), Name: i.Name, Reason: "off", ExpiredAt: orNull(i.Expired)}
		if b.ExpiredAt != nil {
			b.Reason = "expired"
		}
		out = append(out, b)
	}
	return out
}

// RightBody is an entry, open or closed, and why.
type RightBody struct {
	Module string       `json:"module" example:"contact"`
	Kind   string       `json:"kind" enum:"fields,relations,actions,notices"`
	Entry  string       `json:"entry" example:"phone"`
	Title  string       `json:"title" example:"Phone"`
	Open   bool         `json:"open"`
	Why    []OriginBody `json:"why" doc:"The rules by which it is open."`
	Would  []IdleBody   `json:"would" doc:"Roles of the user that would open it, but give nothing now."`
	Until  *Time        `json:"until" doc:"When it closes. null if it doesn't, or is closed."`
}

// RightsBody is what somebody may see and do.
type RightsBody struct {
	Closed   string      `json:"closed,omitempty" enum:"suspended,not_installed,ended,expired" doc:"Why nothing at all is open."`
	ClosedAt *Time       `json:"closedAt" doc:"When the access expired. Otherwise null."`
	Modules  []string    `json:"modules" doc:"The modules that are open." example:"[\"contact\"]"`
	Items    []RightBody `json:"items" doc:"Every entry of every module, open or closed."`
	Idle     []IdleBody  `json:"idle" doc:"Roles of the user that give nothing now."`
}

func rightsBody(h *roles.Held) RightsBody {
	out := RightsBody{Closed: string(h.Rights.Closed), ClosedAt: orNull(h.Rights.ClosedAt), Modules: []string{}, Items: []RightBody{},
		Idle: idleBodies(h.Rights.Idle)}
	for _, m := range h.Rights.Modules() {
		out.Modules = append(out.Modules, string(m))
	}
	for _, w := range h.All() {
		b := RightBody{Module: string(w.Part.Module), Kind: string(w.Kind), Entry: w.Entry.Key, Title: w.Entry.Title(), Open: w.Open,
			Why: []OriginBody{}, Would: idleBodies(w.Would), Until: orNull(w.Until)}
		for _, o := range w.By {
			b.Why = append(b.Why, OriginBody{string(o.Role), o.Name, o.Through, orNull(o.Until)})
		}
		out.Items = append(out.Items, b)
	}
	return out
}

type rightsInput struct {
	ClientID string `path:"clientId" example:"cl_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
}

type rightsOutput struct{ Body RightsBody }

// GetClientRights says what a client may see and do, and why.
func GetClientRights(auth *signin.Authenticator, rights *roles.Rights) Operation {
	return operation(auth, described{
		id: "getClientRights", method: http.MethodGet, who: identity.ByPortal(identity.ClientsRead, identity.See), tag: tagRoles,
		status: 200, summary: "See what a client may see, and why",
		description: "Every entry, with the roles and rules by which it is open, and until when. For somebody who is invited, what they " +
			"get once they accept.",
		codes: []fault.Code{fault.NotFound},
	}, func(ctx context.Context, caller identity.Caller, in *rightsInput) (*rightsOutput, error) {
		which, err := id.ParseClient(in.ClientID)
		if err != nil {
			return nil, err
		}
		h, err := rights.Of(ctx, caller, which)
		if err != nil {
			return nil, err
		}
		return &rightsOutput{rightsBody(h)}, nil
	})
}

type lookInput struct {
	Client string   `query:"client" doc:"A client to look as." example:"cl_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	Role   []string `query:"role" maxItems:"10" doc:"Or up to 10 roles, by commas, as somebody with them would see it."`
}

// LookBody is a portal as somebody sees it.
type LookBody struct {
	Portal PortalBody `json:"portal"`
	Rights RightsBody `json:"rights"`
}

type lookOutput struct{ Body LookBody }

// PreviewAsClient shows the portal as a client sees it, or as somebody with roles would.
func PreviewAsClient(auth *signin.Authenticator, rights *roles.Rights) Operation {
	return operation(auth, described{
		id: "previewAsClient", method: http.MethodGet, who: identity.ByPortal(identity.ClientsRead, identity.See), tag: tagRoles,
		status: 200, summary: "See the portal as a client does",
		description: "The portal as this client sees it, or as somebody with these roles would. It never counts as a visit.",
		codes:       []fault.Code{fault.Invalid, fault.NotFound},
	}, func(ctx context.Context, caller identity.Caller, in *lookInput) (*lookOutput, error) {
		l, err := lookOf(in.Client, in.Role)
		if err != nil {
			return nil, err
		}
		h, err := rights.Preview(ctx, caller, l)
		if err != nil {
			return nil, err
		}
		b := PortalBody{Agency: agencyBody(h.Agency), Access: string(portal.Full), Instances: []PortalItem{}, Services: []PortalItem{},
			Agencies: []*AgencyBody{}, Modules: texts(h.Rights.Modules())}
		if h.Client != nil {
			v := portal.PreviewOf(h.Agency, h.Client, h.Resources, h.Now)
			b.Access, b.Instances, b.Services = string(v.Access), items(v.Instances, h.Now), items(v.Services, h.Now)
			v.Client = h.Client
			b.Ended = endedAccess(v)
		}
		return &lookOutput{LookBody{b, rightsBody(h)}}, nil
	})
}

// lookOf reads whom somebody wants to look as.
func lookOf(client string, wanted []string) (roles.Look, error) {
	var l roles.Look
	var err error
	if client != "" {
		if l.Client, err = id.ParseClient(client); err != nil {
			return l, err
		}
	}
	for _, s := range wanted {
		r, err := id.ParseRole(s)
		if err != nil {
			return l, err
		}
		l.Roles = append(l.Roles, r)
	}
	return l, nil
}
