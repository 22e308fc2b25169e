// Package signed calls services of AWS with the SDK's signer, and without the SDK's clients. Such a client brings all operations of its
// service into every binary that imports it, and initializes them at every start: 600 KB are SES's, 1.4 MB are Parameter Store's. Where one
// operation is all that a function uses, it is called by this.
package signed

import (
	"bytes"
	"cmp"
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

// mostRead is how much of an answer is read, in bytes.
const mostRead = 1 << 20

// Unanswered is the error of a call that got no whole answer: another try may get one.
type Unanswered struct{ error }

// Unwrap gives the error beneath.
func (u *Unanswered) Unwrap() error { return u.error }

// Fault is an answer that says no.
type Fault struct {
	Status        int
	Code, Message string // as the service names and words it; both may be empty
}

// Error tells all of it.
func (f *Fault) Error() string {
	return strings.TrimRight(fmt.Sprintf("status %d, %s: %s", f.Status, f.Code, f.Message), ":, ")
}

// Call posts the body to an address of the service, and returns what it answers. Errors are an [*Unanswered], a [*Fault], or tell that no
// request could be made.
func Call(ctx context.Context, cfg aws.Config, service, address string, header map[string]string, body []byte) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	for name, value := range header {
		r.Header.Set(name, value)
	}
	who, err := cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(body)
	if err := v4.NewSigner().SignHTTP(ctx, who, r, hex.EncodeToString(sum[:]), service, cfg.Region, time.Now()); err != nil {
		return nil, err
	}
	client := cfg.HTTPClient
	if client == nil {
		client = http.DefaultClient
	}
	res, err := client.Do(r)
	if err != nil {
		return nil, &Unanswered{err}
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(res.Body, mostRead))
	if err != nil {
		return nil, &Unanswered{err}
	}
	if res.StatusCode != http.StatusOK {
		return nil, faultOf(res, answer)
	}
	return answer, nil
}

// faultOf reads what the JSON protocols say: the code is in a header or in the body, and it may carry its namespace or an address
// (Smithy, "AWS JSON 1.0 protocol" and "AWS restJson1 protocol", "Operation error serialization").
func faultOf(res *http.Response, answer []byte) *Fault {
	var said struct {
		Type    string `json:"__type"`
		Code    string `json:"code"`
		Message string `json:"message"` // or Message: names are read in either case
	}
	_ = json.Unmarshal(answer, &said) // the status says enough
	code := cmp.Or(res.Header.Get("X-Amzn-ErrorType"), said.Type, said.Code)
	code, _, _ = strings.Cut(code, ":")
	return &Fault{Status: res.StatusCode, Code: code[strings.LastIndexByte(code, '#')+1:], Message: said.Message}
}
