package apitest_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// someone is an external user with a card of a contact, all of whose words are its own.
type someone struct {
	*caller
	email, client, card string
	words               []string // that stand on the card, and that the person may read
	note                string   // that stands on it, and that no client ever reads
}

// external invites somebody with a role and a card, and has the person accept.
func (s *scene) external(name string) *someone {
	s.t.Helper()
	x := &someone{email: s.address(name), note: "Secretnote" + name}
	x.words = []string{"Canary" + name, "+46 8 555 00 " + fmt.Sprint(len(name)), "Street of " + name, "TAX" + name, "Custom" + name}
	card := s.o.contact(m{"name": x.words[0], "email": x.email, "phone": x.words[1], "address": x.words[2], "taxId": x.words[3],
		"customText": x.words[4], "note": x.note})
	i := s.o.invite(x.email, m{"name": x.words[0], "roles": []string{s.role}, "contact": card.ID})
	x.card, x.client, x.caller = card.ID, i.ClientID, s.accept(x.email)
	return x
}

// opened is an agency with Client Portal whose one role opens all that there is of a contact.
func opened(p *product) *scene {
	p.t.Helper()
	s := &scene{product: p, o: p.signIn(owner)}
	s.o.put("/v1/portal-app", nil).is(http.StatusOK)
	s.role = s.made(s.o.post("/v1/roles", m{"name": "Everyone", "active": true, "rules": m{"contact": m{
		"fields": []string{"name", "email", "phone", "company", "address", "tax_id", "custom_text"}, "actions": []string{"edit"}}}}))
	return s
}

// reads is all that a client can read of the portal, of its own and of what has these ids.
func reads(ids ...string) []string {
	all := []string{"/v1/portal", "/v1/portal/contacts", "/v1/me/export", "/v1/sessions/current", "/v1/home", "/v1/activity",
		"/portal", "/account",
		"/portal/details", "/v1/clients", "/v1/contacts", "/contacts", "/client-portal", "/v1/roles"}
	for _, i := range ids {
		all = append(all, "/v1/portal/contacts/"+i, "/v1/contacts/"+i, "/contacts/"+i, "/v1/clients/"+i, "/clients/"+i,
			"/client-portal/users/"+i,
			"/v1/clients/"+i+"/rights", "/v1/portal-preview?client="+i)
	}
	return all
}

// TestPortalLK6ClientsOfOneAgencyNeverSeeEachOther has two clients with cards and every right read all that there is.
func TestPortalLK6ClientsOfOneAgencyNeverSeeEachOther(t *testing.T) {
	s := opened(start(t))
	anna, ben := s.external("Anna"), s.external("Benjamin")
	own := 0
	for _, who := range [][2]*someone{{anna, ben}, {ben, anna}} {
		me, other := who[0], who[1]
		for _, path := range reads(me.card, me.client, other.card, other.client) {
			a := me.get(path)
			text := string(a.body)
			for _, w := range append([]string{other.email, other.note, me.note}, other.words...) {
				if strings.Contains(text, w) {
					t.Errorf("%s reads %q by %s (%d)", me.email, w, path, a.status)
				}
			}
			if a.status == http.StatusOK && strings.Contains(text, me.words[1]) {
				own++
			}
			if strings.Contains(path, other.card) || strings.Contains(path, other.client) {
				if a.status == http.StatusOK {
					t.Errorf("%s answered %d", path, a.status)
				}
			}
		}
	}
	if own < 2 {
		t.Errorf("nobody reads even its own card: %d", own)
	}
}

// TestPortalTheExportHoldsWhatIsKeptOfAnExternalUser takes along what an agency has given the person, and nothing of the agency's own.
func TestPortalTheExportHoldsWhatIsKeptOfAnExternalUser(t *testing.T) {
	s := opened(start(t))
	anna := s.external("Anna")
	until := s.now().AddDate(0, 2, 0).Truncate(time.Second)
	s.client = anna.client
	s.wish(m{"expiresAt": until, "rules": m{"contact": m{"relations": []string{"responsible"}}}})
	text := string(anna.get("/v1/me/export").is(200).body)
	for _, w := range []string{until.UTC().Format("2006-01-02T15:04"), s.role, anna.card, "responsible"} {
		if !strings.Contains(text, w) {
			t.Errorf("the export has no %q: %.3000s", w, text)
		}
	}
	if strings.Contains(text, anna.note) {
		t.Error("the export has the agency's own note")
	}
}

// TestFE33NothingIsLeftOfAnExternalUserWhoWasErased looks through the whole table, once the agency has erased one client, and the other
// has erased itself.
func TestFE33NothingIsLeftOfAnExternalUserWhoWasErased(t *testing.T) {
	s := opened(start(t))
	anna, ben := s.external("Anna"), s.external("Benjamin")
	// They stand in batches, too.
	s.o.post("/v1/batches", m{"lines": []m{{"email": anna.email, "name": anna.words[0]},
		{"email": ben.email, "name": ben.words[0]}}}).is(201)
	s.o.delete("/v1/clients/" + anna.client).is(200)
	s.o.post("/v1/clients/"+anna.client+"/erase", nil).is(204)
	me := s.signIn(ben.email)
	me.delete("/v1/me").is(204)
	s.advance(25 * time.Hour)
	for _, x := range []*someone{anna, ben} {
		for key, item := range s.everything() {
			for _, w := range append([]string{x.email, x.note}, x.words...) {
				if strings.Contains(item, w) {
					t.Errorf("%s has %q still: %.300s", key, w, item)
				}
			}
		}
	}
}

// TestFE34NothingIsLeftOfClientPortalWhenItsAgencyIsDeleted deletes an agency that has something of everything.
func TestFE34NothingIsLeftOfClientPortalWhenItsAgencyIsDeleted(t *testing.T) {
	s := opened(start(t))
	anna := s.external("Anna")
	at, _ := s.o.agency()
	s.o.post("/v1/batches", m{"lines": people(12, "gone")}, wait...).is(201)
	s.o.csv("email\nfile@client.example\n").is(200)
	s.o.do("DELETE", "/v1/agency", m{"name": at.Name}).is(204)
	for range 10 {
		s.advance(time.Minute)
	}
	s.until("the agency to be purged", func() bool { return len(s.items(at.ID)) <= 2 })
	for key, item := range s.everything() {
		for _, w := range []string{anna.card, anna.note, s.role} {
			if strings.Contains(key, w) || strings.Contains(item, w) {
				t.Errorf("%s is left: %.300s", key, item)
			}
		}
	}
}

// personJob has an external user see and change its own card, and take along what is kept of it.
func personJob(p *product, kept *secrets) {
	p.t.Helper()
	o := p.signIn(owner)
	kept.keep(o.cookie, p.newestCode(owner))
	o.put("/v1/portal-app", nil).is(http.StatusOK)
	s := &scene{product: p, o: o}
	s.role = s.made(o.post("/v1/roles", m{"name": "Own card", "active": true, "rules": m{"contact": m{"fields": []string{"name", "phone"},
		"relations": []string{"company", "responsible"}, "actions": []string{"edit"}}}}))
	p.advance(61 * time.Minute)
	x := s.external("Person")
	kept.keep(x.cookie)
	at := "/v1/portal/contacts/" + x.card
	x.get("/v1/portal/contacts").is(http.StatusOK)
	x.get(at).is(http.StatusOK)
	x.patch(at, m{"phone": "+46 8 1"}).is(http.StatusOK)
	x.get("/portal/details").is(http.StatusOK)
	x.post("/portal/details", do("save", url.Values{"contact": {x.card}, "phone": {"+46 8 2"}})).is(http.StatusSeeOther)
	x.get("/v1/me/export").is(http.StatusOK)
}
