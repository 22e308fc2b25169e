package dynamo

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/notice"
	"latchkey.dev/shared/domain/secret"
	"latchkey.dev/shared/domain/unsubscribe"
	"latchkey.dev/shared/usecase/optout"
)

// wishPrefix begins the items of what people who are invited want of reminders.
const wishPrefix = "un#"

// Unsubscribes is what following the links needs by which people stop mails.
type Unsubscribes struct{ t *Table }

var _ optout.Store = Unsubscribes{}

// NewUnsubscribes makes Unsubscribes of the table.
func NewUnsubscribes(t *Table) Unsubscribes { return Unsubscribes{t} }

// Wish reads what somebody wants of an agency's reminders, as it is now; what is not stored is empty.
func (u Unsubscribes) Wish(ctx context.Context, which id.Agency, user id.User) (*unsubscribe.Wish, error) {
	return u.t.wish(ctx, which, user)
}

// Client reads the relationship as it is now.
func (u Unsubscribes) Client(ctx context.Context, which id.Agency, ref id.Ref) (*client.Client, error) {
	return u.t.client(ctx, which, ref, true)
}

// SaveWish writes it with a row of the log, and with the relationship that it is about, nil for one that is gone, while the stored
// versions are those that were read.
func (u Unsubscribes) SaveWish(ctx context.Context, w *unsubscribe.Wish, c *client.Client, row audit.Entry) error {
	if c != nil {
		return u.t.commit(ctx, w.Agency, client.Change{Client: c, Wish: w, Audit: []audit.Entry{row}})
	}
	err := u.t.transact(ctx, []types.TransactWriteItem{u.t.putWish(w), u.t.put(writeAudit(string(w.Agency), row), isNew, nil)})
	if err == nil {
		w.Version++
	}
	return err
}

// Box reads a member's box of notices as it is now; one that is not stored is empty.
func (u Unsubscribes) Box(ctx context.Context, which id.Agency, member id.Member) (*notice.Box, error) {
	return u.t.box(ctx, which, member)
}

// StopBox writes the box with a row of the log while the stored version is the one that was read.
func (u Unsubscribes) StopBox(ctx context.Context, b *notice.Box, row audit.Entry) error {
	err := u.t.transact(ctx, []types.TransactWriteItem{u.t.writeBox(b), u.t.put(writeAudit(string(b.Agency), row), isNew, nil)})
	if err == nil {
		b.Version++
	}
	return err
}

// Agency reads the agency as it is now.
func (u Unsubscribes) Agency(ctx context.Context, which id.Agency) (*agency.Agency, error) {
	return u.t.agency(ctx, which)
}

// wish reads what somebody wants of an agency's reminders, as it is now; what is not stored is empty.
func (t *Table) wish(ctx context.Context, which id.Agency, user id.User) (*unsubscribe.Wish, error) {
	r, err := t.get(ctx, string(which), wishPrefix+string(user), true, "")
	if fault.Is(err, fault.NotFound) {
		return &unsubscribe.Wish{Agency: which, User: user}, nil
	}
	if err != nil {
		return nil, err
	}
	w := &unsubscribe.Wish{Agency: which, User: user, Client: id.Client(r.s("client")), Links: readStops(r), OffAt: r.time("off"),
		MailAt: r.time("mailed"), Version: int(r.n("v"))}
	return w, r.err
}

// putWish writes it while the stored version is the one that was read. While reminders go out it is kept for as long as its links are
// good; who wants none is never forgotten.
func (t *Table) putWish(w *unsubscribe.Wish) types.TransactWriteItem {
	x := writer(key(string(w.Agency), wishPrefix+string(w.User)))
	x["v"] = num(int64(w.Version) + 1)
	x.s("client", string(w.Client))
	writeStops(x, w.Links)
	x.t("off", w.OffAt)
	x.t("mailed", w.MailAt)
	if w.OffAt.IsZero() {
		x["ttl"] = ttlOf(w.MailAt.Add(unsubscribe.Kept))
	}
	condition, values := versioned(w.Version)
	return t.put(x, condition, values)
}

// forgetWish deletes the links of somebody who is erased. That no reminders are wanted is kept, as it is of who must not be mailed: it
// names nobody.
func (t *Table) forgetWish(ctx context.Context, which id.Agency, of email.Address) error {
	_, err := t.db.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &t.name,
		Key: key(string(which), wishPrefix+string(id.UserOf(of))), ConditionExpression: aws.String("attribute_not_exists(off)")})
	if err = outside(err); errors.Is(err, conflict.ErrChanged) {
		return nil
	}
	return err
}

func writeStops(w writer, links unsubscribe.Links) {
	if len(links) == 0 {
		return
	}
	l := make([]types.AttributeValue, len(links))
	for n := range links {
		l[n] = bin(links[n][:])
	}
	w["links"] = list(l)
}

func readStops(r *reader) unsubscribe.Links {
	var out unsubscribe.Links
	for _, b := range r.blobs("links") {
		if len(b) != len(secret.Hash{}) {
			r.wrong("links")
			break
		}
		out = append(out, secret.Hash(b))
	}
	return out
}
