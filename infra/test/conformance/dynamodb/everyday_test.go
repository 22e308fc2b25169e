// Package dynamodb_test is what the product stands on of Amazon DynamoDB, one test for each semantic, told with the
// unmodified SDK. It runs against the engine in process, and against any endpoint in AWS_ENDPOINT_URL.
package dynamodb_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func TestAnItemComesBackAsItWasPut(t *testing.T) {
	t.Parallel()
	x := newTable(t)
	all := with(key("a", "1"), "deep", &m{Value: item{
		"text": text("naïve \"quoted\"\n\u2028 😀"), "empty": text(""), "number": num("-1.5"), "bytes": &b{Value: []byte{0, 255}},
		"true": &yes{Value: true}, "false": &yes{}, "null": &null{Value: true},
		"list": &l{Value: []types.AttributeValue{num("1"), &l{}, &m{}}},
		"ss":   &ss{Value: []string{"b", "a"}}, "ns": &ns{Value: []string{"2", "1"}}, "bs": &bs{Value: [][]byte{{1}}},
	}})
	x.put(all)
	x.stored(all)
}

func TestWhatTheProductDoesAllDay(t *testing.T) {
	t.Parallel()
	x := newTable(t, withIndex("N", types.ProjectionTypeAll))
	ctx := t.Context()
	_, err := x.db.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
		{Put: &types.Put{TableName: x.name, Item: with(with(key("a", "1"), "g", text("due")), "h", num("5")), ConditionExpression: aws.String("attribute_not_exists(pk)")}},
		{Update: &types.Update{TableName: x.name, Key: key("a", "2"), UpdateExpression: aws.String("SET g = :g, h = :h ADD c :one"),
			ExpressionAttributeValues: item{":g": text("due"), ":h": num("3"), ":one": num("1")}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	q, err := x.db.Query(ctx, &dynamodb.QueryInput{TableName: x.name, IndexName: aws.String("due"), KeyConditionExpression: aws.String("g = :g AND h <= :now"),
		ExpressionAttributeValues: item{":g": text("due"), ":now": num("10")}})
	if err != nil {
		t.Fatal(err)
	}
	same(t, []item{
		with(with(with(key("a", "2"), "g", text("due")), "h", num("3")), "c", num("1")),
		with(with(key("a", "1"), "g", text("due")), "h", num("5")),
	}, q.Items)
	g, err := x.db.BatchGetItem(ctx,
		&dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{*x.name: {Keys: []item{key("a", "1"),
			key("a", "9")}}}})
	if err != nil || len(g.Responses[*x.name]) != 1 {
		t.Fatal(err, g)
	}
	_, err = x.db.DeleteItem(ctx,
		&dynamodb.DeleteItemInput{TableName: x.name, Key: key("a", "1"), ConditionExpression: aws.String("h = :h"),
			ExpressionAttributeValues: item{":h": num("4")}})
	refused(t, err, failed, "The conditional request failed")
	if _, err = x.db.UpdateTimeToLive(ctx,
		&dynamodb.UpdateTimeToLiveInput{TableName: x.name,
			TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: aws.String("ttl"),
				Enabled: aws.Bool(true)}}); err != nil {
		t.Fatal(err)
	}
}
