package identity_test

import (
	"strings"
	"testing"
	"time"
	"unicode"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/identity"
)

var begin = time.UnixMilli(1_800_000_000_000)

// mailed is a code whose mail is out.
func mailed(t *testing.T, digest string) *identity.Code {
	t.Helper()
	c := &identity.Code{}
	if err := c.Ask(begin, "1"); err != nil {
		t.Fatal(err)
	}
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

func TestANewCodeEndsTheOldOneWhenItsMailIsMade(t *testing.T) {
	t.Parallel()
	c := mailed(t, "first")
	later := begin.Add(time.Minute)
	if err := c.Ask(later, "2"); err != nil {
		t.Fatal(err)
	}
	waiting := *c
	if err := waiting.Guess(later, []byte("first")); err != nil {
		t.Errorf("the first code, before the second is made: %v", err)
	}
	if c.Claim(later, "1", []byte("late")) {
		t.Error("the older job is claimed")
	}
	if !c.Claim(later, "2", []byte("second")) {
		t.Fatal("the newer job is not claimed")
	}
	if err := c.Guess(later, []byte("first")); err == nil {
		t.Error("the first code signs in after the second was made")
	}
	if err := c.Guess(later, []byte("second")); err != nil {
		t.Errorf("the second code: %v", err)
	}
}

func TestBothCodesOfAMailThatMayHaveGoneOutTwiceSignIn(t *testing.T) {
	t.Parallel()
	c := &identity.Code{}
	if err := c.Ask(begin, "1"); err != nil || !c.Claim(begin, "1", []byte("a")) {
		t.Fatal(err)
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
	c := &identity.Code{}
	if err := c.Ask(begin, "1"); err != nil || !c.Claim(begin, "1", []byte("a")) {
		t.Fatal(err)
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
	now = now.Add(time.Minute)
	if err := c.Ask(now, "2"); err != nil || !c.Claim(now, "2", []byte("c")) || c.Guess(now, []byte("c")) != nil {
		t.Errorf("a new code does not sign in: %v", err)
	}
}

func TestAWrongCodeSaysHowManyTriesAreLeft(t *testing.T) {
	t.Parallel()
	c := mailed(t, "right")
	for _, want := range []string{"you have 4 tries left.", "you have 3 tries left.", "you have 2 tries left.", "you have one try left.",
		"the fifth wrong code"} {
		if f := fault.As(c.Guess(begin, []byte("wrong"))); f == nil || !strings.Contains(f.Message, want) {
			t.Errorf("%v, want %q", f, want)
		}
	}
}

func TestHowManyCodesAnAddressGets(t *testing.T) {
	t.Parallel()
	c := &identity.Code{}
	now, given := begin, 0
	for now.Before(begin.Add(24 * time.Hour)) {
		err := c.Ask(now, "job")
		f := fault.As(err)
		if err == nil {
			given++
			now = now.Add(time.Second)
			continue
		}
		if f == nil || f.Retry <= 0 {
			t.Fatalf("refused with %v", err)
		}
		now = now.Add(f.Retry)
	}
	if given != 15 {
		t.Errorf("%d codes in a day, want 15", given)
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
