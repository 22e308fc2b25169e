package adapters_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/infra/test/whole"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/id"
)

// desk is an agency's roles and contacts, put there as bare items: what the clients' changes do to them is what is looked at.
type desk struct {
	t     *testing.T
	table *whole.Table
	db    *dynamodb.Client
	name  string
	a     id.Agency
	made  time.Time
}

func openDesk(t *testing.T) *desk {
	t.Helper()
	table, db := opened(t)
	return &desk{t: t, table: table, db: db, name: "adapters-table", a: found(t, table), made: now}
}

func (d *desk) item(sk string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: string(d.a)},
		"sk": &types.AttributeValueMemberS{Value: sk}}
}

func (d *desk) keep(sk string, also map[string]types.AttributeValue) {
	d.t.Helper()
	i := d.item(sk)
	maps.Copy(i, also)
	if _, err := d.db.PutItem(d.t.Context(), &dynamodb.PutItemInput{TableName: &d.name, Item: i}); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) role() id.Role {
	d.made = d.made.Add(time.Millisecond)
	r := id.New[id.Role](id.RolePrefix, d.made)
	d.keep("rol#"+string(r), nil)
	return r
}

func (d *desk) contact() id.Contact {
	d.made = d.made.Add(time.Millisecond)
	c := id.New[id.Contact](id.ContactPrefix, d.made)
	d.keep("con#"+string(c), nil)
	return c
}

func (d *desk) attribute(sk, name string) types.AttributeValue {
	d.t.Helper()
	out, err := d.db.GetItem(d.t.Context(), &dynamodb.GetItemInput{TableName: &d.name, Key: d.item(sk), ConsistentRead: aws.Bool(true)})
	if err != nil {
		d.t.Fatal(err)
	}
	return out.Item[name]
}

// users is what the role says of how many have it.
func (d *desk) users(r id.Role) int {
	d.t.Helper()
	n, ok := d.attribute("rol#"+string(r), "users").(*types.AttributeValueMemberN)
	if !ok {
		return 0
	}
	count, err := strconv.Atoi(n.Value)
	if err != nil {
		d.t.Fatal(err)
	}
	return count
}

// linked is the client that the contact is about.
func (d *desk) linked(c id.Contact) id.Client {
	d.t.Helper()
	s, ok := d.attribute("con#"+string(c), "client").(*types.AttributeValueMemberS)
	if !ok {
		return ""
	}
	return id.Client(s.Value)
}

func (d *desk) client(n int) *client.Client {
	d.t.Helper()
	c := begin(d.t, d.a, email.Address(fmt.Sprintf("u%d@acme.example", n)), now.Add(time.Duration(n)*time.Millisecond))
	c.AcceptedAt = now
	commit(d.t, d.table, client.Change{Client: c})
	return c
}

func (d *desk) read(ref id.Ref) *client.Client {
	d.t.Helper()
	c, err := d.table.Client(d.t.Context(), d.a, ref, true)
	if err != nil {
		d.t.Fatal(err)
	}
	return c
}

// change reads, changes and writes until nobody was faster, as the use cases do. Of so many callers somebody wins each time.
func (d *desk) change(ctx context.Context, ref id.Ref, f func(*client.Client)) error {
	for range 1000 {
		c, err := d.table.Client(ctx, d.a, ref, true)
		if err != nil {
			return err
		}
		f(c)
		if err := d.table.Commit(ctx, d.a, client.Change{Client: c}); !errors.Is(err, conflict.ErrChanged) {
			return err
		}
	}
	return conflict.ErrChanged
}

// each has n callers at once do something, and fails with what any of them says.
func (d *desk) each(n int, f func(n int) error) {
	d.t.Helper()
	failed := make([]error, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { failed[i] = f(i) })
	}
	all.Wait()
	if err := errors.Join(failed...); err != nil {
		d.t.Fatal(err)
	}
}

// A role's number is that of its clients, whoever changes what, and however many at once.
func TestPortalLK18ARolesUsersAreExactUnder64Changes(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	roles := []id.Role{d.role(), d.role(), d.role()}
	both := []*client.Client{d.client(0), d.client(1)}
	d.each(64, func(n int) error {
		return d.change(t.Context(), both[n%2].Ref(), func(c *client.Client) {
			for k, r := range roles {
				had := slices.Contains(c.Roles, r)
				if n>>(k+1)&1 == 0 {
					continue
				}
				if had {
					c.Roles = slices.DeleteFunc(slices.Clone(c.Roles), func(x id.Role) bool { return x == r })
				} else {
					c.Roles = append(slices.Clone(c.Roles), r)
				}
			}
		})
	})
	// Whatever came of it: the number is that of the clients.
	agree := func() {
		t.Helper()
		for _, r := range roles {
			want := 0
			for _, c := range both {
				if slices.Contains(d.read(c.Ref()).Roles, r) {
					want++
				}
			}
			if got := d.users(r); got != want {
				t.Errorf("%s says %d, and %d have it", r, got, want)
			}
		}
	}
	agree()
	// All take all, at once and more than once, and a role that is named twice counts once.
	d.each(64, func(n int) error {
		return d.change(t.Context(), both[n%2].Ref(), func(c *client.Client) { c.Roles = append(slices.Clone(roles), roles[0]) })
	})
	for _, r := range roles {
		if got := d.users(r); got != 2 {
			t.Errorf("%s says %d, and both have it", r, got)
		}
	}
	// One client goes, and the other is erased.
	if err := d.change(t.Context(), both[0].Ref(), func(c *client.Client) { c.End(now, client.ByAgency) }); err != nil {
		t.Fatal(err)
	}
	for _, r := range roles {
		if got := d.users(r); got != 1 {
			t.Errorf("%s says %d, and one has it", r, got)
		}
	}
	commit(t, d.table, client.Change{Client: d.read(both[1].Ref()), Erase: true})
	for _, r := range roles {
		if got := d.users(r); got != 0 {
			t.Errorf("%s says %d, and nobody has it", r, got)
		}
	}
}

// What is not there is given to nobody, and what else the change says is not written either.
func TestPortalLK18ARoleThatIsGoneIsGivenToNobody(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	c, r := d.client(0), d.role()
	gone := id.New[id.Role](id.RolePrefix, now.Add(time.Hour))
	c.Roles, c.Name = []id.Role{r, gone}, "Renamed"
	if err := d.table.Commit(t.Context(), d.a, client.Change{Client: c}); !errors.Is(err, conflict.ErrChanged) {
		t.Errorf("a role that is not there: %v", err)
	}
	if got := d.read(c.Ref()); got.Name != "" || len(got.Roles) > 0 || d.users(r) != 0 {
		t.Errorf("half of it was written: %q, %v, %d", got.Name, got.Roles, d.users(r))
	}
	if v := d.attribute("rol#"+string(gone), "users"); v != nil {
		t.Errorf("a role came into being by being counted: %v", v)
	}
}

// A contact is about one client at most: of 64 that claim it at once, one has it.
func TestPortalB8AContactIsLinkedToOneClientAtMost(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	card := d.contact()
	var all [64]*client.Client
	for n := range all {
		all[n] = d.client(n)
	}
	var won atomic.Int32
	d.each(len(all), func(n int) error {
		mine := *all[n]
		mine.Contacts = []id.Contact{card}
		err := d.table.Commit(t.Context(), d.a, client.Change{Client: &mine})
		switch {
		case err == nil:
			won.Add(1)
		case !errors.Is(err, conflict.ErrChanged):
			return err
		}
		return nil
	})
	var holds []id.Client
	for _, c := range all {
		if slices.Contains(d.read(c.Ref()).Contacts, card) {
			holds = append(holds, c.ID)
		}
	}
	if won.Load() != 1 || len(holds) != 1 || d.linked(card) != holds[0] {
		t.Errorf("%d were told that it is theirs, %v have it, and it is about %q", won.Load(), holds, d.linked(card))
	}
	if err := d.change(t.Context(), holds[0].Ref(), func(c *client.Client) { c.Contacts = nil }); err != nil {
		t.Fatal(err)
	}
	if got := d.linked(card); got != "" {
		t.Errorf("it is about %q still", got)
	}
	// One that is archived is nobody's, and neither is one that is not there.
	d.keep("con#"+string(card), map[string]types.AttributeValue{"archived": &types.AttributeValueMemberS{Value: "2026-03-01"}})
	for _, x := range []id.Contact{card, id.New[id.Contact](id.ContactPrefix, now.Add(time.Hour))} {
		mine := d.read(all[0].Ref())
		mine.Contacts = []id.Contact{x}
		if err := d.table.Commit(t.Context(), d.a, client.Change{Client: mine}); !errors.Is(err, conflict.ErrChanged) || d.linked(x) != "" {
			t.Errorf("%s: %v, about %q", x, err, d.linked(x))
		}
	}
}

// A contact moves from one client to the other in one change, or not at all.
func TestPortalB8AContactMovesInOneChange(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	card, other, r := d.contact(), d.contact(), d.role()
	one, two := d.client(0), d.client(1)
	one.Contacts, one.Roles = []id.Contact{card, other}, []id.Role{r}
	commit(t, d.table, client.Change{Client: one})
	stale := d.read(one.Ref())

	one.Contacts, one.Roles = []id.Contact{other}, nil
	two.Contacts, two.Roles = []id.Contact{card}, []id.Role{r}
	commit(t, d.table, client.Change{Client: one, Also: []*client.Client{two}})
	if d.linked(card) != two.ID || d.linked(other) != one.ID || d.users(r) != 1 {
		t.Errorf("about %q and %q, %d users", d.linked(card), d.linked(other), d.users(r))
	}
	// Back again, from the states that the last change left behind: nobody reads in between.
	one.Contacts, two.Contacts = []id.Contact{other, card}, nil
	commit(t, d.table, client.Change{Client: two, Also: []*client.Client{one}})
	if d.linked(card) != one.ID || d.linked(other) != one.ID {
		t.Errorf("about %q and %q", d.linked(card), d.linked(other))
	}
	// Whoever read it before that moves nothing.
	third := d.client(2)
	stale.Contacts, third.Contacts = nil, []id.Contact{card, other}
	if err := d.table.Commit(t.Context(), d.a, client.Change{Client: third, Also: []*client.Client{stale}}); !errors.Is(err,
		conflict.ErrChanged) {
		t.Errorf("from what was: %v", err)
	}
	if d.linked(card) != one.ID || d.linked(other) != one.ID || len(d.read(third.Ref()).Contacts) > 0 {
		t.Errorf("about %q and %q", d.linked(card), d.linked(other))
	}
	// An invite anew begins without what the last one had.
	left := d.read(one.Ref())
	left.End(now, client.ByClient)
	commit(t, d.table, client.Change{Client: left})
	if d.linked(card) != "" || d.linked(other) != "" {
		t.Errorf("of one who left: about %q and %q", d.linked(card), d.linked(other))
	}
}
