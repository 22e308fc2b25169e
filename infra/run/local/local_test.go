package local_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"latchkey.dev/infra/run/local"
)

func start(t *testing.T, o local.Options) *local.Local {
	t.Helper()
	o.Log = slog.New(slog.DiscardHandler)
	l, err := local.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// ask makes a request in process; header is pairs of name and value.
func ask(l *local.Local, method, path, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, l.Origin()+path, strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	l.Handler().ServeHTTP(w, r)
	return w
}

func send(t *testing.T, l *local.Local, to string) {
	t.Helper()
	_, err := sesv2.NewFromConfig(l.Engine.Config()).SendEmail(t.Context(), &sesv2.SendEmailInput{
		FromEmailAddress: aws.String("Northwind <" + local.Sender + ">"), Destination: &types.Destination{ToAddresses: []string{to}},
		Content: &types.EmailContent{Simple: &types.Message{
			Subject: &types.Content{Data: aws.String("Hello " + to)},
			Body: &types.Body{
				Text: &types.Content{Data: aws.String("go to " + l.Origin() + "/i/x")},
				Html: &types.Content{Data: aws.String(`<html><head></head><body><a href="` + l.Origin() + `/i/x">Go</a><script>1</script></body></html>`)},
			},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

type mail struct {
	ID, From, Subject, Text, HTML string
	At                            time.Time
	To, Links                     []string
	Headers                       map[string]string
}

func mails(t *testing.T, l *local.Local, query string) []mail {
	t.Helper()
	w := ask(l, "GET", "/_local/mail"+query, "", "Accept", "application/json")
	var all []mail
	if err := json.Unmarshal(w.Body.Bytes(), &all); err != nil {
		t.Fatalf("%v: %s", err, w.Body)
	}
	return all
}

func TestTheMailbox(t *testing.T) {
	t.Parallel()
	l := start(t, local.Options{InProcess: true})
	if body := ask(l, "GET", "/_local/mail", "", "Accept", "application/json").Body.String(); body != "[]\n" {
		t.Errorf("an empty mailbox is %q", body)
	}
	send(t, l, "a@one.example")
	send(t, l, "b@two.example")
	all := mails(t, l, "")
	if len(all) != 2 || all[0].Subject != "Hello b@two.example" {
		t.Fatalf("%+v, want the newest first", all)
	}
	one := mails(t, l, "?to=A%40one.example")
	if len(one) != 1 || one[0].To[0] != "a@one.example" || one[0].Links[0] != l.Origin()+"/i/x" || one[0].Headers["From"] == "" ||
		one[0].At.IsZero() {
		t.Errorf("%+v", one)
	}
	page := ask(l, "GET", "/_local/mail/"+one[0].ID, "")
	if csp := page.Header().Get("Content-Security-Policy"); strings.Contains(csp, "unsafe") ||
		!strings.Contains(page.Body.String(), `<iframe title="The mail as HTML" src="/_local/mail/`+one[0].ID+`/html" sandbox=`) {
		t.Errorf("%s\n%s", csp, page.Body)
	}
	frame := ask(l, "GET", "/_local/mail/"+one[0].ID+"/html", "")
	if csp := frame.Header().Get("Content-Security-Policy"); !strings.HasPrefix(csp, "sandbox ") || strings.Contains(csp, "script") ||
		!strings.Contains(frame.Body.String(), `<head><base target="_top">`) {
		t.Errorf("%s\n%s", csp, frame.Body)
	}
	if w := ask(l, "GET", "/_local/mail/nothing", ""); w.Code != http.StatusNotFound {
		t.Errorf("no such mail: %d", w.Code)
	}
}

func TestTheClockMovesForward(t *testing.T) {
	t.Parallel()
	l := start(t, local.Options{InProcess: true})
	before := l.Now()
	w := ask(l, "POST", "/_local/clock", `{"advance":"61m"}`, "Content-Type", "application/json")
	var got struct {
		Now   time.Time
		Ahead string
	}
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || got.Ahead != "1h1m0s" || got.Now.Sub(before) < time.Hour {
		t.Errorf("%d %s: %v", w.Code, w.Body, err)
	}
	if w := ask(l, "POST", "/_local/clock", "advance=1m", "Content-Type",
		"application/x-www-form-urlencoded"); w.Code != http.StatusSeeOther {
		t.Errorf("by form: %d %s", w.Code, w.Body)
	}
	for _, body := range []string{`{"advance":"-1m"}`, `{"advance":""}`, `{"advance":"tomorrow"}`, `{}`, `[`} {
		if w := ask(l, "POST", "/_local/clock", body, "Content-Type", "application/json"); w.Code != http.StatusBadRequest {
			t.Errorf("%s: %d", body, w.Code)
		}
	}
	if w := ask(l, "POST", "/_local/clock", `{"advance":"1m"}`, "Content-Type", "application/json", "Origin",
		"https://elsewhere.example"); w.Code != http.StatusForbidden {
		t.Errorf("from elsewhere: %d", w.Code)
	}
}

func TestQueuesAndRedrive(t *testing.T) {
	t.Parallel()
	l := start(t, local.Options{InProcess: true})
	dead := l.Stack.Template.Queue("DeliveryDeadLetters")
	_, err := sqs.NewFromConfig(l.Engine.Config()).SendMessage(t.Context(),
		&sqs.SendMessageInput{QueueUrl: &dead.URL, MessageBody: aws.String(`{"Type":"Other"}`)})
	if err != nil {
		t.Fatal(err)
	}
	var all []struct {
		Name        string
		DeadLetters int
	}
	w := ask(l, "GET", "/_local/queues", "", "Accept", "application/json")
	if err := json.Unmarshal(w.Body.Bytes(), &all); err != nil {
		t.Fatal(err)
	}
	for _, q := range all {
		if want := map[bool]int{true: 1}[q.Name == "latchkey-delivery"]; q.DeadLetters != want {
			t.Errorf("%+v", all)
		}
	}
	if page := ask(l, "GET", "/_local/queues", "").Body.String(); !strings.Contains(page,
		"/_local/queues/latchkey-delivery-dead-letters/redrive") {
		t.Errorf("the page has no redrive: %s", page)
	}
	if w := ask(l, "POST", "/_local/queues/"+dead.Name+"/redrive", ""); w.Code != http.StatusSeeOther {
		t.Errorf("redrive: %d %s", w.Code, w.Body)
	}
	if w := ask(l, "POST", "/_local/queues/nobody/redrive", ""); w.Code != http.StatusNotFound {
		t.Errorf("no such queue: %d", w.Code)
	}
}

func TestOnlyThisMachineIsServed(t *testing.T) {
	t.Parallel()
	l := start(t, local.Options{InProcess: true})
	r := httptest.NewRequest("GET", "/", nil)
	r.Host = "rebound.example"
	w := httptest.NewRecorder()
	l.Handler().ServeHTTP(w, r)
	if w.Code != http.StatusForbidden {
		t.Errorf("the host rebound.example was answered %d", w.Code)
	}
	if _, err := local.Start(t.Context(), local.Options{Addr: "0.0.0.0:0"}); err == nil ||
		!strings.Contains(err.Error(), "no loopback address") {
		t.Errorf("listening for everybody: %v", err)
	}
}

func TestItListensAndShowsWhatThereIs(t *testing.T) {
	t.Parallel()
	l := start(t, local.Options{})
	for path, want := range map[string]string{
		"/v1/health": "", "/_local/": "owner@northwind.example", "/_local/clock": "the time of this machine",
		"/_local/style.css": "light-dark(", "/_local/northwind.svg": "<svg",
	} {
		res, err := http.Get(l.Origin() + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != http.StatusOK || !bytes.Contains(body, []byte(want)) {
			t.Errorf("%s: %d %s %v", path, res.StatusCode, body, err)
		}
	}
	cfg := l.Engine.Config()
	cfg.HTTPClient, cfg.BaseEndpoint = nil, aws.String(l.AWSEndpoint())
	secret := aws.String(l.Stack.Environment("Sessions")["SECRET_PARAMETER"])
	out, err := ssm.NewFromConfig(cfg).GetParameter(t.Context(), &ssm.GetParameterInput{Name: secret, WithDecryption: aws.Bool(true)})
	if err != nil || len(aws.ToString(out.Parameter.Value)) < 32 {
		t.Errorf("the secret: %+v, %v", out, err)
	}
}

func TestWhatIsKeptComesBack(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	l := start(t, local.Options{InProcess: true, Dir: dir})
	send(t, l, "a@one.example")
	if err := l.Advance(t.Context(), 48*time.Hour); err != nil {
		t.Fatal(err)
	}
	if _, err := local.Start(t.Context(), local.Options{InProcess: true, Dir: dir}); err == nil {
		t.Error("two runs have one folder")
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	again := start(t, local.Options{InProcess: true, Dir: dir})
	if n := len(mails(t, again, "?to=a@one.example")); n != 1 {
		t.Errorf("%d mails after a restart", n)
	}
	if time.Until(again.Now()) < 47*time.Hour {
		t.Error("the clock went back")
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
}

// Whoever is killed while the clock is moved, or finds a clock file that says nothing, still starts.
func TestFH13ADamagedClockStartsAtZero(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, said := range []string{"", "soon", "-5m\n", "9000000h", "\x00\x00\x00"} {
		if err := os.WriteFile(filepath.Join(dir, "clock"), []byte(said), 0o600); err != nil {
			t.Fatal(err)
		}
		l := start(t, local.Options{InProcess: true, Dir: dir})
		if ahead := time.Until(l.Now()); ahead > time.Minute || ahead < -time.Minute {
			t.Errorf("%q: the clock is %s ahead", said, ahead)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
