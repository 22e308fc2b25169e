package dynamodb_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	engine "latchkey.dev/infra/run/engine/dynamodb"
	"latchkey.dev/infra/run/engine/journal"
	"latchkey.dev/infra/run/engine/roundtrip"
)

type item = map[string]types.AttributeValue

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
func num(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}
func key(i int) item { return item{"pk": text("a"), "sk": text(fmt.Sprintf("%07d", i))} }

func client(e http.Handler) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		Region: "us-east-1", BaseEndpoint: aws.String("http://dynamodb.test"),
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
		HTTPClient:  &http.Client{Transport: roundtrip.Transport(e)}, RetryMaxAttempts: 1,
	})
}

var table = aws.String("clients")

// makeTable makes the table as the product's is: two keys, time to live, and two indexes.
func makeTable(tb testing.TB, db *dynamodb.Client) {
	tb.Helper()
	keys := func(hash, sort string) []types.KeySchemaElement {
		return []types.KeySchemaElement{{AttributeName: &hash, KeyType: "HASH"}, {AttributeName: &sort, KeyType: "RANGE"}}
	}
	var defs []types.AttributeDefinition
	for _, name := range []string{"pk", "sk", "g1", "s1", "g2", "s2"} {
		defs = append(defs, types.AttributeDefinition{AttributeName: aws.String(name), AttributeType: "S"})
	}
	_, err := db.CreateTable(context.Background(), &dynamodb.CreateTableInput{
		TableName: table, BillingMode: types.BillingModePayPerRequest, AttributeDefinitions: defs, KeySchema: keys("pk", "sk"),
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{
			{IndexName: aws.String("due"), KeySchema: keys("g1", "s1"), Projection: &types.Projection{ProjectionType: types.ProjectionTypeKeysOnly}},
			{IndexName: aws.String("list"), KeySchema: keys("g2", "s2"), Projection: &types.Projection{ProjectionType: types.ProjectionTypeAll}},
		},
	})
	if err == nil {
		_, err = db.UpdateTimeToLive(context.Background(), &dynamodb.UpdateTimeToLiveInput{
			TableName: table, TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: aws.String("ttl"), Enabled: aws.Bool(true)},
		})
	}
	if err != nil {
		tb.Fatal(err)
	}
}

func newEngine(tb testing.TB, o engine.Options) (*engine.Engine, *dynamodb.Client) {
	tb.Helper()
	e, err := engine.New(o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := e.Close(); err != nil {
			tb.Error(err)
		}
	})
	return e, client(e)
}

func put(tb testing.TB, db *dynamodb.Client, i item) {
	tb.Helper()
	if _, err := db.PutItem(context.Background(), &dynamodb.PutItemInput{TableName: table, Item: i}); err != nil {
		tb.Fatal(err)
	}
}

func everything(tb testing.TB, db *dynamodb.Client) map[string]item {
	tb.Helper()
	all := map[string]item{}
	pages := dynamodb.NewScanPaginator(db, &dynamodb.ScanInput{TableName: table})
	for pages.HasMorePages() {
		page, err := pages.NextPage(context.Background())
		if err != nil {
			tb.Fatal(err)
		}
		for _, i := range page.Items {
			all[i["sk"].(*types.AttributeValueMemberS).Value] = i
		}
	}
	return all
}

var plain = cmpopts.IgnoreUnexported(types.AttributeValueMemberS{}, types.AttributeValueMemberN{})

type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

func TestTimeToLiveDeletesLateAndNeverHides(t *testing.T) {
	t.Parallel()
	c := &clock{t: time.Unix(1_800_000_000, 0)}
	e, db := newEngine(t, engine.Options{Now: c.now, TTLDelay: 48 * time.Hour})
	makeTable(t, db)
	ttl := func(i int, at time.Time) {
		x := key(i)
		x["ttl"], x["g2"], x["s2"] = num(at.Unix()), text("g"), text(strconv.Itoa(i))
		put(t, db, x)
	}
	ttl(1, c.t.Add(time.Minute))
	ttl(2, c.t.Add(72*time.Hour))
	ttl(3, c.t.Add(-6*365*24*time.Hour)) // more than five years past: not a time to live
	word := key(4)
	word["ttl"] = text("1")
	put(t, db, word)
	put(t, db, key(5))

	c.advance(time.Hour)
	if n := e.DeleteExpired(); n != 0 || len(everything(t, db)) != 5 {
		t.Fatalf("an hour later: deleted %d, %d left", n, len(everything(t, db)))
	}
	c.advance(48 * time.Hour)
	if n := e.DeleteExpired(); n != 1 {
		t.Fatalf("two days later: deleted %d", n)
	}
	if _, there := everything(t, db)["0000001"]; there {
		t.Fatal("still there")
	}
	q, err := db.Query(t.Context(), &dynamodb.QueryInput{
		TableName: table, IndexName: aws.String("list"), KeyConditionExpression: aws.String("g2 = :g"), ExpressionAttributeValues: item{":g": text("g")},
	})
	if err != nil || q.Count != 2 {
		t.Fatalf("the index has %d (%v)", q.Count, err)
	}
	ttl(2, c.t.Add(1000*time.Hour)) // put off in time
	c.advance(100 * time.Hour)
	if n := e.DeleteExpired(); n != 0 {
		t.Fatalf("what was put off: deleted %d", n)
	}
}

func TestTheJournalKeepsEverything(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "dynamodb.log")
	c := &clock{t: time.Unix(1_800_000_000, 0)}
	open := func() (*engine.Engine, *dynamodb.Client) {
		e, err := engine.New(engine.Options{JournalPath: path, Now: c.now})
		if err != nil {
			t.Fatal(err)
		}
		return e, client(e)
	}
	e, db := open()
	makeTable(t, db)
	for i := range 50 {
		x := key(i)
		x["ttl"], x["g1"], x["s1"] = num(c.t.Unix()+60), text("g"), text("s")
		put(t, db, x)
	}
	if _, err := db.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: table, Key: key(7)}); err != nil {
		t.Fatal(err)
	}
	count := &dynamodb.TransactWriteItemsInput{
		ClientRequestToken: aws.String("once"),
		TransactItems: []types.TransactWriteItem{{Update: &types.Update{
			TableName: table, Key: key(1000), UpdateExpression: aws.String("ADD c :one"), ExpressionAttributeValues: item{":one": num(1)},
		}}},
	}
	if _, err := db.TransactWriteItems(t.Context(), count); err != nil {
		t.Fatal(err)
	}
	before := everything(t, db)
	if _, err := engine.New(engine.Options{JournalPath: path}); !errors.Is(err, journal.ErrLocked) {
		t.Fatalf("a second engine on one journal: %v", err)
	}
	for range 2 { // as it was written, and compacted
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
		e, db = open()
		if diff := cmp.Diff(before, everything(t, db), plain); diff != "" {
			t.Fatal(diff)
		}
		if _, err := db.TransactWriteItems(t.Context(), count); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, everything(t, db), plain); diff != "" {
			t.Fatalf("the token was forgotten: %s", diff)
		}
		q, err := db.Query(t.Context(), &dynamodb.QueryInput{
			TableName: table, IndexName: aws.String("due"), KeyConditionExpression: aws.String("g1 = :g"), ExpressionAttributeValues: item{":g": text("g")},
		})
		if err != nil || q.Count != 49 {
			t.Fatalf("the index has %d (%v)", q.Count, err)
		}
		if err := e.Compact(); err != nil {
			t.Fatal(err)
		}
	}
	c.advance(time.Hour)
	if n := e.DeleteExpired(); n != 49 {
		t.Fatalf("deleted %d", n)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	e, db = open()
	if n := len(everything(t, db)); n != 1 {
		t.Fatalf("%d items", n)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestTheLogIsCompactedUnderWriters(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "dynamodb.log")
	e, err := engine.New(engine.Options{JournalPath: path})
	if err != nil {
		t.Fatal(err)
	}
	db := client(e)
	makeTable(t, db)
	padding := make([]byte, 20_000)
	for i := range padding {
		padding[i] = 'a' + byte(i%26)
	}
	var wg sync.WaitGroup
	for w := range 16 {
		wg.Go(func() {
			for i := range 80 { // 25 MB of history over 16 items
				x := key(w)
				x["v"], x["pad"] = num(int64(i)), text(string(padding))
				put(t, db, x)
			}
		})
	}
	wg.Wait()
	before := everything(t, db)
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	size := int64(0)
	j, err := journal.Open(path, func(rec []byte) error { size += int64(len(rec)); return nil })
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if size > 15<<20 {
		t.Errorf("the log has %d bytes", size)
	}
	_, db = newEngine(t, engine.Options{JournalPath: path})
	if diff := cmp.Diff(before, everything(t, db), plain); diff != "" {
		t.Fatal(diff)
	}
}

func TestATransactionUnderWayIsMetAsAConflict(t *testing.T) {
	t.Parallel()
	reached, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	_, db := newEngine(t, engine.Options{InTransaction: func() {
		once.Do(func() {
			close(reached)
			<-release
		})
	}})
	makeTable(t, db)
	transact := func(token string, i int) error {
		_, err := db.TransactWriteItems(context.Background(), &dynamodb.TransactWriteItemsInput{
			ClientRequestToken: aws.String(token),
			TransactItems:      []types.TransactWriteItem{{Put: &types.Put{TableName: table, Item: key(i)}}, {Put: &types.Put{TableName: table, Item: key(i + 100)}}},
		})
		return err
	}
	first := make(chan error, 1)
	go func() { first <- transact("first", 1) }()
	<-reached
	cancelled, is := errors.AsType[*types.TransactionCanceledException](transact("second", 1))
	if !is || *cancelled.CancellationReasons[0].Code != "TransactionConflict" ||
		*cancelled.CancellationReasons[1].Code != "TransactionConflict" {
		t.Errorf("a second transaction: %v", cancelled)
	}
	if _, is := errors.AsType[*types.TransactionInProgressException](transact("first", 1)); !is {
		t.Error("the same token did not meet TransactionInProgressException")
	}
	if _, is := errors.AsType[*types.IdempotentParameterMismatchException](transact("first", 2)); !is {
		t.Error("the same token for another request did not meet IdempotentParameterMismatchException")
	}
	_, err := db.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: table, Item: key(1)})
	if _, is := errors.AsType[*types.TransactionConflictException](err); !is {
		t.Errorf("a put of the same item: %v", err)
	}
	_, err = db.TransactGetItems(t.Context(),
		&dynamodb.TransactGetItemsInput{TransactItems: []types.TransactGetItem{{Get: &types.Get{TableName: table, Key: key(1)}}}})
	if _, is := errors.AsType[*types.TransactionCanceledException](err); !is {
		t.Errorf("a transaction that reads it: %v", err)
	}
	put(t, db, key(2)) // another item is free
	got, err := db.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: table, Key: key(1)})
	if err != nil || got.Item != nil {
		t.Errorf("a plain read sees %v (%v)", got.Item, err)
	}
	close(release)
	if err := <-first; err != nil {
		t.Error(err)
	}
	if err := transact("first", 1); err != nil {
		t.Errorf("the same token afterwards: %v", err)
	}
}

func TestConflictsCanBeInjected(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	dice := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a test's dice
	_, db := newEngine(t, engine.Options{Conflict: func() bool {
		mu.Lock()
		defer mu.Unlock()
		return dice.IntN(2) == 0
	}})
	makeTable(t, db)
	met := 0
	for i := range 50 {
		_, err := db.TransactWriteItems(t.Context(),
			&dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{{Put: &types.Put{TableName: table, Item: key(i)}}}})
		if err != nil {
			met++
		}
	}
	if met == 0 || met == 50 || len(everything(t, db)) != 50-met {
		t.Fatalf("%d conflicts, %d items", met, len(everything(t, db)))
	}
}

func TestATokenIsForgottenAfterTenMinutes(t *testing.T) {
	t.Parallel()
	c := &clock{t: time.Unix(1_800_000_000, 0)}
	_, db := newEngine(t, engine.Options{Now: c.now})
	makeTable(t, db)
	add := func() string {
		_, err := db.TransactWriteItems(t.Context(), &dynamodb.TransactWriteItemsInput{
			ClientRequestToken: aws.String("t"),
			TransactItems: []types.TransactWriteItem{{Update: &types.Update{
				TableName: table, Key: key(1), UpdateExpression: aws.String("ADD c :one"), ExpressionAttributeValues: item{":one": num(1)},
			}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		return everything(t, db)["0000001"]["c"].(*types.AttributeValueMemberN).Value
	}
	if got := add() + add(); got != "11" {
		t.Fatal(got)
	}
	c.advance(10*time.Minute - time.Second)
	if got := add(); got != "1" {
		t.Fatal(got)
	}
	c.advance(time.Second)
	if got := add(); got != "2" {
		t.Fatal(got)
	}
}

// With Staleness an eventually consistent read sees what was there that long ago, by key, by query and in an index; a consistent
// one, and a condition, see what is there.
func TestEventuallyConsistentReadsMayBeStale(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	e, err := engine.New(engine.Options{Now: func() time.Time { return now }, Staleness: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	db, ctx := client(e), t.Context()
	makeTable(t, db)
	put := func(value string) {
		t.Helper()
		i := key(1)
		i["v"], i["g2"], i["s2"] = text(value), text("g"), text("s")
		if _, err := db.PutItem(ctx, &dynamodb.PutItemInput{TableName: table, Item: i}); err != nil {
			t.Fatal(err)
		}
	}
	value := func(items ...item) string {
		if len(items) == 0 || items[0] == nil {
			return "none"
		}
		return items[0]["v"].(*types.AttributeValueMemberS).Value //nolint:errcheck // it is what was put
	}
	sees := func(fresh bool, want string) {
		t.Helper()
		got, err := db.GetItem(ctx, &dynamodb.GetItemInput{TableName: table, Key: key(1), ConsistentRead: &fresh})
		if err != nil || value(got.Item) != want {
			t.Errorf("GetItem, consistent %v: %v, %v; want %s", fresh, got, err, want)
		}
		many, err := db.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{
			*table: {Keys: []item{key(1)}, ConsistentRead: &fresh}}})
		if err != nil || value(many.Responses[*table]...) != want {
			t.Errorf("BatchGetItem, consistent %v: %v, %v; want %s", fresh, many, err, want)
		}
		q, err := db.Query(ctx, &dynamodb.QueryInput{TableName: table, ConsistentRead: &fresh,
			KeyConditionExpression: aws.String("pk = :p"), ExpressionAttributeValues: item{":p": text("a")}})
		if err != nil || value(q.Items...) != want {
			t.Errorf("Query, consistent %v: %v, %v; want %s", fresh, q, err, want)
		}
		if fresh {
			return
		}
		q, err = db.Query(ctx, &dynamodb.QueryInput{TableName: table, IndexName: aws.String("list"),
			KeyConditionExpression: aws.String("g2 = :g"), ExpressionAttributeValues: item{":g": text("g")}})
		if err != nil || value(q.Items...) != want {
			t.Errorf("Query of an index: %v, %v; want %s", q, err, want)
		}
	}
	put("one")
	sees(true, "one")
	sees(false, "none")
	now = now.Add(600 * time.Millisecond)
	put("two")
	now = now.Add(600 * time.Millisecond)
	sees(true, "two")
	sees(false, "one")
	now = now.Add(600 * time.Millisecond)
	sees(false, "two")
	if _, err := db.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: table, Key: key(1), ConditionExpression: aws.String("v = :v"),
		ExpressionAttributeValues: item{":v": text("two")}}); err != nil {
		t.Error(err)
	}
	sees(true, "none")
	sees(false, "two")
	now = now.Add(time.Second)
	sees(false, "none")
}
