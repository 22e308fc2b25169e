// Package identity holds who a caller is: a person with a session, or a program with an agency's API key; and the
// sign-in code that turns an address into a session.
package identity

import (
	"slices"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/secret"
)

// Scope is one thing that an API key may do.
type Scope string

// The scopes.
const (
	InvitesRead    Scope = "invites:read"
	InvitesWrite   Scope = "invites:write"
	ClientsRead    Scope = "clients:read"
	ClientsWrite   Scope = "clients:write"
	ResourcesRead  Scope = "resources:read"
	ResourcesWrite Scope = "resources:write"
	ActivityRead   Scope = "activity:read"
	AgencyRead     Scope = "agency:read"
	AgencyWrite    Scope = "agency:write"
	ContactsRead   Scope = "contacts:read"
	ContactsWrite  Scope = "contacts:write"
	RolesRead      Scope = "roles:read"
	SenderWrite    Scope = "sender:write" // decides what emails come from
	WebhooksRead   Scope = "webhooks:read"
	WebhooksWrite  Scope = "webhooks:write" // decides where events go
	RolesWrite     Scope = "roles:write"    // hands out rights: roles, links by which people join, and the app Client Portal
)

// InPerson is the scope of what no API key may do, whatever its scopes: managing keys and members, paying, deleting the agency.
const InPerson Scope = ""

// Scopes lists all scopes that an API key can have.
func Scopes() []Scope {
	return []Scope{InvitesRead, InvitesWrite, ClientsRead, ClientsWrite, ResourcesRead, ResourcesWrite, ActivityRead, AgencyRead,
		AgencyWrite, ContactsRead, ContactsWrite, RolesRead, RolesWrite, SenderWrite, WebhooksRead, WebhooksWrite}
}

// Powerful tells whether a key with the scope can do what people have to step up for. Nobody gets it unasked, and the owners learn of its
// use.
func (s Scope) Powerful() bool { return s == SenderWrite || s == RolesWrite || s == WebhooksWrite }

// MaxKeys is how many keys of an agency work at a time, so that all of them can be revoked in one transaction, with all of its
// people.
const MaxKeys = 30

// APIKey is a program's credential. It acts for its agency, within its scopes.
type APIKey struct {
	ID         id.Key
	Agency     id.Agency
	Name       string
	Scopes     []Scope
	Hash       secret.Hash
	Hint       string    // the last four characters, to tell keys apart
	CreatedBy  id.Member // on whose rights it rests
	CreatedAt  time.Time
	LastUsedAt time.Time // to the hour; zero for never
	RevokedAt  time.Time // zero while it works
}

// Caller is who is calling. The zero Caller is nobody.
type Caller struct {
	User    id.User       // of a person; "" for an API key
	Email   email.Address // of a person
	Session string        // the session's id
	Since   time.Time     // when the person signed in
	Proved  time.Time     // when the person last proved to be who it is: at the sign-in, or at a step-up since
	By      Proof         // how it signed in

	Agency id.Agency // for whom the caller acts; "" for a person who works at none
	Member id.Member // the person, or on whose rights the key rests
	Key    id.Key    // of an API key; "" for a person
	scopes []Scope
	place  Place
}

// Program is the caller behind an API key.
func (k *APIKey) Program() Caller {
	return Caller{Agency: k.Agency, Member: k.CreatedBy, Key: k.ID, scopes: k.Scopes}
}

// SignedIn tells whether the caller is a person.
func (c Caller) SignedIn() bool { return c.User != "" }

// Actor is the caller's id for the audit log.
func (c Caller) Actor() string {
	if c.Key != "" {
		return string(c.Key)
	}
	return string(c.Member)
}

// May returns nil when the caller acts for an agency, is an owner or an admin there, and may do what the scope names: a person may
// do all of them, and what has the scope [InPerson] is for people alone. Otherwise a fault with code
// [fault.Unauthenticated] or [fault.Forbidden]; [fault.StepUpRequired] for a key where the scope is [InPerson].
func (c Caller) May(s Scope) error {
	if c.Key != "" && s == InPerson {
		return errNoKey()
	}
	if err := c.within(s); err != nil {
		return err
	}
	if l := c.place.Level; l != agency.Owner && l != agency.Admin {
		return fault.New(fault.Forbidden, "errors.only_owners_and_admins")
	}
	return nil
}

// within is what the scope says of a caller, whatever its level.
func (c Caller) within(s Scope) error {
	switch {
	case c.Agency == "" && !c.SignedIn():
		return fault.New(fault.Unauthenticated, "errors.sign_in_or_send_an_api")
	case c.Agency == "":
		return fault.New(fault.Forbidden, "errors.this_is_for_people_who_work")
	case c.Key != "" && s == InPerson:
		return fault.New(fault.Forbidden, "errors.an_api_key_cannot_do_this")
	case c.Key != "" && !slices.Contains(c.scopes, s):
		return fault.New(fault.Forbidden, "errors.this_api_key_does_not_have", "s", s)
	}
	return nil
}

// SteppedUp returns nil when the caller is a person who has proved within [StepUpLasts] to be who it is, or a key, whose scope was given
// it by somebody who had. Otherwise a fault with code [fault.StepUpRequired].
func (c Caller) SteppedUp(now time.Time) error {
	if c.SignedIn() && now.Sub(c.Proved) > StepUpLasts {
		return fault.New(fault.StepUpRequired, "errors.step_up")
	}
	return nil
}

// SignedInNow is [Caller.MustSignIn] for what takes a step-up: its faults, and [fault.StepUpRequired].
func (c Caller) SignedInNow(now time.Time) error {
	if err := c.MustSignIn(); err != nil {
		return err
	}
	return c.SteppedUp(now)
}

// MayNow is [Caller.May] for what takes a step-up: its faults, and [fault.StepUpRequired], also for a key where the scope is [InPerson].
func (c Caller) MayNow(s Scope, now time.Time) error { return c.MayPortalNow(s, Office, now) }

// OwnsNow returns nil for an owner of the agency that the caller acts for, who has stepped up; else a fault of [Caller.MayNow].
func (c Caller) OwnsNow(now time.Time) error { return ByOwner().Admits(c, now) }

// MayPortalNow is [Caller.MayPortal] for what takes a step-up.
func (c Caller) MayPortalNow(s Scope, r Right, now time.Time) error {
	return Who{Kind: Staff, Scope: s, Right: r, StepUp: true}.Admits(c, now)
}

// errNoKey is what a key is told about the agency's own business, much of which people step up for.
func errNoKey() error { return fault.New(fault.StepUpRequired, "errors.step_up_by_no_key") }

// MustSignIn returns nil when the caller is a person, whose session is good for everything of the person's. Otherwise a fault with code
// [fault.Unauthenticated], or [fault.Forbidden] for a session that an agency's own provider has made: that one is the agency's, and
// opens nothing of the person's.
func (c Caller) MustSignIn() error { return c.MustSignInTo("errors.nobody_is_signed_in_ask_for") }

// MustSignInTo is [Caller.MustSignIn] with the key of the sentence that nobody is told, which says what to sign in for.
func (c Caller) MustSignInTo(sentence string) error {
	if !c.SignedIn() {
		return fault.New(fault.Unauthenticated, sentence)
	}
	if c.By.Bound != "" {
		return fault.New(fault.Forbidden, "errors.session_is_bound")
	}
	return nil
}

// MustBeSomebody returns nil when the caller is a person, however it has signed in. Otherwise a fault with code [fault.Unauthenticated].
func (c Caller) MustBeSomebody() error {
	if !c.SignedIn() {
		return fault.New(fault.Unauthenticated, "errors.nobody_is_signed_in_ask_for")
	}
	return nil
}

// Enters returns nil when the caller, whose place is known, may enter the office of its agency by the way in which it has signed in.
// Where the agency demands its own provider, that is a session of that provider's, or an owner's who does without it. A key enters
// always. Faults: [fault.Unauthenticated] for a session of a provider that the agency has no more; [fault.IssuerRequired].
func (c Caller) Enters(a *agency.Agency) error {
	switch by := c.By; {
	case !c.SignedIn():
		return nil
	case by.Bound != "" && (by.Bound != a.ID || !a.OffersSignIn() || by.Issuer != a.SignIn.Issuer):
		return fault.New(fault.Unauthenticated, "errors.own_issuer_gone")
	case by.Bound != "" || !a.DemandsSignIn() || by.Without == a.ID && c.place.Level == agency.Owner:
		return nil
	}
	f := fault.New(fault.IssuerRequired, "errors.own_issuer_required", "provider", a.SignIn.Name)
	f.Existing = string(a.ID)
	return f
}
