package apitest_test

import (
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// limited asks for the header fields of a limit and returns the wait in seconds.
func (a *answer) limited(policy string) time.Duration {
	a.t.Helper()
	a.has("RateLimit-Policy", policy)
	after, err := strconv.Atoi(a.header.Get("Retry-After"))
	if err != nil || after < 1 {
		a.t.Fatalf("%s answered Retry-After: %q", a.what, a.header.Get("Retry-After"))
	}
	name, _, _ := strings.Cut(policy, ";")
	a.has("RateLimit", fmt.Sprintf("%s;r=0;t=%d", name, after))
	return time.Duration(after) * time.Second
}

func TestFE31TenInvitesInAnySixtyMinutes(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	const sentence = "You can send 10 invites per hour. Space them out or wait an hour."
	for n := range 10 {
		o.invite(fmt.Sprintf("first%d@client.example", n))
		if n == 4 {
			p.advance(30 * time.Minute)
		}
	}
	a := o.post("/v1/invites", m{"email": "eleventh@client.example"})
	a.says(429, "rate_limited", sentence)
	if after := a.limited(`"invites";q=10;w=3600`); after > 30*time.Minute || after < 29*time.Minute {
		t.Errorf("Retry-After is %s, want the half hour until the first five are an hour old", after)
	}
	form := o.post("/clients", url.Values{"email": {"eleventh@client.example"}}).is(429).shows(sentence,
		"You've sent 10 invites this hour. Next one in")
	if form.header.Get("Retry-After") == "" {
		t.Error("the form's answer has no Retry-After")
	}
	// A refused one costs nothing, and nothing is left of it.
	if n := len(p.mails("eleventh@client.example")); n != 0 {
		t.Errorf("%d mails to the eleventh", n)
	}
	p.advance(30 * time.Minute)
	for n := range 5 {
		o.invite(fmt.Sprintf("second%d@client.example", n))
	}
	// Not a fixed window: the last five of the first ten still count, for re-sending too.
	o.post("/v1/invites", m{"email": "sixteenth@client.example"}).says(429, "rate_limited", sentence)
	var list struct{ Items []invite }
	o.get("/v1/invites?limit=1").is(200).into(&list)
	p.advance(2 * time.Minute)
	o.post("/v1/invites/"+list.Items[0].ID+"/resend", nil).says(429, "rate_limited", sentence)
}

func TestAResendIsAMinuteApartAndFiveADay(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	i := o.invite(p.address("ops"))
	again := "/v1/invites/" + i.ID + "/resend"
	a := o.post(again, nil)
	a.fails(429, "rate_limited")
	if after := a.limited(`"resend";q=1;w=60`); after > time.Minute {
		t.Errorf("Retry-After is %s, want a minute at most", after)
	}
	for range 5 {
		p.advance(61 * time.Second)
		o.post(again, nil, wait...).is(200)
	}
	p.advance(61 * time.Minute)
	a = o.post(again, nil)
	a.fails(429, "rate_limited")
	a.limited(`"resend-day";q=5;w=86400`)
	o.get("/clients/" + i.ClientID).is(200).shows("five times within a day")
	o.post("/clients/"+i.ClientID, do("resend", url.Values{})).is(429)
}

// networkLimit is what somebody reads whose network has made too many tries: when to come back, in words.
var networkLimit = regexp.MustCompile(`^Too many tries from this network\. Try again in (a second|\d+ seconds|\d+ minutes)\.$`)

func TestSignInCodesAreLimited(t *testing.T) {
	p := start(t)
	c := p.nobody()
	ask := func() *answer { return c.post("/v1/sign-in-codes", m{"email": "a@client.example"}) }
	ask().is(202)
	a := ask()
	a.fails(429, "rate_limited")
	if after := a.limited(`"codes-apart";q=1;w=20`); after > 20*time.Second {
		t.Errorf("Retry-After is %s", after)
	}
	c.post("/sign-in", do("code", url.Values{"email": {"a@client.example"}})).is(429).
		shows("We just emailed a sign-in code to this address.")
	for range 9 {
		p.advance(21 * time.Second)
		ask().is(202)
	}
	p.advance(21 * time.Second)
	a = ask()
	a.fails(429, "rate_limited")
	a.limited(`"codes";q=10;w=3600`)

	// From one network; what a caller writes into X-Forwarded-For is no other network.
	var last *answer
	for n := range 40 {
		last = c.post("/v1/sign-in-codes", m{"email": fmt.Sprintf("b%d@client.example", n)}, "X-Forwarded-For",
			fmt.Sprintf("192.0.2.%d", n))
		if last.status != 202 {
			break
		}
	}
	if f := last.fails(429, "rate_limited"); !networkLimit.MatchString(f.Detail) {
		t.Errorf("it says %q", f.Detail)
	}
	last.limited(`"code-ip";q=30;w=600`)
}

func TestGuessesAreLimited(t *testing.T) {
	p := start(t)
	c := p.nobody()
	const to = "a@client.example"
	c.post("/v1/sign-in-codes", m{"email": to}).is(202)
	right := p.nextCode(to)
	wrong := string('0'+(right[0]-'0'+1)%10) + right[1:]
	for n := range 5 {
		f := c.post("/v1/sessions", m{"email": to, "code": wrong}).fails(422, "wrong_code")
		if f.at("code") == "" {
			t.Errorf("guess %d: the field is not named: %+v", n, f)
		}
	}
	c.post("/v1/sessions", m{"email": to, "code": right}).says(422, "wrong_code", "That code no longer works. Ask for a new one.")
	c.post("/sign-in", url.Values{"email": {to}, "code": {right}}).is(422).shows("That code no longer works. Ask for a new one.")
	var last *answer
	for n := range 70 {
		last = c.post("/v1/sessions", m{"email": fmt.Sprintf("b%d@client.example", n), "code": "000000"}, "X-Forwarded-For",
			fmt.Sprintf("192.0.2.%d", n))
		if last.status == 429 {
			break
		}
		last.fails(422, "invalid") // no code was asked for there
	}
	if f := last.fails(429, "rate_limited"); !networkLimit.MatchString(f.Detail) {
		t.Errorf("it says %q", f.Detail)
	}
	last.limited(`"guess-ip";q=60;w=600`)
}

func TestACodeIsGoodForTenMinutesAndOnce(t *testing.T) {
	p := start(t)
	c := p.nobody()
	to := p.address("a")
	c.post("/v1/sign-in-codes", m{"email": to}).is(202)
	late := p.nextCode(to)
	p.advance(10*time.Minute + time.Second)
	c.post("/v1/sessions", m{"email": to, "code": late}).fails(422, "wrong_code")
	c.post("/v1/sign-in-codes", m{"email": to}).is(202)
	good := p.nextCode(to)
	c.post("/v1/sessions", m{"email": strings.ToUpper(to), "code": " " + good[:3] + " " + good[3:]}).is(201)
	c.post("/v1/sessions", m{"email": to, "code": good}).fails(422, "wrong_code")
	for _, odd := range []string{"", "12345", "1234567", "abcdef"} {
		c.post("/v1/sessions", m{"email": to, "code": odd}).says(422, "wrong_code", "Enter the six digits from the email.")
	}
	// Digits of another width are six digits, too (FS5): here they are those of a code that was used.
	c.post("/v1/sessions", m{"email": to, "code": "１２３４５６"}).says(422, "wrong_code",
		"That code no longer works. Ask for a new one.")
	c.post("/v1/sessions", m{"email": "nobody", "code": "123456"}).says(422, "invalid", "Enter a valid email address.")
	c.post("/v1/sign-in-codes", m{"email": "nobody"}).says(422, "invalid", "Enter a valid email address.")
}
