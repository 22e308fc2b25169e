package onboarding

import (
	"context"
	"time"

	"latchkey.dev/shared/audit"
	"latchkey.dev/shared/client"
	"latchkey.dev/shared/conflict"
	"latchkey.dev/shared/email"
	"latchkey.dev/shared/fault"
	"latchkey.dev/shared/id"
	"latchkey.dev/shared/identity"
	"latchkey.dev/shared/instance"
	"latchkey.dev/shared/invite"
	"latchkey.dev/shared/link"
)

// Reception receives the invited person: it shows what the link offers, and lets it be accepted.
type Reception struct {
	Store Store
	Now   func() time.Time
}

// Standing says how the person who looks relates to the invitation.
type Standing string

// The standings.
const (
	Anonymous Standing = "anonymous"     // not signed in
	Invited   Standing = "invited"       // signed in with the invited address
	Other     Standing = "other_account" // signed in with another one
	Member    Standing = "accepted"      // has accepted it before
)

// Invitation is what a good link shows.
type Invitation struct {
	Client   *client.Client
	Standing Standing
}

// To is the invited address as it may be shown: in full only to its owner.
func (i Invitation) To() string {
	if i.Standing == Invited || i.Standing == Member {
		return string(i.Client.Email)
	}
	return i.Client.Email.Masked()
}

// GoneMessage is all that anybody learns from a link that is not good: never was, was cancelled, replaced or used by
// somebody else.
const GoneMessage = "This invitation is no longer valid."

var errGone = fault.New(fault.Gone, GoneMessage)

// View looks at what a link opens and changes nothing: one read. Faults: [fault.Gone]; [fault.Expired] for a link
// that was good until its time was over, which only its holder can learn.
func (r *Reception) View(ctx context.Context, token string, caller identity.Caller) (Invitation, error) {
	c, err := r.find(ctx, token, false)
	if err != nil {
		return Invitation{}, err
	}
	return r.standing(c, caller)
}

func (r *Reception) find(ctx context.Context, token string, fresh bool) (*client.Client, error) {
	agency, ref, err := link.Locate(token)
	if err != nil {
		return nil, errGone //nolint:nilerr // malformed and unknown are the same from outside
	}
	c, err := r.Store.Client(ctx, agency, ref, fresh)
	if fault.Is(err, fault.NotFound) || err == nil && !c.Invite.Opens(token) {
		return nil, errGone
	}
	return c, err
}

func (r *Reception) standing(c *client.Client, caller identity.Caller) (Invitation, error) {
	mine := caller.SignedIn() && caller.Email == c.Email
	switch c.Invite.At(r.Now()) {
	case invite.Accepted:
		if mine && c.Joined() {
			return Invitation{c, Member}, nil
		}
		return Invitation{}, errGone
	case invite.Expired:
		e := fault.New(fault.Expired, "This invitation has expired. Ask %s to send it again.", c.Invite.From.AgencyName)
		return Invitation{}, e
	case invite.Sending, invite.Pending:
		switch {
		case mine:
			return Invitation{c, Invited}, nil
		case caller.SignedIn():
			return Invitation{c, Other}, nil
		}
		return Invitation{c, Anonymous}, nil
	}
	return Invitation{}, errGone
}

// Address is the invited address behind a good link, for the mail with the sign-in code: it goes to nobody else. It
// also notes on the timeline that the link was opened, since asking for the code is the first thing that no mail
// scanner does. Faults as View.
func (r *Reception) Address(ctx context.Context, token string) (email.Address, error) {
	var to email.Address
	err := conflict.Retry(ctx, func() error {
		c, err := r.find(ctx, token, true)
		if err != nil {
			return err
		}
		if _, err := r.standing(c, identity.Caller{User: id.UserOf(c.Email), Email: c.Email}); err != nil {
			return err
		}
		to = c.Email
		for _, e := range c.Invite.Timeline {
			if e.Name == invite.Opened {
				return nil
			}
		}
		c.Invite.Note(invite.Opened, r.Now(), "")
		return r.Store.Commit(ctx, c.Agency, client.Change{Client: c})
	})
	return to, err
}

// Accept makes the signed-in person a client: exactly once, with exactly what the link shows, as far as it still
// stands. Accepting again is no fault and changes nothing.
//
// Faults: [fault.Unauthenticated]; [fault.WrongAccount] for another address than the invited one; [fault.Gone] also
// when the agency is suspended or not on Max any more, or the inviter does not work there any more;
// [fault.Expired].
func (r *Reception) Accept(ctx context.Context, token string, caller identity.Caller) (*client.Client, error) {
	if !caller.SignedIn() {
		return nil, fault.New(fault.Unauthenticated, "Sign in with the address that was invited, then accept.")
	}
	var c *client.Client
	err := conflict.Retry(ctx, func() (err error) {
		if c, err = r.find(ctx, token, true); err != nil {
			return err
		}
		seen, err := r.standing(c, caller)
		if err != nil {
			return err
		}
		switch seen.Standing {
		case Member:
			return nil
		case Other:
			return fault.New(fault.WrongAccount, "This invitation is for %s. Sign out, and sign in with that address.", c.Email.Masked())
		}
		desk, err := r.Store.Desk(ctx, c.Agency, Wanted{Member: c.Invite.From.Member, Resources: resources(c.Invite.Grants)})
		if err != nil {
			return err
		}
		if desk.Agency == nil || desk.Agency.MayInvite() != nil || desk.Member == nil {
			return errGone
		}
		now := r.Now()
		standing, gone := c.Invite.Grants[:0:0], ""
		for _, g := range c.Invite.Grants {
			if _, ok := desk.Resources[g.Resource]; ok {
				standing = append(standing, g)
			} else {
				gone += " " + string(g.Resource)
			}
		}
		if gone != "" {
			gone = "no longer there:" + gone
		}
		if err := c.Accept(now, standing); err != nil {
			return err
		}
		return r.Store.Commit(ctx, c.Agency, client.Change{Client: c, MayInvite: true, Join: true,
			Audit: []audit.Entry{row(now, string(c.ID), audit.InviteAccepted, c, gone)}})
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

func resources(grants []instance.Grant) []id.Resource {
	out := make([]id.Resource, len(grants))
	for i, g := range grants {
		out[i] = g.Resource
	}
	return out
}
