package dns

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"latchkey.dev/shared/domain/zone"
)

// Check is questions that share a budget of [Queries] messages and the time of [Patience]. Its methods may be called at
// once. A zone that one check has found may be asked by others.
type Check struct {
	asker *Asker
	slots chan struct{}

	mu    sync.Mutex
	left  int
	until time.Time
}

// Check begins a check.
func (a *Asker) Check() *Check {
	return &Check{asker: a, slots: make(chan struct{}, AtOnce), left: Queries}
}

// Left is how many messages the check may still send.
func (c *Check) Left() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.left
}

// spend takes a message off the budget; false where none is left.
func (c *Check) spend() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left == 0 {
		return false
	}
	c.left--
	return true
}

// within bounds what is asked by the check's time, which begins with its first question.
func (c *Check) within(ctx context.Context) (context.Context, context.CancelFunc) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.until.IsZero() {
		c.until = time.Now().Add(Patience)
	}
	return context.WithDeadline(ctx, c.until)
}

// over tells whether the check's time is up. The contexts of questions that wait for one another end one after the other, so that one
// could still be sent when another has made room for it.
func (c *Check) over() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.until.IsZero() && !time.Now().Before(c.until)
}

// Zone finds the zone that the name is in and its name servers, of which at most four are asked. It costs three messages,
// and one for each name server whose address doesn't come along. The error is a [*zone.CannotAsk].
func (c *Check) Zone(ctx context.Context, name string) (zone.Zone, error) {
	ctx, cancel := c.within(ctx)
	defer cancel()
	var z zone.Zone
	fail := func(why zone.Reason) error { return &zone.CannotAsk{Name: name, Reason: why} }
	failed := zone.NoZone
	for at := zone.Canonical(name); z.Name == ""; at = parent(at) {
		if at == "." || failed != zone.NoZone && parent(at) == "." {
			return zone.Zone{}, fail(failed)
		}
		r, _ := c.resolve(ctx, zone.Question{Name: at, Type: zone.SOA})
		if r.Reason == zone.Delegated { // by a stand-in, which unlike a resolver knows its own zones alone
			z.Name = r.Authority[0].Name
			continue
		}
		switch {
		case r.Reason == zone.ServFail && failed == zone.NoZone:
			// Resolvers say so of aliases that go in a circle, too, and of a name that was given to servers that don't answer.
			// The servers of the zone above tell which.
			failed = r.Reason
		case r.Reason == zone.ServFail:
		case r.Outcome == zone.Unasked:
			return zone.Zone{}, fail(r.Reason)
		}
		z.Name = apex(at, r)
	}
	if z.Name == "." {
		return zone.Zone{}, fail(zone.NoZone)
	}
	z.Name = zone.Canonical(z.Name)
	r, glue := c.resolve(ctx, zone.Question{Name: z.Name, Type: zone.NS})
	hosts := r.Records()
	switch {
	case r.Reason == zone.Delegated:
		hosts = r.Authority
	case r.Outcome == zone.Unasked:
		return zone.Zone{}, fail(r.Reason)
	}
	for _, h := range hosts {
		if h.Type == zone.NS && zone.SameName(h.Name, z.Name) {
			z.Servers = append(z.Servers, zone.Server{Name: zone.Canonical(h.Value)})
		}
	}
	slices.SortFunc(z.Servers, func(a, b zone.Server) int { return strings.Compare(a.Name, b.Name) })
	z.Servers = slices.Compact(z.Servers)
	z.Servers = z.Servers[:min(len(z.Servers), MostServers)]
	if len(z.Servers) == 0 {
		return zone.Zone{}, fail(zone.NoZone)
	}
	c.locate(ctx, z.Servers, glue)
	z.Negative = c.negative(ctx, z)
	return z, nil
}

// apex is the origin of the zone that the name is in, by what was said about its SOA; "" where that doesn't tell. A name
// that is an alias is no origin, and the SOA that comes along is another zone's.
func apex(name string, r zone.Reply) string {
	for _, rec := range r.Answers {
		switch {
		case rec.Type == zone.CNAME:
			return ""
		case rec.Type == zone.SOA && zone.SameName(rec.Name, name):
			return rec.Name
		}
	}
	for _, rec := range r.Authority {
		if rec.Type == zone.SOA && zone.Within(name, rec.Name) {
			return rec.Name
		}
	}
	return ""
}

// locate finds the servers' addresses, of those that came along or by asking.
func (c *Check) locate(ctx context.Context, servers []zone.Server, glue []zone.Record) {
	var asking sync.WaitGroup
	for i := range servers {
		s := &servers[i]
		asking.Go(func() {
			found := slices.DeleteFunc(slices.Clone(glue), func(r zone.Record) bool {
				return r.Type != zone.A || !zone.SameName(r.Name, s.Name)
			})
			if len(found) == 0 {
				r, _ := c.resolve(ctx, zone.Question{Name: s.Name, Type: zone.A})
				if found = r.Records(); r.Outcome == zone.Unasked {
					s.Why = r.Reason
					return
				}
			}
			s.Why = zone.NoAddress
			for _, r := range found {
				ip, err := netip.ParseAddr(r.Value)
				if err != nil {
					continue
				}
				to := netip.AddrPortFrom(ip, 53)
				if n := len(c.asker.StandIns); n > 0 {
					to = c.asker.StandIns[i%n]
				}
				if s.Why = c.asker.admit(to); s.Why == "" {
					s.Address = to
					return
				}
			}
		})
	}
	asking.Wait()
}

// negative asks the zone's own servers how long others may keep that a name isn't there. A resolver's SOA doesn't say it,
// since the time to live of what it keeps runs down.
func (c *Check) negative(ctx context.Context, z zone.Zone) time.Duration {
	for _, r := range c.First(ctx, z, z.Name, zone.SOA).Records() {
		return r.Negative()
	}
	return 0
}

// Ask asks all of the zone's servers at once. A server that couldn't be asked has a reply that says why. Where none of
// them could be reached, the resolver's second-hand reply stands behind theirs.
func (c *Check) Ask(ctx context.Context, z zone.Zone, name string, t zone.Type) zone.Answers {
	ctx, cancel := c.within(ctx)
	defer cancel()
	out := zone.Answers{Question: zone.Question{Name: zone.Canonical(name), Type: t}, Replies: make([]zone.Reply, len(z.Servers))}
	var asking sync.WaitGroup
	for i, s := range z.Servers {
		asking.Go(func() { out.Replies[i] = c.ask(ctx, z, s, out.Question) })
	}
	asking.Wait()
	if !slices.ContainsFunc(out.Replies, func(r zone.Reply) bool { return !unreached(r) }) {
		if r, _ := c.resolve(ctx, out.Question); r.Outcome != zone.Unasked {
			out.Replies = append(out.Replies, r)
		}
	}
	return out
}

// First asks the zone's servers one after the other until one answers.
func (c *Check) First(ctx context.Context, z zone.Zone, name string, t zone.Type) zone.Reply {
	ctx, cancel := c.within(ctx)
	defer cancel()
	q := zone.Question{Name: zone.Canonical(name), Type: t}
	reply := zone.Reply{Question: q, Outcome: zone.Unasked, Reason: zone.NoAddress}
	for _, s := range z.Servers {
		if reply = c.ask(ctx, z, s, q); reply.Outcome != zone.Unasked {
			return reply
		}
	}
	return reply
}

// Resolver asks this machine's resolver, whose reply is second-hand.
func (c *Check) Resolver(ctx context.Context, name string, t zone.Type) zone.Reply {
	ctx, cancel := c.within(ctx)
	defer cancel()
	r, _ := c.resolve(ctx, zone.Question{Name: zone.Canonical(name), Type: t})
	return r
}

// Follow asks the zone's servers as First does, and then from alias to alias: within the zone its own servers, outside of
// it the resolver. The reply has the records of all steps, and is a loop where the aliases are one or too many.
func (c *Check) Follow(ctx context.Context, z zone.Zone, name string, t zone.Type) zone.Reply {
	ctx, cancel := c.within(ctx)
	defer cancel()
	r := c.First(ctx, z, name, t)
	for r.Outcome == zone.Aliased { // each step makes the chain longer, until it is a loop
		chain := r.Chain()
		end := chain[len(chain)-1]
		next := zone.Reply{Reason: zone.Delegated}
		if zone.Within(end, z.Name) {
			next = c.First(ctx, z, end, t)
		}
		if next.Reason == zone.Delegated {
			next = c.Resolver(ctx, end, t)
		}
		next.Answers = append(slices.Clone(r.Answers), next.Answers...)
		next.Cut, next.Question = next.Cut || r.Cut, r.Question
		if r = next; r.Outcome == zone.Found || r.Outcome == zone.Aliased {
			r.Judge()
		}
	}
	return r
}

// unreached tells whether the server itself has said nothing.
func unreached(r zone.Reply) bool {
	silent := r.Reason == zone.Timeout || r.Reason == zone.Unreachable || r.Reason == zone.NoAddress
	return r.Outcome == zone.Unasked && silent
}

// ask asks one of the zone's servers.
func (c *Check) ask(ctx context.Context, z zone.Zone, s zone.Server, q zone.Question) zone.Reply {
	out := zone.Reply{Question: q, Server: s, Outcome: zone.Unasked, Reason: s.Why}
	if s.Why != "" {
		return out
	}
	if out.Reason = c.asker.admit(s.Address); out.Reason != "" {
		return out
	}
	m, tcp, why := c.exchange(ctx, s.Address, q, false)
	if out.Reason = why; why != "" {
		return out
	}
	return judge(out, m, tcp, z.Name)
}

// judge makes a reply of what an authoritative server answered for the zone.
func judge(out zone.Reply, m *message, tcp bool, origin string) zone.Reply {
	fill(&out, m, tcp)
	out.Judge()
	switch {
	case out.Outcome == zone.Unasked:
	case !m.authoritative && referral(m, out.Question.Name, origin):
		out.Outcome, out.Reason = zone.Unasked, zone.Delegated
	case !m.authoritative:
		out.Outcome, out.Reason = zone.Unasked, zone.Lame
	}
	return out
}

// referral tells whether the message gives the name to other name servers, of a zone below the origin.
func referral(m *message, name, origin string) bool {
	if len(m.answers) > 0 || len(m.authority) == 0 || m.code != 0 {
		return false
	}
	to := m.authority[0]
	return to.Type == zone.NS && zone.Within(name, to.Name) && zone.Within(to.Name, origin) && !zone.SameName(to.Name, origin)
}

func fill(out *zone.Reply, m *message, tcp bool) {
	out.Reason, out.Code, out.Answers, out.Authority, out.Cut, out.TCP = "", m.code, m.answers, m.authority, m.cut, tcp
}

// resolve asks this machine's resolvers, one after the other until one is reached. It also returns the addresses that came
// along.
func (c *Check) resolve(ctx context.Context, q zone.Question) (out zone.Reply, along []zone.Record) {
	out = zone.Reply{Question: q, Outcome: zone.Unasked, Reason: zone.Unreachable, SecondHand: true}
	for _, to := range c.asker.Resolvers {
		out = zone.Reply{Question: q, Outcome: zone.Unasked, SecondHand: true, Server: zone.Server{Address: to}}
		var m *message
		var tcp bool
		if m, tcp, out.Reason = c.exchange(ctx, to, q, true); out.Reason != "" {
			continue
		}
		fill(&out, m, tcp)
		switch out.Judge(); {
		case referral(m, q.Name, ".") && !m.authoritative:
			out.Outcome, out.Reason = zone.Unasked, zone.Delegated
			return out, m.additional
		case out.Outcome != zone.Unasked:
			return out, m.additional
		}
	}
	return out, nil
}

// exchange asks one server by UDP, and by TCP where the answer is too long for a datagram or none comes: some networks
// let only one of them through.
func (c *Check) exchange(ctx context.Context, to netip.AddrPort, q zone.Question, recursive bool) (*message, bool, zone.Reason) {
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-ctx.Done():
		return nil, false, zone.Timeout
	}
	var why zone.Reason
	for _, network := range []string{"udp", "tcp"} {
		if ctx.Err() != nil || c.over() {
			return nil, false, zone.Timeout
		}
		var m *message
		if m, why = c.once(ctx, network, to, q, recursive); why == zone.Spent || why == zone.NoSuchName {
			return nil, false, why
		}
		if why == "" && (!m.truncated || network == "tcp") {
			m.cut = m.cut || m.truncated
			return m, network == "tcp", ""
		}
	}
	return nil, true, why
}

// once sends the question and waits for its answer.
func (c *Check) once(ctx context.Context, network string, to netip.AddrPort, q zone.Question, recursive bool) (*message, zone.Reason) {
	var random [2]byte
	_, _ = rand.Read(random[:]) // which never fails
	id := binary.BigEndian.Uint16(random[:])
	out, err := query(id, q, recursive)
	if err != nil {
		return nil, zone.NoSuchName
	}
	if !c.spend() {
		return nil, zone.Spent
	}
	ctx, cancel := context.WithTimeout(ctx, attempt)
	defer cancel()
	conn, err := c.asker.Connect(ctx, network, to)
	if err != nil {
		return nil, reason(err)
	}
	defer conn.Close() //nolint:errcheck // nothing is left to be said
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })()
	if network == "tcp" {
		size := len(out)                                          // 271 at most, with a name of 255 octets
		out = append([]byte{byte(size >> 8), byte(size)}, out...) //nolint:gosec // two octets of it, as the wire has them
	}
	if _, err := conn.Write(out); err != nil {
		return nil, reason(err)
	}
	if network == "tcp" {
		return stream(conn, id, q)
	}
	return datagrams(conn, id, q)
}

// datagrams reads until one answers the question.
func datagrams(conn net.Conn, id uint16, q zone.Question) (*message, zone.Reason) {
	buf := make([]byte, MostBytes+1)
	for range strays {
		n, err := conn.Read(buf)
		if err != nil {
			return nil, reason(err)
		}
		m, err := parse(buf[:n], id, q, false)
		if err == nil {
			return m, ""
		}
		if !errors.Is(err, errStray) && n >= 2 && binary.BigEndian.Uint16(buf) == id {
			return nil, zone.Malformed
		}
	}
	return nil, zone.Malformed
}

// stream reads one answer, or its first MostBytes.
func stream(conn net.Conn, id uint16, q zone.Question) (*message, zone.Reason) {
	var size [2]byte
	if _, err := io.ReadFull(conn, size[:]); err != nil {
		return nil, reason(err)
	}
	n := int(binary.BigEndian.Uint16(size[:]))
	buf := make([]byte, min(n, MostBytes))
	if _, err := io.ReadFull(conn, buf); err != nil {
		return nil, reason(err)
	}
	m, err := parse(buf, id, q, n > MostBytes)
	if err != nil {
		return nil, zone.Malformed
	}
	return m, ""
}

// reason is why no answer came.
func reason(err error) zone.Reason {
	var network net.Error
	if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) || errors.As(err, &network) && network.Timeout() {
		return zone.Timeout
	}
	return zone.Unreachable
}

// parent is the name without its first label.
func parent(name string) string {
	_, rest, _ := strings.Cut(name, ".")
	if rest == "" {
		return "."
	}
	return rest
}
