package main

import (
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// drive has callers make n requests in all, and returns how long each took and all together.
func drive(callers, n int, one func(k int) error) (latencies, time.Duration, error) {
	took := make(latencies, n)
	var next atomic.Int64
	var failed atomic.Pointer[error]
	var wg sync.WaitGroup
	begun := time.Now()
	for range callers {
		wg.Go(func() {
			for failed.Load() == nil {
				k := int(next.Add(1)) - 1
				if k >= n {
					return
				}
				start := time.Now()
				if err := one(k); err != nil {
					failed.CompareAndSwap(nil, &err)
					return
				}
				took[k] = time.Since(start)
			}
		})
	}
	wg.Wait()
	all := time.Since(begun)
	if err := failed.Load(); err != nil {
		return nil, 0, *err
	}
	return took, all, nil
}

// perAgency is how many invites of one measure an agency sends: what an hour allows.
const perAgency = 10

// invites measures sendInvite, from the event's JSON to the answer's.
func invites(ctx context.Context, b *bench) error {
	for _, where := range []string{"memory", "disk"} {
		dir := ""
		if where == "disk" {
			var err error
			if dir, err = os.MkdirTemp("", "latchkey-bench"); err != nil {
				return err
			}
			defer os.RemoveAll(dir) //nolint:errcheck // a temporary directory
		}
		p, err := b.open(ctx, dir)
		if err != nil {
			return err
		}
		if err := p.warm(ctx); err != nil {
			return err
		}
		for _, m := range []struct {
			callers int
			goal    float64
		}{{1, 1500}, {8, 3000}, {32, 4000}} {
			tenants := make([]*tenant, b.requests/perAgency)
			for i := range tenants {
				if tenants[i], err = p.found(ctx, fmt.Sprintf("Agency %d", i)); err != nil {
					return err
				}
			}
			took, all, err := drive(m.callers, len(tenants)*perAgency, func(k int) error {
				t := tenants[k%len(tenants)]
				return call(ctx, p.functions["sendInvite"], t.sendInvite(fmt.Sprintf("c%d@acme.example", k), ""), 202)
			})
			if err != nil {
				return err
			}
			rate := float64(len(took)) / all.Seconds()
			b.row(fmt.Sprintf("invites per second, %d callers, %s", m.callers, where), fmt.Sprintf("%.0f", rate),
				fmt.Sprintf("%.0f", m.goal), rate >= m.goal)
			b.row("   p50, p99", millis(took.at(0.5))+", "+millis(took.at(0.99)), "", true)
		}
		if err := p.engine.Close(); err != nil {
			return err
		}
	}
	return nil
}

// warm sends some invites before anything is measured: the first calls of a process fill the SDK's caches.
func (p *place) warm(ctx context.Context) error {
	for n := range 50 {
		t, err := p.found(ctx, "Warm")
		if err != nil {
			return err
		}
		for k := range perAgency {
			if err := call(ctx, p.functions["sendInvite"], t.sendInvite(fmt.Sprintf("w%d-%d@acme.example", n, k), ""), 202); err != nil {
				return err
			}
		}
	}
	return nil
}

// accepts measures acceptInvitation by signed-in people, each with a link of their own.
func accepts(ctx context.Context, b *bench) error {
	p, err := b.open(ctx, "")
	if err != nil {
		return err
	}
	defer p.engine.Close() //nolint:errcheck // in memory
	t := []*tenant{}
	for i := range 64 {
		one, err := p.found(ctx, fmt.Sprintf("Agency %d", i))
		if err != nil {
			return err
		}
		t = append(t, one)
	}
	requests := make([]*request, b.requests)
	for k := range requests {
		address := fmt.Sprintf("c%d@acme.example", k)
		of := t[k%len(t)]
		c, token, err := of.pending(address, time.Now())
		if err != nil {
			return err
		}
		if err := p.table.Commit(ctx, of.id, changeOf(c)); err != nil {
			return err
		}
		cookie, err := p.session(ctx, address)
		if err != nil {
			return err
		}
		r := to("POST", "/v1/invitations/"+token+"/accept", "")
		r.PathParameters = map[string]string{"token": token}
		r.Cookies = []string{"__Host-session=" + cookie}
		requests[k] = r
	}
	took, all, err := drive(8, len(requests), func(k int) error {
		return call(ctx, p.functions["acceptInvitation"], requests[k], 200)
	})
	if err != nil {
		return err
	}
	rate := float64(len(took)) / all.Seconds()
	b.row("accepts per second, 8 callers, memory", fmt.Sprintf("%.0f", rate), "3000", rate >= 3000)
	b.row("   p50, p99", millis(took.at(0.5))+", "+millis(took.at(0.99)), "", true)
	return nil
}
