package batch

import (
	"strings"
	"unicode"

	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/text"
)

// Paste reads a pasted list: addresses with names or without, such as "A <a@x.example>, b@y.example; c@z.example", apart from each
// other by commas, semicolons, white space and line breaks. All of them get the roles. What is no address is a line all the same, so
// that whoever pasted it reads what is wrong with it.
//
// Source: Flowlu's help, "Invite users": emails separated by comma, space or from a new line.
func Paste(pasted string) ([]Line, error) {
	if len(pasted) > MaxPaste {
		return nil, fault.InField("paste", "bulk.paste_too_long")
	}
	var out []Line
	add := func(name, address string) {
		if name, address = text.Trim(name), text.Trim(address); name != "" || address != "" {
			out = append(out, Line{Number: len(out) + 1, Email: address, Name: name})
		}
	}
	before := "" // what stood before a comma and has no address, such as the last name in "Doe, Jane <jane@x.example>"
	for _, piece := range pieces(pasted) {
		s := text.Trim(piece.text)
		if before != "" {
			if strings.Contains(s, "<") {
				s = before + ", " + s
			} else {
				add("", before)
			}
			before = ""
		}
		switch {
		case s == "":
		case strings.Contains(s, "<"):
			name, address := email.Split(s)
			add(name, address)
		case !strings.Contains(s, "@") && piece.comma:
			before = s
		default:
			var name []string
			for _, word := range strings.FieldsFunc(s, unicode.IsSpace) {
				if !strings.Contains(word, "@") {
					name = append(name, word)
					continue
				}
				add(strings.Join(name, " "), word)
				name = nil
			}
			add("", strings.Join(name, " "))
		}
		if len(out) > MaxLines {
			return nil, fault.InField("paste", "bulk.too_many_lines", "most", MaxLines)
		}
	}
	add("", before)
	return out, nil
}

// piece is what stands between two marks of a pasted list.
type piece struct {
	text  string
	comma bool // whether a comma ends it
}

// pieces parts a pasted list at commas, semicolons and line breaks that stand neither in quotes nor in angle brackets, and after each
// angle bracket that closes.
func pieces(s string) []piece {
	var out []piece
	from, quoted, angled := 0, false, false
	cut := func(at int, comma bool) {
		out = append(out, piece{s[from:at], comma})
	}
	for i, r := range s {
		switch {
		case r == '\n' || r == '\r': // ends everything: a quote that nobody closes takes its own line alone
			cut(i, false)
			from, quoted, angled = i+1, false, false
		case r == '"' && !angled:
			quoted = !quoted
		case quoted:
		case r == '<':
			angled = true
		case r == '>':
			cut(i+1, false)
			from, angled = i+1, false
		case angled:
		case r == ',' || r == ';':
			cut(i, r == ',')
			from = i + 1
		}
	}
	cut(len(s), false)
	return out
}
