package api

import (
	"fmt"
	"net/http"
	"reflect"
	"sort"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"latchkey.dev/shared/adapter/problem"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/frontend/cookie"
	"latchkey.dev/shared/usecase/account"
	"latchkey.dev/shared/usecase/activity"
	"latchkey.dev/shared/usecase/agencies"
	"latchkey.dev/shared/usecase/billing"
	"latchkey.dev/shared/usecase/clients"
	"latchkey.dev/shared/usecase/onboarding"
	"latchkey.dev/shared/usecase/portal"
	"latchkey.dev/shared/usecase/provisioning"
	"latchkey.dev/shared/usecase/resources"
	"latchkey.dev/shared/usecase/signin"
)

// Services are the use cases that the operations stand on.
type Services struct {
	Door      *signin.Doorkeeper
	Codes     *signin.Codes
	Keys      *signin.Keys
	Inviter   *onboarding.Inviter
	Directory *onboarding.Directory
	Keeper    *clients.Keeper
	Retrier   *provisioning.Retrier
	Chronicle *activity.Chronicle
	Reception *onboarding.Reception
	Portal    *portal.Portal
	Account   *account.Account
	Instances *portal.Instances
	Connector *resources.Connector
	Agencies  *signin.Agencies
	Office    *agencies.Office
	Cashier   *billing.Cashier
	Plans     *billing.Plans
	Prices    *billing.PriceList
	Ledger    *billing.Ledger
	Origin    string
}

// Operations lists all operations.
func Operations(s Services) []Operation {
	return []Operation{
		RequestSignInCode(s.Codes), SignIn(s.Codes), SignOut(s.Door, s.Codes), GetSession(s.Door), GetHealth(),
		SendInvite(s.Door, s.Inviter), ListInvites(s.Door, s.Directory), GetInvite(s.Door, s.Inviter), ResendInvite(s.Door, s.Inviter), CancelInvite(s.Door, s.Inviter),
		ListClients(s.Door, s.Directory), GetClient(s.Door, s.Directory), ListInstances(s.Door, s.Directory), ListServices(s.Door, s.Directory),
		ViewInvitation(s.Door, s.Reception), AcceptInvitation(s.Door, s.Reception, s.Origin),
		DeclineInvitation(s.Reception), ProposeAddress(s.Reception), RequestNewLink(s.Reception),
		GetPortal(s.Door, s.Portal),
		UpdateClient(s.Door, s.Directory, s.Keeper), GrantAccess(s.Door, s.Directory, s.Keeper), RevokeAccess(s.Door, s.Keeper), RetryProvisioning(s.Door, s.Retrier),
		RemoveClient(s.Door, s.Directory, s.Keeper), EraseClient(s.Door, s.Keeper),
		ApproveProposal(s.Door, s.Inviter), RefuseProposal(s.Door, s.Inviter),
		PreviewInvite(s.Door, s.Inviter), ListActivity(s.Door, s.Chronicle), ExportActivity(s.Door, s.Chronicle),
		LeavePortal(s.Door, s.Account), EndAllSessions(s.Door, s.Codes), ExportMyData(s.Door, s.Account), EraseMe(s.Door, s.Account),
		ConnectInstance(s.Door, s.Connector), GetInstance(s.Door, s.Connector), UpdateInstance(s.Door, s.Connector), CheckInstance(s.Door, s.Connector),
		DisconnectInstance(s.Door, s.Connector), ConnectService(s.Door, s.Connector), GetService(s.Door, s.Connector), DisconnectService(s.Door, s.Connector),
		GetPortalInstance(s.Door, s.Instances), SetWorkflowState(s.Door, s.Instances),
		CreateAPIKey(s.Door, s.Keys), ListAPIKeys(s.Door, s.Keys), RevokeAPIKey(s.Door, s.Keys),
		SignUpAgency(s.Door, s.Codes, s.Agencies), GetAgency(s.Door, s.Office), UpdateBranding(s.Door, s.Office), UpdateLogo(s.Door, s.Office), DeleteAgency(s.Door, s.Office),
		ListMembers(s.Door, s.Office), AddMember(s.Door, s.Office), UpdateMember(s.Door, s.Office), RemoveMember(s.Door, s.Office),
		StartCheckout(s.Door, s.Reception, s.Cashier), ConfirmCheckout(s.Door, s.Cashier, s.Origin), GetContract(s.Door, s.Inviter), GetPortalContract(s.Door, s.Ledger),
		QuoteOrder(s.Door, s.Prices), OpenBillingPortal(s.Door, s.Cashier), OpenAgencyBilling(s.Door, s.Plans), StartPlanUpgrade(s.Door, s.Plans),
	}
}

// everywhere are the codes that any operation can answer with.
var everywhere = []fault.Code{fault.Malformed, fault.TooLarge, fault.RateLimited, fault.Internal, fault.Unavailable}

// Document is the OpenAPI 3.1 document of the API, as indented JSON. Methods and paths come from template.yaml, by the
// operation's id.
func Document(route func(operationID string) (method, path string, err error)) ([]byte, error) {
	a := huma.NewAPI(config(), &single{})
	doc := a.OpenAPI()
	doc.Info.Description = "Invite a client with one link; the client signs in with its email and stands in its portal. Lists are paged by an opaque cursor. Errors are RFC 9457 problems; their codes are a closed list."
	doc.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"session": {Type: "apiKey", In: "cookie", Name: cookie.Name, Description: "A browser's session, from signIn."},
		"apiKey":  {Type: "http", Scheme: "bearer", Description: "An agency's API key, lkk_…."},
	}
	for _, o := range Operations(Services{}) {
		method, path, err := route(o.ID)
		if err != nil {
			return nil, err
		}
		spec := o.spec
		spec.Method, spec.Path = method, path
		codes := o.codes
		if method != http.MethodGet {
			codes = append(codes[:len(codes):len(codes)], fault.CrossOrigin)
		}
		spec.Responses = problems(a, append(codes[:len(codes):len(codes)], everywhere...))
		spec.Security = security(o)
		o.register(a, spec)
		describeAccepted(o.ID, doc, path)
	}
	return doc.MarshalJSON()
}

// describeAccepted adds the answer for a mail that is still on its way, which operations with Prefer: wait share.
func describeAccepted(operationID string, doc *huma.OpenAPI, path string) {
	if operationID != "sendInvite" && operationID != "resendInvite" && operationID != "approveProposal" {
		return
	}
	responses := doc.Paths[path].Post.Responses
	for _, done := range []string{"200", "201"} {
		if r := responses[done]; r != nil {
			responses["202"] = &huma.Response{Description: "Accepted: the mail is on its way; poll Location", Content: r.Content, Headers: r.Headers}
		}
	}
}

// people are the operations, among those that take keys, that only a signed-in person may call.
var people = map[string]bool{"signUpAgency": true, "deleteAgency": true, "addMember": true, "updateMember": true, "removeMember": true,
	"openAgencyBilling": true, "startPlanUpgrade": true}

func security(o Operation) []map[string][]string {
	switch o.spec.Tags[0] {
	case tagInvites, tagClients, tagThings, tagActivity, tagAgency, tagMembers:
		if people[o.ID] {
			return []map[string][]string{{"session": {}}}
		}
		return []map[string][]string{{"session": {}}, {"apiKey": {}}}
	case tagPortal, tagKeys, tagAccount:
		return []map[string][]string{{"session": {}}}
	}
	if o.ID == "acceptInvitation" || o.ID == "startCheckout" || o.ID == "getSession" {
		return []map[string][]string{{"session": {}}}
	}
	return []map[string][]string{}
}

// problems describes the error answers, one per status, each with the codes that it may carry.
func problems(a huma.API, codes []fault.Code) map[string]*huma.Response {
	schema := a.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[problem.Problem](), true, "Problem")
	by := map[int][]string{}
	seen := map[fault.Code]bool{}
	for _, c := range codes {
		if !seen[c] {
			seen[c] = true
			by[c.Status()] = append(by[c.Status()], string(c))
		}
	}
	out := map[string]*huma.Response{}
	for status, names := range by {
		sort.Strings(names)
		out[strconv.Itoa(status)] = &huma.Response{
			Description: fmt.Sprintf("%s: %s", http.StatusText(status), strings.Join(names, ", ")),
			Content: map[string]*huma.MediaType{problem.MediaType: {Schema: schema,
				Example: problem.Of(fault.New(fault.Code(names[0]), "A sentence for a person that says what to do."))}},
		}
	}
	return out
}
