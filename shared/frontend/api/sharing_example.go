package api

import "time"

const (
	exampleShare   = "lnk_01JZ8Y5W3RN6T0V4K2M9QXBDCE"
	exampleRequest = "req_01JZ8Y5W3RN6T0V4K2M9QXBDCE"
	exampleRole    = "rol_01JZ8Y5W3RN6T0V4K2M9QXBDCE"
)

func exampleLink(url string) ShareLinkBody {
	uses := 25
	return ShareLinkBody{ID: exampleShare, Name: "Trade fair", Roles: []LinkRoleBody{{exampleRole, "Client"}}, CreateContact: true,
		ExpiresAt: afterOrNull(7 * 24 * time.Hour), MaxUses: &uses, Domains: []string{"acme.example"}, Works: true,
		CreatedBy: exampleMember, CreatedByName: "Nora Lindqvist", CreatedAt: after(0), URL: url}
}

func exampleWish(state string) JoinRequestBody {
	b := JoinRequestBody{ID: exampleRequest, LinkID: exampleShare, State: state, CreatedAt: after(0), ExpiresAt: after(14 * 24 * time.Hour)}
	if state == "waiting" {
		b.Email, b.Name = "pat@acme.example", "Pat Doe"
		return b
	}
	b.DecidedAt = afterOrNull(time.Hour)
	return b
}

func sharingExamples() map[string]example {
	const url = "https://portal.example.com/join/lks_…"
	terms := raw(`{"name":"Trade fair","roles":["` + exampleRole + `"],"createContact":true,"domains":["acme.example"]}`)
	used, off, let := exampleLink(""), exampleLink(""), exampleWish("approved")
	used.Uses, used.LastUseAt, used.Joined = 1, afterOrNull(time.Hour),
		[]CameBody{{ClientID: exampleClient, Name: "Acme Ltd", At: after(time.Hour)}}
	off.Works, off.Reason = false, "disabled"
	mine, portal := exampleClient, "https://portal.example.com/portal?agency="+exampleAgency
	let.ClientID = &mine
	joined := JoinBody{Agency: AgencyBody{Name: "Northwind Automations", Color: "#0b6e4f", LogoURL: "/logo/" + exampleAgency},
		Standing: "joined", ClientID: &mine, Portal: &portal}
	before := joined
	before.Standing, before.ClientID, before.Portal = "anonymous", nil, nil
	return map[string]example{
		"createShareLink":  exchanges(terms, exampleLink(url)),
		"listShareLinks":   answers(listed(exampleLink(""))),
		"getShareLink":     answers(used),
		"updateShareLink":  exchanges(raw(`{"maxUses":25}`), exampleLink("")),
		"resetShareLink":   answers(exampleLink(url)),
		"disableShareLink": answers(off),
		"viewShareLink":    answers(before),
		"joinByLink":       exchanges(raw(`{"name":"Acme Ltd"}`), joined),
		"listJoinRequests": answers(listed(exampleWish("waiting"))),
		"approveJoin":      answers(let),
		"refuseJoin":       answers(exampleWish("refused")),
	}
}
