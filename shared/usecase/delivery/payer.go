package delivery

import (
	"context"

	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/job"
	"latchkey.dev/shared/view/letter"
	"latchkey.dev/shared/view/receipt"
)

// payer tells a client what became of a change of who pays. As with what was bought, nothing is claimed: one that comes twice does no
// harm. What the change is past already is not told: the job of what it has come to is on the queue as well.
func (w *Worker) payer(ctx context.Context, j job.Mail) error {
	c, err := w.Store.Client(ctx, j.Agency, j.Client.Ref(), true)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil || c.Erased() { // nobody is left to be told
		return err
	}
	p := c.Change
	if p == nil || string(p.ID) != j.Item || string(p.State) != j.Job {
		return nil
	}
	from := c.Invite.From
	at, out, err := w.outgoing(ctx, j.Agency)
	if err != nil {
		return err
	}
	l := receipt.In(c.Reads(at))
	d := letter.PayerData{State: p.State, ToClient: p.To == client.ByClient, Proposes: p.By == client.ByClient,
		Pays: c.Payer() == client.ByClient, Anew: p.Terms.Version > 1, Card: p.NeedCard, Day: l.Day(p.Terms.At),
		Until: l.Day(p.ExpiresAt), Reason: l.ChangeReason(c),
		BoughtData: letter.BoughtData{AgencyName: from.AgencyName, AgencyColor: from.Color, LogoURL: w.picture(from.LogoURL),
			ClientName: c.DisplayName(), Thing: l.Things(p.Terms.New), Platform: w.Platform, Language: l.Language,
			Link: w.Origin + "/portal/payer?agency=" + string(j.Agency)}}
	if d.Old, err = l.Paid(p.Terms.Old, p.Terms.OldEvery); err != nil {
		return err
	}
	if d.New, err = l.Paid(p.Terms.New, p.Terms.Every); err != nil {
		return err
	}
	return w.send(ctx, j, at, out, from.AgencyName,
		Mail{To: c.Email, Letter: letter.Payer(d), Tags: map[string]string{"kind": string(j.Kind)}})
}
