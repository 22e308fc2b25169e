// Package ses hands mails to Amazon SES (API v2) and reads the events that SES publishes about them.
package ses

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"latchkey.dev/shared/adapter/signed"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/delivery"
)

// Mailer sends through SES.
type Mailer struct {
	cfg        aws.Config
	set, stage string
}

// Open makes a Mailer that sends with the configuration set, through which SES publishes its events. The stage is what tenants'
// names begin with, where agencies are tenants. It does no I/O.
//
// It tries each mail once: the mail job has a retry of its own, whose waits and whose number are stored, so that a throttled mail
// does not hold a worker.
func Open(cfg aws.Config, configurationSet, stage string) *Mailer {
	return &Mailer{cfg: cfg, set: configurationSet, stage: stage}
}

// sendEmail is the body of SendEmail (Amazon SES API v2 Reference), as far as it is used.
type sendEmail struct {
	FromEmailAddress string
	Destination      struct{ ToAddresses []string }
	ReplyToAddresses []string `json:",omitempty"`
	Content          struct{ Simple simple }
	EmailTags        []pair `json:",omitempty"`

	ConfigurationSetName string
	TenantName           string `json:",omitempty"`
}

// simple is a mail whose MIME message SES builds, text before HTML.
type simple struct {
	Subject content
	Body    struct{ Text, Html content } //nolint:revive // SES's name
	Headers []pair
}

type (
	content struct{ Data, Charset string }
	pair    struct{ Name, Value string }
)

// Send hands a mail to SES and returns its message id. Errors that no later try can mend are a *delivery.Refusal with the reason in
// plain words.
func (m *Mailer) Send(ctx context.Context, out delivery.Mail) (string, error) {
	in := sendEmail{FromEmailAddress: from(out.FromName, out.From), ConfigurationSetName: m.set}
	in.Destination.ToAddresses = []string{string(out.To)}
	mail := &in.Content.Simple
	mail.Subject = content{out.Letter.Subject, "UTF-8"}
	mail.Body.Text, mail.Body.Html = content{out.Letter.Text, "UTF-8"}, content{out.Letter.HTML, "UTF-8"}
	// Mail programs keep automatic answers to a person's own, and SES shows where it came from (RFC 3834).
	mail.Headers = []pair{{"Auto-Submitted", "auto-generated"}}
	if l := out.Letter.Language; l != "" { // RFC 3282: programs that read aloud or translate need not guess
		mail.Headers = append(mail.Headers, pair{"Content-Language", string(l)})
	}
	if out.Unsubscribe != "" {
		// RFC 8058: mail programs show a button, which posts the second to the first. SES signs both with the mail.
		mail.Headers = append(mail.Headers, pair{"List-Unsubscribe", "<" + out.Unsubscribe + ">"},
			pair{"List-Unsubscribe-Post", "List-Unsubscribe=One-Click"})
	}
	if out.ReplyTo != "" {
		in.ReplyToAddresses = []string{out.ReplyTo}
	}
	if out.Tenant != "" {
		in.TenantName = Tenant(m.stage, out.Tenant)
	}
	for k, v := range out.Tags {
		in.EmailTags = append(in.EmailTags, pair{k, v})
	}
	body, err := json.Marshal(in)
	if err != nil {
		return "", fmt.Errorf("ses: %w", err)
	}
	answer, err := signed.Call(ctx, m.cfg, "ses", m.endpoint()+"/v2/email/outbound-emails",
		map[string]string{"Content-Type": "application/json"}, body)
	if err != nil {
		return "", explain(err)
	}
	var taken struct{ MessageId string } //nolint:revive // SES's name
	if err := json.Unmarshal(answer, &taken); err != nil {
		return "", fmt.Errorf("ses: the answer is no JSON: %w", err)
	}
	return taken.MessageId, nil
}

// endpoint is where SES is called (AWS General Reference, "Amazon Simple Email Service endpoints").
func (m *Mailer) endpoint() string {
	if at := aws.ToString(m.cfg.BaseEndpoint); at != "" {
		return strings.TrimSuffix(at, "/")
	}
	return "https://email." + m.cfg.Region + ".amazonaws.com"
}

// Tenant is the name that an agency has as a tenant of SES: at most 16 letters of the stage, a hyphen, and the 26 of its id, of the
// 64 that there may be.
func Tenant(stage string, a id.Agency) string {
	return stage + "-" + strings.ToLower(strings.TrimPrefix(string(a), id.AgencyPrefix))
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
	var no *signed.Fault
	if !errors.As(err, &no) {
		return fmt.Errorf("ses: %w", err)
	}
	switch no.Code {
	case "MessageRejected":
		if strings.Contains(no.Message, "not verified") {
			return &delivery.Refusal{Reason: words.Say("delivery.not_verified"), Sender: true}
		}
		return &delivery.Refusal{Reason: words.Say("delivery.rejected", "detail", detail(no.Message))}
	case "MailFromDomainNotVerifiedException":
		return &delivery.Refusal{Reason: words.Say("delivery.mail_from"), Sender: true}
	case "AccountSuspendedException":
		return &delivery.Refusal{Reason: words.Say("delivery.account_suspended")}
	case "SendingPausedException":
		return &delivery.Refusal{Reason: words.Say("delivery.paused")}
	case "BadRequestException":
		return &delivery.Refusal{Reason: words.Say("delivery.not_taken", "detail", detail(no.Message))}
	case "NotFoundException":
		return &delivery.Refusal{Reason: words.Say("delivery.incomplete")}
	}
	// AccessDenied is among these: somebody has to mend the role, and until then nothing is gained by telling the agency that its
	// client's address is bad.
	return fmt.Errorf("ses: %w", err)
}

func detail(message string) string {
	message = strings.TrimRight(strings.TrimSpace(message), ".")
	if message == "" {
		return ""
	}
	return " (" + message + ")"
}
