// Package letter composes the product's mails: subject, text and HTML, out of plain values. It is pure, sends
// nothing, and puts nothing of a user's into a mail but as text.
package letter

import (
	"bytes"
	"embed"
	htmltemplate "html/template"
	"strings"
	"sync"
	texttemplate "text/template"
	"time"
	"unicode"

	"latchkey.dev/shared/domain/reminder"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/view/page"
)

// Letter is a mail's content. Text and HTML say the same.
type Letter struct {
	Subject string
	Text    string
	HTML    string
}

//go:embed *.html *.txt
var files embed.FS

// The letters are parsed when the first one is written: what imports this package for a type alone neither waits for it nor
// links what it takes.
var (
	parsing sync.Once
	htmls   *htmltemplate.Template
	texts   *texttemplate.Template
)

func parse() {
	parsing.Do(func() {
		htmls = htmltemplate.Must(htmltemplate.New("").Funcs(htmltemplate.FuncMap{"lines": lines, "dict": page.Dict, "say": words.Find,
			"rich": page.Rich}).ParseFS(files, "*.html"))
		texts = texttemplate.Must(texttemplate.New("").Funcs(texttemplate.FuncMap{"say": words.Find}).ParseFS(files, "*.txt"))
	})
}

// InvitationData is what the mail of an invite tells.
type InvitationData struct {
	Held        bool // whether the agency's name stands in the text alone, and not in the subject
	AgencyName  string
	AgencyColor string // #rrggbb; anything else becomes the platform's own colour
	LogoURL     string // https only; otherwise the mail has none
	Inviter     string // the name of the person who invites; "" for one that has none
	ClientName  string // "" for a client without a name
	Message     string // the inviter's own words; "" for none
	Opens       []Access
	Buys        []string  // what the client is asked to buy; none for an invitation that is free
	Price       string    // what that costs: "€68.00 a month or €680.00 a year"
	Link        string    // the only link in the mail
	ExpiresAt   time.Time // in the recipient's zone
	Platform    string
}

// Access is one thing that an invitation opens, and how far.
type Access struct{ Name, Rights string }

// Invitation is the mail that brings a client its link. Link must be an http or https URL of our own making; all
// the rest may hold whatever users have typed.
func Invitation(d InvitationData) Letter {
	d.AgencyName, d.ClientName, d.Platform = line(d.AgencyName), line(d.ClientName), line(d.Platform)
	d.Inviter, d.Message = line(d.Inviter), paragraph(d.Message)
	opens := make([]Access, len(d.Opens))
	for i, o := range d.Opens {
		opens[i] = Access{line(o.Name), o.Rights}
	}
	d.Opens = opens
	if !strings.HasPrefix(d.LogoURL, "https://") {
		d.LogoURL = ""
	}
	a := page.AccentOf(d.AgencyColor)
	v := struct {
		InvitationData
		Fill, On, Initial, Until, Preheader, Heading string
	}{d, a.LightFill, a.LightOn, initial(d.AgencyName), reminder.Ends(d.ExpiresAt, d.ExpiresAt.Location()),
		words.Say("mail.invitation_preheader"), subject(d.Inviter, d.AgencyName, "")}
	if len(d.Buys) > 0 {
		v.Preheader = words.Say("mail.invitation_preheader_order")
	}
	inviter, agency := d.Inviter, d.AgencyName
	if d.Held {
		inviter, agency = "", words.Say("notifications.some_agency", "platform", d.Platform)
	}
	return Letter{
		Subject: subject(short(inviter, 40), short(agency, 70), short(d.ClientName, 50)),
		Text:    text("invitation.txt", v),
		HTML:    html("invitation.html", v),
	}
}

// subject says who invites whom: the person, where it has a name, and the client, where it has one.
func subject(inviter, agency, client string) string {
	switch {
	case inviter == "" && client == "":
		return words.Say("mail.invitation_subject_agency_you", "agency", agency)
	case inviter == "":
		return words.Say("mail.invitation_subject_agency", "agency", agency, "client", client)
	case client == "":
		return words.Say("mail.invitation_subject_you", "inviter", inviter, "agency", agency)
	}
	return words.Say("mail.invitation_subject", "inviter", inviter, "agency", agency, "client", client)
}

// CodeData is what the mail with a sign-in code tells.
type CodeData struct {
	Code     string // six digits
	Platform string
	Lifetime time.Duration // how long the code holds
}

// Code is the mail with a sign-in code. It has no link, so that nobody learns to follow links to sign in. The code
// stands in the subject, where most phones show it in the notification.
func Code(d CodeData) Letter {
	d.Platform = line(d.Platform)
	v := struct {
		CodeData
		Minutes   int
		Preheader string
	}{d, int(d.Lifetime / time.Minute), ""}
	v.Preheader = words.Say("mail.code_preheader", "platform", d.Platform)
	return Letter{
		Subject: words.Say("mail.code_subject", "code", d.Code, "platform", d.Platform),
		Text:    text("code.txt", v),
		HTML:    html("code.html", v),
	}
}

// WelcomeData is what the mail to a new member of an agency tells.
type WelcomeData struct {
	Held        bool // whether the agency's name stands in the text alone, and not in the subject
	AgencyName  string
	AgencyColor string // #rrggbb; anything else becomes the platform's own colour
	LogoURL     string // https only; otherwise the mail has none
	Email       string // what the person signs in with
	Owner       bool
	Link        string // to the sign-in; the only link in the mail
	Platform    string
}

// Welcome is the mail that tells a person that it works at an agency from now on. It holds no secret: the person
// signs in as everybody does.
func Welcome(d WelcomeData) Letter {
	d.AgencyName, d.Platform = line(d.AgencyName), line(d.Platform)
	if !strings.HasPrefix(d.LogoURL, "https://") {
		d.LogoURL = ""
	}
	a := page.AccentOf(d.AgencyColor)
	v := struct {
		WelcomeData
		Fill, On, Initial, Preheader string
	}{d, a.LightFill, a.LightOn, initial(d.AgencyName), words.Say("mail.welcome_preheader")}
	subject := words.Say("mail.welcome_subject", "agency", short(d.AgencyName, 80), "platform", d.Platform)
	if d.Held {
		subject = words.Say("notifications.welcome_held", "platform", d.Platform)
	}
	return Letter{
		Subject: subject,
		Text:    text("welcome.txt", v),
		HTML:    html("welcome.html", v),
	}
}

// The templates are embedded and their data has the fields that they name, as the tests show: executing them cannot
// fail.
func text(name string, v any) string {
	var b bytes.Buffer
	parse()
	if err := texts.ExecuteTemplate(&b, name, v); err != nil {
		panic(err)
	}
	return b.String()
}

func html(name string, v any) string {
	var b bytes.Buffer
	parse()
	if err := htmls.ExecuteTemplate(&b, name, v); err != nil {
		panic(err)
	}
	return b.String()
}

// line makes one line of s without control or direction marks: what was typed is checked when it is stored, and once
// more here, where a mail's header is made of it.
func line(s string) string {
	return strings.Join(strings.Fields(clean(s)), " ")
}

func paragraph(s string) string {
	var kept []string
	for _, l := range strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n") {
		kept = append(kept, line(l))
	}
	return strings.TrimSpace(strings.Join(kept, "\n"))
}

func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\u200d' || r == '\u200c': // joiners, which emoji and several scripts are written with
			return r
		case unicode.Is(unicode.Cf, r):
			return -1
		case unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r == unicode.ReplacementChar:
			return ' '
		}
		return r
	}, s)
}

// short cuts a name for a subject line, where nobody reads past a hundred characters.
func short(s string, most int) string {
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	return strings.TrimSpace(string(r[:most-1])) + "…"
}

func lines(s string) []string { return strings.Split(s, "\n") }

func initial(name string) string {
	for _, r := range name {
		return strings.ToUpper(string(r))
	}
	return "·"
}
