package receipt

import (
	"strings"

	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/contract"
	"latchkey.dev/shared/domain/payment"
	"latchkey.dev/shared/domain/words"
)

// ChangeReason says in English why a change of payer came to nothing; "" where somebody said so.
func ChangeReason(c *client.Client) string { return In(words.English).ChangeReason(c) }

// ChangeReason says why a change of payer came to nothing; "" where somebody said so.
func (w Wording) ChangeReason(c *client.Client) string {
	if c.Change == nil {
		return ""
	}
	switch c.Change.Reason {
	case client.CardFailed:
		return w.Say("payer.why_card_failed")
	case client.NewEnded:
		return w.Say("payer.why_new_ended")
	case client.OldKept:
		return w.Say("payer.why_old_kept")
	case client.OldEnded:
		return w.Say("payer.why_old_ended")
	case client.WasDisputed:
		return w.Say("payer.why_disputed")
	case client.WasSuspended:
		return w.Say("payer.why_suspended", "agency", c.Invite.From.AgencyName)
	case client.Parted:
		return w.Say("payer.why_parted", "client", c.DisplayName())
	case client.NotSold:
		return w.Say("payer.why_not_sold")
	case client.NotMade:
		return w.Say("payer.why_not_made")
	case client.PageExpired:
		return w.Say("payer.why_no_card")
	case client.CustomerGone:
		return w.Say("payer.why_customer_gone")
	}
	return ""
}

// Things names what a contract holds; "" for none.
func (w Wording) Things(deal *contract.Contract) string {
	if deal == nil {
		return ""
	}
	names := make([]string, len(deal.Lines))
	for n, l := range deal.Lines {
		names[n] = l.In(w.Language)
	}
	return strings.Join(names, ", ")
}

// Paid says what a contract costs each time it is paid, with what is said of tax; both ways while nobody has chosen. It is "" for no
// contract.
func (w Wording) Paid(deal *contract.Contract, every payment.Interval) (string, error) {
	if deal == nil {
		return "", nil
	}
	month, err := deal.Sum(payment.Month)
	if err != nil {
		return "", err
	}
	year, err := deal.Sum(payment.Year)
	if err != nil {
		return "", err
	}
	return w.beside(w.Each(month.Total.In(w.Language), year.Total.In(w.Language), every), deal.Tax), nil
}

// Each says a price by how often it is paid.
func (w Wording) Each(month, year string, every payment.Interval) string {
	switch every {
	case payment.Month:
		return w.Say("money.a_month", "price", month)
	case payment.Year:
		return w.Say("money.a_year", "price", year)
	}
	return w.Say("money.month_or_year", "month", month, "year", year)
}
