package seal_test

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"latchkey.dev/shared/domain/seal"
)

const (
	older = "an older key which is thirty-two bytes long"
	newer = "a newer key which is thirty-two bytes long"
)

func ring(t interface{ Fatal(...any) }, secret string) *seal.Ring {
	r, err := seal.New([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestWhatIsSealedOpensInItsPlaceOnly(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := ring(t, newer)
		plain, place, other := rapid.String().Draw(t, "plain"), rapid.String().Draw(t, "place"), rapid.String().Draw(t, "other place")
		sealed := r.Seal(plain, place)
		if len(plain) > 3 && strings.Contains(sealed, plain) {
			t.Fatalf("%q stands in %q", plain, sealed)
		}
		if got, err := r.Open(sealed, place); err != nil || got != plain {
			t.Fatalf("%q, %v", got, err)
		}
		if _, err := r.Open(sealed, other); other != place && !errors.Is(err, seal.ErrBroken) {
			t.Fatalf("it opened in another place: %v", err)
		}
		if r.Seal(plain, place) == sealed {
			t.Fatal("the same twice: one can tell that two are alike")
		}
	})
}

func TestNoByteCanBeChanged(t *testing.T) {
	t.Parallel()
	r := ring(t, newer)
	sealed := r.Seal("n8n_api_0123456789", "ag_1 ins_1")
	for i := range sealed {
		for _, c := range []byte{'A', 'B', '.', '!'} {
			if sealed[i] == c {
				continue
			}
			if got, err := r.Open(sealed[:i]+string(c)+sealed[i+1:], "ag_1 ins_1"); err == nil {
				// The last digit of base64 may have bits that stand for nothing.
				if i != len(sealed)-1 || got != "n8n_api_0123456789" {
					t.Errorf("with %q at %d it opens as %q", c, i, got)
				}
			}
		}
	}
	for _, s := range []string{"", "s1", "s1.", "s1..", "s1.00000000.", sealed[:len(sealed)-2], sealed + "AAAA"} {
		if _, err := r.Open(s, "ag_1 ins_1"); err == nil {
			t.Errorf("%q opens", s)
		}
	}
}

func TestKeysAreReplacedOneAfterTheOther(t *testing.T) {
	t.Parallel()
	before, both, after := ring(t, older), ring(t, newer+",\n "+older+"\n"), ring(t, newer)
	old := before.Seal("secret", "here")
	if got, err := both.Open(old, "here"); err != nil || got != "secret" {
		t.Errorf("the old key does not open any more: %q, %v", got, err)
	}
	fresh := both.Seal("secret", "here")
	if got, err := after.Open(fresh, "here"); err != nil || got != "secret" {
		t.Errorf("the first key is not what seals: %q, %v", got, err)
	}
	if _, err := after.Open(old, "here"); !errors.Is(err, seal.ErrUnknownKey) {
		t.Errorf("without its key: %v", err)
	}
}

func TestShortAndMissingKeysAreRefused(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", " \n,", "short", newer + ",short"} {
		if _, err := seal.New([]byte(s)); err == nil {
			t.Errorf("%q was taken", s)
		} else if s != "" && strings.Contains(err.Error(), "short") {
			t.Errorf("the error tells the key: %v", err)
		}
	}
}

func FuzzOpen(f *testing.F) {
	r, err := seal.New([]byte(newer))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(r.Seal("x", "y"), "z")
	f.Fuzz(func(t *testing.T, sealed, place string) {
		if _, err := r.Open(sealed, place); err == nil && place == "z" {
			t.Error("opened in another place")
		}
	})
}
