package lifecycle

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/invite"
)

// model is one relationship as it should be: written down apart from the product's own rules, so that the two can
// disagree.
type model struct {
	which    id.Invite
	status   invite.Status // "" while there is none; what time alone does to it is in at
	created  time.Time
	expires  time.Time
	resends  []time.Time
	mailing  bool         // a mail is asked for and not out
	again    bool         // ... and it is not the first
	ran      bool         // ... of one that had expired, so that no older link is good
	good     []string     // links that open it
	dead     []string     // links that were good once
	sends    []*time.Time // of the agency: when places of its hour were taken; nil pointers' times are given back
	place    *time.Time   // of the mail that is being sent
	accepted bool
	mails    int
}

func (m *model) at(now time.Time) invite.Status {
	if (m.status == invite.Pending || m.status == invite.Sending) && !now.Before(m.expires) {
		return invite.Expired
	}
	return m.status
}

func (m *model) full(now time.Time) bool {
	n := 0
	for _, at := range m.sends {
		if at != nil && !at.IsZero() && now.Sub(*at) < agency.Window {
			n++
		}
	}
	return n >= agency.HourlyInvites
}

func (m *model) take(at time.Time) {
	place := at.Truncate(time.Millisecond)
	m.place = &place
	m.sends = append(m.sends, m.place)
}

func (m *model) kill() { m.dead, m.good = append(m.dead, m.good...), nil }

// machine drives the use cases and the model side by side.
type machine struct {
	model
	o       *office
	address string
	out     bool // SES does not answer
}

// edge tells whether a limit changes within the milliseconds that a call takes: then either answer is right, and the
// model does not ask.
func (m *machine) edge(now time.Time, moments ...time.Time) bool {
	for _, at := range m.sends {
		if at != nil {
			moments = append(moments, at.Add(agency.Window))
		}
	}
	return slices.ContainsFunc(append(moments, m.expires), func(t time.Time) bool {
		d := t.Sub(now)
		return d > 0 && d < 50*time.Millisecond
	})
}

func (m *machine) send(r *rapid.T) {
	now := time.Now()
	if m.edge(now) {
		return
	}
	c, err := m.o.send(m.address)
	want := fault.Code("")
	switch s := m.at(now); {
	case m.accepted:
		want = fault.AlreadyClient
	case s == invite.Pending || s == invite.Sending:
		want = fault.AlreadyInvited
	case m.full(now):
		want = fault.RateLimited
	}
	m.expect(r, "send", err, want)
	if err != nil {
		return
	}
	m.kill()
	m.which, m.status, m.created, m.expires = c.Invite.ID, invite.Sending, c.Invite.CreatedAt, c.Invite.CreatedAt.Add(invite.Lifetime)
	m.resends, m.mailing, m.again, m.ran = nil, true, false, false
	m.take(c.Invite.CreatedAt)
}

func (m *machine) resend(r *rapid.T) {
	now := time.Now()
	last := m.created
	if n := len(m.resends); n > 0 {
		last = m.resends[n-1]
	}
	day := time.Time{}
	if n := len(m.resends); n >= invite.ResendsPerDay {
		day = m.resends[n-invite.ResendsPerDay].Add(24 * time.Hour)
	}
	if m.which == "" || m.edge(now, last.Add(invite.ResendApart), day) {
		return
	}
	err := m.o.resend(m.which)
	want := fault.Code("")
	switch s := m.at(now); {
	case s != invite.Pending && s != invite.Expired && s != invite.Sending:
		want = fault.NotPending
	case s == invite.Sending || m.mailing:
		want = fault.StillSending
	case now.Sub(last) < invite.ResendApart, now.Before(day), m.full(now):
		want = fault.RateLimited
	}
	m.expect(r, "resend", err, want)
	if err != nil {
		return
	}
	got := m.o.get(m.which).Invite
	at := got.Resends[len(got.Resends)-1]
	m.ran = m.at(at) == invite.Expired
	if m.ran {
		m.kill()
	}
	m.status, m.expires, m.mailing, m.again = invite.Pending, at.Add(invite.Lifetime), true, true
	m.resends = append(m.resends, at)
	m.take(at)
}

// deliver lets the mail out, or, while SES does not answer, has all tries fail.
func (m *machine) deliver(*rapid.T) {
	w, now := m.o.w, time.Now()
	if left := m.expires.Sub(now); left > 0 && left < 5*time.Minute { // it could run out while its mail is tried
		return
	}
	if m.at(now) == invite.Expired { // too late for a mail
		m.mailing = false
	}
	w.pass(3 * time.Minute)
	if !m.mailing {
		return
	}
	m.mailing = false
	if m.out {
		*m.place = time.Time{}
		switch {
		case !m.again:
			m.kill()
			m.status = invite.Failed
		case m.ran:
			m.status, m.expires = invite.Expired, time.Now()
		}
		return
	}
	m.kill()
	m.good = []string{w.token(m.address)}
	m.status = invite.Pending
	m.mails++
}

func (m *machine) cancel(r *rapid.T) {
	if m.which == "" || m.edge(time.Now()) {
		return
	}
	s := m.at(time.Now())
	_, err := m.o.w.canceller.Cancel(m.o.w.ctx, m.o.owner, m.which)
	want := fault.Code("")
	if s == invite.Accepted || s == invite.Failed {
		want = fault.NotPending
	}
	m.expect(r, "cancel", err, want)
	if err == nil {
		m.kill()
		m.status, m.mailing = invite.Canceled, false
	}
}

func (m *machine) accept(r *rapid.T) {
	if len(m.good) == 0 || m.edge(time.Now()) {
		return
	}
	w := m.o.w
	s := m.at(time.Now())
	_, err := w.invitations.Accept(w.ctx, m.good[0], "", person("stranger@acme.example"))
	switch s {
	case invite.Expired:
		m.expect(r, "a stranger's accepting", err, fault.Expired)
	case invite.Accepted:
		m.expect(r, "a stranger's accepting", err, fault.Gone)
	default:
		m.expect(r, "a stranger's accepting", err, fault.WrongAccount)
	}
	_, err = w.invitations.Accept(w.ctx, m.good[0], "", person(m.address))
	if s == invite.Expired {
		m.expect(r, "accepting", err, fault.Expired)
		return
	}
	m.expect(r, "accepting", err, "")
	m.status, m.accepted, m.mailing = invite.Accepted, true, false
}

func (m *machine) expect(r *rapid.T, what string, err error, want fault.Code) {
	r.Helper()
	got := fault.Code("")
	if f := fault.As(err); f != nil {
		got = f.Code
	} else if err != nil {
		r.Fatal(err)
	}
	if got != want {
		r.Fatalf("%s of a %s invite: %v, want code %q", what, m.at(time.Now()), err, want)
	}
}

// same compares the whole of the product with the model.
func (m *machine) same(r *rapid.T) {
	w := m.o.w
	now := time.Now()
	if m.which == "" {
		if n := len(m.o.relationships()); n != 0 {
			r.Fatalf("%d relationships before the first invite", n)
		}
		return
	}
	got := m.o.get(m.which)
	if s := got.Invite.At(now); s != m.at(now) {
		r.Fatalf("it is %s, want %s", s, m.at(now))
	}
	for _, token := range m.dead {
		if err := w.sees(token); !fault.Is(err, fault.Gone) {
			r.Fatalf("a dead link of a %s invite says %v", m.at(now), err)
		}
	}
	for _, token := range m.good {
		err := w.sees(token)
		switch s := m.at(now); s {
		case invite.Pending, invite.Sending:
			m.expect(r, "looking at", err, "")
		case invite.Expired:
			m.expect(r, "looking at", err, fault.Expired)
		case invite.Accepted: // to a stranger it is used up
			m.expect(r, "looking at", err, fault.Gone)
		}
	}
	if n := len(w.tokens(m.address)); n != m.mails {
		r.Fatalf("%d mails, want %d", n, m.mails)
	}
	view, err := w.portal.Get(w.ctx, person(m.address), "")
	if m.accepted != (err == nil) || err == nil && len(view.Instances) != 2 {
		r.Fatalf("accepted: %t, the portal: %+v, %v", m.accepted, view, err)
	}
	left := agency.HourlyInvites
	for _, at := range m.sends {
		if !at.IsZero() && now.Sub(*at) < agency.Window {
			left--
		}
	}
	if !m.edge(now) && m.o.left() != left {
		r.Fatalf("%d places left, want %d", m.o.left(), left)
	}
	if p := w.problems(); len(p) > 0 {
		r.Fatalf("%q", p)
	}
}

// One relationship, driven at random beside its model. To repeat a run: -rapid.seed.
func TestARelationshipAgreesWithItsModel(t *testing.T) {
	t.Parallel()
	property(t, func(w *world, r *rapid.T) {
		m := &machine{o: w.office("Northwind"), address: "ops@acme.example"}
		w.network.faults(func(c call) verdict {
			if m.out && c.operation == "SendEmail" {
				return loseIt
			}
			return pass
		})
		defer w.network.faults(nil)
		r.Repeat(map[string]func(*rapid.T){
			"":        m.same,
			"send":    m.send,
			"resend":  m.resend,
			"deliver": m.deliver,
			"cancel":  m.cancel,
			"accept":  m.accept,
			"outage":  func(*rapid.T) { m.out = !m.out },
			"wait": func(r *rapid.T) {
				w.skip(time.Duration(rapid.SampledFrom([]int{1, 61, 3600, 86_400, 4 * 86_400}).Draw(r, "seconds")) * time.Second)
			},
			"sweep": func(*rapid.T) {
				if !m.mailing {
					must(w.t, w.tidy())
				}
			},
		})
	})
}
