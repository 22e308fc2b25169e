package webauthn_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"testing"

	virtual "github.com/descope/virtualwebauthn"

	"latchkey.dev/shared/adapter/webauthn"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/passkey"
	"latchkey.dev/shared/usecase/passkeys"
)

const origin = "https://portal.example.com"

var party = virtual.RelyingParty{Name: "Latchkey", ID: "portal.example.com", Origin: origin}

func verifier(tb testing.TB) *webauthn.Verifier {
	tb.Helper()
	v, err := webauthn.New(origin)
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

func challenge() []byte {
	b := make([]byte, passkey.ChallengeSize)
	rand.Read(b)
	return b
}

// b64 is what stands in an answer under a path.
func b64(tb testing.TB, answer string, path ...string) []byte {
	tb.Helper()
	var v any
	if err := json.Unmarshal([]byte(answer), &v); err != nil {
		tb.Fatal(err)
	}
	for _, p := range path {
		v = v.(map[string]any)[p]
	}
	b, err := base64.RawURLEncoding.DecodeString(v.(string))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// attest is the answer of an authenticator that makes the credential.
func attest(tb testing.TB, at virtual.RelyingParty, a virtual.Authenticator, c virtual.Credential, challenge []byte) passkeys.Attestation {
	tb.Helper()
	answer := virtual.CreateAttestationResponse(at, a, c, virtual.AttestationOptions{Challenge: challenge})
	return passkeys.Attestation{Credential: c.ID, ClientData: b64(tb, answer, "response", "clientDataJSON"),
		Object: b64(tb, answer, "response", "attestationObject")}
}

// assert is the answer of an authenticator that has it.
func assert(tb testing.TB, at virtual.RelyingParty, a virtual.Authenticator, c virtual.Credential, challenge []byte) passkeys.Assertion {
	tb.Helper()
	answer := virtual.CreateAssertionResponse(at, a, c, virtual.AssertionOptions{Challenge: challenge})
	return passkeys.Assertion{Credential: c.ID, ClientData: b64(tb, answer, "response", "clientDataJSON"),
		AuthenticatorData: b64(tb, answer, "response", "authenticatorData"), Signature: b64(tb, answer, "response", "signature"),
		Handle: a.Options.UserHandle}
}

// device is an authenticator of a person.
func device(options virtual.AuthenticatorOptions) (*passkey.Set, virtual.Authenticator) {
	s := &passkey.Set{User: "u"}
	s.Prepare("ops@acme.example")
	options.UserHandle = s.Handle
	return s, virtual.NewAuthenticatorWithOptions(options)
}

func wants(t *testing.T, err error, code fault.Code) {
	t.Helper()
	if f := fault.As(err); f == nil || f.Code != code {
		t.Errorf("%v, want %s", err, code)
	}
}

func TestSenderP4AnAnswerIsTakenForTheChallengeOriginPersonAndHostItWasGivenTo(t *testing.T) {
	t.Parallel()
	v := verifier(t)
	for name, kind := range map[string]virtual.KeyType{"ES256": virtual.KeyTypeEC2, "RS256": virtual.KeyTypeRSA} {
		s, a := device(virtual.AuthenticatorOptions{})
		c := virtual.NewCredential(kind)
		asked := challenge()
		p, err := v.Attested(attest(t, party, a, c, asked), asked, s)
		if err != nil {
			t.Fatal(name, err)
		}
		if !bytes.Equal(p.Credential, c.ID) || p.Kind != a.Aaguid || p.Flags&passkey.Verified == 0 {
			t.Errorf("%s: %+v", name, p)
		}
		says, err := v.Asserted(assert(t, party, a, c, asked), asked, s, &p)
		if err != nil || says.Flags&passkey.Present == 0 {
			t.Errorf("%s: %+v, %v", name, says, err)
		}
	}

	s, a := device(virtual.AuthenticatorOptions{})
	c := ecKey()
	asked := challenge()
	p, err := v.Attested(attest(t, party, a, c, asked), asked, s)
	if err != nil {
		t.Fatal(err)
	}
	absent, unverified := a, a
	absent.Options.UserNotPresent, unverified.Options.UserNotVerified = true, true
	other := ecKey()
	other.ID = c.ID
	for name, x := range map[string]struct {
		at   virtual.RelyingParty
		auth virtual.Authenticator
		with virtual.Credential
		to   []byte
	}{
		"another challenge":      {party, a, c, challenge()},
		"another origin":         {virtual.RelyingParty{ID: party.ID, Origin: "https://evil.example"}, a, c, asked},
		"the origin in capitals": {virtual.RelyingParty{ID: party.ID, Origin: "https://PORTAL.example.com"}, a, c, asked},
		"another port":           {virtual.RelyingParty{ID: party.ID, Origin: origin + ":8443"}, a, c, asked},
		"another host's hash":    {virtual.RelyingParty{ID: "evil.example", Origin: origin}, a, c, asked},
		"nobody there":           {party, absent, c, asked},
		"nobody verified":        {party, unverified, c, asked},
		"another key":            {party, a, other, asked},
	} {
		_, err := v.Asserted(assert(t, x.at, x.auth, x.with, x.to), asked, s, &p)
		if err == nil {
			t.Errorf("%s: taken", name)
		}
		wants(t, err, fault.Unauthenticated)
		if name == "another key" {
			continue
		}
		_, err = v.Attested(attest(t, x.at, x.auth, x.with, x.to), asked, s)
		if err == nil {
			t.Errorf("%s: made", name)
		}
		wants(t, err, fault.Unauthenticated)
	}

	framed := assert(t, party, a, c, asked)
	framed.ClientData = bytes.Replace(framed.ClientData, []byte(`{`), []byte(`{"crossOrigin":true,`), 1)
	_, err = v.Asserted(framed, asked, s, &p)
	wants(t, err, fault.Unauthenticated)
	swapped := assert(t, party, a, c, asked)
	swapped.ClientData = attest(t, party, a, c, asked).ClientData // of the other ceremony
	_, err = v.Asserted(swapped, asked, s, &p)
	wants(t, err, fault.Unauthenticated)
	elsewhere := assert(t, party, a, c, asked)
	elsewhere.Handle = challenge()
	_, err = v.Asserted(elsewhere, asked, s, &p)
	wants(t, err, fault.Unauthenticated)
}

func TestSenderP6AKeyThatCanBeSyncedSinceItWasMadeIsTakenAndTheOtherWayRoundIsNot(t *testing.T) {
	t.Parallel()
	v := verifier(t)
	s, a := device(virtual.AuthenticatorOptions{})
	c := ecKey()
	asked := challenge()
	p, err := v.Attested(attest(t, party, a, c, asked), asked, s)
	if err != nil || p.Synced() {
		t.Fatal(p.Synced(), err)
	}
	synced := a
	synced.Options.BackupEligible, synced.Options.BackupState = true, true
	says, err := v.Asserted(assert(t, party, synced, c, asked), asked, s, &p)
	if err != nil || says.Flags&passkey.BackupEligible == 0 || says.Flags&passkey.BackedUp == 0 {
		t.Fatalf("%+v, %v", says, err)
	}
	forged := assert(t, party, synced, c, asked) // the flag alone makes nothing right
	forged.Signature[len(forged.Signature)-1] ^= 1
	_, err = v.Asserted(forged, asked, s, &p)
	wants(t, err, fault.Unauthenticated)

	p.Flags |= passkey.BackupEligible
	_, err = v.Asserted(assert(t, party, a, c, asked), asked, s, &p)
	wants(t, err, fault.Unauthenticated)
	odd := a
	odd.Options.BackupState = true // backed up, and cannot be
	_, err = v.Attested(attest(t, party, odd, c, asked), asked, s)
	wants(t, err, fault.Unauthenticated)
}

// judge wants a fault of the sender's, or nothing.
func judge(tb testing.TB, err error) {
	tb.Helper()
	if err == nil {
		return
	}
	if f := fault.As(err); f == nil || f.Code != fault.Malformed && f.Code != fault.Unauthenticated {
		tb.Errorf("%v", err)
	}
}

func FuzzSenderP8Attestation(f *testing.F) {
	v := verifier(f)
	s, a := device(virtual.AuthenticatorOptions{})
	c := ecKey()
	asked := challenge()
	good := attest(f, party, a, c, asked)
	f.Add(good.Credential, good.ClientData, good.Object)
	f.Add([]byte{}, []byte("{}"), []byte{0xa0})
	f.Add(good.Credential, good.ClientData, bytes.Repeat([]byte{0x9f}, 4000)) // lists within lists
	f.Add(good.Credential, []byte("null"), good.Object[:len(good.Object)/2])
	f.Add(good.Credential, good.ClientData, []byte{0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}) // a map of very many
	f.Fuzz(func(t *testing.T, id, client, object []byte) {
		_, err := v.Attested(passkeys.Attestation{Credential: id, ClientData: client, Object: object}, asked, s)
		judge(t, err)
	})
}

func FuzzSenderP8Assertion(f *testing.F) {
	v := verifier(f)
	s, a := device(virtual.AuthenticatorOptions{})
	c := ecKey()
	asked := challenge()
	p, err := v.Attested(attest(f, party, a, c, asked), asked, s)
	if err != nil {
		f.Fatal(err)
	}
	good := assert(f, party, a, c, asked)
	f.Add(good.ClientData, good.AuthenticatorData, good.Signature, good.Handle)
	f.Add([]byte("{}"), []byte{}, []byte{}, []byte{})
	extended := bytes.Clone(good.AuthenticatorData)
	extended[32] |= 0xc0 // says that a credential and extensions follow
	f.Add(good.ClientData, extended, good.Signature, good.Handle)
	f.Add(good.ClientData, append(extended, bytes.Repeat([]byte{0xff}, 300)...), good.Signature, good.Handle)
	f.Fuzz(func(t *testing.T, client, data, signature, handle []byte) {
		_, err := v.Asserted(passkeys.Assertion{Credential: c.ID, ClientData: client, AuthenticatorData: data, Signature: signature,
			Handle: handle}, asked, s, &p)
		judge(t, err)
	})
}

// ecKey is a credential whose key has both coordinates in full: the authenticator for tests leaves out zeros in front of them, which no
// real one does (RFC 9053 section 7.1.1), and such a key is refused. With them its COSE is of 77 bytes.
func ecKey() virtual.Credential {
	for {
		if c := virtual.NewCredential(virtual.KeyTypeEC2); len(c.Key.AttestationData()) == 77 {
			return c
		}
	}
}
