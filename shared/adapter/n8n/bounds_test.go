package n8n_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"unicode/utf8"

	"latchkey.dev/shared/adapter/n8n"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/instance"
)

// write writes s so many times.
func write(w io.Writer, s string, times int) {
	block := strings.Repeat(s, 1000)
	for n := 0; n < times; n += 1000 {
		if _, err := io.WriteString(w, block); err != nil {
			return
		}
	}
}

func TestFN1AWorkflowWithPinnedDataIsConnectedAndListed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		knows bool // the parameter
		heeds bool
	}{
		"an n8n that leaves pinned data out": {true, true}, "one that sends it all the same": {true, false},
		"one from before": {false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := far(t, func(w http.ResponseWriter, r *http.Request) {
				lean := r.URL.Query().Get("excludePinnedData") == "true"
				if lean && !c.knows {
					http.Error(w, `{"message":"Unknown query parameter 'excludePinnedData'"}`, http.StatusBadRequest)
					return
				}
				one := func() {
					fmt.Fprint(w, `{"pinData":{"Webhook":[`)
					if !c.heeds {
						write(w, `{"json":{"a":"\"\\`+strings.Repeat("x", 80)+`"}},`, 90_000) // 9 MB
					}
					fmt.Fprint(w, `{}]},"id":"a1","name":"Pinned","active":true}`)
				}
				switch r.URL.Path {
				case "/api/v1/workflows":
					fmt.Fprint(w, `{"data":[`)
					one()
					fmt.Fprint(w, `,{"id":"b2","name":"Small"}],"nextCursor":null}`)
				case "/api/v1/workflows/a1":
					one()
				}
			})
			cl := client(t, e.URL)
			if err := cl.Check(t.Context(), e); err != nil {
				t.Errorf("it cannot be connected: %v", err)
			}
			got, more, err := cl.Workflows(t.Context(), e)
			if err != nil || more || len(got) != 2 || got[0].Name != "Pinned" || !got[0].Active || got[1].ID != "b2" {
				t.Errorf("%+v, more %v, %v", got, more, err)
			}
			if w, err := cl.Workflow(t.Context(), e, "a1"); err != nil || w.Name != "Pinned" {
				t.Errorf("%+v, %v", w, err)
			}
		})
	}
}

func TestFN1AnEntryWithoutEndEndsTheListAndSaysSo(t *testing.T) {
	t.Parallel()
	e := far(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"data":[{"id":"a1","name":"First"},{"id":"b2","nodes":"`)
		for {
			if _, err := io.WriteString(w, strings.Repeat("x", 64<<10)); err != nil {
				return
			}
		}
	})
	got, more, err := client(t, e.URL).Workflows(t.Context(), e)
	if err != nil || !more || len(got) != 1 || got[0].ID != "a1" {
		t.Errorf("%+v, more %v, %v", got, more, err)
	}
}

func TestFN3WhatIsReadIsBoundedInNumberBytesAndLength(t *testing.T) {
	t.Parallel()
	e := far(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/v1/executions" {
			fmt.Fprint(w, `{"data":[`)
			write(w, `{"id":"`+strings.Repeat("1", 90)+`","workflowId":"a","status":"`+strings.Repeat("success", 50)+`"},`, 5000)
			fmt.Fprint(w, `{}]}`)
			return
		}
		fmt.Fprint(w, `{"data":[{"id":"`+strings.Repeat("i", 5000)+`","name":"`+strings.Repeat("é", 100_000)+`"},`)
		for n := range 10_000 { // whatever was asked for
			fmt.Fprintf(w, `{"id":"w%d","name":"Workflow %d"},`, n, n)
		}
		fmt.Fprint(w, `{}],"nextCursor":"`+strings.Repeat("c", 100_000)+`"}`)
	})
	got, more, err := client(t, e.URL).Workflows(t.Context(), e)
	if err != nil || !more || len(got) != n8n.Flows {
		t.Fatalf("%d workflows, more %v, %v", len(got), more, err)
	}
	if n := utf8.RuneCountInString(got[0].Name); n > instance.MaxFlowName || !strings.HasSuffix(got[0].Name, "…") || len(got[0].ID) > 64 {
		t.Errorf("a name of %d characters, an id of %d", n, len(got[0].ID))
	}
	runs, err := client(t, e.URL).LastRuns(t.Context(), e)
	if err != nil || len(runs) != n8n.Runs || runs[0].Status != instance.RunUnknown || len(runs[0].ID) > 64 {
		t.Errorf("%d runs, %v", len(runs), err)
	}
}

// What a decoder makes of it is a hundred times as large: one map for each. Not parallel: it measures.
func TestFN3EightMegabytesOfNothingTakeNoMemory(t *testing.T) {
	e := far(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"data":[`)
		write(w, `{},`, 2_700_000)
		fmt.Fprint(w, `{}],"nextCursor":null}`)
	})
	c := client(t, e.URL)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got, more, err := c.Workflows(t.Context(), e)
	runtime.ReadMemStats(&after)
	if err != nil || len(got) != 0 || !more {
		t.Errorf("%d workflows, more %v, %v", len(got), more, err)
	}
	if n := after.TotalAlloc - before.TotalAlloc; n > 32<<20 { // the server of this test included
		t.Errorf("%d MB were allocated", n>>20)
	}
}

func TestFN3WhatIsNoListIsNone(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("[", 100_000)
	for name, body := range map[string]string{
		"nothing": "", "null": "null", "a list at the top": "[]", "no data": `{}`, "data that is null": `{"data":null}`, "data that is an object": `{"data":{}}`,
		"torn": `{"data":[{"id":"a"}`, "torn in a name": `{"data":[{"name":"x`, "nested without end": `{"x":` + deep, "in an entry": `{"data":[{"x":` + deep,
		"two values": `{"data":[{"id":"a"} {"id":"b"}]}`, "a key that is none": `{1:2,"data":[]}`, "a word": `{"data":[{"id":tru}]}`, "a bad escape": `{"data":[{"id":"\q"}]}`,
	} {
		e := far(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) })
		_, _, err := client(t, e.URL).Workflows(t.Context(), e)
		if !fault.Is(err, fault.Unreachable) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFN5AClientIsInvitedAndNeverSentElsewhere(t *testing.T) {
	t.Parallel()
	const who = "ops+a@acme.example"
	for name, c := range map[string]struct {
		user   string // what GET /users answers; "" for 404
		admin  int    // status of an invitation as administrator
		member int
		answer string
		want   instance.Entry
		fails  string
	}{
		"one who has an account": {user: `{"id":"u1","isPending":false}`, want: instance.Entry{State: instance.EntryReady}},
		"one who is new": {admin: 201, answer: `[{"user":{"id":"u1","inviteAcceptUrl":"http://localhost:5678/signup?inviterId=a&inviteeId=b","emailSent":false},"error":""}]`,
			want: instance.Entry{State: instance.EntryInvited, URL: "/signup?inviteeId=b&inviterId=a"}},
		"one who is invited already": {user: `{"id":"u1","isPending":true}`, admin: 200, answer: `[{"user":{"inviteAcceptUrl":"https://evil.example/x?token=t%26"}}]`,
			want: instance.Entry{State: instance.EntryInvited, URL: "/signup?token=t%26"}},
		"in the community edition": {admin: 403, member: 201, answer: `[{"user":{"inviteAcceptUrl":"x?token=t"}}]`,
			want: instance.Entry{State: instance.EntryInvited, URL: "/signup?token=t"}},
		"by n8n's own mail":       {admin: 201, answer: `[{"user":{"id":"u1","emailSent":true}}]`, want: instance.Entry{State: instance.EntryMailed}},
		"by a key that may not":   {admin: 403, member: 403, fails: "does not let people be invited"},
		"where single sign-on is": {admin: 400, member: 400, fails: "does not let people be invited"},
		"by a key that is gone":   {admin: 401, fails: "refuses the API key"},
		"with no way in":          {admin: 201, answer: `[{"user":{"id":"u1"},"error":"x"}]`, fails: "does not say how"},
		"by what is no list":      {admin: 201, answer: `{"user":{"inviteAcceptUrl":"x?token=t"}}`, fails: "does not say how"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := far(t, func(w http.ResponseWriter, r *http.Request) {
				switch {
				case r.Method == http.MethodGet && r.URL.Path == "/api/v1/users/"+who && c.user != "":
					fmt.Fprint(w, c.user)
				case r.Method == http.MethodGet:
					w.WriteHeader(http.StatusNotFound)
				default:
					var in []struct{ Email, Role string }
					if err := json.NewDecoder(r.Body).Decode(&in); err != nil || len(in) != 1 || in[0].Email != who ||
						r.Header.Get("Content-Type") != "application/json" {
						t.Errorf("asked with %+v, %v", in, err)
						return
					}
					status := c.admin
					if in[0].Role == "global:member" {
						status = c.member
					}
					w.WriteHeader(status)
					if status < 300 {
						fmt.Fprint(w, c.answer)
					}
				}
			})
			got, err := client(t, e.URL).Invite(t.Context(), e, who)
			if c.fails != "" {
				if f := fault.As(err); f == nil || f.Code != fault.Unreachable || !strings.Contains(f.Reason, c.fails) {
					t.Errorf("%+v", f)
				}
				return
			}
			if c.want.URL != "" {
				c.want.URL = e.URL + c.want.URL
			}
			if err != nil || got != c.want {
				t.Errorf("%+v, %v; want %+v", got, err, c.want)
			}
		})
	}
}

func TestFN6AFailedRunSaysWhatFailedAndWhere(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	e := far(t, func(w http.ResponseWriter, r *http.Request) {
		id, one := strings.CutPrefix(r.URL.Path, "/api/v1/executions/")
		if !one {
			fmt.Fprint(w, `{"data":[{"id":"9","status":"success"}`)
			for n := range 8 {
				fmt.Fprintf(w, `,{"id":"%d","workflowId":"w","status":"error","startedAt":"2026-03-01T10:00:00Z"}`, n)
			}
			fmt.Fprint(w, `]}`)
			return
		}
		asked.Add(1)
		if r.URL.Query().Get("includeData") != "true" {
			t.Error("asked without the data")
		}
		switch id {
		case "0":
			fmt.Fprint(w, `{"id":0,"data":{"startData":{},"resultData":{"runData":{"A":[{"data":"`)
			write(w, "x", 3<<20)
			fmt.Fprint(w, `"}]},"lastNodeExecuted":"Post it","error":{"name":"NodeApiError",
				"node":{"parameters":{"name":"no"},"name":"Post to ledger"},
				"message":"  401 -\n \"Bad\" at https://api.example/v1?key=secret \u202e "}}}}`)
		case "1":
			fmt.Fprint(w, `{"data":{"resultData":{"error":{"message":"`+strings.Repeat("ü", 9000)+
				`"},"lastNodeExecuted":"`+strings.Repeat("n", 9000)+`"}}}`)
		case "2":
			fmt.Fprint(w, `{"data":{"resultData":{"error":{"message":"torn"},"runData":`)
		case "3":
			w.WriteHeader(http.StatusForbidden)
		case "4":
			fmt.Fprint(w, `{"data":"[{\"flatted\":1}]"}`)
		}
	})
	got, err := client(t, e.URL).LastRuns(t.Context(), e)
	if err != nil || len(got) != 9 {
		t.Fatalf("%+v, %v", got, err)
	}
	if want := (instance.Failure{Message: `401 - "Bad" at https://api.example/v1`, Node: "Post to ledger"}); got[1].Failure != want {
		t.Errorf("%+v, want %+v", got[1].Failure, want)
	}
	if f := got[2].Failure; utf8.RuneCountInString(f.Message) != instance.MaxMessage || utf8.RuneCountInString(f.Node) != instance.MaxNode {
		t.Errorf("%d and %d characters", utf8.RuneCountInString(f.Message), utf8.RuneCountInString(f.Node))
	}
	if f := got[3].Failure; f.Message != "torn" {
		t.Errorf("what came before it broke off: %+v", f)
	}
	for _, r := range append(got[4:], got[0]) {
		if r.Failure != (instance.Failure{}) {
			t.Errorf("run %s: %+v", r.ID, r.Failure)
		}
	}
	if n := asked.Load(); n != 5 {
		t.Errorf("%d runs were asked about", n)
	}
}

func TestFN3AListThatRepeatsItselfIsReadOnce(t *testing.T) {
	t.Parallel()
	asked := 0
	e := far(t, func(w http.ResponseWriter, _ *http.Request) {
		asked++
		fmt.Fprint(w, `{"nextCursor":"again","data":[{"id":"a1","name":"One"},{"id":"a1","name":"One"},{"id":2,"name":"Two"}]}`)
	})
	got, more, err := client(t, e.URL).Workflows(t.Context(), e)
	if err != nil || !more || len(got) != 2 || asked != 2 {
		t.Errorf("%+v, more %v, %v, asked %d times", got, more, err, asked)
	}
}

func TestFN1RunsThatCarryPinnedDataAreListed(t *testing.T) {
	t.Parallel()
	e := far(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `{"data":[{"id":"1","status":"success","workflowId":"a1"},{"id":"2","workflowData":{"pinData":"`)
		write(w, strings.Repeat("x", 100), 90_000) // 9 MB
		if fmt.Fprint(w, `"},"status":"canceled"},{"id":"3","x":"`); r.Header.Get("X-N8N-API-KEY") != key {
			write(w, strings.Repeat("x", 1000), 60_000) // and more than is read
		}
		fmt.Fprint(w, `"}]}`)
	})
	got, err := client(t, e.URL).LastRuns(t.Context(), e)
	if err != nil || len(got) != 3 || got[1].Status != instance.RunCanceled {
		t.Errorf("%+v, %v", got, err)
	}
	e.Key = "another"
	if got, err = client(t, e.URL).LastRuns(t.Context(), e); err != nil || len(got) != 2 {
		t.Errorf("of an answer that is too long: %+v, %v", got, err)
	}
}

func TestFN4WhatWasNotSwitchedIsNotSaidToBe(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{}`, `[]`, `{"id":"b2","active":true}`, `{"id":"a1","active":false}`, `{"id":"a1","active":"true"}`,
		`null`} {
		e := far(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) })
		if w, err := client(t, e.URL).SetActive(t.Context(), e, "a1", true); !fault.Is(err, fault.Unreachable) {
			t.Errorf("%s: %+v, %v", body, w, err)
		}
	}
	e := far(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"id":"a1","active":true}`) })
	if w, err := client(t, e.URL).SetActive(t.Context(), e, "a1", true); err != nil || !w.Active {
		t.Errorf("%+v, %v", w, err)
	}
}

func TestFN3AnAddressThatIsSentToIsNamedUpToAHostsLength(t *testing.T) {
	t.Parallel()
	e := far(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "https://"+strings.Repeat("a", 30_000)+".example/")
		w.WriteHeader(http.StatusMovedPermanently)
	})
	f := fault.As(client(t, e.URL).Check(t.Context(), e))
	if f == nil || len(f.Reason) > 300 || !strings.Contains(f.Reason, "sends us on") {
		t.Errorf("%+v", f)
	}
}
