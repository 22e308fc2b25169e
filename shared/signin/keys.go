package signin

import (
	"context"
	"errors"
	"slices"
	"time"

	"latchkey.dev/shared/audit"
	"latchkey.dev/shared/conflict"
	"latchkey.dev/shared/fault"
	"latchkey.dev/shared/id"
	"latchkey.dev/shared/idempotency"
	"latchkey.dev/shared/identity"
	"latchkey.dev/shared/secret"
	"latchkey.dev/shared/text"
)

// NewKey is what a key is made from.
type NewKey struct {
	Name   string
	Scopes []identity.Scope
}

// Create makes an API key for the caller's agency. The secret is returned here and never again: a repeated request
// (same once key) answers with the key and an empty secret. Faults: [fault.Invalid], [fault.Forbidden],
// [fault.IdempotencyUsed].
func (k *Keys) Create(ctx context.Context, caller identity.Caller, in NewKey, once string) (*identity.APIKey, string, error) {
	if err := caller.MustBePerson(); err != nil {
		return nil, "", err
	}
	name, err := text.Line("name", in.Name, text.MaxName)
	if err != nil {
		return nil, "", err
	}
	if name == "" {
		return nil, "", fault.InField("name", "Give the key a name that says what it is for.")
	}
	if len(in.Scopes) == 0 {
		return nil, "", fault.InField("scopes", "Choose at least one scope: invites:read, invites:write, clients:read, resources:read.")
	}
	for _, s := range in.Scopes {
		if !slices.Contains(identity.Scopes(), s) {
			return nil, "", fault.InField("scopes", "There is no scope %q. Choose from invites:read, invites:write, clients:read, resources:read.", s)
		}
	}
	record, err := idempotency.For("createApiKey", caller.Actor(), once, in)
	if err != nil {
		return nil, "", err
	}
	now := k.Now().Truncate(time.Millisecond) // as it is stored
	if record != nil {
		record.At = now
		stored, err := k.Store.Recall(ctx, caller.Agency, record.Key)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return nil, "", err
		}
		if again, err := record.Replays(stored, now); err != nil {
			return nil, "", err
		} else if again {
			key, err := k.Store.APIKey(ctx, caller.Agency, id.Key(stored.Result))
			return key, "", err
		}
	}
	key := &identity.APIKey{ID: id.New[id.Key](id.KeyPrefix, now), Agency: caller.Agency, Name: name, Scopes: slices.Compact(slices.Sorted(slices.Values(in.Scopes))),
		CreatedBy: caller.Member, CreatedAt: now}
	a, b := id.Bytes(id.AgencyPrefix, string(key.Agency)), id.Bytes(id.KeyPrefix, string(key.ID))
	token := secret.New(secret.APIKey, append(a[:], b[:]...))
	key.Hash, key.Hint = secret.HashOf(token), token[len(token)-4:]
	if record != nil {
		record.Result = string(key.ID)
	}
	err = k.Store.CreateAPIKey(ctx, key, audit.Entry{ID: id.New[id.Event](id.EventPrefix, now), At: now, Actor: caller.Actor(), Action: audit.KeyCreated, Subject: string(key.ID)}, record)
	if errors.Is(err, conflict.ErrChanged) { // the same request a moment ago
		return nil, "", fault.New(fault.IdempotencyUsed, "The same request is being answered right now. Repeat it in a moment.")
	}
	if err != nil {
		return nil, "", err
	}
	return key, token, nil
}

// List lists the keys of the caller's agency, newest first, the revoked ones too.
func (k *Keys) List(ctx context.Context, caller identity.Caller) ([]identity.APIKey, error) {
	if err := caller.MustBePerson(); err != nil {
		return nil, err
	}
	return k.Store.APIKeys(ctx, caller.Agency)
}

// Revoke ends a key at once. A key that is revoked already stays so. Faults: [fault.NotFound].
func (k *Keys) Revoke(ctx context.Context, caller identity.Caller, key id.Key) error {
	if err := caller.MustBePerson(); err != nil {
		return err
	}
	if !id.Valid(id.KeyPrefix, string(key)) {
		return fault.New(fault.NotFound, "There is no such API key.")
	}
	return conflict.Retry(ctx, func() error {
		stored, err := k.Store.APIKey(ctx, caller.Agency, key)
		if err != nil {
			return err
		}
		if !stored.RevokedAt.IsZero() {
			return nil
		}
		now := k.Now()
		stored.RevokedAt = now
		return k.Store.RevokeAPIKey(ctx, stored, audit.Entry{ID: id.New[id.Event](id.EventPrefix, now), At: now, Actor: caller.Actor(), Action: audit.KeyRevoked, Subject: string(key)})
	})
}
