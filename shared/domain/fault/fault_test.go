package fault_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"latchkey.dev/shared/domain/fault"
)

func TestEveryCodeIsExplainedAndIsAnError(t *testing.T) {
	t.Parallel()
	seen := map[fault.Code]bool{}
	for _, c := range fault.Codes() {
		if seen[c] {
			t.Errorf("%s is listed twice", c)
		}
		seen[c] = true
		if c.Meaning() == "" {
			t.Errorf("%s has no meaning", c)
		}
		if s := c.Status(); s < 400 || s > 599 {
			t.Errorf("%s is answered with %d, which is no error", c, s)
		}
	}
	for _, c := range []fault.Code{
		fault.Malformed, fault.Invalid, fault.Unauthenticated, fault.CrossOrigin, fault.Forbidden, fault.PlanRequired,
		fault.Suspended, fault.WrongAccount, fault.NotFound, fault.WrongMethod, fault.AlreadyInvited, fault.AlreadyClient,
		fault.PayerFixed, fault.EmailFixed, fault.NotPending, fault.StillSending, fault.IdempotencyUsed, fault.Gone,
		fault.Expired, fault.TooLarge, fault.MailRefused, fault.WrongCode, fault.PaymentsOff, fault.RateLimited,
		fault.Internal, fault.Unavailable,
	} {
		if !seen[c] {
			t.Errorf("%s is not listed", c)
		}
	}
}

func TestAnUnknownCodeIsOurFault(t *testing.T) {
	t.Parallel()
	if c := fault.Code("no_such"); c.Status() != 500 || c.Meaning() != "" {
		t.Errorf("got %d %q", c.Status(), c.Meaning())
	}
}

func TestInFieldSaysTheSameAtTheFieldAndAsAWhole(t *testing.T) {
	t.Parallel()
	want := &fault.Error{Code: fault.Invalid, Message: "Use at most 3 characters.",
		Fields: []fault.Field{{Location: "name", Message: "Use at most 3 characters."}}}
	got := fault.FieldSaying("name", "Use at most 3 characters.")
	if d := cmp.Diff(want, got, cmpopts.IgnoreUnexported(fault.Error{}, fault.Field{})); d != "" {
		t.Error(d)
	}
}

func TestAFaultIsFoundBehindWhatWrapsIt(t *testing.T) {
	t.Parallel()
	wrapped := fmt.Errorf("store: %w", fault.Saying(fault.NotFound, "There is none."))
	if !fault.Is(wrapped, fault.NotFound) || fault.Is(wrapped, fault.Gone) {
		t.Error("the code is not that of the wrapped fault")
	}
	for _, err := range []error{nil, errors.New("disk full")} {
		if fault.As(err) != nil || fault.Is(err, fault.Internal) {
			t.Errorf("%v is taken for a fault", err)
		}
	}
}
