package host

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"

	"latchkey.dev/infra/run/template"
)

// Recorder notes which AWS actions each hosted function calls, and on what, as IAM names them. A test compares it with
// the template's policies; see [Recorder.Differences]. Functions in this process are known by the context of their calls
// ([Recorder.Client]), those in processes of their own by their access keys ([Recorder.Handler]).
type Recorder struct {
	template *template.Template

	mu   sync.Mutex
	seen map[string]map[string]bool // by function, then "action resource"
}

// NewRecorder returns a recorder that names resources as in the template.
func NewRecorder(t *template.Template) *Recorder {
	return &Recorder{template: t, seen: map[string]map[string]bool{}}
}

// Client is next with every request noted whose context belongs to an invocation ([Invoked]).
func (r *Recorder) Client(next aws.HTTPClient) aws.HTTPClient { return recordingClient{r, next} }

// AccessKey is the id of the access key that the function of that logical id has where it runs in a process of its own: by
// it, [Recorder.Handler] tells whose call it is. AWS's own ids are letters and digits, too, and begin with ASIA for
// credentials that a role gives.
func AccessKey(id string) string { return accessKeys + id }

const accessKeys = "ASIA"

// caller is the logical id of the function whose access key signed the request, or "" (AWS General Reference, "Signing AWS
// API requests": Authorization: AWS4-HMAC-SHA256 Credential=key/date/region/service/aws4_request, …).
func (r *Recorder) caller(req *http.Request) string {
	_, credential, _ := strings.Cut(req.Header.Get("Authorization"), "Credential=")
	key, _, _ := strings.Cut(credential, "/")
	id, ours := strings.CutPrefix(key, accessKeys)
	if !ours || r.template.Function(id) == nil {
		return ""
	}
	return id
}

// Handler is next with every request noted that a function's own access key signed ([AccessKey]).
func (r *Recorder) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if id := r.caller(req); id != "" {
			body, err := whole(req)
			if err != nil {
				return // the caller has gone
			}
			r.note(id, r.calls(req, body))
		}
		next.ServeHTTP(w, req)
	})
}

// whole is the request's body, which can be read again afterwards.
func whole(req *http.Request) ([]byte, error) {
	if req.Body == nil || req.Body == http.NoBody {
		return nil, nil
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	req.Body.Close() //nolint:errcheck,gosec // read to its end
	req.Body = io.NopCloser(bytes.NewReader(body))
	return body, nil
}

type recordingClient struct {
	recorder *Recorder
	next     aws.HTTPClient
}

func (c recordingClient) Do(req *http.Request) (*http.Response, error) {
	id := Invoked(req.Context())
	if id == "" {
		return c.next.Do(req)
	}
	body, err := whole(req)
	if err != nil {
		return nil, err
	}
	c.recorder.note(id, c.recorder.calls(req, body))
	return c.next.Do(req)
}

func (r *Recorder) note(id string, calls []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen[id] == nil {
		r.seen[id] = map[string]bool{}
	}
	for _, c := range calls {
		r.seen[id][c] = true
	}
}

// Used are the "action resource" pairs that the function of that logical id has called so far, in order.
func (r *Recorder) Used(id string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Sorted(maps.Keys(r.seen[id]))
}

// Difference is a permission that a function used and does not have, or has and did not use.
type Difference struct {
	Function string // the logical id
	Action   string // such as "dynamodb:PutItem"
	Resource string // ARN
	Missing  bool   // used and not granted; otherwise granted and not used
}

// String is the difference as a sentence.
func (d Difference) String() string {
	if d.Missing {
		return d.Function + " calls " + d.Action + " on " + d.Resource + ", which its role does not allow"
	}
	return d.Function + " may call " + d.Action + " on " + d.Resource + ", and never does"
}

// Differences compares what was recorded with what the template grants, for every function. What Lambda itself does
// with a function's role, polling its queues, counts as used.
func (r *Recorder) Differences() []Difference {
	var all []Difference
	for _, f := range r.template.Functions {
		granted := r.template.Granted(f.ID)
		used := map[string]bool{}
		for _, c := range r.Used(f.ID) {
			used[c] = true
		}
		for _, s := range f.Sources {
			for _, action := range []string{"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"} {
				used[action+" "+s.Queue] = true
			}
		}
		needed := map[string]bool{}
		for call := range used {
			found := false
			for grant := range granted {
				if covers(grant, call) {
					found, needed[grant] = true, true
				}
			}
			if !found {
				all = append(all, difference(f.ID, call, true))
			}
		}
		for grant := range granted {
			if !needed[grant] {
				all = append(all, difference(f.ID, grant, false))
			}
		}
	}
	slices.SortFunc(all, func(a, b Difference) int {
		return cmp.Or(cmp.Compare(a.Function, b.Function), cmp.Compare(a.Action, b.Action), cmp.Compare(a.Resource, b.Resource))
	})
	return all
}

// covers tells whether what is granted is of a call. A resource may end in a wildcard.
func covers(grant, call string) bool {
	begins, pattern := strings.CutSuffix(grant, "*")
	return grant == call || pattern && strings.HasPrefix(call, begins)
}

func difference(id, call string, missing bool) Difference {
	action, resource, _ := strings.Cut(call, " ")
	return Difference{Function: id, Action: action, Resource: resource, Missing: missing}
}

// calls are the permissions that AWS checks for a request of the SDK. One that is not known here is named so that no
// policy can hold it.
func (r *Recorder) calls(req *http.Request, body []byte) []string {
	target := req.Header.Get("X-Amz-Target")
	service, operation, _ := strings.Cut(target, ".")
	var in struct {
		QueueURL string `json:"QueueUrl"`
		Name     string
	}
	switch {
	case strings.HasPrefix(service, "DynamoDB_"):
		return r.dynamoDB(operation, body)
	case service == "AmazonSQS":
		if json.Unmarshal(body, &in) != nil {
			break
		}
		name := in.QueueURL[strings.LastIndexByte(in.QueueURL, '/')+1:]
		return []string{"sqs:" + strings.TrimSuffix(operation, "Batch") + " " + r.arn("sqs", name)}
	case service == "AmazonSSM":
		if json.Unmarshal(body, &in) != nil {
			break
		}
		return []string{"ssm:" + operation + " " + r.arn("ssm", "parameter/"+strings.TrimPrefix(in.Name, "/"))}
	case strings.HasPrefix(req.URL.Path, "/v2/email/"), strings.HasPrefix(req.URL.Path, "/v1/email/"):
		return r.mail(req, body)
	}
	return []string{"unknown:" + cmp.Or(target, req.Method+req.URL.Path) + " unknown"}
}

func (r *Recorder) arn(service, rest string) string {
	in := r.template.Inputs
	return "arn:" + in.Partition + ":" + service + ":" + in.Region + ":" + in.Account + ":" + rest
}
