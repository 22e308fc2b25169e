package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/words"
)

// deepest is how many lists and objects of a body may lie within each other. What operations take has five at most.
const deepest = 32

// mostErrors is how many faults an answer names: a body may have thousands of members that are none.
const mostErrors = 50

// prepared is the request as huma is to read it, or the fault that is told in its place. Huma takes a body without a type, of a
// type in capitals for an unknown one, members that stand twice, and 10.0 for no integer; and it looks at a query's first value
// only. What is refused here is refused before anything of the request is carried out.
func (o Operation) prepared(r *http.Request) (*http.Request, []byte, error) {
	if err := o.clearQuery(r); err != nil {
		return nil, nil, err
	}
	if len(o.takes) == 0 || r.Body == nil {
		return r, nil, nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, o.spec.MaxBodyBytes+1))
	if err != nil {
		return nil, nil, fault.New(fault.Malformed, "errors.the_body_did_not_arrive_in")
	}
	if int64(len(body)) > o.spec.MaxBodyBytes {
		return nil, nil, tooLarge(o.spec.MaxBodyBytes)
	}
	if len(body) > 0 {
		kind, err := o.contentType(r.Header)
		if err != nil {
			return nil, nil, err
		}
		if kind == jsonType {
			if body, err = plainJSON(body); err != nil {
				return nil, nil, err
			}
			if o.Method == http.MethodPatch {
				err = withoutNull(body)
			}
			if err != nil {
				return nil, nil, err
			}
		}
		r.Header.Set("Content-Type", kind)
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return r, body, nil
}

// withoutNull refuses a change whose members are null. Some mean by it that a value is to be taken away (RFC 7396), and some that
// it stays as it is.
func withoutNull(body []byte) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil {
		return nil //nolint:nilerr // which is no object, as is told in its place
	}
	var wrong []error
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if string(members[name]) == "null" {
			wrong = append(wrong, fault.InField(short(name), "errors.null_is_no_change"))
		}
	}
	return fault.Together(wrong[:min(len(wrong), mostErrors)]...)
}

// formOf reads as much of a JSON body as fits its input, and checks the values of that.
func formOf[In any](values []func(*In) error) func([]byte) error {
	if len(values) == 0 {
		return nil
	}
	return func(body []byte) error {
		in := new(In)
		field := reflect.ValueOf(in).Elem().FieldByName("Body")
		_ = json.Unmarshal(body, field.Addr().Interface()) // what does not fit is told of already
		return values[0](in)
	}
}

const jsonType = "application/json"

// bodyTypes are the media types of an input's body, as its fields say them: Body is JSON, RawBody is of the types of
// its tag takes.
func bodyTypes(input reflect.Type) []string {
	if f, ok := input.FieldByName("RawBody"); ok {
		return strings.Split(f.Tag.Get("takes"), ",")
	}
	if _, ok := input.FieldByName("Body"); ok {
		return []string{jsonType}
	}
	return nil
}

// contentType is the type that a body is sent as, in the form that operations name it. Types have no case (RFC 9110 section
// 8.3.1). A body without a type is refused, since the sender of one means some other form more often than JSON.
func (o Operation) contentType(h http.Header) (string, error) {
	wanted := strings.Join(o.takes, words.Say("errors.or"))
	if c := h.Get("Content-Encoding"); c != "" && !strings.EqualFold(c, "identity") {
		return "", fault.New(fault.UnsupportedType, "errors.this_body_is_encoded_send_it")
	}
	given := h.Get("Content-Type")
	if given == "" {
		return "", fault.New(fault.UnsupportedType, "errors.this_body_has_no_content_type", "wanted", wanted)
	}
	kind, parameters, err := mime.ParseMediaType(given)
	if err != nil || !slices.Contains(o.takes, kind) {
		return "", fault.New(fault.UnsupportedType, "errors.this_takes_no_such_content_type", "wanted", wanted)
	}
	if charset, ok := parameters["charset"]; ok && kind == jsonType && !utf8Name(charset) {
		return "", fault.New(fault.UnsupportedType, "errors.json_is_sent_in_utf_8")
	}
	return kind, nil
}

// clearQuery refuses a query that can be read in two ways, or not at all: Go's reader leaves out what it cannot read, and huma takes
// a parameter without a value for one that isn't there, so that a filter would be dropped in silence.
func (o Operation) clearQuery(r *http.Request) error {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return fault.New(fault.Invalid, "errors.the_query_cannot_be_read")
	}
	var wrong []error
	for _, name := range slices.Sorted(maps.Keys(query)) {
		values := query[name]
		switch {
		case len(values) > 1:
			wrong = append(wrong, fault.InField(short(name), "errors.send_this_parameter_once"))
		case values[0] == "" && o.chosen[name]:
			wrong = append(wrong, fault.InField(name, "errors.fill_in_this_parameter"))
		}
	}
	return fault.Together(wrong[:min(len(wrong), mostErrors)]...)
}

// chosenParameters are the parameters of an input's query whose values are numbers, true or false, or one of a list: none of those
// is the empty text.
func chosenParameters(input reflect.Type) map[string]bool {
	out := map[string]bool{}
	for _, f := range reflect.VisibleFields(input) {
		name, _, _ := strings.Cut(f.Tag.Get("query"), ",")
		if name != "" && (f.Type.Kind() != reflect.String || f.Tag.Get("enum") != "") {
			out[name] = true
		}
	}
	return out
}

// utf8Name tells whether a charset is UTF-8, which many programs write without its hyphen.
func utf8Name(charset string) bool {
	return strings.EqualFold(charset, "utf-8") || strings.EqualFold(charset, "utf8")
}

func tooLarge(limit int64) *fault.Error {
	if limit > MaxBody {
		return fault.New(fault.TooLarge, "errors.the_file_is_over_1_mb")
	}
	return fault.New(fault.TooLarge, "errors.the_body_is_over_256_kb")
}

// plainJSON is the same JSON in a form that every reader takes alike. Members that differ in case alone, or not at all, are
// refused: RFC 8259 section 4 leaves open which of them counts, and Go's reader takes the last. A number without a fraction is
// an integer however it is written (JSON Schema 2020-12 validation, section 6.1.1).
func plainJSON(body []byte) ([]byte, error) {
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	if !utf8.Valid(body) {
		return nil, fault.New(fault.Malformed, "errors.the_body_is_not_utf_8")
	}
	if halfSign(body) {
		return nil, fault.New(fault.Malformed, "errors.the_body_has_half_a_sign")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	w := &rewriter{from: d}
	err := w.value(0)
	if err == nil {
		if _, more := d.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("something follows the value")
		}
	}
	if f := fault.As(err); f != nil {
		return nil, f
	}
	if err != nil {
		return nil, fault.New(fault.Malformed, "errors.the_body_is_not_valid_json")
	}
	return w.to.Bytes(), nil
}

// rewriter copies a JSON value token by token.
type rewriter struct {
	from *json.Decoder
	to   bytes.Buffer
}

func (w *rewriter) value(depth int) error {
	t, err := w.from.Token()
	if err != nil {
		return err
	}
	if depth > deepest {
		return fault.New(fault.Malformed, "errors.the_body_has_more_than_lists", "deepest", deepest)
	}
	switch t {
	case json.Delim('{'):
		return w.object(depth)
	case json.Delim('['):
		return w.list(depth)
	}
	if n, ok := t.(json.Number); ok {
		if _, err := n.Float64(); err != nil {
			return fault.New(fault.Malformed, "errors.a_number_in_the_body_is")
		}
		w.to.WriteString(integer(n.String()))
		return nil
	}
	return w.write(t)
}

// write puts down a string, true, false or null.
func (w *rewriter) write(v any) error {
	b, err := json.Marshal(v)
	w.to.Write(b)
	return err
}

func (w *rewriter) object(depth int) error {
	w.to.WriteByte('{')
	had := map[string]string{}
	for n := 0; w.from.More(); n++ {
		if n > 0 {
			w.to.WriteByte(',')
		}
		t, err := w.from.Token()
		if err != nil {
			return err
		}
		name, ok := t.(string)
		if !ok {
			return fmt.Errorf("%v is no name", t)
		}
		folded := fold(name)
		switch other, twice := had[folded]; {
		case twice && other == name:
			return fault.New(fault.Malformed, "errors.the_body_has_the_member_twice", "name", short(name))
		case twice:
			return fault.New(fault.Malformed, "errors.the_body_has_both_and_which", "other", short(other), "name", short(name))
		}
		had[folded] = name
		if err := w.write(name); err != nil {
			return err
		}
		w.to.WriteByte(':')
		if err := w.value(depth + 1); err != nil {
			return err
		}
	}
	return w.end('}')
}

// fold is a name as encoding/json compares names: letters that differ in case alone, such as ſ and s, are one.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		first := r
		for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
			first = min(first, other)
		}
		return first
	}, name)
}

// halfSign tells whether a text of the body has one half of a sign that is written as two escapes, which stands for nothing
// (RFC 8259 section 8.2); Go's reader puts another sign in its place.
func halfSign(body []byte) bool {
	for {
		at := bytes.IndexByte(body, '\\')
		if at < 0 || at+1 >= len(body) {
			return false
		}
		body = body[at:]
		first, ok := escaped(body)
		switch {
		case !ok:
			body = body[2:]
			continue
		case !utf16.IsSurrogate(first):
			body = body[6:]
			continue
		}
		second, ok := escaped(body[6:])
		if !ok || utf16.DecodeRune(first, second) == unicode.ReplacementChar {
			return true
		}
		body = body[12:]
	}
}

// escaped is the sign that an escape of six letters at the beginning of b stands for.
func escaped(b []byte) (rune, bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(b[2:6]), 16, 16)
	return rune(n), err == nil
}

func (w *rewriter) list(depth int) error {
	w.to.WriteByte('[')
	for n := 0; w.from.More(); n++ {
		if n > 0 {
			w.to.WriteByte(',')
		}
		if err := w.value(depth + 1); err != nil {
			return err
		}
	}
	return w.end(']')
}

func (w *rewriter) end(delimiter byte) error {
	_, err := w.from.Token()
	w.to.WriteByte(delimiter)
	return err
}

// short is the beginning of a name, so that an answer does not repeat what is long.
func short(name string) string {
	if r := []rune(name); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return name
}

// integer is a number without its fraction and exponent where it has none in truth, "10.0" and "1e1" as "10"; other numbers
// stay as they are. Numbers beyond 30 digits are no product's integers, and are not worked out.
func integer(number string) string {
	if !strings.ContainsAny(number, ".eE") {
		return number
	}
	mantissa, exponent, _ := strings.Cut(strings.ToLower(number), "e")
	mantissa, negative := strings.CutPrefix(mantissa, "-")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	fraction = strings.TrimRight(fraction, "0")
	digits := strings.TrimLeft(whole+fraction, "0")
	if digits == "" {
		return "0"
	}
	shift := 0
	if exponent != "" {
		var err error
		if shift, err = strconv.Atoi(exponent); err != nil || shift < -MaxBody || shift > MaxBody {
			return number
		}
	}
	shift -= len(fraction)
	if shift < 0 { // 100e-1
		kept := strings.TrimRight(digits, "0")
		if len(digits)-len(kept) < -shift {
			return number
		}
		digits, shift = digits[:len(digits)+shift], 0
	}
	if len(digits)+shift > 30 {
		return number
	}
	digits += strings.Repeat("0", shift)
	if negative {
		return "-" + digits
	}
	return digits
}
