package billing

import (
	"context"
	"time"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/payment"
	"latchkey.dev/shared/domain/subscription"
	"latchkey.dev/shared/domain/words"
)

// Invoices leads clients to their cards and invoices, which the payment service keeps.
type Invoices struct {
	Store    ContractStore
	Provider Provider
	Origin   string // the product's own, for the way back
	Now      func() time.Time
}

// errNoAccount is for a customer that was deleted at the payment service.
var errNoAccount = fault.New(fault.NotFound, "errors.the_payment_service_has_no_card")

// Page is the address of the payment service's own page for the person's cards and invoices at the agency, for one visit.
// Faults: [fault.Unauthenticated]; [fault.StepUpRequired]; [fault.NotFound] for a person who has
// never paid there; [fault.PaymentsOff]; [fault.Unavailable].
func (s *Invoices) Page(ctx context.Context, caller identity.Caller, agency id.Agency) (string, error) {
	pay, err := s.paid(ctx, caller, agency)
	if err != nil {
		return "", err
	}
	url, err := s.Provider.BillingPortal(ctx, pay.Customer, s.back(agency), said(ctx))
	if payment.Is(err, payment.Missing) {
		return "", errNoAccount
	}
	return url, asFault(err)
}

// Cancel is the address of the payment service's own page on which the person cancels what they pay for at the agency, for one
// visit. Faults: as Page; [fault.NotFound] for what does not renew.
func (s *Invoices) Cancel(ctx context.Context, caller identity.Caller, agency id.Agency) (string, error) {
	pay, err := s.paid(ctx, caller, agency)
	if err != nil {
		return "", err
	}
	if pay.Reference == "" { // its agency pays
		return "", fault.New(fault.NotFound, "errors.theres_no_subscription_to_cancel_it")
	}
	return cancelPage(ctx, s.Provider, pay, s.back(agency), "&", said(ctx))
}

// said is the language that the person's page was in; "" where none was said, and the payment service goes by what it knows.
func said(ctx context.Context) words.Language {
	l, _ := words.Said(ctx)
	return l
}

func (s *Invoices) back(agency id.Agency) string {
	return s.Origin + "/portal?agency=" + string(agency)
}

// cancelPage is where what renews is cancelled; from there one comes back, and with ending=1 when it was. The payment service may
// know better than what was written down: then its page of everything is shown, which says how it stands.
func cancelPage(ctx context.Context, provider Provider, pay *subscription.Subscription, back, joint string, l words.Language,
) (string, error) {
	if !pay.Renews() {
		return "", fault.New(fault.NotFound, "errors.theres_no_subscription_to_cancel_it")
	}
	url, err := provider.CancelPage(ctx, payment.CancelVisit{Customer: pay.Customer, Subscription: pay.Reference, Back: back,
		Done: back + joint + "ending=1", Language: l})
	if payment.Is(err, payment.Refused) {
		url, err = provider.BillingPortal(ctx, pay.Customer, back, l)
	}
	if payment.Is(err, payment.Missing) {
		return "", errNoAccount
	}
	return url, asFault(err)
}

// paid is how the payment of a person who has paid at the agency stands.
func (s *Invoices) paid(ctx context.Context, caller identity.Caller, agency id.Agency) (*subscription.Subscription, error) {
	if err := caller.MustSignIn(); err != nil {
		return nil, err
	}
	if err := s.Provider.Ready(); err != nil {
		return nil, err
	}
	c, err := s.Store.Client(ctx, agency, id.RefOf(agency, caller.Email), true)
	if err != nil {
		return nil, err
	}
	if c.Payment.Customer == "" {
		return nil, fault.New(fault.NotFound, "errors.you_have_not_paid_for_anything")
	}
	if err := caller.SteppedUp(s.Now()); err != nil {
		return nil, err
	}
	pay := c.Payment
	if c.AgencyPays() { // the subscription is the agency's; the card and the invoices of before are the client's still
		pay = subscription.Subscription{Customer: pay.Customer}
	}
	return &pay, nil
}
