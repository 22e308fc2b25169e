package sender_test

import (
	"cmp"
	"strings"
	"testing"
	"time"

	"latchkey.dev/shared/domain/sender"
)

const probe = "qwertzuiopasdfgh"

// when is a moment of the tests.
var when = time.Date(2026, 11, 29, 13, 0, 0, 0, time.UTC)

// published answers a check's questions, as a doctor would, from lines "name TYPE data"; data may be a status. A line may begin
// with the name of the only server that has it and a bar. Names are relative to agency.com where they end without a dot.
type published struct {
	lines   []string
	servers []string
	until   time.Time // until when misses are kept
	cached  []sender.Question
}

func (p published) answer(server string, q sender.Question) sender.Answer {
	a := sender.Answer{Question: q, Server: server, Status: sender.NoName}
	if strings.HasSuffix(q.Name, ".x") { // somebody else's
		a.Cached, a.Status, a.Values = true, sender.Answered, []sender.Value{{Type: sender.A, Data: "192.0.2.1"}}
		return a
	}
	for pass := range 2 { // a wildcard counts where there is no such name
		for _, line := range p.lines {
			if only, rest, ok := strings.Cut(line, "|"); ok {
				if only != server {
					continue
				}
				line = rest
			}
			f := strings.SplitN(line, " ", 3)
			name := f[0] + ".agency.com"
			rest, wild := strings.CutPrefix(name, "*.")
			if wild && a.Status == sender.NoName && strings.HasSuffix(q.Name, "."+rest) {
				name = q.Name
			}
			if name != q.Name || wild != (pass == 1) {
				continue
			}
			if pass == 0 {
				a.Status = sender.Answered
			}
			switch s := sender.Status(f[2]); {
			case s == sender.Unasked || s == sender.Looped:
				a.Status = s
				return a
			case sender.Type(f[1]) == q.Type || f[1] == "CNAME":
				v := sender.Value{Type: sender.Type(f[1]), Data: f[2]}
				if f[1] == "MX" {
					v.Preference, v.Data = 10, strings.TrimPrefix(f[2], "10 ")
				}
				a.Values = append(a.Values, v)
			}
		}
	}
	if len(a.Values) > 0 {
		a.Status = sender.Answered
	} else {
		a.NegativeUntil = p.until
	}
	return a
}

// check asks until there is nothing left to ask.
func (p published) check(t *testing.T, records []sender.Record, nameServers ...string) map[sender.Role]sender.Verdict {
	t.Helper()
	c := sender.Check{Records: records, Zone: "agency.com", NameServers: nameServers, Probe: probe}
	servers := p.servers
	if servers == nil {
		servers = []string{"ns1.agency.com"}
	}
	for range 10 {
		questions := c.Questions()
		if len(questions) == 0 {
			break
		}
		for _, q := range questions {
			for _, s := range servers {
				c.Answers = append(c.Answers, p.answer(s, q))
			}
		}
		if p.servers != nil {
			break
		}
	}
	for _, q := range p.cached {
		c.Answers = append(c.Answers, sender.Answer{
			Question: q, Server: "192.0.2.53", Cached: true, Status: sender.NoName, NegativeUntil: p.until,
		})
	}
	if p.servers == nil && len(c.Answers)-len(p.cached) > sender.MaxQuestions {
		t.Errorf("%d questions are asked", len(c.Answers))
	}
	out := map[sender.Role]sender.Verdict{}
	for _, v := range c.Verdicts() {
		if _, ok := out[v.Record.Role]; !ok { // of DKIM the first
			out[v.Record.Role] = v
		}
	}
	return out
}

// asAsked is all that is asked for, as its lines.
var asAsked = []string{
	"_latchkey.mail TXT latchkey-verify=5f2b",
	"tok1._domainkey.mail CNAME tok1.dkim.eu-south-1.amazonses.com", "tok2._domainkey.mail CNAME tok2.dkim.eu-south-1.amazonses.com",
	"tok3._domainkey.mail CNAME tok3.dkim.eu-south-1.amazonses.com",
	"bounce.mail MX 10 feedback-smtp.eu-south-1.amazonses.com", "bounce.mail TXT v=spf1 include:amazonses.com ~all",
}

// but is all that is asked for, without the lines that begin so, and with others.
func but(without string, with ...string) []string {
	out := with
	for _, l := range asAsked {
		if without == "" || !strings.HasPrefix(l, without) {
			out = append(out, l)
		}
	}
	return out
}

func TestSenderDEveryMistakeIsCalledByItsName(t *testing.T) {
	t.Parallel()
	const dkim, dkimValue = "tok1._domainkey.mail", "tok1.dkim.eu-south-1.amazonses.com"
	for _, c := range []struct {
		rule  string
		role  sender.Role
		lines []string
		light sender.Light
		cause sender.Cause
		found string // what stands there, in part
		says  string // in part
		ns    string
	}{
		{"D1", sender.DKIM, but(""), sender.Right, sender.AsWanted, dkimValue, "right", ""},
		{"D1", sender.Proof, but(""), sender.Right, sender.AsWanted, "latchkey-verify=5f2b", "right", ""},
		{"D1", sender.Bounce, but(""), sender.Right, sender.AsWanted, "MX 10 feedback", "right", ""},
		{"D1", sender.SPF, but(""), sender.Right, sender.AsWanted, "include:amazonses.com", "right", ""},
		{"D2", sender.DKIM, but(dkim), sender.Waiting, sender.Missing, "", "don't see the record yet", ""},
		{"D2", sender.Proof, nil, sender.Waiting, sender.Missing, "", "Add it at _latchkey.mail", ""},
		{"D2", sender.Bounce, nil, sender.Waiting, sender.Missing, "", "Add it at bounce.mail", ""},
		{"D2", sender.SPF, nil, sender.Waiting, sender.Missing, "", "Add it at bounce.mail", ""},
		{"D3", sender.DKIM, but(dkim, dkim+".agency.com CNAME "+dkimValue), sender.Wrong, sender.DoubledSuffix, dkim + ".agency.com.agency.com", "Enter only tok1._domainkey.mail", ""},
		{"D3", sender.Proof, but("_latch", "_latchkey.mail.agency.com TXT latchkey-verify=5f2b"), sender.Wrong, sender.DoubledSuffix, "5f2b", "Enter only _latchkey.mail", ""},
		{"D3", sender.Bounce, but("bounce.mail MX", "bounce.mail.agency.com MX 10 feedback-smtp.eu-south-1.amazonses.com"), sender.Wrong, sender.DoubledSuffix, "feedback", "Enter only bounce.mail", ""},
		{"D3", sender.SPF, but("bounce.mail TXT", "bounce.mail.agency.com TXT v=spf1 include:amazonses.com ~all"), sender.Wrong, sender.DoubledSuffix, "spf1", "Enter only bounce.mail", ""},
		{"D4", sender.DKIM, but(dkim, dkim+" A 192.0.2.7"), sender.Wrong, sender.Proxied, "A 192.0.2.7", "DNS only (grey cloud)", "amy.ns.cloudflare.com"},
		{"D4", sender.DKIM, but(dkim, dkim+" A 192.0.2.7"), sender.Wrong, sender.Proxied, "A 192.0.2.7", "DNS only (grey cloud)", ""},
		{"D4", sender.DKIM, but(dkim), sender.Waiting, sender.Proxied, "", "DNS only (grey cloud)", "amy.ns.cloudflare.com"},
		{"D5", sender.DKIM, but(dkim, dkim+" TXT "+dkimValue), sender.Wrong, sender.WrongType, "TXT " + dkimValue, "The type is TXT and must be CNAME", ""},
		{"D5", sender.DKIM, but(dkim, dkim+" TXT \""+dkimValue+".\""), sender.Wrong, sender.WrongType, "\"", "must be CNAME", ""},
		{"D6", sender.DKIM, but(dkim, dkim+" CNAME TOK1.dkim.EU-south-1.AmazonSES.com."), sender.Right, sender.AsWanted, "TOK1.dkim.EU-south-1.AmazonSES.com.", "right", ""},
		{"D6", sender.Proof, but("_latch", `_latchkey.mail TXT "latchkey-verify=5f2b"`), sender.Right, sender.AsWanted, `"latchkey-verify=5f2b"`, "right", ""},
		{"D6", sender.Bounce, but("bounce.mail MX", "bounce.mail MX 10 Feedback-SMTP.eu-south-1.amazonses.com."), sender.Right, sender.AsWanted, "Feedback-SMTP", "right", ""},
		{"D6", sender.SPF, but("bounce.mail TXT", `bounce.mail TXT "V=SPF1 Include:AmazonSES.com ~all"`), sender.Right, sender.AsWanted, "V=SPF1", "right", ""},
		{"D6", sender.DKIM, but(dkim, dkim+" CNAME "+dkimValue+".agency.com"), sender.Wrong, sender.DoubledTarget, dkimValue + ".agency.com", "dot at its end: " + dkimValue + ".", ""},
		{"D6", sender.Bounce, but("bounce.mail MX", "bounce.mail MX 10 feedback-smtp.eu-south-1.amazonses.com.agency.com"), sender.Wrong, sender.DoubledTarget, ".agency.com", "dot at its end", ""},
		{"other", sender.DKIM, but(dkim, dkim+" CNAME tok9.dkim.amazonses.com"), sender.Wrong, sender.OtherValue, "tok9", "Change the value to " + dkimValue, ""},
		{"other", sender.Proof, but("_latch", "_latchkey.mail TXT latchkey-verify=0000"), sender.Wrong, sender.OtherValue, "0000", "latchkey-verify=5f2b", ""},
		{"other", sender.Proof, but("", "_latchkey.mail TXT latchkey-verify=0000"), sender.Right, sender.AsWanted, "0000", "right", ""},
		{"other", sender.Proof, but("_latch", "_latchkey.mail TXT hello"), sender.Waiting, sender.Missing, "TXT hello", "Add it", ""},
		{"other", sender.SPF, but("bounce.mail TXT", "bounce.mail TXT v=spf1 include:x.net -all"), sender.Wrong, sender.OtherValue, "x.net", "v=spf1 include:x.net include:amazonses.com ~all", ""},
		{"D9", sender.SPF, but("", "bounce.mail TXT v=spf1 a include:x.net -all"), sender.Wrong, sender.TwoSPF, "x.net", "one record: v=spf1 a include:x.net include:amazonses.com ~all", ""},
		{"D9", sender.SPF, but("", "bounce.mail TXT V=SPF1 Include:AmazonSES.com -all"), sender.Wrong, sender.TwoSPF, "V=SPF1", "one record: v=spf1 Include:AmazonSES.com ~all", ""},
		{"D10", sender.SPF, but("bounce.mail TXT", "bounce.mail TXT v=spf1 a:a.x a:b.x a:c.x a:d.x a:e.x a:f.x a:g.x a:h.x a:i.x a:j.x include:amazonses.com ~all"), sender.Wrong, sender.LookupLimit, "a:j.x\ninclude:amazonses.com", "more than 10 lookups", ""},
		{"D11", sender.Bounce, but("bounce.mail MX", "bounce.mail MX 10 mx.other.net"), sender.Wrong, sender.Occupied, "mx.other.net", "choose another name", ""},
		{"D11", sender.Bounce, but("", "bounce.mail MX 10 mx.other.net"), sender.Wrong, sender.Occupied, "mx.other.net", "exactly one MX", ""},
		{"D12", sender.Bounce, but("bounce", "bounce.mail CNAME parking.host.net"), sender.Wrong, sender.CNAMEHere, "parking.host.net", "parking.host.net", ""},
		{"D12", sender.SPF, but("bounce", "bounce.mail CNAME parking.host.net"), sender.Wrong, sender.CNAMEHere, "parking.host.net", "parking.host.net", ""},
		{"D12", sender.Bounce, but("bounce", "* CNAME parking.host.net"), sender.Wrong, sender.CNAMEHere, "parking.host.net", "wildcard", ""},
		{"D12", sender.Proof, but("_latch", "_latchkey.mail CNAME parking.host.net"), sender.Wrong, sender.CNAMEHere, "parking", "parking.host.net", ""},
		{"D13", sender.Proof, but("_latch", "*.mail TXT latchkey-verify=5f2b"), sender.Wrong, sender.Wildcard, "5f2b", "wildcard", ""},
		{"D13", sender.DKIM, but(dkim, "*._domainkey.mail CNAME "+dkimValue), sender.Wrong, sender.Wildcard, dkimValue, "wildcard", ""},
		{"D13", sender.Bounce, but("bounce.mail MX", "*.mail MX 10 feedback-smtp.eu-south-1.amazonses.com", "bounce.mail TXT x"), sender.Waiting, sender.Missing, "", "Add it", ""},
		{"D13", sender.Bounce, but("bounce", "* MX 10 mx.other.net"), sender.Waiting, sender.Wildcard, "mx.other.net", "comes before the wildcard", ""},
		{"D13", sender.DKIM, but(dkim, "* A 192.0.2.7"), sender.Waiting, sender.Missing, "", "Add it", ""},
		{"D13", sender.Proof, but("", "* TXT latchkey-verify=9"), sender.Right, sender.AsWanted, "5f2b", "right", ""},
		{"D17", sender.DKIM, but(dkim), sender.Waiting, sender.Missing, "", "We asked ns1.domaincontrol.com. Add it at tok1._domainkey.mail. Your domain's DNS is at GoDaddy", "ns1.domaincontrol.com"},
		{"D18", sender.DKIM, but(dkim, dkim+" CNAME unasked"), sender.Waiting, sender.CannotAsk, "", "couldn't ask", ""},
		{"E5", sender.DKIM, but(dkim, dkim+" CNAME looped"), sender.Wrong, sender.Loop, "", "circle", ""},
	} {
		var ns []string
		if c.ns != "" {
			ns = []string{c.ns}
		}
		v := published{lines: c.lines}.check(t, sender.Records(wanted), ns...)[c.role]
		if v.Light != c.light || v.Cause != c.cause || !strings.Contains(v.Found, c.found) || !strings.Contains(v.Why+" "+v.Do, c.says) {
			t.Errorf("%s %s of %q:\n%+v\nwant %s, %s, found %q, saying %q", c.rule, c.role, c.lines, v, c.light, c.cause, c.found, c.says)
		}
		if v.Light == sender.Wrong && (v.Do == "" || v.Expected == "") || strings.Contains(v.Why+v.Do, "sender.") ||
			strings.Contains(v.Why+v.Do, "{") {
			t.Errorf("%s: %+v does not say what to do", c.rule, v)
		}
	}
}

func TestSenderD1EachOfTheThreeHasItsOwnVerdict(t *testing.T) {
	t.Parallel()
	c := sender.Check{Records: sender.Records(wanted), Zone: "agency.com", Probe: probe}
	p := published{lines: but("tok2")}
	for _, q := range c.Questions() {
		c.Answers = append(c.Answers, p.answer("ns1.agency.com", q))
	}
	var causes []sender.Cause
	for _, v := range c.Verdicts() {
		if v.Record.Role == sender.DKIM {
			causes = append(causes, v.Cause)
		}
	}
	if len(causes) != 3 || causes[0] != sender.AsWanted || causes[1] != sender.Missing || causes[2] != sender.AsWanted {
		t.Errorf("the three are %v", causes)
	}
}

func TestSenderD2BeforeAnybodyAskedNothingIsRed(t *testing.T) {
	t.Parallel()
	for _, v := range (sender.Check{Records: sender.Records(wanted), Zone: "agency.com", Probe: probe}).Verdicts() {
		if v.Light != sender.Waiting || v.Cause != sender.NotLooked {
			t.Errorf("%+v", v)
		}
	}
}

func TestSenderD16OthersMayKeepTheOldAnswer(t *testing.T) {
	t.Parallel()
	q := sender.Question{Name: "_latchkey.mail.agency.com", Type: sender.TXT}
	until := when.Add(65 * time.Minute)
	v := published{lines: asAsked, cached: []sender.Question{q}, until: until}.check(t, sender.Records(wanted))[sender.Proof]
	if v.Light != sender.Right || v.Cause != sender.Cached || !v.Until.Equal(until) || !strings.Contains(v.Why, "until 14:05 UTC") {
		t.Errorf("%+v", v)
	}
	v = published{until: until}.check(t, sender.Records(wanted))[sender.Proof]
	if v.Light != sender.Waiting || v.Cause != sender.Missing || !v.Until.Equal(until) || !strings.Contains(v.Why, "until 14:05 UTC") {
		t.Errorf("%+v", v)
	}
}

func TestSenderD19TheServerThatDiffersIsNamed(t *testing.T) {
	t.Parallel()
	both := []string{"ns1.agency.com", "ns2.agency.com"}
	for _, c := range []struct {
		lines []string
		light sender.Light
		cause sender.Cause
	}{
		{[]string{"ns1.agency.com|_latchkey.mail TXT latchkey-verify=5f2b"}, sender.Waiting, sender.Split},
		{[]string{"ns1.agency.com|_latchkey.mail TXT latchkey-verify=5f2b", "ns2.agency.com|_latchkey.mail TXT latchkey-verify=old"}, sender.Wrong, sender.Split},
		{[]string{"ns1.agency.com|_latchkey.mail TXT latchkey-verify=5f2b", "ns2.agency.com|_latchkey.mail TXT unasked"}, sender.Right, sender.AsWanted},
		{[]string{"ns2.agency.com|_latchkey.mail TXT latchkey-verify=old"}, sender.Wrong, sender.OtherValue},
		{[]string{"_latchkey.mail TXT latchkey-verify=5f2b"}, sender.Right, sender.AsWanted},
	} {
		v := published{lines: c.lines, servers: both}.check(t, sender.Records(wanted))[sender.Proof]
		if v.Light != c.light || v.Cause != c.cause || c.cause == sender.Split && !strings.Contains(v.Why, "ns2.agency.com ") {
			t.Errorf("%v: %+v", c.lines, v)
		}
	}
}

func TestSenderD7ATextIsComparedAsAWhole(t *testing.T) {
	t.Parallel()
	w := wanted
	w.Token = strings.Repeat("a", 400)
	v := published{lines: []string{"_latchkey.mail TXT latchkey-verify=" + w.Token}}.check(t, sender.Records(w))[sender.Proof]
	if v.Light != sender.Right || !strings.HasSuffix(v.Found, w.Token) {
		t.Errorf("%+v", v)
	}
}

func TestSenderE4WhatIsShownOfAZoneIsBounded(t *testing.T) {
	t.Parallel()
	lines := []string{"_latchkey.mail TXT " + strings.Repeat("\xffx", 9000)}
	for range 60 {
		lines = append(lines, "_latchkey.mail TXT latchkey-verify=other")
	}
	v := published{lines: lines}.check(t, sender.Records(wanted))[sender.Proof]
	if v.Cause != sender.OtherValue || len(v.Found) > 3000 || strings.ToValidUTF8(v.Found, "") != v.Found {
		t.Errorf("%d bytes are shown of %s", len(v.Found), v.Cause)
	}
}

func TestSenderE6NoCheckAsksMoreThanTwentyQuestions(t *testing.T) {
	t.Parallel()
	c := sender.Check{Records: sender.Records(wanted), Zone: "agency.com", Probe: probe}
	for range 50 {
		for _, q := range c.Questions() {
			c.Answers = append(c.Answers, published{}.answer("ns1.agency.com", q))
		}
	}
	if len(c.Answers) < 10 || len(c.Answers) > sender.MaxQuestions {
		t.Errorf("%d questions", len(c.Answers))
	}
}

func TestSenderD1SESIsALineOfItsOwn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status, failure string
		right           bool
		light           sender.Light
		cause           sender.Cause
		says            string
	}{
		{"SUCCESS", "", true, sender.Right, sender.AsWanted, "has verified"},
		{"PENDING", "", false, sender.Waiting, sender.SESWaiting, "at 13:00 UTC"},
		{"NOT_STARTED", "", false, sender.Waiting, sender.SESWaiting, "at 13:00 UTC"},
		{"PENDING", "HOST_NOT_FOUND", true, sender.Waiting, sender.SESAhead, "hasn't seen them yet"},
		{"FAILED", "TYPE_NOT_FOUND", false, sender.Wrong, sender.SESFailed, "no record of the right type"},
		{"FAILED", "INVALID_VALUE", false, sender.Wrong, sender.SESFailed, "another value"},
		{"FAILED", "", true, sender.Waiting, sender.SESFailed, "Start again"},
		{"TEMPORARY_FAILURE", "REPLICATION_ACCESS_DENIED", true, sender.Waiting, sender.SESRetrying, "Amazon's side"},
		{"TEMPORARY_FAILURE", "DNS_SERVER_ERROR", true, sender.Waiting, sender.SESRetrying, "answered with an error"},
		{"TEMPORARY_FAILURE", "SOMETHING_NEW", false, sender.Waiting, sender.SESRetrying, "no reason that we know"},
		{"A_NEW_STATUS", "", false, sender.Waiting, sender.SESWaiting, "waiting"},
	} {
		v := sender.JudgeSES(c.status, c.failure, c.right, when)
		if v.Light != c.light || v.Cause != c.cause || !strings.Contains(v.Why+" "+v.Do, c.says) {
			t.Errorf("%s %s: %+v", c.status, c.failure, v)
		}
	}
}

func TestSenderD10LookupsAreCountedDownTheTree(t *testing.T) {
	t.Parallel()
	texts := map[string]string{
		"a.net": "v=spf1 include:b.net include:c.net ~all", "b.net": "v=spf1 ip4:192.0.2.0/24 -all", "c.net": "v=spf1 redirect=b.net",
		"loop.net": "v=spf1 include:loop.net ~all", "void.net": "v=spf1 include:no1.net include:no2.net include:no3.net include:no4.net ~all",
	}
	for record, want := range map[string]sender.SPFCount{
		"v=spf1 ip4:192.0.2.1 -all":                       {},
		"v=spf1 include:b.net ~all":                       {Lookups: 1},
		"v=spf1 include:a.net ~all":                       {Lookups: 4},
		"v=spf1 -all include:a.net":                       {},
		"v=spf1 redirect=a.net":                           {Lookups: 4},
		"v=spf1 redirect=a.net ~all":                      {},
		"v=spf1 include:loop.net ~all":                    {Lookups: 11},
		"v=spf1 include:void.net ~all":                    {Lookups: 4, Void: 3},
		"v=spf1 a mx ptr exists:%{i}.x.net a/24 ?a -all":  {Lookups: 6},
		"v=spf1 exp=explain.net ip6:2001:db8::/32 +all":   {},
		`"V=SPF1 INCLUDE:B.NET ~ALL"`:                     {Lookups: 1},
		"v=spf1 a:a.x a:b.x a:c.x include:unknowable ~al": {Lookups: 3, Void: 3},
	} {
		got := sender.CountSPF(record, zone(texts))
		over := want.Lookups > 10 || want.Void > 2
		if got.Lookups != want.Lookups || got.Void != want.Void || len(got.Tree) != got.Lookups || got.Over() != over {
			t.Errorf("%q: %+v, want %+v", record, got, want)
		}
	}
	if got := sender.CountSPF("v=spf1 include:c.net ~all", zone(texts)).Tree; strings.Join(got, "\n") != "include:c.net\n  redirect=b.net" {
		t.Errorf("the tree is %q", got)
	}
}

func TestSenderD10WhatAnSPFRecordLeadsToIsAskedForAndCounted(t *testing.T) {
	t.Parallel()
	c := sender.Check{Records: sender.Records(wanted), Zone: "agency.com", Probe: probe}
	p := published{lines: but("bounce.mail TXT", "bounce.mail TXT v=spf1 include:one.net include:amazonses.com ~all")}
	texts := map[string]string{
		"one.net": "v=spf1 include:two.net ~all", "two.net": "v=spf1 a:a.x a:b.x a:c.x a:d.x a:e.x a:f.x a:g.x a:h.x a:i.x ~all",
	}
	for range 10 {
		for _, q := range c.Questions() {
			a := p.answer("ns1.agency.com", q)
			if strings.HasSuffix(q.Name, ".net") {
				a = zone(texts)(q)
				a.Server, a.Cached = "192.0.2.53", true
			}
			c.Answers = append(c.Answers, a)
		}
	}
	if n := len(c.Answers); n > sender.MaxQuestions {
		t.Errorf("%d questions are asked", n)
	}
	for _, v := range c.Verdicts() {
		tree := "include:one.net\n  include:two.net\n    a:a.x"
		if v.Record.Role == sender.SPF && (v.Cause != sender.LookupLimit || !strings.Contains(v.Found, tree)) {
			t.Errorf("%+v", v)
		}
	}
}

func TestSenderD9TwoRecordsAtTheFromDomainAreOnlyNoted(t *testing.T) {
	t.Parallel()
	txt := func(texts ...string) (a sender.Answer) {
		for _, s := range texts {
			a.Values = append(a.Values, sender.Value{Type: sender.TXT, Data: s})
		}
		return a
	}
	v, ok := sender.JudgeFromSPF("agency.com", txt("v=spf1 a -all", "hello", "v=spf1 mx -all"))
	if !ok || v.Light != sender.Noted || v.Do != "" || v.Expected != "" || !strings.Contains(v.Why, "agency.com") {
		t.Errorf("%+v", v)
	}
	if _, ok := sender.JudgeFromSPF("agency.com", txt("v=spf1 a -all", "hello")); ok {
		t.Error("one record is noted")
	}
}

func TestSenderD18NobodyIsAskedTwiceInOneCheck(t *testing.T) {
	t.Parallel()
	c := sender.Check{Records: sender.Records(wanted), Zone: "agency.com", Probe: probe}
	seen := map[sender.Question]bool{}
	for range 5 {
		for _, q := range c.Questions() {
			if seen[q] {
				t.Errorf("%v is asked again", q)
			}
			seen[q] = true
			c.Answers = append(c.Answers, sender.Answer{Question: q, Server: "ns1.agency.com", Status: sender.Unasked})
		}
	}
	for _, v := range c.Verdicts() {
		if v.Light != sender.Waiting || v.Cause != sender.CannotAsk {
			t.Errorf("%+v", v)
		}
	}
}

func TestSenderD17TheProviderIsReadFromItsNameServers(t *testing.T) {
	t.Parallel()
	for ns, want := range map[string]string{
		"amy.ns.cloudflare.com bob.ns.cloudflare.com": "Cloudflare", "NS1.DomainControl.com.": "GoDaddy", "dns1.registrar-servers.com": "Namecheap",
		"ns-2048.awsdns-64.com ns-2049.awsdns-65.co.uk": "Amazon Route 53", "ns1-03.azure-dns.com ns2-03.azure-dns.net": "Azure DNS",
		"ns1.vercel-dns.com": "Vercel", "dns1.p01.nsone.net": "NS1", "hydrogen.ns.hetzner.com helium.ns.hetzner.de": "Hetzner",
		"ns1.digitalocean.com": "DigitalOcean", "ns1.agency.com": "", "": "", "ns1.vercel-dns.com ns1.digitalocean.com": "",
		"evilns.cloudflare.com": "", "ns1.vercel-dns.com.agency.com": "", "xname.com": "",
	} {
		p := sender.ProviderOf(strings.Fields(ns))
		if p.Name != want || (p.Page == "") != (want == "") || !strings.HasPrefix(cmp.Or(p.Page, "https://"), "https://") {
			t.Errorf("%q is %+v, want %q", ns, p, want)
		}
	}
}
