// Package ses is the engine's Amazon SES: API v2 over its REST-JSON protocol as an http.Handler, a mailbox that shows
// what was sent, and the events that SES publishes about it.
package ses

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"latchkey.dev/infra/run/engine/journal"
	"latchkey.dev/infra/run/engine/roundtrip"
)

const (
	maxMessage    = 40 << 20 // bytes of a message after base64, as SES counts them
	maxRecipients = 50
	maxRequest    = maxMessage + 1<<20
)

// Options are an engine's settings. The zero value is an engine in memory, with the machine's clock, whose identities
// wait to be verified.
type Options struct {
	// Now is the clock of timestamps. Default time.Now. Latency, slow.example and EventDelay use real timers.
	Now func() time.Time
	// JournalPath is the file that keeps identities, settings and the mailbox. Empty keeps them in memory only.
	JournalPath string
	// Region and AccountID appear in ARNs and messages. Defaults "us-east-1" and "000000000000".
	Region, AccountID string

	// VerifyAtOnce has identities and MAIL FROM domains verified as soon as they are made.
	VerifyAtOnce bool
	// DNS is the address of the server, as in "127.0.0.1:5300", that says whether a domain's records are there. Without it
	// SetVerification says so.
	DNS string
	// Latency is how long every SendEmail takes.
	Latency time.Duration
	// ControlEvery is the time between two calls of the same operation other than SendEmail, by the machine's clock; a call within it
	// is throttled. It is a second on AWS (https://docs.aws.amazon.com/ses/latest/dg/quotas.html); 0 throttles nothing.
	ControlEvery time.Duration
	// EventDelay is the time between SendEmail's answer and its events. At 0 they follow at once, though never
	// before the message is accepted.
	EventDelay time.Duration
	// Max24HourSend is the quota that GetAccount shows and SendEmail keeps. 0 is none (AWS's -1).
	Max24HourSend int
	// MaxIdentities is how many identities there may be; CreateEmailIdentity keeps it. Default 10,000, as on AWS
	// (https://docs.aws.amazon.com/ses/latest/dg/quotas.html).
	MaxIdentities int
	// MailboxSize is how many mails the mailbox keeps. Default 2000.
	MailboxSize int
	// Publish puts an event's body on a queue. Without it, events go nowhere.
	Publish func(queueARN, body string) error
}

// Engine is an Amazon SES of its own. Its methods and its handler are safe for concurrent use.
type Engine struct {
	options Options
	routes  *http.ServeMux

	mu            sync.Mutex
	identities    map[string]*identity // by name in lower case
	sets          map[string]*configurationSet
	suppressed    map[string]*suppressedDestination // by address in lower case
	tenants       map[string]*tenant
	account       account
	box           mailbox
	pending       map[string][]outgoing // events not yet published, by mail id
	throttled     map[string]int        // refusals so far, by address at throttle.example
	sentByHour    map[int64]int
	called        map[string]time.Time // when each operation may be called again
	subscriptions map[string][]string  // queue ARNs by topic ARN
	journal       *journal.Journal
	compactAt     int64
	closed        chan struct{}
	background    sync.WaitGroup
}

// New returns an engine with the state of its journal, if it has one. Events that were not published before it ended
// are published now; so one may be published twice.
func New(o Options) (*Engine, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Region == "" {
		o.Region = "us-east-1"
	}
	if o.AccountID == "" {
		o.AccountID = "000000000000"
	}
	if o.MaxIdentities == 0 {
		o.MaxIdentities = 10_000
	}
	if o.MailboxSize <= 0 {
		o.MailboxSize = 2000
	}
	e := &Engine{
		options:       o,
		identities:    make(map[string]*identity),
		sets:          make(map[string]*configurationSet),
		suppressed:    make(map[string]*suppressedDestination),
		tenants:       make(map[string]*tenant),
		account:       newAccount(),
		box:           mailbox{limit: o.MailboxSize, changed: make(chan struct{})},
		pending:       make(map[string][]outgoing),
		throttled:     make(map[string]int),
		sentByHour:    make(map[int64]int),
		called:        make(map[string]time.Time),
		subscriptions: make(map[string][]string),
		closed:        make(chan struct{}),
	}
	e.routes = e.table()
	if o.JournalPath != "" {
		j, err := journal.Open(o.JournalPath, e.replay)
		if err != nil {
			return nil, fmt.Errorf("ses: %w", err)
		}
		e.journal = j
	}
	e.compactAt = max(compactFloor, 2*e.journal.Size())
	for _, id := range slices.Sorted(maps.Keys(e.pending)) { // ids begin with their time
		e.publishLater(id)
	}
	return e, nil
}

// Close ends what waits in the background and closes the journal.
func (e *Engine) Close() error {
	e.mu.Lock()
	select {
	case <-e.closed:
		e.mu.Unlock()
		return nil
	default:
	}
	close(e.closed)
	e.mu.Unlock()
	e.background.Wait()
	return e.journal.Close()
}

func (e *Engine) isClosed() bool {
	select {
	case <-e.closed:
		return true
	default:
		return false
	}
}

// table is the routes of the operations that the engine has.
func (e *Engine) table() *http.ServeMux {
	mux := http.NewServeMux()
	for pattern, operation := range map[string]func(*http.Request) (any, error){
		"POST /v2/email/outbound-emails": handle(e.sendEmail),

		"POST /v2/email/identities":                             handle(e.createIdentity),
		"POST /v2/email/list-identities":                        handle(e.listIdentities),
		"GET /v2/email/identities":                              handle(e.listIdentities),
		"GET /v2/email/identities/{identity}":                   handle(e.getIdentity),
		"DELETE /v2/email/identities/{identity}":                handle(e.deleteIdentity),
		"PUT /v2/email/identities/{identity}/dkim":              handle(e.putDKIM),
		"PUT /v1/email/identities/{identity}/dkim/signing":      handle(e.putDKIMSigning),
		"PUT /v2/email/identities/{identity}/dkim/signing":      handle(e.putDKIMSigning),
		"PUT /v2/email/identities/{identity}/mail-from":         handle(e.putMailFrom),
		"PUT /v2/email/identities/{identity}/configuration-set": handle(e.putIdentitySet),
		"PUT /v2/email/identities/{identity}/feedback":          handle(e.putFeedback),

		"POST /v2/email/configuration-sets":                                      handle(e.createSet),
		"POST /v2/email/list-configuration-sets":                                 handle(e.listSets),
		"GET /v2/email/configuration-sets":                                       handle(e.listSets),
		"GET /v2/email/configuration-sets/{set}":                                 handle(e.getSet),
		"DELETE /v2/email/configuration-sets/{set}":                              handle(e.deleteSet),
		"PUT /v2/email/configuration-sets/{set}/sending":                         handle(e.putSetSending),
		"PUT /v2/email/configuration-sets/{set}/suppression-options":             handle(e.putSetSuppression),
		"PUT /v2/email/configuration-sets/{set}/reputation-options":              handle(e.putSetReputation),
		"PUT /v2/email/configuration-sets/{set}/delivery-options":                handle(e.putSetDelivery),
		"POST /v2/email/configuration-sets/{set}/event-destinations":             handle(e.createDestination),
		"GET /v2/email/configuration-sets/{set}/event-destinations":              handle(e.getDestinations),
		"PUT /v2/email/configuration-sets/{set}/event-destinations/{dest}":       handle(e.updateDestination),
		"DELETE /v2/email/configuration-sets/{set}/event-destinations/{dest}":    handle(e.deleteDestination),
		"PUT /v2/email/suppression/addresses":                                    handle(e.putSuppressed),
		"GET /v2/email/suppression/addresses":                                    handle(e.listSuppressed),
		"GET /v2/email/suppression/addresses/{address}":                          handle(e.getSuppressed),
		"DELETE /v2/email/suppression/addresses/{address}":                       handle(e.deleteSuppressed),
		"GET /v2/email/account":                                                  handle(e.getAccount),
		"PUT /v2/email/account/sending":                                          handle(e.putAccountSending),
		"PUT /v2/email/account/suppression":                                      handle(e.putAccountSuppression),
		"POST /v2/email/tenants":                                                 handle(e.createTenant),
		"POST /v2/email/tenants/get":                                             handle(e.getTenant),
		"POST /v2/email/tenants/list":                                            handle(e.listTenants),
		"POST /v2/email/tenants/delete":                                          handle(e.deleteTenant),
		"POST /v2/email/tenants/resources":                                       handle(e.createAssociation),
		"POST /v2/email/tenants/resources/delete":                                handle(e.deleteAssociation),
		"POST /v2/email/tenants/resources/list":                                  handle(e.listTenantResources),
		"POST /v2/email/resources/tenants/list":                                  handle(e.listResourceTenants),
		"PUT /v2/email/reputation/entities/{kind}/{arn}/customer-managed-status": handle(e.putManagedStatus),
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			answer(w, r, func(r *http.Request) (any, error) {
				if err := e.pace(pattern); err != nil {
					return nil, err
				}
				return operation(r)
			})
		})
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		answer(w, r, func(r *http.Request) (any, error) {
			return nil, &roundtrip.Error{
				Status: http.StatusNotFound, Code: "UnknownOperationException",
				Message: "the SESv2 engine does not know " + r.Method + " " + r.URL.Path,
			}
		})
	})
	return mux
}

// pace refuses a call of an operation that follows too closely on the one before.
func (e *Engine) pace(operation string) error {
	if e.options.ControlEvery == 0 || strings.HasSuffix(operation, "/outbound-emails") {
		return nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	now := time.Now()
	if now.Before(e.called[operation]) {
		return &roundtrip.Error{Status: http.StatusTooManyRequests, Code: "TooManyRequestsException", Message: "Rate exceeded"}
	}
	e.called[operation] = now.Add(e.options.ControlEvery)
	return nil
}

// none is the input of operations without a body.
type none struct{}

// handle adapts an operation with an input of its own to the table above.
func handle[In any](do func(*http.Request, *In) (any, error)) func(*http.Request) (any, error) {
	return func(r *http.Request) (any, error) {
		in := new(In)
		body, err := roundtrip.ReadBody(r, maxRequest)
		if err != nil {
			return nil, err
		}
		if len(body) > 0 {
			if err := json.Unmarshal(body, in, json.RejectUnknownMembers(true)); err != nil {
				return nil, badRequest("the engine cannot read the request: %v", err)
			}
		}
		return do(r, in)
	}
}

func answer(w http.ResponseWriter, r *http.Request, operation func(*http.Request) (any, error)) {
	out, err := operation(r)
	if err != nil {
		roundtrip.AnswerErrorREST(w, err)
		return
	}
	body := []byte("{}")
	if out != nil {
		if body, err = json.Marshal(out); err != nil {
			roundtrip.AnswerErrorREST(w, err)
			return
		}
	}
	roundtrip.Answer(w, roundtrip.JSON, http.StatusOK, body)
}

// ServeHTTP answers one operation of the SES API v2. Credentials are not looked at.
func (e *Engine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if e.isClosed() {
		roundtrip.AnswerErrorREST(w, &roundtrip.Error{
			Status: http.StatusServiceUnavailable, Code: "ServiceUnavailable", Message: "the SESv2 engine is closed",
		})
		return
	}
	e.routes.ServeHTTP(w, r)
}

func (e *Engine) now() time.Time { return e.options.Now().Truncate(time.Millisecond) }

func (e *Engine) arn(kind, name string) string {
	return "arn:aws:ses:" + e.options.Region + ":" + e.options.AccountID + ":" + kind + "/" + name
}

func badRequest(format string, args ...any) error {
	return roundtrip.Errorf("BadRequestException", format, args...)
}

func notFound(format string, args ...any) error {
	e := roundtrip.Errorf("NotFoundException", format, args...)
	e.Status = http.StatusNotFound
	return e
}

func exists(format string, args ...any) error {
	return roundtrip.Errorf("AlreadyExistsException", format, args...)
}

// epoch is a time as REST-JSON writes it: seconds, with a fraction.
type epoch float64

func epochOf(t time.Time) epoch { return epoch(float64(t.UnixMilli()) / 1000) }

func pick(alphabet string, n int) string {
	text := make([]byte, n)
	for i := range text {
		text[i] = alphabet[rand.IntN(len(alphabet))] //nolint:gosec // an example of a token, not a secret
	}
	return string(text)
}
