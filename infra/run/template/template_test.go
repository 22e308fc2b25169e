package template_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"latchkey.dev/infra/run/template"
)

// given are the parameters without a default.
func given() map[string]string {
	return map[string]string{"Origin": "https://portal.example.com", "MailFrom": "invites@mail.example.com"}
}

func read(t *testing.T) *template.Template {
	t.Helper()
	got, err := template.Read("../../../template.yaml", template.Inputs{Parameters: given(), Account: "123456789012"})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestTheTableIsAsDesigned(t *testing.T) {
	t.Parallel()
	want := []*template.Table{{
		ID: "Table", Name: "latchkey-table", TTL: "ttl",
		Hash: template.Key{Name: "pk", Type: "S"}, Range: template.Key{Name: "sk", Type: "S"},
		Indexes: []template.Index{
			{Name: "by-created", Hash: template.Key{Name: "pk", Type: "S"}, Range: template.Key{Name: "ls", Type: "S"}, Projection: "ALL"},
			{Name: "by-due", Hash: template.Key{Name: "dp", Type: "S"}, Range: template.Key{Name: "due", Type: "N"}, Projection: "KEYS_ONLY"},
		},
	}}
	if diff := cmp.Diff(want, read(t).Tables); diff != "" {
		t.Error(diff)
	}
}

func TestQueuesHaveDeadLetters(t *testing.T) {
	t.Parallel()
	got := read(t)
	for _, id := range []string{"MailQueue", "DeliveryQueue", "RelayQueue", "SendersQueue", "IdentitiesQueue"} {
		q := got.Queue(id)
		dead := got.QueueByARN(q.DeadLetters)
		if dead == nil || dead.Name != q.Name+"-dead-letters" || q.MaxReceives < 2 {
			t.Errorf("%s: %+v", id, q)
		}
	}
	if url := got.Queue("MailQueue").URL; url != "https://sqs.us-east-1.amazonaws.com/123456789012/latchkey-mail" {
		t.Errorf("URL of the mail queue: %s", url)
	}
}

func TestMailEventsReachTheDeliveryQueue(t *testing.T) {
	t.Parallel()
	got := read(t)
	if len(got.Destinations) != 1 || len(got.Subscriptions) != 1 {
		t.Fatalf("%d destinations, %d subscriptions", len(got.Destinations), len(got.Subscriptions))
	}
	d, s := got.Destinations[0], got.Subscriptions[0]
	if d.ConfigurationSet != "latchkey-mail" || d.Topic != got.Topics[0].ARN || s.Topic != d.Topic ||
		s.Queue != got.Queue("DeliveryQueue").ARN {
		t.Errorf("destination %+v, subscription %+v", d, s)
	}
	if slices.Contains(d.Events, "OPEN") || slices.Contains(d.Events, "CLICK") {
		t.Error("nobody is tracked")
	}
	if got.Identities[0].Name != "mail.example.com" {
		t.Errorf("identity %s", got.Identities[0].Name)
	}
}

func TestAFunctionIsReadWhole(t *testing.T) {
	t.Parallel()
	f := read(t).Function("SendMail")
	f.Grants = nil // compared elsewhere
	want := &template.Function{
		ID: "SendMail", Name: "latchkey-send-mail", Stack: "MailArea", Directory: "functions/mail/send-mail", Architecture: "arm64",
		Timeout: 30 * time.Second, MemoryMB: 256, LogGroup: "/aws/lambda/latchkey-worker", RetentionDays: 30,
		Environment: map[string]string{
			"AWS_ENDPOINT_URL": "", "TABLE_NAME": "latchkey-table", "ORIGIN": "https://portal.example.com",
			"MAIL_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/latchkey-mail", "PLATFORM_NAME": "Latchkey",
			"RELAY_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/latchkey-relay",
			"MAIL_FROM":       "invites@mail.example.com", "CONFIGURATION_SET": "latchkey-mail", "CHECK_MX": "true",
			"SECRET_PARAMETER": "/latchkey/code-key", "SES_TENANTS": "",
		},
		Sources: []template.Source{{
			Queue: "arn:aws:sqs:us-east-1:123456789012:latchkey-mail", BatchSize: 10, PartialFailures: true, Concurrency: 10,
		}},
	}
	if diff := cmp.Diff(want, f); diff != "" {
		t.Error(diff)
	}
}

func TestAnEmulatorsQueueIsNamedByURL(t *testing.T) {
	t.Parallel()
	got, err := read(t).With(func(in *template.Inputs) {
		in.Parameters = maps.Clone(in.Parameters)
		in.Parameters["AwsEndpointUrl"] = "http://localhost:4566"
	})
	if err != nil {
		t.Fatal(err)
	}
	env := got.Function("Sweep").Environment
	if env["MAIL_QUEUE_URL"] != "http://localhost:4566/000000000000/latchkey-mail" || env["AWS_ENDPOINT_URL"] != "http://localhost:4566" {
		t.Errorf("%v", env)
	}
}

// anyIdentity are the functions whose roles name all identities of SES, the one exception: an identity's ARN is a domain's name, which
// an agency chooses, so that nothing narrower can be named. TestSenderI1 says what keeps them apart.
var anyIdentity = map[string]bool{"SendMail": true, "SenderControl": true}

func TestNoPermissionHasAWildcard(t *testing.T) {
	t.Parallel()
	for _, f := range read(t).Functions {
		if len(f.Grants) == 0 {
			t.Errorf("%s has no permissions, not even for its log", f.ID)
		}
		for _, g := range f.Grants {
			for _, action := range g.Actions {
				if strings.ContainsAny(action, "*?") {
					t.Errorf("%s, line %d: %s may do %s", g.File, g.Line, f.ID, action)
				}
			}
			for _, resource := range g.Resources {
				if anyIdentity[f.ID] && strings.HasSuffix(resource, ":identity/*") {
					continue
				}
				// A log group's own ARN ends in the suffix that stands for its streams.
				if strings.ContainsAny(strings.TrimSuffix(resource, f.LogGroup+":*"), "*?") {
					t.Errorf("%s, line %d: %s is allowed %s", g.File, g.Line, f.ID, resource)
				}
			}
		}
	}
}

// Pages write to the site's log, workers to the workers', everything else to the API's: that is what alarms count.
func TestLogsAreKeptForAWhileOnly(t *testing.T) {
	t.Parallel()
	site := []string{"Asset", "Logo", "NotFound", "OpenapiDocument", "CheckoutDone", "StartCheckout", "OpenBilling", "StartUpgrade",
		"SignInWith", "SignInFrom", "ClientPayerCard", "PortalPayerCard"}
	for _, f := range read(t).Functions {
		kind := "api"
		switch {
		case len(f.Routes) == 0:
			kind = "worker"
		case strings.HasSuffix(f.ID, "Page") || slices.Contains(site, f.ID):
			kind = "site"
		}
		if f.RetentionDays == 0 || f.LogGroup != "/aws/lambda/latchkey-"+kind {
			t.Errorf("%s logs to %q for %d days", f.ID, f.LogGroup, f.RetentionDays)
		}
	}
}

func TestEveryFunctionOfEveryAreaIsThere(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..", "..")
	directories, err := filepath.Glob(filepath.Join(root, "functions", "*", "*", "main.go"))
	if err != nil || len(directories) < 90 {
		t.Fatalf("%d functions: %v", len(directories), err)
	}
	got := read(t)
	if len(got.Functions) != len(directories) {
		t.Errorf("%d functions are declared, %d have a directory", len(got.Functions), len(directories))
	}
	for _, f := range got.Functions {
		if _, err := os.Stat(filepath.Join(root, f.Directory, "main.go")); err != nil {
			t.Errorf("%s: %v", f.ID, err)
		}
		if f.Name != "latchkey-"+filepath.Base(f.Directory) {
			t.Errorf("%s is named %s", f.Directory, f.Name)
		}
	}
}

// A function answers HEAD and refuses other methods itself, so each path has a route for any method.
func TestAPathTakesAnyMethod(t *testing.T) {
	t.Parallel()
	got := read(t)
	for _, f := range got.Functions {
		for _, r := range f.Routes {
			both := f.ID == "OpenapiDocument" // one document, for two versions of OpenAPI
			if r.Path != f.Routes[0].Path && !both || f.Routes[0].Key() != "$default" && f.Routes[0].Method != "ANY" {
				t.Errorf("%s has the routes %v: one path, with ANY first", f.ID, f.Routes)
			}
		}
	}
	want := []template.Route{{Method: "ANY", Path: "/i/{token}"}, {Method: "POST", Path: "/i/{token}"}}
	if diff := cmp.Diff(want, got.Function("InvitationPage").Routes); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]template.Route{{Path: "$default"}}, got.Function("NotFound").Routes); diff != "" {
		t.Error(diff)
	}
}

func TestTheAccessLogHoldsNoPath(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../../../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"$context.path", "$context.identity"} {
		if strings.Contains(string(data), secret) {
			t.Errorf("the template logs %s", secret)
		}
	}
}

// laughs are nine lines that would come to a thousand million nodes.
var laughs = func() string {
	var b strings.Builder
	b.WriteString("Conditions:\n  C0: &c0 [a, a, a, a, a, a, a, a, a, a]\n")
	for i := range 8 {
		fmt.Fprintf(&b, "  C%d: &c%d [%s*c%d]\n", i+1, i+1, strings.Repeat(fmt.Sprintf("*c%d, ", i), 9), i)
	}
	return b.String()
}()

func TestSmallTemplates(t *testing.T) {
	t.Parallel()
	const queue = "Resources:\n  Q:\n    Type: AWS::SQS::Queue\n    Properties:\n      QueueName: "
	const rule = "Rules:\n  R:\n    RuleCondition: !Not [!Equals [!Ref P, x]]\n" +
		"    Assertions: [{Assert: !Equals [!Ref P, c], AssertDescription: choose c}]\n"
	for name, c := range map[string]struct{ yaml, name, wrong string }{
		"a text":                 {yaml: queue + "plain", name: "plain"},
		"Sub":                    {yaml: queue + "!Sub \"${AWS::Region}-${!x}\"", name: "us-east-1-${x}"},
		"Sub with values":        {yaml: queue + "!Sub [\"${A}-b\", {A: !Ref AWS::Partition}]", name: "aws-b"},
		"Join":                   {yaml: queue + "!Join [\"-\", [a, !Ref AWS::NoValue, b]]", name: "a-b"},
		"Select and Split":       {yaml: queue + "!Select [1, !Split [\"@\", \"a@b\"]]", name: "b"},
		"the long form":          {yaml: queue + "{\"Fn::Join\": [\"\", [a, {Ref: \"AWS::Region\"}]]}", name: "aus-east-1"},
		"If":                     {yaml: "Conditions:\n  C: !Not [!Equals [a, b]]\n" + queue + "!If [C, yes-it-is, no]", name: "yes-it-is"},
		"And, Or":                {yaml: "Conditions:\n  A: !Equals [a, a]\n  C: !And [!Condition A, !Or [!Equals [a, b], !Equals [c, c]]]\n" + queue + "!If [C, both, no]", name: "both"},
		"an unknown intrinsic":   {yaml: queue + "!ImportValue x", wrong: "line 5: the intrinsic Fn::ImportValue is not known here"},
		"an unknown reference":   {yaml: queue + "!Ref Nobody", wrong: "line 5: Nobody is neither a parameter nor a resource"},
		"an unknown property":    {yaml: queue + "q\n      FifoQueue: true", wrong: "line 6: Q (AWS::SQS::Queue): the property FifoQueue is not known here"},
		"an unknown type":        {yaml: "Resources:\n  Q: {Type: AWS::S3::Bucket}", wrong: "line 2: Q (AWS::S3::Bucket): the resource type is not known here"},
		"an unknown attribute":   {yaml: queue + "!GetAtt Q.Colour", wrong: "leads back to itself"},
		"a name of itself":       {yaml: queue + "!Ref Q", wrong: "leads back to itself"},
		"an unknown condition":   {yaml: queue + "!If [C, a, b]", wrong: "there is no condition C"},
		"a parameter not given":  {yaml: "Parameters:\n  P: {Type: String}\n" + queue + "q", wrong: "line 2: the parameter P has no default and was not given"},
		"a value not allowed":    {yaml: "Parameters:\n  P: {Type: String, Default: c, AllowedValues: [a, b]}\n" + queue + "q", wrong: "must be one of [a b]"},
		"a value out of form":    {yaml: "Parameters:\n  P: {Type: String, Default: c1, AllowedPattern: \"[a-z]+\", ConstraintDescription: must be letters}\n" + queue + "q", wrong: "must be letters"},
		"a rule that is kept":    {yaml: "Parameters:\n  P: {Type: String, Default: c}\n" + rule + queue + "q", name: "q"},
		"a rule for another":     {yaml: "Parameters:\n  P: {Type: String, Default: x}\n" + rule + queue + "q", name: "q"},
		"a rule that is broken":  {yaml: "Parameters:\n  P: {Type: String, Default: b}\n" + rule + queue + "q", wrong: "line 6: the rule R: choose c"},
		"a rule that says none":  {yaml: "Rules:\n  R: {Assertions: [{Assert: !Equals [a, a]}]}\n" + queue + "q", wrong: "has Assert and AssertDescription"},
		"a number out of bounds": {yaml: "Parameters:\n  P: {Type: Number, Default: 9, MaxValue: 8}\n" + queue + "q", wrong: "within its bounds"},
		"no such dead letters":   {yaml: queue + "q\n      RedrivePolicy: {deadLetterTargetArn: \"arn:x\", maxReceiveCount: 2}", wrong: "there is no queue arn:x"},
		"an alias":               {yaml: "Conditions:\n  C: !Equals [a, &n !Sub \"${AWS::Region}-x\"]\n" + queue + "*n", name: "us-east-1-x"},
		"an alias within Sub":    {yaml: "Conditions:\n  C: !Equals [a, !Sub [\"${A}\", &v {A: !Ref AWS::Partition}]]\n" + queue + "!Sub [\"${A}-q\", *v]", name: "aws-q"},
		"an alias of nothing":    {yaml: queue + "*n", wrong: "unknown anchor 'n'"},
		"an alias within itself": {yaml: "Conditions: &c {C: !Equals [a, *c]}\n" + queue + "q", wrong: "the anchor c contains itself"},
		"a merge key":            {yaml: "Conditions: &c {}\nResources:\n  Q:\n    <<: *c\n    Type: AWS::SQS::Queue", wrong: "line 4: merge keys (<<) are not known here"},
		"aliases of aliases":     {yaml: laughs, wrong: "the file's aliases come to more than"},
		"the same key twice":     {yaml: "Resources:\n  Q: {Type: AWS::SQS::Queue}\n  Q: {Type: AWS::SQS::Queue}", wrong: "Q stands there twice"},
		"not a template":         {yaml: "- a", wrong: "not a template"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := template.Parse([]byte(c.yaml), template.Inputs{})
			switch {
			case c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong)):
				t.Errorf("the error is %v, want %q", err, c.wrong)
			case c.wrong == "" && err != nil:
				t.Error(err)
			case c.wrong == "" && got.Queues[0].Name != c.name:
				t.Errorf("the name is %q, want %q", got.Queues[0].Name, c.name)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	data, err := os.ReadFile("../../../template.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte("Resources:\n  Q:\n    Type: AWS::SQS::Queue\n    Properties: {QueueName: !Sub [\"${A}\", {A: !Ref B}]}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := template.Parse(data, template.Inputs{Parameters: given()})
		if (got == nil) == (err == nil) {
			t.Error("either a template or an error")
		}
	})
}
