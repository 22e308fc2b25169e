package adapters_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"latchkey.dev/infra/test/whole"
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/idempotency"
	"latchkey.dev/shared/domain/sender"
	"latchkey.dev/shared/usecase/senders"
	"latchkey.dev/shared/usecase/sweep"
)

// sending is the table as those who look after sender domains have it, with its agencies.
type sending struct {
	dynamo.SenderWork
	t     *testing.T
	table *whole.Table
	db    *dynamodb.Client
	made  atomic.Int64 // claims, each a moment after the one before
}

func sendingFrom(t *testing.T) *sending {
	t.Helper()
	table, db := opened(t)
	return &sending{SenderWork: dynamo.NewSenderWork(table.Table), t: t, table: table, db: db}
}

// begins claims a name for the agency, as the use case does.
func (s *sending) begins(of id.Agency, d sender.Domain) (*sender.Claim, error) {
	a := &agency.Agency{ID: of, CreatedAt: now.Add(-agency.Probation)}
	c := sender.NewClaim(of, "mb_1", d, "", now.Add(time.Duration(s.made.Add(1))*time.Millisecond))
	return c, conflict.Retry(s.t.Context(), func() error {
		settings, err := s.Settings(s.t.Context(), of)
		if err != nil {
			return err
		}
		if err := settings.Add(c, a, now); err != nil {
			return err
		}
		return s.Save(s.t.Context(), senders.Change{Claim: c, Settings: settings})
	})
}

// claims does so, and nothing may be in its way.
func (s *sending) claims(of id.Agency, d sender.Domain) *sender.Claim {
	s.t.Helper()
	c, err := s.begins(of, d)
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

// holds has a claim that is proven take its name; false when somebody else has it.
func (s *sending) holds(c *sender.Claim) (bool, error) {
	won := false
	err := conflict.Retry(s.t.Context(), func() error {
		c, err := s.Claim(s.t.Context(), c.Agency, c.ID)
		if err != nil {
			return err
		}
		won = !c.Tree.Taken(c.Domain, c.Agency)
		if !won {
			return nil
		}
		c.Tree.Hold(sender.Hold{Domain: c.Domain, Agency: c.Agency, ID: c.ID})
		return s.Save(s.t.Context(), senders.Change{Claim: c, Tree: &c.Tree})
	})
	return won, err
}

// read is the claim as it is stored.
func (s *sending) read(c *sender.Claim) *sender.Claim {
	s.t.Helper()
	got, err := s.Claim(s.t.Context(), c.Agency, c.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	return got
}

func (s *sending) counts(want int) {
	s.t.Helper()
	if n, err := s.Identities(s.t.Context()); err != nil || n != want {
		s.t.Errorf("%d identities are counted, want %d: %v", n, want, err)
	}
}

func crowd(n int, f func(int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { f(i) })
	}
	all.Wait()
}

func TestSenderAClaimIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	s := sendingFrom(t)
	ctx := t.Context()
	a, b := found(t, s.table), found(t, s.table)
	if got, err := s.Settings(ctx, a); err != nil || cmp.Diff(&sender.Settings{Agency: a}, got) != "" {
		t.Errorf("settings that nobody has set: %+v, %v", got, err)
	}
	c := sender.NewClaim(a, "mb_1", "mail.bücher.dev", "", now)
	c.Domain = "mail.xn--bcher-kva.dev"
	settings := &sender.Settings{Agency: a, Name: "N", Claims: []sender.Ref{{ID: c.ID, Domain: c.Domain, Open: true}}}
	row := audit.Entry{ID: id.New[id.Event](id.EventPrefix, now), At: now, Actor: "mb_1", Action: audit.DomainClaimed,
		Subject: string(c.ID)}
	once := &idempotency.Record{Key: "k", Request: "r", Result: string(c.ID), At: now}
	if err := s.Save(ctx, senders.Change{Claim: c, Settings: settings, Audit: []audit.Entry{row}, Once: once}); err != nil {
		t.Fatal(err)
	}
	got := s.read(c)
	if got.Version != 1 || got.Identity.Version == 0 || got.Identity.Made() || got.Tree.Top != "xn--bcher-kva.dev" ||
		got.Tree.Version != 0 {
		t.Errorf("%+v", got)
	}
	want := *c
	want.Identity, want.Tree = got.Identity, got.Tree
	if d := cmp.Diff(&want, got); d != "" {
		t.Error(d)
	}
	if got, err := s.Settings(ctx, a); err != nil || cmp.Diff(settings, got) != "" {
		t.Error(err, cmp.Diff(settings, got))
	}
	if got, err := s.Recall(ctx, a, "k"); err != nil || got.Result != string(c.ID) {
		t.Error(got, err)
	}
	if log, err := s.table.History(ctx, a); err != nil || len(log) != 1 || log[0].Action != audit.DomainClaimed {
		t.Error(log, err)
	}
	if names, err := s.table.Names(ctx, a, []string{string(c.ID)}); err != nil || names[string(c.ID)] != "mail.bücher.dev" {
		t.Error(names, err)
	}
	if _, err := s.Claim(ctx, b, c.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("another agency reads it: %v", err)
	}
	for what, change := range map[string]senders.Change{
		"a claim":       {Claim: &sender.Claim{Sender: c.Sender, ID: c.ID, Agency: a, Version: 7}},
		"a new claim":   {Claim: &sender.Claim{Sender: c.Sender, ID: c.ID, Agency: a}},
		"settings":      {Claim: got, Settings: &sender.Settings{Agency: a}},
		"a tree":        {Claim: got, Tree: &sender.Tree{Top: "xn--bcher-kva.dev", Version: 3}},
		"another claim": {Claim: got, Others: []*sender.Claim{{ID: "dom_x", Agency: a, Version: 1}}},
		"the same row":  {Claim: got, Audit: []audit.Entry{row}},
		"the same key":  {Claim: got, Once: once},
		"what is gone":  {Claim: &sender.Claim{Sender: c.Sender, ID: c.ID, Agency: a, Version: 2}, Gone: true},
	} {
		if err := s.Save(ctx, change); !errors.Is(err, conflict.ErrChanged) {
			t.Errorf("a change of %s that is another one: %v", what, err)
		}
	}
	if again := s.read(c); cmp.Diff(got, again) != "" {
		t.Errorf("a refused change has left something: %s", cmp.Diff(got, again))
	}
	if err := s.Save(ctx, senders.Change{Settings: settings}); err != nil || settings.Version != 2 {
		t.Errorf("settings by themselves: %v, version %d", err, settings.Version)
	}
	if err := s.Save(ctx, senders.Change{Claim: got, Gone: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Claim(ctx, a, c.ID); !fault.Is(err, fault.NotFound) {
		t.Error(err)
	}
	if yes, err := s.Claimed(ctx, c.Domain); err != nil || yes {
		t.Errorf("a claim that is gone claims the name: %v", err)
	}
}

func TestSenderClaimsAreListedAsTheyWereMade(t *testing.T) {
	t.Parallel()
	s := sendingFrom(t)
	a, b := found(t, s.table), found(t, s.table)
	var want []*sender.Claim
	for _, d := range []sender.Domain{"mail.z.dev", "a.z.dev", "mail.b.dev"} {
		want = append(want, s.claims(a, d))
	}
	if won, err := s.holds(want[0]); err != nil || !won {
		t.Fatal(won, err)
	}
	got, err := s.Claims(t.Context(), a)
	if err != nil || len(got) != 3 {
		t.Fatal(got, err)
	}
	for i, c := range got {
		if d := cmp.Diff(s.read(want[i]), c); d != "" {
			t.Error(d)
		}
	}
	got[0].Tree.Holds[0].Domain = "changed"
	if got[1].Tree.Holds[0].Domain != "mail.z.dev" {
		t.Error("claims below one registrable domain share what is read")
	}
	if other, err := s.Claims(t.Context(), b); err != nil || len(other) != 0 {
		t.Error(other, err)
	}
}

// 64 agencies have proven one name at the same time. One has it.
func TestSenderT2OneOf64WhoHaveProvenANameHasIt(t *testing.T) {
	t.Parallel()
	s := sendingFrom(t)
	claims := make([]*sender.Claim, 64)
	for i := range claims {
		claims[i] = s.claims(found(t, s.table), "mail.agency.dev")
	}
	s.counts(1)
	var won atomic.Int32
	crowd(len(claims), func(i int) {
		yes, err := s.holds(claims[i])
		if err != nil {
			t.Error(err)
		}
		if yes {
			won.Add(1)
		}
	})
	tree := s.read(claims[0]).Tree
	if won.Load() != 1 || len(tree.Holds) != 1 || tree.Holds[0].Domain != "mail.agency.dev" {
		t.Errorf("%d have it: %+v", won.Load(), tree)
	}
}

// 64 agencies have proven each another name below one registrable domain, of which only one has proven the registrable one. What
// they see of each other is what is stored.
func TestSenderT3ATreeIsDecidedAsOne(t *testing.T) {
	t.Parallel()
	s := sendingFrom(t)
	claims := make([]*sender.Claim, 64)
	for i := range claims {
		claims[i] = s.claims(found(t, s.table), sender.Domain(fmt.Sprintf("m%d.agency.co.uk", i)))
	}
	other := s.claims(found(t, s.table), "mail.another.co.uk")
	s.counts(65)
	var won atomic.Int32
	crowd(len(claims), func(i int) {
		err := conflict.Retry(t.Context(), func() error {
			c, err := s.Claim(t.Context(), claims[i].Agency, claims[i].ID)
			if err != nil || c.Tree.Contested(c.Agency) {
				return err
			}
			c.Tree.Hold(sender.Hold{Domain: c.Domain, Agency: c.Agency, ID: c.ID})
			err = s.Save(t.Context(), senders.Change{Claim: c, Tree: &c.Tree})
			if err == nil {
				won.Add(1)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
	if won.Load() != 1 {
		t.Errorf("%d hold a name of the tree without having proven its top", won.Load())
	}
	holder := s.read(claims[0]).Tree.Holds[0]
	for _, c := range claims {
		if c = s.read(c); c.Tree.Contested(c.Agency) == (c.Agency == holder.Agency) || c.Tree.Top != "agency.co.uk" {
			t.Errorf("%s sees %+v", c.Domain, c.Tree)
		}
	}
	if c := s.read(other); c.Tree.Contested(c.Agency) || c.Tree.Version != 0 {
		t.Errorf("another tree is not theirs: %+v", c.Tree)
	}
	// The holder goes: the tree is free, and whoever has read it before writes nothing.
	before := s.read(claims[1])
	var gone *sender.Claim
	for _, c := range claims {
		if c.ID == holder.ID {
			gone = s.read(c)
		}
	}
	if before.ID == gone.ID {
		before = s.read(claims[2])
	}
	gone.Tree.Drop(gone.ID)
	gone.Drop(now)
	if err := s.Save(t.Context(), senders.Change{Claim: gone, Tree: &gone.Tree}); err != nil {
		t.Fatal(err)
	}
	if c := s.read(before); c.Tree.Contested(c.Agency) || c.Tree.Version != 0 {
		t.Errorf("a tree that holds nothing is none: %+v", c.Tree)
	}
	if won, err := s.holds(before); err != nil || !won {
		t.Error(won, err)
	}
	before.Tree.Hold(sender.Hold{Domain: before.Domain, Agency: before.Agency, ID: before.ID})
	if err := s.Save(t.Context(), senders.Change{Claim: s.read(before), Tree: &before.Tree}); !errors.Is(err, conflict.ErrChanged) {
		t.Errorf("a tree that was read before it came back: %v", err)
	}
}

func TestSenderT1AnAgencyHasThreeOpenClaimsOf64(t *testing.T) {
	t.Parallel()
	s := sendingFrom(t)
	a := found(t, s.table)
	var made atomic.Int32
	crowd(64, func(i int) {
		_, err := s.begins(a, sender.Domain(fmt.Sprintf("mail.agency%d.dev", i)))
		if err == nil {
			made.Add(1)
		} else if !fault.Is(err, fault.Invalid) {
			t.Errorf("refused with %v", err)
		}
	})
	all, err := s.Claims(t.Context(), a)
	settings, settingsErr := s.Settings(t.Context(), a)
	if err != nil || settingsErr != nil || made.Load() != sender.MaxClaims || len(all) != sender.MaxClaims ||
		len(settings.Claims) != sender.MaxClaims {
		t.Errorf("%d made, %d stored, %+v, %v, %v", made.Load(), len(all), settings, err, settingsErr)
	}
	s.counts(sender.MaxClaims)
}

// The mail service has a number of identities that nobody raises. The last place goes to one of 64, and the others hear of it.
func TestSenderQ4ThereIsNoRoomForMoreThanTheMailServiceHas(t *testing.T) {
	t.Parallel()
	s := sendingFrom(t)
	s.claims(found(t, s.table), "mail.known.dev")
	agencies := make([]id.Agency, 64)
	for i := range agencies {
		agencies[i] = found(t, s.table)
	}
	s.item(map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: "identities"},
		"sk": &types.AttributeValueMemberS{Value: "count"},
		"n":  &types.AttributeValueMemberN{Value: fmt.Sprint(senders.MaxIdentities - 1)}})
	var made atomic.Int32
	crowd(len(agencies), func(i int) {
		c, err := s.begins(agencies[i], sender.Domain(fmt.Sprintf("mail.agency%d.dev", i)))
		if err == nil {
			made.Add(1)
			return
		}
		if !fault.Is(err, fault.Unavailable) || !strings.HasPrefix(fault.As(err).Message, "There's no room for another domain") {
			t.Errorf("refused with %v", err)
		}
		if _, err := s.Claim(t.Context(), c.Agency, c.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("a claim that was refused is there: %v", err)
		}
	})
	if made.Load() != 1 {
		t.Errorf("%d were made", made.Load())
	}
	s.counts(senders.MaxIdentities)
	// A name that the service has already takes no further place.
	s.claims(found(t, s.table), "mail.known.dev")
	s.counts(senders.MaxIdentities)
}

// item writes an item beside the product.
func (s *sending) item(i map[string]types.AttributeValue) {
	s.t.Helper()
	if _, err := s.db.PutItem(s.t.Context(), &dynamodb.PutItemInput{TableName: aws.String("adapters-table"), Item: i}); err != nil {
		s.t.Fatal(err)
	}
}

func TestSenderT5AnIdentityGoesWithTheLastClaim(t *testing.T) {
	t.Parallel()
	s := sendingFrom(t)
	ctx := t.Context()
	one := s.claims(found(t, s.table), "mail.agency.dev")
	known := s.read(one)
	known.Identity.Tokens, known.Identity.Status, known.Identity.AskedAt = []string{"a", "b", "c"}, "PENDING", now
	stale := known.Identity
	if err := s.SaveIdentity(ctx, &known.Identity); err != nil {
		t.Fatal(err)
	}
	if got := s.read(one).Identity; cmp.Diff(known.Identity, got) != "" {
		t.Error(cmp.Diff(known.Identity, got))
	}
	if err := s.SaveIdentity(ctx, &stale); !errors.Is(err, conflict.ErrChanged) {
		t.Errorf("an identity that was read before: %v", err)
	}
	if err := s.SaveIdentity(ctx, &sender.Identity{Domain: "mail.nobody.dev"}); !errors.Is(err, conflict.ErrChanged) {
		t.Errorf("an identity of a name that nobody has claimed: %v", err)
	}
	two := s.claims(found(t, s.table), "mail.agency.dev")
	if got := s.read(two).Identity; len(got.Tokens) != 3 || got.Version <= known.Identity.Version {
		t.Errorf("who claims a name later has the same tokens: %+v", got)
	}
	if err := s.DropIdentity(ctx, &known.Identity); !errors.Is(err, conflict.ErrChanged) {
		t.Errorf("it was dropped while two claim it: %v", err)
	}
	for n, c := range []*sender.Claim{s.read(one), s.read(two)} {
		c.Drop(now)
		if err := s.Save(ctx, senders.Change{Claim: c}); err != nil {
			t.Fatal(err)
		}
		if yes, err := s.Claimed(ctx, "mail.agency.dev"); err != nil || yes != (n == 0) {
			t.Errorf("after %d are over: claimed is %v, %v", n+1, yes, err)
		}
	}
	last := s.read(two).Identity // still read by a claim that is over
	three := s.claims(found(t, s.table), "mail.agency.dev")
	if err := s.DropIdentity(ctx, &last); !errors.Is(err, conflict.ErrChanged) {
		t.Errorf("it was dropped from under a new claim: %v", err)
	}
	if err := s.Save(ctx, senders.Change{Claim: s.read(three), Gone: true}); err != nil {
		t.Fatal(err)
	}
	if err := s.DropIdentity(ctx, &last); !errors.Is(err, conflict.ErrChanged) {
		t.Errorf("what was read before somebody claimed the name says nothing of it: %v", err)
	}
	s.counts(1)
	last = s.read(two).Identity
	if err := s.DropIdentity(ctx, &last); err != nil {
		t.Fatal(err)
	}
	s.counts(0)
	if got := s.read(two).Identity; got.Version != 0 || got.Made() {
		t.Errorf("%+v", got)
	}
	if err := s.DropIdentity(ctx, &sender.Identity{Domain: "mail.agency.dev"}); err != nil {
		t.Errorf("what is gone can go again: %v", err)
	}
	if err := s.SaveIdentity(ctx, &last); !errors.Is(err, conflict.ErrChanged) {
		t.Errorf("a late answer brings it back: %v", err)
	}
	s.counts(0)
}

// Whoever claims a name while its identity is being dropped has one in the end, and each is counted once.
func TestSenderT5ANameIsNotDroppedFromUnderWhoClaimsIt(t *testing.T) {
	t.Parallel()
	s := sendingFrom(t)
	ctx := t.Context()
	for round := range 12 {
		d := sender.Domain(fmt.Sprintf("mail.agency%d.dev", round))
		first := s.claims(found(t, s.table), d)
		over := s.read(first)
		over.Drop(now)
		if err := s.Save(ctx, senders.Change{Claim: over}); err != nil {
			t.Fatal(err)
		}
		agencies := []id.Agency{found(t, s.table), found(t, s.table), found(t, s.table)}
		claims := make([]*sender.Claim, len(agencies))
		crowd(len(agencies)+2, func(i int) {
			if i < len(agencies) {
				claims[i] = s.claims(agencies[i], d)
				return
			}
			c, err := s.Claim(ctx, first.Agency, first.ID)
			if err == nil && c.Identity.Version > 0 {
				err = s.DropIdentity(ctx, &c.Identity)
			}
			if err != nil && !errors.Is(err, conflict.ErrChanged) {
				t.Error(err)
			}
		})
		for _, c := range claims {
			if got := s.read(c); got.Identity.Version == 0 {
				t.Errorf("round %d: %s is claimed and has no identity", round, d)
			}
		}
		s.counts(round + 1)
	}
}

func TestSenderT9WhatIsHeldIsListedByWhatItLooksLike(t *testing.T) {
	t.Parallel()
	s := sendingFrom(t)
	alike := func() []sender.Domain {
		t.Helper()
		got, err := s.Lookalikes(t.Context(), sender.Skeleton(sender.Domain("agency.dev")))
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(got)
		return got
	}
	one, two := s.claims(found(t, s.table), "mail.agency.dev"), s.claims(found(t, s.table), "x.agency.dev")
	if got := alike(); len(got) != 0 {
		t.Errorf("what is claimed only: %v", got)
	}
	for _, c := range []*sender.Claim{one, two} {
		if won, err := s.holds(c); err != nil || !won {
			t.Fatal(won, err)
		}
	}
	if got := alike(); !slices.Equal(got, []sender.Domain{"mail.agency.dev", "x.agency.dev"}) {
		t.Error(got)
	}
	for n, want := range [][]sender.Domain{{"x.agency.dev"}, {}} {
		c := s.read([]*sender.Claim{one, two}[n])
		c.Tree.Drop(c.ID)
		if err := s.Save(t.Context(), senders.Change{Claim: c, Tree: &c.Tree}); err != nil {
			t.Fatal(err)
		}
		if got := alike(); !slices.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
	}
	if n := s.items(); n["dm#agency.dev"] != 2 { // the two identities
		t.Errorf("%v", n)
	}
}

// items counts the items of each partition.
func (s *sending) items() map[string]int {
	s.t.Helper()
	out := map[string]int{}
	in := &dynamodb.ScanInput{TableName: aws.String("adapters-table")}
	for {
		res, err := s.db.Scan(s.t.Context(), in)
		if err != nil {
			s.t.Fatal(err)
		}
		for _, i := range res.Items {
			out[i["pk"].(*types.AttributeValueMemberS).Value]++ //nolint:errcheck // a key is one
		}
		if in.ExclusiveStartKey = res.LastEvaluatedKey; in.ExclusiveStartKey == nil {
			return out
		}
	}
}

func TestSenderADomainIsFoundWhenItIsDue(t *testing.T) {
	t.Parallel()
	s := sendingFrom(t)
	a := found(t, s.table)
	due := func(at time.Time) (out []sweep.Due) {
		t.Helper()
		for shard := range s.table.Shards() {
			all, err := s.table.Overdue(t.Context(), shard, at, 100, false)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, all...)
		}
		return out
	}
	c := s.claims(a, "mail.agency.dev")
	at := c.DueAt()
	want := sweep.Due{Agency: a, Domain: c.ID}
	if got := due(at.Add(-time.Millisecond)); len(got) != 0 {
		t.Errorf("too early: %v", got)
	}
	if got := due(at); len(got) != 1 || got[0] != want {
		t.Errorf("%v, want %v", got, want)
	}
	c.PrepareAt, c.Due = time.Time{}, at.Add(time.Hour)
	if err := s.Save(t.Context(), senders.Change{Claim: s.of(c)}); err != nil {
		t.Fatal(err)
	}
	if got := due(at); len(got) != 0 {
		t.Errorf("what was moved on: %v", got)
	}
	if got := due(at.Add(time.Hour)); len(got) != 1 || got[0] != want {
		t.Errorf("%v, want %v", got, want)
	}
	if all, err := s.table.SenderDomains(t.Context(), a); err != nil || !slices.Equal(all, []id.SenderDomain{c.ID}) {
		t.Error(all, err)
	}
}

// of is the claim as it is to be written, with the version that is stored.
func (s *sending) of(c *sender.Claim) *sender.Claim {
	next := *c
	next.Version = s.read(c).Version
	return &next
}

// A closed agency's claims stay until a worker has released them, since names and the mail service's identities hang on them.
func TestSenderT5AClosedAgencysClaimsAreNotPurged(t *testing.T) {
	t.Parallel()
	s := sendingFrom(t)
	a := found(t, s.table)
	c := s.claims(a, "mail.agency.dev")
	for {
		n, err := s.table.PurgeSome(t.Context(), a)
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			break
		}
	}
	if got := s.read(c); got.Version != 1 {
		t.Errorf("%+v", got)
	}
	if settings, err := s.Settings(t.Context(), a); err != nil || settings.Version != 0 {
		t.Errorf("the settings are purged: %+v, %v", settings, err)
	}
	c = s.read(c)
	c.Drop(now)
	if err := s.Save(t.Context(), senders.Change{Claim: c, Gone: true}); err != nil {
		t.Fatal(err)
	}
	for pk, n := range s.items() {
		if pk == "dmc#mail.agency.dev" || pk == "held" || pk == string(a) && n > 1 {
			t.Errorf("%d items are left in %s", n, pk)
		}
	}
}

func TestSenderHealthIsThatOfThirtyDays(t *testing.T) {
	t.Parallel()
	s := sendingFrom(t)
	a := found(t, s.table)
	day := func(which id.SenderDomain, at time.Time, sent, bounced, complained int) {
		n := func(v int) types.AttributeValue { return &types.AttributeValueMemberN{Value: fmt.Sprint(v)} }
		s.item(map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: string(a)},
			"sk":   &types.AttributeValueMemberS{Value: "mh#" + string(which) + "#" + at.Format(time.DateOnly)},
			"sent": n(sent), "bounced": n(bounced), "complained": n(complained)})
	}
	day("dom_1", now, 5, 1, 0)
	day("dom_1", now.AddDate(0, 0, -29), 7, 2, 1)
	day("dom_1", now.AddDate(0, 0, -30), 100, 100, 100)
	day("dom_1", now.AddDate(0, 0, 1), 100, 100, 100)
	day("dom_2", now, 11, 0, 0)
	got, err := s.Health(t.Context(), a, "dom_1", now)
	if err != nil || got != (sender.Health{Sent: 12, Bounced: 3, Complained: 1}) {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := s.Health(t.Context(), a, "dom_3", now); err != nil || got != (sender.Health{}) {
		t.Errorf("%+v, %v", got, err)
	}
}
