package dynamodb_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func TestAnIndexOrdersByItsOwnKeys(t *testing.T) {
	t.Parallel()
	x := lettered(t, types.ProjectionTypeAll)
	g := values{":g": text("g"), ":low": num("-20"), ":high": num("5")}
	same(t, []string{"a0", "b1", "a2", "b3", "a4", "b5", "a6", "b7"}, x.found("g = :g", only(g, "g = :g"), onIndex))
	same(t, []string{"a4", "b3", "a2"}, x.found("g = :g AND h BETWEEN :low AND :high", g, onIndex, backward))
	_, err := x.query("g = :g", only(g, "g = :g"), func(in *dynamodb.QueryInput) { in.IndexName = aws.String("nope") })
	invalid(t, err, "The table does not have the specified index: nope")
	_, err = x.query("g = :g", only(g, "g = :g"), onIndex, func(in *dynamodb.QueryInput) { in.ConsistentRead = aws.Bool(true) })
	invalid(t, err, "Consistent reads are not supported on global secondary indexes")
}

func TestAnIndexHoldsOnlyWhatHasItsKeys(t *testing.T) {
	t.Parallel()
	x := newTable(t, withIndex("N", types.ProjectionTypeAll))
	found := func() []string { return x.found("g = :g", values{":g": text("g")}, onIndex) }
	whole := with(with(key("p", "1"), "g", text("g")), "h", num("1"))
	x.put(whole, with(key("p", "2"), "g", text("g")), with(key("p", "3"), "h", num("1")), key("p", "4"))
	same(t, []string{"1"}, found())
	x.updated(key("p", "2"), "SET h = :h", values{":h": num("0")})
	same(t, []string{"2", "1"}, found())
	x.updated(key("p", "2"), "SET h = :h", values{":h": num("2")})
	same(t, []string{"1", "2"}, found())
	x.updated(key("p", "1"), "REMOVE g", nil)
	same(t, []string{"2"}, found())
	x.updated(key("p", "2"), "SET g = :g", values{":g": text("elsewhere")})
	same(t, []string{}, found())
	x.put(whole)
	if _, err := x.db.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: x.name, Key: key("p", "1")}); err != nil {
		t.Fatal(err)
	}
	same(t, []string{}, found())
}

func TestItemsWithOneIndexKeyAreAllThere(t *testing.T) {
	t.Parallel()
	x := newTable(t, withIndex("N", types.ProjectionTypeAll))
	for i := range 10 {
		x.put(with(with(key("p", fmt.Sprint(i)), "g", text("g")), "h", num("7")))
	}
	seen := map[string]bool{}
	var start item
	for pages := 0; pages < 12; pages++ {
		out, err := x.query("g = :g", values{":g": text("g")}, onIndex, limit(3), from(start))
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range sortKeys(out.Items) {
			if seen[k] {
				t.Errorf("%s twice", k)
			}
			seen[k] = true
		}
		if start = out.LastEvaluatedKey; start == nil {
			break
		}
	}
	if len(seen) != 10 {
		t.Errorf("%d of 10", len(seen))
	}
}

func TestWhatAnIndexKeeps(t *testing.T) {
	t.Parallel()
	all := item{"pk": text("p"), "sk": text("a0"), "g": text("g"), "h": num("-40"), "n": num("0"), "more": text("more")}
	keys := item{"pk": text("p"), "sk": text("a0"), "g": text("g"), "h": num("-40")}
	for projection, want := range map[types.ProjectionType]item{
		types.ProjectionTypeAll: all, types.ProjectionTypeKeysOnly: keys, types.ProjectionTypeInclude: with(keys, "n", num("0")),
	} {
		var include []string
		if projection == types.ProjectionTypeInclude {
			include = []string{"n"}
		}
		x := lettered(t, projection, include...)
		out, err := x.query("g = :g", values{":g": text("g")}, onIndex, limit(1))
		if err != nil {
			t.Fatal(err)
		}
		same(t, []item{want}, out.Items)
		_, err = x.query("g = :g", values{":g": text("g")}, onIndex, func(in *dynamodb.QueryInput) {
			in.ProjectionExpression = aws.String("more")
		})
		if projection == types.ProjectionTypeAll {
			if err != nil {
				t.Error(err)
			}
		} else {
			invalid(t, err, "One or more parameter values were invalid: Global secondary index due does not project [more]")
		}
		_, err = x.query("g = :g", values{":g": text("g"), ":m": text("more")}, onIndex, filter("more = :m"))
		if projection == types.ProjectionTypeAll {
			if err != nil {
				t.Error(err)
			}
		} else {
			invalid(t, err, "Secondary index due does not project one or more filter attributes: [more]")
		}
	}
}

func TestAnIndexKeyHasItsType(t *testing.T) {
	t.Parallel()
	x := newTable(t, withIndex("N", types.ProjectionTypeAll))
	for _, wrong := range []item{with(key("p", "1"), "g", num("1")), with(key("p", "1"), "h", text("1"))} {
		_, err := x.db.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: x.name, Item: wrong})
		invalid(t, err, "One or more parameter values were invalid: Type mismatch for Index Key")
	}
	_, err := x.db.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: x.name, Item: with(key("p", "1"), "g", text(""))})
	invalid(t, err, "A value specified for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain "+
		"an empty string value. IndexName: due, IndexKey: g")
	_, err = x.db.PutItem(t.Context(),
		&dynamodb.PutItemInput{TableName: x.name, Item: with(key("p", "1"), "g", text(strings.Repeat("g", 2049)))})
	invalid(t, err, "One or more parameter values were invalid: Size")
	if got := x.get(key("p", "1")); got != nil {
		t.Error(got)
	}
}
