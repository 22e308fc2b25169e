package web

import (
	"context"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/subscription"
	"latchkey.dev/shared/usecase/agencies"
	"latchkey.dev/shared/usecase/billing"
	"latchkey.dev/shared/usecase/signin"
	"latchkey.dev/shared/view/page"
)

// roleWord is a role in a word.
func roleWord(r agency.Role) string {
	if r == agency.Owner {
		return "Owner"
	}
	return "Admin"
}

// isOwner tells whether the caller is an owner now.
func isOwner(roster *agencies.Roster, caller identity.Caller) bool {
	return roster.Members.MayManage(caller.Member) == nil
}

// SettingsPage shows how the agency looks. With a colour in the query it shows how that one would look.
func SettingsPage(s *Site, auth *signin.Authenticator, o *agencies.Office) *Page {
	return s.page("settingsPage", auth, identity.ByStaff(identity.InPerson), func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		v, err := s.branding(r.Context(), o, caller)
		if err != nil {
			return err
		}
		if r.URL.Query().Get("done") == "saved" {
			v.Note = page.Note{Tone: page.Good, Text: "Saved. New invitations and the portal show it from now on."}
		}
		if c, err := agency.ParseColor(r.URL.Query().Get("color")); err == nil && r.URL.Query().Get("color") != "" {
			v.Color, v.Workspace.Brand.Color = c, c
		}
		return s.show(w, r, http.StatusOK, v)
	}, saveSettings(s, o))
}

func (s *Site) branding(ctx context.Context, o *agencies.Office, caller identity.Caller) (page.Branding, error) {
	roster, err := o.Members(ctx, caller)
	if err != nil {
		return page.Branding{}, err
	}
	a := roster.Agency
	logo, err := o.Current(ctx, a)
	if err != nil {
		return page.Branding{}, err
	}
	saved := brandOf(a)
	if saved.LogoURL = page.DataURL(logo); saved.LogoURL == "" {
		saved.LogoURL = a.LogoURL
	}
	return page.Branding{Workspace: workspace(a, caller, page.InSettings), Tab: "branding", Owner: isOwner(roster, caller), Name: a.Name, Color: a.Color,
		Saved: saved, Revision: a.Revision}, nil
}

// maxUpload is the largest form with a file, in bytes: what is a little over the bound is told at the field.
const maxUpload = agency.MaxLogoFile + 64<<10

// saveSettings saves how the agency looks.
func saveSettings(s *Site, o *agencies.Office) Form {
	f := form("save", identity.ByStaff(identity.InPerson), func(w http.ResponseWriter, r *http.Request, caller identity.Caller) (err error) {
		ctx := r.Context()
		form := r.PostForm
		name, color := form.Get("name"), form.Get("color")
		look := agencies.Look{Name: &name, Color: &color, NoLogo: form.Get("removeLogo") != ""}
		if look.Logo, err = upload(r, "logo"); err != nil {
			return err
		}
		var f *fault.Error
		if form.Get("try") == "" {
			revision, err := strconv.Atoi(form.Get("revision"))
			if err != nil {
				revision = -1
			}
			_, err = o.Rebrand(ctx, caller, look, &revision)
			if err == nil {
				return seeOther(w, "/settings?done=saved")
			}
			if f, err = ours(r, err); err != nil {
				return err
			}
		}
		v, err := s.branding(ctx, o, caller)
		if err != nil {
			return err
		}
		v.Name, v.Color = name, color
		if c, err := agency.ParseColor(color); err == nil {
			v.Workspace.Brand.Color = c
		}
		if f == nil {
			v.Note = page.Note{Tone: page.Wait, Text: "This is how it would look. Nothing is saved yet."}
			return s.show(w, r, http.StatusOK, v)
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
	if err := r.ParseMultipartForm(maxUpload); err != nil && !errors.Is(err, http.ErrNotMultipart) { //nolint:gosec // the body is bounded a line above
		if _, ok := asTooLarge(err); ok || errors.Is(err, multipart.ErrMessageTooLarge) {
			return fault.New(fault.TooLarge, "The logo is over 1 MB. Go back and choose a smaller file.")
		}
		return fault.New(fault.Malformed, "The form did not arrive as it was sent. Go back and send it again.")
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
func Logo(s *Site, o *agencies.Office) *Page {
	return s.page("logo", nil, identity.ByAnyone, func(w http.ResponseWriter, r *http.Request, _ identity.Caller) error {
		png, err := o.Logo(r.Context(), id.Agency(r.PathValue("agencyId")), r.PathValue("file"))
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

// UpgradePage says what Max brings and how to get it.
func UpgradePage(s *Site, auth *signin.Authenticator, prices *billing.Prices, o *agencies.Office, support string) *Page {
	return s.page("upgradePage", auth, identity.ByStaff(identity.InPerson), func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		a, err := o.Get(r.Context(), caller)
		if err != nil {
			return err
		}
		v := page.Upgrade{Workspace: workspace(a, caller, page.InSettings), Max: a.Plan == agency.Max, Support: support, Problems: refusal(r), Paying: a.Payment.Customer != "",
			PastDue: a.Payment.State == subscription.PastDue, Pending: r.URL.Query().Get("paid") != "" && a.Plan != agency.Max,
			SignIn: signInAgain(r, "/upgrade", "Paying, cards and invoices need a sign-in of the last hour."), Back: r.URL.Query().Get("canceled") != "" && a.Plan != agency.Max}
		if v.Pending {
			w.Header().Set("Refresh", "3")
		}
		if plan, err := prices.Plan(r.Context()); err == nil {
			b, err := bill(plan)
			if err != nil {
				return err
			}
			v.Bill = &b
		} else if !fault.Is(err, fault.PaymentsOff) {
			return err
		}
		return s.show(w, r, http.StatusOK, v)
	})
}
