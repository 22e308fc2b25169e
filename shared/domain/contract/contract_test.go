package contract_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"latchkey.dev/shared/domain/contract"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/money"
	"latchkey.dev/shared/domain/payment"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func eur(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "EUR"} }

// prices has everything at so much a month, and ten months' worth a year.
func prices(month int64) contract.Prices {
	p := contract.Prices{}
	for _, a := range contract.Articles() {
		p[a.LookupKey(payment.Month)] = contract.Price{ID: "price_m_" + a.Name(), Amount: eur(month)}
		p[a.LookupKey(payment.Year)] = contract.Price{ID: "price_y_" + a.Name(), Amount: eur(10 * month)}
	}
	return p
}

func TestAContractHoldsThePricesOfItsMoment(t *testing.T) {
	t.Parallel()
	now := prices(2900)
	c, err := contract.Write(contract.Order{StorageGB: 30, WhatsApp: true}, now, contract.Tax{Way: contract.Untaxed}, noon)
	if err != nil || len(c.Lines) != 2 || c.Lines[0].Name() != "n8n Hosting, 30 GB" || c.Lines[1].Name() != "WhatsApp Service" ||
		!c.At.Equal(noon) {
		t.Fatalf("%+v, %v", c, err)
	}
	for key := range now {
		now[key] = contract.Price{ID: "price_new", Amount: eur(9900)}
	}
	month, err := c.Sum(payment.Month)
	if err != nil || month.Total != eur(5800) || c.Lines[0].Price(payment.Year).ID != "price_y_n8n Hosting, 30 GB" {
		t.Errorf("after the prices changed: %+v, %v", month, err)
	}
	if s, err := c.Saving(); err != nil || s.Amount != eur(11600) || s.Percent != 16 {
		t.Errorf("the saving: %+v, %v", s, err)
	}
}

func TestAnOrderOfNothingIsNoContract(t *testing.T) {
	t.Parallel()
	if c, err := contract.Write(contract.Order{}, nil, contract.Tax{}, noon); c != nil || err != nil {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestOnlyWhatIsSoldCanBeOrdered(t *testing.T) {
	t.Parallel()
	for _, gb := range []int{-10, 1, 20, 31, 100} {
		_, err := contract.Write(contract.Order{StorageGB: gb}, prices(100), contract.Tax{}, noon)
		if e := fault.As(err); e == nil || e.Code != fault.Invalid || e.Fields[0].Location != "order.hosting.storageGb" {
			t.Errorf("%d GB: %v", gb, err)
		}
	}
	missing := prices(100)
	delete(missing, "whatsapp_year")
	if _, err := contract.Write(contract.Order{WhatsApp: true}, missing, contract.Tax{}, noon); !fault.Is(err, fault.PaymentsOff) {
		t.Errorf("without a price: %v", err)
	}
	mixed := prices(100)
	mixed["whatsapp_month"] = contract.Price{ID: "p", Amount: money.Amount{Minor: 1, Currency: "USD"}}
	if _, err := contract.Write(contract.Order{StorageGB: 10, WhatsApp: true}, mixed, contract.Tax{}, noon); !fault.Is(err,
		fault.PaymentsOff) {
		t.Errorf("in two currencies: %v", err)
	}
}

func TestEachPriceHasALookupKeyOfItsOwn(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, a := range append(contract.Articles(), contract.Article{Product: contract.Max}) {
		for _, i := range contract.Intervals() {
			key := a.LookupKey(i)
			if seen[key] {
				t.Errorf("two prices have the key %s", key)
			}
			seen[key] = true
		}
	}
	for _, key := range []string{"hosting_10_month", "hosting_50_year", "whatsapp_month", "max_year"} {
		if !seen[key] {
			t.Errorf("no price has the key %s", key)
		}
	}
}

// Net and tax always make up the total, and nobody gains or loses more than half a cent by rounding.
func TestTaxAddsUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c, err := contract.Write(contract.Order{StorageGB: 10, WhatsApp: rapid.Bool().Draw(t, "whatsapp")},
			prices(rapid.Int64Range(0, 1_000_000).Draw(t, "price")),
			contract.Tax{Way: rapid.SampledFrom([]contract.Taxation{contract.Untaxed, contract.Included, contract.Added, contract.Worked}).Draw(t, "way"),
				Rate: rapid.IntRange(0, 3000).Draw(t, "rate")}, noon)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range contract.Intervals() {
			s, err := c.Sum(i)
			if err != nil {
				t.Fatal(err)
			}
			if s.Net.Minor+s.Tax.Minor != s.Total.Minor || s.Tax.Minor < 0 || s.Net.Currency != "EUR" || s.Tax.Currency != "EUR" {
				t.Fatalf("%+v", s)
			}
			off := 2 * (s.Tax.Minor*10_000 - s.Net.Minor*int64(c.Tax.Rate))
			switch c.Tax.Way {
			case contract.Untaxed, contract.Worked:
				if s.Tax.Minor != 0 {
					t.Fatalf("%s: %+v", c.Tax.Way, s)
				}
			case contract.Added:
				if off > 10_000 || off < -10_000 {
					t.Fatalf("%d of %d: %+v", c.Tax.Rate, 10_000, s)
				}
			case contract.Included:
				if whole := int64(10_000 + c.Tax.Rate); off > whole || off < -whole {
					t.Fatalf("%d of %d: %+v", c.Tax.Rate, whole, s)
				}
			}
		}
	})
}

func ExampleContract_Sum() {
	c, _ := contract.Write(contract.Order{StorageGB: 30}, prices(2900), contract.Tax{Way: contract.Added, Rate: 1900}, noon)
	month, _ := c.Sum(payment.Month)
	fmt.Println(month.Net, "and", month.Tax, "tax make", month.Total)
	// Output: €29.00 and €5.51 tax make €34.51
}

func TestFM12ATaxIsChosenByOneOfThreeWords(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]struct {
		tax  contract.Tax
		note string
	}{
		"none":           {contract.Tax{Way: contract.Untaxed}, "no tax is charged"},
		"plus":           {contract.Tax{Way: contract.Worked}, "plus VAT"},
		"included:19":    {contract.Tax{Way: contract.Included, Rate: 1900}, "incl. 19 % VAT"},
		"included:8.1":   {contract.Tax{Way: contract.Included, Rate: 810}, "incl. 8.1 % VAT"},
		"included:5.55":  {contract.Tax{Way: contract.Included, Rate: 555}, "incl. 5.55 % VAT"},
		"included:09.50": {contract.Tax{Way: contract.Included, Rate: 950}, "incl. 9.5 % VAT"},
	} {
		got, err := contract.ParseTax(s)
		if err != nil || got != want.tax || got.Note() != want.note {
			t.Errorf("%s is %+v, %q, %v", s, got, got.Note(), err)
		}
	}
	for _, s := range []string{"", "None", "included", "included:", "included:0", "included:0.00", "included:100", "included:-1", "included:1e1",
		"included:19%", "included:19.", "included:.5", "included:1.234", "included: 19", "inclusive", "plus:19", "included:１９"} {
		if got, err := contract.ParseTax(s); err == nil || !strings.Contains(err.Error(), "included:19") {
			t.Errorf("%q is taken as %+v, %v", s, got, err)
		}
	}
	if note := (contract.Tax{}).Note(); note != "" {
		t.Errorf("of a tax that nobody has chosen it is said %q", note)
	}
}
