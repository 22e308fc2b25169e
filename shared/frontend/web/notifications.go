package web

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/notice"
	"latchkey.dev/shared/domain/reminder"
	"latchkey.dev/shared/domain/timezone"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/agencies"
	"latchkey.dev/shared/usecase/signin"
	"latchkey.dev/shared/view/page"
)

// NotificationsPage shows a member what they are told by mail, and lets them choose. Whoever manages clients chooses there, too, how
// these are reminded of invitations.
func NotificationsPage(
	s *Site, auth *signin.Authenticator, settings *agencies.Settings, n *agencies.Notifications, m *agencies.MailSettings,
) *Page {
	who := identity.ByColleague(identity.InPerson)
	return s.page("notificationsPage", auth, who, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		v, err := s.notifications(r.Context(), settings, n, caller)
		if err != nil {
			return err
		}
		switch r.URL.Query().Get("done") {
		case "saved":
			v.Note = page.Note{Tone: page.Good, Text: words.Say("notifications.saved")}
		case "reminders":
			v.Note = page.Note{Tone: page.Good, Text: words.Say("reminders.saved")}
		}
		return s.show(w, r, http.StatusOK, v)
	}, form("save", who, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		// A box that is not ticked is not sent, so that all kinds of the form are named beside it.
		changed := notice.Choices{}
		for _, k := range r.PostForm["kind"] {
			changed[notice.Kind(k)] = slices.Contains(r.PostForm["on"], k)
		}
		rhythm, err := notice.ParseRhythm("digest", cmp.Or(r.PostForm.Get("digest"), "soon"))
		if err == nil {
			_, err = n.Update(r.Context(), caller, changed, &rhythm)
		}
		if err == nil {
			return seeOther(w, "/settings/notifications?done=saved")
		}
		f, err := ours(r, err)
		if err != nil {
			return err
		}
		v, err := s.notifications(r.Context(), settings, n, caller)
		if err != nil {
			return err
		}
		v.Problems = problems(f, nil)
		retryAfter(w, f)
		return s.show(w, r, f.Code.Status(), v)
	}), remindClients(s, settings, n, m))
}

// reminderNames are the fields of the form by the names that the use case gives them.
var reminderNames = map[string]string{"firstAfterDays": "first", "lastBeforeHours": "last", "timeZone": "zone"}

// remindClients changes how clients are reminded of invitations.
func remindClients(s *Site, settings *agencies.Settings, n *agencies.Notifications, m *agencies.MailSettings) Form {
	return form("reminders", identity.ByPortal(identity.AgencyWrite, identity.Manage),
		func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
			typed := r.PostForm
			on, weekends, zone := typed.Get("enabled") != "", typed.Get("weekends") != "", typed.Get("timeZone")
			first, last := number(typed.Get("firstAfterDays")), number(typed.Get("lastBeforeHours"))
			_, err := m.Update(r.Context(), caller, reminder.Change{Enabled: &on, FirstDays: &first, LastHours: &last, Weekends: &weekends},
				&zone)
			if err == nil {
				return seeOther(w, "/settings/notifications?done=reminders#reminders")
			}
			f, err := ours(r, err)
			if err != nil {
				return err
			}
			v, err := s.notifications(r.Context(), settings, n, caller)
			if err != nil {
				return err
			}
			if x := v.Reminders; x != nil {
				x.On, x.Weekends, x.Zone = on, weekends, zone
				x.First, x.Last = page.ReminderChoices(first, last)
			}
			v.Problems = problems(f, reminderNames)
			retryAfter(w, f)
			return s.show(w, r, f.Code.Status(), v)
		})
}

// number reads a number; -1 for what is none, which no setting may be.
func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return -1
	}
	return n
}

// notifications prepares the page.
func (s *Site) notifications(
	ctx context.Context, settings *agencies.Settings, n *agencies.Notifications, caller identity.Caller,
) (page.Notifications, error) {
	a, err := settings.Here(ctx, caller)
	if err != nil {
		return page.Notifications{}, err
	}
	c, err := n.Get(ctx, caller)
	if err != nil {
		return page.Notifications{}, err
	}
	v := page.Notifications{Workspace: workspace(a, caller, page.InSettings), Tab: "notifications", Email: string(caller.Email)}
	if v.Workspace.Employee {
		v.Leave = string(caller.Member)
	}
	v.Rhythms = []page.Option{
		{Value: notice.Soon.String(), Word: words.Say("notifications.soon")},
		{Value: notice.Daily.String(), Word: words.Say("notifications.daily", "zone", timezone.Shown(a.Zone))},
		{Value: notice.Never.String(), Word: words.Say("notifications.never")},
	}
	for i := range v.Rhythms {
		v.Rhythms[i].Here = v.Rhythms[i].Value == c.Rhythm.String()
	}
	if caller.MayPortal(identity.AgencyWrite, identity.Manage) == nil {
		x := &page.RemindersForm{On: !a.Reminders.Off, Weekends: a.Reminders.Weekends, Zone: timezone.Shown(a.Zone),
			Zones: timezone.Usual()}
		x.First, x.Last = page.ReminderChoices(a.Reminders.FirstDays(), a.Reminders.LastHours())
		v.Reminders = x
	}
	for _, d := range notice.Register() {
		k := page.NotificationKind{Value: string(d.Kind), Title: d.Kind.Title(), On: c.Choices.On(d.Kind)}
		switch {
		case d.Owners:
			v.Money = append(v.Money, k)
		case d.Rights:
			if a.MayPortal() == nil && caller.Administers() {
				v.Rights = append(v.Rights, k)
			}
		case d.Kind == notice.EndpointFailing || d.Kind == notice.EndpointDisabled:
			if caller.Level() == agency.Owner {
				v.Hooks = append(v.Hooks, k)
			}
		default:
			v.Invites = append(v.Invites, k)
		}
	}
	return v, nil
}
