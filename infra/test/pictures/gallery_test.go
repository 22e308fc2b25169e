// Package pictures_test looks at every state of every page and mail of the gallery in a real Chromium, at 320 and 1440 px,
// light and dark: nothing sticks out sideways, axe-core finds nothing, the console is silent, the policy refuses
// nothing, and the page looks like its golden pictures, which are those at 320 px dark and at 1440 px light.
package pictures_test

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"latchkey.dev/infra/test/chromium"
)

var update = flag.Bool("update", false, "write the golden pictures anew")

// patience bounds what is done with one state. Only a browser that hangs reaches it.
const patience = 10 * time.Minute

// gallery builds and starts the gallery, and gives its origin and the names of its states.
func gallery(t *testing.T) (origin string, names []string) {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "gallery")
	if out, err := exec.Command("go", "build", "-o", binary, "latchkey.dev/infra/ops/gallery").CombinedOutput(); err != nil {
		t.Fatalf("building the gallery: %v\n%s", err, out)
	}
	c := exec.Command(binary, "-address", "127.0.0.1:0")
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	origin = regexp.MustCompile(`http://[^/\s]+`).FindString(line)
	r, err := http.Get(origin)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	index, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`href="/([^"]+)"`).FindAllStringSubmatch(string(index), -1) {
		names = append(names, m[1])
	}
	if len(names) == 0 {
		t.Fatal("the gallery has no states")
	}
	return origin, names
}

// axe is the source of axe-core, or "" where it was not fetched.
func axe(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob("../../../.axe/axe-*.min.js")
	if err != nil || len(files) == 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("no axe-core, and CI=true asks for it: make axe fetches it with npm")
		}
		t.Log("no axe-core: accessibility is not judged. make axe fetches it with npm")
		return ""
	}
	source, err := os.ReadFile(files[len(files)-1])
	if err != nil {
		t.Fatal(err)
	}
	return string(source)
}

// fonts tells whether the fonts of the golden pictures are here.
func fonts(t *testing.T) bool {
	t.Helper()
	missing := map[string]bool{"Inter-Regular.": true, "DejaVuSansMono.": true, "NotoSansArabic-Regular.": true, "NotoSansHebrew-Regular.": true,
		"NotoColorEmoji.": true}
	err := filepath.WalkDir("/usr/share/fonts", func(_ string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			delete(missing, strings.TrimRight(d.Name(), "abcdefghijklmnopqrstuvwxyz2"))
		}
		return nil
	})
	if err == nil && len(missing) == 0 {
		return true
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("fonts are missing, and CI=true asks for them: %v. Debian: apt-get install fonts-inter fonts-dejavu-core "+
			"fonts-noto-core fonts-noto-color-emoji", missing)
	}
	t.Logf("pictures are not compared for want of fonts: %v. Debian: apt-get install fonts-inter fonts-dejavu-core fonts-noto-core "+
		"fonts-noto-color-emoji", missing)
	return false
}

// fixed makes a browser draw the same on every machine: with our fonts, where they are, and no other.
func fixed(t *testing.T, ours bool) []chromedp.ExecAllocatorOption {
	t.Helper()
	options := []chromedp.ExecAllocatorOption{chromedp.Flag("font-render-hinting", "none"), chromedp.Flag("force-color-profile", "srgb"),
		chromedp.Flag("hide-scrollbars", true), chromedp.Flag("lang", "en-GB")}
	if !ours {
		return options
	}
	conf, err := filepath.Abs("testdata/fonts.conf")
	if err != nil {
		t.Fatal(err)
	}
	return append(options, chromedp.Env("TZ=UTC", "FONTCONFIG_FILE="+conf))
}

// idle stops the timers by which a page renews itself and counts, and what sends its forms by themselves.
const idle = `(() => {
	const later = setTimeout;
	window.setTimeout = (f, ms, ...rest) => ms >= 250 ? 0 : later(f, ms, ...rest);
	window.setInterval = () => 0;
	HTMLFormElement.prototype.requestSubmit = () => {};
})()`

// still stops, besides, what makes two pictures of one page differ: motion, the caret.
const still = `addEventListener("DOMContentLoaded", () => {
	const s = new CSSStyleSheet();
	s.replaceSync("*, *::before, *::after { caret-color: transparent !important; " +
		"animation: none !important; transition: none !important }");
	document.adoptedStyleSheets = [s];
})`

// tab is one of the few tabs in which all states are looked at.
type tab struct {
	ctx   context.Context
	noise *chromium.Noise
}

// newTab is a tab in which each document begins with the script.
func newTab(in context.Context, script string) (*tab, error) {
	ctx, _ := chromedp.NewContext(in) //nolint:govet // it ends with the browser
	if err := chromedp.Do(ctx); err != nil {
		return nil, err
	}
	noise, err := chromium.Hear(ctx)
	if err != nil {
		return nil, err
	}
	return &tab{ctx, noise}, chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		begins := cdppage.AddScriptToEvaluateOnNewDocumentParams{Source: idle + ";" + script}
		_, err := cdp.Call(ctx, t, cdppage.AddScriptToEvaluateOnNewDocument, begins)
		if err != nil {
			return err
		}
		_, err = cdp.Call(ctx, t, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
		return err
	}))
}

// take is a tab that nobody uses, or a new one with the script.
func take(in context.Context, tabs chan *tab, script string) (*tab, error) {
	select {
	case x := <-tabs:
		return x, nil
	default:
		return newTab(in, script)
	}
}

// views are how each state is looked at, each width and each scheme twice: once by its picture, once by axe-core. What
// axe-core judges is the document, which is the same in all, and contrast, which goes by the scheme.
var views = []struct {
	width  int64
	scheme string
	golden bool
}{{1440, "light", true}, {1440, "dark", false}, {320, "dark", true}, {320, "light", false}}

// growing tells of states that are looked at and not compared: what they show grows with the product.
func growing(name string) bool {
	return strings.HasPrefix(name, "docs") && !strings.HasPrefix(name, "docs-few")
}

// mails are the names of states that are mails; those in another language begin with it.
var mails = regexp.MustCompile(`^(de-|he-)?mail-`)

func TestEveryState(t *testing.T) {
	t.Parallel()
	origin, names := gallery(t)
	judge := axe(t)
	golden := fonts(t)
	in := chromium.Start(t, fixed(t, golden)...)
	tabs := make(chan *tab, len(names)) // those that nobody uses; there are never more than tests that run at once
	t.Cleanup(func() {
		if golden {
			strays(t, names)
		}
	})
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x, err := take(in, tabs, still)
			if err != nil {
				t.Fatal(err)
			}
			shots := x.look(t, origin+"/"+name, judge, golden && !growing(name), mails.MatchString(name))
			tabs <- x
			for _, s := range shots {
				compare(t, fmt.Sprintf("%s-%d-%s", name, s.width, s.scheme), s.png, s.width > 1000)
			}
		})
	}
}

// shot is a picture of a page.
type shot struct {
	width  int64
	scheme string
	png    []byte
}

// look shows the page in every view, holds it to what needs no golden picture, and takes the pictures that are compared.
func (x *tab) look(t *testing.T, url, judge string, golden, mail bool) []shot {
	t.Helper()
	ctx, cancel := context.WithTimeout(x.ctx, patience)
	defer cancel()
	x.noise.Take()
	if err := chromedp.Do(ctx, chromium.See(1440, least(1440), "light"), chromedp.Navigate(url)); err != nil {
		t.Fatal(err)
	}
	var shots []shot
	for _, v := range views {
		if v.golden {
			if err := x.fit(ctx, v.width, v.scheme); err != nil {
				t.Fatal(err)
			}
			if wide, err := x.wide(ctx); err != nil {
				t.Fatal(err)
			} else if wide != "" {
				t.Errorf("at %d px it sticks out sideways: %s", v.width, wide)
			}
			if !golden {
				continue
			}
			b, err := chromedp.Run(ctx, picture)
			if err != nil {
				t.Fatal(err)
			}
			shots = append(shots, shot{v.width, v.scheme, b})
		} else if judge != "" {
			// The page is as wide and high already as its picture before.
			if err := chromedp.Do(ctx, chromium.Scheme(v.scheme)); err != nil {
				t.Fatal(err)
			}
			found, err := x.judge(ctx, judge, mail)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range found {
				t.Errorf("axe, %d px, %s: %s", v.width, v.scheme, f)
			}
		}
	}
	for _, n := range x.noise.Take() {
		t.Errorf("the console: %s", n)
	}
	return shots
}

// picture takes a picture of what the tab shows. It asks for speed before size, since nobody keeps it.
func picture(ctx context.Context, t *chromedp.Target) ([]byte, error) {
	yes := true
	r, err := cdp.Call(ctx, t, cdppage.CaptureScreenshot, cdppage.CaptureScreenshotParams{FromSurface: &yes, OptimizeForSpeed: &yes})
	if err != nil {
		return nil, err
	}
	return r.Data, nil
}

// least is the height of a window of this width, and most what a picture shows of a higher page: a reference of the
// whole API need not be one.
func least(width int64) int64 {
	if width > 1000 {
		return 800
	}
	return 640
}

func most(width int64) int64 {
	if width > 1000 {
		return 1800
	}
	return 1600
}

// fit shows the page at this width and as high as it is, within bounds.
func (x *tab) fit(ctx context.Context, width int64, scheme string) error {
	for height := least(width); ; {
		if err := chromedp.Do(ctx, chromium.See(width, height, scheme)); err != nil {
			return err
		}
		high, err := chromedp.Run(ctx, chromedp.Evaluate[int64](`new Promise(done => requestAnimationFrame(() =>
			requestAnimationFrame(() => done(document.documentElement.scrollHeight))))`, chromedp.EvalAwaitPromise))
		if err != nil {
			return err
		}
		if high = min(max(high, least(width)), most(width)); high == height || height != least(width) {
			return nil
		}
		height = high
	}
}

// wide names what is wider than the window, or is "".
func (x *tab) wide(ctx context.Context) (string, error) {
	return chromedp.Run(ctx, chromedp.Evaluate[string](`document.documentElement.scrollWidth <= innerWidth ? "" :
		document.documentElement.scrollWidth + " px: " +
		[...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > innerWidth).slice(0, 4)
			.map(e => e.tagName + "." + e.className).join(", ")`))
}

// judge runs axe-core on the page: WCAG 2.2 at levels A and AA, and its best practices; of these, a mail, which is no
// page of a site, keeps only what concerns it. None of these rules asks for the style sheets to be fetched first.
func (x *tab) judge(ctx context.Context, source string, mail bool) ([]string, error) {
	there, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("!!window.axe"))
	if err != nil {
		return nil, err
	}
	if !there {
		if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](source+"\n;true")); err != nil {
			return nil, err
		}
	}
	tags := `["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]`
	if mail {
		tags = `["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]`
	}
	return chromedp.Run(ctx,
		chromedp.Evaluate[[]string](`axe.run(document, {runOnly: `+tags+`, resultTypes: ["violations"], preload: false}).then(r =>
			r.violations.map(v => v.id + ": " + v.help + ": " + v.nodes.slice(0, 3).map(n =>
				n.html.slice(0, 160) + " " + n.any.map(a => a.message).join("; ").slice(0, 200)).join(" | ")))`, chromedp.EvalAwaitPromise))
}

// What is looked for would be found.
func TestFaultsAreSeen(t *testing.T) {
	t.Parallel()
	judge := axe(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'")
		fmt.Fprint(w, `<!doctype html><html lang="en"><title>Faults</title><main><h1>Faults</h1><img src="/x.png">
			<p style="color:#ccc">Pale<table width="2000"><tr><td>Wide</table></main><script>alert(1)</script></html>`)
	}))
	t.Cleanup(server.Close)
	x, err := newTab(chromium.Start(t), still)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(x.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Navigate(server.URL)); err != nil {
		t.Fatal(err)
	}
	if err := x.fit(ctx, 320, "light"); err != nil {
		t.Fatal(err)
	}
	if wide, err := x.wide(ctx); err != nil || !strings.Contains(wide, "TABLE") {
		t.Errorf("wide: %q, %v", wide, err)
	}
	said := strings.Join(x.noise.Take(), "\n")
	for _, want := range []string{"img-src", "style-src", "script-src"} {
		if !strings.Contains(said, want) {
			t.Errorf("nothing is heard of %s in %q", want, said)
		}
	}
	if judge == "" {
		return
	}
	found, err := x.judge(ctx, judge, false)
	if err != nil || !strings.Contains(strings.Join(found, "\n"), "image-alt") {
		t.Errorf("axe: %q, %v", found, err)
	}
}
