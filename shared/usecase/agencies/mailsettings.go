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
	"latchkey.dev/shared/domain/text"
	"latchkey.dev/shared/domain/timezone"
)

// MailStore keeps which mails an agency's clients get.
type MailStore interface {
	// Agency reads the agency as it is now.
	Agency(ctx context.Context, agency id.Agency) (*agency.Agency, error)
	// SaveMailSettings writes the agency's reminders, zone and language with a row of the log, while they are those of was; else
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

// MailChange is what is to be changed of them; what is nil stays as it is.
type MailChange struct {
	Reminders reminder.Change
	Zone      *string
	Language  *string // of clients whose own isn't known; "" for English
}

// Check says what is wrong with the change as far as it alone says it. Faults: [fault.Invalid].
func (c *MailChange) Check() error {
	_, bad := reminder.Settings{}.With(c.Reminders)
	return fault.Together(bad, c.put(&agency.Agency{}))
}

// put puts the zone and the language on the agency.
func (c *MailChange) put(a *agency.Agency) error {
	var badZone, badLanguage error
	if c.Zone != nil {
		a.Zone, badZone = timezone.Parse("timeZone", *c.Zone)
	}
	if c.Language != nil {
		a.Language, badLanguage = text.Language("language", *c.Language)
	}
	return fault.Together(badZone, badLanguage)
}

// Update changes how clients are reminded of invitations, in which language they are written to, and the agency's time zone. What is
// switched off is not sent from now on. Times hold for invitations that are sent from now on. Faults: [fault.Invalid] in firstAfterDays,
// lastBeforeHours, timeZone and language, [fault.Unauthenticated], [fault.Forbidden].
func (m *MailSettings) Update(ctx context.Context, caller identity.Caller, c MailChange) (*agency.Agency, error) {
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
		var bad error
		is.Reminders, bad = was.Reminders.With(c.Reminders)
		if err := fault.Together(bad, c.put(is)); err != nil {
			return err
		}
		if is.Reminders == was.Reminders && is.Zone == was.Zone && is.Language == was.Language {
			return nil
		}
		return m.Store.SaveMailSettings(ctx, was, is, row(m.Now(), caller.Actor(), audit.MailSettings, string(caller.Agency), ""))
	})
	return is, err
}
