package ses

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html/charset"
)

const (
	maxParts   = 500 // MIME parts of one message, as SES limits them
	maxNesting = 16
)

// header is one header field as it was written, unfolded.
type header struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// parsed is a MIME message, read as far as a mailbox shows it.
type parsed struct {
	headers  []header // in order, values not decoded
	from     []*mail.Address
	to       []*mail.Address
	cc       []*mail.Address
	bcc      []*mail.Address
	subject  string // decoded
	text     string
	html     string
	hasVirus bool
}

// words decodes RFC 2047 encoded words, of any charset that browsers know.
var words = mime.WordDecoder{CharsetReader: charset.NewReaderLabel}

// get returns the first value of that name, not decoded; empty for none.
func (p *parsed) get(name string) string {
	for _, h := range p.headers {
		if strings.EqualFold(h.Name, name) {
			return h.Value
		}
	}
	return ""
}

func decodeWords(value string) string {
	if decoded, err := words.DecodeHeader(value); err == nil {
		return strings.ToValidUTF8(decoded, "\uFFFD")
	}
	return value
}

// parse reads a raw message. It answers an error for what SES would refuse: no header, addresses or MIME structure
// that cannot be read.
func parse(raw []byte) (*parsed, error) {
	head, body := split(raw)
	headers, err := readHeaders(head)
	if err != nil {
		return nil, err
	}
	p := &parsed{headers: headers, hasVirus: bytes.Contains(raw, eicar)}
	p.subject = decodeWords(p.get("Subject"))
	addresses := mail.AddressParser{WordDecoder: &words}
	for name, list := range map[string]*[]*mail.Address{"From": &p.from, "To": &p.to, "Cc": &p.cc, "Bcc": &p.bcc} {
		value := p.get(name)
		if strings.TrimSpace(value) == "" {
			continue
		}
		if *list, err = addresses.ParseList(value); err != nil {
			return nil, fmt.Errorf("the %s header cannot be read: %w", name, err)
		}
	}
	parts := 0
	if err := p.walk(p.get("Content-Type"), p.get("Content-Transfer-Encoding"), "", body, 0, &parts); err != nil {
		return nil, err
	}
	return p, nil
}

// eicar is the standard's harmless test virus: a message that holds it is accepted and then rejected.
//
// Source: SES developer guide, "Testing Reject events".
var eicar = []byte(`X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*`)

// split cuts a message at its first empty line, which may end in CRLF or LF.
func split(raw []byte) (head, body []byte) {
	for rest := 0; rest < len(raw); {
		end := bytes.IndexByte(raw[rest:], '\n')
		if end < 0 {
			break
		}
		if line := bytes.TrimRight(raw[rest:rest+end], "\r"); len(line) == 0 {
			return raw[:rest], raw[rest+end+1:]
		}
		rest += end + 1
	}
	return raw, nil
}

// readHeaders reads the fields in order. Unlike net/mail it keeps the order and the spelling of names.
func readHeaders(head []byte) ([]header, error) {
	var headers []header
	// Events and journal are JSON, which takes nothing but UTF-8.
	for line := range strings.SplitSeq(strings.ToValidUTF8(string(head), "\uFFFD"), "\n") {
		line = strings.TrimSuffix(line, "\r")
		if line == "" {
			continue
		}
		if line[0] == ' ' || line[0] == '\t' {
			if len(headers) == 0 {
				return nil, fmt.Errorf("the message begins with a folded line")
			}
			last := &headers[len(headers)-1]
			last.Value += " " + strings.TrimSpace(line)
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok || name == "" || strings.ContainsAny(name, " \t") {
			return nil, fmt.Errorf("the header line %.60q is no field", line)
		}
		headers = append(headers, header{name, strings.TrimSpace(value)})
	}
	if len(headers) == 0 {
		return nil, fmt.Errorf("the message has no header")
	}
	return headers, nil
}

// walk goes through the parts and keeps the first text and the first HTML that is no attachment.
func (p *parsed) walk(contentType, encoding, disposition string, body []byte, depth int, parts *int) error {
	if *parts++; *parts > maxParts || depth > maxNesting {
		return fmt.Errorf("the message has more than %d MIME parts or nests deeper than %d", maxParts, maxNesting)
	}
	if contentType == "" {
		contentType = "text/plain; charset=us-ascii"
	}
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return fmt.Errorf("the Content-Type %.80q cannot be read: %w", contentType, err)
	}
	if strings.HasPrefix(kind, "multipart/") {
		boundary := params["boundary"]
		if boundary == "" {
			return fmt.Errorf("a %s part has no boundary", kind)
		}
		reader := multipart.NewReader(bytes.NewReader(body), boundary)
		for {
			part, err := reader.NextRawPart()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return fmt.Errorf("the MIME parts cannot be read: %w", err)
			}
			inner, err := io.ReadAll(part)
			if err != nil {
				return fmt.Errorf("the MIME parts cannot be read: %w", err)
			}
			h := part.Header
			if err := p.walk(h.Get("Content-Type"), h.Get("Content-Transfer-Encoding"), h.Get("Content-Disposition"),
				inner, depth+1, parts); err != nil {
				return err
			}
		}
	}
	content, err := decodeTransfer(encoding, body)
	if err != nil {
		return err
	}
	if bytes.Contains(content, eicar) {
		p.hasVirus = true
	}
	if how, _, err := mime.ParseMediaType(disposition); err == nil && how == "attachment" {
		return nil
	}
	switch {
	case kind == "text/plain" && p.text == "":
		p.text = decodeCharset(params["charset"], content)
	case kind == "text/html" && p.html == "":
		p.html = decodeCharset(params["charset"], content)
	}
	return nil
}

func decodeTransfer(encoding string, body []byte) ([]byte, error) {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "", "7bit", "8bit", "binary":
		return body, nil
	case "quoted-printable":
		content, err := io.ReadAll(quotedprintable.NewReader(bytes.NewReader(body)))
		if err != nil {
			return nil, fmt.Errorf("a quoted-printable part cannot be read: %w", err)
		}
		return content, nil
	case "base64":
		compact := bytes.Map(func(r rune) rune {
			if r == '\r' || r == '\n' || r == ' ' || r == '\t' {
				return -1
			}
			return r
		}, body)
		content, err := base64.StdEncoding.AppendDecode(nil, compact)
		if err != nil {
			return nil, fmt.Errorf("a base64 part cannot be read: %w", err)
		}
		return content, nil
	}
	return nil, fmt.Errorf("the Content-Transfer-Encoding %.40q is unknown", encoding)
}

func decodeCharset(label string, content []byte) string {
	switch strings.ToLower(label) {
	case "", "us-ascii", "utf-8":
		return strings.ToValidUTF8(string(content), "\uFFFD")
	}
	reader, err := charset.NewReaderLabel(label, bytes.NewReader(content))
	if err != nil {
		return strings.ToValidUTF8(string(content), "\uFFFD")
	}
	decoded, err := io.ReadAll(reader)
	if err != nil {
		return strings.ToValidUTF8(string(content), "\uFFFD")
	}
	return string(decoded)
}

var (
	hrefs    = regexp.MustCompile(`(?i)\bhref\s*=\s*(?:"([^"]*)"|'([^']*)')`)
	bareURLs = regexp.MustCompile(`https?://[^\s<>"')\]]+`)
	entities = strings.NewReplacer("&amp;", "&", "&#38;", "&", "&#43;", "+", "&quot;", `"`, "&#34;", `"`, "&#39;", "'")
)

// links returns the addresses that a reader can follow, in order, each once: the HTML's, then the text's.
func links(text, html string) []string {
	found := []string{}
	add := func(url string) {
		if url != "" && !slices.Contains(found, url) {
			found = append(found, url)
		}
	}
	for _, match := range hrefs.FindAllStringSubmatch(html, -1) {
		add(entities.Replace(match[1] + match[2]))
	}
	for _, url := range bareURLs.FindAllString(text, -1) {
		add(strings.TrimRight(url, ".,;:!?"))
	}
	return found
}
