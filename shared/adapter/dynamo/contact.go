package dynamo

import (
	"context"
	"encoding/hex"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/contact"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/idempotency"
	"latchkey.dev/shared/domain/text"
	"latchkey.dev/shared/usecase/contacts"
)

const (
	holderPrefix = "ce#"
	contactCount = "contacts"
	noContact    = "errors.there_is_no_such_contact"
)

// contact reads one card as it is now.
func (t *Table) contact(ctx context.Context, agency id.Agency, which id.Contact) (*contact.Contact, error) {
	r, err := t.get(ctx, string(agency), contactPrefix+string(which), true, noContact)
	if err != nil {
		return nil, err
	}
	return readContact(r)
}

// contacts reads cards, newest first, from behind the cursor on: one Query.
func (t *Table) contacts(ctx context.Context, agency id.Agency, q contacts.Query) ([]contact.Contact, id.Contact, error) {
	in := &dynamodb.QueryInput{TableName: &t.name, ConsistentRead: aws.Bool(true), ScanIndexForward: aws.Bool(false),
		Limit:                     aws.Int32(int32(max(q.Examine, q.Limit))), //nolint:gosec // some hundreds
		KeyConditionExpression:    aws.String("pk = :p AND begins_with(sk, :s)"),
		ExpressionAttributeValues: item{":p": str(string(agency)), ":s": str(contactPrefix)}}
	if q.After != "" {
		in.ExclusiveStartKey = key(string(agency), contactPrefix+string(q.After))
	}
	filters := []string{"attribute_not_exists(archived)"}
	if q.Archived {
		filters[0] = "attribute_exists(archived)"
	}
	if q.Find != "" {
		filters = append(filters, "(contains(email, :f) OR contains(find, :f))")
		in.ExpressionAttributeValues[":f"] = str(q.Find)
	}
	if q.Kind != "" {
		filters = append(filters, "kind = :k")
		in.ExpressionAttributeValues[":k"] = str(string(q.Kind))
	}
	if q.Free {
		filters = append(filters, "attribute_not_exists(#client)")
		in.ExpressionAttributeNames = map[string]string{"#client": linkedClient}
	}
	if q.Emailed {
		filters = append(filters, "attribute_exists(email)")
	}
	in.FilterExpression = aws.String(strings.Join(filters, " AND "))
	res, err := t.db.Query(ctx, in)
	if err != nil {
		return nil, "", outside(err)
	}
	out := make([]contact.Contact, 0, len(res.Items))
	for _, i := range res.Items {
		c, err := readContact(&reader{item: i})
		if err != nil {
			return nil, "", err
		}
		out = append(out, *c)
	}
	var next id.Contact
	if res.LastEvaluatedKey != nil {
		last := &reader{item: res.LastEvaluatedKey}
		next = id.Contact(strings.TrimPrefix(last.s("sk"), contactPrefix))
		if last.err != nil {
			return nil, "", last.err
		}
	}
	return out, next, nil
}

// contactsByID reads some cards; those that do not exist are left out.
func (t *Table) contactsByID(ctx context.Context, agency id.Agency, ids []id.Contact) (map[id.Contact]contact.Contact, error) {
	keys := make([]item, len(ids))
	for n, which := range ids {
		keys[n] = key(string(agency), contactPrefix+string(which))
	}
	items, err := t.getAll(ctx, keys)
	if err != nil {
		return nil, err
	}
	out := map[id.Contact]contact.Contact{}
	for _, i := range items {
		c, err := readContact(&reader{item: i})
		if err != nil {
			return nil, err
		}
		out[c.ID] = *c
	}
	return out, nil
}

// members lists who works at the agency.
func (t *Table) members(ctx context.Context, which id.Agency) ([]agency.Member, error) {
	items, err := t.query(ctx, string(which), memberPrefix, false)
	if err != nil {
		return nil, err
	}
	out := make([]agency.Member, 0, len(items))
	for _, i := range items {
		m, err := readMember(&reader{item: i})
		if err != nil {
			return nil, err
		}
		out = append(out, *m)
	}
	return out, nil
}

// holderKey is where it stands which open card has the address.
func holderKey(pk string, a email.Address) item {
	h := a.Hash()
	return key(pk, holderPrefix+hex.EncodeToString(h[:16]))
}

// hold has the card be the one with its address.
func (t *Table) hold(c *contact.Contact) types.TransactWriteItem {
	w := writer(holderKey(string(c.Agency), c.Email))
	w.s("of", string(c.ID))
	return t.put(w, isNew, nil)
}

// letGo frees the card's address.
func (t *Table) letGo(c *contact.Contact) types.TransactWriteItem {
	return types.TransactWriteItem{Delete: &types.Delete{TableName: &t.name, Key: holderKey(string(c.Agency), c.Email),
		ConditionExpression:      aws.String("attribute_not_exists(pk) OR #of = :of"),
		ExpressionAttributeNames: map[string]string{"#of": "of"}, ExpressionAttributeValues: item{":of": str(string(c.ID))}}}
}

// holds tells whether the card keeps its address from other cards.
func holds(c *contact.Contact) bool { return c.Email != "" && !c.Archived() }

// holders finds the open cards with the addresses.
func (t *Table) holders(
	ctx context.Context, agency id.Agency, addresses []email.Address,
) (map[email.Address]id.Contact, error) {
	pk, of := string(agency), map[string]email.Address{}
	for _, a := range addresses {
		r := &reader{item: holderKey(pk, a)}
		of[r.s("sk")] = a
	}
	keys := make([]item, 0, len(of))
	for _, sk := range slices.Sorted(maps.Keys(of)) {
		keys = append(keys, key(pk, sk))
	}
	items, err := t.getAll(ctx, keys)
	if err != nil {
		return nil, err
	}
	out := map[email.Address]id.Contact{}
	for _, i := range items {
		r := &reader{item: i}
		out[of[r.s("sk")]] = id.Contact(r.s("of"))
		if r.err != nil {
			return nil, r.err
		}
	}
	return out, nil
}

// countContacts has the agency's count of cards go up, while it stays within what it may have, or down.
func (t *Table) countContacts(pk string, by int) types.TransactWriteItem {
	u := &types.Update{TableName: &t.name, Key: key(pk, contactCount), UpdateExpression: aws.String("ADD n :by"),
		ExpressionAttributeValues: item{":by": num(int64(by))}}
	if by > 0 {
		u.ConditionExpression = aws.String("attribute_not_exists(n) OR n <= :room")
		u.ExpressionAttributeValues[":room"] = num(int64(contacts.MaxContacts - by))
	}
	return types.TransactWriteItem{Update: u}
}

// createContacts writes cards that must not exist yet, with their rows of the log and the idempotency key. Too many cards are a fault.
func (t *Table) createContacts(
	ctx context.Context, agency id.Agency, cards []*contact.Contact, rows []audit.Entry, once *idempotency.Record,
) error {
	pk := string(agency)
	writes := []types.TransactWriteItem{t.countContacts(pk, len(cards))}
	for _, c := range cards {
		if c.Agency != agency {
			return fault.New(fault.NotFound, noContact)
		}
		next := *c
		next.Version = 1
		writes = append(writes, t.put(writeContact(&next), isNew, nil))
		if holds(c) {
			writes = append(writes, t.hold(c))
		}
	}
	for _, row := range rows {
		writes = append(writes, t.put(writeAudit(pk, row), isNew, nil))
	}
	if once != nil {
		writes = append(writes, t.put(writeOnce(pk, once), isNew+" OR usedAt < :old", item{":old": at(once.At.Add(-idempotency.Lifetime))}))
	}
	err := t.transact(ctx, writes)
	if failed(err, 0) {
		return fault.New(fault.Invalid, "contacts.too_many", "most", contacts.MaxContacts)
	}
	if err != nil {
		return err
	}
	for _, c := range cards {
		c.Version = 1
	}
	return nil
}

// changeContact writes what people have changed on the card whose version was read. The link with a client stays as it is: its
// commit writes that, perhaps at this moment.
func (t *Table) changeContact(ctx context.Context, before, after *contact.Contact, row audit.Entry) error {
	pk := string(after.Agency)
	next := *after
	next.Version = before.Version + 1
	w := writeContact(&next)
	u := &types.Update{TableName: &t.name, Key: key(pk, contactPrefix+string(after.ID)), ConditionExpression: aws.String("v = :was"),
		ExpressionAttributeNames: map[string]string{}, ExpressionAttributeValues: item{":was": num(int64(before.Version))}}
	var set, remove []string
	for _, name := range contactFields {
		u.ExpressionAttributeNames["#"+name] = name
		if v := w[name]; v != nil {
			set = append(set, "#"+name+" = :"+name)
			u.ExpressionAttributeValues[":"+name] = v
		} else {
			remove = append(remove, "#"+name)
		}
	}
	expression := "SET " + strings.Join(set, ", ")
	if len(remove) > 0 {
		expression += " REMOVE " + strings.Join(remove, ", ")
	}
	u.UpdateExpression = &expression
	writes := []types.TransactWriteItem{{Update: u}, t.put(writeAudit(pk, row), isNew, nil)}
	if was, is := holds(before), holds(after); before.Email != after.Email || was != is {
		if was {
			writes = append(writes, t.letGo(before))
		}
		if is {
			writes = append(writes, t.hold(after))
		}
	}
	if err := t.transact(ctx, writes); err != nil {
		return err
	}
	after.Version = next.Version
	return nil
}

// remember writes an idempotency key by itself; conflict.ErrChanged when it is in use.
func (t *Table) remember(ctx context.Context, agency id.Agency, once *idempotency.Record) error {
	condition := isNew + " OR usedAt < :old"
	_, err := t.db.PutItem(ctx, &dynamodb.PutItemInput{TableName: &t.name, Item: writeOnce(string(agency), once),
		ConditionExpression: &condition, ExpressionAttributeValues: item{":old": at(once.At.Add(-idempotency.Lifetime))}})
	return outside(err)
}

// contactFields are the attributes of a card that people change.
var contactFields = []string{"v", "kind", "name", "find", "email", "phone", "address", "tax", "custom", "note", "company",
	"responsible", "archived"}

func writeContact(c *contact.Contact) writer {
	w := writer(key(string(c.Agency), contactPrefix+string(c.ID)))
	w["v"] = num(int64(c.Version))
	w.s("kind", string(c.Kind))
	w.s("name", c.Name)
	w.s("find", text.Fold(c.Name))
	w.s("email", string(c.Email))
	w.s("phone", c.Phone)
	w.s("address", c.Address)
	w.s("tax", c.TaxID)
	w.s("custom", c.Custom)
	w.s("note", c.Note)
	w.s("company", string(c.Company))
	w.s("responsible", string(c.Responsible))
	w.s(linkedClient, string(c.Client))
	w.t("archived", c.ArchivedAt)
	w.t("created", c.CreatedAt)
	return w
}

func readContact(r *reader) (*contact.Contact, error) {
	c := &contact.Contact{ID: id.Contact(strings.TrimPrefix(r.s("sk"), contactPrefix)), Agency: id.Agency(r.s("pk")),
		Kind: contact.Kind(r.s("kind")), Name: r.s("name"), Email: email.Address(r.s("email")), Phone: r.s("phone"),
		Address: r.s("address"), TaxID: r.s("tax"), Custom: r.s("custom"), Note: r.s("note"), Company: id.Contact(r.s("company")),
		Responsible: id.Member(r.s("responsible")), Client: id.Client(r.s(linkedClient)), ArchivedAt: r.time("archived"),
		CreatedAt: r.time("created"), Version: int(r.n("v"))}
	return c, r.err
}

// forgotten takes from the agency's cards what they hold of a client that is erased: the cards of the person go, both those that are
// linked and the one with its address, and a company's loses the address. It returns the writes, and which cards they are of.
func (t *Table) forgotten(ctx context.Context, c *client.Client) ([]types.TransactWriteItem, []id.Contact, error) {
	pk := string(c.Agency)
	held, err := t.holders(ctx, c.Agency, []email.Address{c.Email})
	if err != nil {
		return nil, nil, err
	}
	which := slices.Clone(c.Stored.Contacts)
	for _, other := range append(slices.Clone(c.Were), held[c.Email]) {
		if other != "" && !slices.Contains(which, other) {
			which = append(which, other)
		}
	}
	if len(which) == 0 {
		return nil, nil, nil
	}
	cards, err := t.contactsByID(ctx, c.Agency, which)
	if err != nil {
		return nil, nil, err
	}
	var writes []types.TransactWriteItem
	var done []id.Contact
	gone := 0
	for _, n := range slices.Sorted(maps.Keys(cards)) {
		card := cards[n]
		if card.Client != "" && card.Client != c.ID {
			continue // it is somebody else's by now
		}
		done = append(done, n)
		condition := "v = :v AND (attribute_not_exists(#client) OR #client = :me)"
		names := map[string]string{"#client": linkedClient}
		values := item{":v": num(int64(card.Version)), ":me": str(string(c.ID))}
		at := key(pk, contactPrefix+string(n))
		if card.Kind == contact.Person {
			gone++
			writes = append(writes, types.TransactWriteItem{Delete: &types.Delete{TableName: &t.name, Key: at,
				ConditionExpression: &condition, ExpressionAttributeNames: names, ExpressionAttributeValues: values}})
		} else {
			u := &types.Update{TableName: &t.name, Key: at, UpdateExpression: aws.String("SET v = :next REMOVE #client"),
				ConditionExpression: &condition, ExpressionAttributeNames: names, ExpressionAttributeValues: values}
			values[":next"] = num(int64(card.Version + 1))
			if card.Email == c.Email {
				u.UpdateExpression = aws.String("SET v = :next REMOVE #client, email")
			}
			writes = append(writes, types.TransactWriteItem{Update: u})
		}
		if holds(&card) && (card.Kind == contact.Person || card.Email == c.Email) {
			writes = append(writes, t.letGo(&card))
		}
	}
	if gone > 0 {
		writes = append(writes, t.countContacts(pk, -gone))
	}
	return writes, done, nil
}
