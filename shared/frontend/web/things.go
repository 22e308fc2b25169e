package web

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/clients"
	"latchkey.dev/shared/usecase/resources"
	"latchkey.dev/shared/usecase/signin"
	"latchkey.dev/shared/view/page"
)

// things shows what an agency has connected of one kind.
type things struct {
	*Site
	kind      instance.Kind
	directory *clients.Directory
	inventory *resources.Inventory
	connector *resources.Connector // of instances, which are called for their pages; nil for services
}

// InstancesPage lists the agency's n8n instances; with ask=connect the dialog is open on it.
func InstancesPage(s *Site, auth *signin.Authenticator, directory *clients.Directory, connector *resources.Connector) *Page {
	t := &things{s, instance.N8N, directory, connector.Inventory, connector}
	return t.listPage("instancesPage", auth, connectInstance(t, connector))
}

// ServicesPage lists the agency's services; with ask=connect the dialog is open on it.
func ServicesPage(s *Site, auth *signin.Authenticator, directory *clients.Directory, inventory *resources.Inventory) *Page {
	t := &things{s, instance.Service, directory, inventory, nil}
	return t.listPage("servicesPage", auth, connectService(t))
}

// listPage is the page of all things.
func (t *things) listPage(name string, auth *signin.Authenticator, forms ...Form) *Page {
	show := func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		v, err := t.list(r, caller)
		if err != nil {
			return err
		}
		if r.URL.Query().Get("done") == "disconnected" {
			v.Note = page.Note{Tone: page.Good, Text: words.Say("resources.disconnected")}
		}
		v.Form.Open = r.URL.Query().Get("ask") == "connect" && !v.Fixed
		return t.show(w, r, http.StatusOK, v)
	}
	return t.page(name, auth, identity.ByPortal(identity.ResourcesRead, identity.Look), show, forms...)
}

// list prepares the page of all things.
func (t *things) list(r *http.Request, caller identity.Caller) (page.Things, error) {
	ctx := r.Context()
	event.Annotate(ctx, "agency", string(caller.Agency))
	v := page.Things{Service: t.kind == instance.Service, Form: page.ThingForm{Key: newKey(), Type: "whatsapp"}}
	a, err := t.directory.Agency(ctx, caller)
	if err != nil {
		return v, err
	}
	v.Workspace = workspace(a, caller, areaOf(t.kind))
	v.Workspace.Invite = t.sends(a, caller)
	v.Fixed = v.Workspace.Employee
	all, err := t.directory.Resources(ctx, caller, t.kind, false)
	if err != nil {
		return v, err
	}
	seers, more, err := t.inventory.Seers(ctx, caller)
	if err != nil {
		return v, err
	}
	v.More = more
	is := r.URL.Query().Get("status")
	if t.kind == instance.N8N {
		v.Filters = healthFilters(all, is)
	}
	for i := range all {
		x := &all[i]
		if t.kind == instance.N8N && !inHealth(x, is) {
			continue
		}
		row := page.ThingRow{URL: thingPath(x.ID), Name: x.Name, Kind: kindWord(words.English, x.Kind, x.Type),
			Address: withoutScheme(x.URL),
			State:   healthBadge(words.English, x), Meaning: stateMeaning(x), Seers: words.Say("resources.nobody"), Seen: seers[x.ID] > 0}
		if n := seers[x.ID]; n > 0 {
			row.Seers = words.Say("resources.clients", "n", n)
		}
		v.Rows = append(v.Rows, row)
	}
	return v, nil
}

// What n8n instances can be told apart by in their list, as Home counts them.
const (
	isUp   = "up"
	isDown = "down"
)

// inHealth tells whether an instance is up, or down; one is either, both or neither for a name that is none.
func inHealth(x *instance.Resource, is string) bool {
	switch is {
	case isUp:
		return x.Up()
	case isDown:
		return x.Silent()
	}
	return true
}

// healthFilters are the states that instances can be looked at alone, while there is something to tell apart.
func healthFilters(all []instance.Resource, is string) []page.Filter {
	var out []page.Filter
	for _, f := range []struct{ name, word string }{{"", words.Say("resources.filter_all")}, {isUp, words.Say("resources.filter_up")},
		{isDown, words.Say("resources.filter_down")}} {
		n := 0
		for i := range all {
			if inHealth(&all[i], f.name) {
				n++
			}
		}
		here := f.name == is || f.name == "" && is != isUp && is != isDown
		if !here && f.name != "" && (n == 0 || n == len(all)) {
			continue
		}
		path := "/instances"
		if f.name != "" {
			path += "?status=" + f.name
		}
		out = append(out, page.Filter{Word: f.word, Count: strconv.Itoa(n), URL: path, Here: here})
	}
	if len(all) == 0 || len(out) < 2 {
		return nil
	}
	return out
}

func areaOf(kind instance.Kind) page.Area {
	if kind == instance.Service {
		return page.InServices
	}
	return page.InInstances
}

func withoutScheme(u string) string {
	_, rest, _ := strings.Cut(u, "://")
	return rest
}

func thingPath(r id.Resource) string {
	if instance.KindOf(r) == instance.Service {
		return "/services/" + url.PathEscape(string(r))
	}
	return "/instances/" + url.PathEscape(string(r))
}

// stateMeaning says what a resource's state means for the agency and its clients.
func stateMeaning(r *instance.Resource) string {
	if r.Silent() {
		return sentence(r.Reason)
	}
	switch r.Status {
	case instance.PendingDeploy:
		return words.Say("resources.pending_deploy")
	case instance.Deploying:
		return words.Say("resources.deploying")
	case instance.Running:
		if r.Connected() {
			return words.Say("resources.running")
		}
		return words.Say("resources.running_bare")
	case instance.Active:
		return words.Say("resources.active")
	case instance.Stopped:
		return words.Say("resources.stopped")
	case instance.SuspendedDown:
		return words.Say("resources.suspended")
	case instance.Failed:
		if r.Reason != "" {
			return sentence(r.Reason)
		}
		return words.Say("resources.failed")
	case instance.Deleted:
		return words.Say("resources.deleted")
	}
	return words.Say("resources.unknown")
}

// connectInstance connects an n8n and leads to its page. What cannot be connected comes back with all that was
// typed, but for the key.
func connectInstance(t *things, connector *resources.Connector) Form {
	return t.connect(func(r *http.Request, caller identity.Caller) (*instance.Resource, error) {
		name, at, key := r.PostForm.Get("name"), r.PostForm.Get("url"), r.PostForm.Get("apiKey")
		in := resources.Instance{Name: &name, URL: &at, APIKey: &key}
		return connector.Connect(r.Context(), caller, in, once(r.PostForm))
	})
}

// connectService connects a service and leads to its page.
func connectService(t *things) Form {
	return t.connect(func(r *http.Request, caller identity.Caller) (*instance.Resource, error) {
		in := resources.Service{
			Type: r.PostForm.Get("type"), Name: r.PostForm.Get("name"), URL: strings.TrimSpace(r.PostForm.Get("url"))}
		return t.inventory.ConnectService(r.Context(), caller, in, once(r.PostForm))
	})
}

// thingNames are the fields of the forms by the names that the use case gives them.
var thingNames = map[string]string{"name": "name", "url": "url", "apiKey": "apiKey", "type": "type"}

// connect is the form of the list that connects a thing.
func (t *things) connect(do func(*http.Request, identity.Caller) (*instance.Resource, error)) Form {
	run := func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		made, err := do(r, caller)
		if err == nil {
			return seeOther(w, thingPath(made.ID)+"?done=connected")
		}
		f, err := ours(r, err)
		if err != nil {
			return err
		}
		v, err := t.list(r, caller)
		if err != nil {
			return err
		}
		v.Form.Open, v.Form.Problems = true, problems(f, thingNames)
		v.Form.Name, v.Form.URL, v.Form.Type = r.PostForm.Get("name"), r.PostForm.Get("url"), r.PostForm.Get("type")
		retryAfter(w, f)
		return t.show(w, r, f.Code.Status(), v)
	}
	return form("connect", identity.ByStaff(identity.ResourcesWrite), run)
}

// thingOutcome says what was done to an instance or service, by the word that the redirect carries.
func thingOutcome(done string) page.Note {
	switch done {
	case "connected":
		return page.Note{Tone: page.Good, Text: words.Say("resources.connected")}
	case "saved":
		return page.Note{Tone: page.Good, Text: words.Say("resources.saved")}
	case "checked":
		return page.Note{Tone: page.Good, Text: words.Say("resources.checked")}
	}
	return page.Note{}
}

// InstancePage is the page of one instance; with ask=edit or ask=disconnect a dialog is open on it.
func InstancePage(s *Site, auth *signin.Authenticator, directory *clients.Directory, connector *resources.Connector) *Page {
	t := &things{s, instance.N8N, directory, connector.Inventory, connector}
	return t.onePage("instancePage", auth, primary(updateInstance(t, connector)), checkInstance(t, connector), disconnectThing(t))
}

// ServicePage is the page of one service; with ask=disconnect the dialog is open on it.
func ServicePage(s *Site, auth *signin.Authenticator, directory *clients.Directory, inventory *resources.Inventory) *Page {
	t := &things{s, instance.Service, directory, inventory, nil}
	return t.onePage("servicePage", auth, disconnectThing(t))
}

// onePage is the page of one thing.
func (t *things) onePage(name string, auth *signin.Authenticator, forms ...Form) *Page {
	show := func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		v, err := t.one(r, caller)
		if err != nil {
			return err
		}
		done := r.URL.Query().Get("done")
		if v.Note = thingOutcome(done); done == "checked" && v.Reason != "" {
			v.Note = page.Note{} // the page tells what the check has seen
		}
		ask := r.URL.Query().Get("ask")
		v.Form.Open, v.Asking = ask == "edit" && !v.Service && !v.Fixed, ask == "disconnect" && !v.Fixed
		return t.show(w, r, http.StatusOK, v)
	}
	return t.page(name, auth, identity.ByPortal(identity.ResourcesRead, identity.Look), show, forms...)
}

// one prepares the page of the thing that the path names.
func (t *things) one(r *http.Request, caller identity.Caller) (page.Thing, error) {
	ctx, now := r.Context(), t.now()
	event.Annotate(ctx, "agency", string(caller.Agency))
	thing, err := which(r, t.kind)
	if err != nil {
		return page.Thing{}, err
	}
	live, err := t.look(ctx, caller, thing)
	if err != nil {
		return page.Thing{}, err
	}
	seen := live.Seen
	a, err := t.directory.Agency(ctx, caller)
	if err != nil {
		return page.Thing{}, err
	}
	x := seen.Resource
	event.Annotate(ctx, "resource", string(x.ID))
	v := page.Thing{Workspace: workspace(a, caller, areaOf(t.kind)), Service: t.kind == instance.Service,
		URL: thingPath(x.ID), Name: x.Name, Kind: kindWord(words.English, x.Kind, x.Type), Address: x.URL,
		State: healthBadge(words.English, x), Meaning: stateMeaning(x), Since: page.TimeAt(x.CreatedAt, now), Reason: live.Reason,
		Connected: x.Connected(), More: seen.More, Live: live.Called && live.Sight.NoFlows == nil,
		Roster:    rosterOf(words.English, seen.Roster, now),
		Workflows: flowRows(words.English, live.Sight.Workflows, now), Beyond: live.Sight.More,
		Form: page.ThingForm{Tag: resources.Tag(x), Name: x.Name, URL: x.URL, HasKey: x.Connected()}}
	v.Workspace.Invite = t.sends(a, caller)
	v.Fixed, v.Blind = v.Workspace.Employee, v.Workspace.Blind
	if !x.CheckedAt.IsZero() {
		v.Checked = page.TimeAt(x.CheckedAt, now)
	}
	if !x.AnsweredAt.IsZero() {
		v.Answered = page.TimeAt(x.AnsweredAt, now)
	}
	if x.Silent() {
		v.Silent = page.TimeAt(x.SilentAt, now)
	}
	v.Runs = runRows(words.English, live.Sight.Runs, live.Sight.Workflows, !v.Live || v.Beyond, x.URL, now)
	if v.Reason != "" {
		v.Meaning = words.Say("resources.down_text")
	}
	for _, c := range seen.Clients {
		v.Clients = append(v.Clients, page.SeerRow{URL: clientPath(c.Client.ID), Name: c.Client.DisplayName(),
			Status: clientBadge(c.Client.At(now)), Rights: rightsWord(c.Access)})
	}
	if x.Bought() && !x.Handed {
		v.Owner = &page.SeerRow{Name: words.Say("resources.a_client")}
		if c := seen.Owner(); c != nil {
			v.Owner = &page.SeerRow{URL: clientPath(c.ID), Name: c.DisplayName()}
			if v.Progress = progress(words.English, c.Bought(x.ID), false, now); v.Progress != nil {
				v.Reason, v.Roster = "", nil
			}
		}
		v.Meaning = words.Say("resources.bought")
	}
	return v, nil
}

// look reads a thing as it is now. An instance is called for that.
func (t *things) look(ctx context.Context, caller identity.Caller, thing id.Resource) (*resources.Live, error) {
	if t.connector != nil {
		return t.connector.Look(ctx, caller, thing)
	}
	seen, err := t.inventory.Get(ctx, caller, t.kind, thing)
	if err != nil {
		return nil, err
	}
	return &resources.Live{Seen: seen, Reason: seen.Resource.Reason}, nil
}

// which is the thing that the path names.
func which(r *http.Request, kind instance.Kind) (id.Resource, error) {
	if kind == instance.Service {
		return id.ParseResource(r.PathValue("serviceId"))
	}
	return id.ParseResource(r.PathValue("instanceId"))
}

// updateInstance changes an instance. An empty key leaves the stored one.
func updateInstance(t *things, connector *resources.Connector) Form {
	run := func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		ctx := r.Context()
		name, at, key := r.PostForm.Get("name"), r.PostForm.Get("url"), strings.TrimSpace(r.PostForm.Get("apiKey"))
		in := resources.Instance{Name: &name, URL: &at}
		if key != "" {
			in.APIKey = &key
		}
		thing, err := which(r, instance.N8N)
		if err != nil {
			return err
		}
		x, err := connector.Update(ctx, caller, thing, in, r.PostForm.Get("tag"))
		if err == nil {
			return seeOther(w, thingPath(x.ID)+"?done=saved")
		}
		f, err := ours(r, err)
		if err != nil || f.Code == fault.NotFound {
			return orNotFound(err, f)
		}
		v, err := t.one(r, caller)
		if err != nil {
			return err
		}
		v.Form.Open, v.Form.Problems, v.Form.Name, v.Form.URL = true, problems(f, thingNames), name, at
		retryAfter(w, f)
		return t.show(w, r, f.Code.Status(), v)
	}
	return form("save", identity.ByStaff(identity.ResourcesWrite), run)
}

// orNotFound is the error, or else the fault, for the page of errors.
func orNotFound(err error, f *fault.Error) error {
	if err != nil {
		return err
	}
	return f
}

// checkInstance has an instance called now.
func checkInstance(t *things, connector *resources.Connector) Form {
	return t.change("check", func(r *http.Request, caller identity.Caller, x id.Resource) (string, error) {
		_, err := connector.Check(r.Context(), caller, x)
		return thingPath(x) + "?done=checked", err
	})
}

// disconnectThing takes an instance or a service away.
func disconnectThing(t *things) Form {
	list := map[instance.Kind]string{instance.N8N: "/instances", instance.Service: "/services"}[t.kind]
	return t.change("disconnect", func(r *http.Request, caller identity.Caller, x id.Resource) (string, error) {
		_, err := t.inventory.Disconnect(r.Context(), caller, t.kind, x)
		return list + "?done=disconnected", err
	})
}

// change does something to a thing and leads on; where it is refused, the thing's page says why.
func (t *things) change(name string, do func(*http.Request, identity.Caller, id.Resource) (string, error)) Form {
	run := func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		thing, err := which(r, t.kind)
		if err != nil {
			return err
		}
		next, err := do(r, caller, thing)
		if err == nil {
			return seeOther(w, next)
		}
		f, err := ours(r, err)
		if err != nil || f.Code == fault.NotFound {
			return orNotFound(err, f)
		}
		v, err := t.one(r, caller)
		if err != nil {
			return err
		}
		v.Note = page.Note{Tone: page.Bad, Text: f.Message}
		retryAfter(w, f)
		return t.show(w, r, f.Code.Status(), v)
	}
	return form(name, identity.ByStaff(identity.ResourcesWrite), run)
}
