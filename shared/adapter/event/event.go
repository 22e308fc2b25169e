// Package event stands between AWS Lambda and the product: it turns the events that Lambda brings (API Gateway
// payload 2.0, SQS, a schedule) into HTTP requests, messages and ticks, and their outcomes into what Lambda
// expects. Nothing else knows aws-lambda-go.
package event

import (
	"context"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"latchkey.dev/shared/adapter/environment"
)

// Function is a Lambda function's handler: one event in, one answer out, both JSON. It is what a deployed function
// starts and what the embedded run hosts.
type Function interface {
	Invoke(ctx context.Context, payload []byte) ([]byte, error)
}

// Start reads the environment, builds the function and serves it through the Lambda Runtime API. It does not
// return: a function that cannot be built (a variable that is missing) ends the process with status 1 and a line
// in the log, which Lambda reports as an init error.
func Start(build func(env *environment.Environment) (Function, error)) {
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stdout, nil)))
	env := environment.New(os.Getenv)
	f, err := build(env)
	if err == nil {
		err = env.Err()
	}
	if err != nil {
		slog.Error("cannot start", "error", err)
		os.Exit(1)
	}
	lambda.Start(f)
}
