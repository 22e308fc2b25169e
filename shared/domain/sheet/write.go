package sheet

import (
	"bytes"
	"encoding/csv"
	"strings"
)

// ContentType is that of a file that [Write] makes.
const ContentType = "text/csv; charset=utf-8; header=present"

// byteOrderMark begins a CSV file, since Excel takes one without it for the code page of the machine and shows "Zoë" as
// "ZoÃ«". RFC 4180 says nothing of it, and readers that know UTF-8 pass over it.
const byteOrderMark = "\ufeff"

// formulas are what a cell begins with that a spreadsheet takes for a formula (OWASP, "CSV Injection").
const formulas = "=+-@\t\r\n＝＋－＠"

// Write makes a CSV file (RFC 4180) that begins with a byte order mark, of rows whose first has the column names. No cell of it is
// a formula, and [Read] gives back what was written.
func Write(rows [][]string) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(byteOrderMark)
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, c := range row {
			cells[i] = inert(c)
		}
		if err := w.Write(cells); err != nil {
			return nil, err
		}
	}
	w.Flush()
	return b.Bytes(), w.Error()
}

// inert keeps a spreadsheet from taking a cell for a formula. What begins with apostrophes before a formula gets one more, so that
// taking one away gives back what was there.
func inert(cell string) string {
	if formula(strings.TrimLeft(cell, "'")) {
		return "'" + cell
	}
	return cell
}

// bare takes away the apostrophe that [inert] has put there, or somebody who typed a telephone number into a spreadsheet.
func bare(cell string) string {
	if strings.HasPrefix(cell, "'") && formula(strings.TrimLeft(cell, "'")) {
		return cell[1:]
	}
	return cell
}

func formula(cell string) bool {
	for _, first := range cell {
		return strings.ContainsRune(formulas, first)
	}
	return false
}
