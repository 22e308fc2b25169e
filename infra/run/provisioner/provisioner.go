// Package provisioner is a program of an operator's own that makes what was paid for, as small as one can be: it answers the
// signed questions of shared/adapter/provisionhook and keeps a list of what it has made. The local run has it make stand-ins for n8n,
// or the real one; tests have it fail.
package provisioner

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"latchkey.dev/shared/adapter/provisionhook"
	"latchkey.dev/shared/usecase/provisioning"
)

// Thing is something that was asked for.
type Thing struct {
	provisionhook.Data
	Stage provisioning.Stage `json:"stage"`
	Made  int                `json:"made"` // how often it was made from nothing
	Since time.Time          `json:"since"`
	Asked int                `json:"asked"` // how often it was asked about
}

// Maker starts what people get.
type Maker interface {
	// Start begins to make the thing, or has it run again. It is called once for each time that it is made or resumed.
	Start(t Thing) error
	// Look says how far it is, and under which address and API key it is found.
	Look(t Thing) (stage provisioning.Stage, url, apiKey string)
	// Halt stops it and keeps what is in it; with forget nothing is kept.
	Halt(t Thing, forget bool) error
}

// Server answers questions.
type Server struct {
	Secret []byte
	Maker  Maker
	Now    func() time.Time

	mu     sync.Mutex
	things map[string]*Thing
	fault  func(verb string, t Thing) (reason string)
}

// Fail has f decide what is refused, with which reason; "" is none. A nil f ends that.
func (s *Server) Fail(f func(verb string, t Thing) string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = f
}

// Things are all that was ever asked for, oldest first.
func (s *Server) Things() []Thing {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Thing, 0, len(s.things))
	for _, t := range s.things {
		out = append(out, *t)
	}
	slices.SortFunc(out, func(a, b Thing) int { return cmp.Or(a.Since.Compare(b.Since), strings.Compare(a.Key, b.Key)) })
	return out
}

// ServeHTTP answers one question.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64<<10))
	var m provisionhook.Message
	switch {
	case err != nil:
		http.Error(w, "the body cannot be read", http.StatusBadRequest)
		return
	case r.Method != http.MethodPost || !provisionhook.Verify(s.Secret, r.Header, body, s.Now()):
		http.Error(w, "not signed", http.StatusUnauthorized)
		return
	case json.Unmarshal(body, &m) != nil || m.Data.Key == "":
		http.Error(w, "no question", http.StatusBadRequest)
		return
	}
	a, status := s.answer(strings.TrimPrefix(m.Type, "provision."), m.Data)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(a) //nolint:gosec // the key is what the product asks for
}

func (s *Server) answer(verb string, d provisionhook.Data) (provisionhook.Answer, int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.things == nil {
		s.things = map[string]*Thing{}
	}
	t := s.things[d.Key]
	if t == nil {
		t = &Thing{Data: d, Stage: provisioning.Gone, Since: s.Now()}
		s.things[d.Key] = t
	}
	t.Data = d
	t.Handle = "thing-" + d.Key
	t.Asked++
	if s.fault != nil {
		if reason := s.fault(verb, *t); reason != "" {
			return provisionhook.Answer{Reason: reason}, http.StatusUnprocessableEntity
		}
	}
	if err := s.do(verb, t); err != nil {
		return provisionhook.Answer{Reason: err.Error()}, http.StatusUnprocessableEntity
	}
	a := provisionhook.Answer{Stage: t.Stage, Handle: t.Handle}
	if t.Stage == provisioning.Making {
		a.Stage, a.URL, a.APIKey = s.Maker.Look(*t)
	}
	return a, http.StatusOK
}

// do brings the thing to what is asked for. A thing that is being made or runs is kept as Making: its Maker knows more.
func (s *Server) do(verb string, t *Thing) error {
	switch verb {
	case "look":
		return nil
	case "begin", "resume":
		if t.Stage == provisioning.Making || verb == "resume" && t.Stage == provisioning.Gone {
			return nil
		}
		fresh := *t
		if t.Stage == provisioning.Gone {
			fresh.Made++
		}
		if err := s.Maker.Start(fresh); err != nil {
			return err
		}
		t.Made, t.Stage = fresh.Made, provisioning.Making
		return nil
	case "suspend", "delete":
		to := provisioning.Halted
		if verb == "delete" {
			to = provisioning.Gone
		}
		if t.Stage == to || t.Stage == provisioning.Gone {
			return nil
		}
		if err := s.Maker.Halt(*t, verb == "delete"); err != nil {
			return err
		}
		t.Stage = to
		return nil
	}
	return fmt.Errorf("there is no question %q", verb)
}
