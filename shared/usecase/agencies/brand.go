package agencies

import (
	"context"
	"regexp"
	"strings"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
)

// LogoPrefix begins the paths at which logos are served.
const LogoPrefix = "/logos/"

// LogoPath is where the logo is served. Its name changes with its content, so that it may be kept for ever.
func LogoPath(which id.Agency, hash string) string {
	return LogoPrefix + string(which) + "/" + hash + ".png"
}

// logoHash is the hash in a path of ours; "" in any other.
func logoHash(a *agency.Agency) string {
	h, ok := strings.CutPrefix(a.LogoURL, LogoPrefix+string(a.ID)+"/")
	if h, isPNG := strings.CutSuffix(h, ".png"); ok && isPNG {
		return h
	}
	return ""
}

// Look is what to change about an agency's look. Nil fields stay as they are.
type Look struct {
	Name   *string
	Color  *string
	NoLogo bool   // takes the logo away
	Logo   []byte // content of an image file; nil for no new one
}

// Uploads of logos, per agency.
const (
	uploads      = 30
	uploadWindow = time.Hour
)

// Rebrand changes how the agency looks, from the next page and the next invite on; invites that are out keep what
// they showed. match is the revision that the caller has seen, or nil to change whatever there is.
//
// Faults: [fault.Invalid] with the field name, color or logo; [fault.Forbidden] unless the caller is an owner, or
// has an owner's key; [fault.Changed] when the revision is another one; [fault.RateLimited] for too many uploads.
func (o *Office) Rebrand(ctx context.Context, caller identity.Caller, l Look, match *int) (*agency.Agency, error) {
	var name, color string
	var err error
	var problems []error
	if l.Name != nil {
		name, err = agency.ParseName(*l.Name)
		problems = append(problems, err)
	}
	if l.Color != nil {
		color, err = agency.ParseColor(*l.Color)
		problems = append(problems, err)
	}
	if err := together(problems); err != nil {
		return nil, err
	}
	roster, err := o.Store.Roster(ctx, caller.Agency) // before an image is decoded for somebody who may not have one
	if err != nil {
		return nil, err
	}
	if err := roster.Members.MayManage(caller.Member); err != nil {
		return nil, err
	}
	var logo *agency.Logo
	if l.Logo != nil {
		wait, err := o.Store.Allow(ctx, "logo#"+string(caller.Agency), uploads, uploadWindow, o.Now())
		if err != nil {
			return nil, err
		}
		if wait > 0 {
			e := fault.New(fault.RateLimited, "The logo was changed very often within this hour. Try again later.")
			e.Retry, e.Limit = wait, fault.Limit{Name: "logos", Quota: uploads, Window: uploadWindow}
			return nil, e
		}
		if logo, err = o.Picture(l.Logo); err != nil {
			return nil, err
		}
	}
	var a *agency.Agency
	err = conflict.Retry(ctx, func() error {
		roster, err := o.Store.Roster(ctx, caller.Agency)
		if err != nil {
			return err
		}
		if err := roster.Members.MayManage(caller.Member); err != nil {
			return err
		}
		a = roster.Agency
		if match != nil && a.Revision != *match {
			return fault.New(fault.Changed, "Somebody else has changed the branding meanwhile. Look at it again, then make your change.")
		}
		now, before := o.Now(), *a
		if l.Name != nil {
			a.Name = name
		}
		if l.Color != nil {
			a.Color = color
		}
		switch {
		case logo != nil:
			a.LogoURL = LogoPath(a.ID, logo.Hash)
		case l.NoLogo:
			a.LogoURL = ""
		}
		if a.Name == before.Name && a.Color == before.Color && a.LogoURL == before.LogoURL {
			return nil
		}
		r := Rebranding{Agency: a, Logo: logo, At: now, Audit: row(now, caller.Actor(), audit.BrandingChanged, string(a.ID), "")}
		if before.LogoURL == a.LogoURL {
			r.Logo = nil
		} else {
			r.Old = logoHash(&before)
		}
		return o.Store.Rebrand(ctx, r)
	})
	return a, err
}

// together makes one fault of what is wrong with several fields.
func together(all []error) error {
	var out *fault.Error
	for _, err := range all {
		f := fault.As(err)
		switch {
		case err == nil:
		case f == nil:
			return err
		case out == nil:
			out = f
		default:
			out = &fault.Error{Code: fault.Invalid, Message: "Some fields need another look.", Fields: append(out.Fields, f.Fields...)}
		}
	}
	if out == nil {
		return nil
	}
	return out
}

var logoFile = regexp.MustCompile(`^([0-9a-f]{24})\.png$`)

// Logo reads the logo in a file that [LogoPath] names. Faults: [fault.NotFound], also for one that the agency has
// given up some time ago.
func (o *Office) Logo(ctx context.Context, which id.Agency, file string) ([]byte, error) {
	m := logoFile.FindStringSubmatch(file)
	if m == nil || !id.Valid(id.AgencyPrefix, string(which)) {
		return nil, fault.New(fault.NotFound, "There is no such picture.")
	}
	return o.Store.Logo(ctx, which, m[1], o.Now())
}

// Current reads the logo that the agency has now; nil for none.
func (o *Office) Current(ctx context.Context, a *agency.Agency) ([]byte, error) {
	h := logoHash(a)
	if h == "" {
		return nil, nil
	}
	b, err := o.Store.Logo(ctx, a.ID, h, o.Now())
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	return b, err
}
