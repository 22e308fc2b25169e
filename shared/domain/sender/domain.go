// Package sender holds the domain that an agency sends its mail from: how its name is read, which DNS records it asks for, what is
// found in their place, and in which state that leaves the domain. The package asks nobody; what DNS answers is handed to it.
package sender

import (
	"net/netip"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"

	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/lookalike"
	"latchkey.dev/shared/domain/text"
	"latchkey.dev/shared/domain/words"
)

// Domain is a sender domain as A-labels, in lower case and without a final dot: the form that DNS is asked for, and that domains
// are compared by.
type Domain string

// MaxLength is how long a domain is at most: the name of a DKIM record has 44 characters more, and no name has more than 253.
const MaxLength = 253 - 44

// maxLabel is how long a label of a name is at most (RFC 1035 section 2.3.4).
const maxLabel = 63

// maxTyped is how much of what somebody typed is looked at.
const maxTyped = 1024

// reserved are the ends of names that DNS keeps for other uses (RFC 6761, RFC 6762, RFC 7686, RFC 9476, ICANN's .internal). Nobody
// can publish a record there that the world sees.
var reserved = []string{"alt", "arpa", "corp", "example", "home", "internal", "intranet", "invalid", "lan", "local", "localdomain",
	"localhost", "mail", "onion", "test"}

// ParseDomain reads the domain that a person typed into field. The error is a fault in that field, which says what to enter. The
// others are the platform's own domains: neither they nor anything in their trees is an agency's.
func ParseDomain(field, typed string, platform ...string) (Domain, error) {
	s := text.Trim(typed)
	if s == "" {
		return "", fault.InField(field, "sender.domain_missing")
	}
	if len(s) > maxTyped || !utf8.ValidString(s) {
		return "", fault.InField(field, "sender.domain_invalid")
	}
	if err := otherThanDomain(field, s); err != nil {
		return "", err
	}
	ascii, err := idna.Lookup.ToASCII(strings.TrimRight(strings.NewReplacer("。", ".", "｡", ".", "．", ".").Replace(s), "."))
	if err != nil {
		return "", fault.InField(field, "sender.domain_invalid")
	}
	d := Domain(strings.ToLower(ascii))
	if again, err := idna.Lookup.ToASCII(string(d)); err != nil || again != string(d) {
		return "", fault.InField(field, "sender.domain_invalid")
	}
	if err := d.shape(field); err != nil {
		return "", err
	}
	return d, d.refused(field, platform)
}

// otherThanDomain refuses what is more than a domain, and says which part to enter.
func otherThanDomain(field, s string) error {
	if addr, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil && addr.IsValid() {
		return fault.InField(field, "sender.domain_ip")
	}
	if i := strings.LastIndexByte(s, '@'); i >= 0 {
		if rest := s[i+1:]; rest != "" && !strings.ContainsAny(rest, "/: \t") {
			return fault.InField(field, "sender.domain_address", "domain", rest)
		}
		return fault.InField(field, "sender.domain_invalid")
	}
	host := s
	if _, after, ok := strings.Cut(s, "://"); ok {
		host = after
	}
	if i := strings.IndexAny(host, "/:?#"); i >= 0 {
		host = host[:i]
	}
	if host != s {
		if host == "" {
			return fault.InField(field, "sender.domain_invalid")
		}
		return fault.InField(field, "sender.domain_link", "domain", host)
	}
	return nil
}

// shape holds the name to what DNS carries.
func (d Domain) shape(field string) error {
	labels := strings.Split(string(d), ".")
	for _, l := range labels {
		if len(l) > maxLabel {
			return fault.InField(field, "sender.domain_label_long", "most", maxLabel)
		}
	}
	if len(d) > MaxLength {
		return fault.InField(field, "sender.domain_long", "most", MaxLength)
	}
	for _, l := range labels {
		if l == "" || l[0] == '-' || l[len(l)-1] == '-' {
			return fault.InField(field, "sender.domain_invalid")
		}
		for _, c := range []byte(l) {
			if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
				return fault.InField(field, "sender.domain_invalid")
			}
		}
	}
	last := labels[len(labels)-1]
	if strings.Trim(last, "0123456789") == "" {
		return fault.InField(field, "sender.domain_ip")
	}
	for _, r := range reserved {
		if last == r {
			return fault.InField(field, "sender.domain_reserved", "end", last)
		}
	}
	if len(labels) == 1 {
		return fault.InField(field, "sender.domain_single", "domain", string(d))
	}
	return nil
}

// refused says whose the name is where it can be no agency's.
func (d Domain) refused(field string, platform []string) error {
	shown := d.Shown()
	for _, l := range strings.Split(shown, ".") {
		if mixed(l) {
			return fault.InField(field, "sender.domain_scripts", "label", l)
		}
	}
	for _, p := range platform {
		p = Canonical(p)
		if p == "" {
			continue
		}
		ours, mine := Registrable(Domain(p)), Registrable(d)
		if string(d) == p || within(p, string(d)) || within(string(d), p) || ours != "" && ours == mine {
			return fault.InField(field, "sender.domain_platform")
		}
	}
	if email.Free(string(d)) {
		return fault.InField(field, "sender.domain_free", "domain", shown)
	}
	suffix, icann := publicsuffix.PublicSuffix(string(d))
	switch {
	case !icann && strings.Contains(suffix, "."):
		return fault.InField(field, "sender.domain_private", "suffix", suffix)
	case suffix == string(d):
		return fault.InField(field, "sender.domain_suffix", "domain", shown)
	}
	if rest, ok := strings.CutPrefix(string(d), "www."); ok {
		return fault.InField(field, "sender.domain_www", "domain", Domain(rest).Shown())
	}
	return nil
}

// together are the scripts that are written in one word with each other and with Latin (UTS 39 section 5.2, highly restrictive).
var together = []*unicode.RangeTable{unicode.Latin, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Bopomofo}

// mixed tells whether a label has letters of several scripts that no language writes together.
func mixed(label string) bool {
	if text.MixedScripts(label) {
		return true
	}
	seen := map[*unicode.RangeTable]bool{}
	for _, r := range label {
		if r < utf8.RuneSelf {
			if unicode.IsLetter(r) {
				seen[unicode.Latin] = true
			}
			continue
		}
		for _, table := range unicode.Scripts {
			if table != unicode.Common && table != unicode.Inherited && unicode.Is(table, r) {
				seen[table] = true
			}
		}
	}
	if len(seen) < 2 {
		return false
	}
	for table := range seen {
		if !slices.Contains(together, table) {
			return true
		}
	}
	kana := seen[unicode.Hiragana] || seen[unicode.Katakana]
	return seen[unicode.Hangul] && (kana || seen[unicode.Bopomofo]) || seen[unicode.Bopomofo] && kana
}

// Shown is the domain as people write it, with the letters of its language.
func (d Domain) Shown() string {
	u, err := idna.Display.ToUnicode(string(d))
	if err != nil {
		return string(d)
	}
	return u
}

// Registrable is the part that is bought from a registry: agency.co.uk of mail.agency.co.uk. It is "" for a suffix itself. One
// agency holds all that is below it (T3). It is no method of the domain, and neither is what asks for it: every program that renders a
// template links all methods of what it may come across, and these bring the 90 KB of the list of public suffixes.
func Registrable(d Domain) Domain {
	r, err := publicsuffix.EffectiveTLDPlusOne(string(d))
	if err != nil {
		return ""
	}
	return Domain(r)
}

// Suggested is the domain to suggest to an agency that has typed d: the name mail below the registrable domain, which leaves the
// mail of its own people alone (D20). Both stay a choice.
func Suggested(d Domain) Domain {
	r := Registrable(d)
	if r == "" || d != r || len(r) > MaxLength-len("mail.") {
		return d
	}
	return "mail." + r
}

// Within tells whether the domain is the tree's top, or below it.
func (d Domain) Within(tree Domain) bool { return d == tree || within(string(d), string(tree)) }

// Skeleton is what the registrable domain looks like: two names with one skeleton can be taken for each other.
func Skeleton(d Domain) string {
	r := Registrable(d)
	if r == "" {
		r = d
	}
	return lookalike.Skeleton(r.Shown())
}

// WhyHeld says why the operator has to look at the domain before it can be verified; "" when nothing is odd about it. The names are
// the platform's, and the others are the platform's own domains and those of other agencies, at least those of the same skeleton.
func WhyHeld(d Domain, platform string, others ...Domain) string {
	mine := Registrable(d)
	for _, o := range others {
		if Registrable(o) != mine && o != d && Skeleton(o) == Skeleton(d) {
			return words.Say("sender.held_domain", "domain", o.Shown())
		}
	}
	if like := lookalike.Of(strings.ReplaceAll(d.owned(), ".", " "), platform); like != "" {
		return words.Say("sender.held_name", "name", like)
	}
	return ""
}

// owned is the domain as shown, without its public suffix.
func (d Domain) owned() string {
	suffix, _ := publicsuffix.PublicSuffix(string(d))
	return Domain(strings.TrimSuffix(strings.TrimSuffix(string(d), suffix), ".")).Shown()
}

// Canonical is a name of DNS in the form that names are compared by: lower case, no final dot, no quotes around it (D6).
func Canonical(name string) string {
	name = strings.TrimSpace(name)
	if len(name) > 1 && name[0] == '"' && name[len(name)-1] == '"' {
		name = strings.TrimSpace(name[1 : len(name)-1])
	}
	return strings.ToLower(strings.TrimSuffix(name, "."))
}

// within tells whether a name is below the other.
func within(name, top string) bool { return strings.HasSuffix(name, "."+top) }
