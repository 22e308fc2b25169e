package dynamo

import (
	"context"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/contract"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/role"
	"latchkey.dev/shared/usecase/billing"
)

// Checkouts is what a client's payment needs.
type Checkouts struct{ t *Table }

// NewCheckouts makes Checkouts of the table.
func NewCheckouts(t *Table) Checkouts { return Checkouts{t} }

var _ billing.CheckoutStore = Checkouts{}

// Client reads one relationship.
func (c Checkouts) Client(ctx context.Context, agency id.Agency, ref id.Ref, fresh bool) (*client.Client, error) {
	return c.t.client(ctx, agency, ref, fresh)
}

// Commit writes a change and all that goes with it in one transaction, or nothing and conflict.ErrChanged.
func (c Checkouts) Commit(ctx context.Context, agency id.Agency, change client.Change) error {
	return c.t.commit(ctx, agency, change)
}

// Agency reads the agency as it is now.
func (c Checkouts) Agency(ctx context.Context, which id.Agency) (*agency.Agency, error) {
	return c.t.agency(ctx, which)
}

// Member reads a member of the agency as it is now.
func (c Checkouts) Member(ctx context.Context, which id.Agency, member id.Member) (*agency.Member, error) {
	return c.t.member(ctx, which, member)
}

// Role reads a role as it is now.
func (c Checkouts) Role(ctx context.Context, agency id.Agency, which id.Role) (*role.Role, error) {
	return c.t.role(ctx, agency, which)
}

// Card reads a contact as it is now.
func (c Checkouts) Card(ctx context.Context, agency id.Agency, which id.Contact) (*client.Card, error) {
	return c.t.card(ctx, agency, which)
}

// Resource reads one resource as it is now.
func (c Checkouts) Resource(ctx context.Context, agency id.Agency, which id.Resource) (*instance.Resource, error) {
	return c.t.resource(ctx, agency, which)
}

// Charge writes what an agency pays, and its plan, while its payment still is the one that was read.
func (c Checkouts) Charge(ctx context.Context, paying *agency.Agency, before agency.Agency, rows []audit.Entry) error {
	return c.t.charge(ctx, paying, before, rows)
}

// Payers is what agreeing on who pays needs.
type Payers struct{ t *Table }

// NewPayers makes Payers of the table.
func NewPayers(t *Table) Payers { return Payers{t} }

var _ billing.PayerStore = Payers{}

// Client reads one relationship.
func (p Payers) Client(ctx context.Context, agency id.Agency, ref id.Ref, fresh bool) (*client.Client, error) {
	return p.t.client(ctx, agency, ref, fresh)
}

// Commit writes a change and all that goes with it in one transaction, or nothing and conflict.ErrChanged.
func (p Payers) Commit(ctx context.Context, agency id.Agency, change client.Change) error {
	return p.t.commit(ctx, agency, change)
}

// Agency reads the agency as it is now.
func (p Payers) Agency(ctx context.Context, which id.Agency) (*agency.Agency, error) {
	return p.t.agency(ctx, which)
}

// Plans is what an agency's payment needs.
type Plans struct{ t *Table }

// NewPlans makes Plans of the table.
func NewPlans(t *Table) Plans { return Plans{t} }

var _ billing.PlanStore = Plans{}

// Agency reads the agency as it is now.
func (p Plans) Agency(ctx context.Context, which id.Agency) (*agency.Agency, error) {
	return p.t.agency(ctx, which)
}

// Member reads a member of the agency as it is now.
func (p Plans) Member(ctx context.Context, which id.Agency, member id.Member) (*agency.Member, error) {
	return p.t.member(ctx, which, member)
}

// People lists those who work at the agency.
func (p Plans) People(ctx context.Context, which id.Agency) (agency.Members, error) {
	return p.t.people(ctx, which)
}

// Charge writes what an agency pays, and its plan, while its payment still is the one that was read.
func (p Plans) Charge(ctx context.Context, paying *agency.Agency, before agency.Agency, rows []audit.Entry) error {
	return p.t.charge(ctx, paying, before, rows)
}

// Awaited is what waiting for a payment needs.
type Awaited struct{ t *Table }

// NewAwaited makes Awaited of the table.
func NewAwaited(t *Table) Awaited { return Awaited{t} }

// Allow counts one use under the name in the window that now is in, and returns how long to wait when it was used too
// often.
func (a Awaited) Allow(ctx context.Context, name string, most int, window time.Duration, now time.Time) (time.Duration, error) {
	return a.t.allow(ctx, name, most, window, now)
}

// PaymentEvents is what dealing with the payment service's events needs.
type PaymentEvents struct{ t *Table }

// NewPaymentEvents makes PaymentEvents of the table.
func NewPaymentEvents(t *Table) PaymentEvents { return PaymentEvents{t} }

var _ billing.EventStore = PaymentEvents{}

// Payer finds who a customer of the payment service is; empty when nobody is known by it.
func (p PaymentEvents) Payer(ctx context.Context, customer string) (id.Agency, id.Ref, error) {
	return p.t.payerOf(ctx, customer)
}

// Handled tells whether an event of the payment service has been dealt with.
func (p PaymentEvents) Handled(ctx context.Context, event string) (bool, error) {
	return p.t.handled(ctx, event)
}

// Handle remembers that an event has been dealt with.
func (p PaymentEvents) Handle(ctx context.Context, event string, now time.Time) error {
	return p.t.handle(ctx, event, now)
}

// Reconciliation is what looking for events that were not delivered needs, and reading the prices anew.
type Reconciliation struct{ t *Table }

// NewReconciliation makes Reconciliation of the table.
func NewReconciliation(t *Table) Reconciliation { return Reconciliation{t} }

var _ billing.ReconciliationStore = Reconciliation{}

// Handled tells whether an event of the payment service has been dealt with.
func (r Reconciliation) Handled(ctx context.Context, event string) (bool, error) {
	return r.t.handled(ctx, event)
}

// Tariff reads what is sold at what prices; the zero Tariff where nothing is.
func (r Reconciliation) Tariff(ctx context.Context) (contract.Tariff, error) {
	return r.t.tariff(ctx)
}

// SaveTariff writes a tariff that is newer than the one that is kept.
func (r Reconciliation) SaveTariff(ctx context.Context, tariff contract.Tariff) error {
	return r.t.saveTariff(ctx, tariff)
}

// Prices is what quoting needs.
type Prices struct{ t *Table }

// NewPrices makes Prices of the table.
func NewPrices(t *Table) Prices { return Prices{t} }

var _ billing.PriceStore = Prices{}

// Tariff reads what is sold at what prices; the zero Tariff where nothing is.
func (p Prices) Tariff(ctx context.Context) (contract.Tariff, error) {
	return p.t.tariff(ctx)
}

// Contracts is what showing a client what it pays for needs.
type Contracts struct{ t *Table }

// NewContracts makes Contracts of the table.
func NewContracts(t *Table) Contracts { return Contracts{t} }

var _ billing.ContractStore = Contracts{}

// Agency reads the agency as it is now.
func (c Contracts) Agency(ctx context.Context, which id.Agency) (*agency.Agency, error) {
	return c.t.agency(ctx, which)
}

// Client reads one relationship.
func (c Contracts) Client(ctx context.Context, agency id.Agency, ref id.Ref, fresh bool) (*client.Client, error) {
	return c.t.client(ctx, agency, ref, fresh)
}
