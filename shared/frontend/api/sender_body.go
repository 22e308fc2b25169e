package api

import (
	"latchkey.dev/shared/domain/sender"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/senders"
)

// VerdictBody says how a record stood when we last looked.
type VerdictBody struct {
	Light    string `json:"light" enum:"right,waiting,noted,wrong" doc:"noted: mail passes, and there's something to know."`
	Cause    string `json:"cause" doc:"Why, for programs. The list may grow." example:"doubled_suffix"`
	Expected string `json:"expected,omitempty" doc:"The value to publish."`
	Found    string `json:"found,omitempty" doc:"What we found, word for word. Left out if we found nothing."`
	Why      string `json:"why" example:"The record is right."`
	Do       string `json:"do,omitempty" doc:"What to do about it. Left out if there's nothing to do."`
	Until    *Time  `json:"until,omitempty" doc:"How long others may keep an older answer."`
}

func verdictBody(v sender.Verdict) VerdictBody {
	return VerdictBody{string(v.Light), string(v.Cause), v.Expected, v.Found, v.Why, v.Do, orNull(v.Until)}
}

// RecordBody is a DNS record to publish.
type RecordBody struct {
	Role       string      `json:"role" enum:"proof,dkim,bounce,spf,dmarc"`
	Type       string      `json:"type" enum:"TXT,CNAME,MX"`
	Name       string      `json:"name" doc:"The full name." example:"_latchkey.mail.northwind.example"`
	ShortName  string      `json:"shortName" doc:"What most providers ask for: the name without your zone." example:"_latchkey.mail"`
	Value      string      `json:"value" example:"latchkey-verify=3f0e2a4c9b7d41d8a6c5e0f1b2d3c4a5"`
	Preference int         `json:"preference,omitempty" doc:"Of an MX record." example:"10"`
	Note       string      `json:"note,omitempty" doc:"What to know before you enter it."`
	Verdict    VerdictBody `json:"verdict"`
}

func recordBodies(lines []sender.Verdict) []RecordBody {
	out := []RecordBody{}
	for _, v := range lines {
		r := v.Record
		out = append(out, RecordBody{string(r.Role), string(r.Type), r.Name, r.Short, r.Value, int(r.Preference), r.Note(), verdictBody(v)})
	}
	return out
}

// DNSProviderBody is who runs a zone.
type DNSProviderBody struct {
	Name string `json:"name" example:"Cloudflare"`
	URL  string `json:"url" doc:"Where you change records there." example:"https://dash.cloudflare.com/"`
}

// TestMailBody is what became of the last test email.
type TestMailBody struct {
	At      Time   `json:"at"`
	Outcome string `json:"outcome" enum:"pending,delivered,failed"`
	Detail  string `json:"detail,omitempty" doc:"What the receiving server, or your own, said."`
}

// SenderHealthBody is what became of a domain's emails in the last 30 days.
type SenderHealthBody struct {
	Sent          int     `json:"sent"`
	Bounced       int     `json:"bounced"`
	Complained    int     `json:"complained"`
	BounceRate    float64 `json:"bounceRate" doc:"0.02 is 2 %."`
	ComplaintRate float64 `json:"complaintRate"`
	Troubled      bool    `json:"troubled" doc:"Whether mail providers begin to hold your emails back at these rates."`
}

// SMTPBody is an agency's own mail server. Its password is never shown.
type SMTPBody struct {
	Host        string `json:"host" example:"smtp.northwind.example"`
	Port        int    `json:"port" example:"587"`
	Security    string `json:"security" enum:"tls,starttls"`
	User        string `json:"user" example:"invites@mail.northwind.example"`
	SetAt       Time   `json:"setAt"`
	Refusals    int    `json:"refusals" doc:"How many emails in a row it refused. After three we use our own sender."`
	OffAt       *Time  `json:"offAt" doc:"When we stopped using it. null while we use it."`
	Why         string `json:"why,omitempty" doc:"What it said then."`
	BouncesNote string `json:"bouncesNote" example:"Bounces go to invites@mail.northwind.example. We don't see them."`
}

// RecordsLinkBody is a link that shows the records to whoever has it.
type RecordsLinkBody struct {
	ID        string `json:"id" example:"01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	To        string `json:"to" doc:"Who we emailed it to, masked." example:"p•••@hosting.example"`
	CreatedAt Time   `json:"createdAt"`
	ExpiresAt Time   `json:"expiresAt"`
}

// DomainBody is an agency's sender domain.
type DomainBody struct {
	ID          string            `json:"id" example:"dom_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	Domain      string            `json:"domain" doc:"As DNS has it." example:"mail.northwind.example"`
	Shown       string            `json:"shown" doc:"In its own letters." example:"mail.northwind.example"`
	State       string            `json:"state" enum:"draft,dns_pending,verifying,verified,degraded,disabled,failed,released"`
	Reason      string            `json:"reason,omitempty" doc:"Why, where the state alone doesn't say: held, lost, moved, lapsed, taken…"`
	Title       string            `json:"title" doc:"The state in a few words." example:"Looking for your records"`
	Next        string            `json:"next" doc:"What to do next."`
	NextLookAt  *Time             `json:"nextLookAt" doc:"When we look again by ourselves. null while we don't."`
	KeptUntil   *Time             `json:"keptUntil" doc:"How long it stays yours if nothing changes. null while it's in use."`
	On          bool              `json:"on" doc:"Whether it's switched on. getSender says whether it's used."`
	Ready       bool              `json:"ready" doc:"Whether all records are known. Until then there are fewer."`
	Records     []RecordBody      `json:"records"`
	DMARC       *VerdictBody      `json:"dmarc" doc:"How DMARC stands for your emails. null until we have looked."`
	SES         *VerdictBody      `json:"ses" doc:"What Amazon SES says. null with your own mail server."`
	Zone        string            `json:"zone" doc:"The zone that has the records. Empty until we have looked." example:"northwind.example"`
	NameServers []string          `json:"nameServers"`
	Provider    *DNSProviderBody  `json:"provider" doc:"Who runs your DNS, if we recognize them."`
	Mailboxes   string            `json:"mailboxes,omitempty" doc:"A note about the mailboxes that you have there."`
	FromSPF     string            `json:"fromSpf,omitempty" doc:"A note about your domain's own SPF records."`
	CheckedAt   *Time             `json:"checkedAt" doc:"When we last looked. null if never."`
	BounceLabel string            `json:"bounceLabel" doc:"The name for bounces, below the domain." example:"bounce"`
	Test        *TestMailBody     `json:"test" doc:"The last test email. null if there was none."`
	Health      *SenderHealthBody `json:"health" doc:"The last 30 days. null before it's verified."`
	SMTP        *SMTPBody         `json:"smtp" doc:"Your own mail server. null if Amazon SES sends."`
	Links       []RecordsLinkBody `json:"links" doc:"Links to the records that work now."`
	ClaimedAt   Time              `json:"claimedAt"`
	VerifiedAt  *Time             `json:"verifiedAt" doc:"When it was first verified. null before."`
}

func domainBody(v *senders.View) DomainBody {
	c := v.Claim
	b := DomainBody{ID: string(c.ID), Domain: string(c.Domain), Shown: c.Domain.Shown(), State: string(c.State), Reason: string(c.Reason),
		Title: c.Title(), Next: c.Next(), On: v.On(), Ready: c.Ready(), Records: recordBodies(sender.Lines(c)),
		Zone: c.Zone, NameServers: append([]string{}, c.NameServers...), Mailboxes: c.Report.Mailboxes, FromSPF: c.Report.FromSPF,
		CheckedAt: orNull(c.Report.At), BounceLabel: c.Label, Links: []RecordsLinkBody{}, ClaimedAt: Time(c.ClaimedAt),
		VerifiedAt: orNull(c.VerifiedAt)}
	if c.Looks() {
		b.NextLookAt = orNull(c.Due)
	} else {
		b.KeptUntil = orNull(c.Due)
	}
	if d, ok := c.DMARC(); ok && !c.ProofOnly {
		x := verdictBody(d)
		b.DMARC = &x
	}
	if !c.ProofOnly {
		x := verdictBody(v.SES())
		b.SES = &x
	}
	if p := sender.ProviderOf(c.NameServers); p.Name != "" {
		b.Provider = &DNSProviderBody{p.Name, p.Page}
	}
	b.Test, b.SMTP = testMailBody(c), smtpBody(v)
	if h := v.Health; !c.VerifiedAt.IsZero() {
		b.Health = &SenderHealthBody{h.Sent, h.Bounced, h.Complained, h.BounceRate(), h.ComplaintRate(), h.Troubled()}
	}
	for _, l := range c.Links {
		if v.Now.Before(l.ExpiresAt) {
			b.Links = append(b.Links, RecordsLinkBody{l.ID, l.To, Time(l.At), Time(l.ExpiresAt)})
		}
	}
	return b
}

// testMailBody is nil where none was sent.
func testMailBody(c *sender.Claim) *TestMailBody {
	if c.Test.At.IsZero() {
		return nil
	}
	b := &TestMailBody{At: Time(c.Test.At), Outcome: c.Test.Outcome, Detail: c.Test.Detail}
	if b.Outcome == "" {
		b.Outcome = "pending"
	}
	return b
}

// smtpBody is nil for an agency that has no server of its own.
func smtpBody(v *senders.View) *SMTPBody {
	o := v.Own
	if o == nil {
		return nil
	}
	from := v.Settings.LocalOr() + "@" + string(v.Domain)
	return &SMTPBody{Host: o.Host, Port: int(o.Port), Security: string(o.Security), User: o.User, SetAt: Time(o.SetAt),
		Refusals: o.Refusals, OffAt: orNull(o.OffAt), Why: o.Why, BouncesNote: words.Say("sender.own_bounces", "address", from)}
}

// SenderPreviewBody is the head of an email as a client sees it.
type SenderPreviewBody struct {
	From    string `json:"from" example:"Northwind Automations <invites@mail.northwind.example>"`
	ReplyTo string `json:"replyTo,omitempty" doc:"Left out for an API key where it's whoever invites." example:"hello@northwind.example"`
}

// SenderBody is how an agency's emails go out.
type SenderBody struct {
	Name     string            `json:"name" doc:"The sender's name. Empty if it's the agency's name." example:"Northwind Automations"`
	Local    string            `json:"local" doc:"What stands before the @ of your domain." example:"invites"`
	ReplyTo  string            `json:"replyTo" doc:"Where answers go. Empty for whoever invites." example:"hello@northwind.example"`
	Way      string            `json:"way" enum:"platform,own_domain,own_server" doc:"How emails go out right now."`
	Address  string            `json:"address" doc:"The address they come from right now." example:"invites@mail.northwind.example"`
	DomainID string            `json:"domainId,omitempty" doc:"The domain that is used." example:"dom_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	Why      string            `json:"why,omitempty" doc:"Why your domain isn't used, if you have one."`
	Preview  SenderPreviewBody `json:"preview"`
}

// SharedRecordsBody is what a link to records shows.
type SharedRecordsBody struct {
	Agency    string       `json:"agency" doc:"Who asks for the records." example:"Northwind Automations"`
	Domain    string       `json:"domain" doc:"As DNS has it." example:"mail.northwind.example"`
	Shown     string       `json:"shown" doc:"In its own letters." example:"mail.northwind.example"`
	Records   []RecordBody `json:"records"`
	ExpiresAt Time         `json:"expiresAt"`
}
