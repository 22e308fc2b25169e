package pages

import (
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/frontend/web"
)

// CheckoutPage serves /checkout.
func (f Functions) CheckoutPage() event.Function {
	return web.CheckoutPage(f.p.Site(), f.p.Authenticator(), f.p.Contracts()).Function()
}

// PayingPage serves /checkout/waiting.
func (f Functions) PayingPage() event.Function {
	return web.PayingPage(f.p.Site(), f.p.Authenticator(), f.p.Contracts()).Function()
}

// PortalContractPage serves /portal/contract.
func (f Functions) PortalContractPage() event.Function {
	return web.PortalContractPage(f.p.Site(), f.p.Authenticator(), f.p.Contracts()).Function()
}

// UpgradePage serves /upgrade.
func (f Functions) UpgradePage() event.Function {
	return web.UpgradePage(f.p.Site(), f.p.Authenticator(), f.p.Prices(), f.p.Settings(), f.p.Awaiting(), f.p.Optional("SUPPORT_EMAIL")).
		Function()
}

// StartCheckout serves /checkout/start.
func (f Functions) StartCheckout() event.Function {
	return web.StartCheckout(f.p.Origin(), f.p.Authenticator(), f.p.Checkouts()).Function()
}

// CheckoutDone serves /checkout/done.
func (f Functions) CheckoutDone() event.Function {
	return web.CheckoutDone(f.p.Authenticator(), f.p.Checkouts()).Function()
}

// OpenBilling serves /portal/billing.
func (f Functions) OpenBilling() event.Function {
	return web.OpenBilling(f.p.Origin(), f.p.Authenticator(), f.p.Invoices()).Function()
}

// StartUpgrade serves /upgrade/start.
func (f Functions) StartUpgrade() event.Function {
	return web.StartUpgrade(f.p.Origin(), f.p.Authenticator(), f.p.Plans()).Function()
}

// ClientPayerPage serves /clients/{clientId}/payer.
func (f Functions) ClientPayerPage() event.Function {
	return web.ClientPayerPage(f.p.Site(), f.p.Authenticator(), f.p.Directory(), f.p.PayerChanges()).Function()
}

// PortalPayerPage serves /portal/payer.
func (f Functions) PortalPayerPage() event.Function {
	return web.PortalPayerPage(f.p.Site(), f.p.Authenticator(), f.p.Contracts(), f.p.PayerChanges()).Function()
}

// ClientPayerCard serves /clients/{clientId}/payer/card.
func (f Functions) ClientPayerCard() event.Function {
	return web.OpenClientCard(f.p.Origin(), f.p.Authenticator(), f.p.PayerCards()).Function()
}

// PortalPayerCard serves /portal/payer/card.
func (f Functions) PortalPayerCard() event.Function {
	return web.OpenPortalCard(f.p.Origin(), f.p.Authenticator(), f.p.PayerCards()).Function()
}
