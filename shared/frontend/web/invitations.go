package web

import (
	"net/http"
	"net/url"

	"latchkey.dev/shared/domain/batch"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/clients"
	"latchkey.dev/shared/usecase/imports"
	"latchkey.dev/shared/usecase/onboarding"
	"latchkey.dev/shared/usecase/signin"
	"latchkey.dev/shared/view/page"
)

const (
	invitationsPath = "/client-portal/invitations"
	// batchesPerPage is how many batches a page of the list has.
	batchesPerPage = 20
)

// InvitationsPage lists the invites that nobody has accepted, and the batches that were sent.
func InvitationsPage(
	s *Site, auth *signin.Authenticator, directory *clients.Directory, inviter *onboarding.Inviter, canceller *onboarding.Canceller,
	batches *imports.Batches,
) *Page {
	show := func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		v, err := s.invitations(r, directory, batches, caller)
		if err != nil {
			return err
		}
		switch r.URL.Query().Get("done") {
		case "resent":
			v.Note = page.Note{Tone: page.Good, Text: words.Say("clients.resent")}
		case "cancelled":
			v.Note = page.Note{Tone: page.Good, Text: words.Say("bulk.one_cancelled")}
		}
		return s.show(w, r, http.StatusOK, *v)
	}
	change := func(do, done string, run func(*http.Request, identity.Caller, id.Invite) error) Form {
		return form(do, identity.ByPortal(identity.InvitesWrite, identity.Invite),
			func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
				which, unread := id.ParseInvite(r.PostForm.Get("invite"))
				err := run(r, caller, which)
				if err == nil {
					return seeOther(w, invitationsPath+"?done="+done)
				}
				if unread != nil && fault.Is(err, fault.NotFound) && caller.MayPortal(identity.InPerson, identity.See) == nil {
					return unread
				}
				f, err := ours(r, err)
				if err != nil || f.Code == fault.NotFound {
					return orThis(err, f)
				}
				v, err := s.invitations(r, directory, batches, caller)
				if err != nil {
					return err
				}
				v.Note = page.Note{Tone: page.Bad, Text: f.Message}
				retryAfter(w, f)
				return s.show(w, r, f.Code.Status(), *v)
			})
	}
	return s.page("invitationsPage", auth, identity.ByPortal(identity.InvitesRead, identity.See), show,
		change("resend", "resent", func(r *http.Request, caller identity.Caller, which id.Invite) error {
			c, err := inviter.Resend(r.Context(), caller, which, onboarding.Unchanged{}, "")
			if err == nil {
				_, err = inviter.Await(r.Context(), c, patience)
			}
			return err
		}),
		change("cancel", "cancelled", func(r *http.Request, caller identity.Caller, which id.Invite) error {
			_, err := canceller.Cancel(r.Context(), caller, which)
			return err
		}))
}

func (s *Site) invitations(
	r *http.Request, directory *clients.Directory, batches *imports.Batches, caller identity.Caller,
) (*page.Invitations, error) {
	if err := caller.MayPortal(identity.InvitesRead, identity.See); err != nil {
		return nil, err
	}
	a, err := directory.Agency(r.Context(), caller)
	if err != nil {
		return nil, err
	}
	if err := a.MayPortal(); err != nil {
		return nil, err
	}
	query := r.URL.Query()
	only, after := query.Get("show"), query.Get("cursor")
	if only != "ended" && only != "batches" {
		only = ""
	}
	v := &page.Invitations{Workspace: workspace(a, caller, page.InPortal), Batched: only == "batches",
		May: caller.MayPortal(identity.InvitesWrite, identity.Invite) == nil}
	for _, f := range []struct{ only, word string }{{"", words.Say("bulk.open")}, {"ended", words.Say("bulk.ended")},
		{"batches", words.Say("bulk.batches")}} {
		v.Filters = append(v.Filters, page.Filter{Word: f.word, URL: invitationsList(f.only, ""), Here: only == f.only})
	}
	if after != "" {
		v.Newest = invitationsList(only, "")
	}
	if v.Batched {
		return v, s.batches(r, batches, caller, after, v)
	}
	q := clients.Query{Limit: perPage, Status: string(client.Pending)}
	if only == "ended" {
		q.Status = string(client.Inactive)
	}
	if after != "" {
		if q.After, err = id.ParseClient(after); err != nil {
			return nil, fault.New(fault.NotFound, "errors.this_page_of_the_list_doesnt")
		}
	}
	found, next, err := directory.Invites(r.Context(), caller, q)
	if err != nil {
		return nil, err
	}
	for i := range found {
		c := &found[i]
		if !c.AcceptedAt.IsZero() { // an external user, of before
			continue
		}
		v.Rows = append(v.Rows, invitationRow(c, v.May, s))
	}
	if next != "" {
		v.Older = invitationsList(only, string(next))
	}
	return v, nil
}

// invitationsList is the path of a list of Invitations, from behind a cursor on.
func invitationsList(only, after string) string {
	q := url.Values{}
	if only != "" {
		q.Set("show", only)
	}
	if after != "" {
		q.Set("cursor", after)
	}
	if len(q) == 0 {
		return invitationsPath
	}
	return invitationsPath + "?" + q.Encode()
}

// batches puts a page of the batches that were sent on Invitations.
func (s *Site) batches(r *http.Request, all *imports.Batches, caller identity.Caller, after string, v *page.Invitations) (err error) {
	q := imports.ListQuery{Limit: batchesPerPage}
	if after != "" {
		if q.After, err = id.ParseBatch(after); err != nil {
			return fault.New(fault.NotFound, "errors.this_page_of_the_list_doesnt")
		}
	}
	found, next, err := all.List(r.Context(), caller, q)
	if err != nil {
		return err
	}
	for i := range found {
		v.Batches = append(v.Batches, s.batchRow(&found[i], v.May))
	}
	if next != "" {
		v.Older = invitationsList("batches", string(next))
	}
	return nil
}

func (s *Site) batchRow(b *batch.Batch, may bool) page.BatchRow {
	all, left := 0, b.Counts[""]
	for _, n := range b.Counts {
		all += n
	}
	row := page.BatchRow{Title: words.Say("bulk.of_people", "n", all), At: page.TimeAt(b.CreatedAt, s.now()),
		CSV: "/v1/batches/" + string(b.ID) + "/export"}
	if may {
		row.URL = inviteUsersPath + "?batch=" + string(b.ID)
	}
	if left > 0 {
		row.State = page.Badge{Tone: page.Wait, Text: words.Say("bulk.is_working")}
	}
	made := b.Counts[batch.Created] + b.Counts[batch.Scheduled] + left
	row.Counts = append(row.Counts, words.Say("bulk.count_made", "n", made))
	bad := all - made
	exist, pending, duplicates := b.Counts[batch.Exists], b.Counts[batch.Pending], b.Counts[batch.Duplicate]
	for _, x := range []struct {
		n    int
		said string
	}{{exist, words.Say("bulk.count_clients", "n", exist)}, {pending, words.Say("bulk.count_pending", "n", pending)},
		{duplicates, words.Say("bulk.count_duplicates", "n", duplicates)}} {
		if x.n > 0 {
			row.Counts, bad = append(row.Counts, x.said), bad-x.n
		}
	}
	if bad > 0 {
		row.Counts = append(row.Counts, words.Say("bulk.count_bad", "n", bad))
	}
	if last := b.Until.Add(-batch.Kept); b.State == batch.Done && last.After(s.now()) {
		row.Last = page.TimeAt(last, s.now())
	}
	return row
}

func invitationRow(c *client.Client, may bool, s *Site) page.InvitationRow {
	now := s.now()
	row := page.InvitationRow{Invite: string(c.Invite.ID), URL: clientPath(c.ID), Name: c.DisplayName(), State: standingBadge(c, now),
		Resend: may && fault.As(c.Invite.MayResend(now)) == nil,
		Cancel: may && (c.Invite.Undecided() || c.Invite.At(now) == invite.Expired)}
	if c.Name != "" {
		row.Email = string(c.Email)
	}
	if c.Invite.Status == invite.Scheduled {
		row.State = answerBadge(batch.Scheduled)
		row.Said, row.At = words.Say("bulk.about"), page.TimeAt(c.Invite.SendAt, now)
		return row
	}
	said, at := lastEvent(c, now)
	row.Said, row.At = said, page.TimeAt(at, now)
	return row
}
