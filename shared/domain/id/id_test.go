package id_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/id"
)

const agency id.Agency = "ag_01KAM5Q0Z8W3RN6T0V4K2M9QXB"

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func TestValidTakesOnlyWhatWeWrite(t *testing.T) {
	t.Parallel()
	good := string(agency)
	for s, want := range map[string]bool{
		good: true, "": false, "ag_": false, good[:28]: false, good + "0": false, "mb_" + good[3:]: false, good[3:]: false,
		strings.ToLower(good): false, "ag_" + strings.ToLower(good[3:]): false,
		"ag_81KAM5Q0Z8W3RN6T0V4K2M9QXB": false, // over 128 bits
		"ag_01KAM5Q0Z8W3RN6T0V4K2M9QXU": false, // no U in Crockford's digits
		"ag_01KAM5Q0Z8W3RN6T0V4K2M9QXI": false,
		"ag_7ZZZZZZZZZZZZZZZZZZZZZZZZZ": true,
	} {
		if got := id.Valid(id.AgencyPrefix, s); got != want {
			t.Errorf("Valid(%q) = %v", s, got)
		}
	}
}

func TestIdsSortByTimeAndAreTheirOwn(t *testing.T) {
	t.Parallel()
	a, b, c := id.New[id.Key](id.KeyPrefix, noon), id.New[id.Key](id.KeyPrefix, noon),
		id.New[id.Key](id.KeyPrefix, noon.Add(time.Millisecond))
	if a >= b || b >= c || !id.Valid(id.KeyPrefix, string(a)) {
		t.Errorf("%s %s %s", a, b, c)
	}
}

func TestIdsOfOneMillisecondSortAsTheyWereMadeAndAreNeverTwice(t *testing.T) {
	t.Parallel()
	var all sync.Map
	var group sync.WaitGroup
	for range 64 {
		group.Go(func() {
			last := id.Floor[id.Contact](id.ContactPrefix, noon)
			for range 200 {
				c := id.New[id.Contact](id.ContactPrefix, noon)
				if _, twice := all.LoadOrStore(c, true); twice || c <= last && c[:14] == last[:14] {
					t.Errorf("%s after %s, made before: %v", c, last, twice)
				}
				last = c
			}
		})
	}
	group.Wait()
}

func TestAFloorIsBelowAllOfItsMillisecondAndAboveTheOneBefore(t *testing.T) {
	t.Parallel()
	floor := id.Floor[id.Event](id.EventPrefix, noon)
	if e := id.New[id.Event](id.EventPrefix, noon); e < floor || !id.Valid(id.EventPrefix, string(floor)) {
		t.Errorf("%s is below the floor %s", e, floor)
	}
	if e := id.New[id.Event](id.EventPrefix, noon.Add(-time.Millisecond)); e >= floor {
		t.Errorf("%s is not below the floor %s", e, floor)
	}
	for _, odd := range []time.Time{{}, time.Unix(-5, 0), time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)} {
		if f := id.Floor[id.Event](id.EventPrefix, odd); !id.Valid(id.EventPrefix, string(f)) {
			t.Errorf("the floor of %s is %s", odd, f)
		}
	}
}

func TestAnIdGoesThroughBytesAndBack(t *testing.T) {
	t.Parallel()
	if got := id.FromBytes[id.Agency](id.AgencyPrefix, id.Bytes(id.AgencyPrefix, string(agency))); got != agency {
		t.Errorf("got %s", got)
	}
	if id.Bytes(id.AgencyPrefix, "ag_x") != [16]byte{} {
		t.Error("a malformed id has bytes")
	}
}

func TestClientAndInvitesLeadToOnePlace(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		ref := id.RefOf(agency, email.Address(rapid.StringMatching(`[a-z]{1,9}@[a-z]{1,9}\.example`).Draw(t, "address")))
		at := noon.Add(time.Duration(rapid.Int64Range(0, int64(1000*time.Hour)).Draw(t, "later")))
		c, i := id.At[id.Client](id.ClientPrefix, ref, at), id.At[id.Invite](id.InvitePrefix, ref, at.Add(time.Millisecond))
		if c.Ref() != ref || i.Ref() != ref {
			t.Fatalf("%s and %s lead to %s and %s, not %s", c, i, c.Ref(), i.Ref(), ref)
		}
		if string(c)[len(id.ClientPrefix):] >= string(i)[len(id.InvitePrefix):] {
			t.Fatalf("%s does not sort before %s", c, i)
		}
		if id.RefFromBytes(ref.Bytes()) != ref {
			t.Fatalf("%s does not go through bytes and back", ref)
		}
	})
}

func TestARefBelongsToOneAgencyAndOneAddress(t *testing.T) {
	t.Parallel()
	ref := id.RefOf(agency, "ops@acme.example")
	if ref != id.RefOf(agency, "ops@acme.example") {
		t.Error("a ref changes")
	}
	if ref == id.RefOf(agency, "ops+a@acme.example") || ref == id.RefOf("ag_01KAM5Q0Z8W3RN6T0V4K2M9QXC", "ops@acme.example") {
		t.Error("two relationships have one ref")
	}
}

func TestMalformedIdsLeadNowhere(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "cl_", "in_01KAM5Q0Z8W3RN6T0V4K2M9QX", "cl_01kam5q0z8w3rn6t0v4k2m9qxb",
		"mb_01KAM5Q0Z8W3RN6T0V4K2M9QXB"} {
		if id.Client(s).Ref() != "" || id.Invite(s).Ref() != "" {
			t.Errorf("%q has a ref", s)
		}
	}
	if id.Ref("short").Bytes() != [id.RefBytes]byte{} {
		t.Error("a malformed ref has bytes")
	}
}

func TestAUserIsHalfAHashAndNotTheAddress(t *testing.T) {
	t.Parallel()
	u := id.UserOf("ops@acme.example")
	if len(u) != 32 || strings.Trim(string(u), "0123456789abcdef") != "" || u == id.UserOf("ops@acme.exampl") {
		t.Errorf("got %q", u)
	}
}

func FuzzValid(f *testing.F) {
	f.Add(string(agency))
	f.Add("cl_01KAM5Q0Z8W3RN6T0V4K2M9QXB")
	f.Add("in_8ZZZZZZZZZZZZZZZZZZZZZZZZZ")
	f.Fuzz(func(t *testing.T, s string) {
		for _, prefix := range []string{id.AgencyPrefix, id.ClientPrefix, id.InvitePrefix, id.InstancePrefix} {
			if id.Valid(prefix, s) {
				if got := id.FromBytes[string](prefix, id.Bytes(prefix, s)); got != s {
					t.Errorf("%q goes through bytes as %q", s, got)
				}
			} else if id.Bytes(prefix, s) != [16]byte{} {
				t.Errorf("%q is malformed and has bytes", s)
			}
		}
		if ref := id.Client(s).Ref(); (ref != "") != id.Valid(id.ClientPrefix, s) || ref != "" &&
			(len(ref) != 16 || id.RefFromBytes(ref.Bytes()) != ref) {
			t.Errorf("%q has the ref %q", s, ref)
		}
		id.Ref(s).Bytes()
	})
}
