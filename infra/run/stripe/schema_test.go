package stripe_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stripe/stripe-mock/embedded"

	"latchkey.dev/infra/run/engine/roundtrip"
)

// checked holds every answer of the stand-in against Stripe's OpenAPI document, and every request that the stand-in took
// against stripe-mock.
type checked struct {
	t *testing.T
	http.RoundTripper
}

func (c checked) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	again := r.Clone(r.Context())
	again.Body = io.NopCloser(bytes.NewReader(body))
	res, err := c.RoundTripper.RoundTrip(r)
	if err != nil || res.StatusCode != http.StatusOK {
		return res, err
	}
	answer, _ := io.ReadAll(res.Body)
	res.Body = io.NopCloser(bytes.NewReader(answer))
	var v any
	if err := json.Unmarshal(answer, &v); err != nil {
		c.t.Errorf("%s %s answers no JSON: %v", r.Method, r.URL.Path, err)
		return res, nil
	}
	for _, wrong := range conforms(v, "") {
		c.t.Errorf("%s %s: %s", r.Method, r.URL.Path, wrong)
	}
	again.Header.Set("Authorization", "Bearer sk_test_123")
	theirs, err := roundtrip.Transport(mock()).RoundTrip(again)
	if err != nil || theirs.StatusCode != http.StatusOK {
		said, _ := io.ReadAll(theirs.Body)
		c.t.Errorf("stripe-mock refuses %s %s?%s: %s", r.Method, r.URL.Path, body, said)
	}
	return res, nil
}

type schema struct {
	Ref        string             `json:"$ref"`
	Type       string             `json:"type"`
	Nullable   bool               `json:"nullable"`
	Enum       []any              `json:"enum"`
	Required   []string           `json:"required"`
	Properties map[string]*schema `json:"properties"`
	Items      *schema            `json:"items"`
	AnyOf      []*schema          `json:"anyOf"`
}

var schemas = sync.OnceValue(func() map[string]*schema {
	var document struct {
		Components struct {
			Schemas map[string]*schema `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal(embedded.OpenAPISpec, &document); err != nil {
		panic(err)
	}
	return document.Components.Schemas
})

// conforms says what is wrong with an object of Stripe's, by the schema of its name, and with those within.
func conforms(v any, at string) []string {
	m, _ := v.(map[string]any)
	name, _ := m["object"].(string)
	if name == "list" {
		var wrong []string
		for n, d := range m["data"].([]any) {
			wrong = append(wrong, conforms(d, fmt.Sprintf("%s[%d]", at, n))...)
		}
		return wrong
	}
	if m["deleted"] == true {
		name = "deleted_" + name
	}
	s, known := schemas()[name]
	if !known {
		return []string{at + " is of a kind that Stripe does not have: " + name}
	}
	return s.check(v, at+name)
}

// since says which members are newer than the API version that is spoken.
var since = []string{"billing_schedules", "amount_paid_off_stripe", "managed_payments"}

func (s *schema) check(v any, at string) []string {
	if s.Ref != "" {
		return schemas()[strings.TrimPrefix(s.Ref, "#/components/schemas/")].check(v, at)
	}
	if v == nil {
		if s.Nullable {
			return nil
		}
		return []string{at + " is null"}
	}
	if len(s.AnyOf) > 0 {
		if m, is := v.(map[string]any); is && m["object"] != nil { // it says itself what it is
			return conforms(v, at+":")
		}
		var wrong []string
		for _, one := range s.AnyOf {
			if wrong = one.check(v, at); len(wrong) == 0 {
				return nil
			}
		}
		return wrong
	}
	if len(s.Enum) > 0 && !slices.Contains(s.Enum, v) {
		return []string{fmt.Sprintf("%s is %v, which is none of %v", at, v, s.Enum)}
	}
	var wrong []string
	switch x := v.(type) {
	case map[string]any:
		if s.Type != "object" && s.Type != "" {
			return []string{at + " is an object"}
		}
		for _, name := range s.Required {
			if _, there := x[name]; !there && !slices.Contains(since, name) {
				wrong = append(wrong, at+"."+name+" is missing")
			}
		}
		for name, member := range x {
			if p, known := s.Properties[name]; known {
				wrong = append(wrong, p.check(member, at+"."+name)...)
			} else if len(s.Properties) > 0 {
				wrong = append(wrong, at+"."+name+" is nothing that Stripe has")
			}
		}
	case []any:
		if s.Type != "array" {
			return []string{at + " is a list"}
		}
		for n, one := range x {
			wrong = append(wrong, s.Items.check(one, fmt.Sprintf("%s[%d]", at, n))...)
		}
	case string:
		if s.Type != "string" {
			return []string{at + " is a text, not of type " + s.Type}
		}
	case float64:
		if s.Type != "integer" && s.Type != "number" {
			return []string{at + " is a number"}
		}
	case bool:
		if s.Type != "boolean" {
			return []string{at + " is a boolean"}
		}
	}
	return wrong
}
