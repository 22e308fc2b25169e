package job

import (
	"encoding/json"
	"fmt"

	"latchkey.dev/shared/domain/id"
)

// Sender is a job of the senders' queue: a sender domain that has to be looked at.
type Sender struct {
	Agency id.Agency       `json:"agency"`
	Domain id.SenderDomain `json:"domain"`
}

// Encode is the message's body.
func (s Sender) Encode() []byte { return encode(s) }

// DecodeSender reads a message's body. It returns an error for anything that Encode did not make.
func DecodeSender(body []byte) (Sender, error) {
	var s Sender
	if err := json.Unmarshal(body, &s); err != nil {
		return s, fmt.Errorf("job: %w", err)
	}
	if !id.Valid(id.AgencyPrefix, string(s.Agency)) || !id.Valid(id.DomainPrefix, string(s.Domain)) {
		return s, fmt.Errorf("job: malformed job of a sender domain")
	}
	return s, nil
}

// Deed is what the platform's mail service is told about a name.
type Deed string

// The deeds.
const (
	MakeIdentity    Deed = "make"
	ReadIdentity    Deed = "read"
	SetMailFrom     Deed = "mailfrom"
	RestartIdentity Deed = "restart" // look for its records anew
	AdmitIdentity   Deed = "admit"   // the agency's tenant may send from it
	DeleteIdentity  Deed = "delete"  // when nobody claims the name any more
)

// Identity is a job of the identities' queue, for which the platform's mail service is called. It is about the name of a claim, so
// that no name stands on the queue.
type Identity struct {
	Deed   Deed            `json:"deed"`
	Agency id.Agency       `json:"agency"`
	Domain id.SenderDomain `json:"domain"`
}

// Encode is the message's body.
func (i Identity) Encode() []byte { return encode(i) }

// DecodeIdentity reads a message's body. It returns an error for anything that Encode did not make.
func DecodeIdentity(body []byte) (Identity, error) {
	var i Identity
	if err := json.Unmarshal(body, &i); err != nil {
		return i, fmt.Errorf("job: %w", err)
	}
	switch i.Deed {
	case MakeIdentity, ReadIdentity, SetMailFrom, RestartIdentity, AdmitIdentity, DeleteIdentity:
		if id.Valid(id.AgencyPrefix, string(i.Agency)) && id.Valid(id.DomainPrefix, string(i.Domain)) {
			return i, nil
		}
	}
	return i, fmt.Errorf("job: malformed job of an identity")
}
