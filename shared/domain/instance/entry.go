package instance

// Entry is how a person gets into an n8n: with an account of its own there, whose password it chooses itself.
type Entry struct {
	State EntryState
	URL   string // of n8n's own page on which the person chooses its password; it is as good as a password until then
}

// EntryState is how far a person's account in an n8n is.
type EntryState string

// The states. An account that is invited has no password yet.
const (
	EntryReady   EntryState = "ready"   // it signs in there
	EntryInvited EntryState = "invited" // it chooses a password at the Entry's URL
	EntryMailed  EntryState = "mailed"  // n8n has mailed it how to choose one
)
