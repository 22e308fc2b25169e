package email

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

//go:embed free.txt
var freeFile string

// free are the mail hosts of the file, beside the hosts that are known by their endings.
var free = sync.OnceValue(func() map[string]bool {
	out := map[string]bool{}
	for line := range strings.Lines(freeFile) {
		if line = strings.TrimSpace(line); !strings.HasPrefix(line, "#") {
			out[line] = true
		}
	}
	return out
})

// Free tells whether the domain, as A-labels, is a mail host's at which anybody may have an address, or is below one.
func Free(domain string) bool {
	for domain != "" {
		if free()[domain] {
			return true
		}
		name, under, _ := strings.Cut(domain, ".")
		for _, h := range hosts {
			if h.name == name && slices.Contains(h.under, under) {
				return true
			}
		}
		domain = under
	}
	return false
}
