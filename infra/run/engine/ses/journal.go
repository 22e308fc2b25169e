package ses

import (
	"fmt"

	"github.com/go-json-experiment/json"
)

// compactFloor is the journal's size in bytes under which it is not worth compacting.
const compactFloor = 8 << 20

// The kinds of change. One without its value says that the thing of that name is gone.
const (
	opIdentity   = "identity"
	opSet        = "set"
	opSuppressed = "suppressed"
	opTenant     = "tenant"
	opAccount    = "account"
	opMail       = "mail"      // a mail in the mailbox, with the events that are still to be published
	opPublished  = "published" // the events of the mail of that name are out
	opClearMails = "clear"
)

// change is one record of the journal. It says what is, so that replaying one twice changes nothing.
type change struct {
	Op         string                 `json:"o"`
	Name       string                 `json:"n,omitzero"`
	Identity   *identity              `json:"identity,omitzero"`
	Set        *configurationSet      `json:"set,omitzero"`
	Suppressed *suppressedDestination `json:"suppressed,omitzero"`
	Tenant     *tenant                `json:"tenant,omitzero"`
	Account    *account               `json:"account,omitzero"`
	Mail       *Mail                  `json:"mail,omitzero"`
	Events     []outgoing             `json:"events,omitempty"`
}

// unlockAndKeep gives the change its place in the journal, unlocks the engine and waits until it is kept. The caller
// holds the lock, and has made the change.
func (e *Engine) unlockAndKeep(c change) error {
	if e.journal == nil {
		e.mu.Unlock()
		return nil
	}
	record, err := json.Marshal(c)
	if err != nil {
		e.mu.Unlock()
		return fmt.Errorf("ses: encoding a record: %w", err)
	}
	ticket := e.journal.Enqueue(record)
	e.compactIfGrown()
	e.mu.Unlock()
	return ticket.Wait()
}

// compactIfGrown starts a compaction when the journal has doubled since the last. The caller holds the lock.
func (e *Engine) compactIfGrown() {
	if e.journal.Size() < e.compactAt || e.isClosed() {
		return
	}
	e.compactAt = 1 << 62 // until this one is done
	e.background.Go(func() {
		// A compaction that fails leaves the journal as it was, only longer.
		_ = e.journal.Compact(e.snapshot) //nolint:errcheck // see above
		e.mu.Lock()
		defer e.mu.Unlock()
		e.compactAt = max(compactFloor, 2*e.journal.Size())
	})
}

// snapshot emits everything that is. Encoding happens under the lock, writing outside; the mailbox is bounded.
func (e *Engine) snapshot(emit func([]byte) error) error {
	records, err := e.records()
	if err != nil {
		return err
	}
	for _, record := range records {
		if err := emit(record); err != nil {
			return err
		}
	}
	return nil
}

func (e *Engine) records() ([][]byte, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := []change{{Op: opAccount, Account: &e.account}}
	for name, v := range e.identities {
		all = append(all, change{Op: opIdentity, Name: name, Identity: v})
	}
	for name, v := range e.sets {
		all = append(all, change{Op: opSet, Name: name, Set: v})
	}
	for name, v := range e.suppressed {
		all = append(all, change{Op: opSuppressed, Name: name, Suppressed: v})
	}
	for name, v := range e.tenants {
		all = append(all, change{Op: opTenant, Name: name, Tenant: v})
	}
	for _, m := range e.box.mails {
		all = append(all, change{Op: opMail, Name: m.ID, Mail: m, Events: e.pending[m.ID]})
	}
	records := make([][]byte, len(all))
	for i := range all {
		record, err := json.Marshal(all[i])
		if err != nil {
			return nil, fmt.Errorf("ses: encoding a record: %w", err)
		}
		records[i] = record
	}
	return records, nil
}

// replay applies one record of the journal.
func (e *Engine) replay(record []byte) error {
	var c change
	if err := json.Unmarshal(record, &c, json.RejectUnknownMembers(true)); err != nil {
		return fmt.Errorf("ses: the journal holds what this version cannot read: %w", err)
	}
	switch c.Op {
	case opIdentity:
		set(e.identities, c.Name, c.Identity)
	case opSet:
		set(e.sets, c.Name, c.Set)
	case opSuppressed:
		set(e.suppressed, c.Name, c.Suppressed)
	case opTenant:
		set(e.tenants, c.Name, c.Tenant)
	case opAccount:
		e.account = *c.Account
	case opMail:
		e.replayMail(&c)
	case opPublished:
		delete(e.pending, c.Name)
	case opClearMails:
		e.box.mails = nil
	default:
		return fmt.Errorf("ses: the journal holds an unknown change %q", c.Op)
	}
	return nil
}

func (e *Engine) replayMail(c *change) {
	for _, m := range e.box.mails {
		if m.ID == c.Name {
			return // compaction keeps the end of the journal twice
		}
	}
	e.box.add(c.Mail)
	if len(c.Events) > 0 {
		e.pending[c.Name] = c.Events
	}
}

// set makes the map's entry value, and removes it when value is nil.
func set[V any](m map[string]*V, name string, value *V) {
	if value == nil {
		delete(m, name)
		return
	}
	m[name] = value
}
