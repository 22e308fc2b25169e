package dynamo

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/contract"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/money"
	"latchkey.dev/shared/domain/payment"
	"latchkey.dev/shared/domain/purchase"
	"latchkey.dev/shared/domain/secret"
	"latchkey.dev/shared/domain/subscription"
	"latchkey.dev/shared/domain/words"
)

var now = time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)

// moment is a time as it is stored: to the millisecond, in UTC; or none.
func moment() *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		if rapid.Bool().Draw(t, "none") {
			return time.Time{}
		}
		return time.UnixMilli(rapid.Int64Range(1, 1<<45).Draw(t, "ms")).UTC()
	})
}

func some(t *rapid.T, label string) string { return rapid.StringN(0, 12, 60).Draw(t, label) }

// many is a list of at most three, nil when it is empty: the table keeps no empty lists.
func many[T any](t *rapid.T, label string, one *rapid.Generator[T]) []T {
	if l := rapid.SliceOfN(one, 0, 3).Draw(t, label); len(l) > 0 {
		return l
	}
	return nil
}

func grants() *rapid.Generator[instance.Grant] {
	return rapid.Custom(func(t *rapid.T) instance.Grant {
		return instance.Grant{Resource: id.Resource(some(t, "resource")),
			Access: rapid.SampledFrom([]instance.Access{instance.Read, instance.Write}).Draw(t, "access"), Name: some(t, "name")}
	})
}

func contracts(t *rapid.T) *contract.Contract {
	if !rapid.Bool().Draw(t, "buys") {
		return nil
	}
	price := func(label string) contract.Price {
		return contract.Price{ID: some(t, label), Amount: money.Amount{Minor: rapid.Int64().Draw(t, label), Currency: some(t, label)}}
	}
	line := rapid.Custom(func(t *rapid.T) contract.Line {
		return contract.Line{Article: contract.Article{Product: contract.Product(some(t, "product")),
			StorageGB: rapid.IntRange(0, 50).Draw(t, "gb")}, Month: price("month"), Year: price("year")}
	})
	return &contract.Contract{Lines: many(t, "lines", line), Tax: contract.Tax{Way: contract.Taxation(some(t, "way")), Rate: rapid.IntRange(0, 9999).Draw(t, "rate"), ID: some(t, "taxId")},
		At:       moment().Filter(func(at time.Time) bool { return !at.IsZero() }).Draw(t, "pricedAt"),
		Language: spoken(t, "shownIn")}
}

// spoken is a language, or none.
func spoken(t *rapid.T, label string) words.Language {
	return rapid.SampledFrom(append(words.Languages(), "")).Draw(t, label)
}

func subscriptions(t *rapid.T) subscription.Subscription {
	return subscription.Subscription{State: subscription.State(some(t, "payment")), Interval: payment.Interval(some(t, "interval")), Customer: some(t, "customer"), Reads: some(t, "reads"), Reference: some(t, "subscription"),
		PaidAt: moment().Draw(t, "paid"), PeriodEnd: moment().Draw(t, "period"), Ending: rapid.Bool().Draw(t, "ending"), Telling: moment().Draw(t, "telling"), Untold: subscription.Notice(rapid.IntRange(0, 3).Draw(t, "untold")), PastDueSince: moment().Draw(t, "pastDue"),
		EndedAt: moment().Draw(t, "over"), Due: moment().Draw(t, "paymentDue"),
		Checkout: subscription.Checkout{ID: some(t, "checkout"), URL: some(t, "url"), Attempt: rapid.IntRange(0, 99).Draw(t, "attempt"), OpenedAt: moment().Draw(t, "opened"),
			ExpiresAt: moment().Draw(t, "expires"), Looks: rapid.IntRange(0, 99).Draw(t, "looks"), Language: spoken(t, "pageIn")}}
}

func bought() *rapid.Generator[purchase.Item] {
	return rapid.Custom(func(t *rapid.T) purchase.Item {
		step := rapid.Custom(func(t *rapid.T) purchase.Step {
			return purchase.Step{State: purchase.State(some(t, "step")),
				At: moment().Filter(func(at time.Time) bool { return !at.IsZero() }).Draw(t, "stepAt")}
		})
		return purchase.Item{Key: some(t, "key"), Article: contract.Article{Product: contract.Product(some(t, "product")), StorageGB: rapid.IntRange(0, 50).Draw(t, "gb")},
			Resource: id.Resource(some(t, "resource")), State: rapid.SampledFrom([]purchase.State{purchase.Ready, purchase.Deleted, purchase.Refunded}).Draw(t, "state"), Tries: rapid.IntRange(0, 9).Draw(t, "tries"), Handle: some(t, "handle"), Reason: some(t, "reason"),
			Since: moment().Draw(t, "since"), ReadyAt: moment().Draw(t, "ready"), HeldAt: moment().Draw(t, "held"), Noticed: rapid.Bool().Draw(t, "noticed"), Claimed: rapid.Bool().Draw(t, "claimed"), Left: rapid.Bool().Draw(t, "left"),
			Due: moment().Draw(t, "itemDue"), Steps: many(t, "steps", step)}
	})
}

func proposal(t *rapid.T) *client.Proposal {
	if !rapid.Bool().Draw(t, "proposes") {
		return nil
	}
	return &client.Proposal{Address: email.Address(some(t, "proposed")), At: moment().Draw(t, "proposedAt")}
}

func payerChanges(t *rapid.T) *client.PayerChange {
	if !rapid.Bool().Draw(t, "changes") {
		return nil
	}
	side := rapid.SampledFrom([]client.Side{client.ByAgency, client.ByClient})
	return &client.PayerChange{ID: "pch_1", To: side.Draw(t, "to"), By: side.Draw(t, "byside"), Member: id.Member(some(t, "changer")),
		State:  rapid.SampledFrom([]client.ChangeState{client.ChangeProposed, client.ChangeScheduled, client.ChangeDone}).Draw(t, "changeState"),
		Reason: client.ChangeReason(some(t, "why")), Outcome: client.ChangeState(some(t, "outcome")), ProposedAt: moment().Draw(t, "proposedAt"), ExpiresAt: moment().Draw(t, "changeExpires"),
		AgreedAt: moment().Draw(t, "agreedAt"), Agreed: some(t, "agreed"), EndedAt: moment().Draw(t, "changeEnded"), Next: subscriptions(t), Method: some(t, "method"),
		NeedCard: rapid.Bool().Draw(t, "needCard"), OldEnds: rapid.Bool().Draw(t, "oldEnds"), Due: moment().Draw(t, "changeDue"), Untold: rapid.Bool().Draw(t, "tell"),
		Terms: client.ChangeTerms{Version: rapid.IntRange(0, 9).Draw(t, "termsVersion"), Old: contracts(t), New: contracts(t), OldEvery: payment.Interval(some(t, "oldEvery")),
			Every: payment.Interval(some(t, "every")), At: moment().Draw(t, "day")}}
}

func relationships() *rapid.Generator[*client.Client] {
	return rapid.Custom(func(t *rapid.T) *client.Client {
		agencyID := id.New[id.Agency](id.AgencyPrefix, now)
		ref := id.RefOf(agencyID, "ops@acme.example")
		hash := rapid.Custom(func(t *rapid.T) secret.Hash { return secret.HashOf(some(t, "token")) })
		event := rapid.Custom(func(t *rapid.T) invite.Event {
			return invite.Event{Name: invite.EventName(some(t, "event")),
				At: moment().Filter(func(at time.Time) bool { return !at.IsZero() }).Draw(t, "at"), Detail: some(t, "detail")}
		})
		always := moment().Filter(func(at time.Time) bool { return !at.IsZero() })
		past := rapid.Custom(func(t *rapid.T) client.Past {
			return client.Past{ID: id.Invite(some(t, "id")), Status: invite.Status(some(t, "status")),
				Payer: invite.Payer(some(t, "payer")), Created: moment().Draw(t, "created"), Ended: moment().Draw(t, "ended")}
		})
		return &client.Client{ID: id.At[id.Client](id.ClientPrefix, ref, now), Agency: agencyID, Email: email.Address(some(t, "email")), Name: some(t, "name"),
			Grants: many(t, "grants", grants()), Earlier: many(t, "earlier", past), CreatedAt: moment().Draw(t, "created"), AcceptedAt: moment().Draw(t, "accepted"),
			EndedAt: moment().Draw(t, "endedAt"), EndedBy: rapid.SampledFrom([]client.Side{"", client.ByAgency, client.ByClient}).Draw(t, "endedBy"), Proposal: proposal(t),
			Payment: subscriptions(t), Terms: contracts(t), Items: many(t, "items", bought()), PaidBy: rapid.SampledFrom([]client.Side{"", client.ByAgency}).Draw(t, "paidBy"),
			Handed: rapid.Bool().Draw(t, "handed"), Change: payerChanges(t),
			Listed: rapid.Bool().Draw(t, "listed"), Version: rapid.IntRange(0, 1<<40).Draw(t, "version"), Language: spoken(t, "language"),
			Invite: &invite.Invite{ID: id.At[id.Invite](id.InvitePrefix, ref, now), Payer: invite.Payer(some(t, "payer")), Grants: many(t, "offered", grants()), Message: some(t, "message"), Contract: contracts(t),
				From:   invite.Sender{AgencyName: some(t, "agency"), Color: some(t, "color"), LogoURL: some(t, "logo"), Member: id.Member(some(t, "by")), Name: some(t, "inviter")},
				Status: rapid.SampledFrom([]invite.Status{invite.Sending, invite.Pending, invite.Accepted, invite.Canceled, invite.Expired, invite.Failed}).Draw(t, "status"),
				Reason: some(t, "reason"), CreatedAt: moment().Draw(t, "c"), ExpiresAt: moment().Draw(t, "x"), EndedAt: moment().Draw(t, "e"),
				Timeline: many(t, "timeline", event), Tokens: many(t, "tokens", hash), Resends: many(t, "resends", always),
				Mail: invite.Mail{Job: some(t, "job"), State: rapid.SampledFrom([]invite.MailState{"", invite.MailQueued, invite.MailClaimed, invite.MailDone}).Draw(t, "state"),
					Tries: rapid.IntRange(0, 9).Draw(t, "tries"), Fresh: rapid.IntRange(0, 9).Draw(t, "fresh"), Next: moment().Draw(t, "next"), Due: moment().Draw(t, "due"), Until: moment().Draw(t, "until"),
					Around: rapid.StringN(0, 20, -1).Draw(t, "around"),
					Slot:   agency.Slot{Index: rapid.IntRange(0, 9).Draw(t, "slot"), New: moment().Draw(t, "slotAt")}},
				Language: spoken(t, "invitesLanguage")}}
	})
}

func TestAClientIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := relationships().Draw(t, "client")
		w := writeClient(want, now)
		got, err := readClient(&reader{item: item(w)})
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatal(d)
		}
		if _, listed := w["ls"]; listed != want.Listed {
			t.Fatal("what is not listed must not be in the index, and the other way round")
		}
		if _, goes := w["ttl"]; goes == (want.Listed || want.Stands()) {
			t.Fatal("what was rolled back or erased goes after a while, unless something has to be looked after, and nothing else")
		}
		_, due := w["due"]
		if _, shard := w["dp"]; shard != due || due == want.Due().IsZero() {
			t.Fatal("what has a due time is in the index of what is due, and nothing else")
		}
	})
}

// TestNothingButWhatWasWrittenIsRead spoils an attribute at a time: another type is an error, never a zero value.
func TestNothingButWhatWasWrittenIsRead(t *testing.T) {
	t.Parallel()
	foreign := &types.AttributeValueMemberBOOL{Value: true}
	unread := map[string]bool{"ttl": true, "dp": true, "due": true, "sk": true} // for the indexes and DynamoDB alone
	rapid.Check(t, func(t *rapid.T) {
		c := relationships().Draw(t, "client")
		for name := range writeClient(c, now) {
			w := item(writeClient(c, now))
			w[name] = foreign
			if _, err := readClient(&reader{item: w}); (err == nil) != unread[name] {
				t.Fatalf("a foreign %s: %v", name, err)
			}
		}
		for name := range writeInvite(c.Invite) {
			w := item(writeClient(c, now))
			i := writeInvite(c.Invite)
			i[name] = foreign
			w["invite"] = &types.AttributeValueMemberM{Value: i}
			if _, err := readClient(&reader{item: w}); err == nil && name != "mail" {
				t.Fatalf("a foreign invite.%s is no error", name)
			}
		}
	})
}

func TestForeignValuesAreErrors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		value types.AttributeValue
		read  func(*reader)
	}{
		"a number for a text":   {num(1), func(r *reader) { r.s("x") }},
		"a text for a number":   {str("1"), func(r *reader) { r.n("x") }},
		"a fraction":            {&types.AttributeValueMemberN{Value: "1.5"}, func(r *reader) { r.n("x") }},
		"a number too large":    {&types.AttributeValueMemberN{Value: "1e30"}, func(r *reader) { r.time("x") }},
		"a text for bytes":      {str("x"), func(r *reader) { r.b("x") }},
		"a text for a list":     {str("x"), func(r *reader) { r.list("x") }},
		"a text in times":       {list([]types.AttributeValue{str("x")}), func(r *reader) { r.times("x") }},
		"a fraction in times":   {list([]types.AttributeValue{&types.AttributeValueMemberN{Value: "1.5"}}), func(r *reader) { r.times("x") }},
		"a text in blobs":       {list([]types.AttributeValue{str("x")}), func(r *reader) { r.blobs("x") }},
		"a text in maps":        {list([]types.AttributeValue{str("x")}), func(r *reader) { r.maps("x", func(*reader) {}) }},
		"a foreign value below": {list([]types.AttributeValue{&types.AttributeValueMemberM{Value: item{"y": num(1)}}}), func(r *reader) { r.maps("x", func(m *reader) { m.s("y") }) }},
	} {
		r := &reader{item: item{"x": c.value}}
		if c.read(r); r.err == nil {
			t.Errorf("%s is no error", name)
		}
		r = &reader{item: item{}}
		if c.read(r); r.err != nil {
			t.Errorf("%s: what is not there is the zero value, not %v", name, r.err)
		}
	}
	if _, err := readClient(&reader{item: key("ag_1", "cl#1")}); err == nil {
		t.Error("a relationship without an invite is none")
	}
}

func TestWhatDynamoDBAnswersIsUnderstood(t *testing.T) {
	t.Parallel()
	cancelled := func(codes ...string) error {
		e := &types.TransactionCanceledException{}
		for _, c := range codes {
			e.CancellationReasons = append(e.CancellationReasons, types.CancellationReason{Code: aws.String(c)})
		}
		return e
	}
	for name, c := range map[string]struct {
		err     error
		changed bool
	}{
		"a condition":              {&types.ConditionalCheckFailedException{}, true},
		"a clash":                  {&types.TransactionConflictException{}, true},
		"its own retry under way":  {&types.TransactionInProgressException{}, true},
		"a condition of several":   {cancelled("None", "ConditionalCheckFailed"), true},
		"a conflict of several":    {cancelled("TransactionConflict", "None"), true},
		"both":                     {cancelled("TransactionConflict", "ConditionalCheckFailed"), true},
		"throttled":                {cancelled("ThrottlingError", "None"), false},
		"over the capacity":        {cancelled("ConditionalCheckFailed", "ProvisionedThroughputExceeded"), false},
		"malformed":                {cancelled("ValidationError"), false},
		"an item too large":        {cancelled("None", "ItemCollectionSizeLimitExceeded"), false},
		"another body, same token": {&types.IdempotentParameterMismatchException{}, false},
		"no table":                 {&types.ResourceNotFoundException{}, false},
		"throttled alone":          {&types.ProvisionedThroughputExceededException{}, false},
		"no network":               {errors.New("reset"), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := outside(fmt.Errorf("operation error DynamoDB: %w", c.err))
			if errors.Is(got, conflict.ErrChanged) != c.changed {
				t.Errorf("%v: decided afresh is %v", got, !c.changed)
			}
			if !c.changed && !errors.Is(got, c.err) {
				t.Errorf("%v hides what happened", got)
			}
		})
	}
	if outside(nil) != nil {
		t.Error("no error is no error")
	}
	err := outside(cancelled("None", "ConditionalCheckFailed", "TransactionConflict"))
	for i, want := range []bool{false, true, false, false} {
		if failed(err, i) != want {
			t.Errorf("write %d failed its condition: %v", i, !want)
		}
	}
	if failed(conflict.ErrChanged, 0) || failed(nil, 0) {
		t.Error("which one failed is only known of transactions")
	}
}

func TestAPersonsCodeIsSpreadOverTheShards(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for i := range 200 {
		seen[shardOf(string(id.UserOf(email.Address(fmt.Sprintf("u%d@x.example", i)))))] = true
	}
	for n := range shards {
		if !seen[shardName(n)] {
			t.Errorf("shard %d is empty", n)
		}
	}
	if len(seen) != shards {
		t.Errorf("%v: the sweep would not find some of them", seen)
	}
}

func TestAKeyThatHasNothingOptionalIsRead(t *testing.T) {
	t.Parallel()
	k, err := readKey(&reader{item: key("ag_1", keyPrefix+"key_1")})
	if err != nil || k.ID != "key_1" || k.Agency != "ag_1" {
		t.Fatalf("%+v, %v", k, err)
	}
	if d := cmp.Diff(&identity.APIKey{ID: "key_1", Agency: "ag_1"}, k); d != "" {
		t.Error(d)
	}
}
