package main

import (
	"net/http"
	"net/http/httputil"
	"strings"
	"time"
)

// whole answers at the product's origin: with an API's answers, and with the local run's below /_local. Stripe's pages are
// there, and the product's pages let forms lead to Stripe and to their own origin alone. The API at the endpoint goes by the
// name in host where it is not empty, which resolvers need not know.
func whole(endpoint, host, local string) http.Handler {
	transport := &http.Transport{ResponseHeaderTimeout: time.Minute, MaxIdleConnsPerHost: 16}
	return &httputil.ReverseProxy{Transport: transport, Rewrite: func(r *httputil.ProxyRequest) {
		to, name := endpoint, host
		if strings.HasPrefix(r.In.URL.Path, "/_local/") {
			to, name = local, ""
		}
		r.Out.URL.Scheme, r.Out.URL.Host = "http", strings.TrimPrefix(to, "http://")
		r.Out.Host = r.In.Host
		if name != "" {
			r.Out.Host = name
		}
	}}
}
