package operations

import (
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/frontend/api"
)

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
	return api.Route(f.p.Origin(), api.OpenBillingPortal(f.p.Authenticator(), f.p.Invoices())).Function()
}

// PortalContract serves /v1/portal/contract.
func (f Functions) PortalContract() event.Function {
	return api.Route(f.p.Origin(), api.GetPortalContract(f.p.Authenticator(), f.p.Contracts())).Function()
}

// CheckoutConfirm serves /v1/portal/checkout/confirm.
func (f Functions) CheckoutConfirm() event.Function {
	return api.Route(f.p.Origin(), api.ConfirmCheckout(f.p.Authenticator(), f.p.Checkouts(), f.p.Origin())).Function()
}

// InvitationCheckout serves /v1/invitations/{token}/checkout.
func (f Functions) InvitationCheckout() event.Function {
	return api.Route(f.p.Origin(), api.StartCheckout(f.p.Authenticator(), f.p.Invitations(), f.p.Checkouts())).Function()
}
