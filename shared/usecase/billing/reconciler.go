package billing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"latchkey.dev/shared/domain/contract"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/payment"
)

// ReconciliationStore keeps what is sold at what prices, and which events have been dealt with.
type ReconciliationStore interface {
	// Handled tells whether an event has been dealt with.
	Handled(ctx context.Context, event string) (bool, error)
	// Tariff reads what is sold at what prices; the zero Tariff where nothing is.
	Tariff(ctx context.Context) (contract.Tariff, error)
	// SaveTariff writes a tariff that is newer than the one that is kept.
	SaveTariff(ctx context.Context, t contract.Tariff) error
}

// Reconciler runs on a schedule. It reads the prices anew, and finds what the payment service should have told.
type Reconciler struct {
	Store    ReconciliationStore
	Provider Provider
	Listener *Listener
	Tax      contract.Tax // of the prices
	Now      func() time.Time
}

// Refresh reads the operator's prices at the payment service and keeps them, for those who quote them. Where nothing is
// sold any more it forgets them.
func (r *Reconciler) Refresh(ctx context.Context) error {
	if r.Provider.Ready() != nil {
		return r.forget(ctx)
	}
	var keys []string
	for _, a := range append(contract.Articles(), contract.Article{Product: contract.Max}) {
		for _, i := range contract.Intervals() {
			keys = append(keys, a.LookupKey(i))
		}
	}
	found, err := r.Provider.Prices(ctx, keys)
	if err != nil {
		return asFault(err)
	}
	t := contract.Sell(found, r.Tax, r.Now())
	for key, why := range t.Flaws {
		if why != contract.NoPrice { // what is not sold at all needs nobody
			slog.ErrorContext(ctx, "a price is not sold", Alert, "billing_price_not_sold", "price", key, "why", why)
		}
	}
	return r.Store.SaveTariff(ctx, t)
}

// forget empties the tariff, where it is not empty.
func (r *Reconciler) forget(ctx context.Context) error {
	if t, err := r.Store.Tariff(ctx); err != nil || !t.Open() {
		return err
	}
	return r.Store.SaveTariff(ctx, contract.Tariff{At: r.Now()})
}

// Reconciliation: how far back it looks for events that were not delivered. The payment service keeps them for 30 days.
const (
	lookBack = 30 * 24 * time.Hour
	mostPage = 20 // pages of one run; what is left is found by the next
)

// Reconcile reads the prices anew, finds what the payment service could not deliver and puts it on the queue. What has
// been dealt with already is passed over there.
func (r *Reconciler) Reconcile(ctx context.Context) error {
	refreshed := r.Refresh(ctx)
	if r.Provider.Ready() != nil {
		return refreshed
	}
	errs := []error{refreshed}
	q := payment.EventQuery{Since: r.Now().Add(-lookBack), Types: payment.EventTypes, Undelivered: true}
	for range mostPage {
		page, next, err := r.Provider.Events(ctx, q)
		if err != nil {
			return errors.Join(append(errs, fmt.Errorf("billing: %w", asFault(err)))...)
		}
		for n := len(page) - 1; n >= 0; n-- { // oldest first, which is how things happened
			done, err := r.Store.Handled(ctx, page[n].ID)
			if err == nil && !done {
				err = r.Listener.Listen(ctx, page[n])
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
