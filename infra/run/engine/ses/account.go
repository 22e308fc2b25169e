package ses

import (
	"maps"
	"net/http"
	"net/mail"
	"slices"
	"strings"
	"time"

	"latchkey.dev/infra/run/engine/roundtrip"
)

// account is what holds for all sending.
type account struct {
	Sending     bool
	Enforcement string // HEALTHY, PROBATION or SHUTDOWN
	Reasons     []string
}

// newAccount is an account out of the sandbox. Its suppression list takes both kinds, as on AWS for accounts made
// after November 2019.
func newAccount() account {
	return account{Sending: true, Enforcement: "HEALTHY", Reasons: []string{"BOUNCE", "COMPLAINT"}}
}

func limitExceeded(format string, args ...any) error {
	return roundtrip.Errorf("LimitExceededException", format, args...)
}

type sendQuota struct {
	Max24HourSend   float64
	MaxSendRate     float64
	SentLast24Hours float64
}

func (e *Engine) getAccount(_ *http.Request, _ *none) (any, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	most := float64(e.options.Max24HourSend)
	if most == 0 {
		most = -1 // what AWS documents for "unlimited"
	}
	return struct {
		DedicatedIPAutoWarmupEnabled bool `json:"DedicatedIpAutoWarmupEnabled"`
		EnforcementStatus            string
		ProductionAccessEnabled      bool
		SendingEnabled               bool
		SendQuota                    sendQuota
		SuppressionAttributes        suppressionOptions
	}{
		true, e.account.Enforcement, true, e.account.Sending,
		sendQuota{most, 14, float64(e.sentLastDay(e.now()))},
		suppressionOptions{append([]string{}, e.account.Reasons...)},
	}, nil
}

// sentLastDay counts in whole hours: near enough for a quota of a day.
func (e *Engine) sentLastDay(now time.Time) int {
	hour, sum := now.Unix()/3600, 0
	for h, n := range e.sentByHour {
		if h <= hour-24 {
			delete(e.sentByHour, h)
			continue
		}
		sum += n
	}
	return sum
}

func (e *Engine) editAccount(edit func(*account)) error {
	e.mu.Lock()
	edit(&e.account)
	kept := e.account
	return e.unlockAndKeep(change{Op: opAccount, Account: &kept})
}

func (e *Engine) putAccountSending(_ *http.Request, in *sendingOptions) (any, error) {
	return nil, e.editAccount(func(a *account) { a.Sending = in.SendingEnabled })
}

func (e *Engine) putAccountSuppression(_ *http.Request, in *suppressionOptions) (any, error) {
	if err := checkReasons(in.SuppressedReasons); err != nil {
		return nil, err
	}
	return nil, e.editAccount(func(a *account) { a.Reasons = in.SuppressedReasons })
}

// SetEnforcement sets the account's standing, HEALTHY, PROBATION or SHUTDOWN, as AWS would after a review. With
// SHUTDOWN every SendEmail is an AccountSuspendedException. It answers an error of code BadRequestException for
// another word.
func (e *Engine) SetEnforcement(status string) error {
	if !slices.Contains([]string{"HEALTHY", "PROBATION", "SHUTDOWN"}, status) {
		return badRequest("no enforcement status %q", status)
	}
	return e.editAccount(func(a *account) { a.Enforcement = status })
}

// suppressedDestination is an entry of the account's suppression list.
type suppressedDestination struct {
	Address string
	Reason  string
	Updated time.Time
}

type suppressedInput struct {
	EmailAddress string
	Reason       string
}

func (e *Engine) putSuppressed(_ *http.Request, in *suppressedInput) (any, error) {
	if a, err := mail.ParseAddress(in.EmailAddress); err != nil || a.Address != in.EmailAddress {
		return nil, badRequest("Invalid email address <%s>.", in.EmailAddress)
	}
	if in.Reason == "" {
		return nil, badRequest("Reason is required.")
	}
	if err := checkReasons([]string{in.Reason}); err != nil {
		return nil, err
	}
	e.mu.Lock()
	key := strings.ToLower(in.EmailAddress)
	s := &suppressedDestination{key, in.Reason, e.now()}
	e.suppressed[key] = s
	return nil, e.unlockAndKeep(change{Op: opSuppressed, Name: key, Suppressed: s})
}

type suppressedOutput struct {
	EmailAddress   string
	Reason         string
	LastUpdateTime epoch
}

func (s *suppressedDestination) output() suppressedOutput {
	return suppressedOutput{s.Address, s.Reason, epochOf(s.Updated)}
}

func (e *Engine) suppressedOf(r *http.Request) (string, *suppressedDestination, error) {
	address := r.PathValue("address")
	key := strings.ToLower(address)
	if s := e.suppressed[key]; s != nil {
		return key, s, nil
	}
	return "", nil, notFound("Email address %s does not exist on your suppression list.", address)
}

func (e *Engine) getSuppressed(r *http.Request, _ *none) (any, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	_, s, err := e.suppressedOf(r)
	if err != nil {
		return nil, err
	}
	return struct{ SuppressedDestination suppressedOutput }{s.output()}, nil
}

func (e *Engine) deleteSuppressed(r *http.Request, _ *none) (any, error) {
	e.mu.Lock()
	key, _, err := e.suppressedOf(r)
	if err != nil {
		e.mu.Unlock()
		return nil, err
	}
	delete(e.suppressed, key)
	return nil, e.unlockAndKeep(change{Op: opSuppressed, Name: key})
}

func (e *Engine) listSuppressed(r *http.Request, in *listInput) (any, error) {
	query := r.URL.Query()
	start, err := queryTime(query.Get("StartDate"))
	if err != nil {
		return nil, err
	}
	end, err := queryTime(query.Get("EndDate"))
	if err != nil {
		return nil, err
	}
	reasons := append(query["Reason"], query["Reasons"]...)
	e.mu.Lock()
	defer e.mu.Unlock()
	names := slices.Sorted(maps.Keys(e.suppressed))
	names = slices.DeleteFunc(names, func(name string) bool {
		s := e.suppressed[name]
		return len(reasons) > 0 && !slices.Contains(reasons, s.Reason) ||
			!start.IsZero() && s.Updated.Before(start) || !end.IsZero() && s.Updated.After(end)
	})
	names, next, err := in.page(r, names)
	if err != nil {
		return nil, err
	}
	entries := []suppressedOutput{}
	for _, name := range names {
		entries = append(entries, e.suppressed[name].output())
	}
	return struct {
		SuppressedDestinationSummaries []suppressedOutput
		NextToken                      string `json:",omitzero"`
	}{entries, next}, nil
}

func queryTime(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, badRequest("%q is no time of the form 2006-01-02T15:04:05Z.", text)
	}
	return t, nil
}
