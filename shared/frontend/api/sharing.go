package api

import (
	"context"
	"net/http"
	"time"

	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/sharelink"
	"latchkey.dev/shared/usecase/sharing"
	"latchkey.dev/shared/usecase/signin"
)

// LinkRoleBody is a role that a link gives.
type LinkRoleBody struct {
	ID   string `json:"id" example:"rol_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	Name string `json:"name" example:"Client"`
}

// CameBody is somebody who came by a link.
type CameBody struct {
	ClientID     string `json:"clientId" example:"cl_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	Name         string `json:"name" doc:"Their name, or address. Empty once they were deleted." example:"Acme Ltd"`
	At           Time   `json:"at"`
	RoleLeftOut  bool   `json:"roleLeftOut" doc:"Whether a role of the link was off, expired or deleted when they joined."`
	ContactTaken bool   `json:"contactTaken" doc:"Whether their address is on another client's contact, so that none was made."`
	ContactsFull bool   `json:"contactsFull" doc:"Whether you have as many contacts as you can have, so that none was made."`
}

// ShareLinkBody is a link by which people join.
type ShareLinkBody struct {
	ID            string         `json:"id" example:"lnk_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	Name          string         `json:"name" example:"Trade fair"`
	Roles         []LinkRoleBody `json:"roles" doc:"What people get who join. Looked up when they join."`
	CreateContact bool           `json:"createContact" doc:"Whether joining makes a contact, or links the one with the same address."`
	ExpiresAt     *Time          `json:"expiresAt" doc:"null if it never expires."`
	NeverExpires  bool           `json:"neverExpires"`
	MaxUses       *int           `json:"maxUses" doc:"null if any number of people may use it." example:"25"`
	Unlimited     bool           `json:"unlimited"`
	Uses          int            `json:"uses" doc:"How many people have joined by it. Never goes down." example:"3"`
	Domains       []string       `json:"domains" doc:"Whose addresses may use it. Empty for all." example:"[\"acme.example\"]"`
	Approval      bool           `json:"approval" doc:"Whether an administrator decides on everybody who wants to join."`
	Works         bool           `json:"works"`
	Reason        string         `json:"reason" enum:",disabled,expired,used_up,no_maker,no_agency" doc:"Why it doesn't work."`
	CreatedBy     string         `json:"createdBy" doc:"The member whose rights it rests on." example:"mb_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	CreatedByName string         `json:"createdByName" doc:"Empty if they don't work there any more." example:"Nora Lindqvist"`
	CreatedAt     Time           `json:"createdAt"`
	LastUseAt     *Time          `json:"lastUseAt" doc:"null if nobody has joined by it."`
	URL           string         `json:"url,omitempty" doc:"The link. Shown once, when you create or reset it."`
	Joined        []CameBody     `json:"joined,omitempty" doc:"The last 50 who joined by it, newest first. On a single link only."`
}

func linkBody(s *sharing.Shown, url string) ShareLinkBody {
	l := &s.Link
	b := ShareLinkBody{ID: string(l.ID), Name: l.Name, Roles: []LinkRoleBody{}, CreateContact: l.CreateContact,
		ExpiresAt: orNull(l.ExpiresAt), NeverExpires: l.Endless(), Unlimited: l.Boundless(), Uses: l.Uses, Domains: []string{},
		Approval: l.Approval, Works: s.Why == sharelink.Works, Reason: string(s.Why), CreatedBy: string(l.By), CreatedByName: s.Maker,
		CreatedAt: Time(l.CreatedAt), LastUseAt: orNull(l.LastUseAt), URL: url}
	if !l.Boundless() {
		b.MaxUses = &l.MaxUses
	}
	b.Domains = append(b.Domains, l.Domains...)
	for i := range s.Roles {
		b.Roles = append(b.Roles, LinkRoleBody{string(s.Roles[i].ID), s.Roles[i].Name})
	}
	for n := len(l.Joined) - 1; n >= 0 && s.Names != nil; n-- {
		j := l.Joined[n]
		b.Joined = append(b.Joined, CameBody{string(j.Client), s.Names[string(j.Client)], Time(j.At), j.Less, j.Taken, j.Full})
	}
	return b
}

// LinkTerms are what can be set of a link.
type LinkTerms struct {
	Name          *string   `json:"name,omitempty" doc:"To tell your links apart. Nobody outside sees it." example:"Trade fair"`
	Roles         *[]string `json:"roles,omitempty" doc:"IDs of active roles, up to 10." example:"[\"rol_01JZ8Y5W3RN6T0V4K2M9QXBDCE\"]"`
	CreateContact *bool     `json:"createContact,omitempty" doc:"Create a CRM contact for an external user."`
	ExpiresAt     *string   `json:"expiresAt,omitempty" format:"date-time" doc:"Within a year. 7 days unless you say otherwise."`
	NeverExpires  *bool     `json:"neverExpires,omitempty"`
	MaxUses       *int      `json:"maxUses,omitempty" doc:"25 unless you say otherwise." example:"25"`
	Unlimited     *bool     `json:"unlimited,omitempty" doc:"Any number of people may use it."`
	Domains       *[]string `json:"domains,omitempty" doc:"Up to 20. Whose addresses may use it." example:"[\"acme.example\"]"`
	Approval      *bool     `json:"approval,omitempty" doc:"An administrator decides on everybody who wants to join."`
}

func (t *LinkTerms) typed() (sharelink.Typed, error) {
	out := sharelink.Typed{Name: t.Name, Roles: t.Roles, CreateContact: t.CreateContact, Never: t.NeverExpires, MaxUses: t.MaxUses,
		Unlimited: t.Unlimited, Domains: t.Domains, Approval: t.Approval}
	if t.ExpiresAt != nil {
		at, err := time.Parse(time.RFC3339, *t.ExpiresAt)
		if err != nil {
			return out, fault.InField("expiresAt", "links.no_time")
		}
		out.ExpiresAt = &at
	}
	return out, nil
}

// check says what is wrong with terms as far as they alone say it.
func (t *LinkTerms) check() error {
	in, err := t.typed()
	if err != nil {
		return err
	}
	in.ExpiresAt, in.Never = nil, nil // what they come to depends on the moment
	_, err = in.On(sharelink.Terms{}, time.Time{})
	return err
}

var (
	administersLinks = identity.ByPortal(identity.RolesWrite, identity.Administer)
	seesLinks        = identity.ByPortal(identity.RolesRead, identity.Administer)
)

type linkOutput struct{ Body ShareLinkBody }

type createLinkInput struct {
	Once

	Body LinkTerms
}

// joinURL is the address of a link's page.
func joinURL(origin, token string) string {
	if token == "" {
		return ""
	}
	return origin + "/join/" + token
}

// CreateShareLink makes a link by which people join.
func CreateShareLink(auth *signin.Authenticator, links *sharing.Links, origin string) Operation {
	return operation(auth, described{
		id: "createShareLink", method: http.MethodPost, who: administersLinks, tag: tagLinks, status: 201,
		summary: "Create a link",
		description: "Whoever follows the link joins as an external user with its roles. The link is shown once. It expires in 7 " +
			"days and works for 25 people unless you say otherwise. Domains are matched exactly, and mail providers like gmail.com " +
			"aren't accepted. Up to 100 links can work at a time.",
		codes: []fault.Code{fault.NotFound, fault.Invalid, fault.IdempotencyUsed, fault.Suspended, fault.PlanRequired},
	}, func(ctx context.Context, caller identity.Caller, in *createLinkInput) (*linkOutput, error) {
		typed, err := in.Body.typed()
		if err != nil {
			return nil, err
		}
		s, token, err := links.Create(ctx, caller, typed, of(ctx).once)
		if err != nil {
			return nil, err
		}
		return &linkOutput{linkBody(s, joinURL(origin, token))}, nil
	}, func(in *createLinkInput) error { return in.Body.check() })
}

type linksOutput struct {
	Body struct {
		Items      []ShareLinkBody `json:"items"`
		NextCursor *string         `json:"nextCursor" doc:"null on the last page."`
	}
}

// ListShareLinks lists the agency's links.
func ListShareLinks(auth *signin.Authenticator, links *sharing.Links) Operation {
	return operation(auth, described{
		id: "listShareLinks", method: http.MethodGet, who: seesLinks, tag: tagLinks, status: 200,
		summary:     "List links",
		description: "Newest first. A link that doesn't work any more stays in the list for 90 days.",
		codes:       []fault.Code{fault.NotFound, fault.Invalid},
	}, func(ctx context.Context, caller identity.Caller, in *Paging) (*linksOutput, error) {
		all, err := links.List(ctx, caller)
		if err != nil {
			return nil, err
		}
		out := &linksOutput{}
		out.Body.Items = []ShareLinkBody{}
		page, next, err := pageOf(*in, all, func(s *sharing.Shown) string { return string(s.ID) }, true, id.LinkPrefix)
		if err != nil {
			return nil, err
		}
		out.Body.NextCursor = next
		for i := range page {
			out.Body.Items = append(out.Body.Items, linkBody(&page[i], ""))
		}
		return out, nil
	})
}

type linkInput struct {
	LinkID string `path:"linkId" example:"lnk_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
}

// GetShareLink reads a link.
func GetShareLink(auth *signin.Authenticator, links *sharing.Links) Operation {
	return operation(auth, described{
		id: "getShareLink", method: http.MethodGet, who: seesLinks, tag: tagLinks, status: 200,
		summary:     "Get a link",
		description: "With who joined by it. The link itself isn't shown again: reset it to get a new one.",
		codes:       []fault.Code{fault.NotFound},
	}, func(ctx context.Context, caller identity.Caller, in *linkInput) (*linkOutput, error) {
		return aboutLink(ctx, caller, in.LinkID, links.Get)
	})
}

// aboutLink answers with the link that was done something with.
func aboutLink(ctx context.Context, caller identity.Caller, typed string,
	do func(context.Context, identity.Caller, id.ShareLink) (*sharing.Shown, error)) (*linkOutput, error) {
	which, err := id.ParseShareLink(typed)
	if err != nil {
		return nil, err
	}
	s, err := do(ctx, caller, which)
	if err != nil {
		return nil, err
	}
	return &linkOutput{linkBody(s, "")}, nil
}

type updateLinkInput struct {
	LinkID string `path:"linkId" example:"lnk_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`

	Body LinkTerms
}

// UpdateShareLink changes a link.
func UpdateShareLink(auth *signin.Authenticator, links *sharing.Links) Operation {
	return operation(auth, described{
		id: "updateShareLink", method: http.MethodPatch, who: administersLinks, tag: tagLinks, status: 200,
		summary: "Update a link",
		description: "Changes the fields you send. People who have joined keep what they have. A link that has expired or been " +
			"used up works again with a later date or more uses.",
		codes: []fault.Code{fault.NotFound, fault.Invalid, fault.NotActive, fault.Suspended, fault.PlanRequired},
	}, func(ctx context.Context, caller identity.Caller, in *updateLinkInput) (*linkOutput, error) {
		typed, err := in.Body.typed()
		if err != nil {
			return nil, err
		}
		update := func(ctx context.Context, caller identity.Caller, which id.ShareLink) (*sharing.Shown, error) {
			return links.Update(ctx, caller, which, typed)
		}
		return aboutLink(ctx, caller, in.LinkID, update)
	}, func(in *updateLinkInput) error { return in.Body.check() })
}

// ResetShareLink puts another link in the place of one.
func ResetShareLink(auth *signin.Authenticator, links *sharing.Links, origin string) Operation {
	return operation(auth, described{
		id: "resetShareLink", method: http.MethodPost, who: administersLinks, tag: tagLinks, status: 200,
		summary: "Reset a link",
		description: "Creates the link anew. The old one stops working at once. People who have joined stay, and uses go on " +
			"counting. The new link is shown once, and rests on your rights.",
		codes: []fault.Code{fault.NotFound, fault.NotActive, fault.Suspended, fault.PlanRequired},
	}, func(ctx context.Context, caller identity.Caller, in *linkInput) (*linkOutput, error) {
		which, err := id.ParseShareLink(in.LinkID)
		if err != nil {
			return nil, err
		}
		s, token, err := links.Reset(ctx, caller, which)
		if err != nil {
			return nil, err
		}
		return &linkOutput{linkBody(s, joinURL(origin, token))}, nil
	})
}

// DisableShareLink ends a link.
func DisableShareLink(auth *signin.Authenticator, links *sharing.Links) Operation {
	return operation(auth, described{
		id: "disableShareLink", method: http.MethodPost, who: administersLinks, tag: tagLinks, status: 200,
		summary:     "Disable a link",
		description: "The link stops working at once, for good. People who have joined stay.",
		codes:       []fault.Code{fault.NotFound},
	}, func(ctx context.Context, caller identity.Caller, in *linkInput) (*linkOutput, error) {
		return aboutLink(ctx, caller, in.LinkID, links.Disable)
	})
}

// JoinToken names a link in the path.
type JoinToken struct {
	Token string `path:"token" doc:"The secret at the end of the link." example:"lks_4fWqK0Y5hQ8m2nB7cX1v"`
}

// JoinBody is what a link shows, and what came of joining.
type JoinBody struct {
	Agency   AgencyBody `json:"agency"`
	Standing string     `json:"standing" enum:"anonymous,stranger,client,joined,waiting" doc:"How you relate to the link."`
	Approval bool       `json:"approval" doc:"Whether an administrator decides on everybody who wants to join."`
	ClientID *string    `json:"clientId" doc:"null unless you're a client." example:"cl_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	Portal   *string    `json:"portalUrl" doc:"null unless you're a client."`
}

type joinOutput struct{ Body JoinBody }

func joinBody(v sharing.View, origin string) *joinOutput {
	b := JoinBody{Agency: AgencyBody{Name: v.Agency.Name, Color: v.Agency.Color, LogoURL: v.Agency.LogoURL}, Standing: string(v.Standing),
		Approval: v.Link.Approval}
	if c := v.Client; c != nil && c.Joined() {
		which, portal := string(c.ID), origin+"/portal?agency="+string(v.Agency.ID)
		b.ClientID, b.Portal = &which, &portal
	}
	return &joinOutput{b}
}

// ViewShareLink shows what a link opens.
func ViewShareLink(auth *signin.Authenticator, joins *sharing.Joins, origin string) Operation {
	return operation(auth, described{
		id: "viewShareLink", method: http.MethodGet, who: identity.ByHolder, tag: tagLinks, status: 200,
		summary: "View a link",
		description: "Changes and counts nothing, however often you call it. A link that doesn't work answers 410. Once you're " +
			"signed in, it says why. standing is stranger if you can join, client if you're one and the link gives you more, and " +
			"waiting while an administrator decides.",
		codes: []fault.Code{fault.Gone, fault.WrongAccount, fault.AlreadyMember, fault.AlreadyInvited, fault.AlreadyClient,
			fault.Forbidden},
	}, func(ctx context.Context, caller identity.Caller, in *JoinToken) (*joinOutput, error) {
		v, err := joins.View(ctx, in.Token, caller)
		if err != nil {
			return nil, err
		}
		return joinBody(v, origin), nil
	})
}

type joinInput struct {
	JoinToken
	Body *struct {
		Name string `json:"name,omitempty" doc:"Your name, as the agency sees it." example:"Acme Ltd"`
		Adds bool   `json:"adds,omitempty" doc:"Send true if you're a client already: the link adds to what you have."`
	} `required:"false"`
}

// JoinByLink makes the signed-in person a client.
func JoinByLink(auth *signin.Authenticator, joins *sharing.Joins, origin string) Operation {
	return operation(auth, described{
		id: "joinByLink", method: http.MethodPost, who: identity.ByPerson, tag: tagLinks, status: 200,
		summary: "Join by a link",
		description: "Joins with the address you signed in with, and takes one use of the link. Joining again gives the same " +
			"answer and takes none. Where an administrator decides, standing is waiting.",
		codes: []fault.Code{fault.Gone, fault.WrongAccount, fault.AlreadyMember, fault.AlreadyInvited, fault.AlreadyClient, fault.Forbidden,
			fault.Invalid},
	}, func(ctx context.Context, caller identity.Caller, in *joinInput) (*joinOutput, error) {
		j := sharing.Joining{}
		if in.Body != nil {
			j = sharing.Joining{Name: in.Body.Name, Adds: in.Body.Adds}
		}
		o, err := joins.Join(ctx, in.Token, caller, j, of(ctx).ip)
		if err != nil {
			return nil, err
		}
		event.Annotate(ctx, "agency", string(o.Agency.ID), "link", string(o.Link.ID))
		o.View.Client = o.Client
		return joinBody(o.View, origin), nil
	})
}

// JoinRequestBody is somebody's wish to join.
type JoinRequestBody struct {
	ID        string  `json:"id" example:"req_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	LinkID    string  `json:"linkId" example:"lnk_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	Email     string  `json:"email" doc:"The address they proved. Empty once you've decided." example:"pat@acme.example"`
	Name      string  `json:"name" example:"Pat Doe"`
	State     string  `json:"state" enum:"waiting,approved,refused,expired"`
	ClientID  *string `json:"clientId" doc:"Who came of it. null unless approved." example:"cl_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	CreatedAt Time    `json:"createdAt"`
	ExpiresAt Time    `json:"expiresAt"`
	DecidedAt *Time   `json:"decidedAt"`
}

func requestBody(r *sharelink.Request, now time.Time) JoinRequestBody {
	b := JoinRequestBody{ID: string(r.ID), LinkID: string(r.Link), Email: string(r.Email), Name: r.Name, State: string(r.At(now)),
		CreatedAt: Time(r.CreatedAt), ExpiresAt: Time(r.GoesAt()), DecidedAt: orNull(r.DecidedAt)}
	if r.Client != "" {
		which := string(r.Client)
		b.ClientID = &which
	}
	return b
}

type requestsOutput struct {
	Body struct {
		Items      []JoinRequestBody `json:"items"`
		NextCursor *string           `json:"nextCursor" doc:"null on the last page."`
	}
}

// ListJoinRequests lists who asks to join.
func ListJoinRequests(auth *signin.Authenticator, requests *sharing.Requests) Operation {
	return operation(auth, described{
		id: "listJoinRequests", method: http.MethodGet, who: seesLinks, tag: tagLinks, status: 200,
		summary:     "List requests to join",
		description: "Those that wait, oldest first. They expire after 14 days.",
		codes:       []fault.Code{fault.NotFound, fault.Invalid},
	}, func(ctx context.Context, caller identity.Caller, in *Paging) (*requestsOutput, error) {
		all, err := requests.List(ctx, caller)
		if err != nil {
			return nil, err
		}
		out := &requestsOutput{}
		out.Body.Items = []JoinRequestBody{}
		page, next, err := pageOf(*in, all, func(r *sharelink.Request) string { return string(r.ID) }, false, id.RequestPrefix)
		if err != nil {
			return nil, err
		}
		out.Body.NextCursor = next
		for i := range page {
			out.Body.Items = append(out.Body.Items, requestBody(&page[i], requests.Now()))
		}
		return out, nil
	})
}

type requestInput struct {
	RequestID string `path:"requestId" example:"req_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
}

type requestOutput struct{ Body JoinRequestBody }

// ApproveJoin lets somebody join.
func ApproveJoin(auth *signin.Authenticator, requests *sharing.Requests) Operation {
	return operation(auth, described{
		id: "approveJoin", method: http.MethodPost, who: administersLinks, tag: tagLinks, status: 200,
		summary:     "Approve a request to join",
		description: "They join with the roles that the link has now. It takes one use of the link.",
		codes: []fault.Code{fault.NotFound, fault.NotPending, fault.NotActive, fault.AlreadyMember, fault.AlreadyInvited,
			fault.Suspended, fault.PlanRequired},
	}, func(ctx context.Context, caller identity.Caller, in *requestInput) (*requestOutput, error) {
		return decided(ctx, caller, in, requests, requests.Approve)
	})
}

// RefuseJoin turns somebody down.
func RefuseJoin(auth *signin.Authenticator, requests *sharing.Requests) Operation {
	return operation(auth, described{
		id: "refuseJoin", method: http.MethodPost, who: administersLinks, tag: tagLinks, status: 200,
		summary:     "Refuse a request to join",
		description: "For good, as far as this link goes. You can still invite the address.",
		codes:       []fault.Code{fault.NotFound, fault.NotPending, fault.Suspended, fault.PlanRequired},
	}, func(ctx context.Context, caller identity.Caller, in *requestInput) (*requestOutput, error) {
		return decided(ctx, caller, in, requests, requests.Refuse)
	})
}

func decided(ctx context.Context, caller identity.Caller, in *requestInput, requests *sharing.Requests,
	do func(context.Context, identity.Caller, id.JoinRequest) (*sharelink.Request, error)) (*requestOutput, error) {
	which, err := id.ParseJoinRequest(in.RequestID)
	if err != nil {
		return nil, err
	}
	r, err := do(ctx, caller, which)
	if err != nil {
		return nil, err
	}
	return &requestOutput{requestBody(r, requests.Now())}, nil
}
