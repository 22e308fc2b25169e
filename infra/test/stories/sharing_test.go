package lifecycle

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/contact"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/sharelink"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/account"
	"latchkey.dev/shared/usecase/agencies"
	"latchkey.dev/shared/usecase/contacts"
	"latchkey.dev/shared/usecase/sharing"
)

// portalOffice is an office that has Client Portal.
func (w *world) portalOffice(name string) *office {
	w.t.Helper()
	o := w.office(name)
	o.w.set(string(o.id), "agency", "portal", &types.AttributeValueMemberN{Value: fmt.Sprint(time.Now().UnixMilli())})
	return o
}

func (o *office) links() *sharing.Links {
	return &sharing.Links{Store: dynamo.NewShareLinks(o.w.table.Table), Now: time.Now}
}

func (o *office) joins() *sharing.Joins {
	return &sharing.Joins{Store: dynamo.NewJoins(o.w.table.Table), Now: time.Now}
}

func (o *office) wishes() *sharing.Requests {
	return &sharing.Requests{Store: dynamo.NewJoinRequests(o.w.table.Table), Now: time.Now}
}

// share makes a link.
func (o *office) share(t sharelink.Typed) (*sharing.Shown, string) {
	o.w.t.Helper()
	l, token, err := o.links().Create(o.w.ctx, o.owner, t, "")
	must(o.w.t, err)
	return l, token
}

// linkRole is a role of the office that opens nothing yet.
func (o *office) linkRole(name string, active bool) id.Role {
	o.w.t.Helper()
	r := id.New[id.Role](id.RolePrefix, time.Now())
	o.w.set(string(o.id), "rol#"+string(r), "name", &types.AttributeValueMemberS{Value: name})
	if active {
		o.switchRole(r, true)
	}
	return r
}

func (o *office) switchRole(r id.Role, active bool) {
	n := "0"
	if active {
		n = "1"
	}
	o.w.set(string(o.id), "rol#"+string(r), "active", &types.AttributeValueMemberN{Value: n})
}

// join has somebody join, from a network of their own.
func (o *office) join(token, address string) (*sharing.Outcome, error) {
	return o.joinAs(token, address, sharing.Joining{})
}

func (o *office) joinAs(token, address string, j sharing.Joining) (*sharing.Outcome, error) {
	return o.joins().Join(o.w.ctx, token, person(address), j, "192.0.2.1#"+address)
}

func (o *office) uses(l *sharing.Shown) int {
	o.w.t.Helper()
	x, err := o.links().Get(o.w.ctx, o.owner, l.ID)
	must(o.w.t, err)
	return x.Uses
}

func ptr[T any](v T) *T { return &v }

// says fails unless the error has the code, and the sentence of the key.
func (w *world) says(err error, code fault.Code, key string, values ...any) {
	w.t.Helper()
	if f := w.wants(err, code); f.Message != words.Say(key, values...) {
		w.t.Errorf("it says %q, want %q", f.Message, words.Say(key, values...))
	}
}

// TestPortalL2OneJoinsOnTheLastUse has 64 people follow a link at once that has one use left.
func TestPortalL2OneJoinsOnTheLastUse(t *testing.T) {
	t.Parallel()
	inSuch(t, slowTransactions, func(w *world) {
		o := w.portalOffice("Northwind")
		l, token := o.share(sharelink.Typed{MaxUses: ptr(3)})
		for n := range 2 {
			must(t, second(o.join(token, fmt.Sprintf("early%d@acme.example", n))))
		}
		var joined, late atomic.Int32
		together(64, func(n int) {
			_, err := o.join(token, fmt.Sprintf("p%d@acme.example", n))
			switch f := fault.As(err); {
			case err == nil:
				joined.Add(1)
			case f != nil && f.Code == fault.Gone && f.Message == words.Say("join.used_up"):
				late.Add(1)
			default:
				t.Errorf("%d: %v", n, err)
			}
		})
		equal(w, "joined", joined.Load(), int32(1))
		equal(w, "came too late", late.Load(), int32(63))
		equal(w, "uses", o.uses(l), 3)
		equal(w, "clients", len(o.clients()), 3)
		w.settled()
	})
}

// TestPortalL2LookingChangesAndCountsNothing has a chat program's preview fetch a link a thousand times.
func TestPortalL2LookingChangesAndCountsNothing(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.portalOffice("Northwind")
		_, token := o.share(sharelink.Typed{})
		before := w.items()
		for n := range 1000 {
			who := identity.Caller{}
			if n%2 == 1 {
				who = person("ops@acme.example")
			}
			must(t, second(o.joins().View(w.ctx, token, who)))
		}
		w.unchanged(before)
	})
}

func TestPortalL1AResetIsDeadAtOnceAndUsesGoOn(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.portalOffice("Northwind")
		l, old := o.share(sharelink.Typed{})
		must(t, second(o.join(old, "ops@acme.example")))
		_, next, err := o.links().Reset(w.ctx, o.owner, l.ID)
		must(t, err)
		w.says(second(o.joins().View(w.ctx, old, identity.Caller{})), fault.Gone, sharing.GoneMessage)
		w.says(second(o.join(old, "pat@acme.example")), fault.Gone, "join.was_reset", "agency", "Northwind")
		must(t, second(o.join(next, "pat@acme.example")))
		equal(w, "uses", o.uses(l), 2)
		equal(w, "clients", len(o.clients()), 2)
		for _, i := range w.items() {
			if s := plain(i); strings.Contains(s, old) || strings.Contains(s, next) {
				t.Errorf("a token is stored: %s", s)
			}
		}
		w.settled()
	})
}

func TestPortalL3AUseIsNeverGivenBack(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.portalOffice("Northwind")
		l, token := o.share(sharelink.Typed{})
		const who = "ops@acme.example"
		first, err := o.join(token, who)
		must(t, err)
		equal(w, "by the link", first.Client.Source.Link, l.ID)
		again, err := o.join(token, who)
		must(t, err)
		equal(w, "the same client", again.Client.ID, first.Client.ID)
		equal(w, "uses", o.uses(l), 1)
		leaving := &account.Leaving{Store: dynamo.NewDepartures(w.table.Table), Now: time.Now}
		must(t, leaving.Leave(w.ctx, person(who), o.id))
		equal(w, "uses after leaving", o.uses(l), 1)
		w.skip(time.Second)
		must(t, second(o.join(token, who)))
		equal(w, "uses after coming back", o.uses(l), 2)
		must(t, second(w.removal.Remove(w.ctx, o.owner, first.Client.ID)))
		before := w.items()
		w.says(second(o.join(token, who)), fault.Forbidden, "join.ask_again", "agency", "Northwind")
		w.says(second(o.joins().View(w.ctx, token, person(who))), fault.Forbidden, "join.ask_again", "agency", "Northwind")
		equal(w, "items", len(w.items()), len(before))
		w.settled()
	})
}

// TestPortalL3WhoLeavesDoesNotEscapeTheEndOfTheirAccess has somebody whose access is to end leave, and come back by links, 64 times at
// once.
func TestPortalL3WhoLeavesDoesNotEscapeTheEndOfTheirAccess(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.portalOffice("Northwind")
		one := o.linkRole("One", true)
		l, token := o.share(sharelink.Typed{Roles: &[]string{string(one)}, Never: ptr(true)})
		asks, approval := o.share(sharelink.Typed{Approval: ptr(true), Never: ptr(true)})
		const who = "ops@acme.example"
		first, err := o.join(token, who)
		must(t, err)
		end := time.Now().Add(10 * day).Truncate(time.Millisecond)
		term := func(until time.Time) error {
			x, err := w.table.Client(w.ctx, o.id, first.Client.Ref(), true)
			must(t, err)
			x.SetTerm(until, time.Now())
			return w.table.Commit(w.ctx, o.id, client.Change{Client: x})
		}
		must(t, term(end))
		leaving := &account.Leaving{Store: dynamo.NewDepartures(w.table.Table), Now: time.Now}
		must(t, leaving.Leave(w.ctx, person(who), o.id))

		// An invite that comes to nothing changes nothing about that.
		w.skip(time.Minute)
		which, _ := o.invite(who)
		must(t, second(w.canceller.Cancel(w.ctx, o.owner, which)))

		w.skip(time.Minute)
		together(64, func(n int) {
			out, err := o.joins().Join(w.ctx, token, person(who), sharing.Joining{}, fmt.Sprint("192.0.2.2#", n))
			if err != nil {
				t.Error(err)
			} else if !out.Client.ExpiresAt.Equal(end) {
				t.Errorf("the access ends %v, and not %v", out.Client.ExpiresAt, end)
			}
		})
		equal(w, "uses", o.uses(l), 2)
		x, err := w.table.Client(w.ctx, o.id, first.Client.Ref(), true)
		must(t, err)
		equal(w, "as it is kept", []any{x.ExpiresAt.Equal(end), x.LeftUntil.IsZero(), x.Roles}, []any{true, true, []id.Role{one}})

		// Leaving on the last day, asking and waiting for the end is no way either.
		must(t, leaving.Leave(w.ctx, person(who), o.id))
		w.skip(time.Minute)
		asked, err := o.join(approval, who)
		must(t, err)
		w.skip(10 * day)
		for _, token := range []string{token, approval} {
			w.says(second(o.join(token, who)), fault.Forbidden, "join.ask_again", "agency", "Northwind")
		}
		w.says(second(o.wishes().Approve(w.ctx, o.owner, asked.Request.ID)), fault.NotActive, "links.access_was_over")
		equal(w, "uses after the end", []int{o.uses(l), o.uses(asks)}, []int{2, 0})

		// Whom the agency invites anew has what that says, and no end of before.
		_, link := o.invite(who)
		must(t, second(w.invitations.Accept(w.ctx, link, "", person(who))))
		x, err = w.table.Client(w.ctx, o.id, first.Client.Ref(), true)
		must(t, err)
		equal(w, "after an invitation", []bool{x.ExpiresAt.IsZero(), x.LeftUntil.IsZero()}, []bool{true, true})
		w.settled()
	})
}

// TestPortalL3NobodyIsApprovedWhomTheAgencyHasRemoved removes somebody who has asked to get more, and lets another one's access end.
func TestPortalL3NobodyIsApprovedWhomTheAgencyHasRemoved(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.portalOffice("Northwind")
		one := o.linkRole("One", true)
		_, token := o.share(sharelink.Typed{})
		l, asks := o.share(sharelink.Typed{Approval: ptr(true), Roles: &[]string{string(one)}})
		ask := func(who string) (*client.Client, id.JoinRequest) {
			in, err := o.join(token, who)
			must(t, err)
			out, err := o.joinAs(asks, who, sharing.Joining{Adds: true})
			must(t, err)
			return in.Client, out.Request.ID
		}
		removed, first := ask("a@acme.example")
		lapsed, other := ask("b@acme.example")
		must(t, second(w.removal.Remove(w.ctx, o.owner, removed.ID)))
		x, err := w.table.Client(w.ctx, o.id, lapsed.Ref(), true)
		must(t, err)
		x.SetTerm(time.Now(), time.Now())
		must(t, w.table.Commit(w.ctx, o.id, client.Change{Client: x}))
		w.says(second(o.wishes().Approve(w.ctx, o.owner, first)), fault.NotActive, "links.was_removed")
		w.says(second(o.wishes().Approve(w.ctx, o.owner, other)), fault.NotActive, "links.extend_first")
		equal(w, "uses", o.uses(l), 0)
		must(t, second(o.wishes().Refuse(w.ctx, o.owner, first)))
		w.settled()
	})
}

// TestPortalL4ADeadLinkSaysWhyToThoseWhoAreSignedIn ends links in every way.
func TestPortalL4ADeadLinkSaysWhyToThoseWhoAreSignedIn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		end func(o *office, l *sharing.Shown, token string)
		key string
	}{
		"used up": {func(o *office, _ *sharing.Shown, token string) { must(t, second(o.join(token, "a@acme.example"))) }, "join.used_up"},
		"expired": {func(o *office, _ *sharing.Shown, _ string) { o.w.skip(sharelink.DefaultLife) }, "join.has_expired"},
		"disabled": {func(o *office, l *sharing.Shown, _ string) {
			must(t, second(o.links().Disable(o.w.ctx, o.owner, l.ID)))
		}, "join.was_disabled"},
		"reset": {func(o *office, l *sharing.Shown, _ string) {
			_, _, err := o.links().Reset(o.w.ctx, o.owner, l.ID)
			must(t, err)
		}, "join.was_reset"},
		"suspended":      {func(o *office, _ *sharing.Shown, _ string) { o.suspend() }, "join.nobody_joins"},
		"on Free":        {func(o *office, _ *sharing.Shown, _ string) { o.downgrade() }, "join.nobody_joins"},
		"maker gone":     {func(o *office, _ *sharing.Shown, _ string) { o.dismissOwner() }, "join.nobody_joins"},
		"app taken away": {func(o *office, _ *sharing.Shown, _ string) { o.w.set(string(o.id), "agency", "portal", notInstalled) }, "join.nobody_joins"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in(t, func(w *world) {
				o := w.portalOffice("Northwind")
				l, token := o.share(sharelink.Typed{MaxUses: ptr(1)})
				c.end(o, l, token)
				before := w.items()
				var values []any
				if c.key != "join.used_up" {
					values = []any{"agency", "Northwind"}
				}
				w.says(second(o.joins().View(w.ctx, token, identity.Caller{})), fault.Gone, sharing.GoneMessage)
				w.says(second(o.joins().View(w.ctx, token, person("b@acme.example"))), fault.Gone, c.key, values...)
				w.unchanged(before)
				w.says(second(o.join(token, "b@acme.example")), fault.Gone, c.key, values...)
			})
		})
	}
	in(t, func(w *world) {
		o := w.portalOffice("Northwind")
		for _, token := range []string{"", "lks_", sharelink.Token(o.id, "lnk_01KAM5Q0Z8W3RN6T0V4K2M9QXB"), "lki_0"} {
			w.says(second(o.joins().View(w.ctx, token, person("b@acme.example"))), fault.Gone, sharing.GoneMessage)
		}
	})
}

var notInstalled = &types.AttributeValueMemberN{Value: "0"}

// TestPortalL5AnEmployeeWhoAdministersMakesSmallLinks makes, changes and resets links as an employee of the agency whose right in Client
// Portal is an administrator's.
func TestPortalL5AnEmployeeWhoAdministersMakesSmallLinks(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.portalOffice("Northwind")
		sam := o.admin("sam@northwind.example")
		members := &agencies.Members{Store: dynamo.NewMembers(w.table.Table), Now: time.Now}
		level, right := agency.Employee, agency.Administrator
		m, err := members.Change(w.ctx, o.owner, sam.Member, agencies.MemberChange{Level: &level, Right: &right})
		must(t, err)
		sam = sam.At(identity.PlaceOf(m, nil))
		for _, typed := range []sharelink.Typed{{Never: ptr(true)}, {Unlimited: ptr(true)}, {MaxUses: ptr(26)},
			{ExpiresAt: ptr(time.Now().Add(31 * day))}} {
			_, _, err := o.links().Create(w.ctx, sam, typed, "")
			w.wants(err, fault.Invalid)
		}
		l, token, err := o.links().Create(w.ctx, sam, sharelink.Typed{}, "")
		must(t, err)
		must(t, second(o.join(token, "a@acme.example")))
		w.wants(second(o.links().Update(w.ctx, sam, l.ID, sharelink.Typed{Unlimited: ptr(true)})), fault.Invalid)
		must(t, second(o.links().Update(w.ctx, sam, l.ID, sharelink.Typed{Name: ptr("Workshop")})))
		big, _ := o.share(sharelink.Typed{Never: ptr(true), Unlimited: ptr(true)})
		must(t, second(o.links().Update(w.ctx, sam, big.ID, sharelink.Typed{Name: ptr("Site")})))
		_, _, err = o.links().Reset(w.ctx, sam, big.ID)
		w.wants(err, fault.Invalid)
		must(t, second(o.links().Disable(w.ctx, sam, big.ID)))
	})
}

func TestPortalL6OnlyAddressesOfTheDomains(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.portalOffice("Northwind")
		l, token := o.share(sharelink.Typed{Domains: &[]string{"acme.example"}})
		w.wants(second(o.join(token, "a@mail.acme.example")), fault.WrongAccount)
		w.wants(second(o.join(token, "a@other.example")), fault.WrongAccount)
		must(t, second(o.join(token, "a@acme.example")))
		equal(w, "uses", o.uses(l), 1)
	})
}

// TestPortalL7ARequestWaitsForAnAdministrator goes through all that becomes of requests.
func TestPortalL7ARequestWaitsForAnAdministrator(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.portalOffice("Northwind")
		l, token := o.share(sharelink.Typed{Approval: ptr(true)})
		ask := func(address string) *sharelink.Request {
			t.Helper()
			out, err := o.joinAs(token, address, sharing.Joining{Name: "Pat"})
			must(t, err)
			equal(w, "standing", out.Standing, sharing.Waiting)
			return out.Request
		}
		first := ask("a@acme.example")
		equal(w, "asked again", ask("a@acme.example").ID, first.ID)
		other := ask("b@acme.example")
		equal(w, "uses", o.uses(l), 0)
		equal(w, "clients", len(o.clients()), 0)
		wait, err := o.wishes().List(w.ctx, o.owner)
		must(t, err)
		equal(w, "waiting", len(wait), 2)

		var approved atomic.Int32
		together(64, func(int) {
			if _, err := o.wishes().Approve(w.ctx, o.owner, first.ID); err == nil {
				approved.Add(1)
			} else {
				w.wants(err, fault.NotPending)
			}
		})
		equal(w, "approved", approved.Load(), int32(1))
		equal(w, "uses", o.uses(l), 1)
		equal(w, "clients", len(o.clients()), 1)

		must(t, second(o.wishes().Refuse(w.ctx, o.owner, other.ID)))
		w.wants(second(o.wishes().Refuse(w.ctx, o.owner, other.ID)), fault.NotPending)
		w.wants(second(o.wishes().Approve(w.ctx, o.owner, other.ID)), fault.NotPending)
		w.says(second(o.join(token, "b@acme.example")), fault.Forbidden, "join.refused", "agency", "Northwind")
		w.skip(20 * day)
		must(t, second(o.links().Update(w.ctx, o.owner, l.ID, sharelink.Typed{Never: ptr(true)})))
		w.says(second(o.join(token, "b@acme.example")), fault.Forbidden, "join.refused", "agency", "Northwind")

		late := ask("c@acme.example")
		w.skip(sharelink.Life)
		w.wants(second(o.wishes().Approve(w.ctx, o.owner, late.ID)), fault.NotPending)
		wait, err = o.wishes().List(w.ctx, o.owner)
		must(t, err)
		equal(w, "waiting after 14 days", len(wait), 0)
		if again := ask("c@acme.example"); again.ID == late.ID {
			t.Error("the old request is asked about")
		}
		for _, i := range w.items() { // who was let in or refused is not kept with the request
			if sk := text(i, "sk"); strings.HasPrefix(sk, "req#") && text(i, "state") != "waiting" && text(i, "email") != "" {
				t.Errorf("left: %s", plain(i))
			}
		}
		w.settled()
	})
}

// TestPortalL7WhoIsLetInHearsOfItOnce has 64 administrators' clicks let one person in, and looks at who is sent what.
func TestPortalL7WhoIsLetInHearsOfItOnce(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		w.every = time.Minute
		o := w.portalOffice("Northwind")
		_, token := o.share(sharelink.Typed{Approval: ptr(true), Unlimited: ptr(true)})
		ask := func(who string) id.JoinRequest {
			t.Helper()
			out, err := o.join(token, who)
			must(t, err)
			return out.Request.ID
		}
		const one, refused, gone, throttled, rejected = "a@acme.example", "b@acme.example", "c@acme.example", "d@throttle.example",
			"e@reject.example"
		first := ask(one)
		together(64, func(int) { _, _ = o.wishes().Approve(w.ctx, o.owner, first) })
		must(t, second(o.wishes().Refuse(w.ctx, o.owner, ask(refused))))
		r, err := o.wishes().Approve(w.ctx, o.owner, ask(gone))
		must(t, err)
		must(t, second(w.removal.Remove(w.ctx, o.owner, r.Client)))
		for _, who := range []string{throttled, rejected} {
			must(t, second(o.wishes().Approve(w.ctx, o.owner, ask(who))))
		}
		w.pass(10 * time.Minute)
		told := func() map[string]int {
			out := map[string]int{}
			for _, who := range []string{one, refused, gone, throttled, rejected} {
				out[who] = len(w.engine.SES.Mails(who))
			}
			return out
		}
		want := map[string]int{one: 1, refused: 0, gone: 0, throttled: 1, rejected: 0}
		equal(w, "mails", told(), want)
		equal(w, "what it says", w.newest(one).Subject, words.Say("mail.approved_subject", "agency", "Northwind"))
		if m := w.newest(one); !strings.Contains(m.Text, "/portal?agency="+string(o.id)) || strings.Contains(m.Text, token) {
			t.Errorf("the mail says %s", m.Text)
		}
		log, err := w.table.History(w.ctx, o.id)
		must(t, err)
		rows := 0
		for _, e := range log {
			if e.Action == audit.JoinTold {
				rows++
			}
		}
		equal(w, "rows of the log", rows, 2)
		w.every = time.Hour
		w.pass(15 * day)
		equal(w, "mails two weeks later", told(), want)
		w.settled()
	})
}

// TestPortalL7WhoIsLetInAgainAndAgainIsMailedThreeTimesADay has somebody leave and be let in over and over.
func TestPortalL7WhoIsLetInAgainAndAgainIsMailedThreeTimesADay(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		w.every = time.Minute
		o := w.portalOffice("Northwind")
		_, token := o.share(sharelink.Typed{Approval: ptr(true)})
		leaving := &account.Leaving{Store: dynamo.NewDepartures(w.table.Table), Now: time.Now}
		const who = "a@acme.example"
		for n := range 5 {
			out, err := o.join(token, who)
			must(t, err)
			r, err := o.wishes().Approve(w.ctx, o.owner, out.Request.ID)
			must(t, err)
			equal(w, "is to be told", r.Mail.Job != "", n < 3)
			w.pass(5 * time.Minute)
			must(t, leaving.Leave(w.ctx, person(who), o.id))
			w.skip(time.Minute)
		}
		equal(w, "mails", len(w.engine.SES.Mails(who)), 3)
		w.settled()
	})
}

func TestPortalL7AnExpiredLinkLetsInWhoAskedBeforeAndAUsedUpOneDoesNot(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.portalOffice("Northwind")
		l, token := o.share(sharelink.Typed{Approval: ptr(true), MaxUses: ptr(1)})
		a, err := o.join(token, "a@acme.example")
		must(t, err)
		b, err := o.join(token, "b@acme.example")
		must(t, err)
		w.skip(sharelink.DefaultLife + time.Hour)
		must(t, second(o.wishes().Approve(w.ctx, o.owner, a.Request.ID)))
		w.says(second(o.wishes().Approve(w.ctx, o.owner, b.Request.ID)), fault.NotActive, "links.raise_uses")
		equal(w, "uses", o.uses(l), 1)
		w.settled()
	})
}

// TestPortalL7AdministratorsGetOneMailADay has people ask for days.
func TestPortalL7AdministratorsGetOneMailADay(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		w.every = 10 * time.Minute
		o := w.portalOffice("Northwind")
		denied := o.colleague("sam@northwind.example", agency.Employee)
		_, token := o.share(sharelink.Typed{Approval: ptr(true)})
		for n := range 5 {
			must(t, second(o.join(token, fmt.Sprintf("p%d@acme.example", n))))
			w.pass(2 * time.Hour)
		}
		equal(w, "mails on the first day", len(w.subjects(string(o.owner.Email))), 1)
		w.pass(20 * time.Hour)
		equal(w, "mails on the second day", len(w.subjects(string(o.owner.Email))), 2)
		w.pass(2 * day)
		equal(w, "mails when nobody else asks", len(w.subjects(string(o.owner.Email))), 2)
		equal(w, "mails to who does not administer", len(w.subjects(denied)), 0)
		equal(w, "what they say", w.subjects(string(o.owner.Email))[0], words.Say("notifications.join_requested"))
		w.settled()
	})
}

// TestPortalL9RolesAreReadAtTheJoin makes a link with roles that change.
func TestPortalL9RolesAreReadAtTheJoin(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.portalOffice("Northwind")
		one, two := o.linkRole("One", true), o.linkRole("Two", true)
		off := o.linkRole("Off", false)
		_, _, err := o.links().Create(w.ctx, o.owner, sharelink.Typed{Roles: &[]string{string(off)}}, "")
		w.says(err, fault.Invalid, "links.idle_role", "role", "Off")
		l, token := o.share(sharelink.Typed{Roles: &[]string{string(one), string(two)}})
		all, err := o.join(token, "a@acme.example")
		must(t, err)
		equal(w, "roles", all.Client.Roles, []id.Role{one, two})
		o.switchRole(one, false)
		w.remove(string(o.id), "rol#"+string(two))
		none, err := o.join(token, "b@acme.example")
		must(t, err)
		equal(w, "roles when none is left", len(none.Client.Roles), 0)
		x, err := o.links().Get(w.ctx, o.owner, l.ID)
		must(t, err)
		must(t, o.logged(audit.NothingOpen, 1))
		equal(w, "told of a role that was left out", []bool{x.Joined[0].Less, x.Joined[1].Less}, []bool{false, true})
		_, bare := o.share(sharelink.Typed{})
		must(t, second(o.join(bare, "c@acme.example")))
	})
}

// TestPortalL10MembersAndClients follows a link as somebody whom the agency knows.
func TestPortalL10MembersAndClients(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.portalOffice("Northwind")
		one, two := o.linkRole("One", true), o.linkRole("Two", true)
		_, first := o.share(sharelink.Typed{Roles: &[]string{string(one)}})
		l, token := o.share(sharelink.Typed{Roles: &[]string{string(one), string(two)}})
		w.says(second(o.join(token, string(o.owner.Email))), fault.AlreadyMember, "join.you_work_here")

		const who = "ops@acme.example"
		must(t, second(o.join(first, who)))
		v, err := o.joins().View(w.ctx, token, person(who))
		must(t, err)
		equal(w, "standing", v.Standing, sharing.Client)
		w.says(second(o.join(token, who)), fault.AlreadyClient, "join.adds", "agency", "Northwind")
		equal(w, "uses before it was asked", o.uses(l), 0)
		out, err := o.joinAs(token, who, sharing.Joining{Adds: true})
		must(t, err)
		equal(w, "roles", out.Client.Roles, []id.Role{one, two})
		equal(w, "uses", o.uses(l), 1)
		must(t, second(o.join(token, who)))
		equal(w, "uses after once more", o.uses(l), 1)

		o.invite("pat@acme.example")
		w.says(second(o.join(token, "pat@acme.example")), fault.AlreadyInvited, "join.accept_first", "agency", "Northwind")
		w.settled()
	})
}

// TestPortalL11ALinkDiesWithItsMaker removes and demotes who made one.
func TestPortalL11ALinkDiesWithItsMaker(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.portalOffice("Northwind")
		dana := o.admin("dana@northwind.example")
		l, token, err := o.links().Create(w.ctx, dana, sharelink.Typed{}, "")
		must(t, err)
		must(t, second(o.join(token, "a@acme.example")))
		members := &agencies.Members{Store: dynamo.NewMembers(w.table.Table), Now: time.Now}
		employee := agency.Employee
		must(t, second(members.Change(w.ctx, o.owner, dana.Member, agencies.MemberChange{Level: &employee})))
		w.says(second(o.join(token, "b@acme.example")), fault.Gone, "join.nobody_joins", "agency", "Northwind")
		must(t, o.remove(dana.Member))
		w.says(second(o.join(token, "b@acme.example")), fault.Gone, "join.nobody_joins", "agency", "Northwind")
		x, err := o.links().Get(w.ctx, o.owner, l.ID)
		must(t, err)
		equal(w, "why", x.Why, sharelink.NoMaker)
		_, next, err := o.links().Reset(w.ctx, o.owner, l.ID)
		must(t, err)
		must(t, second(o.join(next, "b@acme.example")))
		w.settled()
	})
}

// TestPortalL11DeadLinksGoAfter90Days looks at the list as time goes by.
func TestPortalL11DeadLinksGoAfter90Days(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.portalOffice("Northwind")
		l, _ := o.share(sharelink.Typed{})
		must(t, second(o.links().Disable(w.ctx, o.owner, l.ID)))
		w.skip(sharelink.Kept - time.Minute)
		all, err := o.links().List(w.ctx, o.owner)
		must(t, err)
		equal(w, "listed", len(all), 1)
		w.skip(time.Minute)
		all, err = o.links().List(w.ctx, o.owner)
		must(t, err)
		equal(w, "listed after 90 days", len(all), 0)
		w.wants(second(o.links().Get(w.ctx, o.owner, l.ID)), fault.NotFound)
		for _, i := range w.items() { // and the table's own time to live deletes it
			if strings.HasPrefix(text(i, "sk"), "lnk#") {
				if ttl, ok := i["ttl"].(*types.AttributeValueMemberN); !ok || ttl.Value > fmt.Sprint(time.Now().Unix()) {
					t.Errorf("it is never deleted: %s", plain(i))
				}
			}
		}
	})
}

// TestPortalL12TwentyJoinAnHourOf64 has 64 people join at once.
func TestPortalL12TwentyJoinAnHourOf64(t *testing.T) {
	t.Parallel()
	inSuch(t, slowTransactions, func(w *world) {
		o := w.portalOffice("Northwind")
		l, token := o.share(sharelink.Typed{Unlimited: ptr(true)})
		_, asks := o.share(sharelink.Typed{Approval: ptr(true)})
		var joined atomic.Int32
		together(64, func(n int) {
			if _, err := o.join(token, fmt.Sprintf("p%d@acme.example", n)); err == nil {
				joined.Add(1)
			} else if !fault.Is(err, fault.RateLimited) {
				t.Errorf("%d: %v", n, err)
			}
		})
		equal(w, "joined", joined.Load(), int32(sharelink.JoinsHourly))
		equal(w, "uses", o.uses(l), sharelink.JoinsHourly)
		must(t, second(o.join(asks, "patient@acme.example")))
		w.skip(time.Hour)
		must(t, second(o.join(token, "later@acme.example")))
		equal(w, "left of the hour's invites", o.left(), agency.HourlyInvites)
		w.settled()
	})
}

func TestPortalL12AnAddressOfTheNetHasThirtyTries(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.portalOffice("Northwind")
		_, token := o.share(sharelink.Typed{Domains: &[]string{"acme.example"}})
		for range 30 {
			w.wants(second(o.joins().Join(w.ctx, token, person("x@other.example"), sharing.Joining{}, "192.0.2.7")), fault.WrongAccount)
		}
		w.wants(second(o.joins().Join(w.ctx, token, person("a@acme.example"), sharing.Joining{}, "192.0.2.7")), fault.RateLimited)
		must(t, second(o.joins().Join(w.ctx, token, person("a@acme.example"), sharing.Joining{}, "192.0.2.8")))
	})
}

// TestPortalLinksAreForAdministratorsAlone asks as everybody else.
func TestPortalLinksAreForAdministratorsAlone(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.portalOffice("Northwind")
		l, _ := o.share(sharelink.Typed{})
		for place, code := range map[identity.Place]fault.Code{
			{Level: agency.Employee, Portal: agency.PortalEmployee, Invites: true}: fault.Forbidden,
			{Level: agency.Admin, Portal: agency.Denied}:                           fault.NotFound,
		} {
			who := o.owner.At(place)
			_, _, err := o.links().Create(w.ctx, who, sharelink.Typed{}, "")
			w.wants(err, code)
			w.wants(second(o.links().List(w.ctx, who)), code)
			w.wants(second(o.links().Get(w.ctx, who, l.ID)), code)
			w.wants(second(o.links().Update(w.ctx, who, l.ID, sharelink.Typed{})), code)
			w.wants(second(o.links().Disable(w.ctx, who, l.ID)), code)
			_, _, err = o.links().Reset(w.ctx, who, l.ID)
			w.wants(err, code)
			w.wants(second(o.wishes().List(w.ctx, who)), code)
		}
		other := w.portalOffice("Southwind")
		w.wants(second(o.links().Get(w.ctx, other.owner, l.ID)), fault.NotFound)
		w.wants(second(o.links().Disable(w.ctx, other.owner, l.ID)), fault.NotFound)
	})
}

// TestPortalLinksForgetWhoIsErased erases somebody who waits, and an agency.
func TestPortalLinksForgetWhoIsErased(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.portalOffice("Northwind")
		_, asks := o.share(sharelink.Typed{Approval: ptr(true)})
		_, token := o.share(sharelink.Typed{})
		const one, two, three = "pat@acme.example", "kim@acme.example", "lou@acme.example"
		for _, who := range []string{one, two, three} {
			must(t, second(o.joinAs(asks, who, sharing.Joining{Name: "Pat Doe"})))
		}
		self := &account.Self{Store: dynamo.NewPersonalData(w.table.Table), Now: time.Now}
		kept, err := self.See(w.ctx, person(one))
		must(t, err)
		if p := kept.Person.Wishes; len(p) != 1 || p[0].Agency != o.id || p[0].Name != "Pat Doe" {
			t.Errorf("the person is told of %+v", p)
		}
		none := func(who string) {
			t.Helper()
			hash := string(id.UserOf(person(who).Email))
			for _, i := range w.items() {
				if s := plain(i); strings.Contains(s, who) || strings.Contains(s, "us#"+hash) {
					t.Errorf("of %s is left: %s", who, s)
				}
			}
		}
		erasure := &account.Erasure{Store: dynamo.NewErasures(w.table.Table), Now: time.Now,
			Members: &agencies.Members{Store: dynamo.NewMembers(w.table.Table), Now: time.Now}}
		must(t, erasure.Erase(w.ctx, person(one)))
		none(one)

		joined, err := o.join(token, two) // who waits and has come in by another link
		must(t, err)
		must(t, second(w.removal.Remove(w.ctx, o.owner, joined.Client.ID)))
		must(t, w.removal.Erase(w.ctx, o.owner, joined.Client.ID))
		for _, i := range w.of(string(o.id)) {
			if s := plain(i); strings.Contains(s, two) {
				t.Errorf("of %s is left: %s", two, s)
			}
		}
		closing := &agencies.Closing{Store: dynamo.NewClosings(w.table.Table), Now: time.Now}
		caller := o.owner
		caller.Since, caller.Proved = time.Now(), time.Now()
		must(t, closing.Close(w.ctx, caller, "Northwind"))
		w.says(second(o.joins().View(w.ctx, token, person("new@acme.example"))), fault.Gone, sharing.GoneMessage)
		w.pass(2 * time.Hour)
		none(three)
		for _, i := range w.of(string(o.id)) {
			if sk := text(i, "sk"); strings.HasPrefix(sk, "lnk#") || strings.HasPrefix(sk, "req#") || sk == "sharing" {
				t.Errorf("left: %s", plain(i))
			}
		}
	})
}

// shareLinks leaves room for twenty links.
func shareLinks(o *office) (func(int) error, func() int) {
	o.w.set(string(o.id), "agency", "portal", &types.AttributeValueMemberN{Value: fmt.Sprint(time.Now().UnixMilli())})
	for range sharelink.MaxLinks - 20 {
		o.share(sharelink.Typed{})
	}
	return func(int) error {
			_, _, err := o.links().Create(o.w.ctx, o.owner, sharelink.Typed{}, "")
			return err
		}, func() int {
			all, err := o.links().List(o.w.ctx, o.owner)
			must(o.w.t, err)
			return len(all)
		}
}

// joinRequests leaves room for twenty people who wait.
func joinRequests(o *office) (func(int) error, func() int) {
	o.w.set(string(o.id), "agency", "portal", &types.AttributeValueMemberN{Value: fmt.Sprint(time.Now().UnixMilli())})
	_, token := o.share(sharelink.Typed{Approval: ptr(true)})
	for n := range sharelink.MaxWaiting - 20 {
		must(o.w.t, second(o.join(token, fmt.Sprintf("w%d@acme.example", n))))
	}
	return func(n int) error { return second(o.join(token, fmt.Sprintf("p%d@acme.example", n))) }, func() int {
		all, err := o.wishes().List(o.w.ctx, o.owner)
		must(o.w.t, err)
		return len(all)
	}
}

// TestPortalLinksWriteDownWhoDidWhat looks at the log.
func TestPortalLinksWriteDownWhoDidWhat(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.portalOffice("Northwind")
		l, token := o.share(sharelink.Typed{Approval: ptr(true)})
		out, err := o.join(token, "a@acme.example")
		must(t, err)
		no, err := o.join(token, "b@acme.example")
		must(t, err)
		r, err := o.wishes().Approve(w.ctx, o.owner, out.Request.ID)
		must(t, err)
		must(t, second(o.wishes().Refuse(w.ctx, o.owner, no.Request.ID)))
		must(t, second(o.links().Update(w.ctx, o.owner, l.ID, sharelink.Typed{Approval: ptr(false)})))
		_, _, err = o.links().Reset(w.ctx, o.owner, l.ID)
		must(t, err)
		must(t, second(o.links().Disable(w.ctx, o.owner, l.ID)))
		must(t, second(o.links().Disable(w.ctx, o.owner, l.ID)))
		log, err := w.table.History(w.ctx, o.id)
		must(t, err)
		got := map[audit.Action]string{}
		for _, e := range log {
			if e.Subject == string(l.ID) {
				got[e.Action] += e.Actor + " "
			}
		}
		me := string(o.owner.Member) + " "
		equal(w, "rows", got, map[audit.Action]string{audit.LinkCreated: me, audit.JoinRequested: "invitee invitee ",
			audit.LinkJoined: string(r.Client) + " ", audit.JoinApproved: me, audit.JoinRefused: me, audit.LinkChanged: me,
			audit.LinkReset: me, audit.LinkDisabled: me})
		c, err := w.table.Client(w.ctx, o.id, r.Client.Ref(), true)
		must(t, err)
		equal(w, "is a client", c.At(time.Now()), client.Active)
	})
}

// TestPortalL8OneContactForAJoin joins with an address that has no contact, a contact of nobody's, and a contact of another client.
func TestPortalL8OneContactForAJoin(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.portalOffice("Northwind")
		l, token := o.share(sharelink.Typed{CreateContact: ptr(true)})
		_, plainLink := o.share(sharelink.Typed{})
		cards := func() map[string]string { // by address, whose they are
			out := map[string]string{}
			for _, i := range w.of(string(o.id)) {
				if strings.HasPrefix(text(i, "sk"), "con#") {
					out[text(i, "email")] = text(i, "client")
				}
			}
			return out
		}
		a, err := o.joinAs(token, "a@acme.example", sharing.Joining{Name: "Ann"})
		must(t, err)
		equal(w, "made", cards(), map[string]string{"a@acme.example": string(a.Client.ID)})
		must(t, second(o.join(token, "a@acme.example")))
		equal(w, "cards after joining again", len(cards()), 1)

		known := contacts.NewCards(dynamo.NewCards(w.table.Table), time.Now)
		for _, address := range []string{"b@acme.example", "c@acme.example"} {
			must(t, second(known.Create(w.ctx, o.owner, contact.Fields{Kind: ptr("person"), Name: ptr("Known"), Email: &address}, "")))
		}
		b, err := o.join(token, "b@acme.example")
		must(t, err)
		equal(w, "linked", cards()["b@acme.example"], string(b.Client.ID))
		equal(w, "cards", len(cards()), 3)

		other, err := o.join(plainLink, "other@acme.example")
		must(t, err)
		for _, i := range w.of(string(o.id)) { // c's card is about somebody else
			if strings.HasPrefix(text(i, "sk"), "con#") && text(i, "email") == "c@acme.example" {
				o := other.Client
				o.Contacts = []id.Contact{id.Contact(strings.TrimPrefix(text(i, "sk"), "con#"))}
				must(t, w.table.Commit(w.ctx, o.Agency, client.Change{Client: o}))
			}
		}
		c, err := o.join(token, "c@acme.example")
		must(t, err)
		equal(w, "of another client", cards()["c@acme.example"], string(other.Client.ID))
		equal(w, "contacts of who joined", len(c.Client.Contacts), 0)
		x, err := o.links().Get(w.ctx, o.owner, l.ID)
		must(t, err)
		equal(w, "shown", x.Joined[len(x.Joined)-1].Taken, true)
		w.settled()
	})
}
