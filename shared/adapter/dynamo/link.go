package dynamo

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
)

const (
	linksItem     = "links"
	accountPrefix = "oi#"
	accountItem   = "link"
	spentItem     = "errand"
)

// links reads the accounts at providers that sign the person in, as they are now; none are the zero ones of the person.
func (t *Table) links(ctx context.Context, user id.User) (*identity.Links, error) {
	r, err := t.get(ctx, userPrefix+string(user), linksItem, true, "errors.there_is_no_such_link")
	if fault.Is(err, fault.NotFound) {
		return &identity.Links{User: user}, nil
	}
	if err != nil {
		return nil, err
	}
	return readLinks(r, user)
}

func readLinks(r *reader, user id.User) (*identity.Links, error) {
	l := &identity.Links{User: user, Changes: r.times("changes"), Version: int(r.n("v"))}
	r.maps("all", func(r *reader) { l.All = append(l.All, readAccount(r)) })
	return l, r.err
}

func readAccount(r *reader) identity.Link {
	return identity.Link{Provider: identity.ProviderID(r.s("provider")), Name: r.s("name"), Issuer: r.s("issuer"), Subject: r.s("subject"),
		Object: r.s("object"), Email: r.s("email"), At: r.time("at")}
}

func writeAccount(l *identity.Link) types.AttributeValue {
	w := writer{}
	w.s("provider", string(l.Provider))
	w.s("name", l.Name)
	w.s("issuer", l.Issuer)
	w.s("subject", l.Subject)
	w.s("object", l.Object)
	w.s("email", l.Email)
	w.t("at", l.At)
	return &types.AttributeValueMemberM{Value: w}
}

// linked reads whom the account with a subject at an issuer signs in.
func (t *Table) linked(ctx context.Context, issuer, subject string) (id.User, email.Address, error) {
	r, err := t.get(ctx, accountPrefix+identity.NamesOf(issuer, subject), accountItem, true, "errors.there_is_no_such_link")
	if err != nil {
		return "", "", err
	}
	return id.User(r.s("user")), address(r, "email"), r.err
}

// known tells whether the person has ever signed in.
func (t *Table) known(ctx context.Context, user id.User) (bool, error) {
	_, err := t.get(ctx, userPrefix+string(user), userItem, true, "errors.nobody_is_known_by")
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	return err == nil, err
}

// spend writes that an errand is over; [conflict.ErrChanged] when it was before. Where the answer gets lost and the SDK asks again, it is
// this attempt that has ended it.
func (t *Table) spend(ctx context.Context, spent string, until time.Time) error {
	attempt := str(rand.Text())
	_, err := t.db.PutItem(ctx, &dynamodb.PutItemInput{TableName: &t.name,
		Item: item{"pk": str(limitPrefix + "errand#" + spent), "sk": str(spentItem), "attempt": attempt,
			"ttl": ttlOf(until)},
		ConditionExpression:       aws.String(isNew + " OR attempt = :attempt"),
		ExpressionAttributeValues: item{":attempt": attempt}})
	return outside(err)
}

// openByLink writes the new session, and the person, with a change of the accounts that sign it in; nil for none.
func (t *Table) openByLink(ctx context.Context, s *identity.Session, change *identity.LinkChange) error {
	return t.transact(ctx, append(t.opening(s), t.linking(s.Email, change)...))
}

// linking is what a change of the accounts at providers that sign a person in writes: the person's list, who each account signs in, the
// mails that tell of it and its rows of logs.
func (t *Table) linking(of email.Address, c *identity.LinkChange) []types.TransactWriteItem {
	if c == nil {
		return nil
	}
	user := string(c.Links.User)
	w := writer(key(userPrefix+user, linksItem))
	w["v"] = num(int64(c.Links.Version) + 1)
	all := make([]types.AttributeValue, len(c.Links.All))
	for n := range c.Links.All {
		all[n] = writeAccount(&c.Links.All[n])
	}
	w["all"] = list(all)
	w.times("changes", c.Links.Changes)
	condition, values := versioned(c.Links.Version)
	writes := []types.TransactWriteItem{t.put(w, condition, values)}
	if c.Added != nil {
		w := writer(key(accountPrefix+c.Added.Names(), accountItem))
		w["user"], w["email"] = str(user), str(string(of))
		put := t.put(w, isNew+" OR #u = :u", item{":u": str(user)})
		put.Put.ExpressionAttributeNames = map[string]string{"#u": "user"}
		writes = append(writes, put)
	}
	if c.Gone != nil {
		writes = append(writes, t.unlink(c.Gone, user))
	}
	for _, m := range c.Tells {
		writes = append(writes, t.telling(m)...)
	}
	for _, r := range c.Rows {
		writes = append(writes, t.put(writeAudit(string(r.Agency), r.Row), isNew, nil))
	}
	return writes
}

// unlink deletes that the account signs the person in.
func (t *Table) unlink(l *identity.Link, user string) types.TransactWriteItem {
	return types.TransactWriteItem{Delete: &types.Delete{TableName: &t.name, Key: key(accountPrefix+l.Names(), accountItem),
		ConditionExpression: aws.String(isNew + " OR #u = :u"), ExpressionAttributeNames: map[string]string{"#u": "user"},
		ExpressionAttributeValues: item{":u": str(user)}}}
}
