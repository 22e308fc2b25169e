package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/agencies"
	"latchkey.dev/shared/usecase/clients"
	"latchkey.dev/shared/usecase/onboarding"
	"latchkey.dev/shared/view/page"
)

// ask opens what the address asks about, for browsers without a script.
func ask(v *page.Client, query url.Values) {
	if v.Cancel != nil {
		v.Cancel.Open = query.Get("cancel") == "ask"
	}
	if v.Remove != nil {
		v.Remove.Open = query.Get("remove") == "ask"
	}
	if v.Erase != nil {
		v.Erase.Open = query.Get("erase") == "ask"
	}
	if v.Internal != nil {
		v.Internal.Open = query.Get("internal") == "ask"
	}
	if v.Rename != nil {
		v.Rename.Open = query.Get("rename") == "ask"
	}
	for i := range v.Access {
		v.Access[i].Asked = query.Get("revoke") == v.Access[i].ID
	}
}

// clientActions puts on a client's page what can be done about the client.
func (s *Site) clientActions(r *http.Request, directory *clients.Directory, caller identity.Caller, v *page.Client,
	c *client.Client) error {
	now := s.now()
	may := func(right identity.Right) bool { return caller.MayPortal(identity.InPerson, right) == nil }
	if may(identity.Administer) {
		v.Rename = &page.Rename{Name: c.Name, Edition: c.Edition()}
	}
	if may(identity.Oversee) {
		v.Activity = "/activity?subject=" + url.QueryEscape(string(c.ID))
	}
	v.AgainURL = "/clients?invite=new&again=" + url.QueryEscape(string(c.ID))
	if p := c.Proposal; p != nil && c.At(now) != client.Active && may(identity.Manage) {
		v.Proposal = &page.Proposal{Address: string(p.Address), Invited: string(c.Email), At: page.TimeAt(p.At, now)}
	}
	switch c.At(now) {
	case client.Active:
		if !may(identity.Administer) {
			break
		}
		if f := fault.As(c.MayEnd(client.ByAgency)); f != nil {
			v.Stays = f.Message
			break
		}
		v.Remove = &page.Question{Client: c.DisplayName(), Facts: whoKeepsWhat(v.Access)}
	case client.Inactive:
		if !may(identity.Manage) {
			break
		}
		v.Erase = &page.Question{Client: c.DisplayName(), Facts: []page.Fact{
			{Tone: page.Bad, Text: words.Say("client.erase_lost")},
			{Tone: page.Good, Text: words.Say("client.erase_log")},
			{Tone: page.Good, Text: words.Say("client.erase_kept")},
		}}
	}
	if err := c.MayChange(now); err != nil {
		if c.At(now) == client.Pending {
			v.Fixed, v.Nothing = fault.As(err).Message, words.Say("client.nothing")
			if c.Invite.Contract != nil {
				v.Nothing = words.Say("client.nothing_until_paid")
			}
		}
		return nil
	}
	if !may(identity.Manage) {
		return nil
	}
	v.AccessURL = v.URL
	v.Grant = &page.GrantForm{}
	for _, kind := range []instance.Kind{instance.N8N, instance.Service} {
		all, err := directory.Resources(r.Context(), caller, kind, true)
		if err != nil {
			return err
		}
		for _, x := range all {
			if !has(c, x.ID) {
				v.Grant.Choices = append(v.Grant.Choices, page.Choice{ID: string(x.ID), Name: x.Name,
					State: resourceBadge(words.English, x.Status)})
			}
		}
	}
	return nil
}

func has(c *client.Client, r id.Resource) bool {
	for _, g := range c.Open() {
		if g.Resource == r {
			return true
		}
	}
	return false
}

// whoKeepsWhat spells out what the end of a relationship does (FE33).
func whoKeepsWhat(all []page.Linked) []page.Fact {
	var facts []page.Fact
	access := slices.DeleteFunc(slices.Clone(all), func(x page.Linked) bool { return x.Own })
	if len(access) > 0 {
		names := make([]string, 0, 4)
		for i, x := range access {
			if i == 3 && len(access) > 4 {
				names = append(names, words.Say("clients.and_more", "n", len(access)-3))
				break
			}
			names = append(names, x.Name)
		}
		facts = append(facts, page.Fact{Tone: page.Bad, Text: words.Say("client.remove_lost", "things", strings.Join(names, ", "))})
	} else {
		facts = append(facts, page.Fact{Tone: page.Bad, Text: words.Say("client.remove_closed")})
	}
	return append(facts,
		page.Fact{Tone: page.Good, Text: words.Say("client.remove_yours")},
		page.Fact{Tone: page.Good, Text: words.Say("client.remove_theirs")},
		page.Fact{Tone: page.Good, Text: words.Say("client.remove_again")})
}

// renameClient changes a client's name.
func renameClient(s *Site, directory *clients.Directory, renamer *clients.Renamer) Form {
	do := func(ctx context.Context, caller identity.Caller, c *client.Client, form url.Values) error {
		name := form.Get("name")
		_, err := renamer.Rename(ctx, caller, c.ID, &name, form.Get("edition"))
		return err
	}
	again := func(v *page.Client, f *fault.Error, form url.Values) {
		if v.Rename == nil {
			return
		}
		v.Rename.Open, v.Rename.Name = true, form.Get("name")
		v.Rename.Problems = page.Problems{{Field: "rename", Message: f.Message}}
	}
	return s.change("rename", identity.ByPortal(identity.ClientsWrite, identity.Administer), always("renamed"), directory, do, again)
}

// changeAccess opens something to a client, changes a right, or with no right closes it.
func changeAccess(s *Site, directory *clients.Directory, access *clients.Access) Form {
	do := func(ctx context.Context, caller identity.Caller, c *client.Client, form url.Values) error {
		if form.Get("resource") == "" {
			return fault.InField("resource", "client.choose")
		}
		resource, err := id.ParseResource(form.Get("resource"))
		if err != nil {
			return err
		}
		if form.Get("access") == "none" {
			_, err = access.Revoke(ctx, caller, c.ID, resource)
			return err
		}
		_, err = access.Grant(ctx, caller, c.ID, resource, instance.Access(form.Get("access")))
		return err
	}
	// Who is given the right to change things can be taken it back at once.
	done := func(form url.Values) string {
		if form.Get("access") != string(instance.Write) || form.Get("was") == string(instance.Write) {
			return "access"
		}
		return "written&undo=" + url.QueryEscape(form.Get("resource")) + "&was=" + url.QueryEscape(form.Get("was"))
	}
	who := identity.ByPortal(identity.ClientsWrite, identity.Manage)
	return s.change("access", who, done, directory, do, func(v *page.Client, f *fault.Error, form url.Values) {
		if v.Grant == nil || form.Get("access") == "none" {
			v.Note = page.Note{Tone: page.Bad, Text: f.Message}
			return
		}
		v.Grant.Problems = page.Problems{{Field: "grant", Message: f.Message}}
		v.Grant.Write = form.Get("access") == string(instance.Write)
		for i := range v.Grant.Choices {
			v.Grant.Choices[i].Ticked = v.Grant.Choices[i].ID == form.Get("resource")
		}
	})
}

// removeClient ends the relationship.
func removeClient(s *Site, directory *clients.Directory, removal *clients.Removal) Form {
	do := func(ctx context.Context, caller identity.Caller, c *client.Client, _ url.Values) error {
		_, err := removal.Remove(ctx, caller, c.ID)
		return err
	}
	return s.change("remove", identity.ByPortal(identity.ClientsWrite, identity.Administer), always("removed"), directory, do)
}

// makeInternal makes the client a member, and leads to the members.
func makeInternal(s *Site, directory *clients.Directory, promotions *agencies.Promotions) Form {
	who := identity.ByPortal(identity.InPerson, identity.Administer).Owners().SteppedInside()
	return form("internal", who, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		f, err := promote(w, r, caller, promotions)
		if f == nil {
			return err
		}
		v, err := s.client(r, directory, caller)
		if err != nil {
			return err
		}
		v.Note = page.Note{Tone: page.Bad, Text: f.Message}
		retryAfter(w, f)
		return s.show(w, r, f.Code.Status(), v)
	})
}

// promote makes the client that the path names a member. A refusal that its page can show is the first result; without one all is said,
// or there is no such page for the caller.
func promote(w http.ResponseWriter, r *http.Request, caller identity.Caller, promotions *agencies.Promotions) (*fault.Error, error) {
	which, unread := id.ParseClient(r.PathValue("clientId"))
	_, err := promotions.Promote(r.Context(), caller, which) // which says first whether the caller may
	if err == nil {
		return nil, seeOther(w, "/settings/members?done=internal")
	}
	f, err := ours(r, err)
	if err != nil || f.Code == fault.NotFound || f.Code == fault.Forbidden {
		return nil, orNotFound(err, f)
	}
	if unread != nil {
		return nil, unread
	}
	return f, nil
}

// eraseClient forgets a client and leads back to the list.
func eraseClient(s *Site, directory *clients.Directory, removal *clients.Removal) Form {
	return form("erase", identity.ByPortal(identity.InPerson, identity.Manage).SteppedInside(),
		func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
			which, err := id.ParseClient(r.PathValue("clientId"))
			if err == nil {
				err = removal.Erase(r.Context(), caller, which)
			}
			if err == nil {
				return seeOther(w, "/clients?done=erased")
			}
			f := fault.As(err)
			if f == nil || f.Code != fault.NotActive {
				return err
			}
			v, err := s.client(r, directory, caller)
			if err != nil {
				return err
			}
			v.Note = page.Note{Tone: page.Bad, Text: f.Message}
			return s.show(w, r, f.Code.Status(), v)
		})
}

// answerProposal invites the address that an invitee asks for, or keeps the one that was invited.
func answerProposal(s *Site, directory *clients.Directory, approvals *onboarding.Approvals, proposals *onboarding.Proposals) Form {
	run := func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		ctx := r.Context()
		which, err := id.ParseClient(r.PathValue("clientId"))
		if err != nil {
			return err
		}
		l, err := directory.Client(ctx, caller, which)
		if err != nil {
			return err
		}
		c := l.Client
		next := clientPath(c.ID) + "?done=kept"
		if r.PostForm.Get("answer") == "approve" {
			// One that asks twice is a form that was sent twice: the invite that was made answers for both.
			if c, err = approvals.Approve(ctx, caller, c.Invite.ID, "form."+string(c.Invite.ID)); err == nil {
				if c, err = approvals.Await(ctx, c, patience); err == nil {
					next = clientPath(c.ID) + "?done=approved"
				}
			}
		} else {
			_, err = proposals.Refuse(ctx, caller, c.Invite.ID)
		}
		if err == nil {
			return seeOther(w, next)
		}
		f, err := ours(r, err)
		if err != nil {
			return err
		}
		v, err := s.client(r, directory, caller)
		if err != nil {
			return err
		}
		v.Note = page.Note{Tone: page.Bad, Text: f.Message}
		retryAfter(w, f)
		return s.show(w, r, f.Code.Status(), v)
	}
	return form("proposal", identity.ByPortal(identity.InvitesWrite, identity.Manage), run)
}
