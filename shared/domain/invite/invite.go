// Package invite holds the invite: grant and contract in one, from the moment it is asked for until it is accepted
// or dead. Its methods are the only transitions there are; they change a value in memory and touch nothing else.
package invite

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strconv"
	"time"

	"latchkey.dev/shared/domain/contract"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/secret"
	"latchkey.dev/shared/domain/words"
)

// How long things last.
const (
	Lifetime      = 7 * 24 * time.Hour // from the sending, or the last re-sending, until it expires
	ResendApart   = time.Minute        // between two mails of one invite
	ResendsPerDay = 5
	MaxTimeline   = 40 // events kept on the invite; the audit log keeps all
	MaxGrants     = 20 // resources on one invite
)

// Status is where an invite is in its life.
type Status string

// The states: sending until the first mail is out, then pending; the others are final, except that an expired
// invite can be sent again, and that a scheduled one is still to be sent.
const (
	Sending  Status = "sending"
	Pending  Status = "pending"
	Accepted Status = "accepted"
	Canceled Status = "canceled"
	Expired  Status = "expired"
	Failed   Status = "failed"
	// Scheduled waits for its time, see SendAt: it has no link and no mail, and nobody can accept it.
	Scheduled Status = "scheduled"
)

// Payer is who pays for what the client gets.
type Payer string

// The payers.
const (
	AgencyPays Payer = "agency"
	ClientPays Payer = "client"
)

// Sender is who invites, as it is shown to the invitee: fixed when the invite is made, so that a link is opened with
// one read and shows what was agreed to.
type Sender struct {
	AgencyName string
	Color      string
	LogoURL    string
	Name       string    // the member's own, as it was then; "" for one that has none
	Member     id.Member // whose rights the invite rests on
}

// Event is one line of the delivery timeline.
type Event struct {
	Name   EventName
	At     time.Time
	Detail string // for a person; may be ""
}

// EventName names what happened to an invite.
type EventName string

// The events, in the order in which they usually come.
const (
	Queued     EventName = "queued"
	Sent       EventName = "sent" // accepted by SES
	Delivered  EventName = "delivered"
	Delayed    EventName = "delayed"
	Bounced    EventName = "bounced"
	Complained EventName = "complained"
	Opened     EventName = "opened"
	WasSigned  EventName = "signed_in"
	WasTaken   EventName = "accepted"
	Resent     EventName = "resent"
	WasDropped EventName = "canceled"
	Declined   EventName = "declined" // by the invitee; the invite is canceled
	Proposed   EventName = "address_proposed"
	AskedAgain EventName = "new_link_requested" // by the holder of an expired link
	RanOut     EventName = "expired"
	NotSent    EventName = "failed"
	Planned    EventName = "scheduled"

	Reminded    EventName = "reminded"     // a reminder has gone out
	NotReminded EventName = "not_reminded" // one was left out; the detail says why
	Replanned   EventName = "rescheduled"
)

// Invite is one invite.
type Invite struct {
	ID        id.Invite
	Payer     Payer
	Grants    []instance.Grant
	Message   string
	Contract  *contract.Contract // what the client is asked to buy, at the prices of when it was sent; nil for nothing
	From      Sender
	Status    Status
	Reason    string // why it failed or bounced, in plain words
	CreatedAt time.Time
	ExpiresAt time.Time
	EndedAt   time.Time // when it was accepted, canceled, expired or failed
	Timeline  []Event

	Roles       []id.Role  // what its recipient is to have in Client Portal; looked up again at the acceptance
	RolesBy     id.Member  // the administrator who has changed the roles since, whose to give they are; "" while they are the sender's
	Contact     id.Contact // the card of the agency's CRM that its recipient is; "" for none
	AccessUntil time.Time  // when the access is to end; zero for never

	Tokens  []secret.Hash // of the links that open it; several while a mail may have gone out twice
	Mail    Mail
	Resends []time.Time // the last ResendsPerDay of them

	Reminders Reminding

	SendAt time.Time // of a scheduled one: about when it goes out; of one that was scheduled: when it did
	Batch  id.Batch  // with which it was sent; "" for one that was sent by itself

	Language words.Language // in which its recipient is written to, as the agency chose; "" for the agency's own
}

// At is the state at a moment: time makes an invite expire, not the sweep that later writes it down.
func (i *Invite) At(now time.Time) Status {
	if i.Live() && !now.Before(i.ExpiresAt) {
		return Expired
	}
	return i.Status
}

// Live tells whether the stored state is one that can still lead to acceptance.
func (i *Invite) Live() bool { return i.Status == Sending || i.Status == Pending }

// Undecided tells whether the stored state is one that is still to be sent, or can still lead to acceptance.
func (i *Invite) Undecided() bool { return i.Live() || i.Status == Scheduled }

// Opens tells whether token is the secret of one of the invite's links. It says nothing about the state.
func (i *Invite) Opens(token string) bool {
	ok := false
	for _, h := range i.Tokens { // all of them, so that the time taken does not tell which
		if h.Matches(token) {
			ok = true
		}
	}
	return ok
}

// Offer is [Invite.OfferIn] in English.
func (i *Invite) Offer() string { return i.OfferIn(words.English) }

// OfferIn is a fingerprint of what the invite offers, and of the language in which that is shown. Whoever accepts says which offer it has
// seen, so that what is accepted is what was shown even when the agency, or the language, changed in between.
func (i *Invite) OfferIn(l words.Language) string {
	h := sha256.New()
	put := func(s string) {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(s)))) //nolint:gosec // a few characters
		h.Write([]byte(s))
	}
	put(string(i.ID))
	put(string(i.Payer))
	for _, g := range i.Grants {
		put(string(g.Resource))
		put(string(g.Access))
	}
	if len(i.Roles) > 0 || !i.AccessUntil.IsZero() {
		for _, r := range i.Roles {
			put(string(r))
		}
		put(i.AccessUntil.UTC().Format(time.RFC3339Nano))
	}
	if i.Contract != nil {
		for _, l := range i.Contract.Lines {
			put(l.Month.ID)
			put(l.Year.ID)
		}
		put(string(i.Contract.Tax.Way))
		put(strconv.Itoa(i.Contract.Tax.Rate))
		put(i.Contract.Tax.ID)
	}
	if l != "" && l != words.English { // fingerprints from before there were other languages hold
		put(string(l))
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// Note adds an event to the timeline. Past MaxTimeline the oldest but the first goes.
func (i *Invite) Note(name EventName, at time.Time, detail string) {
	if len(i.Timeline) >= MaxTimeline {
		i.Timeline = append(i.Timeline[:1:1], i.Timeline[2:]...)
	}
	i.Timeline = append(i.Timeline, Event{name, at, detail})
}

// Cancel ends a live or expired invite: its links are dead from here on. It returns a fault with code
// [fault.NotPending] otherwise.
func (i *Invite) Cancel(now time.Time) error {
	if !i.Live() && i.Status != Expired && i.Status != Scheduled {
		return fault.New(fault.NotPending, "errors.this_invite_is_so_it_cannot", "word", i.Status.word())
	}
	i.end(Canceled, WasDropped, now, "")
	return nil
}

// Decline ends a live invite because its recipient does not want it; reason is the recipient's, for the sender to
// read, and may be "". It returns a fault with code [fault.Gone] or [fault.Expired] otherwise, as Accept does.
func (i *Invite) Decline(now time.Time, reason string) error {
	if err := i.MayAnswer(now); err != nil {
		return err
	}
	i.Reason = reason
	tokens := i.Tokens // open nothing, but show who is to be thanked for the answer
	i.end(Canceled, Declined, now, reason)
	i.Tokens = tokens
	return nil
}

// WasDeclined tells whether it is its recipient who ended the invite. SES may report what became of the mail after that.
func (i *Invite) WasDeclined() bool {
	return i.Status == Canceled && slices.ContainsFunc(i.Timeline, func(e Event) bool { return e.Name == Declined })
}

// Latest is the event that says how the invite stands: the last one, but of an invite that has ended none from before its end, which
// SES may have reported late. The timeline must have one.
func (i *Invite) Latest() Event {
	for _, e := range slices.Backward(i.Timeline) {
		if !e.At.Before(i.EndedAt) {
			return e
		}
	}
	return i.Timeline[len(i.Timeline)-1]
}

// Unmailed tells whether the mail that was asked for last could not be sent, whatever has happened to the invite since.
func (i *Invite) Unmailed() bool {
	for _, e := range slices.Backward(i.Timeline) {
		switch e.Name {
		case NotSent:
			return true
		case Queued, Resent, Sent:
			return false
		}
	}
	return false
}

// WasSent tells whether a mail of the invite has gone out.
func (i *Invite) WasSent() bool {
	return slices.ContainsFunc(i.Timeline, func(e Event) bool { return e.Name == Sent })
}

// WasOpened tells whether somebody has opened a link of the invite.
func (i *Invite) WasOpened() bool {
	return slices.ContainsFunc(i.Timeline, func(e Event) bool { return e.Name == Opened || e.Name == WasSigned })
}

// MayAnswer returns nil while the invitee can accept or decline; else a fault with code [fault.Expired] or [fault.Gone].
func (i *Invite) MayAnswer(now time.Time) error {
	if i.At(now) == Expired {
		return fault.New(fault.Expired, "errors.this_invitation_has_expired_ask_for")
	}
	if !i.Live() {
		return fault.New(fault.Gone, "errors.this_invitation_is_no_longer_valid")
	}
	return nil
}

// AskApart is how far apart the requests for a new link are noted.
const AskApart = 24 * time.Hour

// Asked is when the holder of the expired link last asked for a new one; zero for never, or not within AskApart.
func (i *Invite) Asked(now time.Time) time.Time {
	for n := len(i.Timeline) - 1; n >= 0; n-- {
		if e := i.Timeline[n]; e.Name == AskedAgain && now.Sub(e.At) < AskApart {
			return e.At
		}
	}
	return time.Time{}
}

// Ask notes that the holder of the link, whose time is over, asks for a new one. It returns false when that was noted
// within AskApart before, and a fault with code [fault.Gone] for an invite that has not expired.
func (i *Invite) Ask(now time.Time) (bool, error) {
	if i.At(now) != Expired {
		return false, fault.New(fault.Gone, "errors.this_invitation_is_no_longer_valid")
	}
	if !i.Asked(now).IsZero() {
		return false, nil
	}
	i.Note(AskedAgain, now, "")
	return true, nil
}

// Expire ends an invite whose time is over. It returns false when that is not so.
func (i *Invite) Expire(now time.Time) bool {
	if i.At(now) != Expired || i.Status == Expired {
		return false
	}
	// The hashes stay: whoever has the link is told that it has run out, and how to get a new one.
	tokens := i.Tokens
	i.end(Expired, RanOut, now, "")
	i.Tokens = tokens
	return true
}

// Bounce ends an unaccepted invite whose mail came back for good; reason is what its sender reads. It returns false
// when there is nothing to end.
func (i *Invite) Bounce(now time.Time, reason string) bool {
	if !i.Live() {
		return false
	}
	i.Reason = reason
	i.end(Failed, Bounced, now, reason)
	return true
}

// Accept turns a pending invite into an accepted one.
func (i *Invite) Accept(now time.Time) error {
	if err := i.MayAnswer(now); err != nil {
		return err
	}
	i.take(now)
	return nil
}

// AcceptPaid is Accept for what has been paid: money that was taken for an invite is honoured even when its time was over
// by then. It returns false for an invite that was accepted before, or that was taken back, whose money must go back.
func (i *Invite) AcceptPaid(now time.Time) bool {
	if !i.Live() && i.Status != Expired {
		return false
	}
	i.take(now)
	return true
}

func (i *Invite) take(now time.Time) {
	// The hashes stay, so that its owner who follows the link again is taken to the portal.
	tokens := i.Tokens
	i.end(Accepted, WasTaken, now, "")
	i.Tokens = tokens
}

func (i *Invite) end(s Status, name EventName, now time.Time, detail string) {
	i.Status, i.EndedAt, i.Tokens = s, now, nil
	i.Mail = Mail{Job: i.Mail.Job, State: MailDone}
	i.Reminders = Reminding{Off: i.Reminders.Off, Number: i.Reminders.Number}
	i.Note(name, now, detail)
}

func (s Status) word() string {
	switch s {
	case Canceled:
		return words.Say("errors.cancelled")
	case Accepted:
		return words.Say("errors.accepted")
	case Expired:
		return words.Say("errors.expired")
	case Failed:
		return words.Say("errors.not_sent")
	case Sending:
		return words.Say("errors.on_its_way")
	case Scheduled:
		return words.Say("errors.scheduled")
	}
	return words.Say("errors.still_pending")
}
