package subscription_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/payment"
	"latchkey.dev/shared/domain/subscription"
	"latchkey.dev/shared/domain/words"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// opened is a payment with a page out.
func opened(t *testing.T) *subscription.Subscription {
	t.Helper()
	p := &subscription.Subscription{}
	if err := p.Begin(payment.Month, "", noon); err != nil || !p.Opened(1, "cs_1", "https://pay.example/cs_1", "") {
		t.Fatal(err)
	}
	return p
}

func facts(status payment.SubscriptionStatus) subscription.Facts {
	return subscription.Facts{Subscription: &payment.Subscription{ID: "sub_1", Customer: "cus_1", Status: status,
		Items: []payment.Item{{PeriodEnd: noon.AddDate(0, 1, 0)}}}}
}

func paid(t *testing.T) *subscription.Subscription {
	t.Helper()
	p := opened(t)
	if c := p.Reduce(noon, facts("active")); !c.Fulfil || p.State != subscription.Active || !p.PaidAt.Equal(noon) {
		t.Fatalf("%+v, %+v", c, p)
	}
	return p
}

func TestTwoTabsGetOnePageAndAnotherIntervalAnother(t *testing.T) {
	t.Parallel()
	p := opened(t)
	if err := p.Begin(payment.Month, "", noon.Add(time.Minute)); err != nil || p.Checkout.Attempt != 1 || p.Checkout.ID != "cs_1" {
		t.Errorf("the same again: %v, %+v", err, p.Checkout)
	}
	if err := p.Begin(payment.Year, "", noon.Add(time.Minute)); err != nil || p.Checkout.Attempt != 2 || p.Checkout.ID != "" {
		t.Errorf("another interval: %v, %+v", err, p.Checkout)
	}
	if p.Opened(1, "cs_late", "", "") {
		t.Error("an older attempt's page is taken")
	}
	late := opened(t)
	if err := late.Begin(payment.Month, "", noon.Add(subscription.CheckoutLifetime)); err != nil || late.Checkout.Attempt != 2 {
		t.Errorf("after its time: %v, %+v", err, late.Checkout)
	}
	if err := paid(t).Begin(payment.Month, "", noon); !fault.Is(err, fault.AlreadyPaid) {
		t.Errorf("after paying: %v", err)
	}
}

func TestWhatIsPaidIsFulfilledOnce(t *testing.T) {
	t.Parallel()
	p := paid(t)
	for _, status := range []payment.SubscriptionStatus{"active", "past_due", "active", "canceled", "active"} {
		if c := p.Reduce(noon.Add(time.Hour), facts(status)); c.Fulfil {
			t.Errorf("fulfilled again when %s", status)
		}
	}
}

func TestStatesFollowTheSubscription(t *testing.T) {
	t.Parallel()
	for status, want := range map[payment.SubscriptionStatus]subscription.State{
		"active": subscription.Active, "trialing": subscription.Active, "past_due": subscription.PastDue, "unpaid": subscription.Unpaid, "paused": subscription.Unpaid,
		"canceled": subscription.Canceled, "incomplete_expired": subscription.Canceled, "a word of tomorrow": subscription.Active,
	} {
		p := paid(t)
		c := p.Reduce(noon.Add(time.Hour), facts(status))
		if p.State != want || c.Closed != want.Over() {
			t.Errorf("%s: %s, %+v", status, p.State, c)
		}
		if want.Over() != !p.EndedAt.IsZero() || (want == subscription.PastDue) != !p.PastDueSince.IsZero() {
			t.Errorf("%s: ended %v, past due since %v", status, p.EndedAt, p.PastDueSince)
		}
		if c := p.Reduce(noon.Add(2*time.Hour), facts("active")); c.Opened != want.Over() || p.State != subscription.Active ||
			!p.EndedAt.IsZero() {
			t.Errorf("%s, then paid: %s, %+v", status, p.State, c)
		}
	}
	p := opened(t)
	if p.Reduce(noon, facts("incomplete")); p.State != subscription.CheckoutOpen {
		t.Errorf("incomplete: %s", p.State)
	}
	if p.Reduce(noon, facts("incomplete_expired")); p.State != subscription.None || !p.Due.IsZero() {
		t.Errorf("never paid: %s", p.State)
	}
}

func TestAPageThatRunsOutLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	p := opened(t)
	if c := p.Reduce(noon, subscription.Facts{Checkout: &payment.Checkout{ID: "cs_other", Status: payment.CheckoutExpired}}); c.Changed ||
		p.State != subscription.CheckoutOpen {
		t.Errorf("another page's end: %+v", p)
	}
	if c := p.Reduce(noon, subscription.Facts{Checkout: &payment.Checkout{ID: "cs_1", Status: payment.CheckoutExpired}}); !c.Changed ||
		p.State != subscription.None || !p.Due.IsZero() {
		t.Errorf("its own end: %+v", p)
	}
	if err := p.Begin(payment.Month, "", noon.Add(time.Hour)); err != nil || p.Checkout.Attempt != 2 {
		t.Errorf("another try: %v, %+v", err, p.Checkout)
	}
}

func TestASecondSubscriptionIsForPayingBack(t *testing.T) {
	t.Parallel()
	p := paid(t)
	second := facts("active")
	second.Subscription.ID = "sub_2"
	if c := p.Reduce(noon, second); !c.Second || c.Changed || p.Reference != "sub_1" {
		t.Errorf("%+v, %+v", c, p)
	}
	second.Subscription.Status = "canceled"
	if c := p.Reduce(noon, second); c.Second || c.Changed {
		t.Errorf("one that is over already: %+v", c)
	}
	p.Reduce(noon, facts("canceled"))
	second.Subscription.Status = "active"
	if c := p.Reduce(noon, second); c.Second || !c.Opened || p.Reference != "sub_2" {
		t.Errorf("after the first has ended: %+v, %+v", c, p)
	}
}

func TestADisputeClosesUntilItIsOver(t *testing.T) {
	t.Parallel()
	p := paid(t)
	f := facts("active")
	f.Disputed = true
	if c := p.Reduce(noon, f); p.State != subscription.Disputed || !c.Closed {
		t.Errorf("%+v", p)
	}
	if c := p.Reduce(noon, facts("active")); p.State != subscription.Active || !c.Opened {
		t.Errorf("won: %+v", p)
	}
}

func TestWhatNobodyTellsIsAskedFor(t *testing.T) {
	t.Parallel()
	p, now := opened(t), noon
	for n := range 60 {
		if p.Due.IsZero() || !p.Due.After(now) || p.Due.Sub(now) > subscription.LastLook {
			t.Fatalf("look %d: due %v at %v", n, p.Due, now)
		}
		now = p.Due
		p.Reduce(now, subscription.Facts{Checkout: &payment.Checkout{ID: "cs_1", Status: payment.CheckoutOpen}})
	}
	p.Reduce(now, facts("active"))
	if want := noon.AddDate(0, 1, 0).Add(subscription.RenewalGrace); !p.Due.Equal(want) {
		t.Errorf("a renewal is due at %v, want %v", p.Due, want)
	}
	late := p.Due
	p.Reduce(late, facts("active"))
	if !p.Due.After(late) {
		t.Errorf("still due at %v", p.Due)
	}
}

// In whatever order, how often and how late facts come: reduced to the last of them the state is the same, except for
// when things were first seen.
func TestTheLastFactsDecide(t *testing.T) {
	t.Parallel()
	statuses := []payment.SubscriptionStatus{"active", "past_due", "unpaid", "canceled", "incomplete", "trialing", "paused"}
	rapid.Check(t, func(t *rapid.T) {
		one, other := &subscription.Subscription{}, &subscription.Subscription{}
		for _, p := range []*subscription.Subscription{one, other} {
			if err := p.Begin(payment.Year, "", noon); err != nil {
				t.Fatal(err)
			}
			for range rapid.IntRange(0, 6).Draw(t, "before") {
				f := facts(rapid.SampledFrom(statuses).Draw(t, "status"))
				f.Disputed = rapid.Bool().Draw(t, "disputed")
				p.Reduce(noon, f)
			}
		}
		last := facts(rapid.SampledFrom(statuses).Draw(t, "last"))
		last.Disputed = rapid.Bool().Draw(t, "lastDisputed")
		for range 2 {
			one.Reduce(noon, last)
		}
		other.Reduce(noon, last)
		if one.State != other.State || one.Reference != other.Reference || !one.PeriodEnd.Equal(other.PeriodEnd) {
			t.Fatalf("%+v and %+v", one, other)
		}
		again := *one
		if c := one.Reduce(noon, last); c.Changed || *one != again {
			t.Fatalf("the same facts change %+v into %+v", again, one)
		}
	})
}

// An earlier subscription's late end, such as one of several that a deleted customer had, says nothing of the one that came after it.
func TestFM9AnEarlierSubscriptionsEndChangesNothing(t *testing.T) {
	t.Parallel()
	earlier := facts("canceled")
	earlier.Subscription.ID = "sub_0"
	for name, state := range map[string]func() *subscription.Subscription{
		"active":  func() *subscription.Subscription { return paid(t) },
		"resting": func() *subscription.Subscription { return resting(t) },
		"unpaid": func() *subscription.Subscription {
			p := paid(t)
			p.Reduce(noon.Add(time.Hour), facts("unpaid"))
			return p
		},
		"with a page out": func() *subscription.Subscription {
			p := paid(t)
			p.Reduce(noon.Add(time.Hour), facts("canceled"))
			if err := p.Begin(payment.Year, "", noon.Add(2*time.Hour)); err != nil || !p.Opened(2, "cs_2", "https://pay.example/cs_2", "") {
				t.Fatal(err)
			}
			return p
		},
	} {
		p := state()
		before := *p
		if c := p.Reduce(noon.Add(3*time.Hour), earlier); c.Second || p.Reference != before.Reference || p.State != before.State ||
			p.Resting != before.Resting {
			t.Errorf("%s: %+v becomes %+v", name, before, p)
		}
	}
	p := opened(t) // the first one that is heard of
	if p.Reduce(noon, earlier); p.State != subscription.Canceled {
		t.Errorf("of the only one: %s", p.State)
	}
}

func resting(t *testing.T) *subscription.Subscription {
	t.Helper()
	p, f := paid(t), facts("active")
	f.Subscription.Resting = true
	if p.Reduce(noon.Add(time.Hour), f); !p.Resting || p.State != subscription.Unpaid {
		t.Fatalf("%+v", p)
	}
	return p
}

func TestSenderL2APageInAnotherLanguageIsAnotherAttempt(t *testing.T) {
	t.Parallel()
	var p subscription.Subscription
	for n, in := range []words.Language{words.German, words.German, words.French} {
		if err := p.Begin(payment.Month, in, noon); err != nil || p.Checkout.Language != in || p.Checkout.Attempt != max(1, n) {
			t.Errorf("in %s: attempt %d in %q, %v", in, p.Checkout.Attempt, p.Checkout.Language, err)
		}
	}
	if p.Spoken(words.French) {
		t.Error("nobody is written to in French")
	}
	p.Customer = "cus_1"
	if !p.Spoken(words.French) || p.Spoken(words.French) || !p.Spoken(words.German) {
		t.Error("a customer is not told once of each language")
	}
	if p.Customer = "cus_2"; !p.Spoken(words.German) {
		t.Error("another customer was told")
	}
}
