package signin

import (
	"context"
	"errors"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/secret"
)

// WithoutStore is what an owner needs to do without the agency's own provider. Reads of what is not there return a fault with code
// [fault.NotFound].
type WithoutStore interface {
	OfficeFindStore
	// EnterWithout writes, in one transaction, a session in the place of the one with the old id and hash, a row of the agency's log
	// and the mails that tell of it; [conflict.ErrChanged] when the person does not work there, or the old session has ended.
	EnterWithout(ctx context.Context, s *identity.Session, old string, hash secret.Hash, row audit.Entry, tells []*identity.Code) error
	// Allow counts one use under the name in a window of time and returns how long to wait when there have been most of them already.
	Allow(ctx context.Context, name string, most int, window time.Duration, now time.Time) (time.Duration, error)
}

// Without lets owners enter when their agency's own provider fails.
type Without struct {
	Store WithoutStore
	Now   func() time.Time
}

// withoutPerHour bounds how often one owner does without it, since each time mails all of them.
const withoutPerHour = 5

// Enter puts a session in the place of the caller's in which it does without the agency's own provider. The caller is an owner who has
// signed in with a code by mail and stepped up. All owners are told, and the log has it. It returns the new cookie; cookie is the
// present one's value.
//
// Faults: [fault.Unauthenticated]; [fault.StepUpRequired]; [fault.Forbidden] for who is no owner, or has signed in otherwise;
// [fault.NotFound] for an agency that the caller does not work at, or that has no such provider; [fault.RateLimited].
func (w *Without) Enter(ctx context.Context, caller identity.Caller, cookie string, at id.Agency) (string, *identity.Session, error) {
	now := w.Now().Truncate(time.Millisecond)
	if err := caller.MustSignIn(); err != nil {
		return "", nil, err
	}
	_, old, err := identity.LocateSession(cookie)
	if err != nil {
		return "", nil, fault.New(fault.Unauthenticated, "errors.sign_in_to_choose_an_agency")
	}
	m, err := memberAt(ctx, w.Store, caller, at)
	if err != nil {
		return "", nil, err
	}
	a, err := offering(ctx, w.Store, at)
	switch {
	case err != nil:
		return "", nil, err
	case m.Level != agency.Owner:
		return "", nil, fault.New(fault.Forbidden, "ownsignin.owners_only", "provider", a.SignIn.Name)
	case caller.By.Way != identity.MailedCode:
		return "", nil, fault.New(fault.Forbidden, "ownsignin.by_code_only")
	}
	if err := caller.SteppedUp(now); err != nil {
		return "", nil, err
	}
	wait, err := w.Store.Allow(ctx, "without#"+string(caller.User), withoutPerHour, time.Hour, now)
	if err != nil {
		return "", nil, err
	}
	if wait > 0 {
		f := fault.New(fault.RateLimited, "errors.too_many_tries", "wait", identity.About(wait))
		f.Retry, f.Limit = wait, fault.Limit{Name: "without", Quota: withoutPerHour, Window: time.Hour}
		return "", nil, f
	}
	people, err := w.Store.People(ctx, at)
	if err != nil {
		return "", nil, err
	}
	fresh, s := caller.MovedWithout(at, m.ID, now)
	row := audit.Entry{ID: id.New[id.Event](id.EventPrefix, now), At: now, Actor: string(m.ID), Action: audit.IssuerWithout,
		Subject: string(m.ID), Detail: a.SignIn.Name}
	tells := identity.TellOwners(people, identity.IssuerWithout,
		identity.Told{Provider: a.SignIn.Name, Person: m.Email, Agency: a.Name, Device: caller.By.Device}, now, newJob)
	err = w.Store.EnterWithout(ctx, s, old, secret.HashOf(cookie), row, tells)
	if errors.Is(err, conflict.ErrChanged) { // signed out, or let go, a moment ago
		return "", nil, fault.New(fault.Unauthenticated, "errors.you_were_signed_out_meanwhile_sign")
	}
	return fresh, s, err
}
