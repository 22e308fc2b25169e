package dynamodb_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// specimen is the item that conditions are asked about.
func specimen() item {
	i := key("a", "1")
	for name, v := range (item{
		"word": text("abc"), "five": num("5"), "bytes": &b{Value: []byte("abc")}, "fits": &yes{Value: true}, "nothing": &null{Value: true},
		"cells": &l{Value: []types.AttributeValue{text("x"), num("1")}}, "tree": &m{Value: item{"a": num("1"), "b": &m{Value: item{"c": text("d")}}}},
		"tags": &ss{Value: []string{"a", "b"}}, "nums": &ns{Value: []string{"1", "2"}},
	}) {
		i[name] = v
	}
	return i
}

func operands() values {
	return values{
		":abc": text("abc"), ":a": text("a"), ":b": text("b"), ":x": text("x"), ":five": num("5"), ":50": num("5.0"), ":one": num("1"), ":ten": num("10"),
		":true": &yes{Value: true}, ":null": &null{Value: true}, ":bytes": &b{Value: []byte("ab")}, ":S": text("S"), ":Q": text("Q"),
		":ab": &ss{Value: []string{"b", "a"}}, ":list": &l{}, ":two": num("2"), ":three": num("3"),
	}
}

func TestConditionsHoldAsDocumented(t *testing.T) {
	t.Parallel()
	x := newTable(t)
	x.put(specimen())
	for condition, want := range map[string]bool{
		"word = :abc":                                       true,
		"word = :a":                                         false,
		"word = :five":                                      false, // another type is another value
		"word <> :five":                                     true,
		"absent = :abc":                                     false,
		"absent <> :abc":                                    true, // what is missing differs
		"NOT absent = :abc":                                 true,
		"five = :50":                                        true, // 5.0 is 5
		"five < :ten":                                       true, // as numbers, not as text
		"five < :abc":                                       false,
		"five IN (:one, :five)":                             true,
		"five IN (:one)":                                    false,
		"word BETWEEN :a AND :b":                            true,
		"five BETWEEN :one AND :ten":                        true,
		"five BETWEEN :ten AND :ten":                        false,
		"begins_with(word, :a)":                             true,
		"begins_with(word, :b)":                             false,
		"begins_with(bytes, :bytes)":                        true,
		"contains(word, :b)":                                true,
		"contains(tags, :a)":                                true,
		"contains(tags, :x)":                                false,
		"contains(cells, :x)":                               true,
		"contains(cells, :five)":                            false,
		"contains(nums, :one)":                              true,
		"size(word) = :three":                               true,
		"size(tags) = :two":                                 true,
		"size(tree) = :two":                                 true,
		"size(bytes) = :three":                              true,
		"size(five) = :one":                                 false, // a number has no size
		"attribute_exists(tree.b.c)":                        true,
		"attribute_exists(tree.b.d)":                        false,
		"attribute_exists(cells[1])":                        true,
		"attribute_exists(cells[2])":                        false,
		"attribute_not_exists(absent)":                      true,
		"attribute_type(word, :S)":                          true,
		"attribute_type(five, :S)":                          false,
		"tree.a = :one":                                     true,
		"cells[0] = :x":                                     true,
		"fits = :true":                                      true,
		"nothing = :null":                                   true,
		"tags = :ab":                                        true, // in any order
		"word = :a OR five = :five AND word = :abc":         true, // AND binds more tightly
		"(word = :abc OR word = :a) AND five = :one":        false,
		"NOT word = :a AND five = :five":                    true, // NOT binds most tightly
		"NOT (word = :abc AND five = :five)":                false,
		"not word = :a and five = :five":                    true, // in any case
		"word=:abc AND(five=:five)":                         true,
		"size(word) BETWEEN :one AND :ten":                  true,
		"size(word) IN (:three, :one)":                      true,
		"word > bytes":                                      false,
		":a < :b":                                           true,
		"attribute_exists(word)AND attribute_exists(cells)": true,
	} {
		got, err := x.holds(key("a", "1"), condition, only(operands(), condition), nil)
		if err != nil || got != want {
			t.Errorf("%s: got %v (%v)", condition, got, err)
		}
	}
}

func TestAnItemThatIsNotThereHasNoAttributes(t *testing.T) {
	t.Parallel()
	x := newTable(t)
	for condition, want := range map[string]bool{"attribute_not_exists(pk)": true, "attribute_exists(pk)": false} {
		if got, err := x.holds(key("a", "none"), condition, nil, nil); err != nil || got != want {
			t.Errorf("%s: got %v (%v)", condition, got, err)
		}
	}
}

func TestPlaceholdersStandForNames(t *testing.T) {
	t.Parallel()
	x := newTable(t)
	x.put(with(specimen(), "name", &m{Value: item{"with.dot": text("abc")}}))
	got, err := x.holds(key("a", "1"), "#n.#d = :abc", only(operands(), ":abc"), names{"#n": "name", "#d": "with.dot"})
	if err != nil || !got {
		t.Error(got, err)
	}
}

func TestWrongConditionsAreRefused(t *testing.T) {
	t.Parallel()
	x := newTable(t)
	x.put(specimen())
	for condition, words := range map[string]string{
		"word = ":                          `Syntax error; token: "<EOF>"`,
		"word == :abc":                     `Syntax error; token: "="`,
		"word != :abc":                     "Syntax error",
		"word":                             "Syntax error",
		"(word = :abc":                     "Syntax error",
		"word = :abc)":                     "Syntax error",
		"cells[x] = :abc":                  "Syntax error",
		"size(word)":                       "The function is not allowed to be used this way in an expression; function: size",
		"attribute_exists(word) = :true":   "The function is not allowed to be used this way in an expression; function: attribute_exists",
		"nope(word)":                       "Invalid function name; function: nope",
		"list_append(cells, :list) = :abc": "The function is not allowed in a condition expression; function: list_append",
		"attribute_exists(word, five)":     "Incorrect number of operands for operator or function; operator or function: attribute_exists, number of operands: 2",
		"attribute_exists(:abc)":           "Operator or function requires a document path; operator or function: attribute_exists",
		"begins_with(word, :five)":         "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N",
		"word < :true":                     "Incorrect operand type for operator or function; operator or function: <, operand type: BOOL",
		"size(:five) > :one":               "Incorrect operand type for operator or function; operator or function: size, operand type: N",
		"attribute_type(word, :Q)":         "Invalid attribute type name found; type: Q",
		"word BETWEEN :b AND :a":           "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: {S:b}, upper bound operand: AttributeValue: {S:a}",
		"word BETWEEN :a AND :five":        "The BETWEEN operator requires same data type for lower and upper bounds",
		"word = word":                      "The first operand must be distinct from the remaining operands for this operator or function; operator: =, first operand: [word]",
		"((word = :abc))":                  "The expression has redundant parentheses;",
		"name = :abc":                      "Attribute name is a reserved keyword; reserved keyword: name",
		"tree.Status = :abc":               "Attribute name is a reserved keyword; reserved keyword: Status",
		"#n = :abc":                        "An expression attribute name used in the document path is not defined; attribute name: #n",
		"word = :undefined":                "An expression attribute value used in expression is not defined; attribute value: :undefined",
		"_word = :abc":                     "Syntax error",
		strings.Repeat("word = :abc OR ", 300) + "word = :abc": "Expression size has exceeded the maximum allowed size",
		strings.Repeat("a=:a OR ", 301) + "a=:a":               "The expression contains too many operators; operator count: 301",
	} {
		_, err := x.holds(key("a", "1"), condition, only(operands(), condition), nil)
		invalid(t, err, "Invalid ConditionExpression: "+words)
	}
}

func TestWhatIsDefinedMustBeUsed(t *testing.T) {
	t.Parallel()
	x := newTable(t)
	put := func(condition *string, n names, v values) error {
		_, err := x.db.PutItem(t.Context(), &dynamodb.PutItemInput{
			TableName: x.name, Item: key("a", "1"), ConditionExpression: condition, ExpressionAttributeNames: n, ExpressionAttributeValues: v,
		})
		return err
	}
	exists := aws.String("attribute_exists(pk)")
	invalid(t, put(exists, names{"#a": "a"}, nil), "Value provided in ExpressionAttributeNames unused in expressions: keys: {#a}")
	invalid(t, put(exists, nil, values{":a": text("a")}), "Value provided in ExpressionAttributeValues unused in expressions: keys: {:a}")
	invalid(t, put(nil, names{"#a": "a"}, nil), "ExpressionAttributeNames can only be specified when using expressions")
	invalid(t, put(exists, names{"a": "a"}, nil), `ExpressionAttributeNames contains invalid key: Syntax error; key: "a"`)
	invalid(t, put(exists, nil, values{"a": text("a")}), `ExpressionAttributeValues contains invalid key: Syntax error; key: "a"`)
	invalid(t, put(aws.String(""), nil, nil), "Invalid ConditionExpression: The expression can not be empty;")
}

func TestAFailedConditionChangesNothingAndCanShowTheItem(t *testing.T) {
	t.Parallel()
	x := newTable(t)
	old := with(key("a", "1"), "v", num("1"))
	x.put(old)
	none, all := types.ReturnValuesOnConditionCheckFailureNone, types.ReturnValuesOnConditionCheckFailureAllOld
	condition := aws.String("attribute_not_exists(pk)")
	for _, show := range []types.ReturnValuesOnConditionCheckFailure{"", none, all} {
		_, put := x.db.PutItem(t.Context(),
			&dynamodb.PutItemInput{TableName: x.name, Item: key("a", "1"), ConditionExpression: condition,
				ReturnValuesOnConditionCheckFailure: show})
		_, del := x.db.DeleteItem(t.Context(),
			&dynamodb.DeleteItemInput{TableName: x.name, Key: key("a", "1"), ConditionExpression: condition,
				ReturnValuesOnConditionCheckFailure: show})
		_, upd := x.update(key("a", "1"), "REMOVE v", nil, func(in *dynamodb.UpdateItemInput) {
			in.ConditionExpression, in.ReturnValuesOnConditionCheckFailure = condition, show
		})
		for _, err := range []error{put, del, upd} {
			refused(t, err, failed, "The conditional request failed")
			want := item(nil)
			if show == all {
				want = old
			}
			same(t, want, conditionItem(err))
		}
	}
	x.stored(old)
}
