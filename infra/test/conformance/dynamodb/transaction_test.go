package dynamodb_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

const absent = "attribute_not_exists(pk)"

func TestATransactionIsAllOrNothing(t *testing.T) {
	t.Parallel()
	x := newTable(t)
	x.put(with(key("a", "1"), "n", num("1")), key("a", "2"))
	change := []types.TransactWriteItem{
		x.doUpdate(key("a", "1"), "ADD n :one", values{":one": num("1")}), x.doDelete(key("a", "2")),
		x.doPut(key("a", "3"), absent), x.doCheck(key("a", "4"), "attribute_exists(pk)"),
	}
	codes, _ := cancelled(x.transact(change...))
	same(t, []string{"None", "None", "None", "ConditionalCheckFailed"}, codes)
	x.stored(with(key("a", "1"), "n", num("1")))
	x.stored(key("a", "2"))
	if got := x.get(key("a", "3")); got != nil {
		t.Error("the put of a cancelled transaction is there")
	}
	x.put(key("a", "4"))
	if err := x.transact(change...); err != nil {
		t.Fatal(err)
	}
	x.stored(with(key("a", "1"), "n", num("2")))
	x.stored(key("a", "3"))
	if got := x.get(key("a", "2")); got != nil {
		t.Error("the delete of a transaction was not done")
	}
}

func TestReasonsComeInTheOrderOfTheActionsWithItemsThatWereAskedFor(t *testing.T) {
	t.Parallel()
	x := newTable(t)
	old := with(key("a", "1"), "n", num("1"))
	x.put(old)
	shown, hidden := x.doPut(key("a", "1"), absent), x.doPut(key("a", "2"), "attribute_exists(pk)")
	shown.Put.ReturnValuesOnConditionCheckFailure = types.ReturnValuesOnConditionCheckFailureAllOld
	hidden.Put.ReturnValuesOnConditionCheckFailure = types.ReturnValuesOnConditionCheckFailureAllOld
	err := x.transact(x.doPut(key("a", "3")), shown, hidden, x.doDelete(key("a", "4")))
	refused(t, err, "TransactionCanceledException",
		"Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed, "+
			"ConditionalCheckFailed, None]")
	c, _ := errors.AsType[*types.TransactionCanceledException](err)
	if c == nil || len(c.CancellationReasons) != 4 {
		t.Fatal(err)
	}
	same(t, old, c.CancellationReasons[1].Item)
	same(t, item(nil), c.CancellationReasons[2].Item)
	same(t, "The conditional request failed", strings.TrimSuffix(*c.CancellationReasons[1].Message, "."))
}

func TestAnItemTakesOneActionOfATransaction(t *testing.T) {
	t.Parallel()
	x := newTable(t)
	invalid(t, x.transact(x.doPut(key("a", "1")), x.doDelete(key("a", "1"))),
		"Transaction request cannot include multiple operations on one item")
	invalid(t, x.transact(x.doCheck(key("a", "1"), absent), x.doPut(key("a", "1"))),
		"Transaction request cannot include multiple operations on one item")
}

func TestATransactionTakesAHundredActionsAndFourMegabytes(t *testing.T) {
	t.Parallel()
	x := newTable(t)
	var many []types.TransactWriteItem
	for i := range 101 {
		many = append(many, x.doPut(key("a", fmt.Sprint(i))))
	}
	if err := x.transact(many[:100]...); err != nil {
		t.Error(err)
	}
	invalid(t, x.transact(many...), "Member must have length less than or equal to 100")
	var large []types.TransactWriteItem
	for i := range 11 {
		large = append(large, x.doPut(with(key("b", fmt.Sprint(i)), "fill", text(strings.Repeat("x", 400_000)))))
	}
	if err := x.transact(large[:10]...); err != nil {
		t.Error(err)
	}
	invalid(t, x.transact(large...), "")
	if got := x.get(key("b", "10")); got != nil {
		t.Error("written all the same")
	}
}

func TestAWrongUpdateCancelsItsTransaction(t *testing.T) {
	t.Parallel()
	x := newTable(t, withIndex("N", types.ProjectionTypeAll))
	codes, _ := cancelled(x.transact(x.doPut(key("a", "1")), x.doUpdate(key("a", "2"), "SET g = :v", values{":v": num("1")})))
	same(t, []string{"None", "ValidationError"}, codes)
	_, is := cancelled(x.transact(x.doPut(key("a", "1")), x.doUpdate(key("a", "2"), "SET pk = :v", values{":v": text("b")})))
	same(t, true, is)
	invalid(t, x.transact(x.doPut(key("a", "1")), x.doUpdate(key("a", "2"), "SET v =", nil)), "Invalid UpdateExpression: Syntax error")
	if got := x.get(key("a", "1")); got != nil {
		t.Error("written all the same")
	}
}

func TestATokenMakesATransactionOnce(t *testing.T) {
	t.Parallel()
	x := newTable(t)
	suffix := rand.Text()[:20] // an endpoint may remember the tokens of another run
	add := func(token, by string) error {
		_, err := x.db.TransactWriteItems(t.Context(), &dynamodb.TransactWriteItemsInput{
			ClientRequestToken: aws.String(token + suffix), TransactItems: []types.TransactWriteItem{x.doUpdate(key("a", "1"), "ADD n :by", values{":by": num(by)})},
		})
		return err
	}
	for range 3 {
		if err := add("one", "1"); err != nil {
			t.Fatal(err)
		}
	}
	x.stored(with(key("a", "1"), "n", num("1")))
	refused(t, add("one", "2"), "IdempotentParameterMismatchException", "")
	if err := add("two", "1"); err != nil {
		t.Fatal(err)
	}
	x.stored(with(key("a", "1"), "n", num("2")))
}

func TestACancelledTransactionDoesNotUseItsToken(t *testing.T) {
	t.Parallel()
	x := newTable(t)
	x.put(key("a", "1"))
	token := rand.Text()
	make1 := func() error {
		_, err := x.db.TransactWriteItems(t.Context(), &dynamodb.TransactWriteItemsInput{
			ClientRequestToken: &token, TransactItems: []types.TransactWriteItem{x.doPut(with(key("a", "1"), "n", num("1")), absent)},
		})
		return err
	}
	if codes, _ := cancelled(make1()); len(codes) != 1 {
		t.Fatal("not cancelled")
	}
	if _, err := x.db.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: x.name, Key: key("a", "1")}); err != nil {
		t.Fatal(err)
	}
	if err := make1(); err != nil {
		t.Fatal(err)
	}
	x.stored(with(key("a", "1"), "n", num("1")))
}

func TestATransactionReadsAcrossTablesInOrder(t *testing.T) {
	t.Parallel()
	x := newTable(t)
	y := newTableOn(t, x.db)
	x.put(with(key("a", "1"), "v", num("1")))
	y.put(with(key("a", "1"), "v", num("2")))
	get := func(table *string, k item, projection ...string) types.TransactGetItem {
		g := types.TransactGetItem{Get: &types.Get{TableName: table, Key: k}}
		for _, p := range projection {
			g.Get.ProjectionExpression = &p
		}
		return g
	}
	out, err := x.db.TransactGetItems(t.Context(), &dynamodb.TransactGetItemsInput{TransactItems: []types.TransactGetItem{
		get(y.name, key("a", "1"), "v"), get(x.name, key("a", "none")), get(x.name, key("a", "1")),
	}})
	if err != nil {
		t.Fatal(err)
	}
	var got []item
	for _, r := range out.Responses {
		got = append(got, r.Item)
	}
	same(t, []item{{"v": num("2")}, nil, with(key("a", "1"), "v", num("1"))}, got)
	_, err = x.db.TransactGetItems(t.Context(),
		&dynamodb.TransactGetItemsInput{TransactItems: []types.TransactGetItem{get(x.name, key("a", "1")), get(x.name, key("a", "1"))}})
	invalid(t, err, "Transaction request cannot include multiple operations on one item")
}
