package dynamo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/passkey"
	"latchkey.dev/shared/domain/secret"
)

const (
	passkeysItem     = "passkeys"
	changePrefix     = "change#"
	heardItem        = "heard"
	credentialPrefix = "cred#"
	credentialItem   = "passkey"
	challengePrefix  = "wc#"
	challengeItem    = "challenge"

	noPasskey = "errors.there_is_no_such_passkey"
)

// hashed is a key of what may be longer than a key, and is nobody's business.
func hashed(prefix string, b []byte) string {
	h := sha256.Sum256(b)
	return prefix + hex.EncodeToString(h[:16])
}

// openChallenge writes a challenge.
func (t *Table) openChallenge(ctx context.Context, c *passkey.Challenge) error {
	w := writer(key(hashed(challengePrefix, c.Value), challengeItem))
	w["for"], w["browser"] = str(string(c.For)), bin(c.Browser[:])
	w.s("user", string(c.User))
	w.t("expires", c.ExpiresAt)
	w["ttl"] = ttlOf(c.ExpiresAt)
	_, err := t.db.PutItem(ctx, &dynamodb.PutItemInput{TableName: &t.name, Item: w})
	return outside(err)
}

// takeChallenge deletes a challenge and returns it: of several callers one gets it.
func (t *Table) takeChallenge(ctx context.Context, value []byte, browser string) (*passkey.Challenge, error) {
	none := fault.New(fault.NotFound, "errors.passkey_challenge_over")
	hash := secret.HashOf(browser)
	out, err := t.db.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &t.name, Key: key(hashed(challengePrefix, value), challengeItem),
		ConditionExpression: aws.String("browser = :b"), ExpressionAttributeValues: item{":b": bin(hash[:])},
		ReturnValues: types.ReturnValueAllOld})
	if err = outside(err); errors.Is(err, conflict.ErrChanged) {
		return nil, none
	}
	if err != nil {
		return nil, err
	}
	r := &reader{item: out.Attributes}
	return &passkey.Challenge{Value: value, For: passkey.Ceremony(r.s("for")), User: id.User(r.s("user")), Browser: hash,
		ExpiresAt: r.time("expires")}, r.err
}

// passkeys reads all passkeys of a person as they are now.
func (t *Table) passkeys(ctx context.Context, user id.User) (*passkey.Set, error) {
	r, err := t.get(ctx, userPrefix+string(user), passkeysItem, true, noPasskey)
	if fault.Is(err, fault.NotFound) {
		return &passkey.Set{User: user}, nil
	}
	if err != nil {
		return nil, err
	}
	return readPasskeys(r, user)
}

func readPasskeys(r *reader, user id.User) (*passkey.Set, error) {
	s := &passkey.Set{User: user, Email: email.Address(r.s("email")), Handle: r.b("handle"), Changes: r.times("changes"),
		Version: int(r.n("v"))}
	r.maps("keys", func(k *reader) {
		p := passkey.Passkey{ID: id.Passkey(k.s("id")), Credential: k.b("credential"), PublicKey: k.b("key"),
			Flags: byte(k.n("flags")), Counter: uint32(k.n("counter")), //nolint:gosec // as they were written
			Transports: k.texts("transports"), Name: k.s("name"), CreatedAt: k.time("created"),
			UsedAt: k.time("used"), SuspectedAt: k.time("suspected")}
		copy(p.Kind[:], k.b("kind"))
		s.Keys = append(s.Keys, p)
	})
	return s, r.err
}

// passkeyCount is how many passkeys a person has.
func (t *Table) passkeyCount(ctx context.Context, user id.User) (int, error) {
	s, err := t.passkeys(ctx, user)
	if err != nil {
		return 0, err
	}
	return len(s.Keys), nil
}

// passkeyOwner is who has the credential.
func (t *Table) passkeyOwner(ctx context.Context, credential []byte) (id.User, error) {
	r, err := t.get(ctx, hashed(credentialPrefix, credential), credentialItem, true, noPasskey)
	if err != nil {
		return "", err
	}
	return id.User(r.s("user")), r.err
}

// writePasskeys writes a set while the stored version is the one that was read.
func (t *Table) writePasskeys(s *passkey.Set) types.TransactWriteItem {
	w := writer(key(userPrefix+string(s.User), passkeysItem))
	w["v"], w["handle"] = num(int64(s.Version)+1), bin(s.Handle)
	w.s("email", string(s.Email))
	w.times("changes", s.Changes)
	keys := make([]types.AttributeValue, len(s.Keys))
	for i, p := range s.Keys {
		k := writer{"id": str(string(p.ID)), "credential": bin(p.Credential), "key": bin(p.PublicKey), "kind": bin(p.Kind[:]),
			"name": str(p.Name)}
		k.n("flags", int(p.Flags))
		k.n("counter", int(p.Counter))
		k.texts("transports", p.Transports)
		k.t("created", p.CreatedAt)
		k.t("used", p.UsedAt)
		k.t("suspected", p.SuspectedAt)
		keys[i] = &types.AttributeValueMemberM{Value: k}
	}
	w["keys"] = list(keys)
	condition, values := versioned(s.Version)
	return t.put(w, condition, values)
}

// changePasskeys writes what becomes of a set. Who has a credential stands in an item of its own, of which there is one.
func (t *Table) changePasskeys(ctx context.Context, c passkey.Change) error {
	writes := []types.TransactWriteItem{t.writePasskeys(c.Set)}
	if c.Added != nil {
		w := writer(key(hashed(credentialPrefix, c.Added), credentialItem))
		w["user"] = str(string(c.Set.User))
		writes = append(writes, t.put(w, isNew, nil))
	}
	if c.Removed != nil {
		writes = append(writes, t.dropCredential(c.Removed))
	}
	if c.Tell != nil {
		writes = append(writes, t.telling(c.Tell)...)
	}
	err := t.transact(ctx, writes)
	if err == nil {
		c.Set.Version++
	}
	return err
}

func (t *Table) dropCredential(credential []byte) types.TransactWriteItem {
	return types.TransactWriteItem{Delete: &types.Delete{TableName: &t.name,
		Key: key(hashed(credentialPrefix, credential), credentialItem)}}
}

// openByPasskey writes a session and that a passkey was used.
func (t *Table) openByPasskey(ctx context.Context, s *identity.Session, set *passkey.Set) error {
	err := t.transact(ctx, append(t.opening(s), t.writePasskeys(set)))
	if err == nil {
		set.Version++
	}
	return err
}

// proveByPasskey writes that a passkey was used, and when the session's person has proved by it to be who it is.
func (t *Table) proveByPasskey(ctx context.Context, set *passkey.Set, session string, at time.Time) error {
	err := t.transact(ctx, []types.TransactWriteItem{t.writePasskeys(set), t.proved(set.User, session, at)})
	if err == nil {
		set.Version++
	}
	return err
}

// telling writes a mail that tells a person of how it signs in, and what the person's account shows of it.
func (t *Table) telling(m *identity.Code) []types.TransactWriteItem {
	writes := []types.TransactWriteItem{t.writeCode(m)}
	if c := m.Change(); c != nil {
		writes = append(writes, t.writeChange(c))
	}
	return writes
}

func (t *Table) writeChange(c *identity.Change) types.TransactWriteItem {
	w := writer(key(userPrefix+string(c.User), changePrefix+c.ID))
	w.s("what", string(c.What))
	w.told(c.Told)
	w.t("at", c.At)
	w["ttl"] = ttlOf(c.At.Add(identity.ChangeKept))
	return t.put(w, isNew, nil)
}

// news writes what a person learns of what happened to its sessions; nil for nothing.
func (t *Table) news(n *identity.News) []types.TransactWriteItem {
	if n == nil {
		return nil
	}
	writes := []types.TransactWriteItem{t.writeChange(n.Change)}
	if n.Mail != nil {
		writes = append(writes, t.writeCode(n.Mail))
	}
	w := writer(key(userPrefix+string(n.Heard.User), heardItem))
	w["v"] = num(int64(n.Heard.Version) + 1)
	w.times("at", n.Heard.At)
	condition, values := versioned(n.Heard.Version)
	return append(writes, t.put(w, condition, values))
}

// heard reads when the person's sessions were told of lately, as it is now.
func (t *Table) heard(ctx context.Context, user id.User) (*identity.Heard, error) {
	r, err := t.get(ctx, userPrefix+string(user), heardItem, true, "errors.nobody_has_asked")
	if fault.Is(err, fault.NotFound) {
		return &identity.Heard{User: user}, nil
	}
	if err != nil {
		return nil, err
	}
	return &identity.Heard{User: user, At: r.times("at"), Version: int(r.n("v"))}, r.err
}

func readChange(r *reader, user id.User) (*identity.Change, error) {
	return &identity.Change{User: user, ID: strings.TrimPrefix(r.s("sk"), changePrefix), What: identity.Tells(r.s("what")), Told: r.told(),
		At: r.time("at")}, r.err
}

func (i writer) told(v identity.Told) {
	i.s("toldProvider", v.Provider)
	i.s("toldAccount", v.Account)
	i.s("toldPerson", string(v.Person))
	i.s("toldAgency", v.Agency)
	i.s("toldPasskey", v.Passkey)
	i.s("toldBefore", v.Before)
	i.s("toldDevice", v.Device)
	i.s("toldNetwork", v.Network)
	i.s("toldWay", string(v.Way))
	i.s("toldEnded", v.Ended)
}

func (r *reader) told() identity.Told {
	return identity.Told{Provider: r.s("toldProvider"), Account: r.s("toldAccount"), Person: address(r, "toldPerson"),
		Agency: r.s("toldAgency"), Passkey: r.s("toldPasskey"), Before: r.s("toldBefore"), Device: r.s("toldDevice"),
		Network: r.s("toldNetwork"), Way: identity.Way(r.s("toldWay")), Ended: r.s("toldEnded")}
}
