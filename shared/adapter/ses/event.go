package ses

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
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
			Action     string `json:"action"`
		} `json:"bouncedRecipients"`
	} `json:"bounce"`
	Complaint struct {
		Timestamp time.Time `json:"timestamp"`
		Feedback  string    `json:"complaintFeedbackType"`
		SubType   string    `json:"complaintSubType"`
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
		r.Kind, r.At, r.Detail = delivery.Complaint, e.Complaint.Timestamp, "the recipient marked the email as spam"
		switch {
		case listed(e.Complaint.SubType): // of what was not sent, nobody complains
			r.Kind, r.Detail = delivery.Bounced, notTried
		case slices.Contains(noComplaint, strings.ToLower(e.Complaint.Feedback)):
			return nil, nil //nolint:nilnil // it says that all is well, or nothing about the recipient
		case complaints[strings.ToLower(e.Complaint.Feedback)] != "":
			r.Detail = complaints[strings.ToLower(e.Complaint.Feedback)]
		}
	case "Bounce":
		r.Kind, r.Detail = e.bounce()
		r.At = e.Bounce.Timestamp
	case "Reject":
		r.Kind, r.Detail = delivery.Rejected, "the email service refused the content of the email"
	case "Rendering Failure":
		r.Kind, r.Detail = delivery.Rejected, "the email could not be put together"
	default:
		return nil, nil //nolint:nilnil // Send: the worker recorded it
	}
	return r, nil
}

// delays are SES's delay types in words ("Delivery delay object").
var delays = map[string]string{
	"InternalFailure":                "a fault on the email service's side, and it keeps trying",
	"General":                        "the receiving server asked to try later",
	"MailboxFull":                    "the mailbox is full, and the email service keeps trying",
	"SpamDetected":                   "the receiving server holds back much email from this sender, and the email service keeps trying",
	"RecipientServerError":           "the receiving server has a fault, and the email service keeps trying",
	"IPFailure":                      "the receiving server holds the sending address back, and the email service keeps trying",
	"TransientCommunicationFailure":  "the connection to the receiving server broke, and the email service keeps trying",
	"BYOIPHostNameLookupUnavailable": "the sending host's name could not be looked up",
	"Undetermined":                   "the receiving server gave no reason, and the email service keeps trying",
	"SendingDeferral":                "the email service holds the email back for now",
}

// noComplaint are the types of feedback by which nobody complains: the recipient took the mail out of the spam folder (RFC
// 6430), or a server reports how it judged the signature (RFC 6591).
var noComplaint = []string{"not-spam", "auth-failure"}

// complaints are the types of feedback by which somebody complains of something else than spam ("Complaint types").
var complaints = map[string]string{
	"fraud": "the recipient's side reported the email as fraud",
	"virus": "the recipient's side reported a virus in the email",
}

// listed tells whether a subtype of bounce or complaint says that SES did not try, since the address is on the suppression
// list of the account, or of the tenant.
func listed(subType string) bool {
	return subType == "OnAccountSuppressionList" || subType == "OnTenantSuppressionList"
}

const (
	notTried  = "SES did not send it: the address is on the suppression list"
	noMailbox = "there is no mailbox with this address"
)

// bounce says what a bounce comes to: [delivery.Bounced] for what did not arrive and is not tried again,
// [delivery.Delayed] for what came back this time, and [delivery.Replied] for what may be an automatic reply. SES tells the
// two by the type ("Bounce types"), and calls Transient also what a server will never take, and the answers of people who
// are away; the enhanced status code (RFC 3463), where it says something, knows better.
func (e *published) bounce() (delivery.ReportKind, string) {
	code, diagnostic, action := "", "", ""
	if len(e.Bounce.Recipients) > 0 { // our mails have one
		r := e.Bounce.Recipients[0]
		code, diagnostic, action = codeOf(r.Status, r.Diagnostic), short(r.Diagnostic), r.Action
	}
	gone := e.Bounce.Type == "Permanent" || dead(code)
	kind := delivery.Delayed
	switch {
	case gone:
		kind = delivery.Bounced
	case e.Bounce.Type == "Transient" && e.Bounce.SubType == "General" && code == "" && diagnostic == "" && action == "":
		return delivery.Replied, "it came back, or an automatic reply did, and the email service doesn't say which"
	}
	if listed(e.Bounce.SubType) {
		return kind, notTried
	}
	switch e.Bounce.SubType {
	case "NoEmail":
		return kind, noMailbox
	case "EmailValidationSuppressed":
		return kind, "SES did not send it: by its check, email to this address would not arrive"
	case "Suppressed":
		return kind, "email to this address came back before, so the email service no longer tries"
	case "UnsubscribedRecipient":
		return kind, "the recipient has unsubscribed"
	}
	if dead(code) {
		words := noMailbox
		if more := codes[code]; more != "" {
			words = more
		}
		if diagnostic != "" {
			words = "the receiving server refused the email: " + diagnostic
		}
		return kind, words
	}
	switch e.Bounce.SubType {
	case "MailboxFull":
		return kind, "the mailbox is full"
	case "MessageTooLarge":
		return kind, "the email is too large for the receiving server"
	case "ContentRejected", "AttachmentRejected":
		return kind, "the receiving server did not like the content of the email"
	case "CustomTimeoutExceeded":
		return kind, "the receiving server did not take the email in time"
	}
	switch {
	case diagnostic != "":
		return kind, "the receiving server refused the email: " + diagnostic
	case codes[code] != "":
		return kind, codes[code]
	case e.Bounce.Type == "Permanent":
		return kind, "the receiving server refused the email for good, and did not say why"
	}
	return kind, "the receiving server sent the email back, and did not say why"
}

// dead tells whether a code says that no later try can arrive: the address (5.1.x), a mailbox that is closed (5.2.1), or a
// domain that mail cannot be routed to (5.4.4).
func dead(code string) bool {
	return strings.HasPrefix(code, "5.1.") || code == "5.2.1" || code == "5.4.4"
}

// codes are the words for codes that often come without any.
var codes = map[string]string{
	"5.1.2": "there is no such email domain", "5.1.10": "this domain takes no email", "5.4.4": "email can't be routed to this domain",
	"5.2.1": "the mailbox is closed", "5.2.2": "the mailbox is full", "4.2.2": "the mailbox is full",
	"5.1.7": "the receiving server did not like the sender's address", "5.1.8": "the receiving server did not like the sender's address",
	"5.7.1": "the receiving server's rules don't let the email in",
}

// spoken finds an enhanced status code behind an SMTP reply code or by itself, but in no IP address.
var spoken = regexp.MustCompile(`(?:^|[^\d.])([245]\.\d{1,3}\.\d{1,3})(?:$|[^\d.]|\.(?:\D|$))`)

// codeOf is the code of a bounce that says something: from the status, else the first in the server's own words. X.0.0 says
// nothing (RFC 3463, section 3.1).
func codeOf(status, diagnostic string) string {
	for _, s := range []string{status, diagnostic} {
		if m := spoken.FindStringSubmatch(s); m != nil && !strings.HasSuffix(m[1], ".0.0") {
			return m[1]
		}
	}
	return ""
}

// maxDiagnostic is how much of a server's words is kept, in characters.
const maxDiagnostic = 300

// short is one line of a server's words.
func short(s string) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "")), " ")
	if r := []rune(s); len(r) > maxDiagnostic {
		s = string(r[:maxDiagnostic-1]) + "…"
	}
	return s
}
