package hook_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"latchkey.dev/shared/adapter/egress"
	"latchkey.dev/shared/adapter/hook"
	"latchkey.dev/shared/domain/webhook"
	"latchkey.dev/shared/usecase/webhooks"
)

var loopback = netip.MustParseAddrPort("127.0.0.1:9000")

// receiving has a program at the other end of each connection that speaks for itself, in time that passes by itself.
func receiving(t *testing.T, program func(n int, c net.Conn, in *bufio.Reader), story func(t *testing.T, post func() webhooks.Answer)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		connections := 0
		var programs sync.WaitGroup
		defer programs.Wait()
		d := egress.Dialer{Policy: egress.Strict().Allowing(loopback), Connect: func(context.Context, netip.AddrPort) (net.Conn, error) {
			here, there := net.Pipe()
			connections++
			n := connections
			end := time.AfterFunc(2*time.Minute, func() { _ = there.Close() }) // of the most patient program
			programs.Go(func() {
				program(n, there, bufio.NewReader(there))
				_ = there.Close()
				end.Stop()
			})
			return here, nil
		}}
		carrier := hook.Carrier(d)
		defer carrier.(interface{ CloseIdleConnections() }).CloseIdleConnections()
		client := hook.New(carrier)
		story(t, func() webhooks.Answer {
			return client.Post(t.Context(), webhooks.Request{URL: "http://" + loopback.String() + "/hook", Message: "evt_1", At: time.Now(),
				Signature: "v1,x", Body: []byte(`{"type":"webhook.test"}`)})
		})
	})
}

// hears reads a request, and returns its body; false at the end of the connection.
func hears(in *bufio.Reader) (string, bool) {
	r, err := http.ReadRequest(in)
	if err != nil {
		return "", false
	}
	body, err := io.ReadAll(r.Body)
	return string(body), err == nil
}

// says tells whether anybody still listened.
func says(c net.Conn, s string) bool {
	_, err := io.WriteString(c, s)
	return err == nil
}

// mumbles says the same over and over, with a pause between, until nobody listens.
func mumbles(c net.Conn, s string, pause time.Duration) {
	for says(c, s) {
		time.Sleep(pause)
	}
}

// TestSenderW6WhateverAReceiverAnswersIsBoundedInTimeAndBytes has receivers answer with what no program should.
func TestSenderW6WhateverAReceiverAnswersIsBoundedInTimeAndBytes(t *testing.T) {
	t.Parallel()
	holds := func(c net.Conn) { _, _ = io.Copy(io.Discard, c) } // the connection stays open
	for name, x := range map[string]struct {
		answers func(c net.Conn)
		status  int
		fault   webhook.Fault
	}{
		"another protocol, and then nothing": {func(c net.Conn) {
			says(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
			holds(c)
		}, 0, webhook.Garbled},
		"another protocol, without end": {func(c net.Conn) {
			says(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
			mumbles(c, "x", time.Second)
		}, 0, webhook.Garbled},
		"a status, and then nothing": {func(c net.Conn) {
			says(c, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")
			holds(c)
		}, 200, ""},
		"a body without end": {func(c net.Conn) {
			says(c, "HTTP/1.1 200 OK\r\n\r\n")
			mumbles(c, strings.Repeat("x", 4096), 0)
		}, 200, ""},
		"headers without end": {func(c net.Conn) {
			says(c, "HTTP/1.1 200 OK\r\n")
			mumbles(c, "X: "+strings.Repeat("x", 1024)+"\r\n", 0)
		}, 0, webhook.Garbled},
		"a byte of a header now and then": {func(c net.Conn) {
			says(c, "HTTP/1.1 200 OK\r\nX: ")
			mumbles(c, "x", time.Second)
		}, 0, webhook.Slow},
		"word that it goes on, without end": {func(c net.Conn) {
			mumbles(c, "HTTP/1.1 103 Early Hints\r\n\r\n", time.Second)
		}, 0, ""},
		"nothing":         {holds, 0, webhook.Slow},
		"something else":  {func(c net.Conn) { says(c, "220 mail.example ESMTP\r\n") }, 0, webhook.Garbled},
		"an odd status":   {func(c net.Conn) { says(c, "HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n") }, 999, ""},
		"a zero status":   {func(c net.Conn) { says(c, "HTTP/1.1 000 Odd\r\nContent-Length: 0\r\n\r\n") }, 0, webhook.Garbled},
		"the end at once": {func(net.Conn) {}, 0, webhook.Garbled},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			receiving(t, func(_ int, c net.Conn, in *bufio.Reader) {
				if _, ok := hears(in); ok {
					x.answers(c)
				}
			}, func(t *testing.T, post func() webhooks.Answer) {
				start := time.Now()
				a := post()
				if took := time.Since(start); took > hook.Patience+time.Second {
					t.Errorf("it took %s", took)
				}
				if a.Status != x.status || x.fault != "" && a.Fault != x.fault || len(a.Excerpt) > webhook.Excerpt {
					t.Errorf("%+v", a)
				}
				if ok := (webhook.Attempt{Status: a.Status, Fault: a.Fault}).OK(); ok != (x.status == 200) {
					t.Errorf("taken: %t, %+v", ok, a)
				}
			})
		})
	}
}

// TestSenderW6RetryAfterIsReadInEveryForm is about what receivers that are busy say, and what others may make of it.
func TestSenderW6RetryAfterIsReadInEveryForm(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]time.Duration{"": 0, "30": 30 * time.Second, " 30 ": 30 * time.Second, "-30": 0, "soon": 0, "1.5": 0,
		"86401": webhook.MostWait, "99999999999999999999999": webhook.MostWait, "-99999999999999999999999": 0,
		"Sat, 01 Jan 2000 01:00:00 GMT": time.Hour, "Fri, 31 Dec 1999 23:00:00 GMT": 0} {
		receiving(t, func(_ int, c net.Conn, in *bufio.Reader) {
			if _, ok := hears(in); ok {
				says(c, "HTTP/1.1 503 Busy\r\nRetry-After: "+said+"\r\nContent-Length: 0\r\n\r\n")
			}
		}, func(t *testing.T, post func() webhooks.Answer) {
			if a := post(); a.RetryAfter != want || a.Status != 503 {
				t.Errorf("%q: %+v", said, a)
			}
		})
	}
}

// TestSenderW6AConnectionThatTheReceiverHasClosedIsNoFailure: receivers close connections that nobody uses, and a function that slept
// meanwhile hears of that when it writes. That is tried once more at once, and not told as a failure.
func TestSenderW6AConnectionThatTheReceiverHasClosedIsNoFailure(t *testing.T) {
	t.Parallel()
	var heard []string
	receiving(t, func(n int, c net.Conn, in *bufio.Reader) {
		for turn := 0; ; turn++ {
			body, ok := hears(in)
			if !ok || n == 1 && turn == 1 { // the second request on the first connection meets its end
				return
			}
			heard = append(heard, body)
			says(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
		}
	}, func(t *testing.T, post func() webhooks.Answer) {
		for n := range 2 {
			if a := post(); a.Status != 200 || a.Fault != "" {
				t.Errorf("%d: %+v", n, a)
			}
		}
		synctest.Wait()
		if len(heard) != 2 || heard[0] != heard[1] {
			t.Errorf("it was sent %q", heard)
		}
	})
}
