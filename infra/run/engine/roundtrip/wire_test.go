package roundtrip_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"latchkey.dev/infra/run/engine/roundtrip"
)

func request(t *testing.T, ctx context.Context, body string) *http.Request { //nolint:revive // t first, as everywhere
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://localhost/a/b?c=d", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// ends records that a body was read to its end and closed.
type ends struct {
	io.Reader
	closed bool
}

func (e *ends) Close() error {
	e.closed = true
	return nil
}

func TestTransportHandsOverTheRequestAndRecordsTheAnswer(t *testing.T) {
	t.Parallel()
	body := &ends{Reader: strings.NewReader("ping")}
	transport := roundtrip.Transport(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !body.closed {
			t.Error("the handler runs before the body is closed")
		}
		got, err := io.ReadAll(r.Body)
		if err != nil || string(got) != "ping" || r.RequestURI != "/a/b?c=d" || r.Host != "localhost" {
			t.Errorf("the handler sees %s %s %q, %v", r.Host, r.RequestURI, got, err)
		}
		w.Header().Set("X-Own", "1")
		w.WriteHeader(http.StatusTeapot)
		w.Header().Set("X-Late", "1")
		if _, err := io.WriteString(w, "pong"); err != nil {
			t.Error(err)
		}
	}))
	r := request(t, t.Context(), "")
	r.Body, r.ContentLength = body, -1
	resp, err := transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil || string(got) != "pong" || resp.StatusCode != http.StatusTeapot || resp.ContentLength != 4 ||
		resp.Header.Get("X-Own") != "1" || resp.Header.Get("X-Late") != "" {
		t.Errorf("the answer is %d %v %q, %v", resp.StatusCode, resp.Header, got, err)
	}
}

func TestTransportGivesUpWithItsCallerWhileTheHandlerWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		defer close(release)
		transport := roundtrip.Transport(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		resp, err := transport.RoundTrip(request(t, ctx, "x"))
		if err == nil {
			resp.Body.Close()
		}
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Second {
			t.Errorf("got %v after %v", err, time.Since(began))
		}
	})
}

func TestTransportTurnsAPanicIntoAnError(t *testing.T) {
	t.Parallel()
	transport := roundtrip.Transport(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("broken") }))
	for _, ctx := range []context.Context{context.Background(), t.Context()} {
		resp, err := transport.RoundTrip(request(t, ctx, ""))
		if err == nil {
			resp.Body.Close()
		}
		if err == nil || !strings.Contains(err.Error(), "broken") {
			t.Errorf("got %v", err)
		}
	}
}

func TestTransportServesManyAtOnce(t *testing.T) {
	t.Parallel()
	transport := roundtrip.Transport(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := roundtrip.ReadBody(r, 100)
		if err != nil {
			roundtrip.AnswerErrorREST(w, err)
			return
		}
		roundtrip.Answer(w, roundtrip.JSON, http.StatusOK, body)
	}))
	var group sync.WaitGroup
	for n := range 300 {
		group.Go(func() {
			want := strings.Repeat("x", n%90)
			resp, err := transport.RoundTrip(request(t, t.Context(), want))
			if err != nil {
				t.Error(err)
				return
			}
			defer resp.Body.Close()
			if got, err := io.ReadAll(resp.Body); err != nil || string(got) != want {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
	group.Wait()
}

func TestABodyOverTheLimitIsRefused(t *testing.T) {
	t.Parallel()
	for _, length := range []int64{11, -1} {
		r := request(t, t.Context(), "01234567890")
		r.ContentLength = length
		_, err := roundtrip.ReadBody(r, 10)
		if e := roundtrip.AsError(err); e.Code != "RequestEntityTooLarge" || e.Status != http.StatusRequestEntityTooLarge {
			t.Errorf("got %v", err)
		}
	}
}

func TestErrorsHaveTheShapesOfTheTwoProtocols(t *testing.T) {
	t.Parallel()
	fault := &roundtrip.Error{Code: "Gone", Message: "no more", QueryCode: "Old.Gone", Extra: map[string]any{"Reasons": []int{1}}}
	for want, answer := range map[string]func(http.ResponseWriter){
		`{"Reasons":[1],"__type":"com.amazonaws.x#Gone","message":"no more"}`: func(w http.ResponseWriter) {
			roundtrip.AnswerError10(w, "com.amazonaws.x", fault)
		},
		`{"Reasons":[1],"message":"no more"}`: func(w http.ResponseWriter) { roundtrip.AnswerErrorREST(w, fault) },
	} {
		transport := roundtrip.Transport(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answer(w) }))
		resp, err := transport.RoundTrip(request(t, t.Context(), ""))
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(resp.Body)
		if err != nil || string(got) != want || resp.StatusCode != http.StatusBadRequest || resp.Header.Get("X-Amzn-Requestid") == "" {
			t.Errorf("answered %d %v %s, %v; want %s", resp.StatusCode, resp.Header, got, err, want)
		}
		if err := resp.Body.Close(); err != nil {
			t.Error(err)
		}
	}
}
