package lifecycle

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	standin "latchkey.dev/infra/run/cloudformation"
	"latchkey.dev/infra/run/engine/roundtrip"
	till "latchkey.dev/infra/run/stripe"
	"latchkey.dev/shared/adapter/cloudformation"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/payment"
	"latchkey.dev/shared/domain/purchase"
	"latchkey.dev/shared/usecase/onboarding"
)

// stacked has what is bought made by CloudFormation, behind the same bad network.
func (w *works) stacked() *standin.Account {
	a := &standin.Account{Takes: 20 * time.Second, Now: time.Now}
	a.Complete = func(s *standin.Stack) {
		s.Outputs = [][2]string{{"Url", "https://" + s.Parameter("Name") + ".n8n.example"}, {"ApiKeySecret", s.Name}}
	}
	cfg := aws.Config{Region: "us-east-1", BaseEndpoint: aws.String("https://aws.example"), Credentials: credentials.NewStaticCredentialsProvider("id", "key", ""),
		HTTPClient: &http.Client{Transport: beside{w.network, roundtrip.Transport(a)}}}
	w.worker.Driver = cloudformation.Open(cfg, cfg,
		cloudformation.Options{Stage: "life", TemplateURL: "https://b.s3.us-east-1.amazonaws.com/instance.yaml",
			Role: "arn:aws:iam::123456789012:role/instances"})
	return a
}

// oneStack tells what is wrong when there is not one stack, in that state of Running, or more were ever made.
func oneStack(a *standin.Account, running string, made int) error {
	alive := 0
	for _, s := range a.Stacks() {
		if s.Status == "DELETE_COMPLETE" {
			continue
		}
		if alive++; s.Parameter("Running") != running || !strings.HasSuffix(s.Status, "E_COMPLETE") {
			return fmt.Errorf("%s is %s, and its Running is %s", s.Name, s.Status, s.Parameter("Running"))
		}
	}
	if all := len(a.Stacks()); all != made || alive != 1 && running != "" || alive != 0 && running == "" {
		return fmt.Errorf("%d stacks, of %d that were made, want %d", alive, all, made)
	}
	return nil
}

// A stack's whole life, with the worker failing at each of its calls: bought, not paid for, paid for again, and forgotten.
func TestAStackIsMadeOnceHaltedAndDeletedWhereverItIsCutOff(t *testing.T) {
	t.Parallel()
	const address = "c0@acme.example"
	chapters := []string{"bought", "lapsed", "paid again", "forgotten"}
	for _, is := range []verdict{crashBefore, loseAnswer} {
		for chapter, name := range chapters {
			t.Run(name+", "+is.String(), func(t *testing.T) {
				t.Parallel()
				n := -1 // nothing fails
				for calls := 0; n < calls && !t.Failed(); n++ {
					worksIn(t, func(w *works) {
						a := w.stacked()
						o := w.office("Northwind")
						c, err := w.inviter.Send(w.ctx, o.owner,
							onboarding.Draft{Email: address, Payer: invite.ClientPays,
								Order: &onboarding.Order{Hosting: true, StorageGB: 30}}, "")
						must(t, err)
						w.deliver()
						which := c.Invite.ID
						pass := func(at int) {
							if at == chapter {
								w.crash(n, is, true)
							}
							w.until(2*time.Minute, 10*time.Second)
							if at == chapter {
								calls = max(calls, min(w.calls, 60))
								w.network.faults(nil)
							}
							w.until(6*time.Minute, time.Minute)
						}
						err = w.stackLife(a, o, which, address, pass, chapter)
						if err != nil {
							t.Errorf("call %d: %v", n, err)
						}
					})
				}
				t.Logf("%d calls", n)
			})
		}
	}
}

func (w *works) stackLife(a *standin.Account, o *office, which id.Invite, address string, pass func(chapter int), last int) error {
	pay := func() error {
		if _, err := w.checkouts.Start(w.ctx, person(address), o.id, payment.Month, ""); err != nil {
			return err
		}
		return payWith(till.CardGood)(w.shop, w.session(o, which))
	}
	if err := pay(); err != nil {
		return err
	}
	a.Keep("latchkey-life-"+strings.ReplaceAll(strings.ToLower(string(w.made(o, which))), "_", "-"), `{"apiKey":"n8n_api_1"}`)
	pass(0)
	i := o.get(which).Items[0]
	x, err := w.table.Resource(w.ctx, o.id, i.Resource)
	if err != nil || i.State != purchase.Ready || x.Status != instance.Running || !strings.HasSuffix(x.URL, ".n8n.example") ||
		!x.Connected() {
		return fmt.Errorf("bought: %s (%s), %+v, %w", i.State, i.Reason, x, err)
	}
	if err := oneStack(a, "true", 1); err != nil || last == 0 {
		return err
	}
	if err := w.till.Cancel(o.get(which).Payment.Reference); err != nil {
		return err
	}
	pass(1)
	if err := oneStack(a, "false", 1); err != nil || last == 1 {
		return err
	}
	if err := pay(); err != nil {
		return err
	}
	pass(2)
	if err := oneStack(a, "true", 1); err != nil || last == 2 {
		return err
	}
	if err := errors.Join(w.till.CancelAtPeriodEnd(o.get(which).Payment.Reference, true),
		w.checkouts.Settle(w.ctx, o.id, o.get(which).Ref(), "")); err != nil {
		return err
	}
	if err := w.erasure.Erase(w.ctx, person(address)); err != nil {
		return err
	}
	pass(3)
	if err := oneStack(a, "", 1); err != nil {
		return fmt.Errorf("forgotten: %w", err)
	}
	return nil
}

// made lets the payment be seen, and returns the resource that was bought.
func (w *works) made(o *office, which id.Invite) id.Resource {
	w.till.Tick(w.ctx) //nolint:errcheck // webhooks may be refused
	for w.take(w.queue, w.bill.Handle) > 0 {
	}
	for range 60 {
		if items := o.get(which).Items; len(items) > 0 {
			return items[0].Resource
		}
		w.run(time.Second)
	}
	w.t.Fatal("nothing was bought")
	return ""
}
