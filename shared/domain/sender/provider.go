package sender

import "strings"

// Provider is a host of DNS.
type Provider struct {
	Name string
	Page string // where its customers change their records
}

// providers are known by the ends of their name servers' names.
var providers = []struct {
	suffix string
	Provider
}{
	{"ns.cloudflare.com", Provider{"Cloudflare", "https://dash.cloudflare.com/?to=/:account/:zone/dns/records"}},
	{"domaincontrol.com", Provider{"GoDaddy", "https://dcc.godaddy.com/control/portfolio"}},
	{"registrar-servers.com", Provider{"Namecheap", "https://ap.www.namecheap.com/domains/list/"}},
	{"azure-dns.com", azure}, {"azure-dns.net", azure}, {"azure-dns.org", azure}, {"azure-dns.info", azure},
	{"googledomains.com", Provider{"Google Cloud DNS", "https://console.cloud.google.com/net-services/dns/zones"}},
	{"squarespacedns.com", Provider{"Squarespace", "https://account.squarespace.com/domains"}},
	{"ui-dns.com", ionos}, {"ui-dns.de", ionos}, {"ui-dns.org", ionos}, {"ui-dns.biz", ionos},
	{"hetzner.com", hetzner}, {"hetzner.de", hetzner}, {"first-ns.de", hetzner}, {"second-ns.de", hetzner}, {"second-ns.com", hetzner},
	{"ovh.net", Provider{"OVHcloud", "https://www.ovh.com/manager/"}},
	{"gandi.net", Provider{"Gandi", "https://admin.gandi.net/domain"}},
	{"vercel-dns.com", Provider{"Vercel", "https://vercel.com/dashboard/domains"}},
	{"nsone.net", Provider{"NS1", "https://my.nsone.net/"}},
	{"digitalocean.com", Provider{"DigitalOcean", "https://cloud.digitalocean.com/networking/domains"}},
	{"linode.com", Provider{"Akamai (Linode)", "https://cloud.linode.com/domains"}},
	{"vultr.com", Provider{"Vultr", "https://my.vultr.com/dns/"}},
	{"name.com", Provider{"Name.com", "https://www.name.com/account/domain"}},
	{"porkbun.com", Provider{"Porkbun", "https://porkbun.com/account/domains"}},
	{"dynadot.com", Provider{"Dynadot", "https://www.dynadot.com/account/domain/name/list.html"}},
	{"dnsimple.com", dnsimple}, {"dnsimple-edge.net", dnsimple}, {"dnsimple-edge.org", dnsimple},
	{"rzone.de", Provider{"STRATO", "https://www.strato.de/apps/CustomerService"}},
	{"inwx.de", inwx}, {"inwx.eu", inwx}, {"inwx.net", inwx},
	{"wixdns.net", Provider{"Wix", "https://manage.wix.com/account/domains"}},
	{"wordpress.com", Provider{"WordPress.com", "https://wordpress.com/domains/manage"}},
	{"bluehost.com", Provider{"Bluehost", "https://my.bluehost.com/"}},
	{"hostgator.com", Provider{"HostGator", "https://portal.hostgator.com/"}},
	{"dreamhost.com", Provider{"DreamHost", "https://panel.dreamhost.com/"}},
	{"dns-parking.com", Provider{"Hostinger", "https://hpanel.hostinger.com/domains"}},
	{"siteground.net", Provider{"SiteGround", "https://my.siteground.com/"}},
	{"hover.com", Provider{"Hover", "https://www.hover.com/control_panel"}},
	{"infomaniak.ch", infomaniak}, {"infomaniak.com", infomaniak},
	{"transip.net", transip}, {"transip.nl", transip}, {"transip.eu", transip},
	{"alidns.com", Provider{"Alibaba Cloud DNS", "https://dns.console.aliyun.com/"}},
	{"dnspod.net", Provider{"DNSPod", "https://console.dnspod.cn/dns/list"}},
	{"kasserver.com", Provider{"ALL-INKL", "https://kas.all-inkl.com/"}},
	{"bunny.net", Provider{"bunny.net", "https://dash.bunny.net/dns"}},
	{"simply.com", Provider{"Simply.com", "https://www.simply.com/en/controlpanel/"}},
	{"one.com", Provider{"one.com", "https://www.one.com/admin/"}},
}

var (
	azure      = Provider{"Azure DNS", "https://portal.azure.com/#browse/Microsoft.Network%2FdnsZones"}
	ionos      = Provider{"IONOS", "https://my.ionos.com/domains"}
	hetzner    = Provider{"Hetzner", "https://dns.hetzner.com/"}
	dnsimple   = Provider{"DNSimple", "https://dnsimple.com/dashboard"}
	inwx       = Provider{"INWX", "https://www.inwx.de/en/nameserver2"}
	infomaniak = Provider{"Infomaniak", "https://manager.infomaniak.com/"}
	transip    = Provider{"TransIP", "https://www.transip.eu/cp/"}
	route53    = Provider{"Amazon Route 53", "https://console.aws.amazon.com/route53/v2/hostedzones"}
)

// cloudflare is whose zones show no CNAME that is proxied (D4).
const cloudflare = "Cloudflare"

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
	// Route 53 numbers its domains: ns-2048.awsdns-64.com, .net, .org and .co.uk.
	if _, rest, ok := strings.Cut(ns, "."); ok && strings.HasPrefix(rest, "awsdns-") {
		return route53
	}
	for _, p := range providers {
		if within(ns, p.suffix) {
			return p.Provider
		}
	}
	return Provider{}
}
