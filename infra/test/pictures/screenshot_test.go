package pictures_test

import (
	"context"
	"encoding/base64"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"latchkey.dev/infra/test/chromium"
)

var screenshot = flag.String("screenshot", "", "write the README's picture to this file")

// A picture of the product for the README, put together from states of the gallery: make screenshots.
func TestScreenshot(t *testing.T) {
	if *screenshot == "" {
		t.Skip("make screenshots asks for it")
	}
	origin, _ := gallery(t)
	x, err := newTab(chromium.Start(t, fixed(t, fonts(t))...), still)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(x.ctx, patience)
	defer cancel()
	take := func(url string, width, height int64, scheme string) []byte {
		t.Helper()
		sharp := chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			_, err := cdp.Call(ctx, t, emulation.SetDeviceMetricsOverride,
				emulation.SetDeviceMetricsOverrideParams{Width: width, Height: height, DeviceScaleFactor: 1.25})
			return err
		})
		if err := chromedp.Do(ctx, chromium.See(width, height, scheme), sharp, chromedp.Navigate(url)); err != nil {
			t.Fatal(err)
		}
		b, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	page := `<!doctype html><style>
		body { margin: 0; width: 1600px; height: 1120px; position: relative; overflow: hidden;
			background: radial-gradient(1200px 800px at 20% 0%, #e3f1ee, transparent), linear-gradient(160deg, #f4f6f8, #e2e8f0) }
		img { position: absolute; border-radius: 12px; box-shadow: 0 0 0 1px rgb(15 23 42 / 10%), 0 30px 70px -20px rgb(15 23 42 / 38%) }
	</style>`
	for _, p := range []struct {
		state, scheme    string
		width, height    int64
		left, top, shown int
	}{
		{"clients", "light", 1240, 760, 60, 56, 900},
		{"invite-filled", "light", 1240, 860, 300, 120, 960},
		{"client-tended", "dark", 1120, 800, 40, 640, 545},
		{"portal-instance", "light", 1120, 800, 1000, 640, 560},
	} {
		shot := take(origin+"/"+p.state, p.width, p.height, p.scheme)
		page += fmt.Sprintf(`<img style="left:%dpx;top:%dpx;width:%dpx" src="data:image/png;base64,%s">`, p.left, p.top, p.shown,
			base64.StdEncoding.EncodeToString(shot))
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, page)
	}))
	t.Cleanup(server.Close)
	if err := os.WriteFile(*screenshot, take(server.URL, 1600, 1120, "light"), 0o644); err != nil {
		t.Fatal(err)
	}
}
