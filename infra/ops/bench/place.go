package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"latchkey.dev/infra/run/engine"
	"latchkey.dev/infra/run/engine/roundtrip"
	"latchkey.dev/infra/run/stack"
	"latchkey.dev/infra/run/template"
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/link"
	"latchkey.dev/shared/domain/secret"
	"latchkey.dev/shared/frontend/api"
	"latchkey.dev/shared/wire"
	"latchkey.dev/shared/wire/operations"
)

const origin = "https://portal.latchkey.example"

// place is the API's functions on an engine of their own, with nothing else running: no worker and no sweep.
type place struct {
	engine       *engine.Engine
	table        *dynamo.Operator
	cfg          aws.Config
	tableName    string
	billingQueue string
	meter        *meter
	functions    map[string]event.Function // by operation id
}

// open makes a place. dir keeps it on disk; empty keeps it in memory.
func (b *bench) open(ctx context.Context, dir string) (*place, error) {
	e, err := engine.Open(engine.Options{Dir: dir})
	if err != nil {
		return nil, err
	}
	declared, err := template.Read(filepath.Join(b.root, "template.yaml"), template.Inputs{Parameters: map[string]string{
		"Stage": "bench", "Origin": origin, "MailFrom": "invites@mail.latchkey.example", "CheckMx": "false"}})
	if err != nil {
		return nil, err
	}
	up, err := stack.Up(ctx, e.Config(), declared)
	if err != nil {
		return nil, err
	}
	vars, err := up.Variables()
	if err != nil {
		return nil, err
	}
	p := &place{engine: e, cfg: e.Config(), tableName: vars["TABLE_NAME"], billingQueue: vars["BILLING_QUEUE_URL"],
		meter: &meter{to: roundtrip.Transport(e.Handler())}, functions: map[string]event.Function{}}
	cfg := e.Config()
	cfg.HTTPClient = &http.Client{Transport: p.meter}
	p.table = dynamo.OpenOperator(cfg, p.tableName, time.Now)
	for name, secret := range map[string]string{"SECRET_PARAMETER": origin,
		"SEAL_PARAMETER": "what the bench seals it could as well leave open"} {
		e.SSM.Put(vars[name], secret)
	}
	vars["AWS_REGION"], vars["AWS_ACCESS_KEY_ID"], vars["AWS_SECRET_ACCESS_KEY"] = cfg.Region, "test", "test"
	vars["AWS_ENDPOINT_URL"] = aws.ToString(cfg.BaseEndpoint)
	env := environment.New(func(name string) string { return vars[name] })
	env.HTTPClient = cfg.HTTPClient
	made := operations.With(wire.From(env, wire.Outside{}))
	for _, f := range []event.Function{made.Invites(), made.Clients(), made.InvitationAccept(), made.Invitation(), made.Invite(),
		made.Portal(), made.Session(), made.Batches(), made.Join(), made.PortalContacts()} {
		for _, o := range event.HandlerOf(f).(*api.Resource).Operations {
			p.functions[o.ID] = f
		}
	}
	return p, env.Err()
}

// tenant is an agency with an API key and two instances.
type tenant struct {
	id     id.Agency
	key    string // the secret
	member id.Member
	n8n    [2]id.Resource
}

// owner is the address of the tenant's owner.
func (t *tenant) owner() email.Address {
	return email.Address("owner@" + strings.ToLower(string(t.id[3:])) + ".example")
}

// found makes an agency that is past a new one's allowance.
func (p *place) found(ctx context.Context, name string) (*tenant, error) {
	return found(ctx, p.table, name)
}

func found(ctx context.Context, table *dynamo.Operator, name string) (*tenant, error) {
	now := time.Now()
	t := &tenant{id: id.New[id.Agency](id.AgencyPrefix, now), member: id.New[id.Member](id.MemberPrefix, now)}
	err := table.Found(ctx, dynamo.Founding{
		Agency: agency.Agency{ID: t.id, Name: name, Color: "#0b6e4f", Plan: agency.Max, CreatedAt: now.Add(-90 * 24 * time.Hour)},
		Owner:  agency.Member{ID: t.member, Email: t.owner(), Level: agency.Owner},
	})
	if err != nil {
		return nil, err
	}
	for i, name := range []string{"Acme production", "Acme staging"} {
		t.n8n[i] = id.New[id.Resource](id.InstancePrefix, now)
		if err := table.AddResource(ctx, t.id,
			instance.Resource{ID: t.n8n[i], Type: "n8n", Name: name, Status: instance.Running, CreatedAt: now}); err != nil {
			return nil, err
		}
	}
	k := &identity.APIKey{ID: id.New[id.Key](id.KeyPrefix, now), Agency: t.id, Name: "bench", Scopes: identity.Scopes(),
		CreatedBy: t.member, CreatedAt: now}
	ag, ky := id.Bytes(id.AgencyPrefix, string(t.id)), id.Bytes(id.KeyPrefix, string(k.ID))
	t.key = secret.New(secret.APIKey, append(ag[:], ky[:]...))
	k.Hash = secret.HashOf(t.key)
	err = dynamo.NewKeys(table.Table).CreateAPIKey(ctx, k, 0,
		audit.Entry{ID: id.New[id.Event](id.EventPrefix, now), At: now, Actor: audit.System, Action: audit.KeyCreated,
			Subject: string(k.ID)}, nil)
	if err != nil {
		return nil, err
	}
	// The note of its first use in the hour is not part of what is measured.
	return t, dynamo.NewCredentials(table.Table).Used(ctx, k, now)
}

// pending is a relationship whose invite's mail is out, and its link's secret.
func (t *tenant) pending(address string, at time.Time) (*client.Client, string, error) {
	c, err := client.Begin(nil, t.id, client.Offer{Email: email.Address(address), Payer: invite.AgencyPays, Name: "Acme Ltd",
		Grants: []instance.Grant{{Resource: t.n8n[0], Access: instance.Read, Name: "Acme production"},
			{Resource: t.n8n[1], Access: instance.Write, Name: "Acme staging"}},
		From: invite.Sender{AgencyName: "Northwind Automations", Color: "#0b6e4f", Member: t.member}}, at)
	if err != nil {
		return nil, "", err
	}
	token := link.New(t.id, c.Ref())
	c.Invite.First(at, agency.Slot{New: at})
	c.Invite.Claim(at, c.Invite.Mail.Job, secret.HashOf(token))
	c.Invite.MailSent(at)
	return c, token, nil
}

// session signs somebody in and returns the cookie's value.
func (p *place) session(ctx context.Context, address string) (string, error) {
	who := email.Address(address)
	cookie, s := identity.NewSession(id.UserOf(who), who, nil, identity.Proof{Way: identity.MailedCode}, time.Now())
	return cookie, dynamo.NewSignIns(p.table.Table).OpenSession(ctx, &identity.Code{User: s.User, Email: who}, s, nil)
}

// staff signs the tenant's owner in and returns the cookie's value.
func (p *place) staff(ctx context.Context, t *tenant) (string, error) {
	who := t.owner()
	cookie, s := identity.NewSession(id.UserOf(who), who, []identity.Membership{{Agency: t.id, Member: t.member}},
		identity.Proof{Way: identity.MailedCode}, time.Now())
	return cookie, dynamo.NewSignIns(p.table.Table).OpenSession(ctx, &identity.Code{User: s.User, Email: who}, s, nil)
}

// request is an event of payload format 2.0, as far as it differs from one request to the next.
type request struct {
	Version        string            `json:"version"`
	RouteKey       string            `json:"routeKey"`
	RawPath        string            `json:"rawPath"`
	RawQueryString string            `json:"rawQueryString"`
	Cookies        []string          `json:"cookies,omitempty"`
	Headers        map[string]string `json:"headers"`
	RequestContext map[string]any    `json:"requestContext"`
	PathParameters map[string]string `json:"pathParameters,omitempty"`
	Body           string            `json:"body,omitempty"`
}

func get(path, query string) *request { return to("GET", path, query) }

func to(method, path, query string) *request {
	return &request{Version: "2.0", RouteKey: method + " " + path, RawPath: path, RawQueryString: query,
		Headers: map[string]string{"accept": "application/json", "accept-encoding": "gzip, deflate, br", "content-type": "application/json",
			"host": "portal.latchkey.example", "user-agent": "bench", "x-forwarded-for": "203.0.113.24", "x-forwarded-port": "443",
			"x-forwarded-proto": "https"},
		RequestContext: map[string]any{"accountId": "000000000000", "apiId": "a1b2c3d4e5", "domainName": "portal.latchkey.example",
			"requestId": "UExa631ac369oAMEbjw=",
			"http": map[string]string{"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.24",
				"userAgent": "bench"}, "stage": "$default"}}
}

// sendInvite is the request for an invite to two instances.
func (t *tenant) sendInvite(address, once string) *request {
	r := to("POST", "/v1/invites", "")
	r.Headers["authorization"] = "Bearer " + t.key
	if once != "" {
		r.Headers["idempotency-key"] = once
	}
	r.Body = fmt.Sprintf(`{"email":%q,"name":"Acme Ltd","grants":[{"resource":%q,"access":"read"},{"resource":%q,"access":"write"}]}`,
		address, t.n8n[0], t.n8n[1])
	return r
}

// call brings the event to a function as JSON and returns an error unless it answers with the status.
func call(ctx context.Context, f interface {
	Invoke(context.Context, []byte) ([]byte, error)
}, r *request, status int) error {
	payload, err := json.Marshal(r)
	if err != nil {
		return err
	}
	answer, err := f.Invoke(ctx, payload)
	if err != nil {
		return err
	}
	var out struct {
		StatusCode int    `json:"statusCode"`
		Body       string `json:"body"`
	}
	if err := json.Unmarshal(answer, &out); err != nil {
		return err
	}
	if out.StatusCode != status {
		return fmt.Errorf("%s answered %d: %s", r.RouteKey, out.StatusCode, out.Body)
	}
	return nil
}
