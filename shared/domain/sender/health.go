package sender

// HealthDays is how many days a domain's health is about.
const HealthDays = 30

// Health is what became of a domain's mails.
type Health struct {
	Sent, Bounced, Complained int
}

// Rates that receivers and SES act on ("Amazon SES sending review process", Gmail's sender guidelines): SES reviews an account from
// 5 % bounces and 0.1 % complaints on, and may pause one from 10 % and 0.5 %.
const (
	manyBounces    = 0.05
	manyComplaints = 0.001
	// fewMails is below which a rate says nothing.
	fewMails = 50
)

// BounceRate is the share of mails that came back.
func (h Health) BounceRate() float64 { return rate(h.Bounced, h.Sent) }

// ComplaintRate is the share of mails that somebody marked as spam.
func (h Health) ComplaintRate() float64 { return rate(h.Complained, h.Sent) }

// ManyBounces tells whether so many mails come back that receivers begin to hold others back.
func (h Health) ManyBounces() bool { return h.Sent >= fewMails && h.BounceRate() >= manyBounces }

// ManyComplaints tells whether so many mails were marked as spam that receivers begin to hold others back.
func (h Health) ManyComplaints() bool {
	return h.Sent >= fewMails && h.ComplaintRate() >= manyComplaints
}

// Troubled tells whether the rates are such that receivers begin to hold mails back.
func (h Health) Troubled() bool { return h.ManyBounces() || h.ManyComplaints() }

func rate(part, of int) float64 {
	if of == 0 {
		return 0
	}
	return float64(part) / float64(of)
}
