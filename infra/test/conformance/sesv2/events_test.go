package sesv2_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
)

// recipient and event are the documented shapes as a consumer reads them.
type recipient struct {
	EmailAddress, Action, Status, DiagnosticCode string
}

type event struct {
	EventType string
	Mail      struct {
		Timestamp, Source, SourceArn, SendingAccountId, MessageId string //nolint:revive // AWS's names
		Destination                                               []string
		HeadersTruncated                                          bool
		Headers                                                   []struct{ Name, Value string }
		CommonHeaders                                             struct {
			From, To  []string
			Subject   string
			MessageId string //nolint:revive // AWS's name
		}
		Tags map[string][]string
	}
	Send   *struct{}
	Bounce *struct {
		BounceType, BounceSubType, FeedbackId, Timestamp, ReportingMTA string //nolint:revive // AWS's names
		BouncedRecipients                                              []recipient
	}
	Complaint *struct {
		ComplainedRecipients                         []recipient
		ComplaintFeedbackType, FeedbackId, Timestamp string //nolint:revive // AWS's names
	}
	Delivery *struct {
		Timestamp, SmtpResponse, ReportingMTA string //nolint:revive // AWS's names
		ProcessingTimeMillis                  int
		Recipients                            []string
	}
	Reject        *struct{ Reason string }
	DeliveryDelay *struct {
		DelayType, ExpirationTime string
		DelayedRecipients         []recipient
	}
}

// next reads the next event off the queue, out of what SNS wraps it in.
func (s service) next(eventType string) event {
	s.t.Helper()
	var wrapped struct{ Type, MessageId, TopicArn, Subject, Message, Timestamp, SignatureVersion string } //nolint:revive // AWS's names
	if err := json.Unmarshal([]byte(<-s.events), &wrapped); err != nil {
		s.t.Fatal(err)
	}
	if wrapped.Type != "Notification" || wrapped.TopicArn != topic || wrapped.MessageId == "" {
		s.t.Errorf("the notification is %+v", wrapped)
	}
	var ev event
	if err := json.Unmarshal([]byte(wrapped.Message), &ev); err != nil {
		s.t.Fatal(err)
	}
	if ev.EventType != eventType {
		s.t.Fatalf("the event is a %s, want a %s", ev.EventType, eventType)
	}
	return ev
}

// published sends a message with all events on, and returns it with its id.
func (s service) published(to ...string) (*sesv2.SendEmailInput, string) {
	s.t.Helper()
	in := mail("Agency <invites@"+s.sender()+">", to...)
	in.ConfigurationSetName = aws.String(s.publishing(types.EventType("").Values()...))
	in.EmailTags = []types.MessageTag{{Name: aws.String("invite"), Value: aws.String("inv_1")}}
	out, err := s.SendEmail(s.t.Context(), in)
	if err != nil {
		s.t.Fatal(err)
	}
	return in, *out.MessageId
}

func TestASentMessageIsAnnouncedAndDelivered(t *testing.T) {
	ours(t)
	specify(t, func(t *testing.T, s service) {
		in, id := s.published("success@simulator.amazonses.com")
		sent := s.next("Send")
		m := sent.Mail
		if sent.Send == nil || m.MessageId != id || m.Source != *in.FromEmailAddress ||
			!slices.Equal(m.Destination, in.Destination.ToAddresses) || m.SendingAccountId == "" {
			t.Errorf("the mail object is %+v", m)
		}
		domain := bare(*in.FromEmailAddress)[len("invites@"):]
		if m.SourceArn != "arn:aws:ses:us-east-1:000000000000:identity/"+domain {
			t.Errorf("sourceArn is %s", m.SourceArn)
		}
		if m.CommonHeaders.Subject != "Your invite" || !slices.Equal(m.CommonHeaders.To, in.Destination.ToAddresses) {
			t.Errorf("commonHeaders are %+v", m.CommonHeaders)
		}
		for name, want := range map[string]string{
			"ses:configuration-set": *in.ConfigurationSetName, "ses:from-domain": domain, "invite": "inv_1",
		} {
			if !slices.Equal(m.Tags[name], []string{want}) {
				t.Errorf("the tag %s is %q, want %q", name, m.Tags[name], want)
			}
		}
		if _, err := time.Parse(time.RFC3339, m.Timestamp); err != nil {
			t.Error(err)
		}
		d := s.next("Delivery").Delivery
		if !slices.Equal(d.Recipients, in.Destination.ToAddresses) || d.SmtpResponse == "" || d.ProcessingTimeMillis <= 0 {
			t.Errorf("the delivery is %+v", d)
		}
	})
}

func bare(address string) string {
	return strings.TrimSuffix(address[strings.IndexByte(address, '<')+1:], ">")
}

func TestTheSimulatorBounces(t *testing.T) {
	ours(t)
	specify(t, func(t *testing.T, s service) {
		s.published("bounce+label1@simulator.amazonses.com", "bounce@simulator.amazonses.com")
		s.next("Send")
		b := s.next("Bounce").Bounce
		if b.BounceType != "Permanent" || b.BounceSubType != "General" || b.FeedbackId == "" {
			t.Errorf("the bounce is %+v", b)
		}
		want := recipient{"bounce+label1@simulator.amazonses.com", "failed", "5.1.1", "smtp; 550 5.1.1 user unknown"}
		if len(b.BouncedRecipients) != 2 || b.BouncedRecipients[0] != want {
			t.Errorf("its recipients are %+v; several bounces of one sending make one event", b.BouncedRecipients)
		}
	})
}

func TestTheSimulatorComplains(t *testing.T) {
	ours(t)
	specify(t, func(t *testing.T, s service) {
		s.published("complaint@simulator.amazonses.com")
		s.next("Send")
		s.next("Delivery")
		c := s.next("Complaint").Complaint
		if len(c.ComplainedRecipients) != 1 || c.ComplainedRecipients[0].EmailAddress != "complaint@simulator.amazonses.com" ||
			c.ComplaintFeedbackType != "abuse" {
			t.Errorf("the complaint is %+v", c)
		}
	})
}

func TestTheSimulatorsOutOfOfficeIsADelivery(t *testing.T) {
	ours(t)
	specify(t, func(t *testing.T, s service) {
		s.published("ooto@simulator.amazonses.com")
		s.next("Send")
		s.next("Delivery")
	})
}

func TestTheSimulatorsSuppressedAddressBouncesAsOnTheGlobalList(t *testing.T) {
	ours(t)
	specify(t, func(t *testing.T, s service) {
		s.published("suppressionlist@simulator.amazonses.com")
		s.next("Send")
		if b := s.next("Bounce").Bounce; b.BounceType != "Permanent" || b.BounceSubType != "Suppressed" {
			t.Errorf("the bounce is %+v", b)
		}
	})
}

func TestAnAddressOnTheAccountsListBouncesAndIsNotSentTo(t *testing.T) {
	ours(t)
	specify(t, func(t *testing.T, s service) {
		_, err := s.PutSuppressedDestination(t.Context(), &sesv2.PutSuppressedDestinationInput{
			EmailAddress: aws.String("gone@client.example"), Reason: types.SuppressionListReasonBounce,
		})
		if err != nil {
			t.Fatal(err)
		}
		s.published("Gone@client.example")
		s.next("Send")
		if b := s.next("Bounce").Bounce; b.BounceSubType != "OnAccountSuppressionList" {
			t.Errorf("the bounce is %+v", b)
		}
	})
}

func TestAConfigurationSetMayNotUseTheList(t *testing.T) {
	ours(t)
	specify(t, func(t *testing.T, s service) {
		_, err := s.PutSuppressedDestination(t.Context(), &sesv2.PutSuppressedDestinationInput{
			EmailAddress: aws.String("gone@client.example"), Reason: types.SuppressionListReasonBounce,
		})
		if err != nil {
			t.Fatal(err)
		}
		in := mail("invites@"+s.sender(), "gone@client.example")
		in.ConfigurationSetName = aws.String(s.publishing(types.EventTypeBounce, types.EventTypeDelivery))
		_, err = s.PutConfigurationSetSuppressionOptions(t.Context(), &sesv2.PutConfigurationSetSuppressionOptionsInput{
			ConfigurationSetName: in.ConfigurationSetName, SuppressedReasons: []types.SuppressionListReason{},
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.SendEmail(t.Context(), in); err != nil {
			t.Fatal(err)
		}
		s.next("Delivery")
	})
}

func TestAVirusIsAcceptedAndThenRejected(t *testing.T) {
	ours(t)
	specify(t, func(t *testing.T, s service) {
		in := mail("invites@"+s.sender(), "client@client.example")
		in.ConfigurationSetName = aws.String(s.publishing(types.EventTypeReject))
		in.Content.Simple.Body.Text.Data = aws.String(`X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-` +
			`STANDARD-ANTIVIRUS-TEST-FILE!$H+H*`)
		if _, err := s.SendEmail(t.Context(), in); err != nil {
			t.Fatal(err)
		}
		if r := s.next("Reject").Reject; r.Reason != "Bad content" {
			t.Errorf("the reason is %q", r.Reason)
		}
	})
}

func TestOnlyTheEventsThatWereAskedForArePublished(t *testing.T) {
	ours(t)
	specify(t, func(t *testing.T, s service) {
		in := mail("invites@"+s.sender(), "bounce@simulator.amazonses.com")
		in.ConfigurationSetName = aws.String(s.publishing(types.EventTypeBounce))
		if _, err := s.SendEmail(t.Context(), in); err != nil {
			t.Fatal(err)
		}
		s.next("Bounce")
	})
}

func TestARawMessageNamesItsSetAndTagsInHeaders(t *testing.T) {
	ours(t)
	specify(t, func(t *testing.T, s service) {
		raw := "From: invites@" + s.sender() + "\r\nTo: client@client.example\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n" +
			"X-SES-CONFIGURATION-SET: " + s.publishing(types.EventTypeSend) + "\r\n" +
			"X-SES-MESSAGE-TAGS: invite=inv_2, agency=ag_1\r\n\r\nCome in.\r\n"
		_, err := s.SendEmail(t.Context(), &sesv2.SendEmailInput{
			Content: &types.EmailContent{Raw: &types.RawMessage{Data: []byte(raw)}},
		})
		if err != nil {
			t.Fatal(err)
		}
		m := s.next("Send").Mail
		if m.Tags["invite"][0] != "inv_2" || m.Tags["agency"][0] != "ag_1" || m.CommonHeaders.Subject != "Grüße" {
			t.Errorf("the mail object is %+v", m)
		}
		for _, h := range m.Headers {
			if strings.HasPrefix(strings.ToUpper(h.Name), "X-SES-") {
				t.Errorf("%s was not taken out", h.Name)
			}
		}
	})
}
