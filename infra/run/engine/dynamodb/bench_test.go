package dynamodb_test

import (
	"fmt"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	engine "latchkey.dev/infra/run/engine/dynamodb"
)

// call is one request without an SDK.
func call(tb testing.TB, e *engine.Engine, operation, body string) string {
	r := httptest.NewRequest("POST", "/", strings.NewReader(body))
	r.Header["X-Amz-Target"] = []string{"DynamoDB_20120810." + operation}
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	if w.Code != 200 {
		tb.Fatal(operation, w.Code, w.Body)
	}
	return w.Body.String()
}

// itemJSON is an item of some 400 bytes with both indexes.
func itemJSON(i int) string {
	return fmt.Sprintf(`{"pk":{"S":"agency#01"},"sk":{"S":"client#%08d"},"g1":{"S":"due#%d"},"s1":{"S":"2026-01-01T00:00:00Z"},`+
		`"g2":{"S":"agency#01"},"s2":{"S":"name-%08d"},`+
		`"email":{"S":"client-%d@example.com"},"name":{"S":"Client number %d"},"status":{"S":"pending"},`+
		`"count":{"N":"3"},"ttl":{"N":"1900000000"},`+
		`"instances":{"L":[{"M":{"id":{"S":"inst_1"},"url":{"S":"https://n8n.example.com/1"}}},`+
		`{"M":{"id":{"S":"inst_2"},"url":{"S":"https://n8n.example.com/2"}}}]}}`, i, i%16, i, i, i)
}

var filled sync.Map // of size to *engine.Engine: filling is the long part

func fill(b *testing.B, size int) *engine.Engine {
	b.Helper()
	if e, ok := filled.Load(size); ok {
		return e.(*engine.Engine) //nolint:errcheck // nothing else is stored
	}
	e, err := engine.New(engine.Options{})
	if err != nil {
		b.Fatal(err)
	}
	makeTable(b, client(e))
	for at := 0; at < size; at += 25 {
		var items []string
		for i := at; i < min(at+25, size); i++ {
			items = append(items, `{"PutRequest":{"Item":`+itemJSON(i)+`}}`)
		}
		call(b, e, "BatchWriteItem", `{"RequestItems":{"clients":[`+strings.Join(items, ",")+`]}}`)
	}
	filled.Store(size, e)
	return e
}

func each(b *testing.B, run func(b *testing.B, e *engine.Engine, size int)) {
	for _, size := range []int{10_000, 1_000_000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			if testing.Short() && size > 10_000 {
				b.Skip("a million items take a while")
			}
			e := fill(b, size)
			b.ReportAllocs()
			b.ResetTimer()
			run(b, e, size)
		})
	}
}

func BenchmarkGetItem(b *testing.B) {
	each(b, func(b *testing.B, e *engine.Engine, size int) {
		i := 0
		for b.Loop() {
			i = (i + 7919) % size
			call(b, e, "GetItem", fmt.Sprintf(`{"TableName":"clients","Key":{"pk":{"S":"agency#01"},"sk":{"S":"client#%08d"}}}`, i))
		}
	})
}

func BenchmarkQuery50(b *testing.B) {
	each(b, func(b *testing.B, e *engine.Engine, size int) {
		i := 0
		for b.Loop() {
			i = (i + 7919) % size
			call(b, e, "Query", fmt.Sprintf(`{"TableName":"clients","Limit":50,"KeyConditionExpression":"pk = :p AND sk > :s",`+
				`"ExpressionAttributeValues":{":p":{"S":"agency#01"},":s":{"S":"client#%08d"}}}`, i))
		}
	})
}

func BenchmarkQueryIndex50(b *testing.B) {
	each(b, func(b *testing.B, e *engine.Engine, size int) {
		for b.Loop() {
			call(b, e, "Query", `{"TableName":"clients","IndexName":"list","Limit":50,"KeyConditionExpression":"g2 = :p",`+
				`"ExpressionAttributeValues":{":p":{"S":"agency#01"}}}`)
		}
	})
}

func transactJSON(i int) string {
	return fmt.Sprintf(`{"ClientRequestToken":"%d","TransactItems":[`+
		`{"Put":{"TableName":"clients","Item":%s,"ConditionExpression":"attribute_not_exists(pk)"}},`+
		`{"Put":{"TableName":"clients","Item":{"pk":{"S":"agency#01"},"sk":{"S":"event#%d"},`+
		`"what":{"S":"invited"},"at":{"N":"1800000000"}}}},`+
		`{"Update":{"TableName":"clients","Key":{"pk":{"S":"agency#01"},"sk":{"S":"!meta"}},`+
		`"UpdateExpression":"SET #r = :r ADD #n :one","ConditionExpression":"attribute_not_exists(#r) OR #n < :max",`+
		`"ExpressionAttributeNames":{"#r":"ring","#n":"sent"},`+
		`"ExpressionAttributeValues":{":r":{"L":[{"N":"1"},{"N":"2"}]},":one":{"N":"1"},":max":{"N":"99999999999"}}}},`+
		`{"ConditionCheck":{"TableName":"clients","Key":{"pk":{"S":"agency#01"},"sk":{"S":"client#00000001"}},`+
		`"ConditionExpression":"attribute_exists(pk)"}}]}`, i, itemJSON(10_000_000+i), i)
}

var serial atomic.Int64

func BenchmarkTransactWriteItems4(b *testing.B) {
	each(b, func(b *testing.B, e *engine.Engine, _ int) {
		for b.Loop() {
			n := serial.Add(1)
			call(b, e, "TransactWriteItems", transactJSON(int(n)))
		}
	})
}

// BenchmarkInvite is what creating an invite costs with the SDK, in process: a GetItem, a BatchGetItem and a
// TransactWriteItems of four items with two indexes.
func BenchmarkInvite(b *testing.B) {
	for _, disk := range []bool{false, true} {
		b.Run(map[bool]string{false: "memory", true: "journal"}[disk], func(b *testing.B) {
			o := engine.Options{}
			if disk {
				o.JournalPath = filepath.Join(b.TempDir(), "log")
			}
			_, db := newEngine(b, o)
			makeTable(b, db)
			put(b, db, key(1))
			put(b, db, key(2))
			var n atomic.Int64
			b.SetParallelism(16)
			b.ReportAllocs()
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := invite(b, db, int(n.Add(1))+100); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}

func invite(b *testing.B, db *dynamodb.Client, i int) error {
	ctx := b.Context()
	if _, err := db.GetItem(ctx, &dynamodb.GetItemInput{TableName: table, Key: key(1)}); err != nil {
		return err
	}
	_, err := db.BatchGetItem(ctx,
		&dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{*table: {Keys: []item{key(1), key(2)}}}})
	if err != nil {
		return err
	}
	made := key(i)
	for name, v := range map[string]string{"g1": "due", "s1": "2026", "g2": "agency", "s2": fmt.Sprint("name", i),
		"email": "client@example.com", "status": "pending"} {
		made[name] = text(v)
	}
	_, err = db.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
		{Put: &types.Put{TableName: table, Item: made, ConditionExpression: aws.String("attribute_not_exists(pk)")}},
		{Put: &types.Put{TableName: table, Item: item{"pk": text("event"), "sk": text(fmt.Sprint(i)), "what": text("invited")}}},
		{Update: &types.Update{TableName: table, Key: item{"pk": text("ring"), "sk": text(fmt.Sprint(i % 64))}, UpdateExpression: aws.String("SET #l = :t ADD #n :one"),
			ExpressionAttributeNames: map[string]string{"#l": "last", "#n": "sent"}, ExpressionAttributeValues: item{":one": num(1), ":t": num(int64(i))}}},
		{ConditionCheck: &types.ConditionCheck{TableName: table, Key: key(1), ConditionExpression: aws.String("attribute_exists(pk)")}},
	}})
	return err
}
