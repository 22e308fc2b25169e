package main

import (
	"time"

	"latchkey.dev/shared/view/page"
)

// portalAppStates are those of installing Client Portal and setting it up.
func portalAppStates() []state {
	at := settings()
	at.Here, at.Portal = page.InMarketplace, page.AdminsApp
	rows := []page.PortalRightRow{
		{ID: "mb_1", Name: "Nora Lindqvist", Email: "owner@northwind.example", Level: "Owner", Right: "administrator",
			Word: "Administrator", Fixed: true, You: true},
		{ID: "mb_2", Name: "dana@northwind.example", Level: "Admin", Right: "administrator", Word: "Administrator"},
		{ID: "mb_3", Name: rtl, Email: "info@alnoor.example", Level: "Employee", Right: "employee", Word: "Employee"},
		{ID: "mb_4", Name: longest, Email: "a.very.long.local.part.that.goes.on.and.on@a-very-long-domain-name-indeed.example",
			Level: "Employee", Right: "denied", Word: "Access denied"},
	}
	market := page.Marketplace{Workspace: at, Installed: true, May: true, Since: ago(3 * 24 * time.Hour), Rows: rows}
	with := func(change func(*page.Marketplace)) page.Marketplace {
		v := market
		change(&v)
		return v
	}
	set := page.PortalSettings{Workspace: at, Tab: "client-portal", URL: "/settings/client-portal", Zone: "Europe/Berlin",
		Zones: []string{"UTC", "Europe/Berlin"}, EmployeesInvite: true}
	set.Workspace.Here = page.InSettings
	setWith := func(change func(*page.PortalSettings)) page.PortalSettings {
		v := set
		change(&v)
		return v
	}
	return []state{
		{Name: "marketplace", view: with(func(v *page.Marketplace) {
			v.Installed, v.Rows, v.Workspace.Portal = false, nil, page.NotInApp
		})},
		{Name: "marketplace-installed", view: with(func(v *page.Marketplace) {
			v.Note = page.Note{Tone: page.Good, Text: "Client Portal is installed."}
		})},
		{Name: "marketplace-remove", view: with(func(v *page.Marketplace) { v.Removing = true })},
		{Name: "marketplace-refused", view: with(func(v *page.Marketplace) {
			v.Problems = page.Problems{{Message: "Only an administrator of Client Portal can do this."}}
		})},
		{Name: "portal-settings", view: set},
		{Name: "portal-settings-error", view: setWith(func(v *page.PortalSettings) {
			v.Zone = "Berlin"
			v.Problems = page.Problems{{Field: "zone", Message: "Choose a time zone by its name, such as Europe/Berlin."}}
		})},
		{Name: "portal-settings-tab", view: setWith(func(v *page.PortalSettings) {
			v.InApp, v.Tab, v.URL, v.Workspace.Here = true, "settings", "/client-portal/settings", page.InPortal
			v.Note = page.Note{Tone: page.Good, Text: "Settings saved."}
		})},
	}
}
