package dynamo

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/contract"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/subscription"
)

const (
	payPrefix  = "pay#"
	payerItem  = "payer"
	eventItem  = "event"
	tariffItem = "tariff"
	keptEvents = 35 * 24 * time.Hour // longer than the payment service tells of an event
)

// charge writes what an agency pays, and its plan, with rows of the log, while its payment still is the one that was read.
func (t *Table) charge(ctx context.Context, a *agency.Agency, before agency.Agency, rows []audit.Entry) error {
	pk := string(a.ID)
	u := &types.Update{TableName: &t.name, Key: key(pk, agencyItem),
		ExpressionAttributeNames: map[string]string{"#pay": "payment", "#plan": "plan"},
		ExpressionAttributeValues: item{":pay": &types.AttributeValueMemberM{Value: writeSubscription(&a.Payment)},
			":plan": str(string(a.Plan)), ":was": str(string(before.Plan))}}
	condition := "attribute_exists(pk) AND attribute_not_exists(closed) AND #plan = :was AND attribute_not_exists(#pay)"
	if old := writeSubscription(&before.Payment); len(old) > 0 {
		condition = "attribute_exists(pk) AND attribute_not_exists(closed) AND #plan = :was AND #pay = :before"
		u.ExpressionAttributeValues[":before"] = &types.AttributeValueMemberM{Value: old}
	}
	update := "SET #pay = :pay, #plan = :plan REMOVE dp, due"
	due, unsettled := a.Payment.Due, before.Unsettled
	switch { // what the sweep has to look through comes before the payment's own time
	case before.Plan != a.Plan:
		due = t.now()
		update = "SET #pay = :pay, #plan = :plan, dp = :dp, due = :due, unsettled = :due"
	case !unsettled.IsZero():
		due = unsettled
		fallthrough
	case !due.IsZero():
		update = "SET #pay = :pay, #plan = :plan, dp = :dp, due = :due"
	}
	if !due.IsZero() {
		u.ExpressionAttributeValues[":dp"], u.ExpressionAttributeValues[":due"] = str(shardOf(pk)), at(due)
	}
	condition += settledAs(u, unsettled)
	u.ConditionExpression, u.UpdateExpression = &condition, &update
	writes := []types.TransactWriteItem{{Update: u}}
	for _, row := range rows {
		writes = append(writes, t.put(writeAudit(pk, row), isNew, nil))
	}
	if a.Payment.Customer != "" && a.Payment.Customer != before.Payment.Customer {
		writes = append(writes, t.payer(a.Payment.Customer, a.ID, ""))
	}
	return t.transact(ctx, writes)
}

// settledAs is the condition that an agency still is as unsettled as it was read.
func settledAs(u *types.Update, since time.Time) string {
	if since.IsZero() {
		return " AND attribute_not_exists(unsettled)"
	}
	u.ExpressionAttributeValues[":since"] = at(since)
	return " AND unsettled = :since"
}

// told writes how those of an agency were told that it stands; of one that is closed nobody is told anything more.
func (t *Table) told(ctx context.Context, which id.Agency, standing agency.Standing) error {
	err := t.transact(ctx, []types.TransactWriteItem{{Update: &types.Update{TableName: &t.name, Key: key(string(which), agencyItem),
		UpdateExpression:          aws.String("SET told = :told"),
		ConditionExpression:       aws.String("attribute_exists(pk) AND attribute_not_exists(closed)"),
		ExpressionAttributeValues: item{":told": str(string(standing))}}}})
	if failed(err, 0) {
		return nil
	}
	return err
}

// settled writes that what an agency has out was looked through, unless something has changed since; its payment's own time is
// what it is due at from then on.
func (t *Table) settled(ctx context.Context, a *agency.Agency) error {
	pk := string(a.ID)
	u := &types.Update{TableName: &t.name, Key: key(pk, agencyItem), ExpressionAttributeNames: map[string]string{"#pay": "payment"},
		ExpressionAttributeValues: item{}}
	condition := "attribute_not_exists(closed) AND attribute_not_exists(#pay)"
	if pay := writeSubscription(&a.Payment); len(pay) > 0 {
		condition = "attribute_not_exists(closed) AND #pay = :pay"
		u.ExpressionAttributeValues[":pay"] = &types.AttributeValueMemberM{Value: pay}
	}
	condition += settledAs(u, a.Unsettled)
	u.ExpressionAttributeValues[":told"] = str(string(a.Standing()))
	u.UpdateExpression = aws.String("SET told = :told REMOVE unsettled, dp, due")
	if due := a.Payment.Due; !due.IsZero() {
		u.UpdateExpression = aws.String("SET told = :told, dp = :dp, due = :due REMOVE unsettled")
		u.ExpressionAttributeValues[":dp"], u.ExpressionAttributeValues[":due"] = str(shardOf(pk)), at(due)
	}
	u.ConditionExpression = &condition
	return t.transact(ctx, []types.TransactWriteItem{{Update: u}})
}

// outstanding visits the relationships of an agency that a change of its standing concerns: those with an open payment page, those
// that pay or rest, and those whose invite may be live.
func (t *Table) outstanding(ctx context.Context, which id.Agency, visit func(*client.Client) error) error {
	in := &dynamodb.QueryInput{TableName: &t.name, ConsistentRead: aws.Bool(true),
		KeyConditionExpression: aws.String("pk = :p AND begins_with(sk, :c)"),
		FilterExpression: aws.String("payment.#state IN (:open, :active, :late, :disputed) OR attribute_exists(payment.resting) OR " +
			"invite.#status IN (:sending, :pending, :scheduled)"),
		ExpressionAttributeNames: map[string]string{"#state": "state", "#status": "status"},
		ExpressionAttributeValues: item{":p": str(string(which)), ":c": str(clientPrefix), ":open": str(string(subscription.CheckoutOpen)),
			":active": str(string(subscription.Active)), ":late": str(string(subscription.PastDue)),
			":disputed": str(string(subscription.Disputed)),
			":sending":  str(string(invite.Sending)), ":pending": str(string(invite.Pending)),
			":scheduled": str(string(invite.Scheduled))}}
	for {
		res, err := t.db.Query(ctx, in)
		if err != nil {
			return outside(err)
		}
		for _, i := range res.Items {
			c, err := readClient(&reader{item: i})
			if err == nil {
				err = visit(c)
			}
			if err != nil {
				return err
			}
		}
		if res.LastEvaluatedKey == nil {
			return nil
		}
		in.ExclusiveStartKey = res.LastEvaluatedKey
	}
}

// payer remembers who a customer of the payment service is. One customer is one relationship, or one agency.
func (t *Table) payer(customer string, which id.Agency, ref id.Ref) types.TransactWriteItem {
	w := writer(key(payPrefix+customer, payerItem))
	w["agency"] = str(string(which))
	w.s("ref", string(ref))
	condition, values := isNew+" OR agency = :a AND attribute_not_exists(#ref)", item{":a": str(string(which))}
	if ref != "" {
		condition, values = isNew+" OR agency = :a AND #ref = :r", item{":a": str(string(which)), ":r": str(string(ref))}
	}
	put := t.put(w, condition, values)
	put.Put.ExpressionAttributeNames = map[string]string{"#ref": "ref"}
	return put
}

// payerOf finds who a customer of the payment service is; empty when nobody is known by it.
func (t *Table) payerOf(ctx context.Context, customer string) (id.Agency, id.Ref, error) {
	r, err := t.get(ctx, payPrefix+customer, payerItem, true, "")
	if fault.Is(err, fault.NotFound) {
		return "", "", nil
	}
	if err != nil {
		return "", "", err
	}
	return id.Agency(r.s("agency")), id.Ref(r.s("ref")), r.err
}

// handled tells whether an event of the payment service has been dealt with.
func (t *Table) handled(ctx context.Context, event string) (bool, error) {
	_, err := t.get(ctx, payPrefix+event, eventItem, true, "")
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	return err == nil, err
}

// handle remembers that an event has been dealt with; it is no error when that is known already.
func (t *Table) handle(ctx context.Context, event string, now time.Time) error {
	w := writer(key(payPrefix+event, eventItem))
	w["at"], w["ttl"] = at(now), ttlOf(now.Add(keptEvents))
	_, err := t.db.PutItem(ctx, &dynamodb.PutItemInput{TableName: &t.name, Item: w, ConditionExpression: aws.String(isNew)})
	if err = outside(err); errors.Is(err, conflict.ErrChanged) {
		return nil
	}
	return err
}

// tariff reads what is sold at what prices; the zero Tariff where nothing is. The read may be a moment old.
func (t *Table) tariff(ctx context.Context) (contract.Tariff, error) {
	out := contract.Tariff{}
	r, err := t.get(ctx, tariffItem, tariffItem, false, "")
	if fault.Is(err, fault.NotFound) {
		return out, nil
	}
	if err != nil {
		return out, err
	}
	out = contract.Tariff{Prices: contract.Prices{}, Tax: contract.Tax{Way: contract.Taxation(r.s("tax")), Rate: int(r.n("rate"))},
		At: r.time("at")}
	r.maps("flaws", func(m *reader) {
		if out.Flaws == nil {
			out.Flaws = map[string]string{}
		}
		out.Flaws[m.s("key")] = m.s("why")
	})
	r.maps("prices", func(m *reader) { out.Prices[m.s("key")] = readPrice(m, "price") })
	return out, r.err
}

// saveTariff writes a tariff that is newer than the one that is kept; it is no error when a newer one is.
func (t *Table) saveTariff(ctx context.Context, v contract.Tariff) error {
	w := writer(key(tariffItem, tariffItem))
	w["at"] = at(v.At)
	w.s("tax", string(v.Tax.Way))
	w.n("rate", v.Tax.Rate)
	prices := make([]writer, 0, len(v.Prices))
	for _, name := range slices.Sorted(maps.Keys(v.Prices)) {
		m := writer{"key": str(name)}
		m.m("price", writePrice(v.Prices[name]))
		prices = append(prices, m)
	}
	w.l("prices", prices)
	flaws := make([]writer, 0, len(v.Flaws))
	for _, name := range slices.Sorted(maps.Keys(v.Flaws)) {
		flaws = append(flaws, writer{"key": str(name), "why": str(v.Flaws[name])})
	}
	w.l("flaws", flaws)
	_, err := t.db.PutItem(ctx,
		&dynamodb.PutItemInput{TableName: &t.name, Item: w, ConditionExpression: aws.String(isNew + " OR #at < :at"),
			ExpressionAttributeNames: map[string]string{"#at": "at"}, ExpressionAttributeValues: item{":at": at(v.At)}})
	if err = outside(err); errors.Is(err, conflict.ErrChanged) {
		return nil
	}
	return err
}
