package sender

import (
	"slices"
	"strings"
	"time"

	"latchkey.dev/shared/domain/words"
)

// Light is how a record stands.
type Light string

// The lights. What is waited for is never Wrong (D2).
const (
	Right   Light = "right"
	Waiting Light = "waiting"
	Noted   Light = "noted" // mail passes, and something about the record is worth knowing
	Wrong   Light = "wrong"
)

// Cause names why a record stands as it does.
type Cause string

// The causes.
const (
	AsWanted      Cause = "as_wanted"
	NotLooked     Cause = "not_looked"      // nobody has asked yet
	CannotAsk     Cause = "cannot_ask"      // D18
	Missing       Cause = "missing"         // D17: the servers that were asked are named
	Cached        Cause = "cached"          // D16: others may still keep the old answer
	DoubledSuffix Cause = "doubled_suffix"  // D3
	DoubledTarget Cause = "doubled_target"  // D6: the provider made the value a name of the zone, too
	Proxied       Cause = "proxied"         // D4
	WrongType     Cause = "wrong_type"      // D5
	OtherValue    Cause = "other_value"     // something else stands there
	TwoSPF        Cause = "two_spf"         // D9
	LookupLimit   Cause = "lookup_limit"    // D10
	Occupied      Cause = "occupied"        // D11
	CNAMEHere     Cause = "cname_here"      // D12
	Wildcard      Cause = "wildcard"        // D13
	SPFUnaligned  Cause = "spf_unaligned"   // D14
	DKIMUnaligned Cause = "dkim_unaligned"  // D14
	Inherited     Cause = "inherited"       // D15
	TwoDMARC      Cause = "two_dmarc"       // D15
	Split         Cause = "split"           // D19
	Loop          Cause = "loop"            // E5
	SESWaiting    Cause = "ses_waiting"     // D2
	SESAhead      Cause = "ses_dns_right"   // D2: DNS is right, and SES has not seen it
	SESFailed     Cause = "ses_failed"      // SES stopped looking
	SESRetrying   Cause = "ses_temporarily" // SES could not look, or lost what it had seen
)

// Verdict is what a check says of a record.
type Verdict struct {
	Record   Record
	Light    Light
	Cause    Cause
	Expected string    // the value to publish
	Found    string    // what stands there, verbatim; empty for nothing
	Why      string    // a sentence
	Do       string    // what to do about it; empty for nothing
	Until    time.Time // when others will have forgotten the old answer; zero where nothing is known of that
}

// Check is all that a round of questions brought to light.
type Check struct {
	Records     []Record
	Zone        string   // the zone that has the domain
	NameServers []string // the zone's own
	Probe       string   // a random label of 16 letters, which nobody has published (D13)
	Answers     []Answer // of a server that was asked twice, the last one counts
}

// MaxQuestions is how many questions a check asks at most, of all servers together (E6).
const MaxQuestions = 20

// Verdicts judges every record but that of DMARC, which [JudgeDMARC] does.
func (c Check) Verdicts() []Verdict {
	var out []Verdict
	for _, r := range c.Records {
		if r.Role != DMARC {
			out = append(out, c.judge(r))
		}
	}
	return out
}

// Questions lists what to ask next, the most telling first: what the records are about, whether a wildcard answers, and of what is
// missing, whether it stands somewhere else. None is listed a second time, and none beyond [MaxQuestions] in all. Names outside of
// the zone, which an SPF record leads to, are for a resolver.
func (c Check) Questions() []Question {
	var first, probes, doubled, more []Question
	for _, r := range c.Records {
		if r.Role == DMARC {
			continue
		}
		first = append(first, Question{r.Name, r.Type})
		if a, ok := c.agreed(Question{r.Name, r.Type}); ok && len(a.Values) > 0 { // nothing is no wildcard's answer
			probes = append(probes, Question{c.sibling(r.Name), r.Type})
		}
		if spf := spfOf(c.values(r.Name, TXT)); r.Role == SPF && len(spf) == 1 {
			CountSPF(spf[0].Data, func(q Question) Answer {
				if q.Name != spfInclude { // which has addresses alone
					more = append(more, q)
				}
				return c.lookup(q)
			})
		}
		if _, ok := c.agreed(Question{r.Name, r.Type}); !ok || c.look(r, c.values(r.Name, r.Type)) != Missing {
			continue
		}
		if c.Zone != "" {
			doubled = append(doubled, Question{c.doubled(r.Name), r.Type})
		}
		if r.Role == DKIM {
			more = append(more, Question{r.Name, TXT}, Question{r.Name, A})
			if len(c.values(r.Name, A)) > 0 {
				more = append(more, Question{c.sibling(r.Name), A})
			}
		}
	}
	var out []Question
	asked := map[Question]bool{}
	for _, a := range c.Answers {
		if !a.Cached || !Domain(Canonical(a.Name)).Within(Domain(Canonical(c.Zone))) {
			asked[a.Question] = true
		}
	}
	for _, q := range slices.Concat(first, probes, doubled, more) {
		if !asked[q] && len(c.Answers)+len(out) < MaxQuestions {
			asked[q] = true
			out = append(out, q)
		}
	}
	return out
}

// Telling tells whether a question is about the two most usual mistakes: a name with the zone in it twice, and a wildcard.
func (c Check) Telling(q Question) bool {
	return c.Zone != "" && strings.HasSuffix(Canonical(q.Name), "."+Canonical(c.Zone)+"."+Canonical(c.Zone)) ||
		strings.HasPrefix(q.Name, c.Probe+".")
}

// sibling is a name beside this one that nobody has published.
func (c Check) sibling(name string) string {
	_, parent, _ := strings.Cut(name, ".")
	return c.Probe + "." + parent
}

// doubled is the name as a provider makes it that adds the zone to what was a full name already (D3).
func (c Check) doubled(name string) string { return name + "." + Canonical(c.Zone) }

// own lists the last answer of each of the zone's servers.
func (c Check) own(q Question) []Answer {
	var out []Answer
	for _, a := range c.Answers {
		if a.Cached || a.Type != q.Type || Canonical(a.Name) != Canonical(q.Name) {
			continue
		}
		if i := slices.IndexFunc(out, func(o Answer) bool { return o.Server == a.Server }); i >= 0 {
			out[i] = a
		} else {
			out = append(out, a)
		}
	}
	return out
}

// agreed is an answer of one of the zone's servers that says something.
func (c Check) agreed(q Question) (Answer, bool) {
	for _, a := range c.own(q) {
		if a.Status != Unasked {
			return a, true
		}
	}
	return Answer{}, false
}

// values is what one of the zone's servers has.
func (c Check) values(name string, t Type) []Value {
	a, _ := c.agreed(Question{name, t})
	return a.Values
}

// addresses is what stands for a CNAME that is proxied.
func (c Check) addresses(name string) []Value {
	return slices.Concat(c.values(name, A), c.values(name, AAAA))
}

// look is what is to be said of values at the record's name, by themselves.
func (c Check) look(r Record, values []Value) Cause {
	if r.Type != CNAME && len(of(values, CNAME)) > 0 {
		return CNAMEHere
	}
	there := of(values, r.Type)
	switch r.Role {
	case SPF:
		return c.lookSPF(there)
	case Bounce:
		if len(there) > 1 || len(there) == 1 && !c.fits(r, there[0]) {
			if len(there) == 1 && c.fitsDoubled(r, there[0]) {
				return DoubledTarget
			}
			return Occupied
		}
	case Proof:
		if slices.ContainsFunc(there, func(v Value) bool { return c.fits(r, v) }) {
			return AsWanted
		}
		there = slices.DeleteFunc(there, func(v Value) bool { return !strings.HasPrefix(bare(v.Data), proofPrefix) })
	}
	switch {
	case len(there) == 0:
		return Missing
	case c.fits(r, there[0]):
		return AsWanted
	case c.fitsDoubled(r, there[0]):
		return DoubledTarget
	}
	return OtherValue
}

func (c Check) lookSPF(there []Value) Cause {
	there = slices.DeleteFunc(there, func(v Value) bool { return !isSPF(v.Data) })
	switch {
	case len(there) == 0:
		return Missing
	case len(there) > 1:
		return TwoSPF
	case !includesUs(there[0].Data):
		return OtherValue
	case CountSPF(there[0].Data, c.lookup).Over():
		return LookupLimit
	}
	return AsWanted
}

// lookup is what the check knows of a question, whoever answered it.
func (c Check) lookup(q Question) Answer {
	for _, a := range c.Answers {
		if a.Type == q.Type && Canonical(a.Name) == q.Name && a.Status != Unasked {
			return a
		}
	}
	return Answer{Question: q, Status: Unasked}
}

// fits tells whether a value is the record's (D6).
func (c Check) fits(r Record, v Value) bool {
	if r.Type == TXT {
		return v.Type == TXT && bare(v.Data) == r.Value
	}
	return v.Type == r.Type && Canonical(v.Data) == Canonical(r.Value)
}

// fitsDoubled tells whether a value is the record's with the zone behind it.
func (c Check) fitsDoubled(r Record, v Value) bool {
	return r.Type != TXT && v.Type == r.Type && c.Zone != "" &&
		Canonical(v.Data) == Canonical(r.Value)+"."+Canonical(c.Zone)
}

// judge says how a record stands.
func (c Check) judge(r Record) Verdict {
	v := Verdict{Record: r, Expected: r.Shown()}
	own := c.own(Question{r.Name, r.Type})
	if len(own) == 0 {
		return v.is(Waiting, NotLooked, words.Say("sender.not_looked"), "")
	}
	own = slices.DeleteFunc(own, func(a Answer) bool { return a.Status == Unasked })
	if len(own) == 0 {
		return v.is(Waiting, CannotAsk, words.Say("sender.cannot_ask"), words.Say("sender.cannot_ask_do"))
	}
	if i := slices.IndexFunc(own, func(a Answer) bool { return a.Status == Looped }); i >= 0 {
		v.Found = verbatim(own[i].Values)
		return v.is(Wrong, Loop, words.Say("sender.loop"),
			words.Say("sender.loop_do", "name", r.Short, "type", r.Type, "value", v.Expected))
	}
	causes := make([]Cause, len(own))
	for i, a := range own {
		causes[i] = c.look(r, a.Values)
	}
	if i := slices.IndexFunc(causes, func(k Cause) bool { return k != AsWanted }); i >= 0 && slices.Contains(causes, AsWanted) {
		return c.split(v, own[i], causes[i])
	}
	// Where all of them have it wrong, one that has something says more than one that has nothing.
	at := max(0, slices.IndexFunc(causes, func(k Cause) bool { return k != Missing }))
	v.Found = verbatim(own[at].Values)
	if c.byWildcard(r, own[at].Values) && causes[at] != CNAMEHere {
		light := Waiting // for the record itself, which would come before the wildcard
		if causes[at] == AsWanted {
			light = Wrong
		}
		return v.is(light, Wildcard, words.Say("sender.wildcard"), words.Say("sender.wildcard_do", "name", r.Short))
	}
	if causes[at] == Missing {
		return c.missing(v)
	}
	return c.found(v, causes[at], own[at].Values)
}

// is completes a verdict.
func (v Verdict) is(l Light, cause Cause, why, do string) Verdict {
	v.Light, v.Cause, v.Why, v.Do = l, cause, why, do
	return v
}

// byWildcard tells whether a name beside the record's answers the same.
func (c Check) byWildcard(r Record, values []Value) bool {
	a, ok := c.agreed(Question{c.sibling(r.Name), r.Type})
	return ok && same(values, a.Values)
}

// split is about servers of one zone of which one has not what another has.
func (c Check) split(v Verdict, other Answer, cause Cause) Verdict {
	v.Found = verbatim(other.Values)
	if cause == Missing {
		v.Until = other.NegativeUntil
		return v.is(Waiting, Split, words.Say("sender.split_missing", "server", other.Server), words.Say("sender.split_missing_do"))
	}
	return v.is(Wrong, Split, words.Say("sender.split", "server", other.Server), words.Say("sender.split_do", "server", other.Server))
}

// found is about a name at which something stands.
func (c Check) found(v Verdict, cause Cause, values []Value) Verdict {
	r := v.Record
	switch cause {
	case AsWanted:
		if until := c.keptUntil(Question{r.Name, r.Type}); !until.IsZero() {
			v.Until = until
			return v.is(Right, Cached, words.Say("sender.cached", "time", clock(until)), "")
		}
		return v.is(Right, AsWanted, words.Say("sender.right"), "")
	case CNAMEHere:
		target := of(values, CNAME)[0].Data
		return v.is(Wrong, CNAMEHere, words.Say("sender.cname_here", "target", target),
			words.Say("sender.cname_here_do", "name", r.Short))
	case DoubledTarget:
		return v.is(Wrong, DoubledTarget, words.Say("sender.doubled_target"),
			words.Say("sender.doubled_target_do", "value", Canonical(r.Value)+"."))
	case Occupied:
		return v.is(Wrong, Occupied, words.Say("sender.occupied", "name", r.Name), words.Say("sender.occupied_do"))
	case TwoSPF:
		v.Expected = merged(spfOf(values))
		return v.is(Wrong, TwoSPF, words.Say("sender.two_spf"), words.Say("sender.two_spf_do", "value", v.Expected))
	case LookupLimit:
		count := CountSPF(spfOf(values)[0].Data, c.lookup)
		v.Found += "\n" + strings.Join(count.Tree, "\n")
		return v.is(Wrong, LookupLimit, words.Say("sender.lookup_limit", "most", maxLookups, "void", maxVoid),
			words.Say("sender.lookup_limit_do"))
	}
	if r.Role == SPF {
		v.Expected = merged(spfOf(values))
	}
	return v.is(Wrong, OtherValue, words.Say("sender.other_value"), words.Say("sender.other_value_do", "value", v.Expected))
}

// spfOf lists the SPF records among values.
func spfOf(values []Value) []Value {
	return slices.DeleteFunc(of(values, TXT), func(v Value) bool { return !isSPF(v.Data) })
}

// missing is about a name at which the record is not: it may stand at another, or in another form.
func (c Check) missing(v Verdict) Verdict {
	r := v.Record
	v.Until = c.missUntil(Question{r.Name, r.Type})
	if there := c.values(c.doubled(r.Name), r.Type); c.Zone != "" && c.look(r, there) == AsWanted {
		v.Found = c.doubled(r.Name) + " " + verbatim(there)
		return v.is(Wrong, DoubledSuffix, words.Say("sender.doubled_suffix"), words.Say("sender.doubled_suffix_do", "name", r.Short))
	}
	provider := ProviderOf(c.NameServers)
	if r.Role == DKIM {
		for _, t := range of(c.values(r.Name, TXT), TXT) {
			if Canonical(t.Data) == Canonical(r.Value) {
				v.Found = verbatim([]Value{t})
				return v.is(Wrong, WrongType, words.Say("sender.wrong_type"), words.Say("sender.wrong_type_do", "value", r.Value))
			}
		}
		addresses := c.addresses(r.Name)
		if len(addresses) > 0 && !same(addresses, c.addresses(c.sibling(r.Name))) {
			v.Found = verbatim(addresses)
			return v.is(Wrong, Proxied, words.Say("sender.proxied"), words.Say("sender.proxied_do"))
		}
		if hidesCNAME(c.NameServers) {
			return v.is(Waiting, Proxied, words.Say("sender.missing_cloudflare"), words.Say("sender.missing_cloudflare_do"))
		}
	}
	servers := strings.Join(c.NameServers[:min(len(c.NameServers), maxShown)], ", ")
	why, do := words.Say("sender.missing"), words.Say("sender.missing_do", "name", r.Short)
	switch {
	case provider.Name != "":
		why = words.Say("sender.missing_at", "servers", servers)
		do = words.Say("sender.missing_provider_do", "name", r.Short, "provider", provider.Name)
	case servers != "":
		why = words.Say("sender.missing_at", "servers", servers)
	}
	if !v.Until.IsZero() {
		why += " " + words.Say("sender.missing_until", "time", clock(v.Until))
	}
	return v.is(Waiting, Missing, why, do)
}

// keptUntil is until when a resolver keeps a miss that is none any more; zero where none is known to.
func (c Check) keptUntil(q Question) time.Time {
	var until time.Time
	for _, a := range c.Answers {
		if a.Cached && a.Type == q.Type && Canonical(a.Name) == Canonical(q.Name) && len(of(a.Values, q.Type)) == 0 &&
			(a.Status == NoName || a.Status == Answered) && a.NegativeUntil.After(until) {
			until = a.NegativeUntil
		}
	}
	return until
}

// missUntil is until when others may keep a miss.
func (c Check) missUntil(q Question) time.Time {
	until := c.keptUntil(q)
	for _, a := range c.own(q) {
		if a.NegativeUntil.After(until) {
			until = a.NegativeUntil
		}
	}
	return until
}

// JudgeFromSPF looks at the SPF records of the From domain itself. Our mail does not need them, so nothing is asked for there; the
// verdict is false unless there are several, which harms the agency's other mail (D9).
func JudgeFromSPF(d Domain, a Answer) (Verdict, bool) {
	found := spfOf(a.Values)
	if len(found) < 2 {
		return Verdict{}, false
	}
	v := Verdict{Record: Record{Role: SPF, Type: TXT, Name: string(d)}, Found: verbatim(found)}
	return v.is(Noted, TwoSPF, words.Say("sender.from_two_spf", "domain", d.Shown()), ""), true
}

// clock is a time of day, UTC: the first full minute that is not before t.
func clock(t time.Time) string { return t.Add(time.Minute - time.Nanosecond).UTC().Format("15:04") }

// JudgeSES is what SES itself says, as a line of its own (D1, D2). The status and the error are SES's words, which may be new ones;
// right is whether DNS has all of the records. The next is when we look again.
func JudgeSES(status, failure string, right bool, next time.Time) Verdict {
	v := Verdict{Found: status}
	if failure != "" {
		v.Found += " " + failure
	}
	switch status {
	case "SUCCESS":
		return v.is(Right, AsWanted, words.Say("sender.ses_right"), "")
	case "FAILED":
		if right {
			return v.is(Waiting, SESFailed, words.Say("sender.ses_failed_right"), words.Say("sender.start_again_do"))
		}
		return v.is(Wrong, SESFailed, words.Say("sender.ses_failed", "reason", sesReason(failure)), words.Say("sender.start_again_do"))
	case "TEMPORARY_FAILURE":
		return v.is(Waiting, SESRetrying, words.Say("sender.ses_retrying", "reason", sesReason(failure), "time", clock(next)), "")
	}
	if right {
		return v.is(Waiting, SESAhead, words.Say("sender.ses_behind", "time", clock(next)), "")
	}
	return v.is(Waiting, SESWaiting, words.Say("sender.ses_waiting", "time", clock(next)), "")
}

// sesReason is an error of SES in words.
func sesReason(failure string) string {
	switch {
	case failure == "INVALID_VALUE":
		return words.Say("sender.ses_invalid_value")
	case failure == "TYPE_NOT_FOUND":
		return words.Say("sender.ses_type_not_found")
	case failure == "HOST_NOT_FOUND":
		return words.Say("sender.ses_host_not_found")
	case failure == "DNS_SERVER_ERROR":
		return words.Say("sender.ses_dns_server_error")
	case failure == "SERVICE_ERROR", strings.HasPrefix(failure, "REPLICATION_"):
		return words.Say("sender.ses_service_error")
	}
	return words.Say("sender.ses_unknown")
}
