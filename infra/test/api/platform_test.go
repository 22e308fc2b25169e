package apitest_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func TestHealthNeedsNobody(t *testing.T) {
	p := start(t)
	var health struct{ Status string }
	p.nobody().get("/v1/health").is(200).into(&health).has("Cache-Control", "no-store")
	if health.Status != "ok" {
		t.Errorf("the status is %q", health.Status)
	}
}

func TestX13EveryErrorIsAProblem(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	for _, path := range []string{"/v1", "/v1/", "/v1/nothing", "/v1/invites/", "/v1/invites/x/y/z"} {
		o.get(path).fails(404, "not_found")
	}
	for path, allow := range map[string]string{"/v1/invites": "GET, HEAD, POST", "/v1/sessions": "DELETE, GET, HEAD, POST",
		"/v1/sessions/current": "DELETE, GET, HEAD", "/v1/invites/in_x/contract": "GET, HEAD", "/v1/invites/in_x/resend": "POST",
		"/v1/api-keys/x": "DELETE"} {
		o.do(http.MethodPut, path, m{}).has("Allow", allow).fails(405, "method_not_allowed")
		o.do(http.MethodPatch, path, nil).has("Allow", allow).fails(405, "method_not_allowed")
	}
	// Operations with a body, each with one that is good but for what is tried.
	bodies := map[string]m{
		"/v1/sign-in-codes":             {"email": p.address("a")},
		"/v1/sessions":                  {"email": p.address("a"), "code": "123456"},
		"/v1/invites":                   {"email": p.address("a")},
		"/v1/invites/in_x/resend":       {"payer": "agency"},
		"/v1/api-keys":                  {"name": "a", "scopes": []string{"invites:read"}},
		"/v1/invitations/lki_x/accept":  {"offer": "a"},
		"/v1/invitations/lki_x/decline": {"reason": "a"},
		"/v1/invitations/lki_x/propose": {"email": p.address("a")},
		"/v1/portal/leave":              {"agency": "ag_x"},
	}
	for path, good := range bodies {
		for _, broken := range []string{"{", "no JSON", "[1,", `{"email": }`, "\x00", `{"email":"a"} trailing`} {
			o.post(path, raw(broken)).fails(400, "malformed")
		}
		for _, shape := range []string{"[]", `"text"`, "7"} {
			if a := o.post(path, raw(shape)); a.status != 422 && a.status != 400 {
				t.Errorf("%s with the body %s answered %d", path, shape, a.status)
			}
		}
		// which need none
		if !strings.HasSuffix(path, "/resend") && !strings.HasSuffix(path, "/accept") && !strings.HasSuffix(path, "/decline") {
			o.post(path, nil).fails(400, "malformed")
			o.post(path, raw("")).fails(400, "malformed")
		}
		o.post(path, raw(`{"email":"a"}`), "Content-Type", "text/plain").fails(415, "unsupported_media_type")
		o.post(path, url.Values{"email": {"a@b.example"}}).fails(415, "unsupported_media_type")
		o.post(path, raw(`<a/>`), "Content-Type", "application/xml").fails(415, "unsupported_media_type")
		o.post(path, raw(`{"name":"`+strings.Repeat("x", 256<<10)+`"}`)).fails(413, "too_large")

		unknown := m{"surprise": true}
		wrong := m{}
		for k, v := range good {
			unknown[k], wrong[k] = v, 7
		}
		if f := o.post(path, unknown).fails(422, "invalid"); f.at("surprise") == "" {
			t.Errorf("%s: the unknown field is not named: %+v", path, f)
		}
		f := o.post(path, wrong).fails(422, "invalid")
		for k := range good {
			if f.at(k) == "" {
				t.Errorf("%s: the field %s of a wrong type is not named: %+v", path, k, f)
			}
		}
	}
	// Nested fields are named by their path, and what was typed is not repeated.
	f := o.post("/v1/invites", m{"email": p.address("a"), "grants": []m{{"resource": 5, "access": "read"}}}).fails(422, "invalid")
	if f.at("grants[0].resource") == "" {
		t.Errorf("the nested field is not named: %+v", f)
	}
	if n := len(p.mails(p.address("a"))); n != 0 {
		t.Errorf("%d mails went out", n)
	}
}

func TestABodyThatCannotBeReadIsRefusedBeforeAnythingIsDone(t *testing.T) {
	p := start(t)
	o, _ := p.signUp(p.address("reads"), "Reads Automations")
	for _, c := range []struct{ method, path, contentType string }{
		{"POST", "/v1/members", "application/json"},
		{"PATCH", "/v1/members/mb_x", "application/json"},
		{"PATCH", "/v1/agency/branding", "application/json"},
		{"DELETE", "/v1/agency", "application/json"},
	} {
		o.do(c.method, c.path, raw("{"), "Content-Type", c.contentType).fails(400, "malformed")
		o.do(c.method, c.path, raw(""), "Content-Type", c.contentType).fails(400, "malformed")
	}
	f := o.do("PUT", "/v1/agency/logo", raw(""), "Content-Type", "image/png").fails(400, "malformed")
	if !strings.Contains(f.Detail, "Send the JSON, or the file") {
		t.Errorf("who sends no logo is told %q", f.Detail)
	}
	if a, _ := o.agency(); a.Name != "Reads Automations" {
		t.Errorf("the agency is %+v", a)
	}
}

func TestNobodyIsAskedToSignIn(t *testing.T) {
	p := start(t)
	c := p.nobody()
	for _, path := range []string{"/v1/invites", "/v1/invites/in_x", "/v1/clients", "/v1/clients/cl_x", "/v1/instances", "/v1/services",
		"/v1/api-keys", "/v1/portal", "/v1/sessions/current"} {
		c.get(path).fails(401, "unauthenticated")
	}
	c.post("/v1/invites", m{"email": p.address("a")}).fails(401, "unauthenticated")
	c.post("/v1/invites/in_x/resend", nil).fails(401, "unauthenticated")
	c.post("/v1/invites/in_x/cancel", nil).fails(401, "unauthenticated")
	for path, next := range map[string]string{"/clients": "?next=%2Fclients", "/clients/cl_x": "", "/portal": ""} {
		c.get(path).is(303).has("Location", "/sign-in"+next)
	}
	for name, path := range map[string]string{"send": "/clients", "resend": "/clients/cl_x", "cancel": "/clients/cl_x"} {
		c.post(path, do(name, url.Values{"email": {p.address("a")}})).is(303).has("Location", "/sign-in")
	}
}

func TestX13AnIdempotencyKeyMakesOneInvite(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	once := []string{"Idempotency-Key", "key " + p.run, "Prefer", "wait=10"}
	body := m{"email": p.address("ops"), "name": "Acme"}
	var first, second invite
	o.post("/v1/invites", body, once...).is(201).into(&first)
	o.post("/v1/invites", body, once...).is(201).into(&second).has("Location", "/v1/invites/"+first.ID)
	if first.ID != second.ID || len(p.mails(first.Email)) != 1 {
		t.Errorf("the same request made %s and %s, and %d mails", first.ID, second.ID, len(p.mails(first.Email)))
	}
	o.post("/v1/invites", m{"email": p.address("ops"), "name": "Other"}, once...).
		says(409, "idempotency_conflict", "This Idempotency-Key was used with another body. Use a new key for a new request.")
	// A failed request is carried out when it comes again; a key is the caller's own, and the operation's.
	failed := []string{"Idempotency-Key", "failed " + p.run}
	o.post("/v1/invites", m{"email": "nobody"}, failed...).fails(422, "invalid")
	o.post("/v1/invites", m{"email": p.address("later")}, failed...).is(202)
	k := o.key("idempotent", "invites:write")
	p.program(k.Secret).post("/v1/invites", body, once...).fails(409, "already_invited")
	if f := o.post("/v1/invites", body, "Idempotency-Key", strings.Repeat("k", 256)).fails(422, "invalid"); f.at("Idempotency-Key") == "" {
		t.Errorf("a key that is too long: %+v", f)
	}

	// Sending again.
	p.advance(61 * time.Second)
	again := "/v1/invites/" + first.ID + "/resend"
	o.post(again, nil, once...).is(200)
	o.post(again, nil, once...).is(200)
	if n := len(p.mails(first.Email)); n != 2 {
		t.Errorf("%d mails after sending again once, with the request repeated", n)
	}
	o.post(again, m{"payer": "agency"}, once...).fails(409, "idempotency_conflict")

	// Making a key: the secret is in the first answer alone.
	var made, replayed key
	body = m{"name": "CRM", "scopes": []string{"invites:read"}}
	o.post("/v1/api-keys", body, once...).is(201).into(&made)
	o.post("/v1/api-keys", body, once...).is(201).into(&replayed)
	if made.ID != replayed.ID || made.Secret == "" || replayed.Secret != "" {
		t.Errorf("made %s, replayed %s with the secret %q", made.ID, replayed.ID, replayed.Secret)
	}
	o.post("/v1/api-keys", m{"name": "Other", "scopes": []string{"invites:read"}}, once...).fails(409, "idempotency_conflict")

	// The form carries a key, so that sending it twice makes one invite and leads to the same page.
	form := url.Values{"key": {"00112233445566778899aabbccddeeff"}, "email": {p.address("form")}}
	at := o.post("/clients", form).is(303).header.Get("Location")
	o.post("/clients", form).is(303).has("Location", at)
	if n := len(p.mails(p.address("form"))); n != 1 {
		t.Errorf("%d mails for a form that was sent twice", n)
	}

	// After a day the key is forgotten.
	p.advance(25 * time.Hour)
	o = p.signIn(owner)
	o.post("/v1/invites", m{"email": p.address("new")}, once...).is(201)
}

func TestPreferWait(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	var i invite
	a := o.post("/v1/invites", m{"email": p.address("a")}, "Prefer", "respond-async, wait=7").is(201).into(&i)
	a.has("Location", "/v1/invites/"+i.ID).has("Preference-Applied", "wait=7")
	if i.Status != "pending" {
		t.Errorf("after the wait the invite is %s", i.Status)
	}
	// Nobody waits longer than API Gateway does, which is 30 s.
	applied := o.post("/v1/invites", m{"email": p.address("b")}, "Prefer", "wait=3600").is(201).header.Get("Preference-Applied")
	if n, err := strconv.Atoi(strings.TrimPrefix(applied, "wait=")); err != nil || n < 5 || n >= 30 {
		t.Errorf("an hour's wait is answered with Preference-Applied: %s", applied)
	}
	for n, none := range []string{"wait=0", "wait=-1", "wait", "wait=x", "return=minimal"} {
		o.post("/v1/invites", m{"email": p.address(fmt.Sprintf("none%d", n))}, "Prefer", none).is(202).has("Preference-Applied", "")
	}

	// A mail that takes three seconds: without waiting long enough, the answer is on its way, and Location says where to ask.
	slow := "slow-" + p.run + "@slow.example"
	o.post("/v1/invites", m{"email": slow}).is(202).into(&i).has("Location", "/v1/invites/"+i.ID)
	if i.Status != "sending" {
		t.Errorf("the invite is %s", i.Status)
	}
	o.post("/v1/invites/"+i.ID+"/resend", nil).fails(409, "still_sending")
	o.get("/clients/" + i.ClientID).is(200).shows("Sending the invitation.")
	p.until("the mail", func() bool { return o.look(i.ID).Status == "pending" })

	// Sending again takes the same preference.
	i = o.invite(p.address("again"))
	p.advance(61 * time.Second)
	o.post("/v1/invites/"+i.ID+"/resend", nil).is(202).has("Preference-Applied", "").has("Location", "/v1/invites/"+i.ID)
	p.until("the second mail", func() bool { return len(p.mails(i.Email)) == 2 })
}

func TestX13ListsArePagedStablyAndCompletely(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	const clients = 120
	for n := range clients {
		if n%10 == 0 && n > 0 {
			p.advance(61 * time.Minute)
		}
		o.post("/v1/invites", m{"email": fmt.Sprintf("c%03d@client.example", n)}).is(202)
	}
	type page struct {
		Items []struct {
			ID, Email, Status string
			CreatedAt         time.Time
		}
		NextCursor *string
	}
	walk := func(path string, between func()) []string {
		var all []string
		var last time.Time
		for next := ""; ; {
			var v page
			o.get(path + next).is(200).into(&v)
			for _, x := range v.Items {
				if !last.IsZero() && x.CreatedAt.After(last) {
					t.Errorf("%s: %s is newer than the one before it", path, x.ID)
				}
				last = x.CreatedAt
				all = append(all, x.Email)
			}
			if v.NextCursor == nil {
				return all
			}
			if len(v.Items) == 0 {
				t.Fatalf("%s: an empty page with a cursor", path)
			}
			next = "&cursor=" + url.QueryEscape(*v.NextCursor)
			between()
		}
	}
	nothing := func() {}
	want := walk("/v1/clients?limit=200", nothing)
	distinct := slices.Clone(want)
	slices.Sort(distinct)
	if distinct = slices.Compact(distinct); len(distinct) != clients || len(want) != clients {
		t.Fatalf("%d clients of whom %d are different, want %d", len(want), len(distinct), clients)
	}
	for _, limit := range []int{7, 50, 119, 120, 121} {
		if got := walk(fmt.Sprintf("/v1/clients?limit=%d", limit), nothing); !slices.Equal(got, want) {
			t.Errorf("with limit=%d: %d clients in another order", limit, len(got))
		}
	}
	p.until("all to be pending", func() bool { return slices.Equal(walk("/v1/invites?limit=33&status=pending", nothing), want) })
	if got := walk("/v1/clients?limit=50&status=active", nothing); len(got) != 0 {
		t.Errorf("%d active clients", len(got))
	}
	// What comes in between is newer, and moves nothing.
	p.advance(61 * time.Minute)
	n := 0
	if got := walk("/v1/clients?limit=50", func() {
		n++
		o.invite(fmt.Sprintf("between%d@client.example", n))
	}); !slices.Equal(got, want) {
		t.Errorf("with new clients in between: %d clients", len(got))
	}
	var v page
	o.get("/v1/clients").is(200).into(&v)
	if len(v.Items) != 50 || v.NextCursor == nil {
		t.Errorf("without a limit there are %d items", len(v.Items))
	}
	// The pages walk the same way.
	first := o.get("/clients").is(200).shows("between2@client.example", "Older").hides("c000@client.example")
	if !strings.Contains(string(first.body), `href="/clients?cursor=`) {
		t.Error("the page has no link to older clients")
	}
	for _, path := range []string{"/v1/clients", "/v1/invites"} {
		for field, value := range map[string]string{"limit": "0", "limit ": "201", "limit  ": "-1", "limit   ": "ten", "cursor": "nonsense",
			"cursor ": "Y2xfMDE", "status": "happy"} {
			field = strings.TrimSpace(field)
			if f := o.get(path+"?"+field+"="+value).fails(422, "invalid"); f.at(field) == "" {
				t.Errorf("%s=%s: %+v", field, value, f)
			}
		}
	}
	o.get("/clients?cursor=nonsense").is(404)
}

// TestOddQueries: what an operation cannot read in its query is a field at fault and nothing else.
func TestOddQueries(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	for _, path := range []string{"/v1/instances?linkable=perhaps", "/v1/services?linkable=perhaps"} {
		if f := o.get(path).fails(422, "invalid"); f.at("linkable") == "" {
			t.Errorf("%s: %+v", path, f)
		}
	}
	o.delete("/v1/sessions/current?everywhere=perhaps").fails(422, "invalid")
	o.get("/v1/sessions/current").is(200)
	o.get("/v1/clients?unknown=1").fails(422, "invalid")
}

func TestChangesFromOtherSitesAreRefused(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	i := o.invite(p.address("ops"))
	secret := p.nextToken(i.Email)
	k := o.key("ours", "invites:read")
	sites := [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"},
		{"Origin", "null"}}
	for _, from := range sites {
		for path, body := range map[string]any{
			"/v1/invites": m{"email": p.address("a")}, "/v1/invites/" + i.ID + "/resend": nil, "/v1/invites/" + i.ID + "/cancel": nil, "/v1/sign-in-codes": m{"email": p.address("a")},
			"/v1/sessions": m{"email": p.address("a"), "code": "123456"}, "/v1/api-keys": m{"name": "a", "scopes": []string{"invites:read"}}, "/v1/invitations/" + secret + "/accept": nil,
			"/v1/invitations/" + secret + "/decline": nil, "/v1/invitations/" + secret + "/propose": m{"email": p.address("a")}, "/v1/invitations/" + secret + "/request-link": nil,
		} {
			o.post(path, body, from...).fails(403, "cross_origin")
		}
		o.delete("/v1/sessions/current", from...).fails(403, "cross_origin")
		o.delete("/v1/api-keys/"+k.ID, from...).fails(403, "cross_origin")
		o.delete("/v1/sessions", from...).fails(403, "cross_origin")
		o.delete("/v1/me", from...).fails(403, "cross_origin")
		o.post("/v1/portal/leave", m{"agency": "ag_x"}, from...).fails(403, "cross_origin")
		for path, forms := range map[string][]string{"/clients": {"send"}, "/clients/" + i.ClientID: {"resend", "cancel"}, "/sign-in": {"sign-in", "code"},
			"/i/" + secret: {"accept", "code", "decline", "propose", "request"},
			"/account":     {"sign-out", "leave", "end-sessions", "erase"}} {
			for _, form := range forms {
				o.post(path, do(form, url.Values{"email": {p.address("a")}}), from...).is(403).shows("This came from another site")
			}
		}
		// Following a link from another site is what mails are for.
		o.get("/i/"+secret, from...).is(200)
	}
	o.get("/v1/sessions/current").is(200)
	if s := o.look(i.ID).Status; s != "pending" || len(p.mails(p.address("a"))) != 0 {
		t.Errorf("the invite is %s", s)
	}
	// Our own pages and programs, which send none of these fields, may.
	o.post("/v1/invites", m{"email": p.address("b")}, "Sec-Fetch-Site", "same-origin").is(202)
	o.post("/v1/invites", m{"email": p.address("c")}, "Sec-Fetch-Site", "none").is(202)
	o.post("/v1/invites", m{"email": p.address("d")}, "Origin", p.url).is(202)
	// No page of another site may read anything either.
	a := o.get("/v1/clients", "Origin", "https://evil.example").is(200)
	if a.header.Get("Access-Control-Allow-Origin") != "" {
		t.Error("another site may read the answers")
	}
}

// edit changes an item of the table, for what only the platform's operator does and no operation can.
func (p *product) edit(pk, sk, expression string, values map[string]types.AttributeValue) {
	p.t.Helper()
	db := dynamodb.NewFromConfig(p.aws())
	var names map[string]string
	for _, word := range []string{"plan", "users", "roles", "rules", "zone"} { // that DynamoDB reserves
		if strings.Contains(expression, "#"+word) {
			if names == nil {
				names = map[string]string{}
			}
			names["#"+word] = word
		}
	}
	_, err := db.UpdateItem(p.t.Context(), &dynamodb.UpdateItemInput{TableName: &p.place.Table, UpdateExpression: &expression, ExpressionAttributeValues: values,
		ConditionExpression: aws.String("attribute_exists(pk)"), ExpressionAttributeNames: names,
		Key: map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: pk}, "sk": &types.AttributeValueMemberS{Value: sk}}})
	if err != nil {
		p.t.Fatalf("cannot edit %s %s: %v", pk, sk, err)
	}
}

func TestASuspendedOrLesserAgencyNoLongerInvites(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	i := o.invite(p.address("ops"))
	secret := p.nextToken(i.Email)
	client := p.signIn(i.Email)
	var who struct {
		Agency struct{ ID, MemberID string }
	}
	o.get("/v1/sessions/current").is(200).into(&who)
	p.advance(61 * time.Second)

	p.edit(who.Agency.ID, "agency", "SET suspended = :t", map[string]types.AttributeValue{":t": &types.AttributeValueMemberN{Value: "1"}})
	o.post("/v1/invites", m{"email": p.address("a")}).fails(403, "agency_suspended")
	o.post("/v1/invites/"+i.ID+"/resend", nil).fails(403, "agency_suspended")
	client.post("/v1/invitations/"+secret+"/accept", nil).fails(410, "invitation_gone")
	o.get("/clients").is(200).shows("This agency is suspended.")

	p.edit(who.Agency.ID, "agency", "SET #plan = :f REMOVE suspended",
		map[string]types.AttributeValue{":f": &types.AttributeValueMemberS{Value: "free"}})
	o.post("/v1/invites/"+i.ID+"/resend", nil).says(403, "plan_required", "Inviting clients needs the Max plan.")
	o.post("/v1/invites/"+i.ID+"/cancel", nil).is(200)

	// Somebody who left is no longer let in, with a session that is still good.
	p.edit(who.Agency.ID, "mb#"+who.Agency.MemberID, "SET email = :e",
		map[string]types.AttributeValue{":e": &types.AttributeValueMemberS{Value: "new@northwind.example"}})
	o.get("/v1/clients").fails(403, "forbidden")
	o.get("/clients").is(403)
	for _, path := range []string{"/v1/invites", "/v1/invites/" + i.ID, "/v1/clients/" + i.ClientID, "/v1/instances", "/v1/services",
		"/v1/api-keys"} {
		o.get(path).fails(403, "forbidden")
	}
	o.post("/v1/invites/"+i.ID+"/cancel", nil).fails(403, "forbidden")
}

func TestAResentMailThatIsRefusedLeavesTheLinkAsItWas(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	// Whoever has called a mail spam gets none of this agency any more.
	const to = "complaint@simulator.amazonses.com"
	i := o.invite(to)
	before := p.nextMail(to)
	p.until("the complaint to be seen", func() bool {
		return slices.ContainsFunc(o.look(i.ID).Timeline, func(e struct {
			Event, Detail string
			At            time.Time
		}) bool {
			return e.Event == "complained"
		})
	})
	p.advance(61 * time.Second)
	f := o.post("/v1/invites/"+i.ID+"/resend", nil, wait...).fails(422, "mail_refused")
	if want := "We couldn't email " + i.Email + ": " + f.Reason + ". The link that was sent before still works."; f.Detail != want {
		t.Errorf("it says %q, want %q", f.Detail, want)
	}
	p.nobody().get("/v1/invitations/" + token(t, before)).is(200)
}
