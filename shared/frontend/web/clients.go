package web

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/contract"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/subscription"
	"latchkey.dev/shared/domain/text"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/clients"
	"latchkey.dev/shared/usecase/onboarding"
	"latchkey.dev/shared/usecase/signin"
	"latchkey.dev/shared/view/page"
	"latchkey.dev/shared/view/receipt"
)

// perPage is how many clients stand on a page.
const perPage = 50

// patience is how long a form waits for its mail's outcome.
const patience = 10 * time.Second

// ClientsPage is the agency's dashboard; with invite=new the invite dialog is open on it.
func ClientsPage(s *Site, auth *signin.Authenticator, directory *clients.Directory, inviter *onboarding.Inviter,
	previewer *onboarding.Previewer) *Page {
	show := func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		var after id.Client
		if c := r.URL.Query().Get("cursor"); c != "" {
			var err error
			if after, err = id.ParseClient(c); err != nil {
				return fault.New(fault.NotFound, "This page of the list does not exist. Go back to the newest clients.")
			}
		}
		v, err := s.clients(r, directory, caller, after)
		if err != nil {
			return err
		}
		if r.URL.Query().Get("done") == "erased" {
			v.Note = page.Note{Tone: page.Good, Text: "The client is erased. The activity log keeps rows with ids alone."}
		}
		if v.Form != nil {
			v.Form.Open = r.URL.Query().Get("invite") == "new"
			if err := s.again(r, directory, caller, v.Form); err != nil {
				return err
			}
		}
		return s.show(w, r, http.StatusOK, v)
	}
	return s.page("clientsPage", auth, identity.ByStaff(identity.ClientsRead), show,
		primary(sendInvite(s, directory, inviter)), previewPortal(s, previewer))
}

// workspace is what surrounds the agency's pages.
func workspace(a *agency.Agency, caller identity.Caller, here page.Area) page.Workspace {
	// The agency's people know their own logo: its initial in its colour takes its place, and saves every page of theirs
	// a request.
	brand := brandOf(a)
	brand.LogoURL = ""
	return page.Workspace{Brand: brand, Person: string(caller.Email), Here: here}
}

// clients prepares the list, from behind the cursor on.
func (s *Site) clients(r *http.Request, directory *clients.Directory, caller identity.Caller, after id.Client) (page.Clients, error) {
	ctx, now := r.Context(), s.now()
	event.Annotate(ctx, "agency", string(caller.Agency))
	a, err := directory.Agency(ctx, caller)
	if err != nil {
		return page.Clients{}, err
	}
	v := page.Clients{Workspace: workspace(a, caller, page.InClients), PastDue: a.Payment.State == subscription.PastDue}
	query := r.URL.Query()
	v.Find, v.Status = strings.TrimSpace(query.Get("q")), query.Get("status")
	if !slices.ContainsFunc(states, func(s state) bool { return s.status == v.Status }) {
		v.Status = ""
	}
	if len(v.Find) > longestFind {
		v.Find = strings.ToValidUTF8(v.Find[:longestFind], "")
	}
	for _, s := range states {
		v.Filters = append(v.Filters, page.Filter{Word: s.word, URL: listPath(v.Find, s.status, ""), Here: s.status == v.Status})
	}
	if after != "" {
		v.Newest = listPath(v.Find, v.Status, "")
	}
	found, err := directory.Clients(ctx, caller, clients.Query{Limit: perPage, After: after, Status: v.Status, Find: text.Fold(v.Find)})
	if err != nil {
		return v, err
	}
	for i := range found.Items {
		v.Rows = append(v.Rows, row(&found.Items[i], now))
	}
	if found.Next != "" {
		v.Older = listPath(v.Find, v.Status, found.Next)
	}
	if f := fault.As(a.MayInvite()); f != nil {
		v.Barred = page.Barred{Title: f.Message, Text: "Your clients keep what they have. Write to the platform's support to change this."}
		if f.Code == fault.PlanRequired {
			v.Barred.URL = "/upgrade"
			v.Barred.Text = "With Max you bring clients into a portal under your own brand. When you upgrade, all that you have set up " +
				"stays as it is."
		}
		return v, nil
	}
	v.Workspace.Invite = !v.Empty()
	v.Form, err = s.form(r, directory, caller, a)
	return v, err
}

// longestFind is how much of what is searched for is read, in bytes.
const longestFind = 200

// state is a client's state as a filter of the list.
type state struct{ status, word string }

var states = []state{
	{"", "All"}, {string(client.Pending), "Pending"}, {string(client.Active), "Active"}, {string(client.Inactive), "Inactive"},
}

// listPath is the list's path with these filters; the order of the parameters is fixed.
func listPath(find, status string, after id.Client) string {
	q := url.Values{}
	for name, value := range map[string]string{"q": find, "status": status, "cursor": string(after)} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if len(q) == 0 {
		return "/clients"
	}
	return "/clients?" + q.Encode()
}

func row(l *clients.Listed, now time.Time) page.ClientRow {
	c := l.Client
	out := page.ClientRow{URL: clientPath(c.ID), Name: c.DisplayName(), Status: standingBadge(c, now),
		Since: page.TimeAt(c.Invite.CreatedAt, now), Invited: true}
	if c.Name != "" {
		out.Email = string(c.Email)
	}
	if c.Joined() {
		out.Since, out.Invited = page.TimeAt(c.AcceptedAt, now), false
	}
	switch s := c.Payment.State; {
	case !c.Joined():
	case s == subscription.PastDue && c.Payment.Asked != "":
		out.Owes = words.Say("money.confirm_listed")
	case s == subscription.PastDue:
		out.Owes = "payment past due"
	case s == subscription.Disputed:
		out.Owes = "payment disputed"
	case c.Payment.Over():
		out.Owes = "payment ended"
	case s == subscription.Active && !c.Payment.End().IsZero():
		out.Owes = words.Say("money.ends_listed", "day", page.TimeAt(c.Payment.End(), now).Day)
	}
	if c.Proposal != nil && !c.Joined() {
		out.Asks = "asks for another address"
	}
	for _, x := range l.Resources {
		out.Linked = append(out.Linked, x.Name)
	}
	if deal := c.Invite.Contract; deal != nil && !c.Joined() && c.EndedAt.IsZero() {
		for _, x := range deal.Lines { // what it gets when it has paid
			out.Linked = append(out.Linked, x.Name())
		}
	}
	return out
}

func clientPath(c id.Client) string { return "/clients/" + url.PathEscape(string(c)) }

// form is an invite form with nothing typed in it.
func (s *Site) form(r *http.Request, directory *clients.Directory, caller identity.Caller, a *agency.Agency) (*page.InviteForm, error) {
	f := &page.InviteForm{Key: newKey(), Left: a.Left(s.now()), Quota: agency.HourlyInvites}
	f.Next, _ = nextFree(a, s.now())
	for _, part := range []struct {
		kind instance.Kind
		into *[]page.Choice
	}{{instance.N8N, &f.Instances}, {instance.Service, &f.Services}} {
		all, err := directory.Resources(r.Context(), caller, part.kind, true)
		if err != nil {
			return nil, err
		}
		for _, x := range all {
			*part.into = append(*part.into, page.Choice{ID: string(x.ID), Name: x.Name, State: resourceBadge(x.Status)})
		}
	}
	t, err := directory.Tariff(r.Context(), caller)
	if err != nil || !t.Open() {
		return f, err
	}
	f.Selling, f.Tax = true, receipt.TaxWords(t.Tax)
	return f, offer(f, t, s.now())
}

// offer puts on the form what is sold, and what each choice of it comes to.
func offer(f *page.InviteForm, t contract.Tariff, now time.Time) error {
	sizes := append([]int{0}, contract.Sizes()...)
	for _, whatsapp := range []bool{false, true} {
		for _, gb := range sizes {
			c, err := contract.Write(contract.Order{StorageGB: gb, WhatsApp: whatsapp}, t.Prices, t.Tax, now)
			if fault.Is(err, fault.PaymentsOff) { // a part of it has no price
				continue
			}
			if err != nil {
				return err
			}
			if c == nil {
				continue
			}
			b, err := bill(c)
			if err != nil {
				return err
			}
			size := ""
			if gb != 0 {
				size = strconv.Itoa(gb)
			}
			f.Totals = append(f.Totals, page.Total{Of: page.TotalOf(size, whatsapp), Month: b.Month, Year: b.Year, Saving: b.Saving})
			switch {
			case !whatsapp:
				f.Sizes = append(f.Sizes, page.Offered{Value: size, Priced: b.Lines[0]})
			case gb == 0:
				f.Extra = &page.Offered{Value: "true", Priced: b.Lines[0]}
			}
		}
	}
	return nil
}

// nextFree is when the agency can send an invite again; false while it can at once.
func nextFree(a *agency.Agency, now time.Time) (page.Time, bool) {
	_, err := a.Take(now, 0)
	f := fault.As(err)
	if f == nil {
		return page.Time{}, false
	}
	return page.TimeAt(now.Add(f.Retry), now), true
}

// again fills the form for a client that has been one before.
func (s *Site) again(r *http.Request, directory *clients.Directory, caller identity.Caller, f *page.InviteForm) error {
	which, err := id.ParseClient(r.URL.Query().Get("again"))
	if err != nil {
		return nil //nolint:nilerr // an empty form is as good
	}
	l, err := directory.Client(r.Context(), caller, which)
	if fault.Is(err, fault.NotFound) {
		return nil // erased a moment ago: an empty form is as good
	}
	if err != nil {
		return err
	}
	f.Email, f.Name = string(l.Client.Email), l.Client.Name
	return nil
}

func newKey() string {
	b := make([]byte, 16)
	rand.Read(b) //nolint:errcheck,gosec // crypto/rand.Read never fails (Go 1.24)
	return hex.EncodeToString(b)
}

// sendInvite sends an invite and leads to the new client's page. What cannot be sent comes back with all that
// was typed.
func sendInvite(s *Site, directory *clients.Directory, inviter *onboarding.Inviter) Form {
	return form("send", identity.ByStaff(identity.InvitesWrite),
		func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
			ctx := r.Context()
			event.Annotate(ctx, "agency", string(caller.Agency))
			d := draft(r.PostForm)
			var ask *page.Meant
			if d.Email, ask = meantIn(r.PostForm, "invite"); ask != nil {
				if asked, err := s.askMeant(w, r, directory, caller, ask); err != nil || asked {
					return err
				}
			}
			c, err := inviter.Send(ctx, caller, d, once(r.PostForm))
			if err == nil {
				event.Annotate(ctx, "client", string(c.ID))
				if c, err = inviter.Await(ctx, c, patience); err == nil {
					return seeOther(w, clientPath(c.ID))
				}
			}
			f, err := ours(r, err)
			if err != nil {
				return err
			}
			v, err := s.clients(r, directory, caller, "")
			if err != nil {
				return err
			}
			if v.Form == nil { // the plan ended a moment ago: what was typed waits until it is bought again
				a, err := directory.Agency(ctx, caller)
				if err == nil {
					v.Form, err = s.form(r, directory, caller, a)
				}
				if err != nil {
					return err
				}
				v.Form.Upgrade = v.Barred.URL
			}
			typed(v.Form, r.PostForm)
			v.Form.Problems = problems(f, inviteNames)
			retryAfter(w, f)
			return s.show(w, r, f.Code.Status(), v)
		})
}

// inviteNames are the fields of the invite form by the names that the use case gives them.
var inviteNames = map[string]string{
	"email": "email", "name": "name", "message": "message", "payer": "payer", "grants": "grants", "order": "order",
}

// draft reads the form as the script would send it.
func draft(form url.Values) onboarding.Draft {
	name, to := email.Split(form.Get("email"))
	d := onboarding.Draft{Email: to, Name: form.Get("name"), Payer: invite.AgencyPays, Message: form.Get("message")}
	if d.Name == "" {
		d.Name = name
	}
	if form.Get("payer") == string(invite.ClientPays) {
		d.Payer = invite.ClientPays
		gb, err := strconv.Atoi(form.Get("hosting"))
		o := onboarding.Order{Hosting: err == nil, StorageGB: gb, WhatsApp: form.Get("whatsapp") != ""}
		if o.Hosting || o.WhatsApp {
			d.Order = &o
		}
		return d
	}
	for _, x := range form["resource"] {
		which, err := id.ParseResource(x)
		if err != nil {
			which = "" // the use case says so, with all else that is wrong
		}
		d.Grants = append(d.Grants, instance.Grant{Resource: which, Access: accessOf(form, x)})
	}
	return d
}

func accessOf(form url.Values, resource string) instance.Access {
	if form.Get("access."+resource) == string(instance.Write) {
		return instance.Write
	}
	return instance.Read
}

// once is the form's idempotency key. It takes in what was typed, so that the same form sent twice makes one invite,
// and one that was gone back to and changed makes another.
func once(form url.Values) string {
	key := form.Get("key")
	if key == "" || len(key) > 64 || strings.Trim(key, "0123456789abcdef-") != "" {
		return ""
	}
	sum := sha256.Sum256([]byte(form.Encode()))
	return key + "." + hex.EncodeToString(sum[:8])
}

// typed puts back what was typed.
func typed(f *page.InviteForm, form url.Values) {
	f.Open = true
	f.Email, f.Name, f.Message = form.Get("email"), form.Get("name"), form.Get("message")
	f.Client = form.Get("payer") == string(invite.ClientPays)
	f.Hosting, f.WhatsApp = form.Get("hosting"), form.Get("whatsapp") != ""
	for _, list := range [][]page.Choice{f.Instances, f.Services} {
		for i := range list {
			list[i].Ticked = slices.Contains(form["resource"], list[i].ID)
			list[i].Write = accessOf(form, list[i].ID) == instance.Write
		}
	}
}
