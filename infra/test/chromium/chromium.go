// Package chromium starts the browser of the tests, and hears what a page's console complains about.
package chromium

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Start starts one Chromium for the test, and ends it with the test. Where there is none, the test is skipped; with
// CI=true that is a failure.
func Start(t testing.TB, more ...chromedp.ExecAllocatorOption) context.Context {
	t.Helper()
	path := os.Getenv("CHROME")
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path == "" {
			path, _ = exec.LookPath(name)
		}
	}
	if path == "" {
		Missing(t, "no Chromium: make chromium installs it where it may; or set CHROME to its path")
	}
	options := slices.Concat(chromedp.DefaultExecAllocatorOptions[:], []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
	}, more)
	all, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel := chromedp.NewContext(all)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil { // starts it
		t.Fatal(err)
	}
	return ctx
}

// Missing ends a test for want of what it needs: as skipped, or with CI=true as failed.
func Missing(t testing.TB, why string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(why + " (CI=true asks for it)")
	}
	t.Skip(why)
}

// Noise is what the console of a tab has complained about: scripts that broke, what the Content-Security-Policy
// refused, console.error.
type Noise struct {
	mu   sync.Mutex
	said []string
}

// Hear begins to listen to the tab that ctx is of.
func Hear(ctx context.Context) (*Noise, error) {
	n := &Noise{}
	err := chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		if _, err := cdp.Call(ctx, target, cdplog.Enable, cdp.Empty{}); err != nil {
			return err
		}
		if _, err := cdp.Call(ctx, target, runtime.Enable, cdp.Empty{}); err != nil {
			return err
		}
		// The browser logs some violations of the policy only as issues. The event tells of all.
		_, err := cdp.Call(ctx, target, cdppage.AddScriptToEvaluateOnNewDocument, cdppage.AddScriptToEvaluateOnNewDocumentParams{
			Source: `addEventListener("securitypolicyviolation", (e) =>
				console.error("Content-Security-Policy refuses", e.effectiveDirective, e.blockedURI, e.sample));`,
		})
		return err
	}))
	if err != nil {
		return nil, err
	}
	return n, chromedp.Listen(ctx, n.hear)
}

// Take gives what was said since the last Take.
func (n *Noise) Take() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	said := n.said
	n.said = nil
	return said
}

func (n *Noise) hear(event any) {
	var said string
	switch e := event.(type) {
	case *cdplog.EventEntryAdded:
		// A page that answers 410 or 422 is told of by the browser, and is what it should be.
		if e.Entry.Level == cdplog.EntryLevelError && e.Entry.Source != cdplog.EntrySourceNetwork {
			said = e.Entry.Text
		}
	case *runtime.EventExceptionThrown:
		said = e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			said += " " + e.ExceptionDetails.Exception.Description
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeAssert {
			for _, a := range e.Args {
				said += fmt.Sprint(string(a.Value), a.Description, " ")
			}
		}
	}
	if said != "" {
		n.mu.Lock()
		n.said = append(n.said, said)
		n.mu.Unlock()
	}
}

// See makes the tab show pages at this size, in this scheme (light or dark), without motion.
func See(width, height int64, scheme string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if _, err := cdp.Call(ctx, t, emulation.SetDeviceMetricsOverride,
			emulation.SetDeviceMetricsOverrideParams{Width: width, Height: height, DeviceScaleFactor: 1}); err != nil {
			return err
		}
		_, err := Scheme(scheme)(ctx, t)
		return err
	})
}

// Scheme makes the tab show pages in this scheme (light or dark), without motion.
func Scheme(scheme string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
		}})
		return err
	})
}
