package sqs

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"latchkey.dev/infra/run/engine/roundtrip"
)

var queueName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)

type createQueueInput struct {
	QueueName  string
	Attributes map[string]string
	Tags       map[string]string `json:"tags"`
}

type queueURLOutput struct {
	QueueURL string `json:"QueueUrl"`
}

func (e *Engine) createQueue(c *call, in *createQueueInput) (any, error) {
	if in.QueueName == "" {
		return nil, missing("QueueName")
	}
	if fifo, asked := in.Attributes["FifoQueue"]; strings.HasSuffix(in.QueueName, ".fifo") || asked && fifo != "false" {
		return nil, unsupported("FIFO queues are not supported by this engine; create a standard queue: a name " +
			"without .fifo, and no FifoQueue attribute.")
	}
	if !queueName.MatchString(in.QueueName) {
		return nil, invalidValue(in.QueueName, "QueueName",
			"Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length.")
	}
	e.mu.Lock()
	attributes, err := e.checkAttributes(in.Attributes)
	if err != nil {
		e.mu.Unlock()
		return nil, err
	}
	if q := e.queues[in.QueueName]; q != nil {
		defer e.mu.Unlock()
		for name, value := range attributes {
			if q.attribute(name) != value {
				return nil, queueExists(in.QueueName, name)
			}
		}
		return queueURLOutput{e.url(c.base, q.name)}, nil
	}
	q := newQueue(in.QueueName)
	q.created = e.now().Truncate(time.Second)
	q.modified = q.created
	maps.Copy(q.attributes, attributes)
	maps.Copy(q.tags, in.Tags)
	if err := e.tie(q); err != nil {
		e.mu.Unlock()
		return nil, err
	}
	e.queues[q.name] = q
	return queueURLOutput{e.url(c.base, q.name)}, e.unlockAndKeep(q.change())
}

type getQueueURLInput struct {
	QueueName              string
	QueueOwnerAWSAccountID string `json:"QueueOwnerAWSAccountId"`
}

func (e *Engine) getQueueURL(c *call, in *getQueueURLInput) (any, error) {
	if in.QueueName == "" {
		return nil, missing("QueueName")
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	other := in.QueueOwnerAWSAccountID != "" && in.QueueOwnerAWSAccountID != e.options.AccountID
	if e.queues[in.QueueName] == nil || other {
		return nil, noQueue()
	}
	return queueURLOutput{e.url(c.base, in.QueueName)}, nil
}

type listQueuesInput struct {
	QueueNamePrefix string
	MaxResults      *int
	NextToken       string
}

type listQueuesOutput struct {
	QueueURLs []string `json:"QueueUrls,omitempty"`
	NextToken string   `json:",omitzero"`
}

// listQueues pages by name: the token is the last name of the page before.
func (e *Engine) listQueues(c *call, in *listQueuesInput) (any, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	names := slices.Sorted(maps.Keys(e.queues))
	names = slices.DeleteFunc(names, func(name string) bool { return !strings.HasPrefix(name, in.QueueNamePrefix) })
	page, next, err := pageOf(names, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	return listQueuesOutput{e.urls(c.base, page), next}, nil
}

func (e *Engine) urls(base string, names []string) []string {
	urls := make([]string, len(names))
	for i, name := range names {
		urls[i] = e.url(base, name)
	}
	return urls
}

// pageOf cuts a page of at most maxResults (1000 when not given) from sorted names. As on AWS, there is a next token
// only when the caller asked for pages.
func pageOf(names []string, maxResults *int, token string) (page []string, next string, err error) {
	limit := 1000
	if maxResults != nil {
		if limit = *maxResults; limit < 1 || limit > 1000 {
			return nil, "", invalidValue(strconv.Itoa(limit), "MaxResults", "Must be between 1 and 1000, if provided.")
		}
	}
	if token != "" {
		at, found := slices.BinarySearch(names, token)
		if found {
			at++
		}
		names = names[at:]
	}
	if len(names) <= limit {
		return names, "", nil
	}
	if maxResults != nil {
		next = names[limit-1]
	}
	return names[:limit], next, nil
}

type queueInput struct {
	QueueURL string `json:"QueueUrl"`
}

func (e *Engine) deleteQueue(_ *call, in *queueInput) (any, error) {
	e.mu.Lock()
	q, err := e.lookUp(in.QueueURL)
	if err != nil {
		e.mu.Unlock()
		return nil, err
	}
	delete(e.queues, q.name)
	q.wake()
	return nil, e.unlockAndKeep(change{Op: opDropQueue, Queue: q.name})
}

// purgeInterval is how long after a purge the next is refused.
const purgeInterval = 60 * time.Second

func (e *Engine) purgeQueue(_ *call, in *queueInput) (any, error) {
	e.mu.Lock()
	q, err := e.lookUp(in.QueueURL)
	if err != nil {
		e.mu.Unlock()
		return nil, err
	}
	now := e.now()
	if !q.purgedAt.IsZero() && now.Sub(q.purgedAt) < purgeInterval {
		e.mu.Unlock()
		return nil, &roundtrip.Error{
			Status: 403, Code: "PurgeQueueInProgress", QueryCode: "AWS.SimpleQueueService.PurgeQueueInProgress",
			Message: "Only one PurgeQueue operation on " + q.name + " is allowed every 60 seconds.",
		}
	}
	q.purgedAt = now
	q.clear()
	return nil, e.unlockAndKeep(change{Op: opPurge, Queue: q.name})
}

type tagsInput struct {
	QueueURL string `json:"QueueUrl"`
	Tags     map[string]string
	TagKeys  []string
}

func (e *Engine) tagQueue(_ *call, in *tagsInput) (any, error) {
	if len(in.Tags) == 0 {
		return nil, missing("Tags")
	}
	return e.changeTags(in.QueueURL, func(tags map[string]string) { maps.Copy(tags, in.Tags) })
}

func (e *Engine) untagQueue(_ *call, in *tagsInput) (any, error) {
	if len(in.TagKeys) == 0 {
		return nil, missing("TagKeys")
	}
	return e.changeTags(in.QueueURL, func(tags map[string]string) {
		for _, key := range in.TagKeys {
			delete(tags, key)
		}
	})
}

func (e *Engine) changeTags(queueURL string, edit func(map[string]string)) (any, error) {
	e.mu.Lock()
	q, err := e.lookUp(queueURL)
	if err != nil {
		e.mu.Unlock()
		return nil, err
	}
	edit(q.tags)
	return nil, e.unlockAndKeep(q.change())
}

func (e *Engine) listQueueTags(_ *call, in *queueInput) (any, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	q, err := e.lookUp(in.QueueURL)
	if err != nil {
		return nil, err
	}
	return struct {
		Tags map[string]string `json:",omitempty"`
	}{maps.Clone(q.tags)}, nil
}
