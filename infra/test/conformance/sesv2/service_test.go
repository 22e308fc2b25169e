// Package sesv2_test is the specification of SESv2 that the engine keeps, one test per semantic, written with the
// unmodified SDK. Without AWS_ENDPOINT_URL_SESV2 or AWS_ENDPOINT_URL it runs against the engine in this process; with
// one of them, against what answers there. There, identities may not be verifiable by hand: tests that need a verified
// sender are skipped when the endpoint does not let one send, and tests of events need the engine's own queue.
package sesv2_test

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/aws/smithy-go"

	"latchkey.dev/infra/run/engine/roundtrip"
	"latchkey.dev/infra/run/engine/ses"
)

var endpoint = cmp.Or(os.Getenv("AWS_ENDPOINT_URL_SESV2"), os.Getenv("AWS_ENDPOINT_URL"))

// service is a client with what the tests say often. engine and events are nil against an endpoint.
type service struct {
	*sesv2.Client
	t      testing.TB
	engine *ses.Engine
	events chan string
}

const (
	topic = "arn:aws:sns:us-east-1:000000000000:mail-events"
	queue = "arn:aws:sqs:us-east-1:000000000000:mail-events"
)

// specify runs a test in parallel, against the endpoint or an engine of its own.
func specify(t *testing.T, test func(t *testing.T, s service)) {
	t.Helper()
	t.Parallel()
	o := sesv2.Options{
		Region:      "us-east-1",
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	}
	if endpoint != "" {
		o.BaseEndpoint = aws.String(endpoint)
		test(t, service{Client: sesv2.New(o), t: t})
		return
	}
	events := make(chan string, 100)
	engine, err := ses.New(ses.Options{Publish: func(to, body string) error {
		if to != queue {
			t.Errorf("published to %s", to)
		}
		events <- body
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	engine.Subscribe(topic, queue)
	t.Cleanup(func() {
		if err := engine.Close(); err != nil {
			t.Error(err)
		}
	})
	o.BaseEndpoint = aws.String("http://localhost")
	o.HTTPClient = &http.Client{Transport: roundtrip.Transport(engine)}
	test(t, service{sesv2.New(o), t, engine, events})
}

// ours skips a test that needs the engine's Go methods.
func ours(t *testing.T) {
	t.Helper()
	if endpoint != "" {
		t.Skip("the endpoint has no way to bring this about")
	}
}

var (
	runStart = strconv.FormatInt(time.Now().UnixNano(), 36)
	names    atomic.Int64
)

// unique is a name that no other test uses, also on an endpoint that remembers earlier runs.
func unique() string { return "t" + runStart + "-" + strconv.FormatInt(names.Add(1), 10) }

// domain makes an identity of a new domain, which goes with the test.
func (s service) domain() (string, *sesv2.CreateEmailIdentityOutput) {
	s.t.Helper()
	name := unique() + ".example"
	return name, s.identity(name)
}

func (s service) identity(name string) *sesv2.CreateEmailIdentityOutput {
	s.t.Helper()
	out, err := s.CreateEmailIdentity(context.Background(), &sesv2.CreateEmailIdentityInput{EmailIdentity: &name})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		_, err := s.DeleteEmailIdentity(context.Background(), &sesv2.DeleteEmailIdentityInput{EmailIdentity: &name})
		if gone := (*types.NotFoundException)(nil); err != nil && !errors.As(err, &gone) {
			s.t.Error(err)
		}
	})
	return out
}

// sender is a domain that may send.
func (s service) sender() string {
	s.t.Helper()
	name, out := s.domain()
	switch {
	case s.engine != nil:
		if err := s.engine.SetVerification(name, "SUCCESS", ""); err != nil {
			s.t.Fatal(err)
		}
	case !out.VerifiedForSendingStatus:
		s.t.Skip("the endpoint does not verify domains")
	}
	return name
}

// set makes a configuration set that goes with the test.
func (s service) set() string {
	s.t.Helper()
	name := unique()
	_, err := s.CreateConfigurationSet(context.Background(), &sesv2.CreateConfigurationSetInput{ConfigurationSetName: &name})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		_, err := s.DeleteConfigurationSet(context.Background(), &sesv2.DeleteConfigurationSetInput{ConfigurationSetName: &name})
		if gone := (*types.NotFoundException)(nil); err != nil && !errors.As(err, &gone) {
			s.t.Error(err)
		}
	})
	return name
}

// publishing makes a configuration set whose events of these types come to the engine's queue.
func (s service) publishing(kinds ...types.EventType) string {
	s.t.Helper()
	name := s.set()
	_, err := s.CreateConfigurationSetEventDestination(context.Background(), &sesv2.CreateConfigurationSetEventDestinationInput{
		ConfigurationSetName: &name, EventDestinationName: aws.String("events"),
		EventDestination: &types.EventDestinationDefinition{
			Enabled: true, MatchingEventTypes: kinds, SnsDestination: &types.SnsDestination{TopicArn: aws.String(topic)},
		},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return name
}

// mail is a simple message.
func mail(from string, to ...string) *sesv2.SendEmailInput {
	return &sesv2.SendEmailInput{
		FromEmailAddress: &from, Destination: &types.Destination{ToAddresses: to},
		Content: &types.EmailContent{Simple: &types.Message{
			Subject: &types.Content{Data: aws.String("Your invite")},
			Body:    &types.Body{Text: &types.Content{Data: aws.String("Come in.")}},
		}},
	}
}

func (s service) refuses(in *sesv2.SendEmailInput) error {
	s.t.Helper()
	_, err := s.SendEmail(context.Background(), in, func(o *sesv2.Options) { o.RetryMaxAttempts = 1 })
	if err == nil {
		s.t.Fatal("the message was accepted")
	}
	return err
}

// is checks that err is the SDK's typed error E, and returns it.
func is[E error](t testing.TB, err error) E {
	t.Helper()
	e, ok := errors.AsType[E](err)
	if !ok {
		t.Fatalf("got the error %v, want a %T", err, e)
	}
	return e
}

// fails checks that err is a service error of one of the codes.
func fails(t testing.TB, err error, codes ...string) {
	t.Helper()
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok || !slices.Contains(codes, api.ErrorCode()) {
		t.Fatalf("got the error %v, want one of code %s", err, strings.Join(codes, " or "))
	}
}
