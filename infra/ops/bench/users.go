package main

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/role"
	"latchkey.dev/shared/usecase/clients"
	"latchkey.dev/shared/usecase/roles"
)

// portal has the agency install Client Portal, with as many roles as a client can have.
func (p *place) portal(ctx context.Context, t *tenant) ([]id.Role, error) {
	_, err := dynamodb.NewFromConfig(p.cfg).UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: &p.tableName,
		Key: map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: string(t.id)},
			"sk": &types.AttributeValueMemberS{Value: "agency"}},
		UpdateExpression: aws.String("SET portal = :now"), ExpressionAttributeValues: map[string]types.AttributeValue{
			":now": &types.AttributeValueMemberN{Value: fmt.Sprint(time.Now().UnixMilli())}}})
	if err != nil {
		return nil, err
	}
	office := &roles.Roles{Store: dynamo.NewRoles(p.table.Table), Now: time.Now}
	on, rules, out := true, role.Rules{role.Contact: role.Presets(t.id, time.Now())[0].Rules[role.Contact]}, []id.Role(nil)
	for n := range client.MaxRoles {
		name := fmt.Sprint("Role ", n)
		r, err := office.Create(ctx, memberOf(t), roles.Draft{Name: &name, Active: &on, Rules: &rules}, "")
		if err != nil {
			return nil, err
		}
		out = append(out, r.ID)
	}
	return out, nil
}

// externalUsers measures the list of 50 external users in an agency of more and more of them, each with three roles.
func externalUsers(ctx context.Context, b *bench) error {
	sizes := []int{10_000, 100_000}
	if b.million {
		sizes = append(sizes, 1_000_000)
	}
	p, err := b.open(ctx, "")
	if err != nil {
		return err
	}
	users := &clients.Users{Store: dynamo.NewUsers(p.table.Table), Now: time.Now}
	var lists []func(k int) error
	for _, n := range sizes {
		t, err := p.found(ctx, fmt.Sprint("Agency of ", n))
		if err != nil {
			return err
		}
		all, err := p.portal(ctx, t)
		if err != nil {
			return err
		}
		middle, err := p.fill(ctx, t, n, func(c *client.Client) error {
			return c.Accept(c.CreatedAt.Add(time.Minute), nil, client.Ties{Roles: all[:3]})
		})
		if err != nil {
			return err
		}
		caller := memberOf(t)
		lists = append(lists, func(k int) error {
			q := clients.Query{Limit: 50}
			if k%2 == 1 {
				q.After = middle
			}
			got, err := users.List(ctx, caller, q)
			if err == nil && (len(got.Items) != 50 || len(got.Roles) != len(all)) {
				err = fmt.Errorf("a page of %d, with %d roles", len(got.Items), len(got.Roles))
			}
			return err
		})
	}
	runtime.GC() // what filling left behind is not the lists' to clear
	took, err := byTurns(400, lists)
	if err != nil {
		return err
	}
	for i, n := range sizes {
		b.row(fmt.Sprintf("list 50 of %d external users, p50", n), millis(took[i].at(0.5)), "", true)
		b.beside(took[i], took[0], i)
	}
	return p.engine.Close()
}

// byTurns runs each of the functions so many times, one after the other in turn, so that all meet the same heap, the same caches and
// the same load. In a process of its own, a list of few has a small heap, which the collector gives back warm after every few requests;
// beside a million clients it gets memory that nobody has touched, and that would be measured as the list's. The table of a deployment is
// not in the function's heap.
func byTurns(times int, functions []func(k int) error) ([]latencies, error) {
	took := make([]latencies, len(functions))
	for k := range times {
		for i, f := range functions {
			begun := time.Now()
			if err := f(k); err != nil {
				return nil, err
			}
			took[i] = append(took[i], time.Since(begun))
		}
	}
	return took, nil
}

// beside prints the ratio of the medians of a larger agency, which is not the first one, and of the smallest.
func (b *bench) beside(at, first latencies, which int) {
	if which == 0 {
		return
	}
	ratio := float64(at.at(0.5)) / float64(first.at(0.5))
	b.row("   beside 10,000, by turns", fmt.Sprintf("%.2f times", ratio), "flat (≤ 1.2)", ratio <= 1.2)
}
