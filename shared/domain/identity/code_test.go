package identity_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode"

	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
)

var begin = time.UnixMilli(1_800_000_000_000)

// mailed is a code whose mail is out.
func mailed(t *testing.T, digest string) *identity.Code {
	t.Helper()
	c := identity.NewCode("u", "a@b.example", begin, "1")
	if !c.Claim(begin, "1", []byte(digest)) {
		t.Fatal("the mail is not to be claimed")
	}
	c.Sent()
	return c
}

func TestACodeSignsInOnce(t *testing.T) {
	t.Parallel()
	c := mailed(t, "right")
	if err := c.Guess(begin, []byte("right")); err != nil {
		t.Fatal(err)
	}
	if err := c.Guess(begin, []byte("right")); !fault.Is(err, fault.WrongCode) {
		t.Errorf("a second time: %v", err)
	}
}

func TestACodeHoldsForFiveGuessesAndTenMinutes(t *testing.T) {
	t.Parallel()
	c := mailed(t, "right")
	for n := range identity.CodeGuesses - 1 {
		if err := c.Guess(begin, []byte("wrong")); !fault.Is(err, fault.WrongCode) {
			t.Fatalf("guess %d: %v", n+1, err)
		}
	}
	last := *c
	if err := last.Guess(begin, []byte("right")); err != nil {
		t.Errorf("the fifth guess, a right one: %v", err)
	}
	_ = c.Guess(begin, []byte("wrong"))
	if err := c.Guess(begin, []byte("right")); err == nil {
		t.Error("a sixth guess signs in")
	}
	if err := mailed(t, "right").Guess(begin.Add(identity.CodeLifetime), []byte("right")); err == nil {
		t.Error("a code signs in after its time")
	}
}

func TestBothCodesOfAMailThatMayHaveGoneOutTwiceSignIn(t *testing.T) {
	t.Parallel()
	c := identity.NewCode("u", "a@b.example", begin, "1")
	if !c.Claim(begin, "1", []byte("a")) {
		t.Fatal("not claimed")
	}
	if c.Claim(begin.Add(time.Second), "1", []byte("x")) {
		t.Fatal("claimed while another worker has it")
	}
	if !c.Claim(begin.Add(time.Minute), "1", []byte("b")) {
		t.Fatal("not claimed after the first worker's lease")
	}
	for _, digest := range []string{"a", "b"} {
		if other := *c; other.Guess(begin.Add(time.Minute), []byte(digest)) != nil {
			t.Errorf("code %s does not sign in", digest)
		}
	}
}

// TestGuessesCountOverAllTriesOfOneMail: a mail that is tried again brings no new guesses, only a new code does.
func TestGuessesCountOverAllTriesOfOneMail(t *testing.T) {
	t.Parallel()
	c := identity.NewCode("u", "a@b.example", begin, "1")
	if !c.Claim(begin, "1", []byte("a")) {
		t.Fatal("not claimed")
	}
	now := begin
	for n := range identity.CodeGuesses {
		if err := c.Guess(now, []byte("wrong")); !fault.Is(err, fault.WrongCode) || identity.Spent(err) != (n == identity.CodeGuesses-1) {
			t.Fatalf("guess %d: %v", n+1, err)
		}
		if n == 2 { // the first worker has died; another tries again, with a digest of its own
			if now = now.Add(time.Minute); !c.Claim(now, "1", []byte("b")) {
				t.Fatal("not claimed after the first worker's lease")
			}
		}
	}
	for _, digest := range []string{"a", "b"} {
		if err := c.Guess(now, []byte(digest)); !identity.Spent(err) {
			t.Errorf("code %s after five guesses: %v", digest, err)
		}
	}
}

func TestAWrongCodeSaysHowManyTriesAreLeft(t *testing.T) {
	t.Parallel()
	c := mailed(t, "right")
	for _, want := range []string{"You have 4 tries left.", "You have 3 tries left.", "You have 2 tries left.", "You have 1 try left.",
		"the fifth wrong code"} {
		if f := fault.As(c.Guess(begin, []byte("wrong"))); f == nil || !strings.Contains(f.Message, want) {
			t.Errorf("%v, want %q", f, want)
		}
	}
}

// TestFS1HowManyCodesAnAddressGets is also the arithmetic of how likely it is that somebody guesses a code.
func TestFS1HowManyCodesAnAddressGets(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		by                 identity.Asker
		hour, day          int
		inAMillion, atMost int // guesses a day, which is their probability at a million possibilities
	}{
		{identity.Strangers, 10, 30, 150, 200},
		{identity.InvitationAsker("in_x"), 5, 120, 600, 1000},
		{"browser x", 5, 120, 600, 1000},
	} {
		a := &identity.Asked{By: x.by}
		now, hour, day := begin, 0, 0
		for now.Before(begin.Add(24 * time.Hour)) { // as soon as possible each time
			err := a.Take(now)
			f := fault.As(err)
			switch {
			case err == nil:
				if day++; now.Before(begin.Add(time.Hour)) {
					hour++
				}
				now = now.Add(time.Second)
			case f == nil || f.Code != fault.RateLimited || f.Retry <= 0 || !strings.Contains(f.Message, " UTC."):
				t.Fatalf("%q is refused with %v", x.by, err)
			default:
				now = now.Add(f.Retry)
			}
		}
		if hour != x.hour || day != x.day {
			t.Errorf("%q gets %d codes an hour and %d a day, want %d and %d", x.by, hour, day, x.hour, x.day)
		}
		guesses := day * identity.CodeGuesses
		if possible := 1_000_000; guesses != x.inAMillion || guesses*1_000_000/possible > x.atMost {
			t.Errorf("%q has %d guesses a day at %d possibilities", x.by, guesses, possible)
		}
	}
}

func TestFS1WhatABrowserCarriesIsOurs(t *testing.T) {
	t.Parallel()
	seals, err := identity.NewSeals([]byte("a key of the deployment's, long enough"))
	if err != nil {
		t.Fatal(err)
	}
	others, err := identity.NewSeals([]byte("another key, which is long enough too"))
	if err != nil {
		t.Fatal(err)
	}
	const anna, bob email.Address = "anna@acme.example", "bob@acme.example"
	flow := seals.SealFlow(identity.NewCode(id.UserOf(anna), anna, begin, "01J"))
	if f, ok := seals.OpenFlow(flow, anna); !ok || f.Job != "01J" {
		t.Errorf("the flow is %+v, %t", f, ok)
	}
	known := seals.Meet("", anna, begin)
	asker := seals.Asker(known, anna, begin)
	if asker == identity.Strangers || strings.Contains(known+string(asker), "anna") {
		t.Errorf("the browser asks as %q", asker)
	}
	for name, bad := range map[string]string{"nothing": "", "another's": others.SealFlow(identity.NewCode(id.UserOf(anna), anna, begin, "01J")),
		"what it is known by": known, "a long one": flow + strings.Repeat("a", 5000), "an altered one": flow[:len(flow)-2] + "AA"} {
		if _, ok := seals.OpenFlow(bad, anna); ok {
			t.Errorf("%s is taken for a flow", name)
		}
		if bad != known && seals.Asker(bad, anna, begin) != identity.Strangers {
			t.Errorf("%s is taken for a known browser's", name)
		}
	}
	if _, ok := seals.OpenFlow(flow, bob); ok {
		t.Error("a flow is good for another address")
	}
	if seals.Asker(known, bob, begin) != identity.Strangers {
		t.Error("a browser is known by an address that has not signed in with it")
	}
	both := seals.Meet(known, bob, begin.Add(time.Hour))
	if seals.Asker(both, anna, begin) != asker || seals.Asker(both, bob, begin) == asker {
		t.Error("meeting another address, the browser forgets the first, or takes it for the same")
	}
	if again := seals.Meet(both, anna, begin.Add(2*time.Hour)); seals.Asker(again, anna, begin) != asker {
		t.Error("signing in again, the browser gets new tries")
	}
	if seals.Asker(known, anna, begin.Add(identity.KnownFor-time.Minute)) != asker ||
		seals.Asker(known, anna, begin.Add(identity.KnownFor)) != identity.Strangers {
		t.Error("a browser is not known for a year")
	}
	many := known
	for n := range 20 {
		many = seals.Meet(many, email.Address(fmt.Sprintf("p%d@acme.example", n)), begin)
	}
	if len(many) > 1000 || seals.Asker(many, "p19@acme.example", begin) == identity.Strangers {
		t.Errorf("20 addresses make %d bytes", len(many))
	}
}

func TestFS5ACodeIsItsDigits(t *testing.T) {
	t.Parallel()
	for _, typed := range []string{"493021", "493 021", "493-021", "493–021", "493—021", "493\u2011021", "493\u3000021", "493\u202f021",
		"\u200b493021\ufeff", "４９３０２１", "４９３－０２１", "٤٩٣٠٢١", "४९३०२१", "𝟒𝟗𝟑𝟎𝟐𝟏", "4.9.3.0.2.1", "Your code: 493 021.", "\r\n493\t021\n",
		"\x00493021", "\xff493021", strings.Repeat(" ", 300) + "493021"} {
		if got, err := identity.ParseCode(typed); err != nil || got != "493021" {
			t.Errorf("%q reads %q, %v", typed, got, err)
		}
	}
	for _, typed := range []string{"", "49302", "4930211", "abcdef", "½½½½½½", "₍₎", "493021 493021", strings.Repeat(" ", 1000) + "493021",
		strings.Repeat("9", 100_000)} {
		if got, err := identity.ParseCode(typed); err == nil {
			t.Errorf("%.20q reads %q", typed, got)
		}
	}
	for r := rune(0); r <= unicode.MaxRune; r++ { // no digit of any script is left out, and each has its own value
		if unicode.Is(unicode.Nd, r) {
			if got, err := identity.ParseCode(string([]rune{r, r, r, r, r, r})); err != nil || strings.Trim(got, got[:1]) != "" {
				t.Fatalf("%q reads %q, %v", r, got, err)
			}
		}
	}
}

func FuzzParseCode(f *testing.F) {
	f.Add("123 456")
	f.Add("１２３４５６")
	f.Fuzz(func(t *testing.T, typed string) {
		s, err := identity.ParseCode(typed)
		if err != nil {
			return
		}
		if len(s) != identity.CodeDigits {
			t.Errorf("%q reads %q", typed, s)
		}
		for _, c := range s {
			if c < '0' || c > '9' {
				t.Errorf("%q reads %q", typed, s)
			}
		}
	})
}
