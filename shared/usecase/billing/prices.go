package billing

import (
	"context"
	"time"

	"latchkey.dev/shared/domain/contract"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/payment"
)

// PriceStore keeps what is sold at what prices.
type PriceStore interface {
	// Tariff reads what is sold at what prices; the zero Tariff where nothing is.
	Tariff(ctx context.Context) (contract.Tariff, error)
}

// Prices quotes the operator's prices as they were read last, see [Reconciler.Refresh]: whoever invites asks nobody outside,
// and a contract holds the price that was shown, so that a change of prices reaches nobody by surprise.
type Prices struct {
	Store PriceStore
	Now   func() time.Time
}

// QuoteFor is Quote for somebody who may invite. Faults: as of Quote, [fault.Unauthenticated], [fault.Forbidden].
func (p *Prices) QuoteFor(ctx context.Context, caller identity.Caller, o contract.Order) (*contract.Contract, error) {
	if err := caller.MayPortal(identity.InvitesWrite, identity.Oversee); err != nil {
		return nil, err
	}
	return p.Quote(ctx, o)
}

// Quote makes the contract of an order at the prices of now; nil for an order that buys nothing. Faults: [fault.Invalid],
// [fault.PaymentsOff].
func (p *Prices) Quote(ctx context.Context, o contract.Order) (*contract.Contract, error) {
	if articles, err := o.Articles(); err != nil || len(articles) == 0 {
		return nil, err
	}
	t, err := p.Store.Tariff(ctx)
	if err != nil {
		return nil, err
	}
	if !t.Open() {
		return nil, errUnsold
	}
	return contract.Write(o, t.Prices, t.Tax, p.Now())
}

// Plan is what an agency pays for Max. Faults: [fault.PaymentsOff].
func (p *Prices) Plan(ctx context.Context) (*contract.Contract, error) {
	t, err := p.Store.Tariff(ctx)
	if err != nil {
		return nil, err
	}
	a := contract.Article{Product: contract.Max}
	l := contract.Line{Article: a, Month: t.Prices[a.LookupKey(payment.Month)], Year: t.Prices[a.LookupKey(payment.Year)]}
	if l.Month.ID == "" || l.Year.ID == "" {
		return nil, fault.New(fault.PaymentsOff, "errors.the_max_plan_has_no_price")
	}
	return &contract.Contract{Lines: []contract.Line{l}, Tax: t.Tax, At: p.Now()}, nil
}
