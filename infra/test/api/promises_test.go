package apitest_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"latchkey.dev/infra/run/local"
)

// promising are the operations that promise an answer, with their methods and a path of things that are not there.
func (p *product) promising(status, code string, call func(op operation, method, path string)) {
	p.t.Helper()
	n := 0
	for at, op := range p.documented() {
		if slices.Contains(op.codes(status), code) {
			method, _, _ := strings.Cut(at, " ")
			call(op, method, concrete(op.path))
			n++
		}
	}
	if n < 10 {
		p.t.Fatalf("only %d operations promise %s %s", n, status, code)
	}
}

// send calls an operation with a body of the kind that it takes, which need not be a good one.
func (c *caller) send(op operation, method, path string, headers ...string) *answer {
	c.t.Helper()
	if f, ok := files[op.OperationID]; ok {
		return c.do(method, path, raw(f.content), append(headers, "Content-Type", f.kind)...)
	}
	if op.RequestBody != nil {
		return c.do(method, path, m{}, headers...)
	}
	return c.do(method, path, nil, headers...)
}

// TestEveryOperationThatSaysSoRefusesOtherSites sends each of them from a page of another site.
func TestEveryOperationThatSaysSoRefusesOtherSites(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	p.promising("403", "cross_origin", func(op operation, method, path string) {
		o.send(op, method, path, "Sec-Fetch-Site", "cross-site").fails(403, "cross_origin")
	})
}

// TestEveryOperationOfAnAgencyRefusesAClient calls each of them as somebody who works at no agency.
func TestEveryOperationOfAnAgencyRefusesAClient(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	o.invite(p.address("ops"))
	client := p.accept(p.address("ops"))
	p.promising("403", "forbidden", func(op operation, method, path string) {
		for _, of := range []string{"staff", "colleague", "portal"} {
			if strings.HasPrefix(op.Who, of+" ") {
				client.send(op, method, path).fails(403, "forbidden")
			}
		}
	})
}

// TestPortalM2WhatTheAppHasIsNotThereForWhoIsDenied calls every operation of Client Portal as a member who is denied it.
func TestPortalM2WhatTheAppHasIsNotThereForWhoIsDenied(t *testing.T) {
	p := start(t)
	o := p.shareOwner("denying")
	x, denied := o.hire(p.address("denied"), "employee")
	o.patch("/v1/members/"+x.ID, m{"portalRight": "denied"}).is(200)
	p.promising("404", "not_found", func(op operation, method, path string) {
		if strings.HasPrefix(op.Who, "portal ") {
			denied.send(op, method, path).fails(404, "not_found")
		}
	})
}

// TestWhatALinkPromises meets the answers about links and wishes to join that only their own state brings about.
func TestWhatALinkPromises(t *testing.T) {
	p := start(t)
	o := p.shareOwner("promises")
	role := o.role(m{"name": "Joins", "active": true, "rules": m{}})
	open, door := o.share(m{"roles": []string{role.ID}}), o.share(m{"name": "Door", "approval": true})
	none := "/v1/share-links/lnk_01KAM5Q0Z8W3RN6T0V4K2M9QXB"
	o.get(none).fails(404, "not_found")
	o.patch(none, m{"name": "New"}).fails(404, "not_found")
	o.post(none+"/reset", nil).fails(404, "not_found")
	o.post(none+"/disable", nil).fails(404, "not_found")
	o.post("/v1/share-links", m{"maxUses": 1}, "Idempotency-Key", "link-"+p.run).is(201)
	o.post("/v1/share-links", m{"maxUses": 2}, "Idempotency-Key", "link-"+p.run).fails(409, "idempotency_conflict")
	off := o.share(m{})
	o.post("/v1/share-links/"+off.ID+"/disable", nil).is(200)
	o.post("/v1/share-links/"+off.ID+"/reset", nil).fails(409, "not_active")
	o.patch("/v1/share-links/"+off.ID, m{"name": "Off"}).fails(409, "not_active")

	// Who has an invitation accepts it; who works there, or is a client already, is told so.
	at := "/v1/join/" + open.token()
	invited := p.address("promised")
	o.invite(invited)
	them := p.signIn(invited)
	them.get(at).fails(409, "already_invited")
	them.post(at, nil).fails(409, "already_invited")
	o.get(at).fails(409, "already_member")
	o.post(at, nil).fails(409, "already_member")
	only := "/v1/join/" + o.share(m{"domains": []string{"other.example"}}).token()
	them.get(only).fails(403, "wrong_account")

	// Wishes: what has become of whoever asks is looked at when somebody decides.
	ask := func(name string) (who *caller, wish string) {
		t.Helper()
		who = p.signIn(p.address(name))
		who.post("/v1/join/"+door.token(), m{"name": name}).is(200)
		var all struct {
			Items []struct{ ID, Name, State string }
		}
		o.get("/v1/join-requests").is(200).into(&all)
		n := slices.IndexFunc(all.Items, func(x struct{ ID, Name, State string }) bool { return x.Name == name && x.State == "waiting" })
		if n < 0 {
			t.Fatalf("%s asks: %+v", name, all.Items)
		}
		return who, "/v1/join-requests/" + all.Items[n].ID
	}
	o.post("/v1/join-requests/req_01KAM5Q0Z8W3RN6T0V4K2M9QXB/refuse", nil).fails(404, "not_found")
	turned, wish := ask("later-invited")
	o.invite(p.address("later-invited"))
	o.post(wish+"/approve", nil).fails(409, "already_invited")
	o.post(wish+"/refuse", nil).is(200)
	o.post(wish+"/refuse", nil).fails(409, "not_pending")
	turned.get("/v1/join/"+door.token()).fails(403, "forbidden")
	_, wish = ask("later-member")
	o.add(p.address("later-member"), "employee")
	o.post(wish+"/approve", nil).fails(409, "already_member")
	_, wish = ask("later-asked-to-pay")
	o.invite(p.address("later-asked-to-pay"), m{"payer": "client"})
	o.post(wish+"/approve", nil).fails(409, "already_invited")
	who, wish := ask("later-removed")
	who.post(at, nil).is(200)
	var left struct{ Items []struct{ ID, Email string } }
	o.get("/v1/clients?q=" + url.QueryEscape(p.address("later-removed"))).is(200).into(&left)
	if len(left.Items) != 1 {
		t.Fatalf("%+v", left)
	}
	o.delete("/v1/clients/" + left.Items[0].ID).is(200)
	o.post(wish+"/approve", nil).says(409, "not_active", "You've removed them. Invite them instead.")
	door = o.share(m{"approval": true, "maxUses": 1})
	_, wish = ask("first-in")
	_, late := ask("one-too-many")
	o.post(wish+"/approve", nil).is(200)
	wish = late
	o.post(wish+"/approve", nil).fails(409, "not_active")
}

// TestWhatASuspendedAgencyAndOneOnFreeMayNotDo asks for everything that brings people in.
func TestWhatASuspendedAgencyAndOneOnFreeMayNotDo(t *testing.T) {
	p := start(t)
	o := p.shareOwner("resting")
	a, _ := o.agency()
	l, door := o.share(m{}), o.share(m{"name": "Door", "approval": true})
	var checked struct{ Hash string }
	o.csv("Email\r\n" + p.address("row") + "\r\n").is(200).into(&checked)
	asks := p.signIn(p.address("asks"))
	asks.post("/v1/join/"+door.token(), nil).is(200)
	var wishes struct{ Items []struct{ ID string } }
	o.get("/v1/join-requests").is(200).into(&wishes)
	if len(wishes.Items) != 1 {
		t.Fatalf("%+v", wishes)
	}
	wish, stranger := "/v1/join-requests/"+wishes.Items[0].ID, p.signIn(p.address("stranger"))
	refused := func(code string) {
		t.Helper()
		for _, x := range []struct {
			method, path string
			body         any
		}{
			{http.MethodPost, "/v1/share-links", m{}}, {http.MethodPatch, "/v1/share-links/" + l.ID, m{"name": "New"}},
			{http.MethodPost, "/v1/share-links/" + l.ID + "/reset", nil}, {http.MethodPost, wish + "/approve", nil},
			{http.MethodPost, wish + "/refuse", nil}, {http.MethodPost, "/v1/imports/confirm", m{"hash": checked.Hash}},
			{http.MethodPost, "/v1/batches", m{"lines": []m{{"email": p.address("line")}}}},
		} {
			o.do(x.method, x.path, x.body).fails(403, code)
		}
		o.csv("Email\r\n"+p.address("other")+"\r\n").fails(403, code)
		stranger.post("/v1/join/"+l.token(), nil).fails(410, "invitation_gone")
	}
	p.suspend(a.ID)
	refused("agency_suspended")
	p.resume(a.ID)
	p.onFree(a.ID)
	refused("plan_required")
}

// TestWhatContactsAndBatchesPromise meets their answers that only a state of their own brings about.
func TestWhatContactsAndBatchesPromise(t *testing.T) {
	p := start(t)
	o := p.shareOwner("cards")
	card := o.contact(m{"kind": "person", "name": "Ida Berg", "email": p.address("ida")})
	at := "/v1/contacts/" + card.ID
	tag := o.get(at).is(200).header.Get("ETag")
	o.patch(at, m{"phone": "+46 8 123"}).is(200)
	o.delete(at, "If-Match", tag).fails(412, "changed_meanwhile")
	o.invite(p.address("ida"), m{"contact": card.ID})
	p.accept(p.address("ida"))
	o.post("/v1/invites", m{"email": p.address("other"), "contact": card.ID}).fails(409, "already_linked")
	p.signIn(p.address("ida")).patch("/v1/portal/contacts/"+card.ID, m{"phone": "1"}).fails(404, "not_found") // no role opens it
	lines := func(name string) m { return m{"lines": []m{{"email": p.address(name)}}} }
	o.post("/v1/batches", lines("one"), "Idempotency-Key", "batch-"+p.run).is(201)
	o.post("/v1/batches", lines("two"), "Idempotency-Key", "batch-"+p.run).fails(409, "idempotency_conflict")
	o.delete("/v1/batches/bat_01KAM5Q0Z8W3RN6T0V4K2M9QXB").fails(404, "not_found")
}

// TestPortalL10NobodyHasMoreRolesThanOneCanHaveByALink follows one as a client that has as many as it can have.
func TestPortalL10NobodyHasMoreRolesThanOneCanHaveByALink(t *testing.T) {
	p := start(t)
	o := p.shareOwner("many")
	var all []string
	for n := range 11 {
		all = append(all, o.role(m{"name": "Role " + string(rune('A'+n)), "active": true, "rules": m{}}).ID)
	}
	i := o.invite(p.address("collector"), m{"roles": all[:10]})
	client := p.accept(i.Email)
	at := "/v1/join/" + o.share(m{"roles": all[10:]}).token()
	client.get(at).fails(409, "already_client")
	client.post(at, m{"adds": true}).fails(409, "already_client")
}

// TestWhatAnAgencysOwnIssuerPromises meets what every operation says to sessions that an agency's own issuer opened, and to those that it
// did not open where it is required.
func TestWhatAnAgencysOwnIssuerPromises(t *testing.T) {
	notAsBuilt(t, "the stand-in is in the product's own process")
	p := own(t, local.Options{})
	f := newOffice(p, "promised-issuer")
	f.requires()
	p.promising("403", "issuer_required", func(op operation, method, path string) {
		f.other.send(op, method, path).fails(403, "issuer_required")
	})
	bound := f.signs(f.second)
	for at, op := range p.documented() {
		method, _, _ := strings.Cut(at, " ")
		switch op.OperationID {
		case "agreePortalPayerChange", "proposePortalPayerChange", "openBillingPortal", "startCheckout":
			bound.send(op, method, concrete(op.path)).fails(403, "forbidden")
		}
	}
	free := newOffice(p, "promised-plan")
	p.onFree(free.id)
	free.owner.patch(ownIssuerPath, m{"required": true}).fails(403, "plan_required")
}

func TestWhatHasEndedIsRemindedOfNoMore(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	i := o.invite(p.address("ops"))
	p.accept(p.address("ops"))
	o.patch("/v1/invites/"+i.ID+"/reminders", m{"enabled": true}).fails(409, "not_pending")
}
