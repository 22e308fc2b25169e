package main

import (
	"testing"

	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/domain/contract"
	"latchkey.dev/shared/domain/money"
	"latchkey.dev/shared/domain/payment"
)

func TestFM6FM7TheOperatorReadsWhatIsWrongWithAPrice(t *testing.T) {
	t.Parallel()
	s := deployed(t)
	s.says([]string{"prices"}, "Nothing is sold here")
	sound := func(i payment.Interval) payment.Price {
		return payment.Price{ID: "price_" + string(i), Amount: money.Amount{Minor: 2900, Currency: "EUR"}, Interval: i, Active: true, Whole: true,
			Count: 1, Usage: "licensed", Scheme: "per_unit"}
	}
	quarter := sound(payment.Month)
	quarter.Count = 3
	tariff := contract.Sell(map[string]payment.Price{"hosting_10_month": quarter, "hosting_10_year": sound(payment.Year),
		"hosting_30_month": sound(payment.Month), "hosting_30_year": sound(payment.Year)}, contract.Tax{Way: contract.Untaxed}, noon)
	if err := dynamo.NewReconciliation(s.table.Table).SaveTariff(t.Context(), tariff); err != nil {
		t.Fatal(err)
	}
	s.says([]string{"prices"}, "no tax is charged", "hosting_10_month", "NOT SOLD: it recurs every 3 months, and must recur every month",
		"NOT SOLD: there is no price that can be sold for the other interval, hosting_10_month", "hosting_30_month", "€29.00",
		"there is no active price with this lookup key")
	s.says([]string{"-json", "prices"}, `"lookupKey": "hosting_10_month"`, `"wrong": "it recurs every 3 months`)
}
