package home

import (
	"slices"
	"time"

	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/purchase"
	"latchkey.dev/shared/domain/sender"
	"latchkey.dev/shared/domain/subscription"
	"latchkey.dev/shared/domain/words"
)

// Task is one thing that waits for the agency to do something.
type Task struct {
	Kind     Kind
	At       time.Time       // since when it waits; of InviteExpires, when the invite expires
	Client   id.Client       // whom it is about; "" for none
	Resource id.Resource     // what it is about; "" for none
	Domain   id.SenderDomain // what it is about; "" for none
	Name     string          // of the client, the resource or the domain, as people know it
	Address  email.Address   // of AddressProposed: the address that is asked for
	Ours     bool            // of PaymentFailed and PaymentDisputed: the agency pays for the client
}

// Kind is a kind of task.
type Kind string

// The kinds, the most urgent first.
const (
	PlanPaymentFailed Kind = "plan_payment_failed" // the agency's own, for Max
	PaymentFailed     Kind = "payment_failed"      // a client's, which is tried again
	PaymentDisputed   Kind = "payment_disputed"    // the client's bank has taken the money back
	SetupFailed       Kind = "setup_failed"        // what a client has paid for could not be set up
	PayerAsked        Kind = "payer_asked"         // a client proposes another payer
	PayerCard         Kind = "payer_card"          // the agency is to pay for a client, and gave no card yet
	DomainFailed      Kind = "domain_failed"       // the records of the agency's own domain are missing
	ServerRefused     Kind = "server_refused"      // the agency's own mail server was switched off
	InstanceDown      Kind = "instance_down"
	AddressProposed   Kind = "address_proposed" // the invitee asks for another address
	LinkRequested     Kind = "link_requested"   // the holder of an expired link asks for a new one
	Bounced           Kind = "bounced"          // the invitation's mail came back
	InviteExpires     Kind = "invite_expires"   // within a day
)

// Kinds lists all kinds, the most urgent first.
func Kinds() []Kind {
	return []Kind{PlanPaymentFailed, PaymentFailed, PaymentDisputed, SetupFailed, PayerAsked, PayerCard, DomainFailed, ServerRefused,
		InstanceDown, AddressProposed, LinkRequested, Bounced, InviteExpires}
}

// money tells whether the task is about what is paid for a client, or was.
func (k Kind) money() bool {
	switch k {
	case PaymentFailed, PaymentDisputed, SetupFailed, PayerAsked, PayerCard:
		return true
	}
	return false
}

func (k Kind) urgency() int { return slices.Index(Kinds(), k) }

// How near an end is told, and how long what nobody answers is: an invite that nobody has looked after for that long is history.
const (
	soon   = 24 * time.Hour
	memory = 30 * 24 * time.Hour
)

// of are the tasks that a client makes.
func of(c *client.Client, now time.Time) []Task {
	task := Task{Client: c.ID, Name: c.DisplayName()}
	if c.Joined() {
		return append(paid(c, task), changes(c, task, now)...)
	}
	last := invite.Event{}
	if n := len(c.Invite.Timeline); n > 0 {
		last = c.Invite.Timeline[n-1]
	}
	switch s := c.Invite.At(now); {
	case s == invite.Pending && c.Proposal != nil:
		task.Kind, task.At, task.Address = AddressProposed, c.Proposal.At, c.Proposal.Address
	case s == invite.Pending && c.Invite.ExpiresAt.Sub(now) <= soon:
		task.Kind, task.At = InviteExpires, c.Invite.ExpiresAt
	case s == invite.Expired && last.Name == invite.AskedAgain && now.Sub(last.At) < memory:
		task.Kind, task.At = LinkRequested, last.At
	case s == invite.Failed && last.Name == invite.Bounced && now.Sub(last.At) < memory:
		task.Kind, task.At = Bounced, last.At
	default:
		return nil
	}
	return []Task{task}
}

// sending are the tasks that an agency's own domain makes. One that waits for its records, or for Max, needs nothing.
func sending(c *sender.Claim) []Task {
	task := Task{Domain: c.ID, Name: c.Domain.Shown(), At: c.Since}
	switch {
	case c.ProofOnly && c.Own != nil && !c.Own.OffAt.IsZero() && c.State == sender.Verified:
		task.Kind, task.At = ServerRefused, c.Own.OffAt
	case c.State == sender.Degraded, c.State == sender.Failed, c.State == sender.Disabled && c.Reason != sender.Lapsed:
		task.Kind = DomainFailed
	default:
		return nil
	}
	return []Task{task}
}

// changes are the tasks that a change of payer makes.
func changes(c *client.Client, task Task, now time.Time) []Task {
	p := c.Change
	switch {
	case p == nil || !now.Before(p.ExpiresAt):
		return nil
	case p.State == client.ChangeProposed && p.By == client.ByClient:
		task.Kind, task.At = PayerAsked, p.ProposedAt
	case p.Wants(client.ByAgency):
		task.Kind, task.At = PayerCard, p.AgreedAt
	default:
		return nil
	}
	return []Task{task}
}

// paid are the tasks that a client makes who pays, or for whom the agency does.
func paid(c *client.Client, task Task) []Task {
	var out []Task
	task.Ours = c.AgencyPays()
	switch c.Payment.State {
	case subscription.PastDue:
		task.Kind, task.At = PaymentFailed, c.Payment.PastDueSince
		out = append(out, task)
	case subscription.Disputed:
		task.Kind, task.At = PaymentDisputed, c.Payment.EndedAt
		out = append(out, task)
	}
	for n := range c.Items {
		if i := &c.Items[n]; i.State == purchase.Failed && !i.Left && len(i.Steps) > 0 {
			task.Ours = false
			task.Kind, task.At, task.Resource = SetupFailed, i.Steps[len(i.Steps)-1].At, i.Resource
			return append(out, task)
		}
	}
	return out
}

// Sentence tells the task in a sentence for a person.
func (t Task) Sentence() string {
	switch t.Kind {
	case PlanPaymentFailed:
		return words.Say("home.plan_payment_failed")
	case PaymentFailed, PaymentDisputed:
		return t.payment()
	case PayerAsked:
		return words.Say("home.payer_asked", "name", t.Name)
	case PayerCard:
		return words.Say("home.payer_card", "name", t.Name)
	case SetupFailed:
		return words.Say("home.setup_failed", "name", t.Name)
	case DomainFailed:
		return words.Say("home.domain_failed", "name", t.Name)
	case ServerRefused:
		return words.Say("home.server_refused", "name", t.Name)
	case InstanceDown:
		return words.Say("home.instance_down", "name", t.Name)
	case AddressProposed:
		return words.Say("home.address_proposed", "name", t.Name)
	case LinkRequested:
		return words.Say("home.link_requested", "name", t.Name)
	case Bounced:
		return words.Say("home.bounced", "name", t.Name)
	}
	return words.Say("home.invite_expires", "name", t.Name)
}

// payment tells that somebody's payment went wrong.
func (t Task) payment() string {
	switch {
	case t.Kind == PaymentDisputed && t.Ours:
		return words.Say("home.our_payment_disputed", "name", t.Name)
	case t.Kind == PaymentDisputed:
		return words.Say("home.payment_disputed", "name", t.Name)
	case t.Ours:
		return words.Say("home.our_payment_failed", "name", t.Name)
	}
	return words.Say("home.payment_failed", "name", t.Name)
}
