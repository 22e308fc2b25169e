package main

import (
	"errors"
	"fmt"
	"time"

	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/id"
)

type eventView struct {
	Event  string    `json:"event"`
	At     time.Time `json:"at"`
	Detail string    `json:"detail,omitempty"`
}

type inviteView struct {
	Client    string      `json:"client"`
	Email     string      `json:"email"`
	Name      string      `json:"name,omitempty"`
	State     string      `json:"state"` // of the client
	Invite    string      `json:"invite"`
	Status    string      `json:"status"`
	Reason    string      `json:"reason,omitempty"`
	Payer     string      `json:"payer"`
	By        string      `json:"by"`
	CreatedAt time.Time   `json:"createdAt"`
	ExpiresAt time.Time   `json:"expiresAt"`
	Links     int         `json:"links"` // how many links open it
	Mail      mailView    `json:"mail"`
	Open      []string    `json:"open,omitempty"`
	Timeline  []eventView `json:"timeline"`
	Earlier   []pastView  `json:"earlier,omitempty"`
	Log       []rowView   `json:"log"`
}

type mailView struct {
	State string     `json:"state"`
	Job   string     `json:"job"`
	Tries int        `json:"tries"`
	Due   *time.Time `json:"due,omitempty"`
}

type pastView struct {
	Invite  string    `json:"invite"`
	Status  string    `json:"status"`
	Payer   string    `json:"payer"`
	Created time.Time `json:"createdAt"`
	Ended   time.Time `json:"endedAt,omitzero"`
}

func (t *tool) invite(args []string) error {
	subject, where := args[0], args[2]
	switch "-agency" {
	case args[1]:
	case args[0]:
		subject, where = args[2], args[1]
	default:
		return errors.New("write it as: admin invite INVITE|CLIENT -agency AGENCY")
	}
	which, err := agencyID(where)
	if err != nil {
		return err
	}
	ref := id.Invite(subject).Ref()
	if ref == "" {
		ref = id.Client(subject).Ref()
	}
	if ref == "" {
		return fmt.Errorf("%q is neither an invite's id, in_…, nor a client's, cl_…", subject)
	}
	c, err := t.table.Client(t.ctx, which, ref, true)
	if err != nil {
		return plain(err)
	}
	log, err := t.table.History(t.ctx, which)
	if err != nil {
		return err
	}
	v := t.inviteView(c, log)
	return t.answer(v, func(p *printer) {
		p.line("%s  %s %s, %s", v.Client, v.Email, v.Name, v.State)
		p.line("%s  %s%s, %s pays, by %s", v.Invite, v.Status, because(v.Reason), v.Payer, v.By)
		p.line("made %s, expires %s, %d links open it", v.CreatedAt.Format(time.RFC3339), v.ExpiresAt.Format(time.RFC3339), v.Links)
		due := ""
		if v.Mail.Due != nil {
			due = ", due " + v.Mail.Due.Format(time.RFC3339)
		}
		p.line("mail %s, job %s, %d tries%s", v.Mail.State, v.Mail.Job, v.Mail.Tries, due)
		for _, o := range v.Open {
			p.line("open %s", o)
		}
		p.line("\nTimeline")
		for _, e := range v.Timeline {
			p.line("  %s  %-12s %s", e.At.Format(time.RFC3339), e.Event, e.Detail)
		}
		if len(v.Earlier) > 0 {
			p.line("\nBefore it")
			for _, e := range v.Earlier {
				p.line("  %s  %s, %s paid, made %s", e.Invite, e.Status, e.Payer, e.Created.Format(time.RFC3339))
			}
		}
		p.line("\nLog")
		printRows(p, v.Log)
	})
}

func (t *tool) inviteView(c *client.Client, log []audit.Entry) inviteView {
	i, now := c.Invite, t.now()
	v := inviteView{Client: string(c.ID), Email: string(c.Email), Name: c.Name, State: string(c.At(now)), Invite: string(i.ID),
		Status: string(i.At(now)), Reason: i.Reason,
		Payer: string(i.Payer), By: string(i.From.Member), CreatedAt: i.CreatedAt, ExpiresAt: i.ExpiresAt, Links: len(i.Tokens),
		Mail: mailView{State: string(i.Mail.State), Job: i.Mail.Job, Tries: i.Mail.Tries}}
	if due := i.Due(); !due.IsZero() {
		v.Mail.Due = &due
	}
	for _, g := range c.Open() {
		v.Open = append(v.Open, fmt.Sprintf("%s %s (%s)", g.Resource, g.Access, g.Name))
	}
	for _, e := range i.Timeline {
		v.Timeline = append(v.Timeline, eventView{string(e.Name), e.At, e.Detail})
	}
	about := map[string]bool{string(c.ID): true, string(i.ID): true}
	for _, p := range c.Earlier {
		about[string(p.ID)] = true
		v.Earlier = append(v.Earlier, pastView{string(p.ID), string(p.Status), string(p.Payer), p.Created, p.Ended})
	}
	for _, r := range rowsOf(log) {
		if about[r.Subject] {
			v.Log = append(v.Log, r)
		}
	}
	return v
}
