package apitest_test

import (
	"testing"
	"time"
)

// importsJob is the part of the whole job in which an agency invites many at once: by the API, with a key and in person, and by the
// page; and what waits goes out by itself.
func importsJob(t *testing.T, p *product, kept *secrets) {
	t.Helper()
	p.advance(2 * time.Hour)
	o := p.signIn(owner)
	kept.keep(o.cookie, p.newestCode(owner))
	o.installs()
	k := o.key("imports", "invites:read", "invites:write")
	kept.keep(k.Secret)
	both := func(call func(c *caller) *answer) *answer {
		t.Helper()
		p.advance(61 * time.Minute)
		call(p.program(k.Secret))
		return call(p.session(owner))
	}
	n := 0
	var b batchAnswer
	both(func(c *caller) *answer {
		n++
		lines, once := people(45, "imp"+string(rune('a'+n))), []string{"Idempotency-Key", "batch-" + p.run + string(rune('a'+n))}
		c.post("/v1/batches", m{"lines": lines}, once...).is(201)
		return c.post("/v1/batches", m{"lines": lines}, once...).is(201)
	}).into(&b)
	for i := range 10 {
		if b.Lines[i].Verdict == "created" {
			kept.keep(token(t, p.nextMail(b.Lines[i].Email)))
		}
	}
	both(func(c *caller) *answer { return c.get("/v1/batches/" + b.ID) }).is(200)
	both(func(c *caller) *answer { return c.get("/v1/batches/" + b.ID + "/export") }).is(200)
	both(func(c *caller) *answer { return c.delete("/v1/batches/" + b.ID) }).is(200)
	for _, c := range []func() *caller{func() *caller { return p.program(k.Secret) }, func() *caller { return p.session(owner) }} {
		p.advance(3 * time.Hour)
		var checked checkedAnswer
		n++
		file := "email\n"
		for _, who := range people(11, "file"+string(rune('a'+n))) {
			file += who["email"].(string) + "\n"
		}
		c().csv(file).is(200).into(&checked)
		p.advance(61 * time.Minute)
		c().post("/v1/imports/confirm", m{"hash": checked.Hash}).is(201)
	}
	p.advance(3 * time.Hour)
}
