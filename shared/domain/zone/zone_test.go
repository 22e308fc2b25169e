package zone_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"latchkey.dev/shared/domain/zone"
)

// reply is what a server says about a CNAME at tok.agency.test., judged.
func reply(server string, code int, records ...zone.Record) zone.Reply {
	r := zone.Reply{Question: zone.Question{Name: "tok.agency.test.", Type: zone.CNAME}, Server: zone.Server{Name: server}, Code: code}
	for _, one := range records {
		if one.Type == zone.SOA {
			r.Authority = append(r.Authority, one)
		} else {
			r.Answers = append(r.Answers, one)
		}
	}
	r.Judge()
	return r
}

func alias(name, to string) zone.Record { return zone.Record{Name: name, Type: zone.CNAME, Value: to} }

func soa(name string, ttl, minimum time.Duration) zone.Record {
	return zone.Record{Name: name, Type: zone.SOA, TTL: ttl, Minimum: minimum}
}

func TestSenderD16AMissIsKeptForTheSmallerOfTheSOAsTimes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		r    zone.Reply
		want time.Duration
	}{
		"MINIMUM":                  {reply("", 3, soa("agency.test.", time.Hour, time.Minute)), time.Minute},
		"the SOA's time to live":   {reply("", 0, soa("AGENCY.test", time.Minute, time.Hour)), time.Minute},
		"no SOA":                   {reply("", 3), 0},
		"the SOA of another zone":  {reply("", 3, soa("other.test.", time.Hour, time.Hour)), 0},
		"an SOA of no parent":      {reply("", 3, soa("gency.test.", time.Hour, time.Hour)), 0},
		"what is there":            {reply("", 0, alias("tok.agency.test.", "x.test."), soa("agency.test.", time.Hour, time.Hour)), 0},
		"what couldn't be asked":   {reply("", 2, soa("agency.test.", time.Hour, time.Hour)), 0},
		"the SOA of the root zone": {reply("", 3, soa(".", time.Hour, 2*time.Hour)), time.Hour},
	} {
		if got := c.r.Negative(); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	a := zone.Answers{Replies: []zone.Reply{reply("", 3, soa("agency.test.", time.Hour, time.Minute)),
		reply("", 3, soa("agency.test.", 2*time.Minute, time.Hour))}}
	if got := a.Negative(); got != 2*time.Minute {
		t.Errorf("of two servers: %s", got)
	}
}

func TestSenderD18OnlyTwoCodesSayThatSomethingIsMissing(t *testing.T) {
	t.Parallel()
	want := map[int]zone.Outcome{0: zone.NoData, 3: zone.NoName}
	for code := range 16 {
		r := reply("", code)
		if got := want[code]; got != "" && r.Outcome != got || got == "" && r.Outcome != zone.Unasked || r.Missing() != (got != "") {
			t.Errorf("RCODE %d: %s", code, r.Outcome)
		}
		if (r.Outcome == zone.Unasked) != (r.Reason != "") {
			t.Errorf("RCODE %d: %s because of %q", code, r.Outcome, r.Reason)
		}
	}
}

func TestSenderD18WhatWasCutOffIsNotMissing(t *testing.T) {
	t.Parallel()
	r := reply("", 0)
	r.Cut = true
	if r.Judge(); r.Outcome != zone.Unasked || r.Reason != zone.TooLong || r.Missing() {
		t.Errorf("%s, %s", r.Outcome, r.Reason)
	}
}

func TestSenderD19TheServersThatDifferFromMost(t *testing.T) {
	t.Parallel()
	here := func(s string) zone.Reply { return reply(s, 0, alias("tok.agency.test.", "x.test.")) }
	upper := func(s string) zone.Reply { return reply(s, 0, alias("TOK.agency.TEST", "X.test")) }
	old := func(s string) zone.Reply { return reply(s, 0, alias("tok.agency.test.", "old.test.")) }
	none := func(s string) zone.Reply { return reply(s, 3) }
	empty := func(s string) zone.Reply { return reply(s, 0) }
	down := func(s string) zone.Reply { return reply(s, 2) }
	for name, c := range map[string]struct {
		replies []func(string) zone.Reply
		outcome zone.Outcome
		differ  string
	}{
		"all the same":             {[]func(string) zone.Reply{here, here, here}, zone.Found, ""},
		"in another case":          {[]func(string) zone.Reply{here, upper}, zone.Found, ""},
		"one is old":               {[]func(string) zone.Reply{here, old, here}, zone.Split, "b"},
		"one hasn't got it":        {[]func(string) zone.Reply{none, here, here, here}, zone.Split, "a"},
		"two of three are old":     {[]func(string) zone.Reply{here, old, old}, zone.Split, "a"},
		"one against one":          {[]func(string) zone.Reply{here, none}, zone.Split, "a b"},
		"two against two":          {[]func(string) zone.Reply{here, none, here, none}, zone.Split, "a c b d"},
		"missing in two ways":      {[]func(string) zone.Reply{none, empty, none}, zone.NoName, ""},
		"one can't be asked":       {[]func(string) zone.Reply{here, down}, zone.Found, ""},
		"one can't be, one is old": {[]func(string) zone.Reply{here, down, old, here}, zone.Split, "c"},
		"none can be asked":        {[]func(string) zone.Reply{down, down}, zone.Unasked, ""},
		"nobody":                   {nil, zone.Unasked, ""},
	} {
		var a zone.Answers
		for i, r := range c.replies {
			a.Replies = append(a.Replies, r(string(rune('a'+i))))
		}
		var differ []string
		for _, s := range a.Differing() {
			differ = append(differ, s.Name)
		}
		if got := strings.Join(differ, " "); a.Outcome() != c.outcome || got != c.differ {
			t.Errorf("%s: %s, differing %q, want %s, %q", name, a.Outcome(), got, c.outcome, c.differ)
		}
	}
}

// The order of records, and who of several is first, changes nothing; the text of a TXT record does, with its case.
func TestSenderD19OnlyWhatIsSaidCounts(t *testing.T) {
	t.Parallel()
	txt := func(values ...string) zone.Reply {
		r := zone.Reply{Question: zone.Question{Name: "a.test.", Type: zone.TXT}}
		for _, v := range values {
			ttl := time.Duration(len(r.Answers)) * time.Second
			r.Answers = append(r.Answers, zone.Record{Name: "a.test.", Type: zone.TXT, Value: v, TTL: ttl})
		}
		r.Judge()
		return r
	}
	for _, c := range []struct {
		a, b zone.Reply
		same bool
	}{
		{txt("x", "y"), txt("y", "x"), true},
		{txt("x"), txt("X"), false},
		{txt("x", "x"), txt("x"), false},
		{txt("x 0 0 \"y\""), txt("x", "y"), false},
	} {
		if got := (zone.Answers{Replies: []zone.Reply{c.a, c.b}}).Outcome() == zone.Found; got != c.same {
			t.Errorf("%v and %v: the same is %t", c.a.Answers, c.b.Answers, got)
		}
	}
}

func TestSenderE5AliasesAreFollowedEightTimes(t *testing.T) {
	t.Parallel()
	chain := func(n int) (all []zone.Record) {
		for i := range n {
			all = append(all, alias(fmt.Sprintf("n%d.test.", i), fmt.Sprintf("N%d.TEST", i+1)))
		}
		all = append(all, zone.Record{Name: fmt.Sprintf("n%d.test.", n), Type: zone.MX, Value: "mx.test."})
		slices.Reverse(all) // in any order
		return all
	}
	for name, c := range map[string]struct {
		records []zone.Record
		want    zone.Outcome
		hops    int
	}{
		"none":          {chain(0), zone.Found, 0},
		"eight":         {chain(zone.MostHops), zone.Found, zone.MostHops},
		"nine":          {chain(zone.MostHops + 1), zone.Loop, zone.MostHops + 1},
		"to itself":     {[]zone.Record{alias("n0.test.", "n0.test.")}, zone.Loop, 1},
		"round and on":  {[]zone.Record{alias("n0.test.", "a.test."), alias("a.test.", "N0.test")}, zone.Loop, 2},
		"later, round":  {[]zone.Record{alias("n0.test.", "a.test."), alias("a.test.", "b.test."), alias("b.test.", "a.test.")}, zone.Loop, 3},
		"out of sight":  {[]zone.Record{alias("n0.test.", "a.test.")}, zone.Aliased, 1},
		"another one's": {[]zone.Record{alias("n1.test.", "a.test.")}, zone.NoData, 0},
	} {
		r := zone.Reply{Question: zone.Question{Name: "n0.test.", Type: zone.MX}, Answers: c.records}
		if r.Judge(); r.Outcome != c.want || len(r.Chain()) != c.hops {
			t.Errorf("%s: %s after %q, want %s", name, r.Outcome, r.Chain(), c.want)
		}
	}
}

func TestANameIsWithinItsZoneByWholeLabels(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, origin string
		want         bool
	}{
		{"a.test.", "test.", true}, {"A.TEST", "test", true}, {"test.", "test.", true}, {"x.", ".", true}, {".", ".", true},
		{"atest.", "test.", false}, {"test.", "a.test.", false}, {"test.", "", true},
	} {
		if got := zone.Within(c.name, c.origin); got != c.want {
			t.Errorf("%q within %q: %t", c.name, c.origin, got)
		}
	}
}
