package ses

import (
	"context"
	"encoding/json"
	"maps"
	"strings"
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
		delivery.Bounced, "2026-03-01T10:00:04Z", "the receiving server refused the email: smtp; 550 5.1.1 user unknown"},
	"Bounce, NoEmail": {`{"eventType":"Bounce",` + mailObject + `,"bounce":{"bounceType":"Permanent","bounceSubType":"NoEmail","bouncedRecipients":[],"timestamp":"2026-03-01T10:00:04.000Z"}}`,
		delivery.Bounced, "2026-03-01T10:00:04Z", "there is no mailbox with this address"},
	"Bounce, permanent without a reason": {`{"eventType":"Bounce",` + mailObject + `,"bounce":{"bounceType":"Permanent","bounceSubType":"General","bouncedRecipients":[],"timestamp":"2026-03-01T10:00:04.000Z"}}`,
		delivery.Bounced, "2026-03-01T10:00:04Z", "the receiving server refused the email for good, and did not say why"},
	"Bounce, suppressed": {`{"eventType":"Bounce",` + mailObject + `,
		"bounce":{"bounceType":"Permanent","bounceSubType":"Suppressed","bouncedRecipients":[{"emailAddress":"recipient@example.com",
		"action":"failed","status":"5.1.1","diagnosticCode":"Amazon SES has suppressed sending to this address"}],"timestamp":"2026-03-01T10:00:04.000Z"}}`,
		delivery.Bounced, "2026-03-01T10:00:04Z", "email to this address came back before, so the email service does not try any more"},
	"Bounce, on the account's list": {`{"eventType":"Bounce",` + mailObject + `,"bounce":{"bounceType":"Permanent","bounceSubType":"OnAccountSuppressionList","bouncedRecipients":[],"timestamp":"2026-03-01T10:00:04.000Z"}}`,
		delivery.Bounced, "2026-03-01T10:00:04Z", "SES did not send it: the address is on the suppression list"},
	"Bounce, out of office": {`{"eventType":"Bounce",` + mailObject + `,"bounce":{"bounceType":"Transient","bounceSubType":"General","bouncedRecipients":[{"emailAddress":"recipient@example.com"}],"timestamp":"2026-03-01T10:00:04.000Z"}}`,
		delivery.Replied, "2026-03-01T10:00:04Z", "it came back, or an automatic reply did, and the email service doesn't say which"},
	"Bounce, full mailbox": {`{"eventType":"Bounce",` + mailObject + `,"bounce":{"bounceType":"Transient","bounceSubType":"MailboxFull","bouncedRecipients":[],"timestamp":"2026-03-01T10:00:04.000Z"}}`,
		delivery.Delayed, "2026-03-01T10:00:04Z", "the mailbox is full"},
	"Bounce, content": {`{"eventType":"Bounce",` + mailObject + `,"bounce":{"bounceType":"Transient","bounceSubType":"ContentRejected","bouncedRecipients":[],"timestamp":"2026-03-01T10:00:04.000Z"}}`,
		delivery.Delayed, "2026-03-01T10:00:04Z", "the receiving server did not like the content of the email"},
	"Bounce, undetermined": {`{"eventType":"Bounce",` + mailObject + `,"bounce":{"bounceType":"Undetermined","bounceSubType":"Undetermined","bouncedRecipients":[],"timestamp":"2026-03-01T10:00:04.000Z"}}`,
		delivery.Delayed, "2026-03-01T10:00:04Z", "the receiving server sent the email back, and did not say why"},
	"Complaint": {`{"eventType":"Complaint",` + mailObject + `,
		"complaint":{"complainedRecipients":[{"emailAddress":"recipient@example.com"}],"timestamp":"2026-03-01T11:00:00.000Z",
		"feedbackId":"f-2","userAgent":"Amazon SES Mailbox Simulator","complaintFeedbackType":"abuse","arrivalDate":"2026-03-01T11:00:00.000Z"}}`,
		delivery.Complaint, "2026-03-01T11:00:00Z", "the recipient marked the email as spam"},
	"DeliveryDelay": {`{"eventType":"DeliveryDelay",` + mailObject + `,
		"deliveryDelay":{"timestamp":"2026-03-01T10:30:00.095Z","delayType":"TransientCommunicationFailure",
		"expirationTime":"2026-03-01T22:00:00.000Z","delayedRecipients":[{"emailAddress":"recipient@example.com","status":"4.4.1","diagnosticCode":"smtp; 421 4.4.1 Unable to connect to remote host"}]}}`,
		delivery.Delayed, "2026-03-01T10:30:00.095Z", "the connection to the receiving server broke, and the email service keeps trying"},
	"DeliveryDelay of a kind that is new": {`{"eventType":"DeliveryDelay",` + mailObject + `,
		"deliveryDelay":{"timestamp":"2026-03-01T10:30:00Z","delayType":"Sunspots"}}`, delivery.Delayed, "2026-03-01T10:30:00Z", ""},
	"Reject": {`{"eventType":"Reject",` + mailObject + `,
		"reject":{"reason":"Bad content"}}`, delivery.Rejected, "2026-03-01T10:00:00.123Z", "the email service refused the content of the email"},
	"Rendering Failure": {`{"eventType":"Rendering Failure",` + mailObject + `,
		"failure":{"errorMessage":"Attribute 'x' is not present","templateName":"t"}}`, delivery.Rejected, "2026-03-01T10:00:00.123Z", "the email could not be put together"},
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
		if delayed(kind) == "" {
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

// bounceOf is a bounce of SES's with a recipient, unless status and diagnostic are "".
func bounceOf(kind, sub, status, diagnostic string) string {
	who := "[]"
	if status != "" || diagnostic != "" {
		b, _ := json.Marshal([]map[string]string{{"emailAddress": "recipient@example.com", "action": "failed", "status": status,
			"diagnosticCode": diagnostic}})
		who = string(b)
	}
	return `{"eventType":"Bounce",` + mailObject + `,"bounce":{"bounceType":"` + kind + `","bounceSubType":"` + sub +
		`","bouncedRecipients":` + who + `,"timestamp":"2026-03-01T10:00:04.000Z"}}`
}

// Every combination that SES documents ("Bounce types"), and some that it may add, each with the codes that decide.
func TestFD1FD4EveryBounceIsDecided(t *testing.T) {
	t.Parallel()
	const hard, soft, reply = delivery.Bounced, delivery.Delayed, delivery.Replied
	for _, c := range []struct {
		kind, sub, status, diagnostic string
		want                          delivery.ReportKind
		says                          string
	}{
		{"Undetermined", "Undetermined", "", "", soft, "did not say why"},
		{"Undetermined", "Undetermined", "5.0.0", "smtp; 550 Requested action not taken", soft, "Requested action not taken"},
		{"Undetermined", "Undetermined", "5.1.1", "smtp; 550 5.1.1 user unknown", hard, "user unknown"},
		{"Undetermined", "General", "", "", soft, "did not say why"},
		{"Permanent", "General", "", "", hard, "refused the email for good"},
		{"Permanent", "General", "5.1.1", "smtp; 550 5.1.1 user unknown", hard, "user unknown"},
		{"Permanent", "General", "5.0.0", "", hard, "refused the email for good"},
		{"Permanent", "General", "5.1.1", "", hard, "no mailbox"},
		{"Permanent", "General", "5.2.2", "smtp; 552 5.2.2 over quota", hard, "over quota"},
		{"Permanent", "General", "5.7.1", "", hard, "rules"},
		{"Permanent", "NoEmail", "", "", hard, "no mailbox"},
		{"Permanent", "Suppressed", "5.1.1", "Amazon SES has suppressed sending to this address", hard, "came back before"},
		{"Permanent", "OnAccountSuppressionList", "5.1.1", "x", hard, "SES did not send it: the address is on the suppression list"},
		{"Permanent", "OnTenantSuppressionList", "", "", hard, "SES did not send it: the address is on the suppression list"},
		{"Permanent", "EmailValidationSuppressed", "", "", hard, "SES did not send it: by its check"},
		{"Permanent", "UnsubscribedRecipient", "", "", hard, "unsubscribed"},
		{"Permanent", "SomethingNew", "", "", hard, "refused the email for good"},
		{"Transient", "General", "", "", reply, "automatic reply"},
		{"Transient", "General", "5.0.0", "smtp; 550 no", soft, "550 no"},
		{"Transient", "General", "5.0.0", "", soft, "did not say why"},
		{"Transient", "General", "4.4.7", "smtp; 550 4.4.7 Message expired", soft, "Message expired"},
		{"Transient", "General", "5.4.4", "smtp; 550 5.4.4 Invalid domain", hard, "Invalid domain"},
		{"Transient", "General", "", "smtp; 550 5.4.4 Invalid domain", hard, "Invalid domain"},
		{"Transient", "General", "5.0.0", "smtp; 550 5.1.1 <recipient@example.com>: user unknown", hard, "user unknown"},
		{"Transient", "General", "5.1.2", "", hard, "no such email domain"},
		{"Transient", "General", "5.1.3", "smtp; 501 5.1.3 Bad address", hard, "Bad address"},
		{"Transient", "General", "5.1.10", "", hard, "takes no email"},
		{"Transient", "General", "5.1.8", "", hard, "sender"},
		{"Transient", "General", "5.2.1", "", hard, "closed"},
		{"Transient", "General", "5.7.1", "smtp; 550 5.7.1 blocked by policy", soft, "policy"},
		{"Transient", "General", "5.4.1", "", soft, "did not say why"},
		{"Transient", "General", "5.0.0", "smtp; 550 blocked: 5.1.1.7 is listed", soft, "listed"},
		{"Transient", "General", "4.1.1", "smtp; 450 4.1.1 try later", soft, "try later"},
		{"Transient", "MailboxFull", "", "", soft, "full"},
		{"Transient", "MailboxFull", "5.2.2", "smtp; 552 5.2.2 over quota", soft, "full"},
		{"Transient", "General", "4.2.2", "", soft, "full"},
		{"Transient", "MessageTooLarge", "5.3.4", "", soft, "too large"},
		{"Transient", "ContentRejected", "5.7.1", "x", soft, "content"},
		{"Transient", "AttachmentRejected", "", "", soft, "content"},
		{"Transient", "CustomTimeoutExceeded", "", "", soft, "in time"},
		{"Transient", "SomethingNew", "", "", soft, "did not say why"},
		{"SomethingNew", "General", "", "", soft, "did not say why"},
		{"Transient", "General", "5.9.9", strings.Repeat("long\n ", 4000), soft, "…"},
	} {
		got, err := ParseEvent(enveloped(t, bounceOf(c.kind, c.sub, c.status, c.diagnostic)))
		if err != nil || got == nil || got.Kind != c.want || !strings.Contains(got.Detail, c.says) ||
			len(got.Detail) > 1000 || strings.Contains(got.Detail, "\n") {
			t.Errorf("%s/%s %q %.40q: %+v, %v; want %s that says %q", c.kind, c.sub, c.status, c.diagnostic, got, err, c.want, c.says)
		}
	}
}

func TestFD2FD3OnlyWhatIsAComplaintIsOne(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		feedback, sub string
		want          delivery.ReportKind
		says          string
	}{
		{"abuse", "", delivery.Complaint, "spam"}, {"", "", delivery.Complaint, "spam"}, {"fraud", "", delivery.Complaint, "fraud"}, {"virus", "", delivery.Complaint, "virus"},
		{"other", "", delivery.Complaint, "spam"}, {"not-spam", "", "", ""}, {"Not-Spam", "", "", ""}, {"auth-failure", "", "", ""},
		{"", "OnAccountSuppressionList", delivery.Bounced, "SES did not send it: the address is on the suppression list"},
		{"", "OnTenantSuppressionList", delivery.Bounced, "SES did not send it: the address is on the suppression list"},
		{"abuse", "OnAccountSuppressionList", delivery.Bounced, "suppression list"}, {"not-spam", "OnAccountSuppressionList", delivery.Bounced, "suppression list"},
	} {
		event := `{"eventType":"Complaint",` + mailObject + `,"complaint":{` +
			`"complainedRecipients":[{"emailAddress":"recipient@example.com"}],"timestamp":"2026-03-01T11:00:00.000Z",` +
			`"complaintFeedbackType":"` + c.feedback + `","complaintSubType":"` + c.sub + `"}}`
		event = strings.ReplaceAll(event, `"complaintSubType":""`, `"complaintSubType":null`)
		got, err := ParseEvent(enveloped(t, strings.ReplaceAll(event, `"complaintFeedbackType":"",`, "")))
		switch {
		case err != nil:
			t.Error(err)
		case c.want == "" && got != nil:
			t.Errorf("%q is reported as %+v", c.feedback, got)
		case c.want != "" && (got == nil || got.Kind != c.want || !strings.Contains(got.Detail, c.says)):
			t.Errorf("%q, %q: %+v", c.feedback, c.sub, got)
		}
	}
}
