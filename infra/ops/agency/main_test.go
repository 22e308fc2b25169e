package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"latchkey.dev/infra/run/engine"
	"latchkey.dev/infra/run/stack"
	"latchkey.dev/infra/run/template"
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/instance"
)

func TestAnAgencyIsFoundedWithItsOwnerAndWhatItRuns(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	e, err := engine.Open(engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Close() }()
	declared, err := template.Read("../../../template.yaml",
		template.Inputs{Parameters: map[string]string{"Origin": "https://portal.example.com", "MailFrom": "invites@mail.example.com"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stack.Up(ctx, e.Config(), declared); err != nil {
		t.Fatal(err)
	}

	var out bytes.Buffer
	err = run(ctx, e.Config(),
		[]string{"-name", "Acme Ops", "-owner", "Owner@Acme.example", "-instance", "Production=https://n8n.acme.example"}, &out)
	if err != nil {
		t.Fatal(err)
	}
	which := id.Agency(strings.Fields(out.String())[0])
	table := dynamo.Open(e.Config(), "latchkey-table", time.Now)
	places, err := dynamo.NewWorkplaces(table).Memberships(ctx, id.UserOf(email.Address("owner@acme.example")))
	if err != nil || len(places) != 1 || places[0].Agency != which || places[0].Member == "" {
		t.Errorf("the owner's places: %+v, %v", places, err)
	}
	things, err := dynamo.NewDirectory(table).Resources(ctx, which, instance.N8N)
	if err != nil || len(things) != 1 || things[0].Name != "Production" {
		t.Errorf("instances: %+v, %v", things, err)
	}
}

func TestAWrongArgumentFoundsNothing(t *testing.T) {
	t.Parallel()
	e, err := engine.Open(engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Close() }()
	for _, args := range [][]string{
		{"-owner", "owner@acme.example"},
		{"-name", "Acme", "-owner", "nobody"},
		{"-name", "Acme", "-owner", "owner@acme.example", "-plan", "gold"},
		{"-name", "Acme", "-owner", "owner@acme.example", "-color", "green"},
		{"-name", "Acme", "-owner", "owner@acme.example", "-instance", "no address"},
	} {
		if err := run(context.Background(), e.Config(), args, &bytes.Buffer{}); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
}
