package lifecycle

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"
	"github.com/emersion/go-msgauth/dmarc"

	stub "latchkey.dev/infra/run/dns"
	"latchkey.dev/infra/run/engine/ses"
	"latchkey.dev/shared/domain/sender"
	"latchkey.dev/shared/usecase/senders"
)

// called has the office's mails come from this name.
func (o *office) called(name string, c *sender.Claim) {
	o.w.t.Helper()
	s, err := o.w.senders().Settings(o.w.ctx, o.id)
	must(o.w.t, err)
	s.Name = name
	must(o.w.t, o.w.senders().Save(o.w.ctx, senders.Change{Claim: c, Settings: s}))
}

// asSES writes a mail of simple content as SES composes it: a message of two parts with the headers that were asked for.
func asSES(m *ses.Mail) []byte {
	var b bytes.Buffer
	name, address, _ := strings.Cut(m.From, " <")
	fmt.Fprintf(&b, "From: %s <%s\r\nTo: %s\r\nSubject: %s\r\n", mime.BEncoding.Encode("utf-8", strings.Trim(name, `"`)), address,
		strings.Join(m.To, ", "), mime.BEncoding.Encode("utf-8", m.Subject))
	for _, h := range []string{"Reply-To", "Auto-Submitted"} {
		fmt.Fprintf(&b, "%s: %s\r\n", h, m.Headers[h])
	}
	at := m.At.Format("Mon, 02 Jan 2006 15:04:05 -0700")
	fmt.Fprintf(&b, "Date: %s\r\nMessage-ID: <%s@eu-central-1.amazonses.com>\r\nMIME-Version: 1.0\r\n", at, m.ID)
	b.WriteString("Content-Type: multipart/alternative; boundary=\"--=_Part\"\r\n\r\n")
	for _, part := range [][2]string{{"text/plain", m.Text}, {"text/html", m.HTML}} {
		fmt.Fprintf(&b, "----=_Part\r\nContent-Type: %s; charset=UTF-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n", part[0])
		q := quotedprintable.NewWriter(&b)
		_, _ = q.Write([]byte(part[1])) // a buffer takes everything
		_ = q.Close()
		b.WriteString("\r\n")
	}
	b.WriteString("----=_Part--\r\n")
	return b.Bytes()
}

// receiver is somebody else's mail server, as far as it judges who a mail is from.
type receiver struct {
	lookup func(name string) ([]string, error)
}

// resolver asks the stub as everybody asks DNS.
func resolver(s *stub.Stub) receiver {
	r := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, s.Addrs()[0].String())
	}}
	return receiver{func(name string) ([]string, error) {
		return r.LookupTXT(context.Background(), strings.TrimSuffix(name, ".")+".")
	}}
}

// passes tells whether a mail passes DMARC by its signatures: one of them is valid and of the domain in From, by the alignment that the
// record at the policy's domain asks for. It says why it does not.
func (r receiver) passes(raw []byte, policyAt string) error {
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return err
	}
	from, err := mail.ParseAddress(m.Header.Get("From"))
	if err != nil {
		return err
	}
	of := sender.Domain(from.Address[strings.LastIndexByte(from.Address, '@')+1:])
	policy, err := dmarc.LookupWithOptions(policyAt, &dmarc.LookupOptions{LookupTXT: r.lookup})
	if err != nil {
		return fmt.Errorf("the policy: %w", err)
	}
	signatures, err := dkim.VerifyWithOptions(bytes.NewReader(raw), &dkim.VerifyOptions{LookupTXT: r.lookup})
	if err != nil {
		return err
	}
	why := fmt.Errorf("no signature is of %s", of)
	for _, s := range signatures {
		by := sender.Domain(s.Domain)
		aligned := by == of || policy.DKIMAlignment == dmarc.AlignmentRelaxed && sender.Registrable(by) == sender.Registrable(of)
		switch {
		case s.Err != nil:
			why = s.Err
		case aligned:
			return nil
		}
	}
	return why
}

// TestSenderD14AnInvitationPassesDKIMAndDMARC signs the invitation as SES signs one from a verified domain: with the identity as d=, a
// selector that is one of its tokens, and a key that stands behind the CNAME record which the agency has published. A verifier that we
// have not written reads the key over DNS and judges. What remains for AWS: that SES signs with the identity of the From domain itself
// and not with a parent's, which header fields it signs, that it puts a second signature of amazonses.com beside it, and the
// MAIL FROM domain, whose SPF aligns as well where the policy is relaxed.
func TestSenderD14AnInvitationPassesDKIMAndDMARC(t *testing.T) {
	t.Parallel()
	var raw, relayed []byte
	in(t, func(w *world) {
		o := w.office("Northwind")
		w.identity(ownDomain)
		o.called("Bäckerei Müller & Söhne", o.claim(ownDomain, nil))
		d := o.draft("ops@acme.example")
		d.Message = "Grüße,\nfrom the bakery.\n.\nA line with a dot."
		_, err := w.inviter.Send(w.ctx, o.owner, d, "")
		must(t, err)
		w.deliver()
		raw = asSES(w.newest("ops@acme.example"))

		server := w.mailServer()
		o.called("Bäckerei Müller & Söhne", o.through(ownDomain))
		_, err = o.send("own@acme.example")
		must(t, err)
		w.deliver()
		relayed = []byte(server.Mails()[0].Content)
	})
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	must(t, err)
	const token, hosted = "abcdefghijklmnopqrstuvwxyz234567", "dkim.eu-south-1.amazonses.com"
	dns, err := stub.Start("127.0.0.1:0")
	must(t, err)
	t.Cleanup(dns.Close)
	text := "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(public)
	must(t, dns.SetZone("amazonses.com.", fmt.Sprintf("%s.%s. 300 IN TXT %q %q\n", token, hosted, text[:200], text[200:])))
	zone := func(policies string) {
		must(t, dns.SetZone("northwind.com.", policies+
			// Easy DKIM of the identity, as the doctor asks for it, and one of the parent's for comparison.
			token+"._domainkey."+ownDomain+". 300 IN CNAME "+token+"."+hosted+".\n"+
			token+"._domainkey.northwind.com. 300 IN CNAME "+token+"."+hosted+".\n"))
	}
	sign := func(raw []byte, by string) []byte {
		var out bytes.Buffer
		must(t, dkim.Sign(&out, bytes.NewReader(raw), &dkim.SignOptions{Domain: by, Selector: token, Signer: key,
			HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationSimple,
			HeaderKeys: []string{"From", "To", "Subject", "Reply-To", "Date", "Message-ID", "MIME-Version", "Content-Type"}}))
		return out.Bytes()
	}
	judge := resolver(dns)
	for name, c := range map[string]struct {
		policies, policyAt string
	}{
		"its own relaxed policy": {"_dmarc." + ownDomain + ". 300 IN TXT \"v=DMARC1; p=reject\"\n", ownDomain},
		"its own strict policy":  {"_dmarc." + ownDomain + ". 300 IN TXT \"v=DMARC1; p=reject; adkim=s; aspf=s\"\n", ownDomain},
		"its parent's strict policy": {"_dmarc.northwind.com. 300 IN TXT \"v=DMARC1; p=none; sp=reject; adkim=s\"\n",
			"northwind.com"},
	} {
		zone(c.policies)
		for kind, mail := range map[string][]byte{"by SES": raw, "by the agency's server": relayed} {
			signed := sign(mail, ownDomain)
			if err := judge.passes(signed, c.policyAt); err != nil {
				t.Errorf("%s, %s: it does not pass: %v", name, kind, err)
			}
			// The same judge refuses what must not pass, so that passing says something.
			forged := bytes.Replace(signed, []byte("invites@"+ownDomain), []byte("boss@"+ownDomain), 1)
			if judge.passes(forged, c.policyAt) == nil {
				t.Errorf("%s, %s: another From passes", name, kind)
			}
			if judge.passes(mail, c.policyAt) == nil {
				t.Errorf("%s, %s: it passes without a signature", name, kind)
			}
			if strict := strings.Contains(c.policies, "adkim=s"); (judge.passes(sign(mail, "northwind.com"), c.policyAt) != nil) != strict {
				t.Errorf("%s, %s: signed by the parent it passes: %t", name, kind, strict)
			}
		}
	}
}
