// Package sqs is the engine's Amazon SQS: standard queues over the AWS JSON 1.0 protocol, as an http.Handler.
package sqs

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"latchkey.dev/infra/run/engine/journal"
	"latchkey.dev/infra/run/engine/roundtrip"
)

const (
	targetPrefix = "AmazonSQS."
	namespace    = "com.amazonaws.sqs"

	// maxRequest bounds one request on the wire: a full batch of 1 MiB whose every byte is escaped in JSON.
	maxRequest = 8 << 20
)

// Options are an engine's settings. The zero value is an engine in memory, with the machine's clock.
type Options struct {
	// Now is the clock of everything a client can see: visibility, delays, retention. Waiting itself uses real
	// timers, so a clock that is moved by hand needs a call of [Engine.Tick]. Default time.Now.
	Now func() time.Time
	// JournalPath is the file that keeps the queues. Empty keeps them in memory only.
	JournalPath string
	// Region and AccountID appear in queue ARNs and URLs. Defaults "us-east-1" and "000000000000".
	Region, AccountID string

	// Duplicate is the share of deliveries, 0 to 1, after which the same message is delivered once more as a copy of
	// its own: at the same time, or after the first was deleted, as a standard queue may. For tests.
	Duplicate float64
	// Shuffle delivers visible messages in random order instead of oldest first. For tests.
	Shuffle bool
	// Seed makes Duplicate and Shuffle repeatable.
	Seed uint64
}

// Engine is an Amazon SQS of its own. Its methods and its handler are safe for concurrent use.
//
// One lock guards all queues: every operation is some map and heap work in memory, and a move to a dead-letter queue
// touches two of them. Nothing waits under it: the journal is written behind the lock, and answers wait for it
// outside.
type Engine struct {
	options Options

	mu         sync.Mutex
	queues     map[string]*queue // by name
	sequence   uint64
	random     *rand.Rand
	journal    *journal.Journal
	moves      map[string]*moveTask // by task handle
	replayed   bool
	compactAt  int64
	closed     chan struct{}
	background sync.WaitGroup
}

// New returns an engine with the queues of its journal, if it has one.
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
	e := &Engine{
		options: o,
		queues:  make(map[string]*queue),
		random:  rand.New(rand.NewPCG(o.Seed, 0x5153)), //nolint:gosec // repeatable on purpose
		moves:   make(map[string]*moveTask),
		closed:  make(chan struct{}),
	}
	if o.JournalPath != "" {
		j, err := journal.Open(o.JournalPath, e.replay)
		if err != nil {
			return nil, fmt.Errorf("sqs: %w", err)
		}
		e.journal = j
	}
	e.replayed = true
	e.compactAt = max(compactFloor, 2*e.journalSize())
	return e, nil
}

// Close ends waiting receives and move tasks, and closes the journal. Requests that come later get an error.
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
	if e.journal == nil {
		return nil
	}
	return e.journal.Close()
}

// Tick says that the clock was moved by hand: receives that wait look again at what has become visible.
func (e *Engine) Tick() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, q := range e.queues {
		q.wake()
	}
}

// call is one request on its way through an operation.
type call struct {
	ctx  context.Context
	base string // the scheme and host that the client used; queue URLs begin with it
	body []byte
}

// operations are the actions that the engine has; those without a function are known to AWS and refused here. Each
// returns the shape of its answer, when everything that the answer promises is kept.
var operations = map[string]func(*Engine, *call) (any, error){
	"AddPermission":                nil,
	"CancelMessageMoveTask":        handle((*Engine).cancelMessageMoveTask),
	"ChangeMessageVisibility":      handle((*Engine).changeMessageVisibility),
	"ChangeMessageVisibilityBatch": handle((*Engine).changeMessageVisibilityBatch),
	"CreateQueue":                  handle((*Engine).createQueue),
	"DeleteMessage":                handle((*Engine).deleteMessage),
	"DeleteMessageBatch":           handle((*Engine).deleteMessageBatch),
	"DeleteQueue":                  handle((*Engine).deleteQueue),
	"GetQueueAttributes":           handle((*Engine).getQueueAttributes),
	"GetQueueUrl":                  handle((*Engine).getQueueURL),
	"ListDeadLetterSourceQueues":   handle((*Engine).listDeadLetterSourceQueues),
	"ListMessageMoveTasks":         handle((*Engine).listMessageMoveTasks),
	"ListQueueTags":                handle((*Engine).listQueueTags),
	"ListQueues":                   handle((*Engine).listQueues),
	"PurgeQueue":                   handle((*Engine).purgeQueue),
	"ReceiveMessage":               handle((*Engine).receiveMessage),
	"RemovePermission":             nil,
	"SendMessage":                  handle((*Engine).sendMessage),
	"SendMessageBatch":             handle((*Engine).sendMessageBatch),
	"SetQueueAttributes":           handle((*Engine).setQueueAttributes),
	"StartMessageMoveTask":         handle((*Engine).startMessageMoveTask),
	"TagQueue":                     handle((*Engine).tagQueue),
	"UntagQueue":                   handle((*Engine).untagQueue),
}

// handle adapts an operation with an input of its own to the table above.
func handle[In any](do func(*Engine, *call, *In) (any, error)) func(*Engine, *call) (any, error) {
	return func(e *Engine, c *call) (any, error) {
		in := new(In)
		if len(c.body) > 0 {
			if err := json.Unmarshal(c.body, in, json.RejectUnknownMembers(true)); err != nil {
				return nil, roundtrip.Errorf("SerializationException", "the engine cannot read the request: %v", err)
			}
		}
		return do(e, c, in)
	}
}

// ServeHTTP answers one action of the AWS JSON 1.0 protocol. Credentials are not looked at.
func (e *Engine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := roundtrip.ReadBody(r, maxRequest)
	if err != nil {
		roundtrip.AnswerError10(w, namespace, err)
		return
	}
	out, err := e.serve(r, body)
	if err != nil {
		roundtrip.AnswerError10(w, namespace, err)
		return
	}
	answer := []byte("{}")
	if out != nil {
		if answer, err = json.Marshal(out); err != nil {
			roundtrip.AnswerError10(w, namespace, err)
			return
		}
	}
	roundtrip.Answer(w, roundtrip.JSON10, http.StatusOK, answer)
}

func (e *Engine) serve(r *http.Request, body []byte) (any, error) {
	target := r.Header.Get("X-Amz-Target")
	action, ok := strings.CutPrefix(target, targetPrefix)
	if !ok {
		return nil, roundtrip.Errorf("UnknownOperationException",
			"the SQS engine speaks AWS JSON 1.0 and needs an X-Amz-Target of %s<action>, not %q", targetPrefix, target)
	}
	do, known := operations[action]
	if !known {
		return nil, roundtrip.Errorf("UnknownOperationException", "the SQS engine does not know the action %q", action)
	}
	if do == nil {
		return nil, roundtrip.Errorf("UnsupportedOperation", "the SQS engine checks no permissions and has no %s", action)
	}
	select {
	case <-e.closed:
		return nil, &roundtrip.Error{
			Status: http.StatusServiceUnavailable, Code: "ServiceUnavailable", Message: "the SQS engine is closed",
		}
	default:
	}
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return do(e, &call{ctx: r.Context(), base: scheme + "://" + r.Host, body: body})
}

// now is the engine's clock in the resolution that SQS shows, milliseconds.
func (e *Engine) now() time.Time { return e.options.Now().Truncate(time.Millisecond) }

func (e *Engine) arn(name string) string {
	return "arn:aws:sqs:" + e.options.Region + ":" + e.options.AccountID + ":" + name
}

func (e *Engine) url(base, name string) string { return base + "/" + e.options.AccountID + "/" + name }

// lookUp finds the queue of a URL by its last two segments; the host may be any that reaches the engine.
func (e *Engine) lookUp(queueURL string) (*queue, error) {
	if queueURL == "" {
		return nil, missing("QueueUrl")
	}
	rest, name, ok := cutLast(queueURL)
	_, account, ok2 := cutLast(rest)
	if !ok || !ok2 || name == "" {
		return nil, roundtrip.Errorf("InvalidAddress", "The address %s is not valid for this endpoint.", queueURL)
	}
	if q := e.queues[name]; q != nil && account == e.options.AccountID {
		return q, nil
	}
	return nil, noQueue()
}

// byARN finds a queue by its ARN; nil when there is none.
func (e *Engine) byARN(arn string) *queue {
	name, ok := strings.CutPrefix(arn, e.arn(""))
	if !ok {
		return nil
	}
	return e.queues[name]
}

func cutLast(s string) (before, after string, found bool) {
	i := strings.LastIndexByte(s, '/')
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}
