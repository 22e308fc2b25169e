package dns

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"latchkey.dev/shared/domain/zone"
)

// types are the types of records that are asked for. Records of other types in an answer are passed over.
var types = map[zone.Type]dnsmessage.Type{
	zone.A: dnsmessage.TypeA, zone.AAAA: dnsmessage.TypeAAAA, zone.CNAME: dnsmessage.TypeCNAME, zone.MX: dnsmessage.TypeMX,
	zone.NS: dnsmessage.TypeNS, zone.SOA: dnsmessage.TypeSOA, zone.TXT: dnsmessage.TypeTXT,
}

// query writes a question. recursive asks a resolver to find the answer out.
func query(id uint16, q zone.Question, recursive bool) ([]byte, error) {
	name, err := dnsmessage.NewName(zone.Canonical(q.Name))
	if err != nil {
		return nil, err
	}
	t, ok := types[q.Type]
	if !ok {
		return nil, fmt.Errorf("dns: there is no type %q", q.Type)
	}
	m := dnsmessage.Message{Header: dnsmessage.Header{ID: id, RecursionDesired: recursive},
		Questions: []dnsmessage.Question{{Name: name, Type: t, Class: dnsmessage.ClassINET}}}
	return m.Pack()
}

// message is an answer as it was read.
type message struct {
	code          int
	authoritative bool
	truncated     bool // the server says that there is more by TCP
	cut           bool // there is more than what is read
	answers       []zone.Record
	authority     []zone.Record
	additional    []zone.Record
}

// errStray is of a message that doesn't answer the question: an old one, or one that somebody else has sent.
var errStray = errors.New("dns: no answer to the question")

// parse reads the answer to the question that was sent with the id. Of more than MostBytes or MostRecords it reads the
// beginning; it also does so where msg ends early and short says that the sender's message was longer.
func parse(msg []byte, id uint16, q zone.Question, short bool) (*message, error) {
	if len(msg) > MostBytes {
		msg, short = msg[:MostBytes], true
	}
	var p dnsmessage.Parser
	h, err := p.Start(msg)
	if err != nil {
		return nil, err
	}
	if !h.Response || h.ID != id || h.OpCode != 0 {
		return nil, errStray
	}
	asked, err := p.Question()
	if err != nil || asked.Type != types[q.Type] || asked.Class != dnsmessage.ClassINET || !zone.SameName(asked.Name.String(), q.Name) {
		return nil, errStray
	}
	if _, err := p.Question(); !errors.Is(err, dnsmessage.ErrSectionDone) {
		return nil, errStray
	}
	m := &message{code: int(h.RCode), authoritative: h.Authoritative, truncated: h.Truncated, cut: short}
	left := MostRecords
	for _, section := range []struct {
		header func() (dnsmessage.ResourceHeader, error)
		skip   func() error
		into   *[]zone.Record
	}{
		{p.AnswerHeader, p.SkipAnswer, &m.answers},
		{p.AuthorityHeader, p.SkipAuthority, &m.authority},
		{p.AdditionalHeader, p.SkipAdditional, &m.additional},
	} {
		for {
			header, err := section.header()
			if errors.Is(err, dnsmessage.ErrSectionDone) {
				break
			}
			if err == nil && left == 0 {
				m.cut = true
				return m, nil
			}
			if err == nil {
				left--
				err = take(&p, header, section.skip, section.into)
			}
			switch {
			case err == nil:
			case short: // the record that the end of what was read goes through
				return m, nil
			default:
				return nil, err
			}
		}
	}
	return m, nil
}

// take reads the record whose header was read, or passes over one of another type or class.
func take(p *dnsmessage.Parser, h dnsmessage.ResourceHeader, skip func() error, into *[]zone.Record) error {
	r := zone.Record{Name: printable(h.Name), TTL: ttl(h.TTL)}
	kind := h.Type
	if h.Class != dnsmessage.ClassINET {
		kind = 0
	}
	switch kind {
	case dnsmessage.TypeA:
		b, err := p.AResource()
		if err != nil {
			return err
		}
		r.Type, r.Value = zone.A, netip.AddrFrom4(b.A).String()
	case dnsmessage.TypeAAAA:
		b, err := p.AAAAResource()
		if err != nil {
			return err
		}
		r.Type, r.Value = zone.AAAA, netip.AddrFrom16(b.AAAA).String()
	case dnsmessage.TypeCNAME:
		b, err := p.CNAMEResource()
		if err != nil {
			return err
		}
		r.Type, r.Value = zone.CNAME, printable(b.CNAME)
	case dnsmessage.TypeMX:
		b, err := p.MXResource()
		if err != nil {
			return err
		}
		r.Type, r.Value, r.Preference = zone.MX, printable(b.MX), b.Pref
	case dnsmessage.TypeNS:
		b, err := p.NSResource()
		if err != nil {
			return err
		}
		r.Type, r.Value = zone.NS, printable(b.NS)
	case dnsmessage.TypeSOA:
		b, err := p.SOAResource()
		if err != nil {
			return err
		}
		r.Type, r.Value, r.Serial, r.Minimum = zone.SOA, printable(b.NS), b.Serial, ttl(b.MinTTL)
	case dnsmessage.TypeTXT:
		b, err := p.TXTResource()
		if err != nil {
			return err
		}
		r.Type, r.Value = zone.TXT, strings.Join(b.TXT, "")
	default:
		return skip()
	}
	*into = append(*into, r)
	return nil
}

// ttl is a time to live. One with the highest bit set counts as 0 (RFC 2181, section 8).
func ttl(seconds uint32) time.Duration {
	if seconds > 1<<31-1 {
		return 0
	}
	return time.Duration(seconds) * time.Second
}

// printable is a name as zone files write it (RFC 1035, section 5.1), so that none breaks a line or an encoding.
func printable(n dnsmessage.Name) string {
	var out strings.Builder
	for _, c := range n.Data[:n.Length] {
		switch {
		case c <= ' ' || c > '~':
			fmt.Fprintf(&out, "\\%03d", c)
		case strings.IndexByte(`"();@\`, c) >= 0:
			out.WriteByte('\\')
			out.WriteByte(c)
		default:
			out.WriteByte(c)
		}
	}
	return out.String()
}
