package smtp

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"mime/multipart"
	"mime/quotedprintable"
	"net/textproto"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/delivery"
)

// Lengths of lines (RFC 5322 section 2.1.1, RFC 2047 section 2).
const (
	mostLine = 76 // by which we fold; 998 is what nobody may pass
	mostWord = 60 // longer words of a header are encoded, so that it can be folded in them
	chunk    = 42 // bytes of an encoded word
)

// compose writes the mail as it goes over the wire, text before HTML, and returns its Message-ID.
func compose(out delivery.Mail, now time.Time) (id string, content []byte, err error) {
	for _, address := range []string{out.From, string(out.To), out.ReplyTo} {
		if !plain(address) && (address != "" || out.ReplyTo != "") {
			return "", nil, &delivery.Refusal{Reason: words.Say("smtp.address")}
		}
	}
	if id = out.MessageID; id == "" {
		id = strings.ToLower(rand.Text()) + out.From[strings.LastIndexByte(out.From, '@'):]
	}
	if !plain(id) {
		return "", nil, fmt.Errorf("smtp: %d bytes are no Message-ID", len(id))
	}
	var b bytes.Buffer
	parts := multipart.NewWriter(&b)
	write := func(name, value string) { b.WriteString(folded(name, value)) }
	write("From", phrase(out.FromName)+" <"+out.From+">")
	write("To", "<"+string(out.To)+">")
	if out.ReplyTo != "" {
		write("Reply-To", "<"+out.ReplyTo+">")
	}
	write("Subject", unstructured(out.Letter.Subject))
	write("Date", now.UTC().Format("Mon, 02 Jan 2006 15:04:05 -0700"))
	write("Message-ID", "<"+id+">")
	write("Auto-Submitted", "auto-generated") // RFC 3834: mail programs keep automatic answers to a person's own
	if l := out.Letter.Language; l != "" {    // RFC 3282
		write("Content-Language", string(l))
	}
	if out.Unsubscribe != "" { // RFC 8058
		write("List-Unsubscribe", "<"+out.Unsubscribe+">")
		write("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
	}
	write("MIME-Version", "1.0")
	write("Content-Type", "multipart/alternative; boundary="+parts.Boundary())
	b.WriteString("\r\n")
	for _, part := range []struct{ kind, text string }{{"text/plain", out.Letter.Text}, {"text/html", out.Letter.HTML}} {
		w, err := parts.CreatePart(textproto.MIMEHeader{"Content-Type": {part.kind + "; charset=utf-8"},
			"Content-Transfer-Encoding": {"quoted-printable"}})
		if err != nil {
			return "", nil, err
		}
		q := quotedprintable.NewWriter(w)
		if _, err := q.Write([]byte(part.text)); err != nil {
			return "", nil, err
		}
		if err := q.Close(); err != nil {
			return "", nil, err
		}
	}
	if err := parts.Close(); err != nil {
		return "", nil, err
	}
	return id, b.Bytes(), nil
}

// plain tells whether an address, or a Message-ID, can stand between angle brackets: printable ASCII with an @, and nothing by
// which a command or a header could end.
func plain(s string) bool {
	const most = 512
	at := strings.LastIndexByte(s, '@')
	return at > 0 && at < len(s)-1 && len(s) <= most &&
		strings.IndexFunc(s, func(r rune) bool { return r <= ' ' || r > '~' || r == '<' || r == '>' }) < 0
}

// tidy is one line without controls, whose words are one space apart.
func tidy(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	return strings.Join(strings.Fields(s), " ")
}

// phrase writes a display name (RFC 5322 section 3.2.5): a quoted string, or encoded words.
func phrase(name string) string {
	name = strings.ReplaceAll(tidy(name), "=?", "= ?") // else readers of mail take it for an encoded word, and decode it
	if needsEncoding(name) {
		return encoded(name)
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name) + `"`
}

// unstructured writes a subject.
func unstructured(s string) string {
	s = tidy(s)
	if needsEncoding(s) {
		return encoded(s)
	}
	return s
}

// needsEncoding tells whether a header's text is not ASCII, reads as an encoded word, or cannot be folded as it is.
func needsEncoding(s string) bool {
	if strings.Contains(s, "=?") || strings.IndexFunc(s, func(r rune) bool { return r > '~' }) >= 0 {
		return true
	}
	for word := range strings.SplitSeq(s, " ") {
		if len(word) > mostWord {
			return true
		}
	}
	return false
}

// encoded writes encoded words in base 64 (RFC 2047), whose letters are safe wherever an encoded word may stand, with whole
// characters in each.
func encoded(s string) string {
	var all []string
	for s != "" {
		n := 0
		for n < len(s) {
			_, size := utf8.DecodeRuneInString(s[n:])
			if n+size > chunk {
				break
			}
			n += size
		}
		all = append(all, "=?utf-8?b?"+base64.StdEncoding.EncodeToString([]byte(s[:n]))+"?=")
		s = s[n:]
	}
	return strings.Join(all, " ")
}

// folded writes a header field, in lines that are folded between its words.
func folded(name, value string) string {
	var b strings.Builder
	b.WriteString(name + ":")
	length := b.Len()
	for i, word := range strings.Split(value, " ") {
		if length+1+len(word) > mostLine && i > 0 {
			b.WriteString("\r\n")
			length = 0
		}
		b.WriteString(" " + word)
		length += 1 + len(word)
	}
	b.WriteString("\r\n")
	return b.String()
}
