package imports

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/batch"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/role"
	"latchkey.dev/shared/domain/sheet"
	"latchkey.dev/shared/domain/words"
)

// FileStore is what inviting the rows of a file needs.
type FileStore interface {
	Store
	// AllRoles lists the agency's roles.
	AllRoles(ctx context.Context, agency id.Agency) ([]role.Role, error)
}

// Checks says what would become of the rows of a file.
type Checks struct {
	Store   FileStore
	Domains Domains
	Now     func() time.Time
}

// Files invites the rows of a file that was checked.
type Files struct {
	*Checks

	Sender *Sender
}

// Checked is a dry run.
type Checked struct {
	*batch.Batch

	Agency *agency.Agency
	// Money are the names of roles that show money and go to more than [batch.AskAbove] people.
	Money []string
	// Times are about when the rows that are ready would go out, by their place in the list.
	Times map[int]time.Time
}

// columns are those of a file of people to invite.
func columns() []sheet.Column {
	return []sheet.Column{
		{Name: "email", Also: []string{"e-mail", "emailAddress"}, Needed: true}, {Name: "name", Also: []string{"fullName"}},
		{Name: "roles", Also: []string{"role"}}, {Name: "contact", Also: []string{"contactId"}},
		{Name: "language", Also: []string{"lang"}},
	}
}

// Preview says what would become of each row of a file, and makes nothing of it. It is kept for [batch.DryRun].
//
// Faults: [fault.Invalid] and [fault.TooLarge] for a file that is none; [fault.NotFound] where Client Portal is not installed;
// [fault.PlanRequired], [fault.Suspended], [fault.RateLimited].
func (s *Checks) Preview(ctx context.Context, caller identity.Caller, file []byte) (*Checked, error) {
	if err := caller.MayPortal(identity.InvitesWrite, identity.Invite); err != nil {
		return nil, err
	}
	table, err := sheet.Read("file", file, columns())
	if err != nil {
		return nil, err
	}
	if err := often(ctx, s.Store, caller.Agency, s.Now()); err != nil {
		return nil, err
	}
	roles, err := s.Store.AllRoles(ctx, caller.Agency)
	if err != nil {
		return nil, err
	}
	entries, err := batch.Read(lines(table, roles), batch.MaxRows)
	if err != nil {
		return nil, err
	}
	now := s.Now()
	b := &batch.Batch{ID: id.New[id.Batch](id.BatchPrefix, now), Agency: caller.Agency, By: caller.Member, Actor: caller.Actor(),
		CreatedAt: now, State: batch.Dry, Until: now.Add(batch.DryRun), Entries: entries, Unknown: table.Unknown}
	out, err := s.check(ctx, b)
	if err != nil {
		return nil, err
	}
	return out, s.Store.AddBatch(ctx, b, nil)
}

// lines are the rows of a file as lines. Roles are named, with bars between them, or given by their ids.
func lines(table sheet.Sheet, roles []role.Role) []batch.Line {
	named := map[string]id.Role{}
	for i := range roles {
		named[role.Fold(roles[i].Name)] = roles[i].ID
	}
	var out []batch.Line
	for _, r := range table.Rows {
		l := batch.Line{Number: r.Number, Email: r.Cell("email"), Name: r.Cell("name"), Language: r.Cell("language"), Problem: r.Problem}
		for name := range strings.SplitSeq(r.Cell("roles"), "|") {
			if name = strings.TrimSpace(name); name == "" {
				continue
			}
			if len(l.Roles) > batch.MaxRoles { // too many, however many more there are
				break
			}
			which, ok := named[role.Fold(name)]
			if !ok {
				if which, _ = id.ParseRole(name); which == "" {
					which = batch.Unknown(name)
				}
			}
			if !slices.Contains(l.Roles, which) {
				l.Roles = append(l.Roles, which)
			}
		}
		if typed := r.Cell("contact"); typed != "" && l.Problem == "" {
			which, err := id.ParseContact(typed)
			if err != nil {
				l.Problem = fault.As(err).Message
			}
			l.Contact = which
		}
		out = append(out, l)
	}
	return out
}

// check judges the rows of a dry run by what is so now.
func (s *Checks) check(ctx context.Context, b *batch.Batch) (*Checked, error) {
	for i := range b.Entries {
		if e := &b.Entries[i]; e.Kind != batch.Duplicate && e.Address != "" {
			e.Verdict = batch.Verdict{}
		}
	}
	seen, err := s.Store.Snapshot(ctx, b.Agency, query(b.Agency, b.By, b.Entries))
	if err != nil {
		return nil, err
	}
	if err := mayInvite(seen.Agency); err != nil {
		return nil, err
	}
	g := giverOf(seen.Member, seen.Agency)
	if g == nil {
		return nil, errNoBatch
	}
	now := s.Now()
	judge(ctx, s.Domains, seen, *g, b, now)
	out := &Checked{Batch: b, Agency: seen.Agency, Times: map[int]time.Time{}}
	day, today := daily(seen, mailTo(b.Agency, b.By, ""), now)
	pace, left := batch.PaceOf(seen.Agency, now, day, today, seen.Promises), seen.Promises.Left(now)
	given := map[id.Role]int{}
	for i := range b.Entries {
		e := &b.Entries[i]
		if !e.Wanted() {
			continue
		}
		at := pace.Next(now)
		if at.After(now) {
			if left == 0 {
				e.Verdict = ofFault(seen.Promises.Full())
				continue
			}
			left--
		}
		e.Kind, out.Times[i] = batch.Ready, at
		for _, r := range e.Roles {
			given[r]++
		}
	}
	for which, n := range given {
		if r := seen.Roles[which]; n > batch.AskAbove && money(&r) {
			out.Money = append(out.Money, r.Name)
		}
	}
	slices.Sort(out.Money)
	return out, nil
}

// money tells whether a role opens anything about money.
func money(r *role.Role) bool {
	_, estimates := r.Rules[role.Estimates]
	_, invoices := r.Rules[role.Invoices]
	return estimates || invoices
}

// mostNamed is how many rows a fault names.
const mostNamed = 20

// Confirm invites the rows of a dry run that are ready. Where what it has shown is not so any more, it makes nothing, and the fault
// names what has changed and the hash of what is so now; all of it is in what is returned beside it. Confirming once more leads to
// the same batch.
//
// Faults: [fault.NotFound] for a dry run that is gone, or somebody else's; [fault.ImportChanged]; [fault.Invalid] where roles that
// show money go to many and the caller has not said so; those of [Sender.Send].
func (s *Files) Confirm(ctx context.Context, caller identity.Caller, hash string, moneyToo bool) (*batch.Batch, *Checked, error) {
	if err := caller.MayPortal(identity.InvitesWrite, identity.Invite); err != nil {
		return nil, nil, err
	}
	which, err := batch.OfHash(hash)
	if err != nil {
		return nil, nil, errNoCheck
	}
	var b *batch.Batch
	var shown *Checked
	begun := false
	err = conflict.Retry(ctx, func() error {
		begun, shown = false, nil
		b, err = s.Store.Batch(ctx, caller.Agency, which)
		if fault.Is(err, fault.NotFound) || err == nil && (b.By != caller.Member || b.State == batch.Dry && !s.Now().Before(b.Until)) {
			return errNoCheck
		}
		if err != nil || b.State != batch.Dry {
			return err
		}
		before, was := slices.Clone(b.Entries), b.Hash()
		if shown, err = s.check(ctx, b); err != nil {
			return err
		}
		if b.Hash() != hash {
			if b.Hash() != was {
				if err := s.Store.SaveBatch(ctx, b); err != nil {
					return err
				}
			}
			return differs(before, b)
		}
		if len(shown.Money) > 0 && !moneyToo {
			return fault.InField("money", "bulk.money_to_many", "n", batch.AskAbove, "roles", strings.Join(shown.Money, ", "))
		}
		if batch.Count(b.Entries)[batch.Ready] == 0 {
			return fault.InField("hash", "bulk.nothing_ready")
		}
		for i := range b.Entries {
			if e := &b.Entries[i]; e.Kind == batch.Ready {
				e.Verdict = batch.Verdict{}
			}
		}
		now := s.Now()
		b.State, b.CreatedAt, b.Until = batch.Working, now, now.Add(batch.Kept)
		if err := s.Store.SaveBatch(ctx, b); err != nil {
			return err
		}
		begun = true
		return nil
	})
	if err != nil || !begun {
		return b, shown, err
	}
	return b, shown, s.Sender.work(ctx, b)
}

// Dry reads a dry run as it would be judged now. Faults: [fault.NotFound].
func (s *Checks) Dry(ctx context.Context, caller identity.Caller, hash string) (*Checked, error) {
	if err := caller.MayPortal(identity.InvitesWrite, identity.Invite); err != nil {
		return nil, err
	}
	which, err := batch.OfHash(hash)
	if err != nil {
		return nil, errNoCheck
	}
	b, err := s.Store.Batch(ctx, caller.Agency, which)
	if fault.Is(err, fault.NotFound) || err == nil && (b.By != caller.Member || b.State != batch.Dry || !s.Now().Before(b.Until)) {
		return nil, errNoCheck
	}
	if err != nil {
		return nil, err
	}
	return s.check(ctx, b)
}

// differs says which rows would become something else than the dry run has shown.
func differs(before []batch.Entry, b *batch.Batch) error {
	f := fault.New(fault.ImportChanged, "bulk.changed")
	f.Existing = b.Hash()
	for i := range b.Entries {
		e := &b.Entries[i]
		if e.Kind != before[i].Kind && len(f.Fields) < mostNamed {
			reason := e.Reason
			if reason == "" {
				reason = words.Say("bulk.row_ready")
			}
			f.Fields = append(f.Fields, fault.Field{Location: fmt.Sprintf("rows[%d]", e.Number), Message: reason})
		}
	}
	return f
}

var errNoCheck = fault.New(fault.NotFound, "bulk.no_check")

// Desk is what somebody has who invites many.
type Desk struct {
	Agency *agency.Agency
	Roles  []role.Role // those that count now and that the caller may give, by name
}

// Desk reads what the caller may give. Faults: [fault.NotFound] where Client Portal is not installed.
func (s *Checks) Desk(ctx context.Context, caller identity.Caller) (*Desk, error) {
	if err := caller.MayPortal(identity.InvitesWrite, identity.Invite); err != nil {
		return nil, err
	}
	seen, err := s.Store.Snapshot(ctx, caller.Agency, Query{})
	if err != nil {
		return nil, err
	}
	if seen.Agency == nil {
		return nil, errNoBatch
	}
	if err := seen.Agency.MayPortal(); err != nil {
		return nil, err
	}
	all, err := s.Store.AllRoles(ctx, caller.Agency)
	if err != nil {
		return nil, err
	}
	now := s.Now()
	all = slices.DeleteFunc(all, func(r role.Role) bool {
		return !r.Counts(now) || !caller.Administers() && !r.EmployeesMayGive
	})
	slices.SortFunc(all, func(a, b role.Role) int { return strings.Compare(role.Fold(a.Name), role.Fold(b.Name)) })
	return &Desk{Agency: seen.Agency, Roles: all}, nil
}
