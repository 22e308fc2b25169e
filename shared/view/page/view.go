package page

import (
	"html/template"
	"strings"
	"time"

	"latchkey.dev/shared/domain/words"
)

// Brand is whose page it is: an agency's, or with an empty Color the platform's.
type Brand struct {
	Name    string
	Own     bool   // whether it is the platform's own, which has a mark of its own
	Color   string // #rrggbb
	LogoURL string // a path of this origin or a data: URL of an image; anything else is not shown
}

// Logo is the address of the logo, or "" when the name's first letter stands in for it. Other origins' images are
// left out: the Content-Security-Policy would block them, and they would tell their host who looks.
func (b Brand) Logo() template.URL {
	own := strings.HasPrefix(b.LogoURL, "/") && !strings.HasPrefix(b.LogoURL, "//") && !strings.ContainsAny(b.LogoURL, "\\\r\n\t")
	for _, kind := range []string{"png", "jpeg", "webp", "gif", "svg+xml"} {
		own = own || strings.HasPrefix(b.LogoURL, "data:image/"+kind+";base64,")
	}
	if !own {
		return ""
	}
	return template.URL(b.LogoURL) //nolint:gosec // checked above
}

// Time is a moment as people are told it.
type Time struct {
	Machine  string // RFC 3339
	Exact    string // "21 November 2025, 14:03:22 UTC"
	Relative string // "2 minutes ago", "in 3 days"
	Day      string // "21 November 2025"
	In       int    // seconds until then, negative for what has been
}

// TimeAt says when t is, seen from now, in English.
func TimeAt(t, now time.Time) Time { return TimeIn(words.English, t, now) }

// TimeIn says when t is, seen from now.
func TimeIn(l words.Language, t, now time.Time) Time {
	t = t.UTC()
	return Time{
		Machine:  t.Format(time.RFC3339),
		Exact:    l.Second(t),
		Relative: relative(l, t.Sub(now)),
		Day:      l.Date(t),
		In:       int(t.Sub(now) / time.Second),
	}
}

// relative words a distance in time in one unit, rounded down, the way people say it. Each is a sentence of its own, since languages bend
// the unit by where it stands.
func relative(l words.Language, d time.Duration) string {
	past := d < 0
	if past {
		d = -d
	}
	in := func(unit time.Duration) int { return int(d / unit) }
	pick := func(ago, ahead words.Phrase) string {
		if past {
			return ago.In(l)
		}
		return ahead.In(l)
	}
	switch day := 24 * time.Hour; {
	case d < 10*time.Second:
		return l.Say("time.just_now")
	case d < time.Minute:
		return pick(words.PhraseOf("time.seconds_ago", "n", in(time.Second)), words.PhraseOf("time.in_seconds", "n", in(time.Second)))
	case d < time.Hour:
		return pick(words.PhraseOf("time.minutes_ago", "n", in(time.Minute)), words.PhraseOf("time.in_minutes", "n", in(time.Minute)))
	case d < day:
		return pick(words.PhraseOf("time.hours_ago", "n", in(time.Hour)), words.PhraseOf("time.in_hours", "n", in(time.Hour)))
	case d < 60*day:
		return pick(words.PhraseOf("time.days_ago", "n", in(day)), words.PhraseOf("time.in_days", "n", in(day)))
	case d < 730*day:
		return pick(words.PhraseOf("time.months_ago", "n", in(30*day)), words.PhraseOf("time.in_months", "n", in(30*day)))
	default:
		return pick(words.PhraseOf("time.years_ago", "n", in(365*day)), words.PhraseOf("time.in_years", "n", in(365*day)))
	}
}

// Tone is how good a state is.
type Tone string

// The tones, each a colour that never stands without words.
const (
	Good Tone = "good"
	Wait Tone = "wait"
	Bad  Tone = "bad"
	Idle Tone = "idle"
)

// Badge is a state in a word.
type Badge struct {
	Tone Tone
	Text string
}

// Note is a message in a box.
type Note struct {
	Tone  Tone
	Title string
	Text  string
}

// Problem is what is wrong with one field of a form.
type Problem struct {
	Field   string // the name of the field in the form; "" for the form as a whole
	Message string
}

// Problems are all that is wrong with a form.
type Problems []Problem

// For is the message at a field, or "".
func (p Problems) For(field string) string {
	for _, x := range p {
		if x.Field == field {
			return x.Message
		}
	}
	return ""
}

// title is a page's title, which says first when something has to be put right (WCAG technique G88, GOV.UK's error summary).
func (p Problems) title(l words.Language, of string) string {
	if len(p) > 0 {
		return l.Say("general.error_in", "page", of)
	}
	return of
}

// Workspace is what surrounds the agency's pages.
type Workspace struct {
	Brand  Brand
	Person string // who is signed in
	Here   Area   // which entry of the panel is marked
	Invite bool   // whether the panel offers to invite a client

	Employee bool  // an employee's panel has nothing that is the agency's alone
	Blind    bool  // whether external users are nothing for the person, who was denied them
	Closed   bool  // whether the person may not change which apps there are
	Portal   InApp // what the person does in Client Portal
	Bound    bool  // whether the person is signed in to this agency alone
}

// InApp is what a person does in Client Portal.
type InApp string

// The ways. Without one neither the app's entry nor its tabs are there.
const (
	NotInApp  InApp = ""           // it is not installed, or the person was denied it
	SeesApp   InApp = "sees"       // looks at external users
	SendsApp  InApp = "sends"      // invites them, too
	AdminsApp InApp = "administer" // and changes what they may see
)

// Tab is one of several pages that belong together.
type Tab struct {
	Word string
	URL  string
	Here bool
}

// portalTab is a page of Client Portal. A new one has its line in portalTabs, and marks itself by its name with
// {{template "portal-tabs" (dict "At" .Workspace "Tab" "users")}}.
type portalTab struct {
	name, url, word string
	runs            bool // whether it is for those alone who administer the app
}

func portalTabs() []portalTab {
	return []portalTab{
		{"users", "/client-portal", words.Say("users.title"), false},
		{"invitations", "/client-portal/invitations", words.Say("bulk.tab"), false},
		{"roles", "/client-portal/roles", words.Say("roles.title"), false},
		{"links", "/client-portal/links", words.Say("links.title"), true},
		{"settings", "/client-portal/settings", words.Say("portalapp.tab_settings"), true},
	}
}

// PortalTabs are the tabs of Client Portal that the person may open, of which one is shown.
func (w Workspace) PortalTabs(here string) []Tab {
	var all []Tab
	for _, t := range portalTabs() {
		if w.Portal != NotInApp && (!t.runs || w.Portal == AdminsApp) {
			all = append(all, Tab{Word: t.word, URL: t.url, Here: t.name == here})
		}
	}
	return all
}

// Area is an entry of the panel.
type Area string

// The areas.
const (
	InHome        Area = "home"
	InClients     Area = "clients"
	InPortal      Area = "portal"
	InInstances   Area = "instances"
	InServices    Area = "services"
	InContacts    Area = "contacts"
	InActivity    Area = "activity"
	InMarketplace Area = "marketplace"
	InSettings    Area = "settings"
)

// SignIn is the page for signing in. It is at its second step when Code is asked for.
type SignIn struct {
	Brand    Brand
	AskCode  bool
	Email    string // as typed
	Fixed    bool   // a code was sent to Email, which is then shown and not asked for
	Code     string // as typed
	Spent    bool   // the code is used up: only a new one helps
	Wait     int    // seconds until a new code can be asked for
	Next     string // path to go on to; "" for the person's own pages
	With     string // the provider whose account signs in from the code on; "" for none
	Note     Note   // e.g. that a new code was sent; Text "" for none
	Problems Problems

	Providers []Provider
	Office    OfficeButton // of the agency that has the address's domain, and a provider of its own; zero for none
}

// OfficeButton is the button of an agency's own provider.
type OfficeButton struct{ Agency, Provider, URL string }

// Provider is the button by which one signs in by a provider.
type Provider struct {
	ID    string // where the button is a form's
	Label string
	URL   string // where it is a link
}

func (v SignIn) frame(l words.Language) frame {
	return frame{template: signinHTML, title: v.Problems.title(l, l.Say("signin.title")), brand: v.Brand, guest: true}
}

// StepUp asks somebody who is signed in to prove again that it is them, and carries the form on which that was asked for.
type StepUp struct {
	Brand    Brand
	Email    string // where the code goes
	URL      string // of the page itself
	Back     string // where nothing was done; "" for nowhere
	Asked    bool   // a code was mailed
	Spent    bool   // the code is used up: only a new one helps
	Wait     int    // seconds until a new code can be asked for
	Note     Note
	Carried  []Carried
	Posts    bool   // whether what is carried is a form, if an empty one
	Kept     string // names it where it was kept meanwhile; "" for nowhere
	Done     bool   // it is proved: only going on is left
	Passkey  bool   // whether the person has one
	Problems Problems

	Providers []Provider // at which the person can prove it, by their ids
}

// Carried is a field of a form that is sent on as it came.
type Carried struct{ Name, Value string }

func (v StepUp) frame(l words.Language) frame {
	// The form that it carries may be one that leads to the payment service.
	return frame{template: stepupHTML, title: v.Problems.title(l, l.Say("stepup.title")), brand: v.Brand, guest: true, till: true}
}

// SignedIn is the sign-in page of somebody who is.
type SignedIn struct {
	Brand Brand
	Email string
	Home  string // where the person's own pages begin
	Note  Note   // why a provider has not signed in another account
}

func (v SignedIn) frame(l words.Language) frame {
	return frame{template: signedinHTML, title: l.Say("signin.in_title"), brand: v.Brand}
}

// Nowhere is for a person who belongs to no agency and is no client.
type Nowhere struct {
	Brand  Brand
	Email  string
	Former []FormerPortal // those that it had
	// Waiting are the invitations that wait for the address.
	Waiting Waiting
	Agency  string // path of the agency that the person works at; "" for nobody's member
}

// WaitingInvitation is an invitation that waits for the address that somebody has signed in with.
type WaitingInvitation struct {
	Name  string // of the agency
	URL   string
	Until Time
}

func (v Nowhere) frame(l words.Language) frame {
	title := l.Say("nowhere.title")
	if len(v.Waiting) > 0 {
		title = l.Say("nowhere.waiting")
	} else if len(v.Former) > 0 {
		title = l.Say("nowhere.had")
	}
	return frame{template: nowhereHTML, title: title, brand: v.Brand}
}

// Failure is a page that says what went wrong and what to do.
type Failure struct {
	Brand   Brand
	Title   string
	Text    string
	Next    string // the words on the link; "" for none
	NextURL string
	Ref     string // an id to quote to support; "" for none
}

func (v Failure) frame(_ words.Language) frame {
	return frame{template: failureHTML, title: v.Title, brand: v.Brand}
}
