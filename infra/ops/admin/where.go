package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go/logging"
)

// localStage is the stage of make run.
const localStage = "latchkey"

// patience is how long an answer on this machine is waited for, and credentials that a machine of AWS's own would give.
const patience = 5 * time.Second

// where decides which AWS a command is for: what the environment says, else the local run beside it, else what the SDK finds. It
// says on the terminal which local run it is.
func where(ctx context.Context, env func(string) string, args []string, say io.Writer) (aws.Config, error) {
	address := "127.0.0.1:" + cmp.Or(env("AWS_PORT"), "4566")
	if endpoint := env("AWS_ENDPOINT_URL"); env("AWS_ACCESS_KEY_ID") == "" && env("AWS_PROFILE") == "" && loopback(endpoint) {
		return beside(endpoint), nil // an emulator on this machine, which takes any credentials
	}
	if !says(env) && !namesStage(args) {
		if cfg := beside("http://" + address); answers(ctx, cfg) {
			_, err := fmt.Fprintf(say, "admin: the local run at http://%s\n", address)
			return cfg, err
		}
	}
	// The SDK would tell of machines of AWS's own that it has looked for in vain.
	cfg, err := config.LoadDefaultConfig(ctx, config.WithLogger(logging.Nop{}))
	if err != nil {
		return cfg, err
	}
	asked, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if cfg.Credentials == nil {
		err = errors.New("none")
	} else {
		_, err = cfg.Credentials.Retrieve(asked)
	}
	if err != nil && namesStage(args) {
		return cfg, errors.New("there are no AWS credentials here, which a stage on AWS needs. Set AWS_PROFILE and AWS_REGION. " +
			"For the local run leave -stage out")
	}
	if err != nil {
		return cfg, fmt.Errorf("there are no AWS credentials here, and no local run answers at http://%s. For the local run start "+
			"make run, and give both the same AWS_PORT. For AWS set AWS_PROFILE and AWS_REGION, and name the stage, such as "+
			"-stage latchkeyprod", address)
	}
	if cfg.Region == "" {
		return cfg, errors.New("set AWS_REGION to the region of the stage")
	}
	return cfg, nil
}

// says tells whether the environment names an AWS, for this command or for all.
func says(env func(string) string) bool {
	for _, name := range []string{"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_ACCESS_KEY_ID", "AWS_PROFILE",
		"AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"} {
		if env(name) != "" {
			return true
		}
	}
	return false
}

// namesStage tells whether a stage is named that is not the local run's.
func namesStage(args []string) bool {
	for n, a := range args {
		name, value, has := strings.Cut(strings.TrimLeft(a, "-"), "=")
		if !strings.HasPrefix(a, "-") || name != "stage" {
			continue
		}
		if !has && n+1 < len(args) {
			value = args[n+1]
		}
		return value != localStage
	}
	return false
}

func loopback(endpoint string) bool {
	_, at, found := strings.Cut(endpoint, "://")
	host, _, err := net.SplitHostPort(strings.TrimSuffix(at, "/"))
	ip := net.ParseIP(host)
	return found && err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}

// beside is the configuration for an engine on this machine.
func beside(endpoint string) aws.Config {
	return aws.Config{Region: "us-east-1", BaseEndpoint: &endpoint, HTTPClient: &http.Client{Timeout: patience},
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")}
}

// answers tells whether a local run's table is there.
func answers(ctx context.Context, cfg aws.Config) bool {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	table := localStage + "-table"
	_, err := dynamodb.NewFromConfig(cfg, func(o *dynamodb.Options) { o.RetryMaxAttempts = 1 }).
		DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &table})
	return err == nil
}
