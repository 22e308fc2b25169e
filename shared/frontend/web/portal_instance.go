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
	return s.page("portalInstancePage", auth, identity.ByClient,
		func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
			v, err := s.portalInstance(r, instances, caller)
			if err != nil {
				return err
			}
			switch r.URL.Query().Get("done") {
			case "on":
				v.Note = page.Note{Tone: page.Good, Text: words.Say("portal.switched_on")}
			case "off":
				v.Note = page.Note{Tone: page.Good, Text: words.Say("portal.switched_off")}
			}
			return s.show(w, r, http.StatusOK, v)
		}, setWorkflow(s, instances), enterInstance(s, instances))
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
	if x.Reason != "" {
		event.Annotate(ctx, "n8n", "not shown")
	}
	v := page.PortalInstance{Brand: brandOf(x.Agency), Person: string(caller.Email), Portal: portalPath(string(x.Agency.ID)),
		URL: portalInstancePath(x.ID), API: "/v1" + portalInstancePath(x.ID),
		Name: x.Name, State: healthBadge(&x.Resource), Write: x.Access == instance.Write,
		Connected: x.Connected, Reason: x.Reason, NoFlows: x.NoFlows, More: x.More}
	if x.Status.Linkable() || x.Silent() {
		v.Address = x.URL
	}
	if x.Agency.Suspended {
		v.Brand = s.brand
	}
	if x.Silent() {
		v.Silent = page.TimeAt(x.SilentAt, now)
		if !x.AnsweredAt.IsZero() {
			v.Answered = page.TimeAt(x.AnsweredAt, now)
		}
	}
	if x.Enterable() {
		v.Own = &page.Entry{Email: string(caller.Email)}
	}
	names := map[string]string{}
	for _, f := range x.Workflows {
		names[f.ID] = f.Name
		row := page.WorkflowRow{ID: f.ID, Name: f.Name, Active: f.Active}
		if !f.UpdatedAt.IsZero() {
			row.Updated = page.TimeAt(f.UpdatedAt, now)
		}
		v.Workflows = append(v.Workflows, row)
	}
	if v.Progress = progress(x.Making, true, now); v.Progress != nil {
		v.Address = ""
	}
	for _, u := range x.Runs {
		row := page.RunRow{Workflow: names[u.Workflow], State: runBadge(u.Status)}
		if row.Workflow == "" {
			row.Workflow = words.Say("portal.gone_workflow")
			if v.NoFlows || v.More {
				row.Workflow = words.Say("portal.workflow_id", "id", u.Workflow)
			}
		}
		if !u.StartedAt.IsZero() {
			row.At = page.TimeAt(u.StartedAt, now)
			if !u.StoppedAt.IsZero() {
				row.Took = took(u.StoppedAt.Sub(u.StartedAt))
			}
		}
		if row.Failure = failed(u.Failure); row.Failure != "" {
			row.URL = instance.RunURL(v.Address, u)
		}
		v.Runs = append(v.Runs, row)
	}
	return v, nil
}

// failed says what failed and where.
func failed(f instance.Failure) string {
	switch {
	case f.Message == "" && f.Node == "":
		return ""
	case f.Node == "":
		return f.Message
	case f.Message == "":
		return "At “" + f.Node + "”."
	}
	return "At “" + f.Node + "”: " + f.Message
}

// runBadge is what became of a run.
func runBadge(s instance.RunStatus) page.Badge {
	switch s {
	case instance.RunSucceeded:
		return page.Badge{Tone: page.Good, Text: "Succeeded"}
	case instance.RunFailed, instance.RunCrashed:
		return page.Badge{Tone: page.Bad, Text: "Failed"}
	case instance.RunCanceled:
		return page.Badge{Tone: page.Idle, Text: "Cancelled"}
	case instance.RunGoing:
		return page.Badge{Tone: page.Wait, Text: "Running"}
	case instance.RunWaiting:
		return page.Badge{Tone: page.Wait, Text: "Waiting"}
	case instance.RunNew:
		return page.Badge{Tone: page.Wait, Text: "Queued"}
	}
	return page.Badge{Tone: page.Idle, Text: "Unknown"}
}

// took words how long a run took.
func took(d time.Duration) string {
	switch {
	case d < 0:
		return ""
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
}
