package web

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/portal"
	"latchkey.dev/shared/usecase/signin"
	"latchkey.dev/shared/view/page"
)

// PortalInstancePage shows a client the workflows and last runs of one of its n8n instances.
func PortalInstancePage(s *Site, auth *signin.Authenticator, instances *portal.Instances) *Page {
	return speaks(s.page("portalInstancePage", auth, identity.ByClient,
		func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
			v, err := s.portalInstance(r, instances, caller)
			if err != nil {
				return err
			}
			l := words.In(r.Context())
			switch r.URL.Query().Get("done") {
			case "on":
				v.Note = page.Note{Tone: page.Good, Text: l.Say("portal.switched_on")}
			case "off":
				v.Note = page.Note{Tone: page.Good, Text: l.Say("portal.switched_off")}
			}
			return s.show(w, r, http.StatusOK, v)
		}, setWorkflow(s, instances), enterInstance(s, instances)),
		words.Portal, words.N8N, words.Progress, words.Provisioning, words.Kinds)
}

// enterInstance gives the client an account in the n8n that they have bought, and shows the way in. The way is shown and not
// led along, since it is somebody else's address.
func enterInstance(s *Site, instances *portal.Instances) Form {
	return form("enter", identity.ByClient, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		_, in, refused := instances.Enter(r.Context(), caller, id.Resource(r.PathValue("instanceId")))
		v, err := s.portalInstance(r, instances, caller)
		if err != nil {
			return err
		}
		if refused == nil && v.Own != nil {
			v.Own.State, v.Own.URL = string(in.State), cmp.Or(in.URL, v.Address)
			return s.show(w, r, http.StatusOK, v)
		}
		f, err := ours(r, refused)
		if err != nil {
			return err
		}
		v.Note = page.Note{Tone: page.Bad, Text: f.Message}
		retryAfter(w, f)
		return s.show(w, r, f.Code.Status(), v)
	})
}

// setWorkflow switches a workflow on or off, and shows its instance again.
func setWorkflow(s *Site, instances *portal.Instances) Form {
	return form("workflow", identity.ByClient, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		ctx := r.Context()
		x, err := id.ParseResource(r.PathValue("instanceId"))
		if err != nil {
			return err
		}
		on := r.PostForm.Get("active") == "true"
		_, err = instances.Switch(ctx, caller, x, r.PostForm.Get("workflow"), on)
		if err == nil {
			done := "off"
			if on {
				done = "on"
			}
			return seeOther(w, portalInstancePath(x)+"?done="+done)
		}
		f, err := ours(r, err)
		if err != nil {
			return err
		}
		v, again := s.portalInstance(r, instances, caller)
		if again != nil { // the instance itself is what is not there, or the portal is paused
			return f
		}
		v.Note = page.Note{Tone: page.Bad, Text: f.Message}
		retryAfter(w, f)
		return s.show(w, r, f.Code.Status(), v)
	})
}

func portalInstancePath(x id.Resource) string {
	return "/portal/instances/" + url.PathEscape(string(x))
}

// portalInstance prepares the page of the instance that the path names.
func (s *Site) portalInstance(r *http.Request, instances *portal.Instances, caller identity.Caller) (page.PortalInstance, error) {
	ctx, now := r.Context(), s.now()
	which, err := id.ParseResource(r.PathValue("instanceId"))
	if err != nil {
		return page.PortalInstance{}, err
	}
	x, err := instances.Get(ctx, caller, which)
	if err != nil {
		return page.PortalInstance{}, err
	}
	event.Annotate(ctx, "agency", string(x.Agency.ID), "client", string(x.Client.ID))
	prefer(r, written(x.Client, x.Agency))
	l := words.In(r.Context())
	if x.Reason.Says() {
		event.Annotate(ctx, "n8n", "not shown")
	}
	v := page.PortalInstance{Brand: brandOf(x.Agency), Person: string(caller.Email), Portal: portalPath(string(x.Agency.ID)),
		URL: portalInstancePath(x.ID), API: "/v1" + portalInstancePath(x.ID),
		Name: x.Name, State: healthBadge(l, &x.Resource), Write: x.Access == instance.Write,
		Connected: x.Connected, Reason: x.Reason.In(l), NoFlows: x.NoFlows, More: x.More}
	if x.Status.Linkable() || x.Silent() {
		v.Address = x.URL
	}
	if x.Agency.Suspended {
		v.Brand = s.brand
	}
	if x.Silent() {
		v.Silent = page.TimeIn(l, x.SilentAt, now)
		if !x.AnsweredAt.IsZero() {
			v.Answered = page.TimeIn(l, x.AnsweredAt, now)
		}
	}
	if x.Enterable() {
		v.Own = &page.Entry{Email: string(caller.Email)}
	}
	v.Workflows, v.Roster = flowRows(l, x.Workflows, now), rosterOf(l, x.Roster, now)
	if v.Progress = progress(l, x.Making, true, now); v.Progress != nil {
		v.Address, v.Roster = "", nil
	}
	v.Runs = runRows(l, x.Runs, x.Workflows, v.NoFlows || v.More, v.Address, now)
	return v, nil
}

// flowRows are the workflows of an instance.
func flowRows(l words.Language, all []instance.Workflow, now time.Time) []page.WorkflowRow {
	var out []page.WorkflowRow
	for _, f := range all {
		row := page.WorkflowRow{ID: f.ID, Name: f.Name, Active: f.Active}
		if !f.UpdatedAt.IsZero() {
			row.Updated = page.TimeIn(l, f.UpdatedAt, now)
		}
		out = append(out, row)
	}
	return out
}

// rosterOf is what an instance had when it last answered; nil for nothing.
func rosterOf(l words.Language, x *instance.Roster, now time.Time) *page.Roster {
	if x == nil {
		return nil
	}
	out := &page.Roster{Seen: page.TimeIn(l, x.At, now), Count: x.Count, On: x.On, More: x.More, Rest: x.Count - len(x.Named)}
	for _, n := range x.Named {
		out.Workflows = append(out.Workflows, page.WorkflowRow{Name: n.Name, Active: n.Active})
	}
	return out
}

// runRows are the last runs of an instance. Where not all of its workflows are known, a run's may be one of the others. The
// address is where n8n is opened; "" for nobody who could open it.
func runRows(l words.Language, runs []instance.Run, flows []instance.Workflow, partial bool, address string, now time.Time) []page.RunRow {
	names := map[string]string{}
	for _, f := range flows {
		names[f.ID] = f.Name
	}
	var out []page.RunRow
	for _, u := range runs {
		row := page.RunRow{Workflow: names[u.Workflow], State: runBadge(l, u.Status)}
		if row.Workflow == "" {
			row.Workflow = l.Say("portal.gone_workflow")
			if partial {
				row.Workflow = l.Say("portal.workflow_id", "id", u.Workflow)
			}
		}
		if !u.StartedAt.IsZero() {
			row.At = page.TimeIn(l, u.StartedAt, now)
			if !u.StoppedAt.IsZero() {
				row.Took = took(l, u.StoppedAt.Sub(u.StartedAt))
			}
		}
		if row.Failure = failed(l, u.Failure); row.Failure != "" {
			row.URL = instance.RunURL(address, u)
		}
		out = append(out, row)
	}
	return out
}

// failed says what failed and where.
func failed(l words.Language, f instance.Failure) string {
	switch {
	case f.Message == "" && f.Node == "":
		return ""
	case f.Node == "":
		return f.Message
	case f.Message == "":
		return l.Say("portal.failed_at", "step", f.Node)
	}
	return l.Say("portal.failed_at_because", "step", f.Node, "message", f.Message)
}

// runBadge is what became of a run.
func runBadge(l words.Language, s instance.RunStatus) page.Badge {
	switch s {
	case instance.RunSucceeded:
		return page.Badge{Tone: page.Good, Text: l.Say("portal.run_succeeded")}
	case instance.RunFailed, instance.RunCrashed:
		return page.Badge{Tone: page.Bad, Text: l.Say("portal.run_failed")}
	case instance.RunCanceled:
		return page.Badge{Tone: page.Idle, Text: l.Say("portal.run_cancelled")}
	case instance.RunGoing:
		return page.Badge{Tone: page.Wait, Text: l.Say("portal.run_running")}
	case instance.RunWaiting:
		return page.Badge{Tone: page.Wait, Text: l.Say("portal.run_waiting")}
	case instance.RunNew:
		return page.Badge{Tone: page.Wait, Text: l.Say("portal.run_queued")}
	}
	return page.Badge{Tone: page.Idle, Text: l.Say("portal.run_unknown")}
}

// took words how long a run took.
func took(l words.Language, d time.Duration) string {
	switch {
	case d < 0:
		return ""
	case d < time.Second:
		return l.Say("time.milliseconds", "n", d.Milliseconds())
	case d < time.Minute:
		return l.Say("time.seconds", "n", fmt.Sprintf("%.1f", d.Seconds()))
	case d < time.Hour:
		return l.Say("time.minutes", "n", int(d.Minutes()), "seconds", int(d.Seconds())%60)
	}
	return l.Say("time.hours", "n", int(d.Hours()), "minutes", int(d.Minutes())%60)
}
