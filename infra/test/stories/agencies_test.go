package lifecycle

import (
	"context"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/usecase/clients"
	"latchkey.dev/shared/usecase/onboarding"
)

// office is an agency with its owner and what it runs.
type office struct {
	w        *world
	id       id.Agency
	name     string
	owner    identity.Caller
	n8n      []id.Resource // two that run, and one that is not deployed yet
	whatsapp id.Resource
	issued   *issued // what it has of its own to sign in by; nil for none
}

// office founds an agency on Max, old enough for the full allowance.
func (w *world) office(name string) *office {
	w.t.Helper()
	now := time.Now()
	return w.found(name, agency.Max, now.Add(-90*24*time.Hour))
}

func (w *world) found(name string, plan agency.Plan, created time.Time) *office {
	w.t.Helper()
	o := &office{w: w, id: id.New[id.Agency](id.AgencyPrefix, time.Now()), name: name}
	owner := email.Address("owner" + strconv.Itoa(len(w.offices)) + "@" + strings.ToLower(strings.ReplaceAll(name, " ", "-")) + ".example")
	member := agency.Member{ID: id.New[id.Member](id.MemberPrefix, time.Now()), Email: owner, Name: "Owner of " + name, Level: agency.Owner}
	must(w.t,
		w.table.Found(w.ctx,
			dynamo.Founding{Agency: agency.Agency{ID: o.id, Name: name, Color: "#0b6e4f", Plan: plan, CreatedAt: created}, Owner: member}))
	// The owner proves again who it is whenever that is asked for.
	o.owner = identity.Caller{User: id.UserOf(owner), Email: owner, Agency: o.id, Member: member.ID, Proved: time.Now().AddDate(9, 0, 0)}.
		At(identity.Place{Level: agency.Owner, Portal: agency.Administrator})
	add := func(prefix, kind, name string, status instance.Status) id.Resource {
		r := instance.Resource{ID: id.New[id.Resource](prefix, time.Now()), Type: kind, Name: name, Status: status,
			URL: "https://x.example", CreatedAt: time.Now()}
		must(w.t, w.table.AddResource(w.ctx, o.id, r))
		return r.ID
	}
	o.n8n = []id.Resource{add(id.InstancePrefix, "n8n", "Production", instance.Running), add(id.InstancePrefix, "n8n", "Staging", instance.Active),
		add(id.InstancePrefix, "n8n", "Next", instance.PendingDeploy)}
	o.whatsapp = add(id.ServicePrefix, "whatsapp", "Support line", instance.Active)
	w.offices = append(w.offices, o)
	return o
}

// draft invites the address to the agency's first instance, to see, and its second, to change.
func (o *office) draft(address string) onboarding.Draft {
	return onboarding.Draft{Email: address, Payer: invite.AgencyPays, Grants: []instance.Grant{
		{Resource: o.n8n[0], Access: instance.Read}, {Resource: o.n8n[1], Access: instance.Write}}}
}

// send asks for an invite; its mail is still to come.
func (o *office) send(address string) (*client.Client, error) {
	return o.w.inviter.Send(o.w.ctx, o.owner, o.draft(address), "")
}

// invite sends an invite and lets its mail out; it returns the invite's id and the link's token.
func (o *office) invite(address string) (id.Invite, string) {
	o.w.t.Helper()
	c, err := o.send(address)
	must(o.w.t, err)
	o.w.deliver()
	return c.Invite.ID, o.w.token(address)
}

// get reads an invite as its sender does.
func (o *office) get(which id.Invite) *client.Client {
	o.w.t.Helper()
	c, err := o.w.invites.Get(o.w.ctx, o.owner, which)
	must(o.w.t, err)
	return c
}

// status is the state of an invite as its sender sees it.
func (o *office) status(which id.Invite) invite.Status {
	o.w.t.Helper()
	return o.get(which).Invite.At(time.Now())
}

// clients are the addresses in the agency's list, newest first.
func (o *office) clients() []string {
	o.w.t.Helper()
	page, err := o.w.directory.Clients(o.w.ctx, o.owner, clients.Query{Limit: 200})
	must(o.w.t, err)
	var out []string
	for _, l := range page.Items {
		out = append(out, string(l.Client.Email))
	}
	return out
}

// left is how many invites the agency may send now.
func (o *office) left() int {
	o.w.t.Helper()
	a, err := o.w.table.Agency(o.w.ctx, o.id)
	must(o.w.t, err)
	return a.Left(time.Now())
}

// The operator's hand in the table, for what the product has no operation for yet.

func (w *world) tableName() *string { return aws.String(stage + "-table") }

func (w *world) set(pk, sk, attribute string, v types.AttributeValue) {
	w.t.Helper()
	_, err := w.db.UpdateItem(w.ctx, &dynamodb.UpdateItemInput{TableName: w.tableName(), Key: keyOf(pk, sk), UpdateExpression: aws.String("SET #a = :v"),
		ExpressionAttributeNames: map[string]string{"#a": attribute}, ExpressionAttributeValues: item{":v": v}})
	must(w.t, err)
}

func (w *world) remove(pk, sk string) {
	w.t.Helper()
	_, err := w.db.DeleteItem(w.ctx, &dynamodb.DeleteItemInput{TableName: w.tableName(), Key: keyOf(pk, sk)})
	must(w.t, err)
}

func (o *office) suspend() {
	o.w.t.Helper()
	o.w.set(string(o.id), "agency", "suspended", &types.AttributeValueMemberN{Value: strconv.FormatInt(time.Now().UnixMilli(), 10)})
}

func (o *office) downgrade() {
	o.w.t.Helper()
	o.w.set(string(o.id), "agency", "plan", &types.AttributeValueMemberS{Value: string(agency.Free)})
}

func (o *office) dismissOwner() {
	o.w.t.Helper()
	o.w.remove(string(o.id), "mb#"+string(o.owner.Member))
}

type item = map[string]types.AttributeValue

func keyOf(pk, sk string) item {
	return item{"pk": &types.AttributeValueMemberS{Value: pk}, "sk": &types.AttributeValueMemberS{Value: sk}}
}

func text(i item, name string) string {
	if s, ok := i[name].(*types.AttributeValueMemberS); ok {
		return s.Value
	}
	return ""
}

// items is the whole table.
func (w *world) items() []item {
	w.t.Helper()
	var all []item
	in := &dynamodb.ScanInput{TableName: w.tableName()}
	for {
		out, err := w.db.Scan(context.Background(), in)
		must(w.t, err)
		all = append(all, out.Items...)
		if out.LastEvaluatedKey == nil {
			return all
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
}

// of are the items of a partition.
func (w *world) of(pk string) []item {
	w.t.Helper()
	var mine []item
	in := &dynamodb.QueryInput{TableName: w.tableName(), KeyConditionExpression: aws.String("pk = :p"),
		ExpressionAttributeValues: item{":p": &types.AttributeValueMemberS{Value: pk}}, ConsistentRead: aws.Bool(true)}
	for {
		out, err := w.db.Query(context.Background(), in)
		must(w.t, err)
		mine = append(mine, out.Items...)
		if out.LastEvaluatedKey == nil {
			return mine
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
}

// unchanged fails when something in the table is not as it was.
func (w *world) unchanged(before []item) {
	w.t.Helper()
	if after := w.items(); !reflect.DeepEqual(before, after) {
		w.t.Errorf("the table has changed: %d items before, %d after", len(before), len(after))
	}
}

// wants fails unless err is a fault with the code, and returns it.
func (w *world) wants(err error, code fault.Code) *fault.Error {
	w.t.Helper()
	e := fault.As(err)
	if e == nil || e.Code != code {
		w.t.Fatalf("got %v, want a fault with code %s", err, code)
	}
	return e
}

// equal compares two plain values.
func equal[T any](w *world, what string, got, want T) {
	w.t.Helper()
	if !reflect.DeepEqual(got, want) {
		w.t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
