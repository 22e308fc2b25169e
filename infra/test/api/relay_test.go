package apitest_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/oklog/ulid/v2"

	"latchkey.dev/infra/run/local"
	standin "latchkey.dev/infra/run/mailserver"
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/job"
	"latchkey.dev/shared/domain/mailserver"
	"latchkey.dev/shared/domain/sender"
	"latchkey.dev/shared/usecase/senders"
)

// sending is an agency whose mail goes out from a domain of its own, with the table's and the queue's own hands.
type sending struct {
	*product
	agency id.Agency
	member id.Member
	store  dynamo.Senders
	mail   *sqs.Client
	queue  string
}

// sendingOf readies the agency of a caller.
func (p *product) sendingOf(c *caller) *sending {
	p.t.Helper()
	l := p.inside()
	var who struct{ Agency struct{ ID, MemberID string } }
	c.get("/v1/sessions/current").is(200).into(&who)
	cfg := l.Engine.Config()
	return &sending{product: p, agency: id.Agency(who.Agency.ID), member: id.Member(who.Agency.MemberID),
		store: dynamo.NewSenders(dynamo.Open(cfg, l.Stack.Environment("SendMail")["TABLE_NAME"], l.Now)), mail: sqs.NewFromConfig(cfg),
		queue: l.Stack.Template.Queue("MailQueue").URL}
}

func (s *sending) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// claim has the agency send from the domain, by its own server where own is said.
func (s *sending) claim(d sender.Domain, own bool) id.SenderDomain {
	s.t.Helper()
	now := s.now().Truncate(time.Millisecond)
	c := sender.NewClaim(s.agency, s.member, d, "", now)
	c.State, c.Proven, c.On, c.VerifiedAt, c.TestedAt, c.Due, c.PrepareAt = sender.Verified, true, true, now, now,
		now.Add(100*24*time.Hour), time.Time{}
	if own {
		server := mailserver.Server{Host: standin.Host, Port: mailserver.PortTLS, Security: mailserver.TLS, User: standin.User}
		c.ProofOnly = true
		c.Own = &sender.OwnServer{Server: server, SetAt: now, Password: s.local.Ring().Seal(standin.Password, c.PasswordPlace(server))}
	} else {
		ses := sesv2.NewFromConfig(s.local.Engine.Config())
		_, err := ses.CreateEmailIdentity(s.t.Context(), &sesv2.CreateEmailIdentityInput{EmailIdentity: aws.String(string(d))})
		s.must(err)
		s.must(s.local.Engine.SES.SetVerification(string(d), "SUCCESS", ""))
	}
	settings, err := s.store.Settings(s.t.Context(), s.agency)
	s.must(err)
	settings.On, settings.Claims = c.ID, append(settings.Claims, sender.Ref{ID: c.ID, Domain: d})
	s.must(s.store.Save(s.t.Context(), senders.Change{Claim: c, Settings: settings}))
	return c.ID
}

func (s *sending) claimed(which id.SenderDomain) *sender.Claim {
	s.t.Helper()
	c, err := s.store.Claim(context.WithoutCancel(s.t.Context()), s.agency, which)
	s.must(err)
	return c
}

// do puts a job on the mail queue.
func (s *sending) do(m job.Mail) {
	s.t.Helper()
	m.Agency = s.agency
	_, err := s.mail.SendMessage(s.t.Context(), &sqs.SendMessageInput{QueueUrl: &s.queue, MessageBody: aws.String(string(m.Encode()))})
	s.must(err)
}

// try asks for a test mail to the agency's person, and waits for what comes of it.
func (s *sending) try(which id.SenderDomain) {
	s.t.Helper()
	c := s.claimed(which)
	c.Test = sender.Test{ID: ulid.Make().String(), At: s.now().Truncate(time.Millisecond), By: s.member}
	s.must(s.store.Save(s.t.Context(), senders.Change{Claim: c}))
	s.do(job.Mail{Kind: job.Test, Member: s.member, Item: string(which), Job: c.Test.ID})
	s.until("the test mail", func() bool { return s.claimed(which).Test.Outcome == sender.TestDelivered })
}

// relayJob has mail go out from domains of an agency's own, by SES and by the agency's server, and be refused by that.
func relayJob(p *product) {
	p.t.Helper()
	p.advance(61 * time.Minute)
	o := p.signIn(owner)
	s := p.sendingOf(o)

	bySES := s.claim("mail.northwind.com", false)
	s.try(bySES)
	o.invite("from-own@client.example")
	p.until("the mail", func() bool { return len(p.mails("from-own@client.example")) > 0 })
	if from := p.mails("from-own@client.example")[0].From; !strings.Contains(from, "@mail.northwind.com") {
		p.t.Fatalf("the mail is from %s", from)
	}
	o.invite("bounce+own@simulator.amazonses.com")
	p.until("the bounce to be counted", func() bool {
		h, err := s.store.Health(p.t.Context(), s.agency, bySES, p.now())
		s.must(err)
		return h == sender.Health{Sent: 2, Bounced: 1}
	})

	own := s.claim("northwind.com", true)
	s.try(own)
	i := o.invite("relayed@client.example")
	p.until("the mail by the server", func() bool { return len(p.local.MailServer.Mails()) == 2 })
	p.until("the invite to be sent", func() bool { return o.look(i.ID).Status == "pending" })
	o.get("/clients/" + i.ClientID).is(200).shows("From invites@northwind.com, through smtp.northwind.com.")
	p.local.MailServer.Refuse(standin.Always(mailserver.Login, 535, "5.7.8 No"))
	defer p.local.MailServer.Refuse(nil)
	p.skipMails(owner)
	for _, who := range []string{"refused1@client.example", "refused2@client.example", "refused3@client.example"} {
		o.invite(who)
		p.until("the mail to go around", func() bool { return len(p.mails(who)) > 0 })
	}
	p.until("the server to be switched off", func() bool { return !s.claimed(own).Own.OffAt.IsZero() })
	p.until("the owner to be told", func() bool {
		return strings.Contains(p.mails(owner)[0].Subject, "refuses our emails")
	})

	c := s.claimed(bySES)
	c.Links = []sender.RecordsLink{{ID: "L1", Address: "it@dnshost.example", At: p.now(), ExpiresAt: p.now().Add(sender.RecordsLinkLife)}}
	s.must(s.store.Save(p.t.Context(), senders.Change{Claim: c}))
	s.do(job.Mail{Kind: job.Records, Item: string(bySES), Job: "L1"})
	p.until("the records to be mailed", func() bool { return len(p.mails("it@dnshost.example")) > 0 })
}

// TestSenderMailGoesOutThroughTheWholeProduct has the workers as they are wired, with their queues, a mail server over TCP and SES.
func TestSenderMailGoesOutThroughTheWholeProduct(t *testing.T) {
	p := own(t, local.Options{})
	relayJob(p)
	for _, m := range p.local.MailServer.Mails() {
		if !strings.Contains(m.Field("From"), "@northwind.com>") || m.From != "invites@northwind.com" {
			t.Errorf("a mail is from %s and %s", m.Field("From"), m.From)
		}
	}
}
