package lifecycle

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/batch"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/contact"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/role"
	"latchkey.dev/shared/domain/sharelink"
	"latchkey.dev/shared/usecase/agencies"
	"latchkey.dev/shared/usecase/clients"
	"latchkey.dev/shared/usecase/contacts"
	"latchkey.dev/shared/usecase/imports"
	"latchkey.dev/shared/usecase/portalapp"
	"latchkey.dev/shared/usecase/roles"
	"latchkey.dev/shared/usecase/sharing"
)

// external is what looks after external users. All that changes a client goes through the store that a mutant stands before.
type external struct {
	links   *sharing.Links
	joins   *sharing.Joins
	cards   *contacts.Cards
	app     *portalapp.App
	roles   *roles.Roles
	users   *clients.External
	shown   *clients.Users
	bulk    *imports.Sender
	batches *imports.Batches
	staff   *agencies.Promotions
}

// The stores of what looks after external users, over the one that a mutant stands before.
type (
	heldUsers struct {
		dynamo.External
		kept store
	}
	heldShown struct {
		dynamo.Users
		kept  store
		given func(*role.Role)
	}
	heldJoins struct {
		dynamo.Joins
		kept store
		link func(*sharelink.Link)
	}
	heldBatches struct {
		dynamo.Batches
		kept store
	}
	heldLines struct {
		dynamo.Lines
		kept store
	}
	heldCards struct {
		dynamo.Cards
		kept store
	}
	heldStaff struct {
		dynamo.Promotions
		kept store
	}
)

func (h heldUsers) Commit(ctx context.Context, a id.Agency, c client.Change) error {
	return h.kept.Commit(ctx, a, c)
}

func (h heldShown) Client(ctx context.Context, a id.Agency, ref id.Ref, fresh bool) (*client.Client, error) {
	return h.kept.Client(ctx, a, ref, fresh)
}

func (h heldShown) Roles(ctx context.Context, a id.Agency) ([]role.Role, error) {
	all, err := h.Users.Roles(ctx, a)
	for n := range all {
		if h.given != nil {
			h.given(&all[n])
		}
	}
	return all, err
}

func (h heldJoins) Commit(ctx context.Context, a id.Agency, c client.Change) error {
	return h.kept.Commit(ctx, a, c)
}

func (h heldJoins) Link(ctx context.Context, a id.Agency, which id.ShareLink) (*sharelink.Link, error) {
	l, err := h.Joins.Link(ctx, a, which)
	if err == nil && h.link != nil {
		h.link(l)
	}
	return l, err
}

func (h heldBatches) Commit(ctx context.Context, a id.Agency, c client.Change) error {
	return h.kept.Commit(ctx, a, c)
}

func (h heldLines) Commit(ctx context.Context, a id.Agency, c client.Change) error {
	return h.kept.Commit(ctx, a, c)
}

func (h heldStaff) Commit(ctx context.Context, a id.Agency, c client.Change) error {
	return h.kept.Commit(ctx, a, c)
}

func (h heldCards) Commit(ctx context.Context, a id.Agency, c client.Change) error {
	return h.kept.Commit(ctx, a, c)
}

func (w *world) externalOver(kept store) external {
	t := w.table.Table
	var kinds roles.Store = dynamo.NewRoles(t)
	joins, shown := heldJoins{dynamo.NewJoins(t), kept, nil}, heldShown{dynamo.NewUsers(t), kept, nil}
	if m, ok := kept.(mutant); ok {
		joins.link, shown.given = m.link, m.given
		if m.roles != nil {
			kinds = m.roles(w, kinds)
		}
	}
	return external{
		links:   &sharing.Links{Store: dynamo.NewShareLinks(t), Now: time.Now},
		joins:   &sharing.Joins{Store: joins, Now: time.Now},
		cards:   contacts.NewCards(heldCards{dynamo.NewCards(t), kept}, time.Now),
		app:     &portalapp.App{Store: dynamo.NewPortalApps(t), Now: time.Now},
		roles:   &roles.Roles{Store: kinds, Now: time.Now},
		users:   &clients.External{Store: heldUsers{dynamo.NewExternal(t), kept}, Now: time.Now},
		shown:   &clients.Users{Store: shown, Now: time.Now},
		bulk:    &imports.Sender{Store: heldBatches{dynamo.NewBatches(t), kept}, Queue: w.queue, Domains: w.bulk.Domains, Now: time.Now},
		batches: &imports.Batches{Store: heldLines{dynamo.NewLines(t), kept}, Now: time.Now},
		staff:   &agencies.Promotions{Store: heldStaff{dynamo.NewPromotions(t), kept}, Queue: w.queue, Now: time.Now},
	}
}

// corner is what an office has of Client Portal while a lifecycle is played.
type corner struct {
	link  id.ShareLink
	roles [3]id.Role
	cards [2]id.Contact

	mu      sync.Mutex
	batches []id.Batch
	tokens  []string // of the link, the newest last
}

// mostJoins is how many people the link of a corner lets in, by whose name it is known whatever is stored of it.
const (
	mostJoins  = 1
	cornerLink = "Corner"
)

// corner has the office install Client Portal, with roles that are on, cards of contacts, and a link to join by.
func (o *office) corner() *corner {
	o.w.t.Helper()
	x, k := &o.w.external, &corner{}
	_, err := x.app.Install(o.w.ctx, o.owner)
	must(o.w.t, err)
	on, hour, most, corner := true, time.Now().Add(time.Hour), mostJoins, cornerLink
	for n := range k.roles {
		name, rules := fmt.Sprint("Role ", n), role.Rules{role.Contact: {Fields: []string{[]string{"name", "email", "phone"}[n]}}}
		d := roles.Draft{Name: &name, Active: &on, Rules: &rules}
		if n == 2 {
			d.ExpiresAt = &hour
		}
		r, err := x.roles.Create(o.w.ctx, o.owner, d, "")
		must(o.w.t, err)
		k.roles[n] = r.ID
	}
	for n := range k.cards {
		name := fmt.Sprint("Card ", n)
		c, err := x.cards.Create(o.w.ctx, o.owner, contact.Fields{Name: &name}, "")
		must(o.w.t, err)
		k.cards[n] = c.ID
	}
	given := []string{string(k.roles[0]), string(k.roles[1])}
	shown, token, err := x.links.Create(o.w.ctx, o.owner, sharelink.Typed{Name: &corner, Roles: &given, MaxUses: &most}, "")
	must(o.w.t, err)
	k.link, k.tokens = shown.ID, []string{token}
	return k
}

// usersSteps is how many things there are to do in users.
const usersSteps = 13

// users does one of the things that are done in Client Portal. Any answer may be right; what is left behind is looked at.
//
//nolint:errcheck // see above
func (w *world) users(o *office, k *corner, step, n int, address string, which id.Client) {
	x := &w.external
	wish := func(f func(c *client.Client, w *clients.Wishes)) {
		c, err := w.table.Client(w.ctx, o.id, which.Ref(), true)
		if err != nil {
			return
		}
		var all clients.Wishes
		f(c, &all)
		x.users.Update(w.ctx, o.owner, which, all, "")
	}
	k.mu.Lock()
	tokens, batches := k.tokens, k.batches
	k.mu.Unlock()
	switch step {
	case 0:
		wish(func(c *client.Client, w *clients.Wishes) {
			had := c.Roles
			if !c.Joined() {
				had = c.Invite.Roles
			}
			all := toggled(had, k.roles[n%len(k.roles)])
			w.Roles = &all
		})
	case 1:
		wish(func(_ *client.Client, w *clients.Wishes) {
			w.Rules = &role.Rules{role.Contact: {Fields: []string{"name", "email"}[:n%3]}}
		})
	case 2:
		wish(func(_ *client.Client, w *clients.Wishes) {
			w.ExpiresAt = &[]time.Time{{}, time.Now().Add(time.Minute), time.Now().Add(time.Hour)}[n%3]
		})
	case 3:
		wish(func(c *client.Client, w *clients.Wishes) {
			all := toggled(c.Contacts, k.cards[n%len(k.cards)])
			w.Contacts = &all
		})
	case 4:
		on := n%2 == 0
		x.roles.Update(w.ctx, o.owner, k.roles[n%len(k.roles)], roles.Draft{Active: &on}, "")
	case 5:
		x.roles.Delete(w.ctx, o.owner, k.roles[n%len(k.roles)], "")
	case 6:
		lines := make([]batch.Line, 4+n)
		for i := range lines {
			lines[i] = batch.Line{Number: i + 1, Email: fmt.Sprint("b", i, ".", address), Roles: k.roles[:n%2]}
		}
		if b, err := x.bulk.Send(w.ctx, o.owner, lines, ""); err == nil {
			k.mu.Lock()
			k.batches = append(slices.Clone(k.batches), b.ID)
			k.mu.Unlock()
		}
	case 7:
		if len(batches) > 0 {
			x.batches.Cancel(w.ctx, o.owner, batches[n%len(batches)])
		}
	case 8: // most lifecycles end with it, since nothing is open without
		if n == 0 {
			x.app.Uninstall(w.ctx, o.owner)
			return
		}
		x.app.Install(w.ctx, o.owner)
	case 11: // by whoever is there, and by somebody else
		who := []string{address, "j." + address, fmt.Sprint("j", n, ".", address)}[n%3]
		x.joins.Join(w.ctx, tokens[n%len(tokens)], person(who), sharing.Joining{Adds: true}, "192.0.2.1")
	case 12:
		if _, token, err := x.links.Reset(w.ctx, o.owner, k.link); err == nil {
			k.mu.Lock()
			k.tokens = append(slices.Clone(k.tokens), token)
			k.mu.Unlock()
		}
	case 10:
		x.cards.Unlink(w.ctx, o.owner, k.cards[n%len(k.cards)])
	case 9:
		if n%3 == 0 {
			x.staff.Promote(w.ctx, o.owner, which)
		}
	}
}

func toggled[T comparable](had []T, x T) []T {
	if slices.Contains(had, x) {
		return slices.DeleteFunc(slices.Clone(had), func(y T) bool { return x == y })
	}
	return append(slices.Clone(had), x)
}

// open holds what is open to a client by the product's own words: nothing of a role that is off, expired or not its own, and nothing
// at all once its access has ended, or without the app.
func (o *office) open(at *agency.Agency, c *client.Client, kinds map[id.Role]role.Role, say say) {
	card, err := o.w.external.shown.Get(o.w.ctx, o.owner, c.ID)
	now := time.Now()
	switch {
	case !at.Portal.Installed() || !c.Joined():
		if !fault.Is(err, fault.NotFound) {
			say("%s is shown, and is not to be: %v", c.ID, err)
		}
		return
	case err != nil:
		say("%s is not shown: %v", c.ID, err)
		return
	}
	over := func(t time.Time) bool { return !t.IsZero() && !now.Before(t) }
	want := map[string]bool{}
	if !over(c.ExpiresAt) {
		for _, r := range c.Roles {
			if x := kinds[r]; x.Active && !over(x.ExpiresAt) {
				for _, f := range x.Rules[role.Contact].Fields {
					want[f] = true
				}
			}
		}
		for _, f := range c.Rules[role.Contact].Fields {
			want[f] = true
		}
	}
	for _, f := range []string{"name", "email", "phone", "company"} {
		if got := card.Rights.Shows(role.Contact, f); got != want[f] {
			say("%s, with %v and %v until %v: shows %s is %t, want %t", c.ID, c.Roles, c.Rules, c.ExpiresAt, f, got, want[f])
		}
	}
	if n := len(card.Rights.All()); n != len(want) {
		say("%s has %d rights, want %v", c.ID, n, want)
	}
}

// shares holds a link's uses against those who came by it, as the log tells: each took one, and never more than there are.
func (o *office) shares(log []audit.Entry, say say) {
	links, err := dynamo.NewShareLinks(o.w.table.Table).Links(o.w.ctx, o.id)
	must(o.w.t, err)
	for _, l := range links {
		joined := 0
		for _, e := range log {
			if (e.Action == audit.LinkJoined || e.Action == audit.LinkAdded) && e.Subject == string(l.ID) {
				joined++
			}
		}
		if most := l.MaxUses; l.Uses != joined || most > 0 && l.Uses > most || l.Name == cornerLink && l.Uses > mostJoins {
			say("%s has %d of %d uses, and %d joined by it", l.ID, l.Uses, l.MaxUses, joined)
		}
	}
}

// told holds what a client has against the last that the log says of it since it came.
func toldOf(c *client.Client, log []audit.Entry, say say) {
	if !c.Joined() {
		return
	}
	term, lifted, set := "", false, false
	var has []string
	known := false
	for _, e := range log {
		if e.At.Before(c.AcceptedAt) {
			continue
		}
		switch {
		case e.Subject == string(c.ID) && e.Action == audit.TermSet:
			term, lifted, set = e.Detail, false, true
		case e.Subject == string(c.ID) && e.Action == audit.TermLifted:
			term, lifted, set = "", true, true
		case e.Subject == string(c.ID) && e.Action == audit.RolesChanged:
			has, known = fields(e.Detail), true
		case e.Actor == string(c.ID) && (e.Action == audit.LinkJoined || e.Action == audit.LinkAdded):
			known = false // its roles came with it
		}
	}
	if set && (lifted != c.ExpiresAt.IsZero() || !lifted && term != audit.Moment(c.ExpiresAt)) {
		say("%s ends at %v, and the log says %q", c.ID, c.ExpiresAt, term)
	}
	if known && !slices.Equal(slices.Sorted(slices.Values(has)), slices.Sorted(slices.Values(ids(c.Roles)))) {
		say("%s has %v, and the log says %v", c.ID, c.Roles, has)
	}
}

// scheduled holds that nothing is live of an invite that waits for its time.
func (w *world) scheduled(c *client.Client, say say) {
	i := c.Invite
	if i.Status != invite.Scheduled {
		return
	}
	if len(i.Tokens) > 0 || len(i.Resends) > 0 || i.Mail.Job != "" {
		say("%s waits for %v, and has %d links and the mail %+v", i.ID, i.SendAt, len(i.Tokens), i.Mail)
	}
	for _, e := range i.Timeline {
		if e.Name == invite.Sent {
			say("%s waits for %v, and was sent at %v", i.ID, i.SendAt, e.At)
		}
	}
}
