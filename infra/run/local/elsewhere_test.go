package local_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"latchkey.dev/infra/run/engine"
	"latchkey.dev/infra/run/local"
)

func TestTableAndQueuesMayBeElsewhere(t *testing.T) {
	t.Parallel()
	other, err := engine.Open(engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	served := httptest.NewServer(other.Handler())
	t.Cleanup(func() {
		served.Close()
		if err := other.Close(); err != nil {
			t.Error(err)
		}
	})
	l := start(t, local.Options{Endpoints: map[string]string{"dynamodb": served.URL, "sqs": served.URL}})
	if w := ask(l, "POST", "/v1/sign-in-codes", `{"email":"`+local.Owner+`"}`, "Content-Type",
		"application/json"); w.Code != http.StatusAccepted {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	for len(mails(t, l, "?to="+local.Owner)) == 0 {
		if t.Context().Err() != nil {
			t.Fatal("no mail came by the queue that is elsewhere")
		}
	}
	if len(l.Engine.SQS.Overview()) != 0 || len(other.SQS.Overview()) == 0 {
		t.Error("the queues are not where they were said to be")
	}
	if w := ask(l, "POST", "/_local/fresh", "{}", "Content-Type", "application/json"); w.Code != http.StatusOK {
		t.Errorf("founding anew: %d %s", w.Code, w.Body)
	}
}

func TestAnEndpointMustBeOne(t *testing.T) {
	t.Parallel()
	for service, url := range map[string]string{"dynamodb": "localhost:8000", "s3": "http://localhost:1"} {
		if l, err := local.Start(t.Context(), local.Options{Endpoints: map[string]string{service: url}}); err == nil {
			t.Errorf("%s at %s was taken", service, url)
			l.Close()
		}
	}
}

func TestFunctionsMayRunBehindInvoke(t *testing.T) {
	t.Parallel()
	var invoked []string
	fails := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var e struct{ RouteKey string }
		if json.Unmarshal(body, &e) == nil && e.RouteKey != "" {
			invoked = append(invoked, e.RouteKey+" "+r.URL.Path)
		}
		if strings.Contains(r.URL.Path, "sign-in-page") { // as sam local reports an error: in the body alone
			io.WriteString(w, `{"errorType":"Runtime.ExitError","errorMessage":"exit status 1"}`)
			return
		}
		io.WriteString(w, `{"statusCode":200,"body":"from afar"}`)
	}))
	t.Cleanup(fails.Close)
	l := start(t, local.Options{Lambda: fails.URL, NoEvents: true})
	if w := ask(l, "GET", "/v1/health", ""); w.Code != 200 || w.Body.String() != "from afar" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := ask(l, "GET", "/sign-in", ""); w.Code != http.StatusInternalServerError {
		t.Errorf("a function that failed answered %d %s", w.Code, w.Body)
	}
	if w := ask(l, "POST", "/_local/clock", `{"advance":"1m"}`, "Content-Type", "application/json"); w.Code != http.StatusNotImplemented {
		t.Errorf("a clock that nobody goes by was moved: %d %s", w.Code, w.Body)
	}
	if len(invoked) != 2 || invoked[0] != "ANY /v1/health /2015-03-31/functions/latchkey-health/invocations" {
		t.Errorf("invoked: %v", invoked)
	}
}
