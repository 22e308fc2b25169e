package receipt

import (
	"strings"

	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/contract"
	"latchkey.dev/shared/domain/payment"
	"latchkey.dev/shared/domain/words"
)

// ChangeReason says why a change of payer came to nothing; "" where somebody said so.
func ChangeReason(c *client.Client) string {
	if c.Change == nil {
		return ""
	}
	switch c.Change.Reason {
	case client.CardFailed:
		return words.Say("payer.why_card_failed")
	case client.NewEnded:
		return words.Say("payer.why_new_ended")
	case client.OldKept:
		return words.Say("payer.why_old_kept")
	case client.OldEnded:
		return words.Say("payer.why_old_ended")
	case client.WasDisputed:
		return words.Say("payer.why_disputed")
	case client.WasSuspended:
		return words.Say("payer.why_suspended", "agency", c.Invite.From.AgencyName)
	case client.Parted:
		return words.Say("payer.why_parted", "client", c.DisplayName())
	case client.NotSold:
		return words.Say("payer.why_not_sold")
	case client.NotMade:
		return words.Say("payer.why_not_made")
	case client.PageExpired:
		return words.Say("payer.why_no_card")
	case client.CustomerGone:
		return words.Say("payer.why_customer_gone")
	}
	return ""
}

// Things names what a contract holds; "" for none.
func Things(deal *contract.Contract) string {
	if deal == nil {
		return ""
	}
	names := make([]string, len(deal.Lines))
	for n, l := range deal.Lines {
		names[n] = l.Name()
	}
	return strings.Join(names, ", ")
}

// Paid says what a contract costs each time it is paid, with what is said of tax; both ways while nobody has chosen. It is "" for no
// contract.
func Paid(deal *contract.Contract, every payment.Interval) (string, error) {
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
	return beside(Each(month.Total.String(), year.Total.String(), every), deal.Tax), nil
}

// Each says a price by how often it is paid.
func Each(month, year string, every payment.Interval) string {
	switch every {
	case payment.Month:
		return words.Say("money.a_month", "price", month)
	case payment.Year:
		return words.Say("money.a_year", "price", year)
	}
	return words.Say("money.month_or_year", "month", month, "year", year)
}
