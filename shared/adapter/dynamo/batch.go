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
	"latchkey.dev/shared/domain/role"
	"latchkey.dev/shared/domain/words"
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
	b := &batch.Batch{ID: id.Batch(strings.TrimPrefix(r.s("sk"), batchPrefix)), Agency: id.Agency(r.s("pk")), By: id.Member(r.s("by")),
		Actor: r.s("actor"), CreatedAt: r.time("created"), State: batch.State(r.s("state")), Until: r.time("until"),
		Unknown: r.texts("unknown"), Version: int(r.n("v"))}
	r.within(verdictCounts, func(counts *reader) {
		b.Counts = map[batch.Kind]int{}
		for k := range counts.item {
			b.Counts[batch.Kind(strings.TrimPrefix(k, countPrefix))] = int(counts.n(k))
		}
	})
	return b, r.err
}

// verdictCounts is the attribute of a batch with how many lines were given which verdict, each below its name with a prefix, as
// those that nobody has decided about have none.
const (
	verdictCounts = "counts"
	countPrefix   = "n-"
)

// writeCounts is how many lines were given which verdict.
func writeCounts(entries []batch.Entry) writer {
	w := writer{}
	for k, n := range batch.Count(entries) {
		w.n(countPrefix+string(k), n)
	}
	return w
}

// batches reads batches that were sent without their lines, newest first, from behind the cursor on: one Query.
func (t *Table) batches(ctx context.Context, agency id.Agency, q imports.ListQuery) ([]batch.Batch, id.Batch, error) {
	in := &dynamodb.QueryInput{TableName: &t.name, ScanIndexForward: aws.Bool(false), ConsistentRead: aws.Bool(true),
		Limit:                    aws.Int32(int32(q.Examine)), //nolint:gosec // a small constant
		KeyConditionExpression:   aws.String("pk = :p AND begins_with(sk, :s)"),
		FilterExpression:         aws.String("#state <> :dry"),
		ExpressionAttributeNames: map[string]string{"#state": "state"},
		ExpressionAttributeValues: item{":p": str(string(agency)), ":s": str(batchPrefix),
			":dry": str(string(batch.Dry))}}
	if q.By != "" {
		in.FilterExpression = aws.String("#state <> :dry AND #by = :by")
		in.ExpressionAttributeNames["#by"], in.ExpressionAttributeValues[":by"] = "by", str(string(q.By))
	}
	if q.After != "" {
		in.ExclusiveStartKey = key(string(agency), batchPrefix+string(q.After))
	}
	res, err := t.db.Query(ctx, in)
	if err != nil {
		return nil, "", outside(err)
	}
	var out []batch.Batch
	for _, i := range res.Items {
		b, err := readBatch(&reader{item: i})
		if err != nil {
			return nil, "", err
		}
		out = append(out, *b)
	}
	var next id.Batch
	if res.LastEvaluatedKey != nil {
		last := &reader{item: res.LastEvaluatedKey}
		next = id.Batch(strings.TrimPrefix(last.s("sk"), batchPrefix))
		if last.err != nil {
			return nil, "", last.err
		}
	}
	return out, next, nil
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
	w.m(verdictCounts, writeCounts(b.Entries))
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
	w.s("l", e.Language)
	w.s("lang", string(e.Spoken))
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
		Line: batch.Line{Number: int(r.n("n")), Email: r.s("e"), Name: r.s("m"), Contact: id.Contact(r.s("c")), Problem: r.s("p"),
			Language: r.s("l")},
		Spoken: words.Language(r.s("lang")),
		Verdict: batch.Verdict{Kind: batch.Kind(r.s("k")), Reason: r.s("w"), Of: int(r.n("of")), Client: id.Client(r.s("cl")),
			Invite: id.Invite(r.s("in")), At: r.time("t")}}
	for _, which := range r.texts("r") {
		e.Roles = append(e.Roles, id.Role(which))
	}
	return e
}

// givenBack is the attribute of the promises with the times of invites that don't go out after all. They are noted there without a
// look at the list, so that those who cancel at once are in nobody's way; whoever reads the promises takes them off.
const givenBack = "back"

// giveBack notes the times of scheduled invites that end, or go out at another time, with the change that is being written. Times
// that are past count no more, and are left out.
func (t *Table) giveBack(pk string, back []time.Time) types.TransactWriteItem {
	none, times := list(nil), make([]types.AttributeValue, len(back))
	for n, x := range back {
		times[n] = at(x)
	}
	return types.TransactWriteItem{Update: &types.Update{TableName: &t.name, Key: key(pk, promisesItem),
		UpdateExpression:          aws.String("SET #b = list_append(if_not_exists(#b, :none), :back) ADD v :one"),
		ExpressionAttributeNames:  map[string]string{"#b": givenBack},
		ExpressionAttributeValues: item{":none": none, ":back": list(times), ":one": num(1)}}}
}

// returned are the times that relationships were given, by what they were when they were read, and have no more.
func returned(now time.Time, erased bool, all ...*client.Client) []time.Time {
	var out []time.Time
	for n, c := range all {
		had := c.Promised
		if had.After(now) && (erased && n == 0 || c.Invite == nil || !c.Invite.Promise().Equal(had)) {
			out = append(out, had)
		}
	}
	return out
}

// readPromises reads the times that an agency's scheduled invites have been given, without those that were given back.
func readPromises(r *reader, p *batch.Promises) error {
	p.Times, p.Version = r.times("times"), int(r.n("v"))
	for _, x := range r.times(givenBack) {
		p.Forget(x)
	}
	return r.err
}

// promised writes the times that an agency's scheduled invites have been given.
func (t *Table) promised(pk string, p *batch.Promises) types.TransactWriteItem {
	w := writer(key(pk, promisesItem))
	w["v"] = num(int64(p.Version) + 1)
	w.times("times", p.Times)
	condition, values := versioned(p.Version)
	return t.put(w, condition, values)
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
		err = readPromises(r, seen.Promises)
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
