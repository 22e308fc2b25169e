package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"latchkey.dev/shared/email"
	"latchkey.dev/shared/fault"
)

// Problem is an error as it is answered: RFC 9457 with a code, and the fields at fault.
type Problem struct {
	Type   string         `json:"type" doc:"Where the code is explained." example:"/docs#invalid"`
	Title  string         `json:"title" doc:"The HTTP status in words." example:"Unprocessable Entity"`
	Status int            `json:"status" example:"422"`
	Detail string         `json:"detail" doc:"For a person: what happened and what to do." example:"Enter a valid email address."`
	Code   string         `json:"code" doc:"For a program; the list is closed." example:"invalid"`
	Reason string         `json:"reason,omitempty" doc:"With mail_refused: why the mail could not be sent." example:"there is no mailbox with this address"`
	Errors []ProblemField `json:"errors,omitempty" doc:"What is wrong, field by field."`
}

// ProblemField is what is wrong with one field.
type ProblemField struct {
	Location string `json:"location" doc:"The field, as a path in the body, or a parameter's name." example:"email"`
	Message  string `json:"message" doc:"For a person: what to do." example:"Enter a valid email address."`
}

func (p *Problem) Error() string { return p.Code + ": " + p.Detail }

// GetStatus is the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is RFC 9457's.
func (p *Problem) ContentType(string) string { return problemType }

const problemType = "application/problem+json"

func problemOf(f *fault.Error) *Problem {
	status := f.Code.Status()
	p := &Problem{Type: "/docs#" + string(f.Code), Title: http.StatusText(status), Status: status, Detail: f.Message, Code: string(f.Code), Reason: f.Reason}
	for _, e := range f.Fields {
		p.Errors = append(p.Errors, ProblemField(e))
	}
	return p
}

// headers are the fields that go with a fault: Retry-After in whole seconds (RFC 9110 section 10.2.3) and RateLimit
// (IETF draft "RateLimit header fields for HTTP").
func headers(f *fault.Error) http.Header {
	h := http.Header{}
	if f.Retry > 0 {
		h.Set("Retry-After", strconv.FormatInt(seconds(f.Retry), 10))
	}
	if f.Limit.Quota > 0 {
		h.Set("RateLimit-Policy", fmt.Sprintf("%q;q=%d;w=%d", f.Limit.Name, f.Limit.Quota, seconds(f.Limit.Window)))
		h.Set("RateLimit", fmt.Sprintf("%q;r=0;t=%d", f.Limit.Name, seconds(f.Retry)))
	}
	return h
}

func seconds(d time.Duration) int64 { return int64((d + time.Second - 1) / time.Second) }

// Write answers a request with a fault, outside of an operation.
func Write(w http.ResponseWriter, f *fault.Error) {
	for k, v := range headers(f) {
		w.Header()[k] = v
	}
	w.Header().Set("Content-Type", problemType)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(f.Code.Status())
	b, err := json.Marshal(problemOf(f))
	if err != nil {
		return // strings and numbers always marshal
	}
	_, _ = w.Write(b)
}

// huma reports what is wrong with a request's form through this function: it is where its words become ours.
func init() {
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		if status == 0 { // asked for its type, to describe it in the document
			return &Problem{}
		}
		return problemOf(formFault(status, message, errs))
	}
}

func formFault(status int, message string, errs []error) *fault.Error {
	switch status {
	case http.StatusRequestEntityTooLarge:
		return fault.New(fault.TooLarge, "The body is over 256 KB. Send less at once.")
	case http.StatusUnprocessableEntity, http.StatusBadRequest:
	case http.StatusUnsupportedMediaType:
		return fault.New(fault.Malformed, "Send the body as JSON, with Content-Type: application/json.")
	case http.StatusNotAcceptable:
		return fault.New(fault.Malformed, "This API answers in JSON. Accept application/json.")
	case http.StatusRequestTimeout:
		return fault.New(fault.Malformed, "The body did not arrive in time. Send it again.")
	default:
		return internal
	}
	f := fault.New(fault.Invalid, "Some fields need another look.")
	for _, err := range errs {
		d, ok := err.(huma.ErrorDetailer) //nolint:errorlint // huma hands out its own type, unwrapped
		if !ok {
			return fault.New(fault.Malformed, "The body is not valid JSON.")
		}
		f.Fields = append(f.Fields, inWords(d.ErrorDetail()))
	}
	if len(f.Fields) == 0 {
		if strings.Contains(message, "body is required") {
			return fault.New(fault.Malformed, "Send a JSON body.")
		}
		return fault.New(fault.Malformed, "The body is not valid JSON.")
	}
	for _, e := range f.Fields {
		if e.Location == "" && strings.Contains(e.Message, "JSON") {
			return fault.New(fault.Malformed, "%s", e.Message)
		}
	}
	if len(f.Fields) == 1 {
		f.Message = f.Fields[0].Message
	}
	return f
}

// inWords puts one of huma's findings into a sentence at its field. What was sent is never repeated.
func inWords(d *huma.ErrorDetail) fault.Field {
	location := d.Location
	for _, prefix := range []string{"body.", "query.", "path.", "header.", "cookie."} {
		location = strings.TrimPrefix(location, prefix)
	}
	if location == "body" {
		location = ""
	}
	m := d.Message
	if name, ok := strings.CutPrefix(m, "expected required property "); ok {
		name, _, _ = strings.Cut(name, " ")
		location = strings.TrimPrefix(location+"."+name, ".")
		m = "Fill in this field."
	} else if m == "unexpected property" {
		m = "There is no such field."
	} else if rest, ok := strings.CutPrefix(m, "expected value to be one of "); ok {
		m = "Choose one of " + strings.Trim(rest, `"`) + "."
	} else if rest, ok := strings.CutPrefix(m, "expected "); ok {
		m = "This must be " + rest + "."
	} else if location == "" {
		return fault.Field{Message: "The body is not valid JSON."}
	}
	if location == "email" {
		m = email.Invalid
	}
	return fault.Field{Location: location, Message: m}
}
