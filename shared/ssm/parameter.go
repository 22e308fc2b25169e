// Package ssm reads the deployment's secrets from AWS Systems Manager Parameter Store.
package ssm

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"latchkey.dev/shared/environment"
)

// MinSecret is the shortest secret that is taken, in bytes.
const MinSecret = 32

// Secret reads the SecureString parameter whose name the variable holds (GetParameter, WithDecryption). A parameter
// that is missing, or shorter than MinSecret, fails the environment with an error that says how to make one: a function
// that needs it must not start.
func Secret(env *environment.Environment, variable string) []byte {
	name := env.String(variable)
	if name == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	value, err := get(ctx, env.AWS("ssm"), name)
	if err != nil {
		env.Fail(err)
	}
	return value
}

func get(ctx context.Context, cfg aws.Config, name string) ([]byte, error) {
	out, err := ssm.NewFromConfig(cfg).GetParameter(ctx, &ssm.GetParameterInput{Name: &name, WithDecryption: aws.Bool(true)})
	if err != nil {
		return nil, fmt.Errorf("ssm: parameter %s: %w; make it with: aws ssm put-parameter --type SecureString --name %s --value \"$(openssl rand -hex 32)\"", name, err, name)
	}
	v := aws.ToString(out.Parameter.Value)
	if len(v) < MinSecret {
		return nil, fmt.Errorf("ssm: parameter %s holds %d bytes, it needs at least %d", name, len(v), MinSecret)
	}
	return []byte(v), nil
}
