package sharing

import (
	"slices"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/contact"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/sharelink"
	"latchkey.dev/shared/domain/words"
)

// person is who joins.
type person struct {
	Email email.Address // proven
	Name  string        // "" for none

	Language words.Language // of the page on which they join or have asked to; "" where that is not known
}

// enter takes a use of the link and makes the person a client, or gives a client more. by is whose rights that rests on. The change has
// what the log says of the client.
func enter(at *Scene, who person, by *agency.Member, now time.Time) (*client.Change, error) {
	roles := given(at, now)
	less := len(roles) < len(at.Link.Roles)
	c := at.Client
	change := &client.Change{MayInvite: true, Inviter: by.ID}
	if c != nil && c.Joined() {
		for _, r := range more(at, now) {
			c.Roles = append(slices.Clone(c.Roles), r)
		}
	} else {
		if c != nil && c.Invite.Status == invite.Scheduled { // who has come has no need of the mail, and does not know of it
			if err := c.Invite.Cancel(now); err != nil {
				return nil, err
			}
			ended := row(now, audit.System, audit.InviteCanceled, string(c.Invite.ID), words.Say("join.came_before_the_mail"))
			change.Audit = append(change.Audit, ended)
		}
		from := invite.Sender{AgencyName: at.Agency.Name, Color: at.Agency.Color, LogoURL: at.Agency.LogoURL, Name: by.Name, Member: by.ID}
		next, err := client.JoinBy(c, at.Agency.ID, client.Offer{Email: who.Email, Name: who.Name, Payer: invite.AgencyPays, From: from,
			Roles: roles}, at.Link.ID, client.Ties{Roles: roles}, now)
		if fault.Is(err, fault.PayerFixed) { // an invitation that the client would pay for is one to accept, too
			return nil, fault.New(fault.AlreadyInvited, "join.they_are_invited")
		}
		if err != nil {
			return nil, err
		}
		c, change.Join = next, true
		if who.Language != "" { // else the one of before, or the agency's
			c.Language = who.Language
		}
		if len(roles) == 0 && less { // the administrators hear of it
			change.Audit = append(change.Audit, row(now, audit.System, audit.NothingOpen, string(c.ID), ""))
		}
		if !c.ExpiresAt.IsZero() { // which held on while it was away
			change.Audit = append(change.Audit, row(now, audit.System, audit.TermSet, string(c.ID), audit.Moment(c.ExpiresAt)))
		}
	}
	change.Client = c
	came := sharelink.Joined{Client: c.ID, Less: less}
	change.Share = &client.Share{Link: at.Link, Staff: at.Agency.Staff}
	if at.Link.CreateContact {
		card(change, at, who, &came, now)
	}
	at.Link.Take(now, came)
	action := audit.LinkAdded
	if change.Join {
		action = audit.LinkJoined
	}
	change.Audit = append(change.Audit, row(now, string(c.ID), action, string(at.Link.ID), said(at.Link)))
	return change, nil
}

// card makes the contact of who joins, or links the one that there is with the address. Where that is another client's, or there can be
// no contact more, none is made, and that is noted.
func card(change *client.Change, at *Scene, who person, came *sharelink.Joined, now time.Time) {
	c := change.Client
	switch x := at.Card; {
	case x != nil && (x.Client == c.ID || slices.Contains(c.Contacts, x.ID)): // it is theirs already
	case x != nil && x.Client != "":
		came.Taken = true
	case x == nil && at.Full, len(c.Contacts) >= client.MaxContacts:
		came.Full = true
	case x != nil:
		c.Contacts = append(slices.Clone(c.Contacts), x.ID)
	default:
		made := &contact.Contact{ID: id.New[id.Contact](id.ContactPrefix, now), Agency: c.Agency, Kind: contact.Person,
			Name: c.DisplayName(), Email: who.Email, Client: c.ID, CreatedAt: now, Version: 1}
		change.Share.Card = made
		c.Contacts = append(slices.Clone(c.Contacts), made.ID)
		change.Audit = append(change.Audit, row(now, string(c.ID), audit.ContactCreated, string(made.ID), ""))
	}
}
