package sender_test

import (
	"strings"
	"testing"

	"latchkey.dev/shared/domain/sender"
)

// wanted is a domain of the tests, with all that its records are made of.
var wanted = sender.Wanted{
	Domain: "mail.agency.com", Zone: "agency.com", Token: "5f2b", Hosted: "dkim.eu-south-1.amazonses.com", Tokens: []string{"tok1", "tok2", "tok3"},
	Region: "eu-south-1",
}

func TestSenderRecordsAreThoseOfTheRegionWithShortAndFullNames(t *testing.T) {
	t.Parallel()
	w := wanted
	w.NoDMARC = true
	want := []sender.Record{
		{Role: sender.Proof, Type: sender.TXT, Name: "_latchkey.mail.agency.com", Short: "_latchkey.mail", Value: "latchkey-verify=5f2b"},
		{Role: sender.DKIM, Type: sender.CNAME, Name: "tok1._domainkey.mail.agency.com", Short: "tok1._domainkey.mail", Value: "tok1.dkim.eu-south-1.amazonses.com"},
		{Role: sender.DKIM, Type: sender.CNAME, Name: "tok2._domainkey.mail.agency.com", Short: "tok2._domainkey.mail", Value: "tok2.dkim.eu-south-1.amazonses.com"},
		{Role: sender.DKIM, Type: sender.CNAME, Name: "tok3._domainkey.mail.agency.com", Short: "tok3._domainkey.mail", Value: "tok3.dkim.eu-south-1.amazonses.com"},
		{Role: sender.Bounce, Type: sender.MX, Name: "bounce.mail.agency.com", Short: "bounce.mail", Value: "feedback-smtp.eu-south-1.amazonses.com", Preference: 10},
		{Role: sender.SPF, Type: sender.TXT, Name: "bounce.mail.agency.com", Short: "bounce.mail", Value: "v=spf1 include:amazonses.com ~all"},
		{Role: sender.DMARC, Type: sender.TXT, Name: "_dmarc.mail.agency.com", Short: "_dmarc.mail", Value: "v=DMARC1; p=none"},
	}
	got := sender.Records(w)
	if len(got) != len(want) {
		t.Fatalf("%d records: %v", len(got), got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("row %d is %+v, want %+v", i, got[i], want[i])
		}
	}
	w.Zone, w.Hosted = "mail.agency.com", "dkim.amazonses.com."
	if r := sender.Records(w); r[1].Short != "tok1._domainkey" || r[1].Value != "tok1.dkim.amazonses.com" || r[0].Short != "_latchkey" {
		t.Errorf("in a zone of its own the rows are %+v", r)
	}
}

func TestSenderD15DMARCIsSuggestedOnlyWhereNoneIsFound(t *testing.T) {
	t.Parallel()
	for _, r := range sender.Records(wanted) {
		if r.Role == sender.DMARC || strings.Contains(r.Value, "pct") {
			t.Errorf("%+v is suggested", r)
		}
	}
}

func TestSenderD11TheBounceLabelIsAChoice(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 63)
	for typed, want := range map[string]string{"": "bounce", " Send ": "send", "b1-x": "b1-x", long: long} {
		if got, err := sender.ParseBounceLabel("label", typed, "agency.com"); err != nil || got != want {
			t.Errorf("%q is %q, %v", typed, got, err)
		}
	}
	for _, typed := range []string{long + "a", "1a", "-a", "a-", "a.b", "a_b", "ä", "*"} {
		if got, err := sender.ParseBounceLabel("label", typed, "agency.com"); err == nil {
			t.Errorf("%q passes as %q", typed, got)
		}
	}
	if _, err := sender.ParseBounceLabel("label", long, sender.Domain(strings.Repeat("a.", 98)+"com")); err == nil {
		t.Error("a MAIL FROM domain over 253 characters passes")
	}
	w := wanted
	w.Label = "send"
	if r := sender.Records(w); r[4].Name != "send.mail.agency.com" || r[5].Name != r[4].Name {
		t.Errorf("the records stand at %s and %s", r[4].Name, r[5].Name)
	}
}

func TestSenderD7AZoneFileHasAbsoluteNamesAndSplitsLongTexts(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 255) + `"y\`
	got := sender.ZoneFile([]sender.Record{
		{Type: sender.CNAME, Name: "a.agency.com", Value: "b.dkim.amazonses.com"},
		{Type: sender.MX, Name: "bounce.agency.com", Value: "feedback-smtp.eu-west-1.amazonses.com", Preference: 10},
		{Type: sender.TXT, Name: "t.agency.com", Value: long},
	})
	want := "a.agency.com. 3600 IN CNAME b.dkim.amazonses.com.\n" +
		"bounce.agency.com. 3600 IN MX 10 feedback-smtp.eu-west-1.amazonses.com.\n" +
		`t.agency.com. 3600 IN TXT "` + long[:255] + `" "\"y\\"` + "\n"
	if got != want {
		t.Errorf("the zone file is\n%s\nwant\n%s", got, want)
	}
}
