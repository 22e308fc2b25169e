package stripe

import (
	"context"

	"github.com/stripe/stripe-go/v85"

	"latchkey.dev/shared/domain/payment"
)

// LastPayment is the payment of a subscription's newest paid invoice
// (https://docs.stripe.com/api/invoices/list, https://docs.stripe.com/api/payment_intents/retrieve). The zero Payment, without
// an Intent, says that no money was taken: nothing was ever paid, or all that was due was nothing.
func (c *Client) LastPayment(ctx context.Context, subscription string) (payment.Payment, error) {
	params := &stripe.InvoiceListParams{Subscription: stripe.String(subscription), Status: stripe.String(string(stripe.InvoiceStatusPaid))}
	params.Limit = stripe.Int64(10)
	params.AddExpand("data.payments")
	for i, err := range c.api.V1Invoices.List(ctx, params).All(ctx) {
		if err != nil {
			return payment.Payment{}, explain(err)
		}
		if i.Payments == nil {
			continue
		}
		for _, p := range i.Payments.Data {
			if p.Status == "paid" && p.Payment != nil && p.Payment.PaymentIntent != nil {
				paid, err := c.Payment(ctx, p.Payment.PaymentIntent.ID)
				paid.Invoice = i.ID
				return paid, err
			}
		}
	}
	return payment.Payment{}, nil
}

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
	}
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
