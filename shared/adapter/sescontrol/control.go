// Package sescontrol makes and unmakes the identities and tenants of agencies at Amazon SES (API v2), with the SDK's client.
package sescontrol

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/aws/smithy-go"

	"latchkey.dev/shared/adapter/ses"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/sender"
	"latchkey.dev/shared/usecase/senders"
)

// stageTag marks what a stage has made at SES: nothing else is changed or deleted, neither by the role nor by Control.
const stageTag = "latchkey:stage"

// What is taken of an answer.
const (
	mostTokens   = 10 // of DKIM; SES gives three
	longestName  = 253
	longestLabel = 63
	longestWord  = 64 // of a status
)

// tenantsInOneGo is how many tenants one call of Delete or Admit takes a domain from. A domain has one at a time, and what else there
// is was left by calls that were cut short.
const tenantsInOneGo = 5

// Settings say what a Control works for.
type Settings struct {
	Stage   string
	Set     string           // the configuration set that mails are sent with
	Tenants string           // what the ARNs of this account at SES begin with, up to its number; empty where tenants are off
	Pace    time.Duration    // the pause before each call
	Now     func() time.Time // tells when SES was asked
}

// Control makes and unmakes the identities of agencies' domains at SES. SES takes one call a second, so that each is preceded by a
// pause, also the first one: the call before may have been another process's. No call is tried twice: the queue does that.
type Control struct {
	settings Settings
	region   string
	turn     chan struct{}

	// The operations in use, as functions: see dynamo.Table on what a field of the client's type would cost.
	create     operation[sesv2.CreateEmailIdentityInput, sesv2.CreateEmailIdentityOutput]
	get        operation[sesv2.GetEmailIdentityInput, sesv2.GetEmailIdentityOutput]
	remove     operation[sesv2.DeleteEmailIdentityInput, sesv2.DeleteEmailIdentityOutput]
	mailFrom   operation[sesv2.PutEmailIdentityMailFromAttributesInput, sesv2.PutEmailIdentityMailFromAttributesOutput]
	signing    operation[sesv2.PutEmailIdentityDkimSigningAttributesInput, sesv2.PutEmailIdentityDkimSigningAttributesOutput]
	tenant     operation[sesv2.CreateTenantInput, sesv2.CreateTenantOutput]
	tenantIs   operation[sesv2.GetTenantInput, sesv2.GetTenantOutput]
	tenantEnds operation[sesv2.DeleteTenantInput, sesv2.DeleteTenantOutput]
	tie        operation[sesv2.CreateTenantResourceAssociationInput, sesv2.CreateTenantResourceAssociationOutput]
	untie      operation[sesv2.DeleteTenantResourceAssociationInput, sesv2.DeleteTenantResourceAssociationOutput]
	tenantsOf  operation[sesv2.ListResourceTenantsInput, sesv2.ListResourceTenantsOutput]
	resources  operation[sesv2.ListTenantResourcesInput, sesv2.ListTenantResourcesOutput]
}

// operation is one of SES's.
type operation[In, Out any] func(context.Context, *In, ...func(*sesv2.Options)) (*Out, error)

// Open makes a Control. It does no I/O.
func Open(cfg aws.Config, s Settings) *Control {
	c := sesv2.NewFromConfig(cfg, func(o *sesv2.Options) { o.RetryMaxAttempts = 1 })
	return &Control{settings: s, region: cfg.Region, turn: make(chan struct{}, 1),
		create: c.CreateEmailIdentity, get: c.GetEmailIdentity, remove: c.DeleteEmailIdentity,
		mailFrom: c.PutEmailIdentityMailFromAttributes, signing: c.PutEmailIdentityDkimSigningAttributes,
		tenant: c.CreateTenant, tenantIs: c.GetTenant, tenantEnds: c.DeleteTenant,
		tie: c.CreateTenantResourceAssociation, untie: c.DeleteTenantResourceAssociation,
		tenantsOf: c.ListResourceTenants, resources: c.ListTenantResources}
}

// Make makes the identity of a domain with Easy DKIM of 2048 bits, and its MAIL FROM domain. Where there is one, it is taken as it
// is, since it belongs to the name and others may be using it: a MAIL FROM domain is given only to one of this stage's that has none.
func (c *Control) Make(ctx context.Context, d sender.Domain, mailFrom string) (sender.Identity, error) {
	_, err := ask(ctx, c, c.create, &sesv2.CreateEmailIdentityInput{EmailIdentity: name(d), Tags: c.tags(),
		DkimSigningAttributes: &types.DkimSigningAttributes{NextSigningKeyLength: types.DkimSigningKeyLengthRsa2048Bit}})
	made := err == nil
	if err != nil && !is[*types.AlreadyExistsException](err) {
		return sender.Identity{}, err
	}
	if !made {
		out, err := c.look(ctx, d)
		if err != nil {
			return sender.Identity{}, err
		}
		if !c.ours(out) || mailFromOf(out) != "" {
			return c.identity(d, out)
		}
	}
	if mailFrom != "" {
		if err := c.setMailFrom(ctx, d, mailFrom); err != nil {
			return sender.Identity{}, err
		}
	}
	return c.Read(ctx, d)
}

// Read is how the identity of a domain stands. Fault: [fault.NotFound] where there is none.
func (c *Control) Read(ctx context.Context, d sender.Domain) (sender.Identity, error) {
	out, err := c.look(ctx, d)
	if err != nil {
		return sender.Identity{}, err
	}
	return c.identity(d, out)
}

// MailFrom gives the identity another MAIL FROM domain. One that it has already is left as it is, since to set it anew would have it
// verified anew.
func (c *Control) MailFrom(ctx context.Context, d sender.Domain, mailFrom string) error {
	out, err := c.look(ctx, d)
	if err != nil || !c.ours(out) || mailFromOf(out) == sender.Canonical(mailFrom) {
		return err
	}
	return c.setMailFrom(ctx, d, mailFrom)
}

// Restart has SES look anew for what it has given up: the DKIM records by setting Easy DKIM again, and those of MAIL FROM by setting
// that again. The length of the key is not named, since another length means other tokens, and others to publish.
func (c *Control) Restart(ctx context.Context, d sender.Domain) error {
	out, err := c.look(ctx, d)
	if err != nil || !c.ours(out) {
		return err
	}
	if out.VerificationStatus == types.VerificationStatusFailed || out.VerificationStatus == types.VerificationStatusNotStarted {
		_, err := ask(ctx, c, c.signing, &sesv2.PutEmailIdentityDkimSigningAttributesInput{EmailIdentity: name(d),
			SigningAttributesOrigin: types.DkimSigningAttributesOriginAwsSes})
		if err != nil {
			return err
		}
	}
	if at := out.MailFromAttributes; at != nil && at.MailFromDomainStatus == types.MailFromDomainStatusFailed {
		return c.setMailFrom(ctx, d, aws.ToString(at.MailFromDomain))
	}
	return nil
}

// Delete deletes the identity, after taking it from whatever tenants have it: SES refuses to delete what has an association. One that
// is not there, or that this stage did not make, is left.
func (c *Control) Delete(ctx context.Context, d sender.Domain) error {
	out, err := c.look(ctx, d)
	if fault.Is(err, fault.NotFound) || err == nil && !c.ours(out) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := c.dismiss(ctx, d, ""); err != nil {
		return err
	}
	_, err = ask(ctx, c, c.remove, &sesv2.DeleteEmailIdentityInput{EmailIdentity: name(d)})
	return missingIsFine(err)
}

// Admit lets the agency's tenant send from the domain, and makes the tenant where it has none: a tenant sends only with an identity
// and a configuration set that are both associated with it. A tenant that had the domain before loses it. It tells whether agencies
// are tenants; where they aren't, it does nothing.
func (c *Control) Admit(ctx context.Context, d sender.Domain, a id.Agency) (bool, error) {
	if c.settings.Tenants == "" {
		return false, nil
	}
	t := ses.Tenant(c.settings.Stage, a)
	if err := c.dismiss(ctx, d, t); err != nil {
		return false, err
	}
	_, err := ask(ctx, c, c.tenant, &sesv2.CreateTenantInput{TenantName: &t, Tags: c.tags()})
	if err != nil && !is[*types.AlreadyExistsException](err) {
		return false, err
	}
	for _, arn := range []string{c.arn(d), c.settings.Tenants + ":configuration-set/" + c.settings.Set} {
		_, err := ask(ctx, c, c.tie, &sesv2.CreateTenantResourceAssociationInput{ResourceArn: &arn, TenantName: &t})
		if err != nil && !is[*types.AlreadyExistsException](err) {
			return false, err
		}
	}
	return true, nil
}

// dismiss takes the domain from this stage's tenants that have it, but for one.
func (c *Control) dismiss(ctx context.Context, d sender.Domain, except string) error {
	if c.settings.Tenants == "" {
		return nil
	}
	out, err := ask(ctx, c, c.tenantsOf, &sesv2.ListResourceTenantsInput{ResourceArn: aws.String(c.arn(d))})
	if err != nil {
		return missingIsFine(err)
	}
	gone := 0
	for _, r := range out.ResourceTenants {
		t := aws.ToString(r.TenantName)
		if t == except || !strings.HasPrefix(t, c.settings.Stage+"-") {
			continue
		}
		if gone++; gone > tenantsInOneGo {
			return fmt.Errorf("%w: %s belongs to further tenants", senders.ErrBusy, d)
		}
		if err := c.dismissFrom(ctx, d, t); err != nil {
			return err
		}
	}
	if out.NextToken != nil {
		return fmt.Errorf("%w: %s belongs to further tenants", senders.ErrBusy, d)
	}
	return nil
}

// dismissFrom takes the domain from one tenant. One that has no other goes as a whole, and its associations with it, since each tenant
// is paid for by the month; but not one that was stopped, with which the reason would go.
func (c *Control) dismissFrom(ctx context.Context, d sender.Domain, t string) error {
	has, err := ask(ctx, c, c.resources, &sesv2.ListTenantResourcesInput{TenantName: &t,
		Filter: map[string]string{string(types.ListTenantResourcesFilterKeyResourceType): string(types.ResourceTypeEmailIdentity)}})
	if err != nil {
		return missingIsFine(err)
	}
	alone := has.NextToken == nil // a page may be empty and not the last one
	for _, r := range has.TenantResources {
		alone = alone && aws.ToString(r.ResourceArn) == c.arn(d)
	}
	if alone {
		is, err := ask(ctx, c, c.tenantIs, &sesv2.GetTenantInput{TenantName: &t})
		if err != nil {
			return missingIsFine(err)
		}
		if is.Tenant != nil && is.Tenant.SendingStatus == types.SendingStatusEnabled {
			_, err = ask(ctx, c, c.tenantEnds, &sesv2.DeleteTenantInput{TenantName: &t})
			return missingIsFine(err)
		}
	}
	_, err = ask(ctx, c, c.untie, &sesv2.DeleteTenantResourceAssociationInput{ResourceArn: aws.String(c.arn(d)), TenantName: &t})
	return missingIsFine(err)
}

// look asks for the identity of a domain.
func (c *Control) look(ctx context.Context, d sender.Domain) (*sesv2.GetEmailIdentityOutput, error) {
	out, err := ask(ctx, c, c.get, &sesv2.GetEmailIdentityInput{EmailIdentity: name(d)})
	if err != nil && missingIsFine(err) == nil {
		return nil, fault.New(fault.NotFound, "sender.no_identity")
	}
	return out, err
}

func (c *Control) setMailFrom(ctx context.Context, d sender.Domain, mailFrom string) error {
	_, err := ask(ctx, c, c.mailFrom, &sesv2.PutEmailIdentityMailFromAttributesInput{EmailIdentity: name(d), MailFromDomain: &mailFrom,
		BehaviorOnMxFailure: types.BehaviorOnMxFailureUseDefaultValue}) // SPF doesn't align then; DKIM does
	return err
}

func name(d sender.Domain) *string { return aws.String(string(d)) }

func (c *Control) arn(d sender.Domain) string { return c.settings.Tenants + ":identity/" + string(d) }

func (c *Control) tags() []types.Tag {
	return []types.Tag{{Key: aws.String(stageTag), Value: &c.settings.Stage}}
}

// ours tells whether this stage made the identity. An account may have others, of another stage or of the operator's own.
func (c *Control) ours(out *sesv2.GetEmailIdentityOutput) bool {
	for _, t := range out.Tags {
		if aws.ToString(t.Key) == stageTag {
			return aws.ToString(t.Value) == c.settings.Stage
		}
	}
	return false
}

// mailFromOf is the MAIL FROM domain that the identity has; "" for none.
func mailFromOf(out *sesv2.GetEmailIdentityOutput) string {
	if out.MailFromAttributes == nil {
		return ""
	}
	return sender.Canonical(aws.ToString(out.MailFromAttributes.MailFromDomain))
}

// identity is SES's answer as it is kept. Of statuses that are new to us only the words are kept. What records are made of has to be
// what DNS carries: a record that is published wrong is worse than one that isn't shown yet.
func (c *Control) identity(d sender.Domain, out *sesv2.GetEmailIdentityOutput) (sender.Identity, error) {
	dkim := out.DkimAttributes
	if dkim == nil || dkim.SigningAttributesOrigin == types.DkimSigningAttributesOriginExternal {
		return sender.Identity{}, fmt.Errorf("ses: the identity %s is signed with a key of its own, whose records SES doesn't know", d)
	}
	if len(dkim.Tokens) == 0 || len(dkim.Tokens) > mostTokens {
		return sender.Identity{}, fmt.Errorf("ses: the identity %s has %d DKIM tokens", d, len(dkim.Tokens))
	}
	for _, t := range dkim.Tokens {
		if len(t) > longestLabel || !hostname(t) {
			return sender.Identity{}, fmt.Errorf("ses: the identity %s has a DKIM token that is no name", d)
		}
	}
	hosted := sender.Canonical(aws.ToString(dkim.SigningHostedZone))
	if !strings.Contains(hosted, ".") || !hostname(hosted) {
		return sender.Identity{}, fmt.Errorf("ses: the identity %s names no zone for its DKIM keys", d)
	}
	got := sender.Identity{Domain: d, Region: c.region, Hosted: hosted, Tokens: dkim.Tokens, Status: word(string(out.VerificationStatus)),
		AskedAt: c.settings.Now()}
	if out.VerificationInfo != nil {
		got.Failure = word(string(out.VerificationInfo.ErrorType))
	}
	if at := mailFromOf(out); hostname(at) {
		got.MailFrom, got.MailFromStatus = at, word(string(out.MailFromAttributes.MailFromDomainStatus))
	}
	return got, nil
}

// hostname tells whether a name has the letters of names, and fits into DNS.
func hostname(s string) bool {
	return s != "" && len(s) <= longestName && strings.Trim(strings.ToLower(s), "abcdefghijklmnopqrstuvwxyz0123456789-_.") == "" &&
		!strings.Contains(s, "..")
}

// word is a status as SES writes them; "" for what isn't one.
func word(s string) string {
	if len(s) > longestWord || strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != "" {
		return ""
	}
	return s
}

// ask makes one call, after the pause. Calls of one Control wait for each other.
func ask[In, Out any](ctx context.Context, c *Control, do operation[In, Out], in *In) (*Out, error) {
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	wait := time.NewTimer(c.settings.Pace)
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	out, err := do(ctx, in)
	if err != nil {
		return nil, sorted(err)
	}
	return out, nil
}

// sorted tells apart what says nothing about the domain.
func sorted(err error) error {
	var (
		api  smithy.APIError
		http interface{ HTTPStatusCode() int }
	)
	if errors.As(err, &api) {
		switch api.ErrorCode() {
		case "TooManyRequestsException", "ThrottlingException", "Throttling", "ConcurrentModificationException":
			return fmt.Errorf("%w: %w", senders.ErrBusy, err)
		case "LimitExceededException":
			return fmt.Errorf("%w: %w", senders.ErrNoRoom, err)
		}
	}
	if errors.As(err, &http) && http.HTTPStatusCode() == 429 {
		return fmt.Errorf("%w: %w", senders.ErrBusy, err)
	}
	return fmt.Errorf("ses: %w", err)
}

func missingIsFine(err error) error {
	if is[*types.NotFoundException](err) {
		return nil
	}
	return err
}

func is[E error](err error) bool {
	_, yes := errors.AsType[E](err)
	return yes
}
