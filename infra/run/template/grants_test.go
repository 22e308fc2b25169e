package template_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"latchkey.dev/infra/run/template"
)

// The worker may touch its own instances' stacks, their secrets, the one template and the one role, where CloudFormation is
// the driver, and nothing of the kind elsewhere. shared/adapter/cloudformation makes exactly these calls.
func TestOnlyTheDriverOfStacksMayMakeStacks(t *testing.T) {
	t.Parallel()
	for driver, want := range map[string]string{
		"none": "[]", "webhook": "[]",
		"cloudformation": "[cloudformation:CreateStack cloudformation:DeleteStack cloudformation:DescribeStackEvents cloudformation:DescribeStacks cloudformation:UpdateStack iam:PassRole s3:GetObject secretsmanager:GetSecretValue]",
	} {
		in := template.Inputs{Parameters: maps.Clone(deployed.Parameters)}
		in.Parameters["ProvisioningDriver"], in.Parameters["InstanceRoleArn"] = driver, "arn:aws:iam::123456789012:role/instances"
		in.Parameters["InstanceTemplateUrl"] = "https://my-bucket.s3.eu-central-1.amazonaws.com/latchkey/instance.yaml"
		declared, err := template.Read("../../../template.yaml", in)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range declared.Functions {
			actions, resources := []string{}, ""
			for _, g := range f.Grants {
				for _, a := range g.Actions {
					if service, _, _ := strings.Cut(a, ":"); slices.Contains([]string{"cloudformation", "iam", "s3", "secretsmanager"},
						service) {
						actions = append(actions, a)
						resources += strings.Join(g.Resources, " ") + "\n"
					}
				}
			}
			slices.Sort(actions)
			if f.ID != "Provision" {
				if len(actions) > 0 {
					t.Errorf("%s, with the driver %s: %v", f.ID, driver, actions)
				}
				continue
			}
			if fmt.Sprint(actions) != want {
				t.Errorf("with the driver %s: %v", driver, actions)
			}
			if driver != "cloudformation" {
				continue
			}
			for _, r := range []string{":stack/latchkey-latchkey-*\n", ":secret:latchkey-latchkey-*\n",
				":s3:::my-bucket/latchkey/instance.yaml\n", "arn:aws:iam::123456789012:role/instances\n"} {
				if !strings.Contains(resources, r) {
					t.Errorf("nothing is granted for %q, but for\n%s", r, resources)
				}
			}
			if f.Environment["INSTANCE_TEMPLATE_URL"] != in.Parameters["InstanceTemplateUrl"] || f.Environment["STAGE"] == "" ||
				f.Environment["PROVISIONER_URL"] != "" {
				t.Errorf("%v", f.Environment)
			}
		}
	}
}
