// Command latchkey is the local run: the whole product on this machine, with nothing else installed.
//
//	PORT      the product's port, default 8080
//	AWS_PORT  the AWS endpoint's port, default 4566
//	DATA      a folder that keeps the state; empty for memory (or -data DIR)
//	LATCHKEY_N8N  the folder into which n8n was installed, by default .engines/n8n where make test-n8n has done so: the first
//	              three instances that are bought are real ones; "none" for stand-ins alone
//	STRIPE_SECRET_KEY  a test key of Stripe's: the product talks to Stripe itself, and not to the stand-in
//
//	AWS_ENDPOINT_URL_DYNAMODB, _SQS, _SESV2   engines that are to be used in place of the embedded one
//	LAMBDA_ENDPOINT   where the functions are invoked (sam local start-lambda) in place of running them here,
//	ORIGIN            and the origin at which they are reached then,
//	NEAR              and the one at which they reach this process, when they know it by another name
//	EVENTS=elsewhere  something else brings queues and schedules to the functions
//
//	BINARIES=1   builds the functions as they are deployed, and runs them as Lambda does, each in processes of its own, which
//	             go by the machine's clock; any other value is a folder that has them already
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"latchkey.dev/infra/run/binaries"
	"latchkey.dev/infra/run/local"
	"latchkey.dev/infra/run/realn8n"
	"latchkey.dev/shared/domain/release"
)

func main() {
	data := flag.String("data", os.Getenv("DATA"), "a `folder` that keeps the state; empty for memory")
	flag.Parse()
	local.Tune()
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, nil)))
	if err := run(*data, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "latchkey:", err)
		os.Exit(1)
	}
}

// free says whose port it is when something else listens at the address.
func free(addr, variable string) error {
	on, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("%s is not free, maybe since another run has it: end that, or set %s to another port: %w", addr, variable, err)
	}
	return on.Close()
}

func run(data string, out io.Writer) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	start := time.Now()
	o := local.Options{
		Addr: "127.0.0.1:" + cmp.Or(os.Getenv("PORT"), "8080"), AWSAddr: "127.0.0.1:" + cmp.Or(os.Getenv("AWS_PORT"), "4566"), Dir: data,
		Endpoints: map[string]string{}, StripeKey: os.Getenv("STRIPE_SECRET_KEY"), Lambda: os.Getenv("LAMBDA_ENDPOINT"),
		Near: os.Getenv("NEAR"), NoEvents: os.Getenv("EVENTS") == "elsewhere",
	}
	if o.N8N = os.Getenv("LATCHKEY_N8N"); o.N8N == "" {
		o.N8N = realn8n.Installed(".")
	}
	if o.N8N == "none" {
		o.N8N = ""
	}
	for _, service := range []string{"dynamodb", "sqs", "sesv2"} {
		if url := os.Getenv("AWS_ENDPOINT_URL_" + strings.ToUpper(service)); url != "" {
			o.Endpoints[service] = url
		}
	}
	if origin := os.Getenv("ORIGIN"); origin != "" {
		o.Parameters = map[string]string{"Origin": origin}
	}
	if err := errors.Join(free(o.Addr, "PORT"), free(o.AWSAddr, "AWS_PORT")); err != nil {
		return err // before minutes are spent on building
	}
	if o.Binaries = os.Getenv("BINARIES"); o.Binaries == "1" {
		o.Binaries = filepath.Join("bin", "local")
		fmt.Fprintln(out, "\n  Building every function into "+o.Binaries+" (a minute or two the first time)…")
		if err := binaries.Build(ctx, ".", o.Binaries, binaries.Here); err != nil {
			return err
		}
		fmt.Fprintf(out, "  Built in %s.\n", time.Since(start).Round(100*time.Millisecond))
		start = time.Now()
	}
	if o.Binaries != "" {
		o.Output = os.Stderr
	}
	l, err := local.Start(ctx, o)
	if err != nil {
		return err
	}
	keeps := "in memory; set DATA to a folder to keep it"
	if data != "" {
		keeps = "in " + data
	}
	bought := "a labelled stand-in for n8n; make test-n8n installs a real one"
	if o.N8N != "" {
		bought = "a real n8n, sign in as " + realn8n.Owner + ", " + realn8n.Password
	}
	functions := "in this process; BINARIES=1 runs them as they are deployed"
	if o.Binaries != "" {
		functions = "the binaries in " + o.Binaries + ", each started at its first event"
	}
	fmt.Fprintf(out, `
  Latchkey runs at   %s
  Sign in as         %s
  Mailbox            %s/_local/mail
  Clock and queues   %s/_local/
  AWS endpoint       %s
                     AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test aws dynamodb list-tables --region us-east-1 --endpoint-url %s
  Functions          %s
  Who pays gets      %s
  State              %s
  Version            %s
  Ready in           %s. Ctrl-C ends it.

`, l.Origin(), l.SignInLink(), l.Origin(), l.Origin(), l.AWSEndpoint(), l.AWSEndpoint(), functions, bought, keeps,
		release.Version, time.Since(start).Round(time.Millisecond))
	<-ctx.Done()
	stop() // a second Ctrl-C ends it at once
	return l.Close()
}
