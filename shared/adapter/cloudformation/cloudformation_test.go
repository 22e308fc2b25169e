package cloudformation_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	standin "latchkey.dev/infra/run/cloudformation"
	"latchkey.dev/shared/adapter/cloudformation"
	"latchkey.dev/shared/domain/contract"
	"latchkey.dev/shared/usecase/provisioning"
)

var order = provisioning.Order{Key: "si_1SbExample", Agency: "ag_01KAM5Q0Z8W3RN6T0V4K2M9QXB", Client: "cl_01KAM5Q0Z8W3RN6T0V4K2M9QXB", Resource: "ins_01KAM5Q0Z8W3RN6T0V4K2M9QXB",
	Article: contract.Article{Product: contract.Hosting, StorageGB: 30}}

// site is a driver with an account of its own.
type site struct {
	*standin.Account
	t *testing.T
	provisioning.Driver
	o provisioning.Order
}

func open(t *testing.T) *site {
	t.Helper()
	a := &standin.Account{}
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	cfg := aws.Config{Region: "us-east-1", BaseEndpoint: aws.String(server.URL),
		Credentials: credentials.NewStaticCredentialsProvider("id", "key", ""), RetryMaxAttempts: 1}
	d := cloudformation.Open(cfg, cfg, cloudformation.Options{Stage: "prod", TemplateURL: "https://templates.s3.us-east-1.amazonaws.com/instance.yaml",
		Role:       "arn:aws:iam::123456789012:role/instances",
		Parameters: map[string]string{"VpcId": "vpc-1", "SubnetIds": "subnet-1,subnet-2"}})
	return &site{a, t, d, order}
}

type verb = func(provisioning.Driver, context.Context, provisioning.Order) (provisioning.Report, error)

// ask asks the driver, as its worker does: with the handle of the report before.
func (s *site) ask(do verb) (provisioning.Report, error) {
	s.t.Helper()
	r, err := do(s.Driver, s.t.Context(), s.o)
	if r.Handle != "" {
		s.o.Handle = r.Handle
	}
	return r, err
}

// says asks the driver, which must answer with the stage.
func (s *site) says(do verb, want provisioning.Stage) provisioning.Report {
	s.t.Helper()
	r, err := s.ask(do)
	if err != nil || r.Stage != want {
		s.t.Fatalf("%+v, %v; want %s", r, err, want)
	}
	return r
}

func complete(s *standin.Stack) {
	s.Outputs = [][2]string{{"Url", "https://ins-1.n8n.example"}, {"ApiKeySecret", "latchkey-prod-1"}}
}

// made is how many stacks were ever created, and the newest.
func (s *site) made() (int, *standin.Stack) {
	all := s.Stacks()
	if len(all) == 0 {
		return 0, nil
	}
	return len(all), &all[len(all)-1]
}

// runs has the instance made and running.
func (s *site) runs() {
	s.t.Helper()
	s.says(provisioning.Driver.Begin, provisioning.Making)
	s.Keep("latchkey-prod-1", `{"apiKey":"n8n_api_1"}`)
	s.Set("CREATE_COMPLETE", complete)
	s.says(provisioning.Driver.Look, provisioning.Running)
}

func TestAnInstanceIsAStack(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.says(provisioning.Driver.Look, provisioning.Gone)
	s.says(provisioning.Driver.Begin, provisioning.Making)
	n, made := s.made()
	if n != 1 || made.Name != "latchkey-prod-ins-01kam5q0z8w3rn6t0v4k2m9qxb" {
		t.Fatalf("%d stacks, %+v", n, made)
	}
	if n, err := strconv.Atoi(made.Parameters[1][1]); made.Parameters[1][0] != "Number" || err != nil || n < 1 || n > 50_000 {
		t.Errorf("its number is %v", made.Parameters[1])
	}
	made.Parameters = slices.Delete(made.Parameters, 1, 2)
	want := "[[Name ins-01kam5q0z8w3rn6t0v4k2m9qxb] [StorageGB 30] [Running true] [SubnetIds subnet-1,subnet-2] [VpcId vpc-1]]"
	if fmt.Sprint(made.Parameters) != want {
		t.Errorf("its parameters are %v", made.Parameters)
	}
	for name, want := range map[string]string{"TemplateURL": "https://templates.s3.us-east-1.amazonaws.com/instance.yaml", "ClientRequestToken": "item-si-1SbExample", "OnFailure": "DELETE",
		"RoleARN": "arn:aws:iam::123456789012:role/instances", "Capabilities.member.1": "CAPABILITY_IAM"} {
		if got := made.Form.Get(name); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
	if made.Tags["latchkey:agency"] != string(order.Agency) || made.Tags["latchkey:client"] != string(order.Client) ||
		made.Tags["latchkey:resource"] != string(order.Resource) || made.Tags["latchkey:item"] != order.Key {
		t.Errorf("its tags are %v", made.Tags)
	}
	s.says(provisioning.Driver.Look, provisioning.Making)
	s.Set("CREATE_IN_PROGRESS", func(s *standin.Stack) {
		s.Events = [][3]string{{"Service", "AWS::ECS::Service", "CREATE_IN_PROGRESS"}, {"Files", "AWS::EFS::FileSystem", "CREATE_COMPLETE"}}
	})
	s.says(provisioning.Driver.Look, provisioning.There)
	s.Keep("latchkey-prod-1", `{}`)
	s.Set("CREATE_COMPLETE", complete)
	s.says(provisioning.Driver.Look, provisioning.There) // it has not made its API key yet
	s.Keep("latchkey-prod-1", `{"apiKey":"n8n_api_1","password":"x"}`)
	if r := s.says(provisioning.Driver.Look, provisioning.Running); r.URL != "https://ins-1.n8n.example" || r.APIKey != "n8n_api_1" ||
		r.Handle != made.ID {
		t.Errorf("%+v", r)
	}
	s.says(provisioning.Driver.Begin, provisioning.Running) // asked again, it is found
	if n, _ := s.made(); n != 1 {
		t.Errorf("%d stacks", n)
	}
}

func TestAnInstanceWithoutAKeyRuns(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.says(provisioning.Driver.Begin, provisioning.Making)
	s.Set("CREATE_COMPLETE", func(s *standin.Stack) { s.Outputs = [][2]string{{"Url", "https://ins-1.n8n.example"}} })
	if r := s.says(provisioning.Driver.Look, provisioning.Running); r.APIKey != "" {
		t.Errorf("%+v", r)
	}
}

func TestWhoIsAsSlowFindsTheStackOfTheOther(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.says(provisioning.Driver.Begin, provisioning.Making)
	s.says(provisioning.Driver.Begin, provisioning.Making)
	if n, made := s.made(); n != 1 || s.o.Handle != made.ID {
		t.Errorf("%d stacks, %s", n, s.o.Handle)
	}
}

func TestAStackThatCannotBeCreatedIsGoneAndMadeAgain(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.says(provisioning.Driver.Begin, provisioning.Making)
	failed := func(s *standin.Stack) {
		s.Events = [][3]string{{"Service", "AWS::ECS::Service", "DELETE_COMPLETE"}, {"Service", "AWS::ECS::Service", "CREATE_FAILED"},
			{"Files", "AWS::EFS::FileSystem", "CREATE_FAILED"}}
	}
	s.Set("DELETE_IN_PROGRESS", failed) // by itself, see OnFailure
	s.says(provisioning.Driver.Look, provisioning.Making)
	s.Set("DELETE_COMPLETE")
	r := s.says(provisioning.Driver.Look, provisioning.Broken)
	if r.Reason != "Its AWS::EFS::FileSystem could not be created." {
		t.Errorf("%q", r.Reason)
	}
	s.says(provisioning.Driver.Begin, provisioning.Making) // the token was used
	if n, made := s.made(); n != 2 || made.Status != "CREATE_IN_PROGRESS" {
		t.Errorf("%d stacks, %+v", n, made)
	}
}

func TestWhatIsLeftOfAStackIsRemovedFirst(t *testing.T) {
	t.Parallel()
	for _, status := range []string{"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED", "UPDATE_ROLLBACK_FAILED"} {
		s := open(t)
		s.says(provisioning.Driver.Begin, provisioning.Making)
		s.Set(status)
		s.says(provisioning.Driver.Look, provisioning.Broken)
		s.says(provisioning.Driver.Begin, provisioning.Making)
		if _, made := s.made(); made.Status != "DELETE_IN_PROGRESS" {
			t.Errorf("%s comes to %s", status, made.Status)
		}
		s.says(provisioning.Driver.Look, provisioning.Making)
		s.Set("DELETE_COMPLETE")
		s.says(provisioning.Driver.Look, provisioning.Broken)
		s.says(provisioning.Driver.Begin, provisioning.Making)
		if n, made := s.made(); n != 2 || made.Status != "CREATE_IN_PROGRESS" {
			t.Errorf("%s: %d stacks, %+v", status, n, made)
		}
	}
}

func TestAStackIsHaltedAndRunsAgain(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.runs()
	for _, c := range []struct {
		do    verb
		value string
		stage provisioning.Stage
	}{{provisioning.Driver.Suspend, "false", provisioning.Halted}, {provisioning.Driver.Resume, "true", provisioning.Running}} {
		for range 2 { // until it is so, the worker asks again
			if r, err := s.ask(c.do); err == nil {
				t.Fatalf("before it is so: %+v", r)
			}
		}
		n, made := s.made()
		if want := "[Running " + c.value + "]"; n != 1 || made.Status != "UPDATE_IN_PROGRESS" ||
			!strings.Contains(fmt.Sprint(made.Parameters), want) || !strings.Contains(fmt.Sprint(made.Parameters), "[VpcId vpc-1]") {
			t.Errorf("%d stacks, %+v", n, made)
		}
		s.Set("UPDATE_COMPLETE")
		s.says(c.do, c.stage)
		s.says(c.do, c.stage)
	}
	s.ask(provisioning.Driver.Suspend) //nolint:errcheck // it is not so yet
	s.Set("UPDATE_COMPLETE")
	s.says(provisioning.Driver.Look, provisioning.Halted)
	s.says(provisioning.Driver.Begin, provisioning.Making) // paid for again
	s.Set("UPDATE_COMPLETE")
	s.says(provisioning.Driver.Look, provisioning.Running)
	s.Set("DELETE_COMPLETE")
	s.says(provisioning.Driver.Suspend, provisioning.Gone)
	if _, err := s.ask(provisioning.Driver.Resume); err == nil {
		t.Error("what is gone runs again")
	}
}

func TestAStackIsDeletedWhateverItIsIn(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.says(provisioning.Driver.Delete, provisioning.Gone)
	s.runs()
	s.says(provisioning.Driver.Delete, provisioning.Making)
	s.says(provisioning.Driver.Delete, provisioning.Making)
	s.Set("DELETE_FAILED")
	s.says(provisioning.Driver.Delete, provisioning.Making)
	if n := len(slices.DeleteFunc(s.Calls(), func(c string) bool { return c != "DeleteStack" })); n != 2 {
		t.Errorf("%d deletions are asked for", n)
	}
	s.Set("DELETE_COMPLETE")
	s.says(provisioning.Driver.Delete, provisioning.Gone)
}

func TestWhatCannotBeAskedIsNoAnswer(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.runs()
	s.Refuse("Throttling")
	for _, do := range []verb{provisioning.Driver.Begin, provisioning.Driver.Look, provisioning.Driver.Suspend, provisioning.Driver.Resume,
		provisioning.Driver.Delete} {
		if r, err := s.ask(do); err == nil {
			t.Errorf("%+v", r)
		}
	}
	s.Refuse("")
	s.Keep("latchkey-prod-1", "")
	if r, err := s.ask(provisioning.Driver.Look); err == nil {
		t.Errorf("without its secret: %+v", r)
	}
	for _, at := range []string{"", "http://ins-1.n8n.example", "javascript:alert(1)"} {
		s.Set("CREATE_COMPLETE", func(s *standin.Stack) { s.Outputs = [][2]string{{"Url", at}} })
		if r, err := s.ask(provisioning.Driver.Look); err == nil {
			t.Errorf("with the address %q: %+v", at, r)
		}
	}
}

func TestWhatHasNoTemplateIsNotMade(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.o.Article = contract.Article{Product: contract.WhatsApp}
	_, err := s.ask(provisioning.Driver.Begin)
	var f *provisioning.Failure
	if !errors.As(err, &f) || f.Reason == "" {
		t.Errorf("%v", err)
	}
	if r := s.says(provisioning.Driver.Delete, provisioning.Gone); r.Handle != "" {
		t.Errorf("%+v", r)
	}
}
