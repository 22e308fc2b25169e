package sender

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Status is how a question to DNS came out.
type Status string

// How questions come out.
const (
	Answered Status = "answered" // there is such a name, with the values of the answer or with none of the type
	NoName   Status = "no_name"  // there is no such name (NXDOMAIN)
	Unasked  Status = "unasked"  // nobody could be asked: SERVFAIL, REFUSED, silence, an answer that cannot be read. It says nothing (D18)
	Looped   Status = "looped"   // CNAMEs lead round in a circle, or on and on (E5)
)

// Question is what DNS is asked.
type Question struct {
	Name string
	Type Type
}

// Answer is what one server says to a question.
type Answer struct {
	Question
	Server        string // who answers
	Cached        bool   // whether that is a resolver, which may repeat what it was told before; else it is one of the zone's own servers
	Status        Status
	Values        []Value   // a CNAME at the name comes first, and then what is found at its end
	NegativeUntil time.Time // of a miss: until when others may keep it (RFC 2308)
}

// Value is one record of an answer, verbatim.
type Value struct {
	Type       Type
	Data       string // of a TXT record its strings joined (D7), of others the name or the address
	Preference uint16 // of an MX record
	TTL        time.Duration
}

// String is the value as providers show it.
func (v Value) String() string {
	if v.Type == MX {
		return strconv.Itoa(int(v.Preference)) + " " + v.Data
	}
	return v.Data
}

// of lists the values of a type.
func of(values []Value, t Type) []Value {
	var out []Value
	for _, v := range values {
		if v.Type == t {
			out = append(out, v)
		}
	}
	return out
}

// bare is a text as it was meant: without space around it and without one pair of quotes (D6).
func bare(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > 1 && s[0] == '"' && s[len(s)-1] == '"' {
		s = strings.TrimSpace(s[1 : len(s)-1])
	}
	return s
}

// same tells whether two lists have the same values, in whatever order.
func same(a, b []Value) bool {
	if len(a) == 0 || len(a) != len(b) {
		return false
	}
	key := func(values []Value) []string {
		var out []string
		for _, v := range values {
			data := bare(v.Data)
			if v.Type != TXT {
				data = Canonical(v.Data)
			}
			out = append(out, string(v.Type)+" "+data)
		}
		slices.Sort(out)
		return out
	}
	return slices.Equal(key(a), key(b))
}

// How much of what is found is shown. Whoever owns a zone can write anything into it.
const (
	maxShown = 5
	maxBytes = 600
)

// verbatim is what was found, as it was found, a line for each value.
func verbatim(values []Value) string {
	var lines []string
	for i, v := range values {
		if i == maxShown {
			lines = append(lines, "…")
			break
		}
		s := v.String()
		if len(s) > maxBytes {
			s = s[:maxBytes] + "…"
		}
		lines = append(lines, string(v.Type)+" "+strings.ToValidUTF8(s, "\uFFFD"))
	}
	return strings.Join(lines, "\n")
}
