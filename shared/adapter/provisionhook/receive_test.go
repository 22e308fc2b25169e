package provisionhook_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"latchkey.dev/shared/adapter/provisionhook"
	"latchkey.dev/shared/domain/job"
)

// The example of the specification's own libraries.
func TestSignaturesAreThoseOfStandardWebhooks(t *testing.T) {
	t.Parallel()
	key := provisionhook.Key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	got := provisionhook.Sign(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; got != want {
		t.Errorf("signed %s, want %s", got, want)
	}
	if got := provisionhook.Key("a secret that is no base64 of anything"); string(got) != "a secret that is no base64 of anything" {
		t.Errorf("the key is %q", got)
	}
}

// jobs is a queue that keeps what it gets.
type jobs struct {
	got []string
	err error
}

func (q *jobs) Send(_ context.Context, body []byte, _ time.Duration) error {
	q.got = append(q.got, string(body))
	return q.err
}

func TestAMessageOfTheProvisionerHasTheThingLookedAt(t *testing.T) {
	t.Parallel()
	const secret = "a secret of thirty-two characters"
	now := time.Unix(1_764_742_561, 0)
	good := `{"type":"provision.changed","timestamp":"2025-12-03T06:16:01Z",
		"data":{"agency":"ag_01KB6PZ8Q3M1V4W7X9Y2Z5A8BC","client":"cl_01KB6PZ8Q3M1V4W7X9Y2Z5A8BC","key":"si_1"}}`
	for name, x := range map[string]struct {
		body, key string
		at        time.Time
		queue     error
		want      int
		sent      int
	}{
		"what is signed":                  {good, secret, now, nil, 204, 1},
		"signed with another secret":      {good, "another secret of thirty-two chars", now, nil, 401, 0},
		"signed long ago":                 {good, secret, now.Add(-provisionhook.Tolerance - time.Second), nil, 401, 0},
		"signed in the future":            {good, secret, now.Add(provisionhook.Tolerance + time.Second), nil, 401, 0},
		"another message":                 {strings.Replace(good, "changed", "begin", 1), secret, now, nil, 400, 0},
		"no message":                      {`[]`, secret, now, nil, 400, 0},
		"of nobody":                       {strings.Replace(good, "cl_01KB6PZ8Q3M1V4W7X9Y2Z5A8BC", "cl_x", 1), secret, now, nil, 400, 0},
		"while the queue does not answer": {good, secret, now, errors.New("away"), 503, 1},
	} {
		q := &jobs{err: x.queue}
		r := httptest.NewRequest(http.MethodPost, "/provisioner/callback", strings.NewReader(x.body))
		r.Header.Set("Webhook-Id", "msg_1")
		r.Header.Set("Webhook-Timestamp", strconv.FormatInt(x.at.Unix(), 10))
		r.Header.Set("Webhook-Signature", "v1,bm90aGluZw== "+provisionhook.Sign([]byte(x.key), "msg_1", x.at, []byte(x.body)))
		w := httptest.NewRecorder()
		provisionhook.Receiver([]byte(secret), func() time.Time { return now }, q).ServeHTTP(w, r)
		if w.Code != x.want || len(q.got) != x.sent {
			t.Errorf("%s: answered %d and sent %d jobs, want %d and %d", name, w.Code, len(q.got), x.want, x.sent)
		}
		if x.sent == 0 {
			continue
		}
		j, err := job.DecodeProvision([]byte(q.got[0]))
		if err != nil || !j.Told || j.Item != "si_1" {
			t.Errorf("%s: the job is %+v, %v", name, j, err)
		}
	}
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPut, http.MethodDelete, http.MethodOptions} {
		w, q := httptest.NewRecorder(), &jobs{}
		r := httptest.NewRequest(method, "/provisioner/callback", strings.NewReader(good))
		r.Header.Set("Webhook-Id", "msg_1")
		r.Header.Set("Webhook-Timestamp", strconv.FormatInt(now.Unix(), 10))
		r.Header.Set("Webhook-Signature", provisionhook.Sign([]byte(secret), "msg_1", now, []byte(good)))
		provisionhook.Receiver([]byte(secret), func() time.Time { return now }, q).ServeHTTP(w, r)
		if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "POST" || len(q.got) > 0 {
			t.Errorf("%s: answered %d, Allow %q, and sent %d jobs", method, w.Code, w.Header().Get("Allow"), len(q.got))
		}
	}
	// Where no provisioner was set up, nobody can sign.
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, "/provisioner/callback", strings.NewReader(good))
	r.Header.Set("Webhook-Timestamp", strconv.FormatInt(now.Unix(), 10))
	r.Header.Set("Webhook-Signature", provisionhook.Sign(nil, "", now, []byte(good)))
	if provisionhook.Receiver(nil, func() time.Time { return now }, &jobs{}).ServeHTTP(w, r); w.Code != http.StatusUnauthorized {
		t.Errorf("without a secret it answers %d", w.Code)
	}
}
