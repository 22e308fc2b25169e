package instance

import (
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"time"

	"latchkey.dev/shared/domain/fault"
)

// Endpoint is how an n8n instance is called: where it is, and the API key that it asks for.
type Endpoint struct {
	URL string
	Key string
}

// Workflow is one automation of an n8n instance.
type Workflow struct {
	ID        string
	Name      string
	Active    bool
	UpdatedAt time.Time
}

// Run is one execution of a workflow.
type Run struct {
	ID        string
	Workflow  string // its id
	Status    RunStatus
	StartedAt time.Time
	StoppedAt time.Time // zero while it is under way
}

// RunStatus is what became of a run, in n8n's words.
type RunStatus string

// The states of a run.
const (
	RunSucceeded RunStatus = "success"
	RunFailed    RunStatus = "error"
	RunCrashed   RunStatus = "crashed"
	RunCanceled  RunStatus = "canceled"
	RunGoing     RunStatus = "running"
	RunWaiting   RunStatus = "waiting"
	RunNew       RunStatus = "new"
	RunUnknown   RunStatus = "unknown"
)

// MaxURL is the longest address that is taken, in bytes.
const MaxURL = 500

// ParseURL checks an address typed into field and returns it in its one form: https, the host in lower case, without a
// slash at the end; the form in which the same address is always the same text. It may have a path, since n8n may
// live below one. open is for operators that allow http and their own network's addresses; otherwise neither is taken.
// A name that leads to a private address is found out when it is called, see the package n8n.
func ParseURL(field, typed string, open bool) (string, error) {
	typed = strings.TrimSpace(typed)
	if typed == "" {
		return "", fault.InField(field, "Enter the address, like https://n8n.example.com.")
	}
	if len(typed) > MaxURL {
		return "", fault.InField(field, "Use an address of at most %d characters.", MaxURL)
	}
	if !strings.Contains(typed, "://") {
		typed = "https://" + typed
	}
	u, err := url.Parse(typed)
	switch {
	case err != nil || u.Hostname() == "" || u.Opaque != "" || strings.ContainsAny(typed, "\\ \t\r\n<>\"'`"):
		return "", fault.InField(field, "This is no web address. Enter it like https://n8n.example.com.")
	case u.Scheme != "https" && (u.Scheme != "http" || !open):
		return "", fault.InField(field, "The address must begin with https://.")
	case u.User != nil:
		return "", fault.InField(field, "Leave the user name and password out of the address.")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return "", fault.InField(field, "Leave out what begins with ? or #. The address alone is enough.")
	}
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	if strings.ContainsFunc(host, func(c rune) bool { return c > 0x7e }) {
		return "", fault.InField(field, "Enter the host's name in its ASCII form (it begins with xn--).")
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		if !open && !Public(ip) {
			return "", fault.InField(field, "This address is private. Enter one that can be reached from the internet.")
		}
		if ip.Is6() {
			host = "[" + ip.String() + "]"
		}
	} else if !hostname.MatchString(host) {
		return "", fault.InField(field, "This is no web address. Enter it like https://n8n.example.com.")
	}
	if port := u.Port(); port != "" && (u.Scheme != "https" || port != "443") && (u.Scheme != "http" || port != "80") {
		host += ":" + port
	}
	path := strings.TrimRight(u.EscapedPath(), "/")
	for before := ""; before != path; { // as copied from a browser or from n8n's documentation
		before = path
		for _, known := range []string{"/api/v1", "/home/workflows", "/workflows", "/"} {
			path = strings.TrimSuffix(path, known)
		}
	}
	if path != "" && !pathname.MatchString(path) || strings.Contains(path, "..") {
		return "", fault.InField(field, "This is no web address. Enter it like https://n8n.example.com.")
	}
	return u.Scheme + "://" + host + path, nil
}

var (
	hostname = regexp.MustCompile(`^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$`)
	pathname = regexp.MustCompile(`^(/[A-Za-z0-9._~-]+)+$`)
)

// reserved are the ranges that are nobody's public address, besides those that netip knows: the IANA registries of
// special-purpose addresses (RFC 6890 and its updates), and those that carry an IPv4 address within (RFC 6052, 3056,
// 4380), behind which anything may stand.
var reserved = func() []netip.Prefix {
	var out []netip.Prefix
	for _, s := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.175.48.0/24",
		"198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
		"::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20", "5f00::/16", "fec0::/10",
	} {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}()

// Public tells whether ip is an address of the public internet: not this machine's, not a private network's, not a
// cloud's metadata service (169.254.169.254, fd00:ec2::254).
func Public(ip netip.Addr) bool {
	if ip.Zone() != "" {
		return false
	}
	ip = ip.Unmap()
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() {
		return false
	}
	for _, p := range reserved {
		if p.Contains(ip) {
			return false
		}
	}
	return true
}
