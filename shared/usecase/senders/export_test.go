package senders

import (
	"context"
	"time"

	"latchkey.dev/shared/domain/sender"
)

// Look is one look at a claim's records.
func Look(ctx context.Context, ask Asking, c *sender.Claim, now time.Time) (sender.Report, sender.Seen, bool) {
	f := look(ctx, ask, c, now)
	return f.Report, f.Seen, f.NoDMARC
}
