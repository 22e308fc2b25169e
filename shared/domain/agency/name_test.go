package agency_test

import (
	"strings"
	"testing"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/allowance"
	"latchkey.dev/shared/domain/subscription"
)

func TestFD6NamesThatStandInNoFrom(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Northwind Automations": "", "Fresh Flows GmbH & Co. KG": "", "One Two Three Four Five": "", "Studio 54": "",
		"Agency 12345": "", "Agency 123456": "six digits", "493 021 is your code": "six digits", "493-021": "six digits",
		"1 and 2 and 3": "", "１２３４５６": "six digits", "٤٩٣٠٢١": "six digits",
		"①②③④⑤⑥": "six digits", "¹²³⁴⁵⁶": "six digits", "493|021": "six digits", "493+021 code": "six digits",
		"Your-account-is-locked-call-now": "more than five words", "Your_account/is.locked,call now": "more than five words",
		"A.B.C.D.E.F. GmbH": "", "Smith-Jones & O'Brien": "", "Dr. A. B. Klein & Co": "", "Müller-Lüdenscheidt + Söhne": "",
		"Your account is locked sign in now": "more than five words", "PayPal Support": "PayPal", "Latchkey Billing": "Latchkey",
		"P\u0430ypal": "several scripts",
	} {
		a := &agency.Agency{Plan: agency.Free, Name: name}
		got := a.NameHeld(name, "Latchkey")
		if (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%q waits because it %q, want %q", name, got, want)
		}
	}
}

func TestFD6ANameWaitsForAPaidPlanOrTheOperator(t *testing.T) {
	t.Parallel()
	const name = "PayPal Support"
	for what, c := range map[string]struct {
		agency agency.Agency
		held   bool
	}{
		"on Free":                  {agency.Agency{Plan: agency.Free}, true},
		"on Max":                   {agency.Agency{Plan: agency.Max}, false},
		"on Free again":            {agency.Agency{Plan: agency.Free, Payment: subscription.Subscription{PaidAt: time.Unix(1, 0)}}, false},
		"allowed":                  {agency.Agency{Plan: agency.Free, NameAllowed: name}, false},
		"allowed under other name": {agency.Agency{Plan: agency.Free, NameAllowed: "PayPal Supports"}, true},
	} {
		if got := c.agency.NameHeld(name, "Latchkey"); (got != "") != c.held {
			t.Errorf("%s: %q", what, got)
		}
	}
	mixed := "P\u0430ypal"
	for want, a := range map[string]*agency.Agency{
		"": {Name: "Fresh Flows"},
		"Until your first paid plan, your emails come from Latchkey and show this name only in their text, because it looks like “PayPal”.": {Name: name},
		"Your emails come from Latchkey and show this name only in their text, because it mixes letters of several scripts.":                {Name: mixed, Plan: agency.Max},
	} {
		if got := a.Held("Latchkey"); got != want {
			t.Errorf("%s: %q, want %q", a.Name, got, want)
		}
	}
	if (&agency.Agency{Plan: agency.Max, NameAllowed: mixed}).NameHeld(mixed, "Latchkey") == "" {
		t.Error("a name of mixed scripts stands in From")
	}
}

func TestFD6HowFarAnAgencyIsTrusted(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for want, a := range map[allowance.Tier]agency.Agency{
		allowance.Free: {Plan: agency.Free, CreatedAt: now.Add(-1000 * time.Hour)}, allowance.Young: {Plan: agency.Max, CreatedAt: now.Add(-time.Hour)},
		allowance.Established: {Plan: agency.Max, CreatedAt: now.Add(-agency.Probation)},
	} {
		if got := a.MailTier(now); got != want {
			t.Errorf("%+v is %d", a, got)
		}
	}
}
