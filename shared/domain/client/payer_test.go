package client_test

import (
	"testing"
	"time"

	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/contract"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/purchase"
	"latchkey.dev/shared/domain/subscription"
)

// Who pays cannot change before what was bought runs. Where that comes by itself the pages wait for it.
func TestX4WhatComesByItselfIsWaitedFor(t *testing.T) {
	t.Parallel()
	end := noon.Add(30 * 24 * time.Hour)
	for _, c := range []struct {
		name   string
		state  subscription.State
		end    time.Time
		items  []purchase.State
		may    bool
		coming bool
	}{
		{"it runs", subscription.Active, end, []purchase.State{purchase.Ready}, true, false},
		{"it was just paid for", subscription.Active, end, []purchase.State{purchase.Requested}, false, true},
		{"it is being made", subscription.Active, end, []purchase.State{purchase.Creating, purchase.Ready}, false, true},
		{"it is tried again", subscription.Active, end, []purchase.State{purchase.Retrying}, false, true},
		{"somebody has to try again", subscription.Active, end, []purchase.State{purchase.Creating, purchase.Failed}, false, false},
		{"it is paid back", subscription.Active, end, []purchase.State{purchase.Compensating}, false, false},
		{"the new period is not known yet", subscription.Active, time.Time{}, []purchase.State{purchase.Ready}, false, true},
		{"it renews in an hour", subscription.Active, noon.Add(time.Hour), []purchase.State{purchase.Ready}, false, false},
		{"the payment has failed", subscription.PastDue, end, []purchase.State{purchase.Creating}, false, false},
		{"nothing is had", subscription.Active, end, nil, false, false},
	} {
		o := offer
		o.Payer, o.Grants, o.Contract = invite.ClientPays, nil, &contract.Contract{Lines: []contract.Line{{Article: hosting}}, At: noon}
		is := begin(t, nil, o, noon)
		if !is.AcceptPaid(noon, client.Ties{}) {
			t.Fatal("not accepted")
		}
		is.Payment = subscription.Subscription{State: c.state, Reference: "sub_1", PaidAt: noon, PeriodEnd: c.end}
		for _, s := range c.items {
			is.Items = append(is.Items, purchase.Item{Key: "si_1", Article: hosting, Resource: "ins_1", State: s})
		}
		if err := is.MayChangePayer(client.ByAgency, "", noon); (err == nil) != c.may {
			t.Errorf("%s: %v", c.name, err)
		} else if err != nil && len(c.items) > 0 && !fault.Is(err, fault.NotActive) {
			t.Errorf("%s: %v", c.name, err)
		}
		if got := is.Preparing(noon); got != c.coming {
			t.Errorf("%s: it comes by itself: %t", c.name, got)
		}
	}
}
