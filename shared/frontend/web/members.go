package web

import (
	"context"
	"errors"
	"net/http"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/agencies"
	"latchkey.dev/shared/usecase/signin"
	"latchkey.dev/shared/view/page"
)

// memberOutcome is what the page of members says after something was done.
func memberOutcome(done string) string {
	switch done {
	case "added":
		return words.Say("settings.member_added")
	case "changed":
		return words.Say("settings.member_changed")
	case "internal":
		return words.Say("settings.member_internal")
	case "removed":
		return words.Say("settings.member_removed")
	}
	return ""
}

// MembersPage shows who works at the agency; with remove in the query it asks about one of them.
func MembersPage(
	s *Site, auth *signin.Authenticator, settings *agencies.Settings, newcomers *agencies.Newcomers, members *agencies.Members,
) *Page {
	who := identity.ByStaff(identity.AgencyRead)
	return s.page("membersPage", auth, who, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		v, err := s.members(r.Context(), settings, caller)
		if err != nil {
			return err
		}
		q := r.URL.Query()
		if text := memberOutcome(q.Get("done")); text != "" {
			v.Note = page.Note{Tone: page.Good, Text: text}
		}
		for i := range v.Rows {
			if x := &v.Rows[i]; x.ID == q.Get("remove") && (v.Owner || x.You) {
				v.Removing = x
			}
		}
		return s.show(w, r, http.StatusOK, v)
	}, addMember(s, settings, newcomers), changeMember(s, settings, members), removeMember(s, settings, members))
}

// members prepares the page.
func (s *Site) members(ctx context.Context, settings *agencies.Settings, caller identity.Caller) (page.Members, error) {
	team, err := settings.Team(ctx, caller)
	if err != nil {
		return page.Members{}, err
	}
	v := page.Members{Workspace: workspace(team.Agency, caller, page.InSettings), Tab: "members", Owner: isOwner(team, caller),
		App: team.Agency.Portal.Installed(),
		Key: newKey(), Full: len(team.Members) >= agency.MaxMembers}
	for _, m := range team.Members {
		x := page.MemberRow{ID: string(m.ID), Name: m.Name, Email: string(m.Email), Level: string(m.Level),
			Word:  levelWord(words.English, m.Level),
			Right: string(m.PortalRight()), You: m.ID == caller.Member}
		if x.Name == "" {
			x.Name, x.Email = x.Email, ""
		}
		if !m.AddedAt.IsZero() {
			x.Since = page.TimeAt(m.AddedAt, s.now())
		}
		v.Rows = append(v.Rows, x)
	}
	return v, nil
}

// addMember gives a person a place at the agency.
func addMember(s *Site, settings *agencies.Settings, newcomers *agencies.Newcomers) Form {
	return s.changeMembers("add", settings, func(r *http.Request, caller identity.Caller) (string, error) {
		f := r.PostForm
		n := agencies.NewMember{Name: f.Get("name"), Level: agency.Level(f.Get("level"))}
		if n.Name == "" {
			n.Name, _ = email.Split(f.Get("email"))
		}
		var ask *page.Meant
		if n.Email, ask = meantIn(f, adds); ask != nil {
			return "", &question{ask}
		}
		_, err := newcomers.Add(r.Context(), caller, n, once(f))
		return "/settings/members?done=added", err
	})
}

// changeMember gives a member another level, and another right in Client Portal where the form asks for that.
func changeMember(s *Site, settings *agencies.Settings, members *agencies.Members) Form {
	return s.changeMembers("change", settings, func(r *http.Request, caller identity.Caller) (string, error) {
		level := agency.Level(r.PostForm.Get("level"))
		c := agencies.MemberChange{Level: &level}
		if right := agency.PortalRight(r.PostForm.Get("portalRight")); right != "" && level != agency.Owner {
			c.Right = &right // an owner is an administrator, whatever the form says that was shown before
		}
		which, err := id.ParseMember(r.PostForm.Get("member"))
		if err == nil {
			_, err = members.Change(r.Context(), caller, which, c)
		}
		return "/settings/members?done=changed", err
	})
}

// removeMember takes a member's place away. Who has removed itself is led to the agencies where it still works.
func removeMember(s *Site, settings *agencies.Settings, members *agencies.Members) Form {
	return s.changeMembers("remove", settings, func(r *http.Request, caller identity.Caller) (string, error) {
		which, err := id.ParseMember(r.PostForm.Get("member"))
		if err == nil {
			err = members.Remove(r.Context(), caller, which)
		}
		if which == caller.Member {
			return "/agencies?done=left", err
		}
		return "/settings/members?done=removed", err
	})
}

// changeMembers makes a form of a change, which returns where it leads on to. A refused one is shown with what was typed.
func (s *Site) changeMembers(
	do string, settings *agencies.Settings, change func(r *http.Request, caller identity.Caller) (next string, err error),
) Form {
	who := identity.ByOwner()
	if do == "remove" { // anybody may leave
		who = identity.ByColleague(identity.InPerson).Owners().OrThemselves("member").Stepped()
	}
	return form(do, who, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		next, err := change(r, caller)
		if err == nil {
			return seeOther(w, next)
		}
		var asked *question
		f := &fault.Error{}
		if !errors.As(err, &asked) {
			if f, err = ours(r, err); err != nil {
				return err
			}
		}
		v, err := s.members(r.Context(), settings, caller)
		if err != nil {
			return err
		}
		typed := r.PostForm
		v.Problems = problems(f, map[string]string{"email": "email", "name": "name", "level": "level"})
		v.Email, v.Name = typed.Get("email"), typed.Get("name")
		if do == "add" {
			v.Level = typed.Get("level")
		}
		if asked != nil {
			v.Problems, v.Meant = nil, asked.ask
			return s.show(w, r, http.StatusOK, v)
		}
		retryAfter(w, f)
		return s.show(w, r, f.Code.Status(), v)
	})
}
