package local

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/infra/run/template"
)

// age makes everything in the tables, the embedded queues and the embedded SES older by d, which is to functions that go by the machine's
// clock what moving the clock is to others: what was to happen within d is due, and has happened when age returns, as far as
// a schedule brings it about. Ids keep the time that they were made at. Stripe's stand-in does not age: it signs its
// webhooks with the time. No function runs meanwhile, since it would find what it has read changed, over and over; unless
// busy says that those that run are to find themselves late.
func (l *Local) age(ctx context.Context, d time.Duration, busy bool) error {
	l.Engine.SES.Age(d)
	if busy { // and their messages stay theirs, so that it is for the sweep to find what is late
		if err := l.ageTables(ctx, d); err != nil {
			return err
		}
		return l.Host.RunSchedules(ctx)
	}
	if err := l.Host.Quiet(func() error { return errors.Join(l.ageTables(ctx, d), l.queueClock.advance(d)) }); err != nil {
		return err
	}
	l.Engine.Tick()
	return l.Host.RunSchedules(ctx)
}

func (l *Local) ageTables(ctx context.Context, d time.Duration) error {
	db := dynamodb.NewFromConfig(l.elsewhere.config(l.Engine.Config()))
	for _, t := range l.Stack.Template.Tables {
		pages := dynamodb.NewScanPaginator(db, &dynamodb.ScanInput{TableName: &t.Name, ConsistentRead: aws.Bool(true)})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return err
			}
			for _, item := range page.Items {
				if err := ageItem(ctx, db, t, item, d, time.Now()); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// version is the attribute by which writes are conditional.
const version = "v"

// Times are milliseconds since 1970, but for the time to live, which is seconds, and for the windows of limits.
func ageItem(ctx context.Context, db *dynamodb.Client, t *template.Table, item map[string]types.AttributeValue, d time.Duration,
	now time.Time) error {
	key := maps.Clone(item)
	maps.DeleteFunc(key, func(name string, _ types.AttributeValue) bool { return name != t.Hash.Name && name != t.Range.Name })
	var set []string
	names, values := map[string]string{}, map[string]types.AttributeValue{}
	gone := false
	if begin, ends, ok := window(t, item); ok { // it keeps its key, and beside it how old it was made
		total := d
		if ms, err := strconv.ParseInt(number(item["aged"]), 10, 64); err == nil {
			total += time.Duration(ms) * time.Millisecond
		}
		over := begin.Add(ends.Sub(begin) / 2) // it is deleted a window later
		gone = !over.After(now.Add(total))
		set, names["#a0"], values[":a0"] = []string{"#a0 = :a0"}, "aged",
			&types.AttributeValueMemberN{Value: strconv.FormatInt(total.Milliseconds(), 10)}
		item = nil
	}
	for name, v := range item {
		var changed bool
		switch name {
		case t.Hash.Name:
			continue
		case t.Range.Name:
			continue
		case version: // may be as large as a time
			continue
		case t.TTL:
			n, err := strconv.ParseInt(number(v), 10, 64)
			if err != nil {
				continue
			}
			ends := time.Unix(n, 0).Add(-d)
			gone = gone || ends.Before(now)
			v, changed = &types.AttributeValueMemberN{Value: strconv.FormatInt(ends.Unix(), 10)}, true
		default:
			v, changed = older(v, d)
		}
		if changed {
			at := strconv.Itoa(len(set))
			names["#a"+at], values[":a"+at] = name, v
			set = append(set, "#a"+at+" = :a"+at)
		}
	}
	var err error
	switch {
	case gone:
		_, err = db.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &t.Name, Key: key})
	case len(set) > 0:
		change := "SET " + strings.Join(set, ", ")
		if number(item[version]) != "" { // whoever has read it reads it again before it writes
			change += " ADD #v :one"
			names["#v"], values[":one"] = version, &types.AttributeValueMemberN{Value: "1"}
		}
		_, err = db.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: &t.Name, Key: key, UpdateExpression: &change,
			ConditionExpression: aws.String("attribute_exists(" + t.Hash.Name + ")"), ExpressionAttributeNames: names,
			ExpressionAttributeValues: values})
	}
	var deleted *types.ConditionalCheckFailedException
	if errors.As(err, &deleted) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("local: cannot make an item older: %w", err)
	}
	return nil
}

// window is when the window of a limit begins, which is its key, and when it is deleted.
func window(t *template.Table, item map[string]types.AttributeValue) (begin, deleted time.Time, ok bool) {
	s, ok := item[t.Range.Name].(*types.AttributeValueMemberS)
	if !ok || len(s.Value) != 10 || strings.Trim(s.Value, "0123456789") != "" {
		return begin, deleted, false
	}
	from, err := strconv.ParseInt(s.Value, 10, 64)
	to, wrong := strconv.ParseInt(number(item[t.TTL]), 10, 64)
	return time.Unix(from, 0), time.Unix(to, 0), err == nil && wrong == nil
}

func number(v types.AttributeValue) string {
	if n, ok := v.(*types.AttributeValueMemberN); ok {
		return n.Value
	}
	return ""
}

// The times that there are, in milliseconds: from 2001 to 2096. No amount, count or size is as large.
const earliest, latest = 1_000_000_000_000, 4_000_000_000_000

// older is the value with all times in it earlier by d.
func older(v types.AttributeValue, d time.Duration) (types.AttributeValue, bool) {
	any := false
	switch v := v.(type) {
	case *types.AttributeValueMemberN:
		if n, err := strconv.ParseInt(v.Value, 10, 64); err == nil && earliest <= n && n < latest {
			return &types.AttributeValueMemberN{Value: strconv.FormatInt(n-d.Milliseconds(), 10)}, true
		}
	case *types.AttributeValueMemberL:
		out := make([]types.AttributeValue, len(v.Value))
		for i, x := range v.Value {
			var changed bool
			out[i], changed = older(x, d)
			any = any || changed
		}
		return &types.AttributeValueMemberL{Value: out}, any
	case *types.AttributeValueMemberM:
		out := map[string]types.AttributeValue{}
		for k, x := range v.Value {
			var changed bool
			out[k], changed = older(x, d)
			any = any || changed
		}
		return &types.AttributeValueMemberM{Value: out}, any
	}
	return v, any
}
