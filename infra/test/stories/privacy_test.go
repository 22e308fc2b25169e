package lifecycle

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/link"
	"latchkey.dev/shared/domain/secret"
	"latchkey.dev/shared/usecase/clients"
	"latchkey.dev/shared/usecase/onboarding"
	"latchkey.dev/shared/usecase/signin"
)

func TestAThousandLooksAtALinkChangeNothing(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		_, token := o.invite("ops@acme.example")
		w.deliver()
		before := w.items()
		for n := range 1000 {
			caller := identity.Caller{}
			switch n % 3 {
			case 1:
				caller = person("ops@acme.example")
			case 2:
				caller = person("other@acme.example")
			}
			_, err := w.invitations.View(w.ctx, token, caller)
			must(t, err)
		}
		w.unchanged(before)
	})
}

func TestAStrangerCannotTellDeadLinksApart(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o, other := w.office("Northwind"), w.office("Solo")
		canceled, cancelledLink := o.invite("a@acme.example")
		_, err := w.canceller.Cancel(w.ctx, o.owner, canceled)
		must(t, err)
		_, used := o.invite("b@acme.example")
		_, err = w.invitations.Accept(w.ctx, used, "", person("b@acme.example"))
		must(t, err)
		_, live := o.invite("c@acme.example")
		dead := map[string]string{
			"cancelled":                  cancelledLink,
			"used":                       used,
			"never made":                 link.New(o.id, id.RefOf(o.id, "nobody@acme.example")),
			"made up for a live one":     link.New(o.id, id.RefOf(o.id, "c@acme.example")),
			"of another agency":          link.New(other.id, id.RefOf(o.id, "c@acme.example")),
			"of no agency":               link.New(id.New[id.Agency](id.AgencyPrefix, time.Now()), id.RefOf(o.id, "c@acme.example")),
			"a typing error":             typo(live),
			"cut off":                    live[:len(live)-2],
			"of another kind":            secret.New(secret.Share, make([]byte, 26)),
			"empty":                      "",
			"no secret at all":           "../../etc/passwd",
			"of a bounce":                bounced(w, o),
			"replaced by sending again":  resent(w, o),
			"of an invite made anew":     replaced(w, o),
			"of one that could not mail": link.New(o.id, id.RefOf(o.id, "x@reject.example")),
		}
		want := *fault.As(onboardingGone(w))
		for what, token := range dead {
			for _, who := range []identity.Caller{{}, person("stranger@acme.example")} {
				_, err := w.invitations.View(w.ctx, token, who)
				if got := fault.As(err); got == nil || fmt.Sprintf("%+v", *got) != fmt.Sprintf("%+v", want) {
					t.Errorf("%s: %v, want %v", what, err, want)
				}
				if _, _, err := w.invitations.Address(w.ctx, token); !fault.Is(err, fault.Gone) && what != "used" {
					t.Errorf("%s: the address is given out: %v", what, err)
				}
			}
			if _, err := w.invitations.Accept(w.ctx, token, "", person("stranger@acme.example")); !fault.Is(err, fault.Gone) {
				t.Errorf("accepting %s: %v", what, err)
			}
		}
	})
}

func onboardingGone(w *world) error {
	_, err := w.invitations.View(w.ctx, "nothing", identity.Caller{})
	return err
}

func bounced(w *world, o *office) string {
	_, token := o.invite("bounce@simulator.amazonses.com")
	w.pass(5 * time.Second)
	return token
}

func resent(w *world, o *office) string {
	which, token := o.invite("r@acme.example")
	w.skip(invite.ResendApart)
	must(w.t, o.resend(which))
	w.deliver()
	return token
}

func replaced(w *world, o *office) string {
	which, token := o.invite("s@acme.example")
	_, err := w.canceller.Cancel(w.ctx, o.owner, which)
	must(w.t, err)
	o.invite("s@acme.example")
	return token
}

func TestAnotherAccountLearnsNothingButThatItIsAnother(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		_, token := o.invite("ops@acme.example")
		for _, near := range []string{"ops+x@acme.example", "o.ps@acme.example", "ops@acme.example.org", "ops@xn--acme-epa.example"} {
			_, err := w.invitations.Accept(w.ctx, token, "", person(near))
			f := w.wants(err, fault.WrongAccount)
			equal(w, "status", f.Code.Status(), 403)
			equal(w, "message", f.Message, "This invitation is for o•••@acme.example. Sign out, and sign in with that address.")
			seen, err := w.invitations.View(w.ctx, token, person(near))
			must(t, err)
			equal(w, "standing", seen.Standing, onboarding.Other)
			equal(w, "the address shown", seen.To(), "o•••@acme.example")
		}
		_, err := w.invitations.Accept(w.ctx, token, "", identity.Caller{})
		w.wants(err, fault.Unauthenticated)
		_, err = w.invitations.Accept(w.ctx, token, "", person("OPS@acme.example"))
		must(t, err)
		w.settled()
	})
}

func TestWhatIsGrantedIsLookedAtAgainAtAcceptance(t *testing.T) {
	t.Parallel()
	const who = "ops@acme.example"
	for name, spoil := range map[string]func(*office){"suspended": (*office).suspend, "downgraded": (*office).downgrade,
		"the inviter left": (*office).dismissOwner} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in(t, func(w *world) {
				o := w.office("Northwind")
				which, token := o.invite(who)
				spoil(o)
				before := w.items()
				_, err := w.invitations.Accept(w.ctx, token, "", person(who))
				w.wants(err, fault.Gone)
				w.unchanged(before)
				equal(w, "status", o.status(which), invite.Pending)
			})
		})
	}
	t.Run("an instance is gone", func(t *testing.T) {
		t.Parallel()
		in(t, func(w *world) {
			o := w.office("Northwind")
			which, token := o.invite(who)
			w.remove(string(o.id), "r#"+string(o.n8n[0]))
			c, err := w.invitations.Accept(w.ctx, token, "", person(who))
			must(t, err)
			equal(w, "granted", c.Grants, []instance.Grant{{Resource: o.n8n[1], Access: instance.Write, Name: "Staging"}})
			view, err := w.portal.Get(w.ctx, person(who), "")
			must(t, err)
			equal(w, "in the portal", len(view.Instances), 1)
			log, err := w.table.History(w.ctx, o.id)
			must(t, err)
			if last := log[len(log)-1]; last.Subject != string(which) || last.Detail == "" {
				t.Errorf("the log does not say what was not granted: %+v", last)
			}
			w.settled()
		})
	})
	t.Run("suspended after it", func(t *testing.T) {
		t.Parallel()
		in(t, func(w *world) {
			o := w.office("Northwind")
			_, token := o.invite(who)
			_, err := w.invitations.Accept(w.ctx, token, "", person(who))
			must(t, err)
			o.suspend()
			view, err := w.portal.Get(w.ctx, person(who), "")
			must(t, err)
			if view.Access != "inactive" || len(view.Instances)+len(view.Services) > 0 {
				t.Errorf("a suspended agency's portal shows %+v", view)
			}
		})
	})
}

func TestFE9OnlyOnesOwnRunningInstancesCanBeLinked(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o, other := w.office("Northwind"), w.office("Solo")
		for what, grants := range map[string][]instance.Grant{
			"another agency's": {{Resource: other.n8n[0], Access: instance.Read}}, "not deployed": {{Resource: o.n8n[2], Access: instance.Read}},
			"twice": {{Resource: o.n8n[0], Access: instance.Read}, {Resource: o.n8n[0], Access: instance.Write}}, "no such right": {{Resource: o.n8n[0], Access: "own"}},
			"no id": {{Resource: "ins_x", Access: instance.Read}},
		} {
			_, err := w.inviter.Send(w.ctx, o.owner, onboarding.Draft{Email: "ops@acme.example", Payer: invite.AgencyPays, Grants: grants},
				"")
			if f := w.wants(err, fault.Invalid); len(f.Fields) != 1 {
				t.Errorf("%s: %+v", what, f)
			}
		}
		equal(w, "clients", len(o.clients()), 0)
		equal(w, "places left", o.left(), 10)
	})
}

// Every operation and every method of the store, asked with ids of another agency.
func TestIdsOfAnotherAgencyFindNothing(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		mine, theirs := w.office("Mine"), w.office("Theirs")
		which, token := theirs.invite("ops@acme.example")
		accepted, used := theirs.invite("done@acme.example")
		_, err := w.invitations.Accept(w.ctx, used, "", person("done@acme.example"))
		must(t, err)
		key, _, err := w.keys.Create(w.ctx, theirs.owner, signin.NewKey{Name: "CI", Scopes: []identity.Scope{identity.InvitesRead}}, "")
		must(t, err)
		their := theirs.get(which)
		w.skip(invite.ResendApart)
		before := w.of(string(theirs.id))
		me, ctx := mine.owner, w.ctx
		for what, ask := range map[string]func() error{
			"getInvite":            func() error { _, err := w.invites.Get(ctx, me, which); return err },
			"getInvite accepted":   func() error { _, err := w.invites.Get(ctx, me, accepted); return err },
			"resendInvite":         func() error { _, err := w.inviter.Resend(ctx, me, which, unchanged, "k"); return err },
			"cancelInvite":         func() error { _, err := w.canceller.Cancel(ctx, me, which); return err },
			"getClient":            func() error { _, err := w.directory.Client(ctx, me, their.ID); return err },
			"revokeApiKey":         func() error { return w.keys.Revoke(ctx, me, key.ID) },
			"getPortal":            func() error { _, err := w.portal.Get(ctx, person("done@acme.example"), mine.id); return err },
			"Client":               func() error { _, err := w.table.Client(ctx, mine.id, their.Ref(), true); return err },
			"Client, a moment ago": func() error { _, err := w.table.Client(ctx, mine.id, their.Ref(), false); return err },
			"Member":               func() error { _, err := w.table.Member(ctx, mine.id, theirs.owner.Member); return err },
			"APIKey":               func() error { _, err := w.table.APIKey(ctx, mine.id, key.ID); return err },
			"Recall":               func() error { _, err := w.table.Recall(ctx, mine.id, "anything"); return err },
		} {
			if err := ask(); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s: %v, want not found", what, err)
			}
		}
		all, err := w.table.ResourcesByID(ctx, mine.id, theirs.n8n)
		must(t, err)
		equal(w, "their resources by id", len(all), 0)
		seen, err := w.table.Snapshot(ctx, mine.id, onboarding.Query{Ref: their.Ref(), Member: theirs.owner.Member, Resources: theirs.n8n})
		must(t, err)
		if seen.Client != nil || seen.Member != nil || len(seen.Resources) > 0 || seen.Agency.ID != mine.id {
			t.Errorf("the snapshot has %+v", seen)
		}
		keys, err := w.keys.List(ctx, me)
		must(t, err)
		equal(w, "their keys", len(keys), 0)
		equal(w, "their clients", len(mine.clients()), 0)
		page, err := w.directory.Clients(ctx, me, clients.Query{Limit: 50, After: their.ID}) // their cursor
		must(t, err)
		equal(w, "behind their cursor", len(page.Items), 0)
		list, err := w.directory.Resources(ctx, me, instance.N8N, false)
		must(t, err)
		for _, r := range list {
			if r.ID == theirs.n8n[0] {
				t.Error("their instance is in my list")
			}
		}
		c := *their
		if err := w.table.Commit(ctx, mine.id, client.Change{Client: &c}); err == nil {
			// The client knows its agency; a caller that mixes them up must not write across.
			if got := theirs.get(which); got.Version != their.Version {
				t.Error("a change of mine was written to theirs")
			}
		}
		k := *key
		k.Agency, k.RevokedAt = mine.id, time.Now()
		if err := w.table.RevokeAPIKey(ctx, &k, rowOf(mine)); err == nil {
			t.Error("their key was revoked by me")
		} else if !errors.Is(err, conflict.ErrChanged) {
			t.Error(err)
		}
		_, err = w.invitations.View(ctx, token, identity.Caller{})
		must(t, err)
		if !reflect.DeepEqual(before, w.of(string(theirs.id))) {
			t.Error("something of theirs has changed")
		}
		w.settled()
	})
}

func TestAPIKeys(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o, other := w.office("Northwind"), w.office("Solo")
		made, token, err := w.keys.Create(w.ctx, o.owner,
			signin.NewKey{Name: "CI", Scopes: []identity.Scope{identity.InvitesWrite, identity.InvitesRead}}, "once")
		must(t, err)
		again, none, err := w.keys.Create(w.ctx, o.owner,
			signin.NewKey{Name: "CI", Scopes: []identity.Scope{identity.InvitesWrite, identity.InvitesRead}}, "once")
		must(t, err)
		if again.ID != made.ID || none != "" {
			t.Errorf("repeated, it made %s with secret %q", again.ID, none)
		}
		_, _, err = w.keys.Create(w.ctx, o.owner, signin.NewKey{Name: "CD", Scopes: []identity.Scope{identity.InvitesRead}}, "once")
		w.wants(err, fault.IdempotencyUsed)

		caller, err := w.door.Authenticate(w.ctx, signin.Credentials{Bearer: token}, identity.ByStaff(identity.InvitesWrite))
		must(t, err)
		equal(w, "its agency", caller.Agency, o.id)
		_, err = w.door.Authenticate(w.ctx, signin.Credentials{Bearer: token}, identity.ByStaff(identity.ClientsRead))
		w.wants(err, fault.Forbidden)
		_, _, err = w.keys.Create(w.ctx, caller, signin.NewKey{Name: "more", Scopes: []identity.Scope{identity.ClientsRead}}, "")
		w.wants(err, fault.StepUpRequired)
		_, err = w.keys.List(w.ctx, caller)
		w.wants(err, fault.StepUpRequired)
		c, err := w.inviter.Send(w.ctx, caller, o.draft("ops@acme.example"), "")
		must(t, err)
		log, err := w.table.History(w.ctx, o.id)
		must(t, err)
		equal(w, "the actor in the log", log[len(log)-1].Actor, string(made.ID))
		_, err = w.invites.Get(w.ctx, other.owner, c.Invite.ID)
		w.wants(err, fault.NotFound)

		for _, bad := range []string{"lkk_nonsense", typo(token), "x" + token, "lkk_"} {
			_, err = w.door.Authenticate(w.ctx, signin.Credentials{Bearer: bad}, identity.ByStaff(identity.InvitesWrite))
			w.wants(err, fault.Unauthenticated)
		}
		w.wants(w.keys.Revoke(w.ctx, other.owner, made.ID), fault.NotFound)
		for range 2 {
			must(t, w.keys.Revoke(w.ctx, o.owner, made.ID))
		}
		_, err = w.door.Authenticate(w.ctx, signin.Credentials{Bearer: token}, identity.ByStaff(identity.InvitesWrite))
		w.wants(err, fault.Unauthenticated)
		keys, err := w.keys.List(w.ctx, o.owner)
		must(t, err)
		if len(keys) != 1 || keys[0].RevokedAt.IsZero() || keys[0].LastUsedAt.IsZero() || keys[0].Hint != token[len(token)-4:] {
			t.Errorf("the list shows %+v", keys)
		}
		w.settled()
	})
}

// No secret, no code and no address of a queue's job is stored or queued in plain (SECURITY.md 1).
func TestNoSecretIsStoredOrQueued(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		const who = "ops@acme.example"
		_, err := o.send(who)
		must(t, err)
		must(t, w.request(who, "192.0.2.1"))
		for _, q := range w.engine.SQS.Overview() {
			for _, m := range q.Messages {
				if strings.Contains(m.Body, who) || strings.Contains(m.Body, secret.Invite) {
					t.Errorf("on %s: %s", q.Name, m.Body)
				}
			}
		}
		w.deliver()
		token := w.token(who)
		cookie, _ := w.signInWith(who)
		_, key, err := w.keys.Create(w.ctx, o.owner, signin.NewKey{Name: "CI", Scopes: identity.Scopes()}, "")
		must(t, err)
		for _, i := range w.items() {
			for _, s := range []string{token, cookie, key} {
				if strings.Contains(plain(i), s) {
					t.Errorf("a secret is stored in %s %s", text(i, "pk"), text(i, "sk"))
				}
			}
		}
	})
}
