package operations

import (
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/frontend/api"
)

// ClientPayer serves /v1/clients/{clientId}/payer-change.
func (f Functions) ClientPayer() event.Function {
	a, changes := f.p.Authenticator(), f.p.PayerChanges()
	return api.Route(f.p.Origin(),
		api.GetPayerChange(a, changes), api.ProposePayerChange(a, changes), api.WithdrawPayerChange(a, changes)).Function()
}

// ClientPayerAgree serves /v1/clients/{clientId}/payer-change/agree.
func (f Functions) ClientPayerAgree() event.Function {
	return api.Route(f.p.Origin(), api.AgreePayerChange(f.p.Authenticator(), f.p.PayerChanges(), f.p.PayerCards())).Function()
}

// ClientPayerDecline serves /v1/clients/{clientId}/payer-change/decline.
func (f Functions) ClientPayerDecline() event.Function {
	return api.Route(f.p.Origin(), api.DeclinePayerChange(f.p.Authenticator(), f.p.PayerChanges())).Function()
}

// PortalPayer serves /v1/portal/payer-change.
func (f Functions) PortalPayer() event.Function {
	a, changes := f.p.Authenticator(), f.p.PayerChanges()
	return api.Route(f.p.Origin(), api.GetPortalPayerChange(a, changes), api.ProposePortalPayerChange(a, changes),
		api.WithdrawPortalPayerChange(a, changes)).Function()
}

// PortalPayerAgree serves /v1/portal/payer-change/agree.
func (f Functions) PortalPayerAgree() event.Function {
	return api.Route(f.p.Origin(), api.AgreePortalPayerChange(f.p.Authenticator(), f.p.PayerChanges(), f.p.PayerCards())).Function()
}

// PortalPayerDecline serves /v1/portal/payer-change/decline.
func (f Functions) PortalPayerDecline() event.Function {
	return api.Route(f.p.Origin(), api.DeclinePortalPayerChange(f.p.Authenticator(), f.p.PayerChanges())).Function()
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
