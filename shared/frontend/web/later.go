package web

import (
	"context"
	"net/url"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/timezone"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/clients"
	"latchkey.dev/shared/usecase/onboarding"
	"latchkey.dev/shared/view/page"
)

// localForm is how a browser sends a datetime-local input (HTML, "Local dates and times").
const localForm = "2006-01-02T15:04"

// later puts on a client's page when the invite goes out, or whether it is reminded of, for whoever may change that.
func (s *Site) later(v *page.Client, c *client.Client, a *agency.Agency) {
	zone, i := c.Location(a), c.Invite
	switch i.At(s.now()) {
	case invite.Scheduled:
		v.Reminding = &page.Reminding{On: !i.Reminders.Off, Next: words.Say("client.reminders_on")}
		if a.Reminders.Off {
			v.Reminding = nil // the agency's settings say that nobody is reminded
		}
		v.Later = &page.Later{At: i.SendAt.In(zone).Format(localForm), Zone: timezone.Shown(c.ZoneAt(a))}
	case invite.Pending:
		v.Reminding = &page.Reminding{On: !i.Reminders.Off}
		if c.Unreminded {
			v.Reminding = &page.Reminding{Stopped: true, On: !i.Reminders.Off, Next: words.Say("client.reminders_stopped")}
			return
		}
		if len(i.Reminders.Plan) > 0 && !i.Reminders.Off && !a.Reminders.Off {
			v.Reminding.Next = words.Say("client.reminder_next", "moment", bothTimes(i.Reminders.Plan[0], zone))
		}
	}
}

// bothTimes is a moment by the clocks of the zone, and of UTC where those differ.
func bothTimes(at time.Time, zone *time.Location) string {
	local := words.English.Deadline(at.In(zone))
	if _, offset := at.In(zone).Zone(); offset != 0 {
		return words.Say("client.both_times", "local", local, "utc", at.UTC().Format("15:04"))
	}
	return local
}

// rescheduleInvite gives an invite that waits for its time another one.
func rescheduleInvite(s *Site, directory *clients.Directory, scheduler *onboarding.Scheduler) Form {
	do := func(ctx context.Context, caller identity.Caller, c *client.Client, typed url.Values) error {
		_, err := scheduler.Reschedule(ctx, caller, c.Invite.ID, typed.Get("sendAt"), typed.Get("timeZone"))
		return err
	}
	return s.change("reschedule", identity.ByPortal(identity.InvitesWrite, identity.Invite), always("rescheduled"), directory, do,
		func(v *page.Client, f *fault.Error, typed url.Values) {
			if v.Later == nil || len(f.Fields) == 0 {
				v.Note = page.Note{Tone: page.Bad, Text: f.Message}
				return
			}
			v.Later.At, v.Later.Zone = typed.Get("sendAt"), typed.Get("timeZone")
			v.Later.Problems = problems(f, map[string]string{"sendAt": "sendAt", "timeZone": "timeZone"})
		})
}

// remindOfInvite switches the reminders of an invite off, or on again.
func remindOfInvite(s *Site, directory *clients.Directory, scheduler *onboarding.Scheduler) Form {
	do := func(ctx context.Context, caller identity.Caller, c *client.Client, typed url.Values) error {
		_, err := scheduler.SetReminders(ctx, caller, c.Invite.ID, typed.Get("on") != "")
		return err
	}
	return s.change("reminders", identity.ByPortal(identity.InvitesWrite, identity.Invite), always("reminders"), directory, do)
}
