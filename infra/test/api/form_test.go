package apitest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// concrete is the path of an operation with ids in it that nothing has.
func concrete(path string) string {
	for name, value := range map[string]string{"token": "lki_x", "inviteId": "in_x", "clientId": "cl_x", "keyId": "key_x",
		"instanceId": "ins_x", "serviceId": "svc_x", "workflowId": "x", "resourceId": "ins_x", "memberId": "mb_x"} {
		path = strings.ReplaceAll(path, "{"+name+"}", value)
	}
	return path
}

// documented is every operation of the document, by method and path.
func (p *product) documented() map[string]operation {
	p.t.Helper()
	all := seen.load(p.t, p)
	if len(all) < 60 {
		p.t.Fatalf("the document has only %d operations", len(all))
	}
	return all
}

func TestFH7AParameterThatIsNotThereIsRefusedByEveryOperation(t *testing.T) {
	p := start(t)
	o, _ := p.signUp(p.address("forms"), "Forms Automations")
	for at, op := range p.documented() {
		method, _, _ := strings.Cut(at, " ")
		var body any
		if op.RequestBody != nil {
			body = m{}
		}
		a := o.do(method, concrete(op.path)+"?surprise=1", body)
		if op.OperationID == "updateLogo" { // whose body is no JSON
			a.fails(415, "unsupported_media_type")
			a = o.do(method, op.path+"?surprise=1", raw("GIF89a"), "Content-Type", "image/gif")
		}
		if f := a.fails(422, "invalid"); f.at("surprise") == "" {
			t.Errorf("%s: the unknown parameter is not named: %+v", op.OperationID, f)
		}
	}
	o.get("/v1/clients?limit=1&limit=2").fails(422, "invalid")
}

func TestFH2AndFH8EveryBodyIsHeldToItsFormFirst(t *testing.T) {
	p := start(t)
	o, _ := p.signUp(p.address("forms"), "Forms Automations")
	const refused = "unsupported_media_type"
	for at, op := range p.documented() {
		if op.RequestBody == nil {
			continue
		}
		method, _, _ := strings.Cut(at, " ")
		send := func(body, contentType string, headers ...string) *answer {
			return o.do(method, concrete(op.path), raw(body), append([]string{"Content-Type", contentType}, headers...)...)
		}
		send(`{"name":"a"}`, "text/plain").fails(http.StatusUnsupportedMediaType, refused)
		send(`{"name":"a"}`, "").fails(http.StatusUnsupportedMediaType, refused)
		send(`name=a`, "application/x-www-form-urlencoded").fails(http.StatusUnsupportedMediaType, refused)
		kind, limit := "application/json", 256<<10
		if op.OperationID == "updateLogo" {
			kind, limit = "image/png", 1<<20+1024
			send("", kind).fails(400, "malformed")
		} else {
			for _, broken := range []string{"{", `{"name":"a","name":"b"}`, `{"name":"a","Name":"b"}`, `{"name":"a"} {}`, `{"a":"` + "\xff" + `"}`} {
				send(broken, kind).fails(400, "malformed")
			}
			send(`{"name":"a"}`, "application/json; charset=latin1").fails(http.StatusUnsupportedMediaType, refused)
			send(`{"name":"a"}`, kind, "Content-Encoding", "gzip").fails(http.StatusUnsupportedMediaType, refused)
			// Types have no case, so that this is read, and refused for what is in it.
			if f := send(`{"surprise":1}`, "APPLICATION/JSON; Charset=UTF-8").fails(422, "invalid"); f.at("surprise") == "" {
				t.Errorf("%s does not name the unknown field: %+v", op.OperationID, f)
			}
		}
		send(`{"name":"`+strings.Repeat("x", limit)+`"}`, kind).fails(413, "too_large")
	}
}

func TestFH3AnIntegerIsAnIntegerHoweverItIsWritten(t *testing.T) {
	p := start(t)
	o := p.signIn(owner)
	for n, size := range []string{"10", "10.0", "1e1", "1.00E+1"} {
		o.post("/v1/invites/preview", raw(fmt.Sprintf(`{"email":"size%d@client.example","payer":"client","order":{"hosting":{"storageGb":%s}}}`,
			n, size))).is(200)
	}
	for _, size := range []string{"10.5", "1e-1", "11.0", "99999999999999999999", "1e25"} {
		f := o.post("/v1/invites/preview", raw(`{"email":"a@client.example","payer":"client","order":{"hosting":{"storageGb":`+size+`}}}`)).
			fails(422, "invalid")
		if f.at("order.hosting.storageGb") == "" {
			t.Errorf("%s: %+v", size, f)
		}
	}
	o.post("/v1/invites/preview", raw(`{"email":"a@client.example","order":{"hosting":{"storageGb":1e400}}}`)).fails(400, "malformed")
}
