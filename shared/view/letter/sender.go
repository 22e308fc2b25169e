package letter

import (
	"strconv"
	"strings"
	"time"

	"latchkey.dev/shared/domain/sender"
	"latchkey.dev/shared/domain/words"
)

// SenderData is what the mails to an agency's people about its sender domain tell.
type SenderData struct {
	AgencyName string
	Domain     sender.Domain
	State      sender.State
	Reason     sender.Reason
	Next       string   // what to do next, and when we do something
	Used       bool     // whether it was verified once
	Records    []string // of one that was given back: what stands in DNS for it, such as "TXT _latchkey.mail.agency.com"
	Host       string   // of the agency's own mail server
	Why        string   // what that server said last, in plain words
	Who        string   // who has changed the sender; "" for a name that nobody knows
	From       string   // what mail goes out as from now on
	Link       string   // to the page of the agency's sender; the only link in the mail
	Platform   string
}

// senderView begins a mail in the platform's own name.
func senderView(d *SenderData) boughtView {
	d.AgencyName, d.Platform = line(d.AgencyName), line(d.Platform)
	v := bought(&BoughtData{AgencyName: d.Platform, ToAgency: true, Link: d.Link, Platform: d.Platform})
	v.Button, v.Why = words.Say("sendermail.open"), words.Say("sendermail.foot", "platform", d.Platform, "agency", d.AgencyName)
	return v
}

// SenderState tells an owner what state the agency's domain has come to.
func SenderState(d SenderData) Letter {
	v := senderView(&d)
	name := d.Domain.Shown()
	var body string
	switch d.State {
	case sender.Verified:
		v.Title, v.Preheader = words.Say("sendermail.verified_title", "domain", name), words.Say("sendermail.verified_preheader")
		body = words.Say("sendermail.verified_text", "domain", name)
	case sender.Degraded:
		v.Title, v.Preheader = words.Say("sendermail.degraded_title", "domain", name), words.Say("sendermail.off_preheader")
		body = words.Say("sendermail.degraded_text", "domain", name)
	case sender.Failed:
		v.Title, v.Preheader = words.Say("sendermail.failed_title", "domain", name), words.Say("sendermail.off_preheader")
		body = words.Say("sendermail.failed_text", "domain", name)
	case sender.Released:
		v.Title, v.Preheader = words.Say("sendermail.released_title", "domain", name), words.Say("sendermail.released_preheader")
		body = released(d.Reason, d.Used, name)
	default:
		v.Title, v.Preheader = words.Say("sendermail.disabled_title", "domain", name), words.Say("sendermail.off_preheader")
		body = disabled(d.Reason, name)
	}
	v.Body = []string{body, d.Next}
	if len(d.Records) > 0 {
		v.Body = append(v.Body, words.Say("sendermail.delete_these", "records", strings.Join(d.Records, ", ")))
	}
	return v.letter(v.Title)
}

// disabled says why a domain is not in use.
func disabled(why sender.Reason, domain string) string {
	switch why {
	case sender.Lost:
		return words.Say("sendermail.lost_text", "domain", domain)
	case sender.Moved:
		return words.Say("sendermail.moved_text", "domain", domain)
	case sender.Lapsed:
		return words.Say("sendermail.lapsed_text", "domain", domain)
	}
	return words.Say("sendermail.disabled_text", "domain", domain)
}

// released says why a domain is the agency's no more.
func released(why sender.Reason, used bool, domain string) string {
	if why == sender.Expired && used {
		return words.Say("sendermail.ran_out_text", "domain", domain)
	}
	switch why {
	case sender.GivenUp:
		return words.Say("sendermail.given_up_text", "domain", domain)
	case sender.Expired:
		return words.Say("sendermail.expired_text", "domain", domain)
	}
	return words.Say("sendermail.released_text", "domain", domain)
}

// ServerOff tells an owner that the agency's own mail server has refused too often.
func ServerOff(d SenderData) Letter {
	v := senderView(&d)
	v.Title, v.Preheader = words.Say("sendermail.server_off_title"), words.Say("sendermail.off_preheader")
	v.Body = []string{words.Say("sendermail.server_off_text", "host", line(d.Host))}
	if d.Why != "" {
		v.Body = append(v.Body, line(d.Why))
	}
	v.Body = append(v.Body, words.Say("sendermail.server_off_do"))
	return v.letter(words.Say("sendermail.server_off_subject", "agency", short(d.AgencyName, 80)))
}

// SenderChanged tells an owner that somebody has changed what the agency's mail goes out as (T13).
func SenderChanged(d SenderData) Letter {
	v := senderView(&d)
	v.Title, v.Preheader = words.Say("sendermail.changed_title"), words.Say("sendermail.changed_preheader")
	v.Body = []string{words.Say("sendermail.changed_text", "agency", d.AgencyName)}
	if d.Who != "" {
		v.Body[0] = words.Say("sendermail.changed_text_who", "agency", d.AgencyName, "who", line(d.Who))
	}
	v.Body = append(v.Body, words.Say("sendermail.changed_from", "from", line(d.From)), words.Say("sendermail.changed_do"))
	return v.letter(words.Say("sendermail.changed_subject", "agency", short(d.AgencyName, 80)))
}

// SenderTestData is what the test mail of a sender domain tells.
type SenderTestData struct {
	AgencyName  string
	AgencyColor string // #rrggbb; anything else becomes the platform's own colour
	LogoURL     string // https only; otherwise the mail has none
	From        string // the address that it comes from
	Link        string // to the page of the agency's sender; the only link in the mail
	Platform    string
}

// SenderTest is the test mail that a member sends to themselves: it comes from the agency's domain as invitations will.
func SenderTest(d SenderTestData) Letter {
	d.AgencyName, d.Platform, d.From = line(d.AgencyName), line(d.Platform), line(d.From)
	v := bought(&BoughtData{AgencyName: d.AgencyName, AgencyColor: d.AgencyColor, LogoURL: d.LogoURL, ToAgency: true, Link: d.Link,
		Platform: d.Platform})
	v.Button, v.Why = words.Say("sendermail.open"), words.Say("sendermail.test_foot", "platform", d.Platform, "agency", d.AgencyName)
	v.Title, v.Preheader = words.Say("sendermail.test_title"), words.Say("sendermail.test_preheader")
	v.Body = []string{words.Say("sendermail.test_text", "from", d.From), words.Say("sendermail.test_do")}
	return v.letter(words.Say("sendermail.test_subject", "agency", short(d.AgencyName, 80)))
}

// RecordsData is what the mail to whoever runs an agency's DNS tells. It has no words of the agency's but its name.
type RecordsData struct {
	Held       bool // whether the agency's name stands in the text alone, and not in the subject
	AgencyName string
	Domain     sender.Domain
	Provider   string // who has the domain's DNS; "" where nobody knows
	Records    []sender.Record
	Link       string // to the page that shows the same; the only link in the mail
	ExpiresAt  time.Time
	Platform   string
}

// recordRow is a record as it stands in the mail.
type recordRow struct{ Number, Type, Name, Full, Value string }

// Records asks whoever runs an agency's DNS to publish the records of a domain.
func Records(d RecordsData) Letter {
	d.AgencyName, d.Platform = line(d.AgencyName), line(d.Platform)
	name := d.Domain.Shown()
	b := bought(&BoughtData{AgencyName: d.Platform, Link: d.Link, Platform: d.Platform})
	v := struct {
		boughtView
		Intro, Names string
		Rows         []recordRow
		Until        string
	}{boughtView: b, Intro: words.Say("sendermail.records_text", "agency", d.AgencyName, "platform", d.Platform, "domain", name),
		Names: words.Say("sendermail.records_names"), Until: words.Say("sendermail.records_until", "day",
			d.ExpiresAt.UTC().Format("2 January 2006"))}
	if d.Provider != "" {
		v.Names = words.Say("sendermail.records_names_at", "provider", line(d.Provider))
	}
	v.Title, v.Preheader = words.Say("sendermail.records_title", "domain", name), words.Say("sendermail.records_preheader")
	v.Button = words.Say("sendermail.records_open")
	v.Why = words.Say("sendermail.records_foot", "platform", d.Platform, "agency", d.AgencyName)
	for i, r := range d.Records {
		value := r.Value
		if r.Type == sender.MX {
			value = strconv.Itoa(int(r.Preference)) + " " + value
		}
		v.Rows = append(v.Rows, recordRow{strconv.Itoa(i + 1), string(r.Type), r.Short, r.Name, value})
	}
	agency := short(d.AgencyName, 60)
	if d.Held {
		agency = words.Say("mail.some_agency", "platform", d.Platform)
	}
	return in(words.English).letter(words.Say("sendermail.records_subject", "agency", agency, "domain", name), "records", v)
}
