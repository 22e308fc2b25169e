// Command found puts an agency into a deployment's table: its owner can sign in from then on, as everybody does. It is
// the operator's, and speaks to whatever the AWS environment variables and profile say.
//
//	go run ./infra/ops/agency -name "Northwind Automations" -owner owner@northwind.example -plan max \
//	  -instance "Acme production=https://acme.n8n.example" -service "WhatsApp support=https://wa.example"
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"

	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/text"
)

func main() {
	cfg, err := config.LoadDefaultConfig(context.Background())
	if err == nil {
		err = run(context.Background(), cfg, os.Args[1:], os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "found:", err)
		os.Exit(1)
	}
}

var color = regexp.MustCompile(`^#[0-9a-f]{6}$`)

// run founds the agency that the arguments describe and prints its id. Nothing is written when an argument is wrong.
func run(ctx context.Context, cfg aws.Config, args []string, out io.Writer) error {
	f := flag.NewFlagSet("found", flag.ContinueOnError)
	f.SetOutput(out)
	table := f.String("table", "latchkey-table", "the deployment's `table`")
	name := f.String("name", "", "the agency's `name`, as clients read it")
	owner := f.String("owner", "", "the owner's `address`")
	plan := f.String("plan", string(agency.Max), "free or max")
	brand := f.String("color", "#4f46e5", "the brand's `colour`, as #rrggbb")
	var resources []instance.Resource
	now := time.Now().UTC().Truncate(time.Millisecond)
	add := func(prefix, kind string) func(string) error {
		return func(s string) error {
			name, address, ok := strings.Cut(s, "=")
			u, err := url.Parse(address)
			if !ok || err != nil || u.Host == "" {
				return fmt.Errorf("write it as NAME=https://…")
			}
			resources = append(resources,
				instance.Resource{ID: id.New[id.Resource](prefix, now), Type: kind, Name: name, Status: instance.Active, URL: address,
					CreatedAt: now})
			return nil
		}
	}
	f.Func("instance", "an n8n instance, as `NAME=URL`; may be repeated", add(id.InstancePrefix, "n8n"))
	f.Func("service", "another service, as `NAME=URL`; may be repeated", add(id.ServicePrefix, "other"))
	if err := f.Parse(args); err != nil {
		return err
	}
	address, err := email.Parse("owner", *owner)
	if err != nil {
		return fmt.Errorf("-owner: %w", err)
	}
	called, err := text.Line("name", *name, text.MaxName)
	switch {
	case err != nil:
		return fmt.Errorf("-name: %w", err)
	case called == "":
		return fmt.Errorf("-name: an agency needs a name")
	case *plan != string(agency.Free) && *plan != string(agency.Max):
		return fmt.Errorf("-plan: free or max, not %q", *plan)
	case !color.MatchString(*brand):
		return fmt.Errorf("-color: write it as #rrggbb in lower case, not %q", *brand)
	}
	a := agency.Agency{ID: id.New[id.Agency](id.AgencyPrefix, now), Name: called, Color: *brand, Plan: agency.Plan(*plan), CreatedAt: now}
	err = dynamo.OpenOperator(cfg, *table, time.Now).Found(ctx, dynamo.Founding{Agency: a, Resources: resources,
		Owner: agency.Member{ID: id.New[id.Member](id.MemberPrefix, now), Email: address, Level: agency.Owner}})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s founded; %s can sign in\n", a.ID, address)
	return err
}
