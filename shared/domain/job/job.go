// Package job is what stands on the mail queue: which mail to send, and nothing that must not leave the table. No
// address, no token, no code.
package job

import (
	"encoding/json"
	"fmt"

	"latchkey.dev/shared/domain/id"
)

// Kind says what the mail is.
type Kind string

// The kinds.
const (
	Invite Kind = "invite"
	Code   Kind = "code"
	Member Kind = "member" // tells a person that it works at an agency from now on
	Digest Kind = "digest" // tells a member what clients did

	Reminder Kind = "reminder" // reminds somebody of an invitation

	Approved Kind = "approved" // tells a person that the agency lets it in, which it has asked for

	Refund   Kind = "refund"   // tells that what was bought could not be made and is paid back
	Ready    Kind = "ready"    // tells that what was bought can be used, and how
	Standing Kind = "standing" // tells how the agency stands with the platform from now on
	Removal  Kind = "removal"  // tells that what was bought is not paid any more and will be deleted

	Confirm Kind = "confirm" // asks a client, or an agency's owner, to confirm a payment that the bank wants to see confirmed
	Inquiry Kind = "inquiry" // tells the agency's person that the client's bank asks about a payment

	Payer Kind = "payer" // tells a client what became of a change of who pays: the state of the change that Item names

	Test    Kind = "test"    // a test mail from a domain of an agency, to the member who asked for it
	News    Kind = "sender"  // tells an agency's owners what became of its sender
	Records Kind = "records" // asks whoever runs an agency's DNS to publish the records of a domain
)

// The jobs of what became of a sender, beside those of [Stands].
const (
	Changed   = "changed"    // somebody has changed what the agency's mail goes out as
	ServerOff = "server-off" // its own mail server refused too often
)

// SenderChanged is the mail by which owners hear that a member has changed what the agency's mail goes out as; for each of them.
func SenderChanged(agency id.Agency, by id.Member, which id.SenderDomain) Mail {
	return Mail{Kind: News, Agency: agency, By: by, Item: string(which), Job: Changed}
}

// Stands is the job that tells of the state that a sender domain has come to.
func Stands(state string) string { return "to-" + state }

// The jobs of what was bought: told at once, or once more when it was told before it was written.
const (
	Told = "told"
	Late = "told late"
)

// Mail is a job of the mail queue. An older job than the one that the stored state waits for is dropped.
type Mail struct {
	Kind   Kind      `json:"kind"`
	Agency id.Agency `json:"agency,omitempty"` // of all but a code
	Client id.Client `json:"client,omitempty"` // of an invite, a reminder or what was bought
	// Member is who is told, of a member, digest, inquiry and test; of what was bought, for a mail to the agency. Of a sender it is one
	// of the owners, and each of them where it is left out.
	Member id.Member `json:"member,omitempty"`
	By     id.Member `json:"by,omitempty"` // of a sender: who has changed it
	// Item is of what was bought: its key; of a standing: how the agency stood; of a test, a sender or records: the claim of the
	// domain; of an approval: the request.
	Item string  `json:"item,omitempty"`
	User id.User `json:"user,omitempty"` // of a code
	Job  string  `json:"job"`

	Instead bool `json:"instead,omitempty"` // the member is an owner, in the place of who invited and is gone
	Around  bool `json:"around,omitempty"`  // the agency's own server does not do: the platform's sender is used
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
	case (m.Kind == Invite || m.Kind == Reminder) && id.Valid(id.AgencyPrefix, string(m.Agency)) && m.Client.Ref() != "":
		return m, nil
	case m.Kind == Code && len(m.User) == 32:
		return m, nil
	case (m.Kind == Member || m.Kind == Digest) && id.Valid(id.AgencyPrefix, string(m.Agency)) &&
		id.Valid(id.MemberPrefix, string(m.Member)):
		return m, nil
	case m.Kind == Approved && id.Valid(id.AgencyPrefix, string(m.Agency)) && id.JoinRequest(m.Item).Ref() != "":
		return m, nil
	case m.Kind == Confirm && id.Valid(id.AgencyPrefix, string(m.Agency)) &&
		(m.Client.Ref() != "" || m.Client == "" && id.Valid(id.MemberPrefix, string(m.Member))):
		return m, nil
	case m.Kind == Payer && id.Valid(id.AgencyPrefix, string(m.Agency)) && m.Client.Ref() != "" && id.Valid(id.ChangePrefix, m.Item):
		return m, nil
	case m.Kind == Standing && id.Valid(id.AgencyPrefix, string(m.Agency)) &&
		(m.Client.Ref() != "") != id.Valid(id.MemberPrefix, string(m.Member)):
		return m, nil
	case m.Kind == Inquiry && id.Valid(id.AgencyPrefix, string(m.Agency)) && m.Client.Ref() != "" &&
		id.Valid(id.MemberPrefix, string(m.Member)):
		return m, nil
	case (m.Kind == Refund || m.Kind == Removal || m.Kind == Ready) && id.Valid(id.AgencyPrefix, string(m.Agency)) &&
		m.Client.Ref() != "" && m.Item != "" &&
		(m.Member == "" || id.Valid(id.MemberPrefix, string(m.Member))):
		return m, nil
	case m.Kind == News && id.Valid(id.AgencyPrefix, string(m.Agency)) && (m.Item == "" || id.Valid(id.DomainPrefix, m.Item)) &&
		(m.Member == "" || id.Valid(id.MemberPrefix, string(m.Member))):
		return m, nil
	case m.Kind == Test && id.Valid(id.AgencyPrefix, string(m.Agency)) && id.Valid(id.DomainPrefix, m.Item) &&
		id.Valid(id.MemberPrefix, string(m.Member)):
		return m, nil
	case m.Kind == Records && id.Valid(id.AgencyPrefix, string(m.Agency)) && id.Valid(id.DomainPrefix, m.Item):
		return m, nil
	}
	return m, fmt.Errorf("job: malformed mail job of kind %q", m.Kind)
}
