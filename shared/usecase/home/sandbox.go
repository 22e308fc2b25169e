package home

import (
	"context"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/words"
)

// SandboxStore reads whose brand the sandbox carries.
type SandboxStore interface {
	// Agency reads the agency as it is now.
	Agency(ctx context.Context, agency id.Agency) (*agency.Agency, error)
}

// Sandbox shows an agency of any plan what a client of it would see. It writes nothing: there is no invite, no mail and no
// membership, so that nothing of it counts, and nothing is left of it.
type Sandbox struct {
	Store SandboxStore
	Now   func() time.Time
}

// Sample is a client that does not exist, as it would stand before its acceptance.
type Sample struct {
	Agency    *agency.Agency
	Client    *client.Client
	Resources map[id.Resource]instance.Resource
	Workflows []instance.Workflow // the last one is of the second instance, the others are of the first
}

// The sample's ids never lead to anything that is stored: they are of the first millisecond of 1970.
const (
	sampleOrders  id.Resource = id.InstancePrefix + "00000000000000000000000001"
	sampleReports id.Resource = id.InstancePrefix + "00000000000000000000000002"
)

// sampleAddress is at a domain that nobody can have (RFC 2606).
const sampleAddress = "dana@sample.example"

// Open makes the sample of the caller's agency: one read.
func (s *Sandbox) Open(ctx context.Context, caller identity.Caller) (*Sample, error) {
	if err := caller.May(identity.AgencyRead); err != nil {
		return nil, err
	}
	a, err := s.Store.Agency(ctx, caller.Agency)
	if err != nil {
		return nil, err
	}
	now := s.Now()
	orders := instance.Resource{ID: sampleOrders, Kind: instance.N8N, Type: "n8n", Name: words.Say("sandbox.orders"),
		Status: instance.Running, CreatedAt: now}
	reports := instance.Resource{ID: sampleReports, Kind: instance.N8N, Type: "n8n", Name: words.Say("sandbox.reports"),
		Status: instance.Running, CreatedAt: now}
	c, err := client.Begin(nil, a.ID, client.Offer{
		Email: sampleAddress, Name: words.Say("sandbox.client"), Payer: invite.AgencyPays, Message: words.Say("sandbox.message"),
		Grants: []instance.Grant{{Resource: orders.ID, Access: instance.Write, Name: orders.Name},
			{Resource: reports.ID, Access: instance.Read, Name: reports.Name}},
		From: invite.Sender{AgencyName: a.Name, Color: a.Color, LogoURL: a.LogoURL, Member: caller.Member},
	}, now)
	if err != nil {
		return nil, err
	}
	c.Invite.Status = invite.Pending
	return &Sample{Agency: a, Client: c, Resources: map[id.Resource]instance.Resource{orders.ID: orders, reports.ID: reports},
		Workflows: []instance.Workflow{
			{ID: "1", Name: words.Say("sandbox.flow_orders"), Active: true, UpdatedAt: now.Add(-3 * 24 * time.Hour)},
			{ID: "2", Name: words.Say("sandbox.flow_reminders"), Active: true, UpdatedAt: now.Add(-9 * 24 * time.Hour)},
			{ID: "3", Name: words.Say("sandbox.flow_stock"), UpdatedAt: now.Add(-40 * 24 * time.Hour)},
			{ID: "4", Name: words.Say("sandbox.flow_report"), Active: true, UpdatedAt: now.Add(-12 * 24 * time.Hour)},
		}}, nil
}
