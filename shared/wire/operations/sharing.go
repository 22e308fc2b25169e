package operations

import (
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/frontend/api"
)

// ShareLinks serves /v1/share-links.
func (f Functions) ShareLinks() event.Function {
	auth, links := f.p.Authenticator(), f.p.Links()
	return api.Route(f.p.Origin(), api.ListShareLinks(auth, links), api.CreateShareLink(auth, links, f.p.Origin())).Function()
}

// ShareLink serves /v1/share-links/{linkId}.
func (f Functions) ShareLink() event.Function {
	auth, links := f.p.Authenticator(), f.p.Links()
	return api.Route(f.p.Origin(), api.GetShareLink(auth, links), api.UpdateShareLink(auth, links)).Function()
}

// ShareLinkReset serves /v1/share-links/{linkId}/reset.
func (f Functions) ShareLinkReset() event.Function {
	return api.Route(f.p.Origin(), api.ResetShareLink(f.p.Authenticator(), f.p.Links(), f.p.Origin())).Function()
}

// ShareLinkDisable serves /v1/share-links/{linkId}/disable.
func (f Functions) ShareLinkDisable() event.Function {
	return api.Route(f.p.Origin(), api.DisableShareLink(f.p.Authenticator(), f.p.Links())).Function()
}

// Join serves /v1/join/{token}.
func (f Functions) Join() event.Function {
	auth, joins := f.p.Authenticator(), f.p.Joins()
	return api.Route(f.p.Origin(), api.ViewShareLink(auth, joins, f.p.Origin()), api.JoinByLink(auth, joins, f.p.Origin())).Function()
}

// JoinRequests serves /v1/join-requests.
func (f Functions) JoinRequests() event.Function {
	return api.Route(f.p.Origin(), api.ListJoinRequests(f.p.Authenticator(), f.p.JoinRequests())).Function()
}

// JoinApprove serves /v1/join-requests/{requestId}/approve.
func (f Functions) JoinApprove() event.Function {
	return api.Route(f.p.Origin(), api.ApproveJoin(f.p.Authenticator(), f.p.JoinRequests())).Function()
}

// JoinRefuse serves /v1/join-requests/{requestId}/refuse.
func (f Functions) JoinRefuse() event.Function {
	return api.Route(f.p.Origin(), api.RefuseJoin(f.p.Authenticator(), f.p.JoinRequests())).Function()
}
