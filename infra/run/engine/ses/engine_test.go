package ses_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"

	"latchkey.dev/infra/run/engine/roundtrip"
	"latchkey.dev/infra/run/engine/ses"
)

const platform = "platform.example"

// start returns an engine that ends with the test, the SDK's client for it, and a verified sender domain.
func start(t testing.TB, o ses.Options) (*ses.Engine, *sesv2.Client) {
	t.Helper()
	e, err := ses.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	c := client(e)
	_, err = c.CreateEmailIdentity(context.Background(), &sesv2.CreateEmailIdentityInput{EmailIdentity: aws.String(platform)})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.SetVerification(platform, "SUCCESS", ""); err != nil {
		t.Fatal(err)
	}
	return e, c
}

func client(h http.Handler) *sesv2.Client {
	return sesv2.New(sesv2.Options{
		Region:       "us-east-1",
		BaseEndpoint: aws.String("http://localhost"),
		Credentials:  credentials.NewStaticCredentialsProvider("test", "test", ""),
		HTTPClient:   &http.Client{Transport: roundtrip.Transport(h)},
	})
}

// simple is a mail from the verified domain.
func simple(to ...string) *sesv2.SendEmailInput {
	return &sesv2.SendEmailInput{
		FromEmailAddress: aws.String("Agency <invites@" + platform + ">"),
		Destination:      &types.Destination{ToAddresses: to},
		Content: &types.EmailContent{Simple: &types.Message{
			Subject: &types.Content{Data: aws.String("Hello")},
			Body: &types.Body{
				Text: &types.Content{Data: aws.String("See https://example.com/a.")},
				Html: &types.Content{Data: aws.String(`<a href="https://example.com/b?x=1&amp;y=2">b</a>`)},
			},
		}},
	}
}

func TestMailboxShowsWhatWasSent(t *testing.T) {
	t.Parallel()
	e, c := start(t, ses.Options{})
	next := e.Watch()
	out, err := c.SendEmail(t.Context(), simple("Client@Example.com"))
	if err != nil {
		t.Fatal(err)
	}
	<-next
	mails := e.Mails("client@example.com")
	if len(mails) != 1 {
		t.Fatalf("the mailbox holds %d mails", len(mails))
	}
	m := mails[0]
	if m.ID != *out.MessageId || m.Subject != "Hello" || m.From != "Agency <invites@platform.example>" {
		t.Errorf("the mailbox shows %+v", m)
	}
	if len(m.Links) != 2 || m.Links[0] != "https://example.com/b?x=1&y=2" || m.Links[1] != "https://example.com/a" {
		t.Errorf("links are %q", m.Links)
	}
}

// The zone that the three DKIM records point into is the Region's: the newer ones have one of their own.
func TestDKIMKeysStandInTheRegionsZone(t *testing.T) {
	t.Parallel()
	for region, want := range map[string]string{"us-east-1": "dkim.amazonses.com", "eu-central-1": "dkim.amazonses.com",
		"eu-south-1": "dkim.eu-south-1.amazonses.com", "ca-west-1": "dkim.ca-west-1.amazonses.com"} {
		e, err := ses.New(ses.Options{Region: region})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { e.Close() }) //nolint:errcheck // it is in memory
		w := httptest.NewRecorder()
		e.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/v2/email/identities", strings.NewReader(`{"EmailIdentity":"a.example"}`)))
		if !strings.Contains(w.Body.String(), `"SigningHostedZone":"`+want+`"`) {
			t.Errorf("in %s: %s", region, w.Body)
		}
	}
}

// Everything but sending is one call a second of each operation on AWS, and a call too early is throttled, not failed.
func TestControlCallsThatFollowTooCloselyAreThrottled(t *testing.T) {
	t.Parallel()
	e, c := start(t, ses.Options{ControlEvery: time.Hour})
	once := func(o *sesv2.Options) { o.RetryMaxAttempts = 1 }
	claim := func(name string) error {
		_, err := c.CreateEmailIdentity(t.Context(), &sesv2.CreateEmailIdentityInput{EmailIdentity: &name}, once)
		return err
	}
	var throttled *types.TooManyRequestsException
	if err := claim("b.example"); !errors.As(err, &throttled) { // start has made one
		t.Errorf("the second call answers %v", err)
	}
	if _, err := c.GetEmailIdentity(t.Context(), &sesv2.GetEmailIdentityInput{EmailIdentity: aws.String(platform)}, once); err != nil {
		t.Errorf("another operation waits for it: %v", err)
	}
	for range 3 {
		if _, err := c.SendEmail(t.Context(), simple("client@example.com"), once); err != nil {
			t.Errorf("sending is paced, too: %v", err)
		}
	}
	if n := len(e.Mails("client@example.com")); n != 3 {
		t.Errorf("%d mails", n)
	}
}
