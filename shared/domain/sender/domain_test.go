package sender_test

import (
	"strings"
	"testing"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/sender"
)

func TestSenderT8WhatIsADomainOfAnAgencysOwn(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]sender.Domain{
		"agency.com": "agency.com", " Mail.Agency.COM. ": "mail.agency.com", "a.b.agency.co.uk": "a.b.agency.co.uk", "agency。com": "agency.com",
		"bücher-agentur.de": "xn--bcher-agentur-wob.de", "xn--bcher-agentur-wob.de": "xn--bcher-agentur-wob.de", "agency.io": "agency.io",
		"1and2.com": "1and2.com", "wwwagency.com": "wwwagency.com", "gmail.agency.com": "gmail.agency.com",
	} {
		got, err := sender.ParseDomain("domain", typed)
		if err != nil || got != want {
			t.Errorf("%q is %q, want %q: %v", typed, got, want, err)
		}
	}
}

func TestSenderT9ADomainIsShownInItsOwnLetters(t *testing.T) {
	t.Parallel()
	for _, typed := range []string{"日本エージェンシー.jp", "bücher-agentur.de", "агентство.рф", "agency.com"} {
		if got, err := sender.ParseDomain("domain", typed); err != nil || got.Shown() != typed {
			t.Errorf("%q is %q, shown as %q: %v", typed, got, got.Shown(), err)
		}
	}
}

func TestSenderT8WhatIsRefusedAndWhatToEnterInstead(t *testing.T) {
	t.Parallel()
	label := strings.Repeat("a", 63)
	for typed, want := range map[string]string{
		"": "Enter the domain that", "  ": "Enter the domain that",
		"agency": "with its ending, such as agency.com", "localhost": "end in .localhost", "x.localhost": "end in .localhost",
		"crm.internal": "end in .internal", "x.local": "end in .local", "x.test": ".test", "x.example": ".example", "x.arpa": ".arpa",
		"x.onion": ".onion", "x.invalid": ".invalid",
		"192.0.2.1": "IP address", "[2001:db8::1]": "IP address", "2001:db8::1": "IP address", "1.2.3": "IP address",
		"gmail.com": "gmail.com is a public mailbox", "mail.gmail.com": "public mailbox", "yahoo.co.uk": "public mailbox", "web.de": "public mailbox",
		"GMX.net": "public mailbox", "proton.me": "public mailbox", "qq.com": "public mailbox", "live.com": "public mailbox",
		"com": "whole domain", "co.uk": "share that ending", "tokyo.jp": "share that ending",
		"vercel.app": "Names below vercel.app", "me.vercel.app": "Names below vercel.app", "x.github.io": "Names below github.io",
		"a.b.github.io": "Names below github.io", "uk.com": "Names below uk.com",
		"www.agency.com": "agency.com, without www", "https://www.agency.com/about": "www.agency.com alone",
		"agency.com/mail": "agency.com alone", "agency.com:25": "agency.com alone",
		"hello@agency.com": "the part after the @", "latchkey.dev": "This domain is ours", "mail.latchkey.dev": "This domain is ours",
		"app.latchkey.dev": "This domain is ours", "x.app.latchkey.dev": "This domain is ours",
		"-a.com": "letters, digits and hyphens", "a..com": "letters, digits and hyphens", "a_b.com": "letters, digits and hyphens",
		"*.agency.com": "letters, digits and hyphens", "a b.com": "letters, digits and hyphens", "agency\xff.com": "letters, digits and hyphens",
		label + "a.com": "at most 63", label + "." + label + "." + label + "." + label + ".com": "at most 209",
		strings.Repeat("a", 2000): "letters, digits and hyphens",
	} {
		d, err := sender.ParseDomain("domain", typed, "app.latchkey.dev", "latchkey-mail.com")
		f := fault.As(err)
		if f == nil || f.Code != fault.Invalid || len(f.Fields) != 1 || f.Fields[0].Location != "domain" ||
			!strings.Contains(f.Message, want) {
			t.Errorf("%q is %q, %v; want a fault in the field that says %q", typed, d, err, want)
		}
	}
}

func TestSenderT9MixedScriptsAreRefusedAsLettersAndAsALabel(t *testing.T) {
	t.Parallel()
	for _, typed := range []string{"аpple.com", "xn--pple-43d.com", "mail.аpple.com", "ωmega.com", "agenсy.de", "աgency.com", "日本ꙗ.jp"} {
		if d, err := sender.ParseDomain("domain", typed); err == nil {
			t.Errorf("%q passes as %q", typed, d)
		}
	}
	_, err := sender.ParseDomain("domain", "xn--pple-43d.com")
	if f := fault.As(err); f == nil || !strings.Contains(f.Message, "different alphabets") {
		t.Errorf("the refusal is %v", err)
	}
}

func TestSenderT9WhatLooksLikeAnothersWaitsForTheOperator(t *testing.T) {
	t.Parallel()
	others := []sender.Domain{"acme.com", "mail.northwind.co.uk", "latchkey.dev"}
	for typed, want := range map[string]string{
		"acrne.com": "acme.com", "mail.acrne.com": "acme.com", "n0rthwind.co.uk": "northwind.co.uk", "xn--80aa0cbo65f.com": "PayPal",
		"paypal-support.com": "PayPal", "latchkey-mail.net": "Latchkey", "latchk3y.io": "Latchkey",
		"acme.com": "", "mail.acme.com": "", "acme.de": "", "freshflows.de": "", "northwind.com": "",
	} {
		d, err := sender.ParseDomain("domain", typed)
		if err != nil {
			t.Fatal(err)
		}
		if got := sender.WhyHeld(d, "Latchkey", others...); (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("%s is held because %q, want %q", typed, got, want)
		}
	}
}

func TestSenderD20MailBelowTheRegistrableDomainIsSuggested(t *testing.T) {
	t.Parallel()
	for d, want := range map[sender.Domain]sender.Domain{
		"agency.com": "mail.agency.com", "agency.co.uk": "mail.agency.co.uk", "news.agency.com": "news.agency.com", "mail.agency.com": "mail.agency.com",
	} {
		if got := sender.Suggested(d); got != want {
			t.Errorf("for %s %s is suggested", d, got)
		}
	}
}

func TestSenderT3TheTreeIsThatOfTheRegistrableDomain(t *testing.T) {
	t.Parallel()
	for d, want := range map[sender.Domain]sender.Domain{
		"agency.com": "agency.com", "a.b.agency.com": "agency.com", "x.agency.co.uk": "agency.co.uk", "co.uk": "", "a.xn--bcher-agentur-wob.de": "xn--bcher-agentur-wob.de",
	} {
		if got := sender.Registrable(d); got != want {
			t.Errorf("%s is below %q", d, got)
		}
		if want != "" && !d.Within(want) || d.Within("gency.com") {
			t.Errorf("%s is within the wrong tree", d)
		}
	}
}

func FuzzParseDomain(f *testing.F) {
	f.Add("agency.com")
	f.Add("xn--pple-43d.com.")
	f.Add("a@b://c")
	f.Fuzz(func(t *testing.T, typed string) {
		d, err := sender.ParseDomain("domain", typed, "latchkey.dev")
		if err != nil {
			if fault.As(err) == nil {
				t.Errorf("%q: %v is nothing to show", typed, err)
			}
			return
		}
		if again, err := sender.ParseDomain("domain", string(d), "latchkey.dev"); err != nil || again != d {
			t.Errorf("%q is %q, which is %q: %v", typed, d, again, err)
		}
		if sender.Registrable(d) == "" || len(d) > sender.MaxLength {
			t.Errorf("%q passes as %q", typed, d)
		}
	})
}
