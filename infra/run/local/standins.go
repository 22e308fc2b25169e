package local

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"latchkey.dev/infra/run/engine/roundtrip"
	"latchkey.dev/infra/run/n8n"
	"latchkey.dev/infra/run/provisioner"
	asked "latchkey.dev/shared/adapter/provisionhook"
	"latchkey.dev/shared/domain/contract"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/usecase/provisioning"
)

// programPath is where the program is that sets up what clients buy.
const programPath = "/_local/provisioner"

// programSecret is what questions to it are signed with.
const programSecret = "the program and the product are one process"

// standIns sets up stand-ins for n8n, each labelled as one. Each takes a while, so that there is something to follow.
type standIns struct {
	origin string
	takes  time.Duration // to be there, and as long again to run
	now    func() time.Time
	tell   func(about asked.Data) // that something has changed

	mu      sync.Mutex
	started map[string]time.Time
}

// Start begins to set it up.
func (s *standIns) Start(t provisioner.Thing) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.started == nil {
		s.started = map[string]time.Time{}
	}
	s.started[t.Key] = s.now()
	if s.takes > 0 {
		for step := range time.Duration(2) {
			time.AfterFunc((step+1)*s.takes, func() { s.tell(t.Data) })
		}
	}
	return nil
}

// Look says how far it is.
func (s *standIns) Look(t provisioner.Thing) (stage provisioning.Stage, url, apiKey string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch since := s.now().Sub(s.started[t.Key]); {
	case since < s.takes:
		return provisioning.Making, "", ""
	case since < 2*s.takes:
		return provisioning.There, "", ""
	case t.Product != string(contract.Hosting): // there is no stand-in for WhatsApp, so nothing to open
		return provisioning.Running, "", ""
	}
	name := strings.ReplaceAll(strings.ToLower(t.Resource), "_", "-")
	return provisioning.Running, s.origin + standInPath + "/" + name, n8n.Key(name)
}

// Halt does nothing: a stand-in answers for ever.
func (s *standIns) Halt(provisioner.Thing, bool) error { return nil }

// tell sends the product a message of the program's, that it should ask about a thing. That it may be lost is no loss: the
// product asks by itself, a little later.
func (l *Local) tell(about asked.Data) {
	if l.ending.Load() { // there is nobody to hear it
		return
	}
	now := l.clock.Now()
	body, err := json.Marshal(asked.Message{Type: asked.Changed, Timestamp: now.UTC().Truncate(time.Second), Data: about})
	if err != nil {
		return
	}
	r, err := http.NewRequest(http.MethodPost, l.origin+"/provisioner/callback",
		bytes.NewReader(body)) //nolint:noctx // it ends with the process
	if err != nil {
		return
	}
	name := string(id.New[id.Event]("msg_", now))
	r.Header = http.Header{"Content-Type": {"application/json"}, "Webhook-Id": {name},
		"Webhook-Timestamp": {strconv.FormatInt(now.Unix(), 10)},
		"Webhook-Signature": {asked.Sign([]byte(programSecret), name, now, body)}}
	res, err := roundtrip.Transport(l.Host).RoundTrip(r)
	if err != nil {
		l.log.Info("the stand-in's message got lost", "error", err)
		return
	}
	res.Body.Close() //nolint:errcheck,gosec // nothing of it is wanted
}

// program carries questions to the program without the network.
func (l *Local) program() http.RoundTripper {
	return roundtrip.Transport(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l.Provisioner.ServeHTTP(w, r)
	}))
}
