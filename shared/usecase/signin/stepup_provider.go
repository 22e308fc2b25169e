package signin

import (
	"context"
	"errors"
	"time"

	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
)

// FormStore keeps forms that wait for a step-up.
type FormStore interface {
	// KeepForm writes a sealed form of a person, until it is over.
	KeepForm(ctx context.Context, user id.User, which, sealed string, until time.Time) error
	// Form reads one, and until when it is kept; a fault with code [fault.NotFound] when there is none.
	Form(ctx context.Context, user id.User, which string) (sealed string, until time.Time, err error)
	// DropForm deletes one, if it is there.
	DropForm(ctx context.Context, user id.User, which string) error
	// Links reads the accounts at providers that sign the person in, as they are now; a person without any has the zero ones.
	Links(ctx context.Context, user id.User) (*identity.Links, error)
	// PasskeyCount is how many passkeys the person has.
	PasskeyCount(ctx context.Context, user id.User) (int, error)
	identity.Allower
}

// StepUpWays are the ways in which people can prove again that it is them, besides a mailed code, and what is needed for one by a
// provider: the form that asked for the step-up is kept here meanwhile, sealed, and given to the same session alone.
type StepUpWays struct {
	Store FormStore
	Seals identity.Seals
	Now   func() time.Time
}

// Of lists the accounts at providers by which the caller can prove again that it is them, and tells whether a passkey can. Somebody
// whom an agency's own provider let in has neither.
func (s *StepUpWays) Of(ctx context.Context, caller identity.Caller) (links []identity.Link, passkey bool, err error) {
	if err := caller.MustSignIn(); err != nil || caller.By.Bound != "" {
		return nil, false, err
	}
	all, err := s.Store.Links(ctx, caller.User)
	if err != nil {
		return nil, false, err
	}
	n, err := s.Store.PasskeyCount(ctx, caller.User)
	return all.All, n > 0, err
}

// Keep keeps what the caller was about to do. Faults: [fault.Unauthenticated], [fault.RateLimited].
func (s *StepUpWays) Keep(ctx context.Context, caller identity.Caller, f *identity.Form) error {
	if err := caller.MustSignIn(); err != nil {
		return err
	}
	now := s.Now()
	wait, err := s.Store.Allow(ctx, "forms#"+string(caller.User), identity.MaxForms, identity.FormFor, now)
	if err != nil {
		return err
	}
	if wait > 0 {
		f := fault.New(fault.RateLimited, "errors.forms_too_many")
		f.Retry, f.Limit = wait, fault.Limit{Name: "forms", Quota: identity.MaxForms, Window: identity.FormFor}
		return f
	}
	return s.Store.KeepForm(ctx, caller.User, f.ID, s.Seals.SealForm(f, caller.User, caller.Session), now.Add(identity.FormFor))
}

// Kept is what the caller was about to do, in this session. Faults: [fault.Unauthenticated]; [fault.NotFound] for what is over, was used,
// or was kept for another session.
func (s *StepUpWays) Kept(ctx context.Context, caller identity.Caller, which string) (*identity.Form, error) {
	if err := caller.MustSignIn(); err != nil {
		return nil, err
	}
	sealed, until, err := s.Store.Form(ctx, caller.User, which)
	if err != nil {
		return nil, err
	}
	f, ok := s.Seals.OpenForm(sealed, caller.User, caller.Session, which)
	if !ok || !s.Now().Before(until) {
		return nil, fault.New(fault.NotFound, "errors.form_over")
	}
	return f, nil
}

// Drop forgets what the caller was about to do, once that goes on.
func (s *StepUpWays) Drop(ctx context.Context, caller identity.Caller, which string) error {
	if err := caller.MustSignIn(); err != nil || which == "" {
		return err
	}
	return s.Store.DropForm(ctx, caller.User, which)
}

// BeginStepUp returns where the browser goes so that its person proves to the provider once more to be who it is, and what the browser
// keeps meanwhile. form is what asked for it. Faults: [fault.Unauthenticated]; [fault.RateLimited]; [fault.Unavailable].
func (p *Providers) BeginStepUp(
	ctx context.Context, caller identity.Caller, to identity.ProviderID, form, ip string,
) (path, sealed string, err error) {
	if err := caller.MustSignIn(); err != nil {
		return "", "", err
	}
	if err := identity.AllowNetwork(ctx, p.Store, "errand-ip", ip, errandsPerIP, p.Now()); err != nil {
		return "", "", err
	}
	e := identity.NewErrand(to, "", "", p.Now())
	e.Fresh, e.Session, e.Form = true, caller.Session, form
	path, err = p.Provider.Begin(ctx, e)
	return path, p.Seals.SealErrand(e), err
}

// step has the session know that its person has just proved to the provider to be who it is. The account must be one that signs in the
// caller, and the provider must say when the person proved it: after the errand began.
func (p *Providers) step(ctx context.Context, caller identity.Caller, e *identity.Errand, said *identity.Assertion, known bool, of id.User,
) (*Outcome, error) {
	if !caller.SignedIn() || caller.Session != e.Session || caller.By.Bound != "" {
		return &Outcome{Setback: NotYou}, nil
	}
	if !known || of != caller.User {
		return &Outcome{Setback: NotYours}, nil
	}
	at, ok := said.Stepped(e, p.Now())
	if !ok {
		return &Outcome{Setback: NotFresh}, nil
	}
	at = at.Truncate(time.Millisecond)
	if at.Before(caller.Proved) { // by another way meanwhile
		return &Outcome{Stepped: true}, nil
	}
	err := p.Store.ProveAt(ctx, caller.User, caller.Session, at)
	if errors.Is(err, conflict.ErrChanged) { // signed out meanwhile
		return &Outcome{Setback: NotYou}, nil
	}
	return &Outcome{Stepped: true}, err
}
