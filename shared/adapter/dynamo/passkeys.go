package dynamo

import (
	"context"
	"time"

	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/passkey"
	"latchkey.dev/shared/domain/secret"
	"latchkey.dev/shared/usecase/passkeys"
)

// PasskeyChallenges is what beginning to sign in with a passkey needs.
type PasskeyChallenges struct{ t *Table }

// NewPasskeyChallenges makes PasskeyChallenges of the table.
func NewPasskeyChallenges(t *Table) PasskeyChallenges { return PasskeyChallenges{t} }

var _ passkeys.Opener = PasskeyChallenges{}

// OpenChallenge writes a challenge.
func (p PasskeyChallenges) OpenChallenge(ctx context.Context, c *passkey.Challenge) error {
	return p.t.openChallenge(ctx, c)
}

// Allow counts one use under the name in the window that now is in, and returns how long to wait when it was used too
// often.
func (p PasskeyChallenges) Allow(ctx context.Context, name string, most int, window time.Duration, now time.Time) (time.Duration, error) {
	return p.t.allow(ctx, name, most, window, now)
}

// Keyring is what people do with their passkeys.
type Keyring struct{ t *Table }

// NewKeyring makes Keyring of the table.
func NewKeyring(t *Table) Keyring { return Keyring{t} }

var _ passkeys.Keeper = Keyring{}

// Passkeys reads all passkeys of a person as they are now.
func (k Keyring) Passkeys(ctx context.Context, user id.User) (*passkey.Set, error) {
	return k.t.passkeys(ctx, user)
}

// ChangePasskeys writes what becomes of a person's passkeys.
func (k Keyring) ChangePasskeys(ctx context.Context, c passkey.Change) error {
	return k.t.changePasskeys(ctx, c)
}

// PasskeyRegistrations is what beginning and finishing a registration needs.
type PasskeyRegistrations struct{ t *Table }

// NewPasskeyRegistrations makes PasskeyRegistrations of the table.
func NewPasskeyRegistrations(t *Table) PasskeyRegistrations { return PasskeyRegistrations{t} }

// OpenChallenge writes a challenge.
func (p PasskeyRegistrations) OpenChallenge(ctx context.Context, c *passkey.Challenge) error {
	return p.t.openChallenge(ctx, c)
}

// Allow counts one use under the name in the window that now is in, and returns how long to wait when it was used too
// often.
func (p PasskeyRegistrations) Allow(
	ctx context.Context, name string, most int, window time.Duration, now time.Time,
) (time.Duration, error) {
	return p.t.allow(ctx, name, most, window, now)
}

// TakeChallenge deletes a challenge of the browser's and returns it.
func (p PasskeyRegistrations) TakeChallenge(ctx context.Context, value []byte, browser string) (*passkey.Challenge, error) {
	return p.t.takeChallenge(ctx, value, browser)
}

// Passkeys reads all passkeys of a person as they are now.
func (p PasskeyRegistrations) Passkeys(ctx context.Context, user id.User) (*passkey.Set, error) {
	return p.t.passkeys(ctx, user)
}

// ChangePasskeys writes what becomes of a person's passkeys.
func (p PasskeyRegistrations) ChangePasskeys(ctx context.Context, c passkey.Change) error {
	return p.t.changePasskeys(ctx, c)
}

// PasskeyOwner is who has the credential.
func (p PasskeyRegistrations) PasskeyOwner(ctx context.Context, credential []byte) (id.User, error) {
	return p.t.passkeyOwner(ctx, credential)
}

// PasskeySignIns is what signing in with a passkey needs.
type PasskeySignIns struct{ t *Table }

// NewPasskeySignIns makes PasskeySignIns of the table.
func NewPasskeySignIns(t *Table) PasskeySignIns { return PasskeySignIns{t} }

var _ passkeys.SignInStore = PasskeySignIns{}

// TakeChallenge deletes a challenge of the browser's and returns it.
func (p PasskeySignIns) TakeChallenge(ctx context.Context, value []byte, browser string) (*passkey.Challenge, error) {
	return p.t.takeChallenge(ctx, value, browser)
}

// Passkeys reads all passkeys of a person as they are now.
func (p PasskeySignIns) Passkeys(ctx context.Context, user id.User) (*passkey.Set, error) {
	return p.t.passkeys(ctx, user)
}

// ChangePasskeys writes what becomes of a person's passkeys.
func (p PasskeySignIns) ChangePasskeys(ctx context.Context, c passkey.Change) error {
	return p.t.changePasskeys(ctx, c)
}

// PasskeyOwner is who has the credential.
func (p PasskeySignIns) PasskeyOwner(ctx context.Context, credential []byte) (id.User, error) {
	return p.t.passkeyOwner(ctx, credential)
}

// Memberships lists where the person works or is a client.
func (p PasskeySignIns) Memberships(ctx context.Context, user id.User) ([]identity.Membership, error) {
	return p.t.memberships(ctx, user)
}

// Heard reads when the person's sessions were told of lately.
func (p PasskeySignIns) Heard(ctx context.Context, user id.User) (*identity.Heard, error) {
	return p.t.heard(ctx, user)
}

// Known tells whether the person has ever signed in.
func (p PasskeySignIns) Known(ctx context.Context, user id.User) (bool, error) {
	return p.t.known(ctx, user)
}

// OpenByPasskey writes a session and that a passkey was used.
func (p PasskeySignIns) OpenByPasskey(ctx context.Context, s *identity.Session, set *passkey.Set) error {
	return p.t.openByPasskey(ctx, s, set)
}

// EndSession deletes the session, if it is the one with the hash.
func (p PasskeySignIns) EndSession(ctx context.Context, user id.User, session string, hash secret.Hash) error {
	return p.t.endSession(ctx, user, session, hash)
}

// Allow counts one use under the name in the window that now is in, and returns how long to wait when it was used too
// often.
func (p PasskeySignIns) Allow(ctx context.Context, name string, most int, window time.Duration, now time.Time) (time.Duration, error) {
	return p.t.allow(ctx, name, most, window, now)
}

// PasskeyConfirmings is what beginning a step-up with a passkey needs.
type PasskeyConfirmings struct{ t *Table }

// NewPasskeyConfirmings makes PasskeyConfirmings of the table.
func NewPasskeyConfirmings(t *Table) PasskeyConfirmings { return PasskeyConfirmings{t} }

// OpenChallenge writes a challenge.
func (p PasskeyConfirmings) OpenChallenge(ctx context.Context, c *passkey.Challenge) error {
	return p.t.openChallenge(ctx, c)
}

// Allow counts one use under the name in the window that now is in, and returns how long to wait when it was used too
// often.
func (p PasskeyConfirmings) Allow(ctx context.Context, name string, most int, window time.Duration, now time.Time) (time.Duration, error) {
	return p.t.allow(ctx, name, most, window, now)
}

// Passkeys reads all passkeys of a person as they are now.
func (p PasskeyConfirmings) Passkeys(ctx context.Context, user id.User) (*passkey.Set, error) {
	return p.t.passkeys(ctx, user)
}

// PasskeyConfirmations is what a step-up with a passkey needs.
type PasskeyConfirmations struct{ t *Table }

// NewPasskeyConfirmations makes PasskeyConfirmations of the table.
func NewPasskeyConfirmations(t *Table) PasskeyConfirmations { return PasskeyConfirmations{t} }

var _ passkeys.ConfirmationStore = PasskeyConfirmations{}

// TakeChallenge deletes a challenge of the browser's and returns it.
func (p PasskeyConfirmations) TakeChallenge(ctx context.Context, value []byte, browser string) (*passkey.Challenge, error) {
	return p.t.takeChallenge(ctx, value, browser)
}

// Passkeys reads all passkeys of a person as they are now.
func (p PasskeyConfirmations) Passkeys(ctx context.Context, user id.User) (*passkey.Set, error) {
	return p.t.passkeys(ctx, user)
}

// ChangePasskeys writes what becomes of a person's passkeys.
func (p PasskeyConfirmations) ChangePasskeys(ctx context.Context, c passkey.Change) error {
	return p.t.changePasskeys(ctx, c)
}

// ProveByPasskey writes that a passkey was used, and when the session's person has proved to be who it is.
func (p PasskeyConfirmations) ProveByPasskey(ctx context.Context, set *passkey.Set, session string, at time.Time) error {
	return p.t.proveByPasskey(ctx, set, session, at)
}

// Session reads a session as it is now.
func (p PasskeyConfirmations) Session(ctx context.Context, user id.User, session string) (*identity.Session, error) {
	return p.t.session(ctx, user, session)
}

// Allow counts one use under the name in the window that now is in, and returns how long to wait when it was used too
// often.
func (p PasskeyConfirmations) Allow(
	ctx context.Context, name string, most int, window time.Duration, now time.Time,
) (time.Duration, error) {
	return p.t.allow(ctx, name, most, window, now)
}
