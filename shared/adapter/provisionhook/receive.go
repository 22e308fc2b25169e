package provisionhook

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"time"

	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/job"
	"latchkey.dev/shared/domain/words"
)

// Changed is the type of the one message that the program may send: that something has happened to a thing, so that it is
// worth asking about now. What has happened is not read from it, but asked for.
const Changed = "provision.changed"

// Receiver takes messages of the program's: signed with the [Key] that both know, of type [Changed], and with agency,
// client and key of the thing as it was asked for. It answers 204 when a look was enqueued, 401 to a signature that does not
// fit, 400 to what is no such message, and 503 when the message should be sent again.
func Receiver(key []byte, now func() time.Time, queue Queue) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			http.Error(w, words.Say("hooks.post_alone"), http.StatusMethodNotAllowed)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			http.Error(w, words.Say("hooks.unread"), http.StatusBadRequest)
			return
		}
		if len(key) < leastSecret || !Verify(key, r.Header, body, now()) {
			http.Error(w, words.Say("hooks.signature_how"), http.StatusUnauthorized)
			return
		}
		var m Message
		if json.Unmarshal(body, &m) != nil || m.Type != Changed {
			form := `{"type": "provision.changed", "data": {"agency", "client", "key"}}`
			http.Error(w, words.Say("hooks.form", "form", form), http.StatusBadRequest)
			return
		}
		j := job.Provision{Agency: id.Agency(m.Data.Agency), Client: id.Client(m.Data.Client), Item: m.Data.Key, Told: true}
		if _, err := job.DecodeProvision(j.Encode()); err != nil {
			http.Error(w, words.Say("hooks.question"), http.StatusBadRequest)
			return
		}
		if err := queue.Send(r.Context(), j.Encode(), 0); err != nil {
			slog.ErrorContext(r.Context(), "a provisioner's message is not taken", "agency", j.Agency, "client", j.Client, "error", err)
			http.Error(w, words.Say("hooks.try_again"), http.StatusServiceUnavailable)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
}

// Queue takes provisioning jobs.
type Queue interface {
	Send(ctx context.Context, body []byte, delay time.Duration) error
}
