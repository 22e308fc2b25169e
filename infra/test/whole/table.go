// Package whole is the table as suites want it: with every method that any use case has.
package whole

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/allowance"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/idempotency"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/notice"
	"latchkey.dev/shared/domain/role"
	"latchkey.dev/shared/domain/secret"
	"latchkey.dev/shared/domain/sender"
	"latchkey.dev/shared/domain/sharelink"
	"latchkey.dev/shared/domain/unsubscribe"
	"latchkey.dev/shared/usecase/account"
	"latchkey.dev/shared/usecase/agencies"
)

// Table has every method of the types that the use cases get. A suite asks it for what no single use case would, and puts
// itself between it and a use case.
type Table struct {
	credentials
	signIns
	codes
	sessions
	keys
	signUps
	settings
	branding
	newcomers
	members
	closings
	relationships
	directory
	inventory
	connections
	portals
	portalInstances
	personalData
	erasures
	plans
	checkouts
	paymentEvents
	reconciliation
	mail
	feedback
	due
	activity
	operator
}

// The aliases keep the fields from hiding the methods that are called as their types are.
type (
	credentials     = dynamo.Credentials
	signIns         = dynamo.SignIns
	codes           = dynamo.Codes
	sessions        = dynamo.Sessions
	keys            = dynamo.Keys
	signUps         = dynamo.SignUps
	settings        = dynamo.Settings
	branding        = dynamo.Branding
	newcomers       = dynamo.Newcomers
	members         = dynamo.Members
	closings        = dynamo.Closings
	relationships   = dynamo.Relationships
	directory       = dynamo.Directory
	inventory       = dynamo.Inventory
	connections     = dynamo.Connections
	portals         = dynamo.Portals
	portalInstances = dynamo.PortalInstances
	personalData    = dynamo.PersonalData
	erasures        = dynamo.Erasures
	plans           = dynamo.Plans
	checkouts       = dynamo.Checkouts
	paymentEvents   = dynamo.PaymentEvents
	reconciliation  = dynamo.Reconciliation
	mail            = dynamo.Mail
	feedback        = dynamo.Feedback
	due             = dynamo.Due
	activity        = dynamo.Activity
	operator        = dynamo.Operator
)

// Open makes a Table from an SDK configuration. It does no I/O.
func Open(cfg aws.Config, name string, now func() time.Time) *Table {
	t := dynamo.Open(cfg, name, now)
	return &Table{
		credentials:     dynamo.NewCredentials(t),
		codes:           dynamo.NewCodes(t),
		signIns:         dynamo.NewSignIns(t),
		sessions:        dynamo.NewSessions(t),
		keys:            dynamo.NewKeys(t),
		signUps:         dynamo.NewSignUps(t),
		settings:        dynamo.NewSettings(t),
		branding:        dynamo.NewBranding(t),
		newcomers:       dynamo.NewNewcomers(t),
		members:         dynamo.NewMembers(t),
		closings:        dynamo.NewClosings(t),
		relationships:   dynamo.NewRelationships(t),
		directory:       dynamo.NewDirectory(t),
		inventory:       dynamo.NewInventory(t),
		connections:     dynamo.NewConnections(t),
		portals:         dynamo.NewPortals(t),
		portalInstances: dynamo.NewPortalInstances(t),
		personalData:    dynamo.NewPersonalData(t),
		erasures:        dynamo.NewErasures(t),
		plans:           dynamo.NewPlans(t),
		checkouts:       dynamo.NewCheckouts(t),
		paymentEvents:   dynamo.NewPaymentEvents(t),
		reconciliation:  dynamo.NewReconciliation(t),
		mail:            dynamo.NewMail(t),
		feedback:        dynamo.NewFeedback(t),
		due:             dynamo.NewDue(t),
		activity:        dynamo.NewActivity(t),
		operator:        *dynamo.OpenOperator(cfg, name, now),
	}
}

// APIKey reads a key; the read may be a moment old.
func (t *Table) APIKey(ctx context.Context, agency id.Agency, which id.Key) (*identity.APIKey, error) {
	return t.credentials.APIKey(ctx, agency, which)
}

// APIKeys lists the agency's keys, newest first.
func (t *Table) APIKeys(ctx context.Context, agency id.Agency) ([]identity.APIKey, error) {
	return t.keys.APIKeys(ctx, agency)
}

// Agency reads the agency as it is now.
func (t *Table) Agency(ctx context.Context, which id.Agency) (*agency.Agency, error) {
	return t.signUps.Agency(ctx, which)
}

// Sender reads the agency with how its mail goes out.
func (t *Table) Sender(ctx context.Context, which id.Agency) (*agency.Agency, *sender.Settings, *sender.Claim, error) {
	return t.directory.Sender(ctx, which)
}

// Allow counts one use under the name in the window that now is in, and returns how long to wait when it was used too
// often.
func (t *Table) Allow(ctx context.Context, name string, most int, window time.Duration, now time.Time) (time.Duration, error) {
	return t.signIns.Allow(ctx, name, most, window, now)
}

// ChangeTeam writes a change of members and keys, while both are still what it was decided from.
func (t *Table) ChangeTeam(ctx context.Context, change agencies.TeamChange) error {
	return t.members.ChangeTeam(ctx, change)
}

// Client reads one relationship.
func (t *Table) Client(ctx context.Context, agency id.Agency, ref id.Ref, fresh bool) (*client.Client, error) {
	return t.relationships.Client(ctx, agency, ref, fresh)
}

// ClientCount counts the agency's clients, at most to most.
func (t *Table) ClientCount(ctx context.Context, which id.Agency, most int) (int, error) {
	return t.closings.ClientCount(ctx, which, most)
}

// Code reads a person's sign-in code as it is now.
func (t *Table) Code(ctx context.Context, user id.User, job string) (*identity.Code, error) {
	return t.signIns.Code(ctx, user, job)
}

// Asked reads when an asker has asked for codes.
func (t *Table) Asked(ctx context.Context, user id.User, by identity.Asker) (*identity.Asked, error) {
	return t.codes.Asked(ctx, user, by)
}

// AskCode writes a new code, and that it was asked for.
func (t *Table) AskCode(ctx context.Context, code *identity.Code, asked *identity.Asked) error {
	return t.codes.AskCode(ctx, code, asked)
}

// Commit writes a change and all that goes with it in one transaction, or nothing and conflict.ErrChanged.
func (t *Table) Commit(ctx context.Context, agency id.Agency, change client.Change) error {
	return t.relationships.Commit(ctx, agency, change)
}

// Wish reads what somebody wants of an agency's reminders.
func (t *Table) Wish(ctx context.Context, which id.Agency, user id.User) (*unsubscribe.Wish, error) {
	return t.mail.Wish(ctx, which, user)
}

// Box reads a member's box of notices as it is now.
func (t *Table) Box(ctx context.Context, which id.Agency, member id.Member) (*notice.Box, error) {
	return t.mail.Box(ctx, which, member)
}

// CountMails writes logs of mails while the stored versions are those that were read.
func (t *Table) CountMails(ctx context.Context, logs []allowance.Log) error {
	return t.mail.CountMails(ctx, logs)
}

// EndSession deletes the session, if it is there and has the hash.
func (t *Table) EndSession(ctx context.Context, user id.User, session string, hash secret.Hash) error {
	return t.sessions.EndSession(ctx, user, session, hash)
}

// Heard reads when the person's sessions were told of lately.
func (t *Table) Heard(ctx context.Context, user id.User) (*identity.Heard, error) {
	return t.sessions.Heard(ctx, user)
}

// Handled tells whether an event of the payment service has been dealt with.
func (t *Table) Handled(ctx context.Context, event string) (bool, error) {
	return t.paymentEvents.Handled(ctx, event)
}

// Mails reads the logs of mails that were caused, as they are now.
func (t *Table) Mails(ctx context.Context, keys []allowance.Key) ([]allowance.Log, error) {
	return t.mail.Mails(ctx, keys)
}

// Member reads a member of the agency as it is now.
func (t *Table) Member(ctx context.Context, which id.Agency, member id.Member) (*agency.Member, error) {
	return t.credentials.Member(ctx, which, member)
}

// Memberships lists where the person works or is a client.
func (t *Table) Memberships(ctx context.Context, user id.User) ([]identity.Membership, error) {
	return t.signIns.Memberships(ctx, user)
}

// Person reads all that is kept of a person by itself, as it is now.
func (t *Table) Person(ctx context.Context, user id.User) (*account.Person, error) {
	return t.personalData.Person(ctx, user)
}

// Portals lists the agencies that the person is a client of.
func (t *Table) Portals(ctx context.Context, user id.User) ([]id.Agency, error) {
	return t.portals.Portals(ctx, user)
}

// Recall reads what an idempotency key made.
func (t *Table) Recall(ctx context.Context, agency id.Agency, hash string) (*idempotency.Record, error) {
	return t.keys.Recall(ctx, agency, hash)
}

// Resources lists the agency's resources of a kind in the order in which they were made.
func (t *Table) Resources(ctx context.Context, which id.Agency, kind instance.Kind) ([]instance.Resource, error) {
	return t.directory.Resources(ctx, which, kind)
}

// Standing reads the agency and some of its roles in one request, as they are now; roles that do not exist are left out.
func (t *Table) Standing(ctx context.Context, which id.Agency, roles []id.Role) (*agency.Agency, []role.Role, error) {
	return t.directory.Standing(ctx, which, roles)
}

// Charge writes what an agency pays, and its plan.
func (t *Table) Charge(ctx context.Context, paying *agency.Agency, before agency.Agency, rows []audit.Entry) error {
	return t.plans.Charge(ctx, paying, before, rows)
}

// Resource reads one resource as it is now.
func (t *Table) Resource(ctx context.Context, which id.Agency, resource id.Resource) (*instance.Resource, error) {
	return t.inventory.Resource(ctx, which, resource)
}

// ResourcesByID reads some of the agency's resources; those that do not exist are left out.
func (t *Table) ResourcesByID(ctx context.Context, which id.Agency, ids []id.Resource) (map[id.Resource]instance.Resource, error) {
	return t.directory.ResourcesByID(ctx, which, ids)
}

// SaveBox writes the box while the stored version is the one that was read.
func (t *Table) SaveBox(ctx context.Context, b *notice.Box) error {
	return t.mail.SaveBox(ctx, b)
}

// SaveCode writes the code while the stored version is the one that was read.
func (t *Table) SaveCode(ctx context.Context, code *identity.Code) error {
	return t.signIns.SaveCode(ctx, code)
}

// SaveNotice writes the state of a member's mail, while it is still the one that was read.
func (t *Table) SaveNotice(ctx context.Context, which id.Agency, member *agency.Member, before agency.Notice) error {
	return t.mail.SaveNotice(ctx, which, member, before)
}

// JoinRequest reads a request to join as it is now.
func (t *Table) JoinRequest(ctx context.Context, which id.Agency, at id.Ref) (*sharelink.Request, error) {
	return t.mail.JoinRequest(ctx, which, at)
}

// SaveJoinRequest writes it with a row of the log, while it is the one that was read.
func (t *Table) SaveJoinRequest(ctx context.Context, r *sharelink.Request, row *audit.Entry) error {
	return t.mail.SaveJoinRequest(ctx, r, row)
}

// Team reads the agency and its members as they are now.
func (t *Table) Team(ctx context.Context, which id.Agency) (*agencies.Team, error) {
	return t.settings.Team(ctx, which)
}

// Noted writes what was seen of the resource whose version was read.
func (t *Table) Noted(ctx context.Context, agency id.Agency, r *instance.Resource, roster *instance.Roster) error {
	return t.connections.Noted(ctx, agency, r, roster)
}

// Roster reads what the workflows of an instance were when they were last listed; nil when they never were.
func (t *Table) Roster(ctx context.Context, agency id.Agency, which id.Resource) (*instance.Roster, error) {
	return t.inventory.Roster(ctx, agency, which)
}

// People lists those who work at the agency.
func (t *Table) People(ctx context.Context, which id.Agency) (agency.Members, error) {
	return t.plans.People(ctx, which)
}

// Claim reads a claim as it is now, with what belongs to its name.
func (t *Table) Claim(ctx context.Context, which id.Agency, claim id.SenderDomain) (*sender.Claim, error) {
	return t.mail.Claim(ctx, which, claim)
}

// SaveClaim writes a claim with rows of the log while the stored version is the one that was read.
func (t *Table) SaveClaim(ctx context.Context, c *sender.Claim, rows []audit.Entry) error {
	return t.mail.SaveClaim(ctx, c, rows)
}

// Role reads one role as it is now.
func (t *Table) Role(ctx context.Context, agency id.Agency, which id.Role) (*role.Role, error) {
	return t.due.Role(ctx, agency, which)
}

// Lists says on which lists of people to invite an agency has the address.
func (t *Table) Lists(ctx context.Context, agency id.Agency, of email.Address) ([]account.List, error) {
	return t.personalData.Lists(ctx, agency, of)
}
