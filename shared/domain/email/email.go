// Package email holds the address that a person is known by: the credential, and the key of a relationship.
package email

import (
	"crypto/sha256"
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/text"
)

// Address is a mailbox in the one form in which addresses are compared: trimmed, lower case, the domain as IDNA
// A-labels. Plus tags and dots stay as they are, since whether they matter is for the receiving host to say
// (RFC 5321 section 2.3.11).
type Address string

// MaxLength is the longest address that a path can carry (RFC 5321 section 4.5.3.1.3, erratum 1690).
const MaxLength = 254

// mostTyped is how many bytes what is typed can have and still come to MaxLength as A-labels. What is longer is not even tried, since
// bringing a label into that form takes time that grows with the square of its length.
const mostTyped = 6 * MaxLength

// Invalid is what a person reads who typed something that is no address.
const Invalid = "errors.email_invalid"

// Parse reads what a person typed into field. The error is a fault in that field: [Invalid], or for a local part
// outside of ASCII, which few hosts accept mail for, a sentence that says so.
func Parse(field, typed string) (Address, error) {
	s := text.Trim(typed)
	if len(s) > mostTyped {
		return "", fault.InField(field, Invalid)
	}
	at := strings.LastIndexByte(s, '@')
	if at < 1 || at == len(s)-1 {
		return "", fault.InField(field, Invalid)
	}
	local, domain := s[:at], s[at+1:]
	for _, r := range local {
		if r > unicode.MaxASCII && unicode.IsPrint(r) {
			return "", fault.InField(field, "errors.use_an_address_whose_part_before", "local", begin(local))
		}
	}
	if !validLocal(local) {
		return "", fault.InField(field, Invalid)
	}
	ascii, err := idna.Lookup.ToASCII(strings.TrimSuffix(domain, "."))
	if err != nil || !validDomain(ascii) || !utf8.ValidString(typed) {
		return "", fault.InField(field, Invalid)
	}
	if again, err := idna.Lookup.ToASCII(ascii); err != nil || again != ascii {
		return "", fault.InField(field, Invalid) // not a form to compare by
	}
	a := strings.ToLower(local) + "@" + strings.ToLower(ascii)
	if len(a) > MaxLength || len(local) > 64 {
		return "", fault.InField(field, Invalid)
	}
	return Address(a), nil
}

// begin is as much of what somebody typed as a sentence says again: what is typed may be anything.
func begin(typed string) string {
	const most = 64 // what a local part can have
	if r := []rune(typed); len(r) > most {
		return string(r[:most]) + "…"
	}
	return typed
}

// Split takes "Acme Ltd <ops@acme.example>" apart into name and address as typed (RFC 5322 section 3.4). What has
// no angle brackets is all address.
func Split(typed string) (name, address string) {
	if !strings.ContainsRune(typed, '<') {
		return "", typed
	}
	// Only a quoted name is read by the letter of RFC 5322, which takes brackets for a comment and leaves them out.
	if m, err := mail.ParseAddress(strings.TrimSpace(typed)); err == nil && strings.HasPrefix(strings.TrimSpace(typed), `"`) {
		return m.Name, m.Address
	}
	open, end := strings.LastIndexByte(typed, '<'), strings.LastIndexByte(typed, '>')
	if end < open {
		return "", typed
	}
	return strings.Trim(text.Trim(typed[:open]), "\" \t\r\n"), typed[open+1 : end]
}

// validLocal takes the dot-atom of RFC 5322 section 3.2.3. Quoted local parts are refused: hardly a host gives
// them out, and they are a way to smuggle.
func validLocal(s string) bool {
	if strings.HasPrefix(s, ".") || strings.HasSuffix(s, ".") || strings.Contains(s, "..") {
		return false
	}
	for _, c := range []byte(s) {
		if alphanumeric(c) {
			continue
		}
		if !strings.ContainsRune("!#$%&'*+-/=?^_`{|}~.", rune(c)) {
			return false
		}
	}
	return s != ""
}

// validDomain asks for a name with at least two labels, each of letters, digits and hyphens (RFC 1123 section
// 2.1), the last one not a number: an address literal is nobody's work address.
func validDomain(s string) bool {
	labels := strings.Split(s, ".")
	if len(labels) < 2 || len(s) > 253 {
		return false
	}
	for _, l := range labels {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' {
			return false
		}
		for _, c := range []byte(l) {
			if !alphanumeric(c) && c != '-' {
				return false
			}
		}
	}
	last := labels[len(labels)-1]
	return strings.Trim(last, "0123456789") != ""
}

func alphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// Domain is the part after the @, as A-labels.
func (a Address) Domain() string { return string(a[strings.LastIndexByte(string(a), '@')+1:]) }

// Masked is what may be shown to somebody who is perhaps not its owner: the first letter and the domain.
func (a Address) Masked() string {
	if a == "" {
		return ""
	}
	return string(a[:1]) + "•••@" + a.Domain()
}

// Hash stands for the address in keys, where the address itself must not appear.
func (a Address) Hash() [sha256.Size]byte {
	return sha256.Sum256([]byte("latchkey address\x00" + string(a)))
}
