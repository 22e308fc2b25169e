package stripe

import (
	"bytes"
	"fmt"
	"strings"
)

// pdf is the invoice as the smallest file that a reader opens (ISO 32000-1): one page of Helvetica.
func (v invoiceView) pdf() []byte {
	var text strings.Builder
	text.WriteString("BT /F1 18 Tf 56 770 Td (Invoice " + winAnsi(v.Number) + ") Tj /F1 10 Tf 0 -24 Td 14 TL\n")
	write := func(s string) { text.WriteString("(" + winAnsi(s) + ") Tj T*\n") }
	write("A stand-in of the local run. No money has moved.")
	write("")
	write("To: " + v.Email)
	write("Date: " + v.Created.Format("2 January 2006"))
	write("Status: " + v.Status)
	write("")
	for _, l := range v.Lines {
		write(l.Name + "     " + l.Amount)
	}
	write("")
	write("Subtotal     " + v.Subtotal)
	if v.Discount != "" {
		write("Discount     " + v.Discount)
	}
	if v.Tax != "" {
		write("Tax     " + v.Tax)
	}
	write("Total     " + v.Total)
	text.WriteString("ET")

	objects := []string{
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", text.Len(), text.String()),
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
	}
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n")
	var at []int
	for n, o := range objects {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", n+1, o)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, offset := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&b, "trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, start)
	return b.Bytes()
}

// winAnsi writes text as a string of the font's encoding, with what it does not have as a question mark.
func winAnsi(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '(' || r == ')' || r == '\\':
			b.WriteByte('\\')
			b.WriteByte(byte(r))
		case r == '€':
			b.WriteByte(0x80)
		case r >= 0x20 && r < 0x7f, r >= 0xa0 && r <= 0xff:
			b.WriteByte(byte(r))
		default:
			b.WriteByte('?')
		}
	}
	return b.String()
}
