package web

import (
	"net/url"
	"strings"

	"latchkey.dev/shared/domain/id"
)

// pagesOf are the pages about one thing to which a mail leads: below which path, what kind of id follows, and what may follow that.
var pagesOf = []struct{ below, kind, end string }{
	{"/i/", id.AgencyPrefix, ""}, // an invitation by its address, without a secret
	{"/clients/", id.ClientPrefix, "/payer"},
	{"/client-portal/users/", id.ClientPrefix, ""},
	{"/client-portal/roles/", id.RolePrefix, ""},
}

// onward is where somebody goes on after signing in: one of our own pages on which people are asked to sign in again, or to which a mail
// leads, written anew from what is known of it; "" for anything else.
func onward(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || u.Opaque != "" || u.User != nil {
		return ""
	}
	for _, of := range pagesOf {
		if which, ok := strings.CutPrefix(u.Path, of.below); ok && id.Valid(of.kind, strings.TrimSuffix(which, of.end)) {
			return u.Path
		}
	}
	switch u.Path {
	case "/upgrade", "/settings/agency", "/settings/members", "/settings/sign-in", "/settings/webhooks", "/account", "/clients",
		"/client-portal/links":
		return u.Path
	case "/activity":
		if a := u.Query().Get("action"); a != "" && strings.Trim(a, "abcdefghijklmnopqrstuvwxyz_") == "" {
			return u.Path + "?action=" + a
		}
		return u.Path
	case "/settings/email":
		if d := u.Query().Get("id"); id.Valid(id.DomainPrefix, d) {
			return u.Path + "?id=" + url.QueryEscape(d)
		}
		return u.Path
	case "/checkout", "/portal", "/portal/contract", "/portal/payer":
		if a := u.Query().Get("agency"); id.Valid(id.AgencyPrefix, a) {
			next := u.Path + "?agency=" + url.QueryEscape(a)
			if u.Path == "/portal" && u.Query().Get("welcome") == "1" {
				next += "&welcome=1"
			}
			return next
		}
	}
	return ""
}

// signInPath is the sign-in, from which one goes on to the address.
func signInPath(next string) string {
	if next = onward(next); next != "" {
		return "/sign-in?next=" + url.QueryEscape(next)
	}
	return "/sign-in"
}
