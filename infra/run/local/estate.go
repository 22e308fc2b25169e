package local

import (
	"errors"
	"sync"

	"latchkey.dev/infra/run/provisioner"
	"latchkey.dev/infra/run/realn8n"
	asked "latchkey.dev/shared/adapter/provisionhook"
	"latchkey.dev/shared/domain/contract"
	"latchkey.dev/shared/usecase/provisioning"
)

// mostReal is how many real n8ns run at once: each takes some 300 MB.
const mostReal = 3

// estate sets up real n8ns for as long as there is room, and stand-ins for all else.
type estate struct {
	*yard
	real *realn8n.Houses

	mu    sync.Mutex
	about map[string]asked.Data // the things that are real, by key
}

// openEstate puts real n8ns of the folder beside the stand-ins.
func openEstate(y *yard, dir string) (*estate, error) {
	e := &estate{yard: y, about: map[string]asked.Data{}}
	var err error
	e.real, err = realn8n.Open(dir, "", mostReal, func(name string) {
		e.mu.Lock()
		about, ok := e.about[name]
		e.mu.Unlock()
		if ok {
			y.tell(about)
		}
	})
	return e, err
}

func (e *estate) isReal(t provisioner.Thing) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	_, ok := e.about[t.Key]
	return ok
}

// Start starts a real n8n, unless as many run as may: then a new one is a stand-in, and one that was real has to wait.
func (e *estate) Start(t provisioner.Thing) error {
	known := e.isReal(t)
	if t.Product != string(contract.Hosting) {
		return e.yard.Start(t)
	}
	e.mu.Lock()
	e.about[t.Key] = t.Data
	e.mu.Unlock()
	err := e.real.Start(t.Key)
	if err == nil {
		return nil
	}
	if known {
		return errors.New("As many real n8n run on this machine as may.") //nolint:staticcheck,revive // people read it
	}
	e.mu.Lock()
	delete(e.about, t.Key)
	e.mu.Unlock()
	return e.yard.Start(t)
}

// Look says how far it is.
func (e *estate) Look(t provisioner.Thing) (stage provisioning.Stage, url, apiKey string) {
	if !e.isReal(t) {
		return e.yard.Look(t)
	}
	s, at, key := e.real.Look(t.Key)
	switch s {
	case realn8n.Running:
		return provisioning.Running, at, key
	case realn8n.Setup:
		return provisioning.There, "", ""
	case realn8n.Starting:
		return provisioning.Making, "", ""
	}
	if e.real.Start(t.Key) != nil { // it has ended by itself, or never came up
		return provisioning.Broken, "", ""
	}
	return provisioning.Making, "", ""
}

// Halt stops it.
func (e *estate) Halt(t provisioner.Thing, forget bool) error {
	if !e.isReal(t) {
		return e.yard.Halt(t, forget)
	}
	if forget {
		e.mu.Lock()
		delete(e.about, t.Key)
		e.mu.Unlock()
	}
	return e.real.Halt(t.Key, forget)
}
