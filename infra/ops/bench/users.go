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
		sizes = []int{10_000, 1_000_000}
	}
	first := time.Duration(0)
	for _, n := range sizes {
		p, err := b.open(ctx, "")
		if err != nil {
			return err
		}
		t, err := p.found(ctx, "Northwind Automations")
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
		runtime.GC() // what filling left behind is not the list's to clear
		users := &clients.Users{Store: dynamo.NewUsers(p.table.Table), Now: time.Now}
		caller := memberOf(t)
		page, _, err := drive(1, 400, func(k int) error {
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
		if err != nil {
			return err
		}
		at := page.at(0.5)
		b.row(fmt.Sprintf("list 50 of %d external users, p50", n), millis(at), "", true)
		if first == 0 {
			first = at
		} else {
			ratio := float64(at) / float64(first)
			b.row("   beside 10,000", fmt.Sprintf("%.2f times", ratio), "flat (≤ 1.2)", ratio <= 1.2)
		}
		if err := p.engine.Close(); err != nil {
			return err
		}
		runtime.GC()
	}
	return nil
}
