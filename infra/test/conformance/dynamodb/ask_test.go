package dynamodb_test

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// values are the :placeholders of an expression.
type values = item

// names are the #placeholders of an expression.
type names = map[string]string

// update is an UpdateItem with an expression, and its answer.
func (x *tab) update(k item, expression string, v values, more ...func(*dynamodb.UpdateItemInput)) (*dynamodb.UpdateItemOutput, error) {
	in := &dynamodb.UpdateItemInput{TableName: x.name, Key: k, UpdateExpression: aws.String(expression), ExpressionAttributeValues: v}
	if len(v) == 0 {
		in.ExpressionAttributeValues = nil
	}
	for _, m := range more {
		m(in)
	}
	return x.db.UpdateItem(x.Context(), in)
}

// updated is an update that must go well.
func (x *tab) updated(k item, expression string, v values, more ...func(*dynamodb.UpdateItemInput)) *dynamodb.UpdateItemOutput {
	x.Helper()
	out, err := x.update(k, expression, v, more...)
	if err != nil {
		x.Fatalf("%s: %v", expression, err)
	}
	return out
}

// holds asks whether a condition holds for an item, or what is wrong with the condition.
func (x *tab) holds(k item, condition string, v values, n names) (bool, error) {
	_, err := x.db.TransactWriteItems(x.Context(), &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{{
		ConditionCheck: &types.ConditionCheck{TableName: x.name, Key: k, ConditionExpression: &condition, ExpressionAttributeValues: v, ExpressionAttributeNames: n},
	}}})
	if c, is := cancelled(err); is && c[0] == "ConditionalCheckFailed" {
		return false, nil
	}
	return err == nil, err
}

// query is a Query by key condition.
func (x *tab) query(condition string, v values, more ...func(*dynamodb.QueryInput)) (*dynamodb.QueryOutput, error) {
	in := &dynamodb.QueryInput{TableName: x.name, KeyConditionExpression: &condition, ExpressionAttributeValues: v}
	for _, m := range more {
		m(in)
	}
	return x.db.Query(x.Context(), in)
}

// found is a query that must go well, and the sort keys of what it found.
func (x *tab) found(condition string, v values, more ...func(*dynamodb.QueryInput)) []string {
	x.Helper()
	out, err := x.query(condition, v, more...)
	if err != nil {
		x.Fatalf("%s: %v", condition, err)
	}
	return sortKeys(out.Items)
}

func sortKeys(items []item) []string {
	var keys []string
	for _, i := range items {
		switch v := i["sk"].(type) {
		case *s:
			keys = append(keys, v.Value)
		case *n:
			keys = append(keys, v.Value)
		}
	}
	return keys
}

// Options of queries.
func backward(in *dynamodb.QueryInput) { in.ScanIndexForward = aws.Bool(false) }

func onIndex(in *dynamodb.QueryInput) { in.IndexName = aws.String("due") }

func limit(n int32) func(*dynamodb.QueryInput) {
	return func(in *dynamodb.QueryInput) { in.Limit = &n }
}

func filter(expression string) func(*dynamodb.QueryInput) {
	return func(in *dynamodb.QueryInput) { in.FilterExpression = &expression }
}

func projection(expression string) func(*dynamodb.QueryInput) {
	return func(in *dynamodb.QueryInput) { in.ProjectionExpression = &expression }
}

func from(k item) func(*dynamodb.QueryInput) {
	return func(in *dynamodb.QueryInput) { in.ExclusiveStartKey = k }
}

// transact is a TransactWriteItems.
func (x *tab) transact(actions ...types.TransactWriteItem) error {
	_, err := x.db.TransactWriteItems(x.Context(), &dynamodb.TransactWriteItemsInput{TransactItems: actions})
	return err
}

// Actions of transactions.
func (x *tab) doPut(i item, condition ...string) types.TransactWriteItem {
	p := &types.Put{TableName: x.name, Item: i}
	for _, c := range condition {
		p.ConditionExpression = &c
	}
	return types.TransactWriteItem{Put: p}
}

func (x *tab) doUpdate(k item, expression string, v values) types.TransactWriteItem {
	return types.TransactWriteItem{Update: &types.Update{TableName: x.name, Key: k, UpdateExpression: &expression,
		ExpressionAttributeValues: v}}
}

func (x *tab) doDelete(k item) types.TransactWriteItem {
	return types.TransactWriteItem{Delete: &types.Delete{TableName: x.name, Key: k}}
}

func (x *tab) doCheck(k item, condition string) types.TransactWriteItem {
	return types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{TableName: x.name, Key: k, ConditionExpression: &condition}}
}
