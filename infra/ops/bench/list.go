package main

import (
	"context"
	"fmt"
	"maps"
	"runtime"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/usecase/clients"
)

func changeOf(c *client.Client) client.Change { return client.Change{Client: c} }

// lists measures a page of 50 clients in an agency of more and more of them: the first page, and one in the middle.
func lists(ctx context.Context, b *bench) error {
	sizes := []int{10_000, 100_000}
	if b.million {
		sizes = append(sizes, 1_000_000)
	}
	p, err := b.open(ctx, "")
	if err != nil {
		return err
	}
	kept := dynamo.NewDirectory(p.table.Table)
	store := &clients.Directory{Store: kept, Prices: dynamo.NewPrices(p.table.Table), Now: time.Now}
	var pages, queries, wholes []func(k int) error
	for _, n := range sizes {
		t, err := p.found(ctx, fmt.Sprint("Agency of ", n))
		if err != nil {
			return err
		}
		middle, err := p.fill(ctx, t, n, nil)
		if err != nil {
			return err
		}
		caller := memberOf(t)
		pages = append(pages, func(k int) error {
			q := clients.Query{Limit: 50}
			if k%2 == 1 {
				q.After = middle
			}
			got, err := store.Clients(ctx, caller, q)
			if err == nil && len(got.Items) != 50 {
				err = fmt.Errorf("a page of %d", len(got.Items))
			}
			return err
		})
		queries = append(queries, func(int) error {
			_, _, err := kept.Clients(ctx, t.id, clients.Query{Limit: 50})
			return err
		})
		r := get("/v1/clients", "limit=50")
		r.Headers["authorization"] = "Bearer " + t.key
		wholes = append(wholes, func(int) error { return call(ctx, p.functions["listClients"], r, 200) })
	}
	runtime.GC() // what filling left behind is not the lists' to clear
	var took [3][]latencies
	for i, of := range [][]func(int) error{pages, queries, wholes} {
		if took[i], err = byTurns(400, of); err != nil {
			return err
		}
	}
	for i, n := range sizes {
		at := took[0][i].at(0.5)
		b.row(fmt.Sprintf("list 50 of %d clients, p50", n), millis(at), "1.00 ms", at <= time.Millisecond)
		b.row("   its Query alone; with the function around it", millis(took[1][i].at(0.5))+"; "+millis(took[2][i].at(0.5)), "", true)
		b.beside(took[0][i], took[0][0], i)
	}
	return p.engine.Close()
}

// fill writes n clients as copies of one that the product wrote, in batches, and returns the middle one's id. What then does, where it is
// not nil, happens to the one before.
func (p *place) fill(ctx context.Context, t *tenant, n int, then func(*client.Client) error) (middle id.Client, err error) {
	begun := time.Now().Add(-time.Duration(n) * time.Second)
	c, _, err := t.pending("first@acme.example", begun)
	if err != nil {
		return "", err
	}
	if then != nil {
		if err := then(c); err != nil {
			return "", err
		}
	}
	if err := p.table.Commit(ctx, t.id, changeOf(c)); err != nil {
		return "", err
	}
	db := dynamodb.NewFromConfig(p.cfg)
	key := map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: string(t.id)},
		"sk": &types.AttributeValueMemberS{Value: "cl#" + string(c.Ref())}}
	out, err := db.GetItem(ctx, &dynamodb.GetItemInput{TableName: &p.tableName, Key: key})
	if err != nil {
		return "", err
	}
	var batch []types.WriteRequest
	for k := 1; k < n; k++ {
		address := email.Address(fmt.Sprintf("c%d@acme.example", k))
		ref := id.RefOf(t.id, address)
		which := id.At[id.Client](id.ClientPrefix, ref, begun.Add(time.Duration(k)*time.Second))
		if k == n/2 {
			middle = which
		}
		i := maps.Clone(out.Item)
		for name, v := range map[string]string{"sk": "cl#" + string(ref), "id": string(which), "ls": string(which),
			"email": string(address)} {
			i[name] = &types.AttributeValueMemberS{Value: v}
		}
		batch = append(batch, types.WriteRequest{PutRequest: &types.PutRequest{Item: i}})
		if len(batch) == 25 || k == n-1 {
			res, err := db.BatchWriteItem(ctx,
				&dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{p.tableName: batch}})
			if err != nil {
				return "", err
			}
			if len(res.UnprocessedItems) > 0 {
				return "", fmt.Errorf("unprocessed: %d", len(res.UnprocessedItems))
			}
			batch = batch[:0]
		}
	}
	return middle, nil
}
