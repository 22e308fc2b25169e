package api

import (
	"context"
	"net/http"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/notice"
	"latchkey.dev/shared/usecase/agencies"
	"latchkey.dev/shared/usecase/signin"
)

// NotificationBody is a kind of notification and whether the member is told of it.
type NotificationBody struct {
	Kind    string `json:"kind" example:"invite_accepted"`
	Title   string `json:"title" example:"Invitation accepted"`
	Enabled bool   `json:"enabled" example:"true"`
}

type notificationsOutput struct {
	Body struct {
		Items  []NotificationBody `json:"items"`
		Digest string             `json:"digest" enum:"soon,daily,never" doc:"How often you're emailed. daily is at 8 in the morning."`
	}
}

func notificationsAnswer(t agencies.Told) *notificationsOutput {
	c := t.Choices
	out := &notificationsOutput{}
	out.Body.Digest = t.Rhythm.String()
	out.Body.Items = []NotificationBody{}
	for _, d := range notice.Register() {
		out.Body.Items = append(out.Body.Items, NotificationBody{Kind: string(d.Kind), Title: d.Kind.Title(), Enabled: c.On(d.Kind)})
	}
	return out
}

// GetNotificationSettings tells what the caller is told by mail.
func GetNotificationSettings(auth *signin.Authenticator, n *agencies.Notifications) Operation {
	return operation(auth, described{
		id: "getNotificationSettings", method: http.MethodGet, who: identity.ByColleague(identity.InPerson),
		tag: tagMembers, status: 200,
		summary: "Your notifications",
		description: "What you are told by email. You hear about clients you invited, owners also about every client's payments. " +
			"Events that happen within minutes come in one email, or all of a day in one, see digest.",
	}, func(ctx context.Context, caller identity.Caller, _ *emptyInput) (*notificationsOutput, error) {
		c, err := n.Get(ctx, caller)
		if err != nil {
			return nil, err
		}
		return notificationsAnswer(c), nil
	})
}

type updateNotificationsInput struct {
	Body struct {
		Items []struct {
			Kind    string `json:"kind" doc:"One that getNotificationSettings lists." example:"invite_expired"`
			Enabled bool   `json:"enabled" example:"false"`
		} `json:"items,omitempty" nullable:"false" minItems:"1" maxItems:"50" doc:"Kinds that are not listed stay as they are."`
		Digest string `json:"digest,omitempty" enum:"soon,daily,never" doc:"How often you're emailed. Left out, it stays as it is."`
	}
}

// UpdateNotificationSettings switches kinds of notifications on and off for the caller.
func UpdateNotificationSettings(auth *signin.Authenticator, n *agencies.Notifications) Operation {
	return operation(auth, described{
		id: "updateNotificationSettings", method: http.MethodPatch, who: identity.ByColleague(identity.InPerson),
		tag: tagMembers, status: 200,
		summary:     "Change your notifications",
		description: "For yourself only. Nobody else at the agency is affected.",
		codes:       []fault.Code{fault.Invalid},
	}, func(ctx context.Context, caller identity.Caller, in *updateNotificationsInput) (*notificationsOutput, error) {
		if len(in.Body.Items) == 0 && in.Body.Digest == "" {
			return nil, fault.InField("items", "notifications.nothing")
		}
		changed := notice.Choices{}
		for _, i := range in.Body.Items {
			changed[notice.Kind(i.Kind)] = i.Enabled
		}
		var rhythm *notice.Rhythm
		if in.Body.Digest != "" {
			r, err := notice.ParseRhythm("digest", in.Body.Digest)
			if err != nil {
				return nil, err
			}
			rhythm = &r
		}
		c, err := n.Update(ctx, caller, changed, rhythm)
		if err != nil {
			return nil, err
		}
		return notificationsAnswer(c), nil
	})
}
