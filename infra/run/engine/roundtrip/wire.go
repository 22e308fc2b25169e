// Package roundtrip is what the engines share of AWS's protocols: error shapes, answers in one segment, and a transport
// that serves requests in process.
package roundtrip

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"

	"github.com/go-json-experiment/json"
)

// The content types of the two protocols.
const (
	// JSON10 is the content type of AWS JSON 1.0 (DynamoDB, SQS).
	JSON10 = "application/x-amz-json-1.0"
	// JSON is the content type of REST-JSON (SESv2).
	JSON = "application/json"
)

// Error is an AWS service error, as its client sees it.
type Error struct {
	// Status is the HTTP status; 0 stands for 400.
	Status int
	// Code is the error's shape name, such as "ResourceNotFoundException".
	Code string
	// Message is the sentence for people.
	Message string
	// QueryCode is the code of the older query protocol, where a service that once spoke it still names it in the
	// X-Amzn-Query-Error header, such as "AWS.SimpleQueueService.NonExistentQueue". Empty for none.
	QueryCode string
	// Extra are further members of the error's shape, such as a TransactionCanceledException's
	// CancellationReasons. Values are encoded with the JSON package's rules.
	Extra map[string]any
}

// Errorf returns an error of status 400 with that code and message.
func Errorf(code, format string, args ...any) *Error {
	return &Error{Status: http.StatusBadRequest, Code: code, Message: fmt.Sprintf(format, args...)}
}

// Error returns "Code: Message".
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// AsError returns err as an AWS error. One that is none becomes an InternalServerError of status 500 with err's own
// words: the engine's caller is its own developer, and wants to see them.
func AsError(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{Status: http.StatusInternalServerError, Code: "InternalServerError", Message: err.Error()}
}

// ReadBody reads the request's whole body, at most limit bytes of it, before anything is answered: a client that sees
// an answer while it still sends may take the whole exchange for a broken connection. It answers a
// RequestEntityTooLarge error when there is more.
func ReadBody(r *http.Request, limit int64) ([]byte, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	if n := r.ContentLength; n > 0 && n <= limit {
		body := make([]byte, n)
		if _, err := io.ReadFull(r.Body, body); err != nil {
			return nil, Errorf("RequestAbortedException", "reading the request's body: %v", err)
		}
		return body, nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
	if err != nil {
		return nil, Errorf("RequestAbortedException", "reading the request's body: %v", err)
	}
	if int64(len(body)) > limit {
		return nil, &Error{
			Status: http.StatusRequestEntityTooLarge, Code: "RequestEntityTooLarge",
			Message: "the request is larger than " + strconv.FormatInt(limit, 10) + " bytes",
		}
	}
	return body, nil
}

// Answer writes a whole answer: status, Content-Type, Content-Length, X-Amzn-RequestId and body, in one write.
func Answer(w http.ResponseWriter, contentType string, status int, body []byte) {
	h := w.Header()
	h["Content-Type"] = []string{contentType}
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	if _, set := h["X-Amzn-Requestid"]; !set {
		h["X-Amzn-Requestid"] = []string{RequestID()}
	}
	w.WriteHeader(status)
	_, _ = w.Write(body) // the caller may have gone; there is nobody left to tell
}

// AnswerError10 writes err in the shape of AWS JSON 1.0: {"__type": "namespace#Code", "message": …} and the error's
// further members. namespace is the service's, such as "com.amazonaws.sqs"; empty leaves the bare code.
//
// Source: Smithy, "AWS JSON 1.0 protocol", operation error serialization.
func AnswerError10(w http.ResponseWriter, namespace string, err error) {
	e := AsError(err)
	kind := e.Code
	if namespace != "" {
		kind = namespace + "#" + e.Code
	}
	members := make(map[string]any, 2+len(e.Extra))
	for name, value := range e.Extra {
		members[name] = value
	}
	members["__type"] = kind
	members["message"] = e.Message
	if e.QueryCode != "" {
		fault := "Sender"
		if e.Status >= 500 {
			fault = "Receiver"
		}
		w.Header().Set("X-Amzn-Query-Error", e.QueryCode+";"+fault)
	}
	Answer(w, JSON10, e.status(), encode(members))
}

// AnswerErrorREST writes err in the shape of REST-JSON: the code in X-Amzn-Errortype, {"message": …} in the body.
//
// Source: Smithy, "AWS restJson1 protocol", operation error serialization.
func AnswerErrorREST(w http.ResponseWriter, err error) {
	e := AsError(err)
	members := make(map[string]any, 1+len(e.Extra))
	for name, value := range e.Extra {
		members[name] = value
	}
	members["message"] = e.Message
	w.Header().Set("X-Amzn-Errortype", e.Code)
	Answer(w, JSON, e.status(), encode(members))
}

func (e *Error) status() int {
	if e.Status == 0 {
		return http.StatusBadRequest
	}
	return e.Status
}

func encode(members map[string]any) []byte {
	body, err := json.Marshal(members, json.Deterministic(true))
	if err != nil {
		// Only an Extra that cannot be encoded gets here; the code still has to reach the client.
		body = []byte(`{"__type":"InternalServerError","message":"the engine cannot encode its own error"}`)
	}
	return body
}

// RequestID returns a new random identifier in the form of a UUID, as AWS names requests and messages. It is not
// secret.
func RequestID() string {
	var raw [16]byte
	for i, word := range [2]uint64{rand.Uint64(), rand.Uint64()} { //nolint:gosec // see above
		for b := range 8 {
			raw[8*i+b] = byte(word >> (8 * b))
		}
	}
	raw[6] = raw[6]&0x0f | 0x40
	raw[8] = raw[8]&0x3f | 0x80
	var text [36]byte
	hex.Encode(text[0:8], raw[0:4])
	text[8] = '-'
	hex.Encode(text[9:13], raw[4:6])
	text[13] = '-'
	hex.Encode(text[14:18], raw[6:8])
	text[18] = '-'
	hex.Encode(text[19:23], raw[8:10])
	text[23] = '-'
	hex.Encode(text[24:36], raw[10:16])
	return string(text[:])
}
