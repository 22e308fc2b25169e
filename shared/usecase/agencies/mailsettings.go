package agencies

import (
	"context"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/reminder"
	"latchkey.dev/shared/domain/timezone"
)

// MailStore keeps which mails an agency's clients get.
type MailStore interface {
	// Agency reads the agency as it is now.
	Agency(ctx context.Context, agency id.Agency) (*agency.Agency, error)
	// SaveMailSettings writes the agency's reminders and zone with a row of the log, while they are those of was; else
	// [conflict.ErrChanged].
	SaveMailSettings(ctx context.Context, was, is *agency.Agency, row audit.Entry) error
}

// MailSettings are which mails an agency's clients get besides those that they need.
type MailSettings struct {
	Store MailStore
	Now   func() time.Time
}

// Get reads the agency with its settings. Faults: [fault.Unauthenticated], [fault.Forbidden].
func (m *MailSettings) Get(ctx context.Context, caller identity.Caller) (*agency.Agency, error) {
	if err := caller.MayPortal(identity.AgencyRead, identity.See); err != nil {
		return nil, err
	}
	return m.Store.Agency(ctx, caller.Agency)
}

// Update changes how clients are reminded of invitations, and the agency's time zone; what is nil stays as it is. What is switched off is
// not sent from now on. Times hold for invitations that are sent from now on. Faults: [fault.Invalid] in firstAfterDays, lastBeforeHours
// and timeZone, [fault.Unauthenticated], [fault.Forbidden].
func (m *MailSettings) Update(ctx context.Context, caller identity.Caller, c reminder.Change, zone *string) (*agency.Agency, error) {
	if err := caller.MayPortal(identity.AgencyWrite, identity.Manage); err != nil {
		return nil, err
	}
	var is *agency.Agency
	err := conflict.Retry(ctx, func() error {
		was, err := m.Store.Agency(ctx, caller.Agency)
		if err != nil {
			return err
		}
		changed := *was
		is = &changed
		var bad, badZone error
		is.Reminders, bad = was.Reminders.With(c)
		if zone != nil {
			is.Zone, badZone = timezone.Parse("timeZone", *zone)
		}
		if err := fault.Together(bad, badZone); err != nil {
			return err
		}
		if is.Reminders == was.Reminders && is.Zone == was.Zone {
			return nil
		}
		return m.Store.SaveMailSettings(ctx, was, is, row(m.Now(), caller.Actor(), audit.MailSettings, string(caller.Agency), ""))
	})
	return is, err
}
