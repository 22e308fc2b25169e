package sqs_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"latchkey.dev/shared/adapter/sqs"
)

// answers is SQS as one test has it: each request gets the next answer, the last one again and again.
type answers struct {
	say  []func() (*http.Response, error)
	sent []*http.Request
	body []string
}

func (a *answers) Do(r *http.Request) (*http.Response, error) {
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	a.sent, a.body = append(a.sent, r), append(a.body, string(text))
	return a.say[min(len(a.sent), len(a.say))-1]()
}

func status(code int, body string) func() (*http.Response, error) {
	return func() (*http.Response, error) {
		return &http.Response{StatusCode: code, Body: io.NopCloser(strings.NewReader(body))}, nil
	}
}

func fails(err error) func() (*http.Response, error) {
	return func() (*http.Response, error) { return nil, err }
}

func open(say ...func() (*http.Response, error)) (*sqs.Queue, *answers) {
	a := &answers{say: say}
	return sqs.Open(aws.Config{Region: "eu-central-1", HTTPClient: a, Credentials: aws.CredentialsProviderFunc(
		func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "secret", SessionToken: "session"}, nil
		})}, "https://sqs.eu-central-1.amazonaws.com/123456789012/mail"), a
}

var taken = status(http.StatusOK, `{"MessageId":"1"}`)

func TestADelayIsWholeSecondsRoundedUpAndCapped(t *testing.T) {
	t.Parallel()
	for delay, want := range map[time.Duration]int64{
		0: 0, -time.Second: 0, 1: 1, time.Second: 1, time.Second + 1: 2, 1500 * time.Millisecond: 2,
		sqs.MaxDelay - 1: 900, sqs.MaxDelay: 900, sqs.MaxDelay + 1: 900, 1<<63 - 1: 900,
	} {
		q, there := open(taken)
		if err := q.Send(t.Context(), []byte("b"), delay); err != nil {
			t.Fatal(err)
		}
		var in struct {
			QueueUrl, MessageBody string //nolint:revive // SQS's names
			DelaySeconds          int64
		}
		if err := json.Unmarshal([]byte(there.body[0]), &in); err != nil {
			t.Fatal(err)
		}
		if in.DelaySeconds != want || in.MessageBody != "b" || in.QueueUrl != "https://sqs.eu-central-1.amazonaws.com/123456789012/mail" {
			t.Errorf("%s: %+v, want a delay of %d", delay, in, want)
		}
	}
}

func TestACallIsSignedForTheRegionsQueues(t *testing.T) {
	t.Parallel()
	q, there := open(taken)
	if err := q.Send(t.Context(), []byte("b"), 0); err != nil {
		t.Fatal(err)
	}
	r := there.sent[0]
	if r.Method != http.MethodPost || r.URL.String() != "https://sqs.eu-central-1.amazonaws.com/" ||
		r.Header.Get("X-Amz-Target") != "AmazonSQS.SendMessage" || r.Header.Get("Content-Type") != "application/x-amz-json-1.0" ||
		r.Header.Get("X-Amz-Security-Token") != "session" ||
		!strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/") ||
		!strings.Contains(r.Header.Get("Authorization"), "/eu-central-1/sqs/aws4_request") {
		t.Errorf("%s %s %v", r.Method, r.URL, r.Header)
	}
}

// TestAQueueIsCalledWhereItsURLSays: the hosts of a region's endpoints end as its partition has it.
func TestAQueueIsCalledWhereItsURLSays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ queue, endpoint, called string }{
		{"https://sqs.cn-north-1.amazonaws.com.cn/123456789012/mail", "", "https://sqs.cn-north-1.amazonaws.com.cn/"},
		{"https://sqs.us-gov-west-1.amazonaws.com/123456789012/mail", "", "https://sqs.us-gov-west-1.amazonaws.com/"},
		{"https://sqs.cn-north-1.amazonaws.com.cn/123456789012/mail", "http://localhost:4566", "http://localhost:4566/"},
		{"http://sqs.eu-central-1.amazonaws.com/123456789012/mail", "", ""},
		{"/123456789012/mail", "", ""},
	} {
		_, there := open(taken)
		cfg := aws.Config{Region: "cn-north-1", HTTPClient: there}
		if c.endpoint != "" {
			cfg.BaseEndpoint = &c.endpoint
		}
		cfg.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "secret"}, nil
		})
		err := sqs.Open(cfg, c.queue).Send(t.Context(), []byte("b"), 0)
		called := ""
		if len(there.sent) == 1 {
			called = there.sent[0].URL.String()
		}
		if called != c.called || (err == nil) != (c.called != "") {
			t.Errorf("%s by %q: called %q, %v; want %q", c.queue, c.endpoint, called, err, c.called)
		}
	}
}

func TestWhatMayPassIsTriedThreeTimesWithPauses(t *testing.T) {
	t.Parallel()
	broken := errors.New("connection reset")
	throttled := status(http.StatusBadRequest, `{"__type":"com.amazonaws.sqs#RequestThrottled","message":"slow down"}`)
	for name, c := range map[string]struct {
		say   []func() (*http.Response, error)
		tries int
		told  string // "" for none
	}{
		"it passes":          {[]func() (*http.Response, error){fails(broken), status(http.StatusServiceUnavailable, "busy"), taken}, 3, ""},
		"throttled":          {[]func() (*http.Response, error){throttled, taken}, 2, ""},
		"too many":           {[]func() (*http.Response, error){status(http.StatusTooManyRequests, ""), taken}, 2, ""},
		"it stays broken":    {[]func() (*http.Response, error){fails(broken)}, 3, "connection reset"},
		"it stays throttled": {[]func() (*http.Response, error){throttled}, 3, "status 400, RequestThrottled: slow down"},
		"no such queue": {[]func() (*http.Response, error){
			status(http.StatusBadRequest, `{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"none"}`)}, 1, "QueueDoesNotExist"},
	} {
		synctest.Test(t, func(t *testing.T) {
			q, there := open(c.say...)
			begun := time.Now()
			err := q.Send(t.Context(), []byte("b"), 0)
			if (err == nil) != (c.told == "") || err != nil && !strings.Contains(err.Error(), c.told) {
				t.Errorf("%s: %v, want %q", name, err, c.told)
			}
			if took := time.Since(begun); len(there.sent) != c.tries || c.tries > 1 && took == 0 || took > 3*time.Second {
				t.Errorf("%s: %d tries in %s, want %d", name, len(there.sent), took, c.tries)
			}
		})
	}
}

func TestNobodyWaitsLongerThanItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		broken := errors.New("connection reset")
		q, there := open(func() (*http.Response, error) {
			go cancel()
			return nil, broken
		})
		if err := q.Send(ctx, []byte("b"), 0); !errors.Is(err, broken) || len(there.sent) > 2 {
			t.Errorf("%v after %d tries", err, len(there.sent))
		}
	})
}
