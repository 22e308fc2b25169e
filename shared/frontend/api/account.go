package api

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/frontend/cookie"
	"latchkey.dev/shared/usecase/account"
	"latchkey.dev/shared/usecase/agencies"
	"latchkey.dev/shared/usecase/contacts"
	"latchkey.dev/shared/usecase/signin"
)

type leaveInput struct {
	Body struct {
		Agency string `json:"agency" doc:"The agency whose portal you leave." example:"ag_01JZ8Y5W3RN6T0V4K2M9QXBDCE" maxLength:"64"`
	}
}

// LeavePortal ends the caller's relationship with an agency.
func LeavePortal(auth *signin.Authenticator, leaving *account.Leaving) Operation {
	return operation(auth, described{
		id: "leavePortal", method: http.MethodPost, who: identity.ByClient, tag: tagAccount, status: 204,
		summary: "Leave a portal",
		description: "You lose access to everything this agency shares with you. You keep your sign-in and your other portals. " +
			"The agency keeps you in their list as inactive. Leaving twice changes nothing.",
		codes: []fault.Code{fault.Invalid, fault.Forbidden, fault.NotFound, fault.NotActive, fault.AlreadyPaid},
	}, func(ctx context.Context, caller identity.Caller, in *leaveInput) (*noContent, error) {
		from, err := whose(in.Body.Agency)
		if err != nil {
			return nil, err
		}
		return nil, leaving.Leave(ctx, caller, from)
	})
}

// OwnSessionBody is somebody's being signed in on one device.
type OwnSessionBody struct {
	ID         string `json:"id" example:"ses_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	Current    bool   `json:"current" doc:"Whether it's the session of this request."`
	Way        string `json:"way" enum:"code,passkey,provider" doc:"How you signed in."`
	Provider   string `json:"provider,omitempty" doc:"Which provider." example:"google"`
	Device     string `json:"device" doc:"As the browser named itself. Empty if it didn't." example:"Safari, iOS"`
	Network    string `json:"network" doc:"First part of the IP address at sign-in. We don't look up places." example:"203.0.113.0/24"`
	SignedInAt Time   `json:"signedInAt"`
	ProvedAt   Time   `json:"provedAt" doc:"When you last confirmed there that it's you."`
	ExpiresAt  Time   `json:"expiresAt"`
	ActsFor    string `json:"actsFor,omitempty" doc:"The agency that the session acts for."`
}

func ownSessionBody(s *identity.Session, current string) OwnSessionBody {
	return OwnSessionBody{ID: id.SessionPrefix + s.ID, Current: s.ID == current, Way: string(s.By.Way), Provider: string(s.By.Provider),
		Device: s.By.Device, Network: s.By.Network, SignedInAt: Time(s.CreatedAt), ProvedAt: Time(s.ProvedAt), ExpiresAt: Time(s.ExpiresAt),
		ActsFor: string(s.Agency)}
}

type ownSessionsOutput struct {
	Body struct {
		Items      []OwnSessionBody `json:"items" nullable:"false"`
		NextCursor *string          `json:"nextCursor" doc:"null on the last page."`
	}
}

// ListSessions lists where the caller is signed in.
func ListSessions(auth *signin.Authenticator, sessions *signin.OwnSessions) Operation {
	return operation(auth, described{
		id: "listSessions", method: http.MethodGet, who: identity.ByPerson, tag: tagAccount, status: 200,
		summary:     "List your sessions",
		description: "Where you're signed in, the latest sign-in first. A session ends after 14 days.",
		codes:       []fault.Code{fault.Invalid, fault.Forbidden},
	}, func(ctx context.Context, caller identity.Caller, in *Paging) (*ownSessionsOutput, error) {
		after, err := in.after(id.SessionPrefix)
		if err != nil {
			return nil, err
		}
		all, next, err := sessions.List(ctx, caller, id.Session(after), in.Limit)
		if err != nil {
			return nil, err
		}
		out := &ownSessionsOutput{}
		out.Body.Items, out.Body.NextCursor = []OwnSessionBody{}, cursor(next)
		for n := range all {
			out.Body.Items = append(out.Body.Items, ownSessionBody(&all[n], caller.Session))
		}
		return out, nil
	})
}

type sessionInput struct {
	SessionID string `path:"sessionId" doc:"From listSessions." example:"ses_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
}

// EndSession signs the caller out on one device.
func EndSession(auth *signin.Authenticator, sessions *signin.OwnSessions) Operation {
	return operation(auth, described{
		id: "endSession", method: http.MethodDelete, who: identity.ByPerson, tag: tagAccount, status: 204,
		summary:     "End a session",
		description: "Signs you out on one device, with its next request. Your account shows that you did.",
		codes:       []fault.Code{fault.NotFound, fault.Forbidden},
	}, func(ctx context.Context, caller identity.Caller, in *sessionInput) (*noContent, error) {
		which, err := id.ParseSession(in.SessionID)
		if err != nil {
			return nil, err
		}
		r := of(ctx)
		_, err = sessions.End(ctx, caller, which, r.browser, r.ip)
		return nil, err
	})
}

type endAllInput struct {
	KeepCurrent bool `query:"keepCurrent" doc:"Stay signed in with the session of this request."`
}

// EndAllSessions signs the caller out on every device, or on every other one.
func EndAllSessions(auth *signin.Authenticator, sessions *signin.Sessions) Operation {
	return operation(auth, described{
		id: "endAllSessions", method: http.MethodDelete, who: identity.ByPerson, tag: tagAccount, status: 204,
		summary:     "Sign out everywhere",
		description: "Ends all your sessions, including this one unless you keep it. We email you about it.",
		codes:       []fault.Code{fault.Invalid, fault.Forbidden},
	}, func(ctx context.Context, caller identity.Caller, in *endAllInput) (*maybeOutOutput, error) {
		r := of(ctx)
		if in.KeepCurrent {
			return &maybeOutOutput{}, sessions.EndOthers(ctx, caller, r.browser, r.ip)
		}
		return &maybeOutOutput{[]string{cookie.New("", 0).String()}}, sessions.EndAll(ctx, caller, r.browser, r.ip)
	})
}

// maybeOutOutput removes the session's cookie, or not.
type maybeOutOutput struct {
	SetCookie []string `header:"Set-Cookie"`
}

// ExportBody is all that is kept of a person. Hashes of secrets are left out.
type ExportBody struct {
	ExportedAt  Time             `json:"exportedAt"`
	Email       string           `json:"email" example:"ops@acme.example"`
	FirstSignIn *Time            `json:"firstSignInAt"`
	Sessions    []OwnSessionBody `json:"sessions" doc:"Where you are signed in."`
	CodesAsked  []Time           `json:"codesAskedForAt" doc:"When sign-in codes were requested in the last day."`
	Workplaces  []ExportWork     `json:"workplaces" doc:"Agencies you work at."`
	Portals     []ExportRelation `json:"portals" doc:"Agencies whose client you are or were."`
	Links       []ExportLink     `json:"signInAccounts" nullable:"false" doc:"Accounts at providers that sign you in."`
	Requests    []ExportRequest  `json:"joinRequests" doc:"Agencies that you've asked to join by a link, and that haven't answered yet."`
	Passkeys    []PasskeyBody    `json:"passkeys" nullable:"false" doc:"What signs you in besides codes."`
	Changes     []ExportChange   `json:"changes" nullable:"false" doc:"What changed about how you sign in, in the last 90 days."`
}

// ChangeKind is the kind of a change of how a person signs in.
type ChangeKind string

// Schema lists the kinds.
func (ChangeKind) Schema(huma.Registry) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString}
	for _, k := range identity.Changes() {
		s.Enum = append(s.Enum, string(k))
	}
	return s
}

// ExportChange is something that has changed about how the person signs in.
type ExportChange struct {
	At     Time       `json:"at"`
	What   ChangeKind `json:"what"`
	Name   string     `json:"name" doc:"The passkey's or the provider's." example:"iCloud Keychain"`
	Before string     `json:"before,omitempty" doc:"What it was called before."`
	Device string     `json:"device,omitempty" example:"Safari, iOS"`

	Network string `json:"network,omitempty" doc:"The first part of the IP address." example:"203.0.113.0/24"`
	Way     string `json:"way,omitempty" enum:"code,passkey,provider" doc:"Of a sign-in with a new device: how."`
	Ended   string `json:"endedDevice,omitempty" doc:"Where a session ended."`
}

// ExportLink is an account at a provider.
type ExportLink struct {
	Provider string `json:"provider" example:"Google"`
	Issuer   string `json:"issuer" example:"https://accounts.google.com"`
	Subject  string `json:"subject" doc:"What the provider calls you." example:"117031488295416321234"`
	Email    string `json:"email,omitempty" doc:"The address that the provider told us."`
	LinkedAt Time   `json:"linkedAt"`
}

// ExportWork is one agency that the person works at.
type ExportWork struct {
	Agency   ExportAgency `json:"agency"`
	MemberID string       `json:"memberId"`
	Name     string       `json:"name"`
	Level    string       `json:"level"`

	Notifications []NotificationBody `json:"notifications" nullable:"false" doc:"What you are told of by email."`
	Digest        string             `json:"digest" enum:"soon,daily,never" doc:"How often you're emailed."`
}

// ExportAgency names an agency.
type ExportAgency struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// ExportRelation is what an agency keeps of its client.
type ExportRelation struct {
	Agency          ExportAgency  `json:"agency"`
	ClientID        string        `json:"clientId"`
	Name            string        `json:"name" doc:"What the agency calls you. Empty if they gave no name."`
	Status          string        `json:"status" enum:"pending,active,inactive"`
	CreatedAt       Time          `json:"createdAt"`
	AcceptedAt      *Time         `json:"acceptedAt"`
	EndedAt         *Time         `json:"endedAt"`
	EndedBy         string        `json:"endedBy,omitempty" enum:"agency,client"`
	Resources       []ExportGrant `json:"resources" doc:"What they share with you."`
	ProposedAddress string        `json:"proposedAddress,omitempty"`
	Roles           []string      `json:"roles" nullable:"false" doc:"IDs of the roles they gave you."`
	Rules           RulesBody     `json:"rules" doc:"What you alone are given."`
	AccessExpiresAt *Time         `json:"accessExpiresAt" doc:"When your access ends, or ended. After you left, when it was to end."`
	Contacts        []string      `json:"contacts" nullable:"false" doc:"IDs of their contacts that you are linked to."`
	JoinedBy        string        `json:"joinedBy,omitempty" doc:"ID of the link you joined by."`
	Invite          *InviteBody   `json:"invite"`
	EarlierInvites  []ExportPast  `json:"earlierInvites"`
	Lists           []ExportList  `json:"lists" nullable:"false" doc:"Lists of people to invite that have your address."`

	RemindersStoppedAt *Time `json:"remindersStoppedAt" doc:"Since when you get no reminders of their invitations."`

	Cards []OwnContactBody `json:"cards,omitempty" doc:"What your roles show of the contacts that are about you."`
}

// ExportList is a line of a list of people to invite.
type ExportList struct {
	BatchID   string `json:"batchId" example:"bat_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	CreatedAt Time   `json:"createdAt"`
	Name      string `json:"name" doc:"What the list calls you."`
}

// ExportRequest is a wish to join an agency by a link.
type ExportRequest struct {
	AgencyID  string `json:"agencyId"`
	RequestID string `json:"requestId"`
	Name      string `json:"name" doc:"As you typed it."`
	AskedAt   Time   `json:"askedAt"`
}

// ExportGrant is one thing that is open.
type ExportGrant struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Access string `json:"access" enum:"read,write"`
}

// ExportPast is what is left of an invite that another one replaced.
type ExportPast struct {
	ID        string `json:"id"`
	Status    string `json:"status"`
	Payer     string `json:"payer"`
	CreatedAt Time   `json:"createdAt"`
	EndedAt   *Time  `json:"endedAt"`
}

func exportBody(o *account.Overview, caller identity.Caller, now time.Time) ExportBody {
	b := ExportBody{ExportedAt: Time(now), Email: string(caller.Email), FirstSignIn: orNull(o.Person.CreatedAt),
		Sessions: []OwnSessionBody{}, CodesAsked: []Time{}, Workplaces: []ExportWork{}, Portals: []ExportRelation{},
		Requests: []ExportRequest{}, Links: []ExportLink{}, Passkeys: []PasskeyBody{}, Changes: []ExportChange{}}
	if keys := o.Person.Passkeys; keys != nil {
		for n := range keys.Keys {
			b.Passkeys = append(b.Passkeys, passkeyBody(&keys.Keys[n]))
		}
	}
	for _, c := range o.Person.Changes {
		b.Changes = append(b.Changes, ExportChange{Time(c.At), ChangeKind(c.What), cmp.Or(c.Told.Passkey, c.Told.Provider), c.Told.Before,
			c.Told.Device, c.Told.Network, string(c.Told.Way), c.Told.Ended})
	}
	for n := range o.Person.Sessions {
		b.Sessions = append(b.Sessions, ownSessionBody(&o.Person.Sessions[n], caller.Session))
	}
	for _, l := range o.Person.Links {
		b.Links = append(b.Links, ExportLink{l.Name, l.Issuer, l.Subject, l.Email, Time(l.At)})
	}
	for _, at := range o.Person.Asked {
		b.CodesAsked = append(b.CodesAsked, Time(at))
	}
	for _, w := range o.Person.Wishes {
		b.Requests = append(b.Requests, ExportRequest{string(w.Agency), string(w.Request), w.Name, Time(w.At)})
	}
	for _, w := range o.Workplaces {
		at := ExportAgency{string(w.Agency.ID), w.Agency.Name}
		told := notificationsAnswer(agencies.Told{Choices: w.Told.Choices, Rhythm: w.Told.Rhythm}).Body
		b.Workplaces = append(b.Workplaces, ExportWork{at, string(w.Member.ID), w.Member.Name, string(w.Member.Level),
			told.Items, told.Digest})
	}
	for _, p := range append(o.Portals[:len(o.Portals):len(o.Portals)], o.Former...) {
		c := p.Client
		x := ExportRelation{Agency: ExportAgency{string(p.Agency.ID), p.Agency.Name}, ClientID: string(c.ID), Name: c.Name,
			Status: string(c.At(now)), CreatedAt: Time(c.CreatedAt), AcceptedAt: orNull(c.AcceptedAt), EndedAt: orNull(c.EndedAt),
			EndedBy: string(c.EndedBy), Resources: []ExportGrant{}, Invite: inviteBody(c, now), EarlierInvites: []ExportPast{},
			Lists: []ExportList{}, Roles: texts(c.Roles), Rules: rulesBody(c.Rules), AccessExpiresAt: orNull(c.AccessEnd()),
			Contacts: texts(c.Contacts), JoinedBy: string(c.Source.Link), RemindersStoppedAt: orNull(p.Unreminded)}
		for _, g := range c.Grants {
			x.Resources = append(x.Resources, ExportGrant{string(g.Resource), g.Name, string(g.Access)})
		}
		if c.Proposal != nil {
			x.ProposedAddress = string(c.Proposal.Address)
		}
		for _, e := range c.Earlier {
			past := ExportPast{string(e.ID), string(e.Status), string(e.Payer), Time(e.Created), orNull(e.Ended)}
			x.EarlierInvites = append(x.EarlierInvites, past)
		}
		for _, l := range p.Lists {
			x.Lists = append(x.Lists, ExportList{string(l.Batch), Time(l.CreatedAt), l.Name})
		}
		b.Portals = append(b.Portals, x)
	}
	return b
}

type exportOutput struct {
	Disposition string `header:"Content-Disposition"`
	Body        ExportBody
}

// ExportMyData gives the caller all that is kept of it.
func ExportMyData(auth *signin.Authenticator, self *account.Self, own *contacts.Own) Operation {
	return operation(auth, described{
		id: "exportMyData", method: http.MethodGet, who: identity.ByPerson, tag: tagAccount, status: 200,
		summary: "Export your data",
		description: "Everything we keep about you, at every agency whose client you are or were. It leaves out what an agency " +
			"has erased, and invites you never accepted: those belong to the agency.",
		codes: []fault.Code{fault.Forbidden},
	}, func(ctx context.Context, caller identity.Caller, _ *emptyInput) (*exportOutput, error) {
		o, err := self.All(ctx, caller)
		if err != nil {
			return nil, err
		}
		now := self.Now().UTC()
		b := exportBody(o, caller, now)
		for n := range o.Portals {
			m, err := own.Get(ctx, caller, o.Portals[n].Agency.ID, "")
			if fault.Is(err, fault.NotFound) {
				continue
			}
			if err != nil {
				return nil, err
			}
			for _, c := range m.Cards {
				b.Portals[n].Cards = append(b.Portals[n].Cards, ownContactBody(c))
			}
		}
		return &exportOutput{`attachment; filename="my-data-` + now.Format(time.DateOnly) + `.json"`, b}, nil
	})
}

// EraseMe forgets the caller.
func EraseMe(auth *signin.Authenticator, erasure *account.Erasure) Operation {
	return operation(auth, described{
		id: "eraseMe", method: http.MethodDelete, who: identity.ByPerson.Stepped(), tag: tagAccount, status: 204,
		summary: "Erase your data",
		description: "Leaves every portal, deletes what every agency keeps about you, and ends all your sessions. Activity logs " +
			"keep only IDs. If you are an agency's only owner, make somebody " +
			"else an owner or delete the agency first.",
		codes: []fault.Code{fault.Forbidden, fault.LastOwner, fault.NotActive, fault.AlreadyPaid},
	}, func(ctx context.Context, caller identity.Caller, _ *emptyInput) (*signOutOutput, error) {
		return &signOutOutput{SetCookie: cookie.New("", 0).String()}, erasure.Erase(ctx, caller)
	})
}
