// Package stack makes what template.yaml declares, the table, the queues and the mail resources, through the AWS SDK
// on whatever endpoint it is given: the embedded engine, another emulator, or a bare account. There is no second
// description of any of it.
package stack

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"latchkey.dev/infra/run/template"
)

// Stack is a template whose resources exist.
type Stack struct {
	// Template is the template resolved with what the endpoint answered: its account, its region, its queues' URLs.
	Template *template.Template
}

// Option changes what Up does.
type Option func(*settings)

type settings struct{ without map[string]bool }

// Without leaves out a service that the endpoint does not have: "dynamodb", "sqs" or "sesv2". Up fails on a missing
// service otherwise.
func Without(service string) Option { return func(s *settings) { s.without[service] = true } }

// Up makes every table, queue, mail identity, configuration set and event destination of the template that is not
// there yet, and returns when they can be used. It may be called again: what exists is brought to the template's
// settings, except a table's keys, whose difference is an error because nothing but a new table mends it.
//
// Topics and their subscriptions are not made: no SNS is needed where the engine puts a topic's notifications on the
// queue itself. See [Stack.Subscriptions].
func Up(ctx context.Context, cfg aws.Config, t *template.Template, options ...Option) (*Stack, error) {
	s := settings{without: map[string]bool{}}
	for _, option := range options {
		option(&s)
	}
	known := map[string]bool{"dynamodb": true, "sqs": true, "sesv2": true}
	for service := range s.without {
		if !known[service] {
			return nil, fmt.Errorf("stack: no service %q to leave out", service)
		}
	}
	if cfg.Region != "" && cfg.Region != t.Inputs.Region {
		var err error
		if t, err = t.With(func(in *template.Inputs) { in.Region = cfg.Region }); err != nil {
			return nil, err
		}
	}
	if !s.without["sqs"] {
		var err error
		if t, err = queues(ctx, cfg, t); err != nil {
			return nil, fmt.Errorf("stack: %w", err)
		}
	}
	if !s.without["dynamodb"] {
		if err := tables(ctx, cfg, t); err != nil {
			return nil, fmt.Errorf("stack: %w", err)
		}
	}
	if !s.without["sesv2"] {
		if err := mail(ctx, cfg, t); err != nil {
			return nil, fmt.Errorf("stack: %w", err)
		}
	}
	return &Stack{Template: t}, nil
}

// Environment are the variables of the function of that logical id, as Lambda would give them, without Lambda's own
// (AWS_REGION and the credentials). It is nil when there is no such function.
func (s *Stack) Environment(id string) map[string]string {
	f := s.Template.Function(id)
	if f == nil {
		return nil
	}
	return maps.Clone(f.Environment)
}

// Variables are the variables of all functions together, for one process that hosts them all. A variable that has one
// value here and another there is an error.
func (s *Stack) Variables() (map[string]string, error) {
	all := map[string]string{}
	var errs []error
	for _, f := range s.Template.Functions {
		for name, v := range f.Environment {
			if other, ok := all[name]; ok && other != v {
				errs = append(errs, fmt.Errorf("stack: %s is %q for %s, and %q for another function", name, v, f.ID, other))
			}
			all[name] = v
		}
	}
	return all, errors.Join(errs...)
}

// Subscriptions calls subscribe for every subscription of a queue to a topic, with their ARNs.
func (s *Stack) Subscriptions(subscribe func(topicARN, queueARN string)) {
	for _, sub := range s.Template.Subscriptions {
		subscribe(sub.Topic, sub.Queue)
	}
}

// account is the account and region of an ARN.
func account(arn string) (region, id string, err error) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 {
		return "", "", fmt.Errorf("%q is no ARN", arn)
	}
	return parts[3], parts[4], nil
}
