package stripe

import (
	"cmp"
	"fmt"
	"net/mail"
	"net/url"
	"slices"
	"strings"
)

func listPrices(e *Engine, r *request) (map[string]any, *apiError) {
	keys := r.array("lookup_keys")
	if len(keys) > 10 {
		return nil, invalid("lookup_keys", "", "You can specify up to 10 lookup_keys.")
	}
	active, asked := r.take("active")
	var ids []string
	for _, p := range e.state.prices.newest() {
		if (len(keys) == 0 || p.LookupKey != nil && slices.Contains(keys, *p.LookupKey)) && (!asked || fmt.Sprint(p.Active) == active) {
			ids = append(ids, p.ID)
		}
	}
	return e.page(r, "/v1/prices", ids)
}

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

func createPortal(e *Engine, r *request) (map[string]any, *apiError) {
	id := r.text("customer")
	if u := e.state.customers.get(id); u == nil || u.Deleted {
		return nil, &apiError{400, "invalid_request_error", "resource_missing", "customer", "No such customer: '" + id + "'"}
	}
	p := &portal{ID: e.id("bps_"), Created: e.at, Customer: id, ReturnURL: optional(r.text("return_url"))}
	p.URL = e.options.Base + "/portal/" + p.ID
	var fail *apiError
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

func listSubscriptions(e *Engine, r *request) (map[string]any, *apiError) {
	customer, status := r.text("customer"), r.text("status")
	var ids []string
	for _, s := range e.state.subscriptions.newest() {
		wanted := status == "all" || status == s.Status || status == "" && s.Status != "canceled" || status == "ended" && s.final()
		if wanted && (customer == "" || s.Customer == customer) {
			ids = append(ids, s.ID)
		}
	}
	return e.page(r, "/v1/subscriptions", ids)
}

// createSubscription makes a subscription of a customer that begins with a trial, as Stripe does by the API alone
// (https://docs.stripe.com/api/subscriptions/create).
func createSubscription(e *Engine, r *request) (map[string]any, *apiError) {
	u := e.state.customers.get(r.text("customer"))
	if u == nil || u.Deleted {
		return nil, &apiError{400, "invalid_request_error", "resource_missing", "customer", "No such customer"}
	}
	s := &subscription{Created: e.at, StartDate: e.at, Customer: u.ID, Status: "trialing", TrialStart: ref(e.at)}
	card := r.text("default_payment_method")
	if m := e.state.methods.get(card); card != "" && (m == nil || m.Customer != u.ID) {
		return nil, &apiError{400, "invalid_request_error", "resource_missing", "default_payment_method",
			"The customer does not have a payment method with the ID " + card + "."}
	}
	if s.Method = optional(card); card == "" {
		s.Method = optional(u.Settings.DefaultPaymentMethod)
	}
	var fail *apiError
	if s.Metadata, fail = r.metadata("metadata"); fail != nil {
		return nil, fail
	}
	end, given, fail := r.number("trial_end")
	switch {
	case fail != nil:
		return nil, fail
	case !given:
		return nil, invalid("trial_end", "parameter_missing", "The stand-in makes subscriptions with a trial_end only.")
	case end <= e.at || end > e.at+730*day:
		return nil, invalid("trial_end", "", "The trial_end must be in the future, and within two years.")
	}
	if s.Mode.Type = r.text("billing_mode[type]"); s.Mode.Type != flexible {
		return nil, invalid("billing_mode[type]", "", "The stand-in makes subscriptions in the flexible mode only.")
	}
	s.Mode.Flexible = map[string]any{"proration_discounts": "included"}
	if _, fail = r.flag("off_session"); fail != nil {
		return nil, fail
	}
	if s.Tax.Enabled, fail = r.flag("automatic_tax[enabled]"); fail != nil {
		return nil, fail
	}
	if s.Tax.Enabled && u.Address == nil {
		return nil, invalid("automatic_tax[enabled]", "customer_tax_location_invalid",
			"The customer's location isn't recognized. Set a valid customer address in order to automatically calculate tax.")
	}
	s.ID, s.TrialEnd, s.Anchor = e.id("sub_"), &end, end
	bought := &session{}
	for n := 0; r.form.Has(fmt.Sprintf("items[%d][price]", n)); n++ { // under another name they are what a session holds
		for _, part := range []string{"[price]", "[quantity]"} {
			if v, ok := r.take(fmt.Sprintf("items[%d]%s", n, part)); ok {
				name := fmt.Sprintf("line_items[%d]%s", n, part)
				r.form.Set(name, v)
			}
		}
	}
	if fail = sessionLines(e, r, bought); fail != nil {
		return nil, fail
	}
	if fail = r.unknown(); fail != nil {
		return nil, fail
	}
	s.Currency = bought.Currency
	for _, l := range bought.Lines {
		s.Items = append(s.Items, item{ID: e.id("si_"), Object: "subscription_item", Created: e.at, Start: e.at, End: end, Price: l.Price,
			Quantity: l.Quantity, Metadata: map[string]string{}, Sub: s.ID, Discount: []any{}, TaxRates: []any{}})
	}
	e.begin(s)
	return e.answer(s.ID), nil
}

func voidInvoice(e *Engine, r *request) (map[string]any, *apiError) {
	i := e.state.invoices.get(r.id)
	if i == nil {
		return nil, missing("invoice", r.id)
	}
	if fail := r.unknown(); fail != nil {
		return nil, fail
	}
	if i.Status != "open" && i.Status != "uncollectible" {
		return nil, invalid("", "", "You can only pass in open invoices. This invoice isn't open.")
	}
	e.void(i)
	if s := e.state.subscriptions.get(i.Subscription); s != nil && value(s.Latest) == i.ID && s.Status == "past_due" {
		e.become(s, "active")
	}
	return e.answer(i.ID), nil
}

// alive finds a subscription that can still be changed: Stripe answers one that has ended as if it were not there.
func (e *Engine) alive(id string) (*subscription, *apiError) {
	s := e.state.subscriptions.get(id)
	if s == nil || s.final() {
		return nil, missing("subscription", id)
	}
	return s, nil
}

func updateSubscription(e *Engine, r *request) (map[string]any, *apiError) {
	s := e.state.subscriptions.get(r.id)
	if s == nil {
		return nil, missing("subscription", r.id)
	}
	end, fail := r.flag("cancel_at_period_end")
	how, pauses := r.take("pause_collection[behavior]")
	none, wakes := r.take("pause_collection")
	anchor, proration := r.text("billing_cycle_anchor"), r.text("proration_behavior")
	switch {
	case fail != nil:
		return nil, fail
	case pauses && how != "void" || wakes && none != "":
		return nil, invalid("pause_collection", "",
			"The stand-in knows pause_collection[behavior]=void and an empty pause_collection only.")
	case anchor != "" && anchor != "now" || (anchor != "") != (proration != "") || proration != "" && proration != "none":
		return nil, invalid("billing_cycle_anchor", "",
			"The stand-in knows billing_cycle_anchor=now with proration_behavior=none only.")
	}
	if fail := r.unknown(); fail != nil {
		return nil, fail
	}
	if s.final() {
		return nil, invalid("", "", "A canceled subscription can only update its cancellation_details and metadata.")
	}
	if r.form.Has("cancel_at_period_end") {
		e.endWithPeriod(s, end, classic) // by the parameter the member of that name is set in both modes
	}
	if pauses {
		s.Paused = &pause{Behavior: how}
		put(e, e.state.subscriptions, "sub", s.ID, s)
		e.emit("customer.subscription.updated", s.ID)
	}
	if wakes {
		s.Paused = nil
		put(e, e.state.subscriptions, "sub", s.ID, s)
		e.emit("customer.subscription.updated", s.ID)
	}
	if anchor != "" {
		e.beginAnew(s)
	}
	return e.answer(s.ID), nil
}

func cancelSubscription(e *Engine, r *request) (map[string]any, *apiError) {
	s, fail := e.alive(r.id)
	if fail != nil {
		return nil, fail
	}
	prorate, fail := r.flag("prorate")
	if fail != nil {
		return nil, fail
	}
	now, fail := r.flag("invoice_now")
	if fail == nil {
		fail = r.unknown()
	}
	if fail != nil {
		return nil, fail
	}
	if prorate != now {
		return nil, invalid("prorate", "", "The stand-in knows prorate and invoice_now together only.")
	}
	if prorate {
		e.credit(s)
	}
	e.cancel(s, "cancellation_requested")
	return e.answer(s.ID), nil
}

func deleteItem(e *Engine, r *request) (map[string]any, *apiError) {
	if how := r.text("proration_behavior"); how != "none" {
		return nil, invalid("proration_behavior", "", "The stand-in knows proration_behavior=none only.")
	}
	if fail := r.unknown(); fail != nil {
		return nil, fail
	}
	for _, s := range e.state.subscriptions.all() {
		at := slices.IndexFunc(s.Items, func(i item) bool { return i.ID == r.id })
		if at < 0 || s.final() {
			continue
		}
		if len(s.Items) == 1 {
			return nil, invalid("", "", "A subscription must have at least one active item. To cancel, use DELETE /v1/subscriptions.")
		}
		s.Items = slices.Delete(slices.Clone(s.Items), at, at+1)
		put(e, e.state.subscriptions, "sub", s.ID, s)
		e.emit("customer.subscription.updated", s.ID)
		return map[string]any{"id": r.id, "object": "subscription_item", "deleted": true}, nil
	}
	return nil, missing("subscription_item", r.id)
}

func listInvoices(e *Engine, r *request) (map[string]any, *apiError) {
	customer, sub, status := r.text("customer"), r.text("subscription"), r.text("status")
	var ids []string
	for _, i := range e.state.invoices.newest() {
		if (customer == "" || i.Customer == customer) && (sub == "" || i.Subscription == sub) && (status == "" || i.Status == status) {
			ids = append(ids, i.ID)
		}
	}
	return e.page(r, "/v1/invoices", ids)
}

func listInvoicePayments(e *Engine, r *request) (map[string]any, *apiError) {
	invoice, kind, intent, status := r.text("invoice"), r.text("payment[type]"), r.text("payment[payment_intent]"), r.text("status")
	if intent != "" && kind != "payment_intent" {
		return nil, invalid("payment[type]", "parameter_missing", "Missing required param: payment[type].")
	}
	var ids []string
	for _, i := range e.state.invoices.newest() {
		if i.Payment != "" && (invoice == "" || i.ID == invoice) && (intent == "" || i.Intent == intent) &&
			(status == "" || e.wholeInvoicePayment(i.Payment)["status"] == status) {
			ids = append(ids, i.Payment)
		}
	}
	return e.page(r, "/v1/invoice_payments", ids)
}

func createRefund(e *Engine, r *request) (map[string]any, *apiError) {
	id := r.text("payment_intent")
	amount, given, fail := r.number("amount")
	if fail != nil {
		return nil, fail
	}
	if given && amount < 1 {
		return nil, invalid("amount", "parameter_invalid_integer", "Invalid positive integer")
	}
	meta, fail := r.metadata("metadata")
	if fail == nil {
		fail = r.unknown()
	}
	if fail != nil {
		return nil, fail
	}
	p := e.state.intents.get(id)
	if p == nil {
		return nil, &apiError{400, "invalid_request_error", "resource_missing", "payment_intent", "No such payment_intent: '" + id + "'"}
	}
	c := e.state.charges.get(value(p.Latest))
	if c == nil || !c.Paid {
		return nil, invalid("payment_intent", "", fmt.Sprintf("This PaymentIntent (%s) does not have a successful charge to refund.", id))
	}
	back, fail := e.giveBack(c, amount, meta, nil)
	if fail != nil {
		return nil, fail
	}
	return e.answer(back.ID), nil
}

func listRefunds(e *Engine, r *request) (map[string]any, *apiError) {
	intent := r.text("payment_intent")
	var ids []string
	for _, v := range e.state.refunds.newest() {
		if intent == "" || v.Intent == intent {
			ids = append(ids, v.ID)
		}
	}
	return e.page(r, "/v1/refunds", ids)
}

func listDisputes(e *Engine, r *request) (map[string]any, *apiError) {
	intent := r.text("payment_intent")
	var ids []string
	for _, d := range e.state.disputes.newest() {
		if intent == "" || d.Intent == intent {
			ids = append(ids, d.ID)
		}
	}
	return e.page(r, "/v1/disputes", ids)
}

// eventsFor is how long Stripe keeps events.
const eventsFor = 30 * day

func listEvents(e *Engine, r *request) (map[string]any, *apiError) {
	types := r.array("types")
	if len(types) > 20 {
		return nil, invalid("types", "", "You can specify up to 20 types.")
	}
	from, hasFrom, fail := r.number("created[gte]")
	if fail != nil {
		return nil, fail
	}
	before, hasBefore, fail := r.number("created[lt]")
	if fail != nil {
		return nil, fail
	}
	delivered, asked := r.take("delivery_success")
	var ids []string
	for _, v := range e.state.events.newest() {
		ok := !v.Wanted || v.Taken
		switch {
		case v.Created < e.at-eventsFor, hasFrom && v.Created < from, hasBefore && v.Created >= before:
		case len(types) > 0 && !slices.Contains(types, v.Type):
		case asked && fmt.Sprint(ok) != delivered:
		default:
			ids = append(ids, v.ID)
		}
	}
	return e.page(r, "/v1/events", ids)
}
