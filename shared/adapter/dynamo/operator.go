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
	"latchkey.dev/shared/domain/contract"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/usecase/agencies"
)

// Operator is the table as those who run the platform use it: across agencies, and without being asked for rights.
// No function has it.
type Operator struct {
	*Table
	scan call[dynamodb.ScanInput, dynamodb.ScanOutput]
}

// OpenOperator makes an Operator from an SDK configuration. It does no I/O.
func OpenOperator(cfg aws.Config, name string, now func() time.Time) *Operator {
	return &Operator{Open(cfg, name, now), dynamodb.NewFromConfig(cfg).Scan}
}

// PriceList reads what is sold at what prices, and why the rest is not.
func (o *Operator) PriceList(ctx context.Context) (contract.Tariff, error) { return o.tariff(ctx) }

// Overview is an agency in the operator's list.
type Overview struct {
	Agency  *agency.Agency
	Why     string // why it is suspended, in the operator's words
	Members int
	Owners  []email.Address
}

// Agencies lists all agencies, in no order, by reading the whole table.
func (o *Operator) Agencies(ctx context.Context) ([]Overview, error) {
	in := &dynamodb.ScanInput{TableName: &o.name, FilterExpression: aws.String("sk = :a OR begins_with(sk, :m)"),
		ExpressionAttributeValues: item{":a": str(agencyItem), ":m": str(memberPrefix)}}
	found := map[id.Agency]*Overview{}
	at := func(pk string) *Overview {
		if found[id.Agency(pk)] == nil {
			found[id.Agency(pk)] = &Overview{}
		}
		return found[id.Agency(pk)]
	}
	for {
		res, err := o.scan(ctx, in)
		if err != nil {
			return nil, outside(err)
		}
		for _, i := range res.Items {
			r := &reader{item: i}
			v := at(r.s("pk"))
			if r.s("sk") == agencyItem {
				if v.Agency, err = readAgency(r); err != nil {
					return nil, err
				}
				v.Why = r.s("why")
				continue
			}
			m, err := readMember(r)
			if err != nil {
				return nil, err
			}
			v.Members++
			if m.Level == agency.Owner {
				v.Owners = append(v.Owners, m.Email)
			}
		}
		if res.LastEvaluatedKey == nil {
			break
		}
		in.ExclusiveStartKey = res.LastEvaluatedKey
	}
	out := make([]Overview, 0, len(found))
	for _, v := range found {
		if v.Agency != nil {
			out = append(out, *v)
		}
	}
	return out, nil
}

// Buyers lists all who have bought something, and what remains of those who were erased, by reading the whole table.
func (o *Operator) Buyers(ctx context.Context) ([]client.Client, error) {
	in := &dynamodb.ScanInput{TableName: &o.name, FilterExpression: aws.String("begins_with(sk, :c) AND attribute_exists(#items)"),
		ExpressionAttributeNames: map[string]string{"#items": "items"}, ExpressionAttributeValues: item{":c": str(clientPrefix)}}
	var out []client.Client
	for {
		res, err := o.scan(ctx, in)
		if err != nil {
			return nil, outside(err)
		}
		for _, i := range res.Items {
			c, err := readClient(&reader{item: i})
			if err != nil {
				return nil, err
			}
			out = append(out, *c)
		}
		if res.LastEvaluatedKey == nil {
			return out, nil
		}
		in.ExclusiveStartKey = res.LastEvaluatedKey
	}
}

// Why is why an agency is suspended, in the operator's words.
func (o *Operator) Why(ctx context.Context, which id.Agency) (string, error) {
	r, err := o.get(ctx, string(which), agencyItem, true, "errors.there_is_no_such_agency")
	if err != nil {
		return "", err
	}
	return r.s("why"), r.err
}

// SetPlan puts the agency on a plan, with its row of the log; conflict.ErrChanged when it is on it, or is closed.
func (o *Operator) SetPlan(ctx context.Context, which id.Agency, plan agency.Plan, row audit.Entry) error {
	return o.set(ctx, which, row,
		&types.Update{UpdateExpression: aws.String("SET #plan = :plan"),
			ConditionExpression:       aws.String("attribute_exists(pk) AND attribute_not_exists(closed) AND #plan <> :plan"),
			ExpressionAttributeNames:  map[string]string{"#plan": "plan"},
			ExpressionAttributeValues: item{":plan": str(string(plan))}}, true)
}

// Suspend has everything of the agency rest; conflict.ErrChanged when it does already.
func (o *Operator) Suspend(ctx context.Context, which id.Agency, why string, row audit.Entry) error {
	u := &types.Update{UpdateExpression: aws.String("SET suspended = :now"), // and why
		ConditionExpression:       aws.String("attribute_exists(pk) AND attribute_not_exists(suspended)"),
		ExpressionAttributeValues: item{":now": at(row.At)}}
	if why = strings.TrimSpace(why); why != "" {
		u.UpdateExpression = aws.String("SET suspended = :now, why = :why")
		u.ExpressionAttributeValues[":why"] = str(why)
	}
	return o.set(ctx, which, row, u, true)
}

// Halt has what clients of a suspended agency have bought stopped, and not charged; conflict.ErrChanged when it is not suspended,
// or is halted already.
func (o *Operator) Halt(ctx context.Context, which id.Agency, row audit.Entry) error {
	return o.set(ctx, which, row, &types.Update{UpdateExpression: aws.String("SET halted = :now"),
		ConditionExpression: aws.String("attribute_exists(suspended) AND attribute_not_exists(closed) AND " +
			"attribute_not_exists(halted)"),
		ExpressionAttributeValues: item{":now": at(row.At)}}, true)
}

// Resume lifts a suspension, and takes up again what was halted; conflict.ErrChanged when there is none, or the agency is closed.
func (o *Operator) Resume(ctx context.Context, which id.Agency, row audit.Entry) error {
	return o.set(ctx, which, row,
		&types.Update{UpdateExpression: aws.String("REMOVE suspended, why, halted SET resumed = :now"),
			ConditionExpression:       aws.String("attribute_exists(suspended) AND attribute_not_exists(closed)"),
			ExpressionAttributeValues: item{":now": at(row.At)}}, true)
}

// AllowName lets the name stand in From, or takes that back, while the agency has it; conflict.ErrChanged when it has another,
// when that is so already, or the agency is closed.
func (o *Operator) AllowName(ctx context.Context, which id.Agency, name string, allowed bool, row audit.Entry) error {
	u := &types.Update{UpdateExpression: aws.String("SET nameOk = :name"),
		ConditionExpression: aws.String("attribute_not_exists(closed) AND #name = :name AND " +
			"(attribute_not_exists(nameOk) OR nameOk <> :name)"),
		ExpressionAttributeNames: map[string]string{"#name": "name"}, ExpressionAttributeValues: item{":name": str(name)}}
	if !allowed {
		u = &types.Update{UpdateExpression: aws.String("REMOVE nameOk"),
			ConditionExpression: aws.String("attribute_not_exists(closed) AND attribute_exists(nameOk)")}
	}
	return o.set(ctx, which, row, u, false)
}

// set carries out an update of the agency's item with its row of the log. With unsettle the sweep looks through what the agency
// has out. An update that sets something begins with that.
func (o *Operator) set(ctx context.Context, which id.Agency, row audit.Entry, u *types.Update, unsettle bool) error {
	u.TableName, u.Key = &o.name, key(string(which), agencyItem)
	if unsettle {
		u.UpdateExpression = aws.String(*u.UpdateExpression + ", unsettled = :at, dp = :dp, due = :at")
		u.ExpressionAttributeValues[":at"], u.ExpressionAttributeValues[":dp"] = at(row.At), str(shardOf(string(which)))
	}
	return o.transact(ctx, []types.TransactWriteItem{{Update: u}, o.put(writeAudit(string(which), row), isNew, nil)})
}

// Found writes a new agency, its owner and its resources in one transaction; conflict.ErrChanged when the agency
// exists.
func (o *Operator) Found(ctx context.Context, f Founding) error {
	return o.found(ctx, f)
}

// AddResource writes a resource that must not exist yet.
func (o *Operator) AddResource(ctx context.Context, which id.Agency, r instance.Resource) error {
	return o.addResource(ctx, which, r)
}

// Agency reads the agency as it is now.
func (o *Operator) Agency(ctx context.Context, which id.Agency) (*agency.Agency, error) {
	return o.agency(ctx, which)
}

// Team reads the agency and its members as they are now.
func (o *Operator) Team(ctx context.Context, which id.Agency) (*agencies.Team, error) {
	return o.team(ctx, which)
}

// APIKeys lists the agency's keys, newest first.
func (o *Operator) APIKeys(ctx context.Context, agency id.Agency) ([]identity.APIKey, error) {
	return o.apiKeys(ctx, agency)
}

// ClientCount counts the agency's clients, at most to most.
func (o *Operator) ClientCount(ctx context.Context, which id.Agency, most int) (int, error) {
	return o.clientCount(ctx, which, most)
}

// Client reads one relationship.
func (o *Operator) Client(ctx context.Context, agency id.Agency, ref id.Ref, fresh bool) (*client.Client, error) {
	return o.client(ctx, agency, ref, fresh)
}

// Commit writes a change and all that goes with it in one transaction, or nothing and conflict.ErrChanged.
func (o *Operator) Commit(ctx context.Context, agency id.Agency, change client.Change) error {
	return o.commit(ctx, agency, change)
}

// History reads the audit log of the agency, oldest first.
func (o *Operator) History(ctx context.Context, which id.Agency) ([]audit.Entry, error) {
	return o.history(ctx, which)
}
