// Package ssm reads the deployment's secrets from AWS Systems Manager Parameter Store.
//
// It makes its one call with the SDK's signer and without the SDK's client for the service: that client has 150
// operations and adds 1.4 MB to each binary that starts by reading a secret, which takes the mail worker over its
// budget of 12 MB.
package ssm

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"latchkey.dev/shared/adapter/environment"
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
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint+"/", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "AmazonSSM.GetParameter")
	who, err := cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(body)
	if err := v4.NewSigner().SignHTTP(ctx, who, r, hex.EncodeToString(sum[:]), "ssm", cfg.Region, time.Now()); err != nil {
		return "", err
	}
	client := cfg.HTTPClient
	if client == nil {
		client = http.DefaultClient
	}
	res, err := client.Do(r)
	if err != nil {
		return "", &passing{err}
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return "", &passing{err}
	}
	if res.StatusCode >= http.StatusInternalServerError {
		return "", &passing{fmt.Errorf("status %d", res.StatusCode)}
	}
	var out struct {
		Parameter struct{ Value string }
		Type      string `json:"__type"`
	}
	if err := json.Unmarshal(answer, &out); err != nil {
		return "", fmt.Errorf("status %d, and no JSON", res.StatusCode)
	}
	if res.StatusCode != http.StatusOK {
		code := out.Type[strings.LastIndexByte(out.Type, '#')+1:] // it may carry its namespace
		err := fmt.Errorf("status %d, %s", res.StatusCode, code)
		if code == "ThrottlingException" {
			return "", &passing{err}
		}
		return "", err
	}
	return out.Parameter.Value, nil
}
