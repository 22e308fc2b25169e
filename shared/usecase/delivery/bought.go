package delivery

import (
	"context"
	"time"

	"latchkey.dev/shared/domain/contract"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/job"
	"latchkey.dev/shared/domain/purchase"
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
	at, err := w.Store.Agency(ctx, j.Agency)
	if err != nil {
		return err
	}
	d := letter.BoughtData{AgencyName: from.AgencyName, AgencyColor: from.Color, LogoURL: w.picture(from.LogoURL),
		ClientName: c.DisplayName(), Thing: item.Article.Name(),
		Link: w.Origin + "/portal?agency=" + string(j.Agency), On: item.DeletedOn(), Platform: w.Platform}
	to := c.Email
	if j.Member != "" {
		m, err := w.Store.Member(ctx, j.Agency, j.Member)
		if fault.Is(err, fault.NotFound) {
			return nil // left meanwhile
		}
		if err != nil {
			return err
		}
		to, d.ToAgency, d.Link = m.Email, true, w.Origin+"/clients/"+string(c.ID)
	}
	var l letter.Letter
	switch j.Kind {
	case job.Removal:
		if item.State != purchase.Suspended { // paid again meanwhile
			return nil
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
	_, err = w.Mailer.Send(ctx, Mail{FromName: w.sender(at, from.AgencyName), From: w.From, To: to, Letter: l,
		Tags: map[string]string{"kind": string(j.Kind)}})
	if _, final := refusal(err); final {
		return nil // nobody is there to be told
	}
	return err
}

// writes is by when whoever announced that something is ready has written it: longer than the function runs that does both.
const writes = 90 * time.Second

// afterwards has the mail that something is ready come again when that is written. It is announced before it is written, so that
// no mail is lost in between, and this worker may be the faster one. What is not written by then is announced anew by whoever
// writes it.
func (w *Worker) afterwards(ctx context.Context, j job.Mail) error {
	if j.Job == job.Late {
		return nil
	}
	j.Job = job.Late
	return w.Queue.Send(ctx, j.Encode(), writes)
}
