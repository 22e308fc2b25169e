// Package ssm reads the deployment's secrets from AWS Systems Manager Parameter Store.
package ssm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/adapter/signed"
	"latchkey.dev/shared/domain/seal"
)

// MinSecret is the shortest secret that is taken, in bytes.
const MinSecret = 32

const (
	patience = 5 * time.Second // for all tries together
	tries    = 3
)

// Secret reads the SecureString parameter whose name the variable holds (GetParameter, WithDecryption). A parameter
// that is missing, or shorter than MinSecret, fails the environment with an error that says how to make one: a function
// that needs it must not start.
func Secret(env *environment.Environment, variable string) []byte {
	name := env.String(variable)
	if name == "" {
		return nil
	}
	value, ok := read(env, name, "$(openssl rand -hex 32)")
	if ok && len(value) < MinSecret {
		env.Fail(fmt.Errorf("ssm: parameter %s holds %d bytes, it needs at least %d", name, len(value), MinSecret))
	}
	return []byte(value)
}

// Given reads a SecureString that somebody else has made, such as a payment service's key: of any length, and "" where
// the variable that holds its name is not set. One that is named and missing fails the environment.
func Given(env *environment.Environment, variable string) string {
	name := env.Optional(variable)
	if name == "" {
		return ""
	}
	value, ok := read(env, name, "…")
	if ok && value == "" {
		env.Fail(fmt.Errorf("ssm: parameter %s is empty", name))
	}
	return value
}

// read fails the environment, with a hint of how to make the parameter, when it cannot be read.
func read(env *environment.Environment, name, example string) (value string, ok bool) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cfg := env.AWS("ssm")
	var err error
	for range tries {
		var again *passing
		if value, err = get(ctx, cfg, name); !errors.As(err, &again) {
			break
		}
	}
	if err != nil {
		env.Fail(fmt.Errorf("ssm: parameter %s: %w; make it with: aws ssm put-parameter --type SecureString --name %s --value \"%s\"", name,
			err, name, example))
	}
	return value, err == nil
}

// Ring reads the keys that secrets are sealed with, like Secret. The parameter is a SecureString, so that AWS KMS keeps
// it in turn; several keys in it are separated by commas or line breaks, see [seal.New].
func Ring(env *environment.Environment, variable string) *seal.Ring {
	secret := Secret(env, variable)
	if len(secret) < MinSecret {
		return nil // which Secret has told
	}
	r, err := seal.New(secret)
	if err != nil {
		env.Fail(fmt.Errorf("ssm: parameter %s: %w", env.Optional(variable), err))
	}
	return r
}

// passing is a fault that another try may not meet.
type passing struct{ error }

func get(ctx context.Context, cfg aws.Config, name string) (string, error) {
	body, err := json.Marshal(map[string]any{"Name": name, "WithDecryption": true})
	if err != nil {
		return "", err
	}
	endpoint := aws.ToString(cfg.BaseEndpoint)
	if endpoint == "" {
		endpoint = "https://ssm." + cfg.Region + ".amazonaws.com"
	}
	answer, err := signed.Call(ctx, cfg, "ssm", endpoint+"/", map[string]string{
		"Content-Type": "application/x-amz-json-1.1",
		"X-Amz-Target": "AmazonSSM.GetParameter",
	}, body)
	var (
		none *signed.Unanswered
		no   *signed.Fault
	)
	if errors.As(err, &none) || errors.As(err, &no) && (no.Status >= http.StatusInternalServerError || no.Code == "ThrottlingException") {
		return "", &passing{err}
	}
	if err != nil {
		return "", err
	}
	var out struct{ Parameter struct{ Value string } }
	if err := json.Unmarshal(answer, &out); err != nil {
		return "", errors.New("the answer is no JSON")
	}
	return out.Parameter.Value, nil
}
