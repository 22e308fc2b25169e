// Package dynamo keeps everything in one DynamoDB table. It is the only code that talks to DynamoDB, and the only
// store there is: tests and the embedded run put another engine behind it, never another store.
//
// Keys. The partition key begins with the scope, so that an id of one agency finds nothing in another:
//
//	ag_…                  agency        the agency with its hour's slots
//	                      cl#REF        a relationship with its invite (see id.Ref)
//	                      mb#mb_…       a member
//	                      r#ins_… svc_… an instance or service
//	                      at#HASH       the address of a connected instance, which is connected once
//	                      key#key_…     an API key
//	                      con#con_…     a card of a contact
//	                      ce#HASH       the open card with an address, of which there is one
//	                      contacts      how many cards there are
//	                      logo#HASH     a logo, the agency's or one that was
//	                      au#evt_…      a row of the audit log
//	                      ev#evt_…      an event that the log does not have, for webhook endpoints
//	                      hooks         how many webhook endpoints there are
//	                      we#whe_…      a webhook endpoint
//	                      wd#whe_…#dlv_…  an event on its way to an endpoint
//	                      idem#HASH     a used idempotency key
//	                      sup#USER      a person that must not be mailed
//	                      un#USER       what somebody who is invited wants of reminders, and the links by which they are stopped
//	                      nt#evt_…      a notice that is in nobody's box yet
//	                      nb#mb_…       a member's box of notices, and which kinds the member wants
//	                      lnk#lnk_…     a link by which people join; its token says where it is
//	                      req#REF       somebody's wish to join by a link (see id.JoinRef)
//	                      sharing       what all links of the agency do together
//	                      powers        what API keys have used of powerful scopes, until owners are told
//	                      sender        how the agency's mail goes out, and which names it claims
//	                      dom#dom_…     a claim of a sender domain
//	                      mh#dom_…#DAY#SHARD  what became of a day's mails from a domain, in parts
//	us#USER               user          a person who has signed in
//	                      code          the sign-in code
//	                      links         the accounts at providers that sign the person in
//	                      session#ULID  a session
//	                      passkeys      the person's passkeys, together
//	                      change#ULID   something that has changed about how the person signs in
//	                      heard         when the person's sessions were told of lately
//	                      form#ID       a form that waits for a step-up, sealed
//	                      join#ag_…#req_…  that the person asks to join an agency
//	                      ag#ag_…       where the person works (memberId), is a client (clientId) or was one
//	                                    (formerClientId), so that what is kept of it there can be found
//	cred#HASH             passkey       who has a credential
//	wc#HASH               challenge     a challenge that an authenticator is to answer
//	oi#HASH               account       whom the account with a subject at an issuer signs in
//	rl#errand#HASH        errand        a way to a provider and back that is over
//	pay#cus_…             payer         who a customer of the payment service is
//	pay#evt_…             event         an event of the payment service that has been dealt with
//	dm#REGISTRABLE        tree          the names at and below a registrable domain that agencies have proven, and who has which
//	                      ses#DOMAIN    what the mail service has of a name, or is to have
//	dmc#DOMAIN            dom_…         who claims a name
//	look#SKELETON         DOMAIN        a name of a tree, by what it looks like
//	held                  dom_…         a claim that waits for the operator
//	identities            count         how many names the mail service has, or is to have
//	tariff                tariff        what is sold at what prices
//	rl#NAME#HASH          WINDOW        a counter of a rate limit
//	rl#mails#SCOPE#HASH   mails         the mails that were caused under a key, see the package allowance
//
// Indexes, both sparse: by-created (pk, ls) lists an agency's clients by age; by-due (dp, due) holds what is not in a
// final state, in Shards partitions, by the time to look after it, in milliseconds since 1970. A row of the log that endpoints have to
// be told of is in it, too, until that is done: the row is its own place in the outbox, so that a change has the same transaction
// with endpoints as without. The attribute ttl is the table's TTL attribute, in seconds; nothing relies on its deletions.
//
// Types. A [Table] can do nothing by itself. Each use case gets a small type over it that has the methods of the use case's
// interface, no more, and is made by the function that has New before the type's name, as [NewRelationships]. The types stand
// in a file that is named as the use case's package; what they call is unexported and stands in files by subject. So a
// binary has what its use cases can call: the linker must assume that html/template calls any exported method of any type
// that is put into an interface, and of any type that such a type has a field of. For that reason Table has no exported
// methods, and what makes the types are functions.
package dynamo

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
)

// Table is the product's table, which the types of this package read and write.
type Table struct {
	db   calls
	name string
	now  func() time.Time
}

// calls are the operations that are used, as functions. A field that held the client itself would keep all of its
// operations in every binary that has html/template: the linker must assume that a template calls any method of any
// type that it can get at through an interface.
type calls struct {
	GetItem            call[dynamodb.GetItemInput, dynamodb.GetItemOutput]
	BatchGetItem       call[dynamodb.BatchGetItemInput, dynamodb.BatchGetItemOutput]
	Query              call[dynamodb.QueryInput, dynamodb.QueryOutput]
	PutItem            call[dynamodb.PutItemInput, dynamodb.PutItemOutput]
	UpdateItem         call[dynamodb.UpdateItemInput, dynamodb.UpdateItemOutput]
	DeleteItem         call[dynamodb.DeleteItemInput, dynamodb.DeleteItemOutput]
	TransactWriteItems call[dynamodb.TransactWriteItemsInput, dynamodb.TransactWriteItemsOutput]
}

type call[In, Out any] = func(context.Context, *In, ...func(*dynamodb.Options)) (*Out, error)

// Open makes a Table from an SDK configuration. It does no I/O.
func Open(cfg aws.Config, name string, now func() time.Time) *Table {
	c := dynamodb.NewFromConfig(cfg)
	return &Table{name: name, now: now,
		db: calls{c.GetItem, c.BatchGetItem, c.Query, c.PutItem, c.UpdateItem, c.DeleteItem, c.TransactWriteItems}}
}

type item = map[string]types.AttributeValue

func str(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
func num(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}
func bin(b []byte) types.AttributeValue      { return &types.AttributeValueMemberB{Value: b} }
func key(pk, sk string) item                 { return item{"pk": str(pk), "sk": str(sk)} }
func at(t time.Time) types.AttributeValue    { return num(t.UnixMilli()) }
func ttlOf(t time.Time) types.AttributeValue { return num(t.Unix()) }
func list(v []types.AttributeValue) types.AttributeValue {
	return &types.AttributeValueMemberL{Value: v}
}

// reader takes values out of an item. What is not there is the zero value; what has another type is an error, kept
// until the end, since then somebody else wrote to the table.
type reader struct {
	item
	err error
}

func (r *reader) s(name string) string {
	switch v := r.item[name].(type) {
	case nil:
		return ""
	case *types.AttributeValueMemberS:
		return v.Value
	}
	r.wrong(name)
	return ""
}

func (r *reader) n(name string) int64 {
	switch v := r.item[name].(type) {
	case nil:
		return 0
	case *types.AttributeValueMemberN:
		n, err := strconv.ParseInt(v.Value, 10, 64)
		if err == nil {
			return n
		}
	}
	r.wrong(name)
	return 0
}

func (r *reader) time(name string) time.Time {
	if n := r.n(name); n != 0 {
		return time.UnixMilli(n).UTC()
	}
	return time.Time{}
}

func (r *reader) b(name string) []byte {
	switch v := r.item[name].(type) {
	case nil:
		return nil
	case *types.AttributeValueMemberB:
		return v.Value
	}
	r.wrong(name)
	return nil
}

func (r *reader) list(name string) []types.AttributeValue {
	switch v := r.item[name].(type) {
	case nil:
		return nil
	case *types.AttributeValueMemberL:
		return v.Value
	}
	r.wrong(name)
	return nil
}

// maps reads a list of maps, each through f.
func (r *reader) maps(name string, f func(*reader)) {
	for _, v := range r.list(name) {
		m, ok := v.(*types.AttributeValueMemberM)
		if !ok {
			r.wrong(name)
			return
		}
		in := &reader{item: m.Value}
		f(in)
		if in.err != nil && r.err == nil {
			r.err = in.err
		}
	}
}

func (r *reader) times(name string) []time.Time {
	var out []time.Time
	for _, v := range r.list(name) {
		n, ok := v.(*types.AttributeValueMemberN)
		if !ok {
			r.wrong(name)
			return nil
		}
		ms, err := strconv.ParseInt(n.Value, 10, 64)
		if err != nil {
			r.wrong(name)
			return nil
		}
		out = append(out, time.UnixMilli(ms).UTC())
	}
	return out
}

func (r *reader) blobs(name string) [][]byte {
	var out [][]byte
	for _, v := range r.list(name) {
		b, ok := v.(*types.AttributeValueMemberB)
		if !ok {
			r.wrong(name)
			return nil
		}
		out = append(out, b.Value)
	}
	return out
}

func (r *reader) texts(name string) []string {
	var out []string
	for _, v := range r.list(name) {
		s, ok := v.(*types.AttributeValueMemberS)
		if !ok {
			r.wrong(name)
			return nil
		}
		out = append(out, s.Value)
	}
	return out
}

func (r *reader) yes(name string) bool { return r.n(name) != 0 }

func (r *reader) wrong(name string) {
	if r.err == nil {
		r.err = fmt.Errorf("dynamo: attribute %s of an item is not what was written", name)
	}
}

// s, t, n, yes, times and texts write optional values: the zero value is no attribute, which keeps items small and indexes
// sparse.
func (i writer) s(name, v string) {
	if v != "" {
		i[name] = str(v)
	}
}

func (i writer) t(name string, v time.Time) {
	if !v.IsZero() {
		i[name] = at(v)
	}
}

func (i writer) n(name string, v int) {
	if v != 0 {
		i[name] = num(int64(v))
	}
}

func (i writer) times(name string, v []time.Time) {
	if len(v) == 0 {
		return
	}
	l := make([]types.AttributeValue, len(v))
	for k, t := range v {
		l[k] = at(t)
	}
	i[name] = list(l)
}

func (i writer) yes(name string, v bool) {
	if v {
		i[name] = num(1)
	}
}

func (i writer) texts(name string, v []string) {
	if len(v) == 0 {
		return
	}
	l := make([]types.AttributeValue, len(v))
	for k, s := range v {
		l[k] = str(s)
	}
	i[name] = list(l)
}

// writer is an item being written.
type writer map[string]types.AttributeValue

// get reads one item; not found is a fault with the sentence of the key.
func (t *Table) get(ctx context.Context, pk, sk string, fresh bool, missing string) (*reader, error) {
	out, err := t.db.GetItem(ctx, &dynamodb.GetItemInput{TableName: &t.name, Key: key(pk, sk), ConsistentRead: &fresh})
	if err != nil {
		return nil, outside(err)
	}
	if out.Item == nil {
		return nil, fault.New(fault.NotFound, missing)
	}
	return &reader{item: out.Item}, nil
}

// getAll reads items by their keys, as they are now, in as many requests as DynamoDB asks for; the order is not kept. A key that stands
// twice, which BatchGetItem refuses, is read once.
func (t *Table) getAll(ctx context.Context, keys []item) ([]item, error) {
	keys = once(keys)
	var out []item
	for len(keys) > 0 {
		n := min(len(keys), 100)
		ask := map[string]types.KeysAndAttributes{t.name: {Keys: keys[:n], ConsistentRead: aws.Bool(true)}}
		keys = keys[n:]
		for tries := 0; len(ask) > 0; tries++ {
			if tries > 0 {
				if tries > 8 {
					return nil, fault.New(fault.Unavailable, "errors.the_database_is_busy_try_again")
				}
				select {
				case <-ctx.Done():
					return nil, ctx.Err()
				case <-time.After(time.Duration(tries) * 20 * time.Millisecond):
				}
			}
			res, err := t.db.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: ask})
			if err != nil {
				return nil, outside(err)
			}
			out = append(out, res.Responses[t.name]...)
			ask = res.UnprocessedKeys
		}
	}
	return out, nil
}

// once are the keys, each once.
func once(keys []item) []item {
	out := make([]item, 0, len(keys))
	seen := make(map[string]bool, len(keys))
	for _, k := range keys {
		r := &reader{item: k}
		if name := r.s("pk") + "\x00" + r.s("sk"); !seen[name] {
			seen[name] = true
			out = append(out, k)
		}
	}
	return out
}

// query reads a whole partition's range as it is now, page by page.
func (t *Table) query(ctx context.Context, pk, prefix string, backwards bool) ([]item, error) {
	in := &dynamodb.QueryInput{TableName: &t.name, KeyConditionExpression: aws.String("pk = :p AND begins_with(sk, :s)"),
		ExpressionAttributeValues: item{":p": str(pk), ":s": str(prefix)}, ScanIndexForward: aws.Bool(!backwards),
		ConsistentRead: aws.Bool(true)}
	var out []item
	for {
		res, err := t.db.Query(ctx, in)
		if err != nil {
			return nil, outside(err)
		}
		out = append(out, res.Items...)
		if res.LastEvaluatedKey == nil {
			return out, nil
		}
		in.ExclusiveStartKey = res.LastEvaluatedKey
	}
}

// transact writes all or nothing. Failed conditions and conflicts with other transactions are conflict.ErrChanged,
// wrapped with the reasons' codes in the order of the writes. The SDK makes a ClientRequestToken, so that its own
// retry of a request whose answer was lost writes nothing twice. Rows of the log among them are announced to the agency's endpoints.
func (t *Table) transact(ctx context.Context, writes []types.TransactWriteItem) error {
	writes, err := t.announced(ctx, writes)
	if err != nil {
		return err
	}
	_, err = t.db.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: writes})
	return outside(err)
}

// changed is conflict.ErrChanged with what DynamoDB said.
type changed struct{ reasons []string }

func (c *changed) Error() string { return fmt.Sprintf("dynamo: cancelled: %v", c.reasons) }
func (c *changed) Unwrap() error { return conflict.ErrChanged }

// failed tells whether the condition of the write at index i was what failed.
func failed(err error, i int) bool {
	var c *changed
	return errors.As(err, &c) && i < len(c.reasons) && c.reasons[i] == conditionFailed
}

const conditionFailed = "ConditionalCheckFailed"

// outside turns what DynamoDB answered into what the product's callers understand.
func outside(err error) error {
	if err == nil {
		return nil
	}
	var canceled *types.TransactionCanceledException
	if errors.As(err, &canceled) {
		reasons := make([]string, len(canceled.CancellationReasons))
		again := true
		for i, r := range canceled.CancellationReasons {
			reasons[i] = aws.ToString(r.Code)
			switch reasons[i] {
			case "None", "", conditionFailed, "TransactionConflict":
			default:
				again = false
			}
		}
		if again {
			return &changed{reasons}
		}
		return fmt.Errorf("dynamo: transaction cancelled: %v: %w", reasons, err)
	}
	var condition *types.ConditionalCheckFailedException
	var clash *types.TransactionConflictException
	var running *types.TransactionInProgressException
	if errors.As(err, &condition) || errors.As(err, &clash) || errors.As(err, &running) {
		return conflict.ErrChanged
	}
	return fmt.Errorf("dynamo: %w", err)
}

func (t *Table) put(v writer, condition string, values item) types.TransactWriteItem {
	return types.TransactWriteItem{Put: &types.Put{TableName: &t.name, Item: v, ConditionExpression: &condition,
		ExpressionAttributeValues: values}}
}

const isNew = "attribute_not_exists(pk)"

// versioned is the condition that an item still has the version that was read, 0 being that of none.
func versioned(version int) (string, item) {
	if version == 0 {
		return isNew, nil
	}
	return "v = :v", item{":v": num(int64(version))}
}
