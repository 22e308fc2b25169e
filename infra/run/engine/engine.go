// Package engine composes the embedded AWS: DynamoDB, SQS and SESv2 behind one http.Handler, in memory or in a folder,
// for the local run and for tests.
package engine

import (
	"errors"
	"net/http"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"latchkey.dev/infra/run/engine/dynamodb"
	"latchkey.dev/infra/run/engine/roundtrip"
	"latchkey.dev/infra/run/engine/ses"
	"latchkey.dev/infra/run/engine/sqs"
	"latchkey.dev/infra/run/engine/ssm"
)

// Options are the settings of the three engines. The zero value is in memory, on the machine's clock, with AWS's own
// manners.
type Options struct {
	// Dir keeps the state: dynamodb.log, sqs.log and ses.log. It is made when it is not there, and locked: one
	// process at a time. Empty keeps everything in memory.
	Dir string
	// Now is the clock of all three. One that is moved by hand needs a call of [Engine.Tick]. Default time.Now.
	Now func() time.Time
	// QueueNow is the queues' clock, where it is another: what they delay and hide comes earlier when theirs is ahead.
	QueueNow func() time.Time
	// TTLDelay is how long after its time an item is deleted. AWS promises days, and hides nothing before.
	TTLDelay time.Duration
	// Region of ARNs and of Config. Default "us-east-1". The account is always 000000000000.
	Region string

	// Conflict, InTransaction and Staleness are those of [dynamodb.Options]: they bring about what concurrent transactions meet,
	// and what eventually consistent reads may see.
	Conflict      func() bool
	InTransaction func()
	Staleness     time.Duration

	// DNS, VerifyAtOnce, Latency, EventDelay, Max24HourSend and MailboxSize are those of [ses.Options].
	DNS           string
	VerifyAtOnce  bool
	Latency       time.Duration
	EventDelay    time.Duration
	Max24HourSend int
	MailboxSize   int
	// Publish puts the event of a mail on the queue of that ARN, for a queue that is elsewhere. Default SQS's own.
	Publish func(queueARN, body string) error

	// Duplicate, Shuffle and Seed are those of [sqs.Options].
	Duplicate float64
	Shuffle   bool
	Seed      uint64
}

// Engine is the engines together. Its fields are for what the wire does not show: the mailbox and verification,
// the queues' overview, the deletion of expired items.
type Engine struct {
	DynamoDB *dynamodb.Engine
	SQS      *sqs.Engine
	SES      *ses.Engine
	SSM      *ssm.Engine

	region  string
	handler http.Handler
}

// Open starts the engines with the state that they find in o.Dir. It answers an error that wraps journal.ErrLocked
// when another process has the folder.
//
// Any credentials are accepted, and no signature is checked: what listens on a network must be kept to the loopback
// interface, and behind [LoopbackOnly].
func Open(o Options) (*Engine, error) {
	if o.Region == "" {
		o.Region = "us-east-1"
	}
	path := func(name string) string {
		if o.Dir == "" {
			return ""
		}
		return filepath.Join(o.Dir, name)
	}
	e := &Engine{region: o.Region, SSM: &ssm.Engine{}}
	var err error
	e.DynamoDB, err = dynamodb.New(dynamodb.Options{
		Now: o.Now, JournalPath: path("dynamodb.log"), TTLDelay: o.TTLDelay, Region: o.Region,
		Conflict: o.Conflict, InTransaction: o.InTransaction, Staleness: o.Staleness,
	})
	if err != nil {
		return nil, err
	}
	queueNow := o.QueueNow
	if queueNow == nil {
		queueNow = o.Now
	}
	e.SQS, err = sqs.New(sqs.Options{
		Now: queueNow, JournalPath: path("sqs.log"), Region: o.Region, Duplicate: o.Duplicate, Shuffle: o.Shuffle,
		Seed: o.Seed,
	})
	if err != nil {
		return nil, errors.Join(err, e.Close())
	}
	publish := o.Publish
	if publish == nil {
		publish = e.SQS.Publish
	}
	e.SES, err = ses.New(ses.Options{
		Now: o.Now, JournalPath: path("ses.log"), Region: o.Region, DNS: o.DNS, VerifyAtOnce: o.VerifyAtOnce, Latency: o.Latency,
		EventDelay: o.EventDelay, Max24HourSend: o.Max24HourSend, MailboxSize: o.MailboxSize, Publish: publish,
	})
	if err != nil {
		return nil, errors.Join(err, e.Close())
	}
	e.handler = route(e.DynamoDB, e.SQS, e.SSM, e.SES)
	return e, nil
}

// Handler serves all three: by X-Amz-Target for DynamoDB and SQS, by path for SESv2.
func (e *Engine) Handler() http.Handler { return e.handler }

// Config is the SDK's configuration for clients in this process: they speak the real protocols to the engines without
// a socket. Retries are the SDK's own. Every call makes a new HTTP client.
func (e *Engine) Config() aws.Config {
	return aws.Config{
		Region:       e.region,
		Credentials:  credentials.NewStaticCredentialsProvider("test", "test", ""),
		BaseEndpoint: aws.String("http://localhost"),
		HTTPClient:   &http.Client{Transport: roundtrip.Transport(e.handler)},
	}
}

// Tick says that the clock was moved by hand: waiting receives look again, and expired items go.
func (e *Engine) Tick() {
	e.SQS.Tick()
	e.DynamoDB.DeleteExpired()
}

// Close ends the engines in the order in which they use each other, and closes their files.
func (e *Engine) Close() error {
	var errs []error
	if e.SES != nil {
		errs = append(errs, e.SES.Close())
	}
	if e.SQS != nil {
		errs = append(errs, e.SQS.Close())
	}
	if e.DynamoDB != nil {
		errs = append(errs, e.DynamoDB.Close())
	}
	return errors.Join(errs...)
}
