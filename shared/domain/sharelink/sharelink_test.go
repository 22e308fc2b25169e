package sharelink_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/sharelink"
)

const (
	office id.Agency = "ag_01KAM5Q0Z8W3RN6T0V4K2M9QXB"
	maker  id.Member = "mb_01KAM5Q0Z8W3RN6T0V4K2M9QXC"
)

var noon = time.Date(2026, time.November, 29, 12, 0, 0, 0, time.UTC)

func made(t *testing.T) (*sharelink.Link, string) {
	t.Helper()
	return sharelink.New(office, maker, sharelink.Defaults(noon), noon)
}

func take(l *sharelink.Link, times int) {
	for n := range times {
		l.Take(noon.Add(time.Duration(n)*time.Second), sharelink.Joined{Client: id.Client(fmt.Sprintf("cl_%d", n))})
	}
}

func TestPortalL1ATokenLeadsToItsLinkAndAResetEndsIt(t *testing.T) {
	t.Parallel()
	l, token := made(t)
	if a, which, err := sharelink.Locate(token); err != nil || a != office || which != l.ID || !strings.HasPrefix(token, "lks_") {
		t.Fatalf("%q leads to %s, %s, %v", token, a, which, err)
	}
	if now, before := l.Opens(token); !now || before {
		t.Error("it does not open its link")
	}
	for _, other := range []string{"", "lks_", token + "0", sharelink.Token(office, l.ID)} {
		if now, before := l.Opens(other); now || before {
			t.Errorf("%q opens it", other)
		}
	}
	take(l, 3)
	next, err := l.Renew("mb_other")
	if err != nil || next == token || l.Uses != 3 || len(l.Joined) != 3 || l.By != "mb_other" {
		t.Fatalf("reset: %v, %+v", err, l)
	}
	if now, before := l.Opens(token); now || !before {
		t.Error("the one before opens it still, or is not known any more")
	}
	if now, _ := l.Opens(next); !now {
		t.Error("the new one does not open it")
	}
	for range sharelink.MaxFormer + 2 {
		if _, err := l.Renew(maker); err != nil {
			t.Fatal(err)
		}
	}
	if len(l.Former) != sharelink.MaxFormer {
		t.Errorf("%d tokens of before are kept", len(l.Former))
	}
	l.Disable(noon)
	if _, err := l.Renew(maker); !fault.Is(err, fault.NotActive) {
		t.Errorf("a disabled one is reset: %v", err)
	}
}

func TestPortalL2AUseIsTakenWhileTheLinkWorks(t *testing.T) {
	t.Parallel()
	l, _ := made(t)
	for n := range sharelink.DefaultUses {
		if l.Standing(noon) != sharelink.Works {
			t.Fatalf("after %d uses it does not work", n)
		}
		take(l, 1)
	}
	if l.Standing(noon) != sharelink.UsedUp || l.Uses != sharelink.DefaultUses {
		t.Errorf("after all of them: %q", l.Standing(noon))
	}
	end := noon.Add(sharelink.DefaultLife)
	other, _ := made(t)
	if other.Standing(end.Add(-time.Millisecond)) != sharelink.Works || other.Standing(end) != sharelink.RanOut {
		t.Error("it ends at another millisecond")
	}
	if !other.Disable(noon) || other.Disable(noon.Add(time.Hour)) || other.Standing(noon) != sharelink.Off {
		t.Error("it is not disabled, once")
	}
}

func TestPortalL5Defaults(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	terms, err := sharelink.Typed{}.On(sharelink.Defaults(noon), noon)
	if err != nil || !terms.ExpiresAt.Equal(noon.Add(7*24*time.Hour)) || terms.MaxUses != 25 || terms.Approval || terms.CreateContact {
		t.Errorf("%+v, %v", terms, err)
	}
	if terms, err = (sharelink.Typed{Never: &yes, Unlimited: &yes}).On(terms, noon); err != nil {
		t.Fatal(err)
	}
	l, _ := sharelink.New(office, maker, terms, noon)
	if !l.Endless() || !l.Boundless() || l.Standing(noon.AddDate(10, 0, 0)) != sharelink.Works {
		t.Errorf("%+v", terms)
	}
	if terms, err = (sharelink.Typed{Never: &no, Unlimited: &no}).On(terms, noon); err != nil || terms.ExpiresAt.IsZero() ||
		terms.MaxUses != sharelink.DefaultUses {
		t.Errorf("back to the defaults: %+v, %v", terms, err)
	}
	at := func(d time.Duration) *time.Time {
		end := noon.Add(d)
		return &end
	}
	uses := func(n int) *int { return &n }
	for name, in := range map[string]sharelink.Typed{
		"expiresAt past": {ExpiresAt: at(0)}, "expiresAt far": {ExpiresAt: at(sharelink.MaxLife + time.Hour)},
		"expiresAt both": {ExpiresAt: at(time.Hour), Never: &yes},
		"maxUses none":   {MaxUses: uses(0)}, "maxUses many": {MaxUses: uses(sharelink.MaxUses + 1)}, "maxUses both": {MaxUses: uses(3), Unlimited: &yes},
	} {
		field, _, _ := strings.Cut(name, " ")
		if _, err := in.On(sharelink.Defaults(noon), noon); fault.As(err) == nil || len(fault.As(err).Fields) != 1 ||
			fault.As(err).Fields[0].Location != field {
			t.Errorf("%s: %v", name, err)
		}
	}
	over := sharelink.Terms{ExpiresAt: noon.Add(-time.Hour), MaxUses: 3}
	name := "Fair"
	if got, err := (sharelink.Typed{Name: &name, ExpiresAt: at(-time.Hour)}).On(over, noon); err != nil || got.Name != name {
		t.Errorf("an end that is over and stays: %v", err)
	}
}

func TestPortalL6DomainsAreMatchedLetterByLetter(t *testing.T) {
	t.Parallel()
	got, err := sharelink.Domains([]string{" @BÜCHER.example ", "xn--bcher-kva.example", "acme.example", ""})
	if err != nil || !slices.Equal(got, []string{"xn--bcher-kva.example", "acme.example"}) {
		t.Fatalf("%q, %v", got, err)
	}
	l, _ := made(t)
	if !l.Admits("a@anything.example") {
		t.Error("without a rule somebody is kept out")
	}
	l.Domains = got
	for a, want := range map[email.Address]bool{"a@acme.example": true, "a@mail.acme.example": false, "a@notacme.example": false,
		"a@acme.example.org": false, "a@xn--bcher-kva.example": true} {
		if l.Admits(a) != want {
			t.Errorf("%s: %v", a, !want)
		}
	}
	for _, typed := range []string{"gmail.com", "mail.gmail.com", "acme", "a@b@c", "https://acme.example", strings.Repeat("a", 300)} {
		if _, err := sharelink.Domains([]string{typed}); !fault.Is(err, fault.Invalid) || fault.As(err).Fields[0].Location != "domains" {
			t.Errorf("%q: %v", typed, err)
		}
	}
	var many []string
	for n := range sharelink.MaxDomains + 1 {
		many = append(many, fmt.Sprintf("a%d.example", n))
	}
	if _, err := sharelink.Domains(many); !fault.Is(err, fault.Invalid) {
		t.Errorf("too many: %v", err)
	}
}

func TestPortalL7ARequestIsDecidedOnceAndExpires(t *testing.T) {
	t.Parallel()
	l, _ := made(t)
	ask := func() *sharelink.Request { return sharelink.Ask(l, nil, "pat@acme.example", "Pat", "", noon) }
	if r := ask(); r.At(noon.Add(sharelink.Life-time.Millisecond)) != sharelink.Waiting ||
		r.At(noon.Add(sharelink.Life)) != sharelink.Expired ||
		!fault.Is(r.MayDecide(noon.Add(sharelink.Life)), fault.NotPending) || r.MayDecide(noon) != nil {
		t.Error("it does not expire after 14 days")
	}
	if a, b := ask(), sharelink.Ask(l, nil, "pat@acme.example", "", "", noon.Add(time.Hour)); a.Ref() != b.Ref() || a.ID == b.ID ||
		a.Ref() == sharelink.Ask(l, nil, "kim@acme.example", "", "", noon).Ref() {
		t.Error("an address does not have one request for a link")
	}
	r := ask()
	r.Approve("cl_1", noon)
	if r.At(noon) != sharelink.Approved || r.Email != "" || r.Name != "" || r.Client != "cl_1" ||
		!fault.Is(r.MayDecide(noon), fault.NotPending) {
		t.Errorf("approved: %+v", r)
	}
	r = ask()
	r.Refuse(noon)
	l.Refuse(r.Ref(), noon)
	l.Refuse(r.Ref(), noon)
	if r.At(noon) != sharelink.Refused || r.Email != "" || !l.Refuses(r.Ref()) || len(l.Refused) != 1 ||
		!fault.Is(r.MayDecide(noon), fault.NotPending) {
		t.Errorf("refused: %+v", r)
	}
	for n := range sharelink.MaxRefusals {
		l.Refuse(id.Ref(fmt.Sprint(n)), noon)
	}
	if l.State != sharelink.Disabled {
		t.Error("with more refusals than it can remember it goes on")
	}
}

func TestPortalL7AdministratorsAreToldOnceADay(t *testing.T) {
	t.Parallel()
	l := &sharelink.Ledger{Agency: office}
	day := 24 * time.Hour
	if !l.Asked(noon) || l.Asked(noon.Add(time.Hour)) || l.Asked(noon.Add(2*time.Hour)) || !l.Due.Equal(noon.Add(day)) {
		t.Fatalf("%+v", l)
	}
	if tell, changed := l.Tell(noon.Add(day-time.Millisecond), true); tell || changed {
		t.Error("they are told too early")
	}
	if tell, changed := l.Tell(noon.Add(day), true); !tell || !changed || !l.Due.IsZero() {
		t.Error("they are not told the next day")
	}
	if l.Asked(noon.Add(day + time.Hour)) {
		t.Error("they are told twice in a day")
	}
	if tell, changed := l.Tell(noon.Add(2*day), false); tell || !changed || !l.Asked(noon.Add(2*day)) {
		t.Error("with nobody waiting they are told, or are not told of the next")
	}
}

func TestPortalL11ALinkThatIsDeadGoes90DaysLater(t *testing.T) {
	t.Parallel()
	end := noon.Add(sharelink.DefaultLife)
	l, _ := made(t)
	if !l.GoesAt().Equal(end.Add(sharelink.Kept)) || l.Gone(end.Add(sharelink.Kept-time.Millisecond)) || !l.Gone(end.Add(sharelink.Kept)) {
		t.Errorf("expired: %s", l.GoesAt())
	}
	l.Disable(noon)
	if !l.GoesAt().Equal(noon.Add(sharelink.Kept)) {
		t.Errorf("disabled: %s", l.GoesAt())
	}
	l, _ = made(t)
	l.ExpiresAt = time.Time{}
	if !l.GoesAt().IsZero() || l.Gone(noon.AddDate(20, 0, 0)) {
		t.Error("one that works for ever goes")
	}
	l.MaxUses = 1
	take(l, 1)
	if !l.GoesAt().Equal(noon.Add(sharelink.Kept)) {
		t.Errorf("used up: %s", l.GoesAt())
	}
}

func TestPortalL11TheNewestWhoCameAreListed(t *testing.T) {
	t.Parallel()
	l, _ := made(t)
	l.MaxUses = 0
	take(l, sharelink.MaxJoined+3)
	if len(l.Joined) != sharelink.MaxJoined || l.Joined[0].Client != "cl_3" || l.Uses != sharelink.MaxJoined+3 ||
		!l.LastUseAt.Equal(l.Joined[sharelink.MaxJoined-1].At) {
		t.Errorf("%d, from %s", len(l.Joined), l.Joined[0].Client)
	}
}

func TestPortalL11ANewLinkTakesThePlaceOfADeadOne(t *testing.T) {
	t.Parallel()
	var all []sharelink.Link
	for range sharelink.MaxLinks - 1 {
		l, _ := made(t)
		all = append(all, *l)
	}
	if drop, err := sharelink.Room(all, answeredFor, noon); drop != nil || err != nil {
		t.Errorf("with room: %v, %v", drop, err)
	}
	one, _ := made(t)
	all = append(all, *one)
	if _, err := sharelink.Room(all, answeredFor, noon); !fault.Is(err, fault.Invalid) {
		t.Errorf("full: %v", err)
	}
	orphan := func(l *sharelink.Link) bool { return l.ID == all[3].ID }
	if drop, err := sharelink.Room(all, orphan, noon); err != nil || drop == nil || drop.ID != all[3].ID {
		t.Errorf("PortalL11: with one that nobody answers for: %v, %v", drop, err)
	}
	all[5].Disable(noon.Add(time.Hour))
	all[7].Disable(noon)
	if drop, err := sharelink.Room(all, orphan, noon.Add(2*time.Hour)); err != nil || drop == nil || drop.ID != all[7].ID {
		t.Errorf("what is dead goes first: %v, %v", drop, err)
	}
	if drop, err := sharelink.Room(all, answeredFor, noon.Add(2*time.Hour)); err != nil || drop == nil || drop.ID != all[7].ID {
		t.Errorf("with two dead ones: %+v, %v", drop, err)
	}
}

func TestPortalL12TwentyJoinAnHour(t *testing.T) {
	t.Parallel()
	l := &sharelink.Ledger{Agency: office}
	for n := range sharelink.JoinsHourly {
		if err := l.Join(noon.Add(time.Duration(n) * time.Second)); err != nil {
			t.Fatalf("join %d: %v", n, err)
		}
	}
	err := l.Join(noon.Add(time.Minute))
	if f := fault.As(err); f == nil || f.Code != fault.RateLimited || f.Retry != 59*time.Minute {
		t.Errorf("one more: %+v", err)
	}
	if err := l.Join(noon.Add(time.Hour)); err != nil || len(l.Joins) != sharelink.JoinsHourly {
		t.Errorf("an hour after the first: %v", err)
	}
	if err := l.Join(noon.Add(time.Hour)); !fault.Is(err, fault.RateLimited) {
		t.Errorf("and a second: %v", err)
	}
}

func FuzzLocate(f *testing.F) {
	f.Add(sharelink.Token(office, "lnk_01KAM5Q0Z8W3RN6T0V4K2M9QXB"))
	f.Add("lks_0")
	f.Fuzz(func(t *testing.T, token string) {
		a, l, err := sharelink.Locate(token)
		if err != nil {
			if a != "" || l != "" {
				t.Errorf("Locate(%q) = %s, %s, %v", token, a, l, err)
			}
			return
		}
		if !id.Valid(id.AgencyPrefix, string(a)) || !id.Valid(id.LinkPrefix, string(l)) {
			t.Errorf("Locate(%q) = %s, %s", token, a, l)
		}
	})
}

// TestPortalL11ALinkIsNotEndedAsOfItsLastUse holds that a smaller number of uses does not end a link in the past, which would be gone at
// once.
func TestPortalL11ALinkIsNotEndedAsOfItsLastUse(t *testing.T) {
	t.Parallel()
	l, _ := sharelink.New("ag_01KAM5Q0Z8W3RN6T0V4K2M9QXB", "mb_1", sharelink.Terms{MaxUses: 10}, noon)
	for range 4 {
		l.Take(noon, sharelink.Joined{})
	}
	for uses, good := range map[int]bool{0: true, 3: false, 4: false, 5: true, 10: true} {
		x := *l
		if err := x.Change(sharelink.Terms{MaxUses: uses}); (err == nil) != good || err != nil && !fault.Is(err, fault.Invalid) {
			t.Errorf("%d uses: %v", uses, err)
		}
	}
	l.MaxUses = 4 // used up
	if err := l.Change(sharelink.Terms{Name: "Fair", MaxUses: 4}); err != nil || l.Name != "Fair" {
		t.Errorf("another name: %v", err)
	}
}

// answeredFor is where somebody answers for every link.
func answeredFor(*sharelink.Link) bool { return false }

func TestPortalL5AnEmployeesLinkIsForAFewAndEndsSoon(t *testing.T) {
	t.Parallel()
	d := sharelink.Defaults(noon)
	with := func(end time.Time, uses int) sharelink.Terms {
		x := d
		x.ExpiresAt, x.MaxUses = end, uses
		return x
	}
	month := noon.Add(sharelink.EmployeeLife)
	for name, c := range map[string]struct {
		terms sharelink.Terms
		good  bool
	}{
		"the defaults": {d, true}, "the most": {with(month, 25), true}, "a millisecond more": {with(month.Add(time.Millisecond), 25), false},
		"one use more": {with(month, 26), false}, "never": {with(time.Time{}, 25), false}, "unlimited": {with(month, 0), false},
	} {
		if err := c.terms.Within(agency.Employee, noon); (err == nil) != c.good {
			t.Errorf("%s, of an employee: %v", name, err)
		}
		for _, l := range []agency.Level{agency.Admin, agency.Owner} {
			if err := c.terms.Within(l, noon); err != nil {
				t.Errorf("%s, of an %s: %v", name, l, err)
			}
		}
	}
}
