// Package clients is what an agency does for a client once it is invited: it opens things to it and closes them, corrects
// its name, and when the time has come ends the relationship and erases what is known of it.
package clients

import (
	"context"
	"time"

	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
)

// Store keeps relationships. Reads of what is not there return a fault with code [fault.NotFound].
type Store interface {
	// Client reads one relationship; fresh asks for the state as it is now.
	Client(ctx context.Context, agency id.Agency, ref id.Ref, fresh bool) (*client.Client, error)
	// Commit writes a change in one transaction, or nothing and conflict.ErrChanged.
	Commit(ctx context.Context, agency id.Agency, change client.Change) error
}

var (
	errNoClient   = fault.New(fault.NotFound, "errors.there_is_no_such_client")
	errNoResource = fault.New(fault.NotFound, "errors.you_have_no_instance_or_service")
)

// decision changes the client that was read and returns what to write, nil for nothing.
type decision func(c *client.Client, now time.Time) (*client.Change, error)

// change reads the client, lets decide change it, and writes what comes of it. decide runs again when somebody else was
// faster.
func change(ctx context.Context, store Store, clock func() time.Time, caller identity.Caller, which id.Client,
	decide decision) (*client.Client, error) {
	ref := which.Ref()
	if ref == "" {
		return nil, errNoClient
	}
	var c *client.Client
	err := conflict.Retry(ctx, func() (err error) {
		c, err = store.Client(ctx, caller.Agency, ref, true)
		if fault.Is(err, fault.NotFound) || err == nil && (c.ID != which || !c.Listed) {
			return errNoClient
		}
		if err != nil {
			return err
		}
		change, err := decide(c, clock().Truncate(time.Millisecond)) // as it is kept
		if err != nil || change == nil {
			return err
		}
		change.Client = c
		return store.Commit(ctx, caller.Agency, *change)
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

func row(now time.Time, caller identity.Caller, action audit.Action, subject, detail string) audit.Entry {
	return audit.Entry{ID: id.New[id.Event](id.EventPrefix, now), At: now, Actor: caller.Actor(), Action: action,
		Subject: subject, Detail: detail}
}

func logged(rows ...audit.Entry) *client.Change { return &client.Change{Audit: rows} }
