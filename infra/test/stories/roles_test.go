package lifecycle

import (
	"slices"
	"strings"
	"testing"
	"time"

	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/contact"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/usecase/roles"
)

// TestPortalX22ARolesExpiryIsAnnouncedAWeekAndADayBeforeToAdministratorsOnceEach lets months go by.
func TestPortalX22ARolesExpiryIsAnnouncedAWeekAndADayBeforeToAdministratorsOnceEach(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		w.every = time.Hour
		o := w.office("Northwind")
		o.portal()
		dana, sam := o.colleague("dana@northwind.example", agency.Admin), o.colleague("sam@northwind.example", agency.Employee)
		w.pass(day)
		all := o.roles()
		name, on, end := "Freelancers", true, time.Now().Add(30*day).Truncate(time.Millisecond)
		r, err := all.Create(w.ctx, o.owner, roles.Draft{Name: &name, Active: &on, ExpiresAt: &end}, "")
		must(t, err)
		quiet := "Off"
		_, err = all.Create(w.ctx, o.owner, roles.Draft{Name: &quiet, ExpiresAt: &end}, "")
		must(t, err)
		before := func(left time.Duration, want int) {
			t.Helper()
			w.pass(time.Until(end.Add(-left - time.Hour)))
			equal(w, "mails before", len(w.subjects(dana)), want-1)
			w.pass(6 * time.Hour)
			equal(w, "mails", len(w.subjects(dana)), want)
			equal(w, "the last says", w.subjects(dana)[want-1], "The role “Freelancers” expires soon")
		}
		before(7*day, 1)
		if m := w.newest(dana); !strings.Contains(m.Text, origin+"/client-portal/roles/"+string(r.ID)) ||
			!strings.Contains(m.Text, end.Format("2 January 2006, 15:04 UTC")) {
			t.Errorf("the mail says\n%s", m.Text)
		}
		before(day, 2)
		// Extended by one click, from its end on: both come once more.
		r, err = all.Extend(w.ctx, o.owner, r.ID, 30*day)
		must(t, err)
		if end = end.Add(30 * day); !r.ExpiresAt.Equal(end) {
			t.Errorf("it expires at %v, want %v", r.ExpiresAt, end)
		}
		before(7*day, 3)
		// Put off meanwhile, so that there is nothing to tell.
		end = end.Add(60 * day)
		_, err = all.Update(w.ctx, o.owner, r.ID, roles.Draft{ExpiresAt: &end}, "")
		must(t, err)
		w.pass(20 * day)
		equal(w, "mails", len(w.subjects(dana)), 3)
		off := false
		_, err = all.Update(w.ctx, o.owner, r.ID, roles.Draft{Active: &off}, "")
		must(t, err)
		w.pass(70 * day)
		equal(w, "mails in the end", len(w.subjects(dana)), 3)
		if told := w.subjects(sam); len(told) != 0 {
			t.Errorf("an employee was told %q", told)
		}
		owner := slices.DeleteFunc(w.subjects(string(o.owner.Email)), func(s string) bool { return !strings.Contains(s, "Freelancers") })
		equal(w, "mails to the owner", len(owner), 3)
		must(t, o.logged(audit.RoleExpiring, 3))
		w.settled()
	})
}

// TestPortalB3ThingsThatAreNamedTwiceAreReadOnce names roles, contacts and instances twice, which the table itself refuses to read.
func TestPortalB3ThingsThatAreNamedTwiceAreReadOnce(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		o.portal()
		name := "Twice"
		r, err := o.roles().Create(w.ctx, o.owner, roles.Draft{Name: &name}, "")
		must(t, err)
		c, x := o.card(contact.Person, "Ida", ""), o.many(1)[0]
		found, err := dynamo.NewExternal(w.table.Table).RolesByID(w.ctx, o.id, []id.Role{r.ID, r.ID, r.ID})
		must(t, err)
		equal(w, "roles", len(found), 1)
		known, err := dynamo.NewExternal(w.table.Table).Cards(w.ctx, o.id, []id.Contact{c.ID, c.ID})
		must(t, err)
		equal(w, "contacts", len(known), 1)
		things, err := w.table.ResourcesByID(w.ctx, o.id, []id.Resource{x, x})
		must(t, err)
		equal(w, "instances", len(things), 1)
	})
}
