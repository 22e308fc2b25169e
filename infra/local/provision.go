package local

import (
	"net/http"
	"strings"
	"sync"
	"time"

	"latchkey.dev/infra/engine/wire"
	"latchkey.dev/infra/n8n"
	"latchkey.dev/infra/provisioner"
	"latchkey.dev/shared/contract"
	"latchkey.dev/shared/provisioning"
)

// programPath is where the program is that sets up what clients buy.
const programPath = "/_local/provisioner"

// programSecret is what questions to it are signed with.
const programSecret = "the program and the product are one process"

// yard sets up stand-ins for n8n, each labelled as one. Each takes a while, so that there is something to follow.
type yard struct {
	origin string
	takes  time.Duration // to be there, and as long again to run
	now    func() time.Time

	mu      sync.Mutex
	started map[string]time.Time
}

func (y *yard) Start(t provisioner.Thing) error {
	y.mu.Lock()
	defer y.mu.Unlock()
	if y.started == nil {
		y.started = map[string]time.Time{}
	}
	y.started[t.Key] = y.now()
	return nil
}

func (y *yard) Look(t provisioner.Thing) (stage provisioning.Stage, url, apiKey string) {
	y.mu.Lock()
	defer y.mu.Unlock()
	switch since := y.now().Sub(y.started[t.Key]); {
	case since < y.takes:
		return provisioning.Making, "", ""
	case since < 2*y.takes:
		return provisioning.There, "", ""
	case t.Product != string(contract.Hosting): // there is no stand-in for WhatsApp, so nothing to open
		return provisioning.Running, "", ""
	}
	name := strings.ReplaceAll(strings.ToLower(t.Resource), "_", "-")
	return provisioning.Running, y.origin + standIns + "/" + name, n8n.Key(name)
}

func (y *yard) Halt(provisioner.Thing, bool) error { return nil }

// program carries questions to the program without the network.
func (l *Local) program() http.RoundTripper {
	return wire.Transport(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { l.Provisioner.ServeHTTP(w, r) }))
}
