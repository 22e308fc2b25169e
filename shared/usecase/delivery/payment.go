package delivery

import (
	"cmp"
	"context"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/job"
	"latchkey.dev/shared/view/letter"
)

// payment tells a client that its bank wants a payment confirmed, or the agency's person that the client's bank asks about one.
// What is no more so when the job comes is not told.
func (w *Worker) payment(ctx context.Context, j job.Mail) error {
	if j.Client == "" {
		return w.plan(ctx, j)
	}
	c, err := w.Store.Client(ctx, j.Agency, j.Client.Ref(), true)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil || c.Erased() { // nobody is left to be told
		return err
	}
	from := c.Invite.From
	at, out, err := w.outgoing(ctx, j.Agency)
	if err != nil {
		return err
	}
	d := letter.BoughtData{AgencyName: from.AgencyName, AgencyColor: from.Color, LogoURL: w.picture(from.LogoURL),
		ClientName: c.DisplayName(), Platform: w.Platform}
	m := Mail{To: c.Email, Tags: map[string]string{"kind": string(j.Kind)}}
	switch {
	case j.Kind == job.Confirm && c.Payment.Asked == j.Job && c.AgencyPays():
		who, err := w.seller(ctx, j)
		if err != nil || who == nil {
			return err
		}
		d.Link, m.To, out = cmp.Or(c.Payment.AskedURL, w.Origin+"/clients/"+string(c.ID)), who.Email, platformOnly(out, "")
		d.ToAgency = true
		m.Letter = letter.Confirm(d)
	case j.Kind == job.Confirm && c.Payment.Asked == j.Job:
		d.Link = cmp.Or(c.Payment.AskedURL, w.Origin+"/portal?agency="+string(j.Agency)+"#billing")
		d.Language = c.Reads(at)
		m.Letter = letter.Confirm(d)
	case j.Kind == job.Inquiry && c.Payment.Inquiry:
		who, err := w.seller(ctx, j)
		if err != nil || who == nil {
			return err
		}
		d.Link, m.To, out = w.Origin+"/clients/"+string(c.ID), who.Email, platformOnly(out, "") // the agency's people hear from us
		m.Letter = letter.Inquiry(d)
	default:
		return nil
	}
	return w.send(ctx, j, at, out, from.AgencyName, m)
}

// plan tells an owner of an agency that its bank wants the payment of its plan confirmed.
func (w *Worker) plan(ctx context.Context, j job.Mail) error {
	a, err := w.Store.Agency(ctx, j.Agency)
	if err == nil && (a.Payment.Asked != j.Job || !a.ClosedAt.IsZero()) {
		return nil
	}
	var who *agency.Member
	if err == nil {
		who, err = w.Store.Member(ctx, j.Agency, j.Member)
	}
	if fault.Is(err, fault.NotFound) {
		return nil // left meanwhile
	}
	if err != nil || who.Level != agency.Owner {
		return err
	}
	d := letter.BoughtData{AgencyName: a.Name, AgencyColor: a.Color, LogoURL: w.picture(a.LogoURL), Platform: w.Platform, ToAgency: true,
		Link: cmp.Or(a.Payment.AskedURL, w.Origin+"/upgrade")}
	_, err = w.Mailer.Send(ctx, Mail{FromName: w.Platform, From: w.From, To: who.Email, Letter: letter.ConfirmPlan(d),
		Tags: map[string]string{"kind": string(j.Kind)}})
	if _, final := refusal(err); final {
		return nil // nobody is there to be told
	}
	return err
}
