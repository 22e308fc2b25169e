package dynamodb_test

import (
	"fmt"
	"slices"
	"strconv"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"pgregory.net/rapid"
)

// record is what the model knows of an item: its number, and its place in the index, if it has one.
type record struct {
	n, h    int
	indexed bool
}

func (r record) item(sk string) item {
	i := with(key("p", sk), "n", num(strconv.Itoa(r.n)))
	if r.indexed {
		i["g"], i["h"] = text("g"), num(strconv.Itoa(r.h))
	}
	return i
}

// TestARandomHistoryMatchesTheModel runs random sequences of operations on the table and on a map, and expects the same
// answers and the same state.
func TestARandomHistoryMatchesTheModel(t *testing.T) {
	t.Parallel()
	db := newClient(t)
	rapid.Check(t, func(rt *rapid.T) {
		x := newTableOn(t, db, withIndex("N", types.ProjectionTypeAll))
		model := map[string]record{}
		sks := rapid.StringMatching("[a-e]")
		draw := func(label string) record {
			return record{n: rapid.IntRange(-3, 3).Draw(rt, label), h: rapid.IntRange(-2, 2).Draw(rt, "h"),
				indexed: rapid.Bool().Draw(rt, "indexed")}
		}
		verdict := func(err error, want bool, what string) {
			_, cancel := cancelled(err)
			if got := err == nil; got != want || err != nil && !isConditional(err) && !cancel {
				rt.Fatalf("%s: want %v, got %v", what, want, err)
			}
		}
		// A failure is told to rapid, not to the test: only then can rapid run the history again and shorten it.
		agree := func(want, got any) {
			if d := diff(want, got); d != "" {
				rt.Fatalf("want (-), got (+):\n%s", d)
			}
		}
		rt.Repeat(map[string]func(*rapid.T){
			"put": func(rt *rapid.T) {
				sk, r := sks.Draw(rt, "sk"), draw("n")
				x.put(r.item(sk))
				model[sk] = r
			},
			"put if absent": func(rt *rapid.T) {
				sk, r := sks.Draw(rt, "sk"), draw("n")
				_, err := db.PutItem(t.Context(),
					&dynamodb.PutItemInput{TableName: x.name, Item: r.item(sk), ConditionExpression: aws.String(absent)})
				_, there := model[sk]
				verdict(err, !there, "put if absent")
				if !there {
					model[sk] = r
				}
			},
			"add if less": func(rt *rapid.T) {
				sk, by := sks.Draw(rt, "sk"), rapid.IntRange(-2, 2).Draw(rt, "by")
				out, err := x.update(key("p", sk), "ADD n :by", values{":by": num(strconv.Itoa(by)), ":max": num("3")},
					func(in *dynamodb.UpdateItemInput) {
						in.ConditionExpression, in.ReturnValues = aws.String("n < :max"), types.ReturnValueAllNew
					})
				r, there := model[sk]
				verdict(err, there && r.n < 3, "add")
				if err == nil {
					r.n += by
					model[sk] = r
					agree(r.item(sk), out.Attributes)
				}
			},
			"into or out of the index": func(rt *rapid.T) {
				sk := sks.Draw(rt, "sk")
				r, there := model[sk]
				if !there {
					return
				}
				if r.indexed = !r.indexed; r.indexed {
					x.updated(key("p", sk), "SET g = :g, h = :h", values{":g": text("g"), ":h": num(strconv.Itoa(r.h))})
				} else {
					x.updated(key("p", sk), "REMOVE g, h", nil)
				}
				model[sk] = r
			},
			"delete": func(rt *rapid.T) {
				sk := sks.Draw(rt, "sk")
				if _, err := db.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: x.name, Key: key("p", sk)}); err != nil {
					rt.Fatal(err)
				}
				delete(model, sk)
			},
			"move in a transaction": func(rt *rapid.T) {
				from, to := sks.Draw(rt, "from"), sks.Draw(rt, "to")
				if from == to {
					return
				}
				r, there := model[from]
				_, taken := model[to]
				err := x.transact(
					types.TransactWriteItem{Delete: &types.Delete{
						TableName: x.name, Key: key("p", from), ConditionExpression: aws.String("attribute_exists(pk)"),
					}},
					x.doPut(r.item(to), absent))
				verdict(err, there && !taken, "move")
				if err == nil {
					delete(model, from)
					model[to] = r
				}
			},
			"": func(rt *rapid.T) {
				var all, indexed []string
				for sk, r := range model {
					all = append(all, sk)
					if r.indexed {
						indexed = append(indexed, sk)
					}
				}
				slices.Sort(all)
				out, err := x.query("pk = :p", values{":p": text("p")}, limit(3))
				if err != nil {
					rt.Fatal(err)
				}
				got := out.Items
				if out.LastEvaluatedKey != nil {
					rest, err := x.query("pk = :p", values{":p": text("p")}, from(out.LastEvaluatedKey))
					if err != nil {
						rt.Fatal(err)
					}
					got = append(got, rest.Items...)
				}
				var want []item
				for _, sk := range all {
					want = append(want, model[sk].item(sk))
				}
				agree(want, got)
				// Where the index's key is the same, the order is the engine's own.
				found := x.found("g = :g", values{":g": text("g")}, onIndex)
				place := func(sk string) string { return fmt.Sprintf("%d%s", 10+model[sk].h, sk) }
				for i := range found[min(1, len(found)):] {
					if model[found[i]].h > model[found[i+1]].h {
						rt.Fatalf("the index has %v", found)
					}
				}
				byPlace := func(a, b string) int { return slices.Compare([]byte(place(a)), []byte(place(b))) }
				slices.SortFunc(found, byPlace)
				slices.SortFunc(indexed, byPlace)
				agree(indexed, found)
			},
		})
	})
}
