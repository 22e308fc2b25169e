package instance

import (
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/text"
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

// Guard judges what somebody types as an address: the policy for what the product may connect to.
type Guard interface {
	// JudgeName says why the scheme, the host (a name or an IP address, in lower case) and the port may not be called, as
	// far as that is known before a name is looked up; nil where they may.
	JudgeName(scheme, host string, port uint16) error
}

// MaxURL is the longest address that is taken, in bytes.
const MaxURL = 500

// ParseURL checks an address typed into field and returns it in its one form: https, the host in lower case, without a
// slash at the end; the form in which the same address is always the same text. It may have a path, since n8n may
// live below one. http, and an IP address, are taken where the guard lets them be called. A name that leads to a private
// address is found out when it is called.
func ParseURL(field, typed string, guard Guard) (string, error) {
	typed = text.Trim(typed)
	if typed == "" {
		return "", fault.InField(field, "errors.enter_the_address_like_https_n8n")
	}
	if len(typed) > MaxURL {
		return "", fault.InField(field, "errors.use_an_address_of_at_most", "max_url", MaxURL)
	}
	if !strings.Contains(typed, "://") {
		typed = "https://" + typed
	}
	u, err := url.Parse(typed)
	switch {
	case err != nil || u.Hostname() == "" || u.Opaque != "" || strings.ContainsAny(typed, "\\ \t\r\n<>\"'`"):
		return "", fault.InField(field, "errors.this_is_no_web_address_enter")
	case u.Scheme != "https" && u.Scheme != "http":
		return "", fault.InField(field, "errors.the_address_must_begin_with_https")
	case u.User != nil:
		return "", fault.InField(field, "errors.leave_the_user_name_and_password")
	case (u.RawQuery != "" || u.ForceQuery || u.Fragment != "") && instancePath(u.EscapedPath()) == plainPath(u.EscapedPath()):
		// On a page of n8n's own it is the page's, and goes with it.
		return "", fault.InField(field, "errors.leave_out_what_begins_with_or")
	}
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	if strings.ContainsFunc(host, func(c rune) bool { return c > 0x7e }) {
		return "", fault.InField(field, "errors.enter_the_hosts_name_in_its")
	}
	port, err := portOf(u)
	if err != nil {
		return "", fault.InField(field, "errors.this_is_no_web_address_enter")
	}
	judged := guard.JudgeName(u.Scheme, host, port)
	if judged != nil && u.Scheme == "http" {
		return "", fault.InField(field, "errors.the_address_must_begin_with_https")
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		if judged != nil {
			return "", fault.InField(field, "errors.this_address_is_private_enter_one")
		}
		if ip.Is6() {
			host = "[" + ip.String() + "]"
		}
	} else if !hostname.MatchString(host) {
		return "", fault.InField(field, "errors.this_is_no_web_address_enter")
	}
	if port != ports[u.Scheme] {
		host += ":" + strconv.Itoa(int(port))
	}
	path := instancePath(u.EscapedPath())
	if path != "" && !pathname.MatchString(path) || strings.Contains(path, "..") {
		return "", fault.InField(field, "errors.this_is_no_web_address_enter")
	}
	return u.Scheme + "://" + host + path, nil
}

// pages are the first parts of the paths of n8n's own pages and API. Whatever one of them begins is no part of where the
// instance is.
var pages = map[string]bool{"api": true, "rest": true, "home": true, "workflow": true, "workflows": true, "settings": true,
	"projects": true,
	"project":  true, "credentials": true, "executions": true, "templates": true, "personal": true, "shared": true, "signin": true,
	"signup": true, "setup": true, "forgot-password": true, "change-password": true, "signout": true, "insights": true, "evaluation": true,
	"folders": true, "variables": true, "mfa": true, "oauth": true, "saml": true, "sso": true, "healthz": true, "new": true,
	"webhook": true, "webhook-test": true, "form": true, "chat": true, "data-tables": true, "datatables": true, "agents": true}

// instancePath is the part of a path that leads to the instance, as far as the path shows where that ends: what n8n's own
// pages are below, without a slash at its end.
func instancePath(path string) string {
	parts := strings.Split(plainPath(path), "/")
	for i, part := range parts {
		if pages[part] {
			parts = parts[:i]
			break
		}
	}
	return strings.Join(parts, "/")
}

func plainPath(path string) string {
	parts := strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
	if len(parts) == 0 {
		return ""
	}
	return "/" + strings.Join(parts, "/")
}

// Places are where the instance of an address may be, the likeliest first: at the address itself, at its origin, and at
// each parent of its path, the nearest first; then at the parents of the path that was typed, since an n8n may live below a path that
// is named as one of its pages (N8N_PATH=/workflows/). They are at most maxPlaces.
func Places(address, typed string) []string {
	out := []string{address}
	scheme, rest, ok := strings.Cut(address, "://")
	parts := strings.Split(rest, "/")
	if !ok {
		return out
	}
	origin := scheme + "://" + parts[0]
	if len(parts) > 1 {
		out = append(out, origin)
	}
	for n := len(parts) - 1; n > 1 && len(out) < maxPlaces; n-- {
		out = append(out, scheme+"://"+strings.Join(parts[:n], "/"))
	}
	typed = strings.TrimSpace(typed)
	if !strings.Contains(typed, "://") {
		typed = scheme + "://" + typed
	}
	u, err := url.Parse(typed)
	if err != nil {
		return out
	}
	whole := strings.Split(plainPath(u.EscapedPath()), "/")
	for n := len(whole); n > len(parts) && len(out) < maxPlaces; n-- {
		path := strings.Join(whole[:n], "/")
		if pathname.MatchString(path) && !strings.Contains(path, "..") {
			out = append(out, origin+path)
		}
	}
	return out
}

// maxPlaces bounds how often one address has an instance called.
const maxPlaces = 6

// ports are where the schemes of the web are served unless an address says otherwise.
var ports = map[string]uint16{"https": 443, "http": 80}

// portOf is the port that the address leads to. No address leads to port 0.
func portOf(u *url.URL) (uint16, error) {
	if u.Port() == "" {
		return ports[u.Scheme], nil
	}
	n, err := strconv.ParseUint(u.Port(), 10, 16)
	if err == nil && n == 0 {
		err = strconv.ErrRange
	}
	return uint16(n), err
}

var (
	hostname = regexp.MustCompile(`^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$`)
	pathname = regexp.MustCompile(`^(/[A-Za-z0-9._~-]+)+$`)
)
