package main

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/contract"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/job"
	"latchkey.dev/shared/domain/purchase"
)

// buyer is a client with one item for each of the states.
func (s *stage) buyer(address string, change ...func(*purchase.Item)) *client.Client {
	s.t.Helper()
	c, err := client.Begin(nil, s.agency,
		client.Offer{Email: "ops@acme.example", Payer: invite.ClientPays, From: invite.Sender{AgencyName: "Acme Ops", Member: s.member}},
		noon)
	if err != nil {
		s.t.Fatal(err)
	}
	c.Invite.Status = invite.Accepted
	for n, f := range change {
		i := purchase.New(address+string(rune('a'+n)), contract.Article{Product: contract.Hosting, StorageGB: 30},
			id.New[id.Resource](id.InstancePrefix, noon.Add(time.Duration(n))), noon.Add(-time.Hour))
		f(&i)
		c.Items = append(c.Items, i)
	}
	if err := s.table.Commit(s.t.Context(), s.agency, client.Change{Client: c}); err != nil {
		s.t.Fatal(err)
	}
	return c
}

func TestAnOperatorFindsWhatIsStuckAndHasItTriedAgain(t *testing.T) {
	t.Parallel()
	s := deployed(t)
	s.says([]string{"stuck"}, "nothing is stuck, among 0 clients")
	c := s.buyer("si_",
		func(i *purchase.Item) {
			for range purchase.Tries {
				i.Fail(noon.Add(-time.Minute), "There is no room left.")
			}
			i.Handle = "stack-1"
		},
		func(i *purchase.Item) { i.Claim(noon.Add(-time.Hour)); i.Done(noon.Add(-50 * time.Minute)) },
		func(i *purchase.Item) { i.Due = noon.Add(-20 * time.Minute) },
		func(i *purchase.Item) {
			i.Remove(noon.Add(-time.Hour))
			for range 6 {
				i.Later(noon, "")
			}
		},
		func(i *purchase.Item) { i.Begun(noon.Add(-20*time.Minute), "stack-2"); i.Wait(noon) },
	)
	out := s.says([]string{"stuck"}, string(s.agency), string(c.ID), string(c.Items[0].Resource), "all tries are used up",
		"There is no room left.", "at the driver stack-1", "nobody has looked after it in time",
		"it cannot be deleted", "it takes longer than ten minutes")
	if strings.Contains(out, string(c.Items[1].Resource)) || strings.Contains(out, "acme.example") {
		t.Errorf("what is well is listed, or an address:\n%s", out)
	}
	s.says([]string{"-json", "stuck"}, `"state": "failed"`, `"handle": "stack-1"`)

	a, which := string(s.agency), string(c.Items[0].Resource)
	s.fails([]string{"retry", string(c.ID), which, "-for", a}, "write it as")
	s.fails([]string{"retry", "ops", which, "-agency", a}, "is no client's id")
	s.fails([]string{"retry", string(c.ID), string(c.Items[1].Resource), "-agency", a}, "You can only retry what couldn't be set up.")
	s.fails([]string{"retry", string(c.ID), "ins_none", "-agency", a}, "hasn't bought this")
	s.fails([]string{"retry", string(c.ID), which, "-agency", string(id.New[id.Agency](id.AgencyPrefix, noon))}, "no such client")
	s.says([]string{"retry", string(c.ID), which, "-agency", a}, "n8n Hosting, 30 GB of "+string(c.ID)+" is requested")
	log, err := s.table.History(t.Context(), s.agency)
	if err != nil || len(log) != 1 || log[0].Action != audit.ProvisionRetried || log[0].Actor != audit.Operator || log[0].Subject != which {
		t.Errorf("%+v, %v", log, err)
	}
	q := sqs.NewFromConfig(s.e.Config())
	url, err := q.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String("latchkey-provision")})
	if err != nil {
		t.Fatal(err)
	}
	got, err := q.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: url.QueueUrl})
	if err != nil || len(got.Messages) != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	if j, err := job.DecodeProvision([]byte(*got.Messages[0].Body)); err != nil || j.Item != c.Items[0].Key || j.Client != c.ID {
		t.Errorf("%+v, %v", j, err)
	}
}
