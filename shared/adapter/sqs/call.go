package sqs

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"latchkey.dev/shared/adapter/signed"
)

// tries is how often one message is sent at most, and pause the most that is waited after the first try; it doubles. The
// SDK does the same (AWS SDKs and Tools Reference Guide, "Retry behavior", standard mode).
const (
	tries = 3
	pause = time.Second
)

// passing is a fault that another try may not meet.
type passing struct{ error }

func (p *passing) Unwrap() error { return p.error }

// call is SendMessage by SQS's JSON protocol.
func (q *Queue) call(ctx context.Context, body []byte) error {
	for n := 1; ; n++ {
		err := q.attempt(ctx, body, n)
		var again *passing
		if err == nil || n == tries || !errors.As(err, &again) || ctx.Err() != nil {
			return err
		}
		wait := time.NewTimer(rand.N(pause << (n - 1))) //nolint:gosec // no secret
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
			return errors.Join(err, context.Cause(ctx))
		}
	}
}

// endpoint is where SQS is called. CloudFormation writes the queue's URL with the host of the region's own endpoint, which
// does not end alike in every partition: in China it is amazonaws.com.cn.
func (q *Queue) endpoint() (string, error) {
	if at := aws.ToString(q.cfg.BaseEndpoint); at != "" {
		return at, nil
	}
	u, err := url.Parse(q.url)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return "", errors.New("the queue's URL has no host to call; it is what CloudFormation's Ref of the queue gives")
	}
	return "https://" + u.Host, nil
}

func (q *Queue) attempt(ctx context.Context, body []byte, n int) error {
	endpoint, err := q.endpoint()
	if err != nil {
		return err
	}
	header := map[string]string{
		"Content-Type":    "application/x-amz-json-1.0",
		"X-Amz-Target":    "AmazonSQS.SendMessage",
		"Amz-Sdk-Request": fmt.Sprintf("attempt=%d; max=%d", n, tries), // as the SDK says it
	}
	// Lambda finds functions that call themselves for ever by this.
	if trace := os.Getenv("_X_AMZN_TRACE_ID"); trace != "" {
		header["X-Amzn-Trace-Id"] = trace
	}
	_, err = signed.Call(ctx, q.cfg, "sqs", strings.TrimSuffix(endpoint, "/")+"/", header, body)
	var (
		none *signed.Unanswered
		no   *signed.Fault
	)
	if errors.As(err, &none) || errors.As(err, &no) && (no.Status >= http.StatusInternalServerError ||
		no.Status == http.StatusTooManyRequests || slices.Contains(throttled, no.Code)) {
		return &passing{err}
	}
	return err
}

// throttled are the codes of who asks too often (Amazon SQS API Reference, "Common Error Types" and SendMessage; and what the
// SDKs retry besides, AWS SDKs and Tools Reference Guide, "Retry behavior").
var throttled = []string{"ThrottlingException", "Throttling", "ThrottledException", "RequestThrottled", "RequestThrottledException",
	"TooManyRequestsException", "RequestLimitExceeded", "SlowDown", "KmsThrottled", "OverLimit"}
