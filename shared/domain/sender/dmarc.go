package sender

import (
	"slices"
	"strings"

	"latchkey.dev/shared/domain/words"
)

// Request is what a domain's owner asks receivers to do with mail that fails (RFC 9989 section 4.7).
type Request string

// The requests.
const (
	None       Request = "none"
	Quarantine Request = "quarantine"
	Reject     Request = "reject"
)

// Policy is a DMARC record as RFC 9989 reads it: what is unknown is ignored, and what is not valid is its default.
type Policy struct {
	Domain     Request // p
	Subdomains Request // sp; empty where it is not given
	Missing    Request // np; empty where it is not given
	StrictDKIM bool    // adkim=s
	StrictSPF  bool    // aspf=s
	Suffix     byte    // psd: y, n or u
	Testing    bool    // t=y: receivers are asked not to apply the policy
	Reports    bool    // whether rua names somebody
	unapplied  bool
}

// isDMARC tells whether a text is a DMARC record: its first tag is v, and has exactly this value.
func isDMARC(txt string) bool {
	first, _, _ := strings.Cut(bare(txt), ";")
	tag, value, ok := strings.Cut(first, "=")
	return ok && strings.EqualFold(strings.TrimSpace(tag), "v") && strings.TrimSpace(value) == "DMARC1"
}

// ParseDMARC reads a DMARC record; it is false for a text that is none.
func ParseDMARC(txt string) (Policy, bool) {
	if !isDMARC(txt) {
		return Policy{}, false
	}
	p := Policy{Domain: None, Suffix: 'u'}
	seen := map[string]bool{}
	flawed := false
	request := func(to *Request, value string) {
		if r := Request(strings.ToLower(value)); r == None || r == Quarantine || r == Reject {
			*to = r
		} else {
			flawed = true
		}
	}
	for _, pair := range strings.Split(bare(txt), ";")[1:] {
		tag, value, ok := strings.Cut(pair, "=")
		tag, value = strings.ToLower(strings.TrimSpace(tag)), strings.TrimSpace(value)
		if !ok || seen[tag] {
			continue
		}
		seen[tag] = true
		switch low := strings.ToLower(value); tag {
		case "p":
			request(&p.Domain, value)
		case "sp":
			request(&p.Subdomains, value)
		case "np":
			request(&p.Missing, value)
		case "adkim":
			p.StrictDKIM = low == "s"
		case "aspf":
			p.StrictSPF = low == "s"
		case "t":
			p.Testing = low == "y"
		case "psd":
			if low == "y" || low == "n" {
				p.Suffix = low[0]
			}
		case "rua":
			p.Reports = strings.Contains(value, ":")
		}
	}
	if flawed { // receivers act on p=none where somebody wants reports, and else not at all (section 4.10.1)
		p.Domain, p.Subdomains, p.Missing, p.unapplied = None, "", "", !p.Reports
	}
	return p, true
}

// Applied tells whether receivers apply the record at all.
func (p Policy) Applied() bool { return !p.unapplied }

// For is what is asked for mail from a domain below the record's own, which exists or does not.
func (p Policy) For(exists bool) Request {
	switch {
	case !exists && p.Missing != "":
		return p.Missing
	case p.Subdomains != "":
		return p.Subdomains
	}
	return p.Domain
}

// maxWalk is how many names a tree walk asks for at most.
const maxWalk = 8

// Walk is a tree walk (RFC 9989 section 4.10).
type Walk struct {
	Start   string
	Asked   []string  // the names that were asked for, in order
	Found   []Publish // the records, from the longest name to the shortest
	Doubled []string  // domains with several records, which count as none
	Unasked bool      // whether a question went without an answer, so that nothing follows from the walk
}

// Publish is a domain with its DMARC record.
type Publish struct {
	Domain string
	Text   string // verbatim
	Policy Policy
}

// WalkTree asks for the DMARC records of a domain and of those above it, at most 8 names.
func WalkTree(domain string, lookup func(Question) Answer) Walk {
	w := Walk{Start: Canonical(domain)}
	labels := strings.Split(w.Start, ".")
	for first := true; len(labels) > 0; first = false {
		at := strings.Join(labels, ".")
		q := Question{"_dmarc." + at, TXT}
		w.Asked = append(w.Asked, q.Name)
		a := lookup(q)
		if a.Status == Unasked || a.Status == Looped {
			w.Unasked = true
			return w
		}
		records := slices.DeleteFunc(of(a.Values, TXT), func(v Value) bool { return !isDMARC(v.Data) })
		if len(records) > 1 {
			w.Doubled = append(w.Doubled, at)
		}
		if len(records) == 1 {
			p, _ := ParseDMARC(records[0].Data)
			w.Found = append(w.Found, Publish{at, records[0].Data, p})
			if p.Suffix == 'n' || p.Suffix == 'y' && !first {
				return w
			}
		}
		if n := len(labels); n >= maxWalk {
			labels = labels[n-(maxWalk-1):]
		} else {
			labels = labels[1:]
		}
	}
	return w
}

// Organizational is the domain whose tree counts as one organisation's.
func (w Walk) Organizational() string {
	for _, f := range w.Found {
		switch {
		case f.Policy.Suffix == 'n':
			return f.Domain
		case f.Policy.Suffix == 'y' && f.Domain != w.Start:
			below := strings.Split(strings.TrimSuffix(w.Start, "."+f.Domain), ".")
			return below[len(below)-1] + "." + f.Domain
		}
	}
	if len(w.Found) > 0 {
		return w.Found[len(w.Found)-1].Domain
	}
	return w.Start
}

// Applies is the record that receivers go by for mail from the walk's domain: its own, else that of the organisational domain,
// else that of the public suffix. It is false where there is none.
func (w Walk) Applies() (Publish, bool) {
	org := w.Organizational()
	for _, is := range []func(Publish) bool{
		func(f Publish) bool { return f.Domain == w.Start },
		func(f Publish) bool { return f.Domain == org },
		func(f Publish) bool { return f.Policy.Suffix == 'y' },
	} {
		if i := slices.IndexFunc(w.Found, is); i >= 0 {
			return w.Found[i], true
		}
	}
	return Publish{}, false
}

// Aligned tells whether a domain that is proven is aligned with that of From: the same one where alignment is strict, else one of
// the same organisation (RFC 9989 section 4.4).
func Aligned(from, proven string, strict bool, lookup func(Question) Answer) bool {
	from, proven = Canonical(from), Canonical(proven)
	if from == proven {
		return true
	}
	if strict {
		return false
	}
	a, b := WalkTree(from, lookup), WalkTree(proven, lookup)
	if a.Unasked || b.Unasked { // then nearly always what is below the other one is of the same organization
		return within(from, proven) || within(proven, from)
	}
	return a.Organizational() == b.Organizational()
}

// Alignment is what receivers compare.
type Alignment struct {
	From     string // the domain of the From address
	Identity string // the d= of the DKIM signature: SES's identity
	MailFrom string // whom SPF is asked for
	Exists   bool   // whether DNS has the domain of From, and does not say that there is no such name
}

// JudgeDMARC says how DMARC stands for mail as we send it (D14, D15). The record is the one that is suggested where the walk finds
// none; see [Wanted].
func JudgeDMARC(a Alignment, suggested Record, lookup func(Question) Answer) Verdict {
	w := WalkTree(a.From, lookup)
	v := Verdict{Record: suggested, Expected: suggested.Value}
	if w.Unasked {
		return v.is(Waiting, CannotAsk, words.Say("sender.cannot_ask"), words.Say("sender.cannot_ask_do"))
	}
	in, ok := w.Applies()
	if slices.Contains(w.Doubled, w.Start) || !ok && len(w.Doubled) > 0 {
		v.Expected, v.Found = "", verbatim(lookup(Question{"_dmarc." + w.Doubled[0], TXT}).Values)
		return v.is(Wrong, TwoDMARC, words.Say("sender.two_dmarc", "name", "_dmarc."+w.Doubled[0]), words.Say("sender.two_dmarc_do"))
	}
	if !ok {
		return v.is(Waiting, Missing, words.Say("sender.dmarc_missing"), words.Say("sender.dmarc_missing_do", "value", suggested.Value))
	}
	v.Expected, v.Found = "", verbatim([]Value{{Type: TXT, Data: in.Text}})
	switch {
	case !Aligned(a.From, a.Identity, in.Policy.StrictDKIM, lookup):
		return v.is(Wrong, DKIMUnaligned, words.Say("sender.dkim_unaligned", "domain", in.Domain, "identity", a.Identity),
			words.Say("sender.dkim_unaligned_do", "from", a.From))
	case !Aligned(a.From, a.MailFrom, in.Policy.StrictSPF, lookup):
		return v.is(Noted, SPFUnaligned, words.Say("sender.spf_unaligned", "domain", in.Domain), "")
	}
	cause, why := AsWanted, words.Say("sender.dmarc_right", "request", in.Policy.Domain)
	if in.Domain != w.Start {
		cause, why = Inherited, words.Say("sender.dmarc_inherited", "domain", in.Domain, "request", in.Policy.For(a.Exists))
	}
	if in.Policy.Testing {
		why += " " + words.Say("sender.dmarc_testing")
	}
	return v.is(Right, cause, why, "")
}
