package host_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamotypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	sestypes "github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/google/go-cmp/cmp"

	"latchkey.dev/infra/run/host"
	"latchkey.dev/infra/run/template"
	"latchkey.dev/shared/adapter/event"
)

const roles = `
Transform: AWS::Serverless-2016-10-31
Resources:
  Table: {Type: AWS::DynamoDB::Table, Properties: {TableName: t,
    AttributeDefinitions: [{AttributeName: pk, AttributeType: S}], KeySchema: [{AttributeName: pk, KeyType: HASH}]}}
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: q}}
  Logs: {Type: AWS::Logs::LogGroup}
  Role:
    Type: AWS::IAM::Role
    Properties:
      Policies:
        - PolicyName: p
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - {Effect: Allow, Action: [dynamodb:PutItem, dynamodb:GetItem], Resource: !GetAtt Table.Arn}
              - {Effect: Allow, Action: dynamodb:Query, Resource: !Sub "${Table.Arn}/index/i"}
              - {Effect: Allow, Action: [sqs:ReceiveMessage, sqs:DeleteMessage, sqs:GetQueueAttributes], Resource: !GetAtt Queue.Arn}
              - {Effect: Allow, Action: logs:PutLogEvents, Resource: !GetAtt Logs.Arn}
  Work:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: work
      CodeUri: x
      Role: !GetAtt Role.Arn
      LoggingConfig: {LogGroup: !Ref Logs}
      Events: {Q: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn}}}
`

// refusing is an HTTP client that reaches nothing.
type refusing struct{}

func (refusing) Do(*http.Request) (*http.Response, error) { return nil, http.ErrServerClosed }

// TestCallsAreKnownByTheAccessKey: of functions in processes of their own, a listener notes what each calls, and passes it on.
func TestCallsAreKnownByTheAccessKey(t *testing.T) {
	t.Parallel()
	declared, err := template.Parse([]byte(roles), template.Inputs{})
	if err != nil {
		t.Fatal(err)
	}
	recorder := host.NewRecorder(declared)
	bodies := 0
	listener := httptest.NewServer(recorder.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if body, err := io.ReadAll(r.Body); err == nil && strings.Contains(string(body), `"TableName":"t"`) {
			bodies++
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		io.WriteString(w, "{}")
	})))
	t.Cleanup(listener.Close)
	for _, key := range []string{host.AccessKey("Work"), host.AccessKey("Nobody"), "test"} {
		db := dynamodb.NewFromConfig(aws.Config{Region: "us-east-1", BaseEndpoint: &listener.URL,
			Credentials: credentials.NewStaticCredentialsProvider(key, "test", "test")})
		if _, err := db.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: aws.String("t"),
			Key: map[string]dynamotypes.AttributeValue{"pk": &dynamotypes.AttributeValueMemberS{Value: key}}}); err != nil {
			t.Error(err)
		}
	}
	if diff := cmp.Diff([]string{"dynamodb:GetItem arn:aws:dynamodb:us-east-1:000000000000:table/t"}, recorder.Used("Work")); diff != "" {
		t.Error(diff)
	}
	if bodies != 3 || len(recorder.Used("Nobody")) > 0 {
		t.Errorf("%d bodies were passed on; noted of a function that is not there: %v", bodies, recorder.Used("Nobody"))
	}
}

const controls = `
Transform: AWS::Serverless-2016-10-31
Resources:
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: q}}
  Logs: {Type: AWS::Logs::LogGroup}
  Role:
    Type: AWS::IAM::Role
    Properties:
      Policies:
        - PolicyName: p
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Effect: Allow
                Action: [sqs:ReceiveMessage, sqs:DeleteMessage, sqs:GetQueueAttributes]
                Resource: !GetAtt Queue.Arn
              - Effect: Allow
                Action: [ses:CreateEmailIdentity, ses:TagResource, ses:GetEmailIdentity, ses:PutEmailIdentityDkimSigningAttributes]
                Resource: "arn:aws:ses:us-east-1:000000000000:identity/*"
              - Effect: Allow
                Action: [ses:CreateTenant, ses:CreateTenantResourceAssociation, ses:DeleteTenant]
                Resource: "arn:aws:ses:us-east-1:000000000000:tenant/live-*"
  Work:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: work
      CodeUri: x
      Role: !GetAtt Role.Arn
      LoggingConfig: {LogGroup: !Ref Logs}
      Events: {Q: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn}}}
`

// What is granted on every identity is granted on each, and used by a call for any.
func TestARightOnManyIsComparedWithCallsForEach(t *testing.T) {
	t.Parallel()
	declared, err := template.Parse([]byte(controls), template.Inputs{})
	if err != nil {
		t.Fatal(err)
	}
	recorder := host.NewRecorder(declared)
	c := sesv2.NewFromConfig(aws.Config{Region: "us-east-1", Credentials: aws.AnonymousCredentials{}, RetryMaxAttempts: 1,
		HTTPClient: recorder.Client(refusing{})})
	name, tags := aws.String("mail.agency.dev"), []sestypes.Tag{{Key: aws.String("k"), Value: aws.String("v")}}
	const arn = "arn:aws:ses:us-east-1:000000000000:"
	h := open(t, declared, map[string]event.Function{"Work": function(func(ctx context.Context, _ []byte) ([]byte, error) {
		c.CreateEmailIdentity(ctx, &sesv2.CreateEmailIdentityInput{EmailIdentity: name, Tags: tags})
		c.GetEmailIdentity(ctx, &sesv2.GetEmailIdentityInput{EmailIdentity: name})
		c.DeleteEmailIdentity(ctx, &sesv2.DeleteEmailIdentityInput{EmailIdentity: name})
		c.PutEmailIdentityDkimSigningAttributes(ctx, &sesv2.PutEmailIdentityDkimSigningAttributesInput{EmailIdentity: name,
			SigningAttributesOrigin: sestypes.DkimSigningAttributesOriginAwsSes})
		c.CreateTenant(ctx, &sesv2.CreateTenantInput{TenantName: aws.String("live-a")})
		c.CreateTenant(ctx, &sesv2.CreateTenantInput{TenantName: aws.String("test-a")})
		c.CreateTenantResourceAssociation(ctx, &sesv2.CreateTenantResourceAssociationInput{TenantName: aws.String("live-a"),
			ResourceArn: aws.String(arn + "identity/mail.agency.dev")})
		return nil, nil
	})}, host.Options{})
	if _, err := h.Invoke(t.Context(), "Work", []byte("{}")); err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, d := range recorder.Differences() {
		told = append(told, strings.ReplaceAll(d.String(), arn, ""))
	}
	want := []string{
		"Work calls ses:CreateTenant on tenant/test-a, which its role does not allow",
		"Work calls ses:CreateTenantResourceAssociation on identity/mail.agency.dev, which its role does not allow",
		"Work calls ses:DeleteEmailIdentity on identity/mail.agency.dev, which its role does not allow",
		"Work may call ses:DeleteTenant on tenant/live-*, and never does",
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Error(diff)
	}
}

func TestWhatAFunctionCallsIsComparedWithItsRole(t *testing.T) {
	t.Parallel()
	declared, err := template.Parse([]byte(roles), template.Inputs{})
	if err != nil {
		t.Fatal(err)
	}
	recorder := host.NewRecorder(declared)
	cfg := aws.Config{
		Region: "us-east-1", Credentials: aws.AnonymousCredentials{}, RetryMaxAttempts: 1, HTTPClient: recorder.Client(refusing{}),
	}
	key := map[string]dynamotypes.AttributeValue{"pk": &dynamotypes.AttributeValueMemberS{Value: "a"}}
	table := aws.String("t")
	work := func(ctx context.Context) {
		db := dynamodb.NewFromConfig(cfg)
		db.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []dynamotypes.TransactWriteItem{
			{Put: &dynamotypes.Put{TableName: table, Item: key}},
			{ConditionCheck: &dynamotypes.ConditionCheck{TableName: table, Key: key, ConditionExpression: aws.String("attribute_exists(pk)")}},
		}})
		db.Query(ctx, &dynamodb.QueryInput{TableName: table, IndexName: aws.String("i"), KeyConditionExpression: aws.String("pk = :a")})
		db.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]dynamotypes.KeysAndAttributes{
			"t": {Keys: []map[string]dynamotypes.AttributeValue{key}},
		}})
		sqs.NewFromConfig(cfg).SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: aws.String("http://x/0/q"), MessageBody: aws.String("b")})
		ssm.NewFromConfig(cfg).GetParameter(ctx, &ssm.GetParameterInput{Name: aws.String("/a/b")})
		sesv2.NewFromConfig(cfg).SendEmail(ctx, &sesv2.SendEmailInput{
			ConfigurationSetName: aws.String("set"), Content: &sestypes.EmailContent{
				Raw: &sestypes.RawMessage{Data: []byte("From: A <a@mail.example.com>\r\n\r\nHello")},
			},
		})
	}
	work(t.Context()) // outside of an invocation: not noted
	h := open(t, declared, map[string]event.Function{"Work": function(func(ctx context.Context, _ []byte) ([]byte, error) {
		work(ctx)
		return nil, nil
	})}, host.Options{})
	if _, err := h.Invoke(t.Context(), "Work", []byte("{}")); err != nil {
		t.Fatal(err)
	}
	const arn = ":us-east-1:000000000000:"
	want := []string{
		"dynamodb:BatchGetItem arn:aws:dynamodb" + arn + "table/t",
		"dynamodb:ConditionCheckItem arn:aws:dynamodb" + arn + "table/t",
		"dynamodb:PutItem arn:aws:dynamodb" + arn + "table/t",
		"dynamodb:Query arn:aws:dynamodb" + arn + "table/t/index/i",
		"ses:SendRawEmail arn:aws:ses" + arn + "configuration-set/set",
		"ses:SendRawEmail arn:aws:ses" + arn + "identity/mail.example.com",
		"sqs:SendMessage arn:aws:sqs" + arn + "q",
		"ssm:GetParameter arn:aws:ssm" + arn + "parameter/a/b",
	}
	if diff := cmp.Diff(want, recorder.Used("Work")); diff != "" {
		t.Error(diff)
	}
	var told []string
	for _, d := range recorder.Differences() {
		told = append(told, strings.ReplaceAll(d.String(), arn, "::"))
	}
	for _, sentence := range []string{
		"Work calls dynamodb:BatchGetItem on arn:aws:dynamodb::table/t, which its role does not allow",
		"Work may call dynamodb:GetItem on arn:aws:dynamodb::table/t, and never does",
	} {
		if !slices.Contains(told, sentence) {
			t.Errorf("not told: %s", sentence)
		}
	}
	if len(told) != 7 { // six calls that are not allowed, one permission that is not used
		t.Errorf("%d differences: %q", len(told), told)
	}
}
