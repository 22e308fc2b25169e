package pictures_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"latchkey.dev/infra/test/chromium"
)

// hasty asks where things are until the page is shown, as a screen reader or a password manager does. Before the style sheet is
// there the browser places everything without it for whoever asks, and what is seen then is placed once more.
const hasty = `(() => {
	const ask = () => {
		document.body?.getBoundingClientRect();
		if (!performance.getEntriesByType("paint").length) setTimeout(ask, 5);
	};
	ask();
})()`

// lately gives the gallery's pages, and what they are made of late: what ends like a key of late takes that long, as on a slow network,
// and is asked for anew each time.
func lately(t *testing.T, origin string, late map[string]time.Duration) string {
	t.Helper()
	at, err := url.Parse(origin)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(at)
	proxy.ModifyResponse = func(r *http.Response) error {
		if late[path.Ext(r.Request.URL.Path)] > 0 {
			r.Header.Set("Cache-Control", "no-store")
		}
		return nil
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(late[path.Ext(r.URL.Path)]):
		case <-r.Context().Done():
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

// TestNothingMovesWhenTheScriptComesLate shows every page before its script is there, which adds to it and moves nothing. It takes
// longer than a browser does to show a page, so that it is seen without it first.
func TestNothingMovesWhenTheScriptComesLate(t *testing.T) {
	t.Parallel()
	late := map[string]time.Duration{".js": 250 * time.Millisecond}
	nothingMoves(t, late, still, func(name string) bool { return !mails.MatchString(name) })
}

// TestNothingMovesWhenTheSheetComesLate shows the pages as they are when nothing special is the case, all of which have the one
// style sheet, to somebody who wants no motion, and to whom everything would move from where it was without the sheet if
// something had a time and no property to move by.
func TestNothingMovesWhenTheSheetComesLate(t *testing.T) {
	t.Parallel()
	late := map[string]time.Duration{".css": 300 * time.Millisecond, ".js": 500 * time.Millisecond}
	nothingMoves(t, late, hasty, func(name string) bool { return !strings.Contains(name, "-") })
}

// nothingMoves shows the pages of these names, parts of which are late, in tabs with the script.
func nothingMoves(t *testing.T, late map[string]time.Duration, script string, of func(name string) bool) {
	t.Helper()
	origin, names := gallery(t)
	origin = lately(t, origin, late)
	in := chromium.Start(t, fixed(t, fonts(t))...)
	tabs := make(chan *tab, len(names))
	for _, name := range names {
		if !of(name) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x, err := take(in, tabs, script)
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
