package dynamodb

import (
	"fmt"
	"net/http"
)

// The namespaces that AWS puts before an error's name in "__type".
const (
	serviceSpace  = "com.amazonaws.dynamodb.v20120810#"
	validateSpace = "com.amazon.coral.validate#"
	coralSpace    = "com.amazon.coral.service#"
)

// failure is an error answer as AWS words it.
type failure struct {
	status  int
	kind    string // with namespace
	message string
	item    string         // ConditionalCheckFailedException: the item, encoded, when it was asked for
	reasons []cancellation // TransactionCanceledException
	schema  bool           // an item or a key that does not fit the table: in a transaction, one action's reason
}

// cancellation is one element of CancellationReasons.
type cancellation struct {
	code    string // "None" for an action that was no reason
	message string
	item    string // encoded, when it was asked for
}

func (f *failure) Error() string { return f.kind + ": " + f.message }

func fail(kind, format string, args ...any) *failure {
	return &failure{status: http.StatusBadRequest, kind: kind, message: fmt.Sprintf(format, args...)}
}

// invalid is a ValidationException.
func invalid(format string, args ...any) *failure {
	return fail(validateSpace+"ValidationException", format, args...)
}

// severalTypes is the invalid of a value that names more than one type, and of a batch's entry that names two actions.
func severalTypes() *failure {
	return invalid("Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes")
}

// misfit is an invalidValues of an item or a key that does not fit its table.
func misfit(format string, args ...any) *failure {
	f := invalidValues(format, args...)
	f.schema = true
	return f
}

// wrongKey is the error for a key that is not of the table's schema.
func wrongKey() *failure {
	f := invalid("The provided key element does not match the schema")
	f.schema = true
	return f
}

// invalidValues is a ValidationException of the most frequent wording.
func invalidValues(format string, args ...any) *failure {
	return invalid("One or more parameter values were invalid: "+format, args...)
}

// malformed is a SerializationException: the body is not what the protocol has.
func malformed(format string, args ...any) *failure {
	return fail(coralSpace+"SerializationException", format, args...)
}

// unknown says what this engine does not know, in a way that no client takes for an answer of AWS.
func unknown(format string, args ...any) *failure {
	return invalid("not known to this engine: "+format, args...)
}

func notFound() *failure {
	return fail(serviceSpace+"ResourceNotFoundException", "Requested resource not found")
}

func conditionFailed(item string) *failure {
	f := fail(serviceSpace+"ConditionalCheckFailedException", "The conditional request failed")
	f.item = item
	return f
}

// body is the answer's JSON.
func (f *failure) body(b []byte) []byte {
	b = append(b, `{"__type":`...)
	b = appendString(b, f.kind)
	if f.reasons != nil {
		b = append(b, `,"Message":`...)
	} else {
		b = append(b, `,"message":`...)
	}
	b = appendString(b, f.message)
	if f.item != "" {
		b = append(append(b, `,"Item":`...), f.item...)
	}
	if f.reasons != nil {
		b = append(b, `,"CancellationReasons":[`...)
		for i, r := range f.reasons {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendString(append(b, `{"Code":`...), r.code)
			if r.message != "" {
				b = appendString(append(b, `,"Message":`...), r.message)
			}
			if r.item != "" {
				b = append(append(b, `,"Item":`...), r.item...)
			}
			b = append(b, '}')
		}
		b = append(b, ']')
	}
	return append(b, '}')
}
