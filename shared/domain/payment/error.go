package payment

import "errors"

// Kind says what to do about a call that failed.
type Kind string

// The kinds of failure.
const (
	// Passing: the network, the service itself, or too many requests. The same request with the same idempotency key
	// may succeed later; whether it has been carried out is not known.
	Passing Kind = "passing"
	// Declined: the card was refused.
	Declined Kind = "declined"
	// Missing: there is no such object, or no longer, or it is another account's.
	Missing Kind = "missing"
	// KeyReused: the idempotency key came before with another request. The first request stands.
	KeyReused Kind = "key_reused"
	// Refused: the request makes no sense in the object's state, or at all. No later try mends it.
	Refused Kind = "refused"
	// Unauthorized: the API key is wrong, or may not do this. The operator has to act.
	Unauthorized Kind = "unauthorized"
)

// Error is what every failing call returns.
type Error struct {
	Kind        Kind
	Code        string // Stripe's, such as "resource_missing" (https://docs.stripe.com/error-codes)
	DeclineCode string // of a card, such as "insufficient_funds"
	Param       string // the parameter that is at fault
	RequestID   string // what Stripe's support asks for
	Status      int    // of the answer; 0 when none came
	// Detail is Stripe's sentence. It may hold an address: it is for no log.
	Detail string
	Err    error // what the network said, when no answer came
}

// Error is fit for a log: it holds ids and codes and no words of a person.
func (e *Error) Error() string {
	s := "payment: " + string(e.Kind)
	for _, part := range []string{e.Code, e.DeclineCode, e.Param, e.RequestID} {
		if part != "" {
			s += " " + part
		}
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap is what the network said, or nil.
func (e *Error) Unwrap() error { return e.Err }

// Is tells whether err is a failure of this kind.
func Is(err error, kind Kind) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind == kind
}

// ErrSignature is what a webhook is refused with whose signature is missing, wrong or too old.
var ErrSignature = errors.New("payment: the webhook's signature is not good")
