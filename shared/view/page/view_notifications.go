package page

import (
	"slices"
	"strconv"

	"latchkey.dev/shared/domain/words"
)

// Notifications is the settings' page on which a member chooses what they are told by mail.
type Notifications struct {
	Workspace Workspace
	Tab       string
	Email     string // where the mails go
	Invites   []NotificationKind
	Money     []NotificationKind // of these owners are told for all clients
	Rights    []NotificationKind // of these the administrators of Client Portal are told; none for others
	Hooks     []NotificationKind // of these owners are told; none for others
	Rhythms   []Option           // how often the member is told
	Reminders *RemindersForm     // nil for who may not choose
	Note      Note
	Leave     string // the id of the member, who leaves the agency from here; "" where there is a page of members for that
	Problems  Problems
}

func (v Notifications) frame() frame {
	return frame{template: notificationsHTML, title: v.Problems.title(words.Say("general.notifications")), brand: v.Workspace.Brand,
		script: true}
}

// RemindersForm is how clients are reminded of invitations.
type RemindersForm struct {
	On       bool
	First    []Option // days after the sending
	Last     []Option // hours before the end
	Weekends bool
	Zone     string // the agency's, as it is typed
	Zones    []string
}

// ReminderChoices are what can be chosen for the two reminders, of which these are: days, and hours. What is chosen and not usual stands
// among them.
func ReminderChoices(first, last int) (days, hours []Option) {
	choices := func(chosen int, none string, one func(n int) string, usual ...int) []Option {
		if chosen > 0 && !slices.Contains(usual, chosen) {
			usual = append(usual, chosen)
			slices.Sort(usual)
		}
		out := []Option{{"0", none, chosen == 0}}
		for _, n := range usual {
			out = append(out, Option{strconv.Itoa(n), one(n), n == chosen})
		}
		return out
	}
	after := func(n int) string { return words.Say("reminders.after_days", "n", n) }
	before := func(n int) string { return words.Say("reminders.before_hours", "n", n) }
	return choices(first, words.Say("reminders.no_first"), after, 1, 2, 3, 4, 5, 6),
		choices(last, words.Say("reminders.no_last"), before, 6, 12, 24, 48, 72)
}

// NotificationKind is one kind that can be switched.
type NotificationKind struct {
	Value string
	Title string
	On    bool
}
