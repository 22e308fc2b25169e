package lifecycle

import (
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/role"
	"latchkey.dev/shared/usecase/roles"
)

// external is what looks after external users, over the store that a mutant stands before.
type external struct {
	kept  store
	roles *roles.Roles
}

func (w *world) externalOver(kept store) external {
	var kinds roles.Store = dynamo.NewRoles(w.table.Table)
	if m, ok := kept.(mutant); ok && m.roles != nil {
		kinds = m.roles(w, kinds)
	}
	return external{kept: kept, roles: &roles.Roles{Store: kinds, Now: time.Now}}
}

// corner is what an office has of Client Portal while a lifecycle is played.
type corner struct {
	roles [3]id.Role
	cards [2]id.Contact
}

// corner has the office install Client Portal, with roles that are on and cards of contacts.
func (o *office) corner() *corner {
	o.w.t.Helper()
	k := &corner{}
	now := &types.AttributeValueMemberN{Value: fmt.Sprint(time.Now().UnixMilli())}
	o.w.set(string(o.id), "agency", "portal", now)
	on, hour := true, time.Now().Add(time.Hour)
	for n := range k.roles {
		name, rules := fmt.Sprint("Role ", n), role.Rules{role.Contact: {Fields: []string{[]string{"name", "email", "phone"}[n]}}}
		d := roles.Draft{Name: &name, Active: &on, Rules: &rules}
		if n == 2 {
			d.ExpiresAt = &hour
		}
		r, err := o.w.external.roles.Create(o.w.ctx, o.owner, d, "")
		must(o.w.t, err)
		k.roles[n] = r.ID
	}
	for n := range k.cards {
		k.cards[n] = id.New[id.Contact](id.ContactPrefix, time.Now())
		o.w.set(string(o.id), "con#"+string(k.cards[n]), "name", &types.AttributeValueMemberS{Value: fmt.Sprint("Card ", n)})
	}
	return k
}

// usersSteps is how many things there are to do in users.
const usersSteps = 6

// users does one of the things that are done in Client Portal. Any answer may be right; what is left behind is looked at.
//
//nolint:errcheck // see above
func (w *world) users(o *office, k *corner, step, n int, which id.Client) {
	toggled := func(had []id.Role, r id.Role) []id.Role {
		if slices.Contains(had, r) {
			return slices.DeleteFunc(slices.Clone(had), func(x id.Role) bool { return x == r })
		}
		return append(slices.Clone(had), r)
	}
	switch step {
	case 0:
		w.external.change(w, o, which, audit.RolesChanged, func(c *client.Client) { c.Roles = toggled(c.Roles, k.roles[n%len(k.roles)]) })
	case 1:
		w.external.change(w, o, which, audit.RulesChanged, func(c *client.Client) {
			c.Rules = role.Rules{role.Contact: {Fields: []string{"name", "email"}[:n%3]}}
		})
	case 2:
		end := []time.Time{{}, time.Now().Add(time.Second), time.Now().Add(time.Hour)}[n%3]
		w.external.change(w, o, which, audit.TermSet, func(c *client.Client) { c.SetTerm(end, time.Now()) })
	case 3:
		card := k.cards[n%len(k.cards)]
		w.external.change(w, o, which, audit.ContactLinked, func(c *client.Client) {
			if i := slices.Index(c.Contacts, card); i >= 0 {
				c.Contacts = slices.Delete(slices.Clone(c.Contacts), i, i+1)
				return
			}
			c.Contacts = append(slices.Clone(c.Contacts), card)
		})
	case 4:
		on := n%2 == 0
		w.external.roles.Update(w.ctx, o.owner, k.roles[n%len(k.roles)], roles.Draft{Active: &on}, "")
	case 5:
		w.external.roles.Delete(w.ctx, o.owner, k.roles[n%len(k.roles)], "")
	}
}

func (x *external) change(w *world, o *office, which id.Client, action audit.Action, f func(*client.Client)) error {
	return conflict.Retry(w.ctx, func() error {
		c, err := x.kept.Client(w.ctx, o.id, which.Ref(), true)
		if err != nil || !c.Joined() {
			return err
		}
		f(c)
		now := time.Now()
		return x.kept.Commit(w.ctx, o.id, client.Change{Client: c, Audit: []audit.Entry{{ID: id.New[id.Event](id.EventPrefix, now), At: now,
			Actor: string(o.owner.Member), Action: action, Subject: string(c.ID)}}})
	})
}
