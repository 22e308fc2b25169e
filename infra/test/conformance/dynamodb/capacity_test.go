package dynamodb_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// units are what a request consumed: of the table, and of the index.
func units(c *types.ConsumedCapacity) [2]float64 {
	if c == nil {
		return [2]float64{-1, -1}
	}
	var u [2]float64
	if c.Table != nil {
		u[0] = *c.Table.CapacityUnits
	}
	if g, ok := c.GlobalSecondaryIndexes["due"]; ok {
		u[1] = *g.CapacityUnits
	}
	return u
}

func TestWritesConsumeByTheKilobyteAndByWhatChangesInTheIndex(t *testing.T) {
	t.Parallel()
	x := newTable(t, withIndex("N", types.ProjectionTypeInclude, "kept"))
	put := func(i item) [2]float64 {
		out, err := x.db.PutItem(t.Context(),
			&dynamodb.PutItemInput{TableName: x.name, Item: i, ReturnConsumedCapacity: types.ReturnConsumedCapacityIndexes})
		if err != nil {
			t.Fatal(err)
		}
		return units(out.ConsumedCapacity)
	}
	bare := key("a", "1")
	indexed := with(with(bare, "g", text("g")), "h", num("1"))
	big := text(strings.Repeat("x", 3000))
	for _, step := range []struct {
		what string
		item item
		want [2]float64
	}{
		{"a new item without index keys", bare, [2]float64{1, 0}},
		{"into the index", indexed, [2]float64{1, 1}},
		{"nothing changes", indexed, [2]float64{1, 0}},
		{"what the index does not keep", with(indexed, "other", big), [2]float64{3, 0}},
		{"the old item was the larger", indexed, [2]float64{3, 0}},
		{"what the index keeps", with(indexed, "kept", big), [2]float64{3, 3}},
		{"moves in the index", with(with(indexed, "kept", big), "h", num("2")), [2]float64{3, 6}},
		{"out of the index", bare, [2]float64{3, 3}},
	} {
		if got := put(step.item); got != step.want {
			t.Errorf("%s: want %v, got %v", step.what, step.want, got)
		}
	}
	out, err := x.db.DeleteItem(t.Context(),
		&dynamodb.DeleteItemInput{TableName: x.name, Key: key("a", "none"), ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal})
	if err != nil || *out.ConsumedCapacity.CapacityUnits != 1 {
		t.Error("deleting nothing:", out, err)
	}
}

func TestReadsConsumeByFourKilobytes(t *testing.T) {
	t.Parallel()
	x := newTable(t)
	x.put(with(key("a", "1"), "fill", text(strings.Repeat("x", 5000))), key("a", "2"))
	get := func(sk string, consistent bool) float64 {
		out, err := x.db.GetItem(t.Context(),
			&dynamodb.GetItemInput{TableName: x.name, Key: key("a", sk), ConsistentRead: &consistent,
				ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal})
		if err != nil {
			t.Fatal(err)
		}
		return *out.ConsumedCapacity.CapacityUnits
	}
	same(t, []float64{1, 2, 0.5, 1, 0.5, 1},
		[]float64{get("1", false), get("1", true), get("2", false), get("2", true), get("none", false), get("none", true)})
	q, err := x.query("pk = :p", values{":p": text("a")}, func(in *dynamodb.QueryInput) {
		in.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
	})
	if err != nil || *q.ConsumedCapacity.CapacityUnits != 1 { // 5,030 bytes together, eventually consistent
		t.Error(q, err)
	}
}

func TestTransactionsConsumeTwice(t *testing.T) {
	t.Parallel()
	x := newTable(t, withIndex("N", types.ProjectionTypeAll))
	out, err := x.db.TransactWriteItems(t.Context(), &dynamodb.TransactWriteItemsInput{
		ReturnConsumedCapacity: types.ReturnConsumedCapacityIndexes,
		TransactItems: []types.TransactWriteItem{
			x.doPut(with(with(key("a", "1"), "g", text("g")), "h", num("1"))), x.doDelete(key("a", "2")), x.doCheck(key("a", "3"), absent),
		},
	})
	if err != nil || len(out.ConsumedCapacity) != 1 {
		t.Fatal(out, err)
	}
	same(t, [2]float64{6, 2}, units(&out.ConsumedCapacity[0]))
	read, err := x.db.TransactGetItems(t.Context(), &dynamodb.TransactGetItemsInput{
		ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
		TransactItems:          []types.TransactGetItem{{Get: &types.Get{TableName: x.name, Key: key("a", "1")}}, {Get: &types.Get{TableName: x.name, Key: key("a", "none")}}},
	})
	if err != nil || *read.ConsumedCapacity[0].CapacityUnits != 4 {
		t.Error(aws.ToFloat64(read.ConsumedCapacity[0].CapacityUnits), err)
	}
}
