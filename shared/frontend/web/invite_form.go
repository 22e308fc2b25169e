package web

import (
	"cmp"
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
	"latchkey.dev/shared/domain/contract"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/timezone"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/clients"
	"latchkey.dev/shared/usecase/onboarding"
	"latchkey.dev/shared/view/page"
	"latchkey.dev/shared/view/receipt"
)

// patience is how long a form waits for its mail's outcome.
const patience = 10 * time.Second

// form is an invite form with nothing typed in it.
func (s *Site) form(r *http.Request, directory *clients.Directory, caller identity.Caller, a *agency.Agency) (*page.InviteForm, error) {
	f := &page.InviteForm{Key: newKey(), Left: a.Left(s.now()), Quota: agency.HourlyInvites,
		OwnZone: timezone.Shown(a.Zone), Languages: inviteLanguages(a, "")}
	f.Next, _ = nextFree(a, s.now())
	if caller.MayPortal(identity.InPerson, identity.Manage) != nil { // who may link nothing, and sell nothing
		f.Plain = true
		return f, nil //nolint:nilerr // the plain form is for them
	}
	for _, part := range []struct {
		kind instance.Kind
		into *[]page.Choice
	}{{instance.N8N, &f.Instances}, {instance.Service, &f.Services}} {
		all, err := directory.Resources(r.Context(), caller, part.kind, false)
		if err != nil {
			return nil, err
		}
		for i := range all {
			x := page.Choice{ID: string(all[i].ID), Name: all[i].Name, State: resourceBadge(words.English, all[i].Status),
				Why: unready(&all[i])}
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
			b, err := bill(c, words.English)
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

// again fills the form for a client that has been one before, or with order=… for one that is to buy something new: for that it is
// invited with another address.
func (s *Site) again(r *http.Request, directory *clients.Directory, caller identity.Caller, f *page.InviteForm) error {
	order := r.URL.Query().Get("order")
	which, err := id.ParseClient(cmp.Or(order, r.URL.Query().Get("again")))
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
	if order != "" {
		f.Name, f.Client = l.Client.Name, true
		return nil
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
	return form("send", identity.ByPortal(identity.InvitesWrite, identity.Invite),
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

// inviteNames are the fields of the invite form by the names that the use case gives them.
var inviteNames = map[string]string{
	"email": "email", "name": "name", "message": "message", "payer": "payer", "grants": "grants", "order": "order",
	"sendAt": "sendAt", "timeZone": "timeZone", "language": "language",
}

// draft reads the form as the script would send it.
func draft(form url.Values) onboarding.Draft {
	name, to := email.Split(form.Get("email"))
	d := onboarding.Draft{Email: to, Name: form.Get("name"), Payer: invite.AgencyPays, Message: form.Get("message"),
		SendAt: form.Get("sendAt"), Zone: form.Get("timeZone"), Quiet: form.Get("quiet") != "",
		Language: form.Get("language")}
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
	f.Later, f.Zone, f.Quiet = form.Get("sendAt"), form.Get("timeZone"), form.Get("quiet") != ""
	f.Language = form.Get("language")
	for i := range f.Languages {
		f.Languages[i].Here = f.Languages[i].Value == f.Language
	}
	f.Client = form.Get("payer") == string(invite.ClientPays)
	f.Hosting, f.WhatsApp = form.Get("hosting"), form.Get("whatsapp") != ""
	for _, list := range [][]page.Choice{f.Instances, f.Services} {
		for i := range list {
			list[i].Ticked = slices.Contains(form["resource"], list[i].ID)
			list[i].Write = accessOf(form, list[i].ID) == instance.Write
		}
	}
}
