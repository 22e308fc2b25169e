package client_test

import (
	"testing"
	"time"

	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/subscription"
)

func TestAnInactiveClientHasExactlyOneReason(t *testing.T) {
	t.Parallel()
	unpaid := joined(t)
	unpaid.Payment.State = subscription.Canceled
	for why, c := range map[client.Reason]*client.Client{
		"":              joined(t),
		client.Unpaid:   unpaid,
		client.Canceled: canceled(t, begun(t, invite.AgencyPays), noon),
	} {
		if got := c.Why(noon); got != why || (got == "") != (c.At(noon) != client.Inactive) {
			t.Errorf("a client that is %s says %q, want %q", c.At(noon), got, why)
		}
	}
	late := begun(t, invite.AgencyPays)
	if got := late.Why(noon.Add(invite.Lifetime + time.Minute)); got != client.Expired {
		t.Errorf("after its term an invite says %q", got)
	}
	declined := begun(t, invite.ClientPays)
	if err := declined.Invite.Decline(noon, "no"); err != nil || declined.Why(noon) != client.Declined {
		t.Errorf("declined: %v, %q", err, declined.Why(noon))
	}
	bounced := begun(t, invite.AgencyPays)
	if bounced.Invite.Bounce(noon, "no mailbox"); bounced.Why(noon) != client.Bounced {
		t.Errorf("bounced: %q", bounced.Why(noon))
	}
	for by, want := range map[client.Side]client.Reason{client.ByAgency: client.Removed, client.ByClient: client.Left} {
		c := joined(t)
		if c.End(noon, by); c.Why(noon) != want {
			t.Errorf("ended by %s: %q, want %q", by, c.Why(noon), want)
		}
	}
}

func TestAVisitIsNotedAtMostOnceAnHour(t *testing.T) {
	t.Parallel()
	c := joined(t)
	if !c.MaySee(noon) {
		t.Error("the first visit is not noted")
	}
	c.SeenAt = noon
	if c.MaySee(noon.Add(client.SeenApart-time.Second)) || !c.MaySee(noon.Add(client.SeenApart)) {
		t.Error("a visit is noted at another time than an hour after the one before")
	}
}
