package dynamo

import (
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/role"
)

const (
	rolePrefix    = "rol#"
	contactPrefix = "con#"
	// roleUsers is the attribute of a role with the number of clients that have it, and linkedClient that of a contact with the client
	// that it is about. Both change with the client alone, whatever else is written of a role or a contact.
	roleUsers    = "users"
	linkedClient = "client"
)

// tied is what becomes of one relationship's ties with a change.
type tied struct {
	client   id.Client
	had, has client.Ties
}

// ties writes how many clients have a role, and which one a contact is about, by what the relationships gain and lose. A role that is
// gone, and a contact that is gone, archived or about another client, let the transaction fail.
func (t *Table) ties(pk string, all ...tied) []types.TransactWriteItem {
	counts := map[id.Role]int{}
	from, to := map[id.Contact]id.Client{}, map[id.Contact]id.Client{}
	for _, x := range all {
		gained, lost := apartOf(x.had.Roles, x.has.Roles)
		for _, r := range gained {
			counts[r]++
		}
		for _, r := range lost {
			counts[r]--
		}
		linked, unlinked := apartOf(x.had.Contacts, x.has.Contacts)
		for _, c := range linked {
			to[c] = x.client
		}
		for _, c := range unlinked {
			from[c] = x.client
		}
	}
	var out []types.TransactWriteItem
	for _, r := range slices.Sorted(maps.Keys(counts)) {
		if counts[r] != 0 {
			out = append(out, types.TransactWriteItem{Update: &types.Update{TableName: &t.name, Key: key(pk, rolePrefix+string(r)),
				UpdateExpression: aws.String("ADD #users :n"), ConditionExpression: aws.String("attribute_exists(pk)"),
				ExpressionAttributeNames:  map[string]string{"#users": roleUsers},
				ExpressionAttributeValues: item{":n": num(int64(counts[r]))}}})
		}
	}
	names := map[string]string{"#client": linkedClient}
	for _, c := range slices.Sorted(maps.Keys(to)) {
		free := "attribute_exists(pk) AND attribute_not_exists(archived) AND attribute_not_exists(#client)"
		u := &types.Update{TableName: &t.name, Key: key(pk, contactPrefix+string(c)), UpdateExpression: aws.String("SET #client = :to"),
			ConditionExpression:       &free,
			ExpressionAttributeNames:  names,
			ExpressionAttributeValues: item{":to": str(string(to[c]))}}
		if before, ok := from[c]; ok {
			u.ConditionExpression = aws.String("#client = :from")
			u.ExpressionAttributeValues[":from"] = str(string(before))
			delete(from, c)
		}
		out = append(out, types.TransactWriteItem{Update: u})
	}
	for _, c := range slices.Sorted(maps.Keys(from)) {
		out = append(out, types.TransactWriteItem{Update: &types.Update{TableName: &t.name, Key: key(pk, contactPrefix+string(c)),
			UpdateExpression: aws.String("REMOVE #client"), ConditionExpression: aws.String("#client = :from"),
			ExpressionAttributeNames:  names,
			ExpressionAttributeValues: item{":from": str(string(from[c]))}}})
	}
	return out
}

// apartOf is what is in the second list alone, and what is in the first alone.
func apartOf[T comparable](had, has []T) (gained, lost []T) {
	for _, x := range has {
		if !slices.Contains(had, x) && !slices.Contains(gained, x) {
			gained = append(gained, x)
		}
	}
	for _, x := range had {
		if !slices.Contains(has, x) && !slices.Contains(lost, x) {
			lost = append(lost, x)
		}
	}
	return gained, lost
}

// writeRules is rules as a map of modules, of lists by their kinds.
func writeRules(rules role.Rules) writer {
	w := writer{}
	for m, lists := range rules {
		l := writer{}
		for _, k := range role.Kinds() {
			writeTexts(l, string(k), lists.Of(k))
		}
		w.m(string(m), l)
	}
	return w
}

func readRules(r *reader, name string) role.Rules {
	var out role.Rules
	r.within(name, func(all *reader) {
		out = role.Rules{}
		for m := range all.item {
			all.within(m, func(l *reader) {
				out[role.Module(m)] = role.Lists{Fields: l.texts(string(role.Fields)), Relations: l.texts(string(role.Relations)),
					Actions: l.texts(string(role.Actions)), Notices: l.texts(string(role.Notices))}
			})
		}
	})
	return out
}

func writeTexts[T ~string](w writer, name string, all []T) {
	if len(all) == 0 {
		return
	}
	l := make([]types.AttributeValue, len(all))
	for n, s := range all {
		l[n] = str(string(s))
	}
	w[name] = list(l)
}

func readTexts[T ~string](r *reader, name string) []T {
	var out []T
	for _, s := range r.texts(name) {
		out = append(out, T(s))
	}
	return out
}
