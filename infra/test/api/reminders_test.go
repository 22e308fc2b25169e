package apitest_test

import (
	netmail "net/mail"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// oneClick is what mail programs post (RFC 8058).
var oneClick = url.Values{"List-Unsubscribe": {"One-Click"}}

// workday is the next Tuesday at ten in the morning, UTC, that is at least a minute away.
func (p *product) workday() time.Time {
	at := p.now().UTC().Truncate(24 * time.Hour).Add(10 * time.Hour)
	for at.Weekday() != time.Tuesday || at.Before(p.now().Add(time.Minute)) {
		at = at.Add(24 * time.Hour)
	}
	return at
}

// byDay makes it a workday's morning, and returns the zone in which it is. Where functions go by the machine's time it is some zone in
// which it is day now, long enough for what comes: reminders go out by no other (R4). None of them changes its clocks.
func (p *product) byDay() (zone string) {
	p.t.Helper()
	if p.moves() {
		p.advance(p.workday().Sub(p.now()))
		return "UTC"
	}
	return []string{"Asia/Singapore", "UTC", "Pacific/Pitcairn"}[(p.now().UTC().Hour()+23)/8%3]
}

// letter is the newest mail to the address with the words in its subject.
func (p *product) letter(to, subject string) (found mail) {
	p.t.Helper()
	p.until("a mail about "+subject, func() bool {
		for _, x := range p.mails(to) {
			if strings.Contains(x.Subject, subject) {
				found = x
				return true
			}
		}
		p.advance(61 * time.Second)
		return false
	})
	return found
}

// stop is the path of the link that the mail's headers have, as a reader of mail that is Go's finds it.
func (x mail) stop(t *testing.T, p *product) string {
	t.Helper()
	var b strings.Builder
	for name, value := range x.Headers {
		b.WriteString(name + ": " + value + "\r\n")
	}
	m, err := netmail.ReadMessage(strings.NewReader(b.String() + "\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got := m.Header.Get("List-Unsubscribe-Post"); got != "List-Unsubscribe=One-Click" {
		t.Errorf("List-Unsubscribe-Post: %s", got)
	}
	link := strings.TrimSuffix(strings.TrimPrefix(m.Header.Get("List-Unsubscribe"), "<"), ">")
	u, err := url.Parse(link)
	if err != nil || !strings.HasPrefix(u.Path, "/unsubscribe/lku_") || !strings.Contains(x.Text, link) {
		t.Fatalf("List-Unsubscribe: %q in\n%s", link, x.Text)
	}
	return u.Path
}

// reminded has somebody be reminded of an invitation, and returns the path of the link that stops that.
func (p *product) reminded(o *caller, to string) string {
	p.t.Helper()
	o.invite(to, m{"name": "Acme Ltd"})
	p.skipMails(to)
	p.advance(3*24*time.Hour + time.Hour)
	return p.letter(to, "Reminder: ").stop(p.t, p)
}

func TestSenderU1AMailProgramStopsRemindersInOneClick(t *testing.T) {
	p := start(t)
	if !p.moves() {
		t.Skip("days are to pass")
	}
	p.advance(p.workday().Sub(p.now()))
	o := p.signIn(owner)
	to := p.address("u1")
	at := p.reminded(o, to)
	n := p.nobody()
	// U2: to look changes nothing, and shows a form that does.
	for range 2 {
		a := n.get(at).is(200).shows("Stop reminders?").holds(`name="List-Unsubscribe" value="One-Click"`)
		if strings.Contains(string(a.body), to) || strings.Contains(string(a.body), "u1-") {
			t.Errorf("the page names the address:\n%s", a.body)
		}
		a.has("X-Robots-Tag", "noindex")
	}
	n.do("HEAD", at, nil).is(200)
	// U3: another body is none.
	for _, body := range []any{url.Values{}, url.Values{"List-Unsubscribe": {"one-click"}}, url.Values{"do": {"unsubscribe"}}, raw("{}"),
		nil} {
		n.post(at, body).is(400)
	}
	n.get(at).is(200).shows("Stop reminders?")
	// U1, U6: from anywhere, without anything of ours, and the answer is no redirect.
	a := n.post(at, oneClick, "Origin", "https://mail.example", "Sec-Fetch-Site", "cross-site").is(200).shows("Reminders stopped")
	if len(a.cookies) > 0 && a.header.Get("Location") != "" {
		t.Errorf("it answers %v", a.header)
	}
	n.post(at, oneClick).is(200).shows("Reminders stopped") // U4
	form := "--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n"
	n.post(at, raw(form), "Content-Type", "multipart/form-data; boundary=x").is(200)
	n.get(at).is(200).shows("Reminders stopped", "Get these emails again")
	n.post(at, url.Values{"List-Unsubscribe": {"undo"}}).is(200).shows("You'll get these emails again")
	n.get(at).is(200).shows("Stop reminders?")
	n.do("PUT", at, nil).is(405)
}

// TestSenderU5WhatIsStoppedIsExportedAndErased: who wants no reminders finds that in their export, and so does who works at an agency
// what they are told. Erasing keeps only that the address is not to be reminded, by its hash.
func TestSenderU5WhatIsStoppedIsExportedAndErased(t *testing.T) {
	p := start(t)
	if !p.moves() {
		t.Skip("days are to pass")
	}
	p.advance(p.workday().Sub(p.now()))
	o := p.signIn(owner)
	type export struct {
		Portals    []struct{ RemindersStoppedAt *time.Time }
		Workplaces []struct {
			Digest        string
			Notifications []struct {
				Kind    string
				Enabled bool
			}
		}
	}
	_, dana := o.hire(p.address("dana"), "employee")
	dana.patch("/v1/notification-settings", m{"digest": "daily", "items": []m{{"kind": "invite_declined", "enabled": false}}}).is(200)
	var e export
	dana.get("/v1/me/export").is(200).into(&e)
	if len(e.Workplaces) != 1 || e.Workplaces[0].Digest != "daily" || len(e.Workplaces[0].Notifications) < 5 {
		t.Fatalf("Dana's is %+v", e)
	}
	for _, n := range e.Workplaces[0].Notifications {
		if n.Kind == "invite_declined" && n.Enabled {
			t.Errorf("Dana's is %+v", e)
		}
	}
	dana.delete("/v1/me").is(204)
	for pk, item := range p.everything() {
		if strings.Contains(item, "daily") {
			t.Errorf("%s still holds %s", pk, item)
		}
	}
	to := p.address("u5")
	given, secret := o.linkTo(to)
	p.skipMails(to)
	p.advance(3*24*time.Hour + time.Hour)
	stop := p.letter(to, "Reminder: ").stop(t, p)
	at := "/clients/" + given.ClientID
	next := func() *time.Time {
		t.Helper()
		var s scheduled
		var all struct{ Items []scheduled }
		var c struct{ Invite scheduled }
		o.get("/v1/invites/" + given.ID).is(200).into(&s)
		o.get("/v1/invites").is(200).into(&all)
		o.get("/v1/clients/" + given.ClientID).is(200).into(&c)
		n := slices.IndexFunc(all.Items, func(x scheduled) bool { return x.ID == given.ID })
		for _, x := range []scheduled{all.Items[n], c.Invite} {
			if (x.Reminders.Next == nil) != (s.Reminders.Next == nil) {
				t.Errorf("%+v beside %+v", x, s)
			}
		}
		if !s.Reminders.Enabled {
			t.Error("nobody has switched them off for this invite")
		}
		return s.Reminders.Next
	}
	o.get(at).is(200).shows("Next reminder: ").hides("They've stopped reminders from you")
	if next() == nil {
		t.Error("there is no next reminder")
	}
	p.nobody().post(stop, oneClick).is(200)
	o.get(at).is(200).shows("They've stopped reminders from you").hides("Next reminder: ")
	if n := next(); n != nil {
		t.Errorf("stopped, the next goes out at %s", n)
	}
	p.nobody().post(stop, url.Values{"List-Unsubscribe": {"undo"}}).is(200)
	if next() == nil {
		t.Error("they are wanted again, and there is no next reminder")
	}
	p.nobody().post(stop, oneClick).is(200)
	me := p.signIn(to)
	me.post("/v1/invitations/"+secret+"/accept", nil).is(200)
	me.get("/v1/me/export").is(200).into(&e)
	if len(e.Portals) != 1 {
		t.Fatalf("afterwards it is %+v", e)
	}
	if at := e.Portals[0].RemindersStoppedAt; at == nil || p.now().Sub(*at) > time.Minute {
		t.Errorf("afterwards it is %+v", e)
	}
	me = p.signIn(to)
	me.delete("/v1/me").is(204)
	for pk, item := range p.everything() {
		if strings.Contains(item, to) {
			t.Errorf("%s still holds %s", pk, item)
		}
	}
	p.nobody().get(stop).is(200).shows("Reminders stopped")
	p.advance(61 * time.Second)
	i := o.invite(to)
	var anew scheduled
	p.until("the invitation is out", func() bool {
		o.get("/v1/invites/" + i.ID).is(200).into(&anew)
		return anew.Status == "pending"
	})
	if anew.Reminders.Next != nil {
		t.Errorf("they don't want reminders, and the next goes out at %s", anew.Reminders.Next)
	}
	p.advance(3*24*time.Hour + time.Hour)
	p.until("the reminder is left out", func() bool {
		p.advance(61 * time.Second)
		o.get("/v1/invites/" + i.ID).is(200).into(&i)
		return slices.Contains(i.events(), "not_reminded")
	})
	if n := len(slices.DeleteFunc(p.mails(to), func(x mail) bool { return !strings.HasPrefix(x.Subject, "Reminder: ") })); n != 1 {
		t.Errorf("%d reminders, and they were stopped after the first", n)
	}
}

func TestSenderU8AnUnknownLinkIsThankedToo(t *testing.T) {
	p := start(t)
	n := p.nobody()
	for _, at := range []string{"/unsubscribe/lku_nothing", "/unsubscribe/" + strings.Repeat("x", 200), "/unsubscribe/lki_0"} {
		n.get(at).is(200).shows("Stop these emails?")
		n.post(at, oneClick).is(200).shows("You won't get these emails any more").hides("Get these emails again")
		n.post(at, url.Values{"x": {"y"}}).is(400)
	}
}

func TestSenderR1AnAgencyChoosesHowItReminds(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	type settings struct {
		Reminders struct {
			Enabled, Weekends               bool
			FirstAfterDays, LastBeforeHours int
		}
		TimeZone string
	}
	var s settings
	o.get("/v1/mail-settings").is(200).into(&s)
	if r := s.Reminders; !r.Enabled || r.FirstAfterDays != 3 || r.LastBeforeHours != 24 || r.Weekends {
		t.Errorf("usual are %+v", s)
	}
	o.patch("/v1/mail-settings", m{"reminders": m{"firstAfterDays": 2, "weekends": true}, "timeZone": "Europe/Berlin"}).is(200).into(&s)
	if r := s.Reminders; !r.Enabled || r.FirstAfterDays != 2 || r.LastBeforeHours != 24 || !r.Weekends || s.TimeZone != "Europe/Berlin" {
		t.Errorf("they are %+v", s)
	}
	for field, body := range map[string]m{"firstAfterDays": {"reminders": m{"firstAfterDays": 7}},
		"lastBeforeHours": {"reminders": m{"lastBeforeHours": 5}}, "timeZone": {"timeZone": "Mars/Olympus"}} {
		if f := o.patch("/v1/mail-settings", body).fails(422, "invalid"); f.at(field) == "" {
			t.Errorf("%v: %+v", body, f)
		}
	}
	// The same on the page.
	o.get("/settings/notifications").is(200).shows("Reminders to clients", "2 days after the invitation", "Europe/Berlin", "How often")
	o.post("/settings/notifications", do("reminders", url.Values{"firstAfterDays": {"0"}, "lastBeforeHours": {"48"}, "timeZone": {"UTC"}})).
		is(303)
	o.get("/v1/mail-settings").is(200).into(&s)
	if r := s.Reminders; r.Enabled || r.FirstAfterDays != 0 || r.LastBeforeHours != 48 || r.Weekends || s.TimeZone != "UTC" {
		t.Errorf("they are %+v", s)
	}
	o.post("/settings/notifications", do("reminders", url.Values{"enabled": {"yes"}, "firstAfterDays": {"9"}, "lastBeforeHours": {"x"},
		"timeZone": {"Nowhere"}})).is(422).shows("There are 3 problems").holds(`value="Nowhere"`)
	// Who sees clients reads them, and who manages none changes nothing.
	_, dana := o.hire(p.address("dana"), "employee")
	dana.get("/v1/mail-settings").is(200)
	dana.patch("/v1/mail-settings", m{"reminders": m{"enabled": true}}).fails(403, "forbidden")
	o.get("/settings/notifications").is(200).shows("Webhook endpoint disabled")
	dana.get("/settings/notifications").is(200).hides("Reminders to clients", "Webhook endpoint disabled")
	p.nobody().get("/v1/mail-settings").fails(401, "unauthenticated")
}

func TestX29TheRhythmOfUpdatesIsChosen(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	var told struct{ Digest string }
	o.get("/v1/notification-settings").is(200).into(&told)
	if told.Digest != "soon" {
		t.Errorf("the usual rhythm is %q", told.Digest)
	}
	for _, r := range []string{"daily", "never", "soon"} {
		o.patch("/v1/notification-settings", m{"digest": r}).is(200).into(&told)
		if told.Digest != r {
			t.Errorf("%s became %s", r, told.Digest)
		}
	}
	o.patch("/v1/notification-settings", m{"digest": "hourly"}).fails(422, "invalid")
	o.post("/settings/notifications", do("save", url.Values{"digest": {"daily"}})).is(303)
	o.get("/v1/notification-settings").is(200).into(&told)
	if told.Digest != "daily" {
		t.Errorf("by the page it is %q", told.Digest)
	}
}

// scheduled is an invite with what there is to say of its time.
type scheduled struct {
	ID, ClientID, Status, TimeZone string
	SendAt                         *time.Time
	ExpiresAt                      *time.Time
	Reminders                      struct {
		Enabled bool
		Next    *time.Time
	}
}

// TestSenderR8ALocalTimeIsByTheClientsOwnClocks: what a browser has told goes before what the agency says, for whoever is invited again.
func TestSenderR8ALocalTimeIsByTheClientsOwnClocks(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	to := p.address("r8-again")
	first := o.invite(to)
	path := "/i/" + p.nextToken(to)
	guest := p.nobody()
	guest.post(path, do("code", url.Values{"timeZone": {"Asia/Tokyo"}})).is(303)
	guest.cookie = guest.post(path, do("accept", url.Values{"code": {p.nextCode(to)}})).is(303).session()
	o.delete("/v1/clients/" + first.ClientID).is(200)
	at := p.now().Add(26 * time.Hour).UTC().Truncate(time.Minute)
	local := func(at time.Time) string { return at.Add(9 * time.Hour).Format("2006-01-02T15:04") }
	var s scheduled
	o.post("/v1/invites", m{"email": to, "sendAt": local(at)}).is(201).into(&s)
	if s.SendAt == nil || !s.SendAt.Equal(at) || s.TimeZone != "Asia/Tokyo" || !s.ExpiresAt.Equal(at.Add(7*24*time.Hour)) {
		t.Errorf("scheduled: %+v, want %s", s, at)
	}
	o.patch("/v1/invites/"+s.ID, m{"sendAt": local(at.Add(time.Hour))}).is(200).into(&s)
	if s.SendAt == nil || !s.SendAt.Equal(at.Add(time.Hour)) || s.TimeZone != "Asia/Tokyo" ||
		!s.ExpiresAt.Equal(s.SendAt.Add(7*24*time.Hour)) {
		t.Errorf("rescheduled: %+v", s)
	}
	moved := func() int {
		t.Helper()
		return strings.Count(string(o.get("/v1/activity").is(200).body), `"invite.rescheduled"`)
	}
	// The page's form, sent as it is shown, changes nothing.
	before := moved()
	o.get("/clients/" + s.ClientID).is(200).holds(`value="Asia/Tokyo"`)
	o.post("/clients/"+s.ClientID, do("reschedule", url.Values{"sendAt": {local(at.Add(time.Hour))}, "timeZone": {"Asia/Tokyo"}})).is(303)
	if n := moved(); n != before || before == 0 {
		t.Errorf("%d changes of the time, and then %d", before, n)
	}
	o.patch("/v1/invites/"+s.ID, m{"sendAt": at.Add(2 * time.Hour).Format("2006-01-02T15:04"), "timeZone": "Etc/UTC"}).is(200).into(&s)
	if !s.SendAt.Equal(at.Add(2 * time.Hour)) {
		t.Errorf("by other clocks: %+v", s)
	}
}

func TestSenderR8AnInviteIsScheduled(t *testing.T) {
	p := start(t)
	if !p.moves() {
		t.Skip("hours are to pass")
	}
	p.advance(p.workday().Sub(p.now()))
	o := p.signIn(owner)
	to := p.address("r8")
	for _, bad := range []string{p.now().Add(4 * time.Minute).Format(time.RFC3339), p.now().Add(-time.Hour).Format(time.RFC3339),
		p.now().Add(31 * 24 * time.Hour).Format(time.RFC3339), "tomorrow", "2026-02-30T09:00"} {
		if f := o.post("/v1/invites", m{"email": to, "sendAt": bad}).fails(422, "invalid"); f.at("sendAt") == "" {
			t.Errorf("%s: %+v", bad, f)
		}
	}
	local := m{"email": to, "sendAt": "2026-12-08T09:00", "timeZone": "Local"}
	if f := o.post("/v1/invites", local).fails(422, "invalid"); f.at("timeZone") == "" {
		t.Errorf("%+v", f)
	}
	at := p.now().Add(3 * time.Hour).UTC().Truncate(time.Minute)
	var s scheduled
	o.post("/v1/invites", m{"email": to, "name": "Acme Ltd", "sendAt": at.Add(9 * time.Hour).Format("2006-01-02T15:04"), "timeZone": "Asia/Tokyo",
		"reminders": false}, "Idempotency-Key", "r8").is(201).into(&s)
	if s.Status != "scheduled" || s.SendAt == nil || !s.SendAt.Equal(at) || s.TimeZone != "Asia/Tokyo" || s.Reminders.Enabled {
		t.Errorf("scheduled: %+v", s)
	}
	var again scheduled
	o.post("/v1/invites", m{"email": to, "name": "Acme Ltd", "sendAt": at.Add(9 * time.Hour).Format("2006-01-02T15:04"), "timeZone": "Asia/Tokyo",
		"reminders": false}, "Idempotency-Key", "r8").is(201).into(&again)
	if again.ID != s.ID {
		t.Errorf("asked twice, there are %s and %s", s.ID, again.ID)
	}
	o.post("/v1/invites", m{"email": to}).fails(409, "already_invited")
	o.get("/clients/"+s.ClientID).is(200).holds(`value="Asia/Tokyo"`).
		shows("It won't go out.", "Reminders are off for this invitation.")
	// Another time, and none too late.
	next := at.Add(time.Hour)
	o.patch("/v1/invites/"+s.ID, m{"sendAt": next.Format(time.RFC3339)}).is(200).into(&s)
	if !s.SendAt.Equal(next) {
		t.Errorf("rescheduled: %+v", s)
	}
	o.patch("/v1/invites/"+s.ID, m{"sendAt": next.Format(time.RFC3339), "timeZone": "Asia/Seoul"}).is(200).into(&s)
	if !s.SendAt.Equal(next) || s.TimeZone != "Asia/Seoul" {
		t.Errorf("the same moment by other clocks: %+v", s)
	}
	o.patch("/v1/invites/"+s.ID, m{"sendAt": p.now().Add(time.Minute).Format(time.RFC3339)}).fails(422, "invalid")
	o.patch("/v1/invites/"+s.ID+"/reminders", m{"enabled": true}).is(200).into(&s)
	if !s.Reminders.Enabled {
		t.Errorf("reminders are %+v", s.Reminders)
	}
	if n := len(p.mails(to)); n != 0 {
		t.Errorf("%d mails went out before the time", n)
	}
	p.advance(next.Sub(p.now()) - 30*time.Second)
	o.patch("/v1/invites/"+s.ID, m{"sendAt": p.now().Add(2 * time.Hour).Format(time.RFC3339)}).fails(409, "not_pending")
	p.letter(to, "Acme Ltd")
	p.until("the invite is pending", func() bool {
		o.get("/v1/invites/" + s.ID).is(200).into(&s)
		return s.Status == "pending"
	})
	if life := s.ExpiresAt.Sub(*s.SendAt); life != 7*24*time.Hour || s.Reminders.Next == nil {
		t.Errorf("it lives for %v: %+v", life, s)
	}
	o.patch("/v1/invites/"+s.ID, m{"sendAt": p.now().Add(time.Hour).Format(time.RFC3339)}).fails(409, "not_pending")
	// One that waits is cancelled like any other, and nothing goes out.
	var gone scheduled
	o.post("/v1/invites", m{"email": p.address("gone"), "sendAt": p.now().Add(time.Hour).Format(time.RFC3339)}).is(201).into(&gone)
	o.post("/v1/invites/"+gone.ID+"/cancel", nil).is(200)
	p.advance(2 * time.Hour)
	if n := len(p.mails(p.address("gone"))); n != 0 {
		t.Errorf("%d mails of a cancelled one", n)
	}
}

// TestFD8WhatWasScheduledAndIsDroppedIsSaid removes whoever scheduled an invite: the owner is mailed why it isn't sent, and
// Activity says so.
func TestFD8WhatWasScheduledAndIsDroppedIsSaid(t *testing.T) {
	p := start(t)
	if !p.moves() {
		t.Skip("hours are to pass")
	}
	o := p.signIn(owner)
	member, dana := o.hire(p.address("dana"), "admin")
	var s scheduled
	dana.post("/v1/invites", m{"email": p.address("dropped"), "name": "Acme Ltd", "sendAt": p.now().Add(time.Hour).Format(time.RFC3339)}).
		is(201).into(&s)
	o.delete("/v1/members/" + member.ID).is(204)
	p.advance(2 * time.Hour)
	const said = "The scheduled invitation to Acme Ltd wasn't sent"
	p.until("it is dropped", func() bool {
		p.advance(time.Minute)
		o.get("/v1/invites/" + s.ID).is(200).into(&s)
		return s.Status == "failed"
	})
	why := said + ": the person who invited does not work at this agency any more."
	if x := p.letter(owner, said); !strings.Contains(x.Text, why) {
		t.Errorf("%s", x.Text)
	}
	o.get("/activity").is(200).shows(strings.TrimSuffix(why, "."))
	if n := len(p.mails(p.address("dropped"))); n != 0 {
		t.Errorf("%d mails went out", n)
	}
}

// reminderJob is the part of the whole job that is about reminders and times.
func reminderJob(p *product, o *caller) {
	o.get("/v1/mail-settings").is(200)
	o.patch("/v1/mail-settings", m{"reminders": m{"weekends": true}}).is(200)
	o.post("/settings/notifications", do("reminders", url.Values{"enabled": {"yes"}, "firstAfterDays": {"3"}, "lastBeforeHours": {"24"},
		"timeZone": {p.byDay()}})).is(303)
	p.advance(61 * time.Minute)
	var later scheduled
	o.post("/v1/invites", m{"email": "later@client.example", "sendAt": p.now().Add(time.Hour).Format(time.RFC3339)}).is(201).into(&later)
	o.patch("/v1/invites/"+later.ID, m{"sendAt": p.now().Add(2 * time.Hour).Format(time.RFC3339)}).is(200)
	o.patch("/v1/invites/"+later.ID+"/reminders", m{"enabled": false}).is(200)
	o.patch("/v1/invites/"+later.ID+"/reminders", m{"enabled": true}).is(200)
	k := o.key("later", "invites:write", "invites:read")
	for _, on := range []bool{false, true} {
		p.advance(61 * time.Second) // nearer to its time
		p.program(k.Secret).patch("/v1/invites/"+later.ID+"/reminders", m{"enabled": on}).is(200)
	}
	at := "/clients/" + later.ClientID
	o.post(at, do("reschedule", url.Values{"sendAt": {p.now().Add(3 * time.Hour).UTC().Format("2006-01-02T15:04")},
		"timeZone": {"UTC"}})).is(303)
	o.post(at, do("reschedule", url.Values{"sendAt": {"yesterday"}, "timeZone": {"UTC"}})).is(422).shows("Enter a date and a time.")
	o.post(at, do("reminders", url.Values{})).is(303)
	o.post(at, do("cancel", url.Values{})).is(303)
	o.post("/clients", do("send", url.Values{"email": {"sooner@client.example"}, "payer": {"agency"}, "timeZone": {"UTC"},
		"sendAt": {p.now().Add(time.Hour).UTC().Format("2006-01-02T15:04")}})).is(303)
	link := p.reminded(o, "reminded@client.example")
	p.nobody().get(link).is(200)
	p.nobody().post(link, oneClick).is(200)
	p.nobody().post(link, url.Values{"List-Unsubscribe": {"undo"}}).is(200)
}
