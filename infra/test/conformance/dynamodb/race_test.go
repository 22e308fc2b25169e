package dynamodb_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

const racers = 64

// race runs 64 at once and returns how many went well. An error must be one of refusal.
func race(t *testing.T, run func(i int) error) int {
	t.Helper()
	var won atomic.Int64
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range racers {
		wg.Go(func() {
			<-start
			err := run(i)
			_, cancel := cancelled(err)
			switch {
			case err == nil:
				won.Add(1)
			case !isConditional(err) && !cancel:
				t.Error(err)
			}
		})
	}
	close(start)
	wg.Wait()
	return int(won.Load())
}

func TestOneOf64ConditionalPutsWins(t *testing.T) {
	t.Parallel()
	x := newTable(t)
	for round := range 5 {
		won := race(t, func(i int) error {
			_, err := x.db.PutItem(t.Context(), &dynamodb.PutItemInput{
				TableName: x.name, Item: with(key("a", fmt.Sprint(round)), "by", num(fmt.Sprint(i))), ConditionExpression: aws.String(absent),
			})
			return err
		})
		if won != 1 {
			t.Errorf("%d won", won)
		}
	}
}

func TestOneOf64TransactionsWins(t *testing.T) {
	t.Parallel()
	x := newTable(t)
	for round := range 5 {
		won := race(t, func(i int) error {
			return x.transact(x.doPut(key("lock", fmt.Sprint(round)), absent), x.doPut(key(fmt.Sprint("made", round), fmt.Sprint(i))))
		})
		if n := len(x.found("pk = :p", values{":p": text(fmt.Sprint("made", round))})); won != 1 || n != 1 {
			t.Errorf("%d won, %d made", won, n)
		}
	}
}

func TestNoUpdateOf64IsLost(t *testing.T) {
	t.Parallel()
	x := newTable(t)
	won := race(t, func(int) error {
		_, err := x.update(key("a", "1"), "ADD n :one SET m = if_not_exists(m, :zero) + :one", values{":one": num("1"), ":zero": num("0")})
		return err
	})
	if won != racers {
		t.Errorf("%d of %d", won, racers)
	}
	x.stored(with(with(key("a", "1"), "n", num("64")), "m", num("64")))
}

func TestExactlyTenOf64ComeUnderALimit(t *testing.T) {
	t.Parallel()
	x := newTable(t)
	won := race(t, func(i int) error {
		u := x.doUpdate(key("ring", "1"), "ADD sent :one", values{":one": num("1"), ":max": num("10")})
		u.Update.ConditionExpression = aws.String("attribute_not_exists(sent) OR sent < :max")
		return x.transact(u, x.doPut(key("invite", fmt.Sprint(i)), absent))
	})
	if n := len(x.found("pk = :p", values{":p": text("invite")})); won > 10 || n != won || endpoint() == "" && won != 10 {
		t.Errorf("%d won, %d made", won, n)
	}
}

func TestTransactionsAreSeenWhole(t *testing.T) {
	t.Parallel()
	x := newTable(t)
	move := func(from, to string) error {
		return x.transact(
			x.doUpdate(key("account", from), "ADD n :less", values{":less": num("-1")}),
			x.doUpdate(key("account", to), "ADD n :more", values{":more": num("1")}))
	}
	x.put(with(key("account", "a"), "n", num("0")), with(key("account", "b"), "n", num("0")))
	race(t, func(i int) error {
		if i%2 == 0 {
			return move("a", "b")
		}
		out, err := x.db.TransactGetItems(t.Context(), &dynamodb.TransactGetItemsInput{TransactItems: []types.TransactGetItem{
			{Get: &types.Get{TableName: x.name, Key: key("account", "a")}}, {Get: &types.Get{TableName: x.name, Key: key("account", "b")}},
		}})
		if err != nil {
			return err
		}
		var a, b int
		fmt.Sscan(out.Responses[0].Item["n"].(*n).Value, &a)
		fmt.Sscan(out.Responses[1].Item["n"].(*n).Value, &b)
		if a+b != 0 {
			t.Errorf("half a transaction was seen: %d and %d", a, b)
		}
		return nil
	})
}
