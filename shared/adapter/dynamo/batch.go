package dynamo

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/shared/domain/allowance"
	"latchkey.dev/shared/domain/batch"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/idempotency"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/role"
	"latchkey.dev/shared/usecase/account"
	"latchkey.dev/shared/usecase/imports"
)

// A batch has an item of its own and its lines in parts, each of which stays below what an item may hold.
const (
	batchPrefix  = "bat#"
	partPrefix   = "bap#"
	promisesItem = "promises"
	noBatch      = "errors.there_is_no_such_batch"
)

func partKey(which id.Batch, n int) string { return fmt.Sprintf("%s%s#%03d", partPrefix, which, n) }

// batch reads a batch with its lines, as it is now.
func (t *Table) batch(ctx context.Context, agency id.Agency, which id.Batch) (*batch.Batch, error) {
	r, err := t.get(ctx, string(agency), batchPrefix+string(which), true, noBatch)
	if err != nil {
		return nil, err
	}
	b, err := readBatch(r)
	if err != nil {
		return nil, err
	}
	parts, err := t.query(ctx, string(agency), partPrefix+string(which)+"#", false)
	if err != nil {
		return nil, err
	}
	for _, i := range parts {
		part := &reader{item: i}
		part.maps("lines", func(m *reader) { b.Entries = append(b.Entries, readEntry(m)) })
		if part.err != nil {
			return nil, part.err
		}
	}
	return b, nil
}

func readBatch(r *reader) (*batch.Batch, error) {
	return &batch.Batch{ID: id.Batch(strings.TrimPrefix(r.s("sk"), batchPrefix)), Agency: id.Agency(r.s("pk")), By: id.Member(r.s("by")),
		Actor: r.s("actor"), CreatedAt: r.time("created"), State: batch.State(r.s("state")), Until: r.time("until"),
		Unknown: r.texts("unknown"), Version: int(r.n("v"))}, r.err
}

// batches lists at most so many batches without their lines, newest first.
func (t *Table) batches(ctx context.Context, agency id.Agency, most int) ([]batch.Batch, error) {
	res, err := t.db.Query(ctx, &dynamodb.QueryInput{TableName: &t.name, ScanIndexForward: aws.Bool(false), ConsistentRead: aws.Bool(true),
		Limit:                     aws.Int32(int32(most)), //nolint:gosec // a small constant
		KeyConditionExpression:    aws.String("pk = :p AND begins_with(sk, :s)"),
		ExpressionAttributeValues: item{":p": str(string(agency)), ":s": str(batchPrefix)}})
	if err != nil {
		return nil, outside(err)
	}
	var out []batch.Batch
	for _, i := range res.Items {
		b, err := readBatch(&reader{item: i})
		if err != nil {
			return nil, err
		}
		out = append(out, *b)
	}
	return out, nil
}

// batchWrites write a batch and its lines while the stored version is the one that was read.
func (t *Table) batchWrites(b *batch.Batch) []types.TransactWriteItem {
	pk := string(b.Agency)
	w := writer(key(pk, batchPrefix+string(b.ID)))
	w["v"] = num(int64(b.Version) + 1)
	w.s("by", string(b.By))
	w.s("actor", b.Actor)
	w.t("created", b.CreatedAt)
	w.s("state", string(b.State))
	w.t("until", b.Until)
	w.texts("unknown", b.Unknown)
	w["dp"], w["due"] = str(shardOf(string(b.ID))), at(b.Due())
	condition, values := versioned(b.Version)
	writes := []types.TransactWriteItem{t.put(w, condition, values)}
	n := 0
	for part := range slices.Chunk(b.Entries, batch.Part) {
		p := writer(key(pk, partKey(b.ID, n)))
		lines := make([]types.AttributeValue, len(part))
		for i := range part {
			lines[i] = &types.AttributeValueMemberM{Value: writeEntry(&part[i])}
		}
		p["lines"] = list(lines)
		writes = append(writes, types.TransactWriteItem{Put: &types.Put{TableName: &t.name, Item: p}})
		n++
	}
	return writes
}

func (t *Table) addBatch(ctx context.Context, b *batch.Batch, once *idempotency.Record) error {
	writes := t.batchWrites(b)
	if once != nil {
		writes = append(writes,
			t.put(writeOnce(string(b.Agency), once), isNew+" OR usedAt < :old", item{":old": at(once.At.Add(-idempotency.Lifetime))}))
	}
	err := t.transact(ctx, writes)
	if err == nil {
		b.Version++
	}
	return err
}

func (t *Table) saveBatch(ctx context.Context, b *batch.Batch) error { return t.addBatch(ctx, b, nil) }

// dropBatch deletes a batch with its lines.
func (t *Table) dropBatch(ctx context.Context, b *batch.Batch) error {
	pk := string(b.Agency)
	condition, values := versioned(b.Version)
	writes := []types.TransactWriteItem{{Delete: &types.Delete{TableName: &t.name, Key: key(pk, batchPrefix+string(b.ID)),
		ConditionExpression: &condition, ExpressionAttributeValues: values}}}
	for n := range (len(b.Entries) + batch.Part - 1) / batch.Part {
		writes = append(writes, types.TransactWriteItem{Delete: &types.Delete{TableName: &t.name, Key: key(pk, partKey(b.ID, n))}})
	}
	return t.transact(ctx, writes)
}

func writeEntry(e *batch.Entry) writer {
	w := writer{}
	w.n("n", e.Number)
	w.s("e", e.Email)
	w.s("m", e.Name)
	w.s("a", string(e.Address))
	w.s("s", e.Shown)
	w.s("c", string(e.Contact))
	w.s("p", e.Problem)
	roles := make([]string, len(e.Roles))
	for i, r := range e.Roles {
		roles[i] = string(r)
	}
	w.texts("r", roles)
	w.s("k", string(e.Kind))
	w.s("w", e.Reason)
	w.n("of", e.Of)
	w.s("cl", string(e.Client))
	w.s("in", string(e.Invite))
	w.t("t", e.At)
	return w
}

func readEntry(r *reader) batch.Entry {
	e := batch.Entry{Address: email.Address(r.s("a")), Shown: r.s("s"),
		Line: batch.Line{Number: int(r.n("n")), Email: r.s("e"), Name: r.s("m"), Contact: id.Contact(r.s("c")), Problem: r.s("p")},
		Verdict: batch.Verdict{Kind: batch.Kind(r.s("k")), Reason: r.s("w"), Of: int(r.n("of")), Client: id.Client(r.s("cl")),
			Invite: id.Invite(r.s("in")), At: r.time("t")}}
	for _, which := range r.texts("r") {
		e.Roles = append(e.Roles, id.Role(which))
	}
	return e
}

// promised writes the times that an agency's scheduled invites have been given.
func (t *Table) promised(pk string, p *batch.Promises) types.TransactWriteItem {
	w := writer(key(pk, promisesItem))
	w["v"] = num(int64(p.Version) + 1)
	w.times("times", p.Times)
	condition, values := versioned(p.Version)
	return t.put(w, condition, values)
}

// givenBack is the times that the agency's scheduled invites are promised, without those of invites that the change ends before they
// go out, however it does; nil where the change leaves them as they are.
func (t *Table) givenBack(ctx context.Context, c client.Change) (*batch.Promises, error) {
	if c.Promises != nil {
		return c.Promises, nil
	}
	var times []time.Time
	for _, x := range append([]*client.Client{c.Client}, c.Also...) {
		i := x.Invite
		waits := i != nil && i.Status == invite.Scheduled && i.SendAt.Equal(x.Promised) && (!c.Erase || x != c.Client)
		if x.Promised.After(t.now()) && !waits {
			times = append(times, x.Promised)
		}
	}
	if len(times) == 0 {
		return nil, nil //nolint:nilnil // nothing is given back
	}
	p, err := t.promises(ctx, c.Client.Agency)
	if err != nil {
		return nil, err
	}
	for _, at := range times {
		p.Forget(at)
	}
	return p, nil
}

// promises reads the times that the agency's scheduled invites are promised, as they are now.
func (t *Table) promises(ctx context.Context, which id.Agency) (*batch.Promises, error) {
	p := &batch.Promises{Agency: which}
	r, err := t.get(ctx, string(which), promisesItem, true, "")
	if fault.Is(err, fault.NotFound) {
		return p, nil
	}
	if err != nil {
		return nil, err
	}
	p.Times, p.Version = r.times("times"), int(r.n("v"))
	return p, r.err
}

// bulk reads what many lines are judged by, as it is now.
func (t *Table) bulk(ctx context.Context, which id.Agency, want imports.Query) (*imports.Snapshot, error) {
	pk := string(which)
	keys := []item{key(pk, agencyItem)}
	add := func(sk string) { keys = append(keys, key(pk, sk)) }
	if want.Member != "" {
		add(memberPrefix + string(want.Member))
	}
	if want.Once != nil {
		add(oncePrefix + want.Once.Key)
	}
	if want.Promises {
		add(promisesItem)
	}
	for _, x := range want.Refs {
		add(clientPrefix + string(x))
	}
	for _, x := range want.Users {
		add(stopPrefix + string(x))
	}
	for _, x := range want.Roles {
		add(rolePrefix + string(x))
	}
	for _, x := range want.Contacts {
		add(contactPrefix + string(x))
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
	seen := &imports.Snapshot{Clients: map[id.Ref]*client.Client{}, Suppressed: map[id.User]bool{}, Roles: map[id.Role]role.Role{},
		Promises: &batch.Promises{Agency: which}}
	for _, i := range items {
		if err := t.bulkItem(seen, &reader{item: i}, logs); err != nil {
			return nil, err
		}
	}
	return seen, nil
}

func (t *Table) bulkItem(seen *imports.Snapshot, r *reader, logs map[string]allowance.Key) (err error) {
	switch sk := r.s("sk"); {
	case sk == agencyItem:
		seen.Agency, err = readAgency(r)
	case strings.HasPrefix(sk, memberPrefix):
		seen.Member, err = readMember(r)
	case strings.HasPrefix(sk, oncePrefix):
		seen.Once, err = readOnce(r)
	case sk == promisesItem:
		seen.Promises.Times, seen.Promises.Version = r.times("times"), int(r.n("v"))
		err = r.err
	case strings.HasPrefix(sk, clientPrefix):
		var c *client.Client
		if c, err = readClient(r); err == nil {
			seen.Clients[id.Ref(sk[len(clientPrefix):])] = c
		}
	case strings.HasPrefix(sk, stopPrefix):
		seen.Suppressed[id.User(sk[len(stopPrefix):])] = true
	case strings.HasPrefix(sk, rolePrefix):
		var x *role.Role
		if x, err = readRole(r); err == nil {
			seen.Roles[x.ID] = *x
		}
	case strings.HasPrefix(sk, contactPrefix):
		var x client.Card
		x, err = readCard(r)
		seen.Contacts = append(seen.Contacts, x)
	case sk == mailsItem:
		var l allowance.Log
		l, err = readMails(r, logs[r.s("pk")])
		seen.Mails = append(seen.Mails, l)
	}
	return err
}

// forgetLines takes an address out of the lines of all batches of an agency.
func (t *Table) forgetLines(ctx context.Context, which id.Agency, gone email.Address) error {
	held, err := t.lines(ctx, which, gone)
	if err != nil {
		return err
	}
	for _, b := range held {
		for i := range b.Entries {
			if e := &b.Entries[i]; e.Address == gone {
				e.Erase()
			}
		}
		if err := t.saveBatch(ctx, b); err != nil {
			return err
		}
	}
	return nil
}

// lines reads the batches of an agency that have a line with the address.
func (t *Table) lines(ctx context.Context, which id.Agency, of email.Address) ([]*batch.Batch, error) {
	parts, err := t.query(ctx, string(which), partPrefix, false)
	if err != nil {
		return nil, err
	}
	var names []id.Batch
	for _, i := range parts {
		r := &reader{item: i}
		found := false
		r.maps("lines", func(m *reader) { found = found || readEntry(m).Address == of })
		name, _, _ := strings.Cut(strings.TrimPrefix(r.s("sk"), partPrefix), "#")
		if r.err != nil {
			return nil, r.err
		}
		if found && !slices.Contains(names, id.Batch(name)) {
			names = append(names, id.Batch(name))
		}
	}
	var out []*batch.Batch
	for _, name := range names {
		b, err := t.batch(ctx, which, name)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, nil
}

// listed says on which lists of people to invite an agency has the address.
func (t *Table) listed(ctx context.Context, which id.Agency, of email.Address) ([]account.List, error) {
	held, err := t.lines(ctx, which, of)
	if err != nil {
		return nil, err
	}
	var out []account.List
	for _, b := range held {
		for i := range b.Entries {
			if e := &b.Entries[i]; e.Address == of {
				out = append(out, account.List{Batch: b.ID, CreatedAt: b.CreatedAt, Name: e.Shown})
			}
		}
	}
	return out, nil
}
