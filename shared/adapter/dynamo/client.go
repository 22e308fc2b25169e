package dynamo

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/allowance"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/batch"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/idempotency"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/role"
	"latchkey.dev/shared/domain/secret"
	"latchkey.dev/shared/domain/text"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/clients"
	"latchkey.dev/shared/usecase/onboarding"
)

const (
	agencyItem   = "agency"
	clientPrefix = "cl#"
	memberPrefix = "mb#"
	thingPrefix  = "r#"
	auditPrefix  = "au#"
	oncePrefix   = "idem#"
	stopPrefix   = "sup#"
	byCreated    = "by-created"
	noClient     = "errors.there_is_no_such_client"
)

// keptAfterFailure is how long a rolled-back invite can still be asked about.
const keptAfterFailure = 24 * time.Hour

// client reads one relationship.
func (t *Table) client(ctx context.Context, agency id.Agency, ref id.Ref, fresh bool) (*client.Client, error) {
	r, err := t.get(ctx, string(agency), clientPrefix+string(ref), fresh, noClient)
	if err != nil {
		return nil, err
	}
	return readClient(r)
}

// clients lists relationships, newest first, from behind the cursor on: one Query. The second result is the cursor
// of the next page, or "".
func (t *Table) clients(ctx context.Context, agency id.Agency, q clients.Query) ([]client.Client, id.Client, error) {
	in := &dynamodb.QueryInput{TableName: &t.name, IndexName: aws.String(byCreated),
		Limit:                  aws.Int32(int32(max(q.Examine, q.Limit))), //nolint:gosec // some hundreds
		KeyConditionExpression: aws.String("pk = :p"), ExpressionAttributeValues: item{":p": str(string(agency))},
		ScanIndexForward: aws.Bool(false)}
	if q.After != "" {
		in.ExclusiveStartKey = key(string(agency), clientPrefix+string(q.After.Ref()))
		in.ExclusiveStartKey["ls"] = str(string(q.After))
	}
	if q.Find != "" {
		in.FilterExpression = aws.String("contains(email, :f) OR contains(find, :f)")
		in.ExpressionAttributeValues[":f"] = str(q.Find)
	}
	res, err := t.db.Query(ctx, in)
	if err != nil {
		return nil, "", outside(err)
	}
	out := make([]client.Client, 0, len(res.Items))
	for _, i := range res.Items {
		c, err := readClient(&reader{item: i})
		if err != nil {
			return nil, "", err
		}
		out = append(out, *c)
	}
	var next id.Client
	if res.LastEvaluatedKey != nil { // the last that was looked at, whether or not it is among what was found
		last := &reader{item: res.LastEvaluatedKey}
		next = id.Client(last.s("ls"))
		if last.err != nil {
			return nil, "", last.err
		}
	}
	return out, next, nil
}

// snapshot reads what a decision needs in one BatchGetItem, as it is now.
func (t *Table) snapshot(ctx context.Context, agencyID id.Agency, want onboarding.Query) (*onboarding.Snapshot, error) {
	pk := string(agencyID)
	keys := []item{key(pk, agencyItem)}
	if want.Ref != "" {
		keys = append(keys, key(pk, clientPrefix+string(want.Ref)))
	}
	if want.Member != "" {
		keys = append(keys, key(pk, memberPrefix+string(want.Member)))
	}
	if want.Once != nil {
		keys = append(keys, key(pk, oncePrefix+want.Once.Key))
	}
	keys = append(keys, resourceKeys(pk, want.Resources)...)
	for _, r := range want.Roles {
		keys = append(keys, key(pk, rolePrefix+string(r)))
	}
	if want.Contact != "" {
		keys = append(keys, key(pk, contactPrefix+string(want.Contact)))
	}
	if want.Promises {
		keys = append(keys, key(pk, promisesItem))
	}
	logs := map[string]allowance.Key{}
	for _, k := range want.Mails {
		at, sk := mailsKey(k)
		logs[at] = k
		keys = append(keys, key(at, sk))
	}
	items, err := t.getAll(ctx, keys)
	if err != nil {
		return nil, err
	}
	d := &onboarding.Snapshot{Resources: map[id.Resource]instance.Resource{}, Promises: &batch.Promises{Agency: agencyID}}
	for _, i := range items {
		r := &reader{item: i}
		switch sk := r.s("sk"); {
		case sk == agencyItem:
			d.Agency, err = readAgency(r)
		case strings.HasPrefix(sk, clientPrefix):
			d.Client, err = readClient(r)
		case strings.HasPrefix(sk, memberPrefix):
			d.Member, err = readMember(r)
		case strings.HasPrefix(sk, oncePrefix):
			d.Once, err = readOnce(r)
		case sk == promisesItem:
			err = readPromises(r, d.Promises)
		case sk == mailsItem:
			var l allowance.Log
			l, err = readMails(r, logs[r.s("pk")])
			d.Mails = append(d.Mails, l)
		case strings.HasPrefix(sk, rolePrefix):
			var x *role.Role
			if x, err = readRole(r); err == nil {
				d.Roles = append(d.Roles, *x)
			}
		case strings.HasPrefix(sk, contactPrefix):
			var x client.Card
			x, err = readCard(r)
			d.Card = &x
		case strings.HasPrefix(sk, thingPrefix):
			var x instance.Resource
			x, err = readResource(r)
			d.Resources[x.ID] = x
		}
		if err != nil {
			return nil, err
		}
	}
	return d, nil
}

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

// visit notes when the client opened its portal; it is no error when somebody else has just done so. The relationship's version
// stays, so that a visit is in nobody's way: a change at the same moment may take it back, and the next visit notes it.
func (t *Table) visit(ctx context.Context, agency id.Agency, which id.Client, now time.Time) error {
	_, err := t.db.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: &t.name,
		Key:                       key(string(agency), clientPrefix+string(which.Ref())),
		UpdateExpression:          aws.String("SET seen = :n"),
		ConditionExpression:       aws.String("id = :id AND (attribute_not_exists(seen) OR seen <= :old)"),
		ExpressionAttributeValues: item{":id": str(string(which)), ":n": at(now), ":old": at(now.Add(-client.SeenApart))}})
	if err = outside(err); errors.Is(err, conflict.ErrChanged) {
		return nil
	}
	return err
}

// speak has a client be written to in the language, which is its own choice. What others write at the same moment, they write anew.
func (t *Table) speak(ctx context.Context, agency id.Agency, which id.Client, l words.Language) error {
	_, err := t.db.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: &t.name,
		Key:                       key(string(agency), clientPrefix+string(which.Ref())),
		UpdateExpression:          aws.String("SET lang = :l ADD v :one"),
		ConditionExpression:       aws.String("id = :id"),
		ExpressionAttributeValues: item{":id": str(string(which)), ":l": str(string(l)), ":one": num(1)}})
	return outside(err)
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

func writeAudit(pk string, e audit.Entry) writer {
	w := writer(key(pk, auditPrefix+string(e.ID)))
	w["at"] = at(e.At)
	w.s("actor", e.Actor)
	w.s("action", string(e.Action))
	w.s("subject", e.Subject)
	w.s("detail", e.Detail)
	return w
}

func writeOnce(pk string, r *idempotency.Record) writer {
	w := writer(key(pk, oncePrefix+r.Key))
	w["request"], w["result"], w["usedAt"], w["ttl"] = str(r.Request), str(r.Result), at(r.At), ttlOf(r.At.Add(idempotency.Lifetime))
	return w
}

func readOnce(r *reader) (*idempotency.Record, error) {
	return &idempotency.Record{Key: strings.TrimPrefix(r.s("sk"), oncePrefix), Request: r.s("request"), Result: r.s("result"),
		At: r.time("usedAt")}, r.err
}

// writeClient is the relationship as an item. It is meant to stay under 1 KB for an ordinary invite, since a
// transaction is billed two write units for each begun KB of each of its items.
func writeClient(c *client.Client, now time.Time) writer {
	w := writer(key(string(c.Agency), clientPrefix+string(c.Ref())))
	w["v"] = num(int64(c.Version))
	w.s("id", string(c.ID))
	w.s("email", string(c.Email))
	w.s("name", c.Name)
	w.s("find", text.Fold(c.Name))
	w.t("created", c.CreatedAt)
	w.t("accepted", c.AcceptedAt)
	w.t("ended", c.EndedAt)
	w.s("endedBy", string(c.EndedBy))
	w.t("seen", c.SeenAt)
	if p := c.Proposal; p != nil {
		w["proposal"] = &types.AttributeValueMemberM{Value: item{"email": str(string(p.Address)), "at": at(p.At)}}
	}
	if len(c.Grants) > 0 {
		w["grants"] = writeGrants(c.Grants)
	}
	if c.Listed {
		w["ls"] = str(string(c.ID))
	} else if !c.Stands() {
		w["ttl"] = ttlOf(now.Add(keptAfterFailure))
	}
	w.m("payment", writeSubscription(&c.Payment))
	if c.Terms != nil {
		w.m("terms", writeContract(c.Terms))
	}
	w.l("items", writeItems(c.Items))
	w.s("paidBy", string(c.PaidBy))
	if c.Handed {
		w.n("handed", 1)
	}
	w.m("change", writePayerChange(c.Change))
	if due := c.Due(); !due.IsZero() {
		w["dp"], w["due"] = str(shardOf(string(c.Ref()))), at(due)
	}
	if len(c.Earlier) > 0 {
		l := make([]types.AttributeValue, len(c.Earlier))
		for i, p := range c.Earlier {
			m := writer{}
			m.s("id", string(p.ID))
			m.s("status", string(p.Status))
			m.s("payer", string(p.Payer))
			m.t("created", p.Created)
			m.t("ended", p.Ended)
			l[i] = &types.AttributeValueMemberM{Value: m}
		}
		w["earlier"] = list(l)
	}
	w["invite"] = &types.AttributeValueMemberM{Value: writeInvite(c.Invite)}
	writeTexts(w, "roles", c.Roles)
	w.m("rules", writeRules(c.Rules))
	w.t("until", c.ExpiresAt)
	w.t("leftUntil", c.LeftUntil)
	w.n("warned", c.Warned)
	writeTexts(w, "contacts", c.Contacts)
	writeTexts(w, "were", c.Were)
	w.s("link", string(c.Source.Link))
	w.s("promoted", string(c.Promoted))
	w.s("zone", c.Zone)
	w.s("ownZone", c.OwnZone)
	w.s("lang", string(c.Language))
	return w
}

func writeInvite(i *invite.Invite) writer {
	w := writer{}
	w.s("id", string(i.ID))
	w.s("payer", string(i.Payer))
	w.s("status", string(i.Status))
	w.s("reason", i.Reason)
	w.s("message", i.Message)
	w.s("agency", i.From.AgencyName)
	w.s("color", i.From.Color)
	w.s("logo", i.From.LogoURL)
	w.s("by", string(i.From.Member))
	w.s("inviter", i.From.Name)
	w.t("created", i.CreatedAt)
	w.t("expires", i.ExpiresAt)
	w.t("ended", i.EndedAt)
	if len(i.Grants) > 0 {
		w["grants"] = writeGrants(i.Grants)
	}
	if i.Contract != nil {
		w.m("contract", writeContract(i.Contract))
	}
	if len(i.Tokens) > 0 {
		l := make([]types.AttributeValue, len(i.Tokens))
		for n := range i.Tokens {
			l[n] = bin(i.Tokens[n][:])
		}
		w["tokens"] = list(l)
	}
	w.times("resends", i.Resends)
	w.t("sendAt", i.SendAt)
	w.s("batch", string(i.Batch))
	w.s("lang", string(i.Language))
	l := make([]types.AttributeValue, len(i.Timeline))
	for n, e := range i.Timeline {
		m := writer{"e": str(string(e.Name)), "t": at(e.At)}
		m.s("d", e.Detail)
		l[n] = &types.AttributeValueMemberM{Value: m}
	}
	w["events"] = list(l)
	m := writer{}
	m.s("job", i.Mail.Job)
	m.s("state", string(i.Mail.State))
	m.n("tries", i.Mail.Tries)
	m.n("fresh", i.Mail.Fresh)
	m.t("next", i.Mail.Next)
	m.t("due", i.Mail.Due)
	m.n("slot", i.Mail.Slot.Index)
	m.t("slotAt", i.Mail.Slot.New)
	m.t("until", i.Mail.Until)
	m.s("around", i.Mail.Around)
	w["mail"] = &types.AttributeValueMemberM{Value: m}
	writeTexts(w, "roles", i.Roles)
	w.s("contact", string(i.Contact))
	w.t("until", i.AccessUntil)
	w.s("rolesBy", string(i.RolesBy))
	w.m("reminders", writeReminding(&i.Reminders))
	return w
}

// writeReminding is the state of an invite's reminders; nothing for one that has none.
func writeReminding(x *invite.Reminding) writer {
	w := writer{}
	if x.Off {
		w.n("off", 1)
	}
	w.times("plan", x.Plan)
	w.n("number", x.Number)
	if x.Job == "" {
		return w
	}
	w.s("job", x.Job)
	if x.Claimed {
		w.n("claimed", 1)
	}
	w.n("tries", x.Tries)
	w.n("fresh", x.Fresh)
	w.t("due", x.Due)
	w.s("around", x.Around)
	return w
}

func writeGrants(grants []instance.Grant) types.AttributeValue {
	l := make([]types.AttributeValue, len(grants))
	for i, g := range grants {
		l[i] = &types.AttributeValueMemberM{Value: item{"r": str(string(g.Resource)), "a": str(string(g.Access)), "n": str(g.Name)}}
	}
	return list(l)
}

func readGrants(r *reader, name string) []instance.Grant {
	var out []instance.Grant
	r.maps(name, func(m *reader) {
		out = append(out, instance.Grant{Resource: id.Resource(m.s("r")), Access: instance.Access(m.s("a")), Name: m.s("n")})
	})
	return out
}

func readClient(r *reader) (*client.Client, error) {
	c := &client.Client{ID: id.Client(r.s("id")), Agency: id.Agency(r.s("pk")), Email: email.Address(r.s("email")), Name: r.s("name"),
		Grants: readGrants(r, "grants"), CreatedAt: r.time("created"), AcceptedAt: r.time("accepted"),
		EndedAt: r.time("ended"), EndedBy: client.Side(r.s("endedBy")), SeenAt: r.time("seen"),
		Roles: readTexts[id.Role](r, "roles"), Contacts: readTexts[id.Contact](r, "contacts"),
		Were: readTexts[id.Contact](r, "were"), Rules: readRules(r, "rules"),
		ExpiresAt: r.time("until"), LeftUntil: r.time("leftUntil"), Warned: int(r.n("warned")),
		Source:   client.Source{Link: id.ShareLink(r.s("link"))},
		Promoted: id.Member(r.s("promoted")), Zone: r.s("zone"), OwnZone: r.s("ownZone"), Language: words.Language(r.s("lang")),
		Listed: r.s("ls") != "", Version: int(r.n("v"))}
	c.Stored = c.Ties()
	r.s("find") // made of the name, and for the table's filter alone
	r.maps("earlier", func(m *reader) {
		c.Earlier = append(c.Earlier,
			client.Past{ID: id.Invite(m.s("id")), Status: invite.Status(m.s("status")), Payer: invite.Payer(m.s("payer")),
				Created: m.time("created"), Ended: m.time("ended")})
	})
	r.within("proposal", func(m *reader) {
		c.Proposal = &client.Proposal{Address: email.Address(m.s("email")), At: m.time("at")}
	})
	c.PaidBy, c.Handed, c.Change = client.Side(r.s("paidBy")), r.n("handed") != 0, readPayerChange(r, "change")
	c.Payment, c.Items = readSubscription(r, "payment"), readItems(r, "items")
	r.within("terms", func(m *reader) { c.Terms = readContract(m) })
	m, ok := r.item["invite"].(*types.AttributeValueMemberM)
	if !ok {
		r.wrong("invite")
		return nil, r.err
	}
	in := &reader{item: m.Value}
	c.Invite = readInvite(in)
	if in.err != nil {
		return nil, in.err
	}
	c.Promised = c.Invite.Promise()
	return c, r.err
}

func readInvite(r *reader) *invite.Invite {
	i := &invite.Invite{ID: id.Invite(r.s("id")), Payer: invite.Payer(r.s("payer")), Status: invite.Status(r.s("status")),
		Reason:  r.s("reason"),
		Message: r.s("message"), From: invite.Sender{AgencyName: r.s("agency"), Color: r.s("color"), LogoURL: r.s("logo"),
			Member: id.Member(r.s("by")), Name: r.s("inviter")},
		CreatedAt: r.time("created"), ExpiresAt: r.time("expires"), EndedAt: r.time("ended"), Grants: readGrants(r, "grants"),
		Resends: r.times("resends"), Roles: readTexts[id.Role](r, "roles"), Contact: id.Contact(r.s("contact")),
		RolesBy: id.Member(r.s("rolesBy")), AccessUntil: r.time("until"), SendAt: r.time("sendAt"), Batch: id.Batch(r.s("batch")),
		Language: words.Language(r.s("lang"))}
	for _, b := range r.blobs("tokens") {
		if len(b) != len(secret.Hash{}) {
			r.wrong("tokens")
			break
		}
		i.Tokens = append(i.Tokens, secret.Hash(b))
	}
	r.within("contract", func(m *reader) { i.Contract = readContract(m) })
	r.within("reminders", func(m *reader) {
		i.Reminders = invite.Reminding{Off: m.n("off") != 0, Plan: m.times("plan"), Number: int(m.n("number")), Job: m.s("job"),
			Claimed: m.n("claimed") != 0, Tries: int(m.n("tries")), Fresh: int(m.n("fresh")), Due: m.time("due"), Around: m.s("around")}
	})
	r.maps("events", func(m *reader) {
		i.Timeline = append(i.Timeline, invite.Event{Name: invite.EventName(m.s("e")), At: m.time("t"), Detail: m.s("d")})
	})
	if m, ok := r.item["mail"].(*types.AttributeValueMemberM); ok {
		in := &reader{item: m.Value}
		i.Mail = invite.Mail{Job: in.s("job"), State: invite.MailState(in.s("state")), Tries: int(in.n("tries")), Fresh: int(in.n("fresh")),
			Next: in.time("next"), Due: in.time("due"), Until: in.time("until"), Around: in.s("around"),
			Slot: agency.Slot{Index: int(in.n("slot")), New: in.time("slotAt")}}
		if in.err != nil {
			r.err = in.err
		}
	}
	return i
}
