package wire

import (
	"strings"

	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/adapter/stripe"
	"latchkey.dev/shared/frontend/api"
	"latchkey.dev/shared/frontend/web"
	"latchkey.dev/shared/usecase/billing"
)

// Payments is the payment service; nil where nothing is sold.
func (p *Parts) payments() billing.Till {
	key := p.secret("STRIPE_SECRET_PARAMETER")
	if key != "" && p.Outside.Payments != nil {
		return p.Outside.Payments
	}
	return stripe.Till(p.Environment, key)
}

// CheckoutCloser closes the open payment pages of relationships that are about to end.
func (p *Parts) CheckoutCloser() *billing.Closer {
	if key := p.secret("STRIPE_SECRET_PARAMETER"); key == "" || p.Outside.Payments == nil {
		return &billing.Closer{Till: stripe.CloseOnly(p.Environment, key), Queue: p.BillingQueue()}
	}
	return &billing.Closer{Till: p.Outside.Payments, Queue: p.BillingQueue()}
}

// Prices quotes what is sold.
func (p *Parts) Prices() *billing.PriceList { return &billing.PriceList{Store: p.Table(), Now: p.Now} }

// Cashier opens payment pages for invited clients, and reads what became of them.
func (p *Parts) Cashier() *billing.Cashier {
	return &billing.Cashier{Store: p.Table(), Till: p.payments(), Provision: p.ProvisionQueue(), Settings: Settings(p.Environment), Now: p.Now}
}

// Plans sells agencies their plan.
func (p *Parts) Plans() *billing.Plans {
	return &billing.Plans{Store: p.Table(), Till: p.payments(), Prices: p.Prices(), Settings: Settings(p.Environment), Now: p.Now}
}

// Ledger shows people what they buy.
func (p *Parts) Ledger() *billing.Ledger { return &billing.Ledger{Store: p.Table()} }

// Clerk deals with what the payment service tells.
func (p *Parts) Clerk() *billing.Clerk {
	return &billing.Clerk{Cashier: p.Cashier(), Plans: p.Plans(), Queue: p.BillingQueue(), Tariff: p.Table(), Now: p.Now}
}

// Quotes serves /v1/quotes.
func (f Functions) Quotes() event.Function {
	return api.Route(f.p.Origin(), api.QuoteOrder(f.p.Authenticator(), f.p.Prices())).Function()
}

// AgencyBilling serves /v1/agency/billing.
func (f Functions) AgencyBilling() event.Function {
	return api.Route(f.p.Origin(), api.OpenAgencyBilling(f.p.Authenticator(), f.p.Plans())).Function()
}

// AgencyPlan serves /v1/agency/plan.
func (f Functions) AgencyPlan() event.Function {
	return api.Route(f.p.Origin(), api.StartPlanUpgrade(f.p.Authenticator(), f.p.Plans())).Function()
}

// PortalBilling serves /v1/portal/billing.
func (f Functions) PortalBilling() event.Function {
	return api.Route(f.p.Origin(), api.OpenBillingPortal(f.p.Authenticator(), f.p.Cashier())).Function()
}

// PortalContract serves /v1/portal/contract.
func (f Functions) PortalContract() event.Function {
	return api.Route(f.p.Origin(), api.GetPortalContract(f.p.Authenticator(), f.p.Ledger())).Function()
}

// CheckoutConfirm serves /v1/portal/checkout/confirm.
func (f Functions) CheckoutConfirm() event.Function {
	return api.Route(f.p.Origin(), api.ConfirmCheckout(f.p.Authenticator(), f.p.Cashier(), f.p.Origin())).Function()
}

// InvitationCheckout serves /v1/invitations/{token}/checkout.
func (f Functions) InvitationCheckout() event.Function {
	return api.Route(f.p.Origin(), api.StartCheckout(f.p.Authenticator(), f.p.Reception(), f.p.Cashier())).Function()
}

// CheckoutPage serves /checkout.
func (f Functions) CheckoutPage() event.Function {
	return web.CheckoutPage(f.p.Site(), f.p.Authenticator(), f.p.Ledger()).Function()
}

// PayingPage serves /checkout/waiting.
func (f Functions) PayingPage() event.Function {
	return web.PayingPage(f.p.Site(), f.p.Authenticator(), f.p.Ledger()).Function()
}

// PortalContractPage serves /portal/contract.
func (f Functions) PortalContractPage() event.Function {
	return web.PortalContractPage(f.p.Site(), f.p.Authenticator(), f.p.Ledger()).Function()
}

// UpgradePage serves /upgrade.
func (f Functions) UpgradePage() event.Function {
	return web.UpgradePage(f.p.Site(), f.p.Authenticator(), f.p.Prices(), f.p.Settings(), f.p.Optional("SUPPORT_EMAIL")).Function()
}

// StartCheckout serves /checkout/start.
func (f Functions) StartCheckout() event.Function {
	return web.StartCheckout(f.p.Origin(), f.p.Authenticator(), f.p.Cashier()).Function()
}

// CheckoutDone serves /checkout/done.
func (f Functions) CheckoutDone() event.Function {
	return web.CheckoutDone(f.p.Authenticator(), f.p.Cashier()).Function()
}

// OpenBilling serves /portal/billing.
func (f Functions) OpenBilling() event.Function {
	return web.OpenBilling(f.p.Origin(), f.p.Authenticator(), f.p.Cashier()).Function()
}

// StartUpgrade serves /upgrade/start.
func (f Functions) StartUpgrade() event.Function {
	return web.StartUpgrade(f.p.Origin(), f.p.Authenticator(), f.p.Plans()).Function()
}

// StripeWebhook serves /stripe/webhook.
func (f Functions) StripeWebhook() event.Function {
	secrets := strings.Split(f.p.secret("STRIPE_WEBHOOK_SECRET_PARAMETER"), ",")
	clerk := &billing.Clerk{Queue: f.p.BillingQueue(), Now: f.p.Now}
	return event.HTTP("stripeWebhook", stripe.Receiver(secrets, f.p.Now, clerk.Listen))
}

// Bill works on the billing queue.
func (f Functions) Bill() event.Function { return event.Queue("bill", event.Body(f.p.Clerk().Handle)) }

// Reconcile runs on a schedule.
func (f Functions) Reconcile() event.Function {
	return event.Schedule("reconcile", f.p.Clerk().Reconcile)
}
