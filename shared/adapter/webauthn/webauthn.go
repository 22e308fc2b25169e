// Package webauthn verifies what authenticators answer (W3C, Web Authentication Level 3). It is the only code that knows go-webauthn,
// which reads their CBOR and checks their signatures; what is kept of a passkey is ours.
package webauthn

import (
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
	lib "github.com/go-webauthn/webauthn/webauthn"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/passkey"
	"latchkey.dev/shared/usecase/passkeys"
)

// Verifier verifies answers for one origin. Passkeys belong to the host of the origin for ever.
type Verifier struct {
	origin string
	rp     *lib.WebAuthn
}

var (
	_ passkeys.Registrar = (*Verifier)(nil)
	_ passkeys.Verifier  = (*Verifier)(nil)
)

// New makes the verifier of an origin, such as https://portal.example.com.
func New(origin string) (*Verifier, error) {
	at := passkey.RelyingParty(origin)
	rp, err := lib.New(&lib.Config{RPID: at, RPDisplayName: at, RPOrigins: []string{origin}})
	if err != nil {
		return nil, fmt.Errorf("webauthn: %w", err)
	}
	return &Verifier{origin, rp}, nil
}

// parameters are the kinds of keys that are asked for.
func parameters() []protocol.CredentialParameter {
	var out []protocol.CredentialParameter
	for _, a := range passkey.Algorithms() {
		out = append(out, protocol.CredentialParameter{Type: protocol.PublicKeyCredentialType,
			Algorithm: webauthncose.COSEAlgorithmIdentifier(a)})
	}
	return out
}

// Attested reads a new passkey out of the answer to the challenge.
func (v *Verifier) Attested(a passkeys.Attestation, challenge []byte, set *passkey.Set) (made passkey.Passkey, err error) {
	defer calm(&err)
	answer, err := protocol.CredentialCreationResponse{
		PublicKeyCredential: credential(a.Credential),
		AttestationResponse: protocol.AuthenticatorAttestationResponse{
			AuthenticatorResponse: protocol.AuthenticatorResponse{ClientDataJSON: a.ClientData}, AttestationObject: a.Object,
		},
	}.Parse()
	if err != nil {
		return made, malformed(err)
	}
	if err := v.at(answer.Response.CollectedClientData); err != nil {
		return made, err
	}
	session := v.session(challenge)
	session.UserID, session.CredParams = set.Handle, parameters()
	c, err := v.rp.CreateCredential(person{set, nil}, session, answer)
	if err != nil {
		return made, refused(err)
	}
	if string(c.ID) != string(a.Credential) {
		return made, refused(errors.New("the credential is another one than the client says"))
	}
	made = passkey.Passkey{Credential: c.ID, PublicKey: c.PublicKey, Flags: byte(answer.Response.AttestationObject.AuthData.Flags),
		Counter: c.Authenticator.SignCount, Transports: a.Transports}
	copy(made.Kind[:], c.Authenticator.AAGUID)
	return made, nil
}

// Asserted verifies the answer of a passkey to the challenge.
func (v *Verifier) Asserted(
	a passkeys.Assertion, challenge []byte, set *passkey.Set, p *passkey.Passkey,
) (says passkey.Answer, err error) {
	defer calm(&err)
	answer, err := protocol.CredentialAssertionResponse{
		PublicKeyCredential: credential(a.Credential),
		AssertionResponse: protocol.AuthenticatorAssertionResponse{
			AuthenticatorResponse: protocol.AuthenticatorResponse{ClientDataJSON: a.ClientData},
			AuthenticatorData:     a.AuthenticatorData, Signature: a.Signature, UserHandle: a.Handle,
		},
	}.Parse()
	if err != nil {
		return says, malformed(err)
	}
	if err := v.at(answer.Response.CollectedClientData); err != nil {
		return says, err
	}
	flags := answer.Response.AuthenticatorData.Flags
	known := lib.Credential{ID: p.Credential, PublicKey: p.PublicKey, Flags: lib.NewCredentialFlags(protocol.AuthenticatorFlags(p.Flags))}
	// A passkey that can be synced since it was made is taken as such, once its signature is right: providers have turned it on for
	// keys that there were (as iCloud has). The library takes any difference for a fault. The other way round is one.
	if flags.HasBackupEligible() {
		known.Flags.BackupEligible = true
	}
	finder := func(_, _ []byte) (lib.User, error) { return person{set, []lib.Credential{known}}, nil }
	if _, _, err := v.rp.ValidatePasskeyLogin(finder, v.session(challenge), answer); err != nil {
		return says, refused(err)
	}
	return passkey.Answer{Flags: byte(flags), Counter: answer.Response.AuthenticatorData.Counter}, nil
}

// session is what was asked.
func (v *Verifier) session(challenge []byte) lib.SessionData {
	return lib.SessionData{Challenge: base64.RawURLEncoding.EncodeToString(challenge), RelyingPartyID: v.rp.Config.RPID,
		UserVerification: protocol.VerificationRequired}
}

// at holds an answer to our origin, to the byte, and to our own pages: the library takes capitals for the same, and looks at frames
// by settings.
func (v *Verifier) at(d protocol.CollectedClientData) error {
	if d.Origin != v.origin || d.CrossOrigin || d.TopOrigin != "" {
		return refused(errors.New("the answer is of another origin"))
	}
	return nil
}

// credential is what answers have in common. What extensions say is left out: none was asked for.
func credential(of []byte) protocol.PublicKeyCredential {
	return protocol.PublicKeyCredential{RawID: of, Credential: protocol.Credential{ID: base64.RawURLEncoding.EncodeToString(of),
		Type: string(protocol.PublicKeyCredentialType)}}
}

// malformed is the fault of what no authenticator writes.
func malformed(err error) error {
	slog.Debug("answer of an authenticator not read", "error", err)
	return fault.New(fault.Malformed, "errors.passkey_malformed")
}

// refused is the fault of an answer to something else, or by somebody else. Which check it was is for the log alone.
func refused(err error) error {
	why := []any{"error", err.Error()}
	var e *protocol.Error
	if errors.As(err, &e) {
		why = append(why, "type", e.Type)
	}
	slog.Warn("answer of an authenticator refused", why...)
	return fault.New(fault.Unauthenticated, "errors.passkey_refused")
}

// calm makes an answer malformed that the library can't stand: what strangers send must not be a fault of ours.
func calm(err *error) {
	if r := recover(); r != nil {
		slog.Error("reading the answer of an authenticator failed", "panic", fmt.Sprint(r))
		*err = fault.New(fault.Malformed, "errors.passkey_malformed")
	}
}

// person is a person as the library knows one.
type person struct {
	set  *passkey.Set
	keys []lib.Credential
}

func (p person) WebAuthnID() []byte                    { return p.set.Handle }
func (p person) WebAuthnName() string                  { return string(p.set.User) }
func (p person) WebAuthnDisplayName() string           { return string(p.set.User) }
func (p person) WebAuthnCredentials() []lib.Credential { return p.keys }
