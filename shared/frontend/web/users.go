package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/role"
	"latchkey.dev/shared/domain/text"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/activity"
	"latchkey.dev/shared/usecase/agencies"
	"latchkey.dev/shared/usecase/clients"
	"latchkey.dev/shared/usecase/contacts"
	"latchkey.dev/shared/usecase/signin"
	"latchkey.dev/shared/view/page"
)

// historyRows is how many rows of the log stand on an external user's card.
const historyRows = 20

// localTime is how a browser sends a date and a time of day.
const localTime = "2006-01-02T15:04"

// UsersPage is the list of external users, which Client Portal opens with.
func UsersPage(s *Site, auth *signin.Authenticator, users *clients.Users) *Page {
	show := func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		event.Annotate(r.Context(), "agency", string(caller.Agency))
		var after id.Client
		if c := r.URL.Query().Get("cursor"); c != "" {
			var err error
			if after, err = id.ParseClient(c); err != nil {
				return fault.New(fault.NotFound, "errors.this_page_of_the_list_doesnt")
			}
		}
		find := strings.TrimSpace(r.URL.Query().Get("q"))
		if len(find) > longestFind {
			find = strings.ToValidUTF8(find[:longestFind], "")
		}
		found, err := users.List(r.Context(), caller, clients.Query{Limit: perPage, After: after, Find: text.Fold(find)})
		if err != nil {
			return err
		}
		now := s.now()
		v := page.Users{Workspace: workspace(found.Agency, caller, page.InPortal), Find: find,
			Invite: caller.MayPortal(identity.InvitesWrite, identity.Invite) == nil}
		if after != "" {
			v.Newest = usersPath(find, "")
		}
		if found.Next != "" {
			v.Older = usersPath(find, found.Next)
		}
		for i := range found.Items {
			v.Rows = append(v.Rows, userRow(found.Agency, &found.Items[i], found.Roles, now))
		}
		return s.show(w, r, http.StatusOK, v)
	}
	return s.page("usersPage", auth, identity.ByPortal(identity.ClientsRead, identity.See), show)
}

func usersPath(find string, after id.Client) string {
	q := url.Values{}
	if find != "" {
		q.Set("q", find)
	}
	if after != "" {
		q.Set("cursor", string(after))
	}
	if len(q) == 0 {
		return "/client-portal"
	}
	return "/client-portal?" + q.Encode()
}

func userPath(which id.Client) string { return "/client-portal/users/" + url.PathEscape(string(which)) }

// userRow is an external user in the list.
func userRow(a *agency.Agency, c *client.Client, roles []role.Role, now time.Time) page.UserRow {
	x := page.UserRow{URL: userPath(c.ID), Name: c.DisplayName(), Ends: termBadge(a, c, now)}
	if c.Name != "" {
		x.Email = string(c.Email)
	}
	if !c.SeenAt.IsZero() {
		x.Seen = page.TimeAt(c.SeenAt, now)
	}
	for i := range roles {
		if slices.Contains(c.Roles, roles[i].ID) {
			x.Roles = append(x.Roles, roles[i].Name)
		}
	}
	return x
}

// termBadge says when the client's access ends; empty where it does not.
func termBadge(a *agency.Agency, c *client.Client, now time.Time) page.Badge {
	switch {
	case c.ExpiresAt.IsZero():
		return page.Badge{}
	case c.Lapsed(now):
		return page.Badge{Tone: page.Bad, Text: words.Say("users.over_badge")}
	}
	tone := page.Idle
	if c.Ending(now) {
		tone = page.Wait
	}
	return page.Badge{Tone: tone, Text: words.Say("users.ends", "day", c.ExpiresAt.In(a.Location()).Format("2 January 2006"))}
}

// UserPage is the card of an external user, with what an administrator changes on it.
func UserPage(s *Site, auth *signin.Authenticator, parts UserParts) *Page {
	c := userCard{s, parts}
	show := func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		v, _, err := c.prepare(r, caller)
		if err != nil {
			return err
		}
		if text := userOutcome(r.URL.Query().Get("done")); text != "" {
			v.Note = page.Note{Tone: page.Good, Text: text}
		}
		for i := range v.Contacts {
			v.Contacts[i].Asked = r.URL.Query().Get("unlink") == v.Contacts[i].ID
		}
		if v.Internal != nil {
			v.Internal.Open = r.URL.Query().Get("internal") == "ask"
		}
		return s.show(w, r, http.StatusOK, v)
	}
	return s.page("userPage", auth, identity.ByPortal(identity.ClientsRead, identity.See), show,
		c.form("term", saveTerm), c.form("extend", extendTerm), c.form("end", endTerm), c.form("roles", saveRoles),
		c.form("rules", saveRules), c.form("link", linkContact), c.form("unlink", unlinkContact), c.internal())
}

// userOutcome is what an external user's card says after something was done; "" for no such word.
func userOutcome(done string) string {
	switch done {
	case "term":
		return words.Say("users.saved_term")
	case "extend":
		return words.Say("users.extended")
	case "end":
		return words.Say("users.ended_now")
	case "roles":
		return words.Say("users.saved_roles")
	case "rules":
		return words.Say("users.saved_rules")
	case "link":
		return words.Say("users.linked")
	case "unlink":
		return words.Say("users.unlinked")
	}
	return ""
}

// UserParts are the use cases behind the card of an external user.
type UserParts struct {
	Users      *clients.Users
	External   *clients.External
	Contacts   *contacts.Book
	Promotions *agencies.Promotions
	Log        *activity.Log
}

// userCard is what the card of an external user is made with.
type userCard struct {
	s *Site
	UserParts
}

// wisher reads from a form what is to be changed of the user on the card.
type wisher func(form url.Values, card *clients.UserCard, now time.Time) (clients.Wishes, error)

// form changes an external user and shows the card again: by a redirect, or where it was refused with the reason.
func (x userCard) form(do string, wish wisher) Form {
	run := func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		which, err := id.ParseClient(r.PathValue("clientId"))
		if err != nil {
			return err
		}
		card, err := x.Users.Get(r.Context(), caller, which)
		if err != nil {
			return err
		}
		wishes, err := wish(r.PostForm, card, x.s.now())
		if err == nil {
			_, err = x.External.Update(r.Context(), caller, which, wishes, r.PostForm.Get("edition"))
		}
		if err == nil {
			return seeOther(w, userPath(which)+"?done="+do)
		}
		f, err := ours(r, err)
		if err != nil {
			return err
		}
		v, shown, err := x.prepare(r, caller)
		if err != nil {
			return err
		}
		if v.Problems = problemsOf(f); len(f.Fields) == 0 {
			v.Note = page.Note{Tone: page.Bad, Text: f.Message}
		}
		again(&v, shown, do, r.PostForm)
		return x.s.show(w, r, f.Code.Status(), v)
	}
	return form(do, identity.ByPortal(identity.ClientsWrite, identity.Administer), run)
}

// problemsOf are a fault's fields as the card names them: those of a list at the list.
func problemsOf(f *fault.Error) page.Problems {
	var out page.Problems
	for _, x := range f.Fields {
		field, _, _ := strings.Cut(x.Location, "[")
		field, _, _ = strings.Cut(field, ".")
		out = append(out, page.Problem{Field: field, Message: x.Message})
	}
	return out
}

// again puts back what was typed into the form that was refused.
func again(v *page.User, _ *clients.UserCard, do string, form url.Values) {
	switch do {
	case "term":
		v.Term.Until = form.Get("expiresAt")
	case "roles":
		for i := range v.Roles {
			v.Roles[i].Ticked = slices.Contains(form["role"], v.Roles[i].ID)
		}
	}
}

func saveTerm(form url.Values, card *clients.UserCard, _ time.Time) (clients.Wishes, error) {
	var until time.Time
	if typed := strings.TrimSpace(form.Get("expiresAt")); typed != "" {
		var err error
		for _, layout := range []string{localTime, localTime + ":05", time.DateOnly} {
			if until, err = time.ParseInLocation(layout, typed, card.Agency.Location()); err == nil {
				break
			}
		}
		if err != nil {
			return clients.Wishes{}, fault.InField("expiresAt", "errors.write_a_date_and_time")
		}
		// What the field shows has no seconds: a term that was not touched stays what it is, to the millisecond.
		if typed == fieldTime(card.Agency, card.Client.ExpiresAt) {
			until = card.Client.ExpiresAt
		}
	}
	return clients.Wishes{ExpiresAt: &until}, nil
}

// extendTerm puts the end off to what the button says, so that a form that is sent twice puts it off once.
func extendTerm(form url.Values, _ *clients.UserCard, _ time.Time) (clients.Wishes, error) {
	until, err := time.Parse(time.RFC3339Nano, form.Get("until"))
	if err != nil {
		return clients.Wishes{}, fault.InField("expiresAt", "errors.write_a_date_and_time")
	}
	return clients.Wishes{ExpiresAt: &until}, nil
}

func endTerm(_ url.Values, card *clients.UserCard, now time.Time) (clients.Wishes, error) {
	if card.Client.Lapsed(now) { // it has ended already, and when it did is not changed
		return clients.Wishes{}, nil
	}
	return clients.Wishes{ExpiresAt: &now}, nil
}

func saveRoles(form url.Values, _ *clients.UserCard, _ time.Time) (clients.Wishes, error) {
	roles := []id.Role{}
	for _, s := range form["role"] {
		which, err := id.ParseRole(s)
		if err != nil {
			return clients.Wishes{}, fault.InField("roles", "errors.no_such_role")
		}
		roles = append(roles, which)
	}
	return clients.Wishes{Roles: &roles}, nil
}

// saveRules reads the ticked entries, each by its module, its list and its key.
func saveRules(form url.Values, _ *clients.UserCard, _ time.Time) (clients.Wishes, error) {
	rules := role.Rules{}
	for _, s := range form["give"] {
		module, rest, _ := strings.Cut(s, ".")
		kind, key, _ := strings.Cut(rest, ".")
		lists := rules[role.Module(module)]
		switch role.Kind(kind) {
		case role.Fields:
			lists.Fields = append(lists.Fields, key)
		case role.Relations:
			lists.Relations = append(lists.Relations, key)
		case role.Actions:
			lists.Actions = append(lists.Actions, key)
		case role.Notices:
			lists.Notices = append(lists.Notices, key)
		}
		rules[role.Module(module)] = lists
	}
	return clients.Wishes{Rules: &rules}, nil
}

// ownRules are what a user alone can be given, of which some is, and some is open to it by its roles.
func ownRules(has role.Rules, rights *role.Rights) []page.OwnModule {
	var out []page.OwnModule
	for _, p := range role.Open() {
		m := page.OwnModule{Title: p.Title()}
		for _, k := range role.Kinds() {
			l := page.OwnList{Title: kindTitle(k)}
			for _, e := range p.List(k) {
				var by []string
				for _, o := range rights.Why(p.Module, k, e.Key) {
					if o.Role != "" && !slices.Contains(by, o.Name) {
						by = append(by, o.Name)
					}
				}
				l.Entries = append(l.Entries, page.OwnEntry{Value: string(p.Module) + "." + string(k) + "." + e.Key, Title: e.Title(),
					By: strings.Join(by, ", "), Ticked: has.Has(p.Module, k, e.Key)})
			}
			if len(l.Entries) > 0 {
				m.Lists = append(m.Lists, l)
			}
		}
		out = append(out, m)
	}
	return out
}

func kindTitle(k role.Kind) string {
	switch k {
	case role.Fields:
		return words.Say("users.fields")
	case role.Relations:
		return words.Say("users.relations")
	case role.Actions:
		return words.Say("users.actions")
	}
	return words.Say("users.notices")
}

func linkContact(form url.Values, _ *clients.UserCard, _ time.Time) (clients.Wishes, error) {
	which, err := id.ParseContact(form.Get("contact"))
	if err != nil {
		return clients.Wishes{}, fault.InField("contacts", "errors.no_such_contact")
	}
	return clients.Wishes{Link: which}, nil
}

func unlinkContact(form url.Values, _ *clients.UserCard, _ time.Time) (clients.Wishes, error) {
	return clients.Wishes{Unlink: id.Contact(form.Get("contact"))}, nil
}

// internal makes the user a member of the agency, and leads to the members.
func (x userCard) internal() Form {
	return form("internal", identity.ByPortal(identity.InPerson, identity.Administer).Owners().SteppedInside(),
		func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
			f, err := promote(w, r, caller, x.Promotions)
			if f == nil {
				return err
			}
			v, _, err := x.prepare(r, caller)
			if fault.Is(err, fault.NotFound) { // it is no external user any more, and why is what there is to say
				return f
			}
			if err != nil {
				return err
			}
			v.Note = page.Note{Tone: page.Bad, Text: f.Message}
			retryAfter(w, f)
			return x.s.show(w, r, f.Code.Status(), v)
		})
}

// contactsToPick is how many contacts the card offers at once.
const contactsToPick = 10

// picker offers the contacts that no user is linked with; nothing is read until somebody looks for them.
func (x userCard) picker(r *http.Request, caller identity.Caller, c *client.Client) (*page.ContactPicker, error) {
	asked, at := r.URL.Query(), userPath(c.ID)
	if r.Method == http.MethodPost {
		asked = r.PostForm
	}
	v := &page.ContactPicker{Find: strings.TrimSpace(asked.Get("find")), Looked: asked.Has("find")}
	if !v.Looked {
		if len(c.Contacts) == 0 { // most often it is the card with the same address
			v.Find = string(c.Email)
		}
		return v, nil
	}
	if len(v.Find) > longestFind {
		v.Find = strings.ToValidUTF8(v.Find[:longestFind], "")
	}
	q := contacts.Query{Find: text.Fold(v.Find), Free: true, Limit: contactsToPick}
	if after := asked.Get("after"); after != "" {
		var err error
		if q.After, err = id.ParseContact(after); err != nil {
			return nil, fault.New(fault.NotFound, "errors.this_page_of_the_list_doesnt")
		}
	}
	found, err := x.Contacts.List(r.Context(), caller, q)
	if err != nil {
		return nil, err
	}
	for i := range found.Cards {
		k := &found.Cards[i]
		v.Rows = append(v.Rows, page.UserContact{ID: string(k.ID), URL: contactPath(k.ID), Name: k.Name, Email: string(k.Email),
			Phone: k.Phone, Company: found.Companies[k.Company].Name})
	}
	if found.Next != "" {
		v.More = joinQuery(at, url.Values{"find": {v.Find}, "after": {string(found.Next)}}) + "#contacts"
	}
	return v, nil
}

// fieldTime is a moment as the field for it has it; "" for none.
func fieldTime(a *agency.Agency, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(a.Location()).Format(localTime)
}

// prepare prepares the card of the external user that the path names.
func (x userCard) prepare(r *http.Request, caller identity.Caller) (page.User, *clients.UserCard, error) {
	ctx, now := r.Context(), x.s.now()
	which, err := id.ParseClient(r.PathValue("clientId"))
	if err != nil {
		return page.User{}, nil, err
	}
	card, err := x.Users.Get(ctx, caller, which)
	if err != nil {
		return page.User{}, nil, err
	}
	event.Annotate(ctx, "agency", string(caller.Agency), "client", string(which))
	a, c := card.Agency, card.Client
	v := page.User{Workspace: workspace(a, caller, page.InPortal), URL: userPath(c.ID), Name: c.DisplayName(),
		Status: standingBadge(c, now), Since: page.TimeAt(c.AcceptedAt, now), Client: clientPath(c.ID),
		Preview: clientPath(c.ID) + "?preview=portal",
		Why:     "/client-portal/see-as?client=" + url.QueryEscape(string(c.ID)), Edition: c.Edition(),
		May:  caller.MayPortal(identity.ClientsWrite, identity.Administer) == nil,
		Term: termOf(a, c, now), NoRoles: len(card.Roles) == 0}
	if c.Name != "" {
		v.Email = string(c.Email)
	}
	if !c.SeenAt.IsZero() {
		v.Seen = page.TimeAt(c.SeenAt, now)
	}
	if c.Lapsed(now) {
		v.Status, v.Over = termBadge(a, c, now), momentAt(a, c.ExpiresAt)
	}
	for i := range card.Roles {
		x := userRole(c, &card.Roles[i], now)
		v.Roles, v.HasRoles, v.Idle = append(v.Roles, x), v.HasRoles || x.Ticked, v.Idle || x.State.Text != ""
	}
	v.Modules = userModules(&card.Rights)
	v.Rules = ownRules(c.Rules, &card.Rights)
	for _, k := range card.Cards {
		u := page.UserContact{ID: string(k.ID), URL: contactPath(k.ID), Name: k.Name, Email: k.Email, Phone: k.Phone}
		if i := slices.IndexFunc(card.Firms, func(f client.Card) bool { return f.ID == k.Company }); i >= 0 {
			u.Company = card.Firms[i].Name
		}
		v.Contacts = append(v.Contacts, u)
	}
	if v.May && len(c.Contacts) < client.MaxContacts {
		if v.Picker, err = x.picker(r, caller, c); err != nil {
			return page.User{}, nil, err
		}
	}
	v.Most = client.MaxContacts
	if v.Internal = internalOf(a, c, caller); v.Internal != nil {
		v.Internal.URL = v.URL
	}
	v.History, v.Activity, err = x.history(ctx, caller, c.ID, now)
	return v, card, err
}

// history is what the log has of the user lately; nothing for those who may not read it.
func (x userCard) history(ctx context.Context, caller identity.Caller, which id.Client, now time.Time) ([]page.ActivityRow, string, error) {
	found, err := x.Log.List(ctx, caller, activity.Query{Filter: activity.Filter{Subject: string(which)}, Limit: historyRows})
	var f *fault.Error
	if errors.As(err, &f) && f.Code == fault.Forbidden {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", err
	}
	asked := url.Values{"subject": {string(which)}}
	var rows []page.ActivityRow
	for _, e := range found.Events {
		rows = append(rows, logRow(e, asked, now))
	}
	return rows, "/activity?" + asked.Encode(), nil
}

// userRole is a role as the card offers it.
func userRole(c *client.Client, r *role.Role, now time.Time) page.UserRole {
	x := page.UserRole{ID: string(r.ID), Name: r.Name, About: r.Description, Ticked: slices.Contains(c.Roles, r.ID)}
	switch {
	case r.Expired(now):
		x.State = page.Badge{Tone: page.Bad, Text: words.Say("users.role_over")}
	case !r.Active:
		x.State = page.Badge{Tone: page.Idle, Text: words.Say("users.role_off")}
	}
	return x
}

// userModules are the parts of the portal that are open, and by what.
func userModules(rights *role.Rights) []page.UserModule {
	var out []page.UserModule
	for _, m := range rights.Modules() {
		x := page.UserModule{Title: m.Find().Title()}
		var by []string
		for _, right := range rights.All() {
			for _, o := range right.Why {
				name := o.Name
				if o.Role == "" {
					name = words.Say("users.own_rules")
				}
				if right.Module == m && !slices.Contains(by, name) {
					by = append(by, name)
				}
			}
		}
		x.By = strings.Join(by, ", ")
		out = append(out, x)
	}
	return out
}

// termOf says when the client's access ends, and what can be done about it.
func termOf(a *agency.Agency, c *client.Client, now time.Time) page.Term {
	t := page.Term{Zone: a.Location().String(), Until: fieldTime(a, c.ExpiresAt), Open: !c.Lapsed(now)}
	if c.ExpiresAt.IsZero() {
		t.Text = words.Say("users.never_ends")
		return t
	}
	t.Text = words.Say("users.ends_on", "moment", momentAt(a, c.ExpiresAt))
	from := c.ExpiresAt
	if c.Lapsed(now) {
		t.Text, from = words.Say("users.ended_on", "moment", momentAt(a, c.ExpiresAt)), now
	}
	further := from.Add(client.Extension).Truncate(time.Millisecond)
	t.Longer, t.Further = further.UTC().Format(time.RFC3339Nano), momentAt(a, further)
	return t
}
