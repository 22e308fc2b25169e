package webhook_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/sender"
	"latchkey.dev/shared/domain/webhook"
)

// untold says of every row of the log that is no event why it is none.
var untold = map[string]string{
	"InstanceEntered": "somebody has looked, and nothing has changed",
	"DomainTested":    "it tells of an email", "RecordsSent": "it tells of an email", "RecordsRevoked": "it ends a link to a page of records",
	"JoinTold":      "it tells of an email",
	"AgencyCreated": "there is no endpoint yet", "AgencyDeleted": "the endpoints are deleted with it", "NameDecided": "it is the platform's business",
	"SignInReplaced": "it is about a person's own sign-in, at whichever agencies",
	"UpdatesStopped": "it is about a person's own emails", "UpdatesResumed": "it is about a person's own emails",
	"PowerUsed":       "a key was used, and what it did has rows of its own",
	"EndpointCreated": "an endpoint is not told of itself", "EndpointChanged": "an endpoint is not told of itself",
	"EndpointDeleted": "an endpoint is not told of itself", "EndpointRotated": "an endpoint is not told of itself",
	"EndpointEnabled": "an endpoint is not told of itself", "EndpointFailing": "an endpoint is not told of itself",
	"EndpointDisabled": "an endpoint is not told of itself",
}

// TestSenderW5EveryRowOfTheLogIsAnEventOrHasAReason compares the log's actions, as they are declared, with the events.
func TestSenderW5EveryRowOfTheLogIsAnEventOrHasAReason(t *testing.T) {
	t.Parallel()
	tree, err := parser.ParseFile(token.NewFileSet(), "../audit/audit.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	ast.Inspect(tree, func(x ast.Node) bool {
		v, ok := x.(*ast.ValueSpec)
		if !ok || len(v.Values) != 1 {
			return true
		}
		if of, ok := v.Type.(*ast.Ident); !ok || of.Name != "Action" {
			return true
		}
		value, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		name := v.Names[0].Name
		n++
		told, reason := webhook.May(audit.Action(value)), untold[name]
		if told == (reason != "") {
			t.Errorf("audit.%s (%s): an event is %v, and the reason for none is %q", name, value, told, reason)
		}
		delete(untold, name)
		return true
	})
	for name := range untold {
		t.Errorf("the log has no %s", name)
	}
	if n < 90 {
		t.Errorf("only %d actions were found", n)
	}
}

// TestSenderW4TypesAreWhatStandardWebhooksAllows looks at every type, and that the document names it.
func TestSenderW4TypesAreWhatStandardWebhooksAllows(t *testing.T) {
	t.Parallel()
	document, err := os.ReadFile("../../frontend/web/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	form := regexp.MustCompile(`^[a-zA-Z0-9_]+(\.[a-zA-Z0-9_]+)+$`)
	seen := map[webhook.Type]bool{}
	for _, x := range append(webhook.Types(), webhook.Test) {
		if !form.MatchString(string(x)) || seen[x] || x != webhook.Test && !strings.Contains(string(document), string(x)) {
			t.Errorf("%q is no type, is there twice, or is in no document", x)
		}
		seen[x] = true
	}
	for _, x := range []webhook.Type{"invite.sent", "invite.delivered", "invite.bounced", "invite.accepted", "invite.declined",
		"invite.expired", "invite.canceled", "client.activated", "subscription.changed", "domain.verified", "domain.degraded"} {
		if !seen[x] {
			t.Errorf("there is no %s", x)
		}
	}
}

func TestSenderW5WhatARowIs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		action audit.Action
		detail string
		want   string
	}{
		{audit.InviteSent, "", "invite.sent"}, {audit.InviteAccepted, "", "invite.accepted client.activated"},
		{audit.PaymentEnded, "", "payment.ended subscription.changed"}, {audit.DomainState, string(sender.Verified), "domain.verified"},
		{audit.DomainState, string(sender.Degraded), "domain.degraded"}, {audit.DomainState, string(sender.Verifying), ""},
		{audit.EndpointFailing, "", ""}, {webhook.Delivered, "", "invite.delivered"}, {"nonsense", "", ""},
	} {
		var got []string
		for _, x := range webhook.Of(audit.Entry{Action: c.action, Detail: c.detail}) {
			got = append(got, string(x))
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s %s is %q, want %q", c.action, c.detail, s, c.want)
		}
	}
	row := id.New[id.Event](id.EventPrefix, time.Now())
	first, second := webhook.Message(row, 0), webhook.Message(row, 1)
	if first != row || second == row || second != webhook.Message(row, 1) || webhook.MessageOf(webhook.DeliveryOf(second)) != second ||
		strings.Contains(string(second), ".") || !id.Valid(id.EventPrefix, string(second)) {
		t.Errorf("%s %s %s", row, first, second)
	}
}
