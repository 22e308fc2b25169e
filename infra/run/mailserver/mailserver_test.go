package mailserver_test

import (
	"testing"

	"latchkey.dev/infra/run/mailserver"
)

// TestCloseEndsAServerThatHasNotBegun ends servers before their goroutines have run, as a run that is closed at once does.
func TestCloseEndsAServerThatHasNotBegun(t *testing.T) {
	for range 200 {
		s, err := mailserver.Start("127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // once more is fine
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}
