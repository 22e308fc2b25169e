package ses

import (
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"latchkey.dev/infra/run/engine/roundtrip"
)

// outgoing is an event on its way to one queue.
type outgoing struct {
	Queue string `json:"q"`
	Body  string `json:"b"`
}

// Subscribe has the events of every destination with that SNS topic put on the queue, each wrapped in the
// notification that SNS makes of it (raw message delivery is off, as by default). Subscribing twice changes nothing.
// Subscriptions are not kept in the journal.
func (e *Engine) Subscribe(topicARN, queueARN string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !slices.Contains(e.subscriptions[topicARN], queueARN) {
		e.subscriptions[topicARN] = append(e.subscriptions[topicARN], queueARN)
	}
}

// The shapes of the events. Source: SES developer guide, "Contents of event data that Amazon SES publishes to Amazon
// SNS" and its examples.
type event struct {
	EventType     string         `json:"eventType"`
	Bounce        *bounce        `json:"bounce,omitempty"`
	Complaint     *complaint     `json:"complaint,omitempty"`
	Delivery      *delivery      `json:"delivery,omitempty"`
	Send          *struct{}      `json:"send,omitzero"`
	Reject        *reject        `json:"reject,omitempty"`
	DeliveryDelay *deliveryDelay `json:"deliveryDelay,omitempty"`
	Mail          mailObject     `json:"mail"`
}

type mailObject struct {
	Timestamp        string              `json:"timestamp"`
	Source           string              `json:"source"`
	SourceARN        string              `json:"sourceArn"`
	SendingAccountID string              `json:"sendingAccountId"`
	MessageID        string              `json:"messageId"`
	Destination      []string            `json:"destination"`
	HeadersTruncated bool                `json:"headersTruncated"`
	Headers          []header            `json:"headers"`
	CommonHeaders    commonHeaders       `json:"commonHeaders"`
	Tags             map[string][]string `json:"tags"`
}

type commonHeaders struct {
	From      []string `json:"from,omitempty"`
	Date      string   `json:"date,omitzero"`
	To        []string `json:"to,omitempty"`
	Cc        []string `json:"cc,omitempty"`
	ReplyTo   []string `json:"replyTo,omitempty"`
	MessageID string   `json:"messageId"`
	Subject   string   `json:"subject,omitzero"`
}

type recipient struct {
	EmailAddress   string `json:"emailAddress"`
	Action         string `json:"action,omitzero"`
	Status         string `json:"status,omitzero"`
	DiagnosticCode string `json:"diagnosticCode,omitzero"`
}

type bounce struct {
	FeedbackID        string      `json:"feedbackId"`
	BounceType        string      `json:"bounceType"`
	BounceSubType     string      `json:"bounceSubType"`
	BouncedRecipients []recipient `json:"bouncedRecipients"`
	Timestamp         string      `json:"timestamp"`
	ReportingMTA      string      `json:"reportingMTA"`
}

type complaint struct {
	FeedbackID            string      `json:"feedbackId"`
	ComplaintSubType      *string     `json:"complaintSubType"`
	ComplainedRecipients  []recipient `json:"complainedRecipients"`
	Timestamp             string      `json:"timestamp"`
	UserAgent             string      `json:"userAgent"`
	ComplaintFeedbackType string      `json:"complaintFeedbackType"`
	ArrivalDate           string      `json:"arrivalDate"`
}

type delivery struct {
	Timestamp            string   `json:"timestamp"`
	ProcessingTimeMillis int      `json:"processingTimeMillis"`
	Recipients           []string `json:"recipients"`
	SMTPResponse         string   `json:"smtpResponse"`
	ReportingMTA         string   `json:"reportingMTA"`
}

type reject struct {
	Reason string `json:"reason"`
}

type deliveryDelay struct {
	Timestamp         string      `json:"timestamp"`
	DelayType         string      `json:"delayType"`
	ExpirationTime    string      `json:"expirationTime"`
	DelayedRecipients []recipient `json:"delayedRecipients"`
}

// fates are what becomes of a message's recipients.
type fates struct {
	delivered, complained, delayed []string
	bounced                        map[string][]recipient // by sub type
}

const (
	onAccountList = "OnAccountSuppressionList"
	onGlobalList  = "Suppressed"
)

// fate decides for every recipient. The caller holds the lock.
func (e *Engine) fate(m *outbound) fates {
	f := fates{bounced: make(map[string][]recipient)}
	reasons := e.account.Reasons
	if s := e.sets[m.set]; s != nil && s.Suppression != nil {
		reasons = s.Suppression.SuppressedReasons
	}
	for _, address := range m.recipients {
		if s := e.suppressed[strings.ToLower(address)]; s != nil && slices.Contains(reasons, s.Reason) {
			f.bounced[onAccountList] = append(f.bounced[onAccountList], recipient{
				address, "failed", "5.1.1", "Amazon SES did not send the message to this address because it is on the " +
					"suppression list for your account. For more information about removing addresses from the " +
					"suppression list, see the Amazon SES Developer Guide.",
			})
			continue
		}
		local, domain, _ := strings.Cut(strings.ToLower(address), "@")
		local, _, _ = strings.Cut(local, "+")
		switch {
		case domain == delayDomain:
			f.delayed = append(f.delayed, address)
			f.delivered = append(f.delivered, address)
		case domain == simulatorDomain && local == "bounce":
			f.bounced["General"] = append(f.bounced["General"],
				recipient{address, "failed", "5.1.1", "smtp; 550 5.1.1 user unknown"})
		case domain == simulatorDomain && local == "suppressionlist":
			f.bounced[onGlobalList] = append(f.bounced[onGlobalList], recipient{
				address, "failed", "5.1.1", "Amazon SES has suppressed sending to this address because it has a recent " +
					"history of bouncing as an invalid address.",
			})
		case domain == simulatorDomain && local == "complaint":
			f.delivered = append(f.delivered, address)
			f.complained = append(f.complained, address)
		default:
			f.delivered = append(f.delivered, address)
		}
	}
	return f
}

// eventsOf makes the events of a message for every queue that is to get them, in the order in which they happen. The
// caller holds the lock.
func (e *Engine) eventsOf(m *outbound) []outgoing {
	s := e.sets[m.set]
	if s == nil || len(s.Destinations) == 0 || e.options.Publish == nil {
		return nil
	}
	var out []outgoing
	at := m.at
	about := e.mailObject(m)
	add := func(kind string, ev event) {
		ev.Mail = about
		for _, d := range s.Destinations {
			if d.Enabled && slices.Contains(d.MatchingEventTypes, kind) {
				out = append(out, e.notify(d.SNSDestination.TopicARN, ev, at)...)
			}
		}
	}
	later := func(step time.Duration) string {
		at = at.Add(step)
		return stamp(at)
	}
	feedback := func() string { return messageID(at) }
	add("SEND", event{EventType: "Send", Send: &struct{}{}})
	if m.message.hasVirus {
		add("REJECT", event{EventType: "Reject", Reject: &reject{"Bad content"}})
		return out
	}
	f := e.fate(m)
	if len(f.delayed) > 0 {
		when := later(time.Second)
		add("DELIVERY_DELAY", event{EventType: "DeliveryDelay", DeliveryDelay: &deliveryDelay{
			when, "TransientCommunicationFailure", stamp(m.at.Add(14 * time.Hour)),
			each(f.delayed, "4.4.1", "smtp; 421 4.4.1 Unable to connect to remote host"),
		}})
	}
	for _, sub := range []string{"General", onGlobalList, onAccountList} {
		if failed := f.bounced[sub]; len(failed) > 0 {
			mta := "dns; amazonses.com"
			if sub == "General" {
				mta = "dsn; a8-50.smtp-out.amazonses.com"
			}
			when := later(500 * time.Millisecond)
			add("BOUNCE", event{EventType: "Bounce", Bounce: &bounce{feedback(), "Permanent", sub, failed, when, mta}})
		}
	}
	if len(f.delivered) > 0 {
		when := later(500 * time.Millisecond)
		add("DELIVERY", event{EventType: "Delivery", Delivery: &delivery{
			when, int(at.Sub(m.at).Milliseconds()), f.delivered, "250 2.6.0 Message received",
			"a8-50.smtp-out.amazonses.com",
		}})
	}
	if len(f.complained) > 0 {
		when := later(time.Second)
		add("COMPLAINT", event{EventType: "Complaint", Complaint: &complaint{
			feedback(), nil, each(f.complained, "", ""), when, "Amazon SES Mailbox Simulator", "abuse", when,
		}})
	}
	return out
}

func each(addresses []string, status, code string) []recipient {
	all := make([]recipient, len(addresses))
	for i, a := range addresses {
		all[i] = recipient{EmailAddress: a, Status: status, DiagnosticCode: code}
	}
	return all
}

func (e *Engine) mailObject(m *outbound) mailObject {
	p := m.message
	tags := map[string][]string{
		"ses:source-ip":         {"127.0.0.1"},
		"ses:caller-identity":   {"latchkey"},
		"ses:from-domain":       {domainOf(m.from.Address)},
		"ses:configuration-set": {m.set},
	}
	for name, values := range m.tags {
		tags[name] = values
	}
	sender := m.from.Address
	if id := e.senderOf(sender); id != nil {
		sender = id.Name
	}
	id := m.id
	if own := p.get("Message-ID"); own != "" {
		id = own
	}
	return mailObject{
		Timestamp: stamp(m.at), Source: m.source, SourceARN: e.arn("identity", sender),
		SendingAccountID: e.options.AccountID, MessageID: m.id, Destination: m.recipients,
		Headers: append([]header{}, p.headers...),
		CommonHeaders: commonHeaders{
			From: listOf(p.get("From")), Date: p.get("Date"), To: listOf(p.get("To")), Cc: listOf(p.get("Cc")),
			ReplyTo: listOf(p.get("Reply-To")), MessageID: id, Subject: p.subject,
		},
		Tags: tags,
	}
}

// listOf is a header of addresses as commonHeaders shows it.
func listOf(value string) []string {
	if value == "" {
		return nil
	}
	var all []string
	for part := range strings.SplitSeq(decodeWords(value), ", ") {
		all = append(all, strings.TrimSpace(part))
	}
	return all
}

// notification is the body that SNS puts on a queue when raw message delivery is off.
//
// Source: SNS developer guide, "HTTP/HTTPS notification JSON format".
type notification struct {
	Type             string
	MessageID        string `json:"MessageId"`
	TopicARN         string `json:"TopicArn"`
	Subject          string
	Message          string
	Timestamp        string
	SignatureVersion string
	Signature        string
	SigningCertURL   string
	UnsubscribeURL   string
}

func (e *Engine) notify(topicARN string, ev event, at time.Time) []outgoing {
	queues := e.subscriptions[topicARN]
	if len(queues) == 0 {
		return nil
	}
	message, err := json.Marshal(ev)
	if err != nil {
		panic(err) // plain structs of valid text
	}
	host := "https://sns." + e.options.Region + ".amazonaws.com/"
	out := make([]outgoing, len(queues))
	for i, queue := range queues {
		body, err := json.Marshal(notification{
			Type: "Notification", MessageID: roundtrip.RequestID(), TopicARN: topicARN,
			Subject: "Amazon SES Email Event Notification", Message: string(message), Timestamp: stamp(at),
			SignatureVersion: "1", Signature: "EXAMPLE", SigningCertURL: host + "SimpleNotificationService.pem",
			UnsubscribeURL: host + "?Action=Unsubscribe",
		})
		if err != nil {
			panic(err) // as above
		}
		out[i] = outgoing{queue, string(body)}
	}
	return out
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// publishLater publishes the pending events of a mail in the background, in their order, and notes that they are out.
// Those of a queue that is not there are lost, as they are when a subscription's endpoint is.
func (e *Engine) publishLater(id string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.isClosed() || e.options.Publish == nil {
		return
	}
	events := e.pending[id]
	e.background.Go(func() {
		if e.options.EventDelay > 0 {
			timer := time.NewTimer(e.options.EventDelay)
			defer timer.Stop()
			select {
			case <-timer.C:
			case <-e.closed:
				return // they are in the journal, for the next start
			}
		}
		for _, ev := range events {
			_ = e.options.Publish(ev.Queue, ev.Body) //nolint:errcheck // see above
		}
		e.mu.Lock()
		delete(e.pending, id)
		_ = e.unlockAndKeep(change{Op: opPublished, Name: id}) //nolint:errcheck // at worst they are published again
	})
}
