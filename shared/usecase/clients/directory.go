package clients

import (
	"context"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/contract"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/role"
	"latchkey.dev/shared/domain/sender"
)

// DirectoryStore lists what an agency has.
type DirectoryStore interface {
	// Client reads one relationship; fresh asks for the state as it is now rather than a moment ago.
	Client(ctx context.Context, agency id.Agency, ref id.Ref, fresh bool) (*client.Client, error)
	// Agency reads the agency.
	Agency(ctx context.Context, agency id.Agency) (*agency.Agency, error)
	// Sender reads the agency with how its mail goes out, and the claim that is switched on; nil where none is.
	Sender(ctx context.Context, agency id.Agency) (*agency.Agency, *sender.Settings, *sender.Claim, error)
	// Clients lists relationships, newest first, from behind the cursor on.
	Clients(ctx context.Context, agency id.Agency, q Query) ([]client.Client, id.Client, error)
	// Resources lists the agency's resources of a kind in the order in which they were made.
	Resources(ctx context.Context, agency id.Agency, kind instance.Kind) ([]instance.Resource, error)
	// ResourcesByID reads some of the agency's resources; those that do not exist are left out.
	ResourcesByID(ctx context.Context, agency id.Agency, ids []id.Resource) (map[id.Resource]instance.Resource, error)
	// Standing reads the agency and some of its roles in one request, as they are now; roles that do not exist are left out.
	Standing(ctx context.Context, agency id.Agency, which []id.Role) (*agency.Agency, []role.Role, error)
}

// Query asks for a page of a list.
type Query struct {
	Limit  int       // 1 to 200
	After  id.Client // the last one of the page before; "" for the first page
	Status string    // of the client; "" for all
	Reason string    // why an inactive client is; "" for any
	Invite string    // status of the invite; "" for all
	Joined bool      // only those that have accepted, and neither side has ended it
	Find   string    // what name or address contain, as text.Fold gives it; "" for anything

	Examine int // how many relationships a read looks at; 0 for Limit
}

// How far one request for a filtered page looks: reads of so many relationships each. What lies behind is for the cursor
// that is handed out, so that a rare state or name does not turn one request into a walk of everything.
const (
	reads   = 10
	examine = 250
)

// Directory answers an agency's questions about its clients and resources.
type Directory struct {
	Store  DirectoryStore
	Prices Tariffs
	Now    func() time.Time
}

// Tariffs tells what clients can be asked to buy.
type Tariffs interface {
	// Tariff reads what is sold at what prices; the zero Tariff where nothing is.
	Tariff(ctx context.Context) (contract.Tariff, error)
}

// Listed is a client with the state of what is open to it.
type Listed struct {
	Client    *client.Client
	Resources []Linked
}

// Linked is a grant with the resource's present state. A resource that is gone has status "".
type Linked struct {
	instance.Grant
	Kind   instance.Kind
	Type   string
	Status instance.Status
	URL    string
}

// Page is a page of a list of clients.
type Page struct {
	Items []Listed
	Next  id.Client // the cursor for the next page; "" at the end
	Tally Tally
}

// Tally counts what a request for a page has looked at on its way, whatever the state that was asked for. It costs no read.
type Tally struct {
	All     int
	Status  map[client.Status]int
	Reasons map[client.Reason]int
	Whole   bool // whether nothing lies behind, so that these are all
}

func (t *Tally) count(c *client.Client, now time.Time) {
	t.All++
	t.Status[c.At(now)]++
	if why := c.Why(now); why != "" {
		t.Reasons[why]++
	}
}

// Clients lists the agency's clients, newest first: one Query however many there are, and one BatchGetItem for the
// present states of the resources that stand on the page.
func (d *Directory) Clients(ctx context.Context, caller identity.Caller, q Query) (Page, error) {
	if err := caller.MayPortal(identity.ClientsRead, identity.See); err != nil {
		return Page{}, err
	}
	found, next, tally, err := d.find(ctx, caller.Agency, q)
	if err != nil {
		return Page{}, err
	}
	linked, err := d.linked(ctx, caller.Agency, found)
	if err != nil {
		return Page{}, err
	}
	page := Page{Items: make([]Listed, len(found)), Next: next, Tally: tally}
	for i := range found {
		page.Items[i] = Listed{&found[i], linked(&found[i])}
	}
	return page, nil
}

// Invites lists the agency's clients for the sake of their invites, newest first, and returns the cursor of the next page.
func (d *Directory) Invites(ctx context.Context, caller identity.Caller, q Query) ([]client.Client, id.Client, error) {
	if err := caller.MayPortal(identity.InvitesRead, identity.See); err != nil {
		return nil, "", err
	}
	found, next, _, err := d.find(ctx, caller.Agency, q)
	return found, next, err
}

// find reads as many relationships as fill a page, and returns the cursor of the next page, "" at the end, and what was read.
func (d *Directory) find(ctx context.Context, agency id.Agency, q Query) ([]client.Client, id.Client, Tally, error) {
	return find(ctx, d.Store, d.Now(), agency, q)
}

// lister lists relationships.
type lister interface {
	Clients(ctx context.Context, agency id.Agency, q Query) ([]client.Client, id.Client, error)
}

func find(ctx context.Context, store lister, now time.Time, agency id.Agency, q Query) ([]client.Client, id.Client, Tally, error) {
	keep := func(c *client.Client) bool {
		return (!q.Joined || c.Joined()) && (q.Status == "" || string(c.At(now)) == q.Status) &&
			(q.Reason == "" || string(c.Why(now)) == q.Reason) &&
			(q.Invite == "" || string(c.Invite.At(now)) == q.Invite)
	}
	tally := Tally{Status: map[client.Status]int{}, Reasons: map[client.Reason]int{}}
	// States are filtered here, since they depend on the time, and words by the table; a page may take several reads to
	// fill. The first one is no larger than the page, which a common state fills.
	var found []client.Client
	var more id.Client
	if q.Find != "" {
		q.Examine = examine
	}
	for range reads {
		items, next, err := store.Clients(ctx, agency, q)
		if err != nil {
			return nil, "", tally, err
		}
		tally.Whole = next == ""
		full := false
		for i := range items {
			tally.count(&items[i], now)
			if full || !keep(&items[i]) {
				continue
			}
			if len(found) == q.Limit {
				full = true
				continue
			}
			found = append(found, items[i])
		}
		if full {
			more = found[len(found)-1].ID
			break
		}
		more, q.After, q.Examine = next, next, examine
		if next == "" || len(found) == q.Limit {
			break
		}
	}
	return found, more, tally, nil
}

// Client reads one client. Faults: [fault.NotFound].
func (d *Directory) Client(ctx context.Context, caller identity.Caller, which id.Client) (Listed, error) {
	if err := caller.MayPortal(identity.ClientsRead, identity.See); err != nil {
		return Listed{}, err
	}
	ref := which.Ref()
	if ref == "" {
		return Listed{}, errNoClient
	}
	c, err := d.Store.Client(ctx, caller.Agency, ref, true)
	if fault.Is(err, fault.NotFound) || err == nil && (c.ID != which || !c.Listed) {
		return Listed{}, errNoClient
	}
	if err != nil {
		return Listed{}, err
	}
	return d.Listed(ctx, c)
}

// Listed puts a client that was just read together with the state of what is open to it. Who may see it was decided when it
// was read.
func (d *Directory) Listed(ctx context.Context, c *client.Client) (Listed, error) {
	linked, err := d.linked(ctx, c.Agency, []client.Client{*c})
	if err != nil {
		return Listed{}, err
	}
	return Listed{c, linked(c)}, nil
}

// linked reads the present states of all that the clients are given, and returns what tells one client's.
func (d *Directory) linked(ctx context.Context, agency id.Agency, clients []client.Client) (func(*client.Client) []Linked, error) {
	now := d.Now()
	want := map[id.Resource]bool{}
	var ids []id.Resource
	for i := range clients {
		for _, g := range clients[i].OpenAt(now) {
			if !want[g.Resource] {
				want[g.Resource] = true
				ids = append(ids, g.Resource)
			}
		}
	}
	var have map[id.Resource]instance.Resource
	if len(ids) > 0 {
		var err error
		if have, err = d.Store.ResourcesByID(ctx, agency, ids); err != nil {
			return nil, err
		}
	}
	return func(c *client.Client) []Linked { return withStates(c.OpenAt(now), have) }, nil
}

// withStates puts grants and the present states of their resources together.
func withStates(grants []instance.Grant, have map[id.Resource]instance.Resource) []Linked {
	out := make([]Linked, 0, len(grants))
	for _, g := range grants {
		r := have[g.Resource]
		l := Linked{Grant: g, Kind: instance.KindOf(g.Resource), Type: r.Type, Status: r.Status, URL: r.URL}
		if r.Name != "" {
			l.Name = r.Name
		}
		out = append(out, l)
	}
	return out
}

// Shared reads what is open to a client that was just read, or offered to it.
func (d *Directory) Shared(ctx context.Context, caller identity.Caller, c *client.Client) (map[id.Resource]instance.Resource, error) {
	if err := caller.MayPortal(identity.ClientsRead, identity.See); err != nil {
		return nil, err
	}
	open := c.OpenAt(d.Now())
	if len(open) == 0 {
		return map[id.Resource]instance.Resource{}, nil
	}
	ids := make([]id.Resource, len(open))
	for n, g := range open {
		ids[n] = g.Resource
	}
	return d.Store.ResourcesByID(ctx, caller.Agency, ids)
}

// Outlook reads the agency, and what of Client Portal is open to a client that was just read, or will be once it accepts.
func (d *Directory) Outlook(ctx context.Context, caller identity.Caller, c *client.Client) (*agency.Agency, role.Rights, error) {
	if err := caller.MayPortal(identity.ClientsRead, identity.See); err != nil {
		return nil, role.Rights{}, err
	}
	a, roles, err := d.Store.Standing(ctx, caller.Agency, c.OutlookRoles())
	if err != nil {
		return nil, role.Rights{}, err
	}
	return a, c.Outlook(a, roles, d.Now()), nil
}

// Sender reads the caller's agency with what its mail goes out as now.
func (d *Directory) Sender(ctx context.Context, caller identity.Caller) (*agency.Agency, sender.Outgoing, error) {
	if err := caller.MayPortal(identity.AgencyRead, identity.Colleague); err != nil {
		return nil, sender.Outgoing{}, err
	}
	a, settings, on, err := d.Store.Sender(ctx, caller.Agency)
	if err != nil {
		return nil, sender.Outgoing{}, err
	}
	return a, sender.OutgoingFor(a, settings, on), nil
}

// Agency reads the caller's agency.
func (d *Directory) Agency(ctx context.Context, caller identity.Caller) (*agency.Agency, error) {
	if err := caller.MayPortal(identity.AgencyRead, identity.Colleague); err != nil {
		return nil, err
	}
	return d.Store.Agency(ctx, caller.Agency)
}

// Resources lists the agency's resources of a kind; linkable keeps only those that can be granted.
func (d *Directory) Resources(ctx context.Context, caller identity.Caller, kind instance.Kind, linkable bool) ([]instance.Resource, error) {
	if err := caller.MayPortal(identity.ResourcesRead, identity.Look); err != nil {
		return nil, err
	}
	all, err := d.Store.Resources(ctx, caller.Agency, kind)
	if err != nil || !linkable {
		return all, err
	}
	out := all[:0]
	for _, r := range all {
		if r.Status.Linkable() && !r.Bought() {
			out = append(out, r)
		}
	}
	return out, nil
}

// Tariff is what the agency can ask its clients to buy; the zero Tariff where nothing is sold.
func (d *Directory) Tariff(ctx context.Context, caller identity.Caller) (contract.Tariff, error) {
	if err := caller.MayPortal(identity.ClientsRead, identity.Oversee); err != nil {
		return contract.Tariff{}, err
	}
	return d.Prices.Tariff(ctx)
}
