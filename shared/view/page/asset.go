package page

import (
	"bytes"
	"compress/gzip"
	"embed"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"
)

//go:embed static
var static embed.FS

// AssetPrefix is where assets are served from.
const AssetPrefix = "/assets/"

// SheetPath is the path of the style sheet, and ScriptPath that of the script.
func SheetPath() string  { return AssetPrefix + named()["app.css"] }
func ScriptPath() string { return AssetPrefix + named()["app.js"] } //nolint:revive // told above

// inline is the script that stands in the pages of people who are no agency: it takes no request of its own, which leaves one
// for the logo.
func inline() string {
	content, err := static.ReadFile("static/" + named()["guest.js"])
	if err != nil {
		panic(err) // embedded: it is there
	}
	return strings.TrimSpace(string(content))
}

// hashed are the names by those without the hash, once named was called. A variable that held the function (sync.OnceValue)
// would put the assets into every program that imports this package.
var (
	naming sync.Once
	hashed map[string]string
)

// named gives the hashed names, by those without the hash.
func named() map[string]string {
	naming.Do(func() {
		hashed = map[string]string{}
		entries, err := fs.ReadDir(static, "static")
		if err != nil {
			panic(err) // embedded: it is there
		}
		for _, e := range entries {
			name, _, _ := strings.Cut(e.Name(), ".")
			hashed[name+path.Ext(e.Name())] = e.Name()
		}
	})
	return hashed
}

// served are the assets that somebody has asked for, each a Fixed by its name.
var served sync.Map

// ServeAsset answers with the asset of this name, which a browser may keep for a year since its name changes with
// its content. It returns false, having written nothing, when there is none.
func ServeAsset(w http.ResponseWriter, r *http.Request, name string) bool {
	if strings.ContainsAny(name, `/\`) {
		return false
	}
	kept, ok := served.Load(name)
	if !ok {
		content, err := static.ReadFile("static/" + name)
		if err != nil {
			return false
		}
		kept, _ = served.LoadOrStore(name, NewFixed(content))
	}
	h := w.Header()
	SecurityHeaders(h)
	h.Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	content := kept.(Fixed).Compress(w, r)
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(content) // the reader may be gone; there is nobody to tell
	return true
}

// Fixed is a text that stays the same for as long as the process lives: it is compressed once, for whoever takes it first.
type Fixed struct {
	plain  []byte
	packed func() ([]byte, error)
}

// NewFixed is the text, to be given to everybody.
func NewFixed(text []byte) Fixed {
	return Fixed{text, sync.OnceValues(func() ([]byte, error) { return pack(text) })}
}

// Compress is [Compress] for a text that stays the same.
func (f Fixed) Compress(w http.ResponseWriter, r *http.Request) []byte {
	return compress(w, r, f.plain, f.packed)
}

// Compress gives what is the same for everybody in gzip, to whoever takes it. Pages behind a sign-in stay as they
// are: what is typed and what is secret on one compressed page can be told apart by its length.
func Compress(w http.ResponseWriter, r *http.Request, content []byte) []byte {
	return compress(w, r, content, func() ([]byte, error) { return pack(content) })
}

func compress(w http.ResponseWriter, r *http.Request, plain []byte, packed func() ([]byte, error)) []byte {
	w.Header().Add("Vary", "Accept-Encoding")
	if len(plain) < 1024 || !acceptsGzip(r.Header.Get("Accept-Encoding")) {
		return plain
	}
	b, err := packed()
	if err != nil {
		return plain
	}
	w.Header().Set("Content-Encoding", "gzip")
	return b
}

// pack is the text in gzip.
func pack(text []byte) ([]byte, error) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(text); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil { // which writes the rest
		return nil, err
	}
	return b.Bytes(), nil
}

// acceptsGzip reads an Accept-Encoding field (RFC 9110 section 12.5.3) as far as gzip goes.
func acceptsGzip(field string) bool {
	for part := range strings.SplitSeq(field, ",") {
		coding, weight, _ := strings.Cut(part, ";")
		if strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			q := strings.ReplaceAll(weight, " ", "")
			return strings.Trim(strings.TrimPrefix(q, "q="), "0.") != "" || q == ""
		}
	}
	return false
}
