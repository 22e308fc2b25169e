package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/subscription"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/agencies"
	"latchkey.dev/shared/usecase/billing"
	"latchkey.dev/shared/usecase/signin"
	"latchkey.dev/shared/view/page"
)

// levelWord is a level in a word.
func levelWord(l words.Language, at agency.Level) string {
	switch at {
	case agency.Owner:
		return l.Say("kinds.owner")
	case agency.Admin:
		return l.Say("kinds.admin")
	}
	return l.Say("kinds.employee")
}

// isOwner tells whether the caller is an owner now.
func isOwner(team *agencies.Team, caller identity.Caller) bool {
	return team.Members.MayManage(caller.Member) == nil
}

// SettingsPage shows how the agency looks. With a colour in the query it shows how that one would look, and with a name too.
func SettingsPage(s *Site, auth *signin.Authenticator, settings *agencies.Settings, uploads *agencies.Uploads) *Page {
	who := identity.ByStaff(identity.AgencyRead)
	return s.page("settingsPage", auth, who, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		v, err := s.branding(r.Context(), settings, caller)
		if err != nil {
			return err
		}
		look(&v, r.URL.Query())
		return s.show(w, r, http.StatusOK, v)
	}, saveSettings(s, settings, uploads))
}

// look puts on the page what its address asks to be shown. A name or colour that could not be saved is not: anybody can write a
// link to this address, and what it says would stand in a form that one press saves.
func look(v *page.Branding, q url.Values) {
	switch q.Get("done") {
	case "saved":
		v.Note = page.Note{Tone: page.Good, Text: words.Say("settings.branding_saved")}
	case "tried":
		if name, err := agency.ParseName(q.Get("name")); err == nil {
			v.Name, v.Note = name, page.Note{Tone: page.Wait, Text: words.Say("settings.only_preview")}
		}
	}
	if c, err := agency.ParseColor(q.Get("color")); err == nil && q.Get("color") != "" {
		v.Color, v.Workspace.Brand.Color = c, c
	}
}

func (s *Site) branding(ctx context.Context, settings *agencies.Settings, caller identity.Caller) (page.Branding, error) {
	team, err := settings.Team(ctx, caller)
	if err != nil {
		return page.Branding{}, err
	}
	a := team.Agency
	logo, err := settings.Logo(ctx, caller, a)
	if err != nil {
		return page.Branding{}, err
	}
	saved := brandOf(a)
	if saved.LogoURL = page.DataURL(logo); saved.LogoURL == "" {
		saved.LogoURL = a.LogoURL
	}
	return page.Branding{Workspace: workspace(a, caller, page.InSettings), Tab: "branding", Owner: isOwner(team, caller),
		Held: a.Held(s.brand.Name), Name: a.Name, Color: a.Color, Saved: saved, Revision: a.Revision}, nil
}

// maxUpload is the largest form with a file, in bytes: what is a little over the bound is told at the field.
const maxUpload = agency.MaxLogoFile + 64<<10

// saveSettings saves how the agency looks, or leads to the address that shows how it would look.
func saveSettings(s *Site, settings *agencies.Settings, uploads *agencies.Uploads) Form {
	f := form("save", identity.ByStaff(identity.AgencyWrite), func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		ctx, form := r.Context(), r.PostForm
		name, color := form.Get("name"), form.Get("color")
		look := agencies.Look{Name: &name, Color: &color, NoLogo: form.Get("removeLogo") != ""}
		next := "/settings?done=saved"
		logo, err := upload(r, "logo")
		if err != nil {
			return err
		}
		if form.Get("try") != "" {
			next = "/settings?" + url.Values{"done": {"tried"}, "name": {name}, "color": {color}}.Encode()
			_, _, err = look.Check()
		} else {
			revision, unread := strconv.Atoi(form.Get("revision"))
			if unread != nil {
				revision = -1
			}
			_, err = uploads.Rebrand(ctx, caller, look, logo, &revision)
		}
		if err == nil {
			return seeOther(w, next)
		}
		f, err := ours(r, err)
		if err != nil {
			return err
		}
		v, err := s.branding(ctx, settings, caller)
		if err != nil {
			return err
		}
		v.Name, v.Color = name, color
		if c, err := agency.ParseColor(color); err == nil {
			v.Workspace.Brand.Color = c
		}
		v.Problems = problems(f, map[string]string{"name": "name", "color": "color", "logo": "logo"})
		retryAfter(w, f)
		return s.show(w, r, f.Code.Status(), v)
	})
	f.parse = parseUpload
	return f
}

// parseUpload reads a form with a file.
func parseUpload(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxUpload)
	return parseUploaded(r, maxUpload, "errors.the_logo_is_over_1_mb")
}

// parseUploaded reads a form with a file from a body that is bounded. The key is that of what is said of one that is too large.
func parseUploaded(r *http.Request, most int64, tooLarge string) error {
	err := r.ParseMultipartForm(most)
	if err != nil && !errors.Is(err, http.ErrNotMultipart) {
		if _, ok := asTooLarge(err); ok || errors.Is(err, multipart.ErrMessageTooLarge) {
			return fault.New(fault.TooLarge, tooLarge)
		}
		return fault.New(fault.Malformed, "errors.the_form_did_not_arrive_as")
	}
	return nil
}

// upload is the content of a form's file; nil when none was chosen.
func upload(r *http.Request, field string) ([]byte, error) {
	if r.MultipartForm == nil || len(r.MultipartForm.File[field]) == 0 {
		return nil, nil
	}
	f, err := r.MultipartForm.File[field][0].Open()
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // read below
	b, err := io.ReadAll(f)
	if len(b) == 0 {
		return nil, err
	}
	return b, err
}

// Logo serves the logo of an agency, which a browser may keep for a year since its name changes with its content.
func Logo(s *Site, logos *agencies.Logos) *Page {
	return s.page("logo", nil, identity.ByAnyone, func(w http.ResponseWriter, r *http.Request, _ identity.Caller) error {
		of, err := id.ParseAgency(r.PathValue("agencyId"))
		if err != nil {
			return err
		}
		png, err := logos.Read(r.Context(), of, r.PathValue("file"))
		if err != nil {
			return err
		}
		h := w.Header()
		page.SecurityHeaders(h)
		h.Set("Cross-Origin-Resource-Policy", "cross-origin") // mails show it, in readers of all kinds
		h.Set("Content-Type", "image/png")
		h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		_, err = w.Write(png) //nolint:gosec // an image that we encoded ourselves
		return err
	})
}

// planPaid waits until the payment for Max has come, and has it asked after: the payment service's word may be lost. Where none
// is on its way there is nothing to wait for.
func (s *Site) planPaid(
	w http.ResponseWriter, r *http.Request, awaiting *billing.Awaiting, a *agency.Agency, caller identity.Caller,
) error {
	v := page.PlanPaid{Workspace: workspace(a, caller, page.InSettings), Max: a.Plan == agency.Max, Tries: looks(r)}
	if !v.Max && a.Payment.State != subscription.CheckoutOpen {
		return seeOther(w, "/upgrade")
	}
	if !v.Max {
		if err := awaiting.Ask(r.Context(), a); err != nil {
			return err
		}
		pause := 3
		if v.Long() {
			pause = 15
		}
		w.Header().Set("Refresh", fmt.Sprintf("%d;url=%s", pause, v.Again()))
	}
	return s.show(w, r, http.StatusOK, v)
}

// UpgradePage says what Max brings and how to get it.
func UpgradePage(
	s *Site, auth *signin.Authenticator, prices *billing.Prices, settings *agencies.Settings, awaiting *billing.Awaiting, support string,
) *Page {
	who := identity.ByStaff(identity.InPerson)
	return s.page("upgradePage", auth, who, func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		team, err := settings.Team(r.Context(), caller)
		if err != nil {
			return err
		}
		a := team.Agency
		q, isMax := r.URL.Query(), a.Plan == agency.Max
		if q.Get("paid") != "" {
			return s.planPaid(w, r, awaiting, a, caller)
		}
		v := page.Upgrade{Workspace: workspace(a, caller, page.InSettings), Max: isMax, Support: support, Problems: refusal(r),
			Owner: isOwner(team, caller), Paying: a.Payment.Customer != "", PastDue: a.Payment.State == subscription.PastDue,
			Asks: a.Payment.Asked != "", Confirm: a.Payment.AskedURL,
			Back: q.Get("canceled") != "" && !isMax}
		if v.Bill, err = planBill(r.Context(), prices); err != nil {
			return err
		}
		if v.Bar = payingBar(a, v.Bill != nil && !v.Owner); v.Bar.Title != "" && isBar(q.Get("problem")) {
			v.Problems = nil // it says so
		}
		return s.show(w, r, http.StatusOK, v)
	})
}

// payingBar is what is in the way of paying for Max, which the page shows in place of a form that would be refused whatever was
// chosen in it.
func payingBar(a *agency.Agency, noOwner bool) page.Barred {
	switch {
	case a.Suspended:
		return page.Barred{Title: words.Say("plan.suspended"), Text: words.Say("plan.suspended_text")}
	case a.Plan == agency.Max:
		return page.Barred{}
	case a.Payment.Resting:
		return page.Barred{Title: words.Say("plan.resting_again"), Text: words.Say("plan.resting_again_text")}
	case noOwner:
		return page.Barred{Title: words.Say("plan.owners_pay"), Text: words.Say("plan.owners_pay_text"), URL: "/settings/members"}
	}
	return page.Barred{}
}

// isBar tells whether a refusal is what the bar on the page says.
func isBar(problem string) bool {
	return problem == string(fault.Suspended) || problem == string(fault.Forbidden) || problem == string(fault.AlreadyPaid)
}
