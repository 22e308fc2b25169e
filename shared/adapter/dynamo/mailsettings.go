package dynamo

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/usecase/agencies"
)

// MailSettings is what choosing the mails of an agency's clients needs.
type MailSettings struct{ t *Table }

// NewMailSettings makes MailSettings of the table.
func NewMailSettings(t *Table) MailSettings { return MailSettings{t} }

var _ agencies.MailStore = MailSettings{}

// Agency reads the agency as it is now.
func (m MailSettings) Agency(ctx context.Context, which id.Agency) (*agency.Agency, error) {
	return m.t.agency(ctx, which)
}

// SaveMailSettings writes the agency's reminders, zone and language with a row of the log, while they are those of was.
func (m MailSettings) SaveMailSettings(ctx context.Context, was, is *agency.Agency, row audit.Entry) error {
	u := m.t.changed(string(is.ID), mailAttributes(was), mailAttributes(is))
	return m.t.transact(ctx, []types.TransactWriteItem{{Update: u}, m.t.put(writeAudit(string(is.ID), row), isNew, nil)})
}

// mailAttributes are those of the agency's item, in one order.
func mailAttributes(a *agency.Agency) []attribute {
	w := writer{}
	w.yes("rmOff", a.Reminders.Off)
	w.n("rmFirst", a.Reminders.First)
	w.n("rmLast", a.Reminders.Last)
	w.yes("rmWeekends", a.Reminders.Weekends)
	w.s("zone", a.Zone)
	w.s("lang", string(a.Language))
	var out []attribute
	for _, name := range []string{"rmOff", "rmFirst", "rmLast", "rmWeekends", "zone", "lang"} {
		out = append(out, attribute{name, w[name]})
	}
	return out
}
