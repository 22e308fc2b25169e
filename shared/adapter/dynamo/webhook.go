package dynamo

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/idempotency"
	"latchkey.dev/shared/domain/webhook"
	"latchkey.dev/shared/usecase/webhooks"
)

const (
	hooksItem      = "hooks"
	endpointPrefix = "we#"
	wayPrefix      = "wd#"
	toldPrefix     = "ev#"
	noEndpoint     = "errors.there_is_no_such_webhook_endpoint"
	noDelivery     = "errors.there_is_no_such_delivery"
	stillMayBeTold = "attribute_exists(pk) AND attribute_exists(dp)"
)

// hookShard is the partition of the due index for what webhooks wait for. It is not the sweep's, which must not wait behind it.
func hookShard(s string) string { return "hook#" + strings.TrimPrefix(shardOf(s), "due#") }

// writeTold is a row that endpoints are told of and the log does not have.
func writeTold(pk string, e audit.Entry) writer {
	w := writeAudit(pk, e)
	w["sk"], w["ttl"] = str(toldPrefix+string(e.ID)), ttlOf(e.At.Add(webhook.Kept))
	return w
}

// announced has rows of the log that are written wait in the due index for being told to the agency's endpoints. Without endpoints,
// rows are written as they are, and those that are for endpoints alone are left out. This is the one place through which all rows go.
//
// Whether there are endpoints is read here, a moment before the rows are written. An endpoint that is made in that moment looks through
// the log once, see [webhook.LookBack].
func (t *Table) announced(ctx context.Context, writes []types.TransactWriteItem) ([]types.TransactWriteItem, error) {
	has := map[string]bool{}
	out := writes
	for i, w := range writes {
		if w.Put == nil {
			continue
		}
		r := &reader{item: w.Put.Item}
		pk, sk := r.s("pk"), r.s("sk")
		only := strings.HasPrefix(sk, toldPrefix)
		if !only && !strings.HasPrefix(sk, auditPrefix) || !webhook.May(audit.Action(r.s("action"))) {
			continue
		}
		if _, known := has[pk]; !known {
			n, _, err := t.hooks(ctx, pk)
			if err != nil {
				return nil, err
			}
			has[pk] = n > 0
		}
		switch {
		case has[pk]:
			w.Put.Item["dp"], w.Put.Item["due"] = str(hookShard(sk)), w.Put.Item["at"]
		case only:
			if len(out) == len(writes) {
				out = append([]types.TransactWriteItem{}, writes[:i]...)
			}
			continue
		}
		if len(out) < len(writes) {
			out = append(out, w)
		}
	}
	return out, nil
}

// hooks reads how many endpoints the agency has, and the version of that.
func (t *Table) hooks(ctx context.Context, pk string) (n, version int, err error) {
	r, err := t.get(ctx, pk, hooksItem, true, noEndpoint)
	if fault.Is(err, fault.NotFound) {
		return 0, 0, nil
	}
	if err != nil {
		return 0, 0, err
	}
	return int(r.n("n")), int(r.n("v")), r.err
}

// hooked is the write that there are so many endpoints.
func (t *Table) hooked(pk string, n, version int) types.TransactWriteItem {
	w := writer(key(pk, hooksItem))
	w["n"], w["v"] = num(int64(n)), num(int64(version)+1)
	condition, values := versioned(version)
	return t.put(w, condition, values)
}

func endpointKey(which id.WebhookEndpoint) string { return endpointPrefix + string(which) }

func wayKey(e id.WebhookEndpoint, d id.Delivery) string {
	return wayPrefix + string(e) + "#" + string(d)
}

func (t *Table) putEndpoint(e *webhook.Endpoint) types.TransactWriteItem {
	w := writer(key(string(e.Agency), endpointKey(e.ID)))
	w.s("url", e.URL)
	w.s("about", e.Description)
	w.s("name", e.Name())
	types := make([]string, len(e.Types))
	for i, x := range e.Types {
		types[i] = string(x)
	}
	w.texts("types", types)
	w.s("secret", e.Secret)
	w.s("previous", e.Previous)
	w.t("rotated", e.RotatedAt)
	earlier := make([]writer, len(e.Earlier))
	for i, f := range e.Earlier {
		earlier[i] = writer{}
		earlier[i].s("secret", f.Secret)
		earlier[i].t("until", f.Until)
	}
	w.l("earlier", earlier)
	w.s("by", e.CreatedBy)
	w.t("created", e.CreatedAt)
	w.s("disabled", string(e.Disabled))
	w.t("disabledAt", e.DisabledAt)
	w.yes("deleted", e.Deleted)
	w.t("failing", e.FailingSince)
	w.n("fails", e.Fails)
	w.t("next", e.Next)
	w.yes("warned", e.Warned)
	w.t("woken", e.Woken)
	w.t("waited", e.Waited)
	w.t("missed", e.MissedSince)
	for name, x := range map[string]webhook.Recovery{"back": e.Back, "recover": e.Recover} {
		w.t(name+"_from", x.From)
		w.t(name+"_to", x.To)
		w.s(name+"_after", string(x.After))
		w.yes(name+"_apart", x.Apart)
		w.t(name+"_at", x.At)
	}
	w.times("asked", e.Asked)
	w["v"] = num(int64(e.Version) + 1)
	if due := e.Due(); !due.IsZero() {
		w["dp"], w["due"] = str(hookShard(string(e.ID))), at(due)
	}
	condition, values := versioned(e.Version)
	return t.put(w, condition, values)
}

func readEndpoint(r *reader) (*webhook.Endpoint, error) {
	e := &webhook.Endpoint{ID: id.WebhookEndpoint(strings.TrimPrefix(r.s("sk"), endpointPrefix)), Agency: id.Agency(r.s("pk")),
		URL: r.s("url"), Description: r.s("about"), Secret: r.s("secret"), Previous: r.s("previous"), RotatedAt: r.time("rotated"),
		CreatedBy: r.s("by"), CreatedAt: r.time("created"), Disabled: webhook.Why(r.s("disabled")), DisabledAt: r.time("disabledAt"),
		Deleted: r.yes("deleted"), FailingSince: r.time("failing"), Fails: int(r.n("fails")), Next: r.time("next"), Warned: r.yes("warned"),
		Woken: r.time("woken"), Waited: r.time("waited"),
		MissedSince: r.time("missed"), Asked: r.times("asked"), Version: int(r.n("v"))}
	for name, x := range map[string]*webhook.Recovery{"back": &e.Back, "recover": &e.Recover} {
		*x = webhook.Recovery{From: r.time(name + "_from"), To: r.time(name + "_to"), After: id.Event(r.s(name + "_after")),
			Apart: r.yes(name + "_apart"), At: r.time(name + "_at")}
	}
	r.maps("earlier", func(m *reader) {
		e.Earlier = append(e.Earlier, webhook.Former{Secret: m.s("secret"), Until: m.time("until")})
	})
	for _, x := range r.texts("types") {
		e.Types = append(e.Types, webhook.Type(x))
	}
	return e, r.err
}

// endpoint reads an endpoint as it is now; one that was deleted is there until its deliveries are gone.
func (t *Table) endpoint(ctx context.Context, which id.Agency, e id.WebhookEndpoint) (*webhook.Endpoint, error) {
	r, err := t.get(ctx, string(which), endpointKey(e), true, noEndpoint)
	if err != nil {
		return nil, err
	}
	return readEndpoint(r)
}

// endpoints lists the agency's endpoints as they are now, oldest first.
func (t *Table) endpoints(ctx context.Context, which id.Agency) ([]webhook.Endpoint, error) {
	items, err := t.query(ctx, string(which), endpointPrefix, false)
	if err != nil {
		return nil, err
	}
	var out []webhook.Endpoint
	for _, i := range items {
		e, err := readEndpoint(&reader{item: i})
		if err != nil {
			return nil, err
		}
		out = append(out, *e)
	}
	return out, nil
}

// createEndpoint writes an endpoint that must not exist, while the agency has as many as were counted and is not closed.
func (t *Table) createEndpoint(ctx context.Context, e *webhook.Endpoint, c webhooks.Count, row audit.Entry,
	once *idempotency.Record,
) error {
	pk := string(e.Agency)
	writes := []types.TransactWriteItem{t.hooked(pk, c.N+1, c.Version), t.putEndpoint(e), t.put(writeAudit(pk, row), isNew, nil),
		{ConditionCheck: &types.ConditionCheck{TableName: &t.name, Key: key(pk, agencyItem),
			ConditionExpression: aws.String("attribute_exists(pk) AND attribute_not_exists(closed)")}}}
	if once != nil {
		writes = append(writes, t.put(writeOnce(pk, once), isNew+" OR usedAt < :old", item{":old": at(once.At.Add(-idempotency.Lifetime))}))
	}
	err := t.transact(ctx, writes)
	if failed(err, 3) {
		return fault.New(fault.Forbidden, "errors.you_do_not_work_at_this")
	}
	if err == nil {
		e.Version++
	}
	return err
}

// deleteEndpoint writes that an endpoint is deleted, of which one less is counted.
func (t *Table) deleteEndpoint(ctx context.Context, e *webhook.Endpoint, c webhooks.Count, row audit.Entry) error {
	pk := string(e.Agency)
	return t.transact(ctx, []types.TransactWriteItem{t.hooked(pk, max(c.N-1, 0), c.Version), t.putEndpoint(e),
		t.put(writeAudit(pk, row), isNew, nil)})
}

// saveEndpoint writes an endpoint while the stored version is the one that was read, with rows of the log and the notices of them.
func (t *Table) saveEndpoint(ctx context.Context, e *webhook.Endpoint, rows []audit.Entry) error {
	writes := []types.TransactWriteItem{t.putEndpoint(e)}
	for _, row := range rows {
		writes = append(writes, t.put(writeAudit(string(e.Agency), row), isNew, nil))
		writes = append(writes, t.noticedOf(string(e.Agency), row)...)
	}
	err := t.transact(ctx, writes)
	if err == nil {
		e.Version++
	}
	return err
}

func (t *Table) putWay(d *webhook.Delivery) (types.TransactWriteItem, error) {
	w := writer(key(string(d.Agency), wayKey(d.Endpoint, d.ID)))
	w.s("type", string(d.Type))
	w.t("at", d.At)
	data, err := json.Marshal(d.Data)
	if err != nil {
		return types.TransactWriteItem{}, err
	}
	w.s("data", string(data))
	w.s("kind", string(d.Kind))
	w.s("state", string(d.State))
	w.n("tries", d.Tries)
	w.yes("asked", d.Asked)
	attempts := make([]writer, len(d.Attempts))
	for i, a := range d.Attempts {
		attempts[i] = writer{"t": at(a.At), "ms": num(a.Took.Milliseconds())}
		attempts[i].n("s", a.Status)
		attempts[i].s("f", string(a.Fault))
		attempts[i].s("x", a.Excerpt)
		attempts[i].yes("p", a.ByPerson)
	}
	w.l("attempts", attempts)
	w["ttl"], w["v"] = ttlOf(d.Expires), num(int64(d.Version)+1)
	if !d.Due.IsZero() {
		w["dp"], w["due"] = str(hookShard(string(d.Endpoint)+string(d.ID))), at(d.Due)
	}
	condition, values := versioned(d.Version)
	return t.put(w, condition, values), nil
}

func readWay(r *reader) (*webhook.Delivery, error) {
	e, d, _ := strings.Cut(strings.TrimPrefix(r.s("sk"), wayPrefix), "#")
	out := &webhook.Delivery{ID: id.Delivery(d), Agency: id.Agency(r.s("pk")), Endpoint: id.WebhookEndpoint(e),
		Message: webhook.MessageOf(id.Delivery(d)), Type: webhook.Type(r.s("type")), At: r.time("at"), Kind: webhook.Kind(r.s("kind")),
		State: webhook.State(r.s("state")), Tries: int(r.n("tries")), Asked: r.yes("asked"), Due: r.time("due"),
		Expires: time.Unix(r.n("ttl"), 0).UTC(), Version: int(r.n("v"))}
	if err := json.Unmarshal([]byte(r.s("data")), &out.Data); err != nil {
		r.wrong("data")
	}
	r.maps("attempts", func(m *reader) {
		out.Attempts = append(out.Attempts, webhook.Attempt{At: m.time("t"), Took: time.Duration(m.n("ms")) * time.Millisecond,
			Status: int(m.n("s")), Fault: webhook.Fault(m.s("f")), Excerpt: m.s("x"), ByPerson: m.yes("p")})
	})
	return out, r.err
}

// way reads a delivery as it is now.
func (t *Table) way(ctx context.Context, which id.Agency, e id.WebhookEndpoint, d id.Delivery) (*webhook.Delivery, error) {
	r, err := t.get(ctx, string(which), wayKey(e, d), true, noDelivery)
	if err != nil {
		return nil, err
	}
	return readWay(r)
}

// saveWay writes a delivery while the stored version is the one that was read.
func (t *Table) saveWay(ctx context.Context, d *webhook.Delivery) error {
	w, err := t.putWay(d)
	if err != nil {
		return err
	}
	_, err = t.db.PutItem(ctx, &dynamodb.PutItemInput{TableName: &t.name, Item: w.Put.Item, ConditionExpression: w.Put.ConditionExpression,
		ExpressionAttributeValues: w.Put.ExpressionAttributeValues})
	if err = outside(err); err == nil {
		d.Version++
	}
	return err
}

// ways reads a page of an endpoint's deliveries, newest first, of those that are in the state; "" for all.
func (t *Table) ways(ctx context.Context, which id.Agency, e id.WebhookEndpoint, q webhooks.DeliveryQuery,
) ([]webhook.Delivery, id.Delivery, error) {
	in := &dynamodb.QueryInput{TableName: &t.name, KeyConditionExpression: aws.String("pk = :p AND begins_with(sk, :s)"),
		ExpressionAttributeValues: item{":p": str(string(which)), ":s": str(wayKey(e, ""))}, ScanIndexForward: aws.Bool(false),
		ConsistentRead: aws.Bool(true), Limit: aws.Int32(int32(q.Examine))} //nolint:gosec // some hundreds
	if q.State != "" {
		in.FilterExpression, in.ExpressionAttributeNames = aws.String("#state = :state"), map[string]string{"#state": "state"}
		in.ExpressionAttributeValues[":state"] = str(string(q.State))
	}
	if q.After != "" {
		in.ExclusiveStartKey = key(string(which), wayKey(e, q.After))
	}
	return t.pageOfWays(ctx, in)
}

func (t *Table) pageOfWays(ctx context.Context, in *dynamodb.QueryInput) ([]webhook.Delivery, id.Delivery, error) {
	res, err := t.db.Query(ctx, in)
	if err != nil {
		return nil, "", outside(err)
	}
	var out []webhook.Delivery
	for _, i := range res.Items {
		d, err := readWay(&reader{item: i})
		if err != nil {
			return nil, "", err
		}
		out = append(out, *d)
	}
	var next id.Delivery
	if res.LastEvaluatedKey != nil {
		r := &reader{item: res.LastEvaluatedKey}
		sk := r.s("sk")
		next = id.Delivery(sk[strings.LastIndexByte(sk, '#')+1:])
		if r.err != nil {
			return nil, "", r.err
		}
	}
	return out, next, nil
}

// waitingFor reads a page of the deliveries of an endpoint that wait, oldest first, of events since then.
func (t *Table) waitingFor(ctx context.Context, which id.Agency, e id.WebhookEndpoint, since time.Time, after id.Delivery,
) ([]webhook.Delivery, id.Delivery, error) {
	from := id.Floor[id.Delivery](id.DeliveryPrefix, since)
	if after != "" && after < from { // since was earlier when the page before was read, and what waits from there on is to be found, too
		from = after
	}
	in := &dynamodb.QueryInput{TableName: &t.name, KeyConditionExpression: aws.String("pk = :p AND sk BETWEEN :a AND :b"),
		ExpressionAttributeValues: item{":p": str(string(which)), ":a": str(wayKey(e, from)), ":b": str(wayKey(e, id.DeliveryPrefix+"~"))},
		FilterExpression:          aws.String("attribute_exists(due)"), ConsistentRead: aws.Bool(true), Limit: aws.Int32(100)}
	if after != "" {
		in.ExclusiveStartKey = key(string(which), wayKey(e, after))
	}
	return t.pageOfWays(ctx, in)
}

// hookOverdue lists at most limit things of a shard that webhooks wait for and whose time has come, oldest first, or newest first.
func (t *Table) hookOverdue(ctx context.Context, shard int, now time.Time, limit int, newest bool) ([]webhooks.Due, error) {
	res, err := t.db.Query(ctx, &dynamodb.QueryInput{TableName: &t.name, IndexName: aws.String(byDue), ScanIndexForward: aws.Bool(!newest),
		Limit:                     aws.Int32(int32(limit)), //nolint:gosec // a small constant
		KeyConditionExpression:    aws.String("dp = :d AND due <= :n"),
		ExpressionAttributeValues: item{":d": str("hook#" + strings.TrimPrefix(shardName(shard), "due#")), ":n": at(now)}})
	if err != nil {
		return nil, outside(err)
	}
	var out []webhooks.Due
	for _, i := range res.Items {
		r := &reader{item: i}
		d := webhooks.Due{Agency: id.Agency(r.s("pk"))}
		switch sk := r.s("sk"); {
		case strings.HasPrefix(sk, auditPrefix):
			d.Event = id.Event(strings.TrimPrefix(sk, auditPrefix))
		case strings.HasPrefix(sk, toldPrefix):
			d.Event, d.Apart = id.Event(strings.TrimPrefix(sk, toldPrefix)), true
		case strings.HasPrefix(sk, endpointPrefix):
			d.Endpoint = id.WebhookEndpoint(strings.TrimPrefix(sk, endpointPrefix))
		case strings.HasPrefix(sk, wayPrefix):
			e, way, _ := strings.Cut(strings.TrimPrefix(sk, wayPrefix), "#")
			d.Endpoint, d.Delivery = id.WebhookEndpoint(e), id.Delivery(way)
		}
		if r.err != nil {
			return nil, r.err
		}
		out = append(out, d)
	}
	return out, nil
}

// rowKey is where a row that endpoints are told of is.
func rowKey(d webhooks.Due) item {
	prefix := auditPrefix
	if d.Apart {
		prefix = toldPrefix
	}
	return key(string(d.Agency), prefix+string(d.Event))
}

// outboxRow reads a row that waits for being told; a fault with code NotFound when it does not wait any more.
func (t *Table) outboxRow(ctx context.Context, d webhooks.Due) (audit.Entry, error) {
	k := &reader{item: rowKey(d)}
	r, err := t.get(ctx, k.s("pk"), k.s("sk"), true, noDelivery)
	if err != nil {
		return audit.Entry{}, err
	}
	if r.s("dp") == "" {
		return audit.Entry{}, fault.New(fault.NotFound, noDelivery)
	}
	e, err := readAudit(r)
	e.ID = d.Event
	return e, err
}

// fanOut writes the deliveries of a row and takes it out of the outbox, all or nothing, and returns those that were
// written: a delivery that is there already stays as it is. conflict.ErrChanged when the row does not wait any more.
func (t *Table) fanOut(ctx context.Context, d webhooks.Due, all []webhook.Delivery) ([]webhook.Delivery, error) {
	for {
		writes := []types.TransactWriteItem{{Update: &types.Update{TableName: &t.name, Key: rowKey(d),
			UpdateExpression: aws.String("REMOVE dp, due"), ConditionExpression: aws.String(stillMayBeTold)}}}
		for i := range all {
			w, err := t.putWay(&all[i])
			if err != nil {
				return nil, err
			}
			writes = append(writes, w)
		}
		err := t.transact(ctx, writes)
		if err == nil {
			return all, nil
		}
		if !errors.Is(err, conflict.ErrChanged) || failed(err, 0) {
			return nil, err
		}
		var left []webhook.Delivery
		for i := range all {
			if !failed(err, i+1) {
				left = append(left, all[i])
			}
		}
		if len(left) == len(all) { // somebody else is at it
			return nil, err
		}
		all = left
	}
}

// rows reads a page of the log from a time to another, oldest first, from behind a row on.
func (t *Table) rows(ctx context.Context, which id.Agency, r webhook.Recovery) ([]audit.Entry, bool, error) {
	prefix := auditPrefix
	if r.Apart {
		prefix = toldPrefix
	}
	in := &dynamodb.QueryInput{TableName: &t.name, KeyConditionExpression: aws.String("pk = :p AND sk BETWEEN :a AND :b"),
		ExpressionAttributeValues: item{":p": str(string(which)), ":a": str(prefix + firstAt(r.From)),
			":b": str(prefix + firstAt(r.To.Add(time.Millisecond)))}, ConsistentRead: aws.Bool(true), Limit: aws.Int32(50)}
	if r.After != "" {
		in.ExclusiveStartKey = key(string(which), prefix+string(r.After))
	}
	res, err := t.db.Query(ctx, in)
	if err != nil {
		return nil, false, outside(err)
	}
	var out []audit.Entry
	for _, i := range res.Items {
		e, err := readAudit(&reader{item: i})
		if err != nil {
			return nil, false, err
		}
		e.ID = id.Event(strings.TrimPrefix(string(e.ID), toldPrefix))
		out = append(out, e)
	}
	return out, res.LastEvaluatedKey != nil, nil
}

// purgeWays deletes some deliveries of an endpoint that was deleted, and the endpoint with the last ones; done says that it is gone.
func (t *Table) purgeWays(ctx context.Context, which id.Agency, e id.WebhookEndpoint) (done bool, err error) {
	pk := string(which)
	res, err := t.db.Query(ctx, &dynamodb.QueryInput{TableName: &t.name,
		KeyConditionExpression:    aws.String("pk = :p AND begins_with(sk, :s)"),
		ExpressionAttributeValues: item{":p": str(pk), ":s": str(wayKey(e, ""))}, ConsistentRead: aws.Bool(true),
		Limit: aws.Int32(50)})
	if err != nil {
		return false, outside(err)
	}
	var writes []types.TransactWriteItem
	for _, i := range res.Items {
		writes = append(writes, types.TransactWriteItem{Delete: &types.Delete{TableName: &t.name, Key: item{"pk": i["pk"], "sk": i["sk"]}}})
	}
	if done = res.LastEvaluatedKey == nil; done {
		writes = append(writes, types.TransactWriteItem{Delete: &types.Delete{TableName: &t.name, Key: key(pk, endpointKey(e))}})
	}
	return done, t.transact(ctx, writes)
}
