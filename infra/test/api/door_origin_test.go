package apitest_test

import (
	"cmp"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	posting = regexp.MustCompile(`(?s)<form\b([^>]*\bmethod="post"[^>]*)>(.*?)</form>`)
	action  = regexp.MustCompile(`\baction="([^"]*)"`)
	hidden  = regexp.MustCompile(`<(?:input|button)\b[^>]*\bname="([^"]*)"[^>]*\bvalue="([^"]*)"`)
)

// sent is a form as a browser would send it, and where to.
type sent struct {
	to     string
	fields url.Values
}

// forms are the page's forms that change something, with the values that they come with.
func (a *answer) forms() []sent {
	a.t.Helper()
	var all []sent
	for _, f := range posting.FindAllStringSubmatch(string(a.body), -1) {
		x := sent{to: strings.TrimPrefix(a.what, "GET "), fields: url.Values{}} // where a form says nothing
		if to := action.FindStringSubmatch(f[1]); to != nil {
			x.to = html.UnescapeString(to[1])
		}
		for _, i := range hidden.FindAllStringSubmatch(f[2], -1) {
			x.fields.Set(html.UnescapeString(i[1]), html.UnescapeString(i[2]))
		}
		all = append(all, x)
	}
	return all
}

// TestFS4AFormOfOursIsTakenWithoutAnOrigin sends every form of many pages as a browser does that knows no Sec-Fetch-Site and
// hides the origin; and as other sites would.
func TestFS4AFormOfOursIsTakenWithoutAnOrigin(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	i := o.invite(p.address("ops"))
	secret := p.nextToken(i.Email)
	client := p.acceptWith(i.Email, secret)
	other := o.invite(p.address("other"))
	link := p.nextToken(other.Email)
	nobody := p.nobody()
	elsewhere := p.nobody()
	elsewhere.get("/sign-in").is(200)
	pages := 0
	for path, c := range map[string]*caller{"/sign-in": nobody, "/sign-up": nobody, "/i/" + link: nobody, "/i/" + link + "?answer=decline": nobody,
		"/i/" + link + "?answer=propose": nobody, "/i/" + link + "?step=code": nobody, "/i/" + link + "?by=owner": o, "/clients": o,
		"/clients/" + i.ClientID: o, "/settings": o, "/settings/keys": o, "/settings/members": o, "/settings/agency": o, "/instances": o, "/services": o,
		"/upgrade": o, "/account": client, "/portal": client, "/agencies": o} {
		a := c.get(path).is(200)
		all := a.forms()
		if len(all) == 0 {
			t.Errorf("%s has no form", path)
		}
		for _, f := range all {
			pages++
			token := f.fields.Get("form-token")
			if token == "" {
				t.Errorf("a form of %s to %s carries no token", path, f.to)
				continue
			}
			f.fields.Set("email", "no address") // nothing is to come of it
			f.fields.Del("key")
			refused := func(why, token string, from ...string) {
				t.Helper()
				f.fields.Set("form-token", token)
				c.post(f.to, f.fields, from...).is(403).shows("This came from another site").has("Cache-Control", "no-store")
			}
			refused("without the token", "", "Origin", "null")
			refused("with a made-up token", strings.Repeat("A", len(token)), "Origin", "null")
			refused("with another browser's", elsewhere.token("/sign-in"), "Origin", "null")
			refused("from another site", token, "Origin", "null", "Sec-Fetch-Site", "cross-site")
			refused("from a sister site", token, "Origin", "null", "Sec-Fetch-Site", "same-site")
			refused("from another origin", token, "Origin", "https://evil.example")
			ends := []string{"language", "sign-out", "end-sessions", "accept", "decline", "leave", "erase", "delete", "cancel"}
			if slices.Contains(ends, f.fields.Get("do")) || strings.Contains(f.to, "/upgrade/start") {
				continue // they change what the others need
			}
			f.fields.Set("form-token", token)
			taken := c.post(f.to, f.fields, "Origin", "null")
			if taken.status == 403 || taken.status >= 500 {
				t.Errorf("the form %v of %s to %s answered %d", f.fields, path, f.to, taken.status)
			}
			c.cookie = cmp.Or(taken.session(), c.cookie)
		}
	}
	if pages < 25 {
		t.Errorf("only %d forms", pages)
	}
}

// token is what the first form of a page carries.
func (c *caller) token(path string) string {
	c.t.Helper()
	return c.get(path).forms()[0].fields.Get("form-token")
}

// acceptWith accepts an invitation whose mail has been read.
func (p *product) acceptWith(address, secret string) *caller {
	p.t.Helper()
	c := p.signIn(address)
	c.post("/v1/invitations/"+secret+"/accept", nil).is(200)
	return c
}

// TestFS4WhoseAddressHoldsATokenKeepsIt: no page with a token in its address tells the address, not even to us.
func TestFS4WhoseAddressHoldsATokenKeepsIt(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	i := o.invite(p.address("ops"))
	secret := p.nextToken(i.Email)
	c := p.nobody()
	at := "/i/" + secret
	for _, a := range []*answer{c.get(at).is(200), c.get("/i/" + swapLast(secret)).is(410), c.get(at + "/").is(404), c.get(at + "/more").is(404),
		c.post(at, do("code", nil)).is(303), c.do("PUT", at, nil).is(405), c.post(at, do("nothing", nil)).is(400)} {
		a.has("Referrer-Policy", "no-referrer")
	}
	wrong := c.do("PUT", "/sign-in", nil).is(405)
	for _, a := range []*answer{c.get("/sign-in").is(200), c.get("/").is(303), o.get("/clients").is(200), wrong} {
		a.has("Referrer-Policy", "same-origin")
	}
}

// TestFS4ARedirectRefusesWithAPage: what leads to the payment service has no templates, and still answers with a page.
func TestFS4ARedirectRefusesWithAPage(t *testing.T) {
	p := start(t)
	c := p.signIn(owner)
	for _, path := range []string{"/checkout/start", "/portal/billing", "/upgrade/start"} {
		for _, from := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Origin", "https://evil.example"}, {"Origin", "null"}} {
			a := c.post(path, url.Values{"agency": {c.agencyOf()}}, from...).is(403).shows("This came from another site")
			armoured(t, a)
			a.has("Content-Type", "text/html; charset=utf-8").has("Cache-Control", "no-store")
		}
		a := c.get(path).is(405).shows("This address can't do that").has("Allow", "POST")
		armoured(t, a)
	}
}
