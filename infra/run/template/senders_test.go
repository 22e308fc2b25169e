package template_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

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
		if !seen["ses:SendEmail"] {
			t.Errorf("tenants %s: nobody sends from agencies' domains", onOff)
		}
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
