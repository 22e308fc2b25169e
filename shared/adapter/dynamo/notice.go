package dynamo

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/notice"
)

const (
	noticePrefix = "nt#"
	boxPrefix    = "nb#"
)

// noticed writes the notices of a change's rows of the log: each has an item of its own, so that many at once never meet, and it is
// due at once, so that the sweep puts it into people's boxes.
func (t *Table) noticed(pk string, c *client.Client, rows []audit.Entry, now time.Time) []types.TransactWriteItem {
	var out []types.TransactWriteItem
	for _, e := range rows {
		kind := notice.Of(e.Action)
		if kind == "" || kind == notice.NotSent && c.Invite.SendAt.IsZero() { // then its sender has seen it
			continue
		}
		which := c.Invite.ID
		if id.Invite(e.Subject).Ref() != "" {
			which = id.Invite(e.Subject)
		}
		out = append(out, t.put(writeNotice(pk, notice.Event{ID: e.ID, Kind: kind, Client: c.ID, Invite: which,
			Inviter: c.Invite.From.Member}, now), isNew, nil))
	}
	return out
}

// noticedOf writes the notice of a row of the log that is of no client, and that nobody has caused.
func (t *Table) noticedOf(pk string, row audit.Entry) []types.TransactWriteItem {
	kind := notice.Of(row.Action)
	if kind == "" || row.Actor != audit.System {
		return nil
	}
	return []types.TransactWriteItem{t.put(writeNotice(pk, notice.Event{ID: row.ID, Kind: kind}, t.now()), isNew, nil)}
}

// writeNotice is a notice that waits to be put into people's boxes.
func writeNotice(pk string, e notice.Event, now time.Time) writer {
	w := writer(key(pk, noticePrefix+string(e.ID)))
	w.s("kind", string(e.Kind))
	w.s("client", string(e.Client))
	w.s("invite", string(e.Invite))
	w.s("by", string(e.Inviter))
	w.s("role", string(e.Role))
	w.l("powers", writePowers(e.Powers))
	w["dp"], w["due"] = str(shardOf(pk)), at(now)
	return w
}

// notices reads some of the agency's notices that are in nobody's box yet, oldest first.
func (t *Table) notices(ctx context.Context, which id.Agency, most int) ([]notice.Event, error) {
	res, err := t.db.Query(ctx, &dynamodb.QueryInput{TableName: &t.name,
		KeyConditionExpression:    aws.String("pk = :p AND begins_with(sk, :s)"),
		ExpressionAttributeValues: item{":p": str(string(which)), ":s": str(noticePrefix)}, ConsistentRead: aws.Bool(true),
		Limit: aws.Int32(int32(most))}) //nolint:gosec // a small constant
	if err != nil {
		return nil, outside(err)
	}
	var out []notice.Event
	for _, i := range res.Items {
		r := &reader{item: i}
		out = append(out, notice.Event{ID: id.Event(strings.TrimPrefix(r.s("sk"), noticePrefix)), Kind: notice.Kind(r.s("kind")),
			Client: id.Client(r.s("client")), Invite: id.Invite(r.s("invite")), Inviter: id.Member(r.s("by")),
			Role: id.Role(r.s("role")), Powers: readPowers(r)})
		if r.err != nil {
			return nil, r.err
		}
	}
	return out, nil
}

// people lists the agency's members as they are now.
func (t *Table) people(ctx context.Context, which id.Agency) (agency.Members, error) {
	items, err := t.query(ctx, string(which), memberPrefix, false)
	if err != nil {
		return nil, err
	}
	var out agency.Members
	for _, i := range items {
		m, err := readMember(&reader{item: i})
		if err != nil {
			return nil, err
		}
		out = append(out, *m)
	}
	return out, nil
}

// box reads a member's box as it is now; one that is not stored is empty.
func (t *Table) box(ctx context.Context, which id.Agency, member id.Member) (*notice.Box, error) {
	r, err := t.get(ctx, string(which), boxPrefix+string(member), true, "")
	if fault.Is(err, fault.NotFound) {
		return &notice.Box{Agency: which, Member: member}, nil
	}
	if err != nil {
		return nil, err
	}
	return readBox(r, which, member)
}

func readBox(r *reader, which id.Agency, member id.Member) (*notice.Box, error) {
	b := &notice.Box{Agency: which, Member: member, More: int(r.n("more")), Job: r.s("job"), Claimed: r.n("claimed") != 0,
		Tries: int(r.n("tries")), Number: int(r.n("number")), Due: r.time("due"), SentAt: r.time("sent"), Version: int(r.n("v")),
		Rhythm: notice.Rhythm(r.s("rhythm")), Before: notice.Rhythm(r.s("before")), Zone: r.s("zone"), Links: readStops(r)}
	for name, on := range map[string]bool{"on": true, "off": false} {
		for _, v := range r.list(name) {
			s, ok := v.(*types.AttributeValueMemberS)
			if !ok {
				r.wrong(name)
				break
			}
			if b.Choices == nil {
				b.Choices = notice.Choices{}
			}
			b.Choices[notice.Kind(s.Value)] = on
		}
	}
	r.maps("lines", func(m *reader) {
		b.Lines = append(b.Lines, notice.Line{Event: id.Event(m.s("e")), Kind: notice.Kind(m.s("k")), Client: id.Client(m.s("c")),
			Invite: id.Invite(m.s("i")), Role: id.Role(m.s("r")), Powers: readPowers(m), Shared: m.yes("also")})
	})
	return b, r.err
}

func (t *Table) writeBox(b *notice.Box) types.TransactWriteItem {
	w := writer(key(string(b.Agency), boxPrefix+string(b.Member)))
	w["v"] = num(int64(b.Version) + 1)
	for name, on := range map[string]bool{"on": true, "off": false} {
		var l []types.AttributeValue
		for _, d := range notice.Register() {
			if chosen, ok := b.Choices[d.Kind]; ok && chosen == on {
				l = append(l, str(string(d.Kind)))
			}
		}
		if len(l) > 0 {
			w[name] = list(l)
		}
	}
	lines := make([]writer, len(b.Lines))
	for n, l := range b.Lines {
		lines[n] = writer{"e": str(string(l.Event)), "k": str(string(l.Kind)), "c": str(string(l.Client)), "i": str(string(l.Invite))}
		lines[n].s("r", string(l.Role))
		lines[n].l("powers", writePowers(l.Powers))
		lines[n].yes("also", l.Shared)
	}
	w.l("lines", lines)
	w.n("more", b.More)
	w.s("job", b.Job)
	if b.Claimed {
		w.n("claimed", 1)
	}
	w.n("tries", b.Tries)
	w.n("number", b.Number)
	w.t("sent", b.SentAt)
	w.s("rhythm", string(b.Rhythm))
	w.s("before", string(b.Before))
	w.s("zone", b.Zone)
	writeStops(w, b.Links)
	if !b.Due.IsZero() {
		w["dp"], w["due"] = str(shardOf(string(b.Member))), at(b.Due)
	}
	condition, values := versioned(b.Version)
	return t.put(w, condition, values)
}

// saveBox writes the box while the stored version is the one that was read.
func (t *Table) saveBox(ctx context.Context, b *notice.Box) error {
	err := t.transact(ctx, []types.TransactWriteItem{t.writeBox(b)})
	if err == nil {
		b.Version++
	}
	return err
}

// dropBox deletes the box of a member who is gone, and makes notices of these of its lines once more.
func (t *Table) dropBox(ctx context.Context, b *notice.Box, left []notice.Line) error {
	if b.Version == 0 {
		return nil
	}
	writes := []types.TransactWriteItem{t.withoutBox(b)}
	for _, l := range left {
		writes = append(writes, t.put(writeNotice(string(b.Agency), notice.Event{ID: l.Event, Kind: l.Kind, Client: l.Client,
			Invite: l.Invite, Inviter: b.Member, Role: l.Role}, t.now()), isNew, nil))
	}
	return t.transact(ctx, writes)
}

// withoutBox deletes a box while the stored version is the one that was read.
func (t *Table) withoutBox(b *notice.Box) types.TransactWriteItem {
	condition, values := versioned(b.Version)
	return types.TransactWriteItem{Delete: &types.Delete{TableName: &t.name, Key: key(string(b.Agency), boxPrefix+string(b.Member)),
		ConditionExpression: &condition, ExpressionAttributeValues: values}}
}

// putIn takes notices out of the agency's list and writes the boxes that they were put in, in one transaction: each is put there
// once, however often that is tried.
func (t *Table) putIn(ctx context.Context, which id.Agency, events []notice.Event, boxes []*notice.Box) error {
	var writes []types.TransactWriteItem
	for _, e := range events {
		writes = append(writes, types.TransactWriteItem{Delete: &types.Delete{TableName: &t.name,
			Key: key(string(which), noticePrefix+string(e.ID)), ConditionExpression: aws.String("attribute_exists(pk)")}})
	}
	for _, b := range boxes {
		writes = append(writes, t.writeBox(b))
	}
	return t.transact(ctx, writes)
}
