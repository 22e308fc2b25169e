package dynamo

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/usecase/account"
)

// whole reads all items of a partition as they are now.
func (t *Table) whole(ctx context.Context, pk string) ([]item, error) {
	in := &dynamodb.QueryInput{TableName: &t.name, KeyConditionExpression: aws.String("pk = :p"),
		ExpressionAttributeValues: item{":p": str(pk)}, ConsistentRead: aws.Bool(true)}
	var out []item
	for {
		res, err := t.db.Query(ctx, in)
		if err != nil {
			return nil, outside(err)
		}
		out = append(out, res.Items...)
		if res.LastEvaluatedKey == nil {
			return out, nil
		}
		in.ExclusiveStartKey = res.LastEvaluatedKey
	}
}

// person reads all that is kept of a person by itself, as it is now.
func (t *Table) person(ctx context.Context, user id.User) (*account.Person, error) {
	items, err := t.whole(ctx, userPrefix+string(user))
	if err != nil {
		return nil, err
	}
	p := &account.Person{}
	for _, i := range items {
		r := &reader{item: i}
		switch sk := r.s("sk"); {
		case sk == userItem:
			p.Email, p.CreatedAt = email.Address(r.s("email")), r.time("created")
		case sk == linksItem:
			var l *identity.Links
			if l, err = readLinks(r, user); err == nil {
				p.Links = l.All
			}
		case strings.HasPrefix(sk, codePrefix): // that a code was asked for is told by the next
			p.Codes++
		case strings.HasPrefix(sk, askedPrefix):
			var asked *identity.Asked
			if asked, err = readAsked(r, user); err == nil {
				p.Asked = append(p.Asked, asked.At...)
			}
		case strings.HasPrefix(sk, sessionPrefix):
			s, e := readSession(r, user)
			if err = e; err == nil {
				p.Sessions = append(p.Sessions, *s)
			}
		case sk == passkeysItem:
			p.Passkeys, err = readPasskeys(r, user)
		case strings.HasPrefix(sk, changePrefix):
			var c *identity.Change
			if c, err = readChange(r, user); err == nil {
				p.Changes = append(p.Changes, *c)
			}
		case strings.HasPrefix(sk, askedAtPrefix):
			which, request := readAskedAt(sk)
			p.Wishes = append(p.Wishes, account.Wish{Agency: which, Request: request, Name: r.s("name"), At: r.time("created")})
		case strings.HasPrefix(sk, placePrefix):
			at := account.Place{Agency: id.Agency(strings.TrimPrefix(sk, placePrefix)), Member: id.Member(r.s("memberId")),
				Client: id.Client(r.s("clientId")), Former: id.Client(r.s("formerClientId"))}
			if at.Member != "" || at.Client != "" || at.Former != "" {
				p.Places = append(p.Places, at)
			}
		}
		if err == nil {
			err = r.err
		}
		if err != nil {
			return nil, err
		}
	}
	return p, nil
}

// left lists the agencies that the person was a client of.
func (t *Table) left(ctx context.Context, user id.User) ([]id.Agency, error) {
	items, err := t.query(ctx, userPrefix+string(user), placePrefix, false)
	if err != nil {
		return nil, err
	}
	var out []id.Agency
	for _, i := range items {
		r := &reader{item: i}
		if r.s("formerClientId") != "" {
			out = append(out, id.Agency(strings.TrimPrefix(r.s("sk"), placePrefix)))
		}
		if r.err != nil {
			return nil, r.err
		}
	}
	return out, nil
}

// forget deletes all that is kept of a person by itself: first what leads to agencies and what signs in, and only when
// all that is gone the sessions, so that whoever was interrupted is still signed in and can ask again. A place that the
// person has taken meanwhile stays.
func (t *Table) forget(ctx context.Context, user id.User) error {
	pk := userPrefix + string(user)
	items, err := t.whole(ctx, pk)
	if err != nil {
		return err
	}
	session := func(i item) bool { return strings.HasPrefix((&reader{item: i}).s("sk"), sessionPrefix) }
	slices.SortStableFunc(items, func(a, b item) int {
		switch x, y := session(a), session(b); {
		case x == y:
			return 0
		case x:
			return 1
		}
		return -1
	})
	if err := t.forgetCredentials(ctx, items, user); err != nil {
		return err
	}
	if err := t.forgetLinks(ctx, user, items); err != nil {
		return err
	}
	for part := range slices.Chunk(items, actions) {
		writes := make([]types.TransactWriteItem, len(part))
		for n, i := range part {
			sk := (&reader{item: i}).s("sk")
			d := &types.Delete{TableName: &t.name, Key: key(pk, sk)}
			if strings.HasPrefix(sk, placePrefix) {
				d.ConditionExpression = aws.String("attribute_not_exists(clientId) AND attribute_not_exists(formerClientId) AND " +
					"attribute_not_exists(memberId)")
			}
			if sk == passkeysItem { // one that was added meanwhile is looked at again
				d.ConditionExpression = aws.String("v = :v")
				d.ExpressionAttributeValues = item{":v": i["v"]}
			}
			writes[n] = types.TransactWriteItem{Delete: d}
		}
		if err := t.transact(ctx, writes); err != nil {
			return err
		}
	}
	return nil
}

// forgetCredentials deletes what leads from the credentials among a person's items to the person.
func (t *Table) forgetCredentials(ctx context.Context, items []item, user id.User) error {
	for _, i := range items {
		r := &reader{item: i}
		if r.s("sk") != passkeysItem {
			continue
		}
		set, err := readPasskeys(r, user)
		if err != nil {
			return err
		}
		var writes []types.TransactWriteItem
		for _, p := range set.Keys {
			writes = append(writes, t.dropCredential(p.Credential))
		}
		if len(writes) > 0 {
			return t.transact(ctx, writes)
		}
	}
	return nil
}

// forgetLinks has the accounts at providers sign the person in no more, before the list of them goes.
func (t *Table) forgetLinks(ctx context.Context, user id.User, items []item) error {
	n := slices.IndexFunc(items, func(i item) bool { return (&reader{item: i}).s("sk") == linksItem })
	if n < 0 {
		return nil
	}
	l, err := readLinks(&reader{item: items[n]}, user)
	if err != nil || len(l.All) == 0 {
		return err
	}
	gone := &identity.Links{User: user, Version: l.Version}
	writes := t.linking("", &identity.LinkChange{Links: gone})
	for i := range l.All {
		writes = append(writes, t.unlink(&l.All[i], string(user)))
	}
	return t.transact(ctx, writes)
}
