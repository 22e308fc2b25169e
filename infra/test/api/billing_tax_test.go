package apitest_test

import (
	"net/url"
	"strings"
	"testing"

	"latchkey.dev/infra/run/local"
)

// TestFM12EveryPriceSaysItsTax, whatever the operator has chosen, and wherever it is read.
func TestFM12EveryPriceSaysItsTax(t *testing.T) {
	for tax, c := range map[string]struct{ note, sentence, fact string }{
		"included:19": {"incl. 19 % VAT", "Prices are incl. 19 % VAT.", "Incl. 19 % VAT"},
		"plus":        {"plus VAT", "Prices are plus VAT, which depends on the billing address", "Plus VAT"},
		"none":        {"no tax is charged", "No tax is charged.", "No tax is charged"},
	} {
		t.Run(tax, func(t *testing.T) {
			p := own(t, local.Options{Parameters: map[string]string{"Tax": tax}})
			o := p.signIn(owner)
			mine, _ := o.agency()
			o.get("/clients?invite=new").is(200).shows("€49.00", c.note, c.sentence)
			var quote struct{ TaxText string }
			if o.post("/v1/quotes", m{"order": asked["order"]}).is(200).into(&quote); quote.TaxText != c.note {
				t.Errorf("the quote says %q", quote.TaxText)
			}
			i := o.invite(p.address("ops"), asked)
			letter := p.nextMail(i.Email)
			if line := "€680.00 a year, " + c.note; !strings.Contains(letter.Text, line) || !strings.Contains(letter.HTML, line) {
				t.Errorf("the mail lacks %q:\n%s", line, letter.Text)
			}
			secret := token(t, letter)
			p.nobody().get("/i/"+secret).is(200).shows("€49.00 a month", c.note, c.sentence)
			buyer := p.signIn(i.Email)
			buyer.get("/checkout?agency="+mine.ID).is(200).shows("€680.00", c.note, c.sentence)
			for _, contract := range []string{"/clients/" + i.ClientID + "/contract", "/portal/contract?agency=" + mine.ID} {
				who := o
				if strings.HasPrefix(contract, "/portal") {
					who = buyer
				}
				who.get(contract).is(200).shows("Total, "+c.note, c.sentence, c.fact)
			}
			buyer.get("/portal/contract?as=text&agency="+mine.ID).is(200).shows("Total, "+c.note, "Tax "+c.fact)
			o.get("/clients/" + i.ClientID).is(200).shows("€680.00 a year, " + c.note)
			p.signIn(soloOwner).get("/upgrade").is(200).shows("Monthly", c.sentence)

			till := buyer.post("/checkout/start", url.Values{"agency": {mine.ID}, "interval": {"month"}}).is(303).header.Get("Location")
			p.pay(till, "pay")
			buyer.joins(mine.ID)
			buyer.get("/portal?agency=" + mine.ID).is(200).shows("€68.00 a month, " + c.note)
		})
	}
}

// TestFM12WhatSellsChoosesATax: a deployment with payments and without a tax is not made.
func TestFM12WhatSellsChoosesATax(t *testing.T) {
	t.Parallel()
	for tax, wrong := range map[string]string{"": "so choose Tax", "included": "must be none, plus, or included:"} {
		l, err := local.Start(t.Context(), local.Options{InProcess: true, Parameters: map[string]string{"Tax": tax}})
		if err == nil || !strings.Contains(err.Error(), wrong) {
			t.Errorf("with the tax %q it starts, or says %v", tax, err)
		}
		if err == nil && l.Close() != nil {
			t.Error("and it does not stop")
		}
	}
}
