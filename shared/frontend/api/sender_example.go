package api

import (
	"slices"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/mailserver"
	"latchkey.dev/shared/domain/sender"
	"latchkey.dev/shared/usecase/senders"
)

const (
	exampleDomain = "dom_01JZ8Y5W3RN6T0V4K2M9QXBDCE"
	exampleMail   = "mail.northwind.example"
	exampleZone   = "northwind.example"
	exampleLinkID = "01JZ8Y5W3RN6T0V4K2M9QXBDCE"
)

// zoneAsAsked is what the example's name servers answer where all records are there, and DMARC stands at the zone.
func zoneAsAsked(records []sender.Record) map[sender.Question][]sender.Value {
	out := map[sender.Question][]sender.Value{
		{Name: "_dmarc." + exampleZone, Type: sender.TXT}: {{Type: sender.TXT, Data: "v=DMARC1; p=quarantine"}}}
	for _, r := range records {
		out[sender.Question{Name: r.Name, Type: r.Type}] = []sender.Value{{Type: r.Type, Data: r.Value, Preference: r.Preference}}
	}
	return out
}

// exampleClaim is the domain as the doctor sees it in a zone that somebody has edited.
func exampleClaim(edit func(zone map[sender.Question][]sender.Value, records []sender.Record)) *sender.Claim {
	at := time.Time(after(0))
	c := &sender.Claim{Sender: sender.Claimed(exampleMail, false, at), ID: exampleDomain, Agency: exampleAgency,
		Token: "3f0e2a4c9b7d41d8a6c5e0f1b2d3c4a5", Label: sender.BounceLabel, Zone: exampleZone,
		NameServers: []string{"ada.ns.cloudflare.com", "bob.ns.cloudflare.com"},
		Identity: sender.Identity{Domain: exampleMail, Region: "eu-west-1", Hosted: "dkim.amazonses.com", Status: "PENDING",
			Tokens: []string{"a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6", "q7r8s9t0u1v2w3x4y5z6a7b8c9d0e1f2", "g3h4i5j6k7l8m9n0o1p2q3r4s5t6u7v8"}}}
	c.State, c.StartedAt, c.Due = sender.DNSPending, at, at.Add(2*time.Minute)
	records := sender.Records(c.Wanted())
	zone := zoneAsAsked(records)
	edit(zone, records)
	check := sender.Check{Records: records, Zone: exampleZone, NameServers: c.NameServers, Probe: "qwzkxvjpytrnbgfd"}
	lookup := func(q sender.Question) sender.Answer {
		a := sender.Answer{Question: q, Server: c.NameServers[0], Status: sender.Answered, Values: zone[q]}
		if len(a.Values) == 0 {
			a.Status, a.NegativeUntil = sender.NoName, at.Add(30*time.Minute)
		}
		return a
	}
	for range 3 { // as many rounds as it takes
		for _, q := range check.Questions() {
			check.Answers = append(check.Answers, lookup(q))
		}
	}
	aligned := sender.Alignment{From: exampleMail, Identity: exampleMail, MailFrom: c.Wanted().MailFrom(), Exists: true}
	dmarc := sender.JudgeDMARC(aligned, sender.Record{Role: sender.DMARC, Type: sender.TXT}, lookup)
	c.Report = sender.Report{At: at, Verdicts: append(check.Verdicts(), dmarc)}
	return c
}

func asAsked(map[sender.Question][]sender.Value, []sender.Record) {}

// exampleView is the claim as somebody reads it.
func exampleView(c *sender.Claim, edit ...func(*senders.View)) DomainBody {
	v := &senders.View{Claim: c, Settings: &sender.Settings{Agency: exampleAgency}, Agency: &agency.Agency{Plan: agency.Max},
		Now: time.Time(after(0))}
	for _, e := range edit {
		e(v)
	}
	return domainBody(v)
}

// exampleVerified is the domain once it is in use.
func exampleVerified() *sender.Claim {
	c := exampleClaim(asAsked)
	at := time.Time(after(0))
	c.State, c.VerifiedAt, c.TestedAt, c.On, c.Proven, c.Due = sender.Verified, at, at, true, true, at.Add(23*time.Hour)
	c.Identity.Status = "SUCCESS"
	c.Test = sender.Test{ID: exampleLinkID, At: at, Outcome: sender.TestDelivered}
	return c
}

func switchedOn(v *senders.View) {
	v.Settings.On = exampleDomain
	v.Health = sender.Health{Sent: 412, Bounced: 3, Complained: 0}
}

// exampleStates is the domain in each of its states.
func exampleStates() []shownExample {
	at := time.Time(after(0))
	first := func(zone map[sender.Question][]sender.Value, _ []sender.Record) { clear(zone) }
	draft := exampleClaim(first)
	draft.State, draft.StartedAt, draft.Due = sender.Draft, time.Time{}, at.Add(sender.ClaimLife)
	draft.Report, draft.Zone, draft.NameServers = sender.Report{}, "", nil
	verifying := exampleClaim(asAsked)
	verifying.State = sender.Verifying
	lost := exampleClaim(func(zone map[sender.Question][]sender.Value, records []sender.Record) {
		delete(zone, sender.Question{Name: records[1].Name, Type: records[1].Type})
	})
	lost.State, lost.VerifiedAt, lost.Due, lost.Identity.Status = sender.Degraded, at.Add(-90*24*time.Hour), at.Add(6*time.Hour), "SUCCESS"
	off := exampleClaim(first)
	off.State, off.Reason, off.VerifiedAt, off.Due = sender.Disabled, sender.Lost, at.Add(-90*24*time.Hour), at.Add(sender.KeptFor)
	failed := exampleClaim(first)
	failed.State, failed.Due, failed.Identity.Status = sender.Failed, at.Add(11*24*time.Hour), "FAILED"
	over := exampleVerified()
	over.State, over.Reason, over.On, over.TestedAt, over.Due = sender.Released, sender.GivenUp, false, time.Time{}, at.Add(sender.Grace)
	return []shownExample{
		{"usual", "Verified, and in use", exampleView(exampleVerified(), switchedOn)},
		{"draft", "Added, and nobody has published the records", exampleView(draft)},
		{"dnsPending", "We look for the records", exampleView(exampleClaim(first))},
		{"verifying", "The records are right, and Amazon SES hasn't seen them", exampleView(verifying)},
		{"degraded", "A record is gone", exampleView(lost)},
		{"disabled", "Records were gone for 7 days", exampleView(off)},
		{"failed", "The records weren't there within 72 hours", exampleView(failed)},
		{"released", "Removed", exampleView(over)},
	}
}

// exampleMistakes is what checkDomain answers to the usual mistakes.
func exampleMistakes() []shownExample {
	type zone = map[sender.Question][]sender.Value
	verifying := exampleClaim(asAsked)
	verifying.State = sender.Verifying
	out := []shownExample{{"usual", "All records are right", exampleView(verifying)}}
	for _, m := range []struct {
		name, summary string
		edit          func(z zone, proof, key, bounce, spf sender.Question, value sender.Record)
	}{
		{"missing", "A record isn't there yet", func(z zone, _, key, _, _ sender.Question, _ sender.Record) { delete(z, key) }},
		{"doubledSuffix", "The provider added the domain itself", func(z zone, _, key, _, _ sender.Question, _ sender.Record) {
			z[sender.Question{Name: key.Name + "." + exampleZone, Type: key.Type}] = z[key]
			delete(z, key)
		}},
		{"proxied", "A CNAME behind a proxy", func(z zone, _, key, _, _ sender.Question, _ sender.Record) {
			z[sender.Question{Name: key.Name, Type: sender.A}] = []sender.Value{{Type: sender.A, Data: "192.0.2.10"}}
			delete(z, key)
		}},
		{"wrongType", "A CNAME entered as TXT", func(z zone, _, key, _, _ sender.Question, r sender.Record) {
			z[sender.Question{Name: key.Name, Type: sender.TXT}] = []sender.Value{{Type: sender.TXT, Data: r.Value}}
			delete(z, key)
		}},
		{"doubledTarget", "A value without its last dot", func(z zone, _, key, _, _ sender.Question, r sender.Record) {
			z[key] = []sender.Value{{Type: sender.CNAME, Data: r.Value + "." + exampleZone}}
		}},
		{"otherValue", "The proof of another agency", func(z zone, proof, _, _, _ sender.Question, _ sender.Record) {
			z[proof] = []sender.Value{{Type: sender.TXT, Data: "latchkey-verify=00000000000000000000000000000000"}}
		}},
		{"wildcard", "A wildcard answers for every name", func(z zone, proof, _, _, _ sender.Question, _ sender.Record) {
			z[sender.Question{Name: "qwzkxvjpytrnbgfd." + exampleMail, Type: sender.TXT}] = z[proof]
		}},
		{"twoSpf", "Two SPF records at the name for bounces", func(z zone, _, _, _, spf sender.Question, _ sender.Record) {
			z[spf] = append(z[spf], sender.Value{Type: sender.TXT, Data: "v=spf1 include:_spf.hosting.example ~all"})
		}},
		{"occupied", "Another MX record at the name for bounces", func(z zone, _, _, bounce, _ sender.Question, _ sender.Record) {
			z[bounce] = append(z[bounce], sender.Value{Type: sender.MX, Data: "mx.hosting.example", Preference: 10})
		}},
		{"cnameHere", "A CNAME at the name for bounces", func(z zone, _, _, bounce, spf sender.Question, _ sender.Record) {
			there := []sender.Value{{Type: sender.CNAME, Data: "parked.hosting.example"}}
			z[bounce], z[spf] = there, there
		}},
		{"strictAlignment", "DMARC that asks for strict alignment of SPF", func(z zone, _, _, _, _ sender.Question, _ sender.Record) {
			z[sender.Question{Name: "_dmarc." + exampleZone, Type: sender.TXT}] = []sender.Value{
				{Type: sender.TXT, Data: "v=DMARC1; p=reject; aspf=s"}}
		}},
	} {
		c := exampleClaim(func(z zone, records []sender.Record) {
			q := func(role sender.Role) sender.Question {
				i := slices.IndexFunc(records, func(r sender.Record) bool { return r.Role == role })
				return sender.Question{Name: records[i].Name, Type: records[i].Type}
			}
			m.edit(z, q(sender.Proof), q(sender.DKIM), q(sender.Bounce), q(sender.SPF), records[1])
		})
		out = append(out, shownExample{m.name, m.summary, exampleView(c)})
	}
	return out
}

func exampleSender() SenderBody {
	return SenderBody{Name: "Northwind Automations", Local: "invites", ReplyTo: "hello@northwind.example", Way: "own_domain",
		Address: "invites@" + exampleMail, DomainID: exampleDomain,
		Preview: SenderPreviewBody{"Northwind Automations <invites@" + exampleMail + ">", "hello@northwind.example"}}
}

func senderExamples() map[string]example {
	at := time.Time(after(0))
	states, mistakes := exampleStates(), exampleMistakes()
	verified := states[0].value.(DomainBody)
	off := exampleView(exampleVerified())
	asked := exampleVerified()
	asked.On, asked.TestedAt, asked.Test.Outcome = false, time.Time{}, ""
	linked := exampleClaim(asAsked)
	linked.Links = []sender.RecordsLink{{ID: exampleLinkID, To: "p•••@hosting.example", At: at, ExpiresAt: at.Add(sender.RecordsLinkLife)}}
	own := exampleVerified()
	own.ProofOnly, own.On, own.TestedAt, own.Test = true, false, time.Time{}, sender.Test{}
	own.Own = &sender.OwnServer{Server: mailserver.Server{Host: "smtp.northwind.example", Port: 587, Security: mailserver.STARTTLS,
		User: "invites@" + exampleMail}, SetAt: at}
	draft := states[1].value.(DomainBody)
	name := exampleClaim(asAsked)
	name.Label = "replies"
	return map[string]example{
		"getSender":           answers(exampleSender()),
		"updateSender":        exchanges(raw(`{"name":"Northwind Automations","local":"invites"}`), exampleSender()),
		"listDomains":         answers(map[string]any{"items": []DomainBody{verified}, "nextCursor": nil, "suggested": exampleMail}),
		"claimDomain":         exchanges(raw(`{"domain":"`+exampleMail+`"}`), draft),
		"getDomain":           shows(states...),
		"updateDomain":        exchanges(raw(`{"bounceLabel":"replies"}`), exampleView(name)),
		"checkDomain":         shows(mistakes...),
		"sendTestMail":        answers(exampleView(asked)),
		"testSmtp":            answers(exampleView(own)),
		"enableDomain":        answers(verified),
		"disableDomain":       answers(off),
		"setSmtp":             exchanges(exampleServerForm, exampleView(own)),
		"removeSmtp":          answers(off),
		"sendDomainRecords":   exchanges(raw(`{"email":"pat@hosting.example"}`), exampleView(linked)),
		"revokeDomainRecords": answers(exampleView(exampleClaim(asAsked))),
		"viewDomainRecords": answers(SharedRecordsBody{"Northwind Automations", exampleMail, exampleMail, verified.Records,
			after(sender.RecordsLinkLife)}),
	}
}

// exampleServerForm has no password that somebody could take for one.
var exampleServerForm = raw(`{"host":"smtp.northwind.example","port":587,"security":"starttls","user":"invites@` + exampleMail +
	`","password":"…"}`)
