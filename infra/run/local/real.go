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

// realInstances sets up real n8ns for as long as there is room, and stand-ins for all else.
type realInstances struct {
	*standIns
	real *realn8n.Houses

	mu    sync.Mutex
	about map[string]asked.Data // the things that are real, by key
}

// openRealInstances puts real n8ns of the folder beside the stand-ins.
func openRealInstances(beside *standIns, dir string) (*realInstances, error) {
	s := &realInstances{standIns: beside, about: map[string]asked.Data{}}
	var err error
	s.real, err = realn8n.Open(dir, "", mostReal, func(name string) {
		s.mu.Lock()
		about, ok := s.about[name]
		s.mu.Unlock()
		if ok {
			beside.tell(about)
		}
	})
	return s, err
}

// isReal tells whether the thing is a real one.
func (s *realInstances) isReal(t provisioner.Thing) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.about[t.Key]
	return ok
}

// Start starts a real n8n, unless as many run as may: then a new one is a stand-in, and one that was real has to wait.
func (s *realInstances) Start(t provisioner.Thing) error {
	known := s.isReal(t)
	if t.Product != string(contract.Hosting) {
		return s.standIns.Start(t)
	}
	s.mu.Lock()
	s.about[t.Key] = t.Data
	s.mu.Unlock()
	err := s.real.Start(t.Key)
	if err == nil {
		return nil
	}
	if known {
		return errors.New("As many real n8n run on this machine as may.") //nolint:staticcheck,revive // people read it
	}
	s.mu.Lock()
	delete(s.about, t.Key)
	s.mu.Unlock()
	return s.standIns.Start(t)
}

// Look says how far it is.
func (s *realInstances) Look(t provisioner.Thing) (stage provisioning.Stage, url, apiKey string) {
	if !s.isReal(t) {
		return s.standIns.Look(t)
	}
	stands, at, key := s.real.Look(t.Key)
	switch stands {
	case realn8n.Running:
		return provisioning.Running, at, key
	case realn8n.Setup:
		return provisioning.There, "", ""
	case realn8n.Starting:
		return provisioning.Making, "", ""
	}
	if s.real.Start(t.Key) != nil { // it has ended by itself, or never came up
		return provisioning.Broken, "", ""
	}
	return provisioning.Making, "", ""
}

// Halt stops it.
func (s *realInstances) Halt(t provisioner.Thing, forget bool) error {
	if !s.isReal(t) {
		return s.standIns.Halt(t, forget)
	}
	if forget {
		s.mu.Lock()
		delete(s.about, t.Key)
		s.mu.Unlock()
	}
	return s.real.Halt(t.Key, forget)
}
