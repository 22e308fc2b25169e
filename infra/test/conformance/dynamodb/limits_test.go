package dynamodb_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func (x *tab) tryPut(i item) error {
	_, err := x.db.PutItem(x.Context(), &dynamodb.PutItemInput{TableName: x.name, Item: i})
	return err
}

func TestKeysFitTheSchema(t *testing.T) {
	t.Parallel()
	x := newTable(t)
	for _, wrong := range []item{
		{"pk": text("a")}, {"pk": text("a"), "sk": num("1")}, {"pk": text(""), "sk": text("1")}, {"pk": text("a"), "sk": text("")},
		{"pk": text(strings.Repeat("a", 2049)), "sk": text("1")}, {"pk": text("a"), "sk": text(strings.Repeat("1", 1025))},
	} {
		invalid(t, x.tryPut(wrong), "")
	}
	invalid(t, x.tryPut(key("", "1")), "The AttributeValue for a key attribute cannot contain an empty string value. Key: pk")
	x.put(key(strings.Repeat("a", 2048), strings.Repeat("1", 1024)))
	for _, wrong := range []item{{"pk": text("a")}, {"pk": text("a"), "sk": num("1")}, with(key("a", "1"), "more", text("x"))} {
		_, err := x.db.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: x.name, Key: wrong})
		invalid(t, err, "")
		_, err = x.db.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: x.name, Key: wrong})
		invalid(t, err, "")
	}
}

func TestAnItemHasAtMost400KB(t *testing.T) {
	t.Parallel()
	x := newTable(t)
	const other = len("pk") + len("a") + len("sk") + len("1") + len("fill")
	whole := with(key("a", "1"), "fill", text(strings.Repeat("x", 400*1024-other)))
	x.put(whole)
	invalid(t, x.tryPut(with(key("a", "2"), "fill", text(strings.Repeat("x", 400*1024-other+1)))),
		"Item size has exceeded the maximum allowed size")
	_, err := x.update(key("a", "1"), "SET v = :v", values{":v": text("")})
	invalid(t, err, "Item size to update has exceeded the maximum allowed size")
	x.stored(whole)
}

func TestNumbersAreExactTo38Digits(t *testing.T) {
	t.Parallel()
	x := newTable(t)
	for given, want := range map[string]string{
		"0": "0", "-0": "0", "1.50": "1.5", "00012.3400": "12.34", "+7": "7", ".5": "0.5", "5.": "5", "1e3": "1000", "1E-3": "0.001", "-1.5e1": "-15",
		strings.Repeat("9", 38):              strings.Repeat("9", 38),
		"0." + strings.Repeat("9", 38):       "0." + strings.Repeat("9", 38),
		"1e125":                              "1" + strings.Repeat("0", 125),
		"1e-130":                             "0." + strings.Repeat("0", 129) + "1",
		"123456789012345678901234567890.125": "123456789012345678901234567890.125",
	} {
		x.put(with(key("a", "1"), "v", num(given)))
		same(t, num(want), x.get(key("a", "1"))["v"].(*n))
	}
	for given, words := range map[string]string{
		"": "", "x": "", "1x": "", " 1": "", "1,5": "", "0x1": "", "NaN": "", "Infinity": "", "--1": "", "1e": "", ".": "",
		strings.Repeat("9", 39): "38",
		"1e126":                 "Number overflow. Attempting to store a number with magnitude larger than supported range",
		"1e-131":                "Number underflow. Attempting to store a number with magnitude smaller than supported range",
	} {
		err := x.tryPut(with(key("a", "2"), "v", num(given)))
		invalid(t, err, words)
	}
}

func TestSetsAreNeitherEmptyNorDouble(t *testing.T) {
	t.Parallel()
	x := newTable(t)
	for words, wrong := range map[string]types.AttributeValue{
		"An string set  may not be empty":        &ss{Value: []string{}},
		"An number set  may not be empty":        &ns{Value: []string{}},
		"Binary sets should not be empty":        &bs{Value: [][]byte{}},
		"Input collection [a, a] contains dupli": &ss{Value: []string{"a", "a"}},
		"Input collection contains duplicates":   &ns{Value: []string{"1", "1.0"}},
		"of type BS contains duplicates":         &bs{Value: [][]byte{{1}, {1}}},
	} {
		invalid(t, x.tryPut(with(key("a", "1"), "v", wrong)), words)
		_, err := x.update(key("a", "1"), "SET v = :v", values{":v": wrong})
		invalid(t, err, "ExpressionAttributeValues contains invalid value: ")
	}
}

func TestDocumentsNest32Deep(t *testing.T) {
	t.Parallel()
	x := newTable(t)
	nest := func(levels int) item {
		var v types.AttributeValue = text("x")
		for range levels {
			v = &m{Value: item{"a": v}}
		}
		return with(key("a", "1"), "v", v)
	}
	x.put(nest(31))
	invalid(t, x.tryPut(nest(32)), "Nesting Levels have exceeded supported limits")
}
