package resources

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/seal"
)

// N8N calls instances.
type N8N interface {
	instance.Lister

	// Check calls the instance with its key. Faults: [fault.Unreachable].
	Check(ctx context.Context, e instance.Endpoint) error
	// Find tries the key at each of the places, and returns the first that is an n8n. Faults: [fault.Unreachable].
	Find(ctx context.Context, places []string, key string) (string, error)
}

// ConnectorStore keeps the states of instances.
type ConnectorStore interface {
	rosterStore
	// Change writes the new state of the resource whose version was read, from is the address that it had. A nil row
	// leaves the log alone.
	Change(ctx context.Context, agency id.Agency, r *instance.Resource, from string, row *audit.Entry) error
	// Allow counts one use under the name in the window that now is in, and returns how long to wait when there have
	// been most of them in it.
	Allow(ctx context.Context, name string, most int, window time.Duration, now time.Time) (time.Duration, error)
}

// Connector ties n8n instances to an agency, and calls them to see whether they answer.
type Connector struct {
	*Inventory
	Instances ConnectorStore
	N8N       N8N
	Keys      *seal.Ring // that API keys are sealed with
}

// Limits.
const (
	// ChecksPerHour is how often an agency may have instances called: whoever can make us call an address at will could
	// look around with it.
	ChecksPerHour = 120
	// MaxKey is the longest API key, in bytes. n8n's are JSON Web Tokens of some hundred.
	MaxKey = 2000
	// looking is how long an n8n is looked for at an address.
	looking = 12 * time.Second
)

// Instance is what an n8n is connected from, or its changes. In a change, nil leaves a field as it is.
type Instance struct {
	Name, URL, APIKey *string
}

// Connect ties an n8n to the agency once it has answered. Nothing is stored when it does not.
//
// Faults: [fault.Unauthenticated], [fault.Forbidden], [fault.Invalid]; [fault.Unreachable] with a reason;
// [fault.RateLimited]; [fault.IdempotencyUsed].
func (c *Connector) Connect(ctx context.Context, caller identity.Caller, in Instance, once string) (*instance.Resource, error) {
	if err := caller.May(identity.ResourcesWrite); err != nil {
		return nil, err
	}
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
	if err := c.find(ctx, caller.Agency, r, *value(in.URL), plain, now); err != nil {
		return nil, err
	}
	r.Key = c.Keys.Seal(plain, r.Place(caller.Agency))
	r.Saw(now, instance.Seen{})
	return c.add(ctx, caller, r, audit.InstanceConnected, record)
}

// value makes a missing field an empty one.
func value(s *string) *string {
	if s == nil {
		return new(string)
	}
	return s
}

// find looks for the n8n of the address that was typed: there, or nearer to its host, since people paste the address of the
// page that they see. The resource gets the address at which it is.
func (c *Connector) find(
	ctx context.Context, agency id.Agency, r *instance.Resource, typed, key string, now time.Time,
) error {
	if err := c.allow(ctx, agency, now); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, looking)
	defer cancel()
	at, err := c.N8N.Find(ctx, instance.Places(r.URL, typed), key)
	if err != nil || at == r.URL {
		return err
	}
	r.Move(at)
	return c.room(ctx, agency, r)
}

// call has the instance called, within the agency's allowance.
func (c *Connector) call(ctx context.Context, agency id.Agency, e instance.Endpoint, now time.Time) error {
	if err := c.allow(ctx, agency, now); err != nil {
		return err
	}
	return c.N8N.Check(ctx, e)
}

// allow counts a call against the agency's allowance.
func (c *Connector) allow(ctx context.Context, agency id.Agency, now time.Time) error {
	wait, err := c.Instances.Allow(ctx, "n8n-check#"+string(agency), ChecksPerHour, time.Hour, now)
	if err != nil {
		return err
	}
	if wait > 0 {
		f := fault.New(fault.RateLimited, "errors.you_can_have_instances_checked_times", "checks_per_hour", ChecksPerHour)
		f.Retry, f.Limit = wait, fault.Limit{Name: "n8n-checks", Quota: ChecksPerHour, Window: time.Hour}
		return f
	}
	return nil
}

// Tag names the state of what people edit, for If-Match.
func Tag(r *instance.Resource) string {
	sum := sha256.Sum256([]byte(r.Name + "\x00" + r.URL + "\x00" + r.Key))
	return `"` + hex.EncodeToString(sum[:8]) + `"`
}

// Update renames an instance, or gives it another address or key, which is tried first. A match that is not "" and not
// the tag of what is stored is refused.
//
// Faults: [fault.Unauthenticated]; [fault.Forbidden], also for what a client has bought; [fault.NotFound], [fault.Invalid],
// [fault.Unreachable], [fault.RateLimited], [fault.Changed].
func (c *Connector) Update(
	ctx context.Context, caller identity.Caller, which id.Resource, in Instance, match string,
) (*instance.Resource, error) {
	if err := caller.May(identity.ResourcesWrite); err != nil {
		return nil, err
	}
	var out *instance.Resource
	checked, found := false, ""
	err := conflict.Retry(ctx, func() error {
		r, err := c.resource(ctx, caller, instance.N8N, which)
		if err != nil {
			return err
		}
		if err := own(r); err != nil {
			return err
		}
		if match != "" && match != "*" && match != Tag(r) {
			return fault.New(fault.Changed,
				"errors.somebody_else_has_changed_this_2")
		}
		from, before := r.URL, Tag(r)
		plain, f := c.form(r, in)
		if len(f.Fields) > 0 {
			return f
		}
		if r.URL != from {
			r.Listed, r.ListedAt = "", time.Time{} // what was listed is another n8n's
			if plain == "" {                       // a key that is stored must not be sent to whatever address somebody types in
				return fault.InField("apiKey", "errors.enter_an_api_key_of_the")
			}
			if err := c.room(ctx, caller.Agency, r); err != nil {
				return err
			}
		}
		now := c.Now()
		if plain != "" {
			if !checked {
				if r.URL == from {
					err = c.call(ctx, caller.Agency, instance.Endpoint{URL: r.URL, Key: plain}, now)
				} else {
					err = c.find(ctx, caller.Agency, r, *value(in.URL), plain, now)
				}
				if err != nil {
					return err
				}
				checked, found = true, r.URL
			}
			r.Move(found)
			r.Key = c.Keys.Seal(plain, r.Place(caller.Agency))
			r.Saw(now, instance.Seen{})
		}
		out = r
		if Tag(r) == before {
			return nil
		}
		row := entry(now, caller, audit.InstanceChanged, r.ID)
		return c.Instances.Change(ctx, caller.Agency, r, from, &row)
	})
	return out, err
}

// Check calls the instance and notes what came of it; that it does not answer is an outcome and no fault.
//
// Faults: [fault.Unauthenticated], [fault.Forbidden], [fault.NotFound]; [fault.Invalid] for an instance without an API key;
// [fault.RateLimited].
func (c *Connector) Check(ctx context.Context, caller identity.Caller, which id.Resource) (*instance.Resource, error) {
	if err := caller.May(identity.ResourcesWrite); err != nil {
		return nil, err
	}
	r, err := c.resource(ctx, caller, instance.N8N, which)
	if err != nil {
		return nil, err
	}
	if !r.Connected() {
		return nil, fault.InField("apiKey",
			"errors.this_instance_has_no_api_key")
	}
	now := c.Now()
	var seen instance.Seen
	plain, err := c.Keys.Open(r.Key, r.Place(caller.Agency))
	if err != nil {
		seen = instance.Unreadable()
	} else if err = c.call(ctx, caller.Agency, instance.Endpoint{URL: r.URL, Key: plain}, now); err != nil {
		f := fault.As(err)
		if f == nil || f.Code != fault.Unreachable {
			return nil, err
		}
		seen = instance.SeenOf(err)
	}
	asked := Tag(r)
	err = conflict.Retry(ctx, func() error {
		if r, err = c.resource(ctx, caller, instance.N8N, which); err != nil {
			return err
		}
		if Tag(r) != asked { // what was tried is not what is there now
			return nil
		}
		r.Saw(now, seen)
		return c.Instances.Change(ctx, caller.Agency, r, r.URL, nil)
	})
	return r, err
}
