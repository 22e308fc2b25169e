package template_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"latchkey.dev/infra/run/template"
)

// withTenants reads the templates with tenants of SES on or off.
func withTenants(t *testing.T, onOff string) *template.Template {
	t.Helper()
	in := template.Inputs{Parameters: maps.Clone(deployed.Parameters)}
	in.Parameters["SesTenants"] = onOff
	got, err := template.Read("../../../template.yaml", in)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// What makes and deletes identities never sends, and what sends neither makes nor deletes. Nobody else has a right at SES.
func TestSenderI1WhoeverSendsMakesNothing(t *testing.T) {
	t.Parallel()
	for _, onOff := range []string{"off", "on"} {
		for _, f := range withTenants(t, onOff).Functions {
			for _, g := range f.Grants {
				for _, action := range g.Actions {
					sends := action == "ses:SendEmail"
					if strings.HasPrefix(action, "ses:") && (sends && f.ID != "SendMail" || !sends && f.ID != "SenderControl") {
						t.Errorf("tenants %s: %s may %s (%s, line %d)", onOff, f.ID, action, g.File, g.Line)
					}
				}
			}
		}
	}
}

// Rights on all identities are bound by conditions, but for reading them, and for sending where agencies are no tenants.
func TestSenderI2ARightOnEveryIdentityHasItsCondition(t *testing.T) {
	t.Parallel()
	bounds := map[string]string{"ses:CreateEmailIdentity": "aws:RequestTag/latchkey:stage", "ses:TagResource": "aws:RequestTag/latchkey:stage",
		"ses:SendEmail": "ses:TenantName"}
	free := []string{"ses:GetEmailIdentity", "ses:ListResourceTenants"}
	for _, onOff := range []string{"off", "on"} {
		seen := map[string]bool{}
		for _, f := range withTenants(t, onOff).Functions {
			for _, g := range f.Grants {
				if !slices.ContainsFunc(g.Resources, func(r string) bool { return strings.HasSuffix(r, ":identity/*") }) {
					continue
				}
				for _, action := range g.Actions {
					seen[action] = true
					if slices.Contains(free, action) || action == "ses:SendEmail" && onOff == "off" {
						continue
					}
					key := bounds[action]
					if key == "" {
						key = "aws:ResourceTag/latchkey:stage"
					}
					var values []string
					for _, operator := range []string{"StringEquals", "StringLike"} {
						values = append(values, g.Conditions[operator][key]...)
					}
					want := "latchkey"
					if action == "ses:SendEmail" {
						want = "latchkey-*"
					}
					if !slices.Equal(values, []string{want}) {
						t.Errorf("tenants %s: %s may %s any identity with %s %q, want %s", onOff, f.ID, action, key, values, want)
					}
				}
			}
		}
		for _, action := range []string{"ses:SendEmail", "ses:CreateEmailIdentity", "ses:DeleteEmailIdentity", "ses:GetEmailIdentity",
			"ses:PutEmailIdentityMailFromAttributes", "ses:PutEmailIdentityDkimSigningAttributes"} {
			if !seen[action] {
				t.Errorf("tenants %s: nobody may %s agencies' domains", onOff, action)
			}
		}
	}
}

// What calls SES about domains does so one job after the other, at one call in 1.1 s. Where no concurrency can be reserved, two may run at
// once, and each pauses for twice as long.
func TestSenderQ1OneFunctionCallsSESOnceASecond(t *testing.T) {
	t.Parallel()
	for reserve, want := range map[string]struct {
		reserved int
		pace     time.Duration
	}{"true": {1, 1100 * time.Millisecond}, "false": {0, 2200 * time.Millisecond}} {
		in := template.Inputs{Parameters: maps.Clone(deployed.Parameters)}
		in.Parameters["ReserveConcurrency"] = reserve
		got, err := template.Read("../../../template.yaml", in)
		if err != nil {
			t.Fatal(err)
		}
		f := got.Function("SenderControl")
		pace, err := time.ParseDuration(f.Environment["SES_PACE"])
		if err != nil || pace != want.pace || f.Reserved != want.reserved {
			t.Errorf("reserved %s: %d at once, with a pause of %s (%v)", reserve, f.Reserved, f.Environment["SES_PACE"], err)
		}
		works := template.Source{Queue: got.Queue("IdentitiesQueue").ARN, BatchSize: 1, PartialFailures: true, Concurrency: 2}
		if len(f.Sources) != 1 || f.Sources[0] != works {
			t.Errorf("it works on %+v", f.Sources)
		}
	}
}

func TestSenderTenantsAreNamedWhereTheyAreOn(t *testing.T) {
	t.Parallel()
	for onOff, want := range map[string][2]string{"off": {}, "on": {"latchkey", "arn:aws:ses:us-east-1:000000000000"}} {
		got := withTenants(t, onOff)
		tenants, account := got.Function("SendMail").Environment["SES_TENANTS"], got.Function("SenderControl").Environment["SES_ACCOUNT"]
		if is := [2]string{tenants, account}; is != want {
			t.Errorf("tenants %s: %q, want %q", onOff, is, want)
		}
	}
	in := template.Inputs{Parameters: maps.Clone(deployed.Parameters)}
	in.Parameters["SesTenants"] = "yes"
	if _, err := template.Read("../../../template.yaml", in); err == nil {
		t.Error("tenants are yes")
	}
}

// mostOfAPolicy is how long a managed policy is at most, which IAM counts without white space ("IAM and AWS STS quotas"). Those of roles
// may be longer; ours are not, so that an operator can make managed ones of them.
const mostOfAPolicy = 6144

func TestSenderI3PoliciesAreShort(t *testing.T) {
	t.Parallel()
	type statement struct {
		Effect           string
		Action, Resource []string
		Condition        map[string]map[string][]string `json:",omitempty"`
	}
	for _, onOff := range []string{"off", "on"} {
		for _, f := range withTenants(t, onOff).Functions {
			var all []statement
			for _, g := range f.Grants {
				all = append(all, statement{"Allow", g.Actions, g.Resources, g.Conditions})
			}
			text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": all})
			if err != nil {
				t.Fatal(err)
			}
			if len(text) > mostOfAPolicy {
				t.Errorf("tenants %s: the policy of %s has %d characters", onOff, f.ID, len(text))
			}
		}
	}
}

// One configuration set is for all agencies, and tags tell them apart: SES has 10,000 sets, as it has identities.
func TestSenderQ3OneConfigurationSetIsForAll(t *testing.T) {
	t.Parallel()
	sets := map[string]bool{}
	for _, f := range withTenants(t, "on").Functions {
		if set, ok := f.Environment["CONFIGURATION_SET"]; ok {
			sets[set] = true
		}
		for _, g := range f.Grants {
			if slices.ContainsFunc(g.Actions, func(a string) bool { return strings.HasPrefix(a, "ses:CreateConfigurationSet") }) {
				t.Errorf("%s may make configuration sets", f.ID)
			}
		}
	}
	if len(sets) != 1 {
		t.Errorf("mails and tenants are about %v", slices.Sorted(maps.Keys(sets)))
	}
}
