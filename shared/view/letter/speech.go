package letter

import (
	"cmp"
	htmltemplate "html/template"
	"slices"
	"strings"
	"sync"
	texttemplate "text/template"

	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/view/page"
)

// speech is the language that a mail is written in.
type speech struct{ words.Language }

// Speak has the program write mails in every language.
func Speak() {
	words.Speak(words.Mail, words.AccountMail, words.Contract, words.Invitation, words.Money, words.Payer, words.Receipt, words.Reminders,
		words.Time, words.General, words.Checkout)
}

// in is the language; English for none.
func in(l words.Language) speech {
	Speak()
	return speech{cmp.Or(l, words.English)}
}

// The marks of Unicode's bidirectional algorithm (UAX 9) that keep what stands between them out of the order of the rest.
const (
	leftToRight = "\u2066" // as an address or a code is read
	byItself    = "\u2068" // as its first letter is read
	closed      = "\u2069"
)

// Say is a sentence of the mail. Written from right to left it keeps each value apart, so that none turns around with the sentence.
func (s speech) Say(key string, values ...any) string {
	out, err := s.Find(key, values...)
	if err != nil { // which the tests keep from happening
		return key
	}
	return out
}

// Find is [words.Language.Find], with values apart as in Say.
func (s speech) Find(key string, values ...any) (string, error) {
	return s.Language.Find(key, s.apart(values)...)
}

// rich is a sentence that has markup of its own; values are escaped.
func (s speech) rich(key string, values ...any) (htmltemplate.HTML, error) {
	return page.RichIn(s.Language, key, values...)
}

func (s speech) rightToLeft() bool { return s.Direction() == "rtl" }

// start is the side at which its lines begin, as HTML's align says it.
func (s speech) start() string {
	if s.rightToLeft() {
		return "right"
	}
	return "left"
}

// colon is how a line ends that others follow.
func (s speech) colon() string {
	if s.Language == words.French {
		return "\u00a0:"
	}
	return ":"
}

// finish is the other side.
func (s speech) finish() string {
	if s.rightToLeft() {
		return "left"
	}
	return "right"
}

func (s speech) apart(values []any) []any {
	if !s.rightToLeft() {
		return values
	}
	out := slices.Clone(values)
	for i := 1; i < len(out); i += 2 {
		if v, ok := out[i].(string); ok {
			out[i] = s.isolate(v)
		}
	}
	return out
}

// isolate keeps a value apart where the mail is written from right to left.
func (s speech) isolate(v string) string {
	switch {
	case v == "" || !s.rightToLeft():
		return v
	case technical(v):
		return leftToRight + v + closed
	}
	return byItself + v + closed
}

// technical tells whether it is an address, a code or the like, of which no letter says in which direction it is read.
func technical(v string) bool {
	return strings.IndexFunc(v, func(r rune) bool { return r <= ' ' || r > '~' }) < 0 && strings.ContainsAny(v, "@:/.0123456789")
}

// elements are the marks in HTML, where more programs know them.
var elements = strings.NewReplacer(leftToRight, `<bdi dir="ltr">`, byItself, "<bdi>", closed, "</bdi>")

// shown is a sentence as HTML.
func shown(v any) any {
	s, ok := v.(string)
	if !ok || !strings.ContainsAny(s, leftToRight+byItself) {
		return v
	}
	return htmltemplate.HTML(elements.Replace(htmltemplate.HTMLEscapeString(s))) //nolint:gosec // escaped, but for elements of ours
}

// plain is a sentence where HTML takes no elements.
func plain(v string) string {
	return strings.NewReplacer(leftToRight, "", byItself, "", closed, "").Replace(v)
}

// set are the letters of one language. They are parsed when the first one is written: what imports this package for a type alone
// neither waits for it nor links what it takes.
type set struct {
	htmls *htmltemplate.Template
	texts *texttemplate.Template
}

var sets sync.Map // words.Language → func() set

func (s speech) set() set {
	once, _ := sets.LoadOrStore(s.Language, sync.OnceValue(func() set {
		return set{
			htmls: htmltemplate.Must(htmltemplate.New("").Funcs(htmltemplate.FuncMap{"lines": lines, "dict": page.Dict,
				"say": func(key string, values ...any) (any, error) {
					out, err := s.Find(key, values...)
					return shown(out), err
				},
				"rich": s.rich, "shown": shown, "plain": plain, "rtl": s.rightToLeft, "start": s.start, "finish": s.finish,
				"dir":  s.Direction,
				"lang": func() string { return string(s.Language) }}).ParseFS(files, "*.html")),
			texts: texttemplate.Must(texttemplate.New("").Funcs(texttemplate.FuncMap{"say": s.Find, "isolate": s.isolate,
				"colon": s.colon}).
				ParseFS(files, "*.txt")),
		}
	}))
	return once.(func() set)()
}
