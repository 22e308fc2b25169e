package dns

import (
	"encoding/binary"
	"io"
	"net"
	"strings"

	"golang.org/x/net/dns/dnsmessage"
)

// datagram is how large an answer by UDP may be (RFC 1035, section 4.2.1). The servers don't speak EDNS, and so a client
// that offers to take more gets no more.
const datagram = 512

// question is what is asked: a name in lower case and a type.
type question struct {
	name string
	kind dnsmessage.Type
}

// readFramed reads a message of a stream, which two octets of its length precede.
func readFramed(c net.Conn) ([]byte, error) {
	var size [2]byte
	if _, err := io.ReadFull(c, size[:]); err != nil {
		return nil, err
	}
	out := make([]byte, binary.BigEndian.Uint16(size[:]))
	_, err := io.ReadFull(c, out)
	return out, err
}

// respond is the answer to a message; nil for none.
func (s *Server) respond(network string, ask []byte) []byte {
	var p dnsmessage.Parser
	h, err := p.Start(ask)
	if err != nil || h.Response {
		return nil
	}
	out := &dnsmessage.Message{Header: dnsmessage.Header{ID: h.ID, Response: true, OpCode: h.OpCode, RecursionDesired: h.RecursionDesired}}
	all, err := p.AllQuestions()
	switch {
	case h.OpCode != 0:
		out.RCode = dnsmessage.RCodeNotImplemented
	case err != nil || len(all) != 1:
		out.RCode = dnsmessage.RCodeFormatError
	default:
		q := all[0]
		out.Questions = all
		asked := question{strings.ToLower(q.Name.String()), q.Type}
		s.stub.note(Asked{Server: s.n, Network: network, Name: asked.name, Type: typeName(q.Type)})
		if q.Class != dnsmessage.ClassINET {
			out.RCode = dnsmessage.RCodeRefused
			break
		}
		if !s.failing(asked, out) {
			return nil
		}
	}
	packed, err := out.Pack()
	if err != nil || len(packed) > 0xFFFF {
		packed, err = (&dnsmessage.Message{Header: dnsmessage.Header{ID: h.ID, Response: true, RCode: dnsmessage.RCodeServerFailure},
			Questions: out.Questions}).Pack()
	}
	if err != nil {
		return nil
	}
	if network == "udp" && len(packed) > datagram {
		out.Truncated, out.Answers, out.Authorities, out.Additionals = true, nil, nil, nil
		if packed, err = out.Pack(); err != nil {
			return nil
		}
	}
	return packed
}

// answer fills in what the server's zones say (RFC 1034, section 4.3.2).
func (s *Server) answer(q question, out *dnsmessage.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	z := s.zoneOf(q.name)
	if z == nil {
		out.RCode = dnsmessage.RCodeRefused
		return
	}
	out.Authoritative = true
	seen := map[string]bool{}
	for name := q.name; ; {
		if cut := z.cut(name); cut != nil {
			if len(out.Answers) == 0 {
				out.Authoritative = false
			}
			for _, r := range cut {
				out.Authorities = append(out.Authorities, r.resource(r.name))
				s.glue(r, out)
			}
			return
		}
		at, there := z.find(name)
		if !there {
			out.RCode = dnsmessage.RCodeNameError
			z.negative(out)
			return
		}
		var alias *record
		found := false
		for i, r := range at {
			switch {
			case r.kind == q.kind || q.kind == dnsmessage.TypeALL:
				out.Answers = append(out.Answers, r.resource(name))
				found = true
				if r.kind == dnsmessage.TypeNS {
					s.glue(r, out)
				}
			case r.kind == dnsmessage.TypeCNAME:
				alias = &at[i]
			}
		}
		if alias == nil {
			if !found {
				z.negative(out)
			}
			return
		}
		out.Answers = append(out.Answers, alias.resource(name))
		seen[name] = true
		name = alias.text
		if seen[name] || len(seen) >= mostHops {
			return
		}
		if z = s.zoneOf(name); z == nil {
			return
		}
	}
}

// glue adds the addresses of a name server that the server knows.
func (s *Server) glue(ns record, out *dnsmessage.Message) {
	if z := s.zoneOf(ns.text); z != nil {
		for _, r := range z.names[ns.text] {
			if r.kind == dnsmessage.TypeA || r.kind == dnsmessage.TypeAAAA {
				out.Additionals = append(out.Additionals, r.resource(r.name))
			}
		}
	}
}

// cut is the name servers to which the zone has given the name away; nil where it's the zone's own.
func (z *zone) cut(name string) []record {
	var out []record
	for at := name; at != z.origin && at != "."; at = parent(at) {
		var ns []record
		for _, r := range z.names[at] {
			if r.kind == dnsmessage.TypeNS {
				ns = append(ns, r)
			}
		}
		if ns != nil {
			out = ns // the one next to the origin decides
		}
	}
	return out
}

// find is the records at the name, or those that a wildcard gives it (RFC 4592), and whether the name is there at all. A
// name is there, too, when only names below it have records.
func (z *zone) find(name string) ([]record, bool) {
	if z.exists(name) {
		return z.names[name], true
	}
	encloser := parent(name)
	for !z.exists(encloser) && encloser != z.origin {
		encloser = parent(encloser)
	}
	wild, there := z.names[absolute("*", encloser)]
	return wild, there
}

func (z *zone) exists(name string) bool {
	if _, there := z.names[name]; there {
		return true
	}
	for other := range z.names {
		if strings.HasSuffix(other, "."+name) {
			return true
		}
	}
	return false
}

// negative adds the SOA by which others keep the answer that there is nothing. Its time to live is the smaller one of its
// own and of MINIMUM (RFC 2308, section 3).
func (z *zone) negative(out *dnsmessage.Message) {
	for _, r := range z.names[z.origin] {
		if soa, ok := r.body.(*dnsmessage.SOAResource); ok {
			r.ttl = min(r.ttl, soa.MinTTL)
			out.Authorities = append(out.Authorities, r.resource(z.origin))
		}
	}
}

// resource is the record as the wire has it, for a name that is its own or that a wildcard stands for.
func (r *record) resource(name string) dnsmessage.Resource {
	n, _ := dnsmessage.NewName(name) // which came from a message or has been packed before
	h := dnsmessage.ResourceHeader{Name: n, Type: r.kind, Class: dnsmessage.ClassINET, TTL: r.ttl}
	return dnsmessage.Resource{Header: h, Body: r.body}
}
