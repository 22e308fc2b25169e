package onboarding

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/contract"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/idempotency"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/text"
)

// Inviter sends invites, and sends them again.
type Inviter struct {
	Store  Store
	Queue  Queue
	Prices Quoter
	Now    func() time.Time
}

// Quoter makes the contract of an order at the prices of now.
type Quoter interface {
	// Quote returns nil for an order that buys nothing. Faults: [fault.Invalid], [fault.PaymentsOff], [fault.Unavailable].
	Quote(ctx context.Context, o contract.Order) (*contract.Contract, error)
}

// Draft is an invite as its sender wrote it.
type Draft struct {
	Email   string
	Name    string
	Payer   invite.Payer
	Grants  []instance.Grant // Name is not read; a Resource is "" where what was sent is no id
	Order   *Order
	Message string

	Roles   []id.Role  // of Client Portal, to be given with the acceptance
	Contact id.Contact // the card that the client will be linked to; "" for none
	Until   time.Time  // when the access is to end; zero for never

	// SendAt is when it is to go out, as [invite.ParseWhen] reads it; "" for at once. The names are left out of what a request is known
	// by where they are empty, as before they were there.
	SendAt string `json:",omitempty"`
	Zone   string `json:",omitempty"` // IANA name of the recipient's time zone; "" for the agency's, or the one that it has
	Quiet  bool   `json:",omitempty"` // whether it is never reminded of

	Language string `json:",omitempty"` // in which its recipient is written to; "" for the one that it has, or the agency's
}

// sender is the agency and its member as the invitee reads them.
func sender(seen *Snapshot, caller identity.Caller) invite.Sender {
	s := invite.Sender{AgencyName: seen.Agency.Name, Color: seen.Agency.Color, LogoURL: seen.Agency.LogoURL, Member: caller.Member}
	if seen.Member != nil {
		s.Name = seen.Member.Name
	}
	return s
}

// Order is what a client that pays is asked to buy.
type Order struct {
	StorageGB int // 10, 30 or 50; 0 for no n8n hosting
	Hosting   bool
	WhatsApp  bool
}

// Send makes an invite and has it mailed: one read, one transaction, one message. What it returns is sending, or,
// for a request that came before with the same once key, whatever has become of it.
//
// Faults: [fault.Invalid] with the field, [fault.PlanRequired], [fault.Suspended], [fault.AlreadyInvited],
// [fault.AlreadyClient], [fault.PayerFixed], [fault.PaymentsOff], [fault.RateLimited], [fault.IdempotencyUsed].
func (s *Inviter) Send(ctx context.Context, caller identity.Caller, d Draft, once string) (*client.Client, error) {
	if err := caller.MayPortal(identity.InvitesWrite, identity.Invite); err != nil {
		return nil, err
	}
	if err := d.within(caller.Level()); err != nil {
		return nil, err
	}
	offer, err := d.check()
	if err != nil {
		return nil, s.allWrong(ctx, caller, d, offer.Email, err)
	}
	if offer.Contract, err = quote(ctx, s.Prices, d.Order); err != nil {
		return nil, err
	}
	record, err := idempotency.For("sendInvite", caller.Actor(), once, d)
	if err != nil {
		return nil, err
	}
	mail := mailTo(caller, offer.Email)
	want := Query{Ref: id.RefOf(caller.Agency, offer.Email), Member: caller.Member, Resources: resources(d.Grants), Once: record,
		Roles: distinct(d.Roles), Contact: d.Contact, Mails: mail.Keys(),
		Promises: d.SendAt != ""}
	_, zone, err := d.when()
	if err != nil {
		return nil, err
	}
	var made *client.Client
	replayed := false
	err = conflict.Retry(ctx, func() error {
		seen, err := s.Store.Snapshot(ctx, caller.Agency, want)
		if err != nil {
			return err
		}
		now := s.Now()
		if replayed, err = record.Replays(seen.Once, now); err != nil {
			return err
		} else if replayed {
			made, err = replay(seen, id.Invite(seen.Once.Result))
			return err
		}
		if seen.Agency == nil {
			return errNoClient
		}
		if err := seen.mayAsk(caller, d); err != nil {
			return err
		}
		if err := seen.Agency.MayInvite(); err != nil {
			return err
		}
		offer.Grants, err = granted(d.Grants, seen)
		if err := fault.Together(oneself(seen.Member, caller, offer.Email), err, seen.rights(&offer, d, now)); err != nil {
			return err
		}
		offer.From = sender(seen, caller)
		rows := ranOut(seen.Client, now)
		if made, err = client.Begin(seen.Client, caller.Agency, offer, now); err != nil {
			return err
		}
		made.Zone, made.Invite.Reminders.Off = cmp.Or(zone, made.Zone), d.Quiet
		if d.SendAt != "" {
			if err := s.schedule(seen, made, &d, now); err != nil {
				return err
			}
			rows = append(rows, row(now, caller.Actor(), audit.InviteScheduled, made, ""))
			change := client.Change{Client: made, MayInvite: true, Inviter: caller.Member, Promises: seen.Promises, Audit: rows}
			change.Once = record.Of(string(made.Invite.ID), now)
			return s.Store.Commit(ctx, caller.Agency, change)
		}
		slot, err := seen.Agency.Take(now, rand.Uint64()) //nolint:gosec // spreads senders over slots
		if err != nil {
			return err
		}
		logs, err := seen.count(mail, now)
		if err != nil {
			return err
		}
		made.Invite.First(now, slot)
		rows = append(rows, row(now, caller.Actor(), audit.InviteCreated, made, ""))
		change := client.Change{Client: made, MayInvite: true, Take: &slot, Mails: logs, Audit: rows}
		change.Once = record.Of(string(made.Invite.ID), now)
		return s.Store.Commit(ctx, caller.Agency, change)
	})
	if err != nil {
		return nil, err
	}
	if !replayed && made.Invite.Status != invite.Scheduled {
		enqueue(ctx, s.Queue, made)
	}
	return made, nil
}

// replay answers a repeated request: with the invite, when it is still the current one of its address.
func replay(seen *Snapshot, made id.Invite) (*client.Client, error) {
	if seen.Client == nil || seen.Client.Invite.ID != made {
		return nil, fault.New(fault.NotFound, "errors.the_invite_that_this_idempotency_key")
	}
	return seen.Client, nil
}

// allWrong adds to what is wrong with the form of a draft what takes a read to know: the sender sees all of it at once, and does
// not come back for each.
func (s *Inviter) allWrong(ctx context.Context, caller identity.Caller, d Draft, to email.Address, form error) error {
	if fault.As(form) == nil || len(d.Grants) > invite.MaxGrants {
		return form
	}
	seen, err := s.Store.Snapshot(ctx, caller.Agency, Query{Member: caller.Member, Resources: resources(d.Grants)})
	if err != nil {
		return err
	}
	_, err = granted(d.Grants, seen)
	return fault.Together(form, oneself(seen.Member, caller, to), err)
}

// oneself says that an invite would go to the member who sends it, or on whose rights the sending key rests: nobody is their own
// client, and who seems to want to be mostly tries what happens. sender is nil for one who does not work there any more.
func oneself(sender *agency.Member, caller identity.Caller, to email.Address) error {
	if sender == nil || to == "" || to != sender.Email {
		return nil
	}
	if caller.Key != "" {
		return fault.InField("email", "errors.this_is_the_address_of_the")
	}
	return fault.InField("email", "errors.this_is_your_own_address_enter")
}

// check reads the draft, and says all that is wrong with its form. The offer's grants and sender are still to come.
func (d Draft) check() (client.Offer, error) {
	name, address := email.Split(d.Email)
	to, badAddress := email.Parse("email", address)
	if strings.TrimSpace(d.Name) != "" {
		name = d.Name
	}
	o := client.Offer{Email: to, Payer: d.Payer}
	var badName, badMessage error
	o.Name, badName = text.Line("name", name, text.MaxName)
	o.Message, badMessage = text.Paragraph("message", d.Message, text.MaxMessage)
	_, _, badTime := d.when()
	var badLanguage error
	o.Language, badLanguage = text.Language("language", d.Language)
	return o, fault.Together(badAddress, badName, badMessage, d.payer(), d.Order.check(), badTime, badLanguage)
}

// Check says what is wrong with the draft as far as it alone says it. Faults: [fault.Invalid].
func (d Draft) Check() error {
	_, err := d.check()
	var access []error
	for i, g := range d.Grants {
		if !g.Access.Valid() {
			access = append(access, fault.InField(fmt.Sprintf("grants[%d].access", i), "errors.choose_read_or_write"))
		}
	}
	return fault.Together(append([]error{err}, access...)...)
}

// payer says what is wrong with who pays, and with what that leaves room for.
func (d Draft) payer() error {
	switch {
	case d.Payer != invite.AgencyPays && d.Payer != invite.ClientPays:
		return fault.InField("payer", "errors.choose_who_pays_agency_or_client")
	case d.Payer == invite.AgencyPays && d.Order != nil:
		return fault.InField("order",
			"errors.an_order_belongs_to_an_invite")
	case d.Payer == invite.ClientPays && len(d.Grants) > 0:
		return fault.InField("grants",
			"errors.linked_instances_and_services_belong")
	case len(d.Grants) > invite.MaxGrants:
		return fault.InField("grants",
			"errors.link_at_most_instances_and_services", "max_grants", invite.MaxGrants)
	}
	return nil
}

// check says what is wrong with the order.
func (o *Order) check() error {
	if o == nil {
		return nil
	}
	_, err := o.contract().Articles()
	return err
}

// contract is the order as a contract has it.
func (o *Order) contract() contract.Order {
	order := contract.Order{StorageGB: o.StorageGB, WhatsApp: o.WhatsApp}
	if o.Hosting && o.StorageGB == 0 {
		order.StorageGB = -1 // no size at all is none of those that are sold
	}
	return order
}

// quote is what an order comes to at the prices of now; nil when it buys nothing.
func quote(ctx context.Context, prices Quoter, o *Order) (*contract.Contract, error) {
	if o == nil || !o.Hosting && !o.WhatsApp {
		return nil, nil //nolint:nilnil // portal-only: nothing to pay
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	return prices.Quote(ctx, o.contract())
}

// granted checks the grants against the agency's own resources and gives each its name.
func granted(grants []instance.Grant, have *Snapshot) ([]instance.Grant, error) {
	var out []instance.Grant
	var wrong []error
	seen := map[id.Resource]bool{}
	for i, g := range grants {
		field := fmt.Sprintf("grants[%d].resource", i)
		r, ok := have.Resources[g.Resource]
		if !g.Access.Valid() {
			wrong = append(wrong, fault.InField(fmt.Sprintf("grants[%d].access", i), "errors.choose_read_or_write"))
		}
		switch {
		case !ok:
			wrong = append(wrong, fault.InField(field, "errors.you_have_no_instance_or_service"))
		case r.Bought():
			wrong = append(wrong, fault.InField(field, "errors.a_client_bought_and_owns_it", "name", r.Name))
		case !r.Status.Linkable():
			wrong = append(wrong, fault.InField(field,
				"errors.is_only_an_active_or_running_2", "name", r.Name, "status", r.Status.Word()))
		case seen[g.Resource]:
			wrong = append(wrong, fault.InField(field, "errors.is_linked_twice_name_it_once", "name", r.Name))
		default:
			out = append(out, instance.Grant{Resource: g.Resource, Access: g.Access, Name: r.Name})
		}
		seen[g.Resource] = true
	}
	return out, fault.Together(wrong...)
}

// Resend asks for another mail with a new link. What it takes must name what the invite has, where it names it at
// all. Faults: [fault.NotFound], [fault.PayerFixed], [fault.EmailFixed], [fault.NotPending], [fault.StillSending],
// [fault.RateLimited], [fault.PlanRequired], [fault.Suspended].
func (s *Inviter) Resend(ctx context.Context, caller identity.Caller, which id.Invite, same Unchanged,
	once string) (*client.Client, error) {
	if err := caller.MayPortal(identity.InvitesWrite, identity.Invite); err != nil {
		return nil, err
	}
	ref := which.Ref()
	if ref == "" {
		return nil, errNoInvite
	}
	record, err := idempotency.For("resendInvite", caller.Actor()+string(which), once, same)
	if err != nil {
		return nil, err
	}
	var c *client.Client
	replayed := false
	err = conflict.Retry(ctx, func() error {
		seen, err := s.Store.Snapshot(ctx, caller.Agency, Query{Ref: ref, Once: record})
		if err != nil {
			return err
		}
		if seen.Client == nil || seen.Agency == nil || seen.Client.Invite.ID != which {
			return errNoInvite
		}
		c = seen.Client
		now := s.Now()
		if replayed, err = record.Replays(seen.Once, now); err != nil || replayed {
			return err
		}
		if err := own(caller, c); err != nil {
			return err
		}
		if err := same.check(c); err != nil {
			return err
		}
		if err := seen.Agency.MayInvite(); err != nil {
			return err
		}
		if err := c.Invite.MayResend(now); err != nil {
			return err
		}
		slot, err := seen.Agency.Take(now, rand.Uint64()) //nolint:gosec // spreads senders over slots
		if err != nil {
			return err
		}
		mail := mailTo(caller, c.Email) // whose address is known by now only
		if seen.Mails, err = s.Store.Mails(ctx, mail.Keys()); err != nil {
			return err
		}
		logs, err := seen.count(mail, now)
		if err != nil {
			return err
		}
		rows := ranOut(c, now)
		c.Invite.Resend(now, slot)
		rows = append(rows, row(now, caller.Actor(), audit.InviteResent, c, ""))
		change := client.Change{Client: c, MayInvite: true, Take: &slot, Mails: logs, Audit: rows}
		change.Once = record.Of(string(c.Invite.ID), now)
		return s.Store.Commit(ctx, caller.Agency, change)
	})
	if err != nil {
		return nil, err
	}
	if !replayed {
		enqueue(ctx, s.Queue, c)
	}
	return c, nil
}

// Await waits until the mail of the client's current invite is out or has failed, at most for d, and returns the
// state then. A mail that failed is a fault with code [fault.MailRefused]; one that is still on its way is none.
func (s *Inviter) Await(ctx context.Context, c *client.Client, d time.Duration) (*client.Client, error) {
	return await(ctx, s.Store, c, d)
}

// Unchanged is what a caller takes for granted about an invite; empty fields are not compared.
type Unchanged struct {
	Payer invite.Payer
	Email string
}

func (u Unchanged) check(c *client.Client) error {
	if u.Payer != "" && u.Payer != c.Invite.Payer {
		f := fault.InField("payer", client.PayerFixed)
		f.Code = fault.PayerFixed
		return f
	}
	if u.Email != "" {
		a, err := email.Parse("email", u.Email)
		if err != nil {
			return err
		}
		if a != c.Email {
			f := fault.InField("email", "errors.email_fixed")
			f.Code = fault.EmailFixed
			return f
		}
	}
	return nil
}
