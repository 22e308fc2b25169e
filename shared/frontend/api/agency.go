package api

import (
	"cmp"
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/frontend/cookie"
	"latchkey.dev/shared/usecase/agencies"
	"latchkey.dev/shared/usecase/signin"
)

// OwnAgencyBody is an agency as its own people see it.
type OwnAgencyBody struct {
	ID        string     `json:"id" example:"ag_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	Name      string     `json:"name" example:"Northwind Automations"`
	Color     string     `json:"color" example:"#0b6e4f"`
	LogoURL   string     `json:"logoUrl" doc:"A path on this origin. Empty if there is no logo."`
	Plan      string     `json:"plan" enum:"free,max" doc:"Inviting clients needs max."`
	Suspended bool       `json:"suspended" doc:"Suspended by the operator: no invites, no acceptance, no portals."`
	NameHeld  *string    `json:"nameHeld" doc:"Why emails don't come in your name, in a sentence. null if they do."`
	CreatedAt Time       `json:"createdAt"`
	Limits    LimitsBody `json:"limits"`
}

// LimitsBody is what the agency may still do at the moment.
type LimitsBody struct {
	Invites InviteLimitBody `json:"invites"`
}

// InviteLimitBody is the allowance of invites.
type InviteLimitBody struct {
	Quota      int   `json:"quota" doc:"How many you can send in any 60 minutes." example:"10"`
	Left       int   `json:"left" example:"7"`
	NextFreeAt *Time `json:"nextFreeAt" doc:"When you can send the next one. null if you can now."`
}

func ownAgencyBody(a *agency.Agency, platform string, now time.Time) OwnAgencyBody {
	b := OwnAgencyBody{ID: string(a.ID), Name: a.Name, Color: a.Color, LogoURL: a.LogoURL, Plan: string(a.Plan), Suspended: a.Suspended,
		CreatedAt: Time(a.CreatedAt)}
	if held := a.Held(platform); held != "" {
		b.NameHeld = &held
	}
	b.Limits.Invites.Quota, b.Limits.Invites.Left = agency.HourlyInvites, a.Left(now)
	if _, err := a.Take(now, 0); err != nil {
		if f := fault.As(err); f != nil {
			b.Limits.Invites.Left, b.Limits.Invites.NextFreeAt = 0, orNull(now.Add(f.Retry))
		}
	}
	return b
}

type agencyOutput struct {
	ETag string `header:"ETag"`
	Body OwnAgencyBody
}

func agencyAnswer(a *agency.Agency, platform string, now time.Time) *agencyOutput {
	return &agencyOutput{ETag: tagOf(a.Revision), Body: ownAgencyBody(a, platform, now)}
}

// tagOf names a revision (RFC 9110 section 8.8.3).
func tagOf(revision int) string { return `"` + strconv.Itoa(revision) + `"` }

// matching reads If-Match (RFC 9110 section 13.1.1): nil for none and for *; a tag that we never made matches nothing.
func matching(field string) *int {
	field = strings.TrimSpace(field)
	if field == "" || field == "*" {
		return nil
	}
	n, err := strconv.Atoi(strings.Trim(field, `"`))
	if err != nil || len(field) < 3 || field[0] != '"' {
		n = -1
	}
	return &n
}

type signUpInput struct {
	Once

	Body struct {
		Name  string `json:"name" doc:"The name your clients know." example:"Northwind Automations"`
		Color string `json:"color,omitempty" doc:"Your brand colour, as #rrggbb." example:"#0b6e4f"`
		Email string `json:"email,omitempty" doc:"Your email address, without a session." example:"owner@northwind.example"`
		Code  string `json:"code,omitempty" doc:"The code from requestSignInCode, if you have no session." example:"493021"`
		Flow  string `json:"flow,omitempty" doc:"Sent with the code, as in signIn." maxLength:"2000"`
	}
}

type signUpOutput struct {
	SetCookie []string `header:"Set-Cookie"`
	Location  string   `header:"Location"`
	Body      OwnAgencyBody
}

// check reads whose agency is made, and says what is wrong with the values.
func (in *signUpInput) check() (email.Address, error) {
	_, _, err := signin.NewAgency{Name: in.Body.Name, Color: in.Body.Color}.Check()
	if in.Body.Email == "" && in.Body.Code == "" {
		return "", err
	}
	who, badEmail := email.Parse("email", in.Body.Email)
	return who, withCode(fault.Together(err, badEmail), in.Body.Code)
}

// SignUpAgency makes an agency.
func SignUpAgency(auth *signin.Authenticator, signIns *signin.SignIns, signUps *signin.SignUps, platform string) Operation {
	return operation(auth, described{
		id: "signUpAgency", method: http.MethodPost, who: identity.ByVisitor, tag: tagAgency, status: 201,
		summary: "Create an agency",
		description: "Whoever is signed in becomes the owner, on the Free plan. Without a session, send your email address and a" +
			" code from requestSignInCode. The answer replaces the session cookie with one that acts for the new " +
			"agency.",
		codes: []fault.Code{fault.Invalid, fault.Unauthenticated, fault.WrongCode, fault.IdempotencyUsed},
	}, func(ctx context.Context, caller identity.Caller, in *signUpInput) (*signUpOutput, error) {
		r, n := of(ctx), signin.NewAgency{Name: in.Body.Name, Color: in.Body.Color}
		held := r.credentials.Session
		var set []string
		if in.Body.Email != "" || in.Body.Code != "" {
			who, err := in.check() // a code is not to be used up for a name that is refused
			if err != nil {
				return nil, err
			}
			from := r.browser
			from.Flow = cmp.Or(in.Body.Flow, from.Flow)
			opened, err := signIns.SignIn(ctx, who, in.Body.Code, from, r.ip, held)
			if err != nil {
				return nil, err
			}
			held, caller = opened.Cookie, opened.Session.Person()
			set = append(set, cookie.Known(opened.Known).String())
		}
		a, secret, _, err := signUps.SignUp(ctx, caller, held, n, r.once, r.ip)
		if err != nil {
			return nil, err
		}
		event.Annotate(ctx, "agency", string(a.ID))
		now := signUps.Now()
		left := caller.Since.Add(identity.SessionLifetime).Sub(now)
		set = append(set, cookie.New(secret, left).String())
		return &signUpOutput{SetCookie: set,
			Location: "/v1/agency", Body: ownAgencyBody(a, platform, now)}, nil
	}, func(in *signUpInput) error {
		_, err := in.check()
		return err
	})
}

// GetAgency reads the caller's agency.
func GetAgency(auth *signin.Authenticator, settings *agencies.Settings, platform string) Operation {
	return operation(auth, described{
		id: "getAgency", method: http.MethodGet, who: identity.ByStaff(identity.AgencyRead), tag: tagAgency, status: 200,
		summary: "Get your agency",
		description: "Brand, plan, and how many invites are left this hour. Send the ETag with updateBranding and updateLogo. Until " +
			"your first paid plan, emails come from the platform if your name looks like a known brand, has six digits in a row " +
			"or more than five words. nameHeld says so.",
	}, func(ctx context.Context, caller identity.Caller, _ *emptyInput) (*agencyOutput, error) {
		a, err := settings.Get(ctx, caller)
		if err != nil {
			return nil, err
		}
		return agencyAnswer(a, platform, settings.Now()), nil
	})
}

type brandingInput struct {
	IfMatch string `header:"If-Match" doc:"The ETag you read, so that you don't overwrite a newer change." example:"\"3\""`
	Body    struct {
		Name       *string `json:"name,omitempty" example:"Northwind Automations"`
		Color      *string `json:"color,omitempty" doc:"A hex colour. We adjust it where contrast is low." example:"#0b6e4f"`
		RemoveLogo bool    `json:"removeLogo,omitempty" doc:"Removes the logo. Upload a new one with updateLogo."`
	}
}

var brandingFaults = []fault.Code{fault.Invalid, fault.Unauthenticated, fault.Forbidden, fault.Changed}

// UpdateBranding changes name and colour, or takes the logo away.
func UpdateBranding(auth *signin.Authenticator, branding *agencies.Branding, platform string) Operation {
	return operation(auth, described{
		id: "updateBranding", method: http.MethodPatch, who: identity.ByStaff(identity.AgencyWrite), tag: tagAgency, status: 200,
		summary: "Change name and colour",
		description: "For owners, and for API keys that owners created. The portal and new invites change at once. Invitations " +
			"already sent don't change.",
		codes: brandingFaults,
	}, func(ctx context.Context, caller identity.Caller, in *brandingInput) (*agencyOutput, error) {
		a, err := branding.Rebrand(ctx, caller, in.look(), matching(in.IfMatch))
		if err != nil {
			return nil, err
		}
		return agencyAnswer(a, platform, branding.Now()), nil
	}, func(in *brandingInput) error {
		_, _, err := in.look().Check()
		return err
	})
}

// look is what changes about how the agency looks.
func (in *brandingInput) look() agencies.Look {
	return agencies.Look{Name: in.Body.Name, Color: in.Body.Color, NoLogo: in.Body.RemoveLogo}
}

type logoInput struct {
	IfMatch string `header:"If-Match" doc:"The ETag you read, so that you don't overwrite a newer change." example:"\"3\""`
	RawBody []byte `contentType:"image/png" takes:"image/png,image/jpeg,image/webp,image/gif" doc:"Up to 1 MB and 2048 by 2048 pixels."`
}

// UpdateLogo puts a new logo in the place of the old one.
func UpdateLogo(auth *signin.Authenticator, uploads *agencies.Uploads, platform string) Operation {
	return operation(auth, described{
		id: "updateLogo", method: http.MethodPut, who: identity.ByStaff(identity.AgencyWrite), tag: tagAgency, status: 200,
		summary:     "Upload a logo",
		description: "Send the image itself as the body. We serve it as a PNG of up to 256 by 256 pixels.",
		codes:       brandingFaults,
		maxBody:     agency.MaxLogoFile + 1024, // what is a little over is told at the field
	}, func(ctx context.Context, caller identity.Caller, in *logoInput) (*agencyOutput, error) {
		a, err := uploads.Rebrand(ctx, caller, agencies.Look{}, append([]byte{}, in.RawBody...), matching(in.IfMatch))
		if err != nil {
			return nil, err
		}
		return agencyAnswer(a, platform, uploads.Now()), nil
	})
}

type closeInput struct {
	Body struct {
		Name string `json:"name" doc:"Your agency's exact name, to confirm." example:"Northwind Automations"`
	}
}

// DeleteAgency ends the caller's agency.
func DeleteAgency(auth *signin.Authenticator, closing *agencies.Closing) Operation {
	return operation(auth, described{
		id: "deleteAgency", method: http.MethodDelete, who: identity.ByOwner(), tag: tagAgency, status: 204,
		summary: "Delete your agency",
		description: "For owners. Not possible while a client pays by subscription for " +
			"something they own. Payment pages that are still open close first; if one was just paid, nothing is deleted. " +
			"Every invite stops working at once, every portal closes, and members and API keys lose " +
			"their rights. The rest is deleted in the background. Clients keep their sign-ins.",
		codes: []fault.Code{fault.Invalid, fault.NotActive, fault.AlreadyPaid},
	}, func(ctx context.Context, caller identity.Caller, in *closeInput) (*noContent, error) {
		return nil, closing.Close(ctx, caller, in.Body.Name)
	})
}

// MemberBody is a person who works at the agency.
type MemberBody struct {
	ID      string `json:"id" example:"mb_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	Email   string `json:"email" example:"dana@northwind.example"`
	Name    string `json:"name" doc:"Empty if none was given."`
	Level   string `json:"level" enum:"owner,admin,employee" doc:"Owners also manage members and the agency. Employees only see clients."`
	Right   string `json:"portalRight" enum:"administrator,employee,denied" doc:"In Client Portal. Owners are administrators."`
	AddedAt *Time  `json:"addedAt" doc:"null for the first owner, if the operator created the agency."`
}

func memberBody(m *agency.Member) MemberBody {
	return MemberBody{ID: string(m.ID), Email: string(m.Email), Name: m.Name, Level: string(m.Level),
		Right: string(m.PortalRight()), AddedAt: orNull(m.AddedAt)}
}

type membersOutput struct {
	Body struct {
		Items      []MemberBody `json:"items"`
		NextCursor *string      `json:"nextCursor" doc:"null on the last page."`
	}
}

// ListMembers lists who works at the agency.
func ListMembers(auth *signin.Authenticator, settings *agencies.Settings) Operation {
	return operation(auth, described{
		id: "listMembers", method: http.MethodGet, who: identity.ByStaff(identity.AgencyRead), tag: tagMembers, status: 200,
		summary:     "List members",
		description: "In the order in which they joined.",
		codes:       []fault.Code{fault.Invalid},
	}, func(ctx context.Context, caller identity.Caller, in *Paging) (*membersOutput, error) {
		team, err := settings.Team(ctx, caller)
		if err != nil {
			return nil, err
		}
		out := &membersOutput{}
		out.Body.Items = []MemberBody{}
		page, next, err := pageOf(*in, team.Members, func(m *agency.Member) string { return string(m.ID) }, false, id.MemberPrefix)
		if err != nil {
			return nil, err
		}
		out.Body.NextCursor = next
		for i := range page {
			out.Body.Items = append(out.Body.Items, memberBody(&page[i]))
		}
		return out, nil
	})
}

type addMemberInput struct {
	Once

	Body struct {
		Email string `json:"email" doc:"The address they sign in with." example:"dana@northwind.example" maxLength:"320"`
		Name  string `json:"name,omitempty" example:"Dana Reyes"`
		Level string `json:"level" enum:"owner,admin,employee" example:"admin"`
		Right string `json:"portalRight,omitempty" enum:"administrator,employee,denied" doc:"Leave it out for the usual one."`
	}
}

// member is who is added.
func (in *addMemberInput) member() agencies.NewMember {
	return agencies.NewMember{Email: in.Body.Email, Name: in.Body.Name, Level: agency.Level(in.Body.Level),
		Right: agency.PortalRight(in.Body.Right)}
}

// AddedBody is a member who was just added.
type AddedBody struct {
	MemberBody
	Warnings []WarningBody `json:"warnings" nullable:"false" doc:"What may be a mistake. They're added all the same."`
}

type memberOutput struct {
	Location string `header:"Location"`
	Body     AddedBody
}

// AddMember gives a person a place at the agency.
func AddMember(auth *signin.Authenticator, newcomers *agencies.Newcomers) Operation {
	return operation(auth, described{
		id: "addMember", method: http.MethodPost, who: identity.ByOwner(), tag: tagMembers, status: 201,
		summary:     "Add a member",
		description: "For owners. We email them that they were added. They sign in with a code.",
		codes:       []fault.Code{fault.Invalid, fault.AlreadyMember, fault.IdempotencyUsed},
	}, func(ctx context.Context, caller identity.Caller, in *addMemberInput) (*memberOutput, error) {
		m, err := newcomers.Add(ctx, caller, in.member(), of(ctx).once)
		if err != nil {
			return nil, err
		}
		return &memberOutput{Location: "/v1/members/" + string(m.ID), Body: AddedBody{memberBody(m), warnings(m.Email)}}, nil
	}, func(in *addMemberInput) error { return in.member().Check() })
}

type updateMemberInput struct {
	MemberID string `path:"memberId" example:"mb_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	Body     struct {
		Name  *string `json:"name,omitempty" example:"Dana Reyes"`
		Level string  `json:"level,omitempty" enum:"owner,admin,employee" example:"owner"`
		Right string  `json:"portalRight,omitempty" enum:"administrator,employee,denied" example:"administrator"`
	}
}

// change is what changes about a member.
func (in *updateMemberInput) change() agencies.MemberChange {
	c := agencies.MemberChange{Name: in.Body.Name}
	if in.Body.Level != "" {
		level := agency.Level(in.Body.Level)
		c.Level = &level
	}
	if in.Body.Right != "" {
		right := agency.PortalRight(in.Body.Right)
		c.Right = &right
	}
	return c
}

type changedMemberOutput struct{ Body MemberBody }

// UpdateMember changes a member's level, right in Client Portal or name.
func UpdateMember(auth *signin.Authenticator, members *agencies.Members) Operation {
	return operation(auth, described{
		id: "updateMember", method: http.MethodPatch, who: identity.ByOwner(), tag: tagMembers, status: 200,
		summary:     "Change a member",
		description: "For owners. An agency always has at least one owner.",
		codes:       []fault.Code{fault.Invalid, fault.NotFound, fault.LastOwner},
	}, func(ctx context.Context, caller identity.Caller, in *updateMemberInput) (*changedMemberOutput, error) {
		c := in.change()
		which, err := id.ParseMember(in.MemberID)
		if err != nil {
			return nil, err
		}
		m, err := members.Change(ctx, caller, which, c)
		if err != nil {
			return nil, err
		}
		return &changedMemberOutput{memberBody(m)}, nil
	}, func(in *updateMemberInput) error {
		_, err := in.change().Check()
		return err
	})
}

type memberInput struct {
	MemberID string `path:"memberId" example:"mb_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
}

// RemoveMember takes a member's place away.
func RemoveMember(auth *signin.Authenticator, members *agencies.Members) Operation {
	return operation(auth, described{
		id: "removeMember", method: http.MethodDelete, tag: tagMembers, status: 204,
		who:     identity.ByColleague(identity.InPerson).Owners().OrThemselves("memberId").Stepped(),
		summary: "Remove a member",
		description: "For owners, and for members who leave. They lose access at once. Their API keys are revoked, and the " +
			"invites they sent stop working.",
		codes: []fault.Code{fault.NotFound, fault.LastOwner},
	}, func(ctx context.Context, caller identity.Caller, in *memberInput) (*noContent, error) {
		which, err := id.ParseMember(in.MemberID)
		if err != nil {
			return nil, err
		}
		return nil, members.Remove(ctx, caller, which)
	})
}
