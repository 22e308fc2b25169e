package delivery

import (
	"context"
	"errors"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/job"
	"latchkey.dev/shared/domain/link"
	"latchkey.dev/shared/domain/mailserver"
	"latchkey.dev/shared/domain/secret"
	"latchkey.dev/shared/domain/sender"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/view/letter"
)

// settingsPath is the page of the agency's sender.
const settingsPath = "/settings/email"

// test mails a member from the domain that they try, the way that invitations take, whether or not it is switched on. What SES takes
// is settled by its report; what an agency's own server takes is settled by that.
func (w *Worker) test(ctx context.Context, j job.Mail) error {
	c, err := w.claimed(ctx, j)
	if err != nil || c == nil || c.Test.ID != j.Job || c.Test.Outcome != "" {
		return err
	}
	a, settings, _, err := w.Store.Sender(ctx, j.Agency)
	if err != nil {
		return err
	}
	out := w.admitted(sender.TestOutgoing(a, settings, c))
	if q := w.elsewhere(out.Way); q != nil {
		return q.Send(ctx, j.Encode(), 0)
	}
	to, err := w.Store.Member(ctx, j.Agency, j.Member)
	if fault.Is(err, fault.NotFound) {
		return nil // left meanwhile
	}
	switch {
	case err != nil:
		return err
	case a.Suspended:
		return w.tested(ctx, j, &Refusal{Reason: words.Say("delivery.suspended")}, false)
	case out.Way == sender.ByPlatform:
		return w.tested(ctx, j, &Refusal{Reason: out.Why}, false)
	}
	l := letter.SenderTest(letter.SenderTestData{AgencyName: a.Name, AgencyColor: a.Color, LogoURL: w.picture(a.LogoURL),
		From: string(out.Address), Link: w.Origin + settingsPath, Platform: w.Platform})
	m := Mail{To: to.Email, Letter: l,
		Tags: map[string]string{"kind": string(job.Test), "agency": string(j.Agency), "member": string(j.Member), "test": j.Job}}
	w.sign(&m, a, out, a.Name, j.Job)
	_, err = w.hand(ctx, out, m)
	var f *mailserver.Failure
	if _, final := refusal(err); err != nil && !final && !errors.As(err, &f) {
		return err // the message comes back
	}
	if err == nil && out.Way == sender.ByDomain {
		return nil // SES reports
	}
	return w.tested(ctx, j, err, out.Way == sender.ByOwnServer)
}

// tested notes what became of a test mail at once. One that went by the agency's own server has that used again, or not.
func (w *Worker) tested(ctx context.Context, j job.Mail, sent error, own bool) error {
	detail := ""
	var f *mailserver.Failure
	switch {
	case errors.As(sent, &f) && f.Kind == mailserver.Transient:
		detail = f.Where + " " + f.What + " " + words.Say("delivery.test_again")
	case errors.As(sent, &f):
		detail = f.Reason()
	case sent != nil:
		detail, _ = refusal(sent)
	}
	return conflict.Retry(ctx, func() error {
		c, err := w.claimed(ctx, j)
		if err != nil || c == nil || !c.TestDone(j.Job, sent == nil, detail, w.Now()) {
			return err
		}
		if own && c.Own != nil && c.Test.Outcome == sender.TestDelivered {
			c.Own.Works(true)
		}
		return w.Store.SaveClaim(ctx, c, nil)
	})
}

// claimed is the claim that the job is about; nil where it is gone.
func (w *Worker) claimed(ctx context.Context, j job.Mail) (*sender.Claim, error) {
	c, err := w.Store.Claim(ctx, j.Agency, id.SenderDomain(j.Item))
	if fault.Is(err, fault.NotFound) {
		return nil, nil //nolint:nilnil // it is gone
	}
	return c, err
}

// news tells an owner what became of the agency's sender, by the platform's sender. As with a standing nothing is claimed, and one that
// is out of date is dropped.
func (w *Worker) news(ctx context.Context, j job.Mail) error {
	if j.Member == "" {
		return w.owners(ctx, j)
	}
	a, err := w.Store.Agency(ctx, j.Agency)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	to, err := w.Store.Member(ctx, j.Agency, j.Member)
	if fault.Is(err, fault.NotFound) || err == nil && to.Level != agency.Owner {
		return nil
	}
	if err != nil {
		return err
	}
	return w.tell(ctx, j, a, to.Email)
}

// tell mails somebody what became of the agency's sender.
func (w *Worker) tell(ctx context.Context, j job.Mail, a *agency.Agency, to email.Address) error {
	l, err := w.newsLetter(ctx, j, a)
	if err != nil || l == nil {
		return err
	}
	_, err = w.Mailer.Send(ctx, Mail{FromName: w.Platform, From: w.From, To: to, Letter: *l,
		Tags: map[string]string{"kind": string(j.Kind)}})
	if _, final := refusal(err); final {
		return nil // nobody is there to be told
	}
	return err
}

// newsLetter composes the mail; nil where there is nothing to tell any more.
func (w *Worker) newsLetter(ctx context.Context, j job.Mail, a *agency.Agency) (*letter.Letter, error) {
	d := letter.SenderData{AgencyName: a.Name, Link: w.Origin + settingsPath, Platform: w.Platform}
	if j.Job == job.Changed {
		_, settings, on, err := w.Store.Sender(ctx, j.Agency)
		if err != nil {
			return nil, err
		}
		var m Mail
		m.Tags = map[string]string{}
		w.sign(&m, a, sender.OutgoingFor(a, settings, on), a.Name, "")
		d.From = m.FromName + " <" + m.From + ">"
		if j.By != "" {
			if by, err := w.Store.Member(ctx, j.Agency, j.By); err == nil {
				d.Who = by.Name
			} else if !fault.Is(err, fault.NotFound) {
				return nil, err
			}
		}
		l := letter.SenderChanged(d)
		return &l, nil
	}
	c, err := w.claimed(ctx, j)
	if err != nil || c == nil {
		return nil, err
	}
	d.Domain, d.State, d.Reason, d.Next, d.Used = c.Domain, c.State, c.Reason, c.Next(), !c.VerifiedAt.IsZero()
	if c.State == sender.Released {
		for _, v := range c.Report.Verdicts { // as they were looked for; DMARC's is the agency's own
			if v.Record.Role != sender.DMARC && v.Cause != sender.Missing {
				d.Records = append(d.Records, string(v.Record.Type)+" "+v.Record.Name)
			}
		}
	}
	var l letter.Letter
	switch {
	case j.Job == job.ServerOff && c.Own != nil && !c.Own.OffAt.IsZero():
		d.Host, d.Why = c.Own.Host, c.Own.Why
		l = letter.ServerOff(d)
	case j.Job == job.Stands(string(c.State)):
		l = letter.SenderState(d)
	default:
		return nil, nil //nolint:nilnil // it is not so any more
	}
	return &l, nil
}

// owners gives each owner a mail of its own. Those of an agency that was closed have no place there any more, and are told at once.
func (w *Worker) owners(ctx context.Context, j job.Mail) error {
	a, err := w.Store.Agency(ctx, j.Agency)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, to := range a.Farewell {
		if err := w.tell(ctx, j, a, to); err != nil {
			return err
		}
	}
	people, err := w.Store.People(ctx, j.Agency)
	if err != nil {
		return err
	}
	for i := range people {
		if people[i].Level != agency.Owner {
			continue
		}
		j.Member = people[i].ID
		if err := w.Queue.Send(ctx, j.Encode(), 0); err != nil {
			return err
		}
	}
	return nil
}

// handOff mails a domain's records to whoever runs its DNS, by the platform's sender and without a word of the agency's but its name.
// The link's token is made here, and only its hash is stored. A later try makes another: the address is forgotten once a mail has gone
// out, and then nothing is tried any more.
func (w *Worker) handOff(ctx context.Context, j job.Mail) error {
	token := link.ForRecords(j.Agency, id.SenderDomain(j.Item))
	c, err := w.onLink(ctx, j, func(l *sender.RecordsLink) { l.Hash = secret.HashOf(token) })
	if err != nil || c == nil {
		return err
	}
	a, err := w.Store.Agency(ctx, j.Agency)
	if err != nil {
		return err
	}
	to := *c.Link(j.Job)
	if !a.Suspended {
		d := letter.RecordsData{Held: a.NameHeld(a.Name, w.Platform) != "", AgencyName: a.Name, Domain: c.Domain,
			Provider: sender.ProviderOf(c.NameServers).Name, Records: sender.Records(c.Wanted()), Link: w.Origin + "/records/" + token,
			ExpiresAt: to.ExpiresAt, Platform: w.Platform}
		_, err = w.Mailer.Send(ctx, Mail{FromName: w.Platform, From: w.From, To: to.Address, Letter: letter.Records(d),
			Tags: map[string]string{"kind": string(job.Records)}})
		if _, final := refusal(err); err != nil && !final {
			return err
		}
	}
	_, err = w.onLink(ctx, j, func(l *sender.RecordsLink) { l.Address = "" })
	return err
}

// onLink changes the link that the job is about, while its mail has not gone out. It returns no claim where there is none.
func (w *Worker) onLink(ctx context.Context, j job.Mail, change func(*sender.RecordsLink)) (*sender.Claim, error) {
	var c *sender.Claim
	err := conflict.Retry(ctx, func() (err error) {
		if c, err = w.claimed(ctx, j); err != nil || c == nil {
			return err
		}
		l := c.Link(j.Job)
		if l == nil || l.Address == "" {
			c = nil
			return nil
		}
		change(l)
		return w.Store.SaveClaim(ctx, c, nil)
	})
	return c, err
}
