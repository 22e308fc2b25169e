package web

import (
	"context"
	"net/http"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/usecase/agencies"
	"latchkey.dev/shared/usecase/signin"
	"latchkey.dev/shared/view/page"
)

// memberOutcomes are what the page of members says after something was done.
var memberOutcomes = map[string]string{
	"added":   "Added. A mail that says so is on its way.",
	"changed": "The role is changed.",
	"removed": "Removed. The person is not of the agency any more.",
}

// MembersPage shows who works at the agency; with remove in the query it asks about one of them.
func MembersPage(s *Site, auth *signin.Authenticator, o *agencies.Office) *Page {
	return s.page("membersPage", auth, identity.ByStaff(identity.InPerson), func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		v, err := s.members(r.Context(), o, caller)
		if err != nil {
			return err
		}
		q := r.URL.Query()
		if text := memberOutcomes[q.Get("done")]; text != "" {
			v.Note = page.Note{Tone: page.Good, Text: text}
		}
		for i := range v.Rows {
			if x := &v.Rows[i]; x.ID == q.Get("remove") && (v.Owner || x.You) {
				v.Removing = x
			}
		}
		return s.show(w, r, http.StatusOK, v)
	}, changeMembers(s, "add", o), changeMembers(s, "role", o), changeMembers(s, "remove", o))
}

func (s *Site) members(ctx context.Context, o *agencies.Office, caller identity.Caller) (page.Members, error) {
	roster, err := o.Members(ctx, caller)
	if err != nil {
		return page.Members{}, err
	}
	v := page.Members{Workspace: workspace(roster.Agency, caller, page.InSettings), Tab: "members", Owner: isOwner(roster, caller), Key: newKey(),
		Full: len(roster.Members) >= agency.MaxMembers}
	for _, m := range roster.Members {
		x := page.MemberRow{ID: string(m.ID), Name: m.Name, Email: string(m.Email), Owner: m.Role == agency.Owner, You: m.ID == caller.Member}
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

// changeMembers adds, changes or removes a member.
func changeMembers(s *Site, do string, o *agencies.Office) Form {
	return form(do, identity.ByStaff(identity.InPerson), func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		ctx, form := r.Context(), r.PostForm
		which := id.Member(form.Get("member"))
		next := "/settings/members?done="
		var err error
		switch do {
		case "add":
			next += "added"
			_, err = o.Add(ctx, caller, agencies.NewMember{Email: form.Get("email"), Name: form.Get("name"), Role: agency.Role(form.Get("role"))}, once(form))
		case "role":
			next += "changed"
			role := agency.Role(form.Get("role"))
			_, err = o.Change(ctx, caller, which, agencies.MemberChange{Role: &role})
		case "remove":
			next += "removed"
			if which == caller.Member {
				next = "/agencies?done=left"
			}
			err = o.Remove(ctx, caller, which)
		}
		if err == nil {
			return seeOther(w, next)
		}
		f, err := ours(r, err)
		if err != nil {
			return err
		}
		v, err := s.members(ctx, o, caller)
		if err != nil {
			return err
		}
		v.Problems = problems(f, map[string]string{"email": "email", "name": "name", "role": "role"})
		v.Email, v.Name, v.AsOwner = form.Get("email"), form.Get("name"), do == "add" && form.Get("role") == string(agency.Owner)
		retryAfter(w, f)
		return s.show(w, r, f.Code.Status(), v)
	})
}
