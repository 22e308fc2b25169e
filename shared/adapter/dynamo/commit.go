package dynamo

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/idempotency"
	"latchkey.dev/shared/domain/instance"
)

// commit writes a change and all that goes with it in one transaction. A slot that is to be given back but has been
// taken by a later send meanwhile stays with that send.
func (t *Table) commit(ctx context.Context, agencyID id.Agency, c client.Change) error {
	if c.Client.Agency != agencyID {
		return fault.New(fault.NotFound, noClient)
	}
	if c.Erase && c.Client.Email != "" { // before, so that whoever was interrupted comes here again
		if err := t.forgetLines(ctx, agencyID, c.Client.Email); err != nil {
			return err
		}
		if err := t.forgetWish(ctx, agencyID, c.Client.Email); err != nil {
			return err
		}
	}
	pk := string(agencyID)
	next := *c.Client
	next.Version++
	condition, values := versioned(c.Client.Version)
	writes := []types.TransactWriteItem{t.put(writeClient(&next, t.now()), condition, values)}
	if c.Erase {
		writes[0] = types.TransactWriteItem{Delete: &types.Delete{TableName: &t.name, Key: key(pk, clientPrefix+string(next.Ref())),
			ConditionExpression: &condition, ExpressionAttributeValues: values}}
		if rest := c.Client.Remains(t.now()); rest != nil {
			rest.Version = next.Version
			writes[0] = t.put(writeClient(rest, t.now()), condition, values)
		}
	}
	if w, ok := t.agencyWrite(pk, c); ok {
		writes = append(writes, w)
	}
	had, has := c.Client.Stored, c.Client.Ties()
	if c.Erase {
		cards, done, err := t.forgotten(ctx, c.Client)
		if err != nil {
			return err
		}
		writes = append(writes, cards...)
		has, had = client.Ties{}, client.Ties{Roles: had.Roles, Contacts: without(had.Contacts, done)}
	}
	if c.Share != nil && c.Share.Card != nil { // it is made with the link to its client
		had.Contacts = append(slices.Clone(had.Contacts), c.Share.Card.ID)
	}
	bound := []tied{{c.Client.ID, had, has}}
	for _, row := range c.Audit {
		writes = append(writes, t.put(writeAudit(pk, row), isNew, nil))
	}
	writes = append(writes, t.countedMails(c.Mails)...)
	if !c.Erase { // of somebody who was erased there is nothing to tell
		writes = append(writes, t.noticed(pk, c.Client, c.Audit, t.now())...)
	}
	if (c.Erase || c.Promote != nil) && c.Client.Email != "" {
		wishes, err := t.wishes(ctx, pk, c.Client.Email)
		if err != nil {
			return err
		}
		writes = append(writes, wishes...)
	}
	if c.Share != nil {
		writes = append(writes, t.shared(c.Share)...)
	}
	back := returned(t.now(), c.Erase, append([]*client.Client{c.Client}, c.Also...)...)
	switch {
	case c.Promises != nil:
		for _, x := range back {
			c.Promises.Forget(x)
		}
		writes = append(writes, t.promised(pk, c.Promises))
	case len(back) > 0:
		writes = append(writes, t.giveBack(pk, back))
	}
	if c.Count != nil {
		writes = append(writes, t.mailed(agencyID, c.Count))
	}
	if c.Wish != nil {
		writes = append(writes, t.putWish(c.Wish))
	}
	for _, other := range c.Also {
		if other.Agency != agencyID {
			return fault.New(fault.NotFound, noClient)
		}
		changed := *other
		changed.Version++
		condition, values := versioned(other.Version)
		writes = append(writes, t.put(writeClient(&changed, t.now()), condition, values))
		bound = append(bound, tied{other.ID, other.Stored, other.Ties()})
	}
	writes = append(writes, t.ties(pk, bound...)...)
	for _, r := range c.Make {
		writes = append(writes, t.put(writeResource(pk, r), isNew, nil))
	}
	for _, r := range c.Set {
		condition, values := stored(r)
		changed := *r
		changed.Version++
		writes = append(writes, t.put(writeResource(pk, changed), condition, values))
		if r.Status == instance.Deleted {
			writes = append(writes, t.dropRoster(pk, r.ID))
		}
	}
	if c.Customer != "" {
		writes = append(writes, t.payer(c.Customer, agencyID, c.Client.Ref()))
	}
	if c.Inviter != "" {
		writes = append(writes, types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{TableName: &t.name,
			Key:                 key(pk, memberPrefix+string(c.Inviter)),
			ConditionExpression: aws.String("attribute_exists(pk)")}})
	}
	if c.Take != nil { // a link goes out: the address finds its invitation, too
		writes = append(writes, types.TransactWriteItem{Put: &types.Put{TableName: &t.name, Item: item(writeWaiting(c.Client))}})
	}
	if c.Once != nil {
		writes = append(writes,
			t.put(writeOnce(pk, c.Once), isNew+" OR usedAt < :old", item{":old": at(c.Once.At.Add(-idempotency.Lifetime))}))
	}
	if c.Join {
		writes = append(writes, types.TransactWriteItem{Update: &types.Update{TableName: &t.name,
			Key:                       key(userPrefix+string(id.UserOf(c.Client.Email)), placePrefix+pk),
			UpdateExpression:          aws.String("SET clientId = :c REMOVE formerClientId"),
			ConditionExpression:       aws.String("attribute_not_exists(clientId) OR clientId = :c"),
			ExpressionAttributeValues: item{":c": str(string(c.Client.ID))}}})
	}
	switch {
	case c.Promote != nil:
		more, err := t.promoted(ctx, pk, c.Client, c.Promote)
		if err != nil {
			return err
		}
		writes = append(writes, more...)
	case c.Leave:
		writes = append(writes, types.TransactWriteItem{Update: &types.Update{TableName: &t.name,
			Key:                 key(userPrefix+string(id.UserOf(c.Client.Email)), placePrefix+pk),
			UpdateExpression:    aws.String("REMOVE clientId SET formerClientId = :c"),
			ConditionExpression: aws.String("clientId = :c"), ExpressionAttributeValues: item{":c": str(string(c.Client.ID))}}})
	}
	if c.Forget {
		writes = append(writes, types.TransactWriteItem{Update: &types.Update{TableName: &t.name,
			Key:                 key(userPrefix+string(id.UserOf(c.Client.Email)), placePrefix+pk),
			UpdateExpression:    aws.String("REMOVE clientId, formerClientId"),
			ConditionExpression: aws.String("attribute_exists(pk)")}})
	}
	for _, row := range c.Told { // the last ones, since they are left out where nobody is told
		writes = append(writes, t.put(writeTold(pk, row), isNew, nil))
	}
	err := t.transact(ctx, writes)
	if c.Return != nil && failed(err, 1) {
		c.Return = nil
		return t.commit(ctx, agencyID, c)
	}
	if err == nil {
		c.Client.Version, c.Client.Stored, c.Client.Promised = next.Version, c.Client.Ties(), c.Client.Invite.Promise()
		for _, other := range c.Also {
			other.Version++
			other.Stored, other.Promised = other.Ties(), other.Invite.Promise()
		}
		for _, r := range c.Set {
			r.Version++
		}
		if c.Wish != nil {
			c.Wish.Version++
		}
	}
	return err
}

// without is what is in the first list and not in the second.
func without(all, some []id.Contact) []id.Contact {
	return slices.DeleteFunc(slices.Clone(all), func(c id.Contact) bool { return slices.Contains(some, c) })
}

// agencyWrite is what a change asks of the agency's item: a slot taken or given back, or a look at plan and standing.
func (t *Table) agencyWrite(pk string, c client.Change) (types.TransactWriteItem, bool) {
	names := map[string]string{}
	values := item{}
	var conditions []string
	if c.MayInvite {
		names["#plan"] = "plan"
		values[":max"] = str(string(agency.Max))
		conditions = append(conditions, "#plan = :max", "attribute_not_exists(suspended)")
	}
	if c.Share != nil { // nobody comes by a link of an agency that has the portal no more, or other people than it had
		there, staff := portalIs(c.Share.Staff)
		conditions = append(conditions, there)
		maps.Copy(values, staff)
	}
	var update string
	switch {
	case c.Take != nil:
		names["#slot"], names["#total"] = slotName(c.Take.Index), "total"
		values[":new"], values[":one"] = at(c.Take.New), num(1)
		update = "SET #slot = :new ADD #total :one"
		if c.Take.Old.IsZero() {
			conditions = append(conditions, "attribute_not_exists(#slot)")
		} else {
			values[":old"] = at(c.Take.Old)
			conditions = append(conditions, "#slot = :old")
		}
		if c.Take.MaxTotal > 0 {
			values[":most"] = num(int64(c.Take.MaxTotal))
			conditions = append(conditions, "(attribute_not_exists(#total) OR #total < :most)")
		}
	case c.Return != nil:
		names["#slot"], names["#total"] = slotName(c.Return.Index), "total"
		values[":mine"], values[":one"] = at(c.Return.New), num(-1)
		update = "REMOVE #slot ADD #total :one"
		conditions = append(conditions, "#slot = :mine")
	}
	condition := strings.Join(conditions, " AND ")
	switch {
	case update != "":
		return types.TransactWriteItem{Update: &types.Update{TableName: &t.name, Key: key(pk, agencyItem), UpdateExpression: &update,
			ConditionExpression: &condition, ExpressionAttributeNames: names, ExpressionAttributeValues: values}}, true
	case condition != "":
		return types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{TableName: &t.name, Key: key(pk, agencyItem),
			ConditionExpression: &condition, ExpressionAttributeNames: names, ExpressionAttributeValues: values}}, true
	}
	return types.TransactWriteItem{}, false
}

func slotName(i int) string { return "s" + strconv.Itoa(i) }
