package billing

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/contract"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/job"
	"latchkey.dev/shared/domain/payment"
	"latchkey.dev/shared/domain/subscription"
)

// PlanStore keeps what agencies pay. Reads of what is not there return a fault with code [fault.NotFound].
type PlanStore interface {
	// Agency reads the agency as it is now.
	Agency(ctx context.Context, agency id.Agency) (*agency.Agency, error)
	// Member reads somebody who works at the agency.
	Member(ctx context.Context, agency id.Agency, member id.Member) (*agency.Member, error)
	// People lists those who work at the agency.
	People(ctx context.Context, agency id.Agency) (agency.Members, error)
	// Charge writes what an agency pays, and its plan, while its payment still is the one that was read; else
	// conflict.ErrChanged.
	Charge(ctx context.Context, a *agency.Agency, before agency.Agency, rows []audit.Entry) error
}

// Plans sells Max to agencies. A plan that lapses rests inviting, and never touches a client.
type Plans struct {
	Store    PlanStore
	Provider Provider
	Prices   *Prices
	Mail     Queue // of mail jobs; nil where nobody is told of anything
	Settings Settings
	Now      func() time.Time
}

// Start opens the checkout page of the Max plan, or returns the one that is open. Faults: [fault.Unauthenticated], [fault.StepUpRequired];
// [fault.Forbidden] for who is no owner; [fault.Invalid] in interval;
// [fault.Suspended] while it could not be used; [fault.AlreadyPaid]; [fault.PaymentsOff]; [fault.Unavailable].
func (s *Plans) Start(ctx context.Context, caller identity.Caller, every payment.Interval) (Page, error) {
	if err := s.owner(ctx, caller); err != nil {
		return Page{}, err
	}
	if every != payment.Month && every != payment.Year {
		return Page{}, fault.InField("interval", "errors.choose_month_or_year")
	}
	if err := s.Provider.Ready(); err != nil {
		return Page{}, err
	}
	price, err := s.Prices.Plan(ctx)
	if err != nil {
		return Page{}, err
	}
	const rounds = 4
	for range rounds {
		a, err := s.begin(ctx, caller, every)
		if err != nil {
			return Page{}, err
		}
		page, done, err := s.open(ctx, caller, a, price)
		if err != nil || done {
			return page, err
		}
	}
	return Page{}, fault.New(fault.Unavailable, "errors.several_pages_were_opened_at_once")
}

// owner lets owners through who have stepped up.
func (s *Plans) owner(ctx context.Context, caller identity.Caller) error {
	if err := caller.OwnsNow(s.Now()); err != nil {
		return err
	}
	m, err := s.Store.Member(ctx, caller.Agency, caller.Member)
	if err == nil && m.Level == agency.Owner {
		return nil
	}
	if err == nil || fault.Is(err, fault.NotFound) {
		return fault.New(fault.Forbidden, "errors.only_owners_of_the_agency_pay")
	}
	return err
}

func (s *Plans) begin(ctx context.Context, caller identity.Caller, every payment.Interval) (a *agency.Agency, err error) {
	err = conflict.Retry(ctx, func() error {
		if a, err = s.Store.Agency(ctx, caller.Agency); err != nil {
			return err
		}
		if a.Suspended {
			return fault.New(fault.Suspended, "errors.your_agency_is_suspended_so_there")
		}
		if a.Payment.Resting { // it goes on by itself, see rest
			return fault.New(fault.AlreadyPaid, "errors.max_starts_again_by_itself_in")
		}
		if a.Plan == agency.Max && a.Payment.State == subscription.None {
			return fault.New(fault.AlreadyPaid, "errors.your_agency_is_on_max_already")
		}
		before := *a
		old := before.Payment
		if old.State == subscription.CheckoutOpen && old.Checkout.ID != "" &&
			(old.Interval != every || !s.Now().Before(old.Checkout.ExpiresAt)) {
			ended, err := s.Provider.ExpireCheckout(ctx, old.Checkout.ID)
			if err != nil && !payment.Is(err, payment.Missing) {
				return asFault(err)
			}
			if ended.Status == payment.CheckoutComplete {
				if err := s.Settle(ctx, a.ID, ended.Subscription); err != nil {
					return err
				}
				return fault.New(fault.AlreadyPaid, "errors.this_has_been_paid_already")
			}
		}
		if err := a.Payment.Begin(every, "", s.Now().Truncate(time.Millisecond)); err != nil {
			return err
		}
		if a.Payment == before.Payment {
			return nil
		}
		return s.Store.Charge(ctx, a, before, nil)
	})
	return a, err
}

func (s *Plans) open(ctx context.Context, caller identity.Caller, a *agency.Agency, price *contract.Contract) (Page, bool, error) {
	p := a.Payment
	if p.Checkout.ID != "" {
		now, err := s.Provider.Checkout(ctx, p.Checkout.ID)
		if err != nil {
			return Page{}, false, asFault(err)
		}
		if now.Status == payment.CheckoutOpen && now.URL != "" {
			return Page{now.URL, now.ExpiresAt}, true, nil
		}
		if err := s.Settle(ctx, a.ID, now.Subscription); err != nil {
			return Page{}, false, err
		}
		if now.Status == payment.CheckoutComplete {
			return Page{}, false, fault.New(fault.AlreadyPaid, "errors.this_has_been_paid_already")
		}
		return Page{}, false, nil
	}
	request := payment.CheckoutRequest{
		IdempotencyKey: once(fmt.Sprintf("%s.max.%d.%s", a.ID, p.Checkout.Attempt, p.Interval), p.Customer),
		Reference:      string(a.ID), Customer: p.Customer, Email: string(caller.Email),
		Metadata:   map[string]string{metaKind: forPlan, metaAgency: string(a.ID)},
		Lines:      []payment.Line{{PriceID: price.Lines[0].Price(p.Interval).ID, Quantity: 1}},
		SuccessURL: s.Settings.Origin + "/upgrade?paid=1", CancelURL: s.Settings.Origin + "/upgrade?canceled=1",
		ExpiresAt:    p.Checkout.ExpiresAt.Truncate(time.Second),
		AutomaticTax: price.Tax.Way == contract.Worked, PromotionCodes: s.Settings.PromotionCodes,
		BillingAddress: s.Settings.BillingAddress, TaxIDs: s.Settings.TaxIDs,
	}
	made, err := s.Provider.CreateCheckout(ctx, request)
	if customerGone(err) && request.Customer != "" {
		if err := s.Forget(ctx, a.ID, request.Customer); err != nil {
			return Page{}, false, err
		}
		request.IdempotencyKey, request.Customer = strings.TrimSuffix(request.IdempotencyKey, "."+request.Customer), ""
		made, err = s.Provider.CreateCheckout(ctx, request)
	}
	if err == nil {
		err = asPromised(ctx, s.Provider, price, p.Interval, made)
	}
	if notSold(err) {
		err = errors.Join(err, s.withdraw(ctx, a))
	}
	if err != nil {
		return Page{}, false, asFault(err)
	}
	taken := false
	err = conflict.Retry(ctx, func() error {
		now, err := s.Store.Agency(ctx, a.ID)
		if err != nil {
			return err
		}
		before := *now
		if taken = now.Payment.Opened(p.Checkout.Attempt, made.ID, made.URL, made.Customer); !taken {
			return nil
		}
		return s.Store.Charge(ctx, now, before, nil)
	})
	if err != nil {
		return Page{}, false, err
	}
	if !taken {
		if _, err := s.Provider.ExpireCheckout(ctx, made.ID); err != nil && !payment.Is(err, payment.Missing) {
			return Page{}, false, asFault(err)
		}
		return Page{}, false, nil
	}
	return Page{made.URL, made.ExpiresAt}, true, nil
}

// withdraw takes back an attempt for which no page is made.
func (s *Plans) withdraw(ctx context.Context, a *agency.Agency) error {
	return conflict.Retry(ctx, func() error {
		now, err := s.Store.Agency(ctx, a.ID)
		if err != nil {
			return err
		}
		before := *now
		if !now.Payment.Withdraw(a.Payment.Checkout.Attempt) {
			return nil
		}
		return s.Store.Charge(ctx, now, before, nil)
	})
}

// Forget forgets a customer of the agency's that is there no more at the payment service.
func (s *Plans) Forget(ctx context.Context, which id.Agency, customer string) error {
	return conflict.Retry(ctx, func() error {
		a, err := s.Store.Agency(ctx, which)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		before := *a
		if !a.ClosedAt.IsZero() || !a.Payment.Forget(customer) {
			return nil
		}
		return s.Store.Charge(ctx, a, before, nil)
	})
}

// Settle asks the payment service how an agency's plan stands, and brings the plan to it. The subscription is the one to
// ask for; "" for the one that is known.
func (s *Plans) Settle(ctx context.Context, which id.Agency, sub string) error {
	second := ""
	var untold *agency.Agency
	err := conflict.Retry(ctx, func() error {
		second, untold = "", nil
		a, err := s.Store.Agency(ctx, which)
		if fault.Is(err, fault.NotFound) {
			second = sub
			return nil
		}
		if err != nil {
			return err
		}
		if !a.ClosedAt.IsZero() {
			return s.end(ctx, a, sub)
		}
		if err := s.shut(ctx, a); err != nil {
			return err
		}
		f, err := facts(ctx, s.Provider, &a.Payment, sub)
		if err == nil {
			err = s.rest(ctx, a, &f)
		}
		if err != nil {
			return err
		}
		before := *a
		now := s.Now().Truncate(time.Millisecond)
		change := a.Payment.Reduce(now, f)
		var rows []audit.Entry
		switch {
		case change.Second:
			second = f.Subscription.ID
			return nil
		case change.Fulfil || change.Opened:
			a.Plan = agency.Max
		case lapsed(&a.Payment) && !lapsed(&before.Payment):
			a.Plan = agency.Free
		}
		if a.Plan != before.Plan {
			rows = append(rows, row(now, audit.System, audit.PlanChanged, string(a.ID), string(a.Plan)))
		}
		if s.Mail != nil && a.Payment.Tell(now) {
			untold = a
		}
		if !change.Changed && untold == nil && len(rows) == 0 {
			return nil
		}
		return s.Store.Charge(ctx, a, before, rows)
	})
	if err == nil && untold != nil {
		err = s.tell(ctx, untold)
	}
	if err != nil || second == "" {
		return err
	}
	return payBack(ctx, s.Provider, second, "the agency has a plan already, or is gone")
}

// lapsed tells whether a plan was paid for and is not any more. One that rests has not lapsed: it is taken up again.
func lapsed(p *subscription.Subscription) bool { return p.Over() && !p.Resting }

// tell hands over the mails to the agency's owners about what its bank wants, and notes that, as for clients.
func (s *Plans) tell(ctx context.Context, a *agency.Agency) error {
	said := a.Payment.Untold
	if said&subscription.TellAsked != 0 {
		people, err := s.Store.People(ctx, a.ID)
		if err != nil {
			return err
		}
		for i := range people {
			if people[i].Level != agency.Owner {
				continue
			}
			m := job.Mail{Kind: job.Confirm, Agency: a.ID, Member: people[i].ID, Job: a.Payment.Asked}
			if err := s.Mail.Send(ctx, m.Encode(), 0); err != nil {
				return err
			}
		}
	}
	return conflict.Retry(ctx, func() error {
		now, err := s.Store.Agency(ctx, a.ID)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		before := *now
		if !now.ClosedAt.IsZero() || !now.Payment.Told(said, s.Now().Truncate(time.Millisecond)) {
			return nil
		}
		return s.Store.Charge(ctx, now, before, nil)
	})
}

// end has nobody pay for the plan of an agency that is closed: its open page closes, what was paid on it after the closing
// goes back, and what was paid for before is not renewed. Nothing of it is written down, since the agency is as it was
// when it closed; all of it may be repeated.
func (s *Plans) end(ctx context.Context, a *agency.Agency, sub string) error {
	if a.Payment.State == subscription.CheckoutOpen && a.Payment.Checkout.ID != "" {
		ended, err := s.Provider.ExpireCheckout(ctx, a.Payment.Checkout.ID)
		if err != nil && !payment.Is(err, payment.Missing) {
			return asFault(err)
		}
		if ended.Subscription != "" {
			sub = ended.Subscription
		}
	}
	if sub == "" {
		sub = a.Payment.Reference
	}
	if sub == "" {
		return nil
	}
	x, err := s.Provider.Subscription(ctx, sub)
	if payment.Is(err, payment.Missing) || err == nil && x.Status.Final() {
		return nil
	}
	if err != nil {
		return asFault(err)
	}
	if sub != a.Payment.Reference {
		return payBack(ctx, s.Provider, sub, "the agency is gone")
	}
	_, err = s.Provider.CancelSubscription(ctx, sub, false)
	if payment.Is(err, payment.Missing) {
		return nil
	}
	return asFault(err)
}

// Account is the address of the payment service's own page for the agency's card and invoices, which leads back to the path.
// Faults: [fault.Unauthenticated]; [fault.StepUpRequired]; [fault.Forbidden] for who is no owner;
// [fault.NotFound] for an agency that has never paid; [fault.PaymentsOff]; [fault.Unavailable].
func (s *Plans) Account(ctx context.Context, caller identity.Caller, back string) (string, error) {
	pay, err := s.paid(ctx, caller)
	if err != nil {
		return "", err
	}
	url, err := s.Provider.BillingPortal(ctx, pay.Customer, s.Settings.Origin+back, "")
	if payment.Is(err, payment.Missing) {
		return "", errNoAccount
	}
	return url, asFault(err)
}

// Cancel is the address of the payment service's own page on which an owner cancels Max, which leads back to the path. Faults: as
// Account; [fault.NotFound] for a plan that does not renew.
func (s *Plans) Cancel(ctx context.Context, caller identity.Caller, back string) (string, error) {
	pay, err := s.paid(ctx, caller)
	if err != nil {
		return "", err
	}
	return cancelPage(ctx, s.Provider, pay, s.Settings.Origin+back, "?", "")
}

// paid is how the payment of an owner's agency that has paid stands.
func (s *Plans) paid(ctx context.Context, caller identity.Caller) (*subscription.Subscription, error) {
	if err := s.owner(ctx, caller); err != nil {
		return nil, err
	}
	if err := s.Provider.Ready(); err != nil {
		return nil, err
	}
	a, err := s.Store.Agency(ctx, caller.Agency)
	if err != nil {
		return nil, err
	}
	if a.Payment.Customer == "" {
		return nil, fault.New(fault.NotFound, "errors.your_agency_has_not_paid_for")
	}
	return &a.Payment, nil
}
