// Package problem is how a fault is answered over HTTP: RFC 9457 problem details with a code, and the header fields that
// go with it.
package problem

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"latchkey.dev/shared/domain/fault"
)

// Problem is an error as it is answered: RFC 9457 with a code, and the fields at fault.
type Problem struct {
	Type   string  `json:"type" doc:"Where the code is explained." example:"/docs#invalid"`
	Title  string  `json:"title" doc:"The HTTP status in words." example:"Unprocessable Entity"`
	Status int     `json:"status" example:"422"`
	Detail string  `json:"detail" doc:"For a person: what happened and what to do." example:"Enter a valid email address."`
	Code   string  `json:"code" doc:"For a program; the list is closed." example:"invalid"`
	Reason string  `json:"reason,omitempty" doc:"Why the email failed, with mail_refused." example:"there is no mailbox with this address"`
	Errors []Field `json:"errors,omitempty" doc:"What is wrong, field by field."`

	Existing string `json:"existing,omitempty" doc:"What is in the way: its id." example:"cl_01JZ8Y5W3RN6T0V4K2M9QXBDCE"`
}

// Field is what is wrong with one field.
type Field struct {
	Location string `json:"location" doc:"The field, as a path in the body, or a parameter's name." example:"email"`
	Message  string `json:"message" doc:"For a person: what to do." example:"Enter a valid email address."`
}

func (p *Problem) Error() string { return p.Code + ": " + p.Detail }

// GetStatus is the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is RFC 9457's.
func (p *Problem) ContentType(string) string { return MediaType }

// MediaType is RFC 9457's.
const MediaType = "application/problem+json"

// Of is the fault as a problem.
func Of(f *fault.Error) *Problem {
	status := f.Code.Status()
	p := &Problem{Type: "/docs#" + string(f.Code), Title: http.StatusText(status), Status: status, Detail: f.Message, Code: string(f.Code),
		Reason: f.Reason, Existing: f.Existing}
	for _, e := range f.Fields {
		p.Errors = append(p.Errors, Field{Location: e.Location, Message: e.Message})
	}
	return p
}

// Headers are the fields that go with a fault: Retry-After in whole seconds (RFC 9110 section 10.2.3), RateLimit
// (IETF draft "RateLimit header fields for HTTP"), and how to say who one is (RFC 9110 section 15.5.2, RFC 6750 section 3).
func Headers(f *fault.Error) http.Header {
	h := http.Header{}
	if f.Code == fault.Unauthenticated {
		h.Set("WWW-Authenticate", `Bearer realm="Latchkey"`)
	}
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

// Write answers a request with a fault.
func Write(w http.ResponseWriter, f *fault.Error) {
	for k, v := range Headers(f) {
		w.Header()[k] = v
	}
	w.Header().Set("Content-Type", MediaType)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(f.Code.Status())
	b, err := json.Marshal(Of(f))
	if err != nil {
		return // strings and numbers always marshal
	}
	_, _ = w.Write(b)
}
