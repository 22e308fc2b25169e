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
	return s.page("clientsPage", auth, identity.ByStaff(identity.ClientsRead), show,
		primary(sendInvite(s, directory, inviter)), resendFromList(s, directory, inviter), previewPortal(s, previewer))
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
	v := page.Clients{Workspace: workspace(a, caller, page.InClients), PastDue: a.Payment.State == subscription.PastDue,
		Now: now.UTC().Format(time.RFC3339), Cursor: string(after)}
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
	may := a.MayInvite() == nil
	for i := range found.Items {
		x := row(&found.Items[i], may, now)
		x.Menu = x.ID == query.Get("menu")
		v.Rows = append(v.Rows, x)
	}
	if found.Next != "" {
		v.Older = listPath(v.Find, v.Status, found.Next)
	}
	if f := fault.As(a.MayInvite()); f != nil {
		v.Barred = page.Barred{Title: f.Message, Text: words.Say("clients.barred")}
		if f.Code == fault.PlanRequired {
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

// mostLinked is how many of a client's instances and services are named in the list.
const mostLinked = 4

func row(l *clients.Listed, may bool, now time.Time) page.ClientRow {
	c := l.Client
	out := page.ClientRow{ID: string(c.ID), URL: clientPath(c.ID), Name: c.DisplayName(), Status: standingBadge(c, now), Pays: payerWord(c)}
	if c.Name != "" {
		out.Email = string(c.Email)
	}
	var at time.Time
	out.Event, at = lastEvent(c, now)
	out.At = page.TimeAt(at, now)
	out.Waits, out.Urgent = waitsFor(c, now)
	if may && fault.As(c.Invite.MayResend(now)) == nil {
		out.Can += page.CanResend
	}
	switch s := c.Invite.At(now); {
	case !c.Joined() && (s == invite.Pending || s == invite.Sending || s == invite.Expired):
		out.Can += page.CanCancel
	case may && !c.Joined():
		out.Can += page.CanAgain
	}
	for _, x := range l.Resources {
		out.Linked = append(out.Linked, x.Name)
	}
	if deal := c.Invite.Contract; deal != nil && !c.Joined() && c.EndedAt.IsZero() {
		for _, x := range deal.Lines { // what it gets when it has paid
			out.Linked = append(out.Linked, x.Name())
		}
	}
	if n := len(out.Linked); n > mostLinked {
		out.Linked, out.More = out.Linked[:mostLinked], n-mostLinked
	}
	return out
}

// lastEvent is what a client did last, or what was done about it, in a word that goes before the time.
func lastEvent(c *client.Client, now time.Time) (string, time.Time) {
	switch {
	case !c.EndedAt.IsZero() && c.EndedBy == client.ByClient:
		return words.Say("clients.did_leave"), c.EndedAt
	case !c.EndedAt.IsZero():
		return words.Say("clients.was_removed"), c.EndedAt
	case c.Joined() && !c.SeenAt.IsZero() && c.SeenAt.After(c.AcceptedAt):
		return words.Say("clients.was_seen"), c.SeenAt
	case c.Joined():
		return words.Say("clients.did_accept"), c.AcceptedAt
	}
	i := c.Invite
	if i.At(now) == invite.Expired && i.Asked(now).IsZero() {
		return words.Say("clients.did_expire"), i.ExpiresAt
	}
	if len(i.Timeline) == 0 {
		return words.Say("clients.was_invited"), i.CreatedAt
	}
	switch last := i.Timeline[len(i.Timeline)-1]; last.Name {
	case invite.Opened:
		return words.Say("clients.did_open"), last.At
	case invite.WasTaken:
		return words.Say("clients.did_accept"), last.At
	default:
		return eventLine(last).Title, last.At
	}
}

// waitsFor is what a client waits for, or what the agency waits for, and whether it is the agency's to do something; "" for
// nothing.
func waitsFor(c *client.Client, now time.Time) (string, bool) {
	if !c.Joined() {
		return inviteWaits(c, now)
	}
	switch s := c.Payment.State; {
	case s == subscription.PastDue && c.Payment.Asked != "":
		return words.Say("money.confirm_listed"), true
	case s == subscription.PastDue:
		return words.Say("clients.payment_failed"), true
	case s == subscription.Disputed:
		return words.Say("clients.payment_disputed"), true
	case s == subscription.Active && !c.Payment.End().IsZero():
		return words.Say("money.ends_listed", "day", page.TimeAt(c.Payment.End(), now).Day), true
	}
	for n := range c.Items {
		if c.Items[n].Working() {
			return words.Say("clients.set_up"), false
		}
	}
	return "", false
}

// inviteWaits is waitsFor while nobody has accepted.
func inviteWaits(c *client.Client, now time.Time) (string, bool) {
	i := c.Invite
	s := i.At(now)
	switch {
	case c.Proposal != nil:
		return words.Say("clients.wants_address"), true
	case s == invite.Expired && !i.Asked(now).IsZero():
		return words.Say("clients.wants_link"), true
	case s != invite.Pending:
		return "", false
	case i.ExpiresAt.Sub(now) < 24*time.Hour:
		return words.Say("clients.expires_soon", "when", page.TimeAt(i.ExpiresAt, now).Relative), true
	case !i.WasOpened():
		return words.Say("clients.unopened"), false
	case i.Contract != nil:
		return words.Say("clients.unpaid"), false
	}
	return words.Say("clients.unaccepted"), false
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
		all, err := directory.Resources(r.Context(), caller, part.kind, false)
		if err != nil {
			return nil, err
		}
		for i := range all {
			x := page.Choice{ID: string(all[i].ID), Name: all[i].Name, State: resourceBadge(all[i].Status), Why: unready(&all[i])}
			if x.Why != "" {
				f.Unready = append(f.Unready, x)
				continue
			}
			*part.into = append(*part.into, x)
		}
	}
	t, err := directory.Tariff(r.Context(), caller)
	if err != nil || !t.Open() {
		return f, err
	}
	f.Selling, f.Tax = true, receipt.TaxWords(t.Tax)
	if err := offer(f, t, s.now()); err != nil {
		return nil, err
	}
	if slices.ContainsFunc(f.Sizes, func(o page.Offered) bool { return o.Value == usual }) {
		f.Hosting = usual // a free portal is chosen on purpose
	}
	return f, nil
}

// usual is the size that most agencies ask their clients to buy.
const usual = "30"

// unready is why a resource cannot be linked; "" for one that can.
func unready(r *instance.Resource) string {
	if r.Bought() {
		return words.Say("invite.owned")
	}
	switch r.Status {
	case instance.Running, instance.Active:
		return ""
	case instance.PendingDeploy:
		return words.Say("invite.waiting")
	case instance.Deploying:
		return words.Say("invite.deploying")
	case instance.Stopped:
		return words.Say("invite.stopped")
	case instance.SuspendedDown:
		return words.Say("invite.suspended")
	case instance.Deleted:
		return words.Say("invite.deleted")
	default:
		return words.Say("invite.broken")
	}
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
				o := page.Offered{Value: size, Priced: b.Lines[0]}
				switch size {
				case usual:
					o.Hint = words.Say("invite.most_common")
				case "10":
					o.Hint = words.Say("invite.for_trials")
				}
				f.Sizes = append(f.Sizes, o)
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
	i := l.Client.Invite
	f.Email, f.Name, f.Message, f.Client = string(l.Client.Email), l.Client.Name, i.Message, i.Payer == invite.ClientPays
	if f.Client {
		f.Hosting, f.WhatsApp = ordered(i.Contract)
	}
	for _, list := range [][]page.Choice{f.Instances, f.Services} {
		for n := range list {
			for _, g := range i.Grants {
				if string(g.Resource) == list[n].ID {
					list[n].Ticked, list[n].Write = true, g.Access == instance.Write
				}
			}
		}
	}
	return nil
}

// ordered is what a contract is about, as the form has it.
func ordered(c *contract.Contract) (hosting string, whatsapp bool) {
	if c == nil {
		return "", false
	}
	for _, l := range c.Lines {
		switch l.Product {
		case contract.Hosting:
			hosting = strconv.Itoa(l.StorageGB)
		case contract.WhatsApp:
			whatsapp = true
		}
	}
	return hosting, whatsapp
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
			if d.Email, ask = meantIn(r.PostForm, invites); ask != nil {
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
			if f.Existing != "" {
				v.Form.Existing = clientPath(id.Client(f.Existing))
			}
			retryAfter(w, f)
			return s.show(w, r, f.Code.Status(), v)
		})
}

// resendFromList sends a client's invite again from its row, and leads back to the list as it was.
func resendFromList(s *Site, directory *clients.Directory, inviter *onboarding.Inviter) Form {
	return form("row", identity.ByStaff(identity.InvitesWrite),
		func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
			ctx := r.Context()
			list, _ := url.ParseQuery(r.PostForm.Get("list")) // what cannot be read is the list of all
			back := page.Clients{Find: list.Get("q"), Status: list.Get("status"), Cursor: list.Get("cursor")}
			// The directory finds out first whether the caller may look, and then whether there is such a client.
			which, unread := id.ParseClient(r.PostForm.Get("resend"))
			l, err := directory.Client(ctx, caller, which)
			if unread != nil && fault.Is(err, fault.NotFound) {
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
