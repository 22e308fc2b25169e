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
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/payment"
	"latchkey.dev/shared/domain/role"
	"latchkey.dev/shared/domain/subscription"
	"latchkey.dev/shared/domain/words"
)

// CheckoutStore keeps relationships, and knows who sells. Reads of what is not there return a fault with code
// [fault.NotFound].
type CheckoutStore interface {
	// Client reads one relationship; fresh asks for the state as it is now.
	Client(ctx context.Context, agency id.Agency, ref id.Ref, fresh bool) (*client.Client, error)
	// Commit writes a change in one transaction, or nothing and conflict.ErrChanged.
	Commit(ctx context.Context, agency id.Agency, change client.Change) error
	// Agency reads the agency as it is now.
	Agency(ctx context.Context, agency id.Agency) (*agency.Agency, error)
	// Member reads somebody who works at the agency.
	Member(ctx context.Context, agency id.Agency, member id.Member) (*agency.Member, error)
	// Role reads a role as it is now.
	Role(ctx context.Context, agency id.Agency, which id.Role) (*role.Role, error)
	// Card reads a contact as it is now.
	Card(ctx context.Context, agency id.Agency, which id.Contact) (*client.Card, error)
	// Charge writes what an agency pays, and its plan, while its payment still is the one that was read; else
	// conflict.ErrChanged.
	Charge(ctx context.Context, a *agency.Agency, before agency.Agency, rows []audit.Entry) error
	// Resource reads one resource as it is now.
	Resource(ctx context.Context, agency id.Agency, which id.Resource) (*instance.Resource, error)
}

// Checkouts opens checkout pages for invited clients, and reads what became of them.
type Checkouts struct {
	Store     CheckoutStore
	Provider  Provider
	Provision Queue // of provisioning jobs
	Mail      Queue // of mail jobs; nil where nobody is told, which is left to the [Worker]
	Settings  Settings
	Now       func() time.Time
}

// Page is where a checkout goes on.
type Page struct {
	URL       string
	ExpiresAt time.Time
}

// Start opens the checkout page of the person's invite at the agency, or returns the one that is open: however many tabs
// ask, there is one page, and never a second subscription. seen is the fingerprint of the offer that the person looked at in the language
// of the context, [invite.Invite.OfferIn]; "" for whoever takes what there is. The contract keeps that language.
//
// Faults: [fault.Unauthenticated]; [fault.StepUpRequired]; [fault.NotFound] for a person without
// an invite there; [fault.Invalid] in interval; [fault.Gone], [fault.Expired]; [fault.NothingToPay] for an invite that
// costs nothing; [fault.OfferChanged] when what is offered is not what was seen; [fault.AlreadyPaid]; [fault.PaymentsOff];
// [fault.Unavailable].
func (s *Checkouts) Start(ctx context.Context, caller identity.Caller, agencyID id.Agency, every payment.Interval, seen string,
) (Page, error) {
	if err := caller.MustSignInTo("errors.sign_in_with_the_address_that"); err != nil {
		return Page{}, err
	}
	if every != payment.Month && every != payment.Year {
		return Page{}, fault.InField("interval", "errors.choose_month_or_year")
	}
	if err := s.Provider.Ready(); err != nil {
		return Page{}, err
	}
	ref := id.RefOf(agencyID, caller.Email)
	// A page of another interval or in another language, or one that has ended, is closed first; then the loop begins anew.
	const rounds = 4
	for range rounds {
		c, err := s.begin(ctx, caller, agencyID, ref, every, seen)
		if err != nil {
			return Page{}, err
		}
		page, done, err := s.open(ctx, c)
		if err != nil || done {
			return page, err
		}
	}
	return Page{}, fault.New(fault.Unavailable, "errors.several_pages_were_opened_at_once")
}

// begin takes the attempt. A page that is open for another interval, or in another language, is closed before.
func (s *Checkouts) begin(ctx context.Context, caller identity.Caller, agencyID id.Agency, ref id.Ref, every payment.Interval, seen string,
) (c *client.Client, err error) {
	err = conflict.Retry(ctx, func() error {
		if c, err = s.payable(ctx, agencyID, ref); err != nil {
			return err
		}
		if seen != "" && seen != c.Invite.OfferIn(words.In(ctx)) {
			return fault.New(fault.OfferChanged, "errors.has_changed_what_it_offers_since", "agency_name", c.Invite.From.AgencyName)
		}
		now, l := s.Now(), words.In(ctx)
		if err := caller.SteppedUp(now); err != nil { // last: nobody steps up to be told that there is nothing to pay for
			return err
		}
		before := c.Payment
		old := before.Checkout
		if before.State == subscription.CheckoutOpen && old.ID != "" && before.Other(every, l, now) {
			ended, err := s.Provider.ExpireCheckout(ctx, old.ID)
			if err != nil && !payment.Is(err, payment.Missing) {
				return asFault(err)
			}
			if ended.Status == payment.CheckoutComplete {
				if err := s.look(ctx, c); err != nil {
					return err
				}
				return fault.New(fault.AlreadyPaid, "errors.this_has_been_paid_already")
			}
		}
		if err := c.Payment.Begin(every, l, now); err != nil {
			return err
		}
		if !shownIn(ctx, c) && c.Payment == before {
			return nil
		}
		if c.Joined() { // a plan that lapses rests inviting, and never touches a client
			return s.Store.Commit(ctx, agencyID, client.Change{Client: c})
		}
		return s.Store.Commit(ctx, agencyID, client.Change{Client: c, MayInvite: true, Inviter: c.Invite.From.Member})
	})
	return c, err
}

// shownIn notes in which language the client has read the contract, and has been spoken to. It returns false where both were so before.
func shownIn(ctx context.Context, c *client.Client) bool {
	l, news := words.In(ctx), false
	if deal := c.Contract(); deal != nil && deal.Language != l {
		deal.Language, news = l, true
	}
	if l, said := words.Said(ctx); said && c.Language != l {
		c.Language, news = l, true
	}
	return news
}

// payable reads the relationship, when there is something to pay and it may be.
func (s *Checkouts) payable(ctx context.Context, agencyID id.Agency, ref id.Ref) (*client.Client, error) {
	c, err := s.Store.Client(ctx, agencyID, ref, true)
	if err != nil {
		return nil, err
	}
	if c.AgencyPays() {
		return nil, fault.New(fault.NothingToPay, "errors.payer_is_agency")
	}
	if c.Payment.State.Open() || c.Payment.State == subscription.Disputed {
		return nil, fault.New(fault.AlreadyPaid, "errors.this_has_been_paid_already")
	}
	if c.Payment.Resting { // it goes on by itself, see rest
		return nil, fault.New(fault.AlreadyPaid, "errors.what_you_bought_is_stopped_for")
	}
	again := c.Payment.Over() && c.Joined() // a client that lets it lapse may take it up again
	if !again {
		if err := c.Invite.MayAnswer(s.Now()); err != nil {
			return nil, err
		}
	}
	if err := s.maySell(ctx, c, again); err != nil {
		return nil, err
	}
	if c.Invite.Contract == nil && (!again || c.Terms == nil) {
		return nil, fault.New(fault.NothingToPay, "errors.there_is_nothing_to_pay_for")
	}
	return c, nil
}

// maySell looks whether the agency still is in the state to sell: invites of one that is suspended, or whose plan has
// lapsed, or whose inviter has left, are dead, and their clients would pay for nothing.
func (s *Checkouts) maySell(ctx context.Context, c *client.Client, again bool) error {
	dead := fault.New(fault.Gone, "errors.this_cannot_be_bought_at_the")
	a, err := s.Store.Agency(ctx, c.Agency)
	if fault.Is(err, fault.NotFound) || err == nil && (a.Suspended || !again && a.MayInvite() != nil) {
		return dead
	}
	if err != nil || again {
		return err
	}
	if _, err = s.Store.Member(ctx, c.Agency, c.Invite.From.Member); fault.Is(err, fault.NotFound) {
		return dead
	}
	return err
}

// open makes the page of the attempt that was taken. done is false when the attempt is out of date.
func (s *Checkouts) open(ctx context.Context, c *client.Client) (page Page, done bool, err error) {
	p := c.Payment
	if p.Checkout.ID != "" {
		now, err := s.Provider.Checkout(ctx, p.Checkout.ID)
		if err != nil {
			return Page{}, false, asFault(err)
		}
		if now.Status == payment.CheckoutOpen && now.URL != "" {
			return Page{now.URL, now.ExpiresAt}, true, nil
		}
		if err := s.look(ctx, c); err != nil {
			return Page{}, false, err
		}
		if now.Status == payment.CheckoutComplete {
			return Page{}, false, fault.New(fault.AlreadyPaid, "errors.this_has_been_paid_already")
		}
		return Page{}, false, nil
	}
	made, err := s.create(ctx, c)
	if notSold(err) {
		err = errors.Join(err, s.withdraw(ctx, c))
	}
	if err != nil {
		return Page{}, false, asFault(err)
	}
	taken := false
	err = conflict.Retry(ctx, func() error {
		now, err := s.Store.Client(ctx, c.Agency, c.Ref(), true)
		if err != nil {
			return err
		}
		if taken = now.Invite.ID == c.Invite.ID && now.Payment.Opened(p.Checkout.Attempt, made.ID, made.URL, made.Customer); !taken {
			return nil
		}
		return s.Store.Commit(ctx, c.Agency, client.Change{Client: now})
	})
	if err != nil {
		return Page{}, false, err
	}
	if !taken { // somebody has begun anew, or the invite is gone: nobody may pay here
		if _, err := s.Provider.ExpireCheckout(ctx, made.ID); err != nil && !payment.Is(err, payment.Missing) {
			return Page{}, false, asFault(err)
		}
		return Page{}, false, nil
	}
	return Page{made.URL, made.ExpiresAt}, true, nil
}

// create has the payment service make the page of the attempt, unless an earlier one was paid after all.
func (s *Checkouts) create(ctx context.Context, c *client.Client) (payment.Checkout, error) {
	found, err := s.paidBefore(ctx, c)
	if err != nil {
		return payment.Checkout{}, err
	}
	if found {
		return payment.Checkout{}, fault.New(fault.AlreadyPaid, "errors.this_has_been_paid_already")
	}
	return s.make(ctx, c)
}

// make has the payment service make the page of the attempt. A customer that was deleted there is forgotten, and the page makes
// another one.
func (s *Checkouts) make(ctx context.Context, c *client.Client) (payment.Checkout, error) {
	made, err := s.Provider.CreateCheckout(ctx, s.request(c))
	if customer := c.Payment.Customer; customerGone(err) && c.Payment.Forget(customer) {
		if err := s.Forget(ctx, c.Agency, c.Ref(), customer); err != nil {
			return payment.Checkout{}, err
		}
		made, err = s.Provider.CreateCheckout(ctx, s.request(c))
	}
	if err != nil {
		return made, err
	}
	return made, asPromised(ctx, s.Provider, c.Contract(), c.Payment.Interval, made)
}

// withdraw takes back an attempt for which no page is made.
func (s *Checkouts) withdraw(ctx context.Context, c *client.Client) error {
	return conflict.Retry(ctx, func() error {
		now, err := s.Store.Client(ctx, c.Agency, c.Ref(), true)
		if err != nil || now.Invite.ID != c.Invite.ID || !now.Payment.Withdraw(c.Payment.Checkout.Attempt) {
			return err
		}
		return s.Store.Commit(ctx, c.Agency, client.Change{Client: now})
	})
}

// paidBefore asks the payment service whether an earlier page of the invite was paid after all, before another is made.
func (s *Checkouts) paidBefore(ctx context.Context, c *client.Client) (bool, error) {
	if c.Payment.Checkout.Attempt <= 1 {
		return false, nil
	}
	all, err := s.Provider.CheckoutsOf(ctx, payment.CheckoutQuery{Email: string(c.Email), Status: payment.CheckoutComplete})
	if err != nil {
		return false, asFault(err)
	}
	for _, x := range all {
		if x.Reference != string(c.Invite.ID) || x.Subscription == "" {
			continue
		}
		sub, err := s.Provider.Subscription(ctx, x.Subscription)
		if err != nil {
			return false, asFault(err)
		}
		if !sub.Status.Final() {
			return true, s.Settle(ctx, c.Agency, c.Ref(), x.Subscription)
		}
	}
	return false, nil
}

// once is an idempotency key. It names the customer, too: without one that was forgotten the request is another.
func once(key, customer string) string {
	if customer == "" {
		return key
	}
	return key + "." + customer
}

func (s *Checkouts) request(c *client.Client) payment.CheckoutRequest {
	p := c.Payment
	back := s.Settings.Origin + "/checkout/done?agency=" + string(c.Agency)
	r := payment.CheckoutRequest{
		IdempotencyKey: once(fmt.Sprintf("%s.%d.%s", c.Invite.ID, p.Checkout.Attempt, p.Interval), p.Customer),
		Reference:      string(c.Invite.ID), Customer: p.Customer, Email: string(c.Email),
		Metadata: map[string]string{
			metaKind: forClient, metaAgency: string(c.Agency), metaClient: string(c.ID), metaInvite: string(c.Invite.ID)},
		SuccessURL: back, CancelURL: s.Settings.Origin + "/checkout?agency=" + string(c.Agency) + "&canceled=1",
		ExpiresAt:    p.Checkout.ExpiresAt.Truncate(time.Second),
		AutomaticTax: c.Contract().Tax.Way == contract.Worked, PromotionCodes: s.Settings.PromotionCodes,
		BillingAddress: s.Settings.BillingAddress, TaxIDs: s.Settings.TaxIDs, Language: p.Checkout.Language,
	}
	for _, l := range c.Contract().Lines {
		r.Lines = append(r.Lines, payment.Line{PriceID: l.Price(p.Interval).ID, Quantity: 1})
	}
	return r
}

// Confirm looks whether the person's payment at the agency has come, without waiting to be told: for whoever comes back
// from the payment service. It returns the relationship as it is then. Faults: [fault.Unauthenticated], [fault.NotFound],
// [fault.Unavailable].
func (s *Checkouts) Confirm(ctx context.Context, caller identity.Caller, agencyID id.Agency) (*client.Client, error) {
	if err := caller.MustSignInTo("errors.sign_in_with_the_address_that_2"); err != nil {
		return nil, err
	}
	ref := id.RefOf(agencyID, caller.Email)
	c, err := s.Store.Client(ctx, agencyID, ref, true)
	if err != nil {
		return nil, err
	}
	if c.Payment.State != subscription.CheckoutOpen {
		return c, nil
	}
	if err := s.Provider.Ready(); err != nil {
		return c, nil //nolint:nilerr // where nothing is sold no payment is looked for
	}
	if err := s.look(ctx, c); err != nil {
		return nil, err
	}
	return s.Store.Client(ctx, agencyID, ref, true)
}

// look asks the payment service about the relationship's payment and writes down what it says.
func (s *Checkouts) look(ctx context.Context, c *client.Client) error {
	return s.Settle(ctx, c.Agency, c.Ref(), "")
}

// paid is the row of the log of a payment.
func paid(now time.Time, c *client.Client, action audit.Action, detail string) audit.Entry {
	return row(now, audit.System, action, string(c.ID), detail)
}
