package unsubscribe_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/link"
	"latchkey.dev/shared/domain/secret"
	"latchkey.dev/shared/domain/unsubscribe"
)

const agency id.Agency = "ag_01KAM5Q0Z8W3RN6T0V4K2M9QXB"

var (
	client = unsubscribe.Target{Agency: agency, List: unsubscribe.Reminders, User: id.UserOf("ops@acme.example")}
	member = unsubscribe.Target{Agency: agency, List: unsubscribe.Updates, Member: "mb_01KAM5Q0Z8W3RN6T0V4K2M9QXB"}
)

func TestSenderU7ALinkLeadsToItsListAndNamesNobody(t *testing.T) {
	t.Parallel()
	for _, want := range []unsubscribe.Target{client, member} {
		for _, key := range [][]byte{nil, []byte("a key of the platform, 32 bytes!")} {
			token, links, changed := unsubscribe.Links(nil).With(want, key)
			got, err := unsubscribe.Locate(token)
			if err != nil || got != want || !changed || !links.Opens(token) {
				t.Errorf("%s leads to %+v, %v", token, got, err)
			}
			if strings.Contains(token, "acme") || len("List-Unsubscribe: <https://portal.example/unsubscribe/>"+token) > 996 {
				t.Errorf("%s names somebody, or is too long", token)
			}
			if links[0] != secret.HashOf(token) || len(links) != 1 {
				t.Error("what is stored is not the hash alone")
			}
		}
	}
}

func TestSenderU7ALinkWithTheKeyIsTheSameEachTimeAndOneWithoutIsNot(t *testing.T) {
	t.Parallel()
	key := []byte("a key of the platform, 32 bytes!")
	one, links, _ := unsubscribe.Links(nil).With(client, key)
	two, again, changed := links.With(client, key)
	if one != two || changed || len(again) != 1 {
		t.Errorf("%s, and then %s", one, two)
	}
	if other, _, _ := unsubscribe.Links(nil).With(client, []byte("another key of the platform, too")); other == one {
		t.Error("another key makes the same link")
	}
	first, links, _ := unsubscribe.Links(nil).With(client, nil)
	for range unsubscribe.MaxLinks - 1 {
		_, links, _ = links.With(client, nil)
	}
	if !links.Opens(first) || len(links) != unsubscribe.MaxLinks {
		t.Errorf("of %d links the first is not good", len(links))
	}
	_, links, _ = links.With(client, nil)
	if links.Opens(first) || len(links) != unsubscribe.MaxLinks {
		t.Errorf("%d links are kept", len(links))
	}
}

func TestSenderU7WhatIsNoLinkLeadsNowhere(t *testing.T) {
	t.Parallel()
	token, links, _ := unsubscribe.Links(nil).With(client, nil)
	for _, s := range []string{"", "lku_", token[:len(token)-1], token + "0", link.New(agency, id.RefOf(agency, "ops@acme.example")),
		secret.New(secret.Unsubscribe, make([]byte, 33)), secret.New(secret.Unsubscribe, make([]byte, 32))} {
		if _, err := unsubscribe.Locate(s); !errors.Is(err, secret.ErrMalformed) {
			t.Errorf("Locate(%q): %v", s, err)
		}
		if links.Opens(s) {
			t.Errorf("%q opens", s)
		}
	}
}

func TestSenderU4StoppingTwiceIsStoppingOnce(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 12, 1, 10, 0, 0, 0, time.UTC)
	w := unsubscribe.Wish{}
	if !w.Stop(at) || w.Stop(at.Add(time.Hour)) || !w.OffAt.Equal(at) {
		t.Errorf("stopped at %v", w.OffAt)
	}
	if !w.Resume() || w.Resume() || !w.OffAt.IsZero() {
		t.Errorf("resumed, and stopped at %v", w.OffAt)
	}
}
