package instance_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/instance"
)

func TestAnAddressHasOneForm(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"https://n8n.example.com":                         "https://n8n.example.com",
		"  HTTPS://N8N.Example.com/ ":                     "https://n8n.example.com",
		"n8n.example.com":                                 "https://n8n.example.com",
		"https://n8n.example.com.:443/":                   "https://n8n.example.com",
		"https://n8n.example.com:5678":                    "https://n8n.example.com:5678",
		"https://example.com/automation/":                 "https://example.com/automation",
		"https://n8n.example.com/api/v1/":                 "https://n8n.example.com",
		"https://n8n.example.com/home/workflows":          "https://n8n.example.com",
		"https://8.8.8.8":                                 "https://8.8.8.8",
		"https://[2606:4700:4700:0:0:0:0:1111]/":          "https://[2606:4700:4700::1111]",
		"https://" + strings.Repeat("a", 50) + ".example": "https://" + strings.Repeat("a", 50) + ".example",
	} {
		if got, err := instance.ParseURL("url", typed, false); err != nil || got != want {
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
		"https://" + strings.Repeat("a", 600) + ".example", "//n8n.example.com\\@evil.example",
	} {
		_, err := instance.ParseURL("url", typed, false)
		if f := fault.As(err); f == nil || f.Code != fault.Invalid || len(f.Fields) != 1 || f.Fields[0].Location != "url" {
			t.Errorf("%q: %v", typed, err)
		}
	}
	for _, typed := range []string{"http://localhost:5678", "http://127.0.0.1:5678/n8n", "https://10.0.0.1"} {
		if _, err := instance.ParseURL("url", typed, true); err != nil {
			t.Errorf("%q, which the operator allows: %v", typed, err)
		}
	}
}

func TestOnlyThePublicInternetIsPublic(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"127.0.0.1", "127.255.255.254", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "169.254.170.2", "100.64.0.1", "100.127.255.255",
		"0.0.0.0", "0.1.2.3", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "192.88.99.1",
		"::", "::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:10.0.0.1", "::10.0.0.1", "64:ff9b::a00:1", "64:ff9b:1::1", "fe80::1", "fe80::1%eth0", "fc00::1",
		"fd00:ec2::254", "ff02::1", "2001:db8::1", "2002:a00:1::", "2001::1", "fec0::1", "100::1", "3fff::1",
	} {
		if instance.Public(netip.MustParseAddr(s)) {
			t.Errorf("%s passes for public", s)
		}
	}
	for _, s := range []string{"8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "192.0.1.1", "2606:4700:4700::1111", "2a00:1450:4001:82a::200e", "::ffff:8.8.8.8"} {
		if !instance.Public(netip.MustParseAddr(s)) {
			t.Errorf("%s does not pass for public", s)
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
		r.Saw(now, c.reason)
		if r.Status != c.want || r.Reason != c.reason || !r.CheckedAt.Equal(now) {
			t.Errorf("%s, seen with %q: %+v", c.before, c.reason, r)
		}
	}
}

func FuzzParseURL(f *testing.F) {
	f.Add("https://n8n.example.com:5678/x/")
	f.Add("http://[::1]:80/")
	f.Fuzz(func(t *testing.T, s string) {
		got, err := instance.ParseURL("url", s, false)
		if err != nil {
			return
		}
		if !strings.HasPrefix(got, "https://") {
			t.Errorf("%q is %q", s, got)
		}
		if again, err := instance.ParseURL("url", got, false); err != nil || again != got {
			t.Errorf("%q is %q, and that is %q, %v", s, got, again, err)
		}
	})
}
