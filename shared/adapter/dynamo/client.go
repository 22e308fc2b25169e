package dynamo

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/shared/domain/allowance"
	"latchkey.dev/shared/domain/batch"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/role"
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
	w.yes("handed", c.Handed)
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
	w.yes("unreminded", c.Unreminded)
	w.s("lang", string(c.Language))
	return w
}

func readClient(r *reader) (*client.Client, error) {
	c := &client.Client{ID: id.Client(r.s("id")), Agency: id.Agency(r.s("pk")), Email: email.Address(r.s("email")), Name: r.s("name"),
		Grants: readGrants(r, "grants"), CreatedAt: r.time("created"), AcceptedAt: r.time("accepted"),
		EndedAt: r.time("ended"), EndedBy: client.Side(r.s("endedBy")), SeenAt: r.time("seen"),
		Roles: readTexts[id.Role](r, "roles"), Contacts: readTexts[id.Contact](r, "contacts"),
		Were: readTexts[id.Contact](r, "were"), Rules: readRules(r, "rules"),
		ExpiresAt: r.time("until"), LeftUntil: r.time("leftUntil"), Warned: int(r.n("warned")),
		Source:   client.Source{Link: id.ShareLink(r.s("link"))},
		Promoted: id.Member(r.s("promoted")), Zone: r.s("zone"), OwnZone: r.s("ownZone"), Unreminded: r.yes("unreminded"),
		Language: words.Language(r.s("lang")),
		Listed:   r.s("ls") != "", Version: int(r.n("v"))}
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
	c.PaidBy, c.Handed, c.Change = client.Side(r.s("paidBy")), r.yes("handed"), readPayerChange(r, "change")
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
