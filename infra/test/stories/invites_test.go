package lifecycle

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/usecase/onboarding"
	"latchkey.dev/shared/usecase/signin"
)

func TestAnAgencyBringsAClientIntoItsPortal(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind Automations")
		_, owner := w.signIn(string(o.owner.Email))
		equal(w, "the agency that the owner acts for", owner.Agency, o.id)

		c, err := w.inviter.Send(w.ctx, owner, o.draft("Acme Ltd <Ops@Acme.Example>"), "")
		must(t, err)
		equal(w, "status before the mail", c.Invite.Status, invite.Sending)
		w.deliver()
		equal(w, "status after it", o.status(c.Invite.ID), invite.Pending)

		const ops = "ops@acme.example"
		mails := w.engine.SES.Mails(ops)
		if len(mails) != 1 || len(mails[0].Links) != 1 {
			t.Fatalf("%d mails, want one with one link: %+v", len(mails), mails)
		}
		if !strings.Contains(mails[0].Text, "Production") || !strings.Contains(mails[0].From, "Northwind Automations via Latchkey") {
			t.Errorf("the mail from %s does not say what is opened:\n%s", mails[0].From, mails[0].Text)
		}
		token := w.token(ops)

		// The link's holder is nobody yet: neither a person nor a place is stored (FE25).
		seen, err := w.invitations.View(w.ctx, token, identity.Caller{})
		must(t, err)
		equal(w, "standing", seen.Standing, onboarding.Anonymous)
		equal(w, "the address that a stranger sees", seen.To(), "o•••@acme.example")
		if kept := w.of("us#" + string(id.UserOf(ops))); len(kept) != 0 {
			t.Errorf("a record of the person before it signed in: %v", kept)
		}

		to, _, err := w.invitations.Address(w.ctx, token)
		must(t, err)
		must(t, w.request(to, "198.51.100.7"))
		w.deliver()
		cookie, _, err := w.guess(to, w.code(ops), "198.51.100.7", "")
		must(t, err)
		caller, err := w.door.Authenticate(w.ctx, signin.Credentials{Session: cookie}, identity.ByVisitor)
		must(t, err)

		// To sign in is not to accept.
		_, err = w.portal.Get(w.ctx, caller, "")
		w.wants(err, fault.NotFound)
		accepted, err := w.invitations.Accept(w.ctx, token, "", caller)
		must(t, err)
		equal(w, "the client", accepted.ID, c.ID)

		view, err := w.portal.Get(w.ctx, caller, "")
		must(t, err)
		if len(view.Instances) != 2 || view.Instances[0].Name != "Production" || view.Instances[0].Access != instance.Read ||
			view.Instances[1].Name != "Staging" || view.Instances[1].Access != instance.Write {
			t.Errorf("the portal shows %+v", view.Instances)
		}
		equal(w, "the agency's clients", o.clients(), []string{ops})
		_, err = o.send(ops)
		w.wants(err, fault.AlreadyClient)
		w.settled()
		var names []invite.EventName
		for _, e := range o.get(c.Invite.ID).Invite.Timeline {
			names = append(names, e.Name)
		}
		equal(w, "the timeline", names, []invite.EventName{invite.Queued, invite.Sent, invite.Delivered, invite.Opened, invite.WasTaken})
	})
}

func TestASignInCodeTakesFiveGuessesTenMinutesAndOneUse(t *testing.T) {
	t.Parallel()
	const who, ip = email.Address("anna@acme.example"), "192.0.2.9"
	wrong := func(code string) string { return string('0'+(code[0]-'0'+1)%10) + code[1:] }

	t.Run("the fifth wrong guess ends it", func(t *testing.T) {
		t.Parallel()
		in(t, func(w *world) {
			must(t, w.request(who, ip))
			w.deliver()
			code := w.code(string(who))
			for range identity.CodeGuesses {
				_, _, err := w.guess(who, wrong(code), ip, "")
				w.wants(err, fault.WrongCode)
			}
			_, _, err := w.guess(who, code, ip, "")
			w.wants(err, fault.WrongCode)
		})
	})
	t.Run("64 guesses at once are five", func(t *testing.T) {
		t.Parallel()
		in(t, func(w *world) {
			must(t, w.request(who, ip))
			w.deliver()
			code := w.code(string(who))
			together(64, func(n int) {
				w.guess(who, wrong(code), "192.0.2."+string(rune('a'+n%20)), "")
			}) //nolint:errcheck // all are wrong
			flow, ok := w.codes.Seals.OpenFlow(w.browsers[who].Flow, who)
			equal(w, "the flow is ours", ok, true)
			c, err := w.table.Code(w.ctx, id.UserOf(who), flow.Job)
			must(t, err)
			if c.Wrong != identity.CodeGuesses || len(c.Digests) != 0 {
				t.Errorf("%d guesses counted, %d codes left", c.Wrong, len(c.Digests))
			}
		})
	})
	t.Run("the right one on the fifth guess, spaces and all, once", func(t *testing.T) {
		t.Parallel()
		in(t, func(w *world) {
			must(t, w.request(who, ip))
			w.deliver()
			code := w.code(string(who))
			for range identity.CodeGuesses - 1 {
				_, _, err := w.guess(who, wrong(code), ip, "")
				w.wants(err, fault.WrongCode)
			}
			_, _, err := w.guess(who, " "+code[:3]+" "+code[3:], ip, "")
			must(t, err)
			_, _, err = w.guess(who, code, ip, "")
			w.wants(err, fault.WrongCode)
		})
	})
	t.Run("ten minutes", func(t *testing.T) {
		t.Parallel()
		in(t, func(w *world) {
			must(t, w.request(who, ip))
			w.deliver()
			w.skip(identity.CodeLifetime)
			_, _, err := w.guess(who, w.code(string(who)), ip, "")
			w.wants(err, fault.WrongCode)
		})
	})
	t.Run("a browser that asks for a new code has done with the old one", func(t *testing.T) {
		t.Parallel()
		in(t, func(w *world) {
			must(t, w.request(who, ip))
			w.deliver()
			old := w.code(string(who))
			limited := w.wants(w.request(who, ip), fault.RateLimited)
			w.skip(limited.Retry)
			must(t, w.request(who, ip))
			w.deliver()
			if fresh := w.code(string(who)); fresh != old {
				_, _, err := w.guess(who, old, ip, "")
				w.wants(err, fault.WrongCode)
				_, _, err = w.guess(who, fresh, ip, "")
				must(t, err)
			}
		})
	})
	t.Run("a code is for its own address", func(t *testing.T) {
		t.Parallel()
		in(t, func(w *world) {
			must(t, w.request(who, ip))
			w.deliver()
			w.browsers["other@acme.example"] = w.browsers[who]
			_, _, err := w.guess("other@acme.example", w.code(string(who)), ip, "")
			w.wants(err, fault.Invalid)
		})
	})
	t.Run("thirty a day, whoever asks", func(t *testing.T) {
		t.Parallel()
		in(t, func(w *world) {
			sent, begun := 0, time.Now()
			for time.Since(begun) < 23*time.Hour {
				if w.request(who, ip) == nil {
					sent++
				}
				w.skip(10 * time.Minute)
			}
			equal(w, "codes within a day", sent, 30)
		})
	})
}

// TestFS1AStrangerNeverLocksTheOwnerOut: whatever strangers ask for and guess, the owner's own browser and the holder of an
// invitation's link get a code, and it signs in. Nobody's guesses count for somebody else's code.
func TestFS1AStrangerNeverLocksTheOwnerOut(t *testing.T) {
	t.Parallel()
	const who email.Address = "anna@acme.example"
	ip := func(n int) string { return fmt.Sprintf("198.51.%d.%d", n/250, n%250) }
	in(t, func(w *world) {
		_, caller := w.signIn(string(who)) // the owner's browser is known from here on
		equal(w, "signed in as", caller.Email, who)
		home := w.browsers[who]
		w.skip(25 * time.Hour)

		// 64 strangers at once, each in a browser of its own, get ten codes between them, and guess at them.
		flows := make([]string, 64)
		together(64, func(n int) {
			flow, err := w.codes.Request(w.ctx, who, identity.Browser{}, ip(n))
			if err == nil {
				flows[n] = flow
			} else if !fault.Is(err, fault.RateLimited) && !fault.Is(err, fault.Unavailable) {
				t.Error(err)
			}
		})
		flows = slices.DeleteFunc(flows, func(f string) bool { return f == "" })
		equal(w, "codes for strangers", len(flows), identity.StrangersHour)
		limited := w.wants(unsent(w.codes.Request(w.ctx, who, identity.Browser{}, ip(500))), fault.RateLimited)
		equal(w, "the limit", limited.Limit.Name, "codes")

		// The owner asks in the meantime, and 64 times over at once gets five of its own.
		var mine []string
		var mu sync.Mutex
		together(64, func(n int) {
			flow, err := w.codes.Request(w.ctx, who, identity.Browser{Known: home.Known}, ip(1000+n))
			if err == nil {
				mu.Lock()
				mine = append(mine, flow)
				mu.Unlock()
			}
		})
		equal(w, "codes for the owner", len(mine), identity.OwnHour)
		w.deliver()

		// All strangers guess on, and are wrong: at their own codes, at nothing, and with made-up flows. The owner's code does not notice.
		together(64, func(n int) { //nolint:errcheck // all are wrong
			for k := range 3 {
				from := identity.Browser{Flow: flows[(n+k)%len(flows)]}
				w.signIns.SignIn(w.ctx, who, fmt.Sprintf("%06d", 7*n+k), from, ip(2000+n), "")
				w.signIns.SignIn(w.ctx, who, fmt.Sprintf("%06d", n), identity.Browser{}, ip(2000+n), "")
				w.signIns.SignIn(w.ctx, who, fmt.Sprintf("%06d", n), identity.Browser{Flow: "s1.x.y"}, ip(2000+n), "")
			}
		})
		f, ok := w.codes.Seals.OpenFlow(mine[0], who)
		equal(w, "the owner's flow is ours", ok, true)
		c, err := w.table.Code(w.ctx, id.UserOf(who), f.Job)
		must(t, err)
		equal(w, "guesses at the owner's code", c.Wrong, 0)

		// A day later the owner asks again, with the strangers' hour and day used up once more.
		w.skip(25 * time.Hour)
		for range identity.StrangersDay + 5 {
			w.codes.Request(w.ctx, who, identity.Browser{}, ip(3000)) //nolint:errcheck,gosec // refused from some on
			w.skip(7 * time.Minute)
		}
		w.deliver()
		w.browsers[who] = home
		w.skip(time.Minute)
		must(t, w.request(who, ip(4000)))
		w.deliver()
		_, _, err = w.guess(who, w.code(string(who)), ip(4000), "")
		must(t, err)
	})
	// So does the holder of an invitation's link, who has never been there.
	in(t, func(w *world) {
		const ops = "ops@acme.example"
		o := w.office("Northwind")
		_, err := o.send(ops)
		must(t, err)
		w.deliver()
		to, invite, err := w.invitations.Address(w.ctx, w.token(ops))
		must(t, err)
		for n := range identity.StrangersHour {
			must(t, unsent(w.codes.Request(w.ctx, to, identity.Browser{}, ip(n))))
		}
		w.wants(unsent(w.codes.Request(w.ctx, to, identity.Browser{}, ip(100))), fault.RateLimited)
		flow, err := w.codes.RequestInvited(w.ctx, to, invite, identity.Browser{}, ip(100))
		must(t, err)
		w.deliver()
		_, err = w.signIns.SignIn(w.ctx, to, w.code(ops), identity.Browser{Flow: flow}, ip(100), "")
		must(t, err)
	})
}

// unsent is why no code was sent.
func unsent(_ string, err error) error { return err }

func TestSessions(t *testing.T) {
	t.Parallel()
	const who = "anna@acme.example"
	in(t, func(w *world) {
		signedIn := func(cookie string) bool {
			c, err := w.door.Authenticate(w.ctx, signin.Credentials{Session: cookie}, identity.ByVisitor)
			must(t, err)
			return c.SignedIn()
		}
		first, caller := w.signIn(who)
		w.skip(time.Minute)

		// Signing in again on the same device ends the session that was there.
		must(t, w.request(caller.Email, "192.0.2.1"))
		w.deliver()
		second, _, err := w.guess(caller.Email, w.code(who), "192.0.2.1", first)
		must(t, err)
		equal(w, "rotated session", signedIn(first), false)
		equal(w, "new session", signedIn(second), true)
		if signedIn(typo(second)) || signedIn("lkn_nonsense") || signedIn("") {
			t.Error("somebody is signed in with a cookie that was never made")
		}

		w.skip(time.Minute)
		third, _ := w.signIn(who)
		must(t, w.sessions.End(w.ctx, second))
		equal(w, "after signing out", signedIn(second), false)
		equal(w, "the other device", signedIn(third), true)
		w.skip(time.Minute)
		fourth, _ := w.signIn(who)
		must(t, w.sessions.EndAll(w.ctx, caller, identity.Browser{}, "192.0.2.1"))
		equal(w, "signed in anywhere after signing out everywhere", signedIn(third) || signedIn(fourth), false)

		w.skip(time.Minute)
		last, _ := w.signIn(who)
		w.skip(identity.SessionLifetime)
		equal(w, "after two weeks", signedIn(last), false)
	})
}

func TestAMemberWhoHasLeftActsForTheAgencyNoLonger(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		cookie, _ := w.signIn(string(o.owner.Email))
		_, err := w.door.Authenticate(w.ctx, signin.Credentials{Session: cookie}, identity.ByStaff(identity.InvitesWrite))
		must(t, err)
		o.dismissOwner()
		_, err = w.door.Authenticate(w.ctx, signin.Credentials{Session: cookie}, identity.ByStaff(identity.InvitesWrite))
		w.wants(err, fault.Forbidden)
	})
}
