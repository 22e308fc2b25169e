// Package words is the catalogue of what people read: one sentence for one key, in one file for each area of the product. Pages,
// mails and errors take their sentences from here, so that they can be read in one place, and translated.
package words

import (
	"bytes"
	"compress/gzip"
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:generate go run ./pack

// The sentences are packed, by pack, since every function that says something carries them.
//
//go:embed packed/en
var inEnglish embed.FS

// carried holds the files of the areas that are spoken in other languages, too: name → *embed.FS.
var carried sync.Map

// message is one key's sentence. Most have one form; what counts something has one for each number that reads differently.
type message struct {
	Zero  string `json:"zero,omitempty"` // when there is none; without it the form of 0
	One   string `json:"one,omitempty"`  // the forms that Language.form chooses from
	Two   string `json:"two,omitempty"`
	Few   string `json:"few,omitempty"`
	Many  string `json:"many,omitempty"`
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

// of is the form for a number.
func (m *message) of(l Language, n int64) string {
	if n == 0 && m.Zero != "" {
		return m.Zero
	}
	s := ""
	switch l.form(n) {
	case one:
		s = m.One
	case two:
		s = m.Two
	case few:
		s = m.Few
	case many:
		s = m.Many
	}
	if s == "" {
		return m.Other
	}
	return s
}

// areas holds each file once it has been asked for: a function that renders one page does not read the others' words.
var areas sync.Map // path → func() (map[string]message, error)

func area(l Language, name string) (map[string]message, error) {
	if _, ok := carried.Load(name); !ok && l != English {
		return nil, fs.ErrNotExist // and that is not kept, since it may be spoken later
	}
	path := string(l) + "/" + name
	once, _ := areas.LoadOrStore(path, sync.OnceValues(func() (map[string]message, error) {
		m, err := load(l, name)
		if err != nil {
			return nil, fmt.Errorf("words: there is no area %q in %q: %w", name, l, err)
		}
		return m, nil
	}))
	return once.(func() (map[string]message, error))()
}

// load reads an area. In English it has its keys; in another language the sentences stand in the order of the sorted keys, so that those
// are not carried for each language again.
func load(l Language, name string) (map[string]message, error) {
	if l == English {
		var m map[string]message
		return m, read(&inEnglish, "packed/en/"+name+".en.gz", &m)
	}
	files, ok := carried.Load(name)
	if !ok {
		return nil, fs.ErrNotExist
	}
	var all []message
	if err := read(files.(*embed.FS), "packed/"+string(l)+"/"+name+".gz", &all); err != nil {
		return nil, err
	}
	keys, err := area(English, name)
	if err != nil {
		return nil, err
	}
	if len(all) != len(keys) {
		return nil, fmt.Errorf("%d sentences, and English has %d", len(all), len(keys))
	}
	m := make(map[string]message, len(all))
	for n, key := range slices.Sorted(maps.Keys(keys)) {
		m[key] = all[n]
	}
	return m, nil
}

func read(files *embed.FS, path string, into any) error {
	b, err := files.ReadFile(path)
	if err != nil {
		return err
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return err
	}
	if b, err = io.ReadAll(z); err != nil {
		return err
	}
	return json.Unmarshal(b, into)
}

// Say is [Language.Say] in English.
func Say(key string, values ...any) string { return English.Say(key, values...) }

// Fill is [Language.Fill] in English.
func Fill(key string, write func(any) string, values ...any) (string, error) {
	return English.Fill(key, write, values...)
}

// Find returns the sentence of a key, "area.name", with its values in place. Values are pairs of a name and a value, and stand
// where the sentence has the name in braces. The value named "n" is a number, and picks the form. Of an area that only those read
// who work at an agency there is English alone, and that is said. An error means that the key, or a value that the sentence wants, is
// not there: the tests keep that from happening in the product.
func (l Language) Find(key string, values ...any) (string, error) {
	return l.Fill(key, l.written, values...)
}

// Say is Find for keys that stand in the source, which the tests look up: a key that is missing shows itself.
func (l Language) Say(key string, values ...any) string {
	s, err := l.Find(key, values...)
	if err != nil {
		return key
	}
	return s
}

// Fill is Find with values written by write, such as one that escapes them for HTML. What reads differently in each language
// has been put into this one before.
func (l Language) Fill(key string, write func(any) string, values ...any) (string, error) {
	file, name, _ := strings.Cut(key, ".")
	sentences, err := area(l, file)
	if err != nil && l != English {
		l = English
		sentences, err = area(l, file)
	}
	if err != nil {
		return "", err
	}
	m, ok := sentences[name]
	if !ok {
		return "", fmt.Errorf("words: there is no %q in %q", key, l)
	}
	if len(values)%2 != 0 {
		return "", fmt.Errorf("words: %s: a name without a value", key)
	}
	form := m.Other
	for i := 0; i < len(values); i += 2 {
		if values[i] != "n" {
			continue
		}
		if n, err := strconv.ParseInt(fmt.Sprint(values[i+1]), 10, 64); err == nil {
			form = m.of(l, n)
		}
	}
	return place(key, form, func(v any) string {
		if v, ok := v.(Localized); ok {
			return write(v.In(l))
		}
		return write(v)
	}, values)
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

// Again is a sentence of an area that was kept in English, said in the language. It may have one value, which stays. What is none of the
// area's stays as it is, such as what somebody else has said. Of several sentences that fit it is the one that comes first by its key.
func (l Language) Again(name, kept string) string {
	if l == English || kept == "" {
		return kept
	}
	sentences, err := area(English, name)
	if err != nil {
		return kept
	}
	for key, m := range sentences {
		if m.Other == kept {
			return l.Say(name + "." + key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(sentences)) {
		before, rest, has := strings.Cut(sentences[key].Other, "{")
		value, after, _ := strings.Cut(rest, "}")
		middle, begins := strings.CutPrefix(kept, before)
		middle, ends := strings.CutSuffix(middle, after)
		if has && begins && ends && middle != "" {
			return l.Say(name+"."+key, value, middle)
		}
	}
	return kept
}
