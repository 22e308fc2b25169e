package n8n

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"unicode/utf8"
)

// Limits of what is read of one answer.
const (
	maxDepth = 200 // of what is nested in what
	maxWord  = 64  // bytes of a number, true, false or null
)

var (
	errLong   = errors.New("n8n: the answer is too long")
	errSyntax = errors.New("n8n: the answer is no JSON of the kind that was asked for")
)

// scanner reads JSON from left to right and keeps only what it is asked for. A decoder that builds values holds all of
// what an instance sends: eight megabytes of empty objects become a hundred times as much memory.
type scanner struct {
	r    *bufio.Reader
	left int64 // bytes that may still be read
}

func newScanner(r io.Reader, most int64) *scanner {
	return &scanner{r: bufio.NewReaderSize(r, 32<<10), left: most}
}

// next takes one byte.
func (s *scanner) next() (byte, error) {
	if s.left <= 0 {
		return 0, errLong
	}
	c, err := s.r.ReadByte()
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	s.left--
	return c, err
}

func (s *scanner) back() {
	_ = s.r.UnreadByte() // a byte was just read
	s.left++
}

// peek is the first byte of the next value, which stays to be read.
func (s *scanner) peek() (byte, error) {
	for {
		c, err := s.next()
		if err != nil {
			return 0, err
		}
		switch c {
		case ' ', '\t', '\r', '\n':
			continue
		}
		s.back()
		return c, nil
	}
}

// take reads the byte that must come next.
func (s *scanner) take(want byte) error {
	c, err := s.peek()
	if err != nil {
		return err
	}
	if c != want {
		return errSyntax
	}
	_, err = s.next()
	return err
}

// each reads what stands between the two brackets, an item at a time; item reads one. Where there is another kind of
// value, it is passed over, and there is no item.
func (s *scanner) each(from, to byte, item func() error) error {
	c, err := s.peek()
	if err != nil {
		return err
	}
	if c != from {
		return s.skip()
	}
	if err := s.take(from); err != nil {
		return err
	}
	if c, err = s.peek(); err != nil {
		return err
	}
	if c == to {
		return s.take(to)
	}
	for {
		if err := item(); err != nil {
			return err
		}
		c, err := s.peek()
		switch {
		case err != nil:
			return err
		case c == to:
			return s.take(to)
		}
		if err := s.take(','); err != nil {
			return err
		}
	}
}

// array reads an array; item reads one of its values.
func (s *scanner) array(item func() error) error { return s.each('[', ']', item) }

// object reads an object; member reads the value of the key. Keys are long enough to be told apart.
func (s *scanner) object(member func(key string) error) error {
	return s.each('{', '}', func() error {
		if c, err := s.peek(); err != nil || c != '"' {
			return errors.Join(err, errSyntax)
		}
		key, err := s.text(maxWord)
		if err != nil {
			return err
		}
		if err := s.take(':'); err != nil {
			return err
		}
		return member(key)
	})
}

// text reads a string, or a number as one, and keeps at most so many bytes of it. Any other value is "".
func (s *scanner) text(most int) (string, error) {
	c, err := s.peek()
	switch {
	case err != nil:
		return "", err
	case c == '-' || c >= '0' && c <= '9':
		return s.word()
	case c != '"':
		return "", s.skip()
	}
	raw := []byte{'"'}
	if _, err := s.next(); err != nil {
		return "", err
	}
	torn := false
	for escaped := false; ; {
		c, err := s.next()
		if err != nil {
			return "", err
		}
		if c == '"' && !escaped {
			break
		}
		escaped = c == '\\' && !escaped
		if torn = torn || len(raw) > 6*most; !torn { // an escape has at most six bytes for one
			raw = append(raw, c)
		}
	}
	out, err := unquote(raw, torn)
	if err != nil {
		return "", err
	}
	return cut(out, most), nil
}

// unquote reads a string without its closing quote. A torn one may end in the middle of a sign or of an escape.
func unquote(raw []byte, torn bool) (string, error) {
	for off := 0; off == 0 || torn && off < min(12, len(raw)); off++ { // two escapes that make one sign have twelve bytes
		var out string
		if json.Unmarshal(append(bytes.Clone(raw[:len(raw)-off]), '"'), &out) == nil {
			return out, nil
		}
	}
	return "", errSyntax
}

// cut is at most so many bytes of s, without a part of a sign at its end.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most]
}

// truth reads true or false; any other value is false.
func (s *scanner) truth() (bool, error) {
	c, err := s.peek()
	if err != nil || c != 't' {
		return false, errors.Join(err, s.skip())
	}
	w, err := s.word()
	return w == "true", err
}

// word reads a number, true, false or null.
func (s *scanner) word() (string, error) {
	var w []byte
	for {
		c, err := s.next()
		if errors.Is(err, io.ErrUnexpectedEOF) && len(w) > 0 {
			break
		}
		if err != nil {
			return "", err
		}
		if c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c == '-' || c == '+' || c == '.' || c == 'E' {
			if w = append(w, c); len(w) > maxWord {
				return "", errSyntax
			}
			continue
		}
		s.back()
		break
	}
	if !json.Valid(w) {
		return "", errSyntax
	}
	return string(w), nil
}

// skip passes over one value.
func (s *scanner) skip() error {
	depth := 0
	for {
		c, err := s.peek()
		if err != nil {
			return err
		}
		switch c {
		case '{', '[':
			if depth++; depth > maxDepth {
				return errSyntax
			}
			_, err = s.next()
		case '}', ']':
			depth--
			_, err = s.next()
		case ',', ':':
			if depth == 0 {
				return errSyntax
			}
			_, err = s.next()
		case '"':
			err = s.pass()
		default:
			_, err = s.word()
		}
		if err != nil {
			return err
		}
		if depth < 0 {
			return errSyntax
		}
		if depth == 0 {
			return nil
		}
	}
}

// pass passes over a string.
func (s *scanner) pass() error {
	if _, err := s.next(); err != nil {
		return err
	}
	for escaped := false; ; {
		c, err := s.next()
		switch {
		case err != nil:
			return err
		case escaped:
			escaped = false
		case c == '\\':
			escaped = true
		case c == '"':
			return nil
		}
	}
}
