package dynamo

import (
	"context"
	"strings"

	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/role"
)

func readRole(r *reader) (*role.Role, error) {
	return &role.Role{ID: id.Role(strings.TrimPrefix(r.s("sk"), rolePrefix)), Agency: id.Agency(r.s("pk")), Name: r.s("name"),
		Active: r.yes("active"), ExpiresAt: r.time("expires"), Users: int(r.n("users")), Version: int(r.n("v"))}, r.err
}

func (t *Table) roles(ctx context.Context, which id.Agency) ([]role.Role, error) {
	items, err := t.query(ctx, string(which), rolePrefix, false)
	var out []role.Role
	for _, i := range items {
		x, err := readRole(&reader{item: i})
		if err != nil {
			return nil, err
		}
		out = append(out, *x)
	}
	return out, err
}
