package adapters_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"latchkey.dev/infra/test/whole"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/secret"
	"latchkey.dev/shared/usecase/account"
)

// join makes the address a client of the agency.
func join(t *testing.T, table *whole.Table, a id.Agency, to email.Address) *client.Client {
	t.Helper()
	c := begin(t, a, to, now)
	c.Invite.Status = invite.Pending
	if err := c.Accept(now, nil, client.Ties{}); err != nil {
		t.Fatal(err)
	}
	commit(t, table, client.Change{Client: c, Join: true})
	return c
}

// visit signs the address in.
func visit(t *testing.T, table *whole.Table, to email.Address, session string) identity.Caller {
	t.Helper()
	user := id.UserOf(to)
	s := &identity.Session{User: user, ID: session, Hash: secret.HashOf(session), Email: to,
		CreatedAt: now, ProvedAt: now, ExpiresAt: now.Add(time.Hour)}
	c := identity.NewCode(user, to, now, session)
	c.Sent()
	if err := table.OpenSession(t.Context(), c, s, nil); err != nil {
		t.Fatal(err)
	}
	return s.Person()
}

func TestASessionIsReadAsItWasWrittenAndOneOfBeforeAsOneOfAMailedCode(t *testing.T) {
	t.Parallel()
	table := open(t)
	const to email.Address = "ops@acme.example"
	user := id.UserOf(to)
	by := identity.Proof{Way: identity.Provider, Issuer: "https://idp.example", Bound: "ag_1", Device: "Firefox, Windows"}
	places := []identity.Membership{{Agency: "ag_2", Member: "mb_2", Used: now}, {Agency: "ag_1", Member: "mb_1"}}
	_, s := identity.NewSession(user, to, places, by, now)
	s.ProvedAt = now.Add(time.Hour)
	if err := table.OpenSession(t.Context(), identity.NewCode(user, to, now, "a"), s, nil); err != nil {
		t.Fatal(err)
	}
	got, err := table.Session(t.Context(), user, s.ID)
	if err != nil || *got != *s || s.Agency != "ag_1" {
		t.Errorf("%+v, %v, want %+v", got, err, s)
	}
	visit(t, table, to, "before")
	old, err := table.Session(t.Context(), user, "before")
	if err != nil || old.By != (identity.Proof{Way: identity.MailedCode}) || !old.ProvedAt.Equal(old.CreatedAt) {
		t.Errorf("%+v, %v", old, err)
	}
}

func TestWhoHasLeftIsRememberedUntilItComesBack(t *testing.T) {
	t.Parallel()
	table := open(t)
	const to email.Address = "ops@acme.example"
	a, user := found(t, table), id.UserOf(to)
	c := join(t, table, a, to)
	lists := func(is, was int) {
		t.Helper()
		now, err := table.Portals(t.Context(), user)
		then, err2 := table.Left(t.Context(), user)
		if err := errors.Join(err, err2); err != nil || len(now) != is || len(then) != was {
			t.Errorf("client of %v, was of %v, %v", now, then, err)
		}
	}
	lists(1, 0)
	c.End(now, client.ByClient)
	commit(t, table, client.Change{Client: c, Leave: true})
	lists(0, 1)
	if err := table.Commit(t.Context(), a, client.Change{Client: c, Leave: true}); err == nil {
		t.Error("left twice")
	}
	c.EndedAt, c.EndedBy = time.Time{}, ""
	commit(t, table, client.Change{Client: c, Join: true})
	lists(1, 0)
	p, err := table.Person(t.Context(), user)
	if err != nil || len(p.Places) != 1 || p.Places[0] != (account.Place{Agency: a, Client: c.ID}) || p.Email != "" {
		t.Errorf("%+v, %v", p, err)
	}
	commit(t, table, client.Change{Client: c, Erase: true, Forget: true})
	lists(0, 0)
	if _, err := table.Client(t.Context(), a, c.Ref(), true); !fault.Is(err, fault.NotFound) {
		t.Errorf("the relationship is still there: %v", err)
	}
}

// unsold is what takes the money where nothing is sold: there is no payment page to close.
type unsold struct{}

func (unsold) Close(context.Context, *client.Client) error { return nil }

// cut is a store whose n-th write, and all after it, do not happen: the process has died.
type cut struct {
	*whole.Table
	left int
}

var errDied = errors.New("died")

func (c *cut) write() error {
	if c.left--; c.left < 0 {
		return errDied
	}
	return nil
}

func (c *cut) Commit(ctx context.Context, a id.Agency, change client.Change) error {
	if err := c.write(); err != nil {
		return err
	}
	return c.Table.Commit(ctx, a, change)
}

func (c *cut) Forget(ctx context.Context, user id.User) error {
	if err := c.write(); err != nil {
		return err
	}
	return c.Table.Forget(ctx, user)
}

// TestErasingGoesOnWhereItWasInterrupted: after each write that there is, the process dies; the person is still signed
// in, asks again, and then nothing is left but the rows of the log.
func TestErasingGoesOnWhereItWasInterrupted(t *testing.T) {
	t.Parallel()
	const to email.Address = "ops@acme.example"
	for writes := range 5 {
		t.Run(fmt.Sprint(writes), func(t *testing.T) {
			t.Parallel()
			table := open(t)
			user := id.UserOf(to)
			var agencies []id.Agency
			for n := range 3 { // a client of two, formerly of one that has invited again
				a := found(t, table)
				agencies = append(agencies, a)
				c := join(t, table, a, to)
				if n == 2 {
					c.End(now, client.ByAgency)
					commit(t, table, client.Change{Client: c, Leave: true})
					next, err := client.Begin(c, a, client.Offer{Email: to, Payer: invitePayer}, now.Add(time.Hour))
					if err != nil {
						t.Fatal(err)
					}
					next.Invite.Status = invite.Pending
					commit(t, table, client.Change{Client: next})
				}
			}
			me := visit(t, table, to, "one")
			visit(t, table, to, "two")
			clock := func() time.Time { return now }
			err := (&account.Erasure{Store: &cut{table, writes}, Checkouts: unsold{}, Now: clock}).Erase(t.Context(), me)
			if p, _ := table.Person(t.Context(), user); err != nil && len(p.Sessions) != 2 {
				t.Fatalf("interrupted with %v, the person has %d sessions", err, len(p.Sessions))
			}
			if writes < 4 && !errors.Is(err, errDied) {
				t.Fatalf("after %d writes: %v", writes, err)
			}
			if err := (&account.Erasure{Store: table, Checkouts: unsold{}, Now: clock}).Erase(t.Context(), me); err != nil {
				t.Fatal(err)
			}
			p, err := table.Person(t.Context(), user)
			if err != nil || len(p.Places)+len(p.Sessions) != 0 || p.Email != "" || p.Codes != 0 {
				t.Errorf("left of the person: %+v, %v", p, err)
			}
			for n, a := range agencies {
				if _, err := table.Client(t.Context(), a, id.RefOf(a, to), true); !fault.Is(err, fault.NotFound) {
					t.Errorf("agency %d still has the client: %v", n, err)
				}
				rows, err := table.History(t.Context(), a)
				if err != nil {
					t.Fatal(err)
				}
				want := []audit.Action{audit.ClientLeft, audit.ClientErased}
				if n == 2 {
					want[0] = audit.InviteDeclined
				}
				if len(rows) != 2 || rows[0].Action != want[0] && rows[1].Action != want[0] || rows[0].Action != want[1] &&
					rows[1].Action != want[1] {
					t.Errorf("the log of agency %d: %+v", n, rows)
				}
			}
		})
	}
}

func TestErasingNeedsAFreshSignInAndLeavesOthersAlone(t *testing.T) {
	t.Parallel()
	table := open(t)
	a := found(t, table)
	mine, other := join(t, table, a, "ops@acme.example"), join(t, table, a, "pat@acme.example")
	me, them := visit(t, table, mine.Email, "one"), visit(t, table, other.Email, "two")
	late := &account.Erasure{Store: table, Checkouts: unsold{},
		Now: func() time.Time { return now.Add(identity.StepUpLasts + time.Second) }}
	if err := late.Erase(t.Context(), me); !fault.Is(err, fault.StepUpRequired) {
		t.Errorf("too late: %v", err)
	}
	inTime := &account.Erasure{Store: table, Checkouts: unsold{}, Now: func() time.Time { return now.Add(identity.StepUpLasts) }}
	if err := inTime.Erase(t.Context(), me); err != nil {
		t.Fatal(err)
	}
	if _, err := table.Client(t.Context(), a, other.Ref(), true); err != nil {
		t.Errorf("somebody else's: %v", err)
	}
	o, err := (&account.Self{Store: table, Now: inTime.Now}).See(t.Context(), them)
	if err != nil || len(o.Portals) != 1 || len(o.Person.Sessions) != 1 {
		t.Errorf("%+v, %v", o, err)
	}
	if err := inTime.Erase(t.Context(), identity.Caller{}); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("nobody: %v", err)
	}
}
