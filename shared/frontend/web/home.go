package web

import (
	"net/http"
	"net/url"
	"strconv"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/activity"
	"latchkey.dev/shared/usecase/home"
	"latchkey.dev/shared/usecase/onboarding"
	"latchkey.dev/shared/usecase/signin"
	"latchkey.dev/shared/view/page"
)

// latest is how many events home shows.
const latest = 8

// HomePage is where an agency's people begin: what needs them, in numbers, and what happened last.
func HomePage(s *Site, auth *signin.Authenticator, desk *home.Desk, log *activity.Log, waiting *onboarding.Waiting) *Page {
	show := func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		h, err := desk.Home(r.Context(), caller)
		if err != nil {
			return err
		}
		a := h.Agency
		v := page.Home{Workspace: workspace(a, caller, page.InHome), Suspended: a.Suspended, More: h.MoreTasks,
			Counted: h.Clients != nil && h.Clients.More, Steps: firstSteps(h)}
		if len(v.Steps) == 0 {
			v.Numbers = s.numbers(h, s.sends(a, caller))
		}
		v.Workspace.Invite = s.sends(a, caller) && len(v.Steps) == 0
		v.Try = a.Plan == agency.Max // on Free the last step is the sandbox
		v.Rests = a.Plan != agency.Max && len(v.Steps) == 0 && !v.Workspace.Employee
		for _, t := range h.Tasks {
			v.Tasks = append(v.Tasks, s.task(t, caller.Administers() && s.sends(a, caller), v.Workspace.Employee))
		}
		if caller.By.Bound == "" { // invitations are the person's own, and none of the agency's
			if v.Invited, err = s.invited(r, waiting, caller); err != nil {
				return err
			}
		}
		if caller.MayPortal(identity.ActivityRead, identity.Oversee) != nil {
			return s.show(w, r, http.StatusOK, v)
		}
		events, err := log.List(r.Context(), caller, activity.Query{Limit: latest})
		if err != nil {
			return err
		}
		for _, e := range events.Events {
			v.Latest = append(v.Latest, logRow(e, url.Values{}, s.now()))
		}
		return s.show(w, r, http.StatusOK, v)
	}
	return s.page("homePage", auth, identity.ByColleague(identity.AgencyRead), show)
}

// numbers are what the agency has, each leading to its list.
func (s *Site) numbers(h *home.Home, sends bool) []page.HomeNumber {
	var all []page.HomeNumber
	add := func(n int, word, path string, tone page.Tone) {
		all = append(all, page.HomeNumber{Count: strconv.Itoa(n), Word: word, URL: path, Tone: tone})
	}
	c := h.Clients
	if c == nil {
		c = &home.Clients{}
	} else {
		add(c.Pending, words.Say("home.pending"), listPath("", string(client.Pending), ""), "")
		add(c.Active, words.Say("home.active"), listPath("", string(client.Active), ""), "")
	}
	for _, why := range client.Reasons() { // as the list tells them apart
		if n := c.Reasons[why]; n > 0 {
			add(n, reasonBadge(why).Text, listPath("", string(why), ""), "")
		}
	}
	if i := h.Instances; i != nil && i.All > 0 {
		add(i.Up, words.Say("home.up"), "/instances?status="+isUp, "")
		if i.Down > 0 {
			add(i.Down, words.Say("home.down"), "/instances?status="+isDown, page.Bad)
		}
	}
	if sends {
		left := h.Agency.Left(s.now())
		if _, none := nextFree(h.Agency, s.now()); none {
			left = 0
		}
		add(left, words.Say("home.invites_left"), "/clients?invite=new", "")
	}
	return all
}

// firstSteps are the steps of an agency that has no client yet; the first one that is not done is the next.
func firstSteps(h *home.Home) []page.HomeStep {
	var all []page.HomeStep
	next := false
	for _, step := range h.Steps {
		x := page.HomeStep{Done: step.Done, Here: !step.Done && !next}
		next = next || x.Here
		switch step.Name {
		case home.Brand:
			x.Title, x.Text, x.Word, x.URL = words.Say("home.brand"), words.Say("home.brand_text"), words.Say("home.brand_do"), "/settings"
		case home.Connect:
			x.Title, x.Text, x.Word = words.Say("home.connect"), words.Say("home.connect_text"), words.Say("home.connect_do")
			x.URL = "/instances?ask=connect"
			if x.Here && h.Agency.Plan == agency.Max {
				x.Skip = "/clients?invite=new" // with nothing to share: the client gets an empty portal
			}
		case home.Plan:
			x.Title, x.Text, x.Word, x.URL = words.Say("home.plan"), words.Say("home.plan_text"), words.Say("plan.see_max"), "/upgrade"
		case home.Invite:
			x.Title, x.Text, x.Word = words.Say("home.invite"), words.Say("home.invite_text"), words.Say("general.invite_client")
			x.URL = "/clients?invite=new"
			if h.Agency.Plan != agency.Max { // they can be walked through before anything is paid
				x.Text, x.Word, x.URL = words.Say("home.invite_free"), words.Say("home.open_sandbox"), "/sandbox/start"
			}
		}
		all = append(all, x)
	}
	return all
}

// task is a task with what settles it. Who may not send an invite again looks at the client in its place.
func (s *Site) task(t home.Task, may, employee bool) page.HomeTask {
	x := page.HomeTask{Tone: page.Wait, Text: t.Sentence()}
	if !t.At.IsZero() {
		x.At = page.TimeAt(t.At, s.now())
	}
	if t.Client != "" {
		x.URL = clientPath(t.Client)
	}
	switch t.Kind {
	case home.PlanPaymentFailed:
		x.Tone, x.Word, x.URL = page.Bad, words.Say("home.update_card"), "/settings/agency"
	case home.PaymentFailed, home.PaymentDisputed:
		x.Tone, x.Word = page.Bad, words.Say("home.see_client")
	case home.PayerAsked:
		x.Word, x.URL = words.Say("home.review"), clientPayerPath(t.Client)
	case home.PayerCard:
		x.Word, x.URL = words.Say("home.add_card"), clientPayerPath(t.Client)
	case home.SetupFailed:
		x.Tone, x.Word = page.Bad, words.Say("home.see_setup")
	case home.DomainFailed, home.ServerRefused:
		x.Tone, x.Word, x.URL = page.Bad, words.Say("home.see_domain"), emailURL+"?id="+string(t.Domain)
	case home.InstanceDown:
		x.Tone, x.Word, x.URL, x.Do = page.Bad, words.Say("home.check"), thingPath(t.Resource), "check"
	case home.AddressProposed:
		x.Detail, x.Word = string(t.Address), words.Say("home.review")
	case home.LinkRequested:
		x.Word, x.Do = words.Say("home.new_link"), "resend"
	case home.Bounced:
		x.Tone, x.Word = page.Bad, words.Say("home.fix_address")
	case home.InviteExpires:
		x.Word, x.Do = words.Say("home.send_again"), "resend"
	}
	if employee && x.Do == "check" {
		x.Word, x.Do = words.Say("general.open"), ""
	}
	if !may && x.Do == "resend" {
		x.Word, x.Do = words.Say("home.see_client"), ""
	}
	return x
}
