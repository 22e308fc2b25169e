package agencies

import (
	"context"
	"time"

	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/notice"
)

// BoxStore keeps what members want to be told.
type BoxStore interface {
	// Box reads a member's box of notices as it is now; one that is not stored is empty.
	Box(ctx context.Context, agency id.Agency, member id.Member) (*notice.Box, error)
	// SaveBox writes the box while the stored version is the one that was read; else [conflict.ErrChanged].
	SaveBox(ctx context.Context, b *notice.Box) error
}

// Notifications lets members choose what they are told by mail of what clients did.
type Notifications struct {
	Store BoxStore
	Now   func() time.Time
}

// Told is what a member is told, and how often.
type Told struct {
	Choices notice.Choices
	Rhythm  notice.Rhythm
}

// Get tells what the caller is told. Faults: [fault.Unauthenticated], [fault.Forbidden].
func (n *Notifications) Get(ctx context.Context, caller identity.Caller) (Told, error) {
	if err := caller.MayPortal(identity.InPerson, identity.Colleague); err != nil {
		return Told{}, err
	}
	b, err := n.Store.Box(ctx, caller.Agency, caller.Member)
	if err != nil {
		return Told{}, err
	}
	all, err := b.Choices.With(nil)
	return Told{all, b.Rhythm}, err
}

// Update switches kinds on and off for the caller; kinds that are not named stay as they are, and so does the rhythm where it is nil. It
// holds for what happened already and has not been mailed yet, too. Faults: [fault.Invalid] in items, [fault.Unauthenticated],
// [fault.Forbidden].
func (n *Notifications) Update(
	ctx context.Context, caller identity.Caller, changed notice.Choices, rhythm *notice.Rhythm,
) (Told, error) {
	if err := caller.MayPortal(identity.InPerson, identity.Colleague); err != nil {
		return Told{}, err
	}
	var out Told
	err := conflict.Retry(ctx, func() error {
		b, err := n.Store.Box(ctx, caller.Agency, caller.Member)
		if err != nil {
			return err
		}
		if out.Choices, err = b.Choices.With(changed); err != nil {
			return err
		}
		b.Choices = out.Choices
		if rhythm != nil {
			b.Choose(*rhythm, n.Now())
		}
		out.Rhythm = b.Rhythm
		return n.Store.SaveBox(ctx, b)
	})
	return out, err
}
