package agency

import (
	"time"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/timezone"
)

// Portal is the app Client Portal of an agency: external users with roles, beside the automations that every client sees.
//
// Source: Flowlu's help, "Client Portal": it is installed in the Marketplace, and its section is in the menu then.
type Portal struct {
	InstalledAt     time.Time // zero while it is not installed; what it has is kept then
	Stocked         bool      // whether the preset roles were made, which happens once
	EmployeesInvite bool      // whether employees invite external users, and give them roles that they may give
}

// Installed tells whether the app is installed.
func (p Portal) Installed() bool { return !p.InstalledAt.IsZero() }

// MayPortal returns nil when the agency has installed Client Portal; else a fault with code [fault.NotFound]: nothing of the app is
// there.
func (a *Agency) MayPortal() error {
	if !a.Portal.Installed() {
		return fault.New(fault.NotFound, "errors.portal_not_installed")
	}
	return nil
}

// Location is the agency's time zone.
func (a *Agency) Location() *time.Location { return timezone.Load(a.Zone) }
