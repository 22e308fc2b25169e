package stripe

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Disturbance is what goes wrong with one API request, for tests of what the product does about it.
type Disturbance int

// The disturbances.
const (
	None        Disturbance = iota
	FailBefore              // 500, and nothing was done
	FailAfter               // it was done, and the answer is lost: the connection breaks
	RateLimited             // 429
	KeyInUse                // 409: another request with the key is under way
)

// Disturb asks f what is to go wrong with each API request from now on; nil ends it. f may count.
func (e *Engine) Disturb(f func(method, path string) Disturbance) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.disturb = f
}

// Requests is how many API requests have been answered, for who counts what they cost.
func (e *Engine) Requests() int64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.requests
}

// apiError is an error in Stripe's form (https://docs.stripe.com/api/errors).
type apiError struct {
	status                     int
	kind, code, param, message string
}

func invalid(param, code, message string) *apiError {
	return &apiError{http.StatusBadRequest, "invalid_request_error", code, param, message}
}

func missing(what, id string) *apiError {
	return &apiError{http.StatusNotFound, "invalid_request_error", "resource_missing", "id", fmt.Sprintf("No such %s: '%s'", what, id)}
}

func (a *apiError) body() []byte {
	inner := map[string]any{"type": a.kind, "message": a.message}
	for name, v := range map[string]string{"code": a.code, "param": a.param} {
		if v != "" {
			inner[name] = v
		}
	}
	if a.code != "" {
		inner["doc_url"] = "https://stripe.com/docs/error-codes/" + strings.ReplaceAll(a.code, "_", "-")
	}
	raw, _ := json.MarshalIndent(map[string]any{"error": inner}, "", "  ") //nolint:errcheck // plain
	return raw
}

// request is an API request whose parameters are taken one by one: what is left over is unknown.
type request struct {
	id    string // of the path
	form  url.Values
	taken map[string]bool
}

func (r *request) take(name string) (string, bool) {
	r.taken[name] = true
	if v, ok := r.form[name]; ok && len(v) > 0 {
		return v[0], true
	}
	return "", false
}

func (r *request) text(name string) string { v, _ := r.take(name); return v }

func (r *request) flag(name string) (bool, *apiError) {
	switch v, ok := r.take(name); {
	case !ok || v == "false":
		return false, nil
	case v == "true":
		return true, nil
	default:
		return false, invalid(name, "parameter_invalid_boolean", "Invalid boolean: "+v)
	}
}

func (r *request) number(name string) (int64, bool, *apiError) {
	v, ok := r.take(name)
	if !ok {
		return 0, false, nil
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil {
		return 0, false, invalid(name, "parameter_invalid_integer", "Invalid integer: "+v)
	}
	return n, true, nil
}

// array takes name[0], name[1] and name[].
func (r *request) array(name string) []string {
	var out []string
	r.taken[name+"[]"] = true
	out = append(out, r.form[name+"[]"]...)
	for n := 0; r.form.Has(fmt.Sprintf("%s[%d]", name, n)); n++ {
		out = append(out, r.text(fmt.Sprintf("%s[%d]", name, n)))
	}
	return out
}

func (r *request) metadata(name string) (map[string]string, *apiError) {
	out := map[string]string{}
	for key, v := range r.form {
		rest, is := strings.CutPrefix(key, name+"[")
		inner, closed := strings.CutSuffix(rest, "]")
		if !is || !closed {
			continue
		}
		r.taken[key] = true
		if len(inner) > 40 || len(v[0]) > 500 {
			return nil, invalid(key, "", "Metadata keys can be at most 40 characters, and values 500.")
		}
		out[inner] = v[0]
	}
	if len(out) > 50 {
		return nil, invalid(name, "", "You can have at most 50 metadata keys.")
	}
	return out, nil
}

func (r *request) unknown() *apiError {
	for name := range r.form {
		if !r.taken[name] {
			return invalid(name, "parameter_unknown", "Received unknown parameter: "+name)
		}
	}
	return nil
}

// call answers a request with an object or a list.
type call func(e *Engine, r *request) (map[string]any, *apiError)

var calls = map[string]call{
	"GET /v1/prices":                         listPrices,
	"GET /v1/prices/{id}":                    retrieve("price", "price_"),
	"GET /v1/products/{id}":                  retrieve("product", "prod_"),
	"GET /v1/customers/{id}":                 retrieve("customer", "cus_"),
	"POST /v1/customers/{id}":                updateCustomer,
	"POST /v1/checkout/sessions":             createSession,
	"GET /v1/checkout/sessions":              listSessions,
	"GET /v1/checkout/sessions/{id}":         retrieve("checkout.session", "cs_"),
	"POST /v1/checkout/sessions/{id}/expire": expireSession,
	"POST /v1/billing_portal/sessions":       createPortal,
	"GET /v1/subscriptions":                  listSubscriptions,
	"POST /v1/subscriptions":                 createSubscription,
	"POST /v1/invoices/{id}/void":            voidInvoice,
	"GET /v1/subscriptions/{id}":             retrieve("subscription", "sub_"),
	"POST /v1/subscriptions/{id}":            updateSubscription,
	"DELETE /v1/subscriptions/{id}":          cancelSubscription,
	"DELETE /v1/subscription_items/{id}":     deleteItem,
	"GET /v1/invoices":                       listInvoices,
	"GET /v1/invoices/{id}":                  retrieve("invoice", "in_"),
	"GET /v1/invoice_payments":               listInvoicePayments,
	"GET /v1/payment_intents/{id}":           retrieve("payment_intent", "pi_"),
	"GET /v1/charges/{id}":                   retrieve("charge", "ch_"),
	"POST /v1/refunds":                       createRefund,
	"GET /v1/refunds":                        listRefunds,
	"GET /v1/disputes":                       listDisputes,
	"GET /v1/disputes/{id}":                  retrieve("dispute", "du_"),
	"GET /v1/events":                         listEvents,
	"GET /v1/events/{id}":                    retrieve("event", "evt_"),
}

// API serves Stripe's HTTP API, from /v1 on.
func (e *Engine) API() http.Handler {
	mux := http.NewServeMux()
	for pattern, c := range calls {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { e.serve(w, r, c) })
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		e.serve(w, r, func(*Engine, *request) (map[string]any, *apiError) {
			return nil, &apiError{http.StatusNotFound, "invalid_request_error", "", "", fmt.Sprintf("Unrecognized request URL (%s: %s). "+
				"The stand-in knows the calls that the product makes, and no others.", r.Method, r.URL.Path)}
		})
	})
	return mux
}

func (e *Engine) serve(w http.ResponseWriter, r *http.Request, c call) {
	form, body, err := parse(r)
	if err != nil {
		reply(w, http.StatusBadRequest, invalid("", "", "The request's body cannot be read.").body())
		return
	}
	e.lock()
	e.requests++
	w.Header().Set("Request-Id", fmt.Sprintf("req_local%08d", e.requests))
	w.Header().Set("Stripe-Version", APIVersion)
	trouble := None
	if e.disturb != nil {
		trouble = e.disturb(r.Method, r.URL.Path)
	}
	status, answer := e.handle(w, r, c, form, body, trouble)
	if err := e.unlockAndKeep(); err != nil {
		status, answer = http.StatusInternalServerError,
			(&apiError{http.StatusInternalServerError, "api_error", "", "", "The stand-in cannot keep its state."}).body()
	}
	if trouble == FailAfter {
		panic(http.ErrAbortHandler)
	}
	reply(w, status, answer)
}

func reply(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(body) //nolint:errcheck,gosec // the caller has gone
}

func parse(r *http.Request) (url.Values, []byte, error) {
	body := []byte(r.URL.RawQuery)
	if r.Method == http.MethodPost {
		var err error
		if body, err = io.ReadAll(io.LimitReader(r.Body, 1<<20)); err != nil {
			return nil, nil, err
		}
	}
	form, err := url.ParseQuery(string(body))
	return form, body, err
}

// handle answers one request under the lock.
func (e *Engine) handle(w http.ResponseWriter, r *http.Request, c call, form url.Values, body []byte, trouble Disturbance) (int, []byte) {
	key, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !bearer || subtle.ConstantTimeCompare([]byte(key), []byte(e.options.Key)) != 1 {
		return http.StatusUnauthorized,
			(&apiError{http.StatusUnauthorized, "invalid_request_error", "", "", "Invalid API Key provided."}).body()
	}
	switch trouble {
	case FailBefore:
		return http.StatusInternalServerError,
			(&apiError{http.StatusInternalServerError, "api_error", "", "", "An unknown error occurred."}).body()
	case RateLimited:
		return http.StatusTooManyRequests,
			(&apiError{http.StatusTooManyRequests, "invalid_request_error", "rate_limit", "", "Too many requests."}).body()
	case KeyInUse:
		return http.StatusConflict,
			(&apiError{http.StatusConflict, "idempotency_error", "idempotency_key_in_use", "",
				"There is currently another in-progress request using this Idempotent Key."}).body()
	}
	once := r.Header.Get("Idempotency-Key")
	if r.Method != http.MethodPost {
		once = ""
	}
	sum := sha256.Sum256(bytes.Join([][]byte{[]byte(r.Method), []byte(r.URL.Path), body}, []byte{0}))
	hash := hex.EncodeToString(sum[:])
	if once != "" {
		w.Header().Set("Idempotency-Key", once)
		if before := e.state.keys.get(once); before != nil && e.at-before.At < day {
			w.Header().Set("Original-Request", "req_local")
			if before.Hash != hash {
				return http.StatusBadRequest, (&apiError{http.StatusBadRequest, "idempotency_error", "", "",
					"Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key " +
						"other than '" + once + "' if you meant to execute a different request."}).body()
			}
			w.Header().Set("Idempotent-Replayed", "true")
			return before.Status, before.Body
		}
	}
	status, answer := e.execute(&request{id: r.PathValue("id"), form: form, taken: map[string]bool{}}, c)
	if once != "" && status < 300 {
		// What was refused for its parameters was never carried out, and may come again (https://docs.stripe.com/api/idempotent_requests).
		put(e, e.state.keys, "key", once, &kept{hash, status, answer, e.at})
	}
	return status, answer
}

func (e *Engine) execute(r *request, c call) (int, []byte) {
	expand := r.array("expand")
	object, fail := c(e, r)
	if fail == nil {
		fail = r.unknown()
	}
	for _, path := range expand {
		if fail == nil {
			fail = e.expand(object, path)
		}
	}
	if fail != nil {
		return fail.status, fail.body()
	}
	answer, err := json.MarshalIndent(object, "", "  ")
	if err != nil {
		panic(err) // plain
	}
	return http.StatusOK, answer
}

func retrieve(what, prefix string) call {
	return func(e *Engine, r *request) (map[string]any, *apiError) {
		if strings.HasPrefix(r.id, prefix) {
			if m := e.answer(r.id); m != nil {
				return m, nil
			}
		}
		return nil, missing(what, r.id)
	}
}

// page cuts a list that is newest first (https://docs.stripe.com/api/pagination).
func (e *Engine) page(r *request, path string, ids []string) (map[string]any, *apiError) {
	limit, given, fail := r.number("limit")
	if fail != nil {
		return nil, fail
	}
	if !given {
		limit = 10
	}
	if limit < 1 || limit > 100 {
		return nil, invalid("limit", "", "Invalid limit: must be between 1 and 100")
	}
	if after, ok := r.take("starting_after"); ok {
		at := slices.Index(ids, after)
		if at < 0 {
			return nil, invalid("starting_after", "resource_missing", "No such object: '"+after+"'")
		}
		ids = ids[at+1:]
	}
	if fail := r.unknown(); fail != nil {
		return nil, fail
	}
	more := len(ids) > int(limit)
	var data []map[string]any
	for _, id := range ids[:min(len(ids), int(limit))] {
		data = append(data, e.answer(id))
	}
	return list(path, data, more), nil
}
