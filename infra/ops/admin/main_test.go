package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"latchkey.dev/infra/run/engine"
	"latchkey.dev/infra/run/stack"
	"latchkey.dev/infra/run/template"
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/invite"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// stage is a deployment with one agency on Free.
type stage struct {
	t      *testing.T
	e      *engine.Engine
	table  *dynamo.Operator
	agency id.Agency
	member id.Member
}

func deployed(t *testing.T) *stage {
	t.Helper()
	e, err := engine.Open(engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	declared, err := template.Read("../../../template.yaml",
		template.Inputs{Parameters: map[string]string{"Origin": "https://portal.example.com", "MailFrom": "invites@mail.example.com"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stack.Up(t.Context(), e.Config(), declared); err != nil {
		t.Fatal(err)
	}
	s := &stage{t: t, e: e, table: dynamo.OpenOperator(e.Config(), "latchkey-table", now), agency: id.New[id.Agency](id.AgencyPrefix, noon),
		member: id.New[id.Member](id.MemberPrefix, noon)}
	err = s.table.Found(t.Context(), dynamo.Founding{Agency: agency.Agency{ID: s.agency, Name: "Acme Ops", Color: "#123456", Plan: agency.Free, CreatedAt: noon},
		Owner: agency.Member{ID: s.member, Email: "owner@acme.example", Level: agency.Owner}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func now() time.Time { return noon }

func (s *stage) try(args ...string) (string, error) {
	var out bytes.Buffer
	err := run(context.Background(), s.e.Config(), args, &out, now)
	return out.String(), err
}

// says runs a command and asks for words in what it prints.
func (s *stage) says(args []string, words ...string) string {
	s.t.Helper()
	out, err := s.try(args...)
	if err != nil {
		s.t.Fatalf("%v: %v", args, err)
	}
	for _, w := range words {
		if !strings.Contains(out, w) {
			s.t.Errorf("%v does not say %q, but:\n%s", args, w, out)
		}
	}
	return out
}

// fails runs a command and asks for words in its error.
func (s *stage) fails(args []string, words string) {
	s.t.Helper()
	if out, err := s.try(args...); err == nil || !strings.Contains(err.Error(), words) {
		s.t.Errorf("%v: %v, want %q\n%s", args, err, words, out)
	}
}

func TestFD6AnOperatorAllowsAName(t *testing.T) {
	t.Parallel()
	s := deployed(t)
	a := string(s.agency)
	s.fails([]string{"name", a, "please"}, "name AGENCY allow")
	s.fails([]string{"name", a, "hold"}, "was not allowed")
	s.says([]string{"name", a, "allow"}, "Acme Ops stands in From and Subject")
	s.fails([]string{"name", a, "allow"}, "is allowed already")
	if x, err := s.table.Agency(t.Context(), s.agency); err != nil || x.NameAllowed != "Acme Ops" {
		t.Errorf("%+v, %v", x, err)
	}
	s.says([]string{"name", a, "hold"}, "waits for a paid plan again")
	if x, err := s.table.Agency(t.Context(), s.agency); err != nil || x.NameAllowed != "" {
		t.Errorf("%+v, %v", x, err)
	}
	s.says([]string{"show", a}, "agency.name_decided", "allow", "hold")
}

func TestAnOperatorChangesPlanAndStanding(t *testing.T) {
	t.Parallel()
	s := deployed(t)
	a := string(s.agency)
	s.says([]string{"list"}, a, "free", "live", "Acme Ops")
	s.says([]string{"plan", a, "max"}, "Acme Ops is on max now")
	s.fails([]string{"plan", a, "max"}, "is on max already")
	s.says([]string{"suspend", a, "unpaid", "bills"}, "is suspended")
	s.fails([]string{"suspend", a}, "is suspended already")
	s.says([]string{"list"}, "max", "suspended")
	s.says([]string{"show", a}, "suspended (unpaid bills)", "owner@acme.example", "agency.plan_changed", "agency.suspended", audit.Operator)
	if x, err := s.table.Agency(t.Context(), s.agency); err != nil || !x.Suspended || x.Plan != agency.Max {
		t.Errorf("%+v, %v", x, err)
	}
	s.says([]string{"resume", a}, "goes on")
	s.fails([]string{"resume", a}, "is not suspended")
	log, err := s.table.History(t.Context(), s.agency)
	if err != nil || len(log) != 3 {
		t.Fatalf("%d rows, %v", len(log), err)
	}
	for _, row := range log {
		if row.Actor != audit.Operator || row.Subject != a || strings.Contains(row.Detail, "bills") {
			t.Errorf("the row %+v", row)
		}
	}
}

func TestJSONForPrograms(t *testing.T) {
	t.Parallel()
	s := deployed(t)
	var all []struct {
		ID, Plan, State string
		Members         int
		Owners          []string
	}
	if err := json.Unmarshal([]byte(s.says([]string{"-json", "list"})), &all); err != nil || len(all) != 1 ||
		all[0].ID != string(s.agency) || all[0].Members != 1 || all[0].Owners[0] != "owner@acme.example" {
		t.Errorf("%+v, %v", all, err)
	}
	var one struct {
		State  string
		People []struct{ Email string }
	}
	if err := json.Unmarshal([]byte(s.says([]string{"-json", "show", string(s.agency)})), &one); err != nil || one.State != "live" ||
		len(one.People) != 1 {
		t.Errorf("%+v, %v", one, err)
	}
}

func TestWhatAnOperatorMistypes(t *testing.T) {
	t.Parallel()
	s := deployed(t)
	const nobody = "ag_01JZ8Y5W3RN6T0V4K2M9QXBDCE"
	s.fails([]string{"dance"}, `there is no command "dance"; there are list, show`)
	s.fails([]string{"show"}, "write it as: admin show AGENCY")
	s.fails([]string{"show", "Acme"}, "admin list shows them")
	s.fails([]string{"plan", string(s.agency), "gold"}, "the plans are free and max")
	for _, args := range [][]string{{"show", nobody}, {"plan", nobody, "max"}, {"suspend", nobody}, {"resume", nobody}} {
		s.fails(args, "There's no such agency.")
	}
	s.fails([]string{"invite", "x", "-agency", string(s.agency)}, "neither an invite's id")
	s.fails([]string{"invite", "in_01JZ8Y5W3RN6T0V4K2M9QXBDCE", "-agency", string(s.agency)}, "There's no such client.")
	s.fails([]string{"redrive", "post"}, "there is no queue latchkey-post-dead-letters")
	if out, err := s.try(); !errors.Is(err, flag.ErrHelp) || !strings.Contains(out, "suspend AGENCY [REASON]") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestTheHistoryOfAnInvite(t *testing.T) {
	t.Parallel()
	s := deployed(t)
	c, err := client.Begin(nil, s.agency,
		client.Offer{Email: email.Address("ops@client.example"), Name: "Client", Payer: invite.AgencyPays,
			From: invite.Sender{AgencyName: "Acme Ops", Member: s.member}}, noon)
	if err != nil {
		t.Fatal(err)
	}
	c.Invite.First(noon, agency.Slot{New: noon})
	row := audit.Entry{ID: id.New[id.Event](id.EventPrefix, noon), At: noon, Actor: string(s.member), Action: audit.InviteCreated,
		Subject: string(c.Invite.ID)}
	other := audit.Entry{ID: id.New[id.Event](id.EventPrefix, noon), At: noon, Actor: string(s.member), Action: audit.KeyCreated,
		Subject: "key_x"}
	if err := s.table.Commit(t.Context(), s.agency, client.Change{Client: c, Audit: []audit.Entry{row, other}}); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"invite", string(c.Invite.ID), "-agency", string(s.agency)},
		{"invite", "-agency", string(s.agency), string(c.ID)}} {
		out := s.says(args, string(c.ID), "ops@client.example", "sending", "mail queued", "Timeline", "queued", "invite.created")
		if strings.Contains(out, "api_key") {
			t.Error("rows about other things are shown")
		}
	}
	s.says([]string{"-json", "invite", string(c.ID), "-agency", string(s.agency)}, `"state": "queued"`, `"timeline": [`)
}

func TestDeadLettersGoBackToTheirQueue(t *testing.T) {
	t.Parallel()
	s := deployed(t)
	q := sqs.NewFromConfig(s.e.Config())
	name, dead := "latchkey-mail", "latchkey-mail-dead-letters"
	from, err := q.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: &dead})
	if err != nil {
		t.Fatal(err)
	}
	to, err := q.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: &name})
	if err != nil {
		t.Fatal(err)
	}
	s.says([]string{"redrive", "mail"}, "about 0 dead letters; there was nothing to move")
	body := "poison"
	if _, err := q.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: from.QueueUrl, MessageBody: &body}); err != nil {
		t.Fatal(err)
	}
	s.says([]string{"redrive", dead}, "latchkey-mail: about 1 dead letters")
	got, err := q.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: to.QueueUrl})
	if err != nil || len(got.Messages) != 1 || *got.Messages[0].Body != body {
		t.Errorf("%+v, %v", got, err)
	}
}
