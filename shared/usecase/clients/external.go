package clients

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/role"
	"latchkey.dev/shared/domain/text"
	"latchkey.dev/shared/domain/words"
)

// ExternalStore also reads what an external user is given.
type ExternalStore interface {
	Store
	// Agency reads the agency as it is now.
	Agency(ctx context.Context, agency id.Agency) (*agency.Agency, error)
	// RolesByID reads some of the agency's roles as they are now; those that do not exist are left out.
	RolesByID(ctx context.Context, agency id.Agency, ids []id.Role) ([]role.Role, error)
	// Cards reads some of the agency's contacts as they are now; those that do not exist are left out.
	Cards(ctx context.Context, agency id.Agency, ids []id.Contact) ([]client.Card, error)
}

// External changes what an agency's external users may do, and for how long.
type External struct {
	Store ExternalStore
	Now   func() time.Time
}

// Wishes are what is to be changed of an external user; nil stays as it is.
type Wishes struct {
	Name      *string
	Roles     *[]id.Role
	Rules     *role.Rules // as they were sent
	ExpiresAt *time.Time  // the zero time for no end
	Contacts  *[]id.Contact
	Language  *string // "" for the agency's
	// Link and Unlink are one contact more and one less than the client has by then, whatever that is; "" for none.
	Link, Unlink id.Contact
}

// portal tells whether the wishes are of Client Portal, rather than of the client alone.
func (w *Wishes) portal() bool {
	return w.Roles != nil || w.Rules != nil || w.ExpiresAt != nil || w.cards()
}

// cards tells whether the wishes are of the contacts that are linked.
func (w *Wishes) cards() bool { return w.Contacts != nil || w.Link != "" || w.Unlink != "" }

// linked are the contacts that a client with these is to have.
func (w *Wishes) linked(has []id.Contact) []id.Contact {
	want := has
	if w.Contacts != nil {
		want = *w.Contacts
	}
	want = slices.DeleteFunc(slices.Clone(want), func(x id.Contact) bool { return x == w.Unlink })
	if w.Link != "" && !slices.Contains(want, w.Link) {
		want = append(want, w.Link)
	}
	return want
}

// Update changes an external user, all of it or nothing. Of one that has been invited, it changes what the invite gives. edition is
// what the caller has read, see [client.Client.Edition]; "" for no matter which.
//
// Faults: [fault.NotFound], also where Client Portal is not installed; [fault.Forbidden]; [fault.Invalid] with each field;
// [fault.Changed]; [fault.NotActive] for a client that has neither accepted nor been invited; [fault.AlreadyLinked] for a contact
// that is another client's.
func (e *External) Update(ctx context.Context, caller identity.Caller, which id.Client, w Wishes, edition string) (*client.Client, error) {
	if err := caller.MayPortal(identity.ClientsWrite, identity.Administer); err != nil {
		return nil, err
	}
	if w.portal() {
		a, err := e.Store.Agency(ctx, caller.Agency)
		if err == nil {
			err = a.MayPortal()
		}
		if err != nil {
			return nil, err
		}
	}
	w, name, err := w.read(e.Now())
	if err != nil {
		return nil, err
	}
	return change(ctx, e.Store, e.Now, caller, which, func(c *client.Client, now time.Time) (*client.Change, error) {
		if edition != "" && edition != c.Edition() {
			return nil, fault.New(fault.Changed, "errors.somebody_else_has_changed_this")
		}
		var rows []audit.Entry
		say := func(action audit.Action, detail string) {
			rows = append(rows, row(now, caller, action, string(c.ID), detail))
		}
		if w.Name != nil && c.Rename(name) {
			say(audit.ClientRenamed, "")
		}
		if w.Language != nil && c.Speak(words.Language(*w.Language)) {
			say(audit.ClientLanguage, *w.Language)
		}
		if err := e.rights(ctx, c, w, caller.Member, now, say); err != nil {
			return nil, err
		}
		if len(rows) == 0 {
			return nil, nil //nolint:nilnil // nothing to write
		}
		return logged(rows...), nil
	})
}

// read checks what can be checked without reading anything.
func (w Wishes) read(now time.Time) (Wishes, string, error) {
	var wrong []error
	name := ""
	if w.Name != nil {
		var err error
		name, err = text.Line("name", *w.Name, text.MaxName)
		wrong = append(wrong, err)
	}
	if w.Language != nil {
		l, err := text.Language("language", *w.Language)
		is := string(l)
		w.Language = &is
		wrong = append(wrong, err)
	}
	if w.Roles != nil {
		all := distinct(*w.Roles)
		if w.Roles = &all; len(all) > client.MaxRoles {
			wrong = append(wrong, fault.InField("roles", "errors.too_many_roles", "most", client.MaxRoles))
		}
	}
	if w.Contacts != nil {
		all := distinct(*w.Contacts)
		if w.Contacts = &all; len(all) > client.MaxContacts {
			wrong = append(wrong, fault.InField("contacts", "errors.too_many_contacts", "most", client.MaxContacts))
		}
	}
	if w.Rules != nil {
		rules, err := role.ReadRules("rules", *w.Rules)
		w.Rules = &rules
		wrong = append(wrong, err)
	}
	if w.ExpiresAt != nil && !w.ExpiresAt.IsZero() {
		at, err := client.ReadTerm("expiresAt", *w.ExpiresAt, now)
		w.ExpiresAt = &at
		wrong = append(wrong, err)
	}
	return w, name, fault.Together(wrong...)
}

func distinct[T comparable](all []T) []T {
	out := make([]T, 0, len(all))
	for _, x := range all {
		if !slices.Contains(out, x) {
			out = append(out, x)
		}
	}
	return out
}

// rights changes what the client may do; by is on whose rights that rests.
func (e *External) rights(
	ctx context.Context, c *client.Client, w Wishes, by id.Member, now time.Time, say func(audit.Action, string),
) error {
	if !w.portal() {
		return nil
	}
	pending := c.At(now) == client.Pending
	switch {
	case !c.Joined() && !pending:
		return fault.New(fault.NotActive, "errors.they_arent_your_client_now_invite")
	case pending && (w.Rules != nil || w.cards()):
		return fault.New(fault.NotActive, "errors.not_accepted_yet")
	}
	has, until := &c.Roles, c.ExpiresAt
	if pending {
		has, until = &c.Invite.Roles, c.Invite.AccessUntil
	}
	if w.Roles != nil && !slices.Equal(*w.Roles, *has) {
		if err := e.mayGive(ctx, c.Agency, *w.Roles, *has, now); err != nil {
			return err
		}
		if *has = *w.Roles; pending {
			c.Invite.RolesBy = by
		}
		say(audit.RolesChanged, strings.Join(texts(*w.Roles), " "))
	}
	if w.Rules != nil && !w.Rules.Equal(c.Rules) {
		c.Rules = *w.Rules
		say(audit.RulesChanged, "")
	}
	if w.ExpiresAt != nil && !w.ExpiresAt.Equal(until) {
		if pending {
			c.Invite.AccessUntil = *w.ExpiresAt
		} else {
			c.SetTerm(*w.ExpiresAt, now)
		}
		if w.ExpiresAt.IsZero() {
			say(audit.TermLifted, "")
		} else {
			say(audit.TermSet, audit.Moment(*w.ExpiresAt))
		}
	}
	if w.cards() {
		return e.link(ctx, c, w.linked(c.Contacts), say)
	}
	return nil
}

// mayGive returns a fault that names each role that cannot be given now.
func (e *External) mayGive(ctx context.Context, agency id.Agency, want, has []id.Role, now time.Time) error {
	if len(want) == 0 {
		return nil
	}
	found, err := e.Store.RolesByID(ctx, agency, want)
	if err != nil {
		return err
	}
	return client.MayGive(want, has, found, true, now)
}

// link links the client to exactly these contacts. The store takes and gives the links up with the change.
func (e *External) link(ctx context.Context, c *client.Client, want []id.Contact, say func(audit.Action, string)) error {
	if slices.Equal(want, c.Contacts) {
		return nil
	}
	if len(want) > client.MaxContacts {
		return fault.InField("contacts", "errors.too_many_contacts", "most", client.MaxContacts)
	}
	var more []id.Contact
	for _, x := range want {
		if !slices.Contains(c.Contacts, x) {
			more = append(more, x)
		}
	}
	if len(more) > 0 {
		found, err := e.Store.Cards(ctx, c.Agency, more)
		if err != nil {
			return err
		}
		var wrong []error
		for _, x := range more {
			err := client.MayLink(fmt.Sprintf("contacts[%d]", slices.Index(want, x)), x, found, c.ID)
			if fault.Is(err, fault.AlreadyLinked) {
				return err
			}
			wrong = append(wrong, err)
		}
		if err := fault.Together(wrong...); err != nil {
			return err
		}
	}
	for _, x := range c.Contacts {
		if !slices.Contains(want, x) {
			say(audit.ContactUnlinked, string(x))
		}
	}
	for _, x := range more {
		say(audit.ContactLinked, string(x))
	}
	c.Contacts = want
	return nil
}

func texts[T ~string](all []T) []string {
	out := make([]string, len(all))
	for n, x := range all {
		out[n] = string(x)
	}
	return out
}
