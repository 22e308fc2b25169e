package apitest_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	virtual "github.com/descope/virtualwebauthn"

	"latchkey.dev/shared/domain/identity"
)

// confirming is what beginPasskeyStepUp asks.
func (c *caller) confirming() virtual.AssertionOptions {
	c.t.Helper()
	o, err := virtual.ParseAssertionOptions(string(c.post("/v1/sessions/current/step-up-passkey-options", nil).is(200).body))
	if err != nil {
		c.t.Fatal(err)
	}
	return *o
}

// confirms is what the device answers to it.
func (c *caller) confirms(d *device, o virtual.AssertionOptions) *answer {
	c.t.Helper()
	return c.postJSON("/v1/sessions/current/step-up-passkey",
		raw(virtual.CreateAssertionResponse(c.party(), d.Authenticator, d.key, o)))
}

// proven is when the API says that the person of a session has proved to be who it is.
type proven struct{ SignedInAt, ProvedAt, ExpiresAt time.Time }

func (c *caller) proof() (s proven) {
	c.t.Helper()
	c.get("/v1/sessions/current").is(200).into(&s)
	return s
}

// TestSenderO8APasskeyStepsUp moves the proof of the same session, and of nothing else.
func TestSenderO8APasskeyStepsUp(t *testing.T) {
	notAsBuilt(t, "the clock moves")
	p := start(t)
	o := p.ownerOnMax("by-passkey")
	d := newDevice()
	o.register(d)
	cookie, before := o.cookie, o.proof()
	o.strict = true
	p.advance(identity.StepUpLasts + time.Second)
	key := m{"name": "a", "scopes": []string{"invites:read"}}
	o.post("/v1/api-keys", key).fails(403, "step_up_required")

	asked := o.confirming()
	if len(asked.AllowCredentials) != 1 || len(asked.Challenge) != 32 {
		t.Errorf("asked is %+v", asked)
	}
	o.post("/v1/sessions/current/step-up-passkey-options", nil).is(200).holds(`"userVerification":"required"`)
	a := o.confirms(d, asked).is(200)
	if a.session() != "" || o.cookie != cookie {
		t.Error("the session is another one")
	}
	after := o.proof()
	if !after.SignedInAt.Equal(before.SignedInAt) || !after.ExpiresAt.Equal(before.ExpiresAt) ||
		after.ProvedAt.Sub(before.ProvedAt) < identity.StepUpLasts {
		t.Errorf("before %+v, after %+v", before, after)
	}
	o.post("/v1/api-keys", key).is(201)
	o.confirms(d, asked).fails(401, "unauthenticated") // once
	p.advance(identity.StepUpLasts + time.Second)
	o.confirms(d, asked).fails(401, "unauthenticated")
	o.post("/v1/api-keys", key).fails(403, "step_up_required")
}

// TestSenderO8WhichPasskeysStepNobodyUp tries what is somebody else's, for something else, or over.
func TestSenderO8WhichPasskeysStepNobodyUp(t *testing.T) {
	notAsBuilt(t, "the clock moves")
	p := own(t, defaults)
	o, other := p.ownerOnMax("not-by"), p.signIn(p.address("other"))
	mine, theirs := newDevice(), newDevice()
	o.register(mine)
	other.register(theirs)
	o.strict, other.strict = true, true
	p.advance(identity.StepUpLasts + time.Second)
	stays := func(what string, a *answer) {
		t.Helper()
		if a.status != 401 && a.status != 400 && a.status != 403 {
			t.Errorf("%s: %d %s", what, a.status, a.body)
		}
		if strings.Contains(string(a.body), "unknown_passkey") {
			t.Errorf("%s: a browser would forget it", what)
		}
		o.post("/v1/api-keys", m{"name": "a", "scopes": []string{"invites:read"}}).fails(403, "step_up_required")
	}
	stays("somebody else's passkey", o.confirms(theirs, o.confirming()))
	disguised := *theirs
	disguised.Options.UserHandle = mine.Options.UserHandle
	stays("somebody else's passkey in my name", o.confirms(&disguised, o.confirming()))
	stays("one that nobody has", o.confirms(newDevice(), o.confirming()))
	unverified := *mine
	unverified.Options.UserNotVerified = true
	stays("without a look at who it is", o.confirms(&unverified, o.confirming()))
	stays("a challenge to sign in", o.confirms(mine, o.asked()))
	stays("a challenge of somebody else", o.confirms(mine, other.confirming()))
	foreign := o.confirming()
	stranger := p.nobody()
	stranger.cookie = o.cookie
	stays("a challenge of another browser", stranger.confirms(mine, foreign))
	same := p.nobody() // and the other way round: what steps up signs nobody in
	same.keep([]*http.Cookie{{Name: "__Host-ceremony", Value: o.jar["__Host-ceremony"]}})
	same.answers(mine, o.confirming()).fails(401, "unauthenticated")
	late := o.confirming()
	p.advance(5*time.Minute + time.Second)
	stays("after five minutes", o.confirms(mine, late))
	stays("nonsense", o.postJSON("/v1/sessions/current/step-up-passkey", `{"id":"YQ","type":"public-key","response":`+
		`{"clientDataJSON":"e30","authenticatorData":"YQ","signature":"YQ"}}`))
	p.nobody().post("/v1/sessions/current/step-up-passkey-options", nil).fails(401, "unauthenticated")
	p.program(p.signIn(owner).key("k", "invites:read").Secret).post("/v1/sessions/current/step-up-passkey-options", nil).
		fails(401, "unauthenticated")
	p.signIn(p.address("without")).post("/v1/sessions/current/step-up-passkey-options", nil).fails(404, "not_found")

	// One answer to 64 at once proves once; and a session that ended proves nothing.
	body := raw(virtual.CreateAssertionResponse(p.party(), mine.Authenticator, mine.key, o.confirming()))
	var all sync.WaitGroup
	var mu sync.Mutex
	ok := 0
	for range 64 {
		all.Go(func() {
			a := o.once(http.MethodPost, "/v1/sessions/current/step-up-passkey", body, "Content-Type", "application/json")
			if a.status == 200 {
				mu.Lock()
				ok++
				mu.Unlock()
			}
		})
	}
	all.Wait()
	if ok != 1 {
		t.Errorf("an answer proved %d times", ok)
	}
	o.post("/v1/api-keys", m{"name": "a", "scopes": []string{"invites:read"}}).is(201)
}
