package ses

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"latchkey.dev/shared/usecase/delivery"
)

// validated begins the plain text that SES publishes when an event destination is made.
const validated = "Successfully validated SNS topic"

// notification is the SNS envelope in an SQS message ("Amazon SNS message and JSON formats").
type notification struct {
	Type    string
	Message string
}

// published is an event as SES publishes it ("Examples of event data that Amazon SES publishes to Amazon SNS"), as far
// as it is read here.
type published struct {
	EventType string `json:"eventType"`
	Mail      struct {
		MessageID string              `json:"messageId"`
		Timestamp time.Time           `json:"timestamp"`
		Tags      map[string][]string `json:"tags"`
	} `json:"mail"`
	Delivery struct {
		Timestamp    time.Time `json:"timestamp"`
		SMTPResponse string    `json:"smtpResponse"`
	} `json:"delivery"`
	Bounce struct {
		Type       string    `json:"bounceType"`
		SubType    string    `json:"bounceSubType"`
		Timestamp  time.Time `json:"timestamp"`
		Recipients []struct {
			Diagnostic string `json:"diagnosticCode"`
			Status     string `json:"status"`
		} `json:"bouncedRecipients"`
	} `json:"bounce"`
	Complaint struct {
		Timestamp time.Time `json:"timestamp"`
		Feedback  string    `json:"complaintFeedbackType"`
	} `json:"complaint"`
	Delay struct {
		Type      string    `json:"delayType"`
		Timestamp time.Time `json:"timestamp"`
	} `json:"deliveryDelay"`
	Reject struct {
		Reason string `json:"reason"`
	} `json:"reject"`
	Failure struct {
		Message string `json:"errorMessage"`
	} `json:"failure"`
}

// Recorder handles the delivery queue's messages: it reads SES's events and hands those that say something on.
func Recorder(f *delivery.Feedback) func(ctx context.Context, body []byte) error {
	return func(ctx context.Context, body []byte) error {
		report, err := ParseEvent(body)
		if err != nil || report == nil {
			return err
		}
		return f.Record(ctx, *report)
	}
}

// ParseEvent reads a message of the delivery queue: an event of SES in an envelope of SNS. It returns nothing for an
// event that says nothing new, and an error for what is no event.
func ParseEvent(body []byte) (*delivery.Report, error) {
	var n notification
	if err := json.Unmarshal(body, &n); err != nil {
		return nil, fmt.Errorf("ses: not an SNS notification: %w", err)
	}
	if n.Type == "" {
		return nil, errors.New("ses: no SNS notification: it has no Type")
	}
	if n.Type != "Notification" || strings.HasPrefix(n.Message, validated) {
		return nil, nil //nolint:nilnil // SubscriptionConfirmation and the like: nothing to record
	}
	var e published
	if err := json.Unmarshal([]byte(n.Message), &e); err != nil {
		return nil, fmt.Errorf("ses: not an SES event: %w", err)
	}
	if e.EventType == "" {
		return nil, errors.New("ses: no SES event: it has no eventType")
	}
	r := &delivery.Report{At: e.Mail.Timestamp, Tags: map[string]string{}}
	for k, v := range e.Mail.Tags {
		if len(v) > 0 {
			r.Tags[k] = v[0]
		}
	}
	switch e.EventType {
	case "Delivery":
		r.Kind, r.At = delivery.Delivered, e.Delivery.Timestamp
	case "DeliveryDelay":
		r.Kind, r.At, r.Detail = delivery.Delayed, e.Delay.Timestamp, delays[e.Delay.Type]
	case "Complaint":
		r.Kind, r.At, r.Detail = delivery.Complaint, e.Complaint.Timestamp, "the recipient marked the mail as spam"
	case "Bounce":
		r.Kind, r.At, r.Detail = delivery.Bounced, e.Bounce.Timestamp, e.bounceReason()
		if e.Bounce.Type == "Transient" {
			// An out-of-office answer, a full mailbox: nothing is lost yet (SES, "Bounce types").
			r.Kind = delivery.Delayed
		}
	case "Reject":
		r.Kind, r.Detail = delivery.Rejected, "the mail service refused the content of the mail"
	case "Rendering Failure":
		r.Kind, r.Detail = delivery.Rejected, "the mail could not be put together"
	default:
		return nil, nil //nolint:nilnil // Send: the worker recorded it
	}
	return r, nil
}

// delays are SES's delay types in words ("Delivery delay object").
var delays = map[string]string{
	"InternalFailure":                "a fault on the mail service's side; it keeps trying",
	"General":                        "the receiving server asked to try later",
	"MailboxFull":                    "the mailbox is full; the mail service keeps trying",
	"SpamDetected":                   "the receiving server holds much mail from this sender back; the mail service keeps trying",
	"RecipientServerError":           "the receiving server has a fault; the mail service keeps trying",
	"IPFailure":                      "the receiving server holds the sending address back; the mail service keeps trying",
	"TransientCommunicationFailure":  "the connection to the receiving server broke; the mail service keeps trying",
	"BYOIPHostNameLookupUnavailable": "the sending host's name could not be looked up",
	"Undetermined":                   "the receiving server gave no reason; the mail service keeps trying",
	"SendingDeferral":                "the mail service holds the mail back for now",
}

// bounceReason says in words why a mail came back ("Bounce types").
func (e *published) bounceReason() string {
	switch e.Bounce.SubType {
	case "NoEmail":
		return "there is no mailbox with this address"
	case "Suppressed", "OnAccountSuppressionList":
		return "mail to this address came back before, so the mail service does not try any more"
	case "MailboxFull":
		return "the mailbox is full"
	case "MessageTooLarge", "ContentRejected", "AttachmentRejected":
		return "the receiving server did not like the content of the mail"
	}
	if len(e.Bounce.Recipients) > 0 {
		if d := e.Bounce.Recipients[0]; d.Diagnostic != "" {
			return "the receiving server refused the mail: " + d.Diagnostic
		}
	}
	if e.Bounce.Type == "Permanent" {
		return "there is no mailbox with this address"
	}
	return "the receiving server sent the mail back"
}
