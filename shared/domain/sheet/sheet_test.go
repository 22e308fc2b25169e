package sheet_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"latchkey.dev/shared/domain/fault"
	"latchkey.dev/shared/domain/sheet"
)

var columns = []sheet.Column{
	{Name: "email", Needed: true, Also: []string{"E-mail address"}}, {Name: "name"}, {Name: "roles"}, {Name: "taxId"},
}

func wide(s string, order binary.AppendByteOrder) []byte {
	b := order.AppendUint16(nil, 0xfeff)
	for _, u := range utf16.Encode([]rune(s)) {
		b = order.AppendUint16(b, u)
	}
	return b
}

// told writes a sheet as lines: the row's number, and what stands in its columns.
func told(s sheet.Sheet) string {
	var lines []string
	for _, r := range s.Rows {
		cells := []string{fmt.Sprint(r.Number)}
		for _, c := range s.Columns {
			cells = append(cells, r.Cell(c))
		}
		if r.Problem != "" {
			cells = append(cells, "!")
		}
		lines = append(lines, strings.Join(cells, "|"))
	}
	return strings.Join(lines, "\n")
}

func TestPortalV2FilesOfEverySpreadsheetAreRead(t *testing.T) {
	t.Parallel()
	const plain = "email,name\r\nzoe@example.com,Zoë 🦉\r\n"
	const want = "2|zoe@example.com|Zoë 🦉"
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"UTF-8":                                {[]byte(plain), want},
		"UTF-8 with a mark":                    {[]byte("\ufeff" + plain), want},
		"UTF-16, little end first":             {wide(plain, binary.LittleEndian), want},
		"UTF-16, big end first":                {wide(plain, binary.BigEndian), want},
		"LF":                                   {[]byte(strings.ReplaceAll(plain, "\r\n", "\n")), want},
		"CR":                                   {[]byte(strings.ReplaceAll(plain, "\r\n", "\r")), want},
		"no line end at the end":               {[]byte(strings.TrimSpace(plain)), want},
		"semicolons":                           {[]byte(strings.ReplaceAll(plain, ",", ";")), want},
		"tabs":                                 {[]byte(strings.ReplaceAll(plain, ",", "\t")), want},
		"tabs with an empty cell":              {[]byte("name\temail\tX\n\ta@example.com\t1"), "2||a@example.com"},
		"Excel's line for the separator":       {[]byte("sep=;\nemail;name\na@example.com;A"), "3|a@example.com|A"},
		"one column":                           {[]byte("email\na@example.com\n"), "2|a@example.com"},
		"commas within semicolons":             {[]byte("email;name, first, last;X\na@example.com;y;z\n"), "2|a@example.com"},
		"marks round the names":                {[]byte(`"email","name"` + "\n" + `"a@example.com", "A, B"`), "2|a@example.com|A, B"},
		"a quoted line end":                    {[]byte("email,name\r\na@example.com,\"one\r\ntwo\"\r\nb@example.com,x"), "2|a@example.com|one\ntwo\n3|b@example.com|x"},
		"doubled marks":                        {[]byte("email,name\na@example.com,\"the \"\"Zoo\"\"\""), `2|a@example.com|the "Zoo"`},
		"an apostrophe before a number":        {[]byte("email,name\na@example.com,'+49 30"), "2|a@example.com|+49 30"},
		"an apostrophe that belongs to a name": {[]byte("email,name\na@example.com,'t Hooft"), "2|a@example.com|'t Hooft"},
	} {
		s, err := sheet.Read("file", c.file, columns)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if got := told(s); got != c.want {
			t.Errorf("%s: read %q, want %q", name, got, c.want)
		}
	}
}

func TestPortalV2WhatIsNoUTF8IsRefusedWithTheWayOut(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ file, want string }{
		"Windows-1252":              {"email,name\na@example.com,Zo\xeb", "Save as CSV UTF-8"},
		"UTF-16 without a mark":     {strings.Join(strings.Split("email,name\na@example.com,x", ""), "\x00"), "Save as CSV UTF-8"},
		"half a unit of UTF-16":     {"\xff\xfee\x00m", "Save as CSV UTF-8"},
		"half a pair of UTF-16":     {"\xff\xfe\x3d\xd8", "Save as CSV UTF-8"},
		"the wrong half of a pair":  {"\xff\xfe\x00\xdc\x00\xdc", "Save as CSV UTF-8"},
		"a workbook":                {"PK\x03\x04\x14\x00", "Save as CSV UTF-8"},
		"a workbook of old":         {"\xd0\xcf\x11\xe0\xa1\xb1", "Save as CSV UTF-8"},
		"nothing":                   {"", "empty"},
		"a mark alone":              {"\ufeff", "empty"},
		"a mark of UTF-16 alone":    {"\xff\xfe", "empty"},
		"white space":               {" \r\n\t\r\n", "empty"},
		"separators alone":          {",,\n,,\n", "no column named email"},
		"names alone":               {"email,name\r\n,\r\n", "no rows"},
		"a mark that does not end":  {"email,name\na@example.com,A\nb@example.com,\"B\nc@example.com,C", "Row 3 has a quotation mark"},
		"a mark in a cell":          {"email,name\n\na@example.com,5\" pipe", "Row 3 has a quotation mark"},
		"names without the address": {"mail,name\na@example.com,A", "no column named email"},
		"an address twice":          {"email,E-Mail Address\na@example.com,A", "email is there twice"},
		"too many columns":          {"email" + strings.Repeat(",x", sheet.MaxColumns) + "\na@example.com", "100 columns"},
	} {
		_, err := sheet.Read("file", []byte(c.file), columns)
		f := fault.As(err)
		if f == nil || f.Code != fault.Invalid || len(f.Fields) != 1 || f.Fields[0].Location != "file" {
			t.Errorf("%s: %v, want a fault in the field", name, err)
		} else if !strings.Contains(f.Message, c.want) {
			t.Errorf("%s: told %q, want %q in it", name, f.Message, c.want)
		}
	}
}

func TestPortalV3NamesOfColumns(t *testing.T) {
	t.Parallel()
	const file = "\nTAX id,Favourite colour,eMail, Name ,,phone_no\n7,red,a@example.com,A,,1\n,,b@example.com,B,,,more\n"
	s, err := sheet.Read("file", []byte(file), columns)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"taxId", "email", "name"}; !slices.Equal(s.Columns, want) {
		t.Errorf("columns %q, want %q", s.Columns, want)
	}
	if want := []string{"Favourite colour", "phone_no"}; !slices.Equal(s.Unknown, want) {
		t.Errorf("unknown %q, want %q", s.Unknown, want)
	}
	if got, want := told(s), "3|7|a@example.com|A\n4||b@example.com|B|!"; got != want {
		t.Errorf("read %q, want %q", got, want)
	}
	if s.Rows[0].Cell("roles") != "" {
		t.Error("a column that is not there has something in it")
	}
}

func TestPortalV3HowLargeAFileMayBe(t *testing.T) {
	t.Parallel()
	rows := func(n int) []byte { return []byte("email\n" + strings.Repeat("a@example.com\n\n", n)) }
	if s, err := sheet.Read("file", rows(sheet.MaxRows), columns); err != nil || len(s.Rows) != sheet.MaxRows {
		t.Errorf("%d rows: %d, %v", sheet.MaxRows, len(s.Rows), err)
	}
	if _, err := sheet.Read("file", rows(sheet.MaxRows+1), columns); !fault.Is(err, fault.Invalid) {
		t.Errorf("a row too many: %v", err)
	}
	full := func(n int) []byte { return append([]byte("email,X\na@example.com,"), bytes.Repeat([]byte("x"), n)...) }
	most := sheet.MaxBytes - len(full(0))
	if _, err := sheet.Read("file", full(most), columns); err != nil {
		t.Errorf("1 MB: %v", err)
	}
	if _, err := sheet.Read("file", full(most+1), columns); !fault.Is(err, fault.TooLarge) {
		t.Errorf("a byte too many: %v", err)
	}
}

func TestPortalV4RowNumbersAreTheFiles(t *testing.T) {
	t.Parallel()
	const file = "\r\n\r\nemail,name\r\n\r\na@example.com,\"x\r\n\r\ny\"\r\n\r\n,\r\n  \r\nb@example.com,B\r\n"
	s, err := sheet.Read("file", []byte(file), columns)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := told(s), "5|a@example.com|x\n\ny\n9|b@example.com|B"; got != want {
		t.Errorf("read %q, want %q", got, want)
	}
}

func TestPortalV4NoCellThatIsWrittenIsAFormula(t *testing.T) {
	t.Parallel()
	b, err := sheet.Write([][]string{{"email"},
		{"=1+1"}, {"+49"}, {"-1"}, {"@x"}, {"\tx"}, {"\rx"}, {"＝1"}, {"'=1"}, {"'t Hooft"}, {"a,\"b\"\nc"}})
	if err != nil {
		t.Fatal(err)
	}
	const want = "\ufeffemail\r\n'=1+1\r\n'+49\r\n'-1\r\n'@x\r\n'\tx\r\n\"'x\"\r\n'＝1\r\n''=1\r\n't Hooft\r\n\"a,\"\"b\"\"\r\nc\"\r\n"
	if string(b) != want {
		t.Errorf("wrote %q, want %q", b, want)
	}
}

// FuzzRead holds of any file that reading it either gives a fault or what [sheet.Write] can write and Read reads the same.
func FuzzRead(f *testing.F) {
	for _, s := range []string{"email,name\r\na@example.com,Zoë\r\n", "\ufeffemail;name\na;\"b\n\nc\"\n\n;\n", "sep=;\nemail\tname\n'=1\t''+2",
		"\xff\xfee\x00m\x00a\x00i\x00l\x00\n\x00x\x00", "email\r\"a\rb\"\r", "email,name\n\"\"\"\",x,y", "\n\nemail\n\xa0"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		s, err := sheet.Read("file", file, columns)
		if err != nil {
			if fault.As(err) == nil {
				t.Fatalf("no fault: %v", err)
			}
			return
		}
		rows, last := [][]string{s.Columns}, 1
		for _, r := range s.Rows {
			if r.Number <= last {
				t.Fatalf("row %d comes after row %d", r.Number, last)
			}
			last = r.Number
			row := make([]string, len(s.Columns))
			for i, c := range s.Columns {
				if row[i] = r.Cell(c); !utf8.ValidString(row[i]) {
					t.Fatalf("row %d has %q", r.Number, row[i])
				}
			}
			if strings.Join(row, "") != "" {
				rows = append(rows, row)
			}
		}
		if len(rows) == 1 {
			return
		}
		b, err := sheet.Write(rows)
		if err != nil {
			t.Fatal(err)
		}
		if len(b) > sheet.MaxBytes {
			return
		}
		again, err := sheet.Read("file", b, columns)
		if err != nil {
			t.Fatalf("%q is not read: %v", b, err)
		}
		for i, row := range rows[1:] {
			for j, c := range s.Columns {
				// A line end of the machine's other kind is the same line end.
				if got, want := again.Rows[i].Cell(c), strings.ReplaceAll(row[j], "\r", ""); strings.ReplaceAll(got, "\r", "") != want {
					t.Fatalf("row %d, %s: %q, want %q", i, c, got, want)
				}
			}
		}
	})
}
