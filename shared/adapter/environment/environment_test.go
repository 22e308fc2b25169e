package environment_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"latchkey.dev/shared/adapter/environment"
)

func with(vars map[string]string) *environment.Environment {
	return environment.New(func(name string) string { return vars[name] })
}

func TestEverythingThatIsMissingIsToldTogether(t *testing.T) {
	t.Parallel()
	why := errors.New("no such parameter")
	e := with(map[string]string{"HERE": "x", "BAD": "portal.example.com"})
	if e.String("HERE") != "x" || e.String("TABLE_NAME") != "" || e.Optional("CHECK_MX") != "" || e.Origin("ORIGIN") != "" ||
		e.Origin("BAD") != "" {
		t.Error("a lookup did not answer what is set, or nothing")
	}
	e.Fail(why)
	err := e.Err()
	if err == nil || !errors.Is(err, why) {
		t.Fatalf("%v", err)
	}
	for _, part := range []string{"not set: TABLE_NAME, ORIGIN", "BAD must be an origin", `"portal.example.com"`, "no such parameter"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %q", err, part)
		}
	}
	if strings.Contains(err.Error(), "CHECK_MX") || strings.Contains(err.Error(), "HERE") {
		t.Errorf("%q names what is set or may be missing", err)
	}
}

func TestNothingMissingIsNoError(t *testing.T) {
	t.Parallel()
	e := with(map[string]string{"A": "x"})
	e.String("A")
	e.Optional("B")
	if err := e.Err(); err != nil {
		t.Error(err)
	}
}

func TestFailAloneIsAnError(t *testing.T) {
	t.Parallel()
	e := with(nil)
	e.Fail(errors.New("secret too short"))
	if err := e.Err(); err == nil || err.Error() != "secret too short" {
		t.Errorf("%v", err)
	}
}

func TestAnOriginIsSchemeHostAndPort(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"https://portal.example.com":      "https://portal.example.com",
		"https://portal.example.com/":     "https://portal.example.com",
		"http://localhost:8321":           "http://localhost:8321",
		"HTTPS://portal.example.com":      "https://portal.example.com",
		"https://[::1]:8443":              "https://[::1]:8443",
		"portal.example.com":              "",
		"https://":                        "",
		"https://portal.example.com/app":  "",
		"https://portal.example.com?a=b":  "",
		"https://me:pw@portal.example":    "",
		"ftp://portal.example.com":        "",
		"javascript:alert(1)":             "",
		"https://portal.example.com:port": "",
		"https://portal example.com":      "",
		"://":                             "",
	} {
		e := with(map[string]string{"ORIGIN": value})
		got := e.Origin("ORIGIN")
		if got != want {
			t.Errorf("%q is read as %q, want %q", value, got, want)
		}
		if err := e.Err(); (err == nil) != (want != "") {
			t.Errorf("%q: %v", value, err)
		}
	}
}

func TestAServiceHasAnEndpointOfItsOwn(t *testing.T) {
	t.Parallel()
	base := map[string]string{"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "s",
		"AWS_SESSION_TOKEN": "tok"}
	for name, c := range map[string]struct {
		vars    map[string]string
		service string
		want    string
	}{
		"none is AWS":         {nil, "dynamodb", ""},
		"one for all":         {map[string]string{"AWS_ENDPOINT_URL": "http://all"}, "sqs", "http://all"},
		"its own comes first": {map[string]string{"AWS_ENDPOINT_URL": "http://all", "AWS_ENDPOINT_URL_SQS": "http://own"}, "sqs", "http://own"},
		"another's is not its": {map[string]string{"AWS_ENDPOINT_URL_SQS": "http://own"}, "sesv2",
			""},
		"empty is unset":       {map[string]string{"AWS_ENDPOINT_URL": "http://all", "AWS_ENDPOINT_URL_SQS": ""}, "sqs", "http://all"},
		"all empty is AWS too": {map[string]string{"AWS_ENDPOINT_URL": "", "AWS_ENDPOINT_URL_SESV2": ""}, "sesv2", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			vars := map[string]string{}
			for _, m := range []map[string]string{base, c.vars} {
				for k, v := range m {
					vars[k] = v
				}
			}
			e := with(vars)
			cfg := e.AWS(c.service)
			if got := aws.ToString(cfg.BaseEndpoint); got != c.want || (c.want == "") != (cfg.BaseEndpoint == nil) {
				t.Errorf("endpoint %q, want %q", got, c.want)
			}
			who, err := cfg.Credentials.Retrieve(t.Context())
			if err != nil || who.AccessKeyID != "AKIA" || who.SecretAccessKey != "s" || who.SessionToken != "tok" ||
				cfg.Region != "eu-central-1" {
				t.Errorf("%+v in %s, %v", who, cfg.Region, err)
			}
			if cfg.HTTPClient != nil {
				t.Error("without an HTTP client of ours it must be left to the SDK: a nil in the interface would be called")
			}
			if e.Err() != nil {
				t.Error(e.Err())
			}
		})
	}
}

func TestTheHTTPClientIsPassedOn(t *testing.T) {
	t.Parallel()
	e := with(nil)
	e.HTTPClient = http.DefaultClient
	if e.AWS("ssm").HTTPClient == nil {
		t.Error("the client is not the SDK's")
	}
	if err := e.Err(); err == nil || !strings.Contains(err.Error(), "AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY") {
		t.Errorf("%v: without them no request can be signed", err)
	}
}
