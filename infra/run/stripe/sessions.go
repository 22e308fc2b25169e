package stripe

import (
	"cmp"
	"fmt"
	"net/mail"
	"net/url"
	"slices"
	"strings"
)

// createSession takes what the adapter sends, in the form in which Stripe takes it.
func createSession(e *Engine, r *request) (map[string]any, *apiError) {
	s := &session{Created: e.at, ExpiresAt: e.at + day, PaymentStatus: "unpaid", Status: "open", Metadata: map[string]string{}}
	if s.What = r.text("mode"); s.What != "subscription" && s.What != setup {
		return nil, invalid("mode", "", "The stand-in knows mode=subscription and mode=setup only.")
	}
	if types := r.array("payment_method_types"); !slices.Equal(types, []string{"card"}) {
		return nil, invalid("payment_method_types", "", "The stand-in takes cards only.")
	}
	for name, to := range map[string]**string{"success_url": &s.SuccessURL, "cancel_url": &s.CancelURL} {
		if *to = optional(r.text(name)); *to != nil {
			if u, err := url.Parse(strings.ReplaceAll(**to, "{CHECKOUT_SESSION_ID}", "x")); err != nil || u.Scheme == "" || u.Host == "" {
				return nil, invalid(name, "url_invalid", "Not a valid URL")
			}
		}
	}
	if s.SuccessURL == nil {
		return nil, invalid("success_url", "parameter_missing", "Missing required param: success_url.")
	}
	if s.Reference = optional(r.text("client_reference_id")); len(value(s.Reference)) > 200 {
		return nil, invalid("client_reference_id", "", "The reference can be at most 200 characters.")
	}
	var fail *apiError
	if s.Metadata, fail = r.metadata("metadata"); fail != nil {
		return nil, fail
	}
	if s.SubMeta, fail = r.metadata("subscription_data[metadata]"); fail != nil {
		return nil, fail
	}
	switch s.Mode = r.text("subscription_data[billing_mode][type]"); s.Mode {
	case "": // the default since 2025-09-30.clover
		s.Mode = flexible
	case flexible, classic:
	default:
		return nil, invalid("subscription_data[billing_mode][type]", "", "Must be one of classic or flexible")
	}
	if expires, given, fail := r.number("expires_at"); fail != nil {
		return nil, fail
	} else if given {
		if expires < e.at+30*60-60 || expires > e.at+day {
			return nil, invalid("expires_at", "", "The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout "+
				"Session creation.")
		}
		s.ExpiresAt = expires
	}
	steps := []func(*Engine, *request, *session) *apiError{sessionLines, sessionCustomer, sessionSettings}
	if s.What == setup {
		steps, s.PaymentStatus, s.Setup = []func(*Engine, *request, *session) *apiError{sessionSetup, sessionCustomer, sessionSettings},
			"no_payment_required", ref(e.id("seti_"))
	}
	for _, step := range steps {
		if fail := step(e, r, s); fail != nil {
			return nil, fail
		}
	}
	if fail := r.unknown(); fail != nil {
		return nil, fail
	}
	s.ID = e.id("cs_test_")
	s.URL = ref(e.options.Base + "/checkout/" + s.ID)
	put(e, e.state.sessions, "cs", s.ID, s)
	return e.answer(s.ID), nil
}

// sessionSetup holds a session that takes a card alone to what Stripe takes of one
// (https://docs.stripe.com/payments/checkout/save-and-reuse).
func sessionSetup(_ *Engine, r *request, s *session) *apiError {
	switch {
	case r.form.Has("line_items[0][price]"):
		return invalid("line_items", "", "You can not pass `line_items` in `setup` mode.")
	case len(s.SubMeta) > 0:
		return invalid("subscription_data", "", "You can not pass `subscription_data` in `setup` mode.")
	case r.form.Has("automatic_tax[enabled]"), r.form.Has("allow_promotion_codes"):
		return invalid("automatic_tax", "", "You can not pass this in `setup` mode.")
	}
	if how := r.text("customer_creation"); how != "" && how != "always" {
		return invalid("customer_creation", "", "The stand-in knows customer_creation=always only.")
	}
	return nil
}

func sessionLines(e *Engine, r *request, s *session) *apiError {
	for n := 0; r.form.Has(fmt.Sprintf("line_items[%d][price]", n)); n++ {
		name := fmt.Sprintf("line_items[%d]", n)
		id := r.text(name + "[price]")
		quantity, given, fail := r.number(name + "[quantity]")
		if fail != nil {
			return fail
		}
		if !given || quantity < 1 {
			return invalid(name+"[quantity]", "", "Quantity is required, and at least 1.")
		}
		p := e.state.prices.get(id)
		switch {
		case p == nil:
			return &apiError{400, "invalid_request_error", "resource_missing", name + "[price]", "No such price: '" + id + "'"}
		case !p.Active:
			return invalid(name+"[price]", "", "The price specified is inactive. This field only accepts active prices.")
		case s.Currency != "" && s.Currency != p.Currency:
			return invalid("line_items", "", "All prices must have the same currency.")
		case n > 0 && e.state.prices.get(s.Lines[0].Price).Recurring.Interval != p.Recurring.Interval:
			return invalid("line_items", "", "All prices must have the same `interval`.")
		}
		s.Currency = p.Currency
		s.Subtotal += p.UnitAmount * quantity
		s.Lines = append(s.Lines, line{id, quantity})
	}
	s.Total = s.Subtotal
	if len(s.Lines) == 0 {
		return invalid("line_items", "parameter_missing", "Missing required param: line_items.")
	}
	if len(s.Lines) > 20 {
		return invalid("line_items", "", "A subscription has at most 20 items.")
	}
	return nil
}

func sessionCustomer(e *Engine, r *request, s *session) *apiError {
	id, email := r.text("customer"), r.text("customer_email")
	switch {
	case id != "" && email != "":
		return invalid("customer_email", "parameters_exclusive", "You may only specify one of these parameters: customer, customer_email.")
	case id != "":
		u := e.state.customers.get(id)
		if u == nil || u.Deleted {
			return &apiError{400, "invalid_request_error", "resource_missing", "customer", "No such customer: '" + id + "'"}
		}
		s.Customer = &id
		s.Details = &customerDetails{Email: u.Email, Name: u.Name, TaxExempt: "none", TaxIDs: []any{}}
	case email != "":
		if _, err := mail.ParseAddress(email); err != nil {
			return invalid("customer_email", "email_invalid", "Invalid email address: "+email)
		}
		s.Email, s.Creation = &email, ref("always")
		s.Details = &customerDetails{Email: &email, TaxExempt: "none", TaxIDs: []any{}}
	default:
		s.Creation = ref("always")
	}
	if s.What == setup && s.Customer == nil && !r.form.Has("customer_creation") {
		s.Creation = nil // in this mode no customer is made unless it is asked for
	}
	for _, part := range []string{"address", "name"} {
		switch r.text("customer_update[" + part + "]") {
		case "", "never":
		case "auto":
			if id == "" {
				return invalid("customer_update", "", "`customer_update` can only be used with `customer`.")
			}
		default:
			return invalid("customer_update["+part+"]", "", "Must be one of auto or never")
		}
	}
	return nil
}

func sessionSettings(_ *Engine, r *request, s *session) *apiError {
	tax, fail := r.flag("automatic_tax[enabled]")
	if fail != nil {
		return fail
	}
	if s.AutomaticTax.Enabled = tax; tax {
		s.AutomaticTax.Liability, s.AutomaticTax.Provider = map[string]any{"type": "self"}, "stripe"
		s.AutomaticTax.Status = ref("requires_location_inputs")
		if s.Customer != nil && !r.form.Has("customer_update[address]") {
			return invalid("customer_update", "customer_tax_location_invalid",
				"Automatic tax calculation in Checkout requires a valid address on the Customer. Set customer_update[address] to 'auto'.")
		}
	}
	promo, fail := r.flag("allow_promotion_codes")
	if fail != nil {
		return fail
	}
	if promo {
		s.AllowPromotion = &promo
	}
	ids, fail := r.flag("tax_id_collection[enabled]")
	if fail != nil {
		return fail
	}
	if ids {
		s.TaxIDs = &struct {
			Enabled  bool   `json:"enabled"`
			Required string `json:"required"`
		}{true, "never"}
		if s.Customer != nil && r.text("customer_update[name]") != "auto" {
			return invalid("tax_id_collection", "", "Tax ID collection requires customer_update[name] to be 'auto' for an existing "+
				"customer.")
		}
	}
	if s.Locale, fail = r.locale(); fail != nil {
		return fail
	}
	switch how := r.text("billing_address_collection"); how {
	case "":
	case "auto", "required":
		s.BillingAddress = &how
	default:
		return invalid("billing_address_collection", "", "Must be one of auto or required")
	}
	return nil
}

func expireSession(e *Engine, r *request) (map[string]any, *apiError) {
	s := e.state.sessions.get(r.id)
	if s == nil {
		return nil, missing("checkout.session", r.id)
	}
	if fail := r.unknown(); fail != nil {
		return nil, fail
	}
	if s.Status != "open" {
		return nil, invalid("", "", fmt.Sprintf("Only Checkout Sessions with a status in [\"open\"] can be expired. This Checkout "+
			"Session has a status of %q.", s.Status))
	}
	e.expireSession(s)
	return e.answer(s.ID), nil
}

func listSessions(e *Engine, r *request) (map[string]any, *apiError) {
	customer, email, sub, status := r.text("customer"), r.text("customer_details[email]"), r.text("subscription"), r.text("status")
	var ids []string
	for _, s := range e.state.sessions.newest() {
		mail := ""
		if s.Details != nil {
			mail = value(s.Details.Email)
		}
		if (customer == "" || value(s.Customer) == customer) && (email == "" || mail == email) &&
			(sub == "" || value(s.Subscription) == sub) && (status == "" || s.Status == status) {
			ids = append(ids, s.ID)
		}
	}
	return e.page(r, "/v1/checkout/sessions", ids)
}

// locales are those that Stripe's pages have, as API version 2026-03-25.dahlia names them for checkouts and the billing portal.
var locales = strings.Fields("auto bg cs da de el en en-GB es es-419 et fi fil fr fr-CA hr hu id it ja ko lt lv ms mt nb nl pl pt " +
	"pt-BR ro ru sk sl sv th tr vi zh zh-HK zh-TW")

func (r *request) locale() (*string, *apiError) {
	l := r.text("locale")
	if l != "" && !slices.Contains(locales, l) {
		return nil, invalid("locale", "", "Invalid locale: must be one of "+strings.Join(locales, ", "))
	}
	return optional(l), nil
}

// updateCustomer has a customer be written to in other languages, or pay by another card of theirs.
func updateCustomer(e *Engine, r *request) (map[string]any, *apiError) {
	u := e.state.customers.get(r.id)
	if u == nil || u.Deleted {
		return nil, missing("customer", r.id)
	}
	locales, card := r.array("preferred_locales"), r.text("invoice_settings[default_payment_method]")
	if fail := r.unknown(); fail != nil {
		return nil, fail
	}
	if m := e.state.methods.get(card); card != "" && (m == nil || m.Customer != u.ID) {
		return nil, &apiError{400, "invalid_request_error", "resource_missing", "invoice_settings[default_payment_method]",
			"The customer does not have a payment method with the ID " + card + "."}
	}
	if locales != nil {
		u.Locales = locales
	}
	if card != "" {
		u.Settings.DefaultPaymentMethod = card
	}
	put(e, e.state.customers, "cus", u.ID, u)
	return e.answer(u.ID), nil
}

func createPortal(e *Engine, r *request) (map[string]any, *apiError) {
	id := r.text("customer")
	if u := e.state.customers.get(id); u == nil || u.Deleted {
		return nil, &apiError{400, "invalid_request_error", "resource_missing", "customer", "No such customer: '" + id + "'"}
	}
	p := &portal{ID: e.id("bps_"), Created: e.at, Customer: id, ReturnURL: optional(r.text("return_url"))}
	p.URL = e.options.Base + "/portal/" + p.ID
	var fail *apiError
	if p.Locale, fail = r.locale(); fail != nil {
		return nil, fail
	}
	if p.Flow, fail = portalFlow(e, r, id); fail != nil {
		return nil, fail
	}
	if fail = r.unknown(); fail != nil {
		return nil, fail
	}
	put(e, e.state.portals, "bps", p.ID, p)
	return e.answer(p.ID), nil
}

// portalFlow is the one thing that a visit to the portal is for; nil for all that there is. Of those that Stripe has it takes
// cancelling, of a subscription that goes on, with a way back of its own.
func portalFlow(e *Engine, r *request, customer string) (*flow, *apiError) {
	const of = "flow_data[subscription_cancel][subscription]"
	f := &flow{Type: r.text("flow_data[type]")}
	if f.Type == "" {
		return nil, nil //nolint:nilnil // nothing alone
	}
	f.Cancel.Subscription = r.text(of)
	f.After.Type = cmp.Or(r.text("flow_data[after_completion][type]"), "portal_homepage")
	if to, there := r.take("flow_data[after_completion][redirect][return_url]"); there {
		f.After.Redirect = &redirect{to}
	}
	s := e.state.subscriptions.get(f.Cancel.Subscription)
	switch {
	case f.Type != "subscription_cancel":
		return nil, invalid("flow_data[type]", "", "The stand-in knows subscription_cancel alone.")
	case (f.After.Type == "redirect") != (f.After.Redirect != nil):
		return nil, invalid("flow_data[after_completion][redirect]", "parameter_missing", "A redirect needs its return_url.")
	case s == nil || s.Customer != customer:
		return nil, invalid(of, "resource_missing", "No such subscription: '"+f.Cancel.Subscription+"'")
	case s.final() || s.CancelAt != nil:
		return nil, invalid(of, "", "The subscription is already set to be canceled at period end, or has ended.")
	}
	return f, nil
}
