package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/sharelink"
	"latchkey.dev/shared/usecase/sharing"
)

// external shows what the requests of Client Portal cost that many people make, or that make many: a batch, a join by a link, and what a
// client asks that has as many roles as it can have.
func external(ctx context.Context, b *bench) error {
	p, err := b.open(ctx, "")
	if err != nil {
		return err
	}
	defer p.engine.Close() //nolint:errcheck // in memory
	t, err := p.found(ctx, "Northwind Automations")
	if err != nil {
		return err
	}
	all, err := p.portal(ctx, t)
	if err != nil {
		return err
	}
	c, _, err := t.pending("known@acme.example", time.Now().Add(-2*time.Hour))
	if err != nil {
		return err
	}
	if err := c.Accept(time.Now().Add(-time.Hour), nil, client.Ties{Roles: all}); err != nil {
		return err
	}
	if err := p.table.Commit(ctx, t.id, client.Change{Client: c, Join: true}); err != nil {
		return err
	}
	cookie, err := p.session(ctx, "known@acme.example")
	if err != nil {
		return err
	}
	name := "Customers"
	typed := sharelink.Typed{Name: &name, Roles: &[]string{string(all[0])}}
	links := &sharing.Links{Store: dynamo.NewShareLinks(p.table.Table), Now: time.Now}
	_, token, err := links.Create(ctx, memberOf(t), typed, "")
	if err != nil {
		return err
	}
	joiner, err := p.session(ctx, "joiner@acme.example")
	if err != nil {
		return err
	}
	signedIn := func(r *request, cookie string) *request { r.Cookies = []string{"__Host-session=" + cookie}; return r }
	join := to("POST", "/v1/join/"+token, "")
	join.PathParameters, join.Body = map[string]string{"token": token}, `{"name":"Ida Berg"}`
	p.meter.read()
	for _, x := range []struct {
		what, operation string
		r               *request
		status          int
		most            int // calls
	}{
		{"send a batch of 25 lines, with two roles each", "sendInvites", t.sendInvites(25, all[:2]), 201, 45},
		{"join by a link", "joinByLink", signedIn(join, joiner), 200, 5},
		{fmt.Sprintf("a client's own card, with %d roles", len(all)), "listPortalContacts",
			signedIn(get("/v1/portal/contacts", ""), cookie), 200, 4},
		{fmt.Sprintf("the client's portal, with %d roles", len(all)), "getPortal", signedIn(get("/v1/portal", ""), cookie), 200, 6},
	} {
		start := time.Now()
		if err := call(ctx, p.functions[x.operation], x.r, x.status); err != nil {
			return err
		}
		took := time.Since(start)
		calls, reads, write := p.meter.read()
		b.row(x.what, tallied(calls), fmt.Sprintf("≤ %d calls", x.most), len(calls) <= x.most)
		cost := fmt.Sprintf("read %.1f", reads.table+reads.index)
		if write.table > 0 {
			cost += fmt.Sprintf(", write %.0f to the table, %.0f to its indexes", write.table, write.index)
		}
		b.row("   units", cost, "", true)
		b.row("   time", millis(took), "", true)
	}
	return nil
}

// sendInvites is the request for a batch of so many lines.
func (t *tenant) sendInvites(n int, roles []id.Role) *request {
	r := to("POST", "/v1/batches", "")
	r.Headers["authorization"] = "Bearer " + t.key
	type line struct {
		Email string    `json:"email"`
		Name  string    `json:"name"`
		Roles []id.Role `json:"roles"`
	}
	var body struct {
		Lines []line `json:"lines"`
	}
	for k := range n {
		body.Lines = append(body.Lines, line{fmt.Sprintf("batch%d@acme.example", k), fmt.Sprint("Acme ", k), roles})
	}
	all, _ := json.Marshal(body) //nolint:errcheck // texts alone
	r.Body = string(all)
	return r
}

// tallied are calls in the order in which each of them came first, with how often it came.
func tallied(calls []string) string {
	n, names := map[string]int{}, []string(nil)
	for _, c := range calls {
		if n[c]++; !slices.Contains(names, c) {
			names = append(names, c)
		}
	}
	for k, c := range names {
		if n[c] > 1 {
			names[k] = fmt.Sprintf("%d %s", n[c], c)
		}
	}
	return strings.Join(names, ", ")
}
