package api

import (
	"net/http"
	"net/url"
	"reflect"
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
		"10." + strings.Repeat("0", 60): "10", "0e999999": "0", "-0.000e-7": "0", "1e00000000000000000000001": "10", "0.30e2": "30", "12300e-2": "123", "12345e-2": "12345e-2",
		"1.5e1": "15", "1e-9223372036854775808": "1e-9223372036854775808", "1.5e9223372036854775807": "1.5e9223372036854775807",
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
		`{"email":"a","em\u0061il":"b"}`, `{"É":1,"é":2}`, `{"message":1,"meſſage":2}`, `{"key":1,"Key":2}`, `{"a":[{"x":1,"x":1}]}`,
		`{"name":"\ud83d"}`, `{"name":"\uD83Dx"}`, `{"name":"\ude00\ud83d"}`, `{"\udfff":1}`, `{"a":1`, `{"a":1}}`, `{"a":1} {}`, `{"a":01}`, ``, `nul`, `{"a":"` + "\xff" + `"}`,
		strings.Repeat("[", deepest+2) + strings.Repeat("]", deepest+2), `{'a':1}`, `{"a":1,}`, `{1:2}`,
	} {
		if got, err := plainJSON([]byte(body)); !fault.Is(err, fault.Malformed) {
			t.Errorf("%s is taken as %s, %v; want malformed", body, got, err)
		}
	}
	for body, want := range map[string]string{
		` { "a" : [ 1.0 , "x" , null , true , {} , [] ] } `: `{"a":[1,"x",null,true,{},[]]}`,
		"\ufeff{}":                    `{}`,
		`{"a":{"x":1},"b":{"x":2}}`:   `{"a":{"x":1},"b":{"x":2}}`,
		`"text"`:                      `"text"`,
		`"\ud83d\ude00\\ud83d\ufffd"`: "\"😀\\\\ud83d�\"",
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
		"application/json": jsonType, "APPLICATION/JSON": jsonType, "Application/Json; Charset=UTF-8": jsonType, "application/json;charset=utf-8": jsonType, "application/json; charset=utf8": jsonType,
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
	var o Operation
	o.chosen = chosenParameters(reflect.TypeFor[listInvitesInput]())
	for query, want := range map[string]string{
		"limit=1&limit=2&cursor=x": "limit", "limit=1&cursor=x": "", "cursor=&limit=1": "", "limit=": "limit", "limit": "limit", "status=&limit=1": "status",
		strings.Repeat("a", 90) + "=1&" + strings.Repeat("a", 90) + "=2": strings.Repeat("a", 40) + "…", "&&": "",
		"limit=%zz": "unreadable", "%zz=1": "unreadable", "limit=1;cursor=x": "unreadable", "%": "unreadable",
	} {
		f := fault.As(o.clearQuery(&http.Request{URL: &url.URL{Path: "/", RawQuery: query}}))
		switch {
		case want == "" && f == nil, want == "unreadable" && f != nil && f.Code == fault.Invalid && len(f.Fields) == 0:
		case f == nil || f.Code != fault.Invalid || len(f.Fields) != 1 || f.Fields[0].Location != want:
			t.Errorf("%s: %+v; want %q", query, f, want)
		}
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
