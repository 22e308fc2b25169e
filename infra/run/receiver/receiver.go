// Package receiver stands in for programs that agencies have events sent to: it keeps what it takes, shows it, and answers what it is
// told to.
package receiver

import (
	"encoding/json"
	"html/template"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// most is how many events are kept, the newest.
const most = 500

// Taken is an event that came in.
type Taken struct {
	Name      string    `json:"name"` // of the program
	At        time.Time `json:"at"`
	ID        string    `json:"id"`
	Timestamp string    `json:"timestamp"`
	Signature string    `json:"signature"`
	Body      string    `json:"body"`
	Status    int       `json:"status"` // that it was answered with
}

// Answer is what a program answers.
type Answer struct {
	Status     int    `json:"status"`
	Body       string `json:"body,omitempty"`
	Location   string `json:"location,omitempty"`
	RetryAfter string `json:"retryAfter,omitempty"`
}

// Server is all programs, each below its name. Its zero value is not ready; use [New].
type Server struct {
	now func() time.Time

	mu      sync.Mutex
	taken   []Taken
	answers map[string]Answer
}

// New makes a Server.
func New(now func() time.Time) *Server { return &Server{now: now, answers: map[string]Answer{}} }

// Tell has a program answer so from now on.
func (s *Server) Tell(name string, a Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers[name] = a
}

// Taken lists what came in, oldest first, of one program, or of all for "".
func (s *Server) Taken(name string) []Taken {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []Taken{}
	for _, t := range s.taken {
		if name == "" || t.Name == name {
			out = append(out, t)
		}
	}
	return out
}

// ServeHTTP takes events at /NAME, is told at /NAME/answer what to answer, and shows what came in at / and, of one program, at /NAME.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, rest, _ := strings.Cut(strings.Trim(r.URL.Path, "/"), "/")
	switch {
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		s.show(w, r, name)
	case r.Method == http.MethodPost && rest == "answer":
		s.told(w, r, name)
	case r.Method == http.MethodPost && name != "" && rest == "":
		s.take(w, r, name)
	default:
		http.NotFound(w, r)
	}
}

func (s *Server) take(w http.ResponseWriter, r *http.Request, name string) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 64<<10))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	a, told := s.answers[name]
	if !told {
		a = Answer{Status: http.StatusOK, Body: "ok"}
	}
	s.taken = append(s.taken, Taken{Name: name, At: s.now(), ID: r.Header.Get("Webhook-Id"), Timestamp: r.Header.Get("Webhook-Timestamp"),
		Signature: r.Header.Get("Webhook-Signature"), Body: string(body), Status: a.Status})
	s.taken = slices.Clone(s.taken[max(0, len(s.taken)-most):])
	s.mu.Unlock()
	if a.Location != "" {
		w.Header().Set("Location", a.Location)
	}
	if a.RetryAfter != "" {
		w.Header().Set("Retry-After", a.RetryAfter)
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(a.Status)
	io.WriteString(w, a.Body) //nolint:errcheck,gosec // the caller has gone
}

// told takes an Answer as JSON, or a form's status.
func (s *Server) told(w http.ResponseWriter, r *http.Request, name string) {
	r.Body = http.MaxBytesReader(w, r.Body, 8<<10)
	var a Answer
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		err := json.NewDecoder(r.Body).Decode(&a)
		if err != nil || a.Status < 200 || a.Status > 599 {
			http.Error(w, `send {"status": 500}`, http.StatusBadRequest)
			return
		}
		s.Tell(name, a)
		return
	}
	for _, known := range ways {
		if r.FormValue("answer") == known.Name {
			a = known.Answer
		}
	}
	if a.Status == 0 {
		http.Error(w, "choose an answer", http.StatusBadRequest)
		return
	}
	s.Tell(name, a)
	http.Redirect(w, r, "/_local/hooks/"+name, http.StatusSeeOther)
}

// ways are the answers that a page offers.
var ways = []struct {
	Name   string
	Answer Answer
}{
	{"take them", Answer{Status: 200, Body: "ok"}}, {"fail", Answer{Status: 500, Body: "out of order"}},
	{"want no more", Answer{Status: 410}}, {"redirect", Answer{Status: 302, Location: "/_local/hooks/elsewhere"}},
	{"be busy for an hour", Answer{Status: 503, RetryAfter: "3600"}},
}

var page = template.Must(template.New("").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Events · Latchkey, local</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="stylesheet" href="/_local/style.css"></head>
<body><main>
<h1>{{if .Name}}{{.Name}}: a stand-in for a program{{else}}Events that programs have been sent{{end}}</h1>
<p>Any name below <code>{{.At}}/_local/hooks/</code> is a program that takes events. Add one in
<a href="/settings/webhooks">Settings, Webhooks</a>, such as <code>{{.At}}/_local/hooks/n8n</code>.</p>
{{if .Name}}<form method="post" action="/_local/hooks/{{.Name}}/answer"><p><label for="answer">It should</label>
<select id="answer" name="answer">{{range .Ways}}<option>{{.Name}}</option>{{end}}</select> <button>Do so</button></p></form>{{end}}
{{range .Taken}}<h2>{{.ID}}</h2>
<p><a href="/_local/hooks/{{.Name}}">{{.Name}}</a>, {{.At.Format "15:04:05"}}, answered {{.Status}}</p>
<pre>{{.Body}}</pre>{{else}}<p class="empty">Nothing has come yet. Events go out once a minute of the <a href="/_local/clock">clock</a>.</p>
{{end}}<p><a href="/_local/">Local run</a></p>
</main></body></html>`))

func (s *Server) show(w http.ResponseWriter, r *http.Request, name string) {
	taken := s.Taken(name)
	if strings.Contains(r.Header.Get("Accept"), "application/json") {
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(taken) //nolint:errcheck,errchkjson,gosec // the caller has gone
		return
	}
	slices.Reverse(taken)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	page.Execute(w, map[string]any{ //nolint:errcheck,gosec // the caller has gone
		"Name": name, "Taken": taken[:min(len(taken), 50)], "Ways": ways, "At": "http://" + r.Host})
}
