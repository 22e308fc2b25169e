package lifecycle

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/role"
	"latchkey.dev/shared/usecase/agencies"
	"latchkey.dev/shared/usecase/clients"
	"latchkey.dev/shared/usecase/portal"
	"latchkey.dev/shared/usecase/roles"
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

// portal installs Client Portal for the office, by the operator's hand.
func (o *office) portal() {
	o.w.t.Helper()
	o.w.set(string(o.id), "agency", "portal", &types.AttributeValueMemberN{Value: strconv.FormatInt(time.Now().UnixMilli(), 10)})
}

func (o *office) roles() *roles.Roles {
	return &roles.Roles{Store: dynamo.NewRoles(o.w.table.Table), Now: time.Now}
}

// role makes a role that is on, and shows the name of the contact.
func (o *office) role(name string) id.Role {
	o.w.t.Helper()
	on, rules := true, role.Rules{role.Contact: {Fields: []string{"name"}}}
	r, err := o.roles().Create(o.w.ctx, o.owner, roles.Draft{Name: &name, Active: &on, Rules: &rules}, "")
	must(o.w.t, err)
	return r.ID
}

// off switches a role off.
func (o *office) off(which id.Role) {
	o.w.t.Helper()
	off := false
	_, err := o.roles().Update(o.w.ctx, o.owner, which, roles.Draft{Active: &off}, "")
	must(o.w.t, err)
}

// contact puts a contact into the office's table.
func (o *office) contact(name string) id.Contact {
	o.w.t.Helper()
	which := id.New[id.Contact](id.ContactPrefix, time.Now())
	i := keyOf(string(o.id), "con#"+string(which))
	i["name"] = &types.AttributeValueMemberS{Value: name}
	_, err := o.w.db.PutItem(o.w.ctx, &dynamodb.PutItemInput{TableName: o.w.tableName(), Item: i})
	must(o.w.t, err)
	return which
}

// linked is whom the contact is linked to.
func (o *office) linked(which id.Contact) id.Client {
	o.w.t.Helper()
	all, err := o.external().Store.Cards(o.w.ctx, o.id, []id.Contact{which})
	must(o.w.t, err)
	equal(o.w, "contacts", len(all), 1)
	return all[0].Client
}

func (o *office) external() *clients.External {
	return &clients.External{Store: dynamo.NewExternal(o.w.table.Table), Now: time.Now}
}

// rights is what is open to the client now.
func (o *office) rights(which id.Client) role.Rights {
	o.w.t.Helper()
	card, err := (&clients.Users{Store: dynamo.NewUsers(o.w.table.Table), Now: time.Now}).Get(o.w.ctx, o.owner, which)
	must(o.w.t, err)
	return card.Rights
}

// has is the client as it is kept.
func (o *office) has(which id.Client) *client.Client {
	o.w.t.Helper()
	c, err := o.w.table.Client(o.w.ctx, o.id, which.Ref(), true)
	must(o.w.t, err)
	return c
}

// TestPortalB7RolesAreCheckedAtSendingAndAgainAtAccepting switches roles off between the two.
func TestPortalB7RolesAreCheckedAtSendingAndAgainAtAccepting(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		d := o.draft("ops@acme.example")
		d.Roles = []id.Role{"rol_01KAM5Q0Z8W3RN6T0V4K2M9QXB"}
		_, err := w.inviter.Send(w.ctx, o.owner, d, "")
		w.wants(err, fault.NotFound) // no Client Portal
		o.portal()
		_, err = w.inviter.Send(w.ctx, o.owner, d, "")
		if f := w.wants(err, fault.Invalid); len(f.Fields) != 1 || f.Fields[0].Location != "roles[0]" {
			t.Errorf("an unknown role: %+v", f)
		}
		kept, gone, late := o.role("Kept"), o.role("Gone"), o.role("Late")
		o.off(gone)
		d.Roles = []id.Role{kept, gone}
		_, err = w.inviter.Send(w.ctx, o.owner, d, "")
		if f := w.wants(err, fault.Invalid); len(f.Fields) != 1 || f.Fields[0].Location != "roles[1]" {
			t.Errorf("a role that is off: %+v", f)
		}
		equal(w, "invites that were made of it", len(o.clients()), 0)

		sends := func(address string, all ...id.Role) id.Client {
			t.Helper()
			d := o.draft(address)
			d.Roles, d.Until = all, time.Now().Add(90*day)
			c, err := w.inviter.Send(w.ctx, o.owner, d, "")
			must(t, err)
			w.deliver()
			return c.ID
		}
		accepts := func(address string) {
			t.Helper()
			_, err := w.invitations.Accept(w.ctx, w.token(address), "", person(address))
			must(t, err)
		}
		both, one := sends("both@acme.example", kept, late), sends("one@acme.example", late)
		o.off(late)
		accepts("both@acme.example")
		accepts("one@acme.example")
		c := o.has(both)
		if !slices.Equal(c.Roles, []id.Role{kept}) || !c.ExpiresAt.After(time.Now().Add(89*day)) {
			t.Errorf("accepted with %v until %v", c.Roles, c.ExpiresAt)
		}
		if c := o.has(one); !c.Joined() || len(c.Roles) != 0 {
			t.Errorf("with no role left: %+v", c)
		}
		r, _, err := o.roles().Get(w.ctx, o.owner, kept)
		must(t, err)
		equal(w, "users of the role", r.Users, 1)
		must(t, o.logged(audit.NothingOpen, 1))
		w.pass(10 * time.Minute)
		if m := w.newest(string(o.owner.Email)); m == nil || !strings.Contains(m.Text, "none of their roles is active") {
			t.Errorf("the administrators read %+v", m)
		}
		if rights := o.rights(one); rights.Has(role.Contact) {
			t.Error("something is open all the same")
		}
		w.settled()
	})
}

// TestPortalB8TheContactIsLinkedAtTheAcceptanceUnlessAnotherClientHasIt invites two people for one card.
func TestPortalB8TheContactIsLinkedAtTheAcceptanceUnlessAnotherClientHasIt(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		o.portal()
		card := o.contact("Acme")
		var ids []id.Client
		for _, address := range []string{"first@acme.example", "second@acme.example"} {
			d := o.draft(address)
			d.Contact = card
			c, err := w.inviter.Send(w.ctx, o.owner, d, "")
			must(t, err)
			ids = append(ids, c.ID)
			w.deliver()
		}
		equal(w, "linked before anybody accepts", o.linked(card), "")
		for _, address := range []string{"first@acme.example", "second@acme.example"} {
			_, err := w.invitations.Accept(w.ctx, w.token(address), "", person(address))
			must(t, err)
		}
		equal(w, "linked", o.linked(card), ids[0])
		if c := o.has(ids[1]); !c.Joined() || len(c.Contacts) != 0 {
			t.Errorf("the second one: %+v", c)
		}
		must(t, o.logged(audit.ContactRefused, 1))
		d := o.draft("third@acme.example")
		d.Contact = card
		_, err := w.inviter.Send(w.ctx, o.owner, d, "")
		if f := w.wants(err, fault.AlreadyLinked); f.Existing != string(ids[0]) {
			t.Errorf("%+v", f)
		}
		w.settled()
	})
}

// TestFL22WhatAUserHasIsChangedAllOfItOrNothing changes roles, own rules, the end and the contacts of one user.
func TestFL22WhatAUserHasIsChangedAllOfItOrNothing(t *testing.T) {
	t.Parallel()
	in(t, func(w *world) {
		o := w.office("Northwind")
		which := o.get(joined(o, "ops@acme.example")).ID
		other := o.get(joined(o, "pat@acme.example")).ID
		external, none := o.external(), []id.Contact{}
		_, err := external.Update(w.ctx, o.owner, which, clients.Wishes{Contacts: &none}, "")
		w.wants(err, fault.NotFound) // no Client Portal
		o.portal()
		rol, card, taken := o.role("Client"), o.contact("Acme"), o.contact("Pat")
		theirs := []id.Contact{taken}
		_, err = external.Update(w.ctx, o.owner, other, clients.Wishes{Contacts: &theirs}, "")
		must(t, err)

		name, end := "Acme", time.Now().Add(40*day)
		want, cards := []id.Role{rol, rol}, []id.Contact{card}
		rules := role.Rules{role.Contact: {Fields: []string{"phone"}, Actions: []string{"edit"}}}
		all := clients.Wishes{Name: &name, Roles: &want, Rules: &rules, ExpiresAt: &end, Contacts: &cards}
		nothing := func(what string, code fault.Code, fields int, with func(*clients.Wishes)) {
			t.Helper()
			wish := all
			with(&wish)
			_, err := external.Update(w.ctx, o.owner, which, wish, "")
			if f := w.wants(err, code); len(f.Fields) != fields {
				t.Errorf("%s: %+v", what, f)
			}
			if c := o.has(which); c.Name != "" || len(c.Roles)+len(c.Rules)+len(c.Contacts) != 0 || !c.ExpiresAt.IsZero() {
				t.Errorf("%s has changed something: %+v", what, c)
			}
		}
		nothing("another one's contact", fault.AlreadyLinked, 0, func(x *clients.Wishes) { x.Contacts = &theirs })
		nothing("an unknown contact", fault.Invalid, 1, func(x *clients.Wishes) {
			x.Contacts = &[]id.Contact{"con_01KAM5Q0Z8W3RN6T0V4K2M9QXB"}
		})
		nothing("unknown roles", fault.Invalid, 2, func(x *clients.Wishes) { x.Roles = &[]id.Role{rol, "", "x"} })
		nothing("eleven roles", fault.Invalid, 1, func(x *clients.Wishes) {
			x.Roles = &[]id.Role{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"}
		})
		nothing("unknown rules and a time that is over", fault.Invalid, 2, func(x *clients.Wishes) {
			past := time.Now().Add(-time.Hour)
			x.Rules, x.ExpiresAt = &role.Rules{role.Contact: {Fields: []string{"note"}}}, &past
		})
		_, err = external.Update(w.ctx, o.owner, which, all, "0123456789abcdef")
		w.wants(err, fault.Changed)

		made, err := external.Update(w.ctx, o.owner, which, all, o.has(which).Edition())
		must(t, err)
		c := o.has(which)
		if c.Name != name || !slices.Equal(c.Roles, []id.Role{rol}) || !c.Rules.Equal(rules) || !slices.Equal(c.Contacts, cards) ||
			!c.ExpiresAt.Equal(end.Truncate(time.Millisecond)) || made.Edition() != c.Edition() {
			t.Errorf("%+v", c)
		}
		rights := o.rights(which)
		if !rights.Shows(role.Contact, "name") || !rights.Shows(role.Contact, "phone") || !rights.May(role.Contact, "edit") ||
			rights.Shows(role.Contact, "address") {
			t.Errorf("open is %+v", rights.All())
		}
		rows := len(c.Roles)
		_, err = external.Update(w.ctx, o.owner, which, all, "")
		must(t, err)
		equal(w, "versions of a change that changes nothing", o.has(which).Version, c.Version)
		equal(w, "roles", rows, 1)
		for _, action := range []audit.Action{audit.RolesChanged, audit.RulesChanged, audit.TermSet, audit.ClientRenamed} {
			must(t, o.logged(action, 1))
		}

		// R5: the link is gone with the next read, and the card is free for somebody else.
		_, err = external.Update(w.ctx, o.owner, which, clients.Wishes{Contacts: &none}, "")
		must(t, err)
		equal(w, "linked", o.linked(card), "")
		equal(w, "contacts", len(o.has(which).Contacts), 0)
		_, err = external.Update(w.ctx, o.owner, other, clients.Wishes{Contacts: &[]id.Contact{taken, card}}, "")
		must(t, err)
		equal(w, "linked", o.linked(card), other)

		// At the end nothing is open; what was given is there again when it is put off.
		w.skip(41 * day)
		if rights := o.rights(which); rights.Has(role.Contact) || rights.Closed != role.ByExpiry {
			t.Errorf("after its end: %+v", rights)
		}
		later := time.Now().Add(client.Extension)
		_, err = external.Update(w.ctx, o.owner, which, clients.Wishes{ExpiresAt: &later}, "")
		must(t, err)
		if rights := o.rights(which); !rights.Has(role.Contact) {
			t.Error("an extension opens nothing")
		}

		// Removing takes all of it away, and frees the role and the cards.
		_, err = w.removal.Remove(w.ctx, o.owner, other)
		must(t, err)
		equal(w, "linked", o.linked(card), "")
		_, err = w.removal.Remove(w.ctx, o.owner, which)
		must(t, err)
		c = o.has(which)
		if len(c.Roles)+len(c.Rules)+len(c.Contacts) != 0 || !c.ExpiresAt.IsZero() {
			t.Errorf("what is left of it: %+v", c)
		}
		r, _, err := o.roles().Get(w.ctx, o.owner, rol)
		must(t, err)
		equal(w, "users of the role", r.Users, 0)
		_, err = external.Update(w.ctx, o.owner, which, clients.Wishes{Roles: &want}, "")
		w.wants(err, fault.NotActive)
		w.settled()
	})
}
