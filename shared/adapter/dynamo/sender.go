package dynamo

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/idempotency"
	"latchkey.dev/shared/domain/sender"
	"latchkey.dev/shared/usecase/senders"
)

const (
	domainPrefix   = "dom#"
	senderItem     = "sender"
	topPrefix      = "dm#"
	treeItem       = "tree"
	sesPrefix      = "ses#"
	claimantPrefix = "dmc#"
	lookPrefix     = "look#"
	heldItems      = "held"
	identityItems  = "identities"
	countItem      = "count"
	healthPrefix   = "mh#"
)

// mostServers and mostLookalikes bound what others decide the number of: a zone names as many servers as it likes, and anybody can
// prove names that look alike. Of a tree there are at most [sender.MaxHolds].
const (
	mostServers    = 32
	mostLookalikes = 4 * sender.MaxHolds
)

// senderSettings reads how the agency's mail goes out, as it is now.
func (t *Table) senderSettings(ctx context.Context, agency id.Agency) (*sender.Settings, error) {
	r, err := t.get(ctx, string(agency), senderItem, true, "")
	if fault.Is(err, fault.NotFound) {
		return &sender.Settings{Agency: agency}, nil
	}
	if err != nil {
		return nil, err
	}
	return readSenderSettings(r)
}

// claim reads a claim as it is now, with what belongs to its name.
func (t *Table) claim(ctx context.Context, agency id.Agency, which id.SenderDomain) (*sender.Claim, error) {
	c, err := t.claimAlone(ctx, agency, which)
	if err != nil {
		return nil, err
	}
	return c, t.join(ctx, c)
}

// claims reads all of the agency's claims as they are now, in the order in which they were made.
func (t *Table) claims(ctx context.Context, agency id.Agency) ([]*sender.Claim, error) {
	out, err := t.claimsAlone(ctx, agency)
	if err != nil {
		return nil, err
	}
	return out, t.join(ctx, out...)
}

// claimsAlone reads all of the agency's claims without what belongs to their names.
func (t *Table) claimsAlone(ctx context.Context, agency id.Agency) ([]*sender.Claim, error) {
	items, err := t.query(ctx, string(agency), domainPrefix, false)
	if err != nil {
		return nil, err
	}
	out := make([]*sender.Claim, 0, len(items))
	for _, i := range items {
		c, err := readClaim(&reader{item: i})
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

// join reads along what belongs to the names of claims. What is not there yet is nothing, with version 0.
func (t *Table) join(ctx context.Context, claims ...*sender.Claim) error {
	var keys []item
	asked := map[string]bool{}
	ask := func(k item) {
		r := &reader{item: k}
		if name := r.s("pk") + " " + r.s("sk"); !asked[name] {
			asked[name] = true
			keys = append(keys, k)
		}
	}
	for _, c := range claims {
		ask(identityKey(c.Domain))
		ask(treeKey(sender.TopOf(c.Domain)))
	}
	items, err := t.getAll(ctx, keys)
	if err != nil {
		return err
	}
	identities, trees := map[sender.Domain]sender.Identity{}, map[sender.Domain]*reader{}
	for _, i := range items {
		r := &reader{item: i}
		if r.s("sk") == treeItem {
			trees[sender.Domain(strings.TrimPrefix(r.s("pk"), topPrefix))] = r
			continue
		}
		x, err := readIdentity(r)
		if err != nil {
			return err
		}
		identities[x.Domain] = x
	}
	for _, c := range claims {
		c.Identity = sender.Identity{Domain: c.Domain}
		if x, ok := identities[c.Domain]; ok {
			c.Identity = x
		}
		top := sender.TopOf(c.Domain)
		c.Tree = sender.Tree{Top: top}
		if r := trees[top]; r != nil { // each claim gets a list of its own
			if c.Tree, err = readTree(r); err != nil {
				return err
			}
		}
	}
	return nil
}

// domains lists the agency's claims by their ids, in the order in which they were made.
func (t *Table) domains(ctx context.Context, agency id.Agency) ([]id.SenderDomain, error) {
	items, err := t.query(ctx, string(agency), domainPrefix, false)
	if err != nil {
		return nil, err
	}
	out := make([]id.SenderDomain, 0, len(items))
	for _, i := range items {
		r := &reader{item: i}
		out = append(out, id.SenderDomain(strings.TrimPrefix(r.s("sk"), domainPrefix)))
		if r.err != nil {
			return nil, r.err
		}
	}
	return out, nil
}

// lookalikes lists the domains that are held and have the skeleton, some of them if there are many.
func (t *Table) lookalikes(ctx context.Context, skeleton string) ([]sender.Domain, error) {
	res, err := t.db.Query(ctx, &dynamodb.QueryInput{TableName: &t.name, KeyConditionExpression: aws.String("pk = :p"),
		ExpressionAttributeValues: item{":p": str(lookPrefix + skeleton)}, ConsistentRead: aws.Bool(true),
		Limit: aws.Int32(mostLookalikes)})
	if err != nil {
		return nil, outside(err)
	}
	out := make([]sender.Domain, 0, len(res.Items))
	for _, i := range res.Items {
		r := &reader{item: i}
		out = append(out, sender.Domain(r.s("sk")))
		if r.err != nil {
			return nil, r.err
		}
	}
	return out, nil
}

// claimed tells whether anybody claims the name.
func (t *Table) claimed(ctx context.Context, d sender.Domain) (bool, error) {
	res, err := t.db.Query(ctx, &dynamodb.QueryInput{TableName: &t.name, KeyConditionExpression: aws.String("pk = :p"),
		ExpressionAttributeValues: item{":p": str(claimantPrefix + string(d))}, ConsistentRead: aws.Bool(true), Limit: aws.Int32(1)})
	if err != nil {
		return false, outside(err)
	}
	return len(res.Items) > 0, nil
}

// mostClaimants bounds what others decide the number of.
const mostClaimants = 100

// claimsOf reads the claims of a name that are not over, some of them if there are many.
func (t *Table) claimsOf(ctx context.Context, d sender.Domain) ([]*sender.Claim, error) {
	res, err := t.db.Query(ctx, &dynamodb.QueryInput{TableName: &t.name, KeyConditionExpression: aws.String("pk = :p"),
		ExpressionAttributeValues: item{":p": str(claimantPrefix + string(d))}, ConsistentRead: aws.Bool(true),
		Limit: aws.Int32(mostClaimants)})
	if err != nil {
		return nil, outside(err)
	}
	return t.led(ctx, res.Items)
}

// heldClaims lists the claims that wait for the operator, in the order in which they were made.
func (t *Table) heldClaims(ctx context.Context) ([]*sender.Claim, error) {
	items, err := t.query(ctx, heldItems, id.DomainPrefix, false)
	if err != nil {
		return nil, err
	}
	return t.led(ctx, items)
}

// led reads the claims that items lead to.
func (t *Table) led(ctx context.Context, items []item) ([]*sender.Claim, error) {
	out := make([]*sender.Claim, 0, len(items))
	for _, i := range items {
		r := &reader{item: i}
		agency, which := id.Agency(r.s("agency")), id.SenderDomain(r.s("sk"))
		if r.err != nil {
			return nil, r.err
		}
		c, err := t.claim(ctx, agency, which)
		if fault.Is(err, fault.NotFound) { // it has gone since the question
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

// identities counts the identities that there are, or are to be made.
func (t *Table) identities(ctx context.Context) (int, error) {
	r, err := t.get(ctx, identityItems, countItem, true, "")
	if fault.Is(err, fault.NotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return int(r.n("n")), r.err
}

// health sums up what became of the mails from a domain, in as many days as it is about, of which the last is not over.
func (t *Table) health(ctx context.Context, agency id.Agency, which id.SenderDomain, now time.Time) (sender.Health, error) {
	day := func(at time.Time) string { return healthPrefix + string(which) + "#" + at.UTC().Format(time.DateOnly) }
	res, err := t.db.Query(ctx, &dynamodb.QueryInput{TableName: &t.name,
		KeyConditionExpression: aws.String("pk = :p AND sk BETWEEN :a AND :b"),
		ExpressionAttributeValues: item{":p": str(string(agency)), ":a": str(day(now.AddDate(0, 0, 1-sender.HealthDays))),
			":b": str(day(now) + "$")}}) // behind the shards of the last day
	if err != nil {
		return sender.Health{}, outside(err)
	}
	var h sender.Health
	for _, i := range res.Items {
		r := &reader{item: i}
		h.Sent += int(r.n("sent"))
		h.Bounced += int(r.n("bounced"))
		h.Complained += int(r.n("complained"))
		if r.err != nil {
			return sender.Health{}, r.err
		}
	}
	return h, nil
}

// saveSender writes a change of an agency's sending, all or nothing, while what it holds has the version that was read; else it is
// conflict.ErrChanged. The structs then have the versions that are stored; what is joined to a claim has to be read anew.
//
// A name's identity is changed by each new claim of the name, so that nobody drops what was looked at before the claim. Beside a
// tree stand the domains that it holds, by what they look like.
func (t *Table) saveSender(ctx context.Context, c senders.Change) error {
	var writes []types.TransactWriteItem
	var agency id.Agency
	counted, made := -1, -1
	if c.Settings != nil {
		agency = c.Settings.Agency
		condition, values := versioned(c.Settings.Version)
		writes = append(writes, t.put(writeSenderSettings(c.Settings, c.Settings.Version+1), condition, values))
	}
	tree := 0
	if c.Tree != nil {
		tree = stamp(c.Tree.Version)
		more, err := t.writtenTree(ctx, c.Tree, tree)
		if err != nil {
			return err
		}
		writes = append(writes, more...)
	}
	for _, o := range c.Others {
		writes = append(writes, t.writtenClaim(o, false)...)
	}
	if c.Claim != nil {
		agency = c.Claim.Agency
		writes = append(writes, t.writtenClaim(c.Claim, c.Gone)...)
	}
	if c.Claim != nil && c.Claim.Version == 0 {
		more, err := t.wanted(ctx, c.Claim.Domain)
		if err != nil {
			return err
		}
		if made = len(writes); len(more) > 1 {
			counted = made + 1
		}
		writes = append(writes, more...)
	}
	for _, row := range c.Audit {
		writes = append(writes, t.put(writeAudit(string(agency), row), isNew, nil))
	}
	if c.Once != nil {
		writes = append(writes, t.put(writeOnce(string(agency), c.Once), isNew+" OR usedAt < :old",
			item{":old": at(c.Once.At.Add(-idempotency.Lifetime))}))
	}
	err := t.transact(ctx, writes)
	if counted >= 0 && failed(err, counted) && !failed(err, made) {
		return fault.New(fault.Unavailable, "sender.no_room")
	}
	if err != nil {
		return err
	}
	if c.Settings != nil {
		c.Settings.Version++
	}
	if c.Tree != nil {
		c.Tree.Version = tree
	}
	for _, o := range c.Others {
		o.Version++
	}
	if c.Claim != nil {
		c.Claim.Version++
	}
	return nil
}

// stamp is the version after one, of what can be deleted and come back: it begins anywhere, so that what was read before the deletion
// is not taken for what came after it.
func stamp(version int) int {
	if version > 0 {
		return version + 1
	}
	return 1 + rand.IntN(1<<48) //nolint:gosec // a guess would help nobody
}

// writtenClaim writes a claim, or deletes it, with what leads to it from its name, and from the operator's list. One that is over
// claims its name no more.
func (t *Table) writtenClaim(c *sender.Claim, gone bool) []types.TransactWriteItem {
	pk, sk := string(c.Agency), domainPrefix+string(c.ID)
	condition, values := versioned(c.Version)
	drop := func(pk string) types.TransactWriteItem {
		return types.TransactWriteItem{Delete: &types.Delete{TableName: &t.name, Key: key(pk, string(c.ID))}}
	}
	pointer, held := claimantPrefix+string(c.Domain), drop(heldItems)
	if gone {
		return []types.TransactWriteItem{{Delete: &types.Delete{TableName: &t.name, Key: key(pk, sk), ConditionExpression: &condition,
			ExpressionAttributeValues: values}}, drop(pointer), held}
	}
	out := []types.TransactWriteItem{t.put(writeClaim(c, c.Version+1), condition, values)}
	leads := func(from string) types.TransactWriteItem {
		w := writer(key(from, string(c.ID)))
		w.s("agency", pk)
		return types.TransactWriteItem{Put: &types.Put{TableName: &t.name, Item: w}}
	}
	switch {
	case c.Over():
		out = append(out, drop(pointer))
	case c.Version == 0:
		out = append(out, leads(pointer))
	}
	if c.Held && !c.Over() {
		held = leads(heldItems)
	}
	return append(out, held)
}

// writtenTree writes the names that are held of a tree, and beside it what was added and what is gone, by what it looks like. One
// that holds nothing is deleted.
func (t *Table) writtenTree(ctx context.Context, tree *sender.Tree, version int) ([]types.TransactWriteItem, error) {
	before := sender.Tree{Top: tree.Top}
	r, err := t.get(ctx, topPrefix+string(tree.Top), treeItem, true, "")
	if err == nil {
		before, err = readTree(r)
	}
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	if before.Version != tree.Version {
		return nil, conflict.ErrChanged
	}
	condition, values := versioned(tree.Version)
	var out []types.TransactWriteItem
	switch {
	case len(tree.Holds) > 0:
		out = append(out, t.put(writeTree(tree, version), condition, values))
	case tree.Version > 0:
		out = append(out, types.TransactWriteItem{Delete: &types.Delete{TableName: &t.name, Key: treeKey(tree.Top),
			ConditionExpression: &condition, ExpressionAttributeValues: values}})
	}
	was, is := held(&before), held(tree)
	for d := range is {
		if look := sender.Skeleton(d); !was[d] && look != "" {
			out = append(out, types.TransactWriteItem{Put: &types.Put{TableName: &t.name, Item: key(lookPrefix+look, string(d))}})
		}
	}
	for d := range was {
		if look := sender.Skeleton(d); !is[d] && look != "" {
			out = append(out, types.TransactWriteItem{Delete: &types.Delete{TableName: &t.name, Key: key(lookPrefix+look, string(d))}})
		}
	}
	return out, nil
}

func held(t *sender.Tree) map[sender.Domain]bool {
	out := map[sender.Domain]bool{}
	for _, h := range t.Holds {
		out[h.Domain] = true
	}
	return out
}

// wanted has the name of a new claim have an identity: one that is to be made, which is counted, or the one that there is, which is
// changed, so that whoever is about to drop it notices.
func (t *Table) wanted(ctx context.Context, d sender.Domain) ([]types.TransactWriteItem, error) {
	r, err := t.get(ctx, topPrefix+string(sender.TopOf(d)), sesPrefix+string(d), true, "")
	if fault.Is(err, fault.NotFound) {
		w := writeIdentity(&sender.Identity{Domain: d}, stamp(0))
		return []types.TransactWriteItem{t.put(w, isNew, nil), {Update: &types.Update{TableName: &t.name,
			Key: key(identityItems, countItem), UpdateExpression: aws.String("ADD n :one"),
			ConditionExpression:       aws.String("attribute_not_exists(n) OR n < :most"),
			ExpressionAttributeValues: item{":one": num(1), ":most": num(senders.MaxIdentities)}}}}, nil
	}
	if err != nil {
		return nil, err
	}
	x, err := readIdentity(r)
	if err != nil {
		return nil, err
	}
	return []types.TransactWriteItem{{Update: &types.Update{TableName: &t.name, Key: identityKey(d),
		UpdateExpression: aws.String("SET v = :next"), ConditionExpression: aws.String("v = :v"),
		ExpressionAttributeValues: item{":v": num(int64(x.Version)), ":next": num(int64(stamp(x.Version)))}}}}, nil
}

// saveIdentity writes what the mail service has of a name, while the stored version is the one that was read. There is none of a
// name that was not claimed.
func (t *Table) saveIdentity(ctx context.Context, x *sender.Identity) error {
	next := stamp(x.Version)
	err := t.transact(ctx, []types.TransactWriteItem{t.put(writeIdentity(x, next), "v = :v", item{":v": num(int64(x.Version))})})
	if err == nil {
		x.Version = next
	}
	return err
}

// dropIdentity forgets the identity of a name, which was read before; conflict.ErrChanged where somebody claims the name. A claim
// that was made before the question is seen by it, and one that is made after it has changed the version.
func (t *Table) dropIdentity(ctx context.Context, x *sender.Identity) error {
	if yes, err := t.claimed(ctx, x.Domain); err != nil || yes {
		return errors.Join(err, conflict.ErrChanged)
	}
	if x.Version == 0 {
		return nil
	}
	return t.transact(ctx, []types.TransactWriteItem{
		{Delete: &types.Delete{TableName: &t.name, Key: identityKey(x.Domain), ConditionExpression: aws.String("v = :v"),
			ExpressionAttributeValues: item{":v": num(int64(x.Version))}}},
		{Update: &types.Update{TableName: &t.name, Key: key(identityItems, countItem), UpdateExpression: aws.String("ADD n :less"),
			ConditionExpression: aws.String("n > :none"), ExpressionAttributeValues: item{":less": num(-1), ":none": num(0)}}},
	})
}

func identityKey(d sender.Domain) item {
	return key(topPrefix+string(sender.TopOf(d)), sesPrefix+string(d))
}
func treeKey(top sender.Domain) item { return key(topPrefix+string(top), treeItem) }

func writeSenderSettings(s *sender.Settings, version int) writer {
	w := writer(key(string(s.Agency), senderItem))
	w.s("name", s.Name)
	w.s("local", s.Local)
	w.s("replyTo", string(s.ReplyTo))
	w.s("on", string(s.On))
	claims := make([]writer, len(s.Claims))
	for n, c := range s.Claims {
		m := writer{}
		m.s("id", string(c.ID))
		m.s("domain", string(c.Domain))
		m.yes("open", c.Open)
		claims[n] = m
	}
	w.l("claims", claims)
	w.times("changes", s.Changes)
	if u := s.Untold; u != nil {
		m := writer{}
		m.s("by", string(u.By))
		m.s("id", string(u.ID))
		m.t("at", u.At)
		w["untold"] = &types.AttributeValueMemberM{Value: m}
	}
	if due := s.DueAt(); !due.IsZero() {
		w["dp"], w["due"] = str(shardOf(string(s.Agency))), at(due)
	}
	w["v"] = num(int64(version))
	return w
}

func readSenderSettings(r *reader) (*sender.Settings, error) {
	s := &sender.Settings{Agency: id.Agency(r.s("pk")), Name: r.s("name"), Local: r.s("local"), ReplyTo: email.Address(r.s("replyTo")),
		On: id.SenderDomain(r.s("on")), Changes: r.times("changes"), Version: int(r.n("v"))}
	r.maps("claims", func(m *reader) {
		s.Claims = append(s.Claims, sender.Ref{ID: id.SenderDomain(m.s("id")), Domain: sender.Domain(m.s("domain")), Open: m.yes("open")})
	})
	r.within("untold", func(m *reader) {
		s.Untold = &sender.News{By: id.Member(m.s("by")), ID: id.SenderDomain(m.s("id")), At: m.time("at")}
	})
	return s, r.err
}

func writeTree(x *sender.Tree, version int) writer {
	w := writer(treeKey(x.Top))
	holds := make([]writer, len(x.Holds))
	for n, h := range x.Holds {
		m := writer{}
		m.s("domain", string(h.Domain))
		m.s("agency", string(h.Agency))
		m.s("id", string(h.ID))
		holds[n] = m
	}
	w.l("holds", holds)
	w["v"] = num(int64(version))
	return w
}

func readTree(r *reader) (sender.Tree, error) {
	x := sender.Tree{Top: sender.Domain(strings.TrimPrefix(r.s("pk"), topPrefix)), Version: int(r.n("v"))}
	r.maps("holds", func(m *reader) {
		x.Holds = append(x.Holds, sender.Hold{Domain: sender.Domain(m.s("domain")), Agency: id.Agency(m.s("agency")),
			ID: id.SenderDomain(m.s("id"))})
	})
	return x, r.err
}

func writeIdentity(x *sender.Identity, version int) writer {
	w := writer(identityKey(x.Domain))
	w.s("region", x.Region)
	w.s("hosted", x.Hosted)
	w.texts("tokens", x.Tokens)
	w.s("status", x.Status)
	w.s("failure", x.Failure)
	w.s("mailFrom", x.MailFrom)
	w.s("mailFromStatus", x.MailFromStatus)
	w.t("asked", x.AskedAt)
	w["v"] = num(int64(version))
	return w
}

func readIdentity(r *reader) (sender.Identity, error) {
	x := sender.Identity{Domain: sender.Domain(strings.TrimPrefix(r.s("sk"), sesPrefix)), Region: r.s("region"), Hosted: r.s("hosted"),
		Tokens: r.texts("tokens"), Status: r.s("status"), Failure: r.s("failure"), MailFrom: r.s("mailFrom"),
		MailFromStatus: r.s("mailFromStatus"), AskedAt: r.time("asked"), Version: int(r.n("v"))}
	return x, r.err
}
