// Package zone is what name servers say about a domain, and what may be concluded from it: whether a record is missing or
// nobody could be asked, which servers say something else than the others, how long others may keep an old answer, and
// whether aliases go in a circle. It asks nobody; adapter/dns does.
package zone

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// MostHops is how many aliases are followed from one name. More of them are said to be a loop.
const MostHops = 8

// Type is the type of a record, as zone files write it.
type Type string

// The types that are asked for.
const (
	A     Type = "A"
	AAAA  Type = "AAAA"
	CNAME Type = "CNAME"
	MX    Type = "MX"
	NS    Type = "NS"
	SOA   Type = "SOA"
	TXT   Type = "TXT"
)

// Record is one record of an answer.
type Record struct {
	Name string // whose it is, as found, with its final dot
	Type Type
	TTL  time.Duration
	// Value is an address of A and AAAA; a name with its final dot, as found, of CNAME, NS, MX, and of SOA the primary name
	// server; of TXT its strings joined without a space, as found (RFC 7208, section 3.3). Octets of names that don't
	// belong into one are written as \DDD. It is a stranger's text.
	Value      string
	Preference uint16        // of MX
	Serial     uint32        // of SOA
	Minimum    time.Duration // of SOA
}

// Question is what is asked.
type Question struct {
	Name string
	Type Type
}

// Server is a name server of a zone.
type Server struct {
	Name    string         // with its final dot; "" for the resolver
	Address netip.AddrPort // invalid where Why says why the server isn't asked
	Why     Reason
}

// Zone is a part of the tree of names that has name servers of its own.
type Zone struct {
	Name    string // of its origin, with a final dot
	Servers []Server
	// Negative is how long resolvers may keep the answer that a name of the zone isn't there (RFC 2308); 0 where it's not known.
	Negative time.Duration
}

// Outcome is the kind of an answer.
type Outcome string

// The outcomes.
const (
	Found   Outcome = "found"
	NoData  Outcome = "no_data" // the name is there, and has no such record
	NoName  Outcome = "no_name" // the name isn't there
	Aliased Outcome = "aliased" // the name is an alias of one that the server doesn't know; see Chain
	Loop    Outcome = "loop"    // aliases go in a circle, or are more than MostHops
	Split   Outcome = "split"   // of several answers: name servers say different things
	Unasked Outcome = "unasked" // it couldn't be found out, which says nothing about what is there
)

// Reason says why it couldn't be found out.
type Reason string

// The reasons.
const (
	Timeout     Reason = "timeout"     // no answer came in time
	Unreachable Reason = "unreachable" // the server can't be connected to
	ServFail    Reason = "servfail"    // the server says that it failed
	Refused     Reason = "refused"     // the server says that it refuses to answer
	Lame        Reason = "lame"        // the server doesn't answer for the zone
	Delegated   Reason = "delegated"   // the zone has given the name to other name servers: Authority names them
	Malformed   Reason = "malformed"   // the answer can't be read, or is no answer to the question
	TooLong     Reason = "too_long"    // the record may be in the part of the answer that isn't read
	Spent       Reason = "spent"       // the check has asked as often as it may
	NotPublic   Reason = "not_public"  // the server's address isn't one of the public internet
	NoAddress   Reason = "no_address"  // the server's name has no IPv4 address
	NoSuchName  Reason = "bad_name"    // DNS has no such names: one with a label over 63 octets, for instance
	NoZone      Reason = "no_zone"     // there is no zone that the name is in
)

// CannotAsk is the error of a zone that couldn't be found out.
type CannotAsk struct {
	Name   string
	Reason Reason
}

// Error tells the name and the reason.
func (e *CannotAsk) Error() string {
	return "couldn't find the zone of " + e.Name + ": " + string(e.Reason)
}

// Reply is what one server says.
type Reply struct {
	Question  Question
	Server    Server
	Outcome   Outcome
	Reason    Reason // of Unasked
	Code      int    // the message's RCODE (RFC 1035, section 4.1.1)
	Answers   []Record
	Authority []Record
	// SecondHand is of a resolver, which may keep old answers: only the zone's own servers know what is there now.
	SecondHand bool
	Cut        bool // the answer was longer than what is read
	TCP        bool // the answer came by TCP
}

// Judge finds the outcome of an answer that came with the RCODE and its records.
func (r *Reply) Judge() {
	chain, records, loop := follow(r.Question, r.Answers)
	switch {
	case r.Code != 0 && r.Code != 3:
		r.Outcome, r.Reason = Unasked, Malformed
		switch r.Code {
		case 2:
			r.Reason = ServFail
		case 4, 5, 9: // not implemented, refused, not authoritative
			r.Reason = Refused
		}
	case loop:
		r.Outcome = Loop
	case len(records) > 0:
		r.Outcome = Found
	case r.Cut:
		r.Outcome, r.Reason = Unasked, TooLong
	case r.Code == 3:
		r.Outcome = NoName
	case len(chain) > 0 && r.soa(chain[len(chain)-1]) == nil:
		r.Outcome = Aliased
	default:
		r.Outcome = NoData
	}
}

// Missing tells whether the server says that there is no such record. What couldn't be asked isn't missing.
func (r Reply) Missing() bool { return r.Outcome == NoData || r.Outcome == NoName }

// Records are those of the type that was asked for, at the end of the aliases.
func (r Reply) Records() []Record {
	_, records, _ := follow(r.Question, r.Answers)
	return records
}

// Chain is the names to which aliases lead from the name that was asked for, in their order.
func (r Reply) Chain() []string {
	chain, _, _ := follow(r.Question, r.Answers)
	return chain
}

// Negative is how long whoever got this reply may keep it, where it says that there is nothing: the smaller one of the
// SOA's time to live and its MINIMUM (RFC 2308, section 5). It is 0 where the reply has no SOA, and may not be kept.
func (r Reply) Negative() time.Duration {
	if !r.Missing() {
		return 0
	}
	name := r.Question.Name
	if chain := r.Chain(); len(chain) > 0 {
		name = chain[len(chain)-1]
	}
	if soa := r.soa(name); soa != nil {
		return soa.Negative()
	}
	return 0
}

// Negative is how long the answer may be kept that comes with this SOA.
func (r Record) Negative() time.Duration { return min(r.TTL, r.Minimum) }

// soa is the SOA among the authority's records of a zone that the name can be in.
func (r Reply) soa(name string) *Record {
	for i, a := range r.Authority {
		if a.Type == SOA && Within(name, a.Name) {
			return &r.Authority[i]
		}
	}
	return nil
}

// follow goes from alias to alias, beginning at the name that is asked for.
func follow(q Question, all []Record) (chain []string, records []Record, loop bool) {
	for name, seen := q.Name, []string{Canonical(q.Name)}; ; {
		var alias *Record
		for i, r := range all {
			switch {
			case !SameName(r.Name, name):
			case r.Type == q.Type:
				records = append(records, r)
			case r.Type == CNAME && alias == nil:
				alias = &all[i]
			}
		}
		if len(records) > 0 || alias == nil {
			return chain, records, false
		}
		name = alias.Value
		chain = append(chain, name)
		if len(chain) > MostHops || slices.Contains(seen, Canonical(name)) {
			return chain, nil, true
		}
		seen = append(seen, Canonical(name))
	}
}

// Answers are what the servers of a zone say to one question, in their order.
type Answers struct {
	Question Question
	Replies  []Reply
}

// Group is servers that say the same.
type Group struct {
	Reply   Reply // of the first of them
	Servers []Server
}

// Groups are the different things that are said, the most frequent first. Servers that couldn't be asked say nothing.
// NoData and NoName are the same to whoever looks for a record.
func (a Answers) Groups() []Group {
	var out []Group
	var keys []string
	for _, r := range a.Replies {
		if r.Outcome == Unasked {
			continue
		}
		k := r.key()
		i := slices.Index(keys, k)
		if i < 0 {
			i, keys, out = len(keys), append(keys, k), append(out, Group{Reply: r})
		}
		out[i].Servers = append(out[i].Servers, r.Server)
	}
	slices.SortStableFunc(out, func(a, b Group) int { return cmp.Compare(len(b.Servers), len(a.Servers)) })
	return out
}

// Outcome is what all servers say that could be asked; Split where they differ, and Unasked where none could be.
func (a Answers) Outcome() Outcome {
	switch g := a.Groups(); len(g) {
	case 0:
		return Unasked
	case 1:
		return g[0].Reply.Outcome
	}
	return Split
}

// Differing are the servers that say something else than most of those that could be asked. Where no answer has more
// servers than each other one, nobody can tell which is the old one: all are returned.
func (a Answers) Differing() []Server {
	groups := a.Groups()
	if len(groups) < 2 {
		return nil
	}
	if len(groups[0].Servers) > len(groups[1].Servers) {
		groups = groups[1:]
	}
	var out []Server
	for _, g := range groups {
		out = append(out, g.Servers...)
	}
	return out
}

// Unasked are the replies of servers that couldn't be asked.
func (a Answers) Unasked() []Reply {
	return slices.DeleteFunc(slices.Clone(a.Replies), func(r Reply) bool { return r.Outcome != Unasked })
}

// Negative is the longest time for which somebody may keep one of these answers, where it says that there is nothing.
func (a Answers) Negative() time.Duration {
	var longest time.Duration
	for _, r := range a.Replies {
		longest = max(longest, r.Negative())
	}
	return longest
}

// key is what the reply says, whatever the order of its records, their times and the case of names.
func (r Reply) key() string {
	if r.Missing() {
		return "missing"
	}
	var all []string
	for _, rec := range r.Answers {
		value := rec.Value
		if rec.Type != TXT {
			value = Canonical(value)
		}
		all = append(all, fmt.Sprintf("%s %s %d %d %q", rec.Type, Canonical(rec.Name), rec.Preference, rec.Serial, value))
	}
	slices.Sort(all)
	return string(r.Outcome) + "\n" + strings.Join(all, "\n")
}

// Canonical is the form of a name by which names are compared: in lower case, with a final dot.
func Canonical(name string) string { return strings.TrimSuffix(strings.ToLower(name), ".") + "." }

// SameName tells whether two names are the same to DNS, which knows neither case nor whether the final dot is written.
func SameName(a, b string) bool { return Canonical(a) == Canonical(b) }

// Within tells whether the name is the origin or below it.
func Within(name, origin string) bool {
	name, origin = Canonical(name), Canonical(origin)
	return name == origin || origin == "." || strings.HasSuffix(name, "."+origin)
}
