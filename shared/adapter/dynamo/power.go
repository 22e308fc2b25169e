package dynamo

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/notice"
)

// powersItem is what the agency's keys have used of powerful scopes.
const powersItem = "powers"

// powers reads what the agency's keys have used of powerful scopes and owners have not been told of; what is not stored is empty.
func (t *Table) powers(ctx context.Context, which id.Agency) (*identity.Powers, error) {
	r, err := t.get(ctx, string(which), powersItem, true, "")
	if fault.Is(err, fault.NotFound) {
		return &identity.Powers{Agency: which}, nil
	}
	if err != nil {
		return nil, err
	}
	p := &identity.Powers{Agency: which, ToldAt: r.time("told"), Due: r.time("due"), Version: int(r.n("v"))}
	for _, x := range readPowers(r) {
		p.Uses = append(p.Uses, identity.Power{Key: x.Key, Scope: identity.Scope(x.Scope)})
	}
	return p, r.err
}

// usePower writes the row of the log, and what owners are to be told of while that is what was read; nil where they are going to be told
// already.
func (t *Table) usePower(ctx context.Context, which id.Agency, row audit.Entry, p *identity.Powers) error {
	writes := []types.TransactWriteItem{t.put(writeAudit(string(which), row), isNew, nil)}
	if p != nil {
		writes = append(writes, t.putPowers(p))
	}
	return t.transact(ctx, writes)
}

// tellPowers writes that owners are told, with the notice for them, while it is what was read.
func (t *Table) tellPowers(ctx context.Context, p *identity.Powers, tell notice.Event) error {
	return t.transact(ctx, []types.TransactWriteItem{t.putPowers(p),
		t.put(writeNotice(string(p.Agency), tell, t.now()), isNew, nil)})
}

func (t *Table) putPowers(p *identity.Powers) types.TransactWriteItem {
	w := writer(key(string(p.Agency), powersItem))
	w["v"] = num(int64(p.Version) + 1)
	all := make([]notice.Power, len(p.Uses))
	for n, x := range p.Uses {
		all[n] = notice.Power{Key: x.Key, Scope: string(x.Scope)}
	}
	w.l("powers", writePowers(all))
	w.t("told", p.ToldAt)
	if !p.Due.IsZero() {
		w["dp"], w["due"] = str(shardOf(string(p.Agency)+powersItem)), at(p.Due)
	}
	condition, values := versioned(p.Version)
	return t.put(w, condition, values)
}

func writePowers(all []notice.Power) []writer {
	out := make([]writer, len(all))
	for n, x := range all {
		out[n] = writer{"k": str(string(x.Key)), "s": str(x.Scope)}
	}
	return out
}

func readPowers(r *reader) (out []notice.Power) {
	r.maps("powers", func(m *reader) { out = append(out, notice.Power{Key: id.Key(m.s("k")), Scope: m.s("s")}) })
	return out
}
