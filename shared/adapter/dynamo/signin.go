package dynamo

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/idempotency"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/secret"
	"latchkey.dev/shared/usecase/signin"
)

// Credentials is what every function behind the door reads: sessions, API keys, and whether a member still works at
// the agency.
type Credentials struct{ t *Table }

// NewCredentials makes Credentials of the table.
func NewCredentials(t *Table) Credentials { return Credentials{t} }

var _ signin.Store = Credentials{}

// Session reads a session as it is now.
func (c Credentials) Session(ctx context.Context, user id.User, session string) (*identity.Session, error) {
	return c.t.session(ctx, user, session)
}

// APIKey reads a key as it is now.
func (c Credentials) APIKey(ctx context.Context, agency id.Agency, which id.Key) (*identity.APIKey, error) {
	return c.t.apiKey(ctx, agency, which)
}

// Used notes that the key was used, to the hour.
func (c Credentials) Used(ctx context.Context, key *identity.APIKey, now time.Time) error {
	return c.t.used(ctx, key, now)
}

// Powers reads what the agency's keys have used of powerful scopes.
func (c Credentials) Powers(ctx context.Context, which id.Agency) (*identity.Powers, error) {
	return c.t.powers(ctx, which)
}

// UsePower writes a row of the log, and with it what owners are to be told of.
func (c Credentials) UsePower(ctx context.Context, which id.Agency, row audit.Entry, p *identity.Powers) error {
	return c.t.usePower(ctx, which, row, p)
}

// Member reads a member of the agency as it is now.
func (c Credentials) Member(ctx context.Context, which id.Agency, member id.Member) (*agency.Member, error) {
	return c.t.member(ctx, which, member)
}

// Agency reads the agency as it is now.
func (c Credentials) Agency(ctx context.Context, which id.Agency) (*agency.Agency, error) {
	return c.t.agency(ctx, which)
}

// Codes is what asking for a sign-in code needs.
type Codes struct{ t *Table }

// NewCodes makes Codes of the table.
func NewCodes(t *Table) Codes { return Codes{t} }

var _ signin.CodeStore = Codes{}

// Asked reads when an asker has asked for codes.
func (c Codes) Asked(ctx context.Context, user id.User, by identity.Asker) (*identity.Asked, error) {
	return c.t.asked(ctx, user, by)
}

// Code reads a person's sign-in code as it is now.
func (c Codes) Code(ctx context.Context, user id.User, job string) (*identity.Code, error) {
	return c.t.code(ctx, user, job)
}

// AskCode writes a new code, and that it was asked for.
func (c Codes) AskCode(ctx context.Context, code *identity.Code, asked *identity.Asked) error {
	return c.t.askCode(ctx, code, asked)
}

// Allow counts one use under the name in the window that now is in, and returns how long to wait when it was used too
// often.
func (c Codes) Allow(ctx context.Context, name string, most int, window time.Duration, now time.Time) (time.Duration, error) {
	return c.t.allow(ctx, name, most, window, now)
}

// SignIns is what signing in needs: a code is used up, and a session takes the place of another one.
type SignIns struct{ t *Table }

// NewSignIns makes SignIns of the table.
func NewSignIns(t *Table) SignIns { return SignIns{t} }

var _ signin.OpeningStore = SignIns{}

// Code reads a person's sign-in code as it is now.
func (s SignIns) Code(ctx context.Context, user id.User, job string) (*identity.Code, error) {
	return s.t.code(ctx, user, job)
}

// SaveCode writes the code while the stored version is the one that was read.
func (s SignIns) SaveCode(ctx context.Context, code *identity.Code) error {
	return s.t.saveCode(ctx, code)
}

// PasskeyCount is how many passkeys the person has.
func (s SignIns) PasskeyCount(ctx context.Context, user id.User) (int, error) {
	return s.t.passkeyCount(ctx, user)
}

// OpenSession writes the used-up code, the new session, the person, who exists from the first sign-in on, and a change of the accounts
// at providers that sign it in.
func (s SignIns) OpenSession(ctx context.Context, code *identity.Code, session *identity.Session, change *identity.LinkChange) error {
	return s.t.openSession(ctx, code, session, change)
}

// Links reads the accounts at providers that sign the person in, as they are now.
func (s SignIns) Links(ctx context.Context, user id.User) (*identity.Links, error) {
	return s.t.links(ctx, user)
}

// Known tells whether the person has ever signed in.
func (s SignIns) Known(ctx context.Context, user id.User) (bool, error) {
	return s.t.known(ctx, user)
}

// Heard reads when the person's sessions were told of lately.
func (s SignIns) Heard(ctx context.Context, user id.User) (*identity.Heard, error) {
	return s.t.heard(ctx, user)
}

// Agency reads the agency as it is now.
func (s SignIns) Agency(ctx context.Context, which id.Agency) (*agency.Agency, error) {
	return s.t.agency(ctx, which)
}

// People lists the agency's members as they are now.
func (s SignIns) People(ctx context.Context, which id.Agency) (agency.Members, error) {
	return s.t.people(ctx, which)
}

// Memberships lists where the person works or is a client.
func (s SignIns) Memberships(ctx context.Context, user id.User) ([]identity.Membership, error) {
	return s.t.memberships(ctx, user)
}

// Allow counts one use under the name in the window that now is in, and returns how long to wait when it was used too
// often.
func (s SignIns) Allow(ctx context.Context, name string, most int, window time.Duration, now time.Time) (time.Duration, error) {
	return s.t.allow(ctx, name, most, window, now)
}

// EndSession deletes the session, if it is there and has the hash.
func (s SignIns) EndSession(ctx context.Context, user id.User, session string, hash secret.Hash) error {
	return s.t.endSession(ctx, user, session, hash)
}

// StepUps is what proving again needs: a code is used up, and the session knows.
type StepUps struct{ t *Table }

// NewStepUps makes StepUps of the table.
func NewStepUps(t *Table) StepUps { return StepUps{t} }

var _ signin.StepUpStore = StepUps{}

// Code reads a person's sign-in code as it is now.
func (s StepUps) Code(ctx context.Context, user id.User, job string) (*identity.Code, error) {
	return s.t.code(ctx, user, job)
}

// SaveCode writes the code while the stored version is the one that was read.
func (s StepUps) SaveCode(ctx context.Context, code *identity.Code) error {
	return s.t.saveCode(ctx, code)
}

// Prove writes the used-up code, and when the session's person has proved to be who it is.
func (s StepUps) Prove(ctx context.Context, code *identity.Code, session string, at time.Time) error {
	return s.t.transact(ctx, []types.TransactWriteItem{s.t.writeCode(code), s.t.proved(code.User, session, at)})
}

// Session reads a session as it is now.
func (s StepUps) Session(ctx context.Context, user id.User, session string) (*identity.Session, error) {
	return s.t.session(ctx, user, session)
}

// Allow counts one use under the name in the window that now is in, and returns how long to wait when it was used too
// often.
func (s StepUps) Allow(ctx context.Context, name string, most int, window time.Duration, now time.Time) (time.Duration, error) {
	return s.t.allow(ctx, name, most, window, now)
}

// Sessions is what ending sessions needs.
type Sessions struct{ t *Table }

// NewSessions makes Sessions of the table.
func NewSessions(t *Table) Sessions { return Sessions{t} }

var _ signin.SessionStore = Sessions{}

// EndSession deletes the session, if it is there and has the hash.
func (s Sessions) EndSession(ctx context.Context, user id.User, session string, hash secret.Hash) error {
	return s.t.endSession(ctx, user, session, hash)
}

// EndSessions deletes all of a person's sessions but the one to keep, with what the person learns of it.
func (s Sessions) EndSessions(ctx context.Context, user id.User, keep string, news func() (*identity.News, error)) error {
	return s.t.endSessions(ctx, user, keep, news)
}

// Heard reads when the person's sessions were told of lately.
func (s Sessions) Heard(ctx context.Context, user id.User) (*identity.Heard, error) {
	return s.t.heard(ctx, user)
}

// OwnSessions is what seeing one's sessions needs, and ending one of them.
type OwnSessions struct{ t *Table }

// NewOwnSessions makes OwnSessions of the table.
func NewOwnSessions(t *Table) OwnSessions { return OwnSessions{t} }

var _ signin.OwnSessionStore = OwnSessions{}

// Sessions reads a page of a person's sessions as they are now, those that began last first.
func (s OwnSessions) Sessions(ctx context.Context, user id.User, after string, limit int) ([]identity.Session, string, error) {
	return s.t.sessions(ctx, user, after, limit)
}

// Session reads a session as it is now.
func (s OwnSessions) Session(ctx context.Context, user id.User, session string) (*identity.Session, error) {
	return s.t.session(ctx, user, session)
}

// DropSession deletes a session that is there, with what the person learns of it.
func (s OwnSessions) DropSession(ctx context.Context, user id.User, session string, news *identity.News) error {
	return s.t.dropSession(ctx, user, session, news)
}

// Heard reads when the person's sessions were told of lately.
func (s OwnSessions) Heard(ctx context.Context, user id.User) (*identity.Heard, error) {
	return s.t.heard(ctx, user)
}

// Keys is what managing an agency's API keys needs.
type Keys struct{ t *Table }

// NewKeys makes Keys of the table.
func NewKeys(t *Table) Keys { return Keys{t} }

var _ signin.KeyStore = Keys{}

// APIKeys lists the agency's keys, newest first.
func (k Keys) APIKeys(ctx context.Context, agency id.Agency) ([]identity.APIKey, error) {
	return k.t.apiKeys(ctx, agency)
}

// APIKey reads a key as it is now.
func (k Keys) APIKey(ctx context.Context, agency id.Agency, which id.Key) (*identity.APIKey, error) {
	return k.t.apiKey(ctx, agency, which)
}

// Recall reads what an idempotency key made.
func (k Keys) Recall(ctx context.Context, agency id.Agency, hash string) (*idempotency.Record, error) {
	return k.t.recall(ctx, agency, hash)
}

// Agency reads the agency as it is now.
func (k Keys) Agency(ctx context.Context, which id.Agency) (*agency.Agency, error) {
	return k.t.agency(ctx, which)
}

// CreateAPIKey writes a key that must not exist, while the agency's members and keys are what they were at the count staff,
// and its maker works there.
func (k Keys) CreateAPIKey(ctx context.Context, key *identity.APIKey, staff int, row audit.Entry, once *idempotency.Record) error {
	return k.t.createAPIKey(ctx, key, staff, row, once)
}

// RevokeAPIKey marks a key that works as revoked.
func (k Keys) RevokeAPIKey(ctx context.Context, key *identity.APIKey, row audit.Entry) error {
	return k.t.revokeAPIKey(ctx, key, row)
}

// SignUps is what making an agency needs, after which the person acts for it.
type SignUps struct{ t *Table }

// NewSignUps makes SignUps of the table.
func NewSignUps(t *Table) SignUps { return SignUps{t} }

var _ signin.SignUpStore = SignUps{}

// Remembered reads what a person's idempotency key made.
func (s SignUps) Remembered(ctx context.Context, user id.User, hash string) (*idempotency.Record, error) {
	return s.t.remembered(ctx, user, hash)
}

// OpenAgency writes a new agency with its owner, the row of the log, and what the owner's idempotency key made.
func (s SignUps) OpenAgency(ctx context.Context, founding signin.Founding) error {
	return s.t.openAgency(ctx, founding)
}

// Memberships lists where the person works or is a client.
func (s SignUps) Memberships(ctx context.Context, user id.User) ([]identity.Membership, error) {
	return s.t.memberships(ctx, user)
}

// Agency reads the agency as it is now.
func (s SignUps) Agency(ctx context.Context, which id.Agency) (*agency.Agency, error) {
	return s.t.agency(ctx, which)
}

// Member reads a member of the agency as it is now.
func (s SignUps) Member(ctx context.Context, which id.Agency, member id.Member) (*agency.Member, error) {
	return s.t.member(ctx, which, member)
}

// MoveSession writes a session in the place of another one of the same person.
func (s SignUps) MoveSession(ctx context.Context, session *identity.Session, old string, hash secret.Hash) error {
	return s.t.moveSession(ctx, session, old, hash)
}

// Allow counts one use under the name in the window that now is in, and returns how long to wait when it was used too
// often.
func (s SignUps) Allow(ctx context.Context, name string, most int, window time.Duration, now time.Time) (time.Duration, error) {
	return s.t.allow(ctx, name, most, window, now)
}

// Workplaces is what a person needs to see the agencies that it works at, and to act for another one.
type Workplaces struct{ t *Table }

// NewWorkplaces makes Workplaces of the table.
func NewWorkplaces(t *Table) Workplaces { return Workplaces{t} }

var _ signin.WorkplaceStore = Workplaces{}

// Memberships lists where the person works or is a client.
func (w Workplaces) Memberships(ctx context.Context, user id.User) ([]identity.Membership, error) {
	return w.t.memberships(ctx, user)
}

// Agency reads the agency as it is now.
func (w Workplaces) Agency(ctx context.Context, which id.Agency) (*agency.Agency, error) {
	return w.t.agency(ctx, which)
}

// Member reads a member of the agency as it is now.
func (w Workplaces) Member(ctx context.Context, which id.Agency, member id.Member) (*agency.Member, error) {
	return w.t.member(ctx, which, member)
}

// MoveSession writes a session in the place of another one of the same person.
func (w Workplaces) MoveSession(ctx context.Context, session *identity.Session, old string, hash secret.Hash) error {
	return w.t.moveSession(ctx, session, old, hash)
}

// Providers is what signing in by providers needs.
type Providers struct{ t *Table }

// NewProviders makes Providers of the table.
func NewProviders(t *Table) Providers { return Providers{t} }

var _ signin.ProviderStore = Providers{}

// Spend writes that an errand is over.
func (p Providers) Spend(ctx context.Context, spent string, until time.Time) error {
	return p.t.spend(ctx, spent, until)
}

// Linked reads whom the account with a subject at an issuer signs in.
func (p Providers) Linked(ctx context.Context, issuer, subject string) (id.User, email.Address, error) {
	return p.t.linked(ctx, issuer, subject)
}

// Links reads the accounts at providers that sign the person in, as they are now.
func (p Providers) Links(ctx context.Context, user id.User) (*identity.Links, error) {
	return p.t.links(ctx, user)
}

// Known tells whether the person has ever signed in.
func (p Providers) Known(ctx context.Context, user id.User) (bool, error) {
	return p.t.known(ctx, user)
}

// Memberships lists where the person works or is a client.
func (p Providers) Memberships(ctx context.Context, user id.User) ([]identity.Membership, error) {
	return p.t.memberships(ctx, user)
}

// Heard reads when the person's sessions were told of lately.
func (p Providers) Heard(ctx context.Context, user id.User) (*identity.Heard, error) {
	return p.t.heard(ctx, user)
}

// Agency reads the agency as it is now.
func (p Providers) Agency(ctx context.Context, which id.Agency) (*agency.Agency, error) {
	return p.t.agency(ctx, which)
}

// People lists the agency's members as they are now.
func (p Providers) People(ctx context.Context, which id.Agency) (agency.Members, error) {
	return p.t.people(ctx, which)
}

// OpenByLink writes the new session and the person, with a change of the accounts that sign it in.
func (p Providers) OpenByLink(ctx context.Context, session *identity.Session, change *identity.LinkChange) error {
	return p.t.openByLink(ctx, session, change)
}

// SaveLinks writes a change of the accounts that sign the person in.
func (p Providers) SaveLinks(ctx context.Context, of email.Address, change *identity.LinkChange) error {
	return p.t.transact(ctx, p.t.linking(of, change))
}

// ProveAt writes when the session's person has proved to be who it is.
func (p Providers) ProveAt(ctx context.Context, user id.User, session string, at time.Time) error {
	return p.t.transact(ctx, []types.TransactWriteItem{p.t.proved(user, session, at)})
}

// EndSession deletes the session, if it is there and has the hash.
func (p Providers) EndSession(ctx context.Context, user id.User, session string, hash secret.Hash) error {
	return p.t.endSession(ctx, user, session, hash)
}

// Allow counts one use under the name in the window that now is in, and returns how long to wait when it was used too
// often.
func (p Providers) Allow(ctx context.Context, name string, most int, window time.Duration, now time.Time) (time.Duration, error) {
	return p.t.allow(ctx, name, most, window, now)
}

// Links is what managing one's own accounts at providers needs.
type Links struct{ t *Table }

// NewLinks makes Links of the table.
func NewLinks(t *Table) Links { return Links{t} }

var _ signin.LinkStore = Links{}

// Links reads the accounts at providers that sign the person in, as they are now.
func (l Links) Links(ctx context.Context, user id.User) (*identity.Links, error) {
	return l.t.links(ctx, user)
}

// SaveLinks writes a change of the accounts that sign the person in.
func (l Links) SaveLinks(ctx context.Context, of email.Address, change *identity.LinkChange) error {
	return l.t.transact(ctx, l.t.linking(of, change))
}
