// Package n8n talks to the n8n instances of agencies through their public API, version 1
// (https://docs.n8n.io/api/). It calls addresses that somebody typed in, so it goes through what judges them, see the
// package egress, and never goes where an answer tries to send it.
package n8n

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"latchkey.dev/shared/adapter/egress"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/instance"
)

// Bounds of what an instance may take and send.
const (
	patience = 5 * time.Second // for one request, from the look-up of its name to the end of its answer
	maxBody  = 1 << 20
	// n8n's list of workflows carries each of them whole, with all of its nodes, and offers no selection of fields.
	maxList = 8 << 20

	perPage = 100 // of workflows; n8n gives at most 250 (https://docs.n8n.io/api/pagination/)
	pages   = 3
	// Runs is how many of the last runs are read.
	Runs = 20
)

// Client calls n8n instances.
type Client struct {
	http *http.Client
}

// New makes a client whose requests go through the transport, which judges the addresses: [egress.Policy.Transport].
func New(through http.RoundTripper) *Client {
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{&http.Client{Transport: through, Timeout: patience, CheckRedirect: stay}}
}

// Check calls the instance and its API with the key. It returns a fault with code [fault.Unreachable], whose Reason says
// in plain words what was seen, and whose field is "apiKey" when the key is what is refused, else "url".
//
// It asks /healthz first, which needs no key (https://docs.n8n.io/hosting/logging-monitoring/monitoring/), so that an
// instance that is down is told from a key that is refused; a host that hides /healthz is not held against it. Then it
// asks for one workflow, which needs the key.
func (c *Client) Check(ctx context.Context, e instance.Endpoint) error {
	switch err := c.call(ctx, e, http.MethodGet, "/healthz", nil, maxBody, nil); {
	case err == nil:
	case err.status == http.StatusServiceUnavailable || err.status == http.StatusBadGateway || err.status == http.StatusGatewayTimeout ||
		err.status == 0:
		return err.fault()
	case err.status >= 300 && err.status < 400:
		return err.fault()
	}
	var list struct {
		Data *[]json.RawMessage `json:"data"`
	}
	if err := c.call(ctx, e, http.MethodGet, "/api/v1/workflows", url.Values{"limit": {"1"}}, maxList, &list); err != nil {
		return err.fault()
	}
	if list.Data == nil {
		return (&failure{status: http.StatusOK, reason: notN8N}).fault()
	}
	return nil
}

const notN8N = "what answers does not speak n8n's public API. Enter the address at which you open n8n"

// Workflows lists the instance's workflows as it orders them, and whether there are more than are read. Archived ones are
// left out. (GET /workflows, https://docs.n8n.io/api/api-reference/#tag/workflow/GET/workflows.) Faults:
// [fault.Unreachable].
func (c *Client) Workflows(ctx context.Context, e instance.Endpoint) ([]instance.Workflow, bool, error) {
	out := []instance.Workflow{}
	query := url.Values{"limit": {strconv.Itoa(perPage)}}
	for range pages {
		var page struct {
			Data       []workflow `json:"data"`
			NextCursor string     `json:"nextCursor"`
		}
		if err := c.call(ctx, e, http.MethodGet, "/api/v1/workflows", query, maxList, &page); err != nil {
			return nil, false, err.fault()
		}
		for _, w := range page.Data {
			if !w.IsArchived && w.ID != "" {
				out = append(out, w.value())
			}
		}
		if page.NextCursor == "" {
			return out, false, nil
		}
		query.Set("cursor", page.NextCursor)
	}
	return out, true, nil
}

// Workflow reads one workflow. Faults: [fault.NotFound], [fault.Unreachable].
func (c *Client) Workflow(ctx context.Context, e instance.Endpoint, id string) (instance.Workflow, error) {
	var w workflow
	if err := c.call(ctx, e, http.MethodGet, "/api/v1/workflows/"+url.PathEscape(id), nil, maxList, &w); err != nil {
		if err.status == http.StatusNotFound {
			return instance.Workflow{}, errNoWorkflow
		}
		return instance.Workflow{}, err.fault()
	}
	if string(w.ID) != id || w.IsArchived {
		return instance.Workflow{}, errNoWorkflow
	}
	return w.value(), nil
}

var errNoWorkflow = fault.New(fault.NotFound, "There is no such workflow. It may have been deleted in n8n a moment ago.")

// SetActive switches a workflow on or off and returns it as it is then. (POST /workflows/{id}/activate and /deactivate.)
// n8n refuses to switch on what nothing can start. Faults: [fault.NotFound], [fault.Unreachable].
func (c *Client) SetActive(ctx context.Context, e instance.Endpoint, id string, active bool) (instance.Workflow, error) {
	verb := "/deactivate"
	if active {
		verb = "/activate"
	}
	var w workflow
	if err := c.call(ctx, e, http.MethodPost, "/api/v1/workflows/"+url.PathEscape(id)+verb, nil, maxList, &w); err != nil {
		switch err.status {
		case http.StatusNotFound:
			return instance.Workflow{}, errNoWorkflow
		case http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusConflict:
			// About the workflow, and not about the connection: no field to mend.
			refusal := fault.New(fault.Unreachable, "This n8n does not let the workflow be switched. Usually a step of it lacks a "+
				"credential, or nothing in it can start it.")
			refusal.Reason = "n8n does not let this workflow be switched"
			return instance.Workflow{}, refusal
		}
		return instance.Workflow{}, err.fault()
	}
	return w.value(), nil
}

// LastRuns reads the newest runs, newest first, without any of their data. (GET /executions with includeData=false,
// https://docs.n8n.io/api/api-reference/#tag/execution/GET/executions.) Faults: [fault.Unreachable].
func (c *Client) LastRuns(ctx context.Context, e instance.Endpoint) ([]instance.Run, error) {
	var page struct {
		Data []struct {
			ID         text       `json:"id"`
			WorkflowID text       `json:"workflowId"`
			Status     string     `json:"status"`
			Finished   bool       `json:"finished"`
			StartedAt  *time.Time `json:"startedAt"`
			StoppedAt  *time.Time `json:"stoppedAt"`
		} `json:"data"`
	}
	if err := c.call(ctx, e, http.MethodGet, "/api/v1/executions", url.Values{"limit": {strconv.Itoa(Runs)}, "includeData": {"false"}},
		maxBody, &page); err != nil {
		return nil, err.fault()
	}
	out := []instance.Run{}
	for _, x := range page.Data {
		r := instance.Run{ID: string(x.ID), Workflow: string(x.WorkflowID), Status: instance.RunStatus(x.Status)}
		if x.StartedAt != nil {
			r.StartedAt = x.StartedAt.UTC()
		}
		if x.StoppedAt != nil {
			r.StoppedAt = x.StoppedAt.UTC()
		}
		switch r.Status {
		case instance.RunSucceeded, instance.RunFailed, instance.RunCrashed, instance.RunCanceled, instance.RunGoing, instance.RunWaiting,
			instance.RunNew:
		case "": // an n8n from before it told the status
			switch {
			case x.Finished:
				r.Status = instance.RunSucceeded
			case x.StoppedAt == nil:
				r.Status = instance.RunGoing
			default:
				r.Status = instance.RunFailed
			}
		default:
			r.Status = instance.RunUnknown
		}
		out = append(out, r)
	}
	return out, nil
}

// workflow is what is read of a workflow in n8n's answers.
type workflow struct {
	ID         text      `json:"id"`
	Name       string    `json:"name"`
	Active     bool      `json:"active"`
	IsArchived bool      `json:"isArchived"`
	UpdatedAt  time.Time `json:"updatedAt"`
}

func (w workflow) value() instance.Workflow {
	return instance.Workflow{ID: string(w.ID), Name: w.Name, Active: w.Active, UpdatedAt: w.UpdatedAt.UTC()}
}

// text is an id, which n8n has written as a number and as a string over the years.
type text string

// UnmarshalJSON takes both.
func (t *text) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) == nil {
		*t = text(s)
		return nil
	}
	var n json.Number
	if err := json.Unmarshal(b, &n); err != nil {
		return err
	}
	*t = text(n)
	return nil
}

// failure is a call that did not do what was asked.
type failure struct {
	status int    // of the answer; 0 for none
	reason string // in plain words, without a capital and a full stop
	key    bool   // whether the API key is what was refused
}

// fault is the failure as it is told.
func (f *failure) fault() error {
	e := fault.New(fault.Unreachable, "We couldn't reach this n8n: %s.", f.reason)
	if f.status != 0 {
		e.Message = "The address answers, but " + f.reason + "."
	}
	e.Reason = f.reason
	field := "url"
	if f.key {
		field = "apiKey"
	}
	e.Fields = []fault.Field{{Location: field, Message: e.Message}}
	return e
}

// call makes one request. What is asked for is never more than n8n's own paths, and what comes back never more than max
// bytes of JSON into out.
func (c *Client) call(ctx context.Context, e instance.Endpoint, method, path string, query url.Values, most int64, out any) *failure {
	u := e.URL + path
	if len(query) > 0 {
		u += "?" + query.Encode()
	}
	r, err := http.NewRequestWithContext(ctx, method, u, nil)
	if err != nil {
		return &failure{reason: "the address cannot be called"}
	}
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", "Latchkey")
	if path != "/healthz" {
		r.Header.Set("X-N8N-API-KEY", e.Key)
	}
	res, err := c.http.Do(r)
	if err != nil {
		return &failure{reason: why(err)}
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		_, _ = io.CopyN(io.Discard, res.Body, 16<<10) // so that the connection can be used again
		return refused(res)
	}
	if out == nil {
		_, _ = io.CopyN(io.Discard, res.Body, 16<<10)
		return nil
	}
	body := &io.LimitedReader{R: res.Body, N: most + 1}
	if err := json.NewDecoder(body).Decode(out); err != nil {
		switch {
		case body.N <= 0:
			return &failure{status: res.StatusCode, reason: "its answer is too long"}
		case isTimeout(err):
			return &failure{reason: why(err)}
		}
		return &failure{status: res.StatusCode, reason: notN8N}
	}
	return nil
}

// refused words an answer other than 200.
func refused(res *http.Response) *failure {
	f := &failure{status: res.StatusCode}
	switch s := res.StatusCode; {
	case s == http.StatusUnauthorized:
		f.key, f.reason = true, "it refuses the API key. It may be mistyped, expired or deleted; make a new one in n8n"
	case s == http.StatusForbidden:
		f.key, f.reason = true, "it does not let the API key do this. Make one that may list, read and update workflows and list executions"
	case s == http.StatusNotFound:
		f.reason = "there is no n8n API at this address. Enter the address at which you open n8n, and see that its public API is not " +
			"switched off"
	case s == http.StatusTooManyRequests:
		f.reason = "it asks us to slow down. Try again in a minute"
	case s >= 300 && s < 400:
		f.reason = "it sends us on to another address"
		if to, err := res.Location(); err == nil && to.Host != "" {
			f.reason += ", at " + to.Hostname() + ". Enter the address at which you end up in the browser"
		}
	case s >= 500:
		f.reason = fmt.Sprintf("it says that something is wrong on its side (HTTP %d)", s)
	default:
		f.reason = fmt.Sprintf("what it says is not what we asked for (HTTP %d)", s)
	}
	return f
}

// why words what kept a call from being answered.
func why(err error) string {
	var dns *net.DNSError
	var op *net.OpError
	var refusal *egress.Refusal
	switch {
	case errors.As(err, &refusal) && refusal.Cause == egress.Address:
		return "the address leads into a private network, which we do not call"
	case errors.As(err, &refusal) && refusal.Cause == egress.Scheme:
		return "its address does not begin with https://, and we call no other"
	case isTimeout(err):
		return "it does not answer in time"
	case errors.As(err, &dns):
		return "there is no host of this name"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing answers at this address"
	case isTLS(err):
		return "its certificate is not one that we can trust"
	case errors.As(err, &op) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return "the connection broke off"
	case strings.Contains(err.Error(), "HTTP response to HTTPS"):
		return "it does not speak https"
	}
	return "it cannot be called"
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &t) && t.Timeout()
}
