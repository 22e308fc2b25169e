package dynamo

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/idempotency"
	"latchkey.dev/shared/usecase/agencies"
)

const logoPrefix = "logo#"

// keptLogo is how long a logo that was replaced is still served, for the pages and mails that show it.
const keptLogo = 45 * 24 * time.Hour

// team reads the agency and its members as they are now: the agency first, so that a member who comes or goes
// between the two reads is noticed by the count of the staff.
func (t *Table) team(ctx context.Context, which id.Agency) (*agencies.Team, error) {
	a, err := t.agency(ctx, which)
	if err != nil {
		return nil, err
	}
	items, err := t.query(ctx, string(which), memberPrefix, false)
	if err != nil {
		return nil, err
	}
	out := &agencies.Team{Agency: a}
	for _, i := range items {
		m, err := readMember(&reader{item: i})
		if err != nil {
			return nil, err
		}
		out.Members = append(out.Members, *m)
	}
	return out, nil
}

func writeMember(pk string, m *agency.Member) writer {
	w := writer(key(pk, memberPrefix+string(m.ID)))
	w.s("email", string(m.Email))
	w.s("name", m.Name)
	w.s("level", string(m.Level))
	w.s("portal", string(m.Portal))
	w.t("created", m.AddedAt)
	w.yes("held", m.Held)
	if n := m.Notice; n.Job != "" {
		w.s("job", n.Job)
		if n.Claimed {
			w.s("state", "claimed")
		}
		w.n("tries", n.Tries)
		w["dp"], w["due"] = str(shardOf(string(m.ID))), at(n.Due)
	}
	return w
}

func readMember(r *reader) (*agency.Member, error) {
	m := &agency.Member{ID: id.Member(strings.TrimPrefix(r.s("sk"), memberPrefix)), Name: r.s("name"),
		Level: agency.Level(r.s("level")), Portal: agency.PortalRight(r.s("portal")), AddedAt: r.time("created"),
		Notice: agency.Notice{Job: r.s("job"), Claimed: r.s("state") != "", Tries: int(r.n("tries")), Due: r.time("due")},
		Held:   r.yes("held")}
	m.Email = address(r, "email")
	r.within("ownAccount", func(r *reader) {
		m.Account = agency.Account{Issuer: r.s("issuer"), Subject: r.s("subject"), At: r.time("at")}
	})
	return m, r.err
}

// saveNotice writes the state of a member's mail, while it is still the one that was read.
func (t *Table) saveNotice(ctx context.Context, which id.Agency, m *agency.Member, before agency.Notice) error {
	u := &types.Update{TableName: &t.name, Key: key(string(which), memberPrefix+string(m.ID)),
		ExpressionAttributeNames:  map[string]string{"#job": "job", "#state": "state"},
		ExpressionAttributeValues: item{":job": str(before.Job)}}
	condition := "#job = :job AND attribute_not_exists(#state)"
	if before.Claimed {
		condition = "#job = :job AND attribute_exists(#state)"
	}
	u.ConditionExpression = &condition
	n := m.Notice
	update := "REMOVE #job, #state, tries, dp, due"
	if n.Job != "" {
		v := u.ExpressionAttributeValues
		v[":next"], v[":tries"], v[":due"], v[":dp"] = str(n.Job), num(int64(n.Tries)), at(n.Due), str(shardOf(string(m.ID)))
		update = "SET #job = :next, tries = :tries, due = :due, dp = :dp"
		if n.Claimed {
			v[":claimed"] = str("claimed")
			update += ", #state = :claimed"
		} else {
			update += " REMOVE #state"
		}
	}
	u.UpdateExpression = &update
	return t.transact(ctx, []types.TransactWriteItem{{Update: u}})
}

// staffed is the update of the agency's item that every change of members, and every new key, goes with. It holds only if
// nothing has changed since the count was read.
func (t *Table) staffed(pk string, staff int) types.TransactWriteItem {
	u := &types.Update{TableName: &t.name, Key: key(pk, agencyItem), UpdateExpression: aws.String("ADD staff :one"),
		ExpressionAttributeValues: item{":one": num(1)}}
	condition := "attribute_exists(pk) AND attribute_not_exists(closed)" + staffIs(u, staff)
	u.ConditionExpression = &condition
	return types.TransactWriteItem{Update: u}
}

// staffIs is the condition of an update of the agency's item that its people and keys are those that were read.
func staffIs(u *types.Update, staff int) string {
	if staff == 0 {
		return " AND attribute_not_exists(staff)"
	}
	u.ExpressionAttributeValues[":staff"] = num(int64(staff))
	return " AND staff = :staff"
}

// changeTeam writes a change of members and keys, while both are still what it was decided from.
func (t *Table) changeTeam(ctx context.Context, s agencies.TeamChange) error {
	pk := string(s.Agency)
	writes := append([]types.TransactWriteItem{t.staffed(pk, s.Staff)}, t.countedMails(s.Mails)...)
	if s.Remove != nil { // the invites that it has out are dead, and the payment pages behind them are to be closed
		u := writes[0].Update
		u.UpdateExpression = aws.String("SET unsettled = :now, dp = :dp, due = :now ADD staff :one")
		u.ExpressionAttributeValues[":now"], u.ExpressionAttributeValues[":dp"] = at(s.At), str(shardOf(pk))
	}
	for _, row := range s.Audit {
		writes = append(writes, t.put(writeAudit(pk, row), isNew, nil))
	}
	if m := s.Add; m != nil {
		writes = append(writes, t.put(writeMember(pk, m), isNew, nil), types.TransactWriteItem{Update: &types.Update{TableName: &t.name,
			Key: key(userPrefix+string(id.UserOf(m.Email)), placePrefix+pk), UpdateExpression: aws.String("SET memberId = :m"),
			ConditionExpression: aws.String("attribute_not_exists(memberId)"), ExpressionAttributeValues: item{":m": str(string(m.ID))}}})
	}
	if m := s.Change; m != nil {
		u := &types.Update{TableName: &t.name, Key: key(pk, memberPrefix+string(m.ID)),
			ConditionExpression:       aws.String("attribute_exists(pk)"),
			ExpressionAttributeNames:  map[string]string{"#level": "level", "#portal": "portal", "#name": "name"},
			ExpressionAttributeValues: item{":level": str(string(m.Level))}}
		set, remove := "SET #level = :level", ""
		for _, x := range []struct{ name, value string }{{"name", m.Name}, {"portal", string(m.Portal)}} {
			if x.value == "" {
				remove += ", #" + x.name
				continue
			}
			u.ExpressionAttributeValues[":"+x.name] = str(x.value)
			set += ", #" + x.name + " = :" + x.name
		}
		if remove != "" {
			set += " REMOVE " + remove[2:]
		}
		u.UpdateExpression = &set
		writes = append(writes, types.TransactWriteItem{Update: u})
	}
	if m := s.Remove; m != nil {
		more, err := t.unanswered(ctx, s.Agency, m.Email)
		if err != nil {
			return err
		}
		quiet, err := t.unboxed(ctx, s.Agency, m.ID)
		if err != nil {
			return err
		}
		writes = append(append(append(writes, t.unplace(pk, m)...), more...), quiet...)
	}
	for _, k := range s.Revoke {
		writes = append(writes, t.revoked(pk, k, s.At))
	}
	if s.Once != nil {
		writes = append(writes,
			t.put(writeOnce(pk, s.Once), isNew+" OR usedAt < :old", item{":old": at(s.Once.At.Add(-idempotency.Lifetime))}))
	}
	return t.transact(ctx, writes)
}

// unanswered keeps replies to the agency's mails from somebody who goes, where they go there, and forgets the address.
func (t *Table) unanswered(ctx context.Context, which id.Agency, who email.Address) ([]types.TransactWriteItem, error) {
	s, err := t.senderSettings(ctx, which)
	if err != nil || s.ReplyTo == "" || s.ReplyTo != who {
		return nil, err
	}
	s.ReplyTo = ""
	condition, values := versioned(s.Version)
	return []types.TransactWriteItem{t.put(writeSenderSettings(s, s.Version+1), condition, values)}, nil
}

// unboxed forgets what a member who goes has chosen to be told. What waits there to be told goes to the owners first, and the box after it.
func (t *Table) unboxed(ctx context.Context, which id.Agency, who id.Member) ([]types.TransactWriteItem, error) {
	b, err := t.box(ctx, which, who)
	if err != nil || b.Version == 0 || len(b.Lines) > 0 {
		return nil, err
	}
	return []types.TransactWriteItem{t.withoutBox(b)}, nil
}

// unplace deletes a member, and what the person's own list says of it.
func (t *Table) unplace(pk string, m *agency.Member) []types.TransactWriteItem {
	return []types.TransactWriteItem{
		{Delete: &types.Delete{TableName: &t.name, Key: key(pk, memberPrefix+string(m.ID)),
			ConditionExpression: aws.String("attribute_exists(pk)")}},
		{Update: &types.Update{TableName: &t.name, Key: key(userPrefix+string(id.UserOf(m.Email)), placePrefix+pk),
			UpdateExpression:    aws.String("REMOVE memberId, usedAt"),
			ConditionExpression: aws.String("memberId = :m"), ExpressionAttributeValues: item{":m": str(string(m.ID))}}},
	}
}

func (t *Table) revoked(pk string, k id.Key, now time.Time) types.TransactWriteItem {
	return types.TransactWriteItem{Update: &types.Update{TableName: &t.name, Key: key(pk, keyPrefix+string(k)),
		UpdateExpression:          aws.String("SET revoked = :n"),
		ConditionExpression:       aws.String("attribute_exists(pk) AND attribute_not_exists(revoked)"),
		ExpressionAttributeValues: item{":n": at(now)}}}
}

// rebrand writes a new look, while the agency still has the revision that it was made from.
func (t *Table) rebrand(ctx context.Context, r agencies.Rebranding) error {
	a := r.Agency
	pk := string(a.ID)
	u := &types.Update{TableName: &t.name, Key: key(pk, agencyItem),
		ExpressionAttributeNames:  map[string]string{"#name": "name", "#color": "color", "#logo": "logo"},
		ExpressionAttributeValues: item{":name": str(a.Name), ":color": str(a.Color), ":one": num(1)}}
	update, condition := "SET #name = :name, #color = :color", "attribute_exists(pk) AND attribute_not_exists(closed)"
	if a.LogoURL != "" {
		update += ", #logo = :logo"
		u.ExpressionAttributeValues[":logo"] = str(a.LogoURL)
	} else {
		update += " REMOVE #logo"
	}
	update += " ADD rev :one"
	if a.Revision == 0 {
		condition += " AND attribute_not_exists(rev)"
	} else {
		condition += " AND rev = :rev"
		u.ExpressionAttributeValues[":rev"] = num(int64(a.Revision))
	}
	u.UpdateExpression, u.ConditionExpression = &update, &condition
	writes := []types.TransactWriteItem{{Update: u}, t.put(writeAudit(pk, r.Audit), isNew, nil)}
	if r.Logo != nil {
		w := writer(key(pk, logoPrefix+r.Logo.Hash))
		w["png"] = bin(r.Logo.PNG)
		// The same picture may have been the logo before: its content is its name.
		writes = append(writes, t.put(w, isNew+" OR png = :png", item{":png": bin(r.Logo.PNG)}))
	}
	if r.Old != "" {
		until := r.At.Add(keptLogo)
		writes = append(writes, types.TransactWriteItem{Update: &types.Update{TableName: &t.name, Key: key(pk, logoPrefix+r.Old),
			UpdateExpression:          aws.String("SET #until = :until, #ttl = :ttl"),
			ConditionExpression:       aws.String("attribute_exists(pk)"),
			ExpressionAttributeNames:  map[string]string{"#until": "until", "#ttl": "ttl"},
			ExpressionAttributeValues: item{":until": at(until), ":ttl": ttlOf(until)}}})
	}
	err := t.transact(ctx, writes)
	if err == nil {
		a.Revision++
	}
	return err
}

// logo reads a logo, if it is the agency's own or was not long before now.
func (t *Table) logo(ctx context.Context, which id.Agency, hash string, now time.Time) ([]byte, error) {
	const missing = "errors.there_is_no_such_picture"
	r, err := t.get(ctx, string(which), logoPrefix+hash, false, missing)
	if err != nil {
		return nil, err
	}
	if until := r.time("until"); !until.IsZero() && !now.Before(until) {
		return nil, fault.New(fault.NotFound, missing)
	}
	return r.b("png"), r.err
}

// clientCount counts the agency's clients, at most to most.
func (t *Table) clientCount(ctx context.Context, which id.Agency, most int) (int, error) {
	res, err := t.db.Query(ctx, &dynamodb.QueryInput{TableName: &t.name, IndexName: aws.String(byCreated),
		Limit: aws.Int32(int32(most)), Select: types.SelectCount, //nolint:gosec // a small constant
		KeyConditionExpression: aws.String("pk = :p"), ExpressionAttributeValues: item{":p": str(string(which))}})
	if err != nil {
		return 0, outside(err)
	}
	return int(res.Count), nil
}

// bound visits the agency's clients that money ties to it, as they are now.
func (t *Table) bound(ctx context.Context, which id.Agency, visit func(*client.Client) error) error {
	in := &dynamodb.QueryInput{TableName: &t.name, ConsistentRead: aws.Bool(true),
		KeyConditionExpression:    aws.String("pk = :p AND begins_with(sk, :c)"),
		FilterExpression:          aws.String("attribute_exists(payment)"),
		ExpressionAttributeValues: item{":p": str(string(which)), ":c": str(clientPrefix)}}
	for {
		res, err := t.db.Query(ctx, in)
		if err != nil {
			return outside(err)
		}
		for _, i := range res.Items {
			c, err := readClient(&reader{item: i})
			if err == nil && c.Bound() {
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

// close writes that the agency is at its end. That it counts as suspended from then on is what the conditions of
// every invite and acceptance look at.
func (t *Table) close(ctx context.Context, c agencies.Closure) error {
	pk := string(c.Team.Agency.ID)
	end := t.staffed(pk, c.Team.Agency.Staff)
	u := end.Update
	u.UpdateExpression = aws.String("SET closed = :now, suspended = if_not_exists(suspended, :now), dp = :dp, due = :now, " +
		"farewell = :owners REMOVE signIn ADD staff :one")
	u.ExpressionAttributeValues[":now"], u.ExpressionAttributeValues[":dp"] = at(c.At), str(shardOf(pk))
	owners := []types.AttributeValue{}
	for i := range c.Team.Members {
		if m := &c.Team.Members[i]; m.Level == agency.Owner {
			owners = append(owners, str(string(m.Email)))
		}
	}
	u.ExpressionAttributeValues[":owners"] = list(owners)
	writes := []types.TransactWriteItem{end, t.put(writeAudit(pk, c.Audit), isNew, nil)}
	for i := range c.Team.Members {
		writes = append(writes, t.unplace(pk, &c.Team.Members[i])...)
	}
	now := min(len(c.Keys), actions-len(writes))
	for _, k := range c.Keys[:now] {
		writes = append(writes, t.revoked(pk, k, c.At))
	}
	if err := t.transact(ctx, writes); err != nil {
		return err
	}
	// More keys than the cap allows, with more people: what is left of them goes one by one, or with the purge.
	for _, k := range c.Keys[now:] {
		if err := t.transact(ctx, []types.TransactWriteItem{t.revoked(pk, k, c.At)}); err != nil && !errors.Is(err, conflict.ErrChanged) {
			return err
		}
	}
	return nil
}

// actions is how much one transaction takes.
//
// Source: Amazon DynamoDB API Reference, "TransactWriteItems".
const actions = 100

// purgeSome deletes some of what a closed agency has left, a client with what the person's own list says of it, and
// returns how much it was; 0 when there is nothing but the agency's item, the row that tells of its end, what remains of
// clients until what they have bought is deleted, and claims of sender domains, which go with what leads to them when they are
// released.
func (t *Table) purgeSome(ctx context.Context, which id.Agency) (int, error) {
	pk := string(which)
	in := &dynamodb.QueryInput{TableName: &t.name, KeyConditionExpression: aws.String("pk = :p"),
		ExpressionAttributeValues: item{":p": str(pk), ":deleted": str("agency.deleted")},
		ConsistentRead:            aws.Bool(true), Limit: aws.Int32(purged),
		FilterExpression:         aws.String("attribute_not_exists(#action) OR #action <> :deleted"),
		ExpressionAttributeNames: map[string]string{"#action": "action"}}
	for {
		res, err := t.db.Query(ctx, in)
		if err != nil {
			return 0, outside(err)
		}
		var writes []types.TransactWriteItem
		found := 0
		for _, i := range res.Items {
			r := &reader{item: i}
			sk := r.s("sk")
			if sk == agencyItem || strings.HasPrefix(sk, domainPrefix) {
				continue
			}
			gone := types.TransactWriteItem{Delete: &types.Delete{TableName: &t.name, Key: key(pk, sk)}}
			if strings.HasPrefix(sk, clientPrefix) {
				c, err := readClient(&reader{item: i})
				if err != nil {
					return 0, err
				}
				orphan := c.Orphan(t.now())
				if rest := c.Remains(t.now()); rest != nil {
					if c.Erased() && !orphan { // whoever deletes what it has bought deletes it
						continue
					}
					condition, values := versioned(c.Version)
					rest.Version++
					gone = t.put(writeClient(rest, t.now()), condition, values)
				}
			}
			found++
			writes = append(writes, gone)
			if strings.HasPrefix(sk, requestPrefix) {
				if q, err := readRequest(r); err != nil {
					return 0, err
				} else if q.Email != "" {
					writes = append(writes, t.noLongerAsked(id.UserOf(q.Email), q))
				}
			}
			if strings.HasPrefix(sk, clientPrefix) || strings.HasPrefix(sk, memberPrefix) {
				writes = append(writes, types.TransactWriteItem{Delete: &types.Delete{TableName: &t.name,
					Key: key(userPrefix+string(id.UserOf(address(r, "email"))), placePrefix+pk)}})
			}
			if r.err != nil {
				return 0, r.err
			}
		}
		for part := range slices.Chunk(apart(writes), actions) {
			if err := t.transact(ctx, part); err != nil {
				if errors.Is(err, conflict.ErrChanged) { // somebody is writing to one of them: next time
					return found, nil
				}
				return 0, err
			}
		}
		if found > 0 || res.LastEvaluatedKey == nil {
			return found, nil
		}
		in.ExclusiveStartKey = res.LastEvaluatedKey
	}
}

// apart leaves out of deletions those of an item that is deleted already, since a transaction takes each item once: of whoever
// works at the agency and is its client as well, both lead to the same place.
func apart(writes []types.TransactWriteItem) []types.TransactWriteItem {
	seen := map[string]bool{}
	return slices.DeleteFunc(writes, func(w types.TransactWriteItem) bool {
		if w.Delete == nil {
			return false
		}
		r := &reader{item: w.Delete.Key}
		name := r.s("pk") + "\x00" + r.s("sk")
		again := seen[name]
		seen[name] = true
		return again
	})
}

// purged is how many items of a closed agency are deleted at a time.
const purged = 100

// purgeAgain has the sweep look after a closed agency at a time; never again, and with nothing left of it but the
// fact, when next is zero.
func (t *Table) purgeAgain(ctx context.Context, which id.Agency, next time.Time) error {
	u := &types.Update{TableName: &t.name, Key: key(string(which), agencyItem), ConditionExpression: aws.String("attribute_exists(closed)")}
	if next.IsZero() {
		u.UpdateExpression = aws.String("REMOVE dp, due, unsettled, farewell, #name, #color, #logo, #total, nameOk, instances, services, " +
			"s0, s1, s2, s3, s4, s5, s6, s7, s8, s9")
		u.ExpressionAttributeNames = map[string]string{"#name": "name", "#color": "color", "#logo": "logo", "#total": "total"}
	} else {
		u.UpdateExpression = aws.String("SET due = :due, dp = :dp")
		u.ExpressionAttributeValues = item{":due": at(next), ":dp": str(shardOf(string(which)))}
	}
	return t.transact(ctx, []types.TransactWriteItem{{Update: u}})
}
