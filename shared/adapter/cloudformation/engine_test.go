package cloudformation_test

import (
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"latchkey.dev/shared/adapter/cloudformation"
	"latchkey.dev/shared/usecase/provisioning"
)

// engineTemplate is a small instance template: an engine's queue in place of n8n.
const engineTemplate = `
AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  Name: {Type: String}
  Number: {Type: Number}
  StorageGB: {Type: Number}
  Running: {Type: String, AllowedValues: ["true", "false"]}
Conditions:
  Runs: !Equals [!Ref Running, "true"]
Resources:
  Service:
    Type: AWS::SQS::Queue
    Condition: Runs
    Properties: {QueueName: !Ref Name}
Outputs:
  Url: {Value: !Sub "https://${Name}.n8n.example"}
  ApiKeySecret: {Value: !Ref AWS::StackName}
`

// An engine that was not written here, such as moto's server, is where CLOUDFORMATION_ENDPOINT says.
func TestAStacksLifeOnAnEngine(t *testing.T) {
	at := os.Getenv("CLOUDFORMATION_ENDPOINT")
	if at == "" {
		t.Skip("CLOUDFORMATION_ENDPOINT=http://… names the engine")
	}
	do := func(method, path, service, target, body string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, at+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=id/20260101/us-east-1/"+service+"/aws4_request, SignedHeaders=host, "+
			"Signature=0")
		if target != "" {
			r.Header.Set("X-Amz-Target", target)
			r.Header.Set("Content-Type", "application/x-amz-json-1.1")
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if _ = res.Body.Close(); res.StatusCode != http.StatusOK {
			t.Fatalf("%s %s: %s", path, target, res.Status)
		}
	}
	do("PUT", "/templates", "s3", "", "")
	do("PUT", "/templates/instance.yaml", "s3", "", engineTemplate)
	// By itself: moto's stacks make no secrets.
	do("POST", "/", "secretsmanager", "secretsmanager.CreateSecret",
		`{"Name":"latchkey-test-ins-01kam5q0z8w3rn6t0v4k2m9qxb","SecretString":"{\"apiKey\":\"n8n_api_1\"}",
			"ClientRequestToken":"0123456789012345678901234567890123456789"}`)
	cfg := aws.Config{Region: "us-east-1", BaseEndpoint: &at, Credentials: credentials.NewStaticCredentialsProvider("id", "key", "")}
	s := &site{nil, t,
		cloudformation.Open(cfg, cfg,
			cloudformation.Options{Stage: "test", TemplateURL: "https://templates.s3.us-east-1.amazonaws.com/instance.yaml"}), order}
	until := func(do verb, want provisioning.Stage) provisioning.Report {
		t.Helper()
		for over := time.After(10 * time.Minute); ; {
			r, err := s.ask(do)
			if err == nil && r.Stage == want {
				t.Logf("%s: %+v", want, r)
				return r
			}
			select {
			case <-over:
				t.Fatalf("%+v, %v; want %s", r, err, want)
			case <-time.After(100 * time.Millisecond):
			}
		}
	}
	s.says(provisioning.Driver.Look, provisioning.Gone)
	s.says(provisioning.Driver.Begin, provisioning.Making)
	s.ask(provisioning.Driver.Begin) //nolint:errcheck // it is found
	if r := until(provisioning.Driver.Look, provisioning.Running); r.URL != "https://ins-01kam5q0z8w3rn6t0v4k2m9qxb.n8n.example" ||
		r.APIKey != "n8n_api_1" {
		t.Errorf("%+v", r)
	}
	until(provisioning.Driver.Suspend, provisioning.Halted)
	until(provisioning.Driver.Look, provisioning.Halted)
	until(provisioning.Driver.Resume, provisioning.Running)
	until(provisioning.Driver.Delete, provisioning.Gone)
	s.says(provisioning.Driver.Begin, provisioning.Making) // made anew under the same name, with a token that was used
	until(provisioning.Driver.Look, provisioning.Running)
	until(provisioning.Driver.Delete, provisioning.Gone)
}
