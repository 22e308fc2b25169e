package main

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/role"
)

// allOf is rules that give everything of every module, those that come later too: the most that there can be to compute.
func allOf() role.Rules {
	out := role.Rules{}
	for _, p := range role.Catalogue() {
		keys := func(k role.Kind) []string {
			var all []string
			for _, e := range p.List(k) {
				all = append(all, e.Key)
			}
			return all
		}
		out[p.Module] = role.Lists{Fields: keys(role.Fields), Relations: keys(role.Relations), Actions: keys(role.Actions),
			Notices: keys(role.Notices)}
	}
	return out
}

// rights measures what a person's rights cost to compute, beside the one read that could be had instead.
func rights(ctx context.Context, b *bench) error {
	p, err := b.open(ctx, "")
	if err != nil {
		return err
	}
	defer p.engine.Close() //nolint:errcheck // in memory
	t, err := p.found(ctx, "Northwind Automations")
	if err != nil {
		return err
	}
	c, _, err := t.pending("known@acme.example", time.Now().Add(-time.Hour))
	if err != nil {
		return err
	}
	if err := p.table.Commit(ctx, t.id, changeOf(c)); err != nil {
		return err
	}
	now := time.Now()
	roles, usual := make([]role.Role, client.MaxRoles), make([]role.Role, client.MaxRoles)
	presets := role.Presets(t.id, now)
	for n := range roles {
		roles[n] = role.Role{ID: id.New[id.Role](id.RolePrefix, now), Name: fmt.Sprint("Role ", n), Active: true,
			ExpiresAt: now.Add(time.Duration(n+1) * time.Hour), Rules: allOf()}
		usual[n] = presets[n%len(presets)]
		usual[n].ID, usual[n].Active = roles[n].ID, true
	}
	computed := func(all []role.Role, own role.Rules) (time.Duration, error) {
		each, _, err := drive(1, 2000, func(int) error {
			r := role.Effective(role.Subject{Installed: true, Own: own}, all, now)
			if len(r.Modules()) == 0 {
				return fmt.Errorf("rights that open nothing")
			}
			return nil
		})
		return each.at(0.5), err
	}
	most, err := computed(roles, allOf())
	if err != nil {
		return err
	}
	today, err := computed(usual, nil)
	if err != nil {
		return err
	}
	db := dynamodb.NewFromConfig(p.cfg)
	key := map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: string(t.id)},
		"sk": &types.AttributeValueMemberS{Value: "cl#" + string(c.Ref())}}
	one, _, err := drive(1, 2000, func(int) error {
		_, err := db.GetItem(ctx, &dynamodb.GetItemInput{TableName: &p.tableName, Key: key})
		return err
	})
	if err != nil {
		return err
	}
	read := one.at(0.5)
	b.row(fmt.Sprintf("rights of %d roles that open all, p50", len(roles)), micros(most), "a GetItem: "+micros(read), most < read)
	b.row("   of as many presets, which have what exists", micros(today), "a GetItem: "+micros(read), today < read)
	return nil
}

func micros(d time.Duration) string { return fmt.Sprintf("%.0f µs", float64(d.Nanoseconds())/1000) }
