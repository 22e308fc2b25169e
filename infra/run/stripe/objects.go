package stripe

import (
	"encoding/json"
	"fmt"
)

// The objects hold what moves, under Stripe's names; what stands still in each is in constants. Members that begin with
// an underscore are the stand-in's own and are never answered.

type product struct {
	ID          string  `json:"id"`
	Active      bool    `json:"active"`
	Created     int64   `json:"created"`
	Updated     int64   `json:"updated"`
	Name        string  `json:"name"`
	Description *string `json:"description"`
}

type recurring struct {
	Interval      string `json:"interval"`
	IntervalCount int    `json:"interval_count"`
	Meter         any    `json:"meter"`
	UsageType     string `json:"usage_type"`
}

type price struct {
	ID          string    `json:"id"`
	Active      bool      `json:"active"`
	Created     int64     `json:"created"`
	Currency    string    `json:"currency"`
	LookupKey   *string   `json:"lookup_key"`
	Product     string    `json:"product"`
	Recurring   recurring `json:"recurring"`
	TaxBehavior string    `json:"tax_behavior"`
	UnitAmount  int64     `json:"unit_amount"`
	UnitDecimal string    `json:"unit_amount_decimal"`

	Odd map[string]any `json:"_odd,omitempty"` // members that are answered otherwise, see Engine.Distort
}

type address struct {
	City       *string `json:"city"`
	Country    *string `json:"country"`
	Line1      *string `json:"line1"`
	Line2      *string `json:"line2"`
	PostalCode *string `json:"postal_code"`
	State      *string `json:"state"`
}

type customer struct {
	ID       string            `json:"id"`
	Address  *address          `json:"address"`
	Balance  int64             `json:"balance"` // what the next invoice is less by, counted negative
	Created  int64             `json:"created"`
	Email    *string           `json:"email"`
	Name     *string           `json:"name"`
	Metadata map[string]string `json:"metadata"`
	Locales  []string          `json:"preferred_locales,omitempty"`
	Settings struct {
		CustomFields         any    `json:"custom_fields"`
		DefaultPaymentMethod string `json:"default_payment_method,omitempty"`
		Footer               any    `json:"footer"`
		Rendering            any    `json:"rendering_options"`
	} `json:"invoice_settings"`
	Deleted bool `json:"_deleted,omitempty"`
	Next    int  `json:"next_invoice_sequence"`
}

type method struct {
	ID       string `json:"id"`
	Created  int64  `json:"created"`
	Customer string `json:"customer"`
	Billing  struct {
		Address *address `json:"address"`
		Email   *string  `json:"email"`
		Name    *string  `json:"name"`
		Phone   any      `json:"phone"`
	} `json:"billing_details"`
	Card struct {
		Brand       string `json:"brand"`
		Last4       string `json:"last4"`
		ExpMonth    int    `json:"exp_month"`
		ExpYear     int    `json:"exp_year"`
		Funding     string `json:"funding"`
		Country     string `json:"country"`
		Fingerprint any    `json:"fingerprint"`
	} `json:"card"`
	Number string `json:"_number"` // one of Stripe's test numbers
}

type line struct {
	Price    string `json:"price"`
	Quantity int64  `json:"quantity"`
}

type session struct {
	ID             string            `json:"id"`
	AllowPromotion *bool             `json:"allow_promotion_codes"`
	Subtotal       int64             `json:"amount_subtotal"`
	Total          int64             `json:"amount_total"`
	AutomaticTax   automaticTax      `json:"automatic_tax"`
	BillingAddress *string           `json:"billing_address_collection"`
	Locale         *string           `json:"locale"`
	CancelURL      *string           `json:"cancel_url"`
	Reference      *string           `json:"client_reference_id"`
	Created        int64             `json:"created"`
	Currency       string            `json:"currency"`
	Customer       *string           `json:"customer"`
	Creation       *string           `json:"customer_creation"`
	Details        *customerDetails  `json:"customer_details"`
	Email          *string           `json:"customer_email"`
	ExpiresAt      int64             `json:"expires_at"`
	Invoice        *string           `json:"invoice"`
	Metadata       map[string]string `json:"metadata"`
	PaymentStatus  string            `json:"payment_status"`
	Status         string            `json:"status"`
	Subscription   *string           `json:"subscription"`
	SuccessURL     *string           `json:"success_url"`
	TaxIDs         *struct {
		Enabled  bool   `json:"enabled"`
		Required string `json:"required"`
	} `json:"tax_id_collection,omitempty"`
	Totals struct {
		Discount int64 `json:"amount_discount"`
		Shipping int64 `json:"amount_shipping"`
		Tax      int64 `json:"amount_tax"`
	} `json:"total_details"`
	URL   *string `json:"url"`
	What  string  `json:"mode,omitempty"` // "setup" takes a card alone; "" is subscription
	Setup *string `json:"setup_intent,omitempty"`

	Saved   string            `json:"_payment_method,omitempty"` // the card that a setup has taken
	Lines   []line            `json:"_lines"`
	SubMeta map[string]string `json:"_subscription_metadata"`
	Mode    string            `json:"_billing_mode,omitempty"` // of the subscription that it makes
	Pending *attempt          `json:"_pending,omitempty"`      // waits for 3-D Secure
	Error   string            `json:"_error,omitempty"`        // what the page says of the last try
	Promo   string            `json:"_promo,omitempty"`
}

// attempt is a payment that the bank wants to see confirmed.
type attempt struct{ Method, Subscription, Invoice, Intent string }

type automaticTax struct {
	Enabled   bool    `json:"enabled"`
	Liability any     `json:"liability"`
	Provider  any     `json:"provider"`
	Status    *string `json:"status"`
}

type customerDetails struct {
	Address   *address `json:"address"`
	Email     *string  `json:"email"`
	Name      *string  `json:"name"`
	Phone     any      `json:"phone"`
	TaxExempt string   `json:"tax_exempt"`
	TaxIDs    []any    `json:"tax_ids"`
}

type item struct {
	ID       string            `json:"id"`
	Object   string            `json:"object"`
	Created  int64             `json:"created"`
	Start    int64             `json:"current_period_start"`
	End      int64             `json:"current_period_end"`
	Price    string            `json:"price"` // answered whole
	Quantity int64             `json:"quantity"`
	Metadata map[string]string `json:"metadata"`
	Sub      string            `json:"subscription"`
	Billing  any               `json:"billing_thresholds"`
	Discount []any             `json:"discounts"`
	TaxRates []any             `json:"tax_rates"`
}

type subscription struct {
	ID        string            `json:"id"`
	Anchor    int64             `json:"billing_cycle_anchor"`
	CancelAt  *int64            `json:"cancel_at"`
	AtEnd     bool              `json:"cancel_at_period_end"`
	Canceled  *int64            `json:"canceled_at"`
	Reason    cancellation      `json:"cancellation_details"`
	Created   int64             `json:"created"`
	Currency  string            `json:"currency"`
	Customer  string            `json:"customer"`
	Method    *string           `json:"default_payment_method"`
	Ended     *int64            `json:"ended_at"`
	Latest    *string           `json:"latest_invoice"`
	Metadata  map[string]string `json:"metadata"`
	Paused    *pause            `json:"pause_collection"`
	StartDate int64             `json:"start_date"`
	Status    string            `json:"status"`
	Tax       struct {
		Disabled  any  `json:"disabled_reason"`
		Enabled   bool `json:"enabled"`
		Liability any  `json:"liability"`
	} `json:"automatic_tax"`

	Mode       billingMode `json:"billing_mode"`
	TrialStart *int64      `json:"trial_start,omitempty"`
	TrialEnd   *int64      `json:"trial_end,omitempty"`

	Items   []item `json:"_items"`
	Periods int    `json:"_periods"` // how many have begun, so that the 31st stays the 31st
	Session string `json:"_session,omitempty"`
	Fail    bool   `json:"_fail,omitempty"` // renewals are declined until the card changes
}

// pause is why nothing is collected of a subscription (https://docs.stripe.com/billing/subscriptions/pause-payment).
type pause struct {
	Behavior  string `json:"behavior"`
	ResumesAt *int64 `json:"resumes_at"`
}

// billingMode is how a subscription's periods and ends are counted: "flexible" or "classic". What was made before the
// stand-in knew of it is classic (https://docs.stripe.com/billing/subscriptions/billing-mode).
type billingMode struct {
	Type     string `json:"type"`
	Flexible any    `json:"flexible"`
}

type cancellation struct {
	Comment  any     `json:"comment"`
	Feedback any     `json:"feedback"`
	Reason   *string `json:"reason"`
}

type invoiceLine struct {
	Description string `json:"description"`
	Amount      int64  `json:"amount"`
	Price       string `json:"price"`
	Product     string `json:"product"`
	Item        string `json:"item"`
	Quantity    int64  `json:"quantity"`
	Start       int64  `json:"start"`
	End         int64  `json:"end"`
}

type invoice struct {
	ID           string            `json:"id"`
	Due          int64             `json:"amount_due"`
	Paid         int64             `json:"amount_paid"`
	Remaining    int64             `json:"amount_remaining"`
	Attempts     int64             `json:"attempt_count"`
	Attempted    bool              `json:"attempted"`
	AutoAdvance  bool              `json:"auto_advance"`
	FinalizesAt  *int64            `json:"automatically_finalizes_at"`
	Billing      string            `json:"billing_reason"`
	Created      int64             `json:"created"`
	Currency     string            `json:"currency"`
	Customer     string            `json:"customer"`
	Email        *string           `json:"customer_email"`
	Name         *string           `json:"customer_name"`
	HostedURL    *string           `json:"hosted_invoice_url"`
	PDF          *string           `json:"invoice_pdf"`
	Metadata     map[string]string `json:"metadata"`
	NextAttempt  *int64            `json:"next_payment_attempt"`
	Number       *string           `json:"number"`
	PeriodStart  int64             `json:"period_start"`
	PeriodEnd    int64             `json:"period_end"`
	Starting     int64             `json:"starting_balance"`
	Ending       *int64            `json:"ending_balance"`
	Status       string            `json:"status"`
	Subtotal     int64             `json:"subtotal"`
	Total        int64             `json:"total"`
	Transitions  transitions       `json:"status_transitions"`
	Subscription string            `json:"_subscription"`
	Lines        []invoiceLine     `json:"_lines"`
	Tax          int64             `json:"_tax"`
	Discount     int64             `json:"_discount"`
	Intent       string            `json:"_intent,omitempty"`
	Payment      string            `json:"_payment,omitempty"`
}

type transitions struct {
	Finalized     *int64 `json:"finalized_at"`
	Uncollectible *int64 `json:"marked_uncollectible_at"`
	Paid          *int64 `json:"paid_at"`
	Voided        *int64 `json:"voided_at"`
}

type intent struct {
	ID         string            `json:"id"`
	Amount     int64             `json:"amount"`
	Received   int64             `json:"amount_received"`
	CanceledAt *int64            `json:"canceled_at"`
	Created    int64             `json:"created"`
	Currency   string            `json:"currency"`
	Customer   string            `json:"customer"`
	LastError  *paymentError     `json:"last_payment_error"`
	Latest     *string           `json:"latest_charge"`
	Metadata   map[string]string `json:"metadata"`
	Method     *string           `json:"payment_method"`
	Status     string            `json:"status"`
	Invoice    string            `json:"_invoice"`
}

type paymentError struct {
	Code        string  `json:"code"`
	DeclineCode *string `json:"decline_code,omitempty"`
	Message     string  `json:"message"`
	Type        string  `json:"type"`
}

type charge struct {
	ID       string  `json:"id"`
	Amount   int64   `json:"amount"`
	Captured int64   `json:"amount_captured"`
	Refunded int64   `json:"amount_refunded"`
	Full     bool    `json:"refunded"`
	Created  int64   `json:"created"`
	Currency string  `json:"currency"`
	Customer string  `json:"customer"`
	Disputed bool    `json:"disputed"`
	Failure  *string `json:"failure_code"`
	Message  *string `json:"failure_message"`
	Paid     bool    `json:"paid"`
	Intent   string  `json:"payment_intent"`
	Method   string  `json:"payment_method"`
	Status   string  `json:"status"`
}

type refund struct {
	ID       string            `json:"id"`
	Amount   int64             `json:"amount"`
	Charge   string            `json:"charge"`
	Created  int64             `json:"created"`
	Currency string            `json:"currency"`
	Metadata map[string]string `json:"metadata"`
	Intent   string            `json:"payment_intent"`
	Reason   *string           `json:"reason"`
	Status   string            `json:"status"`
}

type dispute struct {
	ID         string `json:"id"`
	Amount     int64  `json:"amount"`
	Charge     string `json:"charge"`
	Created    int64  `json:"created"`
	Currency   string `json:"currency"`
	Refundable bool   `json:"is_charge_refundable"`
	Intent     string `json:"payment_intent"`
	Reason     string `json:"reason"`
	Status     string `json:"status"`
}

type portal struct {
	ID        string  `json:"id"`
	Created   int64   `json:"created"`
	Customer  string  `json:"customer"`
	Flow      *flow   `json:"flow"`
	Locale    *string `json:"locale"`
	ReturnURL *string `json:"return_url"`
	URL       string  `json:"url"`
}

// flow has a visit to the billing portal do one thing alone: cancel a subscription.
type flow struct {
	Type   string     `json:"type"`
	After  completion `json:"after_completion"`
	Cancel struct {
		Retention    any    `json:"retention"`
		Subscription string `json:"subscription"`
	} `json:"subscription_cancel"`
	Update  any `json:"subscription_update"`
	Confirm any `json:"subscription_update_confirm"`
}

// completion is where a flow leads once its one thing is done.
type completion struct {
	Type         string    `json:"type"`
	Confirmation any       `json:"hosted_confirmation"`
	Redirect     *redirect `json:"redirect"`
}

type redirect struct {
	ReturnURL string `json:"return_url"`
}

type event struct {
	ID      string      `json:"id"`
	Created int64       `json:"created"`
	Data    eventData   `json:"data"`
	Pending int         `json:"pending_webhooks"`
	Request any         `json:"request"`
	Type    string      `json:"type"`
	Seq     int64       `json:"_seq"`
	Sends   []*delivery `json:"_deliveries,omitempty"`
	Wanted  bool        `json:"_wanted"` // an endpoint listens to it
	Taken   bool        `json:"_taken"`
}

type eventData struct {
	Object json.RawMessage `json:"object"`
}

type kept struct {
	Hash   string `json:"hash"`
	Status int    `json:"status"`
	Body   []byte `json:"body"`
	At     int64  `json:"at"`
}

// constants are the members that stand still, as API version 2026-03-25.dahlia names them.
var constants = func() map[string]map[string]any {
	text := map[string]string{
		"product": `{"object":"product","default_price":null,"images":[],"livemode":false,"marketing_features":[],
			"metadata":{},"package_dimensions":null,"shippable":null,"statement_descriptor":null,"tax_code":null,
			"unit_label":null,"url":null}`,
		"price": `{"object":"price","billing_scheme":"per_unit","custom_unit_amount":null,"livemode":false,"metadata":{},
			"nickname":null,"tiers_mode":null,"transform_quantity":null,"type":"recurring"}`,
		"customer": `{"object":"customer","currency":null,"default_source":null,"delinquent":false,"description":null,
			"discount":null,"invoice_prefix":"LATCHKEY","livemode":false,"phone":null,"preferred_locales":[],"shipping":null,
			"tax_exempt":"none","test_clock":null}`,
		"payment_method": `{"object":"payment_method","allow_redisplay":"limited","livemode":false,"metadata":{},
			"type":"card"}`,
		"checkout.session": `{"object":"checkout.session","adaptive_pricing":null,"after_expiration":null,
			"client_secret":null,"collected_information":null,"consent":null,"consent_collection":null,
			"currency_conversion":null,"custom_fields":[],"custom_text":{"after_submit":null,"shipping_address":null,
			"submit":null,"terms_of_service_acceptance":null},"discounts":[],"invoice_creation":null,"livemode":false,
			"locale":null,"mode":"subscription","origin_context":null,"payment_intent":null,"payment_link":null,
			"payment_method_collection":"always","payment_method_configuration_details":null,
			"payment_method_options":{"card":{"request_three_d_secure":"automatic"}},"payment_method_types":["card"],
			"permissions":null,"phone_number_collection":{"enabled":false},"recovered_from":null,
			"saved_payment_method_options":null,"setup_intent":null,"shipping_address_collection":null,"shipping_cost":null,
			"shipping_options":[],"submit_type":null,"ui_mode":"hosted_page","wallet_options":null}`,
		"setup_intent": `{"object":"setup_intent","application":null,"automatic_payment_methods":null,
			"cancellation_reason":null,"client_secret":null,"customer_account":null,"description":null,
			"flow_directions":null,"last_setup_error":null,"latest_attempt":null,"livemode":false,"mandate":null,
			"metadata":{},"next_action":null,"on_behalf_of":null,"payment_method_configuration_details":null,
			"payment_method_options":{"card":{"request_three_d_secure":"automatic"}},"payment_method_types":["card"],
			"single_use_mandate":null,"usage":"off_session"}`,
		"subscription": `{"object":"subscription","application":null,"application_fee_percent":null,
			"billing_cycle_anchor_config":null,"billing_schedules":[],
			"billing_thresholds":null,"collection_method":"charge_automatically","customer_account":null,
			"days_until_due":null,"default_source":null,"default_tax_rates":[],"description":null,"discounts":[],
			"invoice_settings":{"account_tax_ids":null,"issuer":{"type":"self"}},"livemode":false,
			"next_pending_invoice_item_invoice":null,"on_behalf_of":null,
			"payment_settings":{"payment_method_options":null,"payment_method_types":["card"],
			"save_default_payment_method":"off"},"pending_invoice_item_interval":null,"pending_setup_intent":null,
			"pending_update":null,"schedule":null,"test_clock":null,"transfer_data":null,"trial_end":null,
			"trial_settings":{"end_behavior":{"missing_payment_method":"create_invoice"}},"trial_start":null}`,
		"invoice": `{"object":"invoice","account_country":"DE","account_name":"Latchkey, local","account_tax_ids":null,
			"amount_overpaid":0,"amount_paid_off_stripe":0,"amount_shipping":0,"application":null,
			"automatic_tax":{"disabled_reason":null,"enabled":false,"liability":null,"provider":null,"status":null},
			"collection_method":"charge_automatically","custom_fields":null,"customer_account":null,"customer_address":null,
			"customer_phone":null,"customer_shipping":null,"customer_tax_exempt":"none","customer_tax_ids":[],
			"default_payment_method":null,"default_source":null,"default_tax_rates":[],"description":null,"discounts":[],
			"due_date":null,"effective_at":null,"footer":null,"from_invoice":null,"issuer":{"type":"self"},
			"last_finalization_error":null,"latest_revision":null,"livemode":false,"on_behalf_of":null,
			"payment_settings":{"default_mandate":null,"payment_method_options":null,"payment_method_types":null},
			"post_payment_credit_notes_amount":0,"pre_payment_credit_notes_amount":0,"receipt_number":null,"rendering":null,
			"shipping_cost":null,"shipping_details":null,"statement_descriptor":null,"test_clock":null,
			"total_pretax_credit_amounts":[],"webhooks_delivered_at":null}`,
		"payment_intent": `{"object":"payment_intent","amount_capturable":0,"amount_details":{"tip":{}},"application":null,
			"application_fee_amount":null,"automatic_payment_methods":null,"cancellation_reason":null,
			"capture_method":"automatic","client_secret":null,"confirmation_method":"automatic","customer_account":null,
			"description":"Subscription","excluded_payment_method_types":null,"livemode":false,"next_action":null,
			"on_behalf_of":null,"payment_method_configuration_details":null,"payment_method_options":null,
			"payment_method_types":["card"],"processing":null,"receipt_email":null,"review":null,
			"setup_future_usage":"off_session","shipping":null,"statement_descriptor":null,
			"statement_descriptor_suffix":null,"transfer_data":null,"transfer_group":null}`,
		"charge": `{"object":"charge","application":null,"application_fee":null,"application_fee_amount":null,
			"balance_transaction":null,"billing_details":{"address":null,"email":null,"name":null,"phone":null,
			"tax_id":null},"calculated_statement_descriptor":"LATCHKEY","captured":true,"description":"Subscription",
			"failure_balance_transaction":null,"fraud_details":{},"livemode":false,"metadata":{},"on_behalf_of":null,
			"outcome":null,"payment_method_details":null,"receipt_email":null,"receipt_number":null,"receipt_url":null,
			"review":null,"shipping":null,"source_transfer":null,"statement_descriptor":null,
			"statement_descriptor_suffix":null,"transfer_data":null,"transfer_group":null}`,
		"refund": `{"object":"refund","balance_transaction":null,"receipt_number":null,"source_transfer_reversal":null,
			"transfer_reversal":null}`,
		"dispute": `{"object":"dispute","balance_transactions":[],"enhanced_eligibility_types":[],
			"evidence":{"enhanced_evidence":{}},"evidence_details":{"due_by":null,"enhanced_eligibility":{},
			"has_evidence":false,"past_due":false,"submission_count":0},"livemode":false,"metadata":{}}`,
		"billing_portal.session": `{"object":"billing_portal.session","configuration":"bpc_local","customer_account":null,
			"livemode":false,"locale":null,"on_behalf_of":null}`,
		"event": `{"object":"event","api_version":"` + APIVersion + `","livemode":false}`,
	}
	out := map[string]map[string]any{}
	for name, t := range text {
		m := map[string]any{}
		if err := json.Unmarshal([]byte(t), &m); err != nil {
			panic(fmt.Sprintf("%s: %v", name, err))
		}
		out[name] = m
	}
	return out
}()
