// Package browser_test walks the main job through the local run in a real Chromium, as a person would.
package browser_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"latchkey.dev/infra/test/chromium"
)

// patience bounds every wait. Nothing here takes long, and only what hangs reaches it, however slow the machine is.
const patience = 10 * time.Minute

// visitor is a person with a browser profile of their own.
type visitor struct {
	t    *testing.T
	ctx  context.Context
	l    *place
	name string
}

func visit(t *testing.T, in context.Context, l *place, name string) *visitor {
	t.Helper()
	ctx, cancel := chromedp.NewContext(in, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil { // opens the tab, which lives as long as the context of this first call
		t.Fatal(err)
	}
	noise, err := chromium.Hear(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, n := range noise.Take() {
			t.Errorf("%s's console: %s", name, n)
		}
	})
	return &visitor{t: t, ctx: ctx, l: l, name: name}
}

func (v *visitor) do(steps ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, patience)
	defer cancel()
	for _, step := range steps {
		v.step(ctx, step)
	}
}

// step does one thing. A page that comes at that moment takes away what was found on the one before it: then nothing was
// done yet, and it is looked for again.
func (v *visitor) step(ctx context.Context, step chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	err := chromedp.Do(ctx, step)
	for err != nil && ctx.Err() == nil && strings.Contains(err.Error(), "Could not find node with given id") {
		err = chromedp.Do(ctx, step)
	}
	if err != nil {
		ctx, cancel := context.WithTimeout(v.ctx, patience)
		defer cancel()
		text, _ := chromedp.Run(ctx, chromedp.Evaluate[string]("location.href + '\\n' + document.body.innerText.slice(0, 1500)"))
		v.t.Fatalf("%s: %v\non %s", v.name, err, text)
	}
}

func (v *visitor) eval(script string) string {
	v.t.Helper()
	s, err := chromedp.Run(v.ctx, chromedp.Evaluate[string]("(async () => String(await ("+script+")))()", chromedp.EvalAwaitPromise))
	if err != nil {
		v.t.Fatalf("%s: %s: %v", v.name, script, err)
	}
	return s
}

// open follows an address; a path is one of the product's.
func (v *visitor) open(url string) {
	v.t.Helper()
	if strings.HasPrefix(url, "/") {
		url = v.l.origin + url
	}
	v.do(chromedp.Navigate(url))
}

// press clicks what reads like that: a button or a link.
func (v *visitor) press(words string) {
	v.t.Helper()
	v.click(fmt.Sprintf(`//*[self::button or self::a][normalize-space()=%q][not(ancestor::dialog[not(@open)])]`, words))
}

// click clicks what is found there, once the whole page is there: what has come of a page so far can be asked for, and is not shown.
func (v *visitor) click(xpath string) {
	v.t.Helper()
	v.until(xpath, fmt.Sprintf(`document.readyState === "complete" &&
		document.evaluate(%q, document, null, XPathResult.BOOLEAN_TYPE).booleanValue`, xpath))
	v.do(chromedp.Click(xpath))
}

// write types into a field of the whole page.
func (v *visitor) write(field, text string) {
	v.t.Helper()
	v.until("the field "+field, fmt.Sprintf(`document.readyState === "complete" && document.getElementById(%q)`, field))
	v.types(field, text)
}

func (v *visitor) types(field, text string) {
	v.t.Helper()
	v.do(chromedp.SendKeys(chromedp.ID(field), text))
}

// until waits for a condition of the page, over navigations, in which no script can be asked.
func (v *visitor) until(what, condition string) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, patience)
	defer cancel()
	for {
		if ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("!!("+condition+")")); err == nil && ok {
			return
		}
		select {
		case <-ctx.Done():
			v.t.Fatalf("%s waits in vain for %s\non %s", v.name, what,
				v.eval("location.href + '\\n' + document.body.innerText.slice(0, 1500)"))
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// sees waits until the page shows the words, as a person reads them: once it is there. What a page says can be asked for before it is
// shown, while its style sheet is on its way and the script that stands in it waits for that.
func (v *visitor) sees(words ...string) {
	v.t.Helper()
	for _, w := range words {
		v.until(strconv.Quote(w), fmt.Sprintf(`document.readyState === "complete" &&
			document.body.innerText.replace(/\s+/g, " ").includes(%q)`, w))
	}
}

func (v *visitor) doesNotSee(words string) {
	v.t.Helper()
	if strings.Contains(v.eval("document.body.innerText"), words) {
		v.t.Errorf("%s sees %q, and should not", v.name, words)
	}
}

// signIn signs in with the code from the mailbox, as everybody does.
func (v *visitor) signIn(address string) {
	v.t.Helper()
	before := len(v.l.mails(address))
	v.open("/sign-in?email=" + address)
	v.press("Email me a sign-in code")
	v.sees("Check your email")
	v.code(address, before)
	if v.eval(`matchMedia("(scripting: enabled)").matches`) != "true" {
		v.press("Sign in")
	}
	v.until("the page behind the sign-in", `document.readyState === "complete" && !location.pathname.startsWith("/sign-in")`)
}

// sent waits until the invitation is out, and follows it to the client's page, where one whose mail takes its time leads by itself.
func (v *visitor) sent(to string) {
	v.t.Helper()
	if v.listed() {
		v.sees("Invitation sent to " + to + ".")
		v.press("See how it's going")
	}
	v.sees("Invite pending", to)
}

// listed waits until an invitation is out, and tells whether the list says so: a mail that takes its time leads to the client's page.
func (v *visitor) listed() bool {
	v.t.Helper()
	v.until("the invitation to be out", `document.readyState === "complete" &&
		(location.pathname.startsWith("/clients/") || document.querySelector("[data-note] a[href^='/clients/']"))`)
	return v.eval("location.pathname") == "/clients"
}

// code types the code from the newest mail to the address, of which there were some before. A page with a script then sends
// it by itself.
func (v *visitor) code(address string, before int) {
	v.t.Helper()
	v.write("code", sixDigits.FindString(v.l.mailTo(address, before).Subject))
}

var sixDigits = regexp.MustCompile(`[0-9]{6}`)

// look checks what every page must hold to, at 320 and 1440 px, light and dark: nothing sticks out sideways, at most
// 3 requests and 60 KB. With SCREENSHOTS set to a folder it leaves pictures there.
func (v *visitor) look(page string) {
	v.t.Helper()
	v.budget(page)
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int64{320, 1440} {
			v.do(chromium.See(width, 900, scheme)) // without motion: no picture of a fade
			v.until("the new width",
				fmt.Sprintf("innerWidth === %d && document.documentElement.getBoundingClientRect().width <= %d", width, width))
			if wide := v.eval("document.documentElement.scrollWidth - innerWidth"); !strings.HasPrefix(wide, "-") && wide != "0" {
				v.t.Errorf("%s sticks out by %s px at %d px: %s", page, wide, width,
					v.eval(`[...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > innerWidth)
						.map(e => e.tagName + "." + e.className + " " + e.getBoundingClientRect().right + " of " + innerWidth)
						.slice(0, 5).join("; ")`))
			}
			if dir := os.Getenv("SCREENSHOTS"); dir != "" {
				b, err := chromedp.Run(v.ctx, chromedp.CaptureScreenshot())
				if err != nil {
					v.t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%d-%s.png", page, width, scheme)), b, 0o600); err != nil {
					v.t.Fatal(err)
				}
			}
		}
	}
	v.do(chromedp.EmulateViewport(1440, 900))
	v.until("the old width", "innerWidth === 1440 && document.documentElement.getBoundingClientRect().width > 1400")
	v.eval("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))") // what is pressed next has its place
}

// budget checks what a page costs: at most 3 requests and 60 KB over the wire, nothing that moves once it is shown, and
// no script or style that the first paint would wait for but the one style sheet. What moves once somebody has pressed
// something may be what was asked for: on a slow machine it comes later than the half second that browsers allow for that. What moves
// once the page has renewed itself is what is new there.
func (v *visitor) budget(page string) {
	v.t.Helper()
	v.until("the whole page", `document.readyState === "complete"`)
	cost := v.eval(`(async () => {
		const wrong = [];
		const loaded = performance.getEntriesByType("resource")
			.filter(r => !r.name.startsWith("data:") && !["fetch", "xmlhttprequest"].includes(r.initiatorType));
		const all = [...performance.getEntriesByType("navigation"), ...loaded];
		const bytes = all.reduce((n, r) => n + Math.max(r.transferSize, r.encodedBodySize), 0);
		if (all.length > 3) wrong.push(all.length + " requests: " + all.map(r => new URL(r.name).pathname).join(", "));
		if (bytes > 60000) wrong.push(bytes + " bytes");
		const entries = (type) => new Promise((done) => {
			const seen = [];
			const o = new PerformanceObserver((list) => seen.push(...list.getEntries()));
			o.observe({ type, buffered: true });
			setTimeout(() => { seen.push(...o.takeRecords()); done(seen); }, 50);
		});
		const [shifts, inputs] = await Promise.all([entries("layout-shift"), entries("first-input")]);
		const renewed = performance.getEntriesByType("resource")
			.filter(r => r.initiatorType === "fetch" && new URL(r.name).pathname === location.pathname).map(r => r.responseEnd);
		const acted = Math.min(inputs[0]?.startTime ?? Infinity, ...renewed);
		for (const s of shifts.filter(s => s.startTime < acted && !s.hadRecentInput)) {
			const moved = s.sources.map(x => x.node?.nodeName + "." + x.node?.className);
			wrong.push("a shift of " + s.value + " of " + moved.join(", "));
		}
		for (const s of document.scripts) {
			if (s.src && !s.defer && !s.async && s.type !== "module") wrong.push(s.src + " holds the first paint up");
		}
		return wrong.join("; ");
	})()`)
	if cost != "" {
		v.t.Errorf("%s: %s; a page has 3 requests, 60 KB and no shift", page, cost)
	}
}
