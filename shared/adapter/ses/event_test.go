package ses

import (
	"context"
	"encoding/json"
	"maps"
	"testing"
	"time"

	"latchkey.dev/shared/usecase/delivery"
)

// mailObject is SES's mail object with the tags that our mails carry ("Mail object").
const mailObject = `"mail":{"timestamp":"2026-03-01T10:00:00.123Z","messageId":"0102018f","source":"invites@mail.example.com",
	"sendingAccountId":"123456789012","destination":["recipient@example.com"],"headersTruncated":false,
	"headers":[{"name":"From","value":"x"}],"commonHeaders":{"from":["x"],"to":["y"],"subject":"z"},
	"tags":{"ses:configuration-set":["live"],"ses:source-ip":["192.0.2.0"],"kind":["invite"],"agency":["ag_1"],
	"client":["cl_1"],"invite":["in_1","in_2"],"empty":[]}}`

func enveloped(t testing.TB, event string) []byte {
	t.Helper()
	b, err := json.Marshal(map[string]string{"Type": "Notification", "MessageId": "e-1", "TopicArn": "arn:aws:sns:eu-central-1:123456789012:live", "Message": event,
		"Timestamp": "2026-03-01T10:00:05.000Z", "SignatureVersion": "1", "Signature": "x"})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// documented are events in the form of "Examples of event data that Amazon SES publishes to Amazon SNS".
var documented = map[string]struct {
	event  string
	kind   delivery.ReportKind // "" when the event says nothing new
	at     string
	detail string
}{
	"Delivery": {`{"eventType":"Delivery",` + mailObject + `,
		"delivery":{"timestamp":"2026-03-01T10:00:03.111Z","processingTimeMillis":11893,"recipients":["recipient@example.com"],
		"smtpResponse":"250 2.6.0 Message received","remoteMtaIp":"123.456.789.012","reportingMTA":"mta.example.com"}}`, delivery.Delivered, "2026-03-01T10:00:03.111Z", ""},
	"Bounce, no such mailbox": {`{"eventType":"Bounce",` + mailObject + `,
		"bounce":{"bounceType":"Permanent","bounceSubType":"General","bouncedRecipients":[{"emailAddress":"recipient@example.com",
		"action":"failed","status":"5.1.1","diagnosticCode":"smtp; 550 5.1.1 user unknown"}],"timestamp":"2026-03-01T10:00:04.000Z","feedbackId":"f-1","reportingMTA":"dsn; mta.example.com"}}`,
		delivery.Bounced, "2026-03-01T10:00:04Z", "the receiving server refused the mail: smtp; 550 5.1.1 user unknown"},
	"Bounce, NoEmail": {`{"eventType":"Bounce",` + mailObject + `,"bounce":{"bounceType":"Permanent","bounceSubType":"NoEmail","bouncedRecipients":[],"timestamp":"2026-03-01T10:00:04.000Z"}}`,
		delivery.Bounced, "2026-03-01T10:00:04Z", "there is no mailbox with this address"},
	"Bounce, permanent without a reason": {`{"eventType":"Bounce",` + mailObject + `,"bounce":{"bounceType":"Permanent","bounceSubType":"General","bouncedRecipients":[],"timestamp":"2026-03-01T10:00:04.000Z"}}`,
		delivery.Bounced, "2026-03-01T10:00:04Z", "there is no mailbox with this address"},
	"Bounce, suppressed": {`{"eventType":"Bounce",` + mailObject + `,
		"bounce":{"bounceType":"Permanent","bounceSubType":"Suppressed","bouncedRecipients":[{"emailAddress":"recipient@example.com",
		"action":"failed","status":"5.1.1","diagnosticCode":"Amazon SES has suppressed sending to this address"}],"timestamp":"2026-03-01T10:00:04.000Z"}}`,
		delivery.Bounced, "2026-03-01T10:00:04Z", "mail to this address came back before, so the mail service does not try any more"},
	"Bounce, on the account's list": {`{"eventType":"Bounce",` + mailObject + `,"bounce":{"bounceType":"Permanent","bounceSubType":"OnAccountSuppressionList","bouncedRecipients":[],"timestamp":"2026-03-01T10:00:04.000Z"}}`,
		delivery.Bounced, "2026-03-01T10:00:04Z", "mail to this address came back before, so the mail service does not try any more"},
	"Bounce, out of office": {`{"eventType":"Bounce",` + mailObject + `,"bounce":{"bounceType":"Transient","bounceSubType":"General","bouncedRecipients":[{"emailAddress":"recipient@example.com"}],"timestamp":"2026-03-01T10:00:04.000Z"}}`,
		delivery.Delayed, "2026-03-01T10:00:04Z", "the receiving server sent the mail back"},
	"Bounce, full mailbox": {`{"eventType":"Bounce",` + mailObject + `,"bounce":{"bounceType":"Transient","bounceSubType":"MailboxFull","bouncedRecipients":[],"timestamp":"2026-03-01T10:00:04.000Z"}}`,
		delivery.Delayed, "2026-03-01T10:00:04Z", "the mailbox is full"},
	"Bounce, content": {`{"eventType":"Bounce",` + mailObject + `,"bounce":{"bounceType":"Transient","bounceSubType":"ContentRejected","bouncedRecipients":[],"timestamp":"2026-03-01T10:00:04.000Z"}}`,
		delivery.Delayed, "2026-03-01T10:00:04Z", "the receiving server did not like the content of the mail"},
	"Bounce, undetermined": {`{"eventType":"Bounce",` + mailObject + `,"bounce":{"bounceType":"Undetermined","bounceSubType":"Undetermined","bouncedRecipients":[],"timestamp":"2026-03-01T10:00:04.000Z"}}`,
		delivery.Bounced, "2026-03-01T10:00:04Z", "the receiving server sent the mail back"},
	"Complaint": {`{"eventType":"Complaint",` + mailObject + `,
		"complaint":{"complainedRecipients":[{"emailAddress":"recipient@example.com"}],"timestamp":"2026-03-01T11:00:00.000Z",
		"feedbackId":"f-2","userAgent":"Amazon SES Mailbox Simulator","complaintFeedbackType":"abuse","arrivalDate":"2026-03-01T11:00:00.000Z"}}`,
		delivery.Complaint, "2026-03-01T11:00:00Z", "the recipient marked the mail as spam"},
	"DeliveryDelay": {`{"eventType":"DeliveryDelay",` + mailObject + `,
		"deliveryDelay":{"timestamp":"2026-03-01T10:30:00.095Z","delayType":"TransientCommunicationFailure",
		"expirationTime":"2026-03-01T22:00:00.000Z","delayedRecipients":[{"emailAddress":"recipient@example.com","status":"4.4.1","diagnosticCode":"smtp; 421 4.4.1 Unable to connect to remote host"}]}}`,
		delivery.Delayed, "2026-03-01T10:30:00.095Z", "the connection to the receiving server broke; the mail service keeps trying"},
	"DeliveryDelay of a kind that is new": {`{"eventType":"DeliveryDelay",` + mailObject + `,
		"deliveryDelay":{"timestamp":"2026-03-01T10:30:00Z","delayType":"Sunspots"}}`, delivery.Delayed, "2026-03-01T10:30:00Z", ""},
	"Reject": {`{"eventType":"Reject",` + mailObject + `,
		"reject":{"reason":"Bad content"}}`, delivery.Rejected, "2026-03-01T10:00:00.123Z", "the mail service refused the content of the mail"},
	"Rendering Failure": {`{"eventType":"Rendering Failure",` + mailObject + `,
		"failure":{"errorMessage":"Attribute 'x' is not present","templateName":"t"}}`, delivery.Rejected, "2026-03-01T10:00:00.123Z", "the mail could not be put together"},
	"Send": {`{"eventType":"Send",` + mailObject + `,"send":{}}`, "", "", ""},
	"Open": {`{"eventType":"Open",` + mailObject + `,
		"open":{"ipAddress":"192.0.2.1","timestamp":"2026-03-01T10:00:00Z","userAgent":"x"}}`, "", "", ""},
}

func TestEachDocumentedEventIsReported(t *testing.T) {
	t.Parallel()
	for name, c := range documented {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := ParseEvent(enveloped(t, c.event))
			if err != nil {
				t.Fatal(err)
			}
			if c.kind == "" {
				if got != nil {
					t.Errorf("it says nothing new, and is reported as %+v", got)
				}
				return
			}
			want, _ := time.Parse(time.RFC3339Nano, c.at)
			if got == nil || got.Kind != c.kind || !got.At.Equal(want) || got.Detail != c.detail {
				t.Fatalf("%+v, want %s at %s: %q", got, c.kind, c.at, c.detail)
			}
			tags := maps.Clone(got.Tags)
			maps.DeleteFunc(tags, func(k, _ string) bool { return k == "ses:configuration-set" || k == "ses:source-ip" })
			if !maps.Equal(tags, map[string]string{"kind": "invite", "agency": "ag_1", "client": "cl_1", "invite": "in_1"}) {
				t.Errorf("tags %v", got.Tags)
			}
		})
	}
}

func TestEveryDelayThatIsDocumentedHasWords(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"InternalFailure", "General", "MailboxFull", "SpamDetected", "RecipientServerError", "IPFailure", "TransientCommunicationFailure",
		"BYOIPHostNameLookupUnavailable", "Undetermined", "SendingDeferral"} {
		if delays[kind] == "" {
			t.Errorf("%s has none", kind)
		}
	}
}

func TestASubscriptionsConfirmationIsNoReport(t *testing.T) {
	t.Parallel()
	body := `{"Type":"SubscriptionConfirmation","MessageId":"165545c9","Token":"2336412f37",
		"TopicArn":"arn:aws:sns:us-west-2:123456789012:MyTopic",
		"Message":"You have chosen to subscribe to the topic.` +
		`\nTo confirm the subscription, visit the SubscribeURL included in this message.",
		"SubscribeURL":"https://sns.us-west-2.amazonaws.com/","Timestamp":"2026-03-01T10:00:00Z"}`
	if got, err := ParseEvent([]byte(body)); got != nil || err != nil {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestWhatIsNoEventIsAnError(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", "hello", `{"Type":1}`, `{"Type":"Notification"}`, `{"Type":"Notification","Message":"hello"}`,
		string(enveloped(t, `{"eventType":"Delivery","delivery":{"timestamp":"yesterday"}}`))} {
		if got, err := ParseEvent([]byte(body)); err == nil {
			t.Errorf("%q is read as %+v", body, got)
		}
	}
}

func TestARecorderPassesOverWhatSaysNothing(t *testing.T) {
	t.Parallel()
	record := Recorder(nil) // a report would be handed to nobody, and panic
	if err := record(context.Background(), enveloped(t, documented["Send"].event)); err != nil {
		t.Error(err)
	}
	if err := record(context.Background(), []byte("hello")); err == nil {
		t.Error("what is no event must come back, and be seen")
	}
}

func FuzzParseEvent(f *testing.F) {
	for _, c := range documented {
		f.Add(string(enveloped(f, c.event)))
	}
	f.Add(`{"Type":"Notification","Message":"{\"eventType\":\"Bounce\",\"bounce\":null,\"mail\":{\"tags\":{\"a\":null}}}"}`)
	f.Fuzz(func(t *testing.T, body string) {
		r, err := ParseEvent([]byte(body))
		if r != nil && (err != nil || r.Kind == "" || r.Tags == nil) {
			t.Fatalf("%+v, %v", r, err)
		}
	})
}
