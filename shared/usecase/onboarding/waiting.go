package onboarding

import (
	"context"
	"slices"
	"time"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
)

// MostWaiting is how many invitations a person is shown at a time, the newest ones.
const MostWaiting = 20

// WaitingStore reads what waits for an address.
type WaitingStore interface {
	InviteStore
	PreviewStore
	// Waiting lists at most so many agencies that have invited the person's address; some of their invitations may be over.
	Waiting(ctx context.Context, user id.User, most int) ([]id.Agency, error)
}

// Waiting tells people which invitations wait for the address that they have proven, however they have signed in.
type Waiting struct {
	Store WaitingStore
	Now   func() time.Time
}

// List lists the invitations that the caller can accept at this moment, the one that runs out first before the others. Faults:
// [fault.Unauthenticated].
func (w *Waiting) List(ctx context.Context, caller identity.Caller) ([]Invitation, error) {
	if err := caller.MustSignIn(); err != nil {
		return nil, err
	}
	agencies, err := w.Store.Waiting(ctx, caller.User, MostWaiting)
	if err != nil {
		return nil, err
	}
	var all []Invitation
	for _, a := range agencies {
		c, err := proven(ctx, w.Store, a, caller, true)
		var i Invitation
		if err == nil {
			i, err = standing(ctx, w.Store, c, caller, w.Now())
		}
		if fault.Is(err, fault.Gone) || fault.Is(err, fault.Expired) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if i.Standing == Invited {
			all = append(all, i)
		}
	}
	slices.SortFunc(all, func(x, y Invitation) int { return x.Client.Invite.ExpiresAt.Compare(y.Client.Invite.ExpiresAt) })
	return all, nil
}
