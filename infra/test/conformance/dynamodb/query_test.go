package dynamodb_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// lettered is a table with the sort keys a0 b1 a2 b3 … in the partition p, each with n its number, and in the index's
// partition g by h.
func lettered(t *testing.T, projection types.ProjectionType, include ...string) *tab {
	t.Helper()
	x := newTable(t, withIndex("N", projection, include...))
	for i := range 8 {
		x.put(item{"pk": text("p"), "sk": text(fmt.Sprintf("%c%d", 'a'+i%2, i)), "n": num(fmt.Sprint(i)), "g": text("g"),
			"h": num(fmt.Sprint(i*10 - 40)), "more": text("more")})
	}
	x.put(key("q", "a0"))
	return x
}

func TestKeyConditions(t *testing.T) {
	t.Parallel()
	x := lettered(t, types.ProjectionTypeAll)
	v := values{":p": text("p"), ":a": text("a"), ":a4": text("a4"), ":b3": text("b3")}
	for condition, want := range map[string][]string{
		"pk = :p":                            {"a0", "a2", "a4", "a6", "b1", "b3", "b5", "b7"},
		"pk = :p AND sk = :a4":               {"a4"},
		"pk = :p AND sk < :a4":               {"a0", "a2"},
		"pk = :p AND sk <= :a4":              {"a0", "a2", "a4"},
		"pk = :p AND sk > :a4":               {"a6", "b1", "b3", "b5", "b7"},
		"pk = :p AND sk >= :a4":              {"a4", "a6", "b1", "b3", "b5", "b7"},
		"pk = :p AND sk BETWEEN :a4 AND :b3": {"a4", "a6", "b1", "b3"},
		"pk = :p AND begins_with(sk, :a)":    {"a0", "a2", "a4", "a6"},
		"sk > :a4 AND (pk = :p)":             {"a6", "b1", "b3", "b5", "b7"},
		":p = pk AND :a4 > sk":               {"a0", "a2"},
		"pk = :a":                            {},
	} {
		same(t, want, x.found(condition, only(v, condition)))
		slices.Reverse(want)
		same(t, want, x.found(condition, only(v, condition), backward))
	}
}

func TestWrongKeyConditionsAreRefused(t *testing.T) {
	t.Parallel()
	x := lettered(t, types.ProjectionTypeAll)
	v := values{":p": text("p"), ":a": text("a"), ":b": text("b"), ":n": num("1"), ":e": text("")}
	for condition, words := range map[string]string{
		"sk = :a":                          "Query condition missed key schema element",
		"pk = :p AND n = :n":               "Query condition missed key schema element",
		"pk > :p":                          "Query key condition not supported",
		"pk = :p OR sk = :a":               "Invalid operator used in KeyConditionExpression: OR",
		"pk = :p AND sk <> :a":             "Invalid operator used in KeyConditionExpression: <>",
		"pk IN (:p)":                       "Invalid operator used in KeyConditionExpression: IN",
		"pk = :p AND contains(sk, :a)":     "Invalid operator used in KeyConditionExpression: contains",
		"pk = :p AND sk > :a AND sk < :b":  "KeyConditionExpressions must only contain one condition per key",
		"pk = :p AND size(sk) = :n":        "KeyConditionExpressions cannot contain nested operations",
		"pk = :p AND sk = pk":              "Multiple attribute names used in one condition",
		"pk = :n":                          "One or more parameter values were invalid: Condition parameter type does not match schema type",
		"pk = :p AND sk = :n":              "One or more parameter values were invalid: Condition parameter type does not match schema type",
		"pk = :e":                          "The AttributeValue for a key attribute cannot contain an empty string value. Key: pk",
		"pk = :p AND sk BETWEEN :b AND :a": "The BETWEEN operator requires upper bound to be greater than or equal to lower bound",
		"pk =":                             "Invalid KeyConditionExpression: Syntax error",
	} {
		_, err := x.query(condition, only(v, condition))
		invalid(t, err, words)
	}
	_, err := x.db.Query(t.Context(), &dynamodb.QueryInput{TableName: x.name})
	invalid(t, err, "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.")
}

func TestNumbersSortAsNumbers(t *testing.T) {
	t.Parallel()
	x := newTable(t, sortType("N"))
	ordered := []string{"-9e125", "-1e10", "-10", "-1.5", "-1", "-1e-130", "0", "1e-130", "1", "1.23", "1.5", "2", "10", "12", "99", "100",
		"123", "1e10", "9e125"}
	for i := range ordered {
		x.put(item{"pk": text("p"), "sk": num(ordered[(i*7)%len(ordered)])})
	}
	out, err := x.query("pk = :p", values{":p": text("p")})
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, v := range ordered {
		want = append(want, plainNumber(v))
	}
	same(t, want, sortKeys(out.Items))
	same(t, []string{"1", "1.23", "1.5"},
		x.found("pk = :p AND sk BETWEEN :a AND :b", values{":p": text("p"), ":a": num("1.0"), ":b": num("1.50")}))
}

// plainNumber writes a number such as 9e125 without its exponent.
func plainNumber(v string) string {
	digits, power, ok := strings.Cut(v, "e")
	if !ok {
		return v
	}
	n := 0
	fmt.Sscan(power, &n)
	sign := ""
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	if n < 0 {
		return sign + "0." + strings.Repeat("0", -n-1) + digits
	}
	return sign + digits + strings.Repeat("0", n)
}

func TestBytesSortAsBytesAndTextAsUTF8(t *testing.T) {
	t.Parallel()
	words := []string{"A", "B", "a", "z", "é", "ﬀ", "😀"}
	x := newTable(t)
	for _, w := range words {
		x.put(key("p", w))
	}
	same(t, words, x.found("pk = :p", values{":p": text("p")}))
	y := newTable(t, sortType("B"))
	for _, v := range [][]byte{{0xff}, {0}, {0x7f}, {0x80}, {0, 0}} {
		y.put(item{"pk": text("p"), "sk": &b{Value: v}})
	}
	out, err := y.query("pk = :p AND sk > :z", values{":p": text("p"), ":z": &b{Value: []byte{0}}})
	if err != nil {
		t.Fatal(err)
	}
	var got [][]byte
	for _, i := range out.Items {
		got = append(got, i["sk"].(*b).Value)
	}
	same(t, [][]byte{{0, 0}, {0x7f}, {0x80}, {0xff}}, got)
}

func TestPagesByLimitGoOnWhereTheyEnded(t *testing.T) {
	t.Parallel()
	x := lettered(t, types.ProjectionTypeAll)
	for _, direction := range []func(*dynamodb.QueryInput){func(*dynamodb.QueryInput) {}, backward} {
		for _, index := range []func(*dynamodb.QueryInput){func(*dynamodb.QueryInput) {}, onIndex} {
			condition, v := "pk = :v", values{":v": text("p")}
			probe := &dynamodb.QueryInput{}
			if index(probe); probe.IndexName != nil {
				condition, v = "g = :v", values{":v": text("g")}
			}
			whole := x.found(condition, v, direction, index)
			for size := 1; size <= 9; size++ {
				var got []string
				var start item
				for pages := 0; ; pages++ {
					out, err := x.query(condition, v, direction, index, limit(int32(size)), from(start)) //nolint:gosec // small
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, sortKeys(out.Items)...)
					if start = out.LastEvaluatedKey; start == nil || pages > 10 {
						break
					}
				}
				same(t, whole, got)
			}
		}
	}
	out, err := x.query("g = :g", values{":g": text("g")}, onIndex, limit(1))
	if err != nil {
		t.Fatal(err)
	}
	same(t, item{"pk": text("p"), "sk": text("a0"), "g": text("g"), "h": num("-40")}, out.LastEvaluatedKey)
	out, err = x.query("pk = :p", values{":p": text("p")}, limit(8))
	if err != nil || out.LastEvaluatedKey == nil {
		t.Errorf("a page that the limit ended has no LastEvaluatedKey (%v)", err)
	}
}

func TestWhereToStartIsChecked(t *testing.T) {
	t.Parallel()
	x := lettered(t, types.ProjectionTypeAll)
	p, a := values{":p": text("p")}, values{":p": text("p"), ":a": text("a")}
	// A key of no item is a place all the same.
	same(t, []string{"a6", "b1", "b3", "b5", "b7"}, x.found("pk = :p", p, from(key("p", "a5"))))
	same(t, []string{"a4", "a2", "a0"}, x.found("pk = :p", p, from(key("p", "a5")), backward))
	for _, wrong := range []item{{"pk": text("p")}, {"pk": text("p"), "sk": num("1")},
		{"pk": text("p"), "sk": text("a0"), "x": text("x")}} {
		_, err := x.query("pk = :p", p, from(wrong))
		invalid(t, err, "")
	}
	_, err := x.query("pk = :p", p, from(key("q", "a0")))
	invalid(t, err, "The provided starting key")
	_, err = x.query("pk = :p AND begins_with(sk, :a)", a, from(key("p", "b1")))
	invalid(t, err, "The provided starting key")
	_, err = x.query("g = :g", values{":g": text("g")}, onIndex, from(key("p", "a0")))
	invalid(t, err, "The provided starting key")
	_, err = x.query("pk = :p", p, limit(0))
	invalid(t, err, "")
}

func TestPagesEndAtOneMegabyte(t *testing.T) {
	t.Parallel()
	x := newTable(t)
	for i := range 15 {
		x.put(with(key("p", fmt.Sprintf("%02d", i)), "fill", text(strings.Repeat("x", 100_000))))
	}
	count := func(in *dynamodb.QueryInput) { in.Select = types.SelectCount }
	out, err := x.query("pk = :p", values{":p": text("p")}, count, filter("attribute_not_exists(fill)"))
	if err != nil {
		t.Fatal(err)
	}
	if out.Count != 0 || out.ScannedCount != 11 || out.LastEvaluatedKey == nil { // what is read counts, not what is kept
		t.Errorf("count %d, scanned %d, last %v", out.Count, out.ScannedCount, out.LastEvaluatedKey)
	}
	pages := dynamodb.NewQueryPaginator(x.db,
		&dynamodb.QueryInput{TableName: x.name, KeyConditionExpression: aws.String("pk = :p"),
			ExpressionAttributeValues: values{":p": text("p")}})
	var sizes []int32
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, page.Count)
	}
	same(t, []int32{11, 4}, sizes)
}

func TestFiltersComeAfterTheLimit(t *testing.T) {
	t.Parallel()
	x := lettered(t, types.ProjectionTypeAll)
	out, err := x.query("pk = :p", values{":p": text("p"), ":n": num("3")}, filter("n > :n"), limit(3))
	if err != nil {
		t.Fatal(err)
	}
	same(t, []string{"a4"}, sortKeys(out.Items))
	if out.Count != 1 || out.ScannedCount != 3 || out.LastEvaluatedKey == nil {
		t.Errorf("count %d, scanned %d, last %v", out.Count, out.ScannedCount, out.LastEvaluatedKey)
	}
	_, err = x.query("pk = :p", values{":p": text("p"), ":a": text("a")}, filter("sk > :a"))
	invalid(t, err, "Filter Expression can only contain non-primary key attributes: Primary key attribute: sk")
	_, err = x.query("pk = :p", values{":p": text("p")}, filter("n >"))
	invalid(t, err, "Invalid FilterExpression: Syntax error")
}

func TestProjectionsKeepTheShape(t *testing.T) {
	t.Parallel()
	x := newTable(t)
	x.put(with(with(key("p", "1"), "tree", &m{Value: item{"a": num("1"), "b": num("2")}}), "cells",
		list(num("0"), num("1"), &m{Value: item{"z": text("z")}})))
	for expression, want := range map[string]item{
		"sk":                  {"sk": text("1")},
		"pk, tree.a":          {"pk": text("p"), "tree": &m{Value: item{"a": num("1")}}},
		"tree.a, tree.b":      {"tree": &m{Value: item{"a": num("1"), "b": num("2")}}},
		"cells[1]":            {"cells": list(num("1"))},
		"cells[2], cells[0]":  {"cells": list(num("0"), &m{Value: item{"z": text("z")}})}, // lists close up
		"cells[2].z":          {"cells": list(&m{Value: item{"z": text("z")}})},
		"absent, tree.absent": {},
		"cells[7], tree[0]":   {},
	} {
		out, err := x.query("pk = :p", values{":p": text("p")}, projection(expression))
		if err != nil {
			t.Errorf("%s: %v", expression, err)
			continue
		}
		same(t, []item{want}, out.Items)
		got, err := x.db.GetItem(t.Context(),
			&dynamodb.GetItemInput{TableName: x.name, Key: key("p", "1"), ProjectionExpression: &expression})
		if err != nil {
			t.Fatal(err)
		}
		same(t, want, got.Item)
	}
	for expression, words := range map[string]string{
		"tree, tree.a": "Two document paths overlap with each other",
		"sk, sk":       "Two document paths overlap with each other",
		"sk tree":      "Syntax error",
		"sk,":          "Syntax error",
		"name":         "Attribute name is a reserved keyword; reserved keyword: name",
	} {
		_, err := x.query("pk = :p", values{":p": text("p")}, projection(expression))
		invalid(t, err, "Invalid ProjectionExpression: "+words)
	}
}

func TestSelect(t *testing.T) {
	t.Parallel()
	x := lettered(t, types.ProjectionTypeKeysOnly)
	ask := func(s types.Select, more ...func(*dynamodb.QueryInput)) (*dynamodb.QueryOutput, error) {
		return x.query("g = :g", values{":g": text("g")}, append(more, onIndex, func(in *dynamodb.QueryInput) { in.Select = s })...)
	}
	out, err := ask(types.SelectCount)
	if err != nil || out.Count != 8 || out.Items != nil {
		t.Error(out, err)
	}
	_, err = ask(types.SelectAllAttributes)
	invalid(t, err, "Select type ALL_ATTRIBUTES is not supported for global secondary index due because its projection type is not ALL")
	_, err = ask(types.SelectSpecificAttributes)
	invalid(t, err, "SPECIFIC_ATTRIBUTES")
	_, err = ask(types.SelectCount, projection("pk"))
	invalid(t, err, "Cannot specify the ProjectionExpression when choosing to get only the Count")
	_, err = x.query("pk = :p", values{":p": text("p")}, func(in *dynamodb.QueryInput) { in.Select = types.SelectAllProjectedAttributes })
	invalid(t, err, "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName")
}
