package wire

import (
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/stripe"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/usecase/billing"
)

// provider is the payment service, or that nothing is sold.
func (p *Parts) provider() billing.Provider {
	switch key := p.Secret("STRIPE_SECRET_PARAMETER"); {
	case key == "":
		return billing.Unsold{}
	case p.Payments != nil:
		return p.Payments
	default:
		return stripe.FromEnvironment(p.Environment, key)
	}
}

// CheckoutCloser closes the open payment pages of relationships that are about to end. It does not bring stripe-go into a
// function.
func (p *Parts) CheckoutCloser() client.CheckoutCloser {
	queue := p.BillingQueue() // which is asked for also where nothing is sold, so that a template that lacks it is noticed
	switch key := p.Secret("STRIPE_SECRET_PARAMETER"); {
	case key == "":
		return billing.Unsold{}
	case p.Payments != nil:
		return &billing.CheckoutCloser{Provider: p.Payments, Queue: queue}
	default:
		return &billing.CheckoutCloser{Provider: stripe.CloseOnly(p.Environment, key), Queue: queue}
	}
}

// Prices quotes what is sold.
func (p *Parts) Prices() *billing.Prices {
	return &billing.Prices{Store: dynamo.NewPrices(p.Table()), Now: p.Now}
}

// Checkouts opens payment pages for invited clients, and reads what became of them.
func (p *Parts) Checkouts() *billing.Checkouts {
	return &billing.Checkouts{Store: dynamo.NewCheckouts(p.Table()), Provider: p.provider(), Provision: p.ProvisionQueue(),
		Settings: Settings(p.Environment), Now: p.Now}
}

// PayerChanges has agencies and clients agree on who pays.
func (p *Parts) PayerChanges() *billing.PayerChanges {
	return &billing.PayerChanges{Store: dynamo.NewPayers(p.Table()), Prices: p.Prices(), Billing: p.BillingQueue(), Now: p.Now}
}

// PayerCards takes the cards of those who are to pay.
func (p *Parts) PayerCards() *billing.Cards {
	return &billing.Cards{Store: dynamo.NewPayers(p.Table()), Provider: p.provider(), Settings: Settings(p.Environment), Now: p.Now}
}

// Refunds gives back what was paid for what could not be made.
func (p *Parts) Refunds() *billing.Refunds { return &billing.Refunds{Provider: p.provider()} }

// Invoices leads clients to their cards and invoices.
func (p *Parts) Invoices() *billing.Invoices {
	return &billing.Invoices{Store: dynamo.NewContracts(p.Table()), Provider: p.provider(), Origin: p.Origin(), Now: p.Now}
}

// Plans sells agencies their plan.
func (p *Parts) Plans() *billing.Plans {
	return &billing.Plans{Store: dynamo.NewPlans(p.Table()), Provider: p.provider(), Prices: p.Prices(),
		Settings: Settings(p.Environment), Now: p.Now}
}

// Contracts shows people what they buy.
func (p *Parts) Contracts() *billing.Contracts {
	return &billing.Contracts{Store: dynamo.NewContracts(p.Table())}
}

// BillingWorker deals with what the payment service has told.
func (p *Parts) BillingWorker() *billing.Worker {
	checkouts, plans := p.Checkouts(), p.Plans()
	checkouts.Mail, plans.Mail = p.MailQueue(), p.MailQueue()
	return &billing.Worker{Store: dynamo.NewPaymentEvents(p.Table()), Provider: p.provider(), Checkouts: checkouts, Plans: plans,
		Now: p.Now}
}

// Awaiting has the payment of a plan looked at for whoever waits for it.
func (p *Parts) Awaiting() *billing.Awaiting {
	return &billing.Awaiting{Store: dynamo.NewAwaited(p.Table()), Queue: p.BillingQueue(), Now: p.Now}
}

// Reconciler reads the prices anew, and finds what the payment service should have told.
func (p *Parts) Reconciler() *billing.Reconciler {
	return &billing.Reconciler{Store: dynamo.NewReconciliation(p.Table()), Provider: p.provider(), Listener: p.PaymentListener(),
		Tax: Settings(p.Environment).Tax, Now: p.Now}
}
