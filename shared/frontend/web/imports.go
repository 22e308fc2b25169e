package web

import (
	"errors"
	"mime/multipart"
	"net/http"
	"net/url"

	"latchkey.dev/shared/domain/agency"
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
	inviteUsersPath = "/client-portal/invite"
	invitationsPath = "/client-portal/invitations"
	// fewest is how many lines the form begins with.
	fewest = 3
	// mostAnswers is how many rows the page shows of a file, those first that become no invite; the file to download has all.
	mostAnswers = 100
	// batchesPerPage is how many batches a page of the list has.
	batchesPerPage = 20
	// maxSheetForm is the largest form with a file of people, in bytes: what is a little over the bound is told at the field.
	maxSheetForm = batch.MaxFile + 64<<10
)

// InviteUsersPage is where many are invited. With batch in the query it shows what has become of one, and with check what would
// become of the rows of a file.
func InviteUsersPage(s *Site, auth *signin.Authenticator, files *imports.Files, batches *imports.Batches) *Page {
	who := identity.ByPortal(identity.InvitesWrite, identity.Invite)
	show := func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		v, err := s.inviteUsers(r, files, caller)
		if err != nil {
			return err
		}
		q := r.URL.Query()
		switch {
		case q.Get("batch") != "":
			which, err := id.ParseBatch(q.Get("batch"))
			if err != nil {
				return err
			}
			b, err := batches.Get(r.Context(), caller, which)
			if err != nil {
				return err
			}
			s.shows(v, b)
			if q.Get("done") == "cancelled" {
				v.Note = page.Note{Tone: page.Good, Text: words.Say("bulk.was_cancelled")}
			}
		case q.Get("check") != "":
			c, err := files.Dry(r.Context(), caller, q.Get("check"))
			if err != nil {
				return err
			}
			s.checks(v, c)
		default:
			v.Lines = []page.InviteLine{{Email: q.Get("email"), Name: q.Get("name"), Role: q.Get("role"), Contact: q.Get("contact")}}
			fill(v)
		}
		return s.show(w, r, http.StatusOK, *v)
	}
	refused := func(run func(http.ResponseWriter, *http.Request, identity.Caller, *page.InviteUsers) error) handler {
		return func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
			v, err := s.inviteUsers(r, files, caller)
			if err != nil {
				return err
			}
			v.Lines, v.Paste = typedLines(r.PostForm), r.PostForm.Get("paste")
			err = run(w, r, caller, v)
			if err == nil {
				return nil
			}
			f, err := ours(r, err)
			if err != nil || f.Code == fault.NotFound {
				return orThis(err, f)
			}
			fill(v)
			v.Problems = problems(f, map[string]string{"lines": "email1", "paste": "paste", "file": "file", "money": "money"})
			retryAfter(w, f)
			return s.show(w, r, f.Code.Status(), *v)
		}
	}
	check := form("check", who, refused(func(w http.ResponseWriter, r *http.Request, caller identity.Caller, _ *page.InviteUsers) error {
		file, err := upload(r, "file")
		if err != nil {
			return err
		}
		if file == nil {
			return fault.InField("file", "bulk.choose_file")
		}
		c, err := files.Preview(r.Context(), caller, file)
		if err != nil {
			return err
		}
		return seeOther(w, inviteUsersPath+"?check="+url.QueryEscape(c.Hash()))
	}))
	check.parse = parseSheet
	return s.page("inviteUsersPage", auth, who, show,
		primary(form("send", who, refused(func(w http.ResponseWriter, r *http.Request, caller identity.Caller, v *page.InviteUsers) error {
			b, err := files.Sender.Send(r.Context(), caller, batchLines(v.Lines), once(r.PostForm))
			if err != nil {
				return err
			}
			if _, err := batches.Await(r.Context(), b, patience); err != nil {
				return err
			}
			return seeOther(w, inviteUsersPath+"?batch="+string(b.ID))
		}))),
		form("more", who, refused(func(w http.ResponseWriter, r *http.Request, _ identity.Caller, v *page.InviteUsers) error {
			if len(v.Lines) < batch.MaxLines {
				v.Lines = append(v.Lines, page.InviteLine{})
			}
			fill(v)
			return s.show(w, r, http.StatusOK, *v)
		})),
		form("read", who, refused(func(w http.ResponseWriter, r *http.Request, _ identity.Caller, v *page.InviteUsers) error {
			lines, err := batch.Paste(v.Paste)
			if err != nil {
				return err
			}
			var kept []page.InviteLine
			for _, l := range v.Lines {
				if l.Email != "" || l.Name != "" {
					kept = append(kept, l)
				}
			}
			for _, l := range lines {
				kept = append(kept, page.InviteLine{Email: l.Email, Name: l.Name, Role: r.PostForm.Get("role")})
			}
			if len(kept) > batch.MaxLines {
				return fault.InField("paste", "bulk.too_many_lines", "most", batch.MaxLines)
			}
			v.Lines, v.Paste = kept, ""
			fill(v)
			return s.show(w, r, http.StatusOK, *v)
		})),
		check,
		form("confirm", who, refused(func(w http.ResponseWriter, r *http.Request, caller identity.Caller, v *page.InviteUsers) error {
			b, c, err := files.Confirm(r.Context(), caller, r.PostForm.Get("hash"), r.PostForm.Get("money") != "")
			if err == nil {
				return seeOther(w, inviteUsersPath+"?batch="+string(b.ID))
			}
			if c != nil {
				s.checks(v, c)
			}
			return err
		})),
		form("cancel", who, refused(func(w http.ResponseWriter, r *http.Request, caller identity.Caller, _ *page.InviteUsers) error {
			which, unread := id.ParseBatch(r.PostForm.Get("batch"))
			if _, err := batches.Cancel(r.Context(), caller, which); err != nil {
				if fault.Is(err, fault.NotFound) && unread != nil {
					return unread
				}
				return err
			}
			return seeOther(w, inviteUsersPath+"?done=cancelled&batch="+string(which))
		})))
}

// orThis is the error of the two that there is.
func orThis(err error, f *fault.Error) error {
	if err != nil {
		return err
	}
	return f
}

// parseSheet reads a form with a file of people.
func parseSheet(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxSheetForm)
	err := r.ParseMultipartForm(maxSheetForm) //nolint:gosec // the body is bounded a line above
	if err != nil && !errors.Is(err, http.ErrNotMultipart) {
		if _, ok := asTooLarge(err); ok || errors.Is(err, multipart.ErrMessageTooLarge) {
			return fault.New(fault.TooLarge, "sheet.too_large")
		}
		return fault.New(fault.Malformed, "errors.the_form_did_not_arrive_as")
	}
	return nil
}

// inviteUsers is the page without lines.
func (s *Site) inviteUsers(r *http.Request, files *imports.Files, caller identity.Caller) (*page.InviteUsers, error) {
	d, err := files.Desk(r.Context(), caller)
	if err != nil {
		return nil, err
	}
	v := &page.InviteUsers{Workspace: workspace(d.Agency, caller, page.InPortal), Key: newKey(), Barred: inviteBar(d.Agency)}
	for i := range d.Roles {
		v.Roles = append(v.Roles, page.Choice{ID: string(d.Roles[i].ID), Name: d.Roles[i].Name})
	}
	return v, nil
}

// inviteBar is what is in the way of inviting anybody.
func inviteBar(a *agency.Agency) page.Barred {
	f := fault.As(a.MayInvite())
	switch {
	case f == nil:
		return page.Barred{}
	case f.Code == fault.PlanRequired:
		return page.Barred{Title: words.Say("bulk.barred"), Text: f.Message, URL: "/upgrade"}
	}
	return page.Barred{Title: words.Say("bulk.barred"), Text: f.Message}
}

// typedLines are the lines of the form, as they were typed.
func typedLines(form url.Values) []page.InviteLine {
	at := func(name string, n int) string {
		if all := form[name]; n < len(all) {
			return all[n]
		}
		return ""
	}
	var out []page.InviteLine
	for n := range min(len(form["email"]), batch.MaxLines+1) { // one too many is told
		out = append(out, page.InviteLine{Email: at("email", n), Name: at("name", n), Role: at("role", n), Contact: at("contact", n)})
	}
	return out
}

// fill numbers the lines, and adds empty ones to those that the form begins with.
func fill(v *page.InviteUsers) {
	for len(v.Lines) < fewest {
		v.Lines = append(v.Lines, page.InviteLine{})
	}
	for n := range v.Lines {
		v.Lines[n].Number = n + 1
	}
	v.Full = len(v.Lines) >= batch.MaxLines
}

// batchLines are the lines of the form as the use case takes them.
func batchLines(lines []page.InviteLine) []batch.Line {
	var out []batch.Line
	for n, l := range lines {
		if l.Email == "" && l.Name == "" { // a role alone is what stands there by itself
			continue
		}
		line := batch.Line{Number: n + 1, Email: l.Email, Name: l.Name}
		if l.Role != "" {
			which, err := id.ParseRole(l.Role)
			if err != nil {
				line.Problem = fault.As(err).Message
			}
			line.Roles = []id.Role{which}
		}
		if l.Contact != "" {
			which, err := id.ParseContact(l.Contact)
			if err != nil {
				line.Problem = fault.As(err).Message
			}
			line.Contact = which
		}
		out = append(out, line)
	}
	return out
}

// answerBadge is what has become of a line, in a word.
func answerBadge(k batch.Kind) page.Badge {
	switch k {
	case batch.Ready:
		return page.Badge{Tone: page.Good, Text: words.Say("bulk.is_ready")}
	case batch.Created:
		return page.Badge{Tone: page.Good, Text: words.Say("bulk.is_created")}
	case batch.Scheduled:
		return page.Badge{Tone: page.Wait, Text: words.Say("bulk.is_scheduled")}
	case batch.Exists:
		return page.Badge{Tone: page.Idle, Text: words.Say("bulk.is_client")}
	case batch.Pending:
		return page.Badge{Tone: page.Idle, Text: words.Say("bulk.is_pending")}
	case batch.Duplicate:
		return page.Badge{Tone: page.Idle, Text: words.Say("bulk.is_duplicate")}
	}
	return page.Badge{Tone: page.Bad, Text: words.Say("bulk.is_bad")}
}

func (s *Site) verdict(e *batch.Entry) page.AnsweredLine {
	row := page.AnsweredLine{Number: e.Number, Email: e.Email, Name: e.Name, State: answerBadge(e.Kind), Reason: e.Reason}
	if e.Client != "" && e.Kind != batch.Failed {
		row.URL = clientPath(e.Client)
	}
	if e.Kind == batch.Scheduled {
		row.At = page.TimeAt(e.At, s.now())
	}
	return row
}

// shows puts on the page what has become of a batch.
func (s *Site) shows(v *page.InviteUsers, b *imports.Shown) {
	v.Batch, v.Rows = string(b.ID), nil
	sent := 0
	for i := range b.Entries {
		row := s.verdict(&b.Entries[i])
		switch state := b.States[i]; {
		case state == invite.Scheduled:
			v.Waits = true
		case state == invite.Canceled:
			row.State, row.At = page.Badge{Tone: page.Idle, Text: words.Say("bulk.is_cancelled")}, page.Time{}
		case state == invite.Accepted:
			row.State = page.Badge{Tone: page.Good, Text: words.Say("bulk.is_accepted")}
		}
		if b.Entries[i].Kind.Good() {
			sent++
		}
		v.Rows = append(v.Rows, row)
	}
	v.Good = sent > 0
	fewer(v, b.Entries)
	v.Summary = words.Say("bulk.sent", "n", sent, "all", len(b.Entries))
}

// fewer leaves on the page as many rows as it has room for.
func fewer(v *page.InviteUsers, entries []batch.Entry) {
	v.Hidden = len(v.Rows) - mostAnswers
	if v.Hidden <= 0 {
		v.Hidden = 0
		return
	}
	var kept []page.AnsweredLine
	for _, good := range []bool{false, true} {
		for i := range entries {
			if entries[i].Kind.Good() == good && len(kept) < mostAnswers {
				kept = append(kept, v.Rows[i])
			}
		}
	}
	v.Rows = kept
}

// checks puts on the page what would become of the rows of a file.
func (s *Site) checks(v *page.InviteUsers, c *imports.Checked) {
	v.Check, v.Ready, v.Ignored, v.Money, v.Rows = c.Hash(), batch.Count(c.Entries)[batch.Ready], c.Unknown, c.Money, nil
	for i := range c.Entries {
		row := s.verdict(&c.Entries[i])
		if at, ok := c.Times[i]; ok && at.After(s.now()) {
			row.At = page.TimeAt(at, s.now())
		}
		v.Rows = append(v.Rows, row)
	}
	v.Batch = string(c.ID)
	fewer(v, c.Entries)
	v.Summary = words.Say("bulk.checked", "n", v.Ready, "all", len(c.Entries))
}

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
