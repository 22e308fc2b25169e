package ses

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/mail"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
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

// service is SES as one test has it: it keeps the last request, and says what it is told to.
type service struct {
	status int
	kind   string // X-Amzn-ErrorType
	answer string
	err    error

	sent *http.Request
	body string
}

func (s *service) Do(r *http.Request) (*http.Response, error) {
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	s.sent, s.body = r, string(text)
	return &http.Response{StatusCode: s.status, Header: http.Header{"X-Amzn-Errortype": {s.kind}, "Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(s.answer))}, s.err
}

func (s *service) config() aws.Config {
	return aws.Config{Region: "eu-central-1", HTTPClient: s,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "secret", SessionToken: "session"}, nil
		})}
}

func TestOnlyWhatIsFinalIsARefusal(t *testing.T) {
	t.Parallel()
	reset := errors.New("connection reset")
	for name, c := range map[string]struct {
		service
		want string // "" when the mail is worth another try
	}{
		"sandbox":        {service{kind: "MessageRejected", answer: `{"message":"Email address is not verified. The following identities failed the check in region US-EAST-1: x@y.example"}`}, "the sending address is not verified with the email service yet"},
		"rejected":       {service{kind: "MessageRejected:http://internal.amazon.com/coral/com.amazon.ses/", answer: `{"message":"Bad content."}`}, "the email service rejected the message (Bad content)"},
		"rejected, bare": {service{kind: "com.amazon.ses#MessageRejected", answer: `{}`}, "the email service rejected the message"},
		"in the body":    {service{answer: `{"__type":"com.amazon.ses#MessageRejected","Message":"Bad content."}`}, "the email service rejected the message (Bad content)"},
		"MAIL FROM":      {service{kind: "MailFromDomainNotVerifiedException"}, "the sending domain's MAIL FROM is not verified yet"},
		"suspended":      {service{kind: "AccountSuspendedException"}, "the platform's email account is suspended"},
		"paused":         {service{kind: "SendingPausedException"}, "sending is paused for the platform's email account"},
		"bad request":    {service{kind: "BadRequestException", answer: `{"message":" Domain contains illegal character. "}`}, "the email service does not take this address or message (Domain contains illegal character)"},
		"no set":         {service{status: 404, kind: "NotFoundException", answer: `{"message":"Configuration set <live> does not exist."}`}, "the platform's email settings are not complete"},
		"throttled":      {service{status: 429, kind: "TooManyRequestsException"}, ""},
		"over the quota": {service{kind: "LimitExceededException"}, ""},
		"no right":       {service{status: 403, kind: "AccessDeniedException"}, ""},
		"a fault":        {service{status: 500, kind: "InternalFailure", answer: "<html>"}, ""},
		"no JSON":        {service{status: 200, answer: "<html>"}, ""},
		"no network":     {service{err: reset}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &c.service
			if s.status == 0 {
				s.status = http.StatusBadRequest
			}
			_, err := Open(s.config(), "live", "").Send(t.Context(), delivery.Mail{From: address, To: "to@x.example"})
			var r *delivery.Refusal
			if final := errors.As(err, &r); err == nil || final != (c.want != "") {
				t.Fatalf("%v is final: %v", err, final)
			}
			if c.want == "" && !strings.Contains(err.Error(), s.kind) || s.err != nil && !errors.Is(err, s.err) {
				t.Errorf("%v does not say what happened", err)
			}
			if c.want != "" && r.Reason != c.want {
				t.Errorf("%q, want %q", r.Reason, c.want)
			}
		})
	}
}

// TestAMailIsHandedOverAsTheSDKDoesIt: the body, the address and the signed service are those of the SDK's own client.
func TestAMailIsHandedOverAsTheSDKDoesIt(t *testing.T) {
	t.Parallel()
	s := func(v string) *string { return &v }
	text := func(v string) *types.Content { return &types.Content{Data: &v, Charset: s("UTF-8")} }
	for name, c := range map[string]struct {
		mail delivery.Mail
		want sesv2.SendEmailInput
	}{
		"the platform's": {delivery.Mail{FromName: "N", From: address, To: "to@x.example"},
			sesv2.SendEmailInput{FromEmailAddress: s(`"N" <` + address + `>`)}},
		"an agency's": {delivery.Mail{FromName: "Zoë", From: address, ReplyTo: "owner@n.example", To: "to@x.example",
			Letter: letter.Letter{Subject: "S & T", Text: "T\n\u2028", HTML: "<p>H", Language: "he"}, Tags: map[string]string{"kind": "invite"},
			Tenant: "ag_01KAM5Q0Z8W3RN6T0V4K2M9QXB"},
			sesv2.SendEmailInput{FromEmailAddress: s("=?UTF-8?b?Wm/Dqw==?= <" + address + ">"), ReplyToAddresses: []string{"owner@n.example"},
				EmailTags:  []types.MessageTag{{Name: s("kind"), Value: s("invite")}},
				TenantName: s("live-01kam5q0z8w3rn6t0v4k2m9qxb")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ours := &service{status: http.StatusOK, answer: `{"MessageId":"m-1"}`}
			if id, err := Open(ours.config(), "set", "live").Send(t.Context(), c.mail); err != nil || id != "m-1" {
				t.Fatal(id, err)
			}
			theirs := &service{status: http.StatusOK, answer: `{"MessageId":"m-1"}`}
			c.want.Destination = &types.Destination{ToAddresses: []string{"to@x.example"}}
			c.want.ConfigurationSetName = s("set")
			c.want.Content = &types.EmailContent{Simple: &types.Message{Subject: text(c.mail.Letter.Subject),
				Body:    &types.Body{Text: text(c.mail.Letter.Text), Html: text(c.mail.Letter.HTML)},
				Headers: []types.MessageHeader{{Name: s("Auto-Submitted"), Value: s("auto-generated")}}}}
			if l := c.mail.Letter.Language; l != "" {
				simple := c.want.Content.Simple
				simple.Headers = append(simple.Headers, types.MessageHeader{Name: s("Content-Language"), Value: s(string(l))})
			}
			if _, err := sesv2.NewFromConfig(theirs.config()).SendEmail(t.Context(), &c.want); err != nil {
				t.Fatal(err)
			}
			var got, want any
			if err := errors.Join(json.Unmarshal([]byte(ours.body), &got), json.Unmarshal([]byte(theirs.body), &want)); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("it is handed over as\n%s\nand by the SDK as\n%s", ours.body, theirs.body)
			}
			a, b := ours.sent, theirs.sent
			scope := regexp.MustCompile(`Credential=AKIDEXAMPLE/\d+/eu-central-1/ses/aws4_request`)
			if a.URL.String() != b.URL.String() || a.Method != b.Method || a.Header.Get("Content-Type") != b.Header.Get("Content-Type") ||
				!scope.MatchString(a.Header.Get("Authorization")) || !scope.MatchString(b.Header.Get("Authorization")) {
				t.Errorf("it goes to %s %s with %v, by the SDK to %s %s with %v", a.Method, a.URL, a.Header, b.Method, b.URL, b.Header)
			}
		})
	}
}
