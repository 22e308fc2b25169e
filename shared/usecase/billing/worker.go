package billing

import (
	"context"
	"time"

	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/job"
	"latchkey.dev/shared/domain/payment"
)

// EventStore remembers which events have been dealt with, and knows who pays.
type EventStore interface {
	// Payer finds who a customer of the payment service is; empty when nobody is known by it.
	Payer(ctx context.Context, customer string) (id.Agency, id.Ref, error)
	// Handled tells whether an event has been dealt with.
	Handled(ctx context.Context, event string) (bool, error)
	// Handle remembers that an event has been dealt with.
	Handle(ctx context.Context, event string, now time.Time) error
}

// Worker does the jobs of the billing queue: it looks at what an event of the payment service's was about.
type Worker struct {
	Store     EventStore
	Provider  Provider
	Checkouts *Checkouts
	Plans     *Plans
	Now       func() time.Time
}

// Handle does one job: it looks at what an event was about, or at a relationship or an agency whose time has come. An
// error means that the job must come again.
func (w *Worker) Handle(ctx context.Context, body []byte) error {
	j, err := job.DecodeBilling(body)
	if err != nil {
		return err // among the dead letters somebody sees it, as on the other queues
	}
	if j.Event == "" {
		return w.settle(ctx, owner{j.Agency, j.Ref}, "")
	}
	if done, err := w.Store.Handled(ctx, j.Event); err != nil || done {
		return err
	}
	if err := w.follow(ctx, payment.Object{Type: j.Type, ID: j.Object}); err != nil {
		return err
	}
	return w.Store.Handle(ctx, j.Event, w.Now())
}

// follow goes from an object to whoever it concerns.
func (w *Worker) follow(ctx context.Context, o payment.Object) error {
	t, err := w.Provider.Trace(ctx, o)
	if payment.Is(err, payment.Missing) {
		return nil
	}
	if err != nil {
		return asFault(err)
	}
	subs := []string{t.Subscription}
	if t.Subscription == "" && t.Customer != "" && t.Checkout == "" { // a page without one says itself whose it is
		if subs, err = w.subscriptions(ctx, t.Customer); err != nil {
			return err
		}
	}
	for _, sub := range subs {
		who, err := w.whose(ctx, t, sub)
		if err != nil {
			return err
		}
		if err := w.settle(ctx, who, sub); err != nil {
			return err
		}
	}
	if !t.Gone {
		return nil
	}
	return w.forget(ctx, t.Customer)
}

// forget forgets a customer that was deleted at the payment service, so that the next purchase makes another.
func (w *Worker) forget(ctx context.Context, customer string) error {
	agency, ref, err := w.Store.Payer(ctx, customer)
	switch {
	case err != nil || agency == "":
		return err
	case ref == "":
		return w.Plans.Forget(ctx, agency, customer)
	}
	return w.Checkouts.Forget(ctx, agency, ref, customer)
}

// subscriptions returns the ids of a customer's subscriptions; one empty id for a customer that has none.
func (w *Worker) subscriptions(ctx context.Context, customer string) ([]string, error) {
	all, err := w.Provider.SubscriptionsOf(ctx, customer)
	if err != nil && !payment.Is(err, payment.Missing) {
		return nil, asFault(err)
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
func (w *Worker) whose(ctx context.Context, t payment.Trace, sub string) (owner, error) {
	var meta map[string]string
	switch {
	case sub != "":
		s, err := w.Provider.Subscription(ctx, sub)
		if err != nil && !payment.Is(err, payment.Missing) {
			return owner{}, asFault(err)
		}
		meta = s.Metadata
	case t.Checkout != "":
		c, err := w.Provider.Checkout(ctx, t.Checkout)
		if err != nil && !payment.Is(err, payment.Missing) {
			return owner{}, asFault(err)
		}
		meta = c.Metadata
	}
	a, ref := id.Agency(meta[metaAgency]), id.Client(meta[metaClient]).Ref()
	switch { // what stands there may have been changed by hand: a client's subscription without its client is no plan's
	case !id.Valid(id.AgencyPrefix, string(a)):
	case meta[metaKind] == forPlan:
		return owner{agency: a}, nil
	case meta[metaKind] == forClient && ref != "":
		return owner{a, ref}, nil
	}
	if t.Customer == "" {
		return owner{}, nil
	}
	a, ref, err := w.Store.Payer(ctx, t.Customer)
	return owner{a, ref}, err
}

// settle has the payment of its owner looked at.
func (w *Worker) settle(ctx context.Context, who owner, sub string) error {
	switch {
	case who.agency == "": // sold by somebody else on the same account
		return nil
	case who.ref == "":
		return w.Plans.Settle(ctx, who.agency, sub)
	}
	return w.Checkouts.Settle(ctx, who.agency, who.ref, sub)
}
