package template_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"latchkey.dev/infra/run/template"
)

// toPets has the function Pets answer. It stands on one line, as the errors name lines.
const toPets = `{x-amazon-apigateway-integration: {type: aws_proxy, httpMethod: POST, payloadFormatVersion: "2.0", ` +
	`credentials: *as, uri: !Sub ["${F}-pets/invocations", *at]}}`

const rootFile = `Transform: AWS::Serverless-2016-10-31
Parameters:
  Stage: {Type: String, Default: s}
Conditions:
  Never: !Equals [a, b]
Resources:
  Logs: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: !Sub "/aws/lambda/${Stage}-api", RetentionInDays: 7}}
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub "${Stage}-q"}}
  ApiRole:
    Type: AWS::IAM::Role
    Properties:
      Policies:
        - PolicyName: p
          PolicyDocument:
            Version: "2012-10-17"
            Statement: [{Effect: Allow, Action: lambda:InvokeFunction, ` +
	`Resource: !Sub "arn:aws:lambda:us-east-1:${AWS::AccountId}:function:${Stage}-*"}]
  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      StageName: $default
      RouteSettings:
        "POST /pets": {ThrottlingRateLimit: 1}
      DefinitionBody:
        openapi: 3.0.1
        info: {title: !Ref Stage, version: "1"}
        paths:
          $default: {x-amazon-apigateway-any-method: {isDefaultRoute: true, x-amazon-apigateway-integration: {` +
	`type: aws_proxy, httpMethod: POST, payloadFormatVersion: "2.0", credentials: &as !GetAtt ApiRole.Arn, ` +
	`uri: !Sub ["${F}-rest/invocations", &at {F: !Sub "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/` +
	`arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:${Stage}"}]}}}
          /pets:
            x-amazon-apigateway-any-method: ` + toPets + `
            post: ` + toPets + `
  Animals:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: functions/animals/template.yaml
      Parameters: {Stage: !Ref Stage, Logs: !Ref Logs, LogsArn: !GetAtt Logs.Arn, QueueArn: !GetAtt Queue.Arn, Work: "yes"}
  Told: {Type: AWS::SQS::Queue, Properties: {QueueName: !GetAtt Animals.Outputs.Word}}
`

const nestedFile = `Transform: AWS::Serverless-2016-10-31
Parameters:
  Stage: {Type: String}
  Logs: {Type: String}
  LogsArn: {Type: String}
  QueueArn: {Type: String}
  Work: {Type: String, AllowedValues: ["yes", "no"]}
Conditions:
  Works: !Equals [!Ref Work, "yes"]
Globals:
  Function:
    Timeout: 9
    LoggingConfig: {LogGroup: !Ref Logs}
    Environment: {Variables: {STAGE: !Ref Stage}}
Resources:
  Pets: {Type: AWS::Serverless::Function, Properties: {FunctionName: !Sub "${Stage}-pets", CodeUri: pets, Role: !GetAtt PetsRole.Arn}}
  PetsRole:
    Type: AWS::IAM::Role
    Properties:
      Policies:
        - PolicyName: p
          PolicyDocument: &log {Version: "2012-10-17", Statement: [{Effect: Allow, Action: logs:PutLogEvents, Resource: !Ref LogsArn}]}
  Rest: {Type: AWS::Serverless::Function, Properties: {FunctionName: !Sub "${Stage}-rest", CodeUri: rest, Role: !GetAtt RestRole.Arn}}
  RestRole: {Type: AWS::IAM::Role, Properties: {Policies: [{PolicyName: p, PolicyDocument: *log}]}}
  Feed:
    Type: AWS::Serverless::Function
    Condition: Works
    Properties:
      FunctionName: !Sub "${Stage}-feed"
      CodeUri: feed
      Role: !GetAtt FeedRole.Arn
      Events: {Q: {Type: SQS, Properties: {Queue: !Ref QueueArn}}}
  FeedRole: {Type: AWS::IAM::Role, Properties: {Policies: [{PolicyName: p, PolicyDocument: *log}]}}
Outputs:
  Word: {Value: !Sub "${Stage}-told"}
`

// readFiles reads a root template and its one area, each with one text replaced.
func readFiles(t *testing.T, rootOld, rootNew, nestedOld, nestedNew string) (*template.Template, error) {
	t.Helper()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "functions", "animals"), 0o750); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(rootFile, rootOld) || !strings.Contains(nestedFile, nestedOld) {
		t.Fatalf("neither %q nor %q may be replaced: it is not there", rootOld, nestedOld)
	}
	for file, text := range map[string]string{
		"template.yaml": strings.Replace(rootFile, rootOld, rootNew, 1), "functions/animals/template.yaml": strings.Replace(nestedFile, nestedOld, nestedNew, 1),
	} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return template.Read(filepath.Join(dir, "template.yaml"), template.Inputs{})
}

func TestANestedStackIsResolvedInItsParentsContext(t *testing.T) {
	t.Parallel()
	got, err := readFiles(t, "", "", "", "")
	if err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"STAGE": "s"}
	grants := func(line int) []template.Grant {
		return []template.Grant{{
			Actions: []string{"logs:PutLogEvents"}, Resources: []string{"arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/s-api:*"},
			File: "functions/animals/template.yaml", Line: line,
		}}
	}
	want := []*template.Function{
		{
			ID: "Pets", Name: "s-pets", Stack: "Animals", Directory: "functions/animals/pets", Routes: []template.Route{{Method: "ANY", Path: "/pets"}, {Method: "POST", Path: "/pets"}},
		},
		{ID: "Rest", Name: "s-rest", Stack: "Animals", Directory: "functions/animals/rest", Routes: []template.Route{{Path: "$default"}}},
		{ID: "Feed", Name: "s-feed", Stack: "Animals", Directory: "functions/animals/feed", Sources: []template.Source{{Queue: "arn:aws:sqs:us-east-1:000000000000:s-q", BatchSize: 10}}},
	}
	for _, f := range want {
		f.Timeout, f.MemoryMB, f.Environment, f.LogGroup, f.RetentionDays, f.Grants = 9e9, 128, env, "/aws/lambda/s-api", 7, grants(22)
	}
	if diff := cmp.Diff(want, got.Functions); diff != "" {
		t.Error(diff)
	}
	if name := got.Queue("Told").Name; name != "s-told" {
		t.Errorf("the area's output is %q", name)
	}
}

func TestWithResolvesNestedStacksAnew(t *testing.T) {
	t.Parallel()
	got, err := readFiles(t, "", "", "", "")
	if err != nil {
		t.Fatal(err)
	}
	other, err := got.With(func(in *template.Inputs) { in.Parameters = map[string]string{"Stage": "z"} })
	if err != nil {
		t.Fatal(err)
	}
	if f := other.Function("Pets"); f.Name != "z-pets" || f.Environment["STAGE"] != "z" || len(f.Routes) != 2 {
		t.Errorf("%+v", f)
	}
	if f := got.Function("Pets"); f.Name != "s-pets" {
		t.Errorf("the first one has changed: %+v", f)
	}
}

func TestWhatIsWrongIsToldWithFileAndLine(t *testing.T) {
	t.Parallel()
	const pets = `/invocations", *at]}}
            post`
	for name, c := range map[string]struct{ rootOld, rootNew, nestedOld, nestedNew, wrong string }{
		"an unknown property": {
			nestedOld: "CodeUri: pets,", nestedNew: "CodeUri: pets, Layers: [],",
			wrong: "functions/animals/template.yaml, line 16: Pets (AWS::Serverless::Function): the property Layers is not known here",
		},
		"an unknown type":         {nestedOld: "RestRole: {Type: AWS::IAM::Role", nestedNew: "RestRole: {Type: AWS::IAM::Group", wrong: "functions/animals/template.yaml, line 24: "},
		"an unknown section":      {nestedOld: "Outputs:", nestedNew: "Mappings: {}\nOutputs:", wrong: "functions/animals/template.yaml, line 34: the section Mappings is not known here"},
		"an unknown intrinsic":    {nestedOld: `!Sub "${Stage}-pets"`, nestedNew: "!ImportValue x", wrong: "functions/animals/template.yaml, line 16: the intrinsic Fn::ImportValue"},
		"the parent's resource":   {nestedOld: "Queue: !Ref QueueArn", nestedNew: "Queue: !GetAtt Queue.Arn", wrong: "functions/animals/template.yaml, line 32: there is no resource Queue"},
		"no YAML":                 {nestedOld: "Outputs:", nestedNew: "\t", wrong: "functions/animals/template.yaml: yaml"},
		"a parameter not given":   {rootOld: `, Work: "yes"`, wrong: "functions/animals/template.yaml, line 7: the parameter Work has no default and was not given"},
		"a parameter too many":    {rootOld: `Work: "yes"`, rootNew: `Work: "yes", Play: "no"`, wrong: "functions/animals/template.yaml: there is no parameter Play"},
		"a value not allowed":     {rootOld: `Work: "yes"`, rootNew: "Work: some", wrong: "functions/animals/template.yaml, line 7: the parameter Work must be one of"},
		"a list for a parameter":  {rootOld: `Work: "yes"`, rootNew: "Work: [a]", wrong: "template.yaml, line 35: Animals: the parameter Work must be a plain value"},
		"no such file":            {rootOld: "functions/animals/", rootNew: "functions/plants/", wrong: "template.yaml, line 34: Animals: "},
		"another template":        {rootOld: "functions/animals/template.yaml", rootNew: "infra/ops/other.yaml", wrong: "template.yaml, line 31: Animals (AWS::CloudFormation::Stack): the template infra/ops/other.yaml is not known here"},
		"a template above":        {rootOld: "functions/animals/", rootNew: "functions/../", wrong: "is not known here: an area's is functions/<area>/template.yaml"},
		"a stack within a stack":  {nestedOld: "Resources:", nestedNew: "Resources:\n  S: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: functions/animals/template.yaml}}", wrong: "line 16: S (AWS::CloudFormation::Stack): a nested stack within"},
		"a property of a stack":   {rootOld: "      Parameters: {", rootNew: "      TimeoutInMinutes: 3\n      Parameters: {", wrong: "template.yaml, line 35: Animals (AWS::CloudFormation::Stack): the property TimeoutInMinutes"},
		"its own output":          {rootOld: "Stage: !Ref Stage, Logs", rootNew: "Stage: !GetAtt Animals.Outputs.Word, Logs", wrong: "template.yaml, line 31: the parameters of Animals lead back to itself"},
		"no such output":          {rootOld: "Outputs.Word", rootNew: "Outputs.Name", wrong: "template.yaml, line 36: functions/animals/template.yaml has no output Name"},
		"a broken output":         {nestedOld: `Value: !Sub "${Stage}-told"`, nestedNew: "Value: !Ref Nobody", wrong: "functions/animals/template.yaml, line 35: Nobody is neither"},
		"an output of no stack":   {rootOld: "Animals.Outputs", rootNew: "Queue.Outputs", wrong: "template.yaml, line 36: the attribute Outputs.Word of Queue"},
		"the same id in two":      {nestedOld: "  RestRole: ", nestedNew: "  Api: {Type: AWS::SQS::Queue}\n  RestRole: ", wrong: "functions/animals/template.yaml, line 24: Api is the logical id of another resource too (template.yaml, line 17)"},
		"the same name for two":   {nestedOld: `${Stage}-feed`, nestedNew: `${Stage}-rest`, wrong: "functions/animals/template.yaml, line 25: Rest and Feed both have the name s-rest"},
		"a function unrouted":     {rootOld: "${F}-rest/", rootNew: "${F}-pets/", wrong: "functions/animals/template.yaml, line 23: Rest: no route, queue or schedule invokes it"},
		"a route to nothing":      {rootOld: "${F}-rest/", rootNew: "${F}-test/", wrong: "template.yaml, line 27: the route $default is of the function arn:aws:lambda:us-east-1:000000000000:function:s-test, which does not exist"},
		"a route elsewhere":       {rootOld: "/2015-03-31/", rootNew: "/2014-11-13/", wrong: "template.yaml, line 27: Api (AWS::Serverless::HttpApi).DefinitionBody $default.x-amazon-apigateway-integration: the uri"},
		"a route without a role":  {rootOld: "credentials: *as, ", wrong: "credentials is missing"},
		"a role that may not":     {rootOld: "function:${Stage}-*", rootNew: "function:${Stage}-p*", wrong: "template.yaml, line 27: the route $default: its role may not invoke"},
		"another role":            {rootOld: "credentials: *as", rootNew: "credentials: arn:aws:iam::1:role/x", wrong: "template.yaml, line 29: the route ANY /pets: there is no role"},
		"another payload":         {rootOld: `"2.0", credentials: *as`, rootNew: `"1.0", credentials: *as`, wrong: `template.yaml, line 29: Api (AWS::Serverless::HttpApi).DefinitionBody /pets.x-amazon-apigateway-integration: payloadFormatVersion is "1.0", only "2.0" is known here`},
		"no payload version":      {rootOld: `payloadFormatVersion: "2.0", credentials: *as`, rootNew: `credentials: *as`, wrong: "payloadFormatVersion is missing"},
		"another kind":            {rootOld: "type: aws_proxy", rootNew: "type: http_proxy", wrong: `type is "http_proxy", only "aws_proxy"`},
		"an integration by GET":   {rootOld: "httpMethod: POST", rootNew: "httpMethod: GET", wrong: `httpMethod is "GET", only "POST"`},
		"a timeout":               {rootOld: "type: aws_proxy,", rootNew: "type: aws_proxy, timeoutInMillis: 9,", wrong: "the property timeoutInMillis is not known here"},
		"a method nobody knows":   {rootOld: "            post:", rootNew: "            trace:", wrong: "template.yaml, line 30: Api (AWS::Serverless::HttpApi).DefinitionBody /pets: the method trace is not known here"},
		"a path without a slash":  {rootOld: "          /pets:", rootNew: "          pets:", wrong: "the path must begin with a slash"},
		"a path that ends in one": {rootOld: "          /pets:", rootNew: "          /pets/:", wrong: "the path must not end in a slash"},
		"two defaults": {rootOld: pets, rootNew: `/invocations", *at]}, isDefaultRoute: true}
            post`, wrong: "template.yaml, line 29: Api (AWS::Serverless::HttpApi).DefinitionBody /pets: the path $default"},
		"a default that does not say so": {rootOld: "isDefaultRoute: true, ", wrong: "is the default route, and isDefaultRoute says so"},
		"the same requests":              {rootOld: "  Animals:\n", rootNew: twice + "  Animals:\n", wrong: "template.yaml, line 32: the routes ANY /a/{x} and ANY /a/{y} match the same requests"},
		"a throttle of no route":         {rootOld: `"POST /pets": {`, rootNew: `"PUT /pets": {`, wrong: `template.yaml, line 22: RouteSettings names "PUT /pets", which is no route`},
		"a route at the function": {
			nestedOld: "Events: {Q: {Type: SQS, Properties: {Queue: !Ref QueueArn}}}", nestedNew: "Events: {H: {Type: HttpApi, Properties: {Method: GET, Path: /}}}",
			wrong: "functions/animals/template.yaml, line 32: Feed.H: the event type HttpApi is not known here",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := readFiles(t, c.rootOld, c.rootNew, c.nestedOld, c.nestedNew); err == nil ||
				!strings.Contains(err.Error(), c.wrong) {
				t.Errorf("the error is\n%v\nwant\n%s", err, c.wrong)
			}
		})
	}
}

const twice = `          /a/{x}: {x-amazon-apigateway-any-method: ` + toPets + `}
          /a/{y}: {x-amazon-apigateway-any-method: ` + toPets + `}
`

func TestAlarmsAndDomainArePassedOver(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"infra/ops/alarms.yaml", "infra/ops/domain.yaml"} {
		got, err := readFiles(t, "  Told:",
			"  Watch: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: "+file+", Parameters: {ApiId: !Ref Api}}}\n  Told:", "",
			"")
		if err != nil || len(got.Functions) != 3 {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func TestOneFileHasNoNestedStacks(t *testing.T) {
	t.Parallel()
	if _, err := template.Parse([]byte(rootFile), template.Inputs{}); err == nil ||
		!strings.Contains(err.Error(), "a nested stack needs the root template's directory, use Read") {
		t.Error(err)
	}
}
