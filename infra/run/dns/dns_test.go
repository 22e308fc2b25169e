package dns_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"latchkey.dev/infra/run/dns"
)

const agency = `
$TTL 600
@       SOA  ns1 hostmaster 7 7200 900 1209600 120 ; remarks are passed over
@       NS   ns1
@       NS   ns2
ns1     A    127.0.0.1
ns2     A    127.0.0.1
@   60 IN MX 10 mx1
        MX   20 mx2.elsewhere.test.
mx1     A    192.0.2.1
mx1     A    192.0.2.2
mx1     AAAA 2001:db8::1
one._domainkey.mail CNAME two._domainkey.mail
two._domainkey.mail CNAME key.amazonses.test.
www     CNAME mx1
txt     TXT  "v=spf1 include:amazonses.com" " ~all"
txt     TXT  plain
txt     TXT  "a \"quoted\" \\ and \; \195\169"
*.wild  TXT  "any"
deep.below.wild A 192.0.2.3
sub     NS   ns.sub
sub     NS   ns.elsewhere.test.
ns.sub  A    192.0.2.53
round   CNAME trip
trip    CNAME round
`

// start runs servers with the agency's zone on them.
func start(t *testing.T, servers int) *dns.Stub {
	t.Helper()
	s, err := dns.Start(slices.Repeat([]string{"127.0.0.1:0"}, servers)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	if err := s.SetZone("Agency.test", agency); err != nil {
		t.Fatal(err)
	}
	return s
}

// client is Go's resolver, which asks the server alone, by UDP and where an answer doesn't fit by TCP.
func client(s *dns.Server) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, s.Addr().String())
	}}
}

// short has a question fail that gets no answer.
func short(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}

func texts(t *testing.T, r *net.Resolver, name string) []string {
	t.Helper()
	all, err := r.LookupTXT(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(all)
	return all
}

// missing tells whether the resolver was told that there is nothing, which is another thing than no answer.
func missing(err error) bool {
	var d *net.DNSError
	return errors.As(err, &d) && d.IsNotFound && !d.IsTemporary && !d.IsTimeout
}

func failed(err error) bool {
	var d *net.DNSError
	return errors.As(err, &d) && !d.IsNotFound
}

func TestGosResolverReadsAZone(t *testing.T) {
	t.Parallel()
	r, ctx := client(start(t, 1).Server(0)), t.Context()
	mx, err := r.LookupMX(ctx, "agency.test.")
	if err != nil || len(mx) != 2 || *mx[0] != (net.MX{Host: "mx1.agency.test.", Pref: 10}) ||
		*mx[1] != (net.MX{Host: "mx2.elsewhere.test.", Pref: 20}) {
		t.Errorf("%v, %v", mx, err)
	}
	for name, want := range map[string]string{
		"mx1.agency.test.": "192.0.2.1 192.0.2.2 2001:db8::1", "MX1.Agency.TEST.": "192.0.2.1 192.0.2.2 2001:db8::1",
		"www.agency.test.":             "192.0.2.1 192.0.2.2 2001:db8::1",
		"deep.below.wild.agency.test.": "192.0.2.3",
	} {
		ips, err := r.LookupHost(ctx, name)
		slices.Sort(ips)
		if got := strings.Join(ips, " "); err != nil || got != want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	ns, err := r.LookupNS(ctx, "agency.test.")
	if err != nil || len(ns) != 2 {
		t.Errorf("%v, %v", ns, err)
	}
	if end, err := r.LookupCNAME(ctx, "two._domainkey.mail.agency.test."); err != nil || end != "key.amazonses.test." {
		t.Errorf("%s, %v", end, err)
	}
	if end, err := r.LookupCNAME(ctx, "www.agency.test."); err != nil || end != "mx1.agency.test." {
		t.Errorf("%s, %v", end, err)
	}
	want := []string{"a \"quoted\" \\ and ; é", "plain", "v=spf1 include:amazonses.com ~all"}
	if got := texts(t, r, "txt.agency.test."); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func TestAWildcardGivesWhatHasNoNameOfItsOwn(t *testing.T) {
	t.Parallel()
	r, ctx := client(start(t, 1).Server(0)), t.Context()
	for _, name := range []string{"x.wild.agency.test.", "y.x.wild.agency.test."} {
		if got := texts(t, r, name); !slices.Equal(got, []string{"any"}) {
			t.Errorf("%s: %q", name, got)
		}
	}
	for _, under := range []string{"wild", "below.wild", "deep.below.wild", "x.below.wild"} {
		name := under + ".agency.test."
		if got, err := r.LookupTXT(ctx, name); !missing(err) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestAServerRefusesWhatItHasNoZoneFor(t *testing.T) {
	t.Parallel()
	s := start(t, 1)
	r := client(s.Server(0))
	if got, err := r.LookupTXT(t.Context(), "other.test."); !failed(err) {
		t.Errorf("%q, %v", got, err)
	}
	s.RemoveZone("agency.test.")
	if got, err := r.LookupTXT(t.Context(), "txt.agency.test."); !failed(err) {
		t.Errorf("%q, %v", got, err)
	}
}

func TestALongAnswerComesWholeByTCP(t *testing.T) {
	t.Parallel()
	s := start(t, 1)
	var want []string
	for n := range 40 {
		text := fmt.Sprintf("%02d %s", n, strings.Repeat("x", 200))
		want = append(want, text)
		if err := s.Publish(fmt.Sprintf("long.agency.test. TXT %q\n", text)); err != nil {
			t.Fatal(err)
		}
	}
	if got := texts(t, client(s.Server(0)), "long.agency.test."); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	var networks []string
	for _, a := range s.Asked() {
		networks = append(networks, a.Network+" "+a.Type)
	}
	if got := strings.Join(networks, ", "); got != "udp TXT, tcp TXT" {
		t.Errorf("asked by %s", got)
	}
}

func TestRecordsComeAndGo(t *testing.T) {
	t.Parallel()
	s := start(t, 2)
	r := client(s.Server(1))
	if err := s.Publish(`new.agency.test. 60 IN TXT "a"
		new.agency.test. TXT b`); err == nil {
		t.Fatal("a line that begins with a space has no name of its own")
	}
	if err := s.Publish("new.agency.test. 60 IN TXT \"a\"\nnew.agency.test. TXT b\n  TXT b\n  A 192.0.2.9"); err != nil {
		t.Fatal(err)
	}
	if got := texts(t, r, "new.agency.test."); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("%q", got)
	}
	if err := s.Delete("NEW.agency.test", "txt"); err != nil {
		t.Fatal(err)
	}
	if got, err := r.LookupTXT(t.Context(), "new.agency.test."); !missing(err) {
		t.Errorf("%q, %v", got, err)
	}
	if ips, err := r.LookupHost(t.Context(), "new.agency.test."); err != nil || len(ips) != 1 {
		t.Errorf("%q, %v", ips, err)
	}
	if err := s.Delete("new.agency.test.", ""); err != nil {
		t.Fatal(err)
	}
	if ips, err := r.LookupHost(t.Context(), "new.agency.test."); !missing(err) {
		t.Errorf("%q, %v", ips, err)
	}
	soa, _, _ := strings.Cut(s.Server(0).Text("agency.test"), "\n")
	if soa != "agency.test. 600 IN SOA ns1.agency.test. hostmaster.agency.test. 10 7200 900 1209600 120" {
		t.Errorf("the serial number doesn't count the three changes: %s", soa)
	}
}

// What Text writes is what SetZone reads.
func TestTheTextOfAZoneMakesTheSameZone(t *testing.T) {
	t.Parallel()
	s := start(t, 1)
	text := s.Server(0).Text("agency.test.")
	if err := s.SetZone("agency.test.", text); err != nil {
		t.Fatal(err)
	}
	if again := s.Server(0).Text("agency.test."); again != text || strings.Count(text, "\n") != 23 {
		t.Errorf("%s\nbecame\n%s", text, again)
	}
}

func TestServersMaySayDifferentThings(t *testing.T) {
	t.Parallel()
	s := start(t, 2)
	if err := s.Server(1).Publish("split.agency.test. TXT only-here"); err != nil {
		t.Fatal(err)
	}
	if got, err := client(s.Server(0)).LookupTXT(t.Context(), "split.agency.test."); !missing(err) {
		t.Errorf("%q, %v", got, err)
	}
	if got := texts(t, client(s.Server(1)), "split.agency.test."); !slices.Equal(got, []string{"only-here"}) {
		t.Errorf("%q", got)
	}
}

// A text with a fault in it changes nothing, on no server.
func TestAWrongTextIsRefusedWhole(t *testing.T) {
	t.Parallel()
	s := start(t, 2)
	if err := s.Server(1).Publish("taken.agency.test. CNAME x.test."); err != nil {
		t.Fatal(err)
	}
	before := []string{s.Server(0).Text("agency.test"), s.Server(1).Text("agency.test")}
	for name, c := range map[string][2]string{
		"an unknown type":              {"x.agency.test. SRV 0 0 1 y.test.", "no type of record"},
		"no data":                      {"x.agency.test. A", "a name, a type and data"},
		"an address that is none":      {"x.agency.test. A 2001:db8::1", "no address for A"},
		"too few values":               {"x.agency.test. MX mx.test.", "MX has 2 values, not 1"},
		"a preference that is none":    {"x.agency.test. MX 65536 mx.test.", "no number of 16 bits"},
		"a long string":                {"x.agency.test. TXT " + strings.Repeat("x", 256), "at most 255 octets"},
		"a long label":                 {strings.Repeat("x", 64) + ".agency.test. A 192.0.2.1", "segment length"},
		"an open quote":                {"x.agency.test. TXT \"x", "a quote is open"},
		"brackets":                     {"x.agency.test. SOA ( a. b. 1 2 3 4 5 )", "without brackets"},
		"no zone":                      {"x.other.test. A 192.0.2.1", "no zone for x.other.test."},
		"a CNAME beside others":        {"mx1.agency.test. CNAME x.test.", "beside which nothing else may stand"},
		"others beside a CNAME":        {"www.agency.test. TXT x", "beside which nothing else may stand"},
		"beside one server's CNAME":    {"taken.agency.test. TXT x", "beside which nothing else may stand"},
		"an SOA below the origin":      {"x.agency.test. SOA a. b. 1 2 3 4 5", "belongs to its origin"},
		"an unknown directive":         {"$INCLUDE x", "only $ORIGIN and $TTL"},
		"a second line that is wrong":  {"good.agency.test. A 192.0.2.1\nbad.agency.test. A x", "line 2"},
		"an octet that is none":        {`x.agency.test. TXT "\999"`, "no octet"},
		"a backslash that ends a line": {`x.agency.test. TXT x\`, "a backslash ends"},
	} {
		if err := s.Publish(c[0]); err == nil || !strings.Contains(err.Error(), c[1]) {
			t.Errorf("%s: %v, want %q", name, err, c[1])
		}
	}
	for n, text := range before {
		if got := s.Server(n).Text("agency.test"); got != text {
			t.Errorf("server %d changed:\n%s\n%s", n, text, got)
		}
	}
	if err := s.SetZone("agency.test", "x.other.test. A 192.0.2.1"); err == nil || !strings.Contains(err.Error(), "outside of the zone") {
		t.Error(err)
	}
	if err := s.SetZone(strings.Repeat("x23456789.", 25)+"x", "@ TXT x"); err == nil {
		t.Error("a zone is set in which no name server has a name")
	}
	if err := s.Delete("x.agency.test.", "SRV"); err == nil {
		t.Error("an unknown type was deleted")
	}
	if err := s.Fail("x.agency.test.", dns.Fault{Kind: "sulk"}); err == nil {
		t.Error("an unknown fault was taken")
	}
}

func TestFaultsOfAName(t *testing.T) {
	t.Parallel()
	s := start(t, 1)
	r := client(s.Server(0))
	fail := func(name string, f dns.Fault) {
		t.Helper()
		if err := s.Fail(name, f); err != nil {
			t.Fatal(err)
		}
	}
	for _, kind := range []dns.Kind{dns.ServFail, dns.Refused, dns.Lame} {
		fail("txt.agency.test", dns.Fault{Kind: kind})
		if got, err := r.LookupTXT(t.Context(), "txt.agency.test."); !failed(err) {
			t.Errorf("%s: %q, %v", kind, got, err)
		}
	}
	for _, kind := range []dns.Kind{dns.Silent, dns.Spoofed} {
		fail("txt.agency.test", dns.Fault{Kind: kind})
		if got, err := r.LookupTXT(short(t), "txt.agency.test."); !failed(err) {
			t.Errorf("%s: %q, %v", kind, got, err)
		}
	}
	fail("txt.agency.test", dns.Fault{Kind: dns.Slow, Delay: 20 * time.Millisecond})
	begun := time.Now()
	if got := texts(t, r, "txt.agency.test."); len(got) != 3 || time.Since(begun) < 20*time.Millisecond {
		t.Errorf("%q after %s", got, time.Since(begun))
	}
	fail("txt.agency.test", dns.Fault{Kind: dns.Flap})
	for n := range 4 {
		got, err := r.LookupTXT(t.Context(), "txt.agency.test.")
		if n%2 == 0 && len(got) != 3 || n%2 == 1 && !missing(err) {
			t.Errorf("question %d: %q, %v", n, got, err)
		}
	}
	fail("*", dns.Fault{Kind: dns.ServFail})
	fail("txt.agency.test", dns.Fault{})
	if got, err := r.LookupTXT(t.Context(), "txt.agency.test."); !failed(err) {
		t.Errorf("with every name failing: %q, %v", got, err)
	}
	fail("*", dns.Fault{})
	if got := texts(t, r, "txt.agency.test."); len(got) != 3 || len(s.Server(0).Faults()) != 0 {
		t.Errorf("without faults: %q", got)
	}
}

func TestAHiddenCNAMEShowsAddresses(t *testing.T) {
	t.Parallel()
	s := start(t, 1)
	r, ctx := client(s.Server(0)), t.Context()
	for name, c := range map[string]struct {
		kind dns.Kind
		want string
	}{
		"www.agency.test.":                 {dns.Proxied, "192.0.2.10 192.0.2.11 2001:db8::10"},
		"one._domainkey.mail.agency.test.": {dns.Proxied, "192.0.2.10 192.0.2.11 2001:db8::10"},
		"two._domainkey.mail.agency.test.": {dns.Flattened, ""}, // its target has no address that is known here
	} {
		if err := s.Fail(name, dns.Fault{Kind: c.kind}); err != nil {
			t.Fatal(err)
		}
		ips, err := r.LookupHost(ctx, name)
		slices.Sort(ips)
		if got := strings.Join(ips, " "); got != c.want || missing(err) != (c.want == "") {
			t.Errorf("%s %s: %q, %v", c.kind, name, got, err)
		}
	}
	if err := s.Fail("www.agency.test.", dns.Fault{Kind: dns.Flattened}); err != nil {
		t.Fatal(err)
	}
	if ips, err := r.LookupHost(ctx, "www.agency.test."); err != nil || len(ips) != 3 {
		t.Errorf("flattened: %q, %v", ips, err)
	}
	if end, err := r.LookupCNAME(ctx, "www.agency.test."); err != nil || end != "www.agency.test." {
		t.Errorf("the alias shows: %s, %v", end, err)
	}
}

func TestAStubListensOnLoopbackAlone(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"0.0.0.0:0", "192.0.2.1:53", "localhost:0", ":0", ""} {
		if s, err := dns.Start("127.0.0.1:0", at); err == nil {
			s.Close()
			t.Errorf("listens at %q", at)
		}
	}
	if _, err := dns.Start(); err == nil {
		t.Error("starts without an address")
	}
}

func TestManyAskWhileZonesChangeAtOnce(t *testing.T) {
	t.Parallel()
	s := start(t, 2)
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			name := fmt.Sprintf("n%d.agency.test.", n)
			r := client(s.Server(n % 2))
			for range 5 {
				if err := s.Publish(name + " TXT here"); err != nil {
					t.Error(err)
				}
				if got, err := r.LookupTXT(t.Context(), name); err != nil || len(got) != 1 {
					t.Errorf("%s: %q, %v", name, got, err)
				}
				if err := s.Delete(name, ""); err != nil {
					t.Error(err)
				}
				s.Server(n % 2).Text("agency.test")
				s.Asked()
			}
		})
	}
	all.Wait()
	s.Close()
	s.Close()
	if got, err := client(s.Server(0)).LookupTXT(short(t), "txt.agency.test."); !failed(err) {
		t.Errorf("after its end: %q, %v", got, err)
	}
}
