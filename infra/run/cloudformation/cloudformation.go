// Package cloudformation stands in for AWS CloudFormation and Secrets Manager, as far as the driver of that name asks them:
// behind their wire protocols, with stacks that go from state to state by the clock, or as a test says.
package cloudformation

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Account is an AWS account in one region.
type Account struct {
	// Takes is how long a change of a stack takes. Zero has stacks stay as they are until Set is called.
	Takes time.Duration
	Now   func() time.Time // needed with Takes
	// Complete gives a stack that is created its outputs. It may be nil.
	Complete func(*Stack)

	mu      sync.Mutex
	stacks  []*Stack // with those that were deleted
	tokens  map[string]bool
	secrets map[string]string
	calls   []string
	refuse  string
}

// Stack is one stack.
type Stack struct {
	Name, ID, Status string
	Parameters       [][2]string
	Outputs          [][2]string
	Tags             map[string]string
	Events           [][3]string // of newest to oldest: logical id, type, state
	Form             url.Values  // that it was created with

	since time.Time // of its state
}

// Parameter is the value of one of its parameters.
func (s *Stack) Parameter(name string) string {
	for _, p := range s.Parameters {
		if p[0] == name {
			return p[1]
		}
	}
	return ""
}

// Keep puts a secret into Secrets Manager; "" takes it away.
func (a *Account) Keep(name, value string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.secrets == nil {
		a.secrets = map[string]string{}
	}
	if a.secrets[name] = value; value == "" {
		delete(a.secrets, name)
	}
}

// Refuse answers every call of CloudFormation with an error's code; "" ends that.
func (a *Account) Refuse(code string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.refuse = code
}

// Calls are the actions that were asked for, in their order.
func (a *Account) Calls() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]string(nil), a.calls...)
}

// Stacks are all that were ever created, as they are now, oldest first.
func (a *Account) Stacks() []Stack {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.goOn()
	out := make([]Stack, len(a.stacks))
	for n, s := range a.stacks {
		out[n] = *s
	}
	return out
}

// goOn brings every stack to where the clock has it.
func (a *Account) goOn() {
	if a.Takes == 0 {
		return
	}
	for _, s := range a.stacks {
		if to, ok := strings.CutSuffix(s.Status, "_IN_PROGRESS"); ok && a.Now().Sub(s.since) >= a.Takes {
			if s.Status = to + "_COMPLETE"; to == "CREATE" && a.Complete != nil {
				a.Complete(s)
			}
		}
	}
}

// become has a stack be in a state from now on.
func (a *Account) become(s *Stack, status string) {
	if s.Status = status; a.Now != nil {
		s.since = a.Now()
	}
}

// live is the stack of a name that is not deleted; or any, by its id.
func (a *Account) live(name string) *Stack {
	for _, s := range a.stacks {
		if s.ID == name || s.Name == name && s.Status != "DELETE_COMPLETE" {
			return s
		}
	}
	return nil
}

// Set has the newest stack be in a state.
func (a *Account) Set(status string, change ...func(*Stack)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := a.stacks[len(a.stacks)-1]
	a.become(s, status)
	for _, f := range change {
		f(s)
	}
}

// ServeHTTP answers one call.
func (a *Account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	if !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 ") {
		a.fail(w, 403, "MissingAuthenticationToken", "not signed")
		return
	}
	if r.Header.Get("X-Amz-Target") == "secretsmanager.GetSecretValue" {
		var in struct{ SecretId string } //nolint:revive // AWS's name
		_ = json.Unmarshal(body, &in)
		value, ok := a.secrets[in.SecretId]
		if !ok {
			w.WriteHeader(http.StatusBadRequest)
			_ = json.NewEncoder(w).Encode(map[string]string{"__type": "ResourceNotFoundException"})
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]string{"SecretString": value})
		return
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		a.fail(w, 400, "MalformedQueryString", err.Error())
		return
	}
	do := form.Get("Action")
	a.calls = append(a.calls, do)
	if a.refuse != "" {
		a.fail(w, 400, a.refuse, "Rate exceeded")
		return
	}
	a.goOn()
	name := form.Get("StackName")
	s := a.live(name)
	if do != "CreateStack" && s == nil {
		if do == "DeleteStack" {
			a.answer(w, do, "")
			return
		}
		a.fail(w, 400, "ValidationError", "Stack with id "+name+" does not exist")
		return
	}
	switch do {
	case "CreateStack":
		token := form.Get("ClientRequestToken")
		switch {
		case s != nil:
			a.fail(w, 400, "AlreadyExistsException", "Stack ["+name+"] already exists")
			return
		case token != "" && a.tokens[token]:
			a.fail(w, 400, "TokenAlreadyExistsException", "the token was used")
			return
		}
		if a.tokens == nil {
			a.tokens = map[string]bool{}
		}
		a.tokens[token] = true
		s = &Stack{Name: name, ID: fmt.Sprintf("arn:aws:cloudformation:us-east-1:123456789012:stack/%s/%d", name, len(a.stacks)),
			Status: "CREATE_IN_PROGRESS", Tags: map[string]string{}, Form: form}
		for n := 1; form.Has(fmt.Sprintf("Tags.member.%d.Key", n)); n++ {
			s.Tags[form.Get(fmt.Sprintf("Tags.member.%d.Key", n))] = form.Get(fmt.Sprintf("Tags.member.%d.Value", n))
		}
		s.Parameters = given(form, nil)
		a.become(s, s.Status)
		a.stacks = append(a.stacks, s)
		a.answer(w, do, "<StackId>"+s.ID+"</StackId>")
	case "DescribeStacks":
		a.answer(w, do,
			"<Stacks><member><StackName>"+s.Name+"</StackName><StackId>"+s.ID+
				"</StackId><CreationTime>2026-03-01T10:00:00Z</CreationTime><StackStatus>"+s.Status+"</StackStatus>"+
				list("Parameters", "ParameterKey", "ParameterValue", s.Parameters)+list("Outputs", "OutputKey", "OutputValue", s.Outputs)+
				"</member></Stacks>")
	case "DescribeStackEvents":
		out := ""
		for n, e := range s.Events {
			out += fmt.Sprintf(`<member>
				<StackId>%s</StackId><StackName>%s</StackName><EventId>%d</EventId><Timestamp>2026-03-01T10:00:00Z</Timestamp>
				<LogicalResourceId>%s</LogicalResourceId><PhysicalResourceId>x</PhysicalResourceId><ResourceType>%s</ResourceType>
				<ResourceStatus>%s</ResourceStatus><ResourceStatusReason>account 123456789012 may not</ResourceStatusReason>
			</member>`, s.ID, s.Name, n, e[0], e[1], e[2])
		}
		a.answer(w, do, "<StackEvents>"+out+"</StackEvents>")
	case "UpdateStack":
		next := given(form, s.Parameters)
		if fmt.Sprint(next) == fmt.Sprint(s.Parameters) {
			a.fail(w, 400, "ValidationError", "No updates are to be performed.")
			return
		}
		if form.Get("UsePreviousTemplate") != "true" || !strings.HasSuffix(s.Status, "_COMPLETE") {
			a.fail(w, 400, "ValidationError", "Stack:"+s.ID+" is in "+s.Status+" state and can not be updated.")
			return
		}
		s.Parameters = next
		a.become(s, "UPDATE_IN_PROGRESS")
		a.answer(w, do, "<StackId>"+s.ID+"</StackId>")
	case "DeleteStack":
		a.become(s, "DELETE_IN_PROGRESS")
		a.answer(w, do, "")
	default:
		a.fail(w, 400, "InvalidAction", do)
	}
}

func given(form url.Values, before [][2]string) (out [][2]string) {
	for n := 1; form.Has(fmt.Sprintf("Parameters.member.%d.ParameterKey", n)); n++ {
		p := [2]string{form.Get(fmt.Sprintf("Parameters.member.%d.ParameterKey", n)),
			form.Get(fmt.Sprintf("Parameters.member.%d.ParameterValue", n))}
		if form.Get(fmt.Sprintf("Parameters.member.%d.UsePreviousValue", n)) == "true" {
			for _, b := range before {
				if b[0] == p[0] {
					p[1] = b[1]
				}
			}
		}
		out = append(out, p)
	}
	return out
}

func list(name, key, value string, all [][2]string) string {
	out := ""
	for _, p := range all {
		var b strings.Builder
		_ = xml.EscapeText(&b, []byte(p[1]))
		out += "<member><" + key + ">" + p[0] + "</" + key + "><" + value + ">" + b.String() + "</" + value + "></member>"
	}
	return "<" + name + ">" + out + "</" + name + ">"
}

func (a *Account) answer(w http.ResponseWriter, do, result string) {
	w.Header().Set("Content-Type", "text/xml")
	fmt.Fprintf(w, `<%[1]sResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/">
		<%[1]sResult>%[2]s</%[1]sResult>
		<ResponseMetadata><RequestId>1</RequestId></ResponseMetadata>
	</%[1]sResponse>`, do, result)
}

func (a *Account) fail(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, `<ErrorResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/">
		<Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error>
		<RequestId>1</RequestId>
	</ErrorResponse>`, code, message)
}
