package stripe

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"

	"latchkey.dev/shared/domain/payment"
	"latchkey.dev/shared/domain/words"
)

// mostWebhook is the largest webhook that is read; Stripe's have at most some hundred kilobytes.
const mostWebhook = 1 << 20

// Receiver takes Stripe's webhooks: it checks the signature of the body as it came, hands the event over, and answers 200
// when that has it. What is not signed by Stripe is a 400, and what could not be handed over a 500, after which Stripe
// comes again.
func Receiver(secrets []string, now func() time.Time, listen func(ctx context.Context, e payment.Event) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			http.Error(w, words.Say("hooks.post_alone"), http.StatusMethodNotAllowed)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, mostWebhook))
		if err != nil {
			http.Error(w, words.Say("hooks.unread"), http.StatusBadRequest)
			return
		}
		e, err := VerifyWebhook(body, r.Header.Get("Stripe-Signature"), secrets, now())
		if errors.Is(err, payment.ErrSignature) {
			http.Error(w, words.Say("hooks.signature"), http.StatusBadRequest)
			return
		}
		if err != nil { // signed, and not of a form that is known: no second try makes it any better
			slog.ErrorContext(r.Context(), "a webhook that is not understood", "error", err)
			return
		}
		if err := listen(r.Context(), e); err != nil {
			slog.ErrorContext(r.Context(), "a webhook that is not taken", "event", e.ID, "error", err)
			http.Error(w, words.Say("hooks.try_again"), http.StatusInternalServerError)
		}
	})
}
