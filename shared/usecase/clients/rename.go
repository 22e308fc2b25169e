package clients

import (
	"context"
	"time"

	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/text"
)

// Renamer corrects the names of clients.
type Renamer struct {
	Store Store
	Now   func() time.Time
}

// Rename gives the client another name; "" puts its address in the name's place, and nil leaves the name as it is. edition
// is what the caller has read, see [client.Client.Edition]; "" for no matter which. Faults: [fault.NotFound],
// [fault.Invalid], [fault.Changed].
func (r *Renamer) Rename(ctx context.Context, caller identity.Caller, which id.Client, typed *string,
	edition string) (*client.Client, error) {
	if err := caller.MayPortal(identity.ClientsWrite, identity.Administer); err != nil {
		return nil, err
	}
	name := ""
	if typed != nil {
		var err error
		if name, err = text.Line("name", *typed, text.MaxName); err != nil {
			return nil, err
		}
	}
	return change(ctx, r.Store, r.Now, caller, which, func(c *client.Client, now time.Time) (*client.Change, error) {
		if edition != "" && edition != c.Edition() {
			return nil, fault.New(fault.Changed,
				"errors.somebody_else_has_changed_this")
		}
		if typed == nil || !c.Rename(name) {
			return nil, nil //nolint:nilnil // nothing to write
		}
		return logged(row(now, caller, audit.ClientRenamed, string(c.ID), "")), nil // neither name: erasing must leave none
	})
}
