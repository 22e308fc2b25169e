// Package receipt words a contract and what became of it, for both sides to read and to keep: who agreed with whom, what
// was sold at which prices, what was chosen and how the payment stands. Both read the same.
package receipt

import (
	"cmp"
	"strings"
	"time"
	"unicode"
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

// Wording words contracts in a language.
type Wording struct{ words.Language }

// In is the wording of a language.
func In(l words.Language) Wording { return Wording{cmp.Or(l, words.English)} }

// LanguageOf is in which language a client reads its contract and what became of it: the one in which it has agreed to it, else the one
// of the page that it looks at.
func LanguageOf(c *client.Client, page words.Language) words.Language {
	if c.Payment.PaidAt.IsZero() {
		return page
	}
	return cmp.Or(Agreed(c), words.English) // nothing else was there before that was kept
}

// Agreed is in which language the client has read and agreed to its contract; "" where it has not, or that was not kept.
func Agreed(c *client.Client) words.Language {
	if deal := c.Contract(); deal != nil && !c.Payment.PaidAt.IsZero() {
		return deal.Language
	}
	return ""
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

	in Wording
}

// Of makes the receipt of a relationship's contract; nil when it has none.
func (w Wording) Of(c *client.Client, now time.Time) (*Receipt, error) {
	deal := c.Contract()
	if deal == nil {
		return nil, nil //nolint:nilnil // nothing is bought
	}
	r := &Receipt{Number: string(c.Invite.ID), Agency: c.Invite.From.AgencyName, Client: c.DisplayName(), Address: string(c.Email),
		Tax: w.TaxWords(deal.Tax), in: w,
		Chosen: c.Payment.Interval, State: w.StateOf(c, now)}
	for _, l := range deal.Lines {
		r.Lines = append(r.Lines, Line{l.In(w.Language), l.Month.Amount.In(w.Language), l.Year.Amount.In(w.Language)})
	}
	month, err := deal.Sum(payment.Month)
	if err != nil {
		return nil, err
	}
	year, err := deal.Sum(payment.Year)
	if err != nil {
		return nil, err
	}
	r.Totals = append(r.Totals, Line{w.beside(w.Say("money.total"), deal.Tax), month.Total.In(w.Language),
		year.Total.In(w.Language)})
	if deal.Tax.Rate > 0 {
		r.Totals = append(r.Totals,
			Line{w.Say("receipt.vat", "rate", deal.Tax.Percent(w.Language)), month.Tax.In(w.Language), year.Tax.In(w.Language)})
	}
	s, err := deal.Saving()
	if err != nil {
		return nil, err
	}
	r.Saving = w.SavingWords(s)
	r.facts(c, deal, month.Total.Currency)
	if c.Payment.Interval != "" && !c.Payment.PaidAt.IsZero() {
		paid := month.Total
		if c.Payment.Interval == payment.Year {
			paid = year.Total
		}
		sum := w.beside(paid.In(w.Language), deal.Tax)
		if c.Payment.Interval == payment.Year {
			r.Notes = append(r.Notes, w.Say("receipt.each_year", "sum", sum))
		} else {
			r.Notes = append(r.Notes, w.Say("receipt.each_month", "sum", sum))
		}
	}
	locked, terms := w.Say("receipt.locked"), w.Say("receipt.terms")
	if c.Handed {
		locked = w.Say("receipt.locked_change")
	}
	if c.AgencyPays() {
		terms = w.Say("receipt.terms_agency")
	}
	r.Notes = append(r.Notes, locked, terms)
	return r, nil
}

func (r *Receipt) facts(c *client.Client, deal *contract.Contract, currency string) {
	w := r.in
	say := func(term, text string) { r.Facts = append(r.Facts, Fact{term, text}) }
	day := func(term string, t time.Time) {
		if !t.IsZero() {
			say(term, w.Day(t))
		}
	}
	say(w.Say("receipt.currency"), currency)
	if note := []rune(deal.Tax.In(w.Language)); len(note) > 0 {
		say(w.Say("receipt.tax"), string(unicode.ToUpper(note[0]))+string(note[1:]))
	}
	if l := Agreed(c); l != "" {
		say(w.Say("receipt.shown_in"), l.Name())
	}
	day(w.Say("receipt.locked_on"), deal.At)
	day(w.Say("receipt.invited_on"), c.Invite.CreatedAt)
	switch c.Payment.Interval {
	case payment.Month:
		say(w.Say("receipt.chosen"), w.Say("contract.monthly"))
	case payment.Year:
		say(w.Say("receipt.chosen"), w.Say("contract.annual"))
	default:
		say(w.Say("receipt.chosen"), w.Say("receipt.undecided"))
	}
	p := c.Payment
	day(w.Say("receipt.first_paid"), p.PaidAt)
	if p.State.Open() {
		day(w.Say("receipt.paid_until"), p.PeriodEnd)
		day(w.Say("receipt.ends_on"), p.End())
	}
	day(w.Say("receipt.failed_on"), p.PastDueSince)
	if !p.PaidAt.IsZero() || p.State == subscription.Canceled {
		day(w.Say("receipt.ended_on"), p.EndedAt)
	}
	if !c.EndedAt.IsZero() {
		text := w.Day(c.EndedAt)
		switch c.EndedBy {
		case client.ByAgency:
			text = w.Say("receipt.by_agency", "day", w.Day(c.EndedAt))
		case client.ByClient:
			text = w.Say("receipt.by_client", "day", w.Day(c.EndedAt))
		}
		say(w.Say("receipt.portal_ended"), text)
	}
}

// StateOf says how the payment of a relationship with a contract stands.
func (w Wording) StateOf(c *client.Client, now time.Time) State {
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
		return State{Over, w.Say("receipt.refunded"), w.Say("receipt.refunded_text")}
	case p.State == subscription.Canceled && p.PaidAt.IsZero():
		return State{Over, w.Say("receipt.refunded"), w.Say("receipt.late_text")}
	case p.State == subscription.Active && !p.End().IsZero():
		text := w.Say("money.ends_text", "day", w.Day(p.End()))
		if !p.Ending {
			text = w.Say("money.ends_later_text", "renewal", w.Day(p.PeriodEnd), "day", w.Day(p.End()))
		}
		return State{Waiting, w.Say("money.ends", "day", w.Day(p.End())), text}
	case p.State == subscription.Active && p.Inquiry:
		return State{Fine, w.Say("receipt.paid"), w.Say("receipt.paid_text", "day", w.Day(p.PeriodEnd)) + " " +
			w.Say("money.inquiry_state_text")}
	case p.State == subscription.Active:
		return State{Fine, w.Say("receipt.paid"), w.Say("receipt.renews", "day", w.Day(p.PeriodEnd))}
	case p.State == subscription.PastDue:
		word := w.Say("receipt.past_due")
		text := w.Say("receipt.past_due_text")
		if p.Asked != "" {
			word, text = w.Say("money.confirm_state"), w.Say("money.confirm_state_text")
		}
		if end := p.End(); !end.IsZero() {
			text += " " + w.Say("money.ends_past_due", "day", w.Day(end))
		}
		return State{Wrong, word, text}
	case p.State == subscription.Disputed:
		return State{Wrong, w.Say("receipt.disputed"), w.Say("receipt.disputed_text")}
	case p.State == subscription.Unpaid:
		return State{Over, w.Say("receipt.ended"), w.Say("receipt.unpaid_text", "day", w.Day(p.EndedAt))}
	case p.Over() && p.State == subscription.CheckoutOpen:
		return State{Waiting, w.Say("receipt.ended"), w.Say("receipt.restarting_text")}
	case p.Over() && p.EndedAt.IsZero():
		return State{Over, w.Say("receipt.ended"), w.Say("receipt.ended_text")}
	case p.Over():
		return State{Over, w.Say("receipt.ended"), w.Say("receipt.ended_on_text", "day", w.Day(p.EndedAt))}
	}
	switch i := c.Invite; {
	case i.At(now) == invite.Expired && p.State != subscription.CheckoutOpen:
		return State{Over, w.Say("receipt.not_paid"), w.Say("receipt.expired_text", "day", w.Day(i.ExpiresAt))}
	case i.WasDeclined():
		return State{Over, w.Say("receipt.not_paid"), w.Say("receipt.declined_text")}
	case !i.Undecided() && i.Status != invite.Accepted:
		return State{Over, w.Say("receipt.not_paid"), w.Say("receipt.invitation_ended_text")}
	case p.State == subscription.CheckoutOpen:
		return State{Waiting, w.Say("receipt.checkout"),
			w.Say("receipt.checkout_text", "moment", w.Moment(p.Checkout.ExpiresAt))}
	default:
		return State{Waiting, w.Say("receipt.not_paid_yet"), w.Say("receipt.open_text", "day", w.Day(i.ExpiresAt))}
	}
}

// Day is a date in English, in UTC.
func Day(t time.Time) string { return In(words.English).Day(t) }

// Day is a date, in UTC.
func (w Wording) Day(t time.Time) string { return w.Date(t.UTC()) }

// Moment is a date and time, in UTC.
func (w Wording) Moment(t time.Time) string { return w.Language.Moment(t.UTC()) }

// TaxWords is a sentence in English about how a contract is taxed; "" where nobody has chosen.
func TaxWords(t contract.Tax) string { return In(words.English).TaxWords(t) }

// TaxWords is a sentence about how a contract is taxed; "" where nobody has chosen.
func (w Wording) TaxWords(t contract.Tax) string {
	switch t.Way {
	case contract.Untaxed:
		return w.Say("receipt.no_tax")
	case contract.Worked:
		return w.Say("receipt.plus_tax")
	}
	if note := t.In(w.Language); note != "" {
		return w.Say("receipt.prices", "note", note)
	}
	return ""
}

// beside puts what is said of tax beside a price: "Total, incl. 19 % VAT".
func (w Wording) beside(s string, t contract.Tax) string {
	if note := t.In(w.Language); note != "" {
		return s + ", " + note
	}
	return s
}

// SavingWords is what annual saves; "" for nothing.
func (w Wording) SavingWords(s money.Saving) string {
	if s.Amount.IsZero() {
		return ""
	}
	return w.Say("receipt.saving", "amount", s.Amount, "percent", s.Percent)
}

// width is of the text's lines, in characters.
const width = 72

// Text is the receipt as plain text, for keeping: dated, since the payment goes on.
func (r *Receipt) Text(now time.Time) string {
	var b strings.Builder
	line := func(parts ...string) { b.WriteString(strings.TrimRight(strings.Join(parts, ""), " ") + "\n") }
	rule := strings.Repeat("-", width)
	line(r.in.Say("receipt.title", "number", r.Number))
	line(r.in.Say("receipt.as_of", "moment", r.in.Moment(now)))
	line()
	line(cell(r.in.Say("contract.agency"), 26), r.Agency)
	line(cell(r.in.Say("contract.client"), 26), r.Client)
	if r.Address != r.Client {
		line(cell("", 26), r.Address)
	}
	line()
	row := func(l Line) { line(cell(l.Name, 40), right(l.Month, 16), right(l.Year, 16)) }
	row(Line{r.in.Say("contract.bought"), r.in.Say("contract.monthly"), r.in.Say("contract.annual")})
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
		line(r.in.Say("contract.saves", "saving", r.Saving))
	}
	if r.Tax != "" {
		for _, l := range fold(r.Tax, width) {
			line(l)
		}
	}
	line()
	line(cell(r.in.Say("receipt.payment"), 26), r.State.Word)
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
