package sharing

import (
	"context"
	"slices"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/sharelink"
	"latchkey.dev/shared/domain/text"
	"latchkey.dev/shared/domain/words"
)

// JoinStore is what joining needs.
type JoinStore interface {
	SceneStore
	// Commit writes a change in one transaction, or nothing and conflict.ErrChanged.
	Commit(ctx context.Context, agency id.Agency, change client.Change) error
	// Waiting counts the requests of the agency that wait.
	Waiting(ctx context.Context, agency id.Agency) (int, error)
	// Ask writes a request in one transaction, or nothing and conflict.ErrChanged.
	Ask(ctx context.Context, a Asking) error
	// Allow counts one use under the name in a window of time and returns how long to wait when there have been most of them already;
	// zero when it may go on.
	Allow(ctx context.Context, name string, most int, window time.Duration, now time.Time) (time.Duration, error)
}

// Asking is a new request with what goes with it, written while the link is the one that was read and the agency has the people that
// it had.
type Asking struct {
	Request *sharelink.Request
	Link    *sharelink.Link
	Staff   int
	Ledger  *sharelink.Ledger
	Tell    bool // whether administrators are told now
	Audit   audit.Entry
}

// Limits on joining, per IP address.
const (
	joinsPerIP = 30
	joinWindow = 10 * time.Minute
)

// Joins lets people join by a link.
type Joins struct {
	Store JoinStore
	Now   func() time.Time
}

// Standing says how the person who looks relates to the link.
type Standing string

// The standings.
const (
	Anonymous Standing = "anonymous" // not signed in
	Stranger  Standing = "stranger"  // signed in, and may join
	Client    Standing = "client"    // is a client, to whom the link would give more
	Joined    Standing = "joined"    // is a client, to whom the link gives nothing more
	Waiting   Standing = "waiting"   // has asked to join
)

// View is what a good link shows.
type View struct {
	Agency   *agency.Agency
	Link     *sharelink.Link
	Standing Standing
	Client   *client.Client     // for Client and Joined
	Request  *sharelink.Request // for Waiting
}

// GoneMessage is the key of all that anybody who is not signed in learns from a link that is not good.
const GoneMessage = "join.gone"

var errGone = fault.New(fault.Gone, "join.gone")

// View looks at what a token opens and changes nothing. Whoever is not signed in reads one sentence of every link that does not work.
//
// Faults: [fault.Gone]; of people who are signed in: [fault.AlreadyMember] for the agency's own, [fault.WrongAccount] for an address
// of another domain, [fault.AlreadyInvited] for who has an invitation of the agency, [fault.Forbidden] for who was removed or refused.
// With them the view comes along, for its brand.
func (j *Joins) View(ctx context.Context, token string, caller identity.Caller) (View, error) {
	v, _, err := j.look(ctx, token, caller)
	return v, err
}

// look finds the link of a token, and how the caller relates to it.
func (j *Joins) look(ctx context.Context, token string, caller identity.Caller) (View, *Scene, error) {
	which, link, err := sharelink.Locate(token)
	if err != nil {
		return View{}, nil, errGone //nolint:nilerr // malformed and unknown are the same from outside
	}
	x, err := j.Store.Link(ctx, which, link)
	if fault.Is(err, fault.NotFound) {
		return View{}, nil, errGone
	}
	if err != nil {
		return View{}, nil, err
	}
	opens, before := x.Opens(token)
	if !opens && !before {
		return View{}, nil, errGone
	}
	q := Query{Maker: x.By, Roles: x.Roles, Ledger: true}
	if caller.SignedIn() {
		q.Person, q.Request, q.Card = caller.Email, id.JoinRef(x.ID, caller.Email), x.CreateContact
	}
	at, err := j.Store.Scene(ctx, which, q)
	if err != nil {
		return View{}, nil, err
	}
	at.Link = x
	if at.Agency == nil || !at.Agency.ClosedAt.IsZero() {
		return View{}, nil, errGone
	}
	v := View{Agency: at.Agency, Link: x, Client: at.Client, Standing: Anonymous}
	now := j.Now()
	why := standing(x, at.Agency, at.Maker, now)
	if !opens {
		why = sharelink.Reset
	}
	if !caller.SignedIn() {
		if why != sharelink.Works {
			return View{}, nil, errGone
		}
		return v, at, nil
	}
	v.Standing, err = related(at, caller, now)
	if v.Standing == Joined && why != sharelink.Reset && why != sharelink.NoAgency {
		return v, at, err // whoever has come in by it has no need of it
	}
	if why != sharelink.Works {
		return v, nil, dead(why, at.Agency.Name)
	}
	if v.Standing == Waiting {
		v.Request = at.Request
	}
	return v, at, err
}

// dead is the fault of a link that does not work, as somebody reads it who is signed in.
func dead(why sharelink.Why, name string) error {
	switch why {
	case sharelink.Reset:
		return fault.New(fault.Gone, "join.was_reset", "agency", name)
	case sharelink.Off:
		return fault.New(fault.Gone, "join.was_disabled", "agency", name)
	case sharelink.RanOut:
		return fault.New(fault.Gone, "join.has_expired", "agency", name)
	case sharelink.UsedUp:
		return fault.New(fault.Gone, "join.used_up")
	}
	return fault.New(fault.Gone, "join.nobody_joins", "agency", name)
}

// related says how a person who is signed in relates to a link that works.
func related(at *Scene, caller identity.Caller, now time.Time) (Standing, error) {
	name, c := at.Agency.Name, at.Client
	switch {
	case at.Member:
		return Stranger, fault.New(fault.AlreadyMember, "join.you_work_here")
	case c != nil && c.Joined() && len(more(at, now)) == 0:
		return Joined, nil
	case c != nil && c.Barred(now):
		return Stranger, fault.New(fault.Forbidden, "join.ask_again", "agency", name)
	}
	if !at.Link.Admits(caller.Email) {
		return Stranger, fault.New(fault.WrongAccount, "join.other_domain", "agency", name, "email", caller.Email)
	}
	if at.Link.Refuses(id.JoinRef(at.Link.ID, caller.Email)) {
		return Stranger, fault.New(fault.Forbidden, "join.refused", "agency", name)
	}
	if r := at.Request; r != nil && r.At(now) == sharelink.Waiting && at.Link.Approval {
		return Waiting, nil
	}
	if c == nil || !c.Joined() {
		if c != nil && c.Listed {
			switch c.Invite.At(now) {
			case invite.Sending, invite.Pending:
				return Stranger, fault.New(fault.AlreadyInvited, "join.accept_first", "agency", name)
			}
		}
		return Stranger, nil
	}
	if len(c.Roles)+len(more(at, now)) > client.MaxRoles {
		return Client, fault.New(fault.AlreadyClient, "join.too_many_of_client", "agency", name)
	}
	return Client, nil
}

// more are the roles that the link gives the client besides those that it has: those that count at the moment.
func more(at *Scene, now time.Time) []id.Role {
	var out []id.Role
	for _, r := range given(at, now) {
		if at.Client == nil || !at.Client.Joined() || !slices.Contains(at.Client.Roles, r) {
			out = append(out, r)
		}
	}
	return out
}

// given are the roles of the link that are there and count at the moment, in the link's order.
func given(at *Scene, now time.Time) []id.Role {
	var out []id.Role
	for _, r := range at.Link.Roles {
		for i := range at.Roles {
			if at.Roles[i].ID == r && at.Roles[i].Counts(now) {
				out = append(out, r)
			}
		}
	}
	return out
}

// Joining is what somebody says who joins.
type Joining struct {
	Name string // "" for none
	Adds bool   // whether a client has been asked whether the link may add to what it has
}

// Check says what is wrong with what somebody says. Faults: [fault.Invalid].
func (j Joining) Check() error {
	_, err := text.Line("name", j.Name, text.MaxName)
	return err
}

// Outcome is what came of it.
type Outcome struct {
	View
	Client *client.Client // nil while the person waits
}

// Join makes the signed-in person a client, exactly once, with the roles that the link has now; or adds them to a client's; or notes
// that the person asks to, where the link is for those alone whom an administrator lets in. A use is taken with it, in one
// transaction. From then on a new client is written to in the language of the context. Joining again is no fault, changes nothing and takes
// no use.
//
// Faults: [fault.Unauthenticated]; those of [Joins.View]; [fault.AlreadyClient] for a client that was not asked yet; [fault.RateLimited].
func (j *Joins) Join(ctx context.Context, token string, caller identity.Caller, in Joining, ip string) (*Outcome, error) {
	if !caller.SignedIn() {
		return nil, fault.New(fault.Unauthenticated, "join.sign_in")
	}
	if err := caller.MustSignIn(); err != nil {
		return nil, err
	}
	name, err := text.Line("name", in.Name, text.MaxName)
	if err != nil {
		return nil, err
	}
	if wait, err := j.Store.Allow(ctx, "join-ip#"+ip, joinsPerIP, joinWindow, j.Now()); err != nil {
		return nil, err
	} else if wait > 0 {
		e := fault.New(fault.RateLimited, "errors.too_many_tries_from_this_network", "wait", identity.About(wait))
		e.Retry, e.Limit = wait, fault.Limit{Name: "join-ip", Quota: joinsPerIP, Window: joinWindow}
		return nil, e
	}
	var out *Outcome
	err = conflict.Retry(ctx, func() error {
		v, at, err := j.look(ctx, token, caller)
		if err != nil {
			return err
		}
		out = &Outcome{View: v, Client: v.Client}
		switch v.Standing {
		case Joined, Waiting:
			return nil
		case Client:
			if !in.Adds {
				return fault.New(fault.AlreadyClient, "join.adds", "agency", v.Agency.Name)
			}
		}
		now := j.Now().Truncate(time.Millisecond) // as it is stored
		if v.Link.Approval {
			out.Standing = Waiting
			out.Request, err = j.ask(ctx, at, caller, name, now)
			return err
		}
		if err := at.Ledger.Join(now); err != nil {
			return err
		}
		l, _ := words.Said(ctx)
		c, err := enter(at, person{caller.Email, name, l}, at.Maker, now)
		if err != nil {
			return err
		}
		out.Standing, out.Client = Joined, c.Client
		c.Share.Ledger = at.Ledger
		return j.Store.Commit(ctx, v.Agency.ID, *c)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// ask writes the wish to join down.
func (j *Joins) ask(ctx context.Context, at *Scene, caller identity.Caller, name string, now time.Time) (*sharelink.Request, error) {
	n, err := j.Store.Waiting(ctx, at.Agency.ID)
	if err != nil {
		return nil, err
	}
	if n >= sharelink.MaxWaiting {
		e := fault.New(fault.RateLimited, "join.many_wait", "agency", at.Agency.Name)
		e.Retry, e.Limit = time.Hour, fault.Limit{Name: "join-requests", Quota: sharelink.MaxWaiting, Window: sharelink.Life}
		return nil, e
	}
	l, _ := words.Said(ctx)
	r := sharelink.Ask(at.Link, at.Request, caller.Email, name, l, now)
	return r, j.Store.Ask(ctx, Asking{Request: r, Link: at.Link, Staff: at.Agency.Staff, Ledger: at.Ledger, Tell: at.Ledger.Asked(now),
		Audit: row(now, audit.Invitee, audit.JoinRequested, string(at.Link.ID), "")})
}

// said is what the log says besides of who came by the link: what could not be done.
func said(l *sharelink.Link) string {
	last := l.Joined[len(l.Joined)-1]
	switch {
	case last.Less && last.Taken:
		return words.Say("join.less_and_taken")
	case last.Less:
		return words.Say("join.less")
	case last.Taken:
		return words.Say("join.taken")
	case last.Full:
		return words.Say("join.contacts_full")
	}
	return ""
}
