package letter

import (
	"strconv"
	"strings"
)

// DigestData is what the mail tells that tells an agency's people what its clients did.
type DigestData struct {
	AgencyName string
	Lines      []DigestLine // at least one
	More       int          // how many more there were
	Link       string       // to all clients
	Platform   string
}

// DigestLine is one thing that a client did.
type DigestLine struct {
	Says   string // the sentence, with %s for the client and no full stop
	Client string // the client's name, or its address
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
	v := struct {
		DigestData
		Title, Preheader, Button string
		One                      bool // whether all is about one client
		Said                     bool // whether the title says all that the lines do
	}{DigestData: d, Said: len(lines) == 1 && d.More == 0 && first.Detail == "", One: len(of) == 1, Button: "Open clients"}
	subject := first.says(short(first.Client, 80))
	if n := len(lines) + d.More; n > 1 {
		subject = strconv.Itoa(n) + " updates from your clients"
		if v.One {
			subject = strconv.Itoa(n) + " updates from " + short(first.Client, 80)
		}
	}
	v.Title, v.Preheader = subject, first.Sentence()
	if v.One {
		v.Link, v.Button = first.Link, "Open client"
	}
	return Letter{Subject: subject, Text: text("digest.txt", v), HTML: html("digest.html", v)}
}

// Sentence is the line with the client's name and the detail in it.
func (l DigestLine) Sentence() string {
	if l.Detail != "" {
		return l.says(l.Client) + ": " + l.Detail + "."
	}
	return l.says(l.Client) + "."
}

func (l DigestLine) says(client string) string { return strings.Replace(l.Says, "%s", client, 1) }
