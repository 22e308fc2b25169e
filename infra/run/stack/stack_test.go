package stack_test

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"latchkey.dev/infra/run/engine"
	"latchkey.dev/infra/run/stack"
	"latchkey.dev/infra/run/template"
)

// endpoint is the embedded engine, or what AWS_ENDPOINT_URL names; LATCHKEY_WITHOUT names services that it lacks.
func endpoint(t *testing.T) (aws.Config, []stack.Option) {
	t.Helper()
	if os.Getenv("AWS_ENDPOINT_URL") != "" {
		cfg, err := config.LoadDefaultConfig(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		var without []stack.Option
		for _, service := range strings.Fields(os.Getenv("LATCHKEY_WITHOUT")) {
			without = append(without, stack.Without(service))
		}
		return cfg, without
	}
	e, err := engine.Open(engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e.Config(), nil
}

func read(t *testing.T) *template.Template {
	t.Helper()
	got, err := template.Read("../../../template.yaml", template.Inputs{Parameters: map[string]string{
		"Stage": "stacktest", "Origin": "https://portal.example.com", "MailFrom": "invites@mail.example.com",
	}, Account: "999999999999"})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestUpMakesWhatTheTemplateDeclares(t *testing.T) {
	t.Parallel()
	cfg, without := endpoint(t)
	ctx := t.Context()
	var s *stack.Stack
	for range 2 { // the second time changes nothing
		var err error
		if s, err = stack.Up(ctx, cfg, read(t), without...); err != nil {
			t.Fatal(err)
		}
	}
	if s.Template.Inputs.Account == "999999999999" {
		t.Error("the account is the endpoint's, not the one that the template was read with")
	}

	db := dynamodb.NewFromConfig(cfg)
	table := s.Environment("Invites")["TABLE_NAME"]
	out, err := db.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &table})
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Table.GlobalSecondaryIndexes) != 2 {
		t.Errorf("%d indexes", len(out.Table.GlobalSecondaryIndexes))
	}
	ttl, err := db.DescribeTimeToLive(ctx, &dynamodb.DescribeTimeToLiveInput{TableName: &table})
	if err != nil || aws.ToString(ttl.TimeToLiveDescription.AttributeName) != "ttl" {
		t.Errorf("TTL: %+v, %v", ttl, err)
	}

	queue := s.Environment("Invites")["MAIL_QUEUE_URL"]
	attributes, err := sqs.NewFromConfig(cfg).GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: &queue, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll},
	})
	if err != nil {
		t.Fatal(err)
	}
	if a := attributes.Attributes; a["VisibilityTimeout"] != "60" || !strings.Contains(a["RedrivePolicy"], "stacktest-mail-dead-letters") {
		t.Errorf("the mail queue's attributes are %v", a)
	}

	if len(without) > 0 {
		return
	}
	mail := sesv2.NewFromConfig(cfg)
	if _, err := mail.GetEmailIdentity(ctx, &sesv2.GetEmailIdentityInput{EmailIdentity: aws.String("mail.example.com")}); err != nil {
		t.Error(err)
	}
	events, err := mail.GetConfigurationSetEventDestinations(ctx, &sesv2.GetConfigurationSetEventDestinationsInput{
		ConfigurationSetName: aws.String(s.Environment("SendMail")["CONFIGURATION_SET"]),
	})
	if err != nil {
		t.Fatal(err)
	}
	d := events.EventDestinations[0]
	var topic string
	s.Subscriptions(func(topicARN, _ string) { topic = topicARN })
	if aws.ToString(d.SnsDestination.TopicArn) != topic || len(d.MatchingEventTypes) != 7 {
		t.Errorf("event destination %+v, subscribed %s", d, topic)
	}
}

func TestUpBringsQueuesToTheTemplatesSettings(t *testing.T) {
	t.Parallel()
	cfg, without := endpoint(t)
	client := sqs.NewFromConfig(cfg)
	made, err := client.CreateQueue(t.Context(), &sqs.CreateQueueInput{
		QueueName: aws.String("stacktest-delivery"), Attributes: map[string]string{"VisibilityTimeout": "1"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stack.Up(t.Context(), cfg, read(t), without...); err != nil {
		t.Fatal(err)
	}
	out, err := client.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{
		QueueUrl: made.QueueUrl, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameVisibilityTimeout},
	})
	if err != nil || out.Attributes["VisibilityTimeout"] != "60" {
		t.Errorf("%+v, %v", out, err)
	}
}

func TestUpRefusesATableOfOtherKeys(t *testing.T) {
	t.Parallel()
	cfg, without := endpoint(t)
	declared := read(t)
	if _, err := stack.Up(t.Context(), cfg, declared, without...); err != nil {
		t.Fatal(err)
	}
	changed := read(t)
	changed.Table("Table").Indexes = slices.Delete(changed.Table("Table").Indexes, 0, 1)
	_, err := stack.Up(t.Context(), cfg, changed, append(without, stack.Without("sqs"))...)
	if err == nil || !strings.Contains(err.Error(), "it exists with the keys") {
		t.Errorf("the error is %v", err)
	}
}

func TestVariablesOfAllFunctions(t *testing.T) {
	t.Parallel()
	s := &stack.Stack{Template: read(t)}
	all, err := s.Variables()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"TABLE_NAME", "MAIL_QUEUE_URL", "ORIGIN", "PLATFORM_NAME", "MAIL_FROM", "CONFIGURATION_SET",
		"SECRET_PARAMETER", "CHECK_MX"} {
		if all[name] == "" {
			t.Errorf("no function is told %s", name)
		}
	}
	s.Template.Function("SendMail").Environment["ORIGIN"] = "https://other.example.com"
	if _, err := s.Variables(); err == nil {
		t.Error("two values of one variable were taken")
	}
}
