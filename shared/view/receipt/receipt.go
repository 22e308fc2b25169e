// Package receipt words a contract and what became of it, for both sides to read and to keep: who agreed with whom, what
// was sold at which prices, what was chosen and how the payment stands. Both read the same.
package receipt

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/contract"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/money"
	"latchkey.dev/shared/domain/payment"
	"latchkey.dev/shared/domain/purchase"
	"latchkey.dev/shared/domain/subscription"
	"latchkey.dev/shared/domain/words"
)

// Weight is how good the state of a payment is.
type Weight string

// The weights.
const (
	Fine    Weight = "fine"
	Waiting Weight = "waiting"
	Wrong   Weight = "wrong"
	Over    Weight = "over"
)

// State is how a payment stands: in a word and in a sentence that holds for both sides.
type State struct {
	Weight Weight
	Word   string
	Text   string
}

// Line is one row of amounts, already in words.
type Line struct {
	Name, Month, Year string
}

// Fact is one thing that is known of a contract.
type Fact struct {
	Term, Text string
}

// Receipt is a contract with all that is known of it.
type Receipt struct {
	Number  string // the invite's id
	Agency  string // who offers it
	Client  string // who buys it: its name, or its address
	Address string
	Lines   []Line
	Totals  []Line // the sum, and the tax in it where it is known
	Tax     string // a sentence; "" where there is none
	Saving  string // what annual saves; "" for nothing
	Chosen  payment.Interval
	State   State
	Facts   []Fact
	Notes   []string
}

// Of makes the receipt of a relationship's contract; nil when it has none.
func Of(c *client.Client, now time.Time) (*Receipt, error) {
	deal := c.Contract()
	if deal == nil {
		return nil, nil //nolint:nilnil // nothing is bought
	}
	r := &Receipt{Number: string(c.Invite.ID), Agency: c.Invite.From.AgencyName, Client: c.DisplayName(), Address: string(c.Email),
		Tax:    TaxWords(deal.Tax),
		Chosen: c.Payment.Interval, State: StateOf(c, now)}
	for _, l := range deal.Lines {
		r.Lines = append(r.Lines, Line{l.Name(), l.Month.Amount.String(), l.Year.Amount.String()})
	}
	month, err := deal.Sum(payment.Month)
	if err != nil {
		return nil, err
	}
	year, err := deal.Sum(payment.Year)
	if err != nil {
		return nil, err
	}
	r.Totals = append(r.Totals, Line{beside(words.Say("money.total"), deal.Tax), month.Total.String(), year.Total.String()})
	if deal.Tax.Rate > 0 {
		r.Totals = append(r.Totals,
			Line{words.Say("receipt.vat", "rate", fmt.Sprintf("%g", float64(deal.Tax.Rate)/100)), month.Tax.String(), year.Tax.String()})
	}
	s, err := deal.Saving()
	if err != nil {
		return nil, err
	}
	r.Saving = SavingWords(s)
	r.facts(c, deal, month.Total.Currency)
	if c.Payment.Interval != "" && !c.Payment.PaidAt.IsZero() {
		paid := month.Total
		if c.Payment.Interval == payment.Year {
			paid = year.Total
		}
		sum := beside(paid.String(), deal.Tax)
		if c.Payment.Interval == payment.Year {
			r.Notes = append(r.Notes, words.Say("receipt.each_year", "sum", sum))
		} else {
			r.Notes = append(r.Notes, words.Say("receipt.each_month", "sum", sum))
		}
	}
	locked, terms := words.Say("receipt.locked"), words.Say("receipt.terms")
	if c.Handed {
		locked = words.Say("receipt.locked_change")
	}
	if c.AgencyPays() {
		terms = words.Say("receipt.terms_agency")
	}
	r.Notes = append(r.Notes, locked, terms)
	return r, nil
}

func (r *Receipt) facts(c *client.Client, deal *contract.Contract, currency string) {
	say := func(term, text string) { r.Facts = append(r.Facts, Fact{term, text}) }
	day := func(term string, t time.Time) {
		if !t.IsZero() {
			say(term, Day(t))
		}
	}
	say(words.Say("receipt.currency"), currency)
	if note := deal.Tax.Note(); note != "" {
		say(words.Say("receipt.tax"), strings.ToUpper(note[:1])+note[1:])
	}
	day(words.Say("receipt.locked_on"), deal.At)
	day(words.Say("receipt.invited_on"), c.Invite.CreatedAt)
	switch c.Payment.Interval {
	case payment.Month:
		say(words.Say("receipt.chosen"), words.Say("contract.monthly"))
	case payment.Year:
		say(words.Say("receipt.chosen"), words.Say("contract.annual"))
	default:
		say(words.Say("receipt.chosen"), words.Say("receipt.undecided"))
	}
	p := c.Payment
	day(words.Say("receipt.first_paid"), p.PaidAt)
	if p.State.Open() {
		day(words.Say("receipt.paid_until"), p.PeriodEnd)
		day(words.Say("receipt.ends_on"), p.End())
	}
	day(words.Say("receipt.failed_on"), p.PastDueSince)
	if !p.PaidAt.IsZero() || p.State == subscription.Canceled {
		day(words.Say("receipt.ended_on"), p.EndedAt)
	}
	if !c.EndedAt.IsZero() {
		text := Day(c.EndedAt)
		switch c.EndedBy {
		case client.ByAgency:
			text = words.Say("receipt.by_agency", "day", Day(c.EndedAt))
		case client.ByClient:
			text = words.Say("receipt.by_client", "day", Day(c.EndedAt))
		}
		say(words.Say("receipt.portal_ended"), text)
	}
}

// StateOf says how the payment of a relationship with a contract stands.
func StateOf(c *client.Client, now time.Time) State {
	p := c.Payment
	returned, had := false, false
	for n := range c.Items {
		if i := &c.Items[n]; i.State == purchase.Refunded {
			returned = true
		} else if !i.Left {
			had = true
		}
	}
	returned = returned && !had
	switch {
	case returned && p.Over():
		return State{Over, words.Say("receipt.refunded"), words.Say("receipt.refunded_text")}
	case p.State == subscription.Canceled && p.PaidAt.IsZero():
		return State{Over, words.Say("receipt.refunded"), words.Say("receipt.late_text")}
	case p.State == subscription.Active && !p.End().IsZero():
		text := words.Say("money.ends_text", "day", Day(p.End()))
		if !p.Ending {
			text = words.Say("money.ends_later_text", "renewal", Day(p.PeriodEnd), "day", Day(p.End()))
		}
		return State{Waiting, words.Say("money.ends", "day", Day(p.End())), text}
	case p.State == subscription.Active && p.Inquiry:
		return State{Fine, words.Say("receipt.paid"), words.Say("receipt.paid_text", "day", Day(p.PeriodEnd)) + " " +
			words.Say("money.inquiry_state_text")}
	case p.State == subscription.Active:
		return State{Fine, words.Say("receipt.paid"), words.Say("receipt.renews", "day", Day(p.PeriodEnd))}
	case p.State == subscription.PastDue:
		word := words.Say("receipt.past_due")
		text := words.Say("receipt.past_due_text")
		if p.Asked != "" {
			word, text = words.Say("money.confirm_state"), words.Say("money.confirm_state_text")
		}
		if end := p.End(); !end.IsZero() {
			text += " " + words.Say("money.ends_past_due", "day", Day(end))
		}
		return State{Wrong, word, text}
	case p.State == subscription.Disputed:
		return State{Wrong, words.Say("receipt.disputed"), words.Say("receipt.disputed_text")}
	case p.State == subscription.Unpaid:
		return State{Over, words.Say("receipt.ended"), words.Say("receipt.unpaid_text", "day", Day(p.EndedAt))}
	case p.Over() && p.State == subscription.CheckoutOpen:
		return State{Waiting, words.Say("receipt.ended"), words.Say("receipt.restarting_text")}
	case p.Over() && p.EndedAt.IsZero():
		return State{Over, words.Say("receipt.ended"), words.Say("receipt.ended_text")}
	case p.Over():
		return State{Over, words.Say("receipt.ended"), words.Say("receipt.ended_on_text", "day", Day(p.EndedAt))}
	}
	switch i := c.Invite; {
	case i.At(now) == invite.Expired && p.State != subscription.CheckoutOpen:
		return State{Over, words.Say("receipt.not_paid"), words.Say("receipt.expired_text", "day", Day(i.ExpiresAt))}
	case i.WasDeclined():
		return State{Over, words.Say("receipt.not_paid"), words.Say("receipt.declined_text")}
	case !i.Undecided() && i.Status != invite.Accepted:
		return State{Over, words.Say("receipt.not_paid"), words.Say("receipt.invitation_ended_text")}
	case p.State == subscription.CheckoutOpen:
		return State{Waiting, words.Say("receipt.checkout"),
			words.Say("receipt.checkout_text", "moment", Moment(p.Checkout.ExpiresAt))}
	default:
		return State{Waiting, words.Say("receipt.not_paid_yet"), words.Say("receipt.open_text", "day", Day(i.ExpiresAt))}
	}
}

// Day is a date, in UTC.
func Day(t time.Time) string { return t.UTC().Format("2 January 2006") }

// Moment is a date and time, in UTC.
func Moment(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04 UTC") }

// TaxWords is a sentence about how a contract is taxed; "" where nobody has chosen.
func TaxWords(t contract.Tax) string {
	switch t.Way {
	case contract.Untaxed:
		return words.Say("receipt.no_tax")
	case contract.Worked:
		return words.Say("receipt.plus_tax")
	}
	if note := t.Note(); note != "" {
		return words.Say("receipt.prices", "note", note)
	}
	return ""
}

// beside puts what is said of tax beside a price: "Total, incl. 19 % VAT".
func beside(s string, t contract.Tax) string {
	if note := t.Note(); note != "" {
		return s + ", " + note
	}
	return s
}

// SavingWords is what annual saves; "" for nothing.
func SavingWords(s money.Saving) string {
	if s.Amount.IsZero() {
		return ""
	}
	return words.Say("receipt.saving", "amount", s.Amount, "percent", s.Percent)
}

// width is of the text's lines, in characters.
const width = 72

// Text is the receipt as plain text, for keeping: dated, since the payment goes on.
func (r *Receipt) Text(now time.Time) string {
	var b strings.Builder
	line := func(parts ...string) { b.WriteString(strings.TrimRight(strings.Join(parts, ""), " ") + "\n") }
	rule := strings.Repeat("-", width)
	line(words.Say("receipt.title", "number", r.Number))
	line(words.Say("receipt.as_of", "moment", Moment(now)))
	line()
	line(cell(words.Say("contract.agency"), 26), r.Agency)
	line(cell(words.Say("contract.client"), 26), r.Client)
	if r.Address != r.Client {
		line(cell("", 26), r.Address)
	}
	line()
	row := func(l Line) { line(cell(l.Name, 40), right(l.Month, 16), right(l.Year, 16)) }
	row(Line{words.Say("contract.bought"), words.Say("contract.monthly"), words.Say("contract.annual")})
	line(rule)
	for _, l := range r.Lines {
		row(l)
	}
	line(rule)
	for _, l := range r.Totals {
		row(l)
	}
	line()
	if r.Saving != "" {
		line(words.Say("contract.saves", "saving", r.Saving))
	}
	if r.Tax != "" {
		for _, l := range fold(r.Tax, width) {
			line(l)
		}
	}
	line()
	line(cell(words.Say("receipt.payment"), 26), r.State.Word)
	for _, l := range fold(r.State.Text, width-26) {
		line(cell("", 26), l)
	}
	for _, f := range r.Facts {
		for n, l := range fold(f.Text, width-26) {
			if n > 0 {
				f.Term = ""
			}
			line(cell(f.Term, 26), l)
		}
	}
	for _, n := range r.Notes {
		line()
		for _, l := range fold(n, width) {
			line(l)
		}
	}
	return b.String()
}

// FileName is what the text is saved as.
func FileName(now time.Time) string { return "contract-" + now.UTC().Format(time.DateOnly) + ".txt" }

func cell(s string, wide int) string {
	return s + strings.Repeat(" ", max(wide-utf8.RuneCountInString(s), 1))
}

func right(s string, wide int) string {
	return strings.Repeat(" ", max(wide-utf8.RuneCountInString(s), 1)) + s
}

// fold breaks a text into lines at its spaces. A word that is longer than a line stays whole.
func fold(s string, wide int) []string {
	var out []string
	now := ""
	for _, w := range strings.Fields(s) {
		if now != "" && utf8.RuneCountInString(now)+1+utf8.RuneCountInString(w) > wide {
			out = append(out, now)
			now = ""
		}
		if now != "" {
			now += " "
		}
		now += w
	}
	return append(out, now)
}
