package dynamodb_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// conditionItem is the item that a ConditionalCheckFailedException carries.
func conditionItem(err error) item {
	if c, is := errors.AsType[*types.ConditionalCheckFailedException](err); is {
		return c.Item
	}
	return nil
}

// cancelled are the codes of a TransactionCanceledException's reasons.
func cancelled(err error) ([]string, bool) {
	c, is := errors.AsType[*types.TransactionCanceledException](err)
	if !is {
		return nil, false
	}
	var codes []string
	for _, r := range c.CancellationReasons {
		code := "None"
		if r.Code != nil {
			code = *r.Code
		}
		codes = append(codes, code)
	}
	return codes, true
}

func list(v ...types.AttributeValue) *l { return &l{Value: v} }

func TestUpdatesChangeWhatTheySay(t *testing.T) {
	t.Parallel()
	x := newTable(t)
	before := key("a", "1")
	for name, v := range (item{
		"word": text("abc"), "five": num("5"), "cells": list(text("x"), num("1"), text("y"), text("z")),
		"tree": &m{Value: item{"a": num("1"), "b": &m{Value: item{"c": text("d")}}}}, "tags": &ss{Value: []string{"a", "b"}}, "nums": &ns{Value: []string{"1", "2"}},
	}) {
		before[name] = v
	}
	v := values{
		":x": text("x"), ":one": num("1"), ":big": num(strings.Repeat("9", 37)), ":half": num("-0.5"), ":cells": list(text("q")),
		":a": &ss{Value: []string{"a"}}, ":abc": &ss{Value: []string{"c", "b", "a"}}, ":n3": &ns{Value: []string{"3.0"}}, ":empty": &m{Value: item{}},
	}
	for expression, want := range map[string]item{
		"SET word = :x":                               {"word": text("x")},
		"SET word = five, five = word":                {"word": num("5"), "five": text("abc")}, // all from before
		"SET fresh = if_not_exists(fresh, :x)":        {"fresh": text("x")},
		"SET word = if_not_exists(word, :x)":          {"word": text("abc")},
		"SET five = five + :one":                      {"five": num("6")},
		"SET five = five - :half":                     {"five": num("5.5")},
		"SET fresh = if_not_exists(n, :one) + :one":   {"fresh": num("2")},
		"SET fresh = :big + :one":                     {"fresh": num("1" + strings.Repeat("0", 37))}, // exact
		"SET cells = list_append(cells, :cells)":      {"cells": list(text("x"), num("1"), text("y"), text("z"), text("q"))},
		"SET cells = list_append(:cells, cells)":      {"cells": list(text("q"), text("x"), num("1"), text("y"), text("z"))},
		"SET cells[1] = :x":                           {"cells": list(text("x"), text("x"), text("y"), text("z"))},
		"SET cells[9] = :x, cells[7] = :one":          {"cells": list(text("x"), num("1"), text("y"), text("z"), num("1"), text("x"))},
		"SET cells[1] = :x REMOVE cells[0], cells[2]": {"cells": list(text("x"), text("z"))}, // indexes of before
		"REMOVE cells[0], cells[1], cells[9]":         {"cells": list(text("y"), text("z"))},
		"SET tree.a = :x, tree.n = :one":              {"tree": &m{Value: item{"a": text("x"), "n": num("1"), "b": &m{Value: item{"c": text("d")}}}}},
		"SET tree.b.c = tree.a, tree.a = tree.b.c":    {"tree": &m{Value: item{"a": text("d"), "b": &m{Value: item{"c": num("1")}}}}},
		"REMOVE tree.b, word, absent":                 {"tree": &m{Value: item{"a": num("1")}}, "word": nil},
		"ADD five :half":                              {"five": num("4.5")},
		"ADD fresh :one":                              {"fresh": num("1")},
		"ADD tree.a :one":                             {"tree": &m{Value: item{"a": num("2"), "b": &m{Value: item{"c": text("d")}}}}},
		"ADD tags :abc":                               {"tags": &ss{Value: []string{"a", "b", "c"}}},
		"ADD fresh :a":                                {"fresh": &ss{Value: []string{"a"}}},
		"ADD nums :n3":                                {"nums": &ns{Value: []string{"1", "2", "3"}}},
		"DELETE tags :a":                              {"tags": &ss{Value: []string{"b"}}},
		"DELETE tags :abc":                            {"tags": nil}, // an empty set is none
		"DELETE fresh :a":                             {},
		"set word = :x remove five add fresh :one":    {"word": text("x"), "five": nil, "fresh": num("1")},
		"SET fresh = (five + :one)":                   {"fresh": num("6")},
		"SET fresh = :empty":                          {"fresh": &m{Value: item{}}},
	} {
		x.put(before)
		x.updated(key("a", "1"), expression, only(v, expression))
		after := with(before, "pk", text("a"))
		for name, value := range want {
			if after[name] = value; value == nil {
				delete(after, name)
			}
		}
		x.stored(after)
		if t.Failed() {
			t.Fatal(expression)
		}
	}
}

// only are the values that the expression names.
func only(v values, expression string) values {
	given := values{}
	for name, value := range v {
		for _, word := range strings.FieldsFunc(expression, func(r rune) bool { return strings.ContainsRune(" (),=<>", r) }) {
			if word == name {
				given[name] = value
			}
		}
	}
	if len(given) == 0 {
		return nil
	}
	return given
}

func TestWrongUpdatesAreRefusedAndChangeNothing(t *testing.T) {
	t.Parallel()
	x := newTable(t, withIndex("N", types.ProjectionTypeAll))
	before := with(with(with(key("a", "1"), "word", text("abc")), "five", num("5")), "cells", list(text("x")))
	x.put(before)
	v := values{":x": text("x"), ":one": num("1"), ":set": &ss{Value: []string{"a"}}, ":list": list(), ":map": &m{Value: item{}},
		":huge": num("9.9e125"), ":tiny": num("1e-100"), ":none": text("")}
	for expression, words := range map[string]string{
		"SET word = absent":                   "The provided expression refers to an attribute that does not exist in the item",
		"SET five = absent + :one":            "The provided expression refers to an attribute that does not exist in the item",
		"SET five = word + :one":              "An operand in the update expression has an incorrect data type",
		"SET five = five + :x":                "Invalid UpdateExpression: Incorrect operand type for operator or function; operator or function: +, operand type: S",
		"SET word = list_append(word, :list)": "An operand in the update expression has an incorrect data type",
		"SET word = list_append(:x, :list)":   "Incorrect operand type for operator or function; operator or function: list_append, operand type: S",
		"SET absent.a = :x":                   "The document path provided in the update expression is invalid for update",
		"SET word.a = :x":                     "The document path provided in the update expression is invalid for update",
		"SET word[0] = :x":                    "The document path provided in the update expression is invalid for update",
		"REMOVE word.a":                       "The document path provided in the update expression is invalid for update",
		"ADD word :one":                       "An operand in the update expression has an incorrect data type",
		"ADD five :set":                       "An operand in the update expression has an incorrect data type",
		"ADD five :x":                         "Incorrect operand type for operator or function; operator: ADD, operand type: STRING",
		"DELETE five :one":                    "Incorrect operand type for operator or function; operator: DELETE, operand type: NUMBER",
		"DELETE five :set":                    "An operand in the update expression has an incorrect data type",
		"SET five = :huge + :huge":            "Number overflow. Attempting to store a number with magnitude larger than supported range",
		"SET word = :x SET five = :one":       `Invalid UpdateExpression: The "SET" section can only be used once in an update expression;`,
		"SET word = :x, word = :one":          "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [word], path two: [word]",
		"SET t.a = :x REMOVE t":               "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [t, a], path two: [t]",
		"SET t.a = :x, t[0] = :x":             "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: [t, a], path two: [t, [0]]",
		"SET pk = :x":                         "One or more parameter values were invalid: Cannot update attribute pk. This attribute is part of the key",
		"REMOVE sk":                           "Cannot update attribute sk. This attribute is part of the key",
		"SET g = :one":                        "One or more parameter values were invalid: Type mismatch for Index Key",
		"SET g = :none":                       "The update expression attempted to update a secondary index key to a value that is not supported",
		"SET word":                            `Syntax error; token: "<EOF>"`,
		"SET word = :x,":                      "Syntax error",
		"word = :x":                           `Syntax error; token: "word"`,
		"SET name = :x":                       "Attribute name is a reserved keyword; reserved keyword: name",
		"SET word = size(cells)":              "The function is not allowed in an update expression; function: size",
		"SET word = nope(cells)":              "Invalid function name; function: nope",
		"SET five = five + :one + :one":       "Syntax error",
		"SET word = if_not_exists(word)":      "Incorrect number of operands for operator or function; operator or function: if_not_exists, number of operands: 1",
		"SET word = if_not_exists(:x, :x)":    "Operator or function requires a document path; operator or function: if_not_exists",
		"SET r = list_append(list_append(r, :list), :list)": "The function is not allowed to be used this way in an expression; function: list_append",
	} {
		_, err := x.update(key("a", "1"), expression, only(v, expression))
		invalid(t, err, words)
	}
	_, err := x.update(key("a", "1"), "SET five = five + :tiny", values{":tiny": num("1e-100")})
	refused(t, err, validation, "38")
	x.stored(before)
}

func TestAnUpdateMakesAnItemThatIsNotThere(t *testing.T) {
	t.Parallel()
	x := newTable(t)
	for i, expression := range []string{"SET v = :v", "ADD v :v", "REMOVE w", "SET w = if_not_exists(w, :v) + :v"} {
		k := key("a", string(rune('0'+i)))
		x.updated(k, expression, only(values{":v": num("1")}, expression))
		if got := x.get(k); got == nil {
			t.Errorf("%s made nothing", expression)
		}
	}
	if _, err := x.db.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{TableName: x.name, Key: key("b", "1")}); err != nil {
		t.Error(err)
	}
	x.stored(key("b", "1"))
}

func TestReturnValuesOfAnUpdate(t *testing.T) {
	t.Parallel()
	x := newTable(t)
	before := with(with(key("a", "1"), "v", num("1")), "w", text("w"))
	for mode, want := range map[types.ReturnValue]item{
		types.ReturnValueNone:       nil,
		types.ReturnValueAllOld:     before,
		types.ReturnValueAllNew:     {"pk": text("a"), "sk": text("1"), "v": num("2"), "n": text("n")},
		types.ReturnValueUpdatedOld: {"v": num("1"), "w": text("w")},
		types.ReturnValueUpdatedNew: {"v": num("2"), "n": text("n")},
	} {
		x.put(before)
		out := x.updated(key("a", "1"), "SET v = v + :one, n = :n REMOVE w", values{":one": num("1"), ":n": text("n")},
			func(in *dynamodb.UpdateItemInput) { in.ReturnValues = mode })
		same(t, want, out.Attributes)
	}
	out := x.updated(key("a", "none"), "SET v = :v", values{":v": num("1")}, func(in *dynamodb.UpdateItemInput) {
		in.ReturnValues = types.ReturnValueAllOld
	})
	same(t, item(nil), out.Attributes)
}

func TestReturnValuesOfPutAndDelete(t *testing.T) {
	t.Parallel()
	x := newTable(t)
	put := func(v string, mode types.ReturnValue) (*dynamodb.PutItemOutput, error) {
		return x.db.PutItem(t.Context(),
			&dynamodb.PutItemInput{TableName: x.name, Item: with(key("a", "1"), "v", num(v)), ReturnValues: mode})
	}
	first, err := put("1", types.ReturnValueAllOld)
	if err != nil || first.Attributes != nil {
		t.Error(first, err)
	}
	second, err := put("2", types.ReturnValueAllOld)
	if err != nil {
		t.Fatal(err)
	}
	same(t, with(key("a", "1"), "v", num("1")), second.Attributes)
	if _, err := put("3", types.ReturnValueAllNew); err == nil {
		t.Error("ALL_NEW of a put was taken")
	}
	del := func() item {
		out, err := x.db.DeleteItem(t.Context(),
			&dynamodb.DeleteItemInput{TableName: x.name, Key: key("a", "1"), ReturnValues: types.ReturnValueAllOld})
		if err != nil {
			t.Fatal(err)
		}
		return out.Attributes
	}
	same(t, with(key("a", "1"), "v", num("2")), del())
	same(t, item(nil), del())
}

func isConditional(err error) bool {
	_, is := errors.AsType[*types.ConditionalCheckFailedException](err)
	return is
}
