// Package n8n talks to the n8n instances of agencies through their public API, version 1
// (https://docs.n8n.io/api/). It calls addresses that somebody typed in, so it goes through what judges them, see the
// package egress, and never goes where an answer tries to send it.
package n8n

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"latchkey.dev/shared/adapter/egress"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/words"
)

// Bounds of what an instance may take and send.
const (
	patience = 5 * time.Second // for one request, from the look-up of its name to the end of its answer
	maxBody  = 4 << 20
	// n8n's list of workflows carries each of them whole, with all of its nodes, and offers no selection of fields. What
	// is not asked for is read past and not kept, so that these bound time and traffic; what is kept is bounded by itself.
	maxList  = 48 << 20 // of one page
	maxEntry = 16 << 20 // of one workflow in it

	perPage = 100 // of workflows; n8n gives at most 250 (https://docs.n8n.io/api/pagination/)
	pages   = 3
	maxSeen = 2000 // entries of a list that are looked at, those that are left out among them
	// Runs is how many of the last runs are read.
	Runs = 20
	// Flows is how many workflows are read.
	Flows = perPage * pages

	maxID      = 64  // bytes
	maxName    = 800 // bytes; two hundred characters of any script
	maxCursor  = 2000
	maxHost    = 253  // bytes of a host's name (RFC 1035 section 2.3.4)
	maxMessage = 1200 // bytes of what went wrong, of which instance.MaxMessage characters are kept

	explained = 5 // of the newest failed runs: how many are asked for their reason
	// explaining is how long those together may take: what they say is worth less than a page that comes.
	explaining = 2 * time.Second
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
	if f := c.check(ctx, e); f != nil {
		return f.fault()
	}
	return nil
}

// Find tries the key at each of the places, which are all of one host, until one is an n8n, and returns that. The fault is
// of the first place, as of Check, when none is; where the host is down or the key is refused, the others are not tried.
func (c *Client) Find(ctx context.Context, places []string, key string) (string, error) {
	var first *failure
	for _, at := range places {
		f := c.check(ctx, instance.Endpoint{URL: at, Key: key})
		if f == nil {
			return at, nil
		}
		if first == nil {
			first = f
		}
		elsewhere := f.status == http.StatusOK || f.status == http.StatusNotFound || f.status >= 300 && f.status < 400
		if !elsewhere || f.key {
			break
		}
	}
	if first == nil {
		first = &failure{reason: words.Say("n8n.address")}
	}
	return "", first.fault()
}

func (c *Client) check(ctx context.Context, e instance.Endpoint) *failure {
	switch err := c.call(ctx, e, http.MethodGet, "/healthz", nil, nil, maxBody, nil); {
	case err == nil:
	case err.status == http.StatusServiceUnavailable || err.status == http.StatusBadGateway || err.status == http.StatusGatewayTimeout ||
		err.status == 0:
		return err
	case err.status >= 300 && err.status < 400:
		return err
	}
	// Nothing but the beginning of the list is read: how long its entry is does not matter.
	found := false
	err := c.list(ctx, e, url.Values{"limit": {"1"}}, maxBody, func(s *scanner) error {
		return s.object(func(key string) error {
			if key != "data" {
				return s.skip()
			}
			c, err := s.peek()
			if found = c == '['; err != nil || !found {
				return errors.Join(err, errSyntax)
			}
			return errEnough
		})
	})
	if err != nil {
		return err
	}
	if !found {
		return &failure{status: http.StatusOK, reason: notN8N()}
	}
	return nil
}

func notN8N() string { return words.Say("n8n.not_n8n") }

// errEnough ends the reading of an answer of which nothing more is needed.
var errEnough = errors.New("n8n: enough")

// Workflows lists the instance's workflows as it orders them, at most Flows, and says whether there are more than are
// read. Archived ones are left out. (GET /workflows, https://docs.n8n.io/api/api-reference/#tag/workflow/GET/workflows.)
// Faults: [fault.Unreachable].
func (c *Client) Workflows(ctx context.Context, e instance.Endpoint) ([]instance.Workflow, bool, error) {
	out := []instance.Workflow{}
	query := url.Values{"limit": {strconv.Itoa(perPage)}}
	had := map[string]bool{} // n8n may have moved one to another page meanwhile, or give the same page for every cursor
	for seen, n := 0, 0; n < pages; n++ {
		cursor, more, listed := "", false, false
		err := c.list(ctx, e, query, maxList, func(s *scanner) error {
			return s.object(func(key string) (err error) {
				switch key {
				case "nextCursor":
					cursor, err = s.text(maxCursor)
					return err
				case "data":
					if c, err := s.peek(); err != nil || c != '[' {
						return errors.Join(err, errSyntax)
					}
					listed = true
					return s.array(func() error {
						if seen++; len(out) >= Flows || seen > maxSeen {
							more = true
							return errEnough
						}
						w, err := s.workflow()
						if errors.Is(err, errLong) { // this one, or all of them: the rest is not worth the wait
							more = true
							return errEnough
						}
						if err == nil && w.ID != "" && !w.archived && !had[w.ID] {
							had[w.ID] = true
							out = append(out, w.Workflow)
						}
						return err
					})
				}
				return s.skip()
			})
		})
		switch {
		case err != nil && len(out) > 0 && (n > 0 || err.status == 0):
			return out, true, nil // a later page, or no more in time: what there is is better than nothing
		case err != nil:
			return nil, false, err.fault()
		case !listed:
			return nil, false, (&failure{status: http.StatusOK, reason: notN8N()}).fault()
		case more:
			return out, true, nil
		case cursor == "":
			return out, false, nil
		case cursor == query.Get("cursor"):
			return out, true, nil
		}
		query.Set("cursor", cursor)
	}
	return out, true, nil
}

// list asks for a page of workflows, without the test data that people pin to them, which can be megabytes. An n8n from
// before it could leave that out refuses the question for the parameter, and is asked without it.
func (c *Client) list(
	ctx context.Context, e instance.Endpoint, query url.Values, most int64, read func(*scanner) error,
) *failure {
	lean := maps.Clone(query)
	lean.Set("excludePinnedData", "true")
	err := c.call(ctx, e, http.MethodGet, "/api/v1/workflows", lean, nil, most, read)
	if err != nil && err.status == http.StatusBadRequest {
		err = c.call(ctx, e, http.MethodGet, "/api/v1/workflows", query, nil, most, read)
	}
	return err
}

// Workflow reads one workflow. Faults: [fault.NotFound], [fault.Unreachable].
func (c *Client) Workflow(ctx context.Context, e instance.Endpoint, id string) (instance.Workflow, error) {
	var w workflow
	read := func(s *scanner) (err error) {
		w, err = s.workflow()
		return err
	}
	path := "/api/v1/workflows/" + url.PathEscape(id)
	err := c.call(ctx, e, http.MethodGet, path, url.Values{"excludePinnedData": {"true"}}, nil, maxEntry, read)
	if err != nil && err.status == http.StatusBadRequest {
		err = c.call(ctx, e, http.MethodGet, path, nil, nil, maxEntry, read)
	}
	if err != nil {
		if err.status == http.StatusNotFound {
			return instance.Workflow{}, errNoWorkflow
		}
		return instance.Workflow{}, err.fault()
	}
	if w.ID != id || w.archived {
		return instance.Workflow{}, errNoWorkflow
	}
	return w.Workflow, nil
}

var errNoWorkflow = fault.New(fault.NotFound, "errors.there_is_no_such_workflow_it")

// SetActive switches a workflow on or off and returns it as it is then. (POST /workflows/{id}/activate and /deactivate.)
// n8n refuses to switch on what nothing can start. Faults: [fault.NotFound], [fault.Unreachable].
func (c *Client) SetActive(ctx context.Context, e instance.Endpoint, id string, active bool) (instance.Workflow, error) {
	verb := "/deactivate"
	if active {
		verb = "/activate"
	}
	var w workflow
	read := func(s *scanner) (err error) {
		w, err = s.workflow()
		return err
	}
	if err := c.call(ctx, e, http.MethodPost, "/api/v1/workflows/"+url.PathEscape(id)+verb, nil, nil, maxEntry, read); err != nil {
		switch err.status {
		case http.StatusNotFound:
			return instance.Workflow{}, errNoWorkflow
		case http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusConflict:
			// About the workflow, and not about the connection: no field to mend.
			refusal := fault.New(fault.Unreachable, "errors.this_n8n_does_not_let_the")
			_ = refusal.Because(words.PhraseOf("n8n.no_switch")) //nolint:errcheck // it is the refusal
			return instance.Workflow{}, refusal
		}
		return instance.Workflow{}, err.fault()
	}
	switch {
	case w.ID != id:
		return instance.Workflow{}, (&failure{status: http.StatusOK, reason: notN8N()}).fault()
	case w.Active != active:
		return instance.Workflow{}, (&failure{status: http.StatusOK, reason: words.Say("n8n.as_it_was")}).fault()
	}
	return w.Workflow, nil
}

// LastRuns reads the newest runs, newest first, and of the newest failed ones what failed and where. (GET /executions with
// includeData=false, https://docs.n8n.io/api/api-reference/#tag/execution/GET/executions.) Faults: [fault.Unreachable].
func (c *Client) LastRuns(ctx context.Context, e instance.Endpoint) ([]instance.Run, error) {
	out := []instance.Run{}
	listed := false
	err := c.call(ctx, e, http.MethodGet, "/api/v1/executions",
		url.Values{"limit": {strconv.Itoa(Runs)}, "includeData": {"false"}}, nil, maxList, func(s *scanner) error {
			return s.object(func(key string) error {
				if key != "data" {
					return s.skip()
				}
				if c, err := s.peek(); err != nil || c != '[' {
					return errors.Join(err, errSyntax)
				}
				listed = true
				return s.array(func() error {
					if len(out) >= Runs {
						return errEnough
					}
					r, err := s.run()
					if err == nil && r.ID != "" {
						out = append(out, r)
					}
					return err
				})
			})
		})
	switch {
	case err != nil && len(out) == 0:
		return nil, err.fault()
	case !listed:
		return nil, (&failure{status: http.StatusOK, reason: notN8N()}).fault()
	}
	c.explain(ctx, e, out)
	return out, nil
}

// explain finds out why the newest failed runs failed. What cannot be found out stays unsaid.
func (c *Client) explain(ctx context.Context, e instance.Endpoint, runs []instance.Run) {
	ctx, cancel := context.WithTimeout(ctx, explaining)
	defer cancel()
	var all sync.WaitGroup
	defer all.Wait()
	n := 0
	for i := range runs {
		r := &runs[i]
		if r.Status != instance.RunFailed && r.Status != instance.RunCrashed {
			continue
		}
		if n++; n > explained {
			return
		}
		all.Go(func() {
			var f reason
			// A run carries all that its nodes have handed on; nothing of that is kept.
			err := c.call(ctx, e, http.MethodGet, "/api/v1/executions/"+url.PathEscape(r.ID), url.Values{"includeData": {"true"}}, nil,
				maxEntry, func(s *scanner) error { return s.within(&f, "data", "resultData") })
			if err == nil || f.message != "" {
				r.Failure = instance.FailureOf(f.message, cmp.Or(f.node, f.last))
			}
		})
	}
}

// reason is why a run failed.
type reason struct{ message, node, last string }

// within reads the reason in the object that the path leads to: {"error": {"message", "node": {"name"}}, "lastNodeExecuted"}.
func (s *scanner) within(f *reason, path ...string) error {
	return s.object(func(key string) (err error) {
		switch {
		case len(path) > 0 && key == path[0]:
			return s.within(f, path[1:]...)
		case len(path) > 0:
		case key == "lastNodeExecuted":
			f.last, err = s.text(maxName)
			return err
		case key == "error":
			return s.object(func(key string) (err error) {
				switch key {
				case "message":
					f.message, err = s.text(maxMessage)
					return err
				case "node":
					return s.object(func(key string) (err error) {
						if key != "name" {
							return s.skip()
						}
						f.node, err = s.text(maxName)
						return err
					})
				}
				return s.skip()
			})
		}
		return s.skip()
	})
}

// run reads one run of a list.
func (s *scanner) run() (instance.Run, error) {
	var r instance.Run
	finished, stopped := false, ""
	err := s.object(func(key string) (err error) {
		var v string
		switch key {
		case "id":
			r.ID, err = s.text(maxID)
		case "workflowId":
			r.Workflow, err = s.text(maxID)
		case "status":
			v, err = s.text(maxID)
			r.Status = instance.RunStatus(v)
		case "finished":
			finished, err = s.truth()
		case "startedAt":
			v, err = s.text(maxID)
			r.StartedAt = moment(v)
		case "stoppedAt":
			stopped, err = s.text(maxID)
			r.StoppedAt = moment(stopped)
		default:
			err = s.skip()
		}
		return err
	})
	switch r.Status {
	case instance.RunSucceeded, instance.RunFailed, instance.RunCrashed, instance.RunCanceled, instance.RunGoing, instance.RunWaiting,
		instance.RunNew:
	case "": // an n8n from before it told the status
		switch {
		case finished:
			r.Status = instance.RunSucceeded
		case stopped == "":
			r.Status = instance.RunGoing
		default:
			r.Status = instance.RunFailed
		}
	default:
		r.Status = instance.RunUnknown
	}
	return r, err
}

// moment reads a time; zero for what is none.
func moment(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// workflow is what is read of a workflow in n8n's answers.
type workflow struct {
	instance.Workflow
	archived bool
}

// workflow reads one workflow, at most maxEntry bytes of it. Ids are numbers or strings, as n8n has written them over the
// years.
func (s *scanner) workflow() (workflow, error) {
	var w workflow
	if most := int64(maxEntry); s.left > most {
		rest := s.left - most
		s.left = most
		defer func() { s.left += rest }()
	}
	err := s.object(func(key string) (err error) {
		var v string
		switch key {
		case "id":
			w.ID, err = s.text(maxID)
		case "name":
			v, err = s.text(maxName)
			w.Name = instance.Shown(v, instance.MaxFlowName)
		case "active":
			w.Active, err = s.truth()
		case "isArchived":
			w.archived, err = s.truth()
		case "updatedAt":
			v, err = s.text(maxID)
			w.UpdatedAt = moment(v)
		default:
			err = s.skip()
		}
		return err
	})
	return w, err
}

// failure is a call that did not do what was asked.
type failure struct {
	status int    // of the answer; 0 for none
	reason string // in plain words, without a capital and a full stop
	key    bool   // whether the API key is what was refused
}

// fault is the failure as it is told.
func (f *failure) fault() error {
	e := fault.New(fault.Unreachable, "errors.we_couldnt_reach_this_n8n", "reason", f.reason)
	if f.status != 0 {
		e.Message = words.Say("n8n.answers_but", "reason", f.reason)
	}
	e.Reason = f.reason
	field := "url"
	if f.key {
		field = "apiKey"
	}
	e.Fields = []fault.Field{{Location: field, Message: e.Message}}
	return e
}

// call makes one request, with a body that is not nil as JSON. What is asked for is never more than n8n's own paths, and
// read is given at most so many bytes of what comes back.
func (c *Client) call(
	ctx context.Context, e instance.Endpoint, method, path string, query url.Values, body any, most int64, read func(*scanner) error,
) *failure {
	u := e.URL + path
	if len(query) > 0 {
		u += "?" + query.Encode()
	}
	var sent io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return &failure{reason: words.Say("n8n.unwritable")}
		}
		sent = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(ctx, method, u, sent)
	if err != nil {
		return &failure{reason: words.Say("n8n.address")}
	}
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", "Latchkey")
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if path != "/healthz" {
		r.Header.Set("X-N8N-API-KEY", e.Key)
	}
	res, err := c.http.Do(r)
	if err != nil {
		return &failure{reason: why(err)}
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK && res.StatusCode != http.StatusCreated {
		_, _ = io.CopyN(io.Discard, res.Body, 16<<10) // so that the connection can be used again
		return refused(res)
	}
	if read == nil {
		_, _ = io.CopyN(io.Discard, res.Body, 16<<10)
		return nil
	}
	switch err := read(newScanner(res.Body, most)); {
	case err == nil || errors.Is(err, errEnough):
		return nil
	case errors.Is(err, errLong):
		return &failure{status: res.StatusCode, reason: words.Say("n8n.too_long")}
	case errors.Is(err, errSyntax) || errors.Is(err, io.ErrUnexpectedEOF):
		return &failure{status: res.StatusCode, reason: notN8N()}
	default:
		return &failure{reason: why(err)}
	}
}

// refused words an answer other than 200.
func refused(res *http.Response) *failure {
	f := &failure{status: res.StatusCode}
	switch s := res.StatusCode; {
	case s == http.StatusUnauthorized:
		f.key, f.reason = true, words.Say("n8n.bad_key")
	case s == http.StatusForbidden:
		f.key, f.reason = true, words.Say("n8n.weak_key")
	case s == http.StatusNotFound:
		f.reason = words.Say("n8n.no_api")
	case s == http.StatusTooManyRequests:
		f.reason = words.Say("n8n.too_often")
	case s >= 300 && s < 400:
		f.reason = words.Say("n8n.elsewhere")
		if to, err := res.Location(); err == nil && to.Hostname() != "" && len(to.Hostname()) <= maxHost {
			f.reason = words.Say("n8n.elsewhere_at", "host", to.Hostname())
		}
	case s >= 500:
		f.reason = words.Say("n8n.its_fault", "status", s)
	default:
		f.reason = words.Say("n8n.unexpected", "status", s)
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
		return words.Say("n8n.private")
	case errors.As(err, &refusal) && refusal.Cause == egress.Scheme:
		return words.Say("n8n.not_https")
	case isTimeout(err):
		return words.Say("n8n.in_time")
	case errors.As(err, &dns):
		return words.Say("n8n.no_host")
	case errors.Is(err, syscall.ECONNREFUSED):
		return words.Say("n8n.nothing")
	case isTLS(err):
		return words.Say("n8n.certificate")
	case errors.As(err, &op) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return words.Say("n8n.broke_off")
	case strings.Contains(err.Error(), "HTTP response to HTTPS"):
		return words.Say("n8n.no_tls")
	}
	return words.Say("n8n.cannot_be_called")
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &t) && t.Timeout()
}
