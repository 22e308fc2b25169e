package identity

import (
	"crypto/rand"
	"net/url"
	"strings"
	"time"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
)

// Form is what somebody was about to do when a step-up was asked for, kept while the person is away at a provider: a link leads back from
// there, which carries no form.
type Form struct {
	ID     string     // names it in addresses: random
	To     string     // path of ours that asked for the step-up
	Posts  bool       // whether a form is sent there; else it is a page
	Fields url.Values // of the form, as they were typed
}

const (
	// FormFor is how long a form is kept: longer than the errand may take for which it is.
	FormFor = ErrandFor + 5*time.Minute
	// MaxForm is the largest form that is kept, in bytes.
	MaxForm = 64 << 10
	// MaxForms is how many forms of a person are kept in FormFor.
	MaxForms = 20
	// longestForm is how much is looked at of what is kept, in bytes: more than we ever write.
	longestForm = 2 * MaxForm
)

// NewForm is one that is kept from now on. Faults: [fault.TooLarge].
func NewForm(to string, posts bool, fields url.Values) (*Form, error) {
	if len(to)+len(fields.Encode()) > MaxForm || strings.Contains(to, "\n") {
		return nil, fault.New(fault.TooLarge, "errors.form_not_kept")
	}
	return &Form{ID: rand.Text(), To: to, Posts: posts, Fields: fields}, nil
}

// formPlace is where a sealed form belongs to: one session.
func formPlace(user id.User, session, which string) string {
	return "form#" + string(user) + "#" + session + "#" + which
}

// SealForm is what is kept of a form: it may have passwords in it.
func (s Seals) SealForm(f *Form, user id.User, session string) string {
	how := "get"
	if f.Posts {
		how = "post"
	}
	return s.ring.Seal(how+"\n"+f.To+"\n"+f.Fields.Encode(), formPlace(user, session, f.ID))
}

// OpenForm reads a form that was kept for the session; false for one of another session, and what is not ours.
func (s Seals) OpenForm(sealed string, user id.User, session, which string) (*Form, bool) {
	if len(sealed) > longestForm {
		return nil, false
	}
	plain, err := s.ring.Open(sealed, formPlace(user, session, which))
	p := strings.Split(plain, "\n")
	if err != nil || len(p) != 3 {
		return nil, false
	}
	fields, err := url.ParseQuery(p[2])
	return &Form{ID: which, To: p[1], Posts: p[0] == "post", Fields: fields}, err == nil
}
