package web

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"io"
	"net/http"

	"latchkey.dev/shared/adapter/event"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/sheet"
	"latchkey.dev/shared/domain/words"
	"latchkey.dev/shared/usecase/contacts"
	"latchkey.dev/shared/usecase/signin"
	"latchkey.dev/shared/view/page"
)

// maxImport is the largest form with a file of contacts, in bytes: the file by itself, or packed, which is a third longer at worst.
const maxImport = 2 << 20

// rowsShown is how many rows of a file the page shows: those that need a look first.
const rowsShown = 100

// ContactsImportPage adds contacts from a file: its verdicts come first, and with them the file goes along, packed, so that nothing
// is kept of it before it is confirmed.
func ContactsImportPage(s *Site, auth *signin.Authenticator, all *contacts.Cards) *Page {
	c := &cards{s, all}
	show := func(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
		v, err := c.importing(r, caller)
		if err != nil {
			return err
		}
		return s.show(w, r, http.StatusOK, v)
	}
	f := form("import", contactsWritten, c.importFile)
	f.parse = func(w http.ResponseWriter, r *http.Request) error {
		r.Body = http.MaxBytesReader(w, r.Body, maxImport)
		return parseUploaded(r, maxImport, "sheet.too_large")
	}
	return s.page("contactsImportPage", auth, contactsWritten, show, f)
}

// importing prepares the page before there is a file.
func (c *cards) importing(r *http.Request, caller identity.Caller) (page.ContactImport, error) {
	event.Annotate(r.Context(), "agency", string(caller.Agency))
	a, err := c.cards.Office(r.Context(), caller)
	if err != nil {
		return page.ContactImport{}, err
	}
	return page.ContactImport{Workspace: workspace(a, caller, page.InContacts), Most: sheet.MaxRows}, nil
}

// importFile shows what becomes of a file's rows, has it so, or gives the rows of which nothing becomes.
func (c *cards) importFile(w http.ResponseWriter, r *http.Request, caller identity.Caller) error {
	ctx, step := r.Context(), r.PostForm.Get("step")
	file, err := upload(r, "file")
	if err == nil && file == nil {
		file, err = unpacked(r.PostForm.Get("packed"))
	}
	var made *contacts.Import
	switch {
	case err != nil:
	case file == nil:
		err = fault.InField("file", "contacts.choose_file")
	case step == "confirm":
		made, err = c.cards.Confirm(ctx, caller, file, r.PostForm.Get("hash"))
	default:
		made, err = c.cards.Preview(ctx, caller, file)
	}
	var f *fault.Error
	if err != nil {
		if f, err = ours(r, err); err != nil || f.Code == fault.NotFound || f.Code == fault.Forbidden {
			return orNotFound(err, f)
		}
	}
	if step == "rest" && f == nil {
		return c.rest(w, made)
	}
	v, err := c.importing(r, caller)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if f != nil {
		status, v.Problems = f.Code.Status(), problems(f, map[string]string{"file": "file"})
		retryAfter(w, f)
	}
	if made != nil {
		if f != nil {
			v.Problems = page.Problems{{Message: f.Message}}
		}
		verdicts(&v, made)
		v.File = packed(file)
	}
	return c.show(w, r, status, v)
}

// rest gives the rows of which no contact was made, as a file.
func (c *cards) rest(w http.ResponseWriter, made *contacts.Import) error {
	b, err := made.Failed()
	if err != nil {
		return err
	}
	h := w.Header()
	page.SecurityHeaders(h)
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Type", sheet.ContentType)
	h.Set("Content-Disposition", `attachment; filename="contacts-not-added.csv"`)
	_, err = w.Write(b) //nolint:gosec // a file to be saved, not shown
	return err
}

// verdicts puts what becomes of a file's rows on the page: first those of which nothing becomes.
func verdicts(v *page.ContactImport, m *contacts.Import) {
	v.Hash, v.Done, v.Unknown = m.Hash, m.Done, m.Unknown
	v.Ready, v.Created = m.Count(contacts.Ready), m.Count(contacts.Created)
	v.Rest = len(m.Rows) - v.Ready - v.Created
	for _, good := range []bool{false, true} {
		for i := range m.Rows {
			x := &m.Rows[i]
			if good != (x.Outcome == contacts.Ready || x.Outcome == contacts.Created) {
				continue
			}
			if len(v.Rows) == rowsShown {
				v.Hidden++
				continue
			}
			row := page.VerdictRow{Row: x.Row, Name: x.Name, Email: x.Email, State: verdictBadge(x.Outcome), Text: x.Say()}
			if x.Contact != "" {
				row.URL = contactPath(x.Contact)
			}
			v.Rows = append(v.Rows, row)
		}
	}
}

func verdictBadge(o contacts.Outcome) page.Badge {
	switch o {
	case contacts.Ready:
		return page.Badge{Tone: page.Good, Text: words.Say("contacts.badge_ready")}
	case contacts.Created:
		return page.Badge{Tone: page.Good, Text: words.Say("contacts.badge_created")}
	case contacts.Exists:
		return page.Badge{Tone: page.Idle, Text: words.Say("contacts.badge_exists")}
	case contacts.Duplicate:
		return page.Badge{Tone: page.Wait, Text: words.Say("contacts.badge_duplicate")}
	case contacts.Full:
		return page.Badge{Tone: page.Bad, Text: words.Say("contacts.badge_full")}
	}
	return page.Badge{Tone: page.Bad, Text: words.Say("contacts.badge_invalid")}
}

// packed is a file as a hidden field.
func packed(file []byte) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(file) //nolint:errcheck,gosec // a buffer takes everything
	z.Close()     //nolint:errcheck,gosec // as above
	return base64.StdEncoding.EncodeToString(b.Bytes())
}

// unpacked is the file of a hidden field; nil where there is none. It reads no more than a file may have.
func unpacked(field string) ([]byte, error) {
	if field == "" {
		return nil, nil
	}
	wrong := fault.New(fault.Malformed, "errors.the_form_did_not_arrive_as")
	b, err := base64.StdEncoding.DecodeString(field)
	if err != nil {
		return nil, wrong
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, wrong
	}
	file, err := io.ReadAll(io.LimitReader(z, sheet.MaxBytes+1))
	if err != nil {
		return nil, wrong
	}
	return file, nil
}
