package dynamo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/idempotency"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/secret"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/signin"
)

// address reads an address, which was checked when it was written.
func address(r *reader, name string) email.Address { return email.Address(r.s(name)) }

const (
	userPrefix    = "us#"
	userItem      = "user"
	codePrefix    = "code#"
	askedPrefix   = "asked#"
	sessionPrefix = "session#"
	placePrefix   = "ag#"
	limitPrefix   = "rl#"
)

// session reads a session as it is now: one that has ended does not open the next request.
func (t *Table) session(ctx context.Context, user id.User, session string) (*identity.Session, error) {
	r, err := t.get(ctx, userPrefix+string(user), sessionPrefix+session, true, "errors.there_is_no_such_session")
	if err != nil {
		return nil, err
	}
	return readSession(r, user)
}

func readSession(r *reader, user id.User) (*identity.Session, error) {
	s := &identity.Session{User: user, ID: strings.TrimPrefix(r.s("sk"), sessionPrefix), Email: email.Address(r.s("email")),
		Agency: id.Agency(r.s("agency")), Member: id.Member(r.s("member")),
		By: identity.Proof{Way: identity.Way(r.s("way")), Provider: identity.ProviderID(r.s("provider")), Issuer: r.s("issuer"),
			Bound: id.Agency(r.s("bound")), Without: id.Agency(r.s("without")), Device: r.s("device"), Network: r.s("network")},
		CreatedAt: r.time("created"), ProvedAt: r.time("proved"), ExpiresAt: r.time("expires")}
	if s.ProvedAt.IsZero() { // no step-up since
		s.ProvedAt = s.CreatedAt
	}
	if s.By.Way == "" {
		s.By.Way = identity.MailedCode
	}
	if b := r.b("hash"); len(b) == len(s.Hash) {
		s.Hash = secret.Hash(b)
	}
	return s, r.err
}

// code reads a person's sign-in code as it is now.
func (t *Table) code(ctx context.Context, user id.User, job string) (*identity.Code, error) {
	r, err := t.get(ctx, userPrefix+string(user), codePrefix+job, true, "errors.there_is_no_such_code")
	if err != nil {
		return nil, err
	}
	return readCode(r, user)
}

func readCode(r *reader, user id.User) (*identity.Code, error) {
	c := &identity.Code{User: user, Email: email.Address(r.s("email")), Job: strings.TrimPrefix(r.s("sk"), codePrefix),
		Waiting: r.s("state") != "",
		Claimed: r.s("state") == "claimed",
		Tries:   int(r.n("tries")), Next: r.time("next"), Due: r.time("due"), Digests: r.blobs("digests"), ExpiresAt: r.time("expires"),
		Wrong: int(r.n("wrong")), AskedAt: r.time("asked"), Version: int(r.n("v")), Tells: identity.Tells(r.s("tells")),
		Told: r.told(), Language: words.Language(r.s("lang"))}
	r.within("link", func(r *reader) {
		l := readAccount(r)
		c.Link = &l
	})
	return c, r.err
}

// asked reads when an asker has asked for codes for a person's address.
func (t *Table) asked(ctx context.Context, user id.User, by identity.Asker) (*identity.Asked, error) {
	r, err := t.get(ctx, userPrefix+string(user), askedPrefix+string(by), true, "errors.nobody_has_asked")
	if err != nil {
		return nil, err
	}
	return readAsked(r, user)
}

func readAsked(r *reader, user id.User) (*identity.Asked, error) {
	return &identity.Asked{User: user, By: identity.Asker(strings.TrimPrefix(r.s("sk"), askedPrefix)), At: r.times("asked"),
		Version: int(r.n("v"))}, r.err
}

// askCode writes a new code, and that it was asked for while the stored version of that is the one that was read.
func (t *Table) askCode(ctx context.Context, c *identity.Code, a *identity.Asked) error {
	w := writer(key(userPrefix+string(a.User), askedPrefix+string(a.By)))
	w["v"] = num(int64(a.Version) + 1)
	w.times("asked", a.At)
	w["ttl"] = ttlOf(t.now().Add(48 * time.Hour))
	condition, values := versioned(a.Version)
	err := t.transact(ctx, []types.TransactWriteItem{t.put(w, condition, values), t.writeCode(c)})
	if err == nil {
		a.Version++
		c.Version++
	}
	return err
}

func (t *Table) writeCode(c *identity.Code) types.TransactWriteItem {
	w := writer(key(userPrefix+string(c.User), codePrefix+c.Job))
	w["v"] = num(int64(c.Version) + 1)
	w.s("email", string(c.Email))
	switch {
	case c.Claimed:
		w["state"] = str("claimed")
	case c.Waiting:
		w["state"] = str("waiting")
	}
	w.n("tries", c.Tries)
	w.t("next", c.Next)
	if !c.Due.IsZero() {
		w["dp"], w["due"] = str(shardOf(string(c.User))), at(c.Due)
	}
	if len(c.Digests) > 0 {
		l := make([]types.AttributeValue, len(c.Digests))
		for i, d := range c.Digests {
			l[i] = bin(d)
		}
		w["digests"] = list(l)
	}
	w.t("expires", c.ExpiresAt)
	w.n("wrong", c.Wrong)
	w.t("asked", c.AskedAt)
	if c.Link != nil {
		w["link"] = writeAccount(c.Link)
	}
	w.s("tells", string(c.Tells))
	w.told(c.Told)
	w.s("lang", string(c.Language))
	w["ttl"] = ttlOf(t.now().Add(48 * time.Hour))
	condition, values := versioned(c.Version)
	return t.put(w, condition, values)
}

// saveCode writes the code when the stored version is still the one that was read. It is a transaction of one, for
// its client token: the SDK's retry of a write whose answer was lost must not look like somebody else's.
func (t *Table) saveCode(ctx context.Context, c *identity.Code) error {
	err := t.transact(ctx, []types.TransactWriteItem{t.writeCode(c)})
	if err == nil {
		c.Version++
	}
	return err
}

// openSession writes the used-up code, the new session, and the person, who exists from the first sign-in on, with a change of the
// accounts at providers that sign it in; nil for none.
func (t *Table) openSession(ctx context.Context, c *identity.Code, s *identity.Session, change *identity.LinkChange) error {
	return t.transact(ctx, slices.Concat(t.opening(s), []types.TransactWriteItem{t.writeCode(c)}, t.linking(s.Email, change)))
}

// opening is what every sign-in writes: the session, the person, who exists from the first one on, and what it is told.
func (t *Table) opening(s *identity.Session) []types.TransactWriteItem {
	return append(t.news(s.News),
		t.put(writeSession(s), isNew, nil),
		types.TransactWriteItem{Update: &types.Update{TableName: &t.name, Key: key(userPrefix+string(s.User), userItem),
			UpdateExpression:          aws.String("SET email = :e, created = if_not_exists(created, :n)"),
			ConditionExpression:       aws.String("attribute_not_exists(email) OR email = :e"),
			ExpressionAttributeValues: item{":e": str(string(s.Email)), ":n": at(s.CreatedAt)}}})
}

// proved notes when a session's person has proved to be who it is, while the session is there.
func (t *Table) proved(user id.User, session string, when time.Time) types.TransactWriteItem {
	return types.TransactWriteItem{Update: &types.Update{TableName: &t.name, Key: key(userPrefix+string(user), sessionPrefix+session),
		UpdateExpression: aws.String("SET proved = :n"), ConditionExpression: aws.String("attribute_exists(expires)"),
		ExpressionAttributeValues: item{":n": at(when)}}}
}

func writeSession(s *identity.Session) writer {
	w := writer(key(userPrefix+string(s.User), sessionPrefix+s.ID))
	w["hash"], w["email"] = bin(s.Hash[:]), str(string(s.Email))
	w.s("agency", string(s.Agency))
	w.s("member", string(s.Member))
	w.s("way", string(s.By.Way))
	w.s("issuer", s.By.Issuer)
	w.s("bound", string(s.By.Bound))
	w.s("without", string(s.By.Without))
	w.s("device", s.By.Device)
	w.s("provider", string(s.By.Provider))
	w.s("network", s.By.Network)
	w.t("created", s.CreatedAt)
	w.t("proved", s.ProvedAt)
	w.t("expires", s.ExpiresAt)
	w["ttl"] = ttlOf(s.ExpiresAt)
	return w
}

// moveSession writes a session in the place of another one of the same person, and that the person acts for its
// agency from now on.
func (t *Table) moveSession(ctx context.Context, s *identity.Session, old string, hash secret.Hash) error {
	return t.transact(ctx, t.moving(s, old, hash))
}

func (t *Table) moving(s *identity.Session, old string, hash secret.Hash) []types.TransactWriteItem {
	pk := userPrefix + string(s.User)
	return []types.TransactWriteItem{
		t.put(writeSession(s), isNew, nil),
		{Delete: &types.Delete{TableName: &t.name, Key: key(pk, sessionPrefix+old), ConditionExpression: aws.String("#h = :h"),
			ExpressionAttributeNames: map[string]string{"#h": "hash"}, ExpressionAttributeValues: item{":h": bin(hash[:])}}},
		{Update: &types.Update{TableName: &t.name, Key: key(pk, placePrefix+string(s.Agency)),
			UpdateExpression:          aws.String("SET usedAt = :n"),
			ConditionExpression:       aws.String("memberId = :m"),
			ExpressionAttributeValues: item{":n": at(t.now()), ":m": str(string(s.Member))}}},
	}
}

// openAgency writes a new agency with its owner, the row of the log, and what the owner's idempotency key made.
func (t *Table) openAgency(ctx context.Context, f signin.Founding) error {
	writes := append(t.founding(Founding{Agency: f.Agency, Owner: f.Owner}), t.put(writeAudit(string(f.Agency.ID), f.Audit), isNew, nil))
	if f.Once != nil {
		writes = append(writes, t.put(writeOnce(userPrefix+string(id.UserOf(f.Owner.Email)), f.Once), isNew+" OR usedAt < :old",
			item{":old": at(f.Once.At.Add(-idempotency.Lifetime))}))
	}
	return t.transact(ctx, writes)
}

// remembered reads what a person's idempotency key made.
func (t *Table) remembered(ctx context.Context, user id.User, hash string) (*idempotency.Record, error) {
	r, err := t.get(ctx, userPrefix+string(user), oncePrefix+hash, true, "errors.this_idempotency_key_is_new")
	if err != nil {
		return nil, err
	}
	return readOnce(r)
}

// endSession deletes the session, if it is there and has the hash.
func (t *Table) endSession(ctx context.Context, user id.User, session string, hash secret.Hash) error {
	_, err := t.db.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &t.name, Key: key(userPrefix+string(user), sessionPrefix+session),
		ConditionExpression: aws.String("#h = :h"), ExpressionAttributeNames: map[string]string{"#h": "hash"},
		ExpressionAttributeValues: item{":h": bin(hash[:])}})
	if err = outside(err); errors.Is(err, conflict.ErrChanged) {
		return nil
	}
	return err
}

// sessions reads a page of a person's sessions as they are now, those that began last first.
func (t *Table) sessions(ctx context.Context, user id.User, after string, limit int) ([]identity.Session, string, error) {
	in := &dynamodb.QueryInput{TableName: &t.name, KeyConditionExpression: aws.String("pk = :p AND begins_with(sk, :s)"),
		ExpressionAttributeValues: item{":p": str(userPrefix + string(user)), ":s": str(sessionPrefix)},
		ScanIndexForward:          aws.Bool(false), ConsistentRead: aws.Bool(true)}
	in.Limit = aws.Int32(int32(limit)) //nolint:gosec // it is small
	if after != "" {
		in.ExclusiveStartKey = key(userPrefix+string(user), sessionPrefix+after)
	}
	res, err := t.db.Query(ctx, in)
	if err != nil {
		return nil, "", outside(err)
	}
	out := make([]identity.Session, 0, len(res.Items))
	for _, i := range res.Items {
		s, err := readSession(&reader{item: i}, user)
		if err != nil {
			return nil, "", err
		}
		out = append(out, *s)
	}
	next := ""
	if res.LastEvaluatedKey != nil && len(out) > 0 {
		next = out[len(out)-1].ID
	}
	return out, next, nil
}

// dropped deletes a session while it is there.
func (t *Table) dropped(user id.User, session string) types.TransactWriteItem {
	return types.TransactWriteItem{Delete: &types.Delete{TableName: &t.name, Key: key(userPrefix+string(user), sessionPrefix+session),
		ConditionExpression: aws.String("attribute_exists(expires)")}}
}

// dropSession deletes a session that is there, with what the person learns of it.
func (t *Table) dropSession(ctx context.Context, user id.User, session string, news *identity.News) error {
	err := t.transact(ctx, append([]types.TransactWriteItem{t.dropped(user, session)}, t.news(news)...))
	if failed(err, 0) {
		return id.NoSession()
	}
	return err
}

// endSessions deletes all sessions of a person but the one to keep, the last of them together with what the person learns of it, which
// is asked for as long as something is there to end. Of several callers at once the one who deletes the last ones tells of it. A session
// that one of these has become meanwhile, when its person chose another agency, is found in another round.
func (t *Table) endSessions(ctx context.Context, user id.User, keep string, news func() (*identity.News, error)) error {
	const rounds = 20 // more than anybody can choose agencies meanwhile
	told := false
	for range rounds {
		items, err := t.query(ctx, userPrefix+string(user), sessionPrefix, false)
		if err != nil {
			return err
		}
		var ends []types.TransactWriteItem
		live := false
		for _, i := range items {
			s, err := readSession(&reader{item: i}, user)
			if err != nil {
				return err
			}
			if s.ID != keep {
				ends, live = append(ends, t.dropped(user, s.ID)), live || t.now().Before(s.ExpiresAt)
			}
		}
		if len(ends) == 0 {
			return nil
		}
		for len(ends) > actions/2 { // what is gone already is as good
			part := ends[:actions/2]
			ends = ends[actions/2:]
			for _, w := range part {
				w.Delete.ConditionExpression = nil
			}
			if err := t.transact(ctx, part); err != nil {
				return err
			}
		}
		if live && !told {
			n, err := news()
			if err != nil {
				return err
			}
			ends = append(ends, t.news(n)...)
		}
		switch err := t.transact(ctx, ends); {
		case err == nil:
			told = told || live
		case !errors.Is(err, conflict.ErrChanged): // somebody else has ended some of them
			return err
		}
	}
	return fault.New(fault.Unavailable, "errors.too_much_is_going_on_with")
}

// memberships lists where the person works or is a client.
func (t *Table) memberships(ctx context.Context, user id.User) ([]identity.Membership, error) {
	items, err := t.query(ctx, userPrefix+string(user), placePrefix, false)
	if err != nil {
		return nil, err
	}
	var out []identity.Membership
	for _, i := range items {
		r := &reader{item: i}
		a := id.Agency(strings.TrimPrefix(r.s("sk"), placePrefix))
		if m := r.s("memberId"); m != "" {
			out = append(out, identity.Membership{Agency: a, Member: id.Member(m), Used: r.time("usedAt")})
		}
		if r.s("clientId") != "" {
			out = append(out, identity.Membership{Agency: a, Client: id.Client(r.s("clientId"))})
		}
		if r.err != nil {
			return nil, r.err
		}
	}
	return out, nil
}

// portals lists the agencies that the person is a client of.
func (t *Table) portals(ctx context.Context, user id.User) ([]id.Agency, error) {
	places, err := t.memberships(ctx, user)
	if err != nil {
		return nil, err
	}
	var out []id.Agency
	for _, p := range slices.DeleteFunc(places, func(p identity.Membership) bool { return p.Member != "" }) {
		out = append(out, p.Agency)
	}
	return out, nil
}

// allow counts one use under the name in the window that now is in, and returns how long to wait when there have been
// most of them in it. The name's second part, an IP address or a person, is stored as a hash.
func (t *Table) allow(ctx context.Context, name string, most int, window time.Duration, now time.Time) (time.Duration, error) {
	kind, who, _ := strings.Cut(name, "#")
	h := sha256.Sum256([]byte(who))
	begin := now.Truncate(window)
	_, err := t.db.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: &t.name,
		Key:                       key(limitPrefix+kind+"#"+hex.EncodeToString(h[:12]), strconv.FormatInt(begin.Unix(), 10)),
		UpdateExpression:          aws.String("SET #t = :t ADD used :one"),
		ConditionExpression:       aws.String("attribute_not_exists(used) OR used < :most"),
		ExpressionAttributeNames:  map[string]string{"#t": "ttl"},
		ExpressionAttributeValues: item{":t": ttlOf(begin.Add(2 * window)), ":one": num(1), ":most": num(int64(most))}})
	if err = outside(err); errors.Is(err, conflict.ErrChanged) {
		return begin.Add(window).Sub(now), nil
	}
	return 0, err
}
