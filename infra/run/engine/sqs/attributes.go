package sqs

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"latchkey.dev/infra/run/engine/roundtrip"
)

// numeric are the attributes that are numbers, with their bounds and defaults.
//
// Source: SQS API reference, SetQueueAttributes.
var numeric = map[string]struct{ min, max, fallback int }{
	"DelaySeconds":                  {0, 900, 0},
	"KmsDataKeyReusePeriodSeconds":  {60, 86_400, 300},
	"MaximumMessageSize":            {1024, maxMessage, maxMessage},
	"MessageRetentionPeriod":        {60, 1_209_600, 345_600},
	"ReceiveMessageWaitTimeSeconds": {0, 20, 0},
	"VisibilityTimeout":             {0, 43_200, 30},
}

// computed are the attributes that can only be read.
var computed = []string{
	"ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed", "ApproximateNumberOfMessagesNotVisible",
	"CreatedTimestamp", "LastModifiedTimestamp", "QueueArn",
}

// texts are the attributes that are kept as they are given.
var texts = []string{"KmsMasterKeyId", "Policy", "RedriveAllowPolicy", "RedrivePolicy", "SqsManagedSseEnabled"}

// number is a numeric attribute's value, set or default.
func (q *queue) number(attribute string) int {
	if text, ok := q.attributes[attribute]; ok {
		if n, err := strconv.Atoi(text); err == nil {
			return n
		}
	}
	return numeric[attribute].fallback
}

// attribute is the value of an attribute that can be set, as a reader sees it; empty when it has none.
func (q *queue) attribute(name string) string {
	if _, isNumber := numeric[name]; isNumber {
		return strconv.Itoa(q.number(name))
	}
	if value, set := q.attributes[name]; set {
		return value
	}
	if name == "SqsManagedSseEnabled" {
		return "true"
	}
	return ""
}

type redrivePolicy struct {
	Target string `json:"deadLetterTargetArn"`
	Max    int    `json:"maxReceiveCount"`
}

type redriveAllowPolicy struct {
	Permission string   `json:"redrivePermission"`
	Sources    []string `json:"sourceQueueArns,omitempty"`
}

// checkAttributes returns the attributes in their normal form: numbers without leading zeros, policies in the form
// in which they are read back. An empty value stays: it unsets a policy.
func (e *Engine) checkAttributes(given map[string]string) (map[string]string, error) {
	normal := make(map[string]string, len(given))
	for name, value := range given {
		var err error
		switch {
		case name == "FifoQueue" && value == "false":
			continue
		case strings.HasPrefix(name, "Fifo") || name == "ContentBasedDeduplication" || name == "DeduplicationScope":
			return nil, unsupported("FIFO queues are not supported by this engine; " + name + " has no meaning here.")
		case name == "RedrivePolicy" && value != "":
			value, err = normalRedrive(value)
		case name == "RedriveAllowPolicy" && value != "":
			value, err = normalRedriveAllow(value)
		case name == "SqsManagedSseEnabled" && value != "true" && value != "false":
			err = invalidAttributeValue(name)
		case slices.Contains(texts, name):
		default:
			bounds, known := numeric[name]
			if !known {
				return nil, &roundtrip.Error{
					Code: "InvalidAttributeName", Message: "Unknown Attribute " + name + ".",
					QueryCode: "InvalidAttributeName",
				}
			}
			n, parseErr := strconv.Atoi(value)
			if parseErr != nil || n < bounds.min || n > bounds.max {
				return nil, invalidAttributeValue(name)
			}
			value = strconv.Itoa(n)
		}
		if err != nil {
			return nil, err
		}
		normal[name] = value
	}
	return normal, nil
}

func normalRedrive(text string) (string, error) {
	var given struct {
		Target string `json:"deadLetterTargetArn"`
		Max    any    `json:"maxReceiveCount"`
	}
	if err := json.Unmarshal([]byte(text), &given, json.RejectUnknownMembers(true)); err != nil {
		return "", invalidValue(text, "RedrivePolicy", "Redrive policy is not a valid JSON map.")
	}
	if given.Target == "" {
		return "", invalidValue(text, "RedrivePolicy",
			"Redrive policy does not contain mandatory attribute: deadLetterTargetArn.")
	}
	var count int
	switch n := given.Max.(type) {
	case nil:
		return "", invalidValue(text, "RedrivePolicy",
			"Redrive policy does not contain mandatory attribute: maxReceiveCount.")
	case float64:
		if count = int(n); float64(count) != n {
			count = 0
		}
	case string:
		count, _ = strconv.Atoi(n)
	}
	if count < 1 || count > 1000 {
		return "", invalidValue(text, "RedrivePolicy",
			"Invalid value for maxReceiveCount: must be an integer between 1 and 1000.")
	}
	return asJSON(redrivePolicy{given.Target, count}), nil
}

func normalRedriveAllow(text string) (string, error) {
	var given redriveAllowPolicy
	if err := json.Unmarshal([]byte(text), &given, json.RejectUnknownMembers(true)); err != nil {
		return "", invalidValue(text, "RedriveAllowPolicy", "Amazon SQS can't parse the redrive allow policy.")
	}
	byQueue := given.Permission == "byQueue"
	if !slices.Contains([]string{"allowAll", "denyAll", "byQueue"}, given.Permission) ||
		byQueue != (len(given.Sources) > 0) || len(given.Sources) > 10 {
		return "", invalidValue(text, "RedriveAllowPolicy", "Redrive permission is allowAll, denyAll, or byQueue with "+
			"1 to 10 sourceQueueArns.")
	}
	return asJSON(given), nil
}

func asJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain structs of strings and numbers
	}
	return string(text)
}

// tie reads the queue's policies from its attributes and checks that its dead-letter queue is there and takes it.
func (e *Engine) tie(q *queue) error {
	q.redrive, q.allow = nil, nil
	if text := q.attributes["RedriveAllowPolicy"]; text != "" {
		q.allow = new(redriveAllowPolicy)
		if err := json.Unmarshal([]byte(text), q.allow); err != nil {
			return invalidAttributeValue("RedriveAllowPolicy")
		}
	}
	text := q.attributes["RedrivePolicy"]
	if text == "" {
		return nil
	}
	policy := new(redrivePolicy)
	if err := json.Unmarshal([]byte(text), policy); err != nil {
		return invalidAttributeValue("RedrivePolicy")
	}
	if e.replayed {
		target := e.byARN(policy.Target)
		if target == nil {
			return invalidValue(text, "RedrivePolicy", "Dead letter target does not exist.")
		}
		if !target.accepts(e.arn(q.name)) {
			return invalidValue(text, "RedrivePolicy",
				"Queue "+q.name+" is not allowed to use "+target.name+" as its dead-letter queue.")
		}
	}
	q.redrive = policy
	return nil
}

// accepts tells whether the queue lets source use it as a dead-letter queue.
func (q *queue) accepts(source string) bool {
	if q.allow == nil {
		return true
	}
	switch q.allow.Permission {
	case "denyAll":
		return false
	case "byQueue":
		return slices.Contains(q.allow.Sources, source)
	}
	return true
}

type setQueueAttributesInput struct {
	QueueURL   string `json:"QueueUrl"`
	Attributes map[string]string
}

func (e *Engine) setQueueAttributes(_ *call, in *setQueueAttributesInput) (any, error) {
	if len(in.Attributes) == 0 {
		return nil, missing("Attributes")
	}
	e.mu.Lock()
	q, err := e.lookUp(in.QueueURL)
	var normal map[string]string
	if err == nil {
		normal, err = e.checkAttributes(in.Attributes)
	}
	if err == nil {
		err = e.retie(q, normal)
	}
	if err != nil {
		e.mu.Unlock()
		return nil, err
	}
	q.modified = e.now().Truncate(time.Second)
	q.wake() // a longer retention hides nothing, but a receive that waits should see the new settings
	return nil, e.unlockAndKeep(q.change())
}

// retie applies attributes, all or none.
func (e *Engine) retie(q *queue, normal map[string]string) error {
	trial := newQueue(q.name)
	for name, value := range q.attributes {
		trial.attributes[name] = value
	}
	for name, value := range normal {
		if value == "" {
			delete(trial.attributes, name)
		} else {
			trial.attributes[name] = value
		}
	}
	if err := e.tie(trial); err != nil {
		return err
	}
	q.attributes, q.redrive, q.allow = trial.attributes, trial.redrive, trial.allow
	return nil
}

type getQueueAttributesInput struct {
	QueueURL       string `json:"QueueUrl"`
	AttributeNames []string
}

func (e *Engine) getQueueAttributes(_ *call, in *getQueueAttributesInput) (any, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	q, err := e.lookUp(in.QueueURL)
	if err != nil {
		return nil, err
	}
	q.settle(e.now())
	all := e.readAttributes(q)
	wanted := make(map[string]string)
	for _, name := range in.AttributeNames {
		if name == "All" {
			wanted = all
			break
		}
		_, isNumber := numeric[name]
		switch {
		case isNumber || slices.Contains(texts, name) || slices.Contains(computed, name):
			if value, ok := all[name]; ok {
				wanted[name] = value
			}
		case name == "FifoQueue" || name == "ContentBasedDeduplication" || name == "DeduplicationScope" ||
			name == "FifoThroughputLimit":
			// Known to AWS, and without a value on a standard queue.
		default:
			return nil, &roundtrip.Error{
				Code: "InvalidAttributeName", Message: "Unknown Attribute " + name + ".",
				QueryCode: "InvalidAttributeName",
			}
		}
	}
	return struct {
		Attributes map[string]string `json:",omitempty"`
	}{wanted}, nil
}

func (e *Engine) readAttributes(q *queue) map[string]string {
	all := map[string]string{
		"ApproximateNumberOfMessages":           strconv.Itoa(q.ready.Len()),
		"ApproximateNumberOfMessagesDelayed":    strconv.Itoa(len(q.waiting) - q.flying),
		"ApproximateNumberOfMessagesNotVisible": strconv.Itoa(q.flying),
		"CreatedTimestamp":                      strconv.FormatInt(q.created.Unix(), 10),
		"LastModifiedTimestamp":                 strconv.FormatInt(q.modified.Unix(), 10),
		"QueueArn":                              e.arn(q.name),
	}
	for name := range numeric {
		if name != "KmsDataKeyReusePeriodSeconds" || q.attributes["KmsMasterKeyId"] != "" {
			all[name] = q.attribute(name)
		}
	}
	for _, name := range texts {
		if value := q.attribute(name); value != "" {
			all[name] = value
		}
	}
	return all
}

type listDeadLetterSourceQueuesInput struct {
	QueueURL   string `json:"QueueUrl"`
	MaxResults *int
	NextToken  string
}

func (e *Engine) listDeadLetterSourceQueues(c *call, in *listDeadLetterSourceQueuesInput) (any, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	q, err := e.lookUp(in.QueueURL)
	if err != nil {
		return nil, err
	}
	page, next, err := pageOf(e.sourcesOf(q), in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	return struct {
		QueueURLs []string `json:"queueUrls"`
		NextToken string   `json:",omitzero"`
	}{e.urls(c.base, page), next}, nil
}

// sourcesOf are the names of the queues whose dead letters go to q, sorted.
func (e *Engine) sourcesOf(q *queue) []string {
	var names []string
	mine := e.arn(q.name)
	for name, other := range e.queues {
		if other.redrive != nil && other.redrive.Target == mine {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
