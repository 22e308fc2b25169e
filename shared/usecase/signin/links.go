package signin

import (
	"context"
	"slices"
	"time"

	"github.com/oklog/ulid/v2"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/words"
)

// LinkStore is what managing one's own accounts at providers needs.
type LinkStore interface {
	// Links reads the accounts at providers that sign the person in, as they are now; a person without any has the zero ones.
	Links(ctx context.Context, user id.User) (*identity.Links, error)
	// SaveLinks writes a change of the accounts that sign the person with the address in, when the stored version is still what was
	// read; else [conflict.ErrChanged].
	SaveLinks(ctx context.Context, of email.Address, change *identity.LinkChange) error
}

// Links shows people which accounts at providers sign them in, and has them sign in no more.
type Links struct {
	Store LinkStore
	Now   func() time.Time
}

// mayLink returns nil when the caller may change which accounts sign it in at now. Faults: [fault.Unauthenticated],
// [fault.Forbidden], [fault.StepUpRequired].
func mayLink(caller identity.Caller, now time.Time) error {
	if err := caller.MustSignIn(); err != nil {
		return err
	}
	return caller.SteppedUp(now)
}

// List lists the accounts that sign the caller in. Faults: [fault.Unauthenticated].
func (l *Links) List(ctx context.Context, caller identity.Caller) ([]identity.Link, error) {
	if err := caller.MustSignIn(); err != nil {
		return nil, err
	}
	links, err := l.Store.Links(ctx, caller.User)
	if err != nil {
		return nil, err
	}
	return links.All, nil
}

// Drop has the account at the issuer sign the caller in no more, and tells the person by mail; codes by mail do always. One that does
// not is no fault. Faults: [fault.Unauthenticated], [fault.Forbidden], [fault.StepUpRequired].
func (l *Links) Drop(ctx context.Context, caller identity.Caller, issuer, device string) error {
	_, err := l.drop(ctx, caller, device, func(x *identity.Link) bool { return x.Issuer == issuer })
	return err
}

// DropNamed is Drop of the account with what names it. Faults: those of Drop, and [fault.NotFound].
func (l *Links) DropNamed(ctx context.Context, caller identity.Caller, names, device string) error {
	found, err := l.drop(ctx, caller, device, func(x *identity.Link) bool { return x.Names() == names })
	if err == nil && !found {
		return fault.New(fault.NotFound, "errors.there_is_no_such_link")
	}
	return err
}

func (l *Links) drop(ctx context.Context, caller identity.Caller, device string, which func(*identity.Link) bool) (found bool, err error) {
	if err := mayLink(caller, l.Now()); err != nil {
		return false, err
	}
	err = conflict.Retry(ctx, func() error {
		links, err := l.Store.Links(ctx, caller.User)
		if err != nil {
			return err
		}
		n := slices.IndexFunc(links.All, func(x identity.Link) bool { return which(&x) })
		if found = n >= 0; !found {
			return nil
		}
		gone := links.Drop(links.All[n].Issuer)
		now := l.Now().Truncate(time.Millisecond)
		return l.Store.SaveLinks(ctx, caller.Email, &identity.LinkChange{Links: links, Gone: gone, Tells: []*identity.Code{
			tell(ctx, caller.User, caller.Email, identity.LinkDropped, gone, device, now)}})
	})
	return found, err
}

// Of what was replaced all owners are told of at most so many agencies, so that everything fits into one transaction.
const (
	mostTold       = 10
	mostOwnersTold = 5
)

// linking is the change by which the account signs in from now on the person with the address, nil for none. Who was known before is
// told. Where it takes the place of another account at the same provider, which is what somebody does who got hold of the address,
// owners of the agencies at which the person works are told as well, and the logs of all agencies have it. Faults: [fault.Full],
// [fault.RateLimited].
func linking(ctx context.Context, store LinkedStore, links *identity.Links, address email.Address, places []identity.Membership,
	link identity.Link, device string, known bool, now time.Time) (*identity.LinkChange, error) {
	now = now.Truncate(time.Millisecond)
	link.At = now
	gone, changed, err := links.Put(link)
	if err != nil || !changed {
		return nil, err
	}
	if known || gone != nil {
		if err := links.Count(now); err != nil {
			return nil, err
		}
	}
	c := &identity.LinkChange{Links: links, Added: &link, Gone: gone}
	switch {
	case gone == nil && known:
		c.Tells = append(c.Tells, tell(ctx, links.User, address, identity.LinkAdded, &link, device, now))
	case gone != nil:
		c.Tells = append(c.Tells, tell(ctx, links.User, address, identity.LinkReplaced, &link, device, now))
		for _, p := range places[:min(len(places), mostTold)] {
			if err := replaced(ctx, store, c, p, address, link.Name, now); err != nil {
				return nil, err
			}
		}
	}
	return c, nil
}

// replaced adds to a change what one agency hears of it.
func replaced(ctx context.Context, store LinkedStore, c *identity.LinkChange, at identity.Membership, address email.Address,
	provider string, now time.Time) error {
	who := string(at.Member)
	if who == "" {
		who = string(at.Client)
	}
	c.Rows = append(c.Rows, identity.AgencyRow{Agency: at.Agency, Row: audit.Entry{ID: id.New[id.Event](id.EventPrefix, now), At: now,
		Actor: who, Action: audit.SignInReplaced, Subject: who, Detail: provider}})
	if at.Member == "" {
		return nil
	}
	a, err := store.Agency(ctx, at.Agency)
	if fault.Is(err, fault.NotFound) { // it went a moment ago
		return nil
	}
	if err != nil {
		return err
	}
	people, err := store.People(ctx, at.Agency)
	if err != nil {
		return err
	}
	told := 0
	for _, m := range people {
		if m.Level != agency.Owner || m.ID == at.Member || told == mostOwnersTold {
			continue
		}
		told++
		c.Tells = append(c.Tells, identity.Tell(id.UserOf(m.Email), m.Email, identity.LinkOfOther,
			identity.Told{Provider: provider, Person: address, Agency: a.Name}, now, ulid.Make().String()))
	}
	return nil
}

func tell(ctx context.Context, user id.User, to email.Address, what identity.Tells, l *identity.Link, device string, now time.Time,
) *identity.Code {
	return identity.Tell(user, to, what, identity.Told{Provider: l.Name, Account: l.Email, Device: device}, now, ulid.Make().String()).
		In(words.In(ctx))
}
