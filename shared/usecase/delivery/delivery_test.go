package delivery_test

import (
	"testing"

	"latchkey.dev/shared/usecase/delivery"
)

// TestAMalformedJobTouchesNothing has a worker without a store or a mailer: whatever it reached for would panic. The
// error brings the message back until it stands among the dead letters, where it is seen.
func TestAMalformedJobTouchesNothing(t *testing.T) {
	t.Parallel()
	const agency, client = "ag_01JZ8Y5W3RN6T0V4K2M9QXBDCE", "cl_01JZ8Y5W3RN6T0V4K2M9QXBDCE"
	for name, body := range map[string]string{
		"nothing":            ``,
		"no JSON":            `hello`,
		"a list":             `[]`,
		"null":               `null`,
		"no kind":            `{"agency":"` + agency + `","client":"` + client + `","job":"j.1"}`,
		"another kind":       `{"kind":"newsletter","agency":"` + agency + `","client":"` + client + `","job":"j.1"}`,
		"no job":             `{"kind":"invite","agency":"` + agency + `","client":"` + client + `"}`,
		"no agency":          `{"kind":"invite","client":"` + client + `","job":"j.1"}`,
		"another's prefix":   `{"kind":"invite","agency":"` + client + `","client":"` + client + `","job":"j.1"}`,
		"a lower-case ref":   `{"kind":"invite","agency":"` + agency + `","client":"cl_01jz8y5w3rn6t0v4k2m9qxbdce","job":"j.1"}`,
		"no client":          `{"kind":"invite","agency":"` + agency + `","job":"j.1"}`,
		"a number for an id": `{"kind":"invite","agency":1,"client":"` + client + `","job":"j.1"}`,
		"nobody's digest":    `{"kind":"digest","agency":"` + agency + `","job":"d1"}`,
		"no person":          `{"kind":"code","job":"j"}`,
		"half a person":      `{"kind":"code","user":"0123456789abcdef","job":"j"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := (&delivery.Worker{}).Handle(t.Context(), []byte(body)); err == nil {
				t.Error("it is taken for a job")
			}
		})
	}
}
