package ses

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"latchkey.dev/shared/domain/words"
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
		r.Kind, r.At, r.Detail = delivery.Delayed, e.Delay.Timestamp, delayed(e.Delay.Type)
	case "Complaint":
		r.Kind, r.At, r.Detail = delivery.Complaint, e.Complaint.Timestamp, words.Say("delivery.spam")
		switch {
		case listed(e.Complaint.SubType): // of what was not sent, nobody complains
			r.Kind, r.Detail = delivery.Bounced, notTried()
		case slices.Contains(noComplaint, strings.ToLower(e.Complaint.Feedback)):
			return nil, nil //nolint:nilnil // it says that all is well, or nothing about the recipient
		case strings.EqualFold(e.Complaint.Feedback, "fraud"):
			r.Detail = words.Say("delivery.fraud")
		case strings.EqualFold(e.Complaint.Feedback, "virus"):
			r.Detail = words.Say("delivery.virus")
		}
	case "Bounce":
		r.Kind, r.Detail = e.bounce()
		r.At = e.Bounce.Timestamp
	case "Reject":
		r.Kind, r.Detail = delivery.Rejected, words.Say("delivery.content_refused")
	case "Rendering Failure":
		r.Kind, r.Detail = delivery.Rejected, words.Say("delivery.not_rendered")
	default:
		return nil, nil //nolint:nilnil // Send: the worker recorded it
	}
	return r, nil
}

// delayed words a type of SES's delays ("Delivery delay object").
func delayed(kind string) string {
	switch kind {
	case "InternalFailure":
		return words.Say("delivery.delay_internal")
	case "General":
		return words.Say("delivery.delay_general")
	case "MailboxFull":
		return words.Say("delivery.delay_full")
	case "SpamDetected":
		return words.Say("delivery.delay_spam")
	case "RecipientServerError":
		return words.Say("delivery.delay_server")
	case "IPFailure":
		return words.Say("delivery.delay_held")
	case "TransientCommunicationFailure":
		return words.Say("delivery.delay_broken")
	case "BYOIPHostNameLookupUnavailable":
		return words.Say("delivery.delay_host")
	case "Undetermined":
		return words.Say("delivery.delay_unknown")
	case "SendingDeferral":
		return words.Say("delivery.delay_deferred")
	}
	return ""
}

// noComplaint are the types of feedback by which nobody complains: the recipient took the mail out of the spam folder (RFC
// 6430), or a server reports how it judged the signature (RFC 6591).
var noComplaint = []string{"not-spam", "auth-failure"}

// listed tells whether a subtype of bounce or complaint says that SES did not try, since the address is on the suppression
// list of the account, or of the tenant.
func listed(subType string) bool {
	return subType == "OnAccountSuppressionList" || subType == "OnTenantSuppressionList"
}

func notTried() string { return words.Say("delivery.not_tried") }

func noMailbox() string { return words.Say("delivery.no_mailbox") }

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
		return delivery.Replied, words.Say("delivery.maybe_automatic")
	}
	if listed(e.Bounce.SubType) {
		return kind, notTried()
	}
	switch e.Bounce.SubType {
	case "NoEmail":
		return kind, noMailbox()
	case "EmailValidationSuppressed":
		return kind, words.Say("delivery.validation")
	case "Suppressed":
		return kind, words.Say("delivery.came_back")
	case "UnsubscribedRecipient":
		return kind, words.Say("delivery.unsubscribed")
	}
	if dead(code) {
		if diagnostic != "" {
			return kind, words.Say("delivery.refused", "diagnostic", diagnostic)
		}
		return kind, cmp.Or(coded(code), noMailbox())
	}
	switch e.Bounce.SubType {
	case "MailboxFull":
		return kind, words.Say("delivery.full")
	case "MessageTooLarge":
		return kind, words.Say("delivery.too_large")
	case "ContentRejected", "AttachmentRejected":
		return kind, words.Say("delivery.content")
	case "CustomTimeoutExceeded":
		return kind, words.Say("delivery.too_slow")
	}
	switch {
	case diagnostic != "":
		return kind, words.Say("delivery.refused", "diagnostic", diagnostic)
	case coded(code) != "":
		return kind, coded(code)
	case e.Bounce.Type == "Permanent":
		return kind, words.Say("delivery.refused_for_good")
	}
	return kind, words.Say("delivery.sent_back")
}

// dead tells whether a code says that no later try can arrive: the address (5.1.x), a mailbox that is closed (5.2.1), or a
// domain that mail cannot be routed to (5.4.4).
func dead(code string) bool {
	return strings.HasPrefix(code, "5.1.") || code == "5.2.1" || code == "5.4.4"
}

// coded words a code that often comes without any words; "" for the others.
func coded(code string) string {
	switch code {
	case "5.1.2":
		return words.Say("delivery.no_mail_domain")
	case "5.1.10":
		return words.Say("delivery.takes_none")
	case "5.4.4":
		return words.Say("delivery.no_route")
	case "5.2.1":
		return words.Say("delivery.closed")
	case "5.2.2", "4.2.2":
		return words.Say("delivery.full")
	case "5.1.7", "5.1.8":
		return words.Say("delivery.sender")
	case "5.7.1":
		return words.Say("delivery.rules")
	}
	return ""
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
