package template_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"latchkey.dev/infra/run/template"
)

func ofStage(stage string) (*template.Template, error) {
	return template.Read("../../../template.yaml", template.Inputs{Parameters: map[string]string{
		"Stage": stage, "Origin": "https://portal.example.com", "MailFrom": "invites@mail.example.com",
		"ProvisioningDriver": "cloudformation", "InstanceTemplateUrl": "https://bucket.s3.us-east-1.amazonaws.com/instance.yaml",
		"InstanceRoleArn": "arn:aws:iam::000000000000:role/instances",
	}})
}

// A permission that ends in * begins with the stage and a hyphen. What another stage is named never fits it, since no stage's
// name has a hyphen.
func TestFS11NoPermissionFitsAnotherStagesNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"prod-eu", "prod-", "-prod", "Prod", "prod.eu", "prod eu", "1prod", "", "p123456789abcdefg"} {
		if _, err := ofStage(name); err == nil {
			t.Errorf("a stage may be called %q", name)
		}
	}
	all, err := ofStage("prod")
	if err != nil {
		t.Fatal(err)
	}
	others := []string{"prod1", "produ", "pro", "prodeu", "latchkey", "latchkeyprod"}
	wild := 0
	for _, f := range all.Functions {
		for _, g := range f.Grants {
			for _, r := range g.Resources {
				if !strings.Contains(r, "prod-") || !strings.HasSuffix(r, "-*") {
					continue
				}
				wild++
				begins := strings.TrimSuffix(r, "*")
				for _, o := range others {
					if other := strings.ReplaceAll(begins, "prod-", o+"-"); strings.HasPrefix(other, begins) {
						t.Errorf("%s of %s fits %s", r, f.ID, other)
					}
				}
			}
		}
	}
	if wild == 0 {
		t.Error("no permission of Provision ends in *: is the driver on?")
	}
}

// Each template that takes a stage holds it to the same form, also when it is deployed by itself.
func TestFS11EveryTemplateHoldsTheStage(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../../functions/*/template.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	stage := regexp.MustCompile(`(?m)^  Stage:(?: \{.*\}$|\n(?:    .*\n)+)`)
	for _, file := range append(files, "../../../template.yaml", "../../../infra/ops/alarms.yaml") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(stage.FindString(string(text)), `AllowedPattern: "[a-z][a-z0-9]{0,15}"`) {
			t.Errorf("%s does not say what a stage may be called", file)
		}
	}
}

// What makes stacks may make them of the operator's template, with the operator's role, and nothing else.
func TestFS11StacksAreMadeOfOneTemplateWithOneRole(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../functions/provisioning/template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for action, test := range map[string]string{
		"Action: cloudformation:CreateStack": "StringEquals:", "Action: [cloudformation:UpdateStack": "StringEqualsIfExists:"} {
		_, statement, found := strings.Cut(string(text), action)
		statement, _, _ = strings.Cut(statement, "!Ref AWS::NoValue\n              -")
		for _, want := range []string{test, "cloudformation:TemplateUrl: !Ref InstanceTemplateUrl",
			"cloudformation:RoleArn: !If [PassesRole, !Ref InstanceRoleArn"} {
			if !found || !strings.Contains(statement, want) {
				t.Errorf("%s has no condition %q", action, want)
			}
		}
	}
}
