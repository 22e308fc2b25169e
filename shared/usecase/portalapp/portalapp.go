// Package portalapp is the app Client Portal of an agency: it is installed and taken away, and set up. What external users are shown
// is decided elsewhere, each time anew.
package portalapp

import (
	"context"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/role"
	"latchkey.dev/shared/domain/timezone"
)

// Change is a change of the app, decided from an agency as it was read.
type Change struct {
	Agency id.Agency
	Was    agency.Agency // as it was read
	Portal agency.Portal // as it is from now on
	Zone   string
	Roles  []role.Role // to be made with it; none of them may be there
	Audit  audit.Entry
}

// Store keeps the app. Reads of what is not there return a fault with code [fault.NotFound].
type Store interface {
	// Agency reads the agency as it is now.
	Agency(ctx context.Context, agency id.Agency) (*agency.Agency, error)
	// ChangePortal writes the change, while the agency's portal and zone are what was read; else [conflict.ErrChanged].
	ChangePortal(ctx context.Context, c Change) error
}

// App installs the app, takes it away and sets it up.
type App struct {
	Store Store
	Now   func() time.Time
}

// Get reads the agency with the state of the app, installed or not. Faults: [fault.Unauthenticated], [fault.Forbidden]; and
// [fault.NotFound] for who is denied.
func (a *App) Get(ctx context.Context, caller identity.Caller) (*agency.Agency, error) {
	if err := caller.MayPortal(identity.RolesRead, identity.See); err != nil {
		return nil, err
	}
	return a.Store.Agency(ctx, caller.Agency)
}

// Install installs the app. Everything is there again that was there before; the first time, the preset roles are made, all of them
// off. Installing what is installed changes nothing. Faults: [fault.Unauthenticated], [fault.Forbidden], [fault.NotFound] for who is
// denied.
func (a *App) Install(ctx context.Context, caller identity.Caller) (*agency.Agency, error) {
	return a.change(ctx, caller, identity.Manage, func(c *Change, now time.Time) error {
		if c.Portal.Installed() {
			return nil
		}
		if !c.Portal.Stocked {
			c.Roles, c.Portal.Stocked = role.Presets(c.Agency, now), true
		}
		c.Portal.InstalledAt, c.Audit.Action = now, audit.PortalInstalled
		return nil
	})
}

// Uninstall takes the app away: its pages, links and modules are not there any more, from the next request on. Nothing of it is lost.
// Automations, contracts and billing stay as they are. Taking away what is not there changes nothing. Faults as for Install.
func (a *App) Uninstall(ctx context.Context, caller identity.Caller) error {
	_, err := a.change(ctx, caller, identity.Manage, func(c *Change, _ time.Time) error {
		if c.Portal.Installed() {
			c.Portal.InstalledAt, c.Audit.Action = time.Time{}, audit.PortalRemoved
		}
		return nil
	})
	return err
}

// Settings is what to change about the app. Nil fields stay as they are.
type Settings struct {
	EmployeesInvite *bool
	Zone            *string
}

// Check reads the values. Faults: [fault.Invalid].
func (s Settings) Check() error {
	if s.Zone == nil {
		return nil
	}
	_, err := timezone.Parse("timeZone", *s.Zone)
	return err
}

// Update sets the app up. Faults: [fault.Invalid]; [fault.NotFound] also where it is not installed; and those of Install.
func (a *App) Update(ctx context.Context, caller identity.Caller, s Settings) (*agency.Agency, error) {
	return a.change(ctx, caller, identity.Administer, func(c *Change, _ time.Time) error {
		if err := c.Was.MayPortal(); err != nil {
			return err
		}
		if s.EmployeesInvite != nil {
			c.Portal.EmployeesInvite = *s.EmployeesInvite
		}
		if s.Zone != nil {
			zone, err := timezone.Parse("timeZone", *s.Zone)
			if err != nil {
				return err
			}
			c.Zone = zone
		}
		if c.Portal != c.Was.Portal || c.Zone != c.Was.Zone {
			c.Audit.Action = audit.PortalChanged
		}
		return nil
	})
}

// change reads the agency and writes what decide makes of it; nothing where decide names no action.
func (a *App) change(
	ctx context.Context, caller identity.Caller, right identity.Right, decide func(c *Change, now time.Time) error,
) (*agency.Agency, error) {
	if err := caller.MayPortal(identity.RolesWrite, right); err != nil {
		return nil, err
	}
	var at *agency.Agency
	err := conflict.Retry(ctx, func() (err error) {
		if at, err = a.Store.Agency(ctx, caller.Agency); err != nil {
			return err
		}
		now := a.Now().Truncate(time.Millisecond)
		c := Change{Agency: caller.Agency, Was: *at, Portal: at.Portal, Zone: at.Zone,
			Audit: audit.Entry{ID: id.New[id.Event](id.EventPrefix, now), At: now, Actor: caller.Actor(), Subject: string(caller.Agency)}}
		if err := decide(&c, now); err != nil || c.Audit.Action == "" {
			return err
		}
		at.Portal, at.Zone = c.Portal, c.Zone
		return a.Store.ChangePortal(ctx, c)
	})
	if err != nil {
		return nil, err
	}
	return at, nil
}

// Settings reads the agency with how the app is set up. Faults: those of Update.
func (a *App) Settings(ctx context.Context, caller identity.Caller) (*agency.Agency, error) {
	if err := caller.MayPortal(identity.RolesWrite, identity.Administer); err != nil {
		return nil, err
	}
	at, err := a.Store.Agency(ctx, caller.Agency)
	if err == nil {
		err = at.MayPortal()
	}
	if err != nil {
		return nil, err
	}
	return at, nil
}
