package local

import (
	"context"
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
	"latchkey.dev/shared/adapter/dynamo"
	"latchkey.dev/shared/domain/sender"
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
	stub, err := dns.Start(at, "127.0.0.1:0") // a second one, which can differ from the first
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
	{"text", "CNAME as TXT"}, {"proxied", "Behind a proxy"}, {"target", "With the domain behind the value"},
	{"other", "With somebody else's values"}, {"spf", "With a second SPF record"},
	{"lookups", "With an SPF record of too many lookups"},
	{"occupied", "With another MX record for bounces"}, {"cname", "With a CNAME at the name for bounces"},
	{"wildcard", "With a wildcard in place of the proof"}, {"split", "On one of two name servers"},
	{"strict", "With a strict DMARC policy"},
	{"twice", "With two DMARC records"}, {"parent", "With a DMARC record of the domain above"},
	{"loop", "With a proof that leads in a circle"},
	{"servfail", "On name servers that fail"}, {"silent", "On name servers that don't answer"}, {"delete", "Delete"},
}

// published is a record as it is put into DNS.
type published struct{ name, kind, value string }

// records are those that a domain waits for: what SES wants, and what each agency that claims the domain has been asked for.
func (l *Local) records(ctx context.Context, d ses.Domain) ([]published, error) {
	var out []published
	add := func(p published) {
		if !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	table := dynamo.Open(l.env.AWS("dynamodb"), l.env.String("TABLE_NAME"), l.Now)
	claims, err := dynamo.NewSenderWork(table).ClaimsOf(ctx, sender.Domain(d.Name))
	if err != nil {
		return nil, err
	}
	for _, c := range claims {
		for _, r := range sender.Records(c.Wanted()) {
			add(published{r.Name, string(r.Type), r.Shown()})
		}
	}
	for _, r := range d.Records {
		add(published{strings.TrimSuffix(r.Name, "."), r.Type, strings.TrimSuffix(r.Value, ".")})
	}
	return out, nil
}

// publish has a domain's records published in one of the ways, in place of what was published of them before.
func (n *names) publish(domain string, records []published, way string) error {
	return n.change(func() error {
		zone, err := n.room(domain)
		if err != nil {
			return err
		}
		twice := func(name string) string { return name + "." + zone }
		gone := []string{"_dmarc." + domain, "_dmarc." + zone, "loop." + zone, "*." + domain, "*._latchkey." + domain}
		for _, r := range records {
			gone = append(gone, r.name, twice(r.name))
		}
		for _, name := range gone {
			if err := errors.Join(n.stub.Fail(name, dns.Fault{}), n.stub.Delete(name, "")); err != nil {
				return err
			}
		}
		var lines []string
		keys := 0
		for _, r := range records {
			more, err := n.mistaken(way, zone, keys, r)
			if err != nil {
				return err
			}
			if r.kind == "CNAME" {
				keys++
			}
			lines = append(lines, more...)
		}
		switch dmarc := "_dmarc." + domain; way {
		case "strict":
			lines = append(lines, line(dmarc, "TXT", "v=DMARC1; p=reject; aspf=s"))
		case "twice":
			lines = append(lines, line(dmarc, "TXT", "v=DMARC1; p=none"), line(dmarc, "TXT", "v=DMARC1; p=reject"))
		case "parent":
			lines = append(lines, line("_dmarc."+zone, "TXT", "v=DMARC1; p=none; sp=quarantine"))
		}
		if err := n.stub.Publish(strings.Join(lines, "\n")); err != nil {
			return err
		}
		if way == "split" {
			for _, r := range records {
				if err := n.stub.Server(1).Delete(r.name, ""); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// mistaken is a record as it is published in a way, behind so many keys.
func (n *names) mistaken(way, zone string, keys int, r published) ([]string, error) {
	asked := []string{line(r.name, r.kind, r.value)}
	proof, key := strings.HasPrefix(r.name, "_latchkey."), r.kind == "CNAME"
	dmarc, spf := strings.HasPrefix(r.name, "_dmarc."), strings.HasPrefix(r.value, "v=spf1")
	switch {
	case way == "delete", way == "missing" && key && keys == lastKey,
		dmarc && (way == "strict" || way == "twice" || way == "parent"), way == "cname" && spf, way == "wildcard" && proof:
		if way == "wildcard" {
			_, above, _ := strings.Cut(r.name, ".")
			return []string{line("*."+above, "TXT", "parked")}, nil
		}
		return nil, nil
	case way == "doubled":
		return []string{line(r.name+"."+zone, r.kind, r.value)}, nil
	case way == "text" && key:
		return []string{line(r.name, "TXT", r.value)}, nil
	case way == "proxied" && key:
		return asked, n.stub.Fail(r.name, dns.Fault{Kind: dns.Proxied})
	case way == "target" && key:
		return []string{line(r.name, r.kind, r.value+"."+zone)}, nil
	case way == "other" && proof:
		return []string{line(r.name, r.kind, "latchkey-verify=00000000000000000000000000000000")}, nil
	case way == "other" && key:
		return []string{line(r.name, r.kind, "x."+r.value)}, nil
	case way == "spf" && spf:
		return append(asked, line(r.name, r.kind, "v=spf1 include:_spf.google.com ~all")), nil
	case way == "lookups" && spf:
		text := "v=spf1"
		for k := range 10 {
			text += fmt.Sprintf(" a:%d.%s", k, zone)
		}
		return []string{line(r.name, r.kind, text+" include:amazonses.com ~all")}, nil
	case way == "occupied" && r.kind == "MX":
		return append(asked, line(r.name, r.kind, "5 mx.google.com")), nil
	case way == "cname" && r.kind == "MX":
		return []string{line(r.name, "CNAME", "parking.registrar.net")}, nil
	case way == "loop" && proof:
		return []string{line(r.name, "CNAME", "loop."+zone), line("loop."+zone, "CNAME", r.name)}, nil
	case way == "servfail":
		return asked, n.stub.Fail(r.name, dns.Fault{Kind: dns.ServFail})
	case way == "silent":
		return asked, n.stub.Fail(r.name, dns.Fault{Kind: dns.Silent})
	}
	return asked, nil
}

// lastKey is the place of the third DKIM record among those that a domain asks for.
const lastKey = 2

// line is a record as a zone file has it: text in quotes, other names with their last dot.
func line(name, kind, value string) string {
	if kind == "TXT" { // in strings of 255 bytes at most
		var parts []string
		for part := range slices.Chunk([]byte(value), 255) {
			parts = append(parts, `"`+string(part)+`"`)
		}
		value = strings.Join(parts, " ")
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
		ways := make([]string, len(mistakes))
		for i, m := range mistakes {
			ways[i] = m.Name
		}
		http.Error(w, `send {"do": "`+strings.Join(ways, "|")+`"}`, http.StatusBadRequest)
		return
	}
	for _, d := range l.Engine.SES.Domains(r.Context()) {
		if d.Name == r.PathValue("domain") {
			records, err := l.records(r.Context(), d)
			if err == nil {
				err = l.dns.publish(d.Name, records, way)
			}
			l.published(w, r, "", err)
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
