package dynamodb_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	engine "latchkey.dev/infra/run/engine/dynamodb"
	"latchkey.dev/infra/run/engine/roundtrip"
)

// Short names for what every test is full of.
type (
	item = map[string]types.AttributeValue
	s    = types.AttributeValueMemberS
	n    = types.AttributeValueMemberN
	b    = types.AttributeValueMemberB
	yes  = types.AttributeValueMemberBOOL
	null = types.AttributeValueMemberNULL
	m    = types.AttributeValueMemberM
	l    = types.AttributeValueMemberL
	ss   = types.AttributeValueMemberSS
	ns   = types.AttributeValueMemberNS
	bs   = types.AttributeValueMemberBS
)

func text(v string) *s { return &s{Value: v} }
func num(v string) *n  { return &n{Value: v} }

// endpoint is the external endpoint that the suite is to run against, "" for the engine in this process.
func endpoint() string {
	if u := os.Getenv("AWS_ENDPOINT_URL_DYNAMODB"); u != "" {
		return u
	}
	return os.Getenv("AWS_ENDPOINT_URL")
}

// newClient is an unmodified client of the endpoint, or of an engine that is the test's own.
func newClient(t *testing.T) *dynamodb.Client {
	t.Helper()
	o := dynamodb.Options{
		Region:      "us-east-1",
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	}
	if u := endpoint(); u != "" {
		o.BaseEndpoint = aws.String(u)
		o.HTTPClient = &http.Client{Transport: once{}}
		return dynamodb.New(o)
	}
	e, err := engine.New(engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	o.BaseEndpoint = aws.String("http://dynamodb.test")
	o.HTTPClient = &http.Client{Transport: roundtrip.Transport(e)}
	return dynamodb.New(o)
}

// once sends requests from a body of its own. The SDK closes its body as soon as the answer's header is there; where an engine is
// quicker than the transport, which has not seen the body's end, that is an error, and the SDK repeats a write that was done.
type once struct{}

func (once) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err := errors.Join(err, r.Body.Close()); err != nil {
		return nil, err
	}
	own := r.Clone(r.Context())
	own.Body = io.NopCloser(bytes.NewReader(body))
	return http.DefaultTransport.RoundTrip(own)
}

// tab is a table of one test.
type tab struct {
	*testing.T
	db   *dynamodb.Client
	name *string
}

// newTable makes a table with the keys pk and sk (strings), and the indexes that the options add.
func newTable(t *testing.T, with ...func(*dynamodb.CreateTableInput)) *tab {
	t.Helper()
	return newTableOn(t, newClient(t), with...)
}

func newTableOn(t *testing.T, db *dynamodb.Client, with ...func(*dynamodb.CreateTableInput)) *tab {
	t.Helper()
	in := &dynamodb.CreateTableInput{
		TableName:   aws.String(uniqueName(t)),
		BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String("pk"), AttributeType: "S"},
			{AttributeName: aws.String("sk"), AttributeType: "S"},
		},
		KeySchema: keySchema("pk", "sk"),
	}
	for _, w := range with {
		w(in)
	}
	if _, err := db.CreateTable(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	x := &tab{t, db, in.TableName}
	t.Cleanup(func() {
		if endpoint() != "" {
			_, _ = db.DeleteTable(context.WithoutCancel(t.Context()), &dynamodb.DeleteTableInput{TableName: in.TableName})
		}
	})
	wait, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	for {
		d, err := db.DescribeTable(wait, &dynamodb.DescribeTableInput{TableName: in.TableName})
		if err == nil && d.Table.TableStatus == types.TableStatusActive {
			return x
		}
		if wait.Err() != nil {
			t.Fatalf("the table did not become active: %v", err)
		}
	}
}

func uniqueName(t *testing.T) string {
	name, _, _ := strings.Cut(t.Name(), "/")
	return name[:min(len(name), 200)] + "-" + rand.Text()[:8]
}

func keySchema(hash string, sort ...string) []types.KeySchemaElement {
	k := []types.KeySchemaElement{{AttributeName: &hash, KeyType: types.KeyTypeHash}}
	for _, name := range sort {
		k = append(k, types.KeySchemaElement{AttributeName: &name, KeyType: types.KeyTypeRange})
	}
	return k
}

// sortType sets the type of sk.
func sortType(kind types.ScalarAttributeType) func(*dynamodb.CreateTableInput) {
	return func(in *dynamodb.CreateTableInput) { in.AttributeDefinitions[1].AttributeType = kind }
}

// withIndex adds the index "due" with the keys g (string) and h (of the kind), keeping all attributes or what is named.
func withIndex(kind types.ScalarAttributeType, projection types.ProjectionType, include ...string) func(*dynamodb.CreateTableInput) {
	return func(in *dynamodb.CreateTableInput) {
		in.AttributeDefinitions = append(in.AttributeDefinitions,
			types.AttributeDefinition{AttributeName: aws.String("g"), AttributeType: "S"},
			types.AttributeDefinition{AttributeName: aws.String("h"), AttributeType: kind})
		in.GlobalSecondaryIndexes = append(in.GlobalSecondaryIndexes, types.GlobalSecondaryIndex{
			IndexName: aws.String("due"), KeySchema: keySchema("g", "h"),
			Projection: &types.Projection{ProjectionType: projection, NonKeyAttributes: include},
		})
	}
}

// key is an item's key, and an item to which attributes can be added.
func key(pk, sk string) item { return item{"pk": text(pk), "sk": text(sk)} }

// with is a copy of an item with one more attribute.
func with(i item, name string, v types.AttributeValue) item {
	c := item{}
	for k, v := range i {
		c[k] = v
	}
	c[name] = v
	return c
}

// put stores items.
func (x *tab) put(items ...item) {
	x.Helper()
	for _, i := range items {
		if _, err := x.db.PutItem(x.Context(), &dynamodb.PutItemInput{TableName: x.name, Item: i}); err != nil {
			x.Fatal(err)
		}
	}
}

// get reads an item, nil when it is not there.
func (x *tab) get(k item) item {
	x.Helper()
	out, err := x.db.GetItem(x.Context(), &dynamodb.GetItemInput{TableName: x.name, Key: k, ConsistentRead: aws.Bool(true)})
	if err != nil {
		x.Fatal(err)
	}
	return out.Item
}

// stored expects what is stored under the item's key to be the item.
func (x *tab) stored(want item) {
	x.Helper()
	k := item{"pk": want["pk"]}
	if sk, ok := want["sk"]; ok {
		k["sk"] = sk
	}
	same(x.T, want, x.get(k))
}

// same expects two values to be the same, sets without regard to order.
func same(t *testing.T, want, got any) {
	t.Helper()
	if d := diff(want, got); d != "" {
		t.Errorf("want (-), got (+):\n%s", d)
	}
}

func diff(want, got any) string {
	return cmp.Diff(want, got, cmp.Options{
		cmpopts.IgnoreUnexported(s{}, n{}, b{}, yes{}, null{}, m{}, l{}, ss{}, ns{}, bs{}),
		cmpopts.EquateEmpty(),
		cmp.Transformer("set", func(v ss) []string { return sorted(v.Value) }),
		cmp.Transformer("numbers", func(v ns) []string { return sorted(v.Value) }),
	})
}

func sorted(v []string) []string {
	c := append([]string(nil), v...)
	for i := range c {
		for j := i; j > 0 && c[j] < c[j-1]; j-- {
			c[j], c[j-1] = c[j-1], c[j]
		}
	}
	return c
}

// refused expects an error of the code whose message has the words, as AWS words it.
func refused(t *testing.T, err error, code, words string) {
	t.Helper()
	api, ok := errors.AsType[smithy.APIError](err)
	switch {
	case !ok:
		t.Errorf("want %s (%s), got %v", code, words, err)
	case api.ErrorCode() != code || !strings.Contains(api.ErrorMessage(), words):
		t.Errorf("want %s: %s\n got %s: %s", code, words, api.ErrorCode(), api.ErrorMessage())
	}
}

const (
	validation = "ValidationException"
	failed     = "ConditionalCheckFailedException"
)

// invalid expects a ValidationException with the words.
func invalid(t *testing.T, err error, words string) {
	t.Helper()
	refused(t, err, validation, words)
}
