package contacts

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"latchkey.dev/shared/domain/audit"
	"latchkey.dev/shared/domain/conflict"
	"latchkey.dev/shared/domain/contact"
	"latchkey.dev/shared/domain/email"
	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/id"
	"latchkey.dev/shared/domain/idempotency"
	"latchkey.dev/shared/domain/identity"
	"latchkey.dev/shared/domain/sheet"
	"latchkey.dev/shared/domain/text"
	"latchkey.dev/shared/domain/words"
)

// The columns of a file of cards.
const (
	kindColumn     = "kind"
	nameColumn     = "name"
	emailColumn    = "email"
	phoneColumn    = "phone"
	addressColumn  = "address"
	taxColumn      = "taxId"
	customColumn   = "customText"
	noteColumn     = "note"
	companyColumn  = "company"
	archivedColumn = "archivedAt"
	createdColumn  = "createdAt"
	idColumn       = "id"
	clientColumn   = "clientId"
)

// columns are those that an import reads.
var columns = []sheet.Column{
	{Name: nameColumn, Needed: true, Also: []string{"fullname", "contact"}}, {Name: kindColumn, Also: []string{"type"}},
	{Name: emailColumn, Also: []string{"e-mail", "emailaddress", "mail"}}, {Name: phoneColumn, Also: []string{"telephone", "phonenumber"}},
	{Name: addressColumn}, {Name: taxColumn, Also: []string{"vat", "vatid", "vatnumber"}}, {Name: customColumn},
	{Name: noteColumn, Also: []string{"notes"}}, {Name: companyColumn, Also: []string{"organization", "organisation"}},
}

// Outcome is what becomes of a row of a file.
type Outcome string

// The outcomes.
const (
	Ready     Outcome = "ready"     // a card is made of it when the import is confirmed
	Created   Outcome = "created"   // a card was made of it
	Exists    Outcome = "exists"    // an open card has its address
	Duplicate Outcome = "duplicate" // a row above has its address
	Invalid   Outcome = "invalid"   // something in it needs another look
	Full      Outcome = "limit"     // the agency has as many cards as it may
)

// Verdict says what becomes of one row.
type Verdict struct {
	Row     int // as the file counts
	Name    string
	Email   string
	Outcome Outcome
	Contact id.Contact // the card that was made of it, or has its address; "" for none
	First   int        // of a duplicate: the row that counts
	Problem string     // of one that is invalid: what to do, in a sentence

	cells sheet.Row
	card  *contact.Contact
}

// Import is a file with what becomes of its rows.
type Import struct {
	Hash    string // of the file and of the verdicts: an import is confirmed by it
	Columns []string
	Unknown []string // the names of columns that are ignored
	Rows    []Verdict
	Done    bool // whether it was carried out
}

// Count is how many rows have the outcome.
func (m *Import) Count(o Outcome) int {
	n := 0
	for i := range m.Rows {
		if m.Rows[i].Outcome == o {
			n++
		}
	}
	return n
}

// rowsAtOnce is how many cards one transaction makes: each has its card, its address, and its row of the log.
const rowsAtOnce = 32

// Preview says what an import of the file would make, and writes nothing. Faults: [fault.Unauthenticated], [fault.Forbidden];
// [fault.NotFound] for who is denied; [fault.Invalid] and [fault.TooLarge] for a file that cannot be read.
func (k *Cards) Preview(ctx context.Context, caller identity.Caller, file []byte) (*Import, error) {
	if err := caller.MayPortal(identity.ContactsWrite, identity.Administer); err != nil {
		return nil, err
	}
	m, err := k.read(ctx, caller.Agency, file)
	if err != nil {
		return nil, err
	}
	return m, k.judge(ctx, caller.Agency, m.Rows, file, m)
}

// Confirm carries out an import whose preview had the hash: each row that is ready becomes a card, the others stay what they are. Once
// it was begun, the same hash with the same file goes on where it stopped, and makes no card twice. Where verdicts have changed since the
// preview, nothing is written, and the import has the new ones, with the fault [fault.PreviewChanged]. Other faults: those of
// [Cards.Preview].
func (k *Cards) Confirm(ctx context.Context, caller identity.Caller, file []byte, hash string) (*Import, error) {
	if err := caller.MayPortal(identity.ContactsWrite, identity.Administer); err != nil {
		return nil, err
	}
	m, err := k.read(ctx, caller.Agency, file)
	if err != nil {
		return nil, err
	}
	begun, err := k.begin(ctx, caller, file, hash, m)
	if err != nil {
		return m, err
	}
	m.Hash = hash
	left := MaxContacts
	for rows := range slices.Chunk(m.Rows, rowsAtOnce) {
		if err := k.make(ctx, caller, rows, hash, begun, &left); err != nil {
			return nil, err
		}
	}
	m.Done = true
	return m, nil
}

// begin has the import begin, or finds out that it has: the time of its beginning, from which the ids of its cards are made.
func (k *Cards) begin(ctx context.Context, caller identity.Caller, file []byte, hash string, m *Import) (time.Time, error) {
	sum := sha256.Sum256(file)
	record, err := idempotency.For("importContacts", string(caller.Agency), "import#"+hash, hex.EncodeToString(sum[:]))
	if err != nil || hash == "" {
		return time.Time{}, fault.New(fault.PreviewChanged, "contacts.preview_changed")
	}
	var begun time.Time
	err = conflict.Retry(ctx, func() error {
		now := k.Now().Truncate(time.Millisecond)
		stored, err := k.Store.Recall(ctx, caller.Agency, record.Key)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		if again, err := record.Replays(stored, now); err != nil || again {
			if err == nil {
				begun = stored.At
				err = k.judge(ctx, caller.Agency, m.Rows, file, m)
			}
			return err
		}
		if err := k.judge(ctx, caller.Agency, m.Rows, file, m); err != nil {
			return err
		}
		if m.Hash != hash {
			return fault.New(fault.PreviewChanged, "contacts.preview_changed")
		}
		begun = now
		return k.Store.Remember(ctx, caller.Agency, record.Of("import", now))
	})
	return begun, err
}

// make makes the cards of some rows, in one transaction. Rows of which cards were made before, by the same import, are taken for done.
func (k *Cards) make(
	ctx context.Context, caller identity.Caller, rows []Verdict, hash string, begun time.Time, left *int,
) error {
	ids := make([]id.Contact, 0, len(rows))
	for i := range rows {
		if c := rows[i].card; c != nil {
			c.ID, c.Agency, c.CreatedAt = madeAt(caller.Agency, hash, begun, rows[i].Row), caller.Agency, begun
			ids = append(ids, c.ID)
		}
	}
	return conflict.Retry(ctx, func() error {
		have, err := k.Store.ContactsByID(ctx, caller.Agency, ids)
		if err != nil {
			return err
		}
		var cards []*contact.Contact
		var log []audit.Entry
		held, err := k.Store.Holders(ctx, caller.Agency, addresses(rows))
		if err != nil {
			return err
		}
		for i := range rows {
			v := &rows[i]
			switch c := v.card; {
			case c == nil || v.Outcome == Duplicate || v.Outcome == Invalid:
			case have[c.ID].ID != "":
				v.Outcome, v.Contact = Created, c.ID
			case c.Email != "" && held[c.Email] != "":
				v.Outcome, v.Contact = Exists, held[c.Email]
			default:
				v.Outcome, v.Contact = Ready, ""
				cards = append(cards, c)
				log = append(log, entry(begun, caller.Actor(), audit.ContactCreated, string(c.ID), "import"))
			}
		}
		if len(cards) == 0 {
			return nil
		}
		if *left == 0 {
			full(rows)
			return nil
		}
		err = k.Store.Create(ctx, caller.Agency, cards, log, nil)
		switch {
		case fault.Is(err, fault.Invalid): // there is no room
			*left = 0
			full(rows)
			return nil
		case err != nil:
			return err
		}
		for i := range rows {
			if v := &rows[i]; v.Outcome == Ready {
				v.Outcome, v.Contact = Created, v.card.ID
			}
		}
		return nil
	})
}

// full says of rows that there is no room for them.
func full(rows []Verdict) {
	for i := range rows {
		if rows[i].Outcome == Ready {
			rows[i].Outcome, rows[i].Problem = Full, words.Say("contacts.too_many", "most", MaxContacts)
		}
	}
}

// madeAt is the id of the card that an import makes of a row: the same, however often it is carried out, and another one than that of a
// file that is imported in the same millisecond.
func madeAt(agency id.Agency, hash string, begun time.Time, row int) id.Contact {
	h := sha256.New()
	h.Write([]byte("latchkey import\x00" + string(agency) + "\x00" + hash + "\x00"))
	_ = binary.Write(h, binary.BigEndian, []int64{begun.UnixMilli(), int64(row)})
	var u ulid.ULID
	first := ^uint32(row) //nolint:gosec // a file has a million lines at most; lists show what was made last first
	u[6], u[7], u[8] = byte(first>>16), byte(first>>8), byte(first)
	copy(u[9:], h.Sum(nil))
	if err := u.SetTime(ulid.Timestamp(begun)); err != nil {
		panic(err) // the year 10889
	}
	return id.FromBytes[id.Contact](id.ContactPrefix, u)
}

// addresses are those of rows that may become cards.
func addresses(rows []Verdict) []email.Address {
	var out []email.Address
	for i := range rows {
		if c := rows[i].card; c != nil && c.Email != "" {
			out = append(out, c.Email)
		}
	}
	return out
}

// read reads a file, and says of each row what it says by itself.
func (k *Cards) read(ctx context.Context, agency id.Agency, file []byte) (*Import, error) {
	s, err := sheet.Read("file", file, columns)
	if err != nil {
		return nil, err
	}
	companies, err := k.companies(ctx, agency, s)
	if err != nil {
		return nil, err
	}
	m := &Import{Columns: s.Columns, Unknown: s.Unknown, Rows: make([]Verdict, len(s.Rows))}
	for i, r := range s.Rows {
		v := &m.Rows[i]
		v.cells, v.Row, v.Name, v.Email = r, r.Number, shown(r.Cell(nameColumn)), shown(r.Cell(emailColumn))
		if v.Problem = r.Problem; v.Problem == "" {
			v.card, v.Problem = card(r, companies)
		}
		if v.Problem != "" {
			v.card, v.Outcome = nil, Invalid
			continue
		}
		v.Name, v.Email = v.card.Name, string(v.card.Email)
	}
	return m, nil
}

// mostShown is how much of a cell is told back that nothing could be made of.
const mostShown = 100

// shown is a cell that nobody has checked, on one line.
func shown(cell string) string {
	cell = strings.Join(strings.Fields(text.Seen(cell)), " ")
	if r := []rune(cell); len(r) > mostShown {
		return string(r[:mostShown]) + "…"
	}
	return cell
}

// card is the card of a row, or what is wrong with the row.
func card(r sheet.Row, companies map[string]id.Contact) (*contact.Contact, string) {
	cell := func(column string) *string {
		s := r.Cell(column)
		return &s
	}
	f := contact.Fields{Name: cell(nameColumn), Email: cell(emailColumn), Phone: cell(phoneColumn), Address: cell(addressColumn),
		TaxID: cell(taxColumn), Custom: cell(customColumn), Note: cell(noteColumn)}
	c := &contact.Contact{Kind: contact.Person}
	if kind := text.Fold(r.Cell(kindColumn)); kind != "" {
		f.Kind = &kind
	}
	if name := r.Cell(companyColumn); name != "" {
		at := string(companies[text.Fold(name)])
		if at == "" {
			return nil, words.Say("contacts.import_no_company", "name", shown(name))
		}
		f.Company = &at
	}
	if err := c.Set(f); err != nil {
		return nil, problem(err)
	}
	return c, ""
}

// problem is what is wrong with a row, in sentences.
func problem(err error) string {
	f := fault.As(err)
	if f == nil || len(f.Fields) == 0 {
		return err.Error()
	}
	all := make([]string, len(f.Fields))
	for n, x := range f.Fields {
		all[n] = words.Say("contacts.import_problem", "column", x.Location, "problem", x.Message)
	}
	return strings.Join(all, " ")
}

// companies finds the open cards of companies that a file names, by their folded names. Of two with one name, neither is meant.
func (k *Cards) companies(ctx context.Context, agency id.Agency, s sheet.Sheet) (map[string]id.Contact, error) {
	out := map[string]id.Contact{}
	for i := range s.Rows {
		if name := s.Rows[i].Cell(companyColumn); name != "" {
			out[text.Fold(name)] = ""
		}
	}
	if len(out) == 0 {
		return out, nil
	}
	seen := map[string]bool{}
	q := Query{Kind: contact.Company, Limit: examine, Examine: examine}
	for {
		some, next, err := k.Store.Contacts(ctx, agency, q)
		if err != nil {
			return nil, err
		}
		for j := range some {
			name := text.Fold(some[j].Name)
			if _, named := out[name]; !named {
				continue
			}
			if out[name] = some[j].ID; seen[name] {
				out[name] = ""
			}
			seen[name] = true
		}
		if next == "" {
			return out, nil
		}
		q.After = next
	}
}

// judge says of each row what becomes of it, as things stand now, and takes the hash of that.
func (k *Cards) judge(ctx context.Context, agency id.Agency, rows []Verdict, file []byte, m *Import) error {
	held, err := k.Store.Holders(ctx, agency, addresses(rows))
	if err != nil {
		return err
	}
	first := map[email.Address]int{}
	h := sha256.New()
	h.Write([]byte(agency))
	h.Write(file)
	for i := range rows {
		v := &rows[i]
		switch c := v.card; {
		case c == nil:
		case c.Email != "" && first[c.Email] != 0:
			v.Outcome, v.First = Duplicate, first[c.Email]
		case c.Email != "" && held[c.Email] != "":
			v.Outcome, v.Contact = Exists, held[c.Email]
			first[c.Email] = v.Row
		default:
			v.Outcome = Ready
			if c.Email != "" {
				first[c.Email] = v.Row
			}
		}
		h.Write([]byte("\x00" + string(v.Outcome) + "\x00" + string(v.Contact) + "\x00" + v.Problem))
	}
	m.Hash = hex.EncodeToString(h.Sum(nil)[:16])
	return nil
}

// Failed is the rows of an import of which there is no card, as a file: what they had in the columns that we know, which row that was,
// and what is wrong. Somebody mends it there, and imports that file.
func (m *Import) Failed() ([]byte, error) {
	rows := [][]string{append(slices.Clone(m.Columns), "row", "problem")}
	for i := range m.Rows {
		v := &m.Rows[i]
		if v.Outcome == Ready || v.Outcome == Created {
			continue
		}
		row := make([]string, 0, len(m.Columns)+2)
		for _, c := range m.Columns {
			row = append(row, v.cells.Cell(c))
		}
		rows = append(rows, append(row, strconv.Itoa(v.Row), v.Say()))
	}
	return sheet.Write(rows)
}

// Say is the verdict in a sentence.
func (v *Verdict) Say() string {
	switch v.Outcome {
	case Ready:
		return words.Say("contacts.verdict_ready")
	case Created:
		return words.Say("contacts.verdict_created")
	case Exists:
		return words.Say("contacts.verdict_exists")
	case Duplicate:
		return words.Say("contacts.verdict_duplicate", "row", v.First)
	}
	return v.Problem
}

// How much one file holds: what a function may answer with is 6 MB, line ends doubled and marks escaped.
const (
	MaxExport   = 2000
	exportBytes = 3 << 20
)

// Export gives a page of cards as a file, with the cursor of the next one, "" at the end. Employees take no files away. Faults: those
// of [Book.List]; [fault.Forbidden].
func (b *Book) Export(ctx context.Context, caller identity.Caller, q Query) ([]byte, id.Contact, error) {
	if err := caller.MayPortal(identity.ContactsRead, identity.Administer); err != nil {
		return nil, "", err
	}
	q.Limit = MaxExport
	page, err := b.List(ctx, caller, q)
	if err != nil {
		return nil, "", err
	}
	rows := [][]string{{idColumn, kindColumn, nameColumn, emailColumn, phoneColumn, addressColumn, taxColumn, customColumn, noteColumn,
		companyColumn, clientColumn, createdColumn, archivedColumn}}
	next, size := page.Next, 0
	for i := range page.Cards {
		c := &page.Cards[i]
		row := []string{string(c.ID), string(c.Kind), c.Name, string(c.Email), c.Phone, c.Address, c.TaxID, c.Custom, c.Note,
			page.Companies[c.Company].Name, string(c.Client), moment(c.CreatedAt), moment(c.ArchivedAt)}
		for _, cell := range row {
			size += len(cell) + 1
		}
		if size > exportBytes {
			next = page.Cards[i-1].ID
			break
		}
		rows = append(rows, row)
	}
	file, err := sheet.Write(rows)
	return file, next, err
}

func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}
