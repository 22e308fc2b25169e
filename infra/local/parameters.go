package local

import (
	"encoding/json"
	"net/http"
	"strings"

	"latchkey.dev/infra/engine/wire"
	"latchkey.dev/infra/stack"
)

// parameters adds Parameter Store's GetParameter to the engine's services, for functions that run as processes of
// their own against the local endpoint (sam local, the smoke test): it holds the one secret that they ask for, and it
// is the one that the hosted functions have.
func parameters(s *stack.Stack, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		action, ok := strings.CutPrefix(r.Header.Get("X-Amz-Target"), "AmazonSSM.")
		if !ok {
			next.ServeHTTP(w, r)
			return
		}
		answer, err := getParameter(s, r, action)
		if err != nil {
			wire.AnswerError10(w, "", err)
			return
		}
		wire.Answer(w, "application/x-amz-json-1.1", http.StatusOK, answer)
	})
}

func getParameter(s *stack.Stack, r *http.Request, action string) ([]byte, error) {
	body, err := wire.ReadBody(r, 1<<20)
	if err != nil {
		return nil, err
	}
	if action != "GetParameter" {
		return nil, wire.Errorf("UnknownOperationException", "the local endpoint has GetParameter of SSM only, not %s", action)
	}
	var in struct {
		Name           string
		WithDecryption bool
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, wire.Errorf("SerializationException", "%v", err)
	}
	for _, f := range s.Template.Functions {
		name := f.Environment["SECRET_PARAMETER"]
		if name == "" || name != in.Name {
			continue
		}
		value := string(codeKey)
		if !in.WithDecryption {
			value = "AQICAHencrypted"
		}
		t := s.Template.Inputs
		return json.Marshal(map[string]any{"Parameter": map[string]any{
			"Name": name, "Type": "SecureString", "Value": value, "Version": 1, "DataType": "text",
			"ARN": "arn:" + t.Partition + ":ssm:" + t.Region + ":" + t.Account + ":parameter" + name,
		}})
	}
	return nil, wire.Errorf("ParameterNotFound", "there is no parameter %q here", in.Name)
}
