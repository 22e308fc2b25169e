package sender

import (
	"slices"
	"strings"
)

// The limits of SPF (RFC 7208 section 4.6.4).
const (
	maxLookups = 10
	maxVoid    = 2
)

// SPFCount is what it costs a receiver to evaluate an SPF record.
type SPFCount struct {
	Lookups int      // questions that terms ask for; counting stops after the tenth
	Void    int      // those of them without an answer
	Tree    []string // the terms that ask, each below the one that leads to it
}

// Over tells whether receivers give up.
func (c SPFCount) Over() bool { return c.Lookups > maxLookups || c.Void > maxVoid }

// isSPF tells whether a text is an SPF record (RFC 7208 section 4.5).
func isSPF(txt string) bool {
	s := strings.ToLower(bare(txt))
	return s == "v=spf1" || strings.HasPrefix(s, "v=spf1 ")
}

// CountSPF counts the lookups of an SPF record, and of those that it includes. An answer that is [Unasked] is counted once, and
// nothing below it is.
func CountSPF(record string, lookup func(Question) Answer) SPFCount {
	var c SPFCount
	c.count(record, lookup, 0)
	return c
}

func (c *SPFCount) count(record string, lookup func(Question) Answer, depth int) {
	terms := strings.Fields(strings.ToLower(bare(record)))
	redirect := ""
	for _, term := range terms {
		if to, ok := strings.CutPrefix(term, "redirect="); ok {
			redirect = to
			continue
		}
		mechanism := strings.TrimLeft(term, "+-~?")
		kind, name, _ := strings.Cut(mechanism, ":")
		kind, _, _ = strings.Cut(kind, "/")
		name, _, _ = strings.Cut(name, "/")
		if kind == "all" { // nothing after it counts, and neither does a redirect (section 6.1)
			return
		}
		if slices.Contains([]string{"include", "a", "mx", "ptr", "exists"}, kind) && !c.ask(term, kind, name, lookup, depth) {
			return
		}
	}
	if redirect != "" {
		c.ask("redirect="+redirect, "redirect", redirect, lookup, depth)
	}
}

// ask counts one term. It is false where counting stops.
func (c *SPFCount) ask(term, kind, name string, lookup func(Question) Answer, depth int) bool {
	c.Lookups++
	c.Tree = append(c.Tree, strings.Repeat("  ", depth)+term)
	if c.Over() {
		return false
	}
	types := map[string]Type{"include": TXT, "redirect": TXT, "a": A, "mx": MX, "exists": A}
	if kind == "ptr" || name == "" || strings.Contains(name, "%") { // what it asks for depends on the mail
		return true
	}
	a := lookup(Question{Canonical(name), types[kind]})
	if a.Status == NoName || a.Status == Answered && len(a.Values) == 0 {
		c.Void++
		return !c.Over()
	}
	if types[kind] != TXT || a.Status != Answered {
		return true
	}
	for _, v := range of(a.Values, TXT) {
		if isSPF(v.Data) {
			c.count(v.Data, lookup, depth+1)
			break
		}
	}
	return !c.Over()
}

// merged is one SPF record that allows whom the records allow, and us.
func merged(records []Value) string {
	out := []string{"v=spf1"}
	add := func(term string) {
		if !slices.ContainsFunc(out, func(o string) bool { return strings.EqualFold(o, term) }) {
			out = append(out, term)
		}
	}
	for _, r := range records {
		for i, term := range strings.Fields(bare(r.Data)) {
			low := strings.ToLower(term)
			switch to, redirect := strings.CutPrefix(low, "redirect="); {
			case i == 0, strings.TrimLeft(low, "+-~?") == "all":
			case redirect:
				add("include:" + to)
			default:
				add(term)
			}
		}
	}
	add("include:" + spfInclude)
	return strings.Join(append(out, "~all"), " ")
}

// includesUs tells whether an SPF record lets SES send.
func includesUs(record string) bool {
	for _, term := range strings.Fields(strings.ToLower(bare(record))) {
		if term == "include:"+spfInclude || term == "+include:"+spfInclude {
			return true
		}
		if strings.TrimLeft(term, "+-~?") == "all" {
			return false
		}
	}
	return false
}
