package sharelink

import (
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/words"
)

// RequestState is where a request to join is in its life.
type RequestState string

// The states: a request waits until an administrator decides, or its time is over.
const (
	Waiting  RequestState = "waiting"
	Approved RequestState = "approved"
	Refused  RequestState = "refused"
	Expired  RequestState = "expired"
)

// Request is somebody's wish to join by a link that an administrator decides on. There is one for a link and an address.
type Request struct {
	ID        id.JoinRequest
	Agency    id.Agency
	Link      id.ShareLink
	Email     email.Address // "" once it is decided on: then the client has it, or nobody
	Name      string
	Language  words.Language // of the page on which they asked; "" where that is not known
	State     RequestState
	CreatedAt time.Time
	DecidedAt time.Time     // zero while it waits
	Client    id.Client     // that came of it; "" for none
	Mail      agency.Notice // by which the person hears that it was approved; zero when that is out, or is not to be
	Version   int           // of what was read; 0 for one that is not stored yet
}

// Ask makes the request of an address. before is what there is at its place, or nil: a request whose time is over, or that was
// approved for somebody who has gone since, is made anew. in is the language of the page on which it is made.
func Ask(l *Link, before *Request, a email.Address, name string, in words.Language, now time.Time) *Request {
	r := &Request{ID: id.JoinRequestAt(id.JoinRef(l.ID, a), now), Agency: l.Agency, Link: l.ID, Email: a,
		Name: name, Language: in, State: Waiting, CreatedAt: now}
	if before != nil {
		r.Version = before.Version
	}
	return r
}

// Ref is where the request is kept.
func (r *Request) Ref() id.Ref { return r.ID.Ref() }

// GoesAt is when the request is over, and its item is to go; a day after the person is to hear of it at the earliest.
func (r *Request) GoesAt() time.Time {
	at := r.CreatedAt.Add(Life)
	if told := r.Mail.Due.Add(24 * time.Hour); r.Mail.Job != "" && told.After(at) {
		return told
	}
	return at
}

// At is the state at a moment.
func (r *Request) At(now time.Time) RequestState {
	if r.State == Waiting && !now.Before(r.GoesAt()) {
		return Expired
	}
	return r.State
}

// MayDecide returns nil while the request can be decided on; else a fault with code [fault.NotPending].
func (r *Request) MayDecide(now time.Time) error {
	switch r.At(now) {
	case Approved:
		return fault.New(fault.NotPending, "links.request_approved")
	case Refused:
		return fault.New(fault.NotPending, "links.request_refused")
	case Expired:
		return fault.New(fault.NotPending, "links.request_expired")
	}
	return nil
}

// Approve records that the client came of the request. The address is the client's from here on.
func (r *Request) Approve(which id.Client, now time.Time) {
	r.State, r.DecidedAt, r.Client, r.Email, r.Name = Approved, now, which, "", ""
}

// Tell has the person hear of the approval by mail, as soon as somebody looks after it.
func (r *Request) Tell(now time.Time) { r.Mail = agency.Notice{Job: "n0", Due: now} }

// Refuse records that nobody came of the request, and forgets who made it.
func (r *Request) Refuse(now time.Time) {
	r.State, r.DecidedAt, r.Email, r.Name = Refused, now, "", ""
}
