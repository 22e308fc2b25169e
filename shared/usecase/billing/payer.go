package billing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/contract"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/job"
	"latchkey.dev/shared/domain/payment"
	"latchkey.dev/shared/domain/subscription"
	"latchkey.dev/shared/domain/words"
)

// PayerStore keeps relationships with what their payers are about to be. Reads of what is not there return a fault with code
// [fault.NotFound].
type PayerStore interface {
	// Client reads one relationship; fresh asks for the state as it is now.
	Client(ctx context.Context, agency id.Agency, ref id.Ref, fresh bool) (*client.Client, error)
	// Commit writes a change in one transaction, or nothing and conflict.ErrChanged.
	Commit(ctx context.Context, agency id.Agency, change client.Change) error
	// Agency reads the agency as it is now.
	Agency(ctx context.Context, agency id.Agency) (*agency.Agency, error)
}

// PayerChanges has the agency and its client agree on who pays for what the platform has set up. What they agree to is carried out by
// the [Worker].
type PayerChanges struct {
	Store   PayerStore
	Prices  *Prices
	Billing Queue // of billing jobs
	Now     func() time.Time
}

// Party is one side of a relationship, as it calls: the agency names its client, and the client its agency.
type Party struct {
	Client id.Client // "" for who calls as the client
	Agency id.Agency // of who calls as the client
}

// Side is the side.
func (p Party) Side() client.Side {
	if p.Client != "" {
		return client.ByAgency
	}
	return client.ByClient
}

// Wish is what is proposed.
type Wish struct {
	To       client.Side
	Every    payment.Interval // "" for as often as it is paid now
	Resource id.Resource      // what it is about; "" for all that the client's contract holds, which changes together
}

// weight is how much comes of what a caller does.
type weight int

const (
	look    weight = iota // nothing changes
	answer                // nobody pays more by it
	consent               // somebody may have to pay by it
)

// consents is who of an agency may do what somebody may have to pay by. Who has stepped up is asked once the relationship is known.
var consents = identity.ByPortal(identity.InPerson, identity.Manage).SteppedInside()

// of finds the relationship, and lets through who may, as far as that is known without it. pays says whether the agency's money is bound
// by it.
func (s *PayerChanges) of(caller identity.Caller, at Party, how weight, pays bool) (id.Agency, id.Ref, error) {
	if at.Side() == client.ByClient {
		if err := caller.MustSignIn(); err != nil {
			return "", "", err
		}
		return at.Agency, id.RefOf(at.Agency, caller.Email), nil
	}
	var err error
	switch how {
	case look:
		err = caller.MayPortal(identity.ClientsRead, identity.See)
	case answer:
		err = caller.MayPortal(identity.InPerson, identity.Manage)
	default:
		err = consents.Admits(caller, s.Now())
	}
	if err == nil && pays { // the agency's money is its owners' and admins'
		err = caller.May(identity.InPerson)
	}
	return caller.Agency, at.Client.Ref(), err
}

// take is read by who is about to do something of a weight: somebody may have to pay by it who has stepped up.
func (s *PayerChanges) take(ctx context.Context, caller identity.Caller, at Party, how weight, agencyID id.Agency, ref id.Ref,
) (*client.Client, error) {
	c, err := s.read(ctx, at, agencyID, ref)
	if err == nil && how == consent {
		err = caller.SteppedUp(s.Now())
	}
	return c, err
}

// read reads the relationship of the party, which is there for it.
func (s *PayerChanges) read(ctx context.Context, at Party, agencyID id.Agency, ref id.Ref) (*client.Client, error) {
	c, err := s.Store.Client(ctx, agencyID, ref, true)
	switch {
	case err == nil && at.Client != "" && (c.ID != at.Client || !c.Listed):
		return nil, fault.New(fault.NotFound, "errors.there_is_no_such_client")
	case at.Client == "" && (fault.Is(err, fault.NotFound) || err == nil && !c.Listed):
		return nil, fault.New(fault.NotFound, "errors.you_have_nothing_with_such_an")
	}
	return c, err
}

// Get is the relationship with the newest change of payer. Faults: [fault.Unauthenticated], [fault.Forbidden], [fault.NotFound], also
// where there never was a change.
func (s *PayerChanges) Get(ctx context.Context, caller identity.Caller, at Party) (*client.Client, error) {
	agencyID, ref, err := s.of(caller, at, look, false)
	if err != nil {
		return nil, err
	}
	c, err := s.read(ctx, at, agencyID, ref)
	if err == nil && c.Change == nil {
		return nil, fault.New(fault.NotFound, "errors.payer_never_changed")
	}
	return c, err
}

// Offer is what a change to that side would be agreed to now, for who is about to propose it: nothing is written. Faults: as Propose,
// without the step-up.
func (s *PayerChanges) Offer(ctx context.Context, caller identity.Caller, at Party, w Wish) (*client.Client, error) {
	agencyID, ref, err := s.of(caller, at, answer, false)
	if err != nil {
		return nil, err
	}
	c, err := s.read(ctx, at, agencyID, ref)
	if err != nil {
		return nil, err
	}
	return c, s.propose(ctx, caller, at, c, w)
}

// propose puts a proposal of the party on the relationship that was read.
func (s *PayerChanges) propose(ctx context.Context, caller identity.Caller, at Party, c *client.Client, w Wish) error {
	now := s.Now().Truncate(time.Millisecond)
	switch w.Every {
	case "":
		w.Every = c.Payment.Interval
	case payment.Month, payment.Year:
	default:
		return fault.InField("interval", "errors.choose_month_or_year")
	}
	if err := c.MayChangePayer(w.To, w.Resource, now); err != nil {
		return err
	}
	a, err := s.Store.Agency(ctx, c.Agency)
	if err != nil {
		return err
	}
	if a.Suspended {
		return fault.New(fault.Suspended, "errors.this_agency_is_suspended_ask_the")
	}
	deal, err := s.Prices.Quote(ctx, c.ChangeOrder())
	if fault.Is(err, fault.PaymentsOff) {
		return fault.New(fault.PaymentsOff, "errors.payer_not_sold")
	}
	if err != nil {
		return err
	}
	if err := c.ProposePayer(at.Side(), w.To, caller.Member, deal, w.Every, now); err != nil {
		return err
	}
	if at.Side() == client.ByClient {
		c.Change.ShownIn(words.In(ctx))
	}
	return nil
}

// Propose proposes that a side pays from the end of the period on that is paid now. Faults: [fault.Unauthenticated];
// [fault.StepUpRequired]; [fault.Forbidden] for who may not, and who is neither owner nor admin where
// the agency is to pay; [fault.NotFound]; [fault.NotProvisioned]; [fault.ChangeOpen]; [fault.Invalid]; [fault.NotActive] while what is
// paid now is not in a state to change hands; [fault.Suspended]; [fault.PaymentsOff]; [fault.RateLimited].
func (s *PayerChanges) Propose(ctx context.Context, caller identity.Caller, at Party, w Wish) (*client.Client, error) {
	agencyID, ref, err := s.of(caller, at, consent, w.To == client.ByAgency)
	if err != nil {
		return nil, err
	}
	return s.change(ctx, caller, at, consent, agencyID, ref, func(c *client.Client, now time.Time) (audit.Entry, error) {
		if err := s.propose(ctx, caller, at, c, w); err != nil {
			return audit.Entry{}, err
		}
		action := audit.PayerProposed
		if at.Side() == client.ByClient {
			action = audit.PayerRequested
		}
		return payerRow(now, actor(caller, at, c), action, c, string(w.To)), nil
	})
}

// Agree agrees to the terms of that hash; where that was done before, also by the other side, it is as it is, and no fault: whoever
// repeats a call, or comes for the card, finds it so. Where the client is to pay, or the agency has no card, [Cards.Open] comes next,
// as soon as the change wants it. Faults: as Propose; [fault.NoChange] where nothing waits for that side; [fault.TermsChanged] where
// the terms are not those any more.
func (s *PayerChanges) Agree(ctx context.Context, caller identity.Caller, at Party, hash string) (*client.Client, error) {
	agencyID, ref, err := s.of(caller, at, consent, false)
	if err != nil {
		return nil, err
	}
	return s.change(ctx, caller, at, consent, agencyID, ref, func(c *client.Client, now time.Time) (audit.Entry, error) {
		if c.Change != nil && c.Change.To == client.ByAgency && at.Side() == client.ByAgency {
			if err := caller.May(identity.InPerson); err != nil {
				return audit.Entry{}, err
			}
		}
		a, err := s.Store.Agency(ctx, c.Agency)
		if err != nil {
			return audit.Entry{}, err
		}
		if a.Suspended {
			return audit.Entry{}, fault.New(fault.Suspended, "errors.this_agency_is_suspended_ask_the")
		}
		if c.Change.AgreedTo(hash, words.In(ctx)) {
			return audit.Entry{}, errStands
		}
		if err := c.AgreePayer(at.Side(), hash, words.In(ctx), caller.Member, now); err != nil {
			return audit.Entry{}, err
		}
		if c.Change.To == client.ByAgency && a.Payment.Customer == "" {
			c.Change.NeedCard = true
		}
		return payerRow(now, actor(caller, at, c), audit.PayerAgreed, c, fmt.Sprint(c.Change.Terms.Version, " ", hash)), nil
	})
}

// Decline turns the other side's proposal down. Faults: [fault.Unauthenticated], [fault.Forbidden], [fault.NotFound], [fault.NoChange].
func (s *PayerChanges) Decline(ctx context.Context, caller identity.Caller, at Party) (*client.Client, error) {
	return s.refuse(ctx, caller, at, audit.PayerDeclined, func(c *client.Client, now time.Time) error {
		return c.DeclinePayer(at.Side(), now)
	})
}

// Withdraw takes the side's own proposal back, until an hour before the payer changes. Faults: as Decline.
func (s *PayerChanges) Withdraw(ctx context.Context, caller identity.Caller, at Party) (*client.Client, error) {
	return s.refuse(ctx, caller, at, audit.PayerWithdrawn, func(c *client.Client, now time.Time) error {
		return c.WithdrawPayer(at.Side(), now)
	})
}

func (s *PayerChanges) refuse(ctx context.Context, caller identity.Caller, at Party, action audit.Action,
	f func(c *client.Client, now time.Time) error) (*client.Client, error) {
	agencyID, ref, err := s.of(caller, at, answer, false)
	if err != nil {
		return nil, err
	}
	return s.change(ctx, caller, at, answer, agencyID, ref, func(c *client.Client, now time.Time) (audit.Entry, error) {
		if err := f(c, now); err != nil {
			return audit.Entry{}, err
		}
		return payerRow(now, actor(caller, at, c), action, c, ""), nil
	})
}

// errStands says that what is asked for is so already.
var errStands = errors.New("billing: it is so already")

// change writes what f changes, and has the [Worker] carry it out; where f says errStands nothing is written.
func (s *PayerChanges) change(ctx context.Context, caller identity.Caller, at Party, how weight, agencyID id.Agency, ref id.Ref,
	f func(c *client.Client, now time.Time) (audit.Entry, error)) (*client.Client, error) {
	var c *client.Client
	err := conflict.Retry(ctx, func() (err error) {
		if c, err = s.take(ctx, caller, at, how, agencyID, ref); err != nil {
			return err
		}
		row, err := f(c, s.Now().Truncate(time.Millisecond))
		if err != nil {
			return err
		}
		return s.Store.Commit(ctx, agencyID, client.Change{Client: c, Audit: []audit.Entry{row}})
	})
	switch {
	case errors.Is(err, errStands):
		return c, nil
	case err != nil:
		return nil, err
	}
	enqueue(ctx, s.Billing, job.Billing{Agency: agencyID, Ref: ref}.Encode())
	return c, nil
}

// actor is who calls, for the log.
func actor(caller identity.Caller, at Party, c *client.Client) string {
	if at.Side() == client.ByClient {
		return string(c.ID)
	}
	return caller.Actor()
}

func payerRow(now time.Time, actor string, action audit.Action, c *client.Client, detail string) audit.Entry {
	return row(now, actor, action, string(c.ID), detail)
}

// Cards takes the cards of those who are to pay for what somebody else pays for now.
type Cards struct {
	Store    PayerStore
	Provider Provider
	Settings Settings
	Now      func() time.Time
}

// Open opens the page on which who is to pay gives a card for a change that both sides have agreed to, or returns the one that is open.
// Nothing is charged there. Faults: [fault.Unauthenticated], [fault.StepUpRequired], [fault.Forbidden], [fault.NotFound];
// [fault.NoChange] where no card is wanted of that side; [fault.PaymentsOff], [fault.Unavailable].
func (s *Cards) Open(ctx context.Context, caller identity.Caller, at Party) (Page, error) {
	changes := &PayerChanges{Store: s.Store, Now: s.Now}
	agencyID, ref, err := changes.of(caller, at, consent, at.Side() == client.ByAgency)
	if err != nil {
		return Page{}, err
	}
	if err := s.Provider.Ready(); err != nil {
		return Page{}, err
	}
	const rounds = 4
	for range rounds {
		c, err := s.begin(ctx, changes, caller, at, agencyID, ref)
		if err != nil {
			return Page{}, err
		}
		page, done, err := s.open(ctx, c, string(caller.Email))
		if err != nil || done {
			return page, err
		}
	}
	return Page{}, fault.New(fault.Unavailable, "errors.several_pages_were_opened_at_once")
}

// begin takes the attempt.
func (s *Cards) begin(ctx context.Context, by *PayerChanges, caller identity.Caller, at Party, agencyID id.Agency, ref id.Ref,
) (c *client.Client, err error) {
	err = conflict.Retry(ctx, func() error {
		if c, err = by.take(ctx, caller, at, consent, agencyID, ref); err != nil {
			return err
		}
		now := s.Now()
		if !c.Change.Wants(at.Side()) || !now.Before(c.Change.ExpiresAt) {
			return fault.New(fault.NoChange, "errors.payer_no_card")
		}
		before := c.Change.Next
		var l words.Language // of an agency's people it is what their browser likes
		if at.Side() == client.ByClient {
			l = words.In(ctx)
		}
		if err := s.shutOther(ctx, before, l, now); err != nil {
			return err
		}
		if err := c.Change.Next.Begin(c.Change.Terms.Every, l, now); err != nil || c.Change.Next == before {
			return err
		}
		return s.Store.Commit(ctx, agencyID, client.Change{Client: c})
	})
	return c, err
}

// shutOther closes a page that is open in another language.
func (s *Cards) shutOther(ctx context.Context, next subscription.Subscription, l words.Language, now time.Time) error {
	if next.State != subscription.CheckoutOpen || next.Checkout.ID == "" || !next.Other(next.Interval, l, now) {
		return nil
	}
	ended, err := s.Provider.ExpireCheckout(ctx, next.Checkout.ID)
	if err != nil && !payment.Is(err, payment.Missing) {
		return asFault(err)
	}
	if ended.Status == payment.CheckoutComplete { // which the worker is about to see
		return fault.New(fault.NoChange, "errors.payer_no_card")
	}
	return nil
}

// open makes the page of the attempt that was taken. done is false when the attempt is out of date.
func (s *Cards) open(ctx context.Context, c *client.Client, email string) (page Page, done bool, err error) {
	p := c.Change
	if p.Next.Checkout.ID != "" {
		now, err := s.Provider.Checkout(ctx, p.Next.Checkout.ID)
		if err != nil && !payment.Is(err, payment.Missing) {
			return Page{}, false, asFault(err)
		}
		if now.Status == payment.CheckoutOpen && now.URL != "" {
			return Page{now.URL, now.ExpiresAt}, true, nil
		}
		if now.Status == payment.CheckoutComplete { // which the worker is about to see
			return Page{}, false, fault.New(fault.NoChange, "errors.payer_no_card")
		}
		return Page{}, false, s.shut(ctx, c)
	}
	customer, err := s.customer(ctx, c)
	if err != nil {
		return Page{}, false, err
	}
	back := s.Settings.Origin + "/portal/payer?agency=" + string(c.Agency)
	if p.To == client.ByAgency {
		back = s.Settings.Origin + "/clients/" + string(c.ID) + "/payer?"
	}
	request := payment.CheckoutRequest{
		IdempotencyKey: once(fmt.Sprintf("%s.card.%d", p.ID, p.Next.Checkout.Attempt), customer), Card: true,
		Reference: string(p.ID), Customer: customer, Email: email, Metadata: changeMetadata(c),
		SuccessURL: back + "&card=1", CancelURL: back + "&canceled=1", ExpiresAt: p.Next.Checkout.ExpiresAt.Truncate(time.Second),
		AutomaticTax: p.Terms.New.Tax.Way == contract.Worked, BillingAddress: s.Settings.BillingAddress,
		Language: p.Next.Checkout.Language,
	}
	made, err := s.Provider.CreateCheckout(ctx, request)
	if customerGone(err) && request.Customer != "" {
		request.IdempotencyKey, request.Customer = fmt.Sprintf("%s.card.%d", p.ID, p.Next.Checkout.Attempt), ""
		made, err = s.Provider.CreateCheckout(ctx, request)
	}
	if err != nil {
		return Page{}, false, asFault(err)
	}
	taken := false
	err = s.write(ctx, c, func(is *client.Client) bool {
		taken = is.Change != nil && is.Change.ID == p.ID && is.Change.State == client.ChangeAgreed &&
			is.Change.Next.Opened(p.Next.Checkout.Attempt, made.ID, made.URL, "")
		return taken
	})
	if err != nil {
		return Page{}, false, err
	}
	if !taken {
		if _, err := s.Provider.ExpireCheckout(ctx, made.ID); err != nil && !payment.Is(err, payment.Missing) {
			return Page{}, false, asFault(err)
		}
		return Page{}, false, nil
	}
	return Page{made.URL, made.ExpiresAt}, true, nil
}

// shut forgets a page that has expired, so that another is made.
func (s *Cards) shut(ctx context.Context, c *client.Client) error {
	was := c.Change.Next.Checkout.ID
	return s.write(ctx, c, func(is *client.Client) bool {
		if is.Change == nil || is.Change.Next.Checkout.ID != was || is.Change.Next.State != subscription.CheckoutOpen {
			return false
		}
		is.Change.Next.Shut()
		return true
	})
}

// write writes what f changes of the relationship as it is now; f returns false where there is nothing to be changed.
func (s *Cards) write(ctx context.Context, c *client.Client, f func(c *client.Client) bool) error {
	return conflict.Retry(ctx, func() error {
		is, err := s.Store.Client(ctx, c.Agency, c.Ref(), true)
		if err != nil || !f(is) {
			return err
		}
		return s.Store.Commit(ctx, c.Agency, client.Change{Client: is})
	})
}

// customer is the payment service's customer of who is to pay; "" for none.
func (s *Cards) customer(ctx context.Context, c *client.Client) (string, error) {
	if c.Change.To == client.ByClient {
		return c.Payment.Customer, nil
	}
	a, err := s.Store.Agency(ctx, c.Agency)
	if err != nil {
		return "", err
	}
	return a.Payment.Customer, nil
}

// changeMetadata stands on the page and the subscription of a change, so that they are found again whatever is lost.
func changeMetadata(c *client.Client) map[string]string {
	return map[string]string{metaKind: forClient, metaAgency: string(c.Agency), metaClient: string(c.ID), metaChange: string(c.Change.ID)}
}
