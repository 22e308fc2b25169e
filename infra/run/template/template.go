// Package template reads template.yaml and the nested stacks in functions/*/template.yaml, which together are the one
// description of what is deployed, into plain values: functions with their routes, queues, schedules, variables and
// permissions, and the tables, queues and mail resources beside them.
//
// It knows exactly the resource types, properties and intrinsics that the templates use. Anything else is an error with its
// file and line, because a property that is silently passed over would make the local run differ from AWS.
package template

import "time"

// Template is a root template with its nested stacks, every intrinsic resolved. Lists are in the order of the files, a
// nested stack's where the root names it.
type Template struct {
	// Inputs are what it was resolved with.
	Inputs Inputs

	Functions         []*Function
	Tables            []*Table
	Queues            []*Queue
	Topics            []*Topic
	Subscriptions     []*Subscription
	ConfigurationSets []*ConfigurationSet
	Destinations      []*EventDestination
	Identities        []*Identity

	sources *sources
}

// Function is an AWS::Serverless::Function.
type Function struct {
	// ID is the logical id, such as "ClientPage".
	ID string
	// Name is the function's name on AWS.
	Name string
	// Directory is the function's directory from the root template's, such as "functions/invites/invite".
	Directory string
	// Stack is the logical id of the nested stack that the function is in, "" for the root template. sam build writes a
	// function's binary to Stack/ID/bootstrap.
	Stack string
	// Architecture is "arm64" or "x86_64".
	Architecture string
	// Timeout is how long one invocation may take.
	Timeout time.Duration
	// MemoryMB is the memory in megabytes.
	MemoryMB int
	// Reserved is the most invocations at the same time, whatever invokes it; 0 for no bound of its own.
	Reserved int
	// Environment are the variables that the template sets, Globals included.
	Environment map[string]string
	// Routes, Sources and Schedules are what invokes it.
	Routes    []Route
	Sources   []Source
	Schedules []Schedule
	// LogGroup is the name of its log group, RetentionDays how long a line is kept.
	LogGroup      string
	RetentionDays int
	// Grants are the permissions of its role.
	Grants []Grant
}

// Route is a route of the HTTP API.
type Route struct {
	// Method is the HTTP method in capitals, or "ANY"; "" for the $default route.
	Method string
	// Path is the path with {parameters}, or "$default".
	Path string
}

// Key is the route's key as API Gateway writes it: "POST /v1/invites", or "$default".
func (r Route) Key() string {
	if r.Path == "$default" {
		return r.Path
	}
	return r.Method + " " + r.Path
}

// Source is an SQS event source mapping.
type Source struct {
	// Queue is the queue's ARN.
	Queue string
	// BatchSize is the most messages of one invocation, 1 to 10.
	BatchSize int
	// Window is how long messages may be gathered for a batch.
	Window time.Duration
	// PartialFailures says that the function answers which messages failed (ReportBatchItemFailures).
	PartialFailures bool
	// Concurrency is the most invocations at the same time; 0 for no bound of its own.
	Concurrency int
}

// Schedule is a schedule of EventBridge Scheduler.
type Schedule struct {
	// Name is the schedule's name.
	Name string
	// Every is the rate.
	Every time.Duration
}

// Grant is one statement of a function's policies: each of the actions on each of the resources.
type Grant struct {
	Actions   []string // such as "dynamodb:GetItem"
	Resources []string // ARNs
	// Conditions are what has to hold besides: by operator and key, such as "StringEquals" and "aws:ResourceTag/a", the values.
	Conditions map[string]map[string][]string
	File       string // the template in which it stands, from the root template's directory
	Line       int    // and its line there
}

// Table is an AWS::DynamoDB::Table, on demand.
type Table struct {
	ID, Name string
	Hash     Key
	Range    Key // its Name is empty when there is none
	Indexes  []Index
	// TTL is the attribute that expires items, or "".
	TTL string
}

// Key is an attribute of a key.
type Key struct {
	Name string
	Type string // "S", "N" or "B"
}

// Index is a global secondary index.
type Index struct {
	Name       string
	Hash       Key
	Range      Key
	Projection string   // "ALL", "KEYS_ONLY" or "INCLUDE"
	Include    []string // attributes of an INCLUDE projection
}

// Queue is an AWS::SQS::Queue.
type Queue struct {
	ID, Name, ARN string
	// URL is what !Ref returns; see Inputs.QueueURLs.
	URL string
	// Attributes are the attributes that the template sets, as SQS's CreateQueue takes them, redrive policy excluded.
	Attributes map[string]string
	// DeadLetters is the ARN of the queue that takes what was received MaxReceives times; "" for none.
	DeadLetters string
	MaxReceives int
	// Visibility and Delay are the attributes VisibilityTimeout (default 30 s) and DelaySeconds.
	Visibility, Delay time.Duration
}

// Topic is an AWS::SNS::Topic.
type Topic struct{ ID, Name, ARN string }

// Subscription is an AWS::SNS::Subscription of a queue, with SNS's envelope around each message.
type Subscription struct {
	ID    string
	Topic string // ARN
	Queue string // ARN
}

// ConfigurationSet is an AWS::SES::ConfigurationSet.
type ConfigurationSet struct {
	ID, Name string
	// SuppressedReasons are the reasons for which an address goes on the account's suppression list.
	SuppressedReasons []string
}

// EventDestination is an AWS::SES::ConfigurationSetEventDestination that publishes to a topic.
type EventDestination struct {
	ID, Name         string
	ConfigurationSet string
	Events           []string // such as "DELIVERY_DELAY"
	Topic            string   // ARN
}

// Identity is an AWS::SES::EmailIdentity.
type Identity struct{ ID, Name string }

// Function returns the function of that logical id, or nil.
func (t *Template) Function(id string) *Function {
	for _, f := range t.Functions {
		if f.ID == id {
			return f
		}
	}
	return nil
}

// Table returns the table of that logical id, or nil.
func (t *Template) Table(id string) *Table {
	for _, table := range t.Tables {
		if table.ID == id {
			return table
		}
	}
	return nil
}

// Queue returns the queue of that logical id, or nil.
func (t *Template) Queue(id string) *Queue {
	for _, q := range t.Queues {
		if q.ID == id {
			return q
		}
	}
	return nil
}

// QueueByARN returns the queue of that ARN, or nil.
func (t *Template) QueueByARN(arn string) *Queue {
	for _, q := range t.Queues {
		if q.ARN == arn {
			return q
		}
	}
	return nil
}

// Granted is the set of what the function of that logical id may do, as "action resource" pairs, such as
// "dynamodb:GetItem arn:aws:dynamodb:us-east-1:000000000000:table/latchkey-table". Writing its own log is left out:
// it is Lambda that does it.
func (t *Template) Granted(id string) map[string]bool {
	granted := map[string]bool{}
	f := t.Function(id)
	if f == nil {
		return granted
	}
	for _, g := range f.Grants {
		for _, action := range g.Actions {
			if action == "logs:CreateLogStream" || action == "logs:PutLogEvents" {
				continue
			}
			for _, resource := range g.Resources {
				granted[action+" "+resource] = true
			}
		}
	}
	return granted
}
