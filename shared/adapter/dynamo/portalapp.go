package dynamo

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/allowance"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/usecase/agencies"
	"latchkey.dev/shared/usecase/portalapp"
)

// PortalApps is what installing Client Portal and setting it up needs.
type PortalApps struct{ t *Table }

// NewPortalApps makes PortalApps of the table.
func NewPortalApps(t *Table) PortalApps { return PortalApps{t} }

var _ portalapp.Store = PortalApps{}

// Agency reads the agency as it is now.
func (p PortalApps) Agency(ctx context.Context, which id.Agency) (*agency.Agency, error) {
	return p.t.agency(ctx, which)
}

// ChangePortal writes the change, while the agency's portal and zone are what was read.
func (p PortalApps) ChangePortal(ctx context.Context, c portalapp.Change) error {
	pk := string(c.Agency)
	u := p.t.changed(pk, portalAttributes(c.Was.Portal, c.Was.Zone), portalAttributes(c.Portal, c.Zone))
	writes := []types.TransactWriteItem{{Update: u}, p.t.put(writeAudit(pk, c.Audit), isNew, nil)}
	if len(c.Roles) > 0 {
		writes = append(writes, p.t.makeRoles(pk, c.Roles...)...)
	}
	return p.t.transact(ctx, writes)
}

// changed writes attributes of the agency's item, while they are what was read and the agency is not closed.
func (t *Table) changed(pk string, was, is []attribute) *types.Update {
	u := &types.Update{TableName: &t.name, Key: key(pk, agencyItem), ExpressionAttributeNames: map[string]string{},
		ExpressionAttributeValues: item{}}
	condition, set, remove := "attribute_exists(pk) AND attribute_not_exists(closed)", "", ""
	for n := range is {
		name, value := "#p"+string(rune('0'+n)), ":p"+string(rune('0'+n))
		u.ExpressionAttributeNames[name] = is[n].name
		if was[n].value == nil {
			condition += " AND attribute_not_exists(" + name + ")"
		} else {
			condition += " AND " + name + " = " + value + "w"
			u.ExpressionAttributeValues[value+"w"] = was[n].value
		}
		if is[n].value == nil {
			remove += ", " + name
		} else {
			set += ", " + name + " = " + value
			u.ExpressionAttributeValues[value] = is[n].value
		}
	}
	var update string
	if set != "" {
		update = "SET " + set[2:]
	}
	if remove != "" {
		update += " REMOVE " + remove[2:]
	}
	u.ConditionExpression, u.UpdateExpression = &condition, &update
	if len(u.ExpressionAttributeValues) == 0 {
		u.ExpressionAttributeValues = nil
	}
	return u
}

// attribute is one of an item; its value is nil where it is not there.
type attribute struct {
	name  string
	value types.AttributeValue
}

// portalAttributes are those of the agency's item that the app has, in one order.
func portalAttributes(p agency.Portal, zone string) []attribute {
	w := writer{}
	w.t("portal", p.InstalledAt)
	if p.EmployeesInvite {
		w.s("employeesInvite", "yes")
	}
	if p.Stocked {
		w.s("stocked", "yes")
	}
	w.s("zone", zone)
	out := []attribute{}
	for _, name := range []string{"portal", "employeesInvite", "stocked", "zone"} {
		out = append(out, attribute{name, w[name]})
	}
	return out
}

// Promotions is what making a client a member needs.
type Promotions struct{ t *Table }

// NewPromotions makes Promotions of the table.
func NewPromotions(t *Table) Promotions { return Promotions{t} }

var _ agencies.PromotionStore = Promotions{}

// Team reads the agency and its members as they are now.
func (p Promotions) Team(ctx context.Context, which id.Agency) (*agencies.Team, error) {
	return p.t.team(ctx, which)
}

// Client reads one relationship.
func (p Promotions) Client(ctx context.Context, which id.Agency, ref id.Ref, fresh bool) (*client.Client, error) {
	return p.t.client(ctx, which, ref, fresh)
}

// Mails reads the logs of mails that were caused.
func (p Promotions) Mails(ctx context.Context, keys []allowance.Key) ([]allowance.Log, error) {
	return p.t.mails(ctx, keys)
}

// Commit writes a change in one transaction.
func (p Promotions) Commit(ctx context.Context, which id.Agency, c client.Change) error {
	return p.t.commit(ctx, which, c)
}

// sessionsMoved is how many sessions of a person act for an agency as soon as it works there: the newest ones. Another one does when
// the person chooses the agency in it.
const sessionsMoved = 40

// promoted makes the person behind a relationship a member: the member, the person's own list, the count of the staff, and the
// sessions of the person that act for no agency yet.
func (t *Table) promoted(ctx context.Context, pk string, c *client.Client, p *client.Promotion) ([]types.TransactWriteItem, error) {
	user := userPrefix + string(id.UserOf(c.Email))
	writes := []types.TransactWriteItem{t.staffed(pk, p.Staff), t.put(writeMember(pk, &p.Member), isNew, nil),
		{Update: &types.Update{TableName: &t.name, Key: key(user, placePrefix+pk),
			UpdateExpression:    aws.String("SET memberId = :m, formerClientId = :c REMOVE clientId"),
			ConditionExpression: aws.String("attribute_not_exists(memberId) AND clientId = :c"),
			ExpressionAttributeValues: item{":m": str(string(p.Member.ID)),
				":c": str(string(c.ID))}}}}
	sessions, err := t.query(ctx, user, sessionPrefix, true)
	if err != nil {
		return nil, err
	}
	moved := 0
	for _, i := range sessions {
		s, err := readSession(&reader{item: i}, id.UserOf(c.Email))
		if err != nil {
			return nil, err
		}
		if s.Agency != "" || !t.now().Before(s.ExpiresAt) || moved == sessionsMoved {
			continue
		}
		moved++
		writes = append(writes, types.TransactWriteItem{Update: &types.Update{TableName: &t.name, Key: key(user, sessionPrefix+s.ID),
			UpdateExpression:          aws.String("SET agency = :a, #m = :m"),
			ConditionExpression:       aws.String("#h = :h"),
			ExpressionAttributeNames:  map[string]string{"#m": "member", "#h": "hash"},
			ExpressionAttributeValues: item{":a": str(pk), ":m": str(string(p.Member.ID)), ":h": bin(s.Hash[:])}}})
	}
	return writes, nil
}
