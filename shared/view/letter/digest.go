package letter

import (
	"latchkey.dev/shared/domain/notice"
	"latchkey.dev/shared/domain/words"
)

// DigestData is what the mail tells that tells an agency's people what its clients did.
type DigestData struct {
	AgencyName string
	Lines      []DigestLine // at least one
	More       int          // how many more there were
	Link       string       // to all clients
	Stop       string       // by which the mails are stopped
	Platform   string
}

// DigestLine is one thing that a client did.
type DigestLine struct {
	Kind   notice.Kind
	Client string // the client's name, or its address; "" for what is of nobody in particular
	Detail string // in our own words; may be ""
	Quote  string // in the client's own words; may be ""
	Link   string // to the client's page, which asks who is there
}

// Digest is the mail that tells an agency's people what its clients did: one thing or many. Of what a client typed the subject has
// nothing but its name.
func Digest(d DigestData) Letter {
	d.AgencyName, d.Platform = line(d.AgencyName), line(d.Platform)
	lines := make([]DigestLine, len(d.Lines))
	of := map[string]bool{}
	for i, l := range d.Lines {
		l.Client, l.Detail, l.Quote = line(l.Client), line(l.Detail), paragraph(l.Quote)
		lines[i] = l
		of[l.Link] = true
	}
	d.Lines = lines
	first := lines[0]
	alone := len(of) == 1 && first.Client != ""
	v := struct {
		DigestData
		Title, Preheader, Button string
		Advice, Why              string
		One                      bool // whether all is about one client
		Said                     bool // whether the title says all that the lines do
	}{DigestData: d, One: alone, Said: len(lines) == 1 && d.More == 0 && first.Detail == "",
		Button: words.Say("notifications.open_all"),
		Why:    words.Say("notifications.why", "platform", d.Platform, "agency", d.AgencyName)}
	keys := 0
	for _, l := range lines {
		if l.Kind == notice.PowerUsed {
			keys++
		}
	}
	subject := first.Kind.Says(short(first.Client, 80))
	if n := len(lines) + d.More; n > 1 {
		subject = words.Say("notifications.many", "n", n)
		switch {
		case keys == n:
			subject = words.Say("notifications.powers_used")
		case keys > 0:
			subject = words.Say("notifications.many_any", "n", n, "agency", short(d.AgencyName, 80))
		case v.One:
			subject = words.Say("notifications.many_of", "n", n, "client", short(first.Client, 80))
		}
	}
	if keys > 0 {
		v.Advice = words.Say("notifications.powers_advice")
	}
	v.Title, v.Preheader = subject, first.Sentence()
	switch {
	case keys == len(lines):
		v.One, v.Link, v.Button = true, first.Link, words.Say("notifications.open_activity")
		v.Why = words.Say("notifications.powers_why", "platform", d.Platform, "agency", d.AgencyName)
	case v.One:
		v.Link, v.Button = first.Link, words.Say("notifications.open_one")
	case len(of) == 1:
		v.Link, v.Button = first.Link, words.Say("notifications.open_requests")
	}
	return in(words.English).letter(subject, "digest", v)
}

// Sentence is the line with the client's name and the detail in it.
func (l DigestLine) Sentence() string {
	if l.Detail != "" {
		return l.Kind.Says(l.Client) + ": " + l.Detail + "."
	}
	return l.Kind.Says(l.Client) + "."
}
