// Package provisionhook is the driver that has an operator's own program make what was paid for: every question is one POST
// to one address, signed as Standard Webhooks says (https://www.standardwebhooks.com), and answered at once with how far the
// thing is. What lasts is asked about again, so the program needs no way back to us; one that says when something has
// changed has it asked about at once, see [Receiver].
//
// The body is {"type", "timestamp", "data": {key, handle, agency, client, resource, product, storageGb}}, the type one of
// provision.begin, provision.look, provision.suspend, provision.resume and provision.delete. The answer is {"stage",
// "handle", "url", "apiKey", "reason"} with the stages of package provisioning. A status that is not 2xx is a failure; one
// of 4xx may say why in "reason". The key names a thing for ever: begin asked twice makes one.
package provisionhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"latchkey.dev/shared/adapter/egress"
	"latchkey.dev/shared/adapter/environment"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/usecase/provisioning"
)

// Bounds of what the program may take and send.
const (
	patience = 15 * time.Second
	maxBody  = 64 << 10
	// leastSecret is how many bytes a secret has at least, as Standard Webhooks asks for.
	leastSecret = 24
	// Tolerance is how old or new a signature may be.
	Tolerance = 5 * time.Minute
)

// Options are the settings of a Driver.
type Options struct {
	URL     string
	Secret  []byte
	Outside egress.Policy     // which addresses may be called, and which the program may name; the zero value is the strict one
	Through http.RoundTripper // in place of the network; nil for the network, as the policy judges it
	Now     func() time.Time
}

// Driver asks an operator's program.
type Driver struct {
	o    Options
	http *http.Client
}

// From makes the Driver of PROVISIONER_URL and the secret. through takes the network's place when it is not nil.
func From(env *environment.Environment, secret string, outside egress.Policy, through http.RoundTripper) (*Driver, error) {
	return Open(Options{URL: env.String("PROVISIONER_URL"), Secret: Key(secret), Outside: outside, Through: through, Now: env.Now})
}

// Open makes a Driver. It does no I/O. An error says what is wrong with the address.
func Open(o Options) (*Driver, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Host == "" || u.User != nil {
		return nil, errors.New("provisioner: the address must be https, without a name or password in it")
	}
	if err := o.Outside.JudgeURL(u); err != nil {
		return nil, fmt.Errorf("provisioner: the address must be https, at an address of the public internet: %w", err)
	}
	if len(o.Secret) < leastSecret {
		return nil, fmt.Errorf("provisioner: the secret must be %d bytes or more", leastSecret)
	}
	if o.Through == nil {
		o.Through = o.Outside.Transport()
	}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Driver{o, &http.Client{Transport: o.Through, Timeout: patience, CheckRedirect: stay}}, nil
}

// Key is what is signed with: the bytes that follow whsec_ in base64, as libraries for Standard Webhooks keep them, or else
// the secret itself.
func Key(secret string) []byte {
	secret = strings.TrimSpace(secret)
	if coded, ok := strings.CutPrefix(secret, "whsec_"); ok {
		if key, err := base64.StdEncoding.DecodeString(coded); err == nil {
			return key
		}
	}
	return []byte(secret)
}

// Sign is the value of the header Webhook-Signature.
func Sign(secret []byte, id string, at time.Time, body []byte) string {
	h := hmac.New(sha256.New, secret)
	fmt.Fprintf(h, "%s.%d.", id, at.Unix())
	h.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// Verify tells whether a request's body is signed with the secret, at about now.
func Verify(secret []byte, h http.Header, body []byte, now time.Time) bool {
	seconds, err := strconv.ParseInt(h.Get("Webhook-Timestamp"), 10, 64)
	at := time.Unix(seconds, 0)
	if err != nil || at.Before(now.Add(-Tolerance)) || at.After(now.Add(Tolerance)) {
		return false
	}
	want, ok := Sign(secret, h.Get("Webhook-Id"), at, body), false
	for _, s := range strings.Fields(h.Get("Webhook-Signature")) {
		ok = hmac.Equal([]byte(s), []byte(want)) || ok
	}
	return ok
}

// Message is what is sent.
type Message struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Data      Data      `json:"data"`
}

// Data is the thing that a message is about.
type Data struct {
	Key       string `json:"key"`
	Handle    string `json:"handle,omitempty"`
	Agency    string `json:"agency"`
	Client    string `json:"client"`
	Resource  string `json:"resource"`
	Product   string `json:"product"`
	StorageGB int    `json:"storageGb,omitempty"`
}

// Answer is what comes back.
type Answer struct {
	Stage  provisioning.Stage `json:"stage"`
	Handle string             `json:"handle,omitempty"`
	URL    string             `json:"url,omitempty"`
	APIKey string             `json:"apiKey,omitempty"`
	Reason string             `json:"reason,omitempty"`
}

// Begin asks for the thing to be made.
func (d *Driver) Begin(ctx context.Context, o provisioning.Order) (provisioning.Report, error) {
	return d.ask(ctx, "begin", o)
}

// Look asks how far it is.
func (d *Driver) Look(ctx context.Context, o provisioning.Order) (provisioning.Report, error) {
	return d.ask(ctx, "look", o)
}

// Suspend asks for it to be halted.
func (d *Driver) Suspend(ctx context.Context, o provisioning.Order) (provisioning.Report, error) {
	return d.ask(ctx, "suspend", o)
}

// Resume asks for it to run again.
func (d *Driver) Resume(ctx context.Context, o provisioning.Order) (provisioning.Report, error) {
	return d.ask(ctx, "resume", o)
}

// Delete asks for it to be removed.
func (d *Driver) Delete(ctx context.Context, o provisioning.Order) (provisioning.Report, error) {
	return d.ask(ctx, "delete", o)
}

func (d *Driver) ask(ctx context.Context, verb string, o provisioning.Order) (provisioning.Report, error) {
	var none provisioning.Report
	now := d.o.Now()
	body, err := json.Marshal(Message{"provision." + verb, now.UTC().Truncate(time.Second),
		Data{o.Key, o.Handle, string(o.Agency), string(o.Client), string(o.Resource), string(o.Article.Product), o.Article.StorageGB}})
	if err != nil {
		return none, fmt.Errorf("provisioner: %w", err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, d.o.URL, bytes.NewReader(body))
	if err != nil {
		return none, fmt.Errorf("provisioner: %w", err)
	}
	name := string(id.New[id.Event]("msg_", now))
	r.Header = http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json"}, "Webhook-Id": {name},
		"Webhook-Timestamp": {strconv.FormatInt(now.Unix(), 10)},
		"Webhook-Signature": {Sign(d.o.Secret, name, now, body)}}
	res, err := d.http.Do(r)
	if err != nil {
		return none, fmt.Errorf("provisioner: %s: %w", verb, err)
	}
	defer res.Body.Close() //nolint:errcheck // read below
	text, err := io.ReadAll(io.LimitReader(res.Body, maxBody))
	if err != nil {
		return none, fmt.Errorf("provisioner: %s: %w", verb, err)
	}
	var a Answer
	wrong := json.Unmarshal(text, &a)
	switch {
	case res.StatusCode >= 400 && res.StatusCode < 500 && wrong == nil && a.Reason != "":
		return none, &provisioning.Failure{Reason: a.Reason}
	case res.StatusCode/100 != 2:
		return none, fmt.Errorf("provisioner: %s: status %d", verb, res.StatusCode)
	case wrong != nil || !known(a.Stage):
		return none, fmt.Errorf("provisioner: %s: an answer that is none", verb)
	case a.Stage == provisioning.Running && a.URL != "":
		if a.URL, err = instance.ParseURL("url", a.URL, d.o.Outside); err != nil {
			return none, fmt.Errorf("provisioner: %s: an address that cannot be opened", verb)
		}
	}
	return provisioning.Report(a), nil
}

func known(s provisioning.Stage) bool {
	switch s {
	case provisioning.Making, provisioning.There, provisioning.Running, provisioning.Halted, provisioning.Broken, provisioning.Gone:
		return true
	}
	return false
}
