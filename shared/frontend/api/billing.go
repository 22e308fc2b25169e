package api

import (
	"context"
	"net/http"
	"time"

	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/contract"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/money"
	"latchkey.dev/shared/domain/payment"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/billing"
	"latchkey.dev/shared/usecase/onboarding"
	"latchkey.dev/shared/usecase/signin"
	"latchkey.dev/shared/view/receipt"
)

// MoneyBody is an amount of money.
type MoneyBody struct {
	Minor    int64  `json:"minor" doc:"In the currency's smallest unit, such as cents." example:"4900"`
	Currency string `json:"currency" example:"EUR"`
	Text     string `json:"text" doc:"The same for people to read." example:"€49.00"`
}

func moneyBody(a money.Amount) MoneyBody { return MoneyBody{a.Minor, a.Currency, a.String()} }

// LineBody is one line of a contract.
type LineBody struct {
	Product   string    `json:"product" enum:"hosting,whatsapp,max"`
	Name      string    `json:"name" example:"n8n Hosting, 30 GB"`
	StorageGB int       `json:"storageGb,omitempty" example:"30"`
	Month     MoneyBody `json:"month"`
	Year      MoneyBody `json:"year"`
}

// SumBody is what is paid each interval.
type SumBody struct {
	Net   MoneyBody `json:"net"`
	Tax   MoneyBody `json:"tax" doc:"0 if it depends on the payer's address. See tax."`
	Total MoneyBody `json:"total"`
}

// ContractBody is what a client is asked to buy, at the prices at which it was asked. It never changes.
type ContractBody struct {
	Lines   []LineBody `json:"lines"`
	Tax     string     `json:"tax" enum:"none,inclusive,automatic" doc:"inclusive: in the price. automatic: added at checkout."`
	TaxRate float64    `json:"taxRate,omitempty" doc:"Percent, if tax is inclusive." example:"19"`
	TaxText string     `json:"taxText" doc:"Show this beside every price." example:"incl. 19 % VAT"`
	Month   SumBody    `json:"month"`
	Year    SumBody    `json:"year"`
	Saving  struct {
		Amount  MoneyBody `json:"amount" doc:"What a year saves against twelve months. 0 if nothing."`
		Percent int       `json:"percent" example:"16"`
	} `json:"saving"`
	PricesAt Time `json:"pricesAt" doc:"When these prices applied."`
}

func contractBody(c *contract.Contract) (*ContractBody, error) {
	if c == nil {
		return nil, nil //nolint:nilnil // nothing is bought
	}
	b := &ContractBody{Lines: []LineBody{}, Tax: string(c.Tax.Way), TaxRate: float64(c.Tax.Rate) / 100, TaxText: c.Tax.Note(),
		PricesAt: Time(c.At)}
	for _, l := range c.Lines {
		b.Lines = append(b.Lines, LineBody{string(l.Product), l.Name(), l.StorageGB, moneyBody(l.Month.Amount), moneyBody(l.Year.Amount)})
	}
	for _, i := range contract.Intervals() {
		s, err := c.Sum(i)
		if err != nil {
			return nil, err
		}
		into := &b.Month
		if i == payment.Year {
			into = &b.Year
		}
		*into = SumBody{moneyBody(s.Net), moneyBody(s.Tax), moneyBody(s.Total)}
	}
	saving, err := c.Saving()
	if err != nil {
		return nil, err
	}
	b.Saving.Amount, b.Saving.Percent = moneyBody(saving.Amount), saving.Percent
	return b, nil
}

// PaymentBody is how a payment stands.
type PaymentBody struct {
	State     string `json:"state" enum:"none,checkout_open,active,past_due,canceled,unpaid,disputed"`
	Interval  string `json:"interval,omitempty" enum:"month,year" doc:"What the client chose."`
	PaidAt    *Time  `json:"paidAt" doc:"When it was first paid."`
	PeriodEnd *Time  `json:"periodEnd" doc:"It is paid until then."`
	Ending    bool   `json:"ending,omitempty" doc:"Cancelled: it ends at endsAt, and nothing more is charged."`
	EndsAt    *Time  `json:"endsAt" doc:"When it ends. null while it renews."`
	Confirm   bool   `json:"needsConfirmation,omitempty" doc:"The payer's bank asks them to confirm a payment."`
	Inquiry   bool   `json:"inquiry,omitempty" doc:"The payer's bank asks about a payment. No money has moved."`
}

func paymentBody(c *client.Client) *PaymentBody {
	if c.Contract() == nil {
		return nil
	}
	p := c.Payment
	b := &PaymentBody{State: string(p.State), Interval: string(p.Interval), Ending: p.Ending,
		PaidAt: orNull(p.PaidAt), PeriodEnd: orNull(p.PeriodEnd), EndsAt: orNull(p.End()), Confirm: p.Asked != "", Inquiry: p.Inquiry}
	if b.State == "" {
		b.State = "none"
	}
	return b
}

// orderBody is what a contract buys, as it was ordered.
func orderBody(c *contract.Contract) *OrderBody {
	if c == nil {
		return nil
	}
	b := &OrderBody{}
	for _, l := range c.Lines {
		switch l.Product {
		case contract.Hosting:
			b.Hosting = &HostingBody{l.StorageGB}
		case contract.WhatsApp:
			b.WhatsApp = true
		}
	}
	return b
}

// CheckoutBody is where the payment goes on.
type CheckoutBody struct {
	URL       string `json:"url" doc:"The payment page. Send the person there."`
	ExpiresAt Time   `json:"expiresAt"`
}

type checkoutInput struct {
	LinkToken
	Body struct {
		Interval string `json:"interval" doc:"month or year." example:"year"`
		Offer    string `json:"offer,omitempty" doc:"As in acceptInvitation." example:"5f0c2f0e7f5e4a52" maxLength:"64"`
		Language string `json:"language,omitempty" doc:"As in acceptInvitation. The contract keeps it." example:"de"`
	}
}

type checkoutOutput struct{ Body CheckoutBody }

// StartCheckout opens the checkout of an invitation that the client pays for.
func StartCheckout(auth *signin.Authenticator, invitations *onboarding.Invitations, checkouts *billing.Checkouts) Operation {
	return operation(auth, described{
		id: "startCheckout", method: http.MethodPost, who: identity.ByPerson.SteppedInside(), tag: tagInvitee, status: 200,
		summary: "Pay for an invitation",
		description: "Needs a sign-in with the invited address. Calling it again gives the same payment page." +
			" Another interval closes the open page and makes a new one.",
		codes: []fault.Code{
			fault.Invalid, fault.WrongAccount, fault.NothingToPay, fault.OfferChanged, fault.AlreadyPaid, fault.PaymentsOff,
			fault.Gone, fault.Expired},
	}, func(ctx context.Context, caller identity.Caller, in *checkoutInput) (*checkoutOutput, error) {
		if err := caller.MustSignIn(); err != nil {
			return nil, err
		}
		ctx, err := Spoken{in.Body.Language}.in(ctx)
		if err != nil {
			return nil, err
		}
		v, err := invitations.View(ctx, in.Token, caller)
		if err != nil {
			return nil, err
		}
		if v.Standing == onboarding.Other {
			return nil, fault.New(fault.WrongAccount, "errors.this_invitation_is_for_sign_out", "to", v.To())
		}
		event.Annotate(ctx, "agency", string(v.Client.Agency), "client", string(v.Client.ID))
		p, err := checkouts.Start(ctx, caller, v.Client.Agency, payment.Interval(in.Body.Interval), in.Body.Offer)
		if err != nil {
			return nil, err
		}
		return &checkoutOutput{CheckoutBody{p.URL, Time(p.ExpiresAt)}}, nil
	})
}

// AgencyChoice names the agency whose client the caller is.
type AgencyChoice struct {
	Body struct {
		Agency string `json:"agency" example:"ag_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	}
}

// whose reads the agency that a request must name. Fault: [fault.Invalid] in agency for none, [fault.NotFound] for what is no id.
func whose(agency string) (id.Agency, error) {
	if agency == "" {
		return "", fault.InField("agency", "errors.name_the_agency_by_its_id")
	}
	return id.ParseAgency(agency)
}

type confirmOutput struct {
	Body struct {
		Joined    bool         `json:"joined" doc:"Whether you are a client now."`
		Payment   *PaymentBody `json:"payment" doc:"null if the invitation costs nothing."`
		PortalURL string       `json:"portalUrl"`
	}
}

// ConfirmCheckout looks whether the payment has come.
func ConfirmCheckout(auth *signin.Authenticator, checkouts *billing.Checkouts, origin string) Operation {
	return operation(auth, described{
		id: "confirmCheckout", method: http.MethodPost, who: identity.ByClient, tag: tagPortal, status: 200,
		summary: "Check for a payment",
		description: "Call it when somebody comes back from the payment page, to find out at once instead of waiting for the " +
			"payment service to tell us. You can call it as often as you like.",
		codes: []fault.Code{fault.Invalid, fault.NotFound},
	}, func(ctx context.Context, caller identity.Caller, in *AgencyChoice) (*confirmOutput, error) {
		from, err := whose(in.Body.Agency)
		if err != nil {
			return nil, err
		}
		c, err := checkouts.Confirm(ctx, caller, from)
		if err != nil {
			return nil, err
		}
		out := &confirmOutput{}
		out.Body.Joined, out.Body.Payment, out.Body.PortalURL = c.Joined(), paymentBody(c), origin+"/portal?agency="+string(c.Agency)
		return out, nil
	})
}

type contractOutput struct{ Body *ContractBody }

// ReceiptBody is a contract with all that is known of it.
type ReceiptBody struct {
	ContractBody
	Payment  *PaymentBody `json:"payment"`
	Language string       `json:"language,omitempty" doc:"The one in which the client read and agreed to it." example:"de"`
	Receipt  string       `json:"receipt" doc:"The contract as plain text, to keep." example:"CONTRACT in_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
}

type receiptOutput struct{ Body *ReceiptBody }

// receiptAnswer answers with the contract; in is the language that the text is in, as far as that is for who reads it to say.
func receiptAnswer(now time.Time, c *client.Client, err error, in func(*client.Client) words.Language) (*receiptOutput, error) {
	if err != nil {
		return nil, err
	}
	b, err := contractBody(c.Contract())
	if err != nil {
		return nil, err
	}
	if b == nil {
		return nil, fault.New(fault.NotFound, "errors.this_invite_has_no_contract_its")
	}
	r, err := receipt.In(in(c)).Of(c, now)
	if err != nil {
		return nil, err
	}
	return &receiptOutput{&ReceiptBody{*b, paymentBody(c), string(receipt.Agreed(c)), r.Text(now)}}, nil
}

// GetContract shows the agency what an invite asks its client to buy.
func GetContract(auth *signin.Authenticator, invites *onboarding.Invites) Operation {
	return operation(auth, described{
		id: "getContract", method: http.MethodGet, who: identity.ByPortal(identity.InvitesRead, identity.See),
		tag: tagInvites, status: 200,
		summary: "Get an invite's contract",
		description: "What the client is asked to buy, at the prices from when you invited them, and how the payment stands. You" +
			" can still read it after it has ended.",
		codes: []fault.Code{fault.NotFound},
	}, func(ctx context.Context, caller identity.Caller, in *InviteRef) (*receiptOutput, error) {
		which, err := id.ParseInvite(in.InviteID)
		if err != nil {
			return nil, err
		}
		c, err := invites.Get(ctx, caller, which)
		return receiptAnswer(auth.Now(), c, err, func(*client.Client) words.Language { return words.English })
	})
}

// GetPortalContract shows a client what it buys, or is asked to.
func GetPortalContract(auth *signin.Authenticator, contracts *billing.Contracts) Operation {
	return operation(auth, described{
		id: "getPortalContract", method: http.MethodGet, who: identity.ByClient, tag: tagPortal, status: 200,
		summary: "Get your contract",
		description: "What you buy through this agency or are asked to buy, and how the payment stands. You can still read it " +
			"after you've left.",
		codes: []fault.Code{fault.Invalid, fault.NotFound},
	}, func(ctx context.Context, caller identity.Caller, in *portalInput) (*receiptOutput, error) {
		from, err := whose(in.Agency)
		if err != nil {
			return nil, err
		}
		c, err := contracts.Relationship(ctx, caller, from)
		return receiptAnswer(auth.Now(), c, err, func(c *client.Client) words.Language {
			words.Speak(words.Contract, words.Receipt, words.Money, words.Payer)
			return receipt.LanguageOf(c, words.English)
		})
	})
}

type quoteInput struct {
	Body struct {
		Order OrderBody `json:"order"`
	}
}

// order is what is to be priced.
func (in *quoteInput) order() contract.Order {
	o := contract.Order{WhatsApp: in.Body.Order.WhatsApp}
	if h := in.Body.Order.Hosting; h != nil {
		if o.StorageGB = h.StorageGB; o.StorageGB == 0 {
			o.StorageGB = -1 // no size at all is none of those that are sold
		}
	}
	return o
}

// QuoteOrder prices an order.
func QuoteOrder(auth *signin.Authenticator, prices *billing.Prices) Operation {
	return operation(auth, described{
		id: "quoteOrder", method: http.MethodPost, who: identity.ByPortal(identity.InvitesWrite, identity.Oversee),
		tag: tagInvites, status: 200,
		summary: "Price an order",
		description: "What a client would pay for this order at today's prices. If you send the invite now, its contract has " +
			"exactly these prices.",
		codes: []fault.Code{fault.Invalid, fault.PaymentsOff},
	}, func(ctx context.Context, caller identity.Caller, in *quoteInput) (*contractOutput, error) {
		c, err := prices.QuoteFor(ctx, caller, in.order())
		if err != nil {
			return nil, err
		}
		if c == nil {
			return nil, fault.InField("order", "errors.an_order_that_buys_nothing_has")
		}
		b, err := contractBody(c)
		return &contractOutput{b}, err
	}, func(in *quoteInput) error {
		_, err := in.order().Articles()
		return err
	})
}

type portalBillingInput struct {
	Body struct {
		Agency string `json:"agency" example:"ag_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
		Cancel bool   `json:"cancel,omitempty" doc:"Opens the page where you cancel what renews, instead."`
	}
}

type agencyBillingInput struct {
	Body *struct {
		Cancel bool `json:"cancel,omitempty" doc:"Opens the page where you cancel Max while it renews, instead."`
	} `required:"false"`
}

type addressOutput struct {
	Body struct {
		URL string `json:"url" doc:"The payment service's page. It works for one visit."`
	}
}

func addressAnswer(url string, err error) (*addressOutput, error) {
	if err != nil {
		return nil, err
	}
	out := &addressOutput{}
	out.Body.URL = url
	return out, nil
}

// OpenBillingPortal leads a client to its card and invoices, or to where it cancels.
func OpenBillingPortal(auth *signin.Authenticator, invoices *billing.Invoices) Operation {
	return operation(auth, described{
		id: "openBillingPortal", method: http.MethodPost, who: identity.ByClient.SteppedInside(), tag: tagPortal, status: 200,
		summary: "Open your billing page",
		description: "Where you change your card, read your invoices and cancel. With cancel it opens where you cancel your " +
			"subscription, or answers 404 if nothing renews.",
		codes: []fault.Code{fault.Invalid, fault.NotFound, fault.PaymentsOff},
	}, func(ctx context.Context, caller identity.Caller, in *portalBillingInput) (*addressOutput, error) {
		from, err := whose(in.Body.Agency)
		if err != nil {
			return nil, err
		}
		if in.Body.Cancel {
			return addressAnswer(invoices.Cancel(ctx, caller, from))
		}
		return addressAnswer(invoices.Page(ctx, caller, from))
	})
}

// OpenAgencyBilling leads an agency's owner to its card and invoices, or to where Max is cancelled.
func OpenAgencyBilling(auth *signin.Authenticator, plans *billing.Plans) Operation {
	return operation(auth, described{
		id: "openAgencyBilling", method: http.MethodPost, who: identity.ByOwner(), tag: tagAgency, status: 200,
		summary:     "Open the agency's billing page",
		description: "Card and invoices. With cancel it opens where you cancel Max, or answers 404 if it doesn't renew. For owners.",
		codes:       []fault.Code{fault.NotFound, fault.PaymentsOff},
	}, func(ctx context.Context, caller identity.Caller, in *agencyBillingInput) (*addressOutput, error) {
		if in.Body != nil && in.Body.Cancel {
			return addressAnswer(plans.Cancel(ctx, caller, "/settings/agency"))
		}
		return addressAnswer(plans.Account(ctx, caller, "/settings/agency"))
	})
}

type planInput struct {
	Body struct {
		Interval string `json:"interval" doc:"month or year." example:"year"`
	}
}

// StartPlanUpgrade opens the checkout of the plan Max.
func StartPlanUpgrade(auth *signin.Authenticator, plans *billing.Plans) Operation {
	return operation(auth, described{
		id: "startPlanUpgrade", method: http.MethodPost, who: identity.ByOwner(), tag: tagAgency, status: 200,
		summary:     "Buy the Max plan",
		description: "For owners. Calling it again gives the same payment page.",
		codes:       []fault.Code{fault.Invalid, fault.Suspended, fault.AlreadyPaid, fault.PaymentsOff},
	}, func(ctx context.Context, caller identity.Caller, in *planInput) (*checkoutOutput, error) {
		p, err := plans.Start(ctx, caller, payment.Interval(in.Body.Interval))
		if err != nil {
			return nil, err
		}
		return &checkoutOutput{CheckoutBody{p.URL, Time(p.ExpiresAt)}}, nil
	})
}
