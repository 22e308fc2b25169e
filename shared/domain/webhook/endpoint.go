package webhook

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/idna"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/text"
)

// slack is how long before the first failure an event may have happened that was on its way then.
const slack = time.Hour

// Limits of an agency's endpoints.
const (
	MaxEndpoints   = 10
	MaxURL         = 500
	MaxDescription = 200
	// MaxAsked is how many test events, redeliveries and recoveries of one endpoint people may ask for within an hour.
	MaxAsked = 60
	// Kept is how long a delivery is kept, and how far back events can be recovered.
	Kept = 30 * 24 * time.Hour
	// Overlap is how long events are signed with a secret after another was put in its place, and MaxRotations is how often that can be
	// done meanwhile.
	Overlap      = 24 * time.Hour
	MaxRotations = 5
	// WarnAfter and DisableAfter are how long nothing has reached an endpoint when the owners are told, and when it is disabled.
	WarnAfter    = 24 * time.Hour
	DisableAfter = 5 * 24 * time.Hour
	// Lease is how long one attempt at an endpoint that fails keeps others away: more than an attempt may take.
	Lease = 40 * time.Second
	// LookBack is how long after an endpoint was made, or enabled, the log is looked through once for what was written meanwhile by
	// somebody who had not seen it yet.
	LookBack = time.Minute
	// Grace is how much longer ago than Kept a recovery may be asked for: whoever was told a time has until then to say it.
	Grace = time.Hour
)

// Why says why an endpoint is disabled.
type Why string

// The reasons.
const (
	ByPerson Why = "by_person"
	Gone     Why = "gone"    // it answered 410
	Failed   Why = "failing" // nothing has reached it for DisableAfter
)

// Endpoint is a place that an agency has events sent to.
type Endpoint struct {
	ID          id.WebhookEndpoint
	Agency      id.Agency
	URL         string
	Description string
	Types       []Type // those that it wants; none for all
	Secret      string // sealed
	Previous    string // the sealed one before it; "" for none
	RotatedAt   time.Time
	Earlier     []Former // those before that one that are still signed with, oldest first
	CreatedBy   string   // an actor
	CreatedAt   time.Time

	Disabled   Why // "" while it is sent events
	DisabledAt time.Time
	Deleted    bool // it is gone but for its deliveries

	FailingSince time.Time // of the first failure after which nothing has reached it; zero for none
	Fails        int       // attempts since then
	Next         time.Time // before this nothing is tried while it fails
	Warned       bool      // whether the owners were told that it fails
	Woken        time.Time // when the sweep is to look whether what waited for it goes out; zero for nothing
	Waited       time.Time // since when that has waited
	MissedSince  time.Time // since when it missed events because it was disabled, which nobody has recovered yet; zero for none

	Back    Recovery    // of what was written while the endpoint was made, or enabled
	Recover Recovery    // that a person has asked for
	Asked   []time.Time // of what people asked for within the last hour
	Version int
}

// Former is a secret before the previous one.
type Former struct {
	Secret string // sealed
	Until  time.Time
}

// Rotate puts a sealed secret in the place of the present one. Events are signed with that one, too, for [Overlap], and so they are with
// each before it: nobody knows which of them the receiver has. Faults: [fault.RateLimited].
func (e *Endpoint) Rotate(sealed string, now time.Time) error {
	e.Earlier = slices.DeleteFunc(slices.Clone(e.Earlier), func(f Former) bool { return !now.Before(f.Until) })
	if until := e.RotatedAt.Add(Overlap); e.Previous != "" && now.Before(until) {
		e.Earlier = append(e.Earlier, Former{e.Previous, until})
	}
	if len(e.Earlier)+1 > MaxRotations {
		f := fault.New(fault.RateLimited, "webhooks.rotated_too_often", "most", MaxRotations)
		f.Retry, f.Limit = e.Earlier[0].Until.Sub(now), fault.Limit{Name: "webhook-rotations", Quota: MaxRotations, Window: Overlap}
		return f
	}
	e.Previous, e.Secret, e.RotatedAt = e.Secret, sealed, now
	return nil
}

// Signing are the sealed secrets that events are signed with at a moment, the present one first.
func (e *Endpoint) Signing(now time.Time) []string {
	out := []string{e.Secret}
	if e.Previous != "" && now.Before(e.RotatedAt.Add(Overlap)) {
		out = append(out, e.Previous)
	}
	for _, f := range slices.Backward(e.Earlier) {
		if now.Before(f.Until) {
			out = append(out, f.Secret)
		}
	}
	return out
}

// Delete has nothing of the endpoint be left but its deliveries, which are deleted then.
func (e *Endpoint) Delete(now time.Time) {
	e.Deleted, e.DisabledAt, e.Secret, e.Previous, e.Earlier = true, now, "", "", nil
}

// Move has events go to another address, at which nothing has failed yet. What waits is tried there at once.
func (e *Endpoint) Move(address string, now time.Time) {
	if e.URL == address {
		return
	}
	e.URL = address
	if e.Open() && !e.FailingSince.IsZero() {
		e.Woken, e.Waited = now, e.FailingSince
		e.well()
	}
}

// well forgets what has failed.
func (e *Endpoint) well() {
	e.FailingSince, e.Fails, e.Next, e.Warned = time.Time{}, 0, time.Time{}, false
}

// Recovery is how far the log has been looked through for events that never reached the endpoint.
type Recovery struct {
	From  time.Time // zero when there is none under way
	To    time.Time
	After id.Event  // the last row that was looked at
	Apart bool      // whether it has come to what the log does not have
	At    time.Time // when it goes on
}

// Catching tells which recoveries are to go on now, and has the sweep look again later should their jobs be lost.
func (e *Endpoint) Catching(now time.Time) (back, asked bool) {
	due := func(r *Recovery) bool {
		if !r.Running() || now.Before(r.At) {
			return false
		}
		r.At = now.Add(Safety)
		return true
	}
	return due(&e.Back), due(&e.Recover)
}

// Catch is the recovery that a job is about, if it is under way; nil for none.
func (e *Endpoint) Catch(back bool) *Recovery {
	r := &e.Recover
	if back {
		r = &e.Back
	}
	if !r.Running() {
		return nil
	}
	return r
}

// Nudged has the sweep look again later at what the worker was just told of.
func (e *Endpoint) Nudged(now time.Time) {
	if !e.Woken.IsZero() && !now.Before(e.Woken) {
		e.Woken = now.Add(Safety)
	}
}

// WaitingSince is the time of the oldest event that may wait for the endpoint: it was on its way when the first failure came.
func (e *Endpoint) WaitingSince() time.Time { return e.Waited.Add(-slack) }

// Running tells whether there is one.
func (r Recovery) Running() bool { return !r.From.IsZero() }

// SecretPlace is where the endpoint's secret is kept, for the seal.
func (e *Endpoint) SecretPlace() string { return "webhook/" + string(e.Agency) + "/" + string(e.ID) }

// Name is what people call the endpoint: its description, or else its host.
func (e *Endpoint) Name() string {
	if u, err := url.Parse(e.URL); e.Description == "" && err == nil {
		return u.Host
	}
	return e.Description
}

// Wants tells whether the endpoint is sent events of the type.
func (e *Endpoint) Wants(t Type) bool {
	return t == Test || len(e.Types) == 0 || slices.Contains(e.Types, t)
}

// Open tells whether the endpoint is sent events.
func (e *Endpoint) Open() bool { return e.Disabled == "" && !e.Deleted }

// Status is what people see: "active", "failing" or "disabled".
func (e *Endpoint) Status() string {
	switch {
	case e.Disabled != "":
		return "disabled"
	case !e.FailingSince.IsZero():
		return "failing"
	}
	return "active"
}

// Claim takes the turn at an endpoint that fails, which one attempt at a time has: with ok the caller may try, once the endpoint is
// saved where changed says so; else it is to come back at again.
func (e *Endpoint) Claim(now time.Time) (ok, changed bool, again time.Time) {
	if e.FailingSince.IsZero() {
		return true, false, time.Time{}
	}
	if now.Before(e.Next) {
		return false, false, e.Next
	}
	e.Next = now.Add(Lease)
	return true, true, time.Time{}
}

// Reached notes that an event was taken; false when nothing has changed.
func (e *Endpoint) Reached(now time.Time) bool {
	if e.FailingSince.IsZero() {
		return false
	}
	if e.Open() {
		e.Woken, e.Waited = now.Add(Safety), e.FailingSince
	}
	e.well()
	return true
}

// Missed notes that an attempt failed, after which nothing is tried for the wait.
func (e *Endpoint) Missed(now time.Time, wait time.Duration) {
	if e.FailingSince.IsZero() {
		e.FailingSince, e.Fails, e.Warned = now, 0, false
	}
	e.Fails++
	e.Next = now.Add(wait)
}

// MissedBesides notes that an attempt failed, too, which had begun before the first failure was known: many that meet one outage are one
// failure, and an endpoint that has many events at a time isn't left alone for longer than others. What the receiver asks for is kept.
func (e *Endpoint) MissedBesides(now time.Time, retryAfter time.Duration) {
	if at := now.Add(min(retryAfter, MostWait)); retryAfter > 0 && e.Next.Before(at) {
		e.Next = at
	}
}

// Disable stops events from being sent. A recovery that is under way ends: what it has not come to is missed.
func (e *Endpoint) Disable(now time.Time, why Why) {
	e.Disabled, e.DisabledAt = why, now
	if e.MissedSince.IsZero() && !e.FailingSince.IsZero() {
		e.Misses(e.FailingSince.Add(-slack))
	}
	e.Misses(e.Recover.From)
	e.Misses(e.Back.From)
	e.Misses(now)
	e.Recover, e.Back = Recovery{}, Recovery{}
}

// Misses notes that the endpoint has missed what happened at the time, which may be before it was disabled; false when that was known.
func (e *Endpoint) Misses(at time.Time) bool {
	if at.IsZero() || !e.MissedSince.IsZero() && !at.Before(e.MissedSince) {
		return false
	}
	e.MissedSince = at
	return true
}

// Missing is since when the endpoint has missed events that can be recovered at a moment; zero for none.
func (e *Endpoint) Missing(now time.Time) time.Time {
	if oldest := now.Add(-Kept); !e.MissedSince.IsZero() && e.MissedSince.Before(oldest) {
		return oldest
	}
	return e.MissedSince
}

// Enable has events sent again. What was missed is for recovery.
func (e *Endpoint) Enable(now time.Time) {
	if !e.FailingSince.IsZero() {
		e.Woken, e.Waited = now, e.FailingSince
	}
	e.Disabled, e.DisabledAt = "", time.Time{}
	e.well()
	e.lookBack(now)
}

// lookBack has the log looked through once a while from now on.
func (e *Endpoint) lookBack(now time.Time) {
	e.Back = Recovery{From: now, To: now.Add(LookBack), At: now.Add(LookBack)}
}

// Alarm is what the sweep does about an endpoint that fails.
type Alarm string

// The alarms.
const (
	Warn Alarm = "warn"
	Stop Alarm = "stop"
)

// Look changes what time has changed, and returns what owners are to be told of; "" for nothing.
func (e *Endpoint) Look(now time.Time) Alarm {
	if !e.Open() || e.FailingSince.IsZero() {
		return ""
	}
	switch d := now.Sub(e.FailingSince); {
	case d >= DisableAfter:
		e.Disable(now, Failed)
		return Stop
	case d >= WarnAfter && !e.Warned:
		e.Warned = true
		return Warn
	}
	return ""
}

// Due is when the sweep is to look at the endpoint; zero for never.
func (e *Endpoint) Due() time.Time {
	var due time.Time
	at := func(t time.Time) {
		if !t.IsZero() && (due.IsZero() || t.Before(due)) {
			due = t
		}
	}
	if e.Deleted {
		return e.DisabledAt
	}
	if !e.Open() { // nothing goes on there until it is enabled
		return due
	}
	at(e.Woken)
	at(e.Back.At)
	at(e.Recover.At)
	if !e.FailingSince.IsZero() {
		if e.Warned {
			at(e.FailingSince.Add(DisableAfter))
		} else {
			at(e.FailingSince.Add(WarnAfter))
		}
	}
	return due
}

// Ask counts something that a person asks for. Faults: [fault.RateLimited].
func (e *Endpoint) Ask(now time.Time) error {
	e.Asked = slices.DeleteFunc(e.Asked, func(t time.Time) bool { return now.Sub(t) >= time.Hour })
	if len(e.Asked) >= MaxAsked {
		f := fault.New(fault.RateLimited, "webhooks.asked_too_often", "most", MaxAsked)
		f.Retry, f.Limit = e.Asked[0].Add(time.Hour).Sub(now), fault.Limit{Name: "webhook-hour", Quota: MaxAsked, Window: time.Hour}
		return f
	}
	e.Asked = append(e.Asked, now)
	return nil
}

// New makes an endpoint.
func New(agency id.Agency, by string, now time.Time) *Endpoint {
	e := &Endpoint{ID: id.New[id.WebhookEndpoint](id.EndpointPrefix, now), Agency: agency, CreatedBy: by, CreatedAt: now}
	e.lookBack(now)
	return e
}

// CatchUp begins a recovery of what has not reached the endpoint since then. Of what was before the endpoint was made it was never to be
// told, and what is no longer kept cannot be.
func (e *Endpoint) CatchUp(since, now time.Time) {
	if !since.After(e.Missing(now)) {
		e.MissedSince = time.Time{}
	}
	for _, first := range []time.Time{e.CreatedAt, now.Add(-Kept)} {
		if since.Before(first) {
			since = first
		}
	}
	e.Recover = Recovery{From: since.Truncate(time.Millisecond), To: now, At: now.Add(Safety)}
}

// Guard says which addresses may be called.
type Guard interface {
	JudgeURL(u *url.URL) error
}

// ParseURL reads where an endpoint is, as somebody typed it, in the form in which it is called. own is the host of the product
// itself, which would call itself for ever. Faults: [fault.Invalid].
func ParseURL(field, s string, guard Guard, own string) (string, error) {
	s = text.Trim(s)
	if s == "" {
		return "", fault.InField(field, "webhooks.url_missing")
	}
	if len(s) > MaxURL {
		return "", fault.InField(field, "webhooks.url_long", "most", MaxURL)
	}
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" || u.Opaque != "" {
		return "", fault.InField(field, "webhooks.url_unread")
	}
	near := u.Scheme == "http" && guard.JudgeURL(u) == nil // what stands in for the outside in a local run
	host, fits := hostOf(u.Hostname())
	port, open := listens(u.Port())
	if u.Host = strings.ToLower(u.Host); !near {
		u.Host = host + port
	}
	out := u.String()
	switch {
	case strings.ContainsFunc(out, func(r rune) bool { return r <= ' ' || r > '~' }):
		return "", fault.InField(field, "webhooks.url_unread")
	case u.User != nil:
		return "", fault.InField(field, "webhooks.url_user")
	case u.Fragment != "" || strings.Contains(s, "#"):
		return "", fault.InField(field, "webhooks.url_fragment")
	case near:
		return out, nil
	case u.Scheme != "https":
		return "", fault.InField(field, "webhooks.url_scheme")
	case !fits:
		return "", fault.InField(field, "webhooks.url_address")
	case host == own:
		return "", fault.InField(field, "webhooks.url_own")
	case !open || guard.JudgeURL(u) != nil:
		return "", fault.InField(field, "webhooks.url_port")
	}
	return out, nil
}

// hostOf is the host as it is looked up; false for what is no name of the public internet: an address, in any form that some resolver takes
// for one (WHATWG URL, "ends in a number"), or a name that DNS can't have.
func hostOf(typed string) (string, bool) {
	ascii, err := idna.Lookup.ToASCII(strings.TrimSuffix(typed, "."))
	if err != nil { // such as an underscore, which some have
		ascii = strings.TrimSuffix(typed, ".")
	}
	ascii = strings.ToLower(ascii)
	labels := strings.Split(ascii, ".")
	last := labels[len(labels)-1]
	if len(labels) < 2 || len(ascii) > 253 || strings.Trim(last, "0123456789") == "" || strings.HasPrefix(last, "0x") {
		return ascii, false
	}
	for _, l := range labels {
		if l == "" || len(l) > 63 || strings.Trim(l, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return ascii, false
		}
	}
	return ascii, true
}

// listens is how an address has the port, with its colon, and whether an endpoint may listen there: 443, which needs no word, or one that
// needs no privileges.
func listens(port string) (string, bool) {
	if port == "" {
		return "", true
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return ":" + port, false
	}
	if n == 443 {
		return "", true
	}
	return ":" + strconv.FormatUint(n, 10), n >= 1024
}

// ParseTypes reads the types that an endpoint is to have. Faults: [fault.Invalid].
func ParseTypes(field string, all []Type) ([]Type, error) {
	known := Types()
	for _, t := range all {
		if !slices.Contains(known, t) {
			return nil, fault.InField(field, "webhooks.type_unknown", "type", string(t[:min(len(t), 60)]))
		}
	}
	return slices.Compact(slices.Sorted(slices.Values(all))), nil
}

// SecretPrefix is what a secret begins with.
const SecretPrefix = "whsec_"

// secretSize is how many random bytes a secret is of: Standard Webhooks asks for 24 to 64.
const secretSize = 32

// NewSecret makes a secret. What is signed with are the bytes behind the prefix, see [Sign].
func NewSecret() string {
	b := make([]byte, secretSize)
	rand.Read(b) //nolint:errcheck,gosec // crypto/rand.Read never fails (Go 1.24)
	return SecretPrefix + base64.StdEncoding.EncodeToString(b)
}

var errSecret = errors.New("webhook: what is kept is no secret")

func keyOf(secret string) ([]byte, error) {
	rest, ok := strings.CutPrefix(secret, SecretPrefix)
	if !ok {
		return nil, errSecret
	}
	key, err := base64.StdEncoding.DecodeString(rest)
	if err != nil || len(key) != secretSize {
		return nil, errSecret
	}
	return key, nil
}
