package api

import (
	"context"
	"net/http"
	"time"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/role"
	"latchkey.dev/shared/usecase/roles"
	"latchkey.dev/shared/usecase/signin"
)

// ListsBody are the entries that rules give of one module.
type ListsBody struct {
	Fields    []string `json:"fields,omitempty" doc:"What users see." example:"[\"name\",\"email\"]"`
	Relations []string `json:"relations,omitempty" doc:"Which people and things they see with it." example:"[\"responsible\"]"`
	Actions   []string `json:"actions,omitempty" doc:"What they can do." example:"[\"edit\"]"`
	Notices   []string `json:"notices,omitempty" doc:"What they are told by email. There is nothing to choose here yet." example:"[]"`
}

// RulesBody is what a role, or a person's own rules, give of each module.
type RulesBody map[string]ListsBody

func rulesBody(rules role.Rules) RulesBody {
	out := RulesBody{}
	for m, l := range rules {
		out[string(m)] = ListsBody(l)
	}
	return out
}

func (b RulesBody) rules() role.Rules {
	out := role.Rules{}
	for m, l := range b {
		out[role.Module(m)] = role.Lists(l)
	}
	return out
}

// RoleBody is a role of external users.
type RoleBody struct {
	ID               string    `json:"id" example:"rol_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	Name             string    `json:"name" example:"Client"`
	Description      string    `json:"description" doc:"Empty if there is none." example:"For clients who see everything."`
	Active           bool      `json:"active" doc:"A role that is off gives nothing."`
	ExpiresAt        *Time     `json:"expiresAt" doc:"From this moment on it gives nothing. null if it doesn't expire."`
	EmployeesMayGive bool      `json:"employeesMayGive" doc:"Whether employees who may invite can give it."`
	Rules            RulesBody `json:"rules" doc:"What it gives, by module. Everything else stays closed."`
	Users            int       `json:"users" doc:"How many external users have it." example:"14"`
	CreatedAt        Time      `json:"createdAt"`
}

func roleBody(r *role.Role) RoleBody {
	return RoleBody{ID: string(r.ID), Name: r.Name, Description: r.Description, Active: r.Active, ExpiresAt: orNull(r.ExpiresAt),
		EmployeesMayGive: r.EmployeesMayGive, Rules: rulesBody(r.Rules), Users: r.Users, CreatedAt: Time(r.CreatedAt)}
}

type rolesOutput struct {
	Body struct {
		Items      []RoleBody `json:"items"`
		NextCursor *string    `json:"nextCursor" doc:"null on the last page."`
	}
}

type listRolesInput struct{ Paging }

// ListRoles lists the agency's roles.
func ListRoles(auth *signin.Authenticator, all *roles.Roles) Operation {
	return operation(auth, described{
		id: "listRoles", method: http.MethodGet, who: identity.ByPortal(identity.RolesRead, identity.See), tag: tagRoles, status: 200,
		summary:     "List roles",
		description: "In the order in which they were made. An agency has up to 100.",
		codes:       []fault.Code{fault.Invalid, fault.NotFound},
	}, func(ctx context.Context, caller identity.Caller, in *listRolesInput) (*rolesOutput, error) {
		list, _, err := all.List(ctx, caller)
		if err != nil {
			return nil, err
		}
		some, next, err := pageOf(in.Paging, list, func(r *role.Role) string { return string(r.ID) }, false, id.RolePrefix)
		if err != nil {
			return nil, err
		}
		out := &rolesOutput{}
		out.Body.Items, out.Body.NextCursor = make([]RoleBody, len(some)), next
		for i := range some {
			out.Body.Items[i] = roleBody(&some[i])
		}
		return out, nil
	})
}

// RoleDraft is what somebody says of a role.
type RoleDraft struct {
	Description      *string    `json:"description,omitempty" example:"For clients who see everything."`
	Active           *bool      `json:"active,omitempty" doc:"A new role is off."`
	ExpiresAt        *string    `json:"expiresAt,omitempty" doc:"RFC 3339. Empty if it never expires." example:"2027-01-31T17:00:00Z"`
	EmployeesMayGive *bool      `json:"employeesMayGive,omitempty" doc:"Whether employees who may invite can give it."`
	Rules            *RulesBody `json:"rules,omitempty" doc:"All that it gives, by module. Today there is one module: contact."`
}

// draft reads the values.
func (b *RoleDraft) draft(name *string) (roles.Draft, error) {
	d := roles.Draft{Name: name, Description: b.Description, Active: b.Active, EmployeesMayGive: b.EmployeesMayGive}
	if b.Rules != nil {
		rules := b.Rules.rules()
		d.Rules = &rules
	}
	if b.ExpiresAt != nil {
		at, err := momentOrNever("expiresAt", *b.ExpiresAt)
		if err != nil {
			return d, fault.Together(err, d.Check())
		}
		d.ExpiresAt = &at
	}
	return d, nil
}

// momentOrNever reads a moment; the empty text is none.
func momentOrNever(field, s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339, s)
	if err != nil || at.Year() < 1970 || at.Year() > 9999 {
		return time.Time{}, fault.InField(field, "errors.role_time")
	}
	return at, nil
}

type createRoleInput struct {
	Once

	Body struct {
		Name string `json:"name" doc:"No other role of yours may have it." example:"Client"`
		RoleDraft
	}
}

type createdRoleOutput struct {
	Location string `header:"Location"`
	ETag     string `header:"ETag"`
	Body     RoleBody
}

// CreateRole makes a role.
func CreateRole(auth *signin.Authenticator, all *roles.Roles) Operation {
	return operation(auth, described{
		id: "createRole", method: http.MethodPost, who: identity.ByPortal(identity.RolesWrite, identity.Administer), tag: tagRoles,
		status: 201, summary: "Create a role",
		description: "A role gives what its rules name, and nothing else. Somebody with several roles has what any of them gives. A new " +
			"role is off until you make it active.",
		codes: []fault.Code{fault.Invalid, fault.NotFound, fault.NameTaken, fault.IdempotencyUsed},
	}, func(ctx context.Context, caller identity.Caller, in *createRoleInput) (*createdRoleOutput, error) {
		d, err := in.Body.draft(&in.Body.Name)
		if err != nil {
			return nil, err
		}
		r, err := all.Create(ctx, caller, d, of(ctx).once)
		if err != nil {
			return nil, err
		}
		return &createdRoleOutput{"/v1/roles/" + string(r.ID), roles.Tag(r), roleBody(r)}, nil
	}, func(in *createRoleInput) error {
		d, err := in.Body.draft(&in.Body.Name)
		if err != nil {
			return err
		}
		return d.Check()
	})
}

type roleInput struct {
	RoleID string `path:"roleId" example:"rol_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
}

type roleOutput struct {
	ETag string `header:"ETag"`
	Body RoleBody
}

// GetRole reads a role.
func GetRole(auth *signin.Authenticator, all *roles.Roles) Operation {
	return operation(auth, described{
		id: "getRole", method: http.MethodGet, who: identity.ByPortal(identity.RolesRead, identity.See), tag: tagRoles, status: 200,
		summary:     "Get a role",
		description: "With what it gives, and how many users have it.",
		codes:       []fault.Code{fault.NotFound},
	}, func(ctx context.Context, caller identity.Caller, in *roleInput) (*roleOutput, error) {
		which, err := id.ParseRole(in.RoleID)
		if err != nil {
			return nil, err
		}
		r, _, err := all.Get(ctx, caller, which)
		if err != nil {
			return nil, err
		}
		return &roleOutput{roles.Tag(r), roleBody(r)}, nil
	})
}

type updateRoleInput struct {
	RoleID  string `path:"roleId" example:"rol_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	DryRun  bool   `query:"dryRun" doc:"Change nothing, and answer what the change would take away from whom."`
	IfMatch string `header:"If-Match" doc:"The ETag you read, so that you don't overwrite a newer change."`
	Body    struct {
		Name *string `json:"name,omitempty" example:"Client"`
		RoleDraft
	}
}

// LostBody is an entry that users would lose.
type LostBody struct {
	Module string `json:"module" example:"contact"`
	Kind   string `json:"kind" enum:"fields,relations,actions,notices"`
	Entry  string `json:"entry" example:"phone"`
	Title  string `json:"title" example:"Phone"`
	Users  int    `json:"users" example:"12"`
}

// EffectBody is what a change would take away.
type EffectBody struct {
	Users  int        `json:"users" doc:"How many have the role." example:"14"`
	Losing int        `json:"losing" doc:"How many of them would lose something that nothing else gives them." example:"12"`
	Lost   []LostBody `json:"lost" doc:"What they would lose. A new expiry counts as if it had come."`
	More   bool       `json:"moreClients" doc:"Whether there are more than the 2,000 clients we looked through."`
}

func effectBody(e *roles.Effect) *EffectBody {
	out := &EffectBody{Users: e.Users, Losing: e.Losing, Lost: []LostBody{}, More: e.More}
	for _, l := range e.Lost {
		out.Lost = append(out.Lost, LostBody{string(l.Module), string(l.Kind), l.Entry.Key, l.Entry.Title(), l.Users})
	}
	return out
}

type updatedRoleOutput struct {
	ETag string `header:"ETag"`
	Body struct {
		RoleBody

		Effect *EffectBody `json:"effect,omitempty" doc:"What the change would take away. With dryRun only."`
	}
}

// UpdateRole changes a role.
func UpdateRole(auth *signin.Authenticator, all *roles.Roles) Operation {
	return operation(auth, described{
		id: "updateRole", method: http.MethodPatch, who: identity.ByPortal(identity.RolesWrite, identity.Administer), tag: tagRoles,
		status: 200, summary: "Change a role",
		description: "Fields you leave out don't change; rules are replaced as a whole. It counts from its users' next request on. With " +
			"dryRun=true you read first what they would lose.",
		codes: []fault.Code{fault.Invalid, fault.NotFound, fault.NameTaken, fault.Changed},
	}, func(ctx context.Context, caller identity.Caller, in *updateRoleInput) (*updatedRoleOutput, error) {
		which, err := id.ParseRole(in.RoleID)
		if err != nil {
			return nil, err
		}
		d, err := in.Body.draft(in.Body.Name)
		if err != nil {
			return nil, err
		}
		out := &updatedRoleOutput{}
		var r *role.Role
		if in.DryRun {
			var e *roles.Effect
			if r, e, err = all.Try(ctx, caller, which, d, in.IfMatch); err == nil {
				out.Body.Effect = effectBody(e)
			}
		} else {
			r, err = all.Update(ctx, caller, which, d, in.IfMatch)
		}
		if err != nil {
			return nil, err
		}
		out.ETag, out.Body.RoleBody = roles.Tag(r), roleBody(r)
		return out, nil
	}, func(in *updateRoleInput) error {
		d, err := in.Body.draft(in.Body.Name)
		if err != nil {
			return err
		}
		return d.Check()
	})
}

type deleteRoleInput struct {
	RoleID  string `path:"roleId" example:"rol_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	IfMatch string `header:"If-Match" doc:"The ETag you read, so that you don't delete a newer state."`
}

// DeleteRole deletes a role that nobody has.
func DeleteRole(auth *signin.Authenticator, all *roles.Roles) Operation {
	return operation(auth, described{
		id: "deleteRole", method: http.MethodDelete, who: identity.ByPortal(identity.RolesWrite, identity.Administer), tag: tagRoles,
		status: 204, summary: "Delete a role",
		description: "Only while nobody has it. Otherwise make it inactive, or take it from its users first.",
		codes:       []fault.Code{fault.NotFound, fault.InUse, fault.Changed},
	}, func(ctx context.Context, caller identity.Caller, in *deleteRoleInput) (*struct{}, error) {
		which, err := id.ParseRole(in.RoleID)
		if err != nil {
			return nil, err
		}
		return nil, all.Delete(ctx, caller, which, in.IfMatch)
	})
}
