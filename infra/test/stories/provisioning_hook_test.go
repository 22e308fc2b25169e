package lifecycle

import (
	"testing"
	"time"

	maker "latchkey.dev/infra/run/provisioner"
	standin "latchkey.dev/infra/run/stripe"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/job"
	"latchkey.dev/shared/domain/purchase"
	"latchkey.dev/shared/usecase/provisioning"
)

// patient is a yard in which a thing takes its time, until it is said to be there.
type patient struct {
	*yard
	there bool
}

func (p *patient) Look(t maker.Thing) (provisioning.Stage, string, string) {
	if !p.there {
		return provisioning.Making, "", ""
	}
	return provisioning.Running, "https://" + t.Key + ".n8n.example", "api-key-of-" + t.Key
}

// A program tells that a thing is there: it is looked at now, and not in the minutes after which it would have been.
func TestWhatIsToldToBeThereIsLookedAtNow(t *testing.T) {
	t.Parallel()
	for _, story := range []string{"told", "told twice", "told of what there is not", "never told"} {
		worksIn(t, func(w *works) {
			slow := &patient{yard: w.yard}
			w.program.Maker = slow
			o, which := w.checkout(0, payWith(standin.CardGood))
			w.until(50*time.Minute, 5*time.Second) // by then it is looked at every two and a half minutes
			slow.there = true
			tell := func() {
				for _, i := range o.get(which).Items {
					j := job.Provision{Agency: o.id, Client: o.client(which), Item: i.Key, Told: true}
					if story == "told of what there is not" {
						j.Item = "si_none"
						must(t, w.worker.Handle(w.ctx,
							job.Provision{Agency: id.New[id.Agency](id.AgencyPrefix, time.Now()), Client: j.Client, Item: i.Key,
								Told: true}.Encode()))
					}
					must(t, w.worker.Handle(w.ctx, j.Encode()))
				}
			}
			switch story {
			case "never told":
			case "told twice":
				tell()
				tell()
			default:
				tell()
			}
			w.until(20*time.Second, time.Second)
			ready := 0
			for _, i := range o.get(which).Items {
				if i.State == purchase.Ready {
					ready++
				}
			}
			want := 2
			if story == "never told" || story == "told of what there is not" {
				want = 0
			}
			if ready != want {
				t.Errorf("%s: %d are ready after twenty seconds, want %d", story, ready, want)
			}
			w.until(5*time.Minute, 10*time.Second)
			for _, i := range o.get(which).Items {
				if i.State != purchase.Ready {
					t.Errorf("%s: %s in the end", story, i.State)
				}
			}
		})
	}
}
