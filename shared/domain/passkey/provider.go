package passkey

import (
	_ "embed"
	"fmt"
	"strings"
)

// The AAGUIDs of common authenticators and what people know them as (github.com/passkeydeveloper/passkey-authenticator-aaguids).
//
//go:embed providers.txt
var providers string

// Provider is what people know an authenticator of the kind as; "" for one that is not among the common ones. Authenticators say of
// themselves what they are, and nothing but a name is made of it.
func Provider(kind [16]byte) string {
	want := fmt.Sprintf("%x-%x-%x-%x-%x ", kind[:4], kind[4:6], kind[6:8], kind[8:10], kind[10:])
	for line := range strings.Lines(providers) {
		if name, ok := strings.CutPrefix(line, want); ok {
			return strings.TrimSpace(name)
		}
	}
	return ""
}
