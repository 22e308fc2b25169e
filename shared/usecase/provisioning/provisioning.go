// Package provisioning makes what was paid for, one step at a time: a job names a thing, a worker claims it, has the driver
// do one step, and writes down what came of it. Every step may be lost, repeated or cut off anywhere: the driver knows what
// it has begun by the thing's key, and what nobody is working on is found by its due time.
package provisioning

import (
	"context"
	"time"

	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/contract"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/seal"
)

// Order is one thing that a driver is asked about.
type Order struct {
	Key      string // names it towards the driver for ever: two orders with one key are one thing
	Handle   string // what the driver called it; "" when that is not known
	Agency   id.Agency
	Client   id.Client
	Resource id.Resource
	Article  contract.Article
}

// Stage is how far a driver is with a thing.
type Stage string

// The stages.
const (
	Making  Stage = "making"  // it is being made
	There   Stage = "there"   // it is made, and has not answered yet
	Running Stage = "running" // it can be used
	Halted  Stage = "halted"  // it is suspended
	Broken  Stage = "broken"  // it cannot be made this time; the next Begin makes it anew
	Gone    Stage = "gone"    // there is no such thing, or not any more
)

// Report is what a driver says of a thing.
type Report struct {
	Stage  Stage
	Handle string
	URL    string // where people open it, once it runs
	APIKey string // of the n8n that runs; "" for a thing without one
	Reason string // of a thing that is broken, in plain words for agency and client; "" for none
}

// Driver makes things. Each of its methods may be called again at any time, also while the call before still runs. An
// error says that the driver could not be asked or could not do it now; a [Failure] says why in plain words.
type Driver interface {
	// Begin has the thing made. It looks first: what was begun under the key is found again, resumed when it is halted,
	// and made anew when it is broken or gone.
	Begin(ctx context.Context, o Order) (Report, error)
	// Look says how far it is.
	Look(ctx context.Context, o Order) (Report, error)
	// Suspend halts it and keeps all that is in it. What is not there is Gone, and no error.
	Suspend(ctx context.Context, o Order) (Report, error)
	// Resume has it run again.
	Resume(ctx context.Context, o Order) (Report, error)
	// Delete removes it with all that is in it. It is asked again until it reports Gone.
	Delete(ctx context.Context, o Order) (Report, error)
}

// Failure is an error that says in plain words, for agency and client, why a thing cannot be made.
type Failure struct{ Reason string }

func (f *Failure) Error() string { return "provisioning: " + f.Reason }

// Store keeps relationships and resources. Reads of what is not there return a fault with code [fault.NotFound].
type Store interface {
	// Client reads one relationship; fresh asks for the state as it is now.
	Client(ctx context.Context, agency id.Agency, ref id.Ref, fresh bool) (*client.Client, error)
	// Resource reads one resource as it is now.
	Resource(ctx context.Context, agency id.Agency, which id.Resource) (*instance.Resource, error)
	// Commit writes a change in one transaction, or nothing and conflict.ErrChanged.
	Commit(ctx context.Context, agency id.Agency, change client.Change) error
}

// Refunds give money back.
type Refunds interface {
	// Return gives back what the client has paid for the item of that key, and ends its renewal; the client's other items
	// stay as they are. It may be repeated. It fails where nothing is sold.
	Return(ctx context.Context, c *client.Client, key string) error
}

// Queue takes jobs.
type Queue interface {
	// Send puts a message on the queue; it is delivered after the delay.
	Send(ctx context.Context, body []byte, delay time.Duration) error
}

// Worker does the jobs of the provisioning queue.
type Worker struct {
	Store   Store
	Driver  Driver
	Refunds Refunds
	Queue   Queue      // of provisioning jobs
	Mail    Queue      // of mail jobs
	Keys    *seal.Ring // that API keys are sealed with
	Now     func() time.Time
}
