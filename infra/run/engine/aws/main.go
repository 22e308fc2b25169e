// Command aws is the embedded AWS engine by itself, with nothing of the product in it: DynamoDB, SQS, SESv2 and
// Parameter Store on one loopback port, for the AWS CLI, for sam local, and for whoever wants to look at the engine.
//
//	AWS_PORT  the port, default 4566
//	DATA      a folder that keeps the state; empty for memory
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"latchkey.dev/infra/run/engine"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, "127.0.0.1:"+cmp.Or(os.Getenv("AWS_PORT"), "4566"), os.Getenv("DATA"), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "aws:", err)
		os.Exit(1)
	}
}

// sweepEvery is how often expired items are deleted. DynamoDB takes up to days for it.
const sweepEvery = 10 * time.Second

// run serves until the context is over.
func run(ctx context.Context, addr, dir string, out io.Writer) (err error) {
	e, err := engine.Open(engine.Options{Dir: dir, VerifyAtOnce: true}) // nobody publishes DNS records for an emulator
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	on, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	s := &http.Server{Handler: engine.LoopbackOnly(e.Handler()), ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- s.Serve(on) }()
	fmt.Fprintf(out, "AWS engine at http://%s: DynamoDB, SQS, SESv2, Parameter Store; any credentials. Ctrl-C ends it.\n",
		on.Addr()) //nolint:errcheck // a terminal
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			e.Tick()
		case err := <-failed:
			return err
		case <-ctx.Done():
			end, cancel := context.WithTimeout(context.Background(), 2*time.Second)
			defer cancel()
			if s.Shutdown(end) != nil { // a long poll may last 20 s
				return s.Close()
			}
			return nil
		}
	}
}
