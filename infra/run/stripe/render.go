package stripe

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// whole is an object as it is answered.
func whole(name string, moving any) map[string]any {
	raw, err := json.Marshal(moving)
	if err != nil {
		panic(err) // plain structs
	}
	out := maps.Clone(constants[name])
	var m map[string]any
	if err := json.Unmarshal(raw, &m); err != nil {
		panic(err)
	}
	for k, v := range m {
		if !strings.HasPrefix(k, "_") {
			out[k] = v
		}
	}
	return out
}

func list(url string, data []map[string]any, more bool) map[string]any {
	if data == nil {
		data = []map[string]any{}
	}
	return map[string]any{"object": "list", "url": url, "has_more": more, "data": data}
}

// answer is the object of that id as Stripe answers it, or nil.
func (e *Engine) answer(id string) map[string]any {
	prefix, _, _ := strings.Cut(id, "_")
	s := &e.state
	switch prefix {
	case "prod":
		return of(s.products, id, func(p *product) map[string]any { return whole("product", p) })
	case "price":
		return of(s.prices, id, wholePrice)
	case "cus":
		return of(s.customers, id, func(c *customer) map[string]any {
			if c.Deleted {
				return map[string]any{"id": c.ID, "object": "customer", "deleted": true}
			}
			return whole("customer", c)
		})
	case "pm":
		return of(s.methods, id, func(m *method) map[string]any { return whole("payment_method", m) })
	case "cs":
		return of(s.sessions, id, wholeSession)
	case "seti":
		return e.wholeSetup(id)
	case "sub":
		return of(s.subscriptions, id, e.wholeSubscription)
	case "in":
		return of(s.invoices, id, e.wholeInvoice)
	case "inpay":
		return e.wholeInvoicePayment(id)
	case "pi":
		return of(s.intents, id, func(i *intent) map[string]any { return whole("payment_intent", i) })
	case "ch":
		return of(s.charges, id, func(c *charge) map[string]any { return whole("charge", c) })
	case "re":
		return of(s.refunds, id, func(r *refund) map[string]any { return whole("refund", r) })
	case "du":
		return of(s.disputes, id, func(d *dispute) map[string]any { return whole("dispute", d) })
	case "bps":
		return of(s.portals, id, func(p *portal) map[string]any { return whole("billing_portal.session", p) })
	case "evt":
		return of(s.events, id, func(v *event) map[string]any { return whole("event", v) })
	}
	return nil
}

func of[T any](t *table[T], id string, render func(*T) map[string]any) map[string]any {
	if v := t.get(id); v != nil {
		return render(v)
	}
	return nil
}

// wholeSession is a session. One that takes a card alone has no amounts.
func wholeSession(s *session) map[string]any {
	out := whole("checkout.session", s)
	if s.What == setup {
		for _, name := range []string{"amount_subtotal", "amount_total", "currency", "total_details"} {
			out[name] = nil
		}
	}
	return out
}

// wholeSetup is the setup intent of a session that takes a card alone.
func (e *Engine) wholeSetup(id string) map[string]any {
	for _, s := range e.state.sessions.all() {
		if value(s.Setup) != id {
			continue
		}
		i := struct {
			ID       string  `json:"id"`
			Created  int64   `json:"created"`
			Customer *string `json:"customer"`
			Method   *string `json:"payment_method"`
			Status   string  `json:"status"`
		}{id, s.Created, s.Customer, optional(s.Saved), "requires_payment_method"}
		switch {
		case s.Status == "complete":
			i.Status = "succeeded"
		case s.Pending != nil:
			i.Status = "requires_action"
		case s.Status == "expired":
			i.Status = "canceled"
		}
		return whole("setup_intent", i)
	}
	return nil
}

// wholePrice is a price with what is odd of it.
func wholePrice(p *price) map[string]any {
	out := whole("price", p)
	maps.Copy(out, p.Odd)
	return out
}

func (e *Engine) wholeItem(i item) map[string]any {
	out := map[string]any{}
	raw, _ := json.Marshal(i)     //nolint:errcheck // plain
	_ = json.Unmarshal(raw, &out) //nolint:errcheck // its own
	out["price"] = e.answer(i.Price)
	return out
}

func (e *Engine) wholeSubscription(s *subscription) map[string]any {
	out := whole("subscription", s)
	if s.Mode.Type == "" {
		out["billing_mode"] = billingMode{Type: classic}
	}
	items := []map[string]any{}
	for _, i := range s.Items {
		items = append(items, e.wholeItem(i))
	}
	out["items"] = list("/v1/subscription_items?subscription="+s.ID, items, false)
	return out
}

func (e *Engine) wholeInvoice(i *invoice) map[string]any {
	out := whole("invoice", i)
	lines := []map[string]any{}
	for n, l := range i.Lines {
		lines = append(lines, map[string]any{
			"id": fmt.Sprintf("il_%s_%d", strings.TrimPrefix(i.ID, "in_"), n), "object": "line_item", "amount": l.Amount,
			"currency": i.Currency, "description": l.Description,
			"discount_amounts": []any{}, "discountable": true, "discounts": []any{}, "invoice": i.ID, "livemode": false,
			"metadata": map[string]string{},
			"parent": map[string]any{"type": "subscription_item_details", "invoice_item_details": nil,
				"subscription_item_details": map[string]any{
					"invoice_item": nil, "proration": l.Amount < 0, "proration_details": nil, "subscription": i.Subscription,
					"subscription_item": l.Item}},
			"period": map[string]any{"start": l.Start, "end": l.End}, "pretax_credit_amounts": []any{},
			"pricing": map[string]any{"type": "price_details", "price_details": map[string]any{"price": l.Price, "product": l.Product},
				"unit_amount_decimal": fmt.Sprint(l.Amount / max(1, l.Quantity))},
			"quantity": l.Quantity, "subtotal": l.Amount, "taxes": []any{},
		})
	}
	out["lines"] = list("/v1/invoices/"+i.ID+"/lines", lines, false)
	sub := e.state.subscriptions.get(i.Subscription)
	meta := map[string]string{}
	if sub != nil {
		meta = sub.Metadata
	}
	out["parent"] = map[string]any{"type": "subscription_details", "quote_details": nil,
		"subscription_details": map[string]any{"metadata": meta, "subscription": i.Subscription}}
	out["subtotal_excluding_tax"] = i.Subtotal
	out["total_excluding_tax"] = i.Total - i.Tax
	out["total_discount_amounts"] = []any{}
	out["total_taxes"] = []any{}
	if i.Tax != 0 {
		out["total_taxes"] = []any{map[string]any{"amount": i.Tax, "tax_behavior": "exclusive", "tax_rate_details": nil,
			"taxability_reason": "standard_rated", "taxable_amount": i.Subtotal - i.Discount, "type": "tax_rate_details"}}
	}
	return out
}

// wholeInvoicePayment is the payment of an invoice: it is there as soon as a payment intent is.
func (e *Engine) wholeInvoicePayment(id string) map[string]any {
	for _, i := range e.state.invoices.all() {
		if i.Payment != id {
			continue
		}
		status, paid := "open", any(nil)
		var amountPaid any
		switch i.Status {
		case "paid":
			status, paid, amountPaid = "paid", i.Transitions.Paid, i.Paid
		case "void", "uncollectible":
			status = "canceled"
		}
		return map[string]any{
			"id": id, "object": "invoice_payment", "amount_paid": amountPaid, "amount_requested": i.Due, "created": i.Created,
			"currency": i.Currency, "invoice": i.ID,
			"is_default": true, "livemode": false, "payment": map[string]any{"type": "payment_intent", "payment_intent": i.Intent},
			"status":             status,
			"status_transitions": map[string]any{"canceled_at": nil, "paid_at": paid},
		}
	}
	return nil
}

// expand replaces ids by their objects (https://docs.stripe.com/expand). A path that leads nowhere is an error.
func (e *Engine) expand(m map[string]any, path string) *apiError {
	steps := strings.Split(path, ".")
	if len(steps) > 4 {
		return invalid("expand", "", "You cannot expand more than 4 levels of a property. The property you tried to expand is: "+path)
	}
	return e.expandSteps(m, steps, path)
}

func (e *Engine) expandSteps(m map[string]any, steps []string, path string) *apiError {
	if len(steps) == 0 {
		return nil
	}
	field := steps[0]
	if field == "data" && m["object"] == "list" {
		data, _ := m["data"].([]map[string]any)
		for _, d := range data {
			if err := e.expandSteps(d, steps[1:], path); err != nil {
				return err
			}
		}
		return nil
	}
	if field == "payments" && m["object"] == "invoice" {
		id, _ := m["id"].(string)
		var data []map[string]any
		if i := e.state.invoices.get(id); i != nil && i.Payment != "" {
			data = append(data, e.wholeInvoicePayment(i.Payment))
		}
		m[field] = list("/v1/invoice_payments?invoice="+id, data, false)
	}
	value, there := m[field]
	object, _ := m["object"].(string)
	if id, isID := value.(string); isID && slices.Contains(expandable[object], field) {
		if object := e.answer(id); object != nil {
			value = object
		}
		m[field] = value
	}
	switch v := value.(type) {
	case nil:
		if !there || !slices.Contains(expandable[object], field) {
			return invalid("expand[0]", "", fmt.Sprintf("This property cannot be expanded (%s).", path))
		}
		return nil
	case map[string]any:
		return e.expandSteps(v, steps[1:], path)
	}
	return invalid("expand[0]", "", fmt.Sprintf("This property cannot be expanded (%s).", path))
}

var expandable = map[string][]string{
	"price": {"product"}, "checkout.session": {"customer", "subscription", "invoice", "setup_intent"},
	"subscription": {"customer", "latest_invoice", "default_payment_method"},
	"invoice":      {"customer", "payments"}, "invoice_payment": {"invoice"},
	"payment_intent": {"customer", "latest_charge", "payment_method"},
	"charge":         {"customer", "payment_intent"}, "refund": {"charge", "payment_intent"}, "dispute": {"charge", "payment_intent"},
}
