package instance_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"latchkey.dev/shared/adapter/egress"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/instance"
)

func TestAnAddressHasOneForm(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"https://n8n.example.com":                            "https://n8n.example.com",
		"  HTTPS://N8N.Example.com/ ":                        "https://n8n.example.com",
		"n8n.example.com":                                    "https://n8n.example.com",
		"https://n8n.example.com.:443/":                      "https://n8n.example.com",
		"https://n8n.example.com:5678":                       "https://n8n.example.com:5678",
		"https://example.com/automation/":                    "https://example.com/automation",
		"https://n8n.example.com/api/v1/":                    "https://n8n.example.com",
		"https://n8n.example.com/home/workflows":             "https://n8n.example.com",
		"https://n8n.example.com/settings/api":               "https://n8n.example.com",
		"https://n8n.example.com/workflow/2tUt1wbLX592XDdX":  "https://n8n.example.com",
		"https://n8n.example.com/home/credentials":           "https://n8n.example.com",
		"https://n8n.example.com/projects/x/workflows":       "https://n8n.example.com",
		"https://n8n.example.com/workflow/x/executions/7":    "https://n8n.example.com",
		"https://n8n.example.com/signin?redirect=%252F":      "https://n8n.example.com",
		"https://n8n.example.com/workflow/new?projectId=x#y": "https://n8n.example.com",
		"https://n8n.example.com/api/v1/workflows":           "https://n8n.example.com",
		"https://example.com/automation/settings/api":        "https://example.com/automation",
		"https://example.com//automation//home":              "https://example.com/automation",
		"\u200bhttps://n8n.example.com/settings/api\ufeff":   "https://n8n.example.com",
		"https://8.8.8.8":                                    "https://8.8.8.8",
		"https://[2606:4700:4700:0:0:0:0:1111]/":             "https://[2606:4700:4700::1111]",
		"https://" + strings.Repeat("a", 50) + ".example":    "https://" + strings.Repeat("a", 50) + ".example",
	} {
		if got, err := instance.ParseURL("url", typed, egress.Strict()); err != nil || got != want {
			t.Errorf("%q is %q, %v; want %q", typed, got, err, want)
		}
	}
}

func TestWhatIsNoPublicAddressIsRefusedAtTheField(t *testing.T) {
	t.Parallel()
	for _, typed := range []string{
		"", "   ", "http://n8n.example.com", "ftp://n8n.example.com", "javascript:alert(1)", "https://", "https:///x", "https://user:pass@n8n.example.com",
		"https://n8n.example.com/?a=b", "https://n8n.example.com/#x", "https://n8n.example.com/a b", "https://n8n.example.com/../x", "https://bücher.example",
		"https://127.0.0.1", "https://10.0.0.1:5678", "https://169.254.169.254/latest", "https://[::1]", "https://[::ffff:10.0.0.1]", "https://[fe80::1%25eth0]",
		"https://n8n.example.com:0", "https://n8n.example.com:65536", "https://" + strings.Repeat("a", 600) + ".example", "//n8n.example.com\\@evil.example",
	} {
		_, err := instance.ParseURL("url", typed, egress.Strict())
		if f := fault.As(err); f == nil || f.Code != fault.Invalid || len(f.Fields) != 1 || f.Fields[0].Location != "url" {
			t.Errorf("%q: %v", typed, err)
		}
	}
}

func TestHttpAndAPrivateAddressAreTakenWhereTheGuardLetsThem(t *testing.T) {
	t.Parallel()
	guard := egress.Strict().Allowing(netip.MustParseAddrPort("127.0.0.1:5678"), netip.MustParseAddrPort("127.0.0.1:80"))
	for typed, want := range map[string]string{
		"http://localhost:5678": "http://localhost:5678", "http://127.0.0.1:5678/n8n": "http://127.0.0.1:5678/n8n",
		"https://127.0.0.1:5678": "https://127.0.0.1:5678", "http://LocalHost:80/": "http://localhost",
	} {
		if got, err := instance.ParseURL("url", typed, guard); err != nil || got != want {
			t.Errorf("%q is %q, %v; want %q", typed, got, err, want)
		}
	}
	for typed, want := range map[string]string{
		"http://localhost:5679": "must begin with https://", "http://127.0.0.1:5679": "must begin with https://", "http://n8n.example.com:5678": "must begin with https://",
		"https://127.0.0.1:5679": "is private", "https://10.0.0.1:5678": "is private",
	} {
		if _, err := instance.ParseURL("url", typed, guard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want it to say %q", typed, err, want)
		}
	}
}

func TestACheckMovesTheState(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		before instance.Status
		reason string
		want   instance.Status
	}{
		{instance.Failed, "", instance.Running}, {instance.Running, "", instance.Running}, {instance.Active, "", instance.Active},
		{instance.Stopped, "", instance.Running}, {instance.Running, "it is away", instance.Failed}, {instance.Active, "it is away", instance.Failed},
	} {
		r := instance.Resource{Status: c.before, Reason: "before"}
		r.Saw(now, instance.Seen{Reason: c.reason})
		if r.Status != c.want || r.Reason != c.reason || !r.CheckedAt.Equal(now) {
			t.Errorf("%s, seen with %q: %+v", c.before, c.reason, r)
		}
	}
}

func FuzzParseURL(f *testing.F) {
	f.Add("https://n8n.example.com:5678/x/")
	f.Add("http://[::1]:80/")
	f.Fuzz(func(t *testing.T, s string) {
		got, err := instance.ParseURL("url", s, egress.Strict())
		if err != nil {
			return
		}
		if !strings.HasPrefix(got, "https://") {
			t.Errorf("%q is %q", s, got)
		}
		if again, err := instance.ParseURL("url", got, egress.Strict()); err != nil || again != got {
			t.Errorf("%q is %q, and that is %q, %v", s, got, again, err)
		}
	})
}

func TestFN2AnAddressIsLookedForFromThereToItsHost(t *testing.T) {
	t.Parallel()
	for address, want := range map[string][]string{
		"https://n8n.example.com":       {"https://n8n.example.com"},
		"https://n8n.example.com/x":     {"https://n8n.example.com/x", "https://n8n.example.com"},
		"https://n8n.example.com/x/y":   {"https://n8n.example.com/x/y", "https://n8n.example.com", "https://n8n.example.com/x"},
		"https://n8n.example.com/a/b/c": {"https://n8n.example.com/a/b/c", "https://n8n.example.com", "https://n8n.example.com/a/b", "https://n8n.example.com/a"},
		"https://x.example/a/b/c/d/e/f": {"https://x.example/a/b/c/d/e/f", "https://x.example", "https://x.example/a/b/c/d/e", "https://x.example/a/b/c/d", "https://x.example/a/b/c", "https://x.example/a/b"},
	} {
		if got := instance.Places(address, address); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", address, got, want)
		}
	}
	// What lives below a path that is named as a page is looked for there, too, when it is not at the cut address.
	for typed, want := range map[string][]string{
		"n8n.example.com/workflows":                                {"/workflows"},
		" https://N8N.example.com//workflows/home/credentials?x#y": {"/workflows/home/credentials", "/workflows/home", "/workflows"},
		"https://n8n.example.com/projects/1/2/3/4/5/6/7":           {"/projects/1/2/3/4/5/6/7", "/projects/1/2/3/4/5/6", "/projects/1/2/3/4/5", "/projects/1/2/3/4", "/projects/1/2/3"},
		"https://n8n.example.com/workflow/%2e%2e/x":                {"/workflow"},
		"https://n8n.example.com/home/../x":                        {"/home"},
	} {
		const origin = "https://n8n.example.com"
		for n := range want {
			want[n] = origin + want[n]
		}
		if got := instance.Places(origin, typed); !slices.Equal(got, append([]string{origin}, want...)) {
			t.Errorf("%s: %q, want %q", typed, got, want)
		}
	}
}
