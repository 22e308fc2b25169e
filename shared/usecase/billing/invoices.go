package billing

import (
	"context"
	"time"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/payment"
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
// Faults: [fault.Unauthenticated], also for a sign-in that is older than [FreshFor]; [fault.NotFound] for a person who has
// never paid there; [fault.PaymentsOff]; [fault.Unavailable].
func (s *Invoices) Page(ctx context.Context, caller identity.Caller, agency id.Agency) (string, error) {
	if !caller.SignedIn() || s.Now().Sub(caller.Since) > FreshFor {
		return "", fault.New(fault.Unauthenticated, "errors.cards_and_invoices_need_a_sign")
	}
	if err := s.Provider.Ready(); err != nil {
		return "", err
	}
	c, err := s.Store.Client(ctx, agency, id.RefOf(agency, caller.Email), true)
	if err != nil {
		return "", err
	}
	if c.Payment.Customer == "" {
		return "", fault.New(fault.NotFound, "errors.you_have_not_paid_for_anything")
	}
	url, err := s.Provider.BillingPortal(ctx, c.Payment.Customer, s.Origin+"/portal?agency="+string(agency))
	if payment.Is(err, payment.Missing) {
		return "", errNoAccount
	}
	return url, asFault(err)
}
