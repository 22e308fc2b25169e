// Package environment reads what a function is told by its surroundings: the variables that template.yaml declares
// and the ones that Lambda sets. It is the only place that reads them.
package environment

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// Environment is what a function knows when it starts. Lookups that fail are collected and told together by Err,
// so that a deployment with three missing variables is mended in one go.
type Environment struct {
	// Now is the clock that everything in the function tells the time by.
	Now func() time.Time
	// HTTPClient carries the AWS SDK's requests; nil means the SDK's own.
	HTTPClient aws.HTTPClient

	get     func(string) string
	missing []string
	invalid []error
}

// New reads variables through get, which is os.Getenv in a Lambda.
func New(get func(string) string) *Environment { return &Environment{Now: time.Now, get: get} }

// String is the value of the variable, which must be set.
func (e *Environment) String(name string) string {
	v := e.get(name)
	if v == "" && !slices.Contains(e.missing, name) {
		e.missing = append(e.missing, name)
	}
	return v
}

// Optional is the value of the variable, or "" when it is not set.
func (e *Environment) Optional(name string) string { return e.get(name) }

// Origin is the value of a variable that holds an origin (RFC 6454): scheme, host and port, nothing else.
func (e *Environment) Origin(name string) string {
	v := e.String(name)
	if v == "" {
		return ""
	}
	u, err := url.Parse(v)
	if err != nil || u.Hostname() == "" || u.Fragment != "" || u.ForceQuery || (u.Scheme != "https" && u.Scheme != "http") ||
		strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.User != nil {
		e.invalid = append(e.invalid, fmt.Errorf("%s must be an origin like https://portal.example.com, it is %q", name, v))
		return ""
	}
	return u.Scheme + "://" + strings.ToLower(u.Host) // as browsers send it
}

// Fail adds an error to what Err tells: for an adapter that cannot be made from what the environment says.
func (e *Environment) Fail(err error) { e.invalid = append(e.invalid, err) }

// Err tells what is missing or malformed of all that was asked for, or nil.
func (e *Environment) Err() error {
	var errs []error
	if len(e.missing) > 0 {
		errs = append(errs, fmt.Errorf("environment: not set: %s", strings.Join(e.missing, ", ")))
	}
	return errors.Join(append(errs, e.invalid...)...)
}

// AWS is the SDK's configuration for one service ("dynamodb", "sqs", "sesv2", "ssm").
//
// It is put together here instead of by the SDK's config package because Lambda gives region and credentials in
// the environment and nothing else is ever looked for there; config would bring the clients of SSO, STS and IMDS
// into every binary and several milliseconds into every cold start. The endpoint is the service's own
// AWS_ENDPOINT_URL_<SERVICE>, else AWS_ENDPOINT_URL, else AWS (SDK reference, "Service-specific endpoints").
func (e *Environment) AWS(service string) aws.Config {
	c := aws.Config{
		Region: e.String("AWS_REGION"),
		Credentials: credentials.NewStaticCredentialsProvider(e.String("AWS_ACCESS_KEY_ID"), e.String("AWS_SECRET_ACCESS_KEY"),
			e.get("AWS_SESSION_TOKEN")),
	}
	endpoint := e.get("AWS_ENDPOINT_URL_" + strings.ToUpper(service))
	if endpoint == "" {
		endpoint = e.get("AWS_ENDPOINT_URL")
	}
	if endpoint != "" {
		c.BaseEndpoint = aws.String(endpoint)
	}
	if e.HTTPClient != nil {
		c.HTTPClient = e.HTTPClient
	}
	return c
}

var _ aws.HTTPClient = (*http.Client)(nil)
