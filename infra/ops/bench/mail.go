package main

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"latchkey.dev/infra/run/engine"
	"latchkey.dev/infra/run/local"
	"latchkey.dev/shared/adapter/dynamo"
)

// slow is how long SES takes in these measures.
const slow = 200 * time.Millisecond

// running is the whole product in this process, workers and sweep included.
type running struct {
	*local.Local
	table *dynamo.Operator
}

func (b *bench) start(ctx context.Context, latency time.Duration) (*running, error) {
	l, err := local.Start(ctx, local.Options{InProcess: true, Template: filepath.Join(b.root, "template.yaml"),
		Engine: engine.Options{Latency: latency, MailboxSize: 100_000}})
	if err != nil {
		return nil, err
	}
	return &running{l, dynamo.OpenOperator(l.Engine.Config(), l.Stack.Template.Tables[0].Name, time.Now)}, nil
}

// hosted is the hosted function of invites, so that a call is an event as API Gateway sends it.
type hosted struct{ l *running }

func (h hosted) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	return h.l.Host.Invoke(ctx, "Invites", payload)
}

func (r *running) tenants(ctx context.Context, invites int) ([]*tenant, error) {
	out := make([]*tenant, (invites+perAgency-1)/perAgency)
	for i := range out {
		var err error
		if out[i], err = found(ctx, r.table, fmt.Sprintf("Agency %d", i)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// mails measures the worker with a slow SES, and what a slow SES does to those who create invites meanwhile.
func mails(ctx context.Context, b *bench) error {
	r, err := b.start(ctx, slow)
	if err != nil {
		return err
	}
	const n = 1000
	t, err := r.tenants(ctx, n)
	if err != nil {
		return err
	}
	begun := time.Now()
	if _, _, err := drive(8, n, func(k int) error {
		return call(ctx, hosted{r}, t[k%len(t)].sendInvite(fmt.Sprintf("c%d@acme.example", k), ""), 202)
	}); err != nil {
		return err
	}
	for {
		next := r.Engine.SES.Watch()
		if len(r.Engine.SES.Mails("")) >= n {
			break
		}
		select {
		case <-next:
		case <-time.After(time.Minute):
			return fmt.Errorf("%d of %d mails are out after a minute", len(r.Engine.SES.Mails("")), n)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	all := time.Since(begun)
	b.row("mails per second with a 200-ms SES", fmt.Sprintf("%.0f", n/all.Seconds()), "", true)
	if err := r.Close(); err != nil {
		return err
	}

	// The two are measured in turns, since this machine has other things to do as well.
	var quick, waiting latencies
	for range 4 {
		for _, x := range []struct {
			latency time.Duration
			into    *latencies
		}{{0, &quick}, {slow, &waiting}} {
			took, err := b.paced(ctx, x.latency)
			if err != nil {
				return err
			}
			*x.into = append(*x.into, took...)
		}
	}
	before, after := quick.at(0.99), waiting.at(0.99)
	more := 100 * (float64(after)/float64(before) - 1)
	b.row(fmt.Sprintf("create's p99 at %.0f per second, SES at once, then + 200 ms", 1/b.every.Seconds()),
		millis(before)+", "+millis(after), "", true)
	b.row("   more", fmt.Sprintf("%+.0f %%", more), "10 %", more <= 10)
	return nil
}

// paced creates invites at a steady pace while the worker mails them, and returns how long creating each took. Worker
// and callers share this process: at a pace that fills its processors, mails that end together are in the way of who
// creates, whatever SES takes; -every sets another pace.
func (b *bench) paced(ctx context.Context, latency time.Duration) (latencies, error) {
	r, err := b.start(ctx, latency)
	if err != nil {
		return nil, err
	}
	defer r.Close() //nolint:errcheck // in memory
	const n = 200
	t, err := r.tenants(ctx, n)
	if err != nil {
		return nil, err
	}
	took := make(latencies, n)
	errs := make([]error, n)
	var wg sync.WaitGroup
	pace := time.NewTicker(b.every)
	defer pace.Stop()
	for k := range n {
		<-pace.C
		wg.Go(func() {
			start := time.Now()
			errs[k] = call(ctx, hosted{r}, t[k%len(t)].sendInvite(fmt.Sprintf("c%d@acme.example", k), ""), 202)
			took[k] = time.Since(start)
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return took, nil
}
