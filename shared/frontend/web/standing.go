package web

import (
	"context"
	"net/http"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/payment"
	"latchkey.dev/shared/domain/subscription"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/agencies"
	"latchkey.dev/shared/usecase/signin"
	"latchkey.dev/shared/view/page"
	"latchkey.dev/shared/view/receipt"
)

// AgencyPage shows the agency's plan, and lets an owner delete it.
func AgencyPage(s *Site, auth *signin.Authenticator, settings *agencies.Settings, closing *agencies.Closing) *Page {
	who := identity.ByStaff(identity.InPerson)
	return s.page("agencyPage", auth, who, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		v, err := s.standing(r.Context(), settings, closing, caller)
		if err != nil {
			return err
		}
		v.Asking = r.URL.Query().Get("delete") == "ask"
		v.Problems = refusal(r)
		if v.Renewing && r.URL.Query().Get("ending") != "" { // the payment service has not told yet
			v.Note = page.Note{Tone: page.Good, Text: words.Say("money.cancelling_title") + ". " + words.Say("money.cancelling_text")}
		}
		return s.show(w, r, http.StatusOK, v)
	}, deleteAgency(s, settings, closing))
}

// standing prepares the page. How many clients lose what they have is told to owners alone, who can delete the agency.
func (s *Site) standing(
	ctx context.Context, settings *agencies.Settings, closing *agencies.Closing, caller identity.Caller,
) (page.Standing, error) {
	team, err := settings.Team(ctx, caller)
	if err != nil {
		return page.Standing{}, err
	}
	a := team.Agency
	v := page.Standing{Workspace: workspace(a, caller, page.InSettings), Tab: "agency", Owner: isOwner(team, caller),
		Max: a.Plan == agency.Max, Suspended: a.Suspended, Left: a.Left(s.now()), Quota: agency.HourlyInvites}
	v.Paying, v.PastDue, v.Confirm = a.Payment.Customer != "", a.Payment.State == subscription.PastDue, a.Payment.AskedURL
	v.State, v.Renews = renewal(&a.Payment)
	v.Renewing = v.Owner && a.Payment.Renews()
	if !v.Owner {
		return v, nil
	}
	n, err := closing.ClientCount(ctx, caller)
	switch {
	case err != nil:
		return v, err
	case n > agencies.ManyClients:
		v.Losses = words.Say("plan.loses_many", "n", agencies.ManyClients)
	default:
		v.Losses = words.Say("plan.loses", "n", n)
	}
	v.People = words.Say("plan.people", "n", len(team.Members)-1)
	return v, nil
}

// renewal says how the payment of an agency's plan stands, and what comes next.
func renewal(p *subscription.Subscription) (page.Badge, string) {
	switch end := receipt.Day(p.PeriodEnd); {
	case p.Resting:
		return page.Badge{Tone: page.Idle, Text: words.Say("plan.resting")}, words.Say("plan.resting_text")
	case p.State == subscription.Active && !p.End().IsZero():
		last := receipt.Day(p.End())
		text := words.Say("money.ends_plan", "day", last)
		if !p.Ending {
			text = words.Say("money.ends_plan_later", "renewal", end, "day", last)
		}
		return page.Badge{Tone: page.Wait, Text: words.Say("money.ends", "day", last)}, paidEvery(p, text)
	case p.State == subscription.PastDue && p.Asked != "":
		return page.Badge{Tone: page.Bad, Text: words.Say("money.confirm_state")}, words.Say("money.confirm_text")
	case p.State == subscription.Active:
		return page.Badge{Tone: page.Good, Text: words.Say("plan.paid")}, paidEvery(p, words.Say("plan.renews", "day", end))
	case p.State == subscription.PastDue:
		return page.Badge{Tone: page.Bad, Text: words.Say("plan.past_due")}, words.Say("plan.past_due_text")
	case p.State == subscription.CheckoutOpen && p.PaidAt.IsZero():
		return page.Badge{}, ""
	case p.Over():
		return page.Badge{Tone: page.Idle, Text: words.Say("plan.ended")}, words.Say("plan.ended_text", "day", receipt.Day(p.EndedAt))
	}
	return page.Badge{}, ""
}

// paidEvery says how often it is paid, and then what comes next.
func paidEvery(p *subscription.Subscription, next string) string {
	switch p.Interval {
	case payment.Month:
		return words.Say("plan.paid_monthly") + " " + next
	case payment.Year:
		return words.Say("plan.paid_annually") + " " + next
	}
	return next
}

// deleteAgency ends the agency.
func deleteAgency(s *Site, settings *agencies.Settings, closing *agencies.Closing) Form {
	return form("delete", identity.ByOwner(), func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		ctx := r.Context()
		err := closing.Close(ctx, caller, r.PostForm.Get("name"))
		if err == nil {
			return seeOther(w, "/agencies?done=deleted")
		}
		f, err := ours(r, err)
		if err != nil {
			return err
		}
		v, err := s.standing(ctx, settings, closing, caller)
		if err != nil {
			return err
		}
		v.Asking, v.Typed = true, r.PostForm.Get("name")
		v.Problems = problems(f, map[string]string{"name": "name"})
		return s.show(w, r, f.Code.Status(), v)
	})
}
