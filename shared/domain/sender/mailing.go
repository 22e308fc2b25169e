package sender

import (
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/words"
)

// TestOutgoing is how a test mail from the claim's domain goes out: as [OutgoingFor] would have it, were the domain switched on. So
// it takes the way that invitations take, before they do.
func TestOutgoing(a *agency.Agency, s *Settings, c *Claim) Outgoing {
	trial, settings := *c, *s
	trial.On, settings.On = true, c.ID
	if trial.TestedAt.IsZero() {
		trial.TestedAt = trial.ClaimedAt
	}
	if c.Own != nil { // one that was switched off comes back by a test
		own := *c.Own
		own.OffAt = time.Time{}
		trial.Own = &own
	}
	return OutgoingFor(a, &settings, &trial)
}

// Works notes that the server took a mail: its refusals are no row any more, and one that was switched off is used again where a
// person has tried it.
func (o *OwnServer) Works(tried bool) {
	o.Refusals = 0
	if tried {
		o.OffAt, o.Why, o.TellAt = time.Time{}, "", time.Time{}
	}
}

// TestDone notes what became of the test mail of this id, in plain words, and tells whether that says anything new. A delivered one
// lets the domain be switched on (T12).
func (c *Claim) TestDone(which string, delivered bool, detail string, now time.Time) bool {
	t := &c.Test
	if t.ID != which || which == "" || t.Outcome == TestFailed || t.Outcome == TestDelivered && delivered {
		return false
	}
	t.EndedAt, t.Detail, t.Outcome = now, detail, TestFailed
	if delivered {
		if err := c.Delivered(now); err != nil {
			t.Detail = words.Say("sender.not_verified")
			return true
		}
		t.Outcome = TestDelivered
	}
	return true
}

// TestWaits notes what holds the test mail of this id up, and tells whether that is news.
func (c *Claim) TestWaits(which, detail string) bool {
	t := &c.Test
	if t.ID != which || which == "" || t.Outcome != "" || t.Detail == detail {
		return false
	}
	t.Detail = detail
	return true
}

// Link is the link of this id; nil where there is none.
func (c *Claim) Link(which string) *RecordsLink {
	for i := range c.Links {
		if c.Links[i].ID == which {
			return &c.Links[i]
		}
	}
	return nil
}

// Refusal says in plain words, for the sender of an invite, why a mail cannot be sent.
type Refusal struct {
	Reason string
	Sender bool // whether it is about who the mail is from, so that another sender may do
}

func (r *Refusal) Error() string { return "mail refused: " + r.Reason }
