package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"mime"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/words"
)

// deepest is how many lists and objects of a body may lie within each other. What operations take has five at most.
const deepest = 32

// prepared is the request as huma is to read it, or the fault that is told in its place. Huma takes a body without a type, of a
// type in capitals for an unknown one, members that stand twice, and 10.0 for no integer; and it looks at a query's first value
// only. What is refused here is refused before anything of the request is carried out.
func (o Operation) prepared(r *http.Request) (*http.Request, error) {
	if err := clearQuery(r); err != nil {
		return nil, err
	}
	if len(o.takes) == 0 || r.Body == nil {
		return r, nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, o.spec.MaxBodyBytes+1))
	if err != nil {
		return nil, fault.New(fault.Malformed, "errors.the_body_did_not_arrive_in")
	}
	if int64(len(body)) > o.spec.MaxBodyBytes {
		return nil, tooLarge(o.spec.MaxBodyBytes)
	}
	if len(body) > 0 {
		kind, err := o.contentType(r.Header)
		if err != nil {
			return nil, err
		}
		if kind == jsonType {
			if body, err = plainJSON(body); err != nil {
				return nil, err
			}
		}
		r.Header.Set("Content-Type", kind)
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return r, nil
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
	if charset, ok := parameters["charset"]; ok && kind == jsonType && !strings.EqualFold(charset, "utf-8") {
		return "", fault.New(fault.UnsupportedType, "errors.json_is_sent_in_utf_8")
	}
	return kind, nil
}

// clearQuery refuses a query that can be read in two ways.
func clearQuery(r *http.Request) error {
	var twice []error
	for name, values := range r.URL.Query() {
		if len(values) > 1 {
			twice = append(twice, fault.InField(name, "errors.send_this_parameter_once"))
		}
	}
	return fault.Together(twice...)
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
		folded := strings.ToLower(name)
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
	if !strings.ContainsAny(number, ".eE") || len(number) > 40 {
		return number
	}
	if _, exponent, ok := strings.Cut(strings.ToLower(number), "e"); ok && len(strings.TrimLeft(exponent, "+-0")) > 2 {
		return number
	}
	r, ok := new(big.Rat).SetString(number)
	if !ok || !r.IsInt() {
		return number
	}
	if digits := r.Num().String(); len(digits) <= 30 {
		return digits
	}
	return number
}
