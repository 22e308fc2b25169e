package sender_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/sender"
)

// What looks find in the tests.
var (
	right   = sender.Seen{Asked: true, Proof: true, DKIM: true, SES: "SUCCESS"}
	ahead   = sender.Seen{Asked: true, Proof: true, DKIM: true, SES: "PENDING"}
	gone    = sender.Seen{Asked: true, DKIM: true, SES: "SUCCESS"}
	nothing = sender.Seen{Asked: true, SES: "PENDING"}
	quiet   = sender.Seen{}
	moved   = sender.Seen{Asked: true, Vanished: true}
)

// started is a domain whose records are looked for.
func started(t *testing.T) *sender.Sender {
	t.Helper()
	s := sender.Claimed("mail.agency.com", false, when)
	if c, err := s.Start(when); err != nil || c.To != sender.DNSPending || c.Mailed() || c.Restart {
		t.Fatalf("%+v, %v", c, err)
	}
	return &s
}

// running is a domain that is switched on, and the moment of its last look.
func running(t *testing.T) (*sender.Sender, time.Time) {
	t.Helper()
	s := started(t)
	now := s.Due
	if c := s.Look(right, now); c.To != sender.Verified || !c.Mailed() || s.Sends() {
		t.Fatalf("%+v", c)
	}
	if err := s.Delivered(now); err != nil {
		t.Fatal(err)
	}
	if err := s.Enable(); err != nil || !s.Sends() {
		t.Fatalf("%v", err)
	}
	return s, now
}

func TestSenderStatesNewRecordsAreLookedForByTheRhythm(t *testing.T) {
	t.Parallel()
	s := started(t)
	var waits []time.Duration
	last, mailed := when, 0
	for s.State == sender.DNSPending {
		waits = append(waits, s.Due.Sub(last))
		if last = s.Due; s.Look(nothing, last).Mailed() {
			mailed++
		}
	}
	want := []time.Duration{1, 2, 5, 10, 30, 60, 60}
	for i, w := range want {
		if waits[i] != w*time.Minute {
			t.Errorf("the waits are %v", waits[:7])
			break
		}
	}
	if s.State != sender.Failed || last.Sub(when) != sender.LookFor || mailed != 1 {
		t.Errorf("after %s the domain is %s, with %d mails", last.Sub(when), s.State, mailed)
	}
	if c, err := s.Start(last); err != nil || c.To != sender.DNSPending || !c.Restart || s.Due.Sub(last) != time.Minute {
		t.Errorf("starting again: %+v, %v", c, err)
	}
}

func TestSenderD2DNSRightAndSESNotYetIsAStateOfItsOwn(t *testing.T) {
	t.Parallel()
	s := started(t)
	if c := s.Look(ahead, s.Due); c.To != sender.Verifying || c.Mailed() || c.Restart {
		t.Errorf("%+v", c)
	}
	failed := ahead
	failed.SES = "FAILED"
	if c := s.Look(failed, s.Due); c.Changed() || !c.Restart {
		t.Errorf("SES has stopped looking too early: %+v", c)
	}
	if c := s.Look(failed, s.Due); c.Restart {
		t.Error("SES is told again at once")
	}
	if c := s.Look(right, s.Due); c.From != sender.Verifying || c.To != sender.Verified || !c.Mailed() {
		t.Errorf("%+v", c)
	}
}

func TestSenderD18OneFlakyResolverChangesNothing(t *testing.T) {
	t.Parallel()
	s, _ := running(t)
	for range 400 {
		if s.Look(quiet, s.Due).Changed() || !s.Sends() {
			t.Fatalf("silence makes of it %s", s.State)
		}
	}
	s, now := running(t)
	for i := range 30 { // a page that is open
		if s.Look(gone, now.Add(time.Duration(i)*10*time.Second)).Changed() {
			t.Fatalf("after %d looks in a row it is %s", i+1, s.State)
		}
	}
	s, _ = running(t)
	for range 20 { // two misses a day, and then a look that finds it
		for _, seen := range []sender.Seen{gone, gone, right} {
			if now = s.Due; s.Look(seen, now).Changed() {
				t.Fatalf("it is %s", s.State)
			}
		}
	}
}

func TestSenderD18ThreeMissesInADayDegradeAndOneMailSaysSo(t *testing.T) {
	t.Parallel()
	s, _ := running(t)
	first, mails := s.Due, 0
	for s.State == sender.Verified {
		if s.Look(gone, s.Due).Mailed() {
			mails++
		}
	}
	if s.State != sender.Degraded || s.Since.Sub(first) > 24*time.Hour || len(s.Misses) != 0 || s.Sends() || mails != 1 {
		t.Errorf("after %s it is %s, with %d mails", s.Since.Sub(first), s.State, mails)
	}
	if c := s.Look(gone, s.Due); c.Changed() {
		t.Errorf("%+v is told again", c)
	}
	if c := s.Look(right, s.Due); c.To != sender.Verified || !c.Mailed() || !s.Sends() {
		t.Errorf("records that are back: %+v", c)
	}
}

func TestSenderD18MissesOfDifferentDaysAreNotThreeInADay(t *testing.T) {
	t.Parallel()
	s, now := running(t)
	for range 10 { // a sweep that is late every time
		if now = now.Add(25 * time.Hour); s.Look(gone, now).Changed() {
			t.Fatalf("it is %s", s.State)
		}
	}
}

func TestSenderT1NothingIsVerifiedWithoutTheProof(t *testing.T) {
	t.Parallel()
	states := map[sender.State]*sender.Sender{}
	states[sender.DNSPending] = started(t)
	states[sender.Verifying] = started(t)
	states[sender.Verifying].Look(ahead, when)
	states[sender.Degraded], _ = running(t)
	for s := states[sender.Degraded]; s.State != sender.Degraded; {
		s.Look(gone, s.Due)
	}
	for state, from := range states {
		for i := range 8 {
			for _, ses := range []string{"SUCCESS", "PENDING", "FAILED", "TEMPORARY_FAILURE", "NOT_STARTED", "", "NEW"} {
				s := *from
				seen := sender.Seen{Asked: i&1 != 0, Proof: i&2 != 0, DKIM: i&4 != 0, SES: ses}
				want := i == 7 && (ses == "SUCCESS" || state == sender.Degraded && ses != "FAILED")
				if s.State != state {
					t.Fatalf("a domain is %s, not %s", s.State, state)
				}
				if s.Look(seen, s.Due); (s.State == sender.Verified) != want {
					t.Errorf("%s: %+v makes of it %s", state, seen, s.State)
				}
			}
		}
	}
}

func TestSenderT6AfterSevenDaysOrWhenTheDomainMovedItIsDisabled(t *testing.T) {
	t.Parallel()
	s, _ := running(t)
	for s.State != sender.Degraded {
		s.Look(gone, s.Due)
	}
	from := s.Since
	for s.State == sender.Degraded {
		s.Look(gone, s.Due)
	}
	if s.State != sender.Disabled || s.Reason != sender.Lost || s.Since.Sub(from) != sender.LostAfter || s.On || !s.TestedAt.IsZero() {
		t.Errorf("after %s it is %+v", s.Since.Sub(from), s)
	}
	s, _ = running(t)
	first := s.Due
	for s.State == sender.Verified {
		s.Look(moved, s.Due)
	}
	if s.State != sender.Disabled || s.Reason != sender.Moved || s.Since.Sub(first) > 24*time.Hour {
		t.Errorf("%+v", s)
	}
	vanishedOnly := right
	vanishedOnly.Vanished = true
	s, now := running(t)
	if s.Look(vanishedOnly, now.Add(time.Hour)).Changed() {
		t.Error("a move of name servers that keeps the proof changes the state")
	}
	s, _ = running(t)
	for s.State != sender.Degraded {
		s.Look(gone, s.Due)
	}
	if c := s.Look(moved, s.Due); c.To != sender.Disabled || c.Reason != sender.Moved {
		t.Errorf("%+v", c)
	}
	if c, err := s.Start(s.Since); err != nil || c.To != sender.DNSPending {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestSenderT12EnablingTakesATestMailThatWasDelivered(t *testing.T) {
	t.Parallel()
	s := started(t)
	if err := s.Delivered(when); err == nil {
		t.Error("a domain that is not verified is tested")
	}
	if err := s.Enable(); err == nil || s.On {
		t.Error("a domain that is not verified is switched on")
	}
	s.Look(right, s.Due)
	f := fault.As(s.Enable())
	if f == nil || f.Code != fault.NotActive || !strings.Contains(f.Message, "test email") || s.Sends() {
		t.Errorf("without a test: %v", f)
	}
	if err := s.Delivered(when); err != nil || s.Sends() {
		t.Errorf("%v", err)
	}
	if err := s.Enable(); err != nil || !s.Sends() {
		t.Errorf("%v", err)
	}
	if s.SwitchOff(); s.Sends() || s.State != sender.Verified {
		t.Error("it is not switched off")
	}
}

func TestSenderT1AClaimLivesFourteenDays(t *testing.T) {
	t.Parallel()
	s := sender.Claimed("agency.com", false, when)
	if s.Wake(s.Due.Add(-time.Second)).Changed() {
		t.Error("it ends too early")
	}
	if c := s.Wake(s.Due); c.To != sender.Released || c.Reason != sender.Expired || !s.Over() || c.At.Sub(when) != sender.ClaimLife {
		t.Errorf("%+v, %+v", c, s)
	}
	s = sender.Claimed("agency.com", false, when)
	for range 20 {
		if _, err := s.Start(s.Since.Add(time.Hour)); err != nil {
			break
		}
		for s.State != sender.Failed {
			s.Look(nothing, s.Due)
		}
	}
	if _, err := s.Start(s.Due); err == nil {
		t.Error("a claim is started again for ever")
	}
}

func TestSenderLapseKeepsTheDomainForThirtyDays(t *testing.T) {
	t.Parallel()
	s, now := running(t)
	c := s.Lapse(now)
	if c.To != sender.Disabled || !c.Mailed() || s.Sends() || s.Due.Sub(now) != sender.KeptFor {
		t.Errorf("%+v", c)
	}
	if _, err := s.Start(now); fault.As(err) == nil || fault.As(err).Code != fault.PlanRequired {
		t.Errorf("without the plan it is started again: %v", err)
	}
	if s.Lapse(now.Add(time.Hour)).Changed() || s.Due.Sub(now) != sender.KeptFor {
		t.Error("a lapse that is told twice lengthens the time")
	}
	back := *s
	if c := back.Renew(now.Add(29 * 24 * time.Hour)); c.To != sender.DNSPending || back.Sends() {
		t.Errorf("%+v", c)
	}
	if back.Look(right, back.Due); !back.Sends() {
		t.Error("what was switched on does not come back with its records")
	}
	if c := s.Wake(s.Due); c.To != sender.Released || s.Over() || s.Due.Sub(c.At) != sender.Grace {
		t.Errorf("%+v", c)
	}
	if s.Renew(s.Due).Changed() {
		t.Error("a released domain comes back")
	}
}

func TestSenderT5AReleasedDomainIsKeptForItsHolderForSevenDays(t *testing.T) {
	t.Parallel()
	s, now := running(t)
	if c := s.Release(now); c.To != sender.Released || s.Over() || s.Due.Sub(now) != sender.Grace || s.Sends() {
		t.Errorf("%+v", c)
	}
	if s.Wake(s.Due); !s.Over() {
		t.Error("it is never free")
	}
	s, now = running(t)
	if s.Drop(now); !s.Over() || s.Sends() {
		t.Error("the domain of an agency that is closed is kept")
	}
	s = started(t)
	if s.Release(when); !s.Over() {
		t.Error("a name that was never verified is kept")
	}
}

func TestSenderT9AHeldNameWaitsForTheOperatorAsLongAsItTakes(t *testing.T) {
	t.Parallel()
	s := sender.Claimed("acrne.com", true, when)
	if _, err := s.Start(when); err != nil {
		t.Fatal(err)
	}
	for s.Due.Sub(when) < 2*sender.LookFor {
		if s.Look(right, s.Due); s.State != sender.Verifying || s.Reason != sender.Held {
			t.Fatalf("it is %s", s.State)
		}
	}
	s.Allow(s.Due)
	if s.Look(right, s.Due); s.State != sender.Verified {
		t.Errorf("allowed, it is %s", s.State)
	}
}

func TestSenderT6VerifiedDomainsAreLookedAtDailyAndNotAllAtOnce(t *testing.T) {
	t.Parallel()
	at := map[time.Time]int{}
	for i := range 200 {
		s := sender.Claimed(sender.Domain("a"+string(rune('a'+i%26))+strings.Repeat("x", i/26)+".com"), false, when)
		if _, err := s.Start(when); err != nil {
			t.Fatal(err)
		}
		s.Look(right, when)
		if d := s.Due.Sub(when); d < 22*time.Hour || d > 26*time.Hour {
			t.Errorf("the next look is %s later", d)
		}
		at[s.Due.Truncate(10*time.Minute)]++
	}
	for when, n := range at {
		if n > 40 {
			t.Errorf("%d of 200 are due at %s", n, when)
		}
	}
}

func TestSenderSeenIsWhatTheVerdictsComeTo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		lines []string
		want  sender.Seen
	}{
		{but(""), sender.Seen{Asked: true, Proof: true, DKIM: true}},
		{but("bounce"), sender.Seen{Asked: true, Proof: true, DKIM: true}},
		{but("tok3"), sender.Seen{Asked: true, Proof: true}},
		{but("_latch"), sender.Seen{Asked: true, DKIM: true}},
		{but("_latch", "_latchkey.mail TXT unasked"), sender.Seen{DKIM: true}},
		{nil, sender.Seen{Asked: true}},
	} {
		check := sender.Check{Records: sender.Records(wanted), Zone: "agency.com", Probe: probe}
		for _, q := range check.Questions() {
			check.Answers = append(check.Answers, published{lines: c.lines}.answer("ns1.agency.com", q))
		}
		if got := sender.SeenBy(check.Verdicts()); got != c.want {
			t.Errorf("%v: %+v", c.lines, got)
		}
	}
	if got := sender.SeenBy(nil); got.Proof || got.DKIM {
		t.Errorf("of no verdicts: %+v", got)
	}
}

// deeds are what may happen to a domain, looks more often than the rest.
var deeds = []string{
	"look", "look", "look", "look", "start", "start",
	"test", "enable", "off", "lapse", "renew", "release", "drop", "allow",
}

// TestSenderStatesInAnyOrder does what people, DNS, SES, the operator and time may do, in any order.
func TestSenderStatesInAnyOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		now := when
		s := sender.Claimed("mail.agency.com", rapid.Bool().Draw(t, "held"), now)
		told := map[sender.State]int{}
		if rapid.Bool().Draw(t, "started") {
			if _, err := s.Start(now); err != nil {
				t.Fatal(err)
			}
		}
		state, proof := s.State, false // the state, and what the last look that says something found
		hold := func(c sender.Change, does string) {
			if c.Changed() != (s.State != state) || c.Changed() && (c.From != state || c.To != s.State || !c.At.Equal(now)) {
				t.Fatalf("%s: %+v is told, and it went from %s to %s", does, c, state, s.State)
			}
			if c.Changed() {
				told[c.To]++
			}
			state = s.State
			if s.Due.IsZero() != s.Over() {
				t.Fatalf("%s: a domain that is %s is due at %s", does, s.State, s.Due)
			}
			if s.State == sender.Verified && told[sender.Verified] == 0 ||
				s.Sends() && (!proof || s.State != sender.Verified || s.TestedAt.IsZero()) {
				t.Fatalf("%s: it sends without proof: %+v", does, s)
			}
			if s.Title() == "" || s.Next() == "" || strings.Contains(s.Title()+s.Next(), "sender.") {
				t.Fatalf("%s: %q, %q", does, s.Title(), s.Next())
			}
		}
		look := func(seen sender.Seen) {
			before := s
			looks := s.Looks()
			c := s.Look(seen, now)
			if looks && seen.Asked {
				proof = seen.Proof
			}
			if c.Changed() && (!seen.Asked || s.State == sender.Verified && (!seen.Proof || !seen.DKIM || before.Held)) {
				t.Fatalf("%+v makes of it %s", seen, s.State)
			}
			hold(c, "look")
			if looks && s.Due.Before(now) {
				t.Fatalf("it is due at %s, before the look at %s", s.Due, now)
			}
		}
		for range rapid.IntRange(1, 120).Draw(t, "steps") {
			seconds := rapid.SampledFrom([]int{0, 10, 60, 3600, 6 * 3600, 86400, 8 * 86400, 31 * 86400}).Draw(t, "seconds")
			now = now.Add(time.Duration(seconds) * time.Second)
			hold(s.Wake(now), "wake")
			seen := sender.Seen{
				Asked:    rapid.IntRange(0, 4).Draw(t, "asked") > 0,
				Proof:    rapid.IntRange(0, 3).Draw(t, "proof") > 0,
				DKIM:     rapid.IntRange(0, 3).Draw(t, "dkim") > 0,
				SES:      rapid.SampledFrom([]string{"SUCCESS", "SUCCESS", "PENDING", "FAILED", "TEMPORARY_FAILURE", "", "NEW"}).Draw(t, "ses"),
				Vanished: rapid.IntRange(0, 5).Draw(t, "vanished") == 0,
			}
			switch does := rapid.SampledFrom(deeds).Draw(t, "does"); does {
			case "look":
				look(seen)
			case "start":
				c, err := s.Start(now)
				if err != nil && fault.As(err) == nil {
					t.Fatal(err)
				}
				hold(c, does)
			case "test":
				if err := s.Delivered(now); (err == nil) != (s.State == sender.Verified) {
					t.Fatal(err)
				}
			case "enable":
				if err := s.Enable(); err == nil && (s.State != sender.Verified || s.TestedAt.IsZero()) {
					t.Fatal("it is switched on untested")
				}
			case "off":
				s.SwitchOff()
			case "lapse":
				hold(s.Lapse(now), does)
			case "renew":
				hold(s.Renew(now), does)
			case "release":
				if rapid.IntRange(0, 19).Draw(t, "really") == 0 {
					hold(s.Release(now), does)
				}
			case "drop":
				if rapid.IntRange(0, 29).Draw(t, "really") == 0 {
					hold(s.Drop(now), does)
				}
			case "allow":
				s.Allow(now)
			}
			hold(sender.Change{From: s.State, To: s.State, At: now}, "nothing")
		}
		// Left alone with records that are gone, every domain comes to its end.
		for range 2000 {
			if s.Over() {
				return
			}
			if s.Due.After(now) {
				now = s.Due
			}
			hold(s.Wake(now), "wake")
			if s.Looks() {
				look(nothing)
			}
		}
		t.Fatalf("it is %s for ever", s.State)
	})
}

// TestLooksOfAPageThatIsOpenLeaveTheRhythmAlone has a page look every ten seconds: when we look by ourselves stays as it was.
func TestLooksOfAPageThatIsOpenLeaveTheRhythmAlone(t *testing.T) {
	t.Parallel()
	s := sender.Claimed("mail.agency.com", false, when)
	if _, err := s.Start(when); err != nil {
		t.Fatal(err)
	}
	for at := when.Add(10 * time.Second); at.Before(when.Add(59 * time.Second)); at = at.Add(10 * time.Second) {
		s.Look(sender.Seen{Asked: true}, at)
		if want := when.Add(time.Minute); !s.Due.Equal(want) {
			t.Errorf("at %s it is due at %s, want %s", at, s.Due, want)
		}
	}
	s.Look(sender.Seen{Asked: true, Proof: true, DKIM: true}, when.Add(5*time.Hour))
	if want := when.Add(5*time.Hour + time.Minute); s.State != sender.Verifying || !s.Due.Equal(want) {
		t.Errorf("with the records there it is %s and due at %s, want %s", s.State, s.Due, want)
	}
}
