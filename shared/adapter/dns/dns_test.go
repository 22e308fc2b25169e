package dns_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	stub "latchkey.dev/infra/run/dns"
	"latchkey.dev/shared/adapter/dns"
	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/domain/zone"
)

// network is the machine's own, on which servers can be made not to be heard, and which notes who is called.
type network struct {
	unheard func(network string, to netip.AddrPort) bool

	mu     sync.Mutex
	called []string
}

func (n *network) connect(ctx context.Context, proto string, to netip.AddrPort) (net.Conn, error) {
	n.mu.Lock()
	n.called = append(n.called, proto+" "+to.String())
	n.mu.Unlock()
	if n.unheard != nil && n.unheard(proto, to) {
		if proto == "tcp" {
			return nil, os.ErrDeadlineExceeded
		}
		return deaf{}, nil
	}
	var d net.Dialer
	return d.DialContext(ctx, proto, to.String())
}

func (n *network) calls() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.called)
}

// deaf is a connection on which the time for an answer is over at once.
type deaf struct{ net.Conn }

func (deaf) Write(b []byte) (int, error) { return len(b), nil }
func (deaf) Read([]byte) (int, error)    { return 0, os.ErrDeadlineExceeded }
func (deaf) SetDeadline(time.Time) error { return nil }
func (deaf) Close() error                { return nil }

const zoneText = `
@    1800 SOA ns1 hostmaster 1 7200 900 1209600 300
tok._domainkey.mail CNAME tok.dkim.amazonses.test.
bounce.mail MX 10 feedback-smtp.eu-central-1.amazonses.test.
bounce.mail TXT "v=spf1 include:amazonses.test" " ~all"
alias CNAME bounce.mail
`

// servers has the agency's zone on that many servers, and asks them.
func servers(t *testing.T, n int) (*stub.Stub, *dns.Asker, *network) {
	t.Helper()
	s, err := stub.Start(slices.Repeat([]string{"127.0.0.1:0"}, n)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	if err := s.SetZone("agency.test", zoneText); err != nil {
		t.Fatal(err)
	}
	env := environment.New(func(name string) string {
		if name == dns.Variable {
			return s.Variable()
		}
		return ""
	})
	a := dns.Open(env)
	if err := env.Err(); err != nil {
		t.Fatal(err)
	}
	w := &network{}
	a.Connect = w.connect
	return s, a, w
}

// find finds the zone of the name by a check of its own.
func find(t *testing.T, a *dns.Asker, name string) zone.Zone {
	t.Helper()
	z, err := a.Check().Zone(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// names are the servers' names, shortened to their first label.
func names(all []zone.Server) string {
	var out []string
	for _, s := range all {
		label, _, _ := strings.Cut(s.Name, ".")
		out = append(out, label)
	}
	return strings.Join(out, " ")
}

func values(all []zone.Record) string {
	var out []string
	for _, r := range all {
		out = append(out, strings.TrimPrefix(fmt.Sprintf("%d %s", r.Preference, r.Value), "0 "))
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

func TestAZoneIsFoundByItsSOAWithItsNameServers(t *testing.T) {
	t.Parallel()
	s, a, w := servers(t, 3)
	must(t, s.SetZone("shop.agency.test",
		"@ 60 SOA ns1 h 1 2 3 4 900\n@ NS b.ns.test.\n@ NS a.ns.test.\nup CNAME nobody.agency.test."))
	must(t, s.SetZone("ns.test", "a A 127.0.0.1\nb A 127.0.0.1"))
	for name, want := range map[string]string{
		"agency.test":                        "agency.test. ns1 ns2 ns3 5m0s",
		"Mail.Agency.TEST.":                  "agency.test. ns1 ns2 ns3 5m0s",
		"tok._domainkey.mail.agency.test":    "agency.test. ns1 ns2 ns3 5m0s", // an alias
		"nothing.at.all.bounce.agency.test.": "agency.test. ns1 ns2 ns3 5m0s",
		"mail.shop.agency.test":              "shop.agency.test. a b 1m0s",
		"shop.agency.test":                   "shop.agency.test. a b 1m0s",
		"up.shop.agency.test":                "shop.agency.test. a b 1m0s", // an alias of a name of the zone above
	} {
		z := find(t, a, name)
		if got := fmt.Sprintf("%s %s %s", z.Name, names(z.Servers), z.Negative); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	z := find(t, a, "agency.test")
	z.Servers = append(z.Servers, zone.Server{Name: "ns9.agency.test.", Address: netip.MustParseAddrPort("8.8.8.8:53")})
	w.called = nil
	if got := a.Check().Ask(t.Context(), z, "agency.test", zone.NS); got.Replies[3].Reason != zone.NotPublic || len(w.calls()) != 3 {
		t.Errorf("beside stand-ins the world is called: %q", w.calls())
	}
	for i, server := range z.Servers[:3] {
		if server.Address != s.Server(i).Addr() || server.Why != "" {
			t.Errorf("%+v isn't server %d", server, i)
		}
	}
}

func TestAZoneThatCannotBeFoundIsAnErrorWithItsReason(t *testing.T) {
	t.Parallel()
	s, a, w := servers(t, 1)
	must(t, s.Fail("refused.agency.test", stub.Fault{Kind: stub.Refused}))
	must(t, s.Fail("*", stub.Fault{Kind: stub.ServFail}))
	must(t, s.Fail("lone", stub.Fault{}))
	for name, want := range map[string]zone.Reason{
		"refused.agency.test":              zone.Refused,
		"agency.test":                      zone.ServFail,
		strings.Repeat("x", 64) + ".test":  zone.NoSuchName,
		strings.Repeat("x.", 130) + "test": zone.NoSuchName,
		"":                                 zone.NoZone,
		".":                                zone.NoZone,
		"two..dots.test":                   zone.NoSuchName,
	} {
		var cannot *zone.CannotAsk
		if z, err := a.Check().Zone(t.Context(), name); !errors.As(err, &cannot) || cannot.Reason != want || cannot.Name != name {
			t.Errorf("%q: %+v, %v, want %q", name, z, err, want)
		}
	}
	w.unheard = func(string, netip.AddrPort) bool { return true }
	var cannot *zone.CannotAsk
	if _, err := a.Check().Zone(t.Context(), "agency.test"); !errors.As(err, &cannot) || cannot.Reason != zone.Timeout {
		t.Error(err)
	}
}

// A resolver fails for a name whose aliases go in a circle; the zone's own servers say why.
func TestAZoneIsFoundAboveANameForWhichTheResolverFails(t *testing.T) {
	t.Parallel()
	s, a, _ := servers(t, 2)
	must(t, s.Server(0).Fail("round.agency.test", stub.Fault{Kind: stub.ServFail})) // which is asked as the resolver, too
	must(t, s.Publish("round.agency.test. CNAME round.agency.test."))
	z := find(t, a, "round.agency.test")
	got := a.Check().Ask(t.Context(), z, "round.agency.test", zone.MX)
	if z.Name != "agency.test." || got.Replies[1].Outcome != zone.Loop || got.Outcome() != zone.Loop {
		t.Errorf("%+v of %s", got.Replies, z.Name)
	}
}

func TestAllServersOfAZoneAreAskedForItsRecords(t *testing.T) {
	t.Parallel()
	_, a, _ := servers(t, 3)
	z := find(t, a, "mail.agency.test")
	for _, c := range []struct {
		name    string
		t       zone.Type
		outcome zone.Outcome
		want    string
	}{
		{"tok._domainkey.mail.agency.test", zone.CNAME, zone.Found, "tok.dkim.amazonses.test."},
		{"TOK._domainkey.mail.AGENCY.test.", zone.CNAME, zone.Found, "tok.dkim.amazonses.test."},
		{"bounce.mail.agency.test", zone.MX, zone.Found, "10 feedback-smtp.eu-central-1.amazonses.test."},
		{"bounce.mail.agency.test", zone.TXT, zone.Found, "v=spf1 include:amazonses.test ~all"},
		{"bounce.mail.agency.test", zone.A, zone.NoData, ""},
		{"mail.agency.test", zone.A, zone.NoData, ""},
		{"nobody.agency.test", zone.A, zone.NoName, ""},
		{"alias.agency.test", zone.TXT, zone.Found, "v=spf1 include:amazonses.test ~all"},
		{"alias.agency.test", zone.A, zone.NoData, ""},
		{"tok._domainkey.mail.agency.test", zone.TXT, zone.Aliased, ""},
		{"ns1.agency.test", zone.A, zone.Found, "127.0.0.1"},
		{"agency.test", zone.NS, zone.Found, "ns1.agency.test., ns2.agency.test., ns3.agency.test."},
		{"agency.test", zone.SOA, zone.Found, "ns1.agency.test."},
	} {
		got := a.Check().Ask(t.Context(), z, c.name, c.t)
		if got.Outcome() != c.outcome || len(got.Replies) != 3 || values(got.Replies[2].Records()) != c.want {
			t.Errorf("%s %s: %s, %+v", c.name, c.t, got.Outcome(), got.Replies)
		}
		for i, r := range got.Replies {
			if r.SecondHand || r.Server != z.Servers[i] || len(r.Records()) > 0 && r.Records()[0].TTL == 0 {
				t.Errorf("%s %s: %+v", c.name, c.t, r)
			}
		}
	}
}

func TestSenderE1OnlyTheServersAddressDiffers(t *testing.T) {
	t.Parallel()
	open := func(v string) (*dns.Asker, error) {
		env := environment.New(func(string) string { return v })
		a := dns.Open(env)
		return a, env.Err()
	}
	a, err := open(" 127.0.0.1:5301, [::1]:5302 ")
	if err != nil || fmt.Sprint(a.StandIns) != "[127.0.0.1:5301 [::1]:5302]" || fmt.Sprint(a.Resolvers) != "[127.0.0.1:5301]" {
		t.Errorf("%+v, %v", a, err)
	}
	a, err = open("")
	if err != nil || len(a.StandIns) != 0 || len(a.Resolvers) == 0 || a.Connect == nil {
		t.Errorf("%+v, %v", a, err)
	}
	for _, v := range []string{"10.0.0.1:53", "8.8.8.8:53", "127.0.0.1", "127.0.0.1:0", "localhost:53", "[::1%lo]:53",
		"127.0.0.1:1,169.254.169.254:53"} {
		if a, err := open(v); err == nil || !strings.Contains(err.Error(), "no loopback address") {
			t.Errorf("%q: %+v, %v", v, a, err)
		}
	}
}

func TestTheMachinesResolversAreThoseOfItsFile(t *testing.T) {
	t.Parallel()
	for conf, want := range map[string]string{
		"# a remark\nsearch x.test\nnameserver 169.254.78.1\n nameserver fd00::1 \n":         "[169.254.78.1:53 [fd00::1]:53]",
		"nameserver 10.0.0.1\nnameserver 10.0.0.2\nnameserver 10.0.0.3\nnameserver 10.0.0.4": "[10.0.0.1:53 10.0.0.2:53 10.0.0.3:53]",
		"nameserver\nnameserver x\nnameservers 10.0.0.1":                                     "[]",
	} {
		if got := fmt.Sprint(dns.Nameservers(strings.NewReader(conf))); got != want {
			t.Errorf("%q: %s", conf, got)
		}
	}
}

func TestSenderE2WithTheServersDownNothingIsMissing(t *testing.T) {
	t.Parallel()
	s, a, _ := servers(t, 2)
	z := find(t, a, "agency.test")
	s.Close()
	for _, name := range []string{"bounce.mail.agency.test", "nobody.agency.test"} {
		got := a.Check().Ask(t.Context(), z, name, zone.MX)
		if got.Outcome() != zone.Unasked || len(got.Replies) != 2 || len(got.Unasked()) != 2 || got.Replies[0].Missing() {
			t.Errorf("%s: %+v", name, got)
		}
	}
	var cannot *zone.CannotAsk
	if z, err := a.Check().Zone(t.Context(), "agency.test"); !errors.As(err, &cannot) || cannot.Reason != zone.Unreachable {
		t.Errorf("%+v, %v", z, err)
	}
}

func TestSenderE4LongAnswersAreCut(t *testing.T) {
	t.Parallel()
	s, a, _ := servers(t, 1)
	z := find(t, a, "agency.test")
	var many, long strings.Builder
	for n := range dns.MostRecords + 1 {
		fmt.Fprintf(&many, "many.agency.test. TXT n%d\n", n)
		fmt.Fprintf(&long, "long.agency.test. TXT %s\n", strings.Repeat(fmt.Sprintf("%0200d ", n), 3))
	}
	must(t, s.Publish(many.String()+long.String()))
	for name, c := range map[string]struct {
		least, most int
		cut         bool
	}{
		"many.agency.test":  {dns.MostRecords, dns.MostRecords, true},
		"long.agency.test":  {20, dns.MostBytes / 600, true},
		"alias.agency.test": {1, 1, false},
	} {
		r := a.Check().First(t.Context(), z, name, zone.TXT)
		if n := len(r.Records()); r.Outcome != zone.Found || n < c.least || n > c.most || r.Cut != c.cut || r.TCP != c.cut {
			t.Errorf("%s: %s, %d records, cut %t, by TCP %t", name, r.Outcome, n, r.Cut, r.TCP)
		}
	}
}

func TestSenderE5ALoopOfAliasesIsOne(t *testing.T) {
	t.Parallel()
	s, a, _ := servers(t, 1)
	must(t, s.SetZone("other.test", "back CNAME away.agency.test.\nend TXT there\nway CNAME end\nnowhere CNAME gone"))
	var lines strings.Builder
	for n := range 12 {
		fmt.Fprintf(&lines, "c%d.agency.test. CNAME c%d.agency.test.\n", n, n+1)
	}
	must(t, s.Publish(lines.String()+`
c12.agency.test. TXT end
self.agency.test. CNAME self.agency.test.
away.agency.test. CNAME back.other.test.
out.agency.test. CNAME way.other.test.
lost.agency.test. CNAME nowhere.other.test.
far.agency.test. CNAME key.amazonses.test.`))
	z := find(t, a, "agency.test")
	for name, want := range map[string]zone.Outcome{
		"self": zone.Loop, "away": zone.Loop, "c0": zone.Loop, "c3": zone.Loop, "c4": zone.Found, "out": zone.Found, "lost": zone.NoName,
		"far": zone.Unasked, // by a resolver that refuses
	} {
		r := a.Check().Follow(t.Context(), z, name+".agency.test", zone.TXT)
		if r.Outcome != want {
			t.Errorf("%s: %s, by %q", name, r.Outcome, r.Chain())
		}
	}
}

// Aliases are followed from server to server where none knows the whole chain.
func TestSenderE5ALoopOverSeveralZonesIsOne(t *testing.T) {
	t.Parallel()
	s, a, _ := servers(t, 2)
	// The first server, which is the resolver here, doesn't know what the second one has for the agency.
	z := find(t, a, "agency.test")
	z.Servers = z.Servers[1:]
	must(t, s.Server(0).SetZone("other.test", "back CNAME away.agency.test.\nway CNAME end\nend TXT there\nfull MX 1 x.test."))
	must(t, s.Server(1).Publish("away.agency.test. CNAME back.other.test.\nout.agency.test. CNAME way.other.test.\n"+
		"empty.agency.test. CNAME full.other.test."))
	must(t, s.Server(0).Publish("away.agency.test. CNAME back.other.test."))
	for name, want := range map[string]struct {
		outcome zone.Outcome
		hops    int
		records string
	}{
		"away": {zone.Loop, 2, ""}, "out": {zone.Found, 2, "there"}, "empty": {zone.NoData, 1, ""},
	} {
		r := a.Check().Follow(t.Context(), z, name+".agency.test", zone.TXT)
		if r.Outcome != want.outcome || len(r.Chain()) != want.hops || values(r.Records()) != want.records {
			t.Errorf("%s: %s, by %q, %+v", name, r.Outcome, r.Chain(), r.Answers)
		}
	}
}

func TestSenderE6ACheckSendsTwentyQueriesUnder64Callers(t *testing.T) {
	t.Parallel()
	s, a, w := servers(t, 4)
	z := find(t, a, "agency.test")
	s.Forget()
	w.called = nil
	c := a.Check()
	var all sync.WaitGroup
	var mu sync.Mutex
	reasons := map[zone.Reason]int{}
	for range 64 {
		all.Go(func() {
			r := c.First(t.Context(), z, "nobody.agency.test", zone.TXT)
			mu.Lock()
			defer mu.Unlock()
			reasons[r.Reason]++
			if r.Missing() == (r.Reason == zone.Spent) {
				t.Errorf("%+v", r)
			}
		})
	}
	all.Wait()
	if got := len(w.calls()); got != dns.Queries || len(s.Asked()) != dns.Queries || c.Left() != 0 {
		t.Errorf("%d calls, %d questions, %d left", got, len(s.Asked()), c.Left())
	}
	if reasons[""] != dns.Queries || reasons[zone.Spent] != 64-dns.Queries {
		t.Errorf("%v", reasons)
	}
	if _, err := c.Zone(t.Context(), "agency.test"); err == nil || !strings.Contains(err.Error(), string(zone.Spent)) {
		t.Error(err)
	}
}

// A second message by TCP counts, as one more that is sent.
func TestSenderE6TheSecondAttemptCounts(t *testing.T) {
	t.Parallel()
	_, a, w := servers(t, 4)
	z := find(t, a, "agency.test")
	w.unheard = func(string, netip.AddrPort) bool { return true }
	c := a.Check()
	for range 5 {
		c.Ask(t.Context(), z, "agency.test", zone.MX)
	}
	if c.Left() != 0 {
		t.Errorf("%d left", c.Left())
	}
}

// hush is a connection on which no answer comes until its time is over.
type hush struct {
	deaf
	over chan struct{}
}

func (h hush) Read([]byte) (int, error) {
	<-h.over
	return 0, os.ErrDeadlineExceeded
}

func (h hush) SetDeadline(time.Time) error {
	close(h.over)
	return nil
}

// silent is an asker of four servers that never answer, and their zone.
func silent(connected func()) (*dns.Asker, zone.Zone) {
	a := &dns.Asker{Connect: func(context.Context, string, netip.AddrPort) (net.Conn, error) {
		connected()
		return hush{over: make(chan struct{})}, nil
	}}
	z := zone.Zone{Name: "agency.test."}
	for n := range 4 {
		at := netip.MustParseAddrPort(fmt.Sprintf("127.0.0.1:%d", 5301+n))
		a.StandIns = append(a.StandIns, at)
		z.Servers = append(z.Servers, zone.Server{Name: fmt.Sprintf("ns%d.agency.test.", n+1), Address: at})
	}
	a.Resolvers = a.StandIns[:1]
	return a, z
}

func TestSenderE6FourAnswersAreWaitedForAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var waiting atomic.Int32
		a, z := silent(func() { waiting.Add(1) })
		c := a.Check()
		for range 4 {
			go c.Ask(t.Context(), z, "agency.test", zone.NS)
		}
		synctest.Wait()
		if n := waiting.Load(); n != dns.AtOnce {
			t.Errorf("%d at once", n)
		}
		time.Sleep(dns.Patience - time.Millisecond) // in the bubble's time
		synctest.Wait()
		before := waiting.Load()
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := waiting.Load(); n != before {
			t.Errorf("%d were asked after the end", n-before)
		}
	})
}

func TestSenderE6ACheckEndsAfterFiveSeconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, z := silent(func() {})
		c, begun := a.Check(), time.Now()
		if r := c.First(t.Context(), z, "agency.test", zone.NS); r.Outcome != zone.Unasked || r.Reason != zone.Timeout {
			t.Errorf("%+v", r)
		}
		if took := time.Since(begun); took != dns.Patience {
			t.Errorf("four silent servers took %s", took)
		}
		left := c.Left()
		got := c.Ask(t.Context(), z, "agency.test", zone.NS)
		if got.Outcome() != zone.Unasked || time.Since(begun) != dns.Patience || c.Left() != left {
			t.Errorf("after its end: %s, %s later", got.Outcome(), time.Since(begun))
		}
		// A server that is silent leaves time for the second attempt, and for another server.
		begun, z.Servers = time.Now(), z.Servers[:1]
		a.Check().First(t.Context(), z, "agency.test", zone.NS)
		if took := time.Since(begun); took != 3*time.Second {
			t.Errorf("one silent server took %s", took)
		}
	})
}

func TestSenderD16OthersKeepAMissForTheSmallerTime(t *testing.T) {
	t.Parallel()
	s, a, _ := servers(t, 2)
	for soa, want := range map[string]time.Duration{
		"@ 3600 SOA ns1 h 1 7200 900 1209600 300":  5 * time.Minute,
		"@ 60 SOA ns1 h 1 7200 900 1209600 86400":  time.Minute,
		"@ 86400 SOA ns1 h 1 7200 900 1209600 0":   0,
		"@ 7200 SOA ns1 h 1 7200 900 1209600 7200": 2 * time.Hour,
	} {
		must(t, s.SetZone("agency.test", soa+"\nhere TXT x"))
		z := find(t, a, "agency.test")
		missing := a.Check().Ask(t.Context(), z, "no.agency.test", zone.TXT)
		nodata := a.Check().Ask(t.Context(), z, "here.agency.test", zone.A)
		if z.Negative != want || missing.Negative() != want || nodata.Negative() != want {
			t.Errorf("%s: %s, %s, %s, want %s", soa, z.Negative, missing.Negative(), nodata.Negative(), want)
		}
		if found := a.Check().Ask(t.Context(), z, "here.agency.test", zone.TXT); found.Negative() != 0 {
			t.Errorf("what is there is kept as missing for %s", found.Negative())
		}
	}
}

func TestSenderD18AFaultIsNeverMissing(t *testing.T) {
	t.Parallel()
	for kind, want := range map[stub.Kind]zone.Reason{
		stub.ServFail: zone.ServFail, stub.Refused: zone.Refused, stub.Lame: zone.Lame,
	} {
		s, a, _ := servers(t, 2)
		z := find(t, a, "agency.test")
		for _, name := range []string{"bounce.mail.agency.test", "nobody.agency.test"} {
			must(t, s.Fail(name, stub.Fault{Kind: kind}))
			got := a.Check().Ask(t.Context(), z, name, zone.MX)
			for _, r := range got.Replies {
				if r.Outcome != zone.Unasked || r.Reason != want || r.Missing() {
					t.Errorf("%s: %+v", kind, r)
				}
			}
			if got.Outcome() != zone.Unasked || got.Negative() != 0 || len(got.Replies) != 2 {
				t.Errorf("%s: %s, kept for %s", kind, got.Outcome(), got.Negative())
			}
		}
	}
}

// One server that can't be heard takes nothing from what the others say.
func TestSenderD18AServerThatIsSilentLeavesTheOthers(t *testing.T) {
	t.Parallel()
	s, a, w := servers(t, 3)
	z := find(t, a, "agency.test")
	w.unheard = func(_ string, to netip.AddrPort) bool { return to == s.Server(1).Addr() }
	for name, want := range map[string]zone.Outcome{"bounce.mail.agency.test": zone.Found, "nobody.agency.test": zone.NoName} {
		got := a.Check().Ask(t.Context(), z, name, zone.MX)
		un := got.Unasked()
		if got.Outcome() != want || len(un) != 1 || un[0].Reason != zone.Timeout || un[0].Server.Name != "ns2.agency.test." {
			t.Errorf("%s: %s, %+v", name, got.Outcome(), un)
		}
		if r := a.Check().First(t.Context(), z, name, zone.MX); r.Outcome != want {
			t.Errorf("%s: %+v", name, r)
		}
	}
	z.Servers = z.Servers[1:]
	r := a.Check().First(t.Context(), z, "bounce.mail.agency.test", zone.MX)
	if r.Outcome != zone.Found || r.Server.Name != "ns3.agency.test." {
		t.Errorf("the first that answers: %+v", r)
	}
}

// The stub's own silence ends with the context, and is no answer.
func TestSenderD18SilenceIsATimeout(t *testing.T) {
	t.Parallel()
	s, a, _ := servers(t, 2)
	z := find(t, a, "agency.test")
	must(t, s.Fail("nobody.agency.test", stub.Fault{Kind: stub.Silent}))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if got := a.Check().Ask(ctx, z, "nobody.agency.test", zone.MX); got.Outcome() != zone.Unasked || got.Replies[0].Reason != zone.Timeout {
		t.Errorf("%+v", got)
	}
}

// What flaps is seen as it is at each time; nothing is kept between two questions.
func TestSenderD18WhatFlapsIsFoundAgain(t *testing.T) {
	t.Parallel()
	s, a, _ := servers(t, 1)
	z := find(t, a, "agency.test")
	must(t, s.Fail("bounce.mail.agency.test", stub.Fault{Kind: stub.Flap}))
	for n, want := range []zone.Outcome{zone.Found, zone.NoName, zone.Found, zone.NoName} {
		if got := a.Check().Ask(t.Context(), z, "bounce.mail.agency.test", zone.MX).Outcome(); got != want {
			t.Errorf("question %d: %s", n, got)
		}
	}
}

func TestSenderD19TheServerThatDiffersIsNamed(t *testing.T) {
	t.Parallel()
	s, a, _ := servers(t, 4)
	z := find(t, a, "agency.test")
	must(t, s.Publish("new.agency.test. TXT now"))
	must(t, s.Server(2).Delete("new.agency.test", ""))
	got := a.Check().Ask(t.Context(), z, "new.agency.test", zone.TXT)
	if got.Outcome() != zone.Split || names(got.Differing()) != "ns3" || len(got.Groups()) != 2 || !got.Groups()[1].Reply.Missing() {
		t.Errorf("%s, %+v", got.Outcome(), got.Groups())
	}
	must(t, s.Server(2).Publish("new.agency.test. TXT then"))
	must(t, s.Server(1).Fail("new.agency.test", stub.Fault{Kind: stub.ServFail}))
	got = a.Check().Ask(t.Context(), z, "new.agency.test", zone.TXT)
	if got.Outcome() != zone.Split || names(got.Differing()) != "ns3" || len(got.Unasked()) != 1 ||
		values(got.Groups()[1].Reply.Records()) != "then" {
		t.Errorf("%s, %+v", got.Outcome(), got.Groups())
	}
	must(t, s.Server(2).Delete("new.agency.test", ""))
	must(t, s.Server(2).Publish("new.agency.test. 17 TXT now"))
	if got = a.Check().Ask(t.Context(), z, "new.agency.test", zone.TXT); got.Outcome() != zone.Found || got.Differing() != nil {
		t.Errorf("but for their times the servers agree: %+v", got.Groups())
	}
}

func TestSenderD19FourServersAreAskedAtMost(t *testing.T) {
	t.Parallel()
	s, a, _ := servers(t, 2)
	must(t, s.SetZone("big.test", "@ NS f.ns\n@ NS e.ns\n@ NS d.ns\n@ NS c.ns\n@ NS b.ns\n@ NS a.ns\n*.ns A 127.0.0.1"))
	z := find(t, a, "big.test")
	if names(z.Servers) != "a b c d" {
		t.Errorf("%+v", z.Servers)
	}
	s.Forget()
	if got := a.Check().Ask(t.Context(), z, "big.test", zone.NS); len(got.Replies) != 4 || len(s.Asked()) != 4 {
		t.Errorf("%d replies, %d questions", len(got.Replies), len(s.Asked()))
	}
}

// world is an asker of real name servers, whose addresses are what the stub as its resolver says. It calls nobody else.
func world(t *testing.T, text string) (*dns.Asker, *network, *stub.Stub) {
	t.Helper()
	s, a, w := servers(t, 1)
	a.StandIns = nil
	must(t, s.SetZone("evil.test", text))
	w.unheard = func(_ string, to netip.AddrPort) bool { return to != s.Server(0).Addr() }
	return a, w, s
}

func TestSenderD19NameServersOfAPrivateNetworkAreNotAsked(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"A 127.0.0.1", "A 10.0.0.2", "A 169.254.169.254", "A 100.64.0.1", "A 192.0.2.1", "A 0.0.0.0",
		"A 255.255.255.255", "AAAA fd00::1"} {
		a, w, s := world(t, "@ NS ns\nns "+address)
		z := find(t, a, "mail.evil.test")
		want := zone.NotPublic
		if strings.HasPrefix(address, "AAAA") {
			want = zone.NoAddress
		}
		if len(z.Servers) != 1 || z.Servers[0].Why != want || z.Servers[0].Address.IsValid() {
			t.Errorf("%s: %+v", address, z)
		}
		// A zone that somebody keeps and changes gains nothing either.
		for _, at := range []string{"127.0.0.1:53", "10.0.0.2:53", "[::1]:53", "[::ffff:127.0.0.1]:53", "8.8.8.8:80",
			s.Server(0).Addr().String()} {
			z.Servers[0] = zone.Server{Name: "ns.evil.test.", Address: netip.MustParseAddrPort(at)}
			got := a.Check().Ask(t.Context(), z, "evil.test", zone.TXT)
			if got.Outcome() != zone.Unasked || got.Replies[0].Reason != zone.NotPublic {
				t.Errorf("%s: %+v", at, got)
			}
		}
		for _, call := range w.calls() {
			if !strings.HasSuffix(call, " "+s.Server(0).Addr().String()) {
				t.Errorf("%s: called %s", address, call)
			}
		}
	}
}

func TestAPublicNameServerIsAskedAtPort53ByUDPThenTCPAndThenTheResolver(t *testing.T) {
	t.Parallel()
	a, w, s := world(t, "@ NS ns\nns A 10.0.0.1\nns A 8.8.8.8\nhere TXT x")
	z := find(t, a, "evil.test")
	if len(z.Servers) != 1 || z.Servers[0].Address.String() != "8.8.8.8:53" {
		t.Fatalf("%+v", z)
	}
	w.called = nil
	got := a.Check().Ask(t.Context(), z, "here.evil.test", zone.TXT)
	resolver := s.Server(0).Addr().String()
	if calls := strings.Join(w.calls(), ", "); calls != "udp 8.8.8.8:53, tcp 8.8.8.8:53, udp "+resolver {
		t.Errorf("called %s", calls)
	}
	if len(got.Replies) != 2 || got.Replies[0].Reason != zone.Timeout || !got.Replies[1].SecondHand || got.Outcome() != zone.Found {
		t.Errorf("%+v", got.Replies)
	}
	if r := a.Check().Resolver(t.Context(), "here.evil.test", zone.TXT); r.Outcome != zone.Found || !r.SecondHand {
		t.Errorf("%+v", r)
	}
}

func TestWhereUDPIsNotLetThroughTCPIsSpoken(t *testing.T) {
	t.Parallel()
	_, a, w := servers(t, 2)
	w.unheard = func(network string, _ netip.AddrPort) bool { return network == "udp" }
	z := find(t, a, "agency.test")
	got := a.Check().Ask(t.Context(), z, "bounce.mail.agency.test", zone.MX)
	if got.Outcome() != zone.Found || !got.Replies[0].TCP || !got.Replies[1].TCP {
		t.Errorf("%+v", got.Replies)
	}
	long := strings.Repeat("x234567890.", 21) + "agency.test." // a question of more than 255 octets
	if r := a.Check().First(t.Context(), z, long, zone.MX); r.Outcome != zone.NoName || !r.TCP {
		t.Errorf("%+v", r)
	}
}

func TestAnAnswerThatIsTruncatedAndNotToBeHadByTCPIsNone(t *testing.T) {
	t.Parallel()
	s, a, w := servers(t, 1)
	must(t, s.Publish("long.agency.test. TXT "+strings.Repeat(strings.Repeat("x", 200)+" ", 4)))
	z := find(t, a, "agency.test")
	w.unheard = func(network string, _ netip.AddrPort) bool { return network == "tcp" }
	for _, kind := range []zone.Type{zone.TXT} {
		if r := a.Check().First(t.Context(), z, "long.agency.test", kind); r.Outcome != zone.Unasked || r.Reason != zone.Timeout {
			t.Errorf("%+v", r)
		}
	}
}

func TestANameThatWasGivenAwayIsNotMissing(t *testing.T) {
	t.Parallel()
	s, a, _ := servers(t, 1)
	z := find(t, a, "agency.test")
	must(t, s.Publish("mail.agency.test. NS ns.mail.agency.test.\nns.mail.agency.test. A 127.0.0.1"))
	got := a.Check().Ask(t.Context(), z, "bounce.mail.agency.test", zone.MX)
	if r := got.Replies[0]; r.Outcome != zone.Unasked || r.Reason != zone.Delegated || values(r.Authority) != "ns.mail.agency.test." {
		t.Errorf("%+v", r)
	}
	if z := find(t, a, "bounce.mail.agency.test"); z.Name != "mail.agency.test." || names(z.Servers) != "ns" {
		t.Errorf("%+v", z)
	}
}

// A server that has lost the zone sends whoever asks to the zone's name servers, of which it is one.
func TestAServerWithoutTheZoneIsLame(t *testing.T) {
	t.Parallel()
	s, a, _ := servers(t, 2)
	z := find(t, a, "agency.test")
	s.Server(1).RemoveZone("agency.test")
	must(t, s.Server(1).SetZone("test", "agency NS ns1.agency"))
	got := a.Check().Ask(t.Context(), z, "bounce.mail.agency.test", zone.MX)
	if r := got.Replies[1]; r.Outcome != zone.Unasked || r.Reason != zone.Lame || got.Outcome() != zone.Found {
		t.Errorf("%+v", r)
	}
}

func TestAnAnswerToAnotherQuestionIsNone(t *testing.T) {
	t.Parallel()
	s, a, w := servers(t, 1)
	z := find(t, a, "agency.test")
	must(t, s.Fail("bounce.mail.agency.test", stub.Fault{Kind: stub.Spoofed}))
	w.unheard = func(network string, _ netip.AddrPort) bool { return network == "udp" } // where further ones would be waited for
	if r := a.Check().First(t.Context(), z, "bounce.mail.agency.test", zone.MX); r.Outcome != zone.Unasked || r.Reason != zone.Malformed {
		t.Errorf("%+v", r)
	}
}

// crowd is a connection on which others answer, too.
type crowd struct {
	deaf
	answers func(asked dnsmessage.Message) [][]byte
	queue   [][]byte
}

func (c *crowd) Write(b []byte) (int, error) {
	var m dnsmessage.Message
	if err := m.Unpack(b); err != nil {
		return 0, err
	}
	c.queue = c.answers(m)
	return len(b), nil
}

func (c *crowd) Read(b []byte) (int, error) {
	if len(c.queue) == 0 {
		return 0, os.ErrDeadlineExceeded
	}
	n := copy(b, c.queue[0])
	c.queue = c.queue[1:]
	return n, nil
}

func TestStrangersAnswersArePassedOver(t *testing.T) {
	t.Parallel()
	ids := map[uint16]bool{}
	_, a, _ := servers(t, 1)
	z := find(t, a, "agency.test")
	pack := func(m dnsmessage.Message, change func(*dnsmessage.Message)) []byte {
		m.Response, m.Authoritative, m.RCode = true, true, dnsmessage.RCodeNameError
		change(&m)
		out, err := m.Pack()
		must(t, err)
		return out
	}
	strange := map[string]func(*dnsmessage.Message){
		"another id": func(m *dnsmessage.Message) { m.ID++ },
		"another name": func(m *dnsmessage.Message) {
			m.Questions = []dnsmessage.Question{{Name: dnsmessage.MustNewName("x.test."), Type: m.Questions[0].Type, Class: 1}}
		},
		"another type": func(m *dnsmessage.Message) {
			m.Questions = []dnsmessage.Question{{Name: m.Questions[0].Name, Type: 1, Class: 1}}
		},
		"another class": func(m *dnsmessage.Message) {
			m.Questions = []dnsmessage.Question{{Name: m.Questions[0].Name, Type: m.Questions[0].Type, Class: 3}}
		},
		"no question":    func(m *dnsmessage.Message) { m.Questions = nil },
		"two questions":  func(m *dnsmessage.Message) { m.Questions = append(slices.Clone(m.Questions), m.Questions...) },
		"a question":     func(m *dnsmessage.Message) { m.Response = false },
		"another opcode": func(m *dnsmessage.Message) { m.OpCode = 4 },
	}
	for name, change := range strange {
		tcp := false
		a.Connect = func(_ context.Context, network string, _ netip.AddrPort) (net.Conn, error) {
			if tcp = tcp || network == "tcp"; tcp {
				return nil, os.ErrDeadlineExceeded
			}
			return &crowd{answers: func(m dnsmessage.Message) [][]byte {
				ids[m.ID] = true
				yes := pack(m, func(m *dnsmessage.Message) {
					m.RCode = 0
					upper := dnsmessage.MustNewName("BOUNCE.Mail.agency.test.")
					m.Questions = []dnsmessage.Question{{Name: upper, Type: m.Questions[0].Type, Class: 1}}
					m.Answers = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: m.Questions[0].Name, Class: 1, TTL: 1 << 31},
						Body: &dnsmessage.MXResource{Pref: 7, MX: dnsmessage.MustNewName("mx\n<b>.test.")}}}
				})
				return [][]byte{{}, {1, 2, 3}, pack(m, change), pack(m, change), yes}
			}}, nil
		}
		r := a.Check().First(t.Context(), z, "bounce.mail.agency.test", zone.MX)
		if r.Outcome != zone.Found || tcp || values(r.Records()) != `7 mx\010<b>.test.` || r.Records()[0].TTL != 0 {
			t.Errorf("%s: %+v", name, r)
		}
	}
	if len(ids) < len(strange)-1 { // two of them may be the same by chance, once in 2,000 runs
		t.Errorf("only %d ids in %d questions", len(ids), len(strange))
	}
	var flood *crowd
	a.Connect = func(_ context.Context, network string, _ netip.AddrPort) (net.Conn, error) {
		if network == "tcp" {
			return nil, os.ErrDeadlineExceeded
		}
		flood = &crowd{answers: func(m dnsmessage.Message) [][]byte {
			return slices.Repeat([][]byte{pack(m, strange["another id"])}, 1000)
		}}
		return flood, nil
	}
	if r := a.Check().First(t.Context(), z, "bounce.mail.agency.test", zone.MX); r.Outcome != zone.Unasked || len(flood.queue) < 900 {
		t.Errorf("in a flood, of which %d are left: %+v", len(flood.queue), r)
	}
}
