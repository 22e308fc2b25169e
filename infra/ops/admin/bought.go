package main

import (
	"errors"
	"fmt"
	"slices"
	"time"

	queues "latchkey.dev/shared/adapter/sqs"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/purchase"
	"latchkey.dev/shared/usecase/provisioning"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

type boughtView struct {
	Agency   string     `json:"agency"`
	Client   string     `json:"client"`
	Resource string     `json:"resource"`
	What     string     `json:"what"`
	State    string     `json:"state"`
	Tries    int        `json:"tries,omitempty"`
	Reason   string     `json:"reason,omitempty"`
	Handle   string     `json:"handle,omitempty"` // what the driver calls it
	PaidAt   time.Time  `json:"paidAt"`
	Due      *time.Time `json:"due,omitempty"`
	Why      string     `json:"why"` // why it is listed
}

// overdueBy is how long nobody may look after something until that is strange: the sweep runs each minute.
const overdueBy = 10 * time.Minute

// toilsome is after how many tries a deletion or a suspension is worth a look.
const toilsome = 5

// why says why somebody should look at what was bought; "" for what is well.
func why(i *purchase.Item, now time.Time) string {
	switch {
	case i.State == purchase.Failed:
		return "all tries are used up; paid back a day after the payment, unless it is tried again: admin retry"
	case i.State == purchase.Compensating:
		return "it is being paid back"
	case i.Working() && !i.Due.IsZero() && now.Sub(i.Due) > overdueBy:
		return "nobody has looked after it in time: is the sweep running, and the queue provision?"
	case i.State == purchase.Deleting && i.Tries >= toilsome:
		return "it cannot be deleted"
	case i.Stale && i.Tries >= toilsome:
		return "the driver cannot be told that it is " + string(i.State)
	case i.State == purchase.Retrying:
		return "a try has failed"
	case i.Late(now) && i.Working():
		return "it takes longer than ten minutes"
	}
	return ""
}

// stuck lists what was bought, at whatever agency, and is not well.
func (t *tool) stuck([]string) error {
	all, err := t.table.Buyers(t.ctx)
	if err != nil {
		return err
	}
	out := []boughtView{}
	for _, c := range all {
		for n := range c.Items {
			if w := why(&c.Items[n], t.now()); w != "" {
				out = append(out, boughtOf(&c, &c.Items[n], w))
			}
		}
	}
	slices.SortFunc(out, func(a, b boughtView) int { return a.PaidAt.Compare(b.PaidAt) })
	return t.answer(out, func(p *printer) {
		for _, b := range out {
			p.line("%s  %s  %s  %s: %s, %d tries, paid %s", b.Agency, b.Client, b.Resource, b.What, b.State, b.Tries,
				b.PaidAt.Format(time.RFC3339))
			p.line("    %s%s%s", b.Why, because(b.Reason), named(b.Handle))
		}
		if len(out) == 0 {
			p.line("nothing is stuck, among %d clients who have bought something", len(all))
		}
	})
}

func named(handle string) string {
	if handle == "" {
		return ""
	}
	return ", at the driver " + handle
}

func boughtOf(c *client.Client, i *purchase.Item, w string) boughtView {
	b := boughtView{Agency: string(c.Agency), Client: string(c.ID), Resource: string(i.Resource), What: i.Article.Name(),
		State: string(i.State), Tries: i.Tries, Reason: i.Reason, Handle: i.Handle, PaidAt: i.Since, Why: w}
	if !i.Due.IsZero() {
		b.Due = &i.Due
	}
	return b
}

// retry has something tried again whose tries are used up.
func (t *tool) retry(args []string) error {
	if args[2] != "-agency" {
		return errors.New("write it as: admin retry CLIENT RESOURCE -agency AGENCY")
	}
	which, err := agencyID(args[3])
	if err != nil {
		return err
	}
	if id.Client(args[0]).Ref() == "" {
		return fmt.Errorf("%q is no client's id, cl_…", args[0])
	}
	name := t.stage + "-provision"
	queue, err := sqs.NewFromConfig(t.cfg).GetQueueUrl(t.ctx, &sqs.GetQueueUrlInput{QueueName: &name})
	if err != nil {
		return err
	}
	r := &provisioning.Retrier{Store: t.table, Queue: queues.Open(t.cfg, *queue.QueueUrl), Now: t.now}
	c, err := r.RetryAs(t.ctx, audit.Operator, which, id.Client(args[0]), id.Resource(args[1]))
	if err != nil {
		return plain(err)
	}
	i := c.Bought(id.Resource(args[1]))
	v := boughtOf(c, i, "")
	return t.answer(v, func(p *printer) { p.line("%s of %s is %s; a worker has it within seconds", v.What, v.Client, v.State) })
}
