package cloudformation_test

import (
	"maps"
	"strings"
	"testing"

	"latchkey.dev/shared/adapter/cloudformation"
	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/usecase/provisioning"
)

func TestTheEnvironmentSaysWhetherAndHow(t *testing.T) {
	t.Parallel()
	whole := map[string]string{"INSTANCE_TEMPLATE_URL": "https://b.s3.us-east-1.amazonaws.com/i.yaml", "STAGE": "prod", "INSTANCE_ROLE": "arn:aws:iam::123456789012:role/instances",
		"INSTANCE_PARAMETERS": "VpcId=vpc-1  Subnets=subnet-1,subnet-2 Empty=", "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "id",
		"AWS_SECRET_ACCESS_KEY": "key"}
	for name, c := range map[string]struct {
		set   map[string]string
		wrong string // "" for none
		made  bool
	}{
		"whole":                 {nil, "", true},
		"nothing":               {map[string]string{"INSTANCE_TEMPLATE_URL": ""}, "", false},
		"no stage":              {map[string]string{"STAGE": ""}, "STAGE", true},
		"a hyphen in the stage": {map[string]string{"STAGE": "prod-eu"}, `STAGE is "prod-eu"`, false},
		"no role":               {map[string]string{"INSTANCE_ROLE": ""}, "INSTANCE_ROLE", true},
		"no parameters":         {map[string]string{"INSTANCE_PARAMETERS": ""}, "", true},
		"no pair":               {map[string]string{"INSTANCE_PARAMETERS": "VpcId"}, `"VpcId" is no parameter of yours`, false},
		"one of ours":           {map[string]string{"INSTANCE_PARAMETERS": "Running=false"}, "is no parameter of yours", false},
		"another of ours":       {map[string]string{"INSTANCE_PARAMETERS": "Number=1"}, "is no parameter of yours", false},
	} {
		all := maps.Clone(whole)
		maps.Copy(all, c.set)
		env := environment.New(func(name string) string { return all[name] })
		d, err := cloudformation.From(env, func() (provisioning.Driver, error) { return nil, nil }) //nolint:nilnil // there is no other
		if err == nil {
			err = env.Err()
		}
		if (d != nil) != c.made || (err == nil) != (c.wrong == "") || err != nil && !strings.Contains(err.Error(), c.wrong) {
			t.Errorf("%s: %v, %v", name, d, err)
		}
	}
}
