package main

import (
	"strings"
	"time"

	"latchkey.dev/shared/view/page"
)

const (
	usualSender = "Northwind Automations via Latchkey <invites@latchkey.example>"
	ownSender   = "Northwind Automations <invites@mail.northwind.example>"
)

// senderRecords are what mail.northwind.example asks for, with the light of each.
func senderRecords(lights ...string) []page.SenderLight {
	const domain, hosted = "northwind.example", ".dkim.amazonses.com"
	tokens := []string{"vvjuipp74whm76gqoni7qmwwn4w4qusj", "iqbg4nj5wkm2zxsxr3rluo5ofnoqvpvn", "7xkq3zv5jm2tq4lq6w3yqzq5u2h3smru"}
	record := func(of, kind, name, value string) page.SenderLight {
		return page.SenderLight{Of: of, Type: kind, Name: name, Full: name + "." + domain, Value: value}
	}
	out := []page.SenderLight{record("proof", "TXT", "_latchkey.mail", "latchkey-verify=5f1c2b3a4d5e6f708192a3b4c5d6e7f8")}
	for _, t := range tokens {
		out = append(out, record("dkim", "CNAME", t+"._domainkey.mail", t+hosted))
	}
	out = append(out, record("bounce", "MX", "bounce.mail", "10 feedback-smtp.eu-central-1.amazonses.com"),
		record("spf", "TXT", "bounce.mail", "v=spf1 include:amazonses.com ~all"),
		record("dmarc", "TXT", "_dmarc.mail", "v=DMARC1; p=none"))
	for i := range out {
		out[i].Light = "waiting"
		if len(lights) > 0 {
			out[i].Light = lights[min(i, len(lights)-1)]
		}
	}
	return out
}

// senderDomain is a domain in this state, looked at a moment ago.
func senderDomain(state, title, next string, lights ...string) *page.SenderDomain {
	return &page.SenderDomain{ID: "dom_1", Shown: "mail.northwind.example", State: state, Title: title, Next: next,
		Looked: ago(40 * time.Second), Look: ago(-80 * time.Second), Check: page.CheckNow, Records: senderRecords(lights...),
		Zone: "northwind.example", NameServers: []string{"ada.ns.cloudflare.com", "bob.ns.cloudflare.com"}, Provider: "Cloudflare",
		ProviderURL: "https://dash.cloudflare.com/", ZoneFile: "/settings/email/zone/dom_1",
		Mailboxes: "Your mailboxes at mx.zoho.example aren't touched. They keep working as they do.",
		Test:      page.TestMail{To: "owner@northwind.example"},
		Label:     page.SenderLabel{Now: "bounce", Typed: "bounce", Offered: true},
		HandOff:   page.HandOff{Offered: true, Daily: 5}, Release: page.SenderRelease{Offered: true}}
}

// found gives a record what was found in its place.
func found(r *page.SenderLight, light, found, why, do string) {
	r.Light, r.Found, r.Why, r.Do = light, found, why, do
}

// sesLine is Amazon SES's own line, and dmarcLine that of DMARC.
func sesLine(light, status, why string) page.SenderLight {
	return page.SenderLight{Of: "ses", Light: light, Found: status, Why: why}
}

var dmarcLine = page.SenderLight{Of: "dmarc", Light: "right", Found: "v=DMARC1; p=quarantine",
	Why: "Your mail passes. The policy is inherited from northwind.example: quarantine for mail that doesn't."}

// emailStates are those of the settings' page of Custom Email.
func emailStates() []state {
	base := page.Email{Workspace: settings(), Tab: "email", Max: true, From: usualSender}
	with := func(change func(*page.Email)) page.Email {
		v := base
		change(&v)
		return v
	}
	of := func(d *page.SenderDomain, change func(*page.Email)) page.Email {
		return with(func(v *page.Email) {
			v.Domain, v.Claim = d, &page.ClaimDomain{}
			v.Sender = &page.SenderForm{Name: "Northwind Automations", Local: "invites", Domain: d.Shown,
				Usual: "Northwind Automations", Subject: "Nora from Northwind Automations invited Acme Ltd to their client portal"}
			v.Server = &page.MailServer{Port: "587", To: "owner@northwind.example"}
			if change != nil {
				change(v)
			}
		})
	}
	all := []state{
		{Name: "email-empty", view: with(func(v *page.Email) { v.Claim = &page.ClaimDomain{Suggested: "mail.northwind.example"} })},
		{Name: "email-free", view: with(func(v *page.Email) { v.Max = false })},
		{Name: "email-refused", view: with(func(v *page.Email) {
			v.Claim = &page.ClaimDomain{Typed: "nora@gmail.com", Suggested: "mail.northwind.example"}
			v.Problems = page.Problems{{Field: "domain", Message: "Enter the part after the @ alone: gmail.com"}}
		})},
	}
	all = append(all, waitingEmailStates(of)...)
	all = append(all, verifiedEmailStates(of)...)
	all = append(all, endedEmailStates(of)...)
	return append(all, serverEmailStates(of)...)
}

type emailOf func(*page.SenderDomain, func(*page.Email)) page.Email

// waitingEmailStates are those of a domain on the way.
func waitingEmailStates(of emailOf) []state {
	draft := func() *page.SenderDomain {
		d := senderDomain("draft", "Add the records", "Add the records at your DNS provider, then tell us. The domain is reserved "+
			"until 5 December 2025, 14:03 UTC.")
		d.Looked, d.Look, d.Check = page.Time{}, page.Time{}, page.FirstCheck
		return d
	}
	odd := draft()
	odd.Shown, odd.ASCII = "münchen-"+strings.Repeat("lang", 12)+".example", "xn--mnchen-"+strings.Repeat("lang", 12)+"-i8b.example"
	handed := draft()
	handed.HandOff = page.HandOff{Offered: true, Daily: 5, Links: []page.HandOffLink{
		{ID: "lnk_1", To: "it@northwind.example", Made: ago(2 * time.Hour), Ends: ago(-334 * time.Hour)},
		{ID: "lnk_2", To: "a.very.long.local.part.that.goes.on@a-very-long-domain-name-indeed.example", Made: ago(50 * time.Hour),
			Ends: ago(-286 * time.Hour)}}}
	look := "Add what's missing. We look again at 21 November 2025, 14:05 UTC."
	pending := senderDomain("dns_pending", "Looking for your records", look, "right", "right", "waiting")
	for i := 2; i < len(pending.Records); i++ {
		r := &pending.Records[i]
		found(r, "waiting", "", "We don't see the record yet. We asked ada.ns.cloudflare.com, bob.ns.cloudflare.com. Others may keep "+
			"this answer until 14:08 UTC.", "Add it at "+r.Name+". Your domain's DNS is at Cloudflare, so records you enter anywhere "+
			"else don't count.")
	}
	pending.Lines = []page.SenderLight{
		sesLine("waiting", "PENDING", "Amazon SES is waiting for your records. We look again at 14:05 UTC."), dmarcLine}
	verifying := senderDomain("verifying", "Records found",
		"Amazon SES is checking the records. There's nothing to do. We look again at 21 November 2025, 14:05 UTC.", "right")
	verifying.Lines = []page.SenderLight{
		sesLine("waiting", "PENDING", "Your records are right. Amazon SES hasn't seen them yet. We look again at 14:05 UTC."), dmarcLine}
	held := senderDomain("verifying", "Records found",
		"Our team looks at this name first. There's nothing to do. We look again at 21 November 2025, 15:03 UTC.", "right")
	held.Reason = "held"
	preparing := draft()
	preparing.Preparing, preparing.Records, preparing.Check, preparing.ZoneFile = true, nil, page.NoCheck, ""
	preparing.Next = "We're preparing the records. This takes a few seconds."
	preparing.HandOff.Offered, preparing.Label.Offered = false, false
	return []state{
		{Name: "email-preparing", view: of(preparing, nil)},
		{Name: "email-draft", view: of(draft(), nil)},
		{Name: "email-draft-odd", view: of(odd, func(v *page.Email) {
			v.Domains = []page.SenderLink{{Shown: odd.Shown, State: "Add the records", URL: "/settings/email?id=dom_1", Here: true},
				{Shown: "mail.northwind.example", State: "Verified", URL: "/settings/email?id=dom_2"}}
		})},
		{Name: "email-handed-off", view: of(handed, func(v *page.Email) {
			v.Note = page.Note{Tone: page.Good, Text: "We've emailed the records to it@northwind.example."}
		})},
		{Name: "email-pending", view: of(pending, nil)},
		{Name: "email-mistakes", view: of(mistaken(), func(v *page.Email) {
			v.Problems = page.Problems{{Field: "label", Message: "Use 1 to 63 letters, digits and hyphens, with a letter first."}}
		})},
		{Name: "email-verifying", view: of(verifying, nil)},
		{Name: "email-held", view: of(held, nil)},
	}
}

// mistaken is a domain with a mistake in each record.
func mistaken() *page.SenderDomain {
	d := senderDomain("dns_pending", "Looking for your records", "Add what's missing. We look again at 21 November 2025, 14:05 UTC.")
	r := d.Records
	found(&r[0], "wrong", "_latchkey.mail.northwind.example.northwind.example latchkey-verify=5f1c2b3a4d5e6f708192a3b4c5d6e7f8",
		"Your provider added the domain itself, so the record stands at a name with the domain in it twice.",
		"Enter only _latchkey.mail as the name.")
	found(&r[1], "wrong", "104.21.5.9\n172.67.132.4", "The name answers with an address in place of the CNAME record, so it's proxied.",
		"Set the record to DNS only (grey cloud).")
	found(&r[2], "wrong", r[2].Value, "The type is TXT and must be CNAME.", "Delete the TXT record. Add a CNAME record with the value "+
		r[2].Value)
	found(&r[3], "waiting", "", "We couldn't ask your name servers. That says nothing about your record.",
		"We try again by ourselves. There's nothing to do.")
	found(&r[4], "wrong", "10 mx1.mailhost.example\n20 <script>alert(1)</script>.example",
		"bounce.mail.northwind.example must have exactly one MX record, which is ours. Another one is there.",
		"Delete the other record if you don't need it. If you do, choose another name for bounces.")
	found(&r[5], "wrong", "v=spf1 include:_spf.mailhost.example -all\nv=spf1 include:amazonses.com ~all",
		"There's more than one SPF record. Receivers then ignore all of them.",
		"Replace them with one record: v=spf1 include:_spf.mailhost.example include:amazonses.com -all")
	r[5].Expected = "v=spf1 include:_spf.mailhost.example include:amazonses.com -all"
	found(&r[6], "waiting", "", "Neither your domain nor one above it has a DMARC record. Large mail hosts ask for one.",
		"Add a TXT record with the value v=DMARC1; p=none")
	d.Lines = []page.SenderLight{sesLine("waiting", "PENDING", "Amazon SES is waiting for your records. We look again at 14:05 UTC."),
		{Of: "from", Light: "noted", Found: "v=spf1 -all\nv=spf1 mx -all", Why: "There's more than one SPF record at " +
			"mail.northwind.example. Our emails don't need them, but your other mail may land in spam."}}
	d.Label.Open, d.Label.Typed = true, "9bounce"
	d.Provider, d.ProviderURL = "", ""
	return d
}

// verifiedEmailStates are those of a domain that is verified, until it is switched on.
func verifiedEmailStates(of emailOf) []state {
	verified := func(next string) *page.SenderDomain {
		d := senderDomain("verified", "Verified", next+" We look again at 22 November 2025, 13:20 UTC.", "right")
		d.Lines = []page.SenderLight{sesLine("right", "SUCCESS", "Amazon SES has verified your domain."), dmarcLine}
		d.Look, d.Looked, d.Test.Offered, d.Release.Kept = ago(-23*time.Hour), ago(time.Hour), true, true
		return d
	}
	const test = "Send yourself a test email, then switch your domain on."
	sent, failed, tested := verified(test), verified(test), verified("Switch your domain on.")
	sent.Test.Sent = ago(20 * time.Second)
	failed.Test.Sent, failed.Test.Failed = ago(3*time.Minute), "There is no mailbox with this address."
	tested.Test.Sent, tested.Test.Delivered, tested.Enable = ago(time.Minute), ago(30*time.Second), true
	on := func() *page.SenderDomain {
		d := verified("Your invitations come from your domain.")
		d.On, d.Test.Sent, d.Test.Delivered = true, ago(50*time.Hour), ago(50*time.Hour)
		d.Health = &page.SenderHealth{Sent: 412, Bounced: 3, BounceRate: "0.7 %", ComplaintRate: "0 %"}
		return d
	}
	ill := on()
	ill.Health = &page.SenderHealth{Sent: 97, Bounced: 9, BounceRate: "9.3 %", BouncesHigh: true, Complaints: 1, ComplaintRate: "1 %",
		ComplaintsHigh: true}
	releasing := on()
	releasing.Release.Open = true
	sends := func(v *page.Email) { v.Way, v.From = page.ByDomain, ownSender }
	return []state{
		{Name: "email-verified", view: of(verified(test), nil)},
		{Name: "email-test-sent", view: of(sent, nil)},
		{Name: "email-test-failed", view: of(failed, nil)},
		{Name: "email-tested", view: of(tested, nil)},
		{Name: "email-on", view: of(on(), sends)},
		{Name: "email-ill", view: of(ill, sends)},
		{Name: "email-sender-refused", view: of(on(), func(v *page.Email) {
			sends(v)
			v.Sender.Name, v.Sender.Local, v.Sender.ReplyTo = "Northwind via Latchkey", "in vites", "nora@"
			v.Problems = page.Problems{{Field: "name", Message: "Leave out Latchkey. Use your agency's own name."},
				{Field: "local", Message: "Use letters, digits, dots and hyphens for the part before the @, such as invites."},
				{Field: "replyTo", Message: "Enter a valid email address."}}
		})},
		{Name: "email-sender-tried", view: of(on(), func(v *page.Email) {
			sends(v)
			v.Sender.Name, v.Sender.ReplyTo, v.Sender.Preview = emoji+" "+rtl, "team@northwind.example", true
		})},
		{Name: "email-release", view: of(releasing, sends)},
	}
}

// endedEmailStates are those of a domain that is used no more, or not now.
func endedEmailStates(of emailOf) []state {
	ended := func(state, reason, title, next string, check page.SenderCheck, lights ...string) *page.SenderDomain {
		d := senderDomain(state, title, next, lights...)
		d.Reason, d.Check, d.Look, d.Looked, d.Release.Kept = reason, check, page.Time{}, ago(30*time.Minute), true
		for i := range d.Records {
			if d.Records[i].Light == "wrong" {
				found(&d.Records[i], "waiting", "", "We don't see the record yet.", "Add it at "+d.Records[i].Name+
					". If you have, there's nothing to do: we look again by ourselves.")
			}
		}
		return d
	}
	const ours, kept = "Emails come from our address.", "We keep the domain until 21 December 2025, 14:03 UTC."
	degraded := ended("degraded", "", "Records missing", "Put the missing records back. Until then, emails come from our address. We "+
		"look again at 21 November 2025, 20:03 UTC.", page.CheckNow, "wrong", "right", "right", "right", "right", "right", "right")
	degraded.Look = ago(-6 * time.Hour)
	over := ended("released", "given_up", "Released", "You can delete its DNS records. Only your agency can add it again until 28 "+
		"November 2025, 14:03 UTC.", page.NoCheck, "right")
	over.HandOff.Offered, over.Label.Offered, over.Release.Offered = false, false, false
	lapsed := ended("disabled", "lapsed", "Not in use", ours+" Upgrade to Max to use your domain again. We keep it until 21 December "+
		"2025, 14:03 UTC.", page.NoCheck, "right")
	lapsed.HandOff.Offered, lapsed.Label.Offered = false, false
	taken := ended("verifying", "taken", "Records found", "Another agency here already sends from this domain. Ask your colleagues "+
		"whether they use it, or choose a name below it, such as mail. We look again at 21 November 2025, 15:03 UTC.",
		page.CheckNow, "right")
	return []state{
		{Name: "email-degraded", view: of(degraded, nil)},
		{Name: "email-lost", view: of(ended("disabled", "lost", "Not in use", ours+" Put the records back and select Start again. "+kept,
			page.CheckAgain, "wrong"), nil)},
		{Name: "email-moved", view: of(ended("disabled", "moved", "Not in use", ours+" Put the records back and select Start again. "+
			kept, page.CheckAgain, "wrong"), nil)},
		{Name: "email-lapsed", view: of(lapsed, func(v *page.Email) { v.Max, v.Claim, v.Sender, v.Server = false, nil, nil, nil })},
		{Name: "email-failed", view: of(ended("failed", "", "Records not found", "Check the records and select Start again. The domain "+
			"is reserved until 5 December 2025, 14:03 UTC.", page.CheckAgain, "right", "wrong"), nil)},
		{Name: "email-taken", view: of(taken, nil)},
		{Name: "email-released", view: of(over, func(v *page.Email) { v.Sender, v.Server = nil, nil })},
	}
}

// serverEmailStates are those of the agency's own mail server.
func serverEmailStates(of emailOf) []state {
	waiting := senderDomain("dns_pending", "Looking for your records", "Add what's missing. We look again at 21 November 2025, "+
		"14:05 UTC.", "right", "waiting")
	proven := func() *page.SenderDomain {
		d := senderDomain("verified", "Verified", "Send yourself a test email, then switch your domain on. We look again at 22 November "+
			"2025, 13:20 UTC.", "right")
		d.Look, d.Looked, d.Label.Offered, d.Records, d.Enabler = ago(-23*time.Hour), ago(time.Hour), false, d.Records[:1], true
		return d
	}
	stored := func(change func(*page.MailServer)) func(*page.Email) {
		return func(v *page.Email) {
			v.Server = &page.MailServer{Host: "smtp.northwind.example", Port: "465", User: "invites@mail.northwind.example", Stored: true,
				To: "owner@northwind.example"}
			change(v.Server)
			if v.Server.On {
				v.Way, v.From = page.ByServer, ownSender
			}
		}
	}
	return []state{
		{Name: "email-server", view: of(waiting, func(v *page.Email) { v.Server.Open = true })},
		{Name: "email-server-refused", view: of(waiting, func(v *page.Email) {
			v.Server.Host, v.Server.Port = "192.168.0.4", "2525"
			v.Problems = page.Problems{{Field: "host", Message: "Enter the server's name. An IP address has no certificate."},
				{Field: "password", Message: "Enter the password."}}
		})},
		{Name: "email-server-tested", view: of(proven(), stored(func(s *page.MailServer) {
			s.Enable, s.Test = true, &page.ServerTest{At: ago(20 * time.Second), Good: true}
		}))},
		{Name: "email-server-testing", view: of(proven(), stored(func(s *page.MailServer) {
			s.Testing = ago(5 * time.Second)
		}))},
		{Name: "email-server-failed", view: of(proven(), stored(func(s *page.MailServer) {
			s.Test = &page.ServerTest{At: ago(20 * time.Second), Step: "signing in", Code: "535 5.7.8",
				Text: "Username and Password not accepted. <a href=\"https://mail.example\">Learn more</a> " + unbroken,
				Do:   "The server refuses the user name or password. With Google, use an app password."}
		}))},
		{Name: "email-server-on", view: of(proven(), stored(func(s *page.MailServer) {
			s.On, s.ReturnPath = true, "bounces@mail.northwind.example"
		}))},
		{Name: "email-server-off", view: of(proven(), stored(func(s *page.MailServer) { s.Off = true }))},
		{Name: "email-server-remove", view: of(proven(), stored(func(s *page.MailServer) { s.On, s.Removing = true, true }))},
	}
}

// recordsStates are those of the page for whoever runs the agency's DNS.
func recordsStates() []state {
	v := page.Records{Brand: platform, Agency: "Northwind Automations", Shown: "mail.northwind.example", Rows: senderRecords(),
		Zone: "northwind.example", NameServers: []string{"ada.ns.cloudflare.com", "bob.ns.cloudflare.com"}, Provider: "Cloudflare",
		ProviderURL: "https://dash.cloudflare.com/", ZoneFile: "/records/token?zone=1", Ends: ago(-330 * time.Hour),
		Mailboxes: "Your mailboxes at mx.zoho.example aren't touched. They keep working as they do."}
	odd := v
	odd.Agency, odd.Shown, odd.ASCII = longest, "münchen.example", "xn--mnchen-3ya.example"
	odd.Provider, odd.ProviderURL, odd.NameServers, odd.Mailboxes = "", "", nil, ""
	judged := v
	judged.Rows, judged.Judged = mistaken().Records, true
	return []state{{Name: "records", view: v}, {Name: "records-judged", view: judged}, {Name: "records-odd", view: odd},
		{Name: "records-dead", view: page.Records{Brand: platform, Dead: true}}}
}
