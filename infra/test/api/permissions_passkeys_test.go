package apitest_test

import (
	"net/http"
	"net/url"
	"testing"
)

// passkeyJob is the part of the whole job in which a person makes passkeys, signs in with them, and does away with them.
func passkeyJob(t *testing.T, p *product, kept *secrets) {
	t.Helper()
	const who = "passkeys@client.example"
	c := p.signIn(who)
	kept.keep(c.cookie)
	d := newDevice()
	first, second := c.register(d), c.register(newDevice())
	c.keys()
	phone := p.nobody()
	for range 2 { // the second one takes the place of the first one's session
		phone.cookie = phone.answers(d, phone.asked()).is(201).session()
		kept.keep(phone.cookie)
	}
	phone.answers(newDevice(), phone.asked()).is(401)
	phone.confirms(d, phone.confirming()).is(200)
	phone.confirms(newDevice(), phone.confirming()).is(401)
	c.do(http.MethodPatch, "/v1/me/passkeys/"+second.ID, m{"name": "Laptop"}).is(200)
	c.delete("/v1/me/passkeys/" + second.ID).is(204)
	c.post("/account", do("rename-passkey", url.Values{"passkey": {first.ID}, "name": {"Phone"}})).is(303)
	c.get("/account?review=passkeys").is(200)
	c.post("/account", do("remove-passkey", url.Values{"passkey": {first.ID}})).is(303)
}
