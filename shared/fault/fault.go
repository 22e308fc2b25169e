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

// The codes. The HTTP status of each is given by [Code.Status].
const (
	Malformed       Code = "malformed"        // the request is not JSON, or not of the form the operation takes
	Invalid         Code = "invalid"          // a field's value is refused
	Unauthenticated Code = "unauthenticated"  // no valid session or API key
	CrossOrigin     Code = "cross_origin"     // a browser sent this from another site
	Forbidden       Code = "forbidden"        // the caller may not do this
	PlanRequired    Code = "plan_required"    // the agency's plan does not include this
	Suspended       Code = "agency_suspended" // the agency has been suspended by the operator
	WrongAccount    Code = "wrong_account"    // signed in with another address than the invited one
	NotFound        Code = "not_found"        // no such thing for this caller
	WrongMethod     Code = "method_not_allowed"
	AlreadyInvited  Code = "already_invited"      // the address has a live invite
	AlreadyClient   Code = "already_client"       // the address has accepted an invite before
	PayerFixed      Code = "payer_fixed"          // who pays cannot change after sending
	EmailFixed      Code = "email_fixed"          // a relationship stays with its address
	NotPending      Code = "not_pending"          // the invite is past the state that this needs
	StillSending    Code = "still_sending"        // a mail of this invite is on its way at this moment
	IdempotencyUsed Code = "idempotency_conflict" // the key came before with another body
	Gone            Code = "invitation_gone"      // the link is not, or no longer, good
	Expired         Code = "invitation_expired"   // the link was good once
	TooLarge        Code = "too_large"            // the body is over 256 KB
	MailRefused     Code = "mail_refused"         // the mail cannot be sent; nothing remains of the request
	WrongCode       Code = "wrong_code"           // the sign-in code is wrong or out of date
	PaymentsOff     Code = "payments_not_set_up"  // nothing can be sold until the operator connects Stripe
	RateLimited     Code = "rate_limited"
	Internal        Code = "internal"
	Unavailable     Code = "unavailable" // a service behind us does not answer; worth a retry
)

// Status is the HTTP status (RFC 9110 section 15) that the code is answered with.
func (c Code) Status() int {
	switch c {
	case Malformed:
		return 400
	case Unauthenticated:
		return 401
	case CrossOrigin, Forbidden, PlanRequired, Suspended, WrongAccount:
		return 403
	case NotFound:
		return 404
	case WrongMethod:
		return 405
	case AlreadyInvited, AlreadyClient, PayerFixed, EmailFixed, NotPending, StillSending, IdempotencyUsed:
		return 409
	case Gone, Expired:
		return 410
	case TooLarge:
		return 413
	case Invalid, MailRefused, WrongCode, PaymentsOff:
		return 422
	case RateLimited:
		return 429
	case Unavailable:
		return 503
	}
	return 500
}

// Codes lists every code, in the order in which the document shows them.
func Codes() []Code {
	return []Code{Malformed, Invalid, Unauthenticated, CrossOrigin, Forbidden, PlanRequired, Suspended, WrongAccount,
		NotFound, WrongMethod, AlreadyInvited, AlreadyClient, PayerFixed, EmailFixed, NotPending, StillSending,
		IdempotencyUsed, Gone, Expired, TooLarge, MailRefused, WrongCode, PaymentsOff, RateLimited, Internal, Unavailable}
}

// Field is what is wrong with one field of a request.
type Field struct {
	Location string // where, as the caller wrote it: "email", "grants[0].resource"
	Message  string // what to do about it, for a person
}

// Error is a failure that is told to the caller.
type Error struct {
	Code    Code
	Message string        // for a person; says what to do
	Fields  []Field       // empty when no single field is at fault
	Retry   time.Duration // when not zero: try again after this long (Retry-After)
	Limit   Limit         // when a limit was hit: which one
	Reason  string        // when a mail was refused: the provider's reason in plain words
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
