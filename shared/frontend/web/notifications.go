package web

import (
	"context"
	"net/http"
	"slices"

	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/notice"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/agencies"
	"latchkey.dev/shared/usecase/signin"
	"latchkey.dev/shared/view/page"
)

// NotificationsPage shows a member what they are told by mail, and lets them choose.
func NotificationsPage(s *Site, auth *signin.Authenticator, settings *agencies.Settings, n *agencies.Notifications) *Page {
	who := identity.ByColleague(identity.InPerson)
	return s.page("notificationsPage", auth, who, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		v, err := s.notifications(r.Context(), settings, n, caller)
		if err != nil {
			return err
		}
		if r.URL.Query().Get("done") == "saved" {
			v.Note = page.Note{Tone: page.Good, Text: words.Say("notifications.saved")}
		}
		return s.show(w, r, http.StatusOK, v)
	}, form("save", who, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		// A box that is not ticked is not sent, so that all kinds of the form are named beside it.
		changed := notice.Choices{}
		for _, k := range r.PostForm["kind"] {
			changed[notice.Kind(k)] = slices.Contains(r.PostForm["on"], k)
		}
		_, err := n.Update(r.Context(), caller, changed)
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
	}))
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
	for _, d := range notice.Register() {
		k := page.NotificationKind{Value: string(d.Kind), Title: d.Kind.Title(), On: c.On(d.Kind)}
		switch {
		case d.Owners:
			v.Money = append(v.Money, k)
		case d.Rights:
			if a.MayPortal() == nil && caller.Administers() {
				v.Rights = append(v.Rights, k)
			}
		default:
			v.Invites = append(v.Invites, k)
		}
	}
	return v, nil
}
