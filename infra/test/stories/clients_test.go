package lifecycle

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/usecase/signin"
)

// joined lets the address accept its invite.
func joined(o *office, address string) id.Invite {
	which, token := o.invite(address)
	_, err := o.w.invitations.Accept(o.w.ctx, token, "", person(address))
	must(o.w.t, err)
	return which
}

// client is the id of the client whose current invite it is.
func (o *office) client(which id.Invite) id.Client { return o.get(which).ID }

// sees is what the person's portal at the agency shows: how many things, or why there is none.
func (o *office) sees(address string) (int, error) {
	view, err := o.w.portal.Get(o.w.ctx, person(address), o.id)
	if err != nil {
		return 0, err
	}
	return len(view.Instances) + len(view.Services), nil
}

// shows tells what is wrong when the portal does not show n things.
func (o *office) shows(address string, n int) error {
	if got, err := o.sees(address); err != nil || got != n {
		return fmt.Errorf("the portal shows %d things, want %d: %v", got, n, err)
	}
	return nil
}

// closed tells what is wrong when the person still has a portal, or the log tells of its end otherwise than once.
func (o *office) closed(address string, action audit.Action) error {
	if _, err := o.sees(address); !fault.Is(err, fault.NotFound) {
		return fmt.Errorf("the portal: %v", err)
	}
	return o.logged(action, 1)
}

// logged tells what is wrong when the log has another number of rows of the action.
func (o *office) logged(action audit.Action, want int) error {
	log, err := o.w.table.History(o.w.ctx, o.id)
	must(o.w.t, err)
	n := 0
	for _, e := range log {
		if e.Action == action {
			n++
		}
	}
	if n != want {
		return fmt.Errorf("%d rows of %s, want %d", n, action, want)
	}
	return nil
}

// forgotten tells what is wrong when anything stored still holds the address.
func (o *office) forgotten(address string) error {
	for _, i := range o.w.items() {
		for name := range i {
			if strings.Contains(text(i, name), address) {
				return fmt.Errorf("%s of %s %s still holds the address", name, text(i, "pk"), text(i, "sk"))
			}
		}
	}
	if n := len(o.relationships()); n != 0 {
		return fmt.Errorf("%d relationships are left", n)
	}
	return nil
}

// careFlows are what both sides do once an invite is out.
var careFlows = []flow{
	{name: "grant", address: "ops%d@acme.example", before: joined,
		ask: func(ctx context.Context, o *office, _ string, which id.Invite) error {
			_, err := o.w.grants.Grant(ctx, o.owner, first(which), o.whatsapp, instance.Read)
			return err
		},
		after: func(o *office, address string, _ id.Invite) error {
			if err := o.logged(audit.AccessGranted, 1); err != nil {
				return err
			}
			return o.shows(address, 3)
		}},
	{name: "revoke", address: "ops%d@acme.example", before: joined,
		ask: func(ctx context.Context, o *office, _ string, which id.Invite) error {
			_, err := o.w.grants.Revoke(ctx, o.owner, first(which), o.n8n[0])
			return err
		},
		after: func(o *office, address string, _ id.Invite) error {
			if err := o.logged(audit.AccessRevoked, 1); err != nil {
				return err
			}
			return o.shows(address, 1)
		}},
	{name: "remove", address: "ops%d@acme.example", before: joined,
		ask: func(ctx context.Context, o *office, _ string, which id.Invite) error {
			_, err := o.w.removal.Remove(ctx, o.owner, first(which))
			return err
		},
		after: func(o *office, address string, which id.Invite) error {
			if s := o.get(which).At(time.Now()); s != client.Inactive {
				return fmt.Errorf("the client is %s", s)
			}
			return o.closed(address, audit.ClientRemoved)
		}},
	{name: "leave", address: "ops%d@acme.example", before: joined,
		ask: func(ctx context.Context, o *office, address string, _ id.Invite) error {
			return o.w.leaving.Leave(ctx, person(address), o.id)
		},
		after: func(o *office, address string, _ id.Invite) error { return o.closed(address, audit.ClientLeft) }},
	{name: "erase a client", address: "ops%d@acme.example",
		before: func(o *office, address string) id.Invite {
			which := joined(o, address)
			_, err := o.w.removal.Remove(o.w.ctx, o.owner, o.client(which))
			must(o.w.t, err)
			return which
		},
		ask: func(ctx context.Context, o *office, address string, which id.Invite) error {
			return o.w.removal.Erase(ctx, o.owner, first(which))
		},
		after: func(o *office, address string, _ id.Invite) error {
			if err := o.logged(audit.ClientErased, 1); err != nil {
				return err
			}
			if err := o.forgotten(address); err != nil {
				return err
			}
			_, err := o.send(address) // as if nobody had ever typed it
			o.w.deliver()
			return err
		}},
	{name: "erase oneself", address: "ops%d@acme.example", before: joined,
		ask: func(ctx context.Context, o *office, address string, _ id.Invite) error {
			return o.w.erasure.Erase(ctx, person(address))
		},
		after: func(o *office, address string, _ id.Invite) error {
			if err := o.logged(audit.ClientErased, 1); err != nil {
				return err
			}
			if left := o.w.of("us#" + string(id.UserOf(person(address).Email))); len(left) != 0 {
				return fmt.Errorf("%d items of the person are left", len(left))
			}
			return o.forgotten(address)
		}},
	{name: "decline", address: "ops%d@acme.example", before: invited,
		ask: func(ctx context.Context, o *office, address string, _ id.Invite) error {
			_, err := o.w.decliner.Decline(ctx, identity.Caller{}, o.w.token(address), "Not for me.", "192.0.2.1")
			return err
		},
		after: func(o *office, address string, which id.Invite) error {
			if i := o.get(which).Invite; !i.WasDeclined() || i.Reason != "Not for me." {
				return fmt.Errorf("it is %s: %q", i.Status, i.Reason)
			}
			if err := o.w.sees(o.w.token(address)); !fault.Is(err, fault.Gone) {
				return fmt.Errorf("its link: %v", err)
			}
			return o.logged(audit.InviteDeclined, 1)
		}},
	{name: "propose", address: "ops%d@acme.example", before: invited,
		ask: func(ctx context.Context, o *office, address string, _ id.Invite) error {
			_, err := o.w.answers.Propose(ctx, identity.Caller{}, o.w.token(address), "pat@acme.example", "192.0.2.1")
			return err
		},
		after: func(o *office, _ string, which id.Invite) error {
			if p := o.get(which).Proposal; p == nil || p.Address != "pat@acme.example" {
				return fmt.Errorf("the proposal is %+v", p)
			}
			return nil
		}},
}

// first is the id of the client whose first invite it is: the two are made at one moment. Nothing is read.
func first(which id.Invite) id.Client {
	return id.At[id.Client](id.ClientPrefix, which.Ref(), ulid.MustParseStrict(string(which)[len(id.InvitePrefix):]).Timestamp())
}

func TestWhatIsOpenedAndClosedShowsWithTheNextRequest(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		which := joined(o, "ops@acme.example")
		c := o.client(which)
		must(t, o.shows("ops@acme.example", 2))
		for range 2 { // the same again is no change
			_, err := w.grants.Grant(w.ctx, o.owner, c, o.whatsapp, instance.Write)
			must(t, err)
		}
		must(t, o.shows("ops@acme.example", 3))
		must(t, o.logged(audit.AccessGranted, 1))
		_, err := w.grants.Grant(w.ctx, o.owner, c, o.n8n[2], instance.Read)
		w.wants(err, fault.Invalid) // it is not deployed yet
		for range 2 {
			_, err = w.grants.Revoke(w.ctx, o.owner, c, o.n8n[0])
			must(t, err)
		}
		must(t, o.shows("ops@acme.example", 2))
		must(t, o.logged(audit.AccessRevoked, 1))
		other := w.office("Other")
		_, err = w.grants.Grant(w.ctx, other.owner, c, other.n8n[0], instance.Read)
		w.wants(err, fault.NotFound)
		_, err = w.grants.Grant(w.ctx, o.owner, c, other.n8n[0], instance.Read)
		w.wants(err, fault.NotFound)
		w.settled()
	})
}

func TestWhoLeftCanBeInvitedAgainAndAccept(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		for range 3 {
			joined(o, "ops@acme.example")
			must(t, o.shows("ops@acme.example", 2))
			must(t, w.leaving.Leave(w.ctx, person("ops@acme.example"), o.id))
			must(t, w.leaving.Leave(w.ctx, person("ops@acme.example"), o.id)) // a second time is no fault
			w.settled()
		}
		must(t, o.logged(audit.ClientLeft, 3))
		must(t, o.logged(audit.InviteAccepted, 3))
		equal(w, "clients", o.clients(), []string{"ops@acme.example"})
	})
}

func TestBothSidesEndingAtOnceIsOneEnd(t *testing.T) {
	t.Parallel()
	inSuch(t, slowTransactions, func(w *world) {
		for n := range 30 {
			o := w.office(fmt.Sprint("Agency ", n))
			address := fmt.Sprintf("c%d@acme.example", n)
			c := o.client(joined(o, address))
			var failed atomic.Int32
			together(8, func(k int) {
				w.skip(time.Duration((n*5+k*3)%7) * time.Millisecond)
				var err error
				switch k % 4 {
				case 0, 1:
					_, err = w.removal.Remove(w.ctx, o.owner, c)
				case 2:
					err = w.leaving.Leave(w.ctx, person(address), o.id)
				case 3:
					if _, err = w.grants.Grant(w.ctx, o.owner, c, o.whatsapp, instance.Read); fault.Is(err, fault.NotActive) {
						err = nil // it came too late
					}
				}
				if err != nil {
					failed.Add(1)
					t.Error(err)
				}
			})
			removed, left := o.logged(audit.ClientRemoved, 1), o.logged(audit.ClientLeft, 1)
			if (removed == nil) == (left == nil) {
				t.Fatalf("both or neither has ended it: %v, %v", removed, left)
			}
			if _, err := o.sees(address); !fault.Is(err, fault.NotFound) {
				t.Fatalf("the portal: %v", err)
			}
			w.check()
		}
		w.settled()
	})
}

func TestAcceptingAgainstChangesOfTheOfferTakesWhatWasSeen(t *testing.T) {
	t.Parallel()
	inSuch(t, slowTransactions, func(w *world) {
		taken := 0
		for n := range 40 {
			o := w.office(fmt.Sprint("Agency ", n))
			address := fmt.Sprintf("c%d@acme.example", n)
			which, token := o.invite(address)
			shown, err := w.invitations.View(w.ctx, token, person(address))
			must(t, err)
			var accepted error
			together(2, func(k int) {
				w.skip(time.Duration((n*7+k*5)%9) * time.Millisecond)
				if k == 0 {
					_, accepted = w.invitations.Accept(w.ctx, token, shown.Offer, person(address))
					return
				}
				_, err := w.grants.Revoke(w.ctx, o.owner, o.client(which), o.n8n[0])
				must(t, err)
			})
			switch {
			case accepted == nil:
				taken++
			case !fault.Is(accepted, fault.OfferChanged):
				t.Fatal(accepted)
			}
			w.check()
		}
		if taken == 0 || taken == 40 {
			t.Errorf("the race had one winner only: %d of 40", taken)
		}
		w.settled()
	})
}

func TestAnErasedPersonLeavesNoTraceAndMayComeBack(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		one, other := w.office("Northwind"), w.office("Southwind")
		const address = "ops@acme.example"
		joined(one, address)
		joined(other, address)
		cookie, caller := w.signIn(address)
		must(t, w.leaving.Leave(w.ctx, caller, one.id))
		must(t, w.erasure.Erase(w.ctx, caller))
		must(t, w.erasure.Erase(w.ctx, caller)) // a second time is no fault
		if now, err := w.door.Authenticate(w.ctx, signin.Credentials{Session: cookie}, identity.ByVisitor); err != nil || now.SignedIn() {
			t.Errorf("the session lives on: %+v, %v", now, err)
		}
		w.pass(20 * time.Minute)
		w.engine.Tick()
		for _, o := range []*office{one, other} {
			must(t, o.forgotten(address))
			must(t, o.logged(audit.ClientErased, 1))
		}
		joined(one, address)
		must(t, one.shows(address, 2))
		w.settled()
		old := identity.Caller{User: id.UserOf(address), Email: address,
			Since: time.Now().Add(-time.Hour), Proved: time.Now().Add(-time.Hour)}
		w.wants(w.erasure.Erase(w.ctx, old), fault.StepUpRequired)
	})
}

func TestAnInviteThatWasDeclinedIsOverForEverybody(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		which, token := o.invite("ops@acme.example")
		_, err := w.decliner.Decline(w.ctx, identity.Caller{}, token, "", "192.0.2.1")
		must(t, err)
		_, err = w.invitations.Accept(w.ctx, token, "", person("ops@acme.example"))
		w.wants(err, fault.Gone)
		w.wants(o.resend(which), fault.NotPending)
		_, err = w.canceller.Cancel(w.ctx, o.owner, which)
		must(t, err) // it is cancelled already
		must(t, o.logged(audit.InviteCanceled, 0))
		next, _ := o.invite("ops@acme.example")
		if next == which {
			t.Error("the address cannot be invited anew")
		}
		equal(w, "status", o.status(next), invite.Pending)
		w.settled()
	})
}
