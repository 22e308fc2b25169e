package web

import (
	"fmt"
	"net/http"
	"net/url"

	"latchkey.dev/shared/billing"
	"latchkey.dev/shared/contract"
	"latchkey.dev/shared/cookie"
	"latchkey.dev/shared/event"
	"latchkey.dev/shared/fault"
	"latchkey.dev/shared/id"
	"latchkey.dev/shared/page"
	"latchkey.dev/shared/payment"
	"latchkey.dev/shared/signin"
)

func checkoutPath(agency id.Agency) string {
	return "/checkout?agency=" + url.QueryEscape(string(agency))
}

// bill is a contract in words.
func bill(c *contract.Contract) (b page.Bill, err error) {
	for _, l := range c.Lines {
		b.Lines = append(b.Lines, page.Priced{Name: l.Name(), Month: l.Month.Amount.String(), Year: l.Year.Amount.String()})
	}
	month, err := c.Sum(payment.Month)
	if err != nil {
		return b, err
	}
	year, err := c.Sum(payment.Year)
	if err != nil {
		return b, err
	}
	b.Month, b.Year, b.Tax = month.Total.String(), year.Total.String(), taxWords(c.Tax)
	s, err := c.Saving()
	if err == nil && !s.Amount.IsZero() {
		b.Saving = fmt.Sprintf("%s a year (%d %%)", s.Amount, s.Percent)
	}
	return b, err
}

func taxWords(t contract.Tax) string {
	switch {
	case t.Way == contract.Included && t.Rate > 0:
		return fmt.Sprintf("Prices include %g %% tax.", float64(t.Rate)/100)
	case t.Way == contract.Included:
		return "Prices include tax."
	case t.Way == contract.Worked:
		return "Tax is added by your address on the next page, before you pay."
	}
	return ""
}

// unpaid are the faults of a payment as the page before it says them, by their code; what else went wrong is to be tried
// again.
var unpaid = map[fault.Code]string{
	fault.PaymentsOff: "What was offered is not sold any more. Nothing was charged; ask for a new invitation.",
	fault.Unavailable: "The payment service does not answer at the moment. Nothing was charged; try again in a moment.",
	fault.Invalid:     "Choose monthly or annual.",
}

// refusal is what a page shows that a form leads back to.
func refusal(r *http.Request) page.Problems {
	code := fault.Code(r.URL.Query().Get("problem"))
	if code == "" {
		return nil
	}
	words := unpaid[code]
	if words == "" {
		words = "That did not work. Nothing was charged; try again in a moment."
	}
	return page.Problems{{Message: words}}
}

// CheckoutPage shows what the person is asked to buy, and takes the choice between monthly and annual.
func CheckoutPage(s *Site, door *signin.Doorkeeper, ledger *billing.Ledger) Page {
	return s.look("checkoutPage", func(w http.ResponseWriter, r *http.Request) error {
		caller, err := door.Caller(r.Context(), credentials(r))
		if err != nil {
			return err
		}
		c, err := ledger.Relationship(r.Context(), caller, id.Agency(r.URL.Query().Get("agency")))
		if err != nil {
			return err
		}
		event.Annotate(r.Context(), "agency", string(c.Agency), "client", string(c.ID))
		if c.Joined() && !c.Payment.Over() {
			return seeOther(w, portalPath(string(c.Agency)))
		}
		if !c.Joined() {
			if err := c.Invite.MayAnswer(s.now()); err != nil {
				return err
			}
		}
		if c.Invite.Contract == nil {
			return fault.New(fault.NotFound, "There is nothing to pay here. Open the link in your invitation again, and accept it.")
		}
		from := c.Invite.From
		v := page.Checkout{Brand: page.Brand{Name: from.AgencyName, Color: from.Color, LogoURL: from.LogoURL}, Agency: string(c.Agency), Person: string(caller.Email),
			Again: c.Joined(), Year: c.Payment.Interval == payment.Year, Until: page.TimeAt(c.Invite.ExpiresAt, s.now()), Problems: refusal(r)}
		if v.Bill, err = bill(c.Invite.Contract); err != nil {
			return err
		}
		if r.URL.Query().Get("canceled") != "" {
			v.Note = page.Note{Tone: page.Wait, Title: "Nothing was charged", Text: "You came back without paying. Everything is as it was; go on whenever you like."}
		}
		return s.show(w, r, http.StatusOK, v)
	})
}

// PayingPage waits until the payment has come.
func PayingPage(s *Site, door *signin.Doorkeeper, ledger *billing.Ledger) Page {
	return s.look("payingPage", func(w http.ResponseWriter, r *http.Request) error {
		caller, err := door.Caller(r.Context(), credentials(r))
		if err != nil {
			return err
		}
		c, err := ledger.Relationship(r.Context(), caller, id.Agency(r.URL.Query().Get("agency")))
		if err != nil {
			return err
		}
		if c.Joined() && !c.Payment.Over() {
			return seeOther(w, portalPath(string(c.Agency))+"&welcome=1")
		}
		from := c.Invite.From
		w.Header().Set("Refresh", "3;url=/checkout/done?agency="+url.QueryEscape(string(c.Agency)))
		return s.show(w, r, http.StatusOK, page.Paying{Brand: page.Brand{Name: from.AgencyName, Color: from.Color, LogoURL: from.LogoURL}, Person: string(caller.Email), Agency: string(c.Agency)})
	})
}

// lane makes a function that leads on and shows nothing itself: what talks to the payment service and what draws pages do
// not fit into one binary's budget. to is where the browser goes; back is where a fault is shown, with its code.
func lane(id, origin string, changes bool, to func(r *http.Request) (next, back string, err error)) Page {
	h := http.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		next, back, err := to(r)
		if err != nil {
			f := fault.As(err)
			if f == nil {
				event.Annotate(r.Context(), "error", err.Error())
				f = fault.New(fault.Internal, "")
			}
			note(r.Context(), f)
			switch f.Code {
			case fault.Unauthenticated:
				next = "/sign-in"
			case fault.AlreadyPaid:
				next = back
			default:
				next = back + "problem=" + url.QueryEscape(string(f.Code))
			}
		}
		_ = seeOther(w, next) //nolint:errcheck // it has none
	}))
	if changes {
		guard := http.NewCrossOriginProtection()
		if err := guard.AddTrustedOrigin(origin); err != nil {
			panic(err) // environment.Origin has checked it
		}
		guard.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "This came from another site. Open the page here and try once more.", http.StatusForbidden)
		}))
		h = guard.Handler(h)
	}
	return Page{id, h}
}

// StartCheckoutForm leads to the payment service's page.
func StartCheckoutForm(origin string, door *signin.Doorkeeper, cashier *billing.Cashier) Page {
	return lane("startCheckoutForm", origin, true, func(r *http.Request) (next, back string, err error) {
		which := id.Agency(r.PostFormValue("agency"))
		back = checkoutPath(which) + "&"
		caller, err := door.Caller(r.Context(), signin.Credentials{Session: cookie.Of(r)})
		if err != nil {
			return "", back, err
		}
		p, err := cashier.Start(r.Context(), caller, which, payment.Interval(r.PostFormValue("interval")))
		return p.URL, back, err
	})
}

// CheckoutDone is where the payment service leads back to: it looks whether the payment has come, and leads on.
func CheckoutDone(door *signin.Doorkeeper, cashier *billing.Cashier) Page {
	return lane("checkoutDone", "", false, func(r *http.Request) (next, back string, err error) {
		which := id.Agency(r.URL.Query().Get("agency"))
		back = "/checkout/waiting?agency=" + url.QueryEscape(string(which)) + "&"
		caller, err := door.Caller(r.Context(), signin.Credentials{Session: cookie.Of(r)})
		if err != nil {
			return "", back, err
		}
		c, err := cashier.Confirm(r.Context(), caller, which)
		if err != nil {
			return "", back, err
		}
		if c.Joined() && !c.Payment.Over() {
			return portalPath(string(which)) + "&welcome=1", back, nil
		}
		return back, back, nil
	})
}

// OpenBillingForm leads a client to its card and invoices.
func OpenBillingForm(origin string, door *signin.Doorkeeper, cashier *billing.Cashier) Page {
	return lane("openBillingForm", origin, true, func(r *http.Request) (next, back string, err error) {
		which := id.Agency(r.PostFormValue("agency"))
		back = portalPath(string(which)) + "&"
		caller, err := door.Caller(r.Context(), signin.Credentials{Session: cookie.Of(r)})
		if err != nil {
			return "", back, err
		}
		next, err = cashier.Account(r.Context(), caller, which)
		return next, back, err
	})
}

// StartUpgradeForm leads an owner to the payment service: to buy Max, or with account=1 to the agency's card and invoices.
func StartUpgradeForm(origin string, door *signin.Doorkeeper, plans *billing.Plans) Page {
	return lane("startUpgradeForm", origin, true, func(r *http.Request) (next, back string, err error) {
		const upgrade = "/upgrade?"
		caller, err := door.ForAgency(r.Context(), signin.Credentials{Session: cookie.Of(r)}, "")
		if err != nil {
			return "", upgrade, err
		}
		if r.PostFormValue("account") != "" {
			next, err = plans.Account(r.Context(), caller)
			return next, upgrade, err
		}
		p, err := plans.Start(r.Context(), caller, payment.Interval(r.PostFormValue("interval")))
		return p.URL, upgrade, err
	})
}
