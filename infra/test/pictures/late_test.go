package pictures_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"latchkey.dev/infra/test/chromium"
)

// late is how long the script is on its way: longer than a browser takes to show a page, so that it is seen without it first.
const late = 250 * time.Millisecond

// lately gives the gallery's pages with a script that takes its time, as on a slow network, and is asked for anew each time.
func lately(t *testing.T, origin string) string {
	t.Helper()
	at, err := url.Parse(origin)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(at)
	proxy.ModifyResponse = func(r *http.Response) error {
		if strings.HasSuffix(r.Request.URL.Path, ".js") {
			r.Header.Set("Cache-Control", "no-store")
		}
		return nil
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ".js") {
			select {
			case <-time.After(late):
			case <-r.Context().Done():
			}
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// moved names what has moved on a page since it was shown first.
const moved = `(async () => {
	await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 50))));
	return await new Promise((done) => {
		const seen = [];
		const o = new PerformanceObserver((list) => seen.push(...list.getEntries()));
		o.observe({ type: "layout-shift", buffered: true });
		setTimeout(() => {
			seen.push(...o.takeRecords());
			done(seen.map(s => s.value.toFixed(5) + " of " + s.sources.map(x =>
				x.node?.nodeName + "." + x.node?.className + "#" + x.node?.id).join(", ")).join("; "));
		}, 50);
	});
})()`

// TestNothingMovesWhenTheScriptComesLate shows every page before its script is there, which adds to it and moves nothing.
func TestNothingMovesWhenTheScriptComesLate(t *testing.T) {
	t.Parallel()
	origin, names := gallery(t)
	origin = lately(t, origin)
	in := chromium.Start(t, fixed(t, fonts(t))...)
	tabs := make(chan *tab, len(names))
	for _, name := range names {
		if mails.MatchString(name) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x, err := take(in, tabs)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { tabs <- x }()
			ctx, cancel := context.WithTimeout(x.ctx, patience)
			defer cancel()
			for _, width := range []int64{1440, 320} {
				if err := chromedp.Do(ctx, chromium.See(width, least(width), "light"), chromedp.Navigate(origin+"/"+name)); err != nil {
					t.Fatal(err)
				}
				shifts, err := chromedp.Run(ctx, chromedp.Evaluate[string](moved, chromedp.EvalAwaitPromise))
				if err != nil {
					t.Fatal(err)
				}
				if shifts != "" {
					t.Errorf("at %d px: %s", width, shifts)
				}
			}
		})
	}
}
