// Package purchase is the making of one thing that was paid for: an n8n instance, a WhatsApp service. Its methods are the
// only transitions; the driver that does the work is none of its business.
package purchase

import (
	"time"

	"latchkey.dev/shared/domain/contract"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/words"
)

// State is where an item is.
type State string

// The states. From requested to ready is the way up; what fails five times is failed, and paid back when a day is over;
// what is not paid any more is suspended, and deleted after notice.
const (
	Requested    State = "requested"
	Creating     State = "creating"
	HealthWait   State = "health_wait" // it is there, and has not answered yet
	Ready        State = "ready"
	Retrying     State = "retrying"
	Failed       State = "failed" // all tries are used up; a person may ask for more
	Compensating State = "compensating"
	Refunded     State = "refunded"
	Suspended    State = "suspended"
	Deleting     State = "deleting"
	Deleted      State = "deleted"
)

// How long things take.
const (
	Tries       = 5
	Lease       = 2 * time.Minute     // of a worker on one try, its driver's answer included
	Look        = 5 * time.Second     // between two looks at what a driver is making, at first
	Stuck       = time.Hour           // after which what a driver is making is taken to have failed
	Slow        = 10 * time.Minute    // after which both sides read that it takes longer
	GiveUp      = 24 * time.Hour      // after the payment: cancelled, paid back, both told
	DeleteAfter = 30 * 24 * time.Hour // from the suspension to the deletion
	NoticeAfter = 23 * 24 * time.Hour // from the suspension to the notice of the deletion: a week before it
	Patience    = 15 * time.Second    // after which a message that nobody took is taken to be lost
)

// Item is one thing that is made.
type Item struct {
	Key      string // the subscription item's id: the idempotency key towards the driver
	Article  contract.Article
	Resource id.Resource // what it will be, known from the start
	State    State
	Tries    int
	Handle   string    // what the driver calls it; "" until it has begun
	Reason   string    // why the last try failed, in plain words
	Since    time.Time // when it was paid for
	ReadyAt  time.Time
	HeldAt   time.Time // when it was suspended; zero while it is not
	Noticed  bool      // the payer has been told when it will be deleted
	Stale    bool      // what runs may not be what State says: the driver has to be told
	Claimed  bool
	Left     bool      // nobody pays for it any more: it is of a contract that another one has replaced
	Due      time.Time // when somebody should look after it; zero for never
	Steps    []Step
}

// Step is one line of an item's progress, for people.
type Step struct {
	State State
	At    time.Time
}

// MaxSteps is how many steps are kept: the first ones and the last.
const MaxSteps = 16

// New is an item that was paid for at now.
func New(key string, a contract.Article, r id.Resource, now time.Time) Item {
	i := Item{Key: key, Article: a, Resource: r, Since: now}
	i.to(Requested, now)
	i.Due = now.Add(Patience)
	return i
}

func (i *Item) to(s State, now time.Time) {
	if i.State == s {
		return
	}
	i.State = s
	if len(i.Steps) >= MaxSteps {
		i.Steps = append(i.Steps[:2:2], i.Steps[3:]...)
	}
	i.Steps = append(i.Steps, Step{s, now})
}

// Working tells whether the item is on its way to a state in which it rests.
func (i *Item) Working() bool {
	return i.Stale || i.Coming() || i.State == Compensating || i.State == Deleting
}

// Coming tells whether the item is on its way to being ready.
func (i *Item) Coming() bool {
	switch i.State {
	case Requested, Creating, HealthWait, Retrying:
		return true
	}
	return false
}

// Late tells whether both sides should read that it takes longer than it should.
func (i *Item) Late(now time.Time) bool {
	return i.ReadyAt.IsZero() && i.State != Refunded && now.Sub(i.Since) >= Slow
}

// Claim takes the item for one step of work. It returns false when there is nothing to do: it rests, or another worker
// has it, or its next step is not due.
func (i *Item) Claim(now time.Time) bool {
	if !i.Working() || i.Claimed && now.Before(i.Due) {
		return false
	}
	if !i.Claimed && i.waits() && now.Before(i.Due) {
		return false
	}
	i.Claimed, i.Due = true, now.Add(Lease)
	return true
}

// Hurry has the item looked at now, because whoever makes it says that something has changed. A step that failed keeps its
// wait, and one that somebody is at is left to it.
func (i *Item) Hurry(now time.Time) {
	if i.Claimed || i.Tries > 0 || now.After(i.Due) {
		return
	}
	switch i.State {
	case Creating, HealthWait, Deleting:
		i.Due = now
	}
}

// waits tells whether the next step is not to be taken before Due.
func (i *Item) waits() bool {
	return i.Tries > 0 || i.Stale || i.State == Creating || i.State == HealthWait || i.State == Compensating || i.State == Deleting
}

// Begun notes that the driver has begun, under the name that it gave.
func (i *Item) Begun(now time.Time, handle string) {
	i.Handle, i.Reason = handle, ""
	i.to(Creating, now)
	i.rest(now.Add(Look))
}

// There notes that it exists and has not answered yet.
func (i *Item) There(now time.Time) {
	i.to(HealthWait, now)
	i.rest(now.Add(Look))
}

// Wait notes that nothing has changed. The longer it lasts, the rarer it is looked at; after Stuck the try has failed.
func (i *Item) Wait(now time.Time) {
	since := i.Steps[len(i.Steps)-1].At
	if now.Sub(since) >= Stuck && (i.State == Creating || i.State == HealthWait) {
		i.Fail(now, words.Say("provisioning.not_ready"))
		return
	}
	i.rest(now.Add(max(Look, min(now.Sub(since)/20, 5*time.Minute))))
}

// Later puts off a step that went wrong and has to be done in the end: paying back, deleting, telling the driver.
func (i *Item) Later(now time.Time, reason string) {
	i.Tries++
	i.Reason = reason
	i.rest(now.Add(Backoff(min(i.Tries, 10))))
}

// Done notes that it is ready.
func (i *Item) Done(now time.Time) {
	i.to(Ready, now)
	i.ReadyAt, i.Reason, i.Tries = now, "", 0
	i.rest(time.Time{})
}

func (i *Item) rest(due time.Time) { i.Claimed, i.Due = false, due }

// Backoff is how long to wait after the given number of failed tries: 5 s, doubling, at most 5 minutes.
func Backoff(tries int) time.Duration { return min(5*time.Second<<max(tries-1, 0), 5*time.Minute) }

// Fail notes that a try has failed, and why. After the last one the item is failed, and waits for a person or for
// GiveUp.
func (i *Item) Fail(now time.Time, reason string) {
	i.Tries++
	i.Reason = reason
	if i.Tries < Tries {
		i.to(Retrying, now)
		i.rest(now.Add(Backoff(i.Tries)))
		return
	}
	i.to(Failed, now)
	i.rest(i.Since.Add(GiveUp))
}

// Again gives a failed item its tries anew, because a person asked for it. It returns false in any other state.
func (i *Item) Again(now time.Time) bool {
	if i.State != Failed {
		return false
	}
	i.Tries = 0
	i.to(Requested, now)
	i.rest(now.Add(Patience))
	return true
}

// Overdue turns an item that could not be made within GiveUp into one that is paid back. It returns false when that is
// not so.
func (i *Item) Overdue(now time.Time) bool {
	switch i.State {
	case Requested, Creating, HealthWait, Retrying, Failed:
	default:
		return false
	}
	if !i.ReadyAt.IsZero() || now.Sub(i.Since) < GiveUp {
		return false
	}
	i.to(Compensating, now)
	i.Tries, i.Stale = 0, false
	i.rest(now)
	return true
}

// PaidBack notes that the money is on its way back.
func (i *Item) PaidBack(now time.Time) {
	i.to(Refunded, now)
	i.rest(time.Time{})
}

// Hold suspends what is not paid any more: it is kept, and deleted DeleteAfter later. It returns false for what was
// never made, is gone, or is being paid back.
func (i *Item) Hold(now time.Time) bool {
	switch i.State {
	case Compensating, Refunded, Suspended, Deleting, Deleted:
		return false
	}
	i.to(Suspended, now)
	i.HeldAt, i.Tries, i.Reason = now, 0, ""
	i.tell(now)
	return true
}

// tell has the driver told of the state, once nobody is at it any more.
func (i *Item) tell(now time.Time) {
	i.Stale = true
	i.rest(i.free(now))
}

// free is when nobody works on it any more: at once, or when the lease of whoever has it ends. What that worker has asked
// the driver for may come after all, and must not come last.
func (i *Item) free(now time.Time) time.Time {
	if i.Claimed && i.Due.After(now) {
		return i.Due
	}
	return now
}

// Released notes that the worker is done whose lease, until then, others have been waiting for.
func (i *Item) Released(now, lease time.Time) bool {
	if i.Claimed || !i.Working() || !i.Due.Equal(lease) || !now.Before(lease) {
		return false
	}
	i.rest(now)
	return true
}

// Told notes that the driver knows of the state.
func (i *Item) Told() {
	i.Stale, i.Tries, i.Reason = false, 0, ""
	i.rest(i.term())
}

// Doubt notes that the driver was told of another state than this one, by somebody who was late.
func (i *Item) Doubt(now time.Time) {
	if i.State == Ready || i.State == Suspended {
		i.tell(now)
	}
}

// term is when something happens to a state in which the item rests; zero for never.
func (i *Item) term() time.Time {
	switch {
	case i.State != Suspended:
		return time.Time{}
	case i.Noticed:
		return i.DeletedOn()
	}
	return i.HeldAt.Add(NoticeAfter)
}

// Resume takes up again what was suspended: what was ready is ready, the rest is made from the start. It returns false
// when there is nothing to resume.
func (i *Item) Resume(now time.Time) bool {
	if i.State != Suspended {
		return false
	}
	if i.ReadyAt.IsZero() {
		i.anew(now)
		return true
	}
	i.HeldAt, i.Noticed, i.Tries, i.Reason = time.Time{}, false, 0, ""
	i.to(Ready, now)
	i.tell(now)
	return true
}

// Renew makes once more, from the start, what was deleted or paid back, because it was paid for again. It returns false
// in any other state.
func (i *Item) Renew(now time.Time) bool {
	if i.State != Deleted && i.State != Refunded {
		return false
	}
	i.anew(now)
	return true
}

func (i *Item) anew(now time.Time) {
	i.HeldAt, i.Noticed, i.Stale = time.Time{}, false, false
	i.Tries, i.Since, i.Reason, i.ReadyAt, i.Handle = 0, now, "", time.Time{}, ""
	i.to(Requested, now)
	i.rest(now.Add(Patience))
}

// DeletedOn is when a suspended item is deleted.
func (i *Item) DeletedOn() time.Time { return i.HeldAt.Add(DeleteAfter) }

// Notice tells whether the payer is to be told now that a suspended item will be deleted, and notes that it is. Whoever is told
// late, because the item was kept meanwhile or nobody looked, has the same time from then on.
func (i *Item) Notice(now time.Time) bool {
	if i.State != Suspended || i.Noticed || now.Sub(i.HeldAt) < NoticeAfter {
		return false
	}
	i.Noticed = true
	i.HeldAt = now.Add(-NoticeAfter)
	if !i.Stale {
		i.rest(i.DeletedOn())
	}
	return true
}

// Expire begins the deletion of what was suspended for DeleteAfter, and was told so. It returns false when it is not
// time.
func (i *Item) Expire(now time.Time) bool {
	if i.State != Suspended || !i.Noticed || now.Before(i.DeletedOn()) {
		return false
	}
	i.to(Deleting, now)
	i.Stale, i.Tries = false, 0
	i.rest(now)
	return true
}

// Stands tells whether anything of it may be there.
func (i *Item) Stands() bool { return i.State != Refunded && i.State != Deleted }

// Leave notes that another contract has taken the place of the one that it was bought by: it stays halted until its term
// is over, and is deleted then, unless it is adopted before that.
func (i *Item) Leave(now time.Time) {
	i.Left = true
	i.Hold(now)
}

// Adopt takes it up again for a contract that holds the same article. It returns false for one that is not to be had any
// more.
func (i *Item) Adopt(now time.Time) bool {
	if !i.Left || i.State != Suspended {
		return false
	}
	i.Left = false
	return i.Resume(now)
}

// Remove begins its deletion, whatever it is in, because whoever it belongs to is forgotten. What is being paid back goes
// its own way to the same end.
func (i *Item) Remove(now time.Time) {
	i.Left = true
	if !i.Stands() || i.State == Compensating || i.State == Deleting {
		return
	}
	due := i.free(now)
	i.to(Deleting, now)
	i.Stale, i.Tries, i.Reason = false, 0, ""
	i.rest(due)
}

// Gone notes that nothing of it is left.
func (i *Item) Gone(now time.Time) {
	i.Tries, i.Reason = 0, ""
	i.to(Deleted, now)
	i.rest(time.Time{})
}
