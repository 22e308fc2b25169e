package api

import (
	"context"
	"encoding/base64"
	"net/http"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/passkey"
	"latchkey.dev/shared/frontend/cookie"
	"latchkey.dev/shared/usecase/passkeys"
	"latchkey.dev/shared/usecase/signin"
)

// maxPasskeyBody is the largest answer of an authenticator that is read, in bytes.
const maxPasskeyBody = 64 << 10

// base64url is how bytes stand in the JSON of passkeys, without padding (W3C, Web Authentication Level 3, section 5.1.9).
func base64url(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// PasskeyBody is a passkey of the caller's.
type PasskeyBody struct {
	ID           string `json:"id" example:"psk_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	Name         string `json:"name" example:"iCloud Keychain"`
	Provider     string `json:"provider" doc:"What keeps it, where we know. Else empty." example:"iCloud Keychain"`
	Synced       bool   `json:"synced" doc:"Whether it can be on several devices."`
	CreatedAt    Time   `json:"createdAt"`
	LastUsedAt   *Time  `json:"lastUsedAt" doc:"null if never used."`
	SuspectedAt  *Time  `json:"suspectedAt" doc:"When it counted its uses in an odd way, so that there may be a copy. Else null."`
	CredentialID string `json:"credentialId" doc:"What browsers know it by." example:"dGhlIGNyZWRlbnRpYWw"`
}

func passkeyBody(p *passkey.Passkey) PasskeyBody {
	return PasskeyBody{ID: string(p.ID), Name: p.Name, Provider: passkey.Provider(p.Kind), Synced: p.Synced(), CreatedAt: Time(p.CreatedAt),
		LastUsedAt: orNull(p.UsedAt), SuspectedAt: orNull(p.SuspectedAt), CredentialID: base64url(p.Credential)}
}

type passkeyOutput struct{ Body PasskeyBody }

// PasskeysBody is all passkeys of the caller.
type PasskeysBody struct {
	Items      []PasskeyBody `json:"items" nullable:"false" doc:"Oldest first. Up to 10."`
	NextCursor *string       `json:"nextCursor" doc:"Always null."`
	RPID       string        `json:"rpId" doc:"The host that they are for." example:"portal.example.com"`
	UserHandle string        `json:"userHandle" doc:"What authenticators know you by. Empty if there is none." example:"c29tZWJvZHk"`
}

type passkeysOutput struct{ Body PasskeysBody }

// ListPasskeys lists the caller's passkeys.
func ListPasskeys(auth *signin.Authenticator, keyring *passkeys.Keyring, origin string) Operation {
	return operation(auth, described{
		id: "listPasskeys", method: http.MethodGet, who: identity.ByPerson, tag: tagAccount, status: 200,
		summary:     "List your passkeys",
		description: "Tell the browser what is left with signalAllAcceptedCredentials.",
		codes:       []fault.Code{fault.Forbidden},
	}, func(ctx context.Context, caller identity.Caller, _ *emptyInput) (*passkeysOutput, error) {
		set, err := keyring.List(ctx, caller)
		if err != nil {
			return nil, err
		}
		out := &passkeysOutput{PasskeysBody{Items: []PasskeyBody{}, RPID: passkey.RelyingParty(origin), UserHandle: base64url(set.Handle)}}
		for n := range set.Keys {
			out.Body.Items = append(out.Body.Items, passkeyBody(&set.Keys[n]))
		}
		return out, nil
	})
}

// CredentialKind names a credential.
type CredentialKind struct {
	Type       string   `json:"type" enum:"public-key"`
	ID         string   `json:"id"`
	Transports []string `json:"transports,omitempty"`
}

// CreationBody is what a browser is asked to make (W3C, Web Authentication Level 3, PublicKeyCredentialCreationOptionsJSON).
type CreationBody struct {
	RP          RelyingPartyBody `json:"rp"`
	User        HolderBody       `json:"user"`
	Challenge   string           `json:"challenge" doc:"32 random bytes. Answer within 5 minutes, once, from the same browser."`
	Parameters  []ParameterBody  `json:"pubKeyCredParams" nullable:"false"`
	Timeout     int              `json:"timeout" doc:"In milliseconds." example:"300000"`
	Exclude     []CredentialKind `json:"excludeCredentials" nullable:"false"`
	Selection   SelectionBody    `json:"authenticatorSelection"`
	Attestation string           `json:"attestation" enum:"none"`
}

// RelyingPartyBody is whom passkeys are for.
type RelyingPartyBody struct {
	ID   string `json:"id" example:"portal.example.com"`
	Name string `json:"name" example:"Latchkey"`
}

// HolderBody is whose passkey is made.
type HolderBody struct {
	ID          string `json:"id" doc:"32 random bytes."`
	Name        string `json:"name" example:"ops@acme.example"`
	DisplayName string `json:"displayName" example:"ops@acme.example"`
}

// SelectionBody is which authenticators may make it.
type SelectionBody struct {
	ResidentKey        string `json:"residentKey" enum:"required"`
	RequireResidentKey bool   `json:"requireResidentKey"`
	UserVerification   string `json:"userVerification" enum:"required"`
}

// ParameterBody is a kind of key.
type ParameterBody struct {
	Type      string `json:"type" enum:"public-key"`
	Algorithm int    `json:"alg" doc:"COSE algorithm." example:"-7"`
}

type creationOutput struct {
	SetCookie string `header:"Set-Cookie"`
	Body      struct {
		PublicKey CreationBody `json:"publicKey" doc:"What navigator.credentials.create takes."`
	}
}

// BeginPasskey asks the browser for a new passkey.
func BeginPasskey(auth *signin.Authenticator, registering *passkeys.Registering, origin, platform string) Operation {
	return operation(auth, described{
		id: "beginPasskey", method: http.MethodPost, who: identity.ByPerson.Stepped(), tag: tagAccount, status: 200,
		summary: "Begin creating a passkey",
		description: "Hand publicKey to navigator.credentials.create, and what that gives to " +
			"addPasskey. The answer sets a cookie: only the browser that has it can finish.",
		codes: []fault.Code{fault.Forbidden, fault.Full, fault.RateLimited},
	}, func(ctx context.Context, caller identity.Caller, _ *emptyInput) (*creationOutput, error) {
		r := of(ctx)
		o, err := registering.Begin(ctx, caller, r.browser, r.ip)
		if err != nil {
			return nil, err
		}
		out := &creationOutput{SetCookie: cookie.Ceremony(o.Browser).String()}
		b := &out.Body.PublicKey
		b.RP.ID, b.RP.Name = passkey.RelyingParty(origin), platform
		b.User.ID, b.User.Name, b.User.DisplayName = base64url(o.Set.Handle), string(caller.Email), string(caller.Email)
		b.Challenge, b.Timeout, b.Attestation = base64url(o.Challenge.Value), passkey.TimeOut, "none"
		for _, a := range passkey.Algorithms() {
			b.Parameters = append(b.Parameters, ParameterBody{"public-key", a})
		}
		b.Exclude = []CredentialKind{}
		for _, p := range o.Set.Keys {
			b.Exclude = append(b.Exclude, CredentialKind{"public-key", base64url(p.Credential), p.Transports})
		}
		b.Selection.ResidentKey, b.Selection.RequireResidentKey, b.Selection.UserVerification = "required", true, "required"
		return out, nil
	})
}

// CredentialMembers are what the two answers of authenticators have in common.
type CredentialMembers struct {
	ID         string         `json:"id" doc:"In base64url, as everything here." maxLength:"1400" example:"dGhlIGNyZWRlbnRpYWw"`
	RawID      string         `json:"rawId,omitempty" doc:"The same as id." maxLength:"1400"`
	Type       string         `json:"type" doc:"public-key" example:"public-key"`
	Attachment string         `json:"authenticatorAttachment,omitempty" doc:"Not looked at."`
	Extensions map[string]any `json:"clientExtensionResults,omitempty" doc:"Not looked at."`
}

// encoded is a text in base64url, and where what it says goes.
type encoded struct {
	text string
	to   *[]byte
}

// read reads the credential's id and the texts; what is none is malformed.
func (m CredentialMembers) read(texts ...encoded) ([]byte, error) {
	malformed := fault.New(fault.Malformed, "errors.passkey_malformed")
	credential, err := base64.RawURLEncoding.DecodeString(m.ID)
	if err != nil || len(credential) == 0 || m.Type != "public-key" || m.RawID != "" && m.RawID != m.ID {
		return nil, malformed
	}
	for _, e := range texts {
		if *e.to, err = base64.RawURLEncoding.DecodeString(e.text); err != nil {
			return nil, malformed
		}
	}
	return credential, nil
}

type attestationInput struct {
	Body struct {
		CredentialMembers

		Response AttestationBody `json:"response"`
	}
}

// AttestationBody is what an authenticator says of a passkey that it has made.
type AttestationBody struct {
	ClientData        string   `json:"clientDataJSON"`
	Object            string   `json:"attestationObject"`
	Transports        []string `json:"transports,omitempty" maxItems:"32"`
	AuthenticatorData string   `json:"authenticatorData,omitempty" doc:"Not looked at."`
	PublicKey         string   `json:"publicKey,omitempty" doc:"Not looked at."`
	Algorithm         int      `json:"publicKeyAlgorithm,omitempty" doc:"Not looked at."`
}

// AddPasskey keeps a passkey that an authenticator has made.
func AddPasskey(auth *signin.Authenticator, registrations *passkeys.Registrations) Operation {
	return operation(auth, described{
		id: "addPasskey", method: http.MethodPost, who: identity.ByPerson.Stepped(), tag: tagAccount, status: 201, maxBody: maxPasskeyBody,
		summary: "Finish creating a passkey",
		description: "Takes what navigator.credentials.create gave (RegistrationResponseJSON). It signs you in from now on. We email you " +
			"about it. You can have up to 10.",
		codes: []fault.Code{fault.Invalid, fault.Malformed, fault.Forbidden, fault.Full, fault.RateLimited},
	}, func(ctx context.Context, caller identity.Caller, in *attestationInput) (*passkeyOutput, error) {
		a := passkeys.Attestation{Transports: in.Body.Response.Transports}
		var err error
		if a.Credential, err = in.Body.read(encoded{in.Body.Response.ClientData, &a.ClientData},
			encoded{in.Body.Response.Object, &a.Object}); err != nil {
			return nil, err
		}
		p, err := registrations.Finish(ctx, caller, a, of(ctx).browser)
		if err != nil {
			return nil, err
		}
		return &passkeyOutput{passkeyBody(p)}, nil
	})
}

type renamePasskeyInput struct {
	PasskeyID string `path:"passkeyId" example:"psk_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
	Body      struct {
		Name string `json:"name" doc:"Up to 60 characters." example:"Work laptop" maxLength:"400"`
	}
}

// RenamePasskey gives a passkey a name.
func RenamePasskey(auth *signin.Authenticator, keyring *passkeys.Keyring) Operation {
	return operation(auth, described{
		id: "renamePasskey", method: http.MethodPatch, who: identity.ByPerson, tag: tagAccount, status: 200,
		summary:     "Rename a passkey",
		description: "Only its name here changes, and not what your device calls it. We email you about it.",
		codes:       []fault.Code{fault.Invalid, fault.NotFound, fault.Forbidden, fault.RateLimited},
	}, func(ctx context.Context, caller identity.Caller, in *renamePasskeyInput) (*passkeyOutput, error) {
		which, err := id.ParsePasskey(in.PasskeyID)
		if err != nil {
			return nil, err
		}
		p, err := keyring.Rename(ctx, caller, which, in.Body.Name, of(ctx).browser)
		if err != nil {
			return nil, err
		}
		return &passkeyOutput{passkeyBody(p)}, nil
	}, func(in *renamePasskeyInput) error {
		_, err := passkey.ParseName(in.Body.Name)
		return err
	})
}

type passkeyInput struct {
	PasskeyID string `path:"passkeyId" example:"psk_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
}

// RemovePasskey forgets a passkey.
func RemovePasskey(auth *signin.Authenticator, keyring *passkeys.Keyring) Operation {
	return operation(auth, described{
		id: "removePasskey", method: http.MethodDelete, who: identity.ByPerson.Stepped(), tag: tagAccount, status: 204,
		summary: "Remove a passkey",
		description: "It no longer signs you in; sessions go on. We email you about it. " +
			"Tell the browser with signalAllAcceptedCredentials.",
		codes: []fault.Code{fault.NotFound, fault.Forbidden},
	}, func(ctx context.Context, caller identity.Caller, in *passkeyInput) (*noContent, error) {
		which, err := id.ParsePasskey(in.PasskeyID)
		if err != nil {
			return nil, err
		}
		return nil, keyring.Remove(ctx, caller, which, of(ctx).browser)
	})
}

// RequestBody is what a browser is asked for (W3C, Web Authentication Level 3, PublicKeyCredentialRequestOptionsJSON).
type RequestBody struct {
	Challenge        string           `json:"challenge" doc:"32 random bytes. Answer within 5 minutes, once, from the same browser."`
	Timeout          int              `json:"timeout" doc:"In milliseconds." example:"300000"`
	RPID             string           `json:"rpId" example:"portal.example.com"`
	Allow            []CredentialKind `json:"allowCredentials" nullable:"false" doc:"Empty where the person chooses."`
	UserVerification string           `json:"userVerification" enum:"required"`
}

type passkeyRequestOutput struct {
	SetCookie string `header:"Set-Cookie"`
	Body      struct {
		PublicKey RequestBody `json:"publicKey" doc:"What navigator.credentials.get takes."`
	}
}

// BeginPasskeySignIn asks the browser for a passkey.
func BeginPasskeySignIn(begins *passkeys.Asking, origin string) Operation {
	return operation(nil, described{
		id: "beginPasskeySignIn", method: http.MethodPost, who: identity.ByAnyone, tag: tagSession, status: 200,
		summary: "Begin signing in with a passkey",
		description: "Hand publicKey to navigator.credentials.get, and what that gives to signInWithPasskey. The answer sets a " +
			"cookie: only the browser that has it can finish.",
		codes: []fault.Code{fault.RateLimited},
	}, func(ctx context.Context, _ identity.Caller, _ *emptyInput) (*passkeyRequestOutput, error) {
		r := of(ctx)
		o, err := begins.Begin(ctx, r.browser, r.ip)
		if err != nil {
			return nil, err
		}
		return asking(o, origin), nil
	})
}

// asking asks a browser for one of the passkeys of a set, or for any.
func asking(o *passkeys.Options, origin string) *passkeyRequestOutput {
	out := &passkeyRequestOutput{SetCookie: cookie.Ceremony(o.Browser).String()}
	b := &out.Body.PublicKey
	b.Challenge, b.Timeout, b.RPID = base64url(o.Challenge.Value), passkey.TimeOut, passkey.RelyingParty(origin)
	b.Allow, b.UserVerification = []CredentialKind{}, "required"
	if o.Set != nil {
		for _, p := range o.Set.Keys {
			b.Allow = append(b.Allow, CredentialKind{"public-key", base64url(p.Credential), p.Transports})
		}
	}
	return out
}

type assertionInput struct {
	Body struct {
		CredentialMembers

		Response AssertionBody `json:"response"`
	}
}

// read reads the answer.
func (in *assertionInput) read() (a passkeys.Assertion, err error) {
	said := in.Body.Response
	a.Credential, err = in.Body.read(encoded{said.ClientData, &a.ClientData}, encoded{said.AuthenticatorData, &a.AuthenticatorData},
		encoded{said.Signature, &a.Signature}, encoded{said.UserHandle, &a.Handle})
	return a, err
}

// AssertionBody is what an authenticator says by a passkey that it has.
type AssertionBody struct {
	ClientData        string `json:"clientDataJSON"`
	AuthenticatorData string `json:"authenticatorData"`
	Signature         string `json:"signature"`
	UserHandle        string `json:"userHandle,omitempty"`
}

// SignInWithPasskey exchanges the answer of a passkey for a session cookie.
func SignInWithPasskey(signIns *passkeys.SignIns) Operation {
	return operation(nil, described{
		id: "signInWithPasskey", method: http.MethodPost, who: identity.ByAnyone, tag: tagSession, status: 201, maxBody: maxPasskeyBody,
		summary: "Sign in with a passkey",
		description: "Takes what navigator.credentials.get gave (AuthenticationResponseJSON), and sets a session cookie. On " +
			"unknown_passkey, tell the browser with signalUnknownCredential.",
		codes: []fault.Code{fault.Malformed, fault.Unauthenticated, fault.UnknownPasskey, fault.RateLimited},
	}, func(ctx context.Context, _ identity.Caller, in *assertionInput) (*openedOutput, error) {
		a, err := in.read()
		if err != nil {
			return nil, err
		}
		r := of(ctx)
		opened, err := signIns.Finish(ctx, a, r.browser, r.ip, r.credentials.Session)
		if err != nil {
			return nil, err
		}
		s := opened.Session
		return &openedOutput{[]string{cookie.New(opened.Cookie, identity.SessionLifetime).String(), cookie.Known(opened.Known).String()},
			sessionBody(s.Person(), s.ExpiresAt)}, nil
	})
}

// BeginPasskeyStepUp asks the browser for a passkey of the caller's.
func BeginPasskeyStepUp(auth *signin.Authenticator, confirming *passkeys.Confirming, origin string) Operation {
	return operation(auth, described{
		id: "beginPasskeyStepUp", method: http.MethodPost, who: identity.ByPerson, tag: tagSession, status: 200,
		summary: "Begin confirming with a passkey that it's you",
		description: "Hand publicKey to navigator.credentials.get, and what that gives to stepUpWithPasskey. The answer sets a " +
			"cookie: only the browser that has it can finish.",
		codes: []fault.Code{fault.Forbidden, fault.NotFound, fault.RateLimited},
	}, func(ctx context.Context, caller identity.Caller, _ *emptyInput) (*passkeyRequestOutput, error) {
		r := of(ctx)
		o, err := confirming.Begin(ctx, caller, r.browser, r.ip)
		if err != nil {
			return nil, err
		}
		return asking(o, origin), nil
	})
}

// StepUpWithPasskey has somebody prove again with a passkey that it is them, in the session that they have.
func StepUpWithPasskey(auth *signin.Authenticator, confirmations *passkeys.Confirmations) Operation {
	return operation(auth, described{
		id: "stepUpWithPasskey", method: http.MethodPost, who: identity.ByPerson, tag: tagSession, status: 200, maxBody: maxPasskeyBody,
		summary: "Confirm with a passkey that it's you",
		description: "Takes what navigator.credentials.get gave (AuthenticationResponseJSON). It does what stepUp does with a code. " +
			"The passkey must be one of yours.",
		codes: []fault.Code{fault.Malformed, fault.Forbidden, fault.RateLimited},
	}, func(ctx context.Context, caller identity.Caller, in *assertionInput) (*steppedOutput, error) {
		a, err := in.read()
		if err != nil {
			return nil, err
		}
		r := of(ctx)
		proved, err := confirmations.Finish(ctx, caller, a, r.browser, r.ip)
		if err != nil {
			return nil, err
		}
		return &steppedOutput{sessionBody(proved, proved.Since.Add(identity.SessionLifetime))}, nil
	})
}
