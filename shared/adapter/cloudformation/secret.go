package cloudformation

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// secrets reads AWS Secrets Manager: one call, with the SDK's signer and without its client for the service, as package
// ssm does it and for its reason.
type secrets struct {
	cfg aws.Config
	now func() time.Time
}

// apiKey reads the member apiKey of a secret (GetSecretValue); "" while it has none.
func (s *secrets) apiKey(ctx context.Context, name string) (string, error) {
	body, err := json.Marshal(map[string]string{"SecretId": name})
	if err != nil {
		return "", fmt.Errorf("cloudformation: %w", err)
	}
	endpoint := aws.ToString(s.cfg.BaseEndpoint)
	if endpoint == "" {
		endpoint = "https://secretsmanager." + s.cfg.Region + ".amazonaws.com"
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(endpoint, "/")+"/", bytes.NewReader(body))
	if err != nil {
		return "", fmt.Errorf("cloudformation: %w", err)
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "secretsmanager.GetSecretValue")
	who, err := s.cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return "", fmt.Errorf("cloudformation: %w", err)
	}
	sum := sha256.Sum256(body)
	if err := v4.NewSigner().SignHTTP(ctx, who, r, hex.EncodeToString(sum[:]), "secretsmanager", s.cfg.Region, s.now()); err != nil {
		return "", fmt.Errorf("cloudformation: %w", err)
	}
	do := aws.HTTPClient(http.DefaultClient)
	if s.cfg.HTTPClient != nil {
		do = s.cfg.HTTPClient
	}
	res, err := do.Do(r)
	if err != nil {
		return "", fmt.Errorf("cloudformation: the secret of the API key: %w", err)
	}
	defer res.Body.Close() //nolint:errcheck // read below
	text, err := io.ReadAll(io.LimitReader(res.Body, 128<<10))
	if err != nil {
		return "", fmt.Errorf("cloudformation: the secret of the API key: %w", err)
	}
	var out struct {
		SecretString string
		Type         string `json:"__type"`
	}
	if err := json.Unmarshal(text, &out); err != nil || res.StatusCode != http.StatusOK {
		return "", fmt.Errorf("cloudformation: the secret of the API key: status %d, %s", res.StatusCode, out.Type)
	}
	var held struct {
		APIKey string `json:"apiKey"`
	}
	if err := json.Unmarshal([]byte(out.SecretString), &held); err != nil {
		return "", fmt.Errorf("cloudformation: the secret of the API key is no JSON object")
	}
	return held.APIKey, nil
}
