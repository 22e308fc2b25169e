package passkey_test

import (
	"bytes"
	"strconv"
	"testing"
	"time"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/passkey"
)

var now = time.Date(2026, 11, 30, 2, 0, 0, 0, time.UTC)

func TestSenderP5WhatACounterSays(t *testing.T) {
	t.Parallel()
	const synced = passkey.BackupEligible
	for name, c := range map[string]struct {
		flags            byte
		before, answered uint32
		answers          byte
		want             passkey.Verdict
		kept             uint32
	}{
		"one that does not count":                   {0, 0, 0, 0, passkey.Verdict{}, 0},
		"one that counts":                           {0, 7, 8, 0, passkey.Verdict{}, 8},
		"one that begins to count":                  {0, 0, 1, 0, passkey.Verdict{}, 1},
		"the same count, on one device":             {0, 7, 7, 0, passkey.Verdict{Suspect: true, Refused: true}, 7},
		"less, on one device":                       {0, 7, 6, 0, passkey.Verdict{Suspect: true, Refused: true}, 7},
		"none any more, on one device":              {0, 7, 0, 0, passkey.Verdict{Suspect: true, Refused: true}, 7},
		"less, on several devices":                  {synced, 7, 3, synced, passkey.Verdict{Suspect: true}, 7},
		"none any more, on several devices":         {synced, 7, 0, synced, passkey.Verdict{Suspect: true}, 7},
		"less, on several devices since this":       {0, 7, 3, synced, passkey.Verdict{Suspect: true, Flipped: true}, 7},
		"on several devices since this, and counts": {0, 7, 8, synced, passkey.Verdict{Flipped: true}, 8},
	} {
		p := passkey.Passkey{Flags: c.flags, Counter: c.before}
		if got := p.Use(passkey.Answer{Flags: c.answers, Counter: c.answered}, now); got != c.want || p.Counter != c.kept ||
			got.Suspect != p.SuspectedAt.Equal(now) || got.Refused == p.UsedAt.Equal(now) {
			t.Errorf("%s: %+v, kept as %+v", name, got, p)
		}
		if p.Synced() != (c.answers&synced != 0) {
			t.Errorf("%s: synced is %v", name, p.Synced())
		}
	}
}

func TestSenderP2TenPasskeysEachWithANameOfItsOwn(t *testing.T) {
	t.Parallel()
	s := &passkey.Set{User: "u"}
	if !s.Prepare("ops@acme.example") || len(s.Handle) != 32 || s.Prepare("ops@acme.example") {
		t.Errorf("the handle is %x", s.Handle)
	}
	names := map[string]bool{}
	for n := range passkey.Most {
		p, err := s.Add(passkey.Passkey{Credential: []byte(strconv.Itoa(n)), PublicKey: []byte("k"),
			Transports: []string{"usb", "usb", "telepathy"}}, "Firefox, Linux", now)
		if err != nil || len(p.Transports) != 1 {
			t.Fatal(p, err)
		}
		names[p.Name] = true
	}
	if len(names) != passkey.Most || !names["Passkey on Firefox, Linux"] || !names["Passkey on Firefox, Linux 10"] {
		t.Errorf("%v", names)
	}
	wants := func(what string, err error, code fault.Code) {
		t.Helper()
		if f := fault.As(err); f == nil || f.Code != code {
			t.Errorf("%s: %v, want %s", what, err, code)
		}
	}
	_, err := s.Add(passkey.Passkey{Credential: []byte("x"), PublicKey: []byte("k")}, "", now)
	wants("the eleventh", err, fault.Full)
	gone, err := s.Remove(s.Keys[3].ID, now)
	if err != nil || len(s.Keys) != passkey.Most-1 || s.Of(gone.Credential) != nil || s.ByID(gone.ID) != nil {
		t.Errorf("%+v, %v", gone, err)
	}
	_, err = s.Remove(gone.ID, now)
	wants("once more", err, fault.NotFound)
	for what, p := range map[string]passkey.Passkey{
		"one that is there": {Credential: s.Keys[0].Credential, PublicKey: []byte("k")},
		"no id":             {PublicKey: []byte("k")},
		"an endless id":     {Credential: bytes.Repeat([]byte("x"), passkey.MaxCredential+1), PublicKey: []byte("k")},
		"an endless key":    {Credential: []byte("x"), PublicKey: make([]byte, 5000)},
		"no key":            {Credential: []byte("x")},
	} {
		_, err := s.Add(p, "", now)
		wants(what, err, fault.Invalid)
	}
	for n := range 200 { // names are changed as often as mails may tell of it, and what there is can always be removed
		if _, _, err = s.Rename(s.Keys[0].ID, strconv.Itoa(n), now); err != nil {
			break
		}
	}
	wants("renaming for ever", err, fault.RateLimited)
	for len(s.Keys) > 0 {
		if _, err := s.Remove(s.Keys[0].ID, now); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAPasskeyIsCalledAsItsProviderIs(t *testing.T) {
	t.Parallel()
	for kind, want := range map[[16]byte]string{
		{}: "",
		{0xd5, 0x48, 0x82, 0x6e, 0x79, 0xb4, 0xdb, 0x40, 0xa3, 0xd8, 0x11, 0x11, 0x6f, 0x7e, 0x83, 0x49}: "Bitwarden",
		{0xba, 0xda, 0x55, 0x66, 0xa7, 0xaa, 0x40, 0x1f, 0xbd, 0x96, 0x45, 0x61, 0x9a, 0x55, 0x12, 0x0d}: "1Password",
	} {
		if got := passkey.Provider(kind); got != want {
			t.Errorf("%x is %q, want %q", kind, got, want)
		}
	}
}

func FuzzSenderP8ChallengeOf(f *testing.F) {
	f.Add([]byte(`{"challenge":"T3uD6eR0pL5aJ8gN2wM4yH7kQ1bF6xC34fWqK0Y5hQ8"}`))
	f.Add([]byte(`null`))
	f.Add([]byte(`{"challenge":1}`))
	f.Fuzz(func(t *testing.T, said []byte) {
		value, err := passkey.ChallengeOf(said)
		if err == nil && len(value) != passkey.ChallengeSize {
			t.Errorf("%x", value)
		}
		if f := fault.As(err); err != nil && (f == nil || f.Code != fault.Malformed) {
			t.Error(err)
		}
	})
}
