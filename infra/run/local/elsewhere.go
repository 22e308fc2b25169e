package local

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"latchkey.dev/infra/run/binaries"
	hosting "latchkey.dev/infra/run/host"
	"latchkey.dev/infra/run/template"
	"latchkey.dev/shared/adapter/dns"
	"latchkey.dev/shared/adapter/egress"
	"latchkey.dev/shared/adapter/event"
)

// elsewhere is what of a run is not in this process: engines that were not written here, and functions.
type elsewhere struct {
	endpoints map[string]string // by service
	lambda    string            // the endpoint of Invoke
}

// config has the SDK's clients find the services that are elsewhere, and leaves the rest in this process.
func (e elsewhere) config(own aws.Config) aws.Config {
	if len(e.endpoints) == 0 {
		return own
	}
	own.ConfigSources = []any{sources(e.endpoints)}
	client := own.HTTPClient
	network := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	away := map[string]bool{}
	for _, url := range e.endpoints {
		_, host, _ := strings.Cut(strings.TrimSuffix(url, "/"), "://")
		away[host] = true
	}
	own.HTTPClient = doer(func(r *http.Request) (*http.Response, error) {
		if !away[r.URL.Host] {
			return client.Do(r)
		}
		return network.Do(r)
	})
	return own
}

// doer is an HTTP client of one function.
type doer func(*http.Request) (*http.Response, error)

func (d doer) Do(r *http.Request) (*http.Response, error) { return d(r) }

// sources are endpoints by service, as the SDK looks them up in a configuration.
type sources map[string]string

// GetServiceBaseEndpoint answers the endpoint of a service by its SDK id, such as "DynamoDB".
func (s sources) GetServiceBaseEndpoint(_ context.Context, sdkID string) (string, bool, error) {
	url := s[strings.ToLower(sdkID)]
	return url, url != "", nil
}

// GetIgnoreConfiguredEndpoints says that the endpoints above count.
func (sources) GetIgnoreConfiguredEndpoints(context.Context) (bool, bool, error) {
	return false, false, nil
}

// check names an endpoint that cannot be.
func (e elsewhere) check() error {
	for service, url := range e.endpoints {
		if !slices.Contains([]string{"dynamodb", "sqs", "sesv2"}, service) {
			return fmt.Errorf("local: %q cannot be elsewhere: dynamodb, sqs and sesv2 can", service)
		}
		if !strings.HasPrefix(url, "http://") && !strings.HasPrefix(url, "https://") {
			return fmt.Errorf("local: %q is no endpoint for %s", url, service)
		}
	}
	return nil
}

// publish puts the event of a mail, which the embedded SES makes, on a queue that is elsewhere.
func (l *Local) publish(queueARN, body string) error {
	q := l.Stack.Template.QueueByARN(queueARN)
	if q == nil {
		return fmt.Errorf("local: no queue %s", queueARN)
	}
	_, err := sqs.NewFromConfig(l.elsewhere.config(l.Engine.Config())).SendMessage(context.Background(),
		&sqs.SendMessageInput{QueueUrl: &q.URL, MessageBody: &body})
	if err != nil {
		l.log.Error("cannot pass on what became of a mail", "error", err)
	}
	return err
}

// functions are the template's functions behind Lambda's Invoke.
func (e elsewhere) functions(t *template.Template) map[string]event.Function {
	all := map[string]event.Function{}
	client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 16}}
	for _, f := range t.Functions {
		all[f.ID] = invoked{client, strings.TrimSuffix(e.lambda, "/") + "/2015-03-31/functions/" + f.Name + "/invocations"}
	}
	return all
}

// binaries are the template's functions as built, in processes of their own. Each has an access key that names it, and may
// call what stands in for the outside: the list grows with every real n8n.
func (e elsewhere) binaries(t *template.Template, o Options, names string, relay map[string]string,
	standIns func() string,
) (*binaries.Set, error) {
	return binaries.Open(binaries.Options{Dir: o.Binaries, Template: t, Log: o.Output,
		Further: func(f *template.Function) map[string]string {
			further := map[string]string{"AWS_ACCESS_KEY_ID": hosting.AccessKey(f.ID), egress.Variable: standIns(), dns.Variable: names}
			if f.ID == "RelayMail" {
				maps.Copy(further, relay)
			}
			for service, url := range e.endpoints {
				further["AWS_ENDPOINT_URL_"+strings.ToUpper(service)] = url
			}
			return further
		}})
}

// invoked is a function that runs behind Lambda's Invoke (Lambda API Reference, "Invoke").
type invoked struct {
	client *http.Client
	url    string
}

// Invoke passes the event on and answers what the function did.
func (i invoked) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, i.url, bytes.NewReader(payload))
	if err != nil {
		return nil, err
	}
	r.Header.Set("X-Amz-Invocation-Type", "RequestResponse")
	res, err := i.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close() //nolint:errcheck // read below
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	var said struct{ ErrorType, ErrorMessage string }
	failed := res.StatusCode != http.StatusOK || res.Header.Get("X-Amz-Function-Error") != ""
	// sam local reports a function's error in the body alone.
	if err := json.Unmarshal(answer, &said); err == nil && said.ErrorMessage != "" {
		failed = true
	}
	if failed {
		return nil, fmt.Errorf("invoke: %s %s: %.300s", res.Status, res.Header.Get("X-Amz-Function-Error"), answer)
	}
	return answer, nil
}

// errFixedClock is the answer to who would move a clock that the functions do not go by.
var errFixedClock = errors.New("the functions run in other processes and go by the machine's clock, which cannot be moved")

// refresh empties the table and Stripe's stand-in, and founds the demo agencies anew.
func (l *Local) refresh(w http.ResponseWriter, r *http.Request) {
	if err := l.empty(r.Context()); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	l.answer(w, map[string]any{"founded": len(seeded)})
}

func (l *Local) empty(ctx context.Context) error {
	db := dynamodb.NewFromConfig(l.elsewhere.config(l.Engine.Config()))
	for _, t := range l.Stack.Template.Tables {
		pages := dynamodb.NewScanPaginator(db, &dynamodb.ScanInput{TableName: &t.Name, ConsistentRead: aws.Bool(true)})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return err
			}
			for _, item := range page.Items {
				key := maps.Clone(item)
				maps.DeleteFunc(key, func(name string, _ types.AttributeValue) bool { return name != t.Hash.Name && name != t.Range.Name })
				if _, err := db.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &t.Name, Key: key}); err != nil {
					return err
				}
			}
		}
	}
	if err := errors.Join(l.Stripe.Reset(), seed(ctx, l.env, l.near)); err != nil {
		return err
	}
	return l.Host.RunSchedules(ctx) // the price list was in the table, too
}
