package api

import (
	"context"
	"net/http"

	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/contract"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/payment"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/billing"
	"latchkey.dev/shared/usecase/signin"
)

// PaidBody is one side of a change of payer: who pays what, and how often.
type PaidBody struct {
	Payer    string        `json:"payer" enum:"agency,client"`
	Interval string        `json:"interval" enum:"month,year"`
	Total    MoneyBody     `json:"total" doc:"Each interval, with tax where it's known."`
	Contract *ContractBody `json:"contract"`
}

// PayerChangeBody is a proposal that the other side pays, and what became of it.
type PayerChangeBody struct {
	ID         string   `json:"id" example:"pch_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	State      string   `json:"state" enum:"proposed,agreed,scheduled,undoing,done,declined,withdrawn,expired,failed,canceled"`
	Reason     string   `json:"reason,omitempty" doc:"Why it came to nothing by itself, such as card_failed." example:"card_failed"`
	ProposedBy string   `json:"proposedBy" enum:"agency,client"`
	Payer      string   `json:"payer" enum:"agency,client" doc:"Who pays now."`
	Old        PaidBody `json:"old" doc:"What ends."`
	New        PaidBody `json:"new" doc:"What begins. It charges nothing before changesAt."`
	ChangesAt  Time     `json:"changesAt" doc:"The end of the period that is paid now. The payer changes then."`
	Version    int      `json:"version" doc:"Goes up when the terms change, such as when the old subscription has renewed."`
	Hash       string   `json:"hash" doc:"Of these terms. Agree with it."`
	NeedsCard  bool     `json:"needsCard" doc:"Whoever is to pay has to give a card, an agency once. agreePayerChange has the page."`
	ProposedAt Time     `json:"proposedAt"`
	ExpiresAt  Time     `json:"expiresAt" doc:"Nobody can agree after this."`
	AgreedAt   *Time    `json:"agreedAt"`
	AgreedHash string   `json:"agreedHash,omitempty" doc:"Of the terms that were agreed to."`
	Language   string   `json:"language,omitempty" doc:"The one in which the client read the terms." example:"de"`
	EndedAt    *Time    `json:"endedAt"`

	Card *CheckoutBody `json:"card,omitempty" doc:"Where to give a card. Nothing is charged there."`
}

func paidBody(payer client.Side, deal *contract.Contract, every payment.Interval) (PaidBody, error) {
	b := PaidBody{Payer: string(payer), Interval: string(every)}
	var err error
	if b.Contract, err = contractBody(deal); err != nil || deal == nil {
		return b, err
	}
	sum, err := deal.Sum(every)
	b.Total = moneyBody(sum.Total)
	return b, err
}

func payerChangeBody(ctx context.Context, c *client.Client) (*PayerChangeBody, error) {
	p := c.Change
	b := &PayerChangeBody{ID: string(p.ID), State: string(p.State), Reason: string(p.Reason), ProposedBy: string(p.By),
		Payer: string(c.Payer()), ChangesAt: Time(p.Terms.At), Version: p.Terms.Version,
		Hash: p.HashIn(words.In(ctx)), NeedsCard: p.NeedCard,
		ProposedAt: Time(p.ProposedAt), ExpiresAt: Time(p.ExpiresAt), AgreedAt: orNull(p.AgreedAt), AgreedHash: p.Agreed,
		EndedAt: orNull(p.EndedAt)}
	var err error
	if b.Old, err = paidBody(p.To.Other(), p.Terms.Old, p.Terms.OldEvery); err != nil {
		return nil, err
	}
	if p.Terms.New != nil {
		b.Language = string(p.Terms.New.Language)
	}
	b.New, err = paidBody(p.To, p.Terms.New, p.Terms.Every)
	return b, err
}

type payerChangeOutput struct{ Body *PayerChangeBody }

func payerChangeAnswer(ctx context.Context, c *client.Client, err error) (*payerChangeOutput, error) {
	if err != nil {
		return nil, err
	}
	b, err := payerChangeBody(ctx, c)
	return &payerChangeOutput{b}, err
}

// PayerWish is what is proposed.
type PayerWish struct {
	To       string `json:"to" doc:"Who is to pay: agency or client." example:"agency"`
	Interval string `json:"interval,omitempty" doc:"month or year. As often as it's paid now if you leave it out." example:"month"`
	Resource string `json:"resource,omitempty" doc:"All of its contract changes together." example:"ins_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
}

// proposed has it proposed.
func (w PayerWish) proposed(changes *billing.PayerChanges) payerAct {
	wish := billing.Wish{To: client.Side(w.To), Every: payment.Interval(w.Interval), Resource: id.Resource(w.Resource)}
	return func(ctx context.Context, caller identity.Caller, at billing.Party) (*client.Client, error) {
		return changes.Propose(ctx, caller, at, wish)
	}
}

// PayerConsent says which terms are agreed to.
type PayerConsent struct {
	Hash string `json:"hash" doc:"Of the terms that you've read." example:"5f0c2f0e7f5e4a525f0c2f0e7f5e4a52"`
}

type proposePayerInput struct {
	ClientRef
	Body PayerWish
}

type agreePayerInput struct {
	ClientRef
	Body PayerConsent
}

type portalProposeInput struct {
	Body struct {
		Agency string `json:"agency" example:"ag_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
		PayerWish
		Language string `json:"language,omitempty" doc:"The one in which you read the terms." example:"de"`
	}
}

type portalAgreeInput struct {
	Body struct {
		Agency string `json:"agency" example:"ag_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
		PayerConsent
		Language string `json:"language,omitempty" doc:"The one in which you read them." example:"de"`
	}
}

// What an operation on a change of payer may answer.
var (
	payerCodes   = []fault.Code{fault.NotFound}
	proposeCodes = []fault.Code{fault.Invalid, fault.NotFound, fault.NotActive, fault.NotProvisioned, fault.ChangeOpen, fault.Suspended,
		fault.PaymentsOff}
	agreeCodes  = []fault.Code{fault.Invalid, fault.NotFound, fault.NotActive, fault.NoChange, fault.TermsChanged, fault.Suspended}
	answerCodes = []fault.Code{fault.NotFound, fault.NoChange}
)

// party is the party of the agency that asks about the client.
func (in *ClientRef) party() (billing.Party, error) {
	which, err := id.ParseClient(in.ClientID)
	return billing.Party{Client: which}, err
}

// asClient finds the party of the client that names its agency.
func asClient(agency string) func() (billing.Party, error) {
	return func() (billing.Party, error) {
		which, err := whose(agency)
		return billing.Party{Agency: which}, err
	}
}

// payerAct is what a party does about a change of payer.
type payerAct func(ctx context.Context, caller identity.Caller, at billing.Party) (*client.Client, error)

// onChange does something for the party that is found, and answers with its change of payer.
func onChange(ctx context.Context, caller identity.Caller, find func() (billing.Party, error), do payerAct) (*payerChangeOutput, error) {
	at, err := find()
	if err != nil {
		return nil, err
	}
	c, err := do(ctx, caller, at)
	return payerChangeAnswer(ctx, c, err)
}

// GetPayerChange shows the newest change of payer of a client.
func GetPayerChange(auth *signin.Authenticator, changes *billing.PayerChanges) Operation {
	return operation(auth, described{
		id: "getPayerChange", method: http.MethodGet, who: identity.ByPortal(identity.ClientsRead, identity.See),
		tag: tagClients, status: 200,
		summary:     "Get a client's change of payer",
		description: "The newest proposal that the other side pays, with both contracts, and what became of it.",
		codes:       payerCodes,
	}, func(ctx context.Context, caller identity.Caller, in *ClientRef) (*payerChangeOutput, error) {
		return onChange(ctx, caller, in.party, changes.Get)
	})
}

// ProposePayerChange proposes that the agency or its client pays.
func ProposePayerChange(auth *signin.Authenticator, changes *billing.PayerChanges) Operation {
	return operation(auth, described{
		id: "proposePayerChange", method: http.MethodPost, who: identity.ByPortal(identity.InPerson, identity.Manage).SteppedInside(),
		tag: tagClients, status: 200,
		summary: "Propose a change of payer",
		description: "Only hosting and services that the platform set up can change payer. A connected instance can't: the answer is " +
			"not_provisioned, and you can order a new one instead. The other side has 14 days to agree. Nothing is charged before the " +
			"period that is paid now ends. For owners and admins if the agency is to pay.",
		codes: proposeCodes,
	}, func(ctx context.Context, caller identity.Caller, in *proposePayerInput) (*payerChangeOutput, error) {
		return onChange(ctx, caller, in.party, in.Body.proposed(changes))
	})
}

// WithdrawPayerChange takes the agency's proposal back.
func WithdrawPayerChange(auth *signin.Authenticator, changes *billing.PayerChanges) Operation {
	return operation(auth, described{
		id: "withdrawPayerChange", method: http.MethodDelete, who: identity.ByPortal(identity.InPerson, identity.Manage),
		tag: tagClients, status: 200,
		summary:     "Withdraw a change of payer",
		description: "Takes your own proposal back, up to an hour before the payer changes.",
		codes:       answerCodes,
	}, func(ctx context.Context, caller identity.Caller, in *ClientRef) (*payerChangeOutput, error) {
		return onChange(ctx, caller, in.party, changes.Withdraw)
	})
}

// AgreePayerChange agrees to the client's proposal.
func AgreePayerChange(auth *signin.Authenticator, changes *billing.PayerChanges, cards *billing.Cards) Operation {
	return operation(auth, described{
		id: "agreePayerChange", method: http.MethodPost, who: identity.ByPortal(identity.InPerson, identity.Manage).SteppedInside(),
		tag: tagClients, status: 200,
		summary: "Agree to a change of payer",
		description: "Send the hash of the terms that you've read. If who is to pay has to give a card, card has the page for it. " +
			"Calling it again changes nothing and gives the same page. The old subscription ends when the new one begins. " +
			"If the new payer's card fails, the old subscription goes on. For owners and admins if the agency is to pay.",
		codes: agreeCodes,
	}, func(ctx context.Context, caller identity.Caller, in *agreePayerInput) (*payerChangeOutput, error) {
		return agreed(ctx, caller, in.party, in.Body.Hash, changes, cards)
	})
}

// agreed agrees, unless that was done before, and opens the page for the card, if who calls has to give one.
func agreed(ctx context.Context, caller identity.Caller, find func() (billing.Party, error), hash string,
	changes *billing.PayerChanges, cards *billing.Cards) (*payerChangeOutput, error) {
	at, err := find()
	if err != nil {
		return nil, err
	}
	c, err := changes.Agree(ctx, caller, at, hash)
	out, err := payerChangeAnswer(ctx, c, err)
	if err != nil || !c.Change.Wants(at.Side()) {
		return out, err
	}
	page, err := cards.Open(ctx, caller, at)
	if fault.Is(err, fault.NoChange) { // it was given in this moment, or is wanted no more
		return onChange(ctx, caller, find, changes.Get)
	}
	if err != nil {
		return nil, err
	}
	out.Body.Card = &CheckoutBody{page.URL, Time(page.ExpiresAt)}
	return out, nil
}

// DeclinePayerChange turns the client's proposal down.
func DeclinePayerChange(auth *signin.Authenticator, changes *billing.PayerChanges) Operation {
	return operation(auth, described{
		id: "declinePayerChange", method: http.MethodPost, who: identity.ByPortal(identity.InPerson, identity.Manage),
		tag: tagClients, status: 200,
		summary: "Decline a change of payer", description: "Everything stays as it is.", codes: answerCodes,
	}, func(ctx context.Context, caller identity.Caller, in *ClientRef) (*payerChangeOutput, error) {
		return onChange(ctx, caller, in.party, changes.Decline)
	})
}

type portalPayerInput struct {
	Agency string `query:"agency" doc:"Whose portal, if you are a client of several." example:"ag_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	Spoken
}

// GetPortalPayerChange shows a client the newest change of who pays.
func GetPortalPayerChange(auth *signin.Authenticator, changes *billing.PayerChanges) Operation {
	return operation(auth, described{
		id: "getPortalPayerChange", method: http.MethodGet, who: identity.ByClient, tag: tagPortal, status: 200,
		summary:     "Get your change of payer",
		description: "The newest proposal that the other side pays, with both contracts, and what became of it.",
		codes:       []fault.Code{fault.Invalid, fault.NotFound},
	}, func(ctx context.Context, caller identity.Caller, in *portalPayerInput) (*payerChangeOutput, error) {
		ctx, err := in.in(ctx)
		if err != nil {
			return nil, err
		}
		return onChange(ctx, caller, asClient(in.Agency), changes.Get)
	})
}

// ProposePortalPayerChange has a client propose that it or its agency pays.
func ProposePortalPayerChange(auth *signin.Authenticator, changes *billing.PayerChanges) Operation {
	return operation(auth, described{
		id: "proposePortalPayerChange", method: http.MethodPost, who: identity.ByClient.SteppedInside(), tag: tagPortal, status: 200,
		summary: "Propose a change of payer to your agency",
		description: "Only hosting and services that the platform set up can change payer. A connected instance can't: the answer is " +
			"not_provisioned, and you can order a new one instead. The other side has 14 days to agree. Nothing is charged before the " +
			"period that is paid now ends.",
		codes: proposeCodes,
	}, func(ctx context.Context, caller identity.Caller, in *portalProposeInput) (*payerChangeOutput, error) {
		ctx, err := Spoken{in.Body.Language}.in(ctx)
		if err != nil {
			return nil, err
		}
		return onChange(ctx, caller, asClient(in.Body.Agency), in.Body.proposed(changes))
	})
}

// WithdrawPortalPayerChange takes the client's proposal back.
func WithdrawPortalPayerChange(auth *signin.Authenticator, changes *billing.PayerChanges) Operation {
	return operation(auth, described{
		id: "withdrawPortalPayerChange", method: http.MethodDelete, who: identity.ByClient, tag: tagPortal, status: 200,
		summary:     "Withdraw your change of payer",
		description: "Takes your own proposal back, up to an hour before the payer changes.",
		codes:       []fault.Code{fault.Invalid, fault.NotFound, fault.NoChange},
	}, func(ctx context.Context, caller identity.Caller, in *portalInput) (*payerChangeOutput, error) {
		return onChange(ctx, caller, asClient(in.Agency), changes.Withdraw)
	})
}

// AgreePortalPayerChange agrees to the agency's proposal.
func AgreePortalPayerChange(auth *signin.Authenticator, changes *billing.PayerChanges, cards *billing.Cards) Operation {
	return operation(auth, described{
		id: "agreePortalPayerChange", method: http.MethodPost, who: identity.ByClient.SteppedInside(), tag: tagPortal, status: 200,
		summary: "Agree to your agency's change of payer",
		description: "Send the hash of the terms that you've read. If who is to pay has to give a card, card has the page for it. " +
			"Calling it again changes nothing and gives the same page. The old subscription ends when the new one begins. " +
			"If the new payer's card fails, the old subscription goes on.",
		codes: agreeCodes,
	}, func(ctx context.Context, caller identity.Caller, in *portalAgreeInput) (*payerChangeOutput, error) {
		ctx, err := Spoken{in.Body.Language}.in(ctx)
		if err != nil {
			return nil, err
		}
		return agreed(ctx, caller, asClient(in.Body.Agency), in.Body.Hash, changes, cards)
	})
}

// DeclinePortalPayerChange turns the agency's proposal down.
func DeclinePortalPayerChange(auth *signin.Authenticator, changes *billing.PayerChanges) Operation {
	return operation(auth, described{
		id: "declinePortalPayerChange", method: http.MethodPost, who: identity.ByClient, tag: tagPortal, status: 200,
		summary: "Decline your agency's change of payer", description: "Everything stays as it is.",
		codes: []fault.Code{fault.Invalid, fault.NotFound, fault.NoChange},
	}, func(ctx context.Context, caller identity.Caller, in *AgencyChoice) (*payerChangeOutput, error) {
		return onChange(ctx, caller, asClient(in.Body.Agency), changes.Decline)
	})
}
