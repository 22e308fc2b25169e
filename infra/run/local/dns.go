package local

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"golang.org/x/net/publicsuffix"

	"latchkey.dev/infra/run/dns"
	"latchkey.dev/infra/run/engine/ses"
)

// names stands in for DNS: the zones of the domains that are to be verified, which a person publishes on /_local/dns.
type names struct {
	stub *dns.Stub
	path string // of the file that keeps the zones; "" for none

	mu sync.Mutex // of what is changed and kept
}

// openNames starts the name server, with the zones that were kept in the folder.
func openNames(at, dir string) (*names, error) {
	if at == "" {
		at = "127.0.0.1:0"
	}
	stub, err := dns.Start(at)
	if err != nil {
		return nil, fmt.Errorf("local: %w", err)
	}
	n := &names{stub: stub}
	if dir == "" {
		return n, nil
	}
	n.path = filepath.Join(dir, "dns.json")
	b, err := os.ReadFile(n.path)
	if errors.Is(err, fs.ErrNotExist) {
		return n, nil
	}
	zones := map[string]string{}
	if err == nil {
		err = json.Unmarshal(b, &zones)
	}
	for origin, text := range zones {
		if err == nil {
			err = stub.SetZone(origin, text)
		}
	}
	if err != nil {
		stub.Close()
		return nil, fmt.Errorf("local: %s: %w", n.path, err)
	}
	return n, nil
}

func (n *names) address() string { return n.stub.Server(0).Addr().String() }

// zones are the zones as text, by name.
func (n *names) zones() map[string]string {
	s, all := n.stub.Server(0), map[string]string{}
	for _, origin := range s.Origins() {
		all[origin] = s.Text(origin)
	}
	return all
}

// change does something to the zones, and keeps them.
func (n *names) change(f func() error) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := f(); err != nil || n.path == "" {
		return err
	}
	b, err := json.Marshal(n.zones())
	if err != nil {
		return err
	}
	next := n.path + ".next"
	if err := os.WriteFile(next, b, 0o600); err != nil {
		return err
	}
	return os.Rename(next, n.path)
}

// room makes the zone that the name is in, if there is none: the one that its owner has registered.
func (n *names) room(name string) (zone string, err error) {
	zone, err = publicsuffix.EffectiveTLDPlusOne(strings.TrimSuffix(strings.ToLower(name), "."))
	if err != nil {
		return "", fmt.Errorf("%s is in no zone that somebody can register", name)
	}
	s := n.stub.Server(0)
	if slices.Contains(s.Origins(), zone) || slices.Contains(s.Origins(), zone+".") {
		return zone, nil
	}
	return zone, n.stub.SetZone(zone, "")
}

// mistake is a way to publish the records of a domain: as asked, or as people do it wrong.
type mistake struct{ Name, Label string }

var mistakes = []mistake{
	{"asked", "Publish as asked"}, {"missing", "Without the last one"}, {"doubled", "With the domain twice"},
	{"text", "CNAME as TXT"}, {"proxied", "Behind a proxy"}, {"delete", "Delete"},
}

// publish has a domain's records published in one of the ways, in place of what was published of them before.
func (n *names) publish(d ses.Domain, way string) error {
	return n.change(func() error {
		zone, err := n.room(d.Name)
		if err != nil {
			return err
		}
		twice := func(r ses.Wanted) string { return r.Name + "." + zone }
		for _, r := range d.Records {
			if err := errors.Join(n.stub.Fail(r.Name, dns.Fault{}), n.stub.Delete(r.Name, ""), n.stub.Delete(twice(r), "")); err != nil {
				return err
			}
		}
		for i, r := range d.Records {
			name, kind := r.Name, r.Type
			switch {
			case way == "delete" || way == "missing" && i == lastKey:
				continue
			case way == "doubled":
				name = twice(r)
			case way == "text" && kind == "CNAME":
				kind = "TXT"
			case way == "proxied" && kind == "CNAME":
				if err := n.stub.Fail(name, dns.Fault{Kind: dns.Proxied}); err != nil {
					return err
				}
			}
			if err := n.stub.Publish(line(name, kind, r.Value)); err != nil {
				return err
			}
		}
		return nil
	})
}

// lastKey is the place of the third DKIM record among those that a domain asks for.
const lastKey = 2

// line is a record as a zone file has it: text in quotes, other names with their last dot.
func line(name, kind, value string) string {
	if kind == "TXT" {
		value = `"` + value + `"`
	} else {
		value += "."
	}
	return fmt.Sprintf("%s. 300 IN %s %s", name, kind, value)
}

// showNames shows which domains wait for records, and what is published.
func (l *Local) showNames(w http.ResponseWriter, r *http.Request) {
	domains, zones := l.Engine.SES.Domains(r.Context()), l.dns.zones()
	if wantsJSON(r) {
		l.answer(w, map[string]any{"server": l.dns.address(), "domains": domains, "zones": zones})
		return
	}
	l.showNamesAs(w, domains, zones, "", "")
}

func (l *Local) showNamesAs(w http.ResponseWriter, domains []ses.Domain, zones map[string]string, lines, wrong string) {
	l.show(w, "dns.html", map[string]any{"Domains": domains, "Zones": zones, "Ways": mistakes, "Server": l.dns.address(),
		"Port": l.dns.stub.Server(0).Addr().Port(), "Lines": lines, "Wrong": wrong, "Now": l.Now(), "Page": "dns"})
}

// publishLines takes records as lines of a zone file with full names, as {"lines": "…"} or a form, and {"delete": "name"}.
func (l *Local) publishLines(w http.ResponseWriter, r *http.Request) {
	field := fields(w, r)
	lines, gone := field("lines"), field("delete")
	err := l.dns.change(func() error {
		if gone != "" {
			return l.dns.stub.Delete(gone, "")
		}
		for text := range strings.Lines(lines) {
			if name, _, ok := strings.Cut(strings.TrimSpace(text), " "); ok && name != "" {
				if _, err := l.dns.room(name); err != nil {
					return err
				}
			}
		}
		return l.dns.stub.Publish(lines)
	})
	l.published(w, r, lines, err)
}

// publishFor publishes the records that a domain waits for, in the way that {"do": "asked"} names.
func (l *Local) publishFor(w http.ResponseWriter, r *http.Request) {
	way := fields(w, r)("do")
	if !slices.ContainsFunc(mistakes, func(m mistake) bool { return m.Name == way }) {
		http.Error(w, `send {"do": "asked|missing|doubled|text|proxied|delete"}`, http.StatusBadRequest)
		return
	}
	for _, d := range l.Engine.SES.Domains(r.Context()) {
		if d.Name == r.PathValue("domain") {
			l.published(w, r, "", l.dns.publish(d, way))
			return
		}
	}
	http.Error(w, "There is no such domain. Claim it first.", http.StatusNotFound)
}

// published answers with what stands in DNS now, or why it stands as it did.
func (l *Local) published(w http.ResponseWriter, r *http.Request, lines string, err error) {
	switch {
	case err != nil && wantsJSON(r):
		http.Error(w, err.Error(), http.StatusBadRequest)
	case err != nil:
		w.WriteHeader(http.StatusBadRequest)
		l.showNamesAs(w, l.Engine.SES.Domains(r.Context()), l.dns.zones(), lines, err.Error())
	case wantsJSON(r):
		l.answer(w, map[string]any{"zones": l.dns.zones()})
	default:
		http.Redirect(w, r, "/_local/dns", http.StatusSeeOther)
	}
}

// fields reads the fields of a form or of a JSON object of texts, of 64 KiB at most.
func fields(w http.ResponseWriter, r *http.Request) func(string) string {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	if !sendsJSON(r) {
		return r.PostFormValue
	}
	in := map[string]string{}
	_ = json.NewDecoder(r.Body).Decode(&in) // what is no such object has no fields
	return func(name string) string { return in[name] }
}
