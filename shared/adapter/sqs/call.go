package sqs

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
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

// call is SendMessage by SQS's JSON protocol, with the SDK's signer and without its client for the service: all of that
// client would be initialized in every function that has a queue at hand, whether it uses it or not, and take 200 KB of it.
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
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(endpoint, "/")+"/", bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("X-Amz-Target", "AmazonSQS.SendMessage")
	r.Header.Set("Amz-Sdk-Request", fmt.Sprintf("attempt=%d; max=%d", n, tries)) // as the SDK says it
	// Lambda finds functions that call themselves for ever by this.
	if trace := os.Getenv("_X_AMZN_TRACE_ID"); trace != "" {
		r.Header.Set("X-Amzn-Trace-Id", trace)
	}
	who, err := q.cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(body)
	if err := v4.NewSigner().SignHTTP(ctx, who, r, hex.EncodeToString(sum[:]), "sqs", q.cfg.Region, time.Now()); err != nil {
		return err
	}
	client := q.cfg.HTTPClient
	if client == nil {
		client = http.DefaultClient
	}
	res, err := client.Do(r)
	if err != nil {
		return &passing{err}
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return &passing{err}
	}
	if res.StatusCode == http.StatusOK {
		return nil
	}
	var said struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
	}
	_ = json.Unmarshal(text, &said)                             // the status says enough
	code := said.Type[strings.LastIndexByte(said.Type, '#')+1:] // it may carry its namespace
	err = fmt.Errorf("status %d, %s: %s", res.StatusCode, code, said.Message)
	if res.StatusCode >= http.StatusInternalServerError || res.StatusCode == http.StatusTooManyRequests ||
		slices.Contains(throttled, code) {
		return &passing{err}
	}
	return err
}

// throttled are the codes of who asks too often (Amazon SQS API Reference, "Common Error Types" and SendMessage; and what the
// SDKs retry besides, AWS SDKs and Tools Reference Guide, "Retry behavior").
var throttled = []string{"ThrottlingException", "Throttling", "ThrottledException", "RequestThrottled", "RequestThrottledException",
	"TooManyRequestsException", "RequestLimitExceeded", "SlowDown", "KmsThrottled", "OverLimit"}
