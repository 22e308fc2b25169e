package template_test

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"latchkey.dev/infra/run/template"
)

func text(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

var deployed = template.Inputs{Parameters: map[string]string{"Origin": "https://portal.example.com",
	"MailFrom": "invites@mail.example.com"}}

func TestTheRunbookNamesEveryAlarm(t *testing.T) {
	t.Parallel()
	runbook := text(t, "../../ops/RUNBOOK.md")
	names := regexp.MustCompile(`AlarmName: !Sub "\$\{Stage\}-([a-z-]+)"`).FindAllStringSubmatch(text(t, "../../ops/alarms.yaml"), -1)
	if len(names) < 10 {
		t.Fatalf("%d alarms", len(names))
	}
	known := map[string]bool{}
	for _, n := range names {
		known[n[1]] = true
		if !strings.Contains(runbook, "\n## "+n[1]+"\n") {
			t.Errorf("the runbook says nothing of %s", n[1])
		}
	}
	for _, n := range regexp.MustCompile(`(?m)^## ([a-z-]+)$`).FindAllStringSubmatch(runbook, -1) {
		if !known[n[1]] {
			t.Errorf("the runbook speaks of %s, which is no alarm", n[1])
		}
	}
}

func TestEveryQueueIsWatched(t *testing.T) {
	t.Parallel()
	declared, err := template.Read("../../../template.yaml", deployed)
	if err != nil {
		t.Fatal(err)
	}
	alarms := text(t, "../../ops/alarms.yaml")
	for _, q := range declared.Queues {
		name := strings.TrimPrefix(q.Name, "latchkey-")
		if !strings.Contains(alarms, `{Name: "QueueName", Value: !Sub "${Stage}-`+name+`"}`) {
			t.Errorf("no alarm watches the queue %s", name)
		}
		if !strings.Contains(alarms, `"${Stage}-`+name+`"]`) && !strings.Contains(alarms, `"${Stage}-`+name+`", {`) {
			t.Errorf("the dashboard does not show the queue %s", name)
		}
	}
	for _, f := range declared.Functions {
		if len(f.Routes) == 0 && !strings.Contains(alarms, `Value: !Sub "${Stage}-`+strings.TrimPrefix(f.Name, "latchkey-")+`"}`) {
			t.Errorf("no alarm watches %s, which nobody waits for", f.ID)
		}
	}
}

func TestTheCostCountsEveryAlarm(t *testing.T) {
	t.Parallel()
	n := strings.Count(text(t, "../../ops/alarms.yaml"), "Type: AWS::CloudWatch::Alarm\n")
	if row := fmt.Sprintf("| %d alarms at $0.10 | always | %.2f |", n, float64(n)/10); !strings.Contains(text(t, "../../DEPLOY.md"), row) {
		t.Errorf("DEPLOY.md has no row %q", row)
	}
}

func TestTheDashboardIsJSON(t *testing.T) {
	t.Parallel()
	_, body, ok := strings.Cut(text(t, "../../ops/alarms.yaml"), "DashboardBody: !Sub |\n")
	if !ok {
		t.Fatal("no dashboard")
	}
	body, _, _ = strings.Cut(body, "\nOutputs:")
	var dashboard struct{ Widgets []json.RawMessage }
	if err := json.Unmarshal([]byte(body), &dashboard); err != nil || len(dashboard.Widgets) == 0 {
		t.Errorf("%d widgets, %v", len(dashboard.Widgets), err)
	}
}
