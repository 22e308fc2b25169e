package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"latchkey.dev/shared/adapter/dynamo"
	queues "latchkey.dev/shared/adapter/sqs"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/sender"
	"latchkey.dev/shared/usecase/senders"
)

// domainView is a claim of a sender domain as it is answered.
type domainView struct {
	ID      string     `json:"id"`
	Agency  string     `json:"agency"`
	Name    string     `json:"agencyName,omitempty"` // of the agency
	Domain  string     `json:"domain"`               // as DNS has it
	Shown   string     `json:"shown"`                // as people read it
	State   string     `json:"state"`
	Reason  string     `json:"reason,omitempty"`
	Held    bool       `json:"held"`
	Why     string     `json:"why,omitempty"` // why it is or was held
	By      string     `json:"by"`
	On      bool       `json:"on"`
	SES     string     `json:"ses,omitempty"`
	OwnSMTP string     `json:"ownSmtp,omitempty"` // the server's host
	Since   time.Time  `json:"since"`             // of the state
	Claimed time.Time  `json:"claimedAt"`
	Due     *time.Time `json:"due,omitempty"`
}

func domainOf(c *sender.Claim) domainView {
	v := domainView{ID: string(c.ID), Agency: string(c.Agency), Domain: string(c.Domain), Shown: c.Domain.Shown(), State: string(c.State),
		Reason: string(c.Reason), Held: c.Held, Why: c.Why, By: string(c.By), On: c.On, SES: c.Identity.Status, Since: c.Since,
		Claimed: c.ClaimedAt}
	if c.Own != nil && c.ProofOnly {
		v.OwnSMTP = c.Own.Host
	}
	if due := c.DueAt(); !due.IsZero() {
		v.Due = &due
	}
	return v
}

// both is a name as people read it, and as DNS has it where that is another one.
func (v *domainView) both() string {
	if v.Shown == v.Domain {
		return v.Domain
	}
	return v.Shown + " = " + v.Domain
}

func (v *domainView) print(p *printer) {
	state := v.State
	if v.On {
		state += ", on"
	}
	if v.SES != "" {
		state += ", at SES " + v.SES
	}
	if v.OwnSMTP != "" {
		state += ", by " + v.OwnSMTP
	}
	p.line("  %s  %s: %s%s, since %s", v.ID, v.both(), state, because(v.Reason), v.Since.Format(time.RFC3339))
	if v.Held {
		p.line("    held: %s", v.Why)
	}
}

// sendingView is how an agency's mail goes out.
type sendingView struct {
	Way     string       `json:"way"` // platform, own_domain, own_server
	Name    string       `json:"name"`
	From    string       `json:"from,omitempty"` // "" for the platform's address
	ReplyTo string       `json:"replyTo,omitempty"`
	Why     string       `json:"why,omitempty"` // why an agency that has a domain does not send from it
	Domains []domainView `json:"domains"`
}

// sending reads how an agency's mail goes out.
func (t *tool) sending(which id.Agency) (sendingView, error) {
	store := dynamo.NewSenderReads(t.table.Table)
	a, err := store.Agency(t.ctx, which)
	if err != nil {
		return sendingView{}, err
	}
	settings, err := store.Settings(t.ctx, which)
	if err != nil {
		return sendingView{}, err
	}
	claims, err := store.Claims(t.ctx, which)
	if err != nil {
		return sendingView{}, err
	}
	v := sendingView{Domains: []domainView{}}
	var on *sender.Claim
	for _, c := range claims {
		if c.ID == settings.On {
			on = c
		}
		v.Domains = append(v.Domains, domainOf(c))
	}
	out := sender.OutgoingFor(a, settings, on)
	v.Way, v.Name, v.From, v.ReplyTo, v.Why = string(out.Way), out.Name, string(out.Address), string(out.ReplyTo), out.Why
	return v, nil
}

func (v *sendingView) print(p *printer) {
	from := v.From
	if from == "" {
		from = "the platform's address"
	}
	p.line("\nSending: %s, %q from %s%s", v.Way, v.Name, from, because(v.Why))
	for i := range v.Domains {
		v.Domains[i].print(p)
	}
}

// senders lists the names that wait for the operator, or decides about one.
func (t *tool) senders(args []string) error {
	if len(args) == 1 {
		return fmt.Errorf("write it as: admin senders, admin senders allow DOMAIN, or admin senders refuse DOMAIN, not %q", args[0])
	}
	o := &senders.Operator{Store: dynamo.NewSenderDecisions(t.table.Table), Now: t.now}
	held, err := o.Held(t.ctx)
	if err != nil {
		return err
	}
	if len(args) > 0 {
		return t.decide(o, held, args[0], args[1])
	}
	out := []domainView{}
	for _, c := range held {
		v := domainOf(c)
		a, err := t.table.Agency(t.ctx, c.Agency)
		if err != nil {
			return plain(err)
		}
		v.Name = a.Name
		out = append(out, v)
	}
	return t.answer(out, func(p *printer) {
		for i := range out {
			v := &out[i]
			p.line("%s  %s: %s", v.ID, v.both(), v.Why)
			p.line("    asked for by %s  %s, %s, on %s; it is %s", v.Agency, v.Name, v.By, v.Claimed.Format(time.DateOnly), v.State)
		}
		if len(out) == 0 {
			p.line("no name waits for you")
		}
	})
}

// decide lets a name be used that waits, or takes it back.
func (t *tool) decide(o *senders.Operator, held []*sender.Claim, how, which string) error {
	do, done := o.Allow, "may be used; within a minute it goes on"
	switch how {
	case "allow":
	case "refuse":
		do, done = o.Refuse, "is refused, and taken back from the agency"
	default:
		return fmt.Errorf("a name is allowed or refused: admin senders allow DOMAIN, or admin senders refuse DOMAIN, not %q", how)
	}
	i := slices.IndexFunc(held, func(c *sender.Claim) bool { return string(c.ID) == which })
	if i < 0 {
		return fmt.Errorf("%q is no id of a name that waits, dom_…; admin senders shows them", which)
	}
	name := t.stage + "-senders"
	queue, err := sqs.NewFromConfig(t.cfg).GetQueueUrl(t.ctx, &sqs.GetQueueUrlInput{QueueName: &name})
	if err != nil {
		return err
	}
	o.Senders = queues.Open(t.cfg, *queue.QueueUrl)
	c, err := do(t.ctx, held[i].Agency, held[i].ID)
	if err != nil {
		return plain(err)
	}
	v := domainOf(c)
	return t.answer(v, func(p *printer) { p.line("%s  %s %s", v.ID, v.both(), done) })
}
