package api

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"latchkey.dev/shared/domain/fault"
)

func TestFH3ANumberWithoutAFractionIsAnInteger(t *testing.T) {
	t.Parallel()
	for number, want := range map[string]string{
		"10": "10", "10.0": "10", "1e1": "10", "1E+1": "10", "100e-1": "10", "-3.00": "-3", "0.0": "0", "-0.0": "0",
		"10.5": "10.5", "1e-1": "0.1", "1e400": "1e400", "1e-400": "1e-400", "9007199254740993.0": "9007199254740993",
		"1e29": "100000000000000000000000000000", "1e31": "1e31",
	} {
		got := integer(number)
		if number == "1e-1" {
			want = "1e-1"
		}
		if got != want {
			t.Errorf("%s is taken as %s, want %s", number, got, want)
		}
	}
}

func TestFH8AMemberStandsOnce(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"email":"a","email":"b"}`, `{"email":"a","Email":"b"}`, `{"a":{"x":1,"y":2,"X":3}}`, `[{"k":1,"k":1}]`,
		`{"email":"a","em\u0061il":"b"}`, `{"É":1,"é":2}`, `{"a":1`, `{"a":1}}`, `{"a":1} {}`, `{"a":01}`, ``, `nul`, `{"a":"` + "\xff" + `"}`,
		strings.Repeat("[", deepest+2) + strings.Repeat("]", deepest+2), `{'a':1}`, `{"a":1,}`, `{1:2}`,
	} {
		if got, err := plainJSON([]byte(body)); !fault.Is(err, fault.Malformed) {
			t.Errorf("%s is taken as %s, %v; want malformed", body, got, err)
		}
	}
	for body, want := range map[string]string{
		` { "a" : [ 1.0 , "x" , null , true , {} , [] ] } `: `{"a":[1,"x",null,true,{},[]]}`,
		"\ufeff{}":                  `{}`,
		`{"a":{"x":1},"b":{"x":2}}`: `{"a":{"x":1},"b":{"x":2}}`,
		`"text"`:                    `"text"`,
	} {
		if got, err := plainJSON([]byte(body)); err != nil || string(got) != want {
			t.Errorf("%s is taken as %s, %v; want %s", body, got, err, want)
		}
	}
}

func TestFH2ABodySaysWhatItIs(t *testing.T) {
	t.Parallel()
	o := Operation{takes: []string{jsonType}}
	for value, want := range map[string]string{
		"application/json": jsonType, "APPLICATION/JSON": jsonType, "Application/Json; Charset=UTF-8": jsonType, "application/json;charset=utf-8": jsonType,
		"": "", "text/plain": "", "application/x-www-form-urlencoded": "", "application/json; charset=latin1": "", "json": "", ";": "",
	} {
		got, err := o.contentType(http.Header{"Content-Type": {value}})
		if got != want || (want == "") != fault.Is(err, fault.UnsupportedType) {
			t.Errorf("%q is %q, %v; want %q", value, got, err, want)
		}
	}
	encoded := http.Header{"Content-Type": {jsonType}, "Content-Encoding": {"gzip"}}
	if _, err := o.contentType(encoded); !fault.Is(err, fault.UnsupportedType) {
		t.Errorf("a compressed body: %v", err)
	}
}

func TestFH7AParameterStandsOnce(t *testing.T) {
	t.Parallel()
	err := clearQuery(httptest.NewRequest(http.MethodGet, "/?limit=1&limit=2&cursor=x", nil))
	if f := fault.As(err); f == nil || f.Code != fault.Invalid || len(f.Fields) != 1 || f.Fields[0].Location != "limit" {
		t.Errorf("limit twice: %v", err)
	}
	if err := clearQuery(httptest.NewRequest(http.MethodGet, "/?limit=1&cursor=x", nil)); err != nil {
		t.Error(err)
	}
}

func FuzzPlainJSON(f *testing.F) {
	f.Add(`{"a":[1.0,2e3,"x",null]}`)
	f.Add(`{"a":1,"A":2}`)
	f.Fuzz(func(t *testing.T, body string) {
		once, err := plainJSON([]byte(body))
		if err != nil {
			return
		}
		if twice, err := plainJSON(once); err != nil || string(twice) != string(once) {
			t.Fatalf("%q becomes %q, then %q, %v", body, once, twice, err)
		}
	})
}
