// Package job is what stands on the mail queue: which mail to send, and nothing that must not leave the table. No
// address, no token, no code.
package job

import (
	"encoding/json"
	"fmt"

	"latchkey.dev/shared/id"
)

// Kind says what the mail is.
type Kind string

// The kinds.
const (
	Invite Kind = "invite"
	Code   Kind = "code"
	Member Kind = "member" // tells a person that it works at an agency from now on
)

// Mail is a job of the mail queue. An older job than the one that the stored state waits for is dropped.
type Mail struct {
	Kind   Kind      `json:"kind"`
	Agency id.Agency `json:"agency,omitempty"` // of an invite or a member
	Client id.Client `json:"client,omitempty"` // of an invite
	Member id.Member `json:"member,omitempty"` // of a member
	User   id.User   `json:"user,omitempty"`   // of a code
	Job    string    `json:"job"`
}

// Encode is the message's body.
func (m Mail) Encode() []byte { return encode(m) }

// Decode reads a message's body. It returns an error for anything that Encode did not make.
func Decode(body []byte) (Mail, error) {
	var m Mail
	if err := json.Unmarshal(body, &m); err != nil {
		return m, fmt.Errorf("job: %w", err)
	}
	switch {
	case m.Job == "":
	case m.Kind == Invite && id.Valid(id.AgencyPrefix, string(m.Agency)) && m.Client.Ref() != "":
		return m, nil
	case m.Kind == Code && len(m.User) == 32:
		return m, nil
	case m.Kind == Member && id.Valid(id.AgencyPrefix, string(m.Agency)) && id.Valid(id.MemberPrefix, string(m.Member)):
		return m, nil
	}
	return m, fmt.Errorf("job: malformed mail job of kind %q", m.Kind)
}
