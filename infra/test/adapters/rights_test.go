package adapters_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"

	"latchkey.dev/infra/run/engine"
	"latchkey.dev/infra/run/stack"
	"latchkey.dev/infra/run/template"
	"latchkey.dev/infra/test/whole"
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/role"
	"latchkey.dev/shared/usecase/contacts"
	"latchkey.dev/shared/usecase/portal"
)

// TestPortalRightsAreReadWithTheClientAndItsRolesAndNothingElse counts the requests that it takes to know what a client with ten roles may
// see and do: its own item, and one BatchGetItem of its roles with the agency. A page that it opens adds what is on it, and no more.
func TestPortalRightsAreReadWithTheClientAndItsRolesAndNothingElse(t *testing.T) {
	t.Parallel()
	e, err := engine.Open(engine.Options{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	declared, err := template.Read("../../../template.yaml", template.Inputs{Parameters: map[string]string{
		"Stage": "adapters", "Origin": "https://portal.example.com", "MailFrom": "invites@mail.example.com"}})
	if err != nil {
		t.Fatal(err)
	}
	s, err := stack.Up(t.Context(), e.Config(), declared, stack.Without("sqs"), stack.Without("sesv2"))
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var asked []string
	cfg := e.Config()
	cfg.APIOptions = append(cfg.APIOptions, func(s *middleware.Stack) error {
		return s.Initialize.Add(middleware.InitializeMiddlewareFunc("count", func(
			ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
		) (middleware.InitializeOutput, middleware.Metadata, error) {
			mu.Lock()
			asked = append(asked, awsmiddleware.GetOperationName(ctx))
			mu.Unlock()
			return next.HandleInitialize(ctx, in)
		}), middleware.After)
	})
	name, clock := s.Environment("Invites")["TABLE_NAME"], func() time.Time { return now }
	all := whole.Open(e.Config(), name, clock)
	a := id.New[id.Agency](id.AgencyPrefix, now)
	if err := all.Found(t.Context(), dynamo.Founding{
		Agency: agency.Agency{ID: a, Name: "N", Plan: agency.Max, CreatedAt: now, Portal: agency.Portal{InstalledAt: now}},
		Owner:  agency.Member{ID: id.New[id.Member](id.MemberPrefix, now), Email: "owner@n.example", Level: agency.Owner},
	}); err != nil {
		t.Fatal(err)
	}
	roles := dynamo.NewRoles(dynamo.Open(e.Config(), name, clock))
	row := func(n int) audit.Entry {
		return audit.Entry{ID: id.New[id.Event](id.EventPrefix, now.Add(time.Duration(n)*time.Second)), At: now, Action: audit.RoleCreated}
	}
	const who = "ops@acme.example"
	c, err := client.Begin(nil, a, client.Offer{Email: who, Payer: invite.AgencyPays}, now)
	if err != nil {
		t.Fatal(err)
	}
	if err := all.Commit(t.Context(), a, client.Change{Client: c}); err != nil {
		t.Fatal(err)
	}
	c, err = all.Client(t.Context(), a, c.Ref(), true)
	if err != nil {
		t.Fatal(err)
	}
	c.AcceptedAt = now
	for n := range client.MaxRoles {
		r := &role.Role{ID: id.New[id.Role](id.RolePrefix, now), Agency: a, Name: fmt.Sprint("Role ", n), Active: true, CreatedAt: now,
			Rules: role.Rules{role.Contact: {Fields: []string{"name"}}}}
		if err := roles.MakeRole(t.Context(), r, row(n), nil); err != nil {
			t.Fatal(err)
		}
		c.Roles = append(c.Roles, r.ID)
	}
	if err := all.Commit(t.Context(), a, client.Change{Client: c, Join: true}); err != nil {
		t.Fatal(err)
	}
	table := dynamo.Open(cfg, name, clock)
	own := &contacts.Own{Store: dynamo.NewOwnCards(table), Now: clock}
	me := identity.Caller{User: id.UserOf(who), Email: who}
	mine, err := own.Get(t.Context(), me, a, "")
	if err != nil || len(mine.Rights.Why(role.Contact, role.Fields, "name")) != client.MaxRoles {
		t.Fatalf("%+v, %v", mine, err)
	}
	rights := []string{"GetItem", "BatchGetItem"}
	if !slices.Equal(asked, rights) {
		t.Errorf("the client's cards asked for %v", asked)
	}
	asked = nil
	seen, err := (&portal.Portal{Store: dynamo.NewPortals(table), Now: clock}).Get(t.Context(), me, a)
	if err != nil || !slices.Equal(seen.Modules, []role.Module{role.Contact}) {
		t.Fatalf("%+v, %v", seen, err)
	}
	// Of whom it is a client, its rights, who invited it, and that it was here.
	if want := append(append([]string{"Query"}, rights...), "GetItem", "UpdateItem"); !slices.Equal(asked, want) {
		t.Errorf("the portal asked for %v, want %v", asked, want)
	}
	// Who is no client, and who has nothing there, read the same.
	_, unknown := own.Get(t.Context(), identity.Caller{User: id.UserOf("x@acme.example"), Email: "x@acme.example"}, a, "")
	_, elsewhere := own.Get(t.Context(), me, id.New[id.Agency](id.AgencyPrefix, now), "")
	c.Roles = nil
	if err := all.Commit(t.Context(), a, client.Change{Client: c}); err != nil {
		t.Fatal(err)
	}
	_, closed := own.Get(t.Context(), me, a, "")
	for _, err := range []error{closed, unknown, elsewhere} {
		if f := fault.As(err); f == nil || f.Code != fault.NotFound || f.Message != fault.As(closed).Message {
			t.Errorf("%v, want the same as %v", err, closed)
		}
	}
}
