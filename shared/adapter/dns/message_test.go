package dns_test

import (
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"latchkey.dev/shared/adapter/dns"
	"latchkey.dev/shared/domain/zone"
)

// FuzzSenderE3Message reads whatever a server may send: it never fails in another way than by an error, and what it keeps
// is within the bounds, whose text can be shown.
func FuzzSenderE3Message(f *testing.F) {
	name := dnsmessage.MustNewName("bounce.mail.agency.test.")
	for _, body := range []dnsmessage.ResourceBody{
		&dnsmessage.MXResource{Pref: 10, MX: dnsmessage.MustNewName("mx.test.")},
		&dnsmessage.TXTResource{TXT: []string{"v=spf1 ", "~all", "\xff\x00"}},
		&dnsmessage.CNAMEResource{CNAME: name},
		&dnsmessage.NSResource{NS: dnsmessage.MustNewName("ns \n\x00.test.")},
		&dnsmessage.SOAResource{NS: name, MBox: name, MinTTL: 1 << 31},
		&dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}},
		&dnsmessage.AAAAResource{},
		&dnsmessage.UnknownResource{Type: 99, Data: []byte("x")},
		&dnsmessage.OPTResource{},
	} {
		m := dnsmessage.Message{Header: dnsmessage.Header{ID: 7, Response: true, Authoritative: true},
			Questions: []dnsmessage.Question{{Name: name, Type: dnsmessage.TypeMX, Class: dnsmessage.ClassINET}}}
		one := dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: name, Class: dnsmessage.ClassINET, TTL: 60}, Body: body}
		m.Answers = []dnsmessage.Resource{one, one}
		m.Authorities, m.Additionals = m.Answers, m.Answers
		b, err := m.Pack()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, false)
		f.Add(b[:len(b)-3], true)
		f.Add(append(b, make([]byte, dns.MostBytes)...), false)
	}
	f.Add([]byte{}, true)
	f.Fuzz(func(t *testing.T, msg []byte, short bool) {
		if len(msg) > 1 {
			msg[0], msg[1] = 0, 7 // the id that was sent
		}
		sections, cut, err := dns.Parse(msg, 7, zone.Question{Name: "bounce.mail.agency.test", Type: zone.MX}, short)
		all := append(append(sections[0], sections[1]...), sections[2]...)
		if err != nil && len(all) > 0 {
			t.Fatal("records beside an error")
		}
		if len(msg) > dns.MostBytes && err == nil && !cut {
			t.Fatal("a long message isn't said to be cut")
		}
		text := 0
		for _, r := range all {
			for _, name := range []string{r.Name, r.Value} {
				if name == r.Value && (r.Type == zone.TXT) {
					text += len(name)
					continue
				}
				if strings.ContainsFunc(name, func(c rune) bool { return c <= ' ' || c > '~' }) || len(name) > 4*255 {
					t.Fatalf("%q can't be shown", name)
				}
			}
			if r.TTL < 0 || r.Minimum < 0 || r.Type == "" {
				t.Fatalf("%+v", r)
			}
		}
		if len(all) > dns.MostRecords || text > dns.MostBytes {
			t.Fatalf("%d records, %d octets of text", len(all), text)
		}
		r := zone.Reply{Question: zone.Question{Name: "bounce.mail.agency.test", Type: zone.MX}, Answers: sections[0],
			Authority: sections[1], Cut: cut}
		if r.Judge(); r.Outcome == "" || r.Negative() < 0 || len(r.Chain()) > zone.MostHops+1 {
			t.Fatalf("%+v", r)
		}
	})
}

func TestSenderE3OnlyAWholeMessageIsRead(t *testing.T) {
	t.Parallel()
	q := zone.Question{Name: "agency.test", Type: zone.TXT}
	b, err := dns.Query(7, q)
	if err != nil {
		t.Fatal(err)
	}
	var m dnsmessage.Message
	if err := m.Unpack(b); err != nil {
		t.Fatal(err)
	}
	m.Response = true
	for range 3 {
		m.Answers = append(m.Answers, dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: m.Questions[0].Name, Class: dnsmessage.ClassINET},
			Body: &dnsmessage.TXTResource{TXT: []string{"x", strings.Repeat("y", 255)}}})
	}
	if b, err = m.Pack(); err != nil {
		t.Fatal(err)
	}
	for n := range len(b) {
		if sections, _, err := dns.Parse(b[:n], 7, q, false); err == nil {
			t.Fatalf("%d of %d octets pass for a message: %+v", n, len(b), sections)
		}
		if sections, cut, err := dns.Parse(b[:n], 7, q, true); err == nil && (!cut || len(sections[0]) >= 3) {
			t.Fatalf("%d of %d octets: %+v", n, len(b), sections)
		}
	}
	if sections, cut, err := dns.Parse(b, 7, q, false); err != nil || cut || len(sections[0]) != 3 || len(sections[0][0].Value) != 256 {
		t.Errorf("%+v, %v", sections, err)
	}
	if _, err := dns.Query(7, zone.Question{Name: "agency.test", Type: "SRV"}); err == nil {
		t.Error("a type that isn't known is asked for")
	}
}
