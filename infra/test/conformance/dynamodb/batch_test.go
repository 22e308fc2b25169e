package dynamodb_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func (x *tab) batchGet(k types.KeysAndAttributes) (*dynamodb.BatchGetItemOutput, error) {
	return x.db.BatchGetItem(x.Context(), &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{*x.name: k}})
}

func (x *tab) batchWrite(requests ...types.WriteRequest) error {
	out, err := x.db.BatchWriteItem(x.Context(),
		&dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{*x.name: requests}})
	if err == nil && len(out.UnprocessedItems) > 0 {
		x.Error("unprocessed", out.UnprocessedItems)
	}
	return err
}

func putRequest(i item) types.WriteRequest {
	return types.WriteRequest{PutRequest: &types.PutRequest{Item: i}}
}

func deleteRequest(k item) types.WriteRequest {
	return types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: k}}
}

func numbered(n int) []item {
	var items []item
	for i := range n {
		items = append(items, key("a", fmt.Sprint(i)))
	}
	return items
}

func TestABatchGetsWhatIsThere(t *testing.T) {
	t.Parallel()
	x := newTable(t)
	x.put(with(key("a", "0"), "v", num("0")), with(key("a", "2"), "v", num("2")))
	out, err := x.batchGet(types.KeysAndAttributes{Keys: numbered(3), ProjectionExpression: aws.String("v"),
		ConsistentRead: aws.Bool(true)})
	if err != nil {
		t.Fatal(err)
	}
	got := out.Responses[*x.name]
	if len(got) != 2 || len(out.UnprocessedKeys) != 0 || len(got[0]) != 1 {
		t.Error(got)
	}
}

func TestABatchGetIsChecked(t *testing.T) {
	t.Parallel()
	x := newTable(t)
	_, err := x.batchGet(types.KeysAndAttributes{Keys: []item{key("a", "1"), key("a", "1")}})
	invalid(t, err, "Provided list of item keys contains duplicates")
	_, err = x.batchGet(types.KeysAndAttributes{Keys: numbered(101)})
	invalid(t, err, "")
	if _, err = x.batchGet(types.KeysAndAttributes{Keys: numbered(100)}); err != nil {
		t.Error(err)
	}
}

func TestABatchGetEndsAtSixteenMegabytes(t *testing.T) {
	t.Parallel()
	x := newTable(t)
	for i := range 60 {
		x.put(with(key("a", fmt.Sprint(i)), "fill", text(strings.Repeat("x", 350_000))))
	}
	remaining := types.KeysAndAttributes{Keys: numbered(60), ConsistentRead: aws.Bool(true)}
	var sizes []int
	for len(remaining.Keys) > 0 && len(sizes) < 5 {
		out, err := x.batchGet(remaining)
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, len(out.Responses[*x.name]))
		remaining = out.UnprocessedKeys[*x.name]
	}
	same(t, []int{47, 13}, sizes)
}

func TestABatchWritesAndDeletes(t *testing.T) {
	t.Parallel()
	x := newTable(t)
	x.put(key("a", "gone"))
	if err := x.batchWrite(putRequest(with(key("a", "new"), "v", num("1"))), deleteRequest(key("a", "gone")),
		deleteRequest(key("a", "never"))); err != nil {
		t.Fatal(err)
	}
	same(t, []string{"new"}, x.found("pk = :p", values{":p": text("a")}))
}

func TestABatchWriteIsChecked(t *testing.T) {
	t.Parallel()
	x := newTable(t)
	var many []types.WriteRequest
	for _, k := range numbered(26) {
		many = append(many, putRequest(k))
	}
	invalid(t, x.batchWrite(many...), "Too many items requested for the BatchWriteItem call")
	invalid(t, x.batchWrite(putRequest(key("a", "1")), deleteRequest(key("a", "1"))), "Provided list of item keys contains duplicates")
	invalid(t, x.batchWrite(putRequest(key("a", "1")), putRequest(item{"pk": text("a")})), "")
	if got := x.get(key("a", "1")); got != nil {
		t.Error("a batch with a wrong item was begun")
	}
	if err := x.batchWrite(many[:25]...); err != nil {
		t.Error(err)
	}
}

func TestSegmentsOfAScanAreAllOfIt(t *testing.T) {
	t.Parallel()
	x := newTable(t)
	for i := range 60 {
		x.put(key(fmt.Sprint(i), "1"))
	}
	for _, total := range []int32{1, 3, 16} {
		seen := map[string]int{}
		for segment := range total {
			pages := dynamodb.NewScanPaginator(x.db,
				&dynamodb.ScanInput{TableName: x.name, Segment: aws.Int32(segment), TotalSegments: aws.Int32(total), Limit: aws.Int32(4)})
			for pages.HasMorePages() {
				page, err := pages.NextPage(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				for _, i := range page.Items {
					seen[i["pk"].(*s).Value]++
				}
			}
		}
		if len(seen) != 60 {
			t.Errorf("%d segments have %d of 60", total, len(seen))
		}
		for k, n := range seen {
			if n != 1 {
				t.Errorf("%s came %d times", k, n)
			}
		}
	}
	for _, wrong := range []*dynamodb.ScanInput{{Segment: aws.Int32(0)}, {TotalSegments: aws.Int32(2)},
		{Segment: aws.Int32(2), TotalSegments: aws.Int32(2)}} {
		wrong.TableName = x.name
		_, err := x.db.Scan(t.Context(), wrong)
		invalid(t, err, "")
	}
}

func TestAScanFiltersByAnyAttribute(t *testing.T) {
	t.Parallel()
	x := newTable(t)
	x.put(key("a", "1"), key("b", "2"), with(key("c", "3"), "v", num("1")))
	out, err := x.db.Scan(t.Context(),
		&dynamodb.ScanInput{TableName: x.name, FilterExpression: aws.String("sk > :one AND attribute_not_exists(v)"),
			ExpressionAttributeValues: values{":one": text("1")}})
	if err != nil || out.Count != 1 || out.ScannedCount != 3 {
		t.Fatal(out, err)
	}
	same(t, []string{"2"}, sortKeys(out.Items))
}
