package delivery

import (
	"cmp"
	"context"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/contract"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/job"
	"latchkey.dev/shared/domain/purchase"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/view/letter"
)

// bought tells one side what became of something that was bought. The mail holds no secret and the job comes until it was
// handed over, so nothing is claimed: one that comes twice does no harm.
func (w *Worker) bought(ctx context.Context, j job.Mail) error {
	c, err := w.Store.Client(ctx, j.Agency, j.Client.Ref(), true)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil || c.Erased() { // nobody is left to be told
		return err
	}
	var item *purchase.Item
	for n := range c.Items {
		if c.Items[n].Key == j.Item {
			item = &c.Items[n]
		}
	}
	if item == nil {
		return nil
	}
	from := c.Invite.From
	at, out, err := w.outgoing(ctx, j.Agency)
	if err != nil {
		return err
	}
	d := letter.BoughtData{AgencyName: from.AgencyName, AgencyColor: from.Color, LogoURL: w.picture(from.LogoURL),
		ClientName: c.DisplayName(),
		Link:       w.Origin + "/portal?agency=" + string(j.Agency), On: item.DeletedOn(), Platform: w.Platform}
	to := c.Email
	if j.Member == "" {
		d.Language = c.Reads(at)
	}
	d.Thing = item.Article.In(cmp.Or(d.Language, words.English))
	if j.Member != "" {
		m, err := w.seller(ctx, j)
		if err != nil || m == nil {
			return err
		}
		to, d.ToAgency, d.Link = m.Email, true, w.Origin+"/clients/"+string(c.ID)
		out = platformOnly(out, "") // the agency's people hear from us
	}
	var l letter.Letter
	switch j.Kind {
	case job.Removal:
		if item.State != purchase.Suspended { // paid again meanwhile
			return nil
		}
		if !item.Noticed { // announced, and not written yet: the day of the deletion is not known
			return w.afterwards(ctx, j)
		}
		l = letter.Removal(d)
	case job.Ready:
		if item.Coming() { // announced, and not written yet
			return w.afterwards(ctx, j)
		}
		if item.State != purchase.Ready { // held or deleted meanwhile
			return nil
		}
		if item.Article.Product == contract.Hosting {
			d.SignIn = string(c.Email)
		}
		l = letter.Ready(d)
	default:
		l = letter.Refund(d)
	}
	return w.send(ctx, j, at, out, from.AgencyName, Mail{To: to, Letter: l, Tags: map[string]string{"kind": string(j.Kind)}})
}

// seller is the member who is told of what a client bought: who has invited it. Where they are gone the owners are told in their
// place, each by a mail of its own; then, and when an owner is gone as well, there is nobody.
func (w *Worker) seller(ctx context.Context, j job.Mail) (*agency.Member, error) {
	m, err := w.Store.Member(ctx, j.Agency, j.Member)
	if !fault.Is(err, fault.NotFound) {
		return m, err
	}
	if j.Instead {
		return nil, nil //nolint:nilnil // nobody is there
	}
	people, err := w.Store.People(ctx, j.Agency)
	if err != nil {
		return nil, err
	}
	for i := range people {
		if people[i].Level != agency.Owner {
			continue
		}
		j.Member, j.Instead = people[i].ID, true
		if err := w.Queue.Send(ctx, j.Encode(), 0); err != nil {
			return nil, err
		}
	}
	return nil, nil //nolint:nilnil // each owner has a mail of its own
}

// writes is by when whoever announced something has written it: longer than the function runs that does both.
const writes = 90 * time.Second

// afterwards has the mail about something come again when that is written. It is announced before it is written, so that
// no mail is lost in between, and this worker may be the faster one. What is not written by then is announced anew by whoever
// writes it.
func (w *Worker) afterwards(ctx context.Context, j job.Mail) error {
	if j.Job == job.Late {
		return nil
	}
	j.Job = job.Late
	return w.Queue.Send(ctx, j.Encode(), writes)
}
