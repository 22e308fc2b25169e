// Package n8n is a stand-in for n8n instances: it speaks the part of n8n's public API that the product calls, in memory,
// so that the embedded run shows workflows without an n8n, and so that tests have a far side that can be made to fail. It
// is no n8n: nothing ever runs, and its runs are made up from the clock. infra/run/realn8n drives the real one.
package n8n

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Server is any number of instances, below one path each: /NAME/healthz, /NAME/api/v1/…. An instance is there as soon
// as its name is asked for.
type Server struct {
	now func() time.Time

	mu  sync.Mutex
	all map[string]*standIn
}

// New makes a server that tells the time by now.
func New(now func() time.Time) *Server { return &Server{now: now, all: map[string]*standIn{}} }

// Key is the API key of the instance of that name.
func Key(name string) string { return "n8n-stand-in-key-of-" + name }

// Faults are what an instance can be made to do instead of answering.
var Faults = []string{"", "refuse", "forbid", "fail", "garbage", "redirect", "no-runs", "no-users", "flood"}

// most is how many instances there may be.
const most = 500

type standIn struct {
	name      string
	fault     string
	workflows []*workflow
	runs      []run // newest last
	nextRun   int
	users     map[string]bool // by address: whether they have chosen a password
}

type workflow struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Active    bool      `json:"active"`
	Archived  bool      `json:"isArchived"`
	CreatedAt time.Time `json:"createdAt"`
	UpdatedAt time.Time `json:"updatedAt"`
	Tags      []tag     `json:"tags"`
	Nodes     []any     `json:"nodes"`

	every   time.Duration // between two runs; 0 for one that nothing can start
	fails   int           // each so many-th run fails; 0 for none
	last    time.Time
	started int
}

type tag struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type run struct {
	ID         string     `json:"id"`
	Finished   bool       `json:"finished"`
	Mode       string     `json:"mode"`
	Status     string     `json:"status"`
	StartedAt  time.Time  `json:"startedAt"`
	StoppedAt  *time.Time `json:"stoppedAt"`
	WorkflowID string     `json:"workflowId"`
}

var names = regexp.MustCompile(`^[a-z0-9-]{1,60}$`)

// instance is the stand-in of that name, made when it is asked for the first time; nil for a name that cannot be.
func (s *Server) instance(name string) *standIn {
	if i := s.all[name]; i != nil {
		return i
	}
	if !names.MatchString(name) || len(s.all) >= most {
		return nil
	}
	i := &standIn{name: name, nextRun: 1001, users: map[string]bool{}}
	now := s.now().Truncate(time.Second)
	for n, w := range []struct {
		name   string
		on     bool
		every  time.Duration
		fails  int
		edited time.Duration
	}{
		{"New orders to the ledger", true, 17 * time.Minute, 9, 3 * 24 * time.Hour},
		{"Morning report by mail", true, 24 * time.Hour, 0, 26 * 24 * time.Hour},
		{"Support tickets to chat", true, 41 * time.Minute, 5, 5 * time.Hour},
		{"Invoice reminders", false, 12 * time.Hour, 0, 60 * 24 * time.Hour},
		{"Weekly backup of contacts", false, 7 * 24 * time.Hour, 0, 9 * 24 * time.Hour},
		{"Shared: format an address", false, 0, 0, 90 * 24 * time.Hour},
	} {
		f := &workflow{ID: fmt.Sprintf("%s%08d", strings.Map(letters, name+"standin")[:8], n+1), Name: w.name, Active: w.on,
			CreatedAt: now.Add(-100 * 24 * time.Hour),
			UpdatedAt: now.Add(-w.edited), Tags: []tag{{"1", "Production"}}, Nodes: []any{}, every: w.every, fails: w.fails}
		f.last = now.Add(-6 * w.every)
		i.workflows = append(i.workflows, f)
	}
	i.workflows = append(i.workflows,
		&workflow{ID: "archived00000001", Name: "Archived long ago", Archived: true, CreatedAt: now, UpdatedAt: now, Tags: []tag{},
			Nodes: []any{}})
	s.all[name] = i
	return i
}

func letters(r rune) rune {
	if r == '-' {
		return 'x'
	}
	return r
}

// advance makes up the runs that there would have been by now.
func (i *standIn) advance(now time.Time) {
	for _, w := range i.workflows {
		for w.Active && w.every > 0 && !now.Before(w.last.Add(w.every)) {
			w.last = w.last.Add(w.every)
			if now.Sub(w.last) > 40*w.every { // far behind: begin again
				w.last = now.Add(-3 * w.every)
			}
			i.start(w, w.last)
		}
	}
	slices.SortStableFunc(i.runs, func(a, b run) int { return a.StartedAt.Compare(b.StartedAt) })
	if len(i.runs) > 100 {
		i.runs = i.runs[len(i.runs)-100:]
	}
}

func (i *standIn) start(w *workflow, at time.Time) {
	w.started++
	r := run{ID: strconv.Itoa(i.nextRun), Finished: true, Mode: "trigger", Status: "success", StartedAt: at, WorkflowID: w.ID}
	if w.fails > 0 && w.started%w.fails == 0 {
		r.Finished, r.Status = false, "error"
	}
	over := at.Add(time.Duration(240+(i.nextRun*379)%4200) * time.Millisecond)
	r.StoppedAt = &over
	i.nextRun++
	i.runs = append(i.runs, r)
}

// ServeHTTP serves an instance's API, its page, and POST /NAME/fault, which makes it fail in one of the ways of Faults
// ({"fault": "fail"}, or a form's field).
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, path, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.instance(name)
	switch {
	case i == nil:
		http.NotFound(w, r)
	case path == "" && r.Method == http.MethodGet:
		i.page(w)
	case path == "signup" && r.Method == http.MethodGet:
		i.signUp(w, r)
	case path == "fault" && r.Method == http.MethodPost:
		i.setFault(w, r)
	case path == "healthz":
		if i.fault == "fail" {
			answer(w, http.StatusServiceUnavailable, map[string]string{"status": "error"})
			return
		}
		answer(w, http.StatusOK, map[string]string{"status": "ok"})
	case strings.HasPrefix(path, "api/v1/"):
		i.advance(s.now())
		i.api(w, r, strings.TrimPrefix(path, "api/v1/"), s.now())
	default:
		answer(w, http.StatusNotFound, message("not found"))
	}
}

func (i *standIn) setFault(w http.ResponseWriter, r *http.Request) {
	var in struct{ Fault string }
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<10)).Decode(&in); err != nil {
			http.Error(w, `send {"fault": "fail"}`, http.StatusBadRequest)
			return
		}
	} else {
		in.Fault = r.FormValue("fault")
	}
	if !slices.Contains(Faults, in.Fault) {
		http.Error(w, fmt.Sprintf("there is no fault %q; there are %q", in.Fault, Faults), http.StatusBadRequest)
		return
	}
	i.fault = in.Fault
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		answer(w, http.StatusOK, map[string]string{"fault": i.fault})
		return
	}
	http.Redirect(w, r, "./", http.StatusSeeOther)
}

func (i *standIn) api(w http.ResponseWriter, r *http.Request, path string, now time.Time) {
	switch {
	case i.fault == "garbage":
		fmt.Fprint(w, "<!doctype html><title>Welcome</title>")
		return
	case i.fault == "redirect":
		http.Redirect(w, r, "https://elsewhere.example/api/v1/"+path,
			http.StatusFound) //nolint:gosec // always the same host, which there is not
		return
	case i.fault == "fail":
		answer(w, http.StatusInternalServerError, message("Internal Server Error"))
		return
	case i.fault == "refuse" || r.Header.Get("X-N8N-API-KEY") != Key(i.name):
		answer(w, http.StatusUnauthorized, message("unauthorized"))
		return
	case i.fault == "flood": // many more workflows than were asked for, with nothing in most of them
		fmt.Fprint(w, `{"data":[{"id":"long","name":"`+strings.Repeat("long ", 20_000)+`"}`+strings.Repeat(`,{}`, 100_000)+`]}`)
		return
	case i.fault == "forbid", i.fault == "no-runs" && path == "executions", i.fault == "no-users" && strings.HasPrefix(path, "users"):
		answer(w, http.StatusForbidden, message("Forbidden"))
		return
	}
	parts := strings.Split(path, "/")
	switch {
	case r.Method == http.MethodGet && path == "workflows":
		page(w, r, i.workflows)
	case r.Method == http.MethodGet && path == "executions":
		newest := slices.Clone(i.runs)
		slices.Reverse(newest)
		page(w, r, newest)
	case r.Method == http.MethodGet && parts[0] == "executions" && len(parts) == 2:
		i.execution(w, parts[1])
	case r.Method == http.MethodGet && parts[0] == "users" && len(parts) == 2:
		chosen, known := i.users[strings.ToLower(parts[1])]
		if !known {
			answer(w, http.StatusNotFound, message("Could not find user with id: "+parts[1]))
			return
		}
		answer(w, http.StatusOK, map[string]any{"id": "user-of-" + parts[1], "email": parts[1], "isPending": !chosen})
	case r.Method == http.MethodPost && path == "users":
		i.invite(w, r)
	case parts[0] == "workflows" && (len(parts) == 2 && r.Method == http.MethodGet || len(parts) == 3 && r.Method == http.MethodPost):
		k := slices.IndexFunc(i.workflows, func(f *workflow) bool { return f.ID == parts[1] })
		if k < 0 {
			answer(w, http.StatusNotFound, message("Not Found"))
			return
		}
		f := i.workflows[k]
		if len(parts) == 3 {
			switch parts[2] {
			case "activate":
				if f.every == 0 {
					answer(w, http.StatusBadRequest, message(fmt.Sprintf("Workflow %q has no node to start the workflow - at least one "+
						"trigger, poller or webhook node is required", f.Name)))
					return
				}
				if !f.Active {
					f.Active, f.UpdatedAt, f.last = true, now, now
					i.start(f, now)
				}
			case "deactivate":
				if f.Active {
					f.Active, f.UpdatedAt = false, now
				}
			default:
				answer(w, http.StatusNotFound, message("not found"))
				return
			}
		}
		answer(w, http.StatusOK, f)
	default:
		answer(w, http.StatusNotFound, message("not found"))
	}
}

// execution answers a run with its data, in which a failed one says why.
func (i *standIn) execution(w http.ResponseWriter, id string) {
	k := slices.IndexFunc(i.runs, func(r run) bool { return r.ID == id })
	if k < 0 {
		answer(w, http.StatusNotFound, message("Not Found"))
		return
	}
	result := map[string]any{"runData": map[string]any{}, "lastNodeExecuted": "Post it"}
	if i.runs[k].Status == "error" {
		result["error"] = map[string]any{"message": "The service refused the connection - perhaps it is offline",
			"messages": []string{"connect ECONNREFUSED"}, "httpCode": "ECONNREFUSED", "level": "warning", "name": "NodeApiError",
			"context": map[string]any{"itemIndex": 0}, "node": map[string]any{"name": "Post it", "type": "n8n-nodes-base.httpRequest"}}
	}
	answer(w, http.StatusOK, struct {
		run
		Data any `json:"data"`
	}{i.runs[k], map[string]any{"resultData": result}})
}

// invite makes accounts of people who have no password yet. As in the community edition, nobody can be made an administrator.
func (i *standIn) invite(w http.ResponseWriter, r *http.Request) {
	var in []struct{ Email, Role string }
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 16<<10)).Decode(&in); err != nil || len(in) != 1 {
		answer(w, http.StatusBadRequest, message("request/body must be an array"))
		return
	}
	if in[0].Role != "global:member" {
		answer(w, http.StatusBadRequest, message("Cannot invite admin user without advanced permissions. Please upgrade to a license that "+
			"includes this feature."))
		return
	}
	if _, known := i.users[strings.ToLower(in[0].Email)]; known && in[0].Email != strings.ToLower(in[0].Email) {
		answer(w, http.StatusBadRequest, message("An error occurred during user creation")) // whom it keeps in lower case it does not find
		return
	}
	if _, known := i.users[strings.ToLower(in[0].Email)]; !known && len(i.users) < most {
		i.users[strings.ToLower(in[0].Email)] = false
	}
	// n8n knows its own address by its settings alone, and these are often left as they came.
	at := "http://localhost:5678/signup?inviterId=owner&inviteeId=" + url.QueryEscape(strings.ToLower(in[0].Email))
	answer(w, http.StatusCreated, []any{map[string]any{"error": "", "user": map[string]any{"id": "user-of-" + in[0].Email,
		"email": in[0].Email, "role": in[0].Role, "inviteAcceptUrl": at, "emailSent": false}}})
}

// signUp stands for the page on which an invited person chooses a password: whoever comes has chosen one.
func (i *standIn) signUp(w http.ResponseWriter, r *http.Request) {
	who := r.URL.Query().Get("inviteeId")
	if _, known := i.users[who]; !known {
		http.Error(w, "nobody of this name is invited", http.StatusNotFound)
		return
	}
	i.users[who] = true
	fmt.Fprintln(w, "This stands for n8n's page on which you choose a password. You have an account now.")
}

// page answers a page of a list, with the offset as its cursor.
func page[T any](w http.ResponseWriter, r *http.Request, all []T) {
	limit, err := strconv.Atoi(r.URL.Query().Get("limit"))
	if err != nil || limit <= 0 || limit > 250 {
		limit = 100
	}
	from, err := strconv.Atoi(r.URL.Query().Get("cursor"))
	if err != nil || from < 0 || from > len(all) {
		from = 0
	}
	to := min(from+limit, len(all))
	out := struct {
		Data       []T     `json:"data"`
		NextCursor *string `json:"nextCursor"`
	}{Data: append([]T{}, all[from:to]...)}
	if to < len(all) {
		next := strconv.Itoa(to)
		out.NextCursor = &next
	}
	answer(w, http.StatusOK, out)
}

func message(text string) map[string]string { return map[string]string{"message": text} }

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
