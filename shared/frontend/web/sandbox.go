package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/instance"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/home"
	"latchkey.dev/shared/usecase/portal"
	"latchkey.dev/shared/usecase/signin"
	"latchkey.dev/shared/view/letter"
	"latchkey.dev/shared/view/page"
)

const sandboxPath = "/sandbox/"

// SandboxPage walks an agency through what a client would see who does not exist: the email, the invitation, the portal and its
// workflows. The pages are the real ones, with made-up values under the agency's brand. Its forms change nothing but the page
// that is shown next.
func SandboxPage(s *Site, auth *signin.Authenticator, sandbox *home.Sandbox, origin, platform string) *Page {
	who := identity.ByStaff(identity.AgencyRead)
	show := func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		x, err := sandbox.Open(r.Context(), caller)
		if err != nil {
			return err
		}
		step := r.PathValue("step")
		if step == "email" {
			return s.sampleMail(w, x, origin, platform)
		}
		v := s.sample(r, x, caller, step)
		if v == nil {
			return fault.New(fault.NotFound, "sandbox.no_step")
		}
		return s.show(w, r, http.StatusOK, v)
	}
	leads := func(do string, next func(r *http.Request) string) Form {
		return form(do, who, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
			if _, err := sandbox.Open(r.Context(), caller); err != nil {
				return err
			}
			return seeOther(w, sandboxPath+next(r))
		})
	}
	to := func(next string) func(*http.Request) string { return func(*http.Request) string { return next } }
	return s.page("sandboxPage", auth, who, show, leads("accept", to("portal?welcome=1")), leads("decline", to("declined")),
		leads("propose", to("proposed")), leads("workflow", switched))
}

// sample is a page of the sandbox; nil where there is none.
func (s *Site) sample(r *http.Request, x *home.Sample, caller identity.Caller, step string) page.View {
	c, now := x.Client, s.now()
	brand := brandOf(x.Agency)
	asked := r.URL.Query()
	var v page.View
	switch step {
	case "start":
		start := page.SandboxStart{Workspace: workspace(x.Agency, caller, page.InHome), Client: c.Name, Email: string(c.Email),
			Max: x.Agency.Plan == agency.Max, Things: offered(c.Invite.Grants)}
		return start
	case "invitation":
		i := page.Invitation{Brand: brand, Inviter: c.Invite.From.Name, Step: page.Accept, URL: sandboxPath + "invitation",
			Client: c.DisplayName(),
			Masked: c.Email.Masked(), Person: string(c.Email), Message: c.Invite.Message, Opens: offered(c.Invite.Grants),
			Offer: c.Invite.Offer(), Until: page.TimeAt(c.Invite.ExpiresAt, now)}
		switch asked.Get("answer") {
		case "decline":
			i.Step = page.Declining
		case "propose":
			i.Step = page.Proposing
		}
		v = i
	case "declined":
		v, step = page.Answered{Brand: s.brand, Declined: true}, "invitation"
	case "proposed":
		v, step = page.Answered{Brand: brand}, "invitation"
	case "portal":
		p := page.Portal{Brand: brand, Person: string(c.Email), Preview: c.DisplayName(), Welcome: asked.Get("welcome") != ""}
		portalSections(words.English, &p, portal.Preview(x.Agency, c.Invite.Grants, x.Resources), now)
		for n := range p.Instances {
			p.Instances[n].Look, p.Instances[n].Reason = sandboxPath+"workflows", ""
			if n > 0 {
				p.Instances[n].Look += "?of=reports"
			}
		}
		v = p
	case "workflows":
		v = sampleWorkflows(x, asked, now)
	default:
		return nil
	}
	return page.InSandbox{View: v, Step: step}
}

// offered are grants as an invitation lists them.
func offered(grants []instance.Grant) []page.Linked {
	var all []page.Linked
	for _, g := range grants {
		all = append(all, page.Linked{Name: g.Name, Rights: accessWord(words.English, g.Access)})
	}
	return all
}

// sampleWorkflows is the page of the first instance, whose switches are kept in the address, or of the other, which has none.
func sampleWorkflows(x *home.Sample, asked url.Values, now time.Time) page.PortalInstance {
	grant, flows, shown := x.Client.Invite.Grants[0], x.Workflows[:3], asked["on"]
	if asked.Get("of") == "reports" {
		grant, flows, shown = x.Client.Invite.Grants[1], x.Workflows[3:], nil
	}
	of := x.Resources[grant.Resource]
	brand := brandOf(x.Agency)
	brand.LogoURL = ""
	v := page.PortalInstance{Brand: brand, Person: string(x.Client.Email), Portal: sandboxPath + "portal", URL: sandboxPath + "workflows",
		Name: of.Name, State: resourceBadge(words.English, of.Status), Write: grant.Access == instance.Write, Connected: true}
	if shown != nil {
		v.URL += "?" + url.Values{"on": shown[:1]}.Encode()
	}
	on := strings.Split(asked.Get("on"), ".")
	for n, f := range flows {
		if shown != nil {
			f.Active = slices.Contains(on, f.ID)
		}
		v.Workflows = append(v.Workflows,
			page.WorkflowRow{ID: f.ID, Name: f.Name, Active: f.Active, Updated: page.TimeAt(f.UpdatedAt, now)})
		if n < 2 {
			v.Runs = append(v.Runs, page.RunRow{Workflow: f.Name, State: runBadge(words.English, instance.RunSucceeded),
				At: page.TimeAt(now.Add(-time.Duration(17+63*n)*time.Minute), now), Took: "2.4 s"})
		}
	}
	return v
}

// switched is the address of the workflows after one of them was switched.
func switched(r *http.Request) string {
	on := []string{"1", "2"}
	if q := r.URL.Query(); q.Has("on") {
		on = strings.Split(q.Get("on"), ".")
	}
	which := r.PostForm.Get("workflow")
	on = slices.DeleteFunc(on, func(s string) bool { return s == which || !slices.Contains([]string{"1", "2", "3"}, s) })
	if r.PostForm.Get("active") == "true" && slices.Contains([]string{"1", "2", "3"}, which) {
		on = append(on, which)
	}
	return "workflows?" + url.Values{"on": {strings.Join(on, ".")}}.Encode()
}

// sampleMail shows the invitation's email as it would arrive, below a bar that says that it is none.
func (s *Site) sampleMail(w http.ResponseWriter, x *home.Sample, origin, platform string) error {
	c := x.Client
	logo := x.Agency.LogoURL
	if strings.HasPrefix(logo, "/") {
		logo = origin + logo
	}
	opens := make([]letter.Access, len(c.Invite.Grants))
	for n, g := range c.Invite.Grants {
		opens[n] = letter.Access{Name: g.Name, Rights: accessWord(words.English, g.Access)}
	}
	l := letter.Invitation(letter.InvitationData{AgencyName: x.Agency.Name, AgencyColor: x.Agency.Color, LogoURL: logo,
		Inviter: c.Invite.From.Name, ClientName: c.Name, Message: c.Invite.Message, Opens: opens, Link: origin + sandboxPath + "invitation",
		ExpiresAt: c.Invite.ExpiresAt, Platform: platform})
	return s.pages.WriteLetter(w, page.SandboxLetter{From: x.Agency.Name, To: string(c.Email), Subject: l.Subject, HTML: l.HTML})
}
