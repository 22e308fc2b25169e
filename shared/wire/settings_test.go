package wire_test

import (
	"strings"
	"testing"

	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/domain/contract"
	"latchkey.dev/shared/wire"
)

const others = "&promotion-codes=false&billing-address=true&tax-ids=false"

func TestFM12WhatSellsDoesNotStartWithoutAChosenTax(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		tax, stripe string
		want        contract.Tax
		wrong       string
	}{
		"in the prices":       {tax: "included:19", stripe: "/key", want: contract.Tax{Way: contract.Included, Rate: 1900}},
		"added":               {tax: "plus", stripe: "/key", want: contract.Tax{Way: contract.Worked}},
		"none":                {tax: "none", stripe: "/key", want: contract.Tax{Way: contract.Untaxed}},
		"nothing is sold":     {tax: ""},
		"chosen for later":    {tax: "none", want: contract.Tax{Way: contract.Untaxed}},
		"sold and not chosen": {tax: "", stripe: "/key", wrong: "no tax is chosen"},
		"a word of its own":   {tax: "some", stripe: "/key", wrong: `the tax is "some": choose none, plus, or included:`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := environment.New(func(v string) string {
				return map[string]string{"ORIGIN": "https://portal.example", "BILLING": "tax=" + c.tax + others,
					"STRIPE_SECRET_PARAMETER": c.stripe}[v]
			})
			s := wire.Settings(env)
			switch err := env.Err(); {
			case c.wrong == "" && err != nil:
				t.Fatal(err)
			case c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)):
				t.Fatalf("the error is %v, want %q", err, c.wrong)
			}
			if s.Tax != c.want || !s.BillingAddress || s.PromotionCodes {
				t.Errorf("%+v", s)
			}
		})
	}
}
