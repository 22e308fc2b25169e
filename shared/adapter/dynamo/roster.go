package dynamo

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/instance"
)

// rosterPrefix is of an item of its own, since lists of instances have no use for what is in it.
const rosterPrefix = "roster#"

// noted writes what was seen of the resource whose version was read, and its roster with it unless that is nil: the two are
// always of the same n8n, and a roster never outlives its instance.
func (t *Table) noted(ctx context.Context, agency id.Agency, r *instance.Resource, roster *instance.Roster) error {
	if roster == nil {
		return t.change(ctx, agency, r, r.URL, nil)
	}
	pk := string(agency)
	condition, values := stored(r)
	next := *r
	next.Version++
	err := t.transact(ctx, []types.TransactWriteItem{t.put(writeResource(pk, next), condition, values),
		{Put: &types.Put{TableName: &t.name, Item: item(writeRoster(pk, r.ID, roster))}}})
	if err == nil {
		r.Version = next.Version
	}
	return err
}

// roster reads the roster of a resource; nil when there is none.
func (t *Table) roster(ctx context.Context, agency id.Agency, which id.Resource) (*instance.Roster, error) {
	r, err := t.get(ctx, string(agency), rosterPrefix+string(which), true, "errors.there_is_no_such_instance_or_service")
	if fault.Is(err, fault.NotFound) {
		return nil, nil //nolint:nilnil // its workflows were never listed
	}
	if err != nil {
		return nil, err
	}
	x, err := readRoster(r)
	return &x, err
}

func (t *Table) dropRoster(pk string, of id.Resource) types.TransactWriteItem {
	return types.TransactWriteItem{Delete: &types.Delete{TableName: &t.name, Key: key(pk, rosterPrefix+string(of))}}
}

func writeRoster(pk string, of id.Resource, x *instance.Roster) writer {
	w := writer(key(pk, rosterPrefix+string(of)))
	w.t("at", x.At)
	w["n"], w["on"] = num(int64(x.Count)), num(int64(x.On))
	if x.More {
		w["more"] = num(1)
	}
	flows := make([]types.AttributeValue, 0, len(x.Named))
	for _, n := range x.Named {
		m := writer{}
		m.s("name", n.Name)
		if n.Active {
			m["on"] = num(1)
		}
		flows = append(flows, &types.AttributeValueMemberM{Value: m})
	}
	if len(flows) > 0 {
		w["flows"] = &types.AttributeValueMemberL{Value: flows}
	}
	return w
}

func readRoster(r *reader) (instance.Roster, error) {
	x := instance.Roster{At: r.time("at"), Count: int(r.n("n")), On: int(r.n("on")), More: r.n("more") != 0}
	r.maps("flows", func(m *reader) {
		x.Named = append(x.Named, instance.Named{Name: m.s("name"), Active: m.n("on") != 0})
	})
	return x, r.err
}
