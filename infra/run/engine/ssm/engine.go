// Package ssm is the part of AWS Systems Manager Parameter Store that the product and its operators use: putting a
// secret and reading it. Nothing is encrypted, and nothing outlives the process.
package ssm

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"

	"latchkey.dev/infra/run/engine/roundtrip"
)

const contentType = "application/x-amz-json-1.1"

// Target is the prefix of X-Amz-Target in requests to this service.
const Target = "AmazonSSM."

// Engine keeps parameters in memory. The zero value is empty and ready.
type Engine struct {
	mu         sync.Mutex
	parameters map[string]parameter
}

type parameter struct {
	Name             string
	Type             string
	Value            string
	Version          int64
	LastModifiedDate float64
	ARN              string
	DataType         string
}

// Put sets a SecureString parameter, as the local run does at its start.
func (e *Engine) Put(name, value string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.parameters == nil {
		e.parameters = map[string]parameter{}
	}
	p := e.parameters[name]
	e.parameters[name] = parameter{Name: name, Type: "SecureString", Value: value, Version: p.Version + 1,
		LastModifiedDate: float64(time.Now().Unix()),
		ARN:              "arn:aws:ssm:us-east-1:000000000000:parameter/" + strings.TrimPrefix(name, "/"), DataType: "text"}
}

// ServeHTTP speaks AWS JSON 1.1 for GetParameter and PutParameter (AWS Systems Manager API Reference).
func (e *Engine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := roundtrip.ReadBody(r, 64<<10)
	if err != nil {
		roundtrip.AnswerError10(w, "", err)
		return
	}
	var out any
	switch op := strings.TrimPrefix(r.Header.Get("X-Amz-Target"), Target); op {
	case "GetParameter":
		out, err = e.get(body)
	case "PutParameter":
		out, err = e.put(body)
	default:
		err = roundtrip.Errorf("UnknownOperationException", "of Parameter Store this engine has GetParameter and PutParameter, not %s", op)
	}
	if err != nil {
		roundtrip.AnswerError10(w, "", err)
		return
	}
	b, err := json.Marshal(out)
	if err != nil {
		roundtrip.AnswerError10(w, "", err)
		return
	}
	roundtrip.Answer(w, contentType, http.StatusOK, b)
}

func (e *Engine) get(body []byte) (any, error) {
	var in struct {
		Name           string
		WithDecryption bool
	}
	if err := decode(body, &in); err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	p, ok := e.parameters[in.Name]
	if !ok {
		return nil, roundtrip.Errorf("ParameterNotFound", "Parameter %s not found.", in.Name)
	}
	if p.Type == "SecureString" && !in.WithDecryption {
		p.Value = "encrypted"
	}
	return map[string]parameter{"Parameter": p}, nil
}

func (e *Engine) put(body []byte) (any, error) {
	var in struct {
		Name, Value, Type, Description string
		Overwrite                      bool
	}
	if err := decode(body, &in); err != nil {
		return nil, err
	}
	switch {
	case in.Name == "" || in.Value == "":
		return nil, roundtrip.Errorf("ValidationException", "Name and Value are required.")
	case in.Type != "SecureString":
		return nil, roundtrip.Errorf("ValidationException", "this engine keeps parameters of type SecureString alone, not %q", in.Type)
	}
	e.mu.Lock()
	_, exists := e.parameters[in.Name]
	e.mu.Unlock()
	if exists && !in.Overwrite {
		return nil, roundtrip.Errorf("ParameterAlreadyExists", "The parameter already exists. To overwrite this value, set the overwrite "+
			"option in the request to true.")
	}
	e.Put(in.Name, in.Value)
	e.mu.Lock()
	defer e.mu.Unlock()
	return map[string]any{"Version": e.parameters[in.Name].Version, "Tier": "Standard"}, nil
}

func decode(body []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return roundtrip.Errorf("SerializationException", "%s", err)
	}
	return nil
}
