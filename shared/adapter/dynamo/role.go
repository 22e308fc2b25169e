package dynamo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/idempotency"
	"latchkey.dev/shared/domain/notice"
	"latchkey.dev/shared/domain/role"
)

// rolesItem says how many roles an agency has, and by which names: an attribute for each name, so that a name is taken once, and the
// cap holds, however many make a role at a time.
const rolesItem = "roles"

// roleName is the attribute of a name in that item. Names that people take for the same are one.
func roleName(name string) string {
	h := sha256.Sum256([]byte(role.Fold(name)))
	return "n" + hex.EncodeToString(h[:12])
}

func writeRole(r *role.Role, version int) writer {
	w := writer(key(string(r.Agency), rolePrefix+string(r.ID)))
	w.s("name", r.Name)
	w.s("about", r.Description)
	w.t("expires", r.ExpiresAt)
	w.yes("active", r.Active)
	w.yes("give", r.EmployeesMayGive)
	w.m("rules", writeRules(r.Rules))
	w.t("created", r.CreatedAt)
	w.n("warned", r.Warned)
	w["v"] = num(int64(version))
	if due := r.Due(); !due.IsZero() {
		w["dp"], w["due"] = str(shardOf(string(r.ID))), at(due)
	}
	return w
}

func readRole(r *reader) (*role.Role, error) {
	x := &role.Role{ID: id.Role(strings.TrimPrefix(r.s("sk"), rolePrefix)), Agency: id.Agency(r.s("pk")), Name: r.s("name"),
		Description: r.s("about"), ExpiresAt: r.time("expires"), Active: r.yes("active"), EmployeesMayGive: r.yes("give"),
		Rules: readRules(r, "rules"), Users: int(r.n(roleUsers)), CreatedAt: r.time("created"), Warned: int(r.n("warned")),
		Version: int(r.n("v"))}
	return x, r.err
}

// role reads one role as it is now.
func (t *Table) role(ctx context.Context, agency id.Agency, which id.Role) (*role.Role, error) {
	r, err := t.get(ctx, string(agency), rolePrefix+string(which), true, "errors.there_is_no_such_role")
	if err != nil {
		return nil, err
	}
	return readRole(r)
}

// roles lists the agency's roles in the order in which they were made.
func (t *Table) roles(ctx context.Context, agency id.Agency) ([]role.Role, error) {
	items, err := t.query(ctx, string(agency), rolePrefix, false)
	if err != nil {
		return nil, err
	}
	return readRoles(items)
}

func readRoles(items []item) ([]role.Role, error) {
	out := make([]role.Role, 0, len(items))
	for _, i := range items {
		r, err := readRole(&reader{item: i})
		if err != nil {
			return nil, err
		}
		out = append(out, *r)
	}
	return out, nil
}

// makeRoles writes roles that must not exist yet, while the agency has room for them and none of their names.
func (t *Table) makeRoles(pk string, all ...role.Role) []types.TransactWriteItem {
	names, values := map[string]string{"#n": "n"}, item{":all": num(int64(len(all))), ":room": num(int64(role.MaxRoles - len(all)))}
	condition, set := "(attribute_not_exists(#n) OR #n <= :room)", ""
	var out []types.TransactWriteItem
	for i := range all {
		place := "r" + strconv.Itoa(i)
		names["#"+place], values[":"+place] = roleName(all[i].Name), str(string(all[i].ID))
		condition += " AND attribute_not_exists(#" + place + ")"
		set += ", #" + place + " = :" + place
		out = append(out, t.put(writeRole(&all[i], 1), isNew, nil))
	}
	update := "SET " + strings.TrimPrefix(set, ", ") + " ADD #n :all"
	return append(out, types.TransactWriteItem{Update: &types.Update{TableName: &t.name, Key: key(pk, rolesItem),
		UpdateExpression: &update, ConditionExpression: &condition, ExpressionAttributeNames: names, ExpressionAttributeValues: values}})
}

// makeRole writes a role that must not exist yet, while the agency has Client Portal.
func (t *Table) makeRole(ctx context.Context, r *role.Role, row audit.Entry, once *idempotency.Record) error {
	pk := string(r.Agency)
	writes := append(t.makeRoles(pk, *r),
		types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{TableName: &t.name, Key: key(pk, agencyItem),
			ConditionExpression: aws.String("attribute_exists(portal) AND attribute_not_exists(closed)")}},
		t.put(writeAudit(pk, row), isNew, nil))
	if once != nil {
		writes = append(writes, t.put(writeOnce(pk, once), isNew+" OR usedAt < :old", item{":old": at(once.At.Add(-idempotency.Lifetime))}))
	}
	err := t.transact(ctx, writes)
	if err == nil {
		r.Version = 1
	}
	return err
}

// changeRole writes the new state of the role whose version was read; before is the name that it had. How many have it is counted by
// whatever gives and takes it, and stays.
func (t *Table) changeRole(ctx context.Context, r *role.Role, before string, row audit.Entry) error {
	pk := string(r.Agency)
	writes := []types.TransactWriteItem{t.overRole(r), t.put(writeAudit(pk, row), isNew, nil)}
	if was, is := roleName(before), roleName(r.Name); was != is {
		writes = append(writes, types.TransactWriteItem{Update: &types.Update{TableName: &t.name, Key: key(pk, rolesItem),
			UpdateExpression:          aws.String("SET #is = :id REMOVE #was"),
			ConditionExpression:       aws.String("attribute_not_exists(#is) AND #was = :id"),
			ExpressionAttributeNames:  map[string]string{"#is": is, "#was": was},
			ExpressionAttributeValues: item{":id": str(string(r.ID))}}})
	}
	err := t.transact(ctx, writes)
	if err == nil {
		r.Version++
	}
	return err
}

// overRole writes all of a role but how many have it, over the version that was read.
func (t *Table) overRole(r *role.Role) types.TransactWriteItem {
	w := writeRole(r, r.Version+1)
	names, values := map[string]string{}, item{":read": num(int64(r.Version))}
	set, remove := "", ""
	for n, name := range []string{"name", "about", "expires", "active", "give", "rules", "created", "warned", "v", "dp", "due"} {
		place := string(rune('a' + n))
		names["#"+place] = name
		if v, ok := w[name]; ok {
			values[":"+place] = v
			set += ", #" + place + " = :" + place
		} else {
			remove += ", #" + place
		}
	}
	names["#v"] = "v"
	update := "SET " + strings.TrimPrefix(set, ", ")
	if remove != "" {
		update += " REMOVE " + strings.TrimPrefix(remove, ", ")
	}
	return types.TransactWriteItem{Update: &types.Update{TableName: &t.name, Key: key(string(r.Agency), rolePrefix+string(r.ID)),
		UpdateExpression: &update, ConditionExpression: aws.String("#v = :read"), ExpressionAttributeNames: names,
		ExpressionAttributeValues: values}}
}

// warnRole writes that the warning of a role's expiry was given, with its row of the log and the notice of it.
func (t *Table) warnRole(ctx context.Context, r *role.Role, row audit.Entry) error {
	pk := string(r.Agency)
	err := t.transact(ctx, []types.TransactWriteItem{t.overRole(r), t.put(writeAudit(pk, row), isNew, nil),
		t.put(writeNotice(pk, notice.Event{ID: row.ID, Kind: notice.Of(row.Action), Role: r.ID}, row.At), isNew, nil)})
	if err == nil {
		r.Version++
	}
	return err
}

// unwarnRole writes that there is nothing to be warned of, where the time of a warning has come all the same.
func (t *Table) unwarnRole(ctx context.Context, r *role.Role) error {
	return t.transact(ctx, []types.TransactWriteItem{t.overRole(r)})
}

// deleteRole deletes the role whose version was read, while nobody has it.
func (t *Table) deleteRole(ctx context.Context, r *role.Role, row audit.Entry) error {
	pk := string(r.Agency)
	return t.transact(ctx, []types.TransactWriteItem{
		{Delete: &types.Delete{TableName: &t.name, Key: key(pk, rolePrefix+string(r.ID)),
			ConditionExpression:       aws.String("#v = :read AND (attribute_not_exists(#users) OR #users = :none)"),
			ExpressionAttributeNames:  map[string]string{"#v": "v", "#users": roleUsers},
			ExpressionAttributeValues: item{":read": num(int64(r.Version)), ":none": num(0)}}},
		{Update: &types.Update{TableName: &t.name, Key: key(pk, rolesItem), UpdateExpression: aws.String("REMOVE #name ADD #n :less"),
			ConditionExpression:       aws.String("#name = :id"),
			ExpressionAttributeNames:  map[string]string{"#name": roleName(r.Name), "#n": "n"},
			ExpressionAttributeValues: item{":id": str(string(r.ID)), ":less": num(-1)}}},
		t.put(writeAudit(pk, row), isNew, nil),
	})
}

// standing reads the agency and some of its roles in one request, as they are now; roles that do not exist are left out.
func (t *Table) standing(ctx context.Context, which id.Agency, wanted []id.Role) (*agency.Agency, []role.Role, error) {
	pk := string(which)
	keys := []item{key(pk, agencyItem)}
	for _, r := range wanted {
		keys = append(keys, key(pk, rolePrefix+string(r)))
	}
	items, err := t.getAll(ctx, keys)
	if err != nil {
		return nil, nil, err
	}
	var a *agency.Agency
	var roles []item
	for _, i := range items {
		r := &reader{item: i}
		if r.s("sk") != agencyItem {
			roles = append(roles, i)
		} else if a, err = readAgency(r); err != nil {
			return nil, nil, err
		}
	}
	if a == nil {
		return nil, nil, fault.New(fault.NotFound, "errors.there_is_no_such_agency")
	}
	all, err := readRoles(roles)
	return a, all, err
}
