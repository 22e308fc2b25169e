package dynamo

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/usecase/activity"
)

// log reads rows of the agency's audit log, newest first: one Query. A row's key begins with its time, so that a range of
// time is a range of keys; everything else is filtered by the table.
func (t *Table) log(ctx context.Context, agency id.Agency, q activity.Query) ([]audit.Entry, id.Event, error) {
	from, to := auditPrefix, auditPrefix+"~" // every digit of a ULID is below the tilde
	if !q.From.IsZero() {
		from = auditPrefix + firstAt(q.From)
	}
	if !q.To.IsZero() {
		to = auditPrefix + firstAt(q.To)
	}
	values := item{":p": str(string(agency)), ":a": str(from), ":b": str(to)}
	names := map[string]string{}
	var filters []string
	if q.Actor != "" {
		names["#actor"], values[":actor"] = "actor", str(q.Actor)
		filters = append(filters, "#actor = :actor")
	}
	if q.Action != "" {
		names["#action"], values[":action"], values[":family"] = "action", str(q.Action), str(q.Action+".")
		filters = append(filters, "(#action = :action OR begins_with(#action, :family))")
	}
	if q.Subject != "" {
		names["#subject"] = "subject"
		if ref := refOf(q.Subject); ref != "" { // the client and all its invites have it in their ids
			values[":ref"] = str(string(ref))
			filters = append(filters, "contains(#subject, :ref)")
		} else {
			values[":subject"] = str(q.Subject)
			filters = append(filters, "#subject = :subject")
		}
	}
	in := &dynamodb.QueryInput{TableName: &t.name, KeyConditionExpression: aws.String("pk = :p AND sk BETWEEN :a AND :b"),
		ExpressionAttributeValues: values,
		ScanIndexForward:          aws.Bool(false), Limit: aws.Int32(int32(q.Examine))} //nolint:gosec // some thousands
	if len(filters) > 0 {
		in.FilterExpression, in.ExpressionAttributeNames = aws.String(strings.Join(filters, " AND ")), names
	}
	if q.After != "" {
		in.ExclusiveStartKey = key(string(agency), auditPrefix+string(q.After))
	}
	res, err := t.db.Query(ctx, in)
	if err != nil {
		return nil, "", outside(err)
	}
	out := make([]audit.Entry, 0, len(res.Items))
	for _, i := range res.Items {
		e, err := readAudit(&reader{item: i})
		if err != nil {
			return nil, "", err
		}
		out = append(out, e)
	}
	var next id.Event
	if res.LastEvaluatedKey != nil {
		last := &reader{item: res.LastEvaluatedKey}
		next = id.Event(strings.TrimPrefix(last.s("sk"), auditPrefix))
		if last.err != nil {
			return nil, "", last.err
		}
	}
	return out, next, nil
}

// firstAt is the smallest id of an event at the time or after it.
func firstAt(at time.Time) string { return string(id.Floor[id.Event](id.EventPrefix, at)) }

// refOf is the place of the relationship that a client's or an invite's id leads to; "" for another id.
func refOf(s string) id.Ref {
	if r := id.Client(s).Ref(); r != "" {
		return r
	}
	return id.Invite(s).Ref()
}

func readAudit(r *reader) (audit.Entry, error) {
	e := audit.Entry{ID: id.Event(strings.TrimPrefix(r.s("sk"), auditPrefix)), At: r.time("at"), Actor: r.s("actor"),
		Action: audit.Action(r.s("action")), Subject: r.s("subject"), Detail: r.s("detail")}
	return e, r.err
}

// names gives the present names of members, API keys, clients (by their own ids and those of their invites), resources,
// sender domains and the agency; what is gone is left out. A client that was erased and came back is another one.
func (t *Table) names(ctx context.Context, agency id.Agency, ids []string) (map[string]string, error) {
	pk := string(agency)
	wanted := map[string][]string{} // by sort key: the ids that it answers for
	var keys []item
	for _, s := range ids {
		sk := ""
		switch activity.KindOf(s) {
		case activity.Member:
			sk = memberPrefix + s
		case activity.Key:
			sk = keyPrefix + s
		case activity.Client, activity.Invite:
			sk = clientPrefix + string(refOf(s))
		case activity.Instance, activity.Service:
			sk = thingPrefix + s
		case activity.SenderDomain:
			sk = domainPrefix + s
		case activity.ShareLink:
			sk = linkPrefix + s
		case activity.Endpoint:
			sk = endpointPrefix + s
		case activity.Contact:
			sk = contactPrefix + s
		case activity.Role:
			sk = rolePrefix + s
		case activity.Agency:
			if s == pk {
				sk = agencyItem
			}
		}
		if sk == "" {
			continue
		}
		if wanted[sk] == nil {
			keys = append(keys, key(pk, sk))
		}
		wanted[sk] = append(wanted[sk], s)
	}
	out := map[string]string{}
	for len(keys) > 0 {
		n := min(len(keys), 100)
		ask := map[string]types.KeysAndAttributes{t.name: {Keys: keys[:n], ProjectionExpression: aws.String("sk, id, #n, email"),
			ExpressionAttributeNames: map[string]string{"#n": "name"}}}
		keys = keys[n:]
		for tries := 0; len(ask) > 0; tries++ {
			if tries > 8 {
				return nil, fault.New(fault.Unavailable, "errors.the_database_is_busy_try_again")
			}
			if tries > 0 {
				select {
				case <-ctx.Done():
					return nil, ctx.Err()
				case <-time.After(time.Duration(tries) * 20 * time.Millisecond):
				}
			}
			res, err := t.db.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: ask})
			if err != nil {
				return nil, outside(err)
			}
			for _, i := range res.Responses[t.name] {
				r := &reader{item: i}
				name := r.s("name")
				if name == "" {
					name = r.s("email")
				}
				for _, s := range wanted[r.s("sk")] {
					if !older(s, r.s("id")) {
						out[s] = name
					}
				}
				if r.err != nil {
					return nil, r.err
				}
			}
			ask = res.UnprocessedKeys
		}
	}
	return out, nil
}

// older tells whether s, a client's or an invite's id, is from before the client of this id, at the same address.
func older(s, of string) bool {
	if refOf(s) == "" || id.Client(of).Ref() == "" {
		return false
	}
	at := func(x string) string { return x[strings.IndexByte(x, '_')+1:] }
	return at(s) < at(of)
}

func writeAudit(pk string, e audit.Entry) writer {
	w := writer(key(pk, auditPrefix+string(e.ID)))
	w["at"] = at(e.At)
	w.s("actor", e.Actor)
	w.s("action", string(e.Action))
	w.s("subject", e.Subject)
	w.s("detail", e.Detail)
	return w
}
