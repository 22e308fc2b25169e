package api

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"latchkey.dev/shared/adapter/problem"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/words"
)

// huma reports what is wrong with a request's form through this function: it is where its words become ours.
func init() {
	huma.DefaultArrayNullable = false // a list that has nothing is empty, and never null
	huma.ValidateStrictCasing = true  // a member of another case is another member, as the document says
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		if status == 0 { // asked for its type, to describe it in the document
			return &problem.Problem{}
		}
		return problem.Of(formFault(status, message, errs))
	}
	huma.NewErrorWithContext = func(ctx huma.Context, status int, message string, errs ...error) huma.StatusError {
		f, asked := formFault(status, message, errs), of(ctx.Context())
		if f.Code == fault.Invalid && asked.form != nil {
			f = besides(f, fault.As(asked.form(asked.body)))
		}
		return problem.Of(f)
	}
}

// besides adds to what is wrong with a form what is wrong with the values of its other fields.
func besides(f, values *fault.Error) *fault.Error {
	if values == nil {
		return f
	}
	told := f.Fields
	for _, v := range values.Fields {
		same := func(e fault.Field) bool {
			return e.Location == "" || within(e.Location, v.Location) || within(v.Location, e.Location)
		}
		if !slices.ContainsFunc(told, same) {
			f.Fields = append(f.Fields, v)
		}
	}
	return inOrder(f)
}

// within tells whether a location is another one or a part of it.
func within(part, whole string) bool {
	rest, ok := strings.CutPrefix(part, whole)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// inOrder sorts a form's faults by the names of its fields, since huma looks through maps in any order, and leaves as many as are
// told.
func inOrder(f *fault.Error) *fault.Error {
	slices.SortStableFunc(f.Fields, func(a, b fault.Field) int { return strings.Compare(a.Location, b.Location) })
	f.Fields = f.Fields[:min(len(f.Fields), mostErrors)]
	f.Message = words.Say("errors.some_fields_need_another_look")
	if len(f.Fields) == 1 {
		f.Message = f.Fields[0].Message
	}
	return f
}

func formFault(status int, message string, errs []error) *fault.Error {
	switch status {
	case http.StatusRequestEntityTooLarge:
		if !strings.Contains(message, strconv.Itoa(MaxBody)) {
			return tooLarge(MaxBody + 1)
		}
		return tooLarge(MaxBody)
	case http.StatusUnprocessableEntity, http.StatusBadRequest:
	case http.StatusUnsupportedMediaType:
		return fault.New(fault.UnsupportedType, "errors.send_the_body_as_json_with")
	case http.StatusNotAcceptable:
		return fault.New(fault.Malformed, "errors.this_api_answers_in_json_accept")
	case http.StatusRequestTimeout:
		return fault.New(fault.Malformed, "errors.the_body_did_not_arrive_in")
	default:
		return internal
	}
	f := fault.New(fault.Invalid, "errors.some_fields_need_another_look")
	for _, err := range errs {
		d, ok := err.(huma.ErrorDetailer) //nolint:errorlint // huma hands out its own type, unwrapped
		if !ok {
			return fault.New(fault.Malformed, "errors.the_body_is_not_valid_json")
		}
		f.Fields = append(f.Fields, inWords(d.ErrorDetail()))
	}
	if len(f.Fields) == 0 {
		if strings.Contains(message, "body is required") {
			return fault.New(fault.Malformed, "errors.the_request_came_without_a_body")
		}
		return fault.New(fault.Malformed, "errors.the_body_is_not_valid_json")
	}
	for _, e := range f.Fields {
		if e.Location == "" && strings.Contains(e.Message, "JSON") {
			return fault.Saying(fault.Malformed, e.Message)
		}
	}
	return inOrder(f)
}

// plain words one of JSON's types; "" for what is none.
func plain(kind string) string {
	switch kind {
	case "string":
		return words.Say("errors.a_text")
	case "object":
		return words.Say("errors.an_object")
	case "array":
		return words.Say("errors.a_list")
	case "boolean":
		return words.Say("errors.true_or_false")
	case "integer":
		return words.Say("errors.a_whole_number")
	case "number":
		return words.Say("errors.a_number")
	}
	return ""
}

// inPlain says what a value must be, out of huma's terse terms.
func inPlain(term string) string {
	if kind := plain(term); kind != "" {
		return kind
	}
	if n, ok := strings.CutPrefix(term, "length <= "); ok {
		return words.Say("errors.longest", "n", n)
	}
	if n, ok := strings.CutPrefix(term, "length >= "); ok {
		return words.Say("errors.shortest", "n", n)
	}
	if n, ok := strings.CutPrefix(term, "number <= "); ok {
		return words.Say("errors.at_most", "n", n)
	}
	if n, ok := strings.CutPrefix(term, "number >= "); ok {
		return words.Say("errors.at_least", "n", n)
	}
	if n, ok := strings.CutPrefix(term, "array length <= "); ok {
		return words.Say("errors.longest_list", "n", n)
	}
	return term
}

// tooLong is the field of a number that the field's type does not hold, out of what encoding/json says of it.
func tooLong(message string) (field string, ok bool) {
	if !strings.HasPrefix(message, "json: cannot unmarshal number ") {
		return "", false
	}
	_, path, ok := strings.Cut(message, " into Go struct field ")
	path, _, _ = strings.Cut(path, " of type ")
	_, field, found := strings.Cut(path, ".")
	return field, ok && found
}

// inWords puts one of huma's findings into a sentence at its field. What was sent is never repeated.
func inWords(d *huma.ErrorDetail) fault.Field {
	location := d.Location
	for _, prefix := range []string{"body.", "query.", "path.", "header.", "cookie."} {
		location = strings.TrimPrefix(location, prefix)
	}
	if location == "body" {
		location = ""
	}
	m := d.Message
	if name, ok := strings.CutPrefix(m, "expected required property "); ok {
		name, _, _ = strings.Cut(name, " ")
		location = strings.TrimPrefix(location+"."+name, ".")
		m = words.Say("errors.fill_in")
	} else if m == "unexpected property" {
		m = words.Say("errors.no_such_field")
	} else if m == "unknown query parameter" {
		m = words.Say("errors.no_such_parameter")
	} else if rest, ok := strings.CutPrefix(m, "expected value to be one of "); ok {
		m = words.Say("errors.choose_one_of", "values", strings.Trim(rest, `"`))
	} else if rest, ok := strings.CutPrefix(m, "expected "); ok {
		m = words.Say("errors.must_be", "what", inPlain(rest))
	} else if rest, ok := strings.CutPrefix(m, "invalid "); ok && location != "" {
		m = words.Say("errors.must_be", "what", cmp.Or(plain(rest), words.Say("errors.a_valid", "kind", rest)))
	} else if field, ok := tooLong(m); ok {
		location, m = field, words.Say("errors.number_too_large")
	} else if location == "" {
		return fault.Field{Message: words.Say("errors.the_body_is_not_valid_json")}
	}
	location = short(location)
	if location == "email" {
		m = fault.InField(location, email.Invalid).Message
	}
	return fault.Field{Location: location, Message: m}
}
