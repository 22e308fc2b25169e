package senders

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"sync"
	"time"

	"latchkey.dev/shared/domain/sender"
	"latchkey.dev/shared/domain/zone"
)

// found is what one look brought to light.
type found struct {
	sender.Report
	Seen      sender.Seen
	NoDMARC   bool
	Contested bool // whether the registrable domain's proof was looked for
}

// look asks the domain's own name servers for all of the claim's records, and judges what they say. It writes nothing.
func look(ctx context.Context, ask Asking, c *sender.Claim, now time.Time) found {
	l := &looking{ask: ask, now: now, top: sender.TopOf(c.Domain), answers: map[sender.Question]sender.Answer{}}
	out := found{Report: sender.Report{At: now}, NoDMARC: c.NoDMARC, Contested: c.Contested()}
	z, err := ask.Zone(ctx, string(c.Domain))
	if gone := err == nil && !sender.Domain(sender.Canonical(z.Name)).Within(sender.TopOf(c.Domain)); gone || err != nil {
		// A name that nobody has bought is in no zone of its own. What could not be asked says nothing.
		out.Verdicts = unasked(c, gone)
		out.Seen = sender.Seen{Asked: gone, Vanished: gone}
		return out
	}
	l.zone = z
	out.Zone = sender.Canonical(z.Name)
	for _, s := range z.Servers {
		out.NameServers = append(out.NameServers, sender.Canonical(s.Name))
	}
	wanted := c.Wanted()
	wanted.Zone, wanted.NoDMARC = out.Zone, false
	check := sender.Check{Records: sender.Records(wanted), Zone: out.Zone, NameServers: out.NameServers, Probe: probe()}
	// What DMARC says is asked for along with the records themselves: what else there is to ask depends on what they are, and may
	// take the rest of the budget.
	l.round(ctx, &check, check.Questions())
	l.differ(ctx, &check)
	if missing := check.Questions(); len(missing) > 0 {
		l.round(ctx, &check, slices.DeleteFunc(missing, func(q sender.Question) bool { return !check.Telling(q) }))
	}
	walk := sender.WalkTree(string(c.Domain), l.walked(ctx))
	for {
		questions := check.Questions()
		if len(questions) == 0 || ask.Left() <= 0 || ctx.Err() != nil {
			break
		}
		before := len(check.Answers)
		l.round(ctx, &check, questions)
		if len(check.Answers) == before {
			break
		}
	}
	l.others(ctx, &check, false)
	l.secondHand(ctx, &check, c.Report)
	from := l.lookup(ctx, sender.Question{Name: string(c.Domain), Type: sender.TXT})
	if v, ok := sender.JudgeFromSPF(c.Domain, from); ok {
		out.FromSPF = v.Why
	}
	out.Mailboxes = sender.MailboxNote(l.lookup(ctx, sender.Question{Name: string(l.top), Type: sender.MX}))
	dmarc := l.dmarc(ctx, wanted)
	l.others(ctx, &check, true) // with what is left of the budget
	out.Verdicts = check.Verdicts()
	out.Seen = sender.SeenBy(out.Verdicts)
	if c.ProofOnly {
		out.Seen.Asked = asked(out.Verdicts)
	}
	out.Seen.Vanished = sender.Vanished(sender.Answered, c.NameServers, out.NameServers)
	if _, ok := walk.Applies(); !walk.Unasked {
		out.NoDMARC = !ok && len(walk.Doubled) == 0
	}
	if !c.ProofOnly {
		out.Verdicts = append(out.Verdicts, dmarc)
	}
	return out
}

// asked tells whether the proof could be asked for.
func asked(verdicts []sender.Verdict) bool {
	return !slices.ContainsFunc(verdicts, func(v sender.Verdict) bool {
		return v.Record.Role == sender.Proof && v.Cause == sender.CannotAsk
	})
}

// unasked are the verdicts where there is no name server to ask: the domain is not there, or nobody could say.
func unasked(c *sender.Claim, gone bool) []sender.Verdict {
	check := sender.Check{Records: sender.Records(c.Wanted())}
	for _, r := range check.Records {
		status := sender.Unasked
		if gone {
			status = sender.NoName
		}
		check.Answers = append(check.Answers, sender.Answer{Question: sender.Question{Name: r.Name, Type: r.Type}, Status: status})
	}
	return check.Verdicts()
}

// looking is a look that is under way.
type looking struct {
	ask  Asking
	zone zone.Zone
	now  time.Time
	turn int

	top    sender.Domain
	above  sync.Once
	parent zone.Zone

	mu      sync.Mutex
	answers map[sender.Question]sender.Answer
}

// round asks questions at once, each another server first, so that servers which differ are met.
func (l *looking) round(ctx context.Context, check *sender.Check, questions []sender.Question) {
	answers := make([]sender.Answer, len(questions))
	var asking sync.WaitGroup
	for i, q := range questions {
		turn := l.turn + i
		asking.Go(func() { answers[i] = l.one(ctx, q, turn) })
	}
	asking.Wait()
	l.turn += len(questions)
	for _, a := range answers {
		if a.Status == sender.Unasked && l.ask.Left() <= 0 {
			continue // it was never sent
		}
		check.Answers = append(check.Answers, a)
	}
}

// one asks one question: the zone's servers, beginning with the one whose turn it is, or the resolver for what is elsewhere.
func (l *looking) one(ctx context.Context, q sender.Question, turn int) sender.Answer {
	var a sender.Answer
	if z, ok := l.zoneOf(ctx, q.Name); ok {
		if n := len(z.Servers); n > 1 {
			at := turn % n
			z.Servers = slices.Concat(z.Servers[at:], z.Servers[:at])
		}
		a = l.answer(q, l.ask.First(ctx, z, q.Name, zone.Type(q.Type)))
	} else {
		a = l.answer(q, l.ask.Resolver(ctx, q.Name, zone.Type(q.Type)))
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.answers[sender.Question{Name: sender.Canonical(q.Name), Type: q.Type}] = a
	return a
}

// zoneOf is the zone whose servers are asked for a name: the domain's, or of a domain that is delegated the one above it, in which
// the registrable domain is proven. It is false for names elsewhere.
func (l *looking) zoneOf(ctx context.Context, name string) (zone.Zone, bool) {
	if zone.Within(name, l.zone.Name) {
		return l.zone, true
	}
	if !zone.Within(name, string(l.top)) || !strings.HasPrefix(name, "_latchkey.") {
		return zone.Zone{}, false
	}
	l.above.Do(func() {
		if z, err := l.ask.Zone(ctx, string(l.top)); err == nil {
			l.parent = z
		}
	})
	return l.parent, l.parent.Name != ""
}

// lookup asks what was not asked yet.
func (l *looking) lookup(ctx context.Context, q sender.Question) sender.Answer {
	l.mu.Lock()
	a, ok := l.answers[sender.Question{Name: sender.Canonical(q.Name), Type: q.Type}]
	l.mu.Unlock()
	if ok {
		return a
	}
	if l.ask.Left() <= 0 {
		return sender.Answer{Question: q, Status: sender.Unasked}
	}
	return l.one(ctx, q, 0)
}

// differ asks the other servers for the first record that one does not have. Where they have it, one of them is behind, and is asked
// about no more names; where they don't, the budget is for finding out what was done wrong.
func (l *looking) differ(ctx context.Context, check *sender.Check) {
	for _, v := range check.Verdicts() {
		if v.Cause != sender.Missing {
			continue
		}
		q := sender.Question{Name: v.Record.Name, Type: v.Record.Type}
		l.elsewhere(ctx, check, q)
		for _, again := range check.Verdicts() {
			if again.Record == v.Record && again.Cause == sender.Split {
				l.others(ctx, check, false)
			}
		}
		return
	}
}

// elsewhere asks the servers that have not answered the question.
func (l *looking) elsewhere(ctx context.Context, check *sender.Check, q sender.Question) {
	for _, s := range l.zone.Servers {
		if l.ask.Left() <= 0 || ctx.Err() != nil {
			return
		}
		if slices.ContainsFunc(check.Answers, func(a sender.Answer) bool {
			return a.Question == q && a.Server == sender.Canonical(s.Name)
		}) {
			continue
		}
		z := l.zone
		z.Servers = []zone.Server{s}
		if a := l.answer(q, l.ask.First(ctx, z, q.Name, zone.Type(q.Type))); a.Status != sender.Unasked {
			check.Answers = append(check.Answers, a)
		}
	}
}

// others asks the other servers for the records that one has wrong, or does not have, since that one may be an old one; or for those
// that it has right (D19).
func (l *looking) others(ctx context.Context, check *sender.Check, right bool) {
	for _, v := range check.Verdicts() {
		if (v.Light == sender.Right) != right || v.Cause == sender.NotLooked {
			continue
		}
		l.elsewhere(ctx, check, sender.Question{Name: v.Record.Name, Type: v.Record.Type})
	}
}

// secondHand asks the resolver for what is right now and was missing at the last look: it may keep the old answer, and so may others
// (D16). What is missing is never asked for there, since that would make the resolver keep the miss.
func (l *looking) secondHand(ctx context.Context, check *sender.Check, before sender.Report) {
	for _, v := range check.Verdicts() {
		if v.Light != sender.Right || l.ask.Left() <= 0 || ctx.Err() != nil {
			continue
		}
		missed := slices.ContainsFunc(before.Verdicts, func(b sender.Verdict) bool {
			return b.Record.Name == v.Record.Name && b.Record.Type == v.Record.Type && (!b.Until.IsZero() && l.now.Before(b.Until))
		})
		if !missed {
			continue
		}
		q := sender.Question{Name: v.Record.Name, Type: v.Record.Type}
		if a := l.answer(q, l.ask.Resolver(ctx, q.Name, zone.Type(q.Type))); a.Cached && a.Status != sender.Unasked {
			check.Answers = append(check.Answers, a)
		}
	}
}

// dmarc judges how DMARC stands.
func (l *looking) dmarc(ctx context.Context, w sender.Wanted) sender.Verdict {
	w.NoDMARC = true
	records := sender.Records(w)
	exists := l.lookup(ctx, sender.Question{Name: string(w.Domain), Type: sender.TXT}).Status != sender.NoName
	return sender.JudgeDMARC(sender.Alignment{From: string(w.Domain), Identity: string(w.Domain), MailFrom: w.MailFrom(), Exists: exists},
		records[len(records)-1], l.walked(ctx))
}

// walked asks for DMARC records. That of a public suffix, where it cannot be asked, counts as none: nearly none has one, and it would
// matter only where neither the domain nor the organization has a record.
func (l *looking) walked(ctx context.Context) func(sender.Question) sender.Answer {
	return func(q sender.Question) sender.Answer {
		a := l.lookup(ctx, q)
		if at := strings.TrimPrefix(sender.Canonical(q.Name), "_dmarc."); a.Status == sender.Unasked && !sender.Domain(at).Within(l.top) {
			a.Status = sender.NoName
		}
		return a
	}
}

// answer is a reply in the words of the doctor. Times are the product's.
func (l *looking) answer(q sender.Question, r zone.Reply) sender.Answer {
	a := sender.Answer{Question: q, Server: sender.Canonical(r.Server.Name), Cached: r.SecondHand, Status: sender.Answered}
	switch r.Outcome {
	case zone.NoName:
		a.Status = sender.NoName
	case zone.Unasked, zone.Split:
		a.Status = sender.Unasked
		return a
	case zone.Loop:
		a.Status = sender.Looped
	}
	if n := r.Negative(); n > 0 {
		a.NegativeUntil = l.now.Add(n)
	}
	if q.Type != sender.CNAME {
		for _, rec := range r.Answers {
			if rec.Type == zone.CNAME && zone.SameName(rec.Name, q.Name) {
				a.Values = append(a.Values, value(rec))
			}
		}
	}
	for _, rec := range r.Records() {
		a.Values = append(a.Values, value(rec))
	}
	return a
}

func value(r zone.Record) sender.Value {
	v := sender.Value{Type: sender.Type(r.Type), Data: r.Value, Preference: r.Preference, TTL: r.TTL}
	if r.Type != zone.TXT {
		v.Data = strings.TrimSuffix(r.Value, ".")
	}
	return v
}

// probe is a label of 16 letters that nobody has published (D13).
func probe() string {
	const letters = "abcdefghijklmnopqrstuvwxyz"
	b := make([]byte, 16)
	rand.Read(b) //nolint:errcheck,gosec // crypto/rand.Read never fails (Go 1.24)
	for i := range b {
		b[i] = letters[int(b[i])%len(letters)]
	}
	return string(b)
}
