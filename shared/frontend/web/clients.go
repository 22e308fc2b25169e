package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/subscription"
	"latchkey.dev/shared/domain/text"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/clients"
	"latchkey.dev/shared/usecase/onboarding"
	"latchkey.dev/shared/usecase/signin"
	"latchkey.dev/shared/view/page"
)

// perPage is how many clients stand on a page, which keeps it within its 60 KB.
const perPage = 44

// ClientsPage is the agency's dashboard; with invite=new the invite dialog is open on it.
func ClientsPage(s *Site, auth *signin.Authenticator, directory *clients.Directory, inviter *onboarding.Inviter,
	previewer *onboarding.Previewer) *Page {
	show := func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		var after id.Client
		if c := r.URL.Query().Get("cursor"); c != "" {
			var err error
			if after, err = id.ParseClient(c); err != nil {
				return fault.New(fault.NotFound, "errors.this_page_of_the_list_doesnt")
			}
		}
		v, err := s.clients(r, directory, caller, after)
		if err != nil {
			return err
		}
		switch r.URL.Query().Get("done") {
		case "erased":
			v.Note = page.Note{Tone: page.Good, Text: words.Say("clients.erased")}
		case "resent":
			v.Note = page.Note{Tone: page.Good, Text: words.Say("clients.resent")}
		}
		if v.Form != nil {
			v.Form.Open = r.URL.Query().Get("invite") == "new"
			if err := s.again(r, directory, caller, v.Form); err != nil {
				return err
			}
		}
		return s.show(w, r, http.StatusOK, v)
	}
	return s.page("clientsPage", auth, identity.ByPortal(identity.ClientsRead, identity.See), show,
		primary(sendInvite(s, directory, inviter)), resendFromList(s, directory, inviter), previewPortal(s, previewer))
}

// sends tells whether the caller can send invites to clients now.
func (s *Site) sends(a *agency.Agency, caller identity.Caller) bool {
	return a.MayInvite() == nil && caller.MayPortal(identity.InPerson, identity.Invite) == nil
}

// workspace is what surrounds the agency's pages.
func workspace(a *agency.Agency, caller identity.Caller, here page.Area) page.Workspace {
	// The agency's people know their own logo: its initial in its colour takes its place, and saves every page of theirs
	// a request.
	brand := brandOf(a)
	brand.LogoURL = ""
	w := page.Workspace{Brand: brand, Person: string(caller.Email), Here: here, Employee: caller.May(identity.InPerson) != nil,
		Blind:  caller.MayPortal(identity.InPerson, identity.See) != nil,
		Closed: caller.MayPortal(identity.InPerson, identity.Manage) != nil, Bound: caller.By.Bound != ""}
	switch person := identity.InPerson; {
	case a.MayPortal() != nil || w.Blind:
	case caller.MayPortal(person, identity.Administer) == nil:
		w.Portal = page.AdminsApp
	case caller.MayPortal(person, identity.Invite) == nil:
		w.Portal = page.SendsApp
	default:
		w.Portal = page.SeesApp
	}
	return w
}

// clients prepares the list, from behind the cursor on.
func (s *Site) clients(r *http.Request, directory *clients.Directory, caller identity.Caller, after id.Client) (page.Clients, error) {
	ctx, now := r.Context(), s.now()
	event.Annotate(ctx, "agency", string(caller.Agency))
	a, err := directory.Agency(ctx, caller)
	if err != nil {
		return page.Clients{}, err
	}
	v := page.Clients{Workspace: workspace(a, caller, page.InClients), Now: now.UTC().Format(time.RFC3339), Cursor: string(after)}
	v.PastDue = a.Payment.State == subscription.PastDue && !v.Workspace.Employee
	query := r.URL.Query()
	v.Find, v.Status = strings.TrimSpace(query.Get("q")), query.Get("status")
	if len(v.Find) > longestFind {
		v.Find = strings.ToValidUTF8(v.Find[:longestFind], "")
	}
	state := stateOf(v.Status)
	v.Status = state.name
	if after != "" {
		v.Newest = listPath(v.Find, v.Status, "")
	}
	found, err := directory.Clients(ctx, caller, clients.Query{Limit: perPage, After: after, Status: string(state.status),
		Reason: string(state.reason), Find: text.Fold(v.Find)})
	if err != nil {
		return v, err
	}
	v.Filters = filters(v, found.Tally)
	may := s.sends(a, caller)
	for i := range found.Items {
		x := row(&found.Items[i], may, now)
		if !caller.Administers() && found.Items[i].Client.Invite.From.Member != caller.Member {
			x.Can = strings.NewReplacer(page.CanResend, "", page.CanCancel, "").Replace(x.Can)
		}
		x.Menu = x.ID == query.Get("menu")
		v.Rows = append(v.Rows, x)
	}
	if found.Next != "" {
		v.Older = listPath(v.Find, v.Status, found.Next)
	}
	if caller.MayPortal(identity.InPerson, identity.Invite) != nil {
		return v, nil //nolint:nilerr // the page without the form is for them
	}
	if f := fault.As(a.MayInvite()); f != nil {
		v.Barred = page.Barred{Title: f.Message, Text: words.Say("clients.barred")}
		if f.Code == fault.PlanRequired && !v.Workspace.Employee {
			v.Barred.URL, v.Barred.Text = "/upgrade", words.Say("clients.barred_plan")
		}
		return v, nil
	}
	v.Workspace.Invite = !v.Empty()
	v.Form, err = s.form(r, directory, caller, a)
	return v, err
}

// longestFind is how much of what is searched for is read, in bytes.
const longestFind = 200

// state is what clients can be told apart by: a status, or the reason of one that is inactive.
type state struct {
	name   string // in the address
	word   string
	status client.Status
	reason client.Reason
	always bool // whether it is offered when nobody is in it, too
}

func states() []state {
	all := []state{{word: words.Say("clients.all"), always: true},
		{name: string(client.Pending), word: words.Say("clients.pending"), status: client.Pending, always: true},
		{name: string(client.Active), word: words.Say("clients.active"), status: client.Active, always: true},
		{name: string(client.Inactive), word: words.Say("clients.inactive"), status: client.Inactive}}
	for _, why := range client.Reasons() {
		all = append(all, state{name: string(why), word: reasonBadge(why).Text, reason: why})
	}
	return all
}

// stateOf is the state of this name; all clients for one that is none.
func stateOf(name string) state {
	all := states()
	for _, s := range all {
		if s.name == name {
			return s
		}
	}
	return all[0]
}

// filters are the states that can be looked at alone, with how many are in each as far as the list was read for this page. Those
// that nobody is in are left out, as is the one for all that are inactive, which links from elsewhere lead to.
func filters(v page.Clients, seen clients.Tally) []page.Filter {
	var all []page.Filter
	for _, s := range states() {
		n := seen.Reasons[s.reason]
		switch {
		case s.status != "":
			n = seen.Status[s.status]
		case s.reason == "":
			n = seen.All
		}
		here := s.name == v.Status
		if !here && !s.always && (n == 0 || s.reason == "") {
			continue
		}
		f := page.Filter{Word: s.word, URL: listPath(v.Find, s.name, ""), Here: here}
		if v.Cursor == "" {
			f.Count = strconv.Itoa(n)
			if !seen.Whole {
				f.Count += "+"
			}
		}
		all = append(all, f)
	}
	return all
}

// listPath is the list's path with these filters; the order of the parameters is fixed.
func listPath(find, status string, after id.Client) string {
	if list := (page.Clients{Find: find, Status: status, Cursor: string(after)}).List(); list != "" {
		return "/clients?" + list
	}
	return "/clients"
}

// resendFromList sends a client's invite again from its row, and leads back to the list as it was.
func resendFromList(s *Site, directory *clients.Directory, inviter *onboarding.Inviter) Form {
	return form("row", identity.ByPortal(identity.InvitesWrite, identity.Invite),
		func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
			ctx := r.Context()
			list, _ := url.ParseQuery(r.PostForm.Get("list")) // what cannot be read is the list of all
			back := page.Clients{Find: list.Get("q"), Status: list.Get("status"), Cursor: list.Get("cursor")}
			// The directory finds out first whether the caller may look, and then whether there is such a client.
			which, unread := id.ParseClient(r.PostForm.Get("resend"))
			l, err := directory.Client(ctx, caller, which)
			if unread != nil && fault.Is(err, fault.NotFound) && caller.MayPortal(identity.InPerson, identity.See) == nil {
				return unread
			}
			if err == nil {
				event.Annotate(ctx, "client", string(l.Client.ID))
				var c *client.Client
				if c, err = inviter.Resend(ctx, caller, l.Client.Invite.ID, onboarding.Unchanged{}, ""); err == nil {
					_, err = inviter.Await(ctx, c, patience)
				}
			}
			if err == nil {
				return seeOther(w, "/clients?"+strings.TrimPrefix(back.List()+"&done=resent", "&"))
			}
			f, err := ours(r, err)
			if err != nil {
				return err
			}
			again := r.Clone(ctx)
			again.URL.RawQuery = back.List()
			after, err := id.ParseClient(back.Cursor)
			if err != nil {
				after = ""
			}
			v, err := s.clients(again, directory, caller, after)
			if err != nil {
				return err
			}
			v.Note = page.Note{Tone: page.Bad, Text: f.Message}
			retryAfter(w, f)
			return s.show(w, r, f.Code.Status(), v)
		})
}
