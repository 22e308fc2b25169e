package agencies

import (
	"context"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
)

// Rebranding is a new look.
type Rebranding struct {
	Agency *agency.Agency // the new state; Revision is that of the old one
	Logo   *agency.Logo   // a new logo, which the agency's LogoURL leads to; nil to store none
	Old    string         // hash of the logo that is replaced; "" for none
	At     time.Time
	Audit  audit.Entry
}

// BrandingStore is what changing an agency's look needs.
type BrandingStore interface {
	// Team reads the agency and its members as they are now.
	Team(ctx context.Context, agency id.Agency) (*Team, error)
	// Rebrand writes a new look, while the agency still has the revision that it was made from; else
	// [conflict.ErrChanged].
	Rebrand(ctx context.Context, r Rebranding) error
}

// Branding changes how an agency looks, without new pictures.
type Branding struct {
	Store BrandingStore
	Now   func() time.Time
}

// UploadStore is what taking a new logo needs.
type UploadStore interface {
	BrandingStore
	// Allow counts one use under the name; it returns how long to wait when there have been most of them already.
	Allow(ctx context.Context, name string, most int, window time.Duration, now time.Time) (time.Duration, error)
}

// Uploads changes how an agency looks, with a new logo too.
type Uploads struct {
	Store UploadStore
	// Picture makes a logo of an uploaded file. Faults: [fault.Invalid] in "logo".
	Picture func(ctx context.Context, file []byte) (*agency.Logo, error)
	Now     func() time.Time
}

// Look is what to change about an agency's look. Nil fields stay as they are.
type Look struct {
	Name   *string
	Color  *string
	NoLogo bool // takes the logo away
}

// Check reads what was typed, before anything is changed. Faults: [fault.Invalid] with the fields name and color.
func (l Look) Check() (name, color string, err error) {
	var problems []error
	if l.Name != nil {
		name, err = agency.ParseName(*l.Name)
		problems = append(problems, err)
	}
	if l.Color != nil {
		color, err = agency.ParseColor(*l.Color)
		problems = append(problems, err)
	}
	return name, color, fault.Together(problems...)
}

// Uploads of logos, per agency.
const (
	uploads      = 30
	uploadWindow = time.Hour
)

// Rebrand changes how the agency looks, from the next page and the next invite on; invites that are out keep what
// they showed. match is the revision that the caller has seen, or nil to change whatever there is.
//
// Faults: [fault.Invalid] with the field name or color; [fault.Forbidden] unless the caller is an owner, or has an
// owner's key; [fault.Changed] when the revision is another one.
func (b *Branding) Rebrand(ctx context.Context, caller identity.Caller, l Look, match *int) (*agency.Agency, error) {
	if err := caller.May(identity.AgencyWrite); err != nil {
		return nil, err
	}
	return rebrand(ctx, b.Store, b.Now, caller, l, nil, match)
}

// Rebrand changes how the agency looks, as [Branding.Rebrand] does; the content of an image file becomes its logo. No
// file leaves the logo to what the look says.
//
// Faults: those of [Branding.Rebrand]; [fault.Invalid] with the field logo; [fault.RateLimited] for too many uploads.
func (u *Uploads) Rebrand(ctx context.Context, caller identity.Caller, l Look, file []byte, match *int) (*agency.Agency, error) {
	if err := caller.May(identity.AgencyWrite); err != nil {
		return nil, err
	}
	if file == nil {
		return rebrand(ctx, u.Store, u.Now, caller, l, nil, match)
	}
	if _, _, err := l.Check(); err != nil {
		return nil, err
	}
	team, err := u.Store.Team(ctx, caller.Agency) // before an image is decoded for somebody who may not have one
	if err != nil {
		return nil, err
	}
	if err := team.Members.MayManage(caller.Member); err != nil {
		return nil, err
	}
	wait, err := u.Store.Allow(ctx, "logo#"+string(caller.Agency), uploads, uploadWindow, u.Now())
	if err != nil {
		return nil, err
	}
	if wait > 0 {
		e := fault.New(fault.RateLimited, "errors.the_logo_was_changed_very_often")
		e.Retry, e.Limit = wait, fault.Limit{Name: "logos", Quota: uploads, Window: uploadWindow}
		return nil, e
	}
	logo, err := u.Picture(ctx, file)
	if err != nil {
		return nil, err
	}
	return rebrand(ctx, u.Store, u.Now, caller, l, logo, match)
}

// rebrand writes the look, with a new logo unless that is nil.
func rebrand(
	ctx context.Context, store BrandingStore, clock func() time.Time, caller identity.Caller, l Look, logo *agency.Logo, match *int,
) (*agency.Agency, error) {
	name, color, err := l.Check()
	if err != nil {
		return nil, err
	}
	var a *agency.Agency
	err = conflict.Retry(ctx, func() error {
		team, err := store.Team(ctx, caller.Agency)
		if err != nil {
			return err
		}
		if err := team.Members.MayManage(caller.Member); err != nil {
			return err
		}
		a = team.Agency
		if match != nil && a.Revision != *match {
			return fault.New(fault.Changed, "errors.somebody_else_has_changed_the")
		}
		now, before := clock(), *a
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
		r := Rebranding{Agency: a, At: now, Audit: row(now, caller.Actor(), audit.BrandingChanged, string(a.ID), "")}
		if before.LogoURL != a.LogoURL {
			r.Logo, r.Old = logo, logoHash(&before)
		}
		return store.Rebrand(ctx, r)
	})
	return a, err
}
