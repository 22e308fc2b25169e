package dynamodb

import (
	"math/bits"
	"strings"
)

// member is a member of the requests about items; a set of them is a bit mask.
type member uint64

const (
	mTable member = 1 << iota
	mKey
	mItem
	mCondition
	mUpdate
	mFilter
	mKeyCondition
	mProjection
	mNames
	mValues
	mReturnValues
	mOnFailure
	mCapacity
	mMetrics
	mConsistent
	mLimit
	mForward
	mSelect
	mIndex
	mSegment
	mTotalSegments
	mStart
)

var members = map[string]member{
	"TableName": mTable, "Key": mKey, "Item": mItem, "ConditionExpression": mCondition,
	"UpdateExpression": mUpdate, "FilterExpression": mFilter, "KeyConditionExpression": mKeyCondition,
	"ProjectionExpression": mProjection, "ExpressionAttributeNames": mNames, "ExpressionAttributeValues": mValues,
	"ReturnValues": mReturnValues, "ReturnValuesOnConditionCheckFailure": mOnFailure,
	"ReturnConsumedCapacity": mCapacity, "ReturnItemCollectionMetrics": mMetrics, "ConsistentRead": mConsistent,
	"Limit": mLimit, "ScanIndexForward": mForward, "Select": mSelect, "IndexName": mIndex, "Segment": mSegment,
	"TotalSegments": mTotalSegments, "ExclusiveStartKey": mStart,
}

// legacy are the members that expressions have replaced; this engine does not have them.
const legacy = " AttributesToGet AttributeUpdates Expected ConditionalOperator KeyConditions QueryFilter ScanFilter "

// The members that each operation takes.
const (
	expressionMembers = mNames | mValues
	getMembers        = mTable | mKey | mProjection | mNames | mCapacity | mConsistent
	putMembers        = mTable | mItem | mCondition | expressionMembers | mReturnValues | mOnFailure | mCapacity | mMetrics
	updateMembers     = mTable | mKey | mUpdate | mCondition | expressionMembers | mReturnValues | mOnFailure | mCapacity | mMetrics
	deleteMembers     = mTable | mKey | mCondition | expressionMembers | mReturnValues | mOnFailure | mCapacity | mMetrics
	scanMembers       = mTable | mIndex | mFilter | mProjection | expressionMembers | mCapacity | mConsistent | mLimit | mSelect | mStart |
		mSegment | mTotalSegments
	queryMembers = scanMembers&^(mSegment|mTotalSegments) | mKeyCondition | mForward
	checkMembers = mTable | mKey | mCondition | expressionMembers | mOnFailure
)

// request is a request about items, or one action of a transaction.
type request struct {
	has           member
	table         string
	key           attrs // Key
	item          attrs // Item
	condition     string
	update        string
	filter        string
	keyCondition  string
	projection    string
	names         []nameDefinition
	values        attrs
	returnValues  string
	onFailure     string
	capacity      string
	metrics       string
	consistent    bool
	limit         int
	backward      bool
	selects       string
	index         string
	segment       int
	totalSegments int
	start         attrs
}

// request reads a request of the operation, which takes the members of takes.
func (r *reader) request(operation string, takes member) *request {
	q := &request{}
	if !r.open('{') {
		return q
	}
	for r.more('}') {
		name := r.name()
		if r.null() {
			continue
		}
		m := members[name]
		if m&takes == 0 {
			r.reject(unknownMember(operation, name))
			return q
		}
		q.has |= m
		r.member(q, m)
	}
	return q
}

func unknownMember(operation, name string) *failure {
	if strings.Contains(legacy, " "+name+" ") {
		return unknown("the legacy parameter %s of %s: use an expression", name, operation)
	}
	return unknown("the member %s of %s", name, operation)
}

func (r *reader) member(q *request, m member) {
	switch m {
	case mKey:
		q.key = r.attributes(1)
	case mItem:
		q.item = r.attributes(1)
	case mStart:
		q.start = r.attributes(1)
	case mNames:
		r.nameDefinitions(q)
	case mValues:
		r.valueDefinitions(q)
	case mConsistent:
		q.consistent = r.boolean()
	case mForward:
		q.backward = !r.boolean()
	case mLimit:
		q.limit = r.integer()
	case mSegment:
		q.segment = r.integer()
	case mTotalSegments:
		q.totalSegments = r.integer()
	default:
		*q.text(m) = r.str()
	}
}

// text is the member of a request that is a string.
func (q *request) text(m member) *string {
	switch m {
	case mTable:
		return &q.table
	case mCondition:
		return &q.condition
	case mUpdate:
		return &q.update
	case mFilter:
		return &q.filter
	case mKeyCondition:
		return &q.keyCondition
	case mProjection:
		return &q.projection
	case mReturnValues:
		return &q.returnValues
	case mOnFailure:
		return &q.onFailure
	case mCapacity:
		return &q.capacity
	case mMetrics:
		return &q.metrics
	case mSelect:
		return &q.selects
	case mIndex:
		return &q.index
	}
	panic("dynamodb: no text member " + string(rune('0'+bits.TrailingZeros64(uint64(m)))))
}

func (r *reader) nameDefinitions(q *request) {
	if !r.open('{') {
		return
	}
	for r.more('}') {
		d := nameDefinition{placeholder: r.name()}
		d.name = r.str()
		if r.err == nil && !placeholderName(d.placeholder, '#') {
			r.reject(invalid("ExpressionAttributeNames contains invalid key: Syntax error; key: \"%s\"", d.placeholder))
		}
		if r.err == nil && d.name == "" {
			r.reject(invalid("ExpressionAttributeNames contains invalid value: Empty attribute name for key %s", d.placeholder))
		}
		q.names = append(q.names, d)
	}
	if r.err == nil && len(q.names) == 0 {
		r.reject(invalid("ExpressionAttributeNames must not be empty"))
	}
}

func (r *reader) valueDefinitions(q *request) {
	if !r.open('{') {
		return
	}
	for r.more('}') {
		name := r.name()
		if r.err == nil && !placeholderName(name, ':') {
			r.reject(invalid("ExpressionAttributeValues contains invalid key: Syntax error; key: \"%s\"", name))
		}
		ok := r.err == nil
		v := r.attribute(1)
		if ok && r.err != nil && r.err.kind == validateSpace+"ValidationException" {
			r.err.message = "ExpressionAttributeValues contains invalid value: " + r.err.message + " for key " + name
		}
		q.values = append(q.values, attr{name, v})
	}
	q.values = q.values.sorted()
	if r.err == nil && len(q.values) == 0 {
		r.reject(invalid("ExpressionAttributeValues must not be empty"))
	}
}

func placeholderName(s string, sign byte) bool {
	return len(s) > 1 && s[0] == sign && run(s, 1) == len(s)
}

// expressions are a request's expressions with its names and values in them.
type expressions struct {
	condition, update, filter, keyCondition, projection *bound
}

// bind parses a request's expressions and gives them its names and values.
func (e *Engine) bind(q *request) (x expressions, f *failure) {
	const any = mCondition | mUpdate | mFilter | mKeyCondition | mProjection
	if q.has&any == 0 {
		if q.has&mNames != 0 {
			return x, invalid("ExpressionAttributeNames can only be specified when using expressions")
		}
		if q.has&mValues != 0 {
			return x, invalid("ExpressionAttributeValues can only be specified when using expressions: %s is null", q.mainExpression())
		}
		return x, nil
	}
	if q.has&mValues != 0 && q.has&any == mProjection {
		return x, invalid("ExpressionAttributeValues can only be specified when using expressions: FilterExpression is null")
	}
	with := &placeholders{names: q.names, values: q.values}
	if n := len(q.names) + len(q.values); n > 0 {
		with.used = make([]bool, n)
	}
	for _, one := range [...]struct {
		member   member
		language language
		text     string
		into     **bound
	}{
		{mUpdate, updateLanguage, q.update, &x.update},
		{mCondition, conditionLanguage, q.condition, &x.condition},
		{mKeyCondition, keyLanguage, q.keyCondition, &x.keyCondition},
		{mFilter, filterLanguage, q.filter, &x.filter},
		{mProjection, projectionLanguage, q.projection, &x.projection},
	} {
		if q.has&one.member == 0 {
			continue
		}
		p, f := e.programs.parse(one.language, one.text)
		if f != nil {
			return x, f
		}
		if *one.into, f = p.bind(with); f != nil {
			return x, f
		}
	}
	return x, with.unused()
}

// mainExpression is the expression that values would be for.
func (q *request) mainExpression() language {
	if q.has&mItem != 0 {
		return conditionLanguage
	}
	return updateLanguage
}

// oneOf refuses a member whose value is none of those that AWS has.
func oneOf(has member, m member, name, value string, allowed ...string) *failure {
	if has&m == 0 {
		return nil
	}
	for _, a := range allowed {
		if a == value {
			return nil
		}
	}
	return constraint(value, name, "Member must satisfy enum value set: ["+strings.Join(allowed, ", ")+"]")
}

// constraint is the error for a member that does not fit its model.
func constraint(value, name, must string) *failure {
	return invalid("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: %s", value, name, must)
}

// checkCommon refuses what the models of all requests about items refuse.
func (q *request) checkCommon() *failure {
	if q.has&mTable == 0 {
		return invalid("1 validation error detected: Value null at 'tableName' failed to satisfy constraint: Member must not be null")
	}
	if f := oneOf(q.has, mCapacity, "returnConsumedCapacity", q.capacity, "INDEXES", "TOTAL", "NONE"); f != nil {
		return f
	}
	if f := oneOf(q.has, mMetrics, "returnItemCollectionMetrics", q.metrics, "SIZE", "NONE"); f != nil {
		return f
	}
	if f := oneOf(q.has, mReturnValues, "returnValues", q.returnValues, "ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE",
		"UPDATED_NEW"); f != nil {
		return f
	}
	if f := oneOf(q.has, mOnFailure, "returnValuesOnConditionCheckFailure", q.onFailure, "ALL_OLD", "NONE"); f != nil {
		return f
	}
	return checkTableName(q.table)
}

func checkTableName(name string) *failure {
	for i := range len(name) {
		if c := name[i]; !letter(c) && !digit(c) && c != '.' && c != '-' {
			return constraint(name, "tableName", "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+")
		}
	}
	if len(name) < 3 || len(name) > 255 {
		return invalid("TableName must be at least 3 characters long and at most 255 characters long")
	}
	return nil
}
