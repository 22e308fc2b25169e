package api

import (
	"context"
	"net/http"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/timezone"
	"latchkey.dev/shared/usecase/agencies"
	"latchkey.dev/shared/usecase/portalapp"
	"latchkey.dev/shared/usecase/signin"
)

// PortalAppBody is the app Client Portal of an agency.
type PortalAppBody struct {
	Installed       bool   `json:"installed" doc:"If not, the app's operations answer 404. Nothing is lost."`
	InstalledAt     *Time  `json:"installedAt" doc:"null while it isn't installed."`
	EmployeesInvite bool   `json:"employeesInvite" doc:"Whether employees can invite external users."`
	TimeZone        string `json:"timeZone" doc:"IANA name. Times of expiry are entered in it." example:"Europe/Berlin"`
}

type portalAppOutput struct{ Body PortalAppBody }

func portalAppAnswer(a *agency.Agency) *portalAppOutput {
	return &portalAppOutput{PortalAppBody{Installed: a.Portal.Installed(), InstalledAt: orNull(a.Portal.InstalledAt),
		EmployeesInvite: a.Portal.EmployeesInvite, TimeZone: timezone.Shown(a.Zone)}}
}

// GetPortalApp tells whether the app is installed, and how it is set up.
func GetPortalApp(auth *signin.Authenticator, app *portalapp.App) Operation {
	return operation(auth, described{
		id: "getPortalApp", method: http.MethodGet, who: identity.ByPortal(identity.RolesRead, identity.See), tag: tagApp,
		status:  200,
		summary: "Get Client Portal",
		description: "Whether the app is installed, and its settings. Members who are denied it get 404 here and everywhere " +
			"in the app.",
		codes: []fault.Code{fault.NotFound},
	}, func(ctx context.Context, caller identity.Caller, _ *emptyInput) (*portalAppOutput, error) {
		a, err := app.Get(ctx, caller)
		if err != nil {
			return nil, err
		}
		return portalAppAnswer(a), nil
	})
}

// InstallPortal installs the app.
func InstallPortal(auth *signin.Authenticator, app *portalapp.App) Operation {
	return operation(auth, described{
		id: "installPortal", method: http.MethodPut, who: identity.ByPortal(identity.RolesWrite, identity.Manage),
		tag:    tagApp,
		status: 200, summary: "Install Client Portal",
		description: "For owners and admins who administer it. The first time, four roles come with it, all inactive. If it was " +
			"installed before, everything is there again. Installing it twice changes nothing.",
		codes: []fault.Code{fault.NotFound},
	}, func(ctx context.Context, caller identity.Caller, _ *emptyInput) (*portalAppOutput, error) {
		a, err := app.Install(ctx, caller)
		if err != nil {
			return nil, err
		}
		return portalAppAnswer(a), nil
	})
}

type updatePortalInput struct {
	Body struct {
		EmployeesInvite *bool   `json:"employeesInvite,omitempty" doc:"Off again, invites they sent stay valid." example:"true"`
		TimeZone        *string `json:"timeZone,omitempty" doc:"An IANA name, or empty for UTC." example:"Europe/Berlin"`
	}
}

func (in *updatePortalInput) settings() portalapp.Settings {
	return portalapp.Settings{EmployeesInvite: in.Body.EmployeesInvite, Zone: in.Body.TimeZone}
}

// UpdatePortalSettings sets the app up.
func UpdatePortalSettings(auth *signin.Authenticator, app *portalapp.App) Operation {
	return operation(auth, described{
		id: "updatePortalSettings", method: http.MethodPatch, who: identity.ByPortal(identity.RolesWrite, identity.Administer),
		tag: tagApp, status: 200, summary: "Change Client Portal's settings",
		description: "Fields you leave out don't change. What each member may do in it is portalRight of updateMember.",
		codes:       []fault.Code{fault.Invalid, fault.NotFound},
	}, func(ctx context.Context, caller identity.Caller, in *updatePortalInput) (*portalAppOutput, error) {
		a, err := app.Update(ctx, caller, in.settings())
		if err != nil {
			return nil, err
		}
		return portalAppAnswer(a), nil
	}, func(in *updatePortalInput) error { return in.settings().Check() })
}

// UninstallPortal takes the app away.
func UninstallPortal(auth *signin.Authenticator, app *portalapp.App) Operation {
	return operation(auth, described{
		id: "uninstallPortal", method: http.MethodDelete, who: identity.ByPortal(identity.RolesWrite, identity.Manage),
		tag:    tagApp,
		status: 204, summary: "Remove Client Portal",
		description: "For owners and admins who administer it. Its pages, links and modules are gone with the next request. Nothing is " +
			"lost: install it again, and everything is there. Automations, contracts and billing don't change.",
		codes: []fault.Code{fault.NotFound},
	}, func(ctx context.Context, caller identity.Caller, _ *emptyInput) (*noContent, error) {
		return nil, app.Uninstall(ctx, caller)
	})
}

// MakeInternal makes an external user a member.
func MakeInternal(auth *signin.Authenticator, promotions *agencies.Promotions) Operation {
	return operation(auth, described{
		id: "makeInternal", method: http.MethodPost,
		who:    identity.ByPortal(identity.InPerson, identity.Administer).Owners().SteppedInside(),
		tag:    tagApp,
		status: 201, summary: "Make an internal user",
		description: "For owners. The client becomes a member: an employee who is denied Client Portal until you say otherwise. Their " +
			"roles and access end for good, and they stay signed in. Not possible while they pay by subscription or own an instance.",
		codes: []fault.Code{fault.NotFound, fault.NotActive, fault.AlreadyMember, fault.Full},
	}, func(ctx context.Context, caller identity.Caller, in *ClientRef) (*promotedOutput, error) {
		which, err := id.ParseClient(in.ClientID)
		if err != nil {
			return nil, err
		}
		m, err := promotions.Promote(ctx, caller, which)
		if err != nil {
			return nil, err
		}
		return &promotedOutput{Location: "/v1/members/" + string(m.ID), Body: memberBody(m)}, nil
	})
}

type promotedOutput struct {
	Location string `header:"Location"`
	Body     MemberBody
}
