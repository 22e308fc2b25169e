package wire

import (
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/ssm"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/account"
	"latchkey.dev/shared/usecase/passkeys"
	"latchkey.dev/shared/usecase/signin"
)

// Authenticator finds out who is calling.
func (p *Parts) Authenticator() *signin.Authenticator {
	return &signin.Authenticator{Store: dynamo.NewCredentials(p.Table()), Now: p.Now}
}

// Codes mails sign-in codes.
func (p *Parts) Codes() *signin.Codes {
	_, seals := p.codeKey()
	return &signin.Codes{Store: dynamo.NewCodes(p.Table()), Queue: p.MailQueue(), Seals: seals, Now: p.Now}
}

// SignIns makes sessions of mailed codes.
func (p *Parts) SignIns() *signin.SignIns {
	key, seals := p.codeKey()
	return &signin.SignIns{Store: dynamo.NewSignIns(p.Table()), Key: key, Seals: seals, Now: p.Now}
}

// StepUps let people prove again that it is them.
func (p *Parts) StepUps() *signin.StepUps {
	key, seals := p.codeKey()
	return &signin.StepUps{Store: dynamo.NewStepUps(p.Table()), Key: key, Seals: seals, Now: p.Now}
}

// StepUpWays are the ways in which people can prove again that it is them.
func (p *Parts) StepUpWays() *signin.StepUpWays {
	return &signin.StepUpWays{Store: dynamo.NewForms(p.Table()), Seals: p.Seals(), Now: p.Now}
}

// SignInProviders are those by whose accounts people can sign in, in the order of their buttons.
func (p *Parts) SignInProviders() []identity.OpenIDProvider {
	var all []identity.OpenIDProvider
	if p.Optional("GOOGLE_CLIENT_ID") != "" {
		all = append(all, identity.OpenIDProvider{ID: identity.Google, Name: words.Say("signin.google")})
	}
	if p.Optional("MICROSOFT_CLIENT_ID") != "" {
		all = append(all, identity.OpenIDProvider{ID: identity.Microsoft, Name: words.Say("signin.microsoft")})
	}
	if p.Optional("ISSUER_CLIENT_ID") != "" {
		all = append(all, identity.OpenIDProvider{ID: identity.OwnIssuer, Name: p.String("ISSUER_NAME")})
	}
	return all
}

// ProviderLinks shows people which accounts at providers sign them in.
func (p *Parts) ProviderLinks() *signin.Links {
	return &signin.Links{Store: dynamo.NewLinks(p.Table()), Now: p.Now}
}

// Seals are the seals of what browsers carry.
func (p *Parts) Seals() identity.Seals {
	_, seals := p.codeKey()
	return seals
}

// codeKey is the key of codes, read once, and the seals of what browsers carry for them.
func (p *Parts) codeKey() ([]byte, identity.Seals) {
	if p.secret == nil {
		p.secret = ssm.Secret(p.Environment, "SECRET_PARAMETER")
	}
	seals, err := identity.NewSeals(p.secret)
	if err != nil {
		p.Fail(err)
	}
	return p.secret, seals
}

// Sessions ends sessions.
func (p *Parts) Sessions() *signin.Sessions {
	return &signin.Sessions{Store: dynamo.NewSessions(p.Table()), Now: p.Now}
}

// OwnSessions shows people where they are signed in.
func (p *Parts) OwnSessions() *signin.OwnSessions {
	return &signin.OwnSessions{Store: dynamo.NewOwnSessions(p.Table()), Now: p.Now}
}

// Keys manages API keys.
func (p *Parts) Keys() *signin.Keys {
	return &signin.Keys{Store: dynamo.NewKeys(p.Table()), Now: p.Now}
}

// Self shows people what is kept of them.
func (p *Parts) Self() *account.Self {
	return &account.Self{Store: dynamo.NewPersonalData(p.Table()), Now: p.Now}
}

// Leaving ends people's relationships with agencies.
func (p *Parts) Leaving() *account.Leaving {
	return &account.Leaving{Store: dynamo.NewDepartures(p.Table()), Checkouts: p.CheckoutCloser(), Now: p.Now}
}

// Erasure forgets people.
func (p *Parts) Erasure() *account.Erasure {
	return &account.Erasure{Store: dynamo.NewErasures(p.Table()), Members: p.Members(), Checkouts: p.CheckoutCloser(), Now: p.Now}
}

// Keyring is what people do with their passkeys.
func (p *Parts) Keyring() *passkeys.Keyring {
	return &passkeys.Keyring{Store: dynamo.NewKeyring(p.Table()), Queue: p.MailQueue(), Now: p.Now}
}

// PasskeyAsking begins sign-ins with passkeys.
func (p *Parts) PasskeyAsking() *passkeys.Asking {
	return &passkeys.Asking{Store: dynamo.NewPasskeyChallenges(p.Table()), Now: p.Now}
}

// PasskeyRegistering begins registrations of passkeys.
func (p *Parts) PasskeyRegistering() *passkeys.Registering {
	return &passkeys.Registering{Store: dynamo.NewPasskeyRegistrations(p.Table()), Now: p.Now}
}

// PasskeyRegistrations finishes registrations of passkeys. Whoever reads them is heavy.
func (p *Parts) PasskeyRegistrations(by passkeys.Registrar) *passkeys.Registrations {
	return &passkeys.Registrations{Store: dynamo.NewPasskeyRegistrations(p.Table()), Registrar: by, Queue: p.MailQueue(), Now: p.Now}
}

// PasskeySignIns makes sessions of passkeys. Whoever verifies them is heavy.
func (p *Parts) PasskeySignIns(by passkeys.Verifier) *passkeys.SignIns {
	_, seals := p.codeKey()
	return &passkeys.SignIns{Store: dynamo.NewPasskeySignIns(p.Table()), Verifier: by, Seals: seals, Now: p.Now}
}

// PasskeyConfirming begins step-ups with passkeys.
func (p *Parts) PasskeyConfirming() *passkeys.Confirming {
	return &passkeys.Confirming{Store: dynamo.NewPasskeyConfirmings(p.Table()), Now: p.Now}
}

// PasskeyConfirmations let people prove again with a passkey that it is them. Whoever verifies them is heavy.
func (p *Parts) PasskeyConfirmations(by passkeys.Verifier) *passkeys.Confirmations {
	return &passkeys.Confirmations{Store: dynamo.NewPasskeyConfirmations(p.Table()), Verifier: by, Now: p.Now}
}
