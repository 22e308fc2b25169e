package dns

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/dns/dnsmessage"
)

// zone is the records of an origin, by the names that own them.
type zone struct {
	origin string
	names  map[string][]record
}

// record is a line of a zone.
type record struct {
	name string // in lower case, with its final dot
	kind dnsmessage.Type
	ttl  uint32
	body dnsmessage.ResourceBody
	text string // its data as a zone file writes it, by which two records are the same
}

// defaultTTL is the time of records that have none of their own.
const defaultTTL = 300

// SetZone has all servers answer for the origin with the records of the text alone, in place of what they had for it.
func (s *Stub) SetZone(origin, text string) error { return setZone(s.servers, origin, text) }

// RemoveZone has no server answer for the origin any more.
func (s *Stub) RemoveZone(origin string) {
	for _, one := range s.servers {
		one.RemoveZone(origin)
	}
}

// Publish adds records, a line each with full names, to the zones that they belong to, on all servers. What is there
// already stays as it is, and gets the time to live of the line.
func (s *Stub) Publish(lines string) error { return publish(s.servers, lines) }

// Delete removes the records of the type at the name on all servers; those of any type but SOA where it is "".
func (s *Stub) Delete(name, kind string) error { return remove(s.servers, name, kind) }

// change replaces zones of the servers by what next makes of them: on all of them, or on none where it fails for one.
func change(servers []*Server, next func(*Server) (map[string]*zone, error)) error {
	for _, one := range servers { // in the order of their places, so that two changes never wait for each other
		one.mu.Lock()
		defer one.mu.Unlock()
	}
	all := make([]map[string]*zone, len(servers))
	for i, one := range servers {
		var err error
		if all[i], err = next(one); err != nil {
			return err
		}
		n := 0
		for origin, z := range one.zones {
			if all[i][origin] == nil {
				n += z.size()
			}
		}
		for _, z := range all[i] {
			n += z.size()
		}
		if n > mostRecords {
			return fmt.Errorf("dns: a server keeps at most %d records", mostRecords)
		}
	}
	for i, one := range servers {
		for origin, z := range all[i] {
			one.zones[origin] = z
		}
	}
	return nil
}

// SetZone is [Stub.SetZone] for this server. A zone whose text has no SOA or NS gets those of ns1, ns2 and so on below
// the origin, one for each of the stub's servers.
func (s *Server) SetZone(origin, text string) error { return setZone([]*Server{s}, origin, text) }

func setZone(servers []*Server, origin, text string) error {
	origin = canonical(origin)
	records, err := parse(origin, text)
	if err != nil {
		return err
	}
	return change(servers, func(s *Server) (map[string]*zone, error) {
		z := &zone{origin: origin, names: map[string][]record{}}
		defaults, err := s.defaults(origin, records)
		if err != nil { // there is no room for a name below the origin
			return nil, err
		}
		for _, r := range append(defaults, records...) {
			if !within(r.name, origin) {
				return nil, fmt.Errorf("dns: %s is outside of the zone %s", r.name, origin)
			}
			if err := z.add(r); err != nil {
				return nil, err
			}
		}
		return map[string]*zone{origin: z}, nil
	})
}

// defaults are what every zone has and the records lack.
func (s *Server) defaults(origin string, records []record) ([]record, error) {
	has := func(t dnsmessage.Type) bool {
		return slices.ContainsFunc(records, func(r record) bool { return r.kind == t && r.name == origin })
	}
	var lines strings.Builder
	if !has(dnsmessage.TypeSOA) {
		lines.WriteString("@ 3600 SOA ns1 hostmaster 1 7200 900 1209600 300\n")
	}
	if !has(dnsmessage.TypeNS) {
		for n := range max(len(s.stub.servers), s.n+1) {
			fmt.Fprintf(&lines, "@ 3600 NS ns%d\nns%d 3600 A 127.0.0.1\n", n+1, n+1)
		}
	}
	return parse(origin, lines.String())
}

// RemoveZone is [Stub.RemoveZone] for this server.
func (s *Server) RemoveZone(origin string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.zones, canonical(origin))
}

// Publish is [Stub.Publish] for this server alone.
func (s *Server) Publish(lines string) error { return publish([]*Server{s}, lines) }

func publish(servers []*Server, lines string) error {
	records, err := parse(".", lines)
	if err != nil {
		return err
	}
	return change(servers, func(s *Server) (map[string]*zone, error) {
		changed := map[string]*zone{}
		for _, r := range records {
			z := s.zoneOf(r.name)
			if z == nil {
				return nil, fmt.Errorf("dns: there is no zone for %s; set one first", r.name)
			}
			if changed[z.origin] == nil {
				changed[z.origin] = z.clone()
			}
			if err := changed[z.origin].add(r); err != nil {
				return nil, err
			}
		}
		for _, z := range changed {
			z.renew()
		}
		return changed, nil
	})
}

// Delete is [Stub.Delete] for this server alone.
func (s *Server) Delete(name, kind string) error { return remove([]*Server{s}, name, kind) }

func remove(servers []*Server, name, kind string) error {
	t, known := typeNames[strings.ToUpper(kind)]
	if kind != "" && !known {
		return fmt.Errorf("dns: %q is no type of record; take one of A, AAAA, CNAME, MX, NS, SOA and TXT", kind)
	}
	name = canonical(name)
	return change(servers, func(s *Server) (map[string]*zone, error) {
		z := s.zoneOf(name)
		if z == nil {
			return nil, fmt.Errorf("dns: there is no zone for %s", name)
		}
		z = z.clone()
		left := slices.DeleteFunc(z.names[name], func(r record) bool {
			return r.kind == t || kind == "" && r.kind != dnsmessage.TypeSOA
		})
		if z.names[name] = left; len(left) == 0 {
			delete(z.names, name)
		}
		z.renew()
		return map[string]*zone{z.origin: z}, nil
	})
}

// Origins are the server's zones by name.
func (s *Server) Origins() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []string
	for origin := range s.zones {
		all = append(all, origin)
	}
	slices.Sort(all)
	return all
}

// Text is the zone of that origin as lines with full names; "" where there is none.
func (s *Server) Text(origin string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	z := s.zones[canonical(origin)]
	if z == nil {
		return ""
	}
	var all []record
	for _, records := range z.names {
		all = append(all, records...)
	}
	slices.SortFunc(all, func(a, b record) int {
		soa := func(r record) int { // which comes first in a zone file
			if r.kind == dnsmessage.TypeSOA {
				return 0
			}
			return 1
		}
		return cmp.Or(soa(a)-soa(b), strings.Compare(a.name, b.name), int(a.kind)-int(b.kind), strings.Compare(a.text, b.text))
	})
	var out strings.Builder
	for _, r := range all {
		fmt.Fprintf(&out, "%s %d IN %s %s\n", r.name, r.ttl, typeName(r.kind), r.text)
	}
	return out.String()
}

// zoneOf is the deepest zone that the name is in; the caller holds the lock.
func (s *Server) zoneOf(name string) *zone {
	for {
		if z := s.zones[name]; z != nil {
			return z
		}
		if name == "." {
			return nil
		}
		name = parent(name)
	}
}

func (z *zone) size() int {
	n := 0
	for _, records := range z.names {
		n += len(records)
	}
	return n
}

func (z *zone) clone() *zone {
	out := &zone{origin: z.origin, names: make(map[string][]record, len(z.names))}
	for name, records := range z.names {
		out.names[name] = slices.Clone(records)
	}
	return out
}

// add puts the record among those of its name. An alias stands alone (RFC 1034, section 3.6.2), and a zone has one SOA.
func (z *zone) add(r record) error {
	at := z.names[r.name]
	for i, other := range at {
		if other.kind == r.kind && (other.text == r.text || r.kind == dnsmessage.TypeSOA) {
			at[i] = r
			return nil
		}
		if other.kind == dnsmessage.TypeCNAME || r.kind == dnsmessage.TypeCNAME {
			return fmt.Errorf("dns: %s has a CNAME, beside which nothing else may stand", r.name)
		}
	}
	if r.kind == dnsmessage.TypeSOA && r.name != z.origin {
		return fmt.Errorf("dns: the SOA of the zone %s belongs to its origin", z.origin)
	}
	z.names[r.name] = append(at, r)
	return nil
}

// renew counts the zone's serial number on, as its owner would after a change.
func (z *zone) renew() {
	for i, r := range z.names[z.origin] {
		if soa, ok := r.body.(*dnsmessage.SOAResource); ok {
			next := *soa
			next.Serial++
			r.body, r.text = &next, soaText(&next)
			z.names[z.origin][i] = r
		}
	}
}

func soaText(s *dnsmessage.SOAResource) string {
	return fmt.Sprintf("%s %s %d %d %d %d %d", s.NS, s.MBox, s.Serial, s.Refresh, s.Retry, s.Expire, s.MinTTL)
}

// parse reads lines of a zone file (RFC 1035, section 5), without brackets over several lines. Names without a final dot
// are below the origin.
func parse(origin, text string) ([]record, error) {
	var out []record
	if _, err := dnsmessage.NewName(origin); err != nil || len(origin) > 254 {
		return nil, fmt.Errorf("dns: %.300q is too long for a name", origin)
	}
	last, ttl := origin, uint64(defaultTTL)
	for n, line := range strings.Split(text, "\n") {
		wrong := func(format string, args ...any) error {
			return fmt.Errorf("dns: line %d, %.200q: %s", n+1, line, fmt.Sprintf(format, args...))
		}
		fields, err := split(line)
		if err != nil {
			return nil, wrong("%v", err)
		}
		if len(fields) == 0 {
			continue
		}
		if directive := fields[0].text; len(fields) == 2 && !fields[0].quoted && strings.HasPrefix(directive, "$") {
			switch strings.ToUpper(directive) {
			case "$ORIGIN":
				origin = absolute(fields[1].text, origin)
			case "$TTL":
				if ttl, err = strconv.ParseUint(fields[1].text, 10, 31); err != nil {
					return nil, wrong("%s is no number of seconds", fields[1].text)
				}
			default:
				return nil, wrong("only $ORIGIN and $TTL are known")
			}
			continue
		}
		r := record{name: last, ttl: uint32(ttl)}
		if line[0] != ' ' && line[0] != '\t' {
			r.name, fields = absolute(fields[0].text, origin), fields[1:]
			last = r.name
		}
		for len(fields) > 0 && !fields[0].quoted {
			word := strings.ToUpper(fields[0].text)
			if own, err := strconv.ParseUint(word, 10, 31); err == nil {
				r.ttl = uint32(own)
			} else if word != "IN" {
				break
			}
			fields = fields[1:]
		}
		if len(fields) < 2 {
			return nil, wrong("a line has a name, a type and data, as in: www 300 IN A 192.0.2.1")
		}
		var known bool
		if r.kind, known = typeNames[strings.ToUpper(fields[0].text)]; !known {
			return nil, wrong("%q is no type of record; take one of A, AAAA, CNAME, MX, NS, SOA and TXT", fields[0].text)
		}
		if err := r.read(origin, fields[1:]); err != nil {
			return nil, wrong("%v", err)
		}
		out = append(out, r)
	}
	return out, nil
}

// read takes the record's data, and holds that it can be put on the wire.
func (r *record) read(origin string, fields []field) error {
	want := map[dnsmessage.Type]int{dnsmessage.TypeMX: 2, dnsmessage.TypeSOA: 7, dnsmessage.TypeTXT: len(fields)}[r.kind]
	if want = max(want, 1); len(fields) != want {
		return fmt.Errorf("%s has %d values, not %d", typeName(r.kind), want, len(fields))
	}
	var err error
	name := func(s string) (n dnsmessage.Name) {
		if err == nil {
			n, err = dnsmessage.NewName(absolute(s, origin))
		}
		return n
	}
	number := func(s string, bits int) uint32 {
		n, wrong := strconv.ParseUint(s, 10, bits)
		if wrong != nil && err == nil {
			err = fmt.Errorf("%q is no number of %d bits", s, bits)
		}
		return uint32(n)
	}
	switch r.kind {
	case dnsmessage.TypeA, dnsmessage.TypeAAAA:
		ip, wrong := netip.ParseAddr(fields[0].text)
		if wrong != nil || ip.Is4() != (r.kind == dnsmessage.TypeA) || ip.Zone() != "" {
			return fmt.Errorf("%q is no address for %s", fields[0].text, typeName(r.kind))
		}
		r.text = ip.String()
		if ip.Is4() {
			r.body = &dnsmessage.AResource{A: ip.As4()}
		} else {
			r.body = &dnsmessage.AAAAResource{AAAA: ip.As16()}
		}
	case dnsmessage.TypeCNAME:
		body := &dnsmessage.CNAMEResource{CNAME: name(fields[0].text)}
		r.body, r.text = body, body.CNAME.String()
	case dnsmessage.TypeNS:
		body := &dnsmessage.NSResource{NS: name(fields[0].text)}
		r.body, r.text = body, body.NS.String()
	case dnsmessage.TypeMX:
		body := &dnsmessage.MXResource{Pref: uint16(number(fields[0].text, 16)), MX: name(fields[1].text)}
		r.body, r.text = body, fmt.Sprintf("%d %s", body.Pref, body.MX)
	case dnsmessage.TypeSOA:
		body := &dnsmessage.SOAResource{NS: name(fields[0].text), MBox: name(fields[1].text), Serial: number(fields[2].text, 32),
			Refresh: number(fields[3].text, 32), Retry: number(fields[4].text, 32), Expire: number(fields[5].text, 32),
			MinTTL: number(fields[6].text, 32)}
		r.body, r.text = body, soaText(body)
	default:
		body := &dnsmessage.TXTResource{}
		var quoted []string
		for _, f := range fields {
			if len(f.text) > 255 {
				return fmt.Errorf("a string of a TXT record has at most 255 octets, this one has %d; write it as several", len(f.text))
			}
			body.TXT = append(body.TXT, f.text)
			quoted = append(quoted, quote(f.text))
		}
		r.body, r.text = body, strings.Join(quoted, " ")
	}
	if err != nil {
		return err
	}
	owner, err := dnsmessage.NewName(r.name)
	if err != nil {
		return err
	}
	one := dnsmessage.Message{Answers: []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: owner, Type: r.kind}, Body: r.body}}}
	_, err = one.Pack()
	return err
}

// field is a word of a line.
type field struct {
	text   string
	quoted bool
}

// split takes a line apart: words with spaces between, strings in quotes, and what a semicolon begins is a remark.
func split(line string) ([]field, error) {
	var out []field
	line = strings.TrimRight(line, "\r")
	for i := 0; i < len(line); {
		switch c := line[i]; c {
		case ' ', '\t':
			i++
			continue
		case ';':
			return out, nil
		case '(', ')':
			return nil, fmt.Errorf("write a record on one line, without brackets")
		}
		f := field{quoted: line[i] == '"'}
		if f.quoted {
			i++
		}
		var word []byte
		closed := !f.quoted
		for ; i < len(line); i++ {
			c := line[i]
			if f.quoted && c == '"' {
				closed = true
				i++
				break
			}
			if !f.quoted && strings.IndexByte(" \t;\"", c) >= 0 {
				break
			}
			if c == '\\' {
				if i+3 < len(line) && digits(line[i+1:i+4]) {
					n, _ := strconv.Atoi(line[i+1 : i+4])
					if n > 255 {
						return nil, fmt.Errorf("\\%d is no octet", n)
					}
					word = append(word, byte(n))
					i += 3
					continue
				}
				if i++; i == len(line) {
					return nil, fmt.Errorf("a backslash ends the line")
				}
				c = line[i]
			}
			word = append(word, c)
		}
		if !closed {
			return nil, fmt.Errorf("a quote is open at the end")
		}
		f.text = string(word)
		out = append(out, f)
	}
	return out, nil
}

func digits(s string) bool { return strings.Trim(s, "0123456789") == "" }

// quote writes a string of a TXT record as split reads it.
func quote(s string) string {
	var out strings.Builder
	out.WriteByte('"')
	for _, c := range []byte(s) {
		switch {
		case c == '"' || c == '\\':
			out.WriteByte('\\')
			out.WriteByte(c)
		case c < ' ' || c > '~':
			fmt.Fprintf(&out, "\\%03d", c)
		default:
			out.WriteByte(c)
		}
	}
	out.WriteByte('"')
	return out.String()
}

// absolute is the full name of what a line says.
func absolute(name, origin string) string {
	name = strings.ToLower(name)
	switch {
	case name == "@":
		return origin
	case strings.HasSuffix(name, "."):
		return name
	case origin == ".":
		return name + "."
	}
	return name + "." + origin
}

// canonical is the one form of a name: lower case, with its final dot.
func canonical(name string) string { return strings.TrimSuffix(strings.ToLower(name), ".") + "." }

// parent is the name without its first label.
func parent(name string) string {
	_, rest, _ := strings.Cut(name, ".")
	if rest == "" {
		return "."
	}
	return rest
}

// within tells whether the name is the origin or below it.
func within(name, origin string) bool {
	return name == origin || origin == "." || strings.HasSuffix(name, "."+origin)
}
