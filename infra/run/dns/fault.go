package dns

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// Kind is a way in which a name server fails, or in which a provider answers something else than was entered.
type Kind string

// The kinds of a fault.
const (
	Works     Kind = ""          // the name has no fault
	ServFail  Kind = "servfail"  // the answer is that the server failed
	Refused   Kind = "refused"   // the answer is that the server refuses
	Silent    Kind = "timeout"   // no answer comes
	Slow      Kind = "slow"      // the answer comes after the fault's delay
	Flap      Kind = "flap"      // the answer is by turns what is published and that there is nothing, beginning with the former
	Proxied   Kind = "proxied"   // a CNAME is hidden behind the addresses of the provider's proxy
	Flattened Kind = "flattened" // a CNAME is hidden behind the addresses that its target has
	Lame      Kind = "lame"      // the answer is empty and not authoritative, as of a server that doesn't have the zone
	Spoofed   Kind = "spoofed"   // the answer is to another question
)

// Kinds are all kinds of a fault.
var Kinds = []Kind{Works, ServFail, Refused, Silent, Slow, Flap, Proxied, Flattened, Lame, Spoofed}

// Fault is what happens to questions about a name.
type Fault struct {
	Kind  Kind
	Delay time.Duration // of Slow; 3 s where it is 0
}

// longest is the most that a slow answer takes.
const longest = time.Minute

// proxies are the addresses behind which a proxied name is hidden.
const proxies = "@ 300 A 192.0.2.10\n@ 300 A 192.0.2.11\n@ 300 AAAA 2001:db8::10\n"

// Fail has all servers answer questions about the name with the fault, or as published where it has no kind. The name "*"
// stands for every name without a fault of its own.
func (s *Stub) Fail(name string, f Fault) error {
	for _, one := range s.servers { // a fault that is wrong is so for the first of them
		if err := one.Fail(name, f); err != nil {
			return err
		}
	}
	return nil
}

// Fail is [Stub.Fail] for this server alone.
func (s *Server) Fail(name string, f Fault) error {
	if !slices.Contains(Kinds, f.Kind) {
		return fmt.Errorf("dns: %q is no kind of fault; take one of %v", f.Kind, Kinds[1:])
	}
	if f.Delay < 0 || f.Delay > longest {
		return fmt.Errorf("dns: an answer is slow by at most %s, not %s", longest, f.Delay)
	}
	if name != "*" {
		name = canonical(name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for q := range s.turns {
		if q.name == name {
			delete(s.turns, q)
		}
	}
	if f.Kind == Works {
		delete(s.faults, name)
		return nil
	}
	if _, known := s.faults[name]; !known && len(s.faults) >= mostRecords {
		return fmt.Errorf("dns: a server keeps at most %d faults", mostRecords)
	}
	s.faults[name] = f
	return nil
}

// Faults are the server's faults by the names that have them.
func (s *Server) Faults() map[string]Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]Fault{}
	for name, f := range s.faults {
		out[name] = f
	}
	return out
}

// failing answers the question as the name's fault has it; false where no answer is to be given.
func (s *Server) failing(q question, out *dnsmessage.Message) bool {
	s.mu.Lock()
	f, own := s.faults[q.name]
	if !own {
		f = s.faults["*"]
	}
	turn := 0
	if f.Kind == Flap && len(s.turns) < mostRecords {
		turn = s.turns[q]
		s.turns[q]++
	}
	s.mu.Unlock()
	switch f.Kind {
	case ServFail:
		out.RCode = dnsmessage.RCodeServerFailure
	case Refused:
		out.RCode = dnsmessage.RCodeRefused
	case Silent:
		return false
	case Lame:
	case Slow:
		if f.Delay == 0 {
			f.Delay = 3 * time.Second
		}
		t := time.NewTimer(f.Delay)
		defer t.Stop()
		select {
		case <-t.C:
		case <-s.stub.closed:
			return false
		}
		s.answer(q, out)
	case Flap:
		if s.answer(q, out); turn%2 == 1 {
			s.vanish(q, out)
		}
	case Proxied, Flattened:
		s.hide(f.Kind, q, out)
	case Spoofed:
		s.answer(q, out)
		other, err := dnsmessage.NewName(absolute("spoofed", q.name))
		if err != nil {
			return false
		}
		out.Questions = []dnsmessage.Question{{Name: other, Type: q.kind, Class: dnsmessage.ClassINET}}
	default:
		s.answer(q, out)
	}
	return true
}

// vanish answers as though the name were not there.
func (s *Server) vanish(q question, out *dnsmessage.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out.Answers, out.Authorities, out.Additionals = nil, nil, nil
	if z := s.zoneOf(q.name); z != nil {
		out.Authoritative, out.RCode = true, dnsmessage.RCodeNameError
		z.negative(out)
	}
}

// hide answers for a name whose CNAME the provider keeps to itself: with addresses, and that there is nothing else.
func (s *Server) hide(kind Kind, q question, out *dnsmessage.Message) {
	s.answer(q, out)
	aliased := false
	for _, r := range out.Answers {
		aliased = aliased || r.Header.Type == dnsmessage.TypeCNAME && strings.EqualFold(r.Header.Name.String(), q.name)
	}
	if !aliased {
		return
	}
	owner := out.Answers[0].Header.Name
	var shown []dnsmessage.Resource
	if kind == Proxied {
		records, _ := parse(q.name, proxies) // a text of our own
		for _, r := range records {
			if r.kind == q.kind {
				shown = append(shown, r.resource(q.name))
			}
		}
	} else {
		for _, r := range out.Answers {
			if r.Header.Type == q.kind && q.kind != dnsmessage.TypeCNAME {
				r.Header.Name = owner
				shown = append(shown, r)
			}
		}
	}
	out.RCode, out.Answers, out.Authorities, out.Additionals = dnsmessage.RCodeSuccess, shown, nil, nil
	if len(shown) == 0 {
		s.mu.Lock()
		defer s.mu.Unlock()
		if z := s.zoneOf(q.name); z != nil {
			z.negative(out)
		}
	}
}
