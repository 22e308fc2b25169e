package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/sender"
	"latchkey.dev/shared/usecase/agencies"
	"latchkey.dev/shared/usecase/senders"
)

// begins claims a domain, and lets the mail service make its identity.
func (o *office) begins(d string) id.SenderDomain {
	o.w.t.Helper()
	o.owner.Since, o.owner.Proved = time.Now(), time.Now()
	v, err := o.w.claims.Claim(o.w.ctx, o.owner, d, "")
	must(o.w.t, err)
	o.w.deliver()
	return v.ID
}

// verify writes what a look would that finds everything right, since nobody answers here, and switches the domain on.
func (o *office) verify(which id.SenderDomain) {
	w, now := o.w, time.Now().Truncate(time.Millisecond)
	w.t.Helper()
	c := o.claimed(which)
	must(w.t, second(c.Start(now)))
	c.Look(sender.Seen{Asked: true, Proof: true, DKIM: true, SES: "SUCCESS"}, now)
	must(w.t, c.Delivered(now))
	must(w.t, c.Enable())
	c.Tree.Hold(sender.Hold{Domain: c.Domain, Agency: o.id, ID: which})
	settings, err := w.domains.Settings(w.ctx, o.id)
	must(w.t, err)
	settings.Verified(which)
	settings.On = which
	must(w.t, w.domains.Save(w.ctx, senders.Change{Claim: c, Tree: &c.Tree, Settings: settings}))
}

// has tells whether the mail service has an identity.
func (w *world) has(d string) bool {
	for _, x := range w.engine.SES.Domains(w.ctx) {
		if x.Name == d {
			return true
		}
	}
	return false
}

// signs are the tokens that the mail service has for a domain.
func (w *world) signs(d string) (tokens []string) {
	for _, x := range w.engine.SES.Domains(w.ctx) {
		for _, r := range x.Records {
			if token, _, of := strings.Cut(r.Name, "._domainkey."); of && x.Name == d {
				tokens = append(tokens, token)
			}
		}
	}
	return tokens
}

// nothingOf asks that nothing is left of agencies' names, in the table and at the mail service.
func (w *world) nothingOf(domains ...string) {
	w.t.Helper()
	for _, i := range w.items() {
		pk := i["pk"].(*types.AttributeValueMemberS).Value //nolint:errcheck // a key is one
		for _, of := range []string{"dm#", "dmc#", "look#", "held"} {
			if strings.HasPrefix(pk, of) {
				w.t.Errorf("left: %s", plain(i))
			}
		}
	}
	for _, d := range domains {
		equal(w, "the mail service has "+d, w.has(d), false)
	}
	n, err := w.domains.Identities(w.ctx)
	must(w.t, err)
	equal(w, "identities that are counted", n, 0)
}

// A closed agency's domains are given back at once, with their identities and all that leads to them, before the rest of it goes.
func TestSenderT5AClosedAgencysDomainsAreReleased(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o, other := w.office("Northwind"), w.office("Solo")
		one, two := o.begins("mail.northwind.dev"), o.begins("draft.northwind.com")
		shared := other.begins("draft.northwind.com")
		o.verify(one)
		w.pass(10 * time.Minute)
		equal(w, "the mail service has it", w.has("mail.northwind.dev"), true)
		if alike, err := w.domains.Lookalikes(w.ctx, sender.Skeleton(sender.Domain("northwind.dev"))); err != nil || len(alike) != 1 {
			t.Errorf("%v, %v", alike, err)
		}
		closing := &agencies.Closing{Store: dynamo.NewClosings(w.table.Table), Now: time.Now}
		o.owner.Since, o.owner.Proved = time.Now(), time.Now()
		must(t, closing.Close(w.ctx, o.owner, "Northwind"))
		w.pass(30 * time.Minute)
		for _, which := range []id.SenderDomain{one, two} {
			_, err := w.domains.Claim(w.ctx, o.id, which)
			w.wants(err, fault.NotFound)
		}
		equal(w, "the mail service has it", w.has("mail.northwind.dev"), false)
		if c := other.claimed(shared); !c.Identity.Made() || !w.has("draft.northwind.com") {
			t.Errorf("what somebody else claims was taken away: %+v", c.Identity)
		}
		w.pass(2 * time.Hour)
		if rest := w.of(string(o.id)); len(rest) != 2 { // that it was, and the row that says so
			t.Errorf("%d items are left", len(rest))
		}
		must(t, second(w.claims.Release(w.ctx, other.fresh(), shared)))
		w.pass(20 * time.Minute)
		w.nothingOf("mail.northwind.dev", "draft.northwind.com")
	})
}

// fresh is the owner, who has just signed in.
func (o *office) fresh() identity.Caller {
	o.owner.Since, o.owner.Proved = time.Now(), time.Now()
	return o.owner
}

// A domain that was verified is kept for its old holder for seven days, and then it is anybody's.
func TestSenderT5AReleasedDomainIsKeptForSevenDays(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o, other := w.office("Northwind"), w.office("Solo")
		which := o.begins("mail.northwind.dev")
		o.verify(which)
		must(t, second(w.claims.Release(w.ctx, o.fresh(), which)))
		theirs := other.begins("mail.northwind.dev")
		w.every = time.Hour
		w.pass(6 * 24 * time.Hour)
		c := other.claimed(theirs)
		equal(w, "taken on the sixth day", c.Tree.Taken("mail.northwind.dev", other.id), true)
		w.pass(25 * time.Hour)
		c = other.claimed(theirs)
		equal(w, "taken on the eighth day", c.Tree.Taken("mail.northwind.dev", other.id), false)
		equal(w, "the identity is the name's, and stays", c.Identity.Made() && w.has("mail.northwind.dev"), true)
		_, err := w.domains.Claim(w.ctx, o.id, which)
		w.wants(err, fault.NotFound)
		must(t, second(w.claims.Release(w.ctx, other.fresh(), theirs)))
		w.pass(2 * time.Hour)
		w.nothingOf("mail.northwind.dev")
	})
}

// The end of a plan is the end of sending from one's own domain, within minutes, and the plan's return brings it back.
func TestSenderADomainFollowsThePlan(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		which := o.begins("mail.northwind.dev")
		o.verify(which)
		plan := func(p agency.Plan) {
			must(t, w.table.SetPlan(w.ctx, o.id, p, o.byOperator(audit.PlanChanged)))
			w.pass(3 * time.Minute)
		}
		plan(agency.Free)
		c := o.claimed(which)
		equal(w, "state", c.State, sender.Disabled)
		equal(w, "reason", c.Reason, sender.Lapsed)
		equal(w, "held", len(c.Tree.Holds), 1)
		plan(agency.Max)
		equal(w, "state", o.claimed(which).State, sender.DNSPending)
		plan(agency.Free)
		w.every = time.Hour
		w.pass(31 * 24 * time.Hour)
		equal(w, "state", o.claimed(which).State, sender.Released)
		w.pass(8 * 24 * time.Hour)
		w.nothingOf("mail.northwind.dev")
	})
}

// A claim of a name that nobody proves goes after two weeks, with the identity that was made for it.
func TestSenderT1AnOpenClaimEndsAfterTwoWeeks(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		which := o.begins("mail.northwind.dev")
		w.every = time.Hour
		w.pass(13 * 24 * time.Hour)
		equal(w, "state", o.claimed(which).State, sender.Draft)
		equal(w, "the mail service has it", w.has("mail.northwind.dev"), true)
		w.pass(25 * time.Hour)
		settings, err := w.domains.Settings(w.ctx, o.id)
		must(t, err)
		equal(w, "claims", len(settings.Claims), 0)
		w.nothingOf("mail.northwind.dev")
	})
}

// Of many who claim a name while it is given back by the last who had it, all have its identity in the end, which is there.
func TestSenderT5WhoClaimsANameWhileItGoesHasItsIdentity(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		first := w.office("Northwind")
		which := first.begins("mail.northwind.dev")
		must(t, second(w.claims.Release(w.ctx, first.fresh(), which)))
		offices := make([]*office, 16)
		for i := range offices {
			offices[i] = w.office("Solo")
		}
		together(len(offices)+1, func(i int) {
			if i == len(offices) {
				w.deliver()
				return
			}
			time.Sleep(time.Duration(i) * 300 * time.Millisecond) // virtual time: some come before, some while, some after
			_, err := w.claims.Claim(w.ctx, offices[i].owner, "mail.northwind.dev", "")
			must(t, err)
		})
		w.pass(15 * time.Minute)
		equal(w, "the mail service has it", w.has("mail.northwind.dev"), true)
		for _, o := range offices {
			all, err := w.domains.Claims(w.ctx, o.id)
			must(t, err)
			if len(all) != 1 || !all[0].Identity.Made() {
				t.Fatalf("%+v", all)
			}
			for _, token := range all[0].Identity.Tokens {
				equal(w, "the mail service signs with "+token, slices.Contains(w.signs("mail.northwind.dev"), token), true)
			}
		}
		n, err := w.domains.Identities(w.ctx)
		must(t, err)
		equal(w, "identities", n, 1)
	})
}

// A plan that is paid for again brings its domain back, without anybody doing anything about the domain.
func TestSenderT6ThePlanThatIsPaidForAgainBringsTheDomainBack(t *testing.T) {
	t.Parallel()
	shopIn(t, func(s *shop) {
		o, owner, plan := s.boughtMax()
		which := o.begins("mail.solo.dev")
		o.verify(which)
		must(t, s.till.CancelAtPeriodEnd(plan, true))
		s.long(33 * 24 * time.Hour)
		equal(s.world, "the plan", s.agency(o).Plan, agency.Free)
		c := o.claimed(which)
		equal(s.world, "reason", c.Reason, sender.Lapsed)
		s.payMax(o, owner)
		c = o.claimed(which)
		equal(s.world, "state", c.State, sender.DNSPending)
		equal(s.world, "it comes back switched on", c.On, true)
	})
}

// Replies go to nobody who has left: neither to whoever was removed, nor to whoever is forgotten, of whom no address stays.
func TestSenderRepliesGoToNobodyWhoHasLeft(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		staff := &agencies.Members{Store: dynamo.NewMembers(w.table.Table), Now: time.Now}
		const leaver, other = "leaver@northwind.example", "other@northwind.example"
		replies := func(to email.Address) {
			s, err := w.domains.Settings(w.ctx, o.id)
			must(t, err)
			s.ReplyTo = to
			must(t, w.domains.Save(w.ctx, senders.Change{Settings: s}))
		}
		for what, leave := range map[string]func(*agency.Member) error{
			"removed":   func(m *agency.Member) error { return staff.Remove(w.ctx, o.fresh(), m.ID) },
			"forgotten": func(*agency.Member) error { return w.erasure.Erase(w.ctx, person(leaver)) },
		} {
			m, err := o.add(leaver)
			must(t, err)
			replies(other)
			_, err = o.add(other)
			must(t, err)
			replies(leaver)
			must(t, leave(m))
			w.pass(5 * time.Minute)
			s, err := w.domains.Settings(w.ctx, o.id)
			must(t, err)
			equal(w, what+": replies go to", s.ReplyTo, email.Address(""))
			for _, i := range w.items() {
				if what == "forgotten" && strings.Contains(plain(i), leaver) {
					t.Errorf("the address stays: %s", plain(i))
				}
			}
			team, err := dynamo.NewMembers(w.table.Table).Team(w.ctx, o.id)
			must(t, err)
			replies(other)
			for k := range team.Members {
				if x := &team.Members[k]; x.Email == other {
					must(t, staff.Remove(w.ctx, o.fresh(), x.ID))
				}
			}
		}
	})
}

// Whom records were mailed to is known as long as the link opens, and no longer.
func TestSenderWhomRecordsWereMailedToIsForgotten(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		which := o.begins("mail.northwind.dev")
		o.verify(which)
		c := o.claimed(which)
		now := time.Now().Truncate(time.Millisecond)
		c.Links = []sender.RecordsLink{{ID: "one", To: "d•••@dns.example", At: now, ExpiresAt: now.Add(sender.RecordsLinkLife)}}
		must(t, w.domains.Save(w.ctx, senders.Change{Claim: c}))
		w.every = time.Hour
		w.pass(13 * 24 * time.Hour)
		equal(w, "links", len(o.claimed(which).Links), 1)
		w.pass(3 * 24 * time.Hour)
		equal(w, "links", len(o.claimed(which).Links), 0)
	})
}

// domainFlows are what happens to sender domains, with a fault anywhere.
var domainFlows = []flow{
	{name: "claim a domain", address: "mail.agency%d.dev", before: nothing,
		ask: func(ctx context.Context, o *office, d string, _ id.Invite) error {
			_, err := o.w.claims.Claim(ctx, o.owner, d, "claim "+d)
			return err
		},
		after: func(o *office, d string, _ id.Invite) error {
			all, err := o.w.domains.Claims(o.w.ctx, o.id)
			if err != nil || len(all) != 1 {
				return fmt.Errorf("%d claims, %w", len(all), err)
			}
			signs := o.w.signs(d)
			if made := all[0].Identity.Tokens; len(signs) == 0 || !slices.Equal(made, signs) || !all[0].PrepareAt.IsZero() {
				return fmt.Errorf("the agency has %v, the mail service %v", made, signs)
			}
			return o.w.counted()
		}},
	{name: "give a domain back", address: "mail.agency%d.dev",
		before: func(o *office, d string) id.Invite { o.begins(d); return "" },
		ask: func(ctx context.Context, o *office, _ string, _ id.Invite) error {
			all, err := o.w.domains.Claims(ctx, o.id)
			if err != nil || len(all) == 0 {
				return err
			}
			_, err = o.w.claims.Release(ctx, o.fresh(), all[0].ID)
			return err
		},
		after: func(o *office, d string, _ id.Invite) error {
			o.w.pass(20 * time.Minute) // as below: what is told of a domain that is being set up is about the claim
			return o.gave(d)
		}},
	{name: "close an agency that has a domain", address: "mail.agency%d.dev",
		before: func(o *office, d string) id.Invite { o.verify(o.begins(d)); return "" },
		ask: func(ctx context.Context, o *office, _ string, _ id.Invite) error {
			return (&agencies.Closing{Store: dynamo.NewClosings(o.w.table.Table), Now: time.Now}).Close(ctx, o.fresh(), o.name)
		},
		after: func(o *office, d string, _ id.Invite) error {
			o.w.pass(20 * time.Minute) // the mail to owners is about the claim, which is kept as long for it
			return o.gave(d)
		}},
}

// gave is what is wrong with a domain that the agency has given back.
func (o *office) gave(d string) error {
	all, err := o.w.domains.Claims(o.w.ctx, o.id)
	if err != nil || len(all) != 0 {
		return fmt.Errorf("%d claims are left, %w", len(all), err)
	}
	if o.w.has(d) {
		return errors.New("the mail service has it still")
	}
	for _, pk := range []string{"dm#" + string(sender.TopOf(sender.Domain(d))), "dmc#" + d, "look#" + sender.Skeleton(sender.Domain(d))} {
		if left := o.w.of(pk); len(left) > 0 {
			return fmt.Errorf("left: %s", plain(left[0]))
		}
	}
	return o.w.counted()
}

// counted is what is wrong with the number of identities that is kept.
func (w *world) counted() error {
	n, err := w.domains.Identities(w.ctx)
	if err != nil {
		return err
	}
	there := 0
	for _, i := range w.items() {
		if strings.HasPrefix(text(i, "sk"), "ses#") {
			there++
		}
	}
	if n != there || there != len(w.engine.SES.Domains(w.ctx)) {
		return fmt.Errorf("%d identities are counted, %d are kept, and the mail service has %d", n, there, len(w.engine.SES.Domains(w.ctx)))
	}
	return nil
}
