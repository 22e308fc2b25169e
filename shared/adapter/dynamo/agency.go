package dynamo

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/reminder"
	"latchkey.dev/shared/domain/words"
)

// agency reads the agency as it is now.
func (t *Table) agency(ctx context.Context, which id.Agency) (*agency.Agency, error) {
	r, err := t.get(ctx, string(which), agencyItem, true, "errors.there_is_no_such_agency")
	if err != nil {
		return nil, err
	}
	return readAgency(r)
}

func readAgency(r *reader) (*agency.Agency, error) {
	a := &agency.Agency{ID: id.Agency(r.s("pk")), Name: r.s("name"), Color: r.s("color"), LogoURL: r.s("logo"),
		Plan:      agency.Plan(r.s("plan")),
		Suspended: !r.time("suspended").IsZero(), SuspendedAt: r.time("suspended"), CreatedAt: r.time("created"),
		ClosedAt: r.time("closed"), Revision: int(r.n("rev")),
		Unsettled: r.time("unsettled"), HaltedAt: r.time("halted"), Told: agency.Standing(r.s("told")),
		Staff: int(r.n("staff")), NameAllowed: r.s("nameOk"), Zone: r.s("zone"),
		Language: words.Language(r.s("lang")),
		Portal: agency.Portal{InstalledAt: r.time("portal"), Stocked: r.s("stocked") != "",
			EmployeesInvite: r.s("employeesInvite") != ""}}
	a.Payment = readSubscription(r, "payment")
	r.within("signIn", func(r *reader) { a.SignIn = readSignIn(r) })
	a.SignIn.Version = int(r.n("signIns"))
	a.Reminders = reminder.Settings{Off: r.yes("rmOff"), First: int(r.n("rmFirst")), Last: int(r.n("rmLast")),
		Weekends: r.yes("rmWeekends")}
	for _, owner := range r.texts("farewell") {
		a.Farewell = append(a.Farewell, email.Address(owner))
	}
	a.Sends.Total = int(r.n("total"))
	for i := range a.Sends.Slots {
		a.Sends.Slots[i] = r.time(slotName(i))
	}
	return a, r.err
}

// Founding is an agency with its first member, and with what it runs already.
type Founding struct {
	Agency    agency.Agency
	Owner     agency.Member
	Resources []instance.Resource // at most 97: a transaction takes 100 items
}

// found writes a new agency, its owner, the owner's membership and its resources in one transaction;
// conflict.ErrChanged when the agency exists.
func (t *Table) found(ctx context.Context, f Founding) error {
	return t.transact(ctx, t.founding(f))
}

func (t *Table) founding(f Founding) []types.TransactWriteItem {
	pk := string(f.Agency.ID)
	a := writer(key(pk, agencyItem))
	a.s("name", f.Agency.Name)
	a.s("color", f.Agency.Color)
	a.s("logo", f.Agency.LogoURL)
	a.s("plan", string(f.Agency.Plan))
	a.t("created", f.Agency.CreatedAt)
	a.s("zone", f.Agency.Zone)
	a.s("lang", string(f.Agency.Language))
	a.t("portal", f.Agency.Portal.InstalledAt)
	own := map[instance.Kind]int{}
	for _, r := range f.Resources {
		if r.Owner == "" {
			own[instance.KindOf(r.ID)]++
		}
	}
	for _, kind := range []instance.Kind{instance.N8N, instance.Service} {
		a[counter(kind)] = num(int64(own[kind]))
	}
	place := writer(key(userPrefix+string(id.UserOf(f.Owner.Email)), placePrefix+pk))
	place.s("memberId", string(f.Owner.ID))
	writes := []types.TransactWriteItem{t.put(a, isNew, nil), t.put(writeMember(pk, &f.Owner), isNew, nil), t.put(place, isNew, nil)}
	for _, r := range f.Resources {
		writes = append(writes, t.put(writeResource(pk, r), isNew, nil))
	}
	return writes
}

// member reads a member of the agency as it is now.
func (t *Table) member(ctx context.Context, which id.Agency, member id.Member) (*agency.Member, error) {
	r, err := t.get(ctx, string(which), memberPrefix+string(member), true, "errors.there_is_no_such_member")
	if err != nil {
		return nil, err
	}
	return readMember(r)
}

func resourceKeys(pk string, ids []id.Resource) []item {
	seen := map[id.Resource]bool{} // BatchGetItem refuses a key that stands twice
	var out []item
	for _, r := range ids {
		if !seen[r] && instance.KindOf(r) != "" {
			seen[r] = true
			out = append(out, key(pk, thingPrefix+string(r)))
		}
	}
	return out
}

// resourcesByID reads some of the agency's resources; those that do not exist are left out.
func (t *Table) resourcesByID(ctx context.Context, which id.Agency, ids []id.Resource) (map[id.Resource]instance.Resource, error) {
	items, err := t.getAll(ctx, resourceKeys(string(which), ids))
	if err != nil {
		return nil, err
	}
	out := make(map[id.Resource]instance.Resource, len(items))
	for _, i := range items {
		r, err := readResource(&reader{item: i})
		if err != nil {
			return nil, err
		}
		out[r.ID] = r
	}
	return out, nil
}

// resources lists the agency's resources of a kind in the order in which they were made.
func (t *Table) resources(ctx context.Context, which id.Agency, kind instance.Kind) ([]instance.Resource, error) {
	prefix := thingPrefix + id.InstancePrefix
	if kind == instance.Service {
		prefix = thingPrefix + id.ServicePrefix
	}
	items, err := t.query(ctx, string(which), prefix, false)
	if err != nil {
		return nil, err
	}
	out := make([]instance.Resource, 0, len(items))
	for _, i := range items {
		r, err := readResource(&reader{item: i})
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// addResource writes a resource that must not exist yet.
func (t *Table) addResource(ctx context.Context, which id.Agency, r instance.Resource) error {
	pk := string(which)
	writes := []types.TransactWriteItem{t.put(writeResource(pk, r), isNew, nil)}
	if r.Owner != "" {
		return t.transact(ctx, writes)
	}
	return t.counted(ctx, pk, instance.KindOf(r.ID), 1, 1<<30, writes)
}

func writeResource(pk string, r instance.Resource) writer {
	w := writer(key(pk, thingPrefix+string(r.ID)))
	w.s("type", r.Type)
	w.s("name", r.Name)
	w.s("status", string(r.Status))
	w.s("url", r.URL)
	w.t("created", r.CreatedAt)
	w.s("key", r.Key)
	w.t("checked", r.CheckedAt)
	w.s("reason", r.Reason)
	w.s("owner", string(r.Owner))
	w.yes("handed", r.Handed)
	if r.BadKey {
		w["badKey"] = num(1)
	}
	w.t("answered", r.AnsweredAt)
	w.t("silent", r.SilentAt)
	w.t("next", r.Next)
	w.s("listed", r.Listed)
	w.t("listedAt", r.ListedAt)
	if due := r.Due(); !due.IsZero() {
		w["dp"], w["due"] = str(watchShard(pk, r.ID)), at(due)
	}
	w["v"] = num(int64(max(r.Version, 1)))
	return w
}

func readResource(r *reader) (instance.Resource, error) {
	x := instance.Resource{ID: id.Resource(r.s("sk")[len(thingPrefix):]), Type: r.s("type"), Name: r.s("name"),
		Status: instance.Status(r.s("status")),
		URL:    r.s("url"), CreatedAt: r.time("created"), Key: r.s("key"), CheckedAt: r.time("checked"), Reason: r.s("reason"),
		Owner: id.Client(r.s("owner")), Handed: r.yes("handed"), Version: int(r.n("v")),
		BadKey: r.n("badKey") != 0, AnsweredAt: r.time("answered"), SilentAt: r.time("silent"), Next: r.time("next"),
		Listed: r.s("listed"), ListedAt: r.time("listedAt")}
	x.Kind = instance.KindOf(x.ID)
	return x, r.err
}

// suppressed tells whether the agency must not mail the person.
func (t *Table) suppressed(ctx context.Context, which id.Agency, user id.User) (bool, error) {
	_, err := t.get(ctx, string(which), stopPrefix+string(user), true, "")
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	return err == nil, err
}

// suppress keeps the agency from mailing the person; it is no error when that is so already.
func (t *Table) suppress(ctx context.Context, which id.Agency, user id.User, reason string, now time.Time) error {
	w := writer(key(string(which), stopPrefix+string(user)))
	w.s("reason", reason)
	w["at"] = at(now)
	condition := isNew
	_, err := t.db.PutItem(ctx, &dynamodb.PutItemInput{TableName: &t.name, Item: w, ConditionExpression: &condition})
	if err = outside(err); errors.Is(err, conflict.ErrChanged) {
		return nil
	}
	return err
}

// history reads the audit log of the agency, oldest first.
func (t *Table) history(ctx context.Context, which id.Agency) ([]audit.Entry, error) {
	items, err := t.query(ctx, string(which), auditPrefix, false)
	if err != nil {
		return nil, err
	}
	out := make([]audit.Entry, 0, len(items))
	for _, i := range items {
		e, err := readAudit(&reader{item: i})
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}
