package stack

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/infra/run/template"
)

// patience is how long a new table may take to become active.
const patience = 2 * time.Minute

func tables(ctx context.Context, cfg aws.Config, t *template.Template) error {
	client := dynamodb.NewFromConfig(cfg)
	for _, table := range t.Tables {
		if err := ensureTable(ctx, client, table); err != nil {
			return fmt.Errorf("table %s: %w", table.Name, err)
		}
	}
	return nil
}

func ensureTable(ctx context.Context, client *dynamodb.Client, t *template.Table) error {
	_, err := client.CreateTable(ctx, request(t))
	if _, exists := errors.AsType[*types.ResourceInUseException](err); err != nil && !exists {
		return err
	}
	waiter := dynamodb.NewTableExistsWaiter(client, func(o *dynamodb.TableExistsWaiterOptions) {
		o.MinDelay, o.MaxDelay = 100*time.Millisecond, 2*time.Second
	})
	out, err := waiter.WaitForOutput(ctx, &dynamodb.DescribeTableInput{TableName: &t.Name}, patience)
	if err != nil {
		return err
	}
	if err := same(t, out.Table); err != nil {
		return err
	}
	return expire(ctx, client, t)
}

// request is the table as CreateTable takes it.
func request(t *template.Table) *dynamodb.CreateTableInput {
	in := &dynamodb.CreateTableInput{TableName: &t.Name, BillingMode: types.BillingModePayPerRequest, KeySchema: schema(t.Hash, t.Range)}
	defined := map[string]bool{}
	define := func(keys ...template.Key) {
		for _, k := range keys {
			if k.Name != "" && !defined[k.Name] {
				defined[k.Name] = true
				in.AttributeDefinitions = append(in.AttributeDefinitions, types.AttributeDefinition{
					AttributeName: &k.Name, AttributeType: types.ScalarAttributeType(k.Type),
				})
			}
		}
	}
	define(t.Hash, t.Range)
	for _, index := range t.Indexes {
		define(index.Hash, index.Range)
		in.GlobalSecondaryIndexes = append(in.GlobalSecondaryIndexes, types.GlobalSecondaryIndex{
			IndexName: &index.Name, KeySchema: schema(index.Hash, index.Range),
			Projection: &types.Projection{ProjectionType: types.ProjectionType(index.Projection), NonKeyAttributes: index.Include},
		})
	}
	return in
}

func schema(hash, sorted template.Key) []types.KeySchemaElement {
	keys := []types.KeySchemaElement{{AttributeName: &hash.Name, KeyType: types.KeyTypeHash}}
	if sorted.Name != "" {
		keys = append(keys, types.KeySchemaElement{AttributeName: &sorted.Name, KeyType: types.KeyTypeRange})
	}
	return keys
}

// same compares the keys of the table that is there, and of its indexes, with the template's.
func same(t *template.Table, there *types.TableDescription) error {
	describe := func(name string, keys []types.KeySchemaElement) string {
		s := name
		for _, k := range keys {
			s += " " + string(k.KeyType) + " " + aws.ToString(k.AttributeName)
		}
		return s
	}
	want, got := []string{describe("", schema(t.Hash, t.Range))}, []string{describe("", there.KeySchema)}
	for _, index := range t.Indexes {
		want = append(want, describe(index.Name, schema(index.Hash, index.Range)))
	}
	for _, index := range there.GlobalSecondaryIndexes {
		got = append(got, describe(aws.ToString(index.IndexName), index.KeySchema))
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(want, got) {
		return fmt.Errorf("it exists with the keys %q, the template has %q: delete it, or choose another Stage", got, want)
	}
	return nil
}

// expire turns TTL on where it is not: asking for what is already so is an error on AWS.
func expire(ctx context.Context, client *dynamodb.Client, t *template.Table) error {
	if t.TTL == "" {
		return nil
	}
	out, err := client.DescribeTimeToLive(ctx, &dynamodb.DescribeTimeToLiveInput{TableName: &t.Name})
	if err != nil {
		return err
	}
	if d := out.TimeToLiveDescription; d != nil && aws.ToString(d.AttributeName) == t.TTL &&
		(d.TimeToLiveStatus == types.TimeToLiveStatusEnabled || d.TimeToLiveStatus == types.TimeToLiveStatusEnabling) {
		return nil
	}
	_, err = client.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{
		TableName: &t.Name, TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: &t.TTL, Enabled: aws.Bool(true)},
	})
	return err
}
