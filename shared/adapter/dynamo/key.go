package dynamo

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/idempotency"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/secret"
)

const keyPrefix = "key#"

// apiKey reads a key as it is now: one that is revoked does not open the next request.
func (t *Table) apiKey(ctx context.Context, agency id.Agency, which id.Key) (*identity.APIKey, error) {
	r, err := t.get(ctx, string(agency), keyPrefix+string(which), true, "errors.there_is_no_such_api_key")
	if err != nil {
		return nil, err
	}
	return readKey(r)
}

// used notes that the key was used, to the hour; it is no error when somebody else has just done so.
func (t *Table) used(ctx context.Context, k *identity.APIKey, now time.Time) error {
	_, err := t.db.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: &t.name, Key: key(string(k.Agency), keyPrefix+string(k.ID)),
		UpdateExpression:          aws.String("SET used = :n"),
		ConditionExpression:       aws.String("attribute_exists(pk) AND (attribute_not_exists(used) OR used <= :old)"),
		ExpressionAttributeValues: item{":n": at(now.Truncate(time.Hour)), ":old": at(now.Add(-time.Hour))}})
	if err = outside(err); errors.Is(err, conflict.ErrChanged) {
		return nil
	}
	return err
}

// apiKeys lists the agency's keys, newest first.
func (t *Table) apiKeys(ctx context.Context, agency id.Agency) ([]identity.APIKey, error) {
	items, err := t.query(ctx, string(agency), keyPrefix, true)
	if err != nil {
		return nil, err
	}
	out := make([]identity.APIKey, 0, len(items))
	for _, i := range items {
		k, err := readKey(&reader{item: i})
		if err != nil {
			return nil, err
		}
		out = append(out, *k)
	}
	return out, nil
}

// createAPIKey writes a key that must not exist, with its row of the log and its idempotency key, while the agency's members
// and keys are what they were at the count staff, so that a cap that was looked at holds; else conflict.ErrChanged. A maker
// who does not work at the agency is a fault with code Forbidden.
func (t *Table) createAPIKey(ctx context.Context, k *identity.APIKey, staff int, row audit.Entry, once *idempotency.Record) error {
	pk := string(k.Agency)
	w := writer(key(pk, keyPrefix+string(k.ID)))
	w.s("name", k.Name)
	scopes := make([]types.AttributeValue, len(k.Scopes))
	for i, s := range k.Scopes {
		scopes[i] = str(string(s))
	}
	w["scopes"], w["hash"] = list(scopes), bin(k.Hash[:])
	w.s("hint", k.Hint)
	w.s("by", string(k.CreatedBy))
	w.t("created", k.CreatedAt)
	writes := []types.TransactWriteItem{
		// Whoever makes another key, removes the member, or closes the agency at this moment notices that there is one more.
		t.staffed(pk, staff),
		{ConditionCheck: &types.ConditionCheck{TableName: &t.name, Key: key(pk, memberPrefix+string(k.CreatedBy)),
			ConditionExpression: aws.String("attribute_exists(pk)")}},
		t.put(w, isNew, nil), t.put(writeAudit(pk, row), isNew, nil),
	}
	if once != nil {
		writes = append(writes, t.put(writeOnce(pk, once), isNew+" OR usedAt < :old", item{":old": at(once.At.Add(-idempotency.Lifetime))}))
	}
	err := t.transact(ctx, writes)
	if failed(err, 1) {
		return fault.New(fault.Forbidden, "errors.you_do_not_work_at_this")
	}
	return err
}

// revokeAPIKey marks a key that works as revoked.
func (t *Table) revokeAPIKey(ctx context.Context, k *identity.APIKey, row audit.Entry) error {
	pk := string(k.Agency)
	return t.transact(ctx, []types.TransactWriteItem{
		t.revoked(pk, k.ID, k.RevokedAt), t.put(writeAudit(pk, row), isNew, nil),
	})
}

// recall reads what an idempotency key made.
func (t *Table) recall(ctx context.Context, agency id.Agency, hash string) (*idempotency.Record, error) {
	r, err := t.get(ctx, string(agency), oncePrefix+hash, true, "errors.this_idempotency_key_is_new")
	if err != nil {
		return nil, err
	}
	return readOnce(r)
}

func readKey(r *reader) (*identity.APIKey, error) {
	k := &identity.APIKey{ID: id.Key(r.s("sk")[len(keyPrefix):]), Agency: id.Agency(r.s("pk")), Name: r.s("name"), Hint: r.s("hint"),
		CreatedBy: id.Member(r.s("by")), CreatedAt: r.time("created"), LastUsedAt: r.time("used"), RevokedAt: r.time("revoked")}
	for _, v := range r.list("scopes") {
		if s, ok := v.(*types.AttributeValueMemberS); ok {
			k.Scopes = append(k.Scopes, identity.Scope(s.Value))
		}
	}
	if b := r.b("hash"); len(b) == len(k.Hash) {
		k.Hash = secret.Hash(b)
	}
	return k, r.err
}

func writeOnce(pk string, r *idempotency.Record) writer {
	w := writer(key(pk, oncePrefix+r.Key))
	w["request"], w["result"], w["usedAt"], w["ttl"] = str(r.Request), str(r.Result), at(r.At), ttlOf(r.At.Add(idempotency.Lifetime))
	return w
}

func readOnce(r *reader) (*idempotency.Record, error) {
	return &idempotency.Record{Key: strings.TrimPrefix(r.s("sk"), oncePrefix), Request: r.s("request"), Result: r.s("result"),
		At: r.time("usedAt")}, r.err
}
