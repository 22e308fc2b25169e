package egress_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"latchkey.dev/shared/adapter/egress"
)

// outside is a network without sockets: it answers look-ups as it is told to and notes what is asked and called.
type outside struct {
	answers []string // one for each look-up, the last one for all further ones: addresses with spaces between
	dead    []string // addresses at which nobody answers

	mu     sync.Mutex
	asked  []string
	called []string
	ends   []time.Time // until when each call may take
}

func (o *outside) dialer(p egress.Policy) egress.Dialer {
	return egress.Dialer{Policy: p, Lookup: o.lookup, Connect: o.connect}
}

func (o *outside) lookup(_ context.Context, host string) ([]netip.Addr, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	answer := o.answers[min(len(o.asked), len(o.answers)-1)]
	o.asked = append(o.asked, host)
	var out []netip.Addr
	for _, s := range strings.Fields(answer) {
		out = append(out, netip.MustParseAddr(s))
	}
	return out, nil
}

var errDead = errors.New("nobody answers")

func (o *outside) connect(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.called = append(o.called, to.String())
	end, _ := ctx.Deadline()
	o.ends = append(o.ends, end)
	if slices.Contains(o.dead, to.Addr().String()) {
		return nil, errDead
	}
	here, there := net.Pipe()
	go func() { // a server that answers one request
		_, _ = there.Read(make([]byte, 4<<10))
		_, _ = io.WriteString(there, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		_ = there.Close()
	}()
	return here, nil
}

func TestOnlyJudgedAddressesAreCalled(t *testing.T) {
	t.Parallel()
	many := func(n int, format string) string {
		var all []string
		for i := range n {
			all = append(all, fmt.Sprintf(format, i+1))
		}
		return strings.Join(all, " ")
	}
	for name, c := range map[string]struct {
		answer string
		dead   []string
		called string // in their order
		fails  bool
	}{
		"one that is public":                     {"8.8.8.8", nil, "8.8.8.8:443", false},
		"an IPv4 address as resolvers write it":  {"::ffff:8.8.8.8", nil, "8.8.8.8:443", false},
		"the first of two":                       {"8.8.8.8 1.1.1.1", nil, "8.8.8.8:443", false},
		"the second where the first is dead":     {"8.8.8.8 1.1.1.1", []string{"8.8.8.8"}, "8.8.8.8:443 1.1.1.1:443", false},
		"a private one":                          {"10.0.0.1", nil, "", true},
		"the metadata service":                   {"169.254.169.254 fd00:ec2::254", nil, "", true},
		"a private one before a public one":      {"10.0.0.1 8.8.8.8", nil, "8.8.8.8:443", false},
		"a private one after a dead public one":  {"8.8.8.8 127.0.0.1", []string{"8.8.8.8"}, "8.8.8.8:443", true},
		"a private one in each disguise":         {"::ffff:10.0.0.1 64:ff9b::a00:1 2002:a00:1:: ::10.0.0.1 fe80::1%eth0 fec0::1 ff02::1", nil, "", true},
		"IPv4 and IPv6 by turns":                 {"2a00::1 2a00::2 2a00::3 8.8.8.8", []string{"2a00::1"}, "[2a00::1]:443 8.8.8.8:443", false},
		"not more than four":                     {many(20, "8.8.8.%d"), strings.Fields(many(20, "8.8.8.%d")), "8.8.8.1:443 8.8.8.2:443 8.8.8.3:443 8.8.8.4:443", true},
		"not what comes after too many":          {many(egress.MostAddresses, "10.0.0.%d") + " 8.8.8.8", nil, "", true},
		"the last of those that are looked at":   {many(egress.MostAddresses-1, "10.0.0.%d") + " 8.8.8.8", nil, "8.8.8.8:443", false},
		"none, of a name without any":            {"", nil, "", true},
		"a public one with a zone":               {"2606:4700:4700::1111%eth0", nil, "", true},
		"a mapped public one with a zone is not": {"::ffff:8.8.8.8%eth0", nil, "", true},
	} {
		o := &outside{answers: []string{c.answer}, dead: c.dead}
		conn, err := o.dialer(egress.Strict()).Dial(t.Context(), "https", "n8n.example.com", 443)
		if (err != nil) != c.fails {
			t.Errorf("%s: %v", name, err)
		}
		if conn != nil {
			conn.Close()
		}
		if got := strings.Join(o.called, " "); got != c.called {
			t.Errorf("%s: called %q, want %q", name, got, c.called)
		}
		if len(o.asked) != 1 || o.asked[0] != "n8n.example.com" {
			t.Errorf("%s: looked up %q, want one look-up", name, o.asked)
		}
		if c.called == "" && c.answer != "" {
			if r := refusal(t, err); r.Cause != egress.Address {
				t.Errorf("%s: %v", name, r)
			}
		}
	}
}

func TestANameWithoutAddressesIsNoHost(t *testing.T) {
	t.Parallel()
	o := &outside{answers: []string{""}}
	_, err := o.dialer(egress.Strict()).Dial(t.Context(), "https", "n8n.example.com", 443)
	var dns *net.DNSError
	if !errors.As(err, &dns) || !dns.IsNotFound || dns.Name != "n8n.example.com" {
		t.Errorf("%v", err)
	}
}

func TestAFaultOfTheResolverIsTold(t *testing.T) {
	t.Parallel()
	fault := &net.DNSError{Err: "server misbehaving", Name: "n8n.example.com", IsTemporary: true}
	o := &outside{}
	d := o.dialer(egress.Strict())
	d.Lookup = func(context.Context, string) ([]netip.Addr, error) { return nil, fault }
	if _, err := d.Dial(t.Context(), "https", "n8n.example.com", 443); !errors.Is(err, fault) || len(o.called) > 0 {
		t.Errorf("%v, called %q", err, o.called)
	}
}

// A name that is public when it is asked about first, and private ever after.
func TestARebindingNameGainsNothing(t *testing.T) {
	t.Parallel()
	o := &outside{answers: []string{"8.8.8.8", "127.0.0.1"}}
	d := o.dialer(egress.Strict())
	c, err := d.Dial(t.Context(), "https", "rebind.example", 443)
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	if _, err := d.Dial(t.Context(), "https", "rebind.example", 443); refusal(t, err).Cause != egress.Address {
		t.Error(err)
	}
	if got := strings.Join(o.called, " "); got != "8.8.8.8:443" || len(o.asked) != 2 {
		t.Errorf("called %q after %d look-ups", got, len(o.asked))
	}
}

func TestAnAddressIsNotLookedUp(t *testing.T) {
	t.Parallel()
	for host, called := range map[string]string{
		"8.8.8.8": "8.8.8.8:8443", "2606:4700:4700::1111": "[2606:4700:4700::1111]:8443", "::ffff:8.8.8.8": "8.8.8.8:8443",
		"127.0.0.1": "", "::1": "", "fe80::1%lo": "",
	} {
		o := &outside{}
		c, err := o.dialer(egress.Strict()).Dial(t.Context(), "https", host, 8443)
		if (err == nil) != (called != "") || strings.Join(o.called, " ") != called || len(o.asked) > 0 {
			t.Errorf("%s: %v, called %q, looked up %q", host, err, o.called, o.asked)
		}
		if c != nil {
			c.Close()
		}
	}
}

// All of it ends by the time that one connection may take, and no dead address takes the time of those after it.
func TestEachAttemptHasItsShareOfTheTime(t *testing.T) {
	t.Parallel()
	o := &outside{answers: []string{"8.8.8.1 8.8.8.2 8.8.8.3 8.8.8.4"}, dead: strings.Fields("8.8.8.1 8.8.8.2 8.8.8.3 8.8.8.4")}
	_, err := o.dialer(egress.Strict()).Dial(t.Context(), "https", "n8n.example.com", 443)
	last := time.Now().Add(egress.Patience)
	if !errors.Is(err, errDead) || len(o.ends) != 4 {
		t.Fatalf("%v after %d attempts", err, len(o.ends))
	}
	for i, end := range o.ends {
		if end.IsZero() || end.After(last) || i > 0 && end.Before(o.ends[i-1]) {
			t.Errorf("attempt %d may take until %s, all of them until %s", i, end, last)
		}
	}
	if o.ends[0].After(last.Add(-egress.Patience / 2)) {
		t.Errorf("the first attempt leaves %s to the others", last.Sub(o.ends[0]))
	}
}

func TestWhatIsGivenUpCallsNobodyElse(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	o := &outside{answers: []string{"8.8.8.1 8.8.8.2"}}
	d := o.dialer(egress.Strict())
	d.Connect = func(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
		o.called = append(o.called, to.String())
		cancel()
		return nil, ctx.Err()
	}
	if _, err := d.Dial(ctx, "https", "n8n.example.com", 443); !errors.Is(err, context.Canceled) || len(o.called) != 1 {
		t.Errorf("%v, called %q", err, o.called)
	}
}

func TestRequestsGoWhereThePolicyLetsThem(t *testing.T) {
	t.Parallel()
	p := egress.Strict().Allowing(netip.MustParseAddrPort("127.0.0.1:8080"))
	for at, c := range map[string]struct {
		answer, asked, called string
		cause                 egress.Cause // "" for one that is answered
	}{
		"http://localhost:8080/x":             {"::1 127.0.0.1", "localhost", "127.0.0.1:8080", ""},
		"http://127.0.0.1:8080/x":             {"", "", "127.0.0.1:8080", ""},
		"http://localhost:8081/x":             {"127.0.0.1", "", "", egress.Scheme},
		"http://127.0.0.1:8081/x":             {"", "", "", egress.Address},
		"http://n8n.example.com/x":            {"8.8.8.8", "", "", egress.Scheme},
		"http://n8n.example.com:8080":         {"127.0.0.1", "", "", egress.Scheme},
		"https://n8n.example.com/x":           {"10.0.0.1 fc00::1", "n8n.example.com", "", egress.Address},
		"https://169.254.169.254/":            {"", "", "", egress.Address},
		"https://[fd00:ec2::254]/latest":      {"", "", "", egress.Address},
		"https://2130706433/":                 {"127.0.0.1", "2130706433", "", egress.Address}, // as inet_aton reads it
		"https://0x7f.1/":                     {"127.0.0.1", "0x7f.1", "", egress.Address},
		"ftp://n8n.example.com/":              {"8.8.8.8", "", "", egress.Scheme},
		"https://n8n.example.com:0/":          {"8.8.8.8", "", "", egress.Port},
		"https://localhost.localdomain:8080/": {"127.0.0.2", "localhost.localdomain", "", egress.Address},
	} {
		o := &outside{answers: []string{c.answer}}
		client := &http.Client{Transport: o.dialer(p).Transport()}
		res, err := client.Get(at)
		switch {
		case c.cause == "" && err != nil:
			t.Errorf("%s: %v", at, err)
		case c.cause == "":
			res.Body.Close()
		case refusal(t, err).Cause != c.cause:
			t.Errorf("%s: %v", at, err)
		}
		if got := strings.Join(o.called, " "); got != c.called {
			t.Errorf("%s: called %q, want %q", at, got, c.called)
		}
		if got := strings.Join(o.asked, " "); got != c.asked {
			t.Errorf("%s: looked up %q, want %q", at, got, c.asked)
		}
		client.CloseIdleConnections()
	}
}

// closing notes that a body was closed, as a RoundTripper has to do it also where it fails.
type closing struct {
	io.Reader
	closed bool
}

func (c *closing) Close() error {
	c.closed = true
	return nil
}

func TestTheBodyOfARefusedRequestIsClosed(t *testing.T) {
	t.Parallel()
	body := &closing{Reader: strings.NewReader("x")}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://10.0.0.1/", body)
	if err != nil {
		t.Fatal(err)
	}
	res, err := (&outside{}).dialer(egress.Strict()).Transport().RoundTrip(r)
	if res != nil {
		res.Body.Close()
	}
	if refusal(t, err); !body.closed {
		t.Error("it is open")
	}
}
