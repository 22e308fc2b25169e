package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// onLambda deploys template.yaml and its areas with sam deploy on MiniStack, which runs provided.al2023 functions without Docker,
// behind its own event source mappings, scheduler and HTTP API. It holds that a batch fails in part, and has the suites
// run through the API. SES is the embedded engine's, for its mailbox and for the events that MiniStack does not
// publish.
func onLambda(ctx context.Context, folder string) (variables []string, stop func() error, err error) {
	var ends []func() error
	stop = func() error {
		var errs []error
		for i := len(ends) - 1; i >= 0; i-- {
			errs = append(errs, ends[i]())
		}
		return errors.Join(errs...)
	}
	if err := miniStack.install(ctx, folder); err != nil {
		return nil, stop, err
	}
	s := set{name: "lambdas", services: map[string]engine{"sqs": miniStack}}
	at, end, err := s.start(ctx, folder)
	ends = append(ends, end)
	if err != nil {
		return nil, stop, err
	}
	mail, err := port()
	if err != nil {
		return nil, stop, err
	}
	pages, err := port()
	if err != nil {
		return nil, stop, err
	}
	on, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, stop, err
	}
	ends = append(ends, on.Close)
	_, own, _ := net.SplitHostPort(on.Addr().String())
	origin := "http://localhost:" + own
	endpoint := at["sqs"]
	env := append([]string{"AWS_ENDPOINT_URL=" + endpoint}, samEnvironment("localhost:"+pages)...)
	tool := func(program string, args ...string) (string, error) {
		fmt.Println("lambdas:", filepath.Base(program), strings.Join(args[:min(3, len(args))], " "))
		c := exec.CommandContext(ctx, program, args...)
		c.Env = append(os.Environ(), env...)
		out, err := c.CombinedOutput()
		if err != nil {
			err = fmt.Errorf("%s %s: %w\n%s", program, args[0], err, out[max(0, len(out)-2000):])
		}
		return string(out), err
	}
	cli := filepath.Join(folder, "sam", "venv", "bin", "sam")
	python := filepath.Join(folder, "ministack", "venv", "bin", "python")
	binary := filepath.Join(folder, "latchkey")
	const built = ".aws-sam/lambdas/template.yaml" // of its own, since it is changed below
	parameters := "Architecture=x86_64 Origin=" + origin + " MailFrom=invites@mail.latchkey.example AwsEndpointUrl=" + endpoint +
		" CheckMx=false CreateMailIdentity=false" +
		" Tax=included:19 StripeSecretParameter=/latchkey/stripe-key StripeWebhookSecretParameter=/latchkey/stripe-webhook-secret" +
		" StripeApiBase=http://localhost:" + pages + "/_local/stripe/api" +
		" ProvisioningDriver=webhook ProvisionerUrl=http://localhost:" + pages +
		"/_local/provisioner ProvisionerSecretParameter=/latchkey/provisioner-secret"
	for _, c := range [][]string{
		{"infra/ops/sam/check.sh", "install"}, {cli, "build", samConfig, "--build-dir", ".aws-sam/lambdas"},
		{"go", "build", "-o", binary, "./infra/run/local/latchkey"},
		{python, "infra/ops/engines/lambdas.py", "before", built, "http://127.0.0.1:" + mail},
	} {
		if _, err := tool(c[0], c[1:]...); err != nil {
			return nil, stop, err
		}
	}
	if _, err := tool(cli, "deploy", "--template-file", built, "--stack-name", "latchkey", "--s3-bucket", "latchkey-code",
		"--capabilities", "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND", "--no-confirm-changeset", "--no-progressbar", "--parameter-overrides",
		parameters); err != nil {
		return nil, stop, err
	}
	id, err := tool(python, "infra/ops/engines/lambdas.py", "after", built)
	if err != nil {
		return nil, stop, err
	}
	p, err := run(ctx, folder, "lambdas-latchkey", "http://localhost:"+pages+"/_local/clock", []string{
		"PORT=" + pages, "AWS_PORT=" + mail, "DATA=", "AWS_ENDPOINT_URL_DYNAMODB=" + endpoint, "AWS_ENDPOINT_URL_SQS=" + endpoint,
		"LAMBDA_ENDPOINT=" + endpoint, "EVENTS=elsewhere", "ORIGIN=" + origin,
	}, binary)
	if err != nil {
		return nil, stop, err
	}
	ends = append(ends, p.stop)
	host := strings.TrimSpace(id) + ".execute-api." + strings.TrimPrefix(endpoint, "http://")
	go http.Serve(on, whole(endpoint, host, "http://localhost:"+pages)) //nolint:errcheck,gosec // until on is closed
	said, err := tool(python, "infra/ops/engines/lambdas.py", "queues", origin, "http://localhost:"+pages)
	if err != nil {
		return nil, stop, err
	}
	fmt.Print(said)
	return []string{"LATCHKEY_URL=" + origin, "LATCHKEY_LOCAL_URL=http://localhost:" + pages}, stop, nil
}
