// Package fault is the one error that the product shows to people: a code that programs read, a sentence that
// people read, and the field it is about. Every other error is internal to whoever is outside.
package fault

import (
	"errors"
	"slices"
	"time"

	"latchkey.dev/shared/domain/words"
)

// Code names a failure. The list is closed and documented in the OpenAPI document.
type Code string

// The codes. What each means, and the HTTP status that it is answered with, stands in the table below.
const (
	Malformed       Code = "malformed"
	Invalid         Code = "invalid"
	Unauthenticated Code = "unauthenticated"
	UnknownPasskey  Code = "unknown_passkey"
	CrossOrigin     Code = "cross_origin"
	Forbidden       Code = "forbidden"
	StepUpRequired  Code = "step_up_required"
	IssuerRequired  Code = "issuer_required"
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
	AlreadyLinked   Code = "already_linked"
	DomainTaken     Code = "domain_taken"
	AlreadyClaimed  Code = "already_claimed"
	AlreadyPaid     Code = "already_paid"
	NotProvisioned  Code = "not_provisioned"
	ChangeOpen      Code = "payer_change_open"
	NoChange        Code = "no_payer_change"
	TermsChanged    Code = "terms_changed"
	LastOwner       Code = "last_owner"
	ContactExists   Code = "contact_exists"
	PreviewChanged  Code = "preview_changed"
	Full            Code = "limit_reached"
	ImportChanged   Code = "import_changed"
	InUse           Code = "in_use"
	NameTaken       Code = "name_taken"
	EndpointOff     Code = "endpoint_disabled"
	Recovering      Code = "recovery_running"
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
	{Malformed, 400, "The request isn't valid JSON, or doesn't have the form the operation takes."},
	{Invalid, 422, "Some fields need another look. errors names each one and says what to do."},
	{Unauthenticated, 401, "There's no valid session or API key."},
	{UnknownPasskey, 401, "We don't know this passkey. It may have been removed. Your device can forget it."},
	{PaymentRequired, 402, "This invitation is accepted by paying. Use startCheckout."},
	{CrossOrigin, 403, "A browser sent this from another site's page."},
	{Forbidden, 403, "You may not do this. An API key may lack the scope."},
	{StepUpRequired, 403, "Somebody has to prove again that it's them. Use requestSignInCode and stepUp, or the browser. No API key can."},
	{IssuerRequired, 403, "The agency's people sign in by its own provider, in the browser. existing is the agency's ID."},
	{PlanRequired, 403, "Your agency's plan doesn't include this."},
	{Suspended, 403, "The operator has suspended the agency."},
	{WrongAccount, 403, "You are signed in with a different address than the invited one."},
	{NotFound, 404, "There's no such thing, or it isn't yours."},
	{WrongMethod, 405, "The path doesn't take this method. Allow lists those it takes."},
	{AlreadyInvited, 409, "The address already has an open invite."},
	{AlreadyClient, 409, "The address already belongs to a client of yours."},
	{PayerFixed, 409, "Who pays can't change after sending."},
	{EmailFixed, 409, "The address can't change after sending."},
	{NotPending, 409, "The invite is no longer pending."},
	{NotActive, 409, "The status of the client or sender domain doesn't allow this."},
	{DomainTaken, 409, "Another agency sends from this domain."},
	{AlreadyClaimed, 409, "Your agency has already added this domain."},
	{StillSending, 409, "An email for this invite is being sent right now. Try again in a moment."},
	{OfferChanged, 409, "The agency has changed the offer since you saw it. View it again, then accept."},
	{NothingToPay, 409, "There's nothing to pay. Use acceptInvitation."},
	{AlreadyPaid, 409, "It has already been paid."},
	{NotProvisioned, 409, "The platform didn't set it up, so who pays for it can't change. Order a new one instead."},
	{ChangeOpen, 409, "A change of payer is already open. existing is its ID."},
	{NoChange, 409, "There's no change of payer that you can answer or withdraw like this. Read it again."},
	{TermsChanged, 409, "The terms of the change have changed since you read them. Read them again, then agree with the new hash."},
	{AlreadyMember, 409, "They already work at the agency."},
	{AlreadyLinked, 409, "The contact is linked to another client. existing is the client's ID."},
	{LastOwner, 409, "An agency needs at least one owner."},
	{ContactExists, 409, "Another open contact has the address. existing is its ID."},
	{PreviewChanged, 409, "Verdicts have changed since the preview. Preview again, and confirm with the new hash."},
	{EndpointOff, 409, "The webhook endpoint is disabled. Enable it first."},
	{Recovering, 409, "Events are being recovered for this endpoint. Try again once that's done."},
	{Full, 409, "There are as many as there can be. Remove one first."},
	{ImportChanged, 409, "Rows would become something else than the dry run showed. existing has the hash of what is so now."},
	{InUse, 409, "Somebody still has it. The message says how many do."},
	{NameTaken, 409, "Your agency has something of this name already."},
	{IdempotencyUsed, 409, "This Idempotency-Key was used with a different body."},
	{Gone, 410, "The link doesn't work, or no longer works."},
	{Expired, 410, "The link has expired. The agency can send a new one."},
	{Changed, 412, "Somebody else has changed it since you read it. Read it again."},
	{TooLarge, 413, "The body is over 256 KB, or a file over 1 MB."},
	{UnsupportedType, 415, "The Content-Type is missing, or the operation doesn't take it."},
	{MailRefused, 422, "The email can't be sent. reason says why. The request was undone."},
	{WrongCode, 422, "The sign-in code is wrong or has expired."},
	{Unreachable, 422, "The n8n instance doesn't answer, or refuses the request. reason says what we saw."},
	{PaymentsOff, 422, "The operator hasn't set up payments yet."},
	{RateLimited, 429, "You've reached a limit. Retry-After says when to try again."},
	{Internal, 500, "Something went wrong on our side."},
	{Unavailable, 503, "A service we rely on doesn't answer. Try again in a moment."},
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

	said *sentence
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

	said *sentence
	why  words.Phrase // Reason, where it is one of the catalogue's
}

// sentence is one of the catalogue's, with its values.
type sentence struct {
	key    string
	values []any
}

// Limit describes a rate limit as the RateLimit header fields of the IETF draft give it.
type Limit struct {
	Name   string
	Quota  int
	Window time.Duration
}

func (e *Error) Error() string { return string(e.Code) + ": " + e.Message }

// New makes an error without a field. The key and the values are those of its sentence in package words.
func New(code Code, key string, values ...any) *Error {
	e := Saying(code, words.Say(key, values...))
	e.said = &sentence{key, values}
	return e
}

// InField makes an [Invalid] error about one field; the sentence stands both at the field and as the whole's. The key and the
// values are those of package words.
func InField(location, key string, values ...any) *Error {
	e := FieldSaying(location, words.Say(key, values...))
	e.said = &sentence{key, values}
	e.Fields[0].said = e.said
	return e
}

// In is the failure as the language tells it. What was put together already stays as it is.
func (e *Error) In(l words.Language) *Error {
	told := *e
	if e.said != nil {
		told.Message = l.Say(e.said.key, e.said.values...)
	}
	if e.why.Says() {
		told.Reason = e.why.In(l)
	}
	told.Fields = slices.Clone(e.Fields)
	for i, f := range told.Fields {
		if f.said != nil {
			told.Fields[i].Message = l.Say(f.said.key, f.said.values...)
		}
	}
	return &told
}

// Because says why, and returns the failure.
func (e *Error) Because(why words.Phrase) *Error {
	e.Reason, e.why = why.String(), why
	return e
}

// Why is the reason as a value of another sentence; one that says nothing where there is none of the catalogue's.
func (e *Error) Why() words.Phrase { return e.why }

// Saying is [New] for a sentence that is put together already.
func Saying(code Code, sentence string) *Error { return &Error{Code: code, Message: sentence} }

// FieldSaying is [InField] for a sentence that is put together already.
func FieldSaying(location, sentence string) *Error {
	return &Error{Code: Invalid, Message: sentence, Fields: []Field{{Location: location, Message: sentence}}}
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
		return &Error{Code: Invalid, Message: fields[0].Message, Fields: fields, said: fields[0].said}
	}
	e := New(Invalid, "errors.some_fields_need_another_look")
	e.Fields = fields
	return e
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
