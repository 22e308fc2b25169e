package stripe

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

//go:embed page
var pageFiles embed.FS

var pages = template.Must(template.New("").Funcs(template.FuncMap{
	"clock": func(t time.Time) string { return t.UTC().Format("Mon 2 Jan 2006, 15:04:05 MST") },
	"date":  func(t time.Time) string { return t.UTC().Format("2 January 2006") },
	// titled is what the frame around a page needs.
	"titled": func(title string, page map[string]any) map[string]any {
		return map[string]any{"Title": title, "Base": page["Base"], "Now": page["Now"]}
	},
	"iso": func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
}).ParseFS(pageFiles, "page/*.html"))

// Pages serves what people see: the checkout, the bank's page, the billing portal and the invoices, and for whoever
// develops the events, the subscriptions and the plan of what goes wrong; and the API under api/. It is mounted where
// Options.Base points to, with that path stripped. Requests that accept application/json are answered in JSON.
func (e *Engine) Pages() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", e.overview)
	mux.HandleFunc("GET /stripe.css", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, pageFiles, "page/stripe.css")
	})
	mux.HandleFunc("GET /checkout/{id}", e.showCheckout)
	mux.HandleFunc("POST /checkout/{id}", e.postCheckout)
	mux.HandleFunc("GET /checkout/{id}/confirm", e.showConfirm)
	mux.HandleFunc("POST /checkout/{id}/confirm", e.postConfirm)
	mux.HandleFunc("GET /portal/{id}", e.showPortal)
	mux.HandleFunc("POST /portal/{id}", e.postPortal)
	mux.HandleFunc("GET /invoice/{id}", e.showInvoice)
	mux.HandleFunc("POST /invoice/{id}", e.postInvoice)
	mux.HandleFunc("GET /invoice/{id}/pdf", e.showPDF)
	mux.HandleFunc("GET /events/{id}", e.showEvent)
	mux.HandleFunc("POST /events/{id}", e.postEvent)
	mux.HandleFunc("POST /subscriptions/{id}", e.postSubscription)
	mux.HandleFunc("POST /plan", e.postPlan)
	mux.Handle("/api/", http.StripPrefix("/api", e.API()))
	return mux
}

func wantsJSON(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "application/json") ||
		strings.HasPrefix(r.Header.Get("Content-Type"), "application/json")
}

// show draws a page, or answers data in JSON.
func (e *Engine) show(w http.ResponseWriter, r *http.Request, name string, data any) {
	if wantsJSON(r) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(data) //nolint:errcheck // the caller has gone
		return
	}
	var b bytes.Buffer
	if err := pages.ExecuteTemplate(&b, name, map[string]any{"Base": e.path(), "Now": e.options.Now(), "Data": data}); err != nil {
		http.Error(w, "cannot draw the page: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Write(b.Bytes()) //nolint:errcheck,gosec // the caller has gone
}

// path is the pages' own, such as "/_local/stripe".
func (e *Engine) path() string {
	u, err := url.Parse(e.options.Base)
	if err != nil {
		return ""
	}
	return u.Path
}

// done answers a form: with data in JSON, else by going on to a page.
func (e *Engine) done(w http.ResponseWriter, r *http.Request, err error, data any, next string) {
	switch {
	case errors.Is(err, ErrNone):
		http.Error(w, "There is no such thing.", http.StatusNotFound)
	case err != nil:
		http.Error(w, err.Error(), http.StatusConflict)
	case wantsJSON(r):
		e.show(w, r, "", data)
	default:
		http.Redirect(w, r, next, http.StatusSeeOther) //nolint:gosec // the product's own address, which its checkout asked for
	}
}

// lineView is a line of a checkout or an invoice.
type lineView struct {
	Name     string `json:"name"`
	About    string `json:"about,omitempty"`
	Quantity int64  `json:"quantity"`
	Amount   string `json:"amount"`
}

type checkoutView struct {
	ID        string     `json:"id"`
	Status    string     `json:"status"`
	Email     string     `json:"email"`
	Interval  string     `json:"interval"`
	Lines     []lineView `json:"lines"`
	Subtotal  string     `json:"subtotal"`
	Tax       string     `json:"tax,omitempty"`
	Total     string     `json:"total"`
	Error     string     `json:"error,omitempty"`
	Promotion bool       `json:"promotion"`
	Address   bool       `json:"address"`
	CancelURL string     `json:"cancelUrl,omitempty"`
	Success   string     `json:"successUrl,omitempty"`
	ExpiresAt time.Time  `json:"expiresAt"`
	Pending   bool       `json:"pending"`
}

func (e *Engine) viewOf(s *session) checkoutView {
	v := checkoutView{
		ID: s.ID, Status: s.Status, Email: value(s.Email), Lines: []lineView{}, Subtotal: decimal(s.Subtotal, s.Currency),
		Total: decimal(s.Total, s.Currency), Error: s.Error,
		Promotion: s.AllowPromotion != nil && *s.AllowPromotion, Address: s.AutomaticTax.Enabled || value(s.BillingAddress) == "required",
		CancelURL: value(s.CancelURL), Success: strings.ReplaceAll(value(s.SuccessURL), "{CHECKOUT_SESSION_ID}", s.ID),
		ExpiresAt: time.Unix(s.ExpiresAt, 0).UTC(), Pending: s.Pending != nil,
	}
	if s.Details != nil && s.Details.Email != nil {
		v.Email = *s.Details.Email
	}
	for _, l := range s.Lines {
		p := e.state.prices.get(l.Price)
		about := e.state.products.get(p.Product)
		v.Interval = p.Recurring.Interval
		v.Lines = append(v.Lines, lineView{about.Name, value(about.Description), l.Quantity, decimal(p.UnitAmount*l.Quantity, p.Currency)})
	}
	if s.AutomaticTax.Enabled {
		tax := s.Subtotal * taxPercent / 100
		if s.Status == "complete" {
			tax = s.Totals.Tax
		}
		v.Tax, v.Total = decimal(tax, s.Currency), decimal(s.Subtotal-s.Totals.Discount+tax, s.Currency)
	}
	return v
}

// look reads under the lock; f tells whether there is what was asked for.
func (e *Engine) look(w http.ResponseWriter, f func() bool) bool {
	e.lock()
	there := f()
	if err := e.unlockAndKeep(); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return false
	}
	if !there {
		http.Error(w, "There is no such thing.", http.StatusNotFound)
	}
	return there
}

func (e *Engine) showCheckout(w http.ResponseWriter, r *http.Request) {
	var v checkoutView
	if e.look(w, func() bool {
		s := e.state.sessions.get(r.PathValue("id"))
		if s != nil {
			v = e.viewOf(s)
		}
		return s != nil
	}) {
		e.show(w, r, "checkout.html", v)
	}
}

// in is a form's field, of a form or of a JSON body.
func in(r *http.Request) func(name string) string {
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		var fields map[string]any
		_ = json.NewDecoder(http.MaxBytesReader(nil, r.Body, 1<<16)).Decode(&fields) //nolint:errcheck // an empty body has no fields
		return func(name string) string { text, _ := fields[name].(string); return text }
	}
	return r.PostFormValue
}

// postCheckout takes {"number", "email", "name", "country", "promo"}, or a card by name: {"card": "pay|decline|3ds"}.
func (e *Engine) postCheckout(w http.ResponseWriter, r *http.Request) {
	field := in(r)
	number := map[string]string{"pay": CardGood, "decline": CardDeclined, "3ds": Card3DS}[field("card")]
	if number == "" {
		number = field("number")
	}
	result, err := e.Pay(r.PathValue("id"),
		Card{Number: number, Email: field("email"), Name: field("name"), Country: field("country"),
			Promo: strings.TrimSpace(field("promo"))})
	e.done(w, r, err, result, result.URL)
}

func (e *Engine) showConfirm(w http.ResponseWriter, r *http.Request) {
	var v checkoutView
	if e.look(w, func() bool {
		s := e.state.sessions.get(r.PathValue("id"))
		if s != nil {
			v = e.viewOf(s)
		}
		return s != nil
	}) {
		e.show(w, r, "confirm.html", v)
	}
}

func (e *Engine) postConfirm(w http.ResponseWriter, r *http.Request) {
	result, err := e.Confirm(r.PathValue("id"), in(r)("confirm") == "yes")
	e.done(w, r, err, result, result.URL)
}

type invoiceView struct {
	ID       string     `json:"id"`
	Number   string     `json:"number"`
	Status   string     `json:"status"`
	Created  time.Time  `json:"created"`
	Lines    []lineView `json:"lines"`
	Subtotal string     `json:"subtotal"`
	Discount string     `json:"discount,omitempty"`
	Tax      string     `json:"tax,omitempty"`
	Total    string     `json:"total"`
	Due      string     `json:"due"`
	Email    string     `json:"email"`
	Error    string     `json:"error,omitempty"`
}

func (e *Engine) invoiceView(i *invoice) invoiceView {
	v := invoiceView{ID: i.ID, Number: value(i.Number), Status: i.Status, Created: time.Unix(i.Created, 0).UTC(), Lines: []lineView{},
		Subtotal: decimal(i.Subtotal, i.Currency),
		Total:    decimal(i.Total, i.Currency), Due: decimal(i.Remaining, i.Currency), Email: value(i.Email)}
	if i.Tax != 0 {
		v.Tax = decimal(i.Tax, i.Currency)
	}
	if i.Discount != 0 {
		v.Discount = decimal(-i.Discount, i.Currency)
	}
	for _, l := range i.Lines {
		v.Lines = append(v.Lines, lineView{Name: l.Description, Quantity: l.Quantity, Amount: decimal(l.Amount, i.Currency)})
	}
	if p := e.state.intents.get(i.Intent); p != nil && p.LastError != nil && i.Status == "open" {
		v.Error = p.LastError.Message
	}
	return v
}

func (e *Engine) findInvoice(w http.ResponseWriter, r *http.Request) (v invoiceView, there bool) {
	there = e.look(w, func() bool {
		i := e.state.invoices.get(r.PathValue("id"))
		if i != nil {
			v = e.invoiceView(i)
		}
		return i != nil
	})
	return v, there
}

func (e *Engine) showInvoice(w http.ResponseWriter, r *http.Request) {
	if v, there := e.findInvoice(w, r); there {
		e.show(w, r, "invoice.html", v)
	}
}

func (e *Engine) postInvoice(w http.ResponseWriter, r *http.Request) {
	code, err := e.PayInvoice(r.PathValue("id"))
	e.done(w, r, err, map[string]string{"declined": code}, e.path()+"/invoice/"+r.PathValue("id"))
}

func (e *Engine) showPDF(w http.ResponseWriter, r *http.Request) {
	if v, there := e.findInvoice(w, r); there {
		w.Header().Set("Content-Type", "application/pdf")
		w.Header().Set("Content-Disposition", `attachment; filename="invoice-`+v.Number+`.pdf"`)
		w.Write(v.pdf()) //nolint:errcheck,gosec // the caller has gone
	}
}

// Subscription is a subscription as the pages show it.
type Subscription struct {
	ID        string    `json:"id"`
	Status    string    `json:"status"`
	Customer  string    `json:"customer"`
	Email     string    `json:"email"`
	Items     []string  `json:"items"`
	Total     string    `json:"total"`
	Interval  string    `json:"interval"`
	PeriodEnd time.Time `json:"periodEnd"`
	AtEnd     bool      `json:"ending"` // in whichever of the two forms
	Ended     bool      `json:"ended"`
	Failing   bool      `json:"failing"` // renewals are declined
	Card      string    `json:"card"`
	Dispute   string    `json:"dispute,omitempty"` // the id of the one that is open
	Refunded  string    `json:"refunded,omitempty"`
}

// Subscriptions are all there are, newest first.
func (e *Engine) Subscriptions() []Subscription {
	e.lock()
	out := []Subscription{}
	for _, s := range e.state.subscriptions.newest() {
		out = append(out, e.subscriptionView(s))
	}
	_ = e.unlockAndKeep() //nolint:errcheck // the next write tells
	return out
}

func (e *Engine) subscriptionView(s *subscription) Subscription {
	v := Subscription{ID: s.ID, Status: s.Status, Customer: s.Customer, Email: value(e.state.customers.get(s.Customer).Email),
		Interval:  e.interval(s),
		PeriodEnd: time.Unix(s.end(), 0).UTC(), AtEnd: s.CancelAt != nil, Ended: s.final(), Failing: s.Fail, Items: []string{}}
	var total int64
	for _, i := range s.Items {
		p := e.state.prices.get(i.Price)
		v.Items = append(v.Items, e.state.products.get(p.Product).Name)
		total += p.UnitAmount * i.Quantity
	}
	v.Total = decimal(total, s.Currency)
	if m := e.state.methods.get(value(s.Method)); m != nil {
		v.Card = m.Card.Brand + " " + m.Card.Last4
	}
	if c := e.lastCharge(s); c != nil {
		if c.Refunded > 0 {
			v.Refunded = decimal(c.Refunded, c.Currency)
		}
		for _, d := range e.state.disputes.all() {
			if d.Charge == c.ID && (d.Status == "needs_response" || d.asks()) {
				v.Dispute = d.ID
			}
		}
	}
	return v
}

type portalView struct {
	ID            string         `json:"id"`
	ReturnURL     string         `json:"returnUrl,omitempty"`
	Email         string         `json:"email"`
	Cancels       bool           `json:"cancels,omitempty"` // cancelling is all that this visit is for
	Done          string         `json:"done,omitempty"`    // where it leads then
	Subscriptions []Subscription `json:"subscriptions"`
	Invoices      []invoiceView  `json:"invoices"`
}

func (e *Engine) showPortal(w http.ResponseWriter, r *http.Request) {
	v := portalView{ID: r.PathValue("id"), Subscriptions: []Subscription{}, Invoices: []invoiceView{}}
	if !e.look(w, func() bool {
		p := e.state.portals.get(v.ID)
		if p == nil {
			return false
		}
		u := e.state.customers.get(p.Customer)
		v.ReturnURL, v.Email, v.Cancels = value(p.ReturnURL), value(u.Email), p.Flow != nil
		if v.Cancels && p.Flow.After.Redirect != nil {
			v.Done = p.Flow.After.Redirect.ReturnURL
		}
		for _, s := range e.state.subscriptions.newest() {
			if s.Customer == u.ID && (p.Flow == nil || s.ID == p.Flow.Cancel.Subscription) {
				v.Subscriptions = append(v.Subscriptions, e.subscriptionView(s))
			}
		}
		for _, i := range e.state.invoices.newest() {
			if i.Customer == u.ID && i.Status != "draft" && p.Flow == nil {
				v.Invoices = append(v.Invoices, e.invoiceView(i))
			}
		}
		return true
	}) {
		return
	}
	e.show(w, r, "portal.html", v)
}

// postPortal takes {"do": "cancel|resume|card", "subscription", "number"}.
func (e *Engine) postPortal(w http.ResponseWriter, r *http.Request) {
	field, customer, next := in(r), "", e.path()+"/portal/"+r.PathValue("id")
	if !e.look(w, func() bool {
		p := e.state.portals.get(r.PathValue("id"))
		if p == nil {
			return false
		}
		customer = p.Customer
		if p.Flow != nil {
			if p.Flow.After.Redirect != nil {
				next = p.Flow.After.Redirect.ReturnURL
			}
			return field("do") == "cancel" && field("subscription") == p.Flow.Cancel.Subscription
		}
		s := e.state.subscriptions.get(field("subscription"))
		return field("do") == "card" || s != nil && s.Customer == customer
	}) {
		return
	}
	var err error
	switch field("do") {
	case "cancel":
		err = e.CancelAtPeriodEnd(field("subscription"), true)
	case "resume":
		err = e.CancelAtPeriodEnd(field("subscription"), false)
	case "card":
		err = e.ChangeCard(customer, field("number"))
	default:
		err = errors.New("the portal can cancel, resume and change the card")
	}
	e.done(w, r, err, map[string]bool{"done": err == nil}, next)
}

// shown is how many events the page lists.
const shown = 200

func (e *Engine) overview(w http.ResponseWriter, r *http.Request) {
	events := e.Events()
	slices.Reverse(events)
	if events == nil {
		events = []Sent{}
	}
	e.mu.Lock()
	endpoint := ""
	if e.webhook != nil {
		endpoint = e.webhook.URL
	}
	e.mu.Unlock()
	e.show(w, r, "overview.html", struct {
		Events        []Sent         `json:"events"`
		Count         int            `json:"count"`
		Subscriptions []Subscription `json:"subscriptions"`
		Plan          Plan           `json:"plan"`
		Endpoint      string         `json:"endpoint"`
	}{events[:min(len(events), shown)], len(events), e.Subscriptions(), e.PlanNow(), endpoint})
}

func (e *Engine) showEvent(w http.ResponseWriter, r *http.Request) {
	for _, v := range e.Events() {
		if v.ID == r.PathValue("id") {
			e.show(w, r, "event.html", v)
			return
		}
	}
	http.Error(w, "There is no such event.", http.StatusNotFound)
}

// postEvent sends an event again.
func (e *Engine) postEvent(w http.ResponseWriter, r *http.Request) {
	status, err := e.Deliver(r.Context(), r.PathValue("id"))
	e.done(w, r, err, map[string]int{"status": status}, e.path()+"/events/"+r.PathValue("id"))
}

// postSubscription takes {"do": "renew|fail|mend|refund|inquire|escalate|dispute|win|lose|cancel|delete"}.
func (e *Engine) postSubscription(w http.ResponseWriter, r *http.Request) {
	id, field := r.PathValue("id"), in(r)
	var about Subscription
	if !e.look(w, func() bool {
		s := e.state.subscriptions.get(id)
		if s != nil {
			about = e.subscriptionView(s)
		}
		return s != nil
	}) {
		return
	}
	var err error
	switch field("do") {
	case "renew":
		err = e.Renew(id)
	case "fail":
		err = e.FailRenewals(id, true)
	case "mend":
		err = e.FailRenewals(id, false)
	case "refund":
		err = e.Refund(id)
	case "dispute":
		_, err = e.Dispute(id, "fraudulent")
	case "inquire":
		_, err = e.Inquire(id, "fraudulent")
	case "escalate":
		err = e.Escalate(about.Dispute)
	case "win", "lose":
		err = e.CloseDispute(about.Dispute, field("do") == "win")
	case "cancel":
		err = e.Cancel(id)
	case "delete":
		err = e.DeleteCustomer(about.Customer)
	default:
		err = errors.New("there is no such action")
	}
	e.done(w, r, err, map[string]bool{"done": err == nil}, e.path()+"/")
}

// postPlan takes a Plan in JSON, or a form: a checkbox for each thing that goes wrong half of the time.
func (e *Engine) postPlan(w http.ResponseWriter, r *http.Request) {
	var p Plan
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16)).Decode(&p); err != nil {
			http.Error(w,
				`send {"seed": 1, "lose": 0.5, "repeat": 0, "reorder": 0, "delay": 0, "delayBy": nanoseconds, "types": [], "hold": false}`,
				http.StatusBadRequest)
			return
		}
	} else {
		for name, to := range map[string]*float64{"lose": &p.Lose, "repeat": &p.Repeat, "reorder": &p.Reorder, "delay": &p.Delay} {
			if r.PostFormValue(name) != "" {
				*to = 0.5
			}
		}
		p.Hold = r.PostFormValue("hold") != ""
		p.Seed = uint64(e.options.Now().Unix())
	}
	e.SetPlan(p)
	e.nudge()
	e.done(w, r, nil, p, e.path()+"/")
}
