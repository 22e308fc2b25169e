// Command admin is the operator's command line. It works against any stage, with whatever the AWS environment
// variables and profile say. Where they say nothing and no stage is named, it works with the local run beside it; AWS_PORT or
// AWS_ENDPOINT_URL say where that is, when it is not at its default port.
//
//	go run ./infra/ops/admin list
//	go run ./infra/ops/admin -stage latchkeyprod suspend ag_… "chargebacks"
//	AWS_PORT=4567 go run ./infra/ops/admin -json show ag_…
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	queue "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"latchkey.dev/shared/adapter/dynamo"
)

func main() {
	ctx := context.Background()
	cfg, err := where(ctx, os.Getenv, os.Args[1:], os.Stderr)
	if err == nil {
		err = run(ctx, cfg, os.Args[1:], os.Stdout, time.Now)
	}
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "admin:", err)
		os.Exit(1)
	}
}

// tool is what a command works with.
type tool struct {
	ctx   context.Context //nolint:containedctx // one command, one context
	cfg   aws.Config
	table *dynamo.Operator
	stage string
	json  bool
	out   io.Writer
	now   func() time.Time
	err   error // of writing
}

type command struct {
	name, arguments, about string
	least, most            int // arguments
	do                     func(*tool, []string) error
}

var commands = []command{
	{"list", "", "all agencies, with plan, state and people", 0, 0, (*tool).list},
	{"show", "AGENCY", "one agency: people, keys, clients, sending, the newest of its log", 1, 1, (*tool).show},
	{"plan", "AGENCY free|max", "put an agency on a plan", 2, 2, (*tool).plan},
	{"suspend", "AGENCY [REASON]", "its invites and open payment pages die, its portals rest; who pays keeps what it bought", 1, 100,
		(*tool).suspend},
	{"halt", "AGENCY", "stop what clients of a suspended agency bought: nobody is charged, unused days are paid back", 1, 1, (*tool).halt},
	{"resume", "AGENCY", "lift a suspension, and start again what was halted", 1, 1, (*tool).resume},
	{"name", "AGENCY allow|hold", "let an agency's name, as it is now, stand in From and Subject, or take that back", 2, 2, (*tool).name},
	{"senders", "[allow|refuse DOMAIN]", "sender domains that look like somebody else's and wait for you, or a decision about one", 0, 2,
		(*tool).senders},
	{"redrive", "QUEUE", "put a queue's dead letters (mail, delivery) back on it", 1, 1, (*tool).redrive},
	{"prices", "", "what is sold at which prices, and why the rest is not", 0, 0, (*tool).prices},
	{"stuck", "", "what was bought, at whatever agency, and is not well", 0, 0, (*tool).stuck},
	{"retry", "CLIENT RESOURCE -agency AGENCY", "have something tried again that could not be set up", 4, 4, (*tool).retry},
	{"invite", "INVITE|CLIENT -agency AGENCY", "the whole history of an invite", 3, 3, (*tool).invite},
}

func run(ctx context.Context, cfg aws.Config, args []string, out io.Writer, now func() time.Time) error {
	f := flag.NewFlagSet("admin", flag.ContinueOnError)
	f.SetOutput(out)
	stage := f.String("stage", localStage,
		"the deployment's `stage`, which begins the names of its table and queues, such as latchkeyprod; the default is the local run's")
	asJSON := f.Bool("json", false, "answer in JSON")
	f.Usage = func() {
		p := printer{w: out}
		p.line("Usage: admin [-stage STAGE] [-json] COMMAND")
		p.line("")
		for _, c := range commands {
			p.line("  %-38s %s", c.name+" "+c.arguments, c.about)
		}
		p.line("")
		p.line("Agencies are founded with go run ./infra/ops/agency, or by signing up.")
	}
	if err := f.Parse(args); err != nil {
		return err
	}
	rest := f.Args()
	if len(rest) == 0 {
		f.Usage()
		return flag.ErrHelp
	}
	for _, c := range commands {
		if c.name != rest[0] {
			continue
		}
		if n := len(rest) - 1; n < c.least || n > c.most {
			return fmt.Errorf("write it as: admin %s %s", c.name, c.arguments)
		}
		t := &tool{ctx: ctx, cfg: cfg, table: dynamo.OpenOperator(cfg, *stage+"-table", now), stage: *stage, json: *asJSON, out: out,
			now: now}
		return errors.Join(t.named(c.do(t, rest[1:])), t.err)
	}
	return fmt.Errorf("there is no command %q; there are %s", rest[0], names())
}

// named says of a stage that is not there how stages are named.
func (t *tool) named(err error) error {
	var table *types.ResourceNotFoundException
	var queue *queue.QueueDoesNotExist
	if errors.As(err, &table) || errors.As(err, &queue) {
		return fmt.Errorf("there is no stage %q here, since nothing is named %s-…. -stage takes the parameter Stage of "+
			"samconfig.toml, such as latchkeyprod; the local run's is latchkey", t.stage, t.stage)
	}
	return err
}

func names() string {
	var all []string
	for _, c := range commands {
		all = append(all, c.name)
	}
	return strings.Join(all, ", ")
}

// printer keeps the first error of writing.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}

// answer prints v as JSON, or what text writes.
func (t *tool) answer(v any, text func(p *printer)) error {
	if t.json {
		e := json.NewEncoder(t.out)
		e.SetIndent("", "  ")
		return e.Encode(v)
	}
	p := &printer{w: t.out}
	text(p)
	return p.err
}
