package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"latchkey.dev/shared/domain/batch"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/text"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/contacts"
	"latchkey.dev/shared/usecase/imports"
	"latchkey.dev/shared/view/page"
)

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
