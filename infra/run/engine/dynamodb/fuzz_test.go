package dynamodb

import (
	"encoding/json"
	"math/big"
	"net/http/httptest"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// FuzzExpression reads any text in all five languages, binds it and asks it about an item: an answer or a refusal, never
// a crash.
func FuzzExpression(f *testing.F) {
	for _, seed := range []string{
		"a = :v AND NOT (b.c[1] <> :v OR size(#n) BETWEEN :v AND :w)", "SET a = if_not_exists(b, :v) + :w, c[0] = list_append(:l, d) REMOVE e ADD f :w DELETE g :s",
		"a, b.c[1], #n", "a = :v AND begins_with(b, :v)", "attribute_type(a, :t) OR contains(a, :v) AND a IN (:v, :w)", "((", "SET a = ((b + :v))", "a[99999999999]", "#", ":", "a..b",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, l := range []language{conditionLanguage, filterLanguage, keyLanguage, updateLanguage, projectionLanguage} {
			p, bad := parse(l, s)
			if bad != nil {
				continue
			}
			with := &placeholders{values: attrs{
				{":l", listValue(nil)}, {":s", value{kind: kindSS, sub: &nested{list: []value{textValue("x")}}}}, {":t", textValue("S")}, {":v", textValue("v")}, {":w", value{kind: kindN, s: "1"}},
			}, names: []nameDefinition{{"#n", "a.b"}}}
			with.used = make([]bool, len(with.names)+len(with.values))
			b, bad := p.bind(with)
			if bad != nil {
				continue
			}
			stored := `{"a":{"S":"v"},"b":{"M":{"c":{"L":[{"N":"1"},{"S":"x"}]}}},"c":{"L":[]},"d":{"L":[]},"f":{"N":"1"},` +
				`"g":{"SS":["x","y"]}}`
			i := storedAttributes(stored)
			switch l {
			case updateLanguage:
				after, bad := b.apply(i)
				if bad == nil {
					again := string(after.appendJSON(nil))
					if got := string(storedAttributes(again).appendJSON(nil)); got != again {
						t.Fatalf("%q: %s is read as %s", s, again, got)
					}
				}
			case projectionLanguage:
				b.selection(b.paths).from(i)
			case keyLanguage:
				_, _, _ = b.keyRange(schema{keyAttr{"a", kindS}, keyAttr{"b", kindN}})
			default:
				b.holds(i)
				b.holds(nil)
			}
			if got := string(i.appendJSON(nil)); got != stored {
				t.Fatalf("%q changed the stored item to %s", s, got)
			}
		}
	})
}

// FuzzRequest sends any body to every operation: an answer of JSON, never a crash, and never a lock left behind.
func FuzzRequest(f *testing.F) {
	for _, seed := range []string{
		`{"TableName":"ttt","Item":{"pk":{"S":"a"},"sk":{"N":"1.5e3"},"b":{"B":"YQ=="},"l":{"L":[{"NULL":true},{"BOOL":false}]},"m":{"M":{"x":{"SS":["a"]}}}}}`,
		`{"TableName":"ttt","Key":{"pk":{"S":"a"},"sk":{"N":"1"}},"UpdateExpression":"SET a = :a","ExpressionAttributeValues":{":a":{"NS":["1"]}},"ReturnValues":"ALL_NEW"}`,
		`{"TableName":"ttt","KeyConditionExpression":"pk = :p","ExpressionAttributeValues":{":p":{"S":"a"}},"ExclusiveStartKey":{"pk":{"S":"a"},"sk":{"N":"0"}},"Limit":3,"ScanIndexForward":false}`,
		`{"TransactItems":[{"Put":{"TableName":"ttt","Item":{"pk":{"S":"a"},"sk":{"N":"2"}}}},{"Get":{"TableName":"ttt","Key":{"pk":{"S":"a"},"sk":{"N":"2"}}}}]}`,
		`{"RequestItems":{"ttt":{"Keys":[{"pk":{"S":"a"},"sk":{"N":"2"}}]}}}`, `{"RequestItems":{"ttt":[{"PutRequest":{"Item":{"pk":{"S":"\ud83d\ude00"},"sk":{"N":"2"}}}}]}}`,
		`{"TableName":"other","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}],"AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"}],"BillingMode":"PAY_PER_REQUEST"}`,
		`{"TableName":"ttt","TotalSegments":3,"Segment":1}`, `{`, `[]`, ``, `{"TableName":null}`, `{"TableName":"ttt","TimeToLiveSpecification":{"AttributeName":"t","Enabled":true}}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		e, err := New(Options{})
		if err != nil {
			t.Fatal(err)
		}
		send := func(operation, body string) {
			r := httptest.NewRequest("POST", "/", strings.NewReader(body))
			r.Header.Set("X-Amz-Target", "DynamoDB_20120810."+operation)
			w := httptest.NewRecorder()
			e.ServeHTTP(w, r)
			if !json.Valid(w.Body.Bytes()) || w.Code != 200 && w.Code != 400 {
				t.Fatalf("%s of %q: %d %s", operation, body, w.Code, w.Body)
			}
		}
		send("CreateTable", `{"TableName":"ttt","BillingMode":"PAY_PER_REQUEST",
			"KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}],
			"AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"sk","AttributeType":"N"}]}`)
		send("PutItem", `{"TableName":"ttt","Item":{"pk":{"S":"a"},"sk":{"N":"1"},"a":{"L":[]}}}`)
		for operation := range operations {
			send(operation, body)
		}
		send("Scan", `{"TableName":"ttt"}`)
	})
}

// FuzzAttributes reads any JSON as attributes, and what it wrote of them as the same.
func FuzzAttributes(f *testing.F) {
	f.Add(`{"a":{"S":"\u00e9\n\"\\"},"b":{"N":"-1.50e-7"},"c":{"NS":["1","2"]},"d":{"BS":["AA=="]},"a":{"NULL":true}}`)
	f.Fuzz(func(t *testing.T, s string) {
		r := &reader{s: s}
		a := r.attributes(1)
		if r.end(); r.err != nil {
			return
		}
		once := string(a.appendJSON(nil))
		again := storedAttributes(once)
		if twice := string(again.appendJSON(nil)); twice != once || !json.Valid([]byte(once)) || again.size() != a.size() {
			t.Fatalf("%q: %s, then %s", s, once, twice)
		}
	})
}

func drawDecimal(t *rapid.T, label string) (decimal, *big.Rat) {
	text := rapid.StringMatching(`-?[0-9]{1,20}(\.[0-9]{1,15})?(e-?[0-9]{1,2})?`).Draw(t, label)
	d, bad := parseDecimal(text)
	if bad != nil {
		t.Fatal(text, bad)
	}
	exact, ok := new(big.Rat).SetString(text)
	if !ok {
		t.Fatal(text)
	}
	return d, exact
}

func TestDecimalsAreExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		x, exactX := drawDecimal(t, "x")
		y, exactY := drawDecimal(t, "y")
		if got, want := x.compare(y), exactX.Cmp(exactY); sign(got) != want {
			t.Fatalf("%s and %s compare as %d", x, y, got)
		}
		if got, want := strings.Compare(x.sortKey(), y.sortKey()), exactX.Cmp(exactY); got != want {
			t.Fatalf("%s and %s sort as %d", x, y, got)
		}
		if written, _ := new(big.Rat).SetString(x.String()); written.Cmp(exactX) != 0 {
			t.Fatalf("%s is not %s", x, exactX)
		}
		sum, bad := x.plus(y)
		if bad != nil {
			return // more than 38 digits
		}
		if got, _ := new(big.Rat).SetString(sum.String()); got.Cmp(new(big.Rat).Add(exactX, exactY)) != 0 {
			t.Fatalf("%s + %s = %s", x, y, sum)
		}
	})
}

func sign(n int) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}

func TestTheLongestExpressionsAreReadQuickly(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		strings.Repeat("(", maxExpression), strings.Repeat("(a)", maxExpression/3), strings.Repeat("NOT ", maxExpression/4), strings.Repeat("a,", maxExpression/2-1) + "b",
		"SET a = " + strings.Repeat("(", 2000) + "b" + strings.Repeat(")", 2000), "SET " + strings.Repeat("a=b,", 1000) + "c=d", strings.Repeat("size(", 800), strings.Repeat("a.", 2000) + "b",
		"REMOVE " + strings.Repeat("a[1],", 800) + "b", "a IN (" + strings.Repeat("b,", 2000) + "c)", strings.Repeat("a=(b) AND ", 400) + "c=d", "SET a = " + strings.Repeat("if_not_exists(a,", 250) + "b" + strings.Repeat(")", 250),
	} {
		for _, l := range []language{conditionLanguage, keyLanguage, updateLanguage, projectionLanguage} {
			if p, bad := parse(l, s); bad == nil {
				_, _ = p.bind(&placeholders{})
			}
		}
	}
}
