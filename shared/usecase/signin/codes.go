package signin

import (
	"context"
	"log/slog"
	"time"

	"github.com/oklog/ulid/v2"

	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/job"
	"latchkey.dev/shared/domain/words"
)

// CodeStore is what asking for a code needs.
type CodeStore interface {
	// Code reads a person's code as it is now; a fault with code NotFound when there is none.
	Code(ctx context.Context, user id.User, job string) (*identity.Code, error)
	// Asked reads when an asker has asked for codes; a fault with code NotFound for never.
	Asked(ctx context.Context, user id.User, by identity.Asker) (*identity.Asked, error)
	// AskCode writes, in one transaction, a new code and that it was asked for, when the stored version of that is still
	// a.Version; else [conflict.ErrChanged].
	AskCode(ctx context.Context, c *identity.Code, a *identity.Asked) error
	identity.Allower
}

// Queue takes mail jobs.
type Queue interface {
	// Send puts a message on the queue; it is delivered after the delay.
	Send(ctx context.Context, body []byte, delay time.Duration) error
}

// Limits on public routes, per IP address.
const (
	requestsPerIP = 30
	guessesPerIP  = 60
)

// Codes mails sign-in codes to whoever asks for one.
type Codes struct {
	Store CodeStore
	Queue Queue
	Seals identity.Seals
	Now   func() time.Time
}

// Request asks for a code for the address and returns its flow, by which the code alone can be used. What it does and returns is
// the same whether or not anybody is known by the address. Faults: [fault.RateLimited].
func (c *Codes) Request(ctx context.Context, to email.Address, from identity.Browser, ip string) (string, error) {
	return c.request(ctx, to, from, c.Seals.Asker(from.Known, to, c.Now()), nil, ip)
}

// RequestLinking is Request by somebody who comes back from a provider, whose account signs in from the code on. invite is the one
// that the person comes from, whose link it holds; "" for none.
func (c *Codes) RequestLinking(
	ctx context.Context, to email.Address, invite id.Invite, link identity.Link, from identity.Browser, ip string,
) (string, error) {
	by := c.Seals.Asker(from.Known, to, c.Now())
	if invite != "" {
		by = identity.InvitationAsker(invite)
	}
	return c.request(ctx, to, from, by, &link, ip)
}

// RequestInvited is Request by the holder of the link of an open invitation to the address.
func (c *Codes) RequestInvited(
	ctx context.Context, to email.Address, invite id.Invite, from identity.Browser, ip string,
) (string, error) {
	return c.request(ctx, to, from, identity.InvitationAsker(invite), nil, ip)
}

// Waiting tells whether the browser has asked for a code for the address that can still be used.
func (c *Codes) Waiting(ctx context.Context, from identity.Browser, of email.Address) (bool, error) {
	last, err := c.last(ctx, from, of)
	return last != nil && last.Live(c.Now()), err
}

// WaitsFor tells whether a code that can still be used has the account sign in which it was asked for with in this browser.
func (c *Codes) WaitsFor(ctx context.Context, from identity.Browser, ask *Asking) (bool, error) {
	last, err := c.last(ctx, from, ask.To)
	return last != nil && last.Live(c.Now()) && last.Link != nil && last.Link.Provider == ask.Link.Provider &&
		last.Link.Names() == ask.Link.Names(), err
}

// last is the code for the address that the browser asked for last; nil where there is none, or none any more.
func (c *Codes) last(ctx context.Context, from identity.Browser, of email.Address) (*identity.Code, error) {
	flow, ok := c.Seals.OpenFlow(from.Flow, of)
	if !ok {
		return nil, nil
	}
	last, err := c.Store.Code(ctx, flow.User, flow.Job)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	return last, err
}

func (c *Codes) request(ctx context.Context, to email.Address, from identity.Browser, by identity.Asker, link *identity.Link,
	ip string) (string, error) {
	if err := identity.AllowNetwork(ctx, c.Store, "code-ip", ip, requestsPerIP, c.Now()); err != nil {
		return "", err
	}
	last, err := c.last(ctx, from, to)
	if err == nil && last != nil {
		err = identity.TooSoon(last.AskedAt, c.Now())
	}
	if err != nil {
		return "", err
	}
	// A new code in the place of one that did not come still links the account. One that is asked for without that is of somebody who
	// may know nothing of who used the browser before.
	if link == nil && from.Again && last != nil && c.Now().Sub(last.AskedAt) < identity.CodeLifetime {
		link = last.Link
	}
	code, err := c.ask(ctx, to, by, link)
	if f := fault.As(err); f != nil && f.Code == fault.RateLimited && by != identity.Strangers {
		code, err = c.ask(ctx, to, identity.Strangers, link) // what is left there is for everybody
	}
	if err != nil {
		return "", err
	}
	// The state is stored and has a due time: what does not get onto the queue now, the sweep puts there.
	if err := c.Queue.Send(ctx, job.Mail{Kind: job.Code, User: code.User, Job: code.Job}.Encode(), 0); err != nil {
		slog.WarnContext(ctx, "code not enqueued, left to the sweep", "error", err)
	}
	return c.Seals.SealFlow(code), nil
}

// ask counts one code of an asker, and stores it. Each asker has an item of its own, so that nobody's asking is in the way of
// somebody else's.
func (c *Codes) ask(ctx context.Context, to email.Address, by identity.Asker, link *identity.Link) (*identity.Code, error) {
	user := id.UserOf(to)
	var code *identity.Code
	err := conflict.Retry(ctx, func() error {
		asked, err := c.Store.Asked(ctx, user, by)
		if fault.Is(err, fault.NotFound) {
			asked, err = &identity.Asked{User: user, By: by}, nil
		}
		if err != nil {
			return err
		}
		now := c.Now()
		if err := asked.Take(now); err != nil {
			return err
		}
		code = identity.NewCode(user, to, now, ulid.Make().String())
		code.Link, code.Language = link, words.In(ctx)
		return c.Store.AskCode(ctx, code, asked)
	})
	return code, err
}

// OpeningStore is what signing in needs.
type OpeningStore interface {
	GuessStore
	identity.Allower
	// OpenSession writes, in one transaction, the used-up code under SaveCode's condition, the new session, the person, who exists from
	// the first sign-in on, and a change of the accounts at providers that sign it in; nil for none.
	OpenSession(ctx context.Context, c *identity.Code, s *identity.Session, change *identity.LinkChange) error
	LinkedStore
	identity.Acquaintances
	// Memberships lists where the person works or is a client.
	Memberships(ctx context.Context, user id.User) ([]identity.Membership, error)
	// OpenOfficeByCode writes, in one transaction, the used-up code under SaveCode's condition, the new session, and what signs the member
	// in at the agency from now on, while that is what it was decided from; else [conflict.ErrChanged].
	OpenOfficeByCode(ctx context.Context, c *identity.Code, s *identity.Session, change *identity.OfficeChange) error
	// PasskeyCount is how many passkeys the person has.
	PasskeyCount(ctx context.Context, user id.User) (int, error)
	identity.Ender
}

// SignIns makes sessions of mailed codes.
type SignIns struct {
	Store OpeningStore
	Key   []byte // HMAC key of the codes' digests
	Seals identity.Seals
	Now   func() time.Time
}

// NoFlow is the key of what somebody reads who types a code that another browser has asked for.
const NoFlow = "errors.code_of_another_browser"

// SignIn exchanges the code that the browser asked for for a session, and ends the session that came with the request. Guesses
// without a flow, or in another one than the code's, are no guesses at it.
//
// Faults: [fault.WrongCode], [fault.RateLimited], [fault.Invalid] in flow for a browser that asked for no code for the address.
func (s *SignIns) SignIn(
	ctx context.Context, address email.Address, typed string, from identity.Browser, ip, old string,
) (*identity.Opened, error) {
	if err := identity.AllowNetwork(ctx, s.Store, "guess-ip", ip, guessesPerIP, s.Now()); err != nil {
		return nil, err
	}
	code, err := identity.ParseCode(typed)
	if err != nil {
		return nil, err
	}
	g := guess{address: address, code: code, from: from}
	flow, err := g.flow(s.Seals)
	if err != nil {
		return nil, err
	}
	places, err := s.Store.Memberships(ctx, flow.User)
	if err != nil {
		return nil, err
	}
	var opened identity.Opened
	err = g.at(ctx, s.Store, s.Key, flow, s.Now, func(c *identity.Code, now time.Time) error {
		if c.Link != nil && c.Link.Agency() != "" {
			if done, err := s.office(ctx, c, &opened, from, ip, now.Truncate(time.Millisecond)); done || err != nil {
				return err
			}
		}
		opened.Cookie, opened.Session = identity.NewSession(flow.User, address, places,
			identity.Proof{Way: identity.MailedCode, Device: from.Device, Network: identity.NetworkOf(ip)}, now.Truncate(time.Millisecond))
		opened.Known = s.Seals.Meet(from.Known, address, now)
		change, err := s.linking(ctx, c, places, from.Device, now)
		if err != nil {
			return err
		}
		if !change.TellsOfItself() {
			if opened.Session.News, err = s.Seals.Greet(ctx, s.Store, opened.Session, from, now); err != nil {
				return err
			}
		}
		return s.Store.OpenSession(ctx, c, opened.Session, change)
	})
	if err != nil {
		return nil, err
	}
	identity.Replace(ctx, s.Store, old)
	// The person is signed in: what is shown then is not worth a fault.
	if opened.Passkeys, err = s.Store.PasskeyCount(ctx, flow.User); err != nil {
		slog.WarnContext(ctx, "passkeys not counted", "error", err)
	}
	return &opened, nil
}

// office signs in, at the agency whose own provider the code was asked for with, the member whose address it proves, and has the account
// there sign the member in from now on. It returns false where the agency has no such provider any more, or no such member: then the
// code signs in as any other does.
func (s *SignIns) office(ctx context.Context, c *identity.Code, opened *identity.Opened, from identity.Browser, ip string,
	now time.Time) (bool, error) {
	a, err := offering(ctx, s.Store, c.Link.Agency())
	if fault.Is(err, fault.NotFound) || err == nil && a.SignIn.Issuer != c.Link.Issuer {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	people, err := s.Store.People(ctx, a.ID)
	if err != nil {
		return false, err
	}
	m := people.ByEmail(c.Email)
	if other := people.ByAccount(c.Link.Issuer, c.Link.Subject); m == nil || other != nil && other.ID != m.ID {
		return false, nil
	}
	opened.Cookie, opened.Session = identity.NewOfficeSession(a, m, from, ip, now, now)
	opened.Known = s.Seals.Meet(from.Known, c.Email, now)
	return true, s.Store.OpenOfficeByCode(ctx, c, opened.Session,
		officeLinking(a, people, m, c.Link.Issuer, c.Link.Subject, from.Device, now))
}

// GuessStore is what comparing a code needs.
type GuessStore interface {
	// Code reads a person's code as it is now; a fault with code NotFound when there is none.
	Code(ctx context.Context, user id.User, job string) (*identity.Code, error)
	// SaveCode writes the code when the stored version is still c.Version; else [conflict.ErrChanged].
	SaveCode(ctx context.Context, c *identity.Code) error
}

// guess is a code that somebody has typed for an address, in a browser.
type guess struct {
	address email.Address
	code    string
	from    identity.Browser
}

// flow is that of the code that the browser asked for last. Fault: [fault.Invalid] in flow.
func (g guess) flow(seals identity.Seals) (identity.Flow, error) {
	flow, ok := seals.OpenFlow(g.from.Flow, g.address)
	if !ok {
		return identity.Flow{}, fault.InField("flow", NoFlow)
	}
	return flow, nil
}

// at compares it with the code of the flow. right writes what a right one makes, together with the code that is used up.
// Fault: [fault.WrongCode].
func (g guess) at(ctx context.Context, store GuessStore, key []byte, flow identity.Flow, clock func() time.Time,
	right func(c *identity.Code, now time.Time) error,
) error {
	digest := identity.Digest(key, flow.User, g.code)
	return conflict.Retry(ctx, func() error {
		c, err := store.Code(ctx, flow.User, flow.Job)
		if fault.Is(err, fault.NotFound) {
			c, err = &identity.Code{User: flow.User, Email: g.address, Job: flow.Job}, nil // long gone
		}
		if err != nil {
			return err
		}
		now := clock()
		verdict := c.Guess(now, digest)
		if verdict == nil {
			return right(c, now)
		}
		if c.Version > 0 {
			if err := store.SaveCode(ctx, c); err != nil {
				return err
			}
		}
		return verdict
	})
}

// linking is the change by which the account at a provider that the code was asked for with signs in from now on; nil for none.
func (s *SignIns) linking(ctx context.Context, c *identity.Code, places []identity.Membership, device string,
	now time.Time) (*identity.LinkChange, error) {
	if c.Link == nil || c.Link.Agency() != "" { // an agency's own provider signs in nobody elsewhere
		return nil, nil
	}
	known, err := s.Store.Known(ctx, c.User)
	if err != nil {
		return nil, err
	}
	links, err := s.Store.Links(ctx, c.User)
	if err != nil {
		return nil, err
	}
	change, err := linking(ctx, s.Store, links, c.Email, places, *c.Link, device, known, now)
	if fault.Is(err, fault.Full) || fault.Is(err, fault.RateLimited) { // the code signs in all the same
		return nil, nil
	}
	return change, err
}
