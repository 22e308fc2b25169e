package lifecycle

import (
	"slices"
	"strings"
	"testing"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/usecase/agencies"
	"latchkey.dev/shared/usecase/portal"
)

const day = 24 * time.Hour

// until sets when a client's access ends.
func (o *office) until(which id.Client, end time.Time) {
	o.w.t.Helper()
	c, err := o.w.table.Client(o.w.ctx, o.id, which.Ref(), true)
	must(o.w.t, err)
	c.SetTerm(end, time.Now())
	must(o.w.t, o.w.table.Commit(o.w.ctx, o.id, client.Change{Client: c}))
}

// colleague is somebody who works at the office at a level.
func (o *office) colleague(address string, level agency.Level) string {
	o.w.t.Helper()
	n := &agencies.Newcomers{Store: o.w.table, Queue: o.w.queue, Now: time.Now}
	_, err := n.Add(o.w.ctx, o.owner, agencies.NewMember{Email: address, Level: level}, "")
	must(o.w.t, err)
	return address
}

// subjects are those of the mails that tell the address of what clients did, oldest first.
func (w *world) subjects(address string) []string {
	var out []string
	for _, m := range w.engine.SES.Mails(address) {
		if strings.Contains(m.Text, "under Notifications.") {
			out = append(out, m.Subject)
		}
	}
	slices.Reverse(out)
	return out
}

// TestX22AnEndOfAccessIsAnnouncedAWeekAndADayBeforeToAdministratorsOnceEach lets months go by.
func TestX22AnEndOfAccessIsAnnouncedAWeekAndADayBeforeToAdministratorsOnceEach(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		w.every = time.Hour
		o := w.office("Northwind")
		dana, sam := o.colleague("dana@northwind.example", agency.Admin), o.colleague("sam@northwind.example", agency.Employee)
		const who = "ops@acme.example"
		c := o.get(joined(o, who))
		w.pass(day)
		end := time.Now().Add(30 * day)
		o.until(c.ID, end)
		heard := func() int {
			t.Helper()
			told := w.subjects(dana)
			owner := slices.DeleteFunc(w.subjects(string(o.owner.Email)), func(s string) bool { return strings.Contains(s, "accepted") })
			if !slices.Equal(told, owner) {
				t.Errorf("the owner read %q and the admin %q", owner, told)
			}
			return len(told)
		}
		before := func(left time.Duration, want int, says string) {
			t.Helper()
			w.pass(time.Until(end.Add(-left - time.Hour)))
			equal(w, "mails before", heard(), want-1)
			w.pass(6 * time.Hour)
			equal(w, "mails", heard(), want)
			equal(w, "the last says", w.subjects(dana)[want-1], says)
		}
		const soon, over = "The access of ops@acme.example ends soon", "The access of ops@acme.example has ended"
		before(7*day, 1, soon)
		before(day, 2, soon)
		end = end.Add(client.Extension)
		o.until(c.ID, end) // put off: both come once more
		before(7*day, 3, soon)
		if m := w.newest(dana); !strings.Contains(m.Text, "UTC") || !strings.Contains(m.Text, origin+"/clients/"+string(c.ID)) {
			t.Errorf("the mail says\n%s", m.Text)
		}
		before(day, 4, soon)
		before(0, 5, over)
		w.pass(30 * day)
		equal(w, "mails in the end", heard(), 5)
		if told := w.subjects(sam); len(told) != 0 {
			t.Errorf("an employee was told %q", told)
		}
		must(t, o.logged(audit.AccessEnding, 4))
		must(t, o.logged(audit.AccessEnded, 1))
		w.settled()
	})
}

// TestPortalLK16WhoseAccessHasEndedSignsInAndReadsWhatEndedWhenAndWhomToAsk looks at the very millisecond.
func TestPortalLK16WhoseAccessHasEndedSignsInAndReadsWhatEndedWhenAndWhomToAsk(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		const who = "ops@acme.example"
		c := o.get(joined(o, who))
		end := time.Now().Add(day).Truncate(time.Millisecond)
		o.until(c.ID, end)
		looks := &portal.Portal{Store: w.table, Now: func() time.Time { return end.Add(-time.Millisecond) }}
		v, err := looks.Get(w.ctx, person(who), o.id)
		must(t, err)
		if v.Access != portal.Full || len(v.Instances) != 2 || len(v.Lost) != 0 {
			t.Errorf("a millisecond before: %s, %d, lost %v", v.Access, len(v.Instances), v.Lost)
		}
		looks.Now = func() time.Time { return end }
		v, err = looks.Get(w.ctx, person(who), o.id)
		must(t, err)
		if v.Access != portal.Over || len(v.Instances) != 0 || len(v.Lost) != 2 || v.Lost[0].Resource != o.n8n[0] ||
			v.Inviter == nil || !v.Client.ExpiresAt.Equal(end) {
			t.Errorf("at the end: %+v", v)
		}
		w.skip(2 * day)
		if _, caller := w.signIn(who); caller.Email != who {
			t.Error("signing in does not work any more")
		}
		_, err = w.grants.Grant(w.ctx, o.owner, c.ID, o.whatsapp, instance.Read)
		w.wants(err, fault.NotActive)
		listed, err := w.directory.Client(w.ctx, o.owner, c.ID)
		must(t, err)
		equal(w, "what the agency shares now", len(listed.Resources), 0)
		o.until(c.ID, time.Now().Add(day))
		v, err = w.portal.Get(w.ctx, person(who), o.id)
		must(t, err)
		equal(w, "things after it was extended", len(v.Instances), 2)
		w.settled()
	})
}
