package local

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"latchkey.dev/infra/run/engine"
)

func (l *Local) serve(on net.Listener, h http.Handler) {
	s := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(l.log.Handler(), slog.LevelWarn)}
	l.servers = append(l.servers, s)
	go func() {
		if err := s.Serve(on); !errors.Is(err, http.ErrServerClosed) {
			l.log.Error("the server stopped", "address", on.Addr().String(), "error", err)
		}
	}()
}

func closeUnlessServed(err *error, on net.Listener) {
	if *err != nil {
		on.Close() //nolint:errcheck,gosec // nothing was ever served on it
	}
}

// listen refuses addresses that others than this machine can reach: nobody's credentials are checked here, and the
// mailbox is open.
func listen(addr string) (net.Listener, error) {
	addr = cmp.Or(addr, "127.0.0.1:0")
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("local: %w", err)
	}
	if ip, err := netip.ParseAddr(host); host != "localhost" && (err != nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("local: %s is no loopback address, and only those are listened on", addr)
	}
	on, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("local: %w", err)
	}
	return on, nil
}

func urlOf(on net.Listener) string {
	_, port, _ := net.SplitHostPort(on.Addr().String())
	return "http://localhost:" + port
}

// fromContainers admits, besides loopback names, the name by which containers of sam local reach this machine.
func fromContainers(h http.Handler) http.Handler {
	loopback := engine.LoopbackOnly(h)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if name, _, _ := strings.Cut(r.Host, ":"); name == "host.docker.internal" {
			h.ServeHTTP(w, r)
			return
		}
		loopback.ServeHTTP(w, r)
	})
}
