package local

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	standin "latchkey.dev/infra/run/n8n"
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/adapter/ssm"
	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/instance"
)

// The demo agencies' owners: nobody has a password, they sign in with a code as everybody does.
const (
	Owner     = "owner@northwind.example"
	SoloOwner = "owner@solo.example"
)

// seeded are the demo agencies.
var seeded = []struct {
	founding  dynamo.Founding
	resources []instance.Resource
}{
	{
		found("Northwind Automations", "#0b6e4f", northwind(), agency.Max, Owner, "Nora Lindqvist"),
		[]instance.Resource{
			n8nNamed("Acme production", instance.Running), n8nNamed("Acme staging", instance.Active),
			n8nNamed("Bluefin Logistics", instance.Running),
			n8nNamed("Cedar & Sons", instance.Active), n8nNamed("Internal automations", instance.Active),
			n8nNamed("Delta onboarding", instance.PendingDeploy),
			n8nNamed("Everline archive", instance.Stopped), n8nNamed("Foxglove trial", instance.Failed),
			service("whatsapp", "WhatsApp support line", instance.Active), service("hermes", "Hermes scheduling agent", instance.Running),
		},
	},
	{found("Solo Studio", "#5b3cc4", "", agency.Free, SoloOwner, "Sam Ortega"), nil},
}

// northwind is a logo that needs no request of its own.
func northwind() string {
	b, err := files.ReadFile("page/northwind.svg")
	if err != nil {
		panic(err) // embedded: it is there
	}
	return "data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString(b)
}

// seed puts the demo agencies into an empty table. What is there already stays as it is. Their running and active
// instances are connected to stand-ins, but for one, so that both can be seen.
func seed(ctx context.Context, env *environment.Environment, origin string) error {
	table := dynamo.OpenOperator(env.AWS("dynamodb"), env.String("TABLE_NAME"), env.Now)
	keys := ssm.Ring(env, "SEAL_PARAMETER")
	if err := env.Err(); err != nil {
		return err
	}
	now := env.Now()
	for _, s := range seeded {
		f := s.founding
		f.Agency.CreatedAt = now.Add(-90 * 24 * time.Hour) // long enough to be past a new agency's allowance
		for _, r := range s.resources {
			r.CreatedAt = now.Add(-60 * 24 * time.Hour)
			if r.Kind == instance.N8N && r.Status.Linkable() && r.Name != unconnected {
				r.URL = origin + standInPath + "/" + host(r.Name)
				r.Key, r.CheckedAt = keys.Seal(standin.Key(host(r.Name)), r.Place(f.Agency.ID)), now.Add(-3*time.Hour)
			}
			f.Resources = append(f.Resources, r)
		}
		if err := table.Found(ctx, f); err != nil && !errors.Is(err, conflict.ErrChanged) {
			return fmt.Errorf("seed: %w", err)
		}
	}
	return nil
}

// unconnected is a demo instance whose workflows clients cannot see.
const unconnected = "Internal automations"

func found(name, color, logo string, plan agency.Plan, owner email.Address, person string) dynamo.Founding {
	return dynamo.Founding{
		Agency: agency.Agency{ID: fixed[id.Agency](id.AgencyPrefix, name), Name: name, Color: color, LogoURL: logo, Plan: plan},
		Owner:  agency.Member{ID: fixed[id.Member](id.MemberPrefix, string(owner)), Email: owner, Name: person, Level: agency.Owner},
	}
}

func n8nNamed(name string, status instance.Status) instance.Resource {
	r := instance.Resource{ID: fixed[id.Resource](id.InstancePrefix, name), Kind: instance.N8N, Type: "n8n", Name: name, Status: status}
	if status.Linkable() {
		r.URL = "https://" + host(name) + ".n8n.northwind.example"
	}
	return r
}

func service(kind, name string, status instance.Status) instance.Resource {
	return instance.Resource{ID: fixed[id.Resource](id.ServicePrefix, name), Kind: instance.Service, Type: kind, Name: name, Status: status,
		URL: "https://" + host(name) + ".northwind.example"}
}

func host(name string) string {
	return strings.Trim(strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || '0' <= r && r <= '9' {
			return r
		}
		return '-'
	}, strings.ReplaceAll(strings.ToLower(name), " & ", " ")), "-")
}

// fixed makes an id that is the same at every first start, so that demos and bookmarks keep working.
func fixed[T ~string](prefix, name string) T {
	var u ulid.ULID
	if err := u.SetTime(uint64(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli())); err != nil {
		panic(err)
	}
	h := sha256.Sum256([]byte("latchkey demo\x00" + name))
	copy(u[6:], h[:10])
	return T(prefix + u.String())
}
