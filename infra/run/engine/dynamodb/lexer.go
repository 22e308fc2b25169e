package dynamodb

// tokenKind is the class of a token of an expression.
type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	tokenWord
	tokenName   // #name
	tokenValue  // :value
	tokenNumber // digits, between brackets
	tokenSymbol
	tokenBad
)

type token struct {
	kind tokenKind
	text string
	at   int
}

// lex takes an expression apart. A character that no token begins with becomes a tokenBad, which the parser refuses
// when it comes to it.
func lex(s string) []token {
	tokens := make([]token, 0, len(s)/4+4)
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			i++
			continue
		case letter(c) && c != '_':
			n := run(s, i+1)
			tokens = append(tokens, token{tokenWord, s[i:n], i})
			i = n
		case digit(c):
			n := i + 1
			for n < len(s) && digit(s[n]) {
				n++
			}
			tokens = append(tokens, token{tokenNumber, s[i:n], i})
			i = n
		case c == '#' || c == ':':
			n := run(s, i+1)
			k := tokenName
			switch {
			case n == i+1:
				k = tokenBad
			case c == ':':
				k = tokenValue
			}
			tokens = append(tokens, token{k, s[i:n], i})
			i = n
		case c == '<' || c == '>':
			n := i + 1
			if n < len(s) && (s[n] == '=' || c == '<' && s[n] == '>') {
				n++
			}
			tokens = append(tokens, token{tokenSymbol, s[i:n], i})
			i = n
		case c == '=' || c == '(' || c == ')' || c == '[' || c == ']' || c == ',' || c == '.' || c == '+' || c == '-':
			tokens = append(tokens, token{tokenSymbol, s[i : i+1], i})
			i++
		default:
			tokens = append(tokens, token{tokenBad, s[i : i+1], i})
			i++
		}
	}
	return append(tokens, token{tokenEnd, "<EOF>", len(s)})
}

func letter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' }

func digit(c byte) bool { return c >= '0' && c <= '9' }

// run is where the letters, digits and underscores that begin at i end.
func run(s string, i int) int {
	for i < len(s) && (letter(s[i]) || digit(s[i])) {
		i++
	}
	return i
}
