package delivery

import (
	"context"
	"strings"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/job"
	"latchkey.dev/shared/view/letter"
)

// standing tells somebody who works at an agency, or pays there for what is its own, how the agency stands with the platform from
// now on. As with what was bought, nothing is claimed: one that comes twice does no harm. One that is out of date is dropped.
func (w *Worker) standing(ctx context.Context, j job.Mail) error {
	a, err := w.Store.Agency(ctx, j.Agency)
	if fault.Is(err, fault.NotFound) || err == nil && (!a.ClosedAt.IsZero() || j.Job != "to-"+string(a.Standing())) {
		return nil
	}
	if err != nil {
		return err
	}
	d := letter.StandingData{AgencyName: a.Name, To: a.Standing(), From: agency.Standing(strings.TrimPrefix(j.Item, "from-")),
		Link: w.Origin + "/portal?agency=" + string(j.Agency), Platform: w.Platform}
	m := Mail{FromName: w.Platform, From: w.From, Tags: map[string]string{"kind": string(j.Kind)}}
	if j.Member != "" {
		who, err := w.Store.Member(ctx, j.Agency, j.Member)
		if fault.Is(err, fault.NotFound) {
			return nil // left meanwhile
		}
		if err != nil {
			return err
		}
		m.To, d.ToAgency, d.Link = who.Email, true, w.Origin+"/clients"
		d.OnMax = a.Payment.State.Open() || a.Payment.Resting
	} else {
		c, err := w.Store.Client(ctx, j.Agency, j.Client.Ref(), true)
		if fault.Is(err, fault.NotFound) || err == nil && c.Erased() {
			return nil
		}
		if err != nil {
			return err
		}
		m.To, d.Language = c.Email, c.Reads(a)
	}
	m.Letter = letter.Standing(d)
	_, err = w.Mailer.Send(ctx, m)
	if _, final := refusal(err); final {
		return nil // nobody is there to be told
	}
	return err
}
