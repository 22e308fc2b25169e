package web

import (
	"errors"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/batch"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/contacts"
	"latchkey.dev/shared/usecase/imports"
	"latchkey.dev/shared/usecase/signin"
	"latchkey.dev/shared/view/page"
)

const (
	inviteUsersPath = "/client-portal/invite"
	// fewest is how many lines the form begins with.
	fewest = 3
	// mostAnswers is how many rows the page shows of a file, those first that become no invite; the file to download has all.
	mostAnswers = 100
	// maxSheetForm is the largest form with a file of people, in bytes: what is a little over the bound is told at the field.
	maxSheetForm = batch.MaxFile + 64<<10
)

// InviteUsersPage is where many are invited. With batch in the query it shows what has become of one, and with check what would
// become of the rows of a file.
func InviteUsersPage(
	s *Site, auth *signin.Authenticator, files *imports.Files, batches *imports.Batches, book *contacts.Book,
) *Page {
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
		case q.Get("again") != "":
			which, err := id.ParseBatch(q.Get("again"))
			if err != nil {
				return err
			}
			b, err := batches.Get(r.Context(), caller, which)
			if err != nil {
				return err
			}
			v.Lines = unsent(b, v.Roles)
			if err := fill(r, book, caller, v, 0); err != nil {
				return err
			}
		default:
			l := page.InviteLine{Email: q.Get("email"), Name: q.Get("name"), Contact: q.Get("contact"), Roles: ticked(v.Roles, q["role"])}
			if v.Lines = []page.InviteLine{l}; l.Contact != "" {
				if err := fromCards(r, book, caller, v.Lines); err != nil {
					return err
				}
			}
			if err := fill(r, book, caller, v, 0); err != nil {
				return err
			}
		}
		return s.show(w, r, http.StatusOK, *v)
	}
	refused := func(run func(http.ResponseWriter, *http.Request, identity.Caller, *page.InviteUsers) error) handler {
		return func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
			v, err := s.inviteUsers(r, files, caller)
			if err != nil {
				return err
			}
			v.Lines, v.Paste, v.Find = typedLines(r.PostForm, v.Roles), r.PostForm.Get("paste"), typedFind(r.PostForm)
			v.Roles = ticked(v.Roles, r.PostForm["role"])
			err = run(w, r, caller, v)
			if err == nil {
				return nil
			}
			f, err := ours(r, err)
			if err != nil || f.Code == fault.NotFound {
				return orThis(err, f)
			}
			if err := fill(r, book, caller, v, 0); err != nil {
				return err
			}
			v.Problems = problems(f, map[string]string{"lines": "email1", "paste": "paste", "find": "find", "file": "file",
				"money": "money"})
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
	send := func(w http.ResponseWriter, r *http.Request, caller identity.Caller, v *page.InviteUsers) error {
		b, err := files.Sender.Send(r.Context(), caller, batchLines(v.Lines), once(r.PostForm))
		if err != nil {
			return err
		}
		if _, err := batches.Await(r.Context(), b, patience); err != nil {
			return err
		}
		return seeOther(w, inviteUsersPath+"?batch="+string(b.ID))
	}
	again := func(w http.ResponseWriter, r *http.Request, caller identity.Caller, v *page.InviteUsers, open int) error {
		if err := fill(r, book, caller, v, open); err != nil {
			return err
		}
		return s.show(w, r, http.StatusOK, *v)
	}
	find := func(w http.ResponseWriter, r *http.Request, caller identity.Caller, v *page.InviteUsers) error {
		if err := findCards(r, book, caller, v); err != nil {
			return err
		}
		return again(w, r, caller, v, 0)
	}
	return s.page("inviteUsersPage", auth, who, show,
		primary(form("send", who, refused(send))),
		// The key Enter searches where somebody is to be found, and else sends.
		form("enter", who, refused(func(w http.ResponseWriter, r *http.Request, caller identity.Caller, v *page.InviteUsers) error {
			if v.Find != "" {
				return find(w, r, caller, v)
			}
			return send(w, r, caller, v)
		})),
		form("more", who, refused(func(w http.ResponseWriter, r *http.Request, caller identity.Caller, v *page.InviteUsers) error {
			if len(v.Lines) < batch.MaxLines {
				v.Lines = append(v.Lines, page.InviteLine{})
			}
			return again(w, r, caller, v, 0)
		})),
		form("roles", who, refused(func(w http.ResponseWriter, r *http.Request, caller identity.Caller, v *page.InviteUsers) error {
			open, _ := strconv.Atoi(r.URL.Query().Get("line")) //nolint:errcheck // what is no number opens none
			return again(w, r, caller, v, open)
		})),
		form("find", who, refused(find)),
		form("pick", who, refused(func(w http.ResponseWriter, r *http.Request, caller identity.Caller, v *page.InviteUsers) error {
			if err := pick(r, book, caller, v); err != nil {
				if lost := findCards(r, book, caller, v); lost != nil {
					return lost
				}
				return err
			}
			v.Find = ""
			return again(w, r, caller, v, 0)
		})),
		form("read", who, refused(func(w http.ResponseWriter, r *http.Request, caller identity.Caller, v *page.InviteUsers) error {
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
				kept = append(kept, page.InviteLine{Email: l.Email, Name: l.Name, Roles: slices.Clone(v.Roles)})
			}
			if len(kept) > batch.MaxLines {
				return fault.InField("paste", "bulk.too_many_lines", "most", batch.MaxLines)
			}
			v.Lines, v.Paste = kept, ""
			return again(w, r, caller, v, 0)
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
		switch b.States[i] {
		case invite.Scheduled:
			v.Waits = true
		case invite.Canceled:
			row.State, row.At = page.Badge{Tone: page.Idle, Text: words.Say("bulk.is_cancelled")}, page.Time{}
		case invite.Accepted:
			row.State = page.Badge{Tone: page.Good, Text: words.Say("bulk.is_accepted")}
		}
		if b.Entries[i].Kind.Good() {
			sent++
		} else if mendable(&b.Entries[i]) {
			v.Again = inviteUsersPath + "?again=" + string(b.ID)
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
