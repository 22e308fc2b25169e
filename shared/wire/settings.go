package wire

import (
	"fmt"
	"net/url"
	"strconv"

	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/domain/contract"
	"latchkey.dev/shared/usecase/billing"
)

// Settings reads the operator's settings from the variables ORIGIN and BILLING. The latter is written like a query, with all
// five: "tax=inclusive&rate=19&promotion-codes=false&billing-address=true&tax-ids=false". Tax is none, inclusive (in the
// prices, at the rate in percent, which is for showing alone) or automatic (Stripe Tax works it out).
func Settings(env *environment.Environment) billing.Settings {
	s := billing.Settings{Origin: env.Origin("ORIGIN")}
	text := env.String("BILLING")
	if text == "" {
		return s
	}
	q, err := url.ParseQuery(text)
	fail := func(name string) {
		env.Fail(fmt.Errorf("BILLING: %s is %q in %q", name, q.Get(name), text))
	}
	if err != nil {
		fail("it")
		return s
	}
	flag := func(name string) bool {
		if v := q.Get(name); v != "true" && v != "false" {
			fail(name)
		}
		return q.Get(name) == "true"
	}
	s.PromotionCodes, s.BillingAddress, s.TaxIDs = flag("promotion-codes"), flag("billing-address"), flag("tax-ids")
	switch s.Tax.Way = contract.Taxation(q.Get("tax")); s.Tax.Way {
	case contract.Untaxed, contract.Worked:
	case contract.Included:
		percent, err := strconv.ParseFloat(q.Get("rate"), 64)
		if err != nil || percent < 0 || percent > 100 {
			fail("rate")
		}
		s.Tax.Rate = int(percent*100 + 0.5)
	default:
		fail("tax")
	}
	return s
}
