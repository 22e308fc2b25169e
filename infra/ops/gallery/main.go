// Command gallery serves every state of every page, and both mails, with canned data, on loopback.
package main

import (
	"errors"
	"flag"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/view/page"
)

func main() {
	address := flag.String("address", "127.0.0.1:8090", "where to listen; loopback only")
	flag.Parse()
	if err := run(*address); err != nil {
		fmt.Fprintln(os.Stderr, "gallery:", err)
		os.Exit(1)
	}
}

func run(address string) error {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	if a, ok := l.Addr().(*net.TCPAddr); !ok || !a.IP.IsLoopback() {
		return errors.Join(fmt.Errorf("%s is not a loopback address", address), l.Close())
	}
	fmt.Printf("The gallery is at http://%s/\n", l.Addr())
	server := &http.Server{Handler: handler(), ReadHeaderTimeout: 5 * time.Second}
	return server.Serve(l)
}

// handler serves the index, the states by name and the assets. Whatever a page's own links and forms lead to is
// answered with a word, so that trying them does no harm.
func handler() http.Handler {
	site := page.New("Latchkey")
	mux := http.NewServeMux()
	for _, s := range states() {
		mux.HandleFunc("GET /"+s.Name, func(w http.ResponseWriter, r *http.Request) {
			if s.mail != nil {
				serveMail(w, r, s.mail())
				return
			}
			if s.in != "" {
				r = r.WithContext(page.Offering(words.With(r.Context(), s.in)))
			}
			if err := site.Write(w, r, http.StatusOK, s.view, func() string { return "" }); err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
			}
		})
	}
	mux.HandleFunc("GET "+page.AssetPrefix+"{file}", func(w http.ResponseWriter, r *http.Request) {
		if !page.ServeAsset(w, r, r.PathValue("file")) {
			http.NotFound(w, r)
		}
	})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		if err := index.Execute(w, states()); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/v1/") {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusUnprocessableEntity)
			fmt.Fprint(w, `{"title":"Unprocessable Content","status":422,"code":"invalid","detail":"The gallery sends nothing.",
				"errors":[{"location":"email","message":"The gallery sends nothing."}]}`)
			return
		}
		http.Error(w, "The gallery has only pages to look at. Go back to the index at /.", http.StatusNotFound)
	})
	return mux
}

var index = template.Must(template.New("index").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Gallery</title>
<style>
:root{color-scheme:light dark;font:15px/1.6 system-ui}
body{max-width:60rem;margin:2rem auto;padding:0 1rem}
ul{columns:18rem;padding-left:1rem}
</style>
<h1>Gallery</h1><p>Every state of every page, and every mail, with canned data.</p>
<ul>{{range .}}<li><a href="/{{.Name}}">{{.Name}}</a></li>{{end}}</ul></html>
`))
