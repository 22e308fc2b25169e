package api

import (
	"context"
	"net/http"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/mailserver"
	"latchkey.dev/shared/domain/sender"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/senders"
	"latchkey.dev/shared/usecase/signin"
)

// DomainRef names a sender domain in the path.
type DomainRef struct {
	DomainID string `path:"domainId" example:"dom_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
}

type domainOutput struct{ Body DomainBody }

// shown answers with a domain.
func shown(v *senders.View, err error) (*domainOutput, error) {
	if err != nil {
		return nil, err
	}
	return &domainOutput{domainBody(v)}, nil
}

// onDomain is an operation on one domain that takes nothing but its id.
func onDomain(
	auth *signin.Authenticator, d described,
	act func(ctx context.Context, caller identity.Caller, which id.SenderDomain) (*senders.View, error),
) Operation {
	d.tag, d.status = tagSender, http.StatusOK
	d.codes = append(d.codes, fault.NotFound)
	return operation(auth, d, func(ctx context.Context, caller identity.Caller, in *DomainRef) (*domainOutput, error) {
		which, err := id.ParseSenderDomain(in.DomainID)
		if err != nil {
			return nil, err
		}
		return shown(act(ctx, caller, which))
	})
}

type listDomainsInput struct{ Paging }

type domainsOutput struct {
	Body struct {
		Items      []DomainBody `json:"items"`
		NextCursor *string      `json:"nextCursor" doc:"null on the last page."`
		Suggested  string       `json:"suggested,omitempty" doc:"One made of your own address." example:"mail.northwind.example"`
	}
}

// ListDomains lists the agency's sender domains.
func ListDomains(auth *signin.Authenticator, directory *senders.Directory) Operation {
	return operation(auth, described{
		id: "listDomains", method: http.MethodGet, who: identity.ByStaff(identity.AgencyRead), tag: tagSender, status: 200,
		summary: "List sender domains", description: "Your agency's domains, oldest first, each with its records and how they stand.",
	}, func(ctx context.Context, caller identity.Caller, in *listDomainsInput) (*domainsOutput, error) {
		o, err := directory.Overview(ctx, caller)
		if err != nil {
			return nil, err
		}
		page, next, err := pageOf(in.Paging, o.Claims, func(v **senders.View) string { return string((*v).ID) }, false, id.DomainPrefix)
		if err != nil {
			return nil, err
		}
		out := &domainsOutput{}
		out.Body.Items, out.Body.NextCursor, out.Body.Suggested = []DomainBody{}, next, string(o.Suggested)
		for _, v := range page {
			out.Body.Items = append(out.Body.Items, domainBody(v))
		}
		return out, nil
	})
}

type claimDomainInput struct {
	Once
	Prefer string `header:"Prefer" doc:"wait=10 holds the answer until the records are known, up to 10 seconds." example:"wait=10"`
	Body   struct {
		Domain string `json:"domain" doc:"What stands after the @ of your sender." example:"mail.northwind.example" maxLength:"600"`
	}
}

type createdDomainOutput struct {
	Location string `header:"Location"`
	Applied  string `header:"Preference-Applied"`
	Body     DomainBody
}

// ClaimDomain begins with a domain.
func ClaimDomain(auth *signin.Authenticator, claims *senders.Claims) Operation {
	return operation(auth, described{
		id: "claimDomain", method: http.MethodPost, who: identity.ByStaff(identity.AgencyWrite), tag: tagSender, status: 201,
		summary: "Add a sender domain",
		description: "Answers with the DNS records to publish. It takes a few seconds to know all of them: send Prefer: wait=10, or " +
			"poll Location until ready is true. Then publish them all and call checkDomain. Up to three domains at a time can" +
			" be set up, one in an agency's first week. One that isn't verified within 14 days is removed.",
		codes: []fault.Code{fault.Invalid, fault.PlanRequired, fault.Suspended, fault.AlreadyClaimed, fault.IdempotencyUsed},
	}, func(ctx context.Context, caller identity.Caller, in *claimDomainInput) (*createdDomainOutput, error) {
		v, err := claims.Claim(ctx, caller, in.Body.Domain, of(ctx).once)
		if err != nil {
			return nil, err
		}
		r := of(ctx)
		if v, err = claims.Await(ctx, v, r.wait); err != nil {
			return nil, err
		}
		return &createdDomainOutput{"/v1/sender-domains/" + string(v.ID), r.applied(), domainBody(v)}, nil
	}, func(in *claimDomainInput) error { return claims.Check(in.Body.Domain) })
}

// GetDomain reads a sender domain.
func GetDomain(auth *signin.Authenticator, directory *senders.Directory) Operation {
	return onDomain(auth, described{
		id: "getDomain", method: http.MethodGet, who: identity.ByStaff(identity.AgencyRead),
		summary: "Get a sender domain", description: "How it stood when we last looked. Asks no name server: checkDomain does.",
	}, directory.Get)
}

type updateDomainInput struct {
	DomainRef
	Body struct {
		BounceLabel *string `json:"bounceLabel,omitempty" doc:"1 to 63 letters, digits and hyphens. Empty for bounce." example:"bounce"`
	}
}

// UpdateDomain gives bounces another name.
func UpdateDomain(auth *signin.Authenticator, directory *senders.Directory, claims *senders.Claims) Operation {
	return operation(auth, described{
		id: "updateDomain", method: http.MethodPatch, who: identity.ByStaff(identity.SenderWrite).Stepped(), tag: tagSender, status: 200,
		summary: "Change a sender domain",
		description: "Gives bounces another name, where the usual one has an MX record already. Two records are others then: publish " +
			"them anew.",
		codes: []fault.Code{fault.Invalid, fault.NotFound, fault.NotActive},
	}, func(ctx context.Context, caller identity.Caller, in *updateDomainInput) (*domainOutput, error) {
		which, err := id.ParseSenderDomain(in.DomainID)
		if err != nil {
			return nil, err
		}
		if in.Body.BounceLabel == nil {
			return shown(directory.Get(ctx, caller, which))
		}
		v, err := claims.Bounces(ctx, caller, which, *in.Body.BounceLabel)
		if f := fault.As(err); f != nil && len(f.Fields) == 1 {
			f.Fields[0].Location = "bounceLabel" // which a form's field calls by another name
		}
		return shown(v, err)
	})
}

// ReleaseDomain gives a sender domain back.
func ReleaseDomain(auth *signin.Authenticator, claims *senders.Claims) Operation {
	return operation(auth, described{
		id: "releaseDomain", method: http.MethodDelete, who: identity.ByStaff(identity.SenderWrite).Stepped(), tag: tagSender, status: 204,
		summary: "Remove a sender domain",
		description: "Emails come from our own address at once. One that was verified is kept for your agency for 7 days: until then " +
			"getDomain lists the records to delete.",
		codes: []fault.Code{fault.NotFound},
	}, func(ctx context.Context, caller identity.Caller, in *DomainRef) (*noContent, error) {
		which, err := id.ParseSenderDomain(in.DomainID)
		if err != nil {
			return nil, err
		}
		_, err = claims.Release(ctx, caller, which)
		return nil, err
	})
}

// CheckDomain looks at a sender domain's records.
func CheckDomain(auth *signin.Authenticator, doctor *senders.Watched) Operation {
	return onDomain(auth, described{
		id: "checkDomain", method: http.MethodPost, who: identity.ByStaff(identity.AgencyWrite),
		summary: "Check a sender domain",
		description: "Asks your domain's own name servers for each record, within 5 seconds, and says of each what we found and what " +
			"to do. The first call says that the records are published: from then on we also look by ourselves, for 72 hours." +
			" Starts again a domain that failed or was disabled. Up to 60 times an hour; within 8 seconds the answer is the " +
			"last one.",
		codes: []fault.Code{fault.PlanRequired, fault.Suspended, fault.NotActive, fault.DomainTaken},
	}, doctor.Check)
}

type testDomainInput struct {
	DomainRef
	Prefer string `header:"Prefer" doc:"wait=10 holds the answer until the outcome is known, up to 10 seconds." example:"wait=10"`
}

type testedOutput struct {
	Applied string `header:"Preference-Applied"`
	Body    DomainBody
}

// tested is an operation that mails the caller from a domain.
func tested(auth *signin.Authenticator, d described, turn *senders.Switch, ownServer bool) Operation {
	d.method, d.who, d.tag, d.status = http.MethodPost, identity.ByStaff(identity.SenderWrite).Stepped(), tagSender, http.StatusOK
	d.codes = []fault.Code{fault.NotFound, fault.PlanRequired, fault.Suspended, fault.NotActive}
	return operation(auth, d, func(ctx context.Context, caller identity.Caller, in *testDomainInput) (*testedOutput, error) {
		which, err := id.ParseSenderDomain(in.DomainID)
		if err != nil {
			return nil, err
		}
		act := turn.Test
		if ownServer {
			act = turn.TestServer
		}
		v, err := act(ctx, caller, which)
		if err != nil {
			return nil, err
		}
		r := of(ctx)
		if v, err = turn.Await(ctx, v, r.wait); err != nil {
			return nil, err
		}
		return &testedOutput{r.applied(), domainBody(v)}, nil
	})
}

// SendTestMail mails the caller from a domain.
func SendTestMail(auth *signin.Authenticator, turn *senders.Switch) Operation {
	return tested(auth, described{
		id:      "sendTestMail",
		summary: "Send yourself a test email",
		description: "Goes to your own address, the way invitations do. Once it's delivered, you can switch the domain on. Poll " +
			"getDomain until test.outcome isn't pending. Up to 5 an hour.",
	}, turn, false)
}

// TestSMTP mails the caller through the agency's own server.
func TestSMTP(auth *signin.Authenticator, turn *senders.Switch) Operation {
	return tested(auth, described{
		id:      "testSmtp",
		summary: "Test your mail server",
		description: "Sends a real email to your own address through it, by the code that sends invitations. If a step fails, " +
			"test.detail says which one and what your server said. Up to 5 an hour, with sendTestMail.",
	}, turn, true)
}

// EnableDomain switches a sender domain on.
func EnableDomain(auth *signin.Authenticator, turn *senders.Switch) Operation {
	return onDomain(auth, described{
		id: "enableDomain", method: http.MethodPost, who: identity.ByStaff(identity.SenderWrite).Stepped(),
		summary: "Switch a sender domain on",
		description: "From now on emails to your clients come from it, and from no other of your domains. Takes a test email that was " +
			"delivered. All owners are emailed.",
		codes: []fault.Code{fault.PlanRequired, fault.Suspended, fault.NotActive},
	}, turn.Enable)
}

// DisableDomain switches a sender domain off.
func DisableDomain(auth *signin.Authenticator, turn *senders.Switch) Operation {
	return onDomain(auth, described{
		id: "disableDomain", method: http.MethodPost, who: identity.ByStaff(identity.SenderWrite).Stepped(),
		summary:     "Switch a sender domain off",
		description: "Emails to your clients come from our own address again. The domain stays verified. All owners are emailed.",
	}, turn.Disable)
}

type setSMTPInput struct {
	DomainRef
	Body struct {
		Host     string  `json:"host" doc:"A name, no IP address." example:"smtp.northwind.example" maxLength:"600"`
		Port     int     `json:"port,omitempty" doc:"465, 587 or 2525. Follows security if left out." example:"587"`
		Security string  `json:"security,omitempty" enum:"tls,starttls" doc:"TLS from the first byte, or STARTTLS. Follows port."`
		User     string  `json:"user" example:"invites@mail.northwind.example" maxLength:"2000"`
		Password *string `json:"password,omitempty" doc:"Never shown again. Left out, the stored one is kept for the same host and port."`
	}
}

// server is the server as the use case takes it.
func (in *setSMTPInput) server() senders.Server {
	b := in.Body
	return senders.Server{Host: b.Host, Port: b.Port, Security: mailserver.Security(b.Security), User: b.User, Password: b.Password}
}

// SetSMTP has a domain's mail go by the agency's own server.
func SetSMTP(auth *signin.Authenticator, servers *senders.Servers) Operation {
	return operation(auth, described{
		id: "setSmtp", method: http.MethodPut, who: identity.ByStaff(identity.SenderWrite).Stepped(), tag: tagSender, status: 200,
		summary: "Use your own mail server",
		description: "Emails from this domain go through your server, with TLS and a certificate that we check. Of the records only " +
			"the TXT record of the proof is needed then. The domain is switched off until a test email through the server is " +
			"delivered. After three emails in a row that the server refuses we use our own sender.",
		codes: []fault.Code{fault.Invalid, fault.NotFound, fault.PlanRequired, fault.Suspended, fault.NotActive},
	}, func(ctx context.Context, caller identity.Caller, in *setSMTPInput) (*domainOutput, error) {
		which, err := id.ParseSenderDomain(in.DomainID)
		if err != nil {
			return nil, err
		}
		return shown(servers.Set(ctx, caller, which, in.server()))
	}, func(in *setSMTPInput) error { return servers.Check(in.server()) })
}

// RemoveSMTP forgets the agency's own server.
func RemoveSMTP(auth *signin.Authenticator, servers *senders.Servers) Operation {
	return onDomain(auth, described{
		id: "removeSmtp", method: http.MethodDelete, who: identity.ByStaff(identity.SenderWrite).Stepped(),
		summary: "Stop using your own mail server",
		description: "We forget the server and its password. Amazon SES sends from this domain once all of its records are right and a" +
			" test email is delivered.",
	}, servers.Remove)
}

type sendRecordsInput struct {
	DomainRef
	Once
	Body struct {
		Email string `json:"email" doc:"Whoever runs your DNS." example:"pat@hosting.example" maxLength:"320"`
	}
}

// SendDomainRecords hands the records to whoever runs the domain's DNS.
func SendDomainRecords(auth *signin.Authenticator, records *senders.Records) Operation {
	return operation(auth, described{
		id: "sendDomainRecords", method: http.MethodPost, who: identity.ByStaff(identity.AgencyWrite), tag: tagSender, status: 200,
		summary: "Email the records to somebody",
		description: "Emails a link that shows the records and nothing else, without signing in. It works for 14 days, or until you " +
			"end it. The email is from our own sender and has no words of yours. Up to 5 a day.",
		codes: []fault.Code{fault.Invalid, fault.NotFound, fault.PlanRequired, fault.Suspended, fault.NotActive, fault.IdempotencyUsed},
	}, func(ctx context.Context, caller identity.Caller, in *sendRecordsInput) (*domainOutput, error) {
		which, err := id.ParseSenderDomain(in.DomainID)
		if err != nil {
			return nil, err
		}
		return shown(records.Send(ctx, caller, which, in.Body.Email, of(ctx).once))
	}, func(in *sendRecordsInput) error { return records.Check(in.Body.Email) })
}

type revokeRecordsInput struct {
	DomainRef
	Link string `query:"link" maxLength:"40" doc:"Only this one of links." example:"01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
}

// RevokeDomainRecords ends links to the records.
func RevokeDomainRecords(auth *signin.Authenticator, records *senders.Records) Operation {
	return operation(auth, described{
		id: "revokeDomainRecords", method: http.MethodDelete, who: identity.ByStaff(identity.AgencyWrite),
		tag: tagSender, status: 200,
		summary:     "End the links to the records",
		description: "All of them, or the one that link names. Whoever opens one then reads that it doesn't work any more.",
		codes:       []fault.Code{fault.NotFound},
	}, func(ctx context.Context, caller identity.Caller, in *revokeRecordsInput) (*domainOutput, error) {
		which, err := id.ParseSenderDomain(in.DomainID)
		if err != nil {
			return nil, err
		}
		return shown(records.Revoke(ctx, caller, which, in.Link))
	})
}

type zoneFileOutput struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

// GetZoneFile gives a domain's records as a zone file.
func GetZoneFile(auth *signin.Authenticator, directory *senders.Directory) Operation {
	return operation(auth, described{
		id: "getZoneFile", method: http.MethodGet, who: identity.ByStaff(identity.AgencyRead), tag: tagSender, status: 200,
		summary:     "Get the records as a zone file",
		description: "The records to publish, for providers that import them. Names are whole and end in a dot.",
		gives:       []string{"text/plain"},
		codes:       []fault.Code{fault.NotFound, fault.NotActive},
	}, func(ctx context.Context, caller identity.Caller, in *DomainRef) (*zoneFileOutput, error) {
		which, err := id.ParseSenderDomain(in.DomainID)
		if err != nil {
			return nil, err
		}
		d, file, err := directory.ZoneFile(ctx, caller, which)
		if err != nil {
			return nil, err
		}
		return &zoneFileOutput{"text/plain; charset=utf-8", `attachment; filename="` + string(d) + `.zone"`, []byte(file)}, nil
	})
}

type recordsTokenInput struct {
	Token string `path:"token" doc:"The emailed link's secret." example:"lkr_4fWqK0Y5hQ8m2nB7cX1v"`
}

type sharedRecordsOutput struct{ Body SharedRecordsBody }

// ViewDomainRecords shows the records to whoever has a link to them.
func ViewDomainRecords(auth *signin.Authenticator, links *senders.Links) Operation {
	return operation(auth, described{
		id: "viewDomainRecords", method: http.MethodGet, who: identity.ByHolder, tag: tagSender, status: 200,
		summary:     "View the records by a link",
		description: "What an emailed link shows: the records to publish, and how they stood when we last looked.",
		codes:       []fault.Code{fault.Gone},
	}, func(ctx context.Context, _ identity.Caller, in *recordsTokenInput) (*sharedRecordsOutput, error) {
		s, err := links.View(ctx, in.Token)
		if err != nil {
			return nil, err
		}
		b := SharedRecordsBody{s.Agency, string(s.Domain), s.Domain.Shown(), recordBodies(s.Lines), Time(s.ExpiresAt)}
		return &sharedRecordsOutput{b}, nil
	})
}

// senderBody is how an agency's emails go out, for the caller. From is the platform's own address.
func senderBody(caller identity.Caller, s *senders.Settings, from string, stored *sender.Settings, out sender.Outgoing) SenderBody {
	b := SenderBody{Name: stored.Name, Local: stored.LocalOr(), ReplyTo: string(stored.ReplyTo), Way: string(out.Way),
		Address: string(out.Address), DomainID: string(out.ID), Why: out.Why}
	name := out.Name
	if out.Way == sender.ByPlatform {
		b.Address, name = from, words.Say("mail.from_name", "agency", out.Name, "platform", s.Platform)
	}
	b.Preview = SenderPreviewBody{From: name + " <" + b.Address + ">", ReplyTo: string(out.ReplyTo)}
	if b.Preview.ReplyTo == "" && caller.SignedIn() {
		b.Preview.ReplyTo = string(caller.Email)
	}
	return b
}

type senderOutput struct{ Body SenderBody }

// GetSender reads how the agency's emails go out.
func GetSender(auth *signin.Authenticator, settings *senders.Settings, from string) Operation {
	return operation(auth, described{
		id: "getSender", method: http.MethodGet, who: identity.ByStaff(identity.AgencyRead), tag: tagSender, status: 200,
		summary:     "Get the sender",
		description: "Which address emails to your clients come from right now, and why, if it isn't your domain.",
	}, func(ctx context.Context, caller identity.Caller, _ *struct{}) (*senderOutput, error) {
		stored, out, err := settings.Get(ctx, caller)
		if err != nil {
			return nil, err
		}
		return &senderOutput{senderBody(caller, settings, from, stored, out)}, nil
	})
}

type updateSenderInput struct {
	Body struct {
		Name    *string `json:"name,omitempty" doc:"Up to 64 characters. Empty for your agency's name." example:"Northwind Automations"`
		Local   *string `json:"local,omitempty" doc:"What stands before the @. Empty for invites." example:"invites"`
		ReplyTo *string `json:"replyTo,omitempty" doc:"Where answers go. Empty for whoever invites." example:"hello@northwind.example"`
	}
}

// form is the settings as the use case takes them.
func (in *updateSenderInput) form() senders.Form {
	return senders.Form{Name: in.Body.Name, Local: in.Body.Local, ReplyTo: in.Body.ReplyTo}
}

// UpdateSender changes what the sender is called.
func UpdateSender(auth *signin.Authenticator, settings *senders.Settings, from string) Operation {
	return operation(auth, described{
		id: "updateSender", method: http.MethodPatch, who: identity.ByStaff(identity.SenderWrite).Stepped(), tag: tagSender, status: 200,
		summary:     "Change the sender",
		description: "Fields you leave out don't change, and an empty text is the default. All owners are emailed.",
		codes:       []fault.Code{fault.Invalid},
	}, func(ctx context.Context, caller identity.Caller, in *updateSenderInput) (*senderOutput, error) {
		stored, out, err := settings.Update(ctx, caller, in.form())
		if err != nil {
			return nil, err
		}
		return &senderOutput{senderBody(caller, settings, from, stored, out)}, nil
	}, func(in *updateSenderInput) error { return settings.Check(in.form()) })
}
