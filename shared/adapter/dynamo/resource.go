package dynamo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/idempotency"
	"latchkey.dev/shared/domain/instance"
)

const addressPrefix = "at#"

// resource reads one resource as it is now.
func (t *Table) resource(ctx context.Context, agency id.Agency, which id.Resource) (*instance.Resource, error) {
	r, err := t.get(ctx, string(agency), thingPrefix+string(which), true, "There is no such instance or service.")
	if err != nil {
		return nil, err
	}
	x, err := readResource(r)
	return &x, err
}

// addressKey is where it is noted that an instance is at the address. Those that were founded with their agency, and
// never called, have no such note.
func addressKey(pk, url string) item {
	h := sha256.Sum256([]byte(url))
	return key(pk, addressPrefix+hex.EncodeToString(h[:16]))
}

func (t *Table) takeAddress(pk string, r *instance.Resource) types.TransactWriteItem {
	w := writer(addressKey(pk, r.URL))
	w.s("of", string(r.ID))
	return t.put(w, isNew, nil)
}

func (t *Table) leaveAddress(pk, url string, of id.Resource) types.TransactWriteItem {
	condition := "attribute_not_exists(pk) OR #of = :of"
	return types.TransactWriteItem{Delete: &types.Delete{TableName: &t.name, Key: addressKey(pk, url), ConditionExpression: &condition,
		ExpressionAttributeNames: map[string]string{"#of": "of"}, ExpressionAttributeValues: item{":of": str(string(of))}}}
}

// connect writes a resource that must not exist yet, with its row of the log and its idempotency key; no other instance
// may have its address.
func (t *Table) connect(ctx context.Context, agency id.Agency, r *instance.Resource, row audit.Entry, once *idempotency.Record) error {
	pk := string(agency)
	writes := []types.TransactWriteItem{t.put(writeResource(pk, *r), isNew, nil), t.put(writeAudit(pk, row), isNew, nil)}
	if r.Kind == instance.N8N {
		writes = append(writes, t.takeAddress(pk, r))
	}
	if once != nil {
		writes = append(writes, t.put(writeOnce(pk, once), isNew+" OR usedAt < :old", item{":old": at(once.At.Add(-idempotency.Lifetime))}))
	}
	err := t.transact(ctx, writes)
	if err == nil {
		r.Version = 1
	}
	return err
}

// stored is the condition that a resource still has the version that was read; one written before there were versions
// has none.
func stored(r *instance.Resource) (string, item) {
	if r.Version == 0 {
		return "attribute_exists(pk) AND attribute_not_exists(v)", nil
	}
	return versioned(r.Version)
}

// change writes the new state of the resource whose version was read; from is the address that it had.
func (t *Table) change(ctx context.Context, agency id.Agency, r *instance.Resource, from string, row *audit.Entry) error {
	pk := string(agency)
	condition, values := stored(r)
	next := *r
	next.Version++
	writes := []types.TransactWriteItem{t.put(writeResource(pk, next), condition, values)}
	if r.Kind == instance.N8N && r.URL != from {
		writes = append(writes, t.takeAddress(pk, r))
		if from != "" {
			writes = append(writes, t.leaveAddress(pk, from, r.ID))
		}
	}
	if row != nil {
		writes = append(writes, t.put(writeAudit(pk, *row), isNew, nil))
	}
	err := t.transact(ctx, writes)
	if err == nil {
		r.Version = next.Version
	}
	return err
}

// disconnect deletes the resource whose version was read.
func (t *Table) disconnect(ctx context.Context, agency id.Agency, r *instance.Resource, row audit.Entry) error {
	pk := string(agency)
	condition, values := stored(r)
	writes := []types.TransactWriteItem{
		{Delete: &types.Delete{TableName: &t.name, Key: key(pk, thingPrefix+string(r.ID)), ConditionExpression: &condition,
			ExpressionAttributeValues: values}},
		t.put(writeAudit(pk, row), isNew, nil),
	}
	if r.Kind == instance.N8N && r.URL != "" {
		writes = append(writes, t.leaveAddress(pk, r.URL, r.ID))
	}
	return t.transact(ctx, writes)
}

// eachClient visits the agency's listed clients, newest first, at most so many; the result says whether there are more.
func (t *Table) eachClient(ctx context.Context, agency id.Agency, most int, visit func(*client.Client)) (bool, error) {
	in := &dynamodb.QueryInput{TableName: &t.name, IndexName: aws.String(byCreated), KeyConditionExpression: aws.String("pk = :p"),
		ExpressionAttributeValues: item{":p": str(string(agency))}, ScanIndexForward: aws.Bool(false)}
	n := 0
	for {
		res, err := t.db.Query(ctx, in)
		if err != nil {
			return false, outside(err)
		}
		for _, i := range res.Items {
			if n++; n > most {
				return true, nil
			}
			c, err := readClient(&reader{item: i})
			if err != nil {
				return false, err
			}
			visit(c)
		}
		if res.LastEvaluatedKey == nil {
			return false, nil
		}
		in.ExclusiveStartKey = res.LastEvaluatedKey
	}
}

// record writes a row of the log about something that happened outside of the table.
func (t *Table) record(ctx context.Context, agency id.Agency, row audit.Entry) error {
	condition := isNew
	_, err := t.db.PutItem(ctx, &dynamodb.PutItemInput{TableName: &t.name, Item: writeAudit(string(agency), row),
		ConditionExpression: &condition})
	return outside(err)
}
