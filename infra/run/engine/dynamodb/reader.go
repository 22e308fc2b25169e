package dynamodb

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// reader takes JSON apart token by token. Strings without escapes are pieces of its input, not copies. After an error
// every method returns at once; err says the first one.
type reader struct {
	s     string
	pos   int
	first bool // right after an opening bracket
	err   *failure
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = malformed(format, args...)
	}
	r.pos = len(r.s)
}

// reject records an error that is not one of syntax.
func (r *reader) reject(f *failure) {
	if r.err == nil {
		r.err = f
	}
	r.pos = len(r.s)
}

func (r *reader) space() {
	for r.pos < len(r.s) {
		switch r.s[r.pos] {
		case ' ', '\t', '\n', '\r':
			r.pos++
		default:
			return
		}
	}
}

// peek is the first byte of the next token, 0 at the end.
func (r *reader) peek() byte {
	r.space()
	if r.pos >= len(r.s) {
		return 0
	}
	return r.s[r.pos]
}

// open expects '{' or '['.
func (r *reader) open(bracket byte) bool {
	if r.peek() != bracket {
		r.unexpected()
		return false
	}
	r.pos++
	r.first = true
	return true
}

func (r *reader) unexpected() {
	switch c := r.peek(); {
	case r.err != nil:
	case c == 0:
		r.fail("Unexpected end of the request's JSON")
	default:
		r.fail("Unexpected character %q in the request's JSON at byte %d", c, r.pos)
	}
}

// more says whether another member or element follows, and takes the comma or the closing bracket.
func (r *reader) more(closing byte) bool {
	if r.err != nil {
		return false
	}
	c := r.peek()
	if r.first {
		r.first = false
		if c == closing {
			r.pos++
			return false
		}
		return true
	}
	switch c {
	case ',':
		r.pos++
		return true
	case closing:
		r.pos++
		return false
	}
	r.unexpected()
	return false
}

// name is a member's name with its colon.
func (r *reader) name() string {
	s := r.str()
	if r.err == nil && r.peek() != ':' {
		r.unexpected()
		return ""
	}
	r.pos++
	return s
}

func (r *reader) str() string {
	if r.peek() != '"' {
		r.unexpected()
		return ""
	}
	start := r.pos + 1
	ascii := true
	for i := start; i < len(r.s); i++ {
		switch c := r.s[i]; {
		case c == '"':
			r.pos = i + 1
			s := r.s[start:i]
			if !ascii && !utf8.ValidString(s) {
				r.fail("A string of the request is not UTF-8")
				return ""
			}
			return s
		case c == '\\':
			return r.escaped(start, i)
		case c < 0x20:
			r.fail("An unescaped control character in the request's JSON at byte %d", i)
			return ""
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	r.pos = len(r.s)
	r.fail("Unexpected end of the request's JSON")
	return ""
}

// escaped goes on with a string whose first escape is at i.
func (r *reader) escaped(start, i int) string {
	var b strings.Builder
	b.WriteString(r.s[start:i])
	for i < len(r.s) {
		c := r.s[i]
		switch {
		case c == '"':
			r.pos = i + 1
			if s := b.String(); utf8.ValidString(s) {
				return s
			}
			r.fail("A string of the request is not UTF-8")
			return ""
		case c < 0x20:
			r.fail("An unescaped control character in the request's JSON at byte %d", i)
			return ""
		case c != '\\':
			b.WriteByte(c)
			i++
			continue
		}
		if i+1 >= len(r.s) {
			break
		}
		if at := strings.IndexByte(`"\/bfnrt`, r.s[i+1]); at >= 0 {
			b.WriteByte("\"\\/\b\f\n\r\t"[at])
			i += 2
			continue
		}
		if r.s[i+1] != 'u' {
			r.fail("A bad escape in the request's JSON at byte %d", i)
			return ""
		}
		first, ok := hex4(r.s, i+2)
		if !ok {
			r.fail("A bad escape in the request's JSON at byte %d", i)
			return ""
		}
		i += 6
		if utf16.IsSurrogate(first) {
			second, ok := rune(0), false
			if strings.HasPrefix(r.s[min(i, len(r.s)):], `\u`) {
				second, ok = hex4(r.s, i+2)
			}
			if first = utf16.DecodeRune(first, second); !ok || first == utf8.RuneError {
				r.fail("Half a surrogate pair in the request's JSON at byte %d", i)
				return ""
			}
			i += 6
		}
		b.WriteRune(first)
	}
	r.fail("Unexpected end of the request's JSON")
	return ""
}

func hex4(s string, at int) (rune, bool) {
	if at+4 > len(s) {
		return 0, false
	}
	n, err := strconv.ParseUint(s[at:at+4], 16, 32)
	return rune(n), err == nil //nolint:gosec // four digits
}

// null takes a null if one is next.
func (r *reader) null() bool { return r.peek() == 'n' && r.literal("null") }

func (r *reader) literal(word string) bool {
	if strings.HasPrefix(r.s[r.pos:], word) {
		r.pos += len(word)
		return true
	}
	r.unexpected()
	return false
}

func (r *reader) boolean() bool {
	switch r.peek() {
	case 't':
		return r.literal("true")
	case 'f':
		r.literal("false")
		return false
	}
	r.unexpected()
	return false
}

// integer is a whole number as JSON has it.
func (r *reader) integer() int {
	r.peek()
	start := r.pos
	for r.pos < len(r.s) && strings.IndexByte("+-0123456789.eE", r.s[r.pos]) >= 0 {
		r.pos++
	}
	n, err := strconv.Atoi(r.s[start:r.pos])
	if err != nil {
		r.pos = start
		r.unexpected()
		return 0
	}
	return n
}

// end expects nothing but space.
func (r *reader) end() {
	if r.err == nil && r.peek() != 0 {
		r.unexpected()
	}
}

// appendString appends s as a JSON string.
func appendString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	from := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		case '\r':
			b = append(b, '\\', 'r')
		case '\t':
			b = append(b, '\\', 't')
		default:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	return append(append(b, s[from:]...), '"')
}
