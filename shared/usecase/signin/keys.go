package signin

import (
	"context"
	"slices"
	"strings"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/idempotency"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/secret"
	"latchkey.dev/shared/domain/text"
)

// KeyStore keeps API keys.
type KeyStore interface {
	// Agency reads the agency as it is now.
	Agency(ctx context.Context, agency id.Agency) (*agency.Agency, error)
	// APIKeys lists the agency's keys as they are now, newest first.
	APIKeys(ctx context.Context, agency id.Agency) ([]identity.APIKey, error)
	// APIKey reads one key.
	APIKey(ctx context.Context, agency id.Agency, key id.Key) (*identity.APIKey, error)
	// Recall reads what an idempotency key made; a fault with code NotFound when it is not known.
	Recall(ctx context.Context, agency id.Agency, key string) (*idempotency.Record, error)
	// CreateAPIKey writes a key that must not exist, with its row of the log and its idempotency key, while the agency's members
	// and keys are those of the count staff ([agency.Agency.Staff]); else [conflict.ErrChanged]. A fault with code Forbidden
	// when its maker does not work at the agency any more.
	CreateAPIKey(ctx context.Context, k *identity.APIKey, staff int, row audit.Entry, once *idempotency.Record) error
	// RevokeAPIKey marks a key that works as revoked; [conflict.ErrChanged] when it does not work any more.
	RevokeAPIKey(ctx context.Context, k *identity.APIKey, row audit.Entry) error
}

// Keys manages an agency's API keys.
type Keys struct {
	Store KeyStore
	Now   func() time.Time
}

// NewKey is what a key is made from.
type NewKey struct {
	Name   string
	Scopes []identity.Scope
}

// Check reads the values. Faults: [fault.Invalid].
func (n NewKey) Check() (name string, err error) {
	name, bad := text.Line("name", n.Name, text.MaxName)
	if bad == nil && name == "" {
		bad = fault.InField("name", "errors.give_the_key_a_name_that")
	}
	return name, fault.Together(bad, checked(n.Scopes))
}

// checked says what is wrong with scopes.
func checked(scopes []identity.Scope) error {
	if len(scopes) == 0 {
		return fault.InField("scopes", "errors.choose_at_least_one_scope", "scope_names", scopeNames())
	}
	for _, s := range scopes {
		if !slices.Contains(identity.Scopes(), s) {
			return fault.InField("scopes", "errors.there_is_no_scope_choose_from", "s", s, "scope_names", scopeNames())
		}
	}
	return nil
}

// Create makes an API key for the caller's agency. The secret is returned here and never again: a repeated request
// (same once key) answers with the key and an empty secret. Faults: [fault.Invalid], [fault.Forbidden],
// [fault.IdempotencyUsed].
func (k *Keys) Create(ctx context.Context, caller identity.Caller, in NewKey, once string) (*identity.APIKey, string, error) {
	if err := caller.MayNow(identity.InPerson, k.Now()); err != nil {
		return nil, "", err
	}
	name, err := in.Check()
	if err != nil {
		return nil, "", err
	}
	record, err := idempotency.For("createApiKey", caller.Actor(), once, in)
	if err != nil {
		return nil, "", err
	}
	var key *identity.APIKey
	var token string
	err = conflict.Retry(ctx, func() error {
		token = ""
		now := k.Now().Truncate(time.Millisecond) // as it is stored
		if record != nil {
			stored, err := k.Store.Recall(ctx, caller.Agency, record.Key)
			if err != nil && !fault.Is(err, fault.NotFound) {
				return err
			}
			if again, err := record.Replays(stored, now); err != nil {
				return err
			} else if again {
				key, err = k.Store.APIKey(ctx, caller.Agency, id.Key(stored.Result))
				return err
			}
		}
		// The agency first, so that a key that is made between the two reads is noticed.
		of, err := k.Store.Agency(ctx, caller.Agency)
		if err != nil {
			return err
		}
		if !of.ClosedAt.IsZero() {
			return fault.New(fault.Forbidden, "errors.you_do_not_work_at_this")
		}
		if err := k.room(ctx, caller.Agency); err != nil {
			return err
		}
		key = &identity.APIKey{ID: id.New[id.Key](id.KeyPrefix, now), Agency: caller.Agency, Name: name,
			Scopes:    slices.Compact(slices.Sorted(slices.Values(in.Scopes))),
			CreatedBy: caller.Member, CreatedAt: now}
		a, b := id.Bytes(id.AgencyPrefix, string(key.Agency)), id.Bytes(id.KeyPrefix, string(key.ID))
		token = secret.New(secret.APIKey, append(a[:], b[:]...))
		key.Hash, key.Hint = secret.HashOf(token), token[len(token)-4:]
		once := record.Of(string(key.ID), now)
		return k.Store.CreateAPIKey(ctx, key, of.Staff, row(now, caller, audit.KeyCreated, string(key.ID)), once)
	})
	if err != nil {
		return nil, "", err
	}
	return key, token, nil
}

// room returns nil when the agency may have one more key.
func (k *Keys) room(ctx context.Context, which id.Agency) error {
	all, err := k.Store.APIKeys(ctx, which)
	if err != nil {
		return err
	}
	n := 0
	for i := range all {
		if all[i].RevokedAt.IsZero() {
			n++
		}
	}
	if n >= identity.MaxKeys {
		return fault.InField("name", "errors.an_agency_can_have_keys_that", "max_keys", identity.MaxKeys)
	}
	return nil
}

// List lists the keys of the caller's agency, newest first, the revoked ones too.
func (k *Keys) List(ctx context.Context, caller identity.Caller) ([]identity.APIKey, error) {
	if err := caller.May(identity.InPerson); err != nil {
		return nil, err
	}
	return k.Store.APIKeys(ctx, caller.Agency)
}

// Revoke ends a key at once. A key that is revoked already stays so. Faults: [fault.NotFound].
func (k *Keys) Revoke(ctx context.Context, caller identity.Caller, key id.Key) error {
	if err := caller.MayNow(identity.InPerson, k.Now()); err != nil {
		return err
	}
	if !id.Valid(id.KeyPrefix, string(key)) {
		return fault.New(fault.NotFound, "errors.there_is_no_such_api_key")
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
		return k.Store.RevokeAPIKey(ctx, stored, row(now, caller, audit.KeyRevoked, string(key)))
	})
}

// row is a row of the agency's log about one of its keys.
func row(now time.Time, caller identity.Caller, action audit.Action, key string) audit.Entry {
	return audit.Entry{ID: id.New[id.Event](id.EventPrefix, now), At: now, Actor: caller.Actor(), Action: action, Subject: key}
}

func scopeNames() string {
	var all []string
	for _, s := range identity.Scopes() {
		all = append(all, string(s))
	}
	return strings.Join(all, ", ")
}
