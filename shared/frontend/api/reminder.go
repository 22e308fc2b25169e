package api

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/reminder"
	"latchkey.dev/shared/domain/timezone"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/agencies"
	"latchkey.dev/shared/usecase/onboarding"
	"latchkey.dev/shared/usecase/signin"
)

// MailSettingsBody is which emails an agency's clients get besides those that they need.
type MailSettingsBody struct {
	Reminders RemindersBody `json:"reminders"`
	TimeZone  string        `json:"timeZone" doc:"Your agency's. It holds for clients whose own isn't known." example:"Europe/Berlin"`
	Language  string        `json:"language" enum:"en,de,fr,es,it,nl,pt-BR,pl,he" doc:"Of emails to clients whose own isn't known."`
}

// RemindersBody is how clients are reminded of invitations.
type RemindersBody struct {
	Enabled   bool `json:"enabled" example:"true"`
	FirstDays int  `json:"firstAfterDays" doc:"Days after the invitation. 0 for no first reminder." example:"3"`
	LastHours int  `json:"lastBeforeHours" doc:"Hours before it expires. 0 for no last reminder." example:"24"`
	Weekends  bool `json:"weekends" doc:"Whether reminders go out on Saturdays and Sundays, too." example:"false"`
}

type mailSettingsOutput struct{ Body MailSettingsBody }

func mailSettingsAnswer(a *agency.Agency) *mailSettingsOutput {
	r := a.Reminders
	return &mailSettingsOutput{MailSettingsBody{TimeZone: timezone.Shown(a.Zone),
		Language: string(cmp.Or(a.Language, words.English)), Reminders: RemindersBody{Enabled: !r.Off,
			FirstDays: r.FirstDays(), LastHours: r.LastHours(), Weekends: r.Weekends}}}
}

// GetMailSettings tells which emails an agency's clients get.
func GetMailSettings(auth *signin.Authenticator, m *agencies.MailSettings) Operation {
	return operation(auth, described{
		id: "getMailSettings", method: http.MethodGet, who: identity.ByPortal(identity.AgencyRead, identity.See),
		tag: tagAgency, status: 200,
		summary: "Emails to your clients",
		description: "How clients are reminded of invitations they haven't answered. What you are told yourself is in " +
			"getNotificationSettings.",
	}, func(ctx context.Context, caller identity.Caller, _ *emptyInput) (*mailSettingsOutput, error) {
		a, err := m.Get(ctx, caller)
		if err != nil {
			return nil, err
		}
		return mailSettingsAnswer(a), nil
	})
}

type updateMailSettingsInput struct {
	Body struct {
		Reminders *struct {
			Enabled   *bool `json:"enabled,omitempty" example:"true"`
			FirstDays *int  `json:"firstAfterDays,omitempty" doc:"1 to 6, or 0 for none." example:"3"`
			LastHours *int  `json:"lastBeforeHours,omitempty" doc:"6 to 72, or 0 for none." example:"24"`
			Weekends  *bool `json:"weekends,omitempty" example:"false"`
		} `json:"reminders,omitempty"`
		TimeZone *string `json:"timeZone,omitempty" doc:"An IANA name." example:"Europe/Berlin"`
		Language *string `json:"language,omitempty" doc:"en, de, fr, es, it, nl, pt-BR, pl or he." example:"de"`
	}
}

// change is what the body asks for.
func (in *updateMailSettingsInput) change() agencies.MailChange {
	c := agencies.MailChange{Zone: in.Body.TimeZone, Language: in.Body.Language}
	if r := in.Body.Reminders; r != nil {
		c.Reminders = reminder.Change{Enabled: r.Enabled, FirstDays: r.FirstDays, LastHours: r.LastHours, Weekends: r.Weekends}
	}
	return c
}

// UpdateMailSettings changes which emails an agency's clients get.
func UpdateMailSettings(auth *signin.Authenticator, m *agencies.MailSettings) Operation {
	return operation(auth, described{
		id: "updateMailSettings", method: http.MethodPatch, who: identity.ByPortal(identity.AgencyWrite, identity.Manage),
		tag: tagAgency, status: 200,
		summary: "Change emails to your clients",
		description: "Reminders go out between 8:00 and 20:00 where the client is, and not on weekends unless you say so. " +
			"Switched off, none goes out from now on. New times hold for invitations you send from now on.",
		codes: []fault.Code{fault.Invalid},
	}, func(ctx context.Context, caller identity.Caller, in *updateMailSettingsInput) (*mailSettingsOutput, error) {
		a, err := m.Update(ctx, caller, in.change())
		if err != nil {
			return nil, err
		}
		return mailSettingsAnswer(a), nil
	}, func(in *updateMailSettingsInput) error {
		c := in.change()
		return c.Check()
	})
}

// InviteRemindersBody is how the recipient of an invite is reminded of it.
type InviteRemindersBody struct {
	Enabled bool  `json:"enabled" doc:"false if you switched them off for this invite."`
	Next    *Time `json:"next" doc:"When one is due; null for none, as if they've stopped yours. None goes out while yours are off."`
}

func inviteReminders(c *client.Client, now time.Time) InviteRemindersBody {
	i := c.Invite
	b := InviteRemindersBody{Enabled: !i.Reminders.Off}
	if i.At(now) == invite.Pending && len(i.Reminders.Plan) > 0 && !c.Unreminded {
		b.Next = orNull(i.Reminders.Plan[0])
	}
	return b
}

type updateRemindersInput struct {
	InviteRef

	Body struct {
		Enabled bool `json:"enabled" example:"false"`
	}
}

// UpdateReminders switches the reminders of one invite off, or on again.
func UpdateReminders(auth *signin.Authenticator, scheduler *onboarding.Scheduler) Operation {
	return operation(auth, described{
		id: "updateReminders", method: http.MethodPatch, who: identity.ByPortal(identity.InvitesWrite, identity.Invite),
		tag: tagInvites, status: 200,
		summary:     "Switch an invite's reminders on or off",
		description: "For this invite alone. updateMailSettings is for all.",
		codes:       []fault.Code{fault.NotFound, fault.NotPending},
	}, func(ctx context.Context, caller identity.Caller, in *updateRemindersInput) (*inviteAnswer, error) {
		return changedInvite(auth, in.InviteID, func(which id.Invite) (*client.Client, error) {
			return scheduler.SetReminders(ctx, caller, which, in.Body.Enabled)
		})
	})
}

type rescheduleInput struct {
	InviteRef

	Body struct {
		SendAt   string `json:"sendAt" doc:"As in sendInvite." example:"2026-12-08T09:00"`
		TimeZone string `json:"timeZone,omitempty" doc:"As in sendInvite." example:"Europe/Berlin"`
	}
}

// RescheduleInvite gives a scheduled invite another time.
func RescheduleInvite(auth *signin.Authenticator, scheduler *onboarding.Scheduler) Operation {
	return operation(auth, described{
		id: "rescheduleInvite", method: http.MethodPatch, who: identity.ByPortal(identity.InvitesWrite, identity.Invite),
		tag: tagInvites, status: 200,
		summary:     "Give a scheduled invite another time",
		description: "Until a minute before it goes out. To take it back, use cancelInvite.",
		codes:       []fault.Code{fault.Invalid, fault.NotFound, fault.NotPending},
	}, func(ctx context.Context, caller identity.Caller, in *rescheduleInput) (*inviteAnswer, error) {
		return changedInvite(auth, in.InviteID, func(which id.Invite) (*client.Client, error) {
			return scheduler.Reschedule(ctx, caller, which, in.Body.SendAt, in.Body.TimeZone)
		})
	}, func(in *rescheduleInput) error {
		_, err := invite.ParseWhen("sendAt", in.Body.SendAt)
		_, badZone := timezone.Parse("timeZone", in.Body.TimeZone)
		return fault.Together(err, badZone)
	})
}

// changedInvite answers with an invite that was changed.
func changedInvite(auth *signin.Authenticator, named string, change func(id.Invite) (*client.Client, error)) (*inviteAnswer, error) {
	which, err := id.ParseInvite(named)
	if err != nil {
		return nil, err
	}
	c, err := change(which)
	if err != nil {
		return nil, err
	}
	return &inviteAnswer{inviteBody(c, auth.Now())}, nil
}
