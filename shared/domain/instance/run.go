package instance

import (
	"net/url"
	"strings"
	"time"
	"unicode"

	"latchkey.dev/shared/domain/text"
)

// Run is one execution of a workflow.
type Run struct {
	ID        string
	Workflow  string // its id
	Status    RunStatus
	StartedAt time.Time
	StoppedAt time.Time // zero while it is under way
	Failure   Failure   // of a failed one, as far as it is known
}

// Failure is why a run failed.
type Failure struct {
	Message string // what n8n says; "" when that is not known
	Node    string // the step at which it stopped; "" when that is not known
}

// Limits of what is shown of an n8n's own words, in characters.
const (
	MaxFlowName = 200
	MaxMessage  = 300
	MaxNode     = 100
)

// FailureOf is a failure as it may be shown. Whoever writes a workflow decides what its errors say, so addresses in them
// are shown without their queries, which often hold secrets.
func FailureOf(message, node string) Failure {
	words := strings.Fields(message)
	for i, w := range words {
		if strings.Contains(w, "://") {
			words[i], _, _ = strings.Cut(w, "?")
		}
	}
	return Failure{Message: Shown(strings.Join(words, " "), MaxMessage), Node: Shown(node, MaxNode)}
}

// Shown is one line of somebody else's words with at most so many characters: without what cannot be seen, and with an
// ellipsis where something is left out.
func Shown(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r) || r == unicode.ReplacementChar || unicode.Is(unicode.Bidi_Control, r):
			return -1
		}
		return r
	}, text.Seen(s))
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > most {
		s = strings.TrimSpace(string(r[:most-1])) + "…"
	}
	return s
}

// RunURL is where n8n shows a run of a workflow; "" when the address or one of the ids is missing.
func RunURL(at string, r Run) string {
	if at == "" || r.ID == "" || r.Workflow == "" {
		return ""
	}
	return at + "/workflow/" + url.PathEscape(r.Workflow) + "/executions/" + url.PathEscape(r.ID)
}
