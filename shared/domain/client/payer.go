package client

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strconv"
	"time"

	"latchkey.dev/shared/domain/allowance"
	"latchkey.dev/shared/domain/contract"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/payment"
	"latchkey.dev/shared/domain/purchase"
	"latchkey.dev/shared/domain/subscription"
	"latchkey.dev/shared/domain/words"
)

// PayerChange is a proposal that the other side pays for what a client's contract holds, and what became of it. Nothing is done
// before both sides have agreed to the same terms. Then the new subscription is set up, which charges nothing before the old one's
// period is over, and the old one is set to end with it. What was bought changes hands when the new one is paid for the first time.
// Until then the old payer owns it, and where the new payer's card fails the old payer's subscription goes on.
//
// Those of its methods that tell how it stands may be called on nil, which is a change that there never was, and so may
// [PayerChange.Drop] and [PayerChange.Told].
type PayerChange struct {
	ID         id.PayerChange
	To         Side      // who is to pay
	By         Side      // who proposes it
	Member     id.Member // of the agency, who proposed it or agreed to it there; "" while nobody did
	State      ChangeState
	Reason     ChangeReason // why it came to nothing; "" where somebody said so
	Outcome    ChangeState  // of one that is being undone: what it is then
	Terms      ChangeTerms
	ProposedAt time.Time
	ExpiresAt  time.Time // when nobody can agree any more
	AgreedAt   time.Time
	Agreed     string    // the hash of the terms that were agreed to
	EndedAt    time.Time // when it came to its end; zero while it is open

	Next     subscription.Subscription // of who is to pay: the page for the card, and the subscription
	Method   string                    // the payment service's id of the card; "" while it is not known
	NeedCard bool                      // who is to pay has to give a card: none is known
	OldEnds  bool                      // the old subscription is set to end, or about to be, because of this change
	Due      time.Time                 // when somebody should look after it; zero for never
	Untold   bool                      // the client was not told yet what it has come to
	Asked    []time.Time               // when the agency has proposed, this change and earlier ones, as far back as the limit looks
}

// ChangeState is how far a change of payer is.
type ChangeState string

// The states. The first four are open.
const (
	ChangeProposed  ChangeState = "proposed"  // waits for the other side
	ChangeAgreed    ChangeState = "agreed"    // waits for the new payer's card, or for the payment service
	ChangeScheduled ChangeState = "scheduled" // both subscriptions are set: the payer changes at the day of the terms
	ChangeUndoing   ChangeState = "undoing"   // it comes to nothing, and the payment service is being told
	ChangeDone      ChangeState = "done"
	ChangeDeclined  ChangeState = "declined"
	ChangeWithdrawn ChangeState = "withdrawn"
	ChangeExpired   ChangeState = "expired"
	ChangeFailed    ChangeState = "failed"   // the new subscription could not be had or paid: the old one goes on
	ChangeCanceled  ChangeState = "canceled" // something else happened by which it has no sense any more
)

// ChangeReason is why a change came to nothing.
type ChangeReason string

// The reasons.
const (
	CardFailed   ChangeReason = "card_failed"   // the new payer's card could not be charged or set up
	NewEnded     ChangeReason = "new_ended"     // the new payer has ended the new subscription
	OldKept      ChangeReason = "old_kept"      // the old payer has taken the old subscription up again
	OldEnded     ChangeReason = "old_ended"     // the old subscription was cancelled, or is not paid
	WasDisputed  ChangeReason = "disputed"      // the old payer's bank has taken the money back
	WasSuspended ChangeReason = "suspended"     // the agency was
	Parted       ChangeReason = "parted"        // the relationship has ended
	NotSold      ChangeReason = "not_sold"      // what the new contract holds is not sold any more
	NotMade      ChangeReason = "not_made"      // what the contract holds is being paid back or is gone
	PageExpired  ChangeReason = "no_card"       // the new payer gave no card in time
	CustomerGone ChangeReason = "customer_gone" // the new payer was deleted at the payment service
)

// ChangeTerms are what both sides agree to: the contract that ends and the one that begins, how often each is paid, and on which day
// the payer changes.
type ChangeTerms struct {
	Version  int // counts from 1; each change of the day or of what is sold is another
	Old, New *contract.Contract
	OldEvery payment.Interval
	Every    payment.Interval
	At       time.Time // the end of the period that the old payer has paid
}

// How long a change takes, and how near to the day of the change things may happen.
const (
	ChangeLifetime = 14 * 24 * time.Hour // of a proposal
	// ChangeMargin is how long before the end of a period nobody agrees any more: both subscriptions have to be set before it.
	ChangeMargin = 2 * time.Hour
	// SetUpMargin is how long before the end of a period nothing is set up any more: the terms are written anew for the next period.
	SetUpMargin = time.Hour
	changeLease = 2 * time.Minute
)

// AgencyPays tells whether the agency pays for what the client's contract holds, and owns it.
func (c *Client) AgencyPays() bool { return c.PaidBy == ByAgency }

// Payer is who pays.
func (c *Client) Payer() Side {
	if c.AgencyPays() {
		return ByAgency
	}
	return ByClient
}

// Other is the other side.
func (s Side) Other() Side {
	if s == ByAgency {
		return ByClient
	}
	return ByAgency
}

// AgencyKeeps tells whether the agency has something by this relationship that stays when the client goes.
func (c *Client) AgencyKeeps() bool {
	return c.AgencyPays() && (c.Payment.State.Open() || slices.ContainsFunc(c.Items, func(i purchase.Item) bool { return i.Stands() }))
}

// Agent is who of the agency has proposed the change or agreed to it; "" where nobody did.
func (p *PayerChange) Agent() id.Member {
	if p == nil {
		return ""
	}
	return p.Member
}

// Open tells whether the change can still come to something, or is being undone.
func (p *PayerChange) Open() bool {
	if p == nil {
		return false
	}
	switch p.State {
	case ChangeProposed, ChangeAgreed, ChangeScheduled, ChangeUndoing:
		return true
	}
	return false
}

// Bound tells whether both subscriptions are set, so that nobody goes before the payer has changed.
func (p *PayerChange) Bound() bool {
	return p != nil && (p.State == ChangeScheduled || p.State == ChangeUndoing)
}

// Wants tells whether the side is to give a card.
func (p *PayerChange) Wants(side Side) bool {
	return p != nil && p.State == ChangeAgreed && p.To == side && p.Method == "" && p.NeedCard
}

// AgreedTo tells whether both sides have agreed to the terms of that hash, which is as somebody reads them in the language l, or as they
// were read by who agreed: agreeing once more changes nothing.
func (p *PayerChange) AgreedTo(hash string, l words.Language) bool {
	return p != nil && (p.State == ChangeAgreed || p.State == ChangeScheduled) && (hash == p.Agreed || hash == p.HashIn(l))
}

// LookAt is when somebody should look after it if nothing happens to it until then; zero for never.
func (p *PayerChange) LookAt() time.Time {
	if p == nil {
		return time.Time{}
	}
	return p.Due
}

// Hash is [PayerChange.HashIn] in English.
func (p *PayerChange) Hash() string { return p.HashIn(words.English) }

// HashIn is a fingerprint of what is agreed to, and of the language in which that is shown. Whoever agrees says which terms it has read.
func (p *PayerChange) HashIn(l words.Language) string {
	h := sha256.New()
	put := func(all ...string) {
		for _, s := range all {
			h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(s)))) //nolint:gosec // a few characters
			h.Write([]byte(s))
		}
	}
	t := p.Terms
	put(string(p.ID), string(p.To), strconv.Itoa(t.Version), string(t.OldEvery), string(t.Every), t.At.UTC().Format(time.RFC3339))
	for _, deal := range []*contract.Contract{t.Old, t.New} {
		if deal == nil {
			put("")
			continue
		}
		put(string(deal.Tax.Way), strconv.Itoa(deal.Tax.Rate), deal.Tax.ID)
		for _, l := range deal.Lines {
			put(string(l.Product), strconv.Itoa(l.StorageGB))
			for _, x := range []contract.Price{l.Month, l.Year} {
				put(x.ID, strconv.FormatInt(x.Amount.Minor, 10), x.Amount.Currency)
			}
		}
	}
	if l != "" && l != words.English { // fingerprints from before there were other languages hold
		put(string(l))
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// ShownIn notes in which language the client has read the terms that it proposes or agrees to.
func (p *PayerChange) ShownIn(l words.Language) {
	if p.Terms.New != nil {
		p.Terms.New.Language = l
	}
}

// had are the items that the contract has brought and that are still had: what a change of payer is about.
func (c *Client) had() []*purchase.Item {
	var out []*purchase.Item
	for n := range c.Items {
		if i := &c.Items[n]; i.Stands() && !i.Left {
			out = append(out, i)
		}
	}
	return out
}

// ChangeOrder is the order of which a change's new contract is written: what the client has now.
func (c *Client) ChangeOrder() contract.Order {
	var o contract.Order
	for _, i := range c.had() {
		switch i.Article.Product {
		case contract.Hosting:
			o.StorageGB = i.Article.StorageGB
		case contract.WhatsApp:
			o.WhatsApp = true
		}
	}
	return o
}

// hadAs tells whether the resource is had by the contract; it is for none.
func (c *Client) hadAs(r id.Resource) bool {
	return r == "" || slices.ContainsFunc(c.had(), func(i *purchase.Item) bool { return i.Resource == r })
}

// now is the contract that is paid by, without what was paid back of it.
func (c *Client) now() *contract.Contract {
	deal := *c.Contract()
	deal.Lines = slices.DeleteFunc(slices.Clone(deal.Lines), func(l contract.Line) bool {
		return !slices.ContainsFunc(c.had(), func(i *purchase.Item) bool { return i.Article == l.Article })
	})
	return &deal
}

// MayChangePayer returns nil when it can be proposed at now that the side pays. r is what it is about; "" for all that the client's
// contract holds. Faults: [fault.NotProvisioned] where the platform has set nothing up of it; [fault.ChangeOpen]; [fault.Invalid]
// in to where that side pays already; [fault.NotActive] otherwise.
func (c *Client) MayChangePayer(to Side, r id.Resource, now time.Time) error {
	switch {
	case to != ByAgency && to != ByClient:
		return fault.InField("to", "errors.payer_choose")
	case !c.Joined():
		return fault.New(fault.NotActive, "errors.payer_not_joined")
	case len(c.had()) == 0 || c.Contract() == nil || !c.hadAs(r):
		return fault.New(fault.NotProvisioned, "errors.payer_not_provisioned")
	case c.Payer() == to && to == ByAgency:
		return fault.InField("to", "errors.payer_is_agency")
	case c.Payer() == to:
		return fault.InField("to", "errors.payer_is_client")
	case c.Change.Open():
		f := fault.New(fault.ChangeOpen, "errors.payer_change_open")
		f.Existing = string(c.Change.ID)
		return f
	}
	return c.mayAgree(now)
}

// Preparing tells whether who pays can change in a moment: something of what was bought is being set up, or the period that was just
// paid for is not known yet.
func (c *Client) Preparing(now time.Time) bool {
	all := c.had()
	if len(all) == 0 || c.Payment.State != subscription.Active || !c.Payment.Renews() {
		return false
	}
	coming := slices.ContainsFunc(all, func(i *purchase.Item) bool { return i.Coming() })
	rests := slices.ContainsFunc(all, func(i *purchase.Item) bool { return !i.Coming() && i.State != purchase.Ready })
	return coming && !rests || !rests && !c.Payment.PeriodEnd.After(now)
}

// mayAgree returns nil when what is paid now is in a state in which the payer can change; else a fault with code [fault.NotActive].
func (c *Client) mayAgree(now time.Time) error {
	switch p := &c.Payment; {
	case p.Resting:
		return fault.New(fault.NotActive, "errors.payer_resting")
	case p.State == subscription.PastDue:
		return fault.New(fault.NotActive, "errors.payer_past_due")
	case p.State != subscription.Active:
		return fault.New(fault.NotActive, "errors.payer_unpaid")
	case !p.Renews():
		return fault.New(fault.NotActive, "errors.payer_ending")
	case slices.ContainsFunc(c.had(), func(i *purchase.Item) bool { return i.State != purchase.Ready }):
		return fault.New(fault.NotActive, "errors.payer_not_ready")
	case p.PeriodEnd.Sub(now) < ChangeMargin:
		return fault.New(fault.NotActive, "errors.payer_renews_now")
	}
	return nil
}

// ProposePayer notes that a side proposes that to pays for what the client's contract holds, by the new contract, from the end of the
// period on that is paid now. It may, see [Client.MayChangePayer]. What the agency proposes is mailed to the client, and so is that it
// was taken back, so that it may not be done without end. Fault: [fault.RateLimited].
func (c *Client) ProposePayer(by, to Side, member id.Member, deal *contract.Contract, every payment.Interval, now time.Time) error {
	var asked []time.Time
	if c.Change != nil {
		asked = c.Change.Asked
	}
	if by == ByAgency {
		var err error
		if asked, err = allowance.Count(allowance.Proposal, asked, now); err != nil {
			return err
		}
	}
	c.Change = &PayerChange{
		ID: id.New[id.PayerChange](id.ChangePrefix, now), To: to, By: by, Member: member, State: ChangeProposed, ProposedAt: now,
		ExpiresAt: now.Add(ChangeLifetime), Untold: by == ByAgency, Asked: asked,
		Terms: ChangeTerms{Version: 1, Old: c.now(), New: deal, OldEvery: c.Payment.Interval, Every: every, At: c.Payment.PeriodEnd},
	}
	c.Change.wait(now)
	return nil
}

// wait has an open proposal looked at when it expires, or when the period ends; at once where somebody is to be told.
func (p *PayerChange) wait(now time.Time) {
	p.Due = p.ExpiresAt
	if at := p.Terms.At.Add(subscription.RenewalGrace); at.Before(p.Due) && at.After(now) {
		p.Due = at
	}
	p.soon(now)
}

// Rest sets the next look at a proposal at which nothing has happened.
func (p *PayerChange) Rest(now time.Time) { p.wait(now) }

// soon has somebody look after it soon, in case whoever is at it dies.
func (p *PayerChange) soon(now time.Time) {
	if at := now.Add(changeLease); p.Untold && (p.Due.IsZero() || at.Before(p.Due)) {
		p.Due = at
	}
}

// AgreePayer notes that the side agrees to the terms of that hash, which it has read in the language l. Faults: [fault.NoChange] where
// nothing waits for that side, or not any more; [fault.TermsChanged]; [fault.NotActive] as of [Client.MayChangePayer].
func (c *Client) AgreePayer(side Side, hash string, l words.Language, member id.Member, now time.Time) error {
	p := c.Change
	switch {
	case p == nil || p.State != ChangeProposed || p.By == side || !now.Before(p.ExpiresAt):
		return fault.New(fault.NoChange, "errors.payer_no_change")
	case !c.Joined():
		return fault.New(fault.NotActive, "errors.payer_not_joined")
	}
	if err := c.mayAgree(now); err != nil {
		return err
	}
	if hash != p.HashIn(l) || !p.Terms.At.Equal(c.Payment.PeriodEnd) {
		return fault.New(fault.TermsChanged, "errors.payer_terms_changed")
	}
	if side == ByAgency {
		p.Member = member
	} else {
		p.ShownIn(l)
	}
	p.State, p.AgreedAt, p.Agreed, p.Untold, p.Due = ChangeAgreed, now, hash, true, now.Add(changeLease)
	p.NeedCard = p.To == ByClient
	return nil
}

// DeclinePayer notes that the side does not want the change that the other one proposes. Fault: [fault.NoChange].
func (c *Client) DeclinePayer(side Side, now time.Time) error {
	p := c.Change
	if p == nil || p.State != ChangeProposed || p.By == side {
		return fault.New(fault.NoChange, "errors.payer_no_change")
	}
	p.end(ChangeDeclined, "", now)
	p.Untold = side == ByAgency
	p.soon(now)
	return nil
}

// WithdrawPayer notes that the side takes its proposal back, which it can until the day of the change is near, also when the other
// one has agreed. Fault: [fault.NoChange].
func (c *Client) WithdrawPayer(side Side, now time.Time) error {
	p := c.Change
	if !p.Open() || p.By != side || p.State == ChangeUndoing || p.State == ChangeScheduled && p.Terms.At.Sub(now) < SetUpMargin {
		return fault.New(fault.NoChange, "errors.payer_no_change")
	}
	p.Stop(ChangeWithdrawn, "", now)
	return nil
}

// Drop has an open change come to nothing, because something else happened.
func (p *PayerChange) Drop(now time.Time, why ChangeReason) bool {
	if !p.Open() || p.State == ChangeUndoing {
		return false
	}
	p.Stop(ChangeCanceled, why, now)
	return true
}

// Stop has an open change come to nothing. What was begun at the payment service is undone first.
func (p *PayerChange) Stop(outcome ChangeState, why ChangeReason, now time.Time) {
	if p.State == ChangeProposed {
		p.end(outcome, why, now)
		return
	}
	p.State, p.Outcome, p.Reason, p.Due = ChangeUndoing, outcome, why, now
}

// Undone notes that nothing of the change is left at the payment service.
func (p *PayerChange) Undone(now time.Time) { p.end(p.Outcome, p.Reason, now) }

func (p *PayerChange) end(s ChangeState, why ChangeReason, now time.Time) {
	p.State, p.Outcome, p.Reason, p.EndedAt, p.Untold, p.NeedCard, p.Due = s, "", why, now, true, false, time.Time{}
	p.soon(now)
}

// Told notes that the client was told. It returns false where there was nothing to tell.
func (p *PayerChange) Told(now time.Time) bool {
	if p == nil || !p.Untold {
		return false
	}
	p.Untold = false
	switch p.State {
	case ChangeProposed:
		p.wait(now)
	case ChangeAgreed:
		p.look(now)
	case ChangeScheduled:
		p.Watch(now)
	case ChangeUndoing:
	default:
		p.Due = time.Time{}
	}
	return true
}

// look is when a change that was agreed to is looked at next: often at first, while the payment service may not have answered.
func (p *PayerChange) look(now time.Time) {
	p.Due = now.Add(max(changeLease, min(now.Sub(p.AgreedAt)/4, time.Hour)))
	if now.Before(p.ExpiresAt) && p.ExpiresAt.Before(p.Due) {
		p.Due = p.ExpiresAt
	}
}

// Look sets the next look at a change that was agreed to and is not set up yet.
func (p *PayerChange) Look(now time.Time) {
	if p.State == ChangeAgreed {
		p.look(now)
		p.soon(now)
	}
}

// Watch sets when to look whether both subscriptions still are as they were set, without having been told: a day and an hour before
// the payer changes, and then until the new one is paid.
func (p *PayerChange) Watch(now time.Time) {
	for _, before := range []time.Duration{24 * time.Hour, time.Hour, -5 * time.Minute} {
		if at := p.Terms.At.Add(-before); at.After(now) {
			p.Due = at
			p.soon(now)
			return
		}
	}
	p.Due = now.Add(10 * time.Minute)
	p.soon(now)
}

// Schedule notes that both subscriptions are set.
func (p *PayerChange) Schedule(now time.Time) {
	p.State, p.NeedCard, p.Untold = ChangeScheduled, false, true
	p.Watch(now)
}

// FollowPayment brings a change that is not set up yet to what has become of the payment, the client and the agency. It returns what
// has changed: "" for nothing.
func (c *Client) FollowPayment(suspended bool, now time.Time) ChangeState {
	p := c.Change
	if p == nil || p.State != ChangeProposed && p.State != ChangeAgreed {
		return ""
	}
	stop := func(outcome ChangeState, why ChangeReason) ChangeState {
		p.Stop(outcome, why, now)
		return p.State
	}
	switch {
	case suspended:
		return stop(ChangeCanceled, WasSuspended)
	case !c.Joined():
		return stop(ChangeCanceled, Parted)
	case c.Payment.State == subscription.Disputed:
		return stop(ChangeCanceled, WasDisputed)
	case !c.Payment.State.Open(), !c.Payment.Renews() && !p.OldEnds:
		return stop(ChangeCanceled, OldEnded)
	case len(c.had()) == 0:
		return stop(ChangeCanceled, NotMade)
	case !now.Before(p.ExpiresAt) && p.State == ChangeAgreed && p.Method == "":
		return stop(ChangeExpired, PageExpired)
	case !now.Before(p.ExpiresAt) && p.State == ChangeProposed:
		return stop(ChangeExpired, "")
	case !p.OldEnds && c.Payment.PeriodEnd.After(p.Terms.At):
		// It was renewed before both subscriptions were set. Another day is another agreement: who agreed is asked again.
		p.Terms.At, p.Terms.Version = c.Payment.PeriodEnd, p.Terms.Version+1
		p.State, p.AgreedAt, p.Agreed, p.Untold, p.NeedCard = ChangeProposed, time.Time{}, "", true, false
		p.wait(now)
		return ChangeProposed
	}
	return ""
}

// HandOver has the side of the change pay from now on, which has just been paid for by the new subscription.
func (c *Client) HandOver(reference string, now time.Time) {
	p := c.Change
	c.PaidBy, c.Terms, c.Handed = "", p.Terms.New, true
	if p.To == ByAgency {
		c.PaidBy = ByAgency
	}
	c.Payment.Reference, c.Payment.Interval, c.Payment.PeriodEnd = reference, p.Terms.Every, time.Time{}
	p.end(ChangeDone, "", now)
	if !c.Joined() {
		return
	}
	for _, i := range c.had() { // the client keeps what it had, and gets what it pays for
		at := slices.IndexFunc(c.Grants, func(g instance.Grant) bool { return g.Resource == i.Resource })
		if at < 0 {
			c.Grants = append(c.Grants, instance.Grant{Resource: i.Resource, Access: instance.Write, Name: i.Article.Name()})
		} else {
			c.Grants[at].Access = instance.Write
		}
	}
}
