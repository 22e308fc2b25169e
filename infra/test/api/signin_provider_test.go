package apitest_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"latchkey.dev/infra/run/provider"
)

// with begins a sign-in by a provider, and is where the browser goes.
func (c *caller) with(which, next string) *url.URL {
	c.t.Helper()
	path := "/sign-in/with/" + which
	if next != "" {
		path += "?next=" + url.QueryEscape(next)
	}
	at, err := url.Parse(c.get(path).is(303).header.Get("Location"))
	if err != nil {
		c.t.Fatal(err)
	}
	return at
}

// back is the answer of a provider for the account, as a path of the product.
func back(s *provider.Server, which string, a provider.Account, asked *url.URL) string {
	q := asked.Query()
	return "/sign-in/from/" + which + "?" + url.Values{"code": {s.Grant(a, q)}, "state": {q.Get("state")}, "iss": {s.Issuer}}.Encode()
}

// from goes to the provider as the account, and comes back.
func (c *caller) from(s *provider.Server, which string, a provider.Account, next string) *answer {
	c.t.Helper()
	ans := c.get(back(s, which, a, c.with(which, next)))
	if cookie := ans.session(); cookie != "" {
		c.cookie = cookie
	}
	return ans
}

// to is where an answer leads.
func (a *answer) to(want string) *answer {
	a.t.Helper()
	got := a.is(303).header.Get("Location")
	if begin, open := strings.CutSuffix(want, "…"); got != want && !(open && strings.HasPrefix(got, begin)) {
		a.t.Errorf("%s leads to %s, want %s", a.what, got, want)
	}
	return a
}

func TestSenderO7AnInvitationIsAcceptedByAnAccountElsewhere(t *testing.T) {
	p := own(t, defaults)
	s := p.inside().Provider
	o := p.signIn(owner)
	i := o.invite(p.address("ops"))
	secret := token(t, p.nextMail(i.Email))
	c := p.nobody()
	c.get("/i/" + secret).is(200).shows("Continue with Local provider")
	c.from(s, "issuer", provider.Account{Subject: "1", Email: strings.ToUpper(i.Email), Verified: true}, "/i/"+secret).to("/i/" + secret)
	c.get("/i/" + secret).is(200).shows("Signed in as " + i.Email)
	c.post("/i/"+secret, do("accept", nil)).is(303)
	if n := len(p.mails(i.Email)); n != 1 {
		t.Errorf("the invite cost %d mails, want the invitation alone", n)
	}
	c = p.nobody()
	c.from(s, "issuer", provider.Account{Subject: "1"}, "").to("/")
	if c.get("/portal").is(http.StatusOK); c.cookie == "" {
		t.Error("the account does not sign in by itself")
	}
}
