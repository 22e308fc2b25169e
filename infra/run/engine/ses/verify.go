package ses

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// Why the last check of an identity did not find what it looked for
// (https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_VerificationInfo.html).
const (
	errInvalidValue = "INVALID_VALUE"    // the record has another value
	errNoType       = "TYPE_NOT_FOUND"   // the name is there, with other types of records
	errNoHost       = "HOST_NOT_FOUND"   // the name is not there
	errServer       = "DNS_SERVER_ERROR" // the server could not say
)

const (
	// lookEvery is how often what is not verified is looked up, and lookAgain what is.
	lookEvery, lookAgain = time.Minute, time.Hour
	// gaveUp is how long records are waited for: when they are published, and when they have been lost again
	// (https://docs.aws.amazon.com/ses/latest/dg/creating-identities.html).
	gaveUp = 72 * time.Hour
	// askFor is how long one question may take.
	askFor = 2 * time.Second
)

// soa is the start of authority of an identity's zone as the last check found it.
type soa struct {
	PrimaryNameServer string
	AdminEmail        string
	SerialNumber      int64
}

// records is what DNS has of one name and type: the values, or why there are none.
type records struct {
	values  []string // of CNAME a name without its last dot, of MX "10 name", of TXT its strings joined
	soa     *soa     // for SOA alone
	problem string   // an error type; "" where there are values
}

// finding is what a check found in DNS of an identity.
type finding struct {
	dkim, mailFrom string // an error type; "" where all is right
	soa            *soa
}

// verifyDue looks up those identities whose time has come, by the engine's clock. Without a server of DNS nothing happens:
// [Engine.SetVerification] says then how it stands. Nothing is locked while DNS is asked.
func (e *Engine) verifyDue(ctx context.Context) {
	if e.options.DNS == "" {
		return
	}
	now := e.now()
	e.mu.Lock()
	var due []identity
	for _, id := range e.identities {
		if id.due(now) {
			due = append(due, *id)
		}
	}
	e.mu.Unlock()
	for i := range due {
		e.settle(due[i].Name, due[i].Tokens, due[i].MailFrom, e.lookUp(ctx, &due[i]))
	}
}

// Wanted is a record that an identity waits for.
type Wanted struct {
	Name  string `json:"name"`
	Type  string `json:"type"`
	Value string `json:"value"`
}

// Domain is a domain that is verified by what DNS says, and the records that it asks for.
type Domain struct {
	Name     string   `json:"name"`
	Status   string   `json:"status"`
	Problem  string   `json:"problem,omitempty"` // the error type of the last look
	MailFrom string   `json:"mailFrom,omitempty"`
	Records  []Wanted `json:"records"`
}

// Domains are the domains that are verified by what DNS says, by name, as the last look has found them. Those that SetVerification
// has spoken of are none.
func (e *Engine) Domains(ctx context.Context) []Domain {
	e.verifyDue(ctx)
	e.mu.Lock()
	defer e.mu.Unlock()
	all := []Domain{}
	for _, name := range slices.Sorted(maps.Keys(e.identities)) {
		id := e.identities[name]
		if id.ByHand || !id.IsDomain || id.Origin != "AWS_SES" {
			continue
		}
		all = append(all, Domain{id.Name, id.Status, id.Problem, id.MailFromNow, e.wants(id)})
	}
	return all
}

// wants are the records that an identity asks for: those of DKIM, then those of MAIL FROM.
func (e *Engine) wants(id *identity) []Wanted {
	var all []Wanted
	zone := signingZone(e.options.Region)
	for _, token := range id.Tokens {
		all = append(all, Wanted{token + "._domainkey." + id.Name, "CNAME", token + "." + zone})
	}
	if id.MailFrom != "" {
		all = append(all, Wanted{id.MailFrom, "MX", "10 feedback-smtp." + e.options.Region + ".amazonses.com"},
			Wanted{id.MailFrom, "TXT", "v=spf1 include:amazonses.com ~all"})
	}
	return all
}

// due tells whether a domain is looked up at now. One that was given up is not, until its signing is set anew.
func (id *identity) due(now time.Time) bool {
	if id.ByHand || !id.IsDomain || id.Origin != "AWS_SES" ||
		id.Status == statusFailed && (id.MailFrom == "" || id.MailFromNow == statusFailed) {
		return false
	}
	wait := lookEvery
	if id.Status == statusSuccess && (id.MailFrom == "" || id.MailFromNow == statusSuccess) {
		wait = lookAgain
	}
	return now.Sub(id.Checked) >= wait
}

// lookUp asks DNS for what an identity asks for. SES goes by the MX of MAIL FROM, and leaves its SPF to the receivers.
func (e *Engine) lookUp(ctx context.Context, id *identity) (f finding) {
	for _, w := range e.wants(id) {
		switch w.Type {
		case "CNAME":
			if problem := e.expect(ctx, w.Name, dnsmessage.TypeCNAME, w.Value); f.dkim == "" {
				f.dkim = problem
			}
		case "MX":
			f.mailFrom = e.expect(ctx, w.Name, dnsmessage.TypeMX, w.Value)
		}
	}
	for name := id.Name; strings.Contains(name, "."); _, name, _ = strings.Cut(name, ".") {
		if r := e.ask(ctx, name, dnsmessage.TypeSOA); r.soa != nil {
			f.soa = r.soa
			break
		}
	}
	return f
}

// expect asks for the one record that a name must have, and tells what is wrong.
func (e *Engine) expect(ctx context.Context, name string, kind dnsmessage.Type, want string) string {
	r := e.ask(ctx, name, kind)
	if r.problem != "" {
		return r.problem
	}
	if len(r.values) != 1 || !strings.EqualFold(r.values[0], want) {
		return errInvalidValue
	}
	return ""
}

// settle writes what was found, if the identity still wants the same records.
func (e *Engine) settle(name string, tokens []string, mailFrom string, f finding) {
	now := e.now()
	e.mu.Lock()
	key := strings.ToLower(name)
	id := e.identities[key]
	if id == nil || !slices.Equal(id.Tokens, tokens) || id.MailFrom != mailFrom {
		e.mu.Unlock()
		return
	}
	edited := *id
	edited.Checked, edited.Problem, edited.SOA = now, f.dkim, f.soa
	status := edited.Status
	edited.Since, status = next(status, f.dkim, edited.Since, now)
	if status != edited.Status {
		edited.verify(status, now)
	} else if status == statusSuccess {
		edited.Verified = now
	}
	if edited.MailFrom != "" {
		edited.MailFromSince, edited.MailFromNow = next(edited.MailFromNow, f.mailFrom, edited.MailFromSince, now)
	}
	e.identities[key] = &edited
	_ = e.unlockAndKeep(change{Op: opIdentity, Name: key, Identity: &edited}) // the next check writes it again
}

// next is the status after a check, and since when its records are waited for. What a server could not say changes nothing. Records
// that were found once and are gone are a passing failure at first.
func next(status, problem string, since, now time.Time) (time.Time, string) {
	switch {
	case problem == errServer || status == statusFailed: // what was given up is not taken up by itself
		return since, status
	case problem == "":
		return time.Time{}, statusSuccess
	case status == statusSuccess:
		return now, statusTemporary
	case now.Sub(since) >= gaveUp:
		return since, statusFailed
	}
	return since, status
}

// ask asks the server for the records of a name, over UDP, and over TCP what does not fit (RFC 7766). It is no client of the product's:
// SES has its own, and a fault of ours must not be hidden by its being on both sides.
func (e *Engine) ask(ctx context.Context, name string, kind dnsmessage.Type) records {
	ctx, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	var m dnsmessage.Message
	err := errors.New("not asked")
	for _, network := range []string{"udp", "tcp"} {
		if m, err = exchange(ctx, network, e.options.DNS, name, kind); err != nil || !m.Truncated {
			break
		}
	}
	if err != nil {
		return records{problem: errServer}
	}
	return read(m, kind)
}

// exchange asks one question and reads the answer to it.
func exchange(ctx context.Context, network, server, name string, kind dnsmessage.Type) (m dnsmessage.Message, err error) {
	asked, err := dnsmessage.NewName(strings.TrimSuffix(name, ".") + ".")
	if err != nil {
		return m, err
	}
	q := dnsmessage.Message{Header: dnsmessage.Header{ID: uint16(rand.Uint32()), RecursionDesired: true}, //nolint:gosec // on loopback
		Questions: []dnsmessage.Question{{Name: asked, Type: kind, Class: dnsmessage.ClassINET}}}
	wire, err := q.Pack()
	if err != nil {
		return m, err
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, network, server)
	if err != nil {
		return m, err
	}
	defer conn.Close() //nolint:errcheck // nothing is left to be said
	if until, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(until); err != nil {
			return m, err
		}
	}
	answer := make([]byte, 1<<16)
	if network == "tcp" { // a length stands before each message
		wire = append(binary.BigEndian.AppendUint16(nil, uint16(len(wire))), wire...) //nolint:gosec // a question is short
	}
	if _, err := conn.Write(wire); err != nil {
		return m, err
	}
	var n int
	if network == "tcp" {
		if _, err := io.ReadFull(conn, answer[:2]); err != nil {
			return m, err
		}
		n = int(binary.BigEndian.Uint16(answer))
		_, err = io.ReadFull(conn, answer[:n])
	} else {
		n, err = conn.Read(answer)
	}
	if err != nil {
		return m, err
	}
	if err := m.Unpack(answer[:n]); err != nil {
		return m, err
	}
	if m.ID != q.ID || len(m.Questions) != 1 || m.Questions[0].Type != kind ||
		!strings.EqualFold(m.Questions[0].Name.String(), asked.String()) {
		return m, errors.New("an answer to another question")
	}
	return m, nil
}

// read takes the records of a type out of an answer.
func read(m dnsmessage.Message, kind dnsmessage.Type) (r records) {
	bare := func(n dnsmessage.Name) string { return strings.TrimSuffix(n.String(), ".") }
	for _, a := range m.Answers {
		switch v := a.Body.(type) {
		case *dnsmessage.CNAMEResource:
			if kind == dnsmessage.TypeCNAME {
				r.values = append(r.values, bare(v.CNAME))
			}
		case *dnsmessage.MXResource:
			r.values = append(r.values, fmt.Sprint(v.Pref, " ", bare(v.MX)))
		case *dnsmessage.TXTResource:
			r.values = append(r.values, strings.Join(v.TXT, ""))
		case *dnsmessage.SOAResource:
			r.soa = &soa{bare(v.NS), bare(v.MBox), int64(v.Serial)}
		}
	}
	switch {
	case len(r.values) > 0 || r.soa != nil:
	case m.RCode == dnsmessage.RCodeNameError:
		r.problem = errNoHost
	case m.RCode == dnsmessage.RCodeSuccess:
		r.problem = errNoType
	default:
		r.problem = errServer
	}
	return r
}

// Age makes how DNS stands of all identities older by d, for those who go by the machine's clock, which does not move.
func (e *Engine) Age(d time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for key, id := range e.identities {
		edited := *id
		for _, at := range []*time.Time{&edited.Created, &edited.Verified, &edited.Checked, &edited.Since, &edited.MailFromSince} {
			if !at.IsZero() {
				*at = at.Add(-d)
			}
		}
		e.identities[key] = &edited
	}
}
