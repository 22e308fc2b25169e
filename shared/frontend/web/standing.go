package web

import (
	"context"
	"fmt"
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
		v.Problems, v.SignIn = refusal(r), signInAgain(r, "/settings/agency", "Card and invoices need a sign-in of the last hour.")
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
		Max: a.Plan == agency.Max, Suspended: a.Suspended, Left: a.Left(s.now()), Quota: agency.HourlyInvites,
		Fresh: closing.IsFresh(caller)}
	v.Paying, v.PastDue, v.Confirm = a.Payment.Customer != "", a.Payment.State == subscription.PastDue, a.Payment.AskedURL
	v.State, v.Renews = renewal(&a.Payment)
	if !v.Owner {
		return v, nil
	}
	n, err := closing.ClientCount(ctx, caller)
	switch {
	case err != nil:
		return v, err
	case n > agencies.ManyClients:
		v.Losses = fmt.Sprintf("More than %d clients lose their portal and all access.", agencies.ManyClients)
	case n == 1:
		v.Losses = "One client loses its portal and all access."
	case n == 0:
		v.Losses = "There are no clients who would lose anything."
	default:
		v.Losses = fmt.Sprintf("%d clients lose their portal and all access.", n)
	}
	switch others := len(team.Members) - 1; others {
	case 0:
		v.People = "You lose your place here, and every API key stops working."
	case 1:
		v.People = "You and one other person lose your places here, and every API key stops working."
	default:
		v.People = fmt.Sprintf("You and %d other people lose your places here, and every API key stops working.", others)
	}
	return v, nil
}

// renewal says how the payment of an agency's plan stands, and what comes next.
func renewal(p *subscription.Subscription) (page.Badge, string) {
	every := map[payment.Interval]string{payment.Month: "Paid monthly. ", payment.Year: "Paid annually. "}[p.Interval]
	switch end := receipt.Day(p.PeriodEnd); {
	case p.State == subscription.Active && !p.End().IsZero():
		last := receipt.Day(p.End())
		text := words.Say("money.ends_plan", "day", last)
		if !p.Ending {
			text = words.Say("money.ends_plan_later", "renewal", end, "day", last)
		}
		return page.Badge{Tone: page.Wait, Text: words.Say("money.ends", "day", last)}, every + text
	case p.State == subscription.PastDue && p.Asked != "":
		return page.Badge{Tone: page.Bad, Text: words.Say("money.confirm_state")}, words.Say("money.confirm_text")
	case p.State == subscription.Active:
		return page.Badge{Tone: page.Good, Text: "Paid"}, every + "It renews on " + end + "."
	case p.State == subscription.PastDue:
		return page.Badge{Tone: page.Bad, Text: "Past due"},
			"The last payment did not go through. Max goes on for now, and the card is tried again over the next days."
	case p.State == subscription.CheckoutOpen && p.PaidAt.IsZero():
		return page.Badge{}, ""
	case p.Over():
		return page.Badge{Tone: page.Idle, Text: "Ended"},
			"Max ended on " + receipt.Day(p.EndedAt) + ". Your clients keep what they have; inviting rests until it is paid again."
	}
	return page.Badge{}, ""
}

// deleteAgency ends the agency.
func deleteAgency(s *Site, settings *agencies.Settings, closing *agencies.Closing) Form {
	return form("delete", identity.ByStaff(identity.InPerson), func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
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
