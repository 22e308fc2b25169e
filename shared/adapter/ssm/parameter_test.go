package ssm_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/adapter/ssm"
)

const good = "0123456789abcdef0123456789abcdef"

// answers is a Parameter Store that gives one answer after the other, and keeps what it was asked.
type answers struct {
	list  []answer
	asked []*http.Request
	said  []string
}

type answer struct {
	status int
	body   string
	err    error
}

func (a *answers) Do(r *http.Request) (*http.Response, error) {
	b, _ := io.ReadAll(r.Body)
	a.asked, a.said = append(a.asked, r), append(a.said, string(b))
	next := a.list[min(len(a.asked), len(a.list))-1]
	if next.err != nil {
		return nil, next.err
	}
	return &http.Response{StatusCode: next.status, Body: io.NopCloser(bytes.NewReader([]byte(next.body)))}, nil
}

func read(a *answers, vars map[string]string) (string, error) {
	all := map[string]string{"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "s",
		"AWS_SESSION_TOKEN": "tok", "SECRET_NAME": "/live/key"}
	for k, v := range vars {
		all[k] = v
	}
	env := environment.New(func(name string) string { return all[name] })
	env.HTTPClient = a
	got := ssm.Secret(env, "SECRET_NAME")
	return string(got), env.Err()
}

func found(value string) answer {
	return answer{status: 200, body: `{"Parameter":{"Name":"/live/key","Type":"SecureString","Value":"` + value + `","Version":1}}`}
}

func TestASecretIsReadDecryptedAndSigned(t *testing.T) {
	t.Parallel()
	a := &answers{list: []answer{found(good)}}
	if got, err := read(a, nil); err != nil || got != good {
		t.Fatal(got, err)
	}
	r := a.asked[0]
	if r.URL.String() != "https://ssm.eu-central-1.amazonaws.com/" || r.Header.Get("X-Amz-Target") != "AmazonSSM.GetParameter" ||
		r.Header.Get("X-Amz-Security-Token") != "tok" {
		t.Errorf("%s %v", r.URL, r.Header)
	}
	auth := r.Header.Get("Authorization")
	if !strings.HasPrefix(auth, "AWS4-HMAC-SHA256 Credential=AKIA/") || !strings.Contains(auth, "/eu-central-1/ssm/aws4_request") ||
		!strings.Contains(auth, "x-amz-target") {
		t.Errorf("signature %q", auth)
	}
	if a.said[0] != `{"Name":"/live/key","WithDecryption":true}` {
		t.Errorf("asked %s", a.said[0])
	}
}

func TestTheEndpointCanBeAnother(t *testing.T) {
	t.Parallel()
	a := &answers{list: []answer{found(good)}}
	if _, err := read(a, map[string]string{"AWS_ENDPOINT_URL_SSM": "http://127.0.0.1:4566"}); err != nil ||
		a.asked[0].URL.Host != "127.0.0.1:4566" {
		t.Error(err)
	}
}

func TestAPassingFaultIsTriedAgain(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]answer{
		"throttled":  {status: 400, body: `{"__type":"ThrottlingException","message":"Rate exceeded"}`},
		"a fault":    {status: 500, body: `{"__type":"InternalServerError"}`},
		"no network": {err: errors.New("connection reset")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := &answers{list: []answer{first, first, found(good)}}
			if got, err := read(a, nil); err != nil || got != good || len(a.asked) != 3 {
				t.Errorf("%q after %d tries: %v", got, len(a.asked), err)
			}
			a = &answers{list: []answer{first}}
			if _, err := read(a, nil); err == nil || len(a.asked) != 3 {
				t.Errorf("%d tries, %v: it must not try for ever", len(a.asked), err)
			}
		})
	}
}

func TestAFunctionWithoutItsSecretDoesNotStart(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer answer
		says   []string
	}{
		"missing":   {answer{status: 400, body: `{"__type":"ParameterNotFound"}`}, []string{"/live/key", "ParameterNotFound", "aws ssm put-parameter --type SecureString --name /live/key"}},
		"no right":  {answer{status: 400, body: `{"__type":"AccessDeniedException"}`}, []string{"/live/key", "AccessDeniedException"}},
		"too short": {found(good[1:]), []string{"/live/key", "31 bytes", "at least 32"}},
		"empty":     {answer{status: 200, body: `{}`}, []string{"0 bytes"}},
		"no JSON":   {answer{status: 200, body: `<html>`}, []string{"no JSON"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := &answers{list: []answer{c.answer}}
			_, err := read(a, nil)
			if err == nil || len(a.asked) != 1 {
				t.Fatalf("%d tries: %v", len(a.asked), err)
			}
			for _, s := range c.says {
				if !strings.Contains(err.Error(), s) {
					t.Errorf("%q does not say %q", err, s)
				}
			}
			if strings.Contains(err.Error(), good[1:]) {
				t.Error("the error holds the secret")
			}
		})
	}
}

func TestWithoutANameNothingIsAsked(t *testing.T) {
	t.Parallel()
	a := &answers{}
	if got, err := read(a, map[string]string{"SECRET_NAME": ""}); got != "" || err == nil || len(a.asked) > 0 {
		t.Errorf("%q, %v", got, err)
	}
}
