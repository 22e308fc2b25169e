// Package resources ties what an agency runs to the product: n8n instances by address and API key, and other services by
// address. It looks after them and takes them away again, and says who would lose what.
package resources

import (
	"context"
	"errors"
	"slices"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/idempotency"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/text"
	"latchkey.dev/shared/domain/words"
)

// Store keeps resources, and knows who sees them. Reads of what is not there return a fault with code [fault.NotFound];
// writes whose condition fails write nothing and return conflict.ErrChanged.
type Store interface {
	// Roster reads what the workflows of an instance were when they were last listed; nil when they never were.
	Roster(ctx context.Context, agency id.Agency, which id.Resource) (*instance.Roster, error)
	// Resource reads one resource as it is now.
	Resource(ctx context.Context, agency id.Agency, which id.Resource) (*instance.Resource, error)
	// Resources lists the agency's resources of a kind in the order in which they were made.
	Resources(ctx context.Context, agency id.Agency, kind instance.Kind) ([]instance.Resource, error)
	// Recall reads what an idempotency key made.
	Recall(ctx context.Context, agency id.Agency, hash string) (*idempotency.Record, error)
	// Connect writes a resource that must not exist yet, while the agency has connected fewer than most of the kind; no other
	// instance may have its address.
	Connect(ctx context.Context, agency id.Agency, r *instance.Resource, most int, row audit.Entry, once *idempotency.Record) error
	// Disconnect deletes the resource whose version was read.
	Disconnect(ctx context.Context, agency id.Agency, r *instance.Resource, row audit.Entry) error
	// EachClient visits the agency's listed clients, newest first, at most so many; the result says whether there are
	// more.
	EachClient(ctx context.Context, agency id.Agency, most int, visit func(*client.Client)) (bool, error)
}

// Inventory holds what an agency has tied to the product. It connects services, disconnects anything, and says who sees what.
type Inventory struct {
	Store Store
	Guard instance.Guard // which addresses may be typed in
	Now   func() time.Time
}

// Limits.
const (
	// MaxResources is how many instances an agency may have connected, and how many services. What clients have bought is not
	// counted.
	MaxResources = 500
	// MaxSeers is how many clients are looked through for those that see a resource.
	MaxSeers = 2000
)

// Seer is a client that sees a resource, or will when it accepts.
type Seer struct {
	Client *client.Client
	Access instance.Access
}

// Seen is a resource with the clients that see it. More says that the agency has more clients than were looked through.
type Seen struct {
	Resource *instance.Resource
	Clients  []Seer
	More     bool
	Roster   *instance.Roster // of an instance that does not answer, what it had when it did; nil for nothing
}

// Owner is the client that has bought the resource; nil when the agency runs it itself.
func (s *Seen) Owner() *client.Client {
	for _, x := range s.Clients {
		if x.Client.ID == s.Resource.OwnedBy() {
			return x.Client
		}
	}
	return nil
}

// replay tells whether the request came before; then with what it made.
func (v *Inventory) replay(
	ctx context.Context, caller identity.Caller, operation, once string, in any,
) (*idempotency.Record, *instance.Resource, error) {
	record, err := idempotency.For(operation, caller.Actor(), once, in)
	if err != nil || record == nil {
		return nil, nil, err
	}
	record.At = v.Now().Truncate(time.Millisecond)
	r, err := v.stored(ctx, caller.Agency, record)
	return record, r, err
}

// stored is what an earlier request with the record's key made; nil for none.
func (v *Inventory) stored(ctx context.Context, agency id.Agency, record *idempotency.Record) (*instance.Resource, error) {
	if record == nil {
		return nil, nil //nolint:nilnil // nothing was made before
	}
	stored, err := v.Store.Recall(ctx, agency, record.Key)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	again, err := record.Replays(stored, record.At)
	if err != nil || !again {
		return nil, err
	}
	return v.Store.Resource(ctx, agency, id.Resource(stored.Result))
}

// add writes a new resource and returns it. Whoever comes at the same moment with the same address, or as one too many, is told
// so; whoever sends the same request at the same moment gets what that made.
func (v *Inventory) add(
	ctx context.Context, caller identity.Caller, r *instance.Resource, action audit.Action, record *idempotency.Record,
) (*instance.Resource, error) {
	if record != nil {
		record.Result = string(r.ID)
	}
	err := conflict.Retry(ctx, func() error {
		err := v.Store.Connect(ctx, caller.Agency, r, MaxResources, entry(r.CreatedAt, caller, action, r.ID), record)
		if !errors.Is(err, conflict.ErrChanged) {
			return err
		}
		before, failure := v.stored(ctx, caller.Agency, record)
		if failure != nil || before != nil {
			r = before
			return failure
		}
		if failure := v.room(ctx, caller.Agency, r); failure != nil {
			return failure
		}
		return err
	})
	return r, err
}

// entry is a row of the log.
func entry(now time.Time, caller identity.Caller, action audit.Action, subject id.Resource) audit.Entry {
	return audit.Entry{ID: id.New[id.Event](id.EventPrefix, now), At: now, Actor: caller.Actor(), Action: action, Subject: string(subject)}
}

// form checks what was typed and puts it into r; nil fields are left as they are. It returns the API key, which is for
// the seal, and all that is wrong.
func (v *Inventory) form(r *instance.Resource, in Instance) (string, *fault.Error) {
	all := fault.New(fault.Invalid, "errors.some_fields_need_another_look")
	wrong := func(err error) {
		if f := fault.As(err); f != nil {
			all.Fields = append(all.Fields, f.Fields...)
		}
	}
	if in.Name != nil {
		var err error
		if r.Name, err = text.Line("name", *in.Name, text.MaxName); err != nil {
			wrong(err)
		} else if r.Name == "" {
			wrong(fault.InField("name", "errors.give_it_a_name_that_your"))
		}
	}
	if in.URL != nil {
		var err error
		if r.URL, err = instance.ParseURL("url", *in.URL, v.Guard); err != nil {
			wrong(err)
		}
	}
	key := ""
	if in.APIKey != nil {
		if key = text.Trim(*in.APIKey); key == "" {
			wrong(fault.InField("apiKey", "errors.enter_an_api_key_of_this"))
		} else if len(key) > MaxKey || !printable(key) {
			wrong(fault.InField("apiKey", "errors.this_is_no_api_key_of"))
		}
	}
	if len(all.Fields) == 1 {
		all.Message = all.Fields[0].Message
	}
	return key, all
}

// CheckInstance says what is wrong with what an n8n is connected from or changed to. Faults: [fault.Invalid].
func (v *Inventory) CheckInstance(in Instance) error {
	if _, f := v.form(&instance.Resource{Kind: instance.N8N}, in); len(f.Fields) > 0 {
		return f
	}
	return nil
}

// CheckService says what is wrong with what a service is connected from. Faults: [fault.Invalid].
func (v *Inventory) CheckService(in Service) error {
	return v.service(&instance.Resource{Kind: instance.Service}, in)
}

// printable tells whether there are only visible characters of ASCII in it.
func printable(s string) bool {
	for _, c := range []byte(s) {
		if c <= 0x20 || c > 0x7e {
			return false
		}
	}
	return true
}

// room returns a fault when the agency has too many already, or another instance at the same address.
func (v *Inventory) room(ctx context.Context, agency id.Agency, r *instance.Resource) error {
	all, err := v.Store.Resources(ctx, agency, r.Kind)
	if err != nil {
		return err
	}
	n := 0
	for _, other := range all {
		if other.ID == r.ID {
			continue
		}
		if other.Owner == "" {
			n++
		}
		if n >= MaxResources {
			return fault.New(fault.Invalid, "errors.an_agency_can_have_of_these", "max_resources", MaxResources)
		}
		if r.Kind == instance.N8N && other.URL == r.URL {
			return fault.InField("url", "errors.you_have_connected_this_n8n_already", "name", other.Name)
		}
	}
	return nil
}

// Get reads a resource of the kind with the clients that see it. Faults: [fault.Unauthenticated], [fault.Forbidden],
// [fault.NotFound].
func (v *Inventory) Get(ctx context.Context, caller identity.Caller, kind instance.Kind, which id.Resource) (*Seen, error) {
	if err := caller.MayPortal(identity.ResourcesRead, identity.Look); err != nil {
		return nil, err
	}
	s, err := v.get(ctx, caller, kind, which)
	if err == nil && s.Resource.Silent() {
		s.Roster, err = v.Store.Roster(ctx, caller.Agency, which)
	}
	return s, err
}

func (v *Inventory) get(ctx context.Context, caller identity.Caller, kind instance.Kind, which id.Resource) (*Seen, error) {
	r, err := v.resource(ctx, caller, kind, which)
	if err != nil {
		return nil, err
	}
	if caller.PortalRight() == agency.Denied {
		return &Seen{Resource: r}, nil // clients are nothing for who is denied them
	}
	return v.seen(ctx, caller.Agency, r)
}

// resource reads a resource, which must be of the kind.
func (v *Inventory) resource(
	ctx context.Context, caller identity.Caller, kind instance.Kind, which id.Resource,
) (*instance.Resource, error) {
	missing := fault.New(fault.NotFound, "errors.no_service")
	if kind == instance.N8N {
		missing = fault.New(fault.NotFound, "errors.no_instance")
	}
	if instance.KindOf(which) != kind {
		return nil, missing
	}
	r, err := v.Store.Resource(ctx, caller.Agency, which)
	if fault.Is(err, fault.NotFound) {
		return nil, missing
	}
	return r, err
}

// own refuses to change what a client has bought.
func own(r *instance.Resource) error {
	if r.Bought() && r.Handed {
		return fault.New(fault.Forbidden, "errors.handed_over", "name", r.Name)
	}
	if r.Bought() {
		return fault.New(fault.Forbidden,
			"errors.a_client_has_bought_and_owns", "name", r.Name)
	}
	return nil
}

// seen finds the clients that see the resource.
func (v *Inventory) seen(ctx context.Context, agency id.Agency, r *instance.Resource) (*Seen, error) {
	s := &Seen{Resource: r}
	more, err := v.each(ctx, agency, func(seer Seer, of id.Resource) {
		if of == r.ID {
			s.Clients = append(s.Clients, seer)
		}
	})
	s.More = more
	return s, err
}

// Seers counts the clients that see each of the agency's resources; the second result says that there are more clients
// than were looked through. Faults: [fault.Unauthenticated], [fault.Forbidden].
func (v *Inventory) Seers(ctx context.Context, caller identity.Caller) (map[id.Resource]int, bool, error) {
	if err := caller.MayPortal(identity.ResourcesRead, identity.Look); err != nil {
		return nil, false, err
	}
	out := map[id.Resource]int{}
	if caller.PortalRight() == agency.Denied {
		return out, false, nil
	}
	more, err := v.each(ctx, caller.Agency, func(_ Seer, of id.Resource) { out[of]++ })
	return out, more, err
}

// each visits what the agency's clients see, and says whether there are more clients.
func (v *Inventory) each(ctx context.Context, agency id.Agency, visit func(Seer, id.Resource)) (bool, error) {
	now := v.Now()
	return v.Store.EachClient(ctx, agency, MaxSeers, func(of *client.Client) {
		if of.At(now) == client.Inactive {
			return
		}
		for _, g := range of.OpenAt(now) {
			visit(Seer{of, g.Access}, g.Resource)
		}
	})
}

// Service is what a service is connected from.
type Service struct {
	Type string // whatsapp, hermes or other
	Name string
	URL  string // "" for one that is not opened in a browser
}

// Types lists the types of services.
func Types() []string { return []string{"whatsapp", "hermes", "other"} }

// ConnectService ties a service to the agency. Faults: [fault.Unauthenticated], [fault.Forbidden], [fault.Invalid],
// [fault.IdempotencyUsed].
func (v *Inventory) ConnectService(ctx context.Context, caller identity.Caller, in Service, once string) (*instance.Resource, error) {
	if err := caller.May(identity.ResourcesWrite); err != nil {
		return nil, err
	}
	record, before, err := v.replay(ctx, caller, "connectService", once, in)
	if err != nil || before != nil {
		return before, err
	}
	now := v.Now().Truncate(time.Millisecond)
	r := &instance.Resource{ID: id.New[id.Resource](id.ServicePrefix, now), Kind: instance.Service, Status: instance.Active, CreatedAt: now}
	if err := v.service(r, in); err != nil {
		return nil, err
	}
	if err := v.room(ctx, caller.Agency, r); err != nil {
		return nil, err
	}
	return v.add(ctx, caller, r, audit.ServiceConnected, record)
}

// service gives a service its values.
func (v *Inventory) service(r *instance.Resource, in Service) error {
	with := Instance{Name: &in.Name}
	if in.URL != "" {
		with.URL = &in.URL
	}
	_, f := v.form(r, with)
	if r.Type = in.Type; !slices.Contains(Types(), in.Type) {
		f.Fields = append([]fault.Field{{Location: "type", Message: words.Say("errors.choose_a_kind_of_service")}}, f.Fields...)
	}
	switch len(f.Fields) {
	case 0:
		return nil
	case 1:
		f.Message = f.Fields[0].Message
	}
	return f
}

// Disconnect takes a resource away: nobody sees it from the next request on, and invites that offered it go on without
// it. It returns who lost it. Nothing is changed in n8n itself. Faults: [fault.Unauthenticated]; [fault.Forbidden], also for
// what a client has bought; [fault.NotFound].
func (v *Inventory) Disconnect(ctx context.Context, caller identity.Caller, kind instance.Kind, which id.Resource) (*Seen, error) {
	if err := caller.May(identity.ResourcesWrite); err != nil {
		return nil, err
	}
	var out *Seen
	err := conflict.Retry(ctx, func() error {
		s, err := v.get(ctx, caller, kind, which)
		if err != nil {
			return err
		}
		out = s
		if err := own(s.Resource); err != nil {
			return err
		}
		action := audit.InstanceDisconnected
		if kind == instance.Service {
			action = audit.ServiceDisconnected
		}
		return v.Store.Disconnect(ctx, caller.Agency, s.Resource, entry(v.Now(), caller, action, which))
	})
	return out, err
}
