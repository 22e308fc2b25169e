package ses

import (
	"slices"
	"strings"
	"time"
)

// Mail is one message that the engine accepted for sending.
type Mail struct {
	// ID is the message id that SendEmail answered.
	ID string `json:"id"`
	// At is when it was accepted, on the engine's clock.
	At time.Time `json:"at"`
	// From is the From header, decoded: "Agency <invites@platform.example>".
	From string `json:"from"`
	// To are the bare addresses that it goes to: To, Cc and Bcc.
	To []string `json:"to"`
	// Subject is decoded; Text and HTML are the first parts of their kind, as UTF-8. Empty when there is none.
	Subject string `json:"subject"`
	Text    string `json:"text"`
	HTML    string `json:"html"`
	// Links are the addresses in HTML and text, in order, each once.
	Links []string `json:"links"`
	// Headers are the header fields by name as written, decoded; of a repeated field the values joined by ", ".
	Headers map[string]string `json:"headers"`
}

// mailbox keeps the last mails in a ring, oldest first from next.
type mailbox struct {
	limit   int
	mails   []*Mail
	changed chan struct{} // closed, and replaced, at every mail
}

func (b *mailbox) add(m *Mail) {
	if len(b.mails) >= b.limit {
		// Dropped in lots, so that a full mailbox does not copy itself for every mail.
		b.mails = slices.Delete(b.mails, 0, 1+b.limit/8)
	}
	b.mails = append(b.mails, m)
	close(b.changed)
	b.changed = make(chan struct{})
}

// Keep puts a mail into the mailbox that another server has taken for the recipient, so that all of a run's mails are in one place. SES
// has no part in it, and nothing is published about it.
func (e *Engine) Keep(to string, raw []byte) error {
	message, err := parse(raw)
	if err != nil {
		return err
	}
	e.mu.Lock()
	m := &outbound{at: e.now(), recipients: []string{to}, message: message}
	m.id = messageID(m.at)
	kept := m.mail()
	e.box.add(kept)
	return e.unlockAndKeep(change{Op: opMail, Name: m.id, Mail: kept})
}

// Mails returns the mails to that address, newest first; all of them when to is empty. The address is compared
// without regard to case. The mails are shared: do not change them.
func (e *Engine) Mails(to string) []*Mail {
	e.mu.Lock()
	defer e.mu.Unlock()
	found := []*Mail{}
	for _, m := range slices.Backward(e.box.mails) {
		if to == "" || slices.ContainsFunc(m.To, func(a string) bool { return strings.EqualFold(a, to) }) {
			found = append(found, m)
		}
	}
	return found
}

// Watch returns a channel that is closed when the next mail has been accepted. To wait for a certain mail without
// missing it, take the channel first, then look with [Engine.Mails], then wait:
//
//	for {
//		next := engine.Watch()
//		if mails := engine.Mails(address); len(mails) > 0 {
//			return mails[0]
//		}
//		<-next
//	}
func (e *Engine) Watch() <-chan struct{} {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.box.changed
}

// ClearMails empties the mailbox.
func (e *Engine) ClearMails() error {
	e.mu.Lock()
	e.box.mails = nil
	return e.unlockAndKeep(change{Op: opClearMails})
}
