package sender

import (
	"slices"
	"strconv"
	"strings"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/text"
	"latchkey.dev/shared/domain/words"
)

// Type is a type of DNS record.
type Type string

// The types that are asked for, published or found.
const (
	TXT   Type = "TXT"
	CNAME Type = "CNAME"
	MX    Type = "MX"
	A     Type = "A"
	AAAA  Type = "AAAA"
	NS    Type = "NS"
	SOA   Type = "SOA"
)

// Role is what a record is for.
type Role string

// The roles.
const (
	Proof  Role = "proof"  // shows that the agency may change the domain (T1)
	DKIM   Role = "dkim"   // leads to a signing key
	Bounce Role = "bounce" // takes bounces at the MAIL FROM domain
	SPF    Role = "spf"    // says who sends for the MAIL FROM domain
	DMARC  Role = "dmarc"  // says what receivers do with mail that fails
)

// Record is one row of what the agency publishes.
type Record struct {
	Role       Role
	Type       Type
	Name       string // in full, as A-labels without a final dot
	Short      string // relative to the zone, which is what most providers ask for; @ for the zone itself
	Value      string // of a TXT record the text, of others the name
	Preference uint16 // of an MX record
}

// BounceLabel is the label of the MAIL FROM domain, unless the agency chooses another.
const BounceLabel = "bounce"

// Wanted is what the records of a domain are made of.
type Wanted struct {
	Domain  Domain
	Zone    string   // the zone that has the domain, as its SOA record says; "" where it is not known
	Token   string   // of the proof, random per agency and domain
	Hosted  string   // SES's SigningHostedZone: never a constant, since regions differ
	Tokens  []string // of DKIM, from SES
	Label   string   // of the MAIL FROM domain; [BounceLabel] when empty
	Region  string   // of SES
	NoDMARC bool     // whether the tree walk found no DMARC record, so that one is suggested (D15)

	// Whether another agency holds a name of the same registrable domain, which then has to be proven itself (T3).
	Contested bool
	ProofOnly bool // whether nothing but the proof is asked for (T14)
}

// The parts of records that do not change.
const (
	proofLabel  = "_latchkey."
	proofPrefix = "latchkey-verify="
	spfInclude  = "amazonses.com"
	spfValue    = "v=spf1 include:" + spfInclude + " ~all"
	dmarcValue  = "v=DMARC1; p=none"
)

// MailFrom is the MAIL FROM domain.
func (w Wanted) MailFrom() string {
	label := w.Label
	if label == "" {
		label = BounceLabel
	}
	return label + "." + string(w.Domain)
}

// Records lists the rows that the domain asks for, in the order in which they are shown.
func Records(w Wanted) []Record {
	d := string(w.Domain)
	proven := d
	if top := Registrable(w.Domain); w.Contested && top != "" {
		proven = string(top)
	}
	out := []Record{{Role: Proof, Type: TXT, Name: proofLabel + proven, Value: proofPrefix + w.Token}}
	if w.ProofOnly || len(w.Tokens) == 0 { // the others are not known yet
		out[0].Short = short(w, out[0].Name)
		return out
	}
	for _, t := range w.Tokens {
		out = append(out, Record{Role: DKIM, Type: CNAME, Name: t + "._domainkey." + d, Value: t + "." + Canonical(w.Hosted)})
	}
	out = append(out,
		Record{Role: Bounce, Type: MX, Name: w.MailFrom(), Value: "feedback-smtp." + w.Region + ".amazonses.com", Preference: 10},
		Record{Role: SPF, Type: TXT, Name: w.MailFrom(), Value: spfValue})
	if w.NoDMARC {
		out = append(out, Record{Role: DMARC, Type: TXT, Name: "_dmarc." + d, Value: dmarcValue})
	}
	for i := range out {
		out[i].Short = short(w, out[i].Name)
	}
	return out
}

// short is the name relative to the zone.
func short(w Wanted, name string) string {
	zone := Canonical(w.Zone)
	if zone == "" || !w.Domain.Within(Domain(zone)) {
		zone = string(TopOf(w.Domain)) // nearly always the zone that somebody has
	}
	if name == zone {
		return "@"
	}
	return strings.TrimSuffix(name, "."+zone)
}

// Shown is the record's value as providers show it: an MX record's with its preference.
func (r Record) Shown() string {
	if r.Type == MX {
		return strconv.Itoa(int(r.Preference)) + " " + r.Value
	}
	return r.Value
}

// Note is what has to be known of the record before it is entered (D8); "" for nothing.
func (r Record) Note() string {
	if strings.Contains(r.Name, "_") {
		return words.Say("sender.underscore")
	}
	return ""
}

// MailboxNote is what to say to somebody who sends from a domain that has mailboxes, by the answer for its MX records (D20); "" where
// it has none.
func MailboxNote(a Answer) string {
	for _, v := range of(a.Values, MX) {
		if host := Canonical(v.Data); host != "" {
			return words.Say("sender.mailboxes", "host", host)
		}
	}
	return ""
}

// ParseBounceLabel reads the label of the MAIL FROM domain (D11): 1 to 63 letters, digits and hyphens, a letter first. An empty one
// is [BounceLabel].
func ParseBounceLabel(field, typed string, d Domain) (string, error) {
	l := strings.ToLower(text.Trim(typed))
	if l == "" {
		return BounceLabel, nil
	}
	odd := strings.Trim(l, "abcdefghijklmnopqrstuvwxyz0123456789-") != ""
	if odd || len(l) > maxLabel || l[0] < 'a' || l[0] > 'z' || l[len(l)-1] == '-' {
		return "", fault.InField(field, "sender.label_invalid", "most", maxLabel)
	}
	if len(l)+1+len(d) > 253 {
		return "", fault.InField(field, "sender.label_long", "most", min(maxLabel, 252-len(d)))
	}
	return l, nil
}

// maxString is how many bytes a string of a TXT record has at most (RFC 1035 section 3.3).
const maxString = 255

// ZoneFile is the records as a zone file's lines (RFC 1035 section 5), with absolute names.
func ZoneFile(records []Record) string {
	var b strings.Builder
	for _, r := range records {
		b.WriteString(r.Name + ". 3600 IN " + string(r.Type) + " ")
		switch r.Type {
		case TXT:
			b.WriteString(quoted(r.Value))
		case MX:
			b.WriteString(r.Shown() + ".")
		default:
			b.WriteString(r.Value + ".")
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// quoted is a text in quotes, in as many strings as it takes.
func quoted(s string) string {
	var parts []string
	for chunk := range slices.Chunk([]byte(s), maxString) {
		var b strings.Builder
		b.WriteByte('"')
		for _, c := range chunk {
			switch {
			case c == '"' || c == '\\':
				b.WriteByte('\\')
				b.WriteByte(c)
			case c < ' ' || c > '~':
				b.WriteString("\\" + strconv.Itoa(1000 + int(c))[1:])
			default:
				b.WriteByte(c)
			}
		}
		b.WriteByte('"')
		parts = append(parts, b.String())
	}
	if parts == nil {
		return `""`
	}
	return strings.Join(parts, " ")
}
