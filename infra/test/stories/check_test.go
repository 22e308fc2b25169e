package lifecycle

import (
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
	"time"

	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/link"
	"latchkey.dev/shared/domain/role"
	"latchkey.dev/shared/usecase/portal"
)

// relationships are all relationships of an agency, the ones that were rolled back too.
func (o *office) relationships() []*client.Client {
	o.w.t.Helper()
	var all []*client.Client
	for _, i := range o.w.of(string(o.id)) {
		if ref, ok := strings.CutPrefix(text(i, "sk"), "cl#"); ok {
			c, err := o.w.table.Client(o.w.ctx, o.id, id.Ref(ref), true)
			must(o.w.t, err)
			all = append(all, c)
		}
	}
	return all
}

// check looks at everything that is stored and mailed, and compares it with the invariants.
func (w *world) check() {
	w.t.Helper()
	for _, problem := range w.problems() {
		w.t.Error(problem)
	}
}

// problems are the invariants that do not hold, in words.
func (w *world) problems() []string {
	var out []string
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	for _, o := range w.offices {
		log, err := w.table.History(w.ctx, o.id)
		must(w.t, err)
		byInvite := map[string][]audit.Entry{}
		for _, e := range log {
			if e.Subject != "" {
				byInvite[e.Subject] = append(byInvite[e.Subject], e)
			}
		}
		all, kinds := o.relationships(), map[id.Role]role.Role{}
		at, err := w.table.Agency(w.ctx, o.id)
		must(w.t, err)
		list, err := dynamo.NewRoles(w.table.Table).Roles(w.ctx, o.id)
		must(w.t, err)
		for _, r := range list {
			kinds[r.ID] = r
		}
		for _, c := range all {
			w.scheduled(c, say)
			toldOf(c, log, say)
			o.open(at, c, kinds, say)
			w.mailOrError(c, say)
			w.deadLinks(c, say)
			w.oneMembership(c, log, say)
			history(c, byInvite, say)
		}
		tenInAnyHour(o, log, say)
		o.ties(all, say)
		o.shares(log, say)
	}
	w.linksExist(say)
	return out
}

type say = func(format string, args ...any)

// mailOrError is invariant 1: no invite without a mail or a visible error.
func (w *world) mailOrError(c *client.Client, say say) {
	i := c.Invite
	switch i.Status {
	case invite.Pending, invite.Accepted:
		for _, token := range w.tokens(string(c.Email)) {
			if i.Opens(token) {
				return
			}
		}
		if i.Status == invite.Pending && i.Mail.State == invite.MailDone && len(w.tokens(string(c.Email))) < 2000 {
			say("%s is pending, and no mail holds a link to it", i.ID)
		}
	case invite.Failed:
		if i.Reason == "" {
			say("%s failed without a reason", i.ID)
		}
	}
}

// deadLinks is invariant 3: what is cancelled or failed has no link that opens it. Of what was declined the links are still known:
// they open nothing, and whoever has declined reads that it was done.
func (w *world) deadLinks(c *client.Client, say say) {
	i := c.Invite
	if (i.Status == invite.Canceled || i.Status == invite.Failed) && len(i.Tokens) > 0 && !i.WasDeclined() {
		say("%s is %s and still has %d links", i.ID, i.Status, len(i.Tokens))
	}
	term, before := i.CreatedAt, i.CreatedAt
	for _, e := range i.Timeline { // not what is stored of it: that may be wrong, too
		switch e.Name {
		case invite.Resent:
			term, before = e.At, term
		case invite.NotSent: // a mail that was refused brings no new term
			term = before
		}
	}
	if term = term.Add(invite.Lifetime); i.Status == invite.Accepted && c.AcceptedAt.After(term) {
		say("%s was accepted at %s, after it expired at %s", i.ID, c.AcceptedAt, term)
	}
	if len(i.Tokens) > 2*invite.MailTries+1 { // all tries by the agency's own server, and then all by the platform's sender
		say("%s has %d links", i.ID, len(i.Tokens))
	}
}

// linksExist is the other half of invariant 1: no mail whose link never existed.
func (w *world) linksExist(say say) {
	for _, m := range w.engine.SES.Mails("") {
		found := aLink.FindStringSubmatch(m.Text)
		if found == nil {
			continue
		}
		which, ref, err := link.Locate(found[1])
		if err != nil || ref != id.RefOf(which, email.Address(m.To[0])) {
			say("a mail to %v holds a link to somewhere else", m.To)
		}
	}
}

// oneMembership is invariant 6: a client from the acceptance until either side ends it, with the person's own list saying
// so too, and with the access that the log tells of.
func (w *world) oneMembership(c *client.Client, log []audit.Entry, say say) {
	accepted, now, ended := 0, 0, 0
	for _, e := range log {
		switch e.Action {
		case audit.InviteAccepted:
			if id.Invite(e.Subject).Ref() == c.Ref() {
				accepted++
			}
			if e.Subject == string(c.Invite.ID) {
				now++
			}
		case audit.LinkJoined: // by a link of the agency's
			if id.Client(e.Actor).Ref() == c.Ref() {
				accepted++
			}
			if e.Actor == string(c.ID) && e.At.Equal(c.AcceptedAt) {
				now++
			}
		case audit.ClientRemoved, audit.ClientLeft, audit.ClientPromoted:
			if id.Client(e.Subject).Ref() == c.Ref() {
				ended++
			}
		case audit.ClientErased:
			if e.Subject == string(c.ID) && !c.Erased() {
				say("%s was erased and is still there", c.ID)
			}
		}
	}
	member := false
	places, err := w.table.Portals(w.ctx, id.UserOf(c.Email))
	must(w.t, err)
	for _, p := range places {
		member = member || p == c.Agency
	}
	is := c.Invite.Status == invite.Accepted
	if is != !c.AcceptedAt.IsZero() || is != (now == 1) || now > 1 {
		say("%s is %s, accepted at %v, accepted in the log %d times", c.Invite.ID, c.Invite.Status, c.AcceptedAt, now)
	}
	if c.Joined() != member || c.Joined() != (accepted-ended == 1) || accepted-ended > 1 || accepted < ended {
		say("%s is a client: %t, its person a member: %t, accepted in the log %d times, ended %d times", c.ID, c.Joined(), member, accepted,
			ended)
	}
	if !c.Joined() && len(c.Grants) > 0 {
		say("%s is %s, ended at %v, and grants %v", c.Invite.ID, c.Invite.Status, c.EndedAt, c.Grants)
	}
	if c.Joined() {
		w.access(c, log, say)
	}
}

// access is the rest of invariant 8: what is open is what the invite offered, and what the log says was changed since.
func (w *world) access(c *client.Client, log []audit.Entry, say say) {
	want := map[id.Resource]instance.Access{}
	for _, g := range c.Invite.Grants {
		want[g.Resource] = g.Access
	}
	for _, e := range log {
		if gone, ok := strings.CutPrefix(e.Detail, "no longer there: "); ok && e.Subject == string(c.Invite.ID) {
			for r := range strings.FieldsSeq(gone) {
				delete(want, id.Resource(r))
			}
		}
		if e.Subject != string(c.ID) || e.At.Before(c.AcceptedAt) {
			continue
		}
		r, access, _ := strings.Cut(e.Detail, " ")
		switch e.Action {
		case audit.AccessGranted, audit.AccessChanged:
			want[id.Resource(r)] = instance.Access(access)
		case audit.AccessRevoked:
			delete(want, id.Resource(r))
		}
	}
	have := map[id.Resource]instance.Access{}
	for _, g := range c.Grants {
		have[g.Resource] = g.Access
	}
	if !maps.Equal(have, want) {
		say("%s may use %v, and the log says %v", c.ID, have, want)
	}
	view, err := w.portal.Get(w.ctx, identity.Caller{User: id.UserOf(c.Email), Email: c.Email}, c.Agency)
	if err != nil || view.Access == portal.Full && len(view.Instances)+len(view.Services) > len(c.GrantsAt(time.Now())) {
		say("%s may use %v, until %v, and its portal shows %+v: %v", c.ID, have, c.ExpiresAt, view, err)
	}
}

// tells says which event of the timeline each action of the log stands beside.
var tells = map[audit.Action]invite.EventName{
	audit.InviteCreated: invite.Queued, audit.InviteScheduled: invite.Planned, audit.InviteSent: invite.Sent, audit.InviteFailed: invite.NotSent, audit.InviteResent: invite.Resent,
	audit.InviteCanceled: invite.WasDropped, audit.InviteExpired: invite.RanOut, audit.InviteBounced: invite.Bounced, audit.InviteAccepted: invite.WasTaken,
	audit.ReminderSent: invite.Reminded, audit.InviteRescheduled: invite.Replanned,
	audit.InviteDeclined: invite.Declined, audit.AddressProposed: invite.Proposed, audit.LinkRequested: invite.AskedAgain,
}

// ends says which state each final action leads to.
var ends = map[audit.Action]invite.Status{
	audit.InviteCanceled: invite.Canceled, audit.InviteDeclined: invite.Canceled, audit.InviteExpired: invite.Expired, audit.InviteBounced: invite.Failed, audit.InviteAccepted: invite.Accepted,
	audit.InviteSent: invite.Pending, audit.InviteCreated: invite.Sending, audit.InviteScheduled: invite.Scheduled, audit.InviteResent: invite.Pending,
	audit.ReminderSent: invite.Pending, audit.InviteRescheduled: invite.Scheduled,
	audit.AddressProposed: invite.Pending, audit.LinkRequested: invite.Expired,
}

// inOrder sorts rows by their time. Those of one transaction have the same; then it ran out before it was sent again.
func inOrder(rows []audit.Entry) {
	sort.SliceStable(rows, func(a, b int) bool {
		if rows[a].At.Equal(rows[b].At) {
			return rows[a].Action == audit.InviteExpired && rows[b].Action != audit.InviteExpired
		}
		return rows[a].At.Before(rows[b].At)
	})
}

// moment is an event with its time, except of what may be written down later than it was: the log has the one time,
// and the timeline, where it stands before what followed from it, the other.
func moment(name invite.EventName, at time.Time) string {
	if name == invite.RanOut || name == invite.Sent {
		return string(name)
	}
	return fmt.Sprint(name, "@", at.UnixMilli())
}

// history is invariant 8: the audit log equals the history of states.
func history(c *client.Client, log map[string][]audit.Entry, say say) {
	if len(c.Invite.Timeline) > 0 && c.Invite.Timeline[0].Name == invite.WasTaken {
		return // it came by a link, and there was no invite to tell of
	}
	rows := log[string(c.Invite.ID)]
	inOrder(rows)
	var logged, seen []string
	state, before := invite.Status(""), invite.Status("")
	for _, r := range rows {
		if name, ok := tells[r.Action]; ok {
			logged = append(logged, moment(name, r.At))
		}
		next, ok := ends[r.Action]
		switch {
		case ok:
			state, before = next, state
		case r.Action != audit.InviteFailed: // it changes no state
		case state == invite.Sending, state == invite.Scheduled:
			state = invite.Failed
		case before == invite.Expired: // a mail that failed takes its re-sending back
			state = invite.Expired
		}
	}
	for _, e := range c.Invite.Timeline {
		switch e.Name {
		case invite.Delivered, invite.Delayed, invite.Complained, invite.Opened, invite.WasSigned, invite.NotReminded:
		case invite.Bounced:
			if c.Invite.Status == invite.Failed && e.At.Equal(c.Invite.EndedAt) { // one that came too late ends nothing
				seen = append(seen, moment(e.Name, e.At))
			}
		default:
			seen = append(seen, moment(e.Name, e.At))
		}
	}
	if len(c.Invite.Timeline) < invite.MaxTimeline && !slices.Equal(logged, seen) {
		say("%s: the log says %v, the timeline %v", c.Invite.ID, logged, seen)
	}
	if state != c.Invite.Status {
		say("%s is %s, the log ends with %s: %v", c.Invite.ID, c.Invite.Status, state, logged)
	}
	for _, p := range c.Earlier {
		rows := log[string(p.ID)]
		if len(rows) == 0 && p.Status == invite.Accepted && p.Created.Equal(p.Ended) {
			continue // that was a link, too
		}
		if len(rows) == 0 || rows[0].Action != audit.InviteCreated && rows[0].Action != audit.InviteScheduled {
			say("%s was replaced, and the log does not begin with its creation: %v", p.ID, rows)
		}
	}
}

// tenInAnyHour is invariant 5. A send counts from the moment of its request, unless its mail failed.
func tenInAnyHour(o *office, log []audit.Entry, say say) {
	var sends []time.Time
	open := map[string]int{} // by invite, the place in sends of its last request
	inOrder(log)
	gone := map[int]bool{}
	for _, e := range log {
		switch e.Action {
		case audit.InviteCreated, audit.InviteResent:
			open[e.Subject] = len(sends)
			sends = append(sends, e.At)
		case audit.InviteFailed: // of one that waited for its time there was no send
			if n, ok := open[e.Subject]; ok {
				gone[n] = true
			}
		}
	}
	var kept []time.Time
	for n, at := range sends {
		if !gone[n] {
			kept = append(kept, at)
		}
	}
	now := time.Now()
	taken, edge := 0, false
	for _, at := range kept {
		age := now.Sub(at) - agency.Window
		edge = edge || -time.Second < age && age < time.Second
		if age < 0 {
			taken++
		}
	}
	if left := o.left(); !edge && left != max(agency.HourlyInvites-taken, 0) {
		say("%s sent %d invites in the last hour, and may send %d more", o.id, taken, left)
	}
	for n := agency.HourlyInvites; n < len(kept); n++ {
		if d := kept[n].Sub(kept[n-agency.HourlyInvites]); d < agency.Window {
			say("%s sent %d invites within %s", o.id, agency.HourlyInvites+1, d)
		}
	}
}

// nothingInFlight is invariant 7.
func (w *world) nothingInFlight() {
	w.t.Helper()
	for _, problem := range w.stuck() {
		w.t.Error(problem)
	}
}

func (w *world) stuck() []string {
	var out []string
	for _, q := range w.engine.SQS.Overview() {
		if n := len(q.Messages); n > 0 {
			out = append(out, fmt.Sprintf("%d messages are left in %s: %s", n, q.Name, q.Messages[0].Body))
		}
	}
	// What has come due since the last run of the sweep is for the next one, such as a digest that waits for its hour.
	for shard := range w.table.Shards() {
		due, err := w.table.Overdue(w.ctx, shard, time.Now().Add(-2*w.every), 100, false)
		must(w.t, err)
		for _, d := range due {
			out = append(out, fmt.Sprintf("overdue: %+v", d))
		}
	}
	for _, o := range w.offices {
		for _, c := range o.relationships() {
			if c.Invite.Status == invite.Scheduled {
				continue // what is past its time is overdue
			}
			if i := c.Invite; i.Status == invite.Scheduled || i.Mail.State == "" && i.Status != invite.Sending {
				continue // there is no mail yet, or there never was
			}
			if c.Invite.Status == invite.Sending || c.Invite.Mail.State != invite.MailDone {
				out = append(out,
					fmt.Sprintf("%s is %s, its mail %s after %d tries", c.Invite.ID, c.Invite.Status, c.Invite.Mail.State,
						c.Invite.Mail.Tries))
			}
		}
	}
	return out
}
