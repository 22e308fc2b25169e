// Package cloudformation is the driver that has AWS CloudFormation make what was paid for: a stack for each instance, from
// one template of the operator's. infra/ops/instance.yaml is such a template, and says what any other must hold.
//
// What the product and a template agree on: the stack is given the parameters Name (letters, digits and hyphens, for ever
// the same for one instance), Number (drawn anew for each creation, for what must differ between stacks, such as the priority
// of a load balancer's rule), StorageGB and Running ("true" or "false"; with "false" all that was stored is kept and nothing
// else runs), and those that the operator adds. When it is complete, its output Url is where the instance is opened, and
// ApiKeySecret, where there is such an output, the name of a secret in Secrets Manager: a JSON object that comes to have the
// member apiKey once the instance has made one. A resource that is called Service is what starts last.
package cloudformation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go"

	"latchkey.dev/shared/adapter/egress"
	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/domain/contract"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/provisioning"
)

// Options are the operator's settings.
type Options struct {
	Stage       string            // of the deployment: part of each stack's name
	TemplateURL string            // of the instance template, in S3
	Role        string            // ARN of the role that CloudFormation makes the resources with; "" for the caller's own
	Parameters  map[string]string // of the template, beside those that the product gives
}

// call is an operation of the SDK's client. Only those that are used are kept, so that no binary holds the others.
type call[In, Out any] = func(context.Context, *In, ...func(*cloudformation.Options)) (*Out, error)

// Driver makes stacks.
type Driver struct {
	o        Options
	create   call[cloudformation.CreateStackInput, cloudformation.CreateStackOutput]
	describe call[cloudformation.DescribeStacksInput, cloudformation.DescribeStacksOutput]
	events   call[cloudformation.DescribeStackEventsInput, cloudformation.DescribeStackEventsOutput]
	update   call[cloudformation.UpdateStackInput, cloudformation.UpdateStackOutput]
	remove   call[cloudformation.DeleteStackInput, cloudformation.DeleteStackOutput]
	secrets  *secrets
}

// aStage is how the template has a stage's name.
var aStage = regexp.MustCompile(`^[a-z][a-z0-9]{0,15}$`)

// From makes the Driver of INSTANCE_TEMPLATE_URL, STAGE, INSTANCE_ROLE and INSTANCE_PARAMETERS, which holds pairs of the
// form Name=value with spaces between them. Where there is no template it is the other one that is returned.
func From(env *environment.Environment, other func() (provisioning.Driver, error)) (provisioning.Driver, error) {
	at := env.Optional("INSTANCE_TEMPLATE_URL")
	if at == "" {
		return other()
	}
	own, err := pairs(env.Optional("INSTANCE_PARAMETERS"))
	if err != nil {
		return nil, err
	}
	if s := env.String("STAGE"); s != "" && !aStage.MatchString(s) {
		return nil, fmt.Errorf("cloudformation: STAGE is %q: a stage's name is lower-case letters and digits, at most 16, and has no "+
			"hyphen, so that no permission on its stacks fits another stage's", s)
	}
	return Open(env.AWS("cloudformation"), env.AWS("secretsmanager"),
		Options{Stage: env.String("STAGE"), TemplateURL: at, Role: env.String("INSTANCE_ROLE"), Parameters: own}), nil
}

// Open makes a Driver. It does no I/O.
func Open(cfg, vault aws.Config, o Options) *Driver {
	c := cloudformation.NewFromConfig(cfg)
	return &Driver{o, c.CreateStack, c.DescribeStacks, c.DescribeStackEvents, c.UpdateStack, c.DeleteStack, &secrets{vault, time.Now}}
}

// pairs reads "VpcId=vpc-1 Subnets=subnet-1,subnet-2".
func pairs(s string) (map[string]string, error) {
	out := map[string]string{}
	for _, f := range strings.Fields(s) {
		name, value, ok := strings.Cut(f, "=")
		if !ok || name == "" || name == running || name == storage || name == label || name == number {
			return nil, fmt.Errorf("cloudformation: INSTANCE_PARAMETERS: %q is no parameter of yours; write Name=value, with spaces "+
				"between them", f)
		}
		out[name] = value
	}
	return out, nil
}

// The parameters that the product gives.
const (
	label   = "Name"
	number  = "Number"
	storage = "StorageGB"
	running = "Running"
)

// errNotYet says that a stack is on its way, and that the question has to be asked again.
var errNotYet = errors.New("cloudformation: the stack is being changed")

// Begin creates the stack, or finds it, has it run again, or removes what is left of it so that the next Begin can create
// it.
func (d *Driver) Begin(ctx context.Context, o provisioning.Order) (provisioning.Report, error) {
	if o.Article.Product != contract.Hosting {
		return provisioning.Report{}, &provisioning.Failure{Reason: words.Say("provisioning.no_services")}
	}
	s, err := d.find(ctx, o)
	switch {
	case err != nil:
		return provisioning.Report{}, err
	case s == nil:
		return d.make(ctx, o)
	}
	making := provisioning.Report{Stage: provisioning.Making, Handle: aws.ToString(s.StackId)}
	switch stateOf(s) {
	case busy, leaving:
		return making, nil
	case broken:
		return making, d.drop(ctx, s)
	}
	if halted(s) {
		return making, d.turn(ctx, s, "true")
	}
	return d.report(ctx, s)
}

// Look says how far the stack is.
func (d *Driver) Look(ctx context.Context, o provisioning.Order) (provisioning.Report, error) {
	s, err := d.find(ctx, o)
	if err != nil {
		return provisioning.Report{}, err
	}
	if s == nil {
		if o.Handle == "" {
			return provisioning.Report{Stage: provisioning.Gone}, nil
		}
		return d.wrong(ctx, o.Handle) // a stack that cannot be created removes itself
	}
	r := provisioning.Report{Stage: provisioning.Making, Handle: aws.ToString(s.StackId)}
	switch stateOf(s) {
	case broken:
		return d.wrong(ctx, r.Handle)
	case done:
		return d.report(ctx, s)
	case busy:
		if s.StackStatus == types.StackStatusCreateInProgress {
			if r.Stage, err = d.progress(ctx, r.Handle); err != nil {
				return provisioning.Report{}, err
			}
		}
	}
	return r, nil
}

// Suspend has the stack keep what is stored, and run nothing. It is an error until that is so.
func (d *Driver) Suspend(ctx context.Context, o provisioning.Order) (provisioning.Report, error) {
	s, err := d.find(ctx, o)
	if err != nil {
		return provisioning.Report{}, err
	}
	if s == nil || stateOf(s) == leaving {
		return provisioning.Report{Stage: provisioning.Gone}, nil
	}
	r := provisioning.Report{Stage: provisioning.Halted, Handle: aws.ToString(s.StackId)}
	switch {
	case stateOf(s) == busy:
		return r, errNotYet
	// nothing of it runs
	case stateOf(s) == broken && s.StackStatus != types.StackStatusUpdateFailed && s.StackStatus != types.StackStatusUpdateRollbackFailed:
		return r, nil
	case halted(s):
		return r, nil
	}
	if err := d.turn(ctx, s, "false"); err != nil {
		return r, err
	}
	return r, errNotYet
}

// Resume has the stack run again. It is an error until it does.
func (d *Driver) Resume(ctx context.Context, o provisioning.Order) (provisioning.Report, error) {
	s, err := d.find(ctx, o)
	switch {
	case err != nil:
		return provisioning.Report{}, err
	case s == nil || stateOf(s) == leaving || stateOf(s) == broken:
		return provisioning.Report{}, errors.New("cloudformation: there is no stack that could run again")
	case stateOf(s) == busy:
		return provisioning.Report{}, errNotYet
	case halted(s):
		if err := d.turn(ctx, s, "true"); err != nil {
			return provisioning.Report{}, err
		}
		return provisioning.Report{}, errNotYet
	}
	return d.report(ctx, s)
}

// Delete removes the stack with all that is in it.
func (d *Driver) Delete(ctx context.Context, o provisioning.Order) (provisioning.Report, error) {
	s, err := d.find(ctx, o)
	if err != nil {
		return provisioning.Report{}, err
	}
	if s == nil {
		return provisioning.Report{Stage: provisioning.Gone}, nil
	}
	r := provisioning.Report{Stage: provisioning.Making, Handle: aws.ToString(s.StackId)}
	if stateOf(s) == leaving {
		return r, nil
	}
	return r, d.drop(ctx, s)
}

// name is the stack's name: one for each resource, for ever.
func (d *Driver) name(o provisioning.Order) string { return "latchkey-" + d.o.Stage + "-" + host(o) }

// host is a name for the instance that can stand in a domain name.
func host(o provisioning.Order) string {
	return strings.ReplaceAll(strings.ToLower(string(o.Resource)), "_", "-")
}

// token is the item's key as CloudFormation takes it.
func token(o provisioning.Order) string {
	return "item-" + strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '-'
	}, o.Key)
}

// find looks for the stack; nil when there is none.
func (d *Driver) find(ctx context.Context, o provisioning.Order) (*types.Stack, error) {
	out, err := d.describe(ctx, &cloudformation.DescribeStacksInput{StackName: aws.String(d.name(o))})
	if missing(err) {
		return nil, nil //nolint:nilnil // see above
	}
	if err != nil {
		return nil, fmt.Errorf("cloudformation: %w", err)
	}
	for n := range out.Stacks {
		if out.Stacks[n].StackStatus != types.StackStatusDeleteComplete {
			return &out.Stacks[n], nil
		}
	}
	return nil, nil //nolint:nilnil // see above
}

// missing tells whether the error says that there is no such stack: a ValidationError, as are many others.
func missing(err error) bool {
	var e smithy.APIError
	return errors.As(err, &e) && e.ErrorCode() == "ValidationError" && strings.Contains(e.ErrorMessage(), "does not exist")
}

// standing is what a stack's state comes to.
type standing int

const (
	busy    standing = iota // it is being changed
	leaving                 // it is being deleted
	done
	broken
)

func stateOf(s *types.Stack) standing {
	switch s.StackStatus {
	case types.StackStatusDeleteInProgress:
		return leaving
	case types.StackStatusCreateComplete, types.StackStatusUpdateComplete, types.StackStatusUpdateRollbackComplete,
		types.StackStatusImportComplete, types.StackStatusImportRollbackComplete:
		return done
	}
	if strings.HasSuffix(string(s.StackStatus), "_IN_PROGRESS") {
		return busy
	}
	return broken
}

func (d *Driver) make(ctx context.Context, o provisioning.Order) (provisioning.Report, error) {
	in := &cloudformation.CreateStackInput{
		StackName: aws.String(d.name(o)), TemplateURL: &d.o.TemplateURL, ClientRequestToken: aws.String(token(o)),
		OnFailure: types.OnFailureDelete, TimeoutInMinutes: aws.Int32(45), Capabilities: []types.Capability{types.CapabilityCapabilityIam},
		Tags: []types.Tag{tag("agency", string(o.Agency)), tag("client", string(o.Client)), tag("resource", string(o.Resource)),
			tag("item", o.Key)},
		Parameters: []types.Parameter{set(label, host(o)),
			set(number, strconv.Itoa(1+rand.IntN(50_000))), //nolint:gosec // it is no secret
			set(storage, strconv.Itoa(o.Article.StorageGB)), set(running, "true")},
	}
	if d.o.Role != "" {
		in.RoleARN = &d.o.Role
	}
	for _, name := range slices.Sorted(maps.Keys(d.o.Parameters)) {
		in.Parameters = append(in.Parameters, set(name, d.o.Parameters[name]))
	}
	out, err := d.create(ctx, in)
	var used *types.TokenAlreadyExistsException
	if errors.As(err, &used) { // by a stack of that name that is gone: there is no other one, since the name is the guard
		in.ClientRequestToken = nil
		out, err = d.create(ctx, in)
	}
	var exists *types.AlreadyExistsException
	if errors.As(err, &exists) { // somebody else was faster
		s, err := d.find(ctx, o)
		if err != nil || s == nil {
			return provisioning.Report{}, errors.Join(errNotYet, err)
		}
		return provisioning.Report{Stage: provisioning.Making, Handle: aws.ToString(s.StackId)}, nil
	}
	if err != nil {
		return provisioning.Report{}, fmt.Errorf("cloudformation: %w", err)
	}
	return provisioning.Report{Stage: provisioning.Making, Handle: aws.ToString(out.StackId)}, nil
}

func set(name, value string) types.Parameter {
	return types.Parameter{ParameterKey: &name, ParameterValue: &value}
}

func tag(name, value string) types.Tag {
	return types.Tag{Key: aws.String("latchkey:" + name), Value: &value}
}

// halted tells whether the stack is one, or is to be one, that runs nothing.
func halted(s *types.Stack) bool {
	for _, p := range s.Parameters {
		if aws.ToString(p.ParameterKey) == running {
			return aws.ToString(p.ParameterValue) == "false"
		}
	}
	return false
}

func output(s *types.Stack, name string) string {
	for _, o := range s.Outputs {
		if aws.ToString(o.OutputKey) == name {
			return aws.ToString(o.OutputValue)
		}
	}
	return ""
}

// turn updates the stack with another value of Running, and nothing else.
func (d *Driver) turn(ctx context.Context, s *types.Stack, to string) error {
	in := &cloudformation.UpdateStackInput{StackName: s.StackId, UsePreviousTemplate: aws.Bool(true),
		Capabilities: []types.Capability{types.CapabilityCapabilityIam}}
	if d.o.Role != "" {
		in.RoleARN = &d.o.Role
	}
	for _, p := range s.Parameters {
		if aws.ToString(p.ParameterKey) == running {
			in.Parameters = append(in.Parameters, set(running, to))
			continue
		}
		in.Parameters = append(in.Parameters, types.Parameter{ParameterKey: p.ParameterKey, UsePreviousValue: aws.Bool(true)})
	}
	if _, err := d.update(ctx, in); err != nil {
		return fmt.Errorf("cloudformation: %w", err)
	}
	return nil
}

func (d *Driver) drop(ctx context.Context, s *types.Stack) error {
	in := &cloudformation.DeleteStackInput{StackName: s.StackId}
	if d.o.Role != "" {
		in.RoleARN = &d.o.Role
	}
	if _, err := d.remove(ctx, in); err != nil && !missing(err) {
		return fmt.Errorf("cloudformation: %w", err)
	}
	return nil
}

// report says what a complete stack holds.
func (d *Driver) report(ctx context.Context, s *types.Stack) (provisioning.Report, error) {
	r := provisioning.Report{Stage: provisioning.Halted, Handle: aws.ToString(s.StackId)}
	if halted(s) {
		return r, nil
	}
	at, err := instance.ParseURL("url", output(s, "Url"), egress.Strict())
	if err != nil {
		return provisioning.Report{}, fmt.Errorf("cloudformation: the output Url of %s is no https address: the instance template has to "+
			"be mended", r.Handle)
	}
	r.Stage, r.URL = provisioning.Running, at
	if name := output(s, "ApiKeySecret"); name != "" {
		if r.APIKey, err = d.secrets.apiKey(ctx, name); err != nil {
			return provisioning.Report{}, err
		}
		if r.APIKey == "" {
			r.Stage = provisioning.There // it has not made its key yet
		}
	}
	return r, nil
}

// progress tells from the stack's events whether what starts last has begun to.
func (d *Driver) progress(ctx context.Context, stack string) (provisioning.Stage, error) {
	out, err := d.events(ctx, &cloudformation.DescribeStackEventsInput{StackName: &stack})
	if err != nil {
		return "", fmt.Errorf("cloudformation: %w", err)
	}
	for _, e := range out.StackEvents {
		if aws.ToString(e.LogicalResourceId) == "Service" && aws.ToString(e.PhysicalResourceId) != "" {
			return provisioning.There, nil
		}
	}
	return provisioning.Making, nil
}

// wrong says why a stack could not be made. Its own words are for the log: they may hold names of the operator's account.
func (d *Driver) wrong(ctx context.Context, stack string) (provisioning.Report, error) {
	r := provisioning.Report{Stage: provisioning.Broken, Handle: stack, Reason: words.Say("provisioning.no_resources")}
	out, err := d.events(ctx, &cloudformation.DescribeStackEventsInput{StackName: &stack})
	if missing(err) {
		return r, nil
	}
	if err != nil {
		return provisioning.Report{}, fmt.Errorf("cloudformation: %w", err)
	}
	for _, e := range slices.Backward(out.StackEvents) { // the newest come first; what failed first is the cause
		if e.ResourceStatus == types.ResourceStatusCreateFailed {
			r.Reason = words.Say("provisioning.no_resource", "resource", aws.ToString(e.ResourceType))
			slog.WarnContext(ctx, "a stack could not be created", "stack", stack, "resource", aws.ToString(e.LogicalResourceId), "reason",
				aws.ToString(e.ResourceStatusReason))
			break
		}
	}
	return r, nil
}
