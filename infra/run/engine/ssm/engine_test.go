package ssm_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"latchkey.dev/infra/run/engine/roundtrip"
	"latchkey.dev/infra/run/engine/ssm"
)

func client() *sdk.Client {
	return sdk.NewFromConfig(aws.Config{Region: "us-east-1", BaseEndpoint: aws.String("http://localhost"),
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
		HTTPClient:  &http.Client{Transport: roundtrip.Transport(&ssm.Engine{})}})
}

func TestASecretIsPutOnceAndRead(t *testing.T) {
	t.Parallel()
	ctx, c := context.Background(), client()
	put := &sdk.PutParameterInput{Name: aws.String("/a/b"), Value: aws.String("secret"), Type: types.ParameterTypeSecureString}
	if _, err := c.PutParameter(ctx, put); err != nil {
		t.Fatal(err)
	}
	got, err := c.GetParameter(ctx, &sdk.GetParameterInput{Name: aws.String("/a/b"), WithDecryption: aws.Bool(true)})
	if err != nil || aws.ToString(got.Parameter.Value) != "secret" {
		t.Fatalf("read %v, %v", got, err)
	}
	var exists *types.ParameterAlreadyExists
	if _, err := c.PutParameter(ctx, put); !errors.As(err, &exists) {
		t.Errorf("putting again: %v, want ParameterAlreadyExists", err)
	}
}

func TestAMissingParameterIsNotFound(t *testing.T) {
	t.Parallel()
	var missing *types.ParameterNotFound
	if _, err := client().GetParameter(context.Background(), &sdk.GetParameterInput{Name: aws.String("none")}); !errors.As(err, &missing) {
		t.Errorf("got %v, want ParameterNotFound", err)
	}
}
