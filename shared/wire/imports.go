package wire

import (
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/mx"
	"latchkey.dev/shared/usecase/imports"
)

// MailDomains tells whether a domain takes mail.
func (p *Parts) MailDomains() Domains {
	if p.Domains != nil {
		return p.Domains
	}
	return mx.Open(p.Environment)
}

// BatchSweep sends those of many invites whose time has come. It does not wait for DNS: whoever mails them asks.
func (p *Parts) BatchSweep() *imports.Sender {
	return &imports.Sender{Store: dynamo.NewBatches(p.Table()), Queue: p.MailQueue(), Domains: mx.Unasked{}, Now: p.Now}
}

// BatchSender sends many invites at once.
func (p *Parts) BatchSender() *imports.Sender {
	return &imports.Sender{Store: dynamo.NewBatches(p.Table()), Queue: p.MailQueue(), Domains: p.MailDomains(), Now: p.Now}
}

// Batches reads many invites that were sent at once, and cancels what of them waits.
func (p *Parts) Batches() *imports.Batches {
	return &imports.Batches{Store: dynamo.NewLines(p.Table()), Now: p.Now}
}

// Checks says what would become of the rows of files.
func (p *Parts) Checks() *imports.Checks {
	return &imports.Checks{Store: dynamo.NewBatches(p.Table()), Domains: p.MailDomains(), Now: p.Now}
}

// Files invites the rows of files that were checked.
func (p *Parts) Files() *imports.Files {
	return &imports.Files{Checks: p.Checks(), Sender: p.BatchSender()}
}
