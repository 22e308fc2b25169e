package web

import (
	"errors"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"latchkey.dev/shared/domain/agency"
	"latchkey.dev/shared/domain/batch"
	"latchkey.dev/shared/domain/client"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/invite"
	"latchkey.dev/shared/domain/text"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/clients"
	"latchkey.dev/shared/usecase/contacts"
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

// ticked are the choices with those ticked that were chosen.
func ticked(all []page.Choice, chosen []string) []page.Choice {
	out := slices.Clone(all)
	for n := range out {
		out[n].Ticked = slices.Contains(chosen, out[n].ID)
	}
	return out
}

// typedLines are the lines of the form, as they were typed. Roles and contact of a line are named by its number.
func typedLines(form url.Values, roles []page.Choice) []page.InviteLine {
	at := func(name string, n int) string {
		if all := form[name]; n < len(all) {
			return all[n]
		}
		return ""
	}
	var out []page.InviteLine
	for n := range min(len(form["email"]), batch.MaxLines) {
		number := strconv.Itoa(n + 1)
		out = append(out, page.InviteLine{Email: at("email", n), Name: at("name", n), Roles: given(roles, form["role"+number]),
			Contact: form.Get("contact" + number)})
	}
	return out
}

// given are the choices with those ticked that were chosen, and with those that cannot be chosen any more: what was asked for is
// refused, and not left out in silence.
func given(all []page.Choice, chosen []string) []page.Choice {
	out := ticked(all, chosen)
	for _, which := range chosen {
		known := slices.ContainsFunc(out, func(c page.Choice) bool { return c.ID == which })
		if _, err := id.ParseRole(which); err == nil && !known && len(out) <= len(all)+batch.MaxRoles {
			out = append(out, page.Choice{ID: which, Name: words.Say("bulk.role_gone"), Ticked: true})
		}
	}
	return out
}

// typedFind is who is looked for among the contacts.
func typedFind(form url.Values) string {
	find := strings.TrimSpace(form.Get("find"))
	if len(find) > longestFind {
		find = strings.ToValidUTF8(find[:longestFind], "")
	}
	return find
}

// mostFound is how many contacts are offered at once.
const mostFound = 20

// findCards puts the contacts on the page that match what was typed, and that no external user is linked with.
func findCards(r *http.Request, book *contacts.Book, caller identity.Caller, v *page.InviteUsers) error {
	found, err := book.List(r.Context(), caller, contacts.Query{Find: text.Fold(v.Find), Free: true, Limit: mostFound})
	if err != nil {
		return err
	}
	v.Looked, v.More = true, found.Next != ""
	for i := range found.Cards {
		c := &found.Cards[i]
		v.Found = append(v.Found, page.UserContact{ID: string(c.ID), Name: c.Name, Email: string(c.Email),
			Company: found.Companies[c.Company].Name})
	}
	return nil
}

// pick makes lines of the contacts that were ticked, in the place of empty ones first.
func pick(r *http.Request, book *contacts.Book, caller identity.Caller, v *page.InviteUsers) error {
	var picked []page.InviteLine
	for _, which := range r.PostForm["pick"] {
		taken := slices.ContainsFunc(append(v.Lines, picked...), func(l page.InviteLine) bool { return l.Contact == which })
		if !taken && len(picked) < batch.MaxLines {
			picked = append(picked, page.InviteLine{Contact: which})
		}
	}
	if len(r.PostForm["pick"]) == 0 {
		return fault.InField("find", "bulk.pick_some")
	}
	if err := fromCards(r, book, caller, picked); err != nil {
		return err
	}
	lines := slices.Clone(v.Lines)
	for _, l := range picked {
		if l.Contact == "" {
			continue
		}
		n := slices.IndexFunc(lines, func(l page.InviteLine) bool { return l.Email == "" && l.Name == "" && l.Contact == "" })
		switch {
		case n >= 0:
			l.Roles = lines[n].Roles // a role alone may have been ticked there before
			lines[n] = l
		case len(lines) == batch.MaxLines:
			return fault.InField("find", "bulk.too_many_lines", "most", batch.MaxLines)
		default:
			lines = append(lines, l)
		}
	}
	v.Lines = lines
	return nil
}

// fromCards fills what is empty in lines from the cards of their contacts. A contact that is gone is none.
func fromCards(r *http.Request, book *contacts.Book, caller identity.Caller, lines []page.InviteLine) error {
	cards, err := book.Some(r.Context(), caller, cardsOf(lines))
	if err != nil {
		return err
	}
	for n := range lines {
		l := &lines[n]
		c, ok := cards[id.Contact(l.Contact)]
		if !ok {
			l.Contact = ""
			continue
		}
		if l.Email == "" {
			l.Email = string(c.Email)
		}
		if l.Name == "" {
			l.Name = c.Name
		}
	}
	return nil
}

// cardsOf are the contacts of lines, each once.
func cardsOf(lines []page.InviteLine) []id.Contact {
	var out []id.Contact
	for _, l := range lines {
		if which, err := id.ParseContact(l.Contact); err == nil && !slices.Contains(out, which) {
			out = append(out, which)
		}
	}
	return out
}

// unsent are the lines of a batch that have become no invite and may become one, as they were typed.
func unsent(b *imports.Shown, roles []page.Choice) []page.InviteLine {
	var out []page.InviteLine
	for i := range b.Entries {
		e := &b.Entries[i]
		if !mendable(e) || len(out) == batch.MaxLines {
			continue
		}
		var chosen []string
		for _, r := range e.Roles {
			chosen = append(chosen, string(r))
		}
		out = append(out, page.InviteLine{Email: e.Email, Name: e.Name, Contact: string(e.Contact), Roles: ticked(roles, chosen)})
	}
	return out
}

// mendable tells whether a line has become no invite, and may if it is corrected, or sent at another time.
func mendable(e *batch.Entry) bool {
	switch e.Kind {
	case batch.Invalid, batch.Role, batch.Refused, batch.Limit, batch.Failed:
		return e.Email != "" || e.Name != ""
	}
	return false
}

// room is how many bytes of a page lines and roles may take together, aLine what a line takes, and aRole what a role takes beside its
// name.
const (
	room  = 44_000
	aLine = 700
	aRole = 140
	// fewRoles are shown unfolded.
	fewRoles = 4
)

// fill numbers the lines, adds empty ones to those that the form begins with, and says which roles each of them shows: all that there
// are, while the page has room for that, and else those that it gives, but for the line that is open.
func fill(r *http.Request, book *contacts.Book, caller identity.Caller, v *page.InviteUsers, open int) error {
	cards, err := book.Some(r.Context(), caller, cardsOf(v.Lines))
	if err != nil {
		return err
	}
	for len(v.Lines) < fewest {
		v.Lines = append(v.Lines, page.InviteLine{})
	}
	each := 0
	for _, c := range v.Roles {
		each += aRole + len(c.Name)
	}
	for n := range v.Lines {
		l := &v.Lines[n]
		l.Number, l.All = n+1, each*(len(v.Lines)+1) <= room-aLine*len(v.Lines) || n+1 == open
		if c, ok := cards[id.Contact(l.Contact)]; ok {
			l.Card = c.Name
		} else {
			l.Contact = ""
		}
		if l.Roles == nil {
			l.Roles = ticked(v.Roles, nil)
		}
		l.Open = len(l.Roles) <= fewRoles || n+1 == open || l.Given() != ""
		if !l.All {
			l.Roles = slices.DeleteFunc(l.Roles, func(c page.Choice) bool { return !c.Ticked })
		}
	}
	v.Full = len(v.Lines) >= batch.MaxLines
	return nil
}

// batchLines are the lines of the form as the use case takes them.
func batchLines(lines []page.InviteLine) []batch.Line {
	var out []batch.Line
	for n, l := range lines {
		if l.Email == "" && l.Name == "" { // a role alone is what stands there by itself
			continue
		}
		line := batch.Line{Number: n + 1, Email: l.Email, Name: l.Name}
		for _, c := range l.Roles {
			if c.Ticked {
				line.Roles = append(line.Roles, id.Role(c.ID))
			}
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
