package ses

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"

	"latchkey.dev/infra/run/engine/roundtrip"
)

// The domains with a behaviour of their own in this engine, and the simulator's.
const (
	rejectDomain    = "reject.example"   // refused at once
	slowDomain      = "slow.example"     // taken after slowFor
	throttleDomain  = "throttle.example" // the first throttleTimes calls per address are throttled
	delayDomain     = "delay.example"    // taken; a DeliveryDelay event comes before the Delivery
	simulatorDomain = "simulator.amazonses.com"

	slowFor       = 3 * time.Second
	throttleTimes = 2
)

type content struct {
	Data    string
	Charset string
}

type messageHeader struct {
	Name, Value string
}

type attachment struct {
	FileName                string
	RawContent              []byte
	ContentDescription      string
	ContentDisposition      string
	ContentID               string `json:"ContentId"`
	ContentTransferEncoding string
	ContentType             string
}

type messageTag struct {
	Name, Value string
}

type sendEmailInput struct {
	FromEmailAddress            string
	FromEmailAddressIdentityARN string `json:"FromEmailAddressIdentityArn"`
	Destination                 *struct {
		ToAddresses, CcAddresses, BccAddresses []string
	}
	ReplyToAddresses                          []string
	FeedbackForwardingEmailAddress            string
	FeedbackForwardingEmailAddressIdentityARN string `json:"FeedbackForwardingEmailAddressIdentityArn"`
	ConfigurationSetName                      string
	TenantName                                string
	EmailTags                                 []messageTag
	Content                                   *struct {
		Raw    *struct{ Data []byte }
		Simple *struct {
			Subject *content
			Body    *struct {
				Text *content
				HTML *content `json:"Html"`
			}
			Headers     []messageHeader
			Attachments []attachment
		}
		Template any
	}
}

// outbound is a message on its way out: what SendEmail was asked, in one form for raw and simple.
type outbound struct {
	id         string
	at         time.Time
	from       *mail.Address
	source     string   // the sender as it was written, decoded
	recipients []string // bare addresses, in order
	set        string
	tenant     string
	tags       map[string][]string
	message    *parsed
}

type sendEmailOutput struct {
	MessageID string `json:"MessageId"`
}

// sendEmail accepts or refuses in the order in which a caller can do something about it: the request itself, the
// account, the sender, then the recipients' special domains.
func (e *Engine) sendEmail(r *http.Request, in *sendEmailInput) (any, error) {
	m, err := in.read()
	if err != nil {
		return nil, err
	}
	if err := e.takeTime(r, m); err != nil {
		return nil, err
	}
	e.verifyDue(r.Context())
	e.mu.Lock()
	if err := e.admit(m); err != nil {
		e.mu.Unlock()
		return nil, err
	}
	m.at = e.now()
	m.id = messageID(m.at)
	e.sentByHour[m.at.Unix()/3600] += len(m.recipients)
	kept := m.mail()
	e.box.add(kept)
	events := e.eventsOf(m)
	if len(events) > 0 {
		e.pending[m.id] = events
		// Registered under the lock, so that Close waits for it; it starts to publish when the answer is due.
		defer e.publishLater(m.id)
	}
	return sendEmailOutput{m.id}, e.unlockAndKeep(change{Op: opMail, Name: m.id, Mail: kept, Events: events})
}

// takeTime waits as long as the call is to take.
func (e *Engine) takeTime(r *http.Request, m *outbound) error {
	wait := e.options.Latency
	if m.goesTo(slowDomain) {
		wait += slowFor
	}
	if wait <= 0 {
		return nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-r.Context().Done():
		return r.Context().Err()
	case <-e.closed:
		return &roundtrip.Error{Status: http.StatusServiceUnavailable, Code: "ServiceUnavailable", Message: "closed"}
	}
}

func (m *outbound) goesTo(domain string) bool {
	return slices.ContainsFunc(m.recipients, func(a string) bool { return domainOf(a) == domain })
}

func domainOf(address string) string {
	return strings.ToLower(address[strings.LastIndexByte(address, '@')+1:])
}

// messageID is an id in SES's form: the time, a UUID and a counter that is always 0.
func messageID(at time.Time) string {
	return fmt.Sprintf("0100%012x-%s-000000", at.UnixMilli(), roundtrip.RequestID())
}

// admit tells whether the account, the configuration set, the tenant and the sender may send this. The caller holds
// the lock.
func (e *Engine) admit(m *outbound) error {
	switch {
	case e.account.Enforcement == "SHUTDOWN":
		return roundtrip.Errorf("AccountSuspendedException",
			"The account's ability to send email has been permanently restricted.")
	case !e.account.Sending:
		return roundtrip.Errorf("SendingPausedException", "Email sending is paused for this account.")
	}
	id := e.senderOf(m.from.Address)
	if id == nil || !id.sends() {
		return roundtrip.Errorf("MessageRejected", "Email address is not verified. The following identities failed the "+
			"check in region %s: %s", strings.ToUpper(e.options.Region), m.from.Address)
	}
	if m.set == "" {
		m.set = id.Set
	}
	if m.set != "" {
		s := e.sets[m.set]
		if s == nil {
			return noSet(m.set)
		}
		if !s.Sending {
			return roundtrip.Errorf("SendingPausedException", "Email sending is paused for configuration set <%s>.", m.set)
		}
	}
	if m.tenant != "" {
		t, err := e.tenantOf(m.tenant)
		if err != nil {
			return err
		}
		needs := []string{e.arn("identity", id.Name)}
		if m.set != "" {
			needs = append(needs, e.arn("configuration-set", m.set))
		}
		if err := t.mayUse(needs...); err != nil {
			return err
		}
	}
	if id.MailFrom != "" && id.MailFromFail == "REJECT_MESSAGE" && id.MailFromNow != statusSuccess {
		return roundtrip.Errorf("MailFromDomainNotVerifiedException", "The MAIL FROM domain %s is not verified.", id.MailFrom)
	}
	if quota := e.options.Max24HourSend; quota > 0 && e.sentLastDay(e.now())+len(m.recipients) > quota {
		return limitExceeded("Daily message quota exceeded.")
	}
	for _, address := range m.recipients {
		switch domainOf(address) {
		case rejectDomain:
			return roundtrip.Errorf("MessageRejected", "This engine refuses every message to %s: %s.", rejectDomain, address)
		case throttleDomain:
			if e.throttled[address]++; e.throttled[address] <= throttleTimes {
				return &roundtrip.Error{
					Status: http.StatusTooManyRequests, Code: "TooManyRequestsException",
					Message: "Maximum sending rate exceeded.",
				}
			}
		}
	}
	return nil
}

// senderOf finds the identity that stands for an address: the address, without its label too, then its domain and the
// domains above. A verified identity comes before a nearer one that is not.
func (e *Engine) senderOf(address string) *identity {
	address = strings.ToLower(address)
	local, domain, _ := strings.Cut(address, "@")
	names := []string{address}
	if plain, _, labelled := strings.Cut(local, "+"); labelled {
		names = append(names, plain+"@"+domain)
	}
	for domain != "" {
		names = append(names, domain)
		_, domain, _ = strings.Cut(domain, ".")
	}
	var first *identity
	for _, name := range names {
		id := e.identities[name]
		if id != nil && id.sends() {
			return id
		}
		if first == nil {
			first = id
		}
	}
	return first
}

var tagText = regexp.MustCompile(`^[A-Za-z0-9_.@-]{1,256}$`)

// read checks the request and brings raw and simple content into one form.
func (in *sendEmailInput) read() (*outbound, error) {
	c := in.Content
	switch {
	case c == nil || c.Raw == nil && c.Simple == nil && c.Template == nil:
		return nil, badRequest("Content needs one of Raw and Simple.")
	case c.Template != nil:
		return nil, badRequest("This engine has no templates: send Raw or Simple content.")
	case c.Raw != nil && c.Simple != nil:
		return nil, badRequest("Content takes Raw or Simple, not both.")
	}
	m := &outbound{set: in.ConfigurationSetName, tenant: in.TenantName, tags: make(map[string][]string)}
	var err error
	if c.Raw != nil {
		err = m.readRaw(c.Raw.Data)
	} else {
		err = m.readSimple(in)
	}
	if err != nil {
		return nil, err
	}
	if in.FromEmailAddress != "" {
		if m.from, err = mail.ParseAddress(in.FromEmailAddress); err != nil {
			return nil, badRequest("Invalid FromEmailAddress <%s>: %v", in.FromEmailAddress, err)
		}
		m.source = decodeWords(in.FromEmailAddress)
	}
	if m.from == nil {
		return nil, badRequest("The message has no From address.")
	}
	if err := m.addressTo(in); err != nil {
		return nil, err
	}
	for _, t := range in.EmailTags {
		if !tagText.MatchString(t.Name) || !tagText.MatchString(t.Value) {
			return nil, badRequest("Invalid email tag <%s=%s>: letters, digits, and _ - . @ only, 1 to 256.", t.Name, t.Value)
		}
		m.tags[t.Name] = []string{t.Value}
	}
	return m, nil
}

// addressTo settles the recipients: those of Destination, or of a raw message's own headers.
func (m *outbound) addressTo(in *sendEmailInput) error {
	var given []string
	if d := in.Destination; d != nil {
		given = slices.Concat(d.ToAddresses, d.CcAddresses, d.BccAddresses)
	}
	for _, text := range given {
		a, err := mail.ParseAddress(text)
		if err != nil {
			return badRequest("Invalid recipient <%s>: %v", text, err)
		}
		m.recipients = append(m.recipients, a.Address)
	}
	if len(given) == 0 {
		for _, a := range slices.Concat(m.message.to, m.message.cc, m.message.bcc) {
			m.recipients = append(m.recipients, a.Address)
		}
	}
	if len(m.recipients) == 0 {
		return badRequest("The message has no recipient.")
	}
	if len(m.recipients) > maxRecipients {
		return badRequest("Recipient count exceeds %d.", maxRecipients)
	}
	return nil
}

func (m *outbound) readRaw(raw []byte) error {
	if len(raw) == 0 {
		return badRequest("Raw content needs Data.")
	}
	if base64.StdEncoding.EncodedLen(len(raw)) > maxMessage {
		return badRequest("Message length is more than %d bytes long.", maxMessage)
	}
	p, err := parse(raw)
	if err != nil {
		return badRequest("The message cannot be read: %v", err)
	}
	if len(p.from) > 1 {
		return badRequest("The message has %d From addresses; SES takes one.", len(p.from))
	}
	if len(p.from) == 1 {
		m.from, m.source = p.from[0], decodeWords(p.get("From"))
	}
	m.message = p
	m.readOwnHeaders()
	return nil
}

// readOwnHeaders takes SES's own headers out of the message and does what they say. The request's parameters come
// before them.
//
// Source: SES developer guide, "Send email using event publishing", message tags and configuration sets in headers.
func (m *outbound) readOwnHeaders() {
	kept := m.message.headers[:0]
	for _, h := range m.message.headers {
		switch strings.ToUpper(h.Name) {
		case "X-SES-CONFIGURATION-SET":
			if m.set == "" {
				m.set = h.Value
			}
		case "X-SES-MESSAGE-TAGS":
			for pair := range strings.SplitSeq(h.Value, ",") {
				name, value, ok := strings.Cut(strings.TrimSpace(pair), "=")
				if ok && tagText.MatchString(name) && tagText.MatchString(value) {
					m.tags[name] = []string{value}
				}
			}
		case "BCC":
			// Taken out before sending, as by SES.
		default:
			kept = append(kept, h)
		}
	}
	m.message.headers = kept
}

func (m *outbound) readSimple(in *sendEmailInput) error {
	s := in.Content.Simple
	if s.Subject == nil || s.Body == nil || s.Body.Text == nil && s.Body.HTML == nil {
		return badRequest("Simple content needs a Subject and a Body with Text or Html.")
	}
	if in.FromEmailAddress == "" {
		return badRequest("FromEmailAddress is required with Simple content.")
	}
	p := &parsed{subject: s.Subject.Data}
	size := 0
	if s.Body.Text != nil {
		p.text = s.Body.Text.Data
	}
	if s.Body.HTML != nil {
		p.html = s.Body.HTML.Data
	}
	p.headers = []header{{"From", in.FromEmailAddress}}
	if d := in.Destination; d != nil {
		for name, list := range map[string][]string{"To": d.ToAddresses, "Cc": d.CcAddresses} {
			if len(list) > 0 {
				p.headers = append(p.headers, header{name, strings.Join(list, ", ")})
			}
		}
	}
	if len(in.ReplyToAddresses) > 0 {
		p.headers = append(p.headers, header{"Reply-To", strings.Join(in.ReplyToAddresses, ", ")})
	}
	p.headers = append(p.headers, header{"Subject", s.Subject.Data}, header{"MIME-Version", "1.0"})
	for _, h := range s.Headers {
		if h.Name == "" || strings.ContainsAny(h.Name+h.Value, "\r\n") || strings.ContainsAny(h.Name, " :") {
			return badRequest("Invalid header <%s>.", h.Name)
		}
		p.headers = append(p.headers, header(h))
	}
	for _, a := range s.Attachments {
		size += len(a.RawContent)
		p.hasVirus = p.hasVirus || strings.Contains(string(a.RawContent), string(eicar))
	}
	if base64.StdEncoding.EncodedLen(size+len(p.text)+len(p.html)) > maxMessage {
		return badRequest("Message length is more than %d bytes long.", maxMessage)
	}
	p.hasVirus = p.hasVirus || strings.Contains(p.text+p.html, string(eicar))
	m.message = p
	return nil
}

// mail is the message as the mailbox shows it.
func (m *outbound) mail() *Mail {
	headers := make(map[string]string, len(m.message.headers))
	for _, h := range m.message.headers {
		value := decodeWords(h.Value)
		if before, repeated := headers[h.Name]; repeated {
			value = before + ", " + value
		}
		headers[h.Name] = value
	}
	from := headers["From"]
	if from == "" {
		from = m.from.String()
	}
	return &Mail{
		ID: m.id, At: m.at, From: from, To: m.recipients, Subject: m.message.subject,
		Text: m.message.text, HTML: m.message.html, Links: links(m.message.text, m.message.html), Headers: headers,
	}
}
