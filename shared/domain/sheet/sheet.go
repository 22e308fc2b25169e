// Package sheet reads and writes the files that spreadsheets make: CSV as Excel, Numbers, LibreOffice and Google Sheets save it,
// which is RFC 4180 and what people's machines have made of it.
package sheet

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/text"
	"latchkey.dev/shared/domain/words"
)

// How much one file may hold.
const (
	MaxBytes   = 1 << 20
	MaxRows    = 1000
	MaxColumns = 100
)

// How much of the names of unknown columns is told back.
const (
	mostUnknown  = 20
	mostOfAName  = 60
	separatorRow = "sep="
)

// Column is one that a reader knows. Names are compared without case, spaces, hyphens and underscores: "Tax ID" is taxId.
type Column struct {
	Name   string
	Also   []string // other names for it
	Needed bool     // a file without it is refused
}

// Sheet is a file that was read.
type Sheet struct {
	Columns []string // the known columns that it has, by their own names, in the file's order
	Unknown []string // the names of columns that nobody knows, as the file has them: they are ignored
	Rows    []Row    // those in which anything stands
}

// Row is one row of the file.
type Row struct {
	Number  int    // as a spreadsheet counts: the column names are row 1, and empty rows count
	Problem string // why nothing can be made of it, in a sentence; "" when it is sound

	cells map[string]string
}

// Cell is what stands in the column, "" where the file has no such column, without white space around it.
func (r Row) Cell(column string) string { return r.cells[column] }

// Read reads a file: UTF-8 with or without a byte order mark, or UTF-16 with one; commas, semicolons or tabs, whichever parts the
// column names; lines that end with CRLF, LF or CR; cells in quotation marks that hold line breaks. Columns come in any order. An
// apostrophe that [Write] has put before a formula is taken away. Faults: [fault.Invalid] in field, for a file that cannot be read
// as a whole, and [fault.TooLarge].
func Read(field string, file []byte, columns []Column) (Sheet, error) {
	var s Sheet
	if len(file) > MaxBytes {
		return s, fault.New(fault.TooLarge, "sheet.too_large")
	}
	b, err := decoded(field, file)
	if err != nil {
		return s, err
	}
	p := &parser{field: field, rest: b}
	names, err := p.names(columns)
	if err != nil {
		return s, err
	}
	own, err := s.assign(field, names, columns)
	if err != nil {
		return s, err
	}
	for {
		cells, number, err := p.row()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return s, err
		}
		if len(s.Rows) == MaxRows {
			return s, fault.InField(field, "sheet.too_many_rows", "most", MaxRows)
		}
		s.Rows = append(s.Rows, row(number, cells, own))
	}
	if len(s.Rows) == 0 {
		return s, fault.InField(field, "sheet.only_names")
	}
	return s, nil
}

// row puts cells below their columns.
func row(number int, cells, own []string) Row {
	r := Row{Number: number, cells: map[string]string{}}
	for i, c := range cells {
		switch {
		case i >= len(own) && c != "":
			r.Problem = words.Say("sheet.more_cells")
		case i < len(own) && own[i] != "":
			r.cells[own[i]] = c
		}
	}
	return r
}

// assign finds out which column each name of the file stands for: by its own name, "" for what is ignored.
func (s *Sheet) assign(field string, names []string, columns []Column) ([]string, error) {
	if len(names) > MaxColumns {
		return nil, fault.InField(field, "sheet.too_many_columns", "most", MaxColumns)
	}
	known := knownNames(columns)
	own := make([]string, len(names))
	seen := map[string]bool{}
	for i, typed := range names {
		name := known[plain(typed)]
		switch {
		case name != "" && seen[name]:
			return nil, fault.InField(field, "sheet.column_twice", "name", name)
		case name != "":
			seen[name] = true
			own[i], s.Columns = name, append(s.Columns, name)
		case typed != "" && len(s.Unknown) < mostUnknown:
			s.Unknown = append(s.Unknown, begin(typed))
		}
	}
	for _, c := range columns {
		if c.Needed && !seen[c.Name] {
			return nil, fault.InField(field, "sheet.column_missing", "name", c.Name)
		}
	}
	return own, nil
}

// begin is the beginning of a name that somebody else has chosen, on one line.
func begin(name string) string {
	name = strings.Join(strings.Fields(text.Seen(name)), " ")
	if r := []rune(name); len(r) > mostOfAName {
		return string(r[:mostOfAName]) + "…"
	}
	return name
}

func knownNames(columns []Column) map[string]string {
	known := map[string]string{}
	for _, c := range columns {
		known[plain(c.Name)] = c.Name
		for _, also := range c.Also {
			known[plain(also)] = c.Name
		}
	}
	return known
}

var unwritten = strings.NewReplacer(" ", "", "-", "", "_", "", "\u00a0", "")

// plain is a column's name as it is compared.
func plain(name string) string { return unwritten.Replace(text.Fold(name)) }

// decoded is the file as UTF-8 without a byte order mark, its lines ending with LF or CRLF.
func decoded(field string, file []byte) ([]byte, error) {
	b := file
	switch {
	case bytes.HasPrefix(b, []byte("PK\x03\x04")) || bytes.HasPrefix(b, []byte("\xd0\xcf\x11\xe0")): // Excel's new form, and its old one
		return nil, fault.InField(field, "sheet.workbook")
	case bytes.HasPrefix(b, []byte("\xff\xfe")):
		b = fromUTF16(b[2:], binary.LittleEndian)
	case bytes.HasPrefix(b, []byte("\xfe\xff")):
		b = fromUTF16(b[2:], binary.BigEndian)
	default:
		b = bytes.TrimPrefix(b, []byte(byteOrderMark))
	}
	// UTF-16 without a mark is full of zeros, and a zero is in no text.
	if b == nil && len(file) > 0 || !utf8.Valid(b) || bytes.IndexByte(b, 0) >= 0 {
		return nil, fault.InField(field, "sheet.not_utf8")
	}
	if bytes.IndexByte(b, '\n') < 0 { // as Excel for Mac saves "CSV (Macintosh)"
		b = bytes.ReplaceAll(b, []byte("\r"), []byte("\n"))
	}
	if len(bytes.TrimSpace(b)) == 0 {
		return nil, fault.InField(field, "sheet.empty")
	}
	return b, nil
}

// fromUTF16 is nil for what is no UTF-16.
func fromUTF16(b []byte, order binary.ByteOrder) []byte {
	if len(b)%2 != 0 {
		return nil
	}
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = order.Uint16(b[2*i:])
	}
	out := make([]byte, 0, len(b))
	for i := 0; i < len(units); i++ {
		r := rune(units[i])
		if utf16.IsSurrogate(r) {
			if i+1 == len(units) {
				return nil
			}
			if r = utf16.DecodeRune(r, rune(units[i+1])); r == utf8.RuneError {
				return nil
			}
			i++
		}
		out = utf8.AppendRune(out, r)
	}
	return out
}

// parser reads rows and counts them as a spreadsheet does, which encoding/csv alone does not, as it passes over empty lines.
type parser struct {
	field string
	rest  []byte // what the reader was given
	csv   *csv.Reader
	rows  int // read so far, the column names and empty rows among them
}

func (p *parser) begin(comma rune) {
	p.csv = csv.NewReader(bytes.NewReader(p.rest))
	p.csv.Comma, p.csv.FieldsPerRecord = comma, -1
	p.csv.TrimLeadingSpace = comma != '\t' // a mark may follow a space; of tabs it would take away empty cells
}

// names reads the row of column names, and finds out what parts them: what makes the most known names of it or else what is in it
// most often. The row may follow empty ones, and the line by which Excel is told the separator.
func (p *parser) names(columns []Column) ([]string, error) {
	for len(p.rest) > 0 { // empty lines
		line, after, _ := bytes.Cut(p.rest, []byte("\n"))
		said := strings.ToLower(strings.TrimRight(string(line), "\r"))
		if len(bytes.TrimSpace(line)) > 0 && (len(said) != len(separatorRow)+1 || !strings.HasPrefix(said, separatorRow)) {
			break
		}
		p.rest = after
		p.rows++
	}
	known := knownNames(columns)
	start, best, most := p.rows, ',', -1
	for _, comma := range ",;\t" {
		p.begin(comma)
		p.rows = start
		cells, _, err := p.row()
		if err != nil {
			continue
		}
		score := len(cells)
		for _, c := range cells {
			if known[plain(c)] != "" {
				score += 1 + MaxColumns
			}
		}
		if score > most {
			best, most = comma, score
		}
	}
	p.begin(best)
	p.rows = start
	cells, _, err := p.row()
	if errors.Is(err, io.EOF) {
		return nil, fault.InField(p.field, "sheet.empty")
	}
	return cells, err
}

// row reads the next row in which anything stands, and its number; io.EOF at the end.
func (p *parser) row() ([]string, int, error) {
	for {
		for at := p.csv.InputOffset(); ; { // the reader passes over empty lines, which are rows
			rest := p.rest[at:]
			switch {
			case bytes.HasPrefix(rest, []byte("\n")):
				at++
			case bytes.HasPrefix(rest, []byte("\r\n")):
				at += 2
			default:
				at = -1
			}
			if at < 0 {
				break
			}
			p.rows++
		}
		cells, err := p.csv.Read()
		p.rows++
		if errors.Is(err, io.EOF) {
			return nil, 0, io.EOF
		}
		if err != nil {
			return nil, 0, fault.InField(p.field, "sheet.quote", "row", p.rows)
		}
		some := false
		for i := range cells {
			cells[i] = text.Trim(bare(text.Trim(cells[i])))
			some = some || cells[i] != ""
		}
		if some {
			return cells, p.rows, nil
		}
	}
}
