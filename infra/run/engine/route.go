package engine

import (
	"net"
	"net/http"
	"net/netip"
	"strings"

	"latchkey.dev/infra/run/engine/roundtrip"
	"latchkey.dev/infra/run/engine/ssm"
)

const services = "this engine has DynamoDB and SQS (AWS JSON 1.0), SSM's parameters (AWS JSON 1.1) and SESv2 (REST-JSON)"

// route picks the service of a request.
func route(dynamo, queues, parameters, mail http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		target := r.Header.Get("X-Amz-Target")
		path := r.URL.Path
		switch {
		case strings.HasPrefix(target, "DynamoDB_20120810."):
			dynamo.ServeHTTP(w, r)
		case strings.HasPrefix(target, "AmazonSQS."):
			queues.ServeHTTP(w, r)
		case strings.HasPrefix(target, ssm.Target):
			parameters.ServeHTTP(w, r)
		case strings.HasPrefix(path, "/v2/email/"), strings.HasPrefix(path, "/v1/email/"):
			mail.ServeHTTP(w, r)
		default:
			refuse(w, r, target)
		}
	})
}

// refuse says in AWS's form what the engine does not have.
func refuse(w http.ResponseWriter, r *http.Request, target string) {
	body, err := roundtrip.ReadBody(r, 1<<20)
	if err != nil {
		roundtrip.AnswerError10(w, "", err)
		return
	}
	form := strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded")
	switch {
	case form && strings.Contains(string(body), "Action="):
		// The query protocol's clients read errors in XML only.
		message := "the query protocol is not spoken here: " + services +
			". SDKs and the AWS CLI of 2024 and later speak AWS JSON to SQS."
		roundtrip.Answer(w, "text/xml", http.StatusBadRequest, []byte(`<ErrorResponse><Error><Type>Sender</Type>`+
			`<Code>UnsupportedProtocol</Code><Message>`+message+`</Message></Error></ErrorResponse>`))
	case target != "":
		service, _, _ := strings.Cut(target, ".")
		roundtrip.AnswerError10(w, "", roundtrip.Errorf("UnknownOperationException", "no service %q: %s", service, services))
	default:
		roundtrip.AnswerErrorREST(w, &roundtrip.Error{
			Status: http.StatusNotFound, Code: "UnknownOperationException",
			Message: "nothing at " + r.Method + " " + r.URL.Path + ": " + services,
		})
	}
}

// LoopbackOnly refuses requests whose Host is not this machine's loopback: a page on the internet can have its own
// name point at 127.0.0.1 and would otherwise reach, through its visitor's browser, what listens here without
// checking anybody.
func LoopbackOnly(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !loopback(r.Host) {
			roundtrip.AnswerErrorREST(w, &roundtrip.Error{
				Status: http.StatusForbidden, Code: "AccessDeniedException",
				Message: "only localhost, its subdomains and loopback addresses are served, not the host " + r.Host,
			})
			return
		}
		h.ServeHTTP(w, r)
	})
}

func loopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.ToLower(strings.Trim(host, "[]")), ".")
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}
