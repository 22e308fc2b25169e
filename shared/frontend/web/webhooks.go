package web

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/webhook"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/agencies"
	"latchkey.dev/shared/usecase/signin"
	"latchkey.dev/shared/usecase/webhooks"
	"latchkey.dev/shared/view/page"
)

const hooksURL = "/settings/webhooks"

var (
	readsHooks  = identity.ByStaff(identity.WebhooksRead)
	writesHooks = identity.ByStaff(identity.WebhooksWrite)
)

// hookNames are the fields of an endpoint's forms.
var hookNames = map[string]string{"url": "url", "description": "description", "types": "types", "since": "since"}

// HookParts are what the pages of webhook endpoints are made of.
type HookParts struct {
	Settings  *agencies.Settings
	Directory *webhooks.Directory
	Secrets   *webhooks.Secrets
	Asked     *webhooks.Asked
}

// WebhooksPage shows the agency's webhook endpoints.
func WebhooksPage(s *Site, auth *signin.Authenticator, settings *agencies.Settings, directory *webhooks.Directory,
	secrets *webhooks.Secrets,
) *Page {
	p := HookParts{Settings: settings, Directory: directory, Secrets: secrets}
	return s.page("webhooksPage", auth, readsHooks, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		v, err := s.hooks(r.Context(), p, caller)
		if err != nil {
			return err
		}
		if r.URL.Query().Get("done") == "deleted" {
			v.Note = page.Note{Tone: page.Good, Text: words.Say("webhooks.deleted")}
		}
		return s.show(w, r, http.StatusOK, v)
	}, createHook(s, p))
}

// hooks prepares the page of all endpoints.
func (s *Site) hooks(ctx context.Context, p HookParts, caller identity.Caller) (page.Webhooks, error) {
	a, err := p.Settings.Get(ctx, caller)
	if err != nil {
		return page.Webhooks{}, err
	}
	v := page.Webhooks{Workspace: workspace(a, caller, page.InSettings), Tab: "webhooks",
		Form: page.HookForm{Action: hooksURL, Do: "create", Key: newKey(), Families: hookFamilies(nil)}}
	all, err := p.Directory.List(ctx, caller)
	if err != nil {
		return v, err
	}
	for i := range all {
		v.Rows = append(v.Rows, hookRow(&all[i]))
	}
	v.Full = len(all) >= webhook.MaxEndpoints
	return v, nil
}

func hookRow(e *webhook.Endpoint) page.HookRow {
	row := page.HookRow{URL: hooksURL + "/" + string(e.ID), Address: e.URL, Description: e.Description,
		Events: words.Say("webhooks.all_events"), State: page.Badge{Tone: page.Good, Text: words.Say("webhooks.active")}}
	if n := len(e.Types); n > 0 {
		row.Events = words.Say("webhooks.some_events", "n", n)
	}
	switch e.Status() {
	case "failing":
		row.State = page.Badge{Tone: page.Wait, Text: words.Say("webhooks.failing")}
	case "disabled":
		row.State = page.Badge{Tone: page.Bad, Text: words.Say("webhooks.disabled")}
	}
	return row
}

// hookFamilies are all types, by what they are of, with those ticked that are chosen.
func hookFamilies(chosen []webhook.Type) []page.HookFamily {
	var out []page.HookFamily
	for _, t := range webhook.Types() {
		name, _, _ := strings.Cut(string(t), ".")
		if n := len(out); n == 0 || out[n-1].Name != name {
			out = append(out, page.HookFamily{Name: name})
		}
		f := &out[len(out)-1]
		ticked := slices.Contains(chosen, t)
		f.Types, f.Open = append(f.Types, page.HookType{Value: string(t), Ticked: ticked}), f.Open || ticked
	}
	return out
}

// typedHook is what the form has.
func typedHook(r *http.Request) webhooks.Change {
	address, description, types := r.PostForm.Get("url"), r.PostForm.Get("description"), []webhook.Type{}
	for _, t := range r.PostForm["type"] {
		types = append(types, webhook.Type(t))
	}
	return webhooks.Change{URL: &address, Description: &description, Types: &types}
}

// typedHookAgain fills the form with what was typed.
func typedHookAgain(f page.HookForm, c webhooks.Change, p page.Problems) page.HookForm {
	f.Address, f.Description, f.Families, f.Problems = *c.URL, *c.Description, hookFamilies(*c.Types), p
	return f
}

// createHook makes an endpoint. Its secret is on the page that answers, and on no other.
func createHook(s *Site, p HookParts) Form {
	return form("create", writesHooks.Stepped(), func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		c := typedHook(r)
		_, secret, err := p.Secrets.Create(r.Context(), caller, c, once(r.PostForm))
		var f *fault.Error
		if err != nil {
			if f, err = ours(r, err); err != nil {
				return err
			}
		}
		v, err := s.hooks(r.Context(), p, caller)
		if err != nil {
			return err
		}
		if f != nil {
			v.Problems = problems(f, hookNames)
			v.Form = typedHookAgain(v.Form, c, v.Problems)
			retryAfter(w, f)
			return s.show(w, r, f.Code.Status(), v)
		}
		v.Secret = page.NewSecret{Title: words.Say("webhooks.created"), Text: secret}
		if secret == "" { // the same form once more
			v.Note = page.Note{Tone: page.Wait, Text: words.Say("webhooks.again")}
		}
		return s.show(w, r, http.StatusOK, v)
	})
}

// WebhookPage shows one endpoint with its deliveries; with delivery in the query one of them, and with ask it asks about something.
func WebhookPage(s *Site, auth *signin.Authenticator, p HookParts) *Page {
	show := func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		which, err := id.ParseWebhookEndpoint(r.PathValue("endpointId"))
		if err != nil {
			return err
		}
		q := r.URL.Query()
		v, err := s.hook(r.Context(), p, caller, which, q)
		if err != nil {
			return err
		}
		switch q.Get("done") {
		case "saved":
			v.Note = page.Note{Tone: page.Good, Text: words.Say("webhooks.saved")}
		case "tested":
			v.Note = page.Note{Tone: page.Good, Text: words.Say("webhooks.tested")}
		case "redelivered":
			v.Note = page.Note{Tone: page.Good, Text: words.Say("webhooks.redelivered")}
		case "enabled":
			v.Note = page.Note{Tone: page.Good, Text: words.Say("webhooks.enabled")}
		case "disabled":
			v.Note = page.Note{Tone: page.Good, Text: words.Say("webhooks.disabled_done")}
		case "recovering":
			v.Note = page.Note{Tone: page.Good, Text: words.Say("webhooks.recover_begun")}
		}
		if ask := q.Get("ask"); ask == "rotate" || ask == "delete" {
			v.Asks = ask
		}
		return s.show(w, r, http.StatusOK, v)
	}
	switched := func(do, done string, on bool) Form {
		return s.hookForm(p, do, writesHooks.Stepped(), done, func(r *http.Request, caller identity.Caller, e id.WebhookEndpoint) error {
			_, err := p.Secrets.Update(r.Context(), caller, e, webhooks.Change{Enabled: &on})
			return err
		})
	}
	save := func(r *http.Request, caller identity.Caller, e id.WebhookEndpoint) error {
		_, err := p.Secrets.Update(r.Context(), caller, e, typedHook(r))
		return err
	}
	test := func(r *http.Request, caller identity.Caller, e id.WebhookEndpoint) (id.Delivery, error) {
		d, err := p.Asked.Test(r.Context(), caller, e)
		if err != nil {
			return "", err
		}
		return d.ID, nil
	}
	redeliver := func(r *http.Request, caller identity.Caller, e id.WebhookEndpoint) (id.Delivery, error) {
		d, err := id.ParseDelivery(r.PostForm.Get("delivery"))
		if err != nil {
			return "", err
		}
		_, err = p.Asked.Redeliver(r.Context(), caller, e, d)
		return d, err
	}
	regain := func(r *http.Request, caller identity.Caller, e id.WebhookEndpoint) error {
		since, err := time.Parse(localForm, r.PostForm.Get("since"))
		if err != nil {
			since = time.Time{} // which the use case has words for
		}
		_, err = p.Asked.Recover(r.Context(), caller, e, since)
		return err
	}
	remove := func(r *http.Request, caller identity.Caller, e id.WebhookEndpoint) error {
		return p.Secrets.Delete(r.Context(), caller, e)
	}
	return s.page("webhookPage", auth, readsHooks, show,
		s.hookForm(p, "save", writesHooks.Stepped(), "?done=saved", save),
		switched("enable", "?done=enabled", true), switched("disable", "?done=disabled", false),
		s.sentForm(p, "test", "tested", test), s.sentForm(p, "redeliver", "redelivered", redeliver),
		s.hookForm(p, "recover", writesHooks, "?done=recovering", regain),
		rotateHook(s, p),
		s.hookForm(p, "delete", writesHooks.Stepped(), "", remove))
}

// hookRun is what a form about an endpoint does.
type hookRun func(r *http.Request, caller identity.Caller, e id.WebhookEndpoint) error

// hookForm is a form about an endpoint. done is the query of where a success leads; "" leads to the list.
func (s *Site) hookForm(p HookParts, do string, who identity.Who, done string, run hookRun) Form {
	return form(do, who, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		which, err := id.ParseWebhookEndpoint(r.PathValue("endpointId"))
		if err != nil {
			return err
		}
		if err := run(r, caller, which); err != nil {
			return s.refuseHook(w, r, p, caller, which, err)
		}
		if done == "" {
			return seeOther(w, hooksURL+"?done=deleted")
		}
		return seeOther(w, hooksURL+"/"+string(which)+done)
	})
}

// sentForm is a form that sends something to an endpoint, and leads to what comes of it.
func (s *Site) sentForm(p HookParts, do, done string,
	run func(r *http.Request, caller identity.Caller, e id.WebhookEndpoint) (id.Delivery, error),
) Form {
	return form(do, writesHooks, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		which, err := id.ParseWebhookEndpoint(r.PathValue("endpointId"))
		if err != nil {
			return err
		}
		d, err := run(r, caller, which)
		if err != nil {
			return s.refuseHook(w, r, p, caller, which, err)
		}
		return seeOther(w, hooksURL+"/"+string(which)+"?done="+done+"&delivery="+string(d))
	})
}

// rotateHook makes another secret, which is on the page that answers, and on no other.
func rotateHook(s *Site, p HookParts) Form {
	return form("rotate", writesHooks.Stepped(), func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		which, err := id.ParseWebhookEndpoint(r.PathValue("endpointId"))
		if err != nil {
			return err
		}
		_, secret, err := p.Secrets.Rotate(r.Context(), caller, which)
		if err != nil {
			return s.refuseHook(w, r, p, caller, which, err)
		}
		v, err := s.hook(r.Context(), p, caller, which, nil)
		if err != nil {
			return err
		}
		v.Secret = page.NewSecret{Title: words.Say("webhooks.rotated"), Text: secret}
		return s.show(w, r, http.StatusOK, v)
	})
}

// refuseHook shows the page with what was typed, and what is wrong with it.
func (s *Site) refuseHook(w http.ResponseWriter, r *http.Request, p HookParts, caller identity.Caller, which id.WebhookEndpoint, err error,
) error {
	f, err := ours(r, err)
	if err != nil {
		return err
	}
	v, err := s.hook(r.Context(), p, caller, which, nil)
	if err != nil {
		return err
	}
	v.Problems = problems(f, hookNames)
	if r.PostForm.Get("do") == "save" {
		v.Form = typedHookAgain(v.Form, typedHook(r), v.Problems)
	}
	if r.PostForm.Get("do") == "recover" {
		v.Since = r.PostForm.Get("since")
	}
	retryAfter(w, f)
	return s.show(w, r, f.Code.Status(), v)
}

// shownDeliveries is how many deliveries stand on a page.
const shownDeliveries = 25

// hook prepares the page of one endpoint.
func (s *Site) hook(ctx context.Context, p HookParts, caller identity.Caller, which id.WebhookEndpoint, q url.Values,
) (page.Webhook, error) {
	e, err := p.Directory.Get(ctx, caller, which)
	if err != nil {
		return page.Webhook{}, err
	}
	a, err := p.Settings.Get(ctx, caller)
	if err != nil {
		return page.Webhook{}, err
	}
	now, zone := s.now(), a.Location()
	v := page.Webhook{Workspace: workspace(a, caller, page.InSettings), Tab: "webhooks", Endpoint: hookRow(e), Enabled: e.Open(),
		Recovering: e.Recover.Running(), Since: now.Add(-24 * time.Hour).UTC().Format(localForm)}
	switch {
	case e.Disabled == webhook.Failed:
		v.Why = words.Say("webhooks.disabled_failing")
	case e.Disabled == webhook.Gone:
		v.Why = words.Say("webhooks.disabled_gone")
	case e.Disabled != "":
		v.Why = words.Say("webhooks.disabled_person")
	case !e.FailingSince.IsZero():
		v.Why = words.Say("webhooks.failing_text", "moment", words.Moment(e.FailingSince.In(zone)))
	}
	if until := e.RotatedAt.Add(webhook.Overlap); e.Previous != "" && now.Before(until) {
		v.OldSecret = words.Say("webhooks.old_secret", "moment", words.Moment(until.In(zone)))
	}
	if since := e.Missing(now); !since.IsZero() {
		v.Since = since.UTC().Format(localForm)
	}
	v.Form = page.HookForm{Action: v.Endpoint.URL, Do: "save", Address: e.URL, Description: e.Description, Families: hookFamilies(e.Types)}
	after, err := id.ParseDelivery(q.Get("after"))
	if err != nil {
		after = ""
	} else {
		v.Newest = v.Endpoint.URL
	}
	some, next, err := p.Directory.Deliveries(ctx, caller, which, webhooks.DeliveryQuery{Limit: shownDeliveries, After: after})
	if err != nil {
		return v, err
	}
	for i := range some {
		d := hookDelivery(&some[i], v.Endpoint.URL, now)
		if after != "" {
			d.URL += "&after=" + string(after)
		}
		v.Deliveries = append(v.Deliveries, d)
	}
	if next != "" {
		v.Older = v.Endpoint.URL + "?after=" + string(next)
	}
	if looked, err := id.ParseDelivery(q.Get("delivery")); err == nil {
		d, payload, err := p.Directory.Delivery(ctx, caller, which, looked)
		if fault.Is(err, fault.NotFound) {
			return v, nil
		}
		if err != nil {
			return v, err
		}
		shown := hookDelivery(d, v.Endpoint.URL, now)
		var text bytes.Buffer
		if err := json.Indent(&text, payload, "", "  "); err != nil {
			return v, err
		}
		shown.Payload = text.String()
		for _, t := range slices.Backward(d.Attempts) {
			shown.Attempts = append(shown.Attempts,
				page.HookAttempt{At: page.TimeAt(t.At, now), Says: attempted(t), ByHand: t.ByPerson, Answer: t.Excerpt})
		}
		v.Shown = &shown
		v.Watch = !d.Due.IsZero() && d.Due.Sub(now) <= webhook.Safety
		v.Edition = fmt.Sprint(d.State, d.Due.UnixMilli(), len(d.Attempts), d.LastAttempt().At.UnixMilli())
	}
	return v, nil
}

func hookDelivery(d *webhook.Delivery, base string, now time.Time) page.HookDelivery {
	out := page.HookDelivery{ID: string(d.ID), URL: base + "?delivery=" + string(d.ID), Type: string(d.Type), Message: string(d.Message),
		At: page.TimeAt(d.At, now), Last: words.Say("webhooks.no_attempt")}
	switch d.State {
	case webhook.Taken:
		out.State = page.Badge{Tone: page.Good, Text: words.Say("webhooks.delivered")}
	case webhook.GivenUp:
		out.State = page.Badge{Tone: page.Bad, Text: words.Say("webhooks.failed")}
	case webhook.Held:
		out.State = page.Badge{Tone: page.Idle, Text: words.Say("webhooks.missed")}
	default:
		out.State = page.Badge{Tone: page.Wait, Text: words.Say("webhooks.pending")}
	}
	switch d.Kind {
	case webhook.Trial:
		out.Mark = words.Say("webhooks.is_test")
	case webhook.Regains:
		out.Mark = words.Say("webhooks.is_recovered")
	}
	if n := len(d.Attempts); n > 0 {
		out.Last = attempted(d.Attempts[n-1])
		if next := d.Next(); !next.IsZero() {
			out.Next = page.TimeAt(next, now)
		}
	}
	return out
}

// attempted says what came of an attempt.
func attempted(a webhook.Attempt) string {
	took := a.Took.Milliseconds()
	if a.Fault == "" {
		return words.Say("webhooks.answered", "status", a.Status, "took", took)
	}
	return words.Say("webhooks.took", "fault", hookFault(a), "took", took)
}

func hookFault(a webhook.Attempt) string {
	switch a.Fault {
	case webhook.NoName:
		return words.Say("webhooks.fault_dns")
	case webhook.NotPublic:
		return words.Say("webhooks.fault_not_public")
	case webhook.NoAnswer:
		return words.Say("webhooks.fault_connect")
	case webhook.Slow:
		return words.Say("webhooks.fault_timeout")
	case webhook.Untrusted:
		return words.Say("webhooks.fault_tls")
	case webhook.Redirected:
		return words.Say("webhooks.fault_redirect", "status", a.Status)
	}
	return words.Say("webhooks.fault_response")
}
