package web

import (
	"context"
	"net/http"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/timezone"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/agencies"
	"latchkey.dev/shared/usecase/portalapp"
	"latchkey.dev/shared/usecase/signin"
	"latchkey.dev/shared/view/page"
)

// marketplaceOutcome is what the Marketplace says after something was done.
func marketplaceOutcome(done string) string {
	switch done {
	case "installed":
		return words.Say("portalapp.was_installed")
	case "removed":
		return words.Say("portalapp.was_removed")
	case "right":
		return words.Say("portalapp.right_saved")
	}
	return ""
}

// MarketplacePage is where Client Portal is installed and taken away, with what each member does in it; with remove=ask it asks.
func MarketplacePage(
	s *Site, auth *signin.Authenticator, settings *agencies.Settings, app *portalapp.App, members *agencies.Members,
) *Page {
	show := func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		v, err := s.marketplace(r.Context(), settings, caller)
		if err != nil {
			return err
		}
		q := r.URL.Query()
		v.Removing = q.Get("remove") == "ask"
		if text := marketplaceOutcome(q.Get("done")); text != "" {
			v.Note = page.Note{Tone: page.Good, Text: text}
		}
		return s.show(w, r, http.StatusOK, v)
	}
	change := func(do string, change func(*http.Request, identity.Caller) (done string, err error)) Form {
		return form(do, identity.ByPortal(identity.RolesWrite, identity.Manage),
			func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
				done, err := change(r, caller)
				if err == nil {
					return seeOther(w, "/marketplace?done="+done)
				}
				f, err := ours(r, err)
				if err != nil || f.Code == fault.NotFound {
					return orNotFound(err, f)
				}
				v, err := s.marketplace(r.Context(), settings, caller)
				if err != nil {
					return err
				}
				v.Problems = problems(f, nil)
				retryAfter(w, f)
				return s.show(w, r, f.Code.Status(), v)
			})
	}
	return s.page("marketplacePage", auth, identity.ByPortal(identity.RolesRead, identity.Manage), show,
		change("install", func(r *http.Request, caller identity.Caller) (string, error) {
			_, err := app.Install(r.Context(), caller)
			return "installed", err
		}),
		change("uninstall", func(r *http.Request, caller identity.Caller) (string, error) {
			return "removed", app.Uninstall(r.Context(), caller)
		}),
		change("right", func(r *http.Request, caller identity.Caller) (string, error) {
			right := agency.PortalRight(r.PostForm.Get("portalRight"))
			which, unread := id.ParseMember(r.PostForm.Get("member"))
			_, err := members.Right(r.Context(), caller, which, right) // which says first whether the caller may
			if caller.MayPortal(identity.RolesWrite, identity.Manage) == nil && unread != nil {
				err = unread
			}
			return "right", err
		}))
}

// marketplace prepares the page.
func (s *Site) marketplace(ctx context.Context, settings *agencies.Settings, caller identity.Caller) (page.Marketplace, error) {
	if err := caller.MayPortal(identity.RolesRead, identity.Manage); err != nil {
		return page.Marketplace{}, err
	}
	team, err := settings.Team(ctx, caller)
	if err != nil {
		return page.Marketplace{}, err
	}
	a := team.Agency
	v := page.Marketplace{Workspace: workspace(a, caller, page.InMarketplace), Installed: a.Portal.Installed(), May: true}
	if !v.Installed {
		return v, nil
	}
	v.Since = page.TimeAt(a.Portal.InstalledAt, s.now())
	for i := range team.Members {
		m := &team.Members[i]
		x := page.PortalRightRow{ID: string(m.ID), Name: m.Name, Email: string(m.Email), Level: levelWord(words.English, m.Level),
			Right: string(m.PortalRight()), Word: rightWord(m.PortalRight()), Fixed: m.Level == agency.Owner, You: m.ID == caller.Member}
		if x.Name == "" {
			x.Name, x.Email = x.Email, ""
		}
		v.Rows = append(v.Rows, x)
	}
	return v, nil
}

// rightWord is a right in Client Portal in words.
func rightWord(r agency.PortalRight) string {
	switch r {
	case agency.Administrator:
		return words.Say("portalapp.administrator")
	case agency.PortalEmployee:
		return words.Say("portalapp.employee")
	}
	return words.Say("portalapp.denied")
}

// PortalSettingsPage is Client Portal's part of the agency's settings.
func PortalSettingsPage(s *Site, auth *signin.Authenticator, app *portalapp.App) *Page {
	return s.portalSettingsPage("portalSettingsPage", auth, app, false)
}

// AppSettingsPage is the tab Settings of Client Portal.
func AppSettingsPage(s *Site, auth *signin.Authenticator, app *portalapp.App) *Page {
	return s.portalSettingsPage("appSettingsPage", auth, app, true)
}

// portalSettingsPage shows how Client Portal is set up, in the settings or in the app.
func (s *Site) portalSettingsPage(name string, auth *signin.Authenticator, app *portalapp.App, inApp bool) *Page {
	who := identity.ByPortal(identity.RolesWrite, identity.Administer)
	prepare := func(ctx context.Context, caller identity.Caller) (page.PortalSettings, error) {
		v := page.PortalSettings{InApp: inApp, Tab: "client-portal", URL: "/settings/client-portal", Zones: timezone.Usual()}
		here := page.InSettings
		if inApp {
			v.Tab, v.URL, here = "settings", "/client-portal/settings", page.InPortal
		}
		a, err := app.Settings(ctx, caller)
		if err != nil {
			return v, err
		}
		v.Workspace = workspace(a, caller, here)
		v.EmployeesInvite, v.Zone = a.Portal.EmployeesInvite, timezone.Shown(a.Zone)
		return v, nil
	}
	save := form("save", who, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		invite, zone := r.PostForm.Get("employeesInvite") != "", r.PostForm.Get("timeZone")
		_, err := app.Update(r.Context(), caller, portalapp.Settings{EmployeesInvite: &invite, Zone: &zone})
		v, again := prepare(r.Context(), caller)
		if err == nil {
			return seeOther(w, v.URL+"?done=saved")
		}
		f, err := ours(r, err)
		if err != nil || f.Code == fault.NotFound {
			return orNotFound(err, f)
		}
		if again != nil {
			return again
		}
		v.EmployeesInvite, v.Zone, v.Problems = invite, zone, problems(f, map[string]string{"timeZone": "zone"})
		retryAfter(w, f)
		return s.show(w, r, f.Code.Status(), v)
	})
	return s.page(name, auth, who, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		v, err := prepare(r.Context(), caller)
		if err != nil {
			return err
		}
		if r.URL.Query().Get("done") == "saved" {
			v.Note = page.Note{Tone: page.Good, Text: words.Say("portalapp.saved")}
		}
		return s.show(w, r, http.StatusOK, v)
	}, save)
}
