package sesv2_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
)

func TestASimpleMessageIsAccepted(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		out, err := s.SendEmail(t.Context(), mail("invites@"+s.sender(), "client@client.example"))
		if err != nil {
			t.Fatal(err)
		}
		if out.MessageId == nil || *out.MessageId == "" {
			t.Error("it has no message id")
		}
	})
}

func TestARawMessageNamesItsSenderAndRecipientsItself(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		raw := "From: invites@" + s.sender() + "\r\nTo: client@client.example\r\nSubject: Hello\r\n\r\nCome in.\r\n"
		_, err := s.SendEmail(t.Context(), &sesv2.SendEmailInput{
			Content: &types.EmailContent{Raw: &types.RawMessage{Data: []byte(raw)}},
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestAnUnverifiedSenderIsRejected(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		name, _ := s.domain()
		rejected := is[*types.MessageRejected](t, s.refuses(mail("invites@"+name, "client@client.example")))
		want := "Email address is not verified. The following identities failed the check in region US-EAST-1: invites@" + name
		if rejected.ErrorMessage() != want {
			t.Errorf("it says %q, want %q", rejected.ErrorMessage(), want)
		}
		is[*types.MessageRejected](t, s.refuses(mail("invites@"+unique()+".example", "client@client.example")))
	})
}

func TestAVerifiedDomainCoversItsSubdomains(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		if _, err := s.SendEmail(t.Context(), mail("a@mail."+s.sender(), "client@client.example")); err != nil {
			t.Fatal(err)
		}
	})
}

func TestAVerifiedAddressCoversItsLabels(t *testing.T) {
	ours(t)
	specify(t, func(t *testing.T, s service) {
		address := "owner@" + unique() + ".example"
		s.identity(address)
		if err := s.engine.SetVerification(address, "SUCCESS", ""); err != nil {
			t.Fatal(err)
		}
		labelled := strings.Replace(address, "@", "+invites@", 1)
		if _, err := s.SendEmail(t.Context(), mail(labelled, "client@client.example")); err != nil {
			t.Fatal(err)
		}
		other := strings.Replace(address, "owner@", "other@", 1)
		is[*types.MessageRejected](t, s.refuses(mail(other, "client@client.example")))
	})
}

func TestAMessageHasAtMostFiftyRecipients(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		var to []string
		for i := range 50 {
			to = append(to, fmt.Sprintf("c%d@client.example", i))
		}
		in := mail("invites@"+s.sender(), to...)
		if _, err := s.SendEmail(t.Context(), in); err != nil {
			t.Fatal(err)
		}
		in.Destination.CcAddresses = []string{"one@more.example"}
		fails(t, s.refuses(in), "BadRequestException", "MessageRejected")
	})
}

func TestAMessageHasAtMostFortyMebibytes(t *testing.T) {
	ours(t) // it is a lot to send to somebody else
	specify(t, func(t *testing.T, s service) {
		head := "From: a@" + s.sender() + "\r\nTo: b@client.example\r\n\r\n"
		in := &sesv2.SendEmailInput{Content: &types.EmailContent{Raw: &types.RawMessage{
			Data: []byte(head + strings.Repeat("x", 40<<20*3/4)),
		}}}
		is[*types.BadRequestException](t, s.refuses(in))
	})
}

func TestAMessageNeedsARecipientAndReadableAddresses(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		from := "invites@" + s.sender()
		is[*types.BadRequestException](t, s.refuses(mail(from)))
		is[*types.BadRequestException](t, s.refuses(mail(from, "no address")))
	})
}

func TestEmailTagsAreLettersDigitsAndDashes(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		in := mail("invites@"+s.sender(), "client@client.example")
		in.EmailTags = []types.MessageTag{{Name: aws.String("invite"), Value: aws.String("has spaces")}}
		is[*types.BadRequestException](t, s.refuses(in))
	})
}

func TestAConfigurationSetThatDoesNotExistIsNotFound(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		in := mail("invites@"+s.sender(), "client@client.example")
		in.ConfigurationSetName = aws.String(unique())
		is[*types.NotFoundException](t, s.refuses(in))
	})
}

func TestSendingIsPausedForAConfigurationSet(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		in := mail("invites@"+s.sender(), "client@client.example")
		in.ConfigurationSetName = aws.String(s.set())
		pause := func(sending bool) {
			_, err := s.PutConfigurationSetSendingOptions(t.Context(), &sesv2.PutConfigurationSetSendingOptionsInput{
				ConfigurationSetName: in.ConfigurationSetName, SendingEnabled: sending,
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		pause(false)
		is[*types.SendingPausedException](t, s.refuses(in))
		pause(true)
		if _, err := s.SendEmail(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	})
}

func TestSendingIsPausedForTheAccount(t *testing.T) {
	ours(t) // it would pause the other tests too
	specify(t, func(t *testing.T, s service) {
		from := s.sender()
		_, err := s.PutAccountSendingAttributes(t.Context(), &sesv2.PutAccountSendingAttributesInput{SendingEnabled: false})
		if err != nil {
			t.Fatal(err)
		}
		is[*types.SendingPausedException](t, s.refuses(mail("invites@"+from, "client@client.example")))
	})
}

func TestASuspendedAccountMayNotSend(t *testing.T) {
	ours(t)
	specify(t, func(t *testing.T, s service) {
		from := s.sender()
		if err := s.engine.SetEnforcement("SHUTDOWN"); err != nil {
			t.Fatal(err)
		}
		is[*types.AccountSuspendedException](t, s.refuses(mail("invites@"+from, "client@client.example")))
	})
}

func TestAMailFromThatFailsMayRejectTheMessage(t *testing.T) {
	ours(t)
	specify(t, func(t *testing.T, s service) {
		name := s.sender()
		put := func(behavior types.BehaviorOnMxFailure) {
			_, err := s.PutEmailIdentityMailFromAttributes(t.Context(), &sesv2.PutEmailIdentityMailFromAttributesInput{
				EmailIdentity: &name, MailFromDomain: aws.String("bounce." + name), BehaviorOnMxFailure: behavior,
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		in := mail("invites@"+name, "client@client.example")
		put(types.BehaviorOnMxFailureRejectMessage)
		is[*types.MailFromDomainNotVerifiedException](t, s.refuses(in))
		put(types.BehaviorOnMxFailureUseDefaultValue)
		if _, err := s.SendEmail(t.Context(), in); err != nil {
			t.Fatal(err)
		}
		put(types.BehaviorOnMxFailureRejectMessage)
		if err := s.engine.SetVerification(name, "", "SUCCESS"); err != nil {
			t.Fatal(err)
		}
		if _, err := s.SendEmail(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	})
}

func TestATenantThatDoesNotExistIsNotFound(t *testing.T) {
	specify(t, func(t *testing.T, s service) {
		in := mail("invites@"+s.sender(), "client@client.example")
		in.TenantName = aws.String(unique())
		is[*types.NotFoundException](t, s.refuses(in))
	})
}
