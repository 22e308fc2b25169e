// Package batch holds many invites that are sent at once: the lines of a form, a pasted list or a file, what becomes of each of them,
// and when those go out that the agency's limits do not let out now. It is arithmetic alone.
package batch

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/role"
	"latchkey.dev/shared/domain/text"
	"latchkey.dev/shared/domain/words"
)

// The limits.
const (
	MaxLines     = 50             // of a form or a pasted list
	MaxRows      = 1000           // of a file
	MaxRoles     = 10             // of a line
	MaxScheduled = 1000           // invites of an agency that wait for their time
	MaxFile      = 1 << 20        // bytes of a file
	MaxPaste     = 64 << 10       // bytes of a pasted list
	MaxTyped     = 300            // characters of what is kept of an address that is none
	Part         = 50             // lines that are kept together
	DryRun       = 24 * time.Hour // how long a dry run is kept
	Kept         = 30 * 24 * time.Hour
	AskAbove     = 10 // lines that a role with money modules goes to without a second question
)

// Line is one person to invite, as it was typed.
type Line struct {
	Number  int // of the line, or of the file's row
	Email   string
	Name    string
	Roles   []id.Role
	Contact id.Contact // "" for none
	// Language is the one in which the person is written to, as it was typed; "" for none.
	Language string
	Problem  string // what the reader of the file has found wrong with it; "" for nothing
}

// Kind is what becomes of a line.
type Kind string

// The kinds.
const (
	Ready     Kind = "ready"     // of a dry run: it would be sent
	Created   Kind = "created"   // an invite is on its way
	Scheduled Kind = "scheduled" // an invite goes out when the limits let it
	Exists    Kind = "exists"    // the address is a client of the agency's
	Pending   Kind = "pending"   // the address has an open invite of the agency's
	Duplicate Kind = "duplicate" // of an earlier line
	Invalid   Kind = "invalid"
	Role      Kind = "role"    // a role is inactive, expired, unknown, or not the sender's to give
	Refused   Kind = "refused" // the address must not, or cannot, be mailed
	Limit     Kind = "limit"   // a limit that waiting for the next hour does not help with
	Failed    Kind = "failed"  // the mail could not be sent, and no invite is left
)

// Kinds lists all kinds, in the order in which they are counted on pages.
func Kinds() []Kind {
	return []Kind{Ready, Created, Scheduled, Exists, Pending, Duplicate, Invalid, Role, Refused, Limit, Failed}
}

// Good tells whether the line has become, or would become, an invite.
func (k Kind) Good() bool { return k == Ready || k == Created || k == Scheduled }

// Verdict is what becomes of a line, and why.
type Verdict struct {
	Kind   Kind // "" while nobody has decided
	Reason string
	Of     int // of a duplicate: the earlier line
	Client id.Client
	Invite id.Invite
	At     time.Time // of a scheduled one: about when it goes out
}

// Saying makes a verdict with its reason.
func Saying(k Kind, reason string) Verdict { return Verdict{Kind: k, Reason: reason} }

// Entry is a line and what becomes of it.
type Entry struct {
	Line
	Verdict

	Address email.Address  // "" for what is not to be read as it was typed, or was erased
	Shown   string         // the name, as it may be shown; "" for none
	Spoken  words.Language // the language; "" for the one of the invite before, or the agency's own
}

// Wanted tells whether nobody has decided about the entry yet.
func (e *Entry) Wanted() bool { return e.Kind == "" }

// State is how far a batch is.
type State string

// The states.
const (
	Dry     State = "dry"     // a dry run: nothing is made of it until it is confirmed
	Working State = "working" // some of its lines have no verdict yet
	Done    State = "done"
)

// Batch is many invites that were sent at once.
type Batch struct {
	ID        id.Batch
	Agency    id.Agency
	By        id.Member // on whose rights the invites rest
	Actor     string    // who sent it, as the log has it
	CreatedAt time.Time
	State     State
	Until     time.Time // when its lines are deleted
	Entries   []Entry
	Unknown   []string     // columns of its file that are ignored
	Counts    map[Kind]int // of one that was read without its entries: how many of them were given which verdict

	Version int // of what was read; 0 for one that is not stored yet
}

// Hash stands for what the dry run has shown: its rows, and what would become of each. It begins with the batch's id, which is how it
// is found.
func (b *Batch) Hash() string {
	h := sha256.New()
	for i := range b.Entries {
		e := &b.Entries[i]
		//nolint:errcheck // a hash takes all
		fmt.Fprintf(h, "%d\x00%s\x00%s\x00%s\x00%s\x00%q\n", e.Number, e.Address, e.Shown, e.Contact, e.Kind, e.Roles)
		if e.Spoken != "" {
			fmt.Fprintf(h, "%s\n", e.Spoken) //nolint:errcheck // a hash takes all
		}
	}
	return string(b.ID) + "." + hex.EncodeToString(h.Sum(nil)[:16])
}

// OfHash is the batch that a hash is of. Faults: [fault.NotFound].
func OfHash(hash string) (id.Batch, error) {
	which, _, _ := strings.Cut(hash, ".")
	return id.ParseBatch(which)
}

// Patience is how long a batch may be worked on before somebody else goes on with it.
const Patience = time.Minute

// Due is when somebody should look after the batch if nothing happens to it until then.
func (b *Batch) Due() time.Time {
	if b.State == Working {
		return b.CreatedAt.Add(Patience)
	}
	return b.Until
}

// Count counts entries by what became of them.
func Count(entries []Entry) map[Kind]int {
	n := map[Kind]int{}
	for i := range entries {
		n[entries[i].Kind]++
	}
	return n
}

// Read reads lines: what is no address, has a name that may not be shown, or is there twice, has its verdict afterwards. The first of
// two lines with one address counts. Empty lines are dropped. Faults: [fault.Invalid] for none, and for more than most.
func Read(lines []Line, most int) ([]Entry, error) {
	var out []Entry
	seen := map[email.Address]int{}
	for _, l := range lines {
		if text.Trim(l.Email) == "" && text.Trim(l.Name) == "" && len(l.Roles) == 0 && l.Contact == "" && l.Problem == "" {
			continue
		}
		if len(out) == most {
			return nil, fault.InField("lines", "bulk.too_many_lines", "most", most)
		}
		e := read(l)
		if first, ok := seen[e.Address]; ok && e.Address != "" && e.Wanted() {
			e.Verdict = Saying(Duplicate, words.Say("bulk.duplicate", "line", first))
			e.Of = first
		} else if e.Address != "" && e.Wanted() {
			seen[e.Address] = e.Number
		}
		out = append(out, e)
	}
	if len(out) == 0 {
		return nil, fault.InField("lines", "bulk.no_lines")
	}
	return out, nil
}

func read(l Line) Entry {
	name, typed := email.Split(l.Email)
	if text.Trim(l.Name) != "" {
		name = l.Name
	}
	l.Roles = distinct(l.Roles)
	e := Entry{Line: l}
	address, badAddress := email.Parse("email", typed)
	shown, badName := text.Line("name", name, text.MaxName)
	spoken, badLanguage := text.Language("language", l.Language)
	e.Address, e.Shown, e.Spoken = address, shown, spoken
	switch err := fault.As(fault.Together(badAddress, badName, badLanguage)); {
	case l.Problem != "":
		e.Verdict = Verdict{Kind: Invalid, Reason: l.Problem}
	case err != nil:
		e.Verdict = Verdict{Kind: Invalid, Reason: err.Fields[0].Message}
	case len(l.Roles) > MaxRoles:
		e.Verdict = Saying(Invalid, words.Say("bulk.too_many_roles", "most", MaxRoles))
	}
	if e.Kind == Invalid {
		e.Address, e.Shown = "", ""
		e.Email, e.Name, e.Reason, e.Problem = cut(l.Email), cut(l.Name), cut(e.Reason), ""
		e.Roles = e.Roles[:min(len(e.Roles), MaxRoles)]
	} else { // what was typed is not needed any more
		e.Email, e.Name = string(address), shown
	}
	return e
}

// distinct is each role once, in their order: naming one twice is no fault, and gives it once.
func distinct(roles []id.Role) []id.Role {
	var out []id.Role
	for _, r := range roles {
		if len(out) > MaxRoles { // too many, however many more there are
			break
		}
		if !slices.Contains(out, r) {
			out = append(out, r)
		}
	}
	return out
}

// unknown begins what stands in the place of a role's id that a file has named in a way that nobody knows.
const unknown = "?"

// Unknown stands for a role that a file names and that nobody knows. It has as much of the name as a role can have.
func Unknown(name string) id.Role {
	if r := []rune(text.Seen(name)); len(r) > role.MaxName {
		name = string(r[:role.MaxName]) + "…"
	}
	return id.Role(unknown + name)
}

// Called is the role as whoever named it reads it again: its id, or the name that nobody knows.
func Called(r id.Role) string { return strings.TrimPrefix(string(r), unknown) }

// Known tells whether the role has an id, under which it can be looked up.
func Known(r id.Role) bool { return !strings.HasPrefix(string(r), unknown) }

// cut is what is kept of something that was typed: it may be anything.
func cut(s string) string {
	if r := []rune(text.Seen(s)); len(r) > MaxTyped {
		return string(r[:MaxTyped])
	}
	return text.Seen(s)
}

// Erase takes everything out of the entry that is about a person.
func (e *Entry) Erase() {
	e.Line = Line{Number: e.Number}
	e.Address, e.Shown = "", ""
	e.Verdict = Verdict{Kind: e.Kind, Reason: words.Say("bulk.erased"), Of: e.Of}
	if e.Kind == "" || e.Kind == Ready { // nothing is made of it any more
		e.Kind = Invalid
	}
}
