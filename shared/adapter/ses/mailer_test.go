package ses

import (
	"context"
	"errors"
	"mime"
	"net/mail"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/aws/smithy-go"
	"pgregory.net/rapid"

	"latchkey.dev/shared/usecase/delivery"
	"latchkey.dev/shared/view/letter"
)

const address = "invites@mail.example.com"

func TestASendersNameIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Northwind via Latchkey", `The "Best" Agency`, `back\slash`, "Comma, Inc.", "a <b@c.example>, d", "Zoë via Latchkey", "🔑 keys", "סוכנות via Latchkey",
		"株式会社サンプルサンプルサンプルサンプルサンプルサンプル via Latchkey", strings.Repeat("é", 120)} {
		got := from(name, address)
		if m, err := mail.ParseAddress(got); err != nil || m.Name != name || m.Address != address {
			t.Errorf("%q is written %s and read as %v, %v", name, got, m, err)
		}
	}
}

// TestNoNameAddsAMailboxOrAHeader is the promise that an agency may be called anything.
func TestNoNameAddsAMailboxOrAHeader(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.OneOf(rapid.String(),
			rapid.StringOf(rapid.SampledFrom([]rune("aé<>@,;:\"\\()[].=?_ \r\n\x00\u202e🔑")))).Draw(t, "name")
		got := from(name, address)
		if strings.ContainsAny(got, "\r\n\x00") {
			t.Fatalf("%q breaks the header", got)
		}
		list, err := (&mail.AddressParser{WordDecoder: new(mime.WordDecoder)}).ParseList(got)
		if err != nil || len(list) != 1 || list[0].Address != address {
			t.Fatalf("%q is written %q, which is %v, %v", name, got, list, err)
		}
	})
}

func TestOnlyWhatIsFinalIsARefusal(t *testing.T) {
	t.Parallel()
	m := aws.String
	for name, c := range map[string]struct {
		err  error
		want string // "" when the mail is worth another try
	}{
		"sandbox":        {&types.MessageRejected{Message: m("Email address is not verified. The following identities failed the check in region US-EAST-1: x@y.example")}, "the sending address is not verified with the email service yet"},
		"rejected":       {&types.MessageRejected{Message: m("Bad content.")}, "the email service rejected the message (Bad content)"},
		"rejected, bare": {&types.MessageRejected{}, "the email service rejected the message"},
		"MAIL FROM":      {&types.MailFromDomainNotVerifiedException{}, "the sending domain's MAIL FROM is not verified yet"},
		"suspended":      {&types.AccountSuspendedException{}, "the platform's email account is suspended"},
		"paused":         {&types.SendingPausedException{}, "sending is paused for the platform's email account"},
		"bad request":    {&types.BadRequestException{Message: m(" Domain contains illegal character. ")}, "the email service does not take this address or message (Domain contains illegal character)"},
		"no set":         {&types.NotFoundException{Message: m("Configuration set <live> does not exist.")}, "the platform's email settings are not complete"},
		"throttled":      {&types.TooManyRequestsException{}, ""},
		"over the quota": {&types.LimitExceededException{}, ""},
		"no right":       {&smithy.GenericAPIError{Code: "AccessDeniedException"}, ""},
		"a fault":        {&smithy.GenericAPIError{Code: "InternalFailure", Fault: smithy.FaultServer}, ""},
		"no network":     {errors.New("connection refused"), ""},
		"no time":        {context.DeadlineExceeded, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wrapped := &smithy.OperationError{ServiceID: "SESv2", OperationName: "SendEmail", Err: c.err} // as the SDK hands it out
			got := explain(wrapped)
			var r *delivery.Refusal
			if final := errors.As(got, &r); final != (c.want != "") {
				t.Fatalf("%v is final: %v", got, final)
			}
			if c.want == "" && !errors.Is(got, c.err) {
				t.Errorf("%v does not say what happened", got)
			}
			if c.want != "" && r.Reason != c.want {
				t.Errorf("%q, want %q", r.Reason, c.want)
			}
		})
	}
}

func TestAMailIsHandedOverWhole(t *testing.T) {
	t.Parallel()
	var in *sesv2.SendEmailInput
	mailer := &Mailer{set: "live",
		send: func(_ context.Context, got *sesv2.SendEmailInput, _ ...func(*sesv2.Options)) (*sesv2.SendEmailOutput, error) {
			in = got
			return &sesv2.SendEmailOutput{MessageId: aws.String("m-1")}, nil
		}}
	id, err := mailer.Send(t.Context(), delivery.Mail{FromName: "N", From: address, ReplyTo: "owner@n.example", To: "to@x.example",
		Letter: letter.Letter{Subject: "S", Text: "T", HTML: "<p>H"}, Tags: map[string]string{"kind": "invite"}})
	if err != nil || id != "m-1" {
		t.Fatal(id, err)
	}
	s := in.Content.Simple
	if *in.FromEmailAddress != `"N" <`+address+`>` || in.Destination.ToAddresses[0] != "to@x.example" ||
		in.ReplyToAddresses[0] != "owner@n.example" ||
		*s.Subject.Data != "S" || *s.Body.Text.Data != "T" || *s.Body.Html.Data != "<p>H" || *in.ConfigurationSetName != "live" ||
		*in.EmailTags[0].Name != "kind" || *in.EmailTags[0].Value != "invite" || *s.Headers[0].Name != "Auto-Submitted" {
		t.Errorf("%+v", in)
	}
	if in.TenantName != nil {
		t.Errorf("the platform's mail is sent by tenant %s", *in.TenantName)
	}
	mailer.stage = "live"
	_, err = mailer.Send(t.Context(), delivery.Mail{From: address, To: "to@x.example", Tenant: "ag_01KAM5Q0Z8W3RN6T0V4K2M9QXB"})
	if err != nil || aws.ToString(in.TenantName) != "live-01kam5q0z8w3rn6t0v4k2m9qxb" {
		t.Errorf("an agency's mail is sent by tenant %s, %v", aws.ToString(in.TenantName), err)
	}
	if _, err := mailer.Send(t.Context(), delivery.Mail{From: address, To: "to@x.example"}); err != nil || in.ReplyToAddresses != nil {
		t.Errorf("no Reply-To is none: %v, %v", in.ReplyToAddresses, err)
	}
}
