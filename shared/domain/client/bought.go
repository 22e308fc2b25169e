package client

import (
	"slices"
	"time"

	"latchkey.dev/shared/domain/contract"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/purchase"
	"latchkey.dev/shared/domain/subscription"
)

// Contract is what the client pays by, or is asked to; nil for one that buys nothing.
func (c *Client) Contract() *contract.Contract {
	if c.Invite.Contract != nil && !c.Handed {
		return c.Invite.Contract
	}
	return c.Terms
}

// Bought is the item that the resource is made by; nil for one that the client has not bought, or that the agency pays for.
func (c *Client) Bought(r id.Resource) *purchase.Item {
	if c.AgencyPays() {
		return nil
	}
	return c.Making(r)
}

// Making is the item that the resource is made by, whoever pays for it; nil where nothing of the client's contract is it.
func (c *Client) Making(r id.Resource) *purchase.Item {
	for n := range c.Items {
		if c.Items[n].Resource == r {
			return &c.Items[n]
		}
	}
	return nil
}

// Adopt finds what was bought of the article by an earlier contract and is kept still, and takes it up again for this one;
// nil when there is no such thing.
func (c *Client) Adopt(a contract.Article, now time.Time) *purchase.Item {
	for n := range c.Items {
		if i := &c.Items[n]; i.Article == a && i.Adopt(now) {
			return i
		}
	}
	return nil
}

// carry brings what was bought before into a relationship that begins anew.
func (c *Client) carry(now time.Time) {
	items := c.Items[:0]
	for _, i := range c.Items {
		if i.Stands() {
			items = append(items, i)
		}
	}
	c.Items = items
	if c.AgencyKeeps() { // the agency pays for it and keeps it, whoever its clients are
		c.Terms = c.Contract()
		return
	}
	c.PaidBy, c.Change = "", nil
	if c.Payment.State.Open() && !c.Erased() {
		c.Terms = c.Contract()
		return
	}
	c.Payment, c.Terms, c.Handed = subscription.Subscription{Customer: c.Payment.Customer}, nil, false
	for n := range c.Items {
		c.Items[n].Leave(now)
	}
}

// own opens to the client what it has bought and pays for.
func (c *Client) own() {
	if c.AgencyPays() {
		return
	}
	for _, i := range c.Items {
		if i.Stands() && !i.Left {
			c.Grants = append(c.Grants, instance.Grant{Resource: i.Resource, Access: instance.Write, Name: i.Article.Name()})
		}
	}
}

// returning tells whether money is on its way back to the payer.
func (c *Client) returning() bool {
	return c.Erased() && c.Payment.Reference != "" && !c.AgencyPays() ||
		slices.ContainsFunc(c.Items, func(i purchase.Item) bool { return i.State == purchase.Compensating })
}

// Erased tells whether this is what [Client.Remains] has left of a relationship: it has no address.
func (c *Client) Erased() bool { return c.Email == "" }

// Stands tells whether anything that was bought may be there, or is paid for, so that the relationship has to be kept for
// those who look after that.
func (c *Client) Stands() bool {
	return c.Erased() && (!c.Payment.Due.IsZero() || c.Change.Open()) ||
		slices.ContainsFunc(c.Items, func(i purchase.Item) bool { return i.Stands() })
}

// Orphan has nothing of the relationship be its agency's, which is gone for good: a change of payer that is open comes to nothing, and
// what the agency paid for ends as what a client has paid for. It returns false where nothing of it was.
func (c *Client) Orphan(now time.Time) bool {
	dropped := c.Change.Drop(now, Parted)
	if !c.AgencyPays() {
		return dropped
	}
	c.PaidBy, c.Handed = "", false
	return true
}

// Remains is what is kept of a relationship that is erased: no address, no name, no word of anybody, and what is to be
// deleted and to be paid back. It is nil when nothing has to be looked after; what remains goes by itself once that is so.
func (c *Client) Remains(now time.Time) *Client {
	d := &Client{ID: c.ID, Agency: c.Agency, CreatedAt: c.CreatedAt, Version: c.Version, Terms: c.Contract(),
		Items: append([]purchase.Item(nil), c.Items...)}
	d.Invite = &invite.Invite{Payer: c.Invite.Payer, Status: invite.Canceled, CreatedAt: c.Invite.CreatedAt}
	if c.Change.Open() { // it comes to nothing, which may have to be said at the payment service
		d.Change = c.Change
	}
	if c.AgencyKeeps() {
		d.PaidBy, d.Handed, d.Payment = c.PaidBy, c.Handed, c.Payment
		d.Payment.Customer = ""
		return d
	}
	for n := range d.Items {
		d.Items[n].Remove(now)
	}
	open := c.Payment.State.Open() || c.Payment.Alive() && !d.returning() || c.Erased() && !c.Payment.Due.IsZero()
	if open || d.returning() {
		d.Payment = subscription.Subscription{State: c.Payment.State, Reference: c.Payment.Reference}
	}
	if open {
		d.Payment.Due = now
	}
	if !d.Stands() {
		return nil
	}
	return d
}
