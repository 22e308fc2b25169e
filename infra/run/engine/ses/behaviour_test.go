package ses_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"

	"latchkey.dev/infra/run/engine/ses"
)

func once(o *sesv2.Options) { o.RetryMaxAttempts = 1 }

func TestRejectExampleIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	e, c := start(t, ses.Options{})
	_, err := c.SendEmail(t.Context(), simple("client@reject.example"))
	if rejected, ok := errors.AsType[*types.MessageRejected](err); !ok || rejected.ErrorMessage() == "" {
		t.Errorf("got %v", err)
	}
	if n := len(e.Mails("")); n != 0 {
		t.Errorf("the mailbox holds %d mails", n)
	}
}

func TestSlowExampleTakesThreeSecondsAndLatencyMore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, c := start(t, ses.Options{Latency: 200 * time.Millisecond})
		for to, want := range map[string]time.Duration{
			"client@slow.example": 3200 * time.Millisecond, "client@client.example": 200 * time.Millisecond,
		} {
			began := time.Now()
			if _, err := c.SendEmail(t.Context(), simple(to)); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(began); took != want {
				t.Errorf("%s took %v, want %v", to, took, want)
			}
		}
	})
}

func TestThrottleExampleIsThrottledTwiceAndThenTaken(t *testing.T) {
	t.Parallel()
	_, c := start(t, ses.Options{})
	for _, to := range []string{"a@throttle.example", "b@throttle.example"} {
		for range 2 {
			_, err := c.SendEmail(t.Context(), simple(to), once)
			if _, ok := errors.AsType[*types.TooManyRequestsException](err); !ok {
				t.Errorf("got %v", err)
			}
		}
		if _, err := c.SendEmail(t.Context(), simple(to), once); err != nil {
			t.Error(err)
		}
	}
}

func TestTheSDKRetriesThroughTheThrottling(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, c := start(t, ses.Options{})
		if _, err := c.SendEmail(t.Context(), simple("a@throttle.example")); err != nil {
			t.Error(err)
		}
	})
}

func TestTheDailyQuotaIsKept(t *testing.T) {
	t.Parallel()
	now := time.Now()
	_, c := start(t, ses.Options{Max24HourSend: 1, Now: func() time.Time { return now }})
	if _, err := c.SendEmail(t.Context(), simple("a@client.example")); err != nil {
		t.Fatal(err)
	}
	_, err := c.SendEmail(t.Context(), simple("b@client.example"), once) // the SDK would wait and retry
	if _, ok := errors.AsType[*types.LimitExceededException](err); !ok {
		t.Errorf("got %v", err)
	}
	now = now.Add(25 * time.Hour)
	if _, err := c.SendEmail(t.Context(), simple("b@client.example")); err != nil {
		t.Errorf("a day later: %v", err)
	}
}

func TestAnAccountHasRoomForSoManyIdentities(t *testing.T) {
	t.Parallel()
	_, c := start(t, ses.Options{MaxIdentities: 2}) // one is there
	create := func(name string) error {
		_, err := c.CreateEmailIdentity(t.Context(), &sesv2.CreateEmailIdentityInput{EmailIdentity: &name}, once)
		return err
	}
	if err := create("a.agency.example"); err != nil {
		t.Fatal(err)
	}
	if _, ok := errors.AsType[*types.LimitExceededException](create("b.agency.example")); !ok {
		t.Error("there is a third one")
	}
	if _, ok := errors.AsType[*types.AlreadyExistsException](create("a.agency.example")); !ok {
		t.Error("what is there is said to be too much")
	}
	_, err := c.DeleteEmailIdentity(t.Context(), &sesv2.DeleteEmailIdentityInput{EmailIdentity: aws.String("a.agency.example")})
	if err != nil {
		t.Fatal(err)
	}
	if err := create("b.agency.example"); err != nil {
		t.Error(err)
	}
}

func TestTemplatesAreRefusedInSoManyWords(t *testing.T) {
	t.Parallel()
	_, c := start(t, ses.Options{})
	in := simple("a@client.example")
	in.Content = &types.EmailContent{Template: &types.Template{TemplateName: aws.String("x")}}
	_, err := c.SendEmail(t.Context(), in)
	if err == nil || !strings.Contains(err.Error(), "has no templates") {
		t.Errorf("got %v", err)
	}
}

func TestVerifyAtOnceVerifies(t *testing.T) {
	t.Parallel()
	_, c := start(t, ses.Options{VerifyAtOnce: true})
	out, err := c.CreateEmailIdentity(t.Context(), &sesv2.CreateEmailIdentityInput{EmailIdentity: aws.String("new.example")})
	if err != nil || !out.VerifiedForSendingStatus {
		t.Errorf("created %+v, %v", out, err)
	}
}

func TestTheMailboxKeepsTheNewest(t *testing.T) {
	t.Parallel()
	e, c := start(t, ses.Options{MailboxSize: 8})
	for n := range 20 {
		in := simple("client@client.example")
		in.Content.Simple.Subject.Data = aws.String(strings.Repeat("x", n+1))
		if _, err := c.SendEmail(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
	mails := e.Mails("")
	if len(mails) > 8 || len(mails) < 4 || len(mails[0].Subject) != 20 || len(mails[1].Subject) != 19 {
		t.Errorf("it keeps %d mails", len(mails))
	}
}

func TestIdentitiesAndMailsSurviveARestart(t *testing.T) {
	t.Parallel()
	path := t.TempDir() + "/ses.log"
	e, err := ses.New(ses.Options{JournalPath: path, VerifyAtOnce: true})
	if err != nil {
		t.Fatal(err)
	}
	c := client(e)
	if _, err := c.CreateEmailIdentity(t.Context(), &sesv2.CreateEmailIdentityInput{EmailIdentity: aws.String(platform)}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.SendEmail(t.Context(), simple("client@client.example")); err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	e, err = ses.New(ses.Options{JournalPath: path})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if mails := e.Mails(""); len(mails) != 1 || mails[0].Subject != "Hello" {
		t.Errorf("the mailbox holds %+v", mails)
	}
	if _, err := client(e).SendEmail(t.Context(), simple("client@client.example")); err != nil {
		t.Errorf("the identity is lost: %v", err)
	}
}

func TestEventsThatWereNotPublishedAreAfterARestart(t *testing.T) {
	t.Parallel()
	path := t.TempDir() + "/ses.log"
	published := make(chan string, 10)
	o := ses.Options{
		JournalPath: path, VerifyAtOnce: true, EventDelay: time.Hour,
		Publish: func(_, body string) error { published <- body; return nil },
	}
	e, err := ses.New(o)
	if err != nil {
		t.Fatal(err)
	}
	e.Subscribe("arn:aws:sns:us-east-1:000000000000:events", "queue")
	c := client(e)
	set := aws.String("set")
	if _, err := c.CreateConfigurationSet(t.Context(), &sesv2.CreateConfigurationSetInput{ConfigurationSetName: set}); err != nil {
		t.Fatal(err)
	}
	_, err = c.CreateConfigurationSetEventDestination(t.Context(), &sesv2.CreateConfigurationSetEventDestinationInput{
		ConfigurationSetName: set, EventDestinationName: aws.String("events"),
		EventDestination: &types.EventDestinationDefinition{
			Enabled: true, MatchingEventTypes: []types.EventType{types.EventTypeDelivery},
			SnsDestination: &types.SnsDestination{TopicArn: aws.String("arn:aws:sns:us-east-1:000000000000:events")},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.CreateEmailIdentity(t.Context(), &sesv2.CreateEmailIdentityInput{
		EmailIdentity: aws.String(platform), ConfigurationSetName: set,
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.SendEmail(t.Context(), simple("client@client.example")); err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if len(published) != 0 {
		t.Error("an event came before its delay")
	}
	o.EventDelay = 0
	if e, err = ses.New(o); err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if body := <-published; !strings.Contains(body, "Delivery") {
		t.Errorf("published %s", body)
	}
}

func TestARawMessageIsShownDecoded(t *testing.T) {
	t.Parallel()
	e, c := start(t, ses.Options{})
	raw := strings.ReplaceAll(`From: =?utf-8?q?Gr=C3=BC=C3=9Fe?= <invites@platform.example>
To: Client <client@client.example>
Bcc: hidden@client.example
Reply-To: owner@northwind.example
Subject: =?utf-8?b?RWluIFNjaGzDvHNzZWw=?=
List-Unsubscribe: <https://platform.example/u>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=outer

--outer
Content-Type: multipart/alternative; boundary=inner

--inner
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Gr=C3=BC=C3=9Fe: https://platform.example/i/=
abc
--inner
Content-Type: text/html; charset=iso-8859-1
Content-Transfer-Encoding: base64

PGEgaHJlZj0iaHR0cHM6Ly9wbGF0Zm9ybS5leGFtcGxlL2kvYWJjIj5Hcvzf
ZTwvYT4=
--inner--
--outer
Content-Type: text/plain
Content-Disposition: attachment; filename=a.txt

attached
--outer--
`, "\n", "\r\n")
	_, err := c.SendEmail(t.Context(), &sesv2.SendEmailInput{
		Content: &types.EmailContent{Raw: &types.RawMessage{Data: []byte(raw)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	m := e.Mails("client@client.example")[0]
	if m.From != "Grüße <invites@platform.example>" || m.Subject != "Ein Schlüssel" {
		t.Errorf("it is %q from %q", m.Subject, m.From)
	}
	if !slices.Equal(m.To, []string{"client@client.example", "hidden@client.example"}) {
		t.Errorf("it goes to %q", m.To)
	}
	if strings.TrimSpace(m.Text) != "Grüße: https://platform.example/i/abc" || !strings.Contains(m.HTML, ">Grüße<") {
		t.Errorf("the text is %q, the HTML %q", m.Text, m.HTML)
	}
	if !slices.Equal(m.Links, []string{"https://platform.example/i/abc"}) {
		t.Errorf("the links are %q", m.Links)
	}
	if m.Headers["Reply-To"] != "owner@northwind.example" || m.Headers["Bcc"] != "" {
		t.Errorf("the headers are %q", m.Headers)
	}
}
