package onboarding

import (
	"context"
	"slices"
	"time"

	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/link"
	"latchkey.dev/shared/domain/timezone"
	"latchkey.dev/shared/domain/words"
)

// Invitations shows the invited person what a link offers, and takes a yes.
type Invitations struct {
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
	Former    Standing = "ended"         // has accepted it, and either side has ended that since
)

// Invitation is what a good link shows.
type Invitation struct {
	Client   *client.Client
	Standing Standing
	Grants   []instance.Grant // what accepting opens: the offered things that are still there
	Offer    string           // fingerprint of what is shown, to accept with

	seen *Snapshot // of a live one: what it was looked up in
}

// To is the invited address as it may be shown: in full only to its owner.
func (i Invitation) To() string {
	if i.Standing == Invited || i.Standing == Member {
		return string(i.Client.Email)
	}
	return i.Client.Email.Masked()
}

// GoneMessage is the key of all that anybody learns from a link that is not good: never was, was cancelled, replaced or used by
// somebody else.
const GoneMessage = "errors.this_invitation_is_no_longer_valid"

var errGone = fault.New(fault.Gone, GoneMessage)

// View looks at what a link opens and changes nothing: one read, and for an invitation that can still be accepted a
// second one that tells whether its agency may invite, its inviter works there, and what it offers is there: what
// could not be accepted is not offered.
//
// Faults: [fault.Gone]; [fault.Expired] for a link that was good until its time was over, which only its holder can
// learn. With Expired, and with Gone for the person who was a client by it, the invitation comes along, for its brand.
func (r *Invitations) View(ctx context.Context, token string, caller identity.Caller) (Invitation, error) {
	c, err := find(ctx, r.Store, token, caller, false)
	if err != nil {
		return Invitation{}, err
	}
	return standing(ctx, r.Store, c, caller, r.Now())
}

// find reads the relationship whose invite the link opens. In the place of a link's secret an agency's id stands for its
// invitation to the address that the caller has proven: whoever reads the address's mail could open the link in it.
func find(ctx context.Context, store InviteStore, token string, caller identity.Caller, fresh bool) (*client.Client, error) {
	if agency, err := id.ParseAgency(token); err == nil {
		return proven(ctx, store, agency, caller, fresh)
	}
	agency, ref, err := link.Locate(token)
	if err != nil {
		return nil, errGone //nolint:nilerr // malformed and unknown are the same from outside
	}
	c, err := store.Client(ctx, agency, ref, fresh)
	if fault.Is(err, fault.NotFound) || err == nil && !c.Invite.Opens(token) {
		return nil, errGone
	}
	return c, err
}

// proven reads the agency's invitation to the caller's address. What waits for another address is as good as none.
func proven(ctx context.Context, store InviteStore, agency id.Agency, caller identity.Caller, fresh bool) (*client.Client, error) {
	if err := caller.MustSignInTo("errors.sign_in_with_the_address_that_2"); err != nil {
		return nil, err
	}
	c, err := store.Client(ctx, agency, id.RefOf(agency, caller.Email), fresh)
	if fault.Is(err, fault.NotFound) || err == nil && (c.Email != caller.Email || !c.Listed) {
		return nil, errGone
	}
	return c, err
}

// standing is what the link shows the caller at now.
func standing(ctx context.Context, store PreviewStore, c *client.Client, caller identity.Caller, now time.Time) (Invitation, error) {
	mine := caller.SignedIn() && caller.Email == c.Email
	agency := c.Invite.From.AgencyName
	switch c.Invite.At(now) {
	case invite.Accepted:
		switch {
		case mine && c.Joined():
			return Invitation{Client: c, Standing: Member, Grants: c.GrantsAt(now)}, nil
		case mine:
			return Invitation{Client: c, Standing: Former}, fault.New(fault.Gone,
				"errors.you_accepted_this_invitation_and", "agency", agency)
		}
		return Invitation{}, errGone
	case invite.Expired:
		return Invitation{Client: c, Standing: Anonymous},
			fault.New(fault.Expired, "errors.this_invitation_has_expired_ask_to", "agency", agency)
	case invite.Sending, invite.Pending:
		i, err := open(ctx, store, c)
		if err != nil {
			return Invitation{}, err
		}
		switch {
		case mine:
			i.Standing = Invited
		case caller.SignedIn():
			i.Standing = Other
		default:
			i.Standing = Anonymous
		}
		return i, nil
	}
	return Invitation{}, errGone
}

// open is a live invitation, as it could be accepted at this moment.
func open(ctx context.Context, store PreviewStore, c *client.Client) (Invitation, error) {
	seen, err := store.Snapshot(ctx, c.Agency, Query{Member: c.Invite.From.Member, Resources: resources(c.Invite.Grants),
		Roles: c.Invite.Roles, Contact: c.Invite.Contact})
	if err != nil {
		return Invitation{}, err
	}
	if seen.Agency == nil || seen.Agency.MayInvite() != nil || seen.Member == nil {
		return Invitation{}, errGone
	}
	shown := *c.Invite
	shown.Grants = shown.Grants[:0:0]
	for _, g := range c.Invite.Grants {
		if _, ok := seen.Resources[g.Resource]; ok {
			shown.Grants = append(shown.Grants, g)
		}
	}
	return Invitation{Client: c, Grants: shown.Grants, Offer: shown.Offer(), seen: seen}, nil
}

// Address is the invited address behind a good link, for the mail with the sign-in code: it goes to nobody else. It
// also notes on the timeline that the link was opened, since asking for the code is the first thing that no mail
// scanner does. Faults as View.
func (r *Invitations) Address(ctx context.Context, token string) (email.Address, id.Invite, error) {
	return r.AddressIn(ctx, token, "")
}

// AddressIn is Address for a browser that has told its time zone, which is noted, too, where it is one.
func (r *Invitations) AddressIn(ctx context.Context, token, browsers string) (email.Address, id.Invite, error) {
	var to email.Address
	var which id.Invite
	err := conflict.Retry(ctx, func() error {
		c, err := find(ctx, r.Store, token, identity.Caller{}, true)
		if err != nil {
			return err
		}
		owner := identity.Caller{User: id.UserOf(c.Email), Email: c.Email}
		if _, err := standing(ctx, r.Store, c, owner, r.Now()); err != nil {
			return err
		}
		to, which = c.Email, c.Invite.ID
		news := false
		if zone, err := timezone.Parse("timeZone", browsers); err == nil && zone != "" && zone != c.OwnZone {
			c.OwnZone, news = zone, true
		}
		if !slices.ContainsFunc(c.Invite.Timeline, func(e invite.Event) bool { return e.Name == invite.Opened }) {
			c.Invite.Note(invite.Opened, r.Now(), "")
			news = true
		}
		if !news {
			return nil
		}
		return r.Store.Commit(ctx, c.Agency, client.Change{Client: c})
	})
	return to, which, err
}

// Accept makes the signed-in person a client: exactly once, with exactly what the link shows. seen is the fingerprint
// of the offer that the person looked at, [Invitation.Offer]; "" for whoever takes what there is. Accepting again is no
// fault and changes nothing.
//
// Faults: [fault.Unauthenticated]; [fault.WrongAccount] for another address than the invited one; [fault.OfferChanged]
// when what is offered is not what was seen; [fault.Gone] also when the agency is suspended or not on Max any more, or
// the inviter does not work there any more; [fault.Expired].
func (r *Invitations) Accept(ctx context.Context, token, seen string, caller identity.Caller) (*client.Client, error) {
	if err := caller.MustSignInTo("errors.sign_in_with_the_address_that_3"); err != nil {
		return nil, err
	}
	var c *client.Client
	err := conflict.Retry(ctx, func() (err error) {
		if c, err = find(ctx, r.Store, token, caller, true); err != nil {
			return err
		}
		shown, err := standing(ctx, r.Store, c, caller, r.Now())
		if err != nil {
			return err
		}
		switch shown.Standing {
		case Member:
			return nil
		case Other:
			return fault.New(fault.WrongAccount,
				"errors.this_invitation_is_for_sign_out_2", "masked", c.Email.Masked())
		}
		if c.Invite.Contract != nil {
			return fault.New(fault.PaymentRequired,
				"errors.this_invitation_is_accepted_by")
		}
		if seen != "" && seen != shown.Offer {
			return fault.New(fault.OfferChanged,
				"errors.has_changed_what_it_offers_since", "agency_name", c.Invite.From.AgencyName)
		}
		now, gone := r.Now(), missing(c.Invite.Grants, shown.Grants)
		ties, rows := c.Good(shown.seen.Roles, shown.seen.cards(), now)
		if err := c.Accept(now, shown.Grants, ties); err != nil {
			return err
		}
		return r.Store.Commit(ctx, c.Agency, client.Change{Client: c, MayInvite: true, Inviter: c.Invite.From.Member, Join: true,
			Audit: append([]audit.Entry{row(now, string(c.ID), audit.InviteAccepted, c, gone)}, rows...)})
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// missing says which offered things are not there any more; "" when all are.
func missing(offered, there []instance.Grant) string {
	out := ""
	for _, g := range offered {
		found := false
		for _, t := range there {
			found = found || t.Resource == g.Resource
		}
		if !found {
			out += " " + string(g.Resource)
		}
	}
	if out != "" {
		out = words.Say("activity.detail_missing", "ids", out)
	}
	return out
}

func resources(grants []instance.Grant) []id.Resource {
	out := make([]id.Resource, 0, len(grants))
	for _, g := range grants {
		if g.Resource != "" { // what was no id
			out = append(out, g.Resource)
		}
	}
	return out
}
