package main

import (
	"maps"
	"slices"
	"time"

	"latchkey.dev/shared/domain/contract"
)

// priced is one lookup key in the list of prices.
type priced struct {
	LookupKey string `json:"lookupKey"`
	Price     string `json:"price,omitempty"` // the payment service's id
	Amount    string `json:"amount,omitempty"`
	Wrong     string `json:"wrong,omitempty"`
}

// prices lists what was read of the payment service's prices last, and what is wrong with each that is not sold.
func (t *tool) prices([]string) error {
	tariff, err := t.table.PriceList(t.ctx)
	if err != nil {
		return err
	}
	out := struct {
		ReadAt time.Time `json:"readAt,omitzero"`
		Tax    string    `json:"tax,omitempty"`
		Prices []priced  `json:"prices"`
	}{tariff.At, tariff.Tax.Note(), []priced{}}
	keys := map[string]bool{}
	for key := range tariff.Prices {
		keys[key] = true
	}
	for key := range tariff.Flaws {
		keys[key] = true
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		p := priced{LookupKey: key, Wrong: tariff.Flaws[key]}
		if at, ok := tariff.Prices[key]; ok {
			p.Price, p.Amount = at.ID, at.Amount.String()
		}
		out.Prices = append(out.Prices, p)
	}
	return t.answer(out, func(p *printer) {
		if len(out.Prices) == 0 {
			p.line("Nothing is sold here: payments are not set up, or the prices were not read yet (function reconcile).")
			return
		}
		p.line("Read %s, %s. Prices are read every quarter of an hour.", out.ReadAt.UTC().Format(time.RFC3339), out.Tax)
		for _, x := range out.Prices {
			switch {
			case x.Wrong == contract.NoPrice:
				p.line("%-18s  %-14s  %s", x.LookupKey, "-", x.Wrong)
			case x.Wrong != "":
				p.line("%-18s  %-14s  NOT SOLD: %s", x.LookupKey, x.Amount, x.Wrong)
			default:
				p.line("%-18s  %-14s  %s", x.LookupKey, x.Amount, x.Price)
			}
		}
	})
}
