// Package words is the catalogue of what people read: one sentence for one key, in one file for each area of the product. Pages,
// mails and errors take their sentences from here, so that they can be read in one place, and translated.
package words

import (
	"embed"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
)

//go:embed en/*.json
var files embed.FS

// message is one key's sentence. Most have one form; what counts something has one for each number that reads differently.
type message struct {
	Zero  string `json:"zero,omitempty"`  // when there is none; without it Other
	One   string `json:"one,omitempty"`   // when there is exactly one
	Other string `json:"other,omitempty"` // any other number, or the only form
}

// UnmarshalJSON reads a string, or an object with a form for each number.
func (m *message) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, &m.Other)
	}
	type forms message
	return json.Unmarshal(b, (*forms)(m))
}

// areas holds each file once it has been asked for: a function that renders one page does not read the others' words.
var areas sync.Map // area → func() (map[string]message, error)

func area(name string) (map[string]message, error) {
	once, _ := areas.LoadOrStore(name, sync.OnceValues(func() (map[string]message, error) {
		b, err := files.ReadFile("en/" + name + ".json")
		if err != nil {
			return nil, fmt.Errorf("words: there is no area %q", name)
		}
		var m map[string]message
		if err := json.Unmarshal(b, &m); err != nil {
			return nil, fmt.Errorf("words: %s: %w", name, err)
		}
		return m, nil
	}))
	return once.(func() (map[string]message, error))()
}

// Find returns the sentence of a key, "area.name", with its values in place. Values are pairs of a name and a value, and stand
// where the sentence has the name in braces. The value named "n" is a number, and picks the form. An error means that the key,
// or a value that the sentence wants, is not there: the tests keep that from happening in the product.
func Find(key string, values ...any) (string, error) {
	return fill(key, func(v any) string { return fmt.Sprint(v) }, values)
}

// Say is [Find] for keys that stand in the source, which the tests look up: a key that is missing shows itself.
func Say(key string, values ...any) string {
	s, err := Find(key, values...)
	if err != nil {
		return key
	}
	return s
}

// Fill is [Find] with values written by write, such as one that escapes them for HTML.
func Fill(key string, write func(any) string, values ...any) (string, error) {
	return fill(key, write, values)
}

func fill(key string, write func(any) string, values []any) (string, error) {
	file, name, _ := strings.Cut(key, ".")
	sentences, err := area(file)
	if err != nil {
		return "", err
	}
	m, ok := sentences[name]
	if !ok {
		return "", fmt.Errorf("words: there is no %q", key)
	}
	if len(values)%2 != 0 {
		return "", fmt.Errorf("words: %s: a name without a value", key)
	}
	form := m.Other
	for i := 0; i < len(values); i += 2 {
		if values[i] != "n" {
			continue
		}
		switch n := fmt.Sprint(values[i+1]); {
		case n == "0" && m.Zero != "":
			form = m.Zero
		case n == "1" && m.One != "":
			form = m.One
		}
	}
	return place(key, form, write, values)
}

// place puts the values where the form names them.
func place(key, form string, write func(any) string, values []any) (string, error) {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(form, "{")
		b.WriteString(before)
		if !found {
			return b.String(), nil
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed {
			return "", fmt.Errorf("words: %s: a brace is not closed", key)
		}
		value, ok := lookup(name, values)
		if !ok {
			return "", fmt.Errorf("words: %s wants a value for %q", key, name)
		}
		b.WriteString(write(value))
		form = after
	}
}

func lookup(name string, values []any) (any, bool) {
	for i := 0; i+1 < len(values); i += 2 {
		if values[i] == name {
			return values[i+1], true
		}
	}
	return nil, false
}
