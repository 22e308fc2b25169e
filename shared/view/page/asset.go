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

// ServeAsset answers with the asset of this name, which a browser may keep for a year since its name changes with
// its content. It returns false, having written nothing, when there is none.
func ServeAsset(w http.ResponseWriter, r *http.Request, name string) bool {
	if strings.ContainsAny(name, `/\`) {
		return false
	}
	content, err := static.ReadFile("static/" + name)
	if err != nil {
		return false
	}
	h := w.Header()
	SecurityHeaders(h)
	h.Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	content = Compress(w, r, content)
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(content) // the reader may be gone; there is nobody to tell
	return true
}

// Compress gives what is the same for everybody in gzip, to whoever takes it. Pages behind a sign-in stay as they
// are: what is typed and what is secret on one compressed page can be told apart by its length.
func Compress(w http.ResponseWriter, r *http.Request, content []byte) []byte {
	w.Header().Add("Vary", "Accept-Encoding")
	if len(content) < 1024 || !acceptsGzip(r.Header.Get("Accept-Encoding")) {
		return content
	}
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return content
	}
	if _, err := z.Write(content); err != nil || z.Close() != nil {
		return content
	}
	w.Header().Set("Content-Encoding", "gzip")
	return b.Bytes()
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
