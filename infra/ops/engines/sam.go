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
	"regexp"
	"strings"

	"latchkey.dev/infra/run/template"
)

// Where things are with the product under SAM local. samconfig.toml and the containers know these ports.
const (
	samOrigin = "http://localhost:3000"            // the product's origin, which passes on to start-api
	samAPI    = "http://localhost:3002"            // sam local start-api
	samLambda = "http://127.0.0.1:3001"            // sam local start-lambda
	samPages  = "http://localhost:8108"            // the mailbox
	samNear   = "http://host.docker.internal:8108" // the same, as containers know it
	samEngine = "4566"                             // the embedded AWS engine's port
	samConfig = "--config-env=local"
)

// samEnvironment is what the CLI and the builds that it starts need. The functions are linked to call what stands in for the
// outside at the host and port, which no template could have them do, see the package egress.
func samEnvironment(standIns string) []string {
	return []string{
		"SAM_CLI_TELEMETRY=0", "AWS_DEFAULT_REGION=us-east-1", "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "CGO_ENABLED=0",
		"GOFLAGS=-tags=lambda.norpc '-ldflags=-s -X latchkey.dev/shared/adapter/egress.standIns=" + standIns +
			"' -trimpath -buildvcs=false",
	}
}

// sam starts the product under SAM local: its routes behind start-api, its workers and its schedule behind
// start-lambda, which the embedded host brings the events to that template.yaml declares, and AWS from the embedded
// engine. stop ends what was started and is never nil.
func sam(ctx context.Context, folder string) (stop func() error, err error) {
	var started []*process
	stop = func() error {
		var errs []error
		for i := len(started) - 1; i >= 0; i-- {
			errs = append(errs, started[i].stop())
		}
		return errors.Join(errs...)
	}
	cli, err := filepath.Abs(filepath.Join(folder, "sam", "venv", "bin", "sam"))
	if err != nil {
		return stop, err
	}
	binary, environment := filepath.Join(folder, "latchkey"), samEnvironment(strings.TrimPrefix(samNear, "http://"))
	for _, c := range []struct {
		env  []string
		line []string
	}{
		{nil, []string{"infra/ops/sam/check.sh", "install"}},
		{[]string{"LOOPBACK_PORTS=" + samEngine + " 8108"}, []string{"infra/ops/sam/docker.sh"}},
		{environment, []string{cli, "build", samConfig}},
		{nil, []string{"go", "build", "-o", binary, "./infra/run/local/latchkey"}},
	} {
		fmt.Println("sam:", c.line[0], c.line[1:])
		command := exec.CommandContext(ctx, c.line[0], c.line[1:]...)
		command.Env = append(os.Environ(), c.env...)
		if out, err := command.CombinedOutput(); err != nil {
			return stop, fmt.Errorf("%s: %w\n%s", c.line[0], err, out[max(0, len(out)-2000):])
		}
	}
	for _, c := range []struct {
		name, ready string
		env         []string
		line        []string
	}{
		{"sam-start-lambda", samLambda + "/", environment, []string{cli, "local", "start-lambda", samConfig, "--port=3001"}},
		{"sam-latchkey", samPages + "/_local/clock",
			[]string{"PORT=8108", "AWS_PORT=" + samEngine, "DATA=", "LAMBDA_ENDPOINT=" + samLambda, "ORIGIN=" + samOrigin,
				"NEAR=" + samNear},
			[]string{binary}},
		{"sam-start-api", samAPI + "/v1/health", environment, []string{cli, "local", "start-api", samConfig, "--port=3002"}},
	} {
		p, err := run(ctx, folder, c.name, c.ready, c.env, c.line[0], c.line[1:]...)
		if err != nil {
			return stop, err
		}
		started = append(started, p)
		fmt.Println("sam:", c.name, "answers")
	}
	on, err := net.Listen("tcp", strings.TrimPrefix(samOrigin, "http://"))
	if err != nil {
		return stop, err
	}
	end := stop
	stop = func() error { return errors.Join(on.Close(), end()) }
	go http.Serve(on, whole(samAPI, "", samPages)) //nolint:errcheck,gosec // until on is closed
	return stop, nil
}

// underSAM has the suites run through SAM local.
func underSAM(ctx context.Context, folder string) (env []string, stop func() error, err error) {
	stop, err = sam(ctx, folder)
	return []string{"LATCHKEY_URL=" + samOrigin, "LATCHKEY_LOCAL_URL=" + samPages}, stop, err
}

// samTests are the tests of the API that are run through SAM local. It takes a second for a request whose function is
// quick (it waits for a line of the log that it has seen already), so all of them would take an hour; these reach nearly
// every function, and each of the others is run as a real function by the set "lambdas".
var samTests = []string{
	"TestACodeIsGoodForTenMinutesAndOnce", "TestFE14FE16AClientPaysAndStandsInItsPortal", "TestFE23AClientPaysByThePages",
	"TestALogoIsNoOtherThanTheOneThatWasSeen",
	"TestASuspendedAgencysInstancesRest", "TestAcceptingByTheAPI", "TestX2AnInviteIsPreviewedAsTheClientWillSeeIt",
	"TestX5DecliningByThePage",
	"TestErasingOneselfLeavesNothingButIDs", "TestX13EveryErrorIsAProblem", "TestEveryPageCarriesItsArmour",
	"TestFE19ADomainThatTakesNoMailRollsTheInviteBack",
	"TestFE22X1TheLinkLeadsToSignInAndThenToThePopulatedPortal", "TestFE28ResendMailsANewLink", "TestFE33AClientLeavesAndKeepsItsSignIn",
	"TestHealthNeedsNobody",
	"TestInstancesAndServicesByThePages", "TestLookingChangesNothing", "TestNobodyIsAskedToSignIn", "TestOnlyWhoSignsIsListenedTo",
	"TestSigningInByThePages",
	"TestSigningOutEverywhereByBothWays", "TestSigningUpByThePages", "TestX5TheAgencyKeepsTheAddressThatItInvited", "TestTheBrandByThePage",
	"TestTheBrandChangesForWhatComes",
	"TestTheFormsOfAClientsPage", "TestX12TheLogIsExportedInParts", "TestTwoWhoRenameAClientDoNotOverwriteEachOther",
	"TestDeadLinksTakeNoAnswer",
	"TestX13TheDocumentDescribesEveryOperation", "TestFE17FE24WhatIsPaidForIsSetUpAndTheClientsOwn",
}

// answered says how many of the template's functions have run in a container.
func answered(folder string) string {
	ran := map[string]bool{}
	for _, name := range []string{"sam-start-api", "sam-start-lambda"} {
		text, err := os.ReadFile(filepath.Join(folder, "log", name+".log")) //nolint:gosec // our own
		if err != nil {
			return err.Error() + "\n"
		}
		for _, m := range regexp.MustCompile(`Mounting \S*/(\w+) as /var/task`).FindAllSubmatch(text, -1) {
			ran[string(m[1])] = true
		}
	}
	t, err := template.Read("template.yaml",
		template.Inputs{Parameters: map[string]string{"Origin": samOrigin, "MailFrom": "invites@mail.latchkey.example"}})
	if err != nil {
		return err.Error() + "\n"
	}
	var not []string
	for _, f := range t.Functions {
		if !ran[f.ID] {
			not = append(not, f.ID)
		}
	}
	return fmt.Sprintf("sam: %d of %d functions have run in a container of their own; not %s\n", len(t.Functions)-len(not),
		len(t.Functions), strings.Join(not, ", "))
}

// keepSAM has the product under SAM local until ctx ends.
func keepSAM(ctx context.Context, folder string) (err error) {
	stop, err := sam(ctx, folder)
	defer func() { err = errors.Join(err, stop()) }()
	if err != nil {
		return err
	}
	fmt.Printf("\n  Latchkey runs at   %s, under sam local\n  Mailbox            %s/_local/mail\n  Ctrl-C ends it.\n\n",
		samOrigin, samPages)
	<-ctx.Done()
	return nil
}
