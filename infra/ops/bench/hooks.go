package main

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/seal"
	"latchkey.dev/shared/domain/webhook"
	sent "latchkey.dev/shared/usecase/webhooks"
)

// taking is a receiver that takes everything at once, and a queue that keeps what is put on it.
type taking struct{ jobs [][]byte }

// Post takes an event.
func (t *taking) Post(context.Context, sent.Request) sent.Answer {
	return sent.Answer{Status: 200, Excerpt: "ok"}
}

// Send keeps a message.
func (t *taking) Send(_ context.Context, body []byte, _ time.Duration) error {
	t.jobs = append(t.jobs, body)
	return nil
}

// anywhere lets every address be typed in.
type anywhere struct{}

// JudgeURL refuses nothing.
func (anywhere) JudgeURL(*url.URL) error { return nil }

// hooks counts what an event costs at an agency with one webhook endpoint: beside the change that it tells of, until it is delivered.
func hooks(ctx context.Context, b *bench) error {
	p, err := b.open(ctx, "")
	if err != nil {
		return err
	}
	defer p.engine.Close() //nolint:errcheck // in memory
	t, err := p.found(ctx, "Northwind Automations")
	if err != nil {
		return err
	}
	send := func(to string) (units cost, err error) {
		p.meter.read()
		if err := call(ctx, p.functions["sendInvite"], t.sendInvite(to, ""), 202); err != nil {
			return units, err
		}
		_, _, write := p.meter.read()
		return write, nil
	}
	without, err := send("without@acme.example")
	if err != nil {
		return err
	}
	ring, err := seal.New([]byte("what the bench seals it could as well leave open"))
	if err != nil {
		return err
	}
	end := &taking{}
	secrets := &sent.Secrets{Endpoints: sent.Endpoints{Store: dynamo.NewWebhooks(p.table.Table), Guard: anywhere{}, Now: time.Now},
		Keys: ring}
	address := "https://hooks.example.com/"
	owner := identity.Caller{Agency: t.id, Member: t.member, User: "bench", Proved: time.Now()}.At(identity.Place{Level: agency.Owner})
	if _, _, err := secrets.Create(ctx, owner, sent.Change{URL: &address, Types: &[]webhook.Type{"invite.created"}}, ""); err != nil {
		return err
	}
	with, err := send("with@acme.example")
	if err != nil {
		return err
	}
	extra := with.table + with.index - without.table - without.index
	b.row("an event, in the change it tells of", fmt.Sprintf("write %.0f more, to an index", extra), "≤ 2", extra <= 2)

	sweep := &sent.Sweep{Store: dynamo.NewWebhookSweep(p.table.Table), Queue: end, Now: time.Now, Note: func(context.Context, ...any) {}}
	units := func(reads, write cost) string {
		return fmt.Sprintf("read %.1f, write %.0f to the table, %.0f to its indexes", reads.table+reads.index, write.table, write.index)
	}
	p.meter.read()
	if err := sweep.Run(ctx); err != nil {
		return err
	}
	calls, reads, write := p.meter.read()
	if len(end.jobs) != 1 {
		return fmt.Errorf("%d messages for one event", len(end.jobs))
	}
	b.row("   brought on its way", strings.Join(calls, ", ")+", 1 message", "", true)
	b.row("   units", units(reads, write),
		"writes ≤ 8", write.table+write.index <= 8)
	worker := &sent.Worker{Store: dynamo.NewWebhookWork(p.table.Table), Queue: end, Keys: ring, Post: end, Now: time.Now}
	if err := worker.Handle(ctx, end.jobs[0]); err != nil {
		return err
	}
	calls, reads, write = p.meter.read()
	b.row("   delivered", strings.Join(calls, ", "), "", true)
	b.row("   units", units(reads, write),
		"writes ≤ 3", write.table+write.index <= 3 && len(end.jobs) == 1)
	return nil
}
