// Package mailserver says which mail server an agency may send through, and what becomes of a mail by what that server
// answers. It knows no network: whoever speaks to the server says at which step it failed, and how.
package mailserver

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/text"
)

// Security is how the connection comes to be encrypted. There is no third way.
type Security string

// The two ways.
const (
	TLS      Security = "tls"      // from the first byte (RFC 8314)
	STARTTLS Security = "starttls" // after a greeting in the clear, and before anything that is secret (RFC 3207)
)

// The ports. 25 is for servers among themselves, and cannot be reached from where the product runs.
const (
	PortTLS      uint16 = 465
	PortSTARTTLS uint16 = 587
	PortOther    uint16 = 2525 // STARTTLS, where 587 is closed
	portServers  uint16 = 25
)

// Bounds of what somebody types.
const (
	MaxHost     = 253 // RFC 1035
	MaxUser     = 320
	MaxPassword = 1024
	maxLabel    = 63
)

// Server is an agency's own mail server. Its password is kept apart, sealed.
type Server struct {
	Host     string // a name, in ASCII and small letters
	Port     uint16
	Security Security
	User     string
}

// Address is where the server is called.
func (s Server) Address() string { return net.JoinHostPort(s.Host, strconv.Itoa(int(s.Port))) }

// Form is what somebody typed. One of port and security may be left out, and follows the other.
type Form struct {
	Host     string
	Port     int
	Security Security
	User     string
	Password string
}

// Fields are the places of the form's fields in a request, for the errors.
type Fields struct{ Host, Port, Security, User, Password string }

// Parse reads the form. Its error names every field that needs another look. An empty password is an error as well: whoever
// keeps the one that is stored puts it in.
func Parse(at Fields, f Form) (Server, error) {
	host, wrong := parseHost(at.Host, f.Host)
	port, security, unfit := fit(at, f.Port, f.Security)
	user := text.Trim(f.User)
	s := Server{Host: host, Port: port, Security: security, User: user}
	return s, fault.Together(wrong, unfit, secretly(at.User, user, MaxUser, fault.InField(at.User, "smtp.user_missing")),
		secretly(at.Password, f.Password, MaxPassword, fault.InField(at.Password, "smtp.password_missing")))
}

// secretly judges a user's name or a password: any characters but controls, which would end the command that they are sent in.
func secretly(field, s string, most int, missing error) error {
	switch {
	case s == "":
		return missing
	case len(s) > most:
		return fault.InField(field, "smtp.too_long", "most", most)
	case !utf8.ValidString(s) || strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) >= 0:
		return fault.InField(field, "smtp.controls")
	}
	return nil
}

// fit finds the port and the security that belong together.
func fit(at Fields, port int, security Security) (uint16, Security, error) {
	if security != "" && security != TLS && security != STARTTLS {
		return 0, "", fault.InField(at.Security, "smtp.security")
	}
	switch port {
	case 0:
		switch security {
		case TLS:
			return PortTLS, TLS, nil
		case STARTTLS:
			return PortSTARTTLS, STARTTLS, nil
		}
		return 0, "", fault.InField(at.Port, "smtp.port_missing")
	case int(portServers):
		return 0, "", fault.InField(at.Port, "smtp.port_25")
	case int(PortTLS):
		if security == STARTTLS {
			return 0, "", fault.InField(at.Security, "smtp.port_465")
		}
		return PortTLS, TLS, nil
	case int(PortSTARTTLS), int(PortOther):
		if security == TLS {
			return 0, "", fault.InField(at.Security, "smtp.port_587", "port", port)
		}
		return uint16(port), STARTTLS, nil //nolint:gosec // one of the two
	}
	return 0, "", fault.InField(at.Port, "smtp.port_other")
}

// reserved are the ends of names that no public server has.
var reserved = []string{"alt", "arpa", "corp", "example", "home", "internal", "intranet", "invalid", "lan", "local", "localdomain",
	"localhost", "onion", "test"}

// parseHost reads the server's name. An address is refused, in each of the forms that resolvers take for one: a certificate is for
// a name.
func parseHost(field, typed string) (string, error) {
	s := text.Trim(typed)
	if s == "" {
		return "", fault.InField(field, "smtp.host_missing")
	}
	if _, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil {
		return "", fault.InField(field, "smtp.host_ip")
	}
	if len(s) > 2*MaxHost || strings.ContainsAny(s, "@/:?#[]\\% \t\r\n") {
		return "", fault.InField(field, "smtp.host_alone")
	}
	ascii, err := idna.Lookup.ToASCII(strings.TrimSuffix(s, "."))
	if err != nil || len(ascii) > MaxHost {
		return "", fault.InField(field, "smtp.host_invalid")
	}
	host := strings.ToLower(ascii)
	labels := strings.Split(host, ".")
	for _, l := range labels {
		if l == "" || len(l) > maxLabel || l[0] == '-' || l[len(l)-1] == '-' ||
			strings.Trim(l, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return "", fault.InField(field, "smtp.host_invalid")
		}
	}
	last := labels[len(labels)-1]
	if strings.Trim(last, "0123456789") == "" || strings.HasPrefix(last, "0x") {
		return "", fault.InField(field, "smtp.host_ip")
	}
	for _, r := range reserved {
		if last == r {
			return "", fault.InField(field, "smtp.host_private")
		}
	}
	if len(labels) == 1 {
		return "", fault.InField(field, "smtp.host_invalid")
	}
	return host, nil
}
