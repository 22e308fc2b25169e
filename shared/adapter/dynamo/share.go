package dynamo

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/idempotency"
	"latchkey.dev/shared/domain/notice"
	"latchkey.dev/shared/domain/role"
	"latchkey.dev/shared/domain/secret"
	"latchkey.dev/shared/domain/sharelink"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/account"
	"latchkey.dev/shared/usecase/contacts"
	"latchkey.dev/shared/usecase/sharing"
)

const (
	linkPrefix    = "lnk#"
	requestPrefix = "req#"
	sharingItem   = "sharing" // what all links of an agency do together
	askedAtPrefix = "join#"   // of a person: where it has asked to join
	noLink        = "errors.there_is_no_such_share_link"
	noRequest     = "errors.there_is_no_such_join_request"
)

// shareLink reads a link as it is now.
func (t *Table) shareLink(ctx context.Context, which id.Agency, link id.ShareLink) (*sharelink.Link, error) {
	r, err := t.get(ctx, string(which), linkPrefix+string(link), true, noLink)
	if err != nil {
		return nil, err
	}
	return readLink(r)
}

// shareLinks lists the agency's links as they are now, newest first.
func (t *Table) shareLinks(ctx context.Context, which id.Agency) ([]sharelink.Link, error) {
	items, err := t.query(ctx, string(which), linkPrefix, true)
	if err != nil {
		return nil, err
	}
	out := make([]sharelink.Link, 0, len(items))
	for _, i := range items {
		l, err := readLink(&reader{item: i})
		if err != nil {
			return nil, err
		}
		out = append(out, *l)
	}
	return out, nil
}

// joinRequest reads a request as it is now.
func (t *Table) joinRequest(ctx context.Context, which id.Agency, at id.Ref) (*sharelink.Request, error) {
	if at == "" {
		return nil, fault.New(fault.NotFound, noRequest)
	}
	r, err := t.get(ctx, string(which), requestPrefix+string(at), true, noRequest)
	if err != nil {
		return nil, err
	}
	return readRequest(r)
}

// joinRequests lists the agency's requests that wait as they are now, oldest first.
func (t *Table) joinRequests(ctx context.Context, which id.Agency) ([]sharelink.Request, error) {
	items, err := t.query(ctx, string(which), requestPrefix, false)
	if err != nil {
		return nil, err
	}
	var out []sharelink.Request
	for _, i := range items {
		r, err := readRequest(&reader{item: i})
		if err != nil {
			return nil, err
		}
		if r.At(t.now()) == sharelink.Waiting {
			out = append(out, *r)
		}
	}
	slices.SortFunc(out, func(a, b sharelink.Request) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return out, nil
}

// ledger reads what the agency's links do together, as it is now; one that is not stored is empty.
func (t *Table) ledger(ctx context.Context, which id.Agency) (*sharelink.Ledger, error) {
	r, err := t.get(ctx, string(which), sharingItem, true, "")
	if fault.Is(err, fault.NotFound) {
		return &sharelink.Ledger{Agency: which}, nil
	}
	if err != nil {
		return nil, err
	}
	return readLedger(r)
}

// scene reads what a decision about joining needs in one BatchGetItem, as it is now.
func (t *Table) scene(ctx context.Context, which id.Agency, q sharing.Query) (*sharing.Scene, error) {
	pk := string(which)
	keys := []item{key(pk, agencyItem)}
	want := func(there bool, pk, sk string) {
		if there {
			keys = append(keys, key(pk, sk))
		}
	}
	want(q.Link != "", pk, linkPrefix+string(q.Link))
	want(q.Maker != "", pk, memberPrefix+string(q.Maker))
	want(q.Request != "", pk, requestPrefix+string(q.Request))
	want(q.Ledger, pk, sharingItem)
	if q.Person != "" {
		want(true, pk, clientPrefix+string(id.RefOf(which, q.Person)))
		want(true, userPrefix+string(id.UserOf(q.Person)), placePrefix+pk)
	}
	if q.Once != nil {
		want(true, pk, oncePrefix+q.Once.Key)
	}
	for _, r := range q.Roles {
		want(true, pk, rolePrefix+string(r))
	}
	holder := reader{item: holderKey(pk, q.Person)}
	want(q.Card, pk, holder.s("sk"))
	want(q.Card, pk, contactCount)
	items, err := t.getAll(ctx, keys)
	if err != nil {
		return nil, err
	}
	s := &sharing.Scene{}
	if q.Ledger {
		s.Ledger = &sharelink.Ledger{Agency: which}
	}
	for _, i := range items {
		r := &reader{item: i}
		switch r.s("sk") {
		case holder.s("sk"):
			if s.Card, err = t.contact(ctx, which, id.Contact(r.s("of"))); fault.Is(err, fault.NotFound) {
				s.Card, err = nil, nil
			}
		case contactCount:
			s.Full, err = r.n("n") >= contacts.MaxContacts, r.err
		default:
			err = t.sceneItem(s, r, q)
		}
		if err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (t *Table) sceneItem(s *sharing.Scene, r *reader, q sharing.Query) (err error) {
	switch sk := r.s("sk"); {
	case sk == agencyItem:
		s.Agency, err = readAgency(r)
	case sk == sharingItem:
		s.Ledger, err = readLedger(r)
	case strings.HasPrefix(sk, linkPrefix):
		s.Link, err = readLink(r)
	case strings.HasPrefix(sk, memberPrefix):
		s.Maker, err = readMember(r)
	case strings.HasPrefix(sk, clientPrefix):
		s.Client, err = readClient(r)
		if err == nil && s.Client.Email != q.Person && !s.Client.Erased() {
			s.Client = nil // two addresses at one ref, see id.Ref
		}
	case strings.HasPrefix(sk, requestPrefix):
		s.Request, err = readRequest(r)
	case strings.HasPrefix(sk, oncePrefix):
		s.Once, err = readOnce(r)
	case strings.HasPrefix(sk, placePrefix):
		s.Member, err = r.s("memberId") != "", r.err
	case strings.HasPrefix(sk, rolePrefix):
		var x *role.Role
		if x, err = readRole(r); err == nil {
			s.Roles = append(s.Roles, *x)
		}
	}
	return err
}

// hasPortal is the condition of the agency's item that people join it as it was read: it has Client Portal, and the people that it had.
func (t *Table) hasPortal(pk string, staff int) types.TransactWriteItem {
	condition, values := portalIs(staff)
	return types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{TableName: &t.name, Key: key(pk, agencyItem),
		ConditionExpression: &condition, ExpressionAttributeValues: values}}
}

func portalIs(staff int) (string, item) {
	const there = "attribute_exists(portal) AND attribute_not_exists(closed) AND "
	if staff == 0 {
		return there + "attribute_not_exists(staff)", nil
	}
	return there + "staff = :staff", item{":staff": num(int64(staff))}
}

// saveLink writes a change of a link, while the agency and the link are those that were read.
func (t *Table) saveLink(ctx context.Context, c sharing.Change) error {
	pk := string(c.Link.Agency)
	writes := []types.TransactWriteItem{t.hasPortal(pk, c.Staff), t.putLink(c.Link)}
	if c.Ledger != nil {
		writes = append(writes, t.putLedger(c.Ledger))
	}
	if c.Drop != nil {
		condition, values := versioned(c.Drop.Version)
		writes = append(writes, types.TransactWriteItem{Delete: &types.Delete{TableName: &t.name,
			Key:                 key(pk, linkPrefix+string(c.Drop.ID)),
			ConditionExpression: &condition, ExpressionAttributeValues: values}})
	}
	for _, row := range c.Audit {
		writes = append(writes, t.put(writeAudit(pk, row), isNew, nil))
	}
	if c.Once != nil {
		writes = append(writes,
			t.put(writeOnce(pk, c.Once), isNew+" OR usedAt < :old", item{":old": at(c.Once.At.Add(-idempotency.Lifetime))}))
	}
	err := t.transact(ctx, writes)
	if err == nil {
		c.Link.Version++
	}
	return err
}

// shared writes what goes with a client that comes by a link: the use, what the agency's links do together, and the request that was
// approved.
func (t *Table) shared(s *client.Share) []types.TransactWriteItem {
	out := []types.TransactWriteItem{t.putLink(s.Link)}
	if s.Ledger != nil {
		out = append(out, t.putLedger(s.Ledger))
	}
	if s.Card != nil {
		pk := string(s.Card.Agency)
		out = append(out, t.countContacts(pk, 1), t.put(writeContact(s.Card), isNew, nil), t.hold(s.Card))
	}
	if s.Request != nil {
		out = append(out, t.putRequest(s.Request), t.noLongerAsked(s.Asked, s.Request))
	}
	return out
}

// askToJoin writes a request, while the link and the agency are those that were read.
func (t *Table) askToJoin(ctx context.Context, a sharing.Asking) error {
	pk := string(a.Request.Agency)
	live, values := versioned(a.Link.Version)
	writes := []types.TransactWriteItem{t.hasPortal(pk, a.Staff),
		{ConditionCheck: &types.ConditionCheck{TableName: &t.name, Key: key(pk, linkPrefix+string(a.Link.ID)),
			ConditionExpression: &live, ExpressionAttributeValues: values}},
		t.putRequest(a.Request), t.putLedger(a.Ledger), t.put(writeAudit(pk, a.Audit), isNew, nil),
		{Put: &types.Put{TableName: &t.name, Item: item(writeAskedAt(a.Request))}}}
	if a.Tell {
		event := notice.Event{ID: a.Audit.ID, Kind: notice.JoinRequested, Inviter: a.Link.By}
		writes = append(writes, t.put(writeNotice(pk, event, t.now()), isNew, nil))
	}
	err := t.transact(ctx, writes)
	if err == nil {
		a.Request.Version++
	}
	return err
}

// refuseToJoin writes that a request was refused, while it and its link are those that were read.
func (t *Table) refuseToJoin(ctx context.Context, r sharing.Refusal) error {
	pk := string(r.Request.Agency)
	writes := []types.TransactWriteItem{t.hasPortal(pk, r.Staff), t.putRequest(r.Request), t.noLongerAsked(r.User, r.Request),
		t.put(writeAudit(pk, r.Audit), isNew, nil)}
	if r.Link != nil {
		writes = append(writes, t.putLink(r.Link))
	}
	err := t.transact(ctx, writes)
	if err == nil {
		r.Request.Version++
	}
	return err
}

// saveJoinRequest writes a request that was decided on, with what was done about its mail, while it is the one that was read.
func (t *Table) saveJoinRequest(ctx context.Context, q *sharelink.Request, row *audit.Entry) error {
	writes := []types.TransactWriteItem{t.putRequest(q)}
	if row != nil {
		writes = append(writes, t.put(writeAudit(string(q.Agency), *row), isNew, nil))
	}
	err := t.transact(ctx, writes)
	if err == nil {
		q.Version++
	}
	return err
}

// saveLedger writes that administrators were told, with the notice for them, while the ledger is the one that was read.
func (t *Table) saveLedger(ctx context.Context, l *sharelink.Ledger, tell *notice.Event) error {
	writes := []types.TransactWriteItem{t.putLedger(l)}
	if tell != nil {
		writes = append(writes, t.put(writeNotice(string(l.Agency), *tell, t.now()), isNew, nil))
	}
	return t.transact(ctx, writes)
}

func (t *Table) putLink(l *sharelink.Link) types.TransactWriteItem {
	w := writer(key(string(l.Agency), linkPrefix+string(l.ID)))
	w["v"] = num(int64(l.Version) + 1)
	w.s("name", l.Name)
	writeTexts(w, "roles", l.Roles)
	w.yes("contact", l.CreateContact)
	w.t("expires", l.ExpiresAt)
	w.n("most", l.MaxUses)
	w.texts("domains", l.Domains)
	w.yes("approval", l.Approval)
	w.s("state", string(l.State))
	w["hash"] = bin(l.Token[:])
	if len(l.Former) > 0 {
		former := make([]types.AttributeValue, len(l.Former))
		for n := range l.Former {
			former[n] = bin(l.Former[n][:])
		}
		w["former"] = list(former)
	}
	w.s("by", string(l.By))
	w.t("created", l.CreatedAt)
	w.t("disabled", l.DisabledAt)
	w.n("uses", l.Uses)
	w.t("used", l.LastUseAt)
	joined := make([]writer, len(l.Joined))
	for n, j := range l.Joined {
		joined[n] = writer{"c": str(string(j.Client)), "t": at(j.At)}
		joined[n].yes("less", j.Less)
		joined[n].yes("taken", j.Taken)
		joined[n].yes("full", j.Full)
	}
	w.l("joined", joined)
	writeTexts(w, "refused", l.Refused)
	if goes := l.GoesAt(); !goes.IsZero() {
		w["ttl"] = ttlOf(goes)
	}
	condition, values := versioned(l.Version)
	return t.put(w, condition, values)
}

func readLink(r *reader) (*sharelink.Link, error) {
	l := &sharelink.Link{ID: id.ShareLink(strings.TrimPrefix(r.s("sk"), linkPrefix)), Agency: id.Agency(r.s("pk")),
		Terms: sharelink.Terms{Name: r.s("name"), Roles: readTexts[id.Role](r, "roles"), CreateContact: r.yes("contact"),
			ExpiresAt: r.time("expires"), MaxUses: int(r.n("most")), Domains: r.texts("domains"), Approval: r.yes("approval")},
		State: sharelink.State(r.s("state")), By: id.Member(r.s("by")), CreatedAt: r.time("created"), DisabledAt: r.time("disabled"),
		Uses: int(r.n("uses")), LastUseAt: r.time("used"), Refused: readTexts[id.Ref](r, "refused"), Version: int(r.n("v"))}
	if b := r.b("hash"); len(b) == len(l.Token) {
		l.Token = secret.Hash(b)
	}
	for _, b := range r.blobs("former") {
		if len(b) == len(secret.Hash{}) {
			l.Former = append(l.Former, secret.Hash(b))
		}
	}
	r.maps("joined", func(m *reader) {
		l.Joined = append(l.Joined, sharelink.Joined{Client: id.Client(m.s("c")), At: m.time("t"), Less: m.yes("less"),
			Taken: m.yes("taken"), Full: m.yes("full")})
	})
	return l, r.err
}

func (t *Table) putRequest(q *sharelink.Request) types.TransactWriteItem {
	w := writer(key(string(q.Agency), requestPrefix+string(q.Ref())))
	w["v"] = num(int64(q.Version) + 1)
	w.s("id", string(q.ID))
	w.s("link", string(q.Link))
	w.s("email", string(q.Email))
	w.s("name", q.Name)
	w.s("lang", string(q.Language))
	w.s("state", string(q.State))
	w.t("created", q.CreatedAt)
	w.t("decided", q.DecidedAt)
	w.s("client", string(q.Client))
	w["ttl"] = ttlOf(q.GoesAt())
	if m := q.Mail; m.Job != "" {
		w.s("job", m.Job)
		w.yes("claimed", m.Claimed)
		w.n("tries", m.Tries)
		w["dp"], w["due"] = str(shardOf(string(q.Agency)+string(q.Ref()))), at(m.Due)
	}
	condition, values := versioned(q.Version)
	return t.put(w, condition, values)
}

func readRequest(r *reader) (*sharelink.Request, error) {
	return &sharelink.Request{ID: id.JoinRequest(r.s("id")), Agency: id.Agency(r.s("pk")), Link: id.ShareLink(r.s("link")),
		Email: email.Address(r.s("email")), Name: r.s("name"), Language: words.Language(r.s("lang")),
		State: sharelink.RequestState(r.s("state")), CreatedAt: r.time("created"),
		DecidedAt: r.time("decided"), Client: id.Client(r.s("client")), Version: int(r.n("v")),
		Mail: agency.Notice{Job: r.s("job"), Claimed: r.yes("claimed"), Tries: int(r.n("tries")), Due: r.time("due")}}, r.err
}

// writeAskedAt has the person's own list lead to a request, so that it is found there when the person asks what is kept, or is erased.
func writeAskedAt(q *sharelink.Request) writer {
	w := writer(key(userPrefix+string(id.UserOf(q.Email)), askedAt(q)))
	w.s("name", q.Name)
	w.t("created", q.CreatedAt)
	w["ttl"] = ttlOf(q.GoesAt())
	return w
}

// unask takes back a wish to join, with what the person's own list says of it.
func (t *Table) unask(ctx context.Context, user id.User, w account.Wish) error {
	q := &sharelink.Request{Agency: w.Agency, ID: w.Request}
	return t.transact(ctx, []types.TransactWriteItem{t.noLongerAsked(user, q), t.dropRequest(q)})
}

// wishesAtOnce is how many requests of one person go in one transaction with what they go with, which needs its own room among the 100
// items that a transaction takes.
const wishesAtOnce = 10

// wishes takes back what somebody has asked for at an agency who is erased there, or comes to work there. What is more than goes in one
// transaction with the rest, goes at once.
func (t *Table) wishes(ctx context.Context, pk string, of email.Address) ([]types.TransactWriteItem, error) {
	user := id.UserOf(of)
	items, err := t.query(ctx, userPrefix+string(user), askedAtPrefix+pk+"#", false)
	if err != nil {
		return nil, err
	}
	var out []types.TransactWriteItem
	for _, i := range items {
		r := &reader{item: i}
		which, request := readAskedAt(r.s("sk"))
		q := &sharelink.Request{Agency: which, ID: request}
		if out = append(out, t.noLongerAsked(user, q), t.dropRequest(q)); r.err != nil {
			return nil, r.err
		}
	}
	for len(out) > 2*wishesAtOnce {
		if err := t.transact(ctx, out[:2*wishesAtOnce]); err != nil {
			return nil, err
		}
		out = out[2*wishesAtOnce:]
	}
	return out, nil
}

func (t *Table) dropRequest(q *sharelink.Request) types.TransactWriteItem {
	return types.TransactWriteItem{Delete: &types.Delete{TableName: &t.name, Key: key(string(q.Agency), requestPrefix+string(q.Ref()))}}
}

func askedAt(q *sharelink.Request) string {
	return askedAtPrefix + string(q.Agency) + "#" + string(q.ID)
}

// noLongerAsked takes a request that was decided on off what is kept of the person.
func (t *Table) noLongerAsked(user id.User, q *sharelink.Request) types.TransactWriteItem {
	return types.TransactWriteItem{Delete: &types.Delete{TableName: &t.name, Key: key(userPrefix+string(user), askedAt(q))}}
}

// readAskedAt reads the agency and the id of a request that the person's own list leads to.
func readAskedAt(sk string) (id.Agency, id.JoinRequest) {
	which, request, _ := strings.Cut(strings.TrimPrefix(sk, askedAtPrefix), "#")
	return id.Agency(which), id.JoinRequest(request)
}

func (t *Table) putLedger(l *sharelink.Ledger) types.TransactWriteItem {
	w := writer(key(string(l.Agency), sharingItem))
	w["v"] = num(int64(l.Version) + 1)
	w.times("joins", l.Joins)
	w.t("told", l.ToldAt)
	if !l.Due.IsZero() {
		w["dp"], w["due"] = str(shardOf(string(l.Agency)+sharingItem)), at(l.Due)
	}
	condition, values := versioned(l.Version)
	return t.put(w, condition, values)
}

func readLedger(r *reader) (*sharelink.Ledger, error) {
	return &sharelink.Ledger{Agency: id.Agency(r.s("pk")), Joins: r.times("joins"), ToldAt: r.time("told"), Due: r.time("due"),
		Version: int(r.n("v"))}, r.err
}
