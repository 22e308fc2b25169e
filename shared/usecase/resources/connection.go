// Package resources ties what an agency runs to the product: n8n instances by address and API key, and other services by
// address. It looks after them and takes them away again, and says who would lose what.
package resources

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"

	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/idempotency"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/seal"
	"latchkey.dev/shared/domain/text"
)

// Store keeps resources. Reads of what is not there return a fault with code [fault.NotFound]; writes whose condition
// fails write nothing and return conflict.ErrChanged.
type Store interface {
	// Resource reads one resource as it is now.
	Resource(ctx context.Context, agency id.Agency, which id.Resource) (*instance.Resource, error)
	// Resources lists the agency's resources of a kind in the order in which they were made.
	Resources(ctx context.Context, agency id.Agency, kind instance.Kind) ([]instance.Resource, error)
	// Recall reads what an idempotency key made.
	Recall(ctx context.Context, agency id.Agency, hash string) (*idempotency.Record, error)
	// Connect writes a resource that must not exist yet; no other instance may have its address.
	Connect(ctx context.Context, agency id.Agency, r *instance.Resource, row audit.Entry, once *idempotency.Record) error
	// Change writes the new state of the resource whose version was read, from is the address that it had. A nil row
	// leaves the log alone.
	Change(ctx context.Context, agency id.Agency, r *instance.Resource, from string, row *audit.Entry) error
	// Disconnect deletes the resource whose version was read.
	Disconnect(ctx context.Context, agency id.Agency, r *instance.Resource, row audit.Entry) error
	// EachClient visits the agency's listed clients, newest first, at most so many; the result says whether there are
	// more.
	EachClient(ctx context.Context, agency id.Agency, most int, visit func(*client.Client)) (bool, error)
	// Allow counts one use under the name in the window that now is in, and returns how long to wait when there have
	// been most of them in it.
	Allow(ctx context.Context, name string, most int, window time.Duration, now time.Time) (time.Duration, error)
}

// N8N calls instances.
type N8N interface {
	// Check calls the instance with its key. Faults: [fault.Unreachable].
	Check(ctx context.Context, e instance.Endpoint) error
}

// Connector is where an agency's people tie things to the product.
type Connector struct {
	Store Store
	N8N   N8N
	Keys  *seal.Ring
	Guard instance.Guard // which addresses may be typed in
	Now   func() time.Time
}

// Limits.
const (
	// MaxResources is how many instances an agency may have, and how many services.
	MaxResources = 500
	// ChecksPerHour is how often an agency may have instances called: whoever can make us call an address at will could
	// look around with it.
	ChecksPerHour = 120
	// MaxKey is the longest API key, in bytes. n8n's are JSON Web Tokens of some hundred.
	MaxKey = 2000
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
}

// Owner is the client that has bought the resource; nil when the agency runs it itself.
func (s *Seen) Owner() *client.Client {
	for _, x := range s.Clients {
		if x.Client.ID == s.Resource.Owner {
			return x.Client
		}
	}
	return nil
}

// Instance is what an n8n is connected from, or its changes. In a change, nil leaves a field as it is.
type Instance struct {
	Name, URL, APIKey *string
}

// Connect ties an n8n to the agency once it has answered. Nothing is stored when it does not.
//
// Faults: [fault.Invalid]; [fault.Unreachable] with a reason; [fault.RateLimited]; [fault.IdempotencyUsed].
func (c *Connector) Connect(ctx context.Context, caller identity.Caller, in Instance, once string) (*instance.Resource, error) {
	record, before, err := c.replay(ctx, caller, "connectInstance", once, in)
	if err != nil || before != nil {
		return before, err
	}
	now := c.Now().Truncate(time.Millisecond)
	r := &instance.Resource{ID: id.New[id.Resource](id.InstancePrefix, now), Kind: instance.N8N, Type: "n8n", CreatedAt: now}
	plain, f := c.form(r, Instance{value(in.Name), value(in.URL), value(in.APIKey)})
	if len(f.Fields) > 0 {
		return nil, f
	}
	if err := c.room(ctx, caller.Agency, r); err != nil {
		return nil, err
	}
	if err := c.call(ctx, caller.Agency, instance.Endpoint{URL: r.URL, Key: plain}, now); err != nil {
		return nil, err
	}
	r.Key = c.Keys.Seal(plain, r.Place(caller.Agency))
	r.Saw(now, "")
	return r, c.add(ctx, caller, r, audit.InstanceConnected, record)
}

// value makes a missing field an empty one.
func value(s *string) *string {
	if s == nil {
		return new(string)
	}
	return s
}

// replay tells whether the request came before; then with what it made.
func (c *Connector) replay(ctx context.Context, caller identity.Caller, operation, once string, in any) (*idempotency.Record, *instance.Resource, error) {
	record, err := idempotency.For(operation, caller.Actor(), once, in)
	if err != nil || record == nil {
		return nil, nil, err
	}
	record.At = c.Now().Truncate(time.Millisecond)
	stored, err := c.Store.Recall(ctx, caller.Agency, record.Key)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, nil, err
	}
	again, err := record.Replays(stored, record.At)
	if err != nil || !again {
		return record, nil, err
	}
	r, err := c.Store.Resource(ctx, caller.Agency, id.Resource(stored.Result))
	return record, r, err
}

// add writes a new resource. Whoever comes at the same moment with the same address or key is told so.
func (c *Connector) add(ctx context.Context, caller identity.Caller, r *instance.Resource, action audit.Action, record *idempotency.Record) error {
	if record != nil {
		record.Result = string(r.ID)
	}
	err := c.Store.Connect(ctx, caller.Agency, r, entry(r.CreatedAt, caller, action, r.ID), record)
	if errors.Is(err, conflict.ErrChanged) {
		if err := c.room(ctx, caller.Agency, r); err != nil {
			return err
		}
		return fault.New(fault.IdempotencyUsed, "The same request is being answered right now. Repeat it in a moment.")
	}
	return err
}

func entry(now time.Time, caller identity.Caller, action audit.Action, subject id.Resource) audit.Entry {
	return audit.Entry{ID: id.New[id.Event](id.EventPrefix, now), At: now, Actor: caller.Actor(), Action: action, Subject: string(subject)}
}

// form checks what was typed and puts it into r; nil fields are left as they are. It returns the API key, which is for
// the seal, and all that is wrong.
func (c *Connector) form(r *instance.Resource, in Instance) (string, *fault.Error) {
	all := fault.New(fault.Invalid, "Some fields need another look.")
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
			wrong(fault.InField("name", "Give it a name that your clients will recognise."))
		}
	}
	if in.URL != nil {
		var err error
		if r.URL, err = instance.ParseURL("url", *in.URL, c.Guard); err != nil {
			wrong(err)
		}
	}
	key := ""
	if in.APIKey != nil {
		if key = strings.TrimSpace(*in.APIKey); key == "" {
			wrong(fault.InField("apiKey", "Enter an API key of this n8n."))
		} else if len(key) > MaxKey || !printable(key) {
			wrong(fault.InField("apiKey", "This is no API key of n8n. Copy it once more, without spaces around it."))
		}
	}
	if len(all.Fields) == 1 {
		all.Message = all.Fields[0].Message
	}
	return key, all
}

func printable(s string) bool {
	for _, c := range []byte(s) {
		if c <= 0x20 || c > 0x7e {
			return false
		}
	}
	return true
}

// room returns a fault when the agency has too many already, or another instance at the same address.
func (c *Connector) room(ctx context.Context, agency id.Agency, r *instance.Resource) error {
	all, err := c.Store.Resources(ctx, agency, r.Kind)
	if err != nil {
		return err
	}
	n := 0
	for _, other := range all {
		if other.ID == r.ID {
			continue
		}
		if n++; n >= MaxResources {
			return fault.New(fault.Invalid, "An agency can have %d of these. Disconnect one first.", MaxResources)
		}
		if r.Kind == instance.N8N && other.URL == r.URL {
			return fault.InField("url", "You have connected this n8n already, as “%s”.", other.Name)
		}
	}
	return nil
}

// call has the instance called, within the agency's allowance.
func (c *Connector) call(ctx context.Context, agency id.Agency, e instance.Endpoint, now time.Time) error {
	wait, err := c.Store.Allow(ctx, "n8n-check#"+string(agency), ChecksPerHour, time.Hour, now)
	if err != nil {
		return err
	}
	if wait > 0 {
		f := fault.New(fault.RateLimited, "You can have instances checked %d times per hour. Wait a while, then try again.", ChecksPerHour)
		f.Retry, f.Limit = wait, fault.Limit{Name: "n8n-checks", Quota: ChecksPerHour, Window: time.Hour}
		return f
	}
	return c.N8N.Check(ctx, e)
}

// Get reads a resource of the kind with the clients that see it. Faults: [fault.NotFound].
func (c *Connector) Get(ctx context.Context, caller identity.Caller, kind instance.Kind, which id.Resource) (*Seen, error) {
	r, err := c.resource(ctx, caller, kind, which)
	if err != nil {
		return nil, err
	}
	return c.seen(ctx, caller.Agency, r)
}

func (c *Connector) resource(ctx context.Context, caller identity.Caller, kind instance.Kind, which id.Resource) (*instance.Resource, error) {
	missing := fault.New(fault.NotFound, "There is no such %s.", kind)
	if instance.KindOf(which) != kind {
		return nil, missing
	}
	r, err := c.Store.Resource(ctx, caller.Agency, which)
	if fault.Is(err, fault.NotFound) {
		return nil, missing
	}
	return r, err
}

// own refuses to change what a client has bought.
func own(r *instance.Resource) error {
	if r.Bought() {
		return fault.New(fault.Forbidden, "A client has bought %s and owns it. You cannot change or disconnect it while the client pays for it.", r.Name)
	}
	return nil
}

func (c *Connector) seen(ctx context.Context, agency id.Agency, r *instance.Resource) (*Seen, error) {
	s := &Seen{Resource: r}
	more, err := c.each(ctx, agency, func(seer Seer, of id.Resource) {
		if of == r.ID {
			s.Clients = append(s.Clients, seer)
		}
	})
	s.More = more
	return s, err
}

// Seers counts the clients that see each of the agency's resources; the second result says that there are more clients
// than were looked through.
func (c *Connector) Seers(ctx context.Context, caller identity.Caller) (map[id.Resource]int, bool, error) {
	out := map[id.Resource]int{}
	more, err := c.each(ctx, caller.Agency, func(_ Seer, of id.Resource) { out[of]++ })
	return out, more, err
}

func (c *Connector) each(ctx context.Context, agency id.Agency, visit func(Seer, id.Resource)) (bool, error) {
	now := c.Now()
	return c.Store.EachClient(ctx, agency, MaxSeers, func(of *client.Client) {
		if of.At(now) == client.Inactive {
			return
		}
		for _, g := range of.Open() {
			visit(Seer{of, g.Access}, g.Resource)
		}
	})
}

// Tag names the state of what people edit, for If-Match.
func Tag(r *instance.Resource) string {
	sum := sha256.Sum256([]byte(r.Name + "\x00" + r.URL + "\x00" + r.Key))
	return `"` + hex.EncodeToString(sum[:8]) + `"`
}

// Update renames an instance, or gives it another address or key, which is tried first. A match that is not "" and not
// the tag of what is stored is refused.
//
// Faults: [fault.NotFound], [fault.Invalid], [fault.Unreachable], [fault.RateLimited], [fault.Changed].
func (c *Connector) Update(ctx context.Context, caller identity.Caller, which id.Resource, in Instance, match string) (*instance.Resource, error) {
	var out *instance.Resource
	checked := false
	err := conflict.Retry(ctx, func() error {
		r, err := c.resource(ctx, caller, instance.N8N, which)
		if err != nil {
			return err
		}
		if err := own(r); err != nil {
			return err
		}
		if match != "" && match != "*" && match != Tag(r) {
			return fault.New(fault.Changed, "Somebody else has changed this instance since you opened it. Look at it again, then make your change.")
		}
		from, before := r.URL, Tag(r)
		plain, f := c.form(r, in)
		if len(f.Fields) > 0 {
			return f
		}
		if r.URL != from {
			if plain == "" { // a key that is stored must not be sent to whatever address somebody types in
				return fault.InField("apiKey", "Enter an API key of the n8n at the new address.")
			}
			if err := c.room(ctx, caller.Agency, r); err != nil {
				return err
			}
		}
		now := c.Now()
		if plain != "" {
			if !checked {
				if err := c.call(ctx, caller.Agency, instance.Endpoint{URL: r.URL, Key: plain}, now); err != nil {
					return err
				}
				checked = true
			}
			r.Key = c.Keys.Seal(plain, r.Place(caller.Agency))
			r.Saw(now, "")
		}
		out = r
		if Tag(r) == before {
			return nil
		}
		row := entry(now, caller, audit.InstanceChanged, r.ID)
		return c.Store.Change(ctx, caller.Agency, r, from, &row)
	})
	return out, err
}

// Check calls the instance and notes what came of it; that it does not answer is an outcome and no fault.
//
// Faults: [fault.NotFound]; [fault.Invalid] for an instance without an API key; [fault.RateLimited].
func (c *Connector) Check(ctx context.Context, caller identity.Caller, which id.Resource) (*instance.Resource, error) {
	r, err := c.resource(ctx, caller, instance.N8N, which)
	if err != nil {
		return nil, err
	}
	if !r.Connected() {
		return nil, fault.InField("apiKey", "This instance has no API key yet. Give it its address and a key first, so that it can be called.")
	}
	now := c.Now()
	reason := ""
	plain, err := c.Keys.Open(r.Key, r.Place(caller.Agency))
	if err != nil {
		reason = "its stored API key cannot be read any more. Enter a new one"
	} else if err = c.call(ctx, caller.Agency, instance.Endpoint{URL: r.URL, Key: plain}, now); err != nil {
		f := fault.As(err)
		if f == nil || f.Code != fault.Unreachable {
			return nil, err
		}
		reason = f.Reason
	}
	asked := Tag(r)
	err = conflict.Retry(ctx, func() error {
		if r, err = c.resource(ctx, caller, instance.N8N, which); err != nil {
			return err
		}
		if Tag(r) != asked { // what was tried is not what is there now
			return nil
		}
		r.Saw(now, reason)
		return c.Store.Change(ctx, caller.Agency, r, r.URL, nil)
	})
	return r, err
}

// Service is what a service is connected from.
type Service struct {
	Type string // whatsapp, hermes or other
	Name string
	URL  string // "" for one that is not opened in a browser
}

// Types lists the types of services.
func Types() []string { return []string{"whatsapp", "hermes", "other"} }

// ConnectService ties a service to the agency. Faults: [fault.Invalid], [fault.IdempotencyUsed].
func (c *Connector) ConnectService(ctx context.Context, caller identity.Caller, in Service, once string) (*instance.Resource, error) {
	record, before, err := c.replay(ctx, caller, "connectService", once, in)
	if err != nil || before != nil {
		return before, err
	}
	now := c.Now().Truncate(time.Millisecond)
	r := &instance.Resource{ID: id.New[id.Resource](id.ServicePrefix, now), Kind: instance.Service, Status: instance.Active, CreatedAt: now}
	with := Instance{Name: &in.Name}
	if in.URL != "" {
		with.URL = &in.URL
	}
	_, f := c.form(r, with)
	if r.Type = in.Type; !slices.Contains(Types(), in.Type) {
		f.Fields = append([]fault.Field{{Location: "type", Message: "Choose WhatsApp, Hermes agent or another service."}}, f.Fields...)
	}
	if len(f.Fields) > 0 {
		f.Message = f.Fields[0].Message
		if len(f.Fields) > 1 {
			f.Message = "Some fields need another look."
		}
		return nil, f
	}
	if err := c.room(ctx, caller.Agency, r); err != nil {
		return nil, err
	}
	return r, c.add(ctx, caller, r, audit.ServiceConnected, record)
}

// Disconnect takes a resource away: nobody sees it from the next request on, and invites that offered it go on without
// it. It returns who lost it. Nothing is changed in n8n itself. Faults: [fault.NotFound].
func (c *Connector) Disconnect(ctx context.Context, caller identity.Caller, kind instance.Kind, which id.Resource) (*Seen, error) {
	var out *Seen
	err := conflict.Retry(ctx, func() error {
		s, err := c.Get(ctx, caller, kind, which)
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
		return c.Store.Disconnect(ctx, caller.Agency, s.Resource, entry(c.Now(), caller, action, which))
	})
	return out, err
}
