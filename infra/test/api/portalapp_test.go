package apitest_test

import (
	"net/url"
	"slices"
	"testing"
)

// portalApp is the app as the API shows it.
type portalApp struct {
	Installed, EmployeesInvite bool
	InstalledAt, TimeZone      string
}

// TestFL1ClientPortalIsInstalledInTheMarketplace installs the app, takes it away and puts it back.
func TestFL1ClientPortalIsInstalledInTheMarketplace(t *testing.T) {
	p := start(t)
	o, _ := p.signUp(p.address("fl1"), "Marketplace "+p.run)
	var app portalApp
	o.get("/v1/portal-app").is(200).into(&app)
	if app.Installed || app.InstalledAt != "" || app.TimeZone != "UTC" {
		t.Errorf("before it is installed: %+v", app)
	}
	o.do("PATCH", "/v1/portal-app", m{"employeesInvite": true}).fails(404, "not_found")
	o.put("/v1/portal-app", nil).is(200).into(&app)
	if !app.Installed || app.InstalledAt == "" {
		t.Errorf("once it is installed: %+v", app)
	}
	since := app.InstalledAt
	o.patch("/v1/portal-app", m{"employeesInvite": true, "timeZone": " Europe/Berlin "}).is(200).into(&app)
	o.put("/v1/portal-app", nil).is(200).into(&app)
	if want := (portalApp{true, true, since, "Europe/Berlin"}); app != want {
		t.Errorf("set up, and installed once more: %+v, want %+v", app, want)
	}
	if f := o.patch("/v1/portal-app", m{"timeZone": "Berlin"}).fails(422, "invalid"); f.at("timeZone") == "" {
		t.Errorf("a zone that is none: %+v", f)
	}
	o.delete("/v1/portal-app").is(204)
	o.delete("/v1/portal-app").is(204)
	for _, a := range []*answer{o.patch("/v1/portal-app", m{"employeesInvite": false}), o.get("/settings/client-portal"),
		o.get("/client-portal/settings")} {
		a.is(404)
	}
	app = portalApp{}
	o.get("/v1/portal-app").is(200).into(&app)
	if want := (portalApp{false, true, "", "Europe/Berlin"}); app != want {
		t.Errorf("taken away: %+v, want %+v", app, want)
	}
	// By the page, as a person does it.
	o.get("/home").is(200).shows("Marketplace").hides("/client-portal/settings")
	o.get("/marketplace").is(200).shows("Install").hides("Access rights")
	o.post("/marketplace", do("install", url.Values{})).is(303).has("Location", "/marketplace?done=installed")
	o.get("/marketplace?done=installed").is(200).shows("Client Portal is installed.", "Access rights").holds("/client-portal")
	o.get("/home").is(200).holds(`href="/client-portal"`)
	o.get("/v1/portal-app").is(200).into(&app)
	if !app.Installed || !app.EmployeesInvite || app.TimeZone != "Europe/Berlin" {
		t.Errorf("put back: %+v", app)
	}
	for _, path := range []string{"/settings/client-portal", "/client-portal/settings"} {
		o.get(path).is(200).shows("Employees can invite external users").holds("Europe/Berlin")
		o.post(path, do("save", url.Values{"timeZone": {"Nowhere/Land"}, "employeesInvite": {"yes"}})).is(422).
			shows("Choose a time zone by its name").holds("Nowhere/Land")
		o.post(path, do("save", url.Values{"timeZone": {"UTC"}})).is(303).has("Location", path+"?done=saved")
	}
	o.get("/v1/portal-app").is(200).into(&app)
	if app.EmployeesInvite || app.TimeZone != "UTC" {
		t.Errorf("saved on the page: %+v", app)
	}
	o.get("/marketplace?remove=ask").is(200).shows("Remove Client Portal?", "Automations, contracts and billing")
	o.post("/marketplace", do("uninstall", url.Values{})).is(303).has("Location", "/marketplace?done=removed")
	var told []string
	for _, e := range o.activity("") {
		told = append(told, e.Action)
	}
	for _, action := range []string{"agency.portal_installed", "agency.portal_changed", "agency.portal_removed"} {
		if !slices.Contains(told, action) {
			t.Errorf("%s is not in the log: %v", action, told)
		}
	}
}

// TestFL1TheFirstInstallationBringsTheRolesAndTheAppComesBackAsItWas: the preset roles are made once; taken away, the app answers 404
// everywhere, and put back it has all that it had.
func TestFL1TheFirstInstallationBringsTheRolesAndTheAppComesBackAsItWas(t *testing.T) {
	p := start(t)
	o, made := p.signUp(p.address("fl1b"), "Comes back "+p.run)
	p.onMax(made.ID)
	o.get("/v1/roles").fails(404, "not_found")
	o.put("/v1/portal-app", nil).is(200)
	names := func() (all []string) {
		var v struct {
			Items []struct {
				ID, Name string
				Active   bool
			}
		}
		o.get("/v1/roles").is(200).into(&v)
		for _, r := range v.Items {
			if all = append(all, r.Name); r.Active {
				t.Errorf("%s is active when it is new", r.Name)
			}
		}
		return all
	}
	first := names()
	if len(first) != 4 {
		t.Errorf("the preset roles are %v", first)
	}
	to := p.address("fl1b-client")
	o.invite(to)
	guest := p.accept(to)
	o.delete("/v1/portal-app").is(204)
	for _, path := range []string{"/v1/roles", "/settings/client-portal", "/client-portal/settings"} {
		o.get(path).is(404)
	}
	guest.get("/v1/portal").is(200) // what is no part of the app goes on
	o.get("/v1/clients").is(200)
	o.put("/v1/portal-app", nil).is(200)
	if again := names(); !slices.Equal(again, first) {
		t.Errorf("put back, the roles are %v, and were %v", again, first)
	}
}
