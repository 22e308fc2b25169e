package api

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/clients"
	"latchkey.dev/shared/usecase/onboarding"
	"latchkey.dev/shared/usecase/signin"
)

// GrantBody opens one instance or service to the client.
type GrantBody struct {
	Resource string `json:"resource" doc:"An instance's or a service's ID." example:"ins_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	Access   string `json:"access" doc:"read (Read-only) or write (Read-write: can switch workflows on and off)." example:"read"`
}

// OrderBody is what a client that pays is asked to buy.
type OrderBody struct {
	Hosting  *HostingBody `json:"hosting,omitempty" doc:"n8n Hosting: a new n8n instance that the client owns."`
	WhatsApp bool         `json:"whatsapp,omitempty" doc:"WhatsApp Service."`
}

// HostingBody is an n8n instance to buy.
type HostingBody struct {
	StorageGB int `json:"storageGb" doc:"10, 30 or 50." example:"30"`
}

// TimelineBody is one line of an invite's delivery timeline.
type TimelineBody struct {
	Event  TimelineEvent `json:"event" example:"delivered"`
	At     Time          `json:"at"`
	Detail string        `json:"detail,omitempty" example:"the mailbox is full"`
}

// TimelineEvent is what happened to an invite.
type TimelineEvent string

// Schema says which events there are. They are too many for a tag of the field.
func (TimelineEvent) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Enum: []any{
		"queued", "sent", "delivered", "delayed", "bounced", "complained", "opened", "signed_in", "accepted", "resent", "canceled",
		"declined", "address_proposed", "expired", "new_link_requested", "failed", "scheduled", "rescheduled", "reminded", "not_reminded",
	}}
}

// InviteBody is an invite.
type InviteBody struct {
	ID        string              `json:"id" example:"in_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	ClientID  string              `json:"clientId" example:"cl_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	Email     string              `json:"email" example:"ops@acme.example"`
	Name      string              `json:"name" doc:"The client's name. Empty if none was given." example:"Acme Ltd"`
	Shown     string              `json:"displayName" doc:"The name, or the address if there is none." example:"Acme Ltd"`
	Payer     string              `json:"payer" enum:"agency,client"`
	Status    string              `json:"status" enum:"sending,pending,accepted,canceled,expired,failed,scheduled"`
	Reason    string              `json:"reason,omitempty" doc:"Why it failed, or why the email bounced."`
	Grants    []GrantBody         `json:"grants"`
	Order     *OrderBody          `json:"order" doc:"null if the client buys nothing. Prices are in getContract."`
	Payment   *PaymentBody        `json:"payment" doc:"null if the client buys nothing."`
	Message   string              `json:"message,omitempty"`
	Roles     []string            `json:"roles" nullable:"false" doc:"Roles they get in Client Portal when they accept."`
	Contact   string              `json:"contact,omitempty" doc:"The contact they will be linked to."`
	Until     *Time               `json:"accessExpiresAt" doc:"When their access will end. null if it doesn't."`
	ExpiresAt *Time               `json:"expiresAt"`
	SendAt    *Time               `json:"sendAt" doc:"With scheduled: about when it goes out. null if it was never scheduled."`
	TimeZone  string              `json:"timeZone,omitempty" doc:"The client's, as far as it's known." example:"Europe/Berlin"`
	Language  string              `json:"language,omitempty" doc:"The one you gave. Left out if it's your agency's." example:"de"`
	CreatedAt Time                `json:"createdAt"`
	Reminders InviteRemindersBody `json:"reminders"`
	Timeline  []TimelineBody      `json:"timeline"`
	Warnings  []WarningBody       `json:"warnings" nullable:"false" doc:"What may be a mistake. It's sent all the same."`
}

// WarningBody is what looks like a mistake in a request that was carried out as it was sent.
type WarningBody struct {
	Location   string `json:"location" doc:"The field, as errors name it." example:"email"`
	Code       string `json:"code" enum:"typing_error" example:"typing_error"`
	Message    string `json:"message" example:"Did you mean ops@gmail.com?"`
	Suggestion string `json:"suggestion" doc:"What was probably meant." example:"ops@gmail.com"`
}

// warnings are about an address to which something goes.
func warnings(to email.Address) []WarningBody {
	if m := to.Meant(); m != "" {
		return []WarningBody{{"email", "typing_error", words.Say("meant.title", "email", m), string(m)}}
	}
	return []WarningBody{}
}

func inviteBody(c *client.Client, now time.Time) *InviteBody {
	i := c.Invite
	b := &InviteBody{ID: string(i.ID), ClientID: string(c.ID), Email: string(c.Email), Name: c.Name, Shown: c.DisplayName(),
		Payer: string(i.Payer), Status: string(i.At(now)), Reason: i.Reason, Order: orderBody(i.Contract), Payment: paymentBody(c),
		Roles: texts(i.Roles), Contact: string(i.Contact), Until: orNull(i.AccessUntil), Grants: []GrantBody{},
		TimeZone: cmp.Or(c.OwnZone, c.Zone), Reminders: inviteReminders(c, now), Language: string(i.Language),
		Message: i.Message, ExpiresAt: orNull(i.ExpiresAt), SendAt: orNull(i.SendAt), CreatedAt: Time(i.CreatedAt),
		Timeline: []TimelineBody{}, Warnings: []WarningBody{}}
	if i.Status != invite.Accepted { // then somebody reads mail there
		b.Warnings = warnings(c.Email)
	}
	for _, g := range i.Grants {
		b.Grants = append(b.Grants, GrantBody{string(g.Resource), string(g.Access)})
	}
	for _, e := range i.Timeline {
		b.Timeline = append(b.Timeline, TimelineBody{TimelineEvent(e.Name), Time(e.At), e.Detail})
	}
	return b
}

// DraftBody is an invite as its sender writes it.
type DraftBody struct {
	Email   string      `json:"email" doc:"The address, or \"Acme Ltd <ops@acme.example>\"." example:"ops@acme.example" maxLength:"600"`
	Name    string      `json:"name,omitempty" doc:"The client's name, for your list and the email." example:"Acme Ltd"`
	Payer   string      `json:"payer,omitempty" doc:"agency (You Pay, default) or client (Ask Client to Pay). Final." example:"agency"`
	Grants  []GrantBody `json:"grants,omitempty" doc:"With payer agency: what you share with them."`
	Order   *OrderBody  `json:"order,omitempty" doc:"With payer client: what you ask them to buy."`
	Message string      `json:"message,omitempty" doc:"Shown in the email. Up to 500 characters." example:"Here are your two workflows."`
	Roles   []string    `json:"roles,omitempty" doc:"IDs of up to 10 roles. They get those still active when they accept."`
	Contact string      `json:"contact,omitempty" doc:"The contact they are linked to then." example:"con_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	Until   string      `json:"accessExpiresAt,omitempty" doc:"RFC 3339. When their access ends." example:"2027-01-31T17:00:00Z"`

	SendAt    string `json:"sendAt,omitempty" doc:"5 minutes to 30 days ahead. RFC 3339, or local to timeZone." example:"2026-12-08T09:00"`
	TimeZone  string `json:"timeZone,omitempty" doc:"The client's, or else the known one or yours. An IANA name." example:"Europe/Berlin"`
	Language  string `json:"language,omitempty" doc:"Of the invitation, as in updateMailSettings. Your agency's if left out." example:"de"`
	Reminders *bool  `json:"reminders,omitempty" doc:"false to never remind them of this invite." example:"true"`
}

// draft is the body as the use case takes it.
func (b DraftBody) draft() onboarding.Draft {
	d := onboarding.Draft{Email: b.Email, Name: b.Name, Payer: invite.Payer(b.Payer), Message: b.Message, SendAt: b.SendAt,
		Zone: b.TimeZone, Quiet: b.Reminders != nil && !*b.Reminders, Language: b.Language}
	if d.Payer == "" {
		d.Payer = invite.AgencyPays
	}
	for _, g := range b.Grants {
		which, err := id.ParseResource(g.Resource)
		if err != nil {
			which = "" // the use case says so at the field, with all else that is wrong
		}
		d.Grants = append(d.Grants, instance.Grant{Resource: which, Access: instance.Access(g.Access)})
	}
	if o := b.Order; o != nil {
		d.Order = &onboarding.Order{WhatsApp: o.WhatsApp}
		if o.Hosting != nil {
			d.Order.Hosting, d.Order.StorageGB = true, o.Hosting.StorageGB
		}
	}
	for _, r := range b.Roles {
		which, err := id.ParseRole(r)
		if err != nil {
			which = "" // as above
		}
		d.Roles = append(d.Roles, which)
	}
	d.Contact = contactOf(b.Contact)
	d.Until, _ = momentOrNever("accessExpiresAt", b.Until) // what cannot be read was refused by check
	return d
}

// check says what is wrong with the body as far as it alone says it.
func (b DraftBody) check() error {
	_, err := momentOrNever("accessExpiresAt", b.Until)
	return fault.Together(b.draft().Check(), err)
}

// contactOf is the contact of the id; one that cannot be for what is no id, which is not found then.
func contactOf(s string) id.Contact {
	which, err := id.ParseContact(s)
	if err != nil && s != "" {
		return "none"
	}
	return which
}

// texts are ids as the API has them: an empty list for none.
func texts[T ~string](all []T) []string {
	out := make([]string, len(all))
	for n, x := range all {
		out[n] = string(x)
	}
	return out
}

type sendInput struct {
	Once
	Waiting

	Body DraftBody
}

type inviteOutput struct {
	Status   int
	Location string `header:"Location"`
	Applied  string `header:"Preference-Applied"`
	Body     *InviteBody
}

// SendInvite invites a client.
func SendInvite(auth *signin.Authenticator, inviter *onboarding.Inviter) Operation {
	return operation(auth, described{
		id: "sendInvite", method: http.MethodPost, who: identity.ByPortal(identity.InvitesWrite, identity.Invite),
		tag: tagInvites, status: 201,
		summary: "Send an invite",
		description: "Creates an invite and emails its link. With Prefer: wait=10 the answer is 201 once the email is sent. " +
			"Without it the answer is 202 and the email follows: poll Location until status isn't sending. With sendAt the answer is " +
			"201 and the email goes out then: this hour's ten count at that time. If the email" +
			" can't be sent, the invite is undone and doesn't count towards this hour's ten.",
		codes: []fault.Code{fault.Invalid, fault.PlanRequired, fault.Suspended, fault.AlreadyInvited, fault.AlreadyClient,
			fault.PayerFixed, fault.MailRefused, fault.PaymentsOff, fault.IdempotencyUsed, fault.RateLimited, fault.NotFound,
			fault.AlreadyLinked},
	}, func(ctx context.Context, caller identity.Caller, in *sendInput) (*inviteOutput, error) {
		c, err := inviter.Send(ctx, caller, in.Body.draft(), of(ctx).once)
		return mailed(ctx, auth, inviter, c, err, http.StatusCreated)
	}, func(in *sendInput) error { return in.Body.check() })
}

// awaiter waits for what becomes of an invite's mail.
type awaiter interface {
	Await(ctx context.Context, c *client.Client, d time.Duration) (*client.Client, error)
}

// mailed answers for an invite whose mail was asked for: with what became of it where the caller waits for that.
func mailed(ctx context.Context, auth *signin.Authenticator, mail awaiter, c *client.Client, err error, done int) (*inviteOutput, error) {
	if err != nil {
		return nil, err
	}
	r := of(ctx)
	if c, err = mail.Await(ctx, c, r.wait); err != nil {
		return nil, err
	}
	out := &inviteOutput{Status: done, Location: "/v1/invites/" + string(c.Invite.ID), Applied: r.applied(),
		Body: inviteBody(c, auth.Now())}
	if m := c.Invite.Mail.State; m == invite.MailQueued || m == invite.MailClaimed {
		out.Status = http.StatusAccepted
	}
	return out, nil
}

// InviteRef names an invite in the path.
type InviteRef struct {
	InviteID string `path:"inviteId" example:"in_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
}

type inviteAnswer struct{ Body *InviteBody }

// GetInvite reads an invite.
func GetInvite(auth *signin.Authenticator, invites *onboarding.Invites) Operation {
	return operation(auth, described{
		id: "getInvite", method: http.MethodGet, who: identity.ByPortal(identity.InvitesRead, identity.See),
		tag: tagInvites, status: 200,
		summary:     "Get an invite",
		description: "An invite whose email couldn't be sent can be read for a day, with its reason.",
		codes:       []fault.Code{fault.NotFound},
	}, func(ctx context.Context, caller identity.Caller, in *InviteRef) (*inviteAnswer, error) {
		which, err := id.ParseInvite(in.InviteID)
		if err != nil {
			return nil, err
		}
		c, err := invites.Get(ctx, caller, which)
		if err != nil {
			return nil, err
		}
		return &inviteAnswer{inviteBody(c, auth.Now())}, nil
	})
}

type resendInput struct {
	InviteRef
	Once
	Waiting

	Body *struct {
		Payer string `json:"payer,omitempty" doc:"If given, it must match: who pays can't change."`
		Email string `json:"email,omitempty" doc:"If given, it must match: the address can't change."`
	} `required:"false"`
}

// ResendInvite mails an invite again, with a new link.
func ResendInvite(auth *signin.Authenticator, inviter *onboarding.Inviter) Operation {
	return operation(auth, described{
		id: "resendInvite", method: http.MethodPost, who: identity.ByPortal(identity.InvitesWrite, identity.Invite),
		tag: tagInvites, status: 200,
		summary: "Send an invite again",
		description: "Emails a new link, good for another seven days. The old link stops working once the new email is sent. " +
			"Wait a minute between emails. Up to five times a day, and each counts towards the hour's ten invites.",
		codes: []fault.Code{fault.Invalid, fault.PlanRequired, fault.Suspended, fault.NotFound, fault.NotPending, fault.StillSending,
			fault.PayerFixed, fault.EmailFixed, fault.MailRefused, fault.IdempotencyUsed, fault.RateLimited},
	}, func(ctx context.Context, caller identity.Caller, in *resendInput) (*inviteOutput, error) {
		var same onboarding.Unchanged
		if in.Body != nil {
			same = onboarding.Unchanged{Payer: invite.Payer(in.Body.Payer), Email: in.Body.Email}
		}
		which, err := id.ParseInvite(in.InviteID)
		if err != nil {
			return nil, err
		}
		c, err := inviter.Resend(ctx, caller, which, same, of(ctx).once)
		return mailed(ctx, auth, inviter, c, err, http.StatusOK)
	})
}

// CancelInvite ends an invite.
func CancelInvite(auth *signin.Authenticator, canceller *onboarding.Canceller) Operation {
	return operation(auth, described{
		id: "cancelInvite", method: http.MethodPost, who: identity.ByPortal(identity.InvitesWrite, identity.Invite),
		tag: tagInvites, status: 200,
		summary:     "Cancel an invite",
		description: "Its link answers 410 from now on. You can invite the address again.",
		codes:       []fault.Code{fault.NotFound, fault.NotPending, fault.AlreadyPaid},
	}, func(ctx context.Context, caller identity.Caller, in *InviteRef) (*inviteAnswer, error) {
		which, err := id.ParseInvite(in.InviteID)
		if err != nil {
			return nil, err
		}
		c, err := canceller.Cancel(ctx, caller, which)
		if err != nil {
			return nil, err
		}
		return &inviteAnswer{inviteBody(c, auth.Now())}, nil
	})
}

type listInvitesInput struct {
	Paging
	Status string `query:"status" enum:"sending,pending,accepted,canceled,expired,failed,scheduled" doc:"Only invites in this state."`
}

type invitesOutput struct {
	Body struct {
		Items      []*InviteBody `json:"items"`
		NextCursor *string       `json:"nextCursor" doc:"null on the last page."`
	}
}

// ListInvites lists each client's current invite.
func ListInvites(auth *signin.Authenticator, directory *clients.Directory) Operation {
	return operation(auth, described{
		id: "listInvites", method: http.MethodGet, who: identity.ByPortal(identity.InvitesRead, identity.See),
		tag: tagInvites, status: 200,
		summary:     "List invites",
		description: "Each client's current invite, newest client first.",
		codes:       []fault.Code{fault.Invalid},
	}, func(ctx context.Context, caller identity.Caller, in *listInvitesInput) (*invitesOutput, error) {
		q, err := in.query()
		if err != nil {
			return nil, err
		}
		q.Invite = in.Status
		found, next, err := directory.Invites(ctx, caller, q)
		if err != nil {
			return nil, err
		}
		out := &invitesOutput{}
		out.Body.Items, out.Body.NextCursor = []*InviteBody{}, cursor(next)
		for i := range found {
			out.Body.Items = append(out.Body.Items, inviteBody(&found[i], auth.Now()))
		}
		return out, nil
	})
}
