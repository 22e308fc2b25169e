package dynamodb

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// createTable is a CreateTable request.
type createTable struct {
	name       string
	attributes []keyAttr
	keys       []keyElement
	indexes    []createIndex
	billing    string
	throughput throughput
	protected  bool
}

type keyElement struct{ name, role string }

type throughput struct{ read, write int }

type createIndex struct {
	name       string
	keys       []keyElement
	projection string
	include    []string
	throughput throughput
}

// object calls each with the name of every member that is not null.
func (r *reader) object(each func(name string)) {
	if !r.open('{') {
		return
	}
	for r.more('}') {
		if name := r.name(); !r.null() {
			each(name)
		}
	}
}

func (r *reader) array(each func()) {
	if !r.open('[') {
		return
	}
	for r.more(']') {
		each()
	}
}

func (r *reader) createTable() createTable {
	var c createTable
	r.object(func(name string) {
		switch name {
		case "TableName":
			c.name = r.str()
		case "AttributeDefinitions":
			r.array(func() { c.attributes = append(c.attributes, r.definition()) })
		case "KeySchema":
			c.keys = r.keySchema()
		case "GlobalSecondaryIndexes":
			r.array(func() { c.indexes = append(c.indexes, r.createIndex()) })
		case "BillingMode":
			c.billing = r.str()
		case "ProvisionedThroughput":
			c.throughput = r.throughput()
		case "DeletionProtectionEnabled":
			c.protected = r.boolean()
		default:
			r.reject(unknownMember("CreateTable", name))
		}
	})
	r.end()
	return c
}

func (r *reader) definition() (k keyAttr) {
	r.object(func(name string) {
		switch name {
		case "AttributeName":
			k.name = r.str()
		case "AttributeType":
			s := r.str()
			if at := slices.Index([]string{"S", "N", "B"}, s); at >= 0 {
				k.kind = kindS + kind(at) //nolint:gosec // one of three
			} else if r.err == nil {
				r.reject(constraint(s, "attributeDefinitions.1.member.attributeType", "Member must satisfy enum value set: [B, N, S]"))
			}
		default:
			r.reject(unknownMember("AttributeDefinitions", name))
		}
	})
	return k
}

func (r *reader) keySchema() (keys []keyElement) {
	r.array(func() {
		var k keyElement
		r.object(func(name string) {
			switch name {
			case "AttributeName":
				k.name = r.str()
			case "KeyType":
				if k.role = r.str(); k.role != "HASH" && k.role != "RANGE" && r.err == nil {
					r.reject(constraint(k.role, "keySchema.1.member.keyType", "Member must satisfy enum value set: [HASH, RANGE]"))
				}
			default:
				r.reject(unknownMember("KeySchema", name))
			}
		})
		keys = append(keys, k)
	})
	return keys
}

func (r *reader) throughput() (t throughput) {
	r.object(func(name string) {
		switch name {
		case "ReadCapacityUnits":
			t.read = r.integer()
		case "WriteCapacityUnits":
			t.write = r.integer()
		default:
			r.reject(unknownMember("ProvisionedThroughput", name))
		}
	})
	return t
}

func (r *reader) createIndex() (c createIndex) {
	r.object(func(name string) {
		switch name {
		case "IndexName":
			c.name = r.str()
		case "KeySchema":
			c.keys = r.keySchema()
		case "ProvisionedThroughput":
			c.throughput = r.throughput()
		case "Projection":
			r.object(func(name string) {
				switch name {
				case "ProjectionType":
					c.projection = r.str()
				case "NonKeyAttributes":
					r.array(func() { c.include = append(c.include, r.str()) })
				default:
					r.reject(unknownMember("Projection", name))
				}
			})
		default:
			r.reject(unknownMember("GlobalSecondaryIndexes", name))
		}
	})
	return c
}

// check refuses what no table can be made of.
func (c *createTable) check() *failure {
	if f := checkTableName(c.name); f != nil {
		return f
	}
	if c.billing != "" && c.billing != "PAY_PER_REQUEST" && c.billing != "PROVISIONED" {
		return constraint(c.billing, "billingMode", "Member must satisfy enum value set: [PROVISIONED, PAY_PER_REQUEST]")
	}
	if c.billing != "PAY_PER_REQUEST" && c.throughput == (throughput{}) {
		return invalidValues("ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED")
	}
	if c.billing == "PAY_PER_REQUEST" && c.throughput != (throughput{}) {
		return invalidValues("Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST")
	}
	used := map[string]bool{}
	if _, f := c.schema(c.keys, used); f != nil {
		return f
	}
	names := map[string]bool{}
	for _, x := range c.indexes {
		if f := checkTableName(x.name); f != nil {
			return invalidValues("IndexName must be at least 3 characters long and at most 255 characters long, of a-z, A-Z, 0-9, '_', "+
				"'-' and '.': %s", x.name)
		}
		if names[x.name] {
			return invalidValues("Duplicate index name: %s", x.name)
		}
		names[x.name] = true
		if _, f := c.schema(x.keys, used); f != nil {
			return f
		}
		switch {
		case !slices.Contains(projectionNames[:], x.projection):
			return invalidValues("Unknown ProjectionType: %s", orNull(x.projection))
		case x.projection == "INCLUDE" && len(x.include) == 0:
			return invalidValues("ProjectionType is INCLUDE, but NonKeyAttributes is not specified")
		case x.projection != "INCLUDE" && len(x.include) > 0:
			return invalidValues("ProjectionType is %s, but NonKeyAttributes is specified", x.projection)
		}
	}
	if len(c.indexes) > 20 {
		return invalidValues("GlobalSecondaryIndex count exceeds the per-table limit of 20")
	}
	for _, a := range c.attributes {
		if !used[a.name] {
			return invalidValues("Number of attributes in KeySchema does not exactly match number of attributes defined in " +
				"AttributeDefinitions")
		}
	}
	return nil
}

func orNull(s string) string {
	if s == "" {
		return "null"
	}
	return s
}

// schema resolves a key schema by the attribute definitions, and notes which of them it used.
func (c *createTable) schema(keys []keyElement, used map[string]bool) (s schema, f *failure) {
	if len(keys) < 1 || len(keys) > 2 {
		return s, invalid("1 validation error detected: Value at 'keySchema' failed to satisfy constraint: Member must have length " +
			"between 1 and 2")
	}
	if keys[0].role != "HASH" {
		return s, invalid("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
	}
	if len(keys) == 2 {
		if keys[1].role != "RANGE" {
			return s, invalid("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")
		}
		if keys[0].name == keys[1].name {
			return s, invalid("Both the Hash Key and the Range Key element in the KeySchema have the same name")
		}
	}
	for i, k := range keys {
		at := slices.IndexFunc(c.attributes, func(a keyAttr) bool { return a.name == k.name })
		if at < 0 {
			return s, invalidValues("Some index key attributes are not defined in AttributeDefinitions. Keys: [%s], "+
				"AttributeDefinitions: %s", k.name, c.definedNames())
		}
		used[k.name] = true
		if i == 0 {
			s.hash = c.attributes[at]
		} else {
			s.sort = c.attributes[at]
		}
	}
	return s, nil
}

func (c *createTable) definedNames() string {
	names := make([]string, len(c.attributes))
	for i, a := range c.attributes {
		names[i] = a.name
	}
	return "[" + strings.Join(names, ", ") + "]"
}

// newTable is the empty table that a checked request describes.
func newTable(c createTable, id string, created time.Time) *table {
	used := map[string]bool{}
	t := &table{name: c.name, id: id, created: created, request: c, tree: newTree(), expiry: newEntryTree()}
	t.schema, _ = c.schema(c.keys, used)
	for _, x := range c.indexes {
		one := &index{name: x.name, include: x.include, tree: newEntryTree()}
		one.schema, _ = c.schema(x.keys, used)
		one.projection = projection(slices.Index(projectionNames[:], x.projection)) //nolint:gosec // checked
		if one.projection != projectAll {
			one.selected = selectNames(slices.Concat(t.schema.names(), one.schema.names(), x.include))
		}
		t.indexes = append(t.indexes, one)
	}
	return t
}

// appendJSON writes the request as it can be read again.
func (c *createTable) appendJSON(b []byte) []byte {
	b = appendString(append(b, `{"TableName":`...), c.name)
	b = c.appendDefinitions(b)
	b = appendKeys(b, c.keys)
	if c.billing != "" {
		b = appendString(named(b, "BillingMode"), c.billing)
	}
	b = c.throughput.appendTo(b)
	if c.protected {
		b = append(named(b, "DeletionProtectionEnabled"), "true"...)
	}
	if len(c.indexes) > 0 {
		b = append(named(b, "GlobalSecondaryIndexes"), '[')
		for i, x := range c.indexes {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(x.appendTo(append(b, '{')), '}')
		}
		b = append(b, ']')
	}
	return append(b, '}')
}

func (t throughput) appendTo(b []byte) []byte {
	if t == (throughput{}) {
		return b
	}
	b = append(append(named(b, "ProvisionedThroughput"), `{"ReadCapacityUnits":`...), strconv.Itoa(t.read)...)
	b = append(append(b, `,"WriteCapacityUnits":`...), strconv.Itoa(t.write)...)
	return append(b, '}')
}

// appendTo appends an index's own members.
func (c *createIndex) appendTo(b []byte) []byte {
	b = appendString(named(b, "IndexName"), c.name)
	b = appendKeys(b, c.keys)
	b = append(named(b, "Projection"), `{"ProjectionType":`...)
	b = appendString(b, c.projection)
	if len(c.include) > 0 {
		b = append(named(b, "NonKeyAttributes"), '[')
		for i, n := range c.include {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendString(b, n)
		}
		b = append(b, ']')
	}
	return c.throughput.appendTo(append(b, '}'))
}

func (c *createTable) appendDefinitions(b []byte) []byte {
	b = append(named(b, "AttributeDefinitions"), '[')
	for i, a := range c.attributes {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(append(b, `{"AttributeName":`...), a.name)
		b = append(appendString(append(b, `,"AttributeType":`...), a.kind.String()), '}')
	}
	return append(b, ']')
}

func appendKeys(b []byte, keys []keyElement) []byte {
	b = append(named(b, "KeySchema"), '[')
	for i, k := range keys {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(append(b, `{"AttributeName":`...), k.name)
		b = append(appendString(append(b, `,"KeyType":`...), k.role), '}')
	}
	return append(b, ']')
}
