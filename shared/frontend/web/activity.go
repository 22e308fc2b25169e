package web

import (
	"cmp"
	"net/http"
	"net/url"
	"strings"
	"time"

	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/activity"
	"latchkey.dev/shared/usecase/clients"
	"latchkey.dev/shared/usecase/signin"
	"latchkey.dev/shared/view/page"
)

// ActivityPage tells what was done, a sentence a row.
func ActivityPage(s *Site, auth *signin.Authenticator, directory *clients.Directory, log *activity.Log) *Page {
	show := func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		ctx := r.Context()
		event.Annotate(ctx, "agency", string(caller.Agency))
		a, err := directory.Agency(ctx, caller)
		if err != nil {
			return err
		}
		asked := r.URL.Query()
		v := page.Activity{Workspace: workspace(a, caller, page.InActivity), From: asked.Get("from"), To: asked.Get("to")}
		v.Workspace.Invite = a.MayInvite() == nil
		only := activity.Filter{Actor: short(asked.Get("actor")), Action: short(asked.Get("action")), Subject: short(asked.Get("subject"))}
		q := activity.Query{Limit: perPage, Filter: only}
		for _, f := range families() {
			f.Here = f.Value == family(q.Action)
			v.Families = append(v.Families, f)
		}
		v.Actor, v.Subject = q.Actor, q.Subject
		status := http.StatusOK
		if err = window(&q, asked); err == nil {
			err = s.fillActivity(r, &v, &q, asked, caller, log)
		}
		if f := fault.As(err); f != nil && f.Code == fault.Invalid {
			v.Problems, status, err = problems(f, map[string]string{"from": "from", "to": "to"}), f.Code.Status(), nil
		}
		if err != nil {
			return err
		}
		return s.show(w, r, status, v)
	}
	return s.page("activityPage", auth, identity.ByPortal(identity.ActivityRead, identity.Oversee), show)
}

// short cuts what is in an address to what an id or an action can be.
func short(s string) string {
	if len(s) > 60 {
		return s[:60]
	}
	return s
}

func family(action string) string {
	f, _, _ := strings.Cut(action, ".")
	return f
}

// window reads the times, and the cursor, of the address.
func window(q *activity.Query, asked url.Values) (err error) {
	if q.From, err = activity.Moment("from", asked.Get("from"), false); err != nil {
		return err
	}
	if q.To, err = activity.Moment("to", asked.Get("to"), true); err != nil {
		return err
	}
	if c := asked.Get("cursor"); c != "" {
		if !id.Valid(id.EventPrefix, c) {
			return fault.New(fault.NotFound, "errors.this_page_of_the_log_does")
		}
		q.After = id.Event(c)
	}
	return nil
}

// narrowed is the page's path with one filter changed, from its newest row on.
func narrowed(asked url.Values, name, value string) string {
	q := url.Values{}
	for _, k := range []string{"actor", "action", "subject", "from", "to"} {
		if v := asked.Get(k); v != "" && k != name {
			q.Set(k, v)
		}
	}
	if value != "" {
		q.Set(name, value)
	}
	if len(q) == 0 {
		return "/activity"
	}
	return "/activity?" + q.Encode()
}

// fillActivity puts the rows that were asked for on the page.
func (s *Site) fillActivity(r *http.Request, v *page.Activity, q *activity.Query, asked url.Values, caller identity.Caller,
	log *activity.Log) error {
	found, err := log.List(r.Context(), caller, *q)
	if err != nil {
		return err
	}
	now := s.now()
	names := map[string]string{}
	for _, e := range found.Events {
		row := logRow(e, asked, now)
		names[e.Actor.ID], names[e.Subject.ID] = wordOf(e.Actor), wordOf(e.Subject)
		if n := len(v.Days); n == 0 || v.Days[n-1].Title != row.At.Day {
			v.Days = append(v.Days, page.ActivityDay{Title: row.At.Day})
		}
		d := &v.Days[len(v.Days)-1]
		d.Rows = append(d.Rows, row)
	}
	for _, name := range []string{"actor", "subject"} {
		value := asked.Get(name)
		if value == "" {
			continue
		}
		who := names[value]
		for _, e := range found.Events { // of a client, its invites carry the name
			if who == "" && e.Subject.Name != "" {
				who = e.Subject.Name
			}
		}
		if who == "" {
			who = short(value)
		}
		chip := page.Chip{Text: words.Say("activity.about", "who", who), URL: narrowed(asked, name, "")}
		if name == "actor" {
			chip.Text = words.Say("activity.done_by", "who", who)
		}
		v.Only = append(v.Only, chip)
	}
	base := narrowed(asked, "", "")
	if found.Next != "" {
		older := url.Values{"cursor": {string(found.Next)}}
		v.Older = joinQuery(base, older)
	}
	if q.After != "" {
		v.Newest = base
	}
	v.CSV, v.JSONL = exportPath(base, "csv"), exportPath(base, "jsonl")
	return nil
}

func joinQuery(path string, q url.Values) string {
	if strings.Contains(path, "?") {
		return path + "&" + q.Encode()
	}
	return path + "?" + q.Encode()
}

func exportPath(base, format string) string {
	return joinQuery("/v1/activity/export"+strings.TrimPrefix(base, "/activity"), url.Values{"format": {format}})
}

// logRow is a row of the log as a page shows it; asked is what the links of its names narrow.
func logRow(e activity.Event, asked url.Values, now time.Time) page.ActivityRow {
	return page.ActivityRow{At: page.TimeAt(e.At, now), Tone: toneOf(e.Action), Parts: sentenceOf(e, asked)}
}

// slot begins and ends the place of a name in a sentence: no sentence and no name has it.
const slot = "\x00"

// sentenceOf is a row as a sentence, in parts of which some are links.
func sentenceOf(e activity.Event, asked url.Values) []page.Part {
	thing, right, _ := strings.Cut(e.Detail, " ")
	names := map[string]page.Part{
		"actor":   {Text: wordOf(e.Actor), Strong: true},
		"subject": {Text: wordOf(e.Subject), Strong: true, URL: subjectPath(e.Subject, e.Names)},
		"thing":   {Text: wordOf(activity.Party{Kind: activity.KindOf(thing), Name: e.Names[thing]}), Strong: true},
	}
	switch e.Actor.Kind {
	case activity.Member, activity.Key, activity.Client:
		actor := names["actor"]
		actor.URL = narrowed(asked, "actor", e.Actor.ID)
		names["actor"] = actor
	}
	values := []any{"actor", slot + "actor" + slot, "subject", slot + "subject" + slot,
		"thing", slot + "thing" + slot, "detail", detailOf(e.Entry)}
	text := told(e.Action, instance.Access(right), values...)
	if e.Action == audit.InviteFailed && e.Detail != "" { // it was scheduled, and its time has come
		text = words.Say("activity.invite_dropped", values...)
	}
	if e.Actor.Kind == activity.Client {
		text = cmp.Or(toldOfClient(e.Action, values...), text)
	}
	var parts []page.Part
	for n, piece := range strings.Split(text, slot) {
		switch {
		case n%2 == 1:
			parts = append(parts, names[piece])
		case piece != "":
			parts = append(parts, page.Part{Text: piece})
		}
	}
	if first := []rune(parts[0].Text); len(first) > 0 && (e.Actor.Name == "" || parts[0].Text != e.Actor.Name) &&
		(e.Subject.Name == "" || parts[0].Text != e.Subject.Name) { // people write their names as they like
		parts[0].Text = strings.ToUpper(string(first[:1])) + string(first[1:])
	}
	return parts
}

// detailOf is a row's detail in words.
func detailOf(e audit.Entry) string {
	if e.Action != audit.RoleChanged {
		return e.Detail
	}
	var out []string
	for what := range strings.SplitSeq(e.Detail, ",") {
		out = append(out, roleChange(what))
	}
	return strings.Join(out, ", ")
}

// subjectPath is where the subject is looked at; "" where it is nowhere, or gone.
func subjectPath(p activity.Party, names map[string]string) string {
	if names[p.ID] == "" {
		return ""
	}
	switch p.Kind {
	case activity.Client:
		return clientPath(id.Client(p.ID))
	case activity.Instance:
		return "/instances/" + url.PathEscape(p.ID)
	case activity.Contact:
		return contactPath(id.Contact(p.ID))
	case activity.Service:
		return "/services/" + url.PathEscape(p.ID)
	}
	return ""
}
