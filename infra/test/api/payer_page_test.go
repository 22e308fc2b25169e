package apitest_test

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// leased is a client that has bought hosting, and the pages on which the two sides agree on who pays.
type leased struct {
	p            *product
	address      string
	o, c         *caller
	which, at    string
	office, mine string // the agency's page, and the client's
}

func (p *product) leased(address string) *leased {
	p.t.Helper()
	l := &leased{p: p, address: address, o: p.signIn(owner)}
	l.which, l.c, l.at = l.o.host(address)
	l.office, l.mine = "/clients/"+l.which+"/payer", "/portal/payer?agency="+l.at
	return l
}

// again signs both in again.
func (l *leased) again() {
	l.p.t.Helper()
	l.o, l.c = l.p.signInLater(owner), l.p.signInLater(l.address)
}

// shows holds that a page has the words.
func (l *leased) shows(c *caller, path string, words ...string) string {
	l.p.t.Helper()
	body := plainText(string(c.get(path).is(200).body))
	for _, w := range words {
		if !strings.Contains(body, w) {
			l.p.t.Errorf("%s does not say %q", path, w)
		}
	}
	return body
}

// until waits until a page has the words.
func (l *leased) until(c *caller, path, words string) {
	l.p.t.Helper()
	c.until(path+" to say "+words, func() bool { return strings.Contains(plainText(string(c.get(path).is(200).body)), words) })
}

var hashField = regexp.MustCompile(`name="hash" value="([0-9a-f]{32})"`)

// terms is the fingerprint of the terms that the page asks to agree to.
func (l *leased) terms(c *caller, path string) string {
	l.p.t.Helper()
	found := hashField.FindSubmatch(c.get(path).is(200).body)
	if found == nil {
		l.p.t.Fatalf("%s asks nobody to agree", path)
	}
	return string(found[1])
}

// card gives a card, where one is asked for, as whoever is to pay. Whether one is asked for is known at once of who is new at the payment
// service, and of others when the service has said what it has of them.
func (l *leased) card(c *caller, page, path string, form url.Values) {
	l.p.t.Helper()
	asked := false
	c.until(page+" to say whether a card is wanted", func() bool {
		body := plainText(string(c.get(page).is(200).body))
		asked = strings.Contains(body, "Add your card")
		return asked || strings.Contains(body, "The payer changes on")
	})
	if !asked {
		return
	}
	to := c.post(path, form).is(303).header.Get("Location")
	if !strings.Contains(to, "/checkout/") {
		l.p.t.Fatalf("a card is given at %s", to)
	}
	l.p.pay(to, "pay")
}

// turn has the agency pay from the next period on, and then the client again.
func (l *leased) turn() {
	l.p.t.Helper()
	toAgency, toClient := url.Values{"to": {"agency"}, "interval": {"month"}}, url.Values{"to": {"client"}, "interval": {"year"}}
	l.c.post(l.mine, do("propose", toAgency)).is(303).has("Location", l.mine)
	l.o.post(l.office, do("agree", url.Values{"hash": {l.terms(l.o, l.office)}})).is(303).has("Location", l.office)
	l.card(l.o, l.office, l.office+"/card", nil)
	l.until(l.o, l.office, "The payer changes on")
	if !l.p.moves() { // Stripe's stand-in renews by the clock
		return
	}
	l.p.advance(33 * 24 * time.Hour)
	l.again()
	l.until(l.o, l.office, "You pay now")
	l.until(l.o, l.office, "Propose that") // which waits until the new period is known
	l.o.post(l.office, do("propose", toClient)).is(303)
	l.c.post(l.mine, do("agree", url.Values{"hash": {l.terms(l.c, l.mine)}})).is(303)
	l.card(l.c, l.mine, "/portal/payer/card", url.Values{"agency": {l.at}})
	l.until(l.c, l.mine, "The payer changes on")
}

// payerPages makes the pages of the change of payer do all that they can.
func payerPages(p *product, kept *secrets) {
	p.t.Helper()
	p.advance(61 * time.Minute)
	l := p.leased("pays-by-page@client.example")
	kept.keep(l.o.cookie, l.c.cookie)
	l.turn()
	kept.keep(l.o.cookie, l.c.cookie)
}

func TestX4TheTwoSidesAgreeOnTheirPages(t *testing.T) {
	notAsBuilt(t, "Stripe's stand-in renews by the clock, which cannot be moved")
	p := start(t)
	l := p.leased(p.address("ops"))
	wish := url.Values{"to": {"agency"}, "interval": {"month"}}

	// Both pages lead there, and say what a change would be before anybody proposes one.
	l.shows(l.o, "/clients/"+l.which, "Change who pays", "They pay")
	l.shows(l.c, "/portal?agency="+l.at, "Change who pays")
	l.shows(l.o, l.office, "Propose that you pay", "Until", "From", "€49.00 a month or €490.00 a year", "Read-write",
		"If the new card fails, the current subscription goes on.", "Nothing is charged before.")
	l.shows(l.c, l.mine, "Propose that", "You pay for n8n Hosting, 30 GB")

	// What is refused is said on the page, and what was chosen stays.
	body := plainText(string(l.o.post(l.office, do("propose", url.Values{"to": {"client"}, "interval": {"year"}})).is(422).body))
	if !strings.Contains(body, "The client pays for this already.") {
		t.Error("nobody says that the client pays already")
	}
	l.o.post(l.office, do("agree", url.Values{"hash": {"x"}})).is(409)
	l.c.post(l.mine, do("decline", nil)).is(409)
	l.c.post(l.mine, do("withdraw", nil)).is(409)

	// The agency proposes: the client reads both contracts, with version and fingerprint, and answers.
	l.o.post(l.office, do("propose", wish)).is(303)
	l.shows(l.o, l.office, "Waiting for", "Withdraw proposal", "Terms 1, fingerprint")
	l.shows(l.c, "/portal?agency="+l.at, "offers to pay", "Review")
	l.shows(l.c, l.mine, "offers to pay", "Agree to this change", "Decline", "Terms 1, fingerprint "+l.terms(l.c, l.mine))
	if m := p.nextAbout(l.address, "offers to pay for n8n Hosting, 30 GB"); !strings.Contains(m.Text, l.mine) {
		t.Errorf("the client is mailed %q\n%s", m.Subject, m.Text)
	}
	l.c.post(l.mine, do("agree", url.Values{"hash": {"another"}})).is(409)
	l.c.post(l.mine, do("decline", nil)).is(303)
	l.shows(l.c, l.mine, "You declined", "Nothing has changed.")
	l.shows(l.o, l.office, "declined", "Propose that you pay")
	l.o.post(l.office, do("propose", wish)).is(303)
	l.o.post(l.office, do("withdraw", nil)).is(303)
	l.shows(l.o, l.office, "You withdrew your proposal")
	l.shows(l.c, l.mine, "withdrew the proposal")

	// A client proposes: the agency sees it in its list, on the client's page, in Activity and by mail.
	l.c.post(l.mine, do("propose", wish)).is(303)
	l.shows(l.o, "/clients", "Answer who pays")
	l.shows(l.o, "/home", "asked to change who pays.", "Review")
	if body := string(l.o.get("/home").is(200).body); !strings.Contains(body, `href="`+l.office+`"`) {
		t.Error("nothing leads from home to what the client proposes")
	}
	if d := l.o.home(); !slices.ContainsFunc(d.Tasks, func(x deskTask) bool { return x.Kind == "payer_asked" && x.ClientID == l.which }) {
		t.Errorf("what needs the agency is %s", d.kinds())
	}
	l.shows(l.o, "/clients/"+l.which, "asks you to pay", "Review")
	l.o.post(l.office, do("decline", nil)).is(303)
	if d := l.o.home(); strings.Contains(d.kinds(), "payer_asked") {
		t.Error("what was declined needs the agency still")
	}
	l.shows(l.o, "/activity", "asked to change who pays", "withdrew the change of payer", "declined to change who pays")

	// It changes to and fro, and never is paid twice.
	l.turn()
	l.shows(l.o, "/clients/"+l.which, "You pay")
	l.shows(l.c, "/portal?agency="+l.at, "Read-write")
	p.advance(33 * 24 * time.Hour)
	l.again()
	l.until(l.c, l.mine, "You pay now")
	l.shows(l.o, l.office, "pays now", "Propose that you pay")
	l.shows(l.o, "/clients/"+l.which, "They pay")
}

func TestX4WhereNothingIsProposedNoCardIsAskedFor(t *testing.T) {
	p := start(t)
	l := p.leased(p.address("ops"))
	for _, at := range []struct {
		who                *caller
		path, back, anchor string
	}{
		{l.c, "/portal/payer/card", l.mine, "&"},
		{l.o, l.office + "/card", l.office, "?"},
	} {
		back := at.back + at.anchor + "problem=no_payer_change"
		at.who.post(at.path, url.Values{"agency": {l.at}}).is(303).has("Location", back)
		l.shows(at.who, back, "No card is needed any more.")
	}
}

func TestX4AConnectedInstanceCannotChangePayer(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	i := o.invite(p.address("ops"))
	p.accept(p.address("ops"))
	page := "/clients/" + i.ClientID + "/payer"
	body := plainText(string(o.get(page).is(200).body))
	for _, w := range []string{"A connected instance can't change payer", "Order new hosting"} {
		if !strings.Contains(body, w) {
			t.Errorf("the agency is not told %q", w)
		}
	}
	form := string(o.get("/clients?invite=new&order=" + i.ClientID).is(200).body)
	if !regexp.MustCompile(`value="client"[^>]*checked`).MatchString(form) {
		t.Error("the order that is offered does not ask the client to pay")
	}
	c := p.signInLater(p.address("ops"))
	mine, _ := o.agency()
	told := plainText(string(c.get("/portal/payer?agency=" + mine.ID).is(200).body))
	if !strings.Contains(told, "send you an order for new hosting") {
		t.Error("the client is not told what to do")
	}
	// Who has bought nothing finds the page, too, from their portal.
	portal := string(c.get("/portal?agency=" + mine.ID).is(200).body)
	if !strings.Contains(portal, `href="/portal/payer?agency=`+mine.ID+`"`) ||
		!strings.Contains(plainText(portal), "There's nothing for you to pay") {
		t.Error("nothing leads from the portal to who pays")
	}
	p.signIn(p.address("stranger")).get("/portal/payer?agency=" + mine.ID).is(404)
}

// Until what was bought runs, both sides' pages say so and look again by themselves, and then offer a change.
func TestX4ThePageWaitsForHosting(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	mine, _ := o.agency()
	i, secret, c := o.paying(p.address("ops"))
	c.buys(secret, mine.ID)
	office, portal := "/clients/"+i.ClientID+"/payer", "/portal/payer?agency="+mine.ID
	for _, side := range []struct {
		by   *caller
		page string
	}{{c, portal}, {o, office}} {
		side.by.until(side.page+" to offer a change", func() bool {
			a := side.by.get(side.page).is(200)
			body := plainText(string(a.body))
			if strings.Contains(body, "You can change who pays in a moment") {
				if again := a.header.Get("Refresh"); !strings.Contains(body, "We're setting up n8n Hosting") ||
					!strings.Contains(again, ";url="+side.page) {
					t.Errorf("%s does not look again: %q", side.page, again)
				}
			}
			return strings.Contains(body, "Propose that")
		})
		if again := side.by.get(side.page).is(200).header.Get("Refresh"); again != "" {
			t.Errorf("%s looks again with nothing to wait for: %q", side.page, again)
		}
	}
}

// plainText is a page's text as people read it.
func plainText(html string) string {
	text := regexp.MustCompile(`<[^>]*>`).ReplaceAllString(html, " ")
	text = strings.NewReplacer("&#39;", "'", "&nbsp;", " ", " ", " ", "&amp;", "&").Replace(text)
	return strings.Join(strings.Fields(text), " ")
}
