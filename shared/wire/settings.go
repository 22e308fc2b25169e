package wire

import (
	"errors"
	"fmt"
	"net/url"

	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/domain/contract"
	"latchkey.dev/shared/usecase/billing"
)

// Settings reads the operator's settings from the variables ORIGIN and BILLING. The latter is written like a query, with all
// four: "tax=included:19&promotion-codes=false&billing-address=true&tax-ids=false". Tax is what [contract.ParseTax] reads. It
// may be empty where nothing is sold; a function that sells does not start without it, since every price says its tax.
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
	switch tax := q.Get("tax"); {
	case tax != "":
		if s.Tax, err = contract.ParseTax(tax); err != nil {
			env.Fail(fmt.Errorf("BILLING: %w", err))
		}
	case env.Optional("STRIPE_SECRET_PARAMETER") != "":
		env.Fail(errors.New("BILLING: no tax is chosen: where payments are set up, set the template's parameter Tax to none, plus, " +
			"or included: with the rate in percent, such as included:19"))
	}
	return s
}
