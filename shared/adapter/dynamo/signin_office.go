package dynamo

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/secret"
	"latchkey.dev/shared/domain/sender"
	"latchkey.dev/shared/usecase/ownsignin"
	"latchkey.dev/shared/usecase/signin"
)

func readSignIn(r *reader) agency.SignIn {
	return agency.SignIn{Name: r.s("name"), Issuer: r.s("issuer"), ClientID: r.s("client"), Secret: r.s("secret"),
		Required: r.yes("required"), SetAt: r.time("set"), Rested: r.yes("rested"), Turns: r.times("turns")}
}

// saveSignIn writes a change of an agency's own provider while that has the version that was read.
func (t *Table) saveSignIn(ctx context.Context, c ownsignin.Change) error {
	pk, s := string(c.Agency), &c.SignIn
	u := &types.Update{TableName: &t.name, Key: key(pk, agencyItem), ExpressionAttributeValues: item{":one": num(1)}}
	condition, update := "attribute_exists(pk) AND attribute_not_exists(closed)", "REMOVE signIn ADD signIns :one"
	if s.Set() || len(s.Turns) > 0 {
		w := writer{}
		w.s("name", s.Name)
		w.s("issuer", s.Issuer)
		w.s("client", s.ClientID)
		w.s("secret", s.Secret)
		w.yes("required", s.Required)
		w.t("set", s.SetAt)
		w.yes("rested", s.Rested)
		w.times("turns", s.Turns)
		u.ExpressionAttributeValues[":signIn"] = &types.AttributeValueMemberM{Value: w}
		update = "SET signIn = :signIn ADD signIns :one"
	}
	if s.Version == 0 {
		condition += " AND attribute_not_exists(signIns)"
	} else {
		condition += " AND signIns = :v"
		u.ExpressionAttributeValues[":v"] = num(int64(s.Version))
	}
	if c.Max {
		condition += " AND #plan = :max"
		u.ExpressionAttributeNames = map[string]string{"#plan": "plan"}
		u.ExpressionAttributeValues[":max"] = str(string(agency.Max))
	}
	writes := []types.TransactWriteItem{{Update: u}}
	if c.Holds != nil { // nobody comes or goes meanwhile
		condition, update = condition+staffIs(u, c.Staff), update+", staff :one"
		held := item{":held": num(1)}
		set := "SET held = :held"
		if !s.Required {
			set, held = "REMOVE held", nil
		}
		for _, m := range c.Holds {
			writes = append(writes, types.TransactWriteItem{Update: &types.Update{TableName: &t.name, Key: key(pk, memberPrefix+string(m)),
				UpdateExpression: &set, ConditionExpression: aws.String("attribute_exists(pk)"), ExpressionAttributeValues: held}})
		}
	}
	u.ConditionExpression, u.UpdateExpression = &condition, &update
	for _, row := range c.Rows {
		writes = append(writes, t.put(writeAudit(pk, row), isNew, nil))
	}
	for _, m := range c.Tells {
		writes = append(writes, t.telling(m)...)
	}
	return t.transact(ctx, writes)
}

// openOffice writes a session that is good for one agency alone, and what else is written with it: of a change of what signs the
// member in there everything, while the agency's people and its provider are what it was decided from.
func (t *Table) openOffice(ctx context.Context, s *identity.Session, c *identity.OfficeChange, more ...types.TransactWriteItem) error {
	writes := append([]types.TransactWriteItem{t.put(writeSession(s), isNew, nil)}, more...)
	if c != nil {
		pk := string(c.Agency)
		staffed := t.staffed(pk, c.Staff)
		*staffed.Update.ConditionExpression += " AND signIns = :signIns"
		staffed.Update.ExpressionAttributeValues[":signIns"] = num(int64(c.Registered))
		w := writer{}
		w.s("issuer", c.Account.Issuer)
		w.s("subject", c.Account.Subject)
		w.t("at", c.Account.At)
		writes = append(writes, staffed, types.TransactWriteItem{Update: &types.Update{TableName: &t.name,
			Key: key(pk, memberPrefix+string(c.Member)), UpdateExpression: aws.String("SET ownAccount = :account"),
			ConditionExpression:       aws.String("attribute_exists(pk)"),
			ExpressionAttributeValues: item{":account": &types.AttributeValueMemberM{Value: w}}}})
		for _, r := range c.Rows {
			writes = append(writes, t.put(writeAudit(string(r.Agency), r.Row), isNew, nil))
		}
		for _, m := range c.Tells {
			writes = append(writes, t.telling(m)...)
		}
	}
	return t.transact(ctx, writes)
}

// mostLabels is how many labels of a name are looked at, from its end, to find the tree that it stands in.
const mostLabels = 6

// holder is the claim that holds the very name; false for none. The tree that a name stands in begins at one of its ends. Which one it is
// a list of public suffixes would tell, too, which is larger than there is room for where it is asked.
func (t *Table) holder(ctx context.Context, domain string) (sender.Hold, bool, error) {
	labels := strings.Split(domain, ".")
	for n := 2; n <= min(len(labels), mostLabels); n++ {
		r, err := t.get(ctx, topPrefix+strings.Join(labels[len(labels)-n:], "."), treeItem, true, "")
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return sender.Hold{}, false, err
		}
		tree, err := readTree(r)
		if err != nil {
			return sender.Hold{}, false, err
		}
		for _, h := range tree.Holds {
			if h.Domain == sender.Domain(domain) {
				return h, true, nil
			}
		}
	}
	return sender.Hold{}, false, nil
}

// Offices is what signing in by agencies' own providers needs.
type Offices struct{ t *Table }

// NewOffices makes Offices of the table.
func NewOffices(t *Table) Offices { return Offices{t} }

var _ signin.OfficeStore = Offices{}

// Agency reads an agency as it is now.
func (o Offices) Agency(ctx context.Context, which id.Agency) (*agency.Agency, error) {
	return o.t.agency(ctx, which)
}

// People lists the agency's members as they are now.
func (o Offices) People(ctx context.Context, which id.Agency) (agency.Members, error) {
	return o.t.people(ctx, which)
}

// Spend writes that an errand is over.
func (o Offices) Spend(ctx context.Context, spent string, until time.Time) error {
	return o.t.spend(ctx, spent, until)
}

// Holds tells whether the agency has proven that the domain is its own.
func (o Offices) Holds(ctx context.Context, which id.Agency, domain string) (bool, error) {
	h, ok, err := o.t.holder(ctx, domain)
	return ok && h.Agency == which, err
}

// OpenOffice writes the new session, and a change of what signs the member in at the agency.
func (o Offices) OpenOffice(ctx context.Context, s *identity.Session, change *identity.OfficeChange) error {
	return o.t.openOffice(ctx, s, change)
}

// ProveAt writes that the session's person has proved at a time to be who it is.
func (o Offices) ProveAt(ctx context.Context, user id.User, session string, at time.Time) error {
	return o.t.transact(ctx, []types.TransactWriteItem{o.t.proved(user, session, at)})
}

// EndSession deletes the session, if it is there and has the hash.
func (o Offices) EndSession(ctx context.Context, user id.User, session string, hash secret.Hash) error {
	return o.t.endSession(ctx, user, session, hash)
}

// Allow counts one use under the name in the window that now is in, and returns how long to wait when it was used too
// often.
func (o Offices) Allow(ctx context.Context, name string, most int, window time.Duration, now time.Time) (time.Duration, error) {
	return o.t.allow(ctx, name, most, window, now)
}

// OfficeWays is what finding agencies' own ways in needs.
type OfficeWays struct{ t *Table }

// NewOfficeWays makes OfficeWays of the table.
func NewOfficeWays(t *Table) OfficeWays { return OfficeWays{t} }

var _ signin.OfficeFindStore = OfficeWays{}

// Agency reads an agency as it is now.
func (o OfficeWays) Agency(ctx context.Context, which id.Agency) (*agency.Agency, error) {
	return o.t.agency(ctx, which)
}

// People lists the agency's members as they are now.
func (o OfficeWays) People(ctx context.Context, which id.Agency) (agency.Members, error) {
	return o.t.people(ctx, which)
}

// Member reads a member of the agency as it is now.
func (o OfficeWays) Member(ctx context.Context, which id.Agency, member id.Member) (*agency.Member, error) {
	return o.t.member(ctx, which, member)
}

// Memberships lists where the person works or is a client.
func (o OfficeWays) Memberships(ctx context.Context, user id.User) ([]identity.Membership, error) {
	return o.t.memberships(ctx, user)
}

// Holder is the agency that has proven that the domain is its own; "" for nobody's.
func (o OfficeWays) Holder(ctx context.Context, domain string) (id.Agency, error) {
	h, _, err := o.t.holder(ctx, domain)
	return h.Agency, err
}

// Without is what an owner needs to do without the agency's own provider.
type Without struct {
	OfficeWays

	t *Table
}

// NewWithout makes Without of the table.
func NewWithout(t *Table) Without { return Without{OfficeWays{t}, t} }

var _ signin.WithoutStore = Without{}

// EnterWithout writes a session in the place of another one, with a row of the agency's log and the mails that tell of it.
func (w Without) EnterWithout(ctx context.Context, s *identity.Session, old string, hash secret.Hash, row audit.Entry,
	tells []*identity.Code) error {
	writes := append(w.t.moving(s, old, hash), w.t.put(writeAudit(string(s.Agency), row), isNew, nil))
	for _, m := range tells {
		writes = append(writes, w.t.telling(m)...)
	}
	return w.t.transact(ctx, writes)
}

// Allow counts one use under the name in the window that now is in, and returns how long to wait when it was used too
// often.
func (w Without) Allow(ctx context.Context, name string, most int, window time.Duration, now time.Time) (time.Duration, error) {
	return w.t.allow(ctx, name, most, window, now)
}

// OwnSignInReads is what agencies' own providers are read from.
type OwnSignInReads struct{ t *Table }

// NewOwnSignInReads makes OwnSignInReads of the table.
func NewOwnSignInReads(t *Table) OwnSignInReads { return OwnSignInReads{t} }

var _ ownsignin.ReadStore = OwnSignInReads{}

// Agency reads an agency as it is now.
func (o OwnSignInReads) Agency(ctx context.Context, which id.Agency) (*agency.Agency, error) {
	return o.t.agency(ctx, which)
}

// People lists the agency's members as they are now.
func (o OwnSignInReads) People(ctx context.Context, which id.Agency) (agency.Members, error) {
	return o.t.people(ctx, which)
}

// Domains lists the domains that the agency has proven to be its own.
func (o OwnSignInReads) Domains(ctx context.Context, which id.Agency) ([]sender.Domain, error) {
	all, err := o.t.claims(ctx, which)
	if err != nil {
		return nil, err
	}
	var out []sender.Domain
	for _, c := range all {
		if c.Tree.Has(c.ID) {
			out = append(out, c.Domain)
		}
	}
	return out, nil
}

// OwnSignIns is what changing agencies' own providers needs.
type OwnSignIns struct {
	OwnSignInReads

	t *Table
}

// NewOwnSignIns makes OwnSignIns of the table.
func NewOwnSignIns(t *Table) OwnSignIns { return OwnSignIns{OwnSignInReads{t}, t} }

var _ ownsignin.Store = OwnSignIns{}

// Save writes a change.
func (o OwnSignIns) Save(ctx context.Context, c ownsignin.Change) error {
	return o.t.saveSignIn(ctx, c)
}
