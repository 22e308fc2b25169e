// Package allowance holds how many mails people may cause, of every kind, in one place: who asks is counted, for which agency,
// and whom the mail is for, whichever agency it comes from. It is arithmetic alone; a store keeps the logs that it works on, and
// writes them with the change that the mail belongs to, so that every limit is exact however many ask at once, and what was not
// done is not counted.
package allowance

import (
	"slices"
	"time"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/words"
)

// Kind is a kind of mail.
type Kind string

// The kinds.
const (
	Invite   Kind = "invite"   // an invitation, or one that is sent again
	Welcome  Kind = "welcome"  // tells a person that they work at an agency
	Approval Kind = "approval" // tells a person that they may join an agency which they have asked to
	Notice   Kind = "notice"   // tells an agency's people what its clients did
	Reminder Kind = "reminder" // reminds somebody of an invitation
	Code     Kind = "code"     // a sign-in code that anybody may have asked for
	Account  Kind = "account"  // tells a person what has changed about how it signs in
	Proposal Kind = "proposal" // asks a client whether its agency, or it, pays for what it has bought
	OwnCode  Kind = "own"      // one that a browser asked for which has signed in before, or the holder of an invitation's link
)

// Tier is how far an agency is trusted.
type Tier int

// The tiers: an agency on the plan Free, one that pays and is young, and any other.
const (
	Free Tier = iota
	Young
	Established
)

// Mail is a mail that somebody wants to cause.
type Mail struct {
	Kind   Kind
	Agency id.Agency // "" for a code
	Tier   Tier      // of the agency
	Actor  id.Member // on whose rights it is sent; "" where that is nobody's
	To     id.User
}

// Scope is what a log is about.
type Scope string

// The scopes.
const (
	PerAgency    Scope = "agency"
	PerActor     Scope = "actor"
	PerRecipient Scope = "to"   // from all agencies together
	PerPair      Scope = "pair" // to one recipient, from one agency
)

// Key names a log.
type Key struct {
	Scope Scope
	Who   string
}

// Use is a mail that was caused.
type Use struct {
	Kind Kind
	At   time.Time
}

// Log holds the mails that were caused under a key, oldest first, as far back as a rule looks.
type Log struct {
	Key     Key
	Uses    []Use
	Version int // of what was read; 0 for one that is not stored yet
}

// Day is how far back the rules look.
const Day = 24 * time.Hour

// rule allows so many mails of one kind, where mails of the kinds in counts are counted with it. What agencies send is counted
// apart from codes, so that neither takes the other's room; a notice counts everything that agencies send, and nothing but
// notices counts it, so that it never stands in the way of an invitation.
type rule struct {
	name    string // as the RateLimit header gives it
	kind    Kind
	scope   Scope
	counts  []Kind
	most    [3]int // by tier
	window  time.Duration
	message string // with a place for the wait
}

var asked = []Kind{Invite, Welcome}

func all(n int) [3]int { return [3]int{n, n, n} }

// Codes to one address: all that strangers ask for together, and what each asker gets who has shown to have something to do with the
// address, outside of that sum.
const (
	StrangersHour = 10
	StrangersDay  = 30
	OwnHour       = 5
)

const tooManyCodes = "errors.limit_too_many_sign_in_codes_were_requested_for_th"

// rules are all limits. An agency's invites have two more, which are the agency's own: ten an hour and fifty in a first week.
var rules = []rule{
	{"agency-mails-day", Invite, PerAgency, asked, [3]int{40, 100, 300}, Day,
		"errors.limit_your_agency_has_sent_as_many_emails_today_as"},
	{"member-mails-day", Invite, PerActor, asked, [3]int{40, 100, 300}, Day,
		"errors.limit_youve_sent_as_many_emails_today_as_one_perso"},
	{"agency-to-address-day", Invite, PerPair, []Kind{Invite}, all(10), Day,
		"errors.limit_youve_emailed_this_address_as_often_today_as"},
	{"address-day", Invite, PerRecipient, asked, all(20), Day,
		"errors.limit_this_address_has_been_sent_too_many_invitati"},

	{"agency-members-hour", Welcome, PerAgency, []Kind{Welcome}, [3]int{10, 30, 40}, time.Hour,
		"errors.limit_youve_added_many_people_this_hour_add_the_ne"},
	{"agency-members-day", Welcome, PerAgency, []Kind{Welcome}, [3]int{20, 40, 100}, Day,
		"errors.limit_youve_added_many_people_today_add_the_next_o"},
	{"agency-mails-day", Welcome, PerAgency, asked, [3]int{40, 100, 300}, Day,
		"errors.limit_your_agency_has_sent_as_many_emails_today_as"},
	{"member-mails-day", Welcome, PerActor, asked, [3]int{40, 100, 300}, Day,
		"errors.limit_youve_sent_as_many_emails_today_as_one_perso"},
	{"agency-to-address-day", Welcome, PerPair, []Kind{Welcome}, all(3), Day,
		"errors.limit_youve_added_this_person_three_times_today_an"},
	{"address-day", Welcome, PerRecipient, asked, all(20), Day,
		"errors.limit_this_address_has_been_sent_too_many_emails_t"},

	{"approvals-day", Approval, PerAgency, []Kind{Approval}, [3]int{40, 100, 300}, Day, "errors.limit_the_next_update_goes_out_in"},
	{"approvals-to-address-day", Approval, PerPair, []Kind{Approval}, all(3), Day, "errors.limit_the_next_update_goes_out_in"},
	{"approvals-address-day", Approval, PerRecipient, []Kind{Approval}, all(20), Day, "errors.limit_the_next_update_goes_out_in"},

	{"reminders-day", Reminder, PerAgency, []Kind{Reminder}, [3]int{80, 200, 600}, Day, "errors.limit_the_next_update_goes_out_in"},
	{"reminders-to-address-day", Reminder, PerPair, []Kind{Reminder}, all(2), Day, "errors.limit_the_next_update_goes_out_in"},
	{"reminders-address-day", Reminder, PerRecipient, []Kind{Invite, Welcome, Approval, Reminder}, all(20), Day,
		"errors.limit_the_next_update_goes_out_in"},

	{"notices-hour", Notice, PerRecipient, []Kind{Notice}, all(4), time.Hour, "errors.limit_the_next_update_goes_out_in"},
	{"notices-day", Notice, PerRecipient, []Kind{Invite, Welcome, Notice}, all(50), Day, "errors.limit_the_next_update_goes_out_in"},
	{"agency-notices-day", Notice, PerAgency, []Kind{Notice}, [3]int{200, 300, 600}, Day, "errors.limit_the_next_update_goes_out_in"},

	{"proposals-day", Proposal, PerRecipient, []Kind{Proposal}, all(10), Day,
		"errors.limit_youve_emailed_this_address_as_often_today_as"},

	{"account-changes-day", Account, PerRecipient, []Kind{Account}, all(40), Day, "errors.limit_youve_changed_your_account_often_today"},

	{"codes", Code, PerRecipient, []Kind{Code}, all(StrangersHour), time.Hour, tooManyCodes},
	{"codes-day", Code, PerRecipient, []Kind{Code}, all(StrangersDay), Day, tooManyCodes},
	{"codes-own", OwnCode, PerRecipient, []Kind{OwnCode}, all(OwnHour), time.Hour, tooManyCodes},
}

// Keys are the logs that the mail is counted in.
func (m Mail) Keys() []Key {
	var out []Key
	for _, r := range rules {
		if k, ok := m.key(r.scope); ok && r.kind == m.Kind && !slices.Contains(out, k) {
			out = append(out, k)
		}
	}
	return out
}

// PerDay is how many mails of its kind, and of what is counted with it, the agency may cause in a day.
func (m Mail) PerDay() int {
	for _, r := range rules {
		if r.kind == m.Kind && r.scope == PerAgency && r.window == Day {
			return r.most[m.Tier]
		}
	}
	return 0
}

// Today are the times of those that the agency has caused within the day before now, oldest first.
func (m Mail) Today(logs []Log, now time.Time) []time.Time {
	k, _ := m.key(PerAgency)
	var out []time.Time
	for _, u := range find(logs, k).Uses {
		if slices.Contains(asked, u.Kind) && now.Sub(u.At) < Day {
			out = append(out, u.At)
		}
	}
	slices.SortFunc(out, time.Time.Compare)
	return out
}

// key is the log of a scope; false when the mail has none.
func (m Mail) key(s Scope) (Key, bool) {
	switch {
	case s == PerAgency && m.Agency != "":
		return Key{s, string(m.Agency)}, true
	case s == PerActor && m.Actor != "":
		return Key{s, string(m.Actor)}, true
	case s == PerRecipient && m.To != "":
		return Key{s, string(m.To)}, true
	case s == PerPair && m.Agency != "" && m.To != "":
		return Key{s, string(m.Agency) + " " + string(m.To)}, true
	}
	return Key{}, false
}

// Take counts the mail at now in its logs, of which one that is not given is empty. It returns the logs to write, or a fault
// with code [fault.RateLimited] that says when to come back, with which nothing is counted.
func Take(logs []Log, m Mail, now time.Time) ([]Log, error) {
	now = now.Truncate(time.Millisecond) // as it is stored
	var refused *fault.Error
	for _, r := range rules {
		k, ok := m.key(r.scope)
		if r.kind != m.Kind || !ok {
			continue
		}
		most := r.most[m.Tier]
		if wait := find(logs, k).wait(r.counts, most, r.window, now); wait > 0 && (refused == nil || wait > refused.Retry) {
			refused = fault.New(fault.RateLimited, r.message, "wait", inWords(wait))
			refused.Retry, refused.Limit = wait, fault.Limit{Name: r.name, Quota: most, Window: r.window}
		}
	}
	if refused != nil {
		return nil, refused
	}
	var out []Log
	for _, k := range m.Keys() {
		l := find(logs, k)
		l.Uses = slices.DeleteFunc(slices.Clone(l.Uses), func(u Use) bool { return now.Sub(u.At) >= Day })
		l.Uses = append(l.Uses, Use{m.Kind, now})
		out = append(out, l)
	}
	return out, nil
}

// Count counts one use of the kind at now among those of somebody for whom they are kept apart, as those of sign-in codes are with
// each asker. It returns the times to keep, or a fault with code [fault.RateLimited].
func Count(k Kind, used []time.Time, now time.Time) ([]time.Time, error) {
	l, who := Log{}, Mail{Kind: k, To: "somebody"}
	l.Key, _ = who.key(PerRecipient)
	for _, at := range used {
		l.Uses = append(l.Uses, Use{k, at})
	}
	logs, err := Take([]Log{l}, who, now)
	if err != nil {
		return nil, err
	}
	var out []time.Time
	for _, u := range logs[0].Uses {
		out = append(out, u.At)
	}
	return out, nil
}

// GiveBack takes the newest mail of the kind out of its logs, because it was not sent. It returns the logs to write.
func GiveBack(logs []Log, m Mail) []Log {
	var out []Log
	for _, k := range m.Keys() {
		l := find(logs, k)
		for n := len(l.Uses) - 1; n >= 0; n-- {
			if l.Uses[n].Kind == m.Kind {
				l.Uses = slices.Delete(slices.Clone(l.Uses), n, n+1)
				out = append(out, l)
				break
			}
		}
	}
	return out
}

func find(logs []Log, k Key) Log {
	for _, l := range logs {
		if l.Key == k {
			return l
		}
	}
	return Log{Key: k}
}

// wait is how long it takes until fewer than most mails of the kinds are within the window; zero when that is so now. A clock
// that runs behind another's makes nobody wait for longer than the window.
func (l Log) wait(kinds []Kind, most int, window time.Duration, now time.Time) time.Duration {
	var within []time.Time
	for _, u := range l.Uses {
		if slices.Contains(kinds, u.Kind) && now.Sub(u.At) < window {
			within = append(within, u.At)
		}
	}
	if len(within) < most {
		return 0
	}
	slices.SortFunc(within, time.Time.Compare)
	return min(within[len(within)-most].Add(window).Sub(now), window)
}

// inWords is a wait in words, rounded up.
func inWords(d time.Duration) words.Phrase {
	switch {
	case d > 2*time.Hour:
		return words.PhraseOf("time.hour", "n", int((d+time.Hour-1)/time.Hour))
	case d > 2*time.Minute:
		return words.PhraseOf("time.minute", "n", int((d+time.Minute-1)/time.Minute))
	}
	return words.PhraseOf("time.second", "n", int(max((d+time.Second-1)/time.Second, 2)))
}
