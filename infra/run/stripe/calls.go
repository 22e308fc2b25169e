package stripe

import (
	"fmt"
	"slices"
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
