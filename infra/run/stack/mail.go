package stack

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"

	"latchkey.dev/infra/run/template"
)

func mail(ctx context.Context, cfg aws.Config, t *template.Template) error {
	client := sesv2.NewFromConfig(cfg)
	for _, id := range t.Identities {
		_, err := client.CreateEmailIdentity(ctx, &sesv2.CreateEmailIdentityInput{EmailIdentity: &id.Name})
		if err = unlessThere(err); err != nil {
			return fmt.Errorf("identity %s: %w", id.Name, err)
		}
	}
	for _, set := range t.ConfigurationSets {
		in := &sesv2.CreateConfigurationSetInput{ConfigurationSetName: &set.Name}
		if len(set.SuppressedReasons) > 0 {
			in.SuppressionOptions = &types.SuppressionOptions{}
			for _, reason := range set.SuppressedReasons {
				in.SuppressionOptions.SuppressedReasons = append(in.SuppressionOptions.SuppressedReasons,
					types.SuppressionListReason(reason))
			}
		}
		_, err := client.CreateConfigurationSet(ctx, in)
		if err = unlessThere(err); err != nil {
			return fmt.Errorf("configuration set %s: %w", set.Name, err)
		}
	}
	for _, d := range t.Destinations {
		if err := destination(ctx, client, d); err != nil {
			return fmt.Errorf("event destination %s: %w", d.Name, err)
		}
	}
	return nil
}

func destination(ctx context.Context, client *sesv2.Client, d *template.EventDestination) error {
	definition := &types.EventDestinationDefinition{
		Enabled: true, SnsDestination: &types.SnsDestination{TopicArn: aws.String(d.Topic)},
	}
	for _, e := range d.Events {
		definition.MatchingEventTypes = append(definition.MatchingEventTypes, types.EventType(e))
	}
	_, err := client.CreateConfigurationSetEventDestination(ctx, &sesv2.CreateConfigurationSetEventDestinationInput{
		ConfigurationSetName: &d.ConfigurationSet, EventDestinationName: &d.Name, EventDestination: definition,
	})
	if err == nil || unlessThere(err) != nil {
		return err
	}
	_, err = client.UpdateConfigurationSetEventDestination(ctx, &sesv2.UpdateConfigurationSetEventDestinationInput{
		ConfigurationSetName: &d.ConfigurationSet, EventDestinationName: &d.Name, EventDestination: definition,
	})
	return err
}

// unlessThere passes over the error that says that a thing exists already.
func unlessThere(err error) error {
	if _, exists := errors.AsType[*types.AlreadyExistsException](err); exists {
		return nil
	}
	return err
}
