package invite

import (
	"slices"
	"strconv"
	"time"

	"latchkey.dev/shared/domain/reminder"
	"latchkey.dev/shared/domain/secret"
	"latchkey.dev/shared/domain/words"
)

// ReminderLease is how long a worker has for one try of a reminder; SES's own report of it comes meanwhile.
const ReminderLease = 3 * time.Minute

// MaxTokens is how many links of an invite open it at most once it was reminded of.
const MaxTokens = 4

// Reminding is the state of an invite's reminders.
type Reminding struct {
	Off  bool        // by whoever sent it, whatever the agency's settings are
	Plan []time.Time // of those that are still to come: the first when it is to go out, the others when they are wanted

	Number  int    // of the last job, so that every one has a name of its own
	Job     string // of the reminder that is being sent; "" while its time has not come
	Claimed bool   // a worker has it
	Tries   int
	Fresh   int       // how many of the invite's Tokens, counted from the end, belong to the job
	Due     time.Time // of a job: when to look after it
	Around  string    // as Mail has it
}

// PlanReminders plans the reminders of an invite whose mail has just gone out, by what the agency has chosen and the clocks of whoever
// is invited. What has no hour is left out, and the timeline says so.
func (i *Invite) PlanReminders(now time.Time, s reminder.Settings, zone *time.Location) {
	i.Reminders = Reminding{Off: i.Reminders.Off, Number: i.Reminders.Number}
	if i.Reminders.Off || i.Status != Pending {
		return
	}
	i.Reminders.Plan = s.Wanted(now, i.ExpiresAt)
	i.arrange(now, s, zone)
}

// arrange gives the next reminder its hour, and leaves out those that have none.
func (i *Invite) arrange(now time.Time, s reminder.Settings, zone *time.Location) {
	r := &i.Reminders
	for len(r.Plan) > 0 {
		from := i.lastMail().Add(reminder.Apart)
		if from.Before(now) {
			from = now
		}
		at, ok := s.Fit(r.Plan[0], from, i.ExpiresAt, zone, string(i.ID))
		if ok {
			r.Plan[0] = at
			return
		}
		r.Plan = r.Plan[1:]
		i.Note(NotReminded, now, words.Say("reminders.no_hour"))
	}
}

// lastMail is when the last mail of the invite went out; zero for never.
func (i *Invite) lastMail() time.Time {
	for _, e := range slices.Backward(i.Timeline) {
		if e.Name == Sent || e.Name == Reminded {
			return e.At
		}
	}
	return time.Time{}
}

// SetReminders switches the invite's reminders on or off; false when they were so. Those that are switched on again are planned anew,
// without those whose time has passed.
func (i *Invite) SetReminders(on bool, now time.Time, s reminder.Settings, zone *time.Location) bool {
	if i.Reminders.Off == !on {
		return false
	}
	i.StopReminders()
	i.Reminders.Off = !on
	if on && i.Status == Pending && i.Mail.State == MailDone {
		i.Reminders.Plan = slices.DeleteFunc(s.Wanted(i.ExpiresAt.Add(-Lifetime), i.ExpiresAt), now.After)
		i.arrange(now, s, zone)
	}
	return true
}

// StopReminders has no reminder of the invite go out any more. It returns false when none was to.
func (i *Invite) StopReminders() bool {
	r := i.Reminders
	i.Reminders = Reminding{Off: r.Off, Number: r.Number}
	return len(r.Plan) > 0
}

// reminderDue is when somebody should look after the invite's reminders; zero for never.
func (i *Invite) reminderDue() time.Time {
	r := &i.Reminders
	switch {
	case i.Status != Pending || len(r.Plan) == 0:
		return time.Time{}
	case r.Job != "":
		return r.Due
	}
	return r.Plan[0]
}

// NudgeReminder readies a reminder whose time has come, or that nobody is working on, for its queue and says which job; "" when it is in
// good hands, or was given up.
func (i *Invite) NudgeReminder(now time.Time) string {
	due := i.reminderDue()
	if due.IsZero() || now.Before(due) || i.At(now) != Pending || i.Mail.State != MailDone {
		return ""
	}
	r := &i.Reminders
	if r.Job == "" {
		r.Number++
		r.Job, r.Claimed, r.Tries, r.Fresh, r.Around = string(i.ID)+".r"+strconv.Itoa(r.Number), false, 0, 0, ""
	}
	if r.Tries >= MailTries {
		i.LeaveOut(now, words.Say("delivery.gave_up"))
		return ""
	}
	r.Claimed, r.Due = false, now.Add(MailLease)
	return r.Job
}

// ReminderWaits tells whether the job is one that a worker may take now.
func (i *Invite) ReminderWaits(now time.Time, job string) bool {
	r := &i.Reminders
	return r.Job != "" && r.Job == job && (!r.Claimed || !now.Before(r.Due)) && i.At(now) == Pending && i.Mail.State == MailDone
}

// ReminderFits tells whether a reminder may go out now: at an hour by day, not too soon after the mail before, and in time.
func (i *Invite) ReminderFits(now time.Time, s reminder.Settings, zone *time.Location) bool {
	return s.Open(now, zone) && !now.Before(i.lastMail().Add(reminder.Apart)) && !now.After(i.ExpiresAt.Add(-reminder.Margin))
}

// ClaimReminder takes the job for one try, with the hash of the link that its mail will hold, which is one more: the links of earlier
// mails stay good (R5). Of more than MaxTokens the oldest goes, of the job's own earlier tries first. It returns false when there is
// nothing to do.
func (i *Invite) ClaimReminder(now time.Time, job string, token secret.Hash, lease time.Duration) bool {
	if !i.ReminderWaits(now, job) {
		return false
	}
	r := &i.Reminders
	for len(i.Tokens) >= MaxTokens {
		oldest := 0
		if r.Fresh > 0 {
			oldest = len(i.Tokens) - r.Fresh
			r.Fresh--
		}
		i.Tokens = slices.Delete(slices.Clone(i.Tokens), oldest, oldest+1)
	}
	i.Tokens = append(i.Tokens, token)
	r.Claimed, r.Due = true, now.Add(lease)
	r.Tries++
	r.Fresh++
	return true
}

// HoldsReminder tells whether the worker that claimed the job with this link may record what came of it.
func (i *Invite) HoldsReminder(job string, token secret.Hash) bool {
	r := &i.Reminders
	return r.Job == job && r.Claimed && len(i.Tokens) > 0 && i.Tokens[len(i.Tokens)-1] == token
}

// ReminderSent records that the reminder has gone out, and in words which way, and gives the next one its hour.
func (i *Invite) ReminderSent(now time.Time, way string, s reminder.Settings, zone *time.Location) {
	i.Note(Reminded, now, way)
	i.nextReminder()
	i.arrange(now, s, zone)
}

// ReminderReported records that the reminder of the job has gone out, because SES reports of it while nobody has said so: the worker may
// have died, and it isn't sent twice. It returns false when that was recorded, or another job is under way.
func (i *Invite) ReminderReported(now time.Time, job string) bool {
	if r := &i.Reminders; job == "" || r.Job != job || !r.Claimed || i.Status != Pending {
		return false
	}
	i.Note(Reminded, now, "")
	i.nextReminder()
	return true
}

// RetryReminder puts the reminder back for another try after a passing fault. It returns how long to wait, or false when it was the
// last try.
func (i *Invite) RetryReminder(now time.Time) (time.Duration, bool) {
	r := &i.Reminders
	if r.Tries >= MailTries {
		return 0, false
	}
	wait := Backoff(r.Tries)
	r.Claimed, r.Due = false, now.Add(wait+MailPatience)
	return wait, true
}

// ReminderAround puts the reminder back at once, for the platform's sender, and says why the agency's own server does not send it.
func (i *Invite) ReminderAround(now time.Time, why string) {
	r := &i.Reminders
	r.Claimed, r.Tries, r.Around, r.Due = false, 0, why, now.Add(MailPatience)
}

// PostponeReminder gives a reminder another hour, which may not go out now, not before a moment. What has no such hour is left out.
func (i *Invite) PostponeReminder(now, from time.Time, s reminder.Settings, zone *time.Location) {
	r := &i.Reminders
	i.dropFresh()
	r.Plan = slices.Clone(r.Plan)
	r.Plan[0] = from
	r.Job, r.Claimed, r.Due, r.Around = "", false, time.Time{}, ""
	i.arrange(now, s, zone)
}

// LeaveOut gives the reminder up that is under way, and says why.
func (i *Invite) LeaveOut(now time.Time, reason string) {
	i.dropFresh()
	i.nextReminder()
	i.Note(NotReminded, now, reason)
}

// dropFresh takes back the links of a reminder that has not gone out.
func (i *Invite) dropFresh() {
	r := &i.Reminders
	i.Tokens, r.Fresh = i.Tokens[:len(i.Tokens)-r.Fresh], 0
}

// nextReminder ends the job. What comes after it is given its hour when it goes out, if not before.
func (i *Invite) nextReminder() {
	r := i.Reminders
	i.Reminders = Reminding{Off: r.Off, Plan: r.Plan[1:], Number: r.Number}
}

// interrupt ends a reminder that is under way because the invite is mailed anew. Whether it has gone out nobody knows, so that it
// isn't sent again.
func (i *Invite) interrupt() {
	if i.Reminders.Job != "" {
		i.nextReminder()
	}
}
