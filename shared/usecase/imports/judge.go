package imports

import (
	"context"
	"sync"
	"time"

	"latchkey.dev/shared/domain/batch"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/words"
)

// How domains are asked whether they take mail.
const (
	domainsAtOnce  = 16
	domainPatience = 3 * time.Second
)

// query is what has to be read to judge the entries that nobody has decided about.
func query(which id.Agency, by id.Member, entries []batch.Entry) Query {
	q := Query{Member: by, Mails: mailTo(which, by, "").Keys(), Promises: true}
	roles, contacts := map[id.Role]bool{}, map[id.Contact]bool{}
	for i := range entries {
		e := &entries[i]
		if !e.Wanted() {
			continue
		}
		q.Refs = append(q.Refs, id.RefOf(which, e.Address))
		q.Users = append(q.Users, id.UserOf(e.Address))
		for _, r := range e.Roles {
			if !roles[r] && batch.Known(r) {
				roles[r], q.Roles = true, append(q.Roles, r)
			}
		}
		if c := e.Contact; c != "" && !contacts[c] {
			contacts[c], q.Contacts = true, append(q.Contacts, c)
		}
	}
	return q
}

// judge decides about entries as far as no limit has to be asked: what is left without a verdict would be sent.
func judge(ctx context.Context, domains Domains, seen *Snapshot, g giver, b *batch.Batch, now time.Time) {
	for i := range b.Entries {
		if e := &b.Entries[i]; e.Wanted() {
			e.Verdict = verdict(seen, g, b, e, now)
		}
	}
	takes := mailDomains(ctx, domains, b.Entries)
	for i := range b.Entries {
		if e := &b.Entries[i]; e.Wanted() {
			if why := takes[e.Address.Domain()]; why != "" {
				e.Verdict = batch.Verdict{Kind: batch.Refused, Reason: why}
			}
		}
	}
}

func verdict(seen *Snapshot, g giver, b *batch.Batch, e *batch.Entry, now time.Time) batch.Verdict {
	if v := g.may(e.Roles, seen.Roles, now); v.Kind != "" {
		return v
	}
	c := seen.Clients[id.RefOf(b.Agency, e.Address)]
	if v := cardOf(seen, e, c); v.Kind != "" {
		return v
	}
	if seen.Member != nil && e.Address == seen.Member.Email {
		return batch.Saying(batch.Invalid, words.Say("errors.this_is_your_own_address_enter"))
	}
	if v := made(b, c); v.Kind != "" {
		return v
	}
	if v := taken(c, b, e, now); v.Kind != "" {
		return v
	}
	if seen.Suppressed[id.UserOf(e.Address)] {
		return batch.Saying(batch.Refused, words.Say("delivery.suppressed"))
	}
	return batch.Verdict{}
}

// cardOf is what is in the way of linking the entry's contact, by the same rule as for an invite that is sent by itself. c is what the
// agency has with the address; nil for nothing.
func cardOf(seen *Snapshot, e *batch.Entry, c *client.Client) batch.Verdict {
	if e.Contact == "" {
		return batch.Verdict{}
	}
	which := id.Client("")
	if c != nil {
		which = c.ID
	}
	v := ofFault(client.MayLink("contact", e.Contact, seen.Contacts, which))
	if v.Kind != "" {
		v.Kind = batch.Invalid
	}
	return v
}

// made is what the batch has made of the address before it was interrupted.
func made(b *batch.Batch, c *client.Client) batch.Verdict {
	if b.ID == "" || c == nil || c.Invite.Batch != b.ID {
		return batch.Verdict{}
	}
	v := batch.Verdict{Kind: batch.Created, Client: c.ID, Invite: c.Invite.ID}
	if c.Invite.Status == invite.Scheduled {
		v.Kind, v.At = batch.Scheduled, c.Invite.SendAt
	}
	return v
}

// taken is what the agency has with the address already.
func taken(c *client.Client, b *batch.Batch, e *batch.Entry, now time.Time) batch.Verdict {
	if c == nil {
		return batch.Verdict{}
	}
	_, err := client.Begin(c, b.Agency, client.Offer{Email: e.Address, Payer: invite.AgencyPays}, now)
	return ofFault(err)
}

// ofFault is the verdict of what is in the way of an invite.
func ofFault(err error) batch.Verdict {
	f := fault.As(err)
	if f == nil {
		return batch.Verdict{}
	}
	v := batch.Verdict{Kind: batch.Refused, Reason: f.Message, Client: id.Client(f.Existing)}
	switch f.Code {
	case fault.AlreadyClient:
		v.Kind = batch.Exists
	case fault.AlreadyInvited, fault.PayerFixed:
		v.Kind = batch.Pending
	case fault.RateLimited:
		v.Kind = batch.Limit
	}
	return v
}

// mailDomains asks each domain once, and says why some of them take no mail. What is not known in time is tried.
func mailDomains(ctx context.Context, domains Domains, entries []batch.Entry) map[string]string {
	ctx, cancel := context.WithTimeout(ctx, domainPatience)
	defer cancel()
	why := map[string]string{}
	for i := range entries {
		if entries[i].Wanted() {
			why[entries[i].Address.Domain()] = ""
		}
	}
	ask := make(chan string)
	var mu sync.Mutex
	var all sync.WaitGroup
	for range min(domainsAtOnce, len(why)) {
		all.Go(func() {
			for d := range ask {
				if reason, no := refusal(domains.TakesMail(ctx, d)); no {
					mu.Lock()
					why[d] = reason
					mu.Unlock()
				}
			}
		})
	}
	mu.Lock()
	names := make([]string, 0, len(why))
	for d := range why {
		names = append(names, d)
	}
	mu.Unlock()
	for _, d := range names {
		ask <- d
	}
	close(ask)
	all.Wait()
	return why
}
