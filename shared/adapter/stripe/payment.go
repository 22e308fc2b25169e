package stripe

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v85"

	"latchkey.dev/shared/domain/payment"
)

// LastPayment is the payment of a subscription's newest paid invoice, and until when its invoices are paid
// (https://docs.stripe.com/api/invoices/list, https://docs.stripe.com/api/payment_intents/retrieve). The zero Payment, without
// an Intent, says that no money was taken: nothing was ever paid, or all that was due was nothing.
func (c *Client) LastPayment(ctx context.Context, subscription string) (payment.Payment, error) {
	params := &stripe.InvoiceListParams{Subscription: stripe.String(subscription), Status: stripe.String(string(stripe.InvoiceStatusPaid))}
	params.Limit = stripe.Int64(10)
	params.AddExpand("data.payments")
	until, seen := time.Time{}, 0
	for i, err := range c.api.V1Invoices.List(ctx, params).All(ctx) {
		if err != nil {
			return payment.Payment{}, explain(err)
		}
		if end := paidUntil(i); end.After(until) {
			until = end
		}
		if intent := paidBy(i); intent != "" {
			paid, err := c.Payment(ctx, intent)
			paid.Invoice, paid.Until = i.ID, until
			return paid, err
		}
		if seen++; seen == most {
			break
		}
	}
	return payment.Payment{Until: until}, nil
}

// paidBy is the payment intent that has paid an invoice; "" for one that was paid otherwise, or where nothing was due.
func paidBy(i *stripe.Invoice) string {
	if i.Payments == nil {
		return ""
	}
	for _, p := range i.Payments.Data {
		if p.Status == "paid" && p.Payment != nil && p.Payment.PaymentIntent != nil {
			return p.Payment.PaymentIntent.ID
		}
	}
	return ""
}

// paidUntil is the end of the period that an invoice is for: of the line that ends first, leaving out what is credited or
// charged for a part of a period.
func paidUntil(i *stripe.Invoice) time.Time {
	var end time.Time
	if i.Lines == nil {
		return end
	}
	for _, l := range i.Lines.Data {
		part := l.Parent != nil && l.Parent.SubscriptionItemDetails != nil && l.Parent.SubscriptionItemDetails.Proration
		if part || l.Amount < 0 || l.Period == nil {
			continue
		}
		if e := at(l.Period.End); end.IsZero() || e.Before(end) {
			end = e
		}
	}
	return end
}

// Owed is what a subscription's newest invoice still wants of its payer (https://docs.stripe.com/api/invoices/retrieve,
// https://docs.stripe.com/billing/subscriptions/overview#requires-action).
func (c *Client) Owed(ctx context.Context, s payment.Subscription) (payment.Owed, error) {
	if s.LatestInvoice == "" {
		return payment.Owed{}, nil
	}
	params := &stripe.InvoiceRetrieveParams{}
	params.AddExpand("payments")
	i, err := c.api.V1Invoices.Retrieve(ctx, s.LatestInvoice, params)
	if err != nil {
		return payment.Owed{}, explain(err)
	}
	if i.Status != stripe.InvoiceStatusOpen {
		return payment.Owed{}, nil
	}
	out := payment.Owed{Invoice: i.ID, URL: c.page(i.HostedInvoiceURL)}
	if i.Payments == nil {
		return out, nil
	}
	for _, p := range i.Payments.Data {
		if p.Payment == nil || p.Payment.PaymentIntent == nil || p.Status != "open" {
			continue
		}
		wanted, err := c.Payment(ctx, p.Payment.PaymentIntent.ID)
		if err != nil {
			return out, err
		}
		out.Confirm = out.Confirm || wanted.NeedsStep
	}
	return out, nil
}

// longestPage is more than any address of an invoice's page has characters.
const longestPage = 2048

// page returns the address of a page of Stripe's when it is one: https, at stripe.com or below it, or where the stand-in is.
// Everything else becomes "": it would be shown to people as a place for their card.
func (c *Client) page(address string) string {
	u, err := url.Parse(address)
	switch {
	case address == "" || len(address) > longestPage || err != nil || u.User != nil || u.Opaque != "":
		return ""
	case strings.TrimFunc(address, func(r rune) bool { return r > ' ' && r < 0x7f }) != "" || strings.ContainsAny(address, " \"<>\\"):
		return ""
	case u.Scheme == "https" && (u.Host == "stripe.com" || strings.HasSuffix(u.Host, ".stripe.com")):
		return address
	case c.pages != "" && strings.HasPrefix(address, c.pages+"/"):
		return address
	}
	return ""
}

// authentication is the code of a payment that the bank has declined because nobody was there to confirm it
// (https://docs.stripe.com/declines/codes).
const authentication = "authentication_required"

// Payment reads a payment intent with its charge (https://docs.stripe.com/api/payment_intents/retrieve).
func (c *Client) Payment(ctx context.Context, intent string) (payment.Payment, error) {
	params := &stripe.PaymentIntentRetrieveParams{}
	params.AddExpand("latest_charge")
	i, err := c.api.V1PaymentIntents.Retrieve(ctx, intent, params)
	if err != nil {
		return payment.Payment{}, explain(err)
	}
	out := payment.Payment{
		Intent: i.ID, Amount: amount(i.AmountReceived, i.Currency), Refunded: amount(0, i.Currency),
		Succeeded: i.Status == stripe.PaymentIntentStatusSucceeded, CreatedAt: at(i.Created),
	}
	if i.Customer != nil {
		out.Customer = i.Customer.ID
	}
	if i.LastPaymentError != nil {
		out.DeclineCode = string(i.LastPaymentError.DeclineCode)
		out.NeedsStep = i.LastPaymentError.Code == authentication || i.LastPaymentError.DeclineCode == authentication
	}
	out.NeedsStep = !out.Succeeded && (out.NeedsStep || i.Status == stripe.PaymentIntentStatusRequiresAction)
	if ch := i.LatestCharge; ch != nil {
		out.Charge, out.Disputed, out.Refunded, out.RefundedFull = ch.ID, ch.Disputed, amount(ch.AmountRefunded, i.Currency), ch.Refunded
	}
	return out, nil
}

// Refund gives money back (https://docs.stripe.com/api/refunds/create). A payment that was given back before is no error:
// the newest refund of it is returned. A disputed payment is Refused with the code charge_disputed.
func (c *Client) Refund(ctx context.Context, r payment.RefundRequest) (payment.Refund, error) {
	params := &stripe.RefundCreateParams{PaymentIntent: stripe.String(r.Intent), Metadata: r.Metadata}
	if r.IdempotencyKey != "" {
		params.SetIdempotencyKey(r.IdempotencyKey)
	}
	if !r.Amount.IsZero() {
		params.Amount = stripe.Int64(r.Amount.Minor)
	}
	out, err := c.api.V1Refunds.Create(ctx, params)
	if err = explain(err); code(err) == stripe.ErrorCodeChargeAlreadyRefunded {
		list := &stripe.RefundListParams{PaymentIntent: stripe.String(r.Intent)}
		list.Limit = stripe.Int64(1)
		before, again := collect(ctx, c.api.V1Refunds.List(ctx, list), 1, refund)
		if again != nil {
			return payment.Refund{}, again
		}
		if len(before) == 1 {
			return before[0], nil
		}
	}
	if err != nil {
		return payment.Refund{}, err
	}
	return refund(out), nil
}

// RefundLast gives a subscription's last payment back, whole. The zero Refund says that there was none.
func (c *Client) RefundLast(ctx context.Context, subscription, idempotencyKey string) (payment.Refund, error) {
	p, err := c.LastPayment(ctx, subscription)
	if err != nil || p.Intent == "" {
		return payment.Refund{}, err
	}
	return c.Refund(ctx, payment.RefundRequest{IdempotencyKey: idempotencyKey, Intent: p.Intent})
}

func refund(r *stripe.Refund) payment.Refund {
	out := payment.Refund{ID: r.ID, Status: payment.RefundStatus(r.Status), Amount: amount(r.Amount, r.Currency)}
	if r.PaymentIntent != nil {
		out.Intent = r.PaymentIntent.ID
	}
	return out
}

// DisputesOf lists the disputes of a payment intent, newest first (https://docs.stripe.com/api/disputes/list).
func (c *Client) DisputesOf(ctx context.Context, intent string) ([]payment.Dispute, error) {
	params := &stripe.DisputeListParams{PaymentIntent: stripe.String(intent)}
	params.Limit = stripe.Int64(100)
	return collect(ctx, c.api.V1Disputes.List(ctx, params), most, dispute)
}

// Dispute reads a dispute (https://docs.stripe.com/api/disputes/retrieve).
func (c *Client) Dispute(ctx context.Context, id string) (payment.Dispute, error) {
	d, err := c.api.V1Disputes.Retrieve(ctx, id, nil)
	if err != nil {
		return payment.Dispute{}, explain(err)
	}
	return dispute(d), nil
}

func dispute(d *stripe.Dispute) payment.Dispute {
	out := payment.Dispute{ID: d.ID, Status: payment.DisputeStatus(d.Status), Amount: amount(d.Amount, d.Currency),
		Reason: string(d.Reason)}
	if d.PaymentIntent != nil {
		out.Intent = d.PaymentIntent.ID
	}
	if d.Charge != nil {
		out.Charge = d.Charge.ID
	}
	return out
}

// Invoices lists a customer's newest invoices, at most 100, drafts left out (https://docs.stripe.com/api/invoices/list).
// Their pages and PDFs open for whoever has the link, for some weeks: ask anew, and keep them nowhere.
func (c *Client) Invoices(ctx context.Context, customer string) ([]payment.Invoice, error) {
	params := &stripe.InvoiceListParams{Customer: stripe.String(customer)}
	params.Limit = stripe.Int64(100)
	all, err := collect(ctx, c.api.V1Invoices.List(ctx, params), 100, invoice)
	if err != nil {
		return nil, err
	}
	issued := all[:0]
	for _, i := range all {
		if i.Status != payment.InvoiceDraft {
			issued = append(issued, i)
		}
	}
	return issued, nil
}

// Invoice reads an invoice (https://docs.stripe.com/api/invoices/retrieve).
func (c *Client) Invoice(ctx context.Context, id string) (payment.Invoice, error) {
	i, err := c.api.V1Invoices.Retrieve(ctx, id, nil)
	if err != nil {
		return payment.Invoice{}, explain(err)
	}
	return invoice(i), nil
}

func invoice(i *stripe.Invoice) payment.Invoice {
	out := payment.Invoice{
		ID: i.ID, Number: i.Number, Status: payment.InvoiceStatus(i.Status), Total: amount(i.Total, i.Currency),
		Due:      amount(i.AmountRemaining, i.Currency),
		Attempts: i.AttemptCount, CreatedAt: at(i.Created), NextAttempt: at(i.NextPaymentAttempt), HostedURL: i.HostedInvoiceURL,
		PDF: i.InvoicePDF,
	}
	if i.Customer != nil {
		out.Customer = i.Customer.ID
	}
	// Since 2025-03-31.basil an invoice names what it is of as its parent.
	if i.Parent != nil && i.Parent.SubscriptionDetails != nil && i.Parent.SubscriptionDetails.Subscription != nil {
		out.Subscription = i.Parent.SubscriptionDetails.Subscription.ID
	}
	return out
}
