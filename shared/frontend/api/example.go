package api

import (
	"encoding/json"
	"maps"
	"time"

	"latchkey.dev/shared/domain/release"
	"latchkey.dev/shared/domain/sender"
)

// example is what an operation's description shows of a request and its answer, as takes, answers or exchanges makes it. A test
// holds both to their schemas, and that nothing is missing.
type example struct {
	request json.RawMessage // nil where there is no JSON to send
	answer  any             // nil where the answer has no JSON
	more    []shownExample  // several answers in place of one
}

// shownExample is one of several answers. The one that is named usual is shown where there is room for one.
type shownExample struct {
	name, summary string
	value         any
}

// shows is the example of an operation that takes no JSON, with several answers.
func shows(all ...shownExample) example { return example{answer: all[0].value, more: all} }

// takes is the example of an operation whose answer has no JSON.
func takes(request json.RawMessage) example { return example{request: request} }

// answers is that of one that takes no JSON.
func answers(answer any) example { return example{answer: answer} }

// exchanges is that of one that takes JSON and answers it.
func exchanges(request json.RawMessage, answer any) example {
	return example{request: request, answer: answer}
}

// Each example is of one small world: Northwind Automations invites Acme Ltd, who accept on the next day.
const (
	exampleAgency   = "ag_01JZ8Y5W3RN6T0V4K2M9QXBDCE"
	exampleMember   = "mb_01JZ8Y5W3RN6T0V4K2M9QXBDCE"
	exampleClient   = "cl_01JZ8Y5W3RN6T0V4K2M9QXBDCE"
	exampleInvite   = "in_01JZ8Y5W3RN6T0V4K2M9QXBDCE"
	exampleInstance = "ins_01JZ8Y5W3RN6T0V4K2M9QXBDCE"
	exampleService  = "svc_01JZ8Y5W3RN6T0V4K2M9QXBDCE"
	exampleBatch    = "bat_01JZ8Y5W3RN6T0V4K2M9QXBDCE"
	exampleN8N      = "https://n8n.example.com"
)

// after is a moment of the example's world.
func after(d time.Duration) Time {
	return Time(time.Date(2026, time.November, 29, 7, 40, 0, 0, time.UTC).Add(d))
}

func afterOrNull(d time.Duration) *Time {
	at := after(d)
	return &at
}

func exampleInvitation() InvitationBody {
	return InvitationBody{Agency: AgencyBody{Name: "Northwind Automations", Color: "#0b6e4f", LogoURL: "/logo/" + exampleAgency},
		Inviter: "Nora Lindqvist", Email: "ops@acme.example", Standing: "invited", Payer: "agency", Message: "Here are your two workflows.",
		Grants: []OfferBody{{"instance", "Acme production", "read"}}, Offer: "5f0c2f0e7f5e4a52", ExpiresAt: after(7 * 24 * time.Hour)}
}

// exampleInvited is the invite as it is with a status, and what its timeline says then.
// exampleRoleID is the role that the examples give.
const exampleRoleID = "rol_01JZ8Y5W3RN6T0V4K2M9QXBDCE"

func exampleInvited(status string, events ...TimelineEvent) *InviteBody {
	b := &InviteBody{ID: exampleInvite, ClientID: exampleClient, Email: "ops@acme.example", Name: "Acme Ltd", Shown: "Acme Ltd",
		Payer: "agency", Status: status, Grants: []GrantBody{{exampleInstance, "read"}},
		Message: "Here are your two workflows.", Roles: []string{exampleRoleID}, Warnings: []WarningBody{},
		Reminders: InviteRemindersBody{Enabled: true},
		ExpiresAt: afterOrNull(7 * 24 * time.Hour), CreatedAt: after(0), Timeline: []TimelineBody{}}
	for n, e := range events {
		b.Timeline = append(b.Timeline, TimelineBody{Event: e, At: after(time.Duration(n*n*n) * time.Second)})
	}
	return b
}

func exampleClientBody(status string, i *InviteBody) ClientBody {
	return ClientBody{ID: exampleClient, Email: "ops@acme.example", Name: "Acme Ltd", Shown: "Acme Ltd", Status: status,
		Resources: []LinkedBody{{exampleInstance, "instance", "Acme production", "running", "read", nil}}, Invite: i, CreatedAt: after(0),
		SeenAt: afterOrNull(26*time.Hour + 20*time.Minute), Roles: []string{exampleRoleID}, Rules: RulesBody{}, Contacts: []string{},
		ExpiresAt: afterOrNull(300 * 24 * time.Hour)}
}

func exampleAgencyBody() *AgencyBody {
	return &AgencyBody{exampleAgency, "Northwind Automations", "#0b6e4f", "/logo/" + exampleAgency}
}

func exampleOwnAgency() OwnAgencyBody {
	return OwnAgencyBody{ID: exampleAgency, Name: "Northwind Automations", Color: "#0b6e4f", LogoURL: "/logo/" + exampleAgency, Plan: "max",
		CreatedAt: after(-90 * 24 * time.Hour), Limits: LimitsBody{InviteLimitBody{Quota: 10, Left: 7}}}
}

func exampleMoney(minor int64, text string) MoneyBody { return MoneyBody{minor, "EUR", text} }

func exampleContract() ContractBody {
	month, year := exampleMoney(4900, "€49.00"), exampleMoney(49000, "€490.00")
	b := ContractBody{Lines: []LineBody{{"hosting", "n8n Hosting, 30 GB", 30, month, year}}, Tax: "inclusive", TaxRate: 19,
		TaxText:  "incl. 19 % VAT",
		Month:    SumBody{exampleMoney(4118, "€41.18"), exampleMoney(782, "€7.82"), month},
		Year:     SumBody{exampleMoney(41176, "€411.76"), exampleMoney(7824, "€78.24"), year},
		PricesAt: after(0)}
	b.Saving.Amount, b.Saving.Percent = exampleMoney(9800, "€98.00"), 16
	return b
}

func examplePayment() *PaymentBody {
	return &PaymentBody{State: "active", Interval: "month", PaidAt: afterOrNull(26 * time.Hour), PeriodEnd: afterOrNull(746 * time.Hour)}
}

// examplePayerChange is the proposal that the agency pays from the next period on.
func examplePayerChange(state string) PayerChangeBody {
	deal := exampleContract()
	paid := func(payer string) PaidBody { return PaidBody{payer, "month", exampleMoney(4900, "€49.00"), &deal} }
	b := PayerChangeBody{ID: "pch_01JZ8Y5W3RN6T0V4K2M9QXBDCE", State: state, ProposedBy: "client", Payer: "client", Old: paid("client"),
		New: paid("agency"), ChangesAt: after(746 * time.Hour), Version: 1, Hash: exampleTerms, ProposedAt: after(48 * time.Hour),
		ExpiresAt: after(384 * time.Hour)}
	switch state {
	case "agreed":
		b.AgreedAt, b.AgreedHash = afterOrNull(50*time.Hour), exampleTerms
	case "declined", "withdrawn":
		b.EndedAt = afterOrNull(50 * time.Hour)
	}
	return b
}

// exampleTerms is the hash of its terms.
const exampleTerms = "5f0c2f0e7f5e4a525f0c2f0e7f5e4a52"

func exampleReceipt() ReceiptBody {
	return ReceiptBody{exampleContract(), examplePayment(), "de", "CONTRACT " + exampleInvite + "\n\nn8n Hosting, 30 GB\t€49.00 a month"}
}

func exampleResource() ResourceBody {
	return ResourceBody{ID: exampleInstance, Kind: "instance", Type: "n8n", Name: "Acme production", Status: "running", Linkable: true,
		URL: exampleN8N, Connected: true, CheckedAt: afterOrNull(0), AnsweredAt: afterOrNull(0), CreatedAt: after(-time.Hour)}
}

func exampleServiceBody() ResourceBody {
	return ResourceBody{ID: exampleService, Kind: "service", Type: "whatsapp", Name: "WhatsApp support line", Status: "active",
		Linkable: true, URL: "https://wa.example.com", CreatedAt: after(-time.Hour)}
}

func exampleSeers() SeersBody {
	return SeersBody{Clients: []SeerBody{{exampleClient, "Acme Ltd", "Acme Ltd", "active", "read"}}}
}

func exampleMemberBody(level string) MemberBody {
	return MemberBody{ID: exampleMember, Email: "dana@northwind.example", Name: "Dana Okafor", Level: level, Right: "administrator",
		AddedAt: afterOrNull(0)}
}

func exampleInternal() MemberBody {
	m := exampleMemberBody("employee")
	m.Email, m.Name, m.Right = "ops@acme.example", "Acme Ltd", "denied"
	return m
}

func exampleApp() PortalAppBody {
	return PortalAppBody{Installed: true, InstalledAt: afterOrNull(0), EmployeesInvite: true, TimeZone: "Europe/Berlin"}
}

func exampleIssuer(required bool) IssuerBody {
	const origin = "https://portal.example.com"
	return IssuerBody{Provider: &ProviderBody{Name: "Okta", Issuer: "https://id.northwind.example", ClientID: "0oa4fk2l9XqWmTz1d5d7",
		SetAt: after(0)}, Required: required, InForce: required, SignInAt: origin + "/sign-in/at/" + exampleAgency,
		Redirect: origin + "/sign-in/at/" + exampleAgency + "/from", Domains: []string{"northwind.example"}, Linked: 3, Members: 4}
}

func exampleKey() KeyBody {
	return KeyBody{ID: "key_01JZ8Y5W3RN6T0V4K2M9QXBDCE", Name: "CRM sync", Scopes: []string{"invites:write", "invites:read"}, Hint: "x7Qa",
		CreatedAt: after(0)}
}

func exampleEvent() EventBody {
	return EventBody{ID: "evt_01JZ8Y5W3RN6T0V4K2M9QXBDCE", At: after(0), Actor: PartyBody{exampleMember, "member", "Nora Lindqvist"},
		Action: "invite.created", Subject: PartyBody{exampleInvite, "invite", "Acme Ltd"}}
}

func exampleSession() SessionBody {
	return SessionBody{Email: "owner@northwind.example", Agency: &SessionAgency{exampleAgency, exampleMember}, SignedIn: after(0),
		ProvedAt: after(0), ExpiresAt: after(30 * 24 * time.Hour)}
}

func examplePortal() PortalBody {
	return PortalBody{Agency: exampleAgencyBody(), Access: "full", Modules: []string{"contact"},
		Instances: []PortalItem{{ID: exampleInstance, Name: "Acme production",
			Type: "n8n", Status: "running", Access: "read", URL: exampleN8N}}, Services: []PortalItem{}, Agencies: []*AgencyBody{}}
}

func examplePortalInstance() PortalInstanceBody {
	const id, name = "2tUt1wbLX592XDdX", "New orders to the ledger"
	return PortalInstanceBody{ID: exampleInstance, Name: "Acme production", Status: "running", Access: "write", URL: exampleN8N,
		Connected: true, CheckedAt: afterOrNull(0), AnsweredAt: afterOrNull(0),
		Workflows: []WorkflowBody{{id, name, true, afterOrNull(-time.Hour)}},
		Runs: []RunBody{{ID: "1042", WorkflowID: id, WorkflowName: name, Status: "error", StartedAt: afterOrNull(-2 * time.Second),
			StoppedAt: afterOrNull(0), Failure: &FailureBody{"The service refused the connection", "Post to the ledger",
				exampleN8N + "/workflow/" + id + "/executions/1042"}}}}
}

func exampleHome() HomeBody {
	return HomeBody{
		Tasks:     []TaskBody{{Kind: "link_requested", Text: "Acme Ltd asked for a new link.", At: after(0), ClientID: exampleClient}},
		Clients:   &ClientNumbersBody{Pending: 8, Active: 4, Inactive: 2, Reasons: map[string]int{"expired": 1, "declined": 1}},
		Instances: &InstanceNumbersBody{All: 9, Up: 5, Down: 1},
		Steps:     []FirstStepBody{}, Events: []EventBody{exampleEvent()},
	}
}

func exampleSandbox() SandboxBody {
	c := exampleClientBody("pending", exampleInvited("pending", "queued", "sent"))
	c.SeenAt = nil
	const at = "https://portal.example.com/sandbox/"
	return SandboxBody{Sandbox: true, Notice: "Sandbox: nothing here is real, no email is sent", Client: c,
		Invitation: exampleInvitation(), Portal: examplePortal(), Pages: SandboxPages{at + "email", at + "invitation", at + "portal"}}
}

func exampleExport() ExportBody {
	from := ExportAgency{exampleAgency, "Northwind Automations"}
	return ExportBody{ExportedAt: after(48 * time.Hour), Email: "ops@acme.example", FirstSignIn: afterOrNull(26 * time.Hour),
		Sessions: []OwnSessionBody{exampleOwnSession()},
		Links: []ExportLink{{Provider: "Google", Issuer: "https://accounts.google.com", Subject: "117031488295416321234",
			Email: "ops@acme.example", LinkedAt: after(26 * time.Hour)}},
		CodesAsked: []Time{after(26 * time.Hour)}, Workplaces: []ExportWork{{from, exampleMember, "Nora Lindqvist", "owner",
			[]NotificationBody{{"invite_accepted", "Invitation accepted", true}}, "soon"}},
		Requests: []ExportRequest{{exampleAgency, exampleRequest, "Pat Doe", after(0)}}, Passkeys: []PasskeyBody{examplePasskey()},
		Changes: []ExportChange{{At: after(27 * time.Hour), What: "passkey_added", Name: "iCloud Keychain", Device: "Safari, iOS"}},
		Portals: []ExportRelation{{Agency: from, ClientID: exampleClient, Name: "Acme Ltd", Status: "active", CreatedAt: after(0),
			Roles: []string{exampleRoleID}, Rules: RulesBody{}, Contacts: []string{},
			AcceptedAt: afterOrNull(26 * time.Hour), Resources: []ExportGrant{{exampleInstance, "Acme production", "read"}},
			Invite:         exampleInvited("accepted", "queued", "sent", "delivered", "opened", "signed_in", "accepted"),
			EarlierInvites: []ExportPast{}, Lists: []ExportList{{exampleBatch, after(0), "Acme Ltd"}}}}}
}

func exampleOwnSession() OwnSessionBody {
	return OwnSessionBody{ID: "ses_01JZ8Y5W3RN6T0V4K2M9QXBDCE", Current: true, Way: "passkey", Device: "Safari, iOS",
		Network: "203.0.113.0/24", SignedInAt: after(26 * time.Hour), ProvedAt: after(26 * time.Hour), ExpiresAt: after(362 * time.Hour)}
}

// listed is a list's last page.
func listed[T any](items ...T) any {
	return map[string]any{"items": items, "nextCursor": nil}
}

func exampleNotifications() any {
	return map[string]any{"items": []NotificationBody{{"invite_accepted", "Invitation accepted", true}}, "digest": "soon"}
}

func exampleMailSettings() MailSettingsBody {
	return MailSettingsBody{RemindersBody{Enabled: true, FirstDays: 2, LastHours: 24, Weekends: true}, "Europe/Berlin", "de"}
}

// exampleFiles are answers that are no JSON, by their media types.
func exampleFiles() map[string]string {
	const head = "id,at,actor,actorKind,actorName,action,subject,subjectKind,subjectName,detail\r\n"
	e := exampleEvent()
	line, err := json.Marshal(e)
	if err != nil {
		panic(err) // a test makes the document
	}
	return map[string]string{
		"text/csv": head + e.ID + ",2026-11-29T07:40:00Z," + e.Actor.ID + ",member,Nora Lindqvist,invite.created," + e.Subject.ID +
			",invite,Acme Ltd,\r\n",
		"application/jsonl": string(line) + "\n",
		"text/plain":        sender.ZoneFile(sender.Records(exampleClaim(asAsked).Wanted())),
	}
}

// exampleSheets are files that are sent, by the operation that takes them.
func exampleSheets() map[string]string {
	return map[string]string{
		"previewImport": "email,name,roles\r\nops@acme.example,Acme Ltd,Client\r\nops@acme.example,,\r\n",
	}
}

// examples are those of every operation that takes or gives JSON, by its ID.
func examples() map[string]example {
	all := map[string]example{}
	for _, of := range []map[string]example{inviteExamples(), clientExamples(), resourceExamples(), agencyExamples(), inviteeExamples(),
		personExamples(), senderExamples(), contactExamples(), roleExamples(), batchExamples(), sharingExamples(), hookExamples()} {
		maps.Copy(all, of)
	}
	return all
}

func raw(s string) json.RawMessage { return json.RawMessage(s) }

func inviteExamples() map[string]example {
	sent := exampleInvited("pending", "queued", "sent")
	draft := raw(`{"email":"ops@acme.example","name":"Acme Ltd","payer":"agency","grants":[{"resource":"` + exampleInstance +
		`","access":"read"}],"message":"Here are your two workflows."}`)
	next := exampleInvited("pending", "queued", "sent")
	next.Email = "pat@acme.example"
	quiet := exampleInvited("pending", "queued", "sent")
	quiet.Reminders.Enabled = false
	waits := exampleInvited("scheduled", "scheduled", "rescheduled")
	waits.SendAt, waits.TimeZone = afterOrNull(9*24*time.Hour+20*time.Minute), "Europe/Berlin"
	return map[string]example{
		"sendInvite":       exchanges(draft, sent),
		"previewInvite":    exchanges(draft, PreviewBody{examplePortal(), exampleInvitation(), []WarningBody{}}),
		"getInvite":        answers(exampleInvited("pending", "queued", "sent", "delivered", "opened")),
		"listInvites":      answers(listed(exampleInvited("pending", "queued", "sent", "delivered"))),
		"resendInvite":     exchanges(raw(`{"email":"ops@acme.example"}`), exampleInvited("pending", "queued", "sent", "resent", "sent")),
		"updateReminders":  exchanges(raw(`{"enabled":false}`), quiet),
		"rescheduleInvite": exchanges(raw(`{"sendAt":"2026-12-08T09:00","timeZone":"Europe/Berlin"}`), waits),
		"cancelInvite":     answers(exampleInvited("canceled", "queued", "sent", "canceled")),
		"approveProposal":  answers(next),
		"refuseProposal":   answers(exampleInvited("pending", "queued", "sent", "delivered", "opened", "address_proposed")),
		"quoteOrder":       exchanges(raw(`{"order":{"hosting":{"storageGb":30}}}`), exampleContract()),
		"getContract":      answers(exampleReceipt()),
	}
}

func clientExamples() map[string]example {
	accepted := exampleInvited("accepted", "queued", "sent", "delivered", "opened", "signed_in", "accepted")
	active := exampleClientBody("active", accepted)
	more := exampleClientBody("active", accepted)
	more.Resources[0].Access = "write"
	over := exampleClientBody("inactive", accepted)
	over.Resources, over.Reason, over.EndedBy, over.EndedAt = []LinkedBody{}, "removed", "agency", afterOrNull(90*24*time.Hour)
	return map[string]example{
		"listClients":  answers(listed(active)),
		"getClient":    answers(active),
		"updateClient": exchanges(raw(`{"name":"Acme Ltd","roles":["`+exampleRoleID+`"],"expiresAt":"2026-10-01T17:00:00Z"}`), active),
		"grantAccess":  exchanges(raw(`{"access":"write"}`), more),
		"removeClient": answers(over),

		"getPayerChange":      answers(examplePayerChange("proposed")),
		"proposePayerChange":  exchanges(raw(`{"to":"agency","interval":"month"}`), examplePayerChange("proposed")),
		"agreePayerChange":    exchanges(raw(`{"hash":"`+exampleTerms+`"}`), examplePayerChange("agreed")),
		"declinePayerChange":  answers(examplePayerChange("declined")),
		"withdrawPayerChange": answers(examplePayerChange("withdrawn")),
		"retryProvisioning": answers(ProgressBody{State: "retrying", Late: true, Reason: "There is no room left.",
			Steps: []StepBody{{"requested", after(0)}, {"creating", after(time.Minute)}, {"failed", after(5 * time.Minute)},
				{"retrying", after(time.Hour)}}}),
	}
}

func resourceExamples() map[string]example {
	instance, service := exampleResource(), exampleServiceBody()
	type seen struct {
		ResourceBody
		SeersBody
	}
	return map[string]example{
		"listInstances":      answers(listed(instance)),
		"connectInstance":    exchanges(raw(`{"name":"Acme production","url":"`+exampleN8N+`","apiKey":"eyJhbGciOiJIUzI1NiIs"}`), instance),
		"getInstance":        answers(seen{instance, exampleSeers()}),
		"updateInstance":     exchanges(raw(`{"name":"Acme production"}`), instance),
		"checkInstance":      answers(instance),
		"disconnectInstance": answers(exampleSeers()),
		"listServices":       answers(listed(service)),
		"connectService":     exchanges(raw(`{"type":"whatsapp","name":"WhatsApp support line","url":"https://wa.example.com"}`), service),
		"getService":         answers(seen{service, exampleSeers()}),
		"disconnectService":  answers(exampleSeers()),
	}
}

func exampleRoleIDBody() RoleBody {
	return RoleBody{ID: exampleRoleID, Name: "Client", Description: "For clients who see everything.", Active: true,
		Rules: RulesBody{"contact": {Fields: []string{"name", "email", "phone", "company"}, Actions: []string{"edit"}}}, Users: 14,
		CreatedAt: after(0)}
}

func roleExamples() map[string]example {
	role, off := exampleRoleIDBody(), exampleRoleIDBody()
	role.Users, off.Active = 0, false
	type tried struct {
		RoleBody
		Effect *EffectBody `json:"effect"`
	}
	until := afterOrNull(90 * 24 * time.Hour)
	rights := RightsBody{Modules: []string{"contact"}, Idle: []IdleBody{{"rol_01JZ8Y5W3RN6T0V4K2M9QXBDCF", "Contractor", "off", nil}},
		Items: []RightBody{
			{"contact", "fields", "phone", "Phone", true, []OriginBody{{"rol_01JZ8Y5W3RN6T0V4K2M9QXBDCE", "Client", "", until}},
				[]IdleBody{}, until},
			{"contact", "fields", "address", "Address", false, []OriginBody{}, []IdleBody{}, nil},
		}}
	lost := &EffectBody{Users: 14, Losing: 12, Lost: []LostBody{{"contact", "fields", "phone", "Phone", 12}}}
	return map[string]example{
		"listRoles": answers(listed(exampleRoleIDBody())),
		"createRole": exchanges(raw(`{"name":"Client","description":"For clients who see everything.","active":true,`+
			`"rules":{"contact":{"fields":["name","email","phone","company"],"actions":["edit"]}}}`), role),
		"getRole":    answers(exampleRoleIDBody()),
		"updateRole": exchanges(raw(`{"active":false}`), tried{off, lost}),

		"getClientRights": answers(rights),
		"previewAsClient": answers(LookBody{examplePortal(), rights}),
	}
}

func agencyExamples() map[string]example {
	fresh, made := exampleOwnAgency(), exampleKey()
	fresh.Plan, fresh.LogoURL, fresh.CreatedAt, fresh.Limits.Invites.Left = "free", "", after(0), 10
	made.Secret = "lkk_…x7Qa"
	return map[string]example{
		"getHome":            answers(exampleHome()),
		"openSandbox":        answers(exampleSandbox()),
		"getAgency":          answers(exampleOwnAgency()),
		"signUpAgency":       exchanges(raw(`{"name":"Northwind Automations","color":"#0b6e4f"}`), fresh),
		"getMailSettings":    answers(exampleMailSettings()),
		"updateMailSettings": exchanges(raw(`{"reminders":{"firstAfterDays":2,"weekends":true}}`), exampleMailSettings()),
		"updateBranding":     exchanges(raw(`{"name":"Northwind Automations","color":"#0b6e4f"}`), exampleOwnAgency()),
		"updateLogo":         answers(exampleOwnAgency()),
		"deleteAgency":       takes(raw(`{"name":"Northwind Automations"}`)),
		"startPlanUpgrade": exchanges(raw(`{"interval":"month"}`),
			CheckoutBody{"https://checkout.stripe.com/c/pay/cs_…", after(24 * time.Hour)}),
		"openAgencyBilling": exchanges(raw(`{"cancel":true}`), map[string]any{"url": "https://billing.stripe.com/p/session/…"}),
		"listMembers":       answers(listed(exampleMemberBody("owner"))),
		"addMember": exchanges(raw(`{"email":"dana@northwind.example","level":"admin"}`),
			AddedBody{exampleMemberBody("admin"), []WarningBody{}}),
		"getIssuer": answers(exampleIssuer(true)),
		"setIssuer": exchanges(raw(`{"name":"Okta","issuer":"https://id.northwind.example","clientId":"0oa4fk2l9XqWmTz1d5d7",`+
			`"clientSecret":"hM2v…"}`), exampleIssuer(false)),
		"requireIssuer":              exchanges(raw(`{"required":true}`), exampleIssuer(true)),
		"updateMember":               exchanges(raw(`{"level":"owner"}`), exampleMemberBody("owner")),
		"getPortalApp":               answers(exampleApp()),
		"installPortal":              answers(exampleApp()),
		"updatePortalSettings":       exchanges(raw(`{"employeesInvite":true,"timeZone":"Europe/Berlin"}`), exampleApp()),
		"makeInternal":               answers(exampleInternal()),
		"getNotificationSettings":    answers(exampleNotifications()),
		"updateNotificationSettings": exchanges(raw(`{"items":[{"kind":"invite_accepted","enabled":true}]}`), exampleNotifications()),
		"createApiKey":               exchanges(raw(`{"name":"CRM sync","scopes":["invites:write","invites:read"]}`), made),
		"listApiKeys":                answers(listed(exampleKey())),
		"listActivity":               answers(listed(exampleEvent())),
		"getHealth":                  answers(HealthBody{Status: "ok", Version: release.Version}),
	}
}

func inviteeExamples() map[string]example {
	portal, mine := "https://portal.example.com/portal?agency="+exampleAgency, raw(`{"agency":"`+exampleAgency+`"}`)
	return map[string]example{
		"viewInvitation": answers(exampleInvitation()),
		"acceptInvitation": exchanges(raw(`{"offer":"5f0c2f0e7f5e4a52"}`),
			map[string]any{"clientId": exampleClient, "agencyId": exampleAgency,
				"portalUrl": portal}),
		"startCheckout": exchanges(raw(`{"interval":"year"}`),
			CheckoutBody{"https://checkout.stripe.com/c/pay/cs_…", after(24 * time.Hour)}),
		"declineInvitation": takes(raw(`{"reason":"We work with somebody else now."}`)),
		"proposeAddress":    takes(raw(`{"email":"pat@acme.example"}`)),
		"getPortal":         answers(examplePortal()),
		"getPortalInstance": answers(examplePortalInstance()),
		"setWorkflowState":  exchanges(raw(`{"active":true}`), examplePortalInstance().Workflows[0]),
		"enterInstance": answers(EntryBody{State: "invited", Email: "ops@acme.example",
			URL: exampleN8N + "/signup?token=…"}),
		"getPortalContract": answers(exampleReceipt()),
		"openBillingPortal": exchanges(raw(`{"agency":"`+exampleAgency+`","cancel":true}`),
			map[string]any{"url": "https://billing.stripe.com/p/session/…"}),
		"getPortalPayerChange": answers(examplePayerChange("proposed")),
		"proposePortalPayerChange": exchanges(raw(`{"agency":"`+exampleAgency+`","to":"agency"}`),
			examplePayerChange("proposed")),
		"agreePortalPayerChange": exchanges(raw(`{"agency":"`+exampleAgency+`","hash":"`+exampleTerms+`"}`),
			examplePayerChange("agreed")),
		"declinePortalPayerChange":  exchanges(mine, examplePayerChange("declined")),
		"withdrawPortalPayerChange": answers(examplePayerChange("withdrawn")),
		"confirmCheckout": exchanges(mine, map[string]any{"joined": true, "payment": examplePayment(),
			"portalUrl": portal}),
	}
}

func personExamples() map[string]example {
	const flow = "s1.5f0c2f0e.8hYd0"
	return map[string]example{
		"requestSignInCode": exchanges(raw(`{"email":"owner@northwind.example"}`),
			map[string]any{"flow": flow, "warnings": []WarningBody{}}),
		"signIn": exchanges(raw(`{"email":"owner@northwind.example","code":"493021","flow":"`+flow+`"}`), exampleSession()),
		"stepUp": exchanges(raw(`{"code":"493021","flow":"`+flow+`"}`), exampleSession()),
		"beginPasskeySignIn": answers(map[string]any{"publicKey": RequestBody{Challenge: exampleChallenge, Timeout: 300000,
			RPID: exampleHost, Allow: []CredentialKind{}, UserVerification: "required"}}),
		"signInWithPasskey": exchanges(exampleAssertion(), exampleSession()),
		"beginPasskeyStepUp": answers(map[string]any{"publicKey": RequestBody{Challenge: exampleChallenge, Timeout: 300000,
			RPID: exampleHost, Allow: []CredentialKind{{"public-key", exampleCredential, []string{"internal", "hybrid"}}},
			UserVerification: "required"}}),
		"stepUpWithPasskey": exchanges(exampleAssertion(), exampleSession()),
		"listPasskeys":      answers(PasskeysBody{Items: []PasskeyBody{examplePasskey()}, RPID: exampleHost, UserHandle: exampleHandle}),
		"beginPasskey":      answers(map[string]any{"publicKey": exampleCreation()}),
		"addPasskey": exchanges(raw(`{"id":"`+exampleCredential+`","rawId":"`+exampleCredential+`","type":"public-key","response":`+
			`{"clientDataJSON":"`+exampleClientData("create")+`","attestationObject":"o2NmbXRk",`+
			`"transports":["internal","hybrid"]}}`), examplePasskey()),
		"renamePasskey": exchanges(raw(`{"name":"iCloud Keychain"}`), examplePasskey()),
		"getSession": answers(CurrentBody{exampleSession(),
			[]WaitingBody{{Agency: "Northwind Automations", AgencyID: exampleAgency, ExpiresAt: after(7 * 24 * time.Hour)}}}),
		"listIdentities": answers(map[string]any{"items": []IdentityBody{{ID: exampleCredential, Provider: "google", Name: "Google",
			Issuer: "https://accounts.google.com", Email: "ops@acme.example", LinkedAt: after(26 * time.Hour)}}, "nextCursor": nil,
			"providers": []string{"google"}}),
		"linkIdentity": exchanges(raw(`{"provider":"google"}`),
			map[string]string{"url": "https://accounts.google.com/o/oauth2/v2/auth?client_id=latchkey&response_type=code"}),
		"listSessions": answers(listed(exampleOwnSession())),
		"leavePortal":  takes(raw(`{"agency":"` + exampleAgency + `"}`)),
		"exportMyData": answers(exampleExport()),
	}
}

// What stands in examples of passkeys, in base64url.
const (
	exampleHost       = "portal.example.com"
	exampleCredential = "4fWqK0Y5hQ8m2nB7cX1vZ9sT3uD6eR0pL5aJ8gN2wM4" //nolint:gosec // an id that stands in the document
	exampleHandle     = "8gN2wM4yH7kQ1bF6xC34fWqK0Y5hQ8m2nB7cX1vZ9sQ"
	exampleChallenge  = "T3uD6eR0pL5aJ8gN2wM4yH7kQ1bF6xC34fWqK0Y5hQ8"
)

// exampleClientData is what a browser has signed in a ceremony.
func exampleClientData(ceremony string) string {
	return base64url([]byte(`{"type":"webauthn.` + ceremony + `","challenge":"` + exampleChallenge + `","origin":"https://` + exampleHost +
		`","crossOrigin":false}`))
}

func exampleAssertion() json.RawMessage {
	return raw(`{"id":"` + exampleCredential + `","rawId":"` + exampleCredential + `","type":"public-key","response":` +
		`{"clientDataJSON":"` + exampleClientData("get") + `","authenticatorData":"SZYN5YgO","signature":"MEUCIQDx",` +
		`"userHandle":"` + exampleHandle + `"}}`)
}

func examplePasskey() PasskeyBody {
	return PasskeyBody{ID: "psk_01JZ8Y5W3RN6T0V4K2M9QXBDCE", Name: "iCloud Keychain", Provider: "iCloud Keychain", Synced: true,
		CreatedAt: after(27 * time.Hour), LastUsedAt: afterOrNull(30 * time.Hour), CredentialID: exampleCredential}
}

func exampleCreation() CreationBody {
	var b CreationBody
	b.RP.ID, b.RP.Name = exampleHost, "Latchkey"
	b.User.ID, b.User.Name, b.User.DisplayName = exampleHandle, "ops@acme.example", "ops@acme.example"
	b.Challenge, b.Timeout, b.Attestation = exampleChallenge, 300000, "none"
	b.Parameters, b.Exclude = []ParameterBody{{"public-key", -7}, {"public-key", -8}, {"public-key", -257}}, []CredentialKind{}
	b.Selection.ResidentKey, b.Selection.RequireResidentKey, b.Selection.UserVerification = "required", true, "required"
	return b
}
