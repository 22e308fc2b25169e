package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/job"
	"latchkey.dev/shared/domain/mailserver"
	"latchkey.dev/shared/domain/sender"
	"latchkey.dev/shared/usecase/senders"
)

// claims has the agency claim a name; held says why it waits.
func (s *stage) claims(d sender.Domain, held string, with ...func(*sender.Claim)) *sender.Claim {
	s.t.Helper()
	store := dynamo.NewSenders(s.table.Table)
	settings, err := store.Settings(s.t.Context(), s.agency)
	if err != nil {
		s.t.Fatal(err)
	}
	c := sender.NewClaim(s.agency, s.member, d, held, noon.Add(time.Duration(len(settings.Claims))*time.Millisecond))
	for _, f := range with {
		f(c)
	}
	settings.Claims = append(settings.Claims, sender.Ref{ID: c.ID, Domain: d, Open: true})
	if c.On {
		settings.On = c.ID
	}
	if err := store.Save(s.t.Context(), senders.Change{Claim: c, Settings: settings}); err != nil {
		s.t.Fatal(err)
	}
	return c
}

func TestSenderT9AnOperatorDecidesAboutNamesThatLookAlike(t *testing.T) {
	t.Parallel()
	s := deployed(t)
	s.says([]string{"senders"}, "no name waits for you")
	alike := s.claims("mail.xn--bcher-kva.dev", "It looks like buecher.dev.")
	other := s.claims("mail.agency.dev", "It looks like agency.com.")
	s.claims("mail.plain.dev", "")
	out := s.says([]string{"senders"}, string(alike.ID), "mail.bücher.dev = mail.xn--bcher-kva.dev: It looks like buecher.dev.",
		string(s.agency), "Acme Ops", string(s.member), string(other.ID))
	if strings.Contains(out, "plain.dev") || strings.Contains(out, "owner@") {
		t.Errorf("what doesn't wait is listed, or an address:\n%s", out)
	}
	var all []struct{ ID, Agency, AgencyName, Domain, Why string }
	err := json.Unmarshal([]byte(s.says([]string{"-json", "senders"})), &all)
	if err != nil || len(all) != 2 || all[0].ID != string(alike.ID) || all[0].AgencyName != "Acme Ops" || all[0].Why == "" {
		t.Errorf("%+v, %v", all, err)
	}

	s.fails([]string{"senders", "allow"}, "write it as")
	s.fails([]string{"senders", "maybe", string(alike.ID)}, "allowed or refused")
	s.fails([]string{"senders", "allow", "mail.agency.dev"}, "admin senders shows them")
	s.says([]string{"senders", "allow", string(alike.ID)}, "may be used")
	s.fails([]string{"senders", "allow", string(alike.ID)}, "no id of a name that waits")
	s.says([]string{"senders", "refuse", string(other.ID)}, "is refused")
	s.says([]string{"senders"}, "no name waits for you")
	store := dynamo.NewSenders(s.table.Table)
	if c, err := store.Claim(t.Context(), s.agency, alike.ID); err != nil || c.Held || c.State != sender.Draft {
		t.Errorf("%+v, %v", c, err)
	}
	if c, err := store.Claim(t.Context(), s.agency, other.ID); err != nil || c.Held || c.State != sender.Released {
		t.Errorf("%+v, %v", c, err)
	}
	log, err := s.table.History(t.Context(), s.agency)
	if err != nil {
		t.Fatal(err)
	}
	decided := map[string]string{}
	for _, row := range log {
		if row.Action == audit.DomainDecided && row.Actor == audit.Operator {
			decided[row.Subject] = row.Detail
		}
	}
	if decided[string(alike.ID)] != "allow" || decided[string(other.ID)] != "refuse" {
		t.Errorf("%+v", log)
	}

	// Both are looked at by the worker.
	q := sqs.NewFromConfig(s.e.Config())
	url, err := q.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String("latchkey-senders")})
	if err != nil {
		t.Fatal(err)
	}
	got, err := q.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: url.QueueUrl, MaxNumberOfMessages: 10})
	if err != nil || len(got.Messages) != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	for _, m := range got.Messages {
		if j, err := job.DecodeSender([]byte(*m.Body)); err != nil || j.Agency != s.agency || j.Domain != alike.ID && j.Domain != other.ID {
			t.Errorf("%+v, %v", j, err)
		}
	}
}

func TestAnOperatorSeesHowAnAgencySends(t *testing.T) {
	t.Parallel()
	s := deployed(t)
	a := string(s.agency)
	s.says([]string{"show", a}, `Sending: platform, "Acme Ops" from the platform's address`)
	s.says([]string{"plan", a, "max"})
	held, on := s.claims("mail.agency.dev", "It looks like agency.com."), s.claims("post.agency.com", "", func(c *sender.Claim) {
		c.State, c.Proven, c.On, c.VerifiedAt, c.TestedAt, c.Due = sender.Verified, true, true, noon, noon, noon.Add(time.Hour)
		c.ProofOnly, c.Own = true, &sender.OwnServer{Server: mailserver.Server{Host: "smtp.agency.com", Port: 587, User: "mailer"},
			Password: "s1.sealed"}
	})
	out := s.says([]string{"show", a}, `Sending: own_server, "Acme Ops" from invites@post.agency.com`, string(held.ID),
		"mail.agency.dev: draft", "held: It looks like agency.com.", string(on.ID), "post.agency.com: verified, on, by smtp.agency.com")
	if strings.Contains(out, "sealed") || strings.Contains(out, "mailer") {
		t.Errorf("a password or a user is shown:\n%s", out)
	}
	var v struct {
		Sending struct {
			Way, From string
			Domains   []struct{ ID, State, OwnSMTP string }
		}
	}
	if err := json.Unmarshal([]byte(s.says([]string{"-json", "show", a})), &v); err != nil || v.Sending.Way != "own_server" ||
		v.Sending.From != "invites@post.agency.com" || len(v.Sending.Domains) != 2 || v.Sending.Domains[1].OwnSMTP != "smtp.agency.com" {
		t.Errorf("%+v, %v", v, err)
	}
	s.says([]string{"plan", a, "free"})
	s.says([]string{"show", a}, "Sending: platform", "Custom Email is part of Max.")
}
