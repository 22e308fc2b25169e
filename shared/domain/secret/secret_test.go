package secret_test

import (
	"bytes"
	"errors"
	"regexp"
	"testing"

	"pgregory.net/rapid"

	"latchkey.dev/shared/domain/secret"
)

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

var kinds = []string{secret.Invite, secret.Share, secret.APIKey, secret.Session}

func TestASecretLeadsBackToItsLocator(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^lk[a-z]_[0-9A-Za-z]+$`)
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom(kinds).Draw(t, "kind")
		locator := rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "locator")
		s := secret.New(kind, locator)
		if !form.MatchString(s) {
			t.Fatalf("%q would not be known by a scanner", s)
		}
		got, err := secret.Locate(kind, s, len(locator))
		if err != nil || !bytes.Equal(got, locator) {
			t.Fatalf("Locate(%q) = %x, %v; want %x", s, got, err, locator)
		}
	})
}

func TestNoSecretIsMadeTwice(t *testing.T) {
	t.Parallel()
	a, b := secret.New(secret.Invite, []byte("same")), secret.New(secret.Invite, []byte("same"))
	if a == b {
		t.Errorf("%q twice", a)
	}
}

func TestEveryChangeOfOneCharacterIsRefused(t *testing.T) {
	t.Parallel()
	locator := []byte("0123456789")
	s := secret.New(secret.APIKey, locator)
	for i := range s {
		for _, c := range []byte(alphabet + "_-. \x00\xff") {
			if c == s[i] {
				continue
			}
			changed := s[:i] + string([]byte{c}) + s[i+1:]
			if _, err := secret.Locate(secret.APIKey, changed, len(locator)); !errors.Is(err, secret.ErrMalformed) {
				t.Errorf("%q is taken for %q: %v", changed, s, err)
			}
		}
		if _, err := secret.Locate(secret.APIKey, s[:i]+s[i+1:], len(locator)); err == nil {
			t.Errorf("taken without its character %d", i)
		}
		if _, err := secret.Locate(secret.APIKey, s[:i]+"0"+s[i:], len(locator)); err == nil {
			t.Errorf("taken with one more character at %d", i)
		}
	}
}

func TestASecretOfOneKindIsNoneOfAnother(t *testing.T) {
	t.Parallel()
	for _, made := range kinds {
		s := secret.New(made, []byte("0123456789"))
		for _, asked := range kinds {
			// With the prefix exchanged, too: the checksum covers it.
			if _, err := secret.Locate(asked, asked+s[len(made):], 10); (err == nil) != (made == asked) {
				t.Errorf("a secret %s is read as %s: %v", made, asked, err)
			}
		}
		if _, err := secret.Locate(made, s, 9); err == nil {
			t.Error("a locator of another length is read")
		}
	}
}

func TestAHashMatchesItsOwnSecretAlone(t *testing.T) {
	t.Parallel()
	s := secret.New(secret.Session, nil)
	h := secret.HashOf(s)
	if !h.Matches(s) || h.Matches(s+" ") || h.Matches("") || h.Matches(secret.New(secret.Session, nil)) || (secret.Hash{}).Matches("") {
		t.Error("Matches is wrong")
	}
}

func FuzzLocate(f *testing.F) {
	f.Add(secret.New(secret.Invite, make([]byte, 26)))
	f.Add("lki_")
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		for _, n := range []int{0, 16, 26} {
			if loc, err := secret.Locate(secret.Invite, s, n); err != nil && loc != nil || err == nil && len(loc) != n {
				t.Errorf("Locate(%q, %d) = %x, %v", s, n, loc, err)
			}
		}
	})
}
