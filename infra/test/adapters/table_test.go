// Package adapters_test holds the store's promises, kept by the real SDK on the embedded engine.
package adapters_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/go-cmp/cmp"

	"latchkey.dev/infra/run/engine"
	"latchkey.dev/infra/run/stack"
	"latchkey.dev/infra/run/template"
	"latchkey.dev/infra/test/whole"
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/secret"
	"latchkey.dev/shared/usecase/clients"
)

var now = time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)

func open(t *testing.T) *whole.Table {
	t.Helper()
	table, _ := opened(t)
	return table
}

// opened is a table, and the operator's own client beside it.
func opened(t *testing.T) (*whole.Table, *dynamodb.Client) {
	t.Helper()
	e, err := engine.Open(engine.Options{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	declared, err := template.Read("../../../template.yaml", template.Inputs{Parameters: map[string]string{
		"Stage": "adapters", "Origin": "https://portal.example.com", "MailFrom": "invites@mail.example.com"}})
	if err != nil {
		t.Fatal(err)
	}
	s, err := stack.Up(t.Context(), e.Config(), declared, stack.Without("sqs"), stack.Without("sesv2"))
	if err != nil {
		t.Fatal(err)
	}
	table := whole.Open(e.Config(), s.Environment("Invites")["TABLE_NAME"], func() time.Time { return now })
	return table, dynamodb.NewFromConfig(e.Config())
}

func found(t *testing.T, table *whole.Table) id.Agency {
	t.Helper()
	a := id.New[id.Agency](id.AgencyPrefix, now)
	err := table.Found(t.Context(), dynamo.Founding{Agency: agency.Agency{ID: a, Name: "N", Plan: agency.Max, CreatedAt: now},
		Owner: agency.Member{ID: id.New[id.Member](id.MemberPrefix, now), Email: "owner@n.example", Level: agency.Owner}})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func begin(t *testing.T, a id.Agency, to email.Address, at time.Time) *client.Client {
	t.Helper()
	c, err := client.Begin(nil, a, client.Offer{Email: to, Payer: invitePayer}, at)
	if err != nil {
		t.Fatal(err)
	}
	c.Invite.First(at, agency.Slot{})
	return c
}

const invitePayer = "agency"

func commit(t *testing.T, table *whole.Table, c client.Change) {
	t.Helper()
	if err := table.Commit(t.Context(), c.Client.Agency, c); err != nil {
		t.Fatal(err)
	}
}

func TestOnlyTheVersionThatWasReadIsReplaced(t *testing.T) {
	t.Parallel()
	table := open(t)
	a := found(t, table)
	c := begin(t, a, "ops@acme.example", now)
	again := *c
	commit(t, table, client.Change{Client: c})
	if c.Version != 1 {
		t.Errorf("version %d: it counts from the first write", c.Version)
	}
	if err := table.Commit(t.Context(), a, client.Change{Client: &again}); !errors.Is(err, conflict.ErrChanged) {
		t.Errorf("a second first write: %v", err)
	}
	mine, err := table.Client(t.Context(), a, c.Ref(), true)
	if err != nil || cmp.Diff(c, mine) != "" {
		t.Fatal(err, cmp.Diff(c, mine))
	}
	commit(t, table, client.Change{Client: c})
	if err := table.Commit(t.Context(), a, client.Change{Client: mine}); !errors.Is(err, conflict.ErrChanged) || mine.Version != 1 {
		t.Errorf("a write from what was: %v, version %d", err, mine.Version)
	}
	if err := table.Commit(t.Context(), id.New[id.Agency](id.AgencyPrefix, now), client.Change{Client: c}); !fault.Is(err, fault.NotFound) {
		t.Errorf("another agency's client: %v", err)
	}
}

func TestASlotThatWasTakenAgainStaysTaken(t *testing.T) {
	t.Parallel()
	table := open(t)
	a := found(t, table)
	later := now.Add(agency.Window)
	first, second := agency.Slot{Index: 3, New: now}, agency.Slot{Index: 3, Old: now, New: later}
	one, two := begin(t, a, "one@acme.example", now), begin(t, a, "two@acme.example", later)
	commit(t, table, client.Change{Client: one, MayInvite: true, Take: &first})
	if err := table.Commit(t.Context(), a, client.Change{Client: begin(t, a, "three@acme.example", now), Take: &first}); !errors.Is(err,
		conflict.ErrChanged) {
		t.Errorf("a slot was taken twice: %v", err)
	}
	commit(t, table, client.Change{Client: two, MayInvite: true, Take: &second})
	commit(t, table, client.Change{Client: one, Return: &first}) // the change is written without the return
	if got, err := table.Agency(t.Context(), a); err != nil || !got.Sends.Slots[3].Equal(later) || one.Version != 2 {
		t.Errorf("%+v, version %d, %v", got, one.Version, err)
	}
	commit(t, table, client.Change{Client: two, Return: &second})
	if got, err := table.Agency(t.Context(), a); err != nil || !got.Sends.Slots[3].IsZero() || got.Sends.Total != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	stale := *one
	stale.Version = 1
	if err := table.Commit(t.Context(), a, client.Change{Client: &stale, Return: &first}); !errors.Is(err, conflict.ErrChanged) {
		t.Errorf("a return must not carry a write from what was: %v", err)
	}
}

func TestAWindowAllowsSoManyAndSaysWhenTheNextBegins(t *testing.T) {
	t.Parallel()
	table := open(t)
	allow := func(name string, at time.Time) time.Duration {
		t.Helper()
		wait, err := table.Allow(t.Context(), name, 2, time.Hour, at)
		if err != nil {
			t.Fatal(err)
		}
		return wait
	}
	for i, want := range []time.Duration{0, 0, 40 * time.Minute, 40 * time.Minute} {
		if got := allow("ip#1", now.Add(20*time.Minute)); got != want {
			t.Errorf("use %d waits %s, want %s", i+1, got, want)
		}
	}
	if allow("ip#2", now.Add(20*time.Minute)) != 0 || allow("to#1", now.Add(20*time.Minute)) != 0 ||
		allow("ip#1", now.Add(time.Hour)) != 0 {
		t.Error("another caller, another limit and another window count apart")
	}
}

func TestWhatIsOverdueIsFoundOnceOldestFirst(t *testing.T) {
	t.Parallel()
	table := open(t)
	a := found(t, table)
	want := map[id.Ref]bool{}
	for i := range 24 {
		c := begin(t, a, email.Address(fmt.Sprintf("u%d@acme.example", i)), now.Add(time.Duration(i)*time.Second))
		commit(t, table, client.Change{Client: c})
		want[c.Ref()] = true
	}
	late := now.Add(time.Hour)
	filled := 0
	for shard := range table.Shards() {
		all, err := table.Overdue(t.Context(), shard, late, 100, false)
		if err != nil {
			t.Fatal(err)
		}
		few, err := table.Overdue(t.Context(), shard, late, 1, false)
		if err != nil || len(all) > 0 && (len(few) != 1 || few[0] != all[0]) {
			t.Errorf("the limit: %v, %v", few, err)
		}
		last, err := table.Overdue(t.Context(), shard, late, 1, true)
		if err != nil || len(all) > 0 && (len(last) != 1 || last[0] != all[len(all)-1]) {
			t.Errorf("the newest: %v, %v", last, err)
		}
		if none, err := table.Overdue(t.Context(), shard, now, 100, false); err != nil || len(none) > 0 {
			t.Errorf("not due yet: %v, %v", none, err)
		}
		var before time.Time
		for _, d := range all {
			if !want[d.Ref] || d.Agency != a {
				t.Fatalf("%+v is not there, or was found before", d)
			}
			delete(want, d.Ref)
			c, err := table.Client(t.Context(), a, d.Ref, true)
			if err != nil || c.Invite.Due().Before(before) {
				t.Errorf("%v: not the oldest first", err)
			}
			before = c.Invite.Due()
		}
		if len(all) > 0 {
			filled++
		}
	}
	if len(want) > 0 || filled < 2 {
		t.Errorf("%d not found, in %d shards", len(want), filled)
	}
}

func TestACursorGoesOnBehindTheLastClient(t *testing.T) {
	t.Parallel()
	table := open(t)
	a := found(t, table)
	const n = 7
	for i := range n {
		commit(t, table,
			client.Change{Client: begin(t, a, email.Address(fmt.Sprintf("u%d@acme.example", i)), now.Add(time.Duration(i)*time.Second))})
	}
	var got []string
	q := clients.Query{Limit: 3}
	for pages := 1; ; pages++ {
		page, next, err := table.Clients(t.Context(), a, q)
		if err != nil || pages > n {
			t.Fatal(pages, err)
		}
		for _, c := range page {
			got = append(got, string(c.Email))
		}
		if next == "" {
			break
		}
		q.After = next
	}
	if len(got) != n || got[0] != "u6@acme.example" || got[n-1] != "u0@acme.example" {
		t.Errorf("%v", got)
	}
}

func TestACodeAndItsSessionAreReadAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	table := open(t)
	const who = email.Address("ops@acme.example")
	user := id.UserOf(who)
	if _, err := table.Code(t.Context(), user, "j1"); !fault.Is(err, fault.NotFound) {
		t.Error(err)
	}
	if _, err := table.Asked(t.Context(), user, identity.Strangers); !fault.Is(err, fault.NotFound) {
		t.Error(err)
	}
	c, asked := identity.NewCode(user, who, now, "j1"), &identity.Asked{User: user}
	if err := asked.Take(now); err != nil {
		t.Fatal(err)
	}
	stale := *asked
	if err := table.AskCode(t.Context(), c, asked); err != nil {
		t.Fatal(err)
	}
	if got, err := table.Asked(t.Context(), user, identity.Strangers); err != nil || cmp.Diff(asked, got) != "" {
		t.Fatal(err, cmp.Diff(asked, got))
	}
	if err := table.AskCode(t.Context(), identity.NewCode(user, who, now, "j2"), &stale); !errors.Is(err, conflict.ErrChanged) {
		t.Errorf("a count that has changed: %v", err)
	}
	for _, step := range []func(){func() {}, func() { c.Claim(now, "j1", []byte("digest")) }, func() { c.Retry(now) }, func() {
		c.Sent()
	}} {
		step()
		if err := table.SaveCode(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		if got, err := table.Code(t.Context(), user, "j1"); err != nil || cmp.Diff(c, got) != "" {
			t.Fatal(err, cmp.Diff(c, got))
		}
	}
	s := &identity.Session{User: user, ID: "s1", Hash: secret.HashOf("x"), Email: who,
		By: identity.Proof{Way: identity.MailedCode}, CreatedAt: now, ProvedAt: now, ExpiresAt: now.Add(time.Hour)}
	if err := table.OpenSession(t.Context(), c, s, nil); err != nil {
		t.Fatal(err)
	}
	if got, err := table.Session(t.Context(), user, "s1"); err != nil || cmp.Diff(s, got) != "" {
		t.Fatal(err, cmp.Diff(s, got))
	}
	if err := table.OpenSession(t.Context(), c, s, nil); !errors.Is(err, conflict.ErrChanged) {
		t.Errorf("a code opens one session: %v", err)
	}
	if err := table.EndSession(t.Context(), user, "s1", secret.HashOf("y")); err != nil {
		t.Error(err)
	}
	if _, err := table.Session(t.Context(), user, "s1"); err != nil {
		t.Errorf("another secret ended the session: %v", err)
	}
	none := func() (*identity.News, error) { return nil, nil }
	if err := table.EndSessions(t.Context(), user, "s1", none); err != nil {
		t.Error(err)
	}
	if _, err := table.Session(t.Context(), user, "s1"); err != nil {
		t.Errorf("the one to keep has ended: %v", err)
	}
	if err := table.EndSessions(t.Context(), user, "", none); err != nil {
		t.Error(err)
	}
	if _, err := table.Session(t.Context(), user, "s1"); !fault.Is(err, fault.NotFound) {
		t.Error(err)
	}
}
