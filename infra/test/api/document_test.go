package apitest_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// TestMain holds, after all tests, that they have met every answer that the document promises, and that every function
// behind the door has answered somebody who is signed in.
func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})))
	status := m.Run()
	whole := os.Getenv("LATCHKEY_URL") == "" && !testing.Short() && flag.Lookup("test.list").Value.String() == ""
	for _, filter := range []string{"test.run", "test.skip", "test.bench", "test.fuzz"} {
		whole = whole && flag.Lookup(filter).Value.String() == ""
	}
	if left := door.unopened(); status == 0 && whole && len(left) > 0 {
		fmt.Println("behind the door, and no test was answered there while signed in:\n\t" + strings.Join(left, "\n\t"))
		status = 1
	}
	// What needs the clock is skipped where the binaries run, and some answers with it.
	if missing := seen.missing(); status == 0 && whole && asBuilt == "" && len(missing) > 0 {
		fmt.Println("the document promises answers that no test has met:\n\t" + strings.Join(missing, "\n\t"))
		status = 1
	}
	os.Exit(status)
}

// seen compares every answer of the API with its OpenAPI document, and remembers which there were.
var seen = witness{met: map[string]bool{}}

type witness struct {
	once       sync.Once
	err        error
	operations map[string]operation // by method and path
	schemas    *jsonschema.Compiler

	mu  sync.Mutex
	met map[string]bool // operation id and status or code
}

// operation is what the document says of one method of one path.
type operation struct {
	OperationID string `json:"operationId"`
	Summary     string
	Description string
	RequestBody *json.RawMessage
	Parameters  []struct{ Name, In string }
	Who         string `json:"x-who"`
	Responses   map[string]struct {
		Description string
		Content     map[string]json.RawMessage
	}
	path string
}

// codes are the problem codes of a status.
func (o operation) codes(status string) []string {
	_, list, _ := strings.Cut(o.Responses[status].Description, ": ")
	return strings.Split(list, ", ")
}

func (w *witness) load(t *testing.T, p *product) map[string]operation {
	t.Helper()
	w.once.Do(func() {
		res, err := p.client.Get(p.url + "/openapi.json")
		if err != nil {
			w.err = err
			return
		}
		defer res.Body.Close() //nolint:errcheck // read below
		var document struct {
			Paths map[string]map[string]operation
		}
		text, err := io.ReadAll(res.Body)
		if err != nil {
			w.err = err
			return
		}
		if w.err = json.Unmarshal(text, &document); w.err != nil {
			return
		}
		if w.err = w.compiler(text); w.err != nil {
			return
		}
		w.operations = map[string]operation{}
		for path, methods := range document.Paths {
			for method, o := range methods {
				o.path = path
				w.operations[strings.ToUpper(method)+" "+path] = o
			}
		}
	})
	if w.err != nil {
		t.Fatal(w.err)
	}
	return w.operations
}

// compiler prepares the document's schemas. OpenAPI 3.1 takes those of JSON Schema 2020-12 as they are, so that a validator of
// JSON Schema, which is not ours, judges the answers by the document itself.
func (w *witness) compiler(document []byte) error {
	tree, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		return err
	}
	w.schemas = jsonschema.NewCompiler()
	w.schemas.DefaultDraft(jsonschema.Draft2020)
	w.schemas.AssertFormat()
	return w.schemas.AddResource(described, tree)
}

const described = "https://latchkey.dev/openapi.json"

// holds judges an answer by the schema that the document has for it.
func (w *witness) holds(o operation, method, status string, a *answer) error {
	kind, _, err := mime.ParseMediaType(a.header.Get("Content-Type"))
	if err != nil && len(a.body) > 0 {
		return fmt.Errorf("the Content-Type is %q", a.header.Get("Content-Type"))
	}
	content := o.Responses[status].Content
	if len(a.body) == 0 {
		if content["application/json"] != nil && method != http.MethodHead {
			return errors.New("the answer has no body, and the document says of which types it is")
		}
		return nil
	}
	if _, ok := content[kind]; !ok {
		return fmt.Errorf("the answer is %s; the document has %v", kind, slices.Sorted(maps.Keys(content)))
	}
	if !strings.HasSuffix(kind, "json") {
		return nil
	}
	body, err := jsonschema.UnmarshalJSON(bytes.NewReader(a.body))
	if err != nil {
		return err
	}
	if at := otherTime(body); at != "" {
		return fmt.Errorf("%s is no moment in UTC with milliseconds", at)
	}
	escaped := strings.NewReplacer("~", "~0", "/", "~1")
	w.mu.Lock() // a compiler is used by one at a time
	schema, err := w.schemas.Compile(described + "#/paths/" + url.PathEscape(escaped.Replace(o.path)) + "/" + strings.ToLower(method) +
		"/responses/" + status + "/content/" + url.PathEscape(escaped.Replace(kind)) + "/schema")
	w.mu.Unlock()
	if err != nil {
		return err
	}
	return schema.Validate(body)
}

var (
	moment     = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d`)
	wellFormed = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`)
)

// otherTime is a moment of an answer that has another form than the one that is documented (FH9); "" for none.
func otherTime(v any) string {
	switch v := v.(type) {
	case string:
		if moment.MatchString(v) && !wellFormed.MatchString(v) {
			return v
		}
	case []any:
		for _, x := range v {
			if at := otherTime(x); at != "" {
				return at
			}
		}
	case map[string]any:
		for name, x := range v {
			if at := otherTime(x); at != "" {
				return name + " " + at
			}
		}
	}
	return ""
}

// find is the operation that serves a path: as API Gateway has it, a path without parameters is matched before one with.
func (w *witness) find(method, path string) (operation, bool) {
	best, parameters, methods := operation{}, len(path), false
	for at, o := range w.operations {
		had, _, _ := strings.Cut(at, " ")
		n, ok := matches(o.path, path)
		if !ok || n > parameters {
			continue
		}
		if n < parameters {
			methods = false
		}
		if parameters = n; had == method {
			best, methods = o, true
		}
	}
	return best, methods
}

// matches tells whether the path is one of the pattern's, and how many parameters that takes.
func matches(pattern, path string) (parameters int, ok bool) {
	want, have := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(have) {
		return 0, false
	}
	for i := range want {
		switch {
		case strings.HasPrefix(want[i], "{") && have[i] != "":
			parameters++
		case want[i] != have[i]:
			return 0, false
		}
	}
	return parameters, true
}

// note complains about an answer that the document does not have.
func (w *witness) note(t *testing.T, p *product, method, path string, a *answer) {
	t.Helper()
	if !strings.HasPrefix(path, "/v1/") {
		return
	}
	w.load(t, p)
	o, ok := w.find(method, path)
	if !ok {
		return
	}
	status := strconv.Itoa(a.status)
	if _, ok := o.Responses[status]; !ok {
		t.Errorf("%s answered %s, which the document of %s does not have\n%.500s", a.what, status, o.OperationID, a.body)
		return
	}
	if err := w.holds(o, method, status, a); err != nil {
		t.Errorf("%s answered what the document of %s does not have: %v\n%.1500s", a.what, o.OperationID, err, a.body)
	}
	met := o.OperationID + " " + status
	if a.status >= 400 {
		var p problem
		if err := json.Unmarshal(a.body, &p); err != nil || !slices.Contains(o.codes(status), p.Code) {
			t.Errorf("%s answered %s with the code %q; the document of %s has %v", a.what, status, p.Code, o.OperationID, o.codes(status))
		}
		met += " " + p.Code
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.met[met] = true
}

// missing lists the promised answers that were not met. Left out is what only a broken service behind the product
// brings about, and what stands at every operation and can only come from some.
func (w *witness) missing() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	limited := []string{"requestSignInCode", "signIn", "sendInvite", "resendInvite"}
	var out []string
	for _, o := range w.operations {
		for status := range o.Responses {
			if status < "400" {
				if !w.met[o.OperationID+" "+status] {
					out = append(out, o.OperationID+" "+status)
				}
				continue
			}
			for _, code := range o.codes(status) {
				switch {
				case code == "internal" || code == "unavailable", code == "rate_limited" && !slices.Contains(limited, o.OperationID):
				case !w.met[o.OperationID+" "+status+" "+code]:
					out = append(out, o.OperationID+" "+status+" "+code)
				}
			}
		}
	}
	slices.Sort(out)
	return out
}

func TestX13TheDocumentDescribesEveryOperation(t *testing.T) {
	p := start(t)
	a := p.nobody().get("/openapi.json").is(200).has("Content-Type", "application/openapi+json;version=3.1")
	var document struct {
		OpenAPI string
		Paths   map[string]map[string]operation
	}
	if err := json.Unmarshal(a.body, &document); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(document.OpenAPI, "3.1") {
		t.Errorf("the document is OpenAPI %s, want 3.1", document.OpenAPI)
	}
	want := []string{"requestSignInCode", "signIn", "signOut", "getSession", "getHealth", "getHome", "enterInstance", "getNotificationSettings", "updateNotificationSettings", "getMailSettings", "updateMailSettings", "updateReminders", "rescheduleInvite",
		"sendInvite", "getInvite", "listInvites", "resendInvite", "retryProvisioning",
		"cancelInvite", "listClients", "getClient", "listInstances", "listServices", "viewInvitation", "acceptInvitation", "getPortal", "createApiKey",
		"listApiKeys", "revokeApiKey",
		"declineInvitation", "proposeAddress", "requestNewLink",
		"leavePortal", "endAllSessions", "listSessions", "endSession", "listIdentities", "linkIdentity", "unlinkIdentity", "exportMyData", "eraseMe",
		"connectInstance", "getInstance", "updateInstance", "checkInstance", "disconnectInstance", "connectService", "getService", "disconnectService",
		"getPortalInstance", "setWorkflowState",
		"startCheckout", "confirmCheckout", "getContract", "getPortalContract", "quoteOrder", "openBillingPortal", "openSandbox", "openAgencyBilling", "startPlanUpgrade",
		"getPayerChange", "proposePayerChange", "agreePayerChange", "declinePayerChange", "withdrawPayerChange",
		"getPortalPayerChange", "proposePortalPayerChange", "agreePortalPayerChange", "declinePortalPayerChange", "withdrawPortalPayerChange",
		"signUpAgency", "getAgency", "getIssuer", "setIssuer", "requireIssuer", "removeIssuer", "updateBranding", "updateLogo", "deleteAgency", "listMembers", "addMember", "updateMember",
		"removeMember",
		"getSender", "updateSender", "listDomains", "claimDomain", "getDomain", "updateDomain", "releaseDomain", "checkDomain", "sendTestMail",
		"enableDomain", "disableDomain", "setSmtp", "removeSmtp", "testSmtp", "sendDomainRecords", "revokeDomainRecords", "getZoneFile",
		"viewDomainRecords",
		"listPasskeys", "beginPasskey", "addPasskey", "renamePasskey", "removePasskey", "beginPasskeySignIn", "signInWithPasskey", "stepUp",
		"beginPasskeyStepUp", "stepUpWithPasskey",
		"installPortal", "uninstallPortal", "getPortalApp", "updatePortalSettings", "makeInternal",
		"createContact", "listContacts", "getContact", "updateContact", "archiveContact", "importContacts", "exportContacts",
		"getPortalContact", "updatePortalContact", "listPortalContacts",
		"createRole", "listRoles", "getRole", "updateRole", "deleteRole", "getClientRights", "previewAsClient",
		"sendInvites", "listBatches", "getBatch", "cancelBatch", "exportBatch", "previewImport", "confirmImport",
		"createShareLink", "listShareLinks", "getShareLink", "updateShareLink", "resetShareLink", "disableShareLink", "viewShareLink",
		"joinByLink", "listJoinRequests", "approveJoin", "refuseJoin",
		"createWebhookEndpoint", "listWebhookEndpoints", "getWebhookEndpoint", "updateWebhookEndpoint", "deleteWebhookEndpoint",
		"rotateWebhookSecret", "sendTestEvent", "recoverEvents", "listDeliveries", "getDelivery", "redeliver"}
	want = append(want, tending...)
	var have []string
	for path, methods := range document.Paths {
		for method, o := range methods {
			have = append(have, o.OperationID)
			if o.Summary == "" {
				t.Errorf("%s has no summary", o.OperationID)
			}
			if !strings.HasPrefix(path, "/v1/") {
				t.Errorf("%s is at %s, want it below /v1", o.OperationID, path)
			}
			for status, r := range o.Responses {
				if status >= "400" && r.Content["application/problem+json"] == nil {
					t.Errorf("%s: %s is no problem", o.OperationID, status)
				}
			}
			// The method and path are served by the operation, and not by what answers when there is none.
			a := p.nobody().do(strings.ToUpper(method),
				strings.NewReplacer("{token}", "lki_x", "{inviteId}", "in_x", "{clientId}", "cl_x", "{keyId}", "key_x", "{instanceId}",
					"ins_x", "{serviceId}", "svc_x", "{workflowId}", "x", "{resourceId}", "ins_x", "{memberId}", "mb_x",
					"{domainId}", "dom_x").Replace(path), nil)
			if a.status == http.StatusNotFound || a.status == http.StatusMethodNotAllowed || a.status >= 500 {
				t.Errorf("%s answered %d, want the operation's own answer", a.what, a.status)
			}
		}
	}
	slices.Sort(want)
	slices.Sort(have)
	if !slices.Equal(have, want) {
		t.Errorf("the document has %v, want %v", have, want)
	}
	docs := p.docs()
	for _, shown := range append(slices.Sorted(maps.Keys(document.Paths)), want...) {
		if !strings.Contains(docs, shown) {
			t.Errorf("/docs does not show %s", shown)
		}
	}
}
