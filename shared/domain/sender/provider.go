package sender

import (
	_ "embed"
	"strings"
	"sync"
)

// Provider is a host of DNS.
type Provider struct {
	Name string
	Page string // where its customers change their records
}

//go:embed providers.txt
var providersFile string

// providers are known by the ends of their name servers' names.
var providers = sync.OnceValue(func() map[string]Provider {
	out := map[string]Provider{}
	for line := range strings.Lines(providersFile) {
		f := strings.Split(strings.TrimSpace(line), " | ")
		if len(f) != 3 {
			continue
		}
		for _, suffix := range strings.Fields(f[2]) {
			out[suffix] = Provider{f[0], f[1]}
		}
	}
	return out
})

// ProviderOf is the host of a zone, by the names of its servers; the zero value where it is none that is known, or several.
func ProviderOf(nameServers []string) Provider {
	var found Provider
	for _, ns := range nameServers {
		p := providerOf(Canonical(ns))
		if p == (Provider{}) || found != (Provider{}) && p != found {
			return Provider{}
		}
		found = p
	}
	return found
}

func providerOf(ns string) Provider {
	_, rest, _ := strings.Cut(ns, ".")
	if strings.HasPrefix(rest, "awsdns-") { // Route 53 numbers its domains: ns-2048.awsdns-64.com, .net, .org and .co.uk
		return providers()["awsdns-*"]
	}
	for rest != "" {
		if p, ok := providers()[rest]; ok {
			return p
		}
		_, rest, _ = strings.Cut(rest, ".")
	}
	return Provider{}
}

// hidesCNAME tells whether the zone is at Cloudflare, which answers with addresses, or not at all, for a CNAME that is proxied (D4).
func hidesCNAME(nameServers []string) bool {
	for _, ns := range nameServers {
		if within(Canonical(ns), "ns.cloudflare.com") {
			return true
		}
	}
	return false
}
