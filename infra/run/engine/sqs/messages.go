package sqs

import (
	"crypto/md5" //nolint:gosec // what the protocol asks for; a checksum, not a secret
	"encoding/binary"
	"encoding/hex"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"latchkey.dev/infra/run/engine/roundtrip"
)

const (
	// maxMessage is the most bytes of a message, and of a batch together: body and attributes, names and types.
	//
	// Source: SQS developer guide, "Amazon SQS message quotas".
	maxMessage = 1 << 20

	maxAttributes = 10
	maxBatch      = 10
)

// attributeValue is a message attribute: a type, and the one value that the type goes with.
type attributeValue struct {
	DataType         string
	StringValue      *string  `json:",omitempty"`
	BinaryValue      []byte   `json:",omitempty"`
	StringListValues []string `json:",omitempty"`
	BinaryListValues [][]byte `json:",omitempty"`
}

type sendInput struct {
	MessageBody             *string
	DelaySeconds            *int
	MessageAttributes       map[string]attributeValue
	MessageSystemAttributes map[string]attributeValue
	MessageGroupID          string `json:"MessageGroupId"`
	MessageDeduplicationID  string `json:"MessageDeduplicationId"`
}

type sendMessageInput struct {
	QueueURL string `json:"QueueUrl"`
	sendInput
}

type sendOutput struct {
	MessageID     string `json:"MessageId"`
	BodyMD5       string `json:"MD5OfMessageBody"`
	AttributesMD5 string `json:"MD5OfMessageAttributes,omitzero"`
	SystemMD5     string `json:"MD5OfMessageSystemAttributes,omitzero"`
}

func (e *Engine) sendMessage(_ *call, in *sendMessageInput) (any, error) {
	m, err := in.message()
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	q, err := e.lookUp(in.QueueURL)
	if err == nil {
		err = q.fits(m.size())
	}
	if err != nil {
		e.mu.Unlock()
		return nil, err
	}
	e.send(q, m, in.DelaySeconds)
	q.wake()
	return m.sent(), e.unlockAndKeep(m.change(q.name))
}

type sendBatchInput struct {
	QueueURL string `json:"QueueUrl"`
	Entries  []struct {
		ID string `json:"Id"`
		sendInput
	}
}

type sendBatchSuccess struct {
	ID string `json:"Id"`
	sendOutput
}

type batchFailure struct {
	ID          string `json:"Id"`
	SenderFault bool
	Code        string
	Message     string
}

type batchOutput[T any] struct {
	Successful []T            `json:",omitempty"`
	Failed     []batchFailure `json:",omitempty"`
}

func (b *batchOutput[T]) fail(id string, err error) {
	e := roundtrip.AsError(err)
	b.Failed = append(b.Failed, batchFailure{id, e.Status < 500, e.Code, e.Message})
}

func (e *Engine) sendMessageBatch(_ *call, in *sendBatchInput) (any, error) {
	ids := make([]string, len(in.Entries))
	for i := range in.Entries {
		ids[i] = in.Entries[i].ID
	}
	if err := checkBatch(ids); err != nil {
		return nil, err
	}
	var out batchOutput[sendBatchSuccess]
	messages := make([]*message, len(in.Entries))
	total := 0
	for i := range in.Entries {
		m, err := in.Entries[i].message()
		if err != nil {
			out.fail(ids[i], err)
			continue
		}
		messages[i] = m
		total += m.size()
	}
	if total > maxMessage {
		return nil, batchError("BatchRequestTooLong", "Batch requests cannot be longer than "+
			strconv.Itoa(maxMessage)+" bytes. You have sent "+strconv.Itoa(total)+" bytes.")
	}
	e.mu.Lock()
	q, err := e.lookUp(in.QueueURL)
	if err != nil {
		e.mu.Unlock()
		return nil, err
	}
	var changes []change
	for i, m := range messages {
		if m == nil {
			continue
		}
		if err := q.fits(m.size()); err != nil {
			out.fail(ids[i], err)
			continue
		}
		e.send(q, m, in.Entries[i].DelaySeconds)
		changes = append(changes, m.change(q.name))
		out.Successful = append(out.Successful, sendBatchSuccess{ids[i], m.sent()})
	}
	q.wake()
	return out, e.unlockAndKeep(changes...)
}

// send puts a new message into the queue. The caller holds the lock.
func (e *Engine) send(q *queue, m *message, delay *int) {
	now := e.now()
	e.sequence++
	m.seq = e.sequence
	m.sentAt = now
	m.visibleAt = now
	if delay != nil {
		m.visibleAt = now.Add(time.Duration(*delay) * time.Second)
	} else if d := q.seconds("DelaySeconds"); d > 0 {
		m.visibleAt = now.Add(d)
	}
	q.settle(now)
	q.put(m, now)
}

func (m *message) sent() sendOutput {
	out := sendOutput{MessageID: m.id, BodyMD5: m.bodyMD5, AttributesMD5: attributesMD5(m.attributes)}
	if m.trace != nil {
		out.SystemMD5 = attributesMD5(map[string]attributeValue{"AWSTraceHeader": *m.trace})
	}
	return out
}

func (m *message) size() int {
	n := len(m.body)
	for name, v := range m.attributes {
		n += len(name) + len(v.DataType) + len(v.BinaryValue)
		if v.StringValue != nil {
			n += len(*v.StringValue)
		}
	}
	return n
}

func (q *queue) fits(size int) error {
	if limit := q.number("MaximumMessageSize"); size > limit {
		return roundtrip.Errorf("InvalidParameterValue", "One or more parameters are invalid. Reason: Message must be "+
			"shorter than %d bytes.", limit)
	}
	return nil
}

// message checks what was sent, and returns it as a message that is not yet in a queue.
func (in *sendInput) message() (*message, error) {
	if in.MessageBody == nil || *in.MessageBody == "" {
		return nil, missing("MessageBody")
	}
	body := *in.MessageBody
	if !allowed(body) {
		return nil, &roundtrip.Error{
			Code: "InvalidMessageContents", QueryCode: "InvalidMessageContents",
			Message: "Invalid characters were found in the message body or an attribute. Valid are #x9, #xA, #xD, " +
				"#x20 to #xD7FF, #xE000 to #xFFFD and #x10000 to #x10FFFF.",
		}
	}
	if d := in.DelaySeconds; d != nil && (*d < 0 || *d > 900) {
		return nil, invalidValue(strconv.Itoa(*d), "DelaySeconds", "DelaySeconds must be >= 0 and <= 900.")
	}
	if in.MessageDeduplicationID != "" {
		return nil, invalidValue(in.MessageDeduplicationID, "MessageDeduplicationId",
			"The request includes a parameter that is not valid for this queue type.")
	}
	if err := checkMessageAttributes(in.MessageAttributes); err != nil {
		return nil, err
	}
	m := &message{
		id: roundtrip.RequestID(), body: body, bodyMD5: md5Hex(body), group: in.MessageGroupID, waitIndex: -1,
	}
	if len(in.MessageAttributes) > 0 {
		m.attributes = in.MessageAttributes
	}
	for name, value := range in.MessageSystemAttributes {
		if name != "AWSTraceHeader" || value.DataType != "String" || value.StringValue == nil {
			return nil, invalidValue(name, "MessageSystemAttributes",
				"The only message system attribute is AWSTraceHeader, a String.")
		}
		m.trace = &value
	}
	return m, nil
}

// allowed tells whether SQS takes the text: the characters of the W3C's XML recommendation.
func allowed(text string) bool {
	if !utf8.ValidString(text) {
		return false
	}
	for _, r := range text {
		if r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
			return false
		}
	}
	return true
}

var attributeName = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,256}$`)

// checkMessageAttributes applies the rules of "Amazon SQS message metadata" in the developer guide.
func checkMessageAttributes(attributes map[string]attributeValue) error {
	if len(attributes) > maxAttributes {
		return roundtrip.Errorf("InvalidParameterValue", "Number of message attributes [%d] exceeds the allowed maximum [%d].",
			len(attributes), maxAttributes)
	}
	for name, v := range attributes {
		lower := strings.ToLower(name)
		if !attributeName.MatchString(name) || strings.HasPrefix(lower, "aws.") || strings.HasPrefix(lower, "amazon.") ||
			strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".") || strings.Contains(name, "..") {
			return roundtrip.Errorf("InvalidParameterValue", "The message attribute name '%s' is invalid.", name)
		}
		kind, _, _ := strings.Cut(v.DataType, ".")
		switch {
		case v.DataType == "":
			return roundtrip.Errorf("InvalidParameterValue",
				"The message attribute '%s' must contain a non-empty message attribute type.", name)
		case len(v.DataType) > 256 || kind != "String" && kind != "Number" && kind != "Binary":
			return roundtrip.Errorf("InvalidParameterValue",
				"The type of message attribute '%s' is invalid. You must use only the following supported type "+
					"prefixes: Binary, Number, String.", name)
		case v.StringListValues != nil || v.BinaryListValues != nil:
			return unsupported("Message attribute lists in SendMessage operation are not supported.")
		case kind == "Binary" && (len(v.BinaryValue) == 0 || v.StringValue != nil),
			kind != "Binary" && (v.StringValue == nil || *v.StringValue == "" || v.BinaryValue != nil):
			return roundtrip.Errorf("InvalidParameterValue",
				"The message attribute '%s' must contain a non-empty message attribute value for its type '%s'.",
				name, v.DataType)
		case v.StringValue != nil && !allowed(*v.StringValue):
			return roundtrip.Errorf("InvalidMessageContents", "The message attribute '%s' has invalid characters.", name)
		}
		if kind == "Number" {
			if _, err := strconv.ParseFloat(*v.StringValue, 64); err != nil {
				return roundtrip.Errorf("InvalidParameterValue", "Can't cast the value of message attribute '%s' to a number.",
					name)
			}
		}
	}
	return nil
}

var batchID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)

// checkBatch applies what holds for the ids of every batch.
func checkBatch(ids []string) error {
	if len(ids) == 0 {
		return batchError("EmptyBatchRequest", "There should be at least one entry in the request.")
	}
	if len(ids) > maxBatch {
		return batchError("TooManyEntriesInBatchRequest", "Maximum number of entries per request are 10. You have sent "+
			strconv.Itoa(len(ids))+".")
	}
	for i, id := range ids {
		if !batchID.MatchString(id) {
			return batchError("InvalidBatchEntryId", "A batch entry id can only contain alphanumeric characters, "+
				"hyphens and underscores. It can be at most 80 letters long.")
		}
		if slices.Contains(ids[:i], id) {
			return batchError("BatchEntryIdsNotDistinct", "Id "+id+" repeated.")
		}
	}
	return nil
}

func md5Hex(text string) string {
	sum := md5.Sum([]byte(text)) //nolint:gosec // see the import
	return hex.EncodeToString(sum[:])
}

// attributesMD5 is the digest of message attributes: sorted by name, each as name, type, one byte that tells text from
// binary, and value, with lengths of four bytes. Empty for no attributes.
//
// Source: SQS developer guide, "Calculating the MD5 message digest for message attributes".
func attributesMD5(attributes map[string]attributeValue) string {
	if len(attributes) == 0 {
		return ""
	}
	var encoded []byte
	add := func(part string) {
		encoded = binary.BigEndian.AppendUint32(encoded, uint32(len(part))) //nolint:gosec // at most 1 MiB
		encoded = append(encoded, part...)
	}
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		v := attributes[name]
		add(name)
		add(v.DataType)
		if v.StringValue != nil {
			encoded = append(encoded, 1)
			add(*v.StringValue)
		} else {
			encoded = append(encoded, 2)
			add(string(v.BinaryValue))
		}
	}
	sum := md5.Sum(encoded) //nolint:gosec // see the import
	return hex.EncodeToString(sum[:])
}
