package identity

import (
	"context"
	"log/slog"
	"time"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/secret"
)

// Opened is a sign-in that has worked.
type Opened struct {
	Cookie   string // the session's value
	Session  *Session
	Known    string // what the browser is known by from now on
	Passkeys int    // how many passkeys the person has, after a sign-in that was no passkey's
}

// Ender ends sessions.
type Ender interface {
	// EndSession deletes the session, if it is the one with the hash.
	EndSession(ctx context.Context, user id.User, session string, hash secret.Hash) error
}

// Replace ends the session behind the cookie that came with a sign-in: what was signed in before on this device is not any more. The
// sign-in has worked whatever comes of it.
func Replace(ctx context.Context, store Ender, old string) {
	user, held, err := LocateSession(old)
	if err != nil {
		return
	}
	if err := store.EndSession(ctx, user, held, secret.HashOf(old)); err != nil {
		slog.WarnContext(ctx, "old session not ended", "error", err)
	}
}

// Allower counts what a network does.
type Allower interface {
	// Allow counts one use under the name in a window of time and returns how long to wait when there have been
	// most of them already; zero when it may go on.
	Allow(ctx context.Context, name string, most int, window time.Duration, now time.Time) (time.Duration, error)
}

// NetworkWindow is the time in which requests of a network to public routes are counted.
const NetworkWindow = 10 * time.Minute

// AllowNetwork counts one request of a network, and refuses it with [fault.RateLimited] when there have been most of them within
// [NetworkWindow].
func AllowNetwork(ctx context.Context, store Allower, name, ip string, most int, now time.Time) error {
	wait, err := store.Allow(ctx, name+"#"+ip, most, NetworkWindow, now)
	if err != nil {
		return err
	}
	if wait > 0 {
		e := fault.New(fault.RateLimited, "errors.too_many_tries_from_this_network", "wait", About(wait))
		e.Retry, e.Limit = wait, fault.Limit{Name: name, Quota: most, Window: NetworkWindow}
		return e
	}
	return nil
}
