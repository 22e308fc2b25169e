package billing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"latchkey.dev/shared/domain/contract"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/job"
	"latchkey.dev/shared/domain/payment"
)

// Clerk deals with what the payment service tells, and with what it should have told.
type Clerk struct {
	Cashier *Cashier
	Plans   *Plans
	Queue   Queue // of billing jobs
	Tariff  TariffStore
	Account string // the payment service's account that is ours; "" for the key's own
	Now     func() time.Time
}

// TariffStore keeps what is sold at what prices.
type TariffStore interface {
	Tariff(ctx context.Context) (contract.Tariff, error)
	// SaveTariff writes a tariff that is newer than the one that is kept.
	SaveTariff(ctx context.Context, t contract.Tariff) error
}

// Refresh reads the operator's prices at the payment service and keeps them, for those who quote them. Where nothing is
// sold any more it forgets them.
func (k *Clerk) Refresh(ctx context.Context) error {
	if k.Cashier.Till == nil {
		if t, err := k.Tariff.Tariff(ctx); err != nil || !t.Open() {
			return err
		}
		return k.Tariff.SaveTariff(ctx, contract.Tariff{At: k.Now()})
	}
	var keys []string
	for _, a := range append(contract.Articles(), contract.Article{Product: contract.Max}) {
		for _, i := range contract.Intervals() {
			keys = append(keys, a.LookupKey(i))
		}
	}
	found, err := k.Cashier.Till.Prices(ctx, keys)
	if err != nil {
		return said(err)
	}
	t := contract.Tariff{Prices: contract.Prices{}, Tax: k.Cashier.Settings.Tax, At: k.Now()}
	for key, f := range found {
		t.Prices[key] = contract.Price{ID: f.ID, Amount: f.Amount}
	}
	return k.Tariff.SaveTariff(ctx, t)
}

// Listen puts an event whose signature was checked on the queue. Another account's is dropped: it is none of ours.
func (k *Clerk) Listen(ctx context.Context, e payment.Event) error {
	if e.Account != "" && e.Account != k.Account || !known(e.Type) {
		return nil
	}
	return k.Queue.Send(ctx, job.Billing{Event: e.ID, Type: e.Object.Type, Object: e.Object.ID}.Encode(), 0)
}

func known(event string) bool {
	for _, t := range payment.EventTypes {
		if t == event {
			return true
		}
	}
	return false
}

// Handle does one job: it looks at what an event was about, or at a relationship or an agency whose time has come. An
// error means that the job must come again.
func (k *Clerk) Handle(ctx context.Context, body []byte) error {
	j, err := job.DecodeBilling(body)
	if err != nil {
		return err // among the dead letters somebody sees it, as on the other queues
	}
	if j.Event == "" {
		return k.settle(ctx, owner{j.Agency, j.Ref}, "")
	}
	if done, err := k.Cashier.Store.Handled(ctx, j.Event); err != nil || done {
		return err
	}
	if err := k.follow(ctx, payment.Object{Type: j.Type, ID: j.Object}); err != nil {
		return err
	}
	return k.Cashier.Store.Handle(ctx, j.Event, k.Now())
}

// follow goes from an object to whoever it concerns.
func (k *Clerk) follow(ctx context.Context, o payment.Object) error {
	t, err := k.Cashier.Till.Trace(ctx, o)
	if payment.Is(err, payment.Missing) {
		return nil
	}
	if err != nil {
		return said(err)
	}
	subs := []string{t.Subscription}
	if t.Subscription == "" && t.Customer != "" {
		if subs, err = k.of(ctx, t.Customer); err != nil {
			return err
		}
	}
	for _, sub := range subs {
		who, err := k.whose(ctx, t, sub)
		if err != nil {
			return err
		}
		if err := k.settle(ctx, who, sub); err != nil {
			return err
		}
	}
	return nil
}

// of are a customer's subscriptions; one empty name for a customer that has none.
func (k *Clerk) of(ctx context.Context, customer string) ([]string, error) {
	all, err := k.Cashier.Till.SubscriptionsOf(ctx, customer)
	if err != nil && !payment.Is(err, payment.Missing) {
		return nil, said(err)
	}
	if len(all) == 0 {
		return []string{""}, nil
	}
	var out []string
	for _, s := range all {
		out = append(out, s.ID)
	}
	return out, nil
}

// owner is whose payment it is: a relationship's, or with an empty ref an agency's plan.
type owner struct {
	agency id.Agency
	ref    id.Ref
}

// whose reads who pays by a subscription from what we wrote on it, and else by who the customer is known as.
func (k *Clerk) whose(ctx context.Context, t payment.Trace, sub string) (owner, error) {
	var meta map[string]string
	switch {
	case sub != "":
		s, err := k.Cashier.Till.Subscription(ctx, sub)
		if err != nil && !payment.Is(err, payment.Missing) {
			return owner{}, said(err)
		}
		meta = s.Metadata
	case t.Checkout != "":
		c, err := k.Cashier.Till.Checkout(ctx, t.Checkout)
		if err != nil && !payment.Is(err, payment.Missing) {
			return owner{}, said(err)
		}
		meta = c.Metadata
	}
	a := id.Agency(meta[metaAgency])
	switch {
	case !id.Valid(id.AgencyPrefix, string(a)):
	case meta[metaKind] == forPlan:
		return owner{agency: a}, nil
	case meta[metaKind] == forClient:
		return owner{a, id.Client(meta[metaClient]).Ref()}, nil
	}
	if t.Customer == "" {
		return owner{}, nil
	}
	a, ref, err := k.Cashier.Store.Payer(ctx, t.Customer)
	return owner{a, ref}, err
}

func (k *Clerk) settle(ctx context.Context, who owner, sub string) error {
	switch {
	case who.agency == "": // sold by somebody else on the same account
		return nil
	case who.ref == "":
		return k.Plans.Settle(ctx, who.agency, sub)
	}
	return k.Cashier.Settle(ctx, who.agency, who.ref, sub)
}

// Reconciliation: how far back it looks for events that were not delivered. The payment service keeps them for 30 days.
const (
	lookBack = 30 * 24 * time.Hour
	mostPage = 20 // pages of one run; what is left is found by the next
)

// Reconcile reads the prices anew, finds what the payment service could not deliver and puts it on the queue. What has
// been dealt with already is passed over there.
func (k *Clerk) Reconcile(ctx context.Context) error {
	refreshed := k.Refresh(ctx)
	if k.Cashier.Till == nil {
		return refreshed
	}
	q := payment.EventQuery{Since: k.Now().Add(-lookBack), Types: payment.EventTypes, Undelivered: true}
	errs := []error{refreshed}
	for range mostPage {
		page, next, err := k.Cashier.Till.Events(ctx, q)
		if err != nil {
			return errors.Join(append(errs, fmt.Errorf("billing: %w", said(err)))...)
		}
		for n := len(page) - 1; n >= 0; n-- { // oldest first, which is how things happened
			done, err := k.Cashier.Store.Handled(ctx, page[n].ID)
			if err == nil && !done {
				err = k.Listen(ctx, page[n])
			}
			if err != nil && !fault.Is(err, fault.NotFound) {
				errs = append(errs, err)
			}
		}
		if next == "" {
			break
		}
		q.After = next
	}
	return errors.Join(errs...)
}
