// Package ses hands mails to Amazon SES (API v2) and reads the events that SES publishes about them.
package ses

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/aws/smithy-go"

	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/delivery"
)

// Mailer sends through SES.
type Mailer struct {
	// The one operation in use, as a function: see dynamo.Table on what a field of the client's type would cost.
	send  func(context.Context, *sesv2.SendEmailInput, ...func(*sesv2.Options)) (*sesv2.SendEmailOutput, error)
	set   string
	stage string
}

// Open makes a Mailer that sends with the configuration set, through which SES publishes its events. The stage is what tenants'
// names begin with, where agencies are tenants. It does no I/O.
//
// The SDK's own retries are off: the mail job has a retry of its own, whose waits and whose number are stored, so
// that a throttled mail does not hold a worker.
func Open(cfg aws.Config, configurationSet, stage string) *Mailer {
	return &Mailer{send: sesv2.NewFromConfig(cfg, func(o *sesv2.Options) { o.RetryMaxAttempts = 1 }).SendEmail, set: configurationSet,
		stage: stage}
}

// Send hands a mail to SES (SendEmail with simple content: SES builds the MIME message, text before HTML) and returns
// its message id. Errors that no later try can mend are a *delivery.Refusal with the reason in plain words.
func (m *Mailer) Send(ctx context.Context, out delivery.Mail) (string, error) {
	utf8 := aws.String("UTF-8")
	in := &sesv2.SendEmailInput{
		FromEmailAddress: aws.String(from(out.FromName, out.From)),
		Destination:      &types.Destination{ToAddresses: []string{string(out.To)}},
		Content: &types.EmailContent{Simple: &types.Message{
			Subject: &types.Content{Data: &out.Letter.Subject, Charset: utf8},
			Body: &types.Body{
				Text: &types.Content{Data: &out.Letter.Text, Charset: utf8},
				Html: &types.Content{Data: &out.Letter.HTML, Charset: utf8},
			},
			// Mail programs keep automatic answers to a person's own, and SES shows where it came from (RFC 3834).
			Headers: []types.MessageHeader{{Name: aws.String("Auto-Submitted"), Value: aws.String("auto-generated")}},
		}},
		ConfigurationSetName: &m.set,
	}
	if out.ReplyTo != "" {
		in.ReplyToAddresses = []string{out.ReplyTo}
	}
	if out.Tenant != "" {
		in.TenantName = aws.String(Tenant(m.stage, out.Tenant))
	}
	for k, v := range out.Tags {
		in.EmailTags = append(in.EmailTags, types.MessageTag{Name: aws.String(k), Value: aws.String(v)})
	}
	res, err := m.send(ctx, in)
	if err != nil {
		return "", explain(err)
	}
	return aws.ToString(res.MessageId), nil
}

// from writes a mailbox with its display name (RFC 5322 section 3.4): a quoted string, or where it is not plain ASCII an
// encoded word. Those are written in base 64, whose letters are safe in a phrase; a Q-encoded word would carry quotes,
// commas and brackets as they are, which RFC 2047 section 5 forbids there.
func from(name, address string) string {
	name = strings.ReplaceAll(name, "=?", "= ?") // else readers of mail take it for an encoded word, and decode it
	encoded := mime.BEncoding.Encode("UTF-8", name)
	if encoded == name {
		encoded = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name) + `"`
	}
	return encoded + " <" + address + ">"
}

// explain puts SES's final answers into words for the person who waits for the mail (SendEmail, "Errors"). Throttling
// and faults of SES's own stay as they are: they pass.
func explain(err error) error {
	var (
		rejected  *types.MessageRejected
		mailFrom  *types.MailFromDomainNotVerifiedException
		suspended *types.AccountSuspendedException
		paused    *types.SendingPausedException
		bad       *types.BadRequestException
		missing   *types.NotFoundException
		api       smithy.APIError
	)
	switch {
	case errors.As(err, &rejected):
		if strings.Contains(rejected.ErrorMessage(), "not verified") {
			return &delivery.Refusal{Reason: words.Say("delivery.not_verified"), Sender: true}
		}
		return &delivery.Refusal{Reason: words.Say("delivery.rejected", "detail", detail(rejected.ErrorMessage()))}
	case errors.As(err, &mailFrom):
		return &delivery.Refusal{Reason: words.Say("delivery.mail_from"), Sender: true}
	case errors.As(err, &suspended):
		return &delivery.Refusal{Reason: words.Say("delivery.account_suspended")}
	case errors.As(err, &paused):
		return &delivery.Refusal{Reason: words.Say("delivery.paused")}
	case errors.As(err, &bad):
		return &delivery.Refusal{Reason: words.Say("delivery.not_taken", "detail", detail(bad.ErrorMessage()))}
	case errors.As(err, &missing):
		return &delivery.Refusal{Reason: words.Say("delivery.incomplete")}
	case errors.As(err, &api) && strings.HasPrefix(api.ErrorCode(), "AccessDenied"):
		// Somebody has to mend the role, and until then nothing is gained by telling the agency that its client's
		// address is bad: this is worth the tries that there are.
		return fmt.Errorf("ses: %w", err)
	}
	return fmt.Errorf("ses: %w", err)
}

func detail(message string) string {
	message = strings.TrimRight(strings.TrimSpace(message), ".")
	if message == "" {
		return ""
	}
	return " (" + message + ")"
}
