package web

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/contract"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/payment"
	"latchkey.dev/shared/domain/subscription"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/frontend/cookie"
	"latchkey.dev/shared/usecase/billing"
	"latchkey.dev/shared/usecase/signin"
	"latchkey.dev/shared/view/page"
	"latchkey.dev/shared/view/receipt"
)

func checkoutPath(agency id.Agency) string {
	return "/checkout?agency=" + url.QueryEscape(string(agency))
}

// bill is a contract in words.
func bill(c *contract.Contract, in words.Language) (b page.Bill, err error) {
	for _, l := range c.Lines {
		b.Lines = append(b.Lines,
			page.Priced{Name: l.In(in), Month: l.Month.Amount.In(in), Year: l.Year.Amount.In(in), Tax: c.Tax.In(in)})
	}
	month, err := c.Sum(payment.Month)
	if err != nil {
		return b, err
	}
	year, err := c.Sum(payment.Year)
	if err != nil {
		return b, err
	}
	w := receipt.In(in)
	b.Month, b.Year, b.Tax = month.Total.In(in), year.Total.In(in), w.TaxWords(c.Tax)
	s, err := c.Saving()
	b.Saving = w.SavingWords(s)
	return b, err
}

// deal is a relationship's contract in short; nil when it has none.
func deal(c *client.Client, now time.Time, path string, in words.Language) (*page.Deal, error) {
	of, err := receipt.In(in).Of(c, now)
	if of == nil || err != nil {
		return nil, err
	}
	d := &page.Deal{Month: of.Totals[0].Month, Year: of.Totals[0].Year, Chosen: string(of.Chosen), Tax: c.Contract().Tax.In(in),
		State: stateBadge(of.State), Text: of.State.Text, URL: path}
	for _, l := range of.Lines {
		d.Lines = append(d.Lines, page.Priced{Name: l.Name, Month: l.Month, Year: l.Year})
	}
	return d, nil
}

// unpaid says why nothing was paid, by the fault's code; what else went wrong is to be tried again.
func unpaid(l words.Language, code fault.Code) string {
	switch code {
	case fault.PaymentsOff:
		return l.Say("checkout.not_sold")
	case fault.Unavailable:
		return l.Say("checkout.no_answer")
	case fault.Invalid:
		return l.Say("checkout.choose")
	case fault.Gone:
		return l.Say("checkout.gone")
	case fault.Expired:
		return l.Say("checkout.expired")
	case fault.Forbidden:
		return l.Say("checkout.owners_only")
	case fault.NotFound:
		return l.Say("checkout.no_account")
	case fault.OfferChanged:
		return l.Say("invitation.changed_text")
	}
	return l.Say("checkout.failed")
}

// refusal is what a page shows that a form leads back to.
func refusal(r *http.Request) page.Problems {
	l := words.In(r.Context())
	code := fault.Code(r.URL.Query().Get("problem"))
	if code == "" {
		return nil
	}
	return page.Problems{{Message: unpaid(l, code)}}
}

// buyingHandler shows a page about what the caller buys.
type buyingHandler func(w http.ResponseWriter, r *http.Request, caller identity.Caller, c *client.Client) error

// buying makes a page about what the caller buys from the agency in the query; who has nothing with it is told so.
func (s *Site) buying(id string, auth *signin.Authenticator, contracts *billing.Contracts, show buyingHandler) *Page {
	return speaks(s.page(id, auth, identity.ByClient, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		from, err := agencyIn(r)
		var c *client.Client
		if err == nil {
			c, err = contracts.Relationship(r.Context(), caller, from)
		}
		if fault.Is(err, fault.NotFound) {
			return s.nothing(w, r, caller, from)
		}
		if err != nil {
			return err
		}
		if err := preferOf(r, func() (words.Language, error) { return contracts.Reads(r.Context(), c) }); err != nil {
			return err
		}
		return show(w, r, caller, c)
	}),
		words.Checkout, words.Contract, words.Money, words.Receipt, words.Portal)
}

// agencyIn is the agency that the query names. Fault: [fault.NotFound] for none.
func agencyIn(r *http.Request) (id.Agency, error) { return id.ParseAgency(r.URL.Query().Get("agency")) }

// CheckoutPage shows what the person is asked to buy, and takes the choice between monthly and annual.
func CheckoutPage(s *Site, auth *signin.Authenticator, contracts *billing.Contracts) *Page {
	show := func(w http.ResponseWriter, r *http.Request, caller identity.Caller, c *client.Client) error {
		l := words.In(r.Context())
		deal := c.Invite.Contract
		if c.Joined() {
			deal = c.Contract()
		}
		if deal == nil {
			return s.nothing(w, r, caller, c.Agency)
		}
		event.Annotate(r.Context(), "agency", string(c.Agency), "client", string(c.ID))
		if c.Joined() && !c.Payment.Over() {
			return seeOther(w, portalPath(string(c.Agency)))
		}
		if f := fault.As(c.Invite.MayAnswer(s.now())); f != nil && !c.Joined() {
			return s.over(w, r, c, f)
		}
		owed, err := bill(deal, l)
		if err != nil {
			return err
		}
		v := page.Checkout{Bill: owed, Brand: senderBrand(c.Invite.From),
			Agency: string(c.Agency), Person: string(caller.Email),
			Language: string(l), Offer: c.Invite.OfferIn(l),
			Again: c.Joined(), Year: c.Payment.Interval == payment.Year, Until: page.TimeIn(l, c.Invite.ExpiresAt, s.now()),
			Problems: refusal(r), Contract: portalContractPath(c.Agency)}
		if r.URL.Query().Get("canceled") != "" {
			v.Note = page.Note{Tone: page.Wait, Title: l.Say("checkout.not_charged_title"),
				Text: l.Say("checkout.not_charged_text")}
		}
		return s.show(w, r, http.StatusOK, v)
	}
	return s.buying("checkoutPage", auth, contracts, show)
}

// nothing is for somebody who has nothing to pay there: most often, it is signed in with another address.
func (s *Site) nothing(w http.ResponseWriter, r *http.Request, caller identity.Caller, which id.Agency) error {
	note(r.Context(), fault.Saying(fault.NotFound, ""))
	return s.show(w, r, http.StatusNotFound,
		page.NothingToPay{Brand: s.brand, Person: string(caller.Email), Next: onward(checkoutPath(which))})
}

// over is for somebody who was about to pay for what has ended, or has paid for it too late.
func (s *Site) over(w http.ResponseWriter, r *http.Request, c *client.Client, f *fault.Error) error {
	note(r.Context(), f)
	v := page.TooLate{Brand: senderBrand(c.Invite.From),
		Expired: f.Code == fault.Expired, Declined: c.Invite.WasDeclined(), Contract: portalContractPath(c.Agency),
		Returned: c.Payment.State == subscription.Canceled}
	return s.show(w, r, f.Code.Status(), v)
}

// PayingPage waits until the payment has come.
func PayingPage(s *Site, auth *signin.Authenticator, contracts *billing.Contracts) *Page {
	show := func(w http.ResponseWriter, r *http.Request, caller identity.Caller, c *client.Client) error {
		if c.Joined() && !c.Payment.Over() {
			return seeOther(w, portalPath(string(c.Agency))+"&welcome=1")
		}
		if f := fault.As(c.Invite.MayAnswer(s.now())); f != nil && c.Payment.State != subscription.CheckoutOpen && !c.Joined() {
			return s.over(w, r, c, f)
		}
		v := page.Paying{Brand: senderBrand(c.Invite.From),
			Person: string(caller.Email), Agency: string(c.Agency), Tries: looks(r)}
		pause := 3
		if v.Long() {
			pause = 15
		}
		w.Header().Set("Refresh", fmt.Sprintf("%d;url=/checkout/done?agency=%s&n=%d", pause, url.QueryEscape(string(c.Agency)), v.Next()))
		return s.show(w, r, http.StatusOK, v)
	}
	return s.buying("payingPage", auth, contracts, show)
}

// looks is how often somebody who waits has looked.
func looks(r *http.Request) int {
	n, _ := strconv.Atoi(r.URL.Query().Get("n")) //nolint:errcheck // 0 for what is no number
	return min(max(n, 0), 99)
}

// leads makes a redirect. to is where the browser goes; back is where a fault is shown, with its code. A person who has to step up comes
// back to it after that; one without a sign-in goes on there after signing in.
func leads(ID, method, origin string, auth *signin.Authenticator, who identity.Who, to func(r *http.Request, at *step) error) *Redirect {
	var ours *guard
	if method == http.MethodPost {
		ours = newGuard(origin)
	}
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if ours != nil {
			if err := ours.read(r, func() error { return parseForm(w, r) }); err != nil {
				bare(w, r, fault.As(err))
				return
			}
		}
		r = spoken(r, false)
		if l, ok := words.ParseLanguage(r.PostForm.Get("language")); ok { // in which the page was shown that leads here
			prefer(r, l)
		}
		at := step{}
		at.who, at.refused = auth.Authenticate(r.Context(), signin.Credentials{Session: cookie.Of(r)}, who)
		err := to(r, &at)
		next := at.next
		if err != nil {
			f := fault.As(err)
			if f == nil {
				event.Annotate(r.Context(), "error", err.Error())
				f = fault.Saying(fault.Internal, "")
			}
			note(r.Context(), f)
			switch f.Code {
			case fault.StepUpRequired:
				_ = stepUp(w, r) //nolint:errcheck // it has none
				return
			case fault.IssuerRequired:
				next = officePath(id.Agency(f.Existing), officeNext(at.back))
			case fault.Unauthenticated:
				next = signInPath(at.back)
			case fault.AlreadyPaid:
				next = strings.TrimRight(at.back, "?&")
			case fault.NotFound:
				if at.back == "" { // there is no such page to lead back to
					bare(w, r, f)
					return
				}
				next = at.back + "problem=" + url.QueryEscape(string(f.Code))
			default:
				next = at.back + "problem=" + url.QueryEscape(string(f.Code))
			}
		}
		_ = seeOther(w, next) //nolint:errcheck // it has none
	})
	return &Redirect{ID: ID, Method: method, Who: who, handler: h}
}

// step is what a redirect has worked out: who is led, why that person may not go there, and where to.
type step struct {
	who        identity.Caller
	refused    error // what the caller's sign-in lacks; nil for nothing
	next, back string
}

// StartCheckout leads to the payment service's page.
func StartCheckout(origin string, auth *signin.Authenticator, checkouts *billing.Checkouts) *Redirect {
	who := identity.ByClient.SteppedInside()
	return leads("startCheckoutForm", http.MethodPost, origin, auth, who, func(r *http.Request, at *step) error {
		which, err := id.ParseAgency(r.PostForm.Get("agency"))
		if err == nil {
			at.back = checkoutPath(which) + "&"
		}
		if err := cmp.Or(at.refused, err); err != nil {
			return err
		}
		p, err := checkouts.Start(r.Context(), at.who, which, payment.Interval(r.PostForm.Get("interval")),
			r.PostForm.Get("offer"))
		at.next = p.URL
		return err
	})
}

// CheckoutDone is where the payment service leads back to: it looks whether the payment has come, and leads on.
func CheckoutDone(auth *signin.Authenticator, checkouts *billing.Checkouts) *Redirect {
	return leads("checkoutDone", http.MethodGet, "", auth, identity.ByClient, func(r *http.Request, at *step) error {
		which, err := agencyIn(r)
		if err != nil {
			return cmp.Or(at.refused, err)
		}
		waiting := "/checkout/waiting?agency=" + url.QueryEscape(string(which)) + "&"
		if n := looks(r); n > 0 {
			waiting += fmt.Sprintf("n=%d&", n)
		}
		if at.refused != nil {
			at.back = portalPath(string(which)) + "&" // for who must sign in
			return at.refused
		}
		at.back, at.next = waiting, waiting
		c, err := checkouts.Confirm(r.Context(), at.who, which)
		if fault.Is(err, fault.NotFound) {
			at.next = checkoutPath(which)
			return nil
		}
		if err == nil && c.Joined() && !c.Payment.Over() {
			at.next = portalPath(string(which)) + "&welcome=1"
		}
		return err
	})
}

// OpenBilling leads a client to their card and invoices, or with cancel=1 to where they cancel.
func OpenBilling(origin string, auth *signin.Authenticator, invoices *billing.Invoices) *Redirect {
	who := identity.ByClient.SteppedInside()
	return leads("openBillingForm", http.MethodPost, origin, auth, who, func(r *http.Request, at *step) error {
		which, err := id.ParseAgency(r.PostForm.Get("agency"))
		if err == nil {
			at.back = portalPath(string(which)) + "&"
		}
		if err := cmp.Or(at.refused, err); err != nil {
			return err
		}
		if r.PostForm.Get("cancel") != "" {
			at.next, err = invoices.Cancel(r.Context(), at.who, which)
			return err
		}
		at.next, err = invoices.Page(r.Context(), at.who, which)
		return err
	})
}

// upgradeFrom is the page that the form about the agency's plan is on.
func upgradeFrom(form url.Values) string {
	if form.Get("from") == "/settings/agency" {
		return "/settings/agency"
	}
	return "/upgrade"
}

// StartUpgrade leads an owner to the payment service: to buy Max, with account=1 to the agency's card and invoices, or with
// cancel=1 to where Max is cancelled; from there it comes back to the page that it was on.
func StartUpgrade(origin string, auth *signin.Authenticator, plans *billing.Plans) *Redirect {
	who := identity.ByOwner()
	return leads("startUpgradeForm", http.MethodPost, origin, auth, who, func(r *http.Request, at *step) (err error) {
		from := upgradeFrom(r.PostForm)
		at.back = from + "?"
		if at.refused != nil {
			return at.refused
		}
		if r.PostForm.Get("account") != "" {
			at.next, err = plans.Account(r.Context(), at.who, from)
			return err
		}
		if r.PostForm.Get("cancel") != "" {
			at.next, err = plans.Cancel(r.Context(), at.who, from)
			return err
		}
		p, err := plans.Start(r.Context(), at.who, payment.Interval(r.PostForm.Get("interval")))
		at.next = p.URL
		return err
	})
}
