package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/identity"
)

// meter is a transport that counts calls, and, while it is on, asks DynamoDB what each of them costs.
type meter struct {
	to     http.RoundTripper
	ignore map[string]bool // logical ids of functions that are not counted

	mu    sync.Mutex
	on    bool
	calls []string
	reads cost
	write cost
}

// mailCall is SES's action, which has no name in its request.
const mailCall = "SendEmail"

// cost is in DynamoDB's units.
type cost struct{ table, index float64 }

// read returns what was counted since the last time, and goes on counting.
func (m *meter) read() (calls []string, reads, write cost) {
	m.mu.Lock()
	defer m.mu.Unlock()
	calls, reads, write = m.calls, m.reads, m.write
	m.on, m.calls, m.reads, m.write = true, nil, cost{}, cost{}
	return calls, reads, write
}

type capacity struct {
	CapacityUnits          float64
	Table                  struct{ CapacityUnits float64 }
	GlobalSecondaryIndexes map[string]struct{ CapacityUnits float64 }
}

// RoundTrip carries the request on.
func (m *meter) RoundTrip(r *http.Request) (*http.Response, error) {
	m.mu.Lock()
	on := m.on
	m.mu.Unlock()
	target := r.Header.Get("X-Amz-Target")
	if !on || m.isOf(r) {
		return m.to.RoundTrip(r)
	}
	name := target[strings.LastIndexByte(target, '.')+1:]
	if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/outbound-emails") {
		name = mailCall
	}
	if !strings.HasPrefix(target, "DynamoDB") {
		m.mu.Lock()
		m.calls = append(m.calls, name)
		m.mu.Unlock()
		return m.to.RoundTrip(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	var in map[string]json.RawMessage
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	in["ReturnConsumedCapacity"] = json.RawMessage(`"INDEXES"`)
	if body, err = json.Marshal(in); err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	r.Header.Set("Content-Length", fmt.Sprint(len(body)))
	res, err := m.to.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	res.Body = io.NopCloser(bytes.NewReader(answer))
	var one struct{ ConsumedCapacity capacity }
	var many struct{ ConsumedCapacity []capacity }
	if json.Unmarshal(answer, &one) == nil {
		many.ConsumedCapacity = []capacity{one.ConsumedCapacity}
	} else if err := json.Unmarshal(answer, &many); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls = append(m.calls, name)
	of := &m.write
	if name == "Query" || strings.Contains(name, "Get") {
		of = &m.reads
	}
	for _, c := range many.ConsumedCapacity {
		of.table += c.Table.CapacityUnits
		for _, i := range c.GlobalSecondaryIndexes {
			of.index += i.CapacityUnits
		}
	}
	return res, nil
}

// units shows what the operations cost: calls to AWS, and DynamoDB's units.
func units(ctx context.Context, b *bench) error {
	p, err := b.open(ctx, "")
	if err != nil {
		return err
	}
	defer p.engine.Close() //nolint:errcheck // in memory
	t, err := p.found(ctx, "Northwind Automations")
	if err != nil {
		return err
	}
	c, token, err := t.pending("known@acme.example", time.Now().Add(-time.Hour))
	if err != nil {
		return err
	}
	if err := p.table.Commit(ctx, t.id, changeOf(c)); err != nil {
		return err
	}
	cookie, err := p.session(ctx, "known@acme.example")
	if err != nil {
		return err
	}
	staff, err := p.staff(ctx, t)
	if err != nil {
		return err
	}
	withKey := func(r *request) *request { r.Headers["authorization"] = "Bearer " + t.key; return r }
	withToken := func(r *request) *request { r.PathParameters = map[string]string{"token": token}; return r }
	signedIn := func(r *request) *request { r.Cookies = []string{"__Host-session=" + cookie}; return r }
	p.meter.read()
	for _, x := range []struct {
		what, operation string
		r               *request
		status          int
		calls           []string // the budget, with the GetItem that tells who is calling, and the one of whether endpoints are to be told
	}{
		{"open a link", "viewInvitation", withToken(get("/v1/invitations/"+token, "")), 200, []string{"GetItem", "BatchGetItem"}},
		{"open a link, signed in", "viewInvitation", signedIn(withToken(get("/v1/invitations/"+token, ""))), 200,
			[]string{"GetItem", "GetItem", "BatchGetItem"}},
		{"list 50 clients", "listClients", withKey(get("/v1/clients", "limit=50")), 200, []string{"GetItem", "Query", "BatchGetItem"}},
		{"list 50 clients, in the office", "listClients", inOffice(get("/v1/clients", "limit=50"), staff), 200,
			[]string{"GetItem", "GetItem", "Query", "BatchGetItem"}},
		{"authenticate, read an invite", "getInvite", withInvite(withKey(get("/v1/invites/"+string(c.Invite.ID), "")), string(c.Invite.ID)),
			200, []string{"GetItem", "GetItem"}},
		{"create an invite", "sendInvite", t.sendInvite("ops@acme.example", ""), 202,
			[]string{"GetItem", "BatchGetItem", "GetItem", "TransactWriteItems", "SendMessage"}},
		{"create an invite, Idempotency-Key", "sendInvite", t.sendInvite("two@acme.example", "5f0c2f0e-7f5e-4a52-9d0b-1f1f7a3c9a10"), 202,
			[]string{"GetItem", "BatchGetItem", "GetItem", "TransactWriteItems", "SendMessage"}},
		{"accept, no payment", "acceptInvitation", signedIn(withToken(to("POST", "/v1/invitations/"+token+"/accept", ""))), 200,
			[]string{"GetItem", "GetItem", "BatchGetItem", "GetItem", "TransactWriteItems"}},
		{"the client's portal", "getPortal", signedIn(get("/v1/portal", "")), 200, nil},
	} {
		if err := call(ctx, p.functions[x.operation], x.r, x.status); err != nil {
			return err
		}
		calls, reads, write := p.meter.read()
		goal := ""
		if x.calls != nil {
			goal = fmt.Sprintf("%d calls", len(x.calls))
		}
		b.row(x.what, strings.Join(calls, ", "), goal, slices.Equal(calls, x.calls))
		goal, cost := "", fmt.Sprintf("read %.1f", reads.table+reads.index)
		if write.table > 0 {
			cost += fmt.Sprintf(", write %.0f to the table, %.0f to its indexes", write.table, write.index)
		}
		if x.operation == "sendInvite" {
			// A write of a transaction counts twice, that of an index too: "8 and one index write" is 10.
			goal = "writes ≤ 8 + 2"
		}
		b.row("   units", cost, goal, write.table <= 8 && write.table+write.index <= 10)
	}
	return nil
}

func inOffice(r *request, cookie string) *request {
	r.Cookies = []string{"__Host-session=" + cookie}
	return r
}

func withInvite(r *request, which string) *request {
	r.PathParameters = map[string]string{"inviteId": which}
	return r
}

func memberOf(t *tenant) identity.Caller {
	return identity.Caller{User: "bench", Email: email.Address("owner@bench.example"), Agency: t.id, Member: t.member}.
		At(identity.Place{Level: agency.Owner, Portal: agency.Administrator})
}
