package engine_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	sestypes "github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"latchkey.dev/infra/run/engine"
)

func open(t *testing.T, o engine.Options) *engine.Engine {
	t.Helper()
	e, err := engine.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

func TestOneConfigurationReachesAllThreeServices(t *testing.T) {
	t.Parallel()
	cfg := open(t, engine.Options{}).Config()
	if _, err := dynamodb.NewFromConfig(cfg).ListTables(t.Context(), &dynamodb.ListTablesInput{}); err != nil {
		t.Error(err)
	}
	if _, err := sqs.NewFromConfig(cfg).ListQueues(t.Context(), &sqs.ListQueuesInput{}); err != nil {
		t.Error(err)
	}
	if _, err := sesv2.NewFromConfig(cfg).GetAccount(t.Context(), &sesv2.GetAccountInput{}); err != nil {
		t.Error(err)
	}
}

func TestMailEventsComeToTheSubscribedQueue(t *testing.T) {
	t.Parallel()
	const topic = "arn:aws:sns:us-east-1:000000000000:mail-events"
	e := open(t, engine.Options{VerifyAtOnce: true})
	queues, mail := sqs.NewFromConfig(e.Config()), sesv2.NewFromConfig(e.Config())
	made, err := queues.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("mail-events")})
	if err != nil {
		t.Fatal(err)
	}
	e.SES.Subscribe(topic, "arn:aws:sqs:us-east-1:000000000000:mail-events")
	set := aws.String("set")
	if _, err := mail.CreateConfigurationSet(t.Context(), &sesv2.CreateConfigurationSetInput{ConfigurationSetName: set}); err != nil {
		t.Fatal(err)
	}
	_, err = mail.CreateConfigurationSetEventDestination(t.Context(), &sesv2.CreateConfigurationSetEventDestinationInput{
		ConfigurationSetName: set, EventDestinationName: aws.String("events"),
		EventDestination: &sestypes.EventDestinationDefinition{
			Enabled: true, MatchingEventTypes: []sestypes.EventType{sestypes.EventTypeBounce},
			SnsDestination: &sestypes.SnsDestination{TopicArn: aws.String(topic)},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = mail.CreateEmailIdentity(t.Context(), &sesv2.CreateEmailIdentityInput{
		EmailIdentity: aws.String("platform.example"), ConfigurationSetName: set,
	})
	if err != nil {
		t.Fatal(err)
	}
	raw := "From: a@platform.example\nTo: bounce@simulator.amazonses.com\nSubject: x\n\nx"
	sent, err := mail.SendEmail(t.Context(), &sesv2.SendEmailInput{
		Content: &sestypes.EmailContent{Raw: &sestypes.RawMessage{Data: []byte(raw)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	out, err := queues.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: made.QueueUrl, WaitTimeSeconds: 20})
	if err != nil || len(out.Messages) != 1 {
		t.Fatalf("received %d messages, %v", len(out.Messages), err)
	}
	if !strings.Contains(*out.Messages[0].Body, *sent.MessageId) {
		t.Errorf("the event is %s", *out.Messages[0].Body)
	}
}

func TestWhatTheEngineDoesNotHaveIsAnErrorThatSaysWhatItHas(t *testing.T) {
	t.Parallel()
	handler := open(t, engine.Options{}).Handler()
	for name, request := range map[string]func(*http.Request){
		"another service": func(r *http.Request) { r.Header.Set("X-Amz-Target", "secretsmanager.GetSecretValue") },
		"another path":    func(r *http.Request) { r.URL.Path = "/2015-03-31/functions" },
		"the query protocol": func(r *http.Request) {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("Action=ListQueues&Version=2012-11-05"))
			request(r)
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			body, err := io.ReadAll(w.Result().Body)
			if err != nil {
				t.Fatal(err)
			}
			if w.Code < 400 || !strings.Contains(string(body), "this engine has DynamoDB and SQS") {
				t.Errorf("answered %d %s", w.Code, body)
			}
		})
	}
}

func TestOnlyLoopbackHostsAreServed(t *testing.T) {
	t.Parallel()
	handler := engine.LoopbackOnly(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for host, want := range map[string]int{
		"localhost": 200, "localhost:4566": 200, "sqs.localhost:4566": 200, "127.0.0.1:4566": 200, "[::1]:4566": 200,
		"127.0.0.1.evil.example:4566": 403, "evil.example": 403, "10.0.0.7:4566": 403, "localhost.evil.example": 403, "": 403,
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host = host
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("the host %q is answered with %d, want %d", host, w.Code, want)
		}
	}
}

func TestStateIsKeptInTheFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, err := engine.Open(engine.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	in := &sqs.CreateQueueInput{QueueName: aws.String("jobs")}
	if _, err := sqs.NewFromConfig(first.Config()).CreateQueue(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	if _, err := engine.Open(engine.Options{Dir: dir}); err == nil {
		t.Error("the folder was opened twice")
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second := open(t, engine.Options{Dir: dir})
	out, err := sqs.NewFromConfig(second.Config()).ListQueues(t.Context(), &sqs.ListQueuesInput{})
	if err != nil || len(out.QueueUrls) != 1 {
		t.Errorf("after a restart there are the queues %v, %v", out, err)
	}
}

func TestErrorsOfRESTJSONAreJSON(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	open(t, engine.Options{}).Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/v2/email/nothing", nil))
	var body struct{ Message string }
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || w.Header().Get("X-Amzn-Errortype") == "" {
		t.Errorf("answered %d %v %s", w.Code, w.Header(), w.Body)
	}
}
