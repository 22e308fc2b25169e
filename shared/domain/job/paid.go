package job

import (
	"encoding/json"
	"fmt"

	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/payment"
)

// Billing is a job of the billing queue: an event of the payment service, or, with an empty Event, a payment whose time to
// be looked at has come: a relationship's, or with an empty Ref an agency's.
type Billing struct {
	Event  string    `json:"event,omitempty"`
	Type   string    `json:"type,omitempty"`   // of the event's object
	Object string    `json:"object,omitempty"` // its id
	Agency id.Agency `json:"agency,omitempty"`
	Ref    id.Ref    `json:"ref,omitempty"`
}

// Encode is the message's body.
func (b Billing) Encode() []byte { return encode(b) }

// DecodeBilling reads a message's body. It returns an error for anything that Encode did not make.
func DecodeBilling(body []byte) (Billing, error) {
	var b Billing
	if err := json.Unmarshal(body, &b); err != nil {
		return b, fmt.Errorf("job: %w", err)
	}
	if payment.ValidID(b.Event) && payment.ValidID(b.Object) || b.Event == "" && id.Valid(id.AgencyPrefix, string(b.Agency)) {
		return b, nil
	}
	return b, fmt.Errorf("job: malformed billing job")
}

// Provision is a job of the provisioning queue: one thing that was paid for, and has to be looked after.
type Provision struct {
	Agency id.Agency `json:"agency"`
	Client id.Client `json:"client"`
	Item   string    `json:"item"`
	Told   bool      `json:"told,omitempty"` // who makes the thing says that something has changed
}

// Encode is the message's body.
func (p Provision) Encode() []byte { return encode(p) }

// DecodeProvision reads a message's body. It returns an error for anything that Encode did not make.
func DecodeProvision(body []byte) (Provision, error) {
	var p Provision
	if err := json.Unmarshal(body, &p); err != nil {
		return p, fmt.Errorf("job: %w", err)
	}
	if !id.Valid(id.AgencyPrefix, string(p.Agency)) || p.Client.Ref() == "" || !payment.ValidID(p.Item) {
		return p, fmt.Errorf("job: malformed provisioning job")
	}
	return p, nil
}

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings always marshal
	}
	return b
}
