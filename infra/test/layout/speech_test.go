package layout_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// apart are the places whose words stay in Go: a file, or a declaration of one, below shared/, and why.
var apart = map[string]string{
	// The document of the API, and what it is made of.
	"frontend/api/document.go":          "descriptions of the document",
	"frontend/api/job.go":               "the document's parts",
	"frontend/api/example.go":           "what the document's examples are filled with",
	"frontend/api/sharing_example.go":   "what the document's examples are filled with",
	"frontend/api/batch_example.go":     "what the document's examples are filled with",
	"frontend/api/sender_example.go":    "what the document's examples are filled with",
	"frontend/api/webhook_example.go":   "what the document's examples are filled with",
	"frontend/api/webhook.go Schema":    "a description of the document",
	"frontend/api/contact_example.go":   "what the document's examples are filled with",
	"frontend/api/operation.go config":  "the document's title",
	"frontend/api/operation.go stepsUp": "descriptions in the document",
	"frontend/api/time.go Schema":       "the description of a moment",
	"view/page/docs.go curl":            "a command line, which is the same in every language",
	"view/page/docs.go DocsOf":          "the document's title",
	"domain/identity/who.go String":     "x-who in the document",

	// Words for the operator, beside those of logs and of the operator's tools.
	"domain/payment/payment.go Flaw":      "why a price is not sold",
	"domain/contract/contract.go Sell":    "why a price is not sold",
	"domain/contract/contract.go NoPrice": "why a price is not sold; stored, and compared with what is stored",
	"adapter/ssm/parameter.go Secret":     "how a parameter is made",
	"view/page/bundle/write/main.go main": "a contributor's tool",
	"domain/timezone/write/main.go main":  "a contributor's tool",

	// Names that others have given.
	"adapter/egress/special.go blocks":                 "names of IANA's registries",
	"adapter/egress/special.go special":                "names like those of IANA's registries, for logs",
	"adapter/egress/policy.go protocol":                "names like those of IANA's registries, for logs",
	"adapter/egress/dial.go addresses":                 "an error of Go's resolver",
	"domain/text/unseen.go turns":                      "Unicode's names of characters",
	"adapter/ses/event.go validated":                   "what SES says",
	"adapter/sqs/call.go attempt":                      "a header's value",
	"adapter/sqs/call.go throttled":                    "codes of SQS",
	"adapter/smtp/message.go compose":                  "header fields of a mail",
	"adapter/smtp/smtp.go envelope":                    "a command of SMTP",
	"adapter/ssm/parameter.go get":                     "a field of Parameter Store",
	"adapter/cloudformation/cloudformation.go label":   "a parameter of the operator's template",
	"adapter/cloudformation/cloudformation.go number":  "a parameter of the operator's template",
	"adapter/cloudformation/cloudformation.go running": "a parameter of the operator's template",
	"adapter/cloudformation/cloudformation.go report":  "an output of the operator's template",
	"frontend/api/body.go formOf":                      "a field of Go's",
	"frontend/api/body.go bodyTypes":                   "a field of Go's",

	// What programs read.
	"domain/identity/browser.go flowPlace":       "what a seal is for",
	"domain/identity/browser.go knownPlace":      "what a seal is for",
	"domain/identity/browser.go Asker":           "who asks, in a key of the table",
	"domain/identity/browser.go InvitationAsker": "who asks, in a key of the table",
	"domain/sender/record.go spfValue":           "an SPF record",
	"domain/sender/record.go ZoneFile":           "a zone file",
	"domain/job/job.go Late":                     "a job's state",
	"frontend/web/progress.go progress":          "the edition of a part of a page",
	"frontend/api/client_change.go edition":      "an entity tag that nothing has",
	"frontend/api/activity.go nextFile":          "a Link field",
	"frontend/web/form.go ServeHTTP":             "an Allow field",
	"view/page/page.go contentPolicy":            "a Content-Security-Policy field",
	"view/page/page.go tokenInput":               "markup",
	"view/page/view_agency.go NextHTML":          "markup",
}

// speech is what reads as words for people: a word beside another or beside a space, a number's unit, or one word with a capital.
var speech = regexp.MustCompile(`[A-Za-z]{2,}[,;:.!?]? | [A-Za-z]{2,}|%[.0-9]*[dfgsv] [A-Za-z]|^[A-Z][a-z]+[.!?]?$`)

// Forms that are read by programs, wherever they stand.
var (
	layout     = regexp.MustCompile(`2006`) // of a date
	markup     = regexp.MustCompile(`<[^<>]*>|^[^<>]*>|<[^<>]*$`)
	expression = regexp.MustCompile(`^ ?(SET|REMOVE|ADD|AND|OR)\b|[:#][a-z]+|attribute_|[a-z]+ = |^ AND $`) // of DynamoDB's
	mediaType  = regexp.MustCompile(`^(text|application)/[a-z]+;|^attachment;|^(public|no-cache), |^default-src |^(GET|POST), `)
)

// deaf are the functions whose arguments no page, mail or answer shows: what goes into logs and into errors that are for them, and
// what is compared with the words of others.
var deaf = map[string]string{
	"errors.New": "", "fmt.Errorf": "", "panic": "", "regexp.MustCompile": "", "event.Annotate": "", "payBack": "", "hkdf.Key": "",
	"strings.Contains": "", "strings.HasPrefix": "", "strings.HasSuffix": "", "strings.CutPrefix": "", "strings.CutSuffix": "",
	"strings.TrimPrefix": "", "strings.TrimSuffix": "", "strings.Cut": "", "strings.EqualFold": "", "strings.Index": "",
}

// TestGoHoldsNoSentences: what people read comes from the catalogue, also where it is put together in Go. The descriptions of the
// API stay beside the fields and operations that they describe: they are the document's, which has no other language.
func TestGoHoldsNoSentences(t *testing.T) {
	t.Parallel()
	files := sources(t)
	mains, err := filepath.Glob("../../../functions/*/*/*.go")
	if err != nil || len(mains) < 50 {
		t.Fatalf("%d functions: %v", len(mains), err)
	}
	met := map[string]bool{}
	for _, f := range append(files, mains...) {
		set := token.NewFileSet()
		tree, err := parser.ParseFile(set, f, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		file := strings.TrimPrefix(f, "../../../shared/")
		for _, d := range tree.Decls {
			for name, part := range parts(d) {
				for _, l := range spoken(part) {
					s := literal(l)
					if strings.HasPrefix(file, "adapter/dynamo/") && expression.MatchString(s) {
						continue
					}
					if place := within(file, name); place != "" {
						met[place] = true
						continue
					}
					t.Errorf("%s: %s says %q by itself; give it a key in the catalogue", set.Position(l.Pos()), name, s)
				}
			}
		}
	}
	for place, why := range apart {
		if !met[place] || why == "" {
			t.Errorf("%q says nothing any more, or nothing says why it may", place)
		}
	}
}

// within is the entry of apart that a declaration is in; "" for none.
func within(file, name string) string {
	for _, place := range []string{file, file + " " + name} {
		if _, ok := apart[place]; ok {
			return place
		}
	}
	return ""
}

// parts are the declarations of d by their names.
func parts(d ast.Decl) map[string]ast.Node {
	out := map[string]ast.Node{}
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil || d.Name.Name != "Error" { // an error's own words are for logs: what is told is a fault's
			out[d.Name.Name] = d
		}
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.ValueSpec:
				out[s.Names[0].Name] = s
			case *ast.TypeSpec:
				out[s.Name.Name] = s
			}
		}
	}
	return out
}

// spoken are the literals of a node that read as words for people.
func spoken(part ast.Node) []*ast.BasicLit {
	var out []*ast.BasicLit
	quiet := map[ast.Node]bool{}
	hush := func(all ...ast.Expr) {
		for _, e := range all {
			quiet[e] = true
		}
	}
	ast.Inspect(part, func(n ast.Node) bool {
		if quiet[n] {
			return false
		}
		switch n := n.(type) {
		case *ast.Field:
			if n.Tag != nil { // what a field is in the document
				hush(n.Tag)
			}
		case *ast.CallExpr:
			return !isDeaf(n)
		case *ast.CompositeLit:
			switch of := n.Type.(type) {
			case *ast.Ident:
				return of.Name != "described" // an operation in the document
			case *ast.SelectorExpr:
				return of.Sel.Name != "Header"
			}
		case *ast.BinaryExpr:
			if n.Op == token.EQL || n.Op == token.NEQ {
				hush(n.X, n.Y)
			}
		case *ast.CaseClause:
			for _, e := range n.List {
				if _, ok := e.(*ast.BasicLit); ok {
					hush(e)
				}
			}
		case *ast.IndexExpr:
			hush(n.Index)
		case *ast.BasicLit:
			if n.Kind == token.STRING && reads(literal(n)) {
				out = append(out, n)
			}
		}
		return true
	})
	return out
}

// reads tells whether a literal reads as words for people.
func reads(s string) bool {
	if layout.MatchString(s) || mediaType.MatchString(s) {
		return false
	}
	return speech.MatchString(strings.TrimRight(markup.ReplaceAllString(s, ""), "\x00"))
}

// isDeaf tells whether nobody reads what a function is called with.
func isDeaf(call *ast.CallExpr) bool {
	switch f := call.Fun.(type) {
	case *ast.ArrayType: // []byte("…"), which is hashed or written
		return true
	case *ast.Ident:
		_, ok := deaf[f.Name]
		return ok
	case *ast.SelectorExpr:
		if x, ok := f.X.(*ast.Ident); ok {
			if _, ok := deaf[x.Name+"."+f.Sel.Name]; ok || x.Name == "slog" {
				return true
			}
		}
		return slices.Contains([]string{"Set", "Add", "Get", "Del", "Values"}, f.Sel.Name) && isHeader(f.X)
	}
	return false
}

// isHeader tells whether an expression is of an http.Header, by its name.
func isHeader(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name == "h"
	case *ast.SelectorExpr:
		return e.Sel.Name == "Header"
	case *ast.CallExpr:
		f, ok := e.Fun.(*ast.SelectorExpr)
		return ok && f.Sel.Name == "Header"
	}
	return false
}

// TestWhatReadsAsSpeech tries what finds sentences on a file that says some.
func TestWhatReadsAsSpeech(t *testing.T) {
	t.Parallel()
	const source = `package p

type in struct {
	Name string ` + "`doc:\"The client's name.\"`" + `
}

func said(n int) []string {
	return []string{"It is ready.", "Running", fmt.Sprintf("%d ms", n), " via ", words.Say("a.b", "why", "it is late"),
		"<b>Open</b> your portal", "x-who", "staff", "2 January 2006", "<time datetime=\"", "text/plain; charset=utf-8"}
}

func quiet(w http.ResponseWriter, s string) error {
	w.Header().Set("Allow", "GET, POST, no more")
	slog.Error("a thing is wrong", "why", "it is late")
	switch {
	case s == "Not found", strings.HasPrefix(s, "Too many"):
		return errors.New("p: it is wrong")
	}
	sum([]byte("latchkey seal"))
	return nil
}

func (e *wrong) Error() string { return "it is wrong" }
`
	tree, err := parser.ParseFile(token.NewFileSet(), "p.go", source, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range tree.Decls {
		for _, part := range parts(d) {
			for _, l := range spoken(part) {
				got = append(got, literal(l))
			}
		}
	}
	want := []string{"It is ready.", "Running", "%d ms", " via ", "it is late", "<b>Open</b> your portal"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
