package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"latchkey.dev/shared/domain/id"
)

// Sign makes the header webhook-signature of a body: one signature for each secret, with spaces between. An error says that what is
// kept is no secret.
func Sign(secrets []string, message string, at time.Time, body []byte) (string, error) {
	var out []string
	for _, s := range secrets {
		key, err := keyOf(s)
		if err != nil {
			return "", err
		}
		m := hmac.New(sha256.New, key)
		m.Write([]byte(message + "." + strconv.FormatInt(at.Unix(), 10) + "."))
		m.Write(body)
		out = append(out, "v1,"+base64.StdEncoding.EncodeToString(m.Sum(nil)))
	}
	return strings.Join(out, " "), nil
}

// State is how far a delivery has come.
type State string

// The states.
const (
	Pending State = "pending"
	Taken   State = "delivered"
	GivenUp State = "failed" // tried as often as the schedule has it
	Held    State = "missed" // its endpoint was disabled
)

// Kind says what a delivery is.
type Kind string

// The kinds.
const (
	Live    Kind = "event"
	Trial   Kind = "test"
	Regains Kind = "recovered" // found in the log by a recovery
)

// Bounds of a delivery.
const (
	// KeptAttempts is how many attempts a delivery tells of, the last ones.
	KeptAttempts = 16
	// Excerpt is how much of the last answer is kept, and OldExcerpt of those before it, in bytes.
	Excerpt    = 4 << 10
	OldExcerpt = 256
)

// Unnamed is what a receiver answered, without the name of the client whom it was told of: receivers send back what they were sent, and
// once the client is erased its name is to be nowhere. It finds the name as it is, and as JSON has it with and without letters outside of
// ASCII. A name of one or two characters stays, since it says of nobody who it is and would take every such letter along.
func Unnamed(answer, name string) string {
	if utf8.RuneCountInString(name) < 3 {
		return answer
	}
	var ascii strings.Builder
	quoted, _ := json.Marshal(name) // a string has a form in JSON
	for _, unit := range utf16.Encode([]rune(string(quoted[1 : len(quoted)-1]))) {
		if unit < utf8.RuneSelf {
			ascii.WriteByte(byte(unit))
			continue
		}
		fmt.Fprintf(&ascii, `\u%04x`, unit)
	}
	for _, form := range []string{ascii.String(), string(quoted[1 : len(quoted)-1]), name} {
		answer = strings.ReplaceAll(answer, form, "…")
	}
	return answer
}

// Attempt is one try.
type Attempt struct {
	At       time.Time
	Took     time.Duration
	Status   int    // of the answer; 0 for none
	Fault    Fault  // why there was none, or it doesn't count; "" for an answer
	Excerpt  string // of its body
	ByPerson bool   // it was asked for, and says nothing of how the endpoint is
}

// Fault is why an attempt got no answer that counts. It never tells what address a name leads to.
type Fault string

// The faults.
const (
	NoName     Fault = "dns"
	NotPublic  Fault = "not_public"
	NoAnswer   Fault = "connect"
	Slow       Fault = "timeout"
	Untrusted  Fault = "tls"
	Redirected Fault = "redirect"
	Garbled    Fault = "response"
)

// OK tells whether the event was taken.
func (a Attempt) OK() bool { return a.Fault == "" && a.Status >= 200 && a.Status < 300 }

// Delivery is an event on its way to an endpoint.
type Delivery struct {
	ID       id.Delivery
	Agency   id.Agency
	Endpoint id.WebhookEndpoint
	Message  id.Event // by which receivers know the event
	Type     Type
	At       time.Time // of what happened
	Data     Data
	Kind     Kind
	State    State
	Tries    int       // how often it was tried by the schedule
	Due      time.Time // of the next try; zero for none
	Asked    bool      // whether the next try was asked for by a person
	Attempts []Attempt
	Expires  time.Time
	Version  int
}

// Next is when the delivery is tried again; zero where that is at once, or never. Before the first attempt, and where a person has asked
// for one, Due is only when it is looked whether the message for it got lost.
func (d *Delivery) Next() time.Time {
	if d.Asked || len(d.Attempts) == 0 {
		return time.Time{}
	}
	return d.Due
}

// DeliveryOf is the id of a message's delivery, which an endpoint has one of.
func DeliveryOf(message id.Event) id.Delivery {
	return id.FromBytes[id.Delivery](id.DeliveryPrefix, id.Bytes(id.EventPrefix, string(message)))
}

// MessageOf is the inverse of DeliveryOf.
func MessageOf(d id.Delivery) id.Event {
	return id.FromBytes[id.Event](id.EventPrefix, id.Bytes(id.DeliveryPrefix, string(d)))
}

// Safety is when a delivery that a message was sent for is looked at, should that message be lost.
const Safety = 5 * time.Minute

// NewDelivery is a delivery of a message to an endpoint, which is tried now, or when its turn comes at an endpoint that fails.
func NewDelivery(e *Endpoint, message id.Event, t Type, at time.Time, data Data, kind Kind, now time.Time) Delivery {
	d := Delivery{ID: DeliveryOf(message), Agency: e.Agency, Endpoint: e.ID, Message: message, Type: t, At: at, Data: data, Kind: kind,
		State: Pending, Due: now.Add(Safety), Expires: now.Add(Kept)}
	if kind != Trial && !e.FailingSince.IsZero() {
		d.Wait(now, e.Next)
	}
	return d
}

// schedule is how long is waited after each failure: with the first one at once, ten tries within four days.
//
// Source: Standard Webhooks 1.0.0, "Retry schedule".
var schedule = []time.Duration{5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour,
	14 * time.Hour, 20 * time.Hour, 24 * time.Hour}

// MaxTries is how often a delivery is tried by the schedule.
var MaxTries = len(schedule) + 1

// MostWait is the longest time that an answer's Retry-After may ask for.
const MostWait = 24 * time.Hour

// mostPause is how long an endpoint that fails is left alone at most, while others wait for it.
const mostPause = time.Hour

// jittered is the wait a fifth shorter or longer. Which is the same for the same delivery and try, so that a repeated write says the
// same.
func jittered(d time.Duration, which string, n int) time.Duration {
	spread := int64(crc32.ChecksumIEEE([]byte(which+strconv.Itoa(n)))%4001) - 2000 // of ten thousand
	return d + time.Duration(int64(d)/10000*spread)
}

// Pause is how long an endpoint is left alone after one more attempt that failed: no longer than the delivery waits that was tried, if
// that is the only one.
func Pause(e *Endpoint, retryAfter time.Duration) time.Duration {
	d := min(schedule[min(e.Fails, len(schedule)-1)], mostPause)
	return max(d*8/10, min(retryAfter, MostWait))
}

// Wait puts the delivery off until the endpoint's turn comes, and some hours more: when the endpoint is reached, whatever waits for it is
// woken.
func (d *Delivery) Wait(now, until time.Time) {
	const apart = 3 * time.Hour
	if until.Before(now) {
		until = now
	}
	if len(d.Attempts) == 0 {
		d.Due = until.Add(jittered(5*time.Second, string(d.ID), d.Version))
		if d.Version > 1 {
			d.Due = until.Add(jittered(apart, string(d.ID), d.Version))
		}
		return
	}
	d.Due = until.Add(jittered(schedule[min(max(d.Tries-1, 0), len(schedule)-1)], string(d.ID), d.Version))
}

// Tried notes an attempt, and says when the next one is.
func (d *Delivery) Tried(a Attempt, retryAfter time.Duration) {
	a.Excerpt = a.Excerpt[:min(len(a.Excerpt), Excerpt)]
	for i := range d.Attempts {
		old := &d.Attempts[i]
		old.Excerpt = strings.ToValidUTF8(old.Excerpt[:min(len(old.Excerpt), OldExcerpt)], "")
	}
	a.ByPerson = d.Asked || d.Kind == Trial
	d.Attempts = append(d.Attempts, a)
	d.Attempts = slices.Clone(d.Attempts[max(0, len(d.Attempts)-KeptAttempts):])
	d.Asked = false
	switch {
	case a.OK():
		d.State, d.Due = Taken, time.Time{}
	case d.State != Pending: // a person tried once more what was over
		d.Due = time.Time{}
	case d.Kind == Trial:
		d.State, d.Due = GivenUp, time.Time{}
	case a.ByPerson:
		d.Due = a.At.Add(d.pause(retryAfter))
	default:
		d.Tries++
		if d.Tries >= MaxTries {
			d.State, d.Due = GivenUp, time.Time{}
			return
		}
		d.Due = a.At.Add(d.pause(retryAfter))
	}
}

func (d *Delivery) pause(retryAfter time.Duration) time.Duration {
	n := min(max(d.Tries-1, 0), len(schedule)-1)
	return max(jittered(schedule[n], string(d.ID), d.Tries), min(retryAfter, MostWait))
}

// Again has the delivery tried now because a person asks for it.
func (d *Delivery) Again(now time.Time) { d.Asked, d.Due = true, now.Add(Safety) }

// Revive has a delivery that was given up, or missed, tried by the schedule once more; false for one that was taken or still goes on.
func (d *Delivery) Revive(now time.Time) bool {
	if d.State != GivenUp && d.State != Held || d.Kind == Trial {
		return false
	}
	d.State, d.Tries, d.Due, d.Expires = Pending, 0, now.Add(Safety), now.Add(Kept)
	return true
}

// Hold gives the delivery up because its endpoint is disabled.
func (d *Delivery) Hold() {
	d.Due, d.Asked = time.Time{}, false
	if d.State == Pending {
		d.State = Held
	}
}

// Job is a message of the webhook queue.
type Job struct {
	Kind     JobKind            `json:"kind"`
	Agency   id.Agency          `json:"agency"`
	Endpoint id.WebhookEndpoint `json:"endpoint"`
	Delivery id.Delivery        `json:"delivery,omitempty"`
	Version  int                `json:"version,omitempty"` // of the delivery, or the endpoint, that it is about
	After    id.Delivery        `json:"after,omitempty"`
	Back     bool               `json:"back,omitempty"` // of a recovery: the one that nobody asked for
}

// JobKind says what is to be done.
type JobKind string

// The kinds of jobs.
const (
	Deliver JobKind = "deliver"
	Wake    JobKind = "wake"    // those that wait for the endpoint
	Regain  JobKind = "recover" // the next page of the log
	Purge   JobKind = "purge"   // the deliveries of an endpoint that was deleted
)

// LastAttempt is the last attempt; the zero one when there was none.
func (d *Delivery) LastAttempt() Attempt {
	if len(d.Attempts) == 0 {
		return Attempt{}
	}
	return d.Attempts[len(d.Attempts)-1]
}

// Encode is the message's body.
func (j Job) Encode() []byte {
	b, err := json.Marshal(j)
	if err != nil {
		panic(err) // strings and a number
	}
	return b
}

// DecodeJob reads a message's body. It returns an error for anything that Encode did not make.
func DecodeJob(body []byte) (Job, error) {
	var j Job
	if err := json.Unmarshal(body, &j); err != nil {
		return j, fmt.Errorf("webhook: %w", err)
	}
	ok := id.Valid(id.AgencyPrefix, string(j.Agency)) && id.Valid(id.EndpointPrefix, string(j.Endpoint)) &&
		(j.After == "" || id.Valid(id.DeliveryPrefix, string(j.After)))
	switch j.Kind {
	case Deliver:
		ok = ok && id.Valid(id.DeliveryPrefix, string(j.Delivery))
	case Wake, Regain, Purge:
	default:
		ok = false
	}
	if !ok {
		return j, errors.New("webhook: malformed job")
	}
	return j, nil
}
