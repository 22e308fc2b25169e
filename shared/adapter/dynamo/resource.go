package dynamo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/idempotency"
	"latchkey.dev/shared/domain/instance"
)

const addressPrefix = "at#"

// resource reads one resource as it is now.
func (t *Table) resource(ctx context.Context, agency id.Agency, which id.Resource) (*instance.Resource, error) {
	r, err := t.get(ctx, string(agency), thingPrefix+string(which), true, "errors.there_is_no_such_instance_or_service")
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
// may have its address, and the agency has fewer than most of the kind that it has connected itself.
func (t *Table) connect(
	ctx context.Context, agency id.Agency, r *instance.Resource, most int, row audit.Entry, once *idempotency.Record,
) error {
	pk := string(agency)
	writes := []types.TransactWriteItem{t.put(writeResource(pk, *r), isNew, nil), t.put(writeAudit(pk, row), isNew, nil)}
	if r.Kind == instance.N8N {
		writes = append(writes, t.takeAddress(pk, r))
	}
	if once != nil {
		writes = append(writes, t.put(writeOnce(pk, once), isNew+" OR usedAt < :old", item{":old": at(once.At.Add(-idempotency.Lifetime))}))
	}
	err := t.counted(ctx, pk, r.Kind, 1, most, writes)
	if err == nil {
		r.Version = 1
	}
	return err
}

// counter is the attribute of the agency's item that counts what it has connected of a kind. What clients have bought is not
// counted: it is theirs, and must never be refused.
func counter(kind instance.Kind) string {
	if kind == instance.Service {
		return "services"
	}
	return "instances"
}

// counted carries the writes out with one resource of the agency's own more, or fewer. One more is written only while there are
// fewer than most, so that the cap holds however many come at once. An agency without a counter, from before there were any, is
// counted before something is added; until then nobody else gets past the condition, so that the count is right.
func (t *Table) counted(ctx context.Context, pk string, kind instance.Kind, by, most int, writes []types.TransactWriteItem) error {
	u := &types.Update{TableName: &t.name, Key: key(pk, agencyItem), UpdateExpression: aws.String("ADD #counter :by"),
		ConditionExpression:       aws.String("attribute_exists(#counter)"),
		ExpressionAttributeNames:  map[string]string{"#counter": counter(kind)},
		ExpressionAttributeValues: item{":by": num(int64(by))}}
	if by > 0 {
		u.ConditionExpression = aws.String("#counter < :most")
		u.ExpressionAttributeValues[":most"] = num(int64(most))
	}
	writes = append([]types.TransactWriteItem{{Update: u}}, writes...)
	err := t.transact(ctx, writes)
	if !failed(err, 0) {
		return err
	}
	if by < 0 {
		return t.transact(ctx, writes[1:])
	}
	if uncounted, e := t.count(ctx, pk, kind); e != nil || !uncounted {
		return errors.Join(e, err)
	}
	return t.transact(ctx, writes)
}

// count gives an agency its counter of a kind; false when it has one.
func (t *Table) count(ctx context.Context, pk string, kind instance.Kind) (bool, error) {
	r, err := t.get(ctx, pk, agencyItem, true, "errors.there_is_no_such_agency")
	if err != nil {
		return false, err
	}
	if r.item[counter(kind)] != nil {
		return false, nil
	}
	all, err := t.resources(ctx, id.Agency(pk), kind)
	if err != nil {
		return false, err
	}
	n := 0
	for i := range all {
		if all[i].Owner == "" {
			n++
		}
	}
	err = t.transact(ctx, []types.TransactWriteItem{{Update: &types.Update{TableName: &t.name, Key: key(pk, agencyItem),
		UpdateExpression:          aws.String("SET #counter = :n"),
		ConditionExpression:       aws.String("attribute_exists(pk) AND attribute_not_exists(#counter)"),
		ExpressionAttributeNames:  map[string]string{"#counter": counter(kind)},
		ExpressionAttributeValues: item{":n": num(int64(n))}}}})
	if errors.Is(err, conflict.ErrChanged) { // somebody else has counted
		err = nil
	}
	return true, err
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
			writes = append(writes, t.leaveAddress(pk, from, r.ID), t.dropRoster(pk, r.ID))
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
	if r.Kind == instance.N8N {
		writes = append(writes, t.dropRoster(pk, r.ID))
		if r.URL != "" {
			writes = append(writes, t.leaveAddress(pk, r.URL, r.ID))
		}
	}
	if r.Owner != "" { // a client's, which has never been counted
		return t.transact(ctx, writes)
	}
	return t.counted(ctx, pk, r.Kind, -1, 0, writes)
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
	w := writeAudit(string(agency), row)
	if _, err := t.announced(ctx, []types.TransactWriteItem{t.put(w, isNew, nil)}); err != nil {
		return err
	}
	condition := isNew
	_, err := t.db.PutItem(ctx, &dynamodb.PutItemInput{TableName: &t.name, Item: w, ConditionExpression: &condition})
	return outside(err)
}
