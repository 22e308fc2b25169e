package wire

import (
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/usecase/onboarding"
	"latchkey.dev/shared/usecase/optout"
)

// Inviter sends invites, and sends them again.
func (p *Parts) Inviter() *onboarding.Inviter {
	return &onboarding.Inviter{Store: dynamo.NewRelationships(p.Table()), Queue: p.MailQueue(), Prices: p.Prices(), Now: p.Now}
}

// Scheduler changes when invites go out, and whether they are reminded of.
func (p *Parts) Scheduler() *onboarding.Scheduler {
	return &onboarding.Scheduler{Store: dynamo.NewRelationships(p.Table()), Now: p.Now}
}

// Previewer shows what an invite would offer.
func (p *Parts) Previewer() *onboarding.Previewer {
	return &onboarding.Previewer{Store: dynamo.NewPreviews(p.Table()), Prices: p.Prices()}
}

// Invites reads an agency's invites one by one.
func (p *Parts) Invites() *onboarding.Invites {
	return &onboarding.Invites{Store: dynamo.NewInvites(p.Table())}
}

// Canceller cancels invites.
func (p *Parts) Canceller() *onboarding.Canceller {
	return &onboarding.Canceller{Store: dynamo.NewClients(p.Table()), Checkouts: p.CheckoutCloser(), Now: p.Now}
}

// Approvals invites the addresses that invitees ask for.
func (p *Parts) Approvals() *onboarding.Approvals {
	return &onboarding.Approvals{Store: dynamo.NewRelationships(p.Table()), Queue: p.MailQueue(), Checkouts: p.CheckoutCloser(), Now: p.Now}
}

// Proposals leaves invites with their addresses.
func (p *Parts) Proposals() *onboarding.Proposals {
	return &onboarding.Proposals{Store: dynamo.NewClients(p.Table()), Now: p.Now}
}

// Invitations shows invited people what they are offered, and takes a yes.
func (p *Parts) Invitations() *onboarding.Invitations {
	return &onboarding.Invitations{Store: dynamo.NewRelationships(p.Table()), Now: p.Now}
}

// Waiting tells people which invitations wait for them.
func (p *Parts) Waiting() *onboarding.Waiting {
	return &onboarding.Waiting{Store: dynamo.NewWaiting(p.Table()), Now: p.Now}
}

// Answers takes what else the holders of links tell.
func (p *Parts) Answers() *onboarding.Answers {
	return &onboarding.Answers{Store: dynamo.NewAnswers(p.Table()), Now: p.Now}
}

// Decliner takes a no.
func (p *Parts) Decliner() *onboarding.Decliner {
	return &onboarding.Decliner{Store: dynamo.NewAnswers(p.Table()), Checkouts: p.CheckoutCloser(), Now: p.Now}
}

// Unsubscribes follows the links by which people stop mails.
func (p *Parts) Unsubscribes() *optout.Links {
	return &optout.Links{Store: dynamo.NewUnsubscribes(p.Table()), Now: p.Now}
}
