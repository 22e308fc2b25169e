package webhook_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	standard "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"pgregory.net/rapid"

	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/webhook"
)

// TestSenderW1ThePublishedLibraryVerifiesWhatWeSign asks the library of Standard Webhooks, for any body, and both secrets of a rotation.
func TestSenderW1ThePublishedLibraryVerifiesWhatWeSign(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		fresh, old, other := webhook.NewSecret(), webhook.NewSecret(), webhook.NewSecret()
		body := []byte(rapid.String().Draw(r, "body"))
		now := time.Now()
		message := string(id.New[id.Event](id.EventPrefix, now))
		signature, err := webhook.Sign([]string{fresh, old}, message, now, body)
		if err != nil {
			r.Fatal(err)
		}
		h := map[string][]string{"Webhook-Id": {message}, "Webhook-Timestamp": {strconv.FormatInt(now.Unix(), 10)},
			"Webhook-Signature": {signature}}
		for secret, good := range map[string]bool{fresh: true, old: true, other: false} {
			by, err := standard.NewWebhook(secret)
			if err != nil {
				r.Fatal(err)
			}
			if err := by.Verify(body, h); (err == nil) != good {
				r.Fatalf("%v, want %v", err, good)
			}
			if err := by.Verify(append(body, 'x'), h); err == nil {
				r.Fatal("another body is verified")
			}
		}
	})
	if _, err := webhook.Sign([]string{"nonsense"}, "evt_1", time.Now(), nil); err == nil {
		t.Error("what is no secret signs")
	}
}

// TestSenderW9NoAnswerKeepsAClientsName has receivers that send back what they were told.
func TestSenderW9NoAnswerKeepsAClientsName(t *testing.T) {
	t.Parallel()
	for _, x := range []struct{ answer, name, kept string }{
		{"thanks for Acme Ltd and Acme Ltd", "Acme Ltd", "thanks for … and …"},
		{`{"client":"Müller & Söhne 🚀"}`, "Müller & Söhne 🚀", `{"client":"…"}`},
		{`{"client":"M\u00fcller \u0026 S\u00f6hne \ud83d\ude80"}`, "Müller & Söhne 🚀", `{"client":"…"}`},
		{`{"client":"Müller \u0026 Söhne"}`, "Müller & Söhne", `{"client":"…"}`},
		{`{"client":"\"Q\" Ltd"}`, `"Q" Ltd`, `{"client":"…"}`},
		{"ok", "ok", "ok"}, {"ok", "", "ok"}, {"", "Acme Ltd", ""},
	} {
		if got := webhook.Unnamed(x.answer, x.name); got != x.kept {
			t.Errorf("%q for %q is kept as %q, want %q", x.answer, x.name, got, x.kept)
		}
	}
}

func TestSenderW2ASecretIsOf24To64Bytes(t *testing.T) {
	t.Parallel()
	a, b := webhook.NewSecret(), webhook.NewSecret()
	if a == b || !strings.HasPrefix(a, "whsec_") || len(a) != len("whsec_")+44 {
		t.Errorf("%s %s", a, b)
	}
}

// TestSenderW9PeopleAreToldOfAnAttemptThatIsPlanned, and of none that is being made.
func TestSenderW9PeopleAreToldOfAnAttemptThatIsPlanned(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	d := webhook.NewDelivery(webhook.New("ag_1", "mb_1", now), id.New[id.Event](id.EventPrefix, now), "invite.sent", now, webhook.Data{},
		webhook.Live, now)
	if d.Due.IsZero() || !d.Next().IsZero() {
		t.Errorf("before the first attempt: %s", d.Next())
	}
	d.Tried(webhook.Attempt{At: now, Status: 500}, 0)
	if !d.Next().After(now) || !d.Next().Equal(d.Due) {
		t.Errorf("after one that failed: %s", d.Next())
	}
	d.Again(now)
	if !d.Next().IsZero() {
		t.Errorf("while one is asked for: %s", d.Next())
	}
	d.Tried(webhook.Attempt{At: now, Status: 200}, 0)
	if !d.Next().IsZero() {
		t.Errorf("after it was taken: %s", d.Next())
	}
}

// TestSenderW7TheScheduleIsTheStandards holds the waits, each within a fifth.
func TestSenderW7TheScheduleIsTheStandards(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	want := []time.Duration{5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour,
		20 * time.Hour, 24 * time.Hour}
	differ := map[time.Duration]bool{}
	for range 50 {
		e := webhook.New("ag_1", "mb_1", now)
		d := webhook.NewDelivery(e, id.New[id.Event](id.EventPrefix, now), "invite.sent", now, webhook.Data{}, webhook.Live, now)
		at := now
		for n, w := range want {
			d.Tried(webhook.Attempt{At: at, Status: 500}, 0)
			e.Missed(at, webhook.Pause(e, 0))
			got := d.Due.Sub(at)
			if got < w*8/10 || got > w*12/10 || d.State != webhook.Pending {
				t.Fatalf("after try %d it waits %s, want about %s", n+1, got, w)
			}
			if n == 1 {
				differ[got] = true
			}
			at = d.Due
			if ok, _, again := e.Claim(at); !ok {
				t.Fatalf("alone at an endpoint that fails, it waits from %s to %s", at, again)
			}
		}
		d.Tried(webhook.Attempt{At: at, Status: 500}, 0)
		if d.State != webhook.GivenUp || !d.Due.IsZero() || d.Tries != webhook.MaxTries || webhook.MaxTries != 10 {
			t.Fatalf("%+v", d)
		}
	}
	if len(differ) < 40 {
		t.Errorf("all come back at %d times", len(differ))
	}
}

// TestSenderW6RetryAfterIsKeptUpToADay holds the cap.
func TestSenderW6RetryAfterIsKeptUpToADay(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for asked, want := range map[time.Duration]time.Duration{time.Hour: time.Hour, 24 * time.Hour: 24 * time.Hour,
		90 * 24 * time.Hour: 24 * time.Hour} {
		e := webhook.New("ag_1", "mb_1", now)
		d := webhook.NewDelivery(e, id.New[id.Event](id.EventPrefix, now), "invite.sent", now, webhook.Data{}, webhook.Live, now)
		d.Tried(webhook.Attempt{At: now, Status: 429}, asked)
		e.Missed(now, webhook.Pause(e, asked))
		if got := d.Due.Sub(now); got != want || !e.Next.Equal(now.Add(want)) {
			t.Errorf("asked for %s it waits %s, and the endpoint until %s", asked, got, e.Next)
		}
	}
}

// TestSenderW9WhatPeopleAskForSaysNothingOfTheEndpoint holds that redeliveries take no try of the schedule.
func TestSenderW9WhatPeopleAskForSaysNothingOfTheEndpoint(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	e := webhook.New("ag_1", "mb_1", now)
	d := webhook.NewDelivery(e, id.New[id.Event](id.EventPrefix, now), "invite.sent", now, webhook.Data{}, webhook.Live, now)
	for range 30 {
		d.Again(now)
		d.Tried(webhook.Attempt{At: now, Status: 500, Excerpt: strings.Repeat("ä", webhook.Excerpt)}, 0)
	}
	if d.Tries != 0 || d.State != webhook.Pending || len(d.Attempts) != webhook.KeptAttempts || !d.Attempts[0].ByPerson {
		t.Errorf("%d tries, %s, %d attempts", d.Tries, d.State, len(d.Attempts))
	}
	if n := len(d.Attempts[0].Excerpt) + len(d.LastAttempt().Excerpt); n > webhook.Excerpt+webhook.OldExcerpt {
		t.Errorf("%d bytes of answers", n)
	}
	d.Tried(webhook.Attempt{At: now, Status: 204}, 0)
	d.Again(now)
	d.Tried(webhook.Attempt{At: now, Status: 500}, 0)
	if d.State != webhook.Taken || !d.Due.IsZero() {
		t.Errorf("what was taken is %s after it was tried once more", d.State)
	}
}

func TestSenderW8FiveDaysOfFailuresDisable(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	e := webhook.New("ag_1", "mb_1", now)
	e.Missed(now, time.Minute)
	for at, want := range map[time.Duration]webhook.Alarm{0: "", 24*time.Hour - 1: "", 24 * time.Hour: webhook.Warn,
		5*24*time.Hour - 1: webhook.Warn,
		5 * 24 * time.Hour: webhook.Stop} {
		x := *e
		if got := x.Look(now.Add(at)); got != want {
			t.Errorf("after %s it is %q, want %q", at, got, want)
		}
	}
	if !e.Due().Equal(now.Add(webhook.LookBack)) {
		t.Error(e.Due())
	}
	e.Reached(now.Add(4 * 24 * time.Hour))
	e.Missed(now.Add(4*24*time.Hour), time.Minute)
	if a := e.Look(now.Add(6 * 24 * time.Hour)); a == webhook.Stop {
		t.Error("a success has not set the clock back")
	}
}

func TestJobsAreReadAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	const ulid = "01JZ8Y5W3RN6T0V4K2M9QXBDCE"
	for _, k := range []webhook.JobKind{webhook.Deliver, webhook.Wake, webhook.Regain, webhook.Purge} {
		j := webhook.Job{Kind: k, Agency: "ag_" + ulid, Endpoint: "whe_" + ulid, Delivery: "dlv_" + ulid, Version: 3, Back: true}
		if got, err := webhook.DecodeJob(j.Encode()); err != nil || got != j {
			t.Errorf("%+v, %v", got, err)
		}
	}
	for _, bad := range []string{"", "{}", `{"kind":"deliver"}`, `{"kind":"nonsense","agency":"ag_` + ulid + `","endpoint":"whe_` + ulid + `"}`,
		`{"kind":"deliver","agency":"ag_` + ulid + `","endpoint":"whe_` + ulid + `"}`} {
		if _, err := webhook.DecodeJob([]byte(bad)); err == nil {
			t.Errorf("%s is a job", bad)
		}
	}
}
