package sender_test

import (
	"slices"
	"strings"
	"testing"

	"latchkey.dev/shared/domain/sender"
)

// zone answers from texts: a name to the TXT records that it has, in lines of their own.
func zone(texts map[string]string) func(sender.Question) sender.Answer {
	return func(q sender.Question) sender.Answer {
		a := sender.Answer{Question: q, Server: "ns1.agency.com", Status: sender.NoName}
		text, ok := texts[q.Name]
		if !ok || q.Type != sender.TXT {
			return a
		}
		if a.Status = sender.Answered; text == "servfail" {
			a.Status = sender.Unasked
			return a
		}
		for line := range strings.SplitSeq(text, "\n") {
			a.Values = append(a.Values, sender.Value{Type: sender.TXT, Data: line})
		}
		return a
	}
}

func TestSenderD15ARecordIsReadAsRFC9989Says(t *testing.T) {
	t.Parallel()
	for record, want := range map[string]sender.Policy{
		"v=DMARC1": {Domain: sender.None, Suffix: 'u'},
		"v=DMARC1; p=reject; sp=quarantine; np=none; adkim=s; aspf=s; psd=y; t=y; rua=mailto:x@agency.com": {Domain: sender.Reject,
			Subdomains: sender.Quarantine, Missing: sender.None, StrictDKIM: true, StrictSPF: true, Suffix: 'y', Testing: true, Reports: true},
		"v = DMARC1;rua=mailto:a@b.c ; pct=50; foo=bar;P = Reject;": {Domain: sender.Reject, Suffix: 'u', Reports: true},
		`"v=DMARC1; p=quarantine"`:                                  {Domain: sender.Quarantine, Suffix: 'u'},
		"v=DMARC1; p=none; p=reject; adkim=x; psd=q; t=x":           {Domain: sender.None, Suffix: 'u'},
		"v=DMARC1; p=reject; sp=oops; rua=mailto:a@b.c":             {Domain: sender.None, Suffix: 'u', Reports: true},
	} {
		got, ok := sender.ParseDMARC(record)
		if !ok || got != want || !got.Applied() {
			t.Errorf("%q is %+v, %v; want %+v", record, got, ok, want)
		}
	}
	for _, record := range []string{
		"", "v=DMARC2; p=none", "v=dmarc1; p=none", "p=none; v=DMARC1", "v=spf1 -all", "v=DMARC1 p=none", "DMARC1",
	} {
		if _, ok := sender.ParseDMARC(record); ok {
			t.Errorf("%q passes for a DMARC record", record)
		}
	}
	if p, ok := sender.ParseDMARC("v=DMARC1; p=oops"); !ok || p.Applied() {
		t.Error("a policy that is not valid, which nobody wants reports of, is applied")
	}
}

func TestSenderD15TheWalkAsksForEightNamesAtMost(t *testing.T) {
	t.Parallel()
	for domain, want := range map[string]string{
		"a.b.c.d.e.f.g.h.i.j.mail.example.com": "_dmarc.a.b.c.d.e.f.g.h.i.j.mail.example.com _dmarc.g.h.i.j.mail.example.com " +
			"_dmarc.h.i.j.mail.example.com _dmarc.i.j.mail.example.com _dmarc.j.mail.example.com _dmarc.mail.example.com " +
			"_dmarc.example.com _dmarc.com",
		"a.mail.example.com":      "_dmarc.a.mail.example.com _dmarc.mail.example.com _dmarc.example.com _dmarc.com",
		"a.b.c.d.e.mail.x.com":    "_dmarc.a.b.c.d.e.mail.x.com _dmarc.b.c.d.e.mail.x.com _dmarc.c.d.e.mail.x.com _dmarc.d.e.mail.x.com _dmarc.e.mail.x.com _dmarc.mail.x.com _dmarc.x.com _dmarc.com",
		"a.b.c.d.e.f.mail.x.com.": "_dmarc.a.b.c.d.e.f.mail.x.com _dmarc.c.d.e.f.mail.x.com _dmarc.d.e.f.mail.x.com _dmarc.e.f.mail.x.com _dmarc.f.mail.x.com _dmarc.mail.x.com _dmarc.x.com _dmarc.com",
	} {
		if got := sender.WalkTree(domain, zone(nil)).Asked; strings.Join(got, " ") != want {
			t.Errorf("%s: %s", domain, got)
		}
	}
}

func TestSenderD15TheOrganizationalDomainAndWhosePolicyApplies(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		start, org, applies string
		exists              bool
		asks                sender.Request
		zone                map[string]string
	}{
		{"a.mail.example.com", "example.com", "example.com", true, "reject", map[string]string{"_dmarc.mail.example.com": "v=DMARC1; p=none", "_dmarc.example.com": "v=DMARC1; p=reject"}},
		{"a.mail.example.com", "example.com", "com", true, "none", map[string]string{"_dmarc.com": "v=DMARC1; p=none; psd=y"}},
		{"mail.example.com", "example.com", "example.com", true, "quarantine", map[string]string{"_dmarc.example.com": "v=DMARC1; p=reject; sp=quarantine; np=none"}},
		{"mail.example.com", "example.com", "example.com", false, "none", map[string]string{"_dmarc.example.com": "v=DMARC1; p=reject; sp=quarantine; np=none"}},
		{"mail.example.com", "example.com", "example.com", false, "quarantine", map[string]string{"_dmarc.example.com": "v=DMARC1; p=reject; sp=quarantine"}},
		{"mail.example.com", "example.com", "mail.example.com", true, "none", map[string]string{"_dmarc.mail.example.com": "v=DMARC1", "_dmarc.example.com": "v=DMARC1; p=reject"}},
		{"mail.example.com", "mail.example.com", "mail.example.com", true, "none", map[string]string{"_dmarc.mail.example.com": "v=DMARC1; psd=n", "_dmarc.example.com": "v=DMARC1; p=reject"}},
		{"gov.example", "gov.example", "gov.example", true, "reject", map[string]string{"_dmarc.gov.example": "v=DMARC1; p=reject; psd=y"}},
		{"mail.example.com", "mail.example.com", "", true, "", nil},
		{"mail.example.com", "example.com", "example.com", true, "none", map[string]string{"_dmarc.mail.example.com": "v=DMARC1; p=reject\nv=DMARC1; p=none", "_dmarc.example.com": "v=DMARC1; p=none"}},
		{"mail.example.com", "mail.example.com", "", true, "", map[string]string{"_dmarc.example.com": "some text\nv=DMARC2; p=none"}},
	} {
		w := sender.WalkTree(c.start, zone(c.zone))
		in, ok := w.Applies()
		asks := in.Policy.Domain
		if ok && in.Domain != c.start {
			asks = in.Policy.For(c.exists)
		}
		if w.Organizational() != c.org || in.Domain != c.applies || ok != (c.applies != "") || asks != c.asks {
			t.Errorf("%s with %v: the organisation is %s and %s of %q applies", c.start, c.zone, w.Organizational(), asks, in.Domain)
		}
	}
}

func TestSenderD14AlignmentAndWhatIsSaidOfIt(t *testing.T) {
	t.Parallel()
	w := wanted
	w.NoDMARC = true
	suggested := sender.Records(w)[6]
	for _, c := range []struct {
		from, identity string
		zone           map[string]string
		light          sender.Light
		cause          sender.Cause
		says           string
	}{
		{"mail.agency.com", "mail.agency.com", nil, sender.Waiting, sender.Missing, "Add a TXT record with the value v=DMARC1; p=none"},
		{"mail.agency.com", "mail.agency.com", map[string]string{"_dmarc.mail.agency.com": "v=DMARC1; p=reject"}, sender.Right, sender.AsWanted, "is reject."},
		{"mail.agency.com", "mail.agency.com", map[string]string{"_dmarc.agency.com": "v=DMARC1; p=reject; sp=quarantine"}, sender.Right, sender.Inherited, "inherited from agency.com: quarantine"},
		{"mail.agency.com", "mail.agency.com", map[string]string{"_dmarc.agency.com": "v=DMARC1; p=reject; t=y"}, sender.Right, sender.Inherited, "test mode"},
		{"mail.agency.com", "mail.agency.com", map[string]string{"_dmarc.agency.com": "v=DMARC1; p=reject; aspf=s"}, sender.Noted, sender.SPFUnaligned, "still passes"},
		{"mail.agency.com", "mail.agency.com", map[string]string{"_dmarc.agency.com": "v=DMARC1; p=reject; adkim=s"}, sender.Right, sender.Inherited, "inherited"},
		{"mail.agency.com", "agency.com", map[string]string{"_dmarc.agency.com": "v=DMARC1; p=reject; adkim=s"}, sender.Wrong, sender.DKIMUnaligned, "signed by agency.com"},
		{"mail.agency.com", "agency.com", map[string]string{"_dmarc.agency.com": "v=DMARC1; p=reject"}, sender.Right, sender.Inherited, "inherited"},
		{"mail.agency.com", "mail.agency.com", map[string]string{"_dmarc.mail.agency.com": "v=DMARC1; p=none\nv=DMARC1; p=reject"}, sender.Wrong, sender.TwoDMARC, "Keep one"},
		{"mail.agency.com", "mail.agency.com", map[string]string{"_dmarc.agency.com": "v=DMARC1; p=none\nv=DMARC1; p=reject"}, sender.Wrong, sender.TwoDMARC, "_dmarc.agency.com"},
		{"mail.agency.com", "mail.agency.com", map[string]string{"_dmarc.agency.com": "servfail"}, sender.Waiting, sender.CannotAsk, "couldn't ask"},
		{"mail.agency.com", "mail.agency.com", map[string]string{"_dmarc.mail.agency.com": "v=DMARC1; p=none", "_dmarc.bounce.mail.agency.com": "servfail"}, sender.Right, sender.AsWanted, "Your mail passes."},
	} {
		a := sender.Alignment{From: c.from, Identity: c.identity, MailFrom: "bounce." + c.from, Exists: true}
		v := sender.JudgeDMARC(a, suggested, zone(c.zone))
		if v.Light != c.light || v.Cause != c.cause || !strings.Contains(v.Why+" "+v.Do, c.says) ||
			strings.Contains(v.Do+v.Expected, "pct") {
			t.Errorf("%v: %+v, want %s, %s and %q", c.zone, v, c.light, c.cause, c.says)
		}
		if v.Cause != sender.Missing && v.Cause != sender.CannotAsk && (v.Expected != "" || v.Found == "") {
			t.Errorf("%v: a record is suggested where there is one: %+v", c.zone, v)
		}
	}
}

func TestSenderE6NoWalkIsLongerThanEightNames(t *testing.T) {
	t.Parallel()
	for n := 1; n < 60; n++ {
		asked := sender.WalkTree(strings.Repeat("a.", n)+"com", zone(nil)).Asked
		if len(asked) > 8 || !slices.Contains(asked, "_dmarc.com") {
			t.Errorf("of %d labels: %v", n+1, asked)
		}
	}
}

func FuzzParseDMARC(f *testing.F) {
	f.Add("v=DMARC1; p=reject; sp=none; t=y")
	f.Add(`"v=DMARC1`)
	f.Fuzz(func(t *testing.T, s string) {
		p, ok := sender.ParseDMARC(s)
		if ok && p.Domain != sender.None && p.Domain != sender.Quarantine && p.Domain != sender.Reject {
			t.Errorf("%q asks for %q", s, p.Domain)
		}
	})
}
