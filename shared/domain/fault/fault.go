// Package fault is the one error that the product shows to people: a code that programs read, a sentence that
// people read, and the field it is about. Every other error is internal to whoever is outside.
package fault

import (
	"errors"
	"fmt"
	"time"
)

// Code names a failure. The list is closed and documented in the OpenAPI document.
type Code string

// The codes. What each means, and the HTTP status that it is answered with, stands in the table below.
const (
	Malformed       Code = "malformed"
	Invalid         Code = "invalid"
	Unauthenticated Code = "unauthenticated"
	CrossOrigin     Code = "cross_origin"
	Forbidden       Code = "forbidden"
	PlanRequired    Code = "plan_required"
	Suspended       Code = "agency_suspended"
	WrongAccount    Code = "wrong_account"
	NotFound        Code = "not_found"
	WrongMethod     Code = "method_not_allowed"
	AlreadyInvited  Code = "already_invited"
	AlreadyClient   Code = "already_client"
	PayerFixed      Code = "payer_fixed"
	EmailFixed      Code = "email_fixed"
	NotPending      Code = "not_pending"
	StillSending    Code = "still_sending"
	NotActive       Code = "not_active"
	OfferChanged    Code = "offer_changed"
	AlreadyMember   Code = "already_member"
	AlreadyPaid     Code = "already_paid"
	LastOwner       Code = "last_owner"
	IdempotencyUsed Code = "idempotency_conflict"
	Gone            Code = "invitation_gone"
	Expired         Code = "invitation_expired"
	Changed         Code = "changed_meanwhile"
	TooLarge        Code = "too_large"
	UnsupportedType Code = "unsupported_media_type"
	MailRefused     Code = "mail_refused"
	WrongCode       Code = "wrong_code"
	Unreachable     Code = "instance_unreachable"
	PaymentsOff     Code = "payments_not_set_up"
	PaymentRequired Code = "payment_required"
	NothingToPay    Code = "nothing_to_pay"
	RateLimited     Code = "rate_limited"
	Internal        Code = "internal"
	Unavailable     Code = "unavailable"
)

// meanings say of every code what it means, for people who write callers, and its HTTP status (RFC 9110 section 15).
var meanings = []struct {
	code    Code
	status  int
	meaning string
}{
	{Malformed, 400, "The request is not JSON, or not of the form that the operation takes."},
	{Invalid, 422, "A field's value is refused; errors says which and what to do."},
	{Unauthenticated, 401, "There is no valid session or API key."},
	{PaymentRequired, 402, "The invitation is accepted by paying for what it holds."},
	{CrossOrigin, 403, "A browser sent this from another site's page."},
	{Forbidden, 403, "The caller may not do this."},
	{PlanRequired, 403, "The agency's plan does not include this."},
	{Suspended, 403, "The agency has been suspended by the operator."},
	{WrongAccount, 403, "The caller is signed in with another address than the invited one."},
	{NotFound, 404, "There is no such thing for this caller."},
	{WrongMethod, 405, "The path takes other methods; Allow says which."},
	{AlreadyInvited, 409, "The address has a live invite."},
	{AlreadyClient, 409, "The address has accepted an invite before."},
	{PayerFixed, 409, "Who pays cannot change after sending."},
	{EmailFixed, 409, "A relationship stays with its address."},
	{NotPending, 409, "The invite is past the state that this needs."},
	{NotActive, 409, "The client is not in a state that this needs."},
	{StillSending, 409, "A mail of this invite is on its way at this moment."},
	{OfferChanged, 409, "The agency has changed what it offers since it was shown; look at it again, then accept."},
	{NothingToPay, 409, "The invitation costs nothing; accept it."},
	{AlreadyPaid, 409, "It has been paid already."},
	{AlreadyMember, 409, "The person works at the agency already."},
	{LastOwner, 409, "An agency keeps at least one owner."},
	{IdempotencyUsed, 409, "The Idempotency-Key came before with another body."},
	{Gone, 410, "The link is not, or no longer, good."},
	{Expired, 410, "The link was good once; the agency can send a new one."},
	{Changed, 412, "Somebody else has changed it since the ETag in If-Match; read it again."},
	{TooLarge, 413, "The body is over 256 KB, or over 1 MB for a logo."},
	{UnsupportedType, 415, "The body's Content-Type is missing, or is not one that the operation takes."},
	{MailRefused, 422, "The mail cannot be sent; reason says why, and nothing remains of the request."},
	{WrongCode, 422, "The sign-in code is wrong or out of date."},
	{Unreachable, 422, "The n8n instance does not answer, or refuses what it is asked; reason says what was seen."},
	{PaymentsOff, 422, "Nothing can be sold until the operator sets payments up."},
	{RateLimited, 429, "A limit is used up; Retry-After says when to come back."},
	{Internal, 500, "Something went wrong on our side."},
	{Unavailable, 503, "A service behind us does not answer; the request is worth a retry."},
}

// Status is the HTTP status that the code is answered with.
func (c Code) Status() int {
	for _, m := range meanings {
		if m.code == c {
			return m.status
		}
	}
	return 500
}

// Meaning is what the code means, in a sentence for people who write callers.
func (c Code) Meaning() string {
	for _, m := range meanings {
		if m.code == c {
			return m.meaning
		}
	}
	return ""
}

// Codes lists every code, in the order in which the documentation shows them.
func Codes() []Code {
	out := make([]Code, len(meanings))
	for i, m := range meanings {
		out[i] = m.code
	}
	return out
}

// Field is what is wrong with one field of a request.
type Field struct {
	Location string // where, as the caller wrote it: "email", "grants[0].resource"
	Message  string // what to do about it, for a person
}

// Error is a failure that is told to the caller.
type Error struct {
	Code     Code
	Message  string        // for a person; says what to do
	Fields   []Field       // empty when no single field is at fault
	Retry    time.Duration // when not zero: try again after this long (Retry-After)
	Limit    Limit         // when a limit was hit: which one
	Existing string        // when something is in the way: its id
	Reason   string        // when a mail was refused, or n8n does not do what it is asked: why, in plain words
}

// Limit describes a rate limit as the RateLimit header fields of the IETF draft give it.
type Limit struct {
	Name   string
	Quota  int
	Window time.Duration
}

func (e *Error) Error() string { return string(e.Code) + ": " + e.Message }

// New makes an error without a field.
func New(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// InField makes an [Invalid] error about one field; the message stands both at the field and as the whole's.
func InField(location, format string, args ...any) *Error {
	message := fmt.Sprintf(format, args...)
	return &Error{Code: Invalid, Message: message, Fields: []Field{{location, message}}}
}

// Together is what is wrong with a request as one error, so that its sender reads all of it at once: the fields of all of errs.
// What is about no field, or is no fault, comes before them, alone. Nil errors count for nothing, and none at all is nil.
func Together(errs ...error) error {
	var fields []Field
	for _, err := range errs {
		if err == nil {
			continue
		}
		f := As(err)
		if f == nil || f.Code != Invalid || len(f.Fields) == 0 {
			return err
		}
		fields = append(fields, f.Fields...)
	}
	switch len(fields) {
	case 0:
		return nil
	case 1:
		return &Error{Code: Invalid, Message: fields[0].Message, Fields: fields}
	}
	return &Error{Code: Invalid, Message: "Some fields need another look.", Fields: fields}
}

// As returns the error to tell: err itself where it is one of ours, else nil.
func As(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}

// Is tells whether err is one of ours with this code.
func Is(err error, code Code) bool {
	e := As(err)
	return e != nil && e.Code == code
}
