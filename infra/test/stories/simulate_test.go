package lifecycle

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"latchkey.dev/infra/test/whole"
	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/role"
	"latchkey.dev/shared/domain/secret"
	"latchkey.dev/shared/domain/sharelink"
	"latchkey.dev/shared/usecase/roles"
	"latchkey.dev/shared/usecase/sweep"
)

var (
	lifecycles = flag.Int("lifecycles", 80, "how many lifecycles the simulation plays")
	seed       = flag.Uint64("lifecycle-seed", 0, "the seed of the first lifecycle; 0 draws one")
)

// eachWorld is how many lifecycles share a world, one after the other.
const eachWorld = 25

// play is one lifecycle: an agency and an address, and some steps that the seed chooses, of which several may happen
// at once, on a network that fails now and then. Afterwards all is quiet, and the invariants are looked at.
func (w *world) play(seed uint64) []string {
	r := rand.New(rand.NewPCG(seed, 1))     //nolint:gosec // to be repeated
	w.offices, w.every = nil, 4*time.Minute // fewer sweeps find the same, later
	must(w.t, w.engine.SES.ClearMails())
	o := w.office(fmt.Sprintf("Agency %d", seed))
	address := fmt.Sprintf([]string{"c%d@acme.example", "c%d@acme.example", "c%d@throttle.example", "c%d@reject.example",
		"bounce+%d@simulator.amazonses.com"}[r.IntN(5)], seed)
	k := o.corner()
	broken := r.Float64() * 0.15
	w.network.faults(func(call) verdict { return pass })
	var which id.Invite
	final := map[id.Invite]invite.Status{} // and what must be so from then on
	var mu sync.Mutex
	do := func(step, delay int) {
		w.skip(time.Duration(delay) * time.Millisecond)
		mu.Lock()
		mine, links := which, w.tokens(address)
		mu.Unlock()
		switch step {
		case 0:
			if c, err := o.send(address); err == nil {
				mu.Lock()
				which = c.Invite.ID
				mu.Unlock()
			}
		case 1:
			o.resend(mine) //nolint:errcheck // any answer may be right; what is left behind is looked at
		case 2:
			if _, err := w.canceller.Cancel(w.ctx, o.owner, mine); err == nil {
				mu.Lock()
				final[mine] = invite.Canceled
				mu.Unlock()
			}
		case 3, 4:
			if len(links) == 0 {
				return
			}
			token := links[(delay*7)%len(links)]
			c, err := w.invitations.Accept(w.ctx, token, "", person(address))
			if err == nil {
				mu.Lock()
				final[c.Invite.ID] = invite.Accepted
				mu.Unlock()
			}
		case 5:
			w.sweep.Run(w.ctx) //nolint:errcheck // as above
		default:
			w.care(o, k, step, delay, address, mine, links)
		}
	}
	do(0, 0)
	// Every other lifecycle is one of somebody who has joined, with something of all that there is.
	user := r.IntN(2) == 0
	if user {
		w.deliver()
		for _, step := range []int{3, 13, 13, 16, 24} {
			do(step, r.IntN(7))
		}
	}
	for range 2 + r.IntN(6) {
		if r.IntN(2) == 0 {
			w.network.faults(func(call) verdict {
				mu.Lock()
				defer mu.Unlock()
				if r.Float64() < broken {
					return []verdict{loseIt, loseAnswer, throttle}[r.IntN(3)]
				}
				return pass
			})
		} else {
			w.network.faults(nil)
		}
		switch r.IntN(5) {
		case 0:
			w.pass(time.Duration(r.IntN(90)) * time.Second)
		case 1:
			w.skip([]time.Duration{time.Minute, time.Hour, invite.Lifetime}[r.IntN(3)])
		default:
			var steps, delays [3]int
			mu.Lock()
			for n := range steps {
				steps[n], delays[n] = r.IntN(6), r.IntN(7)
				if r.IntN(3) == 0 || user && r.IntN(2) == 0 {
					steps[n] = 6 + r.IntN(7+usersSteps)
				}
			}
			mu.Unlock()
			together(len(steps), func(n int) { do(steps[n], delays[n]) })
		}
	}
	w.network.faults(nil)
	// The hour's limit has its turn, too.
	for n := range agency.HourlyInvites + 1 {
		if r.IntN(20) == 0 || n == 0 {
			together(3, func(k int) { o.send(fmt.Sprintf("x%d.%d.%d@acme.example", seed, n, k)) }) //nolint:errcheck // as above
		}
	}
	w.pass(15 * time.Minute)
	out := append(w.stuck(), w.problems()...)
	for i, want := range final {
		c, err := w.invites.Get(w.ctx, o.owner, i)
		if fault.Is(err, fault.NotFound) && o.logged(audit.ClientErased, 0) != nil { // it was erased since
			continue
		}
		if err != nil || c.Invite.Status != want {
			out = append(out, fmt.Sprintf("somebody was told that %s is %s, which is not so: %v", i, want, err))
		}
	}
	for _, c := range o.relationships() {
		if c.Invite.Status == invite.Canceled || c.Invite.Status == invite.Failed {
			for _, token := range w.tokens(string(c.Email)) {
				if w.sees(token) == nil {
					out = append(out, fmt.Sprintf("a link opens what is %s", c.Invite.Status))
				}
			}
		}
	}
	return out
}

// care does one of the things that both sides do once an invite is out. Any answer may be right; what is left behind is
// looked at.
//
//nolint:errcheck // see above
func (w *world) care(o *office, k *corner, step, n int, address string, which id.Invite, links []string) {
	if which == "" || len(links) == 0 {
		return
	}
	c := first(which)
	if now, err := w.invites.Get(w.ctx, o.owner, which); err == nil {
		c = now.ID
	}
	switch step {
	case 6:
		w.grants.Grant(w.ctx, o.owner, c, o.whatsapp, []instance.Access{instance.Read, instance.Write}[len(links)%2])
	case 7:
		w.grants.Revoke(w.ctx, o.owner, c, o.n8n[len(links)%2])
	case 8:
		w.removal.Remove(w.ctx, o.owner, c)
	case 9:
		w.leaving.Leave(w.ctx, person(address), o.id)
	case 10:
		w.decliner.Decline(w.ctx, identity.Caller{}, links[0], "no", "192.0.2.1")
	case 11:
		w.answers.Propose(w.ctx, identity.Caller{}, links[0], "pat@acme.example", "192.0.2.1")
	case 12:
		w.removal.Erase(w.ctx, o.owner, c)
	default:
		w.users(o, k, step-13, n, address, c)
	}
}

// simulate plays lifecycles until something is wrong, and returns the seed that it was wrong with.
func simulate(t *testing.T, from uint64, most int, s settings) (found uint64, played int, problems []string) {
	for played < most && problems == nil {
		synctest.Test(t, func(t *testing.T) {
			w := open(t, s)
			defer w.close()
			for range min(eachWorld, most-played) {
				found = from + uint64(played) //nolint:gosec // a count
				played++
				if problems = w.play(found); problems != nil {
					return
				}
			}
		})
	}
	return found, played, problems
}

// Thousands of lifecycles on a bad network. To repeat one: -lifecycle-seed=N -lifecycles=1.
func TestLifecyclesKeepTheInvariants(t *testing.T) {
	t.Parallel()
	from, most := *seed, *lifecycles
	if from == 0 {
		from = rand.Uint64N(1 << 32) //nolint:gosec // any number will do
	}
	if testing.Short() {
		most = min(most, 200)
	}
	found, played, problems := simulate(t, from, most, settings{})
	if problems != nil {
		t.Fatalf("-lifecycle-seed=%d: %q", found, problems)
	}
	t.Logf("%d lifecycles from seed %d", played, from)
}

// mutant is the table with a bug.
type mutant struct {
	*whole.Table
	commit  func(*whole.Table, context.Context, id.Agency, client.Change) error
	client  func(*client.Client)
	roles   func(*world, roles.Store) roles.Store
	given   func(*role.Role)
	link    func(*sharelink.Link)
	overdue bool
}

func (m mutant) Commit(ctx context.Context, a id.Agency, c client.Change) error {
	if m.commit == nil {
		return m.Table.Commit(ctx, a, c)
	}
	return m.commit(m.Table, ctx, a, c)
}

func (m mutant) Client(ctx context.Context, a id.Agency, ref id.Ref, fresh bool) (*client.Client, error) {
	c, err := m.Table.Client(ctx, a, ref, fresh)
	if err == nil && m.client != nil {
		m.client(c)
	}
	return c, err
}

func (m mutant) Overdue(ctx context.Context, shard int, now time.Time, limit int, newest bool) ([]sweep.Due, error) {
	if m.overdue {
		return nil, nil
	}
	return m.Table.Overdue(ctx, shard, now, limit, newest)
}

// changing is a mutant that commits something else than it was asked to.
func changing(f func(*client.Change)) mutant {
	return mutant{commit: func(t *whole.Table, ctx context.Context, a id.Agency, c client.Change) error {
		f(&c)
		return t.Commit(ctx, a, c)
	}}
}

// mutants are bugs that somebody might write.
var mutants = map[string]mutant{
	"the hour is not counted":             changing(func(c *client.Change) { c.Take = nil }),
	"no log of what was sent":             changing(func(c *client.Change) { c.Audit = nil }),
	"the person is not told of its place": changing(func(c *client.Change) { c.Join = false }),
	"cancelling leaves the links":         {commit: keepTokens},
	"the last writer wins":                {commit: lastWriterWins},
	"two writes in place of one transaction": {commit: func(t *whole.Table, ctx context.Context, a id.Agency, c client.Change) error {
		log := c.Audit
		c.Audit = nil
		if err := t.Commit(ctx, a, c); err != nil || log == nil {
			return err
		}
		return t.Commit(ctx, a, client.Change{Client: c.Client, Audit: log})
	}},
	"the term is not looked at":      {client: func(c *client.Client) { c.Invite.ExpiresAt = c.Invite.ExpiresAt.Add(10 * invite.Lifetime) }},
	"nothing is swept":               {overdue: true},
	"places are not given back":      changing(func(c *client.Change) { c.Return = nil }),
	"every link that ever was opens": {commit: everyLink()},
	"a cancelled invite grants": changing(func(c *client.Change) {
		if c.Client.Invite.Status == invite.Canceled {
			c.Client.Grants = c.Client.Invite.Grants
		}
	}),
	"leaving does not reach the person": changing(func(c *client.Change) { c.Leave = false }),
	"what has ended stays open": changing(func(c *client.Change) {
		if !c.Client.EndedAt.IsZero() {
			c.Client.Grants = c.Client.Invite.Grants
		}
	}),
	"what is erased stays":           changing(func(c *client.Change) { c.Erase = false }),
	"a role's users are not counted": changing(func(c *client.Change) { c.Client.Stored.Roles = c.Client.Roles }),
	"who has ended counts among them": changing(func(c *client.Change) {
		if !c.Client.EndedAt.IsZero() {
			c.Client.Stored.Roles = nil
		}
	}),
	"a contact is linked twice": changing(func(c *client.Change) { c.Client.Stored.Contacts = c.Client.Contacts }),
	"who has ended keeps roles": changing(func(c *client.Change) {
		if !c.Client.EndedAt.IsZero() {
			c.Client.Roles = c.Client.Stored.Roles
		}
	}),
	"a role that somebody has is deleted": {roles: func(w *world, s roles.Store) roles.Store { return deletesAll{s, w} }},
	"a role that is off gives":            {given: func(r *role.Role) { r.Active = true }},
	"a role's end is not looked at":       {given: func(r *role.Role) { r.ExpiresAt = time.Time{} }},
	"a link lets everybody in":            {link: func(l *sharelink.Link) { l.MaxUses = 1000 }},
	"a link's use is not counted": changing(func(c *client.Change) {
		if c.Share != nil {
			c.Share.Link.Uses--
		}
	}),
	"what waits for its time is live": changing(func(c *client.Change) {
		if c.Client.Invite.Status == invite.Scheduled {
			c.Client.Invite.Status = invite.Pending
		}
	}),
	"who works here now is a client still": changing(func(c *client.Change) { c.Promote = nil }),
	"the end of access is not kept":        changing(func(c *client.Change) { c.Client.ExpiresAt = time.Time{} }),
	"the end of access is not looked at":   {client: func(c *client.Client) { c.ExpiresAt = time.Time{} }},
	"an offer is changed behind the log": changing(func(c *client.Change) {
		if n := len(c.Client.Grants); n > 1 {
			c.Client.Grants = c.Client.Grants[:n-1]
		}
	}),
	"a lost race counts as won": {commit: func(t *whole.Table, ctx context.Context, a id.Agency, c client.Change) error {
		if err := t.Commit(ctx, a, c); err != nil && !errors.Is(err, conflict.ErrChanged) {
			return err
		}
		return nil
	}},
}

// deletesAll is roles that are deleted without looking whether somebody has them.
type deletesAll struct {
	roles.Store
	w *world
}

func (d deletesAll) DeleteRole(_ context.Context, r *role.Role, _ audit.Entry) error {
	d.w.remove(string(r.Agency), "rol#"+string(r.ID))
	return nil
}

func (d deletesAll) Role(ctx context.Context, a id.Agency, which id.Role) (*role.Role, error) {
	r, err := d.Store.Role(ctx, a, which)
	if err == nil {
		r.Users = 0
	}
	return r, err
}

func keepTokens(t *whole.Table, ctx context.Context, a id.Agency, c client.Change) error {
	if c.Client.Invite.Status == invite.Canceled {
		if old, err := t.Client(ctx, a, c.Client.Ref(), true); err == nil {
			c.Client.Invite.Tokens = old.Invite.Tokens
		}
	}
	return t.Commit(ctx, a, c)
}

func lastWriterWins(t *whole.Table, ctx context.Context, a id.Agency, c client.Change) error {
	err := t.Commit(ctx, a, c)
	if errors.Is(err, conflict.ErrChanged) && c.Client.Version > 0 && c.Take == nil {
		if now, again := t.Client(ctx, a, c.Client.Ref(), true); again == nil {
			c.Client.Version = now.Version
			return t.Commit(ctx, a, c)
		}
	}
	return err
}

func everyLink() func(*whole.Table, context.Context, id.Agency, client.Change) error {
	var mu sync.Mutex
	all := map[id.Invite][]secret.Hash{}
	return func(t *whole.Table, ctx context.Context, a id.Agency, c client.Change) error {
		mu.Lock()
		i := c.Client.Invite
		for _, h := range i.Tokens {
			if !slices.Contains(all[i.ID], h) {
				all[i.ID] = append(all[i.ID], h)
			}
		}
		i.Tokens = slices.Clone(all[i.ID])
		mu.Unlock()
		return t.Commit(ctx, a, c)
	}
}

// The simulation is worth what it finds: each bug within some hundred lifecycles.
func TestTheSimulationFindsPlantedBugs(t *testing.T) {
	t.Parallel()
	for name, m := range mutants {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, played, problems := simulate(t, 1, 600, settings{between: func(t *whole.Table) store { m.Table = t; return m }})
			if problems == nil {
				t.Fatalf("not found within %d lifecycles", played)
			}
			t.Logf("found in lifecycle %d: %s", played, problems[0])
		})
	}
}
