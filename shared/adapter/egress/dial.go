package egress

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"time"
)

// Bounds of one connection.
const (
	// Patience is how long a look-up and all attempts to connect may take together.
	Patience = 5 * time.Second
	// MostAddresses is how many addresses of an answer are looked at.
	MostAddresses = 32
	// MostAttempts is how many of them are called at most until one answers.
	MostAttempts = 4
)

// Dialer connects to what its policy lets be called.
type Dialer struct {
	Policy Policy
	// Lookup finds a name's addresses. It is asked once for a connection.
	Lookup func(ctx context.Context, host string) ([]netip.Addr, error)
	// Connect opens a connection. It is given addresses alone, so that nothing is looked up a second time.
	Connect func(ctx context.Context, to netip.AddrPort) (net.Conn, error)
	// Within is how long a look-up and all attempts to connect may take together; 0 for [Patience].
	Within time.Duration
	// MostHeaders is how many bytes of headers of an answer are read; 0 for 64 KiB.
	MostHeaders int64
}

// Dialer connects over the network.
func (p Policy) Dialer() Dialer {
	var d net.Dialer
	return Dialer{
		Policy: p,
		Lookup: func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		},
		Connect: func(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
			return d.DialContext(ctx, "tcp", to.String())
		},
	}
}

// Transport carries requests over the network to what the policy lets be called.
func (p Policy) Transport() http.RoundTripper { return p.Dialer().Transport() }

// Dial connects to the first of the host's addresses that answers, of those that may be called by the scheme. Where none
// may, it opens no connection and returns a [*Refusal]; of a host without addresses it returns a [*net.DNSError].
func (d Dialer) Dial(ctx context.Context, scheme, host string, port uint16) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(d.Within, Patience))
	defer cancel()
	all, err := d.addresses(ctx, host)
	if err != nil {
		return nil, err
	}
	var refused error
	var may []netip.AddrPort
	for _, ip := range all[:min(len(all), MostAddresses)] {
		to := netip.AddrPortFrom(ip.Unmap(), port)
		if ip.Zone() != "" { // which Unmap may drop
			to = netip.AddrPortFrom(ip, port)
		}
		if err := d.Policy.Judge(scheme, host, to); err == nil {
			may = append(may, to)
		} else if refused == nil {
			refused = err
		}
	}
	if len(may) == 0 {
		return nil, refused
	}
	may = mixed(may)
	may = may[:min(len(may), MostAttempts)]
	var first error
	for i, to := range may {
		c, err := d.attempt(ctx, to, len(may)-i)
		if err == nil {
			return c, nil
		}
		if first == nil {
			first = err
		}
		if ctx.Err() != nil {
			break
		}
	}
	return nil, first
}

// addresses looks the host's name up, unless it is an address itself.
func (d Dialer) addresses(ctx context.Context, host string) ([]netip.Addr, error) {
	if ip, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{ip}, nil
	}
	all, err := d.Lookup(ctx, host)
	if err == nil && len(all) == 0 {
		err = &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	return all, err
}

// attempt connects within an equal share of the time that is left for this attempt and those after it.
func (d Dialer) attempt(ctx context.Context, to netip.AddrPort, left int) (net.Conn, error) {
	if end, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(end)/time.Duration(left))
		defer cancel()
	}
	return d.Connect(ctx, to)
}

// mixed has IPv6 and IPv4 take turns, beginning with the resolver's first choice, so that a network on which one of them
// leads nowhere costs one attempt (RFC 8305, section 4).
func mixed(all []netip.AddrPort) []netip.AddrPort {
	var same, other []netip.AddrPort
	for _, a := range all {
		if a.Addr().Is4() == all[0].Addr().Is4() {
			same = append(same, a)
		} else {
			other = append(other, a)
		}
	}
	out := make([]netip.AddrPort, 0, len(all))
	for i := range max(len(same), len(other)) {
		if i < len(same) {
			out = append(out, same[i])
		}
		if i < len(other) {
			out = append(out, other[i])
		}
	}
	return out
}

// Transport carries requests to what the policy lets be called. It knows no proxies. Following redirects is for the
// client; each request that it makes is judged.
func (d Dialer) Transport() http.RoundTripper {
	by := func(scheme string) *http.Transport {
		return &http.Transport{
			DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
				host, port, err := split(address)
				if err != nil {
					return nil, err
				}
				return d.Dial(ctx, scheme, host, port)
			},
			ForceAttemptHTTP2: true, TLSHandshakeTimeout: Patience, MaxResponseHeaderBytes: cmp.Or(d.MostHeaders, 64<<10),
			MaxIdleConnsPerHost: 2, IdleConnTimeout: 30 * time.Second,
		}
	}
	return &transport{policy: d.Policy, plain: by("http"), secure: by("https")}
}

// split takes an address as net/http gives it, whose port is a number always.
func split(address string) (host string, port uint16, err error) {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, fmt.Errorf("egress: %w", err)
	}
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return "", 0, fmt.Errorf("egress: the port of %s is none: %w", address, err)
	}
	return host, uint16(n), nil
}

// transport keeps connections of the two schemes apart, since an address is judged for one of them.
type transport struct {
	policy        Policy
	plain, secure *http.Transport
}

// errSwitched says that the other side wants to go on in another protocol, which nobody has asked for.
var errSwitched = errors.New("egress: it answered 101 to what asked for no other protocol")

// RoundTrip refuses what the policy refuses by its name before anything is looked up. An answer that switches protocols is none: its
// body is the connection itself, which the request's context does not end, so that whoever read it would wait for as long as the other
// side likes.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := t.policy.JudgeURL(r.URL); err != nil {
		if r.Body != nil {
			_ = r.Body.Close()
		}
		return nil, err
	}
	by := t.secure
	if r.URL.Scheme == "http" {
		by = t.plain
	}
	res, err := by.RoundTrip(r)
	if err == nil && res.StatusCode == http.StatusSwitchingProtocols {
		_ = res.Body.Close()
		return nil, errSwitched
	}
	return res, err
}

// CloseIdleConnections is for [http.Client.CloseIdleConnections].
func (t *transport) CloseIdleConnections() {
	t.plain.CloseIdleConnections()
	t.secure.CloseIdleConnections()
}
